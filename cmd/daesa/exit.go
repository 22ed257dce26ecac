package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"daesa/app"
	"daesa/internal/hint"
)

// The exit codes of docs/contract.md 1.
const (
	codeDone        = 0
	codeFailed      = 1
	codeUsage       = 2
	codePerson      = 3
	codeUnknown     = 4
	codeIncomplete  = 5
	codeInterrupted = 130
)

// codeOrder is which code wins where several apply.
var codeOrder = []int{codeFailed, codeUnknown, codeIncomplete, codePerson}

// codesOfEndings are the exit codes of commands that finished, but not well.
var codesOfEndings = map[app.Ending]int{
	app.EndedFailed: codeFailed, app.EndedUnknown: codeUnknown,
	app.EndedIncomplete: codeIncomplete, app.EndedPerson: codePerson,
}

// verdict gathers why a finished command does not end with 0.
type verdict struct {
	app.Outcome
	keepOutput bool // stdout is written although the command failed: a verification shows what it found
}

func (v *verdict) code() int {
	for _, code := range codeOrder {
		if slices.ContainsFunc(v.Reasons, func(r app.Reason) bool { return codesOfEndings[r.Ending] == code }) {
			return code
		}
	}
	return codeDone
}

// list gives the reasons for JSON: never null.
func (v *verdict) list() []string {
	return each(v.Reasons, func(r app.Reason) string { return r.Text })
}

// softened applies --ok-codes.
func (a *invocation) softened(code int) int {
	if slices.Contains(a.okCodes, code) {
		return codeDone
	}
	return code
}

// coded is an error with an exit code of its own.
type coded struct {
	error
	code int
}

func (c *coded) Unwrap() error { return c.error }

// usage is a mistake in how the command was called: exit code 2.
func usage(err error, next string) error {
	return &coded{hint.With(err, next), codeUsage}
}

// endingOf is the ending of an exit code; "" for every code that is of none.
func endingOf(code int) app.Ending {
	for ending, of := range codesOfEndings {
		if of == code {
			return ending
		}
	}
	return ""
}

// failed is an error with a next step: exit code 1.
func failed(next, format string, values ...any) error {
	return hint.Errorf(next, format, values...)
}

// codeOf is the exit code of a command that failed.
func (a *invocation) codeOf(ctx context.Context, err error) int {
	var own *coded
	var asked *app.AskedError
	switch {
	case errors.As(err, &own):
		return own.code
	case errors.As(err, &asked):
		return codeUsage
	case ctx.Err() != nil:
		return codeInterrupted
	default:
		return codeFailed
	}
}

// complain tells an error and its next step.
func (a *invocation) complain(err error) {
	fmt.Fprintf(a.stderr, "daesa: %v\n", err)
	if next := hint.Of(err); next != "" {
		fmt.Fprintf(a.stderr, "hint: %s\n", next)
	}
}
