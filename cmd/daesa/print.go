package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"daesa/internal/terminal"
	"daesa/internal/written"
	"daesa/pay"
)

// ending is how a finished command ends; every JSON object has it.
type ending struct {
	ExitCode int      `json:"exit_code"`
	Reasons  []string `json:"reasons"`
}

// ending gives the verdict so far.
func (a *invocation) ending() ending {
	return ending{ExitCode: a.verdict.code(), Reasons: a.verdict.list()}
}

// orNull gives JSON's null for an absent text.
func orNull[T ~string](text T) *string {
	if text == "" {
		return nil
	}
	plain := string(text)
	return &plain
}

// timeOrNull writes a time as people and files see it; null where there is none.
func timeOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return orNull(pay.FormatTime(t))
}

// orElse is a text, or what stands for it where it is null.
func orElse(text *string, otherwise string) string {
	if text == nil {
		return otherwise
	}
	return *text
}

// dash stands for a text that is not there.
func dash(text string) string { return cmp.Or(text, "-") }

// shortTime writes a time for a column: to the minute, in Asia/Seoul.
func shortTime(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.In(pay.Seoul).Format("2006-01-02 15:04")
}

// amounts are sums by currency, as JSON has them; never nil.
func amounts(of map[pay.Currency]int64) map[string]int64 {
	sums := map[string]int64{}
	for currency, amount := range of {
		sums[string(currency)] = amount
	}
	return sums
}

// printAmounts writes one line for each currency.
func (a *invocation) printAmounts(what string, sums map[string]int64) {
	for _, currency := range slices.Sorted(maps.Keys(sums)) {
		a.printf("%s: %s\n", what, pay.Currency(currency).Spell(sums[currency]))
	}
}

// printReasons writes why the command does not end well.
func (a *invocation) printReasons() {
	for _, reason := range a.verdict.list() {
		a.printf("needs a person: %s\n", plain(reason))
	}
}

// listed writes the words among which one can choose.
func listed[T ~string](words []T) string {
	texts := make([]string, len(words))
	for i, word := range words {
		texts[i] = string(word)
	}
	return strings.Join(texts, ", ")
}

// oneOf refuses a flag's value that is none of the words. Empty is allowed: it
// chooses nothing.
func oneOf[T ~string](flag, value string, words []T) error {
	if value == "" || slices.Contains(words, T(value)) {
		return nil
	}
	return usage(fmt.Errorf("%s %s: no such word", flag, plain(value)), "use one of "+listed(words))
}

// plain makes text from outside fit for a terminal.
func plain(text string) string { return written.Shown(text) }

// printTable writes rows under a header. A column whose header begins with ">"
// stands to the right.
func (a *invocation) printTable(header []string, rows [][]string) {
	terminal.Table(&a.out, header, rows)
}

// printList writes the rows of a list, and how many there are.
func (a *invocation) printList(header []string, rows [][]string, count string) {
	if len(rows) > 0 {
		a.printTable(header, rows)
	}
	a.printf("%s\n", count)
}

// printFields writes names and values, without the absent ones.
func (a *invocation) printFields(fields [][2]string) { terminal.Fields(&a.out, fields) }

// newProgress shows how far a command is; nil where nobody watches.
func (a *invocation) newProgress() *terminal.Progress {
	if !a.terminal {
		return nil
	}
	return terminal.NewProgress(a.stderr, a.clock)
}

// timeOrNothing writes a time in full, and nothing where there is none.
func timeOrNothing(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return pay.FormatTime(t)
}

// each turns every element of a list into another thing; never nil, so that
// JSON has an empty array.
func each[A, B any](list []A, into func(A) B) []B {
	out := make([]B, len(list))
	for i, element := range list {
		out[i] = into(element)
	}
	return out
}
