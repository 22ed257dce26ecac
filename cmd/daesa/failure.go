package main

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"daesa/config"
	"daesa/internal/hint"
)

// problem is what went wrong, as programs read it. Where a command shows what
// it found and fails all the same, it stands beside that.
type problem struct {
	Error string       `json:"error"`
	Hint  *string      `json:"hint"`
	Code  string       `json:"code"` // a stable word: usage, configuration, unknown_id, bad_rows, database_away ...
	Rows  []rowProblem `json:"rows"`
}

// failureDocument is the JSON of a command that failed.
type failureDocument struct {
	problem
	ExitCode int `json:"exit_code"`
}

// rowProblem is a row of a file, or a place of the configuration, that cannot be
// taken.
type rowProblem struct {
	File   *string `json:"file"`
	Sheet  *string `json:"sheet"`
	Line   *int    `json:"line"`
	Column *string `json:"column"`
	Value  *string `json:"value"`
	Reason string  `json:"reason"`
}

// The words of errors that have none of their own, by their exit code.
var codeWords = map[int]string{codeFailed: "failed", codeUsage: "usage", codeInterrupted: "interrupted"}

// newProblem tells an error that ends a command with an exit code.
func newProblem(err error, code int) problem {
	return problem{Error: err.Error(), Hint: orNull(hint.Of(err)), Code: cmp.Or(hint.WordOf(err), codeWords[code]), Rows: each(rowsOf(err), newRowProblem)}
}

func newRowProblem(r hint.Row) rowProblem {
	row := rowProblem{File: orNull(r.File), Sheet: orNull(r.Sheet), Column: orNull(r.Column), Value: orNull(r.Value), Reason: r.Reason}
	if r.Line > 0 {
		row.Line = &r.Line
	}
	return row
}

// rowsOf are the rows that an error is about. A fault of the configuration is
// one too: its path is the column.
func rowsOf(err error) []hint.Row {
	var faults *config.Faults
	if !errors.As(err, &faults) {
		return hint.RowsOf(err)
	}
	return each(faults.List, func(f config.Fault) hint.Row {
		return hint.Row{File: faults.File, Line: f.Line, Column: f.Path, Value: f.Value, Reason: f.Reason + ": " + f.Hint}
	})
}

// fail ends a command that failed: on stderr for people, with --json on stdout
// for programs, unless it shows there what it found.
func (a *invocation) fail(err error, code int, arguments []string) error {
	a.complain(err)
	if a.verdict.keepOutput {
		return nil
	}
	a.out.Reset()
	if !a.wantsJSON(arguments) {
		return nil
	}
	return a.printJSON(failureDocument{newProblem(err, code), code})
}

// wantsJSON says whether the command line asks for JSON, also where it is so
// wrong that its flags were not read.
func (a *invocation) wantsJSON(arguments []string) bool {
	if a.prepared {
		return a.json
	}
	if end := slices.Index(arguments, "--"); end >= 0 {
		arguments = arguments[:end]
	}
	return slices.ContainsFunc(arguments, func(word string) bool {
		return word == "--json" || strings.EqualFold(word, "--json=true") || word == "--json=1"
	})
}

// usageOfArguments makes what a command says of its arguments a mistake in how
// it was called, whatever its words.
func usageOfArguments(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, arguments []string) error {
			if err := check(cmd, arguments); err != nil {
				return usage(err, cmd.CommandPath()+" --help shows what it takes")
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		usageOfArguments(sub)
	}
}
