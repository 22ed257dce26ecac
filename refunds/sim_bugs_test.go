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
	with     []string
	// needs says whether a world has what the bug needs to show; nil: any may. It
	// only shortens the search for a seed.
	needs func(options) bool
}

func (b bug) and(o bug) bug {
	both := bug{name: b.name + " + " + o.name, sql: append(append([]string{}, b.sql...), o.sql...), freeze: b.freeze}
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

// befalls says whether something happens in a world.
func befalls(what string) func(options) bool {
	return func(o options) bool { return slices.ContainsFunc(o.Acts, func(a act) bool { return a.What == what }) }
}

// often says whether one of some mishaps is frequent in a world.
func often(ways ...mishap) func(options) bool {
	return func(o options) bool {
		return slices.ContainsFunc(o.Often, func(m mishap) bool { return slices.Contains(ways, m) })
	}
}

// mixed says whether a payment of a world has a tax-free part.
func mixed(o options) bool {
	return slices.ContainsFunc(o.Payments, func(p simPayment) bool { return p.TaxFree > 0 })
}

// freeAgain lets a request be sent on a second word without counting it once more.
func freeAgain(s *sim, q refunds.Queue) refunds.Queue {
	return brokenQueue{Queue: q, begin: func(ctx context.Context, b refunds.Begun) error {
		free := b.Request.State == refunds.StateApproved && b.Attempt.N > 1
		if free {
			b.Budget.DayCount++
		}
		if err := q.Begin(ctx, b); err != nil || !free {
			return err
		}
		s.must(s.db.ExecForTest(ctx, fmt.Sprintf("UPDATE limit_ledger SET number = number - 1 WHERE scope = 'day:%s' AND currency = ''", pay.DayOf(b.Now))))
		return nil
	}}
}

// givenBackTo gives the place of what never left back to the limits of another
// day, or where no day is said, to its own once more.
func givenBackTo(day func(refunds.Settled) time.Time) func(*sim, refunds.Queue) refunds.Queue {
	return func(s *sim, q refunds.Queue) refunds.Queue {
		return brokenQueue{Queue: q, settle: func(ctx context.Context, t refunds.Settled) error {
			from := t.Request.State
			if err := q.Settle(ctx, t); err != nil || t.Step.To != refunds.StateRetry || from != refunds.StateSending {
				return err
			}
			move := func(by string, day time.Time) {
				s.must(s.db.ExecForTest(ctx, fmt.Sprintf("UPDATE limit_ledger SET number = number %s WHERE scope = 'day:%s' AND currency = ''", by, pay.DayOf(day))))
			}
			to := t.Attempt.LastSent
			if day != nil {
				move("+ 1", to)
				to = day(t)
			}
			move("- 1", to)
			return nil
		}}
	}
}
