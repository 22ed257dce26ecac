package reports

import (
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"
)

// sheet is one sheet before it is written: rows that are laid out one by one,
// then, on list sheets, rows that are drawn while they are written.
type sheet struct {
	name   string
	tab    string // colour
	widths []int  // of the columns, in characters
	rows   []row
	merges [][2]string
	links  []sheetLink
	list   []segment
	header int    // the number of the header row that stays and repeats; 0: none
	fixed  int    // columns that stay on the left
	filter string // the range with a filter
	// table is the name of the table that tableRange is; "": none. A table has
	// a filter of its own.
	table, tableRange string
	drops             []drop
	charts            []*placedChart
	texts             []string
	grid              bool     // show grid lines
	onePage           bool     // print all of it on one page
	portrait          bool     // upright; else on its side
	printed           int      // columns on paper; 0: all
	signed            int      // a row in which people write; 0: none
	signedFrom        int      // from this column on
	columns           []column // of a list
}

type sheetLink struct{ cell, to string }

// drop is a range of cells with a list to choose from, and what is said to who
// types something else. Without such words Gnumeric takes the list away.
type drop struct {
	ref            string
	choices        []string
	title, message string
}

// placedChart is a chart and the cell at which it begins.
type placedChart struct {
	cell  string
	chart *excelize.Chart
	over  []*excelize.Chart // drawn over it
}

// segment is a part of a list sheet: rows that lead it in, then count rows,
// each drawn by fill into cells that are used again.
type segment struct {
	lead     []row
	from, to int
	fill     func(i int, cells []cell)
	height   int
}

func (s *segment) length() int { return len(s.lead) + s.to - s.from }

// last is the number of the last row laid out so far.
func (s *sheet) last() int { return len(s.rows) }

// add lays out a row of a height in points and gives its number.
func (s *sheet) add(height int, cells ...cell) int {
	s.rows = append(s.rows, row{height: height, cells: cells})
	return len(s.rows)
}

// set puts a cell into a row that was added before.
func (s *sheet) set(column, number int, c cell) {
	r := &s.rows[number-1]
	for len(r.cells) < column {
		r.cells = append(r.cells, cell{})
	}
	r.cells[column-1] = c
}

// span puts a cell over several columns of a row.
func (s *sheet) span(from, to, number int, c cell) {
	for column := from; column <= to; column++ {
		s.set(column, number, blank(c.style))
	}
	s.set(from, number, c)
	if to > from {
		s.merges = append(s.merges, [2]string{at(from, number), at(to, number)})
	}
}

// goTo makes a cell a link to a place in this workbook.
func (s *sheet) goTo(column, number int, sheetName string) {
	s.links = append(s.links, sheetLink{at(column, number), top(sheetName)})
}

// top is the beginning of a sheet, for links.
func top(sheetName string) string { return quoted(sheetName) + "!A1" }

// linkRow makes every number of a row a link to where it comes from.
func (s *sheet) linkRow(number int, target string) {
	for i, c := range s.rows[number-1].cells {
		if c.kind == cellNumber {
			s.links = append(s.links, sheetLink{at(i+1, number), target})
		}
	}
}

// tall is the height of the rows laid out, in points.
func (s *sheet) tall() int {
	sum := 0
	for _, r := range s.rows {
		sum += r.height
	}
	return sum
}

// widen makes columns wide enough for the numbers that stand in one column;
// beside is room for a sign, a unit and air. Moments have a width of their own.
func (s *sheet) widen(beside int) {
	merged := map[string]bool{}
	for _, merge := range s.merges {
		merged[merge[0]] = true
	}
	for i, r := range s.rows {
		for column, c := range r.cells {
			if c.kind == cellNumber && !c.moment && !merged[at(column+1, i+1)] {
				s.widths[column] = max(s.widths[column], len(grouped(c.value))+beside)
			}
		}
	}
}

// quoted is a sheet's name as a formula writes it.
func quoted(name string) string { return "'" + strings.ReplaceAll(name, "'", "''") + "'" }

// pour writes all rows.
func (s *sheet) pour(to io.Writer) error {
	w := newRowWriter(to)
	s.each(func(_ int, r row) { w.write(r) })
	return w.flush()
}

// each visits all rows in their order. The cells are valid until the next one.
func (s *sheet) each(visit func(number int, r row)) {
	number := 0
	next := func(r row) {
		number++
		visit(number, r)
	}
	for _, r := range s.rows {
		next(r)
	}
	cells := make([]cell, len(s.widths))
	for i := range s.list {
		part := &s.list[i]
		for _, r := range part.lead {
			next(r)
		}
		for n := part.from; n < part.to; n++ {
			clear(cells)
			part.fill(n, cells)
			next(row{height: part.height, cells: cells})
		}
	}
}

func (s *sheet) length() int {
	n := len(s.rows)
	for i := range s.list {
		n += s.list[i].length()
	}
	return n
}

// lay gives excelize everything of the sheet but its rows.
func (s *sheet) lay(f *excelize.File, footer excelize.HeaderFooterOptions) error {
	steps := []func(*excelize.File) error{s.layFilter, s.layTable, s.layDrops, s.layView, s.layPage, s.layCells, s.layCharts}
	for _, step := range steps {
		if err := step(f); err != nil {
			return err
		}
	}
	return f.SetHeaderFooter(s.name, &footer)
}

// layFilter comes first: excelize forgets the sheet's properties with it.
func (s *sheet) layFilter(f *excelize.File) error {
	if s.filter == "" {
		return nil
	}
	return f.AutoFilter(s.name, s.filter, nil)
}

// layTable needs the header's texts as excelize's own cells; what is written
// are ours.
func (s *sheet) layTable(f *excelize.File) error {
	if s.table == "" {
		return nil
	}
	for i, c := range s.rows[s.header-1].cells {
		if err := f.SetCellStr(s.name, at(i+1, s.header), c.value); err != nil {
			return err
		}
	}
	plain := false
	return f.AddTable(s.name, &excelize.Table{Range: s.tableRange, Name: s.table, StyleName: "TableStyleLight1", ShowRowStripes: &plain})
}

func (s *sheet) layDrops(f *excelize.File) error {
	for _, d := range s.drops {
		rule := excelize.NewDataValidation(true)
		rule.SetSqref(d.ref)
		if err := rule.SetDropList(d.choices); err != nil {
			return err
		}
		rule.SetError(excelize.DataValidationErrorStyleStop, d.title, d.message)
		if err := f.AddDataValidation(s.name, rule); err != nil {
			return err
		}
	}
	return nil
}

func (s *sheet) layCharts(f *excelize.File) error {
	for _, c := range s.charts {
		if err := f.AddChart(s.name, c.cell, c.chart, c.over...); err != nil {
			return err
		}
	}
	return nil
}

func (s *sheet) layView(f *excelize.File) error {
	yes := true
	props := &excelize.SheetPropsOptions{FitToPage: &yes}
	if s.tab != "" {
		opaque := "FF" + s.tab // a colour of six digits is none to strict readers
		props.TabColorRGB = &opaque
	}
	if err := f.SetSheetProps(s.name, props); err != nil {
		return err
	}
	if err := f.SetSheetView(s.name, 0, &excelize.ViewOptions{ShowGridLines: &s.grid}); err != nil {
		return err
	}
	if s.header == 0 {
		return nil
	}
	corner := at(s.fixed+1, s.header+1)
	pane := "bottomLeft"
	if s.fixed > 0 {
		pane = "bottomRight"
	}
	return f.SetPanes(s.name, &excelize.Panes{Freeze: true, XSplit: s.fixed, YSplit: s.header, TopLeftCell: corner, ActivePane: pane,
		Selection: []excelize.Selection{{SQRef: corner, ActiveCell: corner, Pane: pane}}})
}

// layPage: A4, as wide as the page, the header row on every page.
func (s *sheet) layPage(f *excelize.File) error {
	const a4 = 9
	size, wide, tall, orientation := a4, 1, 0, "landscape"
	if s.portrait {
		orientation = "portrait"
	}
	if s.onePage {
		tall = 1
	}
	if err := f.SetPageLayout(s.name, &excelize.PageLayoutOptions{Size: &size, Orientation: &orientation, FitToWidth: &wide, FitToHeight: &tall}); err != nil {
		return err
	}
	side, above, small, yes := 0.4, 0.5, 0.25, true
	if err := f.SetPageMargins(s.name, &excelize.PageLayoutMarginsOptions{Left: &side, Right: &side, Top: &above, Bottom: &above,
		Header: &small, Footer: &small, Horizontally: &yes}); err != nil {
		return err
	}
	if s.printed > 0 {
		area := fmt.Sprintf("%s!$A$1:$%s$%d", quoted(s.name), columnName(s.printed), s.length())
		if err := f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Area", Scope: s.name, RefersTo: area}); err != nil {
			return err
		}
	}
	if s.header == 0 {
		return nil
	}
	number := at(1, s.header)[1:]
	return f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", Scope: s.name,
		RefersTo: quoted(s.name) + "!$" + number + ":$" + number})
}

func (s *sheet) layCells(f *excelize.File) error {
	for i, width := range s.widths {
		name := columnName(i + 1)
		if err := f.SetColWidth(s.name, name, name, float64(width)); err != nil {
			return err
		}
	}
	for _, merge := range s.merges {
		if err := f.MergeCell(s.name, merge[0], merge[1]); err != nil {
			return err
		}
	}
	for _, l := range s.links {
		if err := f.SetCellHyperLink(s.name, l.cell, l.to, "Location"); err != nil {
			return err
		}
	}
	for _, ref := range s.texts {
		if err := f.AddIgnoredErrors(s.name, ref, excelize.IgnoredErrorsNumberStoredAsText); err != nil {
			return err
		}
	}
	return f.SetSheetDimension(s.name, "A1:"+at(max(len(s.widths), 1), max(s.length(), 1)))
}
