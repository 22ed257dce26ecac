package reports

import (
	"cmp"
	"slices"
	"strings"

	"daesa/pay"
	"daesa/refunds"
)

var missingColumns = []column{
	{name: word{"할 일", "What to do"}, width: 44, left: true},
	{name: columnMID, width: 14, id: true},
	{name: columnOrder, width: 24, id: true},
	{name: columnKey, width: 24, id: true},
	{name: columnCurrency, width: 7},
	{name: columnAmount, width: 13, right: true},
	{name: columnDaysLeft, width: 9},
	{name: columnCancelBy, width: 17},
	{name: word{"왜 없는지", "Why it is missing"}, width: 32, left: true},
	{name: word{"토스 표시 종료", "Shown until"}, width: 17},
	{name: columnRefundID, width: 28, id: true, details: true},
}

// drawMissing lays out the virtual accounts' payments whose refund account
// nobody has: those of which a refund waits for it first.
func (b *nightBook) drawMissing() {
	var rows []refunds.MissingAccount
	for _, s := range b.night.snapshots {
		rows = append(rows, s.Missing...)
	}
	slices.SortStableFunc(rows, func(x, y refunds.MissingAccount) int {
		return cmp.Or(cmp.Compare(waits(y), waits(x)), byMoment(x.CancelBy, y.CancelBy), byCurrency(x.Currency, y.Currency), cmp.Compare(y.Amount, x.Amount),
			strings.Compare(x.MID, y.MID), strings.Compare(x.OrderID, y.OrderID), strings.Compare(x.PaymentKey, y.PaymentKey))
	})
	p, wait := b.paint(rowLook), b.style(rowLook.with(func(l *look) { l.bold, l.color, l.fill = true, amber, cream }))
	columns := b.fitted(missingColumns, len(rows), func(i int) string { return spell(rows[i].Currency, rows[i].Amount) })
	l := listing{
		name: sheetMissing, tab: amber, columns: columns, fixed: 1,
		title: b.say("환불계좌 없음", "Refund accounts missing"),
		subtitle: b.say("토스는 가상계좌의 환불계좌를 결제창이 열린 뒤 30분만 보여 줍니다 · 고객에게 계좌를 받아 daesa accounts import FILE로 등록 · 최근 30일",
			"Toss shows a virtual account's refund account for thirty minutes only · ask the customer, then daesa accounts import FILE · last thirty days"),
		segments: []segment{{to: len(rows), height: listRow, fill: func(i int, cells []cell) {
			r, l := &rows[i], &line{cells: cells}
			if r.RefundID != "" {
				l.put(text(wait, b.say("환불이 기다리고 있음 → 고객에게 계좌를 받아 등록", "A refund waits for it → ask the customer")))
			} else {
				l.put(text(p.text, b.say("환불하게 되면 고객에게 계좌를 받아야 함", "Ask the customer when it comes to a refund")))
			}
			l.whose(b.book, p, r.MID)
			l.put(text(p.text, clean(r.OrderID)))
			l.put(text(p.text, clean(r.PaymentKey)))
			l.unit(b.book, p, r.Currency)
			l.put(money(p.money[r.Currency], r.Currency, r.Amount))
			if r.CancelBy.IsZero() {
				l.put(text(p.center, "–"))
			} else {
				l.put(count(p.days, int64(b.night.until(r.CancelBy))))
			}
			l.put(moment(p.moment, r.CancelBy))
			why := b.say("지켜보지 못한 결제", "never watched")
			if r.Why != "" {
				why = lookUp(b.lang, captureWords, r.Why)
			}
			l.put(text(p.text, clean(why)))
			l.put(moment(p.moment, r.ClosedAt))
			l.put(text(p.text, clean(r.RefundID)))
		}}},
	}
	if len(rows) == 0 {
		l.segments[0] = b.nothing(b.say("환불계좌가 없는 결제가 없습니다 ✓", "No refund account is missing ✓"))
	}
	b.sumsOf(&l, func(i int) int64 { return rows[i].Amount })
	b.place(l)
}

func waits(m refunds.MissingAccount) int {
	if m.RefundID != "" {
		return 1
	}
	return 0
}

// fitted are the columns to show, with amounts that fit.
func (b *nightBook) fitted(columns []column, rows int, amount func(i int) string) []column {
	var all []string
	for i := range rows {
		all = append(all, amount(i))
	}
	return widened(b.shown(columns), all, columnAmount)
}

// sumsOf sums the amounts of the first segment, where there is one currency.
func (b *nightBook) sumsOf(l *listing, amount func(i int) int64) {
	if len(b.currencies) == 1 {
		c := b.currencies[0]
		l.sums = []summed{{position(l.columns, columnAmount), c, moneyFormat(c), amount}}
	}
}

var handWords = map[refunds.HandState]word{
	refunds.HandDue:      {"결정 필요", "To decide"},
	refunds.HandApproved: {"이체할 것", "To transfer"},
	refunds.HandDone:     {"이체 완료", "Transferred"},
	refunds.HandDropped:  {"이체 안 함", "Dropped"},
}

var transferColumns = []column{
	{name: columnStatus, width: 12, left: true},
	{name: columnMID, width: 14, id: true},
	{name: columnOrder, width: 24, id: true},
	{name: columnKey, width: 22, id: true},
	{name: columnCurrency, width: 7},
	{name: columnAmount, width: 13, right: true},
	{name: word{"이유", "Why"}, width: 30, left: true},
	{name: word{"토스 취소기한", "Toss's deadline"}, width: 17},
	{name: word{"요청", "Requested by"}, width: 14, left: true},
	{name: word{"결재", "Approved by"}, width: 14, left: true},
	{name: word{"이체한 사람", "Transferred by"}, width: 14, left: true},
	{name: word{"이체 시각", "Transferred at"}, width: 17},
	{name: word{"은행 참조", "Bank reference"}, width: 18, id: true},
	{name: columnNote, width: 24, left: true},
	{name: columnRefundID, width: 28, id: true},
}

// drawTransfers lays out what people give back by a bank transfer.
func (b *nightBook) drawTransfers() {
	var rows []refunds.HandTransfer
	for _, s := range b.night.snapshots {
		rows = append(rows, s.Transfers...)
	}
	slices.SortStableFunc(rows, func(x, y refunds.HandTransfer) int {
		return cmp.Or(cmp.Compare(slices.Index(refunds.HandStates, x.State), slices.Index(refunds.HandStates, y.State)),
			byCurrency(x.Currency, y.Currency), cmp.Compare(y.Amount, x.Amount),
			strings.Compare(x.MID, y.MID), strings.Compare(x.OrderID, y.OrderID), strings.Compare(x.RefundID, y.RefundID))
	})
	p := b.paint(rowLook)
	tags := map[refunds.HandState]int{
		refunds.HandDue:      b.style(rowLook.with(func(l *look) { l.bold, l.color, l.fill = true, red, rose })),
		refunds.HandApproved: b.style(rowLook.with(func(l *look) { l.bold, l.color, l.fill = true, amber, cream })),
		refunds.HandDone:     b.style(rowLook.with(func(l *look) { l.bold, l.color, l.fill = true, green, mint })),
	}
	columns := b.fitted(transferColumns, len(rows), func(i int) string { return spell(rows[i].Currency, rows[i].Amount) })
	l := listing{
		name: sheetTransfers, tab: amber, columns: columns, fixed: 1,
		title: b.say("수기이체", "Transfers by hand"),
		subtitle: b.say("토스로 취소할 수 없어 사람이 은행에서 보내는 돈 · 결정 → 다른 사람의 결재 → 이체 · daesa refunds transfers approve|done|drop",
			"Money that Toss cannot cancel any more and people send by bank · decide → another person approves → transfer · daesa refunds transfers approve|done|drop"),
		segments: []segment{{to: len(rows), height: listRow, fill: func(i int, cells []cell) {
			r, l := &rows[i], &line{cells: cells}
			l.put(text(tags[r.State], clean(lookUp(b.lang, handWords, r.State))))
			l.whose(b.book, p, r.MID)
			l.put(text(p.text, clean(r.OrderID)))
			l.put(text(p.text, clean(r.PaymentKey)))
			l.unit(b.book, p, r.Currency)
			l.put(money(p.money[r.Currency], r.Currency, r.Amount))
			l.put(text(p.text, clean(r.Why)))
			l.put(moment(p.moment, r.CancelBy))
			l.put(text(p.text, clean(r.RequestedBy)))
			l.put(text(p.text, clean(r.ApprovedBy)))
			l.put(text(p.text, clean(r.DoneBy)))
			l.put(moment(p.moment, r.DoneAt))
			l.put(text(p.text, clean(r.Reference)))
			l.put(text(p.text, clean(r.Note)))
			l.put(text(p.text, clean(r.RefundID)))
		}}},
	}
	if len(rows) == 0 {
		l.segments[0] = b.nothing(b.say("수기이체할 것이 없습니다 ✓", "Nothing to transfer by hand ✓"))
	}
	b.sumsOf(&l, func(i int) int64 { return rows[i].Amount })
	b.place(l)
}

var promiseColumns = []column{
	{name: columnOrder, width: 26, id: true},
	{name: columnMID, width: 14, id: true},
	{name: columnMethod, width: 13},
	{name: columnCurrency, width: 7},
	{name: columnAmount, width: 13, right: true},
	{name: word{"토스 취소 시각", "Cancelled at Toss"}, width: 17},
	{name: word{"입금 예정 (부터)", "Arrives from"}, width: 15},
	{name: word{"입금 예정 (까지)", "Arrives until"}, width: 15},
	{name: word{"고객 안내", "What to tell the customer"}, width: 50, left: true},
	{name: columnState, width: 20, left: true},
	{name: columnKey, width: 24, id: true},
	{name: columnRefundID, width: 28, id: true},
}

// drawPromises lays out, for customer service, when the money of a refund
// arrives: what is still on its way, the newest cancel first.
func (b *nightBook) drawPromises() {
	var rows []Promise
	for _, s := range b.night.snapshots {
		rows = append(rows, s.Promises...)
	}
	slices.SortStableFunc(rows, func(x, y Promise) int {
		return cmp.Or(y.CanceledAt.Compare(x.CanceledAt), strings.Compare(x.MID, y.MID), strings.Compare(x.OrderID, y.OrderID), strings.Compare(x.RefundID, y.RefundID))
	})
	p := b.paint(rowLook)
	columns := b.fitted(promiseColumns, len(rows), func(i int) string { return spell(rows[i].Currency, rows[i].Amount) })
	l := listing{
		name: sheetPromises, tab: green, columns: columns, fixed: 1,
		title: b.say("환불 예정일", "When refunds arrive"),
		subtitle: b.say("고객 문의에 답하기 위한 목록 · daesa가 보낸 취소 가운데 아직 돈이 도착하는 중인 것 · 날짜는 토스 문서의 결제수단별 처리 기간",
			"For customer service · cancels of daesa whose money is still on its way · dates by Toss's documents for each method"),
		segments: []segment{{to: len(rows), height: listRow, fill: func(i int, cells []cell) {
			b.promiseLine(&line{cells: cells}, p, &rows[i])
		}}},
	}
	if len(rows) == 0 {
		l.segments[0] = b.nothing(b.say("도착하는 중인 환불이 없습니다", "No refund is on its way"))
	}
	b.sumsOf(&l, func(i int) int64 { return rows[i].Amount })
	b.place(l)
}

func (b *nightBook) promiseLine(l *line, p palette, r *Promise) {
	l.put(text(p.text, clean(r.OrderID)))
	l.whose(b.book, p, r.MID)
	l.put(text(p.center, clean(b.lang.method(r.Method))))
	l.unit(b.book, p, r.Currency)
	l.put(money(p.money[r.Currency], r.Currency, r.Amount))
	l.put(moment(p.moment, r.CanceledAt))
	l.put(date(p.date, known(r.Arrival, r.Arrival.From)))
	l.put(date(p.date, known(r.Arrival, r.Arrival.Until)))
	tell := r.Arrival.Say(refunds.Language(b.lang))
	switch {
	case tell == "":
		tell = b.say("이 결제수단은 정해진 날짜가 없음 → 결제사에 확인", "This method promises no day → ask the payment company")
	case b.lang == english:
		tell = "Arrives " + tell
	default:
		tell += " 입금 예정"
	}
	l.put(text(p.text, tell))
	l.put(text(p.text, clean(b.lang.refund(r.State, r.Method))))
	l.put(text(p.text, clean(r.PaymentKey)))
	l.put(text(p.text, clean(r.RefundID)))
}

func known(a refunds.Arrival, d pay.Day) pay.Day {
	if !a.Known {
		return ""
	}
	return d
}
