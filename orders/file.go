package orders

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"daesa/internal/table"
	"daesa/pay"
)

// ErrNoFile says that a pattern matched no file: the shop's side of the night
// is then incomplete, which is not the same as a night without orders.
var ErrNoFile = errors.New("no order file")

// Dropped is a file that the shop dropped, by which it is known again.
type Dropped struct {
	Path    string
	Size    int64
	Changed time.Time // to the microsecond
}

// Taken is a dropped file whose orders were taken.
type Taken struct {
	Dropped
	Reader  string // how it was read; read in another way it is another file
	Waiting bool   // rows of it would take orders back, and nobody has said that they may
}

// Covers says whether a file was taken as it is, read as it would be now, and
// nothing of it waits.
func (t Taken) Covers(file Dropped, reader string) bool {
	return t.Path == file.Path && t.Size == file.Size && t.Changed.Equal(file.Changed) && t.Reader == reader && !t.Waiting
}

// Files gives the files that match a pattern, the oldest first and then by
// name; ErrNoFile where there is none.
func Files(pattern string) ([]Dropped, error) {
	names, err := filepath.Glob(pattern)
	if err != nil {
		return nil, fmt.Errorf("order files %q: %w", pattern, err)
	}
	var files []Dropped
	for _, name := range names {
		info, err := os.Stat(name)
		if err == nil && info.IsDir() {
			continue
		}
		file := Dropped{Path: name}
		if err == nil { // else it is opened later, and what is wrong is said then
			file.Size, file.Changed = info.Size(), info.ModTime().UTC().Truncate(time.Microsecond)
		}
		files = append(files, file)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%w matches %q", ErrNoFile, pattern)
	}
	slices.SortFunc(files, func(a, b Dropped) int {
		return cmp.Or(a.Changed.Compare(b.Changed), strings.Compare(a.Path, b.Path))
	})
	return files, nil
}

// BadRow is a row that was refused, with everything that is wrong with it.
// Reading goes on after it; every other error of a source ends it.
type BadRow struct {
	File   string // empty for a row of a query
	Line   int
	Header []string // of the source; nil for a query
	Cells  []string // in the order of Header; what cannot be taken is empty
	Faults table.Faults
}

// Error lists the faults, one on each line.
func (b *BadRow) Error() string { return b.Faults.Error() }

// Unwrap gives each *table.Fault to errors.As.
func (b *BadRow) Unwrap() []error { return b.Faults.Unwrap() }

// reason is all that is wrong, on one line.
func (b *BadRow) reason() string {
	briefs := make([]string, len(b.Faults))
	for i, fault := range b.Faults {
		briefs[i] = fault.Brief()
	}
	return strings.Join(briefs, "; ")
}

// misshapen says that the row is wrong as a whole, so that its cells may stand
// under the wrong titles.
func (b *BadRow) misshapen() bool {
	return slices.ContainsFunc(b.Faults, func(fault *table.Fault) bool { return fault.Column == "" })
}

// File is an order file that is being read, CSV or XLSX.
type File struct {
	table       *table.Reader
	decoder     *decoder
	header      []string
	columns     Columns
	quarantined bool // written by Quarantine: its escapes are taken off again
}

// OpenFile opens an order file and reads its header. A header that lacks
// required columns is one error that names them all.
func OpenFile(path string, options Options) (*File, error) {
	reader, err := table.Open(path, table.Options{})
	if err != nil {
		return nil, err
	}
	if err := reader.Require(options.required()...); err != nil {
		return nil, errors.Join(err, reader.Close())
	}
	return &File{
		table:       reader,
		decoder:     newDecoder(options, "line"),
		header:      reader.Header(),
		columns:     columnsOf(reader.Has),
		quarantined: reader.Has(lineColumn) && reader.Has(reasonColumn),
	}, nil
}

// Name is the path of the file.
func (f *File) Name() string { return f.table.Name() }

// Columns are the columns that the file has.
func (f *File) Columns() Columns { return f.columns }

// Unknown are the titles that mean nothing to daesa; they are passed over, and
// a misspelt one should be said.
func (f *File) Unknown() []string {
	known := columnNames
	if f.quarantined {
		known = append(slices.Clone(known), quarantineColumns...)
	}
	return f.table.Unknown(known...)
}

// Close closes the file.
func (f *File) Close() error { return f.table.Close() }

// Orders gives every order of the file, once. A bad row comes as a *BadRow, and
// reading goes on; any other error is the last thing that is given.
func (f *File) Orders() iter.Seq2[pay.Order, error] {
	return func(yield func(pay.Order, error) bool) {
		for each, err := range f.read() {
			if !yield(each.order, err) {
				return
			}
		}
	}
}

// readRow is an order and where it stands; the row is valid until the next one.
type readRow struct {
	order pay.Order
	row   table.Row
}

func (f *File) read() iter.Seq2[readRow, error] {
	return func(yield func(readRow, error) bool) {
		for row, err := range f.table.Rows() {
			each := readRow{row: row}
			if err == nil {
				each.order, err = f.order(row)
			} else if fault := new(table.Fault); errors.As(err, &fault) {
				err = f.bad(row, table.Faults{fault})
			}
			if !yield(each, err) {
				return
			}
		}
	}
}

func (f *File) order(row table.Row) (pay.Order, error) {
	order, findings := f.decoder.decode(row.Line, fileRecord{row, f.quarantined})
	if len(findings) == 0 {
		return order, nil
	}
	faults := make(table.Faults, len(findings))
	for i, each := range findings {
		faults[i] = row.NewFault(each.column, each.value, each.reason)
	}
	return pay.Order{}, f.bad(row, faults)
}

func (f *File) bad(row table.Row, faults table.Faults) *BadRow {
	cells := row.Cells()
	if f.quarantined {
		for i := range cells {
			cells[i] = unescape(cells[i])
		}
	}
	return &BadRow{File: row.File, Line: row.Line, Header: f.header, Cells: cells, Faults: faults}
}

// fileRecord is a row of a file as the decoder sees it.
type fileRecord struct {
	row     table.Row
	escaped bool
}

// Get gives a cell.
func (r fileRecord) Get(column string) (string, bool) {
	value, present := r.row.Get(column)
	if r.escaped {
		value = unescape(value)
	}
	return value, present
}

// Refused says why a cell cannot be taken.
func (r fileRecord) Refused(column string) (value, reason string, refused bool) {
	if fault := r.row.Fault(column); fault != nil {
		return fault.Value, fault.Reason, true
	}
	return "", "", false
}

// Check reads a whole file and counts its good rows and its bad ones; it gives
// the faults of the first bad rows, at most most of them. The error is one that
// ended the reading.
func Check(path string, options Options, most int) (good, bad int, faults table.Faults, err error) {
	file, err := OpenFile(path, options)
	if err != nil {
		return 0, 0, nil, err
	}
	defer file.Close()
	for _, err := range file.Orders() {
		var row *BadRow
		switch {
		case err == nil:
			good++
		case errors.As(err, &row):
			bad++
			faults = append(faults, row.Faults[:min(len(row.Faults), most-len(faults))]...)
		default:
			return good, bad, faults, err
		}
	}
	return good, bad, faults, nil
}
