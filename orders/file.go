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
	Lines  []int    // of an order that has a row for each item; nil: Line alone
	Header []string // of the source; nil for a query
	Cells  []string // in the order of Header; what cannot be taken is empty. Nil where there are Lines
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

// File is an order file that is being read.
type File struct {
	table   *table.Reader
	profile *Profile
	decoder *decoder
	header  []string
	columns Columns
	places  places   // of each column
	ways    []places // of each way of paying, where there are several
	current rowRecord
}

// OpenFile opens an order file and reads its header. A header that lacks
// required columns is one error that names them all.
func OpenFile(path string, options Options) (*File, error) {
	f, err := openFile(path, options, 0)
	if err != nil {
		return nil, err
	}
	if err := lacking(f.table, f.profile, options); err != nil {
		adviseFitting(err, path, options)
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// openFile opens a file that may lack columns. headerAt is the row of its header
// where that is known; 0: it is looked for.
func openFile(path string, options Options, headerAt int) (*File, error) {
	profile, err := options.profile()
	if err != nil {
		return nil, err
	}
	options.Profile = profile
	how := tableOptions(profile, options)
	how.HeaderAt = headerAt
	reader, err := table.Open(path, how)
	if err != nil {
		adviseDoubled(err, profile)
		return nil, err
	}
	f := &File{
		table: reader, profile: profile, decoder: newDecoder(options, "line"), header: reader.Header(),
		columns: columnsOf(func(column string) bool { return profile.found(column, reader.Has) })}
	if len(profile.Methods) > 0 && f.columns.Has(ColumnMethod) {
		f.columns |= ColumnPG // its words say which orders are another company's
	}
	if f.decoder.noPaidAt = !f.columns.Has(ColumnPaidAt); f.decoder.noPaidAt && !profile.plain {
		f.columns |= columnPaidUnknown
	}
	if profile.ByItem {
		f.columns |= columnMixedRefunds
	}
	if profile.Fold[amount] == foldSum {
		f.columns |= ColumnCanceledAmount // the sum of the cancelled rows
	}
	f.findPlaces()
	return f, nil
}

func tableOptions(profile *Profile, options Options) table.Options {
	unpacked := options.Unpacked
	if unpacked <= 0 {
		unpacked = defaultUnpacked
	}
	return table.Options{
		Limits: table.Limits{Unzipped: unpacked}, Larger: adviceLarger, Sheet: options.Sheet, Password: options.Password,
		Own: quarantineColumns, HeaderWithin: profile.HeaderWithin, IsHeader: profile.isHeader, Columns: profile.names(),
	}
}

// adviceLarger is for a workbook whose sheet passes Options.Unpacked.
const adviceLarger = `raise orders.max_unpacked_bytes in daesa.yaml, or save it as "CSV UTF-8", which has no such limit`

// lacking names the columns that a file must have and has not.
func lacking(reader *table.Reader, profile *Profile, options Options) error {
	missing := profile.lacking(reader.Has)
	if options.DefaultMID == "" && !profile.found(mid, reader.Has) {
		missing = append(missing, mid)
	}
	err := reader.Require(missing...)
	var failure *table.FileError
	if errors.As(err, &failure) && reader.Has(wooRevenue) {
		failure.Reason = "is WooCommerce's Analytics export, which leaves out shipping and tax, the method and the payment: its sums are not what Toss was asked for"
		failure.Advice = "read the shop's database: orders.source: query"
	}
	return err
}

// wooRevenue is a column that only the export of WooCommerce has.
const wooRevenue = "n. revenue (formatted)"

// Name is the path of the file.
func (f *File) Name() string { return f.table.Name() }

// Columns are the columns that the file has.
func (f *File) Columns() Columns { return f.columns }

// Unread are the other sheets that people see, of which nothing is read.
func (f *File) Unread() []string { return f.table.About().Unread }

// UnknownMethods are the words for a method that the profile does not know, with
// the number of orders that were taken without a method for it.
func (f *File) UnknownMethods() map[string]int64 { return f.decoder.methods }

// Unknown are the titles that mean nothing to daesa; they are passed over, and
// a misspelt one should be said. A file that was made for people has many: of
// those none is said.
func (f *File) Unknown() []string {
	if !f.profile.plain {
		return nil
	}
	return f.table.Unknown(columnNames...)
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
		f.decoder.seen = seenOrders{} // of a large file it is most of what is held
	}
}

// rows gives the rows of the table that are orders or items. What is wrong with
// a row as a whole comes as a *BadRow.
func (f *File) rows() iter.Seq2[table.Row, error] {
	return func(yield func(table.Row, error) bool) {
		for row, err := range f.table.Rows() {
			fault := new(table.Fault)
			switch {
			case f.skips(row):
				continue
			case errors.As(err, &fault):
				err = f.bad(row, table.Faults{fault})
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// skips says whether a row is a total or a note: it begins as one, and has no
// order number beside that word.
func (f *File) skips(row table.Row) bool {
	if len(f.profile.SkipRows) == 0 {
		return false
	}
	first := row.First()
	if !f.profile.skips(first) {
		return false
	}
	number, _ := row.Get(orderID)
	number = strings.TrimSpace(number)
	return number == "" || number == first
}

func (f *File) bad(row table.Row, faults table.Faults) *BadRow {
	return &BadRow{File: row.File, Line: row.Line, Header: f.header, Cells: row.Cells(), Faults: faults}
}

// RowsOf reads a file again and gives the rows of some of its lines, each with
// what is wrong with it.
func RowsOf(path string, options Options, wrong map[int]table.Faults) ([]*BadRow, error) {
	file, err := OpenFile(path, options)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var found []*BadRow
	for row, err := range file.rows() {
		bad := new(BadRow)
		if err != nil && !errors.As(err, &bad) {
			return nil, err
		}
		if faults, wanted := wrong[row.Line]; wanted {
			found = append(found, file.bad(row, faults))
		}
	}
	return found, nil
}

// Tally is what of a file can be taken, and what cannot.
type Tally struct {
	Good   int // orders
	Rows   int // refused
	Orders int // that these rows are, in a file with a row for each item; else 0
	Faults int // of all that is refused; one may refuse several rows
	First  table.Faults
}

// Bad says whether anything is refused.
func (t Tally) Bad() bool { return t.Rows > 0 }

// Refused tells what cannot be taken, and how many faults are to be mended for
// it: one fault refuses all rows of its order.
func (t Tally) Refused() string {
	what := pay.Counted(t.Rows, "row")
	if t.Orders > 0 {
		what = pay.Counted(t.Orders, "order") + " of " + what
	}
	return pay.Counted(t.Faults, "fault") + ", for which " + what + " cannot be taken"
}

// add counts a bad row, or an order of several. It keeps the first faults, at
// most most of all.
func (t *Tally) add(bad *BadRow, most int) {
	t.Rows += max(1, len(bad.Lines))
	if len(bad.Lines) > 0 {
		t.Orders++
	}
	t.Faults += len(bad.Faults)
	t.First = append(t.First, bad.Faults[:min(len(bad.Faults), most-len(t.First))]...)
}

// Check reads a whole file and counts what of it can be taken and what cannot; it
// keeps at most most faults. The error is one that ended the reading.
func Check(path string, options Options, most int) (Tally, error) {
	var tally Tally
	file, err := OpenFile(path, options)
	if err != nil {
		return tally, err
	}
	defer file.Close()
	for _, err := range file.Orders() {
		var row *BadRow
		switch {
		case err == nil:
			tally.Good++
		case errors.As(err, &row):
			tally.add(row, most)
		default:
			return tally, err
		}
	}
	return tally, nil
}
