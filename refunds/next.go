package refunds

import (
	"cmp"
	"slices"
	"time"

	"daesa/pay"
	"daesa/reconcile"
)

// Answer is what was just learned about a request. Exactly one of Payment,
// Failure and Gone is set.
type Answer struct {
	Payment *pay.Payment // as a look-up, or the answer to a cancel, shows it
	Failure *pay.Failure
	Gone    bool // the worker of the last send is gone, and its answer with it
	Cancel  bool // Payment or Failure is the answer to a cancel, not to a look-up
	Known   Known
	// SecretFingerprint is that of the secret key and address in use now.
	SecretFingerprint string
}

// Known is what daesa itself knows of the payment, beside the request.
type Known struct {
	// Taken are the other requests of the payment, whatever became of them, under
	// whatever MID they were made.
	Taken []Taken
	// Named says that an earlier look-up, or the transaction list, has named the
	// request's merchant for the payment.
	Named bool
	// Claimed says which request claims a provider's cancel, by transaction key.
	Claimed map[string]string
	// Given are the transfers outside Toss.
	Given []Given
	// Order is the shop's; nil: unknown.
	Order *pay.Order
	// Kind is that of the break that the request stands on: it says how what is
	// owed is reckoned. "" is not known, and reckoned as cancel_not_executed.
	Kind reconcile.Kind
	// Siblings are the other payments of the order.
	Siblings []Sibling
	// AccountFingerprint is the fingerprint of the refund account that is stored now.
	AccountFingerprint string
	// Altered names what of the request's row is not as the journal says: it was
	// changed by other hands than daesa's.
	Altered []string
	// Unsigned says why the request is not what somebody signed, where approvals are
	// signed; the zero one: it is, or nobody asked.
	Unsigned Unsigned
}

// Action is what the worker does after a step.
type Action string

// The actions.
const (
	Rest     Action = ""         // nothing until Step.At
	LookUp   Action = "look_up"  // at once
	LookAll  Action = "look_all" // at once, at the other payments of the order; then it is decided again
	Send     Action = "send"     // the attempt as it is: same key, same bytes
	SendAnew Action = "send_new" // a new attempt with a new key and Step.Guard
)

// Step is the decision about a request: where it goes, why, and what is to be
// done. To is the request's own state where it stays.
type Step struct {
	To     State
	Do     Action
	Why    string      // a provider's code, or one of daesa's own reasons
	At     time.Time   // when it is looked at again, for an open one
	Claim  *pay.Cancel // the provider's cancel that is this request's
	Guard  int64       // of a new attempt
	Broken string      // an invariant that does not hold: nothing more is sent
	// Said is what was answered where no code was, for people.
	Said string
	// Planned is the sum of cancels by others that the next word covers, and
	// Strangers the number of references that the books do not know.
	Planned, Strangers *int64
}

// Next decides about a request from what was just learned. It is pure: the
// same four give the same step. The states that nothing leaves by itself give
// a step that stays. Nothing is sent on a payment that is not provably the
// request's merchant's.
func Next(r Request, a *Attempt, answer Answer, now time.Time) Step {
	unsigned := answer.Known.Unsigned
	if r.State == StateApproved && unsigned.Why != "" && answer.Payment != nil {
		if _, found := claim(r, a, *answer.Payment, answer, now); !found {
			return unapproved(r, answer, now)
		}
	}
	if len(answer.Known.Altered) > 0 && !answer.Gone && !answer.Cancel {
		return Step{To: StateHeld, Why: WhyAltered, At: now.Add(lookEvery)}
	}
	step := decide(r, a, answer, now)
	if step.Do == Send || step.Do == SendAnew {
		if unsigned.Why != "" { // an attempt stands already: only a person may leave it
			return Step{To: StateHeld, Why: unsigned.Why, Said: unsigned.Said, At: now.Add(lookEvery)}
		}
		if why := notOurs(r, *answer.Payment, answer.Known); why != "" {
			return Step{To: StateHeld, Why: why, At: now.Add(lookEvery)}
		}
	}
	return step
}

// unapproved sends an approved request back for a word that is signed.
func unapproved(r Request, answer Answer, now time.Time) Step {
	foreign := others(r, *answer.Payment, answer.Known)
	return Step{To: StateRequested, Why: answer.Known.Unsigned.Why, Said: answer.Known.Unsigned.Said, At: now.Add(lookEvery), Planned: &foreign}
}

func decide(r Request, a *Attempt, answer Answer, now time.Time) Step {
	if answer.Payment != nil {
		if step, found := claim(r, a, *answer.Payment, answer, now); found {
			return step
		}
	}
	switch {
	case answer.Gone && r.State == StateSending:
		return Step{To: StateUnknown, Do: LookUp, Why: WhyLeaseOver, At: now}
	case answer.Failure != nil && !answer.Cancel:
		return unseen(r, *answer.Failure, now)
	case r.State == StateSending && answer.Cancel:
		return answered(*a, answer, now)
	case r.State == StateSending || r.State == StateUnknown:
		return unclaimed(r, *a, answer, now)
	case r.State == StateApproved || r.State == StateRetry:
		return plan(r, a, answer, now)
	case r.State == StateRequested || r.State == StateNeedsAccount:
		return waiting(r, answer, now)
	case r.State == StateAccepted:
		return vanished(now)
	default:
		return Step{To: r.State, Why: r.ErrorCode, At: now.Add(lookEvery)}
	}
}

// claim looks for our reference among the provider's cancels. It decides alone
// wherever it is found, whatever the state: the money has moved.
func claim(r Request, a *Attempt, p pay.Payment, answer Answer, now time.Time) (Step, bool) {
	var ours []pay.Cancel
	for _, cancel := range p.Cancels {
		switch {
		case pay.Marker(cancel.Reason) != r.ID && (r.TransactionKey == "" || cancel.TransactionKey != r.TransactionKey):
		case cancel.Status == pay.CancelAborted && r.TransactionKey != cancel.TransactionKey && (a == nil || r.State == StateRequested || r.State == StateApproved || r.State == StateNeedsAccount || cancel.CanceledAt.Before(a.FirstSent.Truncate(time.Second))):
			// It came to nothing before this attempt, and a person has seen it.
		default:
			ours = append(ours, cancel)
		}
	}
	if len(ours) == 0 || r.State == StateRejected || r.State == StateRefused || r.State == StateExpired {
		return Step{}, false
	}
	cancel := ours[0]
	holder := answer.Known.Claimed[cancel.TransactionKey]
	switch {
	case len(ours) > 1:
		return breach(r, "Toss shows more than one cancel with the reference of refund "+r.ID, now), true
	case cancel.Amount != r.Amount:
		return breach(r, "Toss shows another amount under the reference of refund "+r.ID, now), true
	case holder != "" && holder != r.ID:
		return breach(r, "two refunds claim one cancel of Toss: "+holder+" and "+r.ID, now), true
	}
	step := settled(r, p, cancel, now)
	stays := r.TransactionKey != "" && r.ErrorCode != WhyVanished ||
		r.ErrorCode == WhyTwoInFlight && cancel.Status == pay.CancelInProgress // else two would be in flight again
	if r.State == StateHeld && stays && step.To != StateSucceeded {
		return Step{To: StateHeld, Why: r.ErrorCode, At: now.Add(lookEvery)}, true
	}
	return step, true
}

// breach: something holds no more that must always hold. It is said once: the
// run that finds it sends nothing more, and a person looks.
func breach(r Request, what string, now time.Time) Step {
	step := Step{To: StateHeld, Why: WhyAmountDiffers, At: now.Add(lookEvery)}
	if r.State != StateHeld {
		step.Broken = what
	}
	return step
}

// settled says how far a cancel of ours has come. DONE is not money returned:
// a virtual account is paid out later, and a foreign cancel takes its time.
func settled(r Request, p pay.Payment, cancel pay.Cancel, now time.Time) Step {
	step := Step{To: StateSucceeded, Why: WhyAnswered, Claim: &cancel}
	switch {
	case cancel.Status == pay.CancelAborted:
		return Step{To: StateHeld, Why: WhyForeignAborted, At: now.Add(lookEvery), Claim: &cancel}
	case cancel.Status == pay.CancelInProgress:
		return Step{To: StateAccepted, Why: WhyOnItsWay, At: now.Add(10 * time.Minute), Claim: &cancel}
	case !paysOut(r, p):
		return step
	}
	switch p.Account.Refund {
	case pay.RefundCompleted:
		step.Why = WhyPaidOut
		return step
	case pay.RefundFailed, pay.RefundPartialFailed:
		return Step{To: StateHeld, Why: WhyPayoutFailed, At: now.Add(lookEvery), Claim: &cancel}
	default: // it goes on
	}
	if !cancel.CanceledAt.IsZero() && pay.DayOf(now) > pay.DayOf(cancel.CanceledAt).AddBankDays(payoutBankDays) {
		return Step{To: StateHeld, Why: WhyPayoutLate, At: now.Add(lookEvery), Claim: &cancel}
	}
	return Step{To: StateAccepted, Why: WhyOnItsWay, At: now.Add(lookEvery), Claim: &cancel}
}

// paysOut says whether the cancel sends money to a refund account: a virtual
// account that was paid. One that was not is only closed (발급 취소).
func paysOut(r Request, p pay.Payment) bool {
	return p.Account != nil && r.Method == pay.VirtualAccount && !p.ApprovedAt.IsZero()
}

// answered decides on what a cancel call came back with, our reference not
// being in it.
func answered(a Attempt, answer Answer, now time.Time) Step {
	unknown := Step{To: StateUnknown, At: now.Add(Spacing)}
	failure := answer.Failure
	if failure == nil {
		unknown.Do, unknown.Why = LookUp, WhyNoReference
		return unknown
	}
	unknown.Why = cmp.Or(failure.Code, WhyNoAnswer)
	switch failure.Kind {
	case pay.FailureNotSent, pay.FailureOwn:
		// Only what has never left is proved unsent: with a second key the first
		// one has left, whatever became of it.
		if a.Unanswered || a.Answers > 0 || a.N > 1 {
			unknown.Why = WhyNotSent
			return unknown
		}
		return Step{To: StateRetry, Why: WhyNotSent, At: now.Add(backoff(a.Sends))}
	case pay.FailureRefused, pay.FailureDeadline, pay.FailureAccount, pay.FailureNotFound, pay.FailureGuard, pay.FailureDone:
		// Nothing is believed before the payment was looked at.
		return Step{To: StateSending, Do: LookUp, Why: unknown.Why}
	case pay.FailureNoCode:
		unknown.Why, unknown.Said = WhyNoCode, failure.Said()
	case pay.FailureSums:
		unknown.Do, unknown.Why, unknown.Said = LookUp, WhySums, failure.Said()
	case pay.FailureThrottled:
		unknown.At = now.Add(max(failure.RetryAfter, backoff(a.Sends)))
	case pay.FailureInFlight:
		unknown.Why, unknown.At = cmp.Or(failure.Code, WhyInFlight), now.Add(backoff(a.Sends))
	default: // perhaps carried out
	}
	return unknown
}

// backoff before the next try of something that was tried n times.
func backoff(n int) time.Duration {
	steps := []time.Duration{2 * time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second,
		2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 3 * time.Hour}
	if n < len(steps) {
		return steps[max(n, 0)]
	}
	return lookEvery
}

// unseen: a look-up failed, so nothing is known that was not known before.
func unseen(r Request, failure pay.Failure, now time.Time) Step {
	if failure.Kind == pay.FailureNotFound {
		switch r.State {
		case StateApproved, StateRetry, StateUnknown, StateSending:
			return Step{To: StateHeld, Why: cmp.Or(failure.Code, "NOT_FOUND_PAYMENT"), At: now.Add(lookEvery)}
		default: // it waits for people
		}
	}
	to, again := r.State, unseenAgain
	if to == StateSending {
		to = StateUnknown
	}
	if left := r.CancelBy.Sub(now); left > 0 && left < 6*unseenAgain {
		again = replayAfter // there is no time to lose
	}
	step := Step{To: to, Why: cmp.Or(r.ErrorCode, WhyUnreachable), At: now.Add(max(failure.RetryAfter, again))}
	switch {
	case failure.Kind == pay.FailureSums:
		step.Why, step.Said = WhySums, failure.Said()
	case step.Why == WhyUnreachable:
		step.Said = failure.Said()
	}
	return step
}

// unclaimed: a look-up shows no cancel of ours, after something was sent.
func unclaimed(r Request, a Attempt, answer Answer, now time.Time) Step {
	p := *answer.Payment
	held := func(why string) Step { return Step{To: StateHeld, Why: why, At: now.Add(lookEvery)} }
	moved := p.BalanceAmount != a.Guard
	switch {
	case !a.Answered():
		return unanswered(r, a, answer, now, moved)
	case a.Kind == "":
		return held(WhyNoReference)
	case a.Kind == pay.FailureDone:
		return held(cmp.Or(a.Code, WhyNoReference))
	case a.Kind == pay.FailureGuard && moved:
		return held(WhyBalanceMoved)
	case a.Kind == pay.FailureGuard:
		return held(a.Code)
	case moved:
		return held(WhyBalanceMoved)
	case a.definite():
		return refusal(a, now)
	}
	return transient(r, a, answer, now)
}

// unanswered: the same key and bytes again, as long as the key surely lives. A
// balance that moved is the guard's to find out: only an answer ends this.
func unanswered(r Request, a Attempt, answer Answer, now time.Time, moved bool) Step {
	age := now.Sub(a.FirstSent)
	switch {
	case age >= keyDeath:
		if moved {
			return Step{To: StateHeld, Why: WhyBalanceMoved, At: now.Add(lookEvery)}
		}
		return Step{To: StateHeld, Why: WhyKeyTooOld, At: now.Add(lookEvery)}
	case age >= keyLife:
		return Step{To: StateUnknown, Why: WhyKeyTooOld, At: now.Add(lookEvery)}
	case a.SecretFingerprint != answer.SecretFingerprint:
		return Step{To: StateUnknown, Why: WhySecretChanged, At: now.Add(lookEvery)}
	}
	if due := a.LastSent.Add(a.pause()); now.Before(due) {
		return Step{To: StateUnknown, Why: cmp.Or(r.ErrorCode, WhyNoAnswer), At: due}
	}
	if givenBack(r, answer) {
		return Step{To: StateHeld, Why: WhyAboveBalance, At: now.Add(lookEvery)}
	}
	return Step{To: StateUnknown, Do: Send, Why: WhySendAgain, At: now}
}

// givenBack: what went back outside Toss meanwhile leaves no room for it.
func givenBack(r Request, answer Answer) bool {
	p, known := *answer.Payment, answer.Known
	return len(known.givenBeside(p)) > 0 && Room(p, known, nil).Misfit(r.Parts()) != ""
}

// refusal: a definite no, proved by a look-up. Where some send may still be on
// its way it is proved only after a while of quiet.
func refusal(a Attempt, now time.Time) Step {
	if due := a.LastSent.Add(quiet); a.Unanswered && now.Before(due) {
		return Step{To: StateUnknown, Why: cmp.Or(a.Code, WhyQuiet), At: due}
	}
	to := StateRefused
	switch a.Kind {
	case pay.FailureDeadline:
		to = StateExpired
	case pay.FailureAccount:
		to = StateNeedsAccount
	default: // refused
	}
	return Step{To: to, Why: cmp.Or(a.Code, WhyRefusedBare), At: now.Add(lookEvery)}
}

// transient: the provider answered that it could not now, and the look-up
// shows that it did not. The same key may replay a stored error, so a new one
// follows, with the guard of the first: had that one run after all, the balance
// would have moved, and the second would be refused.
func transient(r Request, a Attempt, answer Answer, now time.Time) Step {
	sameSecret := a.SecretFingerprint == answer.SecretFingerprint
	again, anew := a.LastSent.Add(replayAfter), a.LastSent.Add(newKeyAfter)
	if a.Unanswered {
		anew = a.LastSent.Add(quiet)
	}
	over := !r.CancelBy.IsZero() && now.After(r.CancelBy)
	switch {
	case givenBack(r, answer):
		return Step{To: StateHeld, Why: WhyAboveBalance, At: now.Add(lookEvery)}
	case a.Answers <= maxReplays && sameSecret && now.Sub(a.FirstSent) < keyLife:
		if now.Before(again) {
			return Step{To: StateUnknown, Why: a.Code, At: again}
		}
		return Step{To: StateUnknown, Do: Send, Why: WhySendAgain, At: now}
	case a.Kind != pay.FailureTransient:
		return Step{To: StateHeld, Why: a.Code, At: now.Add(lookEvery)}
	case a.N >= maxAttempts:
		return Step{To: StateHeld, Why: WhyTooMany, At: now.Add(lookEvery)}
	case now.Before(anew):
		return Step{To: StateUnknown, Why: a.Code, At: anew}
	case over:
		return Step{To: StateHeld, Why: WhyDeadline, At: now.Add(lookEvery)}
	case r.AccountFingerprint != "" && answer.Known.AccountFingerprint != r.AccountFingerprint:
		// The customer gave another account meanwhile: no word covers it, and
		// the one that was approved is not there any more.
		return Step{To: StateHeld, Why: WhyApprovalVoid, At: now.Add(lookEvery)}
	}
	return Step{To: StateUnknown, Do: SendAnew, Why: WhyNewAttempt, At: now, Guard: a.Guard}
}

// vanished: a cancel that Toss has shown is not there any more.
func vanished(now time.Time) Step {
	return Step{To: StateHeld, Why: WhyVanished, At: now.Add(lookEvery)}
}

// waiting: what waits for a person or an account only runs out of time.
func waiting(r Request, answer Answer, now time.Time) Step {
	switch {
	case !r.CancelBy.IsZero() && now.After(r.CancelBy):
		return Step{To: StateExpired, Why: WhyDeadline}
	case r.State == StateNeedsAccount && answer.Known.AccountFingerprint != "" && answer.Known.AccountFingerprint != r.AccountFingerprint:
		return Step{To: StateRequested, Why: WhyAsked, At: now.Add(lookEvery)}
	case r.State == StateRequested && needsAccount(*answer.Payment) && answer.Known.AccountFingerprint == "":
		return Step{To: StateNeedsAccount, Why: WhyNeedsAccount, At: now.Add(lookEvery)}
	}
	return Step{To: r.State, Why: r.ErrorCode, At: now.Add(lookEvery)}
}

// others sums the cancels of a payment that no request of ours made.
func others(r Request, p pay.Payment, known Known) int64 {
	var sum int64
	for _, cancel := range p.Cancels {
		marker := pay.Marker(cancel.Reason)
		if marker != "" && (marker == r.ID || known.taken(marker) != "") || known.Claimed[cancel.TransactionKey] != "" || cancel.Status == pay.CancelAborted {
			continue
		}
		sum += cancel.Amount
	}
	return sum
}

func running(p pay.Payment) bool {
	return slices.ContainsFunc(p.Cancels, func(c pay.Cancel) bool { return c.Status == pay.CancelInProgress })
}
