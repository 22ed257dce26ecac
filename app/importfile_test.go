package app

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"daesa/internal/table"
	"daesa/refunds"
	"daesa/reports"
)

// importOf imports a file that has these rows.
func (d *counter) importOf(t *testing.T, rows string, change ...func(*ImportRefunds)) (done ImportedFile, o Outcome, said []string, err error) {
	t.Helper()
	folder := t.TempDir()
	path := filepath.Join(folder, "환불.csv")
	if err := os.WriteFile(path, []byte(refundHead+rows), 0o600); err != nil {
		t.Fatal(err)
	}
	warn := func(text, _ string) { said = append(said, text) }
	ring, _ := keyring(t)
	asker := d.asker()
	asker.Sealer = ring
	x := ImportRefunds{Asker: asker, Store: d, Options: fileOptions, Language: "ko", Warn: warn, Outcome: &o,
		Workbooks: BatchWorkbooks{ReadBatch: ReadBatch{Requests: folderOf(d), Facts: folderOf(d), Now: now}, Dir: folder, Warn: warn,
			Options: func() (reports.Options, error) { return reports.Options{Language: "ko"}, nil }}}
	for _, each := range change {
		each(&x)
	}
	done, err = x.Run(t.Context(), path)
	return done, o, said, err
}

// folderOf are the requests of a counter as the batch's workbook reads them.
func folderOf(d *counter) folder {
	return folder{requests: d.requests, arrived: map[string]time.Time{}}
}

func TestAFileIsTakenWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	d := newCounter(paid("A", 10_000, 0), paid("B", 10_000, 0))
	_, _, _, err := d.importOf(t, "A,2000,,변심,,,,r1\nnosuch,1,,변심,,,,r2\n")
	var faults table.Faults
	if !errors.As(err, &faults) || len(faults) != 1 || len(d.requests) > 0 {
		t.Fatalf("%d taken, %v", len(d.requests), err)
	}
	done, o, _, err := d.importOf(t, "A,2000,,변심,,,,r1\nB,전액,,변심,,,,r2\n")
	if err != nil || done.Added != 2 || len(d.requests) != 2 || len(o.Reasons) > 0 {
		t.Errorf("%+v %+v %v", done, o, err)
	}
	again, _, _, err := d.importOf(t, "A,2000,,변심,,,,r1\nB,전액,,변심,,,,r2\n")
	if err != nil || again.Added != 0 || again.Known != 2 || again.Batch != done.Batch {
		t.Errorf("the same file again: %+v %v", again, err)
	}
}

func TestBadRowsGoAsideAndTheRestIsTaken(t *testing.T) {
	t.Parallel()
	d := newCounter(paid("A", 10_000, 0))
	aside := filepath.Join(t.TempDir(), "refused.csv")
	done, o, _, err := d.importOf(t, "A,2000,,변심,,,,r1\nA,9000,,변심,,,,r2\n", func(x *ImportRefunds) { x.Quarantine = aside })
	content, readErr := os.ReadFile(aside)
	if err != nil || readErr != nil || done.Added != 1 || done.Quarantined != 1 || !strings.Contains(string(content), "A,9000") {
		t.Fatalf("%+v %v %v\n%s", done, err, readErr, content)
	}
	if len(o.Reasons) != 1 || o.Reasons[0].Ending != EndedPerson {
		t.Errorf("%+v", o.Reasons)
	}
}

// What a dry run says is what the import then does, row by row.
func TestADryRunSaysWhatTheImportThenDoes(t *testing.T) {
	t.Parallel()
	d := newCounter(paid("A", 10_000, 0))
	d.requests = []refunds.Request{open("A", 2000, 0)}
	rows := "A,4500,,변심,,,,r1\nA,4500,,변심,,,,r2\n"
	out := filepath.Join(t.TempDir(), "back.xlsx")
	plan, o, _, err := d.importOf(t, rows, func(x *ImportRefunds) { x.DryRun, x.Out = true, out })
	if err != nil || plan.Added != 1 || plan.Refused != 1 || len(d.requests) != 1 || plan.Out != out {
		t.Fatalf("%+v %v", plan, err)
	}
	if _, err := os.Stat(out); err != nil || len(o.Reasons) != 1 || o.Reasons[0] != (Reason{EndedPerson, "1 row would be refused"}) {
		t.Errorf("%+v %v", o.Reasons, err)
	}
	done, _, _, err := d.importOf(t, rows, func(x *ImportRefunds) { x.Quarantine = filepath.Join(t.TempDir(), "aside.csv") })
	if err != nil || !slices.Equal(done.outcomes(), plan.outcomes()) {
		t.Errorf("planned %q, done %q, %v", plan.outcomes(), done.outcomes(), err)
	}
}

func TestLookUpsThatTakeLongAreAnnounced(t *testing.T) {
	t.Parallel()
	d := newCounter(paid("A", 10_000, 0), paid("B", 10_000, 0))
	_, _, said, err := d.importOf(t, "A,2000,,변심,,,,r1\nB,2000,,변심,,,,r2\n", func(x *ImportRefunds) {
		merchant := x.Asker.Merchants[mid]
		merchant.PerMinute = 4
		x.Asker.Merchants[mid] = merchant
	})
	if err != nil || len(said) != 1 || !strings.Contains(said[0], "looking up 2 payments takes about 30 seconds") {
		t.Errorf("%q %v", said, err)
	}
	for d, want := range map[time.Duration]string{90 * time.Second: "90 seconds", 5 * time.Minute: "5 minutes", 150 * time.Minute: "2.5 hours"} {
		if got := roughly(d); got != want {
			t.Errorf("%s: %s", d, got)
		}
	}
}
