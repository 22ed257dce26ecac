package signers

import (
	"fmt"
	"strings"
)

// Fault is one thing that is wrong with a file.
type Fault struct {
	Line, Column int    // from 1, in characters; both 0: of the file as a whole
	Value        string // what stands there; "" where nothing does, or it must not be repeated
	Reason       string
	Hint         string
}

// Faults is every fault of one file, in its order.
type Faults struct {
	File string
	List []Fault
}

// Error prints one block for each fault, each with a line "hint:".
func (f *Faults) Error() string {
	var b strings.Builder
	plural := "s"
	if len(f.List) == 1 {
		plural = ""
	}
	fmt.Fprintf(&b, "%d fault%s in %s", len(f.List), plural, f.File)
	for _, fault := range f.List {
		b.WriteString("\n" + f.File)
		if fault.Line > 0 {
			fmt.Fprintf(&b, ":%d:%d", fault.Line, fault.Column)
		}
		b.WriteString(": " + fault.Reason)
		if fault.Value != "" {
			b.WriteString("\n  value: " + shown(fault.Value))
		}
		b.WriteString("\n  hint: " + fault.Hint)
	}
	return b.String()
}

// Word is what programs read of it.
func (f *Faults) Word() string { return "signers_file" }

func (f *Faults) add(line, column int, value, reason, hint string) {
	f.List = append(f.List, Fault{line, column, value, reason, hint})
}

// err is every fault so far, or nil.
func (f *Faults) err() error {
	if len(f.List) == 0 {
		return nil
	}
	return f
}
