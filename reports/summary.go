package reports

import (
	"fmt"
	"strings"

	"daesa/pay"
	"daesa/reconcile"
)

// The columns of the summary: a margin, a label, and eleven figures: five of the
// shop, five of Toss, and their difference. Other tables share them by slots.
const (
	colLabel = 2
	colLast  = 13
)

// slots are the columns of a table of a label and seven figures.
var slots = [][2]int{{2, 2}, {3, 4}, {5, 6}, {7, 7}, {8, 9}, {10, 11}, {12, 12}, {13, 13}}

// The two halves of the page, side by side: labels and figures of each.
var (
	leftHalf  = [][2]int{{2, 2}, {3, 3}, {4, 5}, {6, 6}, {7, 7}}
	rightHalf = [][2]int{{9, 10}, {11, 11}, {12, 12}, {13, 13}}
)

// summary draws the first sheet. It answers in ten seconds: what did the date
// have, did the night run completely, does the money tie, what is new, what
// runs out soon.
type summary struct {
	*nightBook
	s        *sheet
	chartsAt int // the row at which the charts begin; 0: there are none
	section  int // the number of the last section
}

func newSummary(b *nightBook, s *sheet) *summary {
	s.tab, s.widths = navy, []int{2, 19, 8, 13, 8, 12, 13, 8, 13, 8, 12, 13, 13}
	s.portrait = true
	return &summary{nightBook: b, s: s}
}

func (m *summary) draw() {
	m.band()
	m.banners()
	if m.night.nothingRead() {
		m.heading(word{"가맹점", "Merchants"}, sheetControl)
		m.coverage()
		m.waiting()
		m.s.onePage = true
		return
	}
	m.cards()
	m.dayTables()
	m.chartRoom()
	m.openToday()
	m.waiting()
	if m.several || len(m.night.ladders) > 1 {
		m.merchants()
	}
	m.heading(word{"대사 건수", "Counts"}, sheetControl)
	m.coverage()
	m.movement()
	m.captured()
	m.paidOut()
	m.notes()
	m.s.widen(3)
	m.s.onePage = m.s.tall() <= m.fitsOnePage()
}

// fitsOnePage is the height in points up to which the summary is printed on one
// page: a longer one would become smaller than half of its size.
func (m *summary) fitsOnePage() int {
	const paperTall, smallest = 770, 50 // points of an A4 page within its margins, percent
	return paperTall * 100 / smallest
}

func (m *summary) look(change func(*look)) int { return m.style(plain.with(change)) }

// slot puts a cell into the i-th column of a table.
func (m *summary) slot(table [][2]int, i, row int, c cell) {
	m.s.span(table[i][0], table[i][1], row, c)
}

// band is the title: what this is, of which date, how it stands, and who signs.
func (m *summary) band() {
	title := m.look(func(l *look) { l.size, l.bold, l.color, l.fill, l.indent = 18, true, white, navy, 1 })
	day := m.look(func(l *look) { l.size, l.bold, l.color, l.fill, l.align, l.indent = 12, true, white, navy, "right", 1 })
	m.s.add(4)
	row := m.s.add(34)
	m.s.span(colLabel, 7, row, text(title, m.say("일일 대사 보고서", "Daily reconciliation")))
	m.s.span(8, colLast, row, text(day, m.say("대사 기준일 ", "Business date ")+m.lang.day(m.night.day)))
	small := m.look(func(l *look) { l.size, l.color, l.indent = 9, grey, 1 })
	about, box := m.s.add(17), m.s.add(36)
	m.s.span(colLabel, 7, about, text(small, m.say("가맹점 ", "Merchant ")+m.night.mids()+"   ·   "+m.say("작성 ", "Drawn ")+m.lang.moment(m.night.now)))
	colour := navy
	switch {
	case !m.night.complete() || m.suspect() || m.unexplained():
		colour = red
	case openBreaks(m.night.sum) == 0:
		colour = green
	}
	state := m.look(func(l *look) { l.size, l.bold, l.color, l.indent = 14, true, colour, 1 })
	m.s.span(colLabel, 7, box, text(state, m.state()))
	m.signatures(about, box)
	m.s.add(6)
}

// signatures: who drew it, who looked, who signs, at the top right as on every
// paper of the house.
func (m *summary) signatures(top, box int) {
	m.s.signed, m.s.signedFrom = box, 8
	header := m.look(func(l *look) { l.size, l.bold, l.color, l.fill, l.align, l.box = 9, true, navy, head, "center", true })
	empty := m.look(func(l *look) { l.box = true })
	for i, label := range []word{{"작성", "Prepared"}, {"검토", "Reviewed"}, {"결재", "Approved"}} {
		from, to := [3]int{8, 10, 12}[i], [3]int{9, 11, 13}[i]
		m.s.span(from, to, top, text(header, m.lang.of(label)))
		m.s.span(from, to, box, blank(empty))
	}
}

// state is the night in one line; what spoils all other figures comes first.
func (m *summary) state() string {
	open := openBreaks(m.night.sum)
	switch {
	case !m.night.complete():
		return m.say("● 미완료(일부 미조회)", "● Incomplete")
	case m.suspect():
		return m.say("● 시크릿 키·주문 파일 확인 필요", "● Check key and order file first")
	case m.unexplained():
		return m.say("● 원인 미확인 차이 있음", "● Unexplained money")
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
		lines = append(lines, m.say("일부 자료를 조회하지 못했습니다. 미조회 건은 '없음'으로 판단하지 않았으며 아래 금액과 건수에 포함되지 않습니다.",
			"This night is incomplete. What could not be read is not called missing, and is not in the figures below."))
	}
	for _, mid := range m.night.absentUnlisted() {
		lines = append(lines, m.lang.fill(word{"가맹점 {1}: 대사 기록 없음", "Merchant {1}: there is no record of this night"}, clean(mid)))
	}
	gaps := m.gapLines()
	for _, line := range gaps[:min(mostBanners, len(gaps))] {
		lines = append(lines, "· "+line)
	}
	if more := len(gaps) - mostBanners; more > 0 {
		lines = append(lines, m.lang.fill(word{"· 외 {1}건 → 대사 확인 시트", "· and {1} more → sheet Control"}, m.number(int64(more))))
	}
	for _, s := range m.night.snapshots {
		if len(s.Run.Suspect) > 0 {
			lines = append(lines, m.alarm(s))
		}
	}
	style := m.look(func(l *look) { l.bold, l.color, l.fill, l.indent, l.wrap = true, red, rose, 1, true })
	for _, line := range lines {
		row := m.s.add(17 * linesOf(line, 136))
		m.s.span(colLabel, colLast, row, text(style, line))
	}
	if len(lines) > 0 {
		m.s.add(6)
	}
}

// linesOf is how many lines a text takes at a width in characters.
func linesOf(value string, width int) int {
	return min(max(1, (broad(value)+width-1)/width), 4)
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
	return m.lang.fill(word{"⚠ {1}불일치 급증({2}). 시크릿 키와 주문 파일을 먼저 확인하십시오. 금일 대사에서는 환불을 요청하지 않았습니다.",
		"⚠ {1}suddenly too many breaks ({2}). Check the key and the order file first. This night proposed no refunds."}, whose, strings.Join(kinds, ", "))
}

// heading begins a section, with a link to its sheet.
func (m *summary) heading(title, to word) {
	m.section++
	m.s.add(7)
	row := m.s.add(20)
	style := m.look(func(l *look) { l.size, l.bold, l.color = 12, true, navy })
	m.s.span(colLabel, 11, row, text(style, fmt.Sprintf("%d. %s", m.section, m.lang.of(title))))
	goes := m.look(func(l *look) { l.color, l.underline, l.align = link, true, "right" })
	m.s.span(12, colLast, row, text(goes, m.lang.of(to)+" →"))
	m.s.goTo(12, row, m.lang.of(to))
}

// headLook is how the header of a table of the page looks.
func (m *summary) headLook(align string) int {
	return m.look(func(l *look) { l.bold, l.color, l.fill, l.align, l.over = true, navy, head, align, navy })
}

// head is a table's header row, in slots.
func (m *summary) head(labels ...word) {
	row := m.s.add(17)
	for i := range slots {
		align, label := "right", ""
		if i == 0 {
			align = "left"
		}
		if i < len(labels) {
			label = m.lang.of(labels[i])
		}
		m.slot(slots, i, row, text(m.headLook(align), label))
	}
}

// figure is the style of a table's number.
func (m *summary) figure(format string, bold bool) int {
	return m.look(func(l *look) { l.format, l.align, l.rule, l.bold = format, "right", hair, bold })
}

func (m *summary) label(bold bool) int {
	return m.look(func(l *look) { l.rule, l.bold = hair, bold })
}

// counting is the format of a number of things.
func (b *book) counting() string { return b.say(`#,##0"건"`, `#,##0`) }

// calm is the colour of a figure that asks for nothing; an incomplete night
// is never green.
func (m *summary) calm() string {
	if !m.night.complete() {
		return amber
	}
	return green
}

// reference is a cell of the summary as another sheet names it.
func (m *summary) reference(column, row int) string {
	return fmt.Sprintf("%s!$%s$%s", quoted(m.s.name), columnName(column), strings.TrimLeft(at(column, row), columnName(column)))
}

// notes explain the words of the page, at its end.
func (m *summary) notes() {
	style := m.look(func(l *look) { l.size, l.color, l.wrap = 8, grey, true })
	sentences := []string{m.say("순결제금액 = 승인 − 취소. 차이 = 쇼핑몰 주문 − 토스 거래. 주문별 차이는 가장 중요한 불일치 유형 하나에만 계상하며, 통화가 다른 금액은 합산하지 않습니다.",
		"Net = approved − cancelled. Difference = shop − Toss. An order's money counts once, under its most serious break. Currencies are never added.")}
	for _, l := range m.night.ladders {
		if l.others() {
			sentences = append(sentences, m.say("기타 = 불일치 시트에 건별 차이로 표시되지 않는 금액(종결 후에도 차이가 남은 주문, 통화가 다른 주문, 금일 재조회하지 않은 주문).",
				"Other = money that no row of the sheet Breaks shows as its difference (resolved but still different, of two currencies, or not looked at this night)."))
			break
		}
	}
	m.s.add(6)
	for _, sentence := range sentences {
		m.s.span(colLabel, colLast, m.s.add(13*linesOf(sentence, 165)), text(style, sentence))
	}
}

// mids names the merchants of the workbook.
func (n *night) mids() string {
	var names []string
	for _, s := range n.snapshots {
		names = append(names, clean(s.Run.MID))
	}
	names = append(names, n.absentUnlisted()...)
	const most = 3
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" +%d", len(names)-most)
	}
	return strings.Join(names, ", ")
}

// pressing counts the breaks that need a person and are high.
func (n *night) pressing() int64 {
	var high int64
	for i := range n.breaks {
		if n.breaks[i].Status.NeedsPerson() && n.breaks[i].level == reconcile.High {
			high++
		}
	}
	return high
}

// firstCurrency is the one that the cards and charts are of: won where there is
// any.
func (b *book) firstCurrency() pay.Currency { return b.currencies[0] }
