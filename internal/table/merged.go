package table

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
)

// Range is a block of cells: first and last lines from 1, columns from 0.
type Range struct{ FirstLine, LastLine, FirstColumn, LastColumn int }

// mostMerged bounds what is kept of a sheet's merged cells.
const mostMerged = 100_000

// blockOf reads a reference such as B2:B3.
func blockOf(ref string) (Range, bool) {
	first, last, _ := strings.Cut(ref, ":")
	fromColumn, fromLine, ok := splitRef(first)
	toColumn, toLine, also := splitRef(last)
	return Range{fromLine, toLine, fromColumn, toColumn}, ok && also
}

// covers says whether a cell of the block lies under its first one, which alone
// is shown.
func (r Range) covers(line, column int) bool {
	return line >= r.FirstLine && line <= r.LastLine && column >= r.FirstColumn && column <= r.LastColumn &&
		(line > r.FirstLine || column > r.FirstColumn)
}

// merger is a source that knows, at its end, which cells are merged.
type merger interface{ merges() []Range }

// Filled are the places of the header's columns in which the row holds something.
func (r Row) Filled() []int {
	var filled []int
	for i, title := range r.table.header {
		if title != "" && i < len(r.cells) && r.cells[i] != (cell{}) {
			filled = append(filled, i)
		}
	}
	return filled
}

// Covered names those of a row's filled columns (Row.Filled) that nobody sees,
// since a merged cell lies over them, each as people point at it: B (amount). It
// is known once all rows were read.
func (r *Reader) Covered(line int, filled []int) []string {
	source, may := r.source.(merger)
	if !may {
		return nil
	}
	var covered []string
	for _, i := range filled {
		if slices.ContainsFunc(source.merges(), func(block Range) bool { return block.covers(line, i) }) {
			covered = append(covered, fmt.Sprintf("%s (%s)", r.place(i), clip(r.header[i])))
		}
	}
	return covered
}

// Merged gives the merged cells of a sheet that span several rows: only the
// first of each holds a value. Ranges that cannot be read are left out.
func (b *Book) Merged(sheet string) ([]Range, error) {
	var ranges []Range
	for _, entry := range b.book.sheets {
		if entry.name != sheet {
			continue
		}
		part, err := b.book.cellsOf(entry)
		if err != nil {
			return nil, &FileError{File: b.name, Reason: "sheet " + clip(sheet) + ": " + err.Error(), Advice: adviceBook}
		}
		err = b.book.each(part.Name, func(token xml.Token) error {
			element, ok := token.(xml.StartElement)
			if !ok || element.Name.Local != "mergeCell" {
				return nil
			}
			if block, ok := blockOf(attribute(element, "ref")); ok && block.LastLine > block.FirstLine {
				ranges = append(ranges, block)
			}
			return nil
		})
		if err != nil {
			return nil, &FileError{File: b.name, Reason: "sheet " + clip(sheet) + ": " + err.Error(), Advice: adviceBook}
		}
	}
	return ranges, nil
}
