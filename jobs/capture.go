package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"daesa/pay"
	"daesa/refunds"
)

// Capture saves the refund accounts that Toss shows for thirty minutes after a
// payment window was opened. It may be killed at any moment; several may run at
// once, and keep out of each other's way.
type Capture struct {
	Merchants    []CaptureMerchant
	Queue        CaptureQueue
	Sealer       refunds.Sealer
	Actor        string
	ApproveAbove int64       // KRW; a refund that waited for its account and asks for at most this needs no word
	Orders       OrderSource // nil: none; refreshed before the shop's orders are read
	Clock        func() time.Time
	Sleep        func(ctx context.Context, d time.Duration) error

	mu      sync.Mutex
	streaks map[string]*streak      // of each merchant, over the passes
	known   map[[2]string]time.Time // merchant and payment: what the list has told before, and when
}

// CaptureMerchant is one merchant's side of a capture.
type CaptureMerchant struct {
	MID         string
	Provider    Provider
	LookUpAll   bool // mode: lookup; the transaction list is not asked
	Concurrency int
}

// CaptureQueue is what a capture needs of the store.
type CaptureQueue interface {
	// Watch adds what may show an account, and gives how many began to wait.
	Watch(ctx context.Context, watches []refunds.Watch) (added int, err error)
	CaptureLearning
	// NextWatch takes the watch that is to be looked at first, and keeps others
	// away from it until a time; nil where none is due. A look that begins now
	// arrives soon.
	NextWatch(ctx context.Context, mid string, now, soon, until time.Time) (w *refunds.Watch, given bool, err error)
	// WatchOf gives the watch of a payment; nil where it is not watched.
	WatchOf(ctx context.Context, mid, paymentKey string) (w *refunds.Watch, given bool, err error)
	// Looked commits what a look came to. An account that is stored already is
	// never replaced.
	Looked(ctx context.Context, w refunds.Watch, p *pay.Payment, page *pay.Evidence, account *refunds.StoredAccount, actor string, now time.Time) error
}

// CaptureLearning is how a capture learns what may show an account.
type CaptureLearning interface {
	// OrdersToWatch gives the shop's own virtual-account orders that were made
	// since a time and are not watched yet.
	OrdersToWatch(ctx context.Context, mid string, since time.Time) ([]refunds.Watch, error)
	// CaptureListed gives until when the list was read; zero where it never was.
	CaptureListed(ctx context.Context, mid string) (time.Time, error)
	SetCaptureListed(ctx context.Context, mid string, until time.Time) error
	// Overlooked notes windows that had closed before anybody knew of them, and
	// gives how many were not known yet.
	Overlooked(ctx context.Context, watches []refunds.Watch, actor string, now time.Time) (noted int, err error)
}

const (
	// ordersSince is how far back the shop is asked for what it changed: the
	// window, and some time for a shop that writes its order down late. listSince
	// is how far back the list is read in each pass.
	ordersSince = refunds.AccountShown + 5*time.Minute
	listSince   = refunds.AccountShown + time.Minute
	// learnSince is how far back a pass learns at all: what was issued while
	// nothing was capturing is missed, and must be known for it.
	learnSince = 24 * time.Hour
	// lookLease keeps other processes away from a watch that is looked at.
	lookLease = 2 * time.Minute
	// learnEvery is for how long is looked before is learnt again.
	learnEvery = 15 * time.Second
	// learnAgain is the same where the list did not come: what was issued while
	// nobody could be asked may close first.
	learnAgain = time.Second
	// proveEvery is how often the end of the list is proved while more is due than
	// can be looked at: each request for it is a look that is not made.
	proveEvery = time.Minute
	// lookTime is what a first look takes until it is answered, its wait for the
	// pace with it; the next ones take as long as the one before.
	lookTime = time.Second
	// awayPause is between two passes while a provider answers nobody: what waits
	// may have seconds left when it is back. The pace bounds what is asked.
	awayPause = 250 * time.Millisecond
)

// CaptureSummary is what a pass did.
type CaptureSummary struct {
	New, Looked, Captured, Missed int
	Away                          bool         // a provider answered nobody
	Gaps                          []CaptureGap // what could not be asked
}

// CaptureGap is something that a pass could not ask.
type CaptureGap struct {
	MID  string          // "": of no merchant alone
	Kind pay.FailureKind // "": no call of the provider failed
	Text string
}

// Cause is what two passes that met the same have in common: a text may name the
// call.
func (g CaptureGap) Cause() string {
	if g.Kind == "" {
		return g.Text
	}
	return g.MID + " " + string(g.Kind)
}

// Hint is what to do about it; "" where no call of the provider failed.
func (g CaptureGap) Hint() string {
	if g.Kind == "" {
		return ""
	}
	return (&pay.Failure{Kind: g.Kind}).Hint()
}

// KeysRefused are the merchants whose secret key the provider does not accept.
func (s CaptureSummary) KeysRefused() []string {
	var mids []string
	for _, g := range s.Gaps {
		if g.Kind == pay.FailureKey && !slices.Contains(mids, g.MID) {
			mids = append(mids, g.MID)
		}
	}
	return mids
}

// Run is one pass: learn what may show an account, then look at everything that
// is due, the earliest expiry first. An error is a fault of the store or of
// ours.
func (c *Capture) Run(ctx context.Context) (CaptureSummary, error) {
	pass := &capturePass{Capture: c}
	if c.Orders != nil {
		now := c.Clock()
		since, err := c.learntSince(ctx, now)
		if err != nil {
			return pass.summary, err
		}
		gaps, err := c.Orders.Refresh(ctx, since, now)
		if err != nil {
			return pass.summary, err
		}
		for _, gap := range gaps {
			pass.gap(CaptureGap{Text: gap.What + ": " + gap.Why})
		}
	}
	group, groupCtx := workersOf(ctx)
	for _, m := range c.Merchants {
		group.Go(func() error { return pass.merchant(groupCtx, m) })
	}
	err := group.Wait()
	return pass.summary, err
}

// merchant learns and looks until nothing is due. While there is more to look at
// than can be looked at, it learns again in between: what is new may close
// before what is old. The list's first page comes, then looks, then the request
// that proves its end, so that no look waits for the pace of the list.
func (p *capturePass) merchant(ctx context.Context, m CaptureMerchant) error {
	var proved time.Time
	for more := true; more; {
		now := p.Clock()
		list, err := p.learn(ctx, m, now)
		if err != nil {
			return err
		}
		next := learnEvery / 2
		if list == nil && !m.LookUpAll {
			next = learnAgain
		}
		begun := p.Clock() // learning may have taken a while
		if more, err = p.lookAll(ctx, m, begun.Add(next)); err != nil {
			return err
		}
		listed := m.LookUpAll
		if crowded := more && p.Clock().Sub(proved) < proveEvery; list != nil && !crowded {
			proved = p.Clock()
			var fresh bool
			if listed, fresh, err = p.learnRest(ctx, m, list); err != nil {
				return err
			}
			if more || fresh {
				if more, err = p.lookAll(ctx, m, begun.Add(2*next)); err != nil {
					return err
				}
			}
		}
		if !more && listed {
			if more, err = p.catchUp(ctx, m, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// Watch makes one pass after the other until ctx ends. That a pass fails does
// not end it: what it was about is asked again.
func (c *Capture) Watch(ctx context.Context, every time.Duration, told func(CaptureSummary)) error {
	for {
		summary, err := c.Run(ctx)
		if err != nil && ctx.Err() == nil {
			summary.Gaps = append(summary.Gaps, CaptureGap{Text: err.Error()})
		}
		told(summary)
		pause := every
		if summary.Away {
			pause = min(every, awayPause)
		}
		if err := c.Sleep(ctx, pause); err != nil {
			return nil // being stopped is how it ends
		}
	}
}

// capturePass is a pass while it goes on.
type capturePass struct {
	*Capture
	mu      sync.Mutex
	summary CaptureSummary
}

func (p *capturePass) count(change func(*CaptureSummary)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.summary)
}

func (p *capturePass) gap(g CaptureGap) {
	p.count(func(s *CaptureSummary) { s.Gaps = append(s.Gaps, g) })
}

// stranger says once in a pass whose payments are shown in place of a
// merchant's own.
func (p *capturePass) stranger(mid string, err error) {
	var other *pay.MerchantError
	if errors.As(err, &other) {
		p.strange(mid, other.Said)
	}
}

func (p *capturePass) strange(mid, said string) {
	gap := CaptureGap{MID: mid, Text: fmt.Sprintf("%s: payments of merchant %q are shown: is %q the MID of this secret key?", mid, said, mid)}
	p.count(func(s *CaptureSummary) {
		if !slices.Contains(s.Gaps, gap) {
			s.Gaps = append(s.Gaps, gap)
		}
	})
}

// lookAll looks at what is due, some at once, until a time; more says that
// something is left. A provider that answers nobody is left for this pass, and
// asked once by the next.
func (p *capturePass) lookAll(ctx context.Context, m CaptureMerchant, until time.Time) (more bool, err error) {
	var late atomic.Bool
	group, groupCtx := workersOf(ctx)
	failed := p.streak(m.MID)
	for range max(m.Concurrency, 1) {
		group.Go(func() error {
			for groupCtx.Err() == nil && !failed.over() {
				now := p.Clock()
				if now.After(until) {
					late.Store(true)
					return nil
				}
				w, given, err := p.Queue.NextWatch(groupCtx, m.MID, now, now.Add(failed.lookTime()), now.Add(lookLease))
				if w == nil || err != nil {
					return err
				}
				if err := p.look(groupCtx, m, *w, given, failed); err != nil {
					return err
				}
				failed.took(p.Clock().Sub(now))
			}
			return groupCtx.Err()
		})
	}
	err = group.Wait()
	if failed.over() {
		p.gap(CaptureGap{m.MID, failed.newest(), fmt.Sprintf("%s: the provider did not answer %d look-ups one after the other; the next pass asks again", m.MID, lookUpFailures)})
		p.count(func(s *CaptureSummary) { s.Away = true })
		return false, err
	}
	return late.Load(), err
}

// streak is how a merchant's look-ups go: how many failed one after the other.
type streak struct {
	mu   sync.Mutex
	n    int
	kind pay.FailureKind // of the newest that failed
	last time.Duration   // what the newest look took, with its wait for the pace
}

// lookTime is when a look that begins now will be answered, at a guess.
func (s *streak) lookTime() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == 0 {
		return lookTime
	}
	return min(s.last, 5*lookTime)
}

func (s *streak) took(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = d
}

// streak gives a merchant's, with one look left where it was over.
func (c *Capture) streak(mid string) *streak {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.streaks == nil {
		c.streaks = map[string]*streak{}
	}
	s := c.streaks[mid]
	if s == nil {
		s = &streak{}
		c.streaks[mid] = s
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n = min(s.n, lookUpFailures-1)
	return s
}

// awayFrom is after how many failures it is the provider, and not the payment.
const awayFrom = 2

// heard counts a look-up (failure nil: it was answered), and says whether the
// provider answers nobody.
func (s *streak) record(failure *pay.Failure) (away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if failure == nil || failure.Kind == pay.FailureNotFound {
		s.n = 0
		return false
	}
	s.n, s.kind = s.n+1, failure.Kind
	return s.n >= awayFrom
}

func (s *streak) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n >= lookUpFailures
}

// newest is the kind of the newest failure.
func (s *streak) newest() pay.FailureKind {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kind
}

// look looks at one watch, and commits what came of it.
func (p *capturePass) look(ctx context.Context, m CaptureMerchant, w refunds.Watch, given bool, failed *streak) error {
	now := p.Clock()
	if after, over := refunds.Overdue(w, now); over && !given {
		return p.commit(ctx, after, nil, nil, nil, now)
	}
	if given {
		after, _ := refunds.AfterLook(w, refunds.Sight{Given: true}, now)
		return p.commit(ctx, after, nil, nil, nil, now)
	}
	var payment pay.Payment
	var page pay.Evidence
	var err error
	if w.PaymentKey != "" {
		payment, page, err = m.Provider.Payment(ctx, w.PaymentKey)
	} else {
		payment, page, err = m.Provider.PaymentByOrder(ctx, w.OrderID)
	}
	p.count(func(s *CaptureSummary) { s.Looked++ })
	var failure *pay.Failure
	switch {
	case ctx.Err() != nil:
		return ctx.Err() // it comes back when its lease is over
	case errors.As(err, &failure):
		away := failed.record(failure)
		after, _ := refunds.AfterLook(w, refunds.Sight{Failure: failure, Away: away}, p.Clock())
		return p.commit(ctx, after, nil, nil, nil, p.Clock())
	case err != nil:
		return err
	}
	failed.record(nil)
	if payment, err = payment.Under(m.MID); err != nil {
		// Its account is not ours to keep, and the configuration may be wrong: it
		// is asked for again until the window closes.
		p.stranger(m.MID, err)
		after, _ := refunds.AfterLook(w, refunds.Sight{OtherMerchant: true}, p.Clock())
		return p.commit(ctx, after, nil, nil, nil, p.Clock())
	}
	return p.seen(ctx, w, payment, page, given)
}

// seen commits a payment that was looked up, with its account where it shows
// one.
func (p *capturePass) seen(ctx context.Context, w refunds.Watch, payment pay.Payment, page pay.Evidence, given bool) error {
	now := p.Clock()
	after, account := refunds.AfterLook(w, refunds.Sight{Payment: &payment, Given: given}, now)
	var stored *refunds.StoredAccount
	if account != nil {
		sealed, err := refunds.NewStoredAccount(p.Sealer, payment, *account, "captured", p.Actor, now)
		if err != nil {
			return err
		}
		sealed.ApproveAbove = p.ApproveAbove
		stored = &sealed
	}
	return p.commit(ctx, after, &payment, &page, stored, now)
}

func (p *capturePass) commit(ctx context.Context, w refunds.Watch, payment *pay.Payment, page *pay.Evidence, account *refunds.StoredAccount, now time.Time) error {
	p.count(func(s *CaptureSummary) {
		switch w.State {
		case refunds.CaptureCaptured:
			s.Captured++
		case refunds.CaptureMissed:
			s.Missed++
		default: // it waits, or there was nothing to capture
		}
	})
	// What was seen may be gone at the next look: it is kept, whoever stops.
	return p.Queue.Looked(context.WithoutCancel(ctx), w, payment, page, account, p.Actor, now)
}

// See takes a payment that somebody has just looked up, because of a webhook,
// and captures its account at once where it shows one.
func (c *Capture) See(ctx context.Context, p pay.Payment, page pay.Evidence, source string) error {
	if p.Method != pay.VirtualAccount {
		return nil
	}
	now := c.Clock()
	watch := refunds.Watch{MID: p.MID, OrderID: p.OrderID, PaymentKey: p.PaymentKey, Source: source, Opened: p.RequestedAt, Exact: true, FirstKnown: now, NextAt: now}
	if _, err := c.Queue.Watch(ctx, []refunds.Watch{watch}); err != nil {
		return err
	}
	w, given, err := c.Queue.WatchOf(ctx, p.MID, p.PaymentKey)
	if w == nil || err != nil {
		return err
	}
	if w.State != refunds.CaptureWaiting && w.State != refunds.CaptureMissed {
		return nil
	}
	return (&capturePass{Capture: c}).seen(ctx, *w, p, page, given)
}
