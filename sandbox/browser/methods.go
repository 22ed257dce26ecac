package browser

import "slices"

// The kinds of methods, in the words of order files; each has its own fields in
// the window.
const (
	kindCard     = "card"
	kindEasyPay  = "easy_pay"
	kindTransfer = "transfer"
	kindVirtual  = "virtual_account"
	kindPhone    = "phone"
	kindGift     = "gift_certificate"
	kindPayPal   = "paypal"
	kindForeign  = "foreign_easy_pay"
)

// Method is a way to pay as the scripts name it.
type Method struct {
	Code            string // Toss's, as v2 and the widgets have it
	Kind            string // as order files have it
	Word            string // Korean, as v1 and the Payment object have it
	Korean, English string // as the buyer reads it
	Provider        string // easyPay.provider; empty: no easy pay
	Country         string // of a foreign easy pay
}

// Methods are all that a window can show, in its order.
var Methods = []Method{
	{Code: "CARD", Kind: kindCard, Word: "카드", Korean: "신용·체크카드", English: "Card"},
	{Code: "TOSSPAY", Kind: kindEasyPay, Word: "간편결제", Korean: "토스페이", English: "Toss Pay", Provider: "토스페이"},
	{Code: "NAVERPAY", Kind: kindEasyPay, Word: "간편결제", Korean: "네이버페이", English: "Naver Pay", Provider: "네이버페이"},
	{Code: "KAKAOPAY", Kind: kindEasyPay, Word: "간편결제", Korean: "카카오페이", English: "Kakao Pay", Provider: "카카오페이"},
	{Code: "SAMSUNGPAY", Kind: kindEasyPay, Word: "간편결제", Korean: "삼성페이", English: "Samsung Pay", Provider: "삼성페이"},
	{Code: "APPLEPAY", Kind: kindEasyPay, Word: "간편결제", Korean: "애플페이", English: "Apple Pay", Provider: "애플페이"},
	{Code: "PAYCO", Kind: kindEasyPay, Word: "간편결제", Korean: "페이코", English: "PAYCO", Provider: "페이코"},
	{Code: "TRANSFER", Kind: kindTransfer, Word: "계좌이체", Korean: "계좌이체", English: "Bank transfer"},
	{Code: "VIRTUAL_ACCOUNT", Kind: kindVirtual, Word: "가상계좌", Korean: "가상계좌", English: "Virtual account"},
	{Code: "MOBILE_PHONE", Kind: kindPhone, Word: "휴대폰", Korean: "휴대폰", English: "Mobile phone"},
	{Code: "CULTURE_GIFT_CERTIFICATE", Kind: kindGift, Word: "문화상품권", Korean: "문화상품권", English: "Culture gift card"},
	{Code: "BOOK_GIFT_CERTIFICATE", Kind: kindGift, Word: "도서문화상품권", Korean: "도서문화상품권", English: "Book gift card"},
	{Code: "GAME_GIFT_CERTIFICATE", Kind: kindGift, Word: "게임문화상품권", Korean: "게임문화상품권", English: "Game gift card"},
	{Code: "PAYPAL", Kind: kindPayPal, Word: "해외간편결제", Korean: "페이팔", English: "PayPal", Provider: "PAYPAL", Country: "US"},
	{Code: "ALIPAY", Kind: kindForeign, Word: "해외간편결제", Korean: "알리페이", English: "Alipay", Provider: "알리페이", Country: "CN"},
	{Code: "ALIPAYHK", Kind: kindForeign, Word: "해외간편결제", Korean: "알리페이 홍콩", English: "AlipayHK", Provider: "ALIPAYHK", Country: "HK"},
	{Code: "GCASH", Kind: kindForeign, Word: "해외간편결제", Korean: "지캐시", English: "GCash", Provider: "GCASH", Country: "PH"},
	{Code: "BPI", Kind: kindForeign, Word: "해외간편결제", Korean: "BPI", English: "BPI", Provider: "BPI", Country: "PH"},
	{Code: "BILLEASE", Kind: kindForeign, Word: "해외간편결제", Korean: "빌리즈", English: "BillEase", Provider: "BILLEASE", Country: "PH"},
	{Code: "TOUCHNGO", Kind: kindForeign, Word: "해외간편결제", Korean: "터치앤고", English: "Touch 'n Go", Provider: "TOUCHNGO", Country: "MY"},
	{Code: "BOOST", Kind: kindForeign, Word: "해외간편결제", Korean: "부스트", English: "Boost", Provider: "BOOST", Country: "MY"},
	{Code: "DANA", Kind: kindForeign, Word: "해외간편결제", Korean: "다나", English: "DANA", Provider: "DANA", Country: "ID"},
	{Code: "TRUEMONEY", Kind: kindForeign, Word: "해외간편결제", Korean: "트루머니", English: "TrueMoney", Provider: "TRUEMONEY", Country: "TH"},
	{Code: "RABBIT_LINE_PAY", Kind: kindForeign, Word: "해외간편결제", Korean: "래빗 라인페이", English: "Rabbit LINE Pay", Provider: "RABBIT_LINE_PAY", Country: "TH"},
	{Code: "PAYPAY", Kind: kindForeign, Word: "해외간편결제", Korean: "페이페이", English: "PayPay", Provider: "PAYPAY", Country: "JP"},
}

// foreignEasyPay asks for one of the foreign ones, which options.provider names.
const foreignEasyPay = "FOREIGN_EASY_PAY"

// MethodOf finds a method by its code, or by the word that v1 has for it.
func MethodOf(word string) (Method, bool) {
	i := slices.IndexFunc(Methods, func(m Method) bool {
		return m.Code == word || m.Korean == word || m.Word == word
	})
	if word == "" || i < 0 {
		return Method{}, false
	}
	return Methods[i], true
}

// foreign says whether the buyer pays abroad.
func (m Method) foreign() bool { return m.Kind == kindPayPal || m.Kind == kindForeign }

// takes says whether the method can be paid in a currency: PayPal only in
// dollars, what is Korean only in won.
func (m Method) takes(currency string) bool {
	switch m.Kind {
	case kindPayPal:
		return currency == "USD"
	case kindForeign:
		return true
	}
	return currency == "KRW"
}

// named is the method as the buyer reads it.
func (m Method) named(lang language) string {
	if lang == english {
		return m.English
	}
	return m.Korean
}

// Offered are the methods among which a window lets the buyer choose: the one
// that a widget holds or that was asked for, for a card also the easy pays, and
// without any all of the currency.
func (r Request) Offered() []Method {
	if r.Choice.Method != "" {
		return r.only(r.Choice.Method)
	}
	switch r.Method {
	case "":
		return r.those(func(m Method) bool { return r.Amount.Currency != "KRW" || !m.foreign() })
	case foreignEasyPay:
		return r.only(r.Options.Provider)
	case "CARD":
		if r.Options.EasyPay != "" {
			return r.only(r.Options.EasyPay)
		}
		if r.Options.FlowMode != "DIRECT" && r.Amount.Currency == "KRW" {
			return r.those(func(m Method) bool { return m.Kind == kindCard || m.Kind == kindEasyPay })
		}
		return []Method{Methods[0]} // cards from abroad may be asked for other currencies
	}
	return r.only(r.Method)
}

func (r Request) only(word string) []Method {
	if m, known := MethodOf(word); known && m.takes(r.Amount.Currency) {
		return []Method{m}
	}
	return nil
}

func (r Request) those(fit func(Method) bool) []Method {
	var out []Method
	for _, m := range Methods {
		if fit(m) && m.takes(r.Amount.Currency) {
			out = append(out, m)
		}
	}
	return out
}
