package storetest

import (
	"context"
	"errors"
	"maps"
	"sync"
	"testing"
	"time"

	"daesa/app"
	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/store"
)

// identityTests say that a payment is one, under whatever MID the books have it.
var identityTests = map[string]func(*testing.T, *store.DB){
	"identity: one in flight and two seconds between cancels, over all MIDs":    oneInFlightOverMIDs,
	"identity: never more than was paid is asked for over all MIDs":             sumOverMIDs,
	"identity: an equal request under another MID is approved by its id alone":  sameOverMIDs,
	"identity: a ref makes one refund of a payment, over all MIDs":              refOverMIDs,
	"identity: what is known of a payment is known over all MIDs":               knownOverMIDs,
	"identity: one provider's cancel is one request's over all MIDs":            claimOverMIDs,
	"identity: by hand and by Toss, not both, over all MIDs":                    handOverMIDs,
	"identity: what Toss names is kept, and a payment that it does not name":    tossMIDKept,
	"identity: the other payments of an order are known over all MIDs":          siblingsOverMIDs,
	"identity: an equal request of another payment of the order is named":       sameOfTheOrder,
	"identity: imports of one payment under two MIDs at once add what was paid": importsOverMIDs,
}

// wrongMID is the configured mid before it was corrected.
const wrongMID = "tosspayment"

// under makes a request one of r's payment, under the wrong MID.
func under(ref string) func(*refunds.Request, *pay.Payment) {
	return func(r *refunds.Request, p *pay.Payment) {
		of("r")(r, p)
		r.MID, p.MID, r.Ref = wrongMID, wrongMID, ref
		r.ID = refunds.RequestID(wrongMID, ref)
	}
}

// choiceUnder is a worker's of the wrong MID.
func choiceUnder(owner string, at time.Time) refunds.Choice {
	c := choice(owner, at)
	c.MID = wrongMID
	return c
}

func oneInFlightOverMIDs(t *testing.T, db *store.DB) {
	asked(t, db, "r", 1000, now.Add(time.Hour))
	asked(t, db, "s", 2000, now.Add(2*time.Hour), under("s"))
	first := claimed(t, db, choice("a", now))
	second := claimed(t, db, choiceUnder("b", now))
	if first == nil || second != nil {
		t.Fatalf("claimed %v, and beside it %v", first, second)
	}
	if err := db.Begin(t.Context(), begun(first, now)); err != nil {
		t.Fatal(err)
	}
	if got := claimed(t, db, choiceUnder("b", now.Add(time.Minute/2))); got != nil {
		t.Fatal("the other MID's is claimed while one is in flight")
	}
	if next, err := db.NextDue(t.Context(), choiceUnder("", now)); err != nil || !next.IsZero() {
		t.Errorf("the other MID's is due at %v, %v", next, err)
	}
	if err := db.ExecForTest(t.Context(), `UPDATE refunds SET state = 'unknown' WHERE ref = 's'`); err == nil {
		t.Error("two requests of one payment can be in flight under two MIDs")
	}
	r := first.Request
	r.State, r.Version = refunds.StateSending, r.Version+1
	if err := db.Settle(t.Context(), refunds.Settled{Request: r, Step: refunds.Step{To: refunds.StateSucceeded}, Now: now.Add(time.Second)}); err != nil {
		t.Fatal(err)
	}
	if got := claimed(t, db, choiceUnder("b", now.Add(1900*time.Millisecond))); got != nil {
		t.Error("the next cancel of the payment comes within two seconds")
	}
	second = claimed(t, db, choiceUnder("b", now.Add(2*time.Second)))
	if second == nil {
		t.Fatal("the next one is not claimed after two seconds")
	}
	if err := db.Begin(t.Context(), begun(second, now.Add(1900*time.Millisecond))); !errors.Is(err, refunds.ErrBusy) {
		t.Errorf("it begins within two seconds: %v", err)
	}
}

// add adds requests, and gives what the store says.
func add(t *testing.T, db *store.DB, requests ...refunds.Request) (app.Added, error) {
	t.Helper()
	var rows []refunds.Adding
	for _, r := range requests {
		rows = append(rows, refunds.Adding{Request: r, Payment: pay.Payment{MID: r.MID, PaymentKey: r.PaymentKey, OrderID: r.OrderID, Status: pay.Done,
			Method: pay.Card, Currency: pay.KRW, TotalAmount: 10_000, BalanceAmount: 10_000, ApprovedAt: now.Add(-time.Hour)}})
	}
	return db.AddRefunds(t.Context(), nil, rows, "kim", now)
}

func wish(of, ref string, amount int64) refunds.Request {
	return refunds.Request{ID: refunds.RequestID(of, ref), MID: of, OrderID: "order-r", PaymentKey: "pay-r", Method: pay.Card, Amount: amount,
		Currency: pay.KRW, Reason: "변심", Ref: ref, State: refunds.StateRequested, RequestedBy: "kim", RequestedAt: now}
}

func sumOverMIDs(t *testing.T, db *store.DB) {
	asked(t, db, "r", 6000, time.Time{})
	var much *refunds.TooMuchError
	if _, err := add(t, db, wish(wrongMID, "s", 5000)); !errors.As(err, &much) || much.Left.Amount != 4000 {
		t.Errorf("5,000 more of 10,000 under another MID: %v", err)
	}
	if _, err := add(t, db, wish(wrongMID, "s", 4000)); err != nil {
		t.Errorf("4,000 more: %v", err)
	}
	known, err := db.Known(t.Context(), wish(mid, "x", 1))
	var open int64
	for _, taken := range known.Taken {
		open += taken.Amount
	}
	if err != nil || open != 10_000 {
		t.Errorf("open are %d, %v", open, err)
	}
	// A night's proposal is counted with them.
	proposed := wish(mid, "auto:b:1", 500)
	if err := commit(t, db, jobs.Written{Proposed: []refunds.Request{proposed}}, drawn); err != nil {
		t.Fatal(err)
	}
	if _, _, err := db.Refund(t.Context(), proposed.ID); !errors.Is(err, app.ErrUnknownID) {
		t.Errorf("a night proposes more than was paid: %v", err)
	}
	c := compare(t, db, reconcile.Scope{MID: mid, Day: day})
	if got, err := c.Asked(t.Context(), pay.Payment{MID: mid, PaymentKey: "pay-r", OrderID: "order-r"}, "b", day); err != nil || got.Sum != 10_000 {
		t.Errorf("a night knows of %+v, %v", got, err)
	}
}

// siblingsOverMIDs: by the list, by a look-up, by a request; but not what nobody
// ever paid, and nothing of another order.
func siblingsOverMIDs(t *testing.T, db *store.DB) {
	asked(t, db, "r", 1000, time.Time{})
	savePage(t, db, row("order-r", "listed", pay.Done, 1000, 1), row("order-r", "canceled", pay.Canceled, 1000, 2), row("order-r", "issued", pay.WaitingForDeposit, 1000, 3),
		row("order-r", "closed", pay.Canceled, 1000, 4), row("another", "another", pay.Done, 1000, 5))
	elsewhere := wish(wrongMID, "s", 700)
	elsewhere.PaymentKey = "elsewhere"
	closed := wish(mid, "t", 700)
	closed.PaymentKey, closed.OrderID = "closed", "x"
	if _, err := add(t, db, elsewhere); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Reject(t.Context(), refunds.Approval{IDs: []string{elsewhere.ID}, By: "lee", Note: "x", Now: now}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.AddRefunds(t.Context(), nil, []refunds.Adding{{Request: closed, Payment: pay.Payment{MID: mid, PaymentKey: "closed", OrderID: "order-r",
		Status: pay.Canceled, Method: pay.VirtualAccount, Currency: pay.KRW, TotalAmount: 1000, BalanceAmount: 1000}}}, "kim", now); err != nil {
		t.Fatal(err)
	}
	known, err := db.Known(t.Context(), wish(mid, "x", 1))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, s := range known.Siblings {
		got[s.PaymentKey] += s.MID
		if s.Looked || s.Payment != nil {
			t.Errorf("the store looks nothing up: %+v", s)
		}
		if s.PaymentKey == "elsewhere" && (len(s.Known.Taken) != 1 || s.Known.Taken[0].ID != elsewhere.ID || s.Known.Taken[0].State != refunds.StateRejected) {
			t.Errorf("what was asked of it is not known: %+v", s.Known.Taken)
		}
	}
	if want := map[string]string{"listed": mid, "canceled": mid, "elsewhere": wrongMID}; !maps.Equal(got, want) {
		t.Errorf("the other payments are %v, want %v", got, want)
	}
}

func sameOfTheOrder(t *testing.T, db *store.DB) {
	r := asked(t, db, "r", 1000, time.Time{})
	s := wish(wrongMID, "s", 1000)
	s.PaymentKey, s.State, s.Approval = "pay-s", refunds.StateApproved, "x"
	added, err := add(t, db, s)
	if err != nil || len(added.New) != 1 || added.New[0].SameAs != r.ID || added.New[0].State != refunds.StateRequested {
		t.Errorf("an equal one of another payment is added as %+v, %v", added, err)
	}
}

func sameOverMIDs(t *testing.T, db *store.DB) {
	r := asked(t, db, "r", 1000, time.Time{})
	s := wish(wrongMID, "s", 1000)
	s.State, s.Approval = refunds.StateApproved, "x"
	added, err := add(t, db, s)
	if err != nil || len(added.New) != 1 || added.New[0].SameAs != r.ID || added.New[0].State != refunds.StateRequested {
		t.Errorf("an equal one under another MID is added as %+v, %v", added, err)
	}
}

func refOverMIDs(t *testing.T, db *store.DB) {
	first := asked(t, db, "r", 1000, time.Time{}, under("one"))
	added, err := add(t, db, wish(mid, "one", 1000))
	if err != nil || len(added.New) != 0 || len(added.Known) != 1 || added.Known[0].ID != first.ID {
		t.Fatalf("the same ref after the mid was corrected: %+v, %v", added, err)
	}
	var used *refunds.RefError
	if _, err := add(t, db, wish(mid, "one", 2000)); !errors.As(err, &used) {
		t.Errorf("the same ref over another amount: %v", err)
	}
	if had, err := db.RefundByRef(t.Context(), mid, "pay-r", "one"); err != nil || had == nil || had.ID != first.ID {
		t.Errorf("found is %+v, %v", had, err)
	}
	if had, err := db.RefundByRef(t.Context(), mid, "pay-other", "one"); err != nil || had != nil {
		t.Errorf("of another payment it is found as %+v, %v", had, err)
	}
	// What was taken back before anything of it was sent may be asked for anew.
	if _, err := db.Withdraw(t.Context(), refunds.Approval{IDs: []string{first.ID}, By: "kim", Note: "wrong mid", Now: now}); err != nil {
		t.Fatal(err)
	}
	if added, err := add(t, db, wish(mid, "one", 1000)); err != nil || len(added.New) != 1 {
		t.Errorf("asked anew: %+v, %v", added, err)
	}
}

func knownOverMIDs(t *testing.T, db *store.DB) {
	r := asked(t, db, "r", 7000, now.Add(-time.Hour), func(r *refunds.Request, _ *pay.Payment) { r.State, r.FinishedAt = refunds.StateExpired, now })
	if _, err := db.MoveManualTransfer(t.Context(), refunds.ManualWord{ID: r.ID, To: refunds.ManualApproved, By: "lee", Now: now}); err != nil {
		t.Fatal(err)
	}
	s := asked(t, db, "s", 1000, time.Time{}, of("r"))
	cancel := pay.Cancel{TransactionKey: "tx1", Amount: 1000, Status: pay.CancelDone, CanceledAt: now}
	p := pay.Payment{MID: mid, PaymentKey: "pay-r", OrderID: "order-r", Currency: pay.KRW, TotalAmount: 10_000, BalanceAmount: 9000, Cancels: []pay.Cancel{cancel}}
	c := claimed(t, db, choice("a", now))
	if err := db.Settle(t.Context(), refunds.Settled{Request: c.Request, Step: refunds.Step{To: refunds.StateSucceeded, Claim: &cancel}, Payment: &p, Now: now}); err != nil {
		t.Fatal(err)
	}
	known, err := db.Known(t.Context(), wish(wrongMID, "x", 1))
	ids := map[string]bool{}
	for _, taken := range known.Taken {
		ids[taken.ID] = true
	}
	if err != nil || !ids[r.ID] || !ids[s.ID] || known.Claimed["tx1"] != s.ID || len(known.Given) != 1 || known.Given[0].Amount != 7000 {
		t.Errorf("under another MID is known %+v, %v", known, err)
	}
}

func claimOverMIDs(t *testing.T, db *store.DB) {
	asked(t, db, "r", 1000, time.Time{})
	asked(t, db, "s", 1000, time.Time{}, under("s"))
	cancel := pay.Cancel{TransactionKey: "tx1", Amount: 1000, Status: pay.CancelDone, CanceledAt: now}
	settle := func(c *refunds.Claimed) error {
		p := pay.Payment{MID: c.Request.MID, PaymentKey: "pay-r", OrderID: "order-r", Currency: pay.KRW, TotalAmount: 10_000, BalanceAmount: 9000, Cancels: []pay.Cancel{cancel}}
		return db.Settle(t.Context(), refunds.Settled{Request: c.Request, Step: refunds.Step{To: refunds.StateSucceeded, Claim: &cancel}, Payment: &p, Now: now})
	}
	if err := settle(claimed(t, db, choice("a", now))); err != nil {
		t.Fatal(err)
	}
	if err := settle(claimed(t, db, choiceUnder("a", now))); err == nil {
		t.Error("two requests under two MIDs claim one cancel")
	}
}

func handOverMIDs(t *testing.T, db *store.DB) {
	past := func(r *refunds.Request, _ *pay.Payment) { r.State, r.FinishedAt = refunds.StateExpired, now }
	due := asked(t, db, "r", 7000, now.Add(-time.Hour), past)
	asked(t, db, "s", 4000, time.Time{}, under("s"))
	if _, err := db.MoveManualTransfer(t.Context(), refunds.ManualWord{ID: due.ID, To: refunds.ManualApproved, By: "lee", Now: now}); err == nil {
		t.Error("7,000 by hand and 4,000 by Toss of 10,000, under two MIDs")
	}
	c := claimed(t, db, choiceUnder("a", now))
	if err := db.Begin(t.Context(), begun(c, now)); err != nil {
		t.Fatal(err)
	}
	finding := reconcile.Finding{MID: mid, OrderID: "order-r", PaymentKey: "pay-r", Kind: reconcile.CancelNotExecuted, Currency: pay.KRW, Owed: 4000}
	b, change := reconcile.Remember(nil, &finding, day)
	if err := commit(t, db, jobs.Written{Breaks: []jobs.BreakChange{{Break: b, Change: change}}}, drawn); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ResolveBreak(t.Context(), b.ID, reconcile.RefundedByTransfer, "lee", "by bank", now); !errors.Is(err, refunds.ErrOnItsWay) {
		t.Errorf("a transfer beside a cancel on its way under another MID: %v", err)
	}
}

func tossMIDKept(t *testing.T, db *store.DB) {
	named := func() bool {
		known, err := db.Known(t.Context(), refunds.Request{MID: mid, PaymentKey: "pay-r", OrderID: "order-r"})
		if err != nil {
			t.Fatal(err)
		}
		return known.Named
	}
	saw := func(said string, at time.Time) {
		p := pay.Payment{MID: mid, SaidMID: said, PaymentKey: "pay-r", OrderID: "order-r", Status: pay.Done, Currency: pay.KRW, TotalAmount: 10_000, BalanceAmount: 10_000}
		if _, err := db.Heard(t.Context(), p, pay.Evidence{API: "payment", About: "pay-r", Body: []byte("{}"), FetchedAt: at}, at); err != nil {
			t.Fatal(err)
		}
	}
	if saw("", now); named() {
		t.Error("a payment that names nobody is named")
	}
	if saw("shop2", now.Add(time.Minute)); !named() {
		t.Error("what Toss names is not kept")
	}
	if saw("", now.Add(2*time.Minute)); !named() {
		t.Error("a later look-up that names nobody makes it forgotten")
	}
	if known, err := db.Known(t.Context(), refunds.Request{MID: wrongMID, PaymentKey: "pay-r", OrderID: "order-r"}); err != nil || known.Named {
		t.Errorf("it is named for another MID: %v", err)
	}
	// A night's look-up keeps it as well, and the list names it, too.
	c := compare(t, db, reconcile.Scope{MID: mid, Day: day})
	p := pay.Payment{MID: mid, SaidMID: "shop2", PaymentKey: "pay-n", OrderID: "order-n", Status: pay.Done, Currency: pay.KRW, TotalAmount: 1, BalanceAmount: 1}
	nameless := p
	nameless.SaidMID = ""
	if _, err := db.Heard(t.Context(), nameless, pay.Evidence{API: "payment", About: "pay-n", Body: []byte("{}"), FetchedAt: now}, now.Add(-time.Minute)); err != nil {
		t.Fatal(err)
	}
	lease, err := begin(t, db, "a/1", now, func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SaveLookUps(t.Context(), []pay.Payment{p}, nil); err != nil {
		t.Fatal(err)
	}
	if err := c.Commit(t.Context(), jobs.Written{Lease: lease, Now: now, Actor: "tester"}, drawn); err != nil {
		t.Fatal(err)
	}
	savePage(t, db, row("order-l", "pay-l", pay.Done, 1000, 10))
	for key, order := range map[string]string{"pay-n": "order-n", "pay-l": "order-l"} {
		if known, err := db.Known(t.Context(), refunds.Request{MID: mid, PaymentKey: key, OrderID: order}); err != nil || !known.Named {
			t.Errorf("%s is not named: %v", key, err)
		}
	}
}

func importsOverMIDs(t *testing.T, db *store.DB) {
	var group sync.WaitGroup
	var mu sync.Mutex
	var sum int64
	for i, of := range []string{mid, wrongMID, mid, wrongMID, mid, wrongMID} {
		group.Go(func() {
			r := wish(of, string(rune('a'+i)), 3000)
			_, err := db.AddRefunds(context.WithoutCancel(t.Context()), nil, []refunds.Adding{{Request: r, Payment: pay.Payment{MID: of, PaymentKey: "pay-r", OrderID: "order-r",
				Status: pay.Done, Currency: pay.KRW, TotalAmount: 10_000, BalanceAmount: 10_000}}}, "kim", now)
			var much *refunds.TooMuchError
			if err != nil && !errors.As(err, &much) {
				t.Error(err)
			}
			if err == nil {
				mu.Lock()
				sum += 3000
				mu.Unlock()
			}
		})
	}
	group.Wait()
	requests, err := db.Refunds(t.Context(), store.RefundFilter{})
	if err != nil || sum != 9000 || len(requests) != 3 {
		t.Errorf("%d requests over %d of 10,000, %v", len(requests), sum, err)
	}
}
