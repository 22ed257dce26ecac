package xlsx

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"daesa/internal/table"
)

// Change is a place at which a stored workbook is not as it was drawn.
type Change struct {
	Sheet string
	Row   int // 0: the whole sheet
	What  string
}

// Comparison is what comparing a stored workbook with a drawing found.
type Comparison struct {
	Changed []Change
	Cells   int // compared
	Filled  int // rows of lists in which people wrote where they may
}

// Compare compares every cell of a stored workbook with what the book draws.
// What people fill in is not compared, nor the order of rows and columns of a
// list, nor how anything looks. A sum over shown rows (SUBTOTAL) changes with a
// filter, and only its formula is compared. An error is one of reading.
func (b *Book) Compare(stored *table.Book) (Comparison, error) {
	var found Comparison
	there := stored.Sheets()
	for _, s := range b.sheets {
		if !slices.Contains(there, s.Name) {
			found.say(s.Name, 0, "the sheet is gone")
			continue
		}
		rows := map[int][]table.Stored{}
		for row, err := range stored.Rows(s.Name) {
			if err != nil {
				return found, err
			}
			rows[row.Line] = row.Cells
		}
		if s.header == 0 {
			found.page(s, rows)
		} else {
			found.list(s, rows)
		}
	}
	for _, name := range there {
		if !slices.ContainsFunc(b.sheets, func(s *Sheet) bool { return s.Name == name }) {
			found.say(Clean(name), 0, "the sheet was added")
		}
	}
	return found, nil
}

func (f *Comparison) say(sheet string, row int, format string, arguments ...any) {
	f.Changed = append(f.Changed, Change{sheet, row, fmt.Sprintf(format, arguments...)})
}

// page compares a sheet cell by cell, each in its place.
func (f *Comparison) page(s *Sheet, rows map[int][]table.Stored) {
	last := 0
	s.each(func(number int, r Row) {
		last = number
		for i := range max(len(r.Cells), len(rows[number])) {
			if number == s.open.row && i+1 >= s.open.column {
				return
			}
			var drawn Cell
			if i < len(r.Cells) {
				drawn = r.Cells[i]
			}
			f.Cells++
			if what := differs(drawn, rows[number], i); what != "" {
				f.say(s.Name, number, "%s %s", At(i+1, number), what)
			}
		}
	})
	for _, line := range sortedLines(rows) {
		if line > last && slices.ContainsFunc(rows[line], func(c table.Stored) bool { return c.Text != "" }) {
			f.say(s.Name, line, "the row was added")
		}
	}
}

func sortedLines(rows map[int][]table.Stored) []int { return slices.Sorted(maps.Keys(rows)) }

// differs says how a cell is not as it was drawn; "" where it is.
func differs(drawn Cell, cells []table.Stored, i int) string {
	var stored table.Stored
	if i < len(cells) {
		stored = cells[i]
	}
	if drawn.formula != "" {
		switch {
		case !stored.Live:
			return fmt.Sprintf("was the formula =%s, is %s", drawn.formula, Quote(stored.Text))
		case stored.Formula != "" && plainFormula(stored.Formula) != plainFormula(drawn.formula):
			return fmt.Sprintf("was the formula =%s, is =%s", drawn.formula, shortFormula(stored))
		case strings.Contains(drawn.formula, "SUBTOTAL("):
			return "" // what a filter shows
		case stored.Text == "":
			return "" // saved by a program that does not reckon
		}
	} else if stored.Live {
		return fmt.Sprintf("was %s, is the formula =%s", Quote(drawn.value), shortFormula(stored))
	}
	if was, is := drawn.Fact(), StoredFact(cells, i); was != is {
		return fmt.Sprintf("was %s, is %s", Quote(was), Quote(is))
	}
	return ""
}

func shortFormula(stored table.Stored) string { return Clip(Clean(stored.Formula), 300) }

// StoredFact is what the i-th stored cell of a row says, in the form of Cell.Fact;
// "" where there is none.
func StoredFact(cells []table.Stored, i int) string {
	switch {
	case i < 0 || i >= len(cells):
		return ""
	case cells[i].Number:
		return numberFact(cells[i].Text)
	default:
		return cells[i].Text
	}
}

var columnOfReference = regexp.MustCompile(`([!:])[A-Z]{1,3}([0-9])`)

var areaOfCells = regexp.MustCompile(`\b([A-Z]{1,3}[0-9]+):([A-Z]{1,3}[0-9]+)\b`)

// plainFormula is a formula without what programs write in different ways, and
// without the columns of other sheets, which people move. Gnumeric writes an
// area of one cell, G59:G59, as that cell.
func plainFormula(formula string) string {
	formula = strings.NewReplacer("'", "", "$", "", " ", "").Replace(strings.TrimPrefix(formula, "of:="))
	formula = areaOfCells.ReplaceAllStringFunc(formula, func(area string) string {
		if first, last, _ := strings.Cut(area, ":"); first == last {
			return first
		}
		return area
	})
	return columnOfReference.ReplaceAllString(formula, "$1$2")
}

// listRow is a row of a list, its columns in the order in which they were drawn.
type listRow struct {
	line  int
	facts []string
}

func (l listRow) whole() string { return strings.Join(l.facts, "\x00") }

func (l listRow) empty() bool { return strings.Join(l.facts, "") == "" }

// key is what a row can be known by although it was edited: its last cell of a
// key column that says anything.
func (l listRow) key(columns []Column) string {
	for i, c := range slices.Backward(columns) {
		if c.Key && l.facts[i] != "" {
			return c.Title.Value() + "\x00" + l.facts[i]
		}
	}
	return ""
}

// list compares a list in whatever order its rows and columns stand.
func (f *Comparison) list(s *Sheet, rows map[int][]table.Stored) {
	places, header := s.places(rows)
	for i, place := range places {
		if place < 0 {
			f.say(s.Name, 0, "the column %s is gone", s.columns[i].Title.Value())
			return
		}
	}
	f.above(s, rows, header)
	left := map[string]int{}
	var drawn, gone, strange []listRow
	s.each(func(number int, r Row) {
		if number > s.header {
			f.Cells += len(s.columns)
			if l := s.drawnRow(number, r); !l.empty() {
				drawn = append(drawn, l)
				left[l.whole()]++
			}
		}
	})
	for _, line := range sortedLines(rows) {
		if line <= header {
			continue
		}
		l, filled := s.storedRow(line, rows[line], places)
		if filled {
			f.Filled++
		}
		switch whole := l.whole(); {
		case l.empty():
		case left[whole] > 0:
			left[whole]--
		default:
			strange = append(strange, l)
		}
	}
	for _, l := range drawn {
		if left[l.whole()] > 0 {
			left[l.whole()]--
			gone = append(gone, l)
		}
	}
	f.pair(s, gone, strange)
}

// places says at which place of a row each drawn column stands, from 0, and which
// row is the header.
func (s *Sheet) places(rows map[int][]table.Stored) (places []int, header int) {
	places = make([]int, len(s.columns))
	best := -1
	for _, line := range sortedLines(rows) {
		known := 0
		at := make([]int, len(s.columns))
		for i, c := range s.columns {
			at[i] = slices.IndexFunc(rows[line], func(cell table.Stored) bool { return cell.Text == c.Title.Value() })
			if at[i] >= 0 {
				known++
			}
		}
		if known > best {
			best, places, header = known, at, line
		}
		if known == len(s.columns) {
			break
		}
	}
	return places, header
}

var columnOfCell = regexp.MustCompile(`\b[A-Z]{1,3}([0-9]+)\b`)

// liveFact is a sum above a list by its formula, wherever the columns of the list
// moved to. Its value follows from the rows, which are compared themselves: an
// edited cell is one change, not also one of the sum that it is in.
func liveFact(formula string) string {
	return "=" + columnOfCell.ReplaceAllString(plainFormula(formula), "$1")
}

// above compares what stands above a list, wherever its columns moved to.
func (f *Comparison) above(s *Sheet, rows map[int][]table.Stored, header int) {
	left := map[string]int{}
	for line := 1; line < header; line++ {
		for i, c := range rows[line] {
			switch {
			case c.Live && c.Formula != "":
				left[liveFact(c.Formula)]++
			case c.Text != "":
				left[StoredFact(rows[line], i)]++
			}
		}
	}
	s.each(func(number int, r Row) {
		if number >= s.header {
			return
		}
		for i := range r.Cells {
			fact := r.Cells[i].Fact()
			if formula := r.Cells[i].formula; formula != "" && left[liveFact(formula)] > 0 {
				fact = liveFact(formula)
			} else if strings.Contains(formula, "SUBTOTAL(") {
				fact = "=" + formula // its value is whatever the filter shows
			}
			if fact == "" {
				continue
			}
			f.Cells++
			if left[fact] == 0 {
				f.say(s.Name, number, "%s is gone", Quote(fact))
				continue
			}
			left[fact]--
		}
	})
	for _, fact := range slices.Sorted(maps.Keys(left)) {
		if left[fact] > 0 {
			f.say(s.Name, 0, "%s was written above the list", Quote(fact))
		}
	}
}

func (s *Sheet) drawnRow(number int, r Row) listRow {
	l := listRow{number, make([]string, len(s.columns))}
	for i, c := range s.columns {
		if i < len(r.Cells) && !c.Input {
			l.facts[i] = r.Cells[i].Fact()
		}
	}
	return l
}

func (s *Sheet) storedRow(line int, cells []table.Stored, places []int) (l listRow, filled bool) {
	l = listRow{line, make([]string, len(s.columns))}
	for i, c := range s.columns {
		fact := StoredFact(cells, places[i])
		if !c.Input {
			l.facts[i] = fact
		} else if fact != "" && fact != c.Title.Value() {
			filled = true
		}
	}
	return l, filled
}

// pair names what was changed in the rows that can be known again, and the
// others as added or gone.
func (f *Comparison) pair(s *Sheet, gone, strange []listRow) {
	byKey := map[string]int{}
	for i, l := range gone {
		byKey[l.key(s.columns)] = i
	}
	met := map[int]bool{}
	for _, l := range strange {
		key := l.key(s.columns)
		i, ok := byKey[key]
		if !ok || met[i] || key == "" {
			f.say(s.Name, l.line, "the row is not as it was drawn")
			continue
		}
		met[i] = true
		var cells []string
		for c := range s.columns {
			if l.facts[c] != gone[i].facts[c] {
				cells = append(cells, fmt.Sprintf("%s was %s, is %s", s.columns[c].Title.Value(), Quote(gone[i].facts[c]), Quote(l.facts[c])))
			}
		}
		f.say(s.Name, l.line, "%s", strings.Join(cells, "; "))
	}
	for i, l := range gone {
		if !met[i] {
			f.say(s.Name, l.line, "the row that was drawn here is gone")
		}
	}
}
