package reports

import (
	"fmt"

	"daesa/reconcile"
)

// What Toss paid out on the business date (정산 지급): the money that the bank
// statement shows, and the fees, which are known only now.

var (
	paidOutWord   = word{"정산 지급 (통장에 들어온 돈)", "Paid out by Toss (on the bank statement)"}
	columnsOfPaid = []word{{"건수", "Rows"}, {"거래 금액", "Amount"}, {"수수료 (부가세 포함)", "Fees (with VAT)"}, {"지급액", "Paid out"}}
)

// hasPaid says whether there is something to say of what was paid out: a day
// without a payout, as every day of a test key, is passed over.
func hasPaid(s Snapshot) bool {
	p := s.Run.PaidOut
	return p != nil && (p.Why != "" || len(p.Sums) > 0)
}

func (b *nightBook) paidUnread(p *reconcile.PaidOut) string {
	return clip(clean(b.lang.fill(word{"읽지 못함 — {1}", "not read — {1}"}, p.Why)))
}

// paidOut draws the payouts of the date, a row for each merchant and currency.
func (m *summary) paidOut() {
	began := false
	for _, s := range m.night.snapshots {
		if !hasPaid(s) {
			continue
		}
		if !began {
			began = true
			m.nextHeading(paidOutWord, sheetControl)
			m.head(append(append([]word{{"가맹점", "Merchant"}}, columnsOfPaid...), word{}, word{}, word{})...)
		}
		m.paidRows(s)
	}
}

func (m *summary) paidRows(s Snapshot) {
	if p := s.Run.PaidOut; p.Why != "" {
		why := m.paidUnread(p)
		row := m.s.add(18*linesOf(why, 110), blank(m.label(false, 0)), text(m.label(false, 0), clean(s.Run.MID)))
		m.s.span(3, colLast, row, text(m.look(func(l *look) { l.rule, l.color, l.wrap = hair, red, true }), why))
		return
	}
	for _, sum := range s.Run.PaidOut.Sums {
		won := m.figure(moneyFormat(sum.Currency), false)
		m.tallyRow(clean(fmt.Sprintf("%s %s", s.Run.MID, sum.Currency)), false, []cell{
			count(m.figure(m.counting(), false), sum.Rows), money(won, sum.Currency, sum.Amount), money(won, sum.Currency, sum.Fee),
			money(m.figure(moneyFormat(sum.Currency), true), sum.Currency, sum.Paid),
		}, top(m.lang.of(sheetControl)))
	}
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
