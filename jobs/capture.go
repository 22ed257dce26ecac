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
	// OrdersToWatch gives the shop's own virtual-account orders that were made
	// since a time and are not watched yet.
	OrdersToWatch(ctx context.Context, mid string, since time.Time) ([]refunds.Watch, error)
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

const (
	// ordersSince and listSince are how far back a pass learns: the window, and
	// some time for a shop that writes its order down late.
	ordersSince = refunds.AccountShown + 5*time.Minute
	listSince   = refunds.AccountShown + time.Minute
	// lookLease keeps other processes away from a watch that is looked at.
	lookLease = 2 * time.Minute
	// learnEvery is for how long is looked before is learnt again.
	learnEvery = 15 * time.Second
	// learnAgain is the same where the list did not come: what was issued while
	// nobody could be asked may close first.
	learnAgain = time.Second
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
	Away                          bool     // a provider answered nobody
	Gaps                          []string // what could not be asked
}

// Run is one pass: learn what may show an account, then look at everything that
// is due, the earliest expiry first. An error is a fault of the store or of
// ours.
func (c *Capture) Run(ctx context.Context) (CaptureSummary, error) {
	pass := &capturePass{Capture: c}
	if c.Orders != nil {
		now := c.Clock()
		gaps, err := c.Orders.Refresh(ctx, now.Add(-ordersSince), now)
		if err != nil {
			return pass.summary, err
		}
		for _, gap := range gaps {
			pass.gap(gap.What + ": " + gap.Why)
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
// before what is old.
func (p *capturePass) merchant(ctx context.Context, m CaptureMerchant) error {
	for more := true; more; {
		listed, err := p.learn(ctx, m)
		if err != nil {
			return err
		}
		next := learnEvery
		if !listed {
			next = learnAgain
		}
		if more, err = p.lookAll(ctx, m, p.Clock().Add(next)); err != nil {
			return err
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
			summary.Gaps = append(summary.Gaps, err.Error())
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

func (p *capturePass) gap(what string) {
	p.count(func(s *CaptureSummary) { s.Gaps = append(s.Gaps, what) })
}

// learn watches the shop's virtual-account orders and what the provider lists.
// That the list does not come is a gap: orders and webhooks are still known.
func (p *capturePass) learn(ctx context.Context, m CaptureMerchant) (listed bool, err error) {
	now := p.Clock()
	watches, err := p.Queue.OrdersToWatch(ctx, m.MID, now.Add(-ordersSince))
	if err != nil {
		return false, err
	}
	listed = true
	if !m.LookUpAll {
		rows, err := listedAt(ctx, m, now)
		var failure *pay.Failure
		switch {
		case errors.As(err, &failure) && ctx.Err() == nil:
			p.gap(m.MID + ": " + failure.Error())
			listed = false
		case err != nil:
			return false, err
		}
		watches = append(watches, p.fresh(rows, now)...)
	}
	for i := range watches {
		watches[i].FirstKnown, watches[i].NextAt = now, now
	}
	added, err := p.Queue.Watch(ctx, watches)
	if err != nil {
		return false, err
	}
	p.count(func(s *CaptureSummary) { s.New += added })
	p.remember(watches, now)
	return listed, nil
}

// fresh leaves out what this process has learnt from an earlier page: the list
// tells every payment again for half an hour.
func (c *Capture) fresh(watches []refunds.Watch, now time.Time) []refunds.Watch {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, at := range c.known {
		if now.Sub(at) > 2*listSince {
			delete(c.known, key)
		}
	}
	return slices.DeleteFunc(watches, func(w refunds.Watch) bool {
		_, known := c.known[[2]string{w.MID, w.PaymentKey}]
		return known
	})
}

func (c *Capture) remember(watches []refunds.Watch, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = map[[2]string]time.Time{}
	}
	for _, w := range watches {
		if w.PaymentKey != "" {
			c.known[[2]string{w.MID, w.PaymentKey}] = now
		}
	}
}

// listedAt gives the virtual accounts of the transaction list. A row's time is
// that of the issue or the deposit: the window was opened before.
func listedAt(ctx context.Context, m CaptureMerchant, now time.Time) (watches []refunds.Watch, err error) {
	for after := ""; ; {
		rows, next, _, err := m.Provider.Transactions(ctx, now.Add(-listSince), now.Add(time.Second), after)
		if err != nil {
			return watches, err
		}
		for _, row := range rows {
			if row.Method == pay.VirtualAccount && (row.Status == pay.WaitingForDeposit || row.Status == pay.Done) {
				watches = append(watches, refunds.Watch{MID: m.MID, OrderID: row.OrderID, PaymentKey: row.PaymentKey, Source: refunds.FromList,
					Opened: refunds.OpenedBy(row.PaymentKey, row.At)})
			}
		}
		if after = next; after == "" {
			return watches, nil
		}
	}
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
		p.gap(fmt.Sprintf("%s: the provider did not answer %d look-ups one after the other; the next pass asks again", m.MID, lookUpFailures))
		p.count(func(s *CaptureSummary) { s.Away = true })
		return false, err
	}
	return late.Load(), err
}

// streak is how a merchant's look-ups go: how many failed one after the other.
type streak struct {
	mu   sync.Mutex
	n    int
	last time.Duration // what the newest look took, with its wait for the pace
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

// heard counts a look-up, and says whether the provider answers nobody.
func (s *streak) heard(failed bool) (away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.n++; !failed {
		s.n = 0
	}
	return s.n >= awayFrom
}

func (s *streak) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n >= lookUpFailures
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
		away := failed.heard(failure.Kind != pay.FailureNotFound)
		after, _ := refunds.AfterLook(w, refunds.Sight{Failure: failure, Away: away}, p.Clock())
		return p.commit(ctx, after, nil, nil, nil, p.Clock())
	case err != nil:
		return err
	}
	failed.heard(false)
	payment.MID = m.MID
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
