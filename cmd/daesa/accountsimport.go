package main

import (
	"context"
	"errors"
	"fmt"

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
	return &cobra.Command{
		Use:   "import FILE",
		Short: "Take refund accounts that customers gave in other ways (CSV or XLSX)",
		Long: "Columns: order_id or payment_key, bank, account_number, holder_name, and mid where several merchants are\n" +
			"configured. Every payment is looked up; a file is taken whole or not at all. A refund that waited for its\n" +
			"account goes back to the queue.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			return a.importAccounts(cmd.Context(), files[0])
		},
	}
}

func (a *app) importAccounts(ctx context.Context, path string) error {
	return a.withAsker(ctx, func(s *asker) error {
		o := refunds.FileOptions{MIDs: mids(s.cfg), MainMIDs: s.cfg.MainMIDs()}
		if len(o.MIDs) == 1 {
			o.DefaultMID = o.MIDs[0]
		}
		if a.mid != "" {
			o.DefaultMID = a.mid
		}
		file, err := refunds.ReadAccounts(path, o)
		if err != nil {
			return err
		}
		for _, title := range file.Unknown {
			a.warn("%s: column %q means nothing to daesa and is passed over", path, plain(title))
		}
		accounts, known, err := s.accounts(ctx, file)
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

// accounts looks the payment of every row up, and seals what is new. Everything
// that is wrong with the rows is said at once; where the provider cannot be
// asked nothing is taken.
func (s *asker) accounts(ctx context.Context, file refunds.AccountBatch) (accounts []refunds.StoredAccount, known int, err error) {
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
				wrong[i] = &table.Fault{File: file.Name, Line: row.Line, Column: refused.Column, Reason: refused.Reason}
			case errors.As(err, &failure) && failure.Kind == pay.FailureNotFound:
				wrong[i] = &table.Fault{File: file.Name, Line: row.Line, Column: "order_id", Value: or(row.OrderID, row.PaymentKey), Reason: "Toss knows no such payment"}
			default:
				return err
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, 0, err
	}
	var faults table.Faults
	lines := map[string]int{} // of each payment that a new account is for
	for i, row := range file.Rows {
		switch {
		case wrong[i] != nil:
			faults = append(faults, wrong[i])
		case stored[i] == nil:
			known++
		case lines[stored[i].PaymentKey] > 0:
			faults = append(faults, &table.Fault{File: file.Name, Line: row.Line, Column: "order_id", Value: or(row.OrderID, row.PaymentKey),
				Reason: fmt.Sprintf("is the payment of line %d, with another account: which of the two is right is for a person to say", lines[stored[i].PaymentKey])})
		default:
			lines[stored[i].PaymentKey] = row.Line
			accounts = append(accounts, *stored[i])
		}
	}
	if len(faults) > 0 {
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
