package jobs_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/pay"
	"daesa/refunds"
)

// A night tells of what is open and of what nobody sent in time, whenever it was asked
// for, and of the rest from its date on; it counts all.
func TestANightTellsOfWhatIsOpenAndOfWhatEndedSinceItsDateBegan(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]func(*testing.T) string{"SQLite": func(*testing.T) string { return "" }, "PostgreSQL": postgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{database: database(t)})
			w.toss.SetClock(morning(last))
			ends := map[string]time.Time{"old": last.Add(-300).Start(), "before": last.Start(), "since": last.Start().Add(time.Microsecond)}
			var want []string
			counts := map[string]int64{}
			for _, state := range refunds.States {
				counts[string(state)] = int64(len(ends))
				for when, ended := range ends {
					if !slices.Contains(refunds.Sets["ended"], state) {
						ended = time.Time{}
					}
					w.ended(when+" "+string(state), state, ended)
					if state == refunds.StateExpired || ended.IsZero() || when == "since" {
						want = append(want, "order-"+when+" "+string(state))
					}
				}
			}
			var transfers []string
			for _, state := range refunds.ManualStates {
				for when, ended := range ends {
					ref := when + " by hand " + string(state)
					w.ended(ref, refunds.StateExpired, last.Add(-300).Start())
					counts[string(refunds.StateExpired)]++
					want = append(want, "order-"+ref)
					w.byHand(ref, state, ended)
					if state == refunds.ManualDue || state == refunds.ManualApproved || state == refunds.ManualDone && when != "old" {
						transfers = append(transfers, "order-"+ref)
					}
				}
			}
			s := w.night(last)
			var told, transferred []string
			for _, r := range s.Refunds {
				told = append(told, r.OrderID)
			}
			for _, each := range s.Transfers {
				transferred = append(transferred, each.OrderID)
			}
			slices.Sort(want)
			slices.Sort(transfers)
			if diff := cmp.Diff(want, told); diff != "" {
				t.Error("refunds: " + diff)
			}
			if diff := cmp.Diff(transfers, transferred); diff != "" {
				t.Error("transfers by hand: " + diff)
			}
			if diff := cmp.Diff(counts, s.Run.Refunds); diff != "" {
				t.Error("counted: " + diff)
			}
		})
	}
}

// stored is a time as both databases keep it.
func stored(at time.Time) string {
	if at.IsZero() {
		return "NULL"
	}
	return "'" + at.UTC().Format("2006-01-02T15:04:05.000000Z") + "'"
}

// ended adds a request as it stands after its end, or as it is open.
func (w *world) ended(ref string, state refunds.State, at time.Time) {
	w.t.Helper()
	p := pay.Payment{MID: mid, PaymentKey: "pay-" + ref, OrderID: "order-" + ref, Status: pay.Done, Method: pay.Card, Currency: pay.KRW,
		TotalAmount: 1000, BalanceAmount: 1000, ApprovedAt: last.Add(-320).Start(), PartialCancelable: true}
	r := refunds.Request{ID: refunds.RequestID(mid, ref), MID: mid, OrderID: p.OrderID, PaymentKey: p.PaymentKey, Method: p.Method, Amount: 1000, Currency: pay.KRW,
		Reason: "고객 변심", Ref: ref, State: refunds.StateRequested, RequestedBy: "kim", RequestedAt: last.Add(-310).Start()}
	if _, err := w.db.AddRefunds(w.t.Context(), nil, []refunds.Adding{{Request: r, Payment: p}}, "kim", r.RequestedAt); err != nil {
		w.t.Fatal(err)
	}
	if err := w.db.ExecForTest(w.t.Context(), fmt.Sprintf("UPDATE refunds SET state = '%s', approval = 'x', finished_at = %s WHERE id = '%s'", state, stored(at), r.ID)); err != nil {
		w.t.Fatal(err)
	}
}

// byHand gives a refund its transfer by hand.
func (w *world) byHand(ref string, state refunds.ManualState, doneAt time.Time) {
	w.t.Helper()
	approved, done := "''", "NULL"
	if state == refunds.ManualApproved || state == refunds.ManualDone {
		approved = "'lee'"
	}
	if state == refunds.ManualDone || state == refunds.ManualDropped {
		done = stored(doneAt)
	}
	if err := w.db.ExecForTest(w.t.Context(), fmt.Sprintf(
		"INSERT INTO hand_transfers (refund_id, mid, payment_key, order_id, amount, currency, why, state, requested_by, due_at, approved_by, done_at) VALUES ('%s', '%s', 'pay-%s', 'order-%s', 1000, 'KRW', 'expired', '%s', 'daesa', %s, %s, %s)",
		refunds.RequestID(mid, ref), mid, ref, ref, state, stored(last.Add(-300).Start()), approved, done)); err != nil {
		w.t.Fatal(err)
	}
}

// What a person asks for all of grows with the years: nothing that runs by itself may
// read it. The guards of the plans let these queries pass.
func TestNothingThatRunsByItselfReadsTheListsOfAPerson(t *testing.T) {
	t.Parallel()
	w := settledWorld(t, true)
	var guard sync.Mutex
	asked := map[string]bool{}
	w.db.WatchForTest(func(name, _ string) {
		guard.Lock()
		defer guard.Unlock()
		asked[name] = true
	})
	w.syncs(w.client, settledAt)
	w.nightAt(last, settledAt)
	w.askedFor(3)
	if _, err := w.refundRun(); err != nil {
		t.Fatal(err)
	}
	for name := range asked {
		if strings.HasSuffix(name, "_list") {
			t.Errorf("%s is read", name)
		}
	}
	for _, name := range []string{"refunds_told", "hand_told", "hand_waiting", "todo_late", "claim"} {
		if !asked[name] {
			t.Errorf("%s is not read: nothing was seen", name)
		}
	}
}
