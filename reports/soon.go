package reports

import (
	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/refunds"
	"daesa/reports/book"
)

// rightHalf draws the nearest deadlines beside what differs today, and below them
// the refunds by state.
func (m *summary) rightHalf(below int) {
	row := m.halfTable(below, book.Label{"취소기한 임박", "What runs out"}, book.SheetDeadlines, m.soonRows())
	m.halfTable(row, book.Label{"환불 진행 현황", "Refunds"}, book.SheetRefunds, m.queueRows())
}

// halfRow is a label, a count, an amount and a moment.
type halfRow [4]xlsx.Cell

// halfTable draws a table into the right half, below a row, linked to a sheet, and
// gives its last row.
func (m *summary) halfTable(below int, title, to book.Label, rows []halfRow) int {
	g, target := m.s.Grid(below, 17, rightHalf...), xlsx.Top(m.Lang.Of(to))
	m.s.Link(rightHalf[0][0], g.Add(m.Heads(title, columnCount, book.ColumnAmount, book.Label{"가장 이른 기한", "Earliest"})...), target)
	for _, r := range rows {
		g.Add(r[:]...)
		g.Link(target)
	}
	return g.Row()
}

var bucketLabels = map[bucket]book.Label{
	bucketToday: {"오늘 (D-day)", "Today (D-day)"}, bucketOne: {"D-1", "D-1"}, bucketThree: {"D-3 ~ D-2", "D-3 to D-2"},
	bucketSeven: {"D-7 ~ D-4", "D-7 to D-4"}, bucketLater: {"D-8 이후", "Later"},
	bucketOld: {"장기 경과(거절 가능)", "Over a year · may be refused"}, bucketNone: {"기한 없음", "No last day"}, bucketLost: {"취소기한 경과", "Expired"},
}

// soonRows: each bucket in the first currency, and another row for each other.
func (m *summary) soonRows() []halfRow {
	var rows []halfRow
	for _, key := range buckets {
		s := m.stakes[key]
		r := m.hotRow(s.count > 0 && (key <= bucketOne || key == bucketLost))
		name, counted, first := r.Label(m.Lang.Of(bucketLabels[key])), r.Count(s.count), r.Day(s.first)
		for i, currency := range m.Currencies {
			if i > 0 && s.money[currency] == 0 {
				continue
			}
			rows = append(rows, halfRow{name, counted, r.Money(currency, s.money[currency]), first})
			name, counted, first = r.Blank(), r.Says(""), r.Says("")
		}
	}
	return append(rows, m.bankDayRow())
}

// hotRow is red where somebody must act.
func (m *summary) hotRow(hot bool) book.TableRow {
	if hot {
		return m.Row(book.Tone{Bold: true, Colour: book.Red})
	}
	return m.Row(book.Tone{})
}

// bankDayRow is what must be sent before the end of the next bank day.
func (m *summary) bankDayRow() halfRow {
	bankDay := pay.DayOf(m.night.now).AddBankDays(1)
	s := m.night.sumOf(func(d Deadline) bool { return !d.CancelBy.IsZero() && d.CancelBy.Before(bankDay.End()) })
	r, first := m.Row(book.Tone{Bold: true, Above: book.Navy}), m.FirstCurrency()
	return halfRow{r.Label(m.Lang.Fill(book.Label{"익영업일 {1}까지", "Up to bank day {1}"}, m.Lang.Day(bankDay)[5:])),
		r.Count(s.count), r.Money(first, s.money[first]), r.Day(s.first)}
}

// queueRows counts the refunds by state; states that wait for a person are shown
// even when empty. Amounts are in the first currency, and shown only where the list
// has all requests of the state.
func (m *summary) queueRows() []halfRow {
	const waiting = 5 // of book.StatesByNeed
	var rows []halfRow
	add := func(name string, state string, hot bool) {
		r, s, number := m.hotRow(hot), m.night.refundsIn(refunds.State(state)), m.night.sum.Refunds[state]
		amount := r.Says("")
		if first := m.FirstCurrency(); s.count == number { // the list has all of them
			amount = r.Money(first, s.money[first])
		}
		rows = append(rows, halfRow{r.Label(name), r.Count(number), amount, r.Day(s.first)})
	}
	known := map[string]bool{}
	for i, state := range book.StatesByNeed {
		known[string(state)] = true
		number := m.night.sum.Refunds[string(state)]
		if number == 0 && i >= waiting {
			continue
		}
		name := m.Lang.Refund(state, pay.MethodUnknown)
		if state == refunds.StateSucceeded {
			name += " · " + m.Lang.Of(book.PaidOut)
		}
		add(name, string(state), number > 0 && i < 3)
	}
	for _, state := range sortedKeys(m.night.sum.Refunds) {
		if !known[state] && m.night.sum.Refunds[state] > 0 {
			add(xlsx.Clean(state), state, false)
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
