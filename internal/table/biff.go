package table

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"unicode/utf16"
)

// Old .xls workbooks (BIFF8) are read by a reader of our own: of the libraries
// for Go one is under the GPL and the other one is from 2017. It reads what
// holds cells and passes over the rest; every length is checked against what
// there is. The records are those of [MS-XLS].
const (
	recFormula       = 0x0006
	recEOF           = 0x000a
	recDateMode      = 0x0022
	recFilePass      = 0x002f
	recContinue      = 0x003c
	recColInfo       = 0x007d
	recBoundSheet    = 0x0085
	recMulRK         = 0x00bd
	recMergedCells   = 0x00e5
	recRString       = 0x00d6
	recXF            = 0x00e0
	recSST           = 0x00fc
	recLabelSST      = 0x00fd
	recNumber        = 0x0203
	recLabel         = 0x0204
	recBoolErr       = 0x0205
	recString        = 0x0207
	recRow           = 0x0208
	recDefaultHeight = 0x0225
	recRK            = 0x027e
	recFormat        = 0x041e
	recBOF           = 0x0809
)

const (
	biff8       = 0x0600
	recordHead  = 4
	hiddenState = 0x03 // of a sheet: hidden, very hidden
)

var errCut = errors.New("it ends within a record")

// record is one record of a stream; at is where it begins.
type record struct {
	kind uint16
	at   int
	data []byte
}

// records walks the records of a stream.
type records struct {
	content []byte
	at      int
}

// next gives the next record; false at the end of the stream.
func (r *records) next() (record, bool, error) {
	rest := r.content[r.at:]
	if len(rest) == 0 {
		return record{}, false, nil
	}
	if len(rest) < recordHead {
		return record{}, false, errCut
	}
	size := int(binary.LittleEndian.Uint16(rest[2:]))
	if len(rest) < recordHead+size {
		return record{}, false, errCut
	}
	found := record{binary.LittleEndian.Uint16(rest), r.at, rest[recordHead : recordHead+size]}
	r.at += recordHead + size
	return found, true, nil
}

// oldBook is what the cells of an old workbook refer to.
type oldBook struct {
	content  []byte
	sheets   []sheetEntry
	strings  pool
	codes    map[int]string // number formats
	formats  []format       // by cell style
	date1904 bool
}

func (r *Reader) openBIFF(content []byte) error {
	refuse := func(err error) error {
		return &FileError{File: r.name, Reason: "is damaged or cut off: " + err.Error(), Advice: adviceBook}
	}
	b := &oldBook{content: content, codes: map[int]string{}}
	var own *FileError
	if err := b.load(); errors.As(err, &own) {
		own.File = r.name
		return own
	} else if err != nil {
		return refuse(err)
	}
	r.about.Container = "xls"
	chosen, err := r.chooseSheet(b.sheets)
	if err != nil {
		return err
	}
	source := &biffSource{name: r.name, book: b, limits: r.options.Limits, hiddenRow: map[uint16]bool{}}
	if err := source.survey(b.sheets[chosen].at); err != nil {
		return refuse(err)
	}
	r.source = source
	return nil
}

// load reads the workbook's own records, which come first.
func (b *oldBook) load() error {
	walk := &records{content: b.content}
	first, more, err := walk.next()
	if err != nil {
		return err
	}
	if !more || first.kind != recBOF || len(first.data) < 4 || binary.LittleEndian.Uint16(first.data) != biff8 {
		return errors.New("it is no workbook of Excel 97 to 2003")
	}
	var styles []int // number format of each style
	for {
		rec, more, err := walk.next()
		if err != nil {
			return err
		}
		if !more || rec.kind == recEOF {
			break
		}
		switch rec.kind {
		case recFilePass:
			return &FileError{Reason: "is an old .xls workbook with a password", Advice: adviceNoPassword}
		case recDateMode:
			b.date1904 = len(rec.data) >= 2 && rec.data[0] == 1
		case recBoundSheet:
			err = b.boundSheet(rec.data)
		case recFormat:
			err = b.format(rec.data)
		case recXF:
			if len(rec.data) < 4 {
				return errCut
			}
			styles = append(styles, int(binary.LittleEndian.Uint16(rec.data[2:])))
		case recSST:
			err = b.sharedStrings(walk, rec)
		}
		if err != nil {
			return err
		}
	}
	for _, id := range styles {
		if code, custom := b.codes[id]; custom {
			b.formats = append(b.formats, parseFormat(code))
		} else {
			b.formats = append(b.formats, builtinFormat(id))
		}
	}
	return nil
}

// boundSheet lists a sheet; charts and macros have no cells.
func (b *oldBook) boundSheet(data []byte) error {
	if len(data) < 8 {
		return errCut
	}
	text := &pieces{data: data[7:]}
	name, err := text.characters(int(data[6]))
	if err != nil {
		return err
	}
	if data[5] == 0 {
		b.sheets = append(b.sheets, sheetEntry{name: name, at: int(binary.LittleEndian.Uint32(data)), hidden: data[4]&hiddenState != 0})
	}
	return nil
}

func (b *oldBook) format(data []byte) error {
	if len(data) < 4 {
		return errCut
	}
	text := &pieces{data: data[4:]}
	code, err := text.characters(int(binary.LittleEndian.Uint16(data[2:])))
	b.codes[int(binary.LittleEndian.Uint16(data))] = code
	return err
}

// sharedStrings reads the texts of the workbook, which go on over any number of
// records.
func (b *oldBook) sharedStrings(walk *records, first record) error {
	if len(first.data) < 8 {
		return errCut
	}
	count := binary.LittleEndian.Uint32(first.data[4:])
	text := &pieces{data: first.data[8:], more: func() ([]byte, error) {
		rec, more, err := walk.next()
		if err != nil {
			return nil, err
		}
		if !more || rec.kind != recContinue {
			return nil, errCut
		}
		return rec.data, nil
	}}
	for range count {
		value, err := text.rich()
		if err != nil {
			return err
		}
		b.strings.text = append(b.strings.text, value...)
		b.strings.end()
	}
	return nil
}

// pieces reads texts out of a record and those that continue it.
type pieces struct {
	data []byte
	more func() ([]byte, error) // nil: nothing continues the record
}

func (p *pieces) fill() error {
	for len(p.data) == 0 {
		if p.more == nil {
			return errCut
		}
		var err error
		if p.data, err = p.more(); err != nil {
			return err
		}
	}
	return nil
}

func (p *pieces) byte() (byte, error) {
	if err := p.fill(); err != nil {
		return 0, err
	}
	b := p.data[0]
	p.data = p.data[1:]
	return b, nil
}

func (p *pieces) number(size int) (uint32, error) {
	var n uint32
	for i := range size {
		b, err := p.byte()
		if err != nil {
			return 0, err
		}
		n |= uint32(b) << (8 * i)
	}
	return n, nil
}

func (p *pieces) skip(n int64) error {
	for n > 0 {
		if err := p.fill(); err != nil {
			return err
		}
		step := min(n, int64(len(p.data)))
		p.data = p.data[step:]
		n -= step
	}
	return nil
}

// What the flags before a text's characters say.
const (
	flagWide     = 0x01 // two bytes each
	flagExtended = 0x04 // phonetics follow
	flagRich     = 0x08 // formatting follows
)

// rich is a text of the shared strings, less its formatting and phonetics.
func (p *pieces) rich() (string, error) {
	count, err := p.number(2)
	if err != nil {
		return "", err
	}
	flags, err := p.byte()
	if err != nil {
		return "", err
	}
	var runs, extended uint32
	if flags&flagRich != 0 {
		if runs, err = p.number(2); err != nil {
			return "", err
		}
	}
	if flags&flagExtended != 0 {
		if extended, err = p.number(4); err != nil {
			return "", err
		}
	}
	text, err := p.letters(int(count), flags)
	if err != nil {
		return "", err
	}
	return text, p.skip(int64(runs)*4 + int64(extended))
}

// characters is a text of so many characters, with its flags in front.
func (p *pieces) characters(count int) (string, error) {
	flags, err := p.byte()
	if err != nil {
		return "", err
	}
	return p.letters(count, flags)
}

// letters reads characters. Where they go on in the next record, that begins
// with flags of its own.
func (p *pieces) letters(count int, flags byte) (string, error) {
	var units []uint16
	for len(units) < count {
		if len(p.data) == 0 {
			if err := p.fill(); err != nil {
				return "", err
			}
			flags, p.data = p.data[0], p.data[1:]
			continue
		}
		size := 1
		if flags&flagWide != 0 {
			size = 2
		}
		take := min(count-len(units), len(p.data)/size)
		if take == 0 {
			return "", errCut // half a character
		}
		for i := range take {
			unit := uint16(p.data[i*size])
			if size == 2 {
				unit |= uint16(p.data[i*size+1]) << 8
			}
			units = append(units, unit)
		}
		p.data = p.data[take*size:]
	}
	return string(utf16.Decode(units)), nil
}

// rkNumber is a number of thirty bits: a whole one or the head of a float, both
// perhaps a hundred times what is meant.
func rkNumber(rk uint32) float64 {
	value := float64(int32(rk) >> 2) //nolint:gosec // the sign is part of it
	if rk&2 == 0 {
		value = math.Float64frombits(uint64(rk&^3) << 32)
	}
	if rk&1 != 0 {
		value /= 100
	}
	return value
}

// biffCell is where a cell stands, and which record holds it.
type biffCell struct {
	row, column uint16
	style       uint16
	at          int // of the record
	offset      int // of the cell's own bytes in the record
}

// biffSource gives the rows of a sheet of an old workbook.
type biffSource struct {
	name   string
	book   *oldBook
	limits Limits
	list   []biffCell
	cells  []cell

	row           uint16
	hiddenRows    bool
	hiddenRow     map[uint16]bool
	hiddenColumns []interval
	merged        []Range
}

// survey lists the cells of the sheet that begins at a place of the stream.
func (s *biffSource) survey(at int) error {
	if at >= len(s.book.content) {
		return errCut
	}
	walk := &records{content: s.book.content, at: at}
	first, _, err := walk.next()
	if err != nil || first.kind != recBOF {
		return errors.Join(errors.New("a sheet does not begin where the workbook says"), err)
	}
	for depth := 1; ; {
		rec, more, err := walk.next()
		if err != nil {
			return err
		}
		if !more {
			return errCut
		}
		switch rec.kind {
		case recBOF: // a chart within the sheet
			depth++
		case recEOF:
			if depth--; depth == 0 {
				slices.SortStableFunc(s.list, func(a, b biffCell) int {
					return (int(a.row)<<16 | int(a.column)) - (int(b.row)<<16 | int(b.column))
				})
				return nil
			}
		default:
			if depth == 1 {
				if err := s.note(rec); err != nil {
					return err
				}
			}
		}
	}
}

// note keeps what one record says of the sheet.
func (s *biffSource) note(rec record) error {
	data := rec.data
	word := func(at int) uint16 { return binary.LittleEndian.Uint16(data[at:]) }
	need := map[uint16]int{
		recColInfo: 10, recRow: 16, recDefaultHeight: 2, recNumber: 14, recRK: 10, recMulRK: 12, recLabelSST: 10,
		recLabel: 9, recRString: 9, recBoolErr: 8, recFormula: 22,
	}[rec.kind]
	if len(data) < need {
		return fmt.Errorf("a record of kind %04x is too short", rec.kind)
	}
	switch rec.kind {
	case recColInfo:
		if word(8)&1 != 0 || word(4) == 0 {
			s.hiddenColumns = append(s.hiddenColumns, interval{int(word(0)), int(word(2))})
		}
	case recRow:
		s.hiddenRow[word(0)] = word(12)&0x20 != 0 || word(6)&0x7fff == 0
	case recDefaultHeight:
		s.hiddenRows = word(0)&2 != 0
	case recMergedCells:
		for at := 2; at+8 <= len(data) && len(s.merged) < mostMerged; at += 8 {
			s.merged = append(s.merged, Range{int(word(at)) + 1, int(word(at+2)) + 1, int(word(at + 4)), int(word(at + 6))})
		}
	case recMulRK:
		for i := 0; 4+(i+1)*6 <= len(data)-2; i++ {
			s.list = append(s.list, biffCell{word(0), word(2) + uint16(i), word(4 + i*6), rec.at, 4 + i*6}) //nolint:gosec // a record has at most 1,400 of them
		}
	case recNumber, recRK, recLabelSST, recLabel, recRString, recBoolErr, recFormula:
		s.list = append(s.list, biffCell{word(0), word(2), word(4), rec.at, 4})
	}
	return nil
}

func (s *biffSource) merges() []Range { return s.merged }

func (s *biffSource) rowHidden() bool {
	hidden, told := s.hiddenRow[s.row]
	return hidden || !told && s.hiddenRows
}

func (s *biffSource) columnHidden(i int) bool {
	return slices.ContainsFunc(s.hiddenColumns, func(h interval) bool { return i >= h.from && i <= h.to })
}

func (s *biffSource) next() (int, []cell, error) {
	if len(s.list) == 0 {
		return int(s.row) + 1, nil, io.EOF
	}
	s.row = s.list[0].row
	line := int(s.row) + 1
	s.cells = s.cells[:0]
	size := 0
	for len(s.list) > 0 && s.list[0].row == s.row {
		where := s.list[0]
		s.list = s.list[1:]
		value, err := s.cell(where)
		if err != nil {
			return line, nil, &FileError{File: s.name, Line: line, Reason: "is damaged here: " + err.Error(), Advice: adviceBook}
		}
		if size += len(value.text) + len(value.raw); size > s.limits.RowBytes {
			return line, nil, &FileError{File: s.name, Line: line, Reason: fmt.Sprintf("has a row longer than %d bytes", s.limits.RowBytes)}
		}
		for len(s.cells) < int(where.column) {
			s.cells = append(s.cells, cell{})
		}
		if len(s.cells) > int(where.column) {
			return line, nil, &FileError{File: s.name, Line: line, Reason: "has the cell " + letters(int(where.column)) + strconv.Itoa(line) + " twice", Advice: adviceBook}
		}
		s.cells = append(s.cells, value)
	}
	return line, s.cells, nil
}

// cell reads one cell out of its record.
func (s *biffSource) cell(where biffCell) (cell, error) {
	walk := &records{content: s.book.content, at: where.at}
	rec, _, err := walk.next()
	if err != nil {
		return cell{}, err
	}
	data := rec.data
	switch rec.kind {
	case recNumber:
		return s.number(where.style, math.Float64frombits(binary.LittleEndian.Uint64(data[6:]))), nil
	case recRK, recMulRK:
		return s.number(where.style, rkNumber(binary.LittleEndian.Uint32(data[where.offset+2:]))), nil
	case recLabelSST:
		i := int(binary.LittleEndian.Uint32(data[6:]))
		if i >= len(s.book.strings.ends) {
			return cell{}, fmt.Errorf("it has no text %d", i)
		}
		return textCell(s.book.strings.at(i)), nil
	case recLabel, recRString:
		text := &pieces{data: data[8:]}
		value, err := text.characters(int(binary.LittleEndian.Uint16(data[6:])))
		return textCell(value), err
	case recBoolErr:
		return boolOrError(data[6], data[7]), nil
	}
	return s.formula(data), nil
}

func (s *biffSource) number(style uint16, value float64) cell {
	var shown format
	if int(style) < len(s.book.formats) {
		shown = s.book.formats[style]
	}
	return numberCell(value, strconv.FormatFloat(value, 'f', -1, 64), shown, s.book.date1904)
}

func boolOrError(value, isError byte) cell {
	switch {
	case isError != 0:
		return cell{raw: fmt.Sprintf("error %d", value), reason: "is an error of the sheet"}
	case value != 0:
		return cell{text: "TRUE"}
	}
	return cell{text: "FALSE"}
}

// noNumber stands in a formula's result where that is no number.
const noNumber = 0xffff

// textToken begins a text within a formula.
const textToken = 0x17

// formula refuses what is computed, except for the guard ="...", which is
// nothing but a text.
func (s *biffSource) formula(data []byte) cell {
	tokens := data[22:]
	if size := int(binary.LittleEndian.Uint16(data[20:])); size <= len(tokens) {
		tokens = tokens[:size]
	}
	if len(tokens) > 2 && tokens[0] == textToken {
		text := &pieces{data: tokens[2:]}
		if value, err := text.characters(int(tokens[1])); err == nil && len(text.data) == 0 {
			return textCell(value)
		}
	}
	raw := ""
	if binary.LittleEndian.Uint16(data[12:]) != noNumber {
		raw = strconv.FormatFloat(math.Float64frombits(binary.LittleEndian.Uint64(data[6:])), 'f', -1, 64)
	}
	return cell{raw: raw, reason: reasonFormula}
}
