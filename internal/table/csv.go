package table

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// CSV is read by a reader of our own, not by encoding/csv: files of Korean
// shops guard their numbers as ="2026...", which encoding/csv refuses, and a
// row is split before its encoding is undone, since no second byte of CP949 is
// a separator or a quotation mark.

var (
	errLongRow   = errors.New("row too long")
	errLargeFile = errors.New("file too large")
)

// csvSource reads CSV rows.
type csvSource struct {
	name   string
	source *bufio.Reader
	limits Limits
	comma  byte
	cp949  bool  // each row is decoded once it is split
	total  int64 // bytes read so far
	line   int   // physical lines read so far
	text   []byte
	ends   []int // of each field in text
	plain  []byte
	cells  []cell
}

// readAhead is the size of the buffer in front of a file.
const readAhead = 1 << 16

func openCSV(name string, file io.Reader, encoding string, limits Limits) (*csvSource, error) {
	s := &csvSource{name: name, limits: limits, comma: ',', cp949: encoding == encodingCP949}
	if !s.cp949 {
		file = utf8Of(file, encoding)
	}
	s.source = bufio.NewReaderSize(file, readAhead)
	sample, err := s.source.Peek(readAhead)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if bytes.IndexByte(sample, '\r') >= 0 && bytes.IndexByte(sample, '\n') < 0 {
		s.source = bufio.NewReaderSize(newlines{s.source}, readAhead)
	}
	if separatesByTabs(sample) {
		s.comma = '\t'
	}
	return s, nil
}

// newlines turns the line ends of old Macintosh files into newer ones.
type newlines struct{ source io.Reader }

func (n newlines) Read(p []byte) (int, error) {
	count, err := n.source.Read(p)
	for i, b := range p[:count] {
		if b == '\r' {
			p[i] = '\n'
		}
	}
	return count, err
}

// separatesByTabs says whether more of the first lines have tabs than commas.
func separatesByTabs(sample []byte) bool {
	const lines = 30
	tabs, commas := 0, 0
	for range lines {
		line, rest, more := bytes.Cut(sample, []byte{'\n'})
		if bytes.IndexByte(line, '\t') >= 0 {
			tabs++
		}
		if bytes.IndexByte(line, ',') >= 0 {
			commas++
		}
		if sample = rest; !more {
			break
		}
	}
	return tabs > commas
}

func (s *csvSource) next() (int, []cell, error) {
	first := s.line + 1
	if err := s.record(first); err != nil {
		return first, nil, s.explain(first, err)
	}
	if s.cp949 {
		s.decode()
	}
	whole, start := string(s.text), 0
	s.cells = s.cells[:0]
	for _, end := range s.ends {
		s.cells = append(s.cells, textCell(whole[start:end]))
		start = end
	}
	return first, s.cells, nil
}

// decode turns the fields of a row from CP949 into UTF-8. One that is cut off
// within a character spoils no other.
func (s *csvSource) decode() {
	if isASCII(s.text) {
		return
	}
	s.plain = s.plain[:0]
	start := 0
	for i, end := range s.ends {
		s.plain = appendCP949(s.plain, s.text[start:end])
		start = end
		s.ends[i] = len(s.plain)
	}
	s.text, s.plain = s.plain, s.text
}

// record reads one row into text and ends: one physical line, and those that a
// quoted field goes on over.
func (s *csvSource) record(first int) error {
	s.text, s.ends = s.text[:0], s.ends[:0]
	line, err := s.readLine(0)
	if err != nil {
		return err
	}
	for pos := 0; ; pos++ {
		if pos < len(line) && line[pos] == '"' {
			if line, pos, err = s.quoted(first, line, pos+1); err != nil {
				return err
			}
		} else {
			end := pos + s.fieldEnd(line[pos:])
			if err := s.unquoted(first, line[pos:end], pos); err != nil {
				return err
			}
			pos = end
		}
		s.ends = append(s.ends, len(s.text))
		if pos >= len(line) {
			return nil
		}
	}
}

func (s *csvSource) fieldEnd(rest []byte) int {
	if end := bytes.IndexByte(rest, s.comma); end >= 0 {
		return end
	}
	return len(rest)
}

// unquoted takes a field without quotation marks around it. The guard ="..." is
// the only quotation mark that may stand in one.
func (s *csvSource) unquoted(first int, field []byte, at int) error {
	if mark := bytes.IndexByte(field, '"'); mark >= 0 && !isGuarded(string(field)) {
		return s.misplaced(first, s.line, at+mark+1)
	}
	s.text = append(s.text, field...)
	return nil
}

// quoted takes a field up to its closing quotation mark; line and pos are then
// where it ended.
func (s *csvSource) quoted(first int, line []byte, pos int) ([]byte, int, error) {
	openedLine, opened := s.line, pos
	for {
		mark := bytes.IndexByte(line[pos:], '"')
		if mark >= 0 {
			s.text = append(s.text, line[pos:pos+mark]...)
			pos += mark + 1
			switch {
			case pos >= len(line) || line[pos] == s.comma:
				return line, pos, nil
			case line[pos] != '"':
				return nil, 0, s.misplaced(first, s.line, pos)
			}
			s.text = append(s.text, '"')
			pos++
			continue
		}
		s.text = append(append(s.text, line[pos:]...), '\n')
		var err error
		line, err = s.readLine(int64(len(s.text)))
		if errors.Is(err, io.EOF) {
			return nil, 0, s.misplaced(first, openedLine, opened)
		}
		if err != nil {
			return nil, 0, err
		}
		pos = 0
	}
}

// readLine gives the next physical line without its end; it is valid until the
// next call. used is how much of the row was read before.
func (s *csvSource) readLine(used int64) ([]byte, error) {
	line, err := s.source.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		whole := bytes.Clone(line)
		for errors.Is(err, bufio.ErrBufferFull) {
			if used+int64(len(whole)) > int64(s.limits.RowBytes) {
				return nil, errLongRow
			}
			line, err = s.source.ReadSlice('\n')
			whole = append(whole, line...)
		}
		line = whole
	}
	s.total += int64(len(line))
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, err
	case len(line) == 0:
		return nil, io.EOF
	case s.total > s.limits.FileBytes:
		return nil, errLargeFile
	case used+int64(len(line)) > int64(s.limits.RowBytes):
		return nil, errLongRow
	}
	s.line++
	line = bytes.TrimSuffix(line, []byte{'\n'})
	return bytes.TrimSuffix(line, []byte{'\r'}), nil
}

// misplaced ends the file: what follows a misplaced quotation mark could be the
// inside of a field and must not pass for a row.
func (s *csvSource) misplaced(first, line, column int) error {
	return &FileError{
		File: s.name, Line: first,
		Reason: fmt.Sprintf("a quotation mark is misplaced or never closed (line %d, byte %d)", line, column),
		Advice: `write a quotation mark inside a quoted field twice: "say ""yes"""`,
	}
}

// explain says what an error means.
func (s *csvSource) explain(line int, err error) error {
	failure := &FileError{File: s.name, Line: line}
	var told *FileError
	switch {
	case errors.Is(err, io.EOF), errors.As(err, &told):
		return err
	case errors.Is(err, errLongRow):
		failure.Reason = fmt.Sprintf("a row from here on is longer than %d bytes", s.limits.RowBytes)
		failure.Advice = "look for a quotation mark that is never closed"
	case errors.Is(err, errLargeFile):
		failure.Reason = fmt.Sprintf("the file is larger than %d bytes", s.limits.FileBytes)
		failure.Advice = "split the file"
	default:
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return failure
}

// isGuarded says whether the guard ="..." stands around the whole cell: by it
// programs keep Excel from making a number of an id.
func isGuarded(text string) bool {
	return len(text) >= 3 && strings.HasPrefix(text, `="`) && strings.HasSuffix(text, `"`) &&
		strings.IndexByte(text[2:len(text)-1], '"') < 0
}

// unguard takes the guard off.
func unguard(text string) string {
	if isGuarded(text) {
		return text[2 : len(text)-1]
	}
	return text
}
