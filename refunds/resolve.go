package refunds

import (
	"fmt"
	"time"

	"daesa/pay"
)

// ResolveError is a person's word that what the provider shows contradicts.
type ResolveError struct{ Text, Advice string }

// Error says what contradicts it.
func (e *ResolveError) Error() string { return e.Text }

// Hint says what can be done.
func (e *ResolveError) Hint() string { return e.Advice }

// Resolve turns a person's word on a held request into a step, if what the
// provider shows at this moment does not contradict it. Executed claims the
// cancel that was meant; not executed sends the request back for a new word,
// or to a bank transfer by hand where Toss has cancelled and the money did not
// arrive.
func Resolve(c Claimed, p pay.Payment, executed bool, by string, now time.Time) (Step, error) {
	r := c.Request
	if r.State != StateHeld {
		return Step{}, &ResolveError{fmt.Sprintf("refund %s is %s, not held", r.ID, r.State), "only a held refund needs this word"}
	}
	if !OtherPerson(r.RequestedBy, by) {
		text, advice := notOther("refund "+r.ID, r.RequestedBy, by, "resolve")
		return Step{}, &ResolveError{text, advice}
	}
	cancel := cancelOf(r, p, c.Known)
	if cancel != nil && cancel.Amount != r.Amount {
		return Step{}, &ResolveError{fmt.Sprintf("refund %s: Toss shows %s %s under its reference, not %s", r.ID, r.Currency.Format(cancel.Amount), r.Currency, r.Currency.Format(r.Amount)),
			"nothing here may explain that away: pause the refunds (daesa refunds pause), keep the database, and settle it with Toss and daesa's makers"}
	}
	switch {
	case executed && cancel != nil:
		return executedAs(r, p, *cancel, now)
	case executed:
		return Step{}, &ResolveError{fmt.Sprintf("refund %s: Toss shows no cancel over %s %s that could be this one", r.ID, r.Currency.Format(r.Amount), r.Currency),
			"daesa refunds show " + r.ID + " tells what was seen; use --as not-executed if it was not"}
	case cancel != nil && (r.ErrorCode == WhyPayoutFailed || r.ErrorCode == WhyPayoutLate):
		if p.Account != nil && p.Account.Refund == pay.RefundCompleted {
			return Step{}, &ResolveError{fmt.Sprintf("refund %s: Toss says that it was paid out", r.ID), "use --as executed; a transfer by hand would pay twice"}
		}
		return Step{To: StateRefused, Why: r.ErrorCode}, nil
	case cancel != nil && (pay.Marker(cancel.Reason) == r.ID || r.TransactionKey != ""):
		return Step{}, &ResolveError{fmt.Sprintf("refund %s: Toss shows its cancel %s", r.ID, cancel.TransactionKey), "it was executed: use --as executed"}
	}
	if a := c.Attempt; a != nil && now.Sub(a.LastSent) < quiet {
		return Step{}, &ResolveError{fmt.Sprintf("refund %s was sent %s ago and may still be on its way", r.ID, now.Sub(a.LastSent).Round(time.Second)),
			"look again twenty minutes after the last send"}
	}
	if _, err := p.Under(r.MID); err != nil {
		return Step{To: StateRejected, Why: WhyOtherMerchant}, nil
	}
	foreign, unknown := others(r, p, c.Known), int64(len(strangers(r, p, c.Known)))
	switch misfit := Room(p, c.Known, nil).Misfit(r.Parts()); {
	case p.BalanceAmount < r.Amount:
		return Step{To: StateRejected, Why: WhyAlready}, nil
	case misfit != "": // a new word would be in vain
		return Step{To: StateRejected, Why: misfit}, nil
	}
	return Step{To: StateRequested, Why: r.ErrorCode, At: now.Add(lookEvery), Planned: &foreign, Strangers: &unknown}, nil
}

// executedAs is as far as the cancel has come at Toss: a virtual account is
// paid out later, or not at all.
func executedAs(r Request, p pay.Payment, cancel pay.Cancel, now time.Time) (Step, error) {
	step := settled(r, p, cancel, now)
	if step.To == StateHeld && step.Why == WhyPayoutFailed {
		return Step{}, &ResolveError{fmt.Sprintf("refund %s: Toss has cancelled, and says that the payout failed", r.ID),
			"use --as not-executed: it goes onto the list of transfers by hand (daesa refunds transfers list)"}
	}
	if step.To == StateHeld {
		step.To = StateAccepted
	}
	step.Why = WhyFound
	return step, nil
}

// cancelOf finds the cancel that is, or can be, this request's: by the claim,
// by our reference, or one of the amount that nobody claims.
func cancelOf(r Request, p pay.Payment, known Known) *pay.Cancel {
	var like *pay.Cancel
	for i := range p.Cancels {
		cancel := &p.Cancels[i]
		marker := pay.Marker(cancel.Reason)
		switch {
		case cancel.Status == pay.CancelAborted: // it came to nothing
		case r.TransactionKey != "" && cancel.TransactionKey == r.TransactionKey, marker == r.ID:
			return cancel
		case marker == "" && cancel.Amount == r.Amount && known.Claimed[cancel.TransactionKey] == "":
			like = cancel
		}
	}
	return like
}
