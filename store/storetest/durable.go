package storetest

import (
	"errors"
	"testing"
	"time"

	"daesa/pay"
	"daesa/refunds"
	"daesa/store"
)

// lostClaim: a claim may be lost. Who has it in hand writes nothing by it, though
// somebody has taken the same step from the version that was left.
func lostClaim(t *testing.T, db *store.DB, crash func(t *testing.T)) {
	t.Helper()
	s := asked(t, db, "s", 1000, now)
	c := claimed(t, db, choice("a", now))
	crash(t)
	if left := stored(t, db, s.ID); left.Version >= c.Request.Version {
		t.Fatalf("the claim waits for the disk: %d, and %d is kept", c.Request.Version, left.Version)
	}
	if _, err := db.Withdraw(t.Context(), refunds.Approval{IDs: []string{s.ID}, By: "kim", Now: now}); err != nil {
		t.Fatal(err)
	}
	if err := db.Begin(t.Context(), begun(c, now)); !errors.Is(err, refunds.ErrLost) {
		t.Errorf("who has lost a claim begins by it: %v", err)
	}
	step := refunds.Settled{Request: c.Request, Step: refunds.Step{To: refunds.StateHeld, At: now}, Now: now}
	if err := db.Settle(t.Context(), step); !errors.Is(err, refunds.ErrLost) {
		t.Errorf("who has lost a claim settles by it: %v", err)
	}
	if got := stored(t, db, s.ID); got.State != refunds.StateRejected {
		t.Errorf("it is %s", got.State)
	}
	// A clock that is behind gives no version of its own: such a claim is kept.
	behind := time.UnixMicro(1).UTC()
	r := asked(t, db, "behind", 1000, time.Time{})
	b := claimed(t, db, refunds.Choice{MID: mid, Owner: "a", Now: behind, Until: behind.Add(time.Minute), Send: true})
	crash(t)
	if got := stored(t, db, r.ID); b == nil || got.Version != b.Request.Version {
		t.Errorf("a claim without a version of its own is not kept: %+v, %d", b, got.Version)
	}
}

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
	lostClaim(t, db, crash)
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
