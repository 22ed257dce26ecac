package table

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
)

// Book reads the sheets of a workbook as they are stored: texts, unformatted
// numbers and formulas. It is for workbooks that a program wrote and a person
// sends back.
type Book struct {
	name   string
	book   *book
	limits Limits
}

// Stored is what one cell holds.
type Stored struct {
	Text    string // a number as its digits
	Number  bool
	Formula string // without "="; "" where there is none, or where it is part of a shared one
	Live    bool   // it is reckoned by a formula
}

// StoredRow is one row of a sheet, from column A on. It is valid until the next.
type StoredRow struct {
	Line  int
	Cells []Stored
}

// OpenBook checks a workbook's size, parts and ratios before it unpacks
// anything. name is for errors, which are *FileError.
func OpenBook(name string, file io.ReaderAt, size int64, limits Limits) (*Book, error) {
	b := &Book{name: name, limits: limits.withDefaults()}
	opened, err := openBook(file, size, b.limits)
	if err == nil {
		b.book = opened
		err = opened.load()
	}
	if err != nil {
		return nil, &FileError{File: name, Reason: err.Error(), Advice: adviceBook}
	}
	return b, nil
}

// Sheets are the names of all sheets, hidden ones too.
func (b *Book) Sheets() []string {
	names := make([]string, len(b.book.sheets))
	for i, s := range b.book.sheets {
		names[i] = s.name
	}
	return names
}

// Rows gives the rows of a sheet; an error ends them.
func (b *Book) Rows(sheet string) iter.Seq2[StoredRow, error] {
	return func(yield func(StoredRow, error) bool) {
		source, err := b.source(sheet)
		if err != nil {
			yield(StoredRow{}, err)
			return
		}
		for {
			line, cells, err := source.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err == nil && line > b.limits.Rows {
				err = &FileError{File: b.name, Line: line, Reason: fmt.Sprintf("has more than %d rows", b.limits.Rows)}
			}
			if err != nil {
				yield(StoredRow{}, err)
				return
			}
			row := StoredRow{Line: line, Cells: make([]Stored, len(cells))}
			for i, c := range cells {
				row.Cells[i] = Stored{Text: c.text, Number: c.number, Formula: c.written, Live: c.formula}
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

func (b *Book) source(sheet string) (*sheetSource, error) {
	for _, entry := range b.book.sheets {
		if entry.name != sheet {
			continue
		}
		part, err := b.book.cellsOf(entry)
		if err != nil {
			return nil, &FileError{File: b.name, Reason: fmt.Sprintf("sheet %q: %v", clip(sheet), err), Advice: adviceBook}
		}
		source, err := b.book.openRows(b.name, part, b.limits)
		if err != nil {
			return nil, &FileError{File: b.name, Reason: fmt.Sprintf("sheet %q: %v", clip(sheet), err), Advice: adviceBook}
		}
		source.stored = true
		return source, nil
	}
	return nil, &FileError{File: b.name, Reason: fmt.Sprintf("has no sheet %q", clip(sheet))}
}

// storedValue keeps what stands in a cell.
func (s *sheetSource) storedValue(kind, raw string, formula bool, written string) (cell, error) {
	c := cell{text: raw, formula: formula, written: written}
	switch kind {
	case "s":
		i, err := strconv.Atoi(raw)
		if err != nil || i < 0 || i >= len(s.book.strings.ends) {
			return cell{}, fmt.Errorf("shared string %q", clip(raw))
		}
		c.text = unescape(s.book.strings.at(i))
	case "str", "inlineStr":
		c.text = unescape(raw)
	case "", "n":
		c.text, c.number = strings.TrimSpace(raw), raw != ""
	}
	return c, nil
}
