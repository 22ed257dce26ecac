package reports

import (
	"fmt"
	"maps"
	"slices"

	"daesa/internal/xlsx"
	"daesa/reconcile"
	"daesa/refunds"
)

// slots are the columns of a table of a label and seven figures, on the summary.
var slots = [][2]int{{2, 2}, {3, 4}, {5, 6}, {7, 7}, {8, 9}, {10, 11}, {12, 12}, {13, 13}}

// table begins a table of a label and seven figures.
func (m *summary) table(labels ...label) *xlsx.Grid {
	g := m.s.Grid(m.s.Last(), 17, slots...)
	g.Add(m.heads(append(labels, make([]label, len(slots)-len(labels))...)...)...)
	return g
}

// merchants draws the proof of each merchant and currency in one row. A merchant
// that could not be read has a row without figures. Of one merchant the currencies
// other than the first have a row, and their bridges are on the control sheet.
func (m *summary) merchants() {
	title, own := label{"통화별 미해소 차이", "Open, by currency"}, m.night.own
	first := columnCurrency
	if m.several {
		title, first = label{"가맹점별 미해소 차이", "Open, by merchant"}, columnMID
	} else {
		own = nil
	}
	m.heading(title, sheetControl)
	g := m.table(first, columnShop, columnProvider, columnDifference, label{"원인 확인 차이", "Explained"}, label{"시점 차이(포함)", "Of it timing"}, unexplainedLabel, label{"확인", "Check"})
	for _, l := range own {
		name := l.MID
		if len(m.currencies) > 1 {
			name += " " + code(l.Currency)
		}
		m.proof(g, name, l, m.standing(l.MID), m.completed(l.MID), false)
	}
	for _, l := range m.night.bridges[1:] {
		name := code(l.Currency)
		if m.several {
			name = m.lang.of(sumLabel) + " " + name
		}
		row := m.proof(g, name, l, m.standing(""), m.night.complete(), m.several)
		m.proven(l.Currency, slots[4][0], row, slots[6][0], row)
	}
	for _, mid := range m.night.absent {
		m.missing(g, mid)
	}
}

// proof draws such a row and gives its number. A remainder of 0 is ticked only where
// the night is complete.
func (m *summary) proof(g *xlsx.Grid, name string, l reconcile.Bridge, state string, complete, bold bool) int {
	c, r, row := l.Currency, m.row(tone{bold: bold}), g.Row()+1
	cells := []xlsx.Cell{r.label(name), r.money(c, l.Shop), r.money(c, l.Provider),
		r.over(c, l.Shop-l.Provider).Formula(rounded(c, g.At(2, row)+"-"+g.At(3, row))), r.over(c, l.Explained()), r.over(c, l.Timing.Net)}
	colour, format := green, checkFormat(c)
	if !complete {
		colour, format = amber, signedFormat(c)
	}
	if l.Unexplained() != 0 {
		colour = red
	}
	rest := money(m.row(tone{bold: true, colour: colour}).right(format), c, l.Unexplained())
	g.Add(append(cells, rest.Formula(rounded(c, g.At(4, row)+"-"+g.At(5, row))), r.says(state))...)
	g.Link(xlsx.Top(m.lang.of(sheetControl)))
	return row
}

// missing is the row of a merchant that could not be read: dashes, not zeros.
func (m *summary) missing(g *xlsx.Grid, mid string) {
	r := m.row(alarmTone)
	cells := []xlsx.Cell{r.label(mid)}
	for range slots[2:] {
		cells = append(cells, r.says("–"))
	}
	g.Add(append(cells, r.says(m.lang.of(notReadLabel)))...)
}

var notReadLabel = label{"미조회", "Not read"}

// standing says how a merchant's night ended; "" is all merchants together.
func (m *summary) standing(mid string) string {
	incomplete, complete := m.say("미완료", "Incomplete"), m.say("완료", "Complete")
	if mid == "" && !m.night.complete() {
		return incomplete
	}
	for _, s := range m.night.snapshots {
		switch {
		case s.Run.MID != mid:
		case !s.Run.Complete:
			return incomplete
		case len(s.Run.Suspect) > 0:
			return m.say("확인 필요", "Check first")
		}
	}
	return complete
}

func (m *summary) completed(mid string) bool {
	return slices.ContainsFunc(m.night.snapshots, func(s Snapshot) bool { return s.Run.MID == mid && s.Run.Complete })
}

// tallies draws a row of counts for each merchant, linked to where they come
// from; the last row sums them where there are several.
func (m *summary) tallies(g *xlsx.Grid, to label, figures func(reconcile.Run) []xlsx.Cell) {
	for _, s := range m.night.snapshots {
		if unread(s) {
			m.missing(g, s.Run.MID)
			continue
		}
		m.tally(g, s.Run.MID, false, to, figures(s.Run)...)
	}
	for _, mid := range m.night.absentUnlisted() {
		m.missing(g, mid)
	}
	if m.several && !m.night.nothingRead() {
		name := m.lang.of(sumLabel)
		if len(m.night.absent) > 0 {
			name = m.say("합계(조회된 가맹점)", "Sum (of those read)")
		}
		m.tally(g, name, true, to, figures(m.night.sum)...)
	}
}

// tally is one row of figures, linked to a sheet.
func (m *summary) tally(g *xlsx.Grid, name string, bold bool, to label, figures ...xlsx.Cell) {
	r := m.row(tone{bold: bold})
	cells := append([]xlsx.Cell{r.label(name)}, figures...)
	for len(cells) < len(slots) {
		cells = append(cells, r.blank())
	}
	g.Add(cells...)
	g.Link(xlsx.Top(m.lang.of(to)))
}

// coverage: how much was read and compared.
func (m *summary) coverage() {
	g := m.table(columnMID, label{"주문", "Orders"}, label{"결제", "Payments"}, label{"거래", "Transactions"}, label{"대사 대상", "Compared"},
		label{"일치", "Agree"}, label{"일치율", "Agreement rate"}, columnStatus)
	r := m.row(tone{})
	m.tallies(g, sheetControl, func(run reconcile.Run) []xlsx.Cell {
		return []xlsx.Cell{r.count(run.Orders), r.count(run.Payments), r.count(run.Transactions), r.count(run.Touched),
			r.count(run.Matched), r.share(run.Matched, run.Touched), r.says(m.standing(run.MID))}
	})
}

// movement: what the night changed among the breaks, and what proves it.
func (m *summary) movement() {
	g := m.table(columnMID, label{"신규", "New"}, label{"재발생", "Reopened"}, label{"계속", "Continuing"}, label{"자동 해소", "Cleared"},
		label{"시점 차이", "Timing"}, label{"표본 일치", "Sample agreed"}, label{"토스 API 호출", "Toss calls"})
	r := m.row(tone{})
	m.tallies(g, sheetBreaks, func(run reconcile.Run) []xlsx.Cell {
		sample := fmt.Sprintf("%s / %s", m.number(run.Sample.Agreed), m.number(run.Sample.LookedUp))
		return []xlsx.Cell{r.count(run.Opened - run.Reopened), r.count(run.Reopened), r.count(openBreaks(run) - run.Opened), r.count(run.Cleared),
			r.count(run.Timing), r.says(sample), r.count(run.ProviderCalls)}
	})
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
	g := m.table(label{"가상계좌 환불계좌 수집", "Refund accounts"}, label{"수집", "Captured"}, label{"별도 접수", "Given otherwise"}, label{"대기", "Waiting"},
		label{"누락", "Missed"}, label{"수집률", "Coverage"})
	r, missed, all := m.row(tone{}), m.row(tone{}), int64(f.Captured+f.Given+f.Waiting+f.Missed)
	if f.Missed > 0 {
		missed = m.row(tone{bold: true, colour: red})
	}
	m.tally(g, m.lang.fill(label{"당일 가상계좌 {1}건", "{1} of the date"}, m.number(all)), false, sheetMissing,
		r.count(int64(f.Captured)), r.count(int64(f.Given)), r.count(int64(f.Waiting)), missed.count(int64(f.Missed)),
		m.row(tone{bold: true}).share(int64(f.Captured+f.Given), all))
}

func sortedKeys[V any](values map[string]V) []string { return slices.Sorted(maps.Keys(values)) }
