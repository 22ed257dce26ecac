package closing

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"daesa/pay"
	"daesa/reports/monthbook"
	"daesa/settle"
)

// Drawing is what the workbook of a month needs beside its figures.
type Drawing struct {
	Pages  Pages
	Tariff settle.Tariff // what was agreed with Toss
	Basis  settle.Basis  // of the fee invoice
	Chart  settle.Chart  // the accounts of the vouchers
	Sales  Sales         // nil: nothing is known of the tax of sales
}

// Pages are the lists of a month's workbook.
type Pages interface {
	// RowsOf calls each with the current rows of transactions of some months.
	RowsOf(ctx context.Context, mid string, from, to settle.Month, each func(settle.Row)) error
	// RowsBilled calls each with the current rows of other months' transactions that
	// are invoiced with a month.
	RowsBilled(ctx context.Context, mid string, month settle.Month, basis settle.Basis, each func(settle.Row)) error
	// Canceled gives the cancels of a month, and those of earlier ones that were
	// recorded after a time.
	Canceled(ctx context.Context, mid string, month settle.Month, since time.Time) ([]Canceled, error)
	// WithoutRow gives the transactions up to a day without a settlement row, of each
	// currency the largest first and at most so many.
	WithoutRow(ctx context.Context, mid string, to pay.Day, most int) ([]settle.Transaction, error)
	Passbook
}

// Passbook shows lines to people.
type Passbook interface {
	// Payers gives the masked payers of deposits from a day on, by their lines.
	Payers(ctx context.Context, from pay.Day) (map[string]string, error)
}

// Canceled is a cancel as the ledger has it, and the row that sets it off.
type Canceled struct {
	settle.Transaction
	ApprovedAt time.Time
	Row        *settle.Row // nil: there is none
}

// Report is the workbook of a month, and how final it is.
type Report struct {
	monthbook.Month
	Version int // of the lock; 0: it is not locked
}

// Report gives the workbook of a month as it stands: as it was locked, where it is.
func (c *Closing) Report(ctx context.Context, month settle.Month, now time.Time) (Report, error) {
	versions, err := c.Books.MonthVersions(ctx)
	if err != nil {
		return Report{}, err
	}
	if v, ok := standing(versions, month); ok {
		return c.ReportOf(ctx, month, v.Number)
	}
	m, err := c.reckon(ctx, month, versions, now)
	if err != nil {
		return Report{}, err
	}
	drawn, _, err := c.draw(ctx, m, versions)
	return Report{Month: drawn}, err
}

// ReportOf gives the workbook of a version of a month as it was locked.
func (c *Closing) ReportOf(ctx context.Context, month settle.Month, version int) (Report, error) {
	text, err := c.Books.MonthDrawn(ctx, month, version)
	if err != nil {
		return Report{}, err
	}
	r := Report{Version: version}
	if err := json.Unmarshal(text, &r.Month); err != nil {
		return r, fmt.Errorf("the workbook of %s, version %d, is unreadable: %w", month, version, err)
	}
	return r, nil
}

// drawer fills the workbook of a month.
type drawer struct {
	*Closing
	m    Month
	out  monthbook.Month
	hash settle.RowsHash // of the rows of the month's transactions
}

// draw fills the workbook of a month that was reckoned, and gives the hash of its
// rows, which are read once for both.
func (c *Closing) draw(ctx context.Context, m Month, versions []settle.Version) (monthbook.Month, settle.RowsHash, error) {
	d := &drawer{Closing: c, m: m, out: monthbook.Month{Month: m.Month, Now: m.Now, Assumed: c.Assumed}}
	for _, v := range versions {
		if v.Month == m.Month {
			d.out.Versions = append(d.out.Versions, v)
		}
	}
	for _, l := range m.Ledgers {
		of := monthbook.Ledger{MonthCheck: l.MonthCheck}
		for _, s := range l.Shares {
			of.Shares = append(of.Shares, monthbook.Share{Share: s.Share, Decided: s.Decided})
		}
		d.out.Ledgers = append(d.out.Ledgers, of)
	}
	for _, step := range []func(context.Context) error{d.payouts, d.unsettled, d.fees, d.cancels, d.breaks, d.vouchers, d.vat} {
		if err := step(ctx); err != nil {
			return d.out, d.hash, err
		}
	}
	return d.out, d.hash, nil
}

// postedHere says whether what happened in a month and was recorded at a time stands
// in the figures of the month that is drawn; prior: it happened in an earlier one.
func (d *drawer) postedHere(own settle.Month, recorded time.Time) (here, prior bool) {
	month, ok := d.m.books.Posted(own, recorded)
	return ok && month == d.m.Month, own != d.m.Month
}

// lastLock is when the newest month was locked: what was recorded later of earlier
// months stands in an open one. Without a lock that is never.
func (d *drawer) lastLock() time.Time {
	locks := d.m.books.Locks
	if len(locks) == 0 {
		return d.m.Now
	}
	return locks[len(locks)-1].At
}

// locked is the workbook as it is once the month is locked.
func locked(m monthbook.Month, v settle.Version) monthbook.Month {
	m.Versions, m.Now, m.Deposits = append(slices.Clone(m.Versions), v), v.LockedAt, nil
	for i := range m.Ledgers {
		m.Ledgers[i].State, m.Ledgers[i].Reasons = settle.MonthLocked, nil
	}
	return m
}

// NotTyingError: the vouchers of a month move the receivable by another amount than
// the roll-forward.
type NotTyingError struct {
	Month              settle.Month
	Currency           pay.Currency
	Vouchers, Expected int64
}

// Error says by how much.
func (e *NotTyingError) Error() string {
	return fmt.Sprintf("the vouchers of %s move the receivable by %s, the roll-forward by %s: they differ by %s", e.Month,
		e.Currency.Spell(e.Vouchers), e.Currency.Spell(e.Expected), e.Currency.Spell(e.Vouchers-e.Expected))
}

// Hint says what shows it.
func (e *NotTyingError) Hint() string {
	return "daesa close check " + string(e.Month) + " shows the roll-forward; this is a fault of daesa, please report it"
}
