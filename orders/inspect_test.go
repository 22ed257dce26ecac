package orders

import (
	"os"
	"strings"
	"testing"

	"daesa/internal/hint"
)

// TestOneFaultOfAnOrderWithTwoRowsIsCountedOnce: the faults are what a person
// mends, and the rows are what is not taken for them.
func TestOneFaultOfAnOrderWithTwoRowsIsCountedOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ rows, want string }{
		"an order of two rows": {"A,결제완료,1000,," + when + "A,배송사고,1000,," + when + "B,결제완료,1,," + when, "1 fault, for which 1 order of 2 rows cannot be taken"},
		"two orders":           {"A,배송사고,1000,," + when + "B,배송사고,1,," + when + "B,배송사고,1,," + when, "3 faults, for which 2 orders of 3 rows cannot be taken"},
	} {
		tally, err := Check(write(t, itemsHead+c.rows), by(t, "cafe24"), 10)
		if got := tally.Refused(); err != nil || got != c.want || tally.Faults != len(tally.First) {
			t.Errorf("%s: %q %v\n%v", name, got, err, tally.First)
		}
	}
}

// TestAFileThatAProfileOfTheProgramFitsIsNotReadByItUnasked: the error names the
// profile, and a person says it.
func TestAFileThatAProfileOfTheProgramFitsIsNotReadByItUnasked(t *testing.T) {
	t.Parallel()
	_, err := OpenFile("../examples/cafe24.csv", one)
	if err == nil || !strings.Contains(err.Error(), "the header lacks amount") || !strings.Contains(hint.Of(err), "--profile cafe24, or orders.profile: cafe24 in daesa.yaml") {
		t.Errorf("%v, hint %q", err, hint.Of(err))
	}
	_, err = OpenFile("../testdata/orders/own.csv", by(t, "cafe24"))
	if err == nil || strings.Contains(hint.Of(err), "fits the profile") || !strings.Contains(hint.Of(err), "daesa orders inspect FILE") {
		t.Errorf("no profile fits: %v, hint %q", err, hint.Of(err))
	}
	if good, bad := read(t, "../examples/cafe24.csv", by(t, "cafe24")); len(good) == 0 || len(bad) > 0 {
		t.Error("the profile that the hint names does not read the file:", bad)
	}
}

// TestTheFourStepsOfTheDocumentNameAProfile, but for the look that finds it.
func TestTheFourStepsOfTheDocumentNameAProfile(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/files.md")
	if err != nil {
		t.Fatal(err)
	}
	_, steps, _ := strings.Cut(string(text), "## Four steps\n\n```sh\n")
	steps, _, _ = strings.Cut(steps, "\n```")
	lines := strings.Split(steps, "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "daesa orders inspect") {
		t.Fatal(lines)
	}
	for _, line := range lines[1:] {
		if !strings.Contains(line, "--profile cafe24") {
			t.Errorf("%s: names no profile, and daesa's own is not the file's", line)
		}
	}
}
