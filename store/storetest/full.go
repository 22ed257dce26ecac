package storetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/app"
	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/store"
)

// bulky is how much a transaction of these tests writes in its middle, in bytes: some dozen
// pages.
const bulky = 60_000

// noise is what no compression makes smaller; as text it is base32.
func noise() []byte {
	var b []byte
	for len(b) < bulky {
		b = append(b, rand.Text()...)
	}
	return b
}

// fullTests prepare a database and give a transaction that writes much in its
// middle.
var fullTests = map[string]func(t *testing.T, db *store.DB) func(small *store.DB) error{
	"begin":                   fullBegin,
	"settle":                  fullSettle,
	"add refunds":             fullAdd,
	"approve":                 fullWord((*store.DB).Approve),
	"reject":                  fullWord((*store.DB).Reject),
	"resolve":                 fullResolve,
	"a transfer by hand":      fullTransfer,
	"a night's commit":        fullNight,
	"a person's word":         fullBreakWord,
	"a decision to refund":    fullDecision,
	"an account is captured":  fullCapture,
	"accounts are saved":      fullAccounts,
	"events are kept":         fullEvents,
	"an event's look-up":      fullHeard,
	"orders are imported":     fullOrders,
	"a page of the list":      fullPage,
	"rows of the list":        fullRows,
	"the key of the accounts": fullReseal,
}

// RunFull lets the disk get full in the middle of each transaction, one page later
// with each try, until there is room for it. open gives the file of a database,
// the database, and the same one on a disk of so many pages.
func RunFull(t *testing.T, open func(t *testing.T) (path string, db *store.DB, small func(pages int) *store.DB)) {
	t.Helper()
	for name, prepare := range fullTests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path, db, small := open(t)
			act := prepare(t, db)
			before := contents(t, path)
			pages := pagesOf(t, path)
			const most = 120
			for more := range most {
				full := small(pages + more)
				err := act(full)
				if closing := full.Close(); closing != nil {
					t.Fatal(closing)
				}
				if err == nil {
					if more < 8 {
						t.Errorf("there was room from the %dth page on: nothing was tried", more)
					}
					if cmp.Equal(before, contents(t, path)) {
						t.Error("it was done, and nothing has changed")
					}
					return
				}
				var hinter interface{ Hint() string }
				if !errors.As(err, &hinter) || !strings.Contains(hinter.Hint(), "disk of") {
					t.Fatalf("with %d pages more: %v", more, err)
				}
				if diff := cmp.Diff(before, contents(t, path)); diff != "" {
					t.Fatalf("with %d pages more it failed, and kept\n%s", more, diff)
				}
			}
			t.Errorf("%d pages are not enough", most)
		})
	}
}

func lite(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func pagesOf(t *testing.T, path string) (pages int) {
	t.Helper()
	if err := lite(t, path).QueryRow("PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	return pages
}

// contents gives every row of every table, by table.
func contents(t *testing.T, path string) map[string][]string {
	t.Helper()
	db := lite(t, path)
	defer db.Close()
	all := map[string][]string{}
	for _, table := range column(t, db, "SELECT name FROM sqlite_master WHERE type = 'table'") {
		all[table] = rowsOf(t, db, table)
	}
	return all
}

func column(t *testing.T, db *sql.DB, query string) (values []string) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			t.Fatal(err)
		}
		values = append(values, value)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return values
}

func rowsOf(t *testing.T, db *sql.DB, table string) (found []string) {
	t.Helper()
	rows, err := db.Query("SELECT * FROM " + table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	values := make([]any, len(columns))
	targets := make([]any, len(columns))
	for i := range values {
		targets[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			t.Fatal(err)
		}
		found = append(found, fmt.Sprintf("%.200q", fmt.Sprint(values...)))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	return found
}

func fullBegin(t *testing.T, db *store.DB) func(*store.DB) error {
	asked(t, db, "r", 1000, time.Time{})
	b := begun(claimed(t, db, choice("a", now)), now)
	b.Attempt.Body = noise()
	return func(small *store.DB) error { return small.Begin(t.Context(), b) }
}

func fullSettle(t *testing.T, db *store.DB) func(*store.DB) error {
	asked(t, db, "r", 1000, time.Time{})
	c := claimed(t, db, choice("a", now))
	b := begun(c, now)
	if err := db.Begin(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	r := c.Request
	r.State, r.Version = refunds.StateSending, r.Version+1
	answered := b.Attempt.Heard(nil, now)
	cancel := pay.Cancel{TransactionKey: "tx", Amount: 1000, Status: pay.CancelDone, CanceledAt: now}
	p := pay.Payment{MID: mid, PaymentKey: r.PaymentKey, OrderID: r.OrderID, Currency: pay.KRW, TotalAmount: 10_000, BalanceAmount: 9000, Cancels: []pay.Cancel{cancel}}
	s := refunds.Settled{Request: r, Step: refunds.Step{To: refunds.StateSucceeded, Claim: &cancel}, Attempt: &answered, Payment: &p, Now: now, Actor: "daesa",
		Evidence: []pay.Evidence{{API: "cancel", About: r.PaymentKey, Body: noise(), FetchedAt: now}}}
	return func(small *store.DB) error { return small.Settle(t.Context(), s) }
}

func fullAdd(t *testing.T, db *store.DB) func(*store.DB) error {
	var rows []refunds.Adding
	for _, ref := range []string{"a", "b", "c"} {
		p := pay.Payment{MID: mid, PaymentKey: "pay-" + ref, OrderID: "order-" + ref, Status: pay.Done, Method: pay.Card, Currency: pay.KRW, TotalAmount: 10_000, BalanceAmount: 10_000}
		rows = append(rows, refunds.Adding{Payment: p, Evidence: []pay.Evidence{{API: "payment", About: p.PaymentKey, Body: noise(), FetchedAt: now}}, Account: account(ref, "print-"+ref, now),
			Request: refunds.Request{ID: refunds.RequestID(mid, ref), MID: mid, OrderID: p.OrderID, PaymentKey: p.PaymentKey, Method: p.Method, Amount: 1000, Currency: pay.KRW,
				Reason: "변심", Ref: ref, State: refunds.StateRequested, RequestedBy: "kim", RequestedAt: now}})
	}
	return func(small *store.DB) error {
		_, err := small.AddRefunds(t.Context(), &app.BatchFile{ID: "b", Name: "b.xlsx", SHA256: "x"}, rows, "kim", now)
		return err
	}
}

type giveWord func(db *store.DB, ctx context.Context, w refunds.Approval) ([]refunds.Request, error)

func fullWord(give giveWord) func(t *testing.T, db *store.DB) func(*store.DB) error {
	return func(t *testing.T, db *store.DB) func(*store.DB) error {
		fullAdd := fullAdd(t, db)
		if err := fullAdd(db); err != nil {
			t.Fatal(err)
		}
		w := refunds.Approval{By: "lee", Note: string(noise()), Now: now, IDs: []string{refunds.RequestID(mid, "a"), refunds.RequestID(mid, "b"), refunds.RequestID(mid, "c")}}
		return func(small *store.DB) error {
			_, err := give(small, t.Context(), w)
			return err
		}
	}
}

func fullResolve(t *testing.T, db *store.DB) func(*store.DB) error {
	c := held(t, db, "r")
	p := pay.Payment{MID: mid, PaymentKey: "pay-r", OrderID: "order-r", Status: pay.Done, Currency: pay.KRW, TotalAmount: 10_000, BalanceAmount: 10_000}
	page := pay.Evidence{API: "payment", About: "pay-r", Body: noise(), FetchedAt: now}
	return func(small *store.DB) error {
		return small.ResolveRefund(t.Context(), c, refunds.Step{To: refunds.StateRequested}, &p, []pay.Evidence{page}, "lee", "not executed", now.Add(time.Hour))
	}
}

func fullTransfer(t *testing.T, db *store.DB) func(*store.DB) error {
	past := func(r *refunds.Request, _ *pay.Payment) { r.State, r.FinishedAt = refunds.StateExpired, now }
	r := asked(t, db, "r", 7000, now.Add(-time.Hour), past)
	return func(small *store.DB) error {
		_, err := small.MoveManualTransfer(t.Context(), refunds.ManualWord{ID: r.ID, To: refunds.ManualApproved, By: "lee", Note: string(noise()), Now: now})
		return err
	}
}

func fullNight(t *testing.T, db *store.DB) func(*store.DB) error {
	lease, err := begin(t, db, "a/1", now, alive)
	if err != nil {
		t.Fatal(err)
	}
	finding := reconcile.Finding{MID: mid, OrderID: "0001", PaymentKey: "p1", Kind: reconcile.MissingLocally, Currency: pay.KRW}
	b, change := reconcile.Remember(nil, &finding, day)
	b.Note = string(noise())
	written := jobs.Written{Lease: lease, Now: now, Actor: "tester", Breaks: []jobs.BreakChange{{Break: b, Change: change}}, Proposed: []refunds.Request{proposal(600, "r")}, Expires: func(string) bool { return true }}
	snapshot := noise()
	return func(small *store.DB) error {
		c, err := small.OpenComparison(t.Context(), reconcile.Scope{MID: mid, Day: day}, now)
		if err != nil {
			return err
		}
		defer func() { _ = c.Close() }()
		payment := pay.Payment{MID: mid, PaymentKey: "p1", OrderID: "0001", Status: pay.Done, TotalAmount: 1000, BalanceAmount: 1000, Currency: pay.KRW, ApprovedAt: day.Start()}
		if err := c.SaveLookUps(t.Context(), []pay.Payment{payment}, []string{"0001"}); err != nil {
			return err
		}
		return c.Commit(t.Context(), written, func(jobs.After) (jobs.Drawn, error) { return jobs.Drawn{Snapshot: says(string(snapshot))}, nil })
	}
}

func fullBreakWord(t *testing.T, db *store.DB) func(*store.DB) error {
	b := seenBreak(t, db)
	w := wordOn(b)
	note := string(noise())
	w.Note = &note
	return func(small *store.DB) error {
		_, err := small.TakeWord(t.Context(), w, "lee", "hash", true, now)
		return err
	}
}

func fullCapture(t *testing.T, db *store.DB) func(*store.DB) error {
	watched(t, db, watch("1", now))
	w, _ := next(t, db, now)
	if w == nil {
		t.Fatal("nothing is watched")
	}
	w.PaymentKey, w.State, w.CapturedAt, w.LookedAt = "pay-1", refunds.CaptureCaptured, now, now
	p := pay.Payment{MID: mid, PaymentKey: "pay-1", OrderID: w.OrderID, Status: pay.WaitingForDeposit, Method: pay.VirtualAccount, Currency: pay.KRW, TotalAmount: 1000, BalanceAmount: 1000}
	page := pay.Evidence{API: "payment", About: "pay-1", Body: noise(), FetchedAt: now}
	given := account("1", "print-1", now)
	given.Sealed = noise()
	return func(small *store.DB) error { return small.Looked(t.Context(), *w, &p, &page, given, "capture", now) }
}

func fullAccounts(t *testing.T, _ *store.DB) func(*store.DB) error {
	var accounts []refunds.StoredAccount
	for i := range 3 {
		a := account(fmt.Sprint(i), fmt.Sprint("print-", i), now)
		a.Sealed = noise()
		accounts = append(accounts, *a)
	}
	return func(small *store.DB) error { return small.SaveAccounts(t.Context(), accounts) }
}

func fullEvents(t *testing.T, _ *store.DB) func(*store.DB) error {
	var events []pay.Event
	for i := range 60 {
		events = append(events, pay.Event{ID: fmt.Sprintf("e%02d", i), TransmissionID: fmt.Sprint("t", i), MID: mid, Type: "PAYMENT_STATUS_CHANGED", OrderID: fmt.Sprint("o", i),
			PaymentKey: fmt.Sprint("p", i), Body: noise()[:4000], ReceivedAt: now})
	}
	return func(small *store.DB) error { return small.Keep(t.Context(), events) }
}

func fullHeard(t *testing.T, _ *store.DB) func(*store.DB) error {
	p := pay.Payment{MID: mid, PaymentKey: "pay-1", OrderID: "order-1", Status: pay.Done, Method: pay.Card, Currency: pay.KRW, TotalAmount: 1000, BalanceAmount: 1000}
	page := pay.Evidence{API: "payment", About: "pay-1", Body: noise(), FetchedAt: now}
	return func(small *store.DB) error {
		_, err := small.Heard(t.Context(), p, page, now)
		return err
	}
}

func fullOrders(t *testing.T, _ *store.DB) func(*store.DB) error {
	var orders []pay.Order
	for i := range 400 {
		orders = append(orders, order(fmt.Sprintf("%04d-%s", i, noise()[:40]), 1000))
	}
	return func(small *store.DB) error {
		_, err := small.SaveOrders(t.Context(), sequence(orders...), everyColumn, "test", "tester", now)
		return err
	}
}

func fullPage(t *testing.T, _ *store.DB) func(*store.DB) error {
	page := pay.Evidence{API: "transactions", About: string(day), Body: noise(), FetchedAt: now}
	return func(small *store.DB) error {
		_, err := FoldPage(t.Context(), small, mid, nil, page, now)
		return err
	}
}

// A page is kept when it comes, whatever becomes of its rows.
func fullRows(t *testing.T, db *store.DB) func(*store.DB) error {
	var rows []pay.Transaction
	for i := range 400 {
		rows = append(rows, row(fmt.Sprintf("%04d", i), fmt.Sprintf("p%04d", i), pay.Done, 1000, 10))
	}
	page := pay.Evidence{API: "transactions", About: string(day), Body: []byte("[]"), FetchedAt: now}
	if _, err := FoldPage(t.Context(), db, mid, nil, page, now); err != nil {
		t.Fatal(err)
	}
	return func(small *store.DB) error {
		_, err := FoldPage(t.Context(), small, mid, rows, page, now)
		return err
	}
}

func fullReseal(t *testing.T, db *store.DB) func(*store.DB) error {
	var accounts []refunds.StoredAccount
	for i := range 3 {
		accounts = append(accounts, *account(fmt.Sprint(i), fmt.Sprint("print-", i), now))
	}
	if err := db.SaveAccounts(t.Context(), accounts); err != nil {
		t.Fatal(err)
	}
	again := noise()
	return func(small *store.DB) error {
		_, err := small.Reseal(t.Context(), func([]byte, []byte) ([]byte, error) { return again, nil })
		return err
	}
}
