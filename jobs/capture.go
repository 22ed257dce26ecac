package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

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

	mu        sync.Mutex
	streaks   map[string]*streak      // of each merchant, over the passes
	known     map[[2]string]time.Time // merchant and payment: what the list has told before, and when
	refreshed time.Time               // when the shop's orders were read last
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
	// learnEvery is for how long is looked before is learnt again, and the least
	// time between two readings of the shop's orders.
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

// Run learns what may show an account and looks at everything that is due, the
// earliest expiry first, until nothing is. An error is a fault of the store or
// of ours.
func (c *Capture) Run(ctx context.Context) (CaptureSummary, error) {
	pass := &capturePass{Capture: c}
	for {
		if more, err := pass.round(ctx); err != nil || !more {
			return pass.summary, err
		}
	}
}

// Watch makes one pass after the other until ctx ends. That a pass fails does
// not end it: what it was about is asked again.
func (c *Capture) Watch(ctx context.Context, every time.Duration, told func(CaptureSummary)) error {
	for {
		pass := &capturePass{Capture: c}
		more, err := pass.round(ctx)
		summary := pass.summary
		if err != nil && ctx.Err() == nil {
			summary.Gaps = append(summary.Gaps, err.Error())
		}
		told(summary)
		pause := every
		switch {
		case err == nil && more:
			pause = 0
		case summary.Away:
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

// gap notes what could not be asked, once.
func (p *capturePass) gap(what string) {
	p.count(func(s *CaptureSummary) {
		if !slices.Contains(s.Gaps, what) {
			s.Gaps = append(s.Gaps, what)
		}
	})
}

// round learns and looks for a while, for every merchant; more says that
// something is left. It is short, so that what is new is learnt while there is
// more to look at than can be looked at, and no merchant waits for another's
// backlog.
func (p *capturePass) round(ctx context.Context) (more bool, err error) {
	if err := p.refresh(ctx); err != nil {
		return false, err
	}
	var left atomic.Bool
	group, groupCtx := errgroup.WithContext(ctx)
	for _, m := range p.Merchants {
		group.Go(func() error {
			more, err := p.merchant(groupCtx, m)
			if more {
				left.Store(true)
			}
			return err
		})
	}
	err = group.Wait()
	return left.Load(), err
}

// refresh reads the shop's newest orders, where that is due.
func (p *capturePass) refresh(ctx context.Context) error {
	now := p.Clock()
	if p.Orders == nil || now.Sub(p.refreshed) < learnEvery {
		return nil
	}
	gaps, err := p.Orders.Refresh(ctx, now.Add(-ordersSince), now)
	if err != nil {
		return err
	}
	p.refreshed = now
	for _, gap := range gaps {
		p.gap(gap.What + ": " + gap.Why)
	}
	return nil
}

// merchant learns, and looks for a while.
func (p *capturePass) merchant(ctx context.Context, m CaptureMerchant) (more bool, err error) {
	listed, err := p.learn(ctx, m)
	if err != nil {
		return false, err
	}
	next := learnEvery
	if !listed {
		next = learnAgain
	}
	return p.lookAll(ctx, m, p.Clock().Add(next))
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
			p.streak(m.MID).failed(theList, failure)
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
	group, groupCtx := errgroup.WithContext(ctx)
	streak := p.streak(m.MID)
	streak.oneMore()
	for range max(m.Concurrency, 1) {
		group.Go(func() error {
			for groupCtx.Err() == nil && !streak.over() {
				now := p.Clock()
				if now.After(until) {
					late.Store(true)
					return nil
				}
				w, given, err := p.Queue.NextWatch(groupCtx, m.MID, now, now.Add(streak.lookTime()), now.Add(lookLease))
				if w == nil || err != nil {
					return err
				}
				if err := p.look(groupCtx, m, *w, given, streak); err != nil {
					return err
				}
				streak.took(p.Clock().Sub(now))
			}
			return groupCtx.Err()
		})
	}
	err = group.Wait()
	switch {
	case streak.keyRefused():
		p.gap(m.MID + ": the provider does not accept the secret key")
		return false, err
	case streak.over():
		p.gap(fmt.Sprintf("%s: the provider did not answer %d look-ups one after the other; the next pass asks again", m.MID, lookUpFailures))
		p.count(func(s *CaptureSummary) { s.Away = true })
		return false, err
	}
	return late.Load(), err
}

// streak is what a merchant's provider did not answer since it last showed a
// payment, over the passes.
type streak struct {
	mu    sync.Mutex
	n     int           // look-ups
	about string        // what was not answered last
	many  bool          // not one payment alone: it is the provider, and not the payment
	key   bool          // it does not accept the secret key
	last  time.Duration // what the newest look took, with its wait for the pace
}

// theList stands beside payments where it is the transaction list that did not
// come.
const theList = "the list"

// streak gives a merchant's.
func (c *Capture) streak(mid string) *streak {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.streaks == nil {
		c.streaks = map[string]*streak{}
	}
	if c.streaks[mid] == nil {
		c.streaks[mid] = &streak{}
	}
	return c.streaks[mid]
}

// oneMore allows a look where the streak was over.
func (s *streak) oneMore() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n, s.key = min(s.n, lookUpFailures-1), false
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

// answered ends the streak.
func (s *streak) answered() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n, s.about, s.many = 0, "", false
}

// failed counts what was not answered, and says whether the provider answers
// nobody: one payment that it cannot show says nothing of the others.
func (s *streak) failed(about string, why *pay.Failure) (away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.many = s.many || s.about != "" && s.about != about
	s.about = about
	s.key = why.Kind == pay.FailureKey
	if about != theList {
		s.n++
	}
	return s.many || s.key
}

func (s *streak) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.key || s.many && s.n >= lookUpFailures
}

func (s *streak) keyRefused() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.key
}

// look looks at one watch, and commits what came of it.
func (p *capturePass) look(ctx context.Context, m CaptureMerchant, w refunds.Watch, given bool, streak *streak) error {
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
	case err == nil:
		streak.answered()
		payment.MID = m.MID
		return p.seen(ctx, w, payment, page, given)
	case ctx.Err() != nil:
		w.NextAt = now // nobody has looked: who comes next need not wait for the lease
		return errors.Join(ctx.Err(), p.commit(ctx, w, nil, nil, nil, now))
	case !errors.As(err, &failure):
		return err
	case failure.Kind == pay.FailureNotFound:
		streak.answered()
	}
	away := failure.Kind != pay.FailureNotFound && streak.failed(w.ID, failure)
	after, _ := refunds.AfterLook(w, refunds.Sight{Failure: failure, Away: away}, p.Clock())
	return p.commit(ctx, after, nil, nil, nil, p.Clock())
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
