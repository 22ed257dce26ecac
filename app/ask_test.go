package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"daesa/pay"
	"daesa/refunds"
)

const mid = "m"

var now = time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC)

// counter is a provider and a store in memory.
type counter struct {
	mu       sync.Mutex
	payments map[string]pay.Payment // by order
	fails    map[string]error       // look-ups that fail, by order
	down     int                    // from which look-up on the provider is away; 0: never
	asked    []string               // the orders that were looked up
	requests []refunds.Request
	orders   map[string]pay.Order
	kept     map[string]map[string]Look
	clock    time.Time
}

func newCounter(payments ...pay.Payment) *counter {
	d := &counter{payments: map[string]pay.Payment{}, fails: map[string]error{}, orders: map[string]pay.Order{}, kept: map[string]map[string]Look{}, clock: now}
	for _, p := range payments {
		d.payments[p.OrderID] = p
	}
	return d
}

func (d *counter) PaymentByOrder(ctx context.Context, order string) (pay.Payment, pay.Evidence, error) {
	if err := ctx.Err(); err != nil {
		return pay.Payment{}, pay.Evidence{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, order)
	if d.down > 0 && len(d.asked) >= d.down {
		return pay.Payment{}, pay.Evidence{}, &pay.Failure{Kind: pay.FailureNoAnswer, API: "GET"}
	}
	if err := d.fails[order]; err != nil {
		return pay.Payment{}, pay.Evidence{}, err
	}
	p, ok := d.payments[order]
	if !ok {
		return p, pay.Evidence{}, &pay.Failure{Kind: pay.FailureNotFound, API: "GET", Code: "NOT_FOUND_PAYMENT"}
	}
	return p, pay.Evidence{API: "order", About: order, Body: []byte("{}"), FetchedAt: d.clock}, nil
}

func (d *counter) Payment(ctx context.Context, key string) (pay.Payment, pay.Evidence, error) {
	return d.PaymentByOrder(ctx, strings.TrimPrefix(key, "k-"))
}

func (d *counter) RefundByRef(_ context.Context, _, paymentKey, ref string) (*refunds.Request, error) {
	for _, r := range d.requests {
		if r.PaymentKey == paymentKey && r.Ref == ref {
			return &r, nil
		}
	}
	return nil, nil
}

func (d *counter) RefundsOfOrder(_ context.Context, _, orderID string) (of []refunds.Request, _ error) {
	for _, r := range d.requests {
		if r.OrderID == orderID {
			of = append(of, r)
		}
	}
	return of, nil
}

func (d *counter) Known(_ context.Context, besides refunds.Request) (known refunds.Known, _ error) {
	for _, r := range d.requests {
		if r.PaymentKey == besides.PaymentKey && r.ID != besides.ID {
			known = known.With(r)
		}
	}
	if order, ok := d.orders[besides.OrderID]; ok {
		known.Order = &order
	}
	return known, nil
}

func (d *counter) Account(context.Context, string, string) (*refunds.StoredAccount, error) {
	return nil, nil
}

func (d *counter) Looks(_ context.Context, batch string, since time.Time) (looks []Look, _ error) {
	for _, look := range d.kept[batch] {
		if look.At.After(since) {
			looks = append(looks, look)
		}
	}
	return looks, nil
}

func (d *counter) KeepLook(_ context.Context, batch string, look Look) error {
	if d.kept[batch] == nil {
		d.kept[batch] = map[string]Look{}
	}
	look.Evidence = pay.Evidence{} // kept elsewhere
	d.kept[batch][look.MID+look.Asked] = look
	return nil
}

func (d *counter) ForgetLooks(_ context.Context, batch string, _ time.Time) error {
	delete(d.kept, batch)
	return nil
}

func (d *counter) asker() *Asker {
	return &Asker{
		Merchants: map[string]Merchant{mid: {LookUp: d, PerMinute: 100,
			Policy: refunds.AskPolicy{AccountDays: 365, Single: map[pay.Currency]int64{pay.KRW: 1_000_000}}}},
		Requests: d, Looks: d, Actor: "kim", Batch: "batch", Now: now, Clock: func() time.Time { return d.clock },
	}
}

// plan plans a file.
func (d *counter) plan(t *testing.T, askings ...refunds.Asking) []Planned {
	t.Helper()
	work, err := d.asker().PlanFile(t.Context(), askings)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := work.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func paid(order string, amount, taxFree int64) pay.Payment {
	return pay.Payment{MID: mid, PaymentKey: "k-" + order, OrderID: order, Status: pay.Done, Method: pay.Card, Currency: pay.KRW, TotalAmount: amount,
		BalanceAmount: amount, TaxFreeAmount: taxFree, ApprovedAt: now.Add(-time.Hour), PartialCancelable: true}
}

func asking(order, amount, taxFree, ref string) refunds.Asking {
	return refunds.Asking{MID: mid, OrderID: order, Amount: amount, TaxFree: taxFree, Reason: "변심", Ref: ref}
}

func whole(order string) refunds.Asking {
	return refunds.Asking{MID: mid, OrderID: order, All: true, Reason: "변심"}
}

func open(order string, amount, taxFree int64) refunds.Request {
	return refunds.Request{ID: refunds.RequestID(mid, "open-"+order), MID: mid, OrderID: order, PaymentKey: "k-" + order, Amount: amount, TaxFreeAmount: taxFree,
		Currency: pay.KRW, Ref: "open-" + order, State: refunds.StateRequested, RequestedBy: "lee", RequestedAt: now.Add(-time.Minute), Reason: "변심"}
}

// outcome is a plan in short: the amount, and where it is refused the column.
func outcome(rows []Planned) string {
	var all []string
	for _, row := range rows {
		var refused *refunds.AskError
		switch {
		case errors.As(row.Err, &refused):
			all = append(all, refused.Column+" refused")
		case row.Err != nil:
			all = append(all, "refused")
		case row.Known:
			all = append(all, "known")
		default:
			all = append(all, fmt.Sprintf("%d/%d", row.Adding.Request.Amount, row.Adding.Request.TaxFreeAmount))
		}
	}
	return strings.Join(all, ", ")
}

func TestALaterRowOfAPaymentIsPlannedBesideTheRowsBeforeIt(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		p       pay.Payment
		open    []refunds.Request
		askings []refunds.Asking
		want    string
	}{
		{"beside an open request, two rows are too much", paid("A", 10_000, 0), []refunds.Request{open("A", 2000, 0)},
			[]refunds.Asking{asking("A", "4500", "", "r1"), asking("A", "4500", "", "r2")}, "4500/0, amount refused"},
		{"exactly what is left", paid("A", 10_000, 0), []refunds.Request{open("A", 2000, 0)},
			[]refunds.Asking{asking("A", "4500", "", "r1"), asking("A", "3500", "", "r2")}, "4500/0, 3500/0"},
		{"a refused row takes nothing", paid("A", 10_000, 0), nil,
			[]refunds.Asking{asking("A", "10001", "", "r1"), asking("A", "9000", "", "r2")}, "amount refused, 9000/0"},
		{"all is what the rows before leave", paid("A", 10_000, 0), nil, []refunds.Asking{asking("A", "4000", "", "r1"), whole("A")}, "4000/0, 6000/0"},
		{"the taxable part is used up by the first", paid("TAX-2", 30_000, 10_000), nil,
			[]refunds.Asking{asking("TAX-2", "15000", "0", "t2-1"), asking("TAX-2", "10000", "0", "t2-2")}, "15000/0, tax_free_amount refused"},
		{"what the first leaves forces the second's part", paid("A", 30_000, 10_000), nil,
			[]refunds.Asking{asking("A", "20000", "0", "r1"), asking("A", "5000", "", "r2")}, "20000/0, 5000/5000"},
		{"a part that is not forced must be said", paid("A", 30_000, 10_000), nil, []refunds.Asking{asking("A", "5000", "", "r1")}, "tax_free_amount refused"},
		{"by order and by key it is one payment", paid("A", 10_000, 0), nil,
			[]refunds.Asking{asking("A", "6000", "", "r1"), {MID: mid, PaymentKey: "k-A", Amount: "6000", Reason: "변심", Ref: "r2"}}, "6000/0, amount refused"},
		{"a request that is there already counts once", paid("A", 10_000, 0), []refunds.Request{open("A", 6000, 0)},
			[]refunds.Asking{asking("A", "6000", "", "open-A"), asking("A", "4000", "", "r2")}, "known, 4000/0"},
		{"its ref for another amount", paid("A", 10_000, 0), []refunds.Request{open("A", 6000, 0)}, []refunds.Asking{asking("A", "5000", "", "open-A")}, "refused"},
		{"its ref for another part", paid("A", 30_000, 10_000), []refunds.Request{open("A", 6000, 1000)}, []refunds.Asking{asking("A", "6000", "2000", "open-A")}, "refused"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := newCounter(test.p)
			d.requests = test.open
			if got := outcome(d.plan(t, test.askings...)); got != test.want {
				t.Errorf("planned %s, want %s", got, test.want)
			}
		})
	}
}

func TestAnEqualRowIsApprovedByItsIDOnly(t *testing.T) {
	t.Parallel()
	d := newCounter(paid("A", 10_000, 0))
	a := d.asker()
	merchant := a.Merchants[mid]
	merchant.Policy.ApproveAbove = 5000
	a.Merchants[mid] = merchant
	work, err := a.PlanFile(t.Context(), []refunds.Asking{asking("A", "4000", "", "r1"), asking("A", "4000", "", "r2")})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := work.Run(t.Context())
	if err != nil || rows[0].Adding.Request.State != refunds.StateApproved || rows[1].Adding.Request.State != refunds.StateRequested || rows[1].Adding.Request.Approval != "" {
		t.Errorf("planned %+v, %v", rows, err)
	}
}

func TestAllThatIsWrongIsSaidInOneGo(t *testing.T) {
	t.Parallel()
	d := newCounter(paid("A", 10_000, 0), paid("C", 10_000, 0))
	d.fails["B"] = &pay.Failure{Kind: pay.FailureRefused, Code: "INVALID_REQUEST"}
	d.fails["D"] = &pay.Failure{Kind: pay.FailureUnreadable}
	rows := d.plan(t, whole("A"), whole("B"), whole("nobody"), asking("C", "10001", "", "r"), whole("D"))
	if got := outcome(rows); got != "10000/0, refused, refused, amount refused, refused" {
		t.Errorf("planned %s", got)
	}
	if len(d.kept) > 0 {
		t.Error("look-ups are kept of a file whose plan is whole")
	}
}

func TestAProviderThatAnswersNothingToBeUnderstoodStopsTheFile(t *testing.T) {
	t.Parallel()
	d := newCounter()
	var askings []refunds.Asking
	for i := range 40 {
		order := fmt.Sprint(i)
		d.fails[order] = &pay.Failure{Kind: pay.FailureUnreadable}
		askings = append(askings, whole(order))
	}
	work, err := d.asker().PlanFile(t.Context(), askings)
	if err != nil {
		t.Fatal(err)
	}
	var stopped *StoppedError
	if _, err := work.Run(t.Context()); !errors.As(err, &stopped) || len(d.asked) > strangeAnswers+2*looksAtOnce {
		t.Errorf("%v after %d look-ups", err, len(d.asked))
	}
}

// TestAStoppedImportGoesOnWhereItWas: the provider goes away in the middle, and
// the same file does not look everything up again.
func TestAStoppedImportGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	d := newCounter()
	var askings []refunds.Asking
	for i := range 60 {
		order := fmt.Sprintf("o%02d", i)
		d.payments[order] = paid(order, 1000, 0)
		askings = append(askings, whole(order))
	}
	account := paid("o00", 1000, 0)
	account.Method, account.Account = pay.VirtualAccount, &pay.VirtualAccountState{AccountNumber: "987"}
	d.payments["o00"] = account
	d.down = 41
	run := func() ([]Planned, error) {
		work, err := d.asker().PlanFile(t.Context(), askings)
		if err != nil {
			t.Fatal(err)
		}
		return work.Run(t.Context())
	}
	_, err := run()
	var stopped *StoppedError
	if !errors.As(err, &stopped) || stopped.Total != 60 || stopped.Done < 36 || stopped.Done > 40 || !strings.Contains(stopped.Hint(), "where it stopped") {
		t.Fatalf("stopped as %+v", err)
	}
	kept := len(d.kept["batch"])
	if kept < stopped.Done-1 || kept > stopped.Done {
		t.Errorf("%d look-ups are kept of %d", kept, stopped.Done)
	}
	for _, look := range d.kept["batch"] {
		if look.Payment.Account != nil || look.Payment.Secret != "" {
			t.Errorf("kept %+v", look)
		}
	}
	d.down, d.asked = 0, nil
	d.clock = d.clock.Add(59 * time.Minute)
	rows, err := run()
	if err != nil || len(rows) != 60 || strings.Contains(outcome(rows), "refused") {
		t.Fatalf("went on to %s, %v", outcome(rows), err)
	}
	if len(d.asked) != 60-kept { // the virtual account among them
		t.Errorf("%d look-ups when it went on, with %d kept of 60", len(d.asked), kept)
	}
	for _, row := range rows {
		if row.Adding.SeenAt.IsZero() || row.Adding.Payment.PaymentKey == "" {
			t.Errorf("planned %+v", row)
		}
	}
	d.asked = nil
	if _, err := run(); err != nil || len(d.asked) != 60 {
		t.Errorf("the plan was whole, and the next run looks up %d of 60: %v", len(d.asked), err)
	}
}

func TestALookUpOfAnHourAgoIsMadeAgain(t *testing.T) {
	t.Parallel()
	d := newCounter(paid("A", 1000, 0), paid("B", 1000, 0))
	a := d.asker()
	d.down = 2
	work, err := a.PlanFile(t.Context(), []refunds.Asking{whole("A"), whole("B")})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = work.Run(t.Context())
	d.down, d.clock = 0, d.clock.Add(looksLive)
	again, err := a.PlanFile(t.Context(), []refunds.Asking{whole("A"), whole("B")})
	if err != nil {
		t.Fatal(err)
	}
	if todo, kept := again.LookUps(); todo != 2 || kept != 0 {
		t.Errorf("%d to do and %d kept", todo, kept)
	}
}

func TestHowLongALookUpOfEveryRowTakes(t *testing.T) {
	t.Parallel()
	d := newCounter()
	var askings []refunds.Asking
	for i := range 10_000 {
		askings = append(askings, whole(fmt.Sprint(i%9000))) // a thousand payments stand in two rows
	}
	work, err := d.asker().PlanFile(t.Context(), askings)
	if err != nil {
		t.Fatal(err)
	}
	if todo, _ := work.LookUps(); todo != 9000 || work.Takes() != 90*time.Minute {
		t.Errorf("%d look-ups in %s", todo, work.Takes())
	}
}

func TestWithoutAnAccountKeyNothingIsLookedUp(t *testing.T) {
	t.Parallel()
	d := newCounter(paid("A", 1000, 0))
	row := whole("A")
	row.Account = &pay.RefundAccount{Bank: "88", Number: "110", Holder: "김토스"}
	_, err := d.asker().PlanFile(t.Context(), []refunds.Asking{row})
	var missing *NoKeyError
	if !errors.As(err, &missing) || missing.Hint() == "" || len(d.asked) > 0 {
		t.Errorf("%v after %d look-ups", err, len(d.asked))
	}
}

func TestARefusedRowSaysWhatItAsksFor(t *testing.T) {
	t.Parallel()
	d := newCounter(paid("A", 10_000, 0))
	rows := d.plan(t, asking("A", "10001", "", "r1"), asking("nobody", "5000", "", "r2"), whole("no one"))
	for i, want := range []int64{10_001, 5000, 0} {
		if amount, currency, ok := rows[i].Money(); amount != want || currency != pay.KRW || ok != (want > 0) {
			t.Errorf("row %d asks for %d %s, %v", i, amount, currency, ok)
		}
	}
}

func TestOneAskingIsRefusedByTheSameRule(t *testing.T) {
	t.Parallel()
	d := newCounter(paid("A", 30_000, 10_000))
	d.requests = []refunds.Request{open("A", 15_000, 0)}
	planned, err := d.asker().One(t.Context(), asking("A", "10000", "0", "r"))
	if err != nil || outcome([]Planned{planned}) != "tax_free_amount refused" {
		t.Errorf("planned %+v, %v", planned, err)
	}
	d.orders["A"] = pay.Order{MID: mid, ID: "A", Amount: 30_000, TaxFreeAmount: 5000, Currency: pay.KRW, PG: pay.PGToss, PaidAt: now}
	planned, err = d.asker().One(t.Context(), asking("A", "10000", "5000", "r"))
	if err != nil || planned.Err != nil || !strings.Contains(planned.Warning.English, "5000 of it is tax-free, and Toss 10000") {
		t.Errorf("planned %+v, %v", planned, err)
	}
	if _, err := d.asker().One(t.Context(), refunds.Asking{MID: "other", OrderID: "A", All: true, Reason: "x"}); err != nil {
		t.Errorf("a merchant that is not configured is the asking's fault: %v", err)
	}
	d.down = 1
	if _, err := d.asker().One(t.Context(), whole("A")); err == nil {
		t.Error("planned without a look-up")
	}
}
