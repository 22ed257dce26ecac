package monthbook

import (
	"maps"
	"slices"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reports/book"
	"daesa/settle"
)

// figure is one figure of a roll-forward, and its column on the sheet.
type figure struct {
	name   book.Label
	column int
	of     func(c *settle.MonthCheck) int64
}

// at is where the figure stands in a row of the sheet, for formulas of it.
func (f figure) at(row int) string { return xlsx.At(f.column, row) }

// The figures, from the opening to the closing, and then
// the other way to the same.
var (
	figureOpening     = figure{openingLabel, 2, func(c *settle.MonthCheck) int64 { return c.Opening }}
	figureApprovals   = figure{approvalsLabel, 3, func(c *settle.MonthCheck) int64 { return c.Approvals }}
	figureCancels     = figure{cancelsLabel, 4, func(c *settle.MonthCheck) int64 { return c.Cancels }}
	figureFees        = figure{columnFee, 5, func(c *settle.MonthCheck) int64 { return c.Fees }}
	figureFeeVAT      = figure{columnFeeVAT, 6, func(c *settle.MonthCheck) int64 { return c.FeeVAT }}
	figurePaid        = figure{payoutsLabel, 7, func(c *settle.MonthCheck) int64 { return c.Payouts }}
	figureAdjustments = figure{adjustmentsLabel, 8, func(c *settle.MonthCheck) int64 { return c.Adjustments }}
	figureClosing     = figure{closingLabel, 9, func(c *settle.MonthCheck) int64 { return c.Closing }}
	figureByRows      = figure{byRowsLabel, 10, func(c *settle.MonthCheck) int64 { return c.ClosingByRows }}
	figureUnexplained = figure{unexplainedLabel, 11, func(c *settle.MonthCheck) int64 { return c.Unexplained }}

	figures = []figure{figureOpening, figureApprovals, figureCancels, figureFees, figureFeeVAT, figurePaid, figureAdjustments,
		figureClosing, figureByRows, figureUnexplained}
)

// signed figures show their sign.
func (f figure) signed() bool { return f.column == figureAdjustments.column }

// forwardOnePage is the height in points up to which the sheet is printed on one
// page.
const forwardOnePage = 1100

// drawForward lays out the receivable by merchant, currency and method, what of it
// nobody explains, the checks of the workbook by itself, and the payouts by day.
func (b *monthBook) drawForward(s *xlsx.Sheet) {
	s.Tab, s.Widths = book.Navy, []int{28, 14, 14, 14, 14, 14, 14, 13, 14, 14, 14}
	b.page(s, sheetForward, b.Say("전월 이월 + 승인 − 취소 − 수수료 − 수수료 부가세 − 입금 ± 조정 = 차월 이월 · 승인·취소·수수료는 거래일, 입금은 통장 입금일 기준 · 수수료는 부가세 별도",
		"Opening + approved − cancelled − fees − fee VAT − paid ± adjusted = closing · by the day of the transaction, payouts by bank day · fees without VAT"))
	for _, c := range b.Currencies {
		if slices.ContainsFunc(b.month.Ledgers, func(l Ledger) bool { return l.Currency == c }) {
			b.forwardOf(s, c)
		}
	}
	b.drawShares(s)
	b.methodsCheck()
	start := s.Last()
	b.drawChecks(s)
	b.drawDays(s, start)
	s.Widen(4)
	s.OnePage = s.Tall() <= forwardOnePage
	s.IgnoreTextNumbers(xlsx.Span(1, 1, len(s.Widths), s.Last()))
}

// forwardOf draws one currency: each merchant with its methods, and the sum.
func (b *monthBook) forwardOf(s *xlsx.Sheet, c pay.Currency) {
	s.Add(10)
	heads := []book.Label{{"가맹점 · 결제수단 (" + book.Code(c) + ")", "Merchant · method (" + book.Code(c) + ")"}}
	for _, f := range figures {
		heads = append(heads, f.name)
	}
	g := s.Grid(s.Last(), 19, xlsx.Singles(1, len(heads))...)
	g.Add(b.Heads(heads...)...)
	var sum settle.MonthCheck
	var rows []int
	for i := range b.month.Ledgers {
		l := &b.month.Ledgers[i]
		if l.Currency != c {
			continue
		}
		rows = append(rows, b.forwardRow(g, b.Row(book.Tone{Bold: true, Fill: book.Pale}), l.MID, c, &l.MonthCheck))
		b.forwardMethods(g, l)
		if l.Prior != (settle.Roll{}) {
			b.priorRow(g, c, l.Prior)
		}
	}
	for _, f := range figures {
		f.set(&sum, b.total(f, c))
	}
	row := b.forwardRow(g, b.Row(book.Tone{Bold: true, Above: book.Navy}), b.Lang.Of(sumLabel), c, &sum)
	for _, f := range figures {
		formula := ""
		for _, of := range rows {
			formula += "+" + f.at(of)
		}
		g.Put(f.column, b.figureCell(b.Row(book.Tone{Bold: true, Above: book.Navy}), f, c, f.of(&sum)).Formula(book.Rounded(c, formula[1:])))
	}
	b.totals[c] = row
}

// set writes the figure of a sum.
func (f figure) set(c *settle.MonthCheck, units int64) {
	into := map[int]*int64{2: &c.Opening, 3: &c.Approvals, 4: &c.Cancels, 5: &c.Fees, 6: &c.FeeVAT, 7: &c.Payouts,
		8: &c.Adjustments, 9: &c.Closing, 10: &c.ClosingByRows, 11: &c.Unexplained}
	*into[f.column] = units
}

// forwardRow draws all figures of a merchant; the closing is reckoned of the others.
func (b *monthBook) forwardRow(g *xlsx.Grid, r book.TableRow, name string, c pay.Currency, of *settle.MonthCheck) int {
	row := g.Row() + 1
	cells := []xlsx.Cell{r.Label(name)}
	for _, f := range figures {
		cell := b.figureCell(r, f, c, f.of(of))
		switch f.column {
		case figureClosing.column:
			cell = cell.Formula(book.Rounded(c, closingFormula(row)))
		case figureUnexplained.column:
			cell = cell.Formula(book.Rounded(c, figureClosing.at(row)+"-"+figureByRows.at(row)))
		}
		cells = append(cells, cell)
	}
	return g.Add(cells...)
}

func closingFormula(row int) string {
	return figureOpening.at(row) + "+" + figureApprovals.at(row) + "-" + figureCancels.at(row) + "-" + figureFees.at(row) + "-" +
		figureFeeVAT.at(row) + "-" + figurePaid.at(row) + "+" + figureAdjustments.at(row)
}

// figureCell is an amount in the look of its column: what nobody explains is ticked
// where it is nothing, and red where it is not.
func (b *monthBook) figureCell(r book.TableRow, f figure, c pay.Currency, units int64) xlsx.Cell {
	switch {
	case f.column == figureUnexplained.column:
		tone := r.Tone
		if tone.Colour = book.Green; units != 0 {
			tone.Colour = book.Red
		}
		return b.Row(tone).Check(c, units)
	case f.signed():
		return r.Over(c, units)
	default:
		return r.Money(c, units)
	}
}

// forwardMethods are the rows of a merchant's methods.
func (b *monthBook) forwardMethods(g *xlsx.Grid, l *Ledger) {
	methods := slices.SortedFunc(slices.Values(l.ByMethod), func(x, y settle.MethodRoll) int { return book.ByMethod(x.Method, y.Method) })
	r := b.Row(book.Tone{Indent: 1})
	for _, m := range methods {
		row := g.Row() + 1
		of := settle.MonthCheck{Rollforward: settle.Rollforward{Opening: m.Opening, Roll: m.Roll, Closing: m.Closing}}
		cells := []xlsx.Cell{r.Label(b.method(m.Method))}
		for _, f := range figures[:8] {
			cell := b.figureCell(r, f, l.Currency, f.of(&of))
			if f.column == figureClosing.column {
				cell = cell.Formula(book.Rounded(l.Currency, closingFormula(row)))
			}
			cells = append(cells, cell)
		}
		g.Add(append(cells, r.Blank(), r.Blank())...)
	}
}

// priorRow is what of a merchant's month happened in an earlier one.
func (b *monthBook) priorRow(g *xlsx.Grid, c pay.Currency, prior settle.Roll) {
	r := b.Row(book.Tone{Indent: 1, Colour: book.Amber, Fill: book.Cream})
	of := settle.MonthCheck{Rollforward: settle.Rollforward{Roll: prior}}
	cells := []xlsx.Cell{r.Label(b.Lang.Fill(book.Label{"이 중 {1}", "of it, {1}"}, b.Lang.Of(priorLabel))), r.Blank()}
	for _, f := range figures[1:7] {
		cells = append(cells, b.figureCell(r, f, c, f.of(&of)))
	}
	g.Add(append(cells, r.Over(c, prior.Net()), r.Blank(), r.Blank())...)
}

// methodsCheck holds the closings by method against those of the merchants.
func (b *monthBook) methodsCheck() {
	for _, c := range b.Currencies {
		var sum int64
		for i := range b.month.Ledgers {
			if l := &b.month.Ledgers[i]; l.Currency == c {
				for _, m := range l.ByMethod {
					b.plus(&sum, m.Closing)
				}
			}
		}
		if forward := b.total(figureClosing, c); forward != 0 || sum != 0 {
			b.checks = append(b.checks, check{name: book.Label{"결제수단별 차월 이월", "Closing, by method"}, currency: c, forward: forward, sheet: sum,
				forwardAt: figureClosing.at, to: sheetForward})
		}
	}
}

// drawShares lists what of the difference belongs to which break.
func (b *monthBook) drawShares(s *xlsx.Sheet) {
	any := false
	for i := range b.month.Ledgers {
		any = any || b.month.Ledgers[i].Unexplained != 0 || len(b.month.Ledgers[i].Shares) > 0
	}
	if !any {
		return
	}
	b.heading(s, b.Say("원인 미확인 차이의 불일치별 내역", "What the difference is of, break by break"))
	g := s.Grid(s.Last(), 19, [2]int{1, 1}, [2]int{2, 3}, [2]int{4, 6}, [2]int{7, 8}, [2]int{9, 9})
	g.Add(b.leftHeads(book.ColumnMID, columnKind, book.Label{"대상", "Subject"}, book.Label{"결정", "Decision"}, book.ColumnAmount)...)
	g.Put(5, b.Heads(book.ColumnAmount, book.ColumnAmount)[1])
	for i := range b.month.Ledgers {
		l := &b.month.Ledgers[i]
		for _, share := range l.sorted() {
			r, decided := b.Row(book.Tone{}), b.Say("미결정", "none yet")
			if share.Decided != "" {
				decided = book.LookUp(b.Lang, book.DecisionLabels, share.Decided)
			}
			g.Add(r.Label(l.MID), r.Label(b.Lang.Kind(share.Kind)), r.Label(share.Subject), r.Label(decided), r.Over(l.Currency, share.Amount))
		}
		if rest := b.rest(l); rest != 0 {
			r := b.Row(book.AlarmTone)
			g.Add(r.Label(l.MID), r.Label(b.Lang.Of(unnamedLabel)), r.Blank(), r.Blank(), r.Over(l.Currency, rest))
		}
	}
}

var unnamedLabel = book.Label{"불일치로 확인되지 않은 차이", "Of no break"}

// sorted are the shares, the most serious kinds first.
func (l *Ledger) sorted() []Share {
	return slices.SortedFunc(slices.Values(l.Shares), func(x, y Share) int {
		return byKind(x.Kind, y.Kind, x.Subject, y.Subject)
	})
}

// rest is what of the difference no break explains.
func (b *monthBook) rest(l *Ledger) int64 {
	rest := l.Unexplained
	for _, share := range l.Shares {
		b.plus(&rest, -share.Amount)
	}
	return rest
}

// drawDays are the payouts of the first currency day by day, against the passbook:
// below a row, beside the checks.
func (b *monthBook) drawDays(s *xlsx.Sheet, below int) {
	c := b.FirstCurrency()
	expected, banked := map[pay.Day]int64{}, map[pay.Day]int64{}
	for i := range b.month.Payouts {
		p := &b.month.Payouts[i]
		if p.Currency != c || settle.MonthOfDay(p.Day) != b.month.Month {
			continue
		}
		due, came := expected[p.Day], banked[p.Day]
		b.plus(&due, p.due())
		b.plus(&came, p.Banked)
		expected[p.Day], banked[p.Day] = due, came
	}
	if len(expected) == 0 {
		return
	}
	s.Set(7, below+2, xlsx.Text(b.Style(book.HeadingStyle), b.Say("지급일별 지급예정액과 통장 입금액", "Payouts by day, against the passbook")))
	g := s.Grid(below+2, 19, xlsx.Singles(7, 4)...)
	head := g.Add(b.Heads(columnPayoutDay, columnExpected, columnBanked, columnDifference)...)
	r := b.Row(book.Tone{})
	var most int64
	for _, day := range slices.Sorted(maps.Keys(expected)) {
		row := g.Row() + 1
		most = max(most, book.Whole(c, expected[day]), book.Whole(c, banked[day]))
		g.Add(r.On(day), r.Money(c, expected[day]), r.Money(c, banked[day]),
			r.Over(c, banked[day]-expected[day]).Formula(book.Rounded(c, g.At(3, row)+"-"+g.At(2, row))))
	}
	b.days = book.Rows{Area: xlsx.Area{Sheet: s.Name, First: head + 1, Last: g.Row()}, Header: head, Most: most}
}
