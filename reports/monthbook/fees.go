package monthbook

import (
	"cmp"
	"slices"
	"strings"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reports/book"
	"daesa/settle"
)

var columnAgreed = book.Label{"약정 요율", "Agreed"}

// drawFees lays out the fees: by method for the chart, by method, card type and
// rate, the fees that another rate explains, and the fee invoice.
func (b *monthBook) drawFees() {
	s := b.Add(&xlsx.Sheet{Name: b.Lang.Of(sheetFees), Tab: book.Navy, Widths: []int{18, 16, 14, 14, 10, 10, 16, 14, 13, 14, 13}})
	b.page(s, sheetFees, b.Say("거래일 기준 · 수수료는 부가세 별도 · 약정 수수료 = 거래금액 × 약정 요율(원 미만 절사) + 건당 수수료 · 차이 = 수수료 − 약정 수수료",
		"By the day of the transaction · fees without VAT · agreed fee = amount × agreed rate, rounded down, + fixed · difference = fee − agreed fee"))
	fees := slices.SortedFunc(slices.Values(b.month.Fees), func(x, y Fee) int {
		return cmp.Or(byCurrency(x.Currency, y.Currency), book.ByMethod(x.Method, y.Method), cmp.Compare(x.CardType, y.CardType),
			cmp.Compare(x.Provider, y.Provider), cmp.Compare(x.Issuer, y.Issuer), cmp.Compare(x.Part, y.Part), cmp.Compare(x.MID, y.MID),
			cmp.Compare(x.rule(), y.rule()))
	})
	for _, c := range b.Currencies {
		of := slices.DeleteFunc(slices.Clone(fees), func(f Fee) bool { return f.Currency != c })
		if len(of) > 0 {
			b.feesByMethod(s, c, of)
			b.feesByRule(s, c, of)
		}
	}
	if len(fees) == 0 {
		s.Add(24, xlsx.Text(b.Styled(func(s *book.Style) { s.Color = book.Green }), b.Say("수수료 없음", "There is no fee")))
	}
	b.feeGroups(s)
	b.invoices(s)
	s.Widen(4)
	s.OnePage = s.Tall() <= forwardOnePage
	s.IgnoreTextNumbers(xlsx.Span(1, 1, len(s.Widths), s.Last()))
}

// feesByMethod sums the fees of each method, with their share of the amount.
func (b *monthBook) feesByMethod(s *xlsx.Sheet, c pay.Currency, fees []Fee) {
	b.heading(s, b.Lang.Fill(book.Label{"결제수단별 수수료 ({1})", "Fees by method ({1})"}, book.Code(c)))
	g := s.Grid(s.Last(), 19, [][2]int{{1, 1}, {2, 2}, {3, 4}, {5, 6}, {7, 7}, {8, 8}, {9, 9}}...)
	head := g.Add(b.Heads(columnMethod, columnRows, columnGross, columnFee, columnFeeVAT, book.Label{"수수료 합계", "With VAT"}, book.Label{"실효 요율", "Rate paid"})...)
	sums, order := map[pay.Method]*Fee{}, []pay.Method{}
	var all Fee
	for i := range fees {
		f := &fees[i]
		sum := sums[f.Method]
		if sum == nil {
			sum = &Fee{}
			sums[f.Method], order = sum, append(order, f.Method)
		}
		for _, into := range []*Fee{sum, &all} {
			b.plus(&into.Rows, f.Rows)
			b.plus(&into.Amount, f.Amount)
			b.plus(&into.Fee, f.Fee)
			b.plus(&into.FeeVAT, f.FeeVAT)
		}
	}
	draw := func(r book.TableRow, name string, f *Fee) {
		row := g.Row() + 1
		g.Add(r.Label(name), r.Count(f.Rows), r.Money(c, f.Amount), r.Money(c, f.Fee), r.Money(c, f.FeeVAT),
			r.Money(c, f.Fee+f.FeeVAT).Formula(book.Rounded(c, g.At(4, row)+"+"+g.At(5, row))), r.Share(f.Fee, f.Amount))
	}
	var most int64
	for _, m := range order {
		draw(b.Row(book.Tone{}), b.method(m), sums[m])
		most = max(most, book.Whole(c, sums[m].Fee))
	}
	rows := xlsx.Area{Sheet: s.Name, First: head + 1, Last: g.Row()}
	draw(b.Row(book.Tone{Bold: true, Above: book.Navy}), b.Lang.Of(sumLabel), &all)
	for column, units := range map[int]int64{4: all.Fee, 5: all.FeeVAT} {
		g.Put(column, b.Row(book.Tone{Bold: true, Above: book.Navy}).Money(c, units).Formula(book.Rounded(c, "SUM("+g.At(column, rows.First)+":"+g.At(column, rows.Last)+")")))
	}
	b.feeChecks(c, all, xlsx.On(s.Name, 5, g.Row()), xlsx.On(s.Name, 7, g.Row()))
	if c == b.FirstCurrency() {
		b.fees = book.Rows{Area: rows, Header: head, Most: most}
	}
}

// feeChecks hold the fees against the roll-forward's.
func (b *monthBook) feeChecks(c pay.Currency, all Fee, feeAt, vatAt string) {
	b.checks = append(b.checks,
		check{name: figureFees.name, currency: c, forward: b.total(figureFees, c), sheet: all.Fee, forwardAt: figureFees.at, from: feeAt, to: sheetFees},
		check{name: figureFeeVAT.name, currency: c, forward: b.total(figureFeeVAT, c), sheet: all.FeeVAT, forwardAt: figureFeeVAT.at, from: vatAt, to: sheetFees})
}

// feesByRule draws the fees rule by rule, against what was agreed.
func (b *monthBook) feesByRule(s *xlsx.Sheet, c pay.Currency, fees []Fee) {
	b.heading(s, b.Lang.Fill(book.Label{"결제수단·카드 구분·요율별 수수료 ({1})", "Fees by method, card type and rate ({1})"}, book.Code(c)))
	g := s.Grid(s.Last(), 19, xlsx.Singles(1, 11)...)
	g.Add(b.Heads(columnMethod, book.ColumnMID, book.Label{"카드·제공사", "Card or provider"}, columnAgreed, columnRows, book.Label{"실효 요율", "Rate paid"},
		columnGross, columnFee, columnFeeVAT, book.Label{"약정 수수료", "Agreed fee"}, columnDifference)...)
	for i := range fees {
		f := &fees[i]
		r := b.Row(book.Tone{})
		row := g.Row() + 1
		expected, difference := r.Says("–"), r.Says("–")
		if f.Expected != nil {
			apart := f.Fee - *f.Expected
			d := r
			if size(apart) > f.Rows { // a won a row is rounding
				d = b.Row(book.Tone{Bold: true, Colour: book.Red})
			}
			expected = r.Money(c, *f.Expected)
			difference = d.Over(c, apart).Formula(book.Rounded(c, g.At(8, row)+"-"+g.At(10, row)))
		}
		g.Add(r.Label(b.method(f.Method)), r.Says(f.MID), r.Says(b.ruled(f)), r.Says(b.agreed(f)), r.Count(f.Rows), r.Share(f.Fee, f.Amount),
			r.Money(c, f.Amount), r.Money(c, f.Fee), r.Money(c, f.FeeVAT), expected, difference)
	}
}

// ruled is what the rows of a fee have in common beside their method.
func (b *monthBook) ruled(f *Fee) string {
	var parts []string
	switch f.Part {
	case FeeBeside:
		parts = append(parts, b.Say("무이자 할부 등 별도 수수료", "instalments and the like"))
	case FeeCorrected:
		parts = append(parts, b.Say("마감 후 정정분", "corrected after a lock"))
	default:
	}
	for _, part := range []string{book.LookUp(b.Lang, book.CardTypeLabels, f.CardType), f.Provider, f.Issuer} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, " · ")
}

// rule tells rules of the same rows apart: a rate that changed within the month.
func (f *Fee) rule() string {
	if f.Agreed == nil {
		return ""
	}
	return string(f.Agreed.From) + " " + f.Agreed.Rate.String()
}

// agreed writes a rule of the contract: 2.1 % + 50원.
func (b *monthBook) agreed(f *Fee) string {
	switch {
	case f.Part != FeeByRule:
		return "–"
	case f.Agreed == nil:
		return b.Say("약정 미등록", "none given")
	}
	text := f.Agreed.Rate.String()
	if f.Agreed.Fixed != 0 {
		text += " + " + book.Spell(f.Currency, f.Agreed.Fixed)
	}
	return text
}

// feeGroups are the fees that one other rate explains.
func (b *monthBook) feeGroups(s *xlsx.Sheet) {
	if len(b.month.FeeGroups) == 0 {
		return
	}
	b.heading(s, b.Say("약정과 다른 요율로 부과된 수수료", "Fees by another rate than agreed"))
	g := s.Grid(s.Last(), 19, [][2]int{{1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}, {6, 6}, {7, 7}, {8, 8}, {9, 9}}...)
	g.Add(b.Heads(columnMethod, book.ColumnMID, book.Label{"카드 구분", "Card type"}, book.Label{"적용 시작일", "Since"}, columnCount,
		book.Label{"부과 요율", "Its rate"}, book.Label{"부과 수수료", "Charged"}, book.Label{"약정 수수료", "Agreed fee"}, columnDifference)...)
	groups := slices.SortedFunc(slices.Values(b.month.FeeGroups), func(x, y settle.FeeGroup) int {
		return cmp.Or(byCurrency(x.Currency, y.Currency), book.ByMethod(x.Method, y.Method), cmp.Compare(x.CardType, y.CardType), cmp.Compare(x.From, y.From), cmp.Compare(x.MID, y.MID))
	})
	for _, f := range groups {
		r, row := b.Row(book.Tone{}), g.Row()+1
		g.Add(r.Label(b.method(f.Method)), r.Says(f.MID), r.Says(book.LookUp(b.Lang, book.CardTypeLabels, f.CardType)), book.Date(r.Right("yyyy-mm-dd"), f.From), r.Count(f.Rows), r.Says(f.Rate.String()),
			r.Money(f.Currency, f.Charged), r.Money(f.Currency, f.Expected),
			b.Row(book.Tone{Bold: true, Colour: book.Red}).Over(f.Currency, f.Charged-f.Expected).Formula(book.Rounded(f.Currency, g.At(7, row)+"-"+g.At(8, row))))
	}
}

// invoices hold each fee invoice against the rows that it should be of.
func (b *monthBook) invoices(s *xlsx.Sheet) {
	if len(b.month.Invoices) == 0 {
		return
	}
	b.heading(s, b.Say("수수료 세금계산서 대사", "The fee invoice"))
	for i := range b.month.Invoices {
		b.invoice(s, &b.month.Invoices[i])
	}
}

func (b *monthBook) invoice(s *xlsx.Sheet, v *Invoice) {
	c := v.Currency
	s.Add(6)
	g := s.Grid(s.Last(), 19, [][2]int{{1, 4}, {5, 6}, {7, 7}, {8, 8}, {9, 9}}...)
	name := strings.Join(slices.Sorted(slices.Values(v.MIDs)), ", ") + " · " + book.LookUp(b.Lang, book.BasisLabels, v.Basis)
	g.Add(b.Heads(book.Label{name, name}, columnRows, book.Label{"공급가액", "Supply"}, book.Label{"세액", "VAT"}, book.Label{"합계", "Sum"})...)
	draw := func(r book.TableRow, name string, of settle.InvoiceSum) int {
		row := g.Row() + 1
		return g.Add(r.Label(name), r.Count(of.Rows), r.Over(c, of.Supply), r.Over(c, of.VAT),
			r.Over(c, of.Supply+of.VAT).Formula(book.Rounded(c, g.At(3, row)+"+"+g.At(4, row))))
	}
	plain, bold := b.Row(book.Tone{Indent: 1}), b.Row(book.Tone{Bold: true})
	draw(bold, b.Say("당월 거래의 수수료", "Fees of the month's transactions"), v.Bridge.Transacted)
	draw(plain, b.Say("(−) 다른 달 계산서에 포함되는 당월 거래", "(−) of these, invoiced with another month"), v.Bridge.Later)
	draw(plain, b.Say("(+) 당월 계산서에 포함되는 다른 달 거래", "(+) of another month, invoiced with this one"), v.Bridge.Earlier)
	should := draw(bold, b.Say("A. 계산서 대상 수수료", "A. What the invoice should be of"), v.Bridge.Invoiced)
	if v.Entered == nil {
		r := b.Row(book.Tone{Colour: book.Amber, Fill: book.Cream})
		row := g.Add(r.Label(b.Say("B. 세금계산서 미입력", "B. The invoice was not entered")))
		s.Span(5, 9, row, r.Label(b.Lang.Fill(book.Label{"daesa close invoice {1} --supply N --vat N --issued D", "daesa close invoice {1} --supply N --vat N --issued D"}, string(b.month.Month))))
		return
	}
	entered := draw(bold, b.Lang.Fill(book.Label{"B. 세금계산서 ({1} 발급)", "B. The invoice (of {1})"}, string(v.Entered.Issued)), settle.InvoiceSum{Supply: v.Entered.Supply, VAT: v.Entered.VAT})
	g.Put(2, bold.Blank())
	supply, vat := v.Entered.Supply-v.Bridge.Invoiced.Supply, v.Entered.VAT-v.Bridge.Invoiced.VAT
	r, verdict := b.Row(book.Tone{Bold: true, Colour: book.Green, Fill: book.Mint, Above: book.Green}), b.Say("일치 ✓", "agrees ✓")
	switch {
	case v.Entered.Compare(v.Bridge) != nil:
		r, verdict = b.Row(book.Tone{Bold: true, Colour: book.Red, Fill: book.Rose, Above: book.Red}), b.Say("불일치", "differs")
	case vat != 0:
		verdict = b.Say("단수 차이 이내 ✓", "rounding ✓")
	}
	minus := func(column int) string {
		return book.Rounded(c, g.At(column, entered)+"-"+g.At(column, should))
	}
	g.Add(r.Label(b.Say("차이 (B − A)", "Difference (B − A)")), r.Says(verdict), r.Over(c, supply).Formula(minus(3)), r.Over(c, vat).Formula(minus(4)), r.Over(c, supply+vat).Formula(minus(5)))
}
