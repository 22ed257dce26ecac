package book

import (
	"fmt"
	"slices"
	"time"

	"daesa/internal/xlsx"
	"daesa/pay"
)

// Column is one column of a list: its header, and how its cell is drawn of what
// a row is of.
type Column[D any] struct {
	Name  Label
	Width int  // in characters; a Korean one counts two
	Right bool // its header stands over numbers
	Left  bool // its header stands over texts that begin at the left
	ID    bool // the same, and its numbers are texts
	// People fill it in: its header and cells stand out, and choices are its
	// drop-down, where it has one: the same in each row, or as the formula of a row
	// gives them.
	People    bool
	Choices   []Label
	ChoicesBy func(row int) string
	// Details begin with this column: they are on the screen, not on paper.
	Details bool
	Cell    func(d D) xlsx.Cell
}

// IsFact reports whether the program fills the column in, rather than a person.
func (c Column[D]) IsFact() bool { return Field{c.Name, c.People}.IsFact() }

// The columns that a list knows: the first two are not always there, the third has
// the sum, the last is no key of its rows.
var (
	ColumnMID      = Label{"가맹점", "Merchant"}
	ColumnCurrency = Label{"통화", "Currency"}
	ColumnAmount   = Label{"금액", "Amount"}
	ColumnRowCheck = Label{"행 확인", "Row check"}
)

// Position is the number of the column of a name, from 1.
func Position[D any](columns []Column[D], name Label) int {
	return 1 + slices.IndexFunc(columns, func(c Column[D]) bool { return c.Name == name })
}

// Listing is a list that fills one sheet, or as many as its rows need.
type Listing[D any] struct {
	Name     Label
	Tab      string
	Title    string
	Subtitle string
	Notes    []Note // between the subtitle and the list
	Table    string // the name of the table that the first segment becomes; "": a filter only
	Columns  []Column[D]
	Fixed    int
	Height   int          // of the rows; 0: of two lines
	Segments []Segment[D] // the first has the filter; the others have a lead
	Rows     int          // of which sums knows the amounts
	Sums     []Summed     // of the first segment
	Apart    Match        // rows that are in no sum; their column and label. No column: none
}

// Match is a criterion of a formula: a column that has one of these labels.
type Match struct {
	Column Label
	Labels []string
}

// Note is a line above a list: a sentence, or a name in the first column and what it
// says beside it.
type Note struct {
	Sentence string
	Colour   string
	Says     string
}

// Segment is a part of a list: rows that lead it in, then the rows from to to-1.
// Row gives what the i-th is of, valid until the next, and may keep its cells; where
// the rows are of something else Cells draws them.
type Segment[D any] struct {
	Lead     []xlsx.Row
	From, To int
	Height   int
	Row      func(i int, cells []xlsx.Cell) D
	Cells    func(i int, cells []xlsx.Cell)
}

// Summed is a column of money with a sum above its header: of what the filter
// shows, or, where there are several currencies, of all rows of each. It is made
// wide enough for its longest amount.
type Summed struct {
	Column Label
	Signed bool
	Value  func(i int) (c pay.Currency, units int64, in bool) // in: the row belongs to a sum
}

// Amounts sum the column of the amount.
func Amounts(value func(i int) (pay.Currency, int64)) []Summed {
	return []Summed{{ColumnAmount, false, func(i int) (pay.Currency, int64, bool) {
		currency, units := value(i)
		return currency, units, true
	}}}
}

// Place lays a listing out over its sheets, and gives where the rows of its first
// segment stand.
func Place[D any](b *Book, l Listing[D]) []xlsx.Area {
	l.fit()
	currencies := sumCurrencies(b, &l)
	title, subtitle := b.Style(TitleStyle), xlsx.Text(b.Style(SmallStyle), l.Subtitle)
	var notes [][]xlsx.Cell
	for _, n := range l.Notes {
		note := []xlsx.Cell{xlsx.Text(b.Styled(func(s *Style) { s.Bold, s.Color = true, n.Colour }), n.Sentence)}
		if n.Says != "" {
			note = append(note, xlsx.Text(b.Styled(func(s *Style) { s.Color = n.Colour }), n.Says))
		}
		notes = append(notes, note)
	}
	list := xlsx.List{Name: b.Lang.Of(l.Name), Tab: l.Tab, Fixed: l.Fixed, Table: l.Table, HeaderHeight: 22}
	for _, c := range l.Columns {
		list.Columns = append(list.Columns, xlsx.Column{Title: xlsx.Text(b.Style(columnStyle(c)), b.Lang.Of(c.Name)), Width: c.Width,
			Texts: c.ID, Key: c.ID && c.Name != ColumnRowCheck, Input: c.People, Choices: b.labels(c.Choices), ChoicesBy: c.ChoicesBy,
			Refusal: b.Say("목록에서 선택하십시오.", "Choose one of the list."), ScreenOnly: c.Details})
	}
	list.Above = func(s *xlsx.Sheet, nth int) {
		name := l.Title
		if nth > 1 {
			name = fmt.Sprintf("%s (%d)", name, nth)
		}
		s.Add(28, xlsx.Text(title, name))
		s.Add(16, subtitle)
		for _, n := range notes {
			s.Add(18, n...)
		}
		for range currencies {
			s.Add(18)
		}
		if len(b.Sheets()) > 0 {
			b.Back(s, xlsx.Printed(list.Columns))
		}
	}
	for _, part := range l.Segments {
		fill := part.Cells
		if fill == nil {
			fill = l.Fill(part.Row)
		}
		list.Segments = append(list.Segments, xlsx.Segment{Lead: part.Lead, From: part.From, To: part.To, Height: part.Height, Fill: fill})
	}
	if len(l.Sums) > 0 {
		list.Placed = func(s *xlsx.Sheet, rows xlsx.Area, from, to int) {
			t := totals[D]{b, &l, s, rows, from, to, xlsx.Printed(list.Columns)}
			t.draw(currencies)
		}
	}
	return b.List(list)
}

// Fill draws the cells of a row, one for each column.
func (l *Listing[D]) Fill(row func(i int, cells []xlsx.Cell) D) func(i int, cells []xlsx.Cell) {
	return func(i int, cells []xlsx.Cell) {
		d := row(i, cells)
		for n := range l.Columns {
			cells[n] = l.Columns[n].Cell(d)
		}
	}
}

// Back links the last cell of a sheet's first row to the first sheet.
func (b *Book) Back(s *xlsx.Sheet, column int) {
	s.Set(column, 1, xlsx.Text(b.Style(backStyle), "← "+b.First()))
	s.Link(column, 1, xlsx.Top(b.First()))
}

func columnStyle[D any](c Column[D]) Style {
	return Plain.With(func(s *Style) {
		s.Bold, s.Color, s.Fill, s.Align = true, White, Navy, "center"
		if c.People {
			s.Fill = Amber
		}
		if c.Right {
			s.Align = "right"
		}
		if c.Left || c.ID {
			s.Align = "left"
		}
	})
}

// fit makes the columns of money wide enough for the longest amount of them: a
// number that does not fit is shown as ####.
func (l *Listing[D]) fit() {
	longest := 0
	for _, sum := range l.Sums {
		for i := range l.Rows {
			c, units, _ := sum.Value(i)
			width := xlsx.Width(Spell(c, units))
			if sum.Signed {
				width++
			}
			longest = max(longest, width)
		}
	}
	for _, sum := range l.Sums {
		l.Columns = Widened(l.Columns, longest, sum.Column)
	}
}

// Widened gives a column room for an amount.
func Widened[D any](columns []Column[D], longest int, name Label) []Column[D] {
	columns = slices.Clone(columns)
	if i := Position(columns, name); i > 0 {
		columns[i-1].Width = max(columns[i-1].Width, longest+2)
	}
	return columns
}

// sumCurrencies are those that a listing sums, each in a row of its own.
func sumCurrencies[D any](b *Book, l *Listing[D]) []pay.Currency {
	if len(l.Sums) == 0 || Position(l.Columns, ColumnCurrency) == 0 {
		return b.Currencies[:1]
	}
	met := map[pay.Currency]bool{}
	for i := l.Segments[0].From; i < l.Segments[0].To; i++ {
		if c, _, in := l.Sums[0].Value(i); in {
			met[c] = true
		}
	}
	list := slices.DeleteFunc(slices.Clone(b.Currencies), func(c pay.Currency) bool { return !met[c] })
	if len(list) == 0 {
		return b.Currencies[:1]
	}
	return list
}

// totals are the sums above a list's header. With one currency they are over
// the rows that the filter shows; with several each has a row of its own, over
// all rows, since no two are ever added: no formula that every spreadsheet reckons
// sums what a filter shows of one of them.
type totals[D any] struct {
	*Book
	*Listing[D]
	s        *xlsx.Sheet
	area     xlsx.Area
	from, to int
	printed  int
}

func (t *totals[D]) draw(currencies []pay.Currency) {
	base := Plain.With(func(s *Style) { s.Size, s.Bold, s.Color, s.Align, s.Fill = 9, true, Navy, "right", Head })
	several := Position(t.Columns, ColumnCurrency) > 0
	header := t.s.Last()
	for i, currency := range currencies {
		row := header - len(currencies) + i
		for column := 1; column <= t.printed; column++ {
			t.s.Set(column, row, xlsx.Blank(t.Style(base)))
		}
		name := t.Say("합계(표시된 행)", "Sum of rows shown")
		if several {
			name = t.Lang.Fill(Label{"합계 {1}(전체 행)", "Sum {1} of all rows"}, Code(currency))
		}
		t.s.Set(1, row, xlsx.Text(t.Style(base.With(func(s *Style) { s.Align = "left" })), name))
		for _, sum := range t.Sums {
			format := MoneyFormat(currency)
			if sum.Signed {
				format = SignedFormat(currency)
			}
			total := t.total(sum, currency)
			cell := Money(t.Style(base.With(func(s *Style) { s.Format = format })), currency, total)
			column := Position(t.Columns, sum.Column)
			if !several || string(currency) == Code(currency) { // what came from outside stays out of formulas
				cell = cell.Formula(t.formula(column, currency, several))
			}
			t.s.Set(column, row, cell)
		}
	}
}

func (t *totals[D]) total(sum Summed, currency pay.Currency) int64 {
	var total int64
	for i := t.from; i < t.to; i++ {
		of, units, in := sum.Value(i)
		if !in || of != currency {
			continue
		}
		next, err := pay.Add(total, units)
		if err != nil {
			t.Fail(err)
		}
		total = next
	}
	return total
}

func (t *totals[D]) formula(column int, currency pay.Currency, several bool) string {
	if !several {
		return "SUBTOTAL(109," + t.area.Inside(column) + ")"
	}
	formula := fmt.Sprintf(`SUMIFS(%s,%s,"%s"`, t.area.Inside(column), t.area.Inside(Position(t.Columns, ColumnCurrency)), Code(currency))
	for _, text := range t.Apart.Labels {
		formula += fmt.Sprintf(`,%s,"<>%s"`, t.area.Inside(Position(t.Columns, t.Apart.Column)), text)
	}
	return Rounded(currency, formula+")")
}

// LeadRows head a second segment: an empty row, its title, and the header again.
func LeadRows[D any](b *Book, title string, columns []Column[D]) []xlsx.Row {
	titled := xlsx.Row{Height: 24, Cells: []xlsx.Cell{xlsx.Text(b.Style(HeadingStyle), title)}}
	again := xlsx.Row{Height: 20}
	for _, c := range columns {
		again.Cells = append(again.Cells, xlsx.Text(b.Style(columnStyle(c).With(func(s *Style) { s.Fill, s.Color = Head, Navy })), b.Lang.Of(c.Name)))
	}
	return []xlsx.Row{{Height: 12}, titled, again}
}

// Alone is a row with one sentence, in place of rows.
func Alone[D any](b *Book, colour, sentence string) Segment[D] {
	return Segment[D]{Lead: []xlsx.Row{{Height: 24, Cells: []xlsx.Cell{xlsx.Text(b.Styled(func(s *Style) { s.Color = colour }), sentence)}}}}
}

// ListRow is the height of a list's row: two lines fit.
const ListRow = 27

// Line is one row of a list while it is drawn: of which workbook, of what, and
// the style of the cell that says how it stands.
type Line[B, R any] struct {
	Palette
	Book B
	Row  *R
	Tag  xlsx.StyleID
}

// PointersTo are pointers to rows, to be sorted and drawn where they lie: a list may be
// long, and its rows wide.
func PointersTo[R any](rows []R) []*R {
	list := make([]*R, len(rows))
	for i := range rows {
		list[i] = &rows[i]
	}
	return list
}

// Lines is a segment of the rows of a list, one line after the other; tag is the
// style of the cell that says how a row stands.
func Lines[B, R any](b B, p Palette, rows []*R, height int, tag func(r *R) xlsx.StyleID) Segment[*Line[B, R]] {
	one := &Line[B, R]{Palette: p, Book: b}
	return Segment[*Line[B, R]]{To: len(rows), Height: max(height, ListRow), Row: func(i int, _ []xlsx.Cell) *Line[B, R] {
		one.Row, one.Tag = rows[i], tag(rows[i])
		return one
	}}
}

// Palette are the styles of a list's cells, made before any row is drawn.
type Palette struct {
	Text, Center, date, moment, count, days xlsx.StyleID
	money, Signed                           map[pay.Currency]xlsx.StyleID
	Unknown                                 xlsx.StyleID // an amount whose currency is not known
}

// Paint makes a palette from one style.
func (b *Book) Paint(base Style) Palette {
	styled := func(format, align string) xlsx.StyleID {
		return b.Style(base.With(func(s *Style) { s.Format, s.Align, s.Wrap = format, align, s.Wrap && format == "@" }))
	}
	p := Palette{
		Text: styled("@", "left"), Center: styled("@", "center"), Unknown: styled("@", "right"),
		date: styled(formatDate, "center"), moment: styled(FormatMoment, "center"),
		count: styled(formatCount, "right"), days: styled(FormatDaysTo, "center"),
		money: map[pay.Currency]xlsx.StyleID{}, Signed: map[pay.Currency]xlsx.StyleID{},
	}
	for _, c := range b.Currencies {
		p.money[c] = styled(MoneyFormat(c), "right")
		p.Signed[c] = styled(SignedFormat(c), "right")
	}
	return p
}

// Says is a text.
func (p *Palette) Says(text string) xlsx.Cell { return xlsx.Text(p.Text, text) }

// Centred is a short text.
func (p *Palette) Centred(text string) xlsx.Cell { return xlsx.Text(p.Center, text) }

// Currency is a currency's code as it came.
func (p *Palette) Currency(c pay.Currency) xlsx.Cell { return xlsx.Text(p.Center, string(c)) }

// Counted is a number of things.
func (p *Palette) Counted(n int64) xlsx.Cell { return xlsx.Int(p.count, n) }

// At is a moment, in Seoul.
func (p *Palette) At(t time.Time) xlsx.Cell { return Moment(p.moment, t) }

// On is a business day.
func (p *Palette) On(d pay.Day) xlsx.Cell { return Date(p.date, d) }

// Amount is money of a currency that the workbook has.
func (p *Palette) Amount(c pay.Currency, n int64) xlsx.Cell { return Money(p.money[c], c, n) }

// Maybe is an amount that may be absent.
func (p *Palette) Maybe(c pay.Currency, units *int64) xlsx.Cell {
	if units == nil {
		return xlsx.Text(p.Unknown, "–")
	}
	return p.Amount(c, *units)
}

// Held is an amount, also of a currency that no sum names.
func (p *Palette) Held(c pay.Currency, units int64) xlsx.Cell {
	if style, ok := p.money[c]; ok {
		return Money(style, c, units)
	}
	return xlsx.Text(p.Unknown, c.Format(units))
}

// DaysTo counts the days to a moment, where there is one; until reckons them.
func (p *Palette) DaysTo(t time.Time, until func(time.Time) int) xlsx.Cell {
	if t.IsZero() {
		return xlsx.Text(p.Center, "–")
	}
	return xlsx.Int(p.days, int64(until(t)))
}
