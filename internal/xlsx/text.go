package xlsx

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// formulaMarks begin what a program may reckon.
const formulaMarks = "=+-@＝＋－＠"

// Inert puts an apostrophe before a text that a spreadsheet would reckon when it
// opens a CSV (OWASP ASVS 1.2.10). Original takes it away again, so that every
// text comes back as it was.
func Inert(value string) string {
	if value == "" || (value[0] < utf8.RuneSelf && !strings.ContainsRune("'=+-@", rune(value[0]))) {
		return value
	}
	if marked(strings.TrimLeft(value, "'")) {
		return "'" + value
	}
	return value
}

// Original takes away what Inert put before a text.
func Original(value string) string {
	if strings.HasPrefix(value, "'") && marked(strings.TrimLeft(value, "'")) {
		return value[1:]
	}
	return value
}

func marked(value string) bool {
	first, _ := utf8.DecodeRuneInString(value)
	return value != "" && strings.ContainsRune(formulaMarks, first)
}

// mostText is how many UTF-16 units a cell holds; excelize and Excel cut what
// is longer without a word.
const mostText = 32767

// Clean makes a text from outside fit for one line of one cell: line breaks
// and tabs become spaces, other control characters, broken UTF-8 and marks
// that turn the writing direction become U+FFFD, and what is too long is cut
// and says so.
func Clean(value string) string {
	if ordinary(value) {
		return value
	}
	if !strings.ContainsFunc(value, awkward) && utf8.ValidString(value) && len(value) <= mostText {
		return value
	}
	value = strings.ReplaceAll(strings.ToValidUTF8(value, "\uFFFD"), "\r\n", " ")
	value = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case awkward(r):
			return '\uFFFD'
		default:
			return r
		}
	}, value)
	return cut(value)
}

// ordinary says of most texts at once that nothing about them is awkward.
func ordinary(value string) bool {
	for i := range len(value) {
		if c := value[i]; c < 0x20 || c >= 0x7F {
			return false
		}
	}
	return len(value) <= mostText
}

func awkward(r rune) bool {
	return r < 0x20 || (r >= 0x7F && r < 0xA0) || (r >= 0x202A && r <= 0x202E) ||
		(r >= 0x2066 && r <= 0x2069) || r == 0xFFFE || r == 0xFFFF
}

func cut(value string) string {
	const kept = mostText - 64
	units, end := 0, 0
	for i, r := range value {
		units += utf16.RuneLen(r)
		if units <= kept {
			end = i + utf8.RuneLen(r)
		}
	}
	if units <= mostText {
		return value
	}
	return value[:end] + fmt.Sprintf(" … (%d)", units)
}

// Clip keeps a text to so many characters; what is left out becomes one more, ….
func Clip(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// Quote keeps a text from outside short, clean and on one line, for messages.
func Quote(value string) string { return `"` + Clip(Clean(value), 40) + `"` }

// Grouped puts separators into a plain decimal: 1,234.50.
func Grouped(decimal string) string {
	rest, negative := strings.CutPrefix(decimal, "-")
	whole, fraction, broken := strings.Cut(rest, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if broken {
		whole += "." + fraction
	}
	if negative {
		return "-" + whole
	}
	return whole
}

// Width is how many characters of a column a text takes; a Korean one takes two.
func Width(text string) int {
	taken := 0
	for _, r := range text {
		if taken++; r >= 0x1100 {
			taken++
		}
	}
	return taken
}

// Lines is how many lines, one to four, a text takes at a width in characters.
func Lines(text string, width int) int {
	return min(max(1, (Width(text)+width-1)/width), 4)
}
