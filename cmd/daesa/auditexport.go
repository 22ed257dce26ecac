package main

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"daesa/config"
	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/store"
)

// exportDocument is the JSON of `audit export`, and its manifest.json.
type exportDocument struct {
	From    string         `json:"from"`
	To      string         `json:"to"`
	MID     *string        `json:"mid"` // null: all
	Program string         `json:"program"`
	Head    *string        `json:"journal_head"`
	Entries int64          `json:"journal_entries"`
	Broken  []string       `json:"journal_broken"`
	Files   []exportedFile `json:"files"`
}

type exportedFile struct {
	Name   string `json:"name"`
	Rows   int    `json:"rows"`
	SHA256 string `json:"sha256"`
}

func (a *app) auditExportCommand() *cobra.Command {
	var from, to, out string
	cmd := &cobra.Command{
		Use:   "export --from DAY --to DAY --out DIR",
		Short: "Hand an auditor everything about some days",
		Long: "Writes into a new folder: refunds with who asked and who approved, their attempts and Toss's answers,\n" +
			"transfers by hand, breaks with what people decided, runs with the configuration's fingerprint, the hashes\n" +
			"of every page that Toss sent, and the journal (which has reveals of accounts and every change of state).\n" +
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
	cmd.Flags().StringVar(&from, "from", "", "first business day, YYYY-MM-DD")
	cmd.Flags().StringVar(&to, "to", "", "last business day, YYYY-MM-DD")
	cmd.Flags().StringVar(&out, "out", "", "the folder to make")
	return cmd
}

func (a *app) exportAudit(ctx context.Context, db *store.DB, first, last pay.Day, out string) error {
	if err := os.Mkdir(out, 0o700); err != nil {
		return failed("name a folder that is not there yet", "audit export: %w", err)
	}
	found, err := db.VerifyJournal(ctx, "")
	if err != nil {
		return err
	}
	document := exportDocument{From: string(first), To: string(last), MID: orNull(a.mid), Program: programVersion(), Head: orNull(found.Head), Entries: found.Entries,
		Broken: append([]string{}, found.Broken...)}
	e := &export{folder: out}
	if err := errors.Join(db.Audit(ctx, a.mid, first, last, e.table), e.end()); err != nil {
		return err
	}
	if err := e.journal(ctx, db, first, last); err != nil {
		return err
	}
	if err := e.configurations(ctx, db, a.mid, first, last); err != nil {
		return err
	}
	document.Files = e.files
	manifest, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, "manifest.json"), append(manifest, '\n'), 0o600); err != nil {
		return err
	}
	if len(found.Broken) > 0 {
		a.verdict.add(codeFailed, "the journal is broken in %s: daesa audit verify", counted(len(found.Broken), "place"))
	}
	if a.json {
		return a.printJSON(struct {
			exportDocument
			ending
		}{document, a.ending()})
	}
	for _, file := range document.Files {
		a.printf("%-20s %8d rows  %s\n", file.Name, file.Rows, file.SHA256)
	}
	a.printf("%s: %s to %s; entries of the whole journal: %s\n", out, first, last, grouped(found.Entries))
	return nil
}

func programVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "daesa"
	}
	return "daesa " + or(info.Main.Version, "(devel)")
}

// export writes the files of a folder, one after another.
type export struct {
	folder string
	files  []exportedFile
	open   *exporting
}

type exporting struct {
	file *os.File
	sum  hash.Hash
	csv  *csv.Writer
	rows int
}

func (e *export) begin(name string) (*exporting, error) {
	if err := e.end(); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(e.folder, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the folder is the operator's
	if err != nil {
		return nil, err
	}
	e.open = &exporting{file: file, sum: sha256.New()}
	e.open.csv = csv.NewWriter(io.MultiWriter(file, e.open.sum))
	return e.open, nil
}

// end finishes the file that is being written.
func (e *export) end() error {
	if e.open == nil {
		return nil
	}
	done := e.open
	e.open = nil
	done.csv.Flush()
	e.files = append(e.files, exportedFile{filepath.Base(done.file.Name()), done.rows, hex.EncodeToString(done.sum.Sum(nil))})
	return errors.Join(done.csv.Error(), done.file.Sync(), done.file.Close())
}

// table begins a CSV; a text that a program would reckon is made inert.
func (e *export) table(name string, columns []string) (func([]string) error, error) {
	w, err := e.begin(name + ".csv")
	if err != nil {
		return nil, err
	}
	return func(values []string) error {
		w.rows++
		for i := range values {
			values[i] = xlsx.Inert(values[i])
		}
		return w.csv.Write(values)
	}, w.csv.Write(columns)
}

// journal writes the entries as JSON lines, exactly as they are chained.
func (e *export) journal(ctx context.Context, db *store.DB, first, last pay.Day) error {
	w, err := e.begin("journal.jsonl")
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(io.MultiWriter(w.file, w.sum))
	encoder.SetEscapeHTML(false)
	err = db.AuditJournal(ctx, first, last, func(entry store.Entry) error {
		w.rows++
		return encoder.Encode(entry)
	})
	return errors.Join(err, e.end())
}

// configurations writes the runs from which on another configuration held.
func (e *export) configurations(ctx context.Context, db *store.DB, mid string, first, last pay.Day) error {
	row, err := e.table("configurations", []string{"mid", "job", "since_business_date", "run_id", "configuration"})
	if err != nil {
		return err
	}
	runs, err := db.Runs(ctx, mid)
	if err != nil {
		return errors.Join(err, e.end())
	}
	held := map[string]string{}
	for _, run := range runs {
		if run.Day < first || run.Day > last {
			continue
		}
		stored, err := db.SnapshotOfRun(ctx, run.RunID)
		if err != nil || stored == nil {
			continue // a run that was never committed ran under nothing
		}
		var snapshot struct{ Config string }
		if err := json.Unmarshal(stored, &snapshot); err != nil {
			return errors.Join(err, e.end())
		}
		key := strings.Join([]string{run.MID, run.Job}, "\x00")
		if held[key] == snapshot.Config {
			continue
		}
		held[key] = snapshot.Config
		if err := row([]string{run.MID, run.Job, string(run.Day), run.RunID, snapshot.Config}); err != nil {
			return errors.Join(err, e.end())
		}
	}
	return e.end()
}
