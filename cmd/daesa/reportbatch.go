package main

import (
	"context"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/reports"
)

// reportBatchDocument is the JSON of `report batch`.
type reportBatchDocument struct {
	Batch    string `json:"batch"`
	Result   bool   `json:"result"` // false: it is a plan
	Workbook string `json:"workbook"`
	// Statements are the hashes of what was signed, or is to be, about its requests.
	Statements []string `json:"statements"`
	ending
}

func (a *invocation) reportBatchCommand() *cobra.Command {
	var out, statement string
	cmd := &cobra.Command{
		Use:   "batch BATCH",
		Short: "Draw the workbook of a refund batch, as it stands now",
		Long: "Before anything was sent it is the plan: every row, what waits for a person's word and the command that\n" +
			"gives it. Afterwards it is the result: what became of each row, with sums that tie. It is of the whole\n" +
			"batch, of every merchant. With refunds.approvers_file its sheet 결재 (Approval) shows what was signed, and with\n" +
			"--statement what is to be: cell by cell, with the hash of the statement.",
		Args: cobra.ExactArgs(1),
		RunE: a.onStore(func(ctx context.Context, s *session, batches []string) error {
			return s.reportBatch(ctx, batches[0], out, statement)
		}),
	}
	cmd.Flags().StringVar(&out, "out", "", "file to write (default: in the configured folder)")
	cmd.Flags().StringVar(&statement, "statement", "", "what waits for a signature, as refunds approve --statement wrote it")
	return cmd
}

func (s *session) reportBatch(ctx context.Context, id, out, statement string) error {
	workbooks := s.batchWorkbooks()
	if statement != "" {
		var err error
		if workbooks.Waiting, err = s.signing().Sheet(ctx, s.db, statement); err != nil {
			return err
		}
	}
	batch, path, err := workbooks.Draw(ctx, id, out)
	if err != nil {
		return err
	}
	hashes := each(batch.Statements, func(of reports.Statement) string { return of.Hash })
	return s.show(reportBatchDocument{Batch: id, Result: batch.Result(), Workbook: path, Statements: hashes, ending: s.ending()}, func() { s.printf("%s\n", path) })
}

// batchWorkbooks are where the configuration wants the workbooks of batches.
func (s *session) batchWorkbooks() app.BatchWorkbooks {
	return app.BatchWorkbooks{ReadBatch: app.ReadBatch{Requests: s.db, Facts: s.db, Now: s.now(), Signing: s.signing()}, Dir: s.cfg.Reports.Dir, Options: s.reportOptions, Warn: s.warns}
}
