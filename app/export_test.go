package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"daesa/approval"
	"daesa/internal/hint"
	"daesa/pay"
	"daesa/reconcile"
)

// archive is what an export reads.
type archive struct {
	found     Verified
	runs      []reconcile.LedgerEntry
	snapshots map[string]string
	taken     []approval.Taken
	away      error // of every snapshot
}

func (a archive) StatementsTaken(context.Context, pay.Day, pay.Day) ([]approval.Taken, error) {
	return a.taken, nil
}

func (a archive) VerifyJournal(context.Context, string) (Verified, error) { return a.found, nil }

func (a archive) Audit(_ context.Context, _ string, _, _ pay.Day, begin ExportTable) error {
	for name, value := range map[string]string{"refunds": "=1+1"} {
		row, err := begin(name, []string{"id", "reason"})
		if err != nil {
			return err
		}
		if err := row([]string{"r1", value}); err != nil {
			return err
		}
	}
	return nil
}

func (a archive) AuditJournal(_ context.Context, _, _ pay.Day, visit func([]byte) error) error {
	return visit([]byte("{\"seq\":1}\n"))
}

func (a archive) Runs(context.Context, string) ([]reconcile.LedgerEntry, error) { return a.runs, nil }

func (a archive) SnapshotOfRun(_ context.Context, id string, read func(io.Reader) error) (bool, error) {
	text, ok := a.snapshots[id]
	if !ok || a.away != nil {
		return false, a.away
	}
	return true, read(strings.NewReader(text))
}

func (a archive) export(t *testing.T) (folder string, manifest Manifest) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "audit")
	manifest, err := ExportAudit{Store: a, Folder: folder, First: "2026-11-01", Last: "2026-11-30", Program: "daesa 1"}.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return folder, manifest
}

func read(t *testing.T, parts ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheManifestHasTheHashOfEveryFileAsItLies(t *testing.T) {
	folder, manifest := archive{found: Verified{Entries: 7, Head: "abc"}}.export(t)
	rows := map[string]int{"refunds.csv": 1, "journal.jsonl": 1, "configurations.csv": 0}
	if len(manifest.Files) != len(rows) {
		t.Fatalf("%+v", manifest.Files)
	}
	for _, file := range manifest.Files {
		sum := sha256.Sum256([]byte(read(t, folder, file.Name)))
		if file.SHA256 != hex.EncodeToString(sum[:]) || file.Rows != rows[file.Name] {
			t.Errorf("%+v", file)
		}
	}
	var written Manifest
	if err := json.Unmarshal([]byte(read(t, folder, "manifest.json")), &written); err != nil || written.Entries != 7 || *written.Head != "abc" || written.MID != nil {
		t.Errorf("%+v %v", written, err)
	}
}

func TestATextThatASpreadsheetWouldReckonIsExportedInert(t *testing.T) {
	folder, _ := archive{}.export(t)
	if got := read(t, folder, "refunds.csv"); got != "id,reason\nr1,'=1+1\n" {
		t.Errorf("%q", got)
	}
}

func TestAConfigurationIsExportedFromTheRunOnThatItHeld(t *testing.T) {
	night := func(id string, day pay.Day) reconcile.LedgerEntry {
		return reconcile.LedgerEntry{MID: mid, Job: "nightly", RunID: id, Day: day}
	}
	folder, _ := archive{
		runs:      []reconcile.LedgerEntry{night("before", "2026-10-31"), night("1", "2026-11-01"), night("2", "2026-11-02"), night("failed", "2026-11-03"), night("3", "2026-11-04")},
		snapshots: map[string]string{"before": `{"Config":"a"}`, "1": `{"Config":"a"}`, "2": `{"Config":"a"}`, "3": `{"Config":"b"}`},
	}.export(t)
	want := "mid,job,since_business_date,run_id,configuration\nm,nightly,2026-11-01,1,a\nm,nightly,2026-11-04,3,b\n"
	if got := read(t, folder, "configurations.csv"); got != want {
		t.Errorf("%s", got)
	}
}

func TestAnExportWritesIntoNoFolderThatIsThere(t *testing.T) {
	_, err := ExportAudit{Store: archive{}, Folder: t.TempDir(), First: "2026-11-01", Last: "2026-11-30"}.Run(t.Context())
	if err == nil || hint.Of(err) == "" {
		t.Error(err)
	}
}

// A night that could not be read was left out as if it had never been written.
func TestAnExportThatCannotReadANightSaysSo(t *testing.T) {
	a := archive{away: errAway, runs: []reconcile.LedgerEntry{{Job: "nightly", MID: "shop", Day: "2026-11-02", RunID: "r1"}}}
	_, err := ExportAudit{Store: a, Folder: filepath.Join(t.TempDir(), "audit"), First: "2026-11-01", Last: "2026-11-30", Program: "daesa 1"}.Run(t.Context())
	if !errors.Is(err, errAway) {
		t.Errorf("%v", err)
	}
}
