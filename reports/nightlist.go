package reports

import (
	"daesa/internal/xlsx"
	"daesa/pay"
)

// nothing is the one row of an empty list. It says "none" only where everything was
// read.
func nothing[D any](b *nightBook, none label) segment[D] {
	switch {
	case b.night.nothingRead():
		return alone[D](b.book, red, b.say("조회된 자료 없음", "Nothing was read this night"))
	case !b.night.complete():
		return alone[D](b.book, amber, b.say("조회 범위 내 해당 없음 (일부 미조회)", "None in what could be read (this night is incomplete)"))
	default:
		return alone[D](b.book, green, b.lang.of(none))
	}
}

// drawList draws a list of one segment, a row for each of rows; tag is the style
// of the cell that says how a row stands, and none is said where there is no row.
func drawList[R any](b *nightBook, l listing[*line[*nightBook, R]], p palette, rows []R, amount func(r *R) (pay.Currency, int64), tag func(r *R) xlsx.StyleID, none label) []xlsx.Area {
	type drawn = *line[*nightBook, R]
	one := &line[*nightBook, R]{palette: p, book: b}
	l.segments = []segment[drawn]{{to: len(rows), height: max(l.height, listRow), row: func(i int, _ []xlsx.Cell) drawn {
		one.row, one.tag = &rows[i], tag(&rows[i])
		return one
	}}}
	if len(rows) == 0 {
		l.segments[0] = nothing[drawn](b, none)
	}
	l.columns, l.rows = shown(b.book, l.columns), len(rows)
	l.sums = amounts(func(i int) (pay.Currency, int64) { return amount(&rows[i]) })
	return place(b.book, l)
}
