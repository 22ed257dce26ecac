package reports

import (
	"fmt"
	"strings"
	"time"

	"daesa/approval"
	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/refunds"
	"daesa/reports/book"
)

// Statement is what a person signs about requests, or has signed.
type Statement struct {
	approval.Taken                   // without a time: nobody has handed it in
	File           string            // where it lies while it waits for a signature
	Reasons        map[string]string // of its requests, by their ids
	Refused        Refusal           // of its signature
	Void           int               // of its requests, those that it does not approve any more
}

// Refusal is why the signature of a statement is not accepted.
type Refusal int

// The refusals.
const (
	Accepted   Refusal = iota
	KeyRefused         // the key was revoked, or taken out of the list
	Forged             // the statement or its signature was changed
)

var refusals = map[Refusal]book.Label{
	KeyRefused: {"키가 폐기되었거나 결재자 명단에 없음", "the key is revoked or not in the list of approvers"},
	Forged:     {"결재서 또는 서명이 변경됨", "the statement or its signature was changed"},
}

// sheetStatement is what a person signs, cell by cell: the same cells make the same
// hash.
var sheetStatement = book.Label{"결재", "Approval"}

// What stands above the lines of a statement, and says which it is.
var (
	labelStatement = book.Label{"결재서 SHA-256", "Statement SHA-256"}
	labelCovers    = book.Label{"결재 대상", "Covers"}
	labelSignedOn  = book.Label{"감사기록 기준", "Journal entry"}
	labelUntil     = book.Label{"제출 기한", "Until"}
	labelSigned    = book.Label{"서명", "Signature"}

	statedLabels = []book.Label{labelStatement, labelCovers, labelUntil, labelSignedOn, labelSigned}
	saysVerified = book.Label{"● 서명 확인", "● Verified"}
)

// The columns that only a statement has.
var (
	columnTaxFree      = book.Label{"면세금액", "Tax-free"}
	columnAccountPrint = book.Label{"환불계좌 식별값", "Account fingerprint"}
)

// reasonHashed stands before the hash of a reason whose words are not those that the
// request has.
const reasonHashed = "sha256:"

// statementLine is a row of a statement's sheet.
type statementLine = book.Line[*statementSheet, approval.Line]

// statementSheet is the sheet of a statement while it is drawn.
type statementSheet struct {
	*book.Book
	of Statement
}

// statementColumns are all that a line of a statement says. The reason stands there
// itself, where the statement has its hash.
var statementColumns = []book.Column[*statementLine]{
	{Name: columnOrder, Width: 24, ID: true, Cell: func(l *statementLine) xlsx.Cell { return l.Says(l.Row.Get("order")) }},
	{Name: book.ColumnAmount, Width: 14, Right: true, Cell: func(l *statementLine) xlsx.Cell { return lineMoney(l, "amount") }},
	{Name: columnTaxFree, Width: 12, Right: true, Cell: func(l *statementLine) xlsx.Cell { return lineMoney(l, "tax_free") }},
	{Name: book.ColumnCurrency, Width: 7, Cell: func(l *statementLine) xlsx.Cell { return l.Centred(l.Row.Get("currency")) }},
	{Name: columnReason, Width: 24, Left: true, Cell: func(l *statementLine) xlsx.Cell { return l.Says(l.Book.reason(*l.Row)) }},
	{Name: columnCancelBy, Width: 18, Cell: lineUntil},
	{Name: columnKey, Width: 30, ID: true, Cell: func(l *statementLine) xlsx.Cell { return l.Says(l.Row.Get("payment")) }},
	{Name: columnAccountPrint, Width: 22, ID: true, Cell: func(l *statementLine) xlsx.Cell { return l.Says(l.Row.Get("account")) }},
	{Name: book.ColumnMID, Width: 14, ID: true, Cell: func(l *statementLine) xlsx.Cell { return l.Says(l.Row.Get("mid")) }},
	{Name: columnRefundID, Width: 30, ID: true, Cell: func(l *statementLine) xlsx.Cell { return l.Says(l.Row.Get("id")) }},
}

// drawStatements lays out a sheet for each statement about the batch's requests.
func (b *batchBook) drawStatements() {
	for _, of := range b.batch.Statements {
		sheet, p := &statementSheet{b.Book, of}, b.Paint(book.RowStyle)
		tag := func(*approval.Line) xlsx.StyleID { return p.Text }
		book.Place(b.Book, book.Listing[*statementLine]{
			Name: sheetStatement, Tab: book.Amber, Columns: statementColumns, Fixed: 1, Title: b.Title + " · " + b.Lang.Of(sheetStatement),
			Subtitle: b.Say("서명 대상 내용 · 요청별 1행 · 한 칸이라도 바뀌면 해시가 달라집니다(daesa report verify로 확인)",
				"What is signed · one row for each request · any other cell makes another hash (daesa report verify says whether one was changed)"),
			Notes:    sheet.notes(),
			Segments: []book.Segment[*statementLine]{book.Lines(sheet, p, book.PointersTo(of.Lines), book.ListRow, tag)},
			Rows:     len(of.Lines),
			Sums: book.Amounts(func(i int) (pay.Currency, int64) {
				units, _ := amountOf(of.Lines[i], "amount")
				return currencyOf(of.Lines[i]), units
			}),
		})
	}
}

// stated is what a name above the lines says.
type stated struct {
	name book.Label
	says string
}

// stated says which statement it is; nothing of it is left out of the hash but the
// signature.
func (s *statementSheet) stated() []stated {
	return []stated{{labelStatement, s.of.Hash}, {labelCovers, s.covers()}, {labelUntil, s.of.Until.In(pay.Seoul).Format(time.DateTime)},
		{labelSignedOn, fmt.Sprintf("%d %s", s.of.Head.Seq, s.of.Head.Hash)}}
}

func (s *statementSheet) notes() []book.Note {
	var notes []book.Note
	for _, one := range s.stated() {
		notes = append(notes, book.Note{Sentence: s.Lang.Of(one.name), Colour: book.Navy, Says: one.says})
	}
	said, colour := s.signature()
	return append(notes, book.Note{Sentence: s.Lang.Of(labelSigned), Colour: colour, Says: said})
}

// covers is how many requests the statement approves, and their sums.
func (s *statementSheet) covers() string {
	text := s.Lang.Fill(book.Label{"환불 {1}건", "{1} refunds"}, s.Number(int64(len(s.of.Lines))))
	sums, err := s.of.Sums()
	if err != nil {
		s.Fail(err)
	}
	for _, sum := range sums {
		text += " · " + book.Spell(sum.Currency, sum.Amount)
	}
	return text
}

// signature says whether somebody signed, or what is to be signed.
func (s *statementSheet) signature() (said, colour string) {
	signer := s.Lang.Fill(book.Label{"서명자 {1} · 키 {2} · 제출 {3}", "Signed by {1} · key {2} · handed in {3}"}, xlsx.Clean(s.of.Principal), xlsx.Clean(s.of.Key), s.Lang.Moment(s.of.At))
	switch {
	case s.of.At.IsZero():
		return s.Lang.Fill(book.Label{"● 서명 대기: 결재서 파일 {1}의 SHA-256이 위 값과 같은지 확인하고 서명합니다", "● To be signed: see that the SHA-256 of the file {1} is the one above, then sign it"}, xlsx.Clean(s.of.File)), book.Amber
	case s.of.Refused != Accepted:
		return s.Lang.Fill(book.Label{"● 서명 불인정({1}) · {2}", "● Signature not accepted ({1}) · {2}"}, s.Lang.Of(refusals[s.of.Refused]), signer), book.Red
	case s.of.Void > 0:
		return s.Lang.Of(saysVerified) + " · " + signer + " · " + s.Lang.Fill(book.Label{"단, {1}건은 이 결재서로 결재된 상태가 아닙니다(다시 결재 대기, 종료 또는 새 결재서)",
			"but {1} of them are not approved by this statement any more (waiting again, ended, or in a newer one)"}, s.Number(int64(s.of.Void))), book.Amber
	default:
		return s.Lang.Of(saysVerified) + " · " + signer, book.Green
	}
}

// reason is the reason of a line in its words, where they are known.
func (s *statementSheet) reason(l approval.Line) string {
	// What a cell cannot show as it is would be read back as something else.
	if said, known := s.of.Reasons[l.Of()]; known && refunds.ReasonHash(said) == l.Get("reason") && xlsx.Clean(said) == said && !strings.HasPrefix(said, reasonHashed) {
		return said
	}
	return reasonHashed + l.Get("reason")
}

// lineMoney is an amount of a line as a number.
func lineMoney(l *statementLine, field string) xlsx.Cell {
	units, ok := amountOf(*l.Row, field)
	if !ok {
		return xlsx.Text(l.Unknown, l.Row.Get(field))
	}
	return l.Held(currencyOf(*l.Row), units)
}

// lineUntil is the last moment of a line, where it has one. One that is no whole
// second is a text: a cell would round it.
func lineUntil(l *statementLine) xlsx.Cell {
	text := l.Row.Get("cancel_by")
	until, err := pay.ParseTime(text)
	if err != nil || until.Nanosecond() != 0 {
		return l.Says(text)
	}
	return l.At(until)
}

func currencyOf(l approval.Line) pay.Currency { return pay.Currency(l.Get("currency")) }

// amountOf is an amount of a line, where it is written as money of its currency.
func amountOf(l approval.Line, field string) (int64, bool) {
	units, err := currencyOf(l).ParseAmount(l.Get(field))
	return units, err == nil && currencyOf(l).Format(units) == l.Get(field)
}
