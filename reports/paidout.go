package reports

import (
	"daesa/internal/xlsx"
	"daesa/reconcile"
	"daesa/reports/book"
)

// What Toss paid out on the business date (정산 지급): the money that the bank
// statement shows, and the fees, which are known only now.

var paidOutLabels = []book.Label{{"토스 정산금 지급(당일 입금)", "Paid out by Toss"}, {"건수", "Rows"}, {"거래금액", "Amount"}, {"수수료(부가세 포함)", "Fees (with VAT)"}, {"지급액", "Paid out"}}

// hasPaid says whether there is something to say of what was paid out: a day
// without a payout, as every day of a test key, is passed over.
func hasPaid(s Snapshot) bool {
	p := s.Run.PaidOut
	return p != nil && (p.Why != "" || len(p.Sums) > 0)
}

// paidOut draws the payouts of the date, a row for each merchant and currency.
func (m *summary) paidOut() {
	var g *xlsx.Grid
	for _, s := range m.night.snapshots {
		if !hasPaid(s) || s.Settlement != nil { // its payouts stand in a table of their own
			continue
		}
		if g == nil {
			g = m.table(paidOutLabels...)
		}
		m.paidRows(g, s.Run.MID, s.Run.PaidOut)
	}
}

func (m *summary) paidRows(g *xlsx.Grid, mid string, p *reconcile.PaidOut) {
	r, total := m.Row(book.Tone{}), m.Row(book.Tone{Bold: true})
	if p.Why != "" {
		row := g.Add(r.Label(mid))
		m.s.Span(slots[1][0], colLast, row, m.Row(book.Tone{Colour: book.Red}).Label(m.Say("미조회 (사유: 대사 확인 시트)", "not read (why: sheet Control)")))
		return
	}
	for _, sum := range p.Sums {
		amount := r.Money(sum.Currency, sum.Amount)
		m.tally(g, mid+" "+string(sum.Currency), false, book.SheetControl,
			r.Count(sum.Rows), amount, r.Money(sum.Currency, sum.Fee), total.Money(sum.Currency, sum.Paid))
	}
}

// paidOut draws the same for one merchant, on the last sheet.
func (c *control) paidOut(s Snapshot) {
	if !hasPaid(s) {
		return
	}
	c.table(paidOutLabels...)
	if p := s.Run.PaidOut; p.Why != "" {
		why := book.Clip(c.Lang.Fill(book.Label{"미조회 — {1}", "not read — {1}"}, p.Why))
		row := c.s.Add(18*xlsx.Lines(why, 90), c.r.Label(c.Lang.Day(s.Run.Day)))
		c.s.Span(2, 6, row, c.Row(book.Tone{Colour: book.Red, Wrap: true}).Label(why))
		return
	}
	for _, sum := range s.Run.PaidOut.Sums {
		c.add(c.Lang.Day(s.Run.Day)+" "+string(sum.Currency), c.r.Number(sum.Rows),
			c.r.Money(sum.Currency, sum.Amount), c.r.Money(sum.Currency, sum.Fee), c.r.Money(sum.Currency, sum.Paid))
	}
}
