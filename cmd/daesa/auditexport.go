package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"

	application "daesa/app"
	"daesa/config"
	"daesa/pay"
	"daesa/store"
)

func (a *app) auditExportCommand() *cobra.Command {
	var from, to, out string
	cmd := &cobra.Command{
		Use:   "export --from DAY --to DAY --out DIR",
		Short: "Hand an auditor everything about some days",
		Long: "Writes into a new folder: refunds with who asked and who approved, their attempts and Toss's answers,\n" +
			"transfers by hand, breaks with what people decided, runs with the configuration's fingerprint, the hashes\n" +
			"of every page that Toss sent, and the journal (which has reveals of accounts and every change of state).\n" +
			"Each thing goes by the day on which it happened: what was decided on Monday about Friday's night is Monday's.\n" +
			"manifest.json has the SHA-256 of each file. Account numbers and secrets are in none of them.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			first, err := pay.ParseDay(from)
			if err != nil {
				return usage(fmt.Errorf("--from: %w", err), "for example --from 2026-11-01 --to 2026-11-30 --out audit-2026-11")
			}
			last, err := pay.ParseDay(to)
			if err != nil {
				return usage(fmt.Errorf("--to: %w", err), "for example --from 2026-11-01 --to 2026-11-30 --out audit-2026-11")
			}
			if out == "" || last < first {
				return usage(errors.New("audit export: --out names a folder, and --to is not before --from"), "for example --from 2026-11-01 --to 2026-11-30 --out audit-2026-11")
			}
			return a.withDatabase(cmd.Context(), func(_ *config.Config, db *store.DB) error {
				return a.exportAudit(cmd.Context(), db, first, last, out)
			})
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "first day on which things happened, YYYY-MM-DD")
	cmd.Flags().StringVar(&to, "to", "", "last such day, YYYY-MM-DD")
	cmd.Flags().StringVar(&out, "out", "", "the folder to make")
	return cmd
}

func (a *app) exportAudit(ctx context.Context, db *store.DB, first, last pay.Day, out string) error {
	manifest, err := application.ExportAudit{Store: db, Folder: out, MID: a.mid, First: first, Last: last, Program: programVersion()}.Run(ctx)
	if err != nil {
		return err
	}
	if len(manifest.Broken) > 0 {
		a.verdict.add(codeFailed, "the journal is broken in %s: daesa audit verify", counted(len(manifest.Broken), "place"))
	}
	if a.json {
		return a.printJSON(struct {
			application.Manifest
			ending
		}{manifest, a.ending()})
	}
	for _, file := range manifest.Files {
		a.printf("%-20s %8d rows  %s\n", file.Name, file.Rows, file.SHA256)
	}
	a.printf("%s: %s to %s; entries of the whole journal: %s\n", out, first, last, grouped(manifest.Entries))
	return nil
}

func programVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "daesa"
	}
	return "daesa " + or(info.Main.Version, "(devel)")
}
