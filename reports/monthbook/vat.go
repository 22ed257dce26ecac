package monthbook

import (
	"slices"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reports/book"
	"daesa/settle"
)

// namelessColumns: payments that should have a cash receipt and have none.
var namelessColumns = []book.Column[*line[nameless]]{
	{Name: book.Label{"승인일", "Day"}, Width: 12, Cell: func(l *line[nameless]) xlsx.Cell { return l.On(l.Row.Day) }},
	{Name: book.ColumnMID, Width: 14, ID: true, Cell: func(l *line[nameless]) xlsx.Cell { return l.Says(l.Row.MID) }},
	{Name: columnOrder, Width: 24, ID: true, Cell: func(l *line[nameless]) xlsx.Cell { return l.Says(l.Row.OrderID) }},
	{Name: columnKey, Width: 30, ID: true, Cell: func(l *line[nameless]) xlsx.Cell { return l.Says(l.Row.PaymentKey) }},
	{Name: columnMethod, Width: 12, Cell: func(l *line[nameless]) xlsx.Cell { return l.Centred(l.Book.method(l.Row.Method)) }},
	{Name: book.ColumnCurrency, Width: 7, Cell: func(l *line[nameless]) xlsx.Cell { return l.Currency(l.Row.currency) }},
	{Name: book.ColumnAmount, Width: 14, Right: true, Cell: func(l *line[nameless]) xlsx.Cell { return l.Held(l.Row.currency, l.Row.Amount) }},
}

type nameless struct {
	settle.Nameless
	currency pay.Currency
}

// drawVAT lays out the reference for the return, and on a sheet of their own the
// payments that lack a cash receipt.
func (b *monthBook) drawVAT() {
	s := b.Add(&xlsx.Sheet{Name: b.Lang.Of(sheetVAT), Tab: book.Navy, OnePage: true, Widths: []int{30, 10, 9, 16, 16, 16, 16, 15}})
	b.page(s, sheetVAT, b.Say("토스 승인·취소 기준의 참고자료로, 신고서가 아님 · 금액은 부가세 포함 · 면세분은 결제 조회, 없으면 주문 자료 기준",
		"A reference by Toss's approvals and cancels, no return · amounts with VAT · the tax-free part by look-up, else by the order"))
	var missing []nameless
	for _, v := range slices.SortedFunc(slices.Values(b.month.VAT), func(x, y VAT) int { return byCurrency(x.Currency, y.Currency) }) {
		b.vatOf(s, v)
		for _, n := range v.Nameless {
			missing = append(missing, nameless{n, v.Currency})
		}
	}
	if len(b.month.VAT) == 0 {
		s.Add(24, xlsx.Text(b.Styled(func(s *book.Style) { s.Color = book.Grey }), b.Say("자료 없음", "There is nothing")))
	}
	s.Widen(4)
	if len(missing) > 0 {
		b.drawNameless(missing)
	}
}

// vatOf is the table of one currency, and what it could not know.
func (b *monthBook) vatOf(s *xlsx.Sheet, v VAT) {
	c := v.Currency
	b.heading(s, b.Lang.Fill(book.Label{"증빙별 매출 ({1})", "Sales by evidence ({1})"}, book.Code(c)))
	g := s.Grid(s.Last(), 20, xlsx.Singles(1, 8)...)
	head := g.Add(b.Heads(book.Label{"증빙 구분", "Evidence"}, book.Label{"과세·면세", "Tax"}, columnCount, approvalsLabel, cancelsLabel, book.Label{"순매출", "Net"},
		book.Label{"공급가액", "Supply"}, book.Label{"세액", "VAT"})...)
	var all settle.VATRow
	draw := func(r book.TableRow, name, tax string, of settle.VATRow) {
		row := g.Row() + 1
		g.Add(r.Label(name), r.Says(tax), r.Count(of.Count), r.Money(c, of.Approvals), r.Money(c, of.Cancels),
			r.Money(c, of.Net).Formula(book.Rounded(c, g.At(4, row)+"-"+g.At(5, row))), r.Money(c, of.Supply), r.Money(c, of.VAT))
	}
	r := b.Row(book.Tone{})
	for _, row := range v.Rows {
		tax := b.Say("과세", "taxable")
		if row.Free {
			tax = b.Say("면세", "free")
		}
		draw(r, book.LookUp(b.Lang, book.EvidenceLabels, row.Evidence), tax, row)
		for into, units := range map[*int64]int64{&all.Count: row.Count, &all.Approvals: row.Approvals, &all.Cancels: row.Cancels, &all.Net: row.Net, &all.Supply: row.Supply, &all.VAT: row.VAT} {
			b.plus(into, units)
		}
	}
	last := g.Row()
	bold := b.Row(book.Tone{Bold: true, Above: book.Navy})
	draw(bold, b.Lang.Of(sumLabel), "", all)
	for column, units := range map[int]int64{4: all.Approvals, 5: all.Cancels, 7: all.Supply, 8: all.VAT} {
		g.Put(column, bold.Money(c, units).Formula(book.Rounded(c, "SUM("+g.At(column, head+1)+":"+g.At(column, last)+")")))
	}
	b.unreadVAT(s, g, v, all)
}

// unreadVAT names what stands in no row: unread is never 0.
func (b *monthBook) unreadVAT(s *xlsx.Sheet, g *xlsx.Grid, v VAT, all settle.VATRow) {
	c := v.Currency
	if v.Unread > 0 {
		r := b.Row(book.Tone{Bold: true, Colour: book.Amber, Fill: book.Cream})
		g.Add(r.Label(b.Say("면세금액 미조회(위 합계에 없음)", "Tax-free part not read (in no row)")), r.Says(""), r.Count(v.Unread), r.Money(c, v.UnreadApprovals), r.Money(c, v.UnreadCancels),
			r.Money(c, v.UnreadApprovals-v.UnreadCancels), r.Says("–"), r.Says("–"))
	}
	var prior settle.Roll
	for i := range b.month.Ledgers {
		if l := &b.month.Ledgers[i]; l.Currency == c {
			b.plus(&prior.Approvals, l.Prior.Approvals)
			b.plus(&prior.Cancels, l.Prior.Cancels)
		}
	}
	own := b.total(figureApprovals, c) - prior.Approvals - (b.total(figureCancels, c) - prior.Cancels)
	r, here := b.Row(book.Tone{Colour: book.Grey}), all.Net+v.UnreadApprovals-v.UnreadCancels
	row := g.Add(r.Label(b.Say("증감명세의 당월 승인 − 취소와의 차이", "Apart from approved − cancelled of the roll-forward")), r.Blank(), r.Blank(), r.Blank(), r.Blank(), r.Check(c, here-own), r.Blank(), r.Blank())
	s.Link(6, row, xlsx.Top(b.Lang.Of(sheetForward)))
	if v.Receipts > 0 {
		b.remark(s, b.Lang.Fill(book.Label{"현금영수증 조회 {1}건 중 {2}건 완료. 조회하지 못한 건은 현금영수증이 없는 것으로 분류했습니다.",
			"Cash receipts: {2} of {1} were looked up; the others stand under the evidence without one."}, b.Number(v.Receipts), b.Number(v.LookedUp)))
	}
	if n := len(v.Nameless); n > 0 {
		line := s.Add(17, xlsx.Text(b.Styled(func(s *book.Style) { s.Bold, s.Color = true, book.Red }),
			b.Lang.Fill(book.Label{"현금영수증이 없는 10만원 이상 계좌이체·가상계좌 {1}건 → {2} 시트", "{1} transfers of 100,000 won and more have no cash receipt → sheet {2}"}, b.Number(int64(n)), b.Lang.Of(sheetNameless))))
		s.Link(1, line, xlsx.Top(b.Lang.Of(sheetNameless)))
	}
}

func (b *monthBook) drawNameless(missing []nameless) {
	plain := b.Style(book.RowStyle)
	l := list(b, sheetNameless, namelessColumns, missing, func(*nameless) xlsx.StyleID { return plain }, book.Label{})
	l.Subtitle = b.Say("현금영수증 의무발행업종(전자상거래 소매업 등)은 10만원 이상이면 소비자 요청이 없어도 발급 · 자진발급 여부 확인",
		"In trades that must issue cash receipts (e-commerce is one) those of 100,000 won and more need one also without a request")
	l.Fixed, l.Table = 1, "nameless"
	l.Sums = book.Amounts(func(i int) (pay.Currency, int64) { return missing[i].currency, missing[i].Amount })
	book.Place(b.Book, l)
}
