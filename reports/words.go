package reports

import (
	"fmt"
	"slices"
	"strings"

	"daesa/internal/xlsx"
	"daesa/reconcile"
	"daesa/reports/book"
)

// Words reads what people wrote about the breaks. snapshots are the stored
// nights that the workbook was drawn of. A row is taken only as it was drawn: one
// that was edited in its facts, stands twice, or belongs to another workbook or
// another drawing is refused for itself, and so is a decision that stands where
// none can be read. Where nothing can be read at all, or no decision of those that
// there are, the workbook is refused. Sorting, filters and moved or hidden columns
// change nothing.
func (r *Returned) Words(snapshots []Snapshot) (book.Read, error) {
	if err := r.fits(snapshots); err != nil {
		return book.Read{}, err
	}
	found, err := r.Filled(r.formOf(snapshots))
	if err != nil {
		return book.Read{}, err
	}
	expected, err := r.drawnRows(snapshots, found.Rows)
	if err != nil {
		return book.Read{}, err
	}
	read, twice := book.Read{Rows: len(found.Rows)}, book.Twice(found.Rows, r.owns)
	for i := range found.Rows {
		row := &found.Rows[i]
		word, reason := r.judge(row, expected)
		if reason == "" {
			reason = twice[i]
		}
		switch {
		case reason != "":
			read.Refused = append(read.Refused, book.RefusedRow{Sheet: row.Sheet, Row: row.Line, BreakID: xlsx.Clean(row.ID), About: xlsx.Clean(row.About), Reason: reason})
		case !word.Empty():
			read.Words = append(read.Words, book.RowDecision{Sheet: row.Sheet, Row: row.Line, OrderID: word.Seen.OrderID, Word: word})
		}
	}
	decided := slices.ContainsFunc(read.Words, func(w book.RowDecision) bool { return w.Word.As != "" })
	return read, r.TakeStrays(&read.Refused, found.Strays, decided)
}

// otherSheets hold no decisions.
var otherSheets = []book.Label{book.SheetSummary, sheetMethods, book.SheetDeadlines, book.SheetRefunds, book.SheetMissing, book.SheetTransfers, book.SheetPromises, book.SheetControl}

// formOf is the list of breaks of some nights as it comes back.
func (r *Returned) formOf(snapshots []Snapshot) book.Form {
	return book.Form{Sheet: book.SheetBreaks, Fields: book.Fields(breakColumns), ID: columnBreakID, About: columnOrder, Decision: columnDecision,
		Others: otherSheets, Owns: r.owns, Abouts: ordersOf(snapshots), Decides: func(text string) bool {
			_, ok := book.DecisionOf(text, reconcile.Dispositions)
			return ok
		}}
}

// owns says whether a row check is of a run of this workbook.
func (r *Returned) owns(check string) bool {
	run, _, _ := strings.Cut(check, "-")
	return slices.Contains(r.Runs, run)
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

// drawnRow is a row as the workbook drew it.
type drawnRow struct {
	book.DrawnRow
	seen BreakRow
}

// drawnRows draws the rows of the breaks again, with the columns that the
// returned workbook has.
func (r *Returned) drawnRows(snapshots []Snapshot, rows []book.FilledRow) (map[string]drawnRow, error) {
	n, err := newNight(snapshots, nil)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	b, err := newNightBook(n, r.Lang)
	if err != nil {
		return nil, err
	}
	columns := book.Having(breakColumns, &rows[0])
	b.Several = book.Position(columns, book.ColumnMID) > 0
	drawn := make(map[string]drawnRow, len(n.breaks))
	for i, row := range book.Redrawn(columns, len(n.breaks), b.breakRow(b.breakStyles(), columns)) {
		drawn[n.breaks[i].ID] = drawnRow{row, n.breaks[i]}
	}
	return drawn, b.Err()
}

// judge says what a row's word is, or why it is not taken.
func (r *Returned) judge(row *book.FilledRow, expected map[string]drawnRow) (reconcile.Decision, string) {
	drawn := expected[row.ID]
	if reason := r.Refusal(row, book.Judging{Owns: r.owns, Unknown: "break of this night",
		Whole: func(row *book.FilledRow) bool {
			run, _, _ := strings.Cut(row.Check, "-")
			return xlsx.Clean(checkOf(run, row.Facts)) == row.Check
		},
		Drawn: func(id string) (book.DrawnRow, bool) {
			of, ok := expected[id]
			return of.DrawnRow, ok
		}}); reason != "" {
		return reconcile.Decision{}, reason
	}
	if row.Check != drawn.Check {
		return reconcile.Decision{}, "the night was run again after this workbook was drawn, and the row is another now"
	}
	return r.word(row, drawn.seen)
}

func (r *Returned) word(row *book.FilledRow, seen BreakRow) (reconcile.Decision, string) {
	w := reconcile.Decision{ID: seen.ID, Seen: reconcile.Break{ID: seen.ID, Status: seen.Status, Since: seen.Since, Owner: seen.Owner, Note: seen.Note,
		Finding: reconcile.Finding{MID: seen.MID, OrderID: seen.OrderID, Kind: seen.Kind, Currency: seen.Currency, LocalAmount: seen.LocalAmount,
			ProviderAmount: seen.ProviderAmount, LocalStatus: seen.LocalStatus, ProviderStatus: seen.ProviderStatus}}}
	if decision := row.Chosen(columnDecision); decision != "" {
		as, ok := book.DecisionOf(decision, reconcile.Dispositions)
		if !ok {
			return w, fmt.Sprintf("its decision %s is none of: %s", xlsx.Quote(decision), r.Lang.Listed(book.Decisions))
		}
		w.As = as
	}
	return w, row.Notes(columnOwner, columnNote, &w)
}
