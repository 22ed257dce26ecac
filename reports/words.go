package reports

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"daesa/internal/table"
	"daesa/reconcile"
)

// Read is what people wrote into a workbook: the words that can be taken, and
// the rows that cannot, each with its reason.
type Read struct {
	Words   []RowWord
	Refused []RefusedRow
	Rows    int // breaks that stand in the workbook
}

// RowWord is a person's word, and where it stands.
type RowWord struct {
	Sheet   string
	Row     int
	OrderID string
	Word    reconcile.Word
}

// RefusedRow is a row that is not taken.
type RefusedRow struct {
	Sheet                    string
	Row                      int
	BreakID, OrderID, Reason string
}

// longest texts that people may write, in characters.
const (
	mostOwner      = 100
	mostPersonNote = 1000
)

// returnedRow is one row of a break as it came back.
type returnedRow struct {
	sheet   string
	line    int
	columns []column
	facts   []string // of the fact columns, in their order
	id      string
	order   string
	check   string

	decision, owner, note string
}

// Words reads what people wrote about the breaks. snapshots are the stored
// nights that the workbook was drawn of. A row is taken only as it was drawn: one
// that was edited in its facts, stands twice, or belongs to another workbook or
// another drawing is refused for itself. Sorting, filters and moved or hidden
// columns change nothing.
func (r *Returned) Words(snapshots []Snapshot) (Read, error) {
	if err := r.fits(snapshots); err != nil {
		return Read{}, err
	}
	rows, err := r.breakRows()
	if err != nil {
		return Read{}, err
	}
	times := map[string][]int{}
	for i := range rows {
		times[rows[i].id] = append(times[rows[i].id], i)
	}
	expected, err := r.drawnRows(snapshots, rows)
	if err != nil {
		return Read{}, err
	}
	read := Read{Rows: len(rows)}
	for i := range rows {
		row := &rows[i]
		word, reason := r.judge(row, expected)
		if others := times[row.id]; reason == "" && len(others) > 1 {
			reason = "stands twice: " + places(rows, others)
		}
		switch {
		case reason != "":
			read.Refused = append(read.Refused, RefusedRow{row.sheet, row.line, clean(row.id), clean(row.order), reason})
		case !word.Empty():
			read.Words = append(read.Words, RowWord{row.sheet, row.line, word.Seen.OrderID, word})
		}
	}
	return read, nil
}

func places(rows []returnedRow, which []int) string {
	var list []string
	for _, i := range which {
		list = append(list, fmt.Sprintf("%s row %d", rows[i].sheet, rows[i].line))
	}
	return strings.Join(list, ", ")
}

// breakRows finds the rows of breaks below every header that has their columns,
// on whatever sheet and in whatever order of columns they stand.
func (r *Returned) breakRows() ([]returnedRow, error) {
	var rows []returnedRow
	for _, sheet := range r.book.Sheets() {
		var columns []column
		var places []int
		for row, err := range r.book.Rows(sheet) {
			if err != nil {
				return nil, err
			}
			if found, at := r.header(row.Cells); found != nil {
				columns, places = found, at
				if missing := missingColumnOf(columns); missing != nil {
					return nil, &returnedError{fmt.Sprintf("%s: sheet %s: the column %s is missing", r.Path, sheet, r.lang.of(*missing)),
						"hide columns instead of deleting them, and send back the workbook with all of them"}
				}
				continue
			}
			if columns == nil {
				continue
			}
			if one, ok := newReturnedRow(sheet, row, columns, places); ok {
				rows = append(rows, one)
			}
		}
	}
	if rows == nil && !slices.Contains(r.book.Sheets(), r.lang.of(sheetBreaks)) {
		return nil, &returnedError{fmt.Sprintf("%s has no sheet %s", r.Path, r.lang.of(sheetBreaks)), "send back the whole workbook, with all its sheets"}
	}
	return rows, nil
}

// header recognises the header of the breaks by the two columns that no other
// list has together, and says where each column stands.
func (r *Returned) header(cells []table.Stored) (columns []column, places []int) {
	at := map[string]int{}
	for i, c := range cells {
		if _, twice := at[c.Text]; !twice && c.Text != "" {
			at[c.Text] = i
		}
	}
	if _, ok := at[r.lang.of(columnRowCheck)]; !ok {
		return nil, nil
	}
	for _, c := range breakColumns {
		if i, ok := at[r.lang.of(c.name)]; ok {
			columns, places = append(columns, c), append(places, i)
		}
	}
	return columns, places
}

// missingColumnOf names a column that every drawing has and this one has not.
func missingColumnOf(columns []column) *word {
	for _, c := range breakColumns {
		sometimes := c.name == columnMID || c.name == columnCurrency
		if !sometimes && position(columns, c.name) == 0 {
			return &c.name
		}
	}
	return nil
}

func newReturnedRow(sheet string, row table.StoredRow, columns []column, places []int) (returnedRow, bool) {
	one := returnedRow{sheet: sheet, line: row.Line, columns: columns}
	for i, c := range columns {
		fact := storedFact(row.Cells, places[i])
		if c.isFact() {
			one.facts = append(one.facts, fact)
		}
		switch c.name {
		case columnBreakID:
			one.id = written(fact)
		case columnOrder:
			one.order = written(fact)
		case columnRowCheck:
			one.check = written(fact)
		case columnDecision:
			one.decision = strings.TrimSpace(written(fact))
		case columnOwner:
			one.owner = personText(fact)
		case columnNote:
			one.note = personText(fact)
		}
	}
	return one, one.id != "" || one.check != ""
}

// personText is what a person wrote, as it is kept.
func personText(fact string) string { return strings.TrimSpace(clean(written(fact))) }

// drawnRow is a row as the workbook drew it.
type drawnRow struct {
	facts []string
	check string
	seen  BreakRow
}

// drawnRows draws the rows of the breaks again, with the columns that the
// returned workbook has.
func (r *Returned) drawnRows(snapshots []Snapshot, rows []returnedRow) (map[string]drawnRow, error) {
	n, err := newNight(snapshots, nil)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	b, err := newNightBook(n, r.lang)
	if err != nil {
		return nil, err
	}
	columns := rows[0].columns
	b.several = position(columns, columnMID) > 0
	ordered := slices.Clone(breakColumns)
	ordered = slices.DeleteFunc(ordered, func(c column) bool { return position(columns, c.name) == 0 })
	fill, cells := b.breakFill(b.breakPalettes(), ordered), make([]cell, len(ordered))
	drawn := make(map[string]drawnRow, len(n.breaks))
	for i := range n.breaks {
		clear(cells)
		fill(i, cells)
		row := drawnRow{seen: n.breaks[i], check: cells[position(ordered, columnRowCheck)-1].value}
		for j, c := range ordered {
			if c.isFact() {
				row.facts = append(row.facts, cells[j].fact())
			}
		}
		drawn[n.breaks[i].ID] = row
	}
	return drawn, b.err
}

// judge says what a row's word is, or why it is not taken.
func (r *Returned) judge(row *returnedRow, expected map[string]drawnRow) (reconcile.Word, string) {
	run, _, _ := strings.Cut(row.check, "-")
	drawn, known := expected[row.id]
	switch {
	case !slices.Contains(r.Runs, run):
		return reconcile.Word{}, "belongs to another workbook (its row check is " + quote(row.check) + ")"
	case !known:
		return reconcile.Word{}, "is no break of this night (its id is " + quote(row.id) + ")"
	case clean(checkOf(run, row.facts)) != row.check:
		return reconcile.Word{}, "was edited in its facts" + r.edited(row, drawn)
	case row.check != drawn.check:
		return reconcile.Word{}, "the night was run again after this workbook was drawn, and the row is another now"
	}
	return r.word(row, drawn.seen)
}

// edited names the columns whose facts differ.
func (r *Returned) edited(row *returnedRow, drawn drawnRow) string {
	var names []string
	i := 0
	for _, c := range row.columns {
		if !c.isFact() {
			continue
		}
		if i < len(drawn.facts) && i < len(row.facts) && row.facts[i] != drawn.facts[i] {
			names = append(names, fmt.Sprintf("%s: %s, drawn as %s", r.lang.of(c.name), quote(row.facts[i]), quote(drawn.facts[i])))
		}
		i++
	}
	if names == nil {
		return ""
	}
	return " (" + strings.Join(names, "; ") + ")"
}

// quote keeps a text from outside short and on one line.
func quote(value string) string {
	const most = 40
	value = clean(value)
	if utf8.RuneCountInString(value) > most {
		value = string([]rune(value)[:most]) + "…"
	}
	return `"` + value + `"`
}

func (r *Returned) word(row *returnedRow, seen BreakRow) (reconcile.Word, string) {
	w := reconcile.Word{ID: seen.ID, Seen: reconcile.Break{ID: seen.ID, Status: seen.Status, Since: seen.Since, Owner: seen.Owner, Note: seen.Note,
		Finding: reconcile.Finding{MID: seen.MID, OrderID: seen.OrderID, Kind: seen.Kind, Currency: seen.Currency, LocalAmount: seen.LocalAmount,
			ProviderAmount: seen.ProviderAmount, LocalStatus: seen.LocalStatus, ProviderStatus: seen.ProviderStatus}}}
	if row.decision != "" {
		as, ok := decisionOf(row.decision)
		if !ok {
			return w, fmt.Sprintf("its decision %s is none of: %s", quote(row.decision), r.lang.listed(decisions))
		}
		w.As = as
	}
	if row.owner != personText(inert(clean(seen.Owner))) {
		w.Owner = &row.owner
	}
	if row.note != personText(inert(clean(seen.Note))) {
		w.Note = &row.note
	}
	switch {
	case utf8.RuneCountInString(row.owner) > mostOwner:
		return w, fmt.Sprintf("its owner is longer than %d characters", mostOwner)
	case utf8.RuneCountInString(row.note) > mostPersonNote:
		return w, fmt.Sprintf("its note is longer than %d characters", mostPersonNote)
	}
	return w, ""
}

// decisionOf takes a label of either language, or the contract's own word.
func decisionOf(label string) (reconcile.Disposition, bool) {
	for _, as := range reconcile.Dispositions {
		w := decisionWords[as]
		if label == w.ko || strings.EqualFold(label, w.en) || label == string(as) {
			return as, true
		}
	}
	return "", false
}

func (l language) listed(words []word) string {
	var list []string
	for _, w := range words {
		list = append(list, l.of(w))
	}
	return strings.Join(list, ", ")
}
