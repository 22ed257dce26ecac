package app

import "fmt"

// Ending is how a command that finished ended, beside well. The command line
// makes an exit code of it.
type Ending string

// The endings.
const (
	EndedFailed     Ending = "failed"     // a part of the work could not be done
	EndedUnknown    Ending = "unknown"    // nobody knows whether a refund was made
	EndedIncomplete Ending = "incomplete" // not everything could be read
	EndedPerson     Ending = "person"     // a person must look or decide
)

// Outcome gathers why a command does not end well. Its zero value is a command
// that does.
type Outcome struct{ Reasons []Reason }

// Reason is one of them, in a sentence for people and for JSON.
type Reason struct {
	Ending Ending
	Text   string
}

// Add notes a reason.
func (o *Outcome) Add(ending Ending, format string, values ...any) {
	o.Reasons = append(o.Reasons, Reason{ending, fmt.Sprintf(format, values...)})
}

// AddSchema adds that the database's schema is not the program's.
func (o *Outcome) AddSchema(have, want int64) {
	switch {
	case have > want:
		o.Add(EndedFailed, "the schema is newer than this program: install the daesa that changed it")
	case have < want:
		o.Add(EndedFailed, "the schema is older than this program: run daesa migrate")
	}
}

// Warn tells the operator something while a command goes on: what happened, and
// what to do next; next may be "".
type Warn func(text, next string)
