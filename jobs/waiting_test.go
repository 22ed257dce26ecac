package jobs_test

import (
	"strings"
	"testing"
	"time"

	"daesa/jobs"
	"daesa/pay"
	"daesa/refunds"
	"daesa/reports"
)

// waitingWorld is a shop of one merchant that had another one before, whose
// refunds are still open: one has passed its deadline, one has not. One of its own
// waits for an approval and runs out soon, one is above a limit that was lowered.
func waitingWorld(t *testing.T, database string) *world {
	t.Helper()
	w := newWorld(t, worldOptions{database: database})
	w.toss.SetClock(morning(last))
	won := refunds.Limits{Single: 10_000, Run: 100_000, Day: 100_000}
	w.settings.Facts = func(time.Time) refunds.Facts {
		return refunds.Facts{Configured: []string{mid}, Send: true, Told: last.Add(3).Start(),
			Budget: refunds.Budget{RunCount: 10, DayCount: 10, Of: map[pay.Currency]refunds.Limits{pay.KRW: won}}}
	}
	at := func(days int) time.Time { return last.Add(days).End().Add(-time.Second) }
	w.asksFor("past", "gone", refunds.StateApproved, 1000, at(0))
	w.asksFor("ahead", "gone", refunds.StateNeedsAccount, 2000, at(9))
	w.asksFor("soon", mid, refunds.StateRequested, 3000, at(1))
	w.asksFor("large", mid, refunds.StateApproved, 10_001, at(30))
	w.asksFor("fine", mid, refunds.StateApproved, 4000, at(30))
	return w
}

// asksFor adds a request as it stands some time later.
func (w *world) asksFor(ref, mid string, state refunds.State, amount int64, by time.Time) {
	w.t.Helper()
	p := pay.Payment{MID: mid, PaymentKey: "pay-" + ref, OrderID: "order-" + ref, Status: pay.Done, Method: pay.Phone, Currency: pay.KRW,
		TotalAmount: amount, BalanceAmount: amount, ApprovedAt: last.Add(-20).Start(), PartialCancelable: true}
	r := refunds.Request{ID: refunds.RequestID(mid, ref), MID: mid, OrderID: p.OrderID, PaymentKey: p.PaymentKey, Method: p.Method, Amount: amount, Currency: pay.KRW,
		Reason: "고객 변심", Ref: ref, State: state, CancelBy: by, RequestedBy: "kim", RequestedAt: last.Start()}
	if _, err := w.db.AddRefunds(w.t.Context(), nil, []refunds.Adding{{Request: r, Payment: p}}, "kim", last.Start()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) stateOf(ref, mid string) refunds.State {
	w.t.Helper()
	r, _, err := w.db.Refund(w.t.Context(), refunds.RequestID(mid, ref))
	if err != nil {
		w.t.Fatal(err)
	}
	return r.State
}

// TestANightTellsOfMerchantsThatLeft: what belongs to a merchant that is not
// configured any more has no night of its own. It expires, and is told of, with
// that of any other.
func TestANightTellsOfMerchantsThatLeft(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]func(*testing.T) string{"SQLite": func(*testing.T) string { return "" }, "PostgreSQL": postgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := waitingWorld(t, database(t))
			s := w.night(last)
			if got := w.stateOf("past", "gone"); got != refunds.StateExpired {
				t.Errorf("what has passed its deadline is %s", got)
			}
			if got := w.stateOf("ahead", "gone"); got != refunds.StateNeedsAccount {
				t.Errorf("what has not is %s", got)
			}
			switch left := s.Left; {
			case left == nil:
				t.Fatal("the night says nothing of the merchant that left")
			case len(left.Refunds) != 1 || left.Refunds[0].Ref != "ahead" || len(left.Deadlines) != 1 || left.Deadlines[0].OrderID != "order-ahead":
				t.Errorf("open of it: %+v %+v", left.Refunds, left.Deadlines)
			case len(left.Transfers) != 1 || left.Transfers[0].OrderID != "order-past" || left.Transfers[0].MID != "gone":
				t.Errorf("to give back by hand: %+v", left.Transfers)
			case len(left.Waiting) != 1 || left.Waiting[0].Why != refunds.WhyNotConfigured || left.Waiting[0].Amount != 2000 || left.Waiting[0].Late != 1:
				t.Errorf("it waits for %+v", left.Waiting)
			}
			wants := map[string]refunds.WaitLine{
				refunds.WhyAboveSingle:    {State: refunds.StateApproved, Count: 1, Amount: 10_001, Late: 1},
				refunds.WhyAwaitsApproval: {State: refunds.StateRequested, Count: 1, Amount: 3000, Late: 1},
				refunds.WhyNextRun:        {State: refunds.StateApproved, Count: 1, Amount: 4000},
			}
			if len(s.Waiting) != len(wants) {
				t.Errorf("its own wait for %+v", s.Waiting)
			}
			for _, l := range s.Waiting {
				if want := wants[l.Why]; l.MID != mid || l.State != want.State || l.Count != want.Count || l.Amount != want.Amount || l.Late != want.Late {
					t.Errorf("%s: %+v", l.Why, l)
				}
			}
			for _, r := range append(s.Refunds, s.Left.Refunds...) {
				if wait, ok := s.Waits[r.ID]; !ok || wait.Why == "" {
					t.Errorf("%s (%s) has no sentence", r.Ref, r.State)
				}
			}
			again := w.night(last)
			if text(t, s) != text(t, again) {
				t.Error("the same night again says something else")
			}
		})
	}
}

// TestWhoOnlyComparesLetsNothingExpire: nor does a night on a database that is
// older than what was sent from it.
func TestWhoOnlyComparesLetsNothingExpire(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*jobs.Nightly){
		"reconcile": func(n *jobs.Nightly) { n.Job = jobs.JobReconcile },
		"behind":    func(n *jobs.Nightly) { n.Settings.Behind = true },
	} {
		w := waitingWorld(t, "")
		n := w.nightly()
		change(n)
		if _, err := n.Run(t.Context(), last, morning(last)); err != nil {
			t.Fatal(err)
		}
		if got := w.stateOf("past", "gone"); got != refunds.StateApproved {
			t.Errorf("%s: it is %s", name, got)
		}
	}
}

// TestTheWorkbookNamesWhatWaits: the first page, the list and the message say it
// of the merchant that left, too.
func TestTheWorkbookNamesWhatWaits(t *testing.T) {
	t.Parallel()
	w := waitingWorld(t, "")
	note, err := reports.Brief([]reports.Snapshot{w.night(last)}, reports.BriefOptions{Language: "ko", Expected: []string{mid}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"⚠ 현재 설정으로 전송할 수 없는 환불: 설정에 없는 가맹점 2,000원 (1건) · 1건 한도 초과 10,001원 (1건)",
		"⚠ 현 상태로는 취소기한 내 전송 불가: 3건 15,001원 (설정에 없는 가맹점 1건 · 1건 한도 초과 1건 · 결재 대기 1건)",
	} {
		if !strings.Contains(note.Text, want) {
			t.Errorf("the message lacks %q:\n%s", want, note.Text)
		}
	}
}
