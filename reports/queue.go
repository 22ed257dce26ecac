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

type deadlineLine = line[*nightBook, Deadline]

var deadlineColumns = []column[*deadlineLine]{
	{name: label{"구간", "Bucket"}, width: 18, left: true, cell: func(l *deadlineLine) xlsx.Cell {
		return l.says(l.book.lang.of(bucketLabels[l.book.night.daysLeft(*l.row)]))
	}},
	{name: columnDaysLeft, width: 8, cell: func(l *deadlineLine) xlsx.Cell { return l.daysTo(l.row.CancelBy, l.book.night.until) }},
	{name: columnCancelBy, width: 17, cell: func(l *deadlineLine) xlsx.Cell { return l.at(l.row.CancelBy) }},
	{name: columnMID, width: 14, id: true, cell: func(l *deadlineLine) xlsx.Cell { return l.says(l.row.MID) }},
	{name: columnOrder, width: 22, id: true, cell: func(l *deadlineLine) xlsx.Cell { return l.says(l.row.OrderID) }},
	{name: columnKey, width: 22, id: true, cell: func(l *deadlineLine) xlsx.Cell { return l.says(l.row.PaymentKey) }},
	{name: columnMethod, width: 11, cell: func(l *deadlineLine) xlsx.Cell { return l.centred(l.book.lang.method(l.row.Method)) }},
	{name: columnCurrency, width: 7, cell: func(l *deadlineLine) xlsx.Cell { return l.currency(l.row.Currency) }},
	{name: columnAmount, width: 13, right: true, cell: func(l *deadlineLine) xlsx.Cell { return l.amount(l.row.Currency, l.row.Amount) }},
	{name: label{"환불 상태", "Refund"}, width: 17, cell: func(l *deadlineLine) xlsx.Cell {
		if l.row.RefundID == "" {
			return l.centred(l.book.say("미요청", "Not requested"))
		}
		return l.centred(l.book.lang.refund(l.row.State, l.row.Method))
	}},
	{name: label{"조치사항", "What to do"}, width: 46, left: true, cell: func(l *deadlineLine) xlsx.Cell { return l.says(l.book.deadlineAdvice(l.row)) }},
	{name: columnRefundID, width: 28, id: true, details: true, cell: func(l *deadlineLine) xlsx.Cell { return l.says(l.row.RefundID) }},
	{name: columnBreakID, width: 19, id: true, cell: func(l *deadlineLine) xlsx.Cell { return l.says(l.row.BreakID) }},
}

// drawDeadlines lists the money that should go back: what can still be sent, the
// earliest last day first and what has none last, and below it what has expired.
func (b *nightBook) drawDeadlines() {
	n := b.night
	all, ahead := slices.Concat(n.deadlines, n.lost), len(n.deadlines)
	columns := shown(b.book, deadlineColumns)
	urgent := b.paint(rowStyle.With(func(s *style) { s.Bold, s.Color, s.Fill = true, red, rose }))
	p := b.paint(rowStyle)
	quiet := b.paint(rowStyle.With(func(s *style) { s.Color = grey }))
	row := func(i int, _ []xlsx.Cell) *deadlineLine {
		d := &all[i]
		l := &deadlineLine{palette: p, book: b, row: d}
		switch {
		case i >= ahead:
			l.palette = quiet
		case n.daysLeft(*d) <= bucketOne || d.TooLate || n.waits[d.RefundID].Late:
			l.palette = urgent
		}
		return l
	}
	l := listing[*deadlineLine]{
		name: sheetDeadlines, tab: amber, columns: columns, fixed: 2, notes: b.deadlineNotes(),
		title:    b.say("취소기한 현황", "Cancel deadlines"),
		subtitle: b.say("기한이 임박한 순 · 잔여일은 "+string(pay.DayOf(n.now))+" 기준 · 기한이 경과하면 토스로 취소할 수 없어 수기이체로 환불", "Most urgent first · days counted from "+string(pay.DayOf(n.now))+" · past its deadline only a by-hand transfer is left"),
		segments: []segment[*deadlineLine]{{to: ahead, height: listRow, row: row}}, rows: len(all),
		sums: amounts(func(i int) (pay.Currency, int64) { return all[i].Currency, all[i].Amount }),
	}
	if ahead == 0 {
		l.segments[0] = nothing[*deadlineLine](b, label{"환불할 금액 없음 ✓", "Nothing is to be given back ✓"})
	}
	if len(n.lost) > 0 {
		l.segments = append(l.segments, segment[*deadlineLine]{from: ahead, to: len(all), height: listRow, row: row,
			lead: leadRows(b.book, b.say("취소기한 경과: 수기이체로 환불할 금액", "Expired: money to give back by hand"), columns)})
	}
	b.due = place(b.book, l)
}

// deadlineNotes stand above the list: money by bucket, money due by the end of the
// next bank day, and what the next planned run would miss.
func (b *nightBook) deadlineNotes() []note {
	n := b.night
	if n.nothingRead() {
		return nil
	}
	var parts []string
	for _, key := range buckets {
		s := b.stakes[key]
		parts = append(parts, b.lang.of(bucketLabels[key])+" "+b.lang.fill(label{"{1}건 {2}", "{1}, {2}"}, b.number(s.count), b.spelled(s)))
	}
	notes := []note{{strings.Join(parts, "   ·   "), navy}}
	bankDay := pay.DayOf(n.now).AddBankDays(1)
	soon := n.sumOf(func(d Deadline) bool { return !d.CancelBy.IsZero() && d.CancelBy.Before(bankDay.End()) })
	colour := grey
	if soon.count > 0 {
		colour = amber
	}
	notes = append(notes, note{b.lang.fill(label{"익영업일 {1}까지 기한 도래: {2}건 {3}", "Before the end of the next bank day, {1}: {2}, {3}"},
		b.lang.day(bankDay), b.number(soon.count), b.spelled(soon)), colour})
	if late := n.lateOnes(); late.count > 0 {
		notes = append(notes, note{b.say("⚠ 현 상태로는 취소기한 내 전송 불가: ", "⚠ As things stand not sent before their deadline: ") + b.lateReasons(b.spelled), red})
	}
	for _, next := range n.nextRefunds() {
		late := n.sumOf(func(d Deadline) bool { return d.TooLate })
		if late.count == 0 {
			notes = append(notes, note{b.lang.fill(label{"다음 환불 실행 {1}: 그전에 결재되면 전 건 기한 내 전송", "The next refund run is at {1}: in time for all that is approved by then"}, b.lang.moment(next)), grey})
			break
		}
		notes = append(notes, note{b.lang.fill(label{"⚠ 다음 환불 실행({1}) 전 기한 도래: {2}건 {3} → 즉시 daesa refunds run",
			"⚠ Too late for the next refund run ({1}): {2}, {3} → daesa refunds run, now"}, b.lang.moment(next), b.number(late.count), b.spelled(late)), red})
	}
	return notes
}

// nextRefunds is the earliest planned refund run, where any is planned.
func (n *night) nextRefunds() []time.Time {
	var first []time.Time
	for _, s := range n.snapshots {
		if len(s.NextRefunds) > 0 && (first == nil || s.NextRefunds[0].Before(first[0])) {
			first = s.NextRefunds[:1]
		}
	}
	return first
}

// spelled is money at stake, each currency for itself.
func (b *nightBook) spelled(s stake) string {
	var parts []string
	for i, c := range b.currencies {
		if i == 0 || s.money[c] != 0 {
			parts = append(parts, spell(c, s.money[c]))
		}
	}
	return strings.Join(parts, " + ")
}

// deadlineAdvice says what must happen to meet a deadline, most pressing first.
func (b *nightBook) deadlineAdvice(d *Deadline) string {
	wait := b.night.waits[d.RefundID]
	switch {
	case b.night.daysLeft(*d) == bucketLost:
		return b.say("취소기한 경과 → 수기이체", "Expired → transfer by hand")
	case wait.Stuck:
		return "⚠ " + b.ofLeft(d.RefundID, d.MID, wait.Sentence(refunds.Language(b.lang)).Cause)
	case d.TooLate:
		return b.say("⚠ 다음 환불 실행이 취소기한 이후 → 즉시 daesa refunds run", "⚠ The next refund run is too late → daesa refunds run, now")
	case d.RefundID == "":
		return b.say("환불 미요청 → 환불 요청", "No refund was requested → request it")
	case d.AtRisk:
		return b.say("승인 후 1년 경과, 카드사가 거절할 수 있음", "Over a year old: the issuer may refuse")
	case d.State == refunds.StateRequested:
		return b.say("결재 대기 → 결재 시 전송", "Is sent once approved")
	case d.State == refunds.StateNeedsAccount:
		return b.say("환불계좌 필요 → 고객 계좌를 받아 등록", "Needs a refund account → ask the customer")
	case d.State == refunds.StateHeld || d.State == refunds.StateUnknown:
		return b.say("결과 미확인 → 토스 상점관리자에서 확인", "Check the outcome at Toss")
	case wait.Why != "":
		return wait.Sentence(refunds.Language(b.lang)).Cause
	default:
		return ""
	}
}

var columnState = label{"환불 상태", "State"}

type refundLine = line[*nightBook, RefundRow]

var refundColumns = []column[*refundLine]{
	{name: columnState, width: 17, left: true, cell: func(l *refundLine) xlsx.Cell { return xlsx.Text(l.tag, l.book.lang.refund(l.row.State, l.row.Method)) }},
	{name: columnMID, width: 14, id: true, cell: func(l *refundLine) xlsx.Cell { return l.says(l.row.MID) }},
	{name: columnOrder, width: 22, id: true, cell: func(l *refundLine) xlsx.Cell { return l.says(l.row.OrderID) }},
	{name: columnMethod, width: 11, cell: func(l *refundLine) xlsx.Cell { return l.centred(l.book.lang.method(l.row.Method)) }},
	{name: columnCurrency, width: 7, cell: func(l *refundLine) xlsx.Cell { return l.currency(l.row.Currency) }},
	{name: columnAmount, width: 13, right: true, cell: func(l *refundLine) xlsx.Cell { return l.amount(l.row.Currency, l.row.Amount) }},
	{name: columnCancelBy, width: 16, cell: func(l *refundLine) xlsx.Cell { return l.at(l.row.CancelBy) }},
	{name: columnReason, width: 22, left: true, cell: func(l *refundLine) xlsx.Cell { return l.says(l.row.Reason) }},
	{name: label{"요청자", "Requested by"}, width: 13, left: true, cell: func(l *refundLine) xlsx.Cell { return l.says(l.book.person(l.row.RequestedBy)) }},
	{name: label{"결재자", "Approved by"}, width: 11, left: true, cell: func(l *refundLine) xlsx.Cell { return l.says(l.row.ApprovedBy) }},
	{name: label{"토스 오류", "Toss error"}, width: 22, left: true, cell: func(l *refundLine) xlsx.Cell { return l.says(fault(l.row)) }},
	{name: columnMeaning, width: 54, left: true, cell: func(l *refundLine) xlsx.Cell {
		return l.says(l.book.ofLeft(l.row.ID, l.row.MID, l.book.meaning(l.row)))
	}},
	{name: label{"요청일시", "Requested at"}, width: 16, details: true, cell: func(l *refundLine) xlsx.Cell { return l.at(l.row.RequestedAt) }},
	{name: label{"시도 횟수", "Tries"}, width: 7, right: true, cell: func(l *refundLine) xlsx.Cell { return l.counted(int64(l.row.Attempts)) }},
	{name: label{"완료일시", "Finished at"}, width: 16, cell: func(l *refundLine) xlsx.Cell { return l.at(l.row.FinishedAt) }},
	{name: columnKey, width: 24, id: true, cell: func(l *refundLine) xlsx.Cell { return l.says(l.row.PaymentKey) }},
	{name: label{"참조번호", "Ref"}, width: 24, id: true, cell: func(l *refundLine) xlsx.Cell { return l.says(l.row.Ref) }},
	{name: label{"일괄번호", "Batch"}, width: 14, id: true, cell: func(l *refundLine) xlsx.Cell { return l.says(l.row.Batch) }},
	{name: columnRefundID, width: 28, id: true, cell: func(l *refundLine) xlsx.Cell { return l.says(l.row.ID) }},
}

// drawRefunds lists the refund requests; those that need a person come first.
func (b *nightBook) drawRefunds() {
	p, tags := b.paint(rowStyle), stateTags(b.book)
	b.queue = drawList(b, listing[*refundLine]{
		name: sheetRefunds, tab: green, columns: refundColumns, fixed: position(shown(b.book, refundColumns), columnOrder), height: tallEnough(b.night.refunds, b.night.waits),
		title:    b.say("환불 현황", "Refunds"),
		subtitle: b.say("확인이 필요한 건 우선, 취소기한이 임박한 순 · 미완료 요청과 금일 대사에서 요청한 건", "What needs a person first, then the nearest deadline · unfinished requests and tonight's"),
	}, p, b.night.refunds, func(r *RefundRow) (pay.Currency, int64) { return r.Currency, r.Amount },
		func(r *RefundRow) xlsx.StyleID { return cmp.Or(tags[r.State], p.text) }, label{"환불 요청 없음", "No refund requests"})
}

// stateTags are the styles of the states of a request.
func stateTags(b *book) map[refunds.State]xlsx.StyleID {
	tags := map[refunds.State]xlsx.StyleID{}
	for _, state := range refunds.States {
		tags[state] = b.Style(tagStyle(stateColour(state)))
	}
	return tags
}

// stateColour: red needs a person, amber waits for one, green is done.
func stateColour(state refunds.State) string {
	switch state {
	case refunds.StateUnknown, refunds.StateHeld, refunds.StateExpired, refunds.StateRefused:
		return red
	case refunds.StateRequested, refunds.StateNeedsAccount:
		return amber
	case refunds.StateSucceeded, refunds.StateAccepted:
		return green
	default:
		return ink
	}
}

// tallEnough is a height in which the sentence about an error can be read.
func tallEnough(rows []RefundRow, waits map[string]refunds.Wait) int {
	if len(waits) > 0 || slices.ContainsFunc(rows, func(r RefundRow) bool { return r.ErrorCode != "" }) {
		return listRow * 3 / 2
	}
	return listRow
}
