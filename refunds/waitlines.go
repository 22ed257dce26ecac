package refunds

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"daesa/pay"
)

// WaitLine is what waits for the same: requests of one merchant, state, reason
// and currency. Amounts are in the smallest unit.
type WaitLine struct {
	MID      string
	State    State
	Why      string
	Currency pay.Currency
	Count    int64
	Amount   int64
	Earliest time.Time // of their deadlines; zero: none has one
	Stuck    bool      // as the configuration stands they are never sent
	// Late of them run out before that comes for which they wait.
	Late       int64
	LateAmount int64
	LateBy     time.Time // the earliest deadline of those
}

// Wait is what its requests wait for, until the earliest of their deadlines.
func (l WaitLine) Wait() Wait { return Wait{Why: l.Why, Until: l.Earliest, Stuck: l.Stuck} }

// Tally counts what waits: first what is never sent, then what a person must act
// on, then what goes on by itself; within these the earliest deadline first.
func Tally(list []Waiter) []WaitLine {
	type key struct {
		mid   string
		state State
		why   string
		in    pay.Currency
	}
	at := map[key]int{}
	var lines []WaitLine
	for _, w := range list {
		k := key{w.MID, w.State, w.Why, w.Currency}
		i, known := at[k]
		if !known {
			i = len(lines)
			at[k] = i
			lines = append(lines, WaitLine{MID: w.MID, State: w.State, Why: w.Why, Currency: w.Currency, Stuck: w.Stuck})
		}
		l := &lines[i]
		l.Count++
		l.Amount += w.Amount
		l.Earliest = soonest(l.Earliest, w.CancelBy)
		if w.Late {
			l.Late++
			l.LateAmount += w.Amount
			l.LateBy = soonest(l.LateBy, w.CancelBy)
		}
	}
	slices.SortFunc(lines, pressing)
	return lines
}

// Together adds lines up that differ only in their merchant.
func Together(lines []WaitLine) []WaitLine {
	var sums []WaitLine
	for _, l := range lines {
		l.MID = ""
		i := slices.IndexFunc(sums, func(s WaitLine) bool { return s.State == l.State && s.Why == l.Why && s.Currency == l.Currency })
		if i < 0 {
			sums = append(sums, l)
			continue
		}
		s := &sums[i]
		s.Count, s.Amount, s.Earliest = s.Count+l.Count, s.Amount+l.Amount, soonest(s.Earliest, l.Earliest)
		s.Late, s.LateAmount, s.LateBy = s.Late+l.Late, s.LateAmount+l.LateAmount, soonest(s.LateBy, l.LateBy)
	}
	slices.SortFunc(sums, pressing)
	return sums
}

func pressing(a, b WaitLine) int {
	rank := func(l WaitLine) int {
		switch {
		case l.Stuck:
			return 0
		case l.Wait().Person():
			return 1
		default:
			return 2
		}
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), laterLast(a.Earliest, b.Earliest), strings.Compare(a.MID, b.MID),
		cmp.Compare(slices.Index(States, a.State), slices.Index(States, b.State)), strings.Compare(a.Why, b.Why), cmp.Compare(a.Currency, b.Currency))
}

// soonest is the earlier of two moments, of which a zero one is none.
func soonest(a, b time.Time) time.Time {
	if laterLast(a, b) <= 0 {
		return a
	}
	return b
}

// laterLast compares moments; none comes last.
func laterLast(a, b time.Time) int {
	switch {
	case a.IsZero() && b.IsZero():
		return 0
	case a.IsZero():
		return 1
	case b.IsZero():
		return -1
	default:
		return a.Compare(b)
	}
}
