package sandbox

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestThePaymentObjectOfACard(t *testing.T) {
	h := begin(t, Options{})
	p := h.pay(NewPayment{OrderID: "0000123", RequestedAt: noon.Add(-17 * time.Second)})
	got := h.get(p.Key)
	card := got.body["card"].(map[string]any)
	want := map[string]any{
		"mId": "tosspayments", "lastTransactionKey": p.LastTransactionKey, "paymentKey": p.Key, "orderId": "0000123",
		"orderName": "토스 티셔츠 외 2건", "taxExemptionAmount": 0.0, "status": "DONE",
		"requestedAt": "2026-11-21T11:59:43+09:00", "approvedAt": "2026-11-21T12:00:00+09:00",
		"useEscrow": false, "cultureExpense": false, "virtualAccount": nil, "transfer": nil, "mobilePhone": nil,
		"giftCertificate": nil, "cashReceipt": nil, "cashReceipts": nil, "discount": nil, "cancels": nil,
		"secret": p.Secret, "type": "NORMAL", "easyPay": nil, "country": "KR", "failure": nil,
		"isPartialCancelable": true,
		"receipt":             map[string]any{"url": receiptURL + p.Key + "&ref=PX"},
		"checkout":            map[string]any{"url": checkoutURL + p.Key + "/checkout"},
		"currency":            "KRW", "totalAmount": 10000.0, "balanceAmount": 10000.0, "suppliedAmount": 9091.0, "vat": 909.0,
		"taxFreeAmount": 0.0, "metadata": nil, "method": "카드", "version": "2022-11-16",
		"card": map[string]any{
			"issuerCode": card["issuerCode"], "acquirerCode": card["acquirerCode"], "number": card["number"],
			"installmentPlanMonths": 0.0, "isInterestFree": false, "interestPayer": nil, "approveNo": "00000000",
			"useCardPoint": false, "cardType": "신용", "ownerType": "개인", "acquireStatus": "READY", "amount": 10000.0,
		},
	}
	if diff := cmp.Diff(want, got.body); diff != "" {
		t.Error(diff)
	}
}

func TestTheOlderVersionHasOtherNames(t *testing.T) {
	h := begin(t, Options{Version: Version2022July})
	card := h.get(h.pay(NewPayment{}).Key)
	va := h.get(h.pay(NewPayment{Method: VirtualAccount}).Key)
	transfer := h.get(h.pay(NewPayment{Method: Transfer}).Key)
	for name, have := range map[string]any{
		"card.company": card.field("card", "company"), "card.receiptUrl": card.field("card", "receiptUrl"),
		"transactionKey": card.field("transactionKey"), "virtualAccount.bank": va.field("virtualAccount", "bank"),
		"transfer.bank": transfer.field("transfer", "bank"),
	} {
		if have == nil {
			t.Errorf("%s is missing", name)
		}
	}
	if card.field("card", "issuerCode") != nil || va.field("virtualAccount", "bankCode") != nil {
		t.Error("codes belong to the newer version")
	}
}

func TestEachMethodHasItsPart(t *testing.T) {
	cases := []struct {
		pay    NewPayment
		method string
		part   string
	}{
		{NewPayment{Method: Transfer}, "계좌이체", "transfer"},
		{NewPayment{Method: VirtualAccount}, "가상계좌", "virtualAccount"},
		{NewPayment{Method: Phone}, "휴대폰", "mobilePhone"},
		{NewPayment{Method: GiftCertificate}, "문화상품권", "giftCertificate"},
		{NewPayment{Method: EasyPay, Money: true}, "간편결제", "easyPay"},
		{NewPayment{Method: ForeignEasyPay}, "간편결제", "easyPay"},
		{NewPayment{Method: PayPal}, "간편결제", "easyPay"},
		{NewPayment{Method: Card}, "카드", "card"},
	}
	all := []string{"card", "virtualAccount", "transfer", "mobilePhone", "giftCertificate", "easyPay"}
	for _, c := range cases {
		t.Run(string(c.pay.Method), func(t *testing.T) {
			h := begin(t, Options{})
			got := h.get(h.pay(c.pay).Key)
			for _, name := range all {
				if have := got.field(name) != nil; have != (name == c.part) {
					t.Errorf("%s: %v", name, got.field(name))
				}
			}
			if got.field("method") != c.method {
				t.Errorf("method %v", got.field("method"))
			}
		})
	}
}

// Toss promises: total = card.amount + easyPay.amount + easyPay.discountAmount.
func TestTheMoneyIdentityOfEasyPay(t *testing.T) {
	for _, n := range []NewPayment{
		{Method: EasyPay}, {Method: EasyPay, Discount: 5000}, {Method: EasyPay, Money: true},
		{Method: EasyPay, Money: true, Discount: 5000}, {Method: EasyPay, Money: true, Discount: 10000},
	} {
		h := begin(t, Options{})
		got := h.get(h.pay(n).Key)
		card, _ := got.field("card", "amount").(float64)
		sum := card + got.field("easyPay", "amount").(float64) + got.field("easyPay", "discountAmount").(float64)
		if sum != 10000 || (got.field("card") == nil) != n.Money {
			t.Errorf("%+v: %s", n, got.raw)
		}
	}
}

func TestTheLifeOfAVirtualAccount(t *testing.T) {
	h := begin(t, Options{})
	p := h.pay(NewPayment{Method: VirtualAccount, DueDate: noon.Add(3 * time.Hour)})
	state := func() []any {
		a := h.get(p.Key)
		return []any{a.field("status"), a.field("approvedAt"), a.field("virtualAccount", "expired")}
	}
	step := func(name string, want []any) {
		t.Helper()
		if diff := cmp.Diff(want, state()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	step("issued", []any{WaitingForDeposit, nil, false})
	h.wait(time.Hour)
	if err := h.s.Deposit(p.Key, time.Time{}); err != nil {
		t.Fatal(err)
	}
	step("deposited", []any{Done, "2026-11-21T13:00:00+09:00", false})
	h.wait(2 * time.Minute)
	if err := h.s.ReverseDeposit(p.Key, time.Time{}); err != nil {
		t.Fatal(err)
	}
	step("the bank took it back", []any{WaitingForDeposit, nil, false})
	h.wait(3 * time.Hour)
	step("past the due date it still waits", []any{WaitingForDeposit, nil, true})
	if err := h.s.Deposit(p.Key, time.Time{}); err == nil {
		t.Error("the bank takes no deposit after the due date")
	}
	var rows [][]any
	for _, r := range h.list(today) {
		rows = append(rows, []any{r["status"], r["amount"]})
	}
	want := [][]any{{WaitingForDeposit, 0.0}, {Done, 10000.0}, {WaitingForDeposit, 0.0}}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
}

func TestTheRefundAccountCanBeReadForThirtyMinutes(t *testing.T) {
	h := begin(t, Options{})
	p := h.pay(NewPayment{Method: VirtualAccount, RequestedAt: noon, At: noon,
		RefundAccount: &Account{Bank: "20", Number: "001012341342", Holder: "박토스"}})
	want := map[string]any{"bankCode": "20", "accountNumber": "001012341342", "holderName": "박토스"}
	h.wait(30*time.Minute - time.Second)
	if diff := cmp.Diff(want, h.get(p.Key).field("virtualAccount", "refundReceiveAccount")); diff != "" {
		t.Error(diff)
	}
	h.wait(time.Second)
	if got := h.get(p.Key).field("virtualAccount", "refundReceiveAccount"); got != nil {
		t.Errorf("after thirty minutes it is null, got %v", got)
	}
}

func TestAWindowExpiresAndConfirmHasTenMinutes(t *testing.T) {
	h := begin(t, Options{})
	open := h.pay(NewPayment{OrderID: "ORDER-OPEN", Status: Ready})
	slow := h.pay(NewPayment{OrderID: "ORDER-SLOW", Status: InProgress})
	quick := h.pay(NewPayment{OrderID: "ORDER-QUICK", Status: InProgress})
	confirm := func(p *Payment, amount string) answer {
		return h.call("POST", "/v1/payments/confirm", `{"paymentKey":"`+p.Key+`","orderId":"`+p.OrderID+`","amount":`+amount+`}`)
	}
	h.wait(9 * time.Minute)
	confirm(quick, "9999").want(t, 400, "INVALID_REQUEST")
	confirm(quick, "10000").want(t, 200, "")
	confirm(quick, "10000").want(t, 400, "ALREADY_PROCESSED_PAYMENT")
	h.wait(time.Minute)
	confirm(slow, "10000").want(t, 404, "NOT_FOUND_PAYMENT_SESSION")
	if got := h.get(slow.Key); got.field("status") != Expired || got.field("failure", "code") != "EXPIRED_PAYMENT" {
		t.Error(got.raw)
	}
	if got := h.get(open.Key); got.field("status") != Ready {
		t.Error(got.raw)
	}
	h.wait(20 * time.Minute)
	if got := h.get(open.Key); got.field("status") != Expired {
		t.Error(got.raw)
	}
}

func TestALookUpByOrderPrefersThePaymentThatHoldsMoney(t *testing.T) {
	h := begin(t, Options{})
	paid := h.pay(NewPayment{})
	failed := h.pay(NewPayment{Status: Aborted})
	get := func() any { return h.call("GET", "/v1/payments/orders/ORDER-0001", "").field("paymentKey") }
	if got := get(); got != paid.Key {
		t.Errorf("want the paid one, got %v", got)
	}
	h.cancel(paid.Key, giveBack)
	if got := get(); got != failed.Key {
		t.Errorf("when none holds money the newest, got %v", got)
	}
	h.call("GET", "/v1/payments/orders/NONE", "").want(t, 404, "NOT_FOUND_PAYMENT")
	h.call("GET", "/v1/payments/none", "").want(t, 404, "NOT_FOUND_PAYMENT")
	h.call("GET", "/v1/nothing", "").want(t, 404, "NOT_FOUND")
}

func TestTheClockShowsNoFuture(t *testing.T) {
	h := begin(t, Options{})
	p := h.pay(NewPayment{At: noon.Add(time.Hour), RequestedAt: noon.Add(time.Minute)})
	h.get(p.Key).want(t, 404, "NOT_FOUND_PAYMENT")
	h.wait(2 * time.Minute)
	if got := h.get(p.Key); got.field("status") != Ready || len(h.list(today)) != 0 {
		t.Error(got.raw)
	}
	h.wait(time.Hour)
	if got := h.get(p.Key); got.field("status") != Done || len(h.list(today)) != 1 {
		t.Error(got.raw)
	}
}
