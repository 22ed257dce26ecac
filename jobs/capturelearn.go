package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"daesa/pay"
	"daesa/refunds"
)

const (
	// catchUpStep is how much of what was missed is read before the open windows
	// are looked at again.
	catchUpStep = 4 * time.Hour
	// noteEvery is how often it is noted until when was learnt.
	noteEvery = 5 * time.Minute
	// mostListPages bounds a list that never ends.
	mostListPages = 500
)

// learn watches the shop's virtual-account orders and what the first page of
// the list shows. That the list does not come is a gap: orders and webhooks are
// still known, and list is nil.
func (p *capturePass) learn(ctx context.Context, m CaptureMerchant, now time.Time) (list *accountList, err error) {
	watches, err := p.Queue.OrdersToWatch(ctx, m.MID, now.Add(-learnSince))
	if err != nil {
		return nil, err
	}
	if !m.LookUpAll {
		list = newAccountList(m, stretch{now.Add(-listSince), now.Add(time.Second)})
		if err := list.begin(ctx); err != nil {
			if !p.unlisted(ctx, m, err) {
				return nil, err
			}
			list = nil
		} else {
			watches = append(watches, p.fresh(list.watches(), now)...)
		}
	}
	_, err = p.watch(ctx, watches, now)
	return list, err
}

// learnRest reads the list to its end, and says whether it came and showed
// something new.
func (p *capturePass) learnRest(ctx context.Context, m CaptureMerchant, list *accountList) (listed, more bool, err error) {
	err = list.finish(ctx)
	if err != nil && !p.unlisted(ctx, m, err) {
		return false, false, err
	}
	listed = err == nil && !p.badRows(m, list)
	if len(list.rows) == 0 && list.stranger != "" { // where some are its own, the key answers for both
		p.strange(m.MID, list.stranger)
	}
	now := p.Clock()
	added, err := p.watch(ctx, p.fresh(list.watches(), now), now)
	return listed, added > 0, err
}

// watch begins to watch what is not watched yet.
func (p *capturePass) watch(ctx context.Context, watches []refunds.Watch, now time.Time) (added int, err error) {
	for i := range watches {
		watches[i].FirstKnown, watches[i].NextAt = now, now
	}
	if added, err = p.Queue.Watch(ctx, watches); err != nil {
		return 0, err
	}
	p.count(func(s *CaptureSummary) { s.New += added })
	p.remember(watches, now)
	return added, nil
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

// unlisted notes that the list did not come, and says whether that was the
// provider's fault.
func (p *capturePass) unlisted(ctx context.Context, m CaptureMerchant, err error) bool {
	var failure *pay.Failure
	if !errors.As(err, &failure) || ctx.Err() != nil {
		return false
	}
	p.gap(CaptureGap{m.MID, failure.Kind, m.MID + ": " + failure.Error()})
	return true
}

// badRows notes the rows of the list that cannot be read, and says whether there
// are any: a virtual account may stand in them. The others are watched.
func (p *capturePass) badRows(m CaptureMerchant, list *accountList) bool {
	bad := list.so.bad
	if len(bad) == 0 {
		return false
	}
	first := bad[0]
	p.gap(CaptureGap{m.MID, pay.FailureUnreadable, fmt.Sprintf("%s: %d rows of %s cannot be read, the first has transactionKey %q: %v", m.MID, len(bad), apiTransactions, first.Key, first.Err)})
	return true
}

// catchUp learns, a part at a time, what was issued while nothing was capturing:
// since the list was last read, but not more than a day. Its windows have
// closed: that nobody looked is noted as missed. more says that a part is left.
func (p *capturePass) catchUp(ctx context.Context, m CaptureMerchant, learnt time.Time) (more bool, err error) {
	had, err := p.Queue.CaptureListed(ctx, m.MID)
	if err != nil {
		return false, err
	}
	from, recent := pay.Latest(had, learnt.Add(-learnSince)), learnt.Add(-listSince)
	if m.LookUpAll || !from.Before(recent) {
		if learnt.Sub(had) < noteEvery {
			return false, nil
		}
		return false, p.Queue.SetCaptureListed(ctx, m.MID, learnt)
	}
	part, until := stretch{from, from.Add(catchUpStep)}, from.Add(catchUpStep)
	if more = part.to.Before(recent); !more {
		part.to, until = recent, learnt // the rest stands in what was learnt just now
	}
	list := newAccountList(m, part)
	if err := list.read(ctx); err != nil {
		if p.unlisted(ctx, m, err) {
			err = nil // the next pass asks again
		}
		return false, err
	}
	p.badRows(m, list)
	now := p.Clock()
	watches := list.watches()
	noted, err := p.Queue.Overlooked(ctx, refunds.Overlooked(watches, now), p.Actor, now)
	if err != nil {
		return false, err
	}
	p.count(func(s *CaptureSummary) { s.New, s.Missed = s.New+noted, s.Missed+noted })
	if _, err := p.watch(ctx, watches, now); err != nil { // of the others a look is still worth it
		return false, err
	}
	return more, p.Queue.SetCaptureListed(ctx, m.MID, until)
}

// learntSince is from when on the shop must be asked for its changes, so that
// nothing is left out that a pass of long ago did not see.
func (c *Capture) learntSince(ctx context.Context, now time.Time) (time.Time, error) {
	since := now.Add(-ordersSince)
	for _, m := range c.Merchants {
		had, err := c.Queue.CaptureListed(ctx, m.MID)
		if err != nil {
			return since, err
		}
		if had.Before(since) {
			since = had
		}
	}
	return pay.Latest(since, now.Add(-learnSince)), nil
}

// accountList reads the virtual accounts of a part of the transaction list.
type accountList struct {
	reader *listReader
	mid    string
	part   stretch
	so     tally
	rows   []pay.Transaction
	over   map[string]bool // payments that were cancelled
	// stranger is another merchant that has some there; "" for none.
	stranger string
}

func newAccountList(m CaptureMerchant, part stretch) *accountList {
	l := &accountList{mid: m.MID, part: part, over: map[string]bool{}}
	l.reader = &listReader{provider: m.Provider, most: mostListPages, keep: l.keep}
	return l
}

func (l *accountList) keep(_ context.Context, p pay.TransactionPage) error {
	for _, row := range p.Rows {
		switch {
		case row.Method != pay.VirtualAccount:
		case row.MID != l.mid:
			l.stranger = row.MID
		case row.Status == pay.Canceled:
			l.over[row.PaymentKey] = true
		case row.Status == pay.WaitingForDeposit || row.Status == pay.Done:
			l.rows = append(l.rows, row)
		}
	}
	return nil
}

// begin reads the first page, finish the others and what proves the end.
func (l *accountList) begin(ctx context.Context) (err error) {
	l.so, err = l.reader.begin(ctx, l.part)
	return err
}

func (l *accountList) finish(ctx context.Context) (err error) {
	l.so, err = l.reader.finish(ctx, l.part, l.so)
	return err
}

func (l *accountList) read(ctx context.Context) error {
	if err := l.begin(ctx); err != nil {
		return err
	}
	return l.finish(ctx)
}

// watches gives what has come so far. A row's time is that of the issue or the
// deposit: the window was opened before. One that was cancelled needs no account.
func (l *accountList) watches() (watches []refunds.Watch) {
	for _, row := range l.rows {
		if !l.over[row.PaymentKey] {
			watches = append(watches, refunds.Watch{MID: l.mid, OrderID: row.OrderID, PaymentKey: row.PaymentKey, Source: refunds.FromList,
				Opened: refunds.OpenedBy(row.PaymentKey, row.At)})
		}
	}
	return watches
}
