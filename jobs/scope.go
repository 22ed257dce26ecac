package jobs

import (
	"context"
	"time"

	"daesa/pay"
	"daesa/reconcile"
)

// ScopeOf is what the run of a night is about: since when the shop's orders
// count as changed, and from when on refunds are followed. A reconcile of a date
// whose night before is not complete is about the date itself: in a back-fill
// every other order belongs to a date of its own.
func ScopeOf(ctx context.Context, ledger Ledger, job, mid, runID string, day pay.Day, now time.Time) (reconcile.Scope, error) {
	last, since, err := ledger.LastComplete(ctx, JobNightly, mid, day)
	if err != nil {
		return reconcile.Scope{}, err
	}
	switch {
	case job == JobReconcile && last != day.Add(-1):
		since = now.AddDate(0, 0, 1) // nothing has changed since tomorrow
	case !since.IsZero():
		since = since.Add(-lateMargin)
	}
	return reconcile.Scope{MID: mid, RunID: runID, Day: day, Since: since, FollowFrom: day.Add(-followDays).Start()}, nil
}
