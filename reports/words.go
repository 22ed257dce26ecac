package reports

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"daesa/internal/hint"
	prose "daesa/internal/written"
	"daesa/internal/xlsx"
	"daesa/reconcile"
	"daesa/reports/book"
)

// Read is what people wrote into a workbook: the words that can be taken, and the
// rows that are refused, each with its reason.
type Read struct {
	Words   []RowDecision
	Refused []RefusedRow
	Rows    int // breaks that stand in the workbook
}

// RowDecision is a person's word, and where it stands.
type RowDecision struct {
	Sheet   string
	Row     int
	OrderID string
	Word    reconcile.Decision
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

// Words reads what people wrote about the breaks. snapshots are the stored
// nights that the workbook was drawn of. A row is taken only as it was drawn: one
// that was edited in its facts, stands twice, or belongs to another workbook or
// another drawing is refused for itself, and so is a decision that stands where
// none can be read. Where nothing can be read at all, or no decision of those that
// there are, the workbook is refused. Sorting, filters and moved or hidden columns
// change nothing.
func (r *Returned) Words(snapshots []Snapshot) (Read, error) {
	if err := r.fits(snapshots); err != nil {
		return Read{}, err
	}
	found, err := r.breakRows(ordersOf(snapshots))
	if err != nil {
		return Read{}, err
	}
	rows := found.rows
	times := map[string][]int{}
	for i := range rows {
		if run, _, _ := strings.Cut(rows[i].check, "-"); slices.Contains(r.Runs, run) { // another workbook's is refused for itself
			times[rows[i].id] = append(times[rows[i].id], i)
		}
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
			read.Refused = append(read.Refused, RefusedRow{row.sheet, row.line, xlsx.Clean(row.id), xlsx.Clean(row.order), reason})
		case !word.Empty():
			read.Words = append(read.Words, RowDecision{row.sheet, row.line, word.Seen.OrderID, word})
		}
	}
	return read, r.takeStrays(&read, found.strays)
}

// takeStrays refuses the rows that cannot be read, one by one. Where no decision can
// be read, the whole workbook is refused: what is missing is missing everywhere.
func (r *Returned) takeStrays(read *Read, strays []stray) error {
	decided := slices.DeleteFunc(slices.Clone(strays), func(s stray) bool { return s.decision == "" })
	if len(decided) > 0 && !slices.ContainsFunc(read.Words, func(w RowDecision) bool { return w.Word.As != "" }) {
		first := decided[0]
		return hint.New(fmt.Sprintf("%s holds %d decisions of which none can be read; the first, %s on sheet %s row %d: %s", r.Path, len(decided), xlsx.Quote(first.decision), first.sheet, first.line, first.reason),
			adviceColumns)
	}
	for _, s := range strays {
		what := "its decision " + xlsx.Quote(s.decision) + " cannot be read: "
		if s.decision == "" {
			what = "what was written cannot be read: "
		}
		read.Refused = append(read.Refused, RefusedRow{s.sheet, s.line, "", xlsx.Clean(s.order), what + s.reason})
	}
	return nil
}

// ordersOf are the order numbers of the nights' breaks.
func ordersOf(snapshots []Snapshot) map[string]bool {
	orders := map[string]bool{}
	for _, s := range snapshots {
		for i := range s.Breaks {
			orders[s.Breaks[i].OrderID] = true
		}
	}
	return orders
}

func places(rows []returnedRow, which []int) string {
	var list []string
	for _, i := range which {
		list = append(list, fmt.Sprintf("%s row %d", rows[i].sheet, rows[i].line))
	}
	return strings.Join(list, ", ")
}

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
	b.Several = book.Position(columns, book.ColumnMID) > 0
	ordered := slices.DeleteFunc(slices.Clone(breakColumns), func(c book.Column[*breakLine]) bool { return book.Position(columns, c.Name) == 0 })
	list := book.Listing[*breakLine]{Columns: ordered}
	fill, cells := list.Fill(b.breakRow(b.breakStyles(), ordered)), make([]xlsx.Cell, len(ordered))
	drawn := make(map[string]drawnRow, len(n.breaks))
	for i := range n.breaks {
		clear(cells)
		fill(i, cells)
		row := drawnRow{seen: n.breaks[i], check: cells[book.Position(ordered, book.ColumnRowCheck)-1].Value()}
		for j, c := range ordered {
			if c.IsFact() {
				row.facts = append(row.facts, cells[j].Fact())
			}
		}
		drawn[n.breaks[i].ID] = row
	}
	return drawn, b.Err()
}

// judge says what a row's word is, or why it is not taken.
func (r *Returned) judge(row *returnedRow, expected map[string]drawnRow) (reconcile.Decision, string) {
	run, _, _ := strings.Cut(row.check, "-")
	drawn, known := expected[row.id]
	switch {
	case row.check == "":
		return reconcile.Decision{}, "its row check (" + r.lang.Of(book.ColumnRowCheck) + ") is empty, so that nobody can say which difference it is about"
	case row.unread != "":
		return reconcile.Decision{}, row.unread
	case !slices.Contains(r.Runs, run):
		return reconcile.Decision{}, "belongs to another workbook (its row check is " + xlsx.Quote(row.check) + ")"
	case !known:
		return reconcile.Decision{}, "is no break of this night (its id is " + xlsx.Quote(row.id) + ")"
	case xlsx.Clean(checkOf(run, row.facts)) != row.check:
		return reconcile.Decision{}, "was edited in its facts" + r.edited(row, drawn)
	case row.check != drawn.check:
		return reconcile.Decision{}, "the night was run again after this workbook was drawn, and the row is another now"
	}
	return r.word(row, drawn.seen)
}

// edited names the columns whose facts differ.
func (r *Returned) edited(row *returnedRow, drawn drawnRow) string {
	var names []string
	i := 0
	for _, c := range row.columns {
		if !c.IsFact() {
			continue
		}
		if i < len(drawn.facts) && i < len(row.facts) && row.facts[i] != drawn.facts[i] {
			names = append(names, fmt.Sprintf("%s: %s, drawn as %s", r.lang.Of(c.Name), xlsx.Quote(row.facts[i]), xlsx.Quote(drawn.facts[i])))
		}
		i++
	}
	if names == nil {
		return ""
	}
	return " (" + strings.Join(names, "; ") + ")"
}

func (r *Returned) word(row *returnedRow, seen BreakRow) (reconcile.Decision, string) {
	w := reconcile.Decision{ID: seen.ID, Seen: reconcile.Break{ID: seen.ID, Status: seen.Status, Since: seen.Since, Owner: seen.Owner, Note: seen.Note,
		Finding: reconcile.Finding{MID: seen.MID, OrderID: seen.OrderID, Kind: seen.Kind, Currency: seen.Currency, LocalAmount: seen.LocalAmount,
			ProviderAmount: seen.ProviderAmount, LocalStatus: seen.LocalStatus, ProviderStatus: seen.ProviderStatus}}}
	if row.decision != "" {
		as, ok := decisionOf(row.decision)
		if !ok {
			return w, fmt.Sprintf("its decision %s is none of: %s", xlsx.Quote(row.decision), r.lang.Listed(book.Decisions))
		}
		w.As = as
	}
	if row.owner != personText(xlsx.Inert(xlsx.Clean(seen.Owner))) {
		w.Owner = &row.owner
	}
	if row.note != personText(xlsx.Inert(xlsx.Clean(seen.Note))) {
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

// decisionOf reads a label of either language, a former one, or the contract's own
// word.
func decisionOf(label string) (reconcile.Disposition, bool) {
	for _, as := range reconcile.Dispositions {
		w := book.DecisionLabels[as]
		given, former := prose.Bare(label), book.FormerDecisions[as]
		if given == prose.Bare(w.Ko()) || given == prose.Bare(w.En()) || given == string(as) || former != "" && given == prose.Bare(former) {
			return as, true
		}
	}
	return "", false
}
