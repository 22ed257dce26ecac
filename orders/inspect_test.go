package orders

import "testing"

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
