package passbook

import (
	"cmp"
	"slices"

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
// which the bank booked them: by time; and within a day, where files that give
// times in different ways have met, so that the running balance ties, if any
// order makes it tie better. Ties of which no balance tells the order stay as
// they are.
func Ordered(lines []Line) []Line {
	lines = slices.Clone(lines)
	sortByTime(lines)
	ordered := make([]Line, 0, len(lines))
	for begin := 0; begin < len(lines); {
		end := begin + 1
		for end < len(lines) && lines[end].Day() == lines[begin].Day() {
			end++
		}
		var carry *Line
		if len(ordered) > 0 && ordered[len(ordered)-1].HasBalance() {
			carry = &ordered[len(ordered)-1]
		}
		ordered = append(ordered, dayInOrder(carry, lines[begin:end])...)
		begin = end
	}
	return ordered
}

// dayInOrder orders the lines of one day, which stand in time order.
func dayInOrder(carry *Line, day []Line) []Line {
	var known, unknown []Line
	for _, l := range day {
		if l.HasBalance() {
			known = append(known, l)
		} else {
			unknown = append(unknown, l)
		}
	}
	if len(unknown) == 0 && breaks(carry, day) == 0 || len(known) == 0 {
		return day
	}
	if trail := alongBalances(carry, known); breaks(carry, trail) < breaks(carry, known) {
		known = trail
	}
	if len(unknown) == 0 {
		return known
	}
	return fillHoles(carry, known, unknown)
}

// alongBalances orders lines so that each begins with the balance at which the
// one before ended, as far as that can be: each line is an edge from the balance
// before it to the one after it, and the order is a trail over all edges
// (Hierholzer's way). Where lines are missing it is several trails.
func alongBalances(carry *Line, lines []Line) []Line {
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
