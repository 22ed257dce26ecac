package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
)

// ExecForTest runs a statement of a test's own, to show what the database
// refuses. No command calls it.
func (d *DB) ExecForTest(ctx context.Context, statement string) error {
	_, err := d.db.Pool().ExecContext(ctx, statement)
	if err == nil {
		d.byHand.Store(true)
	}
	return err
}

// ByHandForTest says whether a statement of a test's own was taken: then the
// tables may not be as the journal says.
func (d *DB) ByHandForTest() bool { return d.byHand.Load() }

// RowsForTest gives the rows of a query of a test's own, as text; "NULL" is what
// is absent.
func (d *DB) RowsForTest(ctx context.Context, query string) ([][]string, error) {
	rows, err := d.db.Pool().QueryxContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found [][]string
	for rows.Next() {
		cells, err := rows.SliceScan()
		if err != nil {
			return nil, err
		}
		texts := make([]string, len(cells))
		for i, cell := range cells {
			switch v := cell.(type) {
			case nil:
				texts[i] = "NULL"
			case []byte:
				texts[i] = string(v)
			default:
				texts[i] = fmt.Sprint(v)
			}
		}
		found = append(found, texts)
	}
	return found, rows.Err()
}

// ForgeForTest adds an entry to the journal as who may add some, and knows its form,
// could: it follows the chain, and what it says of its row was never written.
func (d *DB) ForgeForTest(ctx context.Context, e Entry) error {
	d.byHand.Store(true)
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		head, err := d.lockJournal(ctx, tx)
		if err == nil {
			_, err = d.appendTo(ctx, tx, head, []Entry{e})
		}
		return err
	})
}

// ForgeWellForTest is the same of who also knows what an entry keeps of its row, and
// writes that as the program would.
func (d *DB) ForgeWellForTest(ctx context.Context, e Entry) error {
	d.byHand.Store(true)
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		_, err := d.append(ctx, tx, []Entry{e})
		return err
	})
}

// WatchForTest calls f with the name and the text of every query that is run from
// now on.
func (d *DB) WatchForTest(f func(name, text string)) {
	d.db.WatchForTest(func(name string) { f(name, d.db.Query(name)) })
}

// OlderForTest lets a database write the journal as older versions did, which kept
// fewer facts.
func (d *DB) OlderForTest() { d.older = true }

// MigrateToForTest brings an empty database to an older schema, so that a test
// can put into it what the version before could hold.
func (d *DB) MigrateToForTest(ctx context.Context, version int64) error {
	return d.db.MigrateToForTest(ctx, version)
}

// AskForTest takes a request as versions did that looked at a payment's total
// alone, whatever is left of its parts.
func (d *DB) AskForTest(ctx context.Context, r refunds.Request) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		if _, err := d.insert(ctx, tx, r, r.RequestedAt); err != nil {
			return err
		}
		_, err := d.append(ctx, tx, []Entry{entry(r.RequestedAt, r.RequestedBy, "", "refund:"+r.ID, "refund.requested", r.Reason,
			map[string]any{"mid": r.MID, "order_id": r.OrderID, "payment_key": r.PaymentKey, "amount": r.Amount,
				"tax_free_amount": r.TaxFreeAmount, "currency": r.Currency, "ref": r.Ref})})
		return err
	})
}

// NightForTest does what a night does about one break of a payment: it keeps the
// look-up, and takes what propose makes of what was asked before. No command
// calls it.
func (d *DB) NightForTest(ctx context.Context, p pay.Payment, b reconcile.Break, propose func(refunds.Asked) *refunds.Request, actor string, now time.Time) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		if err := d.savePayment(ctx, tx, p, nil, now); err != nil {
			return err
		}
		asked, err := d.askedOf(ctx, tx, p.MID, p, b.ID, b.Since)
		if err != nil {
			return err
		}
		night := jobs.Written{Now: now, Actor: actor, Lease: reconcile.Lease{MID: p.MID}}
		if request := propose(asked); request != nil {
			night.Proposed = append(night.Proposed, *request)
		}
		entries, err := d.commitProposals(ctx, tx, night)
		if err != nil {
			return err
		}
		_, err = d.append(ctx, tx, entries)
		return err
	})
}

// SortInForTest lets imports sort in so many bytes.
func (d *DB) SortInForTest(memory int) { d.memory = memory }

// OrderForTest is an order with what only the table says of it.
type OrderForTest struct {
	Order     pay.Order
	ChangedAt time.Time
	Told      bool
}

// OrdersForTest gives the whole table of orders.
func (d *DB) OrdersForTest(ctx context.Context) ([]OrderForTest, error) {
	var rows []struct {
		orderRow
		ChangedAt Time  `db:"changed_at"`
		Told      int64 `db:"tax_free_told"`
	}
	err := d.db.Pool().SelectContext(ctx, &rows, "SELECT mid, order_id, "+strings.Join(orderColumns, ", ")+", changed_at, tax_free_told FROM orders")
	if err != nil {
		return nil, err
	}
	found := make([]OrderForTest, len(rows))
	for i, row := range rows {
		found[i] = OrderForTest{*row.order(), row.ChangedAt.Time, row.Told != 0}
	}
	return found, nil
}
