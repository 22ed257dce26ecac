package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"daesa/internal/hint"
	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/settle"
	"daesa/settlefile"
)

// SettlementFileStore knows what Toss has shown of an order, and which files were
// taken.
type SettlementFileStore interface {
	TransactionsOf(ctx context.Context, mid, orderID string) ([]pay.Transaction, error)
	PaymentsOf(ctx context.Context, mid, orderID string) ([]LookedUp, error)
	History(ctx context.Context, subject string) ([]JournalEntry, error)
	// TookSettlementFile writes into the journal that a file was taken whole.
	TookSettlementFile(ctx context.Context, took TookSettlementFile) error
}

// TookSettlementFile is what the journal keeps of a file.
type TookSettlementFile struct {
	SHA256 string
	MIDs   []string
	Rows   int
	By     string
	Now    time.Time
}

// SettlementFileSubject is under which a file stands in the journal.
func SettlementFileSubject(sha256 string) string { return "settlement-file:" + sha256 }

// ImportSettlements is `settlements import`: a file of 상점관리자 goes the way of
// what Toss lists.
type ImportSettlements struct {
	Store      SettlementFileStore
	Sync       SettlementSync // its merchants are those that the command is about
	Options    settlefile.Options
	Quarantine string // a new file for rows that cannot be taken; "": one refuses all
	By         string
	Now        time.Time
}

// ImportedSettlements is what became of a file.
type ImportedSettlements struct {
	Synced
	File    *settlefile.File
	Known   bool // these bytes were taken before: nothing was done
	Refused int  // rows that went into the quarantine
}

// Run takes a file, whole or, with a quarantine, without the rows that cannot be. The
// error is a *table.FileError, or table.Faults with all that is wrong with its rows.
func (x ImportSettlements) Run(ctx context.Context, path string) (ImportedSettlements, error) {
	file, err := settlefile.Read(path, x.Options)
	if err != nil {
		return ImportedSettlements{}, err
	}
	done := ImportedSettlements{File: file}
	entries, err := x.Store.History(ctx, SettlementFileSubject(file.SHA256))
	if err != nil {
		return done, err
	}
	if len(entries) > 0 {
		done.Known = true
		return done, NeedOfSettlement(ctx, x.Sync.Books, x.Sync.Deposits.MIDs, x.Sync.Outcome)
	}
	if err := file.Name(func(mid, order string) ([]settlefile.Known, error) { return x.known(ctx, mid, order) }); err != nil {
		return done, err
	}
	if len(file.Refused) > 0 && x.Quarantine == "" {
		return done, hint.With(file.Faults(), "mend the file, or let --quarantine FILE take these rows and daesa the others")
	}
	x.warn(file)
	if done.Refused, err = file.SetAside(x.Quarantine); err != nil {
		return done, err
	}
	if done.Refused > 0 {
		file.From, file.To, file.By = "", "", "" // what was set aside is not gone
		x.Sync.Outcome.Add(EndedPerson, "%s of %s cannot be taken, and went to %s", pay.Counted(done.Refused, "row"), filepath.Base(path), x.Quarantine)
	}
	if err := x.take(ctx, file, &done.Synced); err != nil {
		return done, err
	}
	if err := x.Sync.Hold(ctx, x.Now, &done.Synced); err != nil {
		return done, err
	}
	if done.Refused == 0 {
		if err := x.Store.TookSettlementFile(ctx, TookSettlementFile{SHA256: file.SHA256, MIDs: midsOfRows(file), Rows: len(file.Rows), By: x.By, Now: x.Now}); err != nil {
			return done, err
		}
	}
	return done, nil
}

// take brings in what the file says of each merchant.
func (x ImportSettlements) take(ctx context.Context, file *settlefile.File, done *Synced) error {
	mids := midsOfRows(file)
	for _, merchant := range x.Sync.Merchants {
		mid := merchant.Settings.MID
		if !slices.Contains(mids, mid) {
			continue
		}
		one := jobs.SettlementFile{SHA256: file.SHA256, Whole: x.whole(file), Page: file.Evidence(x.Now), Actor: x.By}
		for _, row := range file.Rows {
			if row.MID == mid {
				one.Rows = append(one.Rows, settle.Row{Settlement: row.Settlement})
			}
		}
		sum, err := merchant.Take(ctx, one, x.Now)
		var running *reconcile.RunningError
		if errors.As(err, &running) {
			return hint.Errorf("import the file again when that run is over: what it has brought in already stays as it is", "merchant %s: %w", mid, err)
		}
		if err != nil {
			return fmt.Errorf("merchant %s: %w", mid, err)
		}
		done.Merchants = append(done.Merchants, sum)
	}
	return nil
}

// whole are the lists that a file shows to their end: those of its stated period
// that were over when it was imported.
func (x ImportSettlements) whole(file *settlefile.File) []settle.Window {
	var whole []settle.Window
	if file.From == "" {
		return nil
	}
	for day := file.From; day <= file.To && day < pay.DayOf(x.Now); day = day.Add(1) {
		whole = append(whole, settle.Window{By: file.By, Day: day})
	}
	return whole
}

func (x ImportSettlements) warn(file *settlefile.File) {
	name := filepath.Base(file.Path)
	WarnUnread(x.Sync.Warn, name, file.Unknown, file.Unread)
	if file.Reckoned {
		x.Sync.Warn(name+": has no 공급가액 and 부가세 of the fee: they were reckoned of PG수수료, each row within one won", "choose these columns for the download, so that the fee invoice ties")
	}
	switch {
	case file.Partial != "":
		x.Sync.Warn(fmt.Sprintf("%s: shows a part only (%s), so that no day counts as read", name, file.Partial), "download it without conditions")
	case file.From == "":
		x.Sync.Warn(name+": does not say its 조회기간 and of which day it is, so that no day counts as read", "what it lacks is not called missing; leave the rows above the header in the file")
	}
}

// midsOfRows are the merchants of which a file has rows.
func midsOfRows(file *settlefile.File) []string {
	var mids []string
	for _, row := range file.Rows {
		mids = append(mids, row.MID)
	}
	slices.Sort(mids)
	return slices.Compact(mids)
}

// known is what Toss has shown of an order: approvals by its list, cancels by
// look-ups with their amounts, and by the list without.
func (x ImportSettlements) known(ctx context.Context, mid, order string) ([]settlefile.Known, error) {
	if order == "" {
		return nil, nil
	}
	listed, err := x.Store.TransactionsOf(ctx, mid, order)
	if err != nil {
		return nil, err
	}
	looked, err := x.Store.PaymentsOf(ctx, mid, order)
	if err != nil {
		return nil, err
	}
	var known []settlefile.Known
	seen := map[string]bool{}
	for _, p := range looked {
		for _, c := range p.Payment.Cancels {
			if c.Status != pay.CancelDone || c.TransactionKey == "" {
				continue
			}
			seen[c.TransactionKey] = true
			known = append(known, settlefile.Known{PaymentKey: p.Payment.PaymentKey, TransactionKey: c.TransactionKey, Method: p.Payment.Method, Currency: p.Payment.Currency,
				At: c.CanceledAt, Cancel: true, Amount: c.Amount})
		}
	}
	for _, t := range listed {
		k := settlefile.Known{PaymentKey: t.PaymentKey, TransactionKey: t.TransactionKey, Method: t.Method, Currency: t.Currency, At: t.At}
		switch {
		case seen[t.TransactionKey]:
			continue
		case t.Status == pay.Done:
			k.Amount = t.Amount
		case t.Status == pay.Canceled, t.Status == pay.PartialCanceled:
			k.Cancel = true // how much it takes back the list does not say
		default:
			continue
		}
		known = append(known, k)
	}
	return known, nil
}
