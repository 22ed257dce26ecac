package reports

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"daesa/pay"
	"daesa/refunds"
)

var missingColumns = []column{
	{name: word{"조치사항", "What to do"}, width: 44, left: true},
	{name: columnMID, width: 14, id: true},
	{name: columnOrder, width: 24, id: true},
	{name: columnKey, width: 24, id: true},
	{name: columnCurrency, width: 7},
	{name: columnAmount, width: 13, right: true},
	{name: columnDaysLeft, width: 9},
	{name: columnCancelBy, width: 17},
	{name: word{"미등록 사유", "Why it is missing"}, width: 32, left: true},
	{name: word{"토스 조회 만료", "Shown until"}, width: 17},
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
		title: b.say("환불계좌 미등록", "Refund accounts missing"),
		subtitle: b.say("가상계좌 환불계좌는 결제창이 열린 후 30분간만 토스에서 조회됩니다 · 고객 계좌를 받아 daesa accounts import FILE로 등록 · 최근 30일",
			"Toss shows a virtual account's refund account for thirty minutes only · ask the customer, then daesa accounts import FILE · last thirty days"),
		segments: []segment{{to: len(rows), height: listRow, fill: func(i int, cells []cell) {
			r, l := &rows[i], &line{cells: cells}
			if r.RefundID != "" {
				l.put(text(wait, b.say("환불 대기 중 → 고객 계좌를 받아 등록", "A refund waits for it → ask the customer")))
			} else {
				l.put(text(p.text, b.say("환불 시 고객 계좌 필요", "Ask the customer when it comes to a refund")))
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
			why := b.say("수집 대상이 아니었던 결제", "never watched")
			if r.Why != "" {
				why = lookUp(b.lang, captureWords, r.Why)
			}
			l.put(text(p.text, clean(why)))
			l.put(moment(p.moment, r.ClosedAt))
			l.put(text(p.text, clean(r.RefundID)))
		}}},
	}
	if len(rows) == 0 {
		l.segments[0] = b.nothing(b.say("환불계좌 미등록 결제 없음 ✓", "No refund account is missing ✓"))
	}
	l.sums = sumsOf(columns, func(i int) (pay.Currency, int64) { return rows[i].Currency, rows[i].Amount })
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

// sumsOf sums the amounts of the first segment.
func sumsOf(columns []column, amount func(i int) (pay.Currency, int64)) []summed {
	return []summed{{position(columns, columnAmount), false, func(i int) (pay.Currency, int64, bool) {
		currency, units := amount(i)
		return currency, units, true
	}}}
}

var handWords = map[refunds.HandState]word{
	refunds.HandDue:      {"결재 필요", "To decide"},
	refunds.HandApproved: {"이체 대기", "To transfer"},
	refunds.HandDone:     {"이체 완료", "Transferred"},
	refunds.HandDropped:  {"이체 제외", "Dropped"},
}

var transferColumns = []column{
	{name: columnStatus, width: 12, left: true},
	{name: columnMID, width: 14, id: true},
	{name: columnOrder, width: 24, id: true},
	{name: columnKey, width: 22, id: true},
	{name: columnCurrency, width: 7},
	{name: columnAmount, width: 13, right: true},
	{name: word{"사유", "Why"}, width: 30, left: true},
	{name: word{"토스 취소기한", "Toss's deadline"}, width: 17},
	{name: word{"요청자", "Requested by"}, width: 14, left: true},
	{name: word{"결재자", "Approved by"}, width: 14, left: true},
	{name: word{"이체자", "Transferred by"}, width: 14, left: true},
	{name: word{"이체일시", "Transferred at"}, width: 17},
	{name: word{"은행 이체번호", "Bank reference"}, width: 18, id: true},
	{name: columnNote, width: 24, left: true},
	{name: columnRefundID, width: 28, id: true},
}

// drawTransfers lays out what people give back by a bank transfer.
func (b *nightBook) drawTransfers() {
	rows := slices.Clone(b.night.transfers)
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
		title: b.say("수기이체 현황", "Transfers by hand"),
		subtitle: b.say("토스로 취소할 수 없어 은행에서 직접 이체하는 환불 · 요청자가 아닌 담당자의 결재 후 이체 · daesa refunds transfers approve|done|drop",
			"Money that Toss cannot cancel any more and people send by bank · decide → another person approves → transfer · daesa refunds transfers approve|done|drop"),
		segments: []segment{{to: len(rows), height: listRow, fill: func(i int, cells []cell) {
			r, l := &rows[i], &line{cells: cells}
			l.put(text(tags[r.State], clean(lookUp(b.lang, handWords, r.State))))
			l.whose(b.book, p, r.MID)
			l.put(text(p.text, clean(r.OrderID)))
			l.put(text(p.text, clean(r.PaymentKey)))
			l.unit(b.book, p, r.Currency)
			l.put(money(p.money[r.Currency], r.Currency, r.Amount))
			l.put(text(p.text, clean(refunds.Explain(refunds.Language(b.lang), r.Cause(), "", time.Time{}).Cause)))
			l.put(moment(p.moment, r.CancelBy))
			l.put(text(p.text, b.person(r.RequestedBy)))
			l.put(text(p.text, clean(r.ApprovedBy)))
			l.put(text(p.text, clean(r.DoneBy)))
			l.put(moment(p.moment, r.DoneAt))
			l.put(text(p.text, clean(r.Reference)))
			l.put(text(p.text, clean(b.ofLeft(r.RefundID, r.MID, r.Note))))
			l.put(text(p.text, clean(r.RefundID)))
		}}},
	}
	if len(rows) == 0 {
		l.segments[0] = b.nothing(b.say("수기이체 대상 없음 ✓", "Nothing to transfer by hand ✓"))
	}
	l.sums = sumsOf(columns, func(i int) (pay.Currency, int64) { return rows[i].Currency, rows[i].Amount })
	b.place(l)
}

var promiseColumns = []column{
	{name: columnOrder, width: 26, id: true},
	{name: columnMID, width: 14, id: true},
	{name: columnMethod, width: 13},
	{name: columnCurrency, width: 7},
	{name: columnAmount, width: 13, right: true},
	{name: word{"토스 취소일시", "Cancelled at Toss"}, width: 17},
	{name: word{"입금예정일(시작)", "Arrives from"}, width: 15},
	{name: word{"입금예정일(종료)", "Arrives until"}, width: 15},
	{name: word{"고객 안내 문구", "What to tell the customer"}, width: 50, left: true},
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
		title: b.say("환불 입금예정", "When refunds arrive"),
		subtitle: b.say("고객 문의 응대용 · daesa가 취소한 건 중 아직 입금되지 않은 환불 · 입금예정일은 토스페이먼츠 안내의 결제수단별 처리 기간 기준",
			"For customer service · cancels of daesa whose money is still on its way · dates by Toss's documents for each method"),
		segments: []segment{{to: len(rows), height: listRow, fill: func(i int, cells []cell) {
			b.promiseLine(&line{cells: cells}, p, &rows[i])
		}}},
	}
	if len(rows) == 0 {
		l.segments[0] = b.nothing(b.say("입금 대기 중인 환불 없음", "No refund is on its way"))
	}
	l.sums = sumsOf(columns, func(i int) (pay.Currency, int64) { return rows[i].Currency, rows[i].Amount })
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
		tell = b.say("입금일이 정해지지 않은 결제수단 → 결제사에 확인", "This method promises no day → ask the payment company")
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
