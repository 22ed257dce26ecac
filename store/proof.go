package store

import (
	"context"

	"daesa/pay"
	"daesa/reconcile"
)

// Totals gives the plain sums of both sides over the touched orders. Neither
// uses the other side. Toss's is a sum over the rows of the list alone; with
// listed false, where no list was read, it is one over look-ups.
func (c *Comparison) Totals(ctx context.Context, listed bool) (shop, provider []reconcile.Sum, err error) {
	if err := c.Fold(ctx); err != nil {
		return nil, nil, err
	}
	if shop, err = c.sums(ctx, "shop_totals"); err != nil {
		return nil, nil, err
	}
	name := "provider_totals"
	if !listed {
		name = "provider_held"
	}
	provider, err = c.sums(ctx, name)
	return shop, provider, err
}

func (c *Comparison) sums(ctx context.Context, name string) ([]reconcile.Sum, error) {
	var rows []struct {
		Currency string `db:"currency"`
		Total    int64  `db:"total"`
		Number   int64  `db:"number"`
	}
	if err := c.all(ctx, &rows, name, c.args()); err != nil {
		return nil, err
	}
	sums := make([]reconcile.Sum, len(rows))
	for i, row := range rows {
		sums[i] = reconcile.Sum{Currency: pay.Currency(row.Currency), Total: row.Total, Number: row.Number}
	}
	return sums, nil
}

type movementRow struct {
	OrderID        string `db:"order_id"`
	PaymentKey     string `db:"payment_key"`
	TransactionKey string `db:"transaction_key"`
	Method         string `db:"method"`
	Currency       string `db:"currency"`
	At             Time   `db:"at"`
	Amount         int64  `db:"amount"`
	Counted        int64  `db:"counted"`
}

// Unlisted calls each with every movement that a look-up has shown, tonight or
// before, and no row of the list shows: those of touched orders, whenever they
// were, and those of any order within some days. Totals must have been called
// since the last look-up.
func (c *Comparison) Unlisted(ctx context.Context, days []pay.Day, each func(reconcile.Movement)) error {
	if err := c.run(ctx, "clear_movements", "move_looked_approvals", "move_looked_cancels", "move_known_approvals", "move_known_cancels",
		"move_reversals"); err != nil {
		return err
	}
	for _, day := range days {
		for _, name := range []string{"move_approvals_within", "move_cancels_within"} {
			if err := c.exec(ctx, name, c.onDay(string(day))); err != nil {
				return err
			}
		}
	}
	return eachOf(ctx, c.d, c.conn, "unlisted", args{}, func(row movementRow) error {
		each(reconcile.Movement{OrderID: row.OrderID, PaymentKey: row.PaymentKey, TransactionKey: row.TransactionKey, Method: pay.Method(row.Method),
			Currency: pay.Currency(row.Currency), At: row.At.Time, Amount: row.Amount, Counted: row.Counted != 0})
		return nil
	})
}

// Unproved counts the orders that the shop says were paid on a day, of which
// neither the list nor any look-up has told anything.
func (c *Comparison) Unproved(ctx context.Context, day pay.Day) (int64, error) {
	var n int64
	err := c.one(ctx, &n, "unproved_orders", c.onDay(string(day)))
	return n, err
}
