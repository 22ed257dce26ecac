package settle

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// PayerFits says whether a payer, as a bank prints it, has one of an account's
// words. Banks print full-width letters, cut names short and put blanks anywhere:
// both are compared in NFKC and lower case, without blanks. It is asked when a
// line comes in; afterwards the payer is sealed, and Line.PayerFits is what is
// known of it.
func PayerFits(payer string, words []string) bool {
	payer = bare(payer)
	for _, word := range words {
		if word = bare(word); word != "" && strings.Contains(payer, word) {
			return true
		}
	}
	return false
}

func bare(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(text))
}
