package reports

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/refunds"
	"daesa/reports/book"
)

type missingLine = book.Line[*nightBook, refunds.MissingAccount]

var missingColumns = []book.Column[*missingLine]{
	{Name: book.Label{"조치사항", "What to do"}, Width: 44, Left: true, Cell: func(l *missingLine) xlsx.Cell {
		if l.Row.RefundID != "" {
			return xlsx.Text(l.Tag, l.Book.Say("환불 대기 중 → 고객 계좌를 받아 등록", "A refund waits for it → ask the customer"))
		}
		return l.Says(l.Book.Say("환불 시 고객 계좌 필요", "Ask the customer when it comes to a refund"))
	}},
	{Name: book.ColumnMID, Width: 14, ID: true, Cell: func(l *missingLine) xlsx.Cell { return l.Says(l.Row.MID) }},
	{Name: columnOrder, Width: 24, ID: true, Cell: func(l *missingLine) xlsx.Cell { return l.Says(l.Row.OrderID) }},
	{Name: columnKey, Width: 24, ID: true, Cell: func(l *missingLine) xlsx.Cell { return l.Says(l.Row.PaymentKey) }},
	{Name: book.ColumnCurrency, Width: 7, Cell: func(l *missingLine) xlsx.Cell { return l.Currency(l.Row.Currency) }},
	{Name: book.ColumnAmount, Width: 13, Right: true, Cell: func(l *missingLine) xlsx.Cell { return l.Amount(l.Row.Currency, l.Row.Amount) }},
	{Name: columnDaysLeft, Width: 9, Cell: func(l *missingLine) xlsx.Cell { return l.DaysTo(l.Row.CancelBy, l.Book.night.until) }},
	{Name: columnCancelBy, Width: 17, Cell: func(l *missingLine) xlsx.Cell { return l.At(l.Row.CancelBy) }},
	{Name: book.Label{"미등록 사유", "Why it is missing"}, Width: 32, Left: true, Cell: func(l *missingLine) xlsx.Cell {
		if l.Row.Why == "" {
			return l.Says(l.Book.Say("수집 대상이 아니었던 결제", "never watched"))
		}
		return l.Says(book.LookUp(l.Book.Lang, book.CaptureLabels, l.Row.Why))
	}},
	{Name: book.Label{"토스 조회 만료", "Shown until"}, Width: 17, Cell: func(l *missingLine) xlsx.Cell { return l.At(l.Row.ClosedAt) }},
	{Name: columnRefundID, Width: 28, ID: true, Details: true, Cell: func(l *missingLine) xlsx.Cell { return l.Says(l.Row.RefundID) }},
}

// drawMissing lists the payments by virtual account whose refund account is not
// known; those with a waiting refund come first.
func (b *nightBook) drawMissing() {
	var rows []*refunds.MissingAccount
	for _, s := range b.night.snapshots {
		rows = append(rows, book.PointersTo(s.Missing)...)
	}
	slices.SortStableFunc(rows, func(x, y *refunds.MissingAccount) int {
		return cmp.Or(cmp.Compare(waits(y), waits(x)), byMoment(x.CancelBy, y.CancelBy), byCurrency(x.Currency, y.Currency), cmp.Compare(y.Amount, x.Amount),
			strings.Compare(x.MID, y.MID), strings.Compare(x.OrderID, y.OrderID), strings.Compare(x.PaymentKey, y.PaymentKey))
	})
	p, wait := b.Paint(book.RowStyle), b.Style(book.TagStyle(book.Amber))
	drawList(b, book.Listing[*missingLine]{
		Name: book.SheetMissing, Tab: book.Amber, Columns: missingColumns, Fixed: 1,
		Title: b.Say("환불계좌 미등록", "Refund accounts missing"),
		Subtitle: b.Say("가상계좌 환불계좌는 결제창이 열린 후 30분간만 토스에서 조회됩니다 · 고객 계좌를 받아 daesa accounts import FILE로 등록 · 최근 30일",
			"Toss shows a virtual account's refund account for thirty minutes only · ask the customer, then daesa accounts import FILE · last thirty days"),
	}, p, rows, func(r *refunds.MissingAccount) (pay.Currency, int64) { return r.Currency, r.Amount },
		func(_ *refunds.MissingAccount) xlsx.StyleID { return wait }, book.Label{"환불계좌 미등록 결제 없음 ✓", "No refund account is missing ✓"})
}

func waits(m *refunds.MissingAccount) int {
	if m.RefundID != "" {
		return 1
	}
	return 0
}

var handLabels = map[refunds.ManualState]book.Label{
	refunds.ManualDue:      {"결재 필요", "To decide"},
	refunds.ManualApproved: {"이체 대기", "To transfer"},
	refunds.ManualDone:     {"이체 완료", "Transferred"},
	refunds.ManualDropped:  {"이체 제외", "Dropped"},
}

type transferLine = book.Line[*nightBook, refunds.ManualTransfer]

var transferColumns = []book.Column[*transferLine]{
	{Name: columnStatus, Width: 12, Left: true, Cell: func(l *transferLine) xlsx.Cell {
		return xlsx.Text(l.Tag, book.LookUp(l.Book.Lang, handLabels, l.Row.State))
	}},
	{Name: book.ColumnMID, Width: 14, ID: true, Cell: func(l *transferLine) xlsx.Cell { return l.Says(l.Row.MID) }},
	{Name: columnOrder, Width: 24, ID: true, Cell: func(l *transferLine) xlsx.Cell { return l.Says(l.Row.OrderID) }},
	{Name: columnKey, Width: 22, ID: true, Cell: func(l *transferLine) xlsx.Cell { return l.Says(l.Row.PaymentKey) }},
	{Name: book.ColumnCurrency, Width: 7, Cell: func(l *transferLine) xlsx.Cell { return l.Currency(l.Row.Currency) }},
	{Name: book.ColumnAmount, Width: 13, Right: true, Cell: func(l *transferLine) xlsx.Cell { return l.Amount(l.Row.Currency, l.Row.Amount) }},
	{Name: book.Label{"사유", "Why"}, Width: 30, Left: true, Cell: func(l *transferLine) xlsx.Cell {
		return l.Says(refunds.Explain(refunds.Language(l.Book.Lang), l.Row.Cause(), "", time.Time{}).Cause)
	}},
	{Name: book.Label{"토스 취소기한", "Toss's deadline"}, Width: 17, Cell: func(l *transferLine) xlsx.Cell { return l.At(l.Row.CancelBy) }},
	{Name: book.Label{"요청자", "Requested by"}, Width: 14, Left: true, Cell: func(l *transferLine) xlsx.Cell { return l.Says(l.Book.Person(l.Row.RequestedBy)) }},
	{Name: book.Label{"결재자", "Approved by"}, Width: 14, Left: true, Cell: func(l *transferLine) xlsx.Cell { return l.Says(l.Row.ApprovedBy) }},
	{Name: book.Label{"이체자", "Transferred by"}, Width: 14, Left: true, Cell: func(l *transferLine) xlsx.Cell { return l.Says(l.Row.DoneBy) }},
	{Name: book.Label{"이체일시", "Transferred at"}, Width: 17, Cell: func(l *transferLine) xlsx.Cell { return l.At(l.Row.DoneAt) }},
	{Name: book.Label{"은행 이체번호", "Bank reference"}, Width: 18, ID: true, Cell: func(l *transferLine) xlsx.Cell { return l.Says(l.Row.Reference) }},
	{Name: columnNote, Width: 24, Left: true, Cell: func(l *transferLine) xlsx.Cell {
		return l.Says(l.Book.ofLeft(l.Row.RefundID, l.Row.MID, l.Row.Note))
	}},
	{Name: columnRefundID, Width: 28, ID: true, Cell: func(l *transferLine) xlsx.Cell { return l.Says(l.Row.RefundID) }},
}

// drawTransfers lists what people give back by a bank transfer.
func (b *nightBook) drawTransfers() {
	rows := book.PointersTo(b.night.transfers)
	slices.SortStableFunc(rows, func(x, y *refunds.ManualTransfer) int {
		return cmp.Or(cmp.Compare(slices.Index(refunds.ManualStates, x.State), slices.Index(refunds.ManualStates, y.State)),
			byCurrency(x.Currency, y.Currency), cmp.Compare(y.Amount, x.Amount),
			strings.Compare(x.MID, y.MID), strings.Compare(x.OrderID, y.OrderID), strings.Compare(x.RefundID, y.RefundID))
	})
	p := b.Paint(book.RowStyle)
	tags := map[refunds.ManualState]xlsx.StyleID{
		refunds.ManualDue: b.Style(book.TagStyle(book.Red)), refunds.ManualApproved: b.Style(book.TagStyle(book.Amber)), refunds.ManualDone: b.Style(book.TagStyle(book.Green)),
	}
	drawList(b, book.Listing[*transferLine]{
		Name: book.SheetTransfers, Tab: book.Amber, Columns: transferColumns, Fixed: 1,
		Title: b.Say("수기이체 현황", "Transfers by hand"),
		Subtitle: b.Say("토스로 취소할 수 없어 은행에서 직접 이체하는 환불 · 요청자가 아닌 담당자의 결재 후 이체 · daesa refunds transfers approve|done|drop",
			"Money that Toss cannot cancel any more and people send by bank · decide → another person approves → transfer · daesa refunds transfers approve|done|drop"),
	}, p, rows, func(r *refunds.ManualTransfer) (pay.Currency, int64) { return r.Currency, r.Amount },
		func(r *refunds.ManualTransfer) xlsx.StyleID { return tags[r.State] }, book.Label{"수기이체 대상 없음 ✓", "Nothing to transfer by hand ✓"})
}

type promiseLine = book.Line[*nightBook, Promise]

var promiseColumns = []book.Column[*promiseLine]{
	{Name: columnOrder, Width: 26, ID: true, Cell: func(l *promiseLine) xlsx.Cell { return l.Says(l.Row.OrderID) }},
	{Name: book.ColumnMID, Width: 14, ID: true, Cell: func(l *promiseLine) xlsx.Cell { return l.Says(l.Row.MID) }},
	{Name: columnMethod, Width: 13, Cell: func(l *promiseLine) xlsx.Cell { return l.Centred(l.Book.Lang.Method(l.Row.Method)) }},
	{Name: book.ColumnCurrency, Width: 7, Cell: func(l *promiseLine) xlsx.Cell { return l.Currency(l.Row.Currency) }},
	{Name: book.ColumnAmount, Width: 13, Right: true, Cell: func(l *promiseLine) xlsx.Cell { return l.Amount(l.Row.Currency, l.Row.Amount) }},
	{Name: book.Label{"토스 취소일시", "Cancelled at Toss"}, Width: 17, Cell: func(l *promiseLine) xlsx.Cell { return l.At(l.Row.CanceledAt) }},
	{Name: book.Label{"입금예정일(시작)", "Arrives from"}, Width: 15, Cell: func(l *promiseLine) xlsx.Cell { return l.On(known(l.Row.Arrival, l.Row.Arrival.From)) }},
	{Name: book.Label{"입금예정일(종료)", "Arrives until"}, Width: 15, Cell: func(l *promiseLine) xlsx.Cell { return l.On(known(l.Row.Arrival, l.Row.Arrival.Until)) }},
	{Name: book.Label{"고객 안내 문구", "What to tell the customer"}, Width: 50, Left: true, Cell: func(l *promiseLine) xlsx.Cell { return l.Says(l.Book.promise(l.Row)) }},
	{Name: columnState, Width: 20, Left: true, Cell: func(l *promiseLine) xlsx.Cell { return l.Says(l.Book.Lang.Refund(l.Row.State, l.Row.Method)) }},
	{Name: columnKey, Width: 24, ID: true, Cell: func(l *promiseLine) xlsx.Cell { return l.Says(l.Row.PaymentKey) }},
	{Name: columnRefundID, Width: 28, ID: true, Cell: func(l *promiseLine) xlsx.Cell { return l.Says(l.Row.RefundID) }},
}

// drawPromises lists, for customer service, when the money of each refund arrives
// that is still on its way; the newest cancel comes first.
func (b *nightBook) drawPromises() {
	var rows []*Promise
	for _, s := range b.night.snapshots {
		rows = append(rows, book.PointersTo(s.Promises)...)
	}
	slices.SortStableFunc(rows, func(x, y *Promise) int {
		return cmp.Or(y.CanceledAt.Compare(x.CanceledAt), strings.Compare(x.MID, y.MID), strings.Compare(x.OrderID, y.OrderID), strings.Compare(x.RefundID, y.RefundID))
	})
	p := b.Paint(book.RowStyle)
	drawList(b, book.Listing[*promiseLine]{
		Name: book.SheetPromises, Tab: book.Green, Columns: promiseColumns, Fixed: 1,
		Title: b.Say("환불 입금예정", "When refunds arrive"),
		Subtitle: b.Say("고객 문의 응대용 · daesa가 취소한 건 중 아직 입금되지 않은 환불 · 입금예정일은 토스페이먼츠 안내의 결제수단별 처리 기간 기준",
			"For customer service · cancels of daesa whose money is still on its way · dates by Toss's documents for each method"),
	}, p, rows, func(r *Promise) (pay.Currency, int64) { return r.Currency, r.Amount },
		func(_ *Promise) xlsx.StyleID { return p.Text }, book.Label{"입금 대기 중인 환불 없음", "No refund is on its way"})
}

// promise is what the customer may be told.
func (b *nightBook) promise(r *Promise) string {
	switch tell := r.Arrival.Say(refunds.Language(b.Lang)); {
	case tell == "":
		return b.Say("입금일이 정해지지 않은 결제수단 → 결제사에 확인", "This method promises no day → ask the payment company")
	case b.Lang == book.English:
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
