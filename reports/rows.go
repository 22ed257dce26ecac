package reports

import (
	"bufio"
	"io"
	"strconv"
	"strings"
)

// row is one row of a sheet: its cells from column A on, and its height in
// points.
type row struct {
	height int
	cells  []cell
}

// rowWriter writes rows as a sheet's XML. Every cell says where it stands
// (r=), since some readers count otherwise.
type rowWriter struct {
	to   *bufio.Writer
	next int // the number of the next row, from 1
	err  error
}

func newRowWriter(to io.Writer) *rowWriter {
	return &rowWriter{to: bufio.NewWriterSize(to, 1<<16), next: 1}
}

func (w *rowWriter) write(r row) {
	number := strconv.Itoa(w.next)
	w.next++
	w.put(`<row r="`, number, `"`)
	if r.height > 0 {
		w.put(` ht="`, strconv.Itoa(r.height), `" customHeight="1"`)
	}
	w.put(`>`)
	for i := range r.cells {
		w.cell(&r.cells[i], columnName(i+1), number)
	}
	w.put(`</row>`)
}

func (w *rowWriter) cell(c *cell, column, number string) {
	if c.kind == cellBlank && c.style == 0 {
		return
	}
	w.put(`<c r="`, column, number, `" s="`, strconv.Itoa(c.style), `"`)
	switch {
	case c.kind == cellBlank:
		w.put(`/>`)
		return
	case c.kind == cellNumber:
		w.put(`>`)
	case c.formula != "":
		w.put(` t="str">`)
	default:
		w.put(` t="inlineStr"><is><t xml:space="preserve">`, escape(c.value), `</t></is></c>`)
		return
	}
	if c.formula != "" {
		w.put(`<f>`, escape(c.formula), `</f>`)
	}
	w.put(`<v>`, escape(c.value), `</v></c>`)
}

func (w *rowWriter) put(parts ...string) {
	for _, part := range parts {
		if w.err == nil {
			_, w.err = w.to.WriteString(part)
		}
	}
}

func (w *rowWriter) flush() error {
	if w.err != nil {
		return w.err
	}
	return w.to.Flush()
}

var xmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

// escape makes a text fit for XML, and keeps a text such as _x0041_ as it is:
// a workbook would read it as the letter A.
func escape(value string) string {
	if strings.Contains(value, "_x") {
		value = escapeCodes(value)
	}
	return xmlEscapes.Replace(value)
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

// columnName is A for 1, AA for 27.
func columnName(column int) string {
	if column <= 26 {
		return string(rune('A' + column - 1))
	}
	return columnName((column-1)/26) + string(rune('A'+(column-1)%26))
}

// at is the reference of a cell: at(2, 3) is B3.
func at(column, row int) string { return columnName(column) + strconv.Itoa(row) }
