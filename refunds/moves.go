package refunds

import (
	"fmt"
	"slices"
)

// Move is one way from a state to another, and why a request goes it. From is
// "" for a new request.
type Move struct {
	From    []State
	To      []State
	Because string
}

// Moves are all ways that a request can go. docs/states.md has the same table,
// and the store refuses every other way.
var Moves = []Move{
	{[]State{""}, []State{StateRequested}, "asked by the night, a file, a person"},
	{[]State{""}, []State{StateApproved}, "the same, at most `approve_above`"},
	{[]State{""}, []State{StateNeedsAccount}, "the same, for a deposited virtual account without refund account"},
	{[]State{""}, []State{StateExpired}, "the same, when its deadline had passed"},
	{[]State{StateRequested}, []State{StateApproved}, "another person's word"},
	{[]State{StateRequested, StateApproved}, []State{StateNeedsAccount}, "a deposited virtual account without refund account"},
	{[]State{StateNeedsAccount}, []State{StateRequested}, "an account came; an earlier approval is void"},
	{[]State{StateApproved}, []State{StateRequested}, "something that the approval covered has changed: amount left, account, a cancel by others; or its signature is not accepted any more"},
	{[]State{StateRequested, StateApproved, StateNeedsAccount, StateRetry}, []State{StateExpired}, "`cancel_by` passed"},
	{[]State{StateRequested, StateApproved, StateNeedsAccount, StateRetry}, []State{StateRejected}, "a person's no, withdrawn, its break was resolved, or a look-up shows that it is already refunded, no longer owed, or carried out on another payment of its order"},
	{[]State{StateApproved, StateRetry}, []State{StateSending}, "claimed: attempt, key, bytes, guard committed; a look-up came first"},
	{[]State{StateRequested, StateApproved, StateNeedsAccount, StateRetry}, []State{StateHeld}, "a look-up shows a state that no rule explains, another merchant's payment, or a reference that the books do not know; or the row is not what the journal says of it; or what is to be sent again is not signed any more"},
	{[]State{StateRequested, StateApproved, StateNeedsAccount, StateRetry}, []State{StateSucceeded, StateAccepted}, "a look-up finds our reference: the database was restored to an earlier point"},
	{[]State{StateSending}, []State{StateSucceeded, StateAccepted}, "200 and our cancel is in it"},
	{[]State{StateSending}, []State{StateRetry}, "proved not sent: same attempt, same key"},
	{[]State{StateSending}, []State{StateUnknown}, "no answer, lease ran out, 409, 429, 5xx, a transient refusal, an unlisted code, a 200 without our cancel"},
	{[]State{StateSending, StateUnknown}, []State{StateRefused}, "definite refusal, and a look-up shows no cancel of ours and the expected balance; where some send went unanswered, after twenty quiet minutes and a second look-up"},
	{[]State{StateSending, StateUnknown}, []State{StateExpired}, "the same by EXCEED_MAX_REFUND_DUE"},
	{[]State{StateSending, StateUnknown}, []State{StateNeedsAccount}, "the same by a refusal of the account: another one is needed"},
	{[]State{StateUnknown}, []State{StateSucceeded, StateAccepted}, "a look-up finds our reference in `cancels[]`"},
	{[]State{StateUnknown}, []State{StateSending}, "a look-up finds nothing: unanswered: same key, same bytes; answered by a transient code: a new key and the same guard"},
	{[]State{StateSending, StateUnknown}, []State{StateHeld}, "key too old, balance moved by someone else, too many attempts, our reference with another amount, ALREADY_CANCELED without our reference"},
	{[]State{StateAccepted}, []State{StateSucceeded}, "`refundStatus` COMPLETED, or the foreign cancel DONE"},
	{[]State{StateAccepted}, []State{StateHeld}, "FAILED, PARTIAL_FAILED or ABORTED, too late, or gone"},
	{[]State{StateHeld}, []State{StateSucceeded, StateAccepted}, "a look-up finds our reference, or a person's word after looking at the provider"},
	{[]State{StateHeld}, []State{StateRequested}, "a person's word: not executed"},
	{[]State{StateHeld}, []State{StateRejected}, "a person's word: not executed, and what is left of the payment, or of its parts, does not bear it"},
	{[]State{StateHeld}, []State{StateRefused}, "a person's word: cancelled, but the money did not arrive; by-hand transfer"},
}

// MoveError refuses a way that a request may not go.
type MoveError struct {
	ID       string
	From, To State // From is "" for a new request
}

// Error says which.
func (e *MoveError) Error() string {
	return fmt.Sprintf("refund %s: from %q to %q is no way that a request may go; nothing was written", e.ID, e.From, e.To)
}

// MayMove says whether a request may go from one state to another. Staying is
// always allowed.
func MayMove(from, to State) bool {
	return from == to || slices.ContainsFunc(Moves, func(m Move) bool {
		return slices.Contains(m.From, from) && slices.Contains(m.To, to)
	})
}
