package jobs

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"daesa/pay"
	"daesa/reconcile"
)

const (
	// defaultMaxPages bounds a window that never ends: ten million rows a day.
	defaultMaxPages = 2000
	// windowTries is how often a window is begun again after its paging key
	// was refused half-way.
	windowTries = 3
	// listFailures is after how many failed windows the list is left alone.
	listFailures = 3
)

// list reads the provider's transaction list: the day, the days that were
// never covered back to the oldest touched order, and those that are due to be
// read again. A day that cannot be read to its last page is a gap.
func (n *night) list(ctx context.Context) error {
	if n.Settings.LookUpAll || len(n.Settings.Given) > 0 {
		return nil
	}
	from := n.scope.Day
	if !n.oldest.IsZero() {
		from = min(from, pay.DayOf(n.oldest))
	}
	known := from
	for _, days := range n.Settings.RereadDays {
		known = min(known, n.scope.Day.Add(-days))
	}
	covered, err := n.Pages.CoveredDays(ctx, n.scope.MID, known, n.scope.Day)
	if err != nil {
		return err
	}
	n.step("windows", 0, 0)
	windows := reconcile.WindowsToRead(n.scope.Day, from, covered, n.Settings.RereadDays)
	var done, failed atomic.Int64
	group, ctx := workersOf(ctx)
	group.SetLimit(max(1, n.Settings.Concurrency))
	for _, window := range windows {
		group.Go(func() error {
			if failed.Load() >= listFailures {
				n.gap("provider", "transactions of "+string(window.Day), errors.New("not asked for, since other days failed"))
				n.unread(window.Day)
				return nil
			}
			err := n.readWindow(ctx, window, len(windows) == 1)
			n.step("windows", done.Add(1), int64(len(windows)))
			var failure *pay.Failure
			if errors.As(err, &failure) && ctx.Err() == nil {
				if failure.Kind != pay.FailureUnreadable && failure.Kind != pay.FailurePaging { // these say something of one day alone
					failed.Add(min(weight(failure), listFailures))
				}
				n.unread(window.Day)
				n.gap("provider", "transactions of "+string(window.Day), failure)
				return nil
			}
			return err
		})
	}
	return group.Wait()
}

// readWindow reads one day to its last page. A refused paging key means to
// begin the day again. single: no other day is read beside it.
func (n *night) readWindow(ctx context.Context, w reconcile.Window, single bool) error {
	for try := 1; ; try++ {
		err := n.readPages(ctx, w, single)
		var failure *pay.Failure
		if errors.As(err, &failure) && failure.Kind == pay.FailurePaging && try < windowTries {
			continue
		}
		return err
	}
}

// page is one page on its way from the provider to the store.
type page struct {
	rows     []pay.Transaction
	evidence pay.Evidence
}

// readPages fetches the next page while the one before is being kept.
func (n *night) readPages(ctx context.Context, w reconcile.Window, single bool) error {
	group, ctx := workersOf(ctx)
	pages := make(chan page, 1)
	group.Go(func() error {
		defer close(pages)
		return n.fetchPages(ctx, w, pages)
	})
	var unknown int64
	group.Go(func() error {
		for p := range pages {
			w.Pages++
			w.Rows += int64(len(p.rows))
			own, strange := n.own(p.rows)
			unknown += strange
			if _, err := n.Pages.SavePage(ctx, n.scope.MID, n.lease.RunID, own, p.evidence, n.now); err != nil {
				return err
			}
			if single {
				n.step("rows of "+string(w.Day), w.Rows, 0)
			}
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return err
	}
	if unknown > 0 && unknown == w.Rows {
		n.gap("provider", "transactions of "+string(w.Day), fmt.Errorf("every row belongs to another merchant: is %q the MID of this secret key?", n.scope.MID))
		return nil
	}
	if n.now.Before(w.Day.End()) {
		return nil // today so far: nothing is covered yet
	}
	return n.Pages.CoverWindow(ctx0(ctx), n.scope.MID, n.lease.RunID, w, unknown, n.now)
}

// unread notes that a day was not read by this run, whatever an earlier try
// of it read.
func (n *night) unread(day pay.Day) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.failedDays[day] = true
}

// ctx0 frees a context from its group, which has ended.
func ctx0(ctx context.Context) context.Context { return context.WithoutCancel(ctx) }

func (n *night) fetchPages(ctx context.Context, w reconcile.Window, pages chan<- page) error {
	after := ""
	limit := n.Settings.MaxPagesAWindow
	if limit == 0 {
		limit = defaultMaxPages
	}
	to := w.Day.End()
	if n.now.Before(to) {
		to = n.now.Truncate(time.Second)
	}
	for count := 1; ; count++ {
		rows, next, evidence, err := n.Provider.Transactions(ctx, w.Day.Start(), to, after)
		if err != nil {
			return err
		}
		select {
		case pages <- page{rows, evidence}:
		case <-ctx.Done():
			return ctx.Err()
		}
		if next == "" {
			return nil
		}
		if count >= limit {
			return &pay.Failure{Kind: pay.FailureUnreadable, API: "GET /v1/transactions", About: string(w.Day),
				Err: fmt.Errorf("the day has no end: %d pages were read", count)}
		}
		after = next
	}
}

// own keeps the rows of this merchant. Rows of a merchant that is configured
// are its own run's; others are counted.
func (n *night) own(rows []pay.Transaction) (own []pay.Transaction, unknown int64) {
	own = rows[:0:0]
	for _, row := range rows {
		if row.MID == n.scope.MID {
			own = append(own, row)
			continue
		}
		if !n.knownMID(row.MID) {
			unknown++
		}
	}
	return own, unknown
}

func (n *night) knownMID(mid string) bool {
	for _, known := range n.Settings.KnownMIDs {
		if known == mid {
			return true
		}
	}
	return false
}
