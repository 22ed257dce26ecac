package storetest

import (
	"testing"
	"time"

	"daesa/pay"
	"daesa/refunds"
	"daesa/store"
)

// claimTests say what a worker is given, and what is kept of what it saw.
var claimTests = map[string]func(*testing.T, *store.DB){
	"claim: no other of a payment while nobody knows what became of one": besideTheUnknown,
	"claim: where nothing may be sent, only what was sent before":        sendFalse,
	"payments: what was seen earlier takes nothing back":                 seenEarlier,
}

// besideTheUnknown: the two seconds and the lease are long over, and the money of
// the first request may still be moving.
func besideTheUnknown(t *testing.T, db *store.DB) {
	first := asked(t, db, "r", 1000, time.Time{})
	asked(t, db, "s", 2000, time.Time{}, of("r"))
	c := claimed(t, db, choice("a", now))
	if c == nil || c.Request.ID != first.ID {
		t.Fatalf("claimed %+v", c)
	}
	if err := db.Begin(t.Context(), begun(c, now)); err != nil {
		t.Fatal(err)
	}
	cancel := pay.Cancel{TransactionKey: "tx1", Amount: 1000, Status: pay.CancelInProgress, CanceledAt: now}
	p := pay.Payment{MID: mid, PaymentKey: first.PaymentKey, OrderID: first.OrderID, Currency: pay.KRW, TotalAmount: 10_000, BalanceAmount: 9000, Cancels: []pay.Cancel{cancel}}
	later := now.Add(time.Hour)
	for _, step := range []refunds.Step{
		{To: refunds.Unknown, At: later.Add(time.Hour)},
		{To: refunds.Accepted, At: later.Add(time.Hour), Claim: &cancel},
	} {
		if err := db.Settle(t.Context(), refunds.Settled{Request: stored(t, db, first.ID), Step: step, Payment: &p, Now: now}); err != nil {
			t.Fatal(err)
		}
		if got := claimed(t, db, choice("b", later)); got != nil {
			t.Errorf("%s is claimed while the other one is %s", got.Request.Ref, step.To)
		}
		if due, err := db.NextDue(t.Context(), choice("", later)); err != nil || !due.IsZero() && !due.After(later) {
			t.Errorf("while one is %s the next is due at %s, %v", step.To, due, err)
		}
	}
	if err := db.Settle(t.Context(), refunds.Settled{Request: stored(t, db, first.ID), Step: refunds.Step{To: refunds.Succeeded, Claim: &cancel}, Payment: &p, Now: now}); err != nil {
		t.Fatal(err)
	}
	if got := claimed(t, db, choice("b", later)); got == nil || got.Request.Ref != "s" {
		t.Errorf("after the first has succeeded %+v is claimed", got)
	}
}

func sendFalse(t *testing.T, db *store.DB) {
	asked(t, db, "fresh", 1000, now.Add(48*time.Hour))
	sent := asked(t, db, "sent", 1000, now.Add(time.Hour))
	c := claimed(t, db, choice("a", now))
	if err := db.Begin(t.Context(), begun(c, now)); err != nil || c.Request.ID != sent.ID {
		t.Fatalf("begun with %s, %v", c.Request.Ref, err)
	}
	looks := choice("b", now.Add(2*time.Minute))
	looks.Send = false
	if got := claimed(t, db, looks); got == nil || got.Request.ID != sent.ID {
		t.Errorf("what was sent is not looked at: %+v", got)
	}
	if got := claimed(t, db, looks); got != nil {
		t.Errorf("%s is claimed, which was never sent", got.Request.Ref)
	}
}

// seenEarlier: of two look-ups the one that was answered later may be written
// first.
func seenEarlier(t *testing.T, db *store.DB) {
	r := asked(t, db, "r", 1000, time.Time{})
	see := func(balance int64, at time.Time) {
		t.Helper()
		p := pay.Payment{MID: mid, PaymentKey: r.PaymentKey, OrderID: r.OrderID, Status: pay.PartialCanceled, Currency: pay.KRW, TotalAmount: 10_000, BalanceAmount: balance}
		if err := db.Settle(t.Context(), refunds.Settled{Request: stored(t, db, r.ID), Step: refunds.Step{To: refunds.Approved, At: at}, Payment: &p, Now: at}); err != nil {
			t.Fatal(err)
		}
	}
	see(4000, now.Add(time.Hour))
	see(9000, now.Add(time.Minute))
	if p, _, err := db.SeenPayment(t.Context(), r); err != nil || p.BalanceAmount != 4000 {
		t.Errorf("%d seem to be left, %v", p.BalanceAmount, err)
	}
	see(3000, now.Add(2*time.Hour))
	if p, _, err := db.SeenPayment(t.Context(), r); err != nil || p.BalanceAmount != 3000 {
		t.Errorf("%d seem to be left, %v", p.BalanceAmount, err)
	}
}
