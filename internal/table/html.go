package table

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// htmlSource gives the rows of a web page's tables: what shops and banks call
// .xls is often one. The text of every cell is kept as it is shown.
type htmlSource struct {
	name      string
	tokenizer *html.Tokenizer
	limits    Limits
	line      int // <tr> counted over the whole file
	table     int // <table> counted
	own       int // the table of the header; 0 before it is found
	inTable   bool
	done      bool

	begun   *html.Token // a row that began where the one before had no end
	cells   []cell
	down    []int  // rows for which a cell of a row above still covers each column
	covered []bool // the columns that one covers in this row
	text    strings.Builder
	open    bool // a cell
	at      int  // its column
	size    int
	hidden  bool

	hiddenColumns []int
	columns       int // <col> counted
}

func (r *Reader) openHTML() error {
	if r.options.Sheet != "" {
		return r.noSheets("is an HTML table")
	}
	source := &htmlSource{name: r.name, limits: r.options.Limits, tokenizer: html.NewTokenizer(utf8Of(r.file, r.about.Encoding))}
	source.tokenizer.SetMaxBuf(r.options.RowBytes)
	r.source = source
	return nil
}

// headerFound says that the last row was the header: rows of another table are
// not its rows.
func (s *htmlSource) headerFound() { s.own = s.table }

func (s *htmlSource) rowHidden() bool { return s.hidden }

func (s *htmlSource) columnHidden(i int) bool { return slices.Contains(s.hiddenColumns, i) }

func (s *htmlSource) refuse(reason, advice string) error {
	return &FileError{File: s.name, Line: s.line, Reason: reason, Advice: advice}
}

func (s *htmlSource) next() (int, []cell, error) {
	for !s.done {
		line, err := s.row()
		switch {
		case err != nil:
			return s.line, nil, err
		case !line:
			continue
		case s.own == 0 || s.own == s.table:
			return s.line, s.cells, nil
		case filled(s.cells) > 1:
			return s.line, nil, s.refuse("has rows in more than one table, and only one can be read", "save each table as a file of its own")
		}
	}
	return s.line, nil, io.EOF
}

func filled(cells []cell) int {
	count := 0
	for _, each := range cells {
		if !blank([]cell{each}) {
			count++
		}
	}
	return count
}

// row reads up to the end of a row; false where something else ended first. A
// row may lack its own end.
func (s *htmlSource) row() (bool, error) {
	inRow := false
	if s.begun != nil {
		s.startRow(*s.begun)
		s.begun, inRow = nil, true
	}
	for {
		switch s.tokenizer.Next() {
		case html.ErrorToken:
			return false, s.ended()
		case html.TextToken:
			if s.open {
				if err := s.add(string(s.tokenizer.Text())); err != nil {
					return false, err
				}
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			token := s.tokenizer.Token()
			switch {
			case token.DataAtom == atom.Tr && inRow:
				s.closeCell()
				s.begun = &token
				return true, nil
			case token.DataAtom == atom.Tr:
				s.startRow(token)
				inRow = true
			default:
				if err := s.start(token); err != nil {
					return false, err
				}
			}
		case html.EndTagToken:
			tag, _ := s.tokenizer.TagName()
			if s.end(atom.Lookup(tag)) && inRow {
				s.closeCell()
				return true, nil
			}
		default: // comments and the document's type hold nothing
		}
	}
}

// ended says whether the file ends where it may.
func (s *htmlSource) ended() error {
	err := s.tokenizer.Err()
	s.done = true
	switch {
	case errors.Is(err, html.ErrBufferExceeded):
		return s.refuse("has a cell longer than "+bytesText(int64(s.limits.RowBytes)), "")
	case !errors.Is(err, io.EOF):
		return fmt.Errorf("%s: %w", s.name, err)
	case s.inTable:
		return s.refuse("is cut off: its table does not end", "fetch the file again")
	case s.table == 0:
		return s.refuse("is HTML or XML, and has no table", "export it again as Excel or CSV")
	}
	return nil
}

// startRow begins a row: what cells above cover is covered for one row less.
func (s *htmlSource) startRow(token html.Token) {
	s.line++
	s.cells, s.open, s.size = s.cells[:0], false, 0
	s.hidden = concealed(token) || attributeOf(token, "height") == "0"
	s.covered = s.covered[:0]
	for i := range s.down {
		s.covered = append(s.covered, s.down[i] > 0)
		s.down[i] = max(0, s.down[i]-1)
	}
}

// start begins what another tag begins.
func (s *htmlSource) start(token html.Token) error {
	switch token.DataAtom {
	case atom.Script, atom.Style, atom.Title, atom.Textarea, atom.Xmp:
		s.tokenizer.Next() // what stands in it is raw text
	case atom.Table:
		if s.inTable {
			return s.refuse("has a table within a table", adviceBook)
		}
		s.inTable, s.down, s.columns, s.hiddenColumns = true, nil, 0, nil
		s.table++
	case atom.Col:
		for range min(number(token, "span", 1), s.limits.Columns) {
			if concealed(token) || attributeOf(token, "width") == "0" {
				s.hiddenColumns = append(s.hiddenColumns, s.columns)
			}
			s.columns++
		}
	case atom.Td, atom.Th:
		s.closeCell()
		return s.openCell(token)
	case atom.Br:
		if s.open {
			s.text.WriteByte('\n')
		}
	default: // dress
	}
	return nil
}

// end ends what a tag ends; it says whether a row has ended.
func (s *htmlSource) end(tag atom.Atom) bool {
	switch tag {
	case atom.Td, atom.Th:
		s.closeCell()
	case atom.Tr:
		return true
	case atom.Table:
		s.inTable = false
		return true
	default: // it ended no row
	}
	return false
}

// openCell goes to the place of a cell: behind those that cells above cover.
func (s *htmlSource) openCell(token html.Token) error {
	for len(s.cells) < len(s.covered) && s.covered[len(s.cells)] {
		s.cells = append(s.cells, cell{})
	}
	s.at = len(s.cells)
	wide := min(number(token, "colspan", 1), s.limits.Columns)
	if s.at+wide > lastColumn {
		return s.refuse("has too many columns", adviceBook)
	}
	for range wide {
		s.cells = append(s.cells, cell{})
	}
	if below := number(token, "rowspan", 1) - 1; below > 0 {
		for len(s.down) < len(s.cells) {
			s.down = append(s.down, 0)
		}
		for i := s.at; i < len(s.cells); i++ {
			s.down[i] = below
		}
	}
	s.hidden = s.hidden || concealed(token)
	s.open = true
	s.text.Reset()
	return nil
}

// add takes a text; a line break of the file is a blank.
func (s *htmlSource) add(text string) error {
	if s.size += len(text); s.size > s.limits.RowBytes {
		return s.refuse("has a row longer than "+bytesText(int64(s.limits.RowBytes)), "")
	}
	s.text.WriteString(strings.NewReplacer("\r", " ", "\n", " ", "\t", " ").Replace(text))
	return nil
}

// closeCell keeps a cell's text as it is shown, without the blanks around it and
// around the breaks in it.
func (s *htmlSource) closeCell() {
	if !s.open {
		return
	}
	s.open = false
	lines := strings.Split(s.text.String(), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	s.cells[s.at] = textCell(strings.TrimSpace(strings.Join(lines, "\n")))
}

func attributeOf(token html.Token, name string) string {
	for _, each := range token.Attr {
		if each.Key == name {
			return strings.ToLower(strings.TrimSpace(each.Val))
		}
	}
	return ""
}

// number is a whole number above 0 of an attribute.
func number(token html.Token, name string, otherwise int) int {
	value, err := strconv.Atoi(attributeOf(token, name))
	if err != nil || value < 1 {
		return otherwise
	}
	return value
}

// concealed says whether a tag hides what stands in it.
func concealed(token html.Token) bool {
	style := strings.ReplaceAll(attributeOf(token, "style"), " ", "")
	for _, hidden := range []string{"display:none", "visibility:hidden", "visibility:collapse"} {
		if strings.Contains(style, hidden) {
			return true
		}
	}
	return slices.ContainsFunc(token.Attr, func(a html.Attribute) bool { return a.Key == "hidden" })
}
