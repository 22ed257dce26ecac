package table

import (
	"cmp"
	"fmt"
	"strings"

	"daesa/internal/hint"
)

// Fault is what is wrong with one row, or with one cell of it. Reading goes on
// after it. File is empty for rows that come from no file.
type Fault struct {
	File   string
	Sheet  string // empty in a CSV file
	Line   int    // the first physical line of a CSV row, the row number of a sheet
	Cell   string // F12 in a sheet; empty in a CSV file
	Column string // the column's name; empty where the row as a whole is wrong
	Title  string // as the file has it, where that is not the name
	Value  string
	Reason string
	Korean string // the reason in Korean, where whoever found it says it so
}

// Error is FILE:LINE: column "amount": "1,000": the reason.
func (f *Fault) Error() string {
	var text strings.Builder
	if f.File == "" {
		fmt.Fprintf(&text, "row %d: ", f.Line)
	} else {
		fmt.Fprintf(&text, "%s:%d: ", f.File, f.Line)
	}
	text.WriteString(f.Brief())
	return text.String()
}

// Brief is the fault without its file and line.
func (f *Fault) Brief() string {
	var text strings.Builder
	if f.Column != "" {
		fmt.Fprintf(&text, "column %q", cmp.Or(f.Title, f.Column))
		if f.Cell != "" {
			fmt.Fprintf(&text, " (%s)", f.Cell)
		}
		text.WriteString(": ")
	}
	if f.Value != "" {
		fmt.Fprintf(&text, "%q: ", clip(f.Value))
	}
	text.WriteString(f.Reason)
	return text.String()
}

// Rows is the fault for programs.
func (f *Fault) Rows() []hint.Row {
	return []hint.Row{{File: f.File, Sheet: f.Sheet, Line: f.Line, Column: cmp.Or(f.Title, f.Column), Value: f.Value, Reason: f.Reason}}
}

// Word is what programs read of an error about rows.
func (f *Fault) Word() string { return wordRows }

const (
	wordRows = "bad_rows" // rows of a file cannot be taken
	wordFile = "bad_file" // a file cannot be read at all, or no further
)

// Briefs are all of them on one line, without their places.
func (f Faults) Briefs() string {
	briefs := make([]string, len(f))
	for i, fault := range f {
		briefs[i] = fault.Brief()
	}
	return strings.Join(briefs, "; ")
}

// Faults are several of them, in the order in which they were met.
type Faults []*Fault

// faultsShown is how many faults an error text lists before it only counts.
const faultsShown = 20

// Error lists the first twenty, one on each line, and counts the rest.
func (f Faults) Error() string {
	lines := make([]string, 0, min(len(f), faultsShown)+1)
	for i, fault := range f {
		if i == faultsShown {
			lines = append(lines, fmt.Sprintf("and %d more", len(f)-faultsShown))
			break
		}
		lines = append(lines, fault.Error())
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives every fault to errors.As.
func (f Faults) Unwrap() []error {
	list := make([]error, len(f))
	for i, fault := range f {
		list[i] = fault
	}
	return list
}

// FileError says that a file cannot be read, or cannot be read further.
// Nothing that comes after it can be trusted.
type FileError struct {
	File   string
	Sheet  string // "": none, or the file as a whole
	Line   int    // 0: the file as a whole
	Reason string
	Advice string
	// Doubled are the columns for which the header has two titles, where that is
	// why the file cannot be read.
	Doubled []Doubled

	several bool // the file has more sheets that people see
}

// Doubled is a column for which a header has two titles: only a person knows
// which of them is meant.
type Doubled struct {
	Column        string
	First, Second string // the titles, as the file has them

	places [2]string
}

// refuseDoubled names all columns of which there are two.
func (r *Reader) refuseDoubled(line int) error {
	reasons := make([]string, len(r.doubled))
	for i, d := range r.doubled {
		reasons[i] = fmt.Sprintf("two columns are the %s: %s (%s) and %s (%s)", d.Column, d.places[0], d.First, d.places[1], d.Second)
	}
	return &FileError{File: r.name, Line: line, Doubled: r.doubled, Advice: "keep one of the two, or name the right one in a profile", Reason: strings.Join(reasons, "; ")}
}

// Error is FILE:LINE: the reason; with the sheet where there are several.
func (e *FileError) Error() string {
	if e.several && e.Sheet != "" {
		place := e.Sheet
		if e.Line > 0 {
			place = fmt.Sprintf("%s!%d", e.Sheet, e.Line)
		}
		return fmt.Sprintf("%s (%s): %s", e.File, place, e.Reason)
	}
	if e.Line > 0 {
		return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Reason)
	}
	return fmt.Sprintf("%s: %s", e.File, e.Reason)
}

// Hint says what a person should do next; empty where nothing helps.
func (e *FileError) Hint() string { return e.Advice }

// Word is what programs read.
func (e *FileError) Word() string { return wordFile }

// Rows is the place at which the file cannot be read.
func (e *FileError) Rows() []hint.Row {
	return []hint.Row{{File: e.File, Sheet: e.Sheet, Line: e.Line, Reason: e.Reason}}
}

// valueShown is how many characters of a value an error text repeats.
const valueShown = 60

func clip(text string) string {
	if runes := []rune(text); len(runes) > valueShown {
		return string(runes[:valueShown]) + "…"
	}
	return text
}

// bytesText writes a number of bytes as people do.
func bytesText(n int64) string {
	switch {
	case n >= 1<<30 && n%(1<<30) == 0:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}
