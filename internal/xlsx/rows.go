package xlsx

import (
	"io"
	"strconv"
	"strings"
)

// Row is one row of a sheet: its cells from column A on, and its height in
// points; 0: the program's own.
type Row struct {
	Height int
	Cells  []Cell
}

// rowWriter writes rows as a sheet's XML. Every cell says where it stands
// (r=), since some readers count otherwise. A list has ten million cells: they
// are put together without an allocation for each.
type rowWriter struct {
	to      io.Writer
	next    int      // the number of the next row, from 1
	number  []byte   // of the row that is written
	columns []string // how a cell of each column begins
	line    []byte   // what is not yet written
	err     error
}

// mostUnwritten is how many bytes wait before they are written.
const mostUnwritten = 1 << 16

func newRowWriter(to io.Writer) *rowWriter {
	return &rowWriter{to: to, next: 1, line: make([]byte, 0, 2*mostUnwritten)}
}

func (w *rowWriter) write(r Row) {
	w.number = strconv.AppendInt(w.number[:0], int64(w.next), 10)
	w.next++
	for len(w.columns) < len(r.Cells) {
		w.columns = append(w.columns, `<c r="`+columnName(len(w.columns)+1))
	}
	line := append(append(append(w.line, `<row r="`...), w.number...), '"')
	if r.Height > 0 {
		line = append(strconv.AppendInt(append(line, ` ht="`...), int64(r.Height), 10), `" customHeight="1"`...)
	}
	line = append(line, '>')
	for i := range r.Cells {
		line = w.cell(line, i, &r.Cells[i])
	}
	line = append(line, `</row>`...)
	w.line = line
	if len(line) >= mostUnwritten {
		w.drain()
	}
}

func (w *rowWriter) cell(line []byte, column int, c *Cell) []byte {
	if c.kind == cellBlank && c.style == 0 {
		return line
	}
	line = append(append(append(line, w.columns[column]...), w.number...), `" s="`...)
	line = strconv.AppendInt(line, int64(c.style), 10)
	switch {
	case c.kind == cellBlank:
		return append(line, `"/>`...)
	case c.kind == cellNumber && c.formula == "":
		return append(append(append(line, `"><v>`...), c.value...), `</v></c>`...)
	case c.formula != "":
		if c.kind != cellNumber {
			line = append(line, `" t="str`...)
		}
		line = append(escaped(append(line, `"><f>`...), c.formula), `</f><v>`...)
		return append(escaped(line, c.value), `</v></c>`...)
	default:
		line = append(line, `" t="inlineStr"><is><t`...)
		if c.value != "" && (c.value[0] <= ' ' || c.value[len(c.value)-1] <= ' ') {
			line = append(line, ` xml:space="preserve"`...)
		}
		return append(escaped(append(line, '>'), c.value), `</t></is></c>`...)
	}
}

func (w *rowWriter) drain() {
	if w.err == nil {
		_, w.err = w.to.Write(w.line)
	}
	w.line = w.line[:0]
}

func (w *rowWriter) flush() error {
	w.drain()
	return w.err
}

var xmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

// escaped adds a text in a form that is fit for XML, and keeps a text such as
// _x0041_ as it is: a workbook would read it as the letter A.
func escaped(line []byte, value string) []byte {
	for i := range len(value) {
		if c := value[i]; c == '&' || c == '<' || c == '>' || c == '"' || (c == '_' && isCode(value[i:])) {
			return append(line, xmlEscapes.Replace(escapeCodes(value))...)
		}
	}
	return append(line, value...)
}

func escapeCodes(value string) string {
	var b strings.Builder
	for i := range len(value) {
		if isCode(value[i:]) {
			b.WriteString("_x005F")
		}
		b.WriteByte(value[i])
	}
	return b.String()
}

// isCode says whether a text begins with _xHHHH_.
func isCode(value string) bool {
	const length = len("_x0000_")
	if len(value) < length || value[0] != '_' || value[1] != 'x' || value[6] != '_' {
		return false
	}
	for _, c := range []byte(value[2:6]) {
		if !strings.ContainsRune("0123456789abcdefABCDEF", rune(c)) {
			return false
		}
	}
	return true
}
