package monthbook

import (
	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reports/book"
	"daesa/settle"
)

var (
	columnDebit  = book.Label{settle.ColumnDebit, "Debit"}
	columnCredit = book.Label{settle.ColumnCredit, "Credit"}
)

// entryColumns are those of the neutral voucher table, with debits and credits
// apart, as a journal is read.
var entryColumns = []book.Column[*line[settle.Entry]]{
	{Name: book.Label{settle.ColumnDay, "Date"}, Width: 12, Cell: func(l *line[settle.Entry]) xlsx.Cell { return l.On(l.Row.Day) }},
	{Name: book.Label{settle.ColumnVoucher, "Voucher"}, Width: 15, ID: true, Cell: func(l *line[settle.Entry]) xlsx.Cell { return l.Says(l.Row.Voucher) }},
	{Name: book.Label{settle.ColumnLine, "Line"}, Width: 5, Right: true, Cell: func(l *line[settle.Entry]) xlsx.Cell { return l.Counted(int64(l.Row.Line)) }},
	{Name: book.Label{settle.ColumnSide, "Side"}, Width: 6, Cell: func(l *line[settle.Entry]) xlsx.Cell { return l.Centred(string(l.Row.Side)) }},
	{Name: book.Label{settle.ColumnCode, "Code"}, Width: 9, ID: true, Cell: func(l *line[settle.Entry]) xlsx.Cell { return l.Says(l.Row.Code) }},
	{Name: book.Label{settle.ColumnAccount, "Account"}, Width: 17, Left: true, Cell: func(l *line[settle.Entry]) xlsx.Cell { return l.Says(l.Row.Account) }},
	{Name: book.ColumnCurrency, Width: 7, Cell: func(l *line[settle.Entry]) xlsx.Cell { return l.Currency(l.Row.Currency) }},
	{Name: columnDebit, Width: 15, Right: true, Cell: func(l *line[settle.Entry]) xlsx.Cell { return side(l, settle.Debit) }},
	{Name: columnCredit, Width: 15, Right: true, Cell: func(l *line[settle.Entry]) xlsx.Cell { return side(l, settle.Credit) }},
	{Name: book.Label{settle.ColumnEvidence, "Evidence"}, Width: 16, Cell: func(l *line[settle.Entry]) xlsx.Cell { return l.Centred(l.Row.Evidence) }},
	{Name: book.Label{settle.ColumnText, "Text"}, Width: 34, Left: true, Cell: func(l *line[settle.Entry]) xlsx.Cell { return l.Says(l.Row.Text) }},
	{Name: book.Label{settle.ColumnPartnerCode, "Partner code"}, Width: 10, ID: true, Cell: func(l *line[settle.Entry]) xlsx.Cell { return l.Says(l.Row.PartnerCode) }},
	{Name: book.Label{settle.ColumnPartner, "Partner"}, Width: 16, Left: true, Cell: func(l *line[settle.Entry]) xlsx.Cell { return l.Says(l.Row.Partner) }},
}

// side is the amount of an entry, in the column of its side.
func side(l *line[settle.Entry], of settle.Side) xlsx.Cell {
	if l.Row.Side != of {
		return l.Says("")
	}
	return l.Held(l.Row.Currency, l.Row.Amount)
}

// drawJournal lays out the vouchers: what is debited is credited.
func (b *monthBook) drawJournal() {
	entries := b.month.Entries
	plain := b.Style(book.RowStyle)
	l := list(b, sheetJournal, entryColumns, entries, func(*settle.Entry) xlsx.StyleID { return plain }, book.Label{"분개 없음", "There is no entry"})
	l.Subtitle = b.Say("수수료는 거래일에, 정산금은 통장 입금일에 미수금과 상계 · 출처 미확인 입금은 가수금 · 파일은 daesa close vouchers",
		"Fees on the day of the transaction, payouts on the bank day, against the receivable · unexplained deposits as suspense · a file: daesa close vouchers")
	l.Fixed, l.Table = 3, "journal"
	of := func(name book.Label, on settle.Side) book.Summed {
		return book.Summed{Column: name, Value: func(i int) (pay.Currency, int64, bool) {
			return entries[i].Currency, entries[i].Amount, entries[i].Side == on
		}}
	}
	l.Sums = []book.Summed{of(columnDebit, settle.Debit), of(columnCredit, settle.Credit)}
	debits, credits := b.sides()
	if len(entries) > 0 {
		note := book.Note{Sentence: b.Say("차변 합계 = 대변 합계 ✓", "debits = credits ✓"), Colour: book.Green}
		for _, c := range b.Currencies {
			if debits[c] != credits[c] {
				note = book.Note{Sentence: b.Say("차변 합계 ≠ 대변 합계: ", "debits ≠ credits: ") + book.Signed(c, debits[c]-credits[c]), Colour: book.Red}
				break
			}
		}
		l.Notes = append(l.Notes, note)
	}
	where := book.Place(b.Book, l)
	if len(entries) > 0 {
		currencies := book.Position(l.Columns, book.ColumnCurrency)
		b.journalChecks(debits, credits, func(name book.Label, c pay.Currency) string {
			return sumOver(where, book.Position(l.Columns, name), currencies, c)
		})
	}
}

// sides sum debits and credits.
func (b *monthBook) sides() (debits, credits map[pay.Currency]int64) {
	debits, credits = map[pay.Currency]int64{}, map[pay.Currency]int64{}
	for _, e := range b.month.Entries {
		of := debits
		if e.Side == settle.Credit {
			of = credits
		}
		sum := of[e.Currency]
		b.plus(&sum, e.Amount)
		of[e.Currency] = sum
	}
	return debits, credits
}

// journalChecks: what is debited is credited, and the receivable of the books moves
// as the roll-forward does.
func (b *monthBook) journalChecks(debits, credits map[pay.Currency]int64, at func(name book.Label, c pay.Currency) string) {
	for _, c := range b.Currencies {
		if debits[c] == 0 && credits[c] == 0 {
			continue
		}
		debit := at(columnDebit, c)
		b.checks = append(b.checks, check{name: book.Label{"분개 차변 = 대변", "Journal: debits = credits"}, currency: c, forward: debits[c], sheet: credits[c],
			forwardAt: func(int) string { return debit }, from: at(columnCredit, c), to: sheetJournal})
		if b.month.Receivable == "" {
			continue
		}
		var own []settle.Entry
		for _, e := range b.month.Entries {
			if e.Currency == c {
				own = append(own, e)
			}
		}
		moved := check{name: book.Label{"미수금 증감 (차월 이월 − 전월 이월)", "Receivable: closing − opening"}, currency: c,
			forward: b.total(figureClosing, c) - b.total(figureOpening, c), sheet: settle.MovementOf(own, b.month.Receivable), to: sheetJournal,
			forwardAt: func(total int) string { return book.Rounded(c, figureClosing.at(total)+"-"+figureOpening.at(total)) }}
		if b.month.SalesApart {
			moved.name = book.Label{"미수금 증감 (승인·취소 제외)", "Receivable, without sales"}
			moved.forward -= b.total(figureApprovals, c) - b.total(figureCancels, c)
			moved.forwardAt = func(total int) string {
				return book.Rounded(c, figureClosing.at(total)+"-"+figureOpening.at(total)+"-"+figureApprovals.at(total)+"+"+figureCancels.at(total))
			}
		}
		b.checks = append(b.checks, moved)
	}
}
