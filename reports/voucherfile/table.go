package voucherfile

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/transform"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reports/book"
)

// kind says how a workbook shows the texts of a column.
type kind uint8

const (
	asText   kind = iota
	asAmount      // a plain decimal
	asCount
	asDay // YYYY-MM-DD
)

// column is one column of a table.
type column struct {
	title string
	width int
	kind  kind
}

// table is a list with a header in its first row and nothing above, since that is
// what programs read. The texts of a row are drawn when they are asked for.
type table struct {
	name    string // of the sheet
	columns []column
	rows    int
	row     func(i int, into []string)
	named   func(i int) string // how a row is called where something is wrong with it
}

// inert are the texts of a row as they may stand in a file: no program reckons them.
func (t *table) inert(i int, into []string) {
	t.row(i, into)
	for c := range into {
		if t.columns[c].kind == asText {
			into[c] = xlsx.Inert(xlsx.Clean(into[c]))
		}
	}
}

// titles are the header's.
func (t *table) titles() []string {
	titles := make([]string, len(t.columns))
	for i, c := range t.columns {
		titles[i] = xlsx.Inert(xlsx.Clean(c.title))
	}
	return titles
}

// csv writes the table with line ends of Windows, as spreadsheets do.
func (t *table) csv(w io.Writer, encoding Encoding) error {
	if encoding == CP949 {
		if err := t.fits(); err != nil {
			return err
		}
		encoded := transform.NewWriter(w, korean.EUCKR.NewEncoder())
		if err := t.records(encoded); err != nil {
			return err
		}
		return encoded.Close()
	}
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return err
	}
	return t.records(w)
}

func (t *table) records(w io.Writer) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	err := out.Write(t.titles())
	record := make([]string, len(t.columns))
	for i := 0; i < t.rows && err == nil; i++ {
		t.inert(i, record)
		err = out.Write(record)
	}
	out.Flush()
	if err != nil {
		return err
	}
	return out.Error()
}

// fits says which texts CP949 cannot hold.
func (t *table) fits() error {
	refused := &UnwritableError{}
	look := func(where, text string) {
		for _, r := range text {
			if r < 0x80 {
				continue
			}
			if _, err := korean.EUCKR.NewEncoder().String(string(r)); err != nil {
				refused.add(where, text, r)
				return
			}
		}
	}
	record := t.titles()
	for i, title := range record {
		look(fmt.Sprintf("title %d", i+1), title)
	}
	for i := range t.rows {
		t.inert(i, record)
		for c, text := range record {
			look(t.columns[c].title+" of "+t.named(i), text)
		}
	}
	if len(refused.Texts) == 0 {
		return nil
	}
	return refused
}

// mostNamed is how many texts an UnwritableError names.
const mostNamed = 5

// UnwritableError: some texts have characters that CP949 does not have. Nothing was
// written.
type UnwritableError struct {
	Texts []Unwritable // the first ones
	More  int          // how many more there are
}

// Unwritable is one text that CP949 cannot hold.
type Unwritable struct {
	Where, Text string
	Char        rune // the first that is not in it
}

func (e *UnwritableError) add(where, text string, char rune) {
	if len(e.Texts) < mostNamed {
		e.Texts = append(e.Texts, Unwritable{where, text, char})
		return
	}
	e.More++
}

// Error names the texts.
func (e *UnwritableError) Error() string {
	var list []string
	for _, u := range e.Texts {
		list = append(list, fmt.Sprintf("%s is %q, and %q (U+%04X) is not in CP949", u.Where, u.Text, u.Char, u.Char))
	}
	if e.More > 0 {
		list = append(list, fmt.Sprintf("and %s more", pay.Counted(e.More, "text")))
	}
	return "nothing was written: " + strings.Join(list, "; ")
}

// Hint says what to do.
func (e *UnwritableError) Hint() string {
	return "--encoding utf-8 holds every text, as does an .xlsx; a name of close.vouchers can be written otherwise"
}

// workbook draws tables as sheets, each with its header in the first row.
func workbook(w io.Writer, title string, at time.Time, l book.Language, tables ...*table) error {
	b := book.NewBook(l, book.About{Title: title, At: at})
	text := b.Style(book.RowStyle)
	head := func(align string) xlsx.StyleID {
		return b.Styled(func(s *book.Style) {
			s.Bold, s.Color, s.Fill, s.Below, s.Align = true, book.Navy, book.Head, book.Navy, align
		})
	}
	number := func(format string) xlsx.StyleID {
		return b.Style(book.RowStyle.With(func(s *book.Style) { s.Align, s.Format = "right", format }))
	}
	day := b.Style(book.RowStyle.With(func(s *book.Style) { s.Align, s.Format = "center", "yyyy-mm-dd" }))
	whole, cents := number("#,##0"), number("#,##0.00")
	for _, t := range tables {
		l := xlsx.List{Name: t.name, HeaderHeight: 22}
		for _, c := range t.columns {
			align := "left"
			if c.kind == asAmount || c.kind == asCount {
				align = "right"
			}
			l.Columns = append(l.Columns, xlsx.Column{Title: xlsx.Text(head(align), c.title), Width: c.width, Texts: c.kind == asText})
		}
		texts := make([]string, len(t.columns))
		l.Segments = []xlsx.Segment{{To: t.rows, Height: 17, Fill: func(i int, cells []xlsx.Cell) {
			t.row(i, texts)
			for c, value := range texts {
				cells[c] = cellOf(t.columns[c].kind, value, text, day, whole, cents)
			}
		}}}
		b.List(l)
	}
	return b.Write(w)
}

// cellOf is a text of a column as a workbook's cell.
func cellOf(k kind, value string, text, day, whole, cents xlsx.StyleID) xlsx.Cell {
	switch {
	case value == "" || k == asText:
		return xlsx.Text(text, value)
	case k == asDay:
		return xlsx.Date(day, pay.Day(value).Start())
	case strings.Contains(value, "."):
		return xlsx.Decimal(cents, value)
	default:
		return xlsx.Decimal(whole, value)
	}
}
