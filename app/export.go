package app

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"os"
	"path/filepath"

	"daesa/approval"
	"daesa/internal/hint"
	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports"
)

// ExportTable begins a table of an export; what it gives takes the rows.
type ExportTable func(name string, columns []string) (row func(values []string) error, err error)

// AuditStore gives what an auditor gets. Nothing of it is sealed or personal.
type AuditStore interface {
	VerifyJournal(ctx context.Context, known string) (Verified, error)
	// Audit streams the tables of the business days from first to last, of one
	// merchant or ("") all.
	Audit(ctx context.Context, mid string, first, last pay.Day, begin ExportTable) error
	// AuditJournal streams the entries of these days as lines of JSON.
	AuditJournal(ctx context.Context, first, last pay.Day, visit func(line []byte) error) error
	// StatementsTaken gives the statements that somebody signed, of those days.
	StatementsTaken(ctx context.Context, first, last pay.Day) ([]approval.Taken, error)
	Runs(ctx context.Context, mid string) ([]reconcile.LedgerEntry, error)
	SnapshotOfRun(ctx context.Context, runID string, read func(io.Reader) error) (known bool, err error)
}

// ExportAudit is `audit export`: everything about some days, in a new folder.
type ExportAudit struct {
	Store       AuditStore
	Folder      string // must not be there yet
	MID         string // "": every merchant
	First, Last pay.Day
	Program     string
	// Approvers are the files of allowed signers and revoked keys as they are now; "":
	// there is none.
	Approvers, Revoked string
}

// Manifest is manifest.json: what was exported, and the hash of each file.
type Manifest struct {
	From    string         `json:"from"`
	To      string         `json:"to"`
	MID     *string        `json:"mid"` // null: all
	Program string         `json:"program"`
	Head    *string        `json:"journal_head"`
	Entries int64          `json:"journal_entries"` // of the whole journal
	Broken  []string       `json:"journal_broken"`
	Files   []ExportedFile `json:"files"`
}

// ExportedFile is a file of an export; its rows are without the header.
type ExportedFile struct {
	Name   string `json:"name"`
	Rows   int    `json:"rows"`
	SHA256 string `json:"sha256"`
}

// Run writes the files, and the manifest last.
func (x ExportAudit) Run(ctx context.Context) (Manifest, error) {
	manifest := Manifest{From: string(x.First), To: string(x.Last), Program: x.Program}
	if x.MID != "" {
		manifest.MID = &x.MID
	}
	if err := os.Mkdir(x.Folder, 0o700); err != nil {
		return manifest, hint.Errorf("name a folder that is not there yet", "audit export: %w", err)
	}
	found, err := x.Store.VerifyJournal(ctx, "")
	if err != nil {
		return manifest, err
	}
	manifest.Entries, manifest.Broken = found.Entries, append([]string{}, found.Broken...)
	if found.Head != "" {
		manifest.Head = &found.Head
	}
	w := &exportWriter{folder: x.Folder}
	for _, write := range []func(context.Context, *exportWriter) error{x.tables, x.journal, x.configurations, x.approvals} {
		if err := errors.Join(write(ctx, w), w.end()); err != nil {
			return manifest, err
		}
	}
	manifest.Files = w.files
	text, err := json.MarshalIndent(manifest, "", "  ")
	if err != nil {
		return manifest, err
	}
	return manifest, os.WriteFile(filepath.Join(x.Folder, "manifest.json"), append(text, '\n'), 0o600)
}

func (x ExportAudit) tables(ctx context.Context, w *exportWriter) error {
	return x.Store.Audit(ctx, x.MID, x.First, x.Last, w.table)
}

// journal writes the entries as they are chained.
func (x ExportAudit) journal(ctx context.Context, w *exportWriter) error {
	file, err := w.begin("journal.jsonl")
	if err != nil {
		return err
	}
	return x.Store.AuditJournal(ctx, x.First, x.Last, func(line []byte) error {
		file.rows++
		_, err := file.Write(line)
		return err
	})
}

// configurations writes the runs from which on another configuration held.
func (x ExportAudit) configurations(ctx context.Context, w *exportWriter) error {
	row, err := w.table("configurations", []string{"mid", "job", "since_business_date", "run_id", "configuration"})
	if err != nil {
		return err
	}
	runs, err := x.Store.Runs(ctx, x.MID)
	if err != nil {
		return err
	}
	type of struct{ mid, job string }
	held := map[of]string{}
	for _, run := range runs {
		if run.Day < x.First || run.Day > x.Last {
			continue
		}
		var snapshot struct{ Config string }
		known, err := x.Store.SnapshotOfRun(ctx, run.RunID, reports.Into(&snapshot))
		if err != nil {
			return err
		}
		if !known {
			continue // a run that was never committed ran under nothing
		}
		if held[of{run.MID, run.Job}] == snapshot.Config {
			continue
		}
		held[of{run.MID, run.Job}] = snapshot.Config
		if err := row([]string{run.MID, run.Job, string(run.Day), run.RunID, snapshot.Config}); err != nil {
			return err
		}
	}
	return nil
}

// exportWriter writes the files of a folder, one after another.
type exportWriter struct {
	folder string
	files  []ExportedFile
	open   *exportFile
}

// exportFile is the file that is being written.
type exportFile struct {
	io.Writer // to the file and its hash
	file      *os.File
	sum       hash.Hash
	csv       *csv.Writer // nil: it is no table
	rows      int
}

func (w *exportWriter) begin(name string) (*exportFile, error) {
	if err := w.end(); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(w.folder, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the folder is the operator's
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	w.open = &exportFile{Writer: io.MultiWriter(file, sum), file: file, sum: sum}
	return w.open, nil
}

// table begins a CSV; a text that a program would reckon is made inert.
func (w *exportWriter) table(name string, columns []string) (func([]string) error, error) {
	file, err := w.begin(name + ".csv")
	if err != nil {
		return nil, err
	}
	file.csv = csv.NewWriter(file)
	return func(values []string) error {
		file.rows++
		for i := range values {
			values[i] = xlsx.Inert(values[i])
		}
		return file.csv.Write(values)
	}, file.csv.Write(columns)
}

// end finishes the file that is being written.
func (w *exportWriter) end() error {
	done := w.open
	if done == nil {
		return nil
	}
	w.open = nil
	var err error
	if done.csv != nil {
		done.csv.Flush()
		err = done.csv.Error()
	}
	name, outside := filepath.Rel(w.folder, done.file.Name())
	w.files = append(w.files, ExportedFile{filepath.ToSlash(name), done.rows, hex.EncodeToString(done.sum.Sum(nil))})
	return errors.Join(err, outside, done.file.Sync(), done.file.Close())
}
