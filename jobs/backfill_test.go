package jobs_test

import (
	"testing"
	"time"

	"daesa/internal/racing"
	"daesa/jobs"
	"daesa/sandbox"
)

// TestEachDateOfABackfillIsAboutItself: on a new installation every order has
// changed since ever; a back-fill of n dates must not compare each order n times.
func TestEachDateOfABackfillIsAboutItself(t *testing.T) {
	racing.Skip(t, "nights, one after the other")
	t.Parallel()
	const days = 12
	w := newWorld(t, worldOptions{history: sandbox.HistoryOptions{Seed: 3, Orders: 600, Days: days, BreakShare: 0.02}})
	now := morning(last).Add(time.Hour)
	w.toss.SetClock(now)
	w.importOrders(morning(last))
	var compared, orders int64
	for back := range days { // the newest first, as parts may come in any order
		n := w.nightly()
		n.Job = jobs.JobReconcile
		snapshot, err := n.Run(t.Context(), last.Add(-back), now)
		if err != nil {
			t.Fatal(err)
		}
		provesItself(t, snapshot)
		compared += snapshot.Run.Touched
		orders += snapshot.Run.Orders
	}
	if orders < 550 || compared > 750 {
		t.Errorf("%d orders of 600, %d compared in all", orders, compared)
	}
	// Then the nights begin: the first compares what no night has, the next the
	// date and what changed since.
	first, err := w.nightly().Run(t.Context(), last, now)
	if err != nil {
		t.Fatal(err)
	}
	w.toss.SetClock(morning(last.Add(1)))
	second, err := w.nightly().Run(t.Context(), last.Add(1), morning(last.Add(1)))
	if err != nil {
		t.Fatal(err)
	}
	if first.Run.Orders < 550 || second.Run.Orders > 200 {
		t.Errorf("nights of %d and %d orders", first.Run.Orders, second.Run.Orders)
	}
	// After a complete night a reconcile of the next date has its changes, too.
	again := w.nightly()
	again.Job = jobs.JobReconcile
	after, err := again.Run(t.Context(), last.Add(1), morning(last.Add(1)).Add(time.Hour))
	if err != nil || after.Run.Orders != second.Run.Orders {
		t.Errorf("%d orders, the night had %d: %v", after.Run.Orders, second.Run.Orders, err)
	}
}
