package jobs

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"daesa/pay"
	"daesa/reconcile"
)

const (
	// defaultMaxPages bounds a window that never ends: ten million rows a day,
	// or two where the provider gives at most a thousand a page.
	defaultMaxPages = 2000
	// listFailures is after how many failed windows the list is left alone.
	listFailures = 3
)

// list reads the provider's transaction list: the day, the days that were
// never covered back to the oldest touched order, and those that are due to be
// read again. A day whose end is not proved is a gap.
func (n *night) list(ctx context.Context) error {
	if !n.listed() {
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
				n.gap(reconcile.SideProvider, listOf(window.Day), &reconcile.Unread{Reason: reconcile.ReasonNotAsked})
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
				n.gap(reconcile.SideProvider, listOf(window.Day), failure)
				return nil
			}
			return err
		})
	}
	err = group.Wait()
	n.silent = len(n.failedDays) > 0
	return err
}

// readWindow reads one day whole, and fetches the next page while the one
// before is being kept. What a day that could not be read to its end has shown is
// folded, too. single: no other day is read beside it.
func (n *night) readWindow(ctx context.Context, w reconcile.Window, single bool) (err error) {
	stage := n.Pages.StageList(n.scope.MID, n.lease.RunID, n.now)
	defer func() { err = errors.Join(err, stage.Close()) }()
	whole, pages, err := n.keepWindow(ctx, w, single, stage)
	if failure := (*pay.Failure)(nil); err != nil && !errors.As(err, &failure) {
		return err
	}
	if _, err := stage.Fold(ctx); err != nil {
		return err
	}
	if err != nil {
		return err
	}
	if len(whole.bad) > 0 { // what they say is not known, so the day is not covered
		n.unread(w.Day)
		badRows(whole.bad, reconcile.PartListRow, reconcile.PartListMore, n.gapOfProvider)
		return nil
	}
	w.Pages, w.Rows = pages, whole.rows
	return n.cover(ctx, w, whole)
}

// keepWindow reads one day's pages into a stage, and says what they showed and how
// many there were.
func (n *night) keepWindow(ctx context.Context, w reconcile.Window, single bool, stage ListStage) (tally, int, error) {
	day := stretch{w.Day.Start(), w.Day.End()}
	if n.now.Before(day.to) {
		day.to = n.now.Truncate(time.Second)
	}
	group, groupCtx := workersOf(ctx)
	pages := make(chan pay.TransactionPage, 1)
	reader := &listReader{provider: n.Provider, most: n.mostPages(), keep: func(ctx context.Context, p pay.TransactionPage) error {
		select {
		case pages <- p:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
	var whole tally
	group.Go(func() (err error) {
		defer close(pages)
		whole, err = reader.read(groupCtx, day)
		return err
	})
	group.Go(func() error {
		var rows int64
		for p := range pages {
			if err := stage.Keep(groupCtx, n.own(p.Rows), p.Evidence); err != nil {
				return err
			}
			if rows += int64(len(p.Rows) + len(p.Bad)); single {
				n.step("rows of "+string(w.Day), rows, 0)
			}
		}
		return nil
	})
	err := group.Wait()
	return whole, reader.pages, err
}

func (n *night) mostPages() int {
	if n.Settings.MaxPagesAWindow > 0 {
		return n.Settings.MaxPagesAWindow
	}
	return defaultMaxPages
}

// cover records that a day was read whole, unless the rows themselves say that
// it was not: all of them are another merchant's, or some that an earlier
// reading showed are missing.
func (n *night) cover(ctx context.Context, w reconcile.Window, whole tally) error {
	own, unknown := whole.byMID[n.scope.MID], int64(0)
	for mid, rows := range whole.byMID {
		if mid != n.scope.MID && !slices.Contains(n.Settings.KnownMIDs, mid) {
			unknown += rows
		}
	}
	if unknown > 0 && unknown == w.Rows {
		n.gap(reconcile.SideProvider, listOf(w.Day), &reconcile.Unread{Reason: reconcile.ReasonForeign, Name: n.scope.MID})
		return nil
	}
	stored, err := n.Pages.CountRows(ctx, n.scope.MID, w.Day)
	if err != nil {
		return err
	}
	if stored > own {
		n.unread(w.Day)
		n.gap(reconcile.SideProvider, listOf(w.Day), &reconcile.Unread{Reason: reconcile.ReasonFewerRows, Got: own, Want: stored})
		return nil
	}
	if n.now.Before(w.Day.End()) {
		return nil // today so far: nothing is covered yet
	}
	if own == 0 && !w.Reread {
		n.mu.Lock()
		n.emptyDays[w.Day] = true
		n.mu.Unlock()
	}
	return n.Pages.CoverWindow(ctx, n.scope.MID, n.lease.RunID, w, unknown, n.now)
}

// unread notes that a day was not read by this run, whatever an earlier try
// of it read.
func (n *night) unread(day pay.Day) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.failedDays[day] = true
}

// own keeps the rows of this merchant: those of others are their own run's.
func (n *night) own(rows []pay.Transaction) []pay.Transaction {
	own := rows[:0:0]
	for _, row := range rows {
		if row.MID == n.scope.MID {
			own = append(own, row)
		}
	}
	return own
}
