package pay

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseAmount(t *testing.T) {
	t.Parallel()
	tests := []struct {
		currency Currency
		text     string
		want     int64
		fault    string
	}{
		{KRW, "10000", 10000, ""},
		{KRW, "0", 0, ""},
		{KRW, "-2250", -2250, ""},
		{KRW, "10000.0", 10000, ""},
		{KRW, "10000.00", 10000, ""},
		{KRW, "9223372036854775807", math.MaxInt64, ""},
		{USD, "181.56", 18156, ""},
		{USD, "181.5", 18150, ""},
		{USD, "181", 18100, ""},
		{USD, "0.01", 1, ""},
		{USD, "-0.01", -1, ""},
		{JPY, "47300", 47300, ""},
		{MUSD, "181560000", 181560000, ""},
		{KRW, "0.5", 0, "decimal places"},
		{USD, "0.005", 0, "decimal places"},
		{KRW, "1,000", 0, "not a plain number"},
		{KRW, "1e3", 0, "not a plain number"},
		{KRW, "", 0, "not a plain number"},
		{KRW, "-", 0, "not a plain number"},
		{KRW, "1.", 0, "not a plain number"},
		{KRW, ".5", 0, "not a plain number"},
		{KRW, " 1", 0, "not a plain number"},
		{KRW, "--1", 0, "not a plain number"},
		{KRW, "１００", 0, "not a plain number"},
		{KRW, "9223372036854775808", 0, "too large"},
	}
	for _, test := range tests {
		t.Run(string(test.currency)+" "+test.text, func(t *testing.T) {
			got, err := test.currency.ParseAmount(test.text)
			if test.fault == "" && (err != nil || got != test.want) {
				t.Errorf("%d, %v; want %d", got, err, test.want)
			}
			if test.fault != "" && (err == nil || !strings.Contains(err.Error(), test.fault)) {
				t.Errorf("%d, %v; want an error about %q", got, err, test.fault)
			}
		})
	}
}

// What is written is read back, for any amount of any currency.
func TestAmountsRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		currency := rapid.SampledFrom([]Currency{KRW, USD, JPY, PHP, MUSD, "EUR"}).Draw(t, "currency")
		units := rapid.Int64Range(math.MinInt64+1, math.MaxInt64).Draw(t, "units")
		text := currency.Format(units)
		got, err := currency.ParseAmount(text)
		if err != nil || got != units {
			t.Fatalf("%d %s is written %q and read as %d, %v", units, currency, text, got, err)
		}
	})
}

func FuzzParseAmount(f *testing.F) {
	for _, seed := range []string{"0", "-1.50", "1e9", "99999999999999999999", "1.000", "０"} {
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, text string, won bool) {
		currency := USD
		if won {
			currency = KRW
		}
		units, err := currency.ParseAmount(text)
		if err != nil {
			return
		}
		again, err := currency.ParseAmount(currency.Format(units))
		if err != nil || again != units {
			t.Errorf("%q is %d, which is written %q and read as %d, %v", text, units, currency.Format(units), again, err)
		}
	})
}

func TestMUSDIsUSDWhereThatIsExact(t *testing.T) {
	t.Parallel()
	total, balance := int64(181_560_000), int64(0)
	if c := Normal(MUSD, &total, &balance); c != USD || total != 18156 || balance != 0 {
		t.Errorf("%s %d", c, total)
	}
	odd, even := int64(181_560_001), int64(20_000)
	if c := Normal(MUSD, &even, &odd); c != MUSD || odd != 181_560_001 || even != 20_000 {
		t.Errorf("an amount that is no whole cent became %s %d and %d", c, odd, even)
	}
	won := int64(5)
	if c := Normal(KRW, &won); c != KRW || won != 5 {
		t.Error("won were touched")
	}
}

func TestAddFailsWhereItWouldWrap(t *testing.T) {
	t.Parallel()
	if sum, err := Add(math.MaxInt64-1, 1); err != nil || sum != math.MaxInt64 {
		t.Errorf("%d, %v", sum, err)
	}
	if _, err := Add(math.MaxInt64, 1); err == nil {
		t.Error("it wrapped")
	}
	if _, err := Add(math.MinInt64, -1); err == nil {
		t.Error("it wrapped")
	}
}
