package orders

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// quarantine reads files and puts their bad rows into one file.
func quarantine(t *testing.T, into string, options Options, files ...*File) int {
	t.Helper()
	q, err := NewQuarantine(into, files...)
	if err != nil {
		t.Fatal(err)
	}
	defer q.Discard() //nolint:errcheck // after Commit
	for _, file := range files {
		for _, err := range file.Orders() {
			var bad *BadRow
			if errors.As(err, &bad) {
				if err := q.Add(bad); err != nil {
					t.Fatal(err)
				}
			} else if err != nil {
				t.Fatal(err)
			}
		}
	}
	rows, err := q.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestQuarantine(t *testing.T) {
	path := write(t, "Order_ID,memo,status,amount,ordered_at\n"+
		"o1,fine,paid,1,2026-11-21 10:00:00\n"+
		"-2,=HYPERLINK(1),paid,\"1,00\",2026-11-21 10:00:00\n"+
		"o3,'quoted,bad,-1,2026-11-21 10:00:00\n"+
		"o4,paid,1,000,2026-11-21 10:00:00,x\n")
	into := filepath.Join(t.TempDir(), "bad.csv")
	if rows := quarantine(t, into, one, open(t, path, one)); rows != 3 {
		t.Error(rows)
	}
	content, err := os.ReadFile(into) //nolint:gosec // a test's own
	if err != nil {
		t.Fatal(err)
	}
	want := "\ufeffOrder_ID,memo,status,amount,ordered_at,file,line,reason\n" +
		`'-2,'=HYPERLINK(1),paid,"1,00",2026-11-21 10:00:00,f,3,"column ""amount"": ""1,00"": has commas that are not exact groups of three, such as 10,000"` + "\n" +
		`o3,'quoted,bad,'-1,2026-11-21 10:00:00,f,4,"column ""status"": ""bad"": unknown; allowed are pending, paid, partially_canceled, canceled, failed, deleted"` + "\n" +
		`,,,,,f,5,"has 6 fields, the header has 5: o4,paid,1,000,2026-11-21 10:00:00,x"` + "\n"
	if diff := cmp.Diff(want, strings.ReplaceAll(string(content), path, "f")); diff != "" {
		t.Error(diff)
	}
	info, err := os.Stat(into)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(into), ".quarantine-*"))
	if len(left) > 0 || err != nil {
		t.Error(left, err)
	}
}

// TestAMendedQuarantineIsImported: a person mends a cell, and the ids that were
// escaped for Excel are the shop's own again; what is still bad comes back as
// it was.
func TestAMendedQuarantineIsImported(t *testing.T) {
	path := write(t, "order_id,status,amount,ordered_at,customer_ref\n-2,paid,x,2026-11-21 10:00:00,'=c\n-3,paid,y,2026-11-21 10:00:00,\n")
	into := filepath.Join(t.TempDir(), "bad.csv")
	quarantine(t, into, one, open(t, path, one))
	content, err := os.ReadFile(into) //nolint:gosec // a test's own
	if err != nil {
		t.Fatal(err)
	}
	mended := write(t, strings.Replace(string(content), ",x,", ",100,", 1))
	good, bad := read(t, mended, one)
	if len(good) != 1 || good[0].ID != "-2" || good[0].Amount != 100 || good[0].CustomerRef != "'=c" {
		t.Errorf("%+v", good)
	}
	if diff := cmp.Diff([]string{`f:3: column "amount": "y": is not a plain number, such as 10000 or 10,000`}, bad); diff != "" {
		t.Error(diff)
	}
	file := open(t, mended, one)
	if len(file.Unknown()) > 0 {
		t.Error(file.Unknown())
	}
	quarantine(t, into, one, file)
	again, err := os.ReadFile(into) //nolint:gosec // a test's own
	if err != nil || !strings.Contains(string(again), "\n'-3,paid,y,") {
		t.Errorf("%s %v", again, err)
	}
}

func TestQuarantineOfSeveralFiles(t *testing.T) {
	a := open(t, write(t, "order_id,status,amount,ordered_at\no1,paid,x,2026-11-21 10:00:00\n"), one)
	b := open(t, write(t, "ordered_at,memo,amount,status,Order_ID\n2026-11-21 10:00:00,m,y,paid,o2\n"), one)
	into := filepath.Join(t.TempDir(), "bad.csv")
	quarantine(t, into, one, a, b)
	content, err := os.ReadFile(into) //nolint:gosec // a test's own
	for _, line := range []string{"\ufefforder_id,status,amount,ordered_at,memo,file,line,reason\n", "\no1,paid,x,2026-11-21 10:00:00,,", "\no2,paid,y,2026-11-21 10:00:00,m,"} {
		if err != nil || !strings.Contains("\n"+string(content), line) && !strings.HasPrefix(string(content), line) {
			t.Errorf("%q lacks %q", content, line)
		}
	}
}

func TestQuarantineNeverHidesOrLies(t *testing.T) {
	file := open(t, write(t, "order_id,status,amount,ordered_at\n"), one)
	if _, err := NewQuarantine(file.Name(), file); err == nil {
		t.Error("the quarantine may write over the order file")
	}
	into := filepath.Join(t.TempDir(), "bad.csv")
	if err := os.WriteFile(into, []byte("yesterday's"), 0o600); err != nil {
		t.Fatal(err)
	}
	q, err := NewQuarantine(into, file)
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Discard(); err != nil {
		t.Error(err)
	}
	if content, err := os.ReadFile(into); string(content) != "yesterday's" || err != nil { //nolint:gosec // a test's own
		t.Error("a discarded quarantine changed the file")
	}
	if rows := quarantine(t, into, one, file); rows != 0 {
		t.Error(rows)
	}
	if content, err := os.ReadFile(into); strings.Contains(string(content), "yesterday") || err != nil { //nolint:gosec // a test's own
		t.Error("yesterday's bad rows pass for today's")
	}
}
