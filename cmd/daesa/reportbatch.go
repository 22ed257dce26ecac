package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"daesa/config"
	"daesa/pay"
	"daesa/refunds"
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

func (a *app) reportBatchCommand() *cobra.Command {
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

func (a *app) reportBatch(ctx context.Context, cfg *config.Config, db *store.DB, id, out string) error {
	batch, err := a.batchOf(ctx, db, id, "")
	if err != nil {
		return err
	}
	if len(batch.Requests) == 0 {
		return unknown("daesa refunds list --json shows the batch of each request", "batch %s: no such batch", plain(id))
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
func (a *app) saveBatch(cfg *config.Config, batch reports.Batch, out string) (string, error) {
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
// is no such batch. file is the name of the imported file, where it is known.
func (a *app) batchOf(ctx context.Context, db *store.DB, id, file string) (reports.Batch, error) {
	batch := reports.Batch{ID: id, File: file, Sent: map[string]time.Time{}, Arrivals: map[string]refunds.Arrival{}, Accounts: map[string]string{}}
	if id == "" { // for the store that is every request
		return batch, nil
	}
	var err error
	if batch.Now, err = a.now(); err != nil {
		return batch, err
	}
	if batch.Requests, err = db.Refunds(ctx, store.RefundFilter{Batch: id}); err != nil || len(batch.Requests) == 0 {
		return batch, err
	}
	if _, batch.JournalHead, err = db.JournalHead(ctx); err != nil {
		return batch, err
	}
	if err := readImport(ctx, db, &batch); err != nil {
		return batch, err
	}
	for _, r := range batch.Requests {
		if err := tellMore(ctx, db, &batch, r); err != nil {
			return batch, err
		}
	}
	return batch, nil
}

// readImport says who imported a batch and when, by the journal.
func readImport(ctx context.Context, db *store.DB, batch *reports.Batch) error {
	first := batch.Requests[0]
	batch.By, batch.At = first.RequestedBy, first.RequestedAt
	entries, err := db.History(ctx, "batch:"+batch.ID)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Action != "batch.imported" {
			continue
		}
		var facts struct {
			Rows int `json:"rows"`
		}
		if err := json.Unmarshal([]byte(e.Facts), &facts); err != nil {
			return fmt.Errorf("journal entry %d is unreadable: %w", e.Seq, err)
		}
		batch.By, batch.At, batch.FileRows = e.Actor, e.At.Time, facts.Rows
		return nil // the first time; the same file again adds nothing
	}
	return nil
}

// tellMore adds what is not in a request itself: when it was sent, when its
// money arrives, and the account, masked.
func tellMore(ctx context.Context, db *store.DB, batch *reports.Batch, r refunds.Request) error {
	if r.Attempts > 0 {
		attempts, err := db.ShownAttempts(ctx, r.ID)
		if err != nil {
			return err
		}
		for _, t := range attempts {
			if t.LastSent.After(batch.Sent[r.ID]) {
				batch.Sent[r.ID] = t.LastSent
			}
		}
	}
	if r.State == refunds.Succeeded || r.State == refunds.Accepted {
		p, canceledAt, err := db.SeenPayment(ctx, r)
		if err != nil {
			return err
		}
		batch.Arrivals[r.ID] = refunds.ArrivalOf(p, r.Amount, canceledAt)
	}
	if r.Method != pay.VirtualAccount {
		return nil
	}
	account, err := db.ShownAccount(ctx, r.MID, r.PaymentKey)
	if err != nil || account == nil {
		return err
	}
	bank := account.Bank
	if known, ok := pay.FindBank(bank); ok {
		bank = known.Korean
	}
	batch.Accounts[r.ID] = strings.Join([]string{bank, account.AccountMasked, account.HolderMasked}, " ")
	return nil
}

// drawBatch draws the workbook of a batch after its requests changed. What
// happened has happened: a workbook that cannot be written is a warning. nil:
// there is no workbook.
func (a *app) drawBatch(ctx context.Context, cfg *config.Config, db *store.DB, id, file string, refused []reports.BatchRefusal) *string {
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

// touchedBatches gathers the batches of which a run sent or settled something.
// Several workers tell it at once.
type touchedBatches struct {
	mu  sync.Mutex
	ids map[string]bool
}

// hear gives what a run tells every turn to, and passes it on.
func (t *touchedBatches) hear(next func(refunds.Done)) func(refunds.Done) {
	return func(done refunds.Done) {
		if batch := done.Request.Batch; batch != "" && (done.Sends > 0 || done.Is != done.Request.State) {
			t.mu.Lock()
			if t.ids == nil {
				t.ids = map[string]bool{}
			}
			t.ids[batch] = true
			t.mu.Unlock()
		}
		next(done)
	}
}

// drawTouched draws their workbooks; the paths, never nil.
func (a *app) drawTouched(ctx context.Context, cfg *config.Config, db *store.DB, t *touchedBatches) []string {
	paths := []string{}
	for _, id := range sortedKeys(t.ids) {
		if path := a.drawBatch(ctx, cfg, db, id, "", nil); path != nil && !slices.Contains(paths, *path) {
			paths = append(paths, *path)
		}
	}
	return paths
}
