// Package storetest is the conformance suite of the store: what both databases
// must do alike.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/internal/racing"
	"daesa/jobs"
	"daesa/orders"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/store"
)

const (
	mid = "tosspayments"
	day = pay.Day("2026-11-21")
)

// now is half past one on the morning after day.
var now = day.End().Add(90 * time.Minute)

// atOnce are the tests in which several goroutines use one database: those that
// the race detector watches.
var atOnce = []string{
	"again: eight workers send all of ninety-six refunds, each once",
	"alerts: of twenty processes one tells",
	"bank: imports at once add each line once",
	"bulk: a line of the passbook is one transfer, whoever ties it",
	"bulk: two people at once hand each transfer out once",
	"captures: two processes never look at the same one",
	"decisions: two people at once make one request",
	"identity: imports of one payment under two MIDs at once add what was paid",
	"pace: processes never get the same slot",
	"queue: workers never share a request nor a payment",
	"settlement: a line is taken once, by whoever is first",
	"settlement: of two who lock a month one does",
	"settlement files: imports at once bring in each row once",
	"ticks: twenty replicas begin a moment exactly once",
}

// Run runs the whole suite, or the tests of some areas ("queue"); each gets a
// database of its own.
func Run(t *testing.T, open func(t *testing.T) *store.DB, areas ...string) {
	t.Helper()
	tests := map[string]func(*testing.T, *store.DB){
		"orders: a row replaces the whole order and equal rows change nothing": ordersReplace,
		"orders: a column that the source lacks keeps its value":               ordersKeep,
		"orders: canceled without an amount gives back what was paid":          ordersCanceledWithoutAmount,
		"orders: an error leaves everything as it was":                         ordersWhole,
		"orders: held in SQL is held in Go":                                    heldAgrees,
		"pages: a page saved twice changes nothing":                            pageTwice,
		"pages: of two rows of one key the newer counts":                       newerCounts,
		"pages: a row counts on its business date":                             rowsOfADay,
		"pages: a window is taken in whole, however little memory it has":      windowInParts,
		"pages: the evidence comes back as it was":                             evidence,
		"runs: one owner at a time, and an old fence writes nothing":           fences,
		"runs: a dead owner's run is taken over at once":                       deadOwner,
		"comparison: agreeing pairs pass, differing ones are suspects":         filter,
		"comparison: a commit that fails writes nothing":                       commitWhole,
		"refunds: never more than was paid is asked for":                       neverMoreThanPaid,
		"refunds: requester and approver differ":                               approverDiffers,
		"journal: it is append-only and verifies":                              journal,
		"journal: every tampering is found":                                    tampering,
		"pace: processes never get the same slot":                              pace,
		"times: stored exactly, to the microsecond":                            times,
	}
	maps.Copy(tests, queueTests)
	maps.Copy(tests, claimTests)
	maps.Copy(tests, touchTests)
	maps.Copy(tests, identityTests)
	maps.Copy(tests, partsTests)
	maps.Copy(tests, captureTests)
	maps.Copy(tests, proofTests)
	maps.Copy(tests, matchedTests)
	maps.Copy(tests, wordTests)
	maps.Copy(tests, decisionTests)
	maps.Copy(tests, tickTests)
	maps.Copy(tests, alertTests)
	maps.Copy(tests, olderTests)
	maps.Copy(tests, takenTests)
	maps.Copy(tests, dayTests)
	maps.Copy(tests, waitingTests)
	maps.Copy(tests, againTests)
	maps.Copy(tests, onceTests)
	maps.Copy(tests, verifyTests)
	maps.Copy(tests, vatTests)
	maps.Copy(tests, reportTests)
	maps.Copy(tests, bankTests)
	maps.Copy(tests, bulkTests)
	maps.Copy(tests, settlementTests)
	maps.Copy(tests, settlementFileTests)
	maps.Copy(tests, signedTests)
	for _, name := range atOnce {
		if tests[name] == nil {
			t.Fatalf("no test %q", name)
		}
	}
	each(t, open, tests, areas...)
}

// RunMoves tries every writer of a request's state from every state.
func RunMoves(t *testing.T, open func(t *testing.T) *store.DB) {
	t.Helper()
	each(t, open, moveTests)
}

func each(t *testing.T, open func(t *testing.T) *store.DB, tests map[string]func(*testing.T, *store.DB), areas ...string) {
	t.Helper()
	for name, test := range tests {
		if area, _, _ := strings.Cut(name, ":"); len(areas) > 0 && !slices.Contains(areas, area) {
			continue
		}
		if racing.On && !slices.Contains(atOnce, name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			test(t, db)
			if !db.ByHandForTest() && !t.Failed() {
				quiet(t, db)  // whatever was done, the journal says it
				lawful(t, db) // and no request went where none may go
			}
		})
	}
}

func order(id string, amount int64) pay.Order {
	return pay.Order{
		MID: mid, ID: id, Status: pay.OrderPaid, Amount: amount, PG: pay.PGToss, Currency: pay.KRW,
		Method: pay.Card, OrderedAt: day.Start().Add(10 * time.Hour), PaidAt: day.Start().Add(10*time.Hour + time.Minute),
	}
}

func sequence(orders ...pay.Order) iter.Seq2[pay.Order, error] {
	return func(yield func(pay.Order, error) bool) {
		for _, o := range orders {
			if !yield(o, nil) {
				return
			}
		}
	}
}

func everyColumn(string) bool { return true }

func save(t *testing.T, db *store.DB, orders ...pay.Order) orders.Saved {
	t.Helper()
	saved, err := db.SaveOrders(t.Context(), sequence(orders...), everyColumn, "test", "tester", now)
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

func ordersReplace(t *testing.T, db *store.DB) {
	first := order("0001", 10000)
	first.CustomerRef = "c-1"
	save(t, db, first, order("0002", 5000))
	again := save(t, db, first, order("0002", 5000))
	if again.Inserted != 0 || again.Updated != 0 || again.Unchanged != 2 {
		t.Errorf("equal rows: %+v", again)
	}
	cleared := order("0001", 10000)
	changed := save(t, db, cleared, order("0003", 1))
	if changed.Inserted != 1 || changed.Updated != 1 || changed.Unchanged != 0 {
		t.Errorf("changed rows: %+v", changed)
	}
	stored, err := db.OrdersOf(t.Context(), mid, "0001")
	if err != nil {
		t.Fatal(err)
	}
	cleared.OrderedAt, cleared.PaidAt = cleared.OrderedAt.UTC(), cleared.PaidAt.UTC()
	if diff := cmp.Diff([]pay.Order{cleared}, stored); diff != "" {
		t.Error(diff)
	}
}

func ordersKeep(t *testing.T, db *store.DB) {
	full := order("0001", 10000)
	full.CanceledAmount, full.Status = 4000, pay.OrderPartiallyCanceled
	save(t, db, full)
	lacking := func(column string) bool { return column != "canceled_amount" && column != "paid_at" }
	if _, err := db.SaveOrders(t.Context(), sequence(pay.Order{MID: mid, ID: "0001", Status: pay.OrderPaid, Amount: 12000,
		PG: pay.PGToss, Currency: pay.KRW, OrderedAt: full.OrderedAt}), lacking, "test", "tester", now); err != nil {
		t.Fatal(err)
	}
	stored, err := db.OrdersOf(t.Context(), mid, "0001")
	if err != nil {
		t.Fatal(err)
	}
	if got := stored[0]; got.CanceledAmount != 4000 || got.Amount != 12000 || got.PaidAt.IsZero() {
		t.Errorf("kept and changed: %+v", got)
	}
	_, err = db.SaveOrders(t.Context(), sequence(pay.Order{MID: mid, ID: "0001", Status: pay.OrderPaid, Amount: 3000,
		PG: pay.PGToss, Currency: pay.KRW, OrderedAt: full.OrderedAt}), lacking, "test", "tester", now)
	if err == nil || !strings.Contains(err.Error(), "0001") {
		t.Errorf("an amount below what stays cancelled was taken: %v", err)
	}
}

// A file without canceled_amount that says canceled: what was paid must go back.
func ordersCanceledWithoutAmount(t *testing.T, db *store.DB) {
	save(t, db, order("0001", 10000))
	lacking := func(column string) bool {
		return column == "status" || column == "amount" || column == "ordered_at" || column == "canceled_at"
	}
	gone := order("0001", 10000)
	gone.Status, gone.CanceledAt, gone.PaidAt = pay.OrderCanceled, day.Start().Add(12*time.Hour), time.Time{}
	if _, err := db.SaveOrders(t.Context(), sequence(gone), lacking, "test", "tester", now); err != nil {
		t.Fatal(err)
	}
	stored, err := db.OrdersOf(t.Context(), mid, "0001")
	if err != nil {
		t.Fatal(err)
	}
	if got := stored[0]; got.CanceledAmount != 10000 || got.PaidAt.IsZero() || got.Held() != 0 {
		t.Errorf("cancelled without an amount: %+v", got)
	}
}

func ordersWhole(t *testing.T, db *store.DB) {
	broken := errors.New("line 3 is bad")
	_, err := db.SaveOrders(t.Context(), func(yield func(pay.Order, error) bool) {
		if yield(order("0001", 1), nil) {
			yield(pay.Order{}, broken)
		}
	}, everyColumn, "test", "tester", now)
	if !errors.Is(err, broken) {
		t.Fatalf("error: %v", err)
	}
	stored, err := db.OrdersOf(t.Context(), mid, "0001")
	if err != nil || len(stored) != 0 {
		t.Errorf("half of a file was taken: %v %v", stored, err)
	}
}

func heldAgrees(t *testing.T, db *store.DB) {
	var orders []pay.Order
	want := map[pay.Currency]int64{}
	for i, status := range pay.OrderStatuses {
		for _, paid := range []bool{true, false} {
			for _, canceled := range []int64{0, 300, 1000} {
				if status == pay.OrderPartiallyCanceled && canceled == 0 {
					continue
				}
				o := order(fmt.Sprintf("%d-%t-%d", i, paid, canceled), 1000)
				o.Status, o.CanceledAmount = status, canceled
				if canceled == 300 {
					o.RefundedElsewhere = 200
				}
				if !paid {
					o.PaidAt = time.Time{}
				}
				orders = append(orders, o)
				want[o.Currency] += o.Held()
			}
		}
	}
	save(t, db, orders...)
	c := compare(t, db, reconcile.Scope{MID: mid, Day: day})
	if _, err := c.TouchShop(t.Context()); err != nil {
		t.Fatal(err)
	}
	shop, _, err := c.Totals(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	if len(shop) != 1 || shop[0].Total != want[pay.KRW] || shop[0].Number != int64(len(orders)) {
		t.Errorf("the table holds %+v, Go holds %d over %d orders", shop, want[pay.KRW], len(orders))
	}
}

func row(orderID, key string, status pay.PaymentStatus, amount int64, hour int) pay.Transaction {
	return pay.Transaction{MID: mid, OrderID: orderID, PaymentKey: key, TransactionKey: key + "-" + string(status),
		Status: status, Method: pay.Card, Currency: pay.KRW, Amount: amount, At: day.Start().Add(time.Duration(hour) * time.Hour)}
}

// FoldPage takes in a window of one page; changed counts the rows that were new or
// different.
func FoldPage(ctx context.Context, db *store.DB, mid string, rows []pay.Transaction, page pay.Evidence, now time.Time) (changed int64, err error) {
	stage := db.StageList(mid, "run", now)
	defer func() { err = errors.Join(err, stage.Close()) }()
	if err := stage.Keep(ctx, rows, page); err != nil {
		return 0, err
	}
	return stage.Fold(ctx)
}

func savePage(t *testing.T, db *store.DB, rows ...pay.Transaction) int64 {
	t.Helper()
	return saveWindow(t, db, rows)
}

func pageTwice(t *testing.T, db *store.DB) {
	var rows []pay.Transaction
	for i := range 250 {
		rows = append(rows, row(fmt.Sprintf("%04d", i), fmt.Sprintf("pk%04d", i), pay.Done, 1000, 10))
	}
	if first, second := savePage(t, db, rows...), savePage(t, db, rows...); first != 250 || second != 0 {
		t.Errorf("changed %d, then %d; want 250, then 0", first, second)
	}
	rows[7].Amount = 2000
	if third := savePage(t, db, rows...); third != 1 {
		t.Errorf("one row is different, %d changed", third)
	}
}

// The rows of one key may come on one page or on two, in any order. Of two of one
// moment the one that was shown last counts.
func newerCounts(t *testing.T, db *store.DB) {
	old, young := row("1", "pk1", pay.Done, 1000, 10), row("1", "pk1", pay.Done, 2000, 11)
	again := young
	again.Amount = 3000
	for _, c := range []struct {
		what  string
		pages [][]pay.Transaction
		want  int64
	}{
		{"the younger one second", [][]pay.Transaction{{old, young}}, 2000},
		{"the younger one first", [][]pay.Transaction{{young, old}}, 2000},
		{"the younger one on the page before", [][]pay.Transaction{{young}, {old}}, 2000},
		{"of one moment, the other on the next page", [][]pay.Transaction{{young}, {again}}, 3000},
		{"of one moment, on one page", [][]pay.Transaction{{again, young}}, 2000},
	} {
		if changed := saveWindow(t, db, c.pages...); changed > 1 {
			t.Errorf("%s: %d rows changed", c.what, changed)
		}
		if rows, err := db.TransactionsOf(t.Context(), mid, "1"); err != nil || len(rows) != 1 || rows[0].Amount != c.want {
			t.Errorf("%s: %+v, %v", c.what, rows, err)
		}
	}
}

func saveWindow(t *testing.T, db *store.DB, pages ...[]pay.Transaction) int64 {
	t.Helper()
	stage := db.StageList(mid, "run", now)
	defer stage.Close()
	for i, rows := range pages {
		if err := stage.Keep(t.Context(), rows, pay.Evidence{API: "transactions", About: fmt.Sprint("page ", i), Body: []byte("[]"), FetchedAt: now}); err != nil {
			t.Fatal(err)
		}
	}
	changed, err := stage.Fold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

// A date begins and ends at midnight in Seoul, to the microsecond; a row whose time
// changes counts on its new date alone.
func rowsOfADay(t *testing.T, db *store.DB) {
	first, last, moved := row("1", "pk1", pay.Done, 1000, 0), row("2", "pk2", pay.Done, 1000, 0), row("3", "pk3", pay.Done, 1000, 12)
	first.At, last.At = day.Start(), day.End().Add(-time.Microsecond)
	early, late := first, last
	early.OrderID, early.At = "0", day.Start().Add(-time.Microsecond)
	late.OrderID, late.At = "9", day.End()
	counts := func() (found [3]int64) {
		t.Helper()
		for i := range found {
			n, err := db.CountRows(t.Context(), mid, day.Add(i-1))
			if err != nil {
				t.Fatal(err)
			}
			found[i] = n
		}
		return found
	}
	savePage(t, db, first, last, early, late, moved)
	if got := counts(); got != [3]int64{1, 3, 1} {
		t.Errorf("the dates have %d rows", got)
	}
	moved.At = late.At
	savePage(t, db, moved)
	if got := counts(); got != [3]int64{1, 2, 2} {
		t.Errorf("after a row moved the dates have %d rows", got)
	}
}

// What does not fit waits on the disk; one transaction writes some thousands.
func windowInParts(t *testing.T, db *store.DB) {
	db.SortInForTest(20_000)
	var pages [][]pay.Transaction
	want := map[string]int64{}
	for i := range 12 {
		var rows []pay.Transaction
		for j := range 1000 {
			id := fmt.Sprintf("%05d", (j*7919+i*13)%12000) // rows of some orders come on several pages
			r := row(id, "pk"+id, pay.Done, int64(1000+i), 1+i)
			want[id] = r.Amount
			rows = append(rows, r)
		}
		pages = append(pages, rows)
	}
	if changed := saveWindow(t, db, pages...); changed != int64(len(want)) {
		t.Errorf("%d rows were written, and there are %d", changed, len(want))
	}
	if n, err := db.CountRows(t.Context(), mid, day); err != nil || n != int64(len(want)) {
		t.Errorf("the date has %d rows, %v", n, err)
	}
	for _, id := range []string{"00000", "04999", "05000", "05001", "11999"} {
		rows, err := db.TransactionsOf(t.Context(), mid, id)
		if amount, there := want[id]; err != nil || there != (len(rows) == 1) || there && rows[0].Amount != amount {
			t.Errorf("order %s: %+v, %v; want %d", id, rows, err, want[id])
		}
	}
	if changed := saveWindow(t, db, pages...); changed != 0 {
		t.Errorf("taken in again, %d rows changed", changed)
	}
}

func evidence(t *testing.T, db *store.DB) {
	body := []byte(strings.Repeat(`{"orderId":"0001","amount":1000}`, 1000))
	page := pay.Evidence{API: "payment", About: "pk0001", Body: body, TraceID: "trace", FetchedAt: now.UTC()}
	for range 2 {
		if err := db.SaveEvidence(t.Context(), mid, "run", []pay.Evidence{page}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := db.Evidence(t.Context(), mid, "pk0001")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]pay.Evidence{page}, got); diff != "" {
		t.Error(diff)
	}
}

func alive(string) bool { return false }

func begin(t *testing.T, db *store.DB, owner string, clock time.Time, dead func(string) bool) (reconcile.Lease, error) {
	t.Helper()
	return db.BeginRun(t.Context(), "nightly", mid, day, owner, clock, time.Minute, dead)
}

func fences(t *testing.T, db *store.DB) {
	first, err := begin(t, db, "a/1", now, alive)
	if err != nil {
		t.Fatal(err)
	}
	var running *reconcile.RunningError
	if _, err := begin(t, db, "b/2", now.Add(30*time.Second), alive); !errors.As(err, &running) {
		t.Fatalf("two owners at once: %v", err)
	}
	second, err := begin(t, db, "b/2", now.Add(2*time.Minute), alive)
	if err != nil {
		t.Fatalf("a run whose lease ran out cannot be taken: %v", err)
	}
	if second.RunID != first.RunID || second.Fence <= first.Fence {
		t.Errorf("leases %+v and %+v", first, second)
	}
	if err := db.RenewRun(t.Context(), first, now.Add(time.Hour)); !errors.Is(err, store.ErrLostRun) {
		t.Errorf("an old fence renewed: %v", err)
	}
	if err := db.EndRun(t.Context(), first, reconcile.RunComplete, "", now); !errors.Is(err, store.ErrLostRun) {
		t.Errorf("an old fence ended the run: %v", err)
	}
	c := compare(t, db, reconcile.Scope{MID: mid, Day: day})
	err = c.Commit(t.Context(), jobs.Written{Lease: first, Now: now, Actor: "a"}, drawn)
	if !errors.Is(err, store.ErrLostRun) {
		t.Errorf("an old fence committed: %v", err)
	}
	if err := db.EndRun(t.Context(), second, reconcile.RunComplete, "", now); err != nil {
		t.Error(err)
	}
}

func deadOwner(t *testing.T, db *store.DB) {
	if _, err := begin(t, db, "a/1", now, alive); err != nil {
		t.Fatal(err)
	}
	if _, err := begin(t, db, "b/2", now.Add(time.Second), func(owner string) bool { return owner == "a/1" }); err != nil {
		t.Errorf("a dead owner keeps the run: %v", err)
	}
}

func compare(t *testing.T, db *store.DB, scope reconcile.Scope) *store.Comparison {
	t.Helper()
	c, err := db.OpenComparison(t.Context(), scope, now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func filter(t *testing.T, db *store.DB) {
	canceled := order("agree-canceled", 1000)
	canceled.Status, canceled.CanceledAmount, canceled.CanceledAt = pay.OrderCanceled, 1000, day.Start().Add(12*time.Hour)
	methods := order("agree-easy-pay", 1000)
	methods.Method = pay.EasyPay
	other := order("differ-key", 1000)
	other.PaymentKey = "another"
	open := order("differ-open", 1000) // a buyer may still pay it
	open.Status, open.PaidAt, open.CanceledAt = pay.OrderCanceled, time.Time{}, day.Start().Add(12*time.Hour)
	save(t, db, order("agree", 1000), canceled, methods, other, order("differ-amount", 1000), order("differ-missing", 1000), order("differ-partial", 1000),
		order("differ-two", 1000), open)
	savePage(t, db, row("agree", "p1", pay.Done, 1000, 10), row("agree-canceled", "p2", pay.Done, 1000, 10),
		row("agree-canceled", "p2", pay.Canceled, 1000, 12), row("agree-easy-pay", "p3", pay.Done, 1000, 10),
		row("differ-key", "p4", pay.Done, 1000, 10), row("differ-amount", "p5", pay.Done, 900, 10),
		row("differ-strange", "p6", pay.Done, 700, 10), row("differ-partial", "p7", pay.Done, 1000, 10),
		row("differ-partial", "p7", pay.PartialCanceled, 300, 11),
		row("differ-two", "p8", pay.Done, 600, 10), row("differ-two", "p9", pay.Done, 400, 11), // two payments that add up are two
		row("differ-open", "p10", pay.WaitingForDeposit, 1000, 10))
	c := compare(t, db, reconcile.Scope{MID: mid, Day: day})
	if _, err := c.TouchShop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.TouchProvider(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.Fold(t.Context()); err != nil {
		t.Fatal(err)
	}
	touched, suspects, err := c.Filter(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	got := suspected(t, c)
	want := []string{"differ-amount", "differ-key", "differ-missing", "differ-partial", "differ-two", "differ-strange", "differ-open"}
	if diff := cmp.Diff(want, got); diff != "" || touched != 10 || suspects != 7 {
		t.Errorf("touched %d, suspects %d: %s", touched, suspects, diff)
	}
}

// suspected are the orders that are looked up, most money first.
func suspected(t *testing.T, c *store.Comparison) (ids []string) {
	t.Helper()
	after := reconcile.Suspect{Stake: 1 << 62}
	for {
		batch, err := c.NextSuspects(t.Context(), after, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(batch) == 0 {
			return ids
		}
		after = batch[len(batch)-1]
		for _, s := range batch {
			ids = append(ids, s.OrderID)
		}
	}
}

func proposal(amount int64, ref string) refunds.Request {
	return refunds.Request{ID: refunds.RequestID(mid, ref), MID: mid, OrderID: "0001", PaymentKey: "p1", Method: pay.Card,
		Amount: amount, Currency: pay.KRW, Reason: "test", Ref: ref, State: refunds.StateRequested, RequestedBy: "a", RequestedAt: now}
}

func commit(t *testing.T, db *store.DB, written jobs.Written, draw func(jobs.After) (jobs.Drawn, error)) error {
	t.Helper()
	lease, err := begin(t, db, "a/1", now, func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	c := compare(t, db, reconcile.Scope{MID: mid, Day: day})
	payment := pay.Payment{MID: mid, PaymentKey: "p1", OrderID: "0001", Status: pay.Done, TotalAmount: 1000, BalanceAmount: 1000,
		Currency: pay.KRW, ApprovedAt: day.Start()}
	if err := c.SaveLookUps(t.Context(), []pay.Payment{payment}, []string{"0001"}); err != nil {
		t.Fatal(err)
	}
	written.Lease, written.Now, written.Actor = lease, now, "tester"
	return c.Commit(t.Context(), written, draw)
}

func drawn(jobs.After) (jobs.Drawn, error) { return jobs.Drawn{Snapshot: says("{}")}, nil }

// heard reads a snapshot as it is.
func heard(text *string) func(io.Reader) error {
	return func(r io.Reader) error {
		all, err := io.ReadAll(r)
		*text = string(all)
		return err
	}
}

// says is a snapshot of a few words.
func says(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

func commitWhole(t *testing.T, db *store.DB) {
	finding := reconcile.Finding{MID: mid, OrderID: "0001", Kind: reconcile.MissingLocally, Currency: pay.KRW}
	b, change := reconcile.Remember(nil, &finding, day)
	failure := errors.New("the workbook cannot be drawn")
	err := commit(t, db, jobs.Written{Breaks: []jobs.BreakChange{{Break: b, Change: change}}, Proposed: []refunds.Request{proposal(500, "r1")}},
		func(jobs.After) (jobs.Drawn, error) { return jobs.Drawn{}, failure })
	if !errors.Is(err, failure) {
		t.Fatal(err)
	}
	breaks, err := db.Breaks(t.Context(), store.BreakFilter{})
	if err != nil {
		t.Fatal(err)
	}
	requests, err := db.Refunds(t.Context(), store.RefundFilter{})
	if err != nil {
		t.Fatal(err)
	}
	if seq, _, _ := db.JournalHead(t.Context()); len(breaks) != 0 || len(requests) != 0 || seq != 0 {
		t.Errorf("a failed commit left %d breaks, %d refunds, %d journal rows", len(breaks), len(requests), seq)
	}
}

func neverMoreThanPaid(t *testing.T, db *store.DB) {
	if err := commit(t, db, jobs.Written{Proposed: []refunds.Request{proposal(600, "r1"), proposal(600, "r2"), proposal(400, "r3"), proposal(600, "r1")}}, drawn); err != nil {
		t.Fatal(err)
	}
	requests, err := db.Refunds(t.Context(), store.RefundFilter{})
	if err != nil {
		t.Fatal(err)
	}
	var sum int64
	for _, r := range requests {
		sum += r.Amount
	}
	if sum != 1000 || len(requests) != 2 {
		t.Errorf("%d requests over %d won of a payment of 1000", len(requests), sum)
	}
}

func approverDiffers(t *testing.T, db *store.DB) {
	if err := commit(t, db, jobs.Written{Proposed: []refunds.Request{proposal(600, "r1")}}, drawn); err != nil {
		t.Fatal(err)
	}
	if err := db.ExecForTest(t.Context(), "UPDATE refunds SET approved_by = requested_by"); err == nil {
		t.Error("the database let the requester approve")
	}
}

func journal(t *testing.T, db *store.DB) {
	save(t, db, order("0001", 1))
	save(t, db, order("0002", 1))
	save(t, db, order("0003", 1))
	_, head, err := db.JournalHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found, err := db.VerifyJournal(t.Context(), head)
	if err != nil || len(found.Broken) != 0 || found.Entries != 3 || !found.SawHead {
		t.Errorf("a sound journal: %+v, %v", found, err)
	}
	if found, _ := db.VerifyJournal(t.Context(), "another"); found.SawHead {
		t.Error("a head that never was is in the chain")
	}
	for _, statement := range []string{"UPDATE journal SET actor = 'x'", "DELETE FROM journal"} {
		if err := db.ExecForTest(t.Context(), statement); err == nil {
			t.Errorf("the database let it pass: %s", statement)
		}
	}
}

func pace(t *testing.T, db *store.DB) {
	const workers, blocks = 8, 5
	var mu sync.Mutex
	seen := map[int64]int{}
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for range blocks {
				granted, err := db.GrantPace(t.Context(), mid, "payment", 2, time.Second, now)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				for i := range granted.Count {
					seen[granted.First.Add(time.Duration(i)*granted.Step).UnixMicro()]++
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	if len(seen) != workers*blocks*2 {
		t.Errorf("%d different slots of %d", len(seen), workers*blocks*2)
	}
	for slot := range seen {
		if offset := time.UnixMicro(slot).Sub(now); offset < 0 || offset >= workers*blocks*2*time.Second {
			t.Errorf("a slot %s after now", offset)
		}
	}
	hold := now.Add(time.Hour)
	if err := db.HoldPace(t.Context(), mid, "payment", hold); err != nil {
		t.Fatal(err)
	}
	if granted, err := db.GrantPace(t.Context(), mid, "payment", 1, time.Second, now); err != nil || granted.First.Before(hold) {
		t.Errorf("a slot at %s in spite of the hold: %v", granted.First, err)
	}
}

func times(t *testing.T, db *store.DB) {
	o := order("0001", 1)
	o.OrderedAt = time.Date(2026, 11, 21, 23, 59, 59, 123456789, pay.Seoul)
	save(t, db, o)
	stored, err := db.OrdersOf(t.Context(), mid, "0001")
	if err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2026, 11, 21, 14, 59, 59, 123456000, time.UTC); !stored[0].OrderedAt.Equal(want) {
		t.Errorf("stored %s, want %s", stored[0].OrderedAt, want)
	}
}
