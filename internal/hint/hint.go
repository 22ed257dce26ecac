// Package hint is an error with what to do next: a sentence for the operator,
// and a word for programs. Both travel through wrapping; neither is ever read
// back out of a text.
package hint

import (
	"errors"
	"fmt"
)

// Error is an error that knows the next step. It keeps the error below it for
// errors.Is and errors.As.
type Error struct {
	err  error
	next string
	word string
}

// Error is the text of the error below.
func (e *Error) Error() string { return e.err.Error() }

// Unwrap gives the error below.
func (e *Error) Unwrap() error { return e.err }

// Hint says what a person does next; "" where nothing helps.
func (e *Error) Hint() string { return e.next }

// Word is what programs read: lower case, stable, such as "unknown_id"; "" where
// the error has none of its own.
func (e *Error) Word() string { return e.word }

// New makes an error of a text and the next step.
func New(text, next string) error { return &Error{err: errors.New(text), next: next} }

// Errorf makes an error of a format, as fmt.Errorf does, and the next step.
func Errorf(next, format string, values ...any) error {
	return &Error{err: fmt.Errorf(format, values...), next: next}
}

// With gives an error the next step. No error stays none.
func With(err error, next string) error {
	if err == nil {
		return nil
	}
	return &Error{err: err, next: next}
}

// Called gives an error a word for programs. No error stays none.
func Called(word string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{err: err, word: word}
}

// Of is the next step of an error: the outermost that is not empty. "" where
// nobody said any. An error of any type says it by a method Hint() string.
func Of(err error) string {
	return first(err, func(err error) string {
		if h, ok := err.(interface{ Hint() string }); ok { //nolint:errorlint // the walk unwraps
			return h.Hint()
		}
		return ""
	})
}

// WordOf is an error's word for programs: the outermost that is not empty. ""
// where it has none. An error of any type says it by a method Word() string.
func WordOf(err error) string {
	return first(err, func(err error) string {
		if w, ok := err.(interface{ Word() string }); ok { //nolint:errorlint // the walk unwraps
			return w.Word()
		}
		return ""
	})
}

// A Row is one row of a file that could not be taken, as programs read it. What
// is not known is empty.
type Row struct {
	File   string
	Sheet  string
	Line   int // from 1; 0: the file as a whole
	Column string
	Value  string
	Reason string
}

// RowsOf are the rows that an error is about, in the order in which they were
// met. An error of any type says them by a method Rows() []Row.
func RowsOf(err error) []Row {
	var rows []Row
	walk(err, func(err error) bool {
		if r, ok := err.(interface{ Rows() []Row }); ok { //nolint:errorlint // the walk unwraps
			rows = append(rows, r.Rows()...)
			return false // what it wraps are the same rows
		}
		return true
	})
	return rows
}

// first gives the first text along an error's chain that is not empty.
func first(err error, of func(error) string) string {
	found := ""
	walk(err, func(err error) bool {
		if found == "" {
			found = of(err)
		}
		return found == ""
	})
	return found
}

// walk calls visit for an error and all below it, outermost first, also where
// several were joined; not below one for which visit says no.
func walk(err error, visit func(error) bool) {
	if err == nil || !visit(err) {
		return
	}
	switch wrapped := err.(type) { //nolint:errorlint // this is the walk
	case interface{ Unwrap() error }:
		walk(wrapped.Unwrap(), visit)
	case interface{ Unwrap() []error }:
		for _, each := range wrapped.Unwrap() {
			walk(each, visit)
		}
	}
}
