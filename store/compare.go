package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"

	"daesa/internal/database"
	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	sqlfiles "daesa/sql"
)

// Comparison is one night's comparison of one merchant: a connection of its
// own with temporary tables that no other connection sees, and, from Fold on,
// one snapshot of both sides. Nothing of it is kept but by Commit. Memory stays
// flat: what is as long as the night stays in the database.
type Comparison struct {
	d        *DB
	conn     *sqlx.Conn
	release  func() error
	scope    reconcile.Scope
	now      time.Time
	snapshot bool
	methods  []methodRow // of dayMethods; nil: not asked yet
}

// temporary are the tables of a comparison, in the order in which they are made.
var temporary = []string{"touched", "suspects", "standing", "refolded", "looked_payments", "looked_cancels", "judged", "rolling", "movements"}

// OpenComparison begins a comparison. Close must be called.
func (d *DB) OpenComparison(ctx context.Context, scope reconcile.Scope, now time.Time) (*Comparison, error) {
	if err := d.RequireSession(ctx); err != nil {
		return nil, err
	}
	conn, release, err := d.db.Pin(ctx)
	if err != nil {
		return nil, err
	}
	c := &Comparison{d: d, conn: conn, release: release, scope: scope, now: now}
	if err := d.db.Stretch(ctx, conn); err != nil {
		_ = c.Close() // the first error is the one to tell
		return nil, err
	}
	for _, table := range temporary {
		if err := c.run(ctx, "drop_"+table, "create_"+table); err != nil {
			_ = c.Close() // the first error is the one to tell
			return nil, err
		}
	}
	if err := c.run(ctx, "index_suspects"); err != nil {
		_ = c.Close() // the first error is the one to tell
		return nil, err
	}
	return c, nil
}

// Close ends the comparison and drops what it had to itself.
func (c *Comparison) Close() error {
	ctx := context.Background() // also after an interrupt
	c.EndSnapshot(ctx)
	for _, table := range temporary {
		if err := c.run(ctx, "drop_"+table); err != nil {
			return c.release() // the connection is gone, and its tables with it
		}
	}
	_ = c.d.db.Shrink(ctx, c.conn) // a dead connection has no limits
	return c.release()
}

// within runs statements where it is sure that they meet this comparison's own
// temporary tables and snapshot: behind a pooler that hands the server's sessions
// on, a statement by itself may meet another night's. On PostgreSQL that is a
// transaction, which first looks at the session's word; the snapshot is one.
func (c *Comparison) within(ctx context.Context, f func(on place) error) error {
	if err := c.d.db.FreePages(ctx, c.conn); err != nil {
		return err
	}
	if c.snapshot || c.d.Dialect() == sqlfiles.SQLite {
		return f(c.conn)
	}
	tx, err := c.conn.BeginTxx(ctx, nil)
	if err != nil {
		return c.d.db.Explain("begin", err)
	}
	if err := f(tx); err != nil {
		_ = tx.Rollback() // the first error is the one to tell
		return err
	}
	return c.d.db.Explain("commit", tx.Commit())
}

func (c *Comparison) exec(ctx context.Context, name string, arg any) error {
	return c.within(ctx, func(on place) error {
		_, err := c.d.db.Exec(ctx, on, name, arg)
		return err
	})
}

func (c *Comparison) one(ctx context.Context, dest any, name string, arg any) error {
	return c.within(ctx, func(on place) error { return c.d.db.One(ctx, on, dest, name, arg) })
}

func (c *Comparison) all(ctx context.Context, dest any, name string, arg any) error {
	return c.within(ctx, func(on place) error { return c.d.db.All(ctx, on, dest, name, arg) })
}

func (c *Comparison) run(ctx context.Context, names ...string) error {
	for _, name := range names {
		if err := c.exec(ctx, name, c.args()); err != nil {
			return err
		}
	}
	return nil
}

// args are the parameters that the queries of a comparison share.
func (c *Comparison) args() args {
	return ofDay(c.scope.Day, args{
		"mid": c.scope.MID, "run_id": c.scope.RunID, "day": string(c.scope.Day),
		"since": stamp(c.scope.Since), "follow_from": stamp(c.scope.FollowFrom),
	})
}

// ofDay adds what queries of one business date's movements ask for.
func ofDay(day pay.Day, with args) args {
	with["of_day"], with["from"], with["to"] = string(day), at(day.Start()), at(day.End())
	return with
}

// stamp is a time that is compared with, where the beginning of time means all.
func stamp(t time.Time) Time {
	if t.IsZero() {
		return at(time.Unix(0, 0))
	}
	return at(t)
}

// TouchShop marks the orders that the shop touched: ordered, paid or cancelled
// within the day and, unless the day stands alone, changed since, in an open
// break, or followed. It gives the time of the oldest one, from which on the
// list must be covered.
func (c *Comparison) TouchShop(ctx context.Context) (oldest time.Time, err error) {
	if err := c.analyze(ctx); err != nil {
		return time.Time{}, err
	}
	touching := []string{"touch_ordered", "touch_paid", "touch_canceled"}
	if !c.scope.Alone {
		touching = append(touching, "touch_changed", "touch_breaks", "touch_followed")
	}
	if err := c.run(ctx, append(touching, "analyze_touched")...); err != nil {
		return time.Time{}, err
	}
	var first Time
	if err := c.one(ctx, &first, "oldest_touched", c.args()); err != nil {
		return time.Time{}, err
	}
	return first.Time, nil
}

// analyze lets the planner know tables that nobody has looked at yet.
func (c *Comparison) analyze(ctx context.Context) error {
	var tables []string
	if err := c.all(ctx, &tables, "never_analyzed", args{}); err != nil {
		return err
	}
	for _, table := range tables {
		if err := c.run(ctx, analyzing[table]); err != nil {
			return err
		}
	}
	return nil
}

var analyzing = map[string]string{"orders": "analyze_orders", "transactions": "analyze_transactions", "payments": "analyze_payments", "cancels": "analyze_cancels"}

// TouchGiven marks just the given orders.
func (c *Comparison) TouchGiven(ctx context.Context, orderIDs []string) error {
	for _, id := range orderIDs {
		if err := c.exec(ctx, "touch_given", args{"order_id": id}); err != nil {
			return err
		}
	}
	return nil
}

// TouchProvider marks the orders whose payments moved at Toss within the day
// and, unless the day stands alone, those of which rows came late, those of days that this run read for the first
// time, where the shop's orders of such a day are there, and those of some
// finished refunds, which are looked up again.
func (c *Comparison) TouchProvider(ctx context.Context) error {
	if err := c.analyze(ctx); err != nil {
		return err
	}
	if err := c.run(ctx, "touch_moved"); err != nil {
		return err
	}
	if c.scope.Alone {
		return c.run(ctx, "analyze_touched")
	}
	if err := c.touchLateRows(ctx); err != nil {
		return err
	}
	if err := c.touchFirstRead(ctx); err != nil {
		return err
	}
	with := c.args()
	with["drawn"] = jobs.RollingRefunds
	with["draw"] = reconcile.ShortHash(c.scope.MID, string(c.scope.Day))
	if err := c.exec(ctx, "draw_rolling", with); err != nil {
		return err
	}
	if err := c.run(ctx, "touch_rolling"); err != nil {
		return err
	}
	return c.run(ctx, "analyze_touched")
}

func (c *Comparison) touchLateRows(ctx context.Context) error {
	var windows []struct {
		Day     string `db:"day"`
		FirstAt Time   `db:"first_at"`
	}
	if err := c.all(ctx, &windows, "windows_changed", c.args()); err != nil {
		return err
	}
	for _, window := range windows {
		late := c.onDay(window.Day)
		late["first_at"] = window.FirstAt
		if err := c.exec(ctx, "touch_late_rows", late); err != nil {
			return err
		}
	}
	return nil
}

func (c *Comparison) touchFirstRead(ctx context.Context) error {
	var days []string
	if err := c.all(ctx, &days, "first_read_days", c.args()); err != nil {
		return err
	}
	for _, day := range days {
		var share struct {
			Paid  int64 `db:"paid"`
			Known int64 `db:"known"`
		}
		if err := c.one(ctx, &share, "day_known", c.onDay(day)); err != nil {
			return err
		}
		if !reconcile.DayKnown(share.Paid, share.Known) {
			continue
		}
		if err := c.exec(ctx, "touch_moved", c.onDay(day)); err != nil {
			return err
		}
	}
	return nil
}

// onDay are the parameters for another day than the one that is compared.
func (c *Comparison) onDay(day string) args {
	return ofDay(pay.Day(day), c.args())
}

// KeepMethod drops the touched orders that neither side paid by a method.
func (c *Comparison) KeepMethod(ctx context.Context, method pay.Method) error {
	with := c.args()
	with["method"] = string(method)
	err := c.exec(ctx, "keep_method", with)
	return err
}

// Fold takes the snapshot in which all that follows is read, and folds each
// payment of a touched order from all its rows and look-ups. Called again it folds
// only what look-ups have told of since: within a snapshot nothing else is new.
func (c *Comparison) Fold(ctx context.Context) error {
	again := c.snapshot
	if err := c.takeSnapshot(ctx); err != nil {
		return err
	}
	steps := []string{"analyze_looked_payments", "analyze_looked_cancels"}
	if again {
		steps = append(steps, "clear_refolded", "mark_refolded", "analyze_refolded", "unfold_refolded", "refill_standing")
	} else {
		steps = append(steps, "clear_standing", "fill_standing")
	}
	return c.run(ctx, append(steps, "fill_standing_looked", "analyze_standing")...)
}

func (c *Comparison) takeSnapshot(ctx context.Context) error {
	if c.snapshot {
		return nil
	}
	begin := "BEGIN DEFERRED"
	if c.d.Dialect() == sqlfiles.Postgres {
		begin = "BEGIN ISOLATION LEVEL REPEATABLE READ"
	}
	if _, err := c.conn.ExecContext(ctx, begin); err != nil {
		return c.d.db.Explain("begin", err)
	}
	c.snapshot = true
	return c.d.db.Explain("begin", database.StillOwn(ctx, c.conn))
}

// EndSnapshot lets the past go: while it is read, what others write meanwhile stays
// in SQLite's log, and each look has to go through all of that.
func (c *Comparison) EndSnapshot(ctx context.Context) {
	if c.snapshot {
		_, _ = c.conn.ExecContext(ctx, "COMMIT") // it only read; a dead connection ends it as well
		c.snapshot = false
	}
}

// Filter drops the pairs that agree and counts what is left. With all, every
// touched order is a suspect: for shops whose contract lacks the list.
func (c *Comparison) Filter(ctx context.Context, all bool) (touched, suspects int64, err error) {
	return c.filter(ctx, all, false)
}

func (c *Comparison) filter(ctx context.Context, all, answered bool) (touched, suspects int64, err error) {
	with := c.args()
	with["lookup_all"], with["answered"] = flag(all), flag(answered)
	if err := c.exec(ctx, "fill_suspects", with); err != nil {
		return 0, 0, err
	}
	if err := c.one(ctx, &touched, "count_touched", nil); err != nil {
		return 0, 0, err
	}
	err = c.one(ctx, &suspects, "count_suspects", nil)
	return touched, suspects, err
}

// NextSuspects gives the suspects after one, most money first, at most limit.
func (c *Comparison) NextSuspects(ctx context.Context, after reconcile.Suspect, limit int) ([]reconcile.Suspect, error) {
	with := args{"mid": c.scope.MID, "stake": after.Stake, "after": after.OrderID, "limit": limit}
	var rows []struct {
		SuspectID string `db:"suspect_id"`
		Stake     int64  `db:"stake"`
		orderRow
	}
	if err := c.all(ctx, &rows, "next_suspects", with); err != nil {
		return nil, err
	}
	var known []struct {
		OrderID    string `db:"order_id"`
		PaymentKey string `db:"payment_key"`
		WasDone    int64  `db:"was_done"`
	}
	if err := c.all(ctx, &known, "standing_of_suspects", with); err != nil {
		return nil, err
	}
	byOrder := map[string][]reconcile.Known{}
	for _, k := range known {
		byOrder[k.OrderID] = append(byOrder[k.OrderID], reconcile.Known{PaymentKey: k.PaymentKey, WasDone: k.WasDone != 0})
	}
	var claims []struct {
		OrderID        string `db:"order_id"`
		PaymentKey     string `db:"payment_key"`
		TransactionKey string `db:"transaction_key"`
		Amount         int64  `db:"amount"`
	}
	if err := c.all(ctx, &claims, "claims_of_suspects", with); err != nil {
		return nil, err
	}
	claimed := map[string][]reconcile.Claim{}
	for _, each := range claims {
		claimed[each.OrderID] = append(claimed[each.OrderID], reconcile.Claim{PaymentKey: each.PaymentKey, TransactionKey: each.TransactionKey, Amount: each.Amount})
	}
	suspects := make([]reconcile.Suspect, len(rows))
	for i, row := range rows {
		suspects[i] = reconcile.Suspect{OrderID: row.SuspectID, Stake: row.Stake, Known: byOrder[row.SuspectID], Claims: claimed[row.SuspectID]}
		assign(&suspects[i], row.order())
	}
	return suspects, nil
}

// lookUpBatch is how many looked-up rows go into one statement.
const lookUpBatch = 50

// SaveLookUps keeps what look-ups showed until Commit, and marks the suspects
// on which they decide: the breaks of the others stay as they were.
func (c *Comparison) SaveLookUps(ctx context.Context, payments []pay.Payment, judged []string) error {
	return c.within(ctx, func(on place) error { return c.saveLookUps(ctx, on, payments, judged) })
}

func (c *Comparison) saveLookUps(ctx context.Context, on place, payments []pay.Payment, judged []string) error {
	marks := database.NewBulk(c.d.db, on, "INSERT INTO judged (order_id)", 1, "ON CONFLICT DO NOTHING", lookUpBatch)
	defer marks.Close()
	for _, id := range judged {
		if err := marks.Add(ctx, id); err != nil {
			return err
		}
	}
	into := database.NewBulk(c.d.db, on, "INSERT INTO looked_payments ("+paymentColumns+")", 25, "ON CONFLICT DO NOTHING", lookUpBatch)
	defer into.Close()
	cancels := database.NewBulk(c.d.db, on, "INSERT INTO looked_cancels (mid, payment_key, transaction_key, amount, status, canceled_at, marker, tax_free)", 8, "ON CONFLICT DO NOTHING", lookUpBatch)
	defer cancels.Close()
	for _, p := range payments {
		if err := into.Add(ctx, newPaymentRow(p, c.now).values()...); err != nil {
			return err
		}
		for _, cancel := range p.Cancels {
			if err := cancels.Add(ctx, p.MID, p.PaymentKey, cancel.TransactionKey, cancel.Amount, string(cancel.Status),
				at(cancel.CanceledAt), pay.Marker(cancel.Reason), cancel.TaxFreeAmount); err != nil {
				return err
			}
		}
	}
	for _, each := range []*database.Bulk{marks, into, cancels} {
		if err := each.Flush(ctx); err != nil {
			return err
		}
	}
	return nil
}

type cancelRow struct {
	MID            string `db:"mid"`
	PaymentKey     string `db:"payment_key"`
	TransactionKey string `db:"transaction_key"`
	Amount         int64  `db:"amount"`
	Status         string `db:"status"`
	CanceledAt     Time   `db:"canceled_at"`
	Marker         string `db:"marker"`
	ClaimedBy      string `db:"claimed_by"`
	TaxFree        *int64 `db:"tax_free"` // null: an older program looked
}

// CountAgreeing counts the payments that hold money and that the filter let
// pass.
func (c *Comparison) CountAgreeing(ctx context.Context) (int64, error) {
	var n int64
	err := c.one(ctx, &n, "count_agreeing", nil)
	return n, err
}

// Agreeing gives the agreeing payments at some positions of their order by
// order number; positions ascend.
func (c *Comparison) Agreeing(ctx context.Context, positions []int64) ([]reconcile.Suspect, error) {
	drawn, err := c.agreeingAt(ctx, positions)
	if err != nil {
		return nil, err
	}
	for i := range drawn {
		if err := c.fillOrder(ctx, &drawn[i]); err != nil {
			return nil, err
		}
	}
	return drawn, nil
}

// agreeingAt walks over the agreeing payments, without keeping them.
func (c *Comparison) agreeingAt(ctx context.Context, positions []int64) ([]reconcile.Suspect, error) {
	rows, err := c.conn.QueryxContext(ctx, c.d.db.Query("agreeing"))
	if err != nil {
		return nil, c.d.db.Explain("agreeing", err)
	}
	defer rows.Close()
	var drawn []reconcile.Suspect
	for i := int64(0); len(drawn) < len(positions) && rows.Next(); i++ {
		if i != positions[len(drawn)] {
			continue
		}
		var orderID, key string
		if err := rows.Scan(&orderID, &key); err != nil {
			return nil, c.d.db.Explain("agreeing", err)
		}
		drawn = append(drawn, reconcile.Suspect{OrderID: orderID, Known: []reconcile.Known{{PaymentKey: key, WasDone: true}}})
	}
	return drawn, c.d.db.Explain("agreeing", rows.Err())
}

func (c *Comparison) fillOrder(ctx context.Context, s *reconcile.Suspect) error {
	var row orderRow
	err := c.one(ctx, &row, "order_of", args{"mid": c.scope.MID, "order_id": s.OrderID})
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err == nil {
		assign(s, row.order())
	}
	return err
}

// assign says what the shop's order is to the comparison.
func assign(s *reconcile.Suspect, order *pay.Order) {
	switch {
	case order == nil:
	case order.Compared():
		s.Order = order
	default:
		s.Aside = order
	}
}

// Figures counts what the day had beside what was compared.
func (c *Comparison) Figures(ctx context.Context) (reconcile.DayFigures, error) {
	var figures reconcile.DayFigures
	var orders struct {
		OtherPG    int64 `db:"other_pg"`
		ZeroAmount int64 `db:"zero_amount"`
	}
	if err := c.one(ctx, &orders, "day_orders", c.args()); err != nil {
		return figures, err
	}
	figures.OtherPG, figures.ZeroAmount = orders.OtherPG, orders.ZeroAmount
	methods, err := c.dayMethods(ctx)
	for _, m := range methods {
		figures.Transactions += m.Rows
		figures.ByMethod = append(figures.ByMethod, reconcile.MethodTotal{
			Method: pay.Method(m.Method), Currency: pay.Currency(m.Currency), Rows: m.Rows, Approved: m.Approved, Canceled: m.Canceled,
		})
	}
	return figures, err
}

// LastImport is when the shop's orders last changed; zero when there are none.
func (c *Comparison) LastImport(ctx context.Context) (time.Time, error) {
	var last Time
	err := c.one(ctx, &last, "last_import", c.args())
	return last.Time, err
}

// CountOrdered counts the shop's orders of a day that Toss should know.
func (c *Comparison) CountOrdered(ctx context.Context, mid string, day pay.Day) (int64, error) {
	return c.d.CountOrdered(ctx, mid, day)
}
