// Package refunds is everything about giving money back: until when it can, how
// much may go, who may say yes, the states of a request, and the worker that sends
// it. It knows payments and breaks; the queue and the provider are interfaces that
// it declares, so that all of it but the worker is pure. Begin at rules.go, then
// Next in next.go; docs/contract.md section 6 has the words.
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
	StateRequested    State = "requested"     // asked for; waits for another person's word
	StateApproved     State = "approved"      // may be sent
	StateNeedsAccount State = "needs_account" // a deposited virtual account without refund account
	StateSending      State = "sending"       // claimed: perhaps executed
	StateRetry        State = "retry"         // proved not sent
	StateUnknown      State = "unknown"       // sent, and nobody knows what came of it
	StateHeld         State = "held"          // a person must look at the provider
	StateAccepted     State = "accepted"      // cancelled; the money is on its way
	StateSucceeded    State = "succeeded"     // cancelled, and for a virtual account paid out
	StateRefused      State = "refused"       // definitely refused, proved not executed
	StateExpired      State = "expired"       // its deadline passed; by-hand transfer
	StateRejected     State = "rejected"      // a person's no, or no longer owed
)

// States are all of them, in the order of a request's life.
var States = []State{
	StateRequested, StateApproved, StateNeedsAccount, StateSending, StateRetry, StateUnknown, StateHeld,
	StateAccepted, StateSucceeded, StateRefused, StateExpired, StateRejected,
}

// Sets are the states that have something in common, by the names under which
// the queries of sql/ ask for them. No other place lists states: a query that
// took one more, or one fewer, would decide. The order within a set is that of
// the indexes, which a query must repeat.
var Sets = map[string][]State{
	// unsent: nothing of the request has left the machine, so that its deadline is
	// still ahead of it.
	"unsent": {StateRequested, StateApproved, StateNeedsAccount, StateRetry},
	// sendable: it may be sent.
	"sendable": {StateApproved, StateRetry},
	// unanswered: perhaps executed, and nobody knows yet.
	"unanswered": {StateSending, StateUnknown},
	// followed: the provider, or a person there, decides what becomes of it.
	"followed": {StateAccepted, StateHeld},
	// looked: all that is looked up at its time, beside what is unanswered.
	"looked": {StateAccepted, StateHeld, StateRequested, StateNeedsAccount, StateApproved, StateRetry},
	// asking: a person's word is still to come, and a deadline may pass over it.
	"asking": {StateRequested, StateNeedsAccount},
	// before_account: an account that comes for its payment changes what was asked.
	"before_account": {StateRequested, StateApproved, StateNeedsAccount},
	// news: word of its payment makes it due.
	"news": {StateUnknown, StateAccepted, StateHeld},
	// away: it has left, or perhaps: money that goes back otherwise would go twice.
	"away": {StateSending, StateUnknown, StateHeld, StateAccepted},
	// executed: Toss has cancelled.
	"executed": {StateSucceeded, StateAccepted},
	// waiting: it has not come to its end.
	"waiting": {StateRequested, StateApproved, StateNeedsAccount, StateSending, StateRetry, StateUnknown, StateHeld, StateAccepted},
	// told: a night tells of it, however long ago it was asked for.
	"told": {StateRequested, StateApproved, StateNeedsAccount, StateSending, StateRetry, StateUnknown, StateHeld, StateAccepted, StateExpired},
	// ended: nothing becomes of it any more.
	"ended": {StateSucceeded, StateRefused, StateExpired, StateRejected},
	// by_hand: Toss gives nothing back any more, and people must.
	"by_hand": {StateExpired, StateRefused},

	// Single states that a query names.
	"requested":     {StateRequested},
	"needs_account": {StateNeedsAccount},
	"sending":       {StateSending},
	"retry":         {StateRetry},
	"accepted":      {StateAccepted},
	"succeeded":     {StateSucceeded},
	"rejected":      {StateRejected},
}

func (s State) in(set string) bool { return slices.Contains(Sets[set], s) }

// Valid says whether s is one of States.
func (s State) Valid() bool { return slices.Contains(States, s) }

// Open says whether the request can still lead to a cancel.
func (s State) Open() bool { return s.in("waiting") && s != StateAccepted }

// Counts says whether the request's amount is asked of the payment already:
// succeeded + accepted + open + new never exceed what was paid.
func (s State) Counts() bool { return s.Open() || s.in("executed") }

// Ahead says whether the request comes before one that still waits for a word:
// it has one, or may have moved money.
func (s State) Ahead() bool { return s.Counts() && !s.in("asking") }

// Unsent says whether nothing of the request has left the machine, so that its
// deadline is still ahead of it.
func (s State) Unsent() bool { return s.in("unsent") }

// Sendable says whether a run may send the request.
func (s State) Sendable() bool { return s.in("sendable") }

// Away says whether the request has left, or perhaps, and its end is open.
func (s State) Away() bool { return s.in("away") }

// NothingLeft says whether nothing of a request had left the machine before a move, and
// nothing leaves it by the move.
func NothingLeft(was, to State) bool { return was.Unsent() && (to.Unsent() || to == StateHeld) }

// ByHand says whether Toss gives nothing back by the request any more, so that
// it stands on the list of transfers by hand.
func (s State) ByHand() bool { return s.in("by_hand") }

// Unapproved says whether a request that comes here has no approval any more: it
// waits for one, or nothing becomes of it.
func (s State) Unapproved() bool { return s.in("asking") || s.in("ended") && s != StateSucceeded }

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
	case s == StateSucceeded:
		return reconcile.StandBack
	case s.Open(), s == StateAccepted:
		return reconcile.StandOnItsWay
	default:
		return reconcile.StandEnded
	}
}
