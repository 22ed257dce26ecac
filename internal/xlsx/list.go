package xlsx

import (
	"fmt"
	"slices"
	"strings"
)

// Column is one column of a list.
type Column struct {
	Title Cell // in the header
	Width int
	Texts bool // its digits are texts, such as order numbers: no warning in the corner of a cell
	Key   bool // a row is known by it again, although something else of it was changed

	// Input is filled in by people: Compare passes over it. Choices are what they
	// choose from, where there are such; ChoicesBy gives instead the formula of the
	// area that they choose from in a row, so that a row takes its choices along when
	// it is sorted. Refusal is said to who types something else.
	Input     bool
	Choices   []string
	ChoicesBy func(row int) string
	Refusal   string

	// ScreenOnly columns begin here: this one and those behind it are not printed.
	ScreenOnly bool
}

// List is a list that fills one sheet, or as many as its rows need: Name, then
// "Name 2" and so on.
type List struct {
	Name         string
	Tab          string // colour of the sheets' tabs; "": none
	Columns      []Column
	HeaderHeight int
	Fixed        int    // columns that stay on the left
	Table        string // the first segment becomes a table of this name; "": it has a filter only

	// Above lays out what stands above the header of the nth sheet: as many rows
	// each time.
	Above    func(s *Sheet, nth int)
	Segments []Segment
	// Placed is told where rows of the first segment have come to stand on a
	// sheet, and which, so that sums of them can be set above the header. nil: nothing
	// is.
	Placed func(s *Sheet, rows Area, from, to int)
}

// Segment is a part of a list: rows that lead it in, then the rows From to
// To-1, each drawn by Fill into cells that are used again. Fill may be called more
// than once for a row, and always in their order.
type Segment struct {
	Lead     []Row
	From, To int
	Height   int // of a row
	Fill     func(i int, cells []Cell)
}

func (s *Segment) length() int { return len(s.Lead) + s.To - s.From }

// List lays a list out over its sheets, and gives where the rows of the first
// segment stand, sheet by sheet. The first segment has the filter.
func (b *Book) List(l List) []Area {
	var where []Area
	var current *Sheet
	free := 0
	for number, part := range l.Segments {
		lead, from := part.Lead, part.From
		for begun := false; !begun || from < part.To; begun = true {
			if current == nil || free < len(lead)+min(1, part.To-from) {
				current = b.listSheet(l)
				free = b.MostRows - current.header
			}
			take := min(part.To-from, free-len(lead))
			piece := Segment{Lead: lead, From: from, To: from + take, Fill: part.Fill, Height: part.Height}
			first := current.length() + len(lead) + 1
			current.segments = append(current.segments, piece)
			free -= piece.length()
			if number == 0 {
				rows := Area{current.Name, first, first + take - 1}
				where = append(where, rows)
				b.finishList(current, l, rows)
				if l.Placed != nil && !rows.Empty() {
					l.Placed(current, rows, piece.From, piece.To)
				}
			}
			from, lead = from+take, nil
		}
	}
	return where
}

// listSheet begins a sheet of a list.
func (b *Book) listSheet(l List) *Sheet {
	s := &Sheet{Name: l.Name, Tab: l.Tab, fixed: l.Fixed, columns: l.Columns}
	nth := 1
	for _, other := range b.sheets {
		if other.Name == s.Name || strings.HasPrefix(other.Name, s.Name+" ") {
			nth++
		}
	}
	if nth > 1 {
		s.Name = fmt.Sprintf("%s %d", s.Name, nth)
	}
	for _, c := range l.Columns {
		s.Widths = append(s.Widths, c.Width)
	}
	if l.Above != nil {
		l.Above(s, nth)
	}
	s.header = s.Add(l.HeaderHeight)
	for i, c := range l.Columns {
		s.Set(i+1, s.header, c.Title)
	}
	return b.Add(s)
}

// finishList adds what depends on where the rows stand.
func (b *Book) finishList(s *Sheet, l List, rows Area) {
	s.filter = Span(1, s.header, len(l.Columns), max(rows.Last, s.header))
	if printed := Printed(l.Columns); printed < len(l.Columns) {
		s.printed = printed
	}
	if l.Table != "" && !rows.Empty() {
		s.table, s.filter = b.tableName(l.Table), ""
		s.tableAt = Span(1, s.header, len(l.Columns), rows.Last)
	}
	for i, c := range l.Columns {
		if c.Texts {
			s.IgnoreTextNumbers(Span(i+1, s.header+1, i+1, b.MostRows))
		}
		switch {
		case rows.Empty():
		case c.ChoicesBy != nil:
			s.choices = append(s.choices, choice{area: rows.Inside(i + 1), formula: c.ChoicesBy(rows.First), title: c.Title.Value(), message: c.Refusal})
		case len(c.Choices) > 0:
			s.choices = append(s.choices, choice{area: rows.Inside(i + 1), values: c.Choices, title: c.Title.Value(), message: c.Refusal})
		}
	}
}

// Printed is how many columns of a list are on paper.
func Printed(columns []Column) int {
	if i := slices.IndexFunc(columns, func(c Column) bool { return c.ScreenOnly }); i > 0 {
		return i
	}
	return len(columns)
}

// tableName numbers the tables of a workbook: no two have one name.
func (b *Book) tableName(name string) string {
	nth := 1
	for _, s := range b.sheets {
		if s.table == name || strings.HasPrefix(s.table, name+"_") {
			nth++
		}
	}
	if nth == 1 {
		return name
	}
	return fmt.Sprintf("%s_%d", name, nth)
}
