package settle

import (
	"cmp"
	"slices"
)

// The limits of the search for sums. A line with more candidates than maxParts,
// or a search of more than maxSteps steps or maxSums sums, is ambiguous: a person
// looks.
const (
	maxParts = 16
	maxSteps = 1 << 16
	maxSums  = 32
)

// freeKnown are the free lines whose payer has one of the account's words.
func (m *market) freeKnown() []int {
	var known []int
	for j, l := range m.lines {
		if m.freeLine(j) && l.PayerFits {
			known = append(known, j)
		}
	}
	return known
}

// wholeDays are lines that are all open payouts of one day and account: several
// merchants whose money comes as one line.
func (m *market) wholeDays() []explanation {
	var all []explanation
	for _, j := range m.freeKnown() {
		l := m.lines[j]
		for from := 0; from < len(m.payouts); {
			to := from
			var sum int64
			var group []int
			for ; to < len(m.payouts) && m.payouts[to].Day == m.payouts[from].Day; to++ {
				if m.freePayout(to) && m.onTime(m.payouts[to], l) {
					group = append(group, to)
					sum += m.payouts[to].Expected
				}
			}
			if len(group) > 1 && sum == l.Amount {
				all = append(all, explanation{lines: []int{j}, payouts: group})
			}
			from = to
		}
	}
	return all
}

// wholeLines are the open lines of one day and account that are one payout.
func (m *market) wholeLines() []explanation {
	var all []explanation
	known := m.freeKnown()
	for i, p := range m.payouts {
		if !m.freePayout(i) {
			continue
		}
		type place struct{ day, account string }
		groups := map[place][]int{}
		var places []place
		for _, j := range known {
			if l := m.lines[j]; m.onTime(p, l) {
				at := place{string(l.Day), l.Account}
				if groups[at] == nil {
					places = append(places, at)
				}
				groups[at] = append(groups[at], j)
			}
		}
		for _, at := range places {
			var sum int64
			for _, j := range groups[at] {
				sum += m.lines[j].Amount
			}
			if len(groups[at]) > 1 && sum == p.Expected {
				all = append(all, explanation{lines: groups[at], payouts: []int{i}})
			}
		}
	}
	return all
}

// sums are all other sums: of payouts for one line, of lines for one payout.
func (m *market) sums() []explanation {
	var all []explanation
	known := m.freeKnown()
	for _, j := range known {
		l := m.lines[j]
		var candidates []part
		for i, p := range m.payouts {
			if m.freePayout(i) && p.Expected < l.Amount && m.onTime(p, l) {
				candidates = append(candidates, part{i, p.Expected})
			}
		}
		for _, sum := range subsets(candidates, l.Amount) {
			all = append(all, explanation{[]int{j}, sum.parts, sum.unfinished})
		}
	}
	for i, p := range m.payouts {
		if !m.freePayout(i) {
			continue
		}
		var candidates []part
		for _, j := range known {
			if l := m.lines[j]; l.Amount < p.Expected && m.onTime(p, l) {
				candidates = append(candidates, part{j, l.Amount})
			}
		}
		for _, sum := range subsets(candidates, p.Expected) {
			all = append(all, explanation{sum.parts, []int{i}, sum.unfinished})
		}
	}
	return all
}

// part is one candidate of a sum, all of which are above 0.
type part struct {
	index  int
	amount int64
}

// subset is some candidates that sum up to what was sought; where the search was
// cut short, all candidates.
type subset struct {
	parts      []int
	unfinished bool
}

// subsets are the sets of two and more candidates that sum up to a target.
func subsets(candidates []part, target int64) []subset {
	slices.SortFunc(candidates, func(a, b part) int { return cmp.Or(cmp.Compare(b.amount, a.amount), cmp.Compare(a.index, b.index)) })
	left := make([]int64, len(candidates)+1) // what the candidates from here on sum up to
	for i := len(candidates) - 1; i >= 0; i-- {
		left[i] = left[i+1] + candidates[i].amount
	}
	if len(candidates) < 2 || left[0] < target {
		return nil
	}
	s := search{candidates: candidates, left: left}
	if len(candidates) > maxParts || !s.from(0, target) {
		return []subset{{s.everything(), true}}
	}
	return s.found
}

type search struct {
	candidates []part
	left       []int64
	chosen     []int
	found      []subset
	steps      int
}

// from seeks what is missing among the candidates from i on, and says whether
// it got to the end within the limits.
func (s *search) from(i int, missing int64) bool {
	s.steps++
	switch {
	case missing == 0:
		if len(s.chosen) > 1 {
			parts := slices.Clone(s.chosen)
			slices.Sort(parts)
			s.found = append(s.found, subset{parts: parts})
		}
		return len(s.found) <= maxSums
	case s.steps > maxSteps:
		return false
	case i == len(s.candidates) || s.left[i] < missing:
		return true
	}
	if c := s.candidates[i]; c.amount <= missing {
		s.chosen = append(s.chosen, c.index)
		done := s.from(i+1, missing-c.amount)
		s.chosen = s.chosen[:len(s.chosen)-1]
		if !done {
			return false
		}
	}
	return s.from(i+1, missing)
}

func (s *search) everything() []int {
	var all []int
	for _, c := range s.candidates {
		all = append(all, c.index)
	}
	slices.Sort(all)
	return all
}

// component is a group of payouts and lines that hang together by edges.
type component struct{ payouts, lines []int }

// components cuts the edges (payout to lines) into groups, in the order of their
// first payouts.
func components(edges map[int][]int) []component {
	ofLine := map[int][]int{}
	payouts := make([]int, 0, len(edges))
	for p, lines := range edges {
		payouts = append(payouts, p)
		for _, l := range lines {
			ofLine[l] = append(ofLine[l], p)
		}
	}
	slices.Sort(payouts)
	seen, seenLine := map[int]bool{}, map[int]bool{}
	var all []component
	for _, start := range payouts {
		if seen[start] {
			continue
		}
		var group component
		seen[start] = true
		for queue := []int{start}; len(queue) > 0; {
			p := queue[0]
			queue = queue[1:]
			group.payouts = append(group.payouts, p)
			for _, l := range edges[p] {
				if seenLine[l] {
					continue
				}
				seenLine[l] = true
				group.lines = append(group.lines, l)
				for _, other := range ofLine[l] {
					if !seen[other] {
						seen[other] = true
						queue = append(queue, other)
					}
				}
			}
		}
		slices.Sort(group.payouts)
		slices.Sort(group.lines)
		all = append(all, group)
	}
	return all
}

// even pairs a group in which every payout and every line finds a partner, the
// earliest with the earliest; nil for any other group.
func even(group component, edges map[int][]int) [][2]int {
	size := len(group.payouts)
	if size != len(group.lines) || largest(group, edges, nil) < size {
		return nil
	}
	var pairs [][2]int
	for _, p := range group.payouts {
		for _, l := range edges[p] {
			used := slices.ContainsFunc(pairs, func(pair [2]int) bool { return pair[1] == l })
			if with := append(slices.Clone(pairs), [2]int{p, l}); !used && largest(group, edges, with) == size {
				pairs = with
				break
			}
		}
	}
	return pairs
}

// largest is how many payouts of a group can have a line of their own at most,
// where some pairs are fixed.
func largest(group component, edges map[int][]int, fixed [][2]int) int {
	lineOf, taken := map[int]int{}, map[int]bool{}
	for _, pair := range fixed {
		lineOf[pair[1]], taken[pair[0]] = pair[0], true
	}
	fixedLine := map[int]bool{}
	for line := range lineOf {
		fixedLine[line] = true
	}
	size := len(fixed)
	var augment func(p int, tried map[int]bool) bool
	augment = func(p int, tried map[int]bool) bool {
		for _, l := range edges[p] {
			if tried[l] || fixedLine[l] {
				continue
			}
			tried[l] = true
			if owner, has := lineOf[l]; !has || augment(owner, tried) {
				lineOf[l] = p
				return true
			}
		}
		return false
	}
	for _, p := range group.payouts {
		if !taken[p] && augment(p, map[int]bool{}) {
			size++
		}
	}
	return size
}
