package refunds

import (
	"time"

	"daesa/pay"
)

// After is a request as a step leaves it.
type After struct {
	Request
	LeaseUntil time.Time // zero: nobody has it
	InProgress bool      // the cancel that it stands on is not done yet
	SentAt     time.Time // when bytes of it left last; zero: as it was
}

// After gives the request as it is once the step is committed. It is the only
// place that knows what else of a request changes with its state.
func (s Settled) After() After {
	r, step := s.Request, s.Step
	a := After{Request: r}
	a.State, a.NextAt, a.ErrorCode, a.ErrorMessage, a.LeaseOwner, a.FinishedAt = step.To, step.At, step.Why, "", "", time.Time{}
	if s.Attempt != nil { // two seconds lie between cancels as Toss sees them, not as they were meant
		a.SentAt = s.Now
	}
	if s.Keep {
		a.LeaseOwner, a.LeaseUntil = r.LeaseOwner, s.Until
	}
	switch {
	case step.Said != "":
		a.ErrorMessage = step.Said
	case s.Attempt != nil && s.Attempt.Code == step.Why:
		a.ErrorMessage = s.Attempt.Message
	case step.Why == r.ErrorCode:
		a.ErrorMessage = r.ErrorMessage
	}
	if step.Claim != nil {
		a.TransactionKey = step.Claim.TransactionKey
		a.InProgress = step.To == StateAccepted && step.Claim.Status == pay.CancelInProgress
	}
	if step.To.ended() {
		a.FinishedAt, a.NextAt = s.Now, time.Time{}
	}
	if step.To.in("asking") && r.State != step.To { // what was approved before covers it no more
		a.Approval, a.ApprovedBy, a.ApprovedAt = "", "", time.Time{}
	}
	if step.To.in("executed") {
		a.ErrorCode, a.ErrorMessage = "", ""
	}
	if step.Planned != nil {
		a.PlannedForeign = *step.Planned
	}
	if step.Strangers != nil {
		a.Strangers = *step.Strangers
	}
	return a
}

// TakesOfLimits says whether the send of a request that stands so takes of the
// limits: what is sent again on the same word was counted then. Another word, after
// a refusal, counts anew: what has left keeps its place, whatever came of it.
func (s State) TakesOfLimits() bool { return !s.in("unanswered") }

// GivesLimitsBack says whether a move undoes what its send took of the limits:
// the send is proved not to have left.
func GivesLimitsBack(from, to State) bool { return from == StateSending && to == StateRetry }

// Spending is what a run and a business day have sent of one currency, with the
// send that is asked about. The counts are of all currencies.
type Spending struct{ RunCount, RunAmount, DayCount, DayAmount int64 }

// Allows says whether the send of a request keeps within the limits; the error
// is a *LimitError.
func (b Budget) Allows(r Request, spent Spending) error {
	limits := b.Of[r.Currency]
	for _, each := range []struct {
		name      string
		is, limit int64
	}{
		{"max_single", r.Amount, limits.Single},
		{"max_count", spent.RunCount, b.RunCount},
		{"max_amount", spent.RunAmount, limits.Run},
		{"max_count_per_day", spent.DayCount, b.DayCount},
		{"max_amount_per_day", spent.DayAmount, limits.Day},
	} {
		if each.is > each.limit {
			return &LimitError{Limit: each.name, Currency: r.Currency}
		}
	}
	return nil
}

// NotBegun says why a send was not begun: the brake, another cancel of the
// payment less than two seconds ago, or a lease that is another's now. lastSent
// is zero where nothing was sent.
func NotBegun(braked bool, lastSent, now time.Time) error {
	switch {
	case braked:
		return ErrBraked
	case !lastSent.IsZero() && now.Sub(lastSent) < Spacing:
		return ErrBusy
	default:
		return ErrLost
	}
}

// MaySend says whether what was begun may leave: mine is whether the worker
// still has it.
func MaySend(mine, braked bool) error {
	switch {
	case braked:
		return ErrBraked
	case !mine:
		return ErrLost
	}
	return nil
}

// Expire gives the request as the passing of its deadline makes it.
func (r Request) Expire(now time.Time) Request {
	r.State, r.ErrorCode, r.FinishedAt = StateExpired, WhyDeadline, now
	return r
}

// UsesAccount says whether the refund of a payment by this method, "" for an
// unknown one, may go to a refund account.
func (r Request) UsesAccount() bool { return r.Method == "" || r.Method == pay.VirtualAccount }

// TakesAccount says whether an account that is given with the same asking once
// more is still kept for the request.
func (r Request) TakesAccount() bool { return r.State.in("before_account") }

// Adopted says whether a person's decision on a break may take the request, made
// before, for its own; stands tells how the request stands, where it may not.
func (r Request) Adopted() (stands string, ok bool) {
	return "refund " + r.ID + " asked for it and is " + string(r.State), r.State.Open()
}

// Resolved gives what a person's word on a held request writes: the step, and the
// attempt that nobody answered as answered by that person. unclaim says that the
// cancel on which the request stood came to nothing. The error is a *StateError.
func (c Claimed) Resolved(step Step, p *pay.Payment, evidence []pay.Evidence, by, note string, now time.Time) (s Settled, answered *Attempt, unclaim bool, err error) {
	s = Settled{Request: c.Request, Step: step, Payment: p, Evidence: evidence, Now: now, Actor: by}
	if err := c.Request.from(StateHeld); err != nil {
		return s, nil, false, err
	}
	if unclaim = step.To == StateRequested; unclaim {
		s.Request.TransactionKey = ""
	}
	if c.Attempt != nil && !c.Attempt.Answered() {
		a := *c.Attempt
		a.AnsweredAt, a.Code, a.Message = now, "RESOLVED_BY_A_PERSON", note
		answered = &a
	}
	return s, answered, unclaim, nil
}
