// Package refundfile draws the files in which people ask for refunds: an empty one
// that goes out, and a filled one that goes back to them with a remark beside each
// row. It knows what a row can be told, but reads no request and asks nobody: what
// is said of a row is app's. Begin at SaveBack; SaveForm draws the empty file.
package refundfile

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"daesa/internal/table"
	"daesa/internal/xlsx"
	"daesa/refunds"
	"daesa/reports/book"
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
		rows, err := g.rows()
		if err != nil {
			return err
		}
		if g.Layout.About().Container == "xlsx" {
			return g.notes(rows).Into(w, g.Source, g.Password)
		}
		return g.notes(rows).Over(w, rows.texts)
	})
	if err != nil {
		return fmt.Errorf("%s, given back as %s: %w", g.Source, path, err)
	}
	return nil
}

func (g *GiveBack) lang() book.Language {
	if g.Language == string(book.English) {
		return book.English
	}
	return book.Korean
}

// rowsBack is where the rows of a file stand in what is given back.
type rowsBack struct {
	header int
	row    map[int]int // by the file's line
	widest int         // columns
	texts  [][]string  // of a file that is no workbook
}

// rows reads the file again, as it stands. A workbook keeps its places; the rows
// of any other file follow one another.
func (g *GiveBack) rows() (rowsBack, error) {
	about := g.Layout.About()
	workbook := about.Container == "xlsx"
	options := table.Options{Sheet: about.Sheet, Password: g.Password, Columns: map[string]string{}}
	if workbook {
		options.HeaderAt = about.HeaderRow
	}
	reader, err := table.Open(g.Source, options)
	if err != nil {
		return rowsBack{}, err
	}
	defer reader.Close()
	back := rowsBack{row: map[int]int{}}
	add := func(line int, cells []string) {
		at := line
		if !workbook {
			back.texts = append(back.texts, cells)
			at = len(back.texts)
		}
		back.row[line] = at
		if line == about.HeaderRow {
			back.header = at
		}
		if line >= about.HeaderRow {
			back.widest = max(back.widest, len(cells))
		}
	}
	add(reader.About().HeaderRow, reader.Header())
	for row, err := range reader.Rows() {
		var fault *table.Fault
		if err != nil && !errors.As(err, &fault) {
			return rowsBack{}, err
		}
		add(row.Line, row.Raw())
	}
	return back, nil
}

// remarkWidth is the width of the column of remarks, in characters. A longer one
// is wrapped, and makes its row higher.
const remarkWidth = 70

// notes are the remarks in their places.
func (g *GiveBack) notes(rows rowsBack) xlsx.Notes {
	header := g.Layout.Header()
	n := xlsx.Notes{Sheet: cmp.Or(g.Layout.About().Sheet, "Sheet1"), Column: rows.widest + 1, Width: remarkWidth, Header: rows.header, Like: len(header), Font: book.Font,
		Title: refunds.ResultTitles[refunds.Language(g.lang())]}
	if g.Layout.About().Container != "xlsx" {
		n.Like = 0
	}
	if at := slices.IndexFunc(header, isResult); at >= 0 { // what was said before is said anew
		n.Column = at + 1
		for line, row := range rows.row {
			if line > g.Layout.About().HeaderRow {
				n.Clear = append(n.Clear, row)
			}
		}
	}
	for _, r := range g.Remarks {
		if row, stands := rows.row[r.Line]; stands {
			n.Rows = append(n.Rows, xlsx.Note{Row: row, Text: g.text(r), Style: r.style()})
		}
	}
	return n
}

// isResult is the title of a column of remarks that was given back before.
func isResult(title string) bool {
	return title == refunds.ResultTitles[refunds.Korean] || title == refunds.ResultTitles[refunds.English]
}

// style: red is not taken, amber is something to look at.
func (r Remark) style() book.Style {
	color, fill := book.Green, ""
	switch {
	case len(r.Refused) > 0:
		color, fill = book.Red, book.Rose
	case r.Known, r.Warning != refunds.Said{}, r.State == refunds.StateExpired, r.State == refunds.StateNeedsAccount:
		color, fill = book.Amber, book.Cream
	}
	return book.Plain.With(func(s *book.Style) { s.Color, s.Fill, s.Box, s.Wrap = color, fill, book.Hair, true })
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
		return l.Of(book.Label{"제외 · ", "Not taken · "}) + strings.Join(lines, " / ")
	}
	if r.Total {
		return l.Of(book.Label{"합계 일치", "The total ties"})
	}
	begin := book.Label{"요청 등록", "Asked for"}
	switch {
	case r.Known:
		begin = book.Label{"이미 요청됨", "Asked for before"}
	case g.Plan:
		begin = book.Label{"문제 없음 · 아직 요청되지 않음", "Nothing speaks against it · not asked for yet"}
	}
	parts := []string{l.Of(begin)}
	if r.Known || !g.Plan || r.State != refunds.StateRequested { // nothing waits for an approval that was not asked for
		parts = append(parts, book.LookUp(l, book.StateLabels, r.State))
	}
	if !r.CancelBy.IsZero() {
		parts = append(parts, l.Of(book.Label{"취소기한 ", "until "})+l.Moment(r.CancelBy))
	}
	if warning := r.Warning.In(refunds.Language(l)); warning != "" {
		parts = append(parts, warning)
	}
	return strings.Join(parts, " · ")
}
