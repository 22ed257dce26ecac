package table

import (
	"encoding/xml"
	"strings"
)

// Range is a block of cells: first and last lines from 1, columns from 0.
type Range struct{ FirstLine, LastLine, FirstColumn, LastColumn int }

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
			first, last, _ := strings.Cut(attribute(element, "ref"), ":")
			fromColumn, fromLine, ok := splitRef(first)
			toColumn, toLine, also := splitRef(last)
			if ok && also && toLine > fromLine {
				ranges = append(ranges, Range{fromLine, toLine, fromColumn, toColumn})
			}
			return nil
		})
		if err != nil {
			return nil, &FileError{File: b.name, Reason: "sheet " + clip(sheet) + ": " + err.Error(), Advice: adviceBook}
		}
	}
	return ranges, nil
}
