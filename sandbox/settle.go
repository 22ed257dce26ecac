package sandbox

import (
	"encoding/json"
	"strconv"
)

// settledRow is one row of /v1/settlements that was set by hand, and the two days
// it is found by.
type settledRow struct {
	SoldDate    string          `json:"soldDate"`
	PaidOutDate string          `json:"paidOutDate"`
	Row         json.RawMessage `json:"row"`
}

// A row of /v1/settlements is never stored: it is written from the step of the
// ledger that it settles, so that it cannot say another thing than the ledger.

// settles finds the approval behind a step that has a row in /v1/settlements: of
// an approval itself. nil means that the step has none:
//   - a virtual account's issue, and its cancel before the deposit;
//   - a deposit that the bank took back on its own day, and that reversal;
//   - of half of the card payments that were cancelled whole on their own day
//     the approval and the cancel: they had not been acquired yet.
func (p *payment) settles(e *step) *step {
	var sale *step
	for i := range p.Steps {
		x := &p.Steps[i]
		if x.Kind == stepApprove {
			sale = x
		}
		if x == e {
			break
		}
		if x.Kind == stepReverse {
			sale = nil
		}
	}
	if sale == nil || p.neverAcquired(sale) {
		return nil
	}
	switch e.Kind {
	case stepApprove:
		if back := p.reversal(sale); back != nil && dateOf(back.At) == dateOf(sale.At) {
			return nil
		}
		return sale
	case stepReverse:
		if dateOf(e.At) == dateOf(sale.At) {
			return nil
		}
		return sale
	case stepCancel:
		if !e.Unpaid && !e.Cancel.Aborted {
			return sale
		}
	}
	return nil
}

// reversal is the step that took a deposit back, or nil.
func (p *payment) reversal(deposit *step) *step {
	after := false
	for i := range p.Steps {
		x := &p.Steps[i]
		switch {
		case x == deposit:
			after = true
		case after && x.Kind == stepApprove:
			return nil
		case after && x.Kind == stepReverse:
			return x
		}
	}
	return nil
}

// neverAcquired says whether a card payment was cancelled whole on its day, before
// the card company had acquired it. Toss does not say what becomes of these rows;
// so for one payment both are left out, and for another one both are there.
func (p *payment) neverAcquired(sale *step) bool {
	if !p.hasCard() || mix(uint64(p.N)+5)%2 == 0 {
		return false
	}
	for i := range p.Steps {
		x := &p.Steps[i]
		if x.Kind == stepCancel && x.Full && dateOf(x.At) == dateOf(sale.At) {
			return true
		}
	}
	return false
}

// figures are the amounts of a row in the currency's smallest unit, negative for
// what goes back.
type figures struct {
	amount      int64
	base        int64 // fee by rate, with VAT
	interest    int64 // of an instalment that the shop bears, with VAT; 0: none
	supply, vat int64 // of both together
}

func (f figures) fee() int64    { return f.supply + f.vat }
func (f figures) payOut() int64 { return f.amount - f.fee() }

// figures reckons a row: supply is floor(amount x rate), VAT a tenth of it, rounded.
// The fee of a cancel goes back by the rate of its approval; of a transfer and a
// virtual account it stays with Toss, and so does every fixed fee. A deposit that
// the bank took back costs nothing.
func (t *settling) figures(p *payment, e, sale *step) figures {
	rate := t.rate(p, dateOf(sale.At))
	amount, fixed := e.Amount, rate.Fixed
	switch e.Kind {
	case stepReverse:
		amount = sale.Amount
	case stepCancel:
		fixed = 0
	}
	f := figures{amount: amount}
	if e.Kind != stepCancel || p.Method != Transfer && p.Method != VirtualAccount {
		byRate := amount*rate.Hundredths/10_000 + fixed
		f.supply = byRate
		if p.Bearer == bornByShop {
			f.supply += amount * int64(p.Months) * instalmentShare / 10_000
		}
		f.vat = vatOfFee(f.supply)
		f.base = byRate + vatOfFee(byRate)
		f.interest = f.fee() - f.base
	}
	if e.Kind != stepApprove {
		f.amount, f.base, f.interest, f.supply, f.vat = -f.amount, -f.base, -f.interest, -f.supply, -f.vat
	}
	return f
}

// vatOfFee is a tenth, rounded half up.
func vatOfFee(supply int64) int64 { return (supply + 5) / 10 }

// appendSettlement writes one row. It shows the payment as it was at the moment of
// the transaction, so that a row never changes.
func (s *Sandbox) appendSettlement(b []byte, p *payment, e *step, paidOut date, english bool) []byte {
	sale, v := p.settles(e), view{version: s.opts.Version, english: english}
	f := s.settling.figures(p, e, sale)
	o := obj{b: b}
	o.str("mId", p.MID)
	o.str("paymentKey", p.Key)
	o.key("transactionKey")
	o.b = append(appendKey(append(o.b, '"'), e.At, e.Seq), '"')
	o.str("orderId", p.OrderID)
	o.str("currency", p.Currency)
	o.str("method", p.methodWord(english))
	o.money("amount", f.amount, p.Currency)
	o.money("interestFee", f.interest, p.Currency)
	o.money("fee", f.fee(), p.Currency)
	o.key("fees")
	o.b = appendFees(append(o.b, '['), f, p.Currency)
	o.money("supplyAmount", f.supply, p.Currency)
	o.money("vat", f.vat, p.Currency)
	o.money("payOutAmount", f.payOut(), p.Currency)
	o.time("approvedAt", sale.At)
	o.date("soldDate", s.settling.soldDate(p.Method, e.At))
	o.date("paidOutDate", paidOut)
	st := p.at(e.At)
	st.approved, st.closed = sale.At, true
	p.appendMethods(&o, &st, v)
	p.appendEasyPay(&o, &st, v)
	if e.Kind == stepApprove {
		o.null("cancel")
	} else {
		o.key("cancel")
		o.b = appendCancel(o.b, p, p.takenBack(e), e.At)
	}
	return o.end()
}

func appendFees(b []byte, f figures, currency string) []byte {
	b = appendMoney(append(b, `{"type":"BASE","fee":`...), f.base, currency)
	if f.interest != 0 {
		b = appendMoney(append(b, `},{"type":"INSTALLMENT","fee":`...), f.interest, currency)
	}
	return append(b, "}]"...)
}

// takenBack is a cancel as it is; a reversed deposit is shown as one.
func (p *payment) takenBack(e *step) *step {
	if e.Kind == stepCancel {
		return e
	}
	return &step{At: e.At, Seq: e.Seq, Amount: p.Total, Kind: stepCancel, Full: true,
		Cancel: &cancelPart{Reason: "가상계좌 입금 취소", TaxFree: p.TaxFree}}
}

func (o *obj) date(k string, d date) {
	o.key(k)
	year, month, dayOf := d.time().Date()
	o.b = append(o.b, '"')
	o.b = strconv.AppendInt(o.b, int64(year), 10)
	o.b = append(o.b, '-', byte('0'+int(month)/10), byte('0'+int(month)%10), '-', byte('0'+dayOf/10), byte('0'+dayOf%10), '"')
}
