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

// What people can say of a deposit.
var (
	matchLabel   = book.Label{"지급 대조", "Match"}
	unmatchLabel = book.Label{"대조 취소", "Undo match"}
)

var (
	columnPays   = book.Label{"지급일", "Payout days"}
	columnLineID = book.Label{"입금 ID", "Deposit ID"}
)

type matchColumn = book.Column[*askedLine[Deposit]]

// matchColumns: the deposit and the payouts that it is or may be, what a person says of
// it, and behind that who said something before.
var matchColumns = []matchColumn{
	{Name: columnState, Width: 12, Cell: func(l *askedLine[Deposit]) xlsx.Cell {
		return xlsx.Text(l.Tag, book.LookUp(l.Book.Lang, book.LineLabels, l.Row.State))
	}},
	{Name: columnBankDay, Width: 12, Cell: func(l *askedLine[Deposit]) xlsx.Cell { return l.On(l.Row.Day) }},
	{Name: book.Label{"통장", "Account"}, Width: 12, ID: true, Cell: func(l *askedLine[Deposit]) xlsx.Cell { return l.Says(l.Row.Account) }},
	{Name: book.Label{"입금자", "Payer"}, Width: 16, ID: true, Cell: func(l *askedLine[Deposit]) xlsx.Cell { return l.Says(l.Row.Payer) }},
	{Name: book.ColumnCurrency, Width: 7, Cell: func(l *askedLine[Deposit]) xlsx.Cell { return l.Currency(l.Row.Currency) }},
	{Name: columnBanked, Width: 14, Right: true, Cell: func(l *askedLine[Deposit]) xlsx.Cell { return l.Held(l.Row.Currency, l.Row.Amount) }},
	{Name: book.Label{"대응 지급 · 후보", "Payouts, or perhaps"}, Width: 34, Left: true, Cell: func(l *askedLine[Deposit]) xlsx.Cell { return l.Says(l.Book.against(l.Row)) }},
	{Name: columnDecision, Width: 12, Left: true, People: true, Choices: []book.Label{matchLabel, unmatchLabel}, Cell: func(l *askedLine[Deposit]) xlsx.Cell { return xlsx.Blank(l.input) }},
	{Name: columnPays, Width: 26, Left: true, People: true, Cell: func(l *askedLine[Deposit]) xlsx.Cell { return xlsx.Blank(l.input) }},
	{Name: columnNote, Width: 24, Left: true, People: true, Cell: func(l *askedLine[Deposit]) xlsx.Cell { return xlsx.Blank(l.input) }},
	{Name: book.Label{"대조자", "Matched by"}, Width: 12, Left: true, Details: true, Cell: func(l *askedLine[Deposit]) xlsx.Cell {
		if l.Row.By == "" && !l.Row.Matched.IsZero() {
			return l.Says(l.Book.Say("daesa(자동)", "daesa (automatic)"))
		}
		return l.Says(l.Row.By)
	}},
	{Name: book.Label{"대조일시", "Matched at"}, Width: 16, Cell: func(l *askedLine[Deposit]) xlsx.Cell { return l.At(l.Row.Matched) }},
	{Name: columnNoteThen, Width: 24, Left: true, Cell: func(l *askedLine[Deposit]) xlsx.Cell { return l.Says(l.Row.Note) }},
	{Name: columnLineID, Width: 22, ID: true, Cell: func(l *askedLine[Deposit]) xlsx.Cell { return l.Says(l.Row.ID) }},
	{Name: book.ColumnRowCheck, Width: 34, ID: true, Cell: func(l *askedLine[Deposit]) xlsx.Cell { return l.Says(l.check(l.Row.fingerprint())) }},
}

// against names the payouts that a deposit is, or those that it may be.
func (b *monthBook) against(d *Deposit) string {
	name := func(keys []settle.PayoutKey) string {
		var names []string
		for _, k := range keys {
			if b.Several {
				names = append(names, k.MID+":"+string(k.Day))
			} else {
				names = append(names, string(k.Day))
			}
		}
		return strings.Join(names, ", ")
	}
	switch {
	case len(d.MatchedTo) > 0:
		return name(d.MatchedTo)
	case len(d.Suggests) > 0:
		return b.Say("후보: ", "perhaps: ") + name(d.Suggests)
	}
	return ""
}

// drawMatch lays out the deposits of the month, in which people say which payouts they
// are: those that nobody explained first. There is none of a locked month.
func (b *monthBook) drawMatch() {
	if !b.asks() {
		return
	}
	deposits := slices.Clone(b.month.Deposits)
	rank := func(d *Deposit) int {
		switch {
		case d.State == settle.LineMatched:
			return 2
		case d.PayerFits || len(d.Suggests) > 0:
			return 0
		default:
			return 1
		}
	}
	slices.SortFunc(deposits, func(x, y Deposit) int {
		return cmp.Or(rank(&x)-rank(&y), byCurrency(x.Currency, y.Currency), cmp.Compare(x.Day, y.Day), cmp.Compare(x.ID, y.ID))
	})
	tags := map[settle.LineState]xlsx.StyleID{}
	for state, colour := range map[settle.LineState]string{settle.LineOpen: book.Amber, settle.LineMatched: book.Green, settle.LineIgnored: book.Grey} {
		tags[state] = b.Style(book.TagStyle(colour).With(func(s *book.Style) { s.Align = "center" }))
	}
	l := askedList(b, sheetMatch, matchColumns, deposits, func(d *Deposit) xlsx.StyleID {
		if rank(d) == 1 {
			return tags[settle.LineIgnored]
		}
		return tags[d.State]
	}, book.Label{"입금 없음", "There is no deposit"})
	l.Fixed, l.Table = 2, "deposits"
	l.Subtitle = b.Say("노란색 칸(결정·지급일·메모)을 작성한 뒤 daesa report apply로 반영(회신 안내 시트) · 지급일이 여럿이면 쉼표로 나열 · 환급·잡이익·정산 외 입금은 불일치 시트에서 결정",
		"Fill in the yellow cells (decision, payout days, note), then daesa report apply (sheet Sending back) · several payout days with commas · rebates and other income are decided on the sheet Breaks")
	if b.Several {
		l.Subtitle += b.Say(" · 같은 날 여러 가맹점의 지급이 있으면 가맹점:날짜", " · MERCHANT:DAY where several have a payout on it")
	}
	l.Sums = []book.Summed{{Column: columnBanked, Value: func(i int) (pay.Currency, int64, bool) { return deposits[i].Currency, deposits[i].Amount, true }}}
	book.Place(b.Book, l)
}
