// Package xlsx writes workbooks: pages that are laid out cell by cell, forms that
// people fill in, and lists of any length whose rows are drawn while they are
// written. It compares a workbook that comes back with what it draws (Book.Compare),
// and writes notes beside the rows of one that somebody else made (Notes). It knows
// nothing of what a workbook is about.
//
// A workbook is drawn first and written then:
//
//	book := xlsx.New(xlsx.Properties{Title: "Stock", Creator: "shop", At: now, Font: "Arial"})
//	plain := book.Style(xlsx.Style{Size: 10})
//	page := book.Add(&xlsx.Sheet{Name: "Summary", Widths: []int{20, 10}})
//	page.Add(18, xlsx.Text(plain, "Pieces"), xlsx.Int(plain, 12))
//	book.List(xlsx.List{Name: "Rows", Columns: ..., Segments: ...})
//	err := book.Write(w)
//
// Row heights and font sizes are in points, column widths in characters of the
// workbook's font (a Korean one counts two), sizes of charts in pixels.
// Columns and rows are counted from 1. A colour is six hexadecimal digits, RRGGBB.
//
// The same drawing gives the same bytes: the parts of the file are sorted, no
// clock is read, and excelize and the compression are pinned by go.mod.
//
// # Why not excelize's StreamWriter
//
// excelize makes everything but the rows: styles, panes, tables, lists to
// choose from, links, charts, page setup. It keeps a cell that is set one by one
// in memory, so that long lists need another way. Its own is StreamWriter; this
// package writes the rows itself and puts them into the sheet's part as excelize
// writes it to the zip (File.SetZipWriter). Measured with a million rows of
// twelve columns, excelize 2.11.1, two cores:
//
//	this package                           3.0 s of CPU, 30 MB of memory
//	StreamWriter, rows and cells reused    7.1 s, 77 MB
//	StreamWriter as documented            13.4 s, 313 MB
//
// Half of StreamWriter's time is the standard library's deflate, and it holds the
// whole file in memory. Cost alone would not be reason enough; these are:
//
//   - StreamWriter loses settings without a word. The tab's colour, fit to page
//     and the dimension must be set before it, panes and widths before the first
//     row, filters, validations and charts before Flush.
//   - With several StreamWriters the order of the file's parts, and so its bytes,
//     differ from run to run.
//   - A formula set by excelize has no value, so that previews, phones and
//     Protected View show nothing. Here a formula carries the value that the
//     program itself reckoned.
//   - Text that is too long is cut in silence. Here it says so.
//
// The price is that the package leans on how excelize writes a sheet: one
// <sheetData> element, in the part sheetN.xml of the Nth sheet. Write fails where
// that is not so, and the tests read what was written with excelize.
package xlsx

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// Properties are what holds for a whole workbook.
type Properties struct {
	Title   string    // of the document
	Creator string    // the program
	At      time.Time // when it was made; never the clock's
	Font    string    // of every cell, chart and footer

	// FooterLeft and FooterRight stand below every printed page, beside its
	// number; at most sixty characters of each.
	FooterLeft, FooterRight string

	Compression int // of deflate, 1 to 9; 0: 5
	MostRows    int // of a sheet; 0: as many as the format takes
}

// Rows is how many rows a sheet of the format has.
const Rows = 1_048_576

// Book is a workbook while it is drawn.
type Book struct {
	Properties
	file   *excelize.File
	styles map[Style]StyleID
	sheets []*Sheet
	err    error
}

// New begins a workbook without sheets.
func New(p Properties) *Book {
	p.Compression, p.MostRows = cmp.Or(p.Compression, defaultCompression), cmp.Or(p.MostRows, Rows)
	return &Book{Properties: p, file: excelize.NewFile(), styles: map[Style]StyleID{}}
}

// Add puts a sheet behind the others.
func (b *Book) Add(s *Sheet) *Sheet {
	b.sheets = append(b.sheets, s)
	return s
}

// Sheets are the sheets so far, in their order.
func (b *Book) Sheets() []*Sheet { return b.sheets }

// Fail keeps the first error of the drawing: Err and Write give it.
func (b *Book) Fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

// Err is what went wrong while the workbook was drawn.
func (b *Book) Err() error { return b.err }

// Write writes the workbook. It fails where the drawing failed, on no sheet, on
// two sheets of one name, and with the first error of w. A book is written once.
func (b *Book) Write(w io.Writer) error {
	if b.err != nil {
		return b.err
	}
	if err := b.checkNames(); err != nil {
		return err
	}
	rows := map[string]writeRows{}
	for i, s := range b.sheets {
		if err := b.open(i, s.Name); err != nil {
			return err
		}
		if err := s.layout(b); err != nil {
			return fmt.Errorf("sheet %s: %w", s.Name, err)
		}
		rows[fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1)] = s.writeRows
	}
	b.file.SetActiveSheet(0)
	if err := b.file.SetAppProps(&excelize.AppProperties{Application: b.Creator}); err != nil {
		return err
	}
	b.file.SetZipWriter(func(io.Writer) excelize.ZipWriter {
		p := newParts(w, rows)
		p.level, p.instead = b.Compression, map[string][]byte{coreProperties: b.properties()}
		return p
	})
	return errors.Join(b.file.Write(io.Discard), b.file.Close())
}

func (b *Book) checkNames() error {
	if len(b.sheets) == 0 {
		return errors.New("the workbook has no sheet")
	}
	names := map[string]bool{}
	for _, s := range b.sheets {
		name := strings.ToLower(s.Name) // to Excel they are the same
		if names[name] {
			return fmt.Errorf("two sheets have the name %q", s.Name)
		}
		names[name] = true
	}
	return nil
}

// open makes the i-th sheet; the first is there from the beginning.
func (b *Book) open(i int, name string) error {
	if i == 0 {
		return b.file.SetSheetName("Sheet1", name)
	}
	_, err := b.file.NewSheet(name)
	return err
}

// properties are the document's. excelize writes the same without a prefix, and
// exceljs, which looks for cp:coreProperties, opens no such workbook.
func (b *Book) properties() []byte {
	at := b.At.UTC().Format(time.RFC3339)
	moment := func(name string) string {
		return "<dcterms:" + name + ` xsi:type="dcterms:W3CDTF">` + at + "</dcterms:" + name + ">"
	}
	creator := xmlEscapes.Replace(Clean(b.Creator))
	return []byte(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n" +
		`<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"` +
		` xmlns:dcterms="http://purl.org/dc/terms/" xmlns:dcmitype="http://purl.org/dc/dcmitype/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` +
		"<dc:title>" + xmlEscapes.Replace(Clean(b.Title)) + "</dc:title><dc:creator>" + creator + "</dc:creator><cp:lastModifiedBy>" + creator + "</cp:lastModifiedBy>" +
		moment("created") + moment("modified") + "</cp:coreProperties>")
}

// footer stands below every printed page.
func (b *Book) footer() *excelize.HeaderFooterOptions {
	small := `&"` + b.Font + `,Regular"&8`
	return &excelize.HeaderFooterOptions{OddFooter: "&L" + small + escapeFooter(b.FooterLeft) + "&C" + small + "&P / &N" +
		"&R" + small + escapeFooter(b.FooterRight)}
}

func escapeFooter(text string) string {
	const most = 60
	text = Clean(text)
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most])
	}
	return strings.ReplaceAll(text, "&", "&&")
}
