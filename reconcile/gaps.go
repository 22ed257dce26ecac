package reconcile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"daesa/pay"
)

// KeyRefused says whether the provider did not accept the secret key.
func (g Gap) KeyRefused() bool { return g.Cause != nil && g.Cause.Failure == pay.FailureKey }

// GapGroup are gaps of one cause: what is said once, however many parts it is of.
type GapGroup struct {
	First Gap
	Parts []string // what could not be read, in the order in which it was met
}

// Hint is what a person does next about the cause; "" where its reason says it.
func (g GapGroup) Hint() string {
	if c := g.First.Cause; c != nil && c.Reason == ReasonFailure {
		if g.First.Kind() == GapSettlement && c.Failure != pay.FailureKey {
			return "run the night again; where this merchant's contract has no settlements, write settlement.mode: off"
		}
		return (&pay.Failure{Kind: c.Failure}).Hint()
	}
	return ""
}

// CountKinds says of what kinds gaps are, and how many of each: list 2,
// settlement 1.
func CountKinds(gaps []Gap) string {
	counts := map[GapKind]int{}
	for _, gap := range gaps {
		counts[cmp.Or(gap.Kind(), GapKind(gap.Side))]++
	}
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", kind, counts[kind]))
	}
	return strings.Join(parts, ", ")
}

// String names the parts, the first few of them, and why they could not be read.
func (g GapGroup) String() string {
	const most = 2
	parts := strings.Join(g.Parts[:min(most, len(g.Parts))], ", ")
	if more := len(g.Parts) - most; more > 0 {
		parts = fmt.Sprintf("%d parts (%s and %d more)", len(g.Parts), parts, more)
	}
	return g.First.Side + ": " + parts + ": " + g.First.Why
}

// GroupGaps brings gaps of one cause together: by their side and the kind of
// their failure, never by a text. What was not asked for, since other calls had
// failed, belongs to the failure before it. A file, and what nobody has named
// yet, is a cause of its own.
func GroupGaps(gaps []Gap) []GapGroup {
	var groups []GapGroup
	at := map[Cause]int{}
	for _, gap := range notAskedLast(gaps) {
		key, grouped := gap.cause()
		i, known := at[key]
		if gap.Cause != nil && gap.Cause.Reason == ReasonNotAsked {
			if before := slices.IndexFunc(groups, func(g GapGroup) bool { return g.First.Side == gap.Side && g.failed() }); before >= 0 {
				groups[before].Parts = append(groups[before].Parts, gap.What)
				continue
			}
		}
		if grouped && known {
			groups[i].Parts = append(groups[i].Parts, gap.What)
			continue
		}
		at[key] = len(groups)
		groups = append(groups, GapGroup{First: gap, Parts: []string{gap.What}})
	}
	return groups
}

func (g GapGroup) failed() bool { return g.First.Cause != nil && g.First.Cause.Reason == ReasonFailure }

// cause is what gaps of one cause have in common; false: the gap stands alone.
func (g Gap) cause() (Cause, bool) {
	if g.Cause == nil {
		return Cause{}, false
	}
	switch g.Cause.Reason {
	case ReasonRow, ReasonFile, ReasonBackward, ReasonOther, ReasonUnknown, ReasonNight:
		return Cause{}, false
	default:
		return Cause{Part: Part{Name: g.Side}, Reason: g.Cause.Reason, Failure: g.Cause.Failure, Code: g.Cause.Code}, true
	}
}

// Repeats says whether one of these gaps has the same cause.
func (g Gap) Repeats(before []Gap) bool {
	key, grouped := g.cause()
	return grouped && slices.ContainsFunc(before, func(b Gap) bool {
		other, also := b.cause()
		return also && other == key
	})
}

// notAskedLast moves what was not asked for behind what failed.
func notAskedLast(gaps []Gap) []Gap {
	sorted := slices.Clone(gaps)
	slices.SortStableFunc(sorted, func(a, b Gap) int {
		rank := func(g Gap) int {
			if g.Cause != nil && g.Cause.Reason == ReasonNotAsked {
				return 1
			}
			return 0
		}
		return rank(a) - rank(b)
	})
	return sorted
}
