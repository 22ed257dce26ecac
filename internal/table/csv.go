package table

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

var (
	errLongRow   = errors.New("row too long")
	errLargeFile = errors.New("file too large")
)

// guard counts what a row and a file have taken, because a quotation mark that
// is never closed would otherwise read the whole file into one field.
type guard struct {
	source  io.Reader
	limits  Limits
	total   int64
	thisRow int64
}

func (g *guard) Read(p []byte) (int, error) {
	n, err := g.source.Read(p)
	g.total += int64(n)
	g.thisRow += int64(n)
	if g.total > g.limits.FileBytes {
		return n, errLargeFile
	}
	if g.thisRow > int64(g.limits.RowBytes)+int64(readAhead) {
		return n, errLongRow
	}
	return n, err
}

// readAhead is how many bytes of the next rows may already be in the buffer.
const readAhead = 1 << 16

// csvSource reads CSV rows.
type csvSource struct {
	name   string
	guard  *guard
	reader *csv.Reader
	last   int // the line of the last row
	fields int // of the header; 0 before it
	cells  []cell
}

func openCSV(name string, file *bufio.Reader, limits Limits) (*csvSource, error) {
	if mark, _ := file.Peek(3); string(mark) == "\ufeff" {
		if _, err := file.Discard(len(mark)); err != nil {
			return nil, err
		}
	}
	g := &guard{source: file, limits: limits}
	reader := csv.NewReader(bufio.NewReaderSize(g, readAhead))
	reader.ReuseRecord = true
	reader.FieldsPerRecord = -1
	return &csvSource{name: name, guard: g, reader: reader}, nil
}

func (s *csvSource) next() (int, []cell, error) {
	s.guard.thisRow = 0
	record, err := s.reader.Read()
	if err != nil {
		return s.last, nil, s.explain(err)
	}
	s.last, _ = s.reader.FieldPos(0)
	s.cells = s.cells[:0]
	for i, value := range record {
		if !utf8.ValidString(value) {
			return s.last, nil, &FileError{
				File: s.name, Line: s.last, Advice: adviceUTF8,
				Reason: fmt.Sprintf("field %d is not UTF-8; Excel's plain CSV is EUC-KR (CP949) in Korea", i+1),
			}
		}
		c := cell{text: value}
		if strings.IndexByte(value, 0) >= 0 {
			c = cell{raw: value, reason: "contains a NUL byte"}
		}
		s.cells = append(s.cells, c)
	}
	switch {
	case s.fields == 0 && !blank(s.cells):
		s.fields = len(record)
	case s.fields != 0 && len(record) != s.fields:
		return s.last, s.cells, &Fault{File: s.name, Line: s.last, Reason: fmt.Sprintf("has %d fields, the header has %d", len(record), s.fields)}
	}
	return s.last, s.cells, nil
}

// explain says what an error means. A misplaced quotation mark ends the file:
// what follows could be the inside of a field and must not pass for a row.
func (s *csvSource) explain(err error) error {
	failure := &FileError{File: s.name, Line: s.last + 1}
	var parse *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		return err
	case errors.Is(err, errLongRow):
		failure.Reason = fmt.Sprintf("a row from here on is longer than %d bytes", s.guard.limits.RowBytes)
		failure.Advice = "look for a quotation mark that is never closed"
	case errors.Is(err, errLargeFile):
		failure.Reason = fmt.Sprintf("the file is larger than %d bytes", s.guard.limits.FileBytes)
		failure.Advice = "split the file"
	case errors.As(err, &parse):
		failure.Line = parse.StartLine
		failure.Reason = fmt.Sprintf("a quotation mark is misplaced or never closed (line %d, byte %d)", parse.Line, parse.Column)
		failure.Advice = `write a quotation mark inside a quoted field twice: "say ""yes"""`
	default:
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return failure
}
