package written

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// NameError says why a person's name could be taken for another one.
type NameError struct{ Name, Why string }

// Error is a sentence; it shows what cannot be seen as a question mark.
func (e *NameError) Error() string { return "the name " + Shown(e.Name) + " " + e.Why }

// Hint says what to write.
func (e *NameError) Hint() string {
	return "write the name in letters of one script (Hangul, Latin or Han), such as 김민수 or kim"
}

// Word is what programs read.
func (e *NameError) Word() string { return "name" }

// Name gives a person's name in the form by which names are compared: width, case,
// marks above letters and blanks around it make no other person. A name in letters
// of several scripts, or of one whose letters look like Latin ones, is none, and
// neither is one with a character that nobody sees; the error is a *NameError.
func Name(name string) (string, error) {
	folded := strings.Join(strings.Fields(norm.NFKC.String(name)), " ")
	refused := func(why string) (string, error) { return "", &NameError{name, why} }
	if folded == "" {
		return refused("is empty")
	}
	script, letters := "", false
	for _, r := range norm.NFKD.String(folded) {
		of := ""
		switch {
		case unicode.IsControl(r):
			return refused("has a character that nobody sees")
		case r < unicode.MaxASCII && unicode.IsLetter(r):
			of = "Latin"
		case unicode.Is(unicode.Mn, r) && script == "Latin":
			continue // a mark above a letter
		case unicode.Is(unicode.Hangul, r):
			of = "Hangul"
		case unicode.Is(unicode.Han, r):
			of = "Han"
		case unicode.IsLetter(r):
			return refused("has the letter " + string(r) + ", which is of another script or looks like one of another")
		case r > unicode.MaxASCII && r != '·':
			return refused("has a character that belongs into no name, or that nobody sees")
		default:
			letters = letters || unicode.IsDigit(r)
			continue
		}
		if script != "" && of != script {
			return refused("mixes " + script + " and " + of + " letters")
		}
		script, letters = of, true
	}
	if !letters {
		return refused("has no letter")
	}
	if script == "Hangul" && strings.ContainsFunc(folded, loose) {
		return refused("has a part of a syllable, which may not be seen")
	}
	return plain(folded), nil
}

// loose is a part of a Hangul syllable that stands alone.
func loose(r rune) bool { return unicode.Is(unicode.Hangul, r) && (r < '가' || r > '힣') }

// plain drops marks above Latin letters, and case.
func plain(folded string) string {
	marked := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(folded))
	return strings.ToLower(norm.NFKC.String(marked))
}

// OtherName says whether two names are surely those of two persons. A name that
// could be taken for another one is surely nobody's.
func OtherName(a, b string) bool {
	one, err := Name(a)
	if err != nil {
		return false
	}
	other, err := Name(b)
	return err == nil && one != other
}
