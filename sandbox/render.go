package sandbox

import (
	"cmp"
	"fmt"
	"slices"

	"daesa/sandbox/browser"
)

const (
	receiptURL  = "https://dashboard.tosspayments.com/receipt/redirection?transactionId="
	checkoutURL = "https://api.tosspayments.com/v1/payments/"
)

// view is how an object is written.
type view struct {
	version string
	english bool // words that are shown to people, as for Accept-Language: en-US
	settled bool // what the payment brought has been paid out
}

// names says whether banks and card companies are written by name, not by code.
func (v view) names() bool { return v.version == Version2022July }

// word chooses between Toss's two languages.
func (v view) word(korean, english string) string {
	if v.english {
		return english
	}
	return korean
}

// settlement is the settlementStatus of a payment's method.
func (v view) settlement() string {
	if v.settled {
		return "COMPLETED"
	}
	return "INCOMPLETED"
}

// appendPayment writes the whole Payment object as it looks at a moment.
func appendPayment(b []byte, p *payment, now int64, v view) []byte {
	st := p.at(now)
	o := obj{b: b}
	o.str("mId", p.MID)
	last := ""
	if st.last != nil {
		last = st.last.key()
	}
	o.strOrNull("lastTransactionKey", last)
	if v.names() {
		o.strOrNull("transactionKey", last)
	}
	o.str("paymentKey", p.Key)
	o.str("orderId", p.OrderID)
	o.str("orderName", p.OrderName)
	o.zero("taxExemptionAmount")
	o.str("status", st.status)
	o.time("requestedAt", p.Requested)
	if st.approved > 0 {
		o.time("approvedAt", st.approved)
	} else {
		o.null("approvedAt")
	}
	if p.Method == PayPal || st.status == Expired {
		o.null("useEscrow")
	} else {
		o.bool("useEscrow", p.Escrow)
	}
	o.bool("cultureExpense", false)
	p.appendMethods(&o, &st, v)
	o.null("cashReceipt")
	o.null("cashReceipts")
	o.in("discount", when(p.CardDiscount > 0, func(d *obj) { d.money("amount", p.CardDiscount, p.Currency) }))
	p.appendCancels(&o, &st)
	p.appendRest(&o, &st, v)
	o.str("version", v.version)
	return o.end()
}

// appendMethods writes the sub-objects of the methods.
func (p *payment) appendMethods(o *obj, st *standing, v view) {
	approved := st.approved > 0
	o.in("card", when(approved && p.hasCard(), func(c *obj) { p.appendCard(c, st, v) }))
	o.in("virtualAccount", when(p.VA != nil && st.last != nil, func(a *obj) { p.appendVA(a, st, v) }))
	o.in("transfer", when(approved && p.Method == Transfer, func(t *obj) {
		appendBank(t, cmp.Or(p.picked().Bank, "20"), v)
		t.str("settlementStatus", v.settlement())
	}))
	o.in("mobilePhone", when(approved && p.Method == Phone, func(m *obj) {
		m.str("customerMobilePhone", cmp.Or(p.picked().Phone, "01000000000"))
		m.str("settlementStatus", v.settlement())
		m.str("receiptUrl", "https://dashboard.tosspayments.com/receipt/mids/mobile")
	}))
	o.in("giftCertificate", when(approved && p.Method == GiftCertificate, func(g *obj) {
		g.str("approveNo", "00000000")
		g.str("settlementStatus", v.settlement())
	}))
}

func when(yes bool, fill func(*obj)) func(*obj) {
	if !yes {
		return nil
	}
	return fill
}

// hasCard says whether a card paid, alone or behind an easy pay.
func (p *payment) hasCard() bool {
	return p.Method == Card || p.Method == EasyPay && !p.Money
}

// issuer is the card's company.
func (p *payment) issuer() bank {
	if i := slices.IndexFunc(cards, func(c bank) bool { return c.code == p.picked().Company }); i >= 0 {
		return cards[i]
	}
	return cards[int(mix(uint64(p.N))%uint64(len(cards)))]
}

func (p *payment) cardType() string {
	if p.Check {
		return check
	}
	return credit
}

func (p *payment) appendCard(c *obj, st *standing, v view) {
	issuer := p.issuer()
	if v.names() {
		c.str("company", issuer.korean)
	} else {
		c.str("issuerCode", issuer.code)
		c.str("acquirerCode", issuer.code)
	}
	c.str("number", p.cardNumber())
	c.money("installmentPlanMonths", int64(p.Months), "KRW")
	c.bool("isInterestFree", p.Months > 0 && p.Bearer != bornByBuyer)
	if p.Months > 0 {
		c.str("interestPayer", bearers[p.Bearer])
	} else {
		c.null("interestPayer")
	}
	c.str("approveNo", "00000000")
	c.bool("useCardPoint", false)
	if p.Check {
		c.str("cardType", v.word(check, "CHECK"))
	} else {
		c.str("cardType", v.word(credit, "CREDIT"))
	}
	c.str("ownerType", v.word("개인", "PERSONAL"))
	c.str("acquireStatus", p.acquireStatus(st))
	if v.names() {
		c.str("receiptUrl", receiptURL+p.Key+"&ref=PX")
	}
	c.money("amount", p.Total-p.EasyDiscount, p.Currency)
}

// cardNumber is the masked number that was typed in, or one made up.
func (p *payment) cardNumber() string {
	if p.More != nil && p.More.CardNumber != "" {
		return p.More.CardNumber
	}
	return fmt.Sprintf("%08d****%03d*", 40000000+mix(uint64(p.N)+1)%10000000, mix(uint64(p.N)+2)%1000)
}

// acquireStatus is how far the card company has come: it is asked at the midnight
// after the approval, or when the shop asks, and has taken the payment in two days
// after the approval. A payment that was cancelled whole before it was asked stays
// READY, as in Toss's own sample.
func (p *payment) acquireStatus(st *standing) string {
	const takes = 2 * 24 * 60 * 60
	asked := dateOf(st.approved + day).start()
	if p.More != nil && p.More.AcquireAt > 0 {
		asked = min(asked, p.More.AcquireAt)
	}
	back := int64(0)
	if st.status == Canceled && len(st.cancels) > 0 {
		back = st.cancels[len(st.cancels)-1].At
	}
	switch {
	case back > 0 && back < asked || st.now < asked:
		return "READY"
	case back > 0 && st.now < back+takes:
		return "CANCEL_REQUESTED"
	case back > 0:
		return "CANCELED"
	case st.now <= st.approved+takes:
		return "REQUESTED"
	}
	return "COMPLETED"
}

func (p *payment) appendVA(o *obj, st *standing, v view) {
	o.str("accountType", v.word("일반", "NORMAL"))
	o.str("accountNumber", p.VA.Number)
	appendBank(o, p.VA.Bank, v)
	o.str("customerName", p.VA.Customer)
	if st.deposited {
		o.str("depositorName", p.VA.Customer)
	} else {
		o.null("depositorName")
	}
	o.time("dueDate", p.VA.Due)
	o.bool("expired", st.status == WaitingForDeposit && st.now > p.VA.Due)
	o.str("settlementStatus", v.settlement())
	o.str("refundStatus", st.refundStatus())
	a := p.VA.Account
	o.in("refundReceiveAccount", when(a != nil && !st.closed && st.now < p.Requested+accountVisible, func(r *obj) {
		appendBank(r, a.Bank, v)
		r.str("accountNumber", a.Number)
		r.str("holderName", a.Holder)
	}))
}

// appendBank writes a code, or under the older version a name.
func appendBank(o *obj, code string, v view) {
	if v.names() {
		o.str("bank", bankName(code))
		return
	}
	o.str("bankCode", code)
}

func (p *payment) appendCancels(o *obj, st *standing) {
	if len(st.cancels) == 0 {
		o.null("cancels")
		return
	}
	o.key("cancels")
	o.b = append(o.b, '[')
	for i, e := range st.cancels {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.b = appendCancel(o.b, p, e, st.now)
	}
	o.b = append(o.b, ']')
}

func appendCancel(b []byte, p *payment, e *step, now int64) []byte {
	c := obj{b: b}
	c.str("transactionKey", e.key())
	c.str("cancelReason", e.Cancel.Reason)
	c.zero("taxExemptionAmount")
	c.time("canceledAt", e.seenFrom())
	c.zero("cardDiscountAmount")
	c.zero("transferDiscountAmount")
	c.money("easyPayDiscountAmount", e.Cancel.EasyPart, p.Currency)
	c.null("receiptKey")
	c.money("cancelAmount", e.Amount, p.Currency)
	c.money("taxFreeAmount", e.Cancel.TaxFree, p.Currency)
	c.money("refundableAmount", e.Cancel.Left, p.Currency)
	c.str("cancelStatus", e.cancelStatus(now))
	c.strOrNull("cancelRequestId", e.Cancel.RequestID)
	return c.end()
}

// appendRest writes what stands below the methods.
func (p *payment) appendRest(o *obj, st *standing, v view) {
	if st.status == Expired {
		o.null("secret") // as in the one such object that was seen
	} else {
		o.str("secret", p.secret())
	}
	o.str("type", "NORMAL")
	p.appendEasyPay(o, st, v)
	o.str("country", p.country())
	o.in("failure", when(st.failure != "", func(f *obj) {
		f.str("code", st.failure)
		f.str("message", failureMessage(st.failure, v.english))
	}))
	o.bool("isPartialCancelable", !p.onlyFull())
	o.in("receipt", when(st.last != nil && p.Method != PayPal, func(r *obj) {
		r.str("url", receiptURL+p.Key+"&ref=PX")
	}))
	o.in("checkout", func(c *obj) { c.str("url", p.checkout()) })
	o.str("currency", p.Currency)
	o.money("totalAmount", p.Total, p.Currency)
	o.money("balanceAmount", st.balance, p.Currency)
	vat := vatOf(st.balance, st.taxFree)
	o.money("suppliedAmount", st.balance-st.taxFree-vat, p.Currency)
	o.money("vat", vat, p.Currency)
	o.money("taxFreeAmount", st.taxFree, p.Currency)
	p.appendMetadata(o)
	if st.status == Ready || st.status == Expired && st.last == nil {
		o.null("method")
	} else {
		o.str("method", p.methodWord(v.english))
	}
}

// checkout is where the buyer pays. Payments that the API made have a window here.
func (p *payment) checkout() string {
	base := checkoutURL
	if p.Window != nil && p.Window.Base != "" {
		base = p.Window.Base + "/v1/payments/"
	}
	return base + p.Key + "/checkout"
}

func (p *payment) appendEasyPay(o *obj, st *standing, v view) {
	o.in("easyPay", when(p.provider() != "" && st.approved > 0, func(e *obj) {
		e.str("provider", v.word(p.provider(), cmp.Or(englishProvider[p.provider()], p.provider())))
		paid := p.Total - p.EasyDiscount
		if p.hasCard() {
			paid = 0
		}
		e.money("amount", paid, p.Currency)
		e.money("discountAmount", p.EasyDiscount, p.Currency)
	}))
}

func (p *payment) methodWord(english bool) string {
	if m, chosen := p.pickedMethod(); chosen && p.Method == GiftCertificate {
		if english {
			return m.Code
		}
		return m.Word
	}
	if english {
		return englishMethod[p.Method]
	}
	return koreanMethod[p.Method]
}

func (p *payment) provider() string {
	if m, chosen := p.pickedMethod(); chosen {
		return m.Provider
	}
	switch p.Method {
	case EasyPay:
		return easyProviders[int(mix(uint64(p.N)+3)%uint64(len(easyProviders)))]
	case PayPal:
		return "PAYPAL"
	case ForeignEasyPay:
		return alipay
	}
	return ""
}

func (p *payment) country() string {
	if m, chosen := p.pickedMethod(); chosen && m.Country != "" {
		return m.Country
	}
	switch p.Method {
	case PayPal:
		return "US"
	case ForeignEasyPay:
		return "CN"
	}
	return "KR"
}

// failureMessage is the message of a failure, which is not always an answer of
// the API.
func failureMessage(code string, english bool) string {
	if code == "EXPIRED_PAYMENT" {
		return view{english: english}.word("결제가 만료되었습니다. 다시 시도해주세요.", "The payment has expired. Please try again.")
	}
	if e, known := codes[code]; known {
		return e.in(english)
	}
	refusal := browser.Refuse(code)
	return view{english: english}.word(refusal.Message, refusal.English().Message)
}

// appendRow writes one row of /v1/transactions.
func appendRow(b []byte, p *payment, e *step, reading CancelRows, english bool) []byte {
	b = append(b, `{"mId":`...)
	b = appendString(b, p.MID)
	b = append(b, `,"transactionKey":"`...)
	b = appendKey(b, e.At, e.Seq)
	b = append(b, `","paymentKey":`...)
	b = appendString(b, p.Key)
	b = append(b, `,"orderId":`...)
	b = appendString(b, p.OrderID)
	b = append(b, `,"method":`...)
	b = appendString(b, p.methodWord(english))
	b = append(b, `,"customerKey":`...)
	if p.CustomerKey == "" {
		b = append(b, "null"...)
	} else {
		b = appendString(b, p.CustomerKey)
	}
	if p.Escrow {
		b = append(b, `,"useEscrow":true,"receiptUrl":"`...)
	} else {
		b = append(b, `,"useEscrow":false,"receiptUrl":"`...)
	}
	b = append(b, receiptURL...)
	b = append(b, p.Key...)
	b = append(b, `&ref=PX","status":"`...)
	b = append(b, e.rowStatus()...)
	b = append(b, `","transactionAt":`...)
	b = appendTime(b, e.At)
	b = append(b, `,"currency":"`...)
	b = append(b, p.Currency...)
	b = append(b, `","amount":`...)
	b = appendMoney(b, p.rowAmount(e, reading), p.Currency)
	return append(b, '}')
}

// rowStatus is the state of the payment after the step.
func (st *step) rowStatus() string {
	switch {
	case st.Kind == stepApprove:
		return Done
	case st.Kind != stepCancel:
		return WaitingForDeposit
	case st.Full:
		return Canceled
	}
	return PartialCanceled
}

// rowAmount is the amount of a row. Where no money moved it is 0, except under
// the reading that repeats the original amount.
func (p *payment) rowAmount(e *step, reading CancelRows) int64 {
	switch {
	case e.Kind == stepApprove:
		return p.Total
	case e.Kind != stepCancel:
		return 0
	case reading == OriginalAmount:
		return p.Total
	case e.Unpaid:
		return 0
	case reading == NegativeAmount:
		return -e.Amount
	}
	return e.Amount
}
