package passbook

import (
	"cmp"
	"slices"
	"time"

	"daesa/pay"
)

// inTimeOrder puts the lines of one file into time order, the newest first or
// the oldest first as they may stand. Ties stay as the statement has them.
func inTimeOrder(lines []Line) []Line {
	lines = slices.Clone(lines)
	up, down := 0, 0
	for i := 1; i < len(lines); i++ {
		switch byTime(lines[i-1], lines[i]) {
		case -1:
			up++
		case 1:
			down++
		}
	}
	reversed := slices.Clone(lines)
	slices.Reverse(reversed)
	if down > up || down == up && breaks(nil, reversed) < breaks(nil, lines) {
		lines = reversed
	}
	sortByTime(lines)
	return lines
}

// byTime compares two lines by what both give: the day, and the time of it.
func byTime(a, b Line) int {
	if a.Clock == DayOnly || b.Clock == DayOnly {
		return cmp.Compare(a.Day(), b.Day())
	}
	return a.At.Compare(b.At)
}

// sortByTime sorts by day, and within a day by time where every line of it gives
// one. It keeps ties as they are.
func sortByTime(lines []Line) {
	timeless := map[pay.Day]bool{}
	days := make(map[int64]pay.Day, len(lines)) // by second: a day is dear to reckon
	dayOf := func(l Line) pay.Day {
		day, known := days[l.At.Unix()]
		if !known {
			day = l.Day()
			days[l.At.Unix()] = day
		}
		return day
	}
	for _, l := range lines {
		if l.Clock == DayOnly {
			timeless[dayOf(l)] = true
		}
	}
	slices.SortStableFunc(lines, func(a, b Line) int {
		day := dayOf(a)
		if order := cmp.Compare(day, dayOf(b)); order != 0 || timeless[day] {
			return order
		}
		return a.At.Compare(b.At)
	})
}

// breaks counts the neighbours whose balances do not tie. carry is the line
// before the first one, nil where none is known.
func breaks(carry *Line, lines []Line) int {
	count := 0
	for i := range lines {
		if carry != nil && carry.HasBalance() && lines[i].HasBalance() && lines[i].before() != carry.Balance {
			count++
		}
		carry = &lines[i]
	}
	return count
}

// Ordered puts lines of one account, from any number of files, into the order in
// which the bank booked them: by time; and where times do not tell the order, since
// they are equal or one file gives them less exactly than another, so that the
// running balance ties. Ties of which no balance tells the order stay as they are,
// and lines without a balance stand where the balances leave room for them, else at
// the end of their day.
func Ordered(lines []Line) []Line {
	lines = slices.Clone(lines)
	// A line without a time comes first of its day, with which it then stands
	// together: it may have been at any time of it.
	slices.SortStableFunc(lines, func(a, b Line) int { return a.At.Compare(b.At) })
	var known, unknown []Line
	for _, l := range lines {
		if l.HasBalance() {
			known = append(known, l)
		} else {
			unknown = append(unknown, l)
		}
	}
	if breaks(nil, known) > 0 {
		known = inBalanceOrder(known, togetherInTime, nil)
		known = inBalanceOrder(known, sameDay, sameEnds)
	}
	if len(unknown) == 0 || len(known) == 0 {
		return append(known, unknown...)
	}
	ordered := make([]Line, 0, len(lines))
	for len(known)+len(unknown) > 0 {
		day := firstDay(known, unknown)
		begin, end := ofDay(known, day), ofDay(unknown, day)
		ordered = append(ordered, fillHoles(lastOf(ordered), known[:begin], unknown[:end])...)
		known, unknown = known[begin:], unknown[end:]
	}
	return ordered
}

func firstDay(a, b []Line) pay.Day {
	switch {
	case len(a) == 0:
		return b[0].Day()
	case len(b) == 0:
		return a[0].Day()
	}
	return min(a[0].Day(), b[0].Day())
}

// ofDay is how many lines are of a day, which is the first one of theirs.
func ofDay(lines []Line, day pay.Day) int {
	n := slices.IndexFunc(lines, func(l Line) bool { return l.Day() != day })
	if n < 0 {
		return len(lines)
	}
	return n
}

func lastOf(lines []Line) *Line {
	if len(lines) == 0 {
		return nil
	}
	return &lines[len(lines)-1]
}

// togetherInTime says whether a line may have been at the same time as lines of
// which the last one ended at an instant; ends is when it may have ended itself.
func togetherInTime(until time.Time, l Line) (together bool, ends time.Time) {
	exact := map[Clock]time.Duration{DayOnly: 24 * time.Hour, ToMinute: time.Minute, ToSecond: time.Second}[l.Clock]
	begins := l.At.Truncate(time.Second)
	return begins.Before(until), begins.Add(exact)
}

// sameDay says the same of lines of one day.
func sameDay(until time.Time, l Line) (together bool, ends time.Time) {
	return l.At.Before(until), l.Day().End()
}

// sameEnds says whether lines in another order begin and end at the balances at
// which they began and ended. A line that is missing between them then shows,
// whatever the order: it leaves one line too many at one balance, and one too few
// at another.
func sameEnds(carry *Line, before, after []Line) bool {
	begins := before[0].before()
	if carry != nil {
		begins = carry.Balance
	}
	return breaks(nil, after) == 0 && after[0].before() == begins && lastOf(after).Balance == lastOf(before).Balance
}

// inBalanceOrder orders lines that stand together so that balances tie, where that
// makes fewer breaks, those to the lines on either side counted, and allowed says
// nothing against it.
func inBalanceOrder(lines []Line, together func(time.Time, Line) (bool, time.Time), allowed func(carry *Line, before, after []Line) bool) []Line {
	ordered := make([]Line, 0, len(lines))
	for begin := 0; begin < len(lines); {
		_, until := together(time.Time{}, lines[begin])
		end := begin + 1
		for ; end < len(lines); end++ {
			also, ends := together(until, lines[end])
			if !also {
				break
			}
			if ends.After(until) {
				until = ends
			}
		}
		group, carry := lines[begin:end], lastOf(ordered)
		count := func(group []Line) int {
			n := breaks(carry, group)
			if end < len(lines) {
				n += breaks(lastOf(group), lines[end:end+1])
			}
			return n
		}
		if len(group) > 1 && count(group) > 0 {
			if trail := alongBalances(carry, group, lines[end:]); count(trail) < count(group) && (allowed == nil || allowed(carry, group, trail)) {
				group = trail
			}
		}
		ordered = append(ordered, group...)
		begin = end
	}
	return ordered
}

// alongBalances orders lines so that each begins with the balance at which the
// one before ended, as far as that can be: each line is an edge from the balance
// before it to the one after it, and the order is a trail over all edges
// (Hierholzer's way). Where lines are missing it is several trails. carry is the
// line before them, following are those behind: where lines go round in a circle, they are
// entered so that they end at the balance at which the next one begins.
func alongBalances(carry *Line, lines, following []Line) []Line {
	next := map[int64][]int{} // lines by the balance before them
	surplus := map[int64]int{}
	for i := range lines {
		next[lines[i].before()] = append(next[lines[i].before()], i)
		surplus[lines[i].before()]++
		surplus[lines[i].Balance]--
	}
	ordered := make([]Line, 0, len(lines))
	walk := func(from int64) {
		type step struct {
			balance int64
			line    int // that led here; -1: none
		}
		var path []int
		for stack := []step{{from, -1}}; len(stack) > 0; {
			top := stack[len(stack)-1]
			if onward := next[top.balance]; len(onward) > 0 {
				next[top.balance] = onward[1:]
				stack = append(stack, step{lines[onward[0]].Balance, onward[0]})
				continue
			}
			if top.line >= 0 {
				path = append(path, top.line)
			}
			stack = stack[:len(stack)-1]
		}
		for _, i := range slices.Backward(path) {
			ordered = append(ordered, lines[i])
		}
	}
	if carry != nil {
		walk(carry.Balance)
	}
	for i := range lines {
		if surplus[lines[i].before()] > 0 {
			walk(lines[i].before())
		}
	}
	if len(following) > 0 {
		walk(following[0].before())
	}
	for i := range lines {
		walk(lines[i].before())
	}
	return ordered
}

// fillHoles puts lines without a balance where the balances of the others leave
// room for exactly them; what finds no room comes at the end of the day.
func fillHoles(carry *Line, known, unknown []Line) []Line {
	ordered := make([]Line, 0, len(known)+len(unknown))
	for _, l := range known {
		if carry != nil && carry.HasBalance() {
			hole := l.before() - carry.Balance
			if hole != 0 && sum(unknown) == hole {
				ordered, unknown = append(ordered, unknown...), nil
			} else if i := slices.IndexFunc(unknown, func(u Line) bool { return u.Signed() == hole }); hole != 0 && i >= 0 {
				ordered = append(ordered, unknown[i])
				unknown = slices.Delete(slices.Clone(unknown), i, i+1)
			}
		}
		ordered = append(ordered, l)
		carry = &l
	}
	return append(ordered, unknown...)
}

func sum(lines []Line) int64 {
	total := int64(0)
	for _, l := range lines {
		total += l.Signed()
	}
	return total
}
