package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"daesa/jobs"
	"daesa/reconcile"
	"daesa/refunds"
)

// moving is a change of a request's state, as the break that waits for it hears
// of it.
type moving struct {
	request      refunds.Request
	to           refunds.State
	actor, runID string
	now          time.Time
}

// lockWaiting locks the breaks that wait for a request which comes to its end.
// It is called before the request's row is written: who decides about a break
// takes the two in the same order.
func (d *DB) lockWaiting(ctx context.Context, tx *sqlx.Tx, id string, to refunds.State) error {
	if !to.Stand().Over() {
		return nil
	}
	var rows []breakRow
	return d.db.All(ctx, tx, &rows, "breaks_of_refund", args{"refund_id": id})
}

// followRefund carries the breaks that wait for a request to where its end takes
// them, and gives what the journal keeps of it. Every writer of a request's state
// calls it in the same transaction, with the breaks as they are after it has written
// the state.
func (d *DB) followRefund(ctx context.Context, tx *sqlx.Tx, m moving, rows []breakRow) ([]Entry, error) {
	var entries []Entry
	for _, row := range rows {
		before := row.breakOf()
		after, change := before.AfterRefund(m.to.Stand())
		if !change.Told() {
			continue
		}
		if _, err := d.db.Exec(ctx, tx, "upsert_break", newBreakRow(after)); err != nil {
			return nil, err
		}
		entries = append(entries, entry(m.now, m.actor, m.runID, "break:"+after.ID, "break."+string(change), "refund "+m.request.ID+" is "+string(m.to), map[string]any{
			"mid": after.MID, "order_id": after.OrderID, "kind": after.Kind, "from": before.Status, "status": after.Status, "as": after.Resolution,
			"refund_id": m.request.ID, "refund_state": m.to}))
	}
	return entries, nil
}

// judgedRow is a break of a comparison, with the state of the request that it
// waits for.
type judgedRow struct {
	breakRow
	RefundState string `db:"refund_state"`
}

func (r judgedRow) judged() reconcile.Break {
	b := r.breakOf()
	b.RefundStand = refunds.State(r.RefundState).Stand()
	return b
}

// Breaks gives every break ever seen of the suspects that look-ups decided on.
func (c *Comparison) Breaks(ctx context.Context) ([]reconcile.Break, error) {
	var rows []judgedRow
	if err := c.all(ctx, &rows, "breaks_of_judged", c.args()); err != nil {
		return nil, err
	}
	return judged(rows), nil
}

func judged(rows []judgedRow) []reconcile.Break {
	breaks := make([]reconcile.Break, len(rows))
	for i, row := range rows {
		breaks[i] = row.judged()
	}
	return breaks
}

// afresh reads the night's breaks once more: somebody may have decided about them
// since the night read them.
func (c *Comparison) afresh(ctx context.Context, tx *sqlx.Tx, night jobs.Written) (jobs.Written, error) {
	var rows []judgedRow
	if err := c.d.db.All(ctx, tx, &rows, "breaks_of_judged_to_write", c.args()); err != nil {
		return night, err
	}
	return night.Afresh(judged(rows)), nil
}
