package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"daesa/orders"
	"daesa/pay"
)

// backwardRow is an incoming row that would take a stored order back.
type backwardRow struct {
	MID               string `db:"mid"`
	OrderID           string `db:"order_id"`
	Status            string `db:"status"`
	CanceledAmount    int64  `db:"canceled_amount"`
	RefundedElsewhere int64  `db:"refunded_elsewhere"`
	WasStatus         string `db:"was_status"`
	WasCanceled       int64  `db:"was_canceled"`
	WasElsewhere      int64  `db:"was_elsewhere"`
	WasCurrency       string `db:"was_currency"`
	Allowed           int64  `db:"allowed"`
	Note              string `db:"note"`
}

func (r backwardRow) backward() orders.Backward {
	row := pay.Order{MID: r.MID, ID: r.OrderID, Status: pay.OrderStatus(r.Status), CanceledAmount: r.CanceledAmount, RefundedElsewhere: r.RefundedElsewhere}
	stored := pay.Order{MID: r.MID, ID: r.OrderID, Status: pay.OrderStatus(r.WasStatus), CanceledAmount: r.WasCanceled,
		RefundedElsewhere: r.WasElsewhere, Currency: pay.Currency(r.WasCurrency)}
	b, _ := orders.GoesBack(stored, row)
	return b
}

// judgeOlder finds the rows that would take an order back, and does with them
// as the source says. It gives the journal's entries about those that a person
// let through.
func (d *DB) judgeOlder(ctx context.Context, tx *sqlx.Tx, t orders.Taking, saved *orders.Saved) ([]Entry, error) {
	saved.Backward = nil
	if t.Older.Taken {
		return nil, nil
	}
	if _, err := d.db.Exec(ctx, tx, "mark_backward", nil); err != nil {
		return nil, err
	}
	var rows []backwardRow
	if err := d.db.All(ctx, tx, &rows, "backward_rows", nil); err != nil || len(rows) == 0 {
		return nil, err
	}
	var through []Entry
	for _, row := range rows {
		b := row.backward()
		word := t.Older.Allows(row.OrderID)
		if !word && row.Allowed == 0 {
			saved.Backward = append(saved.Backward, b)
			continue
		}
		key := args{"mid": row.MID, "order_id": row.OrderID, "now": at(t.Now)}
		note := t.Older.Note
		if !word {
			note = row.Note
			if _, err := d.db.Exec(ctx, tx, "use_allowance", key); err != nil {
				return nil, err
			}
		}
		if _, err := d.db.Exec(ctx, tx, "let_back", key); err != nil {
			return nil, err
		}
		through = append(through, entry(t.Now, t.Actor, "", "order:"+row.OrderID, "order.taken_back", note, map[string]any{
			"mid": row.MID, "source": t.Source, "status": row.Status, "was_status": row.WasStatus,
			"canceled_amount": row.CanceledAmount, "was_canceled_amount": row.WasCanceled,
			"refunded_elsewhere": row.RefundedElsewhere, "was_refunded_elsewhere": row.WasElsewhere}))
	}
	if len(saved.Backward) > 0 && !t.Older.LeaveOut {
		return nil, &orders.BackwardError{Source: t.Source, Rows: saved.Backward}
	}
	_, err := d.db.Exec(ctx, tx, "leave_backward_out", nil)
	return through, err
}

// AllowOrder lets one order go back once, by the next row that would take it
// back: a person's word, which the journal keeps.
func (d *DB) AllowOrder(ctx context.Context, mid, orderID, note, actor string, now time.Time) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		key := args{"mid": mid, "order_id": orderID, "note": note, "actor": actor, "now": at(now)}
		if _, err := d.db.Exec(ctx, tx, "allow_order", key); err != nil {
			return err
		}
		_, err := d.append(ctx, tx, []Entry{entry(now, actor, "", "order:"+orderID, "order.allowed_back", note, map[string]any{"mid": mid})})
		return err
	})
}

// OrderFiles gives the dropped files that were taken, by their paths.
func (d *DB) OrderFiles(ctx context.Context) (map[string]orders.Taken, error) {
	var rows []struct {
		Path    string `db:"path"`
		Size    int64  `db:"size"`
		Changed Time   `db:"changed"`
		Reader  string `db:"reader"`
		Waiting int64  `db:"waiting"`
	}
	if err := d.db.All(ctx, d.db.Pool(), &rows, "order_files", nil); err != nil {
		return nil, err
	}
	files := make(map[string]orders.Taken, len(rows))
	for _, r := range rows {
		files[r.Path] = orders.Taken{Dropped: orders.Dropped{Path: r.Path, Size: r.Size, Changed: r.Changed.Time}, Reader: r.Reader, Waiting: r.Waiting != 0}
	}
	return files, nil
}

// SaveOrderFile remembers that a dropped file was taken.
func (d *DB) SaveOrderFile(ctx context.Context, file orders.Taken, now time.Time) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		_, err := d.db.Exec(ctx, tx, "save_order_file", args{"path": file.Path, "size": file.Size, "changed": at(file.Changed),
			"reader": file.Reader, "waiting": flag(file.Waiting), "now": at(now)})
		return err
	})
}
