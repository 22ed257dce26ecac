package sandbox

import "testing"

// An exponent of eight digits kept the sandbox at one number for minutes.
func TestAnAmountIsANumberOfASizeThatIsReckonedAtOnce(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"10000": 10000, "1e4": 10000, "-5": -5, "10000.0": 10000} {
		if got, ok := parseMoney(text, "KRW"); !ok || got != want {
			t.Errorf("%s is read as %d, %t", text, got, ok)
		}
	}
	for _, text := range []string{"1e99999999", "1/1", "1.5", "", "won", "1e30", "0x10"} {
		if got, ok := parseMoney(text, "KRW"); ok {
			t.Errorf("%s is read as %d", text, got)
		}
	}
}
