package console

import (
	"bytes"
	"encoding/json"
	"html/template"
	"strings"
	"time"

	"daesa/sandbox"
)

// word is a label in both languages.
type word struct{ korean, english string }

func (w word) in(english bool) string {
	if english {
		return w.english
	}
	return w.korean
}

// choice is an entry of a list to choose from.
type choice struct {
	Value string
	word
}

// Label is the entry in a language.
func (c choice) Label(english bool) string { return c.in(english) }

var methods = []choice{
	{string(sandbox.Card), word{"카드", "Card"}},
	{string(sandbox.EasyPay), word{"간편결제", "Easy pay"}},
	{string(sandbox.Transfer), word{"계좌이체", "Bank transfer"}},
	{string(sandbox.VirtualAccount), word{"가상계좌", "Virtual account"}},
	{string(sandbox.Phone), word{"휴대폰", "Mobile phone"}},
	{string(sandbox.GiftCertificate), word{"상품권", "Gift certificate"}},
	{string(sandbox.PayPal), word{"PayPal", "PayPal"}},
	{string(sandbox.ForeignEasyPay), word{"해외간편결제", "Foreign easy pay"}},
}

var statuses = []choice{
	{sandbox.Ready, word{"결제창 열림", "Window open"}},
	{sandbox.InProgress, word{"승인 대기", "To be confirmed"}},
	{sandbox.WaitingForDeposit, word{"입금 대기", "Waiting for deposit"}},
	{sandbox.Done, word{"결제 완료", "Paid"}},
	{sandbox.PartialCanceled, word{"부분 취소", "Partly cancelled"}},
	{sandbox.Canceled, word{"취소", "Cancelled"}},
	{sandbox.Aborted, word{"승인 실패", "Refused"}},
	{sandbox.Expired, word{"결제 만료", "Expired"}},
}

// beginnings are how far a payment goes that is made by hand.
var beginnings = []choice{
	{"", word{"끝까지 (가상계좌: 발급)", "To its end (virtual account: issued)"}},
	{sandbox.Ready, word{"결제창만 열기", "Window open"}},
	{sandbox.InProgress, word{"인증까지 (승인은 상점이)", "Authenticated (the shop confirms)"}},
	{sandbox.Aborted, word{"승인 실패", "Refused"}},
	{sandbox.Expired, word{"결제 만료", "Expired"}},
}

var events = map[string]word{
	"REQUESTED":     {"결제창 열림", "Window opened"},
	"AUTHENTICATED": {"구매자 인증", "Buyer authenticated"},
	"ISSUED":        {"가상계좌 발급", "Virtual account issued"},
	"APPROVED":      {"승인", "Approved"},
	"REVERSED":      {"입금 취소됨", "Deposit taken back"},
	"CANCELED":      {"취소", "Cancelled"},
	"ABORTED":       {"승인 실패", "Refused"},
	"EXPIRED":       {"결제 만료", "Expired"},
}

var layouts = []choice{
	{"kb", word{"국민", "KB"}}, {"shinhan", word{"신한", "Shinhan"}}, {"woori", word{"우리", "Woori"}},
	{"toss", word{"토스뱅크", "Toss Bank"}}, {"hana", word{"하나", "Hana"}}, {"ibk", word{"기업", "IBK"}},
}

// preset is a fault that is often wanted.
type preset struct {
	Spec string
	word
}

// Label is the preset in a language.
func (p preset) Label(english bool) string { return p.in(english) }

var presets = []preset{
	{"drop-after=1,api=confirm,max=1", word{"다음 승인의 응답을 잃음 (승인은 됨)", "The next confirm is done, its answer lost"}},
	{"drop-after=1,api=cancel,max=1", word{"다음 취소의 응답을 잃음 (취소는 됨)", "The next cancel is done, its answer lost"}},
	{"slow=1:15s,max=1", word{"다음 응답이 15초 늦음", "The next answer takes 15 s"}},
	{"5xx=0.5", word{"절반이 500", "Half of the answers are 500"}},
	{"429=1,max=5", word{"다음 다섯 번 429", "The next five are 429"}},
	{"refuse=1:NOT_AVAILABLE_BANK,api=cancel,max=1", word{"다음 취소를 거절 (은행 시간 외)", "The next cancel is refused: bank hours"}},
	{"page-cap=10", word{"거래 목록이 한 쪽에 10건까지", "The list gives 10 rows a page at most"}},
	{"leave-out=1", word{"거래 목록에서 매일 첫 거래가 빠짐", "The list leaves out the first row of each day"}},
}

// hookView is a webhook on a page; Link: with the way to its payment.
type hookView struct {
	Hook sandbox.Webhook
	Page page
	Link bool
}

// labelOf is the label of a value; the value itself where there is none.
func labelOf(list []choice, value string, english bool) string {
	for _, c := range list {
		if c.Value == value {
			return c.in(english)
		}
	}
	return value
}

var functions = template.FuncMap{
	"status": func(value string, english bool) string { return labelOf(statuses, value, english) },
	"method": func(value sandbox.Method, english bool) string { return labelOf(methods, string(value), english) },
	"event": func(kind string, english bool) string {
		if w, known := events[kind]; known {
			return w.in(english)
		}
		return kind
	},
	"money":   money,
	"plain":   sandbox.FormatAmount, // as it is typed in
	"hookOf":  func(hook sandbox.Webhook, p page, link bool) hookView { return hookView{hook, p, link} },
	"second":  func(t time.Time) string { return t.Format("2006-01-02 15:04:05") },
	"machine": func(t time.Time) string { return t.Format(time.RFC3339) },
	"lower":   strings.ToLower,
	"count":   func(i int) int { return i + 1 }, // people count from one
	"took":    func(d time.Duration) string { return d.Round(time.Millisecond).String() },
	"text":    indented,
	"value":   func(t time.Time) string { return t.Format("2006-01-02T15:04:05") },
}

// money groups an amount by thousands and names its currency.
func money(amount int64, currency string, english bool) string {
	text := sandbox.FormatAmount(amount, currency)
	whole, rest, fraction := strings.Cut(text, ".")
	sign := ""
	if w, negative := strings.CutPrefix(whole, "-"); negative {
		sign, whole = "-", w
	}
	var b strings.Builder
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	out := sign + b.String()
	if fraction {
		out += "." + rest
	}
	switch {
	case currency != "KRW":
		return out + " " + currency
	case english:
		return out + " KRW"
	}
	return out + "원"
}

func indented(raw []byte) string {
	var out bytes.Buffer
	if json.Indent(&out, raw, "", "  ") != nil {
		return string(raw)
	}
	return out.String()
}
