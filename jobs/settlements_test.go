package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/sandbox"
	"daesa/settle"
	"daesa/toss"
)

// tamperedList is Toss's list over HTTP, each page as a test wants it.
type tamperedList struct {
	jobs.SettlementList
	page func(by pay.SettledBy, day pay.Day, number int, page pay.SettlementPage) pay.SettlementPage
}

func (l tamperedList) Settlements(ctx context.Context, by pay.SettledBy, day pay.Day, number int) (pay.SettlementPage, error) {
	page, err := l.SettlementList.Settlements(ctx, by, day, number)
	if err == nil {
		page = l.page(by, day, number, page)
	}
	return page, err
}

// settledAt is when every sale of the history has its row, and would be late without.
var settledAt = last.Add(9).Start().Add(9 * time.Hour)

// settledWorld has ten days of payments that Toss settles.
func settledWorld(t *testing.T, shows bool) *world {
	t.Helper()
	w := newWorld(t, worldOptions{sandbox: sandbox.Options{Settle: shows}, history: sandbox.HistoryOptions{Seed: 9, Orders: 200, Days: 10, BreakShare: -1}})
	w.toss.SetClock(settledAt)
	w.importOrders(settledAt)
	for back := 9; back >= 0; back-- {
		w.nightAt(last.Add(-back), settledAt.Add(-6*time.Hour))
	}
	return w
}

func (w *world) settlements(list jobs.SettlementList) *jobs.Settlements {
	return &jobs.Settlements{
		Settings: jobs.SettlementSettings{MID: mid, Test: true, Owner: "test/1", OwnerIsDead: func(string) bool { return false }, Actor: "settlements", RereadDays: []int{1, 3, 7},
			Rules: settle.Rules{LateBankDays: map[pay.Method]int{pay.ForeignEasyPay: 7, pay.Phone: 65, pay.GiftCertificate: 45}}}, // as the template has them
		List: list, Ledger: w.db, Books: w.db, Clock: time.Now, Log: slog.New(slog.DiscardHandler),
		Open: func(ctx context.Context, mid string, now time.Time) (jobs.Settling, error) {
			return w.db.OpenSettling(ctx, mid, now)
		},
	}
}

// monthOfHistory are both lists of the days of the history and of their payouts.
func monthOfHistory() []settle.Window { return jobs.WindowsBetween(last.Add(-9), last.Add(8)) }

func (w *world) syncs(list jobs.SettlementList, at time.Time) jobs.SettlementSummary {
	w.t.Helper()
	sum, err := w.settlements(list).Run(w.t.Context(), monthOfHistory(), at)
	if err != nil {
		w.t.Fatal(err)
	}
	return sum
}

func (w *world) covered(by pay.SettledBy, day pay.Day) bool {
	w.t.Helper()
	windows, err := w.db.SettlementWindows(w.t.Context(), mid, day, day)
	if err != nil {
		w.t.Fatal(err)
	}
	_, read := windows[settle.Window{By: by, Day: day}]
	return read
}

// openOf counts the open breaks of a kind.
func (w *world) openOf(kind reconcile.Kind) (n int) {
	w.t.Helper()
	breaks, err := w.db.SettlementBreaks(w.t.Context(), mid)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, b := range breaks {
		if b.Kind == kind && b.Status.NeedsPerson() {
			n++
		}
	}
	return n
}

func TestEveryPaymentOfASoundShopIsSettled(t *testing.T) {
	t.Parallel()
	w := settledWorld(t, true)
	sum := w.syncs(w.client, settledAt)
	if sum.New < 100 || sum.Bad != 0 || len(sum.Gaps) != 0 || len(sum.Opened) != 0 {
		t.Errorf("%+v, opened %v", sum, sum.Opened)
	}
	again := w.syncs(w.client, settledAt.Add(time.Hour))
	if again.Arrived != (jobs.Arrived{}) || again.Rows != sum.Rows || len(again.Opened) != 0 {
		t.Errorf("read again: %+v", again)
	}
}

// What a shop that reads no settlements never asked for cost it a third of every night.
func TestANightBeginsNoLedgerAndKeepsUpOneThatIsThere(t *testing.T) {
	t.Parallel()
	w := settledWorld(t, true)
	posted := func() string {
		rows, err := w.db.RowsForTest(t.Context(), "SELECT count(*) FROM ledger_transactions")
		if err != nil {
			t.Fatal(err)
		}
		return rows[0][0]
	}
	night := func(at time.Time) { // what a night does for settlements
		t.Helper()
		if _, err := w.settlements(nil).Run(t.Context(), nil, at); err != nil {
			t.Fatal(err)
		}
	}
	night(settledAt)
	if n := posted(); n != "0" {
		t.Errorf("a night has begun a ledger of %s", n)
	}
	w.syncs(w.client, settledAt.Add(time.Hour))
	if posted() == "0" {
		t.Fatal("the first reading takes over nothing")
	}
	if err := w.db.ExecForTest(t.Context(), "DELETE FROM ledger_transactions"); err != nil {
		t.Fatal(err)
	}
	w.nightAt(last, settledAt.Add(90*time.Minute)) // reads a day again
	night(settledAt.Add(2 * time.Hour))
	if posted() == "0" {
		t.Error("a night does not keep up the ledger that was begun")
	}
}

// One bad row is one gap, its day is not covered, and nothing of that day is missing.
func TestABadSettlementRowIsOneGapAndNotALostDay(t *testing.T) {
	t.Parallel()
	w := settledWorld(t, true)
	sum := w.syncs(tamperedList{w.client, func(by pay.SettledBy, day pay.Day, _ int, page pay.SettlementPage) pay.SettlementPage {
		if by == pay.BySold && day == last && len(page.Rows) > 0 {
			page.Bad = append(page.Bad, pay.BadRow{Key: page.Rows[0].TransactionKey, Err: errors.New("amount: no number")})
			page.Rows = page.Rows[1:]
		}
		if by == pay.ByPaidOut { // the row stands in no other list, so that it is lost
			page.Rows = slices.DeleteFunc(page.Rows, func(r pay.Settlement) bool { return r.SoldDate == last })
		}
		return page
	}}, settledAt)
	if sum.Bad != 1 || len(sum.Gaps) != 1 || sum.New < 100 {
		t.Errorf("%d bad, %v, %+v", sum.Bad, sum.Gaps, sum.Arrived)
	}
	if w.covered(pay.BySold, last) || !w.covered(pay.BySold, last.Add(-1)) {
		t.Error("the day of a bad row counts as read, or its neighbour does not")
	}
	if n := w.openOf(reconcile.SettlementMissing); n != 0 {
		t.Errorf("%d of a day that was not read whole are called missing", n)
	}
	w.syncs(w.client, settledAt.Add(time.Hour))
	if !w.covered(pay.BySold, last) {
		t.Error("read whole, and not covered")
	}
}

// A row that Toss does not show of a day that was read whole is missing, until it comes.
func TestASettlementRowThatNeverCameIsMissingUntilItComes(t *testing.T) {
	t.Parallel()
	w := settledWorld(t, true)
	left := ""
	w.syncs(tamperedList{w.client, func(_ pay.SettledBy, _ pay.Day, _ int, page pay.SettlementPage) pay.SettlementPage {
		page.Rows = slices.DeleteFunc(page.Rows, func(r pay.Settlement) bool {
			if left == "" && r.SoldDate == last.Add(-5) && r.Method == pay.Card && r.CanceledAt.IsZero() && r.Canceled == nil {
				left = r.PaymentKey
			}
			return r.PaymentKey == left
		})
		return page
	}}, settledAt)
	if n := w.openOf(reconcile.SettlementMissing); n != 1 {
		t.Fatalf("%d are missing, of %s alone", n, left)
	}
	sum := w.syncs(w.client, settledAt.Add(time.Hour))
	if n := w.openOf(reconcile.SettlementMissing); n != 0 || sum.Closed[reconcile.SettlementMissing] != 1 || sum.New == 0 {
		t.Errorf("%d are still missing: %+v", n, sum)
	}
}

// A row that never came is missing from the day on that it is late, though nothing new
// was told of its payment; where no list of sales was read nobody is looked at for it.
func TestASettlementRowIsMissingFromTheDayOnThatItIsLate(t *testing.T) {
	t.Parallel()
	for _, reads := range []bool{true, false} {
		w := settledWorld(t, true)
		books := &countingLate{SettlementBooks: w.db}
		left := ""
		job := w.settlements(tamperedList{w.client, func(_ pay.SettledBy, _ pay.Day, _ int, page pay.SettlementPage) pay.SettlementPage {
			page.Rows = slices.DeleteFunc(page.Rows, func(r pay.Settlement) bool {
				if left == "" && r.SoldDate == last && r.Method == pay.Card && r.CanceledAt.IsZero() && r.Canceled == nil {
					left = r.PaymentKey
				}
				return r.PaymentKey == left
			})
			return page
		}})
		job.Books = books
		windows := monthOfHistory()
		if !reads {
			windows = slices.DeleteFunc(windows, func(w settle.Window) bool { return w.By == pay.BySold })
		}
		run := func(windows []settle.Window, at time.Time) int {
			t.Helper()
			if _, err := job.Run(t.Context(), windows, at); err != nil {
				t.Fatal(err)
			}
			return w.openOf(reconcile.SettlementMissing)
		}
		before := last.Add(3).Start().Add(20 * time.Hour)
		w.toss.SetClock(settledAt)
		if n := run(windows, before); n != 0 {
			t.Errorf("%d are missing that are not late", n)
		}
		switch n := run(nil, settledAt); {
		case reads && (n != 1 || books.late != 2):
			t.Errorf("%d are missing, of %s alone, looked for %d times", n, left, books.late)
		case !reads && (n != 0 || books.late != 0):
			t.Errorf("%d are missing of days that nobody read, looked for %d times", n, books.late)
		}
	}
}

type countingLate struct {
	jobs.SettlementBooks
	late int
}

func (b *countingLate) TodoLate(ctx context.Context, mid string, today pay.Day) error {
	b.late++
	return b.SettlementBooks.TodoLate(ctx, mid, today)
}

// A list that shows one page for ever is a gap, and not read; the others are.
func TestASettlementListThatRepeatsItsPageIsAGap(t *testing.T) {
	t.Parallel()
	w := settledWorld(t, true)
	var first pay.SettlementPage
	sum := w.syncs(tamperedList{w.client, func(by pay.SettledBy, day pay.Day, number int, page pay.SettlementPage) pay.SettlementPage {
		switch {
		case by != pay.BySold || day != last:
			return page
		case number == 1:
			first = page
		}
		return first
	}}, settledAt)
	if len(sum.Gaps) != 1 || w.covered(pay.BySold, last) || !w.covered(pay.ByPaidOut, last) || sum.New < 100 {
		t.Errorf("%v, %+v", sum.Gaps, sum.Arrived)
	}
}

// A list that changes while it is read leaves a row out between two pages: it is read
// once more, and nothing is withdrawn. What two readings do not show is gone.
func TestARowThatSlippedBetweenPagesIsNotWithdrawn(t *testing.T) {
	t.Parallel()
	w := settledWorld(t, true)
	w.syncs(w.client, settledAt)
	slipping := func(times int32) tamperedList {
		var slips atomic.Int32
		return tamperedList{w.client, func(by pay.SettledBy, day pay.Day, number int, page pay.SettlementPage) pay.SettlementPage {
			if by == pay.BySold && day == last && number == 1 && slips.Add(1) <= times {
				page.Rows = page.Rows[1:]
			}
			if by == pay.ByPaidOut {
				page.Rows = slices.DeleteFunc(page.Rows, func(r pay.Settlement) bool { return r.SoldDate == last })
			}
			return page
		}}
	}
	lists := []settle.Window{{By: pay.BySold, Day: last}}
	for slips, want := range map[int32]int64{1: 0, 2: 1} {
		sum, err := w.settlements(slipping(slips)).Run(t.Context(), lists, settledAt.Add(time.Duration(slips)*time.Hour))
		if err != nil || sum.Withdrawn != want || len(sum.Gaps) != 0 {
			t.Errorf("slipped %d times: %+v %v", slips, sum, err)
		}
		w.syncs(w.client, settledAt.Add(time.Duration(slips)*time.Hour+time.Minute))
	}
}

// A test key of Toss shows no rows, which proves nothing.
func TestATestKeyWithoutRowsCallsNothingMissing(t *testing.T) {
	t.Parallel()
	w := settledWorld(t, false)
	sum := w.syncs(w.client, settledAt)
	if !sum.NoRows || sum.New != 0 || len(sum.Opened) != 0 || w.covered(pay.BySold, last) {
		t.Errorf("%+v", sum)
	}
}

// A key that Toss refuses reads nothing, and says so; nothing is missing.
func TestARefusedKeyReadsNoSettlements(t *testing.T) {
	t.Parallel()
	w := settledWorld(t, true)
	refused, err := toss.New(toss.Options{BaseURL: w.server.URL, MID: mid, SecretKey: func() string { return "live_sk_wrong" }, Now: time.Now,
		Sleep: func(context.Context, time.Duration) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	sum := w.syncs(refused, settledAt)
	if len(sum.Gaps) != len(monthOfHistory()) || sum.WindowsRead != 0 || len(sum.Opened) != 0 || w.covered(pay.BySold, last) {
		t.Errorf("%d gaps, %+v", len(sum.Gaps), sum)
	}
	if !strings.Contains(sum.Gaps[0].Why, "401") && !strings.Contains(sum.Gaps[0].Why, "refused") && !strings.Contains(sum.Gaps[0].Why, "key") {
		t.Errorf("it does not say why: %q", sum.Gaps[0].Why)
	}
}

// Of two syncs at once one reads; the other says that one is running.
func TestOfTwoSyncsAtOnceOneReads(t *testing.T) {
	t.Parallel()
	w := settledWorld(t, true)
	inside, leave := make(chan struct{}), make(chan struct{})
	var once sync.Once
	slow := tamperedList{w.client, func(_ pay.SettledBy, _ pay.Day, _ int, page pay.SettlementPage) pay.SettlementPage {
		once.Do(func() { close(inside); <-leave })
		return page
	}}
	var group sync.WaitGroup
	var one jobs.SettlementSummary
	var oneErr error
	group.Go(func() { one, oneErr = w.settlements(slow).Run(t.Context(), monthOfHistory(), settledAt) })
	<-inside
	other := w.settlements(w.client)
	other.Settings.Owner = "test/2"
	_, err := other.Run(t.Context(), monthOfHistory(), settledAt)
	close(leave)
	group.Wait()
	var running *reconcile.RunningError
	if !errors.As(err, &running) || oneErr != nil || one.New < 100 {
		t.Errorf("%v; %+v, %v", err, one.Arrived, oneErr)
	}
}

// unwritten are books in which nothing that a look has found is written: its process
// died before.
type unwritten struct{ jobs.SettlementBooks }

var errDied = errors.New("the process died")

func (unwritten) CommitSettlement(context.Context, jobs.SettlementWritten, func([]reconcile.Break) []jobs.BreakChange) error {
	return errDied
}

// What a look has posted is taken off its list part by part, and breaks are written at
// its end: one that died in between found a row of another amount, and no later look
// asked for it again.
func TestALookThatDiesBeforeItsBreaksAreWrittenIsMadeAgain(t *testing.T) {
	t.Parallel()
	w := settledWorld(t, true)
	w.syncs(w.client, settledAt)
	later, changed := settledAt.AddDate(0, 0, 3), ""
	list := tamperedList{w.client, func(_ pay.SettledBy, _ pay.Day, _ int, page pay.SettlementPage) pay.SettlementPage {
		for i, r := range page.Rows {
			if changed == "" && r.Method == pay.Card && r.CanceledAt.IsZero() && r.Canceled == nil {
				changed = r.PaymentKey
			}
			if r.PaymentKey == changed {
				page.Rows[i].Amount += 1000
				page.Rows[i].PayOutAmount += 1000
			}
		}
		return page
	}}
	dies := w.settlements(list)
	dies.Books = unwritten{w.db}
	if _, err := dies.Run(t.Context(), monthOfHistory(), later); !errors.Is(err, errDied) {
		t.Fatal(err)
	}
	w.syncs(list, later.Add(time.Minute))
	if n := w.openOf(reconcile.SettlementAmountMismatch); n != 1 {
		t.Errorf("%d rows of another amount are known, and %s has one", n, changed)
	}
}
