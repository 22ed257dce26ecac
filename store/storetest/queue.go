package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"daesa/pay"
	"daesa/refunds"
	"daesa/store"
)

// queueTests are what the queue of refunds must do alike on both databases.
var queueTests = map[string]func(*testing.T, *store.DB){
	"queue: the most urgent deadline is claimed first":                        urgentFirst,
	"queue: a claimed request is nobody else's until its lease is over":       leases,
	"queue: workers never share a request nor a payment":                      workersApart,
	"queue: an intent is frozen, and a lost lease writes nothing":             fencedQueue,
	"queue: one in flight for each payment, two seconds between cancels":      oneInFlight,
	"queue: the brake and the limits hold in the claim":                       brakeAndLimits,
	"queue: one provider's cancel is one request's":                           oneClaim,
	"queue: a new key needs an answer, and nothing is deleted":                triggersHold,
	"queue: an approval is another person's, and covers what it covered":      approvals,
	"queue: a request whose account comes says at once that it waits no more": accountComes,
	"queue: by hand and by Toss together are never more than was paid":        handTransfers,
}

// asked adds an approved request of its own payment.
func asked(t *testing.T, db *store.DB, ref string, amount int64, cancelBy time.Time, change ...func(*refunds.Request, *pay.Payment)) refunds.Request {
	t.Helper()
	p := pay.Payment{MID: mid, PaymentKey: "pay-" + ref, OrderID: "order-" + ref, Status: pay.Done, Method: pay.Card, Currency: pay.KRW,
		TotalAmount: 10_000, BalanceAmount: 10_000, ApprovedAt: now.Add(-time.Hour), PartialCancelable: true}
	r := refunds.Request{ID: refunds.RequestID(mid, ref), MID: mid, OrderID: p.OrderID, PaymentKey: p.PaymentKey, Method: p.Method,
		Amount: amount, Currency: pay.KRW, Reason: "변심", Ref: ref, State: refunds.StateRequested, CancelBy: cancelBy, RequestedBy: "kim", RequestedAt: now}
	for _, each := range change {
		each(&r, &p)
	}
	if _, err := db.AddRefunds(t.Context(), nil, []refunds.Adding{{Request: r, Payment: p}}, "kim", now); err != nil {
		t.Fatal(err)
	}
	if r.State == refunds.StateRequested {
		if _, err := db.Approve(t.Context(), refunds.Approval{IDs: []string{r.ID}, By: "lee", Now: now}); err != nil {
			t.Fatal(err)
		}
	}
	return stored(t, db, r.ID)
}

// accountComes: asking again with the account gives the request as it is then, and
// not as it was.
func accountComes(t *testing.T, db *store.DB) {
	waits := func(r *refunds.Request, p *pay.Payment) {
		p.Method, r.Method, r.State = pay.VirtualAccount, pay.VirtualAccount, refunds.StateNeedsAccount
	}
	r := asked(t, db, "waits", 1000, now.Add(time.Hour), waits)
	p := pay.Payment{MID: mid, PaymentKey: r.PaymentKey, OrderID: r.OrderID, Status: pay.Done, Method: pay.VirtualAccount, Currency: pay.KRW,
		TotalAmount: 10_000, BalanceAmount: 10_000, ApprovedAt: now.Add(-time.Hour), PartialCancelable: true}
	added, err := db.AddRefunds(t.Context(), nil, []refunds.Adding{{Request: r, Payment: p, Account: account("waits", "print-waits", now)}}, "kim", now)
	if err != nil || len(added.New) > 0 || len(added.Known) != 1 || added.Known[0].State != refunds.StateRequested {
		t.Errorf("%+v %v", added, err)
	}
	if r = stored(t, db, r.ID); r.State != refunds.StateRequested || added.Known[0].AccountFingerprint != r.AccountFingerprint {
		t.Errorf("it is stored as %+v", r)
	}
}

func stored(t *testing.T, db *store.DB, id string) refunds.Request {
	t.Helper()
	r, _, err := db.Refund(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// of makes a request one of another's payment.
func of(other string) func(*refunds.Request, *pay.Payment) {
	return func(r *refunds.Request, p *pay.Payment) {
		p.PaymentKey, p.OrderID = "pay-"+other, "order-"+other
		r.PaymentKey, r.OrderID = p.PaymentKey, p.OrderID
	}
}

func choice(owner string, at time.Time) refunds.Choice {
	return refunds.Choice{MID: mid, Owner: owner, Now: at, Until: at.Add(time.Minute), Send: true}
}

func claimed(t *testing.T, db *store.DB, c refunds.Choice) *refunds.Claimed {
	t.Helper()
	got, err := db.Claim(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func urgentFirst(t *testing.T, db *store.DB) {
	asked(t, db, "none", 1000, time.Time{})
	asked(t, db, "late", 1000, now.Add(48*time.Hour))
	asked(t, db, "soon", 1000, now.Add(time.Hour))
	for _, want := range []string{"soon", "late", "none"} {
		if got := claimed(t, db, choice("a", now)); got == nil || got.Request.Ref != want {
			t.Fatalf("claimed %+v, expected %s", got, want)
		}
	}
	if got := claimed(t, db, choice("a", now)); got != nil {
		t.Errorf("claimed %s a second time", got.Request.Ref)
	}
}

func leases(t *testing.T, db *store.DB) {
	asked(t, db, "r", 1000, time.Time{})
	first := claimed(t, db, choice("a", now))
	if again := claimed(t, db, choice("b", now.Add(59*time.Second))); first == nil || again != nil {
		t.Fatalf("claimed %v, then %v under the lease", first, again)
	}
	owners, err := db.LeaseOwners(t.Context(), now)
	if err != nil || len(owners) != 1 || owners[0] != "a" {
		t.Fatalf("owners %v, %v", owners, err)
	}
	if err := db.ReleaseOwner(t.Context(), "a", now); err != nil {
		t.Fatal(err)
	}
	second := claimed(t, db, choice("b", now.Add(time.Second)))
	if second == nil || second.Request.Version <= first.Request.Version {
		t.Errorf("after the release %+v", second)
	}
}

func workersApart(t *testing.T, db *store.DB) {
	for i := range 12 {
		asked(t, db, fmt.Sprintf("r%02d", i), 1000, time.Time{})
		asked(t, db, fmt.Sprintf("s%02d", i), 1000, time.Time{}, of(fmt.Sprintf("r%02d", i)))
	}
	var mu sync.Mutex
	payments := map[string]string{}
	var group sync.WaitGroup
	for worker := range 6 {
		group.Go(func() {
			for {
				got, err := db.Claim(context.WithoutCancel(t.Context()), choice(fmt.Sprint(worker), now))
				if err != nil {
					t.Error(err)
				}
				if got == nil || err != nil {
					return
				}
				err = db.Begin(context.WithoutCancel(t.Context()), begun(got, now))
				if errors.Is(err, refunds.ErrBusy) {
					continue // the other request of the payment was quicker
				}
				mu.Lock()
				if other := payments[got.Request.PaymentKey]; other != "" || err != nil {
					t.Errorf("%s and %s begin on one payment at once: %v", other, got.Request.Ref, err)
				}
				payments[got.Request.PaymentKey] = got.Request.Ref
				mu.Unlock()
			}
		})
	}
	group.Wait()
	if len(payments) != 12 {
		t.Errorf("%d payments were begun, of 12", len(payments))
	}
}

// begun is the intent of a claimed request's send.
func begun(c *refunds.Claimed, at time.Time) refunds.Begun {
	wide := refunds.Limits{Single: 1 << 40, Run: 1 << 40, Day: 1 << 40}
	n := c.Request.Attempts + 1
	return refunds.Begun{
		Request: c.Request, New: true, Owner: "a", RunID: "run", Actor: "daesa", Now: at, Until: at.Add(time.Minute),
		Attempt: refunds.Attempt{N: n, Key: refunds.AttemptKey(c.Request.ID, n), Body: []byte(`{"x":1}`), Guard: 10_000, SecretFingerprint: "s",
			FirstSent: at, LastSent: at, Sends: 1, Kind: pay.FailureNoAnswer},
		Budget: refunds.Budget{RunCount: 1000, DayCount: 1000, Of: map[pay.Currency]refunds.Limits{pay.KRW: wide}},
	}
}

func fencedQueue(t *testing.T, db *store.DB) {
	r := asked(t, db, "r", 1000, time.Time{})
	old := claimed(t, db, choice("a", now))
	newer := claimed(t, db, choice("b", now.Add(2*time.Minute)))
	if err := db.Begin(t.Context(), begun(old, now)); !errors.Is(err, refunds.ErrLost) {
		t.Fatalf("an old claim begins: %v", err)
	}
	if err := db.Begin(t.Context(), begun(newer, now.Add(2*time.Minute))); err != nil {
		t.Fatal(err)
	}
	version := newer.Request.Version + 1
	if err := db.Ready(t.Context(), r.ID, version); err != nil {
		t.Errorf("the intent is not ready: %v", err)
	}
	if err := db.Ready(t.Context(), r.ID, version-1); !errors.Is(err, refunds.ErrLost) {
		t.Errorf("an old version is ready: %v", err)
	}
	late := refunds.Settled{Request: old.Request, Step: refunds.Step{To: refunds.StateHeld}, Now: now}
	if err := db.Settle(t.Context(), late); !errors.Is(err, refunds.ErrLost) {
		t.Errorf("an old claim settles: %v", err)
	}
	if got := stored(t, db, r.ID); got.State != refunds.StateSending || got.IdempotencyKey != refunds.AttemptKey(r.ID, 1) {
		t.Errorf("it is %+v", got)
	}
	if err := db.ExecForTest(t.Context(), `UPDATE refund_attempts SET guard = 1`); err == nil {
		t.Error("a frozen guard can be changed")
	}
}

func oneInFlight(t *testing.T, db *store.DB) {
	asked(t, db, "r", 1000, now.Add(time.Hour))
	asked(t, db, "s", 1000, now.Add(2*time.Hour), of("r"))
	first := claimed(t, db, choice("a", now))
	if err := db.Begin(t.Context(), begun(first, now)); err != nil {
		t.Fatal(err)
	}
	if got := claimed(t, db, choice("b", now.Add(time.Minute/2))); got != nil {
		t.Fatalf("%s is claimed while the other one is in flight", got.Request.Ref)
	}
	// The database says so by itself, too.
	if err := db.ExecForTest(t.Context(), `UPDATE refunds SET state = 'unknown' WHERE ref = 's'`); err == nil {
		t.Error("two requests of one payment can be in flight")
	}
	request := first.Request
	request.State, request.Version = refunds.StateSending, request.Version+1
	done := refunds.Settled{Request: request, Step: refunds.Step{To: refunds.StateSucceeded}, Now: now.Add(time.Second)}
	if err := db.Settle(t.Context(), done); err != nil {
		t.Fatal(err)
	}
	if got := claimed(t, db, choice("b", now.Add(1900*time.Millisecond))); got != nil {
		t.Error("the next cancel of the payment comes within two seconds")
	}
	second := claimed(t, db, choice("b", now.Add(2*time.Second)))
	if second == nil {
		t.Fatal("the next one is not claimed after two seconds")
	}
	if err := db.Begin(t.Context(), begun(second, now.Add(1900*time.Millisecond))); !errors.Is(err, refunds.ErrBusy) {
		t.Errorf("it begins within two seconds: %v", err)
	}
}

func brakeAndLimits(t *testing.T, db *store.DB) {
	asked(t, db, "r", 6000, time.Time{})
	asked(t, db, "s", 5000, time.Time{})
	c := claimed(t, db, choice("a", now))
	if _, err := db.Pause(t.Context(), "park", "look first", now); err != nil {
		t.Fatal(err)
	}
	if err := db.Begin(t.Context(), begun(c, now)); !errors.Is(err, refunds.ErrBraked) {
		t.Fatalf("with the brake on: %v", err)
	}
	if was, err := db.Resume(t.Context(), "park", "", now); !was || err != nil {
		t.Fatal(was, err)
	}
	limits := func(l refunds.Limits, count int64) refunds.Begun {
		b := begun(c, now)
		b.Budget = refunds.Budget{RunCount: count, DayCount: 100, Of: map[pay.Currency]refunds.Limits{pay.KRW: l}}
		return b
	}
	for want, b := range map[string]refunds.Begun{
		"max_single":         limits(refunds.Limits{Single: 5999, Run: 1e6, Day: 1e6}, 100),
		"max_count":          limits(refunds.Limits{Single: 6000, Run: 1e6, Day: 1e6}, 0),
		"max_amount":         limits(refunds.Limits{Single: 6000, Run: 5999, Day: 1e6}, 100),
		"max_amount_per_day": limits(refunds.Limits{Single: 6000, Run: 1e6, Day: 5999}, 100),
	} {
		var limit *refunds.LimitError
		if err := db.Begin(t.Context(), b); !errors.As(err, &limit) || limit.Limit != want {
			t.Errorf("%s: %v", want, err)
		}
	}
	// A refused one reserved nothing: exactly the two fit.
	first := limits(refunds.Limits{Single: 6000, Run: 11_000, Day: 11_000}, 2)
	if err := db.Begin(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	c = claimed(t, db, choice("a", now))
	if err := db.Begin(t.Context(), limits(refunds.Limits{Single: 6000, Run: 11_000, Day: 11_000}, 2)); err != nil {
		t.Fatal(err)
	}
	// What another run has sent counts for the day, and not for this run.
	asked(t, db, "t", 4000, time.Time{})
	c = claimed(t, db, choice("a", now))
	another := limits(refunds.Limits{Single: 6000, Run: 4000, Day: 14_999}, 1)
	another.RunID = "another run"
	var limit *refunds.LimitError
	if err := db.Begin(t.Context(), another); !errors.As(err, &limit) || limit.Limit != "max_amount_per_day" {
		t.Errorf("another run, beyond the day: %v", err)
	}
	another.Budget.Of[pay.KRW] = refunds.Limits{Single: 6000, Run: 4000, Day: 15_000}
	if err := db.Begin(t.Context(), another); err != nil {
		t.Errorf("another run, within the day: %v", err)
	}
}

func oneClaim(t *testing.T, db *store.DB) {
	asked(t, db, "r", 1000, time.Time{})
	asked(t, db, "s", 1000, time.Time{}, of("r"))
	cancel := pay.Cancel{TransactionKey: "tx1", Amount: 1000, Status: pay.CancelDone, CanceledAt: now}
	p := pay.Payment{MID: mid, PaymentKey: "pay-r", OrderID: "order-r", Currency: pay.KRW, TotalAmount: 10_000, BalanceAmount: 9000, Cancels: []pay.Cancel{cancel}}
	settle := func(c *refunds.Claimed) error {
		return db.Settle(t.Context(), refunds.Settled{Request: c.Request, Step: refunds.Step{To: refunds.StateSucceeded, Claim: &cancel}, Payment: &p, Now: now})
	}
	if err := settle(claimed(t, db, choice("a", now))); err != nil {
		t.Fatal(err)
	}
	second := claimed(t, db, choice("a", now))
	if err := settle(second); err == nil {
		t.Error("two requests claim one cancel")
	}
	if got := stored(t, db, second.Request.ID); got.State != refunds.StateApproved || second.Known.Claimed["tx1"] == "" {
		t.Errorf("the second is %s, and knows of the claim %v", got.State, second.Known.Claimed)
	}
}

func triggersHold(t *testing.T, db *store.DB) {
	r := asked(t, db, "r", 1000, time.Time{})
	c := claimed(t, db, choice("a", now))
	if err := db.Begin(t.Context(), begun(c, now)); err != nil {
		t.Fatal(err)
	}
	c.Request.Version, c.Request.Attempts, c.Request.State = c.Request.Version+1, 1, refunds.StateUnknown
	if err := db.Begin(t.Context(), begun(c, now.Add(time.Hour))); err == nil {
		t.Error("a second key is made while the first is unanswered")
	}
	for _, forbidden := range []string{
		`DELETE FROM refunds`, `DELETE FROM refund_attempts`, `UPDATE refund_attempts SET idempotency_key = 'x'`,
		`UPDATE refunds SET approval = '' WHERE id = '` + r.ID + `'`,
	} {
		if err := db.ExecForTest(t.Context(), forbidden); err == nil {
			t.Errorf("the database takes %s", forbidden)
		}
	}
}

func approvals(t *testing.T, db *store.DB) {
	r := asked(t, db, "r", 1000, time.Time{})
	if r.Approval != refunds.ApprovalHash(r) || r.ApprovedBy != "lee" {
		t.Fatalf("approved as %+v", r)
	}
	changed := r
	changed.Amount++
	if refunds.ApprovalHash(changed) == r.Approval {
		t.Error("an approval covers another amount")
	}
	if err := db.ExecForTest(t.Context(), `UPDATE refunds SET approved_by = 'kim'`); err == nil {
		t.Error("the database lets the requester approve")
	}
	done, err := db.Withdraw(t.Context(), refunds.Approval{IDs: []string{r.ID}, By: "kim", Note: "mistake", Now: now})
	if err != nil || done[0].State != refunds.StateRejected || stored(t, db, r.ID).State != refunds.StateRejected {
		t.Errorf("withdrawn as %+v, %v", done, err)
	}
	var wrong *refunds.StateError
	if _, err := db.Withdraw(t.Context(), refunds.Approval{IDs: []string{r.ID}, By: "kim", Note: "again", Now: now}); !errors.As(err, &wrong) {
		t.Errorf("withdrawn twice: %v", err)
	}
}

func handTransfers(t *testing.T, db *store.DB) {
	past := func(r *refunds.Request, _ *pay.Payment) { r.State, r.FinishedAt = refunds.StateExpired, now }
	r := asked(t, db, "r", 7000, now.Add(-time.Hour), past)
	asked(t, db, "s", 4000, time.Time{}, of("r"))
	due, err := db.ManualTransfers(t.Context(), mid, "due")
	if err != nil || len(due) != 1 || due[0].RefundID != r.ID || due[0].Amount != 7000 {
		t.Fatalf("due: %+v, %v", due, err)
	}
	move := func(to refunds.ManualState, by string) error {
		_, err := db.MoveManualTransfer(t.Context(), refunds.ManualWord{ID: r.ID, To: to, By: by, Reference: "bank-1", Now: now})
		return err
	}
	if err := move(refunds.ManualApproved, "kim"); err == nil {
		t.Error("who asked for it approves its transfer")
	}
	if err := move(refunds.ManualApproved, "lee"); err == nil {
		t.Error("7,000 by hand and 4,000 by Toss of 10,000")
	}
	if _, err := db.Withdraw(t.Context(), refunds.Approval{IDs: []string{refunds.RequestID(mid, "s")}, By: "kim", Note: "x", Now: now}); err != nil {
		t.Fatal(err)
	}
	var much *refunds.TooMuchError
	again := refunds.Request{ID: "x", MID: mid, OrderID: "order-r", PaymentKey: "pay-r", Amount: 4000, Currency: pay.KRW, Reason: "x", Ref: "x", State: refunds.StateRequested, RequestedBy: "kim", RequestedAt: now}
	p := pay.Payment{MID: mid, PaymentKey: "pay-r", OrderID: "order-r", Status: pay.Done, Currency: pay.KRW, TotalAmount: 10_000, BalanceAmount: 10_000}
	for _, to := range []refunds.ManualState{refunds.ManualApproved, refunds.ManualDone} {
		if err := move(to, "lee"); err != nil {
			t.Fatal(err)
		}
		if _, err := db.AddRefunds(t.Context(), nil, []refunds.Adding{{Request: again, Payment: p}}, "kim", now); !errors.As(err, &much) {
			t.Errorf("4,000 more of Toss beside 7,000 by hand that are %s: %v", to, err)
		}
	}
}
