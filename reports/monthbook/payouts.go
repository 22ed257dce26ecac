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

var (
	columnBrought   = book.Label{"이월 반영", "Carried in"}
	columnCarried   = book.Label{"상계 이월", "Carried on"}
	columnLines     = book.Label{"통장내역", "Passbook"}
	columnWhy       = book.Label{"비고", "Remark"}
	columnPosted    = book.Label{"당월 반영액", "Posted"}
	columnLineState = book.Label{"출처", "Origin"}
)

// payoutColumns: an amount less its fees, with what was carried to it and without
// what it carries on, is what should come.
var payoutColumns = []book.Column[*line[Payout]]{
	{Name: columnPayoutDay, Width: 12, Cell: func(l *line[Payout]) xlsx.Cell { return l.On(l.Row.Day) }},
	{Name: book.ColumnMID, Width: 14, ID: true, Cell: func(l *line[Payout]) xlsx.Cell { return l.Says(l.Row.MID) }},
	{Name: book.ColumnCurrency, Width: 7, Cell: func(l *line[Payout]) xlsx.Cell { return l.Currency(l.Row.Currency) }},
	{Name: columnRows, Width: 8, Right: true, Cell: func(l *line[Payout]) xlsx.Cell { return l.Counted(l.Row.Rows) }},
	{Name: columnGross, Width: 13, Right: true, Cell: func(l *line[Payout]) xlsx.Cell { return l.Held(l.Row.Currency, l.Row.Amount) }},
	{Name: columnFee, Width: 11, Right: true, Cell: func(l *line[Payout]) xlsx.Cell { return l.Held(l.Row.Currency, l.Row.Fee) }},
	{Name: columnFeeVAT, Width: 11, Right: true, Cell: func(l *line[Payout]) xlsx.Cell { return l.Held(l.Row.Currency, l.Row.FeeVAT) }},
	{Name: columnBrought, Width: 10, Right: true, Cell: func(l *line[Payout]) xlsx.Cell { return l.Held(l.Row.Currency, book.BroughtTo(&l.Row.Payout)) }},
	{Name: columnCarried, Width: 10, Right: true, Cell: func(l *line[Payout]) xlsx.Cell { return l.Held(l.Row.Currency, l.Row.Carried) }},
	{Name: columnExpected, Width: 13, Right: true, Cell: func(l *line[Payout]) xlsx.Cell { return l.Held(l.Row.Currency, l.Row.due()) }},
	{Name: columnBanked, Width: 13, Right: true, Cell: func(l *line[Payout]) xlsx.Cell { return l.Held(l.Row.Currency, l.Row.Banked) }},
	{Name: columnDifference, Width: 12, Right: true, Cell: func(l *line[Payout]) xlsx.Cell {
		if !book.Judged(&l.Row.Payout) {
			return xlsx.Text(l.Unknown, "–")
		}
		return book.Money(l.Signed[l.Row.Currency], l.Row.Currency, l.Row.Difference)
	}},
	{Name: columnState, Width: 12, Cell: func(l *line[Payout]) xlsx.Cell { return xlsx.Text(l.Tag, l.Book.Lang.Payout(l.Row.State)) }},
	{Name: columnLines, Width: 26, Left: true, Cell: func(l *line[Payout]) xlsx.Cell { return l.Says(l.Book.LineTexts(l.Book.lines, l.Row.Lines)) }},
	{Name: columnWhy, Width: 28, Left: true, Cell: func(l *line[Payout]) xlsx.Cell { return l.Says(l.Book.PayoutRemark(&l.Row.Payout, l.Book.lines)) }},
	{Name: columnPosted, Width: 13, Right: true, Details: true, Cell: func(l *line[Payout]) xlsx.Cell { return l.Held(l.Row.Currency, l.Row.Posted) }},
}

// due is what should come to the passbook.
func (p *Payout) due() int64 { return book.DueOf(&p.Payout) }

// drawPayouts lays out every payout with the passbook lines that are it, and below
// them the deposits that nobody explained.
func (b *monthBook) drawPayouts() {
	payouts := slices.Clone(b.month.Payouts)
	slices.SortFunc(payouts, func(x, y Payout) int {
		return cmp.Or(byCurrency(x.Currency, y.Currency), cmp.Compare(x.Day, y.Day), cmp.Compare(x.MID, y.MID))
	})
	b.month.Payouts = payouts
	tags := map[settle.State]xlsx.StyleID{}
	for _, state := range settle.States {
		tags[state] = b.Style(book.TagStyle(book.PayoutColour(state)).With(func(s *book.Style) { s.Align = "center" }))
	}
	l := list(b, sheetPayouts, payoutColumns, payouts, func(p *Payout) xlsx.StyleID { return tags[p.State] },
		book.Label{"지급 없음", "There is no payout"})
	l.Subtitle = b.Say("지급예정액 = 거래금액 − 수수료 − 수수료 부가세 + 이월 반영 − 상계 이월 · 차이 = 통장 입금액 − 지급예정액 · 수수료는 부가세 별도 · 입금자는 가림",
		"Expected = amount − fee − fee VAT + carried in − carried on · difference = banked − expected · fees without VAT · payers are masked")
	l.Fixed, l.Table = 2, "payouts"
	l.Notes = append(l.Notes, book.Note{Sentence: b.payoutStates(), Colour: book.Navy})
	sum := func(name book.Label, signed bool, of func(p *Payout) (int64, bool)) {
		l.Sums = append(l.Sums, book.Summed{Column: name, Signed: signed, Value: func(i int) (pay.Currency, int64, bool) {
			units, in := of(&payouts[i])
			return payouts[i].Currency, units, in
		}})
	}
	always := func(of func(p *Payout) int64) func(p *Payout) (int64, bool) {
		return func(p *Payout) (int64, bool) { return of(p), true }
	}
	sum(columnGross, false, always(func(p *Payout) int64 { return p.Amount }))
	sum(columnFee, false, always(func(p *Payout) int64 { return p.Fee }))
	sum(columnFeeVAT, false, always(func(p *Payout) int64 { return p.FeeVAT }))
	sum(columnExpected, false, always((*Payout).due))
	sum(columnBanked, false, always(func(p *Payout) int64 { return p.Banked }))
	sum(columnDifference, true, func(p *Payout) (int64, bool) { return p.Difference, book.Judged(&p.Payout) })
	sum(columnPosted, false, always(func(p *Payout) int64 { return p.Posted }))
	if more := b.deposits(l.Columns); more != nil {
		l.Segments = append(l.Segments, *more)
	}
	where := book.Place(b.Book, l)
	b.compare(figurePaid, sheetPayouts, where,
		book.Position(l.Columns, columnPosted), book.Position(l.Columns, book.ColumnCurrency), b.posted())
}

// posted is what the payouts of each currency say that came.
func (b *monthBook) posted() map[pay.Currency]int64 {
	sums := map[pay.Currency]int64{}
	for i := range b.month.Payouts {
		p := &b.month.Payouts[i]
		sum := sums[p.Currency]
		b.plus(&sum, p.Posted)
		sums[p.Currency] = sum
	}
	return sums
}

// payoutStates counts the payouts by state, for the line above the list.
func (b *monthBook) payoutStates() string {
	var parts []string
	for _, state := range settle.States {
		n := 0
		for i := range b.month.Payouts {
			if b.month.Payouts[i].State == state {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, b.Lang.Payout(state)+" "+b.Lang.Fill(book.Label{"{1}건", "{1}"}, b.Number(int64(n))))
		}
	}
	return strings.Join(parts, "   ·   ")
}

// open are the deposits of the month that no payout explains.
func (b *monthBook) open() []*book.PassbookLine {
	var lines []*book.PassbookLine
	for i := range b.month.Lines {
		if l := &b.month.Lines[i]; l.In && l.State == settle.LineOpen && settle.MonthOfDay(l.Day) == b.month.Month {
			lines = append(lines, l)
		}
	}
	slices.SortFunc(lines, func(x, y *book.PassbookLine) int { return cmp.Or(cmp.Compare(x.Day, y.Day), cmp.Compare(x.ID, y.ID)) })
	return lines
}

// deposits are drawn below the payouts, in columns of theirs; nil: there is none.
func (b *monthBook) deposits(columns []book.Column[*line[Payout]]) *book.Segment[*line[Payout]] {
	open := b.open()
	if len(open) == 0 {
		return nil
	}
	own, at := renamed(columns, map[book.Label]book.Label{columnPayoutDay: columnBankDay, columnState: columnLineState, book.ColumnCurrency: book.ColumnCurrency,
		columnLines: {"통장 · 입금자", "Account · payer"}, columnBanked: columnBanked, columnWhy: {"조치사항", "What to do"}})
	p := b.Paint(book.RowStyle)
	origin := b.Style(book.TagStyle(book.Amber).With(func(s *book.Style) { s.Align = "center" }))
	title := b.Say("출처 미확인 입금 (가수금)", "Deposits that no payout explains (suspense)")
	return &book.Segment[*line[Payout]]{Lead: book.LeadRows(b.Book, title, own), To: len(open), Height: book.ListRow, Cells: func(i int, cells []xlsx.Cell) {
		l, remedy := open[i], book.Label{"토스 입금이 아니면 처리 불필요", "nothing, where it is none of Toss's"}
		switch {
		case l.PayerFits && b.asks():
			remedy = book.Label{"통장 대조 또는 불일치 시트에서 결정", "decide on the sheet Passbook match or Breaks"}
		case l.PayerFits:
			remedy = book.Label{"daesa bank match 또는 환급·잡이익 결정", "daesa bank match, or decide rebate or other income"}
		}
		at.put(cells, map[book.Label]xlsx.Cell{columnPayoutDay: p.On(l.Day), columnState: xlsx.Text(origin, book.LookUp(b.Lang, book.LineLabels, l.State)),
			book.ColumnCurrency: p.Currency(l.Currency), columnLines: p.Says(l.Account + " · " + l.Payer), columnBanked: p.Held(l.Currency, l.Amount),
			columnWhy: p.Says(b.Lang.Of(remedy) + " (" + l.ID + ")")}, p.Says(""))
	}}
}
