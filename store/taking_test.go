package store_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/orders"
	"daesa/pay"
	"daesa/store"
)

// indexesOf are the indexes of the orders, as they are written, with what SQLite
// plans by.
func indexesOf(t *testing.T, db *store.DB) [][]string {
	t.Helper()
	all, err := db.RowsForTest(t.Context(), "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'orders' AND type = 'index' ORDER BY name")
	if err != nil {
		t.Fatal(err)
	}
	statistics, err := db.RowsForTest(t.Context(), "SELECT tbl, idx, stat FROM sqlite_stat1 ORDER BY tbl, idx, stat")
	if err != nil {
		t.Fatal(err)
	}
	return append(all, statistics...)
}

// someOrders are so many, in no order of their numbers.
func someOrders(count int, failing error) iter.Seq2[pay.Order, error] {
	return func(yield func(pay.Order, error) bool) {
		for _, n := range rand.New(rand.NewPCG(5, 5)).Perm(count) {
			at := filterDay.Start().Add(time.Duration(n) * time.Second).UTC()
			o := pay.Order{MID: "m", ID: fmt.Sprintf("%06d", n), Status: pay.OrderPaid, Amount: 1000, PG: pay.PGToss, Currency: pay.KRW, Method: pay.VirtualAccount,
				OrderedAt: at, PaidAt: at, CanceledAt: at}
			if !yield(o, nil) {
				return
			}
		}
		if failing != nil {
			yield(pay.Order{}, failing)
		}
	}
}

func everyColumn(string) bool { return true }

func wholeImport(now time.Time) orders.Taking {
	return orders.Taking{Has: everyColumn, Source: "orders.csv", Actor: "kim", Now: now}
}

// Whether an empty table gets its orders or the import fails, its indexes are what
// they were, and so is what queries are planned by: on the connection that took
// them, and on others.
func TestAnImportIntoAnEmptyTableLeavesItsIndexes(t *testing.T) {
	t.Parallel()
	path := "sqlite:" + filepath.Join(t.TempDir(), "daesa.db")
	db := open(t, path)
	before := indexesOf(t, db)
	if len(before) < 50 {
		t.Fatalf("%d", len(before))
	}
	other := open(t, path)
	plan := planOf(t, other)
	broken := errors.New("broken")
	db.StumbleWithForTest(func(int) error { return broken })
	if _, err := db.TakeOrders(t.Context(), someOrders(3000, nil), wholeImport(filterDay.End())); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, indexesOf(t, db)); diff != "" {
		t.Fatal("after an import that failed: ", diff)
	}
	db.StumbleWithForTest(func(int) error { return nil })
	if saved, err := db.TakeOrders(t.Context(), someOrders(3000, nil), wholeImport(filterDay.End())); err != nil || saved.Inserted != 3000 {
		t.Fatal(saved, err)
	}
	for _, each := range []*store.DB{db, other} {
		if diff := cmp.Diff(before, indexesOf(t, each)); diff != "" {
			t.Error("after an import: ", diff)
		}
		if diff := cmp.Diff(plan, planOf(t, each)); diff != "" {
			t.Error("planned otherwise after an import: ", diff)
		}
	}
	whole(t, db, 3000)
}

// planOf is how SQLite finds the orders of a day.
func planOf(t *testing.T, db *store.DB) [][]string {
	t.Helper()
	plan, err := db.RowsForTest(t.Context(), "EXPLAIN QUERY PLAN SELECT order_id FROM orders WHERE mid = 'm' AND ordered_at >= 'a' AND ordered_at < 'b' AND changed_at >= 'c' AND pg = 'toss'")
	if err != nil || !strings.Contains(fmt.Sprint(plan), "INDEX orders_") {
		t.Fatal(plan, err)
	}
	return plan
}

// whole wants that a database is sound and has so many orders, in the table and in
// each index of it.
func whole(t *testing.T, db *store.DB, count int) {
	t.Helper()
	rows, err := db.RowsForTest(t.Context(), "PRAGMA integrity_check")
	if err != nil || fmt.Sprint(rows) != "[[ok]]" {
		t.Error(rows, err)
	}
	for _, query := range []string{"SELECT count(*) FROM orders NOT INDEXED", "SELECT count(*) FROM orders INDEXED BY orders_ordered WHERE mid >= ''",
		"SELECT count(*) FROM orders INDEXED BY orders_canceled WHERE mid >= '' AND canceled_at IS NOT NULL"} {
		if rows, err := db.RowsForTest(t.Context(), query); err != nil || rows[0][0] != fmt.Sprint(count) {
			t.Errorf("%s: %v, want %d: %v", query, rows, count, err)
		}
	}
}

// dying is the variable that makes this program a child that takes orders until it
// kills itself: the database, the number of orders, and after how many microseconds
// of loading; 0 is right before the commit.
const dying = "DAESA_DYING_IMPORT"

// TestDyingImport is that child.
func TestDyingImport(t *testing.T) {
	var url string
	var count, after int
	if _, err := fmt.Sscan(os.Getenv(dying), &url, &count, &after); err != nil {
		t.Skip("the child of TestAnImportThatIsKilledLeavesNothingHalfDone")
	}
	die := func() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL) }
	db, err := store.Open(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	if after == 0 {
		db.StumbleWithForTest(func(int) error { die(); select {} })
	}
	rows := func(yield func(pay.Order, error) bool) {
		someOrders(count, nil)(yield)
		if after > 0 {
			time.AfterFunc(time.Duration(after)*time.Microsecond, die)
		}
	}
	_, err = db.TakeOrders(context.Background(), rows, wholeImport(filterDay.End()))
	t.Log("it was not killed: ", err)
}

// An import that is killed anywhere has taken all or nothing, its indexes are there,
// nothing of it lies about, and the same import again does what is left.
func TestAnImportThatIsKilledLeavesNothingHalfDone(t *testing.T) {
	t.Parallel()
	const count = 12_000
	taken := map[string]int{}
	for _, after := range []int{0, 1, 10_000, 60_000, 150_000, 300_000, 600_000} {
		folder := t.TempDir()
		url := "sqlite:" + filepath.Join(folder, "daesa.db")
		db := open(t, url)
		before := indexesOf(t, db)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		child := exec.Command(os.Args[0], "-test.run=^TestDyingImport$")
		child.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %d", dying, url, count, after), "TMPDIR="+t.TempDir())
		out, err := child.CombinedOutput()
		if err == nil && after == 0 {
			t.Fatalf("%s", out)
		}
		again := open(t, url)
		if diff := cmp.Diff(before, indexesOf(t, again)); diff != "" {
			t.Errorf("killed after %d µs: %s", after, diff)
		}
		rows, err := again.RowsForTest(t.Context(), "SELECT count(*) FROM orders")
		if err != nil || rows[0][0] != "0" && rows[0][0] != fmt.Sprint(count) {
			t.Errorf("killed after %d µs: %v orders, %v", after, rows, err)
		}
		taken[rows[0][0]]++
		left, err := again.TakeOrders(t.Context(), someOrders(count, nil), wholeImport(filterDay.End()))
		if err != nil || left.Inserted+left.Unchanged != count || left.Updated != 0 {
			t.Errorf("again: %+v %v", left, err)
		}
		whole(t, again, count)
	}
	if taken["0"] == 0 {
		t.Error("no import was killed before its end")
	}
	t.Log("orders after a kill, and how often: ", taken)
}

// A transaction that PostgreSQL ends because of another one is tried again, with the
// same orders from the first.
func TestAnImportThatIsEndedIsTriedAgain(t *testing.T) {
	t.Parallel()
	db := open(t, "sqlite:"+filepath.Join(t.TempDir(), "daesa.db"))
	db.SortInForTest(20_000)
	db.StumbleForTest()
	saved, err := db.TakeOrders(t.Context(), someOrders(2000, nil), wholeImport(filterDay.End()))
	if err != nil || saved.Inserted != 2000 || saved.Updated != 0 {
		t.Fatal(saved, err)
	}
	whole(t, db, 2000)
}

// Two imports at once: what another process writes while an import looks is seen, so
// that no order is taken back by what was judged before.
func TestAnImportIsNotOvertaken(t *testing.T) {
	t.Parallel()
	address := schema.URL(t)
	db := open(t, address)
	row := func(id string, status pay.OrderStatus, canceled int64, customer string) pay.Order {
		at := filterDay.Start().UTC()
		return pay.Order{MID: "m", ID: id, Status: status, Amount: 1000, CanceledAmount: canceled, PG: pay.PGToss, Currency: pay.KRW, OrderedAt: at, PaidAt: at, CustomerRef: customer}
	}
	if _, err := db.TakeOrders(t.Context(), each([]pay.Order{row("known", pay.OrderPaid, 0, "")}), wholeImport(filterDay.End())); err != nil {
		t.Fatal(err)
	}
	for id, statement := range map[string]string{
		"known": "UPDATE orders SET status = 'canceled', canceled_amount = 1000 WHERE order_id = 'known'",
		"new":   "INSERT INTO orders (mid, order_id, status, amount, canceled_amount, ordered_at, paid_at, changed_at) VALUES ('m', 'new', 'canceled', 1000, 1000, now(), now(), now())",
	} {
		other, err := connect(t, address).Begin()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := other.Exec(statement); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() {
			_, err := db.TakeOrders(t.Context(), each([]pay.Order{row(id, pay.OrderPaid, 0, "c")}), wholeImport(filterDay.End()))
			ended <- err
		}()
		select {
		case err := <-ended:
			t.Fatalf("%s: it did not wait: %v", id, err)
		case <-time.After(time.Second):
		}
		if err := other.Commit(); err != nil {
			t.Fatal(err)
		}
		var back *orders.BackwardError
		if err := <-ended; !errors.As(err, &back) {
			t.Errorf("%s: the import took back what another one had cancelled meanwhile: %v", id, err)
		}
	}
}

// PostgreSQL keeps the plan of a prepared statement. That of an empty table read all
// that the import had written so far for each two hundred orders.
func TestAFirstImportIsNotPlannedForAnEmptyTable(t *testing.T) {
	t.Parallel()
	const count, small = 40_000, 600_000 // while the table is small all of it is read, whoever asks
	address := schema.URL(t)
	db := open(t, address)
	if saved, err := db.TakeOrders(t.Context(), someOrders(count, nil), wholeImport(filterDay.End())); err != nil || saved.Inserted != count {
		t.Fatal(saved, err)
	}
	if err := db.Close(); err != nil { // a session tells what it read when it ends
		t.Fatal(err)
	}
	after := open(t, address)
	var read int
	for range 100 {
		rows, err := after.RowsForTest(t.Context(), "SELECT n_tup_ins, seq_tup_read + coalesce(idx_tup_fetch, 0) + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname = 'orders') FROM pg_stat_user_tables WHERE relname = 'orders'")
		if err != nil {
			t.Fatal(err)
		}
		if rows[0][0] == fmt.Sprint(count) {
			if _, err := fmt.Sscan(rows[0][1], &read); err != nil {
				t.Fatal(err)
			}
			if read > small+2*count {
				t.Errorf("%d rows were read to write %d", read, count)
			}
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Error("PostgreSQL does not say what was read")
}
