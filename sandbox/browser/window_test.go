package browser_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"daesa/internal/browsertest"
)

// cardPage asks for a card payment: by redirect with #pay, by promise with
// #promise.
const cardPage = confirming + `
const payment = TossPayments('` + windowKey + `').payment({ customerKey: TossPayments.ANONYMOUS });
const request = (more) => payment.requestPayment({ ...order, method: 'CARD', amount: { currency: 'KRW', value: 60000 }, ...more });
document.querySelector('#pay').onclick = () => request(addresses).catch(refused);
document.body.insertAdjacentHTML('beforeend', '<button id="promise">promise</button>');
document.querySelector('#promise').onclick = () => request().then(confirmed, refused);
`

func TestTheBuyerCancels(t *testing.T) {
	s := openShop(t, v2Script, cardPage)
	tab := s.visit()
	tab.Click("#pay")
	tab.Wait(overlay, opened)
	tab.Click(overlay, "[data-action=cancel]")
	query := s.arrives(tab, "/fail")
	if !strings.HasPrefix(query, "code=PAY_PROCESS_CANCELED&message=") || strings.Contains(query, "orderId") {
		t.Errorf("a cancel goes to failUrl with its code and without an order: %s", query)
	}
	if got := s.payment()["status"]; got != "READY" {
		t.Errorf("a payment whose window was left is %v, and expires later", got)
	}
	s.show(tab)
	tab.Click("#promise")
	tab.Wait(overlay, opened)
	tab.Click(overlay, "[data-action=cancel]")
	wantShown(t, tab, "error", `["PAY_PROCESS_CANCELED","사용자에 의해 결제가 취소되었습니다.",true]`)
}

func TestTheBuyerCloses(t *testing.T) {
	s := openShop(t, v2Script, cardPage)
	tab := s.visit()
	tab.Click("#pay")
	tab.Wait(overlay, opened)
	tab.Click(overlay, "[data-action=close]")
	wantShown(t, tab, "error", `["USER_CANCEL","취소되었습니다.",true]`)
	tab.Gone(overlay)
	if got := browsertest.Eval[string](tab, "document.activeElement.id"); got != "pay" {
		t.Errorf("the focus is on %q, and was on the button before", got)
	}
}

func TestAPaymentFailsAsChosen(t *testing.T) {
	s := openShop(t, v2Script, cardPage)
	tab := s.visit()
	tab.Click("#pay")
	tab.Wait(overlay, opened)
	tab.Click(overlay, "summary")
	tab.Choose("INVALID_STOPPED_CARD", overlay, "#code")
	tab.Click(overlay, "[data-action=fail]")
	query := s.arrives(tab, "/fail")
	if !strings.HasPrefix(query, "code=INVALID_STOPPED_CARD&message=") || !strings.HasSuffix(query, "&orderId=ORDER-0001") {
		t.Errorf("the shop hears %s", query)
	}
	failure, _ := s.payment()["failure"].(map[string]any)
	if failure["code"] != "INVALID_STOPPED_CARD" || failure["message"] != "정지된 카드 입니다." {
		t.Errorf("the payment failed with %v", failure)
	}
}

func TestAWindowExpiresByTheSandboxsClock(t *testing.T) {
	s := openShop(t, v2Script, cardPage)
	tab := s.visit()
	tab.Click("#pay")
	tab.Wait(overlay, opened)
	s.toss.Advance(30 * time.Minute)
	tab.Wait(overlay, "[data-action=leave]")
	tab.Click(overlay, "[data-action=leave]")
	if query := s.arrives(tab, "/fail"); !strings.HasPrefix(query, "code=PAY_PROCESS_ABORTED&") {
		t.Errorf("the shop hears %s", query)
	}
}

func TestAnAuthenticationExpiresAfterTenMinutes(t *testing.T) {
	s := openShop(t, v2Script, cardPage+`
document.querySelector('#promise').onclick = () => request().then((result) => { window.kept = result; show('kept', true); });`)
	tab := s.visit()
	tab.Click("#promise")
	tab.Wait(overlay, opened)
	tab.Click(overlay, pay)
	tab.Wait("#kept")
	s.toss.Advance(10 * time.Minute)
	browsertest.Eval[any](tab, "confirmed(window.kept)")
	if got := s.payment()["status"]; got != "EXPIRED" {
		t.Errorf("a confirm after ten minutes left the payment %v", got)
	}
}

func TestAWindowIsOpenInOneTab(t *testing.T) {
	s := openShop(t, v2Script, cardPage)
	tab := s.visit()
	tab.Click("#pay")
	tab.Wait(overlay, opened)
	address := browsertest.Eval[string](tab, "document.querySelector('iframe').src")
	other := browsertest.Open(t)
	other.Go(address)
	if got := other.Text("#other"); got != "이 결제창은 다른 탭에서 열려 있습니다." {
		t.Errorf("the other tab says %q", got)
	}
	tab.Click(overlay, pay)
	s.arrives(tab, "/success")
	wantStatus(t, tab, "DONE")
	other.Go(address)
	if got := other.Text(".over"); got != "이미 인증을 마친 결제입니다." {
		t.Errorf("the window of a paid order says %q", got)
	}
}

func TestEveryTextFromOutsideIsText(t *testing.T) {
	const markup = `<img src=x onerror="top.document.title='owned'"><b>{{.}}</b>`
	s := openShop(t, v2Script, cardPage+"\norder.orderName = `"+markup+"`; order.customerName = order.orderName;")
	s.page = strings.ReplaceAll(s.page, "method: 'CARD'", "method: 'VIRTUAL_ACCOUNT'")
	tab := s.visit()
	tab.Click("#promise")
	tab.Wait(overlay, opened)
	if got := tab.Text(overlay, ".name"); got != markup {
		t.Errorf("the window reads %s", got)
	}
	if strings.Contains(tab.Markup(overlay, "main"), "<img") {
		t.Error("the order's name has become markup")
	}
	tab.Click(overlay, pay)
	tab.Wait("#status")
	if got := browsertest.Eval[string](tab, "document.title"); got != "주문서" {
		t.Errorf("the order's name was run: %s", got)
	}
}

func TestTheWindowSpeaksEnglish(t *testing.T) {
	s := openShop(t, v2Script, cardPage)
	tab := browsertest.Open(t)
	tab.Language("en-US,en")
	s.show(tab)
	tab.Click("#promise")
	tab.Wait(overlay, opened)
	if got := tab.Text(overlay, pay); got != "₩60,000 Pay" {
		t.Errorf("the button says %s", got)
	}
	tab.Click(overlay, "[data-action=cancel]")
	wantShown(t, tab, "error", `["PAY_PROCESS_CANCELED","Payment has been canceled by the customer.",true]`)
}

func TestTheWindowByKeyboard(t *testing.T) {
	s := openShop(t, v2Script, cardPage)
	tab := s.visit()
	tab.Click("#promise")
	tab.Wait(overlay, opened)
	tab.Keys("\t\t\t\t\t\t\t\r") // close, method, company, type, months, cancel, pay
	wantShown(t, tab, "status", `"DONE"`)
	s = openShop(t, v2Script, cardPage)
	s.show(tab)
	tab.Click("#promise")
	tab.Wait(overlay, opened)
	tab.Keys("\x1b")
	wantShown(t, tab, "error", `["USER_CANCEL","취소되었습니다.",true]`)
}

func TestEveryFieldHasAName(t *testing.T) {
	s := openShop(t, v2Script, v2WidgetPage+`
document.querySelector('#pay').onclick = () => widgets.requestPaymentWindow({ ...order, amount: { currency: 'KRW', value: 60000 } }).then(confirmed, refused);`)
	tab := s.visit()
	tab.Wait("[data-agreed=true]")
	tab.Click("#pay")
	tab.Wait(overlay, opened)
	tab.Go(browsertest.Eval[string](tab, "document.querySelector('"+overlay+"').src")) // alone, where scripts reach it
	unnamed := browsertest.Eval[[]string](tab, `[...document.querySelectorAll('input, select, button, fieldset')].filter((field) =>
		!(field.labels && field.labels.length && field.labels[0].textContent.trim()) && !field.textContent.trim() && !field.ariaLabel)
		.map((field) => field.outerHTML)`)
	if len(unnamed) > 0 {
		t.Errorf("a screen reader has no name for %s", strings.Join(unnamed, "\n"))
	}
	dialog := browsertest.Eval[[]string](tab, `((main) => [main.getAttribute('role'), main.getAttribute('aria-modal'),
		document.getElementById(main.getAttribute('aria-labelledby')).textContent])(document.querySelector('main'))`)
	if want := []string{"dialog", "true", "결제"}; !slices.Equal(dialog, want) {
		t.Errorf("the window is %v, want %v", dialog, want)
	}
}

func TestAFieldThatIsMissingIsShown(t *testing.T) {
	s := openShop(t, v2Script, cardPage)
	tab := s.visit()
	tab.Click("#promise")
	tab.Wait(overlay, opened)
	tab.Choose("", overlay, "[name=cardCompany]")
	tab.Click(overlay, pay)
	tab.Wait(overlay, "#error")
	tab.Wait(overlay, "[name=cardCompany][aria-invalid=true]:focus")
	tab.Choose("41", overlay, "[name=cardCompany]")
	tab.Click(overlay, pay)
	wantShown(t, tab, "status", `"DONE"`)
}

func TestOnAPhoneTheWindowTakesThePagesPlace(t *testing.T) {
	s := openShop(t, v2Script, cardPage)
	tab := browsertest.Open(t)
	tab.Phone()
	s.show(tab)
	tab.Click("#promise")
	wantShown(t, tab, "error", `["NOT_SUPPORTED_PROMISE","Promise 방식을 지원하지 않습니다. successUrl, failUrl을 사용해주세요.",true]`)
	tab.Click("#pay")
	tab.Arrive(s.tossURL + "/browser/window/")
	tab.Wait(opened)
	if wide := browsertest.Eval[int](tab, "document.documentElement.scrollWidth"); wide > 390 {
		t.Errorf("the window is %d points wide on a phone of 390", wide)
	}
	tab.Click("[data-action=close]") // there is no page behind it to reject
	if query := s.arrives(tab, "/fail"); !strings.HasPrefix(query, "code=PAY_PROCESS_CANCELED&") {
		t.Errorf("the shop hears %s", query)
	}
	s.show(tab)
	tab.Click("#pay")
	tab.Wait(opened)
	tab.Click(pay)
	s.arrives(tab, "/success")
	wantStatus(t, tab, "DONE")
}

func TestTheScriptsAddressPressesAtOnce(t *testing.T) {
	tab := browsertest.Open(t)
	for auto, want := range map[string]string{
		"pay":                           "/success",
		"cancel":                        "/fail?code=PAY_PROCESS_CANCELED&",
		"fail":                          "/fail?code=REJECT_CARD_COMPANY&",
		"fail&code=PAY_PROCESS_ABORTED": "/fail?code=PAY_PROCESS_ABORTED&",
	} {
		s := openShop(t, v2Script+"?auto="+auto, cardPage)
		s.show(tab)
		tab.Click("#pay")
		tab.Arrive(s.url + want)
	}
	s := openShop(t, v2Script+"?auto=close", cardPage)
	s.show(tab)
	tab.Click("#pay")
	wantShown(t, tab, "error", `["USER_CANCEL","취소되었습니다.",true]`)
}
