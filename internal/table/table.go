// Package table reads tables that people made: CSV files and the first sheet of
// XLSX workbooks, row by row, each cell with its file, line and column. Nothing
// is guessed: what Excel has rounded, what a formula computes and what is not
// UTF-8 is refused with a reason. Memory does not grow with the number of rows.
package table

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Limits bound what a file may ask of the machine. A zero field takes its
// default.
type Limits struct {
	FileBytes int64 // of a CSV file; 4 GiB
	Rows      int   // 20,000,000
	RowBytes  int   // of one row; 1 MiB
	Columns   int   // 256
	Unzipped  int64 // bytes of a workbook, as a file and unpacked; 64 MiB
	Entries   int   // parts of a workbook; 1,000
	Ratio     int64 // unpacked to packed, of one part; 100
}

func (l Limits) withDefaults() Limits {
	return Limits{
		FileBytes: orElse(l.FileBytes, 4<<30),
		Rows:      orElse(l.Rows, 20_000_000),
		RowBytes:  orElse(l.RowBytes, 1<<20),
		Columns:   orElse(l.Columns, 256),
		Unzipped:  orElse(l.Unzipped, 64<<20),
		Entries:   orElse(l.Entries, 1000),
		Ratio:     orElse(l.Ratio, 100),
	}
}

func orElse[N int | int64](value, otherwise N) N {
	if value > 0 {
		return value
	}
	return otherwise
}

// cell is one value, or why it cannot be taken; raw is then what stands there.
type cell struct {
	text   string
	raw    string
	reason string
	// of a cell as it is stored
	number, formula bool
	written         string // the formula
}

// rowSource gives rows until io.EOF. The cells are valid until the next call.
// A *Fault is of one row, any other error ends the table.
type rowSource interface {
	next() (line int, cells []cell, err error)
}

// Reader reads one table.
type Reader struct {
	name   string
	file   *os.File
	source rowSource
	header []string
	index  map[string]int // by lower-case name
	sheet  bool
	limits Limits
}

// Row is one row. It is valid until the next one is read.
type Row struct {
	File  string
	Line  int // the first physical line of a CSV row, the row number of a sheet
	table *Reader
	cells []cell
}

// Open opens a CSV file (UTF-8) or a workbook, told apart by their first bytes,
// and reads the header. The error is a *FileError or one of the file system.
func Open(path string, limits Limits) (*Reader, error) {
	file, err := os.Open(path) //nolint:gosec // the path is the operator's
	if err != nil {
		return nil, err
	}
	r := &Reader{name: path, file: file, limits: limits.withDefaults()}
	if err := r.open(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return r, nil
}

func (r *Reader) open() error {
	info, err := r.file.Stat()
	if err != nil {
		return err
	}
	if info.IsDir() {
		return &FileError{File: r.name, Reason: "is a folder, not a file"}
	}
	buffered := bufio.NewReaderSize(r.file, 1<<16)
	head, err := buffered.Peek(8)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if err := r.refuseOtherFormats(string(head)); err != nil {
		return err
	}
	if strings.HasPrefix(string(head), "PK") {
		r.sheet = true
		r.source, err = openSheet(r.name, r.file, info.Size(), r.limits)
	} else {
		r.source, err = openCSV(r.name, buffered, r.limits)
	}
	if err != nil {
		return err
	}
	return r.readHeader()
}

const adviceUTF8 = `save it as "CSV UTF-8"`

func (r *Reader) refuseOtherFormats(head string) error {
	refuse := func(reason, advice string) error {
		return &FileError{File: r.name, Reason: reason, Advice: advice}
	}
	switch {
	case head == "":
		return refuse("is empty", "")
	case strings.HasPrefix(head, "\xff\xfe"), strings.HasPrefix(head, "\xfe\xff"):
		return refuse("is UTF-16 text, not UTF-8", adviceUTF8)
	case strings.HasPrefix(head, "\xd0\xcf\x11\xe0"):
		return refuse("is an old .xls workbook, or one with a password", "save it as .xlsx without a password, or as \"CSV UTF-8\"")
	case strings.HasPrefix(strings.TrimPrefix(head, "\ufeff"), "<"):
		return refuse("is HTML or XML, not a table of its own", "open it in Excel and save it as .xlsx or as \"CSV UTF-8\"")
	case strings.EqualFold(filepath.Ext(r.name), ".xlsx") && !strings.HasPrefix(head, "PK"):
		return refuse("is called .xlsx but is no workbook", "save it again as .xlsx, or as \"CSV UTF-8\"")
	}
	return nil
}

func (r *Reader) readHeader() error {
	line, cells, err := r.source.next()
	for err == nil && blank(cells) {
		line, cells, err = r.source.next()
	}
	if errors.Is(err, io.EOF) {
		return &FileError{File: r.name, Reason: "is empty"}
	}
	if err != nil {
		return err
	}
	if len(cells) > r.limits.Columns {
		return &FileError{File: r.name, Line: line, Reason: fmt.Sprintf("has more than %d columns", r.limits.Columns)}
	}
	r.index = make(map[string]int, len(cells))
	for i, cell := range cells {
		if cell.reason != "" {
			return &FileError{File: r.name, Line: line, Reason: fmt.Sprintf("the title of column %s %s", r.place(i), cell.reason)}
		}
		title := strings.TrimSpace(cell.text)
		r.header = append(r.header, title)
		if title == "" {
			continue
		}
		key := strings.ToLower(title)
		if first, twice := r.index[key]; twice {
			return &FileError{File: r.name, Line: line, Reason: fmt.Sprintf("column %q stands twice, as %s and as %s", title, r.place(first), r.place(i))}
		}
		r.index[key] = i
	}
	return nil
}

// Header gives the titles as the file has them, blanks around them cut off.
// Everywhere else a column is named in lower case.
func (r *Reader) Header() []string { return slices.Clone(r.header) }

// Name is the path that was opened.
func (r *Reader) Name() string { return r.name }

// Has says whether the table has a column of that lower-case name.
func (r *Reader) Has(column string) bool {
	_, has := r.index[column]
	return has
}

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
		Advice: "the first row names the columns",
	}
	if len(r.header) == 1 && strings.ContainsAny(r.header[0], ";\t|") {
		failure.Advice = "separate the columns with commas"
	}
	return failure
}

// Unknown gives the titles that are not among the known lower-case names, so
// that a misspelt one can be said. Their cells are never read.
func (r *Reader) Unknown(known ...string) []string {
	var unknown []string
	for _, title := range r.header {
		if title != "" && !slices.Contains(known, strings.ToLower(title)) {
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
			var fault *Fault
			switch {
			case errors.Is(err, io.EOF):
				return
			case err != nil && !errors.As(err, &fault):
				yield(Row{File: r.name, Line: line, table: r}, err)
				return
			case blank(cells):
				continue
			}
			if count++; count > r.limits.Rows {
				yield(row, &FileError{File: r.name, Line: line, Reason: fmt.Sprintf("has more than %d rows", r.limits.Rows), Advice: "split the file"})
				return
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// Close closes the file.
func (r *Reader) Close() error { return r.file.Close() }

// place is a column as people point at it: a letter in a sheet, a number in a
// CSV file.
func (r *Reader) place(i int) string {
	if r.sheet {
		return letters(i)
	}
	return strconv.Itoa(i + 1)
}

// Get is the value of a column by its lower-case name; present is false for a
// column that the table lacks. A cell that cannot be taken is "".
func (r Row) Get(column string) (value string, present bool) {
	i, has := r.table.index[column]
	if !has || i >= len(r.cells) {
		return "", has
	}
	return r.cells[i].text, true
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
	fault := &Fault{File: r.File, Line: r.Line, Column: column, Value: value, Reason: reason}
	if i, has := r.table.index[column]; has && r.table.sheet {
		fault.Cell = r.table.place(i) + strconv.Itoa(r.Line)
	}
	return fault
}

// Cells are the values in the order of the header, at least as many as it has.
// A cell that cannot be taken is "", so that nobody takes it elsewhere.
func (r Row) Cells() []string {
	values := make([]string, max(len(r.cells), len(r.table.header)))
	for i, cell := range r.cells {
		values[i] = cell.text
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
