package written

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// NFKC composes a text and makes one letter of those that differ in width or
// form alone: ｒｎｄ is rnd, （주） and ㈜ are (주). It is for texts that are read,
// never for ids.
func NFKC(text string) string {
	if ascii(text) {
		return text
	}
	return norm.NFKC.String(text)
}

// OneLine is a text without blanks around it, and with one blank where any
// blanks, line breaks and characters that cannot be seen are in it.
func OneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return r <= ' ' || r == '\u00a0' || r == '\u3000' || r == '\u200b' || r == '\ufeff' || r == '\u007f'
	}), " ")
}
