package refunds

import (
	"errors"
	"fmt"
	"slices"

	"daesa/internal/hint"
	"daesa/pay"
	"daesa/reconcile"
)

// ErrOnItsWay: money of the payment goes back through Toss already, or perhaps.
var ErrOnItsWay = errors.New("a refund of the same payment is on its way, or nobody knows what became of it")

// MayDecide says whether another decision about a break may be taken. r is the
// request that a refunding break waits for: one that has left, or perhaps, decides
// by its end.
func MayDecide(b reconcile.Break, r Request) error {
	if b.Status != reconcile.Refunding || r.State.Unsent() {
		return nil
	}
	return hint.With(fmt.Errorf("break %s: %w: refund %s is %s", b.ID, ErrOnItsWay, r.ID, r.State),
		"wait until it has ended (daesa refunds show "+r.ID+"): then the break is resolved, or open again")
}

// DecidedAs says whether the request that a refunding break waits for is what is
// decided about it now: a decision about another payment is another one, and the
// error is a *reconcile.RefundingError.
func (r Request) DecidedAs(b reconcile.Break, now Request) error {
	if r.PaymentKey != now.PaymentKey {
		return &reconcile.RefundingError{BreakID: b.ID, RefundID: r.ID, By: b.ResolvedBy}
	}
	return nil
}

// Effects are what a person's decision on a break does to the requests of the
// break and to its transfers by hand.
type Effects struct {
	// Withdraw: what was not sent yet is taken back.
	Withdraw bool
	// Drop: transfers by hand that are due are taken off the list.
	Drop  bool
	given int64 // what was owed, where it went back by bank transfer
}

// EffectsOf says what a decision does beside the break. Where money went back by
// bank transfer, or none is owed, nothing that was not sent yet may be sent.
// waiting leaves all of it alone, unless it takes the place of refund_now.
func EffectsOf(b reconcile.Break, as reconcile.Disposition) Effects {
	e := Effects{Withdraw: as != reconcile.Waiting || b.Status == reconcile.Refunding, Drop: as != reconcile.Waiting}
	if as == reconcile.RefundedByTransfer && b.PaymentKey != "" {
		e.given = max(b.Owed, -b.Difference())
	}
	return e
}

// None says whether nothing happens beside the break.
func (e Effects) None() bool { return !e.Withdraw && !e.Drop }

// Given is what went back by bank transfer, which lowers what may ever be
// cancelled. listed is what the list of transfers by hand has of the break: it is
// the same money. 0: nothing.
func (e Effects) Given(listed int64) int64 { return max(0, e.given-listed) }

// MayTransfer refuses money that goes back by bank transfer while it goes back
// through Toss as well: away is a request of the payment that has left, or
// perhaps; "" for none.
func MayTransfer(b reconcile.Break, as reconcile.Disposition, away string) error {
	if as != reconcile.RefundedByTransfer || away == "" {
		return nil
	}
	return hint.With(fmt.Errorf("break %s: %w: refund %s", b.ID, ErrOnItsWay, away),
		"let daesa refunds run settle it first (daesa refunds show "+away+"); a transfer now could pay twice")
}

// Earlier is a request of a payment as far as a night's proposal asks for it.
type Earlier struct {
	BreakID   string
	State     State
	Amount    int64 // smallest unit
	Asked     pay.Day
	ErrorCode string
}

// AskedOf sums what was already asked of a payment for a break that came on the
// day since. Requests of an earlier life of the break, before it was cleared and
// came back, ask for nothing any more; what a look-up took back, since less was
// owed by then, may be asked anew.
func AskedOf(earlier []Earlier, breakID string, since pay.Day, known Known) Asked {
	asked := Asked{Known: known}
	for _, e := range earlier {
		ours := e.BreakID == breakID
		if ours {
			asked.Proposals++
		}
		stale := slices.Contains([]string{WhyNotOwed, WhyAlready, WhyNotTooMuch, WhySentOnAnother}, e.ErrorCode) // what a look-up took back may be asked anew
		if e.State.Open() || ours && !stale && !e.State.Counts() && e.Asked >= since {
			asked.Sum += e.Amount
		}
	}
	return asked
}

// LeftFor is what is left of a payment for a request that is to be approved,
// beside those that are ahead of it; nil where the worker's look-up must tell:
// Toss's parts are not known, or nothing is left at all.
func LeftFor(p pay.Payment, known Known, parts bool) *Left {
	if !parts || p.BalanceAmount == 0 {
		return nil
	}
	left := Room(p, known, State.Ahead)
	return &left
}
