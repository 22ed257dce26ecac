// Package refunds is everything about giving money back: the deadline policy,
// the plan, the states of a request. It decides; it does no I/O.
package refunds

import (
	"slices"

	"daesa/reconcile"
)

// State is where a refund request stands. There is no "failed": it would hide
// the difference between refused and unknown.
type State string

// The states; docs/states.md draws them.
const (
	Requested    State = "requested"     // asked for; waits for another person's word
	Approved     State = "approved"      // may be sent
	NeedsAccount State = "needs_account" // a deposited virtual account without refund account
	Sending      State = "sending"       // claimed: perhaps executed
	Retry        State = "retry"         // proved not sent
	Unknown      State = "unknown"       // sent, and nobody knows what came of it
	HeldState    State = "held"          // a person must look at the provider
	Accepted     State = "accepted"      // cancelled; the money is on its way
	Succeeded    State = "succeeded"     // cancelled, and for a virtual account paid out
	Refused      State = "refused"       // definitely refused, proved not executed
	ExpiredState State = "expired"       // its deadline passed; by-hand transfer
	Rejected     State = "rejected"      // a person's no, or no longer owed
)

// States are all of them, in the order of a request's life.
var States = []State{
	Requested, Approved, NeedsAccount, Sending, Retry, Unknown, HeldState,
	Accepted, Succeeded, Refused, ExpiredState, Rejected,
}

// Valid says whether s is one of States.
func (s State) Valid() bool { return slices.Contains(States, s) }

// Open says whether the request can still lead to a cancel.
func (s State) Open() bool {
	switch s {
	case Requested, Approved, NeedsAccount, Sending, Retry, Unknown, HeldState:
		return true
	default:
		return false
	}
}

// Counts says whether the request's amount is asked of the payment already:
// succeeded + accepted + open + new never exceed what was paid.
func (s State) Counts() bool { return s.Open() || s == Accepted || s == Succeeded }

// Ahead says whether the request comes before one that still waits for a word:
// it has one, or may have moved money.
func (s State) Ahead() bool { return s.Counts() && s != Requested && s != NeedsAccount }

// Unsent says whether nothing of the request has left the machine, so that its
// deadline is still ahead of it.
func (s State) Unsent() bool {
	return s == Requested || s == Approved || s == NeedsAccount || s == Retry
}

// Stand is what the state means for a break that waits for the request: the
// money went back only when the request has succeeded.
func (s State) Stand() reconcile.Stand {
	switch {
	case s == "":
		return ""
	case s.Unsent():
		return reconcile.StandUnsent
	case s == Succeeded:
		return reconcile.StandBack
	case s.Open(), s == Accepted:
		return reconcile.StandOnItsWay
	default:
		return reconcile.StandEnded
	}
}
