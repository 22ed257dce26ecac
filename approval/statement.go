package approval

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"daesa/pay"
)

// MaxBytes is the longest statement that is read: of some forty thousand lines.
const MaxBytes = 16 << 20

// first is the first line of every statement. Another form gets another number.
const first = "daesa-approval 1"

// Point is an entry of the journal, by its number and its hash of 64 hexadecimal
// digits.
type Point struct {
	Seq  int64
	Hash string
}

// Statement is what a second person signs.
type Statement struct {
	Do    Deed
	Head  Point     // the journal's newest entry when it was written
	Until time.Time // after this second it is not taken any more
	Lines []Line    // in the order of what they are about, each once
}

// New makes a statement. Its lines may come in any order.
func New(do Deed, head Point, until time.Time, lines []Line) Statement {
	sorted := slices.SortedStableFunc(slices.Values(lines), func(a, b Line) int { return strings.Compare(a.Of(), b.Of()) })
	return Statement{Do: do, Head: head, Until: until.Truncate(time.Second), Lines: sorted}
}

// Sum is what the lines of one currency come to, in its smallest unit.
type Sum struct {
	Currency pay.Currency
	Amount   int64
}

// Sums adds the amounts of the lines up, by currency in the order of their names;
// none where lines of this kind have no amount. A line whose amount is not written
// as it must be, and a sum that does not fit, are errors.
func (s Statement) Sums() ([]Sum, error) {
	sums := map[pay.Currency]int64{}
	for _, line := range s.Lines {
		currency, amount, has, err := line.money()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", shown(line.Of()), err)
		}
		if !has {
			continue
		}
		if sums[currency], err = pay.Add(sums[currency], amount); err != nil {
			return nil, err
		}
	}
	list := make([]Sum, 0, len(sums))
	for _, currency := range slices.Sorted(maps.Keys(sums)) {
		list = append(list, Sum{currency, sums[currency]})
	}
	return list, nil
}

// Line gives the line about one thing.
func (s Statement) Line(of string) (Line, bool) {
	i, found := slices.BinarySearchFunc(s.Lines, of, func(l Line, of string) int { return strings.Compare(l.Of(), of) })
	if !found {
		return Line{}, false
	}
	return s.Lines[i], true
}

// IDs are what the lines are about, in their order.
func (s Statement) IDs() []string {
	ids := make([]string, len(s.Lines))
	for i, line := range s.Lines {
		ids[i] = line.Of()
	}
	return ids
}

// Text is what is signed. The error says why the statement cannot be written.
func (s Statement) Text() ([]byte, error) {
	sums, err := s.Sums()
	if err == nil {
		err = s.check()
	}
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\ndo: %s\njournal: %d %s\nuntil: %s\n", first, s.Do, s.Head.Seq, s.Head.Hash, pay.FormatTime(s.Until))
	for _, line := range s.Lines {
		b.WriteString(line.String() + "\n")
	}
	fmt.Fprintf(&b, "count: %d\n", len(s.Lines))
	for _, sum := range sums {
		fmt.Fprintf(&b, "sum: %s %s\n", sum.Currency.Format(sum.Amount), written(string(sum.Currency)))
	}
	if b.Len() > MaxBytes {
		return nil, fmt.Errorf("the statement is longer than %d bytes", MaxBytes)
	}
	return []byte(b.String()), nil
}

// check says what of a statement cannot be.
func (s Statement) check() error {
	verb := lines[s.Do]
	switch {
	case verb == "":
		return fmt.Errorf("%s is nothing that is approved", shown(string(s.Do)))
	case len(s.Lines) == 0:
		return fmt.Errorf("a statement without a line approves nothing")
	case s.Head.Seq < 1 || !isHash(s.Head.Hash):
		return fmt.Errorf("a statement names an entry of the journal")
	case s.Until.IsZero() || s.Until.Nanosecond() != 0:
		return fmt.Errorf("a statement ends at a whole second")
	}
	for i, line := range s.Lines {
		switch {
		case line.verb != verb:
			return fmt.Errorf("%q has lines of %s, not of %s", s.Do, verb, line.verb)
		case line.Of() == "":
			return fmt.Errorf("line %d is about nothing", i+1)
		case i > 0 && line.Of() <= s.Lines[i-1].Of():
			return fmt.Errorf("%s stands twice, or out of order", shown(line.Of()))
		}
	}
	return nil
}

func isHash(text string) bool {
	raw, err := hex.DecodeString(text)
	return err == nil && len(raw) == sha256.Size && text == strings.ToLower(text)
}

// Hash is what a text is known by: its SHA-256.
func Hash(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Parse reads a statement: only the bytes that Text writes. The error is a
// *FormatError.
func Parse(text []byte) (Statement, error) {
	s, err := parse(string(text))
	if err != nil {
		return Statement{}, err
	}
	again, err := s.Text()
	if err != nil {
		return Statement{}, &FormatError{Reason: err.Error()}
	}
	if string(again) != string(text) {
		return Statement{}, &FormatError{Reason: "it is not as daesa writes it: something was changed"}
	}
	return s, nil
}

func parse(text string) (s Statement, err error) {
	if len(text) > MaxBytes {
		return s, &FormatError{Reason: fmt.Sprintf("it is longer than %d bytes", MaxBytes)}
	}
	rows := strings.Split(text, "\n")
	at := 0
	fail := func(format string, values ...any) (Statement, error) {
		return Statement{}, &FormatError{Line: at + 1, Reason: fmt.Sprintf(format, values...)}
	}
	next := func(label string) (string, bool) {
		if at < len(rows) {
			if value, found := strings.CutPrefix(rows[at], label); found {
				at++
				return value, true
			}
		}
		return "", false
	}
	if strings.HasPrefix(text, "\ufeff") || strings.Contains(text, "\r") {
		return fail("a program has saved it otherwise, with CRLF or a byte order mark: take the file as daesa wrote it")
	}
	if rest, found := next(first); !found || rest != "" {
		return fail("it does not begin with %q", first)
	}
	do, found := next("do: ")
	if !found || !Deed(do).Valid() {
		return fail("it does not say what is approved")
	}
	s.Do = Deed(do)
	head, _ := next("journal: ")
	seq, hash, _ := strings.Cut(head, " ")
	if s.Head.Seq, err = strconv.ParseInt(seq, 10, 64); err != nil || !isHash(hash) {
		return fail("it does not name an entry of the journal")
	}
	s.Head.Hash = hash
	until, _ := next("until: ")
	if s.Until, err = time.Parse(time.RFC3339, until); err != nil {
		return fail("it does not say until when it is taken")
	}
	for at < len(rows) && strings.HasPrefix(rows[at], lines[s.Do]+" ") {
		line, err := parseLine(rows[at])
		if err != nil {
			return fail("%v", err)
		}
		s.Lines = append(s.Lines, line)
		at++
	}
	if _, found := next("count: "); !found {
		return fail("neither a line of %s nor the count", lines[s.Do])
	}
	return s, nil // Parse holds count and sums, and all else, against what is written anew
}

// FormatError says why a text is no statement.
type FormatError struct {
	Line   int // from 1; 0: of the whole
	Reason string
}

// Error says where.
func (e *FormatError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("this is no statement of daesa: line %d: %s", e.Line, e.Reason)
	}
	return "this is no statement of daesa: " + e.Reason
}

// Hint says what to do.
func (e *FormatError) Hint() string {
	return "give the file as daesa wrote it, byte for byte (--statement FILE writes one); what was edited is not taken"
}
