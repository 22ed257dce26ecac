package sandbox

import (
	"encoding/base64"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func basic(scheme, key string) string {
	return scheme + " " + base64.StdEncoding.EncodeToString([]byte(key+":"))
}

func TestAnySecretTestKeyIsTheMerchantUnlessOneIsNamed(t *testing.T) {
	for _, c := range []struct {
		named, scheme, key string
		status             int
		code               string
	}{
		{"", "Basic", "test_sk_zXLkKEypNArWmo50nX3lmeaxYG5R", 404, "NOT_FOUND_PAYMENT"},
		{"", "basic", "test_gsk_docs_OaPz8L5KdmQXkzRz3y47BMw6", 404, "NOT_FOUND_PAYMENT"},
		{"", "BASIC", "test_sk_sandbox", 404, "NOT_FOUND_PAYMENT"},
		{"", "Basic", "test_ck_D5GePWvyJnrK0W0k6q8gLzN97Eoq", 401, "UNAUTHORIZED_KEY"},
		{"", "Basic", "test_gck_docs_Ovk5rk1EwkEbP0W43n07xlzm", 401, "UNAUTHORIZED_KEY"},
		{"", "Basic", "live_sk_x", 401, "UNAUTHORIZED_KEY"},
		{"", "Basic", "test_sk_", 401, "UNAUTHORIZED_KEY"},
		{"test_sk_mine", "Basic", "test_sk_mine", 404, "NOT_FOUND_PAYMENT"},
		{"test_sk_mine", "Basic", "test_sk_sandbox", 401, "UNAUTHORIZED_KEY"},
	} {
		h := begin(t, Options{SecretKey: c.named})
		h.call("GET", "/v1/payments/x", "", "Authorization", basic(c.scheme, c.key)).want(t, c.status, c.code)
	}
}

func TestKeysOfBothKindsSeeTheSamePayments(t *testing.T) {
	h := begin(t, Options{})
	p := h.pay(NewPayment{})
	for _, key := range []string{"test_sk_a", "test_gsk_b"} {
		if got := h.call("GET", "/v1/payments/"+p.Key, "", "Authorization", basic("Basic", key)); got.field("mId") != "tosspayments" {
			t.Errorf("%s: %s", key, got.raw)
		}
	}
}

var hangul = regexp.MustCompile(`\p{Hangul}`)

func TestEveryMessageInBothLanguages(t *testing.T) {
	h := begin(t, Options{})
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		korean := h.call("GET", "/v1/payments/x", "", "TossPayments-Test-Code", code)
		english := h.call("GET", "/v1/payments/x", "", "TossPayments-Test-Code", code, "Accept-Language", "en-US")
		korean.want(t, codes[code].Status, code)
		english.want(t, codes[code].Status, code)
		if m, _ := korean.field("message").(string); !hangul.MatchString(m) {
			t.Errorf("%s in Korean: %q", code, m)
		}
		if m, _ := english.field("message").(string); m == "" || hangul.MatchString(m) {
			t.Errorf("%s in English: %q", code, m)
		}
	}
	p := h.pay(NewPayment{Method: VirtualAccount, Status: Done})
	if got := h.cancel(p.Key, giveBack, "Accept-Language", "en-US"); hangul.MatchString(got.raw) {
		t.Error(got.raw)
	}
}

func TestObjectsInEnglish(t *testing.T) {
	h := begin(t, Options{Settle: true})
	for _, n := range []NewPayment{
		{Method: Card}, {Method: EasyPay}, {Method: EasyPay, Money: true}, {Method: ForeignEasyPay}, {Method: Phone}, {Method: Transfer},
		{Method: VirtualAccount, Customer: "Kim"}, {Status: Expired}, {Status: Aborted},
	} {
		n.OrderID, n.OrderName = fmt.Sprintf("ORDER-%s-%s-%v", n.Method, n.Status, n.Money), "T-shirt"
		p := h.pay(n)
		if got := h.call("GET", "/v1/payments/"+p.Key, "", "Accept-Language", "en-US"); hangul.MatchString(got.raw) {
			t.Errorf("%+v: %s", n, got.raw)
		}
	}
	h.wait(48 * time.Hour)
	for _, list := range []string{"/v1/transactions?" + today, "/v1/settlements?startDate=2026-11-21&endDate=2026-11-21"} {
		if got := h.call("GET", list, "", "Accept-Language", "en-US"); hangul.MatchString(got.raw) || len(got.raw) < 1000 {
			t.Error(got.raw)
		}
	}
}

func TestWhatAConfirmChecks(t *testing.T) {
	h := begin(t, Options{})
	p := h.pay(NewPayment{Status: InProgress})
	confirm := func(body string, headers ...string) answer {
		return h.call("POST", "/v1/payments/confirm", strings.ReplaceAll(body, "KEY", p.Key), headers...)
	}
	for body, want := range map[string][2]any{
		`{"paymentKey":"KEY","orderId":"ORDER-0002","amount":10000}`:  {403, "FORBIDDEN_REQUEST"},
		`{"paymentKey":"KEY","orderId":"ORDER-0001","amount":100}`:    {400, "INVALID_REQUEST"},
		`{"paymentKey":"KEY","orderId":"ORDER-0001","amount":"1e99"}`: {400, "INVALID_REQUEST"},
		`{"paymentKey":"KEY","orderId":"ORDER-0001","amount":"ten"}`:  {400, "INVALID_REQUEST"},
		`{"paymentKey":"KEY","orderId":"ORDER-0001"}`:                 {400, "INVALID_REQUEST"},
		`{"paymentKey":"KEY","amount":10000}`:                         {400, "INVALID_REQUEST"},
		`{"paymentKey":"none","orderId":"ORDER-0001","amount":10000}`: {404, "NOT_FOUND_PAYMENT"},
		`[]`: {400, "INVALID_REQUEST"},
		``:   {400, "INVALID_REQUEST"},
	} {
		confirm(body).want(t, want[0].(int), want[1].(string))
	}
	if got := h.get(p.Key).field("status"); got != InProgress {
		t.Fatalf("a refusal has changed it: %v", got)
	}
	whole := `{"paymentKey":"KEY","orderId":"ORDER-0001","amount":"10000"}`
	confirm(whole, "Idempotency-Key", "k").want(t, 200, "")
	confirm(whole).want(t, 400, "ALREADY_PROCESSED_PAYMENT")
	if got := confirm(whole, "Idempotency-Key", "k"); got.field("status") != Done {
		t.Errorf("the key replays the first answer: %s", got.raw)
	}
}

func TestTheConfirmOfOldClients(t *testing.T) {
	h := begin(t, Options{})
	p := h.pay(NewPayment{Status: InProgress})
	h.call("POST", "/v1/payments/"+p.Key, `{"orderId":"ORDER-0001","amount":9000}`).want(t, 400, "INVALID_REQUEST")
	if got := h.call("POST", "/v1/payments/"+p.Key, `{"orderId":"ORDER-0001","amount":10000}`); got.field("status") != Done {
		t.Error(got.raw)
	}
}

func TestAConfirmOneSecondTooLate(t *testing.T) {
	h := begin(t, Options{})
	for i, after := range []time.Duration{10*time.Minute - time.Second, 10 * time.Minute} {
		p := h.pay(NewPayment{OrderID: fmt.Sprintf("ORDER-000%d", i), Status: InProgress})
		h.wait(after)
		got := h.call("POST", "/v1/payments/confirm", fmt.Sprintf(`{"paymentKey":"%s","orderId":"%s","amount":10000}`, p.Key, p.OrderID))
		if i == 0 {
			got.want(t, 200, "")
		} else {
			got.want(t, 404, "NOT_FOUND_PAYMENT_SESSION")
		}
	}
}

const accountBody = `{"amount":15000,"orderId":"a4CWyWY5m89PNh7xJwhk1","orderName":"토스 티셔츠 외 2건","customerName":"박토스","bank":"20"`

func TestAShopIssuesAVirtualAccount(t *testing.T) {
	h := begin(t, Options{})
	got := h.call("POST", "/v1/virtual-accounts", accountBody+`,"validHours":24,"customerMobilePhone":"01012345678"}`)
	for path, want := range map[string]any{"bankCode": "20", "customerName": "박토스", "dueDate": "2026-11-22T12:00:00+09:00", "refundStatus": RefundNone} {
		if got.field("virtualAccount", path) != want {
			t.Errorf("%s: %s", path, got.raw)
		}
	}
	if got.status != 200 || got.field("status") != WaitingForDeposit || got.field("totalAmount") != 15000.0 {
		t.Error(got.raw)
	}
	h.call("POST", "/v1/virtual-accounts", accountBody+"}").want(t, 400, "DUPLICATED_ORDER_ID")
}

func TestMistakesOfAVirtualAccount(t *testing.T) {
	h := begin(t, Options{})
	for change, code := range map[string]string{
		`"bank":"20">"bank":"NONE"`:                                     "INVALID_BANK",
		`"bank":"20">"bank":"92"`:                                       "INVALID_BANK",
		`"bank":"20">"bank":"우리","validHours":2161`:                     "EXCEED_MAX_VALID_HOURS",
		`"bank":"20">"bank":"WOORI","validHours":0`:                     "INVALID_REQUEST",
		`"bank":"20">"bank":"20","dueDate":"2027-02-20T00:00:00"`:       "EXCEED_MAX_DUE_DATE",
		`"bank":"20">"bank":"20","dueDate":"2026-11-21T11:00:00"`:       "INVALID_DATE",
		`"bank":"20">"bank":"20","dueDate":"soon"`:                      "INVALID_ISO_DATE_FORMAT",
		`"bank":"20">"bank":"20","dueDate":"2026-12-01","validHours":1`: "INVALID_VALID_HOURS_WITH_DUE_DATE_AND_SINGLE",
		`"customerName":"박토스">"customerName":""`:                        "INVALID_REQUEST",
		`a4CWyWY5m89PNh7xJwhk1>short`:                                   "INVALID_ORDER_ID",
		`a4CWyWY5m89PNh7xJwhk1>with space`:                              "INVALID_ORDER_ID",
		`"amount":15000>"amount":0`:                                     "BELOW_ZERO_AMOUNT",
		`"amount":15000>"amount":199`:                                   "BELOW_MINIMUM_AMOUNT",
		`"amount":15000>"amount":10.5`:                                  "INVALID_REQUEST",
		`"amount":15000>"currency":"EUR","amount":15000`:                "INVALID_CURRENCY",
	} {
		from, to, _ := strings.Cut(change, ">")
		got := h.call("POST", "/v1/virtual-accounts", strings.Replace(accountBody, from, to, 1)+"}")
		t.Run(change, func(t *testing.T) { got.want(t, 400, code) })
	}
}

const cardBody = `{"amount":50000,"orderId":"ORDER-0001","orderName":"토스 키인 결제","cardNumber":"4330123412341234",
	"cardExpirationYear":"26","cardExpirationMonth":"01","customerIdentityNumber":"881212"`

func TestACardThatIsTypedIn(t *testing.T) {
	h := begin(t, Options{})
	got := h.call("POST", "/v1/payments/key-in", cardBody+`,"cardInstallmentPlan":3}`)
	if got.status != 200 || got.field("status") != Done || got.field("card", "number") != "43301234****123*" || got.field("card", "installmentPlanMonths") != 3.0 {
		t.Error(got.raw)
	}
	h.call("POST", "/v1/payments/key-in", cardBody+"}").want(t, 400, "DUPLICATED_ORDER_ID")
	if key, _ := got.field("paymentKey").(string); h.cancel(key, giveBack).field("status") != Canceled {
		t.Error("cannot be cancelled")
	}
	for change, code := range map[string]string{
		"4330123412341234>43301234":         "INVALID_CARD_NUMBER",
		"4330123412341234>4330x23412341234": "INVALID_CARD_NUMBER",
		`"01">"13"`:                         "INVALID_CARD_EXPIRATION",
		`"26">"2026"`:                       "INVALID_CARD_EXPIRATION",
		`"881212">""`:                       "INVALID_REQUEST",
		`"amount":50000>"amount":99`:        "BELOW_MINIMUM_AMOUNT",
		`{>{"cardInstallmentPlan":1,`:       "INVALID_CARD_INSTALLMENT_PLAN",
		`{>{"cardInstallmentPlan":40,`:      "EXCEED_MAX_CARD_INSTALLMENT_PLAN",
		`{"amount":50000>{"cardInstallmentPlan":3,"amount":49999`: "INVALID_CARD_INSTALLMENT_PLAN",
	} {
		from, to, _ := strings.Cut(change, ">")
		h.call("POST", "/v1/payments/key-in", strings.Replace(cardBody, from, to, 1)+"}").want(t, 400, code)
	}
}

const windowBody = `{"method":"CARD","amount":{"currency":"KRW","value":15000},"orderId":"ORDER-0001","orderName":"토스 티셔츠",
	"successUrl":"http://localhost:8080/success","failUrl":"http://localhost:8080/fail"}`

func TestAServerOpensAWindow(t *testing.T) {
	h := begin(t, Options{})
	made := h.call("POST", "/v1/payments", windowBody)
	w := &browserTab{hands: h, name: "tab-1"}
	w.key, _ = made.field("paymentKey").(string)
	if made.field("status") != Ready || made.field("checkout", "url") != h.url+"/v1/payments/"+w.key+"/checkout" {
		t.Error(made.raw)
	}
	page := h.call("GET", "/v1/payments/"+w.key+"/checkout", "", "Authorization", "")
	if page.status != 200 || !strings.Contains(page.raw, "토스 티셔츠") || !strings.Contains(page.raw, `data-action="pay"`) {
		t.Errorf("the buyer sees %d %s", page.status, page.raw)
	}
	w.confirm().want(t, 404, "NOT_FOUND_PAYMENT_SESSION")
	if p, _ := h.s.Payment(w.key); p.Window != "/browser/window/"+w.key {
		t.Errorf("the window is at %q", p.Window)
	}
	if got := w.press("pay", byCard).field("url"); got != "http://localhost:8080/success?orderId=ORDER-0001&paymentKey="+w.key+"&amount=15000" {
		t.Error(got)
	}
	w.press("pay", byCard).want(t, 409, "ALREADY_PROCESSED_PAYMENT")
	if p, _ := h.s.Payment(w.key); p.Window != "" {
		t.Error("a window that is over is not shown")
	}
	w.confirm().want(t, 200, "")
	byHand := h.pay(NewPayment{OrderID: "checkout", Status: Ready})
	h.call("GET", "/v1/payments/"+byHand.Key+"/checkout", "").want(t, 404, "NOT_FOUND")
	h.call("GET", "/v1/payments/"+w.key+"/elsewhere", "").want(t, 404, "NOT_FOUND")
	h.call("GET", "/v1/payments/orders/checkout", "").want(t, 200, "")
}

func TestWhatAServerMayOpenAWindowFor(t *testing.T) {
	h := begin(t, Options{})
	for change, code := range map[string]string{
		`"method":"CARD">"method":"BITCOIN"`:         "NOT_SUPPORTED_METHOD",
		`"method":"CARD">"method":"해외간편결제"`:          "NOT_SUPPORTED_METHOD", // of whom?
		`"method":"CARD",>`:                          "INVALID_REQUEST",
		`http://localhost:8080/success>`:             "INVALID_SUCCESS_URL",
		`http://localhost:8080/success>/success`:     "INCORRECT_SUCCESS_URL_FORMAT",
		`http://localhost:8080/fail>javascript:void`: "INCORRECT_FAIL_URL_FORMAT",
	} {
		from, to, _ := strings.Cut(change, ">")
		h.call("POST", "/v1/payments", strings.Replace(windowBody, from, to, 1)).want(t, 400, code)
	}
	for i, method := range []string{"카드", "계좌이체", "가상계좌", "휴대폰", "문화상품권", "도서문화상품권", "게임문화상품권", "TRANSFER"} {
		body := strings.NewReplacer("CARD", method, "ORDER-0001", fmt.Sprintf("ORDER-%04d", i)).Replace(windowBody)
		h.call("POST", "/v1/payments", body).want(t, 200, "")
	}
	dollars := `{"method":"FOREIGN_EASY_PAY","foreignEasyPay":{"provider":"PAYPAL"},"amount":181.56,"orderId":"ORDER-1001","orderName":"Hat",
		"successUrl":"http://localhost:8080/success","failUrl":"http://localhost:8080/fail"}`
	if got := h.call("POST", "/v1/payments", dollars); got.field("totalAmount") != 181.56 || got.field("currency") != "USD" {
		t.Error(got.raw)
	}
}

func TestAcquisitionOfACardPayment(t *testing.T) {
	h := begin(t, Options{})
	status := func(p *Payment) any { return h.get(p.Key).field("card", "acquireStatus") }
	byHand, byItself := h.pay(NewPayment{OrderID: "ORDER-0001"}), h.pay(NewPayment{OrderID: "ORDER-0002"})
	early, late := h.pay(NewPayment{OrderID: "ORDER-0003"}), h.pay(NewPayment{OrderID: "ORDER-0004"})
	h.cancel(early.Key, giveBack).want(t, 200, "")
	if got := h.call("POST", "/v1/settlements", `{"paymentKey":"`+byHand.Key+`"}`); got.raw != `{"result":true}` {
		t.Error(got.raw)
	}
	if a, b, c := status(byHand), status(byItself), status(early); a != "REQUESTED" || b != "READY" || c != "READY" {
		t.Error(a, b, c)
	}
	h.wait(12 * time.Hour)
	h.cancel(late.Key, giveBack).want(t, 200, "")
	if b, c := status(byItself), status(late); b != "REQUESTED" || c != "CANCEL_REQUESTED" {
		t.Error(b, c)
	}
	h.wait(48 * time.Hour)
	if b, c, d := status(byItself), status(late), status(early); b != "COMPLETED" || c != "CANCELED" || d != "READY" {
		t.Error(b, c, d)
	}
	transfer := h.pay(NewPayment{OrderID: "ORDER-0005", Method: Transfer})
	h.call("POST", "/v1/settlements", `{"paymentKey":"`+transfer.Key+`"}`).want(t, 400, "NOT_SUPPORTED_PROCESS")
	h.call("POST", "/v1/settlements", `{"paymentKey":"none"}`).want(t, 404, "NOT_FOUND_PAYMENT")
}

func TestSettlementStatusFollowsThePayout(t *testing.T) {
	h := begin(t, Options{}) // 21 November is a Saturday: two bank days later it is Tuesday
	kept, back := h.pay(NewPayment{OrderID: "ORDER-0001", Method: Transfer}), h.pay(NewPayment{OrderID: "ORDER-0002", Method: Transfer})
	h.wait(time.Hour)
	h.cancel(back.Key, giveBack).want(t, 200, "")
	status := func(p *Payment) any { return h.get(p.Key).field("transfer", "settlementStatus") }
	h.s.SetClock(time.Date(2026, 11, 24, 8, 59, 59, 0, kst))
	if got := status(kept); got != "INCOMPLETED" {
		t.Error(got)
	}
	h.wait(time.Second)
	if a, b := status(kept), status(back); a != "COMPLETED" || b != "INCOMPLETED" {
		t.Error(a, b)
	}
}

func TestAnExpiredPaymentLooksAsTosssOwn(t *testing.T) {
	h := begin(t, Options{})
	p := h.pay(NewPayment{Status: Expired, RequestedAt: noon.Add(-time.Hour)})
	got := h.get(p.Key)
	for _, name := range []string{"secret", "method", "useEscrow", "receipt", "lastTransactionKey", "approvedAt"} {
		if got.field(name) != nil {
			t.Errorf("%s: %v", name, got.field(name))
		}
	}
	if got.field("failure", "message") != "결제가 만료되었습니다. 다시 시도해주세요." {
		t.Error(got.raw)
	}
}

func TestWhatIsAbsentAnswersAsAnUnknownAddress(t *testing.T) {
	h := begin(t, Options{})
	for _, c := range [][2]string{
		{"POST", "/v1/billing/authorizations/issue"}, {"POST", "/v1/billing/authorizations/card"}, {"POST", "/v1/billing/key"},
		{"POST", "/v1/cash-receipts"}, {"GET", "/v1/cash-receipts"}, {"GET", "/v1/promotions/card"},
		{"POST", "/v1/brandpay/payments"}, {"DELETE", "/v1/payments/confirm"}, {"PUT", "/v1/transactions"},
	} {
		h.call(c[0], c[1], "{}").want(t, 404, "NOT_FOUND")
		h.call(c[0], c[1], "{}", "Authorization", "").want(t, 401, "UNAUTHORIZED_KEY")
	}
	payout := h.call("POST", "/v2/payouts", "{}")
	if payout.status != 404 || payout.field("error", "code") != "NOT_FOUND" || payout.field("traceId") != payout.header.Get("x-tosspayments-trace-id") {
		t.Error(payout.raw)
	}
}
