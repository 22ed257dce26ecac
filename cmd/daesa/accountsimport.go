package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"daesa/app"
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

func (a *invocation) accountsImportCommand() *cobra.Command {
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

func (a *invocation) importAccounts(ctx context.Context, path string, f fileFlags) error {
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
		done, err := app.ImportAccounts{Asker: s.planner(""), Store: s.db}.Run(ctx, file, faults)
		if err != nil {
			return err
		}
		document := accountsImportDocument{Stored: done.Stored, Known: done.Known, ending: a.ending()}
		if a.json {
			return a.printJSON(document)
		}
		a.printf("stored %s, %d were there already\n", pay.Counted(document.Stored, "account"), document.Known)
		return nil
	})
}
