package reports

import (
	"fmt"
	"maps"
	"slices"

	"daesa/internal/xlsx"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/reports/book"
)

// slots are the columns of a table of a label and seven figures, on the summary.
var slots = [][2]int{{2, 2}, {3, 4}, {5, 6}, {7, 7}, {8, 9}, {10, 11}, {12, 12}, {13, 13}}

// table begins a table of a label and seven figures.
func (m *summary) table(labels ...book.Label) *xlsx.Grid {
	g := m.s.Grid(m.s.Last(), 17, slots...)
	g.Add(m.Heads(append(labels, make([]book.Label, len(slots)-len(labels))...)...)...)
	return g
}

// merchants draws the proof of each merchant and currency in one row. A merchant
// that could not be read has a row without figures. Of one merchant the currencies
// other than the first have a row, and their bridges are on the control sheet.
func (m *summary) merchants() {
	title, own := book.Label{"통화별 미해소 차이", "Open, by currency"}, m.night.own
	first := book.ColumnCurrency
	if m.Several {
		title, first = book.Label{"가맹점별 미해소 차이", "Open, by merchant"}, book.ColumnMID
	} else {
		own = nil
	}
	m.heading(title, book.SheetControl)
	g := m.table(first, columnShop, columnProvider, columnDifference, book.Label{"원인 확인 차이", "Explained"}, book.Label{"시점 차이(포함)", "Of it timing"}, unexplainedLabel, book.Label{"확인", "Check"})
	for _, l := range own {
		name := l.MID
		if len(m.Currencies) > 1 {
			name += " " + book.Code(l.Currency)
		}
		m.proof(g, name, l, m.standing(l.MID), m.completed(l.MID), false)
	}
	for _, l := range m.night.bridges[1:] {
		name := book.Code(l.Currency)
		if m.Several {
			name = m.Lang.Of(sumLabel) + " " + name
		}
		row := m.proof(g, name, l, m.standing(""), m.night.complete(), m.Several)
		m.proven(l.Currency, slots[4][0], row, slots[6][0], row)
	}
	for _, mid := range m.night.absent {
		m.missing(g, mid)
	}
}

// proof draws such a row and gives its number. A remainder of 0 is ticked only where
// the night is complete.
func (m *summary) proof(g *xlsx.Grid, name string, l reconcile.Bridge, state string, complete, bold bool) int {
	c, r, row := l.Currency, m.Row(book.Tone{Bold: bold}), g.Row()+1
	cells := []xlsx.Cell{r.Label(name), r.Money(c, l.Shop), r.Money(c, l.Provider),
		r.Over(c, l.Shop-l.Provider).Formula(book.Rounded(c, g.At(2, row)+"-"+g.At(3, row))), r.Over(c, l.Explained()), r.Over(c, l.Timing.Net)}
	colour, format := book.Green, book.CheckFormat(c)
	if !complete {
		colour, format = book.Amber, book.SignedFormat(c)
	}
	if l.Unexplained() != 0 {
		colour = book.Red
	}
	rest := book.Money(m.Row(book.Tone{Bold: true, Colour: colour}).Right(format), c, l.Unexplained())
	g.Add(append(cells, rest.Formula(book.Rounded(c, g.At(4, row)+"-"+g.At(5, row))), r.Says(state))...)
	g.Link(xlsx.Top(m.Lang.Of(book.SheetControl)))
	return row
}

// missing is the row of a merchant that could not be read: dashes, not zeros.
func (m *summary) missing(g *xlsx.Grid, mid string) {
	r := m.Row(book.AlarmTone)
	cells := []xlsx.Cell{r.Label(mid)}
	for range slots[2:] {
		cells = append(cells, r.Says("–"))
	}
	g.Add(append(cells, r.Says(m.Lang.Of(notReadLabel)))...)
}

var notReadLabel = book.Label{"미조회", "Not read"}

// standing says how a merchant's night ended; "" is all merchants together.
func (m *summary) standing(mid string) string {
	incomplete, complete := m.Say("미완료", "Incomplete"), m.Say("완료", "Complete")
	if mid == "" && !m.night.complete() {
		return incomplete
	}
	for _, s := range m.night.snapshots {
		switch {
		case s.Run.MID != mid:
		case !s.Run.Complete:
			return incomplete
		case len(s.Run.Suspect) > 0:
			return m.Say("확인 필요", "Check first")
		}
	}
	return complete
}

func (m *summary) completed(mid string) bool {
	return slices.ContainsFunc(m.night.snapshots, func(s Snapshot) bool { return s.Run.MID == mid && s.Run.Complete })
}

// tallies draws a row of counts for each merchant, linked to where they come
// from; the last row sums them where there are several.
func (m *summary) tallies(g *xlsx.Grid, to book.Label, figures func(reconcile.Run) []xlsx.Cell) {
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
	if m.Several && !m.night.nothingRead() {
		name := m.Lang.Of(sumLabel)
		if len(m.night.absent) > 0 {
			name = m.Say("합계(조회된 가맹점)", "Sum (of those read)")
		}
		m.tally(g, name, true, to, figures(m.night.sum)...)
	}
}

// tally is one row of figures, linked to a sheet.
func (m *summary) tally(g *xlsx.Grid, name string, bold bool, to book.Label, figures ...xlsx.Cell) {
	r := m.Row(book.Tone{Bold: bold})
	cells := append([]xlsx.Cell{r.Label(name)}, figures...)
	for len(cells) < len(slots) {
		cells = append(cells, r.Blank())
	}
	g.Add(cells...)
	g.Link(xlsx.Top(m.Lang.Of(to)))
}

// coverage: how much was read and compared.
func (m *summary) coverage() {
	g := m.table(book.ColumnMID, book.Label{"주문", "Orders"}, book.Label{"결제", "Payments"}, book.Label{"거래", "Transactions"}, book.Label{"대사 대상", "Compared"},
		book.Label{"일치", "Agree"}, book.Label{"일치율", "Agreement rate"}, columnStatus)
	r := m.Row(book.Tone{})
	m.tallies(g, book.SheetControl, func(run reconcile.Run) []xlsx.Cell {
		return []xlsx.Cell{r.Count(run.Orders), r.Count(run.Payments), r.Count(run.Transactions), r.Count(run.Touched),
			r.Count(run.Matched), r.Share(run.Matched, run.Touched), r.Says(m.standing(run.MID))}
	})
}

// movement: what the night changed among the breaks, and what proves it.
func (m *summary) movement() {
	g := m.table(book.ColumnMID, book.Label{"신규", "New"}, book.Label{"재발생", "Reopened"}, book.Label{"계속", "Continuing"}, book.Label{"자동 해소", "Cleared"},
		book.Label{"시점 차이", "Timing"}, book.Label{"표본 일치", "Sample agreed"}, book.Label{"토스 API 호출", "Toss calls"})
	r := m.Row(book.Tone{})
	m.tallies(g, book.SheetBreaks, func(run reconcile.Run) []xlsx.Cell {
		sample := fmt.Sprintf("%s / %s", m.Number(run.Sample.Agreed), m.Number(run.Sample.LookedUp))
		return []xlsx.Cell{r.Count(run.Opened - run.Reopened), r.Count(run.Reopened), r.Count(openBreaks(run) - run.Opened), r.Count(run.Cleared),
			r.Count(run.Timing), r.Says(sample), r.Count(run.ProviderCalls)}
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
	g := m.table(book.Label{"가상계좌 환불계좌 수집", "Refund accounts"}, book.Label{"수집", "Captured"}, book.Label{"별도 접수", "Given otherwise"}, book.Label{"대기", "Waiting"},
		book.Label{"누락", "Missed"}, book.Label{"수집률", "Coverage"})
	r, missed, all := m.Row(book.Tone{}), m.Row(book.Tone{}), int64(f.Captured+f.Given+f.Waiting+f.Missed)
	if f.Missed > 0 {
		missed = m.Row(book.Tone{Bold: true, Colour: book.Red})
	}
	m.tally(g, m.Lang.Fill(book.Label{"당일 가상계좌 {1}건", "{1} of the date"}, m.Number(all)), false, book.SheetMissing,
		r.Count(int64(f.Captured)), r.Count(int64(f.Given)), r.Count(int64(f.Waiting)), missed.Count(int64(f.Missed)),
		m.Row(book.Tone{Bold: true}).Share(int64(f.Captured+f.Given), all))
}

func sortedKeys[V any](values map[string]V) []string { return slices.Sorted(maps.Keys(values)) }
