package reports

import (
	"slices"

	"daesa/internal/xlsx"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports/book"
)

// methodsSheet draws what moved on the date by method and by merchant, with the
// share and the open breaks of each.
type methodsSheet struct {
	*dayGrid
	open map[methodOf]openBreak
}

type methodOf struct {
	currency pay.Currency
	method   pay.Method
}

// openBreak counts the breaks that need a person, and sums their differences.
type openBreak struct{ count, apart int64 }

// drawMethods lays out the sheet; nothing where no snapshot has the date's money.
// It gives where the first currency's methods stand, for the chart of the first
// sheet.
func (b *nightBook) drawMethods() book.Rows {
	if b.night.money == nil || b.night.nothingRead() {
		return book.Rows{}
	}
	s := b.Add(&xlsx.Sheet{Name: b.Lang.Of(sheetMethods), Tab: book.Navy, Widths: []int{22, 9, 15, 9, 14, 15, 9, 15, 9, 14, 15, 14, 9, 9, 14}})
	n := b.night
	m := &methodsSheet{dayGrid: &dayGrid{nightBook: b, s: s, from: 1, tall: 20}, open: map[methodOf]openBreak{}}
	for i := range b.night.breaks {
		if r := &b.night.breaks[i]; r.Status.NeedsPerson() {
			key := methodOf{r.Currency, r.Method}
			sum := m.open[key]
			sum.count++
			if !r.again {
				sum.apart += r.Apart()
			}
			m.open[key] = sum
		}
	}
	s.Add(28, xlsx.Text(b.Style(book.TitleStyle), b.Say("결제수단별 당일 거래", "The date by method")+" · "+b.Lang.Day(b.night.day)))
	b.Back(s, len(s.Widths))
	for _, sentence := range b.dayNotes() {
		s.Add(15, xlsx.Text(b.Style(book.SmallStyle), sentence))
	}
	var first book.Rows
	for i, currency := range b.Currencies {
		rows := n.dayRows(currency, m.openMethods(currency)...)
		if i > 0 && len(rows) == 0 {
			continue
		}
		s.Add(10)
		at := m.currency(currency, rows)
		if i == 0 {
			first = at
		}
	}
	if b.Several {
		m.merchants()
	}
	m.charts(first)
	s.Widen(4)
	s.OnePage = s.Tall() <= methodsOnePage
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
func (m *methodsSheet) currency(currency pay.Currency, rows []reconcile.DayTotal) book.Rows {
	before := m.s.Last()
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
		most = max(most, book.Whole(currency, m.moved(t)))
		m.behind(first+i, book.Tone{}, currency, m.moved(t), all.apart, sum)
	}
	m.behind(m.s.Last(), sumTone, currency, all.apart, all.apart, open)
	return book.Rows{Area: xlsx.Area{Sheet: m.s.Name, First: first, Last: last}, Header: before + 2, Most: most}
}

// moved is the base of a method's share: what Toss approved, or the shop where
// Toss's list was not read.
func (m *methodsSheet) moved(t reconcile.DayTotal) int64 {
	if m.night.money.Listed {
		return t.Provider.Approvals
	}
	return t.Shop.Approvals
}

// beside heads the columns behind the grid.
func (m *methodsSheet) beside(sides, figures int) {
	m.s.Span(13, 15, sides, xlsx.Text(m.Style(sideStyle(book.Navy)), m.Say("구성비 · 미해소 불일치", "Share · open breaks")))
	for i, name := range []book.Label{{"구성비", "Share"}, {"불일치", "Breaks"}, {"불일치 금액", "Apart"}} {
		m.s.Set(13+i, figures, xlsx.Text(m.Style(figureHead("right")), m.Lang.Of(name)))
	}
}

func (m *methodsSheet) behind(row int, t book.Tone, currency pay.Currency, part, all int64, open openBreak) {
	share := xlsx.Share(m.Row(t).Right(book.FormatShare), part, all)
	if open.count > 0 {
		t.Colour = book.Red
	}
	r := m.Row(t)
	m.s.Grid(row-1, 0, xlsx.Singles(13, 3)...).Add(share, r.Count(open.count), r.Money(currency, open.apart))
}

// merchants are the sums of each merchant.
func (m *methodsSheet) merchants() {
	m.s.Add(10)
	m.head(book.ColumnMID)
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
			name := xlsx.Clean(s.Run.MID)
			if len(m.Currencies) > 1 {
				name += " " + book.Code(t.Currency)
			}
			m.draw(book.Tone{}, name, t, nil)
		}
	}
}

// charts: what each method has of the date, and the breaks that are open in it.
func (m *methodsSheet) charts(of book.Rows) {
	if of.Empty() {
		return
	}
	m.s.Add(10)
	top := m.s.Last() + 1
	const rows = 16
	for range rows {
		m.s.Add(book.ChartHeight)
	}
	amount, title := 8, m.Say("토스 승인금액 구성비", "Approved by Toss, shares")
	if !m.night.money.Listed {
		amount, title = 3, m.Say("쇼핑몰 승인금액 구성비", "Approved in the shop, shares")
	}
	ring := book.NewChart(xlsx.Ring, title, of.Series(amount, ""))
	bars := book.NewChart(xlsx.Bars, m.Say("결제수단별 미해소 불일치(건)", "Open breaks by method"), of.Series(14, book.Red))
	bars.Format, bars.Figures = "#,##0", true
	for i, c := range []xlsx.Chart{ring, bars} {
		c.Width, c.Height = 620, book.ChartPixels(rows)-6
		m.s.Chart([]int{1, 8}[i], top, 4, c)
	}
}
