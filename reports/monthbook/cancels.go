package monthbook

import (
	"cmp"
	"slices"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reports/book"
)

var (
	columnCanceledAt = book.Label{"취소일시", "Cancelled at"}
	columnCanceled   = book.Label{"취소금액", "Cancelled"}
	columnFeeBack    = book.Label{"환급 수수료", "Fee back"}
	columnVATBack    = book.Label{"환급 부가세", "VAT back"}
	columnSetOff     = book.Label{"차감 지급일", "Set off on"}
	columnOf         = book.Label{"귀속", "Of"}
)

// cancelColumns: a cancel, and how Toss set it off.
var cancelColumns = []book.Column[*line[Cancel]]{
	{Name: columnCanceledAt, Width: 16, Cell: func(l *line[Cancel]) xlsx.Cell { return l.At(l.Row.At) }},
	{Name: book.ColumnMID, Width: 14, ID: true, Cell: func(l *line[Cancel]) xlsx.Cell { return l.Says(l.Row.MID) }},
	{Name: columnOrder, Width: 22, ID: true, Cell: func(l *line[Cancel]) xlsx.Cell { return l.Says(l.Row.OrderID) }},
	{Name: columnMethod, Width: 11, Cell: func(l *line[Cancel]) xlsx.Cell { return l.Centred(l.Book.method(l.Row.Method)) }},
	{Name: book.ColumnCurrency, Width: 7, Cell: func(l *line[Cancel]) xlsx.Cell { return l.Currency(l.Row.Currency) }},
	{Name: columnCanceled, Width: 13, Right: true, Cell: func(l *line[Cancel]) xlsx.Cell { return l.Held(l.Row.Currency, l.Row.Amount) }},
	{Name: columnFeeBack, Width: 11, Right: true, Cell: func(l *line[Cancel]) xlsx.Cell { return feeBack(l, l.Row.Fee) }},
	{Name: columnVATBack, Width: 11, Right: true, Cell: func(l *line[Cancel]) xlsx.Cell { return feeBack(l, l.Row.FeeVAT) }},
	{Name: columnSetOff, Width: 12, Cell: func(l *line[Cancel]) xlsx.Cell {
		if l.Row.PaidOut == "" {
			return xlsx.Text(l.Tag, l.Book.Say("정산 전", "no row yet"))
		}
		return l.On(l.Row.PaidOut)
	}},
	{Name: columnOf, Width: 13, Cell: func(l *line[Cancel]) xlsx.Cell {
		if l.Row.Prior {
			return xlsx.Text(l.Tag, l.Book.Lang.Of(priorLabel))
		}
		return l.Centred(l.Book.Say("당월", "this month"))
	}},
	{Name: book.Label{"승인일시", "Approved at"}, Width: 16, Details: true, Cell: func(l *line[Cancel]) xlsx.Cell { return l.At(l.Row.ApprovedAt) }},
	{Name: columnKey, Width: 28, ID: true, Cell: func(l *line[Cancel]) xlsx.Cell { return l.Says(l.Row.PaymentKey) }},
	{Name: book.Label{"거래키", "Transaction key"}, Width: 36, ID: true, Cell: func(l *line[Cancel]) xlsx.Cell { return l.Says(l.Row.TransactionKey) }},
}

// feeBack is what came back of a fee; a dash where there is no row that says it.
func feeBack(l *line[Cancel], units int64) xlsx.Cell {
	if l.Row.PaidOut == "" {
		return xlsx.Text(l.Unknown, "–")
	}
	return l.Held(l.Row.Currency, units)
}

// drawCancels lays out the cancels of the month, and below them the deposits that
// give fees back.
func (b *monthBook) drawCancels() {
	cancels := slices.Clone(b.month.Cancels)
	slices.SortFunc(cancels, func(x, y Cancel) int {
		return cmp.Or(x.At.Compare(y.At), cmp.Compare(x.MID, y.MID), cmp.Compare(x.TransactionKey, y.TransactionKey))
	})
	tag := b.Style(book.TagStyle(book.Amber).With(func(s *book.Style) { s.Align = "center" }))
	l := list(b, sheetCancels, cancelColumns, cancels, func(*Cancel) xlsx.StyleID { return tag }, book.Label{"취소 없음", "There is no cancel"})
	l.Subtitle = b.Say("취소일 기준 · 환급 수수료는 부가세 별도이며 취소 거래의 정산내역에 따름 · 발급 취소(미입금 가상계좌)는 제외",
		"By the day of the cancel · fees that came back, without VAT, as the cancel's settlement row has them · cancelled issues of virtual accounts are none")
	l.Fixed, l.Table = 1, "cancels"
	sum := func(name book.Label, of func(c *Cancel) int64) {
		l.Sums = append(l.Sums, book.Summed{Column: name, Value: func(i int) (pay.Currency, int64, bool) { return cancels[i].Currency, of(&cancels[i]), true }})
	}
	sum(columnCanceled, func(c *Cancel) int64 { return c.Amount })
	sum(columnFeeBack, func(c *Cancel) int64 { return c.Fee })
	sum(columnVATBack, func(c *Cancel) int64 { return c.FeeVAT })
	if len(b.month.Rebates) > 0 {
		l.Segments = append(l.Segments, b.rebates(l.Columns))
	}
	where := book.Place(b.Book, l)
	sums := map[pay.Currency]int64{}
	for i := range cancels {
		total := sums[cancels[i].Currency]
		b.plus(&total, cancels[i].Amount)
		sums[cancels[i].Currency] = total
	}
	b.compare(figureCancels, sheetCancels, where, book.Position(l.Columns, columnCanceled), book.Position(l.Columns, book.ColumnCurrency), sums)
}

// rebates are drawn below the cancels, in columns of theirs.
func (b *monthBook) rebates(columns []book.Column[*line[Cancel]]) book.Segment[*line[Cancel]] {
	rebates := slices.Clone(b.month.Rebates)
	slices.SortFunc(rebates, func(x, y Rebate) int { return cmp.Or(cmp.Compare(x.Day, y.Day), cmp.Compare(x.ID, y.ID)) })
	own, at := renamed(columns, map[book.Label]book.Label{columnCanceledAt: columnBankDay, book.ColumnMID: book.ColumnMID,
		columnOrder: {"통장 · 입금자", "Account · payer"}, book.ColumnCurrency: book.ColumnCurrency, columnCanceled: columnBanked,
		columnFeeBack: {"공급가액", "Supply"}, columnVATBack: {"세액", "VAT"}, columnSetOff: {"담당자", "By"}, columnOf: columnNote})
	p := b.Paint(book.RowStyle)
	title := b.Say("수수료 환급 입금", "Deposits that give fees back")
	return book.Segment[*line[Cancel]]{Lead: book.LeadRows(b.Book, title, own), To: len(rebates), Height: book.ListRow, Cells: func(i int, cells []xlsx.Cell) {
		r := &rebates[i]
		at.put(cells, map[book.Label]xlsx.Cell{columnCanceledAt: p.On(r.Day), book.ColumnMID: p.Says(r.MID), columnOrder: p.Says(r.Account + " · " + r.Payer),
			book.ColumnCurrency: p.Currency(r.Currency), columnCanceled: p.Held(r.Currency, r.Amount), columnFeeBack: p.Held(r.Currency, r.Supply),
			columnVATBack: p.Held(r.Currency, r.VAT), columnSetOff: p.Says(r.By), columnOf: p.Says(r.Note)}, p.Says(""))
	}}
}

// placed is where the columns of a list stand, from 0.
type placed map[book.Label]int

// renamed are the columns of a list under other names, for rows of something else
// below it; those without a name stay empty.
func renamed[D any](columns []book.Column[D], names map[book.Label]book.Label) ([]book.Column[D], placed) {
	own, at := slices.Clone(columns), placed{}
	for i, c := range columns {
		own[i].Name, at[c.Name] = names[c.Name], i
	}
	return own, at
}

// put sets the cells of the columns that there are, and the others to empty.
func (at placed) put(cells []xlsx.Cell, of map[book.Label]xlsx.Cell, empty xlsx.Cell) {
	for name, i := range at {
		cells[i] = empty
		if c, ok := of[name]; ok {
			cells[i] = c
		}
	}
}
