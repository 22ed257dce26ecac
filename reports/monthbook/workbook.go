package monthbook

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reports/book"
	"daesa/settle"
)

// Options are what a workbook can be asked for.
type Options struct {
	Language string // ko (also "") or en
	Password string // of a saved workbook; "": it is not encrypted
}

// Write draws the workbook of a month. The same month gives the same bytes. Amounts
// are exact decimals, every text from outside is text, and formulas carry the values
// that the program reckoned itself. It fails on a month without a ledger, with two
// ledgers of one merchant and currency, and on an unknown language.
func Write(w io.Writer, m Month, opts Options) error {
	l, err := book.LanguageOf(opts.Language)
	if err == nil {
		err = m.check()
	}
	if err == nil {
		b := newMonthBook(m, l)
		b.draw()
		err = b.Write(w)
	}
	if err != nil {
		return fmt.Errorf("workbook of %s: %w", m.Month, err)
	}
	return nil
}

// Save writes the workbook to a file whole or not at all (mode 0600). The folder is
// made (0700) where it is missing.
func Save(path string, m Month, opts Options) error {
	return xlsx.Save(path, opts.Password, func(w io.Writer) error { return Write(w, m, opts) })
}

// FileName is the name of a month's workbook: daesa-month-2026-11.xlsx.
func FileName(m settle.Month) string { return "daesa-month-" + string(m) + ".xlsx" }

func (m *Month) check() error {
	if len(m.Ledgers) == 0 {
		return errors.New("it has no merchant")
	}
	seen := map[ledgerKey]bool{}
	for _, l := range m.Ledgers {
		if seen[keyOf(l)] {
			return fmt.Errorf("merchant %s has two roll-forwards in %s", l.MID, l.Currency)
		}
		seen[keyOf(l)] = true
	}
	return nil
}

// ledgerKey is what a ledger is known by.
type ledgerKey struct {
	mid      string
	currency pay.Currency
}

func keyOf(l Ledger) ledgerKey { return ledgerKey{l.MID, l.Currency} }

// monthBook is the workbook of a month while it is drawn.
type monthBook struct {
	*book.Book
	month  Month
	state  settle.MonthState
	lines  book.PassbookLines
	checks []check
	totals map[pay.Currency]int // the row of each currency's sum on the sheet of the roll-forward
	back   *returnSheet         // nil: nobody decides in it
	days   book.Rows            // payouts and deposits by day, for the chart
	fees   book.Rows            // fees by method, for the chart
}

func newMonthBook(m Month, l book.Language) *monthBook {
	m.Ledgers = slices.Clone(m.Ledgers)
	slices.SortFunc(m.Ledgers, func(a, b Ledger) int {
		return cmp.Or(byCurrency(a.Currency, b.Currency), cmp.Compare(a.MID, b.MID))
	})
	m.Versions = slices.SortedFunc(slices.Values(m.Versions), func(a, b settle.Version) int { return cmp.Compare(a.Number, b.Number) })
	b := &monthBook{month: m, state: m.State(), lines: book.LinesByID(m.Lines), totals: map[pay.Currency]int{}}
	b.Book = book.NewBook(l, book.About{
		Title: l.Of(titleLabel) + " " + string(m.Month), Of: b.standing(l), At: m.Now,
		Currencies: m.currencies(), Several: len(m.mids()) > 1,
	})
	return b
}

// byCurrency puts won first.
func byCurrency(a, b pay.Currency) int {
	won := func(c pay.Currency) int {
		if c == pay.KRW {
			return 0
		}
		return 1
	}
	return cmp.Or(won(a)-won(b), cmp.Compare(a, b))
}

// currencies are all of the workbook, won first.
func (m *Month) currencies() []pay.Currency {
	met := map[pay.Currency]bool{}
	for _, l := range m.Ledgers {
		met[l.Currency] = true
	}
	for i := range m.Payouts {
		met[m.Payouts[i].Currency] = true
	}
	for i := range m.Lines {
		met[m.Lines[i].Currency] = true
	}
	for i := range m.Cancels {
		met[m.Cancels[i].Currency] = true
	}
	for i := range m.Breaks {
		met[m.Breaks[i].Currency] = true
	}
	for i := range m.Entries {
		met[m.Entries[i].Currency] = true
	}
	for _, v := range m.VAT {
		met[v.Currency] = true
	}
	return slices.SortedFunc(maps.Keys(met), byCurrency)
}

func (m *Month) mids() []string {
	met := map[string]bool{}
	for _, l := range m.Ledgers {
		met[l.MID] = true
	}
	return slices.Sorted(maps.Keys(met))
}

// draw lays out all sheets, in their order. The first one is laid out last: its
// charts are of the figures of others.
func (b *monthBook) draw() {
	first := b.Add(&xlsx.Sheet{Name: b.Lang.Of(sheetClose)})
	forward := b.Add(&xlsx.Sheet{Name: b.Lang.Of(sheetForward)})
	if b.asks() {
		b.back = b.layReturn()
	}
	b.drawPayouts()
	b.drawMatch()
	b.drawUnsettled()
	b.drawFees()
	b.drawCancels()
	b.drawBreaks()
	b.drawJournal()
	b.drawVAT()
	b.drawForward(forward)
	b.drawClose(first)
	if b.back != nil {
		b.Add(b.back.s)
	}
}

// standing is what every title says of how final the figures are.
func (b *monthBook) standing(l book.Language) string {
	if v := b.month.locked(); v != nil {
		return l.Fill(book.Label{"마감 제{1}판", "locked, version {1}"}, fmt.Sprint(v.Number))
	}
	if b.state == settle.MonthLocked {
		return l.Month(settle.MonthLocked)
	}
	return l.Of(book.Label{"가마감", "provisional"})
}

// titled is the title of a sheet: what it is, of which month, and how final.
func (b *monthBook) titled(name book.Label) string {
	return b.Lang.Of(name) + " · " + string(b.month.Month) + " · " + b.standing(b.Lang)
}

// notes stand below the title of every sheet.
func (b *monthBook) notes() []book.Note {
	if !b.month.Assumed {
		return nil
	}
	return []book.Note{{Sentence: b.Lang.Of(assumedLabel), Colour: book.Amber}}
}

// page begins a sheet that is laid out row by row: its title, what it says, and the
// way back.
func (b *monthBook) page(s *xlsx.Sheet, name book.Label, says string) {
	s.Add(28, xlsx.Text(b.Style(book.TitleStyle), b.titled(name)))
	b.Back(s, len(s.Widths))
	s.Add(16, xlsx.Text(b.Style(book.SmallStyle), says))
	for _, n := range b.notes() {
		s.Add(18, xlsx.Text(b.Styled(func(s *book.Style) { s.Bold, s.Color = true, n.Colour }), n.Sentence))
	}
}

// heading begins a part of such a sheet.
func (b *monthBook) heading(s *xlsx.Sheet, title string) {
	s.Add(8)
	s.Add(22, xlsx.Text(b.Style(book.HeadingStyle), title))
}

// leftHeads are the header of a table of texts.
func (b *monthBook) leftHeads(labels ...book.Label) []xlsx.Cell {
	var cells []xlsx.Cell
	for _, l := range labels {
		cells = append(cells, b.Heads(l)...)
	}
	return cells
}

// remark is a small sentence on a page.
func (b *monthBook) remark(s *xlsx.Sheet, sentence string) {
	s.Add(15, xlsx.Text(b.Style(book.SmallStyle), sentence))
}

// incomplete says whether something was not read, so that an empty list does not
// mean that there is nothing.
func (b *monthBook) incomplete() bool {
	return slices.ContainsFunc(b.month.Ledgers, func(l Ledger) bool {
		return slices.ContainsFunc(l.Reasons, settle.Reason.Incomplete)
	})
}

// nothing is the one row of an empty list.
func nothing[D any](b *monthBook, none book.Label) book.Segment[D] {
	if b.incomplete() {
		return book.Alone[D](b.Book, book.Amber, b.Say("조회 범위 내 해당 없음 (일부 미조회)", "None in what could be read (something was not)"))
	}
	return book.Alone[D](b.Book, book.Green, b.Lang.Of(none))
}

// line is a row of a list while it is drawn.
type line[R any] = book.Line[*monthBook, R]

// list begins a listing of a segment of rows; none is said where there is no row.
func list[R any](b *monthBook, name book.Label, columns []book.Column[*line[R]], rows []R, tag func(r *R) xlsx.StyleID, none book.Label) book.Listing[*line[R]] {
	l := listing(b, name, columns, len(rows), none)
	if len(rows) > 0 {
		l.Segments[0] = book.Lines(b, b.Paint(book.RowStyle), book.PointersTo(rows), 0, tag)
	}
	return l
}

// listing begins a listing of so many rows, whose segment is to come; none is said
// where there is no row.
func listing[D any](b *monthBook, name book.Label, columns []book.Column[D], rows int, none book.Label) book.Listing[D] {
	l := book.Listing[D]{
		Name: name, Tab: book.Navy, Title: b.titled(name), Notes: b.notes(), Columns: book.Shown(b.Book, columns), Rows: rows,
		Segments: make([]book.Segment[D], 1),
	}
	if rows == 0 {
		l.Segments[0] = nothing[D](b, none)
	}
	return l
}

// plus adds money; what is too large for a figure fails the workbook.
func (b *monthBook) plus(sum *int64, more int64) {
	total, err := pay.Add(*sum, more)
	if err != nil {
		b.Fail(err)
		return
	}
	*sum = total
}

// method names a way to pay; "" is what belongs to none.
func (b *monthBook) method(m pay.Method) string {
	if m == pay.MethodUnknown {
		return b.Say("결제수단 미구분", "of no method")
	}
	return b.Lang.Method(m)
}

// whose names the merchants of the workbook, as many as fit.
func (b *monthBook) whose() string {
	const most = 4
	mids := b.month.mids()
	more := ""
	if len(mids) > most {
		more = fmt.Sprintf(" +%d", len(mids)-most)
		mids = mids[:most]
	}
	return strings.Join(mids, ", ") + more
}
