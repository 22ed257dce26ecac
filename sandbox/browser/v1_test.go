package browser_test

import (
	"testing"

	"daesa/internal/browsertest"
)

const v1WidgetPage = confirming + `
const widget = PaymentWidget('` + widgetKey + `', PaymentWidget.ANONYMOUS);
const methods = widget.renderPaymentMethods('#methods', { value: 15000 }, { variantKey: 'DEFAULT' });
const agreement = widget.renderAgreement('#terms', { variantKey: 'AGREEMENT' });
methods.on('ready', () => {
  methods.updateAmount(60000, methods.UPDATE_REASON.COUPON);
  show('selected', methods.getSelectedPaymentMethod());
});
agreement.on('change', (status) => { document.body.dataset.agreed = status.agreedRequiredTerms; });
`

func TestV1WidgetGoesToTheShopsPage(t *testing.T) {
	s := openShop(t, widgetScript, v1WidgetPage+`
document.querySelector('#pay').onclick = () => widget.requestPayment({ ...order, ...addresses }).catch(refused);`)
	tab := s.visit()
	wantShown(t, tab, "selected", `{"type":"NORMAL","method":"카드"}`)
	tab.Wait("body[data-agreed=true]")
	tab.Click("#pay")
	tab.Wait(overlay, opened)
	tab.Choose("51", overlay, "[name=cardCompany]")
	tab.Choose("3", overlay, "[name=months]")
	tab.Click(overlay, pay)
	s.wantQuery(s.arrives(tab, "/success"), "paymentType=NORMAL&orderId=ORDER-0001&paymentKey=KEY&amount=60000")
	wantStatus(t, tab, "DONE")
	card, _ := s.payment()["card"].(map[string]any)
	if card["issuerCode"] != "51" || card["installmentPlanMonths"] != 3.0 {
		t.Errorf("the buyer chose 삼성 and three months, the payment says %v", card)
	}
}

func TestV1WidgetKeepsAPromise(t *testing.T) {
	s := openShop(t, widgetScript, v1WidgetPage+`
document.querySelector('#pay').onclick = () => widget.requestPayment(order).then(confirmed, refused);`)
	tab := s.visit()
	tab.Wait("body[data-agreed=true]")
	tab.Click("#methods iframe", "[value=VIRTUAL_ACCOUNT]")
	tab.Choose("88", "#methods iframe", "[name=refundBank]")
	tab.Choose("110-123-456789", "#methods iframe", "[name=refundNumber]")
	if got := browsertest.Eval[string](tab, "methods.getSelectedPaymentMethod().method"); got != "가상계좌" {
		t.Errorf("the widget says that %s is chosen", got)
	}
	tab.Click("#pay")
	tab.Wait(overlay, opened)
	tab.Click(overlay, pay)
	wantShown(t, tab, "result", `{"paymentType":"NORMAL","paymentKey":"string","orderId":"ORDER-0001","amount":60000}`)
	wantShown(t, tab, "status", `"WAITING_FOR_DEPOSIT"`)
	tab.Gone(overlay)
	account, _ := s.payment()["virtualAccount"].(map[string]any)
	refund, _ := account["refundReceiveAccount"].(map[string]any)
	if refund["bankCode"] != "88" || refund["accountNumber"] != "110123456789" || refund["holderName"] != "김토스" {
		t.Errorf("the refund account that the buyer entered is not that of the payment: %v", account)
	}
}

func TestV1WidgetWantsTermsAndDetails(t *testing.T) {
	s := openShop(t, widgetScript, v1WidgetPage+`
document.querySelector('#pay').onclick = () => widget.requestPayment({ ...order, ...addresses })
  .catch((error) => { document.body.dataset.refused = error.code; });`)
	tab := s.visit()
	tab.Wait("body[data-agreed=true]")
	tab.Click("#terms iframe", "[value=privacy]")
	tab.Wait("body[data-agreed=false]")
	tab.Click("#pay")
	tab.Wait("[data-refused=NEED_AGREEMENT_WITH_REQUIRED_TERMS]")
	tab.Choose("", "#methods iframe", "[name=cardCompany]")
	tab.Click("#pay")
	tab.Wait("[data-refused=NEED_CARD_PAYMENT_DETAIL]")
	tab.Click("#methods iframe", "[value=VIRTUAL_ACCOUNT]")
	tab.Choose("", "#methods iframe", "[name=refundHolder]")
	tab.Click("#pay")
	tab.Wait("[data-refused=NEED_REFUND_ACCOUNT_DETAIL]")
}

func TestV1WindowTakesEveryMethod(t *testing.T) {
	tab := browsertest.Open(t)
	for _, c := range []struct{ word, more, status, method string }{
		{"카드", "", "DONE", "카드"},
		{"TRANSFER", "", "DONE", "계좌이체"},
		{"가상계좌", "validHours: 24", "WAITING_FOR_DEPOSIT", "가상계좌"},
		{"휴대폰", "", "DONE", "휴대폰"},
		{"도서문화상품권", "", "DONE", "도서문화상품권"},
		{"해외간편결제", "provider: 'PAYPAL', currency: 'USD', country: 'US'", "DONE", "간편결제"},
	} {
		t.Run(c.word, func(t *testing.T) {
			s := openShop(t, windowScript, `
const toss = TossPayments('`+windowKey+`');
document.querySelector('#pay').onclick = () => toss.requestPayment('`+c.word+`', { ...order, ...addresses, amount: 15000, `+c.more+` }).catch(refused);`)
			s.show(tab)
			tab.Click("#pay")
			tab.Wait(overlay, opened)
			tab.Click(overlay, pay)
			s.wantQuery(s.arrives(tab, "/success"), "orderId=ORDER-0001&paymentKey=KEY&amount=15000")
			wantStatus(t, tab, c.status)
			if got := s.payment()["method"]; got != c.method {
				t.Errorf("the payment's method is %v, want %s", got, c.method)
			}
		})
	}
}

func TestV1WindowLetsTheBuyerChooseAndTheShopClose(t *testing.T) {
	s := openShop(t, windowScript, confirming+`
const toss = TossPayments('`+windowKey+`');
document.querySelector('#pay').onclick = () => {
  toss.requestPayment({ ...order, amount: 15000 }).catch((error) => {
    show('first', error.code);
    toss.requestPayment({ ...order, amount: 15000 }).then(confirmed, refused);
  });
};`)
	tab := s.visit()
	tab.Click("#pay")
	tab.Wait(overlay, opened)
	browsertest.Eval[any](tab, "toss.cancelPayment()")
	wantShown(t, tab, "first", `"USER_CANCEL"`)
	tab.Wait(overlay, opened)
	tab.Click(overlay, "[value=KAKAOPAY]")
	tab.Click(overlay, pay)
	wantShown(t, tab, "status", `"DONE"`)
	easy, _ := s.payment()["easyPay"].(map[string]any)
	if easy["provider"] != "카카오페이" {
		t.Errorf("the buyer chose 카카오페이, the payment says %v", easy)
	}
}

func TestV1KnowsNoBilling(t *testing.T) {
	s := openShop(t, windowScript, `TossPayments('`+windowKey+`').requestBillingAuth('카드', {}).catch(refused);`)
	tab := s.visit()
	wantShown(t, tab, "error", `["NOT_SUPPORTED_METHOD","지원되지 않는 결제수단입니다.",true]`)
}
