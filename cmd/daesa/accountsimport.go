package main

import (
	"context"

	"github.com/spf13/cobra"

	application "daesa/app"
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
		done, err := application.ImportAccounts{Asker: s.planner(""), Store: s.db}.Run(ctx, file)
		if err != nil {
			return err
		}
		document := accountsImportDocument{Stored: done.Stored, Known: done.Known, ending: a.ending()}
		if a.json {
			return a.printJSON(document)
		}
		a.printf("stored %s, %d were there already\n", counted(document.Stored, "account"), document.Known)
		return nil
	})
}
