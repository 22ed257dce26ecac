// Package settlefile reads what 상점관리자 of Toss gives as a file of settlement
// rows (정산내역 > 건별), as it is: Excel, CSV, or an HTML table that is called
// .xls. Begin at Read; Name then finds the keys of rows that have none among the
// transactions that are known. It is pure but for reading the file: whose the
// transactions are, and what becomes of the rows, is its caller's.
//
// Columns are found by their titles, and nothing is guessed: what cannot be told
// for sure is refused with its file, line, column and value.
package settlefile

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"daesa/internal/table"
	"daesa/pay"
)

const (
	// mostRows bounds a file; sums of so many amounts always fit.
	mostRows = 1_000_000
	// headerWithin is in how many rows the header is looked for.
	headerWithin = 30
)

// advice is which download is meant.
const advice = "download it in 상점관리자: 정산내역 > 건별, for the days by 매출일 or 정산액 입금일, as Excel; 요약, 일자별 and 결제수단별 are sums, of which no row can be told"

// Options say how a file is read.
type Options struct {
	Sheet      string
	Password   string // of an encrypted workbook
	DefaultMID string // of rows in a file without 상점아이디; "": the column is needed
	// Merchant gives the merchant of an MID as the file writes it; false: it is none of
	// the configuration's.
	Merchant func(mid string) (string, bool)
}

// Row is a row of the download. Its keys may be empty until Name finds them.
type Row struct {
	pay.Settlement
	TID   string // as the file has it: Toss does not say which of the two keys it is
	Line  int
	day   pay.Day // of the sale, or of the cancel; "" where the file does not say
	cells []string
}

// Cancel says whether the row takes money back.
func (r Row) Cancel() bool { return r.Amount < 0 }

// Refused is a row that cannot be taken.
type Refused struct {
	Line   int
	Cells  []string // as they stand; nil: they do not fit the header
	Faults table.Faults
}

// File is a download that was read to its end.
type File struct {
	Path    string
	SHA256  string
	Rows    []Row
	Refused []Refused
	// From, To and By are the period that the file states, and of which day; "" where
	// it states none, or shows only a part of it.
	From, To pay.Day
	By       pay.SettledBy
	Partial  string   // by what the download was narrowed, as the file says it; "": by nothing
	Reckoned bool     // the file has no 공급가액 and 부가세: they were reckoned of the fee
	Unknown  []string // titles that mean nothing to daesa
	Unread   []string // other sheets that people see
	Page     []byte   // the columns that are read, as CSV: what is personal is not in it
	layout   *table.Layout
}

// Layout is where the columns of the file stand.
func (f *File) Layout() *table.Layout { return f.layout }

// Faults are those of all refused rows, in their order.
func (f *File) Faults() table.Faults {
	var all table.Faults
	for _, refused := range f.Refused {
		all = append(all, refused.Faults...)
	}
	return all
}

// Read reads a file whole. Rows that cannot be taken are in File.Refused. The error
// is a *table.FileError, or one of the file system.
func Read(path string, o Options) (*File, error) {
	before, err := digest(path)
	if err != nil {
		return nil, err
	}
	reader, err := table.Open(path, tableOptions(o))
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	_, head, err := table.Head(path, table.Options{Limits: table.Limits{Rows: mostRows}, Sheet: o.Sheet, Password: o.Password}, headerWithin)
	if err != nil {
		return nil, err
	}
	if missing := lacking(reader.Has, o); len(missing) > 0 {
		return nil, notByRow(reader, head, missing)
	}
	if hidden := reader.Hidden(); len(hidden) > 0 {
		return nil, reader.Refuse(0, "Excel hides the columns "+strings.Join(hidden, ", "), "show them, or download the file again")
	}
	f := &File{Path: path, SHA256: before, Unread: reader.About().Unread, layout: &reader.Layout, Reckoned: !reader.Has(colSupply) && !reader.Has(colVAT)}
	known := columns()
	for _, title := range unread {
		known = append(known, strings.ToLower(title))
	}
	f.Unknown = reader.Unknown(known...)
	f.From, f.To, f.By, f.Partial = prefaceOf(head, reader.About().HeaderRow)
	if err := f.readRows(reader, o); err != nil {
		return nil, err
	}
	after, err := digest(path)
	if err == nil && after != before {
		err = &table.FileError{File: path, Reason: "was changed while it was read", Advice: "wait until the download is complete"}
	}
	return f, err
}

// notByRow refuses another view of 정산내역, or no view at all.
func notByRow(reader *table.Reader, head []table.HeadRow, missing []string) error {
	for _, row := range head {
		for _, cell := range row.Cells {
			title := table.Title(cell)
			if strings.HasSuffix(title, "건수") || strings.Contains(title, "정산한도") || strings.HasPrefix(title, "미입금정산액") {
				return reader.Refuse(row.Line, "is a view of sums (요약, 일자별 or 결제수단별), and not 건별: it has a column "+strings.TrimSpace(cell), advice)
			}
		}
	}
	return reader.Refuse(0, "the header lacks "+strings.Join(missing, ", "), advice)
}

func (f *File) readRows(reader *table.Reader, o Options) error {
	page := newPage(reader)
	for row, err := range reader.Rows() {
		var fault *table.Fault
		switch {
		case errors.As(err, &fault):
			f.Refused = append(f.Refused, Refused{Line: fault.Line, Faults: table.Faults{fault}})
			continue
		case err != nil:
			return err
		case isTotal(row):
			continue
		}
		page.add(row)
		d := &decoder{row: row, options: o, reckon: f.Reckoned}
		read := d.decode()
		if len(d.faults) > 0 {
			f.Refused = append(f.Refused, Refused{Line: row.Line, Cells: slices.Clone(row.Raw()), Faults: d.faults})
			continue
		}
		read.cells = slices.Clone(row.Raw())
		f.Rows = append(f.Rows, read)
	}
	f.Page = page.bytes()
	return nil
}

// isTotal says whether a row sums up the others.
func isTotal(row table.Row) bool {
	first := table.Title(row.First())
	return first == "합계" || first == "총계" || first == "소계"
}

// page writes the columns that are read, and no others: a buyer's name is in none.
type page struct {
	buffer bytes.Buffer
	writer *csv.Writer
	places []int
	titles []string
}

func newPage(reader *table.Reader) *page {
	p := &page{}
	p.writer = csv.NewWriter(&p.buffer)
	for i, title := range reader.Header() {
		for _, column := range columns() {
			if reader.Place(column) == i {
				p.places, p.titles = append(p.places, i), append(p.titles, title)
			}
		}
	}
	_ = p.writer.Write(p.titles) // into memory
	return p
}

func (p *page) add(row table.Row) {
	cells := make([]string, len(p.places))
	for i, place := range p.places {
		cells[i] = row.Cell(place)
	}
	_ = p.writer.Write(cells) // into memory
}

func (p *page) bytes() []byte {
	p.writer.Flush()
	return p.buffer.Bytes()
}

// Evidence is the file as it is kept.
func (f *File) Evidence(now time.Time) pay.Evidence {
	return pay.Evidence{API: "settlement_file", About: "sha256 " + f.SHA256, Body: f.Page, FetchedAt: now}
}

func digest(path string) (string, error) {
	file, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return "", err // opening it as a table says what it is
	}
	_, err = io.Copy(sum, file)
	return hex.EncodeToString(sum.Sum(nil)), err
}
