package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"daesa/app"
	"daesa/internal/database"
	"daesa/passbook"
	"daesa/pay"
)

// lastDay is behind every day of a passbook.
const lastDay = "9999-12-31"

// bankLineBatch is how many lines go into one statement.
const bankLineBatch = 100

type bankLineRow struct {
	ID            string        `db:"id"`
	Account       string        `db:"account"`
	Seq           int64         `db:"seq"`
	Day           string        `db:"day"`
	At            Time          `db:"at"`
	Clock         int64         `db:"clock"`
	Kind          string        `db:"kind"`
	Amount        int64         `db:"amount"`
	Currency      string        `db:"currency"`
	Balance       sql.NullInt64 `db:"balance"`
	BalanceFrom   int64         `db:"balance_from"`
	Sealed        []byte        `db:"sealed"`
	PayerMasked   string        `db:"payer_masked"`
	AccountMasked string        `db:"account_masked"`
	Ref           string        `db:"ref"`
	Layout        string        `db:"layout"`
	Reversed      int64         `db:"reversed"`
	PayerFits     int64         `db:"payer_fits"`
	Ignored       int64         `db:"ignored"`
	FileSHA256    string        `db:"file_sha256"`
	FileRow       int64         `db:"file_row"`
}

func (r bankLineRow) line() app.BankLine {
	return app.BankLine{
		Line: passbook.Line{ID: r.ID, At: r.At.In(pay.Seoul), Clock: passbook.Clock(r.Clock), Kind: passbook.Kind(r.Kind), Amount: r.Amount,
			Currency: pay.Currency(r.Currency), Balance: r.Balance.Int64, BalanceFrom: passbook.BalanceFrom(r.BalanceFrom), Ref: r.Ref, Layout: r.Layout,
			Reversed: r.Reversed != 0, Place: passbook.Place{Row: int(r.FileRow)}},
		Bank: r.Account, ShownPayer: r.PayerMasked, ShownAccount: r.AccountMasked, Sealed: r.Sealed, PayerFits: r.PayerFits != 0,
		Ignored: r.Ignored != 0, FileSHA256: r.FileSHA256,
	}
}

// BankNames are the accounts that something was taken for.
func (d *DB) BankNames(ctx context.Context) (names []string, err error) {
	err = d.db.All(ctx, d.db.Pool(), &names, "bank_names", nil)
	return names, err
}

// BankBook says where an account stands; the zero one where nothing was ever
// taken for it.
func (d *DB) BankBook(ctx context.Context, account string) (app.BankBook, error) {
	var row struct {
		Version  int64  `db:"version"`
		Lines    int64  `db:"lines"`
		Currency string `db:"currency"`
		Words    string `db:"payer_words"`
	}
	err := d.db.One(ctx, d.db.Pool(), &row, "bank_account", args{"account": account})
	if errors.Is(err, sql.ErrNoRows) {
		return app.BankBook{}, nil
	}
	return app.BankBook{Version: row.Version, Lines: row.Lines, Currency: pay.Currency(row.Currency), Words: row.Words}, err
}

// BankFiles are the files of an account that were taken, the oldest first.
func (d *DB) BankFiles(ctx context.Context, account string) ([]app.BankFile, error) {
	var rows []struct {
		SHA256   string `db:"sha256"`
		Layout   string `db:"layout"`
		From     string `db:"from_day"`
		To       string `db:"to_day"`
		Spans    string `db:"spans"`
		Untied   string `db:"untied"`
		Inserted int64  `db:"inserted"`
		Actor    string `db:"actor"`
		At       Time   `db:"at"`
	}
	if err := d.db.All(ctx, d.db.Pool(), &rows, "bank_files", args{"account": account}); err != nil {
		return nil, err
	}
	files := make([]app.BankFile, len(rows))
	for i, r := range rows {
		files[i] = app.BankFile{SHA256: r.SHA256, Layout: r.Layout, From: pay.Day(r.From), To: pay.Day(r.To), Inserted: int(r.Inserted), By: r.Actor, At: r.At.Time}
		if err := errors.Join(json.Unmarshal([]byte(r.Spans), &files[i].Spans), json.Unmarshal([]byte(r.Untied), &files[i].Untied)); err != nil {
			return nil, fmt.Errorf("database: the days of file %s of account %s: %w", r.SHA256, account, err)
		}
	}
	return files, nil
}

// BankAccountsOf are the accounts that a file of these bytes was taken for.
func (d *DB) BankAccountsOf(ctx context.Context, sha256 string) (names []string, err error) {
	err = d.db.All(ctx, d.db.Pool(), &names, "bank_accounts_of_file", args{"sha256": sha256})
	return names, err
}

// BankLines are lines of an account, by day and time.
func (d *DB) BankLines(ctx context.Context, asked app.BankAsked) ([]app.BankLine, error) {
	days := struct {
		First string `db:"first"`
		Last  string `db:"last"`
	}{string(asked.From), string(asked.To)}
	if days.Last == "" {
		days.Last = lastDay
	}
	if asked.Around {
		if err := d.db.One(ctx, d.db.Pool(), &days, "bank_neighbours", args{"account": asked.Account, "from": days.First, "to": days.Last}); err != nil {
			return nil, err
		}
	}
	query := "bank_lines"
	if asked.Sealed {
		query = "bank_lines_sealed"
	}
	var rows []bankLineRow
	if err := d.db.All(ctx, d.db.Pool(), &rows, query, args{"account": asked.Account, "from": days.First, "to": days.Last}); err != nil {
		return nil, err
	}
	lines := make([]app.BankLine, len(rows))
	for i, r := range rows {
		lines[i] = r.line()
	}
	return lines, nil
}

// SaveBank writes what a file of the bank brings, whole or not at all, with its
// entry in the journal. The error is app.ErrBankMoved where the account is no
// longer of the version that was read.
func (d *DB) SaveBank(ctx context.Context, t app.BankTaken) error {
	file, err := newBankFile(t)
	if err != nil {
		return err
	}
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		account := args{"account": t.Account, "version": t.Was.Version, "lines": len(t.Lines), "currency": string(t.Currency), "payer_words": t.Words}
		if _, err := d.db.Exec(ctx, tx, "add_bank_account", account); err != nil {
			return err
		}
		if mine, err := d.db.Exec(ctx, tx, "take_bank_account", account); err != nil {
			return err
		} else if mine == 0 {
			return app.ErrBankMoved
		}
		if _, err := d.db.Exec(ctx, tx, "add_bank_file", file); err != nil {
			return err
		}
		if err := d.addBankLines(ctx, tx, t); err != nil {
			return err
		}
		for id, fits := range t.Fits {
			if err := d.change(ctx, tx, "set_payer_fits", args{"id": id, "payer_fits": flag(fits)}, "passbook line "+id); err != nil {
				return err
			}
		}
		_, err := d.append(ctx, tx, []Entry{entry(t.File.At, t.File.By, "", "bank:"+t.Account, "bank.imported", "", map[string]any{
			"account": t.Account, "sha256": t.File.SHA256, "layout": t.File.Layout, "from": t.File.From, "to": t.File.To, "inserted": len(t.Lines), "unchanged": t.Unchanged,
			"gaps": t.Gaps, "judged_again": len(t.Fits)})})
		return err
	})
}

func newBankFile(t app.BankTaken) (args, error) {
	spans, err := json.Marshal(append([]passbook.Span{}, t.File.Spans...))
	if err != nil {
		return nil, err
	}
	untied, err := json.Marshal(append([]passbook.Untied{}, t.File.Untied...))
	return args{"account": t.Account, "sha256": t.File.SHA256, "layout": t.File.Layout, "from_day": string(t.File.From), "to_day": string(t.File.To),
		"spans": string(spans), "untied": string(untied), "inserted": t.File.Inserted, "actor": t.File.By, "at": at(t.File.At)}, err
}

func (d *DB) addBankLines(ctx context.Context, tx *sqlx.Tx, t app.BankTaken) error {
	rows := database.NewBulk(d.db, tx, "INSERT INTO bank_lines (id, account, seq, day, at, clock, kind, amount, currency, balance, balance_from, sealed, "+
		"payer_masked, account_masked, ref, layout, reversed, payer_fits, ignored, file_sha256, file_row)", 21, "", bankLineBatch)
	defer rows.Close()
	for i, l := range t.Lines {
		balance := sql.NullInt64{Int64: l.Balance, Valid: l.HasBalance()}
		sealed := append([]byte{}, l.Sealed...) // never NULL
		if err := rows.Add(ctx, l.ID, t.Account, t.Was.Lines+int64(i)+1, string(l.Day()), at(l.At), int64(l.Clock), string(l.Kind), l.Amount, string(l.Currency),
			balance, int64(l.BalanceFrom), sealed, l.ShownPayer, l.ShownAccount, l.Ref, l.Layout, flag(l.Reversed), flag(l.PayerFits), flag(l.Ignored),
			l.FileSHA256, int64(l.Place.Row)); err != nil {
			return err
		}
	}
	return rows.Flush(ctx)
}

// resealBank seals the texts of passbook lines again, a batch for each transaction.
func (d *DB) resealBank(ctx context.Context, done *int, again func(sealed, place []byte) ([]byte, error)) error {
	for last := ""; ; {
		var rows []bankLineRow
		if err := d.db.All(ctx, d.db.Pool(), &rows, "sealed_bank_lines", args{"id": last, "limit": sealedBatch}); err != nil || len(rows) == 0 {
			return err
		}
		last = rows[len(rows)-1].ID
		if err := d.counting(ctx, done, func(tx *sqlx.Tx) (changed int, err error) {
			for _, r := range rows {
				sealed, err := again(r.Sealed, app.BankLinePlace(r.ID))
				if err != nil {
					return 0, hinted(err, "passbook line "+r.ID+" cannot be opened: restore the key file that sealed it, and rotate again")
				}
				if sealed == nil {
					continue
				}
				n, err := d.db.Exec(ctx, tx, "reseal_bank_line", args{"id": r.ID, "sealed": sealed})
				if err != nil {
					return 0, err
				}
				changed += int(n)
			}
			return changed, nil
		}); err != nil {
			return err
		}
	}
}
