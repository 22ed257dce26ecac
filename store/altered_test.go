package store

import (
	"slices"
	"testing"

	"daesa/refunds"
)

// A run writes how it found a request that somebody changed, which is not how the
// request was: audit verify named that entry for ever, also after a person had looked at
// it and signed it. What says that money comes back to be sent again is named as before.
func TestWhatARunFoundIsNamedWhereMoneyMayHaveLeft(t *testing.T) {
	t.Parallel()
	entry := func(seq int64, run, action, from, why string) told {
		return told{Entry{Seq: seq, RunID: run, Action: "refund." + action, Reason: why}, map[string]any{"from": from}}
	}
	requested := entry(2, "", "requested", "", "")
	sent := []told{requested, entry(3, "", "approved", "requested", ""), entry(4, "run", "sending", "approved", ""), entry(5, "run", "succeeded", "sending", "answered")}
	for name, c := range map[string]struct {
		list []told
		want []string
	}{
		"approved by hand, and sent back": {list: []told{requested, entry(3, "run", "requested", "approved", refunds.WhyNotSigned), entry(4, "", "approved", "requested", "")}},
		"approved by hand, and held":      {list: []told{requested, entry(3, "run", "held", "approved", refunds.WhyAltered)}},
		"the same by nobody's run": {list: []told{requested, entry(3, "", "requested", "approved", refunds.WhyNotSigned)},
			want: []string{"journal entry 3: from approved to requested, where it was requested"}},
		"for another reason": {list: []told{requested, entry(3, "run", "requested", "approved", refunds.WhySignatureRefused)},
			want: []string{"journal entry 3: from approved to requested, where it was requested"}},
		"of what was sent": {list: append(slices.Clone(sent), entry(6, "run", "requested", "approved", refunds.WhyNotSigned)),
			want: []string{"journal entry 6: from approved to requested, where it was succeeded"}},
		"to what was sent": {list: []told{requested, entry(3, "run", "succeeded", "approved", refunds.WhyNotSigned)},
			want: []string{"journal entry 3: from approved to succeeded, where it was requested"}},
	} {
		var found checked
		found.moves(c.list, 1)
		if !slices.Equal(found.Differ, c.want) {
			t.Errorf("%s: %q, expected %q", name, found.Differ, c.want)
		}
	}
}
