package reports

import (
	"slices"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports/book"
)

// The figures of the business date itself: approvals, cancels and net, the shop
// against Toss, by method. What is open today is another matter: it is over orders
// of any age.

var (
	sheetMethods     = book.Label{"결제수단별", "Methods"}
	dayLabel         = book.Label{"당일 거래 대사", "What moved on the date"}
	unexplainedLabel = book.Label{"원인 미확인 차이", "Unexplained"}
	sumLabel         = book.Label{"합계", "Sum"}
)

// dayRows are the totals of a currency, by method; also names methods in which
// nothing moved.
func (n *night) dayRows(currency pay.Currency, also ...pay.Method) []reconcile.DayTotal {
	var rows []reconcile.DayTotal
	for _, t := range n.money.Totals {
		if t.Currency == currency {
			rows = append(rows, t)
		}
	}
	for _, method := range also {
		if !slices.ContainsFunc(rows, func(t reconcile.DayTotal) bool { return t.Method == method }) {
			rows = append(rows, reconcile.DayTotal{Currency: currency, Method: method})
		}
	}
	slices.SortStableFunc(rows, func(a, b reconcile.DayTotal) int { return book.ByMethod(a.Method, b.Method) })
	return rows
}

func methodName(b *book.Book, m pay.Method) string {
	if m == pay.MethodUnknown {
		return b.Say("미지정", "not named")
	}
	return xlsx.Clean(b.Lang.Method(m))
}

// dayGrid draws the figures of the date into rows of a sheet, from a column on:
// a label, five figures of the shop, five of Toss, their difference.
type dayGrid struct {
	*nightBook
	s    *xlsx.Sheet
	from int // the column of the label
	tall int // of a row
}

// sideStyle is the header of one side, whose colour it has.
func sideStyle(colour string) book.Style {
	return book.Plain.With(func(s *book.Style) {
		s.Bold, s.Color, s.Fill, s.Align, s.Above = true, book.White, colour, "center", colour
	})
}

// figureHead is the header of a side's figures.
func figureHead(align string) book.Style {
	return book.Plain.With(func(s *book.Style) {
		s.Size, s.Bold, s.Color, s.Fill, s.Align, s.Below = 9, true, book.Navy, book.Head, align, book.Hair
	})
}

// head draws two header rows: the sides, then their figures.
func (g *dayGrid) head(first book.Label) {
	shop := g.Style(sideStyle(book.Navy))
	row := g.s.Add(g.tall)
	g.s.Set(g.from, row, xlsx.Blank(shop))
	g.s.Span(g.from+1, g.from+5, row, xlsx.Text(shop, g.Lang.Of(columnShop)))
	g.s.Span(g.from+6, g.from+10, row, xlsx.Text(g.Style(sideStyle(book.Link)), g.Lang.Of(columnProvider)))
	g.s.Set(g.from+11, row, xlsx.Blank(shop))
	figures := []book.Label{{"승인 건수", "Approvals"}, {"승인금액", "Approved"}, {"취소 건수", "Cancels"}, {"취소금액", "Cancelled"}, {"순결제금액", "Net"}}
	row = g.s.Add(g.tall)
	for i, name := range slices.Concat([]book.Label{first}, figures, figures, []book.Label{columnDifference}) {
		align := "right"
		if i == 0 {
			align = "left"
		}
		g.s.Set(g.from+i, row, xlsx.Text(g.Style(figureHead(align)), g.Lang.Of(name)))
	}
}

// sumTone is a row that sums those above it.
var sumTone = book.Tone{Bold: true, Above: book.Navy, Fill: book.Pale}

// draw draws one row; Toss's side is a dash where its list was not read whole.
// sum is the formula of a column that sums others; nil: none does.
func (g *dayGrid) draw(t book.Tone, name string, total reconcile.DayTotal, sum func(column int, money bool) string) {
	r, c, row := g.Row(t), total.Currency, g.s.Last()+1
	cells := []xlsx.Cell{r.Label(name)}
	figure := func(cell xlsx.Cell, money bool) {
		if sum != nil {
			cell = cell.Formula(sum(g.from+len(cells), money))
		}
		cells = append(cells, cell)
	}
	side := func(m reconcile.Moved) {
		from := g.from + len(cells)
		figure(r.Count(m.ApprovalCount), false)
		figure(r.Money(c, m.Approvals), true)
		figure(r.Count(m.CancelCount), false)
		figure(r.Money(c, m.Cancels), true)
		cells = append(cells, r.Money(c, m.Net()).Formula(book.Rounded(c, xlsx.At(from+1, row)+"-"+xlsx.At(from+3, row))))
	}
	side(total.Shop)
	if g.night.money.Listed {
		side(total.Provider)
		apart := r.Over(c, total.Shop.Net()-total.Provider.Net())
		cells = append(cells, apart.Formula(book.Rounded(c, xlsx.At(g.from+5, row)+"-"+xlsx.At(g.from+10, row))))
	}
	for len(cells) < 12 {
		cells = append(cells, r.Says("–"))
	}
	g.s.Grid(row-1, g.tall, xlsx.Singles(g.from, len(cells))...).Add(cells...)
}

// table draws a currency: a row for each method, and their sum.
func (g *dayGrid) table(currency pay.Currency, rows []reconcile.DayTotal) (first, last int) {
	method := columnMethod
	if len(g.Currencies) > 1 {
		method = method.With(" (" + book.Code(currency) + ")")
	}
	g.head(method)
	first = g.s.Last() + 1
	for _, t := range rows {
		g.draw(book.Tone{}, methodName(g.Book, t.Method), t, nil)
	}
	last = g.s.Last()
	shop, toss := g.daySums(currency)
	g.draw(sumTone, g.Lang.Of(sumLabel), reconcile.DayTotal{Currency: currency, Shop: shop, Provider: toss}, func(column int, money bool) string {
		formula := "SUM(" + xlsx.Span(column, first, column, last) + ")"
		switch {
		case last < first:
			return "0"
		case money:
			return book.Rounded(currency, formula)
		default:
			return formula
		}
	})
	return first, last
}

// dayTables draws the figures of the date: the whole table of the first
// currency, and each other currency's in its turn.
func (m *summary) dayTables() {
	if m.night.money == nil {
		return
	}
	m.heading(dayLabel.With(" · "+string(m.night.day)), sheetMethods)
	grid := &dayGrid{nightBook: m.nightBook, s: m.s, from: colLabel, tall: 18}
	for i, currency := range m.dayCurrencies() {
		if i > 0 {
			m.s.Add(4)
		}
		grid.table(currency, m.night.dayRows(currency))
		m.places["approved "+string(currency)] = xlsx.On(m.s.Name, colLabel+7, m.s.Last())
		m.s.LinkNumbers(m.s.Last(), xlsx.Top(m.Lang.Of(sheetMethods)))
	}
	style := m.Styled(func(s *book.Style) { s.Size, s.Color, s.Wrap = 8, book.Grey, true })
	for _, sentence := range m.dayNotes() {
		m.s.Span(colLabel, colLast, m.s.Add(12*xlsx.Lines(sentence, 165)), xlsx.Text(style, sentence))
	}
}

// dayCurrencies are those in which the date has something, and the first.
func (b *nightBook) dayCurrencies() []pay.Currency {
	var list []pay.Currency
	for i, currency := range b.Currencies {
		if i == 0 || len(b.night.dayRows(currency)) > 0 {
			list = append(list, currency)
		}
	}
	return list
}

// dayNotes say what the figures are summed from, and what they leave out.
func (b *nightBook) dayNotes() []string {
	list := []string{b.Say("쇼핑몰 = 승인·취소일시가 대사 기준일인 주문의 합계, 토스 = 대사 기준일 거래내역의 합계. 결제수단은 각자의 기록 기준입니다(예: 간편결제를 쇼핑몰은 카드로 기록).",
		"Shop: its orders by when they were paid and cancelled. Toss: its transactions of the date. Methods are as each side names them.")}
	day := b.night.money
	if !day.Listed {
		list = append(list, b.Say("⚠ 대사 기준일의 토스 거래내역을 모두 조회하지 못해 토스 금액과 차이를 표시하지 않습니다.", "⚠ Toss's list of the date was not read whole: its side and the difference are not shown."))
	}
	var unproven int64
	for _, t := range day.Totals {
		unproven += t.Provider.Unproven
	}
	if unproven > 0 {
		list = append(list, b.Lang.Fill(book.Label{"⚠ 토스 취소 {1}건은 취소금액이 결제 조회로 확인되지 않아 취소금액·순결제금액에 포함하지 않았습니다(거래내역의 취소 금액은 의미가 문서화되어 있지 않아 사용하지 않음).",
			"⚠ Of Toss's cancels the amount of {1} is not proven by a look-up; it is in no sum (what a cancel row's amount means is not documented)."}, b.Number(unproven)))
	}
	if day.Undated > 0 {
		list = append(list, b.Lang.Fill(book.Label{"⚠ 취소일시가 없는 쇼핑몰 취소 주문 {1}건은 당일 취소에 포함하지 않았습니다.", "⚠ {1} orders are cancelled in the shop without a time of it, and are in no date's figures."}, b.Number(day.Undated)))
	}
	return list
}
