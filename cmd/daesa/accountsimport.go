package main

import (
	"context"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/pay"
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
			word, err := a.password(f)
			if err != nil {
				return err
			}
			return a.withProvider(cmd.Context(), func(s *session) error { return s.importAccounts(cmd.Context(), files[0], word, f) })
		},
	}
	f.register(cmd)
	return cmd
}

func (s *session) importAccounts(ctx context.Context, path, password string, f fileFlags) error {
	planner, err := s.planner()
	if err != nil {
		return err
	}
	done, err := app.ImportAccounts{Asker: planner, Store: s.db, Warn: s.warns}.Run(ctx, path, s.refundFileOptions(f, password))
	if err != nil {
		return err
	}
	return s.show(accountsImportDocument{Stored: done.Stored, Known: done.Known, ending: s.ending()}, func() {
		s.printf("stored %s, %d were there already\n", pay.Counted(done.Stored, "account"), done.Known)
	})
}
