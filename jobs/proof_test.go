package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/sandbox"
	"daesa/store"
)

// paidFile is the shop's file of orders of 1,000 won that were paid at ten.
func paidFile(day pay.Day, ids ...string) string {
	var rows strings.Builder
	for _, id := range ids {
		fmt.Fprintf(&rows, "%s,paid,1000,0,0,toss,%s 10:00:00,%s 10:00:00,\n", id, day, day)
	}
	return rows.String()
}

func (w *world) covers(day pay.Day) bool {
	w.t.Helper()
	covered, err := w.db.CoveredDays(w.t.Context(), mid, day, day)
	if err != nil {
		w.t.Fatal(err)
	}
	return covered[day]
}

// The list is empty, and every look-up says that Toss has no such payment: a key
// of another environment, or orders of another payment company that the file
// does not name so. Both of Toss's answers say the same.
func TestAnEmptyListIsBelievedWhereEveryLookUpSaysTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.file(morning(last), paidFile(last, "A", "B")+"C,canceled,1000,1000,0,toss,2026-11-21 10:00:00,2026-11-21 10:00:00,2026-11-21 11:00:00\n")
	s := w.cannedNight(&canned{}, last)
	provesItself(t, s)
	wantBreaks(t, s, "missing_at_provider A", "missing_at_provider B")
	if !w.covers(last) || s.Run.LookedUp != 3 {
		t.Errorf("covered %t after %d look-ups: also what was paid and cancelled is asked for", w.covers(last), s.Run.LookedUp)
	}
}

func TestAnEmptyListIsNotBelievedWhereALookUpShowsAPayment(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]string{
		"that both sides still have":   "A,paid,1000,0,0,toss,2026-11-21 10:00:00,2026-11-21 10:00:00,\n",
		"that the shop has cancelled":  "A,canceled,1000,1000,0,toss,2026-11-21 10:00:00,2026-11-21 10:00:00,2026-11-21 11:00:00\n",
		"that went back in other ways": "A,canceled,1000,0,1000,toss,2026-11-21 10:00:00,2026-11-21 10:00:00,2026-11-21 11:00:00\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, c := newWorld(t, worldOptions{}), &canned{}
			c.paid("A", on(last, 10), 1000)
			rows := c.rows
			c.rows = nil
			w.file(morning(last), row)
			s := w.cannedNight(c, last)
			wantGap(t, s, reconcile.GapProof, last)
			if w.covers(last) {
				t.Error("the day stays covered")
			}
			c.rows = rows
			again := w.nightly()
			again.Provider = c
			healed, err := again.Run(t.Context(), last, morning(last).Add(time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			provesItself(t, healed)
			if !w.covers(last) {
				t.Error("the day that was read again is not covered")
			}
		})
	}
}

// Look-ups that were not made prove nothing, for a day that is read for the sake
// of an old order.
func TestAnEmptyListProvesNothingOfOrdersThatNobodyLookedUp(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t, worldOptions{}), &canned{}
	before, old := last.Add(-1), last.Add(-5)
	c.paid("OLD", on(old, 9), 1000)
	c.paid("A", on(before, 10), 1000)
	c.paid("B", on(last, 10), 1000)
	w.file(morning(before), paidFile(before, "A"))
	provesItself(t, w.cannedNight(c, before))
	// The shop writes an old order down late, and two more of a day between,
	// whose list is empty. Only the old one is compared tonight.
	between := last.Add(-3)
	w.file(morning(before).Add(-2*time.Hour), paidFile(between, "X", "Y"))
	w.file(morning(last), paidFile(old, "OLD")+paidFile(last, "B"))
	s := w.cannedNight(c, last)
	wantGap(t, s, reconcile.GapProof, between)
	if w.covers(between) || !w.covers(last) || !w.covers(old) {
		t.Errorf("covered: between %t, the day %t, the old one %t", w.covers(between), w.covers(last), w.covers(old))
	}
}

// A day whose list turns out to lack a payment is read again by the next night,
// though no order of it is touched, and what comes late is found.
func TestADayThatIsCoveredNoMoreIsReadAgain(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t, worldOptions{}), &canned{}
	w.settings.RereadDays = []int{7}
	before := last.Add(-1)
	c.paid("A", on(before, 10), 1000)
	c.paid("LATE", on(before, 11), 1000)
	c.paid("STRANGE", on(before, 12), 1000)
	whole := c.rows[before]
	c.rows[before] = whole[:1]
	w.file(morning(before), paidFile(before, "A", "LATE"))
	s := w.cannedNight(c, before)
	wantBreaks(t, s)
	wantGap(t, s, reconcile.GapProof, before)
	for _, total := range s.Run.Totals {
		if total.Provider != 1000 || total.Unexplained != 1000 {
			t.Errorf("Toss's total is that of its list: %+v", total)
		}
	}
	next := func(day pay.Day, id string) []string {
		c.paid(id, on(day, 10), 1000)
		w.file(morning(day), paidFile(day, id))
		return gapsOf(w.cannedNight(c, day).Run)
	}
	if gaps := next(last, "B"); len(gaps) != 1 || gaps[0] != "proof 2026-11-20" {
		t.Errorf("the list still lacks it: %v", gaps)
	}
	c.rows[before] = whole
	day := last.Add(1)
	if gaps := next(day, "C"); len(gaps) != 0 || !w.covers(before) {
		t.Errorf("gaps %v, covered %t", gaps, w.covers(before))
	}
	breaks, err := w.db.Breaks(t.Context(), store.BreakFilter{})
	if err != nil || len(breaks) != 1 || breaks[0].OrderID != "STRANGE" || breaks[0].Kind != reconcile.MissingLocally {
		t.Errorf("%+v, %v", breaks, err)
	}
}

func gapsOf(run reconcile.Run) []string {
	var gaps []string
	for _, g := range run.Gaps {
		gaps = append(gaps, string(g.Kind())+" "+g.Cause.Part.Name)
	}
	return gaps
}

// A payment that only a webhook, a capture or a refund has looked up is a
// witness, too: neither the shop nor the list names its order.
func TestWhatWasLookedUpOutsideTheNightIsAWitness(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t, worldOptions{}), &canned{}
	c.paid("A", on(last, 10), 1000)
	c.paid("HEARD", on(last, 11), 1000)
	c.rows[last] = c.rows[last][:1]
	heard := c.payments["k-HEARD"]
	if _, err := w.db.Heard(t.Context(), heard, pay.Evidence{API: "payment", About: "k-HEARD", Body: []byte("{}"), FetchedAt: on(last, 12)}, on(last, 12)); err != nil {
		t.Fatal(err)
	}
	w.file(morning(last), paidFile(last, "A"))
	s := w.cannedNight(c, last)
	wantGap(t, s, reconcile.GapProof, last)
	for _, total := range s.Run.Totals {
		if total.Unexplained != 0 {
			t.Errorf("its order is none of the totals': %+v", total)
		}
	}
}

// One row that cannot be read lost the day's list, and with it every row that can.
func TestABadRowOfTheListIsOneGapAndLosesNoOther(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t, worldOptions{}), &canned{}
	c.paid("A", on(last, 10), 1000)
	c.paid("B", on(last, 11), 2000)
	c.bad = map[pay.Day][]pay.BadRow{last: {{Key: "bad-1", Err: errors.New("row 3: amount 1.5 has too many decimal places")}}}
	w.file(morning(last), paidFile(last, "A"))
	s := w.cannedNight(c, last)
	wantBreaks(t, s, "missing_locally B")
	if got := gapsOf(s.Run); s.Run.Complete || len(got) != 1 || got[0] != "list bad-1" || w.covers(last) {
		t.Errorf("complete %t, covered %t, gaps %v", s.Run.Complete, w.covers(last), got)
	}
	c.bad = nil
	again := w.nightly()
	again.Provider = c
	s, err := again.Run(t.Context(), last, morning(last).Add(time.Hour))
	if err != nil || !s.Run.Complete || !w.covers(last) {
		t.Errorf("once the row can be read: complete %t, gaps %v, %v", s.Run.Complete, gapsOf(s.Run), err)
	}
}

// `reconcile --orders` reads no list, and its look-ups are witnesses as well.
func TestALookUpOfGivenOrdersUncoversTheirDay(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t, worldOptions{}), &canned{}
	c.paid("A", on(last, 10), 1000)
	w.file(morning(last), paidFile(last, "A"))
	provesItself(t, w.cannedNight(c, last))
	c.paid("B", on(last, 11), 1000)
	c.rows[last] = c.rows[last][:1]
	n := w.nightly()
	n.Job, n.Provider, n.Settings.Given = jobs.JobReconcile, c, []string{"B"}
	s, err := n.Run(t.Context(), last.Add(1), morning(last).Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	wantGap(t, s, reconcile.GapProof, last)
	if w.covers(last) {
		t.Error("the day stays covered")
	}
}

// That a complete night cannot be read again takes nothing away from it; that it
// never was whole does.
func TestACompleteNightThatIsDisprovedDoesNotStand(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t, worldOptions{}), &canned{}
	c.paid("A", on(last, 10), 1000)
	w.file(morning(last), paidFile(last, "A"))
	provesItself(t, w.cannedNight(c, last))
	c.paid("B", on(last, 11), 1000)
	c.rows[last] = c.rows[last][:1]
	w.file(morning(last).Add(time.Hour), paidFile(last, "A", "B"))
	s := w.cannedNight(c, last)
	wantGap(t, s, reconcile.GapProof, last)
	runs, err := w.db.Runs(t.Context(), mid)
	if err != nil || runs[0].State != reconcile.RunIncomplete {
		t.Errorf("the ledger says %s (%v)", runs[0].State, err)
	}
}

// A reading that shows fewer rows than an earlier one is not whole, and the rows
// that it lacks are still known.
func TestAReadingWithFewerRowsThanBeforeIsNotWhole(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t, worldOptions{}), &canned{}
	c.paid("A", on(last, 10), 1000)
	c.paid("B", on(last, 11), 1000)
	w.file(morning(last), paidFile(last, "A", "B"))
	provesItself(t, w.cannedNight(c, last))
	c.rows[last] = c.rows[last][:1]
	n := w.nightly()
	n.Provider = c
	_, err := n.Run(t.Context(), last, morning(last).Add(time.Hour))
	var kept *jobs.KeptError
	if !errors.As(err, &kept) || len(kept.Gaps) != 1 || kept.Gaps[0].Cause.Reason != reconcile.ReasonFewerRows || kept.Gaps[0].Cause.Want != 2 {
		t.Errorf("%v", err)
	}
}

// An answer about another time, such as a proxy's of yesterday, is no list of
// the day, and none of its rows is taken.
func TestRowsThatWereNotAskedForMakeTheDayUnread(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t, worldOptions{}), &canned{}
	c.paid("A", on(last, 10), 1000)
	c.paid("B", on(last.Add(-1), 10), 1000)
	c.rows[last] = append(c.rows[last], c.rows[last.Add(-1)]...)
	w.file(morning(last), paidFile(last, "A"))
	n := w.nightly()
	n.Provider = anyTime{c}
	s, err := n.Run(t.Context(), last, morning(last))
	if err != nil {
		t.Fatal(err)
	}
	wantGap(t, s, reconcile.GapList, last)
	if rows, err := w.db.CountRows(t.Context(), mid, last.Add(-1)); err != nil || rows != 0 || w.covers(last) {
		t.Errorf("%d rows of another day, covered %t (%v)", rows, w.covers(last), err)
	}
}

// anyTime gives the rows of a day whatever part of it is asked for.
type anyTime struct{ *canned }

func (a anyTime) Transactions(_ context.Context, from, _ time.Time, after string) (pay.TransactionPage, error) {
	if after != "" {
		return pay.TransactionPage{Evidence: a.evidence("end")}, nil
	}
	rows := a.rows[pay.DayOf(from)]
	return pay.TransactionPage{Rows: rows, Next: rows[len(rows)-1].TransactionKey, Evidence: a.evidence("page")}, nil
}

// A deposit that the bank took back after the day bears no time, and a cancel
// after midnight stands in a list that nobody has read: neither says anything of
// the day, and the sums tie.
func TestWhatMovesAfterTheDayIsNoHoleInItsList(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t, worldOptions{}), &canned{}
	for _, id := range []string{"BACK", "PART", "TAKEN", "FOREIGN"} {
		c.paid(id, on(last, 10), 1000)
	}
	rows := c.rows[last]
	c.cancels("BACK", last.End().Add(20*time.Minute), 0)
	c.cancels("PART", last.End().Add(20*time.Minute), 300)
	reversed := c.payments["k-TAKEN"]
	reversed.Method, reversed.Status, reversed.ApprovedAt = pay.VirtualAccount, pay.WaitingForDeposit, time.Time{}
	c.payments["k-TAKEN"] = reversed
	rows[2].Method = pay.VirtualAccount
	foreign := c.payments["k-FOREIGN"] // asked for before midnight, done after
	foreign.Method, foreign.Status, foreign.BalanceAmount = pay.ForeignEasyPay, pay.PartialCanceled, 600
	foreign.Cancels = []pay.Cancel{{TransactionKey: "t-FOREIGN-c", Amount: 400, Status: pay.CancelDone, CanceledAt: last.End().Add(-time.Minute), RequestID: "r-1"}}
	c.payments["k-FOREIGN"] = foreign
	rows[3].Method = pay.ForeignEasyPay
	c.rows = map[pay.Day][]pay.Transaction{last: rows[:4]}
	w.settings.Sample = 0
	w.file(morning(last), "BACK,canceled,1000,1000,0,toss,2026-11-21 10:00:00,2026-11-21 10:00:00,2026-11-22 00:20:00\n"+
		"PART,partially_canceled,1000,300,0,toss,2026-11-21 10:00:00,2026-11-21 10:00:00,2026-11-22 00:20:00\n"+
		"TAKEN,pending,1000,0,0,toss,2026-11-21 10:00:00,,\n"+
		"FOREIGN,partially_canceled,1000,400,0,toss,2026-11-21 10:00:00,2026-11-21 10:00:00,2026-11-21 23:59:00\n")
	s := w.cannedNight(c, last)
	wantBreaks(t, s)
	provesItself(t, s)
	if got := s.Run.Totals[0]; got.Provider != 4000 || got.Explained != -2700 || got.Timing != 0 || !w.covers(last) || !s.Run.ListedTo.Equal(last.End()) {
		t.Errorf("%+v, covered %t, listed to %s", got, w.covers(last), s.Run.ListedTo)
	}
	wantBeside := []reconcile.Beside{
		{Why: reconcile.BesideLater, OrderID: "BACK", PaymentKey: "k-BACK", Amount: -1000, At: last.End().Add(20 * time.Minute)},
		{Why: reconcile.BesideLater, OrderID: "PART", PaymentKey: "k-PART", Amount: -300, At: last.End().Add(20 * time.Minute)},
		{Why: reconcile.BesideUnlisted, OrderID: "FOREIGN", PaymentKey: "k-FOREIGN", Amount: -400, At: last.End().Add(-time.Minute)},
		{Why: reconcile.BesideUnlisted, OrderID: "TAKEN", PaymentKey: "k-TAKEN", Amount: -1000},
	}
	for i := range wantBeside {
		wantBeside[i].MID, wantBeside[i].Currency = s.Run.MID, pay.KRW
	}
	if diff := cmp.Diff(wantBeside, bridgesOf(t, s)[0].Beside); diff != "" {
		t.Errorf("what moved after the day is not named order by order: %s", diff)
	}
	// The night again, which looks nothing up that it has seen.
	again := w.nightly()
	again.Provider = c
	s, err := again.Run(t.Context(), last, morning(last).Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	provesItself(t, s)
}

// The month-end job reads today so far: a payment of the morning that a look-up
// shows and the list does not is a hole in it, one of this minute is not.
func TestAHoleInTodaySoFarIsSaid(t *testing.T) {
	t.Parallel()
	for hour, complete := range map[int]bool{10: false, 22: true} {
		t.Run(fmt.Sprint(hour), func(t *testing.T) {
			t.Parallel()
			today := pay.Day("2027-01-31")
			w, c := newWorld(t, worldOptions{}), &canned{}
			now := on(today, 22).Add(5 * time.Minute)
			c.paid("P", on(today, hour), 1000)
			p := c.payments["k-P"]
			p.Method = pay.Phone
			c.payments["k-P"], c.rows = p, nil
			w.importText(t.TempDir()+"/o.csv", fmt.Sprintf("order_id,method,status,amount,ordered_at,paid_at\nP,phone,paid,1000,2027-01-31 %d:00:00,2027-01-31 %d:00:00\n", hour, hour), now)
			n := w.nightly()
			n.Job, n.Provider, n.Settings.PhonesOnly, n.Settings.Settle = jobs.JobMonthEnd, c, true, 0
			s, err := n.Run(t.Context(), today, now)
			if err != nil {
				t.Fatal(err)
			}
			if s.Run.Complete != complete {
				t.Errorf("complete %t: %+v", s.Run.Complete, s.Run.Gaps)
			}
		})
	}
}

// A foreign cancel that was in progress when it was looked up is known by its
// key; the row that tells of its end is news all the same.
func TestTheEndOfAForeignCancelIsNews(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t, worldOptions{}), &canned{}
	w.settings.Refunds = refunds.Policy{}
	w.settings.Sample = 0
	c.paid("F", on(last, 10), 1000)
	p := c.payments["k-F"]
	p.Method = pay.ForeignEasyPay
	p.Cancels = []pay.Cancel{{TransactionKey: "t-F-c", Amount: 300, Status: pay.CancelInProgress, CanceledAt: on(last, 12), RequestID: "r-1"}}
	c.payments["k-F"] = p
	c.rows[last][0].Method = pay.ForeignEasyPay
	w.file(morning(last), paidFile(last, "F"))
	if _, err := w.db.Heard(t.Context(), p, pay.Evidence{API: "payment", About: "k-F", Body: []byte("{}"), FetchedAt: on(last, 13)}, on(last, 13)); err != nil {
		t.Fatal(err)
	}
	provesItself(t, w.cannedNight(c, last))
	day := last.Add(1)
	p.Status, p.BalanceAmount, p.Cancels[0].Status = pay.PartialCanceled, 700, pay.CancelDone
	c.payments["k-F"] = p
	c.rows[day] = []pay.Transaction{{MID: mid, OrderID: "F", PaymentKey: "k-F", TransactionKey: "t-F-c", Status: pay.PartialCanceled,
		Method: pay.ForeignEasyPay, Currency: pay.KRW, At: on(day, 9), Amount: 300}}
	w.file(morning(day), "N,failed,1000,0,0,toss,2026-11-22 10:00:00,,\n")
	s := w.cannedNight(c, day)
	wantBreaks(t, s, "cancel_not_recorded F")
	provesItself(t, s)
}

// Another date's night that covers a day while this one compares was taken for a
// list that lacks rows: its rows lie outside of this night's snapshot.
func TestADayThatAnotherNightCoversMeanwhileIsNoHole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{history: sandbox.HistoryOptions{Seed: 3, Orders: 400, Days: 2, BreakShare: 0.05}})
	w.toss.SetClock(morning(last))
	w.importOrders(morning(last))
	n := w.nightly()
	open := n.Compare
	n.Compare = func(ctx context.Context, scope reconcile.Scope, now time.Time) (jobs.Comparison, error) {
		c, err := open(ctx, scope, now)
		return &meanwhile{Comparison: c, then: func() { w.night(last) }}, err
	}
	s, err := n.Run(t.Context(), last.Add(-1), morning(last))
	if err != nil || !s.Run.Complete {
		t.Errorf("complete %t, gaps %v, %v", s.Run.Complete, gapsOf(s.Run), err)
	}
	if !w.covers(last) {
		t.Error("the other night's day is covered no more")
	}
}

// meanwhile lets something happen once the comparison has its snapshot.
type meanwhile struct {
	jobs.Comparison
	then func()
}

func (m *meanwhile) Fold(ctx context.Context) error {
	if err := m.Comparison.Fold(ctx); err != nil {
		return err
	}
	if then := m.then; then != nil {
		m.then = nil
		then()
	}
	return nil
}
