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
	{[]State{""}, []State{Requested}, "asked by the night, a file, a person"},
	{[]State{""}, []State{Approved}, "the same, at most `approve_above`"},
	{[]State{""}, []State{NeedsAccount}, "the same, for a deposited virtual account without refund account"},
	{[]State{""}, []State{ExpiredState}, "the same, when its deadline had passed"},
	{[]State{Requested}, []State{Approved}, "another person's word"},
	{[]State{Requested, Approved}, []State{NeedsAccount}, "a deposited virtual account without refund account"},
	{[]State{NeedsAccount}, []State{Requested}, "an account came; an earlier approval is void"},
	{[]State{Approved}, []State{Requested}, "something that the approval covered has changed: amount left, account, a cancel by others"},
	{[]State{Requested, Approved, NeedsAccount, Retry}, []State{ExpiredState}, "`cancel_by` passed"},
	{[]State{Requested, Approved, NeedsAccount, Retry}, []State{Rejected}, "a person's no, withdrawn, its break was resolved, or a look-up shows that it is already refunded or no longer owed"},
	{[]State{Approved, Retry}, []State{Sending}, "claimed: attempt, key, bytes, guard committed; a look-up came first"},
	{[]State{Requested, Approved, NeedsAccount, Retry}, []State{HeldState}, "a look-up shows a state that no rule explains, another merchant's payment, or a reference that the books do not know; or the row is not what the journal says of it"},
	{[]State{Requested, Approved, NeedsAccount, Retry}, []State{Succeeded, Accepted}, "a look-up finds our reference: the database was restored to an earlier point"},
	{[]State{Sending}, []State{Succeeded, Accepted}, "200 and our cancel is in it"},
	{[]State{Sending}, []State{Retry}, "proved not sent: same attempt, same key"},
	{[]State{Sending}, []State{Unknown}, "no answer, lease ran out, 409, 429, 5xx, a transient refusal, an unlisted code, a 200 without our cancel"},
	{[]State{Sending, Unknown}, []State{Refused}, "definite refusal, and a look-up shows no cancel of ours and the expected balance; where some send went unanswered, after twenty quiet minutes and a second look-up"},
	{[]State{Sending, Unknown}, []State{ExpiredState}, "the same by EXCEED_MAX_REFUND_DUE"},
	{[]State{Sending, Unknown}, []State{NeedsAccount}, "the same by a refusal of the account: another one is needed"},
	{[]State{Unknown}, []State{Succeeded, Accepted}, "a look-up finds our reference in `cancels[]`"},
	{[]State{Unknown}, []State{Sending}, "a look-up finds nothing: unanswered: same key, same bytes; answered by a transient code: a new key and the same guard"},
	{[]State{Sending, Unknown}, []State{HeldState}, "key too old, balance moved by someone else, too many attempts, our reference with another amount, ALREADY_CANCELED without our reference"},
	{[]State{Accepted}, []State{Succeeded}, "`refundStatus` COMPLETED, or the foreign cancel DONE"},
	{[]State{Accepted}, []State{HeldState}, "FAILED, PARTIAL_FAILED or ABORTED, too late, or gone"},
	{[]State{HeldState}, []State{Succeeded, Accepted}, "a look-up finds our reference, or a person's word after looking at the provider"},
	{[]State{HeldState}, []State{Requested}, "a person's word: not executed"},
	{[]State{HeldState}, []State{Rejected}, "a person's word: not executed, and what is left of the payment, or of its parts, does not bear it"},
	{[]State{HeldState}, []State{Refused}, "a person's word: cancelled, but the money did not arrive; by-hand transfer"},
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
