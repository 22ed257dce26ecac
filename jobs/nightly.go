// Package jobs walks the line: orders and toss to reconcile, to refunds, to
// reports; each scheduled job is one readable page. It knows the rooms of the line,
// and adapters by the interfaces that it declares. Begin here, at the night's steps.
package jobs

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/reports"
)

// Nightly compares one merchant's business date with the provider's records.
// It never sends a cancel: it proposes refunds, and `refunds run` sends them.
type Nightly struct {
	Job      string // "nightly", or "reconcile": fetch and compare only
	Settings Settings
	Orders   OrderSource
	Provider Provider
	// Settle brings in what Toss pays out on a business date, and says how it stands;
	// nil: the workbook says nothing of fees.
	Settle   func(ctx context.Context, day pay.Day, now time.Time) (NightSettlement, error)
	Ledger   Ledger
	Pages    Pages
	Compare  func(ctx context.Context, scope reconcile.Scope, now time.Time) (Comparison, error)
	Captures Captures // nil: the workbook says nothing of refund accounts
	Progress Progress
	Clock    func() time.Time // the real clock, also where now is set to another
	Log      *slog.Logger     // of this job and merchant; every line bears the run's id
}

// Settings are what the configuration says about a merchant's nights.
type Settings struct {
	MID             string
	AlsoMIDs        []string // further MIDs that the merchant's key answers for
	KnownMIDs       []string // every merchant that has nights: rows of others are counted
	Owner           string   // who works on the run: host, process
	Actor           string
	LookUpAll       bool // mode: lookup
	Given           []string
	Settle          time.Duration
	RereadDays      []int
	Sample          int
	MaxLookUps      int
	Concurrency     int
	AlarmShare      func(part, total int64) bool // reconcile.alarm_share
	Severity        reconcile.Severity
	Refunds         refunds.Policy
	ConfigPrint     string
	OwnerIsDead     func(owner string) bool
	NextRefundRun   func(after time.Time) time.Time
	Facts           func(now time.Time) refunds.Facts // what decides whether refunds go on; nil: the workbook does not say what they wait for
	Behind          bool                              // the database lacks what was sent from it: nothing is called expired
	PhonesOnly      bool                              // the month-end job: today so far, phone payments alone
	MaxPagesAWindow int                               // 0: defaultMaxPages
}

// Run is one night of one merchant, in eight steps. What could not be read
// makes the run incomplete, and is never called missing. An error means that
// nothing of the night was written; running it again is safe.
func (n *Nightly) Run(ctx context.Context, day pay.Day, now time.Time) (reports.Snapshot, error) {
	lease, err := n.begin(ctx, day)
	if err != nil {
		return reports.Snapshot{}, err
	}
	log := n.Log.With("run_id", lease.RunID, "business_date", day)
	log.Info("night begins")
	began := n.Clock()
	ctx, stop := keepLease(ctx, n.Ledger, n.Clock, lease)
	snapshot, err := n.run(ctx, lease, day, now, log)
	if lost := stop(); lost != nil {
		err = lost
	}
	state, reason := ending(snapshot, err)
	if state != reconcile.RunComplete && n.wasComplete(ctx, day) {
		state, reason = reconcile.RunComplete, "run again: "+reason
	}
	if endErr := n.Ledger.EndRun(context.WithoutCancel(ctx), lease, state, reason, n.Clock()); err == nil {
		err = endErr
	}
	took := n.Clock().Sub(began).Round(time.Millisecond)
	if err != nil {
		log.Info("night failed", "took", took, "error", err, "trace_id", traceOf(err))
	} else {
		log.Info("night ends", "took", took, "complete", snapshot.Run.Complete, "orders", snapshot.Run.Orders, "provider_calls", snapshot.Run.ProviderCalls)
	}
	return snapshot, err
}

func (n *Nightly) run(ctx context.Context, lease reconcile.Lease, day pay.Day, now time.Time, log *slog.Logger) (reports.Snapshot, error) {
	night, err := n.open(ctx, lease, day, now)
	if err != nil {
		return reports.Snapshot{}, err
	}
	defer night.close()
	night.log = log
	if night.before, err = night.earlier(ctx); err != nil {
		return reports.Snapshot{}, err
	}
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"orders", night.readShop},  // the shop's orders, and whether they are all there
		{"list", night.list},        // the provider's rows, day by day
		{"filter", night.filter},    // which orders could differ
		{"look-ups", night.lookUp},  // the truth about those, and how they differ
		{"sample", night.sample},    // and a proof for the others
		{"prove", night.prove},      // the money of both sides, summed apart
		{"paid out", night.paidOut}, // what Toss transferred to the shop on that day
	} {
		done := n.timed(log, step.name)
		if err := step.do(ctx); err != nil {
			return reports.Snapshot{}, err
		}
		done()
	}
	defer n.timed(log, "remember")()
	return night.remember(ctx) // breaks, proposals and the run, in one transaction
}

// timed begins a step; what it gives ends it.
func (n *Nightly) timed(log *slog.Logger, step string) func() {
	began := n.Clock()
	return func() { log.Debug("step", "name", step, "ms", n.Clock().Sub(began).Milliseconds()) }
}

// traceOf is the trace id of a provider's answer that made err, which Toss's
// support asks for.
func traceOf(err error) string {
	var failure *pay.Failure
	if errors.As(err, &failure) {
		return failure.TraceID
	}
	return ""
}

// wasComplete says whether the night stands complete from an earlier run: that
// this one failed takes nothing away from it.
func (n *Nightly) wasComplete(ctx context.Context, day pay.Day) bool {
	var snapshot struct{ Run reconcile.Run } // the rest may be large
	known, err := n.Ledger.Snapshot(context.WithoutCancel(ctx), n.Job, n.Settings.MID, day, reports.Into(&snapshot))
	return err == nil && known && snapshot.Run.Complete
}

// ending says how a run is entered in the ledger.
func ending(snapshot reports.Snapshot, err error) (state, reason string) {
	switch {
	case errors.Is(err, context.Canceled):
		return reconcile.RunInterrupted, "interrupted"
	case err != nil:
		return reconcile.RunFailed, err.Error()
	case !snapshot.Run.Complete:
		return reconcile.RunIncomplete, ""
	default:
		return reconcile.RunComplete, ""
	}
}

// catchUpDays is how far before the newest complete night, or before yesterday
// where none is, a missed one is still caught up by itself.
const catchUpDays = 31

// Dates are the business dates that a nightly without a date runs: every one up
// to yesterday that is not complete, oldest first, from the first run on, but
// not more than catchUpDays before the newest complete one (before yesterday
// where none is: a key that never worked is not tried for a year of nights each
// night); the first time, and when nothing was missed, yesterday.
func Dates(complete []pay.Day, firstRun, today pay.Day) []pay.Day {
	yesterday := today.Add(-1)
	from, done := yesterday, map[pay.Day]bool{}
	if firstRun != "" {
		from = min(firstRun, yesterday)
	}
	newest := yesterday
	if n := len(complete); n > 0 {
		newest = complete[n-1]
	}
	from = max(from, newest.Add(-catchUpDays))
	for _, day := range complete {
		done[day] = true
	}
	var dates []pay.Day
	for day := from; day <= yesterday; day = day.Add(1) {
		if !done[day] {
			dates = append(dates, day)
		}
	}
	if dates == nil {
		return []pay.Day{yesterday}
	}
	return dates
}
