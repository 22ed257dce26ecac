package jobs_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/internal/racing"
	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/reports"
	"daesa/store"
)

// Each test here is named after a bug that was found.

// canned is a provider with rows and payments of a test's own.
type canned struct {
	rows     map[pay.Day][]pay.Transaction
	payments map[string]pay.Payment
	bad      map[pay.Day][]pay.BadRow // rows at the end of a day's list that cannot be read
	fail     func(day pay.Day, after string) error
	calls    atomic.Int64
}

func (c *canned) evidence(about string) pay.Evidence {
	return pay.Evidence{API: "canned", About: about, Body: fmt.Append(nil, c.calls.Add(1)), FetchedAt: time.Now()}
}

func (c *canned) Payment(_ context.Context, key string) (pay.Payment, pay.Evidence, error) {
	if p, ok := c.payments[key]; ok {
		return p, c.evidence(key), nil
	}
	return pay.Payment{}, pay.Evidence{}, &pay.Failure{Kind: pay.FailureNotFound}
}

func (c *canned) PaymentByOrder(_ context.Context, id string) (pay.Payment, pay.Evidence, error) {
	for _, p := range c.payments {
		if p.OrderID == id {
			return p, c.evidence(id), nil
		}
	}
	return pay.Payment{}, pay.Evidence{}, &pay.Failure{Kind: pay.FailureNotFound}
}

func (c *canned) Transactions(_ context.Context, from, to time.Time, after string) (pay.TransactionPage, error) {
	day := pay.DayOf(from)
	if c.fail != nil {
		if err := c.fail(day, after); err != nil {
			return pay.TransactionPage{}, err
		}
	}
	var rows []pay.Transaction
	for _, row := range c.rows[day] {
		if !row.At.Before(from) && row.At.Before(to) {
			rows = append(rows, row)
		}
	}
	if strings.HasPrefix(after, "bad") {
		rows = nil
	} else if after != "" {
		at := slices.IndexFunc(rows, func(row pay.Transaction) bool { return row.TransactionKey == after })
		rows = rows[at+1:]
	}
	page := pay.TransactionPage{Rows: rows, Evidence: c.evidence(string(day))}
	if bad := c.bad[day]; len(bad) > 0 && !strings.HasPrefix(after, "bad") {
		page.Bad = bad
	}
	switch {
	case len(page.Bad) > 0:
		page.Next = page.Bad[len(page.Bad)-1].Key
	case len(rows) > 0:
		page.Next = rows[len(rows)-1].TransactionKey
	}
	return page, nil
}

// paid puts a payment into the provider: its row and what a look-up shows.
func (c *canned) paid(orderID string, at time.Time, amount int64) {
	if c.rows == nil {
		c.rows, c.payments = map[pay.Day][]pay.Transaction{}, map[string]pay.Payment{}
	}
	key := "k-" + orderID
	c.rows[pay.DayOf(at)] = append(c.rows[pay.DayOf(at)], pay.Transaction{MID: mid, OrderID: orderID, PaymentKey: key, TransactionKey: "t-" + orderID,
		Status: pay.Done, Method: pay.Card, Currency: pay.KRW, At: at, Amount: amount})
	c.payments[key] = pay.Payment{MID: mid, OrderID: orderID, PaymentKey: key, Status: pay.Done, Method: pay.Card, Currency: pay.KRW,
		TotalAmount: amount, BalanceAmount: amount, RequestedAt: at, ApprovedAt: at}
}

func on(day pay.Day, hour int) time.Time { return day.Start().Add(time.Duration(hour) * time.Hour) }

const head = "order_id,status,amount,canceled_amount,refunded_elsewhere,pg,ordered_at,paid_at,canceled_at\n"

func (w *world) file(at time.Time, rows string) {
	w.t.Helper()
	w.importText(filepath.Join(w.t.TempDir(), "orders.csv"), head+rows, at)
}

func (w *world) cannedNight(c *canned, day pay.Day) reports.Snapshot {
	w.t.Helper()
	n := w.nightly()
	n.Provider, n.Settings.Concurrency = c, 1
	s, err := n.Run(w.t.Context(), day, morning(day))
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func wantBreaks(t *testing.T, s reports.Snapshot, want ...string) {
	t.Helper()
	slices.Sort(want)
	if diff := cmp.Diff(want, differing(s)); diff != "" {
		t.Errorf("%s: %s", s.Run.Day, diff)
	}
}

// One old order makes days be read of which the shop's file knows nothing else.
func TestFirstCoverageOfOldDaysCallsNothingMissing(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t, worldOptions{}), &canned{}
	old := last.Add(-11)
	c.paid("OLD", on(old, 10), 5000)
	for i := range 20 {
		c.paid(fmt.Sprintf("STRANGE-%d", i), on(old, 11), 1000)
	}
	c.paid("NEW", on(last, 10), 1000)
	c.paid("MISSING", on(last, 11), 1000)
	w.file(morning(last), "OLD,paid,5000,0,0,toss,2026-11-10 10:00:00,2026-11-10 10:00:00,\nNEW,paid,1000,0,0,toss,2026-11-21 10:00:00,2026-11-21 10:00:00,\n")
	wantBreaks(t, w.cannedNight(c, last), "missing_locally MISSING")
	w.file(morning(last.Add(1)), "NEXT,failed,1000,0,0,toss,2026-11-22 10:00:00,,\n")
	wantBreaks(t, w.cannedNight(c, last.Add(1)), "missing_locally MISSING")
}

// The shop has the order, as another company's or with an amount of 0: it does
// not lack it, and the break says so.
func TestAnOrderOfAnotherCompanyIsNotCalledLacking(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t, worldOptions{}), &canned{}
	for i, id := range []string{"OTHER", "FREE", "LACKING", "GOOD"} {
		c.paid(id, on(last, 10+i), 5000)
	}
	w.file(morning(last), "OTHER,paid,5000,0,0,KG이니시스,2026-11-21 10:00:00,2026-11-21 10:00:00,\n"+
		"FREE,paid,0,0,0,toss,2026-11-21 10:00:00,2026-11-21 10:00:00,\nGOOD,paid,5000,0,0,toss,2026-11-21 10:00:00,2026-11-21 10:00:00,\n")
	s := w.cannedNight(c, last)
	wantBreaks(t, s, "missing_locally OTHER", "missing_locally FREE", "missing_locally LACKING")
	for _, row := range s.Breaks {
		if want := map[string]string{"OTHER": "KG이니시스", "FREE": "toss"}[row.OrderID]; row.LocalPG != want {
			t.Errorf("%s: the shop has it as %q, want %q", row.OrderID, row.LocalPG, want)
		}
	}
	stored, err := w.db.BreaksOfOrder(t.Context(), mid, "OTHER")
	if err != nil || len(stored) != 1 || stored[0].LocalPG != "KG이니시스" {
		t.Errorf("%+v %v", stored, err)
	}
}

func TestLateRowsAreFoundAlsoWhenTheirRereadFailedHalfWay(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t, worldOptions{}), &canned{}
	before := last.Add(-1)
	c.paid("A", on(before, 10), 1000)
	c.paid("B", on(last, 10), 1000)
	w.file(morning(before), "A,paid,1000,0,0,toss,2026-11-20 10:00:00,2026-11-20 10:00:00,\nB,paid,1000,0,0,toss,2026-11-21 10:00:00,2026-11-21 10:00:00,\n")
	wantBreaks(t, w.cannedNight(c, before))
	c.paid("LATE", on(before, 11), 9999)
	failed := false
	c.fail = func(day pay.Day, after string) error {
		if day != before || after == "" || failed {
			return nil
		}
		failed = true
		time.Sleep(200 * time.Millisecond) // the first page is kept meanwhile
		return &pay.Failure{Kind: pay.FailurePaging, API: "GET /v1/transactions", Code: "INVALID_TRANSACTION_KEY"}
	}
	wantBreaks(t, w.cannedNight(c, last), "missing_locally LATE")
}

func TestAnOldOrderThatWasNeverPaidInTheShopIsCoveredToo(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t, worldOptions{}), &canned{}
	c.paid("OLD", on("2026-10-01", 10), 50000)
	c.paid("B", on(last, 10), 1000)
	w.file(morning(last), "OLD,canceled,50000,,0,toss,2026-10-01 09:59:00,,2026-11-21 12:00:00\nB,paid,1000,0,0,toss,2026-11-21 10:00:00,2026-11-21 10:00:00,\n")
	wantBreaks(t, w.cannedNight(c, last), "cancel_not_executed OLD")
}

func TestAnOrderThatMovesToAnotherPaymentCompanyIsTouched(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t, worldOptions{}), &canned{}
	before := last.Add(-1)
	c.paid("A", on(before, 10), 1000)
	c.paid("B", on(last, 10), 1000)
	w.file(morning(before), "A,paid,1000,0,0,toss,2026-11-20 10:00:00,2026-11-20 10:00:00,\n")
	wantBreaks(t, w.cannedNight(c, before))
	w.file(morning(last), "A,paid,1000,0,0,other,2026-11-20 10:00:00,2026-11-20 10:00:00,\nB,paid,1000,0,0,toss,2026-11-21 10:00:00,2026-11-21 10:00:00,\n")
	wantBreaks(t, w.cannedNight(c, last), "missing_locally A")
}

func TestOrdersOfAnotherPaymentCompanyAreNoCoverage(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t, worldOptions{}), &canned{}
	c.paid("A", on(last, 10), 1000)
	w.file(morning(last), "K,paid,1000,0,0,other,2026-11-21 10:00:00,2026-11-21 10:00:00,\n")
	s := w.cannedNight(c, last)
	wantBreaks(t, s)
	if s.Run.Complete || s.Run.Matched != 0 {
		t.Errorf("complete %t, matched %d", s.Run.Complete, s.Run.Matched)
	}
}

// Two rows under one transactionKey in one page: the newest counts, on both databases.
func TestTwoRowsUnderOneTransactionKey(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]string{"SQLite": "", "PostgreSQL": postgres(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, c := newWorld(t, worldOptions{database: database}), &canned{}
			c.paid("V", on(last, 11), 1000)
			issue := c.rows[last][0]
			issue.Status, issue.At, issue.Amount = pay.WaitingForDeposit, on(last, 10), 0
			c.rows[last] = append(c.rows[last], issue)
			w.file(morning(last), "V,paid,1000,0,0,toss,2026-11-21 10:00:00,2026-11-21 11:00:00,\n")
			wantBreaks(t, w.cannedNight(c, last))
		})
	}
}

func TestAMistypedMIDIsIncompleteAndFindsNothing(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t, worldOptions{}), &canned{}
	c.paid("A", on(last, 10), 1000)
	c.rows[last][0].MID = "another"
	p := c.payments["k-A"]
	p.MID = "another"
	c.payments["k-A"] = p
	w.file(morning(last), "A,canceled,1000,1000,0,toss,2026-11-21 10:00:00,2026-11-21 10:00:00,2026-11-21 12:00:00\n")
	s := w.cannedNight(c, last)
	wantBreaks(t, s)
	if s.Run.Complete {
		t.Error("the night of a wrong MID is complete")
	}
	foreign := func(g reconcile.Gap) bool { return g.Cause != nil && g.Cause.Reason == reconcile.ReasonForeign }
	if !slices.ContainsFunc(s.Run.Gaps, foreign) {
		t.Errorf("that every row is another merchant's is not said: %+v", s.Run.Gaps)
	}
	if covered, err := w.db.CoveredDays(t.Context(), mid, last, last); err != nil || covered[last] {
		t.Errorf("a list of another merchant's is this one's: %v, %v", covered, err)
	}
}

func TestWhileTheDayRunsNothingNewerThanTheShopsWordIsMissing(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t, worldOptions{}), &canned{}
	c.paid("SEEN", on(last, 1), 1000)
	c.paid("EARLY", on(last, 2), 1000)
	c.paid("LATER", on(last, 14), 1000)
	w.file(on(last, 10), "SEEN,paid,1000,0,0,toss,2026-11-21 01:00:00,2026-11-21 01:00:00,\n")
	n := w.nightly()
	n.Job, n.Provider = jobs.JobReconcile, c
	s, err := n.Run(t.Context(), last, on(last, 15))
	if err != nil {
		t.Fatal(err)
	}
	wantBreaks(t, s, "missing_locally EARLY")
	if covered, err := w.db.CoveredDays(t.Context(), mid, last, last); err != nil || covered[last] {
		t.Errorf("a day that still runs counts as read whole: %v, %v", covered, err)
	}
}

func TestAResolvedBreakTakesItsRefundBack(t *testing.T) {
	t.Parallel()
	for as, want := range map[reconcile.Disposition]refunds.State{
		reconcile.RefundedByTransfer: refunds.StateRejected, reconcile.AcceptedDifference: refunds.StateRejected,
		reconcile.Waiting: refunds.StateApproved,
	} {
		t.Run(string(as), func(t *testing.T) {
			t.Parallel()
			w, c := newWorld(t, worldOptions{}), &canned{}
			w.settings.Refunds.ApproveAbove = 100_000
			c.paid("A", on(last, 10), 10000)
			w.file(morning(last), "A,canceled,10000,10000,0,toss,2026-11-21 10:00:00,2026-11-21 10:00:00,2026-11-21 12:00:00\n")
			id := w.cannedNight(c, last).Breaks[0].ID
			if _, err := w.db.ResolveBreak(t.Context(), id, as, "kim", "why", morning(last).Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			// The shop cancels a won more: the break reopens, and asks for nothing that went back already.
			w.file(morning(last).Add(2*time.Hour), "A,canceled,10000,9999,1,toss,2026-11-21 10:00:00,2026-11-21 10:00:00,2026-11-21 12:00:01\n")
			w.cannedNight(c, last.Add(1))
			requests, err := w.db.Refunds(t.Context(), store.RefundFilter{})
			if err != nil || len(requests) == 0 || requests[0].State != want {
				t.Fatalf("%+v (%v), want %s", requests, err, want)
			}
			var open int64
			for _, r := range requests {
				if r.State.Open() {
					open += r.Amount
				}
			}
			if open > 10000 || (as == reconcile.RefundedByTransfer && open > 0) {
				t.Errorf("%d won are asked for after %s", open, as)
			}
		})
	}
}

func TestWhatIsOnItsWayOrWentBackElsewhereIsNotOwed(t *testing.T) {
	t.Parallel()
	at := on(last, 10)
	elsewhere := pay.Order{MID: mid, ID: "A", Status: pay.OrderCanceled, PG: pay.PGToss, Currency: pay.KRW, Amount: 50000, RefundedElsewhere: 50000, OrderedAt: at, CanceledAt: at.Add(time.Hour)}
	c := &canned{}
	c.paid("A", at, 50000)
	if f := reconcile.Compare(&elsewhere, []pay.Payment{c.payments["k-A"]}, last.End()); f[0].Owed != 0 {
		t.Errorf("%d owed of money that went back elsewhere", f[0].Owed)
	}
	foreign := c.payments["k-A"]
	foreign.Cancels = []pay.Cancel{{Amount: 30000, Status: pay.CancelInProgress}}
	partly := pay.Order{MID: mid, ID: "A", Status: pay.OrderPartiallyCanceled, PG: pay.PGToss, Currency: pay.KRW, Amount: 50000, CanceledAmount: 30000, OrderedAt: at, PaidAt: at}
	if f := reconcile.Compare(&partly, []pay.Payment{foreign}, last.End()); f[0].Owed != 0 {
		t.Errorf("%d owed while a cancel is on its way", f[0].Owed)
	}
}

func TestAResolvedBreakThatAgreesAgainIsNotLookedUpForEver(t *testing.T) {
	racing.Skip(t, "nights, one after the other")
	t.Parallel()
	w, c := newWorld(t, worldOptions{}), &canned{}
	w.settings.Sample = 0
	c.paid("A", on(last, 10), 1000)
	w.file(morning(last), "A,pending,1000,0,0,toss,2026-11-21 10:00:00,,\n")
	id := w.cannedNight(c, last).Breaks[0].ID
	if _, err := w.db.ResolveBreak(t.Context(), id, reconcile.FixShop, "kim", "why", morning(last)); err != nil {
		t.Fatal(err)
	}
	w.file(morning(last).Add(time.Hour), "A,paid,1000,0,0,toss,2026-11-21 10:00:00,2026-11-21 10:00:00,\n")
	var s reports.Snapshot
	for i := 1; i < 9; i++ {
		day := last.Add(i)
		w.file(morning(day), fmt.Sprintf("N%d,failed,1000,0,0,toss,%s 10:00:00,,\n", i, day))
		s = w.cannedNight(c, day)
	}
	if s.Run.Suspects != 0 {
		t.Errorf("eight nights later there are still %d suspects", s.Run.Suspects)
	}
}

func TestThreeUnreadableOldDaysDoNotStarveTheNight(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t, worldOptions{}), &canned{}
	c.paid("OLD", on(last.Add(-9), 10), 1000)
	c.paid("B", on(last, 10), 1000)
	c.fail = func(day pay.Day, _ string) error {
		if day < last.Add(-4) {
			return &pay.Failure{Kind: pay.FailureUnreadable, API: "GET /v1/transactions", About: string(day)}
		}
		return nil
	}
	w.file(morning(last), "OLD,paid,1000,0,0,toss,2026-11-12 10:00:00,2026-11-12 10:00:00,\nB,paid,1000,0,0,toss,2026-11-21 10:00:00,2026-11-21 10:00:00,\n")
	s := w.cannedNight(c, last)
	if s.Run.Complete || s.Run.Transactions != 1 || len(s.Run.Windows) != 5 {
		t.Errorf("complete %t, %d rows of the day, %d windows", s.Run.Complete, s.Run.Transactions, len(s.Run.Windows))
	}
	wantBreaks(t, s)
}
