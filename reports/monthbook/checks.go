package monthbook

import (
	"fmt"
	"strings"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reports/book"
)

// check is a figure that stands in two places: the roll-forward's, and that of
// another sheet, which a formula sums up again.
type check struct {
	name           book.Label
	currency       pay.Currency
	forward, sheet int64
	forwardAt      func(total int) string // the formula, of the row of the currency's sum; nil: none
	from           string                 // the formula of the other one; "": none
	to             book.Label             // the other sheet
}

func (c check) difference() int64 { return c.sheet - c.forward }

// compare holds a figure of the roll-forwards against the sum of a column of a list,
// for each currency.
func (b *monthBook) compare(f figure, to book.Label, where []xlsx.Area, column, currencies int, sums map[pay.Currency]int64) {
	for _, c := range b.Currencies {
		if forward := b.total(f, c); forward != 0 || sums[c] != 0 {
			b.checks = append(b.checks, check{name: f.name, currency: c, forward: forward, sheet: sums[c], to: to,
				forwardAt: f.at, from: sumOver(where, column, currencies, c)})
		}
	}
}

// total sums a figure over the merchants of a currency.
func (b *monthBook) total(f figure, c pay.Currency) int64 {
	var sum int64
	for i := range b.month.Ledgers {
		if l := &b.month.Ledgers[i]; l.Currency == c {
			b.plus(&sum, f.of(&l.MonthCheck))
		}
	}
	return sum
}

// sumOver is the formula that sums a column of a list over its sheets; "" where
// there is no row, or the currency is no code.
func sumOver(where []xlsx.Area, column, currencies int, c pay.Currency) string {
	if string(c) != book.Code(c) {
		return ""
	}
	var terms []string
	for _, rows := range where {
		switch {
		case rows.Empty():
		case currencies == 0:
			terms = append(terms, "SUM("+rows.Column(column)+")")
		default:
			terms = append(terms, fmt.Sprintf(`SUMIFS(%s,%s,"%s")`, rows.Column(column), rows.Column(currencies), book.Code(c)))
		}
	}
	if terms == nil {
		return ""
	}
	return book.Rounded(c, strings.Join(terms, "+"))
}

// failed counts the checks in which the two figures differ.
func (b *monthBook) failed() int {
	n := 0
	for _, c := range b.checks {
		if c.difference() != 0 {
			n++
		}
	}
	return n
}

// drawChecks lays out the figures that stand in two places, and their difference,
// which is nothing.
func (b *monthBook) drawChecks(s *xlsx.Sheet) {
	b.heading(s, b.Say("자체 검증", "Checks of itself"))
	g := s.Grid(s.Last(), 19, xlsx.Singles(1, 5)...)
	g.Add(b.Heads(book.Label{"검증 항목", "Check"}, sheetForward, book.Label{"해당 시트", "Its sheet"}, columnDifference, book.Label{"시트", "Sheet"})...)
	for _, c := range b.checks {
		r, colour := b.Row(book.Tone{}), book.Green
		if c.difference() != 0 {
			colour = book.Red
		}
		name := b.Lang.Of(c.name)
		if len(b.Currencies) > 1 {
			name += " (" + book.Code(c.currency) + ")"
		}
		forward := ""
		if c.forwardAt != nil {
			forward = c.forwardAt(b.totals[c.currency])
		}
		row := g.Row() + 1
		g.Add(r.Label(name), r.Money(c.currency, c.forward).Formula(forward), r.Money(c.currency, c.sheet).Formula(c.from),
			b.Row(book.Tone{Bold: true, Colour: colour}).Check(c.currency, c.difference()).Formula(book.Rounded(c.currency, g.At(3, row)+"-"+g.At(2, row))),
			r.Says(b.Lang.Of(c.to)))
		s.Link(3, row, xlsx.Top(b.Lang.Of(c.to)))
	}
}
