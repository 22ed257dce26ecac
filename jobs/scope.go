package jobs

import (
	"context"

	"daesa/pay"
	"daesa/reconcile"
)

// ScopeOf is what the run of a night is about: since when the shop's orders
// count as changed, and from when on refunds are followed.
func ScopeOf(ctx context.Context, ledger Ledger, mid, runID string, day pay.Day) (reconcile.Scope, error) {
	_, since, err := ledger.LastComplete(ctx, JobNightly, mid, day)
	if err != nil {
		return reconcile.Scope{}, err
	}
	if !since.IsZero() {
		since = since.Add(-lateMargin)
	}
	return reconcile.Scope{MID: mid, RunID: runID, Day: day, Since: since, FollowFrom: day.Add(-followDays).Start()}, nil
}
