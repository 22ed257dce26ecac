package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"daesa/app"
	"daesa/internal/database"
	"daesa/orders"
	"daesa/pay"
)

// orderColumns are the columns that a source may lack; order_id and mid are
// the key. An order that is there keeps the value of a column that the source
// lacks.
var orderColumns = []string{
	"payment_key", "method", "status", "amount", "canceled_amount", "refunded_elsewhere", "tax_free_amount",
	"pg", "currency", "ordered_at", "paid_at", "canceled_at", "customer_ref", "mixed_refunds", "paid_unknown",
}

// orderBatch is how many orders go into one statement.
const orderBatch = 50

// SaveOrders takes what the shop's own database says: see TakeOrders. No row of
// it is called backward.
func (d *DB) SaveOrders(ctx context.Context, rows iter.Seq2[pay.Order, error], has func(column string) bool, source, actor string, now time.Time) (orders.Saved, error) {
	return d.TakeOrders(ctx, rows, orders.Taking{Has: has, Source: source, Actor: actor, Now: now, Older: orders.Older{Taken: true}})
}

// TakeOrders takes orders whole or not at all: an error from the sequence, or
// a second row with the same key, leaves everything as it was. Rows that would
// take an order back are refused with an *orders.BackwardError, left out, or
// let through, as t.Older says. Orders are gathered in a table that only this
// connection sees, so that no other process waits while a slow source is read.
func (d *DB) TakeOrders(ctx context.Context, rows iter.Seq2[pay.Order, error], t orders.Taking) (orders.Saved, error) {
	if err := d.RequireSession(ctx); err != nil {
		return orders.Saved{}, err
	}
	conn, release, err := d.db.Pin(ctx)
	if err != nil {
		return orders.Saved{}, err
	}
	defer func() { _ = release() }()
	defer func() {
		_, _ = d.db.Exec(context.Background(), conn, "drop_incoming", nil) // a dead connection takes it along
	}()
	for _, name := range []string{"drop_incoming", "create_incoming"} {
		if _, err := d.db.Exec(ctx, conn, name, nil); err != nil {
			return orders.Saved{}, err
		}
	}
	saved, gathered, err := d.gather(ctx, conn, rows)
	if err != nil {
		return orders.Saved{}, err
	}
	err = d.db.WriteOn(ctx, conn, func(tx *sqlx.Tx) error {
		var total int64
		if err := d.db.One(ctx, tx, &total, "count_incoming", nil); err != nil {
			return err
		}
		if total != gathered { // a pooler has led some of them elsewhere
			return fmt.Errorf("%s: %d orders were read, and %d stand in the temporary table: %w", t.Source, gathered, total, database.ErrShared)
		}
		if err := d.merge(ctx, tx, t, &saved); err != nil || !t.DryRun {
			return err
		}
		return errDryRun
	})
	if errors.Is(err, errDryRun) {
		err = nil
	}
	return saved, err
}

// errDryRun rolls a dry run back.
var errDryRun = errors.New("dry run")

// gather reads the source into the temporary table.
func (d *DB) gather(ctx context.Context, conn *sqlx.Conn, source iter.Seq2[pay.Order, error]) (saved orders.Saved, gathered int64, err error) {
	rows := database.NewBulk(d.db, conn, "INSERT INTO incoming (mid, order_id, "+strings.Join(orderColumns, ", ")+")", 2+len(orderColumns), "", orderBatch)
	defer rows.Close()
	for o, err := range source {
		if err != nil {
			return saved, gathered, err
		}
		gathered++
		if saved.FirstOrdered.IsZero() || o.OrderedAt.Before(saved.FirstOrdered) {
			saved.FirstOrdered = o.OrderedAt
		}
		saved.LastOrdered = pay.Latest(saved.LastOrdered, o.OrderedAt)
		err := rows.Add(ctx, o.MID, o.ID, o.PaymentKey, string(o.Method), string(o.Status), o.Amount, o.CanceledAmount,
			o.RefundedElsewhere, o.TaxFreeAmount, o.PG, string(o.Currency), at(o.OrderedAt), at(o.PaidAt), at(o.CanceledAt), o.CustomerRef,
			flag(o.MixedRefunds), flag(o.PaidUnknown))
		if err != nil {
			return saved, gathered, err
		}
	}
	return saved, gathered, rows.Flush(ctx)
}

func (d *DB) merge(ctx context.Context, tx *sqlx.Tx, t orders.Taking, saved *orders.Saved) error {
	if text := keepOrders(t.Has); text != "" {
		if _, err := tx.ExecContext(ctx, text); err != nil {
			return d.db.Explain("merge orders", err)
		}
	}
	entries, err := d.judgeOlder(ctx, tx, t, saved)
	if err != nil {
		return err
	}
	var unsound []string
	if err := d.db.All(ctx, tx, &unsound, "unsound_incoming", nil); err != nil {
		return err
	}
	if len(unsound) > 0 {
		return hinted(fmt.Errorf("%s: order %s: with what it keeps of cancelled, tax-free and elsewhere refunded money it is no sound order", t.Source, unsound[0]),
			"give the columns canceled_amount, refunded_elsewhere and tax_free_amount too; nothing was taken")
	}
	var total, known int64 // of those that were not left out
	if err := d.db.One(ctx, tx, &total, "count_incoming", nil); err != nil {
		return err
	}
	if err := d.db.One(ctx, tx, &known, "count_known_incoming", nil); err != nil {
		return err
	}
	told := t.Has("tax_free_amount")
	text, values, err := sqlx.Named(mergeOrders(), map[string]any{"now": at(t.Now), "told": flag(told)})
	if err != nil {
		return err
	}
	result, err := tx.ExecContext(ctx, d.db.Pool().Rebind(text), values...)
	if err != nil {
		return d.db.Explain("merge orders", err)
	}
	changed, err := result.RowsAffected()
	if err != nil {
		return d.db.Explain("merge orders", err)
	}
	if told {
		if _, err := d.db.Exec(ctx, tx, "tell_tax_free", nil); err != nil {
			return err
		}
	}
	saved.Inserted = total - known
	saved.Updated = changed - saved.Inserted
	saved.Unchanged = total - changed
	if changed == 0 || t.DryRun {
		return nil
	}
	_, err = d.append(ctx, tx, append(entries, entry(t.Now, t.Actor, "", "orders", "orders.imported", t.Source, map[string]any{
		"inserted": saved.Inserted, "updated": saved.Updated, "unchanged": saved.Unchanged})))
	return err
}

// keepOrders writes how orders that are there keep the values of columns that
// the source lacks, as orders.Columns.Merge says: only a cancelled amount
// follows from other columns, since an order that the shop cancelled would
// otherwise count as paid.
func keepOrders(has func(string) bool) string {
	stored := func(column string) string {
		if has(column) {
			return "incoming." + column
		}
		return "o." + column
	}
	var sets []string
	for _, column := range orderColumns {
		switch {
		case has(column):
		case column == "canceled_amount":
			sets = append(sets, `canceled_amount = CASE
				WHEN incoming.status = 'canceled' AND NOT (o.status = 'canceled' AND o.canceled_amount > 0) THEN CASE
					WHEN `+stored("paid_at")+` IS NULL OR incoming.amount < `+stored("refunded_elsewhere")+` THEN 0
					ELSE incoming.amount - `+stored("refunded_elsewhere")+` END
				ELSE o.canceled_amount END`)
		default:
			sets = append(sets, column+" = o."+column)
		}
	}
	if len(sets) == 0 {
		return ""
	}
	return "UPDATE incoming SET " + strings.Join(sets, ", ") + " FROM orders o WHERE o.mid = incoming.mid AND o.order_id = incoming.order_id"
}

// mergeOrders writes the upsert. An equal row changes nothing, not even
// changed_at: that its source tells the tax-free amount is noted apart.
func mergeOrders() string {
	var sets, differ []string
	for _, column := range orderColumns {
		sets = append(sets, column+" = excluded."+column)
		differ = append(differ, "orders."+column+" IS DISTINCT FROM excluded."+column)
	}
	columns := strings.Join(orderColumns, ", ")
	return "INSERT INTO orders (mid, order_id, " + columns + ", changed_at, tax_free_told) SELECT mid, order_id, " + columns +
		", :now, :told FROM incoming WHERE 1 = 1 ORDER BY mid, order_id ON CONFLICT (mid, order_id) DO UPDATE SET " +
		strings.Join(sets, ", ") + ", changed_at = excluded.changed_at WHERE " + strings.Join(differ, " OR ")
}

// OrdersOf gives the orders with a number, of one merchant or of all.
func (d *DB) OrdersOf(ctx context.Context, mid, orderID string) ([]pay.Order, error) {
	var rows []orderRow
	if err := d.db.All(ctx, d.db.Pool(), &rows, "orders_of_id", args{"mid": mid, "order_id": orderID}); err != nil {
		return nil, err
	}
	orders := make([]pay.Order, len(rows))
	for i, row := range rows {
		orders[i] = *row.order()
	}
	return orders, nil
}

// TransactionsOf gives the rows of the transaction list about an order number,
// oldest first.
func (d *DB) TransactionsOf(ctx context.Context, mid, orderID string) ([]pay.Transaction, error) {
	var rows []struct {
		MID            string `db:"mid"`
		OrderID        string `db:"order_id"`
		PaymentKey     string `db:"payment_key"`
		TransactionKey string `db:"transaction_key"`
		Status         string `db:"status"`
		Method         string `db:"method"`
		At             Time   `db:"at"`
		Currency       string `db:"currency"`
		Amount         int64  `db:"amount"`
	}
	if err := d.db.All(ctx, d.db.Pool(), &rows, "transactions_of_order", args{"mid": mid, "order_id": orderID}); err != nil {
		return nil, err
	}
	list := make([]pay.Transaction, len(rows))
	for i, row := range rows {
		list[i] = pay.Transaction{
			MID: row.MID, TransactionKey: row.TransactionKey, PaymentKey: row.PaymentKey, OrderID: row.OrderID,
			Method: pay.Method(row.Method), Status: pay.PaymentStatus(row.Status), At: row.At.Time,
			Currency: pay.Currency(row.Currency), Amount: row.Amount,
		}
	}
	return list, nil
}

// PaymentsOf gives the looked-up payments of an order number.
func (d *DB) PaymentsOf(ctx context.Context, mid, orderID string) ([]app.LookedUp, error) {
	var rows []paymentRow
	if err := d.db.All(ctx, d.db.Pool(), &rows, "payments_of_order", args{"mid": mid, "order_id": orderID}); err != nil {
		return nil, err
	}
	list := make([]app.LookedUp, len(rows))
	for i, row := range rows {
		p, _ := row.payment()
		var cancels []cancelRow
		if err := d.db.All(ctx, d.db.Pool(), &cancels, "cancels_of_payment", args{"mid": row.MID, "payment_key": row.PaymentKey}); err != nil {
			return nil, err
		}
		for _, c := range cancels {
			p.Cancels = append(p.Cancels, pay.Cancel{TransactionKey: c.TransactionKey, Amount: c.Amount,
				Status: pay.CancelStatus(c.Status), CanceledAt: c.CanceledAt.Time, Reason: c.Marker})
		}
		list[i] = app.LookedUp{Payment: p, LookedUpAt: row.LookedUpAt.Time, TaxFreePaid: row.TaxFreePaid}
	}
	return list, nil
}
