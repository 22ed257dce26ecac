package storetest

import (
	"errors"
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
	"claim: what goes back for a new word has no approval":               backForAWord,
	"payments: what was seen earlier takes nothing back":                 seenEarlier,
	"limits: what is sent again counts once":                             sentAgain,
	"limits: what is sent on a second word counts once more":             countedForEachWord,
	"limits: what was given back counts anew":                            givenBackAnew,
	"transfers: what Toss has refused is due by hand":                    refusedIsDue,
	"transfers: a look-up of just now comes before what was seen":        seenJustNow,
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
		{To: refunds.StateUnknown, At: later.Add(time.Hour)},
		{To: refunds.StateAccepted, At: later.Add(time.Hour), Claim: &cancel},
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
	if err := db.Settle(t.Context(), refunds.Settled{Request: stored(t, db, first.ID), Step: refunds.Step{To: refunds.StateSucceeded, Claim: &cancel}, Payment: &p, Now: now}); err != nil {
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
		if err := db.Settle(t.Context(), refunds.Settled{Request: stored(t, db, r.ID), Step: refunds.Step{To: refunds.StateApproved, At: at}, Payment: &p, Now: at}); err != nil {
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

// settle writes a step of a request as it stands.
func settled(t *testing.T, db *store.DB, id string, step refunds.Step, change ...func(*refunds.Settled)) {
	t.Helper()
	s := refunds.Settled{Request: stored(t, db, id), Step: step, RunID: "run", Now: now}
	for _, each := range change {
		each(&s)
	}
	if err := db.Settle(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

func backForAWord(t *testing.T, db *store.DB) {
	for state, step := range map[string]refunds.Step{
		"requested": {To: refunds.StateRequested, Why: refunds.WhyApprovalVoid, At: now},
		"account":   {To: refunds.StateNeedsAccount, Why: refunds.WhyNeedsAccount, At: now},
	} {
		r := asked(t, db, state, 1000, time.Time{})
		if r.Approval == "" || r.ApprovedBy == "" {
			t.Fatalf("approved as %+v", r)
		}
		settled(t, db, r.ID, step)
		if got := stored(t, db, r.ID); got.State != step.To || got.Approval != "" || got.ApprovedBy != "" || !got.ApprovedAt.IsZero() {
			t.Errorf("it is %s, and approved by %q at %s", got.State, got.ApprovedBy, got.ApprovedAt)
		}
	}
}

// once lets a run and a day send one refund.
func once(b refunds.Begun) refunds.Begun {
	b.Budget.RunCount, b.Budget.DayCount = 1, 1
	return b
}

func sentAgain(t *testing.T, db *store.DB) {
	r := asked(t, db, "r", 1000, time.Time{})
	b := once(begun(claimed(t, db, choice("a", now)), now))
	if err := db.Begin(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	settled(t, db, r.ID, refunds.Step{To: refunds.StateUnknown, At: now})
	later := now.Add(time.Hour)
	again := once(begun(claimed(t, db, choice("a", later)), later))
	again.New, again.Attempt = false, b.Attempt
	again.Attempt.LastSent, again.Attempt.Sends = later, 2
	if err := db.Begin(t.Context(), again); err != nil {
		t.Errorf("the only refund that may be sent is sent again: %v", err)
	}
}

// countedForEachWord: what Toss has refused has left, and keeps its place. On
// another person's word it is sent once more, and is not let out for nothing.
func countedForEachWord(t *testing.T, db *store.DB) {
	r := asked(t, db, "r", 1000, time.Time{})
	b := once(begun(claimed(t, db, choice("a", now)), now))
	if err := db.Begin(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	b.Attempt.AnsweredAt, b.Attempt.Kind, b.Attempt.Answers = now, pay.FailureGuard, 1
	settled(t, db, r.ID, refunds.Step{To: refunds.StateHeld, Why: "NOT_MATCHES_REFUNDABLE_AMOUNT", At: now}, func(s *refunds.Settled) { s.Attempt = &b.Attempt })
	settled(t, db, r.ID, refunds.Step{To: refunds.StateRequested, At: now})
	later := now.Add(time.Hour)
	if _, err := db.Approve(t.Context(), refunds.Approval{IDs: []string{r.ID}, By: "another", Now: later}); err != nil {
		t.Fatal(err)
	}
	again := begun(claimed(t, db, choice("a", later)), later)
	again.Attempt.N, again.Attempt.Key, again.RunID = 2, refunds.AttemptKey(r.ID, 2), "another"
	again.Budget.DayCount = 1
	var limit *refunds.LimitError
	if err := db.Begin(t.Context(), again); !errors.As(err, &limit) || limit.Limit != "max_count_per_day" {
		t.Errorf("a second send on the day, where one is allowed: %v", err)
	}
	again.Budget.DayCount = 2
	if err := db.Begin(t.Context(), again); err != nil {
		t.Errorf("a second send on the day, where two are allowed: %v", err)
	}
}

func givenBackAnew(t *testing.T, db *store.DB) {
	r := asked(t, db, "r", 1000, now.Add(time.Hour))
	asked(t, db, "s", 1000, now.Add(2*time.Hour))
	b := once(begun(claimed(t, db, choice("a", now)), now))
	if err := db.Begin(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	settled(t, db, r.ID, refunds.Step{To: refunds.StateRetry, Why: refunds.WhyNotSent, At: now}, func(s *refunds.Settled) { s.Attempt = &b.Attempt })
	later := now.Add(time.Minute)
	again := once(begun(claimed(t, db, choice("a", later)), later))
	again.New, again.Attempt = false, b.Attempt
	again.Attempt.LastSent, again.Attempt.Sends = later, 2
	if err := db.Begin(t.Context(), again); err != nil || again.Request.ID != r.ID {
		t.Fatalf("what was given back is sent: %s, %v", again.Request.Ref, err)
	}
	var limit *refunds.LimitError
	if err := db.Begin(t.Context(), once(begun(claimed(t, db, choice("a", later)), later))); !errors.As(err, &limit) {
		t.Errorf("a second refund where one may be sent: %v", err)
	}
}

func refusedIsDue(t *testing.T, db *store.DB) {
	for state, code := range map[refunds.State]string{refunds.StateRefused: "NOT_CANCELABLE_PAYMENT", refunds.StateExpired: "EXCEED_MAX_REFUND_DUE"} {
		r := asked(t, db, string(state), 1000, time.Time{})
		if err := db.Begin(t.Context(), begun(claimed(t, db, choice("a", now)), now)); err != nil {
			t.Fatal(err)
		}
		settled(t, db, r.ID, refunds.Step{To: state, Why: code})
		if transfer, err := db.ManualTransfer(t.Context(), r.ID); err != nil || transfer.State != refunds.ManualDue || transfer.Amount != 1000 || transfer.Why != code {
			t.Errorf("what is %s: %+v, %v", state, transfer, err)
		}
	}
}

func seenJustNow(t *testing.T, db *store.DB) {
	past := func(r *refunds.Request, _ *pay.Payment) { r.State, r.FinishedAt = refunds.StateExpired, now }
	r := asked(t, db, "r", 7000, now.Add(-time.Hour), past)
	word := refunds.ManualWord{ID: r.ID, To: refunds.ManualApproved, By: "lee", Now: now}
	word.Seen = &pay.Payment{MID: mid, PaymentKey: r.PaymentKey, OrderID: r.OrderID, Status: pay.PartialCanceled, Currency: pay.KRW, TotalAmount: 10_000, BalanceAmount: 6999,
		ApprovedAt: now.Add(-time.Hour), Cancels: []pay.Cancel{{TransactionKey: "tx", Amount: 3001, Status: pay.CancelDone, CanceledAt: now}}}
	if _, err := db.MoveManualTransfer(t.Context(), word); err == nil {
		t.Error("7,000 go by hand, and Toss holds 6,999")
	}
	word.Seen.BalanceAmount, word.Seen.Cancels[0].Amount = 7000, 3000
	if _, err := db.MoveManualTransfer(t.Context(), word); err != nil {
		t.Errorf("7,000 go by hand, which Toss holds: %v", err)
	}
}
