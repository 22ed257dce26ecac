package reports

import (
	"cmp"
	"fmt"
	"slices"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports/book"
	"daesa/settle"
)

// Settlement is what a merchant's night says of the money that Toss pays out: what
// it paid on the business date and whether the passbook has it, what is to come, and
// what is late.
type Settlement struct {
	Assumed bool `json:",omitempty"` // close.bank: assumed: nothing was held against a passbook
	// Payouts are those of the business date, and those of the days after it as far as
	// they were read.
	Payouts []settle.Payout
	Lines   []book.PassbookLine // that stand against those of the date, or are suggested for them
	// ByMethod are the rows of the date's payouts.
	ByMethod []MethodPayout
	Late     []LateMoney
}

// MethodPayout is what of the date's payouts is of one method.
type MethodPayout struct {
	Method   pay.Method
	Currency pay.Currency
	Rows     int64
	Amount   int64
	Fee      int64 // without VAT
	FeeVAT   int64
	PayOut   int64 // pay_out_amount
}

// LateMoney is an open break of money that should have come: a payout that did not
// come or came short, or a transaction that has no settlement row.
type LateMoney struct {
	BreakID             string
	Kind                reconcile.Kind
	Subject             string
	OrderID, PaymentKey string
	Method              pay.Method
	Currency            pay.Currency
	Due                 pay.Day // since when it is late: the payout's day, or the last day on which a row was due
	Expected, Came      int64
	Why                 settle.Why
	Owner, Note         string
}

func (l *LateMoney) missing() int64 { return l.Expected - l.Came }

// settlementForm numbers how a night's Settlement is drawn, as form does the rest: a
// night without one is drawn as before there were any.
const settlementForm = "1"

// formOf is the form of the workbook of some nights.
func formOf(snapshots []Snapshot) string {
	if slices.ContainsFunc(snapshots, func(s Snapshot) bool { return s.Settlement != nil }) {
		return form + "-" + settlementForm
	}
	return form
}

// settled sums what a merchant's night says of a currency.
type settled struct {
	expected, banked  int64 // of the date
	states            map[settle.State]int64
	days, next        int64 // payouts to come, and what they bring
	late, lateMissing int64
}

// settledOf reckons it; any is false where the night says nothing of the currency.
func (b *nightBook) settledOf(s *Settlement, c pay.Currency) (sum settled, any bool) {
	sum.states = map[settle.State]int64{}
	for i := range s.Payouts {
		p := &s.Payouts[i]
		switch {
		case p.Currency != c:
			continue
		case p.Day > b.night.day:
			sum.days++
			b.plus(&sum.next, book.DueOf(p))
		default:
			sum.states[p.State]++
			b.plus(&sum.expected, book.DueOf(p))
			b.plus(&sum.banked, p.Banked)
		}
		any = true
	}
	for i := range s.Late {
		if l := &s.Late[i]; l.Currency == c {
			any = true
			sum.late++
			b.plus(&sum.lateMissing, l.missing())
		}
	}
	return sum, any
}

// plus adds money; what is too large for a figure fails the workbook.
func (b *nightBook) plus(sum *int64, more int64) {
	total, err := pay.Add(*sum, more)
	if err != nil {
		b.Fail(err)
		return
	}
	*sum = total
}

var settledLabels = []book.Label{{"정산·통장 대사", "Settlement"}, {"당일 지급", "Paid out"}, {"통장 확인", "In the passbook"}, {"상태", "State"},
	{"지급 예정", "To come"}, {"예정 금액", "Its amount"}, {"지연 건수", "Late"}, {"지연 금액", "Late amount"}}

// settlement draws the payouts in a row for each merchant and currency, linked to
// their sheet.
func (m *summary) settlement() {
	var g *xlsx.Grid
	for _, s := range m.night.snapshots {
		if s.Settlement == nil {
			continue
		}
		for _, c := range m.Currencies {
			sum, any := m.settledOf(s.Settlement, c)
			if !any {
				continue
			}
			if g == nil {
				g = m.table(settledLabels...)
			}
			name, late := s.Run.MID, m.Row(book.Tone{})
			if len(m.Currencies) > 1 {
				name += " " + book.Code(c)
			}
			if sum.late > 0 {
				late = m.Row(book.Tone{Bold: true, Colour: book.Red})
			}
			r, state := m.Row(book.Tone{}), m.settledState(s.Settlement, sum)
			m.tally(g, name, false, book.SheetSettlement, r.Money(c, sum.expected), r.Money(c, sum.banked), m.Row(book.Tone{Bold: true, Colour: state.colour}).Says(state.text),
				r.Count(sum.days), r.Money(c, sum.next), late.Count(sum.late), late.Money(c, sum.lateMissing))
		}
	}
}

type stateWord struct{ text, colour string }

// settledState is the payouts of a date in a word: what somebody must look at comes
// first.
func (b *nightBook) settledState(s *Settlement, sum settled) stateWord {
	if s.Assumed {
		return stateWord{b.Say("입금 간주", "assumed"), book.Amber}
	}
	for _, state := range []settle.State{settle.Missing, settle.Short, settle.Over, settle.Unread, settle.Due, settle.Late, settle.MatchedFull, settle.Carried} {
		if sum.states[state] > 0 {
			return stateWord{b.Lang.Payout(state), cmp.Or(book.PayoutColour(state), book.Grey)}
		}
	}
	return stateWord{b.Say("지급 없음", "none"), book.Grey}
}

// settlementSheet draws the sheet of payouts.
type settlementSheet struct {
	*nightBook
	s *xlsx.Sheet
}

// drawSettlement lays the sheet out; nothing where no night says anything of it.
func (b *nightBook) drawSettlement() {
	if !slices.ContainsFunc(b.night.snapshots, func(s Snapshot) bool { return s.Settlement != nil }) {
		return
	}
	s := b.Add(&xlsx.Sheet{Name: b.Lang.Of(book.SheetSettlement), Tab: book.Navy, Widths: []int{20, 15, 9, 15, 12, 12, 13, 13, 15, 15, 14, 40}})
	m := &settlementSheet{b, s}
	s.Add(28, xlsx.Text(b.Style(book.TitleStyle), b.Say("정산 · 통장 대사", "Settlement and passbook")+" · "+b.Lang.Day(b.night.day)))
	b.Back(s, len(s.Widths))
	s.Add(16, xlsx.Text(b.Style(book.SmallStyle), b.Say("지급예정액 = 거래금액 − 수수료 − 수수료 부가세 + 이월 반영 − 상계 이월 · 차이 = 통장 입금액 − 지급예정액 · 수수료는 부가세 별도",
		"Expected = amount − fee − fee VAT + carried in − carried on · difference = banked − expected · fees without VAT")))
	if slices.ContainsFunc(b.night.snapshots, func(s Snapshot) bool { return s.Settlement != nil && s.Settlement.Assumed }) {
		s.Add(18, xlsx.Text(b.Styled(func(s *book.Style) { s.Bold, s.Color = true, book.Amber }),
			b.Say("통장 대조 없이 지급일에 입금된 것으로 간주합니다(close.bank: assumed).", "Payouts count as paid on their day: no passbook is held against them (close.bank: assumed).")))
	}
	m.today()
	m.methods()
	m.next()
	m.late()
	s.Widen(4)
	s.IgnoreTextNumbers(xlsx.Span(1, 1, len(s.Widths), s.Last()))
}

func (m *settlementSheet) heading(title string) {
	m.s.Add(8)
	m.s.Add(22, xlsx.Text(m.Style(book.HeadingStyle), title))
}

func (m *settlementSheet) none(says string) {
	m.s.Add(20, xlsx.Text(m.Styled(func(s *book.Style) { s.Color = book.Grey }), says))
}

// paid is a payout of the workbook, and what it is of.
type paid struct {
	*settle.Payout
	of    *Settlement
	lines book.PassbookLines
}

// payouts are those of the date, or those after it, by currency, day and merchant.
func (m *settlementSheet) payouts(after bool) []paid {
	var list []paid
	for _, s := range m.night.snapshots {
		if s.Settlement == nil {
			continue
		}
		lines := book.LinesByID(s.Settlement.Lines)
		for i := range s.Settlement.Payouts {
			if p := &s.Settlement.Payouts[i]; p.Day > m.night.day == after {
				list = append(list, paid{p, s.Settlement, lines})
			}
		}
	}
	slices.SortFunc(list, func(a, b paid) int {
		return cmp.Or(byCurrency(a.Currency, b.Currency), cmp.Compare(a.Day, b.Day), cmp.Compare(a.MID, b.MID))
	})
	return list
}

// today are the payouts of the date against the passbook.
func (m *settlementSheet) today() {
	m.heading(m.Say("당일 지급과 통장 확인", "Paid out on the date, and the passbook"))
	list := m.payouts(false)
	if len(list) == 0 {
		m.none(m.Say("당일 지급 없음", "Nothing was paid out on the date"))
		return
	}
	g := m.s.Grid(m.s.Last(), 20, xlsx.Singles(1, 12)...)
	g.Add(m.Heads(book.ColumnMID, columnStatus, book.Label{"정산 건수", "Rows"}, book.Label{"거래금액", "Amount"}, book.Label{"수수료", "Fee"}, book.Label{"수수료 부가세", "Fee VAT"},
		book.Label{"이월 반영", "Carried in"}, book.Label{"상계 이월", "Carried on"}, book.Label{"지급예정액", "Expected"}, book.Label{"통장 입금액", "Banked"}, columnDifference)...)
	g.Put(12, xlsx.Text(m.besideHead(), m.Say("통장내역 · 비고", "Passbook, remark")))
	r := m.Row(book.Tone{})
	for _, p := range list {
		row, c := g.Row()+1, p.Currency
		colour := book.PayoutColour(p.State)
		state := m.Row(book.Tone{Bold: true, Colour: cmp.Or(colour, book.Grey)})
		difference := r.Says("–")
		if book.Judged(p.Payout) {
			difference = r.Over(c, p.Difference).Formula(book.Rounded(c, g.At(10, row)+"-"+g.At(9, row)))
		}
		text := m.LineTexts(p.lines, p.Lines)
		if remark := m.PayoutRemark(p.Payout, p.lines); remark != "" {
			text = m.joined(text, remark)
		}
		m.s.Add(20 * xlsx.Lines(text, 44))
		g.Add(r.Label(m.named(p.MID, c)), state.Says(m.Lang.Payout(p.State)), r.Count(p.Rows), r.Money(c, p.Amount), r.Money(c, p.Fee), r.Money(c, p.FeeVAT),
			r.Money(c, book.BroughtTo(p.Payout)), r.Money(c, p.Carried),
			r.Money(c, book.DueOf(p.Payout)).Formula(book.Rounded(c, fmt.Sprintf("%s-%s-%s+%s-%s", g.At(4, row), g.At(5, row), g.At(6, row), g.At(7, row), g.At(8, row)))),
			r.Money(c, p.Banked), difference, m.Row(besideTone).Label(text))
	}
}

func (m *settlementSheet) joined(a, b string) string {
	if a == "" {
		return b
	}
	return a + " · " + b
}

// named is a merchant, and its currency where there are several.
func (m *settlementSheet) named(mid string, c pay.Currency) string {
	if len(m.Currencies) > 1 {
		return mid + " " + book.Code(c)
	}
	return mid
}
