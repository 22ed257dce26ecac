package sandbox

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const account = `{"bank":"신한","accountNumber":"110123456789","holderName":"김토스"}`

type cancelTry struct {
	body   string
	status int
	code   string
}

// cancelCases each pay, and cancel in steps two seconds apart.
var cancelCases = []struct {
	name    string
	payment NewPayment
	tries   []cancelTry
	status  string
	balance float64
}{
	{"one full cancel", NewPayment{}, []cancelTry{{giveBack, 200, ""}}, Canceled, 0},
	{"a full amount named in one go is a full cancel", NewPayment{},
		[]cancelTry{{`{"cancelReason":"x","cancelAmount":10000}`, 200, ""}}, Canceled, 0},
	{"a second cancel after a full one", NewPayment{},
		[]cancelTry{{giveBack, 200, ""}, {giveBack, 400, "ALREADY_CANCELED_PAYMENT"}}, Canceled, 0},
	{"parts that empty the balance leave PARTIAL_CANCELED", NewPayment{}, []cancelTry{
		{`{"cancelReason":"x","cancelAmount":4000}`, 200, ""}, {`{"cancelReason":"x","cancelAmount":6000}`, 200, ""},
		{`{"cancelReason":"x","cancelAmount":1}`, 403, "NOT_CANCELABLE_AMOUNT"}}, PartialCanceled, 0},
	{"the rest without an amount", NewPayment{}, []cancelTry{
		{`{"cancelReason":"x","cancelAmount":4000}`, 200, ""}, {giveBack, 200, ""}}, PartialCanceled, 0},
	{"above the rest", NewPayment{}, []cancelTry{{`{"cancelReason":"x","cancelAmount":10001}`, 403, "NOT_CANCELABLE_AMOUNT"}}, Done, 10000},
	{"the guard holds", NewPayment{}, []cancelTry{
		{`{"cancelReason":"x","cancelAmount":4000,"refundableAmount":10000}`, 200, ""},
		{`{"cancelReason":"x","cancelAmount":4000,"refundableAmount":10000}`, 400, "NOT_MATCHES_REFUNDABLE_AMOUNT"}}, PartialCanceled, 6000},
	{"no reason", NewPayment{}, []cancelTry{{`{}`, 400, "INVALID_REQUEST"}}, Done, 10000},
	{"a reason of 201 characters", NewPayment{}, []cancelTry{
		{`{"cancelReason":"` + strings.Repeat("가", 201) + `"}`, 400, "INVALID_REQUEST"},
		{`{"cancelReason":"` + strings.Repeat("가", 200) + `"}`, 200, ""}}, Canceled, 0},
	{"no JSON", NewPayment{}, []cancelTry{{`cancelReason=x`, 400, "INVALID_REQUEST"}}, Done, 10000},
	{"a broken won", NewPayment{}, []cancelTry{{`{"cancelReason":"x","cancelAmount":10.5}`, 400, "INVALID_REQUEST"}}, Done, 10000},
	{"nothing", NewPayment{}, []cancelTry{{`{"cancelReason":"x","cancelAmount":0}`, 400, "INVALID_REQUEST"}}, Done, 10000},
	{"another currency", NewPayment{}, []cancelTry{{`{"cancelReason":"x","currency":"USD"}`, 400, "INVALID_CURRENCY"}}, Done, 10000},
	{"never approved", NewPayment{Status: Aborted}, []cancelTry{{giveBack, 403, "NOT_CANCELABLE_PAYMENT"}}, Aborted, 10000},
	{"gift certificates go back whole", NewPayment{Method: GiftCertificate}, []cancelTry{
		{`{"cancelReason":"x","cancelAmount":1}`, 403, "NOT_ALLOWED_PARTIAL_REFUND"}, {giveBack, 200, ""}}, Canceled, 0},
	{"not partially cancelable", NewPayment{NoPartial: true}, []cancelTry{
		{`{"cancelReason":"x","cancelAmount":1}`, 403, "NOT_ALLOWED_PARTIAL_REFUND"}}, Done, 10000},
	{"escrow refuses parts in the dress of a fault", NewPayment{Escrow: true}, []cancelTry{
		{`{"cancelReason":"x","cancelAmount":1}`, 500, "FAILED_INTERNAL_SYSTEM_PROCESSING"}, {giveBack, 200, ""}}, Canceled, 0},
	{"less left than the instant discount", NewPayment{CardDiscount: 3000}, []cancelTry{
		{`{"cancelReason":"x","cancelAmount":8000}`, 400, "EXCEED_CANCEL_AMOUNT_DISCOUNT_AMOUNT"},
		{`{"cancelReason":"x","cancelAmount":7000}`, 200, ""}}, PartialCanceled, 3000},
	{"an unpaid virtual account: whole, without an account", NewPayment{Method: VirtualAccount}, []cancelTry{
		{`{"cancelReason":"x","cancelAmount":1}`, 403, "NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT"}, {giveBack, 200, ""}}, Canceled, 0},
	{"a paid virtual account needs an account", NewPayment{Method: VirtualAccount, Status: Done}, []cancelTry{
		{giveBack, 400, "INVALID_REQUEST"},
		{`{"cancelReason":"x","refundReceiveAccount":{"bank":"없는은행","accountNumber":"1","holderName":"김토스"}}`, 400, "INVALID_BANK"},
		{`{"cancelReason":"x","refundReceiveAccount":{"bank":"88","accountNumber":"110-1","holderName":"김토스"}}`, 400, "INVALID_REFUND_ACCOUNT_NUMBER"},
		{`{"cancelReason":"x","refundReceiveAccount":{"bank":"88","accountNumber":"1101","holderName":"불일치"}}`, 400, "INVALID_REFUND_ACCOUNT_INFO"},
		{`{"cancelReason":"x","cancelAmount":1000,"refundReceiveAccount":` + account + `}`, 200, ""}}, PartialCanceled, 9000},
	{"dollars", NewPayment{Method: PayPal, Amount: 72624}, []cancelTry{
		{`{"cancelReason":"x","cancelAmount":181.56}`, 400, "INVALID_REQUEST"},
		{`{"cancelReason":"x","cancelAmount":181.56,"currency":"USD","refundableAmount":726.24}`, 200, ""}}, PartialCanceled, 544.68},
	{"millionths of dollars", NewPayment{Method: PayPal, Currency: "MUSD", Amount: 726_240_000}, []cancelTry{
		{`{"cancelReason":"x","cancelAmount":181.56,"currency":"USD"}`, 200, ""}}, PartialCanceled, 544_680_000},
}

func TestWhatTossAnswersToACancel(t *testing.T) {
	for _, c := range cancelCases {
		t.Run(c.name, func(t *testing.T) {
			h := begin(t, Options{})
			p := h.pay(c.payment)
			for _, try := range c.tries {
				h.wait(2 * time.Second)
				h.cancel(p.Key, try.body).want(t, try.status, try.code)
			}
			got := h.get(p.Key)
			if got.field("status") != c.status || got.field("balanceAmount") != c.balance {
				t.Errorf("want %s %v, got %s", c.status, c.balance, got.raw)
			}
		})
	}
}

func TestDeadlines(t *testing.T) {
	const days = 24 * time.Hour
	lateOctober := time.Date(2026, 10, 31, 23, 0, 0, 0, kst)
	cases := []struct {
		name string
		pay  NewPayment
		last time.Time // zero: none
	}{
		{"card", NewPayment{At: noon}, time.Time{}},
		{"gift certificate", NewPayment{Method: GiftCertificate, At: noon}, time.Time{}},
		{"transfer", NewPayment{Method: Transfer, At: noon}, noon.Add(180 * days)},
		{"PayPal", NewPayment{Method: PayPal, At: noon}, noon.Add(180 * days)},
		{"virtual account", NewPayment{Method: VirtualAccount, Status: Done, At: noon}, noon.Add(365 * days)},
		{"easy pay with a card behind it", NewPayment{Method: EasyPay, At: noon}, time.Time{}},
		{"easy pay with money behind it", NewPayment{Method: EasyPay, Money: true, At: noon}, noon.Add(180 * days)},
		{"phone, in KST", NewPayment{Method: Phone, At: lateOctober}, time.Date(2026, 10, 31, 23, 59, 59, 0, kst)},
	}
	body := `{"cancelReason":"x","refundReceiveAccount":` + account + `}`
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			h := begin(t, Options{})
			late, inTime := h.pay(c.pay), h.pay(c.pay)
			if c.last.IsZero() {
				h.s.SetClock(c.pay.At.Add(1000 * days))
				h.cancel(late.Key, body).want(t, 200, "")
				return
			}
			h.s.SetClock(c.last)
			h.cancel(inTime.Key, body).want(t, 200, "")
			h.s.SetClock(c.last.Add(time.Second))
			h.cancel(late.Key, body).want(t, 403, "EXCEED_MAX_REFUND_DUE")
		})
	}
}

func TestTwoCancelsWithinASecondAreRefused(t *testing.T) {
	h := begin(t, Options{})
	p := h.pay(NewPayment{})
	h.cancel(p.Key, `{"cancelReason":"x","cancelAmount":1000}`).want(t, 200, "")
	h.wait(900 * time.Millisecond)
	h.cancel(p.Key, `{"cancelReason":"x","cancelAmount":1000}`).want(t, 403, "FORBIDDEN_CONSECUTIVE_REQUEST")
	h.wait(100 * time.Millisecond)
	h.cancel(p.Key, `{"cancelReason":"x","cancelAmount":1000}`).want(t, 200, "")
}

func TestACancelAsItIsWritten(t *testing.T) {
	h := begin(t, Options{})
	p := h.pay(NewPayment{TaxFree: 1000})
	got := h.cancel(p.Key, `{"cancelReason":"첫 번째","cancelAmount":4000,"taxFreeAmount":500}`)
	want := []map[string]any{{
		"transactionKey": got.field("lastTransactionKey"), "cancelReason": "첫 번째", "taxExemptionAmount": 0.0,
		"canceledAt": "2026-11-21T12:00:00+09:00", "cardDiscountAmount": 0.0, "transferDiscountAmount": 0.0,
		"easyPayDiscountAmount": 0.0, "receiptKey": nil, "cancelAmount": 4000.0, "taxFreeAmount": 500.0,
		"refundableAmount": 6000.0, "cancelStatus": "DONE", "cancelRequestId": nil,
	}}
	if diff := cmp.Diff(want, got.cancels()); diff != "" {
		t.Error(diff)
	}
	sums := map[string]any{}
	for _, name := range []string{"totalAmount", "balanceAmount", "suppliedAmount", "vat", "taxFreeAmount"} {
		sums[name] = got.field(name)
	}
	wantSums := map[string]any{"totalAmount": 10000.0, "balanceAmount": 6000.0, "suppliedAmount": 5000.0, "vat": 500.0, "taxFreeAmount": 500.0}
	if diff := cmp.Diff(wantSums, sums); diff != "" {
		t.Error(diff)
	}
}

func TestTheEasyPayDiscountGoesBackLast(t *testing.T) {
	h := begin(t, Options{})
	p := h.pay(NewPayment{Method: EasyPay, Money: true, Amount: 50_000, Discount: 24})
	h.cancel(p.Key, `{"cancelReason":"x","cancelAmount":10000}`)
	h.wait(2 * time.Second)
	got := h.cancel(p.Key, giveBack).cancels()
	parts := []any{got[0]["easyPayDiscountAmount"], got[1]["easyPayDiscountAmount"]}
	if diff := cmp.Diff([]any{0.0, 24.0}, parts); diff != "" {
		t.Error(diff)
	}
}

// A refund of a virtual account is accepted at once and paid out later.
func TestARefundOfAVirtualAccountGoesThroughItsStages(t *testing.T) {
	for outcome, end := range map[string]string{"": RefundCompleted, RefundFailed: RefundFailed, RefundPartialFailed: RefundPartialFailed} {
		t.Run(end, func(t *testing.T) {
			h := begin(t, Options{})
			p := h.pay(NewPayment{Method: VirtualAccount, Status: Done, Outcome: outcome})
			a := h.cancel(p.Key, `{"cancelReason":"x","refundReceiveAccount":`+account+`}`)
			var stages []any
			for _, wait := range []time.Duration{0, time.Hour, 47 * time.Hour} {
				h.wait(wait)
				stages = append(stages, h.get(p.Key).field("virtualAccount", "refundStatus"))
			}
			if diff := cmp.Diff([]any{RefundNone, RefundPending, end}, stages); diff != "" || a.cancels()[0]["cancelStatus"] != "DONE" {
				t.Error(diff, a.raw)
			}
		})
	}
}

// The balance stays until the cancel is done: that is the sandbox's choice.
func TestAForeignCancelIsAsynchronous(t *testing.T) {
	for outcome, end := range map[string][]any{"": {"DONE", Canceled, 0.0}, Aborted: {"ABORTED", Done, 10000.0}} {
		t.Run(fmt.Sprint(end[0]), func(t *testing.T) {
			h := begin(t, Options{})
			p := h.pay(NewPayment{Method: ForeignEasyPay, Outcome: outcome})
			h.cancel(p.Key, giveBack).want(t, 400, "INVALID_REQUEST")
			h.wait(2 * time.Second)
			a := h.cancel(p.Key, `{"cancelReason":"x","cancelRequestId":"request-1"}`)
			state := func(a answer) []any {
				return []any{a.cancels()[0]["cancelStatus"], a.field("status"), a.field("balanceAmount")}
			}
			if diff := cmp.Diff([]any{"IN_PROGRESS", Done, 10000.0}, state(a)); diff != "" {
				t.Error(diff)
			}
			h.wait(2 * time.Second)
			h.cancel(p.Key, `{"cancelReason":"x","cancelRequestId":"request-2"}`).want(t, 400, "ALREADY_REFUNDING_PAYMENT")
			h.wait(10 * time.Minute)
			if diff := cmp.Diff(end, state(h.get(p.Key))); diff != "" {
				t.Error(diff)
			}
		})
	}
}
