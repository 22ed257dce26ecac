package app

import (
	"context"
	"io"
	"path/filepath"

	"daesa/internal/hint"
	"daesa/jobs"
	"daesa/pay"
	"daesa/reports"
)

// Snapshots are the nights that were written, as they were drawn then.
type Snapshots interface {
	// Snapshot lets read a merchant's night as JSON, where there is one.
	Snapshot(ctx context.Context, job, mid string, day pay.Day, read func(io.Reader) error) (known bool, err error)
}

// NightsOf reads what is stored of a date, of those of the merchants that have
// it.
func NightsOf(ctx context.Context, stored Snapshots, merchants []string, job string, day pay.Day) ([]reports.Snapshot, error) {
	var list []reports.Snapshot
	for _, mid := range merchants {
		var snapshot reports.Snapshot
		known, err := stored.Snapshot(ctx, job, mid, day, reports.Into(&snapshot))
		if err != nil {
			return nil, err
		}
		if known {
			list = append(list, snapshot)
		}
	}
	return list, nil
}

// Workbooks say where the workbook of a night lies, and how it is drawn.
type Workbooks struct {
	Dir         string
	PerMerchant bool            // one for each merchant
	Options     reports.Options // Expected is filled in where one has all merchants
	Expected    []string        // every configured merchant
}

// Draw draws the workbook of a date: one with all merchants, or one each. out
// replaces the configured place. It gives the place that people are told, and
// the files that were written.
func (w Workbooks) Draw(snapshots []reports.Snapshot, out string) (place string, files []string, err error) {
	if len(snapshots) == 0 {
		return "", nil, hint.Errorf("run the night again when the cause is mended", "no merchant's night was written, so there is no workbook")
	}
	if !w.PerMerchant {
		w.Options.Expected = w.Expected
	}
	day := snapshots[0].Run.Day
	if !w.PerMerchant || out != "" {
		name := reports.FileName(day, "")
		if snapshots[0].Run.Job == jobs.JobMonthEnd {
			name = reports.FileName(day, "month-end")
		}
		path := out
		if path == "" {
			path = filepath.Join(w.Dir, name)
		}
		return path, []string{path}, reports.Save(path, snapshots, w.Options)
	}
	for _, snapshot := range snapshots {
		path := filepath.Join(w.Dir, reports.FileName(day, snapshot.Run.MID))
		if err := reports.Save(path, []reports.Snapshot{snapshot}, w.Options); err != nil {
			return "", nil, err
		}
		files = append(files, path)
	}
	return w.Dir, files, nil
}
