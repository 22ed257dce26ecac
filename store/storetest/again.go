package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/store"
)

// againTests are what must come out the same where the database ends a
// transaction because of another one, and it is run again.
var againTests = map[string]func(*testing.T, *store.DB){
	"again: eight workers send all of ninety-six refunds, each once": allAreSent,
	"again: a person's word on a held refund ends its attempt":       wordEndsAttempt,
	"again: the brake is taken off once":                             brakeOffOnce,
	"listed: by their bytes, whatever they are written in":           listedByBytes,
}

func allAreSent(t *testing.T, db *store.DB) {
	const number = 96
	for i := range number {
		asked(t, db, fmt.Sprintf("r%02d", i), 1000, time.Time{})
	}
	var mu sync.Mutex
	sent := map[string]int{}
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			ctx := context.WithoutCancel(t.Context())
			for {
				c, err := db.Claim(ctx, choice(fmt.Sprint(worker), now))
				if c == nil || err != nil {
					if err != nil {
						t.Error("claim: ", err)
					}
					return
				}
				b := begun(c, now)
				if err := db.Begin(ctx, b); err != nil {
					t.Error("begin: ", err)
					return
				}
				mu.Lock()
				sent[c.Request.ID]++
				mu.Unlock()
				after := c.Request
				after.State, after.Version = refunds.StateSending, after.Version+1
				answered := b.Attempt.Heard(nil, now)
				p := pay.Payment{MID: mid, PaymentKey: after.PaymentKey, OrderID: after.OrderID, Currency: pay.KRW, TotalAmount: 10_000, BalanceAmount: 9000,
					Cancels: []pay.Cancel{{TransactionKey: "tx-" + after.ID, Amount: 1000, Status: pay.CancelDone, CanceledAt: now}}}
				if err := db.Settle(ctx, refunds.Settled{Request: after, Step: refunds.Step{To: refunds.StateSucceeded, Claim: &p.Cancels[0]}, Attempt: &answered, Payment: &p, Now: now, Actor: "daesa"}); err != nil {
					t.Error("settle: ", err)
					return
				}
			}
		})
	}
	group.Wait()
	counts, err := db.CountStates(t.Context(), mid)
	if err != nil || counts[refunds.StateSucceeded] != number || len(sent) != number {
		t.Errorf("%d of %d were sent, %v, %v", len(sent), number, counts, err)
	}
	for id, times := range sent {
		if times != 1 {
			t.Errorf("%s was begun %d times", id, times)
		}
	}
	if found, err := db.VerifyJournal(t.Context(), ""); err != nil || len(found.Broken) > 0 {
		t.Errorf("%+v, %v", found, err)
	}
}

// held is a request that was sent, got no answer, and waits for a person.
func held(t *testing.T, db *store.DB, ref string) *refunds.Claimed {
	t.Helper()
	asked(t, db, ref, 1000, time.Time{})
	c := claimed(t, db, choice("a", now))
	if err := db.Begin(t.Context(), begun(c, now)); err != nil {
		t.Fatal(err)
	}
	request := c.Request
	request.State, request.Version = refunds.StateSending, request.Version+1
	if err := db.Settle(t.Context(), refunds.Settled{Request: request, Step: refunds.Step{To: refunds.StateHeld, Why: refunds.WhyBalanceMoved}, Now: now, Actor: "daesa"}); err != nil {
		t.Fatal(err)
	}
	again, err := db.ClaimedFor(t.Context(), request.ID)
	if err != nil {
		t.Fatal(err)
	}
	return again
}

func wordEndsAttempt(t *testing.T, db *store.DB) {
	c := held(t, db, "r")
	if c.Attempt == nil || c.Attempt.Answered() {
		t.Fatalf("the attempt is %+v", c.Attempt)
	}
	p := pay.Payment{MID: mid, PaymentKey: "pay-r", OrderID: "order-r", Status: pay.Done, Currency: pay.KRW, TotalAmount: 10_000, BalanceAmount: 10_000}
	if err := db.ResolveRefund(t.Context(), c, refunds.Step{To: refunds.StateRequested}, &p, nil, "lee", "not executed", now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	attempts, err := db.Attempts(t.Context(), c.Request.ID)
	if err != nil || len(attempts) != 1 || !attempts[0].Answered() || attempts[0].Code != "RESOLVED_BY_A_PERSON" {
		t.Errorf("afterwards %+v, %v", attempts, err)
	}
	var wrong *refunds.StateError
	c.Request.State = refunds.StateRequested
	if err := db.ResolveRefund(t.Context(), c, refunds.Step{To: refunds.StateRequested}, &p, nil, "lee", "again", now); !errors.As(err, &wrong) {
		t.Errorf("a second word: %v", err)
	}
}

func brakeOffOnce(t *testing.T, db *store.DB) {
	if _, err := db.Pause(t.Context(), "park", "look first", now); err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, false} {
		if was, err := db.Resume(t.Context(), "park", "", now); err != nil || was != want {
			t.Errorf("taken off, time %d: %v, %v", i+1, was, err)
		}
	}
}

// listedByBytes: an order number may be anything, and every list has the order of
// its bytes.
func listedByBytes(t *testing.T, db *store.DB) {
	ids := []string{"a-1", "B-2", "_3", "가나", "A-1", "b", "10", "9", "나", "ㄱ"}
	var orders []pay.Order
	var changes []jobs.BreakChange
	for _, id := range ids {
		orders = append(orders, order(id, 1000))
		asked(t, db, id, 1000, time.Time{})
		finding := reconcile.Finding{MID: mid, OrderID: "order-" + id, Kind: reconcile.MissingLocally, Currency: pay.KRW}
		b, change := reconcile.Remember(nil, &finding, day)
		changes = append(changes, jobs.BreakChange{Break: b, Change: change})
	}
	save(t, db, orders...)
	if err := commit(t, db, jobs.Written{Breaks: changes}, drawn); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, id := range ids {
		want = append(want, "order-"+id)
	}
	slices.Sort(want)
	requests, err := db.Refunds(t.Context(), store.RefundFilter{MID: mid})
	if err != nil {
		t.Fatal(err)
	}
	breaks, err := db.Breaks(t.Context(), store.BreakFilter{MID: mid})
	if err != nil {
		t.Fatal(err)
	}
	var got, of []string
	for i := range requests {
		got, of = append(got, requests[i].OrderID), append(of, breaks[i].OrderID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("refunds: %s", diff)
	}
	if diff := cmp.Diff(want, of); diff != "" {
		t.Errorf("breaks: %s", diff)
	}
}
