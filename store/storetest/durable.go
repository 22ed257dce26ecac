package storetest

import (
	"testing"

	"daesa/pay"
	"daesa/refunds"
	"daesa/store"
)

// RunDurable holds that what the refund engine was told is kept outlives a server
// that ends that moment. crash ends and starts it, and loses all that is not on the
// disk; its log must not be written out by itself meanwhile.
func RunDurable(t *testing.T, db *store.DB, crash func(t *testing.T)) {
	r := asked(t, db, "r", 1000, now)
	c := claimed(t, db, choice("a", now))
	b := begun(c, now)
	if err := db.Begin(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	crash(t)
	sending := stored(t, db, r.ID)
	attempts, err := db.Attempts(t.Context(), r.ID)
	if err != nil || sending.State != refunds.StateSending || len(attempts) != 1 || attempts[0].Key != b.Attempt.Key {
		t.Fatalf("the intent is not kept: %s, %+v, %v", sending.State, attempts, err)
	}
	cancel := pay.Cancel{TransactionKey: "tx", Amount: 1000, Status: pay.CancelDone, CanceledAt: now}
	p := pay.Payment{MID: mid, PaymentKey: r.PaymentKey, OrderID: r.OrderID, Currency: pay.KRW, TotalAmount: 10_000, BalanceAmount: 9000, Cancels: []pay.Cancel{cancel}}
	if err := db.Settle(t.Context(), refunds.Settled{Request: sending, Step: refunds.Step{To: refunds.StateSucceeded, Claim: &cancel}, Payment: &p, Now: now}); err != nil {
		t.Fatal(err)
	}
	crash(t)
	if got := stored(t, db, r.ID); got.State != refunds.StateSucceeded || got.TransactionKey != "tx" {
		t.Fatalf("the outcome is not kept: %+v", got)
	}
	const unwaited = "BEGIN; SET LOCAL synchronous_commit = off; INSERT INTO brake VALUES (1, 'x', 'x', now()); COMMIT"
	if err := db.ExecForTest(t.Context(), unwaited); err != nil {
		t.Fatal(err)
	}
	if _, _, err := db.JournalHead(t.Context()); err != nil {
		t.Fatal(err)
	}
	crash(t)
	if brake, err := db.Brake(t.Context()); err != nil || !brake.On {
		t.Errorf("a head was told whose entry is not kept: %+v, %v", brake, err)
	}
	if err := db.ExecForTest(t.Context(), "BEGIN; SET LOCAL synchronous_commit = off; DELETE FROM brake; COMMIT"); err != nil {
		t.Fatal(err)
	}
	crash(t)
	if brake, err := db.Brake(t.Context()); err != nil || !brake.On {
		t.Errorf("this server keeps what no disk has, and shows nothing: %+v, %v", brake, err)
	}
}
