package closing

import (
	"testing"
	"time"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/settle"
)

// A payout of November came short by 3,300 won, and a person accepts it: in December the
// decision moves December, and November is explained by it, too. In November it moves
// November, and nothing is left to explain.
func TestAShortPayoutThatIsAcceptedAfterTheMonthIsExplainedInIt(t *testing.T) {
	key := settle.PayoutKey{MID: "m", Day: "2026-11-24", Currency: pay.KRW}
	subject, share := settle.SubjectOfPayout(key), int64(3_300)
	id := reconcile.BreakID("m", subject, reconcile.PayoutShort)
	for _, test := range []struct {
		decided  pay.Day
		month    settle.Month
		undone   bool
		resolved int64
		shares   int
	}{
		{"2026-12-09", "2026-11", false, 3_300, 1},
		{"2026-12-09", "2026-12", false, 0, 0},
		{"2026-11-28", "2026-11", false, 0, 0},
		{"2026-11-28", "2026-11", true, 3_300, 1},
	} {
		at := test.decided.Start().Add(9 * time.Hour)
		a := Adjusted{BreakID: id, Decision: settle.Decision{Kind: reconcile.PayoutShort, As: reconcile.AcceptedDifference, Subject: subject,
			Currency: pay.KRW, Day: test.decided, Recorded: at, Amount: -share}}
		if test.undone {
			a.Undone = at.Add(time.Hour)
		}
		r := &reckoning{mid: "m", month: test.month, books: settle.Books{First: "2026-11"}, adjusts: []Adjusted{a}, breaks: []reconcile.Break{{ID: id,
			Status: reconcile.Resolved, Resolution: reconcile.AcceptedDifference, Finding: reconcile.Finding{MID: "m", Subject: subject, Kind: reconcile.PayoutShort, Currency: pay.KRW}}}}
		shares, resolved := r.shares(pay.KRW, settle.ByRows{Shares: []settle.Share{{Subject: subject, Kind: reconcile.PayoutShort, Amount: share}}})
		if resolved != test.resolved || len(shares) != test.shares {
			t.Errorf("decided on %s, %s: resolved %d, %d shares; expected %d and %d", test.decided, test.month, resolved, len(shares), test.resolved, test.shares)
		}
	}
}
