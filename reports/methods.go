package reports

import (
	"fmt"
	"slices"

	"github.com/xuri/excelize/v2"

	"daesa/pay"
	"daesa/reconcile"
)

// methodsSheet draws what moved on the date, by method and by merchant, with
// what part each has, and how many breaks are open in it.
type methodsSheet struct {
	*dayGrid
	open map[methodOf]openBreak
}

type methodOf struct {
	currency pay.Currency
	method   pay.Method
}

// openBreak are the breaks that need a person, and what their sides differ by.
type openBreak struct{ count, apart int64 }

// drawMethods lays out the sheet; nothing where no snapshot has the date's money.
// It gives where the first currency's methods stand, for the chart of the first
// sheet.
func (b *nightBook) drawMethods() span {
	if b.night.money == nil || b.night.nothingRead() {
		return span{}
	}
	s := b.add(&sheet{name: b.lang.of(sheetMethods), tab: navy, widths: []int{22, 9, 15, 9, 14, 15, 9, 15, 9, 14, 15, 14, 9, 9, 14}})
	n := b.night
	m := &methodsSheet{dayGrid: &dayGrid{nightBook: b, s: s, from: 1, tall: 20}, open: map[methodOf]openBreak{}}
	for i := range b.night.breaks {
		if r := &b.night.breaks[i]; r.Status.NeedsPerson() {
			key := methodOf{r.Currency, r.Method}
			sum := m.open[key]
			m.open[key] = openBreak{sum.count + 1, sum.apart + r.Apart()}
		}
	}
	s.add(28, text(b.style(plain.with(func(l *look) { l.size, l.bold, l.color = 16, true, navy })), b.say("결제수단별 당일 거래", "The date by method")+" · "+b.lang.day(b.night.day)))
	last := len(s.widths)
	back := b.style(plain.with(func(l *look) { l.size, l.color, l.underline, l.align = 9, link, true, "right" }))
	s.set(last, 1, text(back, "← "+b.sheets[0].name))
	s.goTo(last, 1, b.sheets[0].name)
	for _, sentence := range b.dayNotes() {
		s.add(15, text(b.style(plain.with(func(l *look) { l.size, l.color = 9, grey })), sentence))
	}
	var first span
	for i, currency := range b.currencies {
		rows := n.dayRows(currency, m.openMethods(currency)...)
		if i > 0 && len(rows) == 0 {
			continue
		}
		s.add(10)
		at := m.currency(currency, rows)
		if i == 0 {
			first = at
		}
	}
	if b.several {
		m.merchants()
	}
	m.charts(first)
	s.widen(4)
	s.onePage = s.tall() <= methodsOnePage
	return first
}

// methodsOnePage is the height in points up to which the sheet is printed on one
// page.
const methodsOnePage = 900

// openMethods are the methods of a currency in which a break is open.
func (m *methodsSheet) openMethods(currency pay.Currency) []pay.Method {
	var methods []pay.Method
	for key := range m.open {
		if key.currency == currency {
			methods = append(methods, key.method)
		}
	}
	return slices.Sorted(slices.Values(methods))
}

// currency draws one currency's table, with its share and its open breaks.
func (m *methodsSheet) currency(currency pay.Currency, rows []reconcile.DayTotal) span {
	before := m.s.last()
	first, last := m.table(currency, rows)
	m.beside(before+1, before+2)
	var all, open openBreak
	for _, t := range rows {
		all.apart += m.moved(t)
	}
	var most int64
	for i, t := range rows {
		sum := m.open[methodOf{currency, t.Method}]
		open = openBreak{open.count + sum.count, open.apart + sum.apart}
		most = max(most, whole(currency, m.moved(t)))
		m.behind(first+i, currency, m.moved(t), all.apart, sum, false)
	}
	m.behind(m.s.last(), currency, all.apart, all.apart, open, true)
	return span{sheet: m.s.name, header: before + 2, first: first, last: last, most: most}
}

// moved is what a method's share is reckoned of: what Toss approved, or the shop
// where Toss's list was not read.
func (m *methodsSheet) moved(t reconcile.DayTotal) int64 {
	if m.night.money.Listed {
		return t.Provider.Approvals
	}
	return t.Shop.Approvals
}

// beside heads the columns behind the grid.
func (m *methodsSheet) beside(sides, figures int) {
	m.s.span(13, 15, sides, text(m.style(func(l *look) { l.bold, l.color, l.fill, l.align, l.over = true, white, navy, "center", navy }), m.say("구성비 · 미해소 불일치", "Share · open breaks")))
	for i, label := range []word{{"구성비", "Share"}, {"불일치", "Breaks"}, {"불일치 금액", "Apart"}} {
		m.s.set(13+i, figures, text(m.style(func(l *look) { l.size, l.bold, l.color, l.fill, l.align, l.rule = 9, true, navy, head, "right", hair }), m.lang.of(label)))
	}
}

func (m *methodsSheet) behind(row int, currency pay.Currency, part, all int64, open openBreak, bold bool) {
	over, fill := "", noFill
	if bold {
		over, fill = navy, pale
	}
	style := func(format string) int {
		return m.style(func(l *look) {
			l.rule, l.over, l.fill, l.bold, l.format, l.align = hair, over, fill, bold, format, "right"
			if open.count > 0 && format != formatShare {
				l.color = red
			}
		})
	}
	m.s.set(13, row, share(style(formatShare), part, all))
	m.s.set(14, row, count(style(m.counting()), open.count))
	m.s.set(15, row, money(style(moneyFormat(currency)), currency, open.apart))
}

// formatShare is a share in whole tenths of a percent.
const formatShare = `0.0%`

// merchants are the sums of each merchant.
func (m *methodsSheet) merchants() {
	m.s.add(10)
	m.head(columnMID)
	for _, s := range m.night.snapshots {
		if unread(s) || s.Run.Moved == nil {
			continue
		}
		day := reconcile.DayMoney{}
		for _, t := range s.Run.Moved.Totals {
			into := day.Of(t.Currency, "")
			into.Shop, _ = into.Shop.Add(t.Shop) // refused where it overflows
			into.Provider, _ = into.Provider.Add(t.Provider)
		}
		day.Sort()
		for _, t := range day.Totals {
			name := clean(s.Run.MID)
			if len(m.currencies) > 1 {
				name += " " + code(t.Currency)
			}
			m.row(name, t.Currency, t, false, nil)
		}
	}
}

// charts: what each method has of the date, and the breaks that are open in it.
func (m *methodsSheet) charts(at span) {
	if at.empty() {
		return
	}
	m.s.add(10)
	top := m.s.last() + 1
	const rows = 16
	for range rows {
		m.s.add(chartHeight)
	}
	amount, of := 8, m.say("토스 승인금액 구성비", "Approved by Toss, shares")
	if !m.night.money.Listed {
		amount, of = 3, m.say("쇼핑몰 승인금액 구성비", "Approved in the shop, shares")
	}
	page := &summary{nightBook: m.nightBook, s: m.s}
	ring := page.chart(excelize.Doughnut, of, at, amount, "")
	ring.Series[0].Fill = excelize.Fill{}
	yes := true
	ring.VaryColors, ring.HoleSize = &yes, 55
	ring.Legend = excelize.ChartLegend{Position: "right", Font: &excelize.Font{Family: font, Size: 9, Color: ink}}
	ring.PlotArea = excelize.ChartPlotArea{ShowPercent: true}
	bars := page.chart(excelize.Bar, m.say("결제수단별 미해소 불일치(건)", "Open breaks by method"), at, 14, red)
	bars.XAxis.ReverseOrder = true
	bars.YAxis.NumFmt = excelize.ChartNumFmt{CustomNumFmt: "#,##0"}
	bars.YAxis.MajorUnit = 0
	bars.PlotArea = excelize.ChartPlotArea{ShowVal: true}
	for i, chart := range []*excelize.Chart{ring, bars} {
		chart.Dimension = excelize.ChartDimension{Width: 620, Height: rows*chartHeight*4/3 - 6}
		chart.Format = excelize.GraphicOptions{OffsetX: 4, OffsetY: 2, Positioning: "oneCell"}
		m.s.charts = append(m.s.charts, &placedChart{cell: fmt.Sprintf("%s%d", []string{"A", "H"}[i], top), chart: chart})
	}
}
