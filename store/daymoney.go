package store

import (
	"context"

	"daesa/pay"
	"daesa/reconcile"
)

// movedRow is what moved on one side, by currency and method.
type movedRow struct {
	Currency      string `db:"currency"`
	Method        string `db:"method"`
	Approvals     int64  `db:"approvals"`
	ApprovalCount int64  `db:"approval_count"`
	Cancels       int64  `db:"cancels"`
	CancelCount   int64  `db:"cancel_count"`
	Unproven      int64  `db:"unproven"`
}

func (r movedRow) moved() reconcile.Moved {
	return reconcile.Moved{Approvals: r.Approvals, ApprovalCount: r.ApprovalCount, Cancels: r.Cancels, CancelCount: r.CancelCount, Unproven: r.Unproven}
}

// methodRow sums the list's rows of the business date, by method and currency.
type methodRow struct {
	Method   string `db:"method"`
	Currency string `db:"currency"`
	Rows     int64  `db:"row_count"`
	Done     int64  `db:"done"`
	Approved int64  `db:"approved"`
	Canceled int64  `db:"canceled"`
}

// dayMethods sums the list's rows of the date once: the comparison's snapshot shows
// the same rows until its end, and SQLite sorts a day's rows for each such sum.
func (c *Comparison) dayMethods(ctx context.Context) ([]methodRow, error) {
	if c.methods == nil {
		methods := []methodRow{}
		if err := c.all(ctx, &methods, "day_methods", c.args()); err != nil {
			return nil, err
		}
		c.methods = methods
	}
	return c.methods, nil
}

// DayMoney sums the approvals and cancels of the business date, each side by its
// own records, with what this night's look-ups showed of cancels.
func (c *Comparison) DayMoney(ctx context.Context) (reconcile.DayMoney, error) {
	var day reconcile.DayMoney
	methods, err := c.dayMethods(ctx)
	if err != nil {
		return day, err
	}
	for _, m := range methods {
		if m.Done > 0 {
			day.Of(pay.Currency(m.Currency), pay.Method(m.Method)).Provider = reconcile.Moved{Approvals: m.Approved, ApprovalCount: m.Done}
		}
	}
	for _, part := range []struct {
		query string
		of    func(*reconcile.DayTotal) *reconcile.Moved
	}{
		{"day_shop", func(t *reconcile.DayTotal) *reconcile.Moved { return &t.Shop }},
		{"day_cancels", func(t *reconcile.DayTotal) *reconcile.Moved { return &t.Provider }},
	} {
		var rows []movedRow
		if err := c.d.db.All(ctx, c.conn, &rows, part.query, c.args()); err != nil {
			return day, err
		}
		for _, row := range rows {
			into := part.of(day.Of(pay.Currency(row.Currency), pay.Method(row.Method)))
			sum, err := into.Add(row.moved())
			if err != nil {
				return day, err
			}
			*into = sum
		}
	}
	day.Sort()
	return day, c.d.db.One(ctx, c.conn, &day.Undated, "day_undated", c.args())
}
