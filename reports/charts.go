package reports

import (
	"maps"
	"slices"

	"daesa/internal/xlsx"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports/book"
)

// chartData says where on the control sheet the figures of the charts stand.
// Charts are drawn from cells that people can read, never from hidden ones.
type chartData struct {
	nights, days book.Rows
	currency     pay.Currency
}

// daysAhead is the number of days whose deadlines are drawn day by day.
const daysAhead = 14

// trends lays out the figures of the charts: the nights up to this one, and the
// deadlines day by day. Only one currency is drawn, won where there is any:
// amounts of two are never added.
func (c *control) trends() chartData {
	first := c.FirstCurrency()
	return chartData{nights: c.nights(first), days: c.days(first), currency: first}
}

// nights are the thirty nights up to this one, all merchants together.
func (c *control) nights(currency pay.Currency) book.Rows {
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
	c.heading(c.Say("최근 30일 불일치 추이", "The last thirty nights"))
	header := c.head(book.Label{"대사 기준일", "Business date"}, book.Label{"불일치 건수", "Breaks"}, book.Label{"불일치 금액", "Apart"}, book.Label{"신규", "New"}, book.Label{"자동 해소", "Cleared"}, book.Label{"완료", "Complete"})
	days := slices.Sorted(maps.Keys(byDay))
	var most int64
	for _, day := range days[max(len(days)-30, 0):] {
		f := byDay[day]
		most = max(most, book.Whole(currency, f.Apart[currency]))
		c.s.Add(18, c.r.On(day), c.r.Number(f.Open), c.r.Money(currency, f.Apart[currency]), c.r.Number(f.Opened), c.r.Number(f.Cleared), c.r.Says(c.Lang.YesNo(f.Complete)))
	}
	return book.Rows{Area: xlsx.Area{Sheet: c.s.Name, First: header + 1, Last: c.s.Last()}, Header: header, Most: most}
}

// days are the deadlines of the days to come.
func (c *control) days(currency pay.Currency) book.Rows {
	c.heading(c.Say("일자별 취소기한 도래액", "Deadlines by day"))
	header := c.head(book.Label{"취소기한", "Deadline"}, columnCount, book.ColumnAmount)
	today := pay.DayOf(c.night.now)
	var most int64
	for i := range daysAhead {
		day := today.Add(i)
		s := c.night.sumOf(func(d Deadline) bool {
			return !d.CancelBy.IsZero() && pay.DayOf(d.CancelBy) == day && d.Currency == currency
		})
		most = max(most, book.Whole(currency, s.money[currency]))
		c.s.Add(18, c.r.On(day), c.r.Number(s.count), c.r.Money(currency, s.money[currency]))
	}
	return book.Rows{Area: xlsx.Area{Sheet: c.s.Name, First: header + 1, Last: c.s.Last()}, Header: header, Most: most}
}

// chartRows is how many rows the charts stand on.
const chartRows = 13

// chartRoom keeps the rows that the charts stand on.
func (m *summary) chartRoom() {
	m.chartsAt = m.s.Last() + 1
	for range chartRows {
		m.s.Add(book.ChartHeight)
	}
}

// drawCharts puts three charts side by side.
func (m *summary) drawCharts(data chartData, methods book.Rows) {
	if m.chartsAt == 0 {
		return
	}
	wide := m.s.Pixels(colLabel, colLast) / 3
	m.place(0, wide, m.nightsChart(data), data.nights)
	m.place(1, wide, m.daysChart(data), data.days)
	m.place(2, wide, m.methodsChart(methods, data.currency), methods)
}

// place puts a chart where there is something to draw.
func (m *summary) place(i, wide int, c xlsx.Chart, of book.Rows) {
	if !of.Empty() {
		c.Width, c.Height = wide-6, book.ChartPixels(chartRows)-6
		m.s.Chart(colLabel, m.chartsAt, i*wide, c)
	}
}

// nightsChart: by how much the two sides differed, and in how many orders.
func (m *summary) nightsChart(data chartData) xlsx.Chart {
	format, unit := m.Axis(data.currency, data.nights.Most)
	c := book.NewChart(xlsx.Columns, m.Lang.Fill(book.Label{"최근 30일 불일치 금액({1})·건수", "Thirty nights: {1} apart, and breaks"}, unit), data.nights.Series(3, "B9CCEE"))
	number := data.nights.Series(2, book.Red)
	c.Line, c.Format = &number, format
	return book.ByDay(c, data.nights)
}

// daysChart: what can no longer be cancelled after each day.
func (m *summary) daysChart(data chartData) xlsx.Chart {
	format, unit := m.Axis(data.currency, data.days.Most)
	c := book.NewChart(xlsx.Columns, m.Lang.Fill(book.Label{"일자별 취소기한 도래액({1})", "Deadlines by day ({1})"}, unit), data.days.Series(3, "E0A84A"))
	c.Format = format
	return book.ByDay(c, data.days)
}

// methodsChart: what the date's payments were made by, as Toss has it, or the
// shop where Toss's list was not read.
func (m *summary) methodsChart(of book.Rows, currency pay.Currency) xlsx.Chart {
	if of.Empty() {
		return xlsx.Chart{}
	}
	amount, title := 8, book.Label{"결제수단별 토스 승인금액({1})", "Approved by Toss, by method ({1})"}
	if !m.night.money.Listed {
		amount, title = 3, book.Label{"결제수단별 쇼핑몰 승인금액({1})", "Approved in the shop, by method ({1})"}
	}
	format, unit := m.Axis(currency, of.Most)
	c := book.NewChart(xlsx.Bars, m.Lang.Fill(title, unit), of.Series(amount, "5B7FC4"))
	c.Format = format
	return c
}
