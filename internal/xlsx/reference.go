package xlsx

import (
	"strconv"
	"strings"
)

// columnName is A for 1, AA for 27.
func columnName(column int) string {
	if column <= 26 {
		return string(rune('A' + column - 1))
	}
	return columnName((column-1)/26) + string(rune('A'+(column-1)%26))
}

// At is the reference of a cell in formulas of its own sheet: At(2, 3) is B3.
func At(column, row int) string { return columnName(column) + strconv.Itoa(row) }

// Span is the reference of cells side by side or below one another in formulas
// of their own sheet: A1:B3.
func Span(column, row, lastColumn, lastRow int) string {
	return At(column, row) + ":" + At(lastColumn, lastRow)
}

// On is the reference of a cell that another sheet may use: 'Stock'!$B$3.
func On(sheet string, column, row int) string { return quoted(sheet) + "!" + fixed(column, row) }

// Top is the beginning of a sheet, for links.
func Top(sheet string) string { return quoted(sheet) + "!A1" }

// quoted is a sheet's name as a formula writes it.
func quoted(name string) string { return "'" + strings.ReplaceAll(name, "'", "''") + "'" }

func fixed(column, row int) string { return "$" + columnName(column) + "$" + strconv.Itoa(row) }

// Area is the rows of a sheet from First to Last; it is empty where Last is
// before First, and where it is zero.
type Area struct {
	Sheet       string
	First, Last int
}

// Len is how many rows it has.
func (a Area) Len() int {
	if a.First < 1 {
		return 0
	}
	return max(a.Last-a.First+1, 0)
}

// Empty says whether it has none.
func (a Area) Empty() bool { return a.Len() == 0 }

// Column is the reference of the rows' cells in a column, for formulas on any
// sheet: 'Stock'!$B$3:$B$9.
func (a Area) Column(column int) string {
	return On(a.Sheet, column, a.First) + ":" + fixed(column, a.Last)
}

// Inside is the same for formulas on the sheet of the rows: B3:B9.
func (a Area) Inside(column int) string { return Span(column, a.First, column, a.Last) }

// Link is the place of a row, for links.
func (a Area) Link(row int) string { return quoted(a.Sheet) + "!" + At(1, row) }
