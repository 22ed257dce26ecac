package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"daesa/internal/racing"
	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports"
	"daesa/sandbox"
	"daesa/store"
)

// faulty breaks a provider in one way.
type faulty struct {
	jobs.Provider
	transactions func(calls int, rows []pay.Transaction, next string, err error) ([]pay.Transaction, string, error)
	payment      func(calls int) error
	key          func(after string) error  // of a page that is asked for
	after        func(after string) string // what it is asked for with in its place
	calls        int
}

func (f *faulty) Transactions(ctx context.Context, from, to time.Time, after string) (pay.TransactionPage, error) {
	if f.key != nil {
		if err := f.key(after); err != nil {
			return pay.TransactionPage{}, err
		}
	}
	if f.after != nil {
		after = f.after(after)
	}
	page, err := f.Provider.Transactions(ctx, from, to, after)
	if f.transactions != nil {
		f.calls++
		page.Rows, page.Next, err = f.transactions(f.calls, page.Rows, page.Next, err)
	}
	if page.Evidence.FetchedAt.IsZero() {
		page.Evidence = pay.Evidence{API: "transactions", About: after, Body: []byte("[]"), FetchedAt: time.Now()}
	}
	return page, err
}

func (f *faulty) Payment(ctx context.Context, key string) (pay.Payment, pay.Evidence, error) {
	if f.payment != nil {
		f.calls++
		if err := f.payment(f.calls); err != nil {
			return pay.Payment{}, pay.Evidence{}, err
		}
	}
	return f.Provider.Payment(ctx, key)
}

func (f *faulty) PaymentByOrder(ctx context.Context, id string) (pay.Payment, pay.Evidence, error) {
	if f.payment != nil {
		f.calls++
		if err := f.payment(f.calls); err != nil {
			return pay.Payment{}, pay.Evidence{}, err
		}
	}
	return f.Provider.PaymentByOrder(ctx, id)
}

func failure(kind pay.FailureKind) error {
	return &pay.Failure{Kind: kind, API: "GET /v1/transactions", HTTPStatus: 500, Code: "COMMON_ERROR", TraceID: "trace-1"}
}

// A history that needs no backfill: one day, so that one list call decides.
func oneDay(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, worldOptions{history: sandbox.HistoryOptions{Seed: 11, Orders: 300, Days: 1}})
	w.settings.Concurrency = 1
	w.toss.SetClock(morning(last))
	w.importOrders(morning(last))
	return w
}

func (w *world) faultyNight(f *faulty) (reports.Snapshot, error) {
	n := w.nightly()
	f.Provider = w.client
	n.Provider = f
	return n.Run(w.t.Context(), last, morning(last))
}

func kinds(s reports.Snapshot) map[reconcile.Kind]int {
	found := map[reconcile.Kind]int{}
	for _, b := range s.Breaks {
		if b.Status.NeedsPerson() {
			found[b.Kind]++
		}
	}
	return found
}

func TestADayThatCannotBeReadIsIncompleteAndNothingIsCalledMissing(t *testing.T) {
	t.Parallel()
	w := oneDay(t)
	whole := w.history.Planted()
	snapshot, err := w.faultyNight(&faulty{transactions: func(int, []pay.Transaction, string, error) ([]pay.Transaction, string, error) {
		return nil, "", failure(pay.FailureTransient)
	}, payment: func(int) error { return failure(pay.FailureTransient) }})
	if err != nil {
		t.Fatal(err)
	}
	if snapshot.Run.Complete || len(snapshot.Run.Gaps) == 0 {
		t.Error("a night without the provider's list is complete")
	}
	unread := func(g reconcile.Gap) bool { return g.Kind() == reconcile.GapList && g.Cause.Part.Name == string(last) }
	if !slices.ContainsFunc(snapshot.Run.Gaps, unread) {
		t.Errorf("that the list of the day could not be read is not said: %+v", snapshot.Run.Gaps)
	}
	if found := kinds(snapshot); found[reconcile.MissingAtProvider] != 0 || found[reconcile.MissingLocally] != 0 {
		t.Errorf("called missing: %v", found)
	}
	// The next run completes the night.
	again, err := w.nightly().Run(t.Context(), last, morning(last).Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	provesItself(t, again)
	if len(kinds(again)) == 0 || len(whole) == 0 {
		t.Error("the completed night found nothing")
	}
}

func TestLookUpsThatFailLeaveTheOrderUnjudged(t *testing.T) {
	t.Parallel()
	w := oneDay(t)
	snapshot, err := w.faultyNight(&faulty{payment: func(calls int) error {
		if calls > 10 {
			return failure(pay.FailureNoAnswer)
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if snapshot.Run.Complete || snapshot.Run.NotLookedUp == 0 {
		t.Errorf("complete %t with %d not looked up", snapshot.Run.Complete, snapshot.Run.NotLookedUp)
	}
}

func TestOpenBreaksStayOpenWhenTheirOrderCouldNotBeLookedUp(t *testing.T) {
	t.Parallel()
	w := oneDay(t)
	before := kinds(w.night(last))
	after, err := w.faultyNight(&faulty{payment: func(int) error { return failure(pay.FailureTransient) }})
	var kept *jobs.KeptError
	if !errors.As(err, &kept) || len(kept.Gaps) == 0 {
		t.Fatalf("a complete night that cannot be read again: %v", err)
	}
	open, err := w.db.NeedPerson(t.Context(), mid)
	if err != nil {
		t.Fatal(err)
	}
	for kind, n := range before {
		open -= int64(n)
		if kinds(after)[kind] != n {
			t.Errorf("%s: %d before, %d after a night that could not look up", kind, n, kinds(after)[kind])
		}
	}
	if runs, err := w.db.Runs(t.Context(), mid); err != nil || open != 0 || runs[0].State != reconcile.RunComplete {
		t.Errorf("%d breaks more than before, run %+v (%v)", open, runs, err)
	}
}

// TestARefusedKeyIsProvedByTheSameRowsInTwoHalves: INVALID_TRANSACTION_KEY was
// seen with a real last key, so the refusal says nothing of the rows.
func TestARefusedKeyIsProvedByTheSameRowsInTwoHalves(t *testing.T) {
	t.Parallel()
	for name, refusals := range map[string]int{"once": 1, "always": 1 << 20} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := oneDay(t)
			whole := w.night(last)
			w = oneDay(t)
			refused := 0
			f := &faulty{}
			f.key = func(after string) error {
				if after == "" || refused == refusals {
					return nil
				}
				refused++
				return failure(pay.FailurePaging)
			}
			snapshot, err := w.faultyNight(f)
			if err != nil {
				t.Fatal(err)
			}
			provesItself(t, snapshot)
			if text := differing(snapshot); refused == 0 || !slices.Equal(text, differing(whole)) {
				t.Errorf("after %d refusals: %v", refused, text)
			}
		})
	}
}

func TestAWindowThatNeverEndsIsAGap(t *testing.T) {
	t.Parallel()
	w := oneDay(t)
	w.settings.MaxPagesAWindow = 7
	f := &faulty{}
	f.transactions = func(calls int, rows []pay.Transaction, _ string, err error) ([]pay.Transaction, string, error) {
		return rows, fmt.Sprint("again", calls), err
	}
	f.after = func(string) string { return "" } // it begins again each time
	snapshot, err := w.faultyNight(f)
	if err != nil {
		t.Fatal(err)
	}
	if snapshot.Run.Complete {
		t.Error("a day without an end counts as read")
	}
	if rows, err := w.db.CountRows(t.Context(), mid, last); err != nil || rows == 0 {
		t.Errorf("of what the day showed %d rows are kept, %v", rows, err)
	}
}

func TestPagesThatRepeatRowsChangeNothing(t *testing.T) {
	t.Parallel()
	w := oneDay(t)
	snapshot, err := w.faultyNight(&faulty{transactions: func(_ int, rows []pay.Transaction, next string, err error) ([]pay.Transaction, string, error) {
		slices.Reverse(rows)
		return append(rows, rows...), next, err
	}})
	if err != nil {
		t.Fatal(err)
	}
	provesItself(t, snapshot)
}

// A list that skips rows lets orders look unpaid. The look-ups are the truth,
// and they show that the list is not whole.
func TestAListThatSkipsRowsInventsNothingAndIsNotCalledWhole(t *testing.T) {
	racing.Skip(t, "nights, one after the other")
	t.Parallel()
	w := oneDay(t)
	want := kinds(oneDay(t).night(last))
	var skipped int64
	snapshot, err := w.faultyNight(&faulty{transactions: func(_ int, rows []pay.Transaction, next string, err error) ([]pay.Transaction, string, error) {
		var kept []pay.Transaction
		for i, row := range rows {
			if i%10 != 0 || row.Status != pay.Done || row.Currency != pay.KRW || pay.DayOf(row.At) != last {
				kept = append(kept, row)
				continue
			}
			skipped += row.Amount
		}
		return kept, next, err
	}})
	if err != nil {
		t.Fatal(err)
	}
	got := kinds(snapshot)
	if got[reconcile.MissingAtProvider] != want[reconcile.MissingAtProvider] {
		t.Errorf("missing at the provider: %d, want %d", got[reconcile.MissingAtProvider], want[reconcile.MissingAtProvider])
	}
	wantGap(t, snapshot, reconcile.GapProof, last)
	if covered, err := w.db.CoveredDays(t.Context(), mid, last, last); err != nil || covered[last] {
		t.Errorf("the day stays covered (%v)", err)
	}
	// Toss's total is that of the rows, so it does not tie by what they lack.
	for _, total := range snapshot.Run.Totals {
		if total.Currency == pay.KRW && (total.Unexplained <= 0 || total.Unexplained > skipped) {
			t.Errorf("%d KRW are unexplained, %d were left out", total.Unexplained, skipped)
		}
	}
	again := w.nightAt(last, morning(last).Add(time.Hour))
	provesItself(t, again)
	if slices.ContainsFunc(again.Run.Windows, func(win reconcile.Window) bool { return win.Day == last }) != true {
		t.Error("the day was not read again")
	}
}

// wantGap: the night is incomplete, with a gap of a kind about a day.
func wantGap(t *testing.T, s reports.Snapshot, kind reconcile.GapKind, day pay.Day) {
	t.Helper()
	found := slices.ContainsFunc(s.Run.Gaps, func(g reconcile.Gap) bool { return g.Kind() == kind && g.Cause.Part.Name == string(day) })
	if s.Run.Complete || !found {
		t.Errorf("complete %t, without a gap %s of %s: %+v", s.Run.Complete, kind, day, s.Run.Gaps)
	}
}

func TestTooManyLookUpsMakeTheNightIncomplete(t *testing.T) {
	t.Parallel()
	w := oneDay(t)
	w.settings.MaxLookUps = 5
	snapshot := w.night(last)
	if snapshot.Run.Complete || snapshot.Run.LookedUp != 5 || snapshot.Run.NotLookedUp != snapshot.Run.Suspects-5 {
		t.Errorf("run %+v", snapshot.Run)
	}
}

func TestAnExportThatIsCutOffIsIncompleteAndCallsNothingMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{history: sandbox.HistoryOptions{Seed: 11, Orders: 600, Days: 8}})
	w.toss.SetClock(morning(last))
	var text strings.Builder
	if err := w.history.WriteCSV(&text, morning(last)); err != nil {
		t.Fatal(err)
	}
	var kept []string
	today := 0
	for line := range strings.Lines(text.String()) {
		if strings.Contains(line, string(last)+"T") {
			if today++; today > 5 {
				continue
			}
		}
		kept = append(kept, line)
	}
	w.importText(t.TempDir()+"/orders.csv", strings.Join(kept, ""), morning(last))
	snapshot := w.night(last)
	if snapshot.Run.Complete {
		t.Error("half of an export counts as all of it")
	}
	if found := kinds(snapshot); found[reconcile.MissingLocally] != 0 {
		t.Errorf("called missing: %v", found)
	}
	w.importOrders(morning(last).Add(time.Hour))
	again, err := w.nightly().Run(t.Context(), last, morning(last).Add(2*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	provesItself(t, again)
	if kinds(again)[reconcile.MissingLocally] == 0 {
		t.Error("the whole export shows nothing missing")
	}
}

// The wrong key gives a night full of missing payments: a kind that explodes
// makes it suspect, and it proposes no refunds.
func TestAKindThatExplodesMakesTheNightSuspect(t *testing.T) {
	t.Parallel()
	w := oneDay(t)
	other := sandbox.New(sandbox.Options{Now: time.Now, Freeze: true})
	other.SetClock(morning(last))
	v := newWorld(t, worldOptions{})
	v.history, v.toss = w.history, other
	v.importOrders(morning(last))
	snapshot := v.night(last)
	if !slices.Contains(snapshot.Run.Suspect, reconcile.MissingAtProvider) {
		t.Errorf("suspect kinds %v", snapshot.Run.Suspect)
	}
	if requests, err := v.db.Refunds(t.Context(), store.RefundFilter{}); err != nil || len(requests) != 0 {
		t.Errorf("a suspect night proposed %d refunds (%v)", len(requests), err)
	}
}

func TestAnInterruptedNightLeavesNothingAndTheNextRunIsTheSame(t *testing.T) {
	racing.Skip(t, "nights, one after the other")
	t.Parallel()
	undisturbed := newWorld(t, worldOptions{history: sandbox.HistoryOptions{Seed: 5, Orders: 400, Days: 20}})
	want := undisturbed.nights(1)
	for _, calls := range []int{1, 3, 15, 25, 40} {
		t.Run(fmt.Sprintf("killed at call %d", calls), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{history: sandbox.HistoryOptions{Seed: 5, Orders: 400, Days: 20}})
			w.toss.SetClock(morning(last))
			w.importOrders(morning(last))
			ctx, cancel := context.WithCancel(t.Context())
			n := w.nightly()
			seen := 0
			stop := func(int) error {
				if seen++; seen == calls {
					cancel()
				}
				return nil
			}
			n.Provider = &faulty{Provider: w.client, payment: stop, transactions: func(_ int, rows []pay.Transaction, next string, err error) ([]pay.Transaction, string, error) {
				_ = stop(0)
				return rows, next, err
			}}
			n.Settings.Concurrency = 1
			if _, err := n.Run(ctx, last, morning(last)); !errors.Is(err, context.Canceled) {
				t.Fatalf("interrupted: %v", err)
			}
			if breaks, _ := w.db.Breaks(t.Context(), store.BreakFilter{}); len(breaks) != 0 {
				t.Errorf("an interrupted night left %d breaks", len(breaks))
			}
			got := w.night(last)
			if text(t, got) != text(t, want) {
				t.Error("the night that was run again differs from one that was never interrupted")
			}
		})
	}
}
