package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"daesa/app"
	"daesa/jobs"
	"daesa/reconcile"
	"daesa/refunds"
)

// commitBreaks writes the breaks of a night and says what the journal keeps of
// it: every change of status, not every look.
func (d *DB) commitBreaks(ctx context.Context, tx *sqlx.Tx, night jobs.Written) ([]Entry, error) {
	var entries []Entry
	for _, change := range night.Breaks {
		taken, kept, err := d.takeBack(ctx, tx, night, change)
		if err != nil {
			return nil, err
		}
		if kept {
			continue
		}
		if _, err := d.db.Exec(ctx, tx, "upsert_break", newBreakRow(change.Break)); err != nil {
			return nil, err
		}
		entries = append(entries, taken...)
		if !change.Change.Told() {
			continue
		}
		entries = append(entries, d.toldBreak(change, night.Now, night.Actor, night.Lease.RunID))
	}
	return entries, nil
}

// toldBreak is what the journal keeps of a break whose status moved.
func (d *DB) toldBreak(change jobs.BreakChange, now time.Time, actor, runID string) Entry {
	b := change.Break
	facts := map[string]any{"mid": b.MID, "order_id": b.OrderID, "kind": b.Kind, "status": b.Status, "currency": b.Currency,
		"local_amount": b.LocalAmount, "provider_amount": b.ProviderAmount}
	if b.Subject != "" {
		facts["subject"], facts["amount"] = b.Subject, b.Amount
	}
	return entry(now, actor, runID, "break:"+b.ID, "break."+string(change.Change), "", facts)
}

// takeBack takes back the unsent request of a refunding break on which both sides
// agree now: nothing is owed any more. kept says that the request has left
// meanwhile, so that the break goes on waiting for it.
func (d *DB) takeBack(ctx context.Context, tx *sqlx.Tx, night jobs.Written, change jobs.BreakChange) (entries []Entry, kept bool, err error) {
	if !change.TakesBack() {
		return nil, false, nil
	}
	var row refundRow
	if err := d.db.One(ctx, tx, &row, "refund_by_id", args{"id": change.Before.RefundID}); err != nil {
		return nil, false, err
	}
	r := row.request()
	after, err := r.Withdraw()
	var sent *refunds.StateError
	if errors.As(err, &sent) {
		return nil, true, nil
	}
	if err != nil {
		return nil, false, err
	}
	followed, err := d.turnTo(ctx, tx, moving{request: r, actor: night.Actor, runID: night.Lease.RunID, now: night.Now}, after, refunds.WhyNotOwed)
	if errors.Is(err, refunds.ErrLost) {
		return nil, true, nil
	}
	took := moved(r, after.State, night.Now, night.Actor, refunds.WhyNotOwed)
	took.RunID = night.Lease.RunID
	return append([]Entry{took}, followed...), false, err
}

// BreakFilter chooses breaks; empty fields choose all. Status open means open,
// refunding and reopened.
type BreakFilter struct {
	MID, Status, Kind string
	Scope             reconcile.BreakScope
}

// Breaks lists breaks by merchant and order.
func (d *DB) Breaks(ctx context.Context, f BreakFilter) ([]reconcile.Break, error) {
	return d.breaks(ctx, "breaks_list", args{"mid": f.MID, "statuses": listed(reconcile.Status(f.Status).Lists()), "kind": f.Kind, "scope": string(f.Scope)})
}

// BreaksOfOrder gives every break of an order number.
func (d *DB) BreaksOfOrder(ctx context.Context, mid, orderID string) ([]reconcile.Break, error) {
	return d.breaks(ctx, "breaks_of_order", args{"mid": mid, "order_id": orderID})
}

func (d *DB) breaks(ctx context.Context, name string, with args) ([]reconcile.Break, error) {
	var rows []breakRow
	if err := d.db.All(ctx, d.db.Pool(), &rows, name, with); err != nil {
		return nil, err
	}
	breaks := make([]reconcile.Break, len(rows))
	for i, row := range rows {
		breaks[i] = row.breakOf()
	}
	return breaks, nil
}

// Break gives one break, or ErrUnknownID.
func (d *DB) Break(ctx context.Context, id string) (reconcile.Break, error) {
	return d.breakOn(ctx, d.db.Pool(), "break_by_id", id)
}

func (d *DB) breakOn(ctx context.Context, on runner, query, id string) (reconcile.Break, error) {
	var row breakRow
	err := d.db.One(ctx, on, &row, query, args{"id": id})
	if errors.Is(err, sql.ErrNoRows) {
		return reconcile.Break{}, hinted(fmt.Errorf("break %s: %w", id, app.ErrUnknownID), "daesa breaks list --status \"\" shows every id")
	}
	return row.breakOf(), err
}

// ResolveBreak writes a person's word onto a break that is not cleared, settles
// its refund requests, and journals both. refund_now is DecideRefund's. rebate is
// given where the word is that a deposit gives fees back.
func (d *DB) ResolveBreak(ctx context.Context, id string, as reconcile.Disposition, by, note string, now time.Time, rebate ...reconcile.RebateOf) (reconcile.Break, error) {
	var resolved reconcile.Break
	err := d.db.Write(ctx, func(tx *sqlx.Tx) error {
		before, err := d.breakOn(ctx, tx, "break_to_write", id)
		if err != nil {
			return err
		}
		if err := before.MayResolve(as); err != nil {
			return err
		}
		if err := d.mayDecide(ctx, tx, before); err != nil {
			return err
		}
		resolved = before.Resolve(as, by, note, now)
		for _, r := range rebate {
			if resolved, err = resolved.Rebated(r); err != nil {
				return err
			}
		}
		if _, err := d.db.Exec(ctx, tx, "upsert_break", newBreakRow(resolved)); err != nil {
			return err
		}
		if err := d.adjust(ctx, tx, resolved, now); err != nil {
			return err
		}
		settled, err := d.settleRefunds(ctx, tx, before, as, by, note, now)
		if err != nil {
			return err
		}
		_, err = d.append(ctx, tx, append(settled, entry(now, by, "", "break:"+id, "break.resolved", note,
			map[string]any{"mid": before.MID, "order_id": before.OrderID, "kind": before.Kind, "from": before.Status, "as": as})))
		return err
	})
	return resolved, err
}

// errShown ends a transaction that was only to show what would happen.
var errShown = errors.New("shown, not written")

// TakeWord writes what a person wrote about a break into a workbook, with the
// hash of its file, and says whether that changed anything. A break that is not
// as the workbook showed it is a *reconcile.StaleError. Without keep all of it
// happens but is not kept.
func (d *DB) TakeWord(ctx context.Context, w reconcile.Decision, by, file string, keep bool, now time.Time) (changed bool, err error) {
	err = d.db.Write(ctx, func(tx *sqlx.Tx) error {
		if changed, err = d.takeWord(ctx, tx, w, by, file, now); err == nil && !keep {
			return errShown
		}
		return err
	})
	if errors.Is(err, errShown) {
		err = nil
	}
	return changed && err == nil, err
}

func (d *DB) takeWord(ctx context.Context, tx *sqlx.Tx, w reconcile.Decision, by, file string, now time.Time) (bool, error) {
	before, err := d.breakOn(ctx, tx, "break_to_write", w.ID)
	if err != nil {
		return false, err
	}
	after, changed, err := before.Take(w, by, now)
	if err != nil || !changed {
		return false, err
	}
	if w.As != "" {
		if err := d.mayDecide(ctx, tx, before); err != nil {
			return false, err
		}
	}
	if _, err := d.db.Exec(ctx, tx, "upsert_break", newBreakRow(after)); err != nil {
		return false, err
	}
	facts := map[string]any{"mid": before.MID, "order_id": before.OrderID, "kind": before.Kind, "from": before.Status, "workbook": file, "owner": after.Owner}
	if w.As == "" {
		facts["status"] = after.Status
		_, err = d.append(ctx, tx, []Entry{entry(now, by, "", "break:"+w.ID, "break.noted", after.Note, facts)})
		return true, err
	}
	if err := d.adjust(ctx, tx, after, now); err != nil {
		return false, err
	}
	settled, err := d.settleRefunds(ctx, tx, before, w.As, by, after.Note, now)
	if err != nil {
		return false, err
	}
	facts["as"] = w.As
	_, err = d.append(ctx, tx, append(settled, entry(now, by, "", "break:"+w.ID, "break.resolved", after.Note, facts)))
	return true, err
}

// NeedPerson counts the breaks that somebody must look at.
func (d *DB) NeedPerson(ctx context.Context, mid string) (int64, error) {
	var n int64
	err := d.db.One(ctx, d.db.Pool(), &n, "count_needing_person", args{"mid": mid})
	return n, err
}

// CountOpenKinds counts by kind the breaks that need a person, and those that
// wait for their refund.
func (d *DB) CountOpenKinds(ctx context.Context, mid string) (open, refunding map[reconcile.Kind]int64, err error) {
	var rows []struct {
		Kind      string `db:"kind"`
		Refunding int64  `db:"refunding"`
		Number    int64  `db:"number"`
	}
	if err := d.db.All(ctx, d.db.Pool(), &rows, "count_open_kinds", args{"mid": mid}); err != nil {
		return nil, nil, err
	}
	open, refunding = map[reconcile.Kind]int64{}, map[reconcile.Kind]int64{}
	for _, row := range rows {
		counts := open
		if row.Refunding > 0 {
			counts = refunding
		}
		counts[reconcile.Kind(row.Kind)] = row.Number
	}
	return open, refunding, nil
}
