// Package voucherfile writes what leaves for the shop's books: the voucher table of a
// month (전표), which accounting programs take in, and the reference for the VAT return.
// A file is a CSV or a workbook by its name, written whole or not at all (mode 0600),
// with its header in the first row and nothing above. No text in it can become a
// formula. Begin at SaveVouchers and SaveVAT.
package voucherfile

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"daesa/internal/hint"
	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reports/book"
	"daesa/settle"
)

// Encoding is how a CSV is written.
type Encoding string

// The encodings: UTF-8 with the mark that Excel needs, and the one that older Korean
// programs read.
const (
	UTF8  Encoding = "utf-8"
	CP949 Encoding = "cp949"
)

// Encodings are all of them.
var Encodings = []Encoding{UTF8, CP949}

// Options are what a file says beside its rows.
type Options struct {
	Encoding Encoding  // of a CSV; "": UTF8
	At       time.Time // of a workbook; never the clock's
	// Provisional says that the month, or one of the period, is not locked: the file
	// says 가마감.
	Provisional bool
	// Columns are titles of the neutral table in the order of the vouchers' file; none:
	// settle.VoucherColumns.
	Columns []string
	// Language is that of the VAT reference's titles: ko or en; "": ko. Those of the
	// voucher table are fixed.
	Language string
}

// Provisional is how a file says that a month is not locked.
const Provisional = "가마감"

// The columns that stand behind the configured ones where they are needed.
const (
	ColumnClosing  = "마감상태" // the month is not locked, and there is no 적요 that could say it
	ColumnCurrency = "통화"   // an entry is not in won
)

// Check says whether a file of that name can be written in that way.
func Check(path string, o Options) error {
	switch extension(path) {
	case ".csv":
	case ".xlsx":
		if o.Encoding == CP949 {
			return hint.New(path+": a workbook has no encoding", "--encoding goes with a .csv")
		}
	default:
		return hint.New(path+": the file is an .xlsx or a .csv", "give the file such a name")
	}
	if !slices.Contains(Encodings, cmp.Or(o.Encoding, UTF8)) {
		return hint.Errorf("use utf-8 or cp949", "there is no encoding %q", o.Encoding)
	}
	for _, title := range o.Columns {
		if _, ok := (settle.Entry{}).Cell(title); !ok {
			return hint.Errorf("close.vouchers.columns takes "+strings.Join(settle.VoucherColumns, ", ")+", "+settle.ColumnDebit+", "+settle.ColumnCredit, "there is no column %q", title)
		}
	}
	_, err := book.LanguageOf(o.Language)
	return err
}

func extension(path string) string { return strings.ToLower(filepath.Ext(path)) }

// SaveVouchers writes the vouchers of a month. Where one of them is not in won a column
// says in which currency each is.
func SaveVouchers(path string, month settle.Month, entries []settle.Entry, o Options) error {
	if err := Check(path, o); err != nil {
		return err
	}
	t := vouchers(month, entries, o)
	return save(path, "전표 "+string(month), o, book.Korean, t)
}

func save(path, title string, o Options, l book.Language, tables ...*table) error {
	return xlsx.Save(path, "", func(w io.Writer) error {
		if extension(path) == ".csv" {
			return tables[0].csv(w, o.Encoding)
		}
		if o.Provisional {
			title += " " + Provisional
		}
		return workbook(w, title, o.At, l, tables...)
	})
}

// shown says how a column of the neutral table looks in a workbook.
var shown = map[string]column{
	settle.ColumnDay: {width: 12, kind: asDay}, settle.ColumnVoucher: {width: 16}, settle.ColumnLine: {width: 6, kind: asCount}, settle.ColumnSide: {width: 7},
	settle.ColumnCode: {width: 10}, settle.ColumnAccount: {width: 18}, settle.ColumnPartnerCode: {width: 12}, settle.ColumnPartner: {width: 18},
	settle.ColumnAmount: {width: 16, kind: asAmount}, settle.ColumnText: {width: 36}, settle.ColumnEvidence: {width: 16}, settle.ColumnDepartment: {width: 14},
	settle.ColumnDebit: {width: 16, kind: asAmount}, settle.ColumnCredit: {width: 16, kind: asAmount},
	ColumnClosing: {width: 10}, ColumnCurrency: {width: 7},
}

// vouchers is the voucher table. Programs that take it in find their columns by title
// or place, so nothing stands above the header, and what daesa adds stands behind.
func vouchers(month settle.Month, entries []settle.Entry, o Options) *table {
	titles := slices.Clone(o.Columns)
	if len(titles) == 0 {
		titles = slices.Clone(settle.VoucherColumns)
	}
	marked := o.Provisional && slices.Contains(titles, settle.ColumnText) && len(entries) > 0
	if o.Provisional && !marked {
		titles = append(titles, ColumnClosing)
	}
	if slices.ContainsFunc(entries, func(e settle.Entry) bool { return e.Currency != pay.KRW }) {
		titles = append(titles, ColumnCurrency)
	}
	t := &table{name: "전표 " + string(month), rows: len(entries), named: func(i int) string { return fmt.Sprintf("%s line %d", entries[i].Voucher, entries[i].Line) }}
	if o.Provisional {
		t.name += " " + Provisional
	}
	for _, title := range titles {
		c := shown[title]
		c.title = title
		t.columns = append(t.columns, c)
	}
	if o.Provisional && len(entries) == 0 { // there is no row that could say it
		t.columns[slices.Index(titles, ColumnClosing)].title = Provisional
	}
	t.row = func(i int, into []string) {
		for c, title := range titles {
			switch e := entries[i]; title {
			case ColumnClosing:
				into[c] = Provisional
			case ColumnCurrency:
				into[c] = string(e.Currency)
			default:
				into[c], _ = e.Cell(title)
				if title == settle.ColumnText && marked {
					into[c] = "(" + Provisional + ") " + into[c]
				}
			}
		}
	}
	return t
}
