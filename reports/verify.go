package reports

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"daesa/internal/hint"
	"daesa/internal/table"
)

// Changed is a place at which a workbook is not as it was drawn.
type Changed struct {
	Sheet string
	Row   int // 0: the whole sheet
	What  string
}

// Verified is what checking a workbook found.
type Verified struct {
	Changed []Changed
	Cells   int // compared
	Filled  int // rows in which people wrote where they may
}

// Verify compares every cell with what the stored nights draw. What people fill
// in is not compared, nor the order of the rows of a list, nor how anything
// looks; a sum over shown rows changes with a filter and only its formula is
// compared.
func (r *Returned) Verify(snapshots []Snapshot, opts Options) (Verified, error) {
	var found Verified
	if err := r.fits(snapshots); err != nil {
		return found, err
	}
	for i, id := range r.Runs {
		for _, s := range snapshots {
			if s.Run.ID == id && i < len(r.Head) && s.JournalHead != r.Head[i] {
				return found, hint.Errorf("daesa report nightly --date "+string(s.Run.Day)+" draws the night as it stands",
					"the night of %s was run again after this workbook was drawn: it names the journal head %s, what is stored has %s",
					s.Run.Day, quote(r.Head[i]), quote(s.JournalHead))
			}
		}
	}
	n, err := newNight(snapshots, opts.Expected)
	if err != nil {
		return found, err
	}
	b, err := newNightBook(n, r.lang)
	if err == nil {
		err = b.draw()
	}
	if err != nil {
		return found, err
	}
	return found, r.compare(b.sheets, &found)
}

func (r *Returned) compare(sheets []*sheet, found *Verified) error {
	there := r.book.Sheets()
	for _, s := range sheets {
		if !slices.Contains(there, s.name) {
			found.Changed = append(found.Changed, Changed{Sheet: s.name, What: "the sheet is gone"})
			continue
		}
		rows, err := r.rowsOf(s.name)
		if err != nil {
			return err
		}
		if s.header == 0 {
			comparePage(s, rows, found)
		} else {
			r.compareList(s, rows, found)
		}
	}
	for _, name := range there {
		if !slices.ContainsFunc(sheets, func(s *sheet) bool { return s.name == name }) {
			found.Changed = append(found.Changed, Changed{Sheet: clean(name), What: "the sheet is not daesa's"})
		}
	}
	return nil
}

func (r *Returned) rowsOf(sheet string) (map[int][]table.Stored, error) {
	rows := map[int][]table.Stored{}
	for row, err := range r.book.Rows(sheet) {
		if err != nil {
			return nil, err
		}
		rows[row.Line] = row.Cells
	}
	return rows, nil
}

// comparePage compares a sheet cell by cell, each in its place.
func comparePage(s *sheet, rows map[int][]table.Stored, found *Verified) {
	last := 0
	s.each(func(number int, r row) {
		last = number
		for i := range max(len(r.cells), len(rows[number])) {
			if number == s.signed && i+1 >= s.signedFrom {
				return // there people sign
			}
			var drawn cell
			if i < len(r.cells) {
				drawn = r.cells[i]
			}
			found.Cells++
			if what := differs(drawn, rows[number], i); what != "" {
				found.Changed = append(found.Changed, Changed{s.name, number, at(i+1, number) + " " + what})
			}
		}
	})
	beyond(s.name, last, rows, found)
}

// beyond finds rows below what was drawn.
func beyond(name string, last int, rows map[int][]table.Stored, found *Verified) {
	for _, line := range sortedLines(rows) {
		if line > last && slices.ContainsFunc(rows[line], func(c table.Stored) bool { return c.Text != "" }) {
			found.Changed = append(found.Changed, Changed{name, line, "the row was added"})
		}
	}
}

func sortedLines(rows map[int][]table.Stored) []int {
	lines := make([]int, 0, len(rows))
	for line := range rows {
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

// differs says how a cell is not as it was drawn; "" where it is.
func differs(drawn cell, cells []table.Stored, i int) string {
	var stored table.Stored
	if i < len(cells) {
		stored = cells[i]
	}
	if drawn.formula != "" {
		switch {
		case !stored.Live:
			return fmt.Sprintf("was the formula =%s, is %s", drawn.formula, quote(stored.Text))
		case stored.Formula != "" && plainFormula(stored.Formula) != plainFormula(drawn.formula):
			return fmt.Sprintf("was the formula =%s, is =%s", drawn.formula, clip(clean(stored.Formula)))
		case strings.Contains(drawn.formula, "SUBTOTAL("):
			return "" // what a filter shows
		case stored.Text == "":
			return "" // saved by a program that does not reckon
		}
	} else if stored.Live {
		return fmt.Sprintf("was %s, is the formula =%s", quote(drawn.value), clip(clean(stored.Formula)))
	}
	if was, is := drawn.fact(), storedFact(cells, i); was != is {
		return fmt.Sprintf("was %s, is %s", quote(was), quote(is))
	}
	return ""
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

// listRowOf is a row of a list, its columns in the order in which they were drawn.
type listRowOf struct {
	line  int
	facts []string
}

func (l listRowOf) key() string { return strings.Join(l.facts, "\x00") }

// id is what a row can be known by although it was edited: its last cell that
// says anything and is an id.
func (l listRowOf) id(columns []column) string {
	for i := len(columns) - 1; i >= 0; i-- {
		if columns[i].id && columns[i].name != columnRowCheck && l.facts[i] != "" {
			return columns[i].name.ko + "\x00" + l.facts[i]
		}
	}
	return ""
}

// compareList compares a list in whatever order its rows and columns stand.
func (r *Returned) compareList(s *sheet, rows map[int][]table.Stored, found *Verified) {
	places, header := r.places(s, rows)
	for i, place := range places {
		if place < 0 {
			found.Changed = append(found.Changed, Changed{s.name, 0, "the column " + r.lang.of(s.columns[i].name) + " is gone"})
			return
		}
	}
	compareTop(s, rows, header, found)
	drawn := map[string]int{}
	var expected, gone, strange []listRowOf
	s.each(func(number int, one row) {
		if number > s.header {
			found.Cells += len(s.columns)
			l := listRowOf{number, make([]string, len(s.columns))}
			for i := range s.columns {
				if i < len(one.cells) && !s.columns[i].people {
					l.facts[i] = one.cells[i].fact()
				}
			}
			if strings.Join(l.facts, "") != "" {
				expected = append(expected, l)
				drawn[l.key()]++
			}
		}
	})
	for _, line := range sortedLines(rows) {
		if line <= header {
			continue
		}
		l, filled := returnedLine(s, line, rows[line], places)
		if filled {
			found.Filled++
		}
		switch key := l.key(); {
		case strings.Join(l.facts, "") == "":
		case drawn[key] > 0:
			drawn[key]--
		default:
			strange = append(strange, l)
		}
	}
	for _, l := range expected {
		if drawn[l.key()] > 0 {
			drawn[l.key()]--
			gone = append(gone, l)
		}
	}
	found.Changed = append(found.Changed, r.paired(s, gone, strange)...)
}

// places says at which place of a row each drawn column stands, and which row
// is the header.
func (r *Returned) places(s *sheet, rows map[int][]table.Stored) (places []int, header int) {
	places = make([]int, len(s.columns))
	best := -1
	for _, line := range sortedLines(rows) {
		known := 0
		at := make([]int, len(s.columns))
		for i, c := range s.columns {
			at[i] = slices.IndexFunc(rows[line], func(cell table.Stored) bool { return cell.Text == r.lang.of(c.name) })
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

// compareTop compares what stands above a list, wherever its columns moved to.
func compareTop(s *sheet, rows map[int][]table.Stored, header int, found *Verified) {
	left := map[string]int{}
	for line := 1; line < header; line++ {
		for i, c := range rows[line] {
			if strings.HasPrefix(c.Formula, "SUBTOTAL(") || c.Text == "" {
				continue
			}
			left[storedFact(rows[line], i)]++
		}
	}
	s.each(func(number int, one row) {
		if number >= s.header {
			return
		}
		for i := range one.cells {
			fact := one.cells[i].fact()
			if fact == "" || strings.HasPrefix(one.cells[i].formula, "SUBTOTAL(") {
				continue
			}
			found.Cells++
			if left[fact] == 0 {
				found.Changed = append(found.Changed, Changed{s.name, number, fmt.Sprintf("%s is gone", quote(fact))})
				continue
			}
			left[fact]--
		}
	})
	for _, fact := range sortedKeys(left) {
		if left[fact] > 0 {
			found.Changed = append(found.Changed, Changed{s.name, 0, fmt.Sprintf("%s was written above the list", quote(fact))})
		}
	}
}

func returnedLine(s *sheet, line int, cells []table.Stored, places []int) (l listRowOf, filled bool) {
	l = listRowOf{line, make([]string, len(s.columns))}
	for i, c := range s.columns {
		fact := storedFact(cells, places[i])
		if !c.people {
			l.facts[i] = fact
		} else if fact != "" && fact != c.name.ko && fact != c.name.en {
			filled = true
		}
	}
	return l, filled
}

// paired names what was changed in the rows that can be known again, and the
// others as added or gone.
func (r *Returned) paired(s *sheet, gone, strange []listRowOf) []Changed {
	var changes []Changed
	byID := map[string]int{}
	for i, l := range gone {
		byID[l.id(s.columns)] = i
	}
	met := map[int]bool{}
	for _, l := range strange {
		i, ok := byID[l.id(s.columns)]
		if !ok || met[i] || l.id(s.columns) == "" {
			changes = append(changes, Changed{s.name, l.line, "the row is not as it was drawn"})
			continue
		}
		met[i] = true
		var cells []string
		for c := range s.columns {
			if l.facts[c] != gone[i].facts[c] {
				cells = append(cells, fmt.Sprintf("%s was %s, is %s", r.lang.of(s.columns[c].name), quote(gone[i].facts[c]), quote(l.facts[c])))
			}
		}
		changes = append(changes, Changed{s.name, l.line, strings.Join(cells, "; ")})
	}
	for i, l := range gone {
		if !met[i] {
			changes = append(changes, Changed{s.name, l.line, "the row that was drawn here is gone"})
		}
	}
	return changes
}
