package main

import (
	"context"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/config"
	"daesa/reports"
	"daesa/store"
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
		RunE: func(cmd *cobra.Command, batches []string) error {
			return a.withDatabase(cmd.Context(), func(cfg *config.Config, db *store.DB) error {
				return a.reportBatch(cmd.Context(), cfg, db, batches[0], out)
			})
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "file to write (default: in the configured folder)")
	return cmd
}

func (a *invocation) reportBatch(ctx context.Context, cfg *config.Config, db *store.DB, id, out string) error {
	batch, err := a.batchOf(ctx, db, id, "")
	if err != nil {
		return err
	}
	if len(batch.Requests) == 0 {
		return app.UnknownBatch(id)
	}
	path, err := a.saveBatch(cfg, batch, out)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(reportBatchDocument{Batch: id, Result: batch.Result(), Workbook: path, ending: a.ending()})
	}
	a.printf("%s\n", path)
	return nil
}

// saveBatch draws a batch. out replaces the configured place.
func (a *invocation) saveBatch(cfg *config.Config, batch reports.Batch, out string) (string, error) {
	options, err := a.reportOptions(cfg)
	if err != nil {
		return "", err
	}
	if out == "" {
		out = filepath.Join(cfg.Reports.Dir, reports.BatchFileName(batch))
	}
	return out, reports.SaveBatch(out, batch, options)
}

// batchOf reads all that a batch's workbook says; without requests where there
// is no such batch.
func (a *invocation) batchOf(ctx context.Context, db *store.DB, id, file string) (reports.Batch, error) {
	now, err := a.now()
	if err != nil {
		return reports.Batch{}, err
	}
	return app.ReadBatch{Requests: db, Facts: db, Now: now}.Run(ctx, id, file)
}

// drawBatch draws the workbook of a batch after its requests changed. What
// happened has happened: a workbook that cannot be written is a warning. nil:
// there is no workbook.
func (a *invocation) drawBatch(ctx context.Context, cfg *config.Config, db *store.DB, id, file string, refused []reports.BatchRefusal) *string {
	batch, err := a.batchOf(ctx, db, id, file)
	if batch.Refused = refused; batch.FileRows > 0 {
		batch.FileRows += len(refused) // the journal counts what was taken
	}
	if err == nil && len(batch.Requests) == 0 {
		return nil // every row of the file was asked for before, in other batches
	}
	path := ""
	if err == nil {
		path, err = a.saveBatch(cfg, batch, "")
	}
	if err != nil {
		a.warn("the workbook of batch %s was not written: %s\nhint: what was recorded stands; when the cause is mended, daesa report batch %s draws it",
			plain(id), plain(err.Error()), plain(id))
		return nil
	}
	return &path
}

// drawTouched draws the workbooks of batches of which a run sent or settled
// something; the paths, never nil.
func (a *invocation) drawTouched(ctx context.Context, cfg *config.Config, db *store.DB, batches []string) []string {
	paths := []string{}
	for _, id := range batches {
		if path := a.drawBatch(ctx, cfg, db, id, "", nil); path != nil && !slices.Contains(paths, *path) {
			paths = append(paths, *path)
		}
	}
	return paths
}
