package reports

import (
	"cmp"
	"time"

	"daesa/internal/xlsx"
	"daesa/pay"
)

// tone is how a row of a table on a page looks.
type tone struct {
	bold, wrap  bool
	indent      int
	colour      string // of its texts; "": ink
	fill, above string // "": none
}

// tableRow makes the cells of a row of a table on a page.
type tableRow struct {
	book *book
	tone tone
}

func (b *book) row(t tone) tableRow { return tableRow{b, t} }

// left is the style of what begins at the left, and is indented.
func (r tableRow) left(format string) xlsx.StyleID { return r.style("left", r.tone.indent, format) }

// right is the style of a figure.
func (r tableRow) right(format string) xlsx.StyleID { return r.style("right", 0, format) }

func (r tableRow) style(align string, indent int, format string) xlsx.StyleID {
	t := r.tone
	return r.book.styled(func(s *style) {
		s.Align, s.Indent, s.Format, s.Below = align, indent, format, hair
		s.Bold, s.Wrap, s.Color, s.Fill, s.Above = t.bold, t.wrap, cmp.Or(t.colour, ink), t.fill, t.above
	})
}

func (r tableRow) label(text string) xlsx.Cell { return xlsx.Text(r.left("@"), text) }
func (r tableRow) blank() xlsx.Cell            { return xlsx.Blank(r.left("@")) }

// says is a text under figures.
func (r tableRow) says(text string) xlsx.Cell { return xlsx.Text(r.right("@"), text) }

// number is a number of things, count with their unit.
func (r tableRow) number(n int64) xlsx.Cell { return xlsx.Int(r.right(formatCount), n) }

func (r tableRow) count(n int64) xlsx.Cell { return xlsx.Int(r.right(r.book.counting()), n) }

func (r tableRow) money(c pay.Currency, units int64) xlsx.Cell {
	return money(r.right(moneyFormat(c)), c, units)
}

// over is money with its sign.
func (r tableRow) over(c pay.Currency, units int64) xlsx.Cell {
	return money(r.right(signedFormat(c)), c, units)
}

// check is money that must be nothing.
func (r tableRow) check(c pay.Currency, units int64) xlsx.Cell {
	return money(r.right(checkFormat(c)), c, units)
}

func (r tableRow) share(part, whole int64) xlsx.Cell {
	return xlsx.Share(r.right(formatPercent), part, whole)
}

// day is the date of a moment, on a business day, at the left.
func (r tableRow) day(t time.Time) xlsx.Cell { return moment(r.right(formatDate), t) }
func (r tableRow) on(d pay.Day) xlsx.Cell    { return date(r.left(formatDate), d) }

// heads are the cells of a table's header: the first stands over labels, the
// others over figures.
func (b *book) heads(labels ...label) []xlsx.Cell {
	cells := make([]xlsx.Cell, len(labels))
	for i, l := range labels {
		align := "right"
		if i == 0 {
			align = "left"
		}
		cells[i] = xlsx.Text(b.Style(headStyle(align)), b.lang.of(l))
	}
	return cells
}

// alarmTone is what somebody must look at.
var alarmTone = tone{bold: true, colour: red, fill: rose}

// card is one of the four figures on top of a page.
type card struct {
	label, note string
	value       xlsx.Cell
	colour      string
	to          label // the sheet that it comes from
}

// cardValue is the style of a card's figure.
func (b *book) cardValue(size int, format, colour string) xlsx.StyleID {
	return b.styled(func(s *style) {
		s.Size, s.Bold, s.Fill, s.Indent, s.Format, s.Color = size, true, pale, 1, format, colour
	})
}

// card puts a card into three rows, the last of which is bottom; size is that of
// its label.
func (b *book) card(s *xlsx.Sheet, from, to, bottom, size int, c card) {
	s.Span(from, to, bottom-2, xlsx.Text(b.styled(func(s *style) { s.Size, s.Color, s.Fill, s.Above, s.Indent = size, grey, pale, c.colour, 1 }), c.label))
	s.Span(from, to, bottom-1, c.value)
	s.Link(from, bottom-1, xlsx.Top(b.lang.of(c.to)))
	s.Span(from, to, bottom, xlsx.Text(b.styled(func(s *style) { s.Size, s.Color, s.Fill, s.Indent = 9, grey, pale, 1 }), c.note))
}

// signatures: who drew it, who looked, who signs. Each has a span of columns in a
// row for the titles, and below it a box.
func (b *book) signatures(s *xlsx.Sheet, titles, box, size int, spans [3][2]int) {
	header := b.styled(func(s *style) {
		s.Size, s.Bold, s.Color, s.Fill, s.Align, s.Box = size, true, navy, head, "center", hair
	})
	empty := b.styled(func(s *style) { s.Box = hair })
	for i, l := range []label{{"작성", "Prepared"}, {"검토", "Reviewed"}, {"결재", "Approved"}} {
		s.Span(spans[i][0], spans[i][1], titles, xlsx.Text(header, b.lang.of(l)))
		s.Span(spans[i][0], spans[i][1], box, xlsx.Blank(empty))
	}
}
