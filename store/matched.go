package store

import (
	"cmp"
	"context"
	"io"
	"time"

	"github.com/jmoiron/sqlx"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports"
)

// Agreement is the list of one merchant's orders of a night on which both sides
// agree, as they stand now: a comparison that looks nothing up and writes
// nothing. Its snapshot is held until Close.
type Agreement struct {
	Count int64 // rows that Next gives
	// Shop and Toss are the money held on either side of these orders, each
	// summed without the other.
	Shop, Toss []reconcile.Sum

	c    *Comparison
	rows *sqlx.Rows
	next matchedRow // read, and of the next order
	done bool
}

// OpenAgreement finds what a run touched and what of it agrees. Where nothing
// has changed since the run there are as many as the run counted. lookUpAll:
// the run looked everything up and knew no list. Close must be called.
func (d *DB) OpenAgreement(ctx context.Context, scope reconcile.Scope, runAt time.Time, lookUpAll bool) (*Agreement, error) {
	c, err := d.OpenComparison(ctx, scope, runAt)
	if err != nil {
		return nil, err
	}
	a := &Agreement{c: c}
	if err := a.find(ctx, lookUpAll); err != nil {
		_ = c.Close() // the first error is the one to tell
		return nil, err
	}
	return a, nil
}

// Close ends the snapshot. It may be called before the last row.
func (a *Agreement) Close() error {
	if a.rows != nil {
		_ = a.rows.Close() // it only read
	}
	return a.c.Close()
}

// find leaves in the temporary tables what agrees, and nothing else. The filter
// that decides is the night's own.
func (a *Agreement) find(ctx context.Context, lookUpAll bool) error {
	if err := a.c.touchAsOf(ctx, lookUpAll); err != nil {
		return err
	}
	if err := a.c.Fold(ctx); err != nil {
		return err
	}
	if err := a.c.asOf(ctx, "settle_doubts"); err != nil {
		return err
	}
	if _, _, err := a.c.filter(ctx, false, true); err != nil {
		return err
	}
	if err := a.c.asOf(ctx, "drop_differing", "drop_untouched"); err != nil {
		return err
	}
	if err := a.c.one(ctx, &a.Count, "count_touched", nil); err != nil {
		return err
	}
	var err error
	if a.Shop, err = a.c.sums(ctx, "shop_totals"); err != nil {
		return err
	}
	a.Toss, err = a.c.sums(ctx, "provider_held")
	return err
}

// touchAsOf marks the orders that the run touched. Those of the rolling draw
// are found as what was looked up, since the draw is another one by now.
func (c *Comparison) touchAsOf(ctx context.Context, lookUpAll bool) error {
	if err := c.asOf(ctx, "touch_ordered", "touch_paid", "touch_canceled", "touch_changed_until", "touch_looked"); err != nil {
		return err
	}
	if !lookUpAll {
		if err := c.asOf(ctx, "touch_moved"); err != nil {
			return err
		}
		if err := c.touchLateAsOf(ctx); err != nil {
			return err
		}
		if err := c.touchFirstRead(ctx); err != nil {
			return err
		}
	}
	return c.asOf(ctx, "analyze_touched")
}

func (c *Comparison) touchLateAsOf(ctx context.Context) error {
	var windows []struct {
		Day     string `db:"day"`
		FirstAt Time   `db:"first_at"`
	}
	if err := c.all(ctx, &windows, "windows_changed", c.args()); err != nil {
		return err
	}
	for _, window := range windows {
		late := c.onDay(window.Day)
		late["first_at"], late["run_at"] = window.FirstAt, at(c.now)
		if err := c.exec(ctx, "touch_late_until", late); err != nil {
			return err
		}
	}
	return nil
}

// asOf runs queries that know when the run was.
func (c *Comparison) asOf(ctx context.Context, names ...string) error {
	with := c.args()
	with["run_at"] = at(c.now)
	for _, name := range names {
		if err := c.exec(ctx, name, with); err != nil {
			return err
		}
	}
	return nil
}

// Next gives the next order by its number, and io.EOF behind the last one.
func (a *Agreement) Next(ctx context.Context) (reports.Matched, error) {
	if a.rows == nil {
		if err := a.begin(ctx); err != nil {
			return reports.Matched{}, err
		}
	}
	if err := ctx.Err(); err != nil {
		return reports.Matched{}, err // a driver may still give the rows that it has
	}
	if a.done {
		return reports.Matched{}, io.EOF
	}
	var pair matchedPair
	pair.begin(a.c.scope.MID, &a.next)
	for id := a.next.orderID; ; {
		pair.add(&a.next)
		if err := a.read(); err != nil {
			return reports.Matched{}, err
		}
		if a.done || a.next.orderID != id {
			return pair.row(), nil
		}
	}
}

func (a *Agreement) begin(ctx context.Context) error {
	text, values, err := a.c.d.db.Bind("matched_rows", a.c.args())
	if err != nil {
		return err
	}
	if a.rows, err = a.c.conn.QueryxContext(ctx, text, values...); err != nil {
		a.rows = nil
		return a.c.d.db.Explain("matched_rows", err)
	}
	return a.read()
}

func (a *Agreement) read() error {
	if !a.rows.Next() {
		a.done = true
		return a.c.d.db.Explain("matched_rows", a.rows.Err())
	}
	return a.c.d.db.Explain("matched_rows", a.rows.Scan(a.next.fields()...))
}

// matchedRow is one row of matched_rows.
type matchedRow struct {
	orderID                            string
	shopKey, shopMethod, shopCurrency  string
	shopHeld                           int64
	shopStatus                         string
	orderedAt, paidAt, shopCanceledAt  Time
	key, method, currency              string
	held                               int64
	rowStatus                          string
	rowAt                              Time
	lookedStatus                       string
	lookedHeld                         int64
	lookedApprovedAt, lookedCanceledAt Time
	pointers                           []any // to the fields above, made once
}

func (r *matchedRow) fields() []any {
	if r.pointers == nil {
		r.pointers = []any{&r.orderID, &r.shopKey, &r.shopMethod, &r.shopCurrency, &r.shopHeld, &r.shopStatus,
			&r.orderedAt, &r.paidAt, &r.shopCanceledAt, &r.key, &r.method, &r.currency, &r.held,
			&r.rowStatus, &r.rowAt, &r.lookedStatus, &r.lookedHeld, &r.lookedApprovedAt, &r.lookedCanceledAt}
	}
	return r.pointers
}

// matchedPair is one order with its payments while its rows are read.
type matchedPair struct {
	matched          reports.Matched
	shopKey          string
	payment, best    reconcile.ListedPayment // the one that is read, and the one that the order is shown with
	paidAt, canceled time.Time               // the shop's
}

func (p *matchedPair) begin(mid string, r *matchedRow) {
	p.matched = reports.Matched{MID: mid, OrderID: r.orderID, PaymentKey: r.shopKey, Method: pay.Method(r.shopMethod), Currency: pay.Currency(r.shopCurrency),
		ShopHeld: r.shopHeld, ShopStatus: r.shopStatus, OrderedAt: r.orderedAt.Time}
	p.shopKey, p.paidAt, p.canceled = r.shopKey, r.paidAt.Time, r.shopCanceledAt.Time
}

// add takes one row of the order: of the payment that is read, or of a new one.
func (p *matchedPair) add(r *matchedRow) {
	if r.key == "" {
		return
	}
	if p.payment.Key != r.key {
		p.choose()
		p.payment = reconcile.ListedPayment{Key: r.key, Method: pay.Method(r.method), Currency: pay.Currency(r.currency), Held: r.held,
			ApprovedAt: r.lookedApprovedAt.Time, CanceledAt: r.lookedCanceledAt.Time}
	}
	p.payment.Row(pay.PaymentStatus(r.rowStatus), r.rowAt.Time)
	p.payment.LookedUp(pay.PaymentStatus(r.lookedStatus), r.lookedHeld)
}

func (p *matchedPair) choose() {
	if p.payment.Before(p.best, p.shopKey) {
		p.best = p.payment
	}
}

func (p *matchedPair) row() reports.Matched {
	p.choose()
	m := p.matched
	m.TossStatus, m.TossHeld = string(p.best.Status), p.best.Held
	m.PaymentKey, m.Method = cmp.Or(p.best.Key, m.PaymentKey), cmp.Or(p.best.Method, m.Method)
	m.Currency = cmp.Or(m.Currency, p.best.Currency)
	m.ApprovedAt, m.CanceledAt = cmp.Or(p.best.ApprovedAt, p.paidAt), cmp.Or(p.best.CanceledAt, p.canceled)
	return m
}
