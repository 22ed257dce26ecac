package app

import (
	"cmp"
	"context"
	"slices"
	"time"

	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
)

// Two states that the ledger does not hold but that its reader must see.
const (
	RunMissing = "missing" // a business date without a nightly
	RunStuck   = "stuck"   // running, and nobody has renewed its lease
)

// Ledger gives the runs of one merchant or ("") all.
type Ledger interface {
	Runs(ctx context.Context, mid string) ([]reconcile.LedgerEntry, error)
}

// ListedRun is a run as `runs list` shows it, or a business date without one.
type ListedRun struct {
	reconcile.LedgerEntry               // its State may be RunMissing or RunStuck
	Took                  time.Duration // to the second
	Ended                 bool          // it has ended: Took says how long it took
}

// ListRuns is `runs list`: the ledger with its gaps.
type ListRuns struct {
	Ledger Ledger
	MID    string    // "": every merchant
	Now    time.Time // of the business
	Clock  time.Time // the real time, by which leases are taken
}

// Run gives the runs and the gaps by merchant, job and date.
func (x ListRuns) Run(ctx context.Context) ([]ListedRun, error) {
	runs, err := x.Ledger.Runs(ctx, x.MID)
	if err != nil {
		return nil, err
	}
	listed := make([]ListedRun, 0, len(runs))
	for _, run := range runs {
		l := ListedRun{LedgerEntry: run}
		switch {
		case run.State == reconcile.RunRunning && run.LeaseUntil.Before(x.Clock):
			l.State = RunStuck
		case run.State != reconcile.RunRunning && !run.FinishedAt.IsZero():
			l.Took, l.Ended = run.FinishedAt.Sub(run.StartedAt).Round(time.Second), true
		}
		listed = append(listed, l)
	}
	for mid, days := range NightsWithout(runs, pay.DayOf(x.Now), func(reconcile.LedgerEntry) bool { return true }) {
		for _, day := range days {
			listed = append(listed, ListedRun{LedgerEntry: reconcile.LedgerEntry{Job: jobs.JobNightly, MID: mid, Day: day, State: RunMissing}})
		}
	}
	slices.SortStableFunc(listed, func(a, b ListedRun) int {
		return cmp.Or(cmp.Compare(a.MID, b.MID), cmp.Compare(a.Job, b.Job), cmp.Compare(a.Day, b.Day))
	})
	return listed, nil
}

// NightsWithout gives by merchant the business dates, from the first nightly
// to yesterday, that have no nightly of which good is true.
func NightsWithout(runs []reconcile.LedgerEntry, today pay.Day, good func(reconcile.LedgerEntry) bool) map[string][]pay.Day {
	first, seen := map[string]pay.Day{}, map[string]map[pay.Day]bool{}
	for _, run := range runs {
		if run.Job != jobs.JobNightly {
			continue
		}
		if day, ok := first[run.MID]; !ok || run.Day < day {
			first[run.MID] = run.Day
		}
		if seen[run.MID] == nil {
			seen[run.MID] = map[pay.Day]bool{}
		}
		if good(run) {
			seen[run.MID][run.Day] = true
		}
	}
	without := map[string][]pay.Day{}
	for mid, day := range first {
		for ; day < today; day = day.Add(1) {
			if !seen[mid][day] {
				without[mid] = append(without[mid], day)
			}
		}
	}
	return without
}
