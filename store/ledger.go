package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"

	"daesa/app"
	"daesa/internal/database"
	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/settle"
)

// SettlementWindows gives the lists of some days that were read to their end, and
// when last.
func (d *DB) SettlementWindows(ctx context.Context, mid string, from, to pay.Day) (map[settle.Window]time.Time, error) {
	var rows []struct {
		By     string `db:"listed_by"`
		Day    string `db:"day"`
		ReadAt Time   `db:"read_at"`
	}
	if err := d.db.All(ctx, d.db.Pool(), &rows, "settlement_windows", args{"mid": mid, "from": string(from), "to": string(to)}); err != nil {
		return nil, err
	}
	windows := make(map[settle.Window]time.Time, len(rows))
	for _, row := range rows {
		windows[settle.Window{By: pay.SettledBy(row.By), Day: pay.Day(row.Day)}] = row.ReadAt.Time
	}
	return windows, nil
}

// TransactionDays gives the days of the transaction list that are covered, and when
// each was read last.
func (d *DB) TransactionDays(ctx context.Context, mid string, from, to pay.Day) (map[pay.Day]time.Time, error) {
	var rows []struct {
		Day    string `db:"day"`
		ReadAt Time   `db:"read_at"`
	}
	if err := d.db.All(ctx, d.db.Pool(), &rows, "windows_covered", args{"mid": mid, "from": string(from), "to": string(to)}); err != nil {
		return nil, err
	}
	days := make(map[pay.Day]time.Time, len(rows))
	for _, row := range rows {
		days[pay.Day(row.Day)] = row.ReadAt.Time
	}
	return days, nil
}

// AnySettlement says whether a row of the merchant was ever read.
func (d *DB) AnySettlement(ctx context.Context, mid string) (bool, error) {
	var n int64
	err := d.db.One(ctx, d.db.Pool(), &n, "any_settlement", args{"mid": mid})
	return n > 0, err
}

// LedgerBegun says whether a merchant's ledger was ever brought up to date.
func (d *DB) LedgerBegun(ctx context.Context, mid string) (bool, error) {
	mark, err := d.ledgerMark(ctx, mid)
	return !mark.IsZero(), err
}

// ledgerMark is when a ledger was last brought up to date; zero: never.
func (d *DB) ledgerMark(ctx context.Context, mid string) (time.Time, error) {
	var mark Time
	err := d.db.One(ctx, d.db.Pool(), &mark, "ledger_mark", args{"mid": mid})
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	return mark.Time, err
}

// Todo marks the payments that the ledger must look at: those of which rows, list or
// look-ups have told something new, and those in breaks.
func (d *DB) Todo(ctx context.Context, mid string, margin time.Duration, today pay.Day) error {
	mark, err := d.ledgerMark(ctx, mid)
	if err != nil {
		return err
	}
	first := today.Add(-jobs.LedgerDays) // a ledger that begins leaves years of rows alone
	since := first.Start()
	if !mark.IsZero() {
		first = ""
		since = mark.Add(-margin)
	}
	with := args{"mid": mid, "since": at(since), "day": string(today)}
	if err := d.db.Write(ctx, func(tx *sqlx.Tx) error {
		_, err := d.db.Exec(ctx, tx, "todo_before", with)
		if err == nil {
			_, err = d.db.Exec(ctx, tx, "todo_before_taken", with)
		}
		return err
	}); err != nil {
		return err
	}
	var days []string
	if err := d.db.All(ctx, d.db.Pool(), &days, "days_read_since", with); err != nil {
		return err
	}
	for _, day := range days {
		if pay.Day(day) < first {
			continue
		}
		if err := d.writeOne(ctx, "todo_of_day", ofDay(pay.Day(day), with)); err != nil {
			return err
		}
	}
	if err := d.writeOne(ctx, "todo_of_looks", with); err != nil {
		return err
	}
	return d.writeOne(ctx, "todo_of_breaks", with)
}

// TodoLate marks the payments whose row is late.
func (d *DB) TodoLate(ctx context.Context, mid string, today pay.Day) error {
	return d.writeOne(ctx, "todo_late", args{"mid": mid, "day": string(today), "late_from": string(today.Add(-jobs.LateDays))})
}

func (d *DB) writeOne(ctx context.Context, name string, with args) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		_, err := d.db.Exec(ctx, tx, name, with)
		return err
	})
}

// postBatch is how many rows of what is to be done, a payment under an order each, are
// posted in one transaction: their look into the transaction list goes by orders, which
// lie in another order than they, so that a small part reads as many pages of it as a
// large one.
const postBatch = 5000

// Post calls each with every payment that is to be looked at, in the order of their
// keys, in which the ledger lies, and writes what becomes of it: in parts, each whole.
// While one part is written the next is read.
func (d *DB) Post(ctx context.Context, mid string, each func(settle.Case) settle.Outcome) error {
	reading, stop := context.WithCancel(ctx)
	defer stop() // each may panic, which is its caller's to hear
	var group errgroup.Group
	parts := make(chan todoPart)
	group.Go(func() error {
		defer close(parts)
		return d.readTodo(reading, mid, parts)
	})
	err := d.postAll(ctx, mid, parts, each)
	stop() // who writes no more needs nothing more read
	if unread := group.Wait(); err == nil {
		err = unread
	}
	return err
}

// readTodo gives the parts of what is to be done, one after another. No payment
// stands in two, so that one is read as well while another is written.
func (d *DB) readTodo(ctx context.Context, mid string, parts chan<- todoPart) error {
	for after := ""; ; {
		part, err := d.todoPart(ctx, mid, after)
		if err != nil || len(part.cases) == 0 {
			return err
		}
		after = part.last
		select {
		case parts <- part:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// postAll posts the parts as they come.
func (d *DB) postAll(ctx context.Context, mid string, parts <-chan todoPart, each func(settle.Case) settle.Outcome) error {
	for part := range parts {
		if err := d.post(ctx, mid, part, each); err != nil {
			return err
		}
	}
	return nil
}

// todoPart is a part of what is to be done: the payments after one key, up to
// another, with all that is known of them.
type todoPart struct {
	after, last string
	cases       []settle.Case
}

func (p todoPart) args(mid string) args {
	return args{"mid": mid, "after": p.after, "last": p.last}
}

// todoPart reads the part that follows a payment.
func (d *DB) todoPart(ctx context.Context, mid, after string) (todoPart, error) {
	var next []struct {
		MID        string `db:"mid"`
		PaymentKey string `db:"payment_key"`
		OrderID    string `db:"order_id"`
	}
	if err := d.db.All(ctx, d.db.Pool(), &next, "todo_next", args{"mid": mid, "after": after, "limit": postBatch}); err != nil {
		return todoPart{}, err
	}
	part := todoPart{after: after, cases: make([]settle.Case, 0, len(next))}
	for _, n := range next {
		if n.MID == mid && n.PaymentKey != part.last { // a payment may stand under several orders
			part.cases = append(part.cases, settle.Case{Told: settle.Told{MID: mid, OrderID: n.OrderID, PaymentKey: n.PaymentKey}})
			part.last = n.PaymentKey
		}
	}
	if len(part.cases) == 0 {
		return part, nil
	}
	index := make(map[string]*settle.Case, len(part.cases))
	for i := range part.cases {
		index[part.cases[i].PaymentKey] = &part.cases[i]
	}
	return part, d.fillCases(ctx, part.args(mid), part.cases, index)
}

// moreTodo adds payments to what is to be done: merchant, payment key, order.
func (d *DB) moreTodo(tx *sqlx.Tx) *database.Bulk {
	return database.NewBulk(d.db, tx, "INSERT INTO ledger_pending (mid, payment_key, order_id)", 3, "ON CONFLICT DO NOTHING", rowBatch)
}

// postedRow is a transaction of the ledger as the table holds it.
type postedRow struct {
	PaymentKey     string `db:"payment_key"`
	TransactionKey string `db:"transaction_key"`
	OrderID        string `db:"order_id"`
	Currency       string `db:"currency"`
	Method         string `db:"method"`
	Amount         int64  `db:"amount"`
	At             Time   `db:"at"`
	RecordedAt     Time   `db:"recorded_at"`
	Settled        int64  `db:"settled"`
	DueBy          string `db:"due_by"`
}

func (r postedRow) posted(mid string) settle.Posted {
	return settle.Posted{Transaction: settle.Transaction{MID: mid, PaymentKey: r.PaymentKey, TransactionKey: r.TransactionKey, OrderID: r.OrderID,
		Currency: pay.Currency(r.Currency), Method: pay.Method(r.Method), Amount: r.Amount, At: r.At.Time, Recorded: r.RecordedAt.Time},
		Settled: r.Settled != 0, DueBy: pay.Day(r.DueBy)}
}

// fillCases gives each payment what is known of it.
func (d *DB) fillCases(ctx context.Context, with args, cases []settle.Case, index map[string]*settle.Case) error {
	var listed []rowOfList
	if err := d.db.All(ctx, d.db.Pool(), &listed, "todo_listed", with); err != nil {
		return err
	}
	for _, row := range listed {
		c := index[row.PaymentKey]
		c.Listed = append(c.Listed, pay.Transaction{MID: c.MID, TransactionKey: row.TransactionKey, PaymentKey: row.PaymentKey, OrderID: row.OrderID,
			Method: pay.Method(row.Method), Status: pay.PaymentStatus(row.Status), At: row.At.Time, Currency: pay.Currency(row.Currency), Amount: row.Amount})
	}
	var looked []struct {
		OrderID    string `db:"order_id"`
		PaymentKey string `db:"payment_key"`
		Method     string `db:"method"`
		Currency   string `db:"currency"`
		Approved   int64  `db:"approved"`
		ApprovedAt Time   `db:"approved_at"`
	}
	if err := d.db.All(ctx, d.db.Pool(), &looked, "todo_looked", with); err != nil {
		return err
	}
	for _, row := range looked {
		c := index[row.PaymentKey]
		c.LookedUp, c.Approved, c.ApprovedAt, c.Currency, c.Method = true, row.Approved, row.ApprovedAt.Time, pay.Currency(row.Currency), pay.Method(row.Method)
		c.OrderID = row.OrderID
	}
	var cancels []cancelRow
	if err := d.db.All(ctx, d.db.Pool(), &cancels, "todo_cancels", with); err != nil {
		return err
	}
	for _, row := range cancels {
		c := index[row.PaymentKey]
		c.Cancels = append(c.Cancels, pay.Cancel{TransactionKey: row.TransactionKey, Amount: row.Amount, Status: pay.CancelStatus(row.Status), CanceledAt: row.CanceledAt.Time})
	}
	var posted []postedRow
	if err := d.db.All(ctx, d.db.Pool(), &posted, "todo_posted", with); err != nil {
		return err
	}
	for _, row := range posted {
		c := index[row.PaymentKey]
		c.Posted = append(c.Posted, row.posted(c.MID))
	}
	var rows []settlementRow
	if err := d.db.All(ctx, d.db.Pool(), &rows, "todo_rows", with); err != nil {
		return err
	}
	for _, row := range rows {
		c := index[row.PaymentKey]
		known := settle.Known{}
		r := row.row()
		if r.Copy == 0 {
			known.Row = &r
		} else {
			known.Twin, known.Doubled = &r, row.Doubled != 0
		}
		c.Rows = append(c.Rows, known.Current()...)
	}
	for i := range cases {
		inOrder(&cases[i])
	}
	return nil
}

// inOrder lays what is known of a payment in its order. Where rows name several
// orders, the payment is of the one under which the list has it, or else a look-up.
func inOrder(c *settle.Case) {
	slices.SortFunc(c.Listed, func(a, b pay.Transaction) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.TransactionKey, b.TransactionKey))
	})
	slices.SortFunc(c.Rows, func(a, b settle.Row) int {
		return cmp.Or(strings.Compare(a.TransactionKey, b.TransactionKey), cmp.Compare(a.Copy, b.Copy))
	})
	if len(c.Listed) > 0 {
		c.OrderID = c.Listed[0].OrderID
	}
}

// rowOfList is a row of the transaction list as the table holds it.
type rowOfList struct {
	OrderID        string `db:"order_id"`
	PaymentKey     string `db:"payment_key"`
	TransactionKey string `db:"transaction_key"`
	Status         string `db:"status"`
	Method         string `db:"method"`
	At             Time   `db:"at"`
	Currency       string `db:"currency"`
	Amount         int64  `db:"amount"`
}

// post writes what becomes of some payments, and takes them off the list. Those of
// which breaks must hear stay on it until the breaks are written: who dies before that
// has told nobody.
func (d *DB) post(ctx context.Context, mid string, part todoPart, each func(settle.Case) settle.Outcome) error {
	outcomes := make([]settle.Outcome, len(part.cases))
	moves := map[moveKey]settle.Roll{}
	for i, c := range part.cases {
		outcomes[i] = each(c)
		addMoves(moves, outcomes[i].Moves)
	}
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		into := database.NewBulk(d.db, tx, "INSERT INTO ledger_transactions (mid, payment_key, transaction_key, order_id, currency, method, amount, at, day, recorded_at, settled, due_by)", 12,
			`ON CONFLICT (mid, payment_key, transaction_key) DO UPDATE SET order_id = excluded.order_id, currency = excluded.currency, method = excluded.method,
			amount = excluded.amount, at = excluded.at, day = excluded.day, recorded_at = excluded.recorded_at, settled = excluded.settled, due_by = excluded.due_by`, rowBatch)
		defer into.Close()
		for i, outcome := range outcomes {
			for _, key := range outcome.Drop {
				if _, err := d.db.Exec(ctx, tx, "drop_posted", args{"mid": mid, "payment_key": part.cases[i].PaymentKey, "transaction_key": key}); err != nil {
					return err
				}
			}
			for _, p := range outcome.Write {
				if err := into.Add(ctx, mid, p.PaymentKey, p.TransactionKey, p.OrderID, string(p.Currency), string(p.Method), p.Amount, at(p.At), string(pay.DayOf(p.At)), at(p.Recorded),
					flag(p.Settled), string(p.DueBy)); err != nil {
					return err
				}
			}
		}
		if err := into.Flush(ctx); err != nil {
			return err
		}
		if err := d.writeMoves(ctx, tx, mid, moves); err != nil {
			return err
		}
		if _, err := d.db.Exec(ctx, tx, "todo_done", part.args(mid)); err != nil {
			return err
		}
		again := d.moreTodo(tx)
		defer again.Close()
		for i, outcome := range outcomes {
			if outcome.Tells {
				if err := again.Add(ctx, mid, part.cases[i].PaymentKey, part.cases[i].OrderID); err != nil {
					return err
				}
			}
		}
		return again.Flush(ctx)
	})
}

// Parts sums the current rows of a merchant that are paid out on a day or later.
func (d *DB) Parts(ctx context.Context, mid string, from pay.Day) ([]settle.Part, error) {
	var rows []struct {
		MID      string `db:"mid"`
		Day      string `db:"paid_out_date"`
		Currency string `db:"currency"`
		Month    string `db:"month"`
		Method   string `db:"method"`
		Rows     int64  `db:"row_count"`
		Amount   int64  `db:"amount"`
		Fees     int64  `db:"fees"`
		FeeVAT   int64  `db:"fee_vat"`
		PayOut   int64  `db:"pay_out"`
	}
	if err := d.db.All(ctx, d.db.Pool(), &rows, "settlement_parts", args{"mid": mid, "from": string(from)}); err != nil {
		return nil, err
	}
	parts := make([]settle.Part, len(rows))
	for i, r := range rows {
		parts[i] = settle.Part{Payout: settle.PayoutKey{MID: r.MID, Day: pay.Day(r.Day), Currency: pay.Currency(r.Currency)}, Month: settle.Month(r.Month),
			Method: pay.Method(r.Method), Rows: r.Rows, Amount: r.Amount, Fees: r.Fees, FeeVAT: r.FeeVAT, PayOut: r.PayOut}
	}
	return parts, nil
}

// Odd calls each with the current rows whose fee was another than agreed when they
// were read, in the order of their approvals.
func (d *DB) Odd(ctx context.Context, mid string, each func(settle.Row)) error {
	return d.eachRow(ctx, "settlement_odd", args{"mid": mid}, each)
}

// MovedPayouts gives the rows whose payout was moved from a day or a later one to
// another.
func (d *DB) MovedPayouts(ctx context.Context, mid string, from pay.Day) ([]settle.Moved, error) {
	var rows []struct {
		MID      string `db:"mid"`
		Day      string `db:"paid_out_date"`
		Currency string `db:"currency"`
		To       string `db:"moved_to"`
		PayOut   int64  `db:"pay_out_amount"`
		At       Time   `db:"recorded_at"`
	}
	if err := d.db.All(ctx, d.db.Pool(), &rows, "settlement_moved", args{"mid": mid, "from": string(from)}); err != nil {
		return nil, err
	}
	moved := make([]settle.Moved, len(rows))
	for i, r := range rows {
		moved[i] = settle.Moved{From: settle.PayoutKey{MID: r.MID, Day: pay.Day(r.Day), Currency: pay.Currency(r.Currency)}, To: pay.Day(r.To), PaidOut: r.PayOut, At: r.At.Time}
	}
	return moved, nil
}

// SettlementBreaks gives every break of settlement, bank and month of a merchant.
func (d *DB) SettlementBreaks(ctx context.Context, mid string) ([]reconcile.Break, error) {
	return d.breaks(ctx, "breaks_of_settlement", args{"mid": mid})
}

// CommitSettlement writes the breaks of settlement as carry gives them of what stands
// now, and journals what happened to them and what was read.
func (d *DB) CommitSettlement(ctx context.Context, w jobs.SettlementWritten, carry func([]reconcile.Break) []jobs.BreakChange) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		entries, err := d.carryBreaks(ctx, tx, []string{w.MID}, w.Now, w.Actor, func(_ string, known []reconcile.Break) []jobs.BreakChange { return carry(known) })
		if err != nil {
			return err
		}
		if w.Facts != nil {
			entries = append(entries, entry(w.Now, w.Actor, w.RunID, "settlements:"+w.MID, "settlements.read", "", w.Facts))
		}
		for _, key := range w.Told {
			if _, err := d.db.Exec(ctx, tx, "todo_told", args{"mid": w.MID, "payment_key": key}); err != nil {
				return err
			}
		}
		if w.Taken {
			if _, err := d.db.Exec(ctx, tx, "set_ledger_mark", args{"mid": w.MID, "now": at(w.Now)}); err != nil {
				return err
			}
		}
		if len(entries) == 0 {
			return nil
		}
		_, err = d.append(ctx, tx, entries)
		return err
	})
}

// listedBy are the queries for the rows of some days, by which of their dates.
var listedBy = map[pay.SettledBy]string{pay.BySold: "settlement_rows_transacted", pay.ByPaidOut: "settlement_rows_paid"}

// SettlementRows gives the rows that lists of some days show. mid "": of every merchant.
func (d *DB) SettlementRows(ctx context.Context, mid string, by pay.SettledBy, from, to pay.Day) ([]app.SettledRow, error) {
	var rows []settlementRow
	if err := d.db.All(ctx, d.db.Pool(), &rows, listedBy[by], args{"mid": mid, "from": string(from), "to": string(to)}); err != nil {
		return nil, err
	}
	list := make([]app.SettledRow, len(rows))
	for i, r := range rows {
		list[i] = app.SettledRow{Row: r.row(), Known: r.Known != 0}
	}
	return list, nil
}
