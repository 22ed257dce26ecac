package written

import (
	"strings"
	"unicode"
)

// Shown makes text from outside fit for a terminal and a log: one line, and no
// character that could move the cursor or hide what stands beside it.
func Shown(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case !unicode.IsGraphic(r):
			return '?'
		default:
			return r
		}
	}, text)
}
