package book

import (
	"cmp"
	"time"

	"daesa/internal/xlsx"
	"daesa/pay"
)

// Tone is how a row of a table on a page looks.
type Tone struct {
	Bold, Wrap  bool
	Indent      int
	Colour      string // of its texts; "": ink
	Fill, Above string // "": none
}

// TableRow makes the cells of a row of a table on a page.
type TableRow struct {
	book *Book
	Tone Tone
}

// Row begins a row that looks like t.
func (b *Book) Row(t Tone) TableRow { return TableRow{b, t} }

// Left is the style of what begins at the left, and is indented.
func (r TableRow) Left(format string) xlsx.StyleID { return r.style("left", r.Tone.Indent, format) }

// Right is the style of a figure.
func (r TableRow) Right(format string) xlsx.StyleID { return r.style("right", 0, format) }

func (r TableRow) style(align string, indent int, format string) xlsx.StyleID {
	t := r.Tone
	return r.book.Styled(func(s *Style) {
		s.Align, s.Indent, s.Format, s.Below = align, indent, format, Hair
		s.Bold, s.Wrap, s.Color, s.Fill, s.Above = t.Bold, t.Wrap, cmp.Or(t.Colour, Ink), t.Fill, t.Above
	})
}

// Label names the row.
func (r TableRow) Label(text string) xlsx.Cell { return xlsx.Text(r.Left("@"), text) }

// Blank is an empty cell of the row.
func (r TableRow) Blank() xlsx.Cell { return xlsx.Blank(r.Left("@")) }

// Says is a text under figures.
func (r TableRow) Says(text string) xlsx.Cell { return xlsx.Text(r.Right("@"), text) }

// Number is a number of things.
func (r TableRow) Number(n int64) xlsx.Cell { return xlsx.Int(r.Right(formatCount), n) }

// Count is a number of things with their unit.
func (r TableRow) Count(n int64) xlsx.Cell { return xlsx.Int(r.Right(r.book.Counting()), n) }

// Money is an amount.
func (r TableRow) Money(c pay.Currency, units int64) xlsx.Cell {
	return Money(r.Right(MoneyFormat(c)), c, units)
}

// Over is money with its sign.
func (r TableRow) Over(c pay.Currency, units int64) xlsx.Cell {
	return Money(r.Right(SignedFormat(c)), c, units)
}

// Check is money that must be nothing.
func (r TableRow) Check(c pay.Currency, units int64) xlsx.Cell {
	return Money(r.Right(CheckFormat(c)), c, units)
}

// Share is a part of a whole, in percent.
func (r TableRow) Share(part, whole int64) xlsx.Cell {
	return xlsx.Share(r.Right(FormatPercent), part, whole)
}

// Day is the date of a moment.
func (r TableRow) Day(t time.Time) xlsx.Cell { return Moment(r.Right(formatDate), t) }

// On is a business day, at the left.
func (r TableRow) On(d pay.Day) xlsx.Cell { return Date(r.Left(formatDate), d) }

// Heads are the cells of a table's header: the first stands over labels, the
// others over figures.
func (b *Book) Heads(labels ...Label) []xlsx.Cell {
	cells := make([]xlsx.Cell, len(labels))
	for i, l := range labels {
		align := "right"
		if i == 0 {
			align = "left"
		}
		cells[i] = xlsx.Text(b.Style(headStyle(align)), b.Lang.Of(l))
	}
	return cells
}

// AlarmTone is what somebody must look at.
var AlarmTone = Tone{Bold: true, Colour: Red, Fill: Rose}

// Card is one of the four figures on top of a page.
type Card struct {
	Label, Note string
	Value       xlsx.Cell
	Colour      string
	To          Label // the sheet that it comes from
}

// CardValue is the style of a card's figure.
func (b *Book) CardValue(size int, format, colour string) xlsx.StyleID {
	return b.Styled(func(s *Style) {
		s.Size, s.Bold, s.Fill, s.Indent, s.Format, s.Color = size, true, Pale, 1, format, colour
	})
}

// Card puts a card into three rows, the last of which is bottom; size is that of
// its label.
func (b *Book) Card(s *xlsx.Sheet, from, to, bottom, size int, c Card) {
	s.Span(from, to, bottom-2, xlsx.Text(b.Styled(func(s *Style) { s.Size, s.Color, s.Fill, s.Above, s.Indent = size, Grey, Pale, c.Colour, 1 }), c.Label))
	s.Span(from, to, bottom-1, c.Value)
	s.Link(from, bottom-1, xlsx.Top(b.Lang.Of(c.To)))
	s.Span(from, to, bottom, xlsx.Text(b.Styled(func(s *Style) { s.Size, s.Color, s.Fill, s.Indent = 9, Grey, Pale, 1 }), c.Note))
}

// Band is the head of a workbook's first page: what it is and of when, whose, how it
// stands, and boxes for who drew it, looked and signs. It is of thirteen columns.
type Band struct {
	Title, When, About string
	State, Colour      string
}

// Band lays the head of a page out.
func (b *Book) Band(s *xlsx.Sheet, h Band) {
	const first, middle, last = 2, 7, 13
	title := b.Styled(func(s *Style) { s.Size, s.Bold, s.Color, s.Fill, s.Indent = 18, true, White, Navy, 1 })
	when := b.Styled(func(s *Style) {
		s.Size, s.Bold, s.Color, s.Fill, s.Align, s.Indent = 12, true, White, Navy, "right", 1
	})
	s.Add(4)
	row := s.Add(34)
	s.Span(first, middle, row, xlsx.Text(title, h.Title))
	s.Span(middle+1, last, row, xlsx.Text(when, h.When))
	small := b.Styled(func(s *Style) { s.Size, s.Color, s.Indent = 9, Grey, 1 })
	about, box := s.Add(17), s.Add(36)
	s.Span(first, middle, about, xlsx.Text(small, h.About))
	state := b.Styled(func(s *Style) { s.Size, s.Bold, s.Color, s.Indent = 14, true, h.Colour, 1 })
	s.Span(first, middle, box, xlsx.Text(state, h.State))
	s.LeaveOpen(middle+1, box)
	b.Signatures(s, about, box, 9, [3][2]int{{8, 9}, {10, 11}, {12, 13}})
	s.Add(6)
}

// Signatures: who drew it, who looked, who signs. Each has a span of columns in a
// row for the titles, and below it a box.
func (b *Book) Signatures(s *xlsx.Sheet, titles, box, size int, spans [3][2]int) {
	header := b.Styled(func(s *Style) {
		s.Size, s.Bold, s.Color, s.Fill, s.Align, s.Box = size, true, Navy, Head, "center", Hair
	})
	empty := b.Styled(func(s *Style) { s.Box = Hair })
	for i, l := range []Label{{"작성", "Prepared"}, {"검토", "Reviewed"}, {"결재", "Approved"}} {
		s.Span(spans[i][0], spans[i][1], titles, xlsx.Text(header, b.Lang.Of(l)))
		s.Span(spans[i][0], spans[i][1], box, xlsx.Blank(empty))
	}
}
