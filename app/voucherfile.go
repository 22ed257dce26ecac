package app

import (
	"errors"
	"fmt"
	"time"

	"daesa/internal/hint"
	"daesa/pay"
	"daesa/reports/voucherfile"
	"daesa/settle"
)

// MonthVouchers are the vouchers of a month of all its merchants and currencies.
type MonthVouchers struct {
	Month   settle.Month
	State   settle.MonthState
	Entries []settle.Entry // in their order; of one currency after the other
	At      time.Time      // when the figures were taken, or frozen
}

// VoucherFile is `close vouchers`: a month's vouchers as a file.
type VoucherFile struct {
	Path     string               // a .csv or an .xlsx
	Encoding voucherfile.Encoding // of a CSV; "": UTF-8
	Columns  []string             // close.vouchers.columns; none: those of the neutral table
	// Receivable is the account whose movement is told.
	Receivable string
}

// VouchersWritten are what a voucher file says, by currency.
type VouchersWritten struct {
	Entries, Vouchers int
	Debits, Credits   map[pay.Currency]int64
	Receivable        map[pay.Currency]int64 // by how much it moves
	Provisional       bool                   // the file says 가마감
	Columns           []string
}

// Check refuses a file that cannot be written so, before anything is reckoned.
func (f VoucherFile) Check() error {
	err := voucherfile.Check(f.Path, f.options(MonthVouchers{}))
	if err != nil {
		return &AskedError{err, hint.Of(err)}
	}
	return nil
}

func (f VoucherFile) options(m MonthVouchers) voucherfile.Options {
	return voucherfile.Options{Encoding: f.Encoding, Columns: f.Columns, At: m.At, Provisional: m.State != settle.MonthLocked}
}

// Write writes the file, whole or not at all. Vouchers of which debits and credits differ
// are not written.
func (f VoucherFile) Write(m MonthVouchers) (VouchersWritten, error) {
	done := VouchersWritten{Entries: len(m.Entries), Debits: map[pay.Currency]int64{}, Credits: map[pay.Currency]int64{}, Receivable: map[pay.Currency]int64{},
		Provisional: m.State != settle.MonthLocked, Columns: f.Columns}
	if len(done.Columns) == 0 {
		done.Columns = settle.VoucherColumns
	}
	if err := f.Check(); err != nil {
		return done, err
	}
	byCurrency, names := map[pay.Currency][]settle.Entry{}, map[string]bool{}
	for _, e := range m.Entries {
		side := done.Debits
		if e.Side == settle.Credit {
			side = done.Credits
		}
		sum, err := pay.Add(side[e.Currency], e.Amount)
		if err != nil {
			return done, err
		}
		side[e.Currency] = sum
		byCurrency[e.Currency] = append(byCurrency[e.Currency], e)
		names[string(e.Currency)+e.Voucher] = true
	}
	done.Vouchers = len(names)
	var differ []error
	for c, entries := range byCurrency {
		done.Receivable[c] = settle.MovementOf(entries, f.Receivable)
		if done.Debits[c] != done.Credits[c] {
			differ = append(differ, fmt.Errorf("the vouchers of %s in %s have %s debited and %s credited: nothing was written", m.Month, c, c.Spell(done.Debits[c]), c.Spell(done.Credits[c])))
		}
	}
	if len(differ) > 0 {
		return done, errors.Join(differ...)
	}
	return done, voucherfile.SaveVouchers(f.Path, m.Month, m.Entries, f.options(m))
}
