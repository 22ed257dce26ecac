package refunds_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/store"
	"daesa/toss"
)

// decision is the shape of refunds.Next.
type decision = func(refunds.Request, *refunds.Attempt, refunds.Answer, time.Time) refunds.Step

// bug breaks the engine at its seams: what it decides, what it writes, what it
// reads, what the database refuses. Two bugs can be laid one over the other.
type bug struct {
	name     string
	decide   func(*sim, decision) decision
	queue    func(*sim, refunds.Queue) refunds.Queue
	provider func(*sim, refunds.Provider) refunds.Provider
	freeze   func(pay.CancelIntent) ([]byte, error)
	ask      func(*pay.Payment, *refunds.Known) // what an asking is planned from
	hand     func(*pay.Payment)                 // what a transfer by hand is approved from
	word     func(*sim)                         // before an approval
	propose  func(reconcile.Break, refunds.Asked, refunds.Policy, time.Time, *refunds.Request) *refunds.Request
	// waits and whose break what is said of open requests, and whose expire.
	waits func(refunds.Standing, refunds.Facts, time.Time) []refunds.Waiter
	whose func(*sim, func(mid string) bool) func(mid string) bool
	sql   []string
	// harmless says which other layer makes up for it; such a bug is caught only
	// together with the bugs of those layers.
	harmless string
	with     map[string]uint64 // and the seed that sees the two
	seed     uint64            // that has seen it
	also     uint64            // and the other of a pair
}

func (b bug) and(o bug) bug {
	both := bug{name: b.name + " + " + o.name, sql: append(append([]string{}, b.sql...), o.sql...), freeze: b.freeze, seed: b.seed, also: o.seed}
	if o.freeze != nil {
		both.freeze = o.freeze
	}
	both.ask, both.hand, both.word, both.propose = b.ask, b.hand, b.word, b.propose
	if o.ask != nil {
		both.ask = o.ask
	}
	if o.hand != nil {
		both.hand = o.hand
	}
	if o.word != nil {
		both.word = o.word
	}
	if o.propose != nil {
		both.propose = o.propose
	}
	if both.waits = b.waits; o.waits != nil {
		both.waits = o.waits
	}
	if both.whose = b.whose; o.whose != nil {
		both.whose = o.whose
	}
	both.decide = func(s *sim, next decision) decision {
		for _, each := range []bug{b, o} {
			if each.decide != nil {
				next = each.decide(s, next)
			}
		}
		return next
	}
	both.queue = func(s *sim, q refunds.Queue) refunds.Queue {
		for _, each := range []bug{b, o} {
			if each.queue != nil {
				q = each.queue(s, q)
			}
		}
		return q
	}
	both.provider = func(s *sim, p refunds.Provider) refunds.Provider {
		for _, each := range []bug{b, o} {
			if each.provider != nil {
				p = each.provider(s, p)
			}
		}
		return p
	}
	return both
}

// instead changes a decision after it was made.
func instead(change func(r refunds.Request, a *refunds.Attempt, answer refunds.Answer, step refunds.Step) refunds.Step) func(*sim, decision) decision {
	return func(_ *sim, next decision) decision {
		return func(r refunds.Request, a *refunds.Attempt, answer refunds.Answer, now time.Time) refunds.Step {
			return change(r, a, answer, next(r, a, answer, now))
		}
	}
}

// seeing changes what a decision is made on.
func seeing(change func(r *refunds.Request, a *refunds.Attempt, answer *refunds.Answer)) func(*sim, decision) decision {
	return func(_ *sim, next decision) decision {
		return func(r refunds.Request, a *refunds.Attempt, answer refunds.Answer, now time.Time) refunds.Step {
			if a != nil {
				own := *a
				a = &own
			}
			if answer.Payment != nil {
				own := *answer.Payment
				own.Cancels = append([]pay.Cancel{}, own.Cancels...)
				answer.Payment = &own
			}
			change(&r, a, &answer)
			return next(r, a, answer, now)
		}
	}
}

// answerOf is the kind of an answer to a cancel; "" for everything else.
func answerOf(answer refunds.Answer) pay.FailureKind {
	if !answer.Cancel || answer.Failure == nil {
		return ""
	}
	return answer.Failure.Kind
}

// anew is a resend that became a new key.
func anew(a *refunds.Attempt, step refunds.Step) refunds.Step {
	step.Do, step.Why, step.Guard = refunds.SendAnew, refunds.WhyNewAttempt, a.Guard
	return step
}

// brokenQueue is a queue whose methods a bug replaces.
type brokenQueue struct {
	refunds.Queue
	claim  func(context.Context, refunds.Choice) (*refunds.Claimed, error)
	begin  func(context.Context, refunds.Begun) error
	ready  func(context.Context, string, int64) error
	settle func(context.Context, refunds.Settled) error
}

func (q brokenQueue) Claim(ctx context.Context, c refunds.Choice) (*refunds.Claimed, error) {
	if q.claim != nil {
		return q.claim(ctx, c)
	}
	return q.Queue.Claim(ctx, c)
}

func (q brokenQueue) Begin(ctx context.Context, b refunds.Begun) error {
	if q.begin != nil {
		return q.begin(ctx, b)
	}
	return q.Queue.Begin(ctx, b)
}

func (q brokenQueue) Ready(ctx context.Context, id string, version int64) error {
	if q.ready != nil {
		return q.ready(ctx, id, version)
	}
	return q.Queue.Ready(ctx, id, version)
}

func (q brokenQueue) Settle(ctx context.Context, s refunds.Settled) error {
	if q.settle != nil {
		return q.settle(ctx, s)
	}
	return q.Queue.Settle(ctx, s)
}

// brokenProvider is a provider whose cancel a bug replaces.
type brokenProvider struct {
	refunds.Provider
	cancel func(context.Context, pay.CancelIntent, []byte, func(context.Context) error) (pay.Payment, pay.Evidence, error)
}

func (p brokenProvider) Cancel(ctx context.Context, i pay.CancelIntent, body []byte, ready func(context.Context) error) (pay.Payment, pay.Evidence, error) {
	return p.cancel(ctx, i, body, ready)
}

// before runs SQL of a bug before every claim.
func before(statement string) func(*sim, refunds.Queue) refunds.Queue {
	return func(s *sim, q refunds.Queue) refunds.Queue {
		return brokenQueue{Queue: q, claim: func(ctx context.Context, c refunds.Choice) (*refunds.Claimed, error) {
			s.must(s.db.ExecForTest(ctx, statement))
			return q.Claim(ctx, c)
		}}
	}
}

// unguarded freezes the bytes without the balance that they believe in.
func unguarded(intent pay.CancelIntent) ([]byte, error) {
	body, err := toss.CancelBody(intent)
	if err != nil {
		return nil, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, err
	}
	delete(fields, "refundableAmount")
	return json.Marshal(fields)
}

// version gives the request as it is fenced now: a fence that lets everybody pass.
func (s *sim) version(r refunds.Request) refunds.Request {
	now, _, err := s.db.Refund(s.ctx, r.ID)
	s.must(err)
	r.Version = now.Version
	return r
}

func unfenced(s *sim, q refunds.Queue) refunds.Queue {
	return brokenQueue{Queue: q,
		begin: func(ctx context.Context, b refunds.Begun) error {
			b.Request = s.version(b.Request)
			return q.Begin(ctx, b)
		},
		ready: func(ctx context.Context, id string, version int64) error {
			if err := q.Ready(ctx, id, version); !errors.Is(err, refunds.ErrLost) {
				return err
			}
			return nil
		},
		settle: func(ctx context.Context, t refunds.Settled) error {
			t.Request = s.version(t.Request)
			return q.Settle(ctx, t)
		}}
}

// crowded lets requests of one payment be sent at once: no index forbids it,
// and a claim does not look at the others.
func crowded(s *sim, q refunds.Queue) refunds.Queue {
	return brokenQueue{Queue: q, claim: func(ctx context.Context, c refunds.Choice) (*refunds.Claimed, error) {
		rows, err := s.db.Refunds(ctx, store.RefundFilter{State: string(refunds.StateApproved)})
		s.must(err)
		for _, r := range rows {
			if !c.Send || r.MID != c.MID || r.LeaseOwner != "" || r.NextAt.After(c.Now) {
				continue
			}
			s.must(s.db.ExecForTest(ctx, fmt.Sprintf("UPDATE refunds SET version = version + 1, lease_owner = '%s', lease_until = '%s' WHERE id = '%s'",
				c.Owner, c.Until.UTC().Format("2006-01-02T15:04:05.000000Z"), r.ID)))
			return s.db.ClaimedFor(ctx, r.ID)
		}
		return q.Claim(ctx, c)
	}}
}

// crowdedOverMIDs lets a request be claimed that nothing under its own MID keeps
// back, whatever is in flight under another.
func crowdedOverMIDs(s *sim, q refunds.Queue) refunds.Queue {
	return brokenQueue{Queue: q, claim: func(ctx context.Context, c refunds.Choice) (*refunds.Claimed, error) {
		rows, err := s.db.Refunds(ctx, store.RefundFilter{MID: c.MID})
		s.must(err)
		busy := map[string]bool{}
		for _, r := range rows {
			busy[r.PaymentKey] = busy[r.PaymentKey] || r.LeaseOwner != "" || r.State == refunds.StateSending || r.State == refunds.StateUnknown || r.State == refunds.StateRetry
		}
		for _, r := range rows {
			if !c.Send || r.State != refunds.StateApproved || busy[r.PaymentKey] || r.NextAt.After(c.Now) {
				continue
			}
			s.must(s.db.ExecForTest(ctx, fmt.Sprintf("UPDATE refunds SET version = version + 1, lease_owner = '%s', lease_until = '%s' WHERE id = '%s'",
				c.Owner, c.Until.UTC().Format("2006-01-02T15:04:05.000000Z"), r.ID)))
			return s.db.ClaimedFor(ctx, r.ID)
		}
		return q.Claim(ctx, c)
	}}
}

// unbraked takes the brake off for a moment.
func unbraked(s *sim, q refunds.Queue) refunds.Queue {
	without := func(ctx context.Context, do func() error) error {
		was, err := s.db.Resume(ctx, "bug", "", s.now)
		s.must(err)
		err = do()
		if was {
			_, again := s.db.Pause(ctx, "bug", "bug", s.now)
			s.must(again)
		}
		return err
	}
	return brokenQueue{Queue: q,
		begin: func(ctx context.Context, b refunds.Begun) error {
			return without(ctx, func() error { return q.Begin(ctx, b) })
		},
		ready: func(ctx context.Context, id string, version int64) error {
			return without(ctx, func() error { return q.Ready(ctx, id, version) })
		}}
}

var bugs = []bug{
	{name: "a random key for each send", seed: 46, provider: func(s *sim, p refunds.Provider) refunds.Provider {
		return brokenProvider{p, func(ctx context.Context, i pay.CancelIntent, body []byte, ready func(context.Context) error) (pay.Payment, pay.Evidence, error) {
			i.IdempotencyKey += fmt.Sprintf("-%d", s.count.sends)
			return p.Cancel(ctx, i, body, ready)
		}}
	}},
	{name: "a new key after a time-out", seed: 1, sql: []string{"DROP TRIGGER IF EXISTS attempts_follow"},
		decide: instead(func(_ refunds.Request, a *refunds.Attempt, _ refunds.Answer, step refunds.Step) refunds.Step {
			if step.Do == refunds.Send && a.Kind == pay.FailureNoAnswer {
				return anew(a, step)
			}
			return step
		})},
	{name: "a new key after a 409", seed: 234, sql: []string{"DROP TRIGGER IF EXISTS attempts_follow"},
		decide: instead(func(_ refunds.Request, a *refunds.Attempt, _ refunds.Answer, step refunds.Step) refunds.Step {
			if step.Do == refunds.Send && a.Kind == pay.FailureInFlight {
				return anew(a, step)
			}
			return step
		})},
	{name: "a time-out is a refusal", seed: 8, decide: instead(func(_ refunds.Request, _ *refunds.Attempt, answer refunds.Answer, step refunds.Step) refunds.Step {
		if answerOf(answer) == pay.FailureNoAnswer {
			return refunds.Step{To: refunds.StateRefused, Why: "bug"}
		}
		return step
	})},
	{name: "a 5xx is a refusal", seed: 11, decide: instead(func(_ refunds.Request, _ *refunds.Attempt, answer refunds.Answer, step refunds.Step) refunds.Step {
		if answerOf(answer) == pay.FailureTransient {
			return refunds.Step{To: refunds.StateRefused, Why: "bug"}
		}
		return step
	})},
	{name: "a time-out is proof that nothing was sent", seed: 7, decide: instead(func(_ refunds.Request, _ *refunds.Attempt, answer refunds.Answer, step refunds.Step) refunds.Step {
		if answerOf(answer) == pay.FailureNoAnswer {
			return refunds.Step{To: refunds.StateRetry, Why: refunds.WhyNotSent}
		}
		return step
	})},
	{name: "ALREADY_CANCELED is a success", seed: 4, decide: instead(func(_ refunds.Request, _ *refunds.Attempt, answer refunds.Answer, step refunds.Step) refunds.Step {
		if answerOf(answer) == pay.FailureDone {
			return refunds.Step{To: refunds.StateSucceeded}
		}
		return step
	})},
	{name: "a virtual account's cancel is money returned", seed: 4, decide: instead(func(_ refunds.Request, _ *refunds.Attempt, _ refunds.Answer, step refunds.Step) refunds.Step {
		if step.To == refunds.StateAccepted {
			step.To = refunds.StateSucceeded
		}
		return step
	})},
	{name: "a refusal is believed without a look", seed: 32, decide: instead(func(_ refunds.Request, _ *refunds.Attempt, answer refunds.Answer, step refunds.Step) refunds.Step {
		if answerOf(answer) == pay.FailureRefused {
			return refunds.Step{To: refunds.StateRefused, Why: "bug"}
		}
		return step
	})},
	{name: "no guard", seed: 455, freeze: unguarded},
	{name: "no look before a resend", seed: 32, decide: seeing(func(r *refunds.Request, a *refunds.Attempt, answer *refunds.Answer) {
		if answer.Payment != nil && !answer.Cancel && (r.State == refunds.StateUnknown || r.State == refunds.StateSending) {
			answer.Payment.Cancels, answer.Payment.BalanceAmount, answer.Payment.Status = nil, a.Guard, pay.Done
		}
	})},
	{name: "no look before a first send", seed: 600, decide: seeing(func(r *refunds.Request, _ *refunds.Attempt, answer *refunds.Answer) {
		if answer.Payment != nil && r.State == refunds.StateApproved {
			answer.Payment.Cancels, answer.Payment.BalanceAmount, answer.Payment.Status = nil, answer.Payment.TotalAmount, pay.Done
		}
	})},
	{name: "a break does not hear that its request has ended", seed: 1, sql: []string{"CREATE TRIGGER IF NOT EXISTS deaf BEFORE UPDATE ON breaks WHEN OLD.refunding = 1 BEGIN SELECT RAISE(IGNORE); END"}},
	{name: "a journal row is lost", seed: 1, sql: []string{"CREATE TRIGGER IF NOT EXISTS bug BEFORE INSERT ON journal WHEN NEW.seq % 7 = 0 BEGIN SELECT RAISE(IGNORE); END"}},
	{name: "the guard is fresh for a new key", seed: 67, decide: instead(func(r refunds.Request, a *refunds.Attempt, answer refunds.Answer, step refunds.Step) refunds.Step {
		if r.State == refunds.StateUnknown && step.Why == refunds.WhyBalanceMoved && a.Kind == pay.FailureTransient && answer.Payment.BalanceAmount >= r.Amount {
			step = anew(a, step)
			step.To, step.Guard = refunds.StateUnknown, answer.Payment.BalanceAmount
		}
		return step
	})},
	{name: "a dead key is sent again", seed: 51, decide: instead(func(_ refunds.Request, _ *refunds.Attempt, _ refunds.Answer, step refunds.Step) refunds.Step {
		if step.Why == refunds.WhyKeyTooOld {
			step.To, step.Do = refunds.StateUnknown, refunds.Send
		}
		return step
	})},
	{name: "two of a payment in flight", seed: 17, sql: []string{"DROP INDEX IF EXISTS refunds_in_flight"}, queue: crowded},
	{name: "no fence", seed: 22, queue: unfenced},
	{name: "no lease", harmless: "the fence: who was robbed of a request writes nothing, and its key and bytes are the attempt's",
		with: map[string]uint64{"no fence": 11}, queue: before("UPDATE refunds SET lease_until = NULL")},
	{name: "the amount under our reference is not compared", seed: 430, decide: seeing(func(r *refunds.Request, _ *refunds.Attempt, answer *refunds.Answer) {
		if answer.Payment == nil {
			return
		}
		for i := range answer.Payment.Cancels {
			if pay.Marker(answer.Payment.Cancels[i].Reason) == r.ID {
				answer.Payment.Cancels[i].Amount = r.Amount
			}
		}
	})},
	{name: "a smaller cancel under our reference is taken as ours", seed: 1352, decide: seeing(func(r *refunds.Request, _ *refunds.Attempt, answer *refunds.Answer) {
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
		harmless: "a new key waits for a quiet of its own before it is made (TestANewKeyRemembersThatTheOldOneWentUnanswered sees it)", decide: seeing(func(_ *refunds.Request, a *refunds.Attempt, _ *refunds.Answer) {
			if a != nil && a.N > 1 && a.Sends == 1 && a.Answered() {
				a.Unanswered = false
			}
		})},
	{name: "nobody looks at lease and brake at the moment of sending", seed: 4, queue: func(_ *sim, q refunds.Queue) refunds.Queue {
		return brokenQueue{Queue: q, ready: func(context.Context, string, int64) error { return nil }}
	}},
	{name: "another merchant's payment is refunded", seed: 95, decide: seeing(func(r *refunds.Request, _ *refunds.Attempt, answer *refunds.Answer) {
		if answer.Payment != nil {
			answer.Payment.MID = r.MID
		}
	})},
	{name: "an unknown reference stops nobody", seed: 6, decide: seeing(func(r *refunds.Request, _ *refunds.Attempt, answer *refunds.Answer) {
		if answer.Payment == nil {
			return
		}
		answer.Known.Taken = slices.Clone(answer.Known.Taken)
		for _, c := range answer.Payment.Cancels {
			answer.Known.Taken = append(answer.Known.Taken, refunds.Taken{ID: pay.Marker(c.Reason), State: refunds.StateRejected})
		}
	})},
	{name: "each MID has guards of its own", seed: 313, sql: []string{"DROP INDEX IF EXISTS refunds_in_flight",
		"CREATE UNIQUE INDEX IF NOT EXISTS refunds_in_flight ON refunds (mid, payment_key) WHERE state IN ('sending','unknown') OR (state = 'accepted' AND in_progress = 1)"},
		queue: crowdedOverMIDs},
	{name: "the row is not compared with the journal", harmless: "the approval: it is a hash over what was approved, and the row is not that any more",
		with: map[string]uint64{"the approval is not compared": 105}, decide: seeing(func(_ *refunds.Request, _ *refunds.Attempt, answer *refunds.Answer) {
			answer.Known.Altered = nil
		})},
	{name: "the approval is not compared", harmless: "the journal: the row is not what it says of it, and is held", decide: seeing(func(r *refunds.Request, _ *refunds.Attempt, _ *refunds.Answer) {
		r.Approval = refunds.ApprovalHash(*r)
	})},
	{name: "the brake is not read", seed: 64, queue: unbraked},
	{name: "limits are not taken", seed: 5, queue: func(_ *sim, q refunds.Queue) refunds.Queue {
		return brokenQueue{Queue: q, begin: func(ctx context.Context, b refunds.Begun) error {
			b.Budget.DayCount = 1e6
			return q.Begin(ctx, b)
		}}
	}},
	{name: "nothing keeps cancels of a payment apart", seed: 6, queue: func(s *sim, q refunds.Queue) refunds.Queue {
		const forget = "UPDATE refunds SET sent_at = NULL"
		return brokenQueue{Queue: before(forget)(s, q), begin: func(ctx context.Context, b refunds.Begun) error {
			s.must(s.db.ExecForTest(ctx, forget))
			return q.Begin(ctx, b)
		}}
	}},
	{name: "an unknown one is planned again", seed: 1, sql: []string{"DROP TRIGGER IF EXISTS attempts_follow"},
		decide: seeing(func(r *refunds.Request, _ *refunds.Attempt, answer *refunds.Answer) {
			if r.State == refunds.StateUnknown && answer.Payment != nil {
				r.State = refunds.StateApproved
			}
		})},
	{name: "a held one is never looked at again", seed: 4, queue: before("UPDATE refunds SET next_at = '2999-01-01T00:00:00.000000Z' WHERE state = 'held'")},
	{name: "a refusal needs no quiet", seed: 32, decide: seeing(func(_ *refunds.Request, a *refunds.Attempt, _ *refunds.Answer) {
		if a != nil {
			a.Unanswered = false
		}
	})},
	{name: "nobody comes to a merchant that is gone", seed: 491, whose: func(s *sim, whose func(string) bool) func(string) bool {
		return func(mid string) bool { return whose(mid) && !s.unconfigured }
	}},
	{name: "nothing expires at night", seed: 49, whose: func(*sim, func(string) bool) func(string) bool { return nil }},
	{name: "a limit that was lowered is not seen", seed: 150, waits: func(s refunds.Standing, f refunds.Facts, now time.Time) []refunds.Waiter {
		for currency, l := range f.Budget.Of {
			l.Single = wideLimit
			f.Budget.Of[currency] = l
		}
		return refunds.Waits(s, f, now)
	}},
	{name: "a merchant that is gone is not seen", seed: 5, waits: func(s refunds.Standing, f refunds.Facts, now time.Time) []refunds.Waiter {
		f.Configured = []string{mid}
		return refunds.Waits(s, f, now)
	}},
	{name: "what is accepted is forgotten", seed: 4, waits: func(s refunds.Standing, f refunds.Facts, now time.Time) []refunds.Waiter {
		s.Open = slices.DeleteFunc(slices.Clone(s.Open), func(o refunds.Open) bool { return o.State == refunds.StateAccepted })
		return refunds.Waits(s, f, now)
	}},
	{name: "no deadline", harmless: "the provider refuses by EXCEED_MAX_REFUND_DUE, and a look proves it", decide: seeing(func(r *refunds.Request, _ *refunds.Attempt, _ *refunds.Answer) { r.CancelBy = time.Time{} })},
	{name: "the taxable rest is forgotten when it is asked for", harmless: "the look-up before the send sees what is left of each part",
		with: map[string]uint64{"the parts are forgotten before a send": 0}, ask: func(p *pay.Payment, _ *refunds.Known) { p.TaxFreeAmount = 0 }},
	{name: "the parts are not known when it is approved", harmless: "what is asked for fits, and the look-up before the send sees what others took",
		with: map[string]uint64{"the parts are forgotten before a send": 0}, word: func(s *sim) { s.must(s.db.ExecForTest(s.ctx, "UPDATE payments SET tax_free_left = NULL")) }},
	{name: "the parts are forgotten before a send", harmless: "what is asked for fits, and what others take voids the approval: the next word sees it",
		decide: seeing(func(r *refunds.Request, _ *refunds.Attempt, answer *refunds.Answer) {
			if answer.Payment != nil && (r.State == refunds.StateApproved || r.State == refunds.StateRetry) {
				answer.Payment.TaxFreeAmount = min(r.TaxFreeAmount, answer.Payment.BalanceAmount)
			}
		})},
	{name: "a night says the least tax-free part", propose: func(b reconcile.Break, asked refunds.Asked, policy refunds.Policy, now time.Time, r *refunds.Request) *refunds.Request {
		if b.Remark != reconcile.TaxPartNeeded {
			return r
		}
		taxable := *b.Payment
		taxable.TaxFreeAmount, b.Payment, b.Remark = 0, &taxable, ""
		r, _ = refunds.Propose(b, asked, policy, now)
		return r
	}},
	{name: "a transfer by hand does not see what Toss has cancelled", hand: func(p *pay.Payment) {
		p.BalanceAmount, p.Cancels, p.Status = p.TotalAmount, nil, pay.Done
	}},
	{name: "a transfer by hand is forgotten before a send", harmless: "it counts when another request is asked for and approved, and what others take voids the approval",
		with: map[string]uint64{"the parts are not known when it is approved": 0}, decide: seeing(func(_ *refunds.Request, _ *refunds.Attempt, answer *refunds.Answer) { answer.Known.Given = nil })},
	{name: "a changed account is not seen before a new attempt", decide: seeing(func(r *refunds.Request, _ *refunds.Attempt, answer *refunds.Answer) {
		if r.State == refunds.StateUnknown {
			answer.Known.AccountFingerprint = r.AccountFingerprint
		}
	})},
}
