package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"daesa/internal/database"
	"daesa/orders"
	"daesa/pay"
	sqlfiles "daesa/sql"
)

// lookBatch is how many orders are looked up at once.
const lookBatch = sqlfiles.Batch

// orderKey is a merchant and an order number.
type orderKey struct{ mid, id string }

// taking takes the orders of a sorted source within one transaction: a number of
// them at a time is held against those that are stored, orders.Judging says what
// becomes of each, and what is new or differs is written. Nothing of it outlives the
// transaction, which may be tried again.
type taking struct {
	d       *DB
	tx      *sqlx.Tx
	how     orders.Taking
	judging orders.Judging
	told    bool // the source has the column tax_free_amount
	empty   bool // no order is stored, and nobody else can write one
	looks   map[string]*sql.Stmt
	added   *database.Bulk
	changed *database.Bulk
	tell    []string // numbers of one merchant of which the tax-free amount is now told
	last    orderKey
	allowed map[orderKey]string // people's words that were not used; nil: nobody has asked
	through []Entry             // of the journal: orders that were let back
	unsound string              // the first order that would be none
	saved   orders.Saved
}

// take goes through a source once.
func (t *taking) take(ctx context.Context, source iter.Seq2[pay.Order, error]) error {
	t.looks, t.added, t.changed = map[string]*sql.Stmt{}, t.ordersBulk("DO NOTHING"), t.ordersBulk(onKnownOrder)
	defer t.close()
	batch := make([]pay.Order, 0, lookBatch)
	for o, err := range source {
		if err != nil {
			return err
		}
		if key := (orderKey{o.MID, o.ID}); key == t.last {
			return hinted(fmt.Errorf("%s: order %s stands twice", t.how.Source, o.ID), "which of the two is right is for a person to say; nothing was taken")
		} else if t.last = key; len(batch) == lookBatch || len(batch) > 0 && batch[0].MID != o.MID {
			if err := t.batch(ctx, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
		batch = append(batch, o)
	}
	if err := t.batch(ctx, batch); err != nil {
		return err
	}
	return t.finish(ctx)
}

// finish refuses the source as a whole, or writes what is left.
func (t *taking) finish(ctx context.Context) error {
	if len(t.saved.Backward) > 0 && !t.how.Older.LeaveOut {
		return &orders.BackwardError{Source: t.how.Source, Rows: t.saved.Backward}
	}
	if t.unsound != "" {
		return hinted(fmt.Errorf("%s: order %s: with what it keeps of cancelled, tax-free and elsewhere refunded money it is no sound order", t.how.Source, t.unsound),
			"give the columns canceled_amount, refunded_elsewhere and tax_free_amount too; nothing was taken")
	}
	if t.how.DryRun {
		return nil
	}
	return errors.Join(t.flush(ctx, t.added, t.saved.Inserted), t.flush(ctx, t.changed, t.saved.Updated))
}

// flush writes what is left of some rows. Where not all of them were written, another
// process has put one of them there since it was looked for.
func (t *taking) flush(ctx context.Context, rows *database.Bulk, want int64) error {
	if err := rows.Flush(ctx); err != nil {
		return err
	}
	if rows.Changed != want {
		return fmt.Errorf("%s: %d orders were to be written, and %d were: %w", t.how.Source, want, rows.Changed, database.ErrOvertaken)
	}
	return nil
}

func (t *taking) close() {
	t.added.Close()
	t.changed.Close()
	for _, each := range t.looks {
		_ = each.Close() // a statement that does not close dies with its connection
	}
}

// batch takes some orders of one merchant.
func (t *taking) batch(ctx context.Context, rows []pay.Order) error {
	if len(rows) == 0 {
		return nil
	}
	stored, err := t.stored(ctx, "stored_orders", rows)
	if err != nil {
		return err
	}
	if stored, err = t.locked(ctx, rows, stored); err != nil {
		return err
	}
	for i := range rows {
		if err := t.row(ctx, stored[rows[i].ID], rows[i]); err != nil {
			return err
		}
	}
	return t.tellTaxFree(ctx, rows[0].MID)
}

// locked looks once more at orders that are about to change, on PostgreSQL: another
// process may have changed them since, and from here on it waits.
func (t *taking) locked(ctx context.Context, rows []pay.Order, stored map[string]*storedOrder) (map[string]*storedOrder, error) {
	if t.d.db.Dialect() == database.SQLite || t.how.DryRun {
		return stored, nil
	}
	var changing []pay.Order
	for i := range rows {
		if was := stored[rows[i].ID]; was != nil && !t.judging.Judge(&was.Order, rows[i]).Same {
			changing = append(changing, rows[i])
		}
	}
	if len(changing) == 0 {
		return stored, nil
	}
	again, err := t.stored(ctx, "lock_orders", changing)
	maps.Copy(stored, again)
	return stored, err
}

// row takes one order.
func (t *taking) row(ctx context.Context, stored *storedOrder, row pay.Order) error {
	var was *pay.Order
	if stored != nil {
		was = &stored.Order
	}
	v := t.judging.Judge(was, row)
	if v.Back {
		let, err := t.letBack(ctx, *was, v)
		if err != nil || !let {
			return err
		}
	}
	if v.Unsound != nil && t.unsound == "" {
		t.unsound = row.ID
	}
	switch {
	case v.New:
		t.saved.Inserted++
	case v.Same && !stored.odd:
		t.saved.Unchanged++
		if t.told && !stored.told {
			t.tell = append(t.tell, row.ID)
		}
		return nil
	default:
		t.saved.Updated++
	}
	if t.how.DryRun || t.unsound != "" || len(t.saved.Backward) > 0 && !t.how.Older.LeaveOut {
		return nil // nothing of it will be kept
	}
	return t.write(ctx, v.Order, v.New)
}

// letBack says whether a person let this order go back, notes in the journal that
// it does, and uses the word up; else the row is left out.
func (t *taking) letBack(ctx context.Context, stored pay.Order, v orders.Verdict) (bool, error) {
	row, note := v.Order, t.how.Older.Note
	if !t.how.Older.Allows(row.ID) {
		word, err := t.allowance(ctx, orderKey{row.MID, row.ID})
		if err != nil {
			return false, err
		}
		if word == "" {
			t.saved.Backward = append(t.saved.Backward, v.Backward)
			return false, nil
		}
		note = word
		if err := t.use(ctx, row); err != nil {
			return false, err
		}
	}
	t.through = append(t.through, entry(t.how.Now, t.how.Actor, "", "order:"+row.ID, "order.taken_back", note, map[string]any{
		"mid": row.MID, "source": t.how.Source, "status": string(row.Status), "was_status": string(stored.Status),
		"canceled_amount": row.CanceledAmount, "was_canceled_amount": stored.CanceledAmount,
		"refunded_elsewhere": row.RefundedElsewhere, "was_refunded_elsewhere": stored.RefundedElsewhere}))
	return true, nil
}

// use takes a person's word, which is for once.
func (t *taking) use(ctx context.Context, row pay.Order) error {
	if t.how.DryRun {
		return nil
	}
	_, err := t.d.db.Exec(ctx, t.tx, "use_allowance", args{"mid": row.MID, "order_id": row.ID, "now": at(t.how.Now)})
	return err
}

// allowance is a person's note about an order that may go back; "" where nobody
// said that it may.
func (t *taking) allowance(ctx context.Context, key orderKey) (string, error) {
	if t.allowed == nil {
		var words []struct {
			MID     string `db:"mid"`
			OrderID string `db:"order_id"`
			Note    string `db:"note"`
		}
		if err := t.d.db.All(ctx, t.tx, &words, "allowances", nil); err != nil {
			return "", err
		}
		t.allowed = map[orderKey]string{}
		for _, each := range words {
			t.allowed[orderKey{each.MID, each.OrderID}] = each.Note
		}
	}
	return t.allowed[key], nil
}

// write writes an order that is new or differs.
func (t *taking) write(ctx context.Context, o pay.Order, fresh bool) error {
	rows := t.changed
	if fresh {
		rows = t.added
	}
	return rows.Add(ctx, o.MID, o.ID, o.PaymentKey, string(o.Method), string(o.Status), o.Amount, o.CanceledAmount,
		o.RefundedElsewhere, o.TaxFreeAmount, o.PG, string(o.Currency), at(o.OrderedAt), at(o.PaidAt), at(o.CanceledAt), o.CustomerRef,
		flag(o.MixedRefunds), flag(o.PaidUnknown), at(t.how.Now), flag(t.told))
}

// ordersBulk writes many orders; known is what becomes of one that is there.
func (t *taking) ordersBulk(known string) *database.Bulk {
	return database.NewBulk(t.d.db, t.tx, "INSERT INTO orders (mid, order_id, "+strings.Join(orderColumns, ", ")+", changed_at, tax_free_told)",
		len(orderColumns)+4, "ON CONFLICT (mid, order_id) "+known, orderBatch)
}

// onKnownOrder replaces an order. That a source once told the tax-free amount
// stays.
var onKnownOrder = func() string {
	var sets []string
	for _, column := range append(slices.Clone(orderColumns), "changed_at") {
		sets = append(sets, column+" = excluded."+column)
	}
	return "DO UPDATE SET " + strings.Join(sets, ", ") +
		", tax_free_told = CASE WHEN excluded.tax_free_told = 1 THEN 1 ELSE orders.tax_free_told END"
}()

// tellTaxFree notes of orders that stay as they are that their source now tells the
// tax-free amount. That changes nothing that a night compares.
func (t *taking) tellTaxFree(ctx context.Context, mid string) error {
	if len(t.tell) == 0 || t.how.DryRun {
		return nil
	}
	_, err := t.tx.ExecContext(ctx, t.d.db.Query("tell_tax_free"), ofNumbers(mid, t.tell)...)
	t.tell = t.tell[:0]
	return t.d.db.Explain("tell_tax_free", err)
}

// ofNumbers are the values of a query for some orders of a merchant, in the order
// in which it asks for them: a shorter list repeats its last.
func ofNumbers(mid string, ids []string) []any {
	values := make([]any, 1+lookBatch)
	values[0] = mid
	for i := range lookBatch {
		values[i+1] = ids[min(i, len(ids)-1)]
	}
	return values
}

// storedOrder is an order as it stands in the table.
type storedOrder struct {
	pay.Order
	told bool
	odd  bool // a time is written in another way than ours, by a shop that fills the table itself
}

// stored gives those of some orders of one merchant that the table has, by their
// numbers.
func (t *taking) stored(ctx context.Context, query string, rows []pay.Order) (map[string]*storedOrder, error) {
	found := make(map[string]*storedOrder, len(rows))
	if t.empty {
		return found, nil
	}
	if t.looks[query] == nil {
		prepared, err := t.tx.PrepareContext(ctx, t.d.db.Query(query)) //nolint:sqlclosecheck // close closes all of them
		if err != nil {
			return nil, t.d.db.Explain(query, err)
		}
		t.looks[query] = prepared
	}
	ids := make([]string, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	list, err := t.looks[query].QueryContext(ctx, ofNumbers(rows[0].MID, ids)...)
	if err != nil {
		return nil, t.d.db.Explain(query, err)
	}
	defer list.Close()
	for list.Next() {
		o := &storedOrder{Order: pay.Order{MID: rows[0].MID}}
		if err := o.scan(list); err != nil {
			return nil, t.d.db.Explain(query, err)
		}
		found[o.ID] = o
	}
	return found, t.d.db.Explain(query, errors.Join(list.Err(), list.Close()))
}

func (o *storedOrder) scan(row *sql.Rows) error {
	var mixed, unknown, told int64
	var times [3]writtenTime
	err := row.Scan(&o.ID, &o.PaymentKey, &o.Method, &o.Status, &o.Amount, &o.CanceledAmount, &o.RefundedElsewhere, &o.TaxFreeAmount, &o.PG, &o.Currency,
		&times[0], &times[1], &times[2], &o.CustomerRef, &mixed, &unknown, &told)
	o.OrderedAt, o.PaidAt, o.CanceledAt = times[0].Time.Time, times[1].Time.Time, times[2].Time.Time
	o.MixedRefunds, o.PaidUnknown, o.told = mixed != 0, unknown != 0, told != 0
	o.odd = times[0].odd || times[1].odd || times[2].odd
	return err
}

// writtenTime notes of a time that is kept as text whether it is written as ours
// are.
type writtenTime struct {
	Time
	odd bool
}

// Scan reads what either driver gives.
func (t *writtenTime) Scan(value any) error {
	err := t.Time.Scan(value)
	if text, ok := value.(string); ok && err == nil {
		t.odd = len(text) != len(database.TimeLayout) || !strings.HasSuffix(text, "Z")
	}
	return err
}
