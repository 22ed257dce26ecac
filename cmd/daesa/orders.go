package main

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"daesa/config"
	"daesa/orders"
	"daesa/pay"
	"daesa/store"
)

// faultsShown is how many bad cells an import tells one by one.
const faultsShown = 100

func (a *app) ordersCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "orders", Short: "The shop's orders"}
	var quarantine string
	imports := &cobra.Command{
		Use:   "import FILE...",
		Short: "Take order files (CSV, XLSX), each whole or not at all",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			return a.withDatabase(cmd.Context(), func(cfg *config.Config, db *store.DB) error {
				return a.importOrders(cmd.Context(), cfg, db, files, quarantine)
			})
		},
	}
	imports.Flags().StringVar(&quarantine, "quarantine", "", "bad rows go to this file, the rest is taken")
	cmd.AddCommand(imports)
	return cmd
}

// imported is the JSON of an import.
type imported struct {
	Inserted    int64    `json:"inserted"`
	Updated     int64    `json:"updated"`
	Unchanged   int64    `json:"unchanged"`
	Quarantined int64    `json:"quarantined"`
	ExitCode    int      `json:"exit_code"`
	Reasons     []string `json:"reasons"`
}

func (a *app) importOrders(ctx context.Context, cfg *config.Config, db *store.DB, paths []string, quarantine string) error {
	now, err := a.now()
	if err != nil {
		return err
	}
	if err := a.checkFiles(cfg, paths, quarantine); err != nil {
		return err
	}
	files, err := openAll(paths, orderOptions(cfg))
	if err != nil {
		return err
	}
	defer func() {
		for _, file := range files {
			_ = file.Close() // it was only read
		}
	}()
	var bad *orders.Quarantine
	if quarantine != "" {
		if bad, err = orders.NewQuarantine(quarantine, files...); err != nil {
			return err
		}
	}
	sum, err := a.takeFiles(ctx, db, files, bad, now)
	if err != nil {
		if bad != nil {
			err = errors.Join(err, bad.Discard())
		}
		return err
	}
	if bad != nil {
		rows, err := bad.Commit()
		if err != nil {
			return err
		}
		sum.Quarantined = int64(rows)
	}
	if sum.Quarantined > 0 {
		a.verdict.add(codePerson, "%d rows were refused: see %s", sum.Quarantined, quarantine)
	}
	sum.ExitCode, sum.Reasons = a.verdict.code(), a.verdict.list()
	if a.json {
		return a.printJSON(sum)
	}
	a.printf("inserted %s, updated %s, unchanged %s", grouped(sum.Inserted), grouped(sum.Updated), grouped(sum.Unchanged))
	if quarantine != "" {
		a.printf(", quarantined %s (%s)", grouped(sum.Quarantined), quarantine)
	}
	a.printf("\n")
	return nil
}

// checkFiles reads every file once before anything is taken, so that a person
// sees every fault of every file at once.
func (a *app) checkFiles(cfg *config.Config, paths []string, quarantine string) error {
	var faults []error
	for _, path := range paths {
		_, bad, list, err := orders.Check(path, orderOptions(cfg), faultsShown)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		if bad > 0 && quarantine == "" {
			faults = append(faults, failed("mend the rows, or use --quarantine FILE to take the good ones; nothing of the file was taken",
				"%s: %d rows cannot be taken\n%v", path, bad, list))
		}
	}
	return errors.Join(faults...)
}

func openAll(paths []string, options orders.Options) ([]*orders.File, error) {
	var files []*orders.File
	for _, path := range paths {
		file, err := orders.OpenFile(path, options)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

func (a *app) takeFiles(ctx context.Context, db *store.DB, files []*orders.File, bad *orders.Quarantine, now time.Time) (imported, error) {
	var sum imported
	bar := a.newProgress()
	defer bar.Close()
	for _, file := range files {
		for _, column := range file.Unknown() {
			a.warn("%s: the column %q means nothing to daesa and is passed over", file.Name(), column)
		}
		saved, err := db.SaveOrders(ctx, aside(file.Orders(), bad, bar), hasColumn(file.Columns()), filepath.Base(file.Name()), a.actor(), now)
		if err != nil {
			return sum, err
		}
		sum.Inserted += saved.Inserted
		sum.Updated += saved.Updated
		sum.Unchanged += saved.Unchanged
	}
	return sum, nil
}

// aside puts bad rows into the quarantine and gives the good ones.
func aside(rows iter.Seq2[pay.Order, error], bad *orders.Quarantine, bar *progress) iter.Seq2[pay.Order, error] {
	return func(yield func(pay.Order, error) bool) {
		var count int64
		for order, err := range rows {
			var row *orders.BadRow
			if bad != nil && errors.As(err, &row) {
				if err = bad.Add(row); err == nil {
					continue
				}
			}
			if count++; count%1000 == 0 {
				bar.Step("orders", count, 0)
			}
			if !yield(order, err) {
				return
			}
		}
	}
}
