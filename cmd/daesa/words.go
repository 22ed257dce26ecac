package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

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

// shortTime writes a time for a column: to the minute, in Asia/Seoul.
func shortTime(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.In(pay.Seoul).Format("2006-01-02 15:04")
}

// amountOrDash writes money that one side may not know of.
func amountOrDash(currency pay.Currency, units *int64) string {
	if units == nil {
		return "-"
	}
	return currency.Spell(*units)
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

// width is the number of a terminal's columns that a text takes: Korean,
// Chinese and Japanese letters take two.
func width(text string) int {
	columns := 0
	for _, r := range text {
		columns++
		if unicode.In(r, unicode.Hangul, unicode.Han, unicode.Hiragana, unicode.Katakana) {
			columns++
		}
	}
	return columns
}

// printTable writes rows under a header. A column whose header begins with
// ">" stands to the right.
func (a *invocation) printTable(header []string, rows [][]string) {
	widths := make([]int, len(header))
	right := make([]bool, len(header))
	titles := make([]string, len(header))
	for i, title := range header {
		titles[i], right[i] = strings.CutPrefix(title, ">")
	}
	table := append([][]string{titles}, rows...)
	for _, row := range table {
		for i, cell := range row {
			widths[i] = max(widths[i], width(plain(cell)))
		}
	}
	for _, row := range table {
		var line strings.Builder
		for i, cell := range row {
			cell = plain(cell)
			space := strings.Repeat(" ", widths[i]-width(cell))
			if right[i] {
				line.WriteString(space + cell + "  ")
				continue
			}
			line.WriteString(cell + space + "  ")
		}
		a.printf("%s\n", strings.TrimRight(line.String(), " "))
	}
}

// field is one line of a "show" command.
type field struct{ name, value string }

// printFields writes names and values, without the absent ones.
func (a *invocation) printFields(fields []field) {
	longest := 0
	for _, f := range fields {
		if f.value != "" {
			longest = max(longest, len(f.name))
		}
	}
	for _, f := range fields {
		if f.value != "" {
			a.printf("%-*s  %s\n", longest, f.name, plain(f.value))
		}
	}
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
