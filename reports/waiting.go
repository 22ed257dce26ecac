package reports

import (
	"strings"
	"time"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/refunds"
	"daesa/reports/book"
)

// leftOver is what is still open of merchants that are no longer configured, as the
// newest run saw it; nil: nothing.
func (n *night) leftOver() *Left {
	var newest *Left
	var at time.Time
	for _, s := range n.snapshots {
		if s.Run.Now.After(at) {
			newest, at = s.Left, s.Run.Now
		}
	}
	return newest
}

// gatherWaiting collects what is open of all merchants, and once what is open of
// merchants that are no longer configured.
func (n *night) gatherWaiting() {
	n.waits, n.left = map[string]refunds.Wait{}, map[string]bool{}
	var lines []refunds.WaitLine
	for _, s := range n.snapshots {
		lines = append(lines, s.Waiting...)
		for id, wait := range s.Waits {
			n.waits[id] = wait
		}
	}
	if left := n.leftOver(); left != nil {
		lines = append(lines, left.Waiting...)
		n.refunds = append(n.refunds, left.Refunds...)
		n.transfers = append(n.transfers, left.Transfers...)
		for _, r := range left.Refunds {
			n.left[r.ID] = true
		}
		for _, t := range left.Transfers {
			n.left[t.RefundID] = true
		}
	}
	n.waiting = refunds.Together(lines)
}

// countLeft adds the requests of merchants that are no longer configured to the
// counts, since runs count those of configured merchants only.
func (n *night) countLeft() {
	if left := n.leftOver(); left != nil {
		for _, r := range left.Refunds {
			n.sum.Refunds[string(r.State)]++
		}
	}
}

// ofLeft names the merchant of a request whose merchant is no longer configured: a
// workbook of one merchant has no column for it.
func (b *nightBook) ofLeft(id, mid, sentence string) string {
	if !b.night.left[id] {
		return sentence
	}
	return strings.TrimSuffix(mid+": "+sentence, ": ")
}

// meaning is what a request waits for, or what came of it: what happened, who
// acts, and what they do next.
func (b *nightBook) meaning(r *RefundRow) string {
	lang := refunds.Language(b.Lang)
	wait, open := b.night.waits[r.ID]
	switch {
	case open:
		return refunds.Waiter{Open: refunds.Open{Request: r.Request}, Wait: wait}.Sentence(lang).String()
	case r.ErrorCode != "":
		return refunds.Explain(lang, r.ErrorCode, r.ErrorMessage, r.CancelBy).String()
	default:
		return ""
	}
}

// lateOnes sums the requests that miss their deadline as things stand.
func (n *night) lateOnes() stake {
	sum := stake{money: map[pay.Currency]int64{}}
	for _, l := range n.waiting {
		sum.count += l.Late
		if l.Late > 0 {
			sum.money[l.Currency] += l.LateAmount
		}
	}
	return sum
}

// lateReasons says how much misses its deadline, and what keeps it.
func (b *nightBook) lateReasons(spelled func(stake) string) string {
	all := b.night.lateOnes()
	var parts []string
	for _, l := range b.night.waiting {
		if l.Late == 0 {
			continue
		}
		what := b.Lang.Refund(l.State, pay.MethodUnknown)
		if word, ok := waitLabels[l.Why]; ok {
			what = b.Lang.Of(word)
		}
		parts = append(parts, b.Lang.Fill(book.Label{"{1} {2}건", "{1}: {2}"}, what, b.Number(l.Late)))
	}
	return b.Lang.Fill(book.Label{"{1}건 {2} ({3})", "{1}, {2} ({3})"}, b.Number(all.count), spelled(all), strings.Join(parts, " · "))
}

// waitLabels say in a few words what a request waits for.
var waitLabels = map[string]book.Label{
	refunds.WhyAwaitsApproval: {"결재 대기", "waiting for approval"},
	refunds.WhyNeedsAccount:   {"환불계좌 필요", "no refund account"},
	refunds.WhyNotConfigured:  {"설정에 없는 가맹점", "merchant not configured"},
	refunds.WhyAboveSingle:    {"1건 한도 초과", "above max_single"},
	refunds.WhyAboveRun:       {"1회 실행 한도 초과", "above max_amount"},
	refunds.WhyAboveDay:       {"1일 한도 초과", "above max_amount_per_day"},
	refunds.WhyNoCount:        {"건수 한도 0", "a count limit is 0"},
	refunds.WhyBlocked:        {"한도 없는 통화", "currency without a limit"},
	refunds.WhyDayFull:        {"오늘 한도 소진", "today's limits used up"},
	refunds.WhyKeyRefused:     {"시크릿 키 인증 실패", "secret key refused"},
	refunds.WhySendFalse:      {"자동 전송 꺼짐", "refunds.send: false"},
	refunds.WhyPaused:         {"환불 일시 중지", "refunds paused"},
	refunds.WhyMustLook:       {"확인 필요", "to look at"},
	refunds.WhyAboveBalance:   {"환불 가능 금액 초과", "above the balance"},
	refunds.WhyNextRun:        {"다음 환불 실행 대기", "waiting for the next run"},
	refunds.WhyRetryLater:     {"재시도 대기", "waiting for the next try"},
	refunds.WhyInFlight:       {"같은 결제의 다른 환불 진행 중", "behind another refund of the payment"},
	refunds.WhyDeadline:       {"취소기한 경과", "deadline passed"},
	refunds.WhyLookedUp:       {"결과 미확인", "outcome unknown"},
	refunds.WhyBeingSent:      {"전송 중", "being sent"},
	refunds.WhyOnItsWay:       {"송금 대기", "money on its way"},
	refunds.WhyUnreachable:    {"토스 조회 실패", "Toss not reached"},
	refunds.WhyClock:          {"서버 시각 오차", "clock differs"},
}

// waitLines say in a message what the present configuration never sends, and what
// misses its deadline.
func (b brief) waitLines() []string {
	var lines []string
	stuck := map[string]stake{}
	var order []string
	for _, l := range b.night.waiting {
		if !l.Stuck {
			continue
		}
		name := b.Lang.Of(waitLabels[l.Why])
		s, known := stuck[name]
		if !known {
			order = append(order, name)
			s.money = map[pay.Currency]int64{}
		}
		s.count += l.Count
		s.money[l.Currency] += l.Amount
		stuck[name] = s
	}
	if len(order) > 0 {
		var parts []string
		for _, name := range order {
			parts = append(parts, name+" "+b.stake(stuck[name]))
		}
		lines = append(lines, b.Say("⚠ 현재 설정으로 전송할 수 없는 환불: ", "⚠ Never sent as the configuration stands: ")+strings.Join(parts, " · "))
	}
	if b.night.lateOnes().count > 0 {
		lines = append(lines, b.Say("⚠ 현 상태로는 취소기한 내 전송 불가: ", "⚠ As things stand not sent before their deadline: ")+b.lateReasons(b.spelled))
	}
	return lines
}

// waitSlots are the columns of what refunds wait for: its label is a sentence.
var waitSlots = [][2]int{{2, 6}, {7, 7}, {8, 9}, {10, 11}, {12, 12}, {13, 13}}

// waiting draws the section of what somebody must act on. Where nobody must, there is
// no such section.
func (m *summary) waiting() {
	var lines []refunds.WaitLine
	for _, l := range m.night.waiting {
		if l.Stuck || l.Late > 0 || l.Wait().Person() {
			lines = append(lines, l)
		}
	}
	if len(lines) == 0 {
		return
	}
	m.heading(book.Label{"환불 대기 사유", "What refunds wait for"}, book.SheetRefunds)
	g := m.s.Grid(m.s.Last(), 17, waitSlots...)
	g.Add(m.Heads(book.Label{"대기 사유", "What for"}, columnCount, book.ColumnAmount, book.Label{"가장 이른 취소기한", "Earliest deadline"}, book.Label{"기한 초과 예상", "Not in time"}, book.Label{"담당", "Who acts"})...)
	for _, l := range lines {
		m.waitingRow(l)
	}
}

func (m *summary) waitingRow(l refunds.WaitLine) {
	r := m.hotRow(l.Stuck || l.Late > 0)
	s := l.Wait().Sentence(refunds.Language(m.Lang))
	earliest := r.Says("–")
	if !l.Earliest.IsZero() {
		earliest = book.Moment(r.Right(book.FormatMoment), l.Earliest)
	}
	cause := r
	cause.Tone.Wrap = true
	g := m.s.Grid(m.s.Last(), 17*xlsx.Lines(s.Cause, 62), waitSlots...)
	g.Add(cause.Label(s.Cause), r.Count(l.Count), r.Money(l.Currency, l.Amount), earliest, r.Count(l.Late), r.Says(s.Who))
	g.Link(xlsx.Top(m.Lang.Of(book.SheetRefunds)))
}
