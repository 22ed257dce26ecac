package reports

import (
	"cmp"
	"slices"
	"strconv"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports/book"
)

// Columns that other sheets or tests look for.
var (
	columnKind       = book.Label{"구분", "Kind"}
	columnSeverity   = book.Label{"중요도", "Severity"}
	columnStatus     = book.Label{"상태", "Status"}
	columnOrder      = book.Label{"주문번호", "Order"}
	columnKey        = book.Label{"결제키", "Payment key"}
	columnMethod     = book.Label{"결제수단", "Method"}
	columnApprovedAt = book.Label{"승인일시", "Approved at"}
	columnApproval   = book.Label{"승인번호", "Approval no."}
	columnShop       = book.Label{"쇼핑몰 주문", "Shop"}
	columnProvider   = book.Label{"토스 거래", "Toss"}
	columnDifference = book.Label{"차이", "Difference"}
	columnCount      = book.Label{"건수", "Count"}
	columnCancelBy   = book.Label{"취소기한", "Cancel by"}
	columnDaysLeft   = book.Label{"잔여일", "Days left"}
	columnAdvice     = book.Label{"내용 → 조치사항", "Meaning → what to do"}
	columnDecision   = book.Label{"결정", "Decision"}
	columnOwner      = book.Label{"담당자", "Owner"}
	columnNote       = book.Label{"메모", "Note"}
	columnBreakID    = book.Label{"불일치 ID", "Break ID"}
	columnRefundID   = book.Label{"환불 ID", "Refund ID"}
)

// adviceWidth is the width of what a break means and what to do, in characters.
const adviceWidth = 36

// breakColumns: what a person reads first, then what they fill in; these are on
// paper, as few as can be read there. The details follow. The last one lets the row be known again when it comes back.
var breakColumns = []book.Column[*breakLine]{
	{Name: columnKind, Width: 14, Left: true, Cell: func(l *breakLine) xlsx.Cell { return xlsx.Text(l.kind, l.Book.Lang.Kind(l.Row.Kind)) }},
	{Name: columnSeverity, Width: 6, Cell: func(l *breakLine) xlsx.Cell { return xlsx.Text(l.severity, l.Book.Lang.Of(levelLabels[l.Row.level])) }},
	{Name: columnStatus, Width: 9, Cell: func(l *breakLine) xlsx.Cell {
		return xlsx.Text(l.status, l.Book.Lang.Status(l.Row.shown(l.Book.night.day)))
	}},
	{Name: book.ColumnMID, Width: 14, ID: true, Cell: func(l *breakLine) xlsx.Cell { return l.Says(l.Row.MID) }},
	{Name: columnOrder, Width: 20, ID: true, Cell: func(l *breakLine) xlsx.Cell { return l.Says(l.Row.OrderID) }},
	{Name: columnMethod, Width: 9, Cell: func(l *breakLine) xlsx.Cell { return l.Centred(l.Book.Lang.Method(l.Row.Method)) }},
	{Name: columnShop, Width: 12, Right: true, Cell: func(l *breakLine) xlsx.Cell { return l.side(l.Row.Currency, l.Row.LocalAmount) }},
	{Name: columnProvider, Width: 12, Right: true, Cell: (*breakLine).provider},
	{Name: columnDifference, Width: 12, Right: true, Cell: (*breakLine).difference},
	{Name: columnCancelBy, Width: 15, Cell: func(l *breakLine) xlsx.Cell { return l.At(l.Row.CancelBy) }},
	{Name: columnAdvice, Width: adviceWidth, Left: true, Cell: func(l *breakLine) xlsx.Cell { return l.Says(l.Book.advice(l.Row)) }},
	{Name: columnDecision, Width: 14, Left: true, People: true, Choices: book.Decisions, Cell: func(l *breakLine) xlsx.Cell { return xlsx.Blank(l.input) }},
	{Name: columnOwner, Width: 9, Left: true, People: true, Cell: func(l *breakLine) xlsx.Cell { return xlsx.Text(l.input, l.Row.Owner) }},
	{Name: columnNote, Width: 16, Left: true, People: true, Cell: func(l *breakLine) xlsx.Cell { return xlsx.Text(l.input, l.Row.Note) }},
	{Name: columnApprovedAt, Width: 16, Details: true, Cell: func(l *breakLine) xlsx.Cell { return l.At(l.Row.ApprovedAt) }},
	{Name: columnApproval, Width: 10, ID: true, Cell: func(l *breakLine) xlsx.Cell { return l.Says(l.Row.ApprovalNumber) }},
	{Name: book.ColumnCurrency, Width: 7, Cell: func(l *breakLine) xlsx.Cell { return l.Currency(l.Row.Currency) }},
	{Name: book.Label{"경과 영업일", "Bank days"}, Width: 8, Right: true, Cell: func(l *breakLine) xlsx.Cell {
		return l.Counted(int64(l.Row.FirstSeen.BankDaysUntil(l.Book.night.day)))
	}},
	{Name: book.Label{"쇼핑몰 상태", "Shop status"}, Width: 11, Cell: func(l *breakLine) xlsx.Cell { return l.Centred(shopStatus(l.Book.Lang, l.Row)) }},
	{Name: book.Label{"토스 상태", "Toss status"}, Width: 11, Cell: func(l *breakLine) xlsx.Cell { return l.Centred(l.Book.Lang.SideStatus(l.Row.ProviderStatus)) }},
	{Name: columnKey, Width: 20, ID: true, Cell: func(l *breakLine) xlsx.Cell { return l.Says(l.Row.PaymentKey) }},
	{Name: book.Label{"최초 발생일", "First seen"}, Width: 11, Cell: func(l *breakLine) xlsx.Cell { return l.On(l.Row.FirstSeen) }},
	{Name: book.Label{"누적일수", "Nights"}, Width: 7, Right: true, Cell: func(l *breakLine) xlsx.Cell { return l.Counted(int64(l.Row.Nights)) }},
	{Name: book.Label{"최종 변동일시", "Moved at"}, Width: 16, Cell: func(l *breakLine) xlsx.Cell { return l.At(l.Row.MovedAt) }},
	{Name: book.Label{"취소 주체", "Origin"}, Width: 10, Cell: func(l *breakLine) xlsx.Cell {
		return l.Centred(book.LookUp(l.Book.Lang, book.OriginLabels, l.Row.Origin))
	}},
	{Name: columnBreakID, Width: 19, ID: true, Cell: func(l *breakLine) xlsx.Cell { return l.Says(l.Row.ID) }},
	{Name: book.ColumnRowCheck, Width: 26, ID: true, Cell: func(l *breakLine) xlsx.Cell { return l.Says(l.check()) }},
}

// breakLine is a row of the list of breaks while it is drawn.
type breakLine struct {
	book.Line[*nightBook, BreakRow]
	kind, severity, status, input xlsx.StyleID

	columns []book.Column[*breakLine] // that are drawn
	cells   []xlsx.Cell               // of the row so far
}

// drawBreaks lays out the differences: those that need a person, the most
// serious first, with timing behind; apart, those that cleared by themselves.
func (b *nightBook) drawBreaks() {
	n := b.night
	cleared := len(n.breaks)
	for cleared > 0 && n.breaks[cleared-1].Status == reconcile.Cleared {
		cleared--
	}
	columns := book.Shown(b.Book, breakColumns)
	row := b.breakRow(b.breakStyles(), columns)
	height := b.breakHeight()
	open := book.Segment[*breakLine]{To: cleared, Height: height, Row: row}
	l := book.Listing[*breakLine]{
		Name: book.SheetBreaks, Tab: book.Red, Columns: columns, Fixed: book.Position(columns, columnOrder), Table: "breaks",
		Title: b.Say("불일치 내역", "Breaks"),
		Subtitle: b.Say("중요도·유형·금액순 · 금액은 순결제금액(승인 − 취소) · 차이 = 쇼핑몰 주문 − 토스 거래 · 노란색 칸(결정·담당자·메모)을 작성한 뒤 daesa report apply로 반영",
			"Most pressing first, then kind and money · amounts are net (approved − cancelled) · difference = shop − Toss · fill in the yellow cells, then daesa report apply"),
		Segments: []book.Segment[*breakLine]{open}, Rows: len(n.breaks), Sums: n.breakSums(),
		Apart: book.Match{Column: columnKind, Labels: []string{b.Lang.Kind(reconcile.CurrencyMismatch)}},
	}
	if !n.nothingRead() {
		l.Subtitle += b.Lang.Fill(book.Label{" · 확인 필요 {1}건, 시점 차이 {2}건, 자동 해소 {3}건", " · {1} need a person, {2} timing, {3} cleared"},
			b.Number(n.needing()), b.Number(n.sum.Timing), b.Number(int64(len(n.breaks)-cleared)))
		if waiting := refundingBreaks(n.sum); waiting > 0 {
			l.Subtitle += b.Lang.Fill(book.Label{", 환불 진행 중 {1}건", ", {1} refunding"}, b.Number(waiting))
		}
	}
	if slices.ContainsFunc(n.breaks, func(r BreakRow) bool { return r.again }) {
		l.Subtitle += b.Say(" · * 같은 주문의 다른 행에 포함된 금액(합계 제외)", " · * counted at another row of the order, in no sum")
	}
	if cleared == 0 {
		l.Segments[0] = nothing[*breakLine](b, book.Label{"불일치 없음 ✓", "No breaks ✓"})
	}
	if cleared < len(n.breaks) {
		l.Segments = append(l.Segments, book.Segment[*breakLine]{From: cleared, To: len(n.breaks), Height: height, Row: row,
			Lead: book.LeadRows(b.Book, b.Say("자동 해소: 금일 대사에서 해소된 불일치 (금액은 마지막 불일치 시점 기준)", "Cleared: no longer so since this night (amounts as they last differed)"), columns)})
	}
	b.breaks = book.Place(b.Book, l)
}

// breakHeight is a height in which every sentence of the list can be read.
func (b *nightBook) breakHeight() int {
	const line, most = 13, 4
	lines := 2
	for i := range b.night.breaks {
		lines = max(lines, xlsx.Lines(b.advice(&b.night.breaks[i]), adviceWidth*6/5)) // letters of a list are smaller than those of a width
	}
	return max(book.ListRow, line*min(lines, most))
}

// needing counts the rows of the list that need a person.
func (n *night) needing() int64 {
	var open int64
	for i := range n.breaks {
		if n.breaks[i].Status.NeedsPerson() {
			open++
		}
	}
	return open
}

// breakSums leave out breaks of two currencies, whose amounts cannot be added, and
// those whose money counts at another break of the order.
func (n *night) breakSums() []book.Summed {
	of := func(value func(r *BreakRow) int64) func(i int) (pay.Currency, int64, bool) {
		return func(i int) (pay.Currency, int64, bool) {
			r := &n.breaks[i]
			return r.Currency, value(r), r.Kind != reconcile.CurrencyMismatch && !r.again
		}
	}
	return []book.Summed{
		{Column: columnShop, Signed: false, Value: of(func(r *BreakRow) int64 { return held(r.LocalAmount) })},
		{Column: columnProvider, Signed: false, Value: of(func(r *BreakRow) int64 { return held(r.ProviderAmount) })},
		{Column: columnDifference, Signed: true, Value: of((*BreakRow).difference)},
	}
}

// breakStyles: the kind's colour says how serious a row is; what needs nobody is
// grey.
type breakStyles struct {
	row, quiet           book.Palette
	grave, middle, light xlsx.StyleID
	fresh                xlsx.StyleID
	input, idle          xlsx.StyleID // what people fill in; nothing to fill in
	severity             map[reconcile.Level]xlsx.StyleID
}

func (b *nightBook) breakStyles() breakStyles {
	severity := func(bold bool, colour string) xlsx.StyleID {
		return b.Style(book.RowStyle.With(func(s *book.Style) { s.Bold, s.Align, s.Color = bold, "center", colour }))
	}
	return breakStyles{
		row: b.Paint(book.RowStyle), quiet: b.Paint(book.RowStyle.With(func(s *book.Style) { s.Color = book.Grey })),
		grave: b.Style(book.TagStyle(book.Red)), middle: b.Style(book.TagStyle(book.Amber)), light: b.Style(book.TagStyle(book.Navy)),
		fresh:    severity(true, book.Red),
		input:    b.Style(book.RowStyle.With(func(s *book.Style) { s.Fill, s.Box, s.Below = book.Cream, book.Hair, "" })),
		idle:     b.Style(book.RowStyle),
		severity: map[reconcile.Level]xlsx.StyleID{reconcile.High: severity(true, book.Red), reconcile.Medium: severity(false, book.Amber), reconcile.Low: severity(false, book.Grey)},
	}
}

var levelLabels = map[reconcile.Level]book.Label{reconcile.Low: {"낮음", "low"}, reconcile.Medium: {"보통", "medium"}, reconcile.High: {"높음", "high"}}

// kind is the style of a kind: red where money or goods may be lost, amber where a
// cancel stands on one side only.
func (s *breakStyles) kind(kind reconcile.Kind) xlsx.StyleID {
	switch {
	case kind == reconcile.RefundFailed || (kind.Rank() >= 0 && kind.Rank() <= reconcile.DepositReversed.Rank()):
		return s.grave
	case kind == reconcile.CancelNotExecuted || kind == reconcile.CancelNotRecorded || kind == reconcile.VAStillOpen:
		return s.middle
	default:
		return s.light
	}
}

// breakRow gives the rows of the list, one after the other.
func (b *nightBook) breakRow(s breakStyles, columns []book.Column[*breakLine]) func(int, []xlsx.Cell) *breakLine {
	l := &breakLine{columns: columns}
	return func(i int, cells []xlsx.Cell) *breakLine {
		r := &b.night.breaks[i]
		l.Line, l.cells = book.Line[*nightBook, BreakRow]{Palette: s.row, Book: b, Row: r}, cells
		l.kind, l.severity, l.status, l.input = s.kind(r.Kind), s.severity[r.level], s.row.Center, s.input
		if !r.Status.NeedsPerson() {
			l.Palette, l.kind, l.severity, l.status = s.quiet, s.quiet.Text, s.quiet.Center, s.quiet.Center
		}
		if shown := r.shown(b.night.day); shown == book.IsNew || shown == reconcile.Reopened {
			l.status = s.fresh
		}
		if r.Status == reconcile.Cleared {
			l.input = s.idle
		}
		return l
	}
}

// provider is Toss's side. In a currency mismatch it is of another currency;
// where the snapshot does not say which, its smallest units are written as text,
// so that nobody adds them up.
func (l *breakLine) provider() xlsx.Cell {
	r := l.Row
	if r.Kind == reconcile.CurrencyMismatch && r.ProviderCurrency == "" && r.ProviderAmount != nil {
		return xlsx.Text(l.Unknown, strconv.FormatInt(*r.ProviderAmount, 10)+" ?")
	}
	return l.side(cmp.Or(r.ProviderCurrency, r.Currency), r.ProviderAmount)
}

// side is the money of one side. Where another row of the order has it already it
// is a text with a star, so that no sum has it twice.
func (l *breakLine) side(c pay.Currency, units *int64) xlsx.Cell {
	if units != nil && l.Row.again {
		return xlsx.Text(l.Unknown, "* "+book.Spell(c, *units))
	}
	return l.Maybe(c, units)
}

func (l *breakLine) difference() xlsx.Cell {
	if l.Row.Kind == reconcile.CurrencyMismatch {
		return xlsx.Text(l.Unknown, "–")
	}
	if l.Row.again {
		return xlsx.Text(l.Unknown, "* "+book.Signed(l.Row.Currency, l.Row.difference()))
	}
	return book.Money(l.Signed[l.Row.Currency], l.Row.Currency, l.Row.difference())
}

// check is the run and a fingerprint of the facts of the row. A row that comes back
// is recognised by it, and so is a row of another workbook or of an older drawing of
// the same night.
func (l *breakLine) check() string {
	return checkOf(l.Book.night.runs[l.Row.MID], book.FactsOf(l.columns, l.cells))
}

func checkOf(runID string, facts []string) string {
	return runID + "-" + book.Fingerprint(facts)
}

// shopStatus is the status of the shop's order. Where the shop has the order as
// another company's, it names that company.
func shopStatus(l book.Language, r *BreakRow) string {
	switch r.LocalPG {
	case "":
		return l.SideStatus(r.LocalStatus)
	case pay.PGToss:
		return l.Of(book.Label{"0원 주문", "order of 0"})
	default:
		return l.Of(book.Label{"타 결제사: ", "other company: "}) + r.LocalPG
	}
}
