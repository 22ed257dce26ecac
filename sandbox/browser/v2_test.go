package browser_test

import (
	"strings"
	"testing"

	"daesa/internal/browsertest"
)

const v2WidgetPage = confirming + `
const widgets = TossPayments('` + widgetKey + `').widgets({ customerKey: TossPayments.ANONYMOUS });
let methods, agreement;
async function render() {
  await widgets.setAmount({ currency: 'KRW', value: 15000 });
  [methods, agreement] = await Promise.all([
    widgets.renderPaymentMethods({ selector: '#methods', variantKey: 'DEFAULT' }),
    widgets.renderAgreement({ selector: '#terms', variantKey: 'AGREEMENT' }),
  ]);
  methods.on('paymentMethodSelect', ({ code }) => { document.body.dataset.method = code; });
  agreement.on('agreementStatusChange', (status) => {
    document.body.dataset.agreed = status.agreedRequiredTerms;
    window.status = status;
  });
}
const rendered = render();
`

func TestV2WidgetsGoToTheShopsPage(t *testing.T) {
	s := openShop(t, v2Script, v2WidgetPage+`
document.querySelector('#pay').onclick = () => widgets.requestPayment({ ...order, ...addresses, metadata: { cart: '7' } }).catch(refused);`)
	tab := s.visit()
	tab.Wait("[data-method=CARD][data-agreed=true]") // both say how they begin
	tab.Click("#methods iframe", "[value=TRANSFER]")
	tab.Wait("[data-method=TRANSFER]")
	if got := browsertest.Eval[string](tab, "methods.getSelectedPaymentMethod().then((method) => method.code)"); got != "TRANSFER" {
		t.Errorf("the widget says that %s is chosen", got)
	}
	tab.Choose("06", "#methods iframe", "[data-fields=transfer] [name=bank]")
	tab.Click("#pay")
	tab.Wait(overlay, opened)
	tab.Click(overlay, pay)
	s.wantQuery(s.arrives(tab, "/success"), "paymentType=NORMAL&orderId=ORDER-0001&paymentKey=KEY&amount=15000")
	wantStatus(t, tab, "DONE")
	p := s.payment()
	transfer, _ := p["transfer"].(map[string]any)
	metadata, _ := p["metadata"].(map[string]any)
	if transfer["bankCode"] != "06" || metadata["cart"] != "7" {
		t.Errorf("the payment lacks the bank or the metadata: %v, %v", transfer, metadata)
	}
}

func TestV2WidgetsKeepAPromise(t *testing.T) {
	s := openShop(t, v2Script, v2WidgetPage+`
document.querySelector('#pay').onclick = () => widgets.requestPayment(order).then(confirmed, refused);`)
	tab := s.visit()
	tab.Wait("[data-agreed=true]")
	tab.Click("#pay")
	tab.Wait(overlay, opened)
	tab.Click(overlay, pay)
	wantShown(t, tab, "result", `{"paymentType":"NORMAL","paymentKey":"string","orderId":"ORDER-0001","amount":{"value":15000,"currency":"KRW"}}`)
	wantShown(t, tab, "status", `"DONE"`)
}

func TestV2WidgetsAreDrawnOnceAndAgainAfterDestroy(t *testing.T) {
	s := openShop(t, v2Script, v2WidgetPage)
	tab := s.visit()
	tab.Wait("[data-agreed=true]")
	wantCodes(t, tab, map[string]string{
		"widgets.renderPaymentMethods({ selector: '#methods' })": "PAYMENT_METHODS_WIDGET_ALREADY_RENDERED",
		"widgets.renderAgreement({ selector: '#terms' })":        "AGREEMENT_WIDGET_ALREADY_RENDERED",
	})
	wantCodes(t, tab, map[string]string{
		"methods.destroy().then(() => widgets.renderPaymentMethods({ selector: '#nowhere' }))":                   "INVALID_SELECTOR",
		"agreement.destroy().then(() => widgets.renderAgreement({ selector: '#terms', variantKey: 'INVALID' }))": "INVALID_VARIANT_KEY",
	})
	if got := browsertest.Eval[bool](tab, "render().then(() => true)"); !got {
		t.Error("nothing can be drawn after destroy")
	}
}

func TestV2WindowOfBothWidgets(t *testing.T) {
	s := openShop(t, v2Script, v2WidgetPage+`
async function choose() {
  const paymentWindow = await widgets.renderPaymentWindow({ variantKey: { paymentMethod: 'DEFAULT', agreement: 'AGREEMENT' } });
  paymentWindow.on('paymentRequest', async ({ paymentMethod }) => {
    show('requested', paymentMethod);
    widgets.requestPayment({ ...order, ...addresses }).catch(refused);
  });
  paymentWindow.on('cancel', async () => show('cancelled', true));
}
document.querySelector('#pay').onclick = () => rendered.then(choose);`)
	tab := s.visit()
	tab.Wait("[data-agreed=true]")
	tab.Click("#pay")
	tab.Wait(overlay, "[value=privacy]")
	if got := tab.Text(overlay, pay); !strings.HasPrefix(got, "15,000원") {
		t.Errorf("the button says %s", got)
	}
	tab.Click(overlay, "[data-action=close]")
	tab.Wait("#cancelled")
	tab.Gone(overlay)
	tab.Click("#pay")
	tab.Click(overlay, "[value=MOBILE_PHONE]")
	tab.Click(overlay, pay)
	wantShown(t, tab, "requested", `{"code":"MOBILE_PHONE"}`)
	tab.Wait(overlay, opened)
	tab.Click(overlay, pay)
	s.arrives(tab, "/success")
	wantStatus(t, tab, "DONE")
}

func TestV2PaymentTakesEveryMethod(t *testing.T) {
	tab := browsertest.Open(t)
	for _, c := range []struct{ method, currency, more, status, word string }{
		{"CARD", "KRW", "card: { cardCompany: 'HYUNDAI' }", "DONE", "카드"},
		{"TRANSFER", "KRW", "transfer: { useEscrow: true }", "DONE", "계좌이체"},
		{"VIRTUAL_ACCOUNT", "KRW", "virtualAccount: { validHours: 2160 }", "WAITING_FOR_DEPOSIT", "가상계좌"},
		{"MOBILE_PHONE", "KRW", "", "DONE", "휴대폰"},
		{"GAME_GIFT_CERTIFICATE", "KRW", "", "DONE", "게임문화상품권"},
		{"FOREIGN_EASY_PAY", "USD", "foreignEasyPay: { provider: 'ALIPAY', country: 'CN' }", "DONE", "간편결제"},
	} {
		t.Run(c.method, func(t *testing.T) {
			s := openShop(t, v2Script, `
const payment = TossPayments('`+windowKey+`').payment({ customerKey: 'customer-01' });
document.querySelector('#pay').onclick = () => payment.requestPayment({
  ...order, ...addresses, method: '`+c.method+`', amount: { currency: '`+c.currency+`', value: 15000 }, `+c.more+` }).catch(refused);`)
			s.show(tab)
			tab.Click("#pay")
			tab.Wait(overlay, opened)
			tab.Click(overlay, pay)
			s.wantQuery(s.arrives(tab, "/success"), "orderId=ORDER-0001&paymentKey=KEY&amount=15000")
			wantStatus(t, tab, c.status)
			if got := s.payment()["method"]; got != c.word {
				t.Errorf("the payment's method is %v, want %s", got, c.word)
			}
		})
	}
}

func TestV2PaymentKeepsAPromiseOrBreaksIt(t *testing.T) {
	s := openShop(t, v2Script, confirming+`
const payment = TossPayments('`+windowKey+`').payment({ customerKey: TossPayments.ANONYMOUS });
const request = { ...order, method: 'CARD', amount: { currency: 'KRW', value: 15000 } };
document.querySelector('#pay').onclick = () => payment.requestPayment(request).then(confirmed, (error) => show('broken', error.code));`)
	tab := s.visit()
	tab.Click("#pay")
	tab.Wait(overlay, opened)
	wantCodes(t, tab, map[string]string{"payment.requestPayment(request)": "INVALID_METHOD_TRANSACTION"})
	browsertest.Eval[any](tab, "payment.destroy()")
	wantShown(t, tab, "broken", `"PAYMENT_REQUEST_ABORTED"`)
	tab.Click("#pay")
	tab.Wait(overlay, opened)
	tab.Click(overlay, pay)
	wantShown(t, tab, "result", `{"paymentKey":"string","orderId":"ORDER-0001","amount":{"value":15000,"currency":"KRW"}}`)
	wantShown(t, tab, "status", `"DONE"`)
	wantCodes(t, tab, map[string]string{"payment.requestPayment(request)": "DUPLICATED_ORDER_ID"})
}

// wantCodes wants each expression to be refused with its code.
func wantCodes(t *testing.T, tab *browsertest.Tab, want map[string]string) {
	t.Helper()
	for expression, code := range want {
		got := browsertest.Eval[string](tab, "(async () => { try { await "+expression+"; return 'nothing'; } catch (error) { return error.code || String(error); } })()")
		if got != code {
			t.Errorf("%s: refused with %s, want %s", expression, got, code)
		}
	}
}

func TestV2RefusesAsTossDoes(t *testing.T) {
	s := openShop(t, v2Script, `
const customerKey = 'customer-01';
const widgets = () => TossPayments('`+widgetKey+`').widgets({ customerKey });
const payment = TossPayments('`+windowKey+`').payment({ customerKey });
const amount = { currency: 'KRW', value: 15000 };
const request = (more) => payment.requestPayment({ ...order, ...addresses, method: 'CARD', amount, ...more });
const priced = () => { const w = widgets(); return w.setAmount(amount).then(() => w); };`)
	tab := s.visit()
	wantCodes(t, tab, map[string]string{
		"TossPayments('test_sk_docs').payment({ customerKey })":                              "INVALID_CLIENT_KEY",
		"TossPayments('" + windowKey + "').widgets({ customerKey })":                         "NOT_SUPPORTED_API_INDIVIDUAL_KEY",
		"TossPayments('" + widgetKey + "').payment({ customerKey })":                         "NOT_SUPPORTED_WIDGET_KEY",
		"TossPayments('" + widgetKey + "').brandpay({ customerKey })":                        "NOT_SUPPORTED_WIDGET_KEY",
		"TossPayments('" + windowKey + "').payment({ customerKey: 'a' })":                    "INVALID_CUSTOMER_KEY",
		"TossPayments('" + windowKey + "').payment({ customerKey: 'a'.repeat(51) })":         "INVALID_CUSTOMER_KEY",
		"TossPayments('" + windowKey + "').payment({ customerKey: 'test_gsk_docs' })":        "INSECURE_KEY_USAGE",
		"TossPayments('" + windowKey + "').brandpay({ customerKey }).addPaymentMethod()":     "NOT_REGISTERED_REDIRECT_URL",
		"payment.requestBillingAuth({ method: 'CARD', ...addresses })":                       "NOT_SUPPORTED_METHOD",
		"widgets().renderPaymentMethods({ selector: '#methods' })":                           "NOT_SETUP_AMOUNT",
		"widgets().renderPaymentWindow()":                                                    "NOT_SETUP_AMOUNT",
		"widgets().requestPayment({ ...order, ...addresses })":                               "NOT_SETUP_AMOUNT",
		"widgets().setAmount({ currency: 'KRW', value: -1 })":                                "BELOW_ZERO_AMOUNT",
		"widgets().setAmount({ currency: 'KRW', value: '15000' })":                           "INVALID_AMOUNT_VALUE",
		"widgets().setAmount({ currency: 'won', value: 15000 })":                             "INVALID_AMOUNT_CURRENCY",
		"priced().then((w) => w.requestPayment({ ...order, ...addresses }))":                 "NOT_SELECTED_PAYMENT_METHOD",
		"priced().then((w) => w.renderPaymentMethods({ selector: 'div:' }))":                 "INVALID_SELECTOR",
		"request({ method: 'CASH' })":                                                        "NOT_SUPPORTED_METHOD",
		"request({ amount: { currency: 'KRW', value: 0 } })":                                 "BELOW_ZERO_AMOUNT",
		"request({ amount: { currency: 'KRW', value: 0.5 } })":                               "INVALID_AMOUNT_VALUE",
		"request({ orderId: undefined })":                                                    "INVALID_PARAMETERS",
		"request({ orderId: '주문' })":                                                         "INVALID_ORDER_ID",
		"request({ orderName: '가'.repeat(101) })":                                            "INVALID_ORDER_NAME",
		"request({ metadata: { a: 1 } })":                                                    "INVALID_METADATA",
		"request({ metadata: { 'a[0]': '1' } })":                                             "INVALID_METADATA",
		"request({ successUrl: '/success' })":                                                "INCORRECT_SUCCESS_URL_FORMAT",
		"request({ successUrl: 'javascript:alert(1)' })":                                     "INCORRECT_SUCCESS_URL_FORMAT",
		"request({ successUrl: 'https://shop.example.com/success' })":                        "INCORRECT_SUCCESS_URL_FORMAT",
		"request({ failUrl: undefined })":                                                    "INCORRECT_FAIL_URL_FORMAT",
		"request({ failUrl: 'data:text/html,x' })":                                           "INCORRECT_FAIL_URL_FORMAT",
		"request({ successUrl: undefined, failUrl: undefined, method: 'FOREIGN_EASY_PAY' })": "NOT_SUPPORTED_PROMISE",
		"request({ method: 'FOREIGN_EASY_PAY', foreignEasyPay: { provider: 'PAYPAL' } })":    "NOT_SUPPORTED_METHOD",
		"request({ method: 'VIRTUAL_ACCOUNT', virtualAccount: { validHours: 2161 } })":       "EXCEED_MAX_DUE_DATE",
	})
}
