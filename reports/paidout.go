package reports

import (
	"daesa/reconcile"
)

// What Toss paid out on the business date (정산 지급): the money that the bank
// statement shows, and the fees, which are known only now.

var (
	paidOutWord   = word{"토스 정산금 지급(당일 입금)", "Paid out by Toss"}
	columnsOfPaid = []word{{"건수", "Rows"}, {"거래금액", "Amount"}, {"수수료(부가세 포함)", "Fees (with VAT)"}, {"지급액", "Paid out"}}
)

// hasPaid says whether there is something to say of what was paid out: a day
// without a payout, as every day of a test key, is passed over.
func hasPaid(s Snapshot) bool {
	p := s.Run.PaidOut
	return p != nil && (p.Why != "" || len(p.Sums) > 0)
}

func (b *nightBook) paidUnread(p *reconcile.PaidOut) string {
	return clip(clean(b.lang.fill(word{"미조회 — {1}", "not read — {1}"}, p.Why)))
}

// paidOut draws the same for one merchant, on the last sheet.
func (c *control) paidOut(s Snapshot) {
	if !hasPaid(s) {
		return
	}
	c.s.add(6)
	c.head(append([]word{paidOutWord}, columnsOfPaid...)...)
	if p := s.Run.PaidOut; p.Why != "" {
		why := c.paidUnread(p)
		row := c.s.add(18*linesOf(why, 90), text(c.left(), c.lang.day(s.Run.Day)))
		c.s.span(2, 6, row, text(c.style(plain.with(func(l *look) { l.rule, l.color, l.wrap = hair, red, true })), why))
		return
	}
	for _, sum := range s.Run.PaidOut.Sums {
		won := c.right(moneyFormat(sum.Currency))
		c.s.add(18, text(c.left(), c.lang.day(s.Run.Day)+" "+string(sum.Currency)), count(c.right(formatCount), sum.Rows),
			money(won, sum.Currency, sum.Amount), money(won, sum.Currency, sum.Fee), money(won, sum.Currency, sum.Paid))
	}
}
