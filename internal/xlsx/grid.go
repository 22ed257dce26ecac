package xlsx

// Grid is a table on a page. Each of its columns spans some of the sheet's, so
// that tables with other columns can stand above, below and beside it.
type Grid struct {
	sheet  *Sheet
	spans  [][2]int
	height int
	row    int
}

// Grid begins a table below a row of the sheet. spans are its columns, each from
// one column of the sheet to another; height is that of rows that it adds where
// the sheet has none yet.
func (s *Sheet) Grid(below, height int, spans ...[2]int) *Grid {
	return &Grid{sheet: s, spans: spans, height: height, row: below}
}

// Add puts cells into the next row, one for each column from the left, and gives
// its number. It leaves columns alone for which there is no cell.
func (g *Grid) Add(cells ...Cell) int {
	if g.row++; g.row > g.sheet.Last() {
		g.sheet.Add(g.height)
	}
	for i, c := range cells {
		g.sheet.Span(g.spans[i][0], g.spans[i][1], g.row, c)
	}
	return g.row
}

// Put puts a cell in the place of one that Add has put into the last row.
func (g *Grid) Put(column int, c Cell) { g.sheet.Set(g.spans[column-1][0], g.row, c) }

// Row is the number of the row that was added last.
func (g *Grid) Row() int { return g.row }

// At is the reference of a cell of a column of the table, for formulas on its
// sheet.
func (g *Grid) At(column, row int) string { return At(g.spans[column-1][0], row) }

// Link makes every number of the row that was added last a link to where it
// comes from.
func (g *Grid) Link(target string) {
	for _, span := range g.spans {
		if cells := g.sheet.rows[g.row-1].Cells; span[0] <= len(cells) && cells[span[0]-1].IsNumber() {
			g.sheet.Link(span[0], g.row, target)
		}
	}
}

// Singles are the spans of columns side by side that each are one of the sheet's.
func Singles(first, count int) [][2]int {
	spans := make([][2]int, count)
	for i := range spans {
		spans[i] = [2]int{first + i, first + i}
	}
	return spans
}
