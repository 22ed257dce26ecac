package reports

import (
	"fmt"
	"slices"
	"strings"

	"daesa/internal/hint"
	"daesa/internal/table"
	prose "daesa/internal/written"
	"daesa/internal/xlsx"
	"daesa/reports/book"
)

// returnedRow is one row of a break as it came back.
type returnedRow struct {
	sheet   string
	line    int
	columns []book.Column[*breakLine]
	facts   []string // of the fact columns, in their order
	id      string
	order   string
	check   string

	decision, owner, note string
	unread                string // why what a person wrote cannot be read; "" where it can
}

// stray is a decision that stands where none can be read. It is always reported.
type stray struct {
	sheet           string
	line            int
	order, decision string
	reason          string
}

// returnedRows are the rows of breaks in a workbook, and what looks like a decision
// but belongs to none of them.
type returnedRows struct {
	rows   []returnedRow
	strays []stray
	headed bool // some header is whole
}

const adviceColumns = "hide columns instead of deleting them, and send back the workbook with all its sheets and columns"

// breakRows finds the rows of breaks below every header that has their columns,
// on whatever sheet and in whatever order of columns they stand. orders are the
// order numbers of the nights.
func (r *Returned) breakRows(orders map[string]bool) (returnedRows, error) {
	var all returnedRows
	for _, sheet := range r.book.Sheets() {
		reader := sheetReader{Returned: r, sheet: sheet, orders: orders, all: &all}
		for row, err := range r.book.Rows(sheet) {
			if err != nil {
				return all, err
			}
			if err := reader.read(row); err != nil {
				return all, err
			}
		}
		if err := reader.merged(); err != nil {
			return all, err
		}
	}
	if all.headed {
		return all, nil
	}
	switch {
	case slices.Contains(r.book.Sheets(), r.lang.Of(book.SheetBreaks)):
		return all, hint.New(fmt.Sprintf("%s: sheet %s has no header: no row says %s and %s", r.Path, r.lang.Of(book.SheetBreaks), r.lang.Of(columnDecision), r.lang.Of(book.ColumnRowCheck)), adviceColumns)
	default:
		return all, hint.New(fmt.Sprintf("%s has no sheet %s", r.Path, r.lang.Of(book.SheetBreaks)), adviceColumns)
	}
}

// otherSheets hold no decisions.
var otherSheets = []book.Label{book.SheetSummary, sheetMethods, book.SheetDeadlines, book.SheetRefunds, book.SheetMissing, book.SheetTransfers, book.SheetPromises, book.SheetControl}

// sheetReader reads one sheet, row by row.
type sheetReader struct {
	*Returned
	sheet  string
	orders map[string]bool
	all    *returnedRows

	columns []book.Column[*breakLine] // of the header above; nil: none that is whole
	places  []int
	loose   *looseHeader // a header that is not whole; nil: none
	first   int          // of all.rows that belong to this sheet, once there is one
	started bool
}

// looseHeader is a header of decisions that lacks what their rows are known by.
type looseHeader struct {
	decision, order int
	reason          string
}

func (s *sheetReader) read(row table.StoredRow) error {
	if !s.started {
		s.started, s.first = true, len(s.all.rows)
	}
	titles := titlesOf(row.Cells)
	if _, whole := titles[prose.Bare(s.lang.Of(book.ColumnRowCheck))]; whole {
		return s.header(titles)
	}
	if loose := s.looseHeader(titles); loose != nil {
		s.columns, s.loose = nil, loose
		if s.own() {
			return hint.New(s.Path+": sheet "+s.sheet+": "+loose.reason, adviceColumns)
		}
		return nil
	}
	switch {
	case s.columns != nil:
		s.row(row)
	case s.loose != nil:
		if decision := strings.TrimSpace(textAt(row.Cells, s.loose.decision)); decision != "" {
			s.stray(row, textAt(row.Cells, s.loose.order), decision, s.loose.reason)
		}
	default:
		s.headless(row)
	}
	return nil
}

// header takes over a header that has the check of its rows, and refuses one that
// lacks another column or has one twice.
func (s *sheetReader) header(titles map[string][]int) error {
	s.columns, s.places, s.loose = nil, nil, nil
	for _, c := range breakColumns {
		switch at := titles[prose.Bare(s.lang.Of(c.Name))]; {
		case len(at) > 1:
			return hint.New(fmt.Sprintf("%s: sheet %s: the column %s stands twice", s.Path, s.sheet, s.lang.Of(c.Name)), "give a column of your own another title")
		case len(at) == 1:
			s.columns, s.places = append(s.columns, c), append(s.places, at[0])
		}
	}
	if missing := missingColumnOf(s.columns); missing != nil {
		return hint.New(fmt.Sprintf("%s: sheet %s: the column %s is missing", s.Path, s.sheet, s.lang.Of(*missing)), adviceColumns)
	}
	s.all.headed = true
	return nil
}

// looseHeader recognises, in either language, a header of decisions without the
// check of its rows.
func (s *sheetReader) looseHeader(titles map[string][]int) *looseHeader {
	for _, l := range []book.Language{book.Korean, book.English} {
		decision, order := titles[prose.Bare(l.Of(columnDecision))], titles[prose.Bare(l.Of(columnOrder))]
		if len(decision) == 0 || len(order) == 0 {
			continue
		}
		reason := fmt.Sprintf("the column %s is missing", l.Of(book.ColumnRowCheck))
		if _, there := titles[prose.Bare(l.Of(book.ColumnRowCheck))]; there {
			reason = fmt.Sprintf("its titles are in another language than sheet %s", s.lang.Of(book.SheetControl))
		}
		return &looseHeader{decision[0], order[0], reason}
	}
	return nil
}

func (s *sheetReader) row(row table.StoredRow) {
	one := newReturnedRow(s.sheet, row, s.columns, s.places)
	switch {
	case one.id != "" || one.check != "":
		s.all.rows = append(s.all.rows, one)
	case one.decision != "" || one.order != "" && one.owner+one.note != "":
		s.stray(row, one.order, one.decision, fmt.Sprintf("its %s and its %s are empty", s.lang.Of(columnBreakID), s.lang.Of(book.ColumnRowCheck)))
	}
}

// own reports whether the sheet is the list of breaks: by its name, or since no
// other bears that name.
func (s *sheetReader) own() bool {
	name := s.lang.Of(book.SheetBreaks)
	is := func(sheet string) bool { return sheet == name || strings.HasPrefix(sheet, name+" ") }
	return is(s.sheet) || !slices.ContainsFunc(s.book.Sheets(), is)
}

// headless looks for a row of a break that stands under no header: one that was
// sorted away from it, or copied without it. Such a row bears the check of its
// row, or a decision beside the order number of a break. The other sheets of the
// workbook have words of their own.
func (s *sheetReader) headless(row table.StoredRow) {
	if slices.ContainsFunc(otherSheets, func(name book.Label) bool { return s.sheet == name.Ko() || s.sheet == name.En() }) {
		return
	}
	decision, order, checked := "", "", false
	for _, c := range row.Cells {
		if _, ok := decisionOf(c.Text); ok {
			decision = c.Text
		}
		text := xlsx.Original(c.Text)
		if s.orders[text] {
			order = text
		}
		run, _, _ := strings.Cut(text, "-")
		checked = checked || run != text && slices.Contains(s.Runs, run)
	}
	if checked || decision != "" && order != "" {
		s.stray(row, order, decision, fmt.Sprintf("it stands under no header that has %s and %s", s.lang.Of(columnDecision), s.lang.Of(book.ColumnRowCheck)))
	}
}

func (s *sheetReader) stray(row table.StoredRow, order, decision, reason string) {
	s.all.strays = append(s.all.strays, stray{s.sheet, row.Line, xlsx.Original(order), decision, reason})
}

// merged marks the rows whose cells for people are merged with those of other
// rows: only the first of them holds what the person wrote for all.
func (s *sheetReader) merged() error {
	if s.first == len(s.all.rows) || !s.started {
		return nil
	}
	ranges, err := s.book.Merged(s.sheet)
	if err != nil {
		return err
	}
	for _, area := range ranges {
		for i := s.first; i < len(s.all.rows); i++ {
			one := &s.all.rows[i]
			if one.line < area.FirstLine || one.line > area.LastLine {
				continue
			}
			for j, c := range one.columns {
				if c.People && s.places[j] >= area.FirstColumn && s.places[j] <= area.LastColumn {
					one.unread = fmt.Sprintf("its %s is merged with that of other rows (rows %d to %d)", s.lang.Of(c.Name), area.FirstLine, area.LastLine)
				}
			}
		}
	}
	return nil
}

// titlesOf says where each title of a row stands.
func titlesOf(cells []table.Stored) map[string][]int {
	titles := map[string][]int{}
	for i, c := range cells {
		if name := prose.Bare(c.Text); name != "" {
			titles[name] = append(titles[name], i)
		}
	}
	return titles
}

// missingColumnOf names a column that every drawing has and this one has not.
func missingColumnOf(columns []book.Column[*breakLine]) *book.Label {
	for _, c := range breakColumns {
		sometimes := c.Name == book.ColumnMID || c.Name == book.ColumnCurrency
		if !sometimes && book.Position(columns, c.Name) == 0 {
			return &c.Name
		}
	}
	return nil
}

func newReturnedRow(sheet string, row table.StoredRow, columns []book.Column[*breakLine], places []int) returnedRow {
	one := returnedRow{sheet: sheet, line: row.Line, columns: columns}
	for i, c := range columns {
		fact := xlsx.StoredFact(row.Cells, places[i])
		if c.IsFact() {
			one.facts = append(one.facts, fact)
		}
		if at := places[i]; c.People && at < len(row.Cells) && row.Cells[at].Live && row.Cells[at].Text == "" {
			one.unread = "what stands in " + c.Name.Ko() + " is a formula without a value: paste it as a value"
		}
		switch c.Name {
		case columnBreakID:
			one.id = xlsx.Original(fact)
		case columnOrder:
			one.order = xlsx.Original(fact)
		case book.ColumnRowCheck:
			one.check = xlsx.Original(fact)
		case columnDecision:
			one.decision = strings.TrimSpace(xlsx.Original(fact))
		case columnOwner:
			one.owner = personText(fact)
		case columnNote:
			one.note = personText(fact)
		}
	}
	return one
}

// personText is what a person wrote, as it is kept.
func personText(fact string) string { return strings.TrimSpace(xlsx.Clean(xlsx.Original(fact))) }
