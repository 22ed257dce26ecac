package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"daesa/internal/database"
	"daesa/jobs"
	"daesa/pay"
	"daesa/settle"
)

// Settling is one reading of what Toss settles: a connection of its own, on which
// the rows of the lists are staged until all of them were read. Memory stays flat.
type Settling struct {
	d       *DB
	conn    *sqlx.Conn
	release func() error
	mid     string
	now     time.Time
	// whole are the lists that have shown all that they must: what is staged later
	// only adds to it.
	whole map[settle.Window]bool
}

// OpenSettling begins a reading. Close must be called.
func (d *DB) OpenSettling(ctx context.Context, mid string, now time.Time) (*Settling, error) {
	if err := d.RequireSession(ctx); err != nil {
		return nil, err
	}
	conn, release, err := d.db.Pin(ctx)
	if err != nil {
		return nil, err
	}
	s := &Settling{d: d, conn: conn, release: release, mid: mid, now: now, whole: map[settle.Window]bool{}}
	if err := d.db.Stretch(ctx, conn); err != nil {
		_ = s.Close() // the first error is the one to tell
		return nil, err
	}
	for _, name := range []string{"drop_arriving", "create_arriving", "drop_pondered", "create_pondered"} {
		if _, err := d.db.Exec(ctx, conn, name, args{}); err != nil {
			_ = s.Close() // the first error is the one to tell
			return nil, err
		}
	}
	return s, nil
}

// Close ends the reading and drops what it staged.
func (s *Settling) Close() error {
	ctx := context.Background() // also after an interrupt
	for _, name := range []string{"drop_arriving", "drop_pondered"} {
		if _, err := s.d.db.Exec(ctx, s.conn, name, args{}); err != nil {
			return s.release() // the connection is gone, and its tables with it
		}
	}
	_ = s.d.db.Shrink(ctx, s.conn) // a dead connection has no limits
	return s.release()
}

// settledColumns are what a row says; identity, version and marks stand beside it.
const settledColumns = "order_id, currency, method, amount, interest_fee, fee, supply_amount, vat, pay_out_amount, " +
	"approved_at, canceled_at, sold_date, paid_out_date, card_type, issuer, provider, fees, digest, odd"

// settlementRow is a row of what Toss settles as the tables hold it.
type settlementRow struct {
	MID            string `db:"mid"`
	PaymentKey     string `db:"payment_key"`
	TransactionKey string `db:"transaction_key"`
	Copy           int    `db:"copy"`
	OrderID        string `db:"order_id"`
	Currency       string `db:"currency"`
	Method         string `db:"method"`
	Amount         int64  `db:"amount"`
	InterestFee    int64  `db:"interest_fee"`
	Fee            int64  `db:"fee"`
	SupplyAmount   int64  `db:"supply_amount"`
	VAT            int64  `db:"vat"`
	PayOutAmount   int64  `db:"pay_out_amount"`
	ApprovedAt     Time   `db:"approved_at"`
	CanceledAt     Time   `db:"canceled_at"`
	Month          string `db:"month"`
	Day            string `db:"day"` // of its own time; of a staged row
	SoldDate       string `db:"sold_date"`
	PaidOutDate    string `db:"paid_out_date"`
	CardType       string `db:"card_type"`
	Issuer         string `db:"issuer"`
	Provider       string `db:"provider"`
	Fees           string `db:"fees"`
	Digest         string `db:"digest"`
	Version        int    `db:"version"`
	RecordedAt     Time   `db:"recorded_at"`
	Withdrawn      int64  `db:"withdrawn"`
	Doubled        int64  `db:"doubled"`
	Odd            int64  `db:"odd"`
	Known          int64  `db:"known"` // of a query that says so
}

func newSettlementRow(r settle.Row, odd bool) settlementRow {
	row := settlementRow{
		MID: r.MID, PaymentKey: plain(r.PaymentKey), TransactionKey: plain(r.TransactionKey), Copy: r.Copy, OrderID: plain(r.OrderID),
		Currency: string(r.Currency), Method: string(r.Method), Amount: r.Amount, InterestFee: r.InterestFee, Fee: r.Fee,
		SupplyAmount: r.SupplyAmount, VAT: r.VAT, PayOutAmount: r.PayOutAmount, ApprovedAt: at(r.ApprovedAt),
		Month: string(settle.MonthOf(r.TransactedAt())), Day: string(pay.DayOf(r.TransactedAt())), SoldDate: string(r.SoldDate), PaidOutDate: string(r.PaidOutDate),
		CardType: plain(r.CardType), Issuer: plain(r.Issuer), Provider: plain(r.Provider), Fees: feesText(r.Fees), Digest: r.Digest(),
		Version: r.Version, RecordedAt: at(r.Recorded), Withdrawn: flag(r.Withdrawn), Odd: flag(odd),
	}
	if r.Cancel() {
		row.CanceledAt = at(r.TransactedAt())
	}
	return row
}

func (r settlementRow) row() settle.Row {
	return settle.Row{
		Settlement: pay.Settlement{
			MID: r.MID, PaymentKey: r.PaymentKey, TransactionKey: r.TransactionKey, OrderID: r.OrderID, Currency: pay.Currency(r.Currency),
			Method: pay.Method(r.Method), Amount: r.Amount, InterestFee: r.InterestFee, Fee: r.Fee, Fees: feesOf(r.Fees),
			SupplyAmount: r.SupplyAmount, VAT: r.VAT, PayOutAmount: r.PayOutAmount, ApprovedAt: r.ApprovedAt.Time, CanceledAt: r.CanceledAt.Time,
			SoldDate: pay.Day(r.SoldDate), PaidOutDate: pay.Day(r.PaidOutDate), CardType: r.CardType, Issuer: r.Issuer, Provider: r.Provider,
		},
		Copy: r.Copy, Version: r.Version, Recorded: r.RecordedAt.Time, Withdrawn: r.Withdrawn != 0,
	}
}

// said are the values of settledColumns.
func (r settlementRow) said() []any {
	return []any{r.OrderID, r.Currency, r.Method, r.Amount, r.InterestFee, r.Fee, r.SupplyAmount, r.VAT, r.PayOutAmount,
		r.ApprovedAt, r.CanceledAt, r.SoldDate, r.PaidOutDate, r.CardType, r.Issuer, r.Provider, r.Fees, r.Digest, r.Odd}
}

// feesText writes the parts of a fee; "" for none.
func feesText(fees []pay.Fee) string {
	if len(fees) == 0 {
		return ""
	}
	return plain(mustWrite(fees))
}

func feesOf(text string) []pay.Fee {
	if text == "" {
		return nil
	}
	var fees []pay.Fee
	if json.Unmarshal([]byte(text), &fees) != nil {
		return nil // what this program wrote always decodes
	}
	return fees
}

// stageBatch is how many staged rows go into one statement.
const stageBatch = 500

// Stage keeps the rows of one page, and the page as evidence. odd says of a row that
// its fee is another than agreed.
func (s *Settling) Stage(ctx context.Context, rows []settle.Row, odd func(settle.Row) bool, runID string, page pay.Evidence) error {
	evidence := newPageRow(s.mid, runID, page)
	return s.d.db.WriteOn(ctx, s.conn, func(tx *sqlx.Tx) error {
		into := database.NewBulk(s.d.db, tx, "INSERT INTO arriving (payment_key, transaction_key, month, day, "+settledColumns+")", 23, "ON CONFLICT DO NOTHING", stageBatch)
		defer into.Close()
		for _, r := range rows {
			row := newSettlementRow(r, odd(r))
			if err := into.Add(ctx, append([]any{row.PaymentKey, row.TransactionKey, row.Month, row.Day}, row.said()...)...); err != nil {
				return err
			}
		}
		if err := into.Flush(ctx); err != nil {
			return err
		}
		_, err := s.d.db.Exec(ctx, tx, "upsert_page", evidence)
		return err
	})
}

// key is what a row is known by within a merchant.
type settledKey struct {
	PaymentKey     string `db:"payment_key"`
	TransactionKey string `db:"transaction_key"`
}

// Unseen gives the windows that would withdraw rows, since they do not show what
// they showed before.
func (s *Settling) Unseen(ctx context.Context, whole []settle.Window) ([]settle.Window, error) {
	if _, err := s.d.db.Exec(ctx, s.conn, "analyze_arriving", args{}); err != nil {
		return nil, err
	}
	var short []settle.Window
	for _, w := range whole {
		keys, err := s.unseen(ctx, w)
		if err != nil {
			return nil, err
		}
		if len(keys) > 0 {
			short = append(short, w)
		} else {
			s.whole[w] = true
		}
	}
	return short, nil
}

// unseenBy are the queries for the rows that a list does not show, by its date.
var unseenBy = map[pay.SettledBy]string{pay.BySold: "unseen_sold", pay.ByPaidOut: "unseen_paid"}

func (s *Settling) unseen(ctx context.Context, w settle.Window) (keys []settledKey, err error) {
	err = s.d.db.All(ctx, s.conn, &keys, unseenBy[w.By], args{"mid": s.mid, "day": string(w.Day)})
	return keys, err
}

// foldBatch is how many keys are folded in one transaction, plainBatch how many are
// kept as they stand, which holds none of them in memory.
const (
	foldBatch  = 2000
	plainBatch = 10_000
)

// ponder finds the keys of the reading of which anything is to be thought about. It
// writes to a table of its own connection, and keeps nobody else from writing.
func (s *Settling) ponder(ctx context.Context) error {
	_, err := s.d.db.Exec(ctx, s.conn, "fill_pondered", args{"mid": s.mid})
	if err == nil {
		_, err = s.d.db.Exec(ctx, s.conn, "analyze_pondered", args{})
	}
	return err
}

// stretch is a part of the keys that are thought about, or of the plain ones.
type stretch struct {
	plain       bool
	after, last settledKey
}

func (s stretch) args() args {
	limit := foldBatch
	if s.plain {
		limit = plainBatch
	}
	return args{"plain": flag(s.plain), "after_payment": s.after.PaymentKey, "after_key": s.after.TransactionKey,
		"last_payment": s.last.PaymentKey, "last_key": s.last.TransactionKey, "limit": limit}
}

// next moves the stretch on to the keys that follow; false at the end.
func (s *Settling) next(ctx context.Context, of *stretch) (bool, error) {
	of.after = of.last
	var last []settledKey
	if err := s.d.db.All(ctx, s.conn, &last, "pondered_next", of.args()); err != nil || len(last) == 0 {
		return false, err
	}
	of.last = last[0]
	return true, nil
}

// keepPlain keeps the rows of keys of which nothing is to be thought: what
// settle.Arrive makes of a row that comes first and alone. Their currency is the won,
// of which settle.RowMoves changes no amount.
func (s *Settling) keepPlain(ctx context.Context, sum *jobs.Arrived) error {
	for of := (stretch{plain: true}); ; {
		if more, err := s.next(ctx, &of); err != nil || !more {
			return err
		}
		with := of.args()
		with["mid"], with["now"] = s.mid, at(s.now)
		var kept int64
		err := s.d.db.WriteOn(ctx, s.conn, func(tx *sqlx.Tx) (err error) {
			if kept, err = s.d.db.Exec(ctx, tx, "keep_plain", with); err != nil {
				return err
			}
			if _, err = s.d.db.Exec(ctx, tx, "todo_plain", with); err != nil {
				return err
			}
			var rows []struct {
				Month  string `db:"month"`
				Method string `db:"method"`
				Day    string `db:"day"`
				Fees   int64  `db:"fees"`
				FeeVAT int64  `db:"fee_vat"`
			}
			if err := s.d.db.All(ctx, tx, &rows, "plain_moves", with); err != nil {
				return err
			}
			moves := map[moveKey]settle.Roll{}
			for _, row := range rows {
				moves[moveKey{pay.KRW, settle.Month(row.Month), pay.Method(row.Method), pay.Day(row.Day), s.now}] = settle.Roll{Fees: row.Fees, FeeVAT: row.FeeVAT}
			}
			return s.d.writeMoves(ctx, tx, s.mid, moves)
		})
		if err != nil {
			return err
		}
		sum.New += kept
	}
}

// Fold carries every key over the reading: settle.Arrive says what becomes of each.
// What it writes is written in parts; a reading that was broken off is begun again.
func (s *Settling) Fold(ctx context.Context, whole []settle.Window) (jobs.Arrived, error) {
	read := map[settle.Window]bool{}
	for _, w := range whole {
		read[w] = true
	}
	var sum jobs.Arrived
	if err := s.ponder(ctx); err != nil {
		return sum, err
	}
	if err := s.keepPlain(ctx, &sum); err != nil {
		return sum, err
	}
	for of := (stretch{}); ; {
		more, err := s.next(ctx, &of)
		if err != nil {
			return sum, err
		}
		if !more {
			break
		}
		var next []settlementRow
		if err := s.d.db.All(ctx, s.conn, &next, "arriving_next", of.args()); err != nil {
			return sum, err
		}
		fold := newFolding(s)
		for i := 0; i < len(next); {
			key := settledKey{next[i].PaymentKey, next[i].TransactionKey}
			known := next[i].Known != 0
			var seen []settle.Row
			odd := map[string]bool{}
			for ; i < len(next) && next[i].PaymentKey == key.PaymentKey && next[i].TransactionKey == key.TransactionKey; i++ {
				next[i].MID = s.mid
				row := next[i].row()
				seen = append(seen, row)
				odd[next[i].Digest] = next[i].Odd != 0
			}
			if err := fold.arrive(ctx, key, known, seen, odd, read); err != nil {
				return sum, err
			}
		}
		if err := fold.write(ctx, &sum); err != nil {
			return sum, err
		}
	}
	for _, w := range whole {
		if s.whole[w] {
			continue
		}
		keys, err := s.unseen(ctx, w)
		if err != nil {
			return sum, err
		}
		for len(keys) > 0 {
			part := keys[:min(len(keys), foldBatch)]
			keys = keys[len(part):]
			fold := newFolding(s)
			for _, key := range part {
				if err := fold.arrive(ctx, key, true, nil, nil, read); err != nil {
					return sum, err
				}
			}
			if err := fold.write(ctx, &sum); err != nil {
				return sum, err
			}
		}
	}
	return sum, nil
}

// Cover records which lists were read to their end.
func (s *Settling) Cover(ctx context.Context, whole []settle.Window) error {
	return s.d.db.WriteOn(ctx, s.conn, func(tx *sqlx.Tx) error {
		for _, w := range whole {
			if _, err := s.d.db.Exec(ctx, tx, "cover_settlements", args{"mid": s.mid, "by": string(w.By), "day": string(w.Day), "now": at(s.now)}); err != nil {
				return err
			}
		}
		return nil
	})
}

// folding is one part of a fold, until it is written.
type folding struct {
	*Settling
	changes []foldedKey
	moves   map[moveKey]settle.Roll
	touched map[todoKey]bool
}

type foldedKey struct {
	key           settledKey
	before, after settle.Known
	change        settle.Change
	odd           map[string]bool
}

type todoKey struct{ orderID, paymentKey string }

type moveKey struct {
	currency pay.Currency
	month    settle.Month
	method   pay.Method
	day      pay.Day
	recorded time.Time
}

func newFolding(s *Settling) *folding {
	return &folding{Settling: s, moves: map[moveKey]settle.Roll{}, touched: map[todoKey]bool{}}
}

// arrive thinks about one key.
func (f *folding) arrive(ctx context.Context, key settledKey, known bool, seen []settle.Row, odd map[string]bool, whole map[settle.Window]bool) error {
	if odd == nil {
		odd = map[string]bool{}
	}
	before, err := f.known(ctx, key, known, odd)
	if err != nil {
		return err
	}
	after, change := settle.Arrive(before, seen, whole, f.now)
	f.changes = append(f.changes, foldedKey{key: key, before: before, after: after, change: change, odd: odd})
	if change == settle.Unchanged {
		return nil
	}
	addMoves(f.moves, settle.RowMoves(before, after, f.now))
	for _, of := range []settle.Known{before, after} {
		if of.Row != nil {
			f.touched[todoKey{plain(of.Row.OrderID), key.PaymentKey}] = true
		}
	}
	return nil
}

func addMoves(sums map[moveKey]settle.Roll, moves []settle.DayMove) {
	for _, m := range moves {
		key := moveKey{m.Currency, m.Month, m.Method, m.Day, m.Recorded}
		sums[key] = sums[key].Plus(m.Roll)
	}
}

// known gives what is kept of a key, and adds to odd the marks of what the reading
// does not show.
func (f *folding) known(ctx context.Context, key settledKey, stored bool, odd map[string]bool) (known settle.Known, err error) {
	if !stored {
		return known, nil
	}
	var rows []settlementRow
	with := args{"mid": f.mid, "payment_key": key.PaymentKey, "transaction_key": key.TransactionKey}
	if err := f.d.db.All(ctx, f.conn, &rows, "settlement_of_key", with); err != nil {
		return known, err
	}
	for _, row := range rows {
		r := row.row()
		if _, shown := odd[row.Digest]; !shown {
			odd[row.Digest] = row.Odd != 0
		}
		if r.Copy == 0 {
			known.Row = &r
		} else {
			known.Twin, known.Doubled = &r, row.Doubled != 0
		}
	}
	return known, nil
}

// write writes the part in one transaction.
func (f *folding) write(ctx context.Context, sum *jobs.Arrived) error {
	var part jobs.Arrived
	err := f.d.db.WriteOn(ctx, f.conn, func(tx *sqlx.Tx) error {
		part = jobs.Arrived{} // a transaction may be begun again
		into := database.NewBulk(f.d.db, tx, "INSERT INTO settlement_rows (mid, payment_key, transaction_key, copy, month, version, recorded_at, withdrawn, doubled, "+settledColumns+")", 28,
			"ON CONFLICT (mid, payment_key, transaction_key, copy) DO UPDATE SET "+replaced, stageBatch)
		defer into.Close()
		kept := database.NewBulk(f.d.db, tx, "INSERT INTO settlement_versions (mid, payment_key, transaction_key, copy, month, version, recorded_at, withdrawn, doubled, "+settledColumns+", replaced_at)", 29,
			"ON CONFLICT DO NOTHING", stageBatch)
		defer kept.Close()
		for _, c := range f.changes {
			if err := f.writeKey(ctx, tx, c, into, kept); err != nil {
				return err
			}
			part.Count(c.change)
		}
		for _, bulk := range []*database.Bulk{into, kept} {
			if err := bulk.Flush(ctx); err != nil {
				return err
			}
		}
		todo := f.d.moreTodo(tx)
		defer todo.Close()
		for key := range f.touched {
			if err := todo.Add(ctx, f.mid, key.paymentKey, key.orderID); err != nil {
				return err
			}
		}
		if err := todo.Flush(ctx); err != nil {
			return err
		}
		return f.d.writeMoves(ctx, tx, f.mid, f.moves)
	})
	if err == nil {
		sum.Add(part)
	}
	return err
}

// replaced is how a row takes the place of what its key said before.
var replaced = func() string {
	set := ""
	for _, column := range []string{"month", "version", "recorded_at", "withdrawn", "doubled", "order_id", "currency", "method", "amount", "interest_fee", "fee",
		"supply_amount", "vat", "pay_out_amount", "approved_at", "canceled_at", "sold_date", "paid_out_date", "card_type", "issuer", "provider", "fees", "digest", "odd"} {
		if set != "" {
			set += ", "
		}
		set += column + " = excluded." + column
	}
	return set
}()

// writeKey writes what has changed of one key.
func (f *folding) writeKey(ctx context.Context, tx *sqlx.Tx, c foldedKey, into, kept *database.Bulk) error {
	pairs := []struct {
		before, after *settle.Row
		was, is       bool // doubled
	}{{c.before.Row, c.after.Row, false, false}, {c.before.Twin, c.after.Twin, c.before.Doubled, c.after.Doubled}}
	for i, pair := range pairs {
		if pair.before != nil && (pair.after == nil || pair.after.Version != pair.before.Version || pair.after.Digest() != pair.before.Digest()) {
			old := newSettlementRow(*pair.before, false)
			old.Copy = i
			if err := kept.Add(ctx, append(append(old.identity(f.mid, pair.was), old.said()...), at(f.now))...); err != nil {
				return err
			}
		}
		if pair.after == nil {
			if pair.before != nil {
				with := args{"mid": f.mid, "payment_key": c.key.PaymentKey, "transaction_key": c.key.TransactionKey, "copy": i}
				if _, err := f.d.db.Exec(ctx, tx, "drop_settlement_row", with); err != nil {
					return err
				}
			}
			continue
		}
		row := newSettlementRow(*pair.after, c.odd[pair.after.Digest()])
		row.Copy = i
		if err := into.Add(ctx, append(row.identity(f.mid, pair.is), row.said()...)...); err != nil {
			return err
		}
	}
	return nil
}

// identity are the values that stand before settledColumns.
func (r settlementRow) identity(mid string, doubled bool) []any {
	return []any{mid, r.PaymentKey, r.TransactionKey, r.Copy, r.Month, r.Version, r.RecordedAt, r.Withdrawn, flag(doubled)}
}

// writeMoves adds movements to the ledger.
func (d *DB) writeMoves(ctx context.Context, tx *sqlx.Tx, mid string, moves map[moveKey]settle.Roll) error {
	for key, roll := range moves {
		if roll == (settle.Roll{}) {
			continue
		}
		with := args{"mid": mid, "currency": string(key.currency), "month": string(key.month), "method": string(key.method), "day": string(key.day),
			"recorded_at": at(key.recorded), "approvals": roll.Approvals, "cancels": roll.Cancels, "fees": roll.Fees, "fee_vat": roll.FeeVAT}
		if _, err := d.db.Exec(ctx, tx, "add_move", with); err != nil {
			return fmt.Errorf("store: the ledger of %s: %w", key.day, err)
		}
	}
	return nil
}
