package refunds_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
)

// bugs are the deliberate ones, each of which the simulation must see.
var bugs = []bug{
	{name: "a random key for each send", provider: func(s *sim, p refunds.Provider) refunds.Provider {
		return brokenProvider{p, func(ctx context.Context, i pay.CancelIntent, body []byte, ready func(context.Context) error) (pay.Payment, pay.Evidence, error) {
			i.IdempotencyKey += fmt.Sprintf("-%d", s.count.sends)
			return p.Cancel(ctx, i, body, ready)
		}}
	}},
	{name: "a new key after a time-out", sql: []string{"DROP TRIGGER IF EXISTS attempts_follow"},
		decide: instead(func(_ refunds.Request, a *refunds.Attempt, _ refunds.Answer, step refunds.Step) refunds.Step {
			if step.Do == refunds.Send && a.Kind == pay.FailureNoAnswer {
				return anew(a, step)
			}
			return step
		})},
	{name: "a new key after a 409", needs: often(inFlight), sql: []string{"DROP TRIGGER IF EXISTS attempts_follow"},
		decide: instead(func(_ refunds.Request, a *refunds.Attempt, _ refunds.Answer, step refunds.Step) refunds.Step {
			if step.Do == refunds.Send && a.Kind == pay.FailureInFlight {
				return anew(a, step)
			}
			return step
		})},
	{name: "a time-out is a refusal", decide: instead(func(_ refunds.Request, _ *refunds.Attempt, answer refunds.Answer, step refunds.Step) refunds.Step {
		if answerOf(answer) == pay.FailureNoAnswer {
			return refunds.Step{To: refunds.StateRefused, Why: "bug"}
		}
		return step
	})},
	{name: "a 5xx is a refusal", decide: instead(func(_ refunds.Request, _ *refunds.Attempt, answer refunds.Answer, step refunds.Step) refunds.Step {
		if answerOf(answer) == pay.FailureTransient {
			return refunds.Step{To: refunds.StateRefused, Why: "bug"}
		}
		return step
	})},
	{name: "a time-out is proof that nothing was sent", decide: instead(func(_ refunds.Request, _ *refunds.Attempt, answer refunds.Answer, step refunds.Step) refunds.Step {
		if answerOf(answer) == pay.FailureNoAnswer {
			return refunds.Step{To: refunds.StateRetry, Why: refunds.WhyNotSent}
		}
		return step
	})},
	{name: "ALREADY_CANCELED is a success", decide: instead(func(_ refunds.Request, _ *refunds.Attempt, answer refunds.Answer, step refunds.Step) refunds.Step {
		if answerOf(answer) == pay.FailureDone {
			return refunds.Step{To: refunds.StateSucceeded}
		}
		return step
	})},
	{name: "a virtual account's cancel is money returned", decide: instead(func(_ refunds.Request, _ *refunds.Attempt, _ refunds.Answer, step refunds.Step) refunds.Step {
		if step.To == refunds.StateAccepted {
			step.To = refunds.StateSucceeded
		}
		return step
	})},
	{name: "a refusal is believed without a look", needs: often(refusedAfter), decide: instead(func(_ refunds.Request, _ *refunds.Attempt, answer refunds.Answer, step refunds.Step) refunds.Step {
		if answerOf(answer) == pay.FailureRefused {
			return refunds.Step{To: refunds.StateRefused, Why: "bug"}
		}
		return step
	})},
	{name: "no guard", needs: func(o options) bool { return often(lateForgotten)(o) && len(o.Often) < 3 && o.Fault > 0.25 }, freeze: unguarded},
	{name: "no look before a resend", needs: often(dropAfter, truncated, htmlAfter, slowLost, failAfter), decide: seeing(func(r *refunds.Request, a *refunds.Attempt, answer *refunds.Answer) {
		if answer.Payment != nil && !answer.Cancel && (r.State == refunds.StateUnknown || r.State == refunds.StateSending) {
			answer.Payment.Cancels, answer.Payment.BalanceAmount, answer.Payment.Status = nil, a.Guard, pay.Done
		}
	})},
	{name: "no look before a first send", decide: seeing(func(r *refunds.Request, _ *refunds.Attempt, answer *refunds.Answer) {
		if answer.Payment != nil && r.State == refunds.StateApproved {
			answer.Payment.Cancels, answer.Payment.BalanceAmount, answer.Payment.Status = nil, answer.Payment.TotalAmount, pay.Done
		}
	})},
	{name: "a break does not hear that its request has ended", sql: []string{"CREATE TRIGGER IF NOT EXISTS deaf BEFORE UPDATE ON breaks WHEN OLD.refunding = 1 BEGIN SELECT RAISE(IGNORE); END"}},
	{name: "a journal row is lost", sql: []string{"CREATE TRIGGER IF NOT EXISTS bug BEFORE INSERT ON journal WHEN NEW.seq % 7 = 0 BEGIN SELECT RAISE(IGNORE); END"}},
	{name: "the guard is fresh for a new key", decide: instead(func(r refunds.Request, a *refunds.Attempt, answer refunds.Answer, step refunds.Step) refunds.Step {
		if r.State == refunds.StateUnknown && step.Why == refunds.WhyBalanceMoved && a.Kind == pay.FailureTransient && answer.Payment.BalanceAmount >= r.Amount {
			step = anew(a, step)
			step.To, step.Guard = refunds.StateUnknown, answer.Payment.BalanceAmount
		}
		return step
	})},
	{name: "a dead key is sent again", needs: befalls("rotate"), decide: instead(func(_ refunds.Request, _ *refunds.Attempt, _ refunds.Answer, step refunds.Step) refunds.Step {
		if step.Why == refunds.WhyKeyTooOld {
			step.To, step.Do = refunds.StateUnknown, refunds.Send
		}
		return step
	})},
	{name: "two of a payment in flight", sql: []string{"DROP INDEX IF EXISTS refunds_in_flight"}, queue: crowded},
	{name: "no fence", queue: unfenced},
	{name: "no lease", harmless: "the fence: who was robbed of a request writes nothing, and its key and bytes are the attempt's",
		with: []string{"no fence"}, queue: before("UPDATE refunds SET lease_until = NULL")},
	{name: "the amount under our reference is not compared", needs: befalls("other amount after a restore"), harmless: "who asks again is told that the reference was refunded over another amount", with: []string{"a reference that was refunded is not seen when it is asked for"}, decide: seeing(func(r *refunds.Request, _ *refunds.Attempt, answer *refunds.Answer) {
		if answer.Payment == nil {
			return
		}
		for i := range answer.Payment.Cancels {
			if pay.Marker(answer.Payment.Cancels[i].Reason) == r.ID {
				answer.Payment.Cancels[i].Amount = r.Amount
			}
		}
	})},
	{name: "a reference that was refunded is not seen when it is asked for", harmless: "the look before the send finds it, and compares the amounts", needs: befalls("other amount after a restore"),
		ask: func(p *pay.Payment, _ *refunds.Known) {
			for i := range p.Cancels {
				p.Cancels[i].Reason = ""
			}
		}},
	{name: "a smaller cancel under our reference is taken as ours", needs: befalls("other amount after a restore"), harmless: "who asks again is told that the reference was refunded over another amount", with: []string{"a reference that was refunded is not seen when it is asked for"}, decide: seeing(func(r *refunds.Request, _ *refunds.Attempt, answer *refunds.Answer) {
		if answer.Payment == nil {
			return
		}
		for i := range answer.Payment.Cancels {
			if c := &answer.Payment.Cancels[i]; pay.Marker(c.Reason) == r.ID && c.Amount < r.Amount {
				c.Amount = r.Amount
			}
		}
	})},
	{name: "a new key forgets that the old one went unanswered",
		harmless: "a new key is made only when nothing sent before can be on its way (TestANewKeyRemembersThatTheOldOneWentUnanswered sees it)",
		with:     []string{"a new key is made at once"}, decide: seeing(func(_ *refunds.Request, a *refunds.Attempt, _ *refunds.Answer) {
			if a != nil && a.N > 1 && a.Sends == 1 && a.Answered() {
				a.Unanswered = false
			}
		})},
	{name: "nobody looks at lease and brake at the moment of sending", queue: func(_ *sim, q refunds.Queue) refunds.Queue {
		return brokenQueue{Queue: q, ready: func(context.Context, string, int64) error { return nil }}
	}},
	{name: "another merchant's payment is refunded", needs: func(o options) bool {
		return slices.ContainsFunc(o.Payments, func(p simPayment) bool { return p.Believed })
	}, decide: seeing(func(r *refunds.Request, _ *refunds.Attempt, answer *refunds.Answer) {
		if answer.Payment != nil {
			answer.Payment.MID = r.MID
		}
	})},
	{name: "an unknown reference stops nobody", needs: befalls("another installation refunds"), decide: seeing(func(r *refunds.Request, _ *refunds.Attempt, answer *refunds.Answer) {
		if answer.Payment == nil {
			return
		}
		answer.Known.Taken = slices.Clone(answer.Known.Taken)
		for _, c := range answer.Payment.Cancels {
			answer.Known.Taken = append(answer.Known.Taken, refunds.Taken{ID: pay.Marker(c.Reason), State: refunds.StateRejected})
		}
	})},
	{name: "each MID has guards of its own", needs: func(o options) bool { return o.TwoMIDs }, sql: []string{"DROP INDEX IF EXISTS refunds_in_flight",
		"CREATE UNIQUE INDEX IF NOT EXISTS refunds_in_flight ON refunds (mid, payment_key) WHERE state IN ('sending','unknown') OR (state = 'accepted' AND in_progress = 1)"},
		queue: crowdedOverMIDs},
	{name: "the row is not compared with the journal", needs: befalls("edit"), harmless: "the approval: it is a hash over what was approved, and the row is not that any more",
		with: []string{"the approval is not compared"}, decide: seeing(func(_ *refunds.Request, _ *refunds.Attempt, answer *refunds.Answer) {
			answer.Known.Altered = nil
		})},
	{name: "the approval is not compared", harmless: "the journal: the row is not what it says of it, and is held", decide: seeing(func(r *refunds.Request, _ *refunds.Attempt, _ *refunds.Answer) {
		r.Approval = refunds.ApprovalHash(*r)
	})},
	{name: "the brake is not read", needs: func(o options) bool { return o.Brakes > 0 }, queue: unbraked},
	{name: "limits are not taken", needs: func(o options) bool { return o.DayCount < 1000 }, queue: func(_ *sim, q refunds.Queue) refunds.Queue {
		return brokenQueue{Queue: q, begin: func(ctx context.Context, b refunds.Begun) error {
			b.Budget.DayCount = 1e6
			return q.Begin(ctx, b)
		}}
	}},
	{name: "nothing keeps cancels of a payment apart", queue: func(s *sim, q refunds.Queue) refunds.Queue {
		const forget = "UPDATE refunds SET sent_at = NULL"
		return brokenQueue{Queue: before(forget)(s, q), begin: func(ctx context.Context, b refunds.Begun) error {
			s.must(s.db.ExecForTest(ctx, forget))
			return q.Begin(ctx, b)
		}}
	}},
	{name: "an unknown one is planned again", sql: []string{"DROP TRIGGER IF EXISTS attempts_follow"},
		decide: seeing(func(r *refunds.Request, _ *refunds.Attempt, answer *refunds.Answer) {
			if r.State == refunds.StateUnknown && answer.Payment != nil {
				r.State = refunds.StateApproved
			}
		})},
	{name: "a held one is never looked at again", queue: before("UPDATE refunds SET next_at = '2999-01-01T00:00:00.000000Z' WHERE state = 'held'")},
	{name: "a refusal needs no quiet", decide: seeing(func(_ *refunds.Request, a *refunds.Attempt, _ *refunds.Answer) {
		if a != nil {
			a.Unanswered = false
		}
	})},
	{name: "nobody comes to a merchant that is gone", needs: befalls("merchant gone"), whose: func(s *sim, whose func(string) bool) func(string) bool {
		return func(mid string) bool { return whose(mid) && !s.unconfigured }
	}},
	{name: "nothing expires at night", needs: func(o options) bool { return o.Nights }, whose: func(*sim, func(string) bool) func(string) bool { return nil }},
	{name: "a limit that was lowered is not seen", needs: befalls("limits lowered"), waits: func(s refunds.Standing, f refunds.Facts, now time.Time) []refunds.Waiter {
		for currency, l := range f.Budget.Of {
			l.Single = wideLimit
			f.Budget.Of[currency] = l
		}
		return refunds.Waits(s, f, now)
	}},
	{name: "a merchant that is gone is not seen", needs: befalls("merchant gone"), waits: func(s refunds.Standing, f refunds.Facts, now time.Time) []refunds.Waiter {
		f.Configured = []string{mid}
		return refunds.Waits(s, f, now)
	}},
	{name: "what is accepted is forgotten", waits: func(s refunds.Standing, f refunds.Facts, now time.Time) []refunds.Waiter {
		s.Open = slices.DeleteFunc(slices.Clone(s.Open), func(o refunds.Open) bool { return o.State == refunds.StateAccepted })
		return refunds.Waits(s, f, now)
	}},
	{name: "no deadline", harmless: "the provider refuses by EXCEED_MAX_REFUND_DUE, and a look proves it",
		with: []string{"a refusal for its deadline is a success"}, decide: seeing(func(r *refunds.Request, _ *refunds.Attempt, _ *refunds.Answer) { r.CancelBy = time.Time{} })},
	{name: "the taxable rest is forgotten when it is asked for", needs: mixed, harmless: "the look-up before the send sees what is left of each part",
		with: []string{"the parts are forgotten before a send"}, ask: func(p *pay.Payment, _ *refunds.Known) { p.TaxFreeAmount = 0 }},
	{name: "the parts are not known when it is approved", needs: mixed, harmless: "what is asked for fits, and the look-up before the send sees what others took",
		with: []string{"the parts are forgotten before a send"}, word: func(s *sim) { s.must(s.db.ExecForTest(s.ctx, "UPDATE payments SET tax_free_left = NULL")) }},
	{name: "the parts are forgotten before a send", needs: mixed, harmless: "what is asked for fits, and what others take voids the approval: the next word sees it",
		decide: seeing(func(r *refunds.Request, _ *refunds.Attempt, answer *refunds.Answer) {
			if answer.Payment != nil && (r.State == refunds.StateApproved || r.State == refunds.StateRetry) {
				answer.Payment.TaxFreeAmount = min(r.TaxFreeAmount, answer.Payment.BalanceAmount)
			}
		})},
	{name: "a night says the least tax-free part", needs: func(o options) bool { return o.Compares > 0 && mixed(o) }, propose: func(b reconcile.Break, asked refunds.Asked, policy refunds.Policy, now time.Time, r *refunds.Request) *refunds.Request {
		if b.Remark != reconcile.TaxPartNeeded {
			return r
		}
		taxable := *b.Payment
		taxable.TaxFreeAmount, b.Payment, b.Remark = 0, &taxable, ""
		r, _ = refunds.Propose(b, asked, policy, now)
		return r
	}},
	{name: "a transfer by hand does not see what Toss has cancelled", needs: func(o options) bool { return o.Transfers }, hand: func(p *pay.Payment) {
		p.BalanceAmount, p.Cancels, p.Status = p.TotalAmount, nil, pay.Done
	}},
	{name: "what others take does not void an approval", harmless: "a person does not hear of it, and no money is lost: the same look sees what is left, and the guard what moves after it",
		decide: seeing(func(r *refunds.Request, _ *refunds.Attempt, answer *refunds.Answer) {
			if answer.Payment != nil && (r.State == refunds.StateApproved || r.State == refunds.StateRetry) {
				r.PlannedForeign = answer.Payment.TotalAmount
			}
		})},
	{name: "a transfer by hand is forgotten before a send", needs: func(o options) bool { return o.OneShort }, harmless: "it counts when another request is asked for and approved, and what others take voids the approval",
		with: []string{"what others take does not void an approval"}, decide: seeing(func(_ *refunds.Request, _ *refunds.Attempt, answer *refunds.Answer) { answer.Known.Given = nil })},
	{name: "a changed account is not seen before a new attempt", needs: func(o options) bool { return o.NewAccounts > 0 }, decide: seeing(func(r *refunds.Request, _ *refunds.Attempt, answer *refunds.Answer) {
		if r.State == refunds.StateUnknown {
			answer.Known.AccountFingerprint = r.AccountFingerprint
		}
	})},
	{name: "a new key is made at once", needs: func(o options) bool { return often(late, lateForgotten)(o) && len(o.Often) > 1 }, decide: instead(func(_ refunds.Request, a *refunds.Attempt, answer refunds.Answer, step refunds.Step) refunds.Step {
		if a != nil && a.Answered() && a.Kind == pay.FailureTransient && answer.Payment != nil && step.To == refunds.StateUnknown && step.Do == refunds.Rest {
			return anew(a, step)
		}
		return step
	})},
	{name: "a refusal for its deadline is a success", needs: often("+EXCEED_MAX_REFUND_DUE"), decide: instead(func(_ refunds.Request, _ *refunds.Attempt, answer refunds.Answer, step refunds.Step) refunds.Step {
		if answerOf(answer) == pay.FailureDeadline {
			return refunds.Step{To: refunds.StateSucceeded}
		}
		return step
	})},
	{name: "the end of a run cuts off what is in flight", needs: func(o options) bool { return o.Ends > 0 }, provider: func(s *sim, p refunds.Provider) refunds.Provider {
		return brokenProvider{p, func(_ context.Context, i pay.CancelIntent, body []byte, ready func(context.Context) error) (pay.Payment, pay.Evidence, error) {
			return p.Cancel(s.current.ctx, i, body, ready)
		}}
	}, queue: func(s *sim, q refunds.Queue) refunds.Queue {
		return brokenQueue{Queue: q, settle: func(_ context.Context, t refunds.Settled) error { return q.Settle(s.current.ctx, t) }}
	}},
	{name: "what never left goes on to count against the limits", needs: func(o options) bool { return o.DayCount < 1000 },
		sql: []string{"CREATE TRIGGER IF NOT EXISTS miser BEFORE UPDATE ON limit_ledger WHEN NEW.number < OLD.number BEGIN SELECT RAISE(IGNORE); END"}},
	{name: "what never left is given back to the limits of another day", needs: func(o options) bool { return o.SlowDial && len(o.Payments) > 1 }, queue: givenBackTo(func(t refunds.Settled) time.Time { return t.Now })},
	{name: "what never left is given back twice", needs: func(o options) bool { return o.DayCount < 1000 }, queue: givenBackTo(nil)},
	{name: "a second word takes nothing of the limits", needs: func(o options) bool { return o.DayCount < 1000 }, queue: freeAgain},
	{name: "the day's amount is not taken", needs: func(o options) bool { return o.DayAmount > 0 }, queue: func(_ *sim, q refunds.Queue) refunds.Queue {
		return brokenQueue{Queue: q, begin: func(ctx context.Context, b refunds.Begun) error {
			limits := b.Budget.Of[b.Request.Currency]
			limits.Day = wideLimit
			b.Budget.Of = map[pay.Currency]refunds.Limits{b.Request.Currency: limits}
			return q.Begin(ctx, b)
		}}
	}},
	{name: "a currency that is used up is claimed all the same", needs: func(o options) bool { return o.DayAmount > 0 }, queue: func(_ *sim, q refunds.Queue) refunds.Queue {
		return brokenQueue{Queue: q, claim: func(ctx context.Context, c refunds.Choice) (*refunds.Claimed, error) {
			c.Blocked = nil
			return q.Claim(ctx, c)
		}}
	}},
	{name: "one won more goes back by hand than is left", needs: func(o options) bool { return o.OneShort }, hand: func(p *pay.Payment) {
		p.TotalAmount, p.BalanceAmount = p.TotalAmount+1, p.BalanceAmount+1
	}},
}
