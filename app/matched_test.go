package app

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"daesa/jobs"
	"daesa/reconcile"
	"daesa/reports"
	"daesa/reports/book"
)

// matchedOf is the list of yesterday, of merchants whose nights counted so many
// orders on which both sides agree; now three do.
func matchedOf(nights map[string]int64, merchants ...string) (x MatchedOrders, saved *reports.MatchedList, said, closed *[]string) {
	books := nightBooks{map[string]reports.Snapshot{}}
	for mid, matched := range nights {
		run := reconcile.Run{ID: "run-" + mid, Job: jobs.JobNightly, MID: mid, Day: yesterday, Now: morning, Matched: matched}
		books.written[nightName(jobs.JobNightly, mid, yesterday)] = reports.Snapshot{Run: run}
	}
	saved, said, closed = &reports.MatchedList{}, &[]string{}, &[]string{}
	return MatchedOrders{Snapshots: books, Merchants: merchants, Day: yesterday,
		Open: func(_ context.Context, run reconcile.Run) (Agreement, error) {
			return Agreement{Count: 3, Closer: closer(func() { *closed = append(*closed, run.MID) }),
				Next: func(context.Context) (reports.Matched, error) { return reports.Matched{}, io.EOF }}, nil
		},
		Save: func(list reports.MatchedList) error { *saved = list; return nil },
		Warn: func(text, _ string) { *said = append(*said, text) },
	}, saved, said, closed
}

// closer is what is done when a list is closed.
type closer func()

func (c closer) Close() error { c(); return nil }

func TestTheListOfWhatAgreesSaysWhatIsNotInIt(t *testing.T) {
	t.Parallel()
	x, saved, said, closed := matchedOf(map[string]int64{"a": 3, "b": 5}, "a", "b", "c")
	if err := x.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(saved.Merchants) != 2 || !saved.At.Equal(morning) || saved.Merchants[1].RunID != "run-b" {
		t.Errorf("%+v", saved)
	}
	if len(*said) != 2 || !strings.HasPrefix((*said)[0], "b 2026-11-21: 3 orders agree, 5 did") || !strings.HasPrefix((*said)[1], "c has no night of 2026-11-21") {
		t.Errorf("%q", *said)
	}
	if slices.Sort(*closed); !slices.Equal(*closed, []string{"a", "b"}) {
		t.Errorf("closed %q", *closed)
	}
}

func TestAListThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	nobody, _, _, _ := matchedOf(nil, "a")
	if err := nobody.Run(t.Context()); err == nil || err.Error() != NoNight(yesterday).Error() {
		t.Error(err)
	}
	many, saved, _, _ := matchedOf(map[string]int64{"a": 3}, strings.Split("a b c d e f g h i", " ")...)
	if err := many.Run(t.Context()); err == nil || len(saved.Merchants) > 0 {
		t.Errorf("nine merchants: %v", err)
	}
	full, _, _, closed := matchedOf(map[string]int64{"a": 3}, "a")
	full.Save = func(reports.MatchedList) error { return errors.New("disk full") }
	if err := full.Run(t.Context()); err == nil || len(*closed) != 1 {
		t.Errorf("%v, closed %q", err, *closed)
	}
}

func TestAWorkbookThatWasChangedAndRowsThatWereRefusedAreTold(t *testing.T) {
	t.Parallel()
	var o Outcome
	AppliedBook{Applied: Applied{Refused: make([]RefusedRow, 1)}, Unread: make([]book.RefusedRow, 2)}.Outcome("a.xlsx", &o)
	o.AddVerified(Verified{Broken: []string{"x"}, Altered: make([]Altered, 2), SawHead: false}, "abc")
	o.AddSchema(6, 7)
	o.AddSchema(7, 7)
	want := []Reason{{EndedPerson, "3 rows of a.xlsx refused"}, {EndedFailed, "the journal is broken in 1 place"}, {EndedFailed, "2 rows not what the journal says"},
		{EndedFailed, "the head abc is not in the journal"}, {EndedFailed, "the schema is older than this program: run daesa migrate"}}
	if !slices.Equal(o.Reasons, want) {
		t.Errorf("%+v", o.Reasons)
	}
}
