package reports

import (
	"cmp"
	"fmt"
	"slices"

	"daesa/pay"
	"daesa/reconcile"
)

// What the business date itself had: approvals, cancels and what is left, the
// shop against Toss, by method. It stands apart from what is open today, which
// is over orders of any age.

var (
	sheetMethods    = word{"결제수단별", "Methods"}
	dayWord         = word{"당일 거래 대사", "What moved on the date"}
	unexplainedWord = word{"원인 미확인 차이", "Unexplained"}
	sumWord         = word{"합계", "Sum"}
)

// methodOrder is the order in which finance lists methods.
var methodOrder = []pay.Method{pay.Card, pay.EasyPay, pay.Transfer, pay.VirtualAccount, pay.Phone, pay.GiftCertificate, pay.ForeignEasyPay}

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
	slices.SortStableFunc(rows, func(a, b reconcile.DayTotal) int {
		return cmp.Or(methodPlace(a.Method)-methodPlace(b.Method), cmp.Compare(a.Method, b.Method))
	})
	return rows
}

// methodPlace is where a method stands; those that nobody knows come last, and
// what a side does not name behind them.
func methodPlace(m pay.Method) int {
	if i := slices.Index(methodOrder, m); i >= 0 {
		return i
	}
	if m == pay.MethodUnknown {
		return len(methodOrder) + 1
	}
	return len(methodOrder)
}

func (b *book) methodName(m pay.Method) string {
	if m == pay.MethodUnknown {
		return b.say("미지정", "not named")
	}
	return clean(b.lang.method(m))
}

// dayGrid draws the figures of the date into rows of a sheet, from a column on:
// a label, five figures of the shop, five of Toss, their difference.
type dayGrid struct {
	*nightBook
	s    *sheet
	from int // the column of the label
	tall int // of a row
}

func (g *dayGrid) style(change func(*look)) int { return g.book.style(plain.with(change)) }

// head draws two header rows: the sides, then their figures.
func (g *dayGrid) head(label word) {
	side := func(over string) int {
		return g.style(func(l *look) { l.bold, l.color, l.fill, l.align, l.over = true, white, navy, "center", over })
	}
	row := g.s.add(g.tall)
	g.s.set(g.from, row, blank(side(navy)))
	g.s.span(g.from+1, g.from+5, row, text(side(navy), g.lang.of(columnShop)))
	g.s.span(g.from+6, g.from+10, row, text(g.style(func(l *look) { l.bold, l.color, l.fill, l.align, l.over = true, white, link, "center", link }), g.lang.of(columnProvider)))
	g.s.set(g.from+11, row, blank(side(navy)))
	figures := []word{{"승인 건수", "Approvals"}, {"승인금액", "Approved"}, {"취소 건수", "Cancels"}, {"취소금액", "Cancelled"}, {"순결제금액", "Net"}}
	row = g.s.add(g.tall)
	for i, name := range slices.Concat([]word{label}, figures, figures, []word{columnDifference}) {
		align := "right"
		if i == 0 {
			align = "left"
		}
		g.s.set(g.from+i, row, text(g.style(func(l *look) { l.size, l.bold, l.color, l.fill, l.align, l.rule = 9, true, navy, head, align, hair }), g.lang.of(name)))
	}
}

// row draws one row; Toss's side is a dash where its list was not read whole.
func (g *dayGrid) row(name string, currency pay.Currency, t reconcile.DayTotal, bold bool, total func(column int, money bool) string) {
	row := g.s.add(g.tall)
	over, fill := "", noFill
	if bold {
		over, fill = navy, pale
	}
	style := func(format, align string) int {
		return g.style(func(l *look) {
			l.rule, l.over, l.fill, l.bold, l.format, l.align = hair, over, fill, bold, format, align
		})
	}
	g.s.set(g.from, row, text(style("@", "left"), name))
	summed := func(c cell, column int, money bool) cell {
		if total == nil {
			return c
		}
		return c.as(total(column, money))
	}
	side := func(from int, m reconcile.Moved) {
		n, won := style(g.counting(), "right"), style(moneyFormat(currency), "right")
		net := rounded(currency, fmt.Sprintf("%s-%s", at(from+1, row), at(from+3, row)))
		g.s.set(from, row, summed(count(n, m.ApprovalCount), from, false))
		g.s.set(from+1, row, summed(money(won, currency, m.Approvals), from+1, true))
		g.s.set(from+2, row, summed(count(n, m.CancelCount), from+2, false))
		g.s.set(from+3, row, summed(money(won, currency, m.Cancels), from+3, true))
		g.s.set(from+4, row, money(won, currency, m.Net()).as(net))
	}
	side(g.from+1, t.Shop)
	if !g.night.money.Listed {
		for column := g.from + 6; column <= g.from+11; column++ {
			g.s.set(column, row, text(style("@", "right"), "–"))
		}
		return
	}
	side(g.from+6, t.Provider)
	apart := rounded(currency, fmt.Sprintf("%s-%s", at(g.from+5, row), at(g.from+10, row)))
	g.s.set(g.from+11, row, money(style(signedFormat(currency), "right"), currency, t.Shop.Net()-t.Provider.Net()).as(apart))
}

// table draws a currency: a row for each method, and their sum.
func (g *dayGrid) table(currency pay.Currency, rows []reconcile.DayTotal) (first, last int) {
	label := columnMethod
	if len(g.currencies) > 1 {
		label = word{columnMethod.ko + " (" + code(currency) + ")", columnMethod.en + " (" + code(currency) + ")"}
	}
	g.head(label)
	first = g.s.last() + 1
	for _, t := range rows {
		g.row(g.methodName(t.Method), currency, t, false, nil)
	}
	last = g.s.last()
	shop, toss := g.daySums(currency)
	sum := reconcile.DayTotal{Currency: currency, Shop: shop, Provider: toss}
	g.row(g.lang.of(sumWord), currency, sum, true, func(column int, money bool) string {
		formula := fmt.Sprintf("SUM(%s:%s)", at(column, first), at(column, last))
		switch {
		case last < first:
			return "0"
		case money:
			return rounded(currency, formula)
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
	m.heading(word{dayWord.ko + " · " + string(m.night.day), dayWord.en + " · " + string(m.night.day)}, sheetMethods)
	grid := &dayGrid{nightBook: m.nightBook, s: m.s, from: colLabel, tall: 18}
	for i, currency := range m.dayCurrencies() {
		if i > 0 {
			m.s.add(4)
		}
		grid.table(currency, m.night.dayRows(currency))
		m.places["approved "+string(currency)] = m.reference(colLabel+7, m.s.last())
		m.s.linkRow(m.s.last(), top(m.lang.of(sheetMethods)))
	}
	style := m.look(func(l *look) { l.size, l.color, l.wrap = 8, grey, true })
	for _, sentence := range m.dayNotes() {
		m.s.span(colLabel, colLast, m.s.add(12*linesOf(sentence, 165)), text(style, sentence))
	}
}

// dayCurrencies are those in which the date has something, and the first.
func (b *nightBook) dayCurrencies() []pay.Currency {
	var list []pay.Currency
	for i, currency := range b.currencies {
		if i == 0 || len(b.night.dayRows(currency)) > 0 {
			list = append(list, currency)
		}
	}
	return list
}

// dayNotes say what the figures are summed from, and what they leave out.
func (b *nightBook) dayNotes() []string {
	list := []string{b.say("쇼핑몰 = 승인·취소일시가 대사 기준일인 주문의 합계, 토스 = 대사 기준일 거래내역의 합계. 결제수단은 각자의 기록 기준입니다(예: 간편결제를 쇼핑몰은 카드로 기록).",
		"Shop: its orders by when they were paid and cancelled. Toss: its transactions of the date. Methods are as each side names them.")}
	day := b.night.money
	if !day.Listed {
		list = append(list, b.say("⚠ 대사 기준일의 토스 거래내역을 모두 조회하지 못해 토스 금액과 차이를 표시하지 않습니다.", "⚠ Toss's list of the date was not read whole: its side and the difference are not shown."))
	}
	var unproven int64
	for _, t := range day.Totals {
		unproven += t.Provider.Unproven
	}
	if unproven > 0 {
		list = append(list, b.lang.fill(word{"⚠ 토스 취소 {1}건은 취소금액이 결제 조회로 확인되지 않아 취소금액·순결제금액에 포함하지 않았습니다(거래내역의 취소 금액은 의미가 문서화되어 있지 않아 사용하지 않음).",
			"⚠ Of Toss's cancels the amount of {1} is not proven by a look-up; it is in no sum (what a cancel row's amount means is not documented)."}, b.number(unproven)))
	}
	if day.Undated > 0 {
		list = append(list, b.lang.fill(word{"⚠ 취소일시가 없는 쇼핑몰 취소 주문 {1}건은 당일 취소에 포함하지 않았습니다.", "⚠ {1} orders are cancelled in the shop without a time of it, and are in no date's figures."}, b.number(day.Undated)))
	}
	return list
}
