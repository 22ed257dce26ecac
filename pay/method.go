package pay

import "strings"

// Method is how the buyer paid, in daesa's words. A value that daesa does not
// know is kept as the provider or the shop wrote it.
type Method string

// The methods of the order file; Toss's Korean and English words map to them.
const (
	MethodUnknown     Method = ""
	Card              Method = "card"
	Transfer          Method = "transfer"
	VirtualAccount    Method = "virtual_account"
	Phone             Method = "phone"
	GiftCertificate   Method = "gift_certificate"
	EasyPay           Method = "easy_pay"
	ForeignEasyPay    Method = "foreign_easy_pay"
	methodNameMaximum        = 40
)

// methodWords are Toss's values (https://docs.tosspayments.com/reference, and
// /guides/international/api-guide for the English ones) and daesa's own.
var methodWords = map[string]Method{
	"카드": Card, "계좌이체": Transfer, "가상계좌": VirtualAccount, "휴대폰": Phone,
	"문화상품권": GiftCertificate, "도서문화상품권": GiftCertificate, "게임문화상품권": GiftCertificate,
	"상품권": GiftCertificate, "간편결제": EasyPay, "해외간편결제": ForeignEasyPay,
	"card": Card, "transfer": Transfer, "virtual_account": VirtualAccount, "phone": Phone, "mobile_phone": Phone,
	"gift_certificate": GiftCertificate, "culture_gift_certificate": GiftCertificate,
	"book_gift_certificate": GiftCertificate, "game_gift_certificate": GiftCertificate,
	"easy_pay": EasyPay, "easypay": EasyPay, "foreign_easy_pay": ForeignEasyPay, "paypal": ForeignEasyPay,
}

// ParseMethod maps Toss's Korean or English value, or daesa's own word, to a
// Method. ok is false for a word that it does not know; the method then keeps
// the word.
func ParseMethod(text string) (m Method, ok bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		return MethodUnknown, true
	}
	if known, ok := methodWords[strings.ToLower(text)]; ok {
		return known, true
	}
	if runes := []rune(text); len(runes) > methodNameMaximum {
		text = string(runes[:methodNameMaximum])
	}
	return Method(text), false
}

// SameMethod says whether a shop's and Toss's word may mean one payment. An
// unknown side agrees with everything. What stands behind easy pay (a card, an
// account) is no mismatch with easy pay, and PayPal is written both ways.
func SameMethod(a, b Method) bool {
	if a == b || a == MethodUnknown || b == MethodUnknown {
		return true
	}
	return (a.wallet() && b.behindWallet()) || (b.wallet() && a.behindWallet())
}

func (m Method) wallet() bool { return m == EasyPay || m == ForeignEasyPay }

func (m Method) behindWallet() bool { return m == Card || m == Transfer || m.wallet() }
