package reports

import (
	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reports/book"
)

// nothing is the one row of an empty list. It says "none" only where everything was
// read.
func nothing[D any](b *nightBook, none book.Label) book.Segment[D] {
	switch {
	case b.night.nothingRead():
		return book.Alone[D](b.Book, book.Red, b.Say("조회된 자료 없음", "Nothing was read this night"))
	case !b.night.complete():
		return book.Alone[D](b.Book, book.Amber, b.Say("조회 범위 내 해당 없음 (일부 미조회)", "None in what could be read (this night is incomplete)"))
	default:
		return book.Alone[D](b.Book, book.Green, b.Lang.Of(none))
	}
}

// drawList draws a list of one segment, a row for each of rows; tag is the style
// of the cell that says how a row stands, and none is said where there is no row.
func drawList[R any](b *nightBook, l book.Listing[*book.Line[*nightBook, R]], p book.Palette, rows []*R, amount func(r *R) (pay.Currency, int64), tag func(r *R) xlsx.StyleID, none book.Label) []xlsx.Area {
	l.Segments = []book.Segment[*book.Line[*nightBook, R]]{book.Lines(b, p, rows, l.Height, tag)}
	if len(rows) == 0 {
		l.Segments[0] = nothing[*book.Line[*nightBook, R]](b, none)
	}
	l.Columns, l.Rows = book.Shown(b.Book, l.Columns), len(rows)
	l.Sums = book.Amounts(func(i int) (pay.Currency, int64) { return amount(rows[i]) })
	return book.Place(b.Book, l)
}
