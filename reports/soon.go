package reports

import (
	"fmt"

	"daesa/pay"
	"daesa/refunds"
)

// rightHalf draws, beside what differs today, what runs out, and below it where
// the refunds are.
func (m *summary) rightHalf(below int) {
	row := m.halfTable(below, word{"취소기한 임박", "What runs out"}, sheetDeadlines, m.soonRows())
	m.halfTable(row, word{"환불 진행 현황", "Refunds"}, sheetRefunds, m.queueRows())
}

// halfRow is a label, a count, an amount and a moment.
type halfRow struct {
	cells [4]cell
	link  string // of its figures; "": none
}

// halfTable draws a table into the right half, below a row, and gives its last.
func (m *summary) halfTable(below int, title, to word, rows []halfRow) int {
	row := below
	next := func() {
		if row++; row > m.s.last() {
			m.s.add(17)
		}
	}
	next()
	for i, label := range []word{title, {"건수", "Count"}, columnAmount, {"가장 이른 기한", "Earliest"}} {
		align := "right"
		if i == 0 {
			align = "left"
		}
		m.slot(rightHalf, i, row, text(m.headLook(align), m.lang.of(label)))
	}
	m.s.goTo(rightHalf[0][0], row, m.lang.of(to))
	for _, r := range rows {
		next()
		for i, c := range r.cells {
			m.slot(rightHalf, i, row, c)
			if c.kind == cellNumber && r.link != "" {
				m.s.links = append(m.s.links, sheetLink{at(rightHalf[i][0], row), r.link})
			}
		}
	}
	return row
}

var bucketWords = map[bucket]word{
	bucketToday: {"오늘 (D-day)", "Today (D-day)"}, bucketOne: {"D-1", "D-1"}, bucketThree: {"D-3 ~ D-2", "D-3 to D-2"},
	bucketSeven: {"D-7 ~ D-4", "D-7 to D-4"}, bucketLater: {"D-8 이후", "Later"},
	bucketNone: {"기한 없음(거절 가능)", "No last day · may be refused"}, bucketLost: {"취소기한 경과", "Expired"},
}

// soonRows: each bucket in won, and another row for each other currency.
func (m *summary) soonRows() []halfRow {
	var rows []halfRow
	link := top(m.lang.of(sheetDeadlines))
	for _, key := range buckets {
		s := m.stakes[key]
		hot := s.count > 0 && (key <= bucketOne || key == bucketLost)
		style := func(format, align string) int {
			return m.look(func(l *look) {
				if l.rule, l.bold, l.format, l.align = hair, hot, format, align; hot {
					l.color = red
				}
			})
		}
		name, counted, first := text(style("@", "left"), m.lang.of(bucketWords[key])), count(style(m.counting(), "right"), s.count), moment(style(formatDate, "right"), s.first)
		for i, currency := range m.currencies {
			if i > 0 && s.money[currency] == 0 {
				continue
			}
			rows = append(rows, halfRow{[4]cell{name, counted, money(style(moneyFormat(currency), "right"), currency, s.money[currency]), first}, link})
			name, counted, first = blank(style("@", "left")), blank(style("@", "right")), blank(style("@", "right"))
		}
	}
	return append(rows, m.bankDayRow())
}

// bankDayRow is what must be sent before the banks have closed once more.
func (m *summary) bankDayRow() halfRow {
	bankDay := pay.DayOf(m.night.now).AddBankDays(1)
	s := m.night.sumOf(func(d Deadline) bool { return !d.CancelBy.IsZero() && d.CancelBy.Before(bankDay.End()) })
	style := func(format, align string) int {
		return m.look(func(l *look) { l.rule, l.over, l.bold, l.format, l.align = hair, navy, true, format, align })
	}
	first := m.firstCurrency()
	return halfRow{[4]cell{text(style("@", "left"), m.lang.fill(word{"익영업일 {1}까지", "Up to bank day {1}"}, m.lang.day(bankDay)[5:])),
		count(style(m.counting(), "right"), s.count), money(style(moneyFormat(first), "right"), first, s.money[first]), moment(style(formatDate, "right"), s.first)},
		top(m.lang.of(sheetDeadlines))}
}

// queueRows: the states in which something is, and always those that wait for
// a person. Amounts are of what the list of refunds has, in the first currency.
func (m *summary) queueRows() []halfRow {
	const waiting = 5 // of statesByNeed
	var rows []halfRow
	link := top(m.lang.of(sheetRefunds))
	add := func(name string, state string, hot bool) {
		style := func(format, align string) int {
			return m.look(func(l *look) {
				if l.rule, l.bold, l.format, l.align = hair, hot, format, align; hot {
					l.color = red
				}
			})
		}
		s := m.night.refundsIn(refunds.State(state))
		number := m.night.sum.Refunds[state]
		amount := blank(style("@", "right"))
		if first := m.firstCurrency(); s.count == number { // the list has all of them
			amount = money(style(moneyFormat(first), "right"), first, s.money[first])
		}
		rows = append(rows, halfRow{[4]cell{text(style("@", "left"), name), count(style(m.counting(), "right"), number), amount, moment(style(formatDate, "right"), s.first)}, link})
	}
	known := map[string]bool{}
	for i, state := range statesByNeed {
		known[string(state)] = true
		number := m.night.sum.Refunds[string(state)]
		if number == 0 && i >= waiting {
			continue
		}
		name := m.lang.refund(state, pay.MethodUnknown)
		if state == refunds.Succeeded {
			name += " · " + m.lang.of(paidOut)
		}
		add(name, string(state), number > 0 && i < 3)
	}
	for _, state := range sortedKeys(m.night.sum.Refunds) {
		if !known[state] && m.night.sum.Refunds[state] > 0 {
			add(clean(state), state, false)
		}
	}
	return rows
}

// refundsIn sums the requests of a state that the list has.
func (n *night) refundsIn(state refunds.State) stake {
	s := stake{money: map[pay.Currency]int64{}}
	for i := range n.refunds {
		if r := &n.refunds[i]; r.State == state {
			s.add(r.Currency, r.Amount, r.CancelBy)
		}
	}
	return s
}

// captured is how many refund accounts were saved of those that Toss showed.
func (m *summary) captured() {
	var f refunds.CaptureFigures
	watched := false
	for _, s := range m.night.snapshots {
		if s.Capture != nil {
			watched = true
			f.Captured, f.Given, f.Waiting, f.Missed = f.Captured+s.Capture.Captured, f.Given+s.Capture.Given, f.Waiting+s.Capture.Waiting, f.Missed+s.Capture.Missed
		}
	}
	if !watched {
		return
	}
	m.head(word{"가상계좌 환불계좌 수집", "Refund accounts"}, word{"수집", "Captured"}, word{"별도 접수", "Given otherwise"}, word{"대기", "Waiting"},
		word{"누락", "Missed"}, word{"수집률", "Coverage"})
	n := m.figure(m.counting(), false)
	of := int64(f.Captured + f.Given + f.Waiting + f.Missed)
	missed := n
	if f.Missed > 0 {
		missed = m.look(func(l *look) { l.format, l.align, l.rule, l.bold, l.color = m.counting(), "right", hair, true, red })
	}
	m.tallyRow(m.lang.fill(word{"당일 가상계좌 {1}건", "{1} of the date"}, m.number(of)), false, []cell{count(n, int64(f.Captured)), count(n, int64(f.Given)), count(n, int64(f.Waiting)),
		count(missed, int64(f.Missed)), share(m.figure(formatPercent, true), int64(f.Captured+f.Given), of)}, top(m.lang.of(sheetMissing)))
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
			m.head(append([]word{paidOutWord}, columnsOfPaid...)...)
		}
		m.paidRows(s)
	}
}

func (m *summary) paidRows(s Snapshot) {
	if p := s.Run.PaidOut; p.Why != "" {
		row := m.s.add(17)
		m.slot(slots, 0, row, text(m.label(false), clean(s.Run.MID)))
		m.s.span(slots[1][0], colLast, row, text(m.look(func(l *look) { l.rule, l.color = hair, red }), m.lang.of(word{"미조회 (사유: 대사 확인 시트)", "not read (why: sheet Control)"})))
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
