package approval

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"daesa/pay"
)

// Line is one line of a statement: what is approved of one thing. The zero Line
// says nothing.
type Line struct {
	verb   string
	values []string // in the order of the verb's fields
}

// NewLine makes a line of the values of its fields. Where they are not as many as
// the verb has it says nothing, and no statement takes it.
func NewLine(verb string, values ...string) Line {
	if len(values) != len(fields[verb]) {
		return Line{}
	}
	return Line{verb, values}
}

// Of is what the line is about: the id of a request, a ledger, a month.
func (l Line) Of() string {
	if len(l.values) == 0 {
		return ""
	}
	return l.values[0]
}

// Get is the value of a field, "" where the line has none of that name.
func (l Line) Get(name string) string {
	for i, field := range fields[l.verb] {
		if field == name {
			return l.values[i]
		}
	}
	return ""
}

// With is the line with another value of a field that it has.
func (l Line) With(name, value string) Line {
	values := slices.Clone(l.values)
	if i := slices.Index(fields[l.verb], name); i >= 0 {
		values[i] = value
	}
	return Line{l.verb, values}
}

// Same says whether two lines say the same.
func (l Line) Same(other Line) bool { return l.String() == other.String() }

// Differ names the fields of two lines about one thing that are not the same.
func (l Line) Differ(other Line) (names []string) {
	if l.verb != other.verb {
		return []string{"line"}
	}
	for i, field := range fields[l.verb] {
		if l.values[i] != other.values[i] {
			names = append(names, field)
		}
	}
	return names
}

// money is the amount of a line in the smallest unit; ok says whether lines of this
// verb have one.
func (l Line) money() (c pay.Currency, amount int64, ok bool, err error) {
	text := l.Get("amount")
	if text == "" {
		return "", 0, false, nil
	}
	c = pay.Currency(l.Get("currency"))
	amount, err = c.ParseAmount(text)
	if err == nil && c.Format(amount) != text {
		err = fmt.Errorf("amount %q is not written as %s", text, c.Format(amount))
	}
	return c, amount, true, err
}

// String is the line as it stands in a statement, without its end.
func (l Line) String() string {
	var b strings.Builder
	b.WriteString(l.verb)
	for i, field := range fields[l.verb] {
		b.WriteString(" " + field + "=" + written(l.values[i]))
	}
	return b.String()
}

// written writes a value: as it is where that is unmistakable, "-" where there is
// none, else in quotes with everything escaped that one does not see.
func written(value string) string {
	switch {
	case value == "":
		return "-"
	case value != "-" && plain(value):
		return value
	default:
		return strconv.Quote(value)
	}
}

// plain says whether all of a value is letters, digits and marks of ASCII that
// need no quotes.
func plain(value string) bool {
	for _, r := range value {
		letter := r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
		if !letter && !strings.ContainsRune("-_.:/@+#", r) {
			return false
		}
	}
	return true
}

// parseLine reads a line. It forgives what String never writes: Parse does not.
func parseLine(text string) (Line, error) {
	verb, rest, _ := strings.Cut(text, " ")
	names := fields[verb]
	if len(names) == 0 {
		return Line{}, fmt.Errorf("%s is no line of a statement", shown(verb))
	}
	values := make([]string, len(names))
	for i, name := range names {
		var found bool
		if rest, found = strings.CutPrefix(rest, name+"="); !found {
			return Line{}, fmt.Errorf("%s= is not where it belongs", name)
		}
		raw, err := raw(rest)
		if err != nil {
			return Line{}, fmt.Errorf("%s: %w", name, err)
		}
		if values[i], err = value(raw); err != nil {
			return Line{}, fmt.Errorf("%s: %w", name, err)
		}
		rest = rest[len(raw):]
		if i < len(names)-1 {
			if rest, found = strings.CutPrefix(rest, " "); !found {
				return Line{}, fmt.Errorf("after %s= a blank is missing", name)
			}
		}
	}
	if rest != "" {
		return Line{}, fmt.Errorf("%s stands behind its end", shown(rest))
	}
	return Line{verb, values}, nil
}

// raw cuts a value off, as it is written.
func raw(text string) (string, error) {
	if strings.HasPrefix(text, `"`) {
		quoted, err := strconv.QuotedPrefix(text)
		if err != nil {
			return "", fmt.Errorf("its quotes do not close")
		}
		return quoted, nil
	}
	word, _, _ := strings.Cut(text, " ")
	return word, nil
}

func value(raw string) (string, error) {
	if raw == "-" {
		return "", nil
	}
	if !strings.HasPrefix(raw, `"`) {
		return raw, nil
	}
	return strconv.Unquote(raw)
}

// shown is a foreign text as an error repeats it.
func shown(text string) string {
	const most = 40
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "..."
	}
	return strconv.Quote(text)
}
