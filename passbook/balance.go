package passbook

import (
	"slices"
	"time"

	"daesa/pay"
)

// Gap is two lines of one account between which the running balance does not
// tie: lines between them are missing, or one of them is wrong.
type Gap struct {
	After, Before Line  // the last line before the gap, and the first one behind it
	Missing       int64 // what lines between them would have to bring, in the smallest unit
}

// Gaps follows the running balance over lines of one account, in any order, and
// gives every place where it does not tie. Lines without a balance count by
// their amounts. checked is how many pairs of neighbouring balances were
// compared: 0 means that nothing is known.
func Gaps(lines []Line) (gaps []Gap, checked int) {
	walkBalances(Ordered(lines), func(after, before Line, missing int64) {
		checked++
		if missing != 0 {
			gaps = append(gaps, Gap{after, before, missing})
		}
	})
	return gaps, checked
}

// walkBalances visits each pair of lines with a balance that have none between
// them, and what is missing between them.
func walkBalances(ordered []Line, visit func(after, before Line, missing int64)) {
	last := -1
	between := int64(0)
	for i := range ordered {
		if !ordered[i].HasBalance() {
			between += ordered[i].Signed()
			continue
		}
		if last >= 0 {
			visit(ordered[last], ordered[i], ordered[i].before()-ordered[last].Balance-between)
		}
		last, between = i, 0
	}
}

// Balance is what the running balance says of one file.
type Balance struct {
	Checked int   // pairs of balances that were compared; 0: the file has none to compare
	Gaps    []Gap // where they do not tie
	Untied  []Untied
}

// Check follows the running balance over the file.
func (s Statement) Check() Balance {
	b := Balance{Untied: slices.Clone(s.untied)}
	b.Gaps, b.Checked = Gaps(s.Lines)
	return b
}

// Span is some days, the first and the last one included.
type Span struct{ From, To pay.Day }

// Covers says for which days a file that is imported at an instant speaks: its
// stated period up to the day before, else from its first line to its last one, up
// to that day, too: the day of the import is not over. Days for which the file's own
// opening and closing balance leave lines out are none of them.
func (s Statement) Covers(now time.Time) []Span {
	span := Span{s.From, s.To}
	if s.From == "" {
		if len(s.Lines) == 0 {
			return nil
		}
		span = Span{s.Lines[0].Day(), s.Lines[len(s.Lines)-1].Day()}
	}
	span.To = min(span.To, pay.DayOf(now).Add(-1))
	days := map[pay.Day]bool{}
	mark(days, span, true)
	for _, untied := range s.untied {
		mark(days, Span{untied.From, untied.To}, false)
	}
	return spansOf(days)
}

// mark says of each day of a span whether it is covered.
func mark(days map[pay.Day]bool, span Span, covered bool) {
	for day := span.From; day <= span.To; day = day.Add(1) {
		days[day] = covered
	}
}

// Covered gives the days of which every line of an account is known: those that
// its files cover (Statement.Covers), and those between lines whose balances tie
// one after another, without the days over which a balance does not tie. The
// lines may stand in any order; the spans that are given come in order, and
// neither touch nor overlap.
func Covered(lines []Line, files []Span) []Span {
	days := map[pay.Day]bool{}
	for _, span := range files {
		mark(days, span, true)
	}
	var holes []Span
	first, last := pay.Day(""), pay.Day("") // of the lines that tie so far
	run := func() {
		if first != "" && first < last {
			mark(days, Span{first.Add(1), last.Add(-1)}, true)
		}
	}
	walkBalances(Ordered(lines), func(after, before Line, missing int64) {
		if missing != 0 {
			run()
			first = ""
			holes = append(holes, Span{after.Day(), before.Day()})
			return
		}
		if first == "" {
			first = after.Day()
		}
		last = before.Day()
	})
	run()
	for _, hole := range holes {
		mark(days, hole, false)
	}
	return spansOf(days)
}

// spansOf joins days that follow one another.
func spansOf(days map[pay.Day]bool) []Span {
	var list []pay.Day
	for day, covered := range days {
		if covered {
			list = append(list, day)
		}
	}
	slices.Sort(list)
	var spans []Span
	for _, day := range list {
		if n := len(spans); n > 0 && spans[n-1].To.Add(1) == day {
			spans[n-1].To = day
			continue
		}
		spans = append(spans, Span{day, day})
	}
	return spans
}
