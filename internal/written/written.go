// Package written makes texts that people write comparable. A Korean syllable
// typed on one machine may be a single letter on it and several on another
// (김 or ㄱㅣㅁ): both look the same, and banks and files compare bytes.
package written

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// NFC composes a text: each syllable is one letter. Ids are never composed,
// since they must match another system's byte for byte.
func NFC(text string) string {
	if ascii(text) {
		return text
	}
	return norm.NFC.String(text)
}

// Bare is a text in NFC without any blank, in lower case: what is the same
// word to a person.
func Bare(text string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '\u200b' || r == '\ufeff' {
			return -1
		}
		return r
	}, NFC(text)))
}

func ascii(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}
