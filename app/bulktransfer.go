package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"daesa/internal/hint"
	"daesa/pay"
	"daesa/refunds"
	"daesa/reports/refundfile"
)

// BulkStore gives approved transfers with their accounts, and keeps who has seen
// them in clear.
type BulkStore interface {
	ManualTransfers(ctx context.Context, mid, state string) ([]refunds.ManualTransfer, error)
	// Account gives the sealed account of a payment; nil: none is kept.
	Account(ctx context.Context, mid, paymentKey string) (*refunds.StoredAccount, error)
	// ExportedTransfers gives of transfers when they were handed out last, by id.
	ExportedTransfers(ctx context.Context, ids []string) (map[string]ExportedTransfer, error)
	// ExportTransfers keeps that they are handed out, all or none. The error is
	// ErrTransfersMoved where one is no longer as it was read.
	ExportTransfers(ctx context.Context, x TransferExport) error
	refunds.Proofs
	// TransferProof gives what stands about the approval of a transfer.
	TransferProof(ctx context.Context, id string) (refunds.TransferProof, error)
}

// ErrTransfersMoved says that transfers are no longer as they were read.
var ErrTransfersMoved = errors.New("another process has written to the transfers")

// ExportedTransfer is when, and by whom, a transfer was handed out last.
type ExportedTransfer struct {
	By string
	At time.Time
}

// SameAs says whether two readings tell of one export.
func (e ExportedTransfer) SameAs(o ExportedTransfer) bool { return e.By == o.By && e.At.Equal(o.At) }

// TransferExport is what a file of transfers is about to show.
type TransferExport struct {
	Transfers []refunds.Payable
	Accounts  []refunds.StoredAccount // of each
	Was       map[string]ExportedTransfer
	Reason    string
	By        string
	Now       time.Time
}

// exportTries is how often transfers are read again because others write to them.
const exportTries = 20

// ExportTransfers is `refunds transfers export`: a file for the bank, of what is
// approved and was not handed out yet.
type ExportTransfers struct {
	Store  BulkStore
	Head   *HeadKeeper
	Sealer refunds.Sealer
	// Signing asks for a signature on what is handed out; nil: a typed name approves.
	Signing *Signing
	MID     string // "": every merchant
	Out     string // a new file that its owner alone may read
	Again   bool   // also those that were handed out before
	Shown   string // in the passbook of who gets the money
	By      string
	Now     time.Time
}

// Exported is what a file of transfers has, and what it has not.
type Exported struct {
	Transfers []refunds.ManualTransfer
	Without   []LeftTransfer // approved ones that people must pay otherwise
	Before    []LeftTransfer // handed out earlier
}

// LeftTransfer is a transfer that is not in the file, and why.
type LeftTransfer struct {
	refunds.ManualTransfer
	Why string
}

// Run writes the file. The journal has who saw the accounts, and that the transfers
// were handed out, before one number is written: a process that is killed between
// the two leaves an empty file, and the transfers count as handed out, so that
// nobody pays twice. Where nothing is to be handed out no file is made.
func (x ExportTransfers) Run(ctx context.Context) (Exported, error) {
	if err := x.Head.Check(ctx); err != nil {
		return Exported{}, err
	}
	for try := 1; ; try++ {
		done, err := x.once(ctx)
		if !errors.Is(err, ErrTransfersMoved) || try == exportTries {
			return done, err
		}
	}
}

func (x ExportTransfers) once(ctx context.Context) (Exported, error) {
	export, done, err := x.plan(ctx)
	if err != nil || len(export.Transfers) == 0 {
		return done, err
	}
	file, err := os.OpenFile(x.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator names the file
	if err != nil {
		return Exported{}, hint.Errorf("name a file that is not there yet, in a folder of yours", "refunds transfers export: %w", err)
	}
	err = file.Close()
	if err == nil {
		err = x.Store.ExportTransfers(ctx, export)
	}
	if err != nil {
		return Exported{}, errors.Join(err, os.Remove(x.Out))
	}
	if err := refundfile.SaveBulk(x.Out, refundfile.BulkTransfer{Transfers: export.Transfers, Shown: x.Shown, Now: x.Now}); err != nil {
		return Exported{}, hint.Errorf("the journal has them as handed out: --again writes them to another file", "%s: %w", x.Out, err)
	}
	return done, nil
}

// plan reads what can be handed out.
func (x ExportTransfers) plan(ctx context.Context) (TransferExport, Exported, error) {
	export, done := TransferExport{Reason: "bulk transfer at the bank", By: x.By, Now: x.Now}, Exported{}
	all, err := x.Store.ManualTransfers(ctx, x.MID, string(refunds.ManualApproved))
	if err != nil {
		return export, done, err
	}
	ids := make([]string, len(all))
	for i, t := range all {
		ids[i] = t.RefundID
	}
	if export.Was, err = x.Store.ExportedTransfers(ctx, ids); err != nil {
		return export, done, err
	}
	prover := x.Signing.Prover(x.Store)
	for _, t := range all {
		before, handed := export.Was[t.RefundID]
		stored, err := x.Store.Account(ctx, t.MID, t.PaymentKey)
		var unsigned refunds.Unsigned
		if err == nil && prover != nil {
			unsigned, err = x.unsigned(ctx, prover, t, stored)
		}
		switch {
		case err != nil:
			return export, done, err
		case unsigned.Why != "":
			done.Without = append(done.Without, LeftTransfer{t, "is not signed so: " + unsigned.Said})
		case handed && !x.Again:
			done.Before = append(done.Before, LeftTransfer{t, "handed out by " + before.By + " at " + pay.FormatTime(before.At)})
		case t.Currency != pay.KRW:
			done.Without = append(done.Without, LeftTransfer{t, "is in " + string(t.Currency) + ", and a bulk transfer is in won"})
		case stored == nil:
			done.Without = append(done.Without, LeftTransfer{t, "no account is kept of its payment"})
		default:
			payable, err := openPayable(x.Sealer, t, stored)
			if err != nil {
				return export, done, err
			}
			export.Transfers, export.Accounts = append(export.Transfers, payable), append(export.Accounts, *stored)
			done.Transfers = append(done.Transfers, t)
		}
	}
	return export, done, nil
}

// unsigned says why a transfer is not what somebody signed.
func (x ExportTransfers) unsigned(ctx context.Context, prover *refunds.Prover, t refunds.ManualTransfer, stored *refunds.StoredAccount) (refunds.Unsigned, error) {
	proof, err := x.Store.TransferProof(ctx, t.RefundID)
	if err != nil {
		return refunds.Unsigned{}, err
	}
	return prover.UnsignedTransfer(ctx, proof, printOf(stored))
}

// openPayable is a transfer with its account in clear; of one without account it
// has none.
func openPayable(sealer refunds.Sealer, t refunds.ManualTransfer, stored *refunds.StoredAccount) (refunds.Payable, error) {
	if stored == nil {
		return refunds.Payable{ManualTransfer: t}, nil
	}
	account, err := refunds.OpenAccount(sealer, stored.Sealed, refunds.AccountPlace(stored.MID, stored.OrderID, stored.Print))
	if err != nil {
		return refunds.Payable{}, hint.Errorf("the key file must be the one that sealed it; a copy may be needed", "the account of transfer %s: %w", t.RefundID, err)
	}
	return refunds.Payable{ManualTransfer: t, Account: &account}, nil
}

// TieStore gives what transfers are tied by, and takes what comes of it.
type TieStore interface {
	ManualTransfers(ctx context.Context, mid, state string) ([]refunds.ManualTransfer, error)
	Account(ctx context.Context, mid, paymentKey string) (*refunds.StoredAccount, error)
	BankLines(ctx context.Context, asked BankAsked) ([]BankLine, error)
	// FinishTransfers writes that transfers were made, each by one line of the
	// passbook, all or none. The error is ErrTransfersMoved where a transfer is no
	// longer approved, or a line stands for another one.
	FinishTransfers(ctx context.Context, words []refunds.ManualWord) error
}

// TieTransfers is `refunds transfers done --passbook`: lines of the passbook show
// which transfers were made.
type TieTransfers struct {
	Store    TieStore
	Head     *HeadKeeper
	Sealer   refunds.Sealer
	MID      string // "": every merchant
	Accounts []string
	Write    bool
	By       string
	Now      time.Time
}

// TiedTransfers is what the passbook shows.
type TiedTransfers struct {
	Tied    []refunds.TransferTie
	Open    []refunds.Untied
	Written bool
}

// Run ties, and with Write marks what it tied as done.
func (x TieTransfers) Run(ctx context.Context) (TiedTransfers, error) {
	if err := x.Head.Check(ctx); err != nil {
		return TiedTransfers{}, err
	}
	for try := 1; ; try++ {
		done, err := x.once(ctx)
		if !errors.Is(err, ErrTransfersMoved) || try == exportTries {
			return done, err
		}
	}
}

func (x TieTransfers) once(ctx context.Context) (TiedTransfers, error) {
	payables, used, err := x.transfers(ctx)
	if err != nil || len(payables) == 0 {
		return TiedTransfers{}, err
	}
	lines, err := x.lines(ctx, payables, used)
	if err != nil {
		return TiedTransfers{}, err
	}
	var done TiedTransfers
	done.Tied, done.Open = refunds.TieTransfers(payables, lines)
	done.Tied, done.Open = x.mine(done.Tied, done.Open)
	if !x.Write || len(done.Tied) == 0 {
		return done, nil
	}
	words := make([]refunds.ManualWord, len(done.Tied))
	for i, tie := range done.Tied {
		words[i] = refunds.ManualWord{ID: tie.Transfer.RefundID, To: refunds.ManualDone, By: x.By, Reference: tie.Line.ID, Now: x.Now}
	}
	if err := x.Store.FinishTransfers(ctx, words); err != nil {
		return TiedTransfers{}, err
	}
	done.Written = true
	return done, nil
}

// mine leaves what is of the merchant that was named. All are tied first: a line
// may be another merchant's transfer.
func (x TieTransfers) mine(ties []refunds.TransferTie, open []refunds.Untied) (mine []refunds.TransferTie, left []refunds.Untied) {
	for _, tie := range ties {
		if x.MID == "" || tie.Transfer.MID == x.MID {
			mine = append(mine, tie)
		}
	}
	for _, each := range open {
		if x.MID == "" || each.Transfer.MID == x.MID {
			left = append(left, each)
		}
	}
	return mine, left
}

// transfers are the approved ones of every merchant with their accounts, and the
// references of those that were made.
func (x TieTransfers) transfers(ctx context.Context) (payables []refunds.Payable, used map[string]bool, err error) {
	all, err := x.Store.ManualTransfers(ctx, "", "")
	used = map[string]bool{}
	for _, t := range all {
		if t.State == refunds.ManualDone {
			used[strings.TrimSpace(t.Reference)] = true
		}
		if t.State != refunds.ManualApproved {
			continue
		}
		stored, err := x.Store.Account(ctx, t.MID, t.PaymentKey)
		if err != nil {
			return nil, nil, err
		}
		payable, err := openPayable(x.Sealer, t, stored)
		if err != nil {
			return nil, nil, err
		}
		payables = append(payables, payable)
	}
	return payables, used, err
}

// lines are those by which a transfer may have been made: money that went out since
// the first approval, and that stands for no other one.
func (x TieTransfers) lines(ctx context.Context, payables []refunds.Payable, used map[string]bool) ([]refunds.OutLine, error) {
	from := pay.DayOf(payables[0].ApprovedAt)
	for _, t := range payables {
		from = min(from, pay.DayOf(t.ApprovedAt))
	}
	var lines []refunds.OutLine
	for _, account := range x.Accounts {
		stored, err := x.Store.BankLines(ctx, BankAsked{Account: account, From: from, Sealed: true})
		if err != nil {
			return nil, err
		}
		for _, l := range stored {
			if l.Signed() > 0 || l.Reversed || used[l.ID] {
				continue
			}
			opened, err := l.Opened(x.Sealer)
			if err != nil {
				return nil, fmt.Errorf("account %s: %w", account, err)
			}
			lines = append(lines, refunds.OutLine{ID: l.ID, Day: l.Day(), Amount: l.Amount, Currency: l.Currency, Payee: opened.Payer, Memo: opened.Memo, Account: opened.Account})
		}
	}
	return lines, nil
}
