package jobs

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/reports"
)

const (
	// leaseTime is how long a run stays taken without being renewed: longer
	// than the longest provider call (65 s) and the pause of a busy machine.
	leaseTime = 3 * time.Minute
	// renewEvery is how often it is renewed, lookEvery how often another process
	// looks whether it was.
	renewEvery = leaseTime / 4
	lookEvery  = 3 * time.Second
	// followDays is for how long the refund of a virtual account is followed:
	// Toss pays out within nine bank days, and says nothing later.
	followDays = 30
	// lateMargin: a change may be committed after a run began and bear an
	// earlier time; what changed shortly before the last run is looked at again.
	lateMargin = 15 * time.Minute
)

// night is one run while it goes on.
type night struct {
	*Nightly
	log     *slog.Logger
	lease   reconcile.Lease
	now     time.Time
	run     reconcile.Run
	scope   reconcile.Scope
	cmp     Comparison
	settled time.Time
	oldest  time.Time // of the orders that the shop touched

	mu       sync.Mutex
	findings []reconcile.Finding
	// currencies are the provider's, of the breaks of tonight about a currency.
	currencies map[string]pay.Currency
	sums       map[pay.Currency]*reconcile.Total
	shopGap    bool // the shop's orders of the day are not all there
	unheld     int64
	accounts   []refunds.Watch   // virtual accounts of the day that look-ups showed
	known      []reconcile.Break // of the orders looked at, before the night
	// failedDays are days of the list that could not be read, or not whole;
	// emptyDays those that were read for the first time and have no row.
	failedDays, emptyDays map[pay.Day]bool
	silent                bool // the list was not to be had, of whatever day
	// covered are the days that were covered before the comparison's snapshot:
	// what another night covers later has its rows outside of it.
	covered map[pay.Day]bool
	// shopSeen is until when the shop could have told of an order, while the day
	// still runs; zero for a day that is over.
	shopSeen time.Time
	before   *reports.Snapshot // what an earlier run of this night stored
	// settlement is what Toss pays out; nil where nobody asked.
	settlement *reports.Settlement
}

func (n *Nightly) open(ctx context.Context, lease reconcile.Lease, day pay.Day, now time.Time) (*night, error) {
	scope, err := ScopeOf(ctx, n.Ledger, n.Job, n.Settings.MID, lease.RunID, day)
	if err != nil {
		return nil, err
	}
	run := reconcile.Run{
		ID: lease.RunID, Job: n.Job, MID: n.Settings.MID, Day: day, Now: now,
		CallsByAPI: map[string]int64{}, Broken: map[reconcile.Kind]int64{}, Refunds: map[string]int64{},
		Severity: n.Settings.Severity, Mode: reconcile.ModeTransactions, Differences: []reconcile.Difference{},
	}
	if n.Settings.LookUpAll {
		run.Mode = reconcile.ModeLookup
	}
	cmp, err := n.Compare(ctx, scope, now)
	if err != nil {
		return nil, err
	}
	return &night{
		Nightly: n, lease: lease, now: now, run: run, scope: scope, cmp: cmp,
		settled: reconcile.Settled(day, now, n.Settings.Settle), sums: map[pay.Currency]*reconcile.Total{}, currencies: map[string]pay.Currency{}, failedDays: map[pay.Day]bool{}, emptyDays: map[pay.Day]bool{},
	}, nil
}

func (n *night) close() {
	_ = n.cmp.Close() // what it held was temporary
}

// begin takes the run. Where another process holds it, it lives when it renews
// its lease, which it does every renewEvery; the error is then a
// *reconcile.RunningError, as where it ends the night well meanwhile. One that
// is gone, or ended it in another way, leaves the night to this process.
func (n *Nightly) begin(ctx context.Context, day pay.Day) (reconcile.Lease, error) {
	var seen *reconcile.RunningError
	for {
		lease, err := n.Ledger.BeginRun(ctx, n.Job, n.Settings.MID, day, n.Settings.Owner, n.Clock(), leaseTime, n.Settings.OwnerIsDead)
		var running *reconcile.RunningError
		switch {
		case !errors.As(err, &running), len(n.Settings.Given) > 0: // given orders wait for the next pass
			return lease, err
		case seen == nil:
			seen = running
			n.Log.Warn("another process has the night: waiting for a sign of life", "business_date", day, "owner", running.Entry.Owner, "until_at_most", running.Entry.LeaseUntil)
		case !running.Entry.LeaseUntil.Equal(seen.Entry.LeaseUntil), running.Entry.Owner != seen.Entry.Owner:
			return lease, err
		}
		select {
		case <-ctx.Done():
			return lease, ctx.Err()
		case <-time.After(lookEvery):
		}
		if n.wasComplete(ctx, day) {
			return lease, seen
		}
	}
}

// keepLease renews the lease while the run goes on. The context that it gives
// ends when the run was taken over; stop says whether it was.
func keepLease(ctx context.Context, ledger Ledger, clock func() time.Time, lease reconcile.Lease) (held context.Context, stop func() error) {
	held, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(renewEvery)
		defer ticker.Stop()
		for {
			select {
			case <-held.Done():
				return
			case <-ticker.C:
				if err := ledger.RenewRun(held, lease, clock().Add(leaseTime)); err != nil && held.Err() == nil {
					cancel(&lostError{err})
					return
				}
			}
		}
	}()
	return held, func() error {
		var lost *lostError
		if errors.As(context.Cause(held), &lost) {
			<-done
			return lost.error
		}
		cancel(nil)
		<-done
		return nil
	}
}

type lostError struct{ error }

// gap notes a part that could not be read.
func (n *night) gap(side string, part reconcile.Part, why error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	gap, level := reconcile.NewGap(side, part, why, reconcile.ReasonOther), slog.LevelInfo
	if gap.Repeats(n.run.Gaps) { // the same cause fills no log; its number is said at the end
		level = slog.LevelDebug
	}
	n.log.Log(context.Background(), level, "could not be read", "side", side, "what", part.String(), "error", why, "trace_id", traceOf(why))
	n.run.Gaps = append(n.run.Gaps, gap)
}

// gapOfProvider notes a part of the provider's records.
func (n *night) gapOfProvider(part reconcile.Part, why error) {
	n.gap(reconcile.SideProvider, part, why)
}

// logRepeated says of each cause that was met more than once how often.
func (n *night) logRepeated() {
	for _, group := range reconcile.GroupGaps(n.run.Gaps) {
		if len(group.Parts) > 1 {
			n.log.Info("could not be read for one cause", "parts", len(group.Parts), "first", group.First.What, "error", group.First.Why)
		}
	}
}

// listOf is the transaction list of a day.
func listOf(day pay.Day) reconcile.Part {
	return reconcile.Part{Kind: reconcile.PartList, Name: string(day)}
}

// shopDay are the shop's orders of a day.
func shopDay(day pay.Day) reconcile.Part {
	return reconcile.Part{Kind: reconcile.PartShopDay, Name: string(day)}
}

func (n *night) step(what string, done, total int64) {
	if n.Progress != nil {
		n.Progress.Step(what, done, total)
	}
}

// fewOrders is the number of orders on the same weekday of last week under
// which half of it says nothing.
const fewOrders = 20

// readShop brings in the shop's orders and marks those that are touched. No
// rows, or fewer than half of the same weekday's, means that the export is not
// all there.
func (n *night) readShop(ctx context.Context) error {
	if len(n.Settings.Given) > 0 {
		return n.cmp.TouchGiven(ctx, n.Settings.Given)
	}
	n.step("shop", 0, 0)
	if n.Orders != nil {
		gaps, err := n.Orders.Refresh(ctx, n.since(), n.now)
		if err != nil {
			return err
		}
		for _, gap := range gaps {
			n.run.Gaps = append(n.run.Gaps, gap)
			n.shopGap = true
		}
	}
	var err error
	n.oldest, err = n.cmp.TouchShop(ctx)
	return err
}

// since is from when on the shop is asked for changes: the last complete run
// of an earlier date, or the day itself the first time and in a back-fill.
func (n *night) since() time.Time {
	if n.scope.Since.IsZero() || n.scope.Alone {
		return n.scope.Day.Start()
	}
	return n.scope.Since
}

// coverShop: the shop's side has coverage too.
func (n *night) coverShop(ctx context.Context, rowsAtToss int64) error {
	if len(n.Settings.Given) > 0 {
		return nil
	}
	if n.now.Before(n.scope.Day.End()) {
		last, err := n.cmp.LastImport(ctx)
		n.shopSeen = last.Add(-n.Settings.Settle)
		return err
	}
	today, err := n.cmp.CountOrdered(ctx, n.scope.MID, n.scope.Day)
	if err != nil {
		return err
	}
	before, err := n.cmp.CountOrdered(ctx, n.scope.MID, n.scope.Day.Add(-7))
	if err != nil {
		return err
	}
	switch {
	case today == 0 && (rowsAtToss > 0 || before > 0):
		n.shopGap = true
		n.gap(reconcile.SideShop, shopDay(n.scope.Day), &reconcile.Unread{Reason: reconcile.ReasonNoOrders})
	case before >= fewOrders && today*2 < before:
		n.shopGap = true
		n.gap(reconcile.SideShop, shopDay(n.scope.Day), &reconcile.Unread{Reason: reconcile.ReasonFewOrders, Got: today, Want: before})
	}
	return nil
}

// filter marks what the provider moved, takes the snapshot and drops the pairs
// that agree.
func (n *night) filter(ctx context.Context) error {
	n.step("compare", 0, 0)
	if n.listed() {
		if err := n.cmp.TouchProvider(ctx); err != nil {
			return err
		}
	}
	if n.Settings.PhonesOnly {
		if err := n.cmp.KeepMethod(ctx, pay.Phone); err != nil {
			return err
		}
	}
	var err error
	if n.covered, err = n.Pages.CoveredDays(ctx, n.scope.MID, "", pay.DayOf(n.now)); err != nil {
		return err
	}
	if err := n.cmp.Fold(ctx); err != nil {
		return err
	}
	figures, err := n.cmp.Figures(ctx)
	if err != nil {
		return err
	}
	n.run.OtherPG, n.run.ZeroAmount = figures.OtherPG, figures.ZeroAmount
	n.run.Transactions, n.run.ByMethod = figures.Transactions, figures.ByMethod
	if err := n.coverShop(ctx, figures.Transactions); err != nil {
		return err
	}
	n.run.Touched, n.run.Suspects, err = n.cmp.Filter(ctx, n.Settings.LookUpAll || len(n.Settings.Given) > 0)
	return err
}
