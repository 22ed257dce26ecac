package reconcile

import (
	"errors"
	"fmt"
	"time"
)

// Stand is how far the refund request has come that a refunding break waits
// for. What the request's states mean here is refunds' to say.
type Stand string

// The stands. "" is not known.
const (
	StandUnsent   Stand = "unsent"     // nothing of it has left
	StandOnItsWay Stand = "on_its_way" // sent, perhaps sent, or taken on and not yet paid out
	StandBack     Stand = "back"       // the money went back
	StandEnded    Stand = "ended"      // no money goes back by it
)

// Over reports whether the request has come to its end.
func (s Stand) Over() bool { return s == StandBack || s == StandEnded }

// ErrNeedsRequest reports a refund_now without the request that makes it
// happen: such a decision is never written down alone.
var ErrNeedsRequest = errors.New("refund_now needs the refund request that makes it happen")

// RefundingError reports a decision about a break whose refund another decision
// has asked for already.
type RefundingError struct{ BreakID, RefundID, By string }

// Error names the request and who decided.
func (e *RefundingError) Error() string {
	return fmt.Sprintf("break %s is refunding: refund %s was asked for by the decision of %s", e.BreakID, e.RefundID, e.By)
}

// Hint says how the decision is taken back.
func (e *RefundingError) Hint() string {
	return "daesa refunds show " + e.RefundID + " tells how far it is; daesa refunds withdraw takes back what was not sent yet"
}

// RefundedError reports a decision to refund about a break that a refund has
// resolved: only a night that sees a difference again opens it again.
type RefundedError struct{ BreakID, RefundID, OrderID string }

// Error names the request.
func (e *RefundedError) Error() string {
	return fmt.Sprintf("break %s is resolved: refund %s has given the money back, and no night has seen a difference since", e.BreakID, e.RefundID)
}

// Hint says how more is given back.
func (e *RefundedError) Hint() string {
	return "compare again (daesa reconcile --orders " + e.OrderID + "): a break that still differs is opened again, and can be decided"
}

// Refund writes refund_now onto the break, together with the request that makes
// it happen. The break is refunding until that request has ended.
func (b Break) Refund(refundID, by, note string, at time.Time) Break {
	b = b.Resolve(RefundNow, by, note, at)
	b.Status, b.RefundID = Refunding, refundID
	return b
}

// AfterRefund carries a refunding break to where its request takes it: resolved
// when the money went back, open again when the request ended otherwise. As long
// as the request has not ended, and for every other status, it changes nothing.
// Since stays: only nights date a break, and what a night proposed since is still
// of the same life.
func (b Break) AfterRefund(stand Stand) (Break, Change) {
	if b.Status != Refunding {
		return b, ChangeNone
	}
	switch stand {
	case StandBack:
		b.Status = Resolved
		return b, ChangeRefunded
	case StandEnded:
		b.Status, b.Resolution, b.ResolvedBy, b.ResolvedAt, b.RefundID = Open, "", "", time.Time{}, ""
		return b, ChangeOpened
	default:
		return b, ChangeNone
	}
}
