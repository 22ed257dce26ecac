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

type deadlineLine = book.Line[*nightBook, Deadline]

var deadlineColumns = []book.Column[*deadlineLine]{
	{Name: book.Label{"구간", "Bucket"}, Width: 18, Left: true, Cell: func(l *deadlineLine) xlsx.Cell {
		return l.Says(l.Book.Lang.Of(bucketLabels[l.Book.night.daysLeft(*l.Row)]))
	}},
	{Name: columnDaysLeft, Width: 8, Cell: func(l *deadlineLine) xlsx.Cell { return l.DaysTo(l.Row.CancelBy, l.Book.night.until) }},
	{Name: columnCancelBy, Width: 17, Cell: func(l *deadlineLine) xlsx.Cell { return l.At(l.Row.CancelBy) }},
	{Name: book.ColumnMID, Width: 14, ID: true, Cell: func(l *deadlineLine) xlsx.Cell { return l.Says(l.Row.MID) }},
	{Name: columnOrder, Width: 22, ID: true, Cell: func(l *deadlineLine) xlsx.Cell { return l.Says(l.Row.OrderID) }},
	{Name: columnKey, Width: 22, ID: true, Cell: func(l *deadlineLine) xlsx.Cell { return l.Says(l.Row.PaymentKey) }},
	{Name: columnMethod, Width: 11, Cell: func(l *deadlineLine) xlsx.Cell { return l.Centred(l.Book.Lang.Method(l.Row.Method)) }},
	{Name: book.ColumnCurrency, Width: 7, Cell: func(l *deadlineLine) xlsx.Cell { return l.Currency(l.Row.Currency) }},
	{Name: book.ColumnAmount, Width: 13, Right: true, Cell: func(l *deadlineLine) xlsx.Cell { return l.Amount(l.Row.Currency, l.Row.Amount) }},
	{Name: book.Label{"환불 상태", "Refund"}, Width: 17, Cell: func(l *deadlineLine) xlsx.Cell {
		if l.Row.RefundID == "" {
			return l.Centred(l.Book.Say("미요청", "Not requested"))
		}
		return l.Centred(l.Book.Lang.Refund(l.Row.State, l.Row.Method))
	}},
	{Name: book.Label{"조치사항", "What to do"}, Width: 46, Left: true, Cell: func(l *deadlineLine) xlsx.Cell { return l.Says(l.Book.deadlineAdvice(l.Row)) }},
	{Name: columnRefundID, Width: 28, ID: true, Details: true, Cell: func(l *deadlineLine) xlsx.Cell { return l.Says(l.Row.RefundID) }},
	{Name: columnBreakID, Width: 19, ID: true, Cell: func(l *deadlineLine) xlsx.Cell { return l.Says(l.Row.BreakID) }},
}

// drawDeadlines lists the money that should go back: what can still be sent, the
// earliest last day first and what has none last, and below it what has expired.
func (b *nightBook) drawDeadlines() {
	n := b.night
	all, ahead := slices.Concat(n.deadlines, n.lost), len(n.deadlines)
	columns := book.Shown(b.Book, deadlineColumns)
	urgent := b.Paint(book.RowStyle.With(func(s *book.Style) { s.Bold, s.Color, s.Fill = true, book.Red, book.Rose }))
	p := b.Paint(book.RowStyle)
	quiet := b.Paint(book.RowStyle.With(func(s *book.Style) { s.Color = book.Grey }))
	row := func(i int, _ []xlsx.Cell) *deadlineLine {
		d := &all[i]
		l := &deadlineLine{Palette: p, Book: b, Row: d}
		switch {
		case i >= ahead:
			l.Palette = quiet
		case n.daysLeft(*d) <= bucketOne || d.TooLate || n.waits[d.RefundID].Late:
			l.Palette = urgent
		}
		return l
	}
	l := book.Listing[*deadlineLine]{
		Name: book.SheetDeadlines, Tab: book.Amber, Columns: columns, Fixed: 2, Notes: b.deadlineNotes(),
		Title:    b.Say("취소기한 현황", "Cancel deadlines"),
		Subtitle: b.Say("기한이 임박한 순 · 잔여일은 "+string(pay.DayOf(n.now))+" 기준 · 기한이 경과하면 토스로 취소할 수 없어 수기이체로 환불", "Most urgent first · days counted from "+string(pay.DayOf(n.now))+" · past its deadline only a by-hand transfer is left"),
		Segments: []book.Segment[*deadlineLine]{{To: ahead, Height: book.ListRow, Row: row}}, Rows: len(all),
		Sums: book.Amounts(func(i int) (pay.Currency, int64) { return all[i].Currency, all[i].Amount }),
	}
	if ahead == 0 {
		l.Segments[0] = nothing[*deadlineLine](b, book.Label{"환불할 금액 없음 ✓", "Nothing is to be given back ✓"})
	}
	if len(n.lost) > 0 {
		l.Segments = append(l.Segments, book.Segment[*deadlineLine]{From: ahead, To: len(all), Height: book.ListRow, Row: row,
			Lead: book.LeadRows(b.Book, b.Say("취소기한 경과: 수기이체로 환불할 금액", "Expired: money to give back by hand"), columns)})
	}
	b.due = book.Place(b.Book, l)
}

// deadlineNotes stand above the list: money by bucket, money due by the end of the
// next bank day, and what the next planned run would miss.
func (b *nightBook) deadlineNotes() []book.Note {
	n := b.night
	if n.nothingRead() {
		return nil
	}
	var parts []string
	for _, key := range buckets {
		s := b.stakes[key]
		parts = append(parts, b.Lang.Of(bucketLabels[key])+" "+b.Lang.Fill(book.Label{"{1}건 {2}", "{1}, {2}"}, b.Number(s.count), b.spelled(s)))
	}
	notes := []book.Note{{Sentence: strings.Join(parts, "   ·   "), Colour: book.Navy}}
	bankDay := pay.DayOf(n.now).AddBankDays(1)
	soon := n.sumOf(func(d Deadline) bool { return !d.CancelBy.IsZero() && d.CancelBy.Before(bankDay.End()) })
	colour := book.Grey
	if soon.count > 0 {
		colour = book.Amber
	}
	notes = append(notes, book.Note{Sentence: b.Lang.Fill(book.Label{"익영업일 {1}까지 기한 도래: {2}건 {3}", "Before the end of the next bank day, {1}: {2}, {3}"},
		b.Lang.Day(bankDay), b.Number(soon.count), b.spelled(soon)), Colour: colour})
	if late := n.lateOnes(); late.count > 0 {
		notes = append(notes, book.Note{Sentence: b.Say("⚠ 현 상태로는 취소기한 내 전송 불가: ", "⚠ As things stand not sent before their deadline: ") + b.lateReasons(b.spelled), Colour: book.Red})
	}
	for _, next := range n.nextRefunds() {
		late := n.sumOf(func(d Deadline) bool { return d.TooLate })
		if late.count == 0 {
			notes = append(notes, book.Note{Sentence: b.Lang.Fill(book.Label{"다음 환불 실행 {1}: 그전에 결재되면 전 건 기한 내 전송", "The next refund run is at {1}: in time for all that is approved by then"}, b.Lang.Moment(next)), Colour: book.Grey})
			break
		}
		notes = append(notes, book.Note{Sentence: b.Lang.Fill(book.Label{"⚠ 다음 환불 실행({1}) 전 기한 도래: {2}건 {3} → 즉시 daesa refunds run",
			"⚠ Too late for the next refund run ({1}): {2}, {3} → daesa refunds run, now"}, b.Lang.Moment(next), b.Number(late.count), b.spelled(late)), Colour: book.Red})
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
	for i, c := range b.Currencies {
		if i == 0 || s.money[c] != 0 {
			parts = append(parts, book.Spell(c, s.money[c]))
		}
	}
	return strings.Join(parts, " + ")
}

// deadlineAdvice says what must happen to meet a deadline, most pressing first.
func (b *nightBook) deadlineAdvice(d *Deadline) string {
	wait := b.night.waits[d.RefundID]
	switch {
	case b.night.daysLeft(*d) == bucketLost:
		return b.Say("취소기한 경과 → 수기이체", "Expired → transfer by hand")
	case wait.Stuck:
		return "⚠ " + b.ofLeft(d.RefundID, d.MID, wait.Sentence(refunds.Language(b.Lang)).Cause)
	case d.TooLate:
		return b.Say("⚠ 다음 환불 실행이 취소기한 이후 → 즉시 daesa refunds run", "⚠ The next refund run is too late → daesa refunds run, now")
	case d.RefundID == "":
		return b.Say("환불 미요청 → 환불 요청", "No refund was requested → request it")
	case d.AtRisk:
		return b.Say("승인 후 1년 경과, 카드사가 거절할 수 있음", "Over a year old: the issuer may refuse")
	case d.State == refunds.StateRequested:
		return b.Say("결재 대기 → 결재 시 전송", "Is sent once approved")
	case d.State == refunds.StateNeedsAccount:
		return b.Say("환불계좌 필요 → 고객 계좌를 받아 등록", "Needs a refund account → ask the customer")
	case d.State == refunds.StateHeld || d.State == refunds.StateUnknown:
		return b.Say("결과 미확인 → 토스 상점관리자에서 확인", "Check the outcome at Toss")
	case wait.Why != "":
		return wait.Sentence(refunds.Language(b.Lang)).Cause
	default:
		return ""
	}
}

var columnState = book.Label{"환불 상태", "State"}

type refundLine = book.Line[*nightBook, RefundRow]

var refundColumns = []book.Column[*refundLine]{
	{Name: columnState, Width: 17, Left: true, Cell: func(l *refundLine) xlsx.Cell { return xlsx.Text(l.Tag, l.Book.Lang.Refund(l.Row.State, l.Row.Method)) }},
	{Name: book.ColumnMID, Width: 14, ID: true, Cell: func(l *refundLine) xlsx.Cell { return l.Says(l.Row.MID) }},
	{Name: columnOrder, Width: 22, ID: true, Cell: func(l *refundLine) xlsx.Cell { return l.Says(l.Row.OrderID) }},
	{Name: columnMethod, Width: 11, Cell: func(l *refundLine) xlsx.Cell { return l.Centred(l.Book.Lang.Method(l.Row.Method)) }},
	{Name: book.ColumnCurrency, Width: 7, Cell: func(l *refundLine) xlsx.Cell { return l.Currency(l.Row.Currency) }},
	{Name: book.ColumnAmount, Width: 13, Right: true, Cell: func(l *refundLine) xlsx.Cell { return l.Amount(l.Row.Currency, l.Row.Amount) }},
	{Name: columnCancelBy, Width: 16, Cell: func(l *refundLine) xlsx.Cell { return l.At(l.Row.CancelBy) }},
	{Name: columnReason, Width: 22, Left: true, Cell: func(l *refundLine) xlsx.Cell { return l.Says(l.Row.Reason) }},
	{Name: book.Label{"요청자", "Requested by"}, Width: 13, Left: true, Cell: func(l *refundLine) xlsx.Cell { return l.Says(l.Book.Person(l.Row.RequestedBy)) }},
	{Name: book.Label{"결재자", "Approved by"}, Width: 11, Left: true, Cell: func(l *refundLine) xlsx.Cell { return l.Says(l.Row.ApprovedBy) }},
	{Name: book.Label{"토스 오류", "Toss error"}, Width: 22, Left: true, Cell: func(l *refundLine) xlsx.Cell { return l.Says(fault(l.Row)) }},
	{Name: columnMeaning, Width: 54, Left: true, Cell: func(l *refundLine) xlsx.Cell {
		return l.Says(l.Book.ofLeft(l.Row.ID, l.Row.MID, l.Book.meaning(l.Row)))
	}},
	{Name: book.Label{"요청일시", "Requested at"}, Width: 16, Details: true, Cell: func(l *refundLine) xlsx.Cell { return l.At(l.Row.RequestedAt) }},
	{Name: book.Label{"시도 횟수", "Tries"}, Width: 7, Right: true, Cell: func(l *refundLine) xlsx.Cell { return l.Counted(int64(l.Row.Attempts)) }},
	{Name: book.Label{"완료일시", "Finished at"}, Width: 16, Cell: func(l *refundLine) xlsx.Cell { return l.At(l.Row.FinishedAt) }},
	{Name: columnKey, Width: 24, ID: true, Cell: func(l *refundLine) xlsx.Cell { return l.Says(l.Row.PaymentKey) }},
	{Name: book.Label{"참조번호", "Ref"}, Width: 24, ID: true, Cell: func(l *refundLine) xlsx.Cell { return l.Says(l.Row.Ref) }},
	{Name: book.Label{"일괄번호", "Batch"}, Width: 14, ID: true, Cell: func(l *refundLine) xlsx.Cell { return l.Says(l.Row.Batch) }},
	{Name: columnRefundID, Width: 28, ID: true, Cell: func(l *refundLine) xlsx.Cell { return l.Says(l.Row.ID) }},
}

// drawRefunds lists the refund requests; those that need a person come first.
func (b *nightBook) drawRefunds() {
	p, tags := b.Paint(book.RowStyle), stateTags(b.Book)
	b.queue = drawList(b, book.Listing[*refundLine]{
		Name: book.SheetRefunds, Tab: book.Green, Columns: refundColumns, Fixed: book.Position(book.Shown(b.Book, refundColumns), columnOrder), Height: tallEnough(b.night.refunds, b.night.waits),
		Title:    b.Say("환불 현황", "Refunds"),
		Subtitle: b.Say("확인이 필요한 건 우선, 취소기한이 임박한 순 · 미완료 요청과 금일 대사에서 요청한 건", "What needs a person first, then the nearest deadline · unfinished requests and tonight's"),
	}, p, book.PointersTo(b.night.refunds), func(r *RefundRow) (pay.Currency, int64) { return r.Currency, r.Amount },
		func(r *RefundRow) xlsx.StyleID { return cmp.Or(tags[r.State], p.Text) }, book.Label{"환불 요청 없음", "No refund requests"})
}

// stateTags are the styles of the states of a request.
func stateTags(b *book.Book) map[refunds.State]xlsx.StyleID {
	tags := map[refunds.State]xlsx.StyleID{}
	for _, state := range refunds.States {
		tags[state] = b.Style(book.TagStyle(stateColour(state)))
	}
	return tags
}

// stateColour: red needs a person, amber waits for one, green is done.
func stateColour(state refunds.State) string {
	switch state {
	case refunds.StateUnknown, refunds.StateHeld, refunds.StateExpired, refunds.StateRefused:
		return book.Red
	case refunds.StateRequested, refunds.StateNeedsAccount:
		return book.Amber
	case refunds.StateSucceeded, refunds.StateAccepted:
		return book.Green
	default:
		return book.Ink
	}
}

// tallEnough is a height in which the sentence about an error can be read.
func tallEnough(rows []RefundRow, waits map[string]refunds.Wait) int {
	if len(waits) > 0 || slices.ContainsFunc(rows, func(r RefundRow) bool { return r.ErrorCode != "" }) {
		return book.ListRow * 3 / 2
	}
	return book.ListRow
}
