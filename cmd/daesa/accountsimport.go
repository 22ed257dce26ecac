package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"daesa/internal/hint"
	"daesa/internal/table"
	"daesa/pay"
	"daesa/refunds"
)

// accountsImportDocument is the JSON of `accounts import`.
type accountsImportDocument struct {
	Stored int `json:"stored"`
	Known  int `json:"known"` // the same account was there already
	ending
}

func (a *app) accountsImportCommand() *cobra.Command {
	var f fileFlags
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Take refund accounts that customers gave in other ways (Excel, CSV, and what is only called .xls)",
		Long: "Columns: order_id (주문번호) or payment_key (결제키), bank (은행), account_number (계좌번호), holder_name\n" +
			"(예금주), and mid (상점아이디) where several merchants are configured. Every payment is looked up; a file is\n" +
			"taken whole or not at all. A refund that waited for its account goes back to the queue.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			return a.importAccounts(cmd.Context(), files[0], f)
		},
	}
	f.register(cmd)
	return cmd
}

func (a *app) importAccounts(ctx context.Context, path string, f fileFlags) error {
	word, err := a.password(f)
	if err != nil {
		return err
	}
	return a.withAsker(ctx, func(s *asker) error {
		file, err := refunds.ReadAccounts(path, s.refundFileOptions(f, word))
		var faults table.Faults
		if err != nil && !errors.As(err, &faults) {
			return err
		}
		a.warnOfFile(path, file.Unknown, file.Unread)
		accounts, known, err := s.accounts(ctx, file, faults)
		if err != nil {
			return err
		}
		if err := s.db.SaveAccounts(ctx, accounts); err != nil {
			return err
		}
		document := accountsImportDocument{Stored: len(accounts), Known: known, ending: a.ending()}
		if a.json {
			return a.printJSON(document)
		}
		a.printf("stored %s, %d were there already\n", counted(document.Stored, "account"), document.Known)
		return nil
	})
}

// accounts looks the payment of every good row up, and seals what is new.
// Everything that is wrong with the rows, faults of the file among it, is said at
// once; where the provider cannot be asked nothing is taken.
func (s *asker) accounts(ctx context.Context, file refunds.AccountBatch, faults table.Faults) (accounts []refunds.StoredAccount, known int, err error) {
	stored, wrong := make([]*refunds.StoredAccount, len(file.Rows)), make([]*table.Fault, len(file.Rows))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for i, row := range file.Rows {
		group.Go(func() error {
			account, err := s.accountOfRow(groupCtx, row)
			stored[i] = account
			var refused *refunds.AskError
			var failure *pay.Failure
			switch {
			case errors.As(err, &refused):
				wrong[i] = file.Layout.NewFault(row.Line, refused.Column, "", refused.Reason)
			case errors.As(err, &failure) && failure.Kind == pay.FailureNotFound:
				column, why := refunds.Refusal(refunds.Asking{OrderID: row.OrderID, PaymentKey: row.PaymentKey}, err)
				wrong[i] = file.Layout.NewFault(row.Line, column, or(row.PaymentKey, row.OrderID), why.English)
			default:
				return err
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, 0, err
	}
	lines := map[string]int{} // of each payment that a new account is for
	for i, row := range file.Rows {
		switch {
		case wrong[i] != nil:
			faults = append(faults, wrong[i])
		case stored[i] == nil:
			known++
		case lines[stored[i].PaymentKey] > 0:
			faults = append(faults, file.Layout.NewFault(row.Line, "order_id", or(row.OrderID, row.PaymentKey),
				fmt.Sprintf("is the payment of line %d, with another account: which of the two is right is for a person to say", lines[stored[i].PaymentKey])))
		default:
			lines[stored[i].PaymentKey] = row.Line
			accounts = append(accounts, *stored[i])
		}
	}
	if len(faults) > 0 {
		slices.SortStableFunc(faults, func(a, b *table.Fault) int { return a.Line - b.Line })
		return nil, 0, hint.With(faults, "nothing was imported; mend the rows and import the file again")
	}
	return accounts, known, nil
}

func (s *asker) accountOfRow(ctx context.Context, row refunds.AccountAsking) (*refunds.StoredAccount, error) {
	client, ok := s.clients[row.MID]
	if !ok {
		return nil, &refunds.AskError{Column: "mid", Reason: "merchant " + plain(row.MID) + " is not configured"}
	}
	p, _, err := lookUp(ctx, client, refunds.Asking{OrderID: row.OrderID, PaymentKey: row.PaymentKey})
	if err != nil {
		return nil, err
	}
	if p, err = p.Under(row.MID); err != nil {
		return nil, refunds.NotTheMerchants(err)
	}
	switch {
	case row.OrderID != "" && p.OrderID != row.OrderID:
		return nil, &refunds.AskError{Column: "order_id", Reason: "this payment belongs to order " + plain(p.OrderID)}
	case p.Method != pay.VirtualAccount:
		return nil, &refunds.AskError{Column: "order_id", Reason: "was not paid into a virtual account: its refund goes back the way it came and needs no account"}
	}
	if _, err := refunds.AccountFor(row.Account, p); err != nil {
		return nil, err
	}
	stored, _, err := s.planner("").Stored(ctx, p, row.Account, "imported")
	return stored, err
}
