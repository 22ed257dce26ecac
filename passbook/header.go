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
// whose titles it has. Several layouts that read the same of it are one.
func recognise(candidates []*Layout, rows []table.HeadRow) (found fit, rivals []string, best nearest) {
	for i := range rows {
		var fits []fit
		for _, layout := range candidates {
			if layout.JSON.List != "" || rows[i].Line > layout.HeaderWithin {
				continue
			}
			f, missing := fitOf(layout, rows[i])
			if len(missing) == 0 {
				fits = append(fits, f)
			}
			best = best.or(nearest{f, missing})
		}
		if len(fits) == 0 {
			continue
		}
		slices.SortStableFunc(fits, func(a, b fit) int { return cmp.Compare(seenRank(a), seenRank(b)) })
		for _, other := range fits[1:] {
			if seenRank(other) == seenRank(fits[0]) && !sameMeaning(fits[0], other) {
				rivals = append(rivals, other.layout.Name)
			}
		}
		return fits[0], rivals, best
	}
	return fit{}, nil, best
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
