package reports

import (
	"fmt"
	"strings"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
)

// The columns of the summary: a margin, a label, seven figures.
const (
	colLabel = 2
	colLast  = 9
)

// summary draws the first sheet. It answers in ten seconds: did the night run
// completely, does the money tie, what is new, what runs out soon.
type summary struct {
	*nightBook
	s        *sheet
	chartsAt int // the row at which the charts begin; 0: there are none
	section  int // of the sections that are not always there, the last
}

func newSummary(b *nightBook, s *sheet) *summary {
	s.tab, s.widths = navy, []int{2, 25, 16, 16, 16, 16, 19, 15, 16}
	return &summary{nightBook: b, s: s, section: 4}
}

func (m *summary) draw() {
	m.band()
	m.banners()
	if m.night.nothingRead() {
		m.heading(m.say("1. 가맹점", "1. Merchants"), sheetControl)
		m.coverage()
		m.signatures()
		m.s.onePage = true
		return
	}
	m.cards()
	m.chartRoom()
	m.heading(m.say("1. 금액 대사", "1. Money"), sheetBreaks)
	for _, l := range m.night.ladders {
		m.ladder(l)
	}
	m.notes()
	if m.several {
		m.merchants()
	}
	m.heading(m.say("2. 건수", "2. Counts"), sheetControl)
	m.coverage()
	m.movement()
	m.soonAndQueue()
	m.captured()
	m.paidOut()
	m.signatures()
	m.s.widen()
	m.s.onePage = m.s.tall() <= fitsOnePage
}

// fitsOnePage is the height in points up to which the summary is printed on
// one page; a longer one would become too small to read.
const fitsOnePage = 860

func (m *summary) look(change func(*look)) int { return m.style(plain.with(change)) }

// band is the title: what this is, of which date, and how it stands.
func (m *summary) band() {
	title := m.look(func(l *look) { l.size, l.bold, l.color, l.fill, l.indent = 18, true, white, navy, 1 })
	small := m.look(func(l *look) { l.size, l.color, l.fill, l.indent = 10, "C9D1E8", navy, 1 })
	state := m.look(func(l *look) { l.size, l.bold, l.color, l.fill, l.align, l.indent = 13, true, white, navy, "right", 1 })
	m.s.add(6)
	row := m.s.add(34)
	m.s.span(colLabel, 5, row, text(title, m.say("일일 대사 보고서", "Daily reconciliation")))
	m.s.span(6, colLast, row, text(state, m.state()))
	row = m.s.add(22)
	about := []string{m.say("대사 기준일 ", "Business date ") + m.lang.day(m.night.day), m.say("가맹점 ", "Merchant ") + m.night.mids(),
		m.say("작성 ", "Drawn ") + m.lang.moment(m.night.now)}
	m.s.span(colLabel, colLast, row, text(small, strings.Join(about, "   ·   ")))
	m.s.add(8)
}

// state is the night in one line; what spoils all other figures comes first.
func (m *summary) state() string {
	open := openBreaks(m.night.sum)
	switch {
	case !m.night.complete():
		return m.say("● 불완전", "● Incomplete")
	case m.suspect():
		return m.say("● 먼저 확인: 키와 주문 파일", "● Check key and order file first")
	case m.unexplained():
		return m.say("● 미설명 차이 있음", "● Unexplained money")
	case open > 0:
		return m.lang.fill(word{"● 완료 · 확인 필요 {1}건", "● Complete · {1} to look at"}, m.number(open))
	default:
		return m.say("● 완료 · 이상 없음 ✓", "● Complete · all agrees ✓")
	}
}

func (m *summary) suspect() bool {
	for _, s := range m.night.snapshots {
		if len(s.Run.Suspect) > 0 {
			return true
		}
	}
	return false
}

func (m *summary) unexplained() bool {
	for _, l := range append(m.night.own, m.night.ladders...) {
		if l.unexplained() != 0 {
			return true
		}
	}
	return false
}

// mostBanners keeps the first page readable; the control sheet has all gaps.
const mostBanners = 8

// banners say what is missing and what must be checked before anything else.
func (m *summary) banners() {
	var lines []string
	if !m.night.complete() {
		lines = append(lines, m.say("이 밤은 불완전합니다. 읽지 못한 것은 '없음'으로 세지 않았고, 아래 금액과 건수에도 들어 있지 않습니다.",
			"This night is incomplete. What could not be read is not called missing, and is not in the figures below."))
	}
	for _, mid := range m.night.absentUnlisted() {
		lines = append(lines, m.lang.fill(word{"가맹점 {1}: 이 밤의 기록이 없습니다", "Merchant {1}: there is no record of this night"}, clean(mid)))
	}
	gaps := 0
	for _, s := range m.night.snapshots {
		for _, gap := range s.Run.Gaps {
			if gaps++; gaps <= mostBanners {
				lines = append(lines, "· "+m.gap(s, gap))
			}
		}
	}
	if gaps > mostBanners {
		lines = append(lines, m.lang.fill(word{"· 그 밖에 {1}가지 → 대사 확인 시트", "· and {1} more → sheet Control"}, m.number(int64(gaps-mostBanners))))
	}
	for _, s := range m.night.snapshots {
		if len(s.Run.Suspect) > 0 {
			lines = append(lines, m.alarm(s))
		}
	}
	style := m.look(func(l *look) { l.bold, l.color, l.fill, l.indent, l.wrap = true, red, rose, 1, true })
	for _, line := range lines {
		row := m.s.add(18 * linesOf(line, 138))
		m.s.span(colLabel, colLast, row, text(style, line))
	}
	if len(lines) > 0 {
		m.s.add(8)
	}
}

// linesOf is how many lines a text takes at a width in characters.
func linesOf(value string, width int) int {
	return min(max(1, (broad(value)+width-1)/width), 4)
}

// gap is one part that could not be read.
func (b *nightBook) gap(s Snapshot, gap reconcile.Gap) string {
	parts := []string{lookUp(b.lang, sideWords, gap.Side), gap.What, gap.Why}
	if gap.What == s.Run.MID {
		parts = []string{parts[0], gap.Why}
	}
	if b.several {
		parts = append([]string{s.Run.MID}, parts...)
	}
	return clip(clean(strings.Join(parts, " — ")))
}

// clip keeps a sentence that quotes an error readable.
func clip(sentence string) string {
	const most = 300
	if runes := []rune(sentence); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return sentence
}

// alarm names the kinds that exploded.
func (m *summary) alarm(s Snapshot) string {
	var kinds []string
	for _, kind := range s.Run.Suspect {
		kinds = append(kinds, clean(m.lang.kind(kind))+" "+m.number(s.Run.Broken[kind]))
	}
	whose := ""
	if m.several {
		whose = clean(s.Run.MID) + ": "
	}
	return m.lang.fill(word{"⚠ {1}불일치가 갑자기 많습니다({2}). 키와 주문 파일을 먼저 확인하세요. 이 밤은 환불을 제안하지 않았습니다.",
		"⚠ {1}suddenly too many breaks ({2}). Check the key and the order file first. This night proposed no refunds."}, whose, strings.Join(kinds, ", "))
}

// card is one of the four figures on top.
type card struct {
	label, note string
	value       cell
	colour      string
	to          word // the sheet that it comes from
}

// cards: the four figures that a person looks at first.
func (m *summary) cards() {
	m.s.add(18)
	m.s.add(32)
	m.s.add(18)
	bottom := m.s.last()
	for i, c := range []card{m.cardUnexplained(), m.cardBreaks(), m.cardDeadlines(), m.cardRate()} {
		from, to := 2*i+2, 2*i+3
		m.s.span(from, to, bottom-2, text(m.look(func(l *look) { l.color, l.fill, l.over, l.indent = grey, pale, c.colour, 1 }), c.label))
		m.s.span(from, to, bottom-1, c.value)
		m.s.goTo(from, bottom-1, m.lang.of(c.to))
		m.s.span(from, to, bottom, text(m.look(func(l *look) { l.size, l.color, l.fill, l.indent = 9, grey, pale, 1 }), c.note))
	}
	m.s.add(8)
}

func (m *summary) cardValue(format, colour string) int {
	return m.look(func(l *look) { l.size, l.bold, l.fill, l.indent, l.format, l.color = 18, true, pale, 1, format, colour })
}

// cardUnexplained shows the first ladder that does not tie, else the first.
func (m *summary) cardUnexplained() card {
	worst := m.night.ladders[0]
	for _, l := range m.night.ladders {
		if worst.unexplained() == 0 && l.unexplained() != 0 {
			worst = l
		}
	}
	c := card{to: sheetControl, label: m.say("미설명 차이", "Unexplained"), colour: green, note: m.say("양쪽 금액이 모두 설명됩니다", "All money is explained")}
	format := checkFormat(worst.currency)
	switch {
	case worst.unexplained() != 0:
		c.colour, c.note = red, m.say("설명되지 않는 금액이 있습니다", "Some money is unexplained")
	case !m.night.complete():
		c.colour, c.note, format = amber, m.say("읽은 범위 안에서", "Of what could be read"), moneyFormat(worst.currency)
	}
	c.value = money(m.cardValue(format, c.colour), worst.currency, worst.unexplained())
	return c
}

// calm is the colour of a figure that asks for nothing; an incomplete night
// is never green.
func (m *summary) calm() string {
	if !m.night.complete() {
		return amber
	}
	return green
}

func (m *summary) cardBreaks() card {
	run := m.night.sum
	c := card{to: sheetBreaks, label: m.say("확인이 필요한 불일치", "Breaks to look at"), colour: m.calm()}
	if openBreaks(run) > 0 {
		c.colour = red
	}
	c.value = count(m.cardValue(m.counting(), c.colour), openBreaks(run))
	c.note = m.lang.fill(word{"신규 {1} · 재발생 {2} · 계속 {3}", "{1} new · {2} reopened · {3} continuing"},
		m.number(run.Opened-run.Reopened), m.number(run.Reopened), m.number(openBreaks(run)-run.Opened))
	return c
}

// counting is the format of a number of things.
func (b *book) counting() string { return b.say(`#,##0"건"`, `#,##0`) }

// cardDeadlines is the money whose last day comes within a week, in won; other
// currencies are named below, never added.
func (m *summary) cardDeadlines() card {
	var number int64
	sums := map[pay.Currency]int64{}
	for key, s := range m.stakes {
		if !key.soon() {
			continue
		}
		number += s.count
		for currency, amount := range s.money {
			sums[currency] += amount
		}
	}
	first := m.currencies[0]
	c := card{to: sheetDeadlines, label: m.say("7일 안에 취소기한이 끝나는 돈", "Cancel deadline within 7 days"), colour: m.calm()}
	if number > 0 {
		c.colour = amber
	}
	if m.stakes[bucketToday].count > 0 {
		c.colour = red
	}
	c.value = money(m.cardValue(moneyFormat(first), c.colour), first, sums[first])
	note := []string{m.lang.fill(word{"{1}건 · 오늘 {2}건", "{1} refunds · {2} today"}, m.number(number), m.number(m.stakes[bucketToday].count))}
	for _, currency := range m.currencies[1:] {
		if sums[currency] != 0 {
			note = append(note, spell(currency, sums[currency]))
		}
	}
	c.note = strings.Join(note, " · ")
	return c
}

func (m *summary) cardRate() card {
	run := m.night.sum
	c := card{to: sheetControl, label: m.say("일치율", "Agreement rate"), colour: navy}
	c.value = share(m.cardValue(formatPercent, navy), run.Matched, run.Touched)
	c.note = m.lang.fill(word{"{2}건 가운데 {1}건 일치", "{1} of {2} agree"}, m.number(run.Matched), m.number(run.Touched))
	return c
}

// heading begins a section, with a link to its sheet.
func (m *summary) heading(title string, to word) {
	m.s.add(8)
	row := m.s.add(24)
	style := m.look(func(l *look) { l.size, l.bold, l.color = 12, true, navy })
	m.s.span(colLabel, 7, row, text(style, title))
	goes := m.look(func(l *look) { l.color, l.underline, l.align = link, true, "right" })
	m.s.span(8, colLast, row, text(goes, m.lang.of(to)+" →"))
	m.s.goTo(8, row, m.lang.of(to))
}

// nextHeading begins a section that is not always there.
func (m *summary) nextHeading(title, to word) {
	m.section++
	m.heading(fmt.Sprintf("%d. %s", m.section, m.lang.of(title)), to)
}

// head is a table's header row over columns from colLabel on.
func (m *summary) head(labels ...word) {
	row := m.s.add(20)
	for i, label := range labels {
		align := "right"
		if i == 0 {
			align = "left"
		}
		style := m.look(func(l *look) { l.bold, l.color, l.fill, l.align, l.over = true, navy, head, align, navy })
		m.s.set(colLabel+i, row, text(style, m.lang.of(label)))
	}
}

// figure is the style of a table's number.
func (m *summary) figure(format string, bold bool) int {
	return m.look(func(l *look) { l.format, l.align, l.rule, l.bold = format, "right", hair, bold })
}

func (m *summary) label(bold bool, indent int) int {
	return m.look(func(l *look) { l.rule, l.bold, l.indent = hair, bold, indent })
}

// soonAndQueue stands side by side: what runs out, and where the refunds are.
func (m *summary) soonAndQueue() {
	m.s.add(8)
	row := m.s.add(24)
	style := m.look(func(l *look) { l.size, l.bold, l.color = 12, true, navy })
	goes := m.look(func(l *look) { l.color, l.underline, l.align = link, true, "right" })
	m.s.span(2, 4, row, text(style, m.say("3. 취소기한 임박", "3. What runs out")))
	m.s.set(5, row, text(goes, m.lang.of(sheetDeadlines)+" →"))
	m.s.goTo(5, row, m.lang.of(sheetDeadlines))
	m.s.span(7, 8, row, text(style, m.say("4. 환불", "4. Refunds")))
	m.s.set(9, row, text(goes, m.lang.of(sheetRefunds)+" →"))
	m.s.goTo(9, row, m.lang.of(sheetRefunds))
	left, right := m.soonRows(), m.queueRows()
	for i := range max(len(left), len(right)) {
		row := m.s.add(18)
		if i < len(left) {
			m.s.set(2, row, left[i][0])
			m.s.set(3, row, left[i][1])
			m.s.span(4, 5, row, left[i][2])
			m.s.linkRow(row, top(m.lang.of(sheetDeadlines)))
		}
		if i < len(right) {
			m.s.span(7, 8, row, right[i][0])
			m.s.set(9, row, right[i][1])
			if i > 0 {
				m.s.goTo(9, row, m.lang.of(sheetRefunds))
			}
		}
	}
}

var bucketWords = map[bucket]word{
	bucketToday: {"오늘 (D-day)", "Today (D-day)"}, bucketOne: {"D-1", "D-1"}, bucketThree: {"D-3 ~ D-2", "D-3 to D-2"},
	bucketSeven: {"D-7 ~ D-4", "D-7 to D-4"}, bucketLater: {"그 뒤", "Later"},
	bucketNone: {"기한 없음 · 거절 위험", "No last day · may be refused"}, bucketLost: {"취소기한 경과", "Expired"},
}

// soonRows: each bucket in won, and another row for each other currency.
func (m *summary) soonRows() [][3]cell {
	h := func(align string) int {
		return m.look(func(l *look) { l.bold, l.color, l.fill, l.align, l.over = true, navy, head, align, navy })
	}
	rows := [][3]cell{{text(h("left"), m.say("남은 날", "Days left")), text(h("right"), m.say("건수", "Count")), text(h("right"), m.lang.of(columnAmount))}}
	for _, key := range buckets {
		s := m.stakes[key]
		hot := s.count > 0 && (key <= bucketOne || key == bucketLost)
		colour := func(l *look) {
			if hot {
				l.color = red
			}
		}
		label := plain.with(func(l *look) { l.rule, l.bold = hair, hot }).with(colour)
		number := plain.with(func(l *look) { l.rule, l.bold, l.align, l.format = hair, hot, "right", m.counting() }).with(colour)
		name, counted := text(m.style(label), m.lang.of(bucketWords[key])), count(m.style(number), s.count)
		for i, currency := range m.currencies {
			if i > 0 && s.money[currency] == 0 {
				continue
			}
			amount := m.style(number.with(func(l *look) { l.format = moneyFormat(currency) }))
			rows = append(rows, [3]cell{name, counted, money(amount, currency, s.money[currency])})
			name, counted = blank(m.style(label)), blank(m.style(number))
		}
	}
	return append(rows, m.bankDayRow())
}

// bankDayRow is what must be sent before the banks have closed once more.
func (m *summary) bankDayRow() [3]cell {
	bankDay := pay.DayOf(m.night.now).AddBankDays(1)
	s := m.night.sumOf(func(d Deadline) bool { return !d.CancelBy.IsZero() && d.CancelBy.Before(bankDay.End()) })
	style := func(format, align string) int {
		return m.look(func(l *look) { l.rule, l.over, l.bold, l.format, l.align = hair, navy, true, format, align })
	}
	first := m.currencies[0]
	return [3]cell{text(style("@", "left"), m.lang.fill(word{"다음 영업일 {1} 끝까지", "Up to bank day {1}"}, m.lang.day(bankDay)[5:])),
		count(style(m.counting(), "right"), s.count), money(style(moneyFormat(first), "right"), first, s.money[first])}
}

// captured is how many refund accounts were saved of those that Toss showed.
func (m *summary) captured() {
	var f refunds.CaptureFigures
	watched := false
	for _, s := range m.night.snapshots {
		if s.Capture != nil {
			watched = true
			f.Captured, f.Given, f.Waiting, f.Missed = f.Captured+s.Capture.Captured, f.Given+s.Capture.Given, f.Waiting+s.Capture.Waiting, f.Missed+s.Capture.Missed
		}
	}
	if !watched {
		return
	}
	m.nextHeading(word{"가상계좌 환불계좌 수집", "Refund accounts of virtual accounts"}, sheetMissing)
	m.head(word{"이 날 결제창이 닫힌 가상계좌", "Windows closed this day"}, word{"수집함", "Captured"}, word{"다른 경로", "Given otherwise"}, word{"대기", "Waiting"},
		word{"놓침", "Missed"}, word{"수집률", "Coverage"}, word{"", ""}, word{"", ""})
	n := m.figure(m.counting(), false)
	of := int64(f.Captured + f.Given + f.Waiting + f.Missed)
	missed := n
	if f.Missed > 0 {
		missed = m.look(func(l *look) { l.format, l.align, l.rule, l.bold, l.color = m.counting(), "right", hair, true, red })
	}
	m.tallyRow(m.lang.fill(word{"{1}건", "{1}"}, m.number(of)), false, []cell{count(n, int64(f.Captured)), count(n, int64(f.Given)), count(n, int64(f.Waiting)),
		count(missed, int64(f.Missed)), share(m.figure(formatPercent, true), int64(f.Captured+f.Given), of)}, top(m.lang.of(sheetMissing)))
}

// queueRows: the states in which something is, and always those that wait for
// a person.
func (m *summary) queueRows() [][2]cell {
	h := func(align string) int {
		return m.look(func(l *look) { l.bold, l.color, l.fill, l.align, l.over = true, navy, head, align, navy })
	}
	rows := [][2]cell{{text(h("left"), m.lang.of(columnStatus)), text(h("right"), m.say("건수", "Count"))}}
	known := map[string]bool{}
	for i, state := range statesByNeed {
		known[string(state)] = true
		number := m.night.sum.Refunds[string(state)]
		const waiting = 5 // of statesByNeed
		if number == 0 && i >= waiting {
			continue
		}
		hot := number > 0 && i < 3
		style := func(l *look) {
			l.rule, l.bold = hair, hot
			if hot {
				l.color = red
			}
		}
		name := m.lang.refund(state, pay.MethodUnknown)
		if state == refunds.Succeeded {
			name += " · " + m.lang.of(paidOut)
		}
		rows = append(rows, [2]cell{text(m.look(style), name),
			count(m.look(func(l *look) { style(l); l.align, l.format = "right", m.counting() }), number)})
	}
	for _, state := range sortedKeys(m.night.sum.Refunds) {
		if !known[state] && m.night.sum.Refunds[state] > 0 {
			rows = append(rows, [2]cell{text(m.label(true, 0), clean(state)), count(m.figure(m.counting(), true), m.night.sum.Refunds[state])})
		}
	}
	return rows
}

// signatures: who drew it, who looked, who signs.
func (m *summary) signatures() {
	m.s.add(10)
	top, box := m.s.add(18), m.s.add(40)
	m.s.signed = box
	header := m.look(func(l *look) { l.bold, l.color, l.fill, l.align, l.box = true, navy, head, "center", true })
	empty := m.look(func(l *look) { l.box = true })
	for i, label := range []word{{"작성", "Prepared"}, {"검토", "Reviewed"}, {"결재", "Approved"}} {
		from, to := [3]int{2, 4, 7}[i], [3]int{3, 6, 9}[i]
		m.s.span(from, to, top, text(header, m.lang.of(label)))
		m.s.span(from, to, box, blank(empty))
	}
}

// reference is a cell of the summary as another sheet names it.
func (m *summary) reference(column, row int) string {
	return fmt.Sprintf("%s!$%s$%s", quoted(m.s.name), columnName(column), strings.TrimLeft(at(column, row), columnName(column)))
}
