package table

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// xmlSource gives the rows of a sheet of an XML Spreadsheet 2003, which is often
// called .xls.
type xmlSource struct {
	name    string
	content *elements
	limits  Limits
	formats map[string]format // by style
	line    int
	cells   []cell
	done    bool

	hidden        bool
	hiddenColumns []interval
}

// xmlOf reads the file from its beginning. Whatever encoding it claims, it was
// decoded before.
func (r *Reader) xmlOf() (*elements, error) {
	if err := r.rewind(); err != nil {
		return nil, err
	}
	decoder := xml.NewDecoder(utf8Of(r.file, r.about.Encoding))
	decoder.CharsetReader = func(_ string, input io.Reader) (io.Reader, error) { return input, nil }
	return &elements{closer: io.NopCloser(nil), decoder: decoder}, nil
}

func (r *Reader) openXML2003() error {
	refuse := func(err error) error {
		return &FileError{File: r.name, Reason: "is damaged or cut off: " + err.Error(), Advice: adviceBook}
	}
	content, err := r.xmlOf()
	if err != nil {
		return err
	}
	sheets, formats, err := listXMLSheets(content)
	if err != nil {
		return refuse(err)
	}
	chosen, err := r.chooseSheet(sheets)
	if err != nil {
		return err
	}
	if content, err = r.xmlOf(); err != nil {
		return err
	}
	source := &xmlSource{name: r.name, content: content, limits: r.options.Limits, formats: formats}
	for sheet := -1; sheet < sheets[chosen].at; {
		token, err := content.next()
		if err != nil {
			return refuse(err)
		}
		if element, ok := token.(xml.StartElement); ok && element.Name.Local == "Worksheet" {
			sheet++
		}
	}
	r.source = source
	return nil
}

// listXMLSheets reads the whole file: whether a sheet is hidden stands behind
// its rows, and a file that is cut off must not read as a shorter one.
func listXMLSheets(content *elements) ([]sheetEntry, map[string]format, error) {
	var sheets []sheetEntry
	formats := map[string]format{}
	style, inVisible := "", false
	for {
		token, err := content.next()
		if errors.Is(err, io.EOF) {
			return sheets, formats, nil
		}
		if err != nil {
			return nil, nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "Worksheet":
				sheets = append(sheets, sheetEntry{name: attribute(t, "Name"), at: len(sheets)})
			case "Style":
				style = attribute(t, "ID")
			case "NumberFormat":
				formats[style] = zerosOnly(attribute(t, "Format"))
			}
			inVisible = t.Name.Local == "Visible"
		case xml.CharData:
			if inVisible && len(sheets) > 0 && strings.Contains(string(t), "Hidden") {
				sheets[len(sheets)-1].hidden = true
			}
		case xml.EndElement:
			inVisible = false
		}
	}
}

// zerosOnly is all of a number format that changes what is read here: dates are
// of a type of their own.
func zerosOnly(code string) format {
	return format{zeros: parseFormat(code).zeros}
}

func (s *xmlSource) rowHidden() bool { return s.hidden }

func (s *xmlSource) columnHidden(i int) bool {
	return slices.ContainsFunc(s.hiddenColumns, func(h interval) bool { return i >= h.from && i <= h.to })
}

func (s *xmlSource) damaged(err error) error {
	return &FileError{File: s.name, Line: s.line, Reason: "the sheet is damaged here: " + err.Error(), Advice: adviceBook}
}

func (s *xmlSource) next() (int, []cell, error) {
	column := 0 // of <Column>
	for !s.done {
		token, err := s.content.next()
		if err != nil {
			return s.line, nil, s.damaged(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "Column":
				column = s.column(t, column)
			case "Row":
				return s.row(t)
			}
		case xml.EndElement:
			s.done = t.Name.Local == "Worksheet"
		}
	}
	return s.line, nil, io.EOF
}

// column notes a hidden column, and those that it stands for.
func (s *xmlSource) column(t xml.StartElement, next int) int {
	from := whole(attribute(t, "Index"), next+1) - 1
	to := from + whole(attribute(t, "Span"), 0)
	if truth(attribute(t, "Hidden")) || nothing(attribute(t, "Width")) {
		s.hiddenColumns = append(s.hiddenColumns, interval{from, to})
	}
	return to + 1
}

func whole(text string, otherwise int) int {
	value, err := strconv.Atoi(text)
	if err != nil || value < 0 {
		return otherwise
	}
	return value
}

func (s *xmlSource) row(start xml.StartElement) (int, []cell, error) {
	line := whole(attribute(start, "Index"), s.line+1)
	if line <= s.line || line > lastRow {
		return s.line, nil, s.damaged(fmt.Errorf("row number %d behind %d", line, s.line))
	}
	s.line = line
	s.hidden = truth(attribute(start, "Hidden")) || nothing(attribute(start, "Height"))
	s.cells = s.cells[:0]
	size := 0
	for {
		token, err := s.content.next()
		if err != nil {
			return line, nil, s.damaged(err)
		}
		switch t := token.(type) {
		case xml.EndElement:
			if t.Name.Local == "Row" {
				return line, s.cells, nil
			}
		case xml.StartElement:
			if t.Name.Local != "Cell" {
				continue
			}
			at := whole(attribute(t, "Index"), len(s.cells)+1) - 1
			if at < len(s.cells) || at >= lastColumn {
				return line, nil, s.damaged(fmt.Errorf("cell %d in row %d", at+1, line))
			}
			value, err := s.cell(t)
			if err != nil {
				return line, nil, s.damaged(err)
			}
			if size += len(value.text) + len(value.raw); size > s.limits.RowBytes {
				return line, nil, s.damaged(fmt.Errorf("a row longer than %d bytes", s.limits.RowBytes))
			}
			for len(s.cells) < at {
				s.cells = append(s.cells, cell{})
			}
			s.cells = append(s.cells, value)
			for range min(whole(attribute(t, "MergeAcross"), 0), s.limits.Columns) {
				s.cells = append(s.cells, cell{})
			}
		}
	}
}

// cell reads up to </Cell>. A comment holds data of its own, which is none of
// the cell's.
func (s *xmlSource) cell(start xml.StartElement) (cell, error) {
	var text []byte
	kind, inside, comment := "", false, false
	for {
		token, err := s.content.next()
		if err != nil {
			return cell{}, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			comment = comment || t.Name.Local == "Comment"
			if t.Name.Local == "Data" && !comment {
				kind, inside = attribute(t, "Type"), true
			}
		case xml.CharData:
			if inside {
				text = append(text, t...)
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "Comment":
				comment = false
			case "Data":
				inside = false
			case "Cell":
				return s.value(start, kind, string(text)), nil
			}
		}
	}
}

func (s *xmlSource) value(start xml.StartElement, kind, text string) cell {
	if formula := attribute(start, "Formula"); formula != "" {
		if isGuarded(formula) {
			return textCell(formula)
		}
		return cell{raw: text, reason: reasonFormula}
	}
	switch kind {
	case "Number":
		shown, reason := numberText(strings.TrimSpace(text), s.formats[attribute(start, "StyleID")], false)
		if reason != "" {
			return cell{raw: text, reason: reason}
		}
		return cell{text: shown}
	case "DateTime":
		return cell{text: strings.TrimSpace(text)}
	case "Boolean":
		return cell{text: map[bool]string{true: "TRUE", false: "FALSE"}[truth(strings.TrimSpace(text))]}
	case "Error":
		return cell{raw: text, reason: "is an error of the sheet"}
	}
	return textCell(text)
}
