package jobs

import (
	"testing"

	"daesa/reconcile"
	"daesa/refunds"
)

// A decision is never written over: a break about which somebody has decided since
// the night read it is carried over once more, and what the night proposed for one
// that needs nobody any more is left out.
func TestANightIsCarriedOverWhatWasDecidedMeanwhile(t *testing.T) {
	t.Parallel()
	found := reconcile.Finding{MID: "m", OrderID: "o", Kind: reconcile.CancelNotExecuted, Owed: 1}
	read, _ := reconcile.Remember(nil, &found, "2026-11-20")
	after, change := reconcile.Remember(&read, &found, "2026-11-21")
	night := Written{Lease: reconcile.Lease{Day: "2026-11-21"}, Breaks: []BreakChange{{Break: after, Change: change, Before: &read, Found: &found}},
		Proposed: []refunds.Request{{ID: "r", BreakID: read.ID}}}
	if same := night.Afresh([]reconcile.Break{read}); len(same.Breaks) != 1 || len(same.Proposed) != 1 || same.Breaks[0].Break.Nights != 2 {
		t.Errorf("nobody decided: %+v", same)
	}
	noted := read
	noted.Note = "called"
	if again := night.Afresh([]reconcile.Break{noted}); len(again.Breaks) != 1 || again.Breaks[0].Break.Note != "called" || len(again.Proposed) != 1 {
		t.Errorf("a note: %+v", again)
	}
	resolved := read.Resolve(reconcile.NotOurs, "lee", "x", read.MovedAt)
	if again := night.Afresh([]reconcile.Break{resolved}); len(again.Breaks) != 0 || len(again.Proposed) != 0 {
		t.Errorf("a decision: %+v", again)
	}
}

func TestANightTakesBackTheRequestOfABreakThatAgrees(t *testing.T) {
	t.Parallel()
	refunding := reconcile.Break{Status: reconcile.Refunding}
	for name, test := range map[string]struct {
		change BreakChange
		want   bool
	}{
		"both sides agree":   {BreakChange{Before: &refunding, Break: reconcile.Break{Status: reconcile.Cleared}}, true},
		"it still waits":     {BreakChange{Before: &refunding, Break: refunding}, false},
		"it waited for none": {BreakChange{Before: &reconcile.Break{Status: reconcile.Open}, Break: reconcile.Break{Status: reconcile.Cleared}}, false},
		"it is new":          {BreakChange{Break: reconcile.Break{Status: reconcile.Open}}, false},
	} {
		if got := test.change.TakesBack(); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
