package store_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var handUpdate = flag.Bool("byhand.update", false, "write the table of docs/audit.md anew")

// page is the table in docs/audit.md: what a change by hand does.
type page struct{ lines []pageLine }

// pageLine is a column, or with "" the rows, and what came of changing it.
type pageLine struct {
	table, column           string
	tries, kept, named, all int
	by                      []string
}

func (l *pageLine) add(o outcome) {
	l.tries++
	if o.missing > 0 {
		l.kept++
	}
	if o.missing == len(sendsAgain) {
		l.all++
	}
	if o.isNamed() {
		l.named++
	}
	for _, each := range o.named {
		by, _, found := strings.Cut(each, ":")
		if !found || strings.HasPrefix(each, "entry ") || strings.HasPrefix(each, "the ") {
			by = "the chain"
		}
		l.by = append(l.by, by)
	}
}

const (
	pageFile  = "../docs/audit.md"
	pageBegin = "<!-- by hand: written by go test ./store -run TestEveryColumnByHand -byhand.update -->\n"
	pageEnd   = "<!-- end of by hand -->\n"
)

// says is what a line says beside its columns.
func (l pageLine) says() (sent, named string) {
	switch {
	case l.kept == 0:
		sent = "as signed"
	case l.all == l.tries:
		sent = "nothing is sent"
	case l.kept == l.tries:
		sent = "what is touched is not sent"
	default:
		sent = "as signed, or not"
	}
	why := excused(l.table, l.column)
	switch {
	case l.named == l.tries:
		named = "yes"
	case l.named > 0:
		named = "not always: " + why
	default:
		named = "no: " + why
	}
	return sent, named
}

// text is the table: columns of one table that come to the same are one line.
func (p *page) text() string {
	type place struct{ table, sent, named string }
	var order []place
	columns := map[place][]string{}
	for _, line := range p.lines {
		if line.tries == 0 {
			continue
		}
		sent, named := line.says()
		at := place{line.table, sent, named}
		if !slices.Contains(order, at) {
			order = append(order, at)
		}
		column := "`" + line.column + "`"
		if line.column == "" {
			column = "rows added, copied, taken away"
		}
		columns[at] = append(columns[at], column)
	}
	slices.SortStableFunc(order, func(a, b place) int { return strings.Compare(a.table, b.table) })
	var b strings.Builder
	b.WriteString("| table | what is changed | the refunds | `audit verify` names it |\n|---|---|---|---|\n")
	for _, at := range order {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", at.table, strings.Join(columns[at], ", "), at.sent, at.named)
	}
	return b.String()
}

// check holds the table of docs/audit.md against what was found.
func (p *page) check(t *testing.T) {
	t.Helper()
	whole, err := os.ReadFile(pageFile)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(whole), pageBegin)
	was, after, ends := strings.Cut(rest, pageEnd)
	if !begins || !ends {
		t.Fatalf("%s has no place for the table", pageFile)
	}
	if *handUpdate {
		if err := os.WriteFile(pageFile, []byte(before+pageBegin+p.text()+pageEnd+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(was, p.text()); diff != "" {
		t.Errorf("docs/audit.md is not what was found (-byhand.update writes it): %s", diff)
	}
}
