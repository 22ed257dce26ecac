package reports

import (
	"slices"
	"strings"
	"time"

	"daesa/pay"
	"daesa/refunds"
)

var deadlineColumns = []column{
	{name: word{"구간", "Bucket"}, width: 18, left: true},
	{name: columnDaysLeft, width: 8},
	{name: columnCancelBy, width: 17},
	{name: columnMID, width: 14, id: true},
	{name: columnOrder, width: 22, id: true},
	{name: columnKey, width: 22, id: true},
	{name: columnMethod, width: 11},
	{name: columnCurrency, width: 7},
	{name: columnAmount, width: 13, right: true},
	{name: word{"환불 상태", "Refund"}, width: 17},
	{name: word{"조치사항", "What to do"}, width: 46, left: true},
	{name: columnRefundID, width: 28, id: true, details: true},
	{name: columnBreakID, width: 19, id: true},
}

// drawDeadlines lays out the money that should go back and has a last day:
// what can still be sent, and apart what cannot.
func (b *nightBook) drawDeadlines() {
	n := b.night
	var all []string
	for _, d := range slices.Concat(n.deadlines, n.lost) {
		all = append(all, spell(d.Currency, d.Amount))
	}
	columns := widened(b.shown(deadlineColumns), all, columnAmount)
	urgent := b.paint(rowLook.with(func(l *look) { l.bold, l.color, l.fill = true, red, rose }))
	p := b.paint(rowLook)
	quiet := b.paint(rowLook.with(func(l *look) { l.color = grey }))
	l := listing{
		name: sheetDeadlines, tab: amber, columns: columns, fixed: 2, notes: b.deadlineNotes(),
		title:    b.say("취소기한 현황", "Cancel deadlines"),
		subtitle: b.say("기한이 임박한 순 · 잔여일은 "+string(pay.DayOf(n.now))+" 기준 · 기한이 경과하면 토스로 취소할 수 없어 수기이체로 환불", "Most urgent first · days counted from "+string(pay.DayOf(n.now))+" · past its deadline only a by-hand transfer is left"),
		segments: []segment{{to: len(n.deadlines), height: listRow, fill: func(i int, cells []cell) {
			d := &n.deadlines[i]
			if n.daysLeft(*d) <= bucketOne || d.TooLate || n.waits[d.RefundID].Late {
				b.deadlineLine(&line{cells: cells}, urgent, d)
			} else {
				b.deadlineLine(&line{cells: cells}, p, d)
			}
		}}},
	}
	if len(n.deadlines) == 0 {
		l.segments[0] = b.nothing(b.say("취소기한이 있는 환불 없음 ✓", "No refund has a deadline ✓"))
	}
	if len(n.lost) > 0 {
		l.segments = append(l.segments, segment{to: len(n.lost), height: listRow,
			lead: b.leadRows(b.say("취소기한 경과: 수기이체로 환불할 금액", "Expired: money to give back by hand"), columns),
			fill: func(i int, cells []cell) { b.deadlineLine(&line{cells: cells}, quiet, &n.lost[i]) }})
	}
	l.sums = sumsOf(columns, func(i int) (pay.Currency, int64) { return n.deadlines[i].Currency, n.deadlines[i].Amount })
	b.due = b.place(l)
}

// deadlineNotes say in won what runs out when, before the list: by bucket, up
// to the end of the next bank day, and what the next planned run would miss.
func (b *nightBook) deadlineNotes() []note {
	n := b.night
	if n.nothingRead() {
		return nil
	}
	var parts []string
	for _, key := range buckets {
		s := b.stakes[key]
		parts = append(parts, b.lang.of(bucketWords[key])+" "+b.lang.fill(word{"{1}건 {2}", "{1}, {2}"}, b.number(s.count), b.spelled(s)))
	}
	notes := []note{{strings.Join(parts, "   ·   "), navy}}
	bankDay := pay.DayOf(n.now).AddBankDays(1)
	soon := n.sumOf(func(d Deadline) bool { return !d.CancelBy.IsZero() && d.CancelBy.Before(bankDay.End()) })
	colour := grey
	if soon.count > 0 {
		colour = amber
	}
	notes = append(notes, note{b.lang.fill(word{"익영업일 {1}까지 기한 도래: {2}건 {3}", "Before the end of the next bank day, {1}: {2}, {3}"},
		b.lang.day(bankDay), b.number(soon.count), b.spelled(soon)), colour})
	if late := n.lateOnes(); late.count > 0 {
		notes = append(notes, note{b.say("⚠ 현 상태로는 취소기한 내 전송 불가: ", "⚠ As things stand not sent before their deadline: ") + b.lateWords(b.spelled), red})
	}
	for _, next := range n.nextRefunds() {
		late := n.sumOf(func(d Deadline) bool { return d.TooLate })
		if late.count == 0 {
			notes = append(notes, note{b.lang.fill(word{"다음 환불 실행 {1}: 그전에 결재되면 전 건 기한 내 전송", "The next refund run is at {1}: in time for all that is approved by then"}, b.lang.moment(next)), grey})
			break
		}
		notes = append(notes, note{b.lang.fill(word{"⚠ 다음 환불 실행({1}) 전 기한 도래: {2}건 {3} → 즉시 daesa refunds run",
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

func (b *nightBook) deadlineLine(l *line, p palette, d *Deadline) {
	l.put(text(p.text, b.lang.of(bucketWords[b.night.daysLeft(*d)])))
	if d.CancelBy.IsZero() {
		l.put(text(p.center, "–"))
	} else {
		l.put(count(p.days, int64(b.night.until(d.CancelBy))))
	}
	l.put(moment(p.moment, d.CancelBy))
	l.whose(b.book, p, d.MID)
	l.put(text(p.text, clean(d.OrderID)))
	l.put(text(p.text, clean(d.PaymentKey)))
	l.put(text(p.center, clean(b.lang.method(d.Method))))
	l.unit(b.book, p, d.Currency)
	l.put(money(p.money[d.Currency], d.Currency, d.Amount))
	if d.RefundID == "" {
		l.put(text(p.center, b.say("미요청", "Not requested")))
	} else {
		l.put(text(p.center, clean(b.lang.refund(d.State, d.Method))))
	}
	l.put(text(p.text, b.deadlineAdvice(d)))
	l.put(text(p.text, clean(d.RefundID)))
	l.put(text(p.text, clean(d.BreakID)))
}

// deadlineAdvice says what keeps a deadline, the most pressing first.
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
	case d.State == refunds.Requested:
		return b.say("결재 대기 → 결재 시 전송", "Is sent once approved")
	case d.State == refunds.NeedsAccount:
		return b.say("환불계좌 필요 → 고객 계좌를 받아 등록", "Needs a refund account → ask the customer")
	case d.State == refunds.HeldState || d.State == refunds.Unknown:
		return b.say("결과 미확인 → 토스 상점관리자에서 확인", "Check the outcome at Toss")
	case wait.Why != "":
		return wait.Sentence(refunds.Language(b.lang)).Cause
	default:
		return ""
	}
}

var columnState = word{"환불 상태", "State"}

var refundColumns = []column{
	{name: columnState, width: 17, left: true},
	{name: columnMID, width: 14, id: true},
	{name: columnOrder, width: 22, id: true},
	{name: columnMethod, width: 11},
	{name: columnCurrency, width: 7},
	{name: columnAmount, width: 13, right: true},
	{name: columnCancelBy, width: 16},
	{name: word{"사유", "Reason"}, width: 22, left: true},
	{name: word{"요청자", "Requested by"}, width: 13, left: true},
	{name: word{"결재자", "Approved by"}, width: 11, left: true},
	{name: word{"토스 오류", "Toss error"}, width: 22, left: true},
	{name: columnMeaning, width: 54, left: true},
	{name: word{"요청일시", "Requested at"}, width: 16, details: true},
	{name: word{"시도 횟수", "Tries"}, width: 7, right: true},
	{name: word{"완료일시", "Finished at"}, width: 16},
	{name: columnKey, width: 24, id: true},
	{name: word{"참조번호", "Ref"}, width: 24, id: true},
	{name: word{"일괄번호", "Batch"}, width: 14, id: true},
	{name: columnRefundID, width: 28, id: true},
}

// drawRefunds lays out the queue: what needs a person first.
func (b *nightBook) drawRefunds() {
	n := b.night
	var all []string
	for i := range n.refunds {
		all = append(all, spell(n.refunds[i].Currency, n.refunds[i].Amount))
	}
	columns := widened(b.shown(refundColumns), all, columnAmount)
	p := b.paint(rowLook)
	alarm := b.style(rowLook.with(func(l *look) { l.bold, l.color, l.fill = true, red, rose }))
	wait := b.style(rowLook.with(func(l *look) { l.bold, l.color, l.fill = true, amber, cream }))
	done := b.style(rowLook.with(func(l *look) { l.bold, l.color, l.fill = true, green, mint }))
	tag := func(state refunds.State) int {
		switch state {
		case refunds.Unknown, refunds.HeldState, refunds.ExpiredState, refunds.Refused:
			return alarm
		case refunds.Requested, refunds.NeedsAccount:
			return wait
		case refunds.Succeeded, refunds.Accepted:
			return done
		default:
			return p.text
		}
	}
	l := listing{
		name: sheetRefunds, tab: green, columns: columns, fixed: position(columns, columnOrder),
		title:    b.say("환불 현황", "Refunds"),
		subtitle: b.say("확인이 필요한 건 우선, 취소기한이 임박한 순 · 미완료 요청과 금일 대사에서 요청한 건", "What needs a person first, then the nearest deadline · unfinished requests and tonight's"),
		segments: []segment{{to: len(n.refunds), height: tallEnough(n.refunds, n.waits), fill: func(i int, cells []cell) {
			b.refundLine(&line{cells: cells}, p, tag(n.refunds[i].State), &n.refunds[i])
		}}},
	}
	if len(n.refunds) == 0 {
		l.segments[0] = b.nothing(b.say("환불 요청 없음", "No refund requests"))
	}
	l.sums = sumsOf(columns, func(i int) (pay.Currency, int64) { return n.refunds[i].Currency, n.refunds[i].Amount })
	b.queue = b.place(l)
}

// tallEnough is a height in which the sentence about an error can be read.
func tallEnough(rows []RefundRow, waits map[string]refunds.Wait) int {
	if len(waits) > 0 || slices.ContainsFunc(rows, func(r RefundRow) bool { return r.ErrorCode != "" }) {
		return listRow * 3 / 2
	}
	return listRow
}

// person is who asked for a refund; a night's own requests are said to be so.
func (b *book) person(name string) string {
	if name == refunds.NightActor {
		return b.say("daesa(자동)", "daesa (automatic)")
	}
	return clean(name)
}

func (b *nightBook) refundLine(l *line, p palette, tag int, r *RefundRow) {
	l.put(text(tag, clean(b.lang.refund(r.State, r.Method))))
	l.whose(b.book, p, r.MID)
	l.put(text(p.text, clean(r.OrderID)))
	l.put(text(p.center, clean(b.lang.method(r.Method))))
	l.unit(b.book, p, r.Currency)
	l.put(money(p.money[r.Currency], r.Currency, r.Amount))
	l.put(moment(p.moment, r.CancelBy))
	l.put(text(p.text, clean(r.Reason)))
	l.put(text(p.text, b.person(r.RequestedBy)))
	l.put(text(p.text, clean(r.ApprovedBy)))
	l.put(text(p.text, clean(fault(r))))
	l.put(text(p.text, clean(b.ofLeft(r.ID, r.MID, b.meaning(r)))))
	l.put(moment(p.moment, r.RequestedAt))
	l.put(count(p.count, int64(r.Attempts)))
	l.put(moment(p.moment, r.FinishedAt))
	l.put(text(p.text, clean(r.PaymentKey)))
	l.put(text(p.text, clean(r.Ref)))
	l.put(text(p.text, clean(r.Batch)))
	l.put(text(p.text, clean(r.ID)))
}
