package closing

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"daesa/approval"
	"daesa/internal/hint"
	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports/monthbook"
	"daesa/settle"
)

// Writer keeps what people lock, reopen and enter.
type Writer interface {
	// RowsOf calls each with the current rows of a month's transactions.
	RowsOf(ctx context.Context, mid string, from, to settle.Month, each func(settle.Row)) error
	// LockMonth writes a version, its figures and its workbook, unless the months are
	// no longer as they were read. signed is the statement that locks it; nil: a typed
	// name does.
	LockMonth(ctx context.Context, v settle.Version, seen []settle.Version, figures, drawn []byte, signed *approval.Taken) error
	ReopenMonth(ctx context.Context, v settle.Version, by, note string, signed *approval.Taken, now time.Time) error
	AddInvoice(ctx context.Context, i Invoice) error
	AddOpening(ctx context.Context, o Opening) error
}

// Lock locks a month that is ready, by another person than the one who last matched
// by hand or decided: by, or who signed a statement of it.
func (c *Closing) Lock(ctx context.Context, w Writer, month settle.Month, by string, signed *approval.Taken, now time.Time) (Month, error) {
	if signed != nil {
		now = signed.At
	}
	l, err := c.lockable(ctx, month, now)
	if err != nil {
		return l.m, err
	}
	if signed != nil {
		by = signed.Principal
		if err := signed.Holds(l.lines()); err != nil {
			return l.m, err
		}
	}
	var states []settle.Facts
	for _, ledger := range l.m.Ledgers {
		states = append(states, ledger.facts())
	}
	if err := l.m.books.MayLock(month, states, by, l.last); err != nil {
		return l.m, err
	}
	m, v := l.m, l.version
	v.By = by
	m.Version, m.Now = v.Number, now
	for i := range m.Ledgers {
		m.Ledgers[i].State, m.Ledgers[i].Reasons = settle.MonthLocked, nil
	}
	figures, err := json.Marshal(m)
	if err != nil {
		return m, err
	}
	book, err := json.Marshal(locked(l.drawn, v))
	if err != nil {
		return m, err
	}
	return m, w.LockMonth(ctx, v, l.seen, figures, book, signed)
}

// LockLines are what a statement says that locks a month as it stands: one line for
// each merchant and currency.
func (c *Closing) LockLines(ctx context.Context, month settle.Month, now time.Time) ([]approval.Line, error) {
	l, err := c.lockable(ctx, month, now)
	return l.lines(), err
}

// lockable is a month that is not locked, and what locking it would write.
type lockable struct {
	m       Month
	version settle.Version // without who locks it
	seen    []settle.Version
	drawn   monthbook.Month
	last    string // who last matched by hand or decided
}

func (c *Closing) lockable(ctx context.Context, month settle.Month, now time.Time) (l lockable, err error) {
	if l.seen, err = c.Books.MonthVersions(ctx); err != nil {
		return l, err
	}
	if l.m, err = c.Check(ctx, month, now); err != nil {
		return l, err
	}
	if l.m.Version > 0 {
		return l, hint.With(fmt.Errorf("%s is locked already, as version %d", month, l.m.Version), "daesa close reopen "+string(month)+" opens it again")
	}
	if l.last, err = c.lastDecider(ctx, l.m); err != nil {
		return l, err
	}
	drawn, hash, err := c.draw(ctx, l.m, l.seen)
	if err != nil {
		return l, err
	}
	l.drawn, l.version = drawn, settle.Version{Month: month, Number: 1, LockedAt: now, Rows: hash.Rows(), RowsHash: hash.String()}
	for _, old := range l.seen {
		if old.Month == month {
			l.version.Number = old.Number + 1
		}
	}
	return l, nil
}

// lines say of each ledger with what it is locked.
func (l lockable) lines() []approval.Line {
	v := l.version
	var lines []approval.Line
	for _, ledger := range l.m.Ledgers {
		c := ledger.Currency
		lines = append(lines, approval.NewLine("ledger", ledger.MID+" "+string(c), string(v.Month), fmt.Sprint(v.Number), fmt.Sprint(v.Rows), v.RowsHash,
			c.Format(ledger.Opening), c.Format(ledger.Closing), string(c)))
	}
	return lines
}

// lastDecider is the person who last matched a line by hand, or decided about a break
// of settlement; "": nobody did.
func (c *Closing) lastDecider(ctx context.Context, m Month) (string, error) {
	by, at := "", time.Time{}
	newer := func(person string, when time.Time) {
		if person != "" && when.After(at) {
			by, at = person, when
		}
	}
	for _, match := range m.held.Matches[:m.held.Given] {
		newer(match.By, match.Recorded)
	}
	for _, mid := range c.MIDs {
		breaks, err := c.Books.SettlementBreaks(ctx, mid)
		if err != nil {
			return "", err
		}
		for _, b := range breaks {
			newer(b.ResolvedBy, b.ResolvedAt)
		}
	}
	return by, nil
}

// Reopen opens the newest locked month again, by a person or who signed a statement
// of it. All its versions stay.
func (c *Closing) Reopen(ctx context.Context, w Writer, month settle.Month, by, note string, signed *approval.Taken, now time.Time) (settle.Version, error) {
	v, lines, err := c.reopenable(ctx, month, note)
	if err != nil {
		return v, err
	}
	if signed != nil {
		by, now = signed.Principal, signed.At
		if err := signed.Holds(lines); err != nil {
			return v, err
		}
	}
	return v, w.ReopenMonth(ctx, v, by, note, signed, now)
}

// ReopenLines are what a statement says that reopens a month.
func (c *Closing) ReopenLines(ctx context.Context, month settle.Month, note string) ([]approval.Line, error) {
	_, lines, err := c.reopenable(ctx, month, note)
	return lines, err
}

func (c *Closing) reopenable(ctx context.Context, month settle.Month, note string) (v settle.Version, lines []approval.Line, err error) {
	versions, err := c.Books.MonthVersions(ctx)
	if err != nil {
		return v, nil, err
	}
	if err := lockedBooks(versions).MayReopen(month, note); err != nil {
		return v, nil, err
	}
	v, _ = standing(versions, month) // what may be reopened stands
	return v, []approval.Line{approval.NewLine("reopen", string(month), fmt.Sprint(v.Number), v.RowsHash, note)}, nil
}

// Invoiced is a fee invoice beside what the rows say.
type Invoiced struct {
	Invoice
	Bridge   settle.InvoiceBridge
	Mismatch *reconcile.Finding // nil: they agree
}

// Bridge sums the fees that the invoice of a month should be of.
func (c *Closing) Bridge(ctx context.Context, w Writer, month settle.Month, mids []string, currency pay.Currency, basis settle.Basis) (settle.InvoiceBridge, error) {
	fees := settle.NewFees(month, basis)
	for _, mid := range mids {
		// Rows of neighbouring months may be invoiced with this one.
		if err := w.RowsOf(ctx, mid, month.Before().Before().Before(), month.Next(), func(r settle.Row) {
			if sameMoney(r.Currency, currency) {
				fees.Add(r)
			}
		}); err != nil {
			return settle.InvoiceBridge{}, err
		}
	}
	return fees.Bridge(), nil
}

func sameMoney(a, b pay.Currency) bool {
	var none int64
	return pay.Normal(a, &none) == pay.Normal(b, &none)
}

// Enter keeps a fee invoice, and writes the break where it differs from the rows.
func (c *Closing) Enter(ctx context.Context, w Writer, i Invoice, basis settle.Basis, now time.Time) (Invoiced, error) {
	done := Invoiced{Invoice: i}
	var err error
	if done.Bridge, err = c.Bridge(ctx, w, i.Month, i.MIDs, i.Currency, basis); err != nil {
		return done, err
	}
	done.Mismatch = i.Compare(done.Bridge)
	if done.Mismatch != nil {
		done.Mismatch.MID = i.MIDs[0] // a break has one merchant; its subject is the month
	}
	return done, w.AddInvoice(ctx, i)
}

// facts are those of a ledger that was reckoned, as far as locking asks for them.
func (l Ledgered) facts() settle.Facts {
	f := l.Facts
	f.Unexplained = l.Unexplained
	return f
}

// Remembering writes breaks of months.
type Remembering interface {
	CommitDeposits(ctx context.Context, w jobs.DepositsWritten, carry func(mid string, known []reconcile.Break) []jobs.BreakChange) error
}

// Remember writes what months leave unexplained and no named break explains, and fee
// invoices that differ from the rows: of every month that is over, read whole, and not
// locked.
func (c *Closing) Remember(ctx context.Context, w Writer, books Remembering, basis settle.Basis, actor string, now time.Time) error {
	versions, err := c.Books.MonthVersions(ctx)
	if err != nil {
		return err
	}
	today := pay.DayOf(now)
	start, _, err := c.booksOf(ctx, "", versions, today)
	if err != nil || start.First == "" {
		return err
	}
	var found []reconcile.Finding
	said := map[string]bool{}
	for month := start.Open(); month.Last() < today; month = month.Next() {
		m, err := c.reckon(ctx, month, versions, now)
		if err != nil {
			return err
		}
		for _, l := range m.Ledgers {
			if slices.ContainsFunc(l.Reasons, settle.Reason.Incomplete) {
				continue
			}
			said[l.MID+" "+settle.SubjectOfMonth(month, l.Currency)] = true
			if f := l.remainder(); f != nil {
				found = append(found, *f)
			}
		}
	}
	invoices, err := c.mismatches(ctx, w, start.Open(), basis, said)
	if err != nil {
		return err
	}
	found = append(found, invoices...)
	written := jobs.DepositsWritten{MIDs: c.MIDs, Actor: actor, Now: now}
	return books.CommitDeposits(ctx, written, func(mid string, known []reconcile.Break) []jobs.BreakChange {
		own := slices.DeleteFunc(slices.Clone(found), func(f reconcile.Finding) bool { return f.MID != mid })
		return jobs.CarryAll(known, own, today, func(b reconcile.Break) bool {
			switch b.Kind {
			case reconcile.RollforwardUnexplained:
				return said[b.MID+" "+b.Subject]
			case reconcile.FeeInvoiceMismatch:
				return said["invoice "+b.Subject]
			default:
				return false
			}
		})
	})
}

// mismatches are the invoices of months that are not locked, and differ.
func (c *Closing) mismatches(ctx context.Context, w Writer, open settle.Month, basis settle.Basis, said map[string]bool) ([]reconcile.Finding, error) {
	invoices, err := c.Books.Invoices(ctx)
	if err != nil {
		return nil, err
	}
	newest := map[string]Invoice{}
	for _, i := range invoices {
		newest[string(i.Month)+" "+string(i.Currency)+" "+strings.Join(i.MIDs, ",")] = i
	}
	var found []reconcile.Finding
	for _, i := range newest {
		if i.Month < open {
			continue
		}
		bridge, err := c.Bridge(ctx, w, i.Month, i.MIDs, i.Currency, basis)
		if err != nil {
			return nil, err
		}
		said["invoice "+settle.SubjectOfMonth(i.Month, i.Currency)] = true
		if f := i.Compare(bridge); f != nil {
			f.MID = i.MIDs[0]
			found = append(found, *f)
		}
	}
	return found, nil
}

// remainder is the break of what no named break explains.
func (l Ledgered) remainder() *reconcile.Finding {
	shares := make([]settle.Share, len(l.Shares))
	for i, s := range l.Shares {
		shares[i] = s.Share
	}
	return settle.Remainder(l.MID, l.Currency, l.Month, l.Unexplained, shares, 0)
}

// Open keeps what a merchant's first month begins with.
func (c *Closing) Open(ctx context.Context, w Writer, o Opening) error {
	if strings.TrimSpace(o.Note) == "" {
		return &settle.NoteError{What: "close open " + string(o.Month)}
	}
	versions, err := c.Books.MonthVersions(ctx)
	if err != nil {
		return err
	}
	books, _, err := c.booksOf(ctx, o.Month, versions, pay.DayOf(o.At))
	switch {
	case err != nil:
		return err
	case len(books.Locks) > 0:
		return &settle.FrozenError{Month: books.First}
	case o.Month != books.First:
		return &NotFirstError{Month: o.Month, First: books.First}
	}
	return w.AddOpening(ctx, o)
}
