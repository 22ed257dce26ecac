package main

import (
	"context"

	"github.com/spf13/cobra"

	"daesa/app"
)

// reportBatchDocument is the JSON of `report batch`.
type reportBatchDocument struct {
	Batch    string `json:"batch"`
	Result   bool   `json:"result"` // false: it is a plan
	Workbook string `json:"workbook"`
	ending
}

func (a *invocation) reportBatchCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "batch BATCH",
		Short: "Draw the workbook of a refund batch, as it stands now",
		Long: "Before anything was sent it is the plan: every row, what waits for a person's word and the command that\n" +
			"gives it. Afterwards it is the result: what became of each row, with sums that tie. It is of the whole\n" +
			"batch, of every merchant.",
		Args: cobra.ExactArgs(1),
		RunE: a.onStore(func(ctx context.Context, s *session, batches []string) error {
			return s.reportBatch(ctx, batches[0], out)
		}),
	}
	cmd.Flags().StringVar(&out, "out", "", "file to write (default: in the configured folder)")
	return cmd
}

func (s *session) reportBatch(ctx context.Context, id, out string) error {
	batch, path, err := s.batchWorkbooks().Draw(ctx, id, out)
	if err != nil {
		return err
	}
	return s.show(reportBatchDocument{Batch: id, Result: batch.Result(), Workbook: path, ending: s.ending()}, func() { s.printf("%s\n", path) })
}

// batchWorkbooks are where the configuration wants the workbooks of batches.
func (s *session) batchWorkbooks() app.BatchWorkbooks {
	return app.BatchWorkbooks{ReadBatch: app.ReadBatch{Requests: s.db, Facts: s.db, Now: s.now()}, Dir: s.cfg.Reports.Dir, Options: s.reportOptions, Warn: s.warns}
}
