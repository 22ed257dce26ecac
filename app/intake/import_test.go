package intake_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"daesa/app/intake"
	"daesa/internal/hint"
	"daesa/orders"
	"daesa/pay"
	"daesa/store"
)

const shopMID = "shop"

var (
	oneMerchant = orders.Options{MIDs: []string{shopMID}, DefaultMID: shopMID}
	morning     = time.Date(2026, 11, 28, 1, 30, 0, 0, pay.Seoul)
)

// shopTable is an empty database of a test.
func shopTable(t *testing.T) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "daesa.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

// dropFile puts a file into a folder, changed so many minutes after midnight.
func dropFile(t *testing.T, folder, name string, minute int, rows ...string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	content := "order_id,status,amount,canceled_amount,ordered_at,paid_at\n" + strings.Join(rows, "\n") + "\n"
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	changed := morning.Add(time.Duration(minute) * time.Minute)
	if err := os.Chtimes(path, changed, changed); err != nil {
		t.Fatal(err)
	}
	return path
}

const (
	paidRow     = "A,paid,10000,,2026-11-27 10:00:00,2026-11-27 10:00:00"
	canceledRow = "A,canceled,10000,10000,2026-11-27 10:00:00,2026-11-27 10:00:00"
	otherRow    = "B,paid,5000,,2026-11-27 10:00:00,2026-11-27 10:00:00"
)

func statusOf(t *testing.T, db *store.DB, id string) pay.OrderStatus {
	t.Helper()
	list, err := db.OrdersOf(t.Context(), shopMID, id)
	if err != nil || len(list) != 1 {
		t.Fatal(id, list, err)
	}
	return list[0].Status
}

func importOf(db *store.DB, paths ...string) intake.Import {
	return intake.Import{Store: db, Options: oneMerchant, Paths: paths, Actor: "kim", Now: morning}
}

// TestAnOlderFileUnCancelsNothing: the file of yesterday, imported after
// today's, is refused with the line, and taken but for that row with a
// quarantine.
func TestAnOlderFileUnCancelsNothing(t *testing.T) {
	db, folder := shopTable(t), t.TempDir()
	today := dropFile(t, folder, "today.csv", 10, canceledRow)
	yesterday := dropFile(t, folder, "yesterday.csv", 0, otherRow, paidRow)
	if _, err := importOf(db, today).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := importOf(db, yesterday).Run(t.Context())
	if rows := hint.RowsOf(err); len(rows) != 1 || rows[0].Line != 3 || rows[0].Column != "canceled_amount" || !strings.Contains(hint.Of(err), "--allow-older") {
		t.Fatalf("%v %+v", err, rows)
	}
	if list, _ := db.OrdersOf(t.Context(), shopMID, "B"); len(list) > 0 {
		t.Error("a part of a refused file was taken")
	}
	aside := importOf(db, yesterday)
	aside.Quarantine = filepath.Join(folder, "refused.csv")
	sum, err := aside.Run(t.Context())
	content, readErr := os.ReadFile(aside.Quarantine)
	if err != nil || readErr != nil || sum.Inserted != 1 || sum.Backward != 1 || sum.Quarantined != 1 || !strings.Contains(string(content), "\nA,paid,10000,") {
		t.Errorf("%+v %v %v\n%s", sum, err, readErr, content)
	}
	if got := statusOf(t, db, "A"); got != pay.OrderCanceled {
		t.Error(got)
	}
	allowed := importOf(db, yesterday)
	allowed.Older = orders.Older{Orders: []string{"A"}, Note: "the customer keeps it"}
	if sum, err := allowed.Run(t.Context()); err != nil || sum.Updated != 1 || sum.Backward != 0 {
		t.Errorf("%+v %v", sum, err)
	}
	if got := statusOf(t, db, "A"); got != pay.OrderPaid {
		t.Error(got)
	}
}

// TestADryImportWritesNothing: no order, and no quarantine.
func TestADryImportWritesNothing(t *testing.T) {
	db, folder := shopTable(t), t.TempDir()
	dry := importOf(db, dropFile(t, folder, "a.csv", 0, otherRow, "C,paid,x,,2026-11-27 10:00:00,"))
	dry.DryRun, dry.Quarantine = true, filepath.Join(folder, "refused.csv")
	sum, err := dry.Run(t.Context())
	if err != nil || sum.Inserted != 1 || sum.Quarantined != 1 {
		t.Errorf("%+v %v", sum, err)
	}
	if list, _ := db.OrdersOf(t.Context(), shopMID, "B"); len(list) > 0 {
		t.Error("an order was taken")
	}
	left, _ := filepath.Glob(filepath.Join(folder, "*refused*"))
	hidden, _ := filepath.Glob(filepath.Join(folder, ".quarantine*"))
	if len(left)+len(hidden) > 0 {
		t.Error(left, hidden)
	}
}

// TestOrdersOfOtherCompaniesAreCountedByWord as the shop writes them.
func TestOrdersOfOtherCompaniesAreCountedByWord(t *testing.T) {
	db := shopTable(t)
	path := filepath.Join(t.TempDir(), "a.csv")
	content := "order_id,status,amount,ordered_at,pg\n"
	for i, word := range []string{"Inicis", "TossPayments", "네이버페이", "Inicis", "", "토스페이먼츠"} {
		content += string(rune('a'+i)) + ",paid,1000,2026-11-27 10:00:00," + word + "\n"
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	sum, err := importOf(db, path).Run(t.Context())
	if err != nil || len(sum.OtherPG) != 2 || sum.OtherPG["Inicis"] != 2 || sum.OtherPG["네이버페이"] != 1 || sum.Inserted != 6 {
		t.Errorf("%+v %v", sum, err)
	}
}

// TestDroppedFilesAreTakenByTheirTime: the newest speaks last, whatever its
// name, and an older one that would take an order back leaves a gap only while
// no newer one has the order as it is stored.
func TestDroppedFilesAreTakenByTheirTime(t *testing.T) {
	for name, c := range map[string]struct {
		files []string // name and row, in the order of their times
		want  pay.OrderStatus
		gaps  int
	}{
		"the newest is named first":              {[]string{"b.csv", paidRow, "a.csv", canceledRow}, pay.OrderCanceled, 0},
		"a newer one would take the order back":  {[]string{"a.csv", canceledRow, "b.csv", paidRow}, pay.OrderCanceled, 1},
		"a newer one still agrees with what was": {[]string{"a.csv", canceledRow, "b.csv", paidRow, "c.csv", canceledRow}, pay.OrderCanceled, 0},
		"a newer one is of other orders":         {[]string{"a.csv", canceledRow, "b.csv", paidRow, "c.csv", otherRow}, pay.OrderCanceled, 1},
	} {
		t.Run(name, func(t *testing.T) {
			db, folder := shopTable(t), t.TempDir()
			for i := 0; i < len(c.files); i += 2 {
				dropFile(t, folder, c.files[i], i, c.files[i+1])
			}
			source := &intake.Dropped{Store: db, Options: oneMerchant, Glob: filepath.Join(folder, "*.csv"), Actor: "nightly",
				Now: func() time.Time { return morning }}
			for night := range 2 { // the next night reads them again
				gaps, err := source.Refresh(t.Context(), morning, morning)
				if err != nil || len(gaps) != c.gaps {
					t.Fatalf("night %d: %+v %v", night, gaps, err)
				}
				if got := statusOf(t, db, "A"); got != c.want {
					t.Errorf("night %d: %s", night, got)
				}
			}
			if c.gaps > 0 {
				allowAndRead(t, db, source)
			}
		})
	}
}

// allowAndRead lets the order go back: the gap is gone, and stays so on the
// nights after, although the older file that cancelled the order still lies there.
func allowAndRead(t *testing.T, db *store.DB, source *intake.Dropped) {
	t.Helper()
	if err := db.AllowOrder(t.Context(), shopMID, "A", "the customer keeps it", "kim", morning); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		gaps, err := source.Refresh(t.Context(), morning, morning)
		if err != nil || len(gaps) > 0 {
			t.Errorf("%+v %v", gaps, err)
		}
		if got := statusOf(t, db, "A"); got != pay.OrderPaid {
			t.Error(got)
		}
	}
}

// TestALateOlderFileIsComparedWithTheNewerOne that was taken before it came.
func TestALateOlderFileIsComparedWithTheNewerOne(t *testing.T) {
	db, folder := shopTable(t), t.TempDir()
	source := &intake.Dropped{Store: db, Options: oneMerchant, Glob: filepath.Join(folder, "*.csv"), Actor: "nightly",
		Now: func() time.Time { return morning }}
	dropFile(t, folder, "new.csv", 60, canceledRow)
	for range 2 {
		if gaps, err := source.Refresh(t.Context(), morning, morning); err != nil || len(gaps) > 0 {
			t.Fatalf("%+v %v", gaps, err)
		}
		dropFile(t, folder, "late.csv", 30, paidRow)
	}
	if got := statusOf(t, db, "A"); got != pay.OrderCanceled {
		t.Error(got)
	}
	dropFile(t, folder, "new.csv", 90, otherRow) // it no longer speaks of the order
	if gaps, err := source.Refresh(t.Context(), morning, morning); err != nil || len(gaps) != 0 {
		t.Errorf("what was settled is asked again: %+v %v", gaps, err)
	}
}

// TestAFileThatChangedIsReadAgain, and one that has a bad row until it is mended.
func TestAFileThatChangedIsReadAgain(t *testing.T) {
	db, folder := shopTable(t), t.TempDir()
	source := &intake.Dropped{Store: db, Options: oneMerchant, Glob: filepath.Join(folder, "*.csv"), Actor: "nightly",
		Now: func() time.Time { return morning }}
	for minute, c := range []struct {
		row  string
		gaps int
		want pay.OrderStatus
	}{{paidRow, 0, pay.OrderPaid}, {"A,canceled,x,,,", 1, pay.OrderPaid}, {canceledRow, 0, pay.OrderCanceled}} {
		dropFile(t, folder, "orders.csv", minute, c.row)
		for range 2 {
			gaps, err := source.Refresh(t.Context(), morning, morning)
			if err != nil || len(gaps) != c.gaps {
				t.Fatalf("%+v %v", gaps, err)
			}
			if got := statusOf(t, db, "A"); got != c.want {
				t.Errorf("%s: %s", c.row, got)
			}
		}
	}
}
