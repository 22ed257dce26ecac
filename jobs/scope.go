package jobs

import (
	"context"

	"daesa/pay"
	"daesa/reconcile"
)

// ScopeOf is what the run of a night is about: since when the shop's orders
// count as changed, and from when on refunds are followed. A reconcile of a date
// whose night before is not complete is about the date alone: in a back-fill
// every other order belongs to a date of its own.
func ScopeOf(ctx context.Context, ledger Ledger, job, mid, runID string, day pay.Day) (reconcile.Scope, error) {
	last, since, err := ledger.LastComplete(ctx, JobNightly, mid, day)
	if err != nil {
		return reconcile.Scope{}, err
	}
	if !since.IsZero() {
		since = since.Add(-lateMargin)
	}
	return reconcile.Scope{MID: mid, RunID: runID, Day: day, Since: since, FollowFrom: day.Add(-followDays).Start(),
		Alone: job == JobReconcile && last != day.Add(-1)}, nil
}
