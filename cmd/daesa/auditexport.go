package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/pay"
)

func (a *invocation) auditExportCommand() *cobra.Command {
	var from, to, out string
	cmd := &cobra.Command{
		Use:   "export --from DAY --to DAY --out DIR",
		Short: "Hand an auditor everything about some days",
		Long: "Writes into a new folder: refunds with who asked and who approved, their attempts and Toss's answers,\n" +
			"transfers by hand, breaks with what people decided, runs with the configuration's fingerprint, the hashes\n" +
			"of every page that Toss sent, and the journal (which has reveals of accounts and every change of state).\n" +
			"The statements that people signed stand beside their signatures, with the allowed signers and a page that\nsays how ssh-keygen alone verifies them.\n" +
			"Each thing goes by the day on which it happened: what was decided on Monday about Friday's night is Monday's.\n" +
			"manifest.json has the SHA-256 of each file. Account numbers and secrets are in none of them.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			const example = "for example --from 2026-11-01 --to 2026-11-30 --out audit-2026-11"
			first, err := pay.ParseDay(from)
			if err != nil {
				return usage(fmt.Errorf("--from: %w", err), example)
			}
			last, err := pay.ParseDay(to)
			if err != nil {
				return usage(fmt.Errorf("--to: %w", err), example)
			}
			if out == "" || last < first {
				return usage(errors.New("audit export: --out names a folder, and --to is not before --from"), example)
			}
			return a.withStore(cmd.Context(), func(s *session) error { return s.exportAudit(cmd.Context(), first, last, out) })
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "first day on which things happened, YYYY-MM-DD")
	cmd.Flags().StringVar(&to, "to", "", "last such day, YYYY-MM-DD")
	cmd.Flags().StringVar(&out, "out", "", "the folder to make")
	return cmd
}

func (s *session) exportAudit(ctx context.Context, first, last pay.Day, out string) error {
	manifest, err := app.ExportAudit{Store: s.db, Folder: out, MID: s.mid, First: first, Last: last, Program: programVersion(),
		Approvers: s.cfg.Refunds.ApproversFile, Revoked: s.cfg.Refunds.RevokedKeysFile}.Run(ctx)
	if err != nil {
		return err
	}
	if len(manifest.Broken) > 0 {
		s.verdict.Add(app.EndedFailed, "the journal is broken in %s: daesa audit verify", pay.Counted(len(manifest.Broken), "place"))
	}
	return s.show(struct {
		app.Manifest
		ending
	}{manifest, s.ending()}, func() {
		for _, file := range manifest.Files {
			s.printf("%-20s %8d rows  %s\n", file.Name, file.Rows, file.SHA256)
		}
		s.printf("%s: %s to %s; entries of the whole journal: %s\n", out, first, last, pay.Grouped(manifest.Entries))
	})
}

func programVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "daesa"
	}
	return "daesa " + cmp.Or(info.Main.Version, "(devel)")
}
