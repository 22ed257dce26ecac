package xlsx

import (
	"io"
)

// Sheet is one sheet while it is drawn: a page of rows that are laid out one by
// one, or a list (Book.List).
type Sheet struct {
	Name     string
	Tab      string // its colour; "": none
	Widths   []int  // of the columns
	Portrait bool   // printed upright; else on its side
	OnePage  bool   // printed on one page; else as wide as a page

	rows    []Row
	merges  [][2]string
	links   []link
	charts  []placedChart
	ignored []string // areas whose texts may look like numbers
	open    place    // from here on people write into the row

	// of a list
	columns  []Column
	segments []Segment
	header   int    // the row of the header, which stays and repeats; 0: a page
	fixed    int    // columns that stay on the left
	filter   string // the area with a filter; "": none, or a table, which has its own
	table    string // the name of the table; "": none
	tableAt  string // its area
	choices  []choice
	printed  int // columns on paper; 0: all

	// of a form
	offers []Offer
	texts  []int // columns
}

type (
	place struct{ column, row int }
	link  struct{ cell, target string }

	// choice is an area whose cells are chosen from a list. Without a title and a
	// message for who types something else, Gnumeric takes the list away.
	choice struct {
		area           string
		values         []string
		formula        string // of the area that has them, as the first row of area says it; "": they are values
		title, message string
	}
)

// Last is the number of the last row laid out so far; rows of a list that are
// drawn while they are written are not among them.
func (s *Sheet) Last() int { return len(s.rows) }

// Add lays out a row and gives its number.
func (s *Sheet) Add(height int, cells ...Cell) int {
	s.rows = append(s.rows, Row{Height: height, Cells: cells})
	return len(s.rows)
}

// Set puts a cell into a row that was added before.
func (s *Sheet) Set(column, row int, c Cell) {
	r := &s.rows[row-1]
	for len(r.Cells) < column {
		r.Cells = append(r.Cells, Cell{})
	}
	r.Cells[column-1] = c
}

// Span puts a cell over several columns of a row; one column is allowed.
func (s *Sheet) Span(from, to, row int, c Cell) {
	for column := from; column <= to; column++ {
		s.Set(column, row, Blank(c.style))
	}
	s.Set(from, row, c)
	if to > from {
		s.merges = append(s.merges, [2]string{At(from, row), At(to, row)})
	}
}

// Link makes a cell a link to a place in this workbook, such as Top("Stock").
func (s *Sheet) Link(column, row int, target string) {
	s.links = append(s.links, link{At(column, row), target})
}

// LinkNumbers makes every number of a row a link to where it comes from.
func (s *Sheet) LinkNumbers(row int, target string) {
	for i, c := range s.rows[row-1].Cells {
		if c.IsNumber() {
			s.Link(i+1, row, target)
		}
	}
}

// LeaveOpen says that people write into a row, from a column on: Compare passes
// over it.
func (s *Sheet) LeaveOpen(column, row int) { s.open = place{column, row} }

// IgnoreTextNumbers keeps the warning away that Excel puts into the corner of a
// text of digits. area is as Span gives it.
func (s *Sheet) IgnoreTextNumbers(area string) { s.ignored = append(s.ignored, area) }

// Tall is the height of the rows laid out so far.
func (s *Sheet) Tall() int {
	sum := 0
	for _, r := range s.rows {
		sum += r.Height
	}
	return sum
}

// Widen makes columns wide enough for the numbers laid out so far that stand in
// one column: one that does not fit is shown as ####. beside is room for a sign,
// a unit and air. Moments need a width of their own.
func (s *Sheet) Widen(beside int) {
	merged := map[string]bool{}
	for _, merge := range s.merges {
		merged[merge[0]] = true
	}
	for i, r := range s.rows {
		for column, c := range r.Cells {
			if c.IsNumber() && !c.moment && !merged[At(column+1, i+1)] {
				s.Widths[column] = max(s.Widths[column], len(Grouped(c.value))+beside)
			}
		}
	}
}

// writeRows writes all rows.
func (s *Sheet) writeRows(to io.Writer) error {
	w := newRowWriter(to)
	s.each(func(_ int, r Row) { w.write(r) })
	return w.flush()
}

// each visits all rows in their order. The cells are valid until the next one.
func (s *Sheet) each(visit func(number int, r Row)) {
	number := 0
	next := func(r Row) {
		number++
		visit(number, r)
	}
	for _, r := range s.rows {
		next(r)
	}
	cells := make([]Cell, len(s.Widths))
	for i := range s.segments {
		part := &s.segments[i]
		for _, r := range part.Lead {
			next(r)
		}
		for n := part.From; n < part.To; n++ {
			clear(cells)
			part.Fill(n, cells)
			next(Row{Height: part.Height, Cells: cells})
		}
	}
}

func (s *Sheet) length() int {
	n := len(s.rows)
	for i := range s.segments {
		n += s.segments[i].length()
	}
	return n
}
