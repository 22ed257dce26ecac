package reports

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/refunds"
)

type missingLine = line[*nightBook, refunds.MissingAccount]

var missingColumns = []column[*missingLine]{
	{name: label{"조치사항", "What to do"}, width: 44, left: true, cell: func(l *missingLine) xlsx.Cell {
		if l.row.RefundID != "" {
			return xlsx.Text(l.tag, l.book.say("환불 대기 중 → 고객 계좌를 받아 등록", "A refund waits for it → ask the customer"))
		}
		return l.says(l.book.say("환불 시 고객 계좌 필요", "Ask the customer when it comes to a refund"))
	}},
	{name: columnMID, width: 14, id: true, cell: func(l *missingLine) xlsx.Cell { return l.says(l.row.MID) }},
	{name: columnOrder, width: 24, id: true, cell: func(l *missingLine) xlsx.Cell { return l.says(l.row.OrderID) }},
	{name: columnKey, width: 24, id: true, cell: func(l *missingLine) xlsx.Cell { return l.says(l.row.PaymentKey) }},
	{name: columnCurrency, width: 7, cell: func(l *missingLine) xlsx.Cell { return l.currency(l.row.Currency) }},
	{name: columnAmount, width: 13, right: true, cell: func(l *missingLine) xlsx.Cell { return l.amount(l.row.Currency, l.row.Amount) }},
	{name: columnDaysLeft, width: 9, cell: func(l *missingLine) xlsx.Cell { return l.daysTo(l.row.CancelBy, l.book.night.until) }},
	{name: columnCancelBy, width: 17, cell: func(l *missingLine) xlsx.Cell { return l.at(l.row.CancelBy) }},
	{name: label{"미등록 사유", "Why it is missing"}, width: 32, left: true, cell: func(l *missingLine) xlsx.Cell {
		if l.row.Why == "" {
			return l.says(l.book.say("수집 대상이 아니었던 결제", "never watched"))
		}
		return l.says(lookUp(l.book.lang, captureLabels, l.row.Why))
	}},
	{name: label{"토스 조회 만료", "Shown until"}, width: 17, cell: func(l *missingLine) xlsx.Cell { return l.at(l.row.ClosedAt) }},
	{name: columnRefundID, width: 28, id: true, details: true, cell: func(l *missingLine) xlsx.Cell { return l.says(l.row.RefundID) }},
}

// drawMissing lists the payments by virtual account whose refund account is not
// known; those with a waiting refund come first.
func (b *nightBook) drawMissing() {
	var rows []refunds.MissingAccount
	for _, s := range b.night.snapshots {
		rows = append(rows, s.Missing...)
	}
	slices.SortStableFunc(rows, func(x, y refunds.MissingAccount) int {
		return cmp.Or(cmp.Compare(waits(y), waits(x)), byMoment(x.CancelBy, y.CancelBy), byCurrency(x.Currency, y.Currency), cmp.Compare(y.Amount, x.Amount),
			strings.Compare(x.MID, y.MID), strings.Compare(x.OrderID, y.OrderID), strings.Compare(x.PaymentKey, y.PaymentKey))
	})
	p, wait := b.paint(rowStyle), b.Style(tagStyle(amber))
	drawList(b, listing[*missingLine]{
		name: sheetMissing, tab: amber, columns: missingColumns, fixed: 1,
		title: b.say("환불계좌 미등록", "Refund accounts missing"),
		subtitle: b.say("가상계좌 환불계좌는 결제창이 열린 후 30분간만 토스에서 조회됩니다 · 고객 계좌를 받아 daesa accounts import FILE로 등록 · 최근 30일",
			"Toss shows a virtual account's refund account for thirty minutes only · ask the customer, then daesa accounts import FILE · last thirty days"),
	}, p, rows, func(r *refunds.MissingAccount) (pay.Currency, int64) { return r.Currency, r.Amount },
		func(_ *refunds.MissingAccount) xlsx.StyleID { return wait }, label{"환불계좌 미등록 결제 없음 ✓", "No refund account is missing ✓"})
}

func waits(m refunds.MissingAccount) int {
	if m.RefundID != "" {
		return 1
	}
	return 0
}

var handLabels = map[refunds.ManualState]label{
	refunds.ManualDue:      {"결재 필요", "To decide"},
	refunds.ManualApproved: {"이체 대기", "To transfer"},
	refunds.ManualDone:     {"이체 완료", "Transferred"},
	refunds.ManualDropped:  {"이체 제외", "Dropped"},
}

type transferLine = line[*nightBook, refunds.ManualTransfer]

var transferColumns = []column[*transferLine]{
	{name: columnStatus, width: 12, left: true, cell: func(l *transferLine) xlsx.Cell { return xlsx.Text(l.tag, lookUp(l.book.lang, handLabels, l.row.State)) }},
	{name: columnMID, width: 14, id: true, cell: func(l *transferLine) xlsx.Cell { return l.says(l.row.MID) }},
	{name: columnOrder, width: 24, id: true, cell: func(l *transferLine) xlsx.Cell { return l.says(l.row.OrderID) }},
	{name: columnKey, width: 22, id: true, cell: func(l *transferLine) xlsx.Cell { return l.says(l.row.PaymentKey) }},
	{name: columnCurrency, width: 7, cell: func(l *transferLine) xlsx.Cell { return l.currency(l.row.Currency) }},
	{name: columnAmount, width: 13, right: true, cell: func(l *transferLine) xlsx.Cell { return l.amount(l.row.Currency, l.row.Amount) }},
	{name: label{"사유", "Why"}, width: 30, left: true, cell: func(l *transferLine) xlsx.Cell {
		return l.says(refunds.Explain(refunds.Language(l.book.lang), l.row.Cause(), "", time.Time{}).Cause)
	}},
	{name: label{"토스 취소기한", "Toss's deadline"}, width: 17, cell: func(l *transferLine) xlsx.Cell { return l.at(l.row.CancelBy) }},
	{name: label{"요청자", "Requested by"}, width: 14, left: true, cell: func(l *transferLine) xlsx.Cell { return l.says(l.book.person(l.row.RequestedBy)) }},
	{name: label{"결재자", "Approved by"}, width: 14, left: true, cell: func(l *transferLine) xlsx.Cell { return l.says(l.row.ApprovedBy) }},
	{name: label{"이체자", "Transferred by"}, width: 14, left: true, cell: func(l *transferLine) xlsx.Cell { return l.says(l.row.DoneBy) }},
	{name: label{"이체일시", "Transferred at"}, width: 17, cell: func(l *transferLine) xlsx.Cell { return l.at(l.row.DoneAt) }},
	{name: label{"은행 이체번호", "Bank reference"}, width: 18, id: true, cell: func(l *transferLine) xlsx.Cell { return l.says(l.row.Reference) }},
	{name: columnNote, width: 24, left: true, cell: func(l *transferLine) xlsx.Cell {
		return l.says(l.book.ofLeft(l.row.RefundID, l.row.MID, l.row.Note))
	}},
	{name: columnRefundID, width: 28, id: true, cell: func(l *transferLine) xlsx.Cell { return l.says(l.row.RefundID) }},
}

// drawTransfers lists what people give back by a bank transfer.
func (b *nightBook) drawTransfers() {
	rows := slices.Clone(b.night.transfers)
	slices.SortStableFunc(rows, func(x, y refunds.ManualTransfer) int {
		return cmp.Or(cmp.Compare(slices.Index(refunds.ManualStates, x.State), slices.Index(refunds.ManualStates, y.State)),
			byCurrency(x.Currency, y.Currency), cmp.Compare(y.Amount, x.Amount),
			strings.Compare(x.MID, y.MID), strings.Compare(x.OrderID, y.OrderID), strings.Compare(x.RefundID, y.RefundID))
	})
	p := b.paint(rowStyle)
	tags := map[refunds.ManualState]xlsx.StyleID{
		refunds.ManualDue: b.Style(tagStyle(red)), refunds.ManualApproved: b.Style(tagStyle(amber)), refunds.ManualDone: b.Style(tagStyle(green)),
	}
	drawList(b, listing[*transferLine]{
		name: sheetTransfers, tab: amber, columns: transferColumns, fixed: 1,
		title: b.say("수기이체 현황", "Transfers by hand"),
		subtitle: b.say("토스로 취소할 수 없어 은행에서 직접 이체하는 환불 · 요청자가 아닌 담당자의 결재 후 이체 · daesa refunds transfers approve|done|drop",
			"Money that Toss cannot cancel any more and people send by bank · decide → another person approves → transfer · daesa refunds transfers approve|done|drop"),
	}, p, rows, func(r *refunds.ManualTransfer) (pay.Currency, int64) { return r.Currency, r.Amount },
		func(r *refunds.ManualTransfer) xlsx.StyleID { return tags[r.State] }, label{"수기이체 대상 없음 ✓", "Nothing to transfer by hand ✓"})
}

type promiseLine = line[*nightBook, Promise]

var promiseColumns = []column[*promiseLine]{
	{name: columnOrder, width: 26, id: true, cell: func(l *promiseLine) xlsx.Cell { return l.says(l.row.OrderID) }},
	{name: columnMID, width: 14, id: true, cell: func(l *promiseLine) xlsx.Cell { return l.says(l.row.MID) }},
	{name: columnMethod, width: 13, cell: func(l *promiseLine) xlsx.Cell { return l.centred(l.book.lang.method(l.row.Method)) }},
	{name: columnCurrency, width: 7, cell: func(l *promiseLine) xlsx.Cell { return l.currency(l.row.Currency) }},
	{name: columnAmount, width: 13, right: true, cell: func(l *promiseLine) xlsx.Cell { return l.amount(l.row.Currency, l.row.Amount) }},
	{name: label{"토스 취소일시", "Cancelled at Toss"}, width: 17, cell: func(l *promiseLine) xlsx.Cell { return l.at(l.row.CanceledAt) }},
	{name: label{"입금예정일(시작)", "Arrives from"}, width: 15, cell: func(l *promiseLine) xlsx.Cell { return l.on(known(l.row.Arrival, l.row.Arrival.From)) }},
	{name: label{"입금예정일(종료)", "Arrives until"}, width: 15, cell: func(l *promiseLine) xlsx.Cell { return l.on(known(l.row.Arrival, l.row.Arrival.Until)) }},
	{name: label{"고객 안내 문구", "What to tell the customer"}, width: 50, left: true, cell: func(l *promiseLine) xlsx.Cell { return l.says(l.book.promise(l.row)) }},
	{name: columnState, width: 20, left: true, cell: func(l *promiseLine) xlsx.Cell { return l.says(l.book.lang.refund(l.row.State, l.row.Method)) }},
	{name: columnKey, width: 24, id: true, cell: func(l *promiseLine) xlsx.Cell { return l.says(l.row.PaymentKey) }},
	{name: columnRefundID, width: 28, id: true, cell: func(l *promiseLine) xlsx.Cell { return l.says(l.row.RefundID) }},
}

// drawPromises lists, for customer service, when the money of each refund arrives
// that is still on its way; the newest cancel comes first.
func (b *nightBook) drawPromises() {
	var rows []Promise
	for _, s := range b.night.snapshots {
		rows = append(rows, s.Promises...)
	}
	slices.SortStableFunc(rows, func(x, y Promise) int {
		return cmp.Or(y.CanceledAt.Compare(x.CanceledAt), strings.Compare(x.MID, y.MID), strings.Compare(x.OrderID, y.OrderID), strings.Compare(x.RefundID, y.RefundID))
	})
	p := b.paint(rowStyle)
	drawList(b, listing[*promiseLine]{
		name: sheetPromises, tab: green, columns: promiseColumns, fixed: 1,
		title: b.say("환불 입금예정", "When refunds arrive"),
		subtitle: b.say("고객 문의 응대용 · daesa가 취소한 건 중 아직 입금되지 않은 환불 · 입금예정일은 토스페이먼츠 안내의 결제수단별 처리 기간 기준",
			"For customer service · cancels of daesa whose money is still on its way · dates by Toss's documents for each method"),
	}, p, rows, func(r *Promise) (pay.Currency, int64) { return r.Currency, r.Amount },
		func(_ *Promise) xlsx.StyleID { return p.text }, label{"입금 대기 중인 환불 없음", "No refund is on its way"})
}

// promise is what the customer may be told.
func (b *nightBook) promise(r *Promise) string {
	switch tell := r.Arrival.Say(refunds.Language(b.lang)); {
	case tell == "":
		return b.say("입금일이 정해지지 않은 결제수단 → 결제사에 확인", "This method promises no day → ask the payment company")
	case b.lang == english:
		return "Arrives " + tell
	default:
		return tell + " 입금 예정"
	}
}

func known(a refunds.Arrival, d pay.Day) pay.Day {
	if !a.Known {
		return ""
	}
	return d
}
