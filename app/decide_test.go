package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/reports/book"
)

const shop = "tosspayments"

var decidedAt = time.Date(2026, 11, 22, 9, 0, 0, 0, pay.Seoul)

// desk is a store and a provider that remember what they are asked.
type desk struct {
	breaks   map[string]reconcile.Break
	requests []refunds.Request
	known    refunds.Known
	payments map[string]pay.Payment
	down     error // the provider cannot be asked

	asked   []string // payments that were looked up
	decided []RefundDecision
	taken   []reconcile.Decision
	kept    []bool
}

func (d *desk) Break(_ context.Context, id string) (reconcile.Break, error) {
	b, ok := d.breaks[id]
	if !ok {
		return b, fmt.Errorf("break %s: %w", id, ErrUnknownID)
	}
	return b, nil
}

func (d *desk) RefundsOfOrder(context.Context, string, string) ([]refunds.Request, error) {
	return d.requests, nil
}

func (d *desk) Known(context.Context, refunds.Request) (refunds.Known, error) { return d.known, nil }

func (d *desk) TakeWord(_ context.Context, w reconcile.Decision, _, _ string, keep bool, _ time.Time) (bool, error) {
	d.taken, d.kept = append(d.taken, w), append(d.kept, keep)
	return true, nil
}

func (d *desk) DecideRefund(_ context.Context, decision RefundDecision, keep bool) (Decided, error) {
	b, changed, err := d.breaks[decision.Word.ID].Take(decision.Word, decision.By, decision.Now)
	if err != nil {
		return Decided{}, err
	}
	d.decided, d.kept = append(d.decided, decision), append(d.kept, keep)
	return Decided{Break: b, Request: decision.Request, Changed: changed}, nil
}

func (d *desk) Payment(_ context.Context, _, key string) (pay.Payment, pay.Evidence, error) {
	d.asked = append(d.asked, key)
	if d.down != nil {
		return pay.Payment{}, pay.Evidence{}, d.down
	}
	p, ok := d.payments[key]
	if !ok {
		return p, pay.Evidence{}, &pay.Failure{Kind: pay.FailureNotFound}
	}
	return p, pay.Evidence{}, nil
}

func (d *desk) decider() *Decider {
	return &Decider{Store: d, Payments: d, By: "kim", Now: decidedAt,
		Policy: func(mid string) (refunds.AskPolicy, bool) {
			return refunds.AskPolicy{ApproveAbove: 10_000_000, AccountDays: 365, Single: map[pay.Currency]int64{pay.KRW: 1_000_000}}, mid == shop
		}}
}

// owing is a desk with one break over a payment of 30,000, of which the shop has
// cancelled 10,000.
func owing(change ...func(*desk, *reconcile.Break, *pay.Payment)) *desk {
	p := pay.Payment{MID: shop, PaymentKey: "k1", OrderID: "A-1", Status: pay.Done, Method: pay.Card, Currency: pay.KRW, TotalAmount: 30_000, BalanceAmount: 30_000,
		ApprovedAt: decidedAt.Add(-48 * time.Hour), PartialCancelable: true}
	local, provider := int64(20_000), int64(30_000)
	b := reconcile.Break{ID: "b1", Status: reconcile.Open, Since: "2026-11-21", Finding: reconcile.Finding{MID: shop, OrderID: "A-1", PaymentKey: "k1",
		Kind: reconcile.CancelNotExecuted, Currency: pay.KRW, LocalAmount: &local, ProviderAmount: &provider, Owed: 10_000}}
	d := &desk{known: refunds.Known{Order: &pay.Order{MID: shop, ID: "A-1", PG: pay.PGToss, Status: pay.OrderPartiallyCanceled, Currency: pay.KRW, Amount: 30_000, CanceledAmount: 10_000}}}
	for _, each := range change {
		each(d, &b, &p)
	}
	d.breaks = map[string]reconcile.Break{b.ID: b}
	if d.payments == nil {
		d.payments = map[string]pay.Payment{}
	}
	d.payments[p.PaymentKey] = p
	return d
}

// taken is an open request of somebody's for an amount.
func taken(amount int64) []refunds.Taken {
	return []refunds.Taken{{ID: "other", State: refunds.StateRequested, Parts: refunds.Parts{Amount: amount}}}
}

// kind turns the break into one of another kind; the shop holds nothing for it.
func kind(k reconcile.Kind) func(*desk, *reconcile.Break, *pay.Payment) {
	return func(d *desk, b *reconcile.Break, _ *pay.Payment) {
		b.Kind, b.Owed = k, 0
		switch k {
		case reconcile.MissingLocally:
			d.known.Order, b.LocalAmount = nil, nil
		case reconcile.PaidAfterCancel:
			d.known.Order.Status, d.known.Order.CanceledAmount = pay.OrderCanceled, 0
		case reconcile.DuplicatePayment:
			both := int64(60_000)
			b.ProviderAmount = &both
			d.known.Siblings = []refunds.Sibling{{MID: shop, PaymentKey: "k9"}}
			d.payments = map[string]pay.Payment{"k9": {MID: shop, PaymentKey: "k9", OrderID: "A-1", Status: pay.Done, Currency: pay.KRW, TotalAmount: 30_000, BalanceAmount: 30_000}}
		default: // as it is
		}
	}
}

func TestWhatADecisionAsksFor(t *testing.T) {
	t.Parallel()
	type change = func(*desk, *reconcile.Break, *pay.Payment)
	for _, test := range []struct {
		name    string
		change  []change
		named   refunds.Named
		amount  int64
		taxFree int64
		state   refunds.State
		refused string
	}{
		{name: "what is owed", amount: 10_000, state: refunds.StateRequested},
		{name: "what is owed less what somebody asked for", change: []change{func(d *desk, _ *reconcile.Break, _ *pay.Payment) { d.known.Taken = taken(4_000) }}, amount: 6_000, state: refunds.StateRequested},
		{name: "what is owed less what went back by hand", change: []change{func(d *desk, _ *reconcile.Break, _ *pay.Payment) {
			d.known.Given = []refunds.Given{{Parts: refunds.Parts{Amount: 4_000}}}
		}}, amount: 6_000, state: refunds.StateRequested},
		{name: "what is owed less what was cancelled since", change: []change{func(_ *desk, _ *reconcile.Break, p *pay.Payment) {
			p.Status, p.BalanceAmount, p.Cancels = pay.PartialCanceled, 27_000, []pay.Cancel{{Amount: 3_000, Status: pay.CancelDone}}
		}}, amount: 7_000, state: refunds.StateRequested},
		{name: "all that is asked for already", change: []change{func(d *desk, _ *reconcile.Break, _ *pay.Payment) { d.known.Taken = taken(10_000) }}, refused: "10000 KRW of this payment are asked for already"},
		{name: "more is owed than the break showed", change: []change{func(d *desk, _ *reconcile.Break, _ *pay.Payment) { d.known.Order.CanceledAmount = 12_000 }}, refused: "12000 KRW would go back, and the break showed 10000 KRW"},
		{name: "nothing is owed any more", change: []change{func(d *desk, _ *reconcile.Break, _ *pay.Payment) { d.known.Order.CanceledAmount = 0 }}, refused: "nothing is left to give back"},
		{name: "nothing is left at Toss", change: []change{func(_ *desk, _ *reconcile.Break, p *pay.Payment) { p.Status, p.BalanceAmount = pay.Canceled, 0 }}, refused: "nothing is left to give back"},
		{name: "both disagree on what was paid", change: []change{func(_ *desk, b *reconcile.Break, _ *pay.Payment) { b.Owed = 0 }}, refused: "how much is owed does not follow"},
		{name: "a figure that counts points and bank transfers, too", change: []change{func(_ *desk, b *reconcile.Break, _ *pay.Payment) {
			b.Owed, b.Remark = 0, reconcile.RefundWaysMixed
		}}, refused: "the shop's file does not tell how much goes back through Toss (its figure may count points and bank transfers, or it shows items and no figure); ask for what does: daesa refunds add --order A-1 --amount N --ref WORD --reason TEXT"},
		{name: "above max_single", change: []change{func(d *desk, b *reconcile.Break, p *pay.Payment) {
			p.TotalAmount, p.BalanceAmount, b.Owed = 3_000_000, 3_000_000, 2_000_000
			d.known.Order.Amount, d.known.Order.CanceledAmount = 3_000_000, 2_000_000
		}}, refused: "above refunds.max_single"},
		{name: "past its deadline", change: []change{func(_ *desk, _ *reconcile.Break, p *pay.Payment) {
			p.Method, p.ApprovedAt = pay.Transfer, decidedAt.AddDate(0, -8, 0)
		}}, refused: "Toss can no longer cancel it"},
		{name: "a deposited virtual account without account", change: []change{kind(reconcile.MissingLocally), func(_ *desk, _ *reconcile.Break, p *pay.Payment) {
			p.Method, p.Account = pay.VirtualAccount, &pay.VirtualAccountState{}
		}}, amount: 30_000, state: refunds.StateNeedsAccount},
		{name: "a mixed tax part that nobody named", change: []change{func(_ *desk, _ *reconcile.Break, p *pay.Payment) { p.TaxFreeAmount = 15_000 }}, refused: "say how much of this part is"},
		{name: "a mixed tax part", change: []change{func(_ *desk, _ *reconcile.Break, p *pay.Payment) { p.TaxFreeAmount = 15_000 }}, named: refunds.Named{TaxFree: "4000"}, amount: 10_000, taxFree: 4_000, state: refunds.StateRequested},
		{name: "paid after the cancel: all that is held", change: []change{kind(reconcile.PaidAfterCancel)}, amount: 30_000, state: refunds.StateRequested},
		{name: "an order that the shop lacks: all that is held", change: []change{kind(reconcile.MissingLocally)}, amount: 30_000, state: refunds.StateRequested},
		{name: "an order that the shop has found since", change: []change{kind(reconcile.MissingLocally), func(d *desk, _ *reconcile.Break, _ *pay.Payment) {
			d.known.Order = &pay.Order{PG: pay.PGToss, Status: pay.OrderPaid, Currency: pay.KRW, Amount: 30_000}
		}}, refused: "or the shop holds it now"},
		{name: "a duplicate payment that nobody named", change: []change{kind(reconcile.DuplicatePayment)}, refused: "must be named: daesa breaks resolve b1 --as refund_now --payment KEY"},
		{name: "a duplicate payment", change: []change{kind(reconcile.DuplicatePayment)}, named: refunds.Named{Payment: "k1"}, amount: 30_000, state: refunds.StateRequested},
		{name: "the only payment that holds money", change: []change{kind(reconcile.DuplicatePayment), func(d *desk, _ *reconcile.Break, _ *pay.Payment) { delete(d.payments, "k9") }},
			named: refunds.Named{Payment: "k1"}, refused: "30000 KRW would go back, and the payments of this order hold 10000 KRW more than the shop"},
		{name: "the payment of another order", change: []change{kind(reconcile.DuplicatePayment), func(d *desk, _ *reconcile.Break, _ *pay.Payment) {
			d.payments = map[string]pay.Payment{"k2": {MID: shop, PaymentKey: "k2", OrderID: "A-2", Currency: pay.KRW}}
		}}, named: refunds.Named{Payment: "k2"}, refused: "belongs to order A-2"},
		{name: "the payment of another merchant", change: []change{func(_ *desk, _ *reconcile.Break, p *pay.Payment) { p.MID = "other" }}, refused: `belongs to merchant "other"`},
		{name: "a payment that Toss names no merchant for", change: []change{func(_ *desk, _ *reconcile.Break, p *pay.Payment) { p.MID = "" }}, refused: "Toss does not say whose payment this is"},
		{name: "a payment that Toss does not know", change: []change{kind(reconcile.DuplicatePayment)}, named: refunds.Named{Payment: "k3"}, refused: "no such payment at Toss"},
		{name: "another payment of a break that is about one", named: refunds.Named{Payment: "k2"}, refused: "the break is about another payment: k1"},
		{name: "a kind from which no amount follows", change: []change{kind(reconcile.NeverPaid)}, refused: "how much goes back does not follow from never_paid"},
		{name: "an amount that differs", change: []change{kind(reconcile.AmountMismatch)}, refused: "how much goes back does not follow from amount_mismatch"},
		{name: "a refund that failed", change: []change{kind(reconcile.RefundFailed)}, refused: "how much goes back does not follow from refund_failed"},
		{name: "too young to say", change: []change{func(_ *desk, b *reconcile.Break, _ *pay.Payment) { b.Status = reconcile.Timing }}, refused: "too young to say"},
		{name: "another currency", change: []change{func(_ *desk, _ *reconcile.Break, p *pay.Payment) { p.Currency = pay.USD }}, refused: "the break is in KRW and the payment in USD"},
		{name: "a merchant that left", change: []change{func(_ *desk, b *reconcile.Break, _ *pay.Payment) { b.MID = "gone" }}, refused: "merchant gone is not configured"},
		{name: "both sides agree", change: []change{func(_ *desk, b *reconcile.Break, _ *pay.Payment) { b.Status = reconcile.Cleared }}, refused: "cleared by itself"},
		{name: "decided already", change: []change{func(_ *desk, b *reconcile.Break, _ *pay.Payment) { *b = b.Refund("r1", "lee", "", decidedAt) }}, refused: "refund r1 was asked for by the decision of lee"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := owing(test.change...)
			done, _, err := d.decider().Resolve(t.Context(), "b1", "customer called", test.named)
			if test.refused != "" {
				var refused *RefusedError
				if !errors.As(err, &refused) || !strings.Contains(err.Error(), test.refused) || refused.Advice == "" || len(d.decided) > 0 {
					t.Fatalf("%v, %d decided; want it refused: %s", err, len(d.decided), test.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			r := done.Request
			if r.Amount != test.amount || r.TaxFreeAmount != test.taxFree || r.State != test.state || r.RequestedBy != "kim" || r.BreakID != "b1" || r.Approval != "" {
				t.Errorf("%+v", r)
			}
			if strings.Contains(r.Reason, "called") || r.Reason == "" {
				t.Errorf("the buyer would read %q", r.Reason)
			}
			if done.Break.Status != reconcile.Refunding || done.Break.RefundID != r.ID || done.Break.Note != "customer called" {
				t.Errorf("%+v", done.Break)
			}
		})
	}
}

func TestADecisionTakesOverWhatTheNightAskedFor(t *testing.T) {
	t.Parallel()
	d := owing(func(d *desk, _ *reconcile.Break, _ *pay.Payment) {
		d.requests = []refunds.Request{{ID: "old", BreakID: "b1", State: refunds.StateRejected}, {ID: "other", BreakID: "b2", State: refunds.StateRequested},
			{ID: "night", BreakID: "b1", State: refunds.StateRequested, Amount: 10_000, Currency: pay.KRW}}
	})
	done, _, err := d.decider().Resolve(t.Context(), "b1", "yes", refunds.Named{})
	if err != nil || done.Request.ID != "night" || len(d.asked) != 0 || !d.decided[0].Adopted || done.Break.RefundID != "night" {
		t.Errorf("%+v, looked up %v, %v", done, d.asked, err)
	}
}

func TestTheNextRequestOfABreakHasARefOfItsOwn(t *testing.T) {
	t.Parallel()
	d := owing(func(d *desk, _ *reconcile.Break, _ *pay.Payment) {
		d.requests = []refunds.Request{{ID: "first", BreakID: "b1", State: refunds.StateRejected}, {ID: "other", BreakID: "b2", State: refunds.StateRejected}}
	})
	done, _, err := d.decider().Resolve(t.Context(), "b1", "yes", refunds.Named{})
	if err != nil || done.Request.Ref != "break:b1:2" || done.Request.ID != refunds.RequestID(shop, "break:b1:2") {
		t.Errorf("%+v %v", done.Request, err)
	}
}

// row is a word of a workbook about a break of the desk.
func row(d *desk, id string, as reconcile.Disposition) book.RowDecision {
	return book.RowDecision{Sheet: "불일치", Row: 7, OrderID: d.breaks[id].OrderID, Word: reconcile.Decision{ID: id, As: as, Seen: d.breaks[id]}}
}

func TestNothingOfAWorkbookIsTakenWhereTossCannotBeAsked(t *testing.T) {
	t.Parallel()
	d := owing()
	d.breaks["b2"] = reconcile.Break{ID: "b2", Status: reconcile.Open}
	d.down = &pay.Failure{Kind: pay.FailureNoAnswer, API: "GET /v1/payments"}
	_, err := d.decider().Apply(t.Context(), Workbook{}, []book.RowDecision{row(d, "b2", reconcile.Waiting), row(d, "b1", reconcile.RefundNow)}, true)
	if err == nil || !strings.Contains(err.Error(), "nothing was decided") || len(d.taken)+len(d.decided) > 0 {
		t.Errorf("%v; %d words and %d decisions were taken", err, len(d.taken), len(d.decided))
	}
}

func TestAWorkbookIsTakenRowByRow(t *testing.T) {
	t.Parallel()
	d := owing()
	b := d.breaks["b1"]
	unpaid := b
	unpaid.ID, unpaid.Kind = "b3", reconcile.NeverPaid
	after := b
	after.ID, after.Kind, after.Owed = "b4", reconcile.PaidAfterCancel, 0
	lost := b
	lost.ID = "b5"
	d.breaks["b2"], d.breaks["b3"], d.breaks["b4"] = reconcile.Break{ID: "b2", Status: reconcile.Open}, unpaid, after
	d.breaks["b6"] = b.Refund("r6", "kim", "", decidedAt)
	same := row(d, "b6", reconcile.RefundNow)
	same.Word.ID, same.Word.Seen = "b6", b
	words := []book.RowDecision{row(d, "b1", reconcile.RefundNow), row(d, "b2", reconcile.Waiting), row(d, "b3", reconcile.RefundNow),
		row(d, "b4", reconcile.RefundNow), {Word: reconcile.Decision{ID: "b5", As: reconcile.RefundNow, Seen: lost}}, same}
	applied, err := d.decider().Apply(t.Context(), Workbook{SHA256: "sum", Batch: "batch"}, words, false)
	if err != nil {
		t.Fatal(err)
	}
	var taken, refused []string
	for _, row := range applied.Taken {
		taken = append(taken, row.Row.Word.ID)
	}
	for _, row := range applied.Refused {
		refused = append(refused, row.Row.Word.ID)
	}
	// b4 is of the same payment as b1, whose money is not asked for twice; b6 bears its decision already.
	if diff := cmp.Diff([]string{"b1", "b2"}, taken); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"b3", "b4", "b5"}, refused); diff != "" {
		t.Error(diff)
	}
	if reason := applied.Refused[1].Reason; !strings.Contains(reason, "10000 KRW of this payment are asked for already") {
		t.Errorf("b4 is refused since %s", reason)
	}
	if d.decided[0].Request.Batch != "batch" || d.decided[0].Workbook.SHA256 != "sum" || d.kept[0] || d.kept[1] {
		t.Errorf("%+v, kept %v", d.decided[0], d.kept)
	}
}

func TestOneLineApprovesWhatOneWorkbookAsksFor(t *testing.T) {
	t.Parallel()
	won := func(id string, amount int64, change ...func(*refunds.Request)) refunds.Request {
		r := refunds.Request{ID: id, Batch: "b", Amount: amount, Currency: pay.KRW, State: refunds.StateRequested}
		for _, each := range change {
			each(&r)
		}
		return r
	}
	dollars := func(r *refunds.Request) { r.Currency = pay.USD }
	for _, test := range []struct {
		name     string
		requests []refunds.Request
		batch    string
		want     []string
	}{
		{"none", nil, "b", nil},
		{"one by its id", []refunds.Request{won("r1", 500)}, "", []string{"daesa refunds approve r1 --expect-count 1 --expect-amount 500"}},
		{"a batch", []refunds.Request{won("r1", 500), won("r2", 700)}, "b", []string{"daesa refunds approve --batch b --expect-count 2 --expect-amount 1200"}},
		{"what waits for an account, or was approved, is not in it", []refunds.Request{won("r1", 500), won("r2", 1, func(r *refunds.Request) { r.State = refunds.StateNeedsAccount }), won("r3", 1, func(r *refunds.Request) { r.State = refunds.StateApproved })}, "b",
			[]string{"daesa refunds approve --batch b --expect-count 1 --expect-amount 500"}},
		{"what equals another is named", []refunds.Request{won("r1", 500), won("r2", 500, func(r *refunds.Request) { r.SameAs = "r0" })}, "b",
			[]string{"daesa refunds approve --batch b --expect-count 1 --expect-amount 500", "daesa refunds approve r2 --expect-count 1 --expect-amount 500"}},
		{"what was there before is named", []refunds.Request{won("r1", 500), won("r2", 300, func(r *refunds.Request) { r.Batch = "" })}, "b",
			[]string{"daesa refunds approve --batch b --expect-count 1 --expect-amount 500", "daesa refunds approve r2 --expect-count 1 --expect-amount 300"}},
		{"currencies are never summed", []refunds.Request{won("r1", 500), won("r2", 18156, dollars), won("r3", 100, dollars)}, "b",
			[]string{"daesa refunds approve r1 --expect-count 1 --expect-amount 500", "daesa refunds approve r2 r3 --expect-count 2 --expect-amount 182.56"}},
	} {
		var got []string
		for _, a := range ApprovalsOf(test.requests, test.batch) {
			got = append(got, a.Command())
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}
