package app

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"daesa/pay"
	"daesa/reconcile"
)

// ledger is the runs of some merchants.
type ledger []reconcile.LedgerEntry

func (l ledger) Runs(context.Context, string) ([]reconcile.LedgerEntry, error) { return l, nil }

// ran is a night that took a minute and a bit.
func ran(mid string, day pay.Day, state string) reconcile.LedgerEntry {
	return reconcile.LedgerEntry{MID: mid, Job: "nightly", Day: day, State: state, StartedAt: now, FinishedAt: now.Add(61400 * time.Millisecond)}
}

// listed writes each run of a ledger: merchant, day, state, how long it took.
func (l ledger) listed(t *testing.T, clock time.Time) (lines []string) {
	t.Helper()
	runs, err := ListRuns{Ledger: l, Now: time.Date(2026, 11, 22, 1, 0, 0, 0, pay.Seoul), Clock: clock}.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range runs {
		line := fmt.Sprint(r.MID, " ", r.Day, " ", r.State)
		if r.Ended {
			line += fmt.Sprint(" ", r.Took)
		}
		lines = append(lines, line)
	}
	return lines
}

func TestABusinessDateWithoutANightStandsInTheList(t *testing.T) {
	l := ledger{ran("b", "2026-11-21", reconcile.RunComplete), ran("a", "2026-11-20", reconcile.RunIncomplete), ran("a", "2026-11-18", reconcile.RunComplete)}
	want := []string{"a 2026-11-18 complete 1m1s", "a 2026-11-19 missing", "a 2026-11-20 incomplete 1m1s", "a 2026-11-21 missing", "b 2026-11-21 complete 1m1s"}
	if got := l.listed(t, now); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestARunWhoseLeaseIsOverIsStuck(t *testing.T) {
	run := ran("a", "2026-11-21", reconcile.RunRunning)
	run.LeaseUntil = now
	for clock, want := range map[time.Duration]string{-time.Second: reconcile.RunRunning, time.Second: RunStuck} {
		if got := (ledger{run}).listed(t, now.Add(clock)); !slices.Equal(got, []string{"a 2026-11-21 " + want}) {
			t.Errorf("%s after the lease: %q", clock, got)
		}
	}
}

func TestOnlyANightlyMakesADateWhole(t *testing.T) {
	backfill := ran("a", "2026-11-19", reconcile.RunComplete)
	backfill.Job = "reconcile"
	runs := []reconcile.LedgerEntry{ran("a", "2026-11-18", reconcile.RunComplete), backfill, ran("a", "2026-11-20", reconcile.RunIncomplete)}
	complete := func(run reconcile.LedgerEntry) bool { return run.State == reconcile.RunComplete }
	if got := NightsWithout(runs, "2026-11-21", complete)["a"]; !slices.Equal(got, []pay.Day{"2026-11-19", "2026-11-20"}) {
		t.Errorf("%v", got)
	}
}
