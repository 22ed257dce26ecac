package reports

import (
	"strconv"

	"daesa/pay"
	"daesa/reconcile"
)

// Columns that other sheets or tests look for.
var (
	columnKind       = word{"구분", "Kind"}
	columnSeverity   = word{"중요도", "Severity"}
	columnStatus     = word{"상태", "Status"}
	columnOrder      = word{"주문번호", "Order"}
	columnKey        = word{"결제키", "Payment key"}
	columnMethod     = word{"결제수단", "Method"}
	columnApprovedAt = word{"승인일시", "Approved at"}
	columnApproval   = word{"승인번호", "Approval no."}
	columnShop       = word{"쇼핑몰 주문", "Shop"}
	columnProvider   = word{"토스 거래", "Toss"}
	columnDifference = word{"차이", "Difference"}
	columnAmount     = word{"금액", "Amount"}
	columnCancelBy   = word{"취소기한", "Cancel by"}
	columnDaysLeft   = word{"잔여일", "Days left"}
	columnAdvice     = word{"내용 → 조치사항", "Meaning → what to do"}
	columnDecision   = word{"결정", "Decision"}
	columnOwner      = word{"담당자", "Owner"}
	columnNote       = word{"메모", "Note"}
	columnBreakID    = word{"불일치 ID", "Break ID"}
	columnRefundID   = word{"환불 ID", "Refund ID"}
	columnRowCheck   = word{"행 확인", "Row check"}
)

// breakColumns: what a person reads first, then what they fill in, then the
// details. The last one lets the row be known again when it comes back.
var breakColumns = []column{
	{name: columnKind, width: 15, left: true},
	{name: columnSeverity, width: 7},
	{name: columnStatus, width: 9},
	{name: columnMID, width: 14, id: true},
	{name: columnOrder, width: 21, id: true},
	{name: columnMethod, width: 10},
	{name: columnApprovedAt, width: 16},
	{name: columnApproval, width: 10, id: true},
	{name: columnCurrency, width: 7},
	{name: columnShop, width: 12, right: true},
	{name: columnProvider, width: 12, right: true},
	{name: columnDifference, width: 12, right: true},
	{name: word{"경과 영업일", "Bank days"}, width: 8, right: true},
	{name: columnCancelBy, width: 16},
	{name: columnAdvice, width: 40, left: true},
	{name: columnDecision, width: 15, left: true, people: true, choices: decisions},
	{name: columnOwner, width: 11, left: true, people: true},
	{name: columnNote, width: 20, left: true, people: true},
	{name: word{"쇼핑몰 상태", "Shop status"}, width: 11, details: true},
	{name: word{"토스 상태", "Toss status"}, width: 11},
	{name: columnKey, width: 20, id: true},
	{name: word{"최초 발생일", "First seen"}, width: 11},
	{name: word{"누적일수", "Nights"}, width: 7, right: true},
	{name: word{"최종 변동일시", "Moved at"}, width: 16},
	{name: word{"취소 주체", "Origin"}, width: 10},
	{name: columnBreakID, width: 19, id: true},
	{name: columnRowCheck, width: 26, id: true},
}

// drawBreaks lays out the differences: those that need a person, the most
// serious first, with timing behind; apart, those that cleared by themselves.
func (b *nightBook) drawBreaks() {
	n := b.night
	cleared := len(n.breaks)
	for cleared > 0 && n.breaks[cleared-1].Status == reconcile.Cleared {
		cleared--
	}
	var all []string
	for i := range n.breaks {
		r := &n.breaks[i]
		all = append(all, spell(r.Currency, held(r.LocalAmount)), spell(r.Currency, held(r.ProviderAmount)), spell(r.Currency, r.difference())+"+")
	}
	columns := widened(b.shown(breakColumns), all, columnShop, columnProvider, columnDifference)
	open := segment{to: cleared, height: listRow, fill: b.breakFill(b.breakPalettes(), columns)}
	l := listing{
		name: sheetBreaks, tab: red, columns: columns, fixed: position(columns, columnOrder), table: "breaks",
		title: b.say("불일치 내역", "Breaks"),
		subtitle: b.say("중요도·유형·금액순 · 금액은 순결제금액(승인 − 취소) · 차이 = 쇼핑몰 주문 − 토스 거래 · 노란색 칸(결정·담당자·메모)을 작성한 뒤 daesa report apply로 반영",
			"Most pressing first, then kind and money · amounts are net (approved − cancelled) · difference = shop − Toss · fill in the yellow cells, then daesa report apply"),
		segments: []segment{open}, sums: b.breakSums(columns),
		apart: match{columnKind, []string{b.lang.kind(reconcile.CurrencyMismatch)}},
	}
	if !n.nothingRead() {
		l.subtitle += b.lang.fill(word{" · 확인 필요 {1}건, 시점 차이 {2}건, 자동 해소 {3}건", " · {1} need a person, {2} timing, {3} cleared"},
			b.number(b.needing()), b.number(n.sum.Timing), b.number(int64(len(n.breaks)-cleared)))
		if waiting := refundingBreaks(n.sum); waiting > 0 {
			l.subtitle += b.lang.fill(word{", 환불 진행 중 {1}건", ", {1} refunding"}, b.number(waiting))
		}
	}
	if cleared == 0 {
		l.segments[0] = b.nothing(b.say("불일치 없음 ✓", "No breaks ✓"))
	}
	if cleared < len(n.breaks) {
		l.segments = append(l.segments, segment{from: cleared, to: len(n.breaks), height: listRow, fill: open.fill,
			lead: b.leadRows(b.say("자동 해소: 금일 대사에서 양쪽이 일치한 건 (금액은 마지막 불일치 시점 기준)", "Cleared: both sides agree since this night (amounts as they last differed)"), columns)})
	}
	b.breaks = b.place(l)
}

// needing counts the rows of the list that need a person.
func (b *nightBook) needing() int64 {
	var open int64
	for i := range b.night.breaks {
		if b.night.breaks[i].Status.NeedsPerson() {
			open++
		}
	}
	return open
}

// breakSums leave out what is of two currencies: its amounts are of different
// ones, and neither can be added to the others of its row's.
func (b *nightBook) breakSums(columns []column) []summed {
	rows := b.night.breaks
	of := func(value func(r *BreakRow) int64) func(i int) (pay.Currency, int64, bool) {
		return func(i int) (pay.Currency, int64, bool) {
			r := &rows[i]
			return r.Currency, value(r), r.Kind != reconcile.CurrencyMismatch
		}
	}
	return []summed{
		{position(columns, columnShop), false, of(func(r *BreakRow) int64 { return held(r.LocalAmount) })},
		{position(columns, columnProvider), false, of(func(r *BreakRow) int64 { return held(r.ProviderAmount) })},
		{position(columns, columnDifference), true, of((*BreakRow).difference)},
	}
}

// breakPalettes: the kind's colour says how serious a row is; what needs
// nobody is grey.
type breakPalettes struct {
	row, quiet           palette
	grave, middle, light int
	fresh                int
	input, idle          int // what people fill in; nothing to fill in
	rate                 map[reconcile.Level]int
}

func (b *nightBook) breakPalettes() breakPalettes {
	tag := func(color, fill string) int {
		return b.style(rowLook.with(func(l *look) { l.color, l.fill, l.bold = color, fill, true }))
	}
	return breakPalettes{
		row: b.paint(rowLook), quiet: b.paint(rowLook.with(func(l *look) { l.color = grey })),
		grave: tag(red, rose), middle: tag(amber, cream), light: tag(navy, head),
		fresh: b.style(rowLook.with(func(l *look) { l.bold, l.align, l.color = true, "center", red })),
		input: b.style(rowLook.with(func(l *look) { l.fill, l.box, l.rule = cream, true, "" })),
		idle:  b.style(rowLook),
		rate: map[reconcile.Level]int{
			reconcile.High:   b.style(rowLook.with(func(l *look) { l.bold, l.align, l.color = true, "center", red })),
			reconcile.Medium: b.style(rowLook.with(func(l *look) { l.align, l.color = "center", amber })),
			reconcile.Low:    b.style(rowLook.with(func(l *look) { l.align, l.color = "center", grey })),
		},
	}
}

var levelWords = map[reconcile.Level]word{reconcile.Low: {"낮음", "low"}, reconcile.Medium: {"보통", "medium"}, reconcile.High: {"높음", "high"}}

// tag is the style of a kind: where money or goods may be lost, where a cancel
// stands on one side only, and the rest.
func (p breakPalettes) tag(kind reconcile.Kind) int {
	switch {
	case kind == reconcile.RefundFailed || (kind.Rank() >= 0 && kind.Rank() <= reconcile.DepositReversed.Rank()):
		return p.grave
	case kind == reconcile.CancelNotExecuted || kind == reconcile.CancelNotRecorded || kind == reconcile.VAStillOpen:
		return p.middle
	default:
		return p.light
	}
}

// breakFill draws one row of the list.
func (b *nightBook) breakFill(p breakPalettes, columns []column) func(int, []cell) {
	return func(i int, cells []cell) {
		r := &b.night.breaks[i]
		at, tag, status := p.row, p.tag(r.Kind), p.row.center
		if !r.Status.NeedsPerson() {
			at, tag, status = p.quiet, p.quiet.text, p.quiet.center
		}
		shown := r.shown(b.night.day)
		if shown == isNew || shown == reconcile.Reopened {
			status = p.fresh
		}
		l := &line{cells: cells}
		l.put(text(tag, clean(b.lang.kind(r.Kind))))
		if r.Status.NeedsPerson() {
			l.put(text(p.rate[r.level], b.lang.of(levelWords[r.level])))
		} else {
			l.put(text(at.center, b.lang.of(levelWords[r.level])))
		}
		l.put(text(status, clean(b.lang.status(shown))))
		l.whose(b.book, at, r.MID)
		l.put(text(at.text, clean(r.OrderID)))
		l.put(text(at.center, clean(b.lang.method(r.Method))))
		l.put(moment(at.moment, r.ApprovedAt))
		l.put(text(at.text, clean(r.ApprovalNumber)))
		l.unit(b.book, at, r.Currency)
		l.put(at.amount(r.Currency, r.LocalAmount))
		l.put(providerAmount(at, r))
		if r.Kind == reconcile.CurrencyMismatch {
			l.put(text(at.unknown, "–"))
		} else {
			l.put(money(at.signed[r.Currency], r.Currency, r.difference()))
		}
		l.put(count(at.count, int64(r.FirstSeen.BankDaysUntil(b.night.day))))
		l.put(moment(at.moment, r.CancelBy))
		l.put(text(at.text, b.advice(r)))
		b.people(l, p, r)
		b.breakDetails(l, at, r)
		l.put(text(at.text, clean(rowCheck(b.night.runs[r.MID], columns, cells))))
	}
}

// people are the cells that a person fills in: what is over has none.
func (b *nightBook) people(l *line, p breakPalettes, r *BreakRow) {
	style := p.input
	if r.Status == reconcile.Cleared {
		style = p.idle
	}
	l.put(blank(style))
	l.put(text(style, clean(r.Owner)))
	l.put(text(style, clean(r.Note)))
}

func (b *nightBook) breakDetails(l *line, at palette, r *BreakRow) {
	l.put(text(at.center, clean(b.lang.shopStatus(r))))
	l.put(text(at.center, clean(b.lang.sideStatus(r.ProviderStatus))))
	l.put(text(at.text, clean(r.PaymentKey)))
	l.put(date(at.date, r.FirstSeen))
	l.put(count(at.count, int64(r.Nights)))
	l.put(moment(at.moment, r.MovedAt))
	l.put(text(at.center, clean(lookUp(b.lang, originWords, r.Origin))))
	l.put(text(at.text, clean(r.ID)))
}

// providerAmount is Toss's side. In a currency mismatch it is of another
// currency; where the snapshot does not say which, its smallest units are
// written as text, so that nobody adds them up.
func providerAmount(p palette, r *BreakRow) cell {
	currency := r.Currency
	if r.ProviderCurrency != "" {
		currency = r.ProviderCurrency
	}
	if r.Kind == reconcile.CurrencyMismatch && r.ProviderCurrency == "" && r.ProviderAmount != nil {
		return text(p.unknown, strconv.FormatInt(*r.ProviderAmount, 10)+" ?")
	}
	return p.amount(currency, r.ProviderAmount)
}

// number writes a count with separators, for sentences.
func (b *book) number(n int64) string { return grouped(strconv.FormatInt(n, 10)) }

// grouped puts separators into a plain decimal.
func grouped(decimal string) string {
	sign, rest := "", decimal
	if len(rest) > 0 && rest[0] == '-' {
		sign, rest = "-", rest[1:]
	}
	whole, fraction := rest, ""
	for i := range rest {
		if rest[i] == '.' {
			whole, fraction = rest[:i], rest[i:]
			break
		}
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return sign + whole + fraction
}

// spell writes money for sentences: 12,300원, 181.56 USD.
func spell(c pay.Currency, units int64) string {
	if c == pay.KRW {
		return grouped(c.Format(units)) + "원"
	}
	return grouped(c.Format(units)) + " " + code(c)
}
