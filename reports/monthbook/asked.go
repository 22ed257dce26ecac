package monthbook

import (
	"fmt"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports/book"
	"daesa/settle"
)

// askedLine is a row in which people decide, while it is drawn.
type askedLine[R any] struct {
	line[R]
	input xlsx.StyleID // of what people fill in

	columns []book.Column[*askedLine[R]] // that are drawn
	cells   []xlsx.Cell                  // of the row so far
}

// check names the workbook, and has a fingerprint of the row's facts and of how what it
// is about stands. A row that comes back is recognised by it, and so is one of another
// workbook, one that was edited, and one that has moved since.
func (l *askedLine[R]) check(stands string) string {
	return checkOf(l.Book.id(), book.FactsOf(l.columns, l.cells), stands)
}

func checkOf(id string, facts []string, stands string) string {
	return id + "-" + book.Fingerprint(facts) + "-" + stands
}

// id names the workbook: the month, and when it was drawn.
func (b *monthBook) id() string { return idOf(b.month.Month, pay.FormatTime(b.month.Now)) }

func idOf(month settle.Month, drawn string) string {
	return "m" + reconcile.ShortHash("month", string(month), drawn)[:9]
}

// asks says whether people decide in the workbook: not in one of a locked month.
func (b *monthBook) asks() bool { return b.state != settle.MonthLocked }

// askedRows gives the rows of a list in which people decide, one after the other.
func askedRows[R any](b *monthBook, columns []book.Column[*askedLine[R]], rows []R, tag func(r *R) xlsx.StyleID) func(i int, cells []xlsx.Cell) *askedLine[R] {
	one := &askedLine[R]{columns: columns, input: b.Style(book.RowStyle.With(func(s *book.Style) { s.Fill, s.Box, s.Below = book.Cream, book.Hair, "" })),
		line: line[R]{Palette: b.Paint(book.RowStyle), Book: b}}
	return func(i int, cells []xlsx.Cell) *askedLine[R] {
		one.Row, one.Tag, one.cells = &rows[i], tag(&rows[i]), cells
		return one
	}
}

// askedList begins a listing in whose rows people decide.
func askedList[R any](b *monthBook, name book.Label, columns []book.Column[*askedLine[R]], rows []R, tag func(r *R) xlsx.StyleID, none book.Label) book.Listing[*askedLine[R]] {
	l := listing(b, name, columns, len(rows), none)
	if len(rows) > 0 {
		l.Segments[0] = book.Segment[*askedLine[R]]{To: len(rows), Height: book.ListRow, Row: askedRows(b, l.Columns, rows, tag)}
	}
	return l
}

// returnSheet tells how a workbook comes back, and has what it is known by and what
// each kind of break takes.
type returnSheet struct {
	*monthBook
	s     *xlsx.Sheet
	kinds int // the row above the choices of the first kind
}

// The columns of the choices: the kind, how many there are, and they.
const (
	kindColumn    = 1
	numberColumn  = 2
	choicesColumn = 3
)

// Labels by which a workbook that comes back is known.
var (
	labelMonth = book.Label{"대상월", "Month"}
	labelDrawn = book.Label{"작성 일시", "Drawn at"}
	labelBook  = book.Label{"보고서 ID", "Workbook"}
	labelForm  = book.Label{"보고서 양식", "Form of the workbook"}
)

// form numbers how the lists in which people decide are drawn. Every change of a fact
// that the same month draws there raises it.
const form = "1"

// layReturn lays the sheet out. It stands last, and the lists before it refer to it.
func (b *monthBook) layReturn() *returnSheet {
	r := &returnSheet{monthBook: b, s: &xlsx.Sheet{Name: b.Lang.Of(sheetReturn), Tab: book.Grey, Widths: []int{24, 34, 20, 20, 20, 20, 20, 20}}}
	b.page(r.s, sheetReturn, b.Say("노란색 칸을 작성해 회신하면 daesa가 결정을 읽어 반영합니다", "Fill in the yellow cells and send the workbook back: daesa reads the decisions"))
	b.heading(r.s, b.Say("회신 방법", "How to send it back"))
	text := b.Styled(func(s *book.Style) { s.Wrap = true })
	for i, step := range b.steps() {
		r.s.Span(1, len(r.s.Widths), r.s.Add(17*xlsx.Lines(step, 200)), xlsx.Text(text, fmt.Sprintf("%d. %s", i+1, step)))
	}
	b.heading(r.s, b.Say("보고서 식별", "What this workbook is"))
	row := b.Row(book.Tone{})
	for _, of := range [][2]string{{b.Lang.Of(labelMonth), string(b.month.Month)}, {b.Lang.Of(labelDrawn), pay.FormatTime(b.month.Now)},
		{b.Lang.Of(labelBook), b.id()}, {b.Lang.Of(labelForm), form}} {
		r.s.Add(18, row.Label(of[0]), row.Label(of[1]))
	}
	r.takes()
	r.s.IgnoreTextNumbers(xlsx.Span(1, 1, len(r.s.Widths), r.s.Last()))
	return r
}

// steps say what to do, in the order in which it is done.
func (b *monthBook) steps() []string {
	name := FileName(b.month.Month)
	return []string{
		b.Say("불일치 시트: 결정을 목록에서 선택하고 담당자·메모를 적습니다. 수수료 환급이면 수정세금계산서의 공급가액과 세액도 적습니다.",
			"Sheet Breaks: choose a decision, write owner and note; with a fee rebate also supply and VAT of the corrected tax invoice."),
		b.Say("통장 대조 시트: 입금이 어느 지급인지 알면 결정에 '지급 대조', 지급일에 날짜를 적습니다. 여러 지급이 한 번에 입금되었으면 쉼표로 나열하고, 한 지급이 나뉘어 입금되었으면 각 행에 같은 지급일을 적습니다. 잘못된 대조는 '대조 취소'를 선택합니다. 메모는 반드시 적습니다.",
			"Sheet Passbook match: where you know which payout a deposit is, choose Match and write its day; several payouts of one deposit with commas between them, the same day in each row where several deposits are one payout. Undo match takes a wrong one back. A note is needed."),
		b.Say("환급·잡이익·정산 외 입금은 불일치 시트의 '출처 미확인 입금' 행에서 결정합니다.",
			"Rebates, other income and deposits that are none of Toss's are decided on the sheet Breaks, in the row Deposit unexplained."),
		b.Say("정렬·필터·열 숨기기는 자유롭게 하되 열과 시트를 지우지 말고, 흰색 칸은 고치지 않습니다. 그대로 저장하여(.xlsx) 회신합니다.",
			"Sort, filter and hide columns as you like, but delete no column and no sheet, and change no white cell. Save it as .xlsx and send it back."),
		b.Say("반영: daesa report apply "+name+" (확인만) → daesa report apply --write "+name+" --by 이름 (반영). 거절된 행은 시트·행·열과 사유가 표시됩니다.",
			"Taking it: daesa report apply "+name+" (shows only), then daesa report apply --write "+name+" --by NAME. Rows that are refused are named, with the reason."),
	}
}

// takes lists what each kind of break takes; the drop-downs choose from it.
func (r *returnSheet) takes() {
	r.heading(r.s, r.Say("유형별 결정", "What each kind takes"))
	most := 0
	for _, kind := range reconcile.SettlementKinds {
		most = max(most, len(decisionsOf(kind)))
	}
	heads := []book.Label{columnKind, {"결정 수", "Decisions"}}
	for range most {
		heads = append(heads, columnDecision)
	}
	r.kinds = r.s.Add(20, r.leftHeads(heads...)...)
	row := r.Row(book.Tone{})
	for _, kind := range reconcile.SettlementKinds {
		takes := decisionsOf(kind)
		cells := []xlsx.Cell{row.Label(r.Lang.Kind(kind)), xlsx.Int(row.Left("0"), int64(len(takes)))}
		for i := range most {
			text := ""
			if i < len(takes) {
				text = book.LookUp(r.Lang, book.DecisionLabels, takes[i])
			}
			cells = append(cells, row.Label(text))
		}
		r.s.Add(18, cells...)
	}
}

// decisionsOf are what a person can decide about a kind of break, in the contract's
// order.
func decisionsOf(kind reconcile.Kind) []reconcile.Disposition {
	var takes []reconcile.Disposition
	for _, as := range reconcile.AllDispositions {
		if kind.Takes(as) {
			takes = append(takes, as)
		}
	}
	return takes
}

// choicesOfKind is the formula of the decisions of the break in a row, by the kind in
// its first column.
func (b *monthBook) choicesOfKind(row int) string {
	sheet, first, last := b.Lang.Of(sheetReturn), b.back.kinds+1, b.back.kinds+len(reconcile.SettlementKinds)
	area := func(column int) string { return xlsx.Area{Sheet: sheet, First: first, Last: last}.Column(column) }
	match := fmt.Sprintf("MATCH($A%d,%s,0)", row, area(kindColumn))
	return fmt.Sprintf("OFFSET(%s,%s,0,1,INDEX(%s,%s))", xlsx.On(sheet, choicesColumn, b.back.kinds), match, area(numberColumn), match)
}
