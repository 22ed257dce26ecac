package sandbox

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// openBody is what a script sends for a window; more fields can be added.
const openBody = `{"product":"PAYMENT","clientKey":"test_ck_docs","orderId":"ORDER-0001","orderName":"티셔츠",
"successUrl":"http://localhost:3000/success","failUrl":"http://localhost:3000/fail",
"method":"%s","amount":{"value":15000,"currency":"KRW"}%s}`

// browserTab is a window in one tab of a browser.
type browserTab struct {
	*hands
	name, key string
}

// open opens a window as a page on this machine does.
func (h *hands) open(method, more string) *browserTab {
	h.t.Helper()
	a := h.call("POST", "/browser/window", fmt.Sprintf(openBody, method, more), "Origin", "http://localhost:3000", "Authorization", "")
	path, _ := a.body["path"].(string)
	key, found := strings.CutPrefix(path, "/browser/window/")
	if !found {
		h.t.Fatalf("no window: %d %s", a.status, a.raw)
	}
	return &browserTab{hands: h, name: "tab-1", key: key}
}

// press presses a button of the window, with the fields that belong to it.
func (b *browserTab) press(button, more string) answer {
	b.t.Helper()
	return b.call("POST", "/browser/window/"+b.key+"/"+button, `{"tab":"`+b.name+`","embedded":true`+more+`}`,
		"Content-Type", "application/json", "Authorization", "")
}

const (
	byCard    = `,"choice":{"method":"CARD","cardCompany":"51","cardType":"신용"}`
	byAccount = `,"choice":{"method":"VIRTUAL_ACCOUNT","bank":"88","depositor":"김구매",
"refund":{"bankCode":"20","accountNumber":"110123456789","holderName":"김구매"}}`
)

func (b *browserTab) confirm() answer {
	return b.call("POST", "/v1/payments/confirm", `{"paymentKey":"`+b.key+`","orderId":"ORDER-0001","amount":15000}`)
}

func TestAWindowFromOpenToConfirm(t *testing.T) {
	h := begin(t, Options{})
	w := h.open("CARD", `,"customerKey":"@@ANONYMOUS","metadata":{"cart":"7"}`)
	if a := h.get(w.key); a.field("status") != Ready || a.field("method") != nil {
		t.Errorf("an open window is READY and has no method yet, got %s", a.raw)
	}
	w.confirm().want(t, 404, "NOT_FOUND_PAYMENT_SESSION")
	a := w.press("pay", byCard)
	want := "http://localhost:3000/success?orderId=ORDER-0001&paymentKey=" + w.key + "&amount=15000"
	if a.field("url") != want {
		t.Fatalf("the browser goes to %v, want %s", a.field("url"), want)
	}
	if a := h.get(w.key); a.field("status") != InProgress {
		t.Errorf("an authenticated payment is IN_PROGRESS, got %s", a.raw)
	}
	a = w.confirm()
	if a.field("status") != Done || a.field("card", "issuerCode") != "51" || a.field("metadata", "cart") != "7" {
		t.Errorf("a confirmed payment has what the buyer chose, got %s", a.raw)
	}
}

func TestAWindowIsPaidOnce(t *testing.T) {
	h := begin(t, Options{})
	w := h.open("CARD", "")
	w.press("pay", byCard).want(t, 200, "")
	for _, button := range []string{"pay", "cancel", "close", "expire"} {
		w.press(button, byCard).want(t, 409, "ALREADY_PROCESSED_PAYMENT")
	}
	w.press("fail", `,"code":"REJECT_CARD_COMPANY"`).want(t, 409, "ALREADY_PROCESSED_PAYMENT")
	w.confirm().want(t, 200, "")
}

func TestAnotherTabHasNoShareInAWindow(t *testing.T) {
	h := begin(t, Options{})
	w := h.open("CARD", "")
	w.press("open", "").want(t, 200, "")
	w.press("open", "").want(t, 200, "") // the same tab loads it again
	other := &browserTab{hands: h, name: "tab-2", key: w.key}
	other.press("open", "").want(t, 409, "INVALID_METHOD_TRANSACTION")
	other.press("pay", byCard).want(t, 409, "INVALID_METHOD_TRANSACTION")
	nameless := &browserTab{hands: h, key: w.key}
	nameless.press("pay", byCard).want(t, 409, "INVALID_METHOD_TRANSACTION")
	w.press("pay", byCard).want(t, 200, "")
}

func TestAWindowRunsOut(t *testing.T) {
	h := begin(t, Options{})
	w := h.open("CARD", "")
	h.wait(30*time.Minute - time.Second)
	if a := h.call("GET", "/browser/window/"+w.key+"/state", ""); a.field("state") != "open" {
		t.Errorf("a window is open for thirty minutes, got %s", a.raw)
	}
	h.wait(time.Second)
	w.press("pay", byCard).want(t, 409, "NOT_FOUND_PAYMENT_SESSION")
	if a := w.press("leave", ""); !strings.Contains(fmt.Sprint(a.field("url")), "/fail?code=PAY_PROCESS_ABORTED&") {
		t.Errorf("from a window that ran out the browser goes back to the shop, got %s", a.raw)
	}
}

func TestAnAuthenticationRunsOutAfterTenMinutes(t *testing.T) {
	h := begin(t, Options{})
	w := h.open("CARD", "")
	h.wait(29 * time.Minute)
	w.press("pay", byCard).want(t, 200, "")
	h.wait(10*time.Minute - time.Second)
	if a := h.get(w.key); a.field("status") != InProgress {
		t.Errorf("ten minutes for the confirm begin with the authentication, got %s", a.raw)
	}
	h.wait(time.Second)
	w.confirm().want(t, 404, "NOT_FOUND_PAYMENT_SESSION")
}

func TestAWindowThatTheBuyerLeaves(t *testing.T) {
	h := begin(t, Options{})
	w := h.open("CARD", "")
	if a := w.press("cancel", ""); !strings.Contains(fmt.Sprint(a.field("url")), "/fail?code=PAY_PROCESS_CANCELED&") {
		t.Errorf("a cancel goes to failUrl, got %s", a.raw)
	}
	w.press("pay", byCard).want(t, 409, "ALREADY_PROCESSED_PAYMENT")
	if a := h.get(w.key); a.field("status") != Ready {
		t.Errorf("the payment stays READY until it expires, got %s", a.raw)
	}
	h.open("CARD", "").press("pay", byCard).want(t, 200, "") // the same order, tried again
}

func TestAWindowFailsWithItsCode(t *testing.T) {
	h, receiver := hooked(t, 200)
	w := h.open("CARD", "")
	w.press("fail", `,"code":"NO_SUCH_CODE"`).want(t, 409, "INVALID_PARAMETERS")
	w.press("fail", `,"code":"INVALID_STOPPED_CARD"`).want(t, 200, "")
	a := h.get(w.key)
	if a.field("status") != Aborted || a.field("failure", "code") != "INVALID_STOPPED_CARD" || a.field("failure", "message") != "정지된 카드 입니다." {
		t.Errorf("the payment is aborted with the code, got %s", a.raw)
	}
	h.s.DeliverWebhooks()
	if got := receiver.events(); len(got) != 1 {
		t.Errorf("an aborted payment is one webhook, got %v", got)
	}
}

func TestAVirtualAccountFromAWindow(t *testing.T) {
	h := begin(t, Options{})
	w := h.open("VIRTUAL_ACCOUNT", `,"options":{"validHours":24,"useEscrow":true}`)
	w.press("pay", byAccount).want(t, 200, "")
	a := w.confirm()
	if a.field("status") != WaitingForDeposit || a.field("virtualAccount", "bankCode") != "88" ||
		a.field("virtualAccount", "customerName") != "김구매" || a.field("useEscrow") != true ||
		a.field("virtualAccount", "dueDate") != "2026-11-22T12:00:00+09:00" {
		t.Errorf("the account is as the buyer and the shop wanted it, got %s", a.raw)
	}
	refund := []string{"virtualAccount", "refundReceiveAccount", "accountNumber"}
	h.wait(30*time.Minute - time.Second)
	if got := h.get(w.key).field(refund...); got != "110123456789" {
		t.Errorf("the refund account shows for thirty minutes, got %v", got)
	}
	h.wait(time.Second)
	if got := h.get(w.key).field(refund...); got != nil {
		t.Errorf("the refund account shows no longer, got %v", got)
	}
	path := filepath.Join(t.TempDir(), "state.json")
	if err := h.s.Save(path); err != nil {
		t.Fatal(err)
	}
	again := begin(t, Options{})
	if err := again.s.Load(path); err != nil {
		t.Fatal(err)
	}
	if got := again.get(w.key).field("virtualAccount", "bankCode"); got != "88" {
		t.Errorf("after a restart the payment is another: %v", got)
	}
}

func TestAnOrderThatHoldsMoneyGetsNoWindow(t *testing.T) {
	h := begin(t, Options{})
	h.pay(NewPayment{OrderID: "ORDER-0001", Amount: 15000})
	a := h.call("POST", "/browser/window", fmt.Sprintf(openBody, "CARD", ""), "Authorization", "")
	a.want(t, 400, "DUPLICATED_ORDER_ID")
}

func TestAWindowThatIsNone(t *testing.T) {
	h := begin(t, Options{})
	p := h.pay(NewPayment{OrderID: "ORDER-0002", Status: Ready}) // by no page
	for _, key := range []string{"none", p.Key} {
		w := &browserTab{hands: h, name: "tab-1", key: key}
		w.press("pay", byCard).want(t, 404, "NOT_FOUND_PAYMENT")
		if a := h.call("GET", "/browser/window/"+key, ""); a.status != 404 || !strings.Contains(a.raw, "결제창을 찾을 수 없습니다.") {
			t.Errorf("a page says that there is no window, got %d", a.status)
		}
	}
}

func TestAPageOfAnotherOriginPressesNothing(t *testing.T) {
	h := begin(t, Options{})
	w := h.open("CARD", "")
	const there = "/browser/window/"
	w.call("POST", there+w.key+"/pay", `{"tab":"tab-1"`+byCard+`}`, "Content-Type", "text/plain").want(t, 400, "INVALID_PARAMETERS")
	a := h.call("OPTIONS", there+w.key+"/pay", "", "Origin", "http://localhost:3000", "Access-Control-Request-Method", "POST")
	if got := a.header.Get("Access-Control-Allow-Origin"); got != "" {
		t.Errorf("a page of another origin may press a button: %s", got)
	}
}

func TestTextFromOutsideIsNoMarkup(t *testing.T) {
	h := begin(t, Options{})
	const markup = `<img src=x onerror=\"alert(1)\">`
	body := strings.Replace(fmt.Sprintf(openBody, "VIRTUAL_ACCOUNT", `,"customerName":"`+markup+`"`), "티셔츠", markup, 1)
	path, _ := h.call("POST", "/browser/window", body).body["path"].(string)
	a := h.call("GET", path, "")
	if a.status != 200 || strings.Contains(a.raw, "<img") || strings.Count(a.raw, "&lt;img src=x onerror=") < 2 {
		t.Errorf("the order's and the buyer's name are text, got %d %s", a.status, a.raw)
	}
	if got := a.header.Get("Content-Security-Policy"); !strings.Contains(got, "default-src 'none'") || strings.Contains(got, "unsafe") {
		t.Errorf("the page may run more than its own script: %s", got)
	}
}

func TestPagesMayCallTheAPI(t *testing.T) {
	h := begin(t, Options{})
	const page = "https://www.shop.co.kr"
	a := h.call("OPTIONS", "/v1/payments/confirm", "", "Authorization", "", "Origin", page,
		"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type,idempotency-key")
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin":  page,
		"Access-Control-Allow-Methods": "GET, POST, DELETE",
		"Access-Control-Allow-Headers": "authorization,content-type,idempotency-key",
	} {
		if got := a.header.Get(name); a.status != 204 || got != want {
			t.Errorf("%d, %s: %q, want %q", a.status, name, got, want)
		}
	}
	a = h.call("GET", "/v1/payments/none", "", "Origin", page)
	a.want(t, 404, "NOT_FOUND_PAYMENT")
	if got := a.header.Get("Access-Control-Allow-Origin"); got != page {
		t.Errorf("a refusal is read by the page, too: %q", got)
	}
	if got := h.call("GET", "/sandbox/clock", "", "Origin", page).header.Get("Access-Control-Allow-Origin"); got != "" {
		t.Errorf("the sandbox's own addresses are not for pages: %q", got)
	}
}

func TestScriptsAreServedToEveryPage(t *testing.T) {
	h := begin(t, Options{})
	for path, global := range map[string]string{
		"/v1/payment-widget": "window.PaymentWidget = ", "/v2/payment-widget": "window.PaymentWidget = ",
		"/v1": "window.TossPayments = ", "/v2/standard": "window.TossPayments = ",
	} {
		a := h.call("GET", path, "", "Authorization", "", "Origin", "https://www.shop.co.kr")
		if a.status != 200 || !strings.Contains(a.raw, global) || !strings.HasPrefix(a.header.Get("Content-Type"), "text/javascript") {
			t.Errorf("%s: %d, and no %q", path, a.status, global)
		}
	}
	h.call("GET", "/v1/elsewhere", "").want(t, 404, "NOT_FOUND")
}
