package jobs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"daesa/pay"
	"daesa/refunds"
)

// JobRefunds is the job's name in journals and leases.
const JobRefunds = "refunds"

// Refunds is one run over the queue of all merchants: what is unknown is
// settled, what is approved and due is sent, what was taken on is followed. It
// may be killed at any moment, and several may run at once.
type Refunds struct {
	Merchants        []RefundMerchant
	Configured       []string // every MID of the configuration, also those that this run leaves out
	Actor, RunID     string   // of what the run itself writes
	Queue            RefundQueue
	Send             bool // refunds.send, and no dry run
	AfterRestore     bool // look every open request up first, and send nothing
	StopAfterUnknown int
	FailureReached   func(part, total int64) bool // refunds.stop_at_failure_ratio
	OwnerIsDead      func(owner string) bool
	Clock            func() time.Time
	Sleep            func(ctx context.Context, d time.Duration) error
	Record           func(refunds.Done) // takes note of every turn; may be nil
	Patience         time.Duration      // for what is due soon
}

// RefundMerchant is one merchant's side of a run.
type RefundMerchant struct {
	Worker  *refunds.Worker
	Workers int // at once
	Probe   func(ctx context.Context) (providerTime time.Time, keyAccepted bool, err error)
}

// RefundQueue is what a run needs of the store beside the worker's queue.
type RefundQueue interface {
	LeaseOwners(ctx context.Context, now time.Time) ([]string, error)
	ReleaseOwner(ctx context.Context, owner string, now time.Time) error
	NextDue(ctx context.Context, c refunds.Choice) (time.Time, error)
	Brake(ctx context.Context) (on bool, note string, err error)
	// ExpireRefunds lets unsent requests expire without a look at the provider,
	// and gives those that did.
	ExpireRefunds(ctx context.Context, e refunds.Expiry) ([]refunds.Request, error)
}

// Stop is why a refund run sends no more: a reason of refunds, a limit, or one of
// those below.
type Stop struct {
	Why      string
	Note     string       // of the brake, or what was broken
	Currency pay.Currency // of which nothing more is sent; "": of none
}

// Why a run sends no more, beside the reasons of refunds.
const (
	StopAfterRestore   = "after_restore"         // after a restore nothing is sent
	StopBroken         = "broken"                // something does not hold that always must
	StopAfterUnknown   = "stop_after_unknown"    // too many outcomes are unknown
	StopAtFailureRatio = "stop_at_failure_ratio" // too many of the newest failed
)

// String is the reason in one line; "" for none.
func (s Stop) String() string {
	text := s.Why
	if s.Currency != "" {
		text += " " + string(s.Currency)
	}
	if s.Note != "" {
		text += ": " + s.Note
	}
	return text
}

// RefundSummary is what a run did. Requests are counted by the state in which
// the run left them.
type RefundSummary struct {
	Sent     int
	States   map[refunds.State]int
	Amount   map[pay.Currency]int64 // sent, and taken on or still unknown
	Stopped  Stop                   // why it sent no more; zero when the queue was empty
	Gaps     []string               // merchants that could not be asked
	Altered  []AlteredRefund        // held, since their rows were changed outside of daesa
	Unsigned []UnsignedRefund       // not sent, since nobody signed them as they stand
	Unasked  map[string]string      // the same merchants, and the reason: a refunds.Why
	Expired  []refunds.Request      // of merchants that left the configuration
}

// AlteredRefund is a request whose row is not what the journal says of it.
type AlteredRefund struct {
	ID   string
	What []string // columns, attempts or entries
}

// UnsignedRefund is a request that was approved, and not sent: it is not what
// somebody signed.
type UnsignedRefund struct {
	ID, Said string
	What     []string // of its row that is not what the journal says
}

const (
	// Patience is for how long a run usually waits for what is due soon: a call
	// that still runs at Toss is asked for again after 2, 5, 10 and 30 seconds.
	Patience = 35 * time.Second
	// skewMost is the difference of clocks from which on nothing is sent.
	skewMost = 5 * time.Minute
	// ratioOf and ratioFrom: the failure ratio is that of the last twenty sends,
	// once there are ten.
	ratioOf, ratioFrom = 20, 10
)

// Run works through the queue once. An error is a fault of the store or of
// ours; what was recorded before it stays.
func (r *Refunds) Run(ctx context.Context) (RefundSummary, error) {
	if err := r.takeOver(ctx); err != nil {
		return RefundSummary{}, err
	}
	run := &refundRun{Refunds: r, sending: r.Send && !r.AfterRestore, started: r.Clock(), ended: map[string]outcome{},
		lost: map[string]bool{}, unasked: map[string]string{}, unread: map[string]int{}, unseen: map[string][]string{}, unknown: map[string]bool{}}
	on, note, err := r.Queue.Brake(ctx)
	switch {
	case err != nil:
		return RefundSummary{}, err
	case r.AfterRestore:
		run.stop(StopAfterRestore, "")
	case !r.Send:
		run.stop(refunds.WhySendFalse, "")
	case on:
		run.stop(refunds.WhyPaused, note)
	}
	group, groupCtx := workersOf(ctx)
	for _, merchant := range r.Merchants {
		if !run.reachable(ctx, merchant) {
			continue
		}
		for range max(merchant.Workers, 1) {
			group.Go(func() error { return run.work(groupCtx, merchant.Worker) })
		}
	}
	if err = group.Wait(); err == nil {
		err = run.expire(ctx)
	}
	return run.summary(), err
}

// expire comes to requests of merchants that left the configuration: no worker
// does. After a restore nobody can say whether they were sent.
func (r *refundRun) expire(ctx context.Context) (err error) {
	if r.AfterRestore {
		return nil
	}
	left := func(mid string) bool { return !slices.Contains(r.Configured, mid) }
	r.expired, err = r.Queue.ExpireRefunds(ctx, refunds.Expiry{Whose: left, RunID: r.RunID, Actor: r.Actor, Now: r.Clock()})
	return err
}

// takeOver frees what processes of this machine held that are gone; what other
// machines hold comes back when its lease is over.
func (r *Refunds) takeOver(ctx context.Context) error {
	owners, err := r.Queue.LeaseOwners(ctx, r.Clock())
	for _, owner := range owners {
		if r.OwnerIsDead(owner) {
			err = errors.Join(err, r.Queue.ReleaseOwner(ctx, owner, r.Clock()))
		}
	}
	return err
}

// outcome is what a run knows of one request.
type outcome struct {
	done  refunds.Done
	sent  bool
	moved bool
}

// refundRun is a run while it goes on.
type refundRun struct {
	*Refunds
	started time.Time

	mu       sync.Mutex
	sending  bool
	stopped  Stop
	blocked  []pay.Currency
	lost     map[string]bool   // merchants whose key is not accepted, or that do not answer
	unasked  map[string]string // and why they could not be asked
	expired  []refunds.Request
	unread   map[string]int      // look-ups of a merchant that failed one after the other
	unseen   map[string][]string // payments of a merchant that could not be looked up
	unknown  map[string]bool     // requests whose send had no clear outcome
	recent   []bool              // failed or not, the newest sends
	altered  []AlteredRefund
	unsigned []UnsignedRefund
	ended    map[string]outcome
	gaps     []string
}

func (r *refundRun) stop(why, note string) {
	r.sending = false
	r.because(Stop{Why: why, Note: note})
}

// because notes why no more is sent: the first reason counts.
func (r *refundRun) because(s Stop) {
	if r.stopped == (Stop{}) {
		r.stopped = s
	}
}

// reachable asks for the provider's time and whether it takes the key, before
// anything is claimed.
func (r *refundRun) reachable(ctx context.Context, m RefundMerchant) bool {
	mid := m.Worker.MID
	at, accepted, err := m.Probe(ctx)
	skew := r.Clock().Sub(at)
	switch {
	case err != nil:
		r.gap(mid, fmt.Sprintf("%s: %v", mid, err), refunds.WhyUnreachable)
	case !accepted:
		r.gap(mid, mid+": the provider does not accept the secret key", refunds.WhyKeyRefused)
	case !at.IsZero() && (skew > skewMost || skew < -skewMost):
		r.gap(mid, fmt.Sprintf("%s: this machine's clock and the provider's differ by %s", mid, skew.Round(time.Second)), refunds.WhyClock)
	default:
		return true
	}
	return false
}

// gap notes a merchant that was not asked, and the first reason for which
// something was not sent.
func (r *refundRun) gap(mid, what, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gaps = append(r.gaps, what)
	r.unasked[mid] = why
	r.because(Stop{Why: why})
}

// work is one worker: turn after turn, until nothing is due soon. When it is
// asked to end, it finishes what is in flight and claims no more.
func (r *refundRun) work(ctx context.Context, w *refunds.Worker) error {
	busy := r.Clock()
	for ctx.Err() == nil {
		choice := r.choice(w.MID)
		if choice == nil {
			return nil
		}
		done, err := w.Step(ctx, *choice)
		if done != nil {
			r.record(w.MID, *done)
		}
		if err != nil {
			return err
		}
		if done != nil {
			busy = r.Clock()
			continue
		}
		wait, err := r.idle(ctx, *choice)
		if err != nil || wait < 0 || r.Clock().Sub(busy) > r.Patience {
			return err
		}
		if err := r.Sleep(ctx, wait); err != nil {
			break
		}
	}
	return ctx.Err()
}

// choice is what may be claimed now; nil where the merchant cannot be asked.
func (r *refundRun) choice(mid string) *refunds.Choice {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lost[mid] {
		return nil
	}
	c := &refunds.Choice{MID: mid, Send: r.sending, Blocked: r.blocked}
	if r.AfterRestore {
		c.Every = r.started
	}
	return c
}

// idle is how long a worker waits for what is due next; negative: the run has
// no patience for it.
func (r *refundRun) idle(ctx context.Context, c refunds.Choice) (time.Duration, error) {
	c.Now = r.Clock()
	next, err := r.Queue.NextDue(ctx, c)
	wait := next.Sub(c.Now)
	if err != nil || next.IsZero() || wait > r.Patience {
		return -1, err
	}
	return max(wait, 200*time.Millisecond), nil
}

// heard counts a turn, and decides whether the run goes on sending.
func (r *refundRun) record(mid string, done refunds.Done) {
	if r.Record != nil {
		r.Record(done)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	one := r.ended[done.Request.ID]
	one.sent = one.sent || done.Sends > 0
	one.moved = one.moved || done.Is != done.Request.State
	one.done = done
	r.ended[done.Request.ID] = one
	unsigned := done.Unsigned.Why != "" && done.Is != done.Request.State
	if len(done.Altered) > 0 && (!unsigned || done.Is == refunds.StateHeld) {
		r.altered = append(r.altered, AlteredRefund{done.Request.ID, done.Altered})
	}
	if unsigned {
		r.unsigned = append(r.unsigned, UnsignedRefund{done.Request.ID, done.Unsigned.Said, done.Altered})
	}
	if r.unread[mid]++; !done.Unread {
		r.unread[mid] = 0
	}
	switch {
	case done.Broken != "":
		r.stop(StopBroken, done.Broken)
	case done.Key:
		r.lost[mid] = true
		r.unasked[mid] = refunds.WhyKeyRefused
		r.gaps = append(r.gaps, mid+": the provider does not accept the secret key")
		r.stop(refunds.WhyKeyRefused, "")
	case done.Braked:
		r.stop(refunds.WhyPaused, "")
	case done.Limit != nil:
		r.limit(*done.Limit)
	case done.Unread:
		if !slices.Contains(r.unseen[mid], done.Request.PaymentKey) {
			r.unseen[mid] = append(r.unseen[mid], done.Request.PaymentKey)
		}
		if r.unread[mid] >= lookUpFailures {
			r.lost[mid], r.unasked[mid] = true, refunds.WhyUnreachable // it is not well: the next run asks again
			r.because(Stop{Why: refunds.WhyUnreachable})
		}
	}
	if done.Sends > 0 {
		r.judge(done)
	}
}

// limit stops what the limit is about: a count all, an amount its currency. A
// single request that is too large stops itself only.
func (r *refundRun) limit(l refunds.LimitError) {
	switch l.Limit {
	case "max_single":
	case "max_count", "max_count_per_day":
		r.stop(l.Limit, "")
	default:
		r.blocked = append(r.blocked, l.Currency)
		r.because(Stop{Why: l.Limit, Currency: l.Currency})
	}
}

// judge ends the sending after too many unknown outcomes, or too many that
// failed among the newest.
func (r *refundRun) judge(done refunds.Done) {
	if done.Is == refunds.StateUnknown || done.Is == refunds.StateHeld {
		r.unknown[done.Request.ID] = true
	}
	failed := done.Is != refunds.StateSucceeded && done.Is != refunds.StateAccepted
	if r.recent = append(r.recent, failed); len(r.recent) > ratioOf {
		r.recent = r.recent[1:]
	}
	var failures int64
	for _, one := range r.recent {
		if one {
			failures++
		}
	}
	switch {
	case r.StopAfterUnknown > 0 && len(r.unknown) >= r.StopAfterUnknown:
		r.stop(StopAfterUnknown, "")
	case len(r.recent) >= ratioFrom && r.FailureReached(failures, int64(len(r.recent))):
		r.stop(StopAtFailureRatio, "")
	}
}

func (r *refundRun) summary() RefundSummary {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, mid := range slices.Sorted(maps.Keys(r.unseen)) { // one line, however many
		payments := r.unseen[mid]
		what := "payment " + payments[0]
		if len(payments) > 1 {
			what = fmt.Sprintf("%d payments (first %s)", len(payments), payments[0])
		}
		r.gaps = append(r.gaps, mid+": "+what+" could not be looked up")
	}
	s := RefundSummary{States: map[refunds.State]int{refunds.StateExpired: len(r.expired)}, Amount: map[pay.Currency]int64{}, Stopped: r.stopped,
		Gaps: r.gaps, Unasked: r.unasked, Expired: r.expired, Altered: r.altered, Unsigned: r.unsigned}
	for _, one := range r.ended {
		if !one.sent && !one.moved {
			continue
		}
		s.States[one.done.Is]++
		if !one.sent {
			continue
		}
		s.Sent++
		switch one.done.Is {
		case refunds.StateSucceeded, refunds.StateAccepted, refunds.StateUnknown, refunds.StateHeld, refunds.StateSending:
			s.Amount[one.done.Request.Currency] += one.done.Request.Amount
		default: // nothing of it has moved
		}
	}
	return s
}
