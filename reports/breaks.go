package reports

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reconcile"
)

// Columns that other sheets or tests look for.
var (
	columnKind       = label{"구분", "Kind"}
	columnSeverity   = label{"중요도", "Severity"}
	columnStatus     = label{"상태", "Status"}
	columnOrder      = label{"주문번호", "Order"}
	columnKey        = label{"결제키", "Payment key"}
	columnMethod     = label{"결제수단", "Method"}
	columnApprovedAt = label{"승인일시", "Approved at"}
	columnApproval   = label{"승인번호", "Approval no."}
	columnShop       = label{"쇼핑몰 주문", "Shop"}
	columnProvider   = label{"토스 거래", "Toss"}
	columnDifference = label{"차이", "Difference"}
	columnCount      = label{"건수", "Count"}
	columnCancelBy   = label{"취소기한", "Cancel by"}
	columnDaysLeft   = label{"잔여일", "Days left"}
	columnAdvice     = label{"내용 → 조치사항", "Meaning → what to do"}
	columnDecision   = label{"결정", "Decision"}
	columnOwner      = label{"담당자", "Owner"}
	columnNote       = label{"메모", "Note"}
	columnBreakID    = label{"불일치 ID", "Break ID"}
	columnRefundID   = label{"환불 ID", "Refund ID"}
)

// adviceWidth is the width of what a break means and what to do, in characters.
const adviceWidth = 36

// breakColumns: what a person reads first, then what they fill in; these are on
// paper, as few as can be read there. The details follow. The last one lets the row be known again when it comes back.
var breakColumns = []column[*breakLine]{
	{name: columnKind, width: 14, left: true, cell: func(l *breakLine) xlsx.Cell { return xlsx.Text(l.kind, l.book.lang.kind(l.row.Kind)) }},
	{name: columnSeverity, width: 6, cell: func(l *breakLine) xlsx.Cell { return xlsx.Text(l.severity, l.book.lang.of(levelLabels[l.row.level])) }},
	{name: columnStatus, width: 9, cell: func(l *breakLine) xlsx.Cell {
		return xlsx.Text(l.status, l.book.lang.status(l.row.shown(l.book.night.day)))
	}},
	{name: columnMID, width: 14, id: true, cell: func(l *breakLine) xlsx.Cell { return l.says(l.row.MID) }},
	{name: columnOrder, width: 20, id: true, cell: func(l *breakLine) xlsx.Cell { return l.says(l.row.OrderID) }},
	{name: columnMethod, width: 9, cell: func(l *breakLine) xlsx.Cell { return l.centred(l.book.lang.method(l.row.Method)) }},
	{name: columnShop, width: 12, right: true, cell: func(l *breakLine) xlsx.Cell { return l.side(l.row.Currency, l.row.LocalAmount) }},
	{name: columnProvider, width: 12, right: true, cell: (*breakLine).provider},
	{name: columnDifference, width: 12, right: true, cell: (*breakLine).difference},
	{name: columnCancelBy, width: 15, cell: func(l *breakLine) xlsx.Cell { return l.at(l.row.CancelBy) }},
	{name: columnAdvice, width: adviceWidth, left: true, cell: func(l *breakLine) xlsx.Cell { return l.says(l.book.advice(l.row)) }},
	{name: columnDecision, width: 14, left: true, people: true, choices: decisions, cell: func(l *breakLine) xlsx.Cell { return xlsx.Blank(l.input) }},
	{name: columnOwner, width: 9, left: true, people: true, cell: func(l *breakLine) xlsx.Cell { return xlsx.Text(l.input, l.row.Owner) }},
	{name: columnNote, width: 16, left: true, people: true, cell: func(l *breakLine) xlsx.Cell { return xlsx.Text(l.input, l.row.Note) }},
	{name: columnApprovedAt, width: 16, details: true, cell: func(l *breakLine) xlsx.Cell { return l.at(l.row.ApprovedAt) }},
	{name: columnApproval, width: 10, id: true, cell: func(l *breakLine) xlsx.Cell { return l.says(l.row.ApprovalNumber) }},
	{name: columnCurrency, width: 7, cell: func(l *breakLine) xlsx.Cell { return l.currency(l.row.Currency) }},
	{name: label{"경과 영업일", "Bank days"}, width: 8, right: true, cell: func(l *breakLine) xlsx.Cell {
		return l.counted(int64(l.row.FirstSeen.BankDaysUntil(l.book.night.day)))
	}},
	{name: label{"쇼핑몰 상태", "Shop status"}, width: 11, cell: func(l *breakLine) xlsx.Cell { return l.centred(shopStatus(l.book.lang, l.row)) }},
	{name: label{"토스 상태", "Toss status"}, width: 11, cell: func(l *breakLine) xlsx.Cell { return l.centred(l.book.lang.sideStatus(l.row.ProviderStatus)) }},
	{name: columnKey, width: 20, id: true, cell: func(l *breakLine) xlsx.Cell { return l.says(l.row.PaymentKey) }},
	{name: label{"최초 발생일", "First seen"}, width: 11, cell: func(l *breakLine) xlsx.Cell { return l.on(l.row.FirstSeen) }},
	{name: label{"누적일수", "Nights"}, width: 7, right: true, cell: func(l *breakLine) xlsx.Cell { return l.counted(int64(l.row.Nights)) }},
	{name: label{"최종 변동일시", "Moved at"}, width: 16, cell: func(l *breakLine) xlsx.Cell { return l.at(l.row.MovedAt) }},
	{name: label{"취소 주체", "Origin"}, width: 10, cell: func(l *breakLine) xlsx.Cell { return l.centred(lookUp(l.book.lang, originLabels, l.row.Origin)) }},
	{name: columnBreakID, width: 19, id: true, cell: func(l *breakLine) xlsx.Cell { return l.says(l.row.ID) }},
	{name: columnRowCheck, width: 26, id: true, cell: func(l *breakLine) xlsx.Cell { return l.says(l.check()) }},
}

// breakLine is a row of the list of breaks while it is drawn.
type breakLine struct {
	line[*nightBook, BreakRow]
	kind, severity, status, input xlsx.StyleID

	columns []column[*breakLine] // that are drawn
	cells   []xlsx.Cell          // of the row so far
}

// drawBreaks lays out the differences: those that need a person, the most
// serious first, with timing behind; apart, those that cleared by themselves.
func (b *nightBook) drawBreaks() {
	n := b.night
	cleared := len(n.breaks)
	for cleared > 0 && n.breaks[cleared-1].Status == reconcile.Cleared {
		cleared--
	}
	columns := shown(b.book, breakColumns)
	row := b.breakRow(b.breakStyles(), columns)
	height := b.breakHeight()
	open := segment[*breakLine]{to: cleared, height: height, row: row}
	l := listing[*breakLine]{
		name: sheetBreaks, tab: red, columns: columns, fixed: position(columns, columnOrder), table: "breaks",
		title: b.say("불일치 내역", "Breaks"),
		subtitle: b.say("중요도·유형·금액순 · 금액은 순결제금액(승인 − 취소) · 차이 = 쇼핑몰 주문 − 토스 거래 · 노란색 칸(결정·담당자·메모)을 작성한 뒤 daesa report apply로 반영",
			"Most pressing first, then kind and money · amounts are net (approved − cancelled) · difference = shop − Toss · fill in the yellow cells, then daesa report apply"),
		segments: []segment[*breakLine]{open}, rows: len(n.breaks), sums: n.breakSums(),
		apart: match{columnKind, []string{b.lang.kind(reconcile.CurrencyMismatch)}},
	}
	if !n.nothingRead() {
		l.subtitle += b.lang.fill(label{" · 확인 필요 {1}건, 시점 차이 {2}건, 자동 해소 {3}건", " · {1} need a person, {2} timing, {3} cleared"},
			b.number(n.needing()), b.number(n.sum.Timing), b.number(int64(len(n.breaks)-cleared)))
		if waiting := refundingBreaks(n.sum); waiting > 0 {
			l.subtitle += b.lang.fill(label{", 환불 진행 중 {1}건", ", {1} refunding"}, b.number(waiting))
		}
	}
	if slices.ContainsFunc(n.breaks, func(r BreakRow) bool { return r.again }) {
		l.subtitle += b.say(" · * 같은 주문의 다른 행에 포함된 금액(합계 제외)", " · * counted at another row of the order, in no sum")
	}
	if cleared == 0 {
		l.segments[0] = nothing[*breakLine](b, label{"불일치 없음 ✓", "No breaks ✓"})
	}
	if cleared < len(n.breaks) {
		l.segments = append(l.segments, segment[*breakLine]{from: cleared, to: len(n.breaks), height: height, row: row,
			lead: leadRows(b.book, b.say("자동 해소: 금일 대사에서 해소된 불일치 (금액은 마지막 불일치 시점 기준)", "Cleared: no longer so since this night (amounts as they last differed)"), columns)})
	}
	b.breaks = place(b.book, l)
}

// breakHeight is a height in which every sentence of the list can be read.
func (b *nightBook) breakHeight() int {
	const line, most = 13, 4
	lines := 2
	for i := range b.night.breaks {
		lines = max(lines, xlsx.Lines(b.advice(&b.night.breaks[i]), adviceWidth*6/5)) // letters of a list are smaller than those of a width
	}
	return max(listRow, line*min(lines, most))
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
func (n *night) breakSums() []summed {
	of := func(value func(r *BreakRow) int64) func(i int) (pay.Currency, int64, bool) {
		return func(i int) (pay.Currency, int64, bool) {
			r := &n.breaks[i]
			return r.Currency, value(r), r.Kind != reconcile.CurrencyMismatch && !r.again
		}
	}
	return []summed{
		{columnShop, false, of(func(r *BreakRow) int64 { return held(r.LocalAmount) })},
		{columnProvider, false, of(func(r *BreakRow) int64 { return held(r.ProviderAmount) })},
		{columnDifference, true, of((*BreakRow).difference)},
	}
}

// breakStyles: the kind's colour says how serious a row is; what needs nobody is
// grey.
type breakStyles struct {
	row, quiet           palette
	grave, middle, light xlsx.StyleID
	fresh                xlsx.StyleID
	input, idle          xlsx.StyleID // what people fill in; nothing to fill in
	severity             map[reconcile.Level]xlsx.StyleID
}

func (b *nightBook) breakStyles() breakStyles {
	severity := func(bold bool, colour string) xlsx.StyleID {
		return b.Style(rowStyle.With(func(s *style) { s.Bold, s.Align, s.Color = bold, "center", colour }))
	}
	return breakStyles{
		row: b.paint(rowStyle), quiet: b.paint(rowStyle.With(func(s *style) { s.Color = grey })),
		grave: b.Style(tagStyle(red)), middle: b.Style(tagStyle(amber)), light: b.Style(tagStyle(navy)),
		fresh:    severity(true, red),
		input:    b.Style(rowStyle.With(func(s *style) { s.Fill, s.Box, s.Below = cream, hair, "" })),
		idle:     b.Style(rowStyle),
		severity: map[reconcile.Level]xlsx.StyleID{reconcile.High: severity(true, red), reconcile.Medium: severity(false, amber), reconcile.Low: severity(false, grey)},
	}
}

var levelLabels = map[reconcile.Level]label{reconcile.Low: {"낮음", "low"}, reconcile.Medium: {"보통", "medium"}, reconcile.High: {"높음", "high"}}

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
func (b *nightBook) breakRow(s breakStyles, columns []column[*breakLine]) func(int, []xlsx.Cell) *breakLine {
	l := &breakLine{columns: columns}
	return func(i int, cells []xlsx.Cell) *breakLine {
		r := &b.night.breaks[i]
		l.line, l.cells = line[*nightBook, BreakRow]{palette: s.row, book: b, row: r}, cells
		l.kind, l.severity, l.status, l.input = s.kind(r.Kind), s.severity[r.level], s.row.center, s.input
		if !r.Status.NeedsPerson() {
			l.palette, l.kind, l.severity, l.status = s.quiet, s.quiet.text, s.quiet.center, s.quiet.center
		}
		if shown := r.shown(b.night.day); shown == isNew || shown == reconcile.Reopened {
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
	r := l.row
	if r.Kind == reconcile.CurrencyMismatch && r.ProviderCurrency == "" && r.ProviderAmount != nil {
		return xlsx.Text(l.unknown, strconv.FormatInt(*r.ProviderAmount, 10)+" ?")
	}
	return l.side(cmp.Or(r.ProviderCurrency, r.Currency), r.ProviderAmount)
}

// side is the money of one side. Where another row of the order has it already it
// is a text with a star, so that no sum has it twice.
func (l *breakLine) side(c pay.Currency, units *int64) xlsx.Cell {
	if units != nil && l.row.again {
		return xlsx.Text(l.unknown, "* "+spell(c, *units))
	}
	return l.maybe(c, units)
}

func (l *breakLine) difference() xlsx.Cell {
	if l.row.Kind == reconcile.CurrencyMismatch {
		return xlsx.Text(l.unknown, "–")
	}
	if l.row.again {
		return xlsx.Text(l.unknown, "* "+signed(l.row.Currency, l.row.difference()))
	}
	return money(l.signed[l.row.Currency], l.row.Currency, l.row.difference())
}

// check is a fingerprint of the run and the facts of the row. A row that comes back
// is recognised by it, and so is a row of another workbook or of an older drawing of
// the same night. It does not stop a forger; the database is what rows are compared
// with.
func (l *breakLine) check() string {
	var facts []string
	for i, c := range l.columns {
		if c.isFact() {
			facts = append(facts, l.cells[i].Fact())
		}
	}
	return checkOf(l.book.night.runs[l.row.MID], facts)
}

func checkOf(runID string, facts []string) string {
	return runID + "-" + reconcile.ShortHash(strings.Join(facts, "\x00"))[:8]
}

// shopStatus is the status of the shop's order. Where the shop has the order as
// another company's, it names that company.
func shopStatus(l language, r *BreakRow) string {
	switch r.LocalPG {
	case "":
		return l.sideStatus(r.LocalStatus)
	case pay.PGToss:
		return l.of(label{"0원 주문", "order of 0"})
	default:
		return l.of(label{"타 결제사: ", "other company: "}) + r.LocalPG
	}
}
