// Package terminal writes for people at a terminal: tables and fields in columns
// that stand under each other, also beside Korean, and how far a command is. It
// knows no domain words, and makes what comes from outside harmless to a terminal.
// Begin at Table.
package terminal

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"daesa/internal/written"
)

// width is the number of a terminal's columns that a text takes: Korean, Chinese
// and Japanese letters take two.
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

// Table writes rows under a header. A column whose header begins with ">" stands to
// the right.
func Table(to io.Writer, header []string, rows [][]string) {
	widths := make([]int, len(header))
	right := make([]bool, len(header))
	titles := make([]string, len(header))
	for i, title := range header {
		titles[i], right[i] = strings.CutPrefix(title, ">")
	}
	table := append([][]string{titles}, rows...)
	for _, row := range table {
		for i, cell := range row {
			widths[i] = max(widths[i], width(written.Shown(cell)))
		}
	}
	for _, row := range table {
		var line strings.Builder
		for i, cell := range row {
			cell = written.Shown(cell)
			space := strings.Repeat(" ", widths[i]-width(cell))
			if right[i] {
				line.WriteString(space + cell + "  ")
				continue
			}
			line.WriteString(cell + space + "  ")
		}
		fmt.Fprintln(to, strings.TrimRight(line.String(), " "))
	}
}

// Fields writes names and values, without the absent ones.
func Fields(to io.Writer, fields [][2]string) {
	longest := 0
	for _, f := range fields {
		if f[1] != "" {
			longest = max(longest, len(f[0]))
		}
	}
	for _, f := range fields {
		if f[1] != "" {
			fmt.Fprintf(to, "%-*s  %s\n", longest, f[0], written.Shown(f[1]))
		}
	}
}
