package terminal

import (
	"strings"
	"testing"
)

func TestATableKeepsItsColumnsBesideKorean(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	Table(&out, []string{"ID", ">AMOUNT", "NOTE"}, [][]string{{"가나", "12,300원", "x"}, {"abcd", "5 USD", "two\nlines\x1b[2J"}})
	want := "ID      AMOUNT  NOTE\n" +
		"가나  12,300원  x\n" +
		"abcd     5 USD  two lines?[2J\n"
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestAnAbsentFieldTakesNoLine(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	Fields(&out, [][2]string{{"id", "1"}, {"a long name", ""}, {"order", "A\x1b[2J"}})
	if want := "id     1\norder  A?[2J\n"; out.String() != want {
		t.Errorf("%q, expected %q", out.String(), want)
	}
}
