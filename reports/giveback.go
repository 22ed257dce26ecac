package reports

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"daesa/internal/table"
	"daesa/internal/xlsx"
	"daesa/refunds"
)

// GiveBack is a refund file that goes back to the people who made it, as it was,
// with what daesa says in a last column beside each row.
type GiveBack struct {
	Source   string // the file
	Layout   *table.Layout
	Password string // of an encrypted file; what is given back opens with it, too
	Language string
	Plan     bool // nothing was imported
	Remarks  []Remark
}

// Remark is what is said of one row.
type Remark struct {
	Line     int
	Refused  []Refusal // empty: nothing speaks against it
	Known    bool      // it was asked for before
	State    refunds.State
	CancelBy time.Time // zero: none
	Warning  refunds.Said
	Total    bool // it is the total, which ties
}

// Refusal is what speaks against a row.
type Refusal struct {
	Column string // as its title stands in the file; "" for the row as a whole
	Why    refunds.Said
}

// SaveBack writes the file with its remarks as a workbook, whole or not at all
// (mode 0600, since it has what the file has). A workbook (.xlsx) keeps its other
// sheets, styles and widths; of any other file its rows are given back as texts.
func SaveBack(path string, g GiveBack) error {
	err := xlsx.Save(path, g.Password, func(w io.Writer) error {
		if g.Layout.About().Container == "xlsx" {
			return g.workbook(w)
		}
		return g.table(w)
	})
	if err != nil {
		return fmt.Errorf("%s, given back as %s: %w", g.Source, path, err)
	}
	return nil
}

func (g *GiveBack) lang() language {
	if g.Language == string(english) {
		return english
	}
	return korean
}

// remarkBook writes the remarks into a sheet.
type remarkBook struct {
	*GiveBack
	file           *excelize.File
	sheet          string
	column         string // its letters
	fine, bad, odd int    // styles
}

// remarkWidth is the width of the column of remarks, in characters.
const remarkWidth = 70

func (b *remarkBook) styles() error {
	var errs []error
	style := func(color, fill string) int {
		id, err := b.file.NewStyle(plain.With(func(s *style) { s.Color, s.Fill, s.Wrap, s.Top, s.Box = color, fill, true, true, hair }).Excelize(font))
		errs = append(errs, err)
		return id
	}
	b.fine, b.bad, b.odd = style(green, ""), style(red, rose), style(amber, cream)
	return errors.Join(errs...)
}

// put writes one remark into a row.
func (b *remarkBook) put(line int, r Remark) error {
	cell := fmt.Sprintf("%s%d", b.column, line)
	style := b.fine
	switch {
	case len(r.Refused) > 0:
		style = b.bad
	case r.Known, r.Warning != refunds.Said{}, r.State == refunds.ExpiredState, r.State == refunds.NeedsAccount:
		style = b.odd
	}
	return errors.Join(b.file.SetCellStr(b.sheet, cell, xlsx.Clean(b.text(r))), b.file.SetCellStyle(b.sheet, cell, cell, style))
}

func (b *remarkBook) clear(line int) error {
	cell := fmt.Sprintf("%s%d", b.column, line)
	return errors.Join(b.file.SetCellValue(b.sheet, cell, nil), b.file.SetCellStyle(b.sheet, cell, cell, 0))
}

// head writes the column's title, in the look of the title before it.
func (b *remarkBook) head(line int, like string) error {
	cell := fmt.Sprintf("%s%d", b.column, line)
	style := 0
	var err error
	if like != "" {
		style, err = b.file.GetCellStyle(b.sheet, fmt.Sprintf("%s%d", like, line))
	}
	return errors.Join(err, b.file.SetCellStr(b.sheet, cell, refunds.ResultTitles[refunds.Language(b.lang())]),
		b.file.SetCellStyle(b.sheet, cell, cell, style), b.file.SetColWidth(b.sheet, b.column, b.column, remarkWidth))
}

// largestPart is what excelize may hold of a workbook's part in memory; our own
// reader has bounded it before.
const largestPart = 1 << 30

// workbook writes into a copy of the workbook: all else stays as it was.
func (g *GiveBack) workbook(w io.Writer) error {
	file, err := excelize.OpenFile(g.Source, excelize.Options{Password: g.Password, UnzipXMLSizeLimit: largestPart, UnzipSizeLimit: 16 * largestPart})
	if err != nil {
		return err
	}
	defer file.Close()
	about := g.Layout.About()
	b := &remarkBook{GiveBack: g, file: file, sheet: about.Sheet}
	lines, widest, err := g.extent()
	if err != nil {
		return err
	}
	header := g.Layout.Header()
	at := slices.IndexFunc(header, isResult)
	said := at >= 0
	if !said {
		at = widest
	}
	b.column = xlsx.ColumnName(at + 1)
	for _, line := range lines {
		if said { // what was said before is said anew
			if err := b.clear(line); err != nil {
				return err
			}
		}
	}
	like := ""
	if last := len(header); last > 0 {
		like = xlsx.ColumnName(last)
	}
	if err := errors.Join(b.styles(), b.head(about.HeaderRow, like)); err != nil {
		return err
	}
	for _, r := range g.Remarks {
		if err := b.put(r.Line, r); err != nil {
			return err
		}
	}
	return file.Write(w, excelize.Options{Password: ""})
}

// isResult is the title of a column of remarks that was given back before.
func isResult(title string) bool {
	return title == refunds.ResultTitles[refunds.Korean] || title == refunds.ResultTitles[refunds.English]
}

// open reads the file again, as it stands.
func (g *GiveBack) open(headerAt int) (*table.Reader, error) {
	about := g.Layout.About()
	sheet := about.Sheet
	return table.Open(g.Source, table.Options{Sheet: sheet, Password: g.Password, HeaderAt: headerAt, Columns: map[string]string{}})
}

// extent is which rows stand below the header, and how many columns they have.
func (g *GiveBack) extent() (lines []int, widest int, err error) {
	reader, err := g.open(g.Layout.About().HeaderRow)
	if err != nil {
		return nil, 0, err
	}
	defer reader.Close()
	widest = len(reader.Header())
	for row, err := range reader.Rows() {
		var fault *table.Fault
		if err != nil && !errors.As(err, &fault) {
			return nil, 0, err
		}
		lines, widest = append(lines, row.Line), max(widest, len(row.Raw()))
	}
	return lines, widest, nil
}

// table writes the rows of a file that is no .xlsx, from its first one on, all as
// texts.
func (g *GiveBack) table(w io.Writer) error {
	reader, err := g.open(0)
	if err != nil {
		return err
	}
	defer reader.Close()
	_, widest, err := g.extent()
	if err != nil {
		return err
	}
	file := excelize.NewFile()
	defer file.Close()
	b := &remarkBook{GiveBack: g, file: file, sheet: "Sheet1", column: xlsx.ColumnName(widest + 1)}
	if at := slices.IndexFunc(g.Layout.Header(), isResult); at >= 0 {
		b.column = xlsx.ColumnName(at + 1)
	}
	if err := b.styles(); err != nil {
		return err
	}
	remarks := map[int]Remark{}
	for _, r := range g.Remarks {
		remarks[r.Line] = r
	}
	at := 0
	line := func(number int, cells []string) error {
		at++
		for i, text := range cells {
			if text != "" {
				if err := file.SetCellStr(b.sheet, fmt.Sprintf("%s%d", xlsx.ColumnName(i+1), at), xlsx.Clean(text)); err != nil {
					return err
				}
			}
		}
		if number == g.Layout.About().HeaderRow {
			return b.head(at, "")
		}
		if r, has := remarks[number]; has {
			return b.put(at, r)
		}
		return nil
	}
	if err := line(reader.About().HeaderRow, reader.Header()); err != nil {
		return err
	}
	for row, err := range reader.Rows() {
		var fault *table.Fault
		if err != nil && !errors.As(err, &fault) {
			return err
		}
		if err := line(row.Line, row.Raw()); err != nil {
			return err
		}
	}
	return file.Write(w)
}

// text is what is said of a row.
func (g *GiveBack) text(r Remark) string {
	l := g.lang()
	if len(r.Refused) > 0 {
		lines := make([]string, len(r.Refused))
		for i, each := range r.Refused {
			lines[i] = each.Why.In(refunds.Language(l))
			if each.Column != "" {
				lines[i] = each.Column + ": " + lines[i]
			}
		}
		return l.of(label{"제외 · ", "Not taken · "}) + strings.Join(lines, " / ")
	}
	if r.Total {
		return l.of(label{"합계 일치", "The total ties"})
	}
	begin := label{"요청 등록", "Asked for"}
	switch {
	case r.Known:
		begin = label{"이미 요청됨", "Asked for before"}
	case g.Plan:
		begin = label{"요청 가능", "Would be asked for"}
	}
	parts := []string{l.of(begin), lookUp(l, stateLabels, r.State)}
	if !r.CancelBy.IsZero() {
		parts = append(parts, l.of(label{"취소기한 ", "until "})+l.moment(r.CancelBy))
	}
	if warning := r.Warning.In(refunds.Language(l)); warning != "" {
		parts = append(parts, warning)
	}
	return strings.Join(parts, " · ")
}
