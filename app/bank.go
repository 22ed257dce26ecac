package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"daesa/internal/hint"
	"daesa/internal/table"
	"daesa/passbook"
	"daesa/pay"
	"daesa/refunds"
	"daesa/settle"
)

// BankStore keeps passbooks.
type BankStore interface {
	// BankBook says where an account stands; the zero BankBook of one that nothing
	// was ever taken for.
	BankBook(ctx context.Context, account string) (BankBook, error)
	// BankFiles are the files of an account that were taken, the oldest first.
	BankFiles(ctx context.Context, account string) ([]BankFile, error)
	// BankLines are lines of an account, by day and time.
	BankLines(ctx context.Context, asked BankAsked) ([]BankLine, error)
	// SaveBank writes what a file brings, whole or not at all. The error is
	// ErrBankMoved where another process has written to the account since it was
	// read.
	SaveBank(ctx context.Context, taken BankTaken) error
	// BankAccountsOf are the accounts that a file of these bytes was taken for.
	BankAccountsOf(ctx context.Context, sha256 string) ([]string, error)
}

// ErrBankMoved says that an account is no longer as it was read.
var ErrBankMoved = errors.New("another process has written to the account")

// bankTries is how often a file is compared again because others write to its
// account.
const bankTries = 20

// ImportBank is `bank import`: files of the bank become lines of a passbook.
type ImportBank struct {
	Store    BankStore
	Sealer   refunds.Sealer
	Accounts []BankAccount    // of the configuration
	Account  string           // the name that was asked for; "": the file, or the only one
	Layout   *passbook.Layout // nil: it is recognised
	Sheet    string
	Password string // of encrypted workbooks
	By       string
	Now      time.Time
	Warn     Warn
	// Judge, where it is given, is called when a file is kept, so that the breaks of
	// what it has changed can be written.
	Judge func(ctx context.Context, done BankImported) error
}

// BankImported is what became of one file.
type BankImported struct {
	Path      string
	Account   BankAccount
	Layout    string
	Inserted  int
	Unchanged int
	From, To  pay.Day // of what the file shows; "" where it shows nothing
	Checked   int     // pairs of balances that were compared
	Gaps      []BankGap
	Unread    []passbook.Span // days beside the file that no file has shown
	Pending   int             // lines that the bank has not booked yet, and that were left out
}

// BankGap is a place where the balance does not tie.
type BankGap struct {
	settle.Gap
	Before   string // the line behind it; "" where the file's own opening and closing balance do not tie
	From, To pay.Day
	Missing  int64 // what lines would have to bring
}

// bankFile is a file that was read, and not yet taken.
type bankFile struct {
	path      string
	sum       string
	account   BankAccount
	statement passbook.Statement
}

// Run takes the files, each whole or not at all. All are read before the first is
// taken: where one cannot be read, none is. The error then names everything that
// is wrong with every file; it is, or holds, an *AskedError where it is not clear
// which account is meant.
func (x ImportBank) Run(ctx context.Context, paths []string) ([]BankImported, error) {
	if len(x.Accounts) == 0 {
		return nil, &AskedError{errors.New("no passbook is configured"), "write the account into bank.accounts of daesa.yaml, as in the file that daesa init writes"}
	}
	if x.Account != "" && x.named() == nil {
		return nil, &AskedError{fmt.Errorf("--account %s: no such passbook in bank.accounts", x.Account), "use one of " + x.names()}
	}
	var files []bankFile
	var wrong []error
	for _, path := range paths {
		file, err := x.read(path)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		files = append(files, file)
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	var all []BankImported
	for _, file := range files {
		done, err := x.take(ctx, file)
		if err != nil {
			return all, err
		}
		all = append(all, done)
		if x.Judge == nil {
			continue
		}
		if err := x.Judge(ctx, done); err != nil {
			return all, err
		}
	}
	return all, nil
}

func (x ImportBank) named() *BankAccount {
	i := slices.IndexFunc(x.Accounts, func(a BankAccount) bool { return a.Name == x.Account })
	if i < 0 {
		return nil
	}
	return &x.Accounts[i]
}

func (x ImportBank) names() string {
	names := make([]string, len(x.Accounts))
	for i, a := range x.Accounts {
		names[i] = a.Name
	}
	return strings.Join(names, ", ")
}

// read reads a file and finds out whose it is.
func (x ImportBank) read(path string) (bankFile, error) {
	account := x.named()
	if account == nil && len(x.Accounts) == 1 {
		account = &x.Accounts[0]
	}
	how := passbook.Options{Now: x.Now, Layout: x.Layout, Sheet: x.Sheet, Password: x.Password}
	if account != nil {
		how.Last4 = account.Last4
	}
	before, err := sumOf(path)
	if err != nil {
		return bankFile{}, err
	}
	statement, err := passbook.Read(path, how)
	if err != nil {
		if next := hint.Of(err); account == nil && next != "" {
			err = hint.With(err, next+"; of a file with several accounts, say by --account which one is meant: "+x.names())
		}
		return bankFile{}, err
	}
	after, err := sumOf(path)
	if err == nil && before != after {
		err = &table.FileError{File: path, Reason: "was changed while it was read", Advice: "wait until the download is complete"}
	}
	if err == nil && account == nil {
		account, err = x.accountOf(path, statement)
	}
	if err != nil {
		return bankFile{}, err
	}
	return bankFile{path, before, *account, statement}, nil
}

// sumOf is the hash of a file's bytes, in hex.
func sumOf(path string) (string, error) {
	file, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return "", err // reading it says what it is
	}
	_, err = io.Copy(sum, file)
	return hex.EncodeToString(sum.Sum(nil)), err
}

// accountOf is the account of several that a file says to be of.
func (x ImportBank) accountOf(path string, s passbook.Statement) (*BankAccount, error) {
	var found []*BankAccount
	for i := range x.Accounts {
		if s.Last4 != "" && x.Accounts[i].Last4 == s.Last4 {
			found = append(found, &x.Accounts[i])
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case s.Last4 == "":
		return nil, &AskedError{fmt.Errorf("%s does not say of which account it is", path), "name it by --account: " + x.names()}
	case len(found) > 1:
		return nil, &AskedError{fmt.Errorf("%s is of an account whose number ends in %s, and so do several of bank.accounts", path, s.Last4), "name it by --account: " + x.names()}
	}
	return nil, &table.FileError{File: path, Reason: "is of another account than those of bank.accounts: its number ends in " + s.Last4,
		Advice: "add it to bank.accounts, or correct number_last4 there"}
}

// take compares a file with what is stored and keeps what it brings, and begins
// again where another process writes to the account meanwhile.
func (x ImportBank) take(ctx context.Context, f bankFile) (BankImported, error) {
	if err := x.warn(ctx, f); err != nil {
		return BankImported{}, err
	}
	for try := 1; ; try++ {
		done, err := x.takeOnce(ctx, f)
		if !errors.Is(err, ErrBankMoved) || try == bankTries {
			return done, err
		}
	}
}

func (x ImportBank) takeOnce(ctx context.Context, f bankFile) (BankImported, error) {
	book, err := x.Store.BankBook(ctx, f.account.Name)
	if err != nil {
		return BankImported{}, err
	}
	files, err := x.Store.BankFiles(ctx, f.account.Name)
	if err != nil {
		return BankImported{}, err
	}
	if lines := f.statement.Lines; len(lines) > 0 && book.Currency != "" && book.Currency != lines[0].Currency {
		return BankImported{}, &table.FileError{File: f.path, Reason: fmt.Sprintf("is in %s, and the lines of account %s are in %s", lines[0].Currency, f.account.Name, book.Currency),
			Advice: "name the right account; an account of another currency is another entry of bank.accounts"}
	}
	shown := shownDays(f.statement)
	stored, err := x.opened(ctx, BankAsked{Account: f.account.Name, From: shown.From, To: shown.To, Around: true})
	if err != nil {
		return BankImported{}, err
	}
	merged := passbook.Merge(f.account.Name, stored, f.statement)
	taken := BankTaken{Account: f.account.Name, Was: book, Currency: book.Currency, Words: f.account.wordsPrint(), Unchanged: merged.Unchanged, Gaps: len(merged.Gaps),
		File: BankFile{SHA256: f.sum, Layout: f.statement.Layout, From: shown.From, To: shown.To, Spans: f.statement.Covers(x.Now),
			Untied: f.statement.Check().Untied, Inserted: len(merged.Inserted), By: x.By, At: x.Now}}
	for _, l := range merged.Inserted {
		line, err := sealedLine(x.Sealer, f.account, l, f.sum)
		if err != nil {
			return BankImported{}, err
		}
		taken.Currency, taken.Lines = l.Currency, append(taken.Lines, line)
	}
	if taken.Fits, err = x.judgedAgain(ctx, f.account, book); err != nil {
		return BankImported{}, err
	}
	known := slices.ContainsFunc(files, func(file BankFile) bool { return file.SHA256 == f.sum })
	if !known || len(taken.Lines) > 0 || book.Words != taken.Words {
		if err := x.Store.SaveBank(ctx, taken); err != nil {
			return BankImported{}, err
		}
	}
	if !known { // of one that was taken before the first reading counts
		files = append(files, taken.File)
	}
	done := BankImported{Path: f.path, Account: f.account, Layout: f.statement.Layout, Inserted: len(merged.Inserted), Unchanged: merged.Unchanged,
		From: shown.From, To: shown.To, Checked: merged.Checked, Pending: len(f.statement.Pending)}
	around := slices.Concat(stored, merged.Inserted)
	covered := passbook.Covered(around, spansOf(files))
	done.Gaps = f.account.gaps(merged.Gaps, stillUntied(taken.File.Untied, covered), currencyOf(around))
	done.Unread = unreadBeside(shown, covered, done.Gaps)
	return done, nil
}

// shownDays are the days of which a file shows something: its stated period, else
// those of its lines.
func shownDays(s passbook.Statement) passbook.Span {
	shown := passbook.Span{From: s.From, To: s.To}
	for _, l := range s.Lines {
		day := l.Day()
		if shown.From == "" || day < shown.From {
			shown.From = day
		}
		shown.To = max(shown.To, day)
	}
	return shown
}

// opened reads lines of an account with what is sealed of them.
func (x ImportBank) opened(ctx context.Context, asked BankAsked) ([]passbook.Line, error) {
	asked.Sealed = true
	stored, err := x.Store.BankLines(ctx, asked)
	if err != nil {
		return nil, err
	}
	lines := make([]passbook.Line, len(stored))
	for i, l := range stored {
		if lines[i], err = l.Opened(x.Sealer); err != nil {
			return nil, err
		}
	}
	return lines, nil
}

// judgedAgain are the stored lines of an account whose payer fits otherwise by the
// words that it has today.
func (x ImportBank) judgedAgain(ctx context.Context, account BankAccount, book BankBook) (map[string]bool, error) {
	if book.Lines == 0 || book.Words == account.wordsPrint() {
		return nil, nil
	}
	stored, err := x.Store.BankLines(ctx, BankAsked{Account: account.Name, Sealed: true})
	if err != nil {
		return nil, err
	}
	fits := map[string]bool{}
	for _, l := range stored {
		opened, err := l.Opened(x.Sealer)
		if err != nil {
			return nil, err
		}
		if now := settle.PayerFits(opened.Payer.Reveal(), account.Words); now != l.PayerFits {
			fits[l.ID] = now
		}
	}
	return fits, nil
}

// warn tells what a file has that is not taken, and that it may be another
// account's.
func (x ImportBank) warn(ctx context.Context, f bankFile) error {
	if x.Warn == nil {
		return nil
	}
	name, s := filepath.Base(f.path), f.statement
	WarnUnread(x.Warn, name, s.Unknown, s.Unread)
	if len(s.Pending) > 0 {
		x.Warn(fmt.Sprintf("%s: left out %s that the bank has not booked yet", name, pay.Counted(len(s.Pending), "line")), "fetch these days again when the bank has booked them")
	}
	if s.Last4 != "" {
		return nil
	}
	others, err := x.Store.BankAccountsOf(ctx, f.sum)
	others = slices.DeleteFunc(others, func(name string) bool { return name == f.account.Name })
	if len(others) > 0 {
		x.Warn(fmt.Sprintf("%s: these bytes were taken for account %s before, and the file does not say of which account it is", name, strings.Join(others, ", ")),
			"look whether it is account "+f.account.Name+"'s: its lines would stand there twice")
	}
	return err
}
