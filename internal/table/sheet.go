package table

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// sheetSource reads the rows of a sheet as its XML streams by.
type sheetSource struct {
	name     string
	book     *book
	elements *elements
	limits   Limits
	line     int
	cells    []cell
	done     bool
	stored   bool // cells as they are stored, formulas and unformatted numbers too

	hiddenRows    bool       // those that do not say otherwise
	hiddenColumns []interval // counted from 0
	hidden        bool       // the last row is
	merged        []Range    // behind the rows
}

// interval is from one column up to and with another one.
type interval struct{ from, to int }

// openXLSX opens the sheet of a workbook.
func (r *Reader) openXLSX(file io.ReaderAt, size int64) error {
	refuse := func(err error) error {
		var large *largeError
		advice := adviceBook
		if errors.As(err, &large) {
			advice = r.options.adviceLarge()
		}
		return &FileError{File: r.name, Reason: err.Error(), Advice: advice}
	}
	b, err := openBook(file, size, r.options.Limits)
	if err != nil {
		return refuse(err)
	}
	if err := b.load(); err != nil {
		return refuse(err)
	}
	sheets := b.withCells()
	chosen, err := r.chooseSheet(sheets)
	if err != nil {
		return err
	}
	part, err := b.cellsOf(sheets[chosen])
	if err != nil {
		return refuse(err)
	}
	source, err := b.openRows(r.name, part, r.options.Limits)
	if err != nil {
		return refuse(err)
	}
	r.source = source
	return nil
}

// openRows goes to where the rows of a sheet begin. What is hidden by default
// stands before them.
func (b *book) openRows(name string, part *zip.File, limits Limits) (*sheetSource, error) {
	content, err := openElements(part)
	if err != nil {
		return nil, err
	}
	s := &sheetSource{name: name, book: b, elements: content, limits: limits}
	for {
		token, err := content.next()
		if err != nil {
			return nil, errNoCells
		}
		element, ok := token.(xml.StartElement)
		switch {
		case !ok:
		case element.Name.Local == "sheetFormatPr":
			s.hiddenRows = truth(attribute(element, "zeroHeight"))
		case element.Name.Local == "col":
			s.column(element)
		case element.Name.Local == "sheetData":
			return s, nil
		}
	}
}

// column notes columns that Excel hides; one without width is hidden, too.
func (s *sheetSource) column(element xml.StartElement) {
	from, fromErr := strconv.Atoi(attribute(element, "min"))
	to, toErr := strconv.Atoi(attribute(element, "max"))
	if fromErr == nil && toErr == nil && (truth(attribute(element, "hidden")) || nothing(attribute(element, "width"))) {
		s.hiddenColumns = append(s.hiddenColumns, interval{from - 1, to - 1})
	}
}

// truth reads an xsd:boolean.
func truth(text string) bool {
	value, err := strconv.ParseBool(text)
	return err == nil && value
}

// nothing says whether a width or a height is given and is none.
func nothing(text string) bool {
	value, err := strconv.ParseFloat(text, 64)
	return err == nil && value <= 0
}

func (s *sheetSource) merges() []Range { return s.merged }

func (s *sheetSource) rowHidden() bool { return s.hidden }

func (s *sheetSource) columnHidden(i int) bool {
	for _, hidden := range s.hiddenColumns {
		if i >= hidden.from && i <= hidden.to {
			return true
		}
	}
	return false
}

func (s *sheetSource) next() (int, []cell, error) {
	for !s.done {
		token, err := s.elements.next()
		if err != nil {
			return s.line, nil, s.damaged(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if t.Name.Local == "row" {
				return s.row(t)
			}
		case xml.EndElement:
			s.done = t.Name.Local == "sheetData"
		}
	}
	return s.line, nil, s.drain()
}

// drain reads to the end of the part, where its checksum is compared.
func (s *sheetSource) drain() error {
	for {
		token, err := s.elements.next()
		switch {
		case errors.Is(err, io.EOF):
			return io.EOF
		case err != nil:
			return s.damaged(err)
		}
		if element, ok := token.(xml.StartElement); ok && element.Name.Local == "mergeCell" && len(s.merged) < mostMerged {
			if block, ok := blockOf(attribute(element, "ref")); ok {
				s.merged = append(s.merged, block)
			}
		}
	}
}

func (s *sheetSource) damaged(err error) error {
	return &FileError{File: s.name, Line: s.line, Reason: "the sheet is damaged or cut off here: " + err.Error(), Advice: adviceBook}
}

func (s *sheetSource) row(start xml.StartElement) (int, []cell, error) {
	line := s.line + 1
	if number := attribute(start, "r"); number != "" {
		given, err := strconv.Atoi(number)
		if err != nil || given < line || given > lastRow {
			return s.line, nil, s.damaged(fmt.Errorf("row number %q", clip(number)))
		}
		line = given
	}
	s.line = line
	s.cells = s.cells[:0]
	s.hidden = truth(attribute(start, "hidden")) || nothing(attribute(start, "ht")) ||
		s.hiddenRows && attribute(start, "hidden") == ""
	size := 0
	for column := 0; ; column++ {
		token, err := s.elements.next()
		for err == nil && !interesting(token) {
			token, err = s.elements.next()
		}
		if err != nil {
			return s.line, nil, s.damaged(err)
		}
		element, ok := token.(xml.StartElement)
		if !ok {
			return s.line, s.cells, nil // </row>
		}
		if ref := attribute(element, "r"); ref != "" {
			given, row, ok := splitRef(ref)
			if !ok || row != s.line || given < column {
				return s.line, nil, s.damaged(fmt.Errorf("cell %q in row %d", clip(ref), s.line))
			}
			column = given
		}
		value, err := s.cell(element)
		if err != nil {
			return s.line, nil, s.damaged(err)
		}
		if size += len(value.text) + len(value.raw); size > s.limits.RowBytes {
			return s.line, nil, s.damaged(fmt.Errorf("a row longer than %d bytes", s.limits.RowBytes))
		}
		s.place(column, value)
	}
}

// interesting is a cell, or the end of the row.
func interesting(token xml.Token) bool {
	switch t := token.(type) {
	case xml.StartElement:
		return t.Name.Local == "c"
	case xml.EndElement:
		return t.Name.Local == "row"
	}
	return false
}

// place puts a value into its column, empty cells in front of it. Styled cells
// without a value reach far to the right in some files: they are not kept.
func (s *sheetSource) place(column int, value cell) {
	if value == (cell{}) || column > s.limits.Columns {
		return
	}
	for len(s.cells) < column {
		s.cells = append(s.cells, cell{})
	}
	s.cells = append(s.cells, value)
}

// cell reads up to </c>.
func (s *sheetSource) cell(start xml.StartElement) (cell, error) {
	var text, written []byte
	formula, inside, wanted, phonetic := false, false, false, false
	for {
		token, err := s.elements.next()
		if err != nil {
			return cell{}, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			inside = t.Name.Local == "f"
			formula = formula || inside
			phonetic = phonetic || t.Name.Local == "rPh"
			wanted = t.Name.Local == "v" || (t.Name.Local == "t" && !phonetic)
		case xml.CharData:
			if wanted {
				text = append(text, t...)
			}
			if inside {
				written = append(written, t...)
			}
		case xml.EndElement:
			wanted, inside = false, false
			switch t.Name.Local {
			case "rPh":
				phonetic = false
			case "c":
				if s.stored {
					return s.storedValue(attribute(start, "t"), string(text), formula, string(written))
				}
				if guarded := "=" + string(written); formula && isGuarded(guarded) {
					return textCell(guarded), nil // the guard, as Excel itself saves it
				}
				if formula {
					return cell{raw: string(text), reason: reasonFormula}, nil
				}
				return s.value(attribute(start, "t"), attribute(start, "s"), string(text))
			}
		}
	}
}

// value turns what a cell stores into what it means (ECMA-376 part 1, 18.18.11).
func (s *sheetSource) value(kind, style, raw string) (cell, error) {
	if raw == "" {
		return cell{}, nil
	}
	switch kind {
	case "s":
		i, err := strconv.Atoi(raw)
		if err != nil || i < 0 || i >= len(s.book.strings.ends) {
			return cell{}, fmt.Errorf("shared string %q", clip(raw))
		}
		return textCell(unescape(s.book.strings.at(i))), nil
	case "str", "inlineStr":
		return textCell(unescape(raw)), nil
	case "d":
		// SheetJS writes the wall clock and calls it UTC.
		return cell{text: strings.TrimSuffix(raw, "Z")}, nil
	case "b":
		if raw == "1" {
			return cell{text: "TRUE"}, nil
		}
		return cell{text: "FALSE"}, nil
	case "e":
		return cell{raw: raw, reason: "is an error of the sheet"}, nil
	case "", "n":
		return s.number(style, raw)
	}
	return cell{}, fmt.Errorf("cell type %q", clip(kind))
}

func (s *sheetSource) number(style, raw string) (cell, error) {
	var shown format
	if style != "" {
		i, err := strconv.Atoi(style)
		if err != nil || i < 0 {
			return cell{}, fmt.Errorf("style %q", clip(style))
		}
		if i < len(s.book.formats) {
			shown = s.book.formats[i]
		}
	}
	value, err := strconv.ParseFloat(strings.TrimSpace(raw), 64)
	if err != nil {
		return cell{raw: raw, reason: "is not a number"}, nil
	}
	return numberCell(value, raw, shown, s.book.date1904), nil
}

const reasonFormula = "contains a formula; paste it as a value"

// textCell is a text that somebody wrote, without the guard around it.
func textCell(text string) cell {
	text = unguard(text)
	switch {
	case strings.IndexByte(text, 0) >= 0:
		return cell{raw: text, reason: "contains a NUL byte"}
	case strings.ContainsRune(text, utf8.RuneError):
		return cell{raw: text, reason: "has a character that was lost or cut in half when the file was made"}
	}
	return cell{text: text}
}

var escaped = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// unescape undoes the _x000D_ by which workbooks write control characters
// (ECMA-376 part 1, 22.9.2.19).
func unescape(text string) string {
	if !strings.Contains(text, "_x") {
		return text
	}
	return escaped.ReplaceAllStringFunc(text, func(code string) string {
		value, _ := strconv.ParseUint(code[2:6], 16, 32)
		return string(rune(value)) //nolint:gosec // four hexadecimal digits
	})
}
