package reports

import (
	"fmt"
	"maps"
	"slices"

	"github.com/xuri/excelize/v2"

	"daesa/pay"
	"daesa/reconcile"
)

// chartData says where on the control sheet the figures of the charts stand.
// Charts are drawn from cells that people can read, never from hidden ones.
type chartData struct {
	nights, days span
	currency     pay.Currency
}

// span are rows of a table, below its header.
type span struct {
	sheet               string
	header, first, last int
	most                int64 // the largest amount, as it is shown
}

func (s span) empty() bool { return s.last < s.first }

// skip is how many labels lie from one that is shown to the next.
func (s span) skip() int { return (s.last-s.first)/labelsShown + 1 }

// ref is a column of the rows, as a formula writes it.
func (s span) ref(column int) string {
	letter := columnName(column)
	return fmt.Sprintf("%s!$%s$%d:$%s$%d", quoted(s.sheet), letter, s.first, letter, s.last)
}

// name is the header of a column.
func (s span) name(column int) string {
	return fmt.Sprintf("%s!$%s$%d", quoted(s.sheet), columnName(column), s.header)
}

// daysAhead is for how many days the deadlines are drawn day by day.
const daysAhead = 14

// trends lays out the figures of the charts: the nights up to this one, and the
// deadlines day by day. Only one currency is drawn, won where there is any:
// amounts of two are never added.
func (c *control) trends() chartData {
	first := c.firstCurrency()
	return chartData{nights: c.nights(first), days: c.days(first), currency: first}
}

// nights are the thirty nights up to this one, all merchants together.
func (c *control) nights(currency pay.Currency) span {
	byDay := map[pay.Day]reconcile.NightFigures{}
	add := func(f reconcile.NightFigures) {
		sum, seen := byDay[f.Day]
		if !seen {
			sum = reconcile.NightFigures{Day: f.Day, Complete: true, Apart: map[pay.Currency]int64{}}
		}
		sum.Complete = sum.Complete && f.Complete
		sum.Open, sum.Opened, sum.Cleared = sum.Open+f.Open, sum.Opened+f.Opened, sum.Cleared+f.Cleared
		sum.Apart[currency] += f.Apart[currency]
		byDay[f.Day] = sum
	}
	for _, s := range c.night.snapshots {
		for _, f := range s.Before {
			add(f)
		}
		if !unread(s) {
			add(s.Figures())
		}
	}
	c.heading(c.say("최근 30일 불일치 추이", "The last thirty nights"))
	header := c.chartHead(word{"대사 기준일", "Business date"}, word{"불일치 건수", "Breaks"}, word{"불일치 금액", "Apart"}, word{"신규", "New"}, word{"자동 해소", "Cleared"}, word{"완료", "Complete"})
	n, amount := c.right(formatCount), c.right(moneyFormat(currency))
	days := slices.Sorted(maps.Keys(byDay))
	var most int64
	for _, day := range days[max(len(days)-30, 0):] {
		f := byDay[day]
		most = max(most, whole(currency, f.Apart[currency]))
		c.s.add(18, date(c.leftly(formatDate), day), count(n, f.Open), money(amount, currency, f.Apart[currency]), count(n, f.Opened), count(n, f.Cleared),
			text(c.right("@"), c.lang.yesNo(f.Complete)))
	}
	return span{c.s.name, header, header + 1, c.s.last(), most}
}

func (c *control) chartHead(labels ...word) int {
	c.head(labels...)
	return c.s.last()
}

// days are the deadlines of the days to come.
func (c *control) days(currency pay.Currency) span {
	c.heading(c.say("일자별 취소기한 도래액", "Deadlines by day"))
	header := c.chartHead(word{"취소기한", "Deadline"}, word{"건수", "Count"}, word{"금액", "Amount"})
	today := pay.DayOf(c.night.now)
	var most int64
	for i := range daysAhead {
		day := today.Add(i)
		s := c.night.sumOf(func(d Deadline) bool {
			return !d.CancelBy.IsZero() && pay.DayOf(d.CancelBy) == day && d.Currency == currency
		})
		most = max(most, whole(currency, s.money[currency]))
		c.s.add(18, date(c.leftly(formatDate), day), count(c.right(formatCount), s.count), money(c.right(moneyFormat(currency)), currency, s.money[currency]))
	}
	return span{c.s.name, header, header + 1, c.s.last(), most}
}

// whole is an amount without its decimals.
func whole(c pay.Currency, units int64) int64 {
	for range c.Digits() {
		units /= 10
	}
	return units
}

const (
	chartRows   = 13
	chartHeight = 15 // points of a row of the charts: excelize reckons with it
)

// chartRoom keeps the rows that the charts stand on.
func (m *summary) chartRoom() {
	m.chartsAt = m.s.last() + 1
	for range chartRows {
		m.s.add(chartHeight)
	}
}

// drawCharts puts three charts side by side.
func (m *summary) drawCharts(data chartData, methods span) {
	if m.chartsAt == 0 {
		return
	}
	var pixels int
	for _, width := range m.s.widths[1:] {
		pixels += 7*width + 5
	}
	wide := uint(pixels / 3) //nolint:gosec // a sheet's width is small and positive
	for i, charts := range [][]*excelize.Chart{m.nightsChart(data), m.daysChart(data), m.methodsChart(methods, data.currency)} {
		if charts == nil {
			continue
		}
		cell, offset := m.atPixel(i * int(wide))
		charts[0].Dimension = excelize.ChartDimension{Width: wide - 6, Height: chartRows*chartHeight*4/3 - 6}
		charts[0].Format = excelize.GraphicOptions{OffsetX: offset, OffsetY: 2, Positioning: "oneCell"}
		m.s.charts = append(m.s.charts, &placedChart{cell: cell, chart: charts[0], over: charts[1:]})
	}
}

// atPixel is the cell that covers a distance from the first column's left edge.
func (m *summary) atPixel(distance int) (cell string, offset int) {
	for i, width := range m.s.widths[1:] {
		pixels := 7*width + 5
		if distance < pixels {
			return at(i+colLabel, m.chartsAt), distance
		}
		distance -= pixels
	}
	return at(colLast, m.chartsAt), 0
}

func (m *summary) chart(kind excelize.ChartType, title string, s span, value int, colour string) *excelize.Chart {
	no, zero := false, 0.0
	small := excelize.Font{Family: font, Size: 8, Color: grey}
	return &excelize.Chart{
		Type:   kind,
		Series: []excelize.ChartSeries{{Name: s.name(value), Categories: s.ref(1), Values: s.ref(value), Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}}},
		Title:  excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: title, Font: &excelize.Font{Family: font, Size: 10, Bold: true, Color: navy}}}},
		Legend: excelize.ChartLegend{Position: "none"},
		XAxis:  excelize.ChartAxis{Font: small},
		YAxis:  excelize.ChartAxis{Font: small, MajorGridLines: true, Minimum: &zero},

		VaryColors:   &no,
		ShowBlanksAs: "gap",
		Border:       excelize.LineOptions{Type: excelize.LineNone},
	}
}

// axis is how the money beside an axis is written: as few digits as tell the
// marks apart, with their unit in the chart's title.
func (m *summary) axis(c pay.Currency, most int64) (format, unit string) {
	name := code(c)
	if c == pay.KRW {
		name = m.say("원", "won")
	}
	switch {
	case most >= 10_000_000:
		return `#,##0,,`, m.say("백만", "millions of ") + name
	case most >= 10_000:
		return `#,##0,`, m.say("천", "thousands of ") + name
	default:
		return `#,##0`, name
	}
}

// labelsShown is how many labels fit below a chart.
const labelsShown = 8

// nightsChart: by how much the two sides differed, and in how many orders.
func (m *summary) nightsChart(data chartData) []*excelize.Chart {
	if data.nights.empty() {
		return nil
	}
	format, unit := m.axis(data.currency, data.nights.most)
	amount := m.chart(excelize.Col, m.lang.fill(word{"최근 30일 불일치 금액({1})·건수", "Thirty nights: {1} apart, and breaks"}, unit), data.nights, 3, "B9CCEE")
	amount.XAxis.NumFmt = excelize.ChartNumFmt{CustomNumFmt: "m/d"}
	amount.YAxis.NumFmt = excelize.ChartNumFmt{CustomNumFmt: format}
	amount.XAxis.TickLabelSkip, amount.XAxis.Alignment.TextRotation = data.nights.skip(), 90
	number := m.chart(excelize.Line, "", data.nights, 2, red)
	number.Title = excelize.ChartTitle{}
	number.Series[0].Line = excelize.LineOptions{Type: excelize.LineSolid, Width: 1.5, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{red}}}
	number.Series[0].Marker = excelize.ChartMarker{Symbol: "circle", Size: 5, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{red}}}
	zero := 0.0
	number.YAxis = excelize.ChartAxis{Secondary: true, Font: excelize.Font{Family: font, Size: 8, Color: red}, Minimum: &zero}
	return []*excelize.Chart{amount, number}
}

// daysChart: what can no longer be cancelled after each day.
func (m *summary) daysChart(data chartData) []*excelize.Chart {
	if data.days.empty() {
		return nil
	}
	format, unit := m.axis(data.currency, data.days.most)
	chart := m.chart(excelize.Col, m.lang.fill(word{"일자별 취소기한 도래액({1})", "Deadlines by day ({1})"}, unit), data.days, 3, "E0A84A")
	chart.XAxis.NumFmt = excelize.ChartNumFmt{CustomNumFmt: "m/d"}
	chart.YAxis.NumFmt = excelize.ChartNumFmt{CustomNumFmt: format}
	chart.XAxis.TickLabelSkip, chart.XAxis.Alignment.TextRotation = data.days.skip(), 90
	return []*excelize.Chart{chart}
}

// methodsChart: what the date's payments were made by, as Toss has it, or the
// shop where Toss's list was not read.
func (m *summary) methodsChart(at span, currency pay.Currency) []*excelize.Chart {
	if at.empty() || at.sheet == "" {
		return nil
	}
	amount, title := 8, word{"결제수단별 토스 승인금액({1})", "Approved by Toss, by method ({1})"}
	if !m.night.money.Listed {
		amount, title = 3, word{"결제수단별 쇼핑몰 승인금액({1})", "Approved in the shop, by method ({1})"}
	}
	format, unit := m.axis(currency, at.most)
	chart := m.chart(excelize.Bar, m.lang.fill(title, unit), at, amount, "5B7FC4")
	chart.XAxis.ReverseOrder = true
	chart.YAxis.NumFmt = excelize.ChartNumFmt{CustomNumFmt: format}
	return []*excelize.Chart{chart}
}
