package passbook

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"daesa/internal/table"
)

// A fit is a layout for which a row of a file is the header.
type fit struct {
	layout *Layout
	row    table.HeadRow
	at     map[string]int // where each column stands; of several with one name the first

	twoRows bool // the header goes over the row above, too
}

// fitOf holds a row against a layout; missing are the columns that it lacks.
func fitOf(layout *Layout, row table.HeadRow) (f fit, missing []string) {
	names := layout.names()
	f = fit{layout: layout, row: row, at: map[string]int{}}
	for i, title := range row.Cells {
		if column, known := names[table.Title(title)]; known {
			if _, before := f.at[column]; !before {
				f.at[column] = i
			}
		}
	}
	missing = layout.lacking(func(role string) bool { _, has := f.at[role]; return has })
	if len(layout.Direction.Titles) > 0 && !layout.Unseen {
		if _, has := f.at[columnDirection]; !has {
			missing = append(missing, columnDirection)
		}
	}
	return f, missing
}

// sameMeaning says whether two layouts read the same of a header.
func sameMeaning(a, b fit) bool {
	return maps.Equal(a.at, b.at) && a.layout.Currency == b.layout.Currency && slices.Equal(a.layout.PayerElse, b.layout.PayerElse)
}

// recognise finds the header among the first rows of a file, and the layout
// whose titles it has. Several layouts that read the same of it are one. A header
// may go over two rows.
func recognise(candidates []*Layout, rows []table.HeadRow) (found fit, rivals []string, best nearest) {
	for i, row := range rows {
		found, rivals, near := fitting(candidates, row)
		best = best.or(near)
		if found.layout == nil && i+1 < len(rows) && rows[i+1].Line == row.Line+1 {
			if single, _, _ := fitting(candidates, rows[i+1]); single.layout == nil {
				found, rivals, _ = fitting(candidates, row.Over(rows[i+1]))
				found.twoRows = true
			}
		}
		if found.layout != nil {
			return found, rivals, best
		}
	}
	return fit{}, nil, best
}

// fitting gives the layout for which a row is the header, and others that would
// read it differently.
func fitting(candidates []*Layout, row table.HeadRow) (found fit, rivals []string, best nearest) {
	var fits []fit
	for _, layout := range candidates {
		if layout.JSON.List != "" || row.Line > layout.HeaderWithin {
			continue
		}
		f, missing := fitOf(layout, row)
		if len(missing) == 0 {
			fits = append(fits, f)
		}
		best = best.or(nearest{f, missing})
	}
	if len(fits) == 0 {
		return fit{}, nil, best
	}
	slices.SortStableFunc(fits, func(a, b fit) int { return cmp.Compare(seenRank(a), seenRank(b)) })
	for _, other := range fits[1:] {
		if seenRank(other) == seenRank(fits[0]) && !sameMeaning(fits[0], other) {
			rivals = append(rivals, other.layout.Name)
		}
	}
	return fits[0], rivals, best
}

// seenRank puts a layout of which no file was ever seen behind the others.
func seenRank(f fit) int {
	if f.layout.Unseen {
		return 1
	}
	return 0
}

// nearest is the row of a file that comes nearest to a header.
type nearest struct {
	fit
	missing []string
}

func (n nearest) or(other nearest) nearest {
	if other.layout == nil {
		return n
	}
	if n.layout == nil || len(other.at) > len(n.at) || len(other.at) == len(n.at) && len(other.missing) < len(n.missing) {
		return other
	}
	return n
}

// headerTitles is how many known titles make a row a header for sure, so that
// its cells may be shown: they are no names of people.
const headerTitles = 3

const adviceLayout = "docs/bank-files.md lists the layouts that are known; another one is a YAML file of your own: --layout FILE"

// unrecognised says that no layout fits, and what comes nearest.
func unrecognised(path string, about table.About, best nearest) error {
	failure := &table.FileError{File: path, Sheet: about.Sheet, Advice: adviceLayout}
	if len(about.Unread) > 0 {
		failure.Advice = "it may stand in another sheet: --sheet NAME, one of " + strings.Join(about.Unread, ", ")
	}
	if best.layout == nil || len(best.at) < headerTitles {
		failure.Reason = "has no row in the first thirty that is the header of a known bank statement"
		return failure
	}
	failure.Line = best.row.Line
	failure.Reason = fmt.Sprintf("its header fits no known bank: for %s it lacks %s; its columns are %s", best.layout.Name,
		strings.Join(best.missing, ", "), strings.Join(filledTitles(best.row.Cells), ", "))
	return failure
}

// ambiguous says that several layouts fit and read different things.
func ambiguous(path string, about table.About, found fit, rivals []string) error {
	return &table.FileError{File: path, Sheet: about.Sheet, Line: found.row.Line,
		Reason: "its header fits several layouts, which read it differently: " + strings.Join(append([]string{found.layout.Name}, rivals...), ", "),
		Advice: "name the right one: --layout NAME"}
}

func filledTitles(cells []string) []string {
	return slices.DeleteFunc(slices.Clone(cells), func(text string) bool { return text == "" })
}
