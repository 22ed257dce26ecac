package reports

import (
	"cmp"
	"maps"
	"slices"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reports/book"
	"daesa/settle"
)

// methods are the rows of the date's payouts by method; their sum is that of the
// payouts.
func (m *settlementSheet) methods() {
	for _, c := range m.Currencies {
		sums := map[pay.Method]*MethodPayout{}
		for _, s := range m.night.snapshots {
			if s.Settlement == nil {
				continue
			}
			for _, of := range s.Settlement.ByMethod {
				if of.Currency != c {
					continue
				}
				if sums[of.Method] == nil {
					sums[of.Method] = &MethodPayout{Method: of.Method, Currency: c}
				}
				m.add(sums[of.Method], of)
			}
		}
		if len(sums) > 0 {
			m.methodTable(c, sums)
		}
	}
}

func (m *settlementSheet) add(into *MethodPayout, of MethodPayout) {
	m.plus(&into.Rows, of.Rows)
	m.plus(&into.Amount, of.Amount)
	m.plus(&into.Fee, of.Fee)
	m.plus(&into.FeeVAT, of.FeeVAT)
	m.plus(&into.PayOut, of.PayOut)
}

func (m *settlementSheet) methodTable(c pay.Currency, sums map[pay.Method]*MethodPayout) {
	m.heading(m.Lang.Fill(book.Label{"당일 지급의 결제수단별 내역 ({1})", "Paid out on the date, by method ({1})"}, book.Code(c)))
	g := m.s.Grid(m.s.Last(), 19, [][2]int{{1, 2}, {3, 3}, {4, 4}, {5, 5}, {6, 6}, {7, 8}, {9, 9}}...)
	head := g.Add(m.Heads(columnMethod, book.Label{"정산 건수", "Rows"}, book.Label{"거래금액", "Amount"}, book.Label{"수수료", "Fee"}, book.Label{"수수료 부가세", "Fee VAT"},
		book.Label{"실효 요율", "Rate paid"}, book.Label{"지급액", "Paid out"})...)
	draw := func(r book.TableRow, name string, of *MethodPayout) {
		g.Add(r.Label(name), r.Count(of.Rows), r.Money(c, of.Amount), r.Money(c, of.Fee), r.Money(c, of.FeeVAT), r.Share(of.Fee, of.Amount), r.Money(c, of.PayOut))
	}
	var all MethodPayout
	for _, method := range slices.SortedFunc(maps.Keys(sums), book.ByMethod) {
		draw(m.Row(book.Tone{}), methodName(m.Book, method), sums[method])
		m.add(&all, *sums[method])
	}
	last := g.Row()
	bold := m.Row(sumTone)
	draw(bold, m.Lang.Of(sumLabel), &all)
	g.Put(7, bold.Money(c, all.PayOut).Formula(book.Rounded(c, "SUM("+g.At(7, head+1)+":"+g.At(7, last)+")")))
	var rows int64 // what the rows of the payouts sum up to
	for _, p := range m.payouts(false) {
		if p.Currency == c {
			m.plus(&rows, p.Amount-p.Fee-p.FeeVAT)
		}
	}
	r := m.Row(book.Tone{Colour: book.Grey})
	if all.PayOut != rows {
		r = m.Row(book.Tone{Bold: true, Colour: book.Red})
	}
	g.Add(r.Label(m.Say("지급 내역과의 차이", "Apart from the payouts above")), r.Blank(), r.Blank(), r.Blank(), r.Blank(), r.Blank(), r.Check(c, all.PayOut-rows))
}

// next is what is to come, by day.
func (m *settlementSheet) next() {
	list := m.payouts(true)
	m.heading(m.Say("지급 예정", "To come"))
	if len(list) == 0 {
		m.none(m.Say("조회된 지급 예정 없음", "No payout to come was read"))
		return
	}
	for _, c := range m.Currencies {
		byDay := map[pay.Day]*settle.Payout{}
		for _, p := range list {
			if p.Currency != c {
				continue
			}
			if byDay[p.Day] == nil {
				byDay[p.Day] = &settle.Payout{}
			}
			sum := byDay[p.Day]
			m.plus(&sum.Rows, p.Rows)
			m.plus(&sum.Amount, p.Amount)
			m.plus(&sum.Fee, p.Fee)
			m.plus(&sum.FeeVAT, p.FeeVAT)
			m.plus(&sum.Expected, p.Expected)
			m.plus(&sum.Carried, p.Carried)
		}
		if len(byDay) > 0 {
			m.nextTable(c, byDay)
		}
	}
}

func (m *settlementSheet) nextTable(c pay.Currency, byDay map[pay.Day]*settle.Payout) {
	g := m.s.Grid(m.s.Last(), 19, xlsx.Singles(1, 9)...)
	title := book.Label{"지급일 (" + book.Code(c) + ")", "Payout day (" + book.Code(c) + ")"}
	head := g.Add(m.Heads(title, book.Label{"남은 영업일", "Bank days"}, book.Label{"정산 건수", "Rows"}, book.Label{"거래금액", "Amount"}, book.Label{"수수료", "Fee"}, book.Label{"수수료 부가세", "Fee VAT"},
		book.Label{"이월 반영", "Carried in"}, book.Label{"상계 이월", "Carried on"}, book.Label{"지급예정액", "Expected"})...)
	r := m.Row(book.Tone{})
	var sum, rows int64
	for _, day := range slices.Sorted(maps.Keys(byDay)) {
		p := byDay[day]
		g.Add(r.On(day), r.Number(int64(m.night.day.BankDaysUntil(day))), r.Count(p.Rows), r.Money(c, p.Amount), r.Money(c, p.Fee), r.Money(c, p.FeeVAT),
			r.Money(c, book.BroughtTo(p)), r.Money(c, p.Carried), r.Money(c, book.DueOf(p)))
		m.plus(&sum, book.DueOf(p))
		m.plus(&rows, p.Rows)
	}
	bold, last := m.Row(sumTone), g.Row()
	g.Add(bold.Label(m.Lang.Of(sumLabel)), bold.Blank(), bold.Count(rows), bold.Blank(), bold.Blank(), bold.Blank(), bold.Blank(), bold.Blank(),
		bold.Money(c, sum).Formula(book.Rounded(c, "SUM("+g.At(9, head+1)+":"+g.At(9, last)+")")))
}

// mostLate keeps the sheet readable; the list of breaks has all.
const mostLate = 100

// late is money that should have come, the largest of the oldest first.
func (m *settlementSheet) late() {
	type owed struct {
		*LateMoney
		mid string
	}
	var list []owed
	for _, s := range m.night.snapshots {
		if s.Settlement != nil {
			for i := range s.Settlement.Late {
				list = append(list, owed{&s.Settlement.Late[i], s.Run.MID})
			}
		}
	}
	m.heading(m.Say("지연: 미입금·입금 부족·정산 누락", "Late: missing, short, not settled"))
	if len(list) == 0 {
		m.none(m.Say("지연 없음 ✓", "Nothing is late ✓"))
		return
	}
	slices.SortFunc(list, func(a, b owed) int {
		return cmp.Or(byCurrency(a.Currency, b.Currency), cmp.Compare(a.Due, b.Due), cmp.Compare(b.missing(), a.missing()), cmp.Compare(a.mid, b.mid), cmp.Compare(a.BreakID, b.BreakID))
	})
	g := m.s.Grid(m.s.Last(), 27, [][2]int{{1, 1}, {2, 2}, {3, 4}, {5, 5}, {6, 6}, {7, 7}, {8, 8}, {9, 9}, {10, 10}, {11, 11}, {12, 12}}...)
	m.s.Add(19)
	g.Add(m.Heads(columnKind, book.ColumnMID, book.Label{"대상", "Subject"}, columnMethod, book.Label{"기준일", "Due"}, book.Label{"경과 영업일", "Bank days"},
		book.Label{"받을 금액", "Expected"}, book.Label{"받은 금액", "Came"}, book.Label{"지연 금액", "Late amount"}, columnOwner)...)
	g.Put(11, xlsx.Text(m.besideHead(), m.Say("내용 → 조치사항", "Meaning → what to do")))
	r, alarm, wrapped := m.Row(book.Tone{}), m.Row(book.Tone{Bold: true, Colour: book.Red}), m.Row(besideTone)
	for _, l := range list[:min(len(list), mostLate)] {
		method := ""
		if l.Method != pay.MethodUnknown {
			method = m.Lang.Method(l.Method)
		}
		advice, row := m.lateAdvice(l.LateMoney), g.Row()+1
		m.s.Add(max(27, 14*xlsx.Lines(advice, 46)))
		g.Add(alarm.Label(m.Lang.Kind(l.Kind)), r.Says(l.mid), r.Says(cmp.Or(l.OrderID, l.Subject)), r.Says(method), book.Date(r.Right("yyyy-mm-dd"), l.Due),
			r.Number(int64(l.Due.BankDaysUntil(m.night.day))), r.Money(l.Currency, l.Expected), r.Money(l.Currency, l.Came),
			alarm.Money(l.Currency, l.missing()).Formula(book.Rounded(l.Currency, g.At(7, row)+"-"+g.At(8, row))), r.Says(l.Owner), wrapped.Label(advice))
	}
	if more := len(list) - mostLate; more > 0 {
		m.none(m.Lang.Fill(book.Label{"그 외 {1}건 → daesa breaks list --scope settlement", "{1} more → daesa breaks list --scope settlement"}, m.Number(int64(more))))
	}
}

// lateAdvice is what it means, what to do, and what a person noted. That no line is
// there, or one of another amount, says the kind already.
func (m *settlementSheet) lateAdvice(l *LateMoney) string {
	advice := m.Lang.Advice(l.Kind)
	if l.Why != "" && l.Why != settle.NoLine && l.Why != settle.AmountDiffers {
		advice = book.LookUp(m.Lang, book.WhyLabels, l.Why) + " · " + advice
	}
	if l.Note != "" {
		advice += " · " + l.Note
	}
	return advice
}

// besideTone is a text behind figures, which would touch it otherwise.
var besideTone = book.Tone{Indent: 1, Wrap: true}

// besideHead is the header over such texts.
func (m *settlementSheet) besideHead() xlsx.StyleID {
	return m.Styled(func(s *book.Style) {
		s.Bold, s.Color, s.Fill, s.Above, s.Indent = true, book.Navy, book.Head, book.Navy, 1
	})
}
