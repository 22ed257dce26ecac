package storetest

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/jobs"
	"daesa/orders"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports"
	"daesa/sandbox"
	"daesa/store"
	"daesa/toss"
)

// matchedTests are what the list of agreeing pairs must do alike on both
// databases.
var matchedTests = map[string]func(*testing.T, *store.DB){
	"matched: as many as the night counted, none in a break, by order": matchedAsCounted,
	"matched: what a break knows and what differs now is left out":     matchedLeavesOut,
	"matched: a row says what both sides hold, and when it moved":      matchedRows,
	"matched: an interrupt is an error, never an end":                  matchedInterrupted,
}

// agreement reads the whole list of a run.
func agreement(t *testing.T, db *store.DB, run reconcile.Run) (*store.Agreement, []reports.Matched) {
	t.Helper()
	scope, err := jobs.ScopeOf(t.Context(), db, run.Job, run.MID, run.ID, run.Day)
	if err != nil {
		t.Fatal(err)
	}
	a, err := db.OpenAgreement(t.Context(), scope, run.Now, run.Mode == "lookup")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}()
	var rows []reports.Matched
	for {
		row, err := a.Next(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	if int64(len(rows)) != a.Count {
		t.Errorf("%d rows were promised, %d came", a.Count, len(rows))
	}
	return a, rows
}

// matchedAsCounted plays nights of a shop with every kind of break: differences
// that appear, are cleared, are followed.
func matchedAsCounted(t *testing.T, db *store.DB) {
	shop := newShop(t, db)
	for back := 5; back >= 0; back-- {
		date := day.Add(-back)
		run := shop.night(t, date, false)
		before := written(t, db)
		a, rows := agreement(t, db, run)
		if a.Count != run.Matched || run.Matched < 100 || run.Matched == run.Touched {
			t.Errorf("%s: %d agree, the night counted %d of %d", date, a.Count, run.Matched, run.Touched)
		}
		if diff := cmp.Diff(before, written(t, db)); diff != "" {
			t.Errorf("%s: the list has written: %s", date, diff)
		}
		checkAgreeing(t, db, rows)
		if diff := cmp.Diff(a.Shop, a.Toss, cmp.Comparer(func(x, y reconcile.Sum) bool { return x.Currency == y.Currency && x.Total == y.Total })); diff != "" {
			t.Errorf("%s: the sides' sums differ: %s", date, diff)
		}
	}
	run := shop.night(t, day, true)
	if a, _ := agreement(t, db, run); a.Count != run.Matched || a.Count == 0 {
		t.Errorf("in lookup mode: %d agree, the night counted %d", a.Count, run.Matched)
	}
}

func checkAgreeing(t *testing.T, db *store.DB, rows []reports.Matched) {
	t.Helper()
	breaks, err := db.Breaks(t.Context(), store.BreakFilter{})
	if err != nil {
		t.Fatal(err)
	}
	differs := map[string]bool{}
	for _, b := range breaks {
		differs[b.OrderID] = b.Status.NeedsPerson() || b.Status == reconcile.Timing
	}
	for _, row := range rows {
		if row.ShopHeld != row.TossHeld || differs[row.OrderID] {
			t.Errorf("no agreement: %+v", row)
		}
		if row.TossHeld > 0 && (row.PaymentKey == "" || row.ApprovedAt.IsZero() || row.TossStatus == "") {
			t.Errorf("money without its payment: %+v", row)
		}
	}
	if !slices.IsSortedFunc(rows, func(a, b reports.Matched) int { return strings.Compare(a.OrderID, b.OrderID) }) {
		t.Error("the rows are not in the order of their numbers")
	}
}

// written is what a list must leave as it was.
func written(t *testing.T, db *store.DB) map[string]any {
	t.Helper()
	breaks, err := db.Breaks(t.Context(), store.BreakFilter{})
	if err != nil {
		t.Fatal(err)
	}
	runs, err := db.Runs(t.Context(), mid)
	if err != nil {
		t.Fatal(err)
	}
	_, head, err := db.JournalHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{"breaks": breaks, "runs": runs, "journal": head}
}

func runOf(d pay.Day) reconcile.Run {
	return reconcile.Run{ID: reconcile.RunID(jobs.JobNightly, mid, d), MID: mid, Day: d, Now: d.End().Add(90 * time.Minute)}
}

func matchedLeavesOut(t *testing.T, db *store.DB) {
	save(t, db, order("agrees", 1000), order("broken", 1000), order("cleared-since", 1000), order("differs", 1000), order("doubtful", 1000), order("resolved", 1000))
	savePage(t, db, row("agrees", "p1", pay.Done, 1000, 10), row("broken", "p2", pay.Done, 1000, 10), row("cleared-since", "p3", pay.Done, 1000, 10),
		row("differs", "p4", pay.Done, 900, 10), row("doubtful", "p5", pay.Done, 1000, 10), row("doubtful", "p5", pay.PartialCanceled, 300, 11),
		row("resolved", "p6", pay.Done, 1000, 10), row("unknown", "p7", pay.Done, 1000, 10))
	var changes []jobs.BreakChange
	for id, change := range map[string]func(*reconcile.Break){
		"broken":        func(*reconcile.Break) {},
		"cleared-since": func(b *reconcile.Break) { b.Status, b.Since = reconcile.Cleared, day.Add(1) },
		"resolved": func(b *reconcile.Break) {
			b.Status, b.FirstSeen, b.LastSeen = reconcile.Resolved, day.Add(-9), day.Add(-8)
		},
		"agrees": func(b *reconcile.Break) { b.Status, b.FirstSeen = reconcile.Cleared, day.Add(-1) },
	} {
		finding := reconcile.Finding{MID: mid, OrderID: id, Kind: reconcile.MethodMismatch, Currency: pay.KRW}
		b, opened := reconcile.Remember(nil, &finding, day)
		change(&b)
		changes = append(changes, jobs.BreakChange{Break: b, Change: opened})
	}
	if err := commit(t, db, jobs.Written{Breaks: changes}, drawn); err != nil {
		t.Fatal(err)
	}
	late := order("late", 1000)
	late.OrderedAt, late.PaidAt = day.Start().Add(-10*time.Hour), day.Start().Add(-10*time.Hour)
	if _, err := db.SaveOrders(t.Context(), sequence(late), everyColumn, "test", "tester", now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	_, rows := agreement(t, db, runOf(day))
	var got []string
	for _, r := range rows {
		got = append(got, r.OrderID)
	}
	if diff := cmp.Diff([]string{"agrees", "resolved"}, got); diff != "" {
		t.Error(diff)
	}
}

func matchedRows(t *testing.T, db *store.DB) {
	canceled := order("canceled", 1000)
	canceled.Status, canceled.CanceledAmount, canceled.CanceledAt = pay.OrderCanceled, 1000, day.Start().Add(13*time.Hour)
	pending := order("pending", 700)
	pending.Status, pending.PaidAt, pending.PaymentKey = pay.OrderPending, time.Time{}, "none-yet"
	dollars := order("dollars", 18156)
	dollars.Currency, dollars.Method = pay.USD, pay.EasyPay
	save(t, db, canceled, pending, dollars)
	usd := row("dollars", "p3", pay.Done, 18156, 11)
	usd.Currency = pay.USD
	savePage(t, db, row("canceled", "p1", pay.Canceled, 1000, 12), row("canceled", "p1", pay.Done, 1000, 10), row("canceled", "p0", pay.Aborted, 0, 9), usd)
	a, got := agreement(t, db, runOf(day))
	hour := func(h int) time.Time { return day.Start().Add(time.Duration(h) * time.Hour).UTC() }
	want := []reports.Matched{
		{MID: mid, OrderID: "canceled", PaymentKey: "p1", Method: pay.Card, Currency: pay.KRW, ShopStatus: "canceled", TossStatus: "CANCELED",
			OrderedAt: hour(10), ApprovedAt: hour(10), CanceledAt: hour(12)},
		{MID: mid, OrderID: "dollars", PaymentKey: "p3", Method: pay.Card, Currency: pay.USD, ShopHeld: 18156, TossHeld: 18156, ShopStatus: "paid", TossStatus: "DONE",
			OrderedAt: hour(10), ApprovedAt: hour(11)},
		{MID: mid, OrderID: "pending", PaymentKey: "none-yet", Method: pay.Card, Currency: pay.KRW, ShopStatus: "pending", OrderedAt: hour(10)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	sums := []reconcile.Sum{{Currency: pay.KRW, Number: 2}, {Currency: pay.USD, Total: 18156, Number: 1}}
	if diff := cmp.Diff(sums, a.Shop); diff != "" {
		t.Error(diff)
	}
}

func matchedInterrupted(t *testing.T, db *store.DB) {
	for _, id := range []string{"0001", "0002", "0003"} {
		save(t, db, order(id, 1000))
		savePage(t, db, row(id, "p"+id, pay.Done, 1000, 10))
	}
	a, err := db.OpenAgreement(t.Context(), reconcile.Scope{MID: mid, Day: day}, now, false)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }() // the interrupt may have ended the connection
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Next(ctx); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("an interrupted list gives %v", err)
	}
}

// clock stands still: no test here waits for it.
func clock() time.Time { return now }

// shop is a shop with a history, its pretend Toss, and nights that run.
type shop struct {
	toss    *sandbox.Sandbox
	history *sandbox.History
	nightly *jobs.Nightly
	db      *store.DB
}

func newShop(t *testing.T, db *store.DB) *shop {
	t.Helper()
	s := &shop{toss: sandbox.New(sandbox.Options{Now: clock, Freeze: true}), db: db}
	s.history = s.toss.Seed(sandbox.HistoryOptions{Seed: 1, Orders: 1500, Days: 6, End: day.Start(), BreakShare: 0.03})
	server := httptest.NewServer(s.toss.Handler())
	t.Cleanup(server.Close)
	client, err := toss.New(toss.Options{BaseURL: server.URL, MID: mid, SecretKey: func() string { return "test_sk_sandbox" }, Now: clock,
		Sleep: func(context.Context, time.Duration) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	s.nightly = &jobs.Nightly{Job: jobs.JobNightly, Log: slog.New(slog.DiscardHandler), Provider: client, Ledger: db, Pages: db, Clock: clock,
		Settings: jobs.Settings{MID: mid, KnownMIDs: []string{mid}, Owner: "test/1", OwnerIsDead: func(string) bool { return true }, Actor: "night",
			Settle: 30 * time.Minute, RereadDays: []int{1, 3, 7}, Sample: 50, MaxLookUps: 3000, Concurrency: 4,
			AlarmShare: func(part, total int64) bool { return part*100 > total }},
		Compare: func(ctx context.Context, scope reconcile.Scope, now time.Time) (jobs.Comparison, error) {
			return db.OpenComparison(ctx, scope, now)
		}}
	return s
}

// night imports the shop's file and runs a night, and gives what it stored.
func (s *shop) night(t *testing.T, d pay.Day, lookUpAll bool) reconcile.Run {
	t.Helper()
	at := d.End().Add(90 * time.Minute)
	s.toss.SetClock(at)
	var text strings.Builder
	if err := s.history.WriteCSV(&text, at); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "orders.csv")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := orders.OpenFile(path, orders.Options{MIDs: []string{mid}, DefaultMID: mid})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	names := file.Columns().Names()
	if _, err := s.db.SaveOrders(t.Context(), file.Orders(), func(column string) bool { return slices.Contains(names, column) }, "orders.csv", "shop", at); err != nil {
		t.Fatal(err)
	}
	s.nightly.Settings.LookUpAll = lookUpAll
	if _, err := s.nightly.Run(t.Context(), d, at); err != nil {
		t.Fatal(err)
	}
	var snapshot reports.Snapshot
	if _, err := s.db.Snapshot(t.Context(), jobs.JobNightly, mid, d, reports.Into(&snapshot)); err != nil {
		t.Fatal(err)
	}
	return snapshot.Run
}
