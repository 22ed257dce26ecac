package table

import (
	"bufio"
	"daesa/internal/wholefile"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// Aside writes refused rows to a CSV file that a person mends and brings again:
// the titles of the files that they come from, then columns of its own. The file
// appears whole, when it is committed, or not at all; it is the owner's alone
// (0600), since rows may hold accounts.
type Aside struct {
	path   string
	file   *wholefile.File
	buffer *bufio.Writer
	writer *csv.Writer
	titles []string
	own    []string
	index  map[string]int
	count  int
}

// NewAside prepares path for rows of some files. It refuses to write over one of
// them. own are the titles of its own columns, in lower case.
func NewAside(path string, own []string, files ...*Layout) (*Aside, error) {
	a := &Aside{path: path, own: own, index: map[string]int{}}
	for _, file := range files {
		if same(path, file.Name()) {
			return nil, fmt.Errorf("quarantine %s: is itself a file that is read", path)
		}
		for _, title := range file.header {
			a.addTitle(title)
		}
	}
	a.titles = append(a.titles, own...)
	file, err := wholefile.Create(path)
	if err != nil {
		return nil, fmt.Errorf("quarantine: %w", err)
	}
	a.file = file
	a.buffer = bufio.NewWriter(file)
	a.writer = csv.NewWriter(a.buffer)
	// Excel takes a CSV file for UTF-8 only when it begins with this mark.
	_, markErr := a.buffer.WriteString(markUTF8)
	if err := errors.Join(markErr, a.write(slices.Clone(a.titles))); err != nil {
		return nil, errors.Join(err, a.Discard())
	}
	return a, nil
}

func same(path, other string) bool {
	a, errA := os.Stat(path)
	b, errB := os.Stat(other)
	return errA == nil && errB == nil && os.SameFile(a, b)
}

// addTitle takes a column over, once, and none of a former file's own.
func (a *Aside) addTitle(title string) {
	key := strings.ToLower(title)
	if _, known := a.index[key]; known || title == "" || slices.Contains(a.own, key) {
		return
	}
	a.index[key] = len(a.titles)
	a.titles = append(a.titles, title)
}

// Add writes one row: its cells under their titles (nil: none fit), and the
// values of the columns of its own.
func (a *Aside) Add(header, cells []string, own ...string) error {
	record := make([]string, len(a.titles))
	for i, title := range header {
		if at, known := a.index[strings.ToLower(title)]; known && i < len(cells) {
			record[at] = cells[i]
		}
	}
	copy(record[len(record)-len(a.own):], own)
	a.count++
	return a.write(record)
}

func (a *Aside) write(record []string) error {
	for i := range record {
		record[i] = guardFormula(record[i])
	}
	if err := a.writer.Write(record); err != nil {
		return fmt.Errorf("quarantine %s: %w", a.path, err)
	}
	return nil
}

// Commit puts the file in its place and gives the number of its rows. Without a
// row the file has only its header, so that no older one is taken for today's.
func (a *Aside) Commit() (rows int, err error) {
	a.writer.Flush()
	if err = errors.Join(a.writer.Error(), a.buffer.Flush()); err != nil {
		return 0, errors.Join(fmt.Errorf("quarantine %s: %w", a.path, err), a.file.Discard())
	}
	if err := a.file.Commit(); err != nil {
		return 0, fmt.Errorf("quarantine %s: %w", a.path, err)
	}
	return a.count, nil
}

// Discard removes what was written. After Commit it does nothing.
func (a *Aside) Discard() error { return a.file.Discard() }

// formulaStarts are the characters by which a spreadsheet program takes a CSV
// field for a formula.
const formulaStarts = "=+-@\t\r\n\x00"

// guardFormula puts an apostrophe before a text that could become a formula, and
// before one that already looks guarded, so that unguardFormula is its inverse.
func guardFormula(text string) string {
	if bare := strings.TrimLeft(text, "'"); bare != "" && strings.IndexByte(formulaStarts, bare[0]) >= 0 {
		return "'" + text
	}
	return text
}

func unguardFormula(text string) string {
	if bare := strings.TrimLeft(text, "'"); bare != "" && bare != text && strings.IndexByte(formulaStarts, bare[0]) >= 0 {
		return text[1:]
	}
	return text
}

// fromAside says whether the file was written by an Aside with these columns.
func (l *Layout) fromAside(own []string) bool {
	return len(own) > 0 && !slices.ContainsFunc(own, func(title string) bool { return !l.Has(title) })
}
