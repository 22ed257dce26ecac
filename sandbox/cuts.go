package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Cuts are ways in which the list of transactions leaves rows out while every
// answer looks well. They go on until the faults are replaced. Pages count from
// 1 within each list that is begun; 0 means that nothing is cut.
type Cuts struct {
	PageCap   int   // at most so many rows a page, whatever limit says
	PageShort int   // this page lacks the row in its middle
	PageEarly int   // this page ends after half of its rows
	PageEmpty int   // this page is empty
	LeaveOut  []int // rows of each Korean day that no list shows, counted from 1
}

func (c Cuts) any() bool {
	return c.PageCap != 0 || c.PageShort != 0 || c.PageEarly != 0 || c.PageEmpty != 0 || len(c.LeaveOut) != 0
}

// set reads one of them; known is false where the name is none of theirs.
func (c *Cuts) set(name, value string) (known bool, err error) {
	if name == "leave-out" {
		for text := range strings.SplitSeq(value, "+") {
			row, err := atLeastOne(text)
			if err != nil {
				return true, err
			}
			c.LeaveOut = append(c.LeaveOut, row)
		}
		return true, nil
	}
	field, known := map[string]*int{"page-cap": &c.PageCap, "page-short": &c.PageShort, "page-early": &c.PageEarly, "page-empty": &c.PageEmpty}[name]
	if known {
		*field, err = atLeastOne(value)
	}
	return known, err
}

func atLeastOne(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q is no whole number from 1 on", text)
	}
	return n, nil
}

// listPage is which page a request of a list is: the stretch that it asks for,
// and the key after which.
type listPage struct {
	from, to int64
	after    string
}

// cutPage gives the rows of a page as the faults leave them. rows are those
// that stand behind the key that was asked for.
func (s *Sandbox) cutPage(at listPage, rows []rowRef, limit int) []rowRef {
	cuts := s.faults.Cuts
	if !cuts.any() {
		return rows[:min(len(rows), limit)]
	}
	rows = s.leaveOut(rows, cuts.LeaveOut)
	if cuts.PageCap > 0 {
		limit = min(limit, cuts.PageCap)
	}
	rows = rows[:min(len(rows), limit)]
	number := 1
	if at.after != "" {
		number = s.listPages[at]
	}
	switch {
	case number == cuts.PageEmpty:
		return nil
	case number == cuts.PageEarly:
		rows = rows[:len(rows)/2]
	case number == cuts.PageShort && len(rows) > 0:
		middle := len(rows) / 2
		rows = slices.Delete(slices.Clone(rows), middle, middle+1)
	}
	if n := len(rows); n > 0 {
		_, last := s.ledger.stepOf(rows[n-1])
		s.listPages[listPage{at.from, at.to, last.key()}] = number + 1
	}
	return rows
}

// leaveOut drops rows by their number within their Korean day.
func (s *Sandbox) leaveOut(rows []rowRef, numbers []int) []rowRef {
	if len(numbers) == 0 || len(rows) == 0 {
		return rows
	}
	gone := map[rowRef]bool{}
	y, m, d := stamp(rows[0].at).Date()
	for day := time.Date(y, m, d, 0, 0, 0, 0, kst); day.Unix() <= rows[len(rows)-1].at; day = day.AddDate(0, 0, 1) {
		all := s.ledger.window(day.Unix(), day.AddDate(0, 0, 1).Unix()-1)
		for _, number := range numbers {
			if number <= len(all) {
				gone[all[number-1]] = true
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(rows), func(r rowRef) bool { return gone[r] })
}

// words writes cuts as set reads them.
func (c Cuts) words() []string {
	var words []string
	for _, cut := range []struct {
		name string
		page int
	}{{"page-cap", c.PageCap}, {"page-short", c.PageShort}, {"page-early", c.PageEarly}, {"page-empty", c.PageEmpty}} {
		if cut.page > 0 {
			words = append(words, cut.name+"="+strconv.Itoa(cut.page))
		}
	}
	var rows []string
	for _, row := range c.LeaveOut {
		rows = append(rows, strconv.Itoa(row))
	}
	if len(rows) > 0 {
		words = append(words, "leave-out="+strings.Join(rows, "+"))
	}
	return words
}
