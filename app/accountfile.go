package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"daesa/internal/hint"
	"daesa/internal/table"
	"daesa/internal/written"
	"daesa/pay"
	"daesa/refunds"
)

// ImportAccounts is `accounts import`: refund accounts that customers gave in
// other ways.
type ImportAccounts struct {
	Asker *Asker
	Store interface {
		SaveAccounts(ctx context.Context, accounts []refunds.StoredAccount) error
	}
	Warn Warn
}

// ImportedAccounts counts the rows of an account file.
type ImportedAccounts struct {
	Stored int
	Known  int // the same account was there already
}

// Run reads the file and takes its accounts, all or none.
func (x ImportAccounts) Run(ctx context.Context, path string, options refunds.FileOptions) (ImportedAccounts, error) {
	file, err := refunds.ReadAccounts(path, options)
	var faults table.Faults
	if err != nil && !errors.As(err, &faults) {
		return ImportedAccounts{}, err
	}
	WarnUnread(x.Warn, path, file.Unknown, file.Unread)
	return x.take(ctx, file, faults)
}

// take looks the payment of every good row up, and stores what is new, sealed.
// Everything that is wrong with the rows, faults of the file among it, is said at
// once; where the provider cannot be asked nothing is taken.
func (x ImportAccounts) take(ctx context.Context, file refunds.AccountBatch, faults table.Faults) (ImportedAccounts, error) {
	stored, wrong, err := x.rows(ctx, file)
	if err != nil {
		return ImportedAccounts{}, err
	}
	var done ImportedAccounts
	var accounts []refunds.StoredAccount
	lines := map[string]int{} // of each payment that a new account is for
	for i, row := range file.Rows {
		switch {
		case wrong[i] != nil:
			faults = append(faults, wrong[i])
		case stored[i] == nil:
			done.Known++
		case lines[stored[i].PaymentKey] > 0:
			faults = append(faults, file.Fault(row.Line, "order_id", cmp.Or(row.OrderID, row.PaymentKey),
				refunds.Said{English: fmt.Sprintf("is the payment of line %d, with another account: which of the two is right is for a person to say", lines[stored[i].PaymentKey])}))
		default:
			lines[stored[i].PaymentKey] = row.Line
			accounts = append(accounts, *stored[i])
		}
	}
	if len(faults) > 0 {
		slices.SortStableFunc(faults, func(a, b *table.Fault) int { return a.Line - b.Line })
		return ImportedAccounts{}, hint.With(faults, "nothing was imported; mend the rows and import the file again")
	}
	done.Stored = len(accounts)
	return done, x.Store.SaveAccounts(ctx, accounts)
}

// rows gives for each row its sealed account, nil where it is known, or what is
// wrong with it.
func (x ImportAccounts) rows(ctx context.Context, file refunds.AccountBatch) ([]*refunds.StoredAccount, []*table.Fault, error) {
	stored, wrong := make([]*refunds.StoredAccount, len(file.Rows)), make([]*table.Fault, len(file.Rows))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(looksAtOnce)
	for i, row := range file.Rows {
		group.Go(func() error {
			account, err := x.row(groupCtx, row)
			stored[i] = account
			var refused *refunds.AskError
			var failure *pay.Failure
			switch {
			case errors.As(err, &refused):
				wrong[i] = file.Fault(row.Line, refused.Column, "", refused.Said())
			case errors.As(err, &failure) && failure.Kind == pay.FailureNotFound:
				column, why := refunds.Refusal(refunds.Asking{OrderID: row.OrderID, PaymentKey: row.PaymentKey}, err)
				wrong[i] = file.Fault(row.Line, column, cmp.Or(row.PaymentKey, row.OrderID), why)
			default:
				return err
			}
			return nil
		})
	}
	return stored, wrong, group.Wait()
}

// row seals the account of one row; nil where it is there already.
func (x ImportAccounts) row(ctx context.Context, row refunds.AccountAsking) (*refunds.StoredAccount, error) {
	look, err := x.Asker.lookUp(ctx, refunds.Asking{MID: row.MID, OrderID: row.OrderID, PaymentKey: row.PaymentKey})
	if err != nil {
		return nil, err
	}
	p, err := look.Payment.Under(row.MID)
	if err != nil {
		return nil, refunds.NotTheMerchants(err)
	}
	switch {
	case row.OrderID != "" && p.OrderID != row.OrderID:
		return nil, &refunds.AskError{Column: "order_id", Reason: "this payment belongs to order " + written.Shown(p.OrderID)}
	case p.Method != pay.VirtualAccount:
		return nil, &refunds.AskError{Column: "order_id", Reason: "was not paid into a virtual account: its refund goes back the way it came and needs no account"}
	}
	if _, err := refunds.AccountFor(row.Account, p); err != nil {
		return nil, err
	}
	stored, _, err := x.Asker.Stored(ctx, p, row.Account, "imported")
	return stored, err
}
