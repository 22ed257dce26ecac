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

// Sets are the states that have something in common, by the names under which
// the queries of sql/ ask for them. No other place lists states: a query that
// took one more, or one fewer, would decide. The order within a set is that of
// the indexes, which a query must repeat.
var Sets = map[string][]State{
	// unsent: nothing of the request has left the machine, so that its deadline is
	// still ahead of it.
	"unsent": {Requested, Approved, NeedsAccount, Retry},
	// sendable: it may be sent.
	"sendable": {Approved, Retry},
	// unanswered: perhaps executed, and nobody knows yet.
	"unanswered": {Sending, Unknown},
	// followed: the provider, or a person there, decides what becomes of it.
	"followed": {Accepted, HeldState},
	// looked: all that is looked up at its time, beside what is unanswered.
	"looked": {Accepted, HeldState, Requested, NeedsAccount, Approved, Retry},
	// asking: a person's word is still to come, and a deadline may pass over it.
	"asking": {Requested, NeedsAccount},
	// before_account: an account that comes for its payment changes what was asked.
	"before_account": {Requested, Approved, NeedsAccount},
	// news: word of its payment makes it due.
	"news": {Unknown, Accepted, HeldState},
	// away: it has left, or perhaps: money that goes back otherwise would go twice.
	"away": {Sending, Unknown, HeldState, Accepted},
	// executed: Toss has cancelled.
	"executed": {Succeeded, Accepted},
	// waiting: it has not come to its end.
	"waiting": {Requested, Approved, NeedsAccount, Sending, Retry, Unknown, HeldState, Accepted},
	// ended: nothing becomes of it any more.
	"ended": {Succeeded, Refused, ExpiredState, Rejected},
	// by_hand: Toss gives nothing back any more, and people must.
	"by_hand": {ExpiredState, Refused},

	// Single states that a query names.
	"requested":     {Requested},
	"needs_account": {NeedsAccount},
	"sending":       {Sending},
	"retry":         {Retry},
	"accepted":      {Accepted},
	"succeeded":     {Succeeded},
	"rejected":      {Rejected},
}

func (s State) in(set string) bool { return slices.Contains(Sets[set], s) }

// Valid says whether s is one of States.
func (s State) Valid() bool { return slices.Contains(States, s) }

// Open says whether the request can still lead to a cancel.
func (s State) Open() bool { return s.in("waiting") && s != Accepted }

// Counts says whether the request's amount is asked of the payment already:
// succeeded + accepted + open + new never exceed what was paid.
func (s State) Counts() bool { return s.Open() || s.in("executed") }

// Ahead says whether the request comes before one that still waits for a word:
// it has one, or may have moved money.
func (s State) Ahead() bool { return s.Counts() && !s.in("asking") }

// Unsent says whether nothing of the request has left the machine, so that its
// deadline is still ahead of it.
func (s State) Unsent() bool { return s.in("unsent") }

// Away says whether the request has left, or perhaps, and its end is open.
func (s State) Away() bool { return s.in("away") }

// ByHand says whether Toss gives nothing back by the request any more, so that
// it stands on the list of transfers by hand.
func (s State) ByHand() bool { return s.in("by_hand") }

// ended says whether nothing becomes of the request any more.
func (s State) ended() bool { return s.in("ended") }

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
