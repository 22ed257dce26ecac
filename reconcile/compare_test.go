package reconcile

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/pay"
)

const day = pay.Day("2026-11-21")

func hour(h int) time.Time { return day.Start().Add(time.Duration(h) * time.Hour) }

// settled: half an hour before the end of the day.
var settled = Settled(day, day.End().Add(90*time.Minute), 30*time.Minute)

type orderOption func(*pay.Order)

func shop(status pay.OrderStatus, options ...orderOption) *pay.Order {
	o := &pay.Order{MID: "m", ID: "o-1", Status: status, Amount: 10000, PG: pay.PGToss, Currency: pay.KRW, Method: pay.Card, OrderedAt: hour(9)}
	if status == pay.OrderPaid || status == pay.OrderPartiallyCanceled {
		o.PaidAt = hour(10)
	}
	for _, option := range options {
		option(o)
	}
	return o
}

func paidAt(h int) orderOption { return func(o *pay.Order) { o.PaidAt = hour(h) } }

func canceled(amount int64, h int) orderOption {
	return func(o *pay.Order) { o.CanceledAmount, o.CanceledAt = amount, hour(h) }
}

// unknown: the shop's file does not say whether the order had been paid.
func unknown() orderOption { return func(o *pay.Order) { o.PaidUnknown = true } }

// TestAFigureThatCountsPointsIsNeverOwed: what a platform calls given back
// counts points and bank transfers, too, so that only a person knows how much of
// it must go back through Toss.
func TestAFigureThatCountsPointsIsNeverOwed(t *testing.T) {
	order := shop(pay.OrderPartiallyCanceled, canceled(4000, 11))
	exact := Compare(order, []pay.Payment{toss(pay.Done)}, settled)
	order.MixedRefunds = true
	mixed := Compare(order, []pay.Payment{toss(pay.Done)}, settled)
	if len(exact) != 1 || exact[0].Owed != 4000 || len(mixed) != 1 || mixed[0].Kind != CancelNotExecuted || mixed[0].Owed != 0 ||
		mixed[0].Remark != RefundWaysMixed || exact[0].Remark != "" {
		t.Errorf("%+v\n%+v", exact, mixed)
	}
}

// TestTheNewestOfTwoPaymentsIsComparedWithTheOrder: a buyer paid twice, and both
// went back; the shop means the one that moved last, whatever order they come in.
func TestTheNewestOfTwoPaymentsIsComparedWithTheOrder(t *testing.T) {
	older := toss(pay.Canceled, key("k-1"), back(0, 11, ""))
	newer := toss(pay.Canceled, key("k-9"), back(0, 13, ""))
	for _, payments := range [][]pay.Payment{{older, newer}, {newer, older}} {
		found := Compare(shop(pay.OrderPaid), payments, settled)
		if len(found) != 1 || found[0].Kind != CancelNotRecorded || found[0].PaymentKey != "k-9" || !found[0].MovedAt.Equal(hour(13)) {
			t.Errorf("%+v", found)
		}
	}
}

type paymentOption func(*pay.Payment)

func toss(status pay.PaymentStatus, options ...paymentOption) pay.Payment {
	p := pay.Payment{MID: "m", PaymentKey: "k-1", OrderID: "o-1", Status: status, Method: pay.Card, Currency: pay.KRW,
		TotalAmount: 10000, BalanceAmount: 10000, RequestedAt: hour(9)}
	if status == pay.Done || status == pay.PartialCanceled || status == pay.Canceled {
		p.ApprovedAt = hour(10)
	}
	if status == pay.Canceled {
		p.BalanceAmount = 0
	}
	for _, option := range options {
		option(&p)
	}
	return p
}

func amount(total int64) paymentOption {
	return func(p *pay.Payment) { p.TotalAmount, p.BalanceAmount = total, total }
}

func key(k string) paymentOption { return func(p *pay.Payment) { p.PaymentKey = k } }

func back(amount int64, h int, reason string) paymentOption {
	return func(p *pay.Payment) {
		p.BalanceAmount -= amount
		p.Cancels = append(p.Cancels, pay.Cancel{TransactionKey: "c", Amount: amount, Status: pay.CancelDone, CanceledAt: hour(h), Reason: reason})
	}
}

// running is a foreign cancel that has not ended yet.
func running(amount int64) paymentOption {
	return func(p *pay.Payment) {
		p.Cancels = append(p.Cancels, pay.Cancel{TransactionKey: "r", Amount: amount, Status: pay.CancelInProgress, CanceledAt: hour(11)})
	}
}

func account(refund pay.RefundStatus, expired bool) paymentOption {
	return func(p *pay.Payment) {
		p.Method, p.Account = pay.VirtualAccount, &pay.VirtualAccountState{Refund: refund, Expired: expired}
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	ours := pay.WithMarker("변심", "abcdefghijklmnopqrstuvwxyz")
	tests := []struct {
		name     string
		order    *pay.Order
		payments []pay.Payment
		want     []Kind
	}{
		{"paid on both sides", shop(pay.OrderPaid), []pay.Payment{toss(pay.Done)}, nil},
		{"pending, and nothing at Toss", shop(pay.OrderPending), nil, nil},
		{"failed, and aborted at Toss", shop(pay.OrderFailed), []pay.Payment{toss(pay.Aborted)}, nil},
		{"cancelled on both sides, whatever the words say", shop(pay.OrderPaid, canceled(10000, 11)), []pay.Payment{toss(pay.PartialCanceled, back(10000, 11, ""))}, nil},
		{"partly cancelled on both sides", shop(pay.OrderPartiallyCanceled, canceled(3000, 11)), []pay.Payment{toss(pay.PartialCanceled, back(3000, 11, ""))}, nil},
		{"given back elsewhere on the shop's word, cancelled at Toss", shop(pay.OrderPaid, func(o *pay.Order) { o.RefundedElsewhere = 3000 }), []pay.Payment{toss(pay.PartialCanceled, back(3000, 11, ""))}, nil},
		{"a second try that failed beside one that was paid", shop(pay.OrderPaid), []pay.Payment{toss(pay.Expired, key("k-0")), toss(pay.Done)}, nil},
		{"a card behind easy pay", shop(pay.OrderPaid, func(o *pay.Order) { o.Method = pay.EasyPay }), []pay.Payment{toss(pay.Done)}, nil},

		{"paid, and no such payment", shop(pay.OrderPaid), nil, []Kind{MissingAtProvider}},
		{"no such order, paid", nil, []pay.Payment{toss(pay.Done)}, []Kind{MissingLocally}},
		{"no such order, and cancelled again", nil, []pay.Payment{toss(pay.Canceled)}, nil},
		{"pending, paid", shop(pay.OrderPending), []pay.Payment{toss(pay.Done)}, []Kind{PaidNotRecorded}},
		{"failed, paid", shop(pay.OrderFailed), []pay.Payment{toss(pay.Done)}, []Kind{PaidNotRecorded}},
		{"one order, two payments that hold money", shop(pay.OrderPaid), []pay.Payment{toss(pay.Done), toss(pay.Done, key("k-2"))}, []Kind{DuplicatePayment}},
		{"one order, two payments, one of them cancelled", shop(pay.OrderPaid), []pay.Payment{toss(pay.Canceled, key("k-0")), toss(pay.Done)}, nil},
		{"cancelled, then paid", shop(pay.OrderCanceled, canceled(0, 9)), []pay.Payment{toss(pay.Done)}, []Kind{PaidAfterCancel}},
		{"cancelled in the very second of its payment: that is no earlier", shop(pay.OrderCanceled, paidAt(10), canceled(10000, 10)), []pay.Payment{toss(pay.Done)}, []Kind{CancelNotExecuted}},
		{"cancelled, and the file does not say whether it was paid: Toss was", shop(pay.OrderCanceled, unknown()), []pay.Payment{toss(pay.Done)}, []Kind{CancelNotExecuted}},
		{"cancelled, and the file does not say whether it was paid: Toss was not", shop(pay.OrderCanceled, unknown()), []pay.Payment{toss(pay.Expired)}, nil},
		{"cancelled, and the file does not say whether it was paid: all went back", shop(pay.OrderCanceled, unknown()), []pay.Payment{toss(pay.Canceled)}, nil},
		{"cancelled, and the file says when but not whether it was paid", shop(pay.OrderCanceled, unknown(), canceled(0, 9)), []pay.Payment{toss(pay.Done)}, []Kind{PaidAfterCancel}},
		{"deleted without a time, and paid", shop(pay.OrderDeleted), []pay.Payment{toss(pay.Done)}, []Kind{PaidAfterCancel}},
		{"paid, and aborted", shop(pay.OrderPaid), []pay.Payment{toss(pay.Aborted)}, []Kind{NeverPaid}},
		{"paid, and expired", shop(pay.OrderPaid), []pay.Payment{toss(pay.Expired)}, []Kind{NeverPaid}},
		{"paid, and a virtual account that waits", shop(pay.OrderPaid), []pay.Payment{toss(pay.WaitingForDeposit, account(pay.RefundNone, false))}, []Kind{NeverPaid}},
		{"paid, and the deposit was taken back", shop(pay.OrderPaid), []pay.Payment{toss(pay.WaitingForDeposit, account(pay.RefundNone, false), func(p *pay.Payment) { p.WasDone = true })}, []Kind{DepositReversed}},
		{"cancelled, and a buyer could still pay", shop(pay.OrderCanceled, canceled(0, 11)), []pay.Payment{toss(pay.WaitingForDeposit, account(pay.RefundNone, false))}, []Kind{VAStillOpen}},
		{"cancelled, and the account has expired", shop(pay.OrderCanceled, canceled(0, 11)), []pay.Payment{toss(pay.WaitingForDeposit, account(pay.RefundNone, true))}, nil},
		{"pending, and a virtual account that waits", shop(pay.OrderPending), []pay.Payment{toss(pay.WaitingForDeposit, account(pay.RefundNone, false))}, nil},
		{"cancelled, and Toss still holds all", shop(pay.OrderCanceled, paidAt(10), canceled(10000, 11)), []pay.Payment{toss(pay.Done)}, []Kind{CancelNotExecuted}},
		{"cancelled while its payment was not yet seen", shop(pay.OrderCanceled, canceled(0, 11)), []pay.Payment{toss(pay.Done)}, []Kind{CancelNotExecuted}},
		{"cancelled more than Toss did", shop(pay.OrderPartiallyCanceled, canceled(5000, 11)), []pay.Payment{toss(pay.PartialCanceled, back(2000, 11, ""))}, []Kind{CancelNotExecuted}},
		{"cancelled less than Toss did, by the console", shop(pay.OrderPaid), []pay.Payment{toss(pay.PartialCanceled, back(2000, 11, "고객 요청"))}, []Kind{CancelNotRecorded}},
		{"cancelled less than Toss did, by us", shop(pay.OrderPaid), []pay.Payment{toss(pay.PartialCanceled, back(2000, 11, ours))}, []Kind{CancelNotRecorded}},
		{"another amount, less", shop(pay.OrderPaid), []pay.Payment{toss(pay.Done, amount(9000))}, []Kind{AmountMismatch}},
		{"another amount, more", shop(pay.OrderPaid), []pay.Payment{toss(pay.Done, amount(11000))}, []Kind{AmountMismatch}},
		{"one won less", shop(pay.OrderPaid), []pay.Payment{toss(pay.Done, amount(9999))}, []Kind{AmountMismatch}},
		{"one won more", shop(pay.OrderPaid), []pay.Payment{toss(pay.Done, amount(10001))}, []Kind{AmountMismatch}},
		{"one won was not cancelled", shop(pay.OrderPartiallyCanceled, canceled(5000, 11)), []pay.Payment{toss(pay.PartialCanceled, back(4999, 11, ""))}, []Kind{CancelNotExecuted}},
		{"another currency", shop(pay.OrderPaid), []pay.Payment{toss(pay.Done, func(p *pay.Payment) { p.Currency = pay.USD })}, []Kind{CurrencyMismatch}},
		{"another method", shop(pay.OrderPaid, func(o *pay.Order) { o.Method = pay.Phone }), []pay.Payment{toss(pay.Done)}, []Kind{MethodMismatch}},
		{"another payment key", shop(pay.OrderPaid, func(o *pay.Order) { o.PaymentKey = "k-9" }), []pay.Payment{toss(pay.Done)}, []Kind{PaymentKeyMismatch}},
		{"another method and key", shop(pay.OrderPaid, func(o *pay.Order) { o.PaymentKey, o.Method = "k-9", pay.Phone }), []pay.Payment{toss(pay.Done)}, []Kind{MethodMismatch, PaymentKeyMismatch}},
		{"both cancelled, and Toss could not pay out", shop(pay.OrderCanceled, paidAt(10), canceled(10000, 11)), []pay.Payment{toss(pay.Canceled, account(pay.RefundFailed, false))}, []Kind{RefundFailed}},
		{"a refund paid out in part", shop(pay.OrderCanceled, paidAt(10), canceled(10000, 11)), []pay.Payment{toss(pay.Canceled, account(pay.RefundPartialFailed, false))}, []Kind{RefundFailed}},
	}
	seen := map[Kind]bool{}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []Kind
			for _, f := range Compare(test.order, test.payments, settled) {
				got = append(got, f.Kind)
				seen[f.Kind] = true
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	for _, kind := range Kinds {
		if !seen[kind] {
			t.Errorf("no case finds %s", kind)
		}
	}
}

// TestAnOrderIsComparedWithThePaymentThatHoldsItsMoney: then with the shop's own,
// then with one that was paid, then with the newest.
func TestAnOrderIsComparedWithThePaymentThatHoldsItsMoney(t *testing.T) {
	t.Parallel()
	at := func(h int) paymentOption { return func(p *pay.Payment) { p.ApprovedAt = hour(h) } }
	own := func(o *pay.Order) { o.PaymentKey = "own" }
	for _, test := range []struct {
		name  string
		order *pay.Order
		a, b  pay.Payment
		want  string
	}{
		{"the one that holds money", shop(pay.OrderPaid), toss(pay.Done, key("holds"), amount(9000), at(8)), toss(pay.Canceled, key("gone"), at(11)), "holds"},
		{"also where the shop names another", shop(pay.OrderPaid, own), toss(pay.Done, key("holds"), amount(9000)), toss(pay.Canceled, key("own")), "holds"},
		{"of two that hold money the shop's own", shop(pay.OrderPaid, own), toss(pay.Done, key("own"), at(8)), toss(pay.Done, key("other"), at(11)), "own"},
		{"of two that hold none the shop's own", shop(pay.OrderPaid, own), toss(pay.Canceled, key("own"), at(8), back(10000, 9, "")), toss(pay.Canceled, key("other"), at(11), back(10000, 12, "")), "own"},
		{"the one that was paid", shop(pay.OrderPaid), toss(pay.Canceled, key("paid"), at(8), back(10000, 9, "")), toss(pay.Expired, key("expired"), func(p *pay.Payment) { p.RequestedAt = hour(11) }), "paid"},
		{"the newest", shop(pay.OrderPaid), toss(pay.Done, key("old"), at(8)), toss(pay.Done, key("new"), at(11)), "new"},
		{"the one whose cancel is the newest", shop(pay.OrderPaid), toss(pay.Canceled, key("late"), at(8), back(10000, 12, "")), toss(pay.Canceled, key("early"), at(10), back(10000, 11, "")), "late"},
	} {
		for _, payments := range [][]pay.Payment{{test.a, test.b}, {test.b, test.a}} {
			found := Compare(test.order, payments, settled)
			if len(found) == 0 || found[0].PaymentKey != test.want {
				t.Errorf("%s: %+v", test.name, found)
			}
		}
	}
}

func TestOriginTellsOurCancelsFromOthers(t *testing.T) {
	t.Parallel()
	ours := Compare(shop(pay.OrderPaid), []pay.Payment{toss(pay.PartialCanceled, back(2000, 11, pay.WithMarker("변심", "abcdefghijklmnopqrstuvwxyz")))}, settled)
	other := Compare(shop(pay.OrderPaid), []pay.Payment{toss(pay.PartialCanceled, back(2000, 11, "콘솔 취소"))}, settled)
	if ours[0].Origin != Ours || other[0].Origin != Outside {
		t.Errorf("origins %q and %q", ours[0].Origin, other[0].Origin)
	}
	newest := Compare(shop(pay.OrderPaid), []pay.Payment{toss(pay.PartialCanceled, back(2000, 11, "콘솔 취소"), back(1000, 12, pay.WithMarker("변심", "abcdefghijklmnopqrstuvwxyz")))}, settled)
	if newest[0].Origin != Ours {
		t.Errorf("the newest cancel is ours, and the origin %q", newest[0].Origin)
	}
}

func TestOwedIsWhatTheShopCancelledAndTossDidNot(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		order    *pay.Order
		payment  pay.Payment
		wantOwed int64
	}{
		{"all of it", shop(pay.OrderCanceled, paidAt(10), canceled(10000, 11)), toss(pay.Done), 10000},
		{"the rest", shop(pay.OrderPartiallyCanceled, canceled(5000, 11)), toss(pay.PartialCanceled, back(2000, 11, "")), 3000},
		{"less what was given back elsewhere", shop(pay.OrderCanceled, paidAt(10), canceled(6000, 11), func(o *pay.Order) { o.RefundedElsewhere = 4000 }), toss(pay.Done), 6000},
		{"all, where the shop had not seen the payment", shop(pay.OrderCanceled, canceled(0, 11)), toss(pay.Done), 10000},
		{"all but what went back elsewhere, where the shop had not seen the payment", shop(pay.OrderCanceled, canceled(0, 11), func(o *pay.Order) { o.RefundedElsewhere = 4000 }), toss(pay.Done), 6000},
		{"less what is on its way", shop(pay.OrderPartiallyCanceled, canceled(5000, 11)), toss(pay.PartialCanceled, running(3000)), 2000},
		{"all but what is on its way, where the shop had not seen the payment", shop(pay.OrderCanceled, canceled(0, 11)), toss(pay.PartialCanceled, running(3000)), 7000},
		{"nothing, where all of it is on its way", shop(pay.OrderPartiallyCanceled, canceled(3000, 11)), toss(pay.PartialCanceled, running(3000)), 0},
		{"nothing, where they do not agree on what was paid", shop(pay.OrderCanceled, paidAt(10), canceled(10000, 11)), toss(pay.Done, amount(9000)), 0},
		{"nothing for money that came after the cancel", shop(pay.OrderCanceled, canceled(0, 9)), toss(pay.Done), 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			found := Compare(test.order, []pay.Payment{test.payment}, settled)
			if len(found) != 1 || found[0].Owed != test.wantOwed {
				t.Errorf("found %+v, want %d owed", found, test.wantOwed)
			}
		})
	}
}

func TestADifferenceOfTheLastMinutesIsTiming(t *testing.T) {
	t.Parallel()
	late := shop(pay.OrderPaid, func(o *pay.Order) { o.PaidAt = day.End().Add(-29 * time.Minute) })
	early := shop(pay.OrderPaid, func(o *pay.Order) { o.PaidAt = day.End().Add(-31 * time.Minute) })
	edge := shop(pay.OrderPaid, func(o *pay.Order) { o.PaidAt = settled })
	if f := Compare(edge, nil, settled); !f[0].Timing {
		t.Error("what moved in the very second from which on nothing is settled is called a break")
	}
	if f := Compare(late, nil, settled); !f[0].Timing {
		t.Error("a difference of 29 minutes before midnight is called a break")
	}
	if f := Compare(early, nil, settled); f[0].Timing {
		t.Error("a difference of 31 minutes before midnight is called timing")
	}
	again := Settled(day, day.End().Add(40*time.Hour), 30*time.Minute)
	if !again.Equal(settled) {
		t.Error("running the same night later moves what is settled")
	}
	if during := Settled(day, hour(15), 30*time.Minute); !during.Equal(hour(15).Add(-30 * time.Minute)) {
		t.Errorf("while the day runs, settled is %s", during)
	}
}

func TestATaxFreePartThatShopAndTossNameOtherwiseIsRemarked(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 1, 0, 0, 0, time.UTC)
	tests := []struct {
		name          string
		shop          int64
		amount        int64 // the order's
		left          int64 // tax-free at Toss
		canceled      pay.Cancel
		want          Remark
		localCanceled int64
	}{
		{"the same", 10_000, 30_000, 10_000, pay.Cancel{}, "", 12_000},
		{"another", 5000, 30_000, 10_000, pay.Cancel{}, TaxPartDiffers, 12_000},
		{"the shop names none", 0, 30_000, 10_000, pay.Cancel{}, "", 12_000},
		{"a part of it went back", 10_000, 30_000, 6000, pay.Cancel{Amount: 4000, TaxFreeAmount: 4000, Status: pay.CancelDone}, "", 12_000},
		{"what was aborted did not", 10_000, 30_000, 6000, pay.Cancel{Amount: 4000, TaxFreeAmount: 4000, Status: pay.CancelAborted}, TaxPartDiffers, 12_000},
		{"the amounts differ anyway", 5000, 31_000, 10_000, pay.Cancel{}, "", 12_000},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			order := pay.Order{MID: "m", ID: "A", Status: pay.OrderPartiallyCanceled, PG: pay.PGToss, Currency: pay.KRW, Amount: test.amount,
				CanceledAmount: test.localCanceled, TaxFreeAmount: test.shop, OrderedAt: at, PaidAt: at}
			p := pay.Payment{MID: "m", PaymentKey: "k", OrderID: "A", Status: pay.Done, Currency: pay.KRW, TotalAmount: 30_000,
				BalanceAmount: 30_000, TaxFreeAmount: test.left, ApprovedAt: at}
			if test.canceled.Amount > 0 {
				p.Cancels = []pay.Cancel{test.canceled}
				if test.canceled.Status == pay.CancelDone {
					p.BalanceAmount, p.Status = 30_000-test.canceled.Amount, pay.PartialCanceled
				}
			}
			found := Compare(&order, []pay.Payment{p}, at.Add(time.Hour))
			if len(found) != 1 || found[0].Remark != test.want {
				t.Errorf("found %+v, want the remark %q", found, test.want)
			}
		})
	}
}

// TestARefundIsFollowedUntilTossHasPaidItOut: no row of the list tells how the
// payout of a virtual account's refund ends.
func TestARefundIsFollowedUntilTossHasPaidItOut(t *testing.T) {
	t.Parallel()
	for status, want := range map[pay.RefundStatus]bool{pay.RefundNone: true, pay.RefundPending: true, pay.RefundCompleted: false, pay.RefundFailed: false, pay.RefundPartialFailed: false} {
		if got := Follows(toss(pay.Canceled, account(status, false), back(10000, 11, ""))); got != want {
			t.Errorf("a payout that is %q: followed %v", status, got)
		}
	}
	for what, p := range map[string]pay.Payment{
		"nothing was cancelled": toss(pay.Done, account(pay.RefundNone, false)),
		"nothing was paid":      toss(pay.Canceled, account(pay.RefundNone, false), back(10000, 11, ""), func(p *pay.Payment) { p.ApprovedAt = time.Time{} }),
		"a card":                toss(pay.Canceled, back(10000, 11, "")),
	} {
		if Follows(p) {
			t.Errorf("%s, and it is followed", what)
		}
	}
}

// TestAMovementContradictsACoveredDayAlone: a list is not whole where it lacks
// what a look-up shows of a day that was read to its end. A cancel abroad may
// stand in the list of the day after.
func TestAMovementContradictsACoveredDayAlone(t *testing.T) {
	t.Parallel()
	both, only := map[pay.Day]bool{day: true, day.Add(1): true}, map[pay.Day]bool{day: true, day.Add(1): false}
	for _, test := range []struct {
		name    string
		m       Movement
		covered map[pay.Day]bool
		want    bool
	}{
		{"in a day that was read", Movement{At: hour(10), Method: pay.Card}, only, true},
		{"in its last second", Movement{At: day.End().Add(-time.Second), Method: pay.Card}, only, true},
		{"in the first of the next", Movement{At: day.End(), Method: pay.Card}, only, false},
		{"in a day that was not", Movement{At: hour(-1), Method: pay.Card}, only, false},
		{"at no time", Movement{Method: pay.Card}, both, false},
		{"abroad, and the day after was not read", Movement{At: hour(10), Method: pay.ForeignEasyPay}, only, false},
		{"abroad, and it was", Movement{At: hour(10), Method: pay.ForeignEasyPay}, both, true},
	} {
		if got := test.m.Contradicts(test.covered); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}
