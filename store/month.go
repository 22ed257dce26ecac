package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"daesa/app/closing"
	"daesa/approval"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/settle"
)

// Moves gives what moved the receivable of a merchant, summed by day, method and the
// moment at which it was recorded.
func (d *DB) Moves(ctx context.Context, mid string) ([]settle.DayMove, error) {
	var rows []struct {
		Currency   string `db:"currency"`
		Month      string `db:"month"`
		Method     string `db:"method"`
		Day        string `db:"day"`
		RecordedAt Time   `db:"recorded_at"`
		Approvals  int64  `db:"approvals"`
		Cancels    int64  `db:"cancels"`
		Fees       int64  `db:"fees"`
		FeeVAT     int64  `db:"fee_vat"`
	}
	if err := d.db.All(ctx, d.db.Pool(), &rows, "ledger_moves", args{"mid": mid}); err != nil {
		return nil, err
	}
	moves := make([]settle.DayMove, len(rows))
	for i, r := range rows {
		moves[i] = settle.DayMove{Currency: pay.Currency(r.Currency), Day: pay.Day(r.Day), Movement: settle.Movement{Month: settle.Month(r.Month),
			Method: pay.Method(r.Method), Recorded: r.RecordedAt.Time, Roll: settle.Roll{Approvals: r.Approvals, Cancels: r.Cancels, Fees: r.Fees, FeeVAT: r.FeeVAT}}}
	}
	return moves, nil
}

// NoRows gives the transactions without a settlement row, summed by day and method.
func (d *DB) NoRows(ctx context.Context, mid string) ([]closing.NoRow, error) {
	var rows []struct {
		Currency string `db:"currency"`
		Day      string `db:"day"`
		Method   string `db:"method"`
		Number   int64  `db:"number"`
		Amount   int64  `db:"amount"`
	}
	if err := d.db.All(ctx, d.db.Pool(), &rows, "ledger_no_row", args{"mid": mid}); err != nil {
		return nil, err
	}
	list := make([]closing.NoRow, len(rows))
	for i, r := range rows {
		amount := r.Amount
		list[i] = closing.NoRow{Currency: pay.Normal(pay.Currency(r.Currency), &amount), Day: pay.Day(r.Day),
			NoRow: settle.NoRow{Month: settle.MonthOfDay(pay.Day(r.Day)), Method: pay.Method(r.Method), Count: r.Number, Amount: amount}}
	}
	return list, nil
}

// Adjustments gives the decisions that changed the receivable of a merchant, and when
// each lapsed.
func (d *DB) Adjustments(ctx context.Context, mid string) ([]closing.Adjusted, error) {
	var rows []struct {
		BreakID    string `db:"break_id"`
		RecordedAt Time   `db:"recorded_at"`
		MID        string `db:"mid"`
		Currency   string `db:"currency"`
		Method     string `db:"method"`
		Kind       string `db:"kind"`
		Subject    string `db:"subject"`
		As         string `db:"decided_as"`
		Amount     int64  `db:"amount"`
		UndoneAt   Time   `db:"undone_at"`
	}
	if err := d.db.All(ctx, d.db.Pool(), &rows, "ledger_adjustments", args{"mid": mid}); err != nil {
		return nil, err
	}
	list := make([]closing.Adjusted, len(rows))
	for i, r := range rows {
		list[i] = closing.Adjusted{BreakID: r.BreakID, Undone: r.UndoneAt.Time, Decision: settle.Decision{Kind: reconcile.Kind(r.Kind),
			As: reconcile.Disposition(r.As), Subject: r.Subject, Currency: pay.Currency(r.Currency), Method: pay.Method(r.Method),
			Day: pay.DayOf(r.RecordedAt.Time), Recorded: r.RecordedAt.Time, Amount: r.Amount}}
	}
	return list, nil
}

// MonthFigures gives the figures of a version as they were locked.
func (d *DB) MonthFigures(ctx context.Context, month settle.Month, version int) ([]byte, error) {
	return d.monthText(ctx, "month_figures", month, version)
}

// MonthDrawn gives the workbook of a version as it was locked.
func (d *DB) MonthDrawn(ctx context.Context, month settle.Month, version int) ([]byte, error) {
	return d.monthText(ctx, "month_drawn", month, version)
}

func (d *DB) monthText(ctx context.Context, query string, month settle.Month, version int) ([]byte, error) {
	var packed []byte
	err := d.db.One(ctx, d.db.Pool(), &packed, query, args{"month": string(month), "version": version})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, hinted(fmt.Errorf("%s has no version %d", month, version), "daesa close check "+string(month)+" shows how it stands")
	}
	if err != nil {
		return nil, err
	}
	return unpack(packed)
}

// Openings gives what people said that first months begin with, the oldest first.
func (d *DB) Openings(ctx context.Context) ([]closing.Opening, error) {
	var rows []struct {
		MID      string `db:"mid"`
		Currency string `db:"currency"`
		Month    string `db:"month"`
		Amount   int64  `db:"amount"`
		Note     string `db:"note"`
		Actor    string `db:"actor"`
		At       Time   `db:"at"`
	}
	if err := d.db.All(ctx, d.db.Pool(), &rows, "month_openings", args{}); err != nil {
		return nil, err
	}
	list := make([]closing.Opening, len(rows))
	for i, r := range rows {
		list[i] = closing.Opening{MID: r.MID, Currency: pay.Currency(r.Currency), Month: settle.Month(r.Month), Amount: r.Amount, Note: r.Note, By: r.Actor, At: r.At.Time}
	}
	return list, nil
}

// Invoices gives the fee invoices that people entered, of each month the newest last.
func (d *DB) Invoices(ctx context.Context) ([]closing.Invoice, error) {
	var rows []struct {
		Month    string `db:"month"`
		MIDs     string `db:"mids"`
		Currency string `db:"currency"`
		Supply   int64  `db:"supply"`
		VAT      int64  `db:"vat"`
		Issued   string `db:"issued"`
		Actor    string `db:"actor"`
		At       Time   `db:"at"`
	}
	if err := d.db.All(ctx, d.db.Pool(), &rows, "fee_invoices", args{}); err != nil {
		return nil, err
	}
	list := make([]closing.Invoice, len(rows))
	for i, r := range rows {
		list[i] = closing.Invoice{By: r.Actor, At: r.At.Time, Invoice: settle.Invoice{Month: settle.Month(r.Month), Currency: pay.Currency(r.Currency),
			Supply: r.Supply, VAT: r.VAT, Issued: pay.Day(r.Issued)}}
		if err := json.Unmarshal([]byte(r.MIDs), &list[i].MIDs); err != nil {
			return nil, fmt.Errorf("database: the invoice of %s: %w", r.Month, err)
		}
	}
	return list, nil
}

// ErrMonthsMoved: a month was locked or reopened meanwhile.
var ErrMonthsMoved = errors.New("a month was locked or reopened meanwhile")

// LockMonth writes a version of a month, and journals who locked it. The error is
// ErrMonthsMoved where the months are no longer as they were read.
func (d *DB) LockMonth(ctx context.Context, v settle.Version, seen []settle.Version, figures, drawn []byte, signed *approval.Taken) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		if err := d.monthsStand(ctx, tx, seen); err != nil {
			return err
		}
		head, err := d.signedEntry(ctx, tx, signed, entry(v.LockedAt, v.By, "", "month:"+string(v.Month), "month.locked", "",
			map[string]any{"version": v.Number, "rows": v.Rows, "rows_hash": v.RowsHash, "figures_sha256": sum256(figures), "workbook_sha256": sum256(drawn)}))
		if err != nil {
			return err
		}
		_, err = d.db.Exec(ctx, tx, "add_month_version", args{"month": string(v.Month), "version": v.Number, "locked_at": at(v.LockedAt), "locked_by": v.By,
			"note": v.Note, "row_count": v.Rows, "rows_hash": v.RowsHash, "journal_head": head, "figures": pack(figures), "drawn": pack(drawn)})
		return err
	})
}

func (d *DB) monthsStand(ctx context.Context, tx *sqlx.Tx, seen []settle.Version) error {
	if _, err := d.db.Exec(ctx, tx, "lock_months", args{}); err != nil {
		return err
	}
	now, err := d.monthVersions(ctx, tx)
	if err != nil {
		return err
	}
	if !slices.EqualFunc(now, seen, func(a, b settle.Version) bool {
		return a.Month == b.Month && a.Number == b.Number && a.Reopened.Equal(b.Reopened)
	}) {
		return hinted(ErrMonthsMoved, "run the command again")
	}
	return nil
}

// ReopenMonth takes a lock off, and journals who did.
func (d *DB) ReopenMonth(ctx context.Context, v settle.Version, by, note string, signed *approval.Taken, now time.Time) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		changed, err := d.db.Exec(ctx, tx, "reopen_month", args{"month": string(v.Month), "version": v.Number, "now": at(now), "actor": by, "note": note})
		if err != nil {
			return err
		}
		if changed == 0 {
			return hinted(ErrMonthsMoved, "run the command again")
		}
		_, err = d.signedEntry(ctx, tx, signed, entry(now, by, "", "month:"+string(v.Month), "month.reopened", note, map[string]any{"version": v.Number}))
		return err
	})
}

// AddInvoice keeps a fee invoice, and journals who entered it.
func (d *DB) AddInvoice(ctx context.Context, i closing.Invoice) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		if _, err := d.db.Exec(ctx, tx, "add_fee_invoice", args{"month": string(i.Month), "mids": mustWrite(i.MIDs), "currency": string(i.Currency),
			"supply": i.Supply, "vat": i.VAT, "issued": string(i.Issued), "actor": i.By, "at": at(i.At)}); err != nil {
			return err
		}
		_, err := d.append(ctx, tx, []Entry{entry(i.At, i.By, "", "month:"+string(i.Month), "month.invoiced", "",
			map[string]any{"mids": i.MIDs, "currency": i.Currency, "supply": i.Supply, "vat": i.VAT, "issued": i.Issued})})
		return err
	})
}

// AddOpening keeps what a first month begins with, and journals who said so.
func (d *DB) AddOpening(ctx context.Context, o closing.Opening) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		if _, err := d.db.Exec(ctx, tx, "add_month_opening", args{"mid": o.MID, "currency": string(o.Currency), "month": string(o.Month), "amount": o.Amount,
			"note": o.Note, "actor": o.By, "at": at(o.At)}); err != nil {
			return err
		}
		_, err := d.append(ctx, tx, []Entry{entry(o.At, o.By, "", "month:"+string(o.Month), "month.opened", o.Note,
			map[string]any{"mid": o.MID, "currency": o.Currency, "amount": o.Amount})})
		return err
	})
}

// sum256 is the SHA-256 of some bytes, in hexadecimal digits.
func sum256(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// adjust keeps what a decision about a break does to the receivable: what stood before
// is taken back.
func (d *DB) adjust(ctx context.Context, tx *sqlx.Tx, b reconcile.Break, now time.Time) error {
	if !b.OfSettlement() {
		return nil
	}
	if _, err := d.db.Exec(ctx, tx, "undo_adjustment", args{"break_id": b.ID, "now": at(now)}); err != nil {
		return err
	}
	if line, aside := b.LineAside(); line != "" {
		if _, err := d.db.Exec(ctx, tx, "set_line_aside", args{"id": line, "ignored": flag(aside)}); err != nil {
			return err
		}
	}
	amount, adjusts := b.Adjustment()
	if !adjusts {
		return nil
	}
	_, err := d.db.Exec(ctx, tx, "add_adjustment", args{"break_id": b.ID, "recorded_at": at(now), "mid": b.MID, "currency": string(b.Currency),
		"method": string(b.Method), "kind": string(b.Kind), "subject": b.Subject, "decided_as": string(b.Resolution), "amount": amount})
	return err
}
