package hint

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// own is an error of another package, with methods of its own.
type own struct{ next, word string }

func (o own) Error() string { return "own" }
func (o own) Hint() string  { return o.next }
func (o own) Word() string  { return o.word }

func TestTheOutermostHintAndWordCount(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err        error
		next, word string
	}{
		"none":                         {nil, "", ""},
		"plain":                        {io.EOF, "", ""},
		"new":                          {New("text", "do it"), "do it", ""},
		"wrapped":                      {fmt.Errorf("more: %w", Errorf("do it", "text %d", 1)), "do it", ""},
		"the outermost":                {With(New("text", "inner"), "outer"), "outer", ""},
		"an empty one says nothing":    {With(New("text", "inner"), ""), "inner", ""},
		"a word and a hint":            {With(fmt.Errorf("break b1: %w", Called("unknown_id", io.EOF)), "look"), "look", "unknown_id"},
		"another type's":               {fmt.Errorf("more: %w", own{"theirs", "their_word"}), "theirs", "their_word"},
		"behind another without":       {errors.Join(io.EOF, New("text", "second")), "second", ""},
		"the first of several":         {errors.Join(New("a", "first"), own{"second", "word"}), "first", "word"},
		"a word around another type's": {Called("outer_word", own{"theirs", "their_word"}), "theirs", "outer_word"},
	} {
		if got := Of(test.err); got != test.next {
			t.Errorf("%s: hint %q, expected %q", name, got, test.next)
		}
		if got := WordOf(test.err); got != test.word {
			t.Errorf("%s: word %q, expected %q", name, got, test.word)
		}
	}
}

func TestNoErrorStaysNone(t *testing.T) {
	t.Parallel()
	if With(nil, "x") != nil || Called("x", nil) != nil {
		t.Error("an error was made of none")
	}
}

func TestTheErrorBelowIsFound(t *testing.T) {
	t.Parallel()
	err := Errorf("do it", "reading: %w", io.ErrUnexpectedEOF)
	if !errors.Is(err, io.ErrUnexpectedEOF) || err.Error() != "reading: unexpected EOF" {
		t.Errorf("got %v", err)
	}
}

type rows []Row

func (r rows) Error() string   { return "rows" }
func (r rows) Rows() []Row     { return r }
func (r rows) Unwrap() []error { return []error{r[:1]} }

func TestRowsAreGatheredOnce(t *testing.T) {
	t.Parallel()
	a, b := rows{{File: "a.csv", Line: 2, Reason: "bad"}, {File: "a.csv", Line: 3}}, rows{{File: "b.csv", Line: 9}}
	got := RowsOf(errors.Join(io.EOF, With(a, "mend them"), b))
	want := []Row{a[0], a[1], b[0]}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if RowsOf(io.EOF) != nil {
		t.Error("rows of an error that has none")
	}
}
