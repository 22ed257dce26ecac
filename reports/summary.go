package reports

import (
	"fmt"
	"slices"
	"strings"

	"daesa/internal/xlsx"
	"daesa/reconcile"
	"daesa/reports/book"
)

// The columns of the summary: a margin, a label, and eleven figures: five of the
// shop, five of Toss, and their difference.
const (
	colLabel = 2
	colLast  = 13
)

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
	s        *xlsx.Sheet
	chartsAt int // the row at which the charts begin; 0: there are none
	section  int // the number of the last section
}

func newSummary(b *nightBook, s *xlsx.Sheet) *summary {
	s.Tab, s.Widths = book.Navy, []int{2, 19, 8, 13, 8, 12, 13, 8, 13, 8, 12, 13, 13}
	s.Portrait = true
	return &summary{nightBook: b, s: s}
}

func (m *summary) draw() {
	m.band()
	m.banners()
	if m.night.nothingRead() {
		m.heading(book.Label{"가맹점", "Merchants"}, book.SheetControl)
		m.coverage()
		m.waiting()
		m.s.OnePage = true
		return
	}
	m.cards()
	m.dayTables()
	m.chartRoom()
	m.openToday()
	m.waiting()
	if m.Several || len(m.night.bridges) > 1 {
		m.merchants()
	}
	m.heading(book.Label{"대사 건수", "Counts"}, book.SheetControl)
	m.coverage()
	m.movement()
	m.captured()
	m.settlement()
	m.paidOut()
	m.notes()
	m.s.Widen(3)
	m.s.OnePage = m.s.Tall() <= m.fitsOnePage()
}

// fitsOnePage is the height in points up to which the summary is printed on one
// page: a longer one would become smaller than half of its size.
func (m *summary) fitsOnePage() int {
	const paperTall, smallest = 770, 50 // points of an A4 page within its margins, percent
	return paperTall * 100 / smallest
}

// band is the title: what this is, of which date, how it stands, and who signs.
func (m *summary) band() {
	colour := book.Navy
	switch {
	case !m.night.complete() || m.suspect() || m.unexplained():
		colour = book.Red
	case openBreaks(m.night.sum) == 0:
		colour = book.Green
	}
	m.Band(m.s, book.Band{
		Title: m.Lang.Of(m.night.title()), When: m.Say("대사 기준일 ", "Business date ") + m.Lang.Day(m.night.day),
		About: m.Say("가맹점 ", "Merchant ") + m.night.mids() + "   ·   " + m.Say("작성 ", "Drawn ") + m.Lang.Moment(m.night.now),
		State: m.state(), Colour: colour,
	})
}

// state is the night in one line; what spoils all other figures comes first.
func (m *nightBook) state() string {
	open := openBreaks(m.night.sum)
	switch {
	case m.night.monthEnd() && m.night.complete() && !m.suspect() && !m.unexplained() && open == 0:
		return m.Say("● 휴대폰 결제 점검 완료 · 이상 없음 ✓", "● Phone payments checked · all agrees ✓")
	case !m.night.complete():
		return m.Say("● 미완료(일부 미조회)", "● Incomplete")
	case m.suspect():
		return m.Say("● 시크릿 키·주문 파일 확인 필요", "● Check key and order file first")
	case m.unexplained():
		return m.Say("● 원인 미확인 차이 있음", "● Unexplained money")
	case open > 0:
		return m.Lang.Fill(book.Label{"● 완료 · 확인 필요 {1}건", "● Complete · {1} to look at"}, m.Number(open))
	default:
		return m.Say("● 완료 · 이상 없음 ✓", "● Complete · all agrees ✓")
	}
}

func (m *nightBook) suspect() bool {
	for _, s := range m.night.snapshots {
		if len(s.Run.Suspect) > 0 {
			return true
		}
	}
	return false
}

func (m *nightBook) unexplained() bool {
	for _, l := range slices.Concat(m.night.own, m.night.bridges) {
		if l.Unexplained() != 0 {
			return true
		}
	}
	return false
}

// mostBanners keeps the first page readable; the control sheet has all gaps.
const mostBanners = 8

// banners say what is missing and what must be checked before anything else.
func (m *summary) banners() {
	if m.night.monthEnd() {
		only := m.Styled(func(s *book.Style) { s.Bold, s.Color, s.Fill, s.Indent, s.Wrap = true, book.Amber, book.Cream, 1, true })
		m.s.Span(colLabel, colLast, m.s.Add(17), xlsx.Text(only, m.Say("당일 현재까지의 휴대폰 결제만 대사했습니다(다른 결제수단은 익일 일일 대사). 휴대폰 결제는 당월에만 취소할 수 있습니다.",
			"Phone payments of today so far only; the other methods are compared by the next night. A phone payment can be cancelled within its calendar month only.")))
	}
	var lines []string
	if !m.night.complete() {
		lines = append(lines, m.Say("일부 자료를 조회하지 못했습니다. 미조회 건은 '없음'으로 판단하지 않았으며 아래 금액과 건수에 포함되지 않습니다.",
			"This night is incomplete. What could not be read is not called missing, and is not in the figures below."))
	}
	for _, mid := range m.night.absentUnlisted() {
		lines = append(lines, m.Lang.Fill(book.Label{"가맹점 {1}: 대사 기록 없음", "Merchant {1}: there is no record of this night"}, xlsx.Clean(mid)))
	}
	gaps := m.gapLines()
	for _, line := range gaps[:min(mostBanners, len(gaps))] {
		lines = append(lines, "· "+line)
	}
	if more := len(gaps) - mostBanners; more > 0 {
		lines = append(lines, m.Lang.Fill(book.Label{"· 외 {1}건 → 대사 확인 시트", "· and {1} more → sheet Control"}, m.Number(int64(more))))
	}
	for _, s := range m.night.snapshots {
		if len(s.Run.Suspect) > 0 {
			lines = append(lines, m.alarm(s))
		}
	}
	style := m.Styled(func(s *book.Style) { s.Bold, s.Color, s.Fill, s.Indent, s.Wrap = true, book.Red, book.Rose, 1, true })
	for _, line := range lines {
		row := m.s.Add(17 * xlsx.Lines(line, 136))
		m.s.Span(colLabel, colLast, row, xlsx.Text(style, line))
	}
	if len(lines) > 0 {
		m.s.Add(6)
	}
}

// alarm names the kinds of which there are suddenly too many.
func (m *nightBook) alarm(s Snapshot) string {
	var kinds []string
	for _, kind := range s.Run.Suspect {
		kinds = append(kinds, xlsx.Clean(m.Lang.Kind(kind))+" "+m.Number(s.Run.Broken[kind]))
	}
	whose := ""
	if m.Several {
		whose = xlsx.Clean(s.Run.MID) + ": "
	}
	return m.Lang.Fill(book.Label{"⚠ {1}불일치 급증({2}). 시크릿 키와 주문 파일을 먼저 확인하십시오. 금일 대사에서는 환불을 요청하지 않았습니다.",
		"⚠ {1}suddenly too many breaks ({2}). Check the key and the order file first. This night proposed no refunds."}, whose, strings.Join(kinds, ", "))
}

// heading begins a section, with a link to its sheet.
func (m *summary) heading(title, to book.Label) {
	m.section++
	m.s.Add(7)
	row := m.s.Add(20)
	m.s.Span(colLabel, 11, row, xlsx.Text(m.Style(book.HeadingStyle), fmt.Sprintf("%d. %s", m.section, m.Lang.Of(title))))
	m.s.Span(12, colLast, row, xlsx.Text(m.Style(book.GoesStyle), m.Lang.Of(to)+" →"))
	m.s.Link(12, row, xlsx.Top(m.Lang.Of(to)))
}

// calm is the colour of a figure that needs no action: green, and amber in an
// incomplete night.
func (m *summary) calm() string {
	if !m.night.complete() {
		return book.Amber
	}
	return book.Green
}

// notes explain the words of the page, at its end.
func (m *summary) notes() {
	style := m.Styled(func(s *book.Style) { s.Size, s.Color, s.Wrap = 8, book.Grey, true })
	sentences := []string{m.Say("순결제금액 = 승인 − 취소. 차이 = 쇼핑몰 주문 − 토스 거래. 주문별 차이는 가장 중요한 불일치 유형 하나에만 계상하며, 통화가 다른 금액은 합산하지 않습니다.",
		"Net = approved − cancelled. Difference = shop − Toss. An order's money counts once, under its most serious break. Currencies are never added.")}
	if notes := m.bridgeNotes(); notes != nil {
		sentences = append(sentences, strings.Join(notes, " "))
	}
	for _, l := range m.night.bridges {
		if l.Others() { // a night of an earlier version
			sentences = append(sentences, m.Say("기타 = 불일치 시트에 건별 차이로 표시되지 않는 금액(종결 후에도 차이가 남은 주문, 통화가 다른 주문, 금일 재조회하지 않은 주문, 기준일 이후 변동).",
				"Other = money that no row of the sheet Breaks shows as its difference (resolved but still different, of two currencies, not looked at this night, or moved after the date)."))
			break
		}
	}
	m.s.Add(6)
	for _, sentence := range sentences {
		m.s.Span(colLabel, colLast, m.s.Add(13*xlsx.Lines(sentence, 165)), xlsx.Text(style, sentence))
	}
}

// monthEnd says whether the night is about phone payments alone.
func (n *night) monthEnd() bool { return n.snapshots[0].Run.Job == reconcile.JobMonthEnd }

// title is what the workbook is.
func (n *night) title() book.Label {
	if n.monthEnd() {
		return book.Label{"월말 휴대폰 결제 점검", "Month-end phone payments"}
	}
	return book.Label{"일일 대사 보고서", "Daily reconciliation"}
}

// mids names the merchants of the workbook.
func (n *night) mids() string {
	var names []string
	for _, s := range n.snapshots {
		names = append(names, xlsx.Clean(s.Run.MID))
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
