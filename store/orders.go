package store

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"time"

	"github.com/jmoiron/sqlx"

	"daesa/app"
	"daesa/internal/database"
	"daesa/internal/extsort"
	"daesa/orders"
	"daesa/pay"
)

// orderColumns are the columns that an order has besides its key, mid and order_id.
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
// let through, as t.Older says. Orders are gathered and sorted outside of the
// database, so that no other process waits while a slow source is read.
func (d *DB) TakeOrders(ctx context.Context, rows iter.Seq2[pay.Order, error], t orders.Taking) (saved orders.Saved, err error) {
	if err := d.RequireSession(ctx); err != nil {
		return saved, err
	}
	sorted, err := sortOrders(ctx, rows, cmp.Or(d.memory, extsort.Memory))
	if err != nil {
		return saved, err
	}
	defer func() { err = errors.Join(err, sorted.Close()) }()
	err = d.db.Write(ctx, func(tx *sqlx.Tx) error {
		saved, err = d.takeSorted(ctx, tx, sorted, t)
		return err
	})
	return saved, err
}

// takeSorted takes the orders of a sorted source, and says so in the journal.
func (d *DB) takeSorted(ctx context.Context, tx *sqlx.Tx, sorted *sortedOrders, how orders.Taking) (orders.Saved, error) {
	var stored int64
	if err := d.db.One(ctx, tx, &stored, "any_order", nil); err != nil {
		return orders.Saved{}, err
	}
	t := &taking{d: d, tx: tx, how: how, judging: how.Judging(), told: how.Has("tax_free_amount"), saved: sorted.read}
	take := func() error { return t.take(ctx, sorted.All()) }
	var err error
	if stored == 0 && !how.DryRun {
		t.empty = d.db.Dialect() == database.SQLite // which has one writer
		err = d.db.LoadEmpty(ctx, tx, "orders", sorted.rows, take)
	} else {
		err = take()
	}
	if err != nil || t.saved.Inserted+t.saved.Updated == 0 || how.DryRun {
		return t.saved, err
	}
	_, err = d.append(ctx, tx, append(t.through, entry(how.Now, how.Actor, "", "orders", "orders.imported", how.Source, map[string]any{
		"inserted": t.saved.Inserted, "updated": t.saved.Updated, "unchanged": t.saved.Unchanged})))
	return t.saved, err
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
