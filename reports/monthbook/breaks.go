package monthbook

import (
	"cmp"
	"slices"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports/book"
)

var (
	columnOurs      = book.Label{"당사 기준", "Ours"}
	columnTheirs    = book.Label{"토스·통장", "Toss or bank"}
	columnShare     = book.Label{"미확인 차이 중", "Of unexplained"}
	columnSubject   = book.Label{"대상", "Subject"}
	columnSupply    = book.Label{"환급 공급가액", "Rebate, supply"}
	columnRebateVAT = book.Label{"환급 세액", "Rebate, VAT"}
	columnDecided   = book.Label{"기존 결정", "Decided"}
	columnBreakID   = book.Label{"불일치 ID", "Break ID"}
)

type breakColumn = book.Column[*askedLine[reconcile.Break]]

// breakFacts are what differs, and how long already.
var breakFacts = []breakColumn{
	{Name: columnKind, Width: 15, Left: true, Cell: func(l *askedLine[reconcile.Break]) xlsx.Cell { return xlsx.Text(l.Tag, l.Book.Lang.Kind(l.Row.Kind)) }},
	{Name: columnState, Width: 9, Cell: func(l *askedLine[reconcile.Break]) xlsx.Cell { return l.Centred(l.Book.Lang.Status(l.Row.Status)) }},
	{Name: book.ColumnMID, Width: 14, ID: true, Cell: func(l *askedLine[reconcile.Break]) xlsx.Cell { return l.Says(l.Row.MID) }},
	{Name: columnSubject, Width: 22, ID: true, Cell: func(l *askedLine[reconcile.Break]) xlsx.Cell { return l.Says(l.Row.About()) }},
	{Name: book.ColumnCurrency, Width: 7, Cell: func(l *askedLine[reconcile.Break]) xlsx.Cell { return l.Currency(l.Row.Currency) }},
	{Name: columnOurs, Width: 12, Right: true, Cell: func(l *askedLine[reconcile.Break]) xlsx.Cell { return amount(l, l.Row.LocalAmount) }},
	{Name: columnTheirs, Width: 12, Right: true, Cell: func(l *askedLine[reconcile.Break]) xlsx.Cell { return amount(l, l.Row.ProviderAmount) }},
	{Name: book.ColumnAmount, Width: 12, Right: true, Cell: func(l *askedLine[reconcile.Break]) xlsx.Cell { return over(l, l.Row.Amount) }},
}

// What the columns of breaks say of age, meaning and decision.
var (
	columnFirstSeen = breakColumn{Name: book.Label{"최초 발생일", "First seen"}, Width: 11, Cell: func(l *askedLine[reconcile.Break]) xlsx.Cell { return l.On(l.Row.FirstSeen) }}
	columnBankDays  = breakColumn{Name: book.Label{"경과 영업일", "Bank days"}, Width: 9, Right: true, Cell: func(l *askedLine[reconcile.Break]) xlsx.Cell {
		return l.Counted(int64(l.Row.FirstSeen.BankDaysUntil(pay.DayOf(l.Book.month.Now))))
	}}
	columnAdvice = breakColumn{Name: book.Label{"내용 → 조치사항", "Meaning → what to do"}, Width: 36, Left: true, Cell: func(l *askedLine[reconcile.Break]) xlsx.Cell { return l.Says(l.Book.Lang.Advice(l.Row.Kind)) }}
	columnTaken  = breakColumn{Name: columnDecided, Width: 13, Cell: func(l *askedLine[reconcile.Break]) xlsx.Cell {
		if l.Row.Resolution == "" {
			return l.Centred("–")
		}
		return l.Centred(book.LookUp(l.Book.Lang, book.DecisionLabels, l.Row.Resolution))
	}}
	columnDecidedAt = breakColumn{Name: book.Label{"결정일시", "Decided at"}, Width: 16, Details: true, Cell: func(l *askedLine[reconcile.Break]) xlsx.Cell { return l.At(l.Row.ResolvedAt) }}
)

// lockedBreaks follow the facts where nobody decides any more.
var lockedBreaks = []breakColumn{
	columnFirstSeen, columnBankDays, named(columnTaken, columnDecision), columnAdvice,
	{Name: columnOwner, Width: 10, Left: true, Cell: func(l *askedLine[reconcile.Break]) xlsx.Cell { return l.Says(cmp.Or(l.Row.ResolvedBy, l.Row.Owner)) }},
	{Name: columnNote, Width: 18, Left: true, Cell: func(l *askedLine[reconcile.Break]) xlsx.Cell { return l.Says(l.Row.Note) }},
	columnDecidedAt,
}

// askedBreaks follow the facts where people decide: what they fill in is on paper,
// what they decided before stands behind it.
var askedBreaks = []breakColumn{
	columnBankDays, columnAdvice, columnTaken,
	{Name: columnDecision, Width: 14, Left: true, People: true, Cell: func(l *askedLine[reconcile.Break]) xlsx.Cell { return xlsx.Blank(l.input) }},
	{Name: columnSupply, Width: 12, Left: true, People: true, Cell: func(l *askedLine[reconcile.Break]) xlsx.Cell { return xlsx.Blank(l.input) }},
	{Name: columnRebateVAT, Width: 11, Left: true, People: true, Cell: func(l *askedLine[reconcile.Break]) xlsx.Cell { return xlsx.Blank(l.input) }},
	{Name: columnOwner, Width: 10, Left: true, People: true, Cell: func(l *askedLine[reconcile.Break]) xlsx.Cell { return xlsx.Text(l.input, l.Row.Owner) }},
	{Name: columnNote, Width: 18, Left: true, People: true, Cell: func(l *askedLine[reconcile.Break]) xlsx.Cell { return xlsx.Text(l.input, l.Row.Note) }},
	columnDecidedAt,
	{Name: book.Label{"결정자", "Decided by"}, Width: 10, Left: true, Cell: func(l *askedLine[reconcile.Break]) xlsx.Cell { return l.Says(l.Row.ResolvedBy) }},
	{Name: columnOwnerThen, Width: 10, Left: true, Cell: func(l *askedLine[reconcile.Break]) xlsx.Cell { return l.Says(l.Row.Owner) }},
	{Name: columnNoteThen, Width: 18, Left: true, Cell: func(l *askedLine[reconcile.Break]) xlsx.Cell { return l.Says(l.Row.Note) }},
	columnFirstSeen,
}

// Owner and note as the workbook was drawn, beside the cells in which people change
// them: what they changed is known by these.
var (
	columnOwnerThen = book.Label{"기존 담당자", "Owner before"}
	columnNoteThen  = book.Label{"기존 메모", "Note before"}
)

// breakDetails end each row.
var breakDetails = []breakColumn{
	{Name: columnMethod, Width: 9, Cell: func(l *askedLine[reconcile.Break]) xlsx.Cell {
		if l.Row.Method == pay.MethodUnknown {
			return l.Centred("–")
		}
		return l.Centred(l.Book.method(l.Row.Method))
	}},
	{Name: columnShare, Width: 12, Right: true, Cell: func(l *askedLine[reconcile.Break]) xlsx.Cell { return over(l, l.Row.Share) }},
	{Name: columnOrder, Width: 22, ID: true, Cell: func(l *askedLine[reconcile.Break]) xlsx.Cell { return l.Says(l.Row.OrderID) }},
	{Name: columnKey, Width: 28, ID: true, Cell: func(l *askedLine[reconcile.Break]) xlsx.Cell { return l.Says(l.Row.PaymentKey) }},
	{Name: columnBreakID, Width: 19, ID: true, Cell: func(l *askedLine[reconcile.Break]) xlsx.Cell { return l.Says(l.Row.ID) }},
}

// breakCheck lets a row be known again when it comes back.
var breakCheck = breakColumn{Name: book.ColumnRowCheck, Width: 34, ID: true, Cell: func(l *askedLine[reconcile.Break]) xlsx.Cell { return l.Says(l.check(l.Row.Fingerprint())) }}

// breakColumns are those of a month in which people decide, or of a locked one.
func breakColumns(asks bool) []breakColumn {
	if asks {
		return slices.Concat(breakFacts, askedBreaks, breakDetails, []breakColumn{breakCheck})
	}
	return slices.Concat(breakFacts, lockedBreaks, breakDetails)
}

// named is a column under another title.
func named(c breakColumn, title book.Label) breakColumn {
	c.Name = title
	return c
}

// amount is money of one side; a dash where it has none.
func amount(l *askedLine[reconcile.Break], units *int64) xlsx.Cell {
	return l.Maybe(l.Row.Currency, units)
}

// over is money with its sign; a dash where there is none.
func over(l *askedLine[reconcile.Break], units *int64) xlsx.Cell {
	if units == nil {
		return xlsx.Text(l.Unknown, "–")
	}
	return book.Money(l.Signed[l.Row.Currency], l.Row.Currency, *units)
}

// byKind orders by kind, the most serious first, then by subject.
func byKind(a, b reconcile.Kind, of, other string) int {
	place := func(k reconcile.Kind) int {
		if i := slices.Index(reconcile.SettlementKinds, k); i >= 0 {
			return i
		}
		return len(reconcile.SettlementKinds)
	}
	return cmp.Or(place(a)-place(b), cmp.Compare(a, b), cmp.Compare(of, other))
}

// drawBreaks lays out the breaks of settlement: what needs a person first.
func (b *monthBook) drawBreaks() {
	breaks := slices.Clone(b.month.Breaks)
	quiet := func(r *reconcile.Break) int {
		if r.Status.NeedsPerson() {
			return 0
		}
		return 1
	}
	slices.SortFunc(breaks, func(x, y reconcile.Break) int {
		return cmp.Or(quiet(&x)-quiet(&y), byKind(x.Kind, y.Kind, string(x.FirstSeen), string(y.FirstSeen)), cmp.Compare(x.MID, y.MID), cmp.Compare(x.ID, y.ID))
	})
	tag := map[bool]xlsx.StyleID{true: b.Style(book.TagStyle(book.Red)), false: b.Style(book.RowStyle)}
	l := askedList(b, book.SheetBreaks, breakColumns(b.asks()), breaks, func(r *reconcile.Break) xlsx.StyleID { return tag[r.Status.NeedsPerson()] },
		book.Label{"불일치 없음 ✓", "No breaks ✓"})
	l.Tab, l.Fixed, l.Table = book.Red, 1, "breaks"
	l.Subtitle = b.Say("유형·발생일순 · 금액은 종결 시 미수금이 바뀌는 금액", "By kind and age · amount is by how much accepting it changes the receivable")
	if b.asks() {
		l.Subtitle += b.Say(" · 노란색 칸(결정·환급 금액·담당자·메모)을 작성한 뒤 daesa report apply로 반영(회신 안내 시트)", " · fill in the yellow cells, then daesa report apply (sheet Sending back)")
		l.Columns[book.Position(l.Columns, columnDecision)-1].ChoicesBy = b.choicesOfKind
	}
	if n := b.openBreaks(); n > 0 {
		l.Notes = append(l.Notes, book.Note{Sentence: b.Lang.Fill(book.Label{"결정 필요 {1}건", "{1} need a decision"}, b.Number(n)), Colour: book.Red})
	}
	for i := range l.Columns { // as broad as their amounts
		if name := l.Columns[i].Name; name == columnOurs || name == columnTheirs || name == book.ColumnAmount || name == columnShare {
			l.Columns = book.Widened(l.Columns, b.longest(breaks), name)
		}
	}
	book.Place(b.Book, l)
}

// longest is how many characters the longest amount of the breaks takes.
func (b *monthBook) longest(breaks []reconcile.Break) int {
	longest := 0
	for i := range breaks {
		for _, units := range []*int64{breaks[i].LocalAmount, breaks[i].ProviderAmount, breaks[i].Amount} {
			if units != nil {
				longest = max(longest, xlsx.Width(book.Signed(breaks[i].Currency, *units)))
			}
		}
	}
	return longest
}

// openBreaks counts the breaks that need a person.
func (b *monthBook) openBreaks() int64 {
	var n int64
	for i := range b.month.Breaks {
		if b.month.Breaks[i].Status.NeedsPerson() {
			n++
		}
	}
	return n
}
