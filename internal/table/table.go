// Package table reads tables that people made, whatever their files are called:
// CSV and TSV, XLSX, old .xls workbooks, and the HTML tables and XML of 2003
// that shops and banks name .xls. Rows stream by, each cell with its file,
// sheet, line and column. Nothing is guessed: what Excel has rounded, what a
// formula computes and what an encoding has lost is refused with a reason.
package table

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strconv"
	"strings"

	"daesa/internal/hint"
)

// cell is one value, or why it cannot be taken; raw is then what stands there.
type cell struct {
	text   string
	raw    string
	reason string
	clock  string // of a time without a date, which is refused as a value
	// of a cell as it is stored
	number, formula bool
	written         string // the formula
}

// rowSource gives rows until io.EOF. The cells are valid until the next call.
// An error ends the table.
type rowSource interface {
	next() (line int, cells []cell, err error)
}

// concealer is a source that knows what is not shown.
type concealer interface {
	rowHidden() bool // of the last row
	columnHidden(i int) bool
}

// Reader reads one table.
type Reader struct {
	Layout
	file    *os.File
	source  rowSource
	options Options
	aside   bool // it was written by an Aside
	looking bool // for what the first rows are, in whatever table of a page

	headerHidden bool
	doubled      []Doubled
}

// Layout is where the columns of a table stand. It outlives the reading, so that
// what a look-up shows is said of its cell, too.
type Layout struct {
	name   string
	about  About
	header []string
	index  map[string]int // by the column's name
	sheet  bool           // columns are named by letters
}

// About says what a file is, and where its table was found.
type About struct {
	Container string   // csv, tsv, xlsx, xls, html or xml
	Encrypted bool     // the workbook was opened by its password
	Encoding  string   // of a text; "" for a workbook
	Sheet     string   // "" in a file without sheets
	Unread    []string // other sheets that people see
	HeaderRow int      // counted from 1, blank rows too
}

// Row is one row. It is valid until the next one is read.
type Row struct {
	File  string
	Line  int // the first physical line of a CSV row, the row number of a sheet
	table *Reader
	cells []cell
	// Hidden says that Excel does not show the row, by a filter too: whoever
	// checked the file did not see it.
	Hidden bool
}

// Open opens a file, told apart by its content and not by its name, and reads
// the header. The error is a *FileError or one of the file system.
func Open(path string, options Options) (*Reader, error) { return openAs(path, options, false) }

func openAs(path string, options Options, looking bool) (*Reader, error) {
	file, err := os.Open(path) //nolint:gosec // the path is the operator's
	if err != nil {
		return nil, hint.With(err, adviceOpen(err))
	}
	options.Limits = options.withDefaults()
	r := &Reader{Layout: Layout{name: path}, file: file, options: options, looking: looking}
	if err := r.open(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return r, nil
}

func (r *Reader) open() error {
	info, err := r.file.Stat()
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return &FileError{File: r.name, Reason: "is a folder, not a file", Advice: "name a file in it"}
	case !info.Mode().IsRegular():
		return &FileError{File: r.name, Reason: "is not a regular file", Advice: "save it as a file first"}
	case info.Size() == 0:
		return &FileError{File: r.name, Reason: "is empty"}
	}
	if err := r.openSource(info.Size()); err != nil {
		return err
	}
	return r.onSheet(r.readHeader())
}

// Refuse is the refusal of the whole table, in its place; line 0: none.
func (r *Reader) Refuse(line int, reason, advice string) *FileError {
	return &FileError{File: r.name, Sheet: r.about.Sheet, Line: line, Reason: reason, Advice: advice, several: len(r.about.Unread) > 0}
}

// onSheet says of an error in which sheet it was met.
func (r *Reader) onSheet(err error) error {
	var failure *FileError
	if errors.As(err, &failure) && failure.Sheet == "" {
		failure.Sheet, failure.several = r.about.Sheet, len(r.about.Unread) > 0
	}
	return err
}

// heading is a row that may be the header.
type heading struct {
	line   int
	cells  []cell
	hidden bool
}

func (r *Reader) readHeader() error {
	found, err := r.findHeader()
	if err != nil {
		return err
	}
	if most := r.options.Limits.Columns; len(found.cells) > most {
		return &FileError{File: r.name, Line: found.line, Reason: fmt.Sprintf("has more than %d columns", most)}
	}
	r.about.HeaderRow, r.headerHidden = found.line, found.hidden
	if source, may := r.source.(interface{ headerFound() }); may && !r.looking {
		source.headerFound()
	}
	r.index = make(map[string]int, len(found.cells))
	for i, cell := range found.cells {
		if cell.reason != "" {
			return &FileError{File: r.name, Line: found.line, Reason: fmt.Sprintf("the title of column %s %s", r.place(i), cell.reason)}
		}
		r.header = append(r.header, strings.TrimSpace(cell.text))
		if err := r.nameColumn(i, found.line); err != nil {
			return err
		}
	}
	if len(r.doubled) > 0 {
		return r.refuseDoubled(found.line)
	}
	r.aside = r.fromAside(r.options.Own)
	return nil
}

// nameColumn gives the column at a place its name. Two for one are refused: only
// a person knows which of them is meant.
func (r *Reader) nameColumn(i, line int) error {
	title := r.header[i]
	if title == "" {
		return nil
	}
	name, known := r.options.column(title)
	first, twice := r.index[name]
	switch {
	case !twice:
		r.index[name] = i
	case !known: // nobody reads either of them
	case Title(r.header[first]) == Title(title):
		return &FileError{File: r.name, Line: line, Advice: "rename one of the two, or take it out",
			Reason: fmt.Sprintf("column %q stands twice, as %s and as %s", title, r.place(first), r.place(i))}
	default:
		r.doubled = append(r.doubled, Doubled{name, r.header[first], title, [2]string{r.place(first), r.place(i)}})
	}
	return nil
}

// findHeader looks for the header by names, never by its place.
func (r *Reader) findHeader() (heading, error) {
	var first *heading // the row that names most columns
	var above []cell
	most := 0
	for {
		line, cells, err := r.source.next()
		switch {
		case errors.Is(err, io.EOF) && first == nil:
			return heading{}, &FileError{File: r.name, Reason: "is empty"}
		case errors.Is(err, io.EOF):
			return *first, nil
		case err != nil:
			return heading{}, err
		}
		if blank(cells) {
			continue
		}
		row := heading{line, cells, r.rowHidden()}
		if at := r.options.HeaderAt; at > 0 {
			if line >= at {
				row.cells = withTitles(above, row.cells)
				return row, nil
			}
			if r.options.TitlesAbove {
				above = slices.Clone(cells)
			}
			continue
		}
		if r.options.IsHeader == nil || r.options.IsHeader(r.names(cells)) {
			return row, nil
		}
		if named := r.known(cells); first == nil || named > most {
			row.cells = slices.Clone(cells)
			first, most = &row, named
		}
		if line >= r.options.HeaderWithin {
			return *first, nil
		}
	}
}

// withTitles fills the titles that a row lacks from the row above it.
func withTitles(above, titles []cell) []cell {
	for i, title := range above {
		switch {
		case i >= len(titles):
			titles = append(titles, title)
		case blank(titles[i : i+1]):
			titles[i] = title
		}
	}
	return titles
}

// names says which columns the titles of a row name.
func (r *Reader) names(cells []cell) func(column string) bool {
	named := make(map[string]bool, len(cells))
	for _, cell := range cells {
		if cell.text != "" {
			name, _ := r.options.column(cell.text)
			named[name] = true
		}
	}
	return func(column string) bool { return named[column] }
}

// HeadRow is one of the first rows of a file, with the texts of its cells.
type HeadRow struct {
	Line  int
	Cells []string
}

// Over is the row that two rows are as one header: see Options.TitlesAbove.
func (r HeadRow) Over(below HeadRow) HeadRow {
	cells := slices.Clone(below.Cells)
	for i, title := range r.Cells {
		switch {
		case i >= len(cells):
			cells = append(cells, title)
		case cells[i] == "":
			cells[i] = title
		}
	}
	return HeadRow{below.Line, cells}
}

// Head gives the first rows of a file that are not blank, whatever they are, up
// to a line.
func Head(path string, options Options, lines int) (About, []HeadRow, error) {
	options.HeaderAt, options.HeaderWithin, options.IsHeader, options.Columns = 0, 0, nil, map[string]string{}
	r, err := openAs(path, options, true)
	if err != nil {
		return About{}, nil, err
	}
	defer r.Close()
	rows := []HeadRow{{r.about.HeaderRow, r.Header()}}
	for {
		line, cells, err := r.source.next()
		switch {
		case errors.Is(err, io.EOF), err == nil && line > lines:
			return r.about, rows, nil
		case err != nil:
			return r.about, rows, r.onSheet(err)
		case blank(cells):
			continue
		}
		row := HeadRow{Line: line}
		for _, cell := range cells {
			row.Cells = append(row.Cells, strings.TrimSpace(cell.text))
		}
		rows = append(rows, row)
	}
}

// known counts the titles of a row that name one of the columns looked for.
func (r *Reader) known(cells []cell) int {
	count := 0
	for _, cell := range cells {
		if _, known := r.options.Columns[Title(cell.text)]; known {
			count++
		}
	}
	return count
}

// About says what the file is.
func (l *Layout) About() About { return l.about }

// Header gives the titles as the file has them, blanks around them cut off.
// Everywhere else a column is asked for by its name.
func (l *Layout) Header() []string { return slices.Clone(l.header) }

// Name is the path that was opened.
func (l *Layout) Name() string { return l.name }

// Has says whether the table has a column.
func (l *Layout) Has(column string) bool {
	_, has := l.index[column]
	return has
}

// Place is where a column stands in a row, counted from 0; -1 where the table
// lacks it.
func (l *Layout) Place(column string) int {
	if i, has := l.index[column]; has {
		return i
	}
	return -1
}

// TitleOf is the title of a column as the file has it; "" where it lacks it.
func (l *Layout) TitleOf(column string) string {
	if i, has := l.index[column]; has {
		return l.header[i]
	}
	return ""
}

// AdviceHeader is what to do about a header that lacks columns.
const AdviceHeader = "the first row names the columns"

// Require names all missing columns in one *FileError.
func (r *Reader) Require(columns ...string) error {
	var missing []string
	for _, column := range columns {
		if !r.Has(column) {
			missing = append(missing, column)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	failure := &FileError{
		File:   r.name,
		Reason: "the header lacks " + strings.Join(missing, ", ") + "; it has " + clip(strings.Join(r.header, ", ")),
		Advice: AdviceHeader,
	}
	if len(r.header) == 1 && strings.ContainsAny(r.header[0], ";|") {
		failure.Advice = "separate the columns with commas"
	}
	return r.onSheet(failure)
}

// Unknown gives the titles of columns that are not among the known ones, so
// that a misspelt one can be said. Their cells are never read.
func (r *Reader) Unknown(known ...string) []string {
	var unknown []string
	for i, title := range r.header {
		if title == "" {
			continue
		}
		name, _ := r.options.column(title)
		if r.aside && slices.Contains(r.options.Own, name) {
			continue
		}
		if !slices.Contains(known, name) || r.index[name] != i {
			unknown = append(unknown, title)
		}
	}
	return unknown
}

// Rows gives every row that has any content, once. A row that is wrong as a
// whole comes with its *Fault, and reading goes on; any other error is the
// last thing that is given.
func (r *Reader) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for count := 0; ; {
			line, cells, err := r.source.next()
			row := Row{File: r.name, Line: line, table: r, cells: cells}
			switch {
			case errors.Is(err, io.EOF):
				return
			case err != nil:
				yield(row, r.onSheet(err))
				return
			case blank(cells):
				continue
			}
			row.Hidden = r.rowHidden()
			if count++; count > r.options.Rows {
				yield(row, r.onSheet(&FileError{File: r.name, Line: line, Reason: fmt.Sprintf("has more than %d rows", r.options.Rows), Advice: "split the file"}))
				return
			}
			if !r.sheet && len(cells) != len(r.header) {
				fault := row.NewFault("", "", fmt.Sprintf("has %d fields, the header has %d", len(cells), len(r.header)))
				fault.Korean = fmt.Sprintf("칸 수가 %d개로 제목 행의 %d개와 다릅니다", len(cells), len(r.header))
				err = fault
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

func (r *Reader) rowHidden() bool {
	source, may := r.source.(concealer)
	return may && source.rowHidden()
}

// Hidden names the columns of the header that Excel does not show, each as
// people point at it: C (amount). A hidden header hides them all.
func (r *Reader) Hidden() []string {
	source, may := r.source.(concealer)
	if !may {
		return nil
	}
	var hidden []string
	for i, title := range r.header {
		if title != "" && (r.headerHidden || source.columnHidden(i)) {
			hidden = append(hidden, fmt.Sprintf("%s (%s)", r.place(i), clip(title)))
		}
	}
	return hidden
}

// Close closes the file.
func (r *Reader) Close() error { return r.file.Close() }

// place is a column as people point at it: a letter in a sheet, a number in a
// CSV file.
func (l *Layout) place(i int) string {
	if l.sheet {
		return letters(i)
	}
	return strconv.Itoa(i + 1)
}

// Get is the value of a column by its name; present is false for a column that
// the table lacks. A cell that cannot be taken is "".
func (r Row) Get(column string) (value string, present bool) {
	i, has := r.table.index[column]
	if !has || i >= len(r.cells) {
		return "", has
	}
	return r.Cell(i), true
}

// Cell is the value of a cell by its place (see Reader.Place), or "".
func (r Row) Cell(place int) string {
	if place < 0 || place >= len(r.cells) {
		return ""
	}
	if r.table.aside {
		return unguardFormula(r.cells[place].text)
	}
	return r.cells[place].text
}

// Refused says why the cell at a place cannot be taken.
func (r Row) Refused(place int) (value, reason string, refused bool) {
	if place < 0 || place >= len(r.cells) {
		return "", "", false
	}
	c := &r.cells[place]
	return c.raw, c.reason, c.reason != ""
}

// Clock is the time of day, as 15:04:05, of a cell that holds one without a
// date; "" for every other cell.
func (r Row) Clock(place int) string {
	if place < 0 || place >= len(r.cells) {
		return ""
	}
	return r.cells[place].clock
}

// Result is the value of a column; of a formula its stored result, which may be
// out of date, or absent: it is good for comparing, and for nothing else.
func (r Row) Result(column string) (value string, formula bool) {
	i, has := r.table.index[column]
	if !has || i >= len(r.cells) {
		return "", false
	}
	c := r.cells[i]
	if c.reason != reasonFormula {
		return r.Cell(i), false
	}
	if text, reason := numberText(strings.TrimSpace(c.raw), format{}, false); reason == "" {
		return text, true
	}
	return c.raw, true
}

// First is the text of the first cell that is not blank: by it notes and totals
// are known.
func (r Row) First() string {
	for _, cell := range r.cells {
		if text := strings.TrimSpace(cell.text); text != "" {
			return text
		}
	}
	return ""
}

// Fault says why a column's cell cannot be taken; nil where it can.
func (r Row) Fault(column string) *Fault {
	i, has := r.table.index[column]
	if !has || i >= len(r.cells) || r.cells[i].reason == "" {
		return nil
	}
	return r.NewFault(column, r.cells[i].raw, r.cells[i].reason)
}

// NewFault is a fault of this row's column.
func (r Row) NewFault(column, value, reason string) *Fault {
	return r.table.NewFault(r.Line, column, value, reason)
}

// NewFault is a fault of a column in a line.
func (l *Layout) NewFault(line int, column, value, reason string) *Fault {
	fault := &Fault{File: l.name, Sheet: l.about.Sheet, Line: line, Column: column, Value: value, Reason: reason}
	i, has := l.index[column]
	if !has {
		return fault
	}
	if Title(l.header[i]) != column {
		fault.Title = l.header[i]
	}
	if l.sheet {
		fault.Cell = l.place(i) + strconv.Itoa(line)
		if len(l.about.Unread) > 0 {
			fault.Cell = l.about.Sheet + "!" + fault.Cell
		}
	}
	return fault
}

// Cells are the values in the order of the header, at least as many as it has.
// A cell that cannot be taken is "", so that nobody takes it elsewhere.
func (r Row) Cells() []string {
	values := make([]string, max(len(r.cells), len(r.table.header)))
	for i := range r.cells {
		values[i] = r.Cell(i)
	}
	return values
}

// Raw are the cells as they stand, also what cannot be taken: to show them again,
// and for nothing else.
func (r Row) Raw() []string {
	values := make([]string, len(r.cells))
	for i := range r.cells {
		values[i] = r.Cell(i)
		if r.cells[i].reason != "" {
			values[i] = r.cells[i].raw
		}
	}
	return values
}

func blank(cells []cell) bool {
	for _, cell := range cells {
		if cell.reason != "" || strings.TrimSpace(cell.text) != "" {
			return false
		}
	}
	return true
}
