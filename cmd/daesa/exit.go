package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The exit codes of the contract.
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

// verdict gathers why a finished command does not end with 0.
type verdict struct {
	codes      []int
	reasons    []string
	keepOutput bool // stdout is written although the command failed: a verification shows what it found
}

func (v *verdict) add(code int, format string, values ...any) {
	v.codes = append(v.codes, code)
	v.reasons = append(v.reasons, fmt.Sprintf(format, values...))
}

func (v *verdict) code() int {
	for _, code := range codeOrder {
		if slices.Contains(v.codes, code) {
			return code
		}
	}
	return codeDone
}

// list gives the reasons for JSON: never null.
func (v *verdict) list() []string { return append([]string{}, v.reasons...) }

// softened applies --ok-codes.
func (a *app) softened(code int) int {
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

// hinter is an error that tells the operator the next step.
type hinter interface{ Hint() string }

type hintedError struct {
	error
	hint string
}

func (h *hintedError) Hint() string  { return h.hint }
func (h *hintedError) Unwrap() error { return h.error }

// usage is a mistake in how the command was called: exit code 2.
func usage(err error, hint string) error {
	return &coded{&hintedError{err, hint}, codeUsage}
}

// failed is an error with a next step: exit code 1.
func failed(hint, format string, values ...any) error {
	return &hintedError{fmt.Errorf(format, values...), hint}
}

func (a *app) codeOf(ctx context.Context, err error) int {
	var own *coded
	switch {
	case errors.As(err, &own):
		return own.code
	case ctx.Err() != nil:
		return codeInterrupted
	case strings.HasPrefix(err.Error(), "unknown command") || strings.Contains(err.Error(), "arg(s)") || strings.HasPrefix(err.Error(), "required flag"):
		return codeUsage
	default:
		return codeFailed
	}
}

// complain tells an error and its next step.
func (a *app) complain(err error) {
	fmt.Fprintf(a.stderr, "daesa: %v\n", err)
	var h hinter
	if errors.As(err, &h) && h.Hint() != "" && !strings.Contains(err.Error(), "hint:") {
		fmt.Fprintf(a.stderr, "hint: %s\n", h.Hint())
	}
}
