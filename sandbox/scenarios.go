package sandbox

import "time"

// scenarios are the differences that a history holds, each a small true story, and
// the oddities that look like differences and are none.
var scenarios = []func(*builder){
	missingAtProvider, missingAtProviderNoKey, missingLocally, foreignMID,
	pendingButPaid, failedButPaid, learntLate, learntAfterTheEnd,
	paidTwice, paidAfterCancel,
	expiredButPaid, abortedButPaid, waitingButPaid,
	depositReversed, canceledButWaiting, deletedButWaiting,
	cardNotCanceled, oldCardNotCanceled, cardPartNotCanceled, easyPayNotCanceled, transferNotCanceled,
	transferNear180, phoneNotCanceled, phoneOfLastMonth, depositNotCanceled, escrowPartNotCanceled,
	canceledADayLater,
	canceledByHand, partCanceledByHand, depositCanceledByHand, learntCancelLate, canceledByHandAgain,
	amountTooHigh, amountTooLow, otherCurrency, otherMethod, otherKey, keyOfFirstTry,
	refundFailed, refundPartlyFailed,
	refundedElsewhere, midnightPair, dollarsPartlyBack, canceledOnBothSides, freeOrderPlot, otherPGPlot,
}

// plantAll plays every scenario as often as the options want.
func (b *builder) plantAll() {
	o := b.h.options
	if o.BreakShare < 0 {
		return
	}
	times := 1
	if o.Orders >= 1000 {
		times = 2
	}
	times = max(times, int(o.BreakShare*float64(o.Orders)/float64(len(scenarios))+0.5))
	for _, scenario := range scenarios {
		for range times {
			scenario(b)
		}
	}
}

func missingAtProvider(b *builder) {
	at := b.recent()
	st := b.tell(Card, at-50, at, b.price())
	st.payKey = paymentKey(at-50, 1<<31+b.n)
	b.plant("missing_at_provider", st, nil, at, "the shop has a key that Toss does not know")
}

func missingAtProviderNoKey(b *builder) {
	at := b.recent()
	st := b.tell(Transfer, at-50, at, b.price())
	b.plant("missing_at_provider", st, nil, at, "the shop has no key either")
}

func missingLocally(b *builder) {
	at := b.recent()
	p := b.pay(NewPayment{OrderID: b.orderID(at), Amount: b.price(), At: stamp(at)})
	b.plant("missing_locally", nil, p, at, "")
}

// foreignMID is a row of another merchant id under the same key.
func foreignMID(b *builder) {
	at := b.recent()
	b.pay(NewPayment{OrderID: b.orderID(at), MID: "othermid01", Amount: b.price(), At: stamp(at)})
}

func pendingButPaid(b *builder) {
	p, st := b.sale(Card, b.recent(), nil)
	from := st.paid
	st.paid, st.status, st.payKey = 0, "pending", ""
	b.plant("paid_not_recorded", st, p, from, "the answer of confirm got lost")
}

func failedButPaid(b *builder) {
	p, st := b.sale(EasyPay, b.recent(), nil)
	from := st.paid
	st.paid, st.status, st.payKey = 0, "failed", ""
	b.plant("paid_not_recorded", st, p, from, "the shop took a time-out for a refusal")
}

func learntLate(b *builder) {
	at := b.daytime(1 + b.rng.IntN(2))
	p, st := b.sale(Card, at, nil)
	st.paidKnown = dayAfter(at) + 10*hour
	b.plant("paid_not_recorded", st, p, at, "the shop catches up on the next day").until(st.paidKnown)
}

func learntAfterTheEnd(b *builder) {
	at := b.daytime(0)
	p, st := b.sale(Card, at, nil)
	st.paidKnown = dayAfter(at) + 10*hour
	b.plant("paid_not_recorded", st, p, at, "the shop catches up after the history").until(st.paidKnown)
}

// dayAfter is the midnight that ends the day of a moment.
func dayAfter(at int64) int64 { return midnight(stamp(at)).Add(24 * time.Hour).Unix() }

func paidTwice(b *builder) {
	at := b.recent()
	_, st := b.sale(Card, at, nil)
	again := b.pay(NewPayment{OrderID: st.orderID, Amount: st.amount, At: stamp(at + 90)})
	b.plant("duplicate_payment", st, again, at+90, "the buyer paid again in a second window")
}

func paidAfterCancel(b *builder) {
	at := b.recent()
	p, st := b.issued(at, nil)
	st.cancel(at+hour, 0)
	b.step(p, step{At: at + 3*hour, Kind: stepApprove, Amount: p.Total})
	b.plant("paid_after_cancel", st, p, at+3*hour, "the deposit came two hours after the shop had cancelled")
}

func neverPaid(b *builder, status, note string) {
	at := b.recent()
	p, st := b.sale(Card, at, func(n *NewPayment) { n.Status = status })
	b.plant("never_paid", st, p, st.paid, note)
}

func expiredButPaid(b *builder) { neverPaid(b, Expired, "the window ran out") }
func abortedButPaid(b *builder) { neverPaid(b, Aborted, "the card was refused") }

func waitingButPaid(b *builder) {
	at := b.recent()
	p, st := b.issued(at, func(n *NewPayment) { n.DueDate = stamp(b.end + 5*day) })
	st.paid, st.status = at+2, "paid"
	b.plant("never_paid", st, p, st.paid, "a virtual account was issued, not paid")
}

func depositReversed(b *builder) {
	at := b.recent()
	p, st := b.deposited(at, at+hour, func(n *NewPayment) { n.DueDate = stamp(b.end + 5*day) })
	b.step(p, step{At: at + hour + 2*minute, Kind: stepReverse})
	b.plant("deposit_reversed", st, p, at+hour+2*minute, "the bank took the deposit back after two minutes")
}

func stillWaiting(b *builder, status string) {
	at := b.recent()
	p, st := b.issued(at, func(n *NewPayment) { n.DueDate = stamp(b.end + 4*day) })
	st.cancel(at+2*hour, 0)
	st.status = status
	b.plant("va_still_open", st, p, st.canceledAt, "a buyer could still pay")
}

func canceledButWaiting(b *builder) { stillWaiting(b, "canceled") }
func deletedButWaiting(b *builder)  { stillWaiting(b, "deleted") }

// notCanceled is an order that the shop cancelled and Toss did not.
func notCanceled(b *builder, m Method, at int64, tweak func(*NewPayment), partly bool, note string) {
	p, st := b.sale(m, at, tweak)
	amount := int64(0)
	if partly {
		amount = part(p.Total)
	}
	st.cancel(b.afterwards(st.paid), amount)
	b.plant("cancel_not_executed", st, p, st.canceledAt, note)
}

func cardNotCanceled(b *builder) { notCanceled(b, Card, b.recent(), nil, false, "card") }

func oldCardNotCanceled(b *builder) {
	notCanceled(b, Card, b.daytime(20+b.rng.IntN(60)), nil, false, "a card payment of weeks ago")
}

func cardPartNotCanceled(b *builder) {
	notCanceled(b, Card, b.recent(), nil, true, "a part of a card payment")
}
func easyPayNotCanceled(b *builder)  { notCanceled(b, EasyPay, b.recent(), nil, false, "easy pay") }
func transferNotCanceled(b *builder) { notCanceled(b, Transfer, b.recent(), nil, false, "transfer") }

func transferNear180(b *builder) {
	notCanceled(b, Transfer, b.daytime(178), nil, false, "two days are left of the 180")
}

// phoneNotCanceled was paid in the month of the last day: it can be cancelled
// until that month ends.
func phoneNotCanceled(b *builder) {
	back := min(stamp(b.end).Day()-1, b.rng.IntN(5))
	notCanceled(b, Phone, b.daytime(back), nil, false, "phone, of this month")
}

func phoneOfLastMonth(b *builder) {
	at := b.daytime(stamp(b.end).Day() + b.rng.IntN(4))
	notCanceled(b, Phone, at, nil, false, "phone, of last month: too late at Toss")
}

func depositNotCanceled(b *builder) {
	at := b.recent()
	p, st := b.deposited(at, at+20*minute, nil)
	st.cancel(b.afterwards(st.paid), 0)
	b.plant("cancel_not_executed", st, p, st.canceledAt, "a deposited virtual account: needs a refund account")
}

func escrowPartNotCanceled(b *builder) {
	notCanceled(b, Transfer, b.recent(), func(n *NewPayment) { n.Escrow = true }, true,
		"a part of an escrow payment: Toss refuses with ES12")
}

func canceledADayLater(b *builder) {
	at := b.daytime(1 + b.rng.IntN(2))
	p, st := b.sale(Card, at, nil)
	st.cancel(at+hour, 0)
	done := dayAfter(at) + 11*hour
	b.refund(p, done, 0, "고객 변심")
	b.plant("cancel_not_executed", st, p, st.canceledAt, "Toss cancels on the next day").until(done)
}

// byHand is a cancel in Toss's admin that the shop knows nothing of.
func byHand(b *builder, m Method, partly bool, note string) {
	p, st := b.sale(m, b.recent(), nil)
	at := b.afterwards(st.paid)
	amount := int64(0)
	if partly {
		amount = part(p.Total)
	}
	b.refund(p, at, amount, "상점관리자 취소")
	b.plant("cancel_not_recorded", st, p, at, note)
}

func canceledByHand(b *builder) { byHand(b, Card, false, "cancelled in Toss's admin") }
func partCanceledByHand(b *builder) {
	byHand(b, Transfer, true, "a part was cancelled in Toss's admin")
}

func depositCanceledByHand(b *builder) {
	at := b.recent()
	p, st := b.deposited(at, at+20*minute, nil)
	cancelAt := b.afterwards(st.paid)
	b.refund(p, cancelAt, 0, "상점관리자 취소")
	b.plant("cancel_not_recorded", st, p, cancelAt, "a virtual account was refunded in Toss's admin")
}

func learntCancelLate(b *builder) {
	at := b.daytime(1 + b.rng.IntN(2))
	p, st := b.sale(Card, at, nil)
	b.refund(p, at+hour, 0, "상점관리자 취소")
	st.cancel(at+hour, 0)
	st.cancelKnown = dayAfter(at) + 10*hour
	b.plant("cancel_not_recorded", st, p, at+hour, "the shop catches up on the next day").until(st.cancelKnown)
}

// canceledByHandAgain is caught up with once, and then happens again.
func canceledByHandAgain(b *builder) {
	at := b.daytime(2)
	p, st := b.sale(Card, at, nil)
	first := part(p.Total)
	b.refund(p, at+hour, first, "상점관리자 취소")
	st.cancel(at+hour, first)
	st.cancelKnown = dayAfter(at) + 10*hour
	again := b.daytime(0)
	b.refund(p, again, first, "상점관리자 취소")
	pl := b.plant("cancel_not_recorded", st, p, at+hour, "caught up with, then cancelled by hand again")
	pl.until(st.cancelKnown)
	pl.again(again)
}

func otherAmount(b *builder, by int64, note string) {
	p, st := b.sale(Card, b.recent(), nil)
	st.amount += by
	b.plant("amount_mismatch", st, p, st.paid, note)
}

func amountTooHigh(b *builder) { otherAmount(b, 1000, "the shop's amount is higher") }
func amountTooLow(b *builder)  { otherAmount(b, -500, "the shop's amount is lower") }

func otherCurrency(b *builder) {
	p, st := b.sale(Card, b.recent(), func(n *NewPayment) { n.Currency = "JPY" })
	st.currency = "KRW"
	b.plant("currency_mismatch", st, p, st.paid, "won in the shop, yen at Toss")
}

func otherMethod(b *builder) {
	p, st := b.sale(Card, b.recent(), nil)
	st.method = string(Transfer)
	b.plant("method_mismatch", st, p, st.paid, "transfer in the shop, card at Toss")
}

func otherKey(b *builder) {
	p, st := b.sale(Card, b.recent(), nil)
	st.payKey = paymentKey(st.ordered, 1<<31+b.n)
	b.plant("payment_key_mismatch", st, p, st.paid, "Toss does not know the shop's key")
}

// keyOfFirstTry kept the key of an attempt that ran out before the one that
// succeeded.
func keyOfFirstTry(b *builder) {
	at := b.recent()
	st := b.tell(Card, at-40*minute, at, b.price())
	first := b.pay(NewPayment{OrderID: st.orderID, Amount: st.amount, Status: Expired,
		RequestedAt: stamp(st.ordered), At: stamp(st.ordered)})
	second := b.pay(NewPayment{OrderID: st.orderID, Amount: st.amount, At: stamp(at)})
	st.payKey = first.Key
	b.plant("payment_key_mismatch", st, second, at, "the shop kept the key of an expired attempt")
}

func badRefund(b *builder, outcome string) {
	cancelAt := b.daytime(b.rng.IntN(min(b.h.options.Days, 3)))
	issue := cancelAt - 2*day
	p, st := b.deposited(issue, issue+hour, func(n *NewPayment) { n.Outcome = outcome })
	b.refund(p, cancelAt, 0, "고객 변심")
	st.cancel(cancelAt+1, 0)
	b.plant("refund_failed", st, p, cancelAt+refundFailsIn, "the bank could not pay the refund out: "+outcome)
}

func refundFailed(b *builder)       { badRefund(b, RefundFailed) }
func refundPartlyFailed(b *builder) { badRefund(b, RefundPartialFailed) }

// refundedElsewhere was given back a part by bank transfer: Toss still holds
// all. Nothing must be cancelled for it, but somebody has to say so once.
func refundedElsewhere(b *builder) {
	p, st := b.sale(Card, b.recent(), nil)
	st.elsewhere = part(st.amount)
	b.plant("cancel_not_executed", st, p, st.paid, "a part went back by bank transfer, outside Toss: never queued")
}

// midnightPair is approved in the last seconds of a day and recorded on the
// next.
func midnightPair(b *builder) {
	last := b.end - int64(b.rng.IntN(min(b.h.options.Days, 3)))*day - 2
	_, st := b.sale(Card, last, nil)
	st.paid = last + 5
	b.h.midnight = append(b.h.midnight, st.orderID)
}

func dollarsPartlyBack(b *builder) {
	p, st := b.sale(PayPal, b.recent(), nil)
	at := b.afterwards(st.paid)
	b.refund(p, at, p.Total/4, "고객 변심")
	st.cancel(at+1, p.Total/4)
}

func canceledOnBothSides(b *builder) {
	p, st := b.sale(Card, b.recent(), nil)
	at := b.afterwards(st.paid)
	b.refund(p, at, part(p.Total), "고객 변심")
	b.refund(p, at+minute, p.Total-part(p.Total), "고객 변심")
	st.cancel(at+minute, 0)
}

func freeOrderPlot(b *builder) { b.freeOrder(b.recent()) }
func otherPGPlot(b *builder)   { b.otherPG(b.recent()) }
