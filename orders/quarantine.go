package orders

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// The columns that a quarantine file has besides those of its rows.
const (
	fileColumn   = "file"
	lineColumn   = "line"
	reasonColumn = "reason"
)

var quarantineColumns = []string{fileColumn, lineColumn, reasonColumn}

// Quarantine writes refused rows to a CSV file that a person mends and imports
// again. The file appears whole, when it is committed, or not at all.
type Quarantine struct {
	path   string
	temp   *os.File
	buffer *bufio.Writer
	writer *csv.Writer
	titles []string
	index  map[string]int
	count  int
}

// NewQuarantine prepares path for the bad rows of some files: their columns,
// with file, line and reason. It refuses to write over one of the files.
func NewQuarantine(path string, files ...*File) (*Quarantine, error) {
	q := &Quarantine{path: path, index: map[string]int{}}
	for _, file := range files {
		if same(path, file.Name()) {
			return nil, fmt.Errorf("quarantine %s: is itself an order file", path)
		}
		for _, title := range file.header {
			q.addTitle(title)
		}
	}
	q.titles = append(q.titles, quarantineColumns...)
	temp, err := os.CreateTemp(filepath.Dir(path), ".quarantine-*") // 0600
	if err != nil {
		return nil, fmt.Errorf("quarantine: %w", err)
	}
	q.temp = temp
	q.buffer = bufio.NewWriter(temp)
	q.writer = csv.NewWriter(q.buffer)
	// Excel takes a CSV file for UTF-8 only when it begins with this mark.
	_, markErr := q.buffer.WriteString("\ufeff")
	if err := errors.Join(markErr, q.write(q.titles)); err != nil {
		return nil, errors.Join(err, q.Discard())
	}
	return q, nil
}

func same(path, other string) bool {
	a, errA := os.Stat(path)
	b, errB := os.Stat(other)
	return errA == nil && errB == nil && os.SameFile(a, b)
}

// addTitle takes a column over, once, and none of a former quarantine's own.
func (q *Quarantine) addTitle(title string) {
	key := strings.ToLower(title)
	if _, known := q.index[key]; known || title == "" || slices.Contains(quarantineColumns, key) {
		return
	}
	q.index[key] = len(q.titles)
	q.titles = append(q.titles, title)
}

// Add writes one bad row. A row whose fields do not fit the header is written
// into the reason only: shifted by one column it could pass when it is imported
// again.
func (q *Quarantine) Add(row *BadRow) error {
	record := make([]string, len(q.titles))
	reason, header := row.reason(), row.Header
	if row.misshapen() {
		reason, header = reason+": "+strings.Join(row.Cells, ","), nil
	}
	for i, title := range header {
		if at, known := q.index[strings.ToLower(title)]; known && i < len(row.Cells) {
			record[at] = row.Cells[i]
		}
	}
	tail := record[len(record)-len(quarantineColumns):]
	tail[0], tail[1], tail[2] = row.File, strconv.Itoa(row.Line), reason
	q.count++
	return q.write(record)
}

func (q *Quarantine) write(record []string) error {
	for i := range record {
		record[i] = escape(record[i])
	}
	if err := q.writer.Write(record); err != nil {
		return fmt.Errorf("quarantine %s: %w", q.path, err)
	}
	return nil
}

// Commit puts the file in its place and gives the number of its rows. Without
// a bad row the file has only its header, so that no older one is taken for
// today's.
func (q *Quarantine) Commit() (rows int, err error) {
	q.writer.Flush()
	err = errors.Join(q.writer.Error(), q.buffer.Flush(), q.temp.Sync(), q.temp.Close())
	if err == nil {
		err = os.Rename(q.temp.Name(), q.path)
	}
	if err != nil {
		return 0, errors.Join(fmt.Errorf("quarantine %s: %w", q.path, err), os.Remove(q.temp.Name()))
	}
	folder, err := os.Open(filepath.Dir(q.path))
	if err != nil {
		return q.count, err
	}
	return q.count, errors.Join(folder.Sync(), folder.Close())
}

// Discard removes what was written. After Commit it does nothing.
func (q *Quarantine) Discard() error {
	if err := q.temp.Close(); errors.Is(err, os.ErrClosed) {
		return nil
	}
	return os.Remove(q.temp.Name())
}

// formulaStarts are the characters by which a spreadsheet program takes a CSV
// field for a formula.
const formulaStarts = "=+-@\t\r\n\x00"

// escape puts an apostrophe before a text that could become a formula, and
// before one that already looks escaped, so that unescape is its inverse.
func escape(text string) string {
	if bare := strings.TrimLeft(text, "'"); bare != "" && strings.IndexByte(formulaStarts, bare[0]) >= 0 {
		return "'" + text
	}
	return text
}

func unescape(text string) string {
	if bare := strings.TrimLeft(text, "'"); bare != "" && bare != text && strings.IndexByte(formulaStarts, bare[0]) >= 0 {
		return text[1:]
	}
	return text
}
