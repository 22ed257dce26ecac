package storetest

import (
	"errors"
	"testing"
	"time"

	"daesa/app"
	"daesa/jobs"
	"daesa/pay"
	"daesa/refunds"
	"daesa/store"
)

// partsTests are what must hold alike on both databases of the parts of a
// payment, of limits, and of the look-ups of a file.
var partsTests = map[string]func(*testing.T, *store.DB){
	"parts: neither part of a payment is asked for twice":                   partsAsked,
	"parts: of two that an older program took the first approved goes":      partsApproved,
	"parts: a cancel by others that was seen stands before an approval":     partsSeen,
	"parts: a night proposes no more of a part than is left":                partsProposed,
	"parts: by hand exactly what is left goes back, and not one won more":   partsByHand,
	"parts: a failed payout that was transferred leaves the rest":           partsFailedPayout,
	"queue: what was proved unsent is given back to the day that it was of": limitsGivenBack,
	"queue: a blocked currency is not claimed, and all others are":          blockedCurrencies,
	"looks: those of a stopped import are kept until its plan is whole":     looksKept,
}

// mixed makes a payment of 30,000 won with 10,000 tax-free, and a request with
// its part.
func mixed(amount, taxFree int64) func(*refunds.Request, *pay.Payment) {
	return func(r *refunds.Request, p *pay.Payment) {
		p.TotalAmount, p.BalanceAmount, p.TaxFreeAmount = 30_000, 30_000, 10_000
		r.Amount, r.TaxFreeAmount = amount, taxFree
	}
}

// addParts adds a request of the payment of r as it is.
func addParts(db *store.DB, t *testing.T, ref string, change ...func(*refunds.Request, *pay.Payment)) error {
	t.Helper()
	p := pay.Payment{MID: mid, PaymentKey: "pay-r", OrderID: "order-r", Status: pay.Done, Method: pay.Card, Currency: pay.KRW,
		TotalAmount: 10_000, BalanceAmount: 10_000, ApprovedAt: now.Add(-time.Hour), PartialCancelable: true}
	r := refunds.Request{ID: refunds.RequestID(mid, ref), MID: mid, OrderID: p.OrderID, PaymentKey: p.PaymentKey, Method: p.Method,
		Currency: pay.KRW, Reason: "변심", Ref: ref, State: refunds.StateRequested, RequestedBy: "kim", RequestedAt: now}
	for _, each := range change {
		each(&r, &p)
	}
	_, err := db.AddRefunds(t.Context(), nil, []refunds.Adding{{Request: r, Payment: p}}, "kim", now)
	return err
}

// tooMuch asserts that a rule has refused, and why.
func tooMuch(t *testing.T, err error, why, what string) {
	t.Helper()
	var much *refunds.TooMuchError
	if !errors.As(err, &much) || much.Why() != why || much.Hint() == "" {
		t.Errorf("%s: %v", what, err)
	}
}

func approve(db *store.DB, t *testing.T, refs ...string) error {
	t.Helper()
	ids := make([]string, len(refs))
	for i, ref := range refs {
		ids[i] = refunds.RequestID(mid, ref)
	}
	_, err := db.Approve(t.Context(), refunds.Approval{IDs: ids, By: "lee", Now: now})
	return err
}

func partsAsked(t *testing.T, db *store.DB) {
	if err := addParts(db, t, "r1", mixed(15_000, 0)); err != nil {
		t.Fatal(err)
	}
	tooMuch(t, addParts(db, t, "r2", mixed(10_000, 0)), refunds.WhyTaxPart, "10,000 taxable of 5,000")
	tooMuch(t, addParts(db, t, "r2", mixed(11_000, 11_000)), refunds.WhyTaxPart, "11,000 tax-free of 10,000")
	tooMuch(t, addParts(db, t, "r2", mixed(15_001, 10_000)), refunds.WhyAboveBalance, "15,001 of 15,000")
	if err := addParts(db, t, "r2", mixed(10_000, 5000)); err != nil {
		t.Fatal(err)
	}
	if err := addParts(db, t, "r3", mixed(5000, 5000)); err != nil {
		t.Fatal(err)
	}
	tooMuch(t, addParts(db, t, "r4", mixed(1, 0)), refunds.WhyAboveBalance, "one won more")
	if err := approve(db, t, "r1", "r2", "r3"); err != nil {
		t.Error(err)
	}
}

// older takes a request as a program without the rule did.
func older(t *testing.T, db *store.DB, ref string, amount, taxFree int64) {
	t.Helper()
	err := db.AskForTest(t.Context(), refunds.Request{ID: refunds.RequestID(mid, ref), MID: mid, OrderID: "order-r", PaymentKey: "pay-r", Method: pay.Card,
		Amount: amount, TaxFreeAmount: taxFree, Currency: pay.KRW, Reason: "x", Ref: ref, State: refunds.StateRequested, RequestedBy: "kim", RequestedAt: now})
	if err != nil {
		t.Fatal(err)
	}
}

func partsApproved(t *testing.T, db *store.DB) {
	if err := addParts(db, t, "r1", mixed(15_000, 0)); err != nil {
		t.Fatal(err)
	}
	older(t, db, "r2", 10_000, 0)
	older(t, db, "r3", 1000, 1000)
	tooMuch(t, approve(db, t, "r1", "r2"), refunds.WhyTaxPart, "both in one word")
	if r := stored(t, db, refunds.RequestID(mid, "r1")); r.State != refunds.StateRequested {
		t.Errorf("a word that is refused approves one of two: %s", r.State)
	}
	if err := approve(db, t, "r2"); err != nil {
		t.Fatal(err)
	}
	tooMuch(t, approve(db, t, "r1"), refunds.WhyTaxPart, "the other one after it")
	if err := approve(db, t, "r3"); err != nil {
		t.Errorf("what fits beside it: %v", err)
	}
	// Who only waits stands in nobody's way, and an older look-up says nothing of parts.
	if err := db.ExecForTest(t.Context(), `UPDATE payments SET tax_free_left = NULL`); err != nil {
		t.Fatal(err)
	}
	if err := approve(db, t, "r1"); err != nil {
		t.Errorf("the worker's look-up decides: %v", err)
	}
}

func partsSeen(t *testing.T, db *store.DB) {
	if err := addParts(db, t, "r1", mixed(20_000, 0)); err != nil {
		t.Fatal(err)
	}
	// Another asking has looked the payment up, and found a cancel by others.
	if err := addParts(db, t, "r2", mixed(100, 100), func(_ *refunds.Request, p *pay.Payment) {
		p.Status, p.BalanceAmount = pay.PartialCanceled, 28_000
		p.Cancels = []pay.Cancel{{TransactionKey: "t", Amount: 2000, RefundableAmount: 28_000, Status: pay.CancelDone, Reason: "상담", CanceledAt: now}}
	}); err != nil {
		t.Fatal(err)
	}
	tooMuch(t, approve(db, t, "r1"), refunds.WhyTaxPart, "20,000 taxable of 18,000")
	if err := approve(db, t, "r2"); err != nil {
		t.Errorf("100 tax-free of 10,000: %v", err)
	}
	if err := db.ExecForTest(t.Context(), `UPDATE payments SET status = 'CANCELED', balance_amount = 0, tax_free_left = 0`); err != nil {
		t.Fatal(err)
	}
	if err := approve(db, t, "r1"); err != nil {
		t.Errorf("where nothing is left the worker rejects it by itself: %v", err)
	}
}

func partsProposed(t *testing.T, db *store.DB) {
	withPart := func(amount, taxFree int64, ref string) refunds.Request {
		r := proposal(amount, ref)
		r.TaxFreeAmount = taxFree
		return r
	}
	// The payment of 1,000 won has no tax-free part.
	if err := commit(t, db, jobs.Written{Proposed: []refunds.Request{withPart(600, 1, "r1"), withPart(600, 0, "r2"), withPart(400, 0, "r3")}}, drawn); err != nil {
		t.Fatal(err)
	}
	requests, err := db.Refunds(t.Context(), store.RefundFilter{})
	if err != nil || len(requests) != 2 {
		t.Fatalf("%+v, %v", requests, err)
	}
	for _, r := range requests {
		if r.TaxFreeAmount != 0 {
			t.Errorf("proposed %+v", r)
		}
	}
}

// hand approves the transfer of an expired request.
func hand(t *testing.T, db *store.DB, ref string, seen *pay.Payment) error {
	t.Helper()
	_, err := db.MoveManualTransfer(t.Context(), refunds.ManualWord{ID: refunds.RequestID(mid, ref), To: refunds.ManualApproved, By: "lee", Another: true, Seen: seen, Now: now})
	return err
}

func partsByHand(t *testing.T, db *store.DB) {
	past := func(r *refunds.Request, _ *pay.Payment) {
		r.State, r.FinishedAt, r.ErrorCode = refunds.StateExpired, now, refunds.WhyDeadline
	}
	if err := errors.Join(addParts(db, t, "open", mixed(15_000, 0)), addParts(db, t, "more", mixed(15_001, 10_000), past), addParts(db, t, "part", mixed(15_000, 9999), past),
		addParts(db, t, "fits", mixed(15_000, 10_000), past)); err != nil {
		t.Fatal(err)
	}
	if err := hand(t, db, "more", nil); err == nil {
		t.Error("one won more than is left goes back by hand")
	}
	if err := hand(t, db, "part", nil); err == nil {
		t.Error("5,001 taxable go back by hand of 5,000")
	}
	moved := pay.Payment{MID: mid, PaymentKey: "pay-r", OrderID: "order-r", Status: pay.PartialCanceled, Currency: pay.KRW, TotalAmount: 30_000, BalanceAmount: 29_999,
		TaxFreeAmount: 10_000, ApprovedAt: now, Cancels: []pay.Cancel{{TransactionKey: "t", Amount: 1, Status: pay.CancelDone, Reason: "상담"}}}
	if err := hand(t, db, "fits", &moved); err == nil {
		t.Error("Toss has cancelled one won meanwhile, and all of the rest goes back by hand")
	}
	if err := hand(t, db, "fits", nil); err != nil {
		t.Errorf("exactly what is left: %v", err)
	}
	tooMuch(t, addParts(db, t, "late", mixed(1, 0)), refunds.WhyAboveBalance, "one won of Toss after it")
	transfers, err := db.ManualTransfers(t.Context(), mid, "")
	if err != nil || len(transfers) != 3 {
		t.Fatalf("%+v, %v", transfers, err)
	}
	for _, transfer := range transfers {
		if transfer.Why != refunds.WhyDeadline {
			t.Errorf("%s is listed because %q", transfer.RefundID, transfer.Why)
		}
	}
}

func partsFailedPayout(t *testing.T, db *store.DB) {
	failed := func(r *refunds.Request, _ *pay.Payment) { r.State = refunds.StateExpired }
	shows := func(_ *refunds.Request, p *pay.Payment) {
		p.Status, p.BalanceAmount, p.TaxFreeAmount = pay.PartialCanceled, 15_000, 10_000
		p.Cancels = []pay.Cancel{{TransactionKey: "t", Amount: 15_000, RefundableAmount: 15_000, Status: pay.CancelDone, CanceledAt: now,
			Reason: pay.WithMarker("변심", refunds.RequestID(mid, "r1"))}}
	}
	if err := addParts(db, t, "r1", mixed(15_000, 0), failed, shows); err != nil {
		t.Fatal(err)
	}
	if err := hand(t, db, "r1", nil); err != nil {
		t.Fatalf("the money of its failed payout: %v", err)
	}
	if err := addParts(db, t, "r2", mixed(15_000, 10_000), shows); err != nil {
		t.Errorf("the rest of the payment after it: %v", err)
	}
	tooMuch(t, addParts(db, t, "r3", mixed(1, 0), shows), refunds.WhyAboveBalance, "one won more")
}

func limitsGivenBack(t *testing.T, db *store.DB) {
	late := now.Truncate(24 * time.Hour).Add(15*time.Hour - time.Second) // 23:59:59 in Seoul
	next := late.Add(2 * time.Second)
	for _, ref := range []string{"r", "s", "u", "v", "w"} {
		asked(t, db, ref, 1000, time.Time{})
	}
	begin := func(at time.Time, run string) (*refunds.Claimed, error) {
		c := claimed(t, db, choice("a", at))
		if c == nil {
			t.Fatal("nothing is claimed")
		}
		b := begun(c, at)
		b.RunID, b.Budget.DayCount, b.Budget.RunCount = run, 1, 1
		return c, db.Begin(t.Context(), b)
	}
	c, err := begin(late, "first")
	if err != nil {
		t.Fatal(err)
	}
	var limit *refunds.LimitError
	if _, err := begin(late, "other"); !errors.As(err, &limit) || limit.Limit != "max_count_per_day" {
		t.Fatalf("a second one on the day: %v", err)
	}
	// It is proved unsent on the next day, and belongs to the day before.
	attempt := begun(c, late).Attempt
	request := c.Request
	request.State, request.Version = refunds.StateSending, request.Version+1
	unsent := refunds.Settled{Request: request, Step: refunds.Step{To: refunds.StateRetry, Why: refunds.WhyNotSent, At: next.Add(time.Hour)}, Attempt: &attempt, RunID: "first", Now: next}
	if err := db.Settle(t.Context(), unsent); err != nil {
		t.Fatal(err)
	}
	if _, err := begin(late, "first"); err != nil {
		t.Errorf("its place of the day, and of the run, is free again: %v", err)
	}
	if _, err := begin(next, "next"); err != nil {
		t.Errorf("the first one of the next day: %v", err)
	}
	if _, err := begin(next, "later"); !errors.As(err, &limit) || limit.Limit != "max_count_per_day" {
		t.Errorf("a second one of the next day: %v", err)
	}
}

func blockedCurrencies(t *testing.T, db *store.DB) {
	dollars := func(r *refunds.Request, p *pay.Payment) { r.Currency, p.Currency = pay.USD, pay.USD }
	asked(t, db, "won", 1000, now.Add(time.Hour))
	asked(t, db, "dollars", 1000, now.Add(2*time.Hour), dollars)
	c := choice("a", now)
	c.Blocked = []pay.Currency{pay.KRW}
	if got := claimed(t, db, c); got == nil || got.Request.Ref != "dollars" {
		t.Errorf("with won blocked %+v is claimed", got)
	}
	if got := claimed(t, db, c); got != nil {
		t.Errorf("with won blocked %s is claimed as well", got.Request.Ref)
	}
	if due, err := db.NextDue(t.Context(), c); err != nil || !due.IsZero() && due.Before(now.Add(time.Minute)) {
		t.Errorf("what is blocked is due at %s, %v", due, err)
	}
	c.Blocked = []pay.Currency{pay.USD, pay.KRW}
	if got := claimed(t, db, c); got != nil {
		t.Errorf("with both blocked %s is claimed", got.Request.Ref)
	}
	// What is on its way is settled all the same, and what is too late is expired.
	c.Blocked, c.Now, c.Until = []pay.Currency{pay.KRW}, now.Add(61*time.Minute), now.Add(62*time.Minute)
	if got := claimed(t, db, c); got == nil || got.Request.Ref != "won" {
		t.Errorf("past its deadline %+v is claimed", got)
	}
}

func looksKept(t *testing.T, db *store.DB) {
	look := func(asked string, at time.Time) app.Look {
		return app.Look{MID: mid, Asked: asked, At: at, Payment: pay.Payment{MID: mid, PaymentKey: "k-" + asked, OrderID: asked, Currency: pay.KRW, TotalAmount: 1000,
			BalanceAmount: 700, TaxFreeAmount: 300, ApprovedAt: at, PartialCancelable: true, Cancels: []pay.Cancel{{TransactionKey: "t", Amount: 300, CanceledAt: at}}},
			Evidence: pay.Evidence{API: "order", About: asked, Body: []byte("{}"), FetchedAt: at}}
	}
	for _, each := range []app.Look{look("a", now), look("b", now.Add(-time.Hour)), look("a", now.Add(time.Minute))} {
		if err := db.KeepLook(t.Context(), "batch", each); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.KeepLook(t.Context(), "another", look("a", now)); err != nil {
		t.Fatal(err)
	}
	looks, err := db.Looks(t.Context(), "batch", now.Add(-time.Minute))
	if err != nil || len(looks) != 1 || !looks[0].At.Equal(now.Add(time.Minute)) {
		t.Fatalf("%+v, %v", looks, err)
	}
	p := looks[0].Payment
	if p.TaxFreeAmount != 300 || p.BalanceAmount != 700 || !p.PartialCancelable || len(p.Cancels) != 1 || !p.ApprovedAt.Equal(now.Add(time.Minute)) {
		t.Errorf("kept as %+v", p)
	}
	if err := db.ForgetLooks(t.Context(), "batch", now.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	looks, err = db.Looks(t.Context(), "batch", time.Time{}.Add(time.Hour))
	others, err2 := db.Looks(t.Context(), "another", now.Add(-time.Hour))
	if errors.Join(err, err2) != nil || len(looks) != 0 || len(others) != 1 {
		t.Errorf("forgotten are %+v, others %+v, %v", looks, others, errors.Join(err, err2))
	}
}
