package monthbook

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"daesa/internal/hint"
	prose "daesa/internal/written"
	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports/book"
	"daesa/settle"
)

// Returned is the workbook of a month that came back from a person.
type Returned struct {
	*book.Returned
	Month settle.Month
	Drawn time.Time // when the figures were taken
	id    string
	form  string
}

// Stand is how things stand now that a workbook of a month shows as they stood then.
type Stand struct {
	Breaks   []reconcile.Break // of settlement, of every merchant, whatever their status
	Deposits []Deposit
	Payouts  []settle.PayoutKey // that a deposit may be
}

// Read is what people wrote into a workbook of a month.
type Read struct {
	book.Read
	Deposits []DepositWord
	Same     int // words about deposits that stand so already
}

// DepositWord is a person's word about a deposit, and where it stands.
type DepositWord struct {
	Sheet   string
	Row     int
	Line    string
	Undo    bool               // it is taken off what it stands against
	Payouts []settle.PayoutKey // else: what it is, sorted
	Note    string
}

// ReturnedOf takes a workbook for one of a month; ok is false where it is none. The
// error is of one in which nobody can decide.
func ReturnedOf(back *book.Returned) (r *Returned, ok bool, err error) {
	if _, is := back.Has(sheetForward); !is {
		return nil, false, nil
	}
	name, is := back.Has(sheetReturn)
	if !is {
		return nil, true, hint.Errorf("daesa close reopen opens a locked month again; send back a workbook of a month that is not locked, with all its sheets",
			"%s has no sheet %s: nobody decides in the workbook of a locked month", back.Path, back.Lang.Of(sheetReturn))
	}
	r = &Returned{Returned: back}
	month, drawn := "", ""
	if err := back.Stated(name, func(label, says string) {
		switch label {
		case r.Lang.Of(labelMonth):
			month = says
		case r.Lang.Of(labelDrawn):
			drawn = says
		case r.Lang.Of(labelBook):
			r.id = says
		case r.Lang.Of(labelForm):
			r.form = says
		}
	}); err != nil {
		return nil, true, err
	}
	r.Month, is = settle.ParseMonth(month)
	r.Drawn, err = pay.ParseTime(drawn)
	if !is || err != nil || r.id != idOf(r.Month, drawn) {
		return nil, true, hint.New(fmt.Sprintf("%s: sheet %s does not say any more which workbook it is", back.Path, name), "send back the whole workbook, with this sheet as it was drawn")
	}
	if r.form != form {
		return nil, true, hint.Errorf("use the version of daesa that drew it, or draw the month again with daesa close report, and work in that one",
			"the workbook has form %s, and this version of daesa draws form %s: what changed between them would pass for somebody's change", xlsx.Quote(r.form), form)
	}
	return r, true, nil
}

// Words reads what people decided about breaks and deposits. A row is taken only as it
// was drawn, and about what stands as it stood then; every other is refused for itself.
// Sorting, filters and moved or hidden columns change nothing.
func (r *Returned) Words(now Stand) (Read, error) {
	m := newMonthBook(Month{Month: r.Month, Now: r.Drawn, Breaks: now.Breaks, Deposits: now.Deposits}, r.Lang)
	var read Read
	breaks, err := r.Filled(r.breakForm(now.Breaks))
	if err != nil {
		return read, err
	}
	deposits, err := r.Filled(r.matchForm(now.Deposits))
	if err != nil {
		return read, err
	}
	read.Rows = len(breaks.Rows)
	if err := r.readBreaks(&read, m, breaks.Rows, now.Breaks); err != nil {
		return read, err
	}
	if err := r.readDeposits(&read, m, deposits.Rows, now); err != nil {
		return read, err
	}
	decided := len(read.Deposits)+read.Same > 0 || slices.ContainsFunc(read.Words, func(w book.RowDecision) bool { return w.Word.As != "" })
	return read, r.TakeStrays(&read.Refused, slices.Concat(breaks.Strays, deposits.Strays), decided)
}

func (r *Returned) owns(check string) bool {
	id, _, _ := strings.Cut(check, "-")
	return id == r.id
}

// whole says whether the facts of a row are those that its check is of.
func (r *Returned) whole(row *book.FilledRow) bool {
	return xlsx.Clean(checkOf(r.id, row.Facts, standsOf(row.Check))) == row.Check
}

// standsOf is the part of a row check that says how what it is about stood.
func standsOf(check string) string { return check[strings.LastIndexByte(check, '-')+1:] }

// otherSheets hold no decisions.
var otherSheets = []book.Label{sheetClose, sheetForward, sheetPayouts, sheetUnsettled, sheetFees, sheetCancels, sheetJournal, sheetVAT, sheetNameless, sheetReturn}

func (r *Returned) breakForm(breaks []reconcile.Break) book.Form {
	abouts := map[string]bool{}
	for i := range breaks {
		abouts[breaks[i].About()] = true
	}
	return book.Form{Sheet: book.SheetBreaks, Fields: book.Fields(breakColumns(true)), ID: columnBreakID, About: columnSubject, Decision: columnDecision,
		Others: append([]book.Label{sheetMatch}, otherSheets...), Beside: []book.Label{columnLineID}, Owns: r.owns, Abouts: abouts,
		Decides: func(text string) bool {
			_, ok := book.DecisionOf(text, reconcile.AllDispositions)
			return ok
		}}
}

func (r *Returned) matchForm(deposits []Deposit) book.Form {
	abouts := map[string]bool{}
	for i := range deposits {
		abouts[deposits[i].ID] = true
	}
	return book.Form{Sheet: sheetMatch, Fields: book.Fields(matchColumns), ID: columnLineID, About: columnLineID, Decision: columnDecision,
		Others: append([]book.Label{book.SheetBreaks}, otherSheets...), Beside: []book.Label{columnBreakID}, Owns: r.owns, Abouts: abouts,
		Decides: func(text string) bool { return is(text, matchLabel) || is(text, unmatchLabel) }}
}

// is reads a label in either language.
func is(text string, label book.Label) bool {
	given := prose.Bare(text)
	return given == prose.Bare(label.Ko()) || given == prose.Bare(label.En())
}

// cellError is a cell that cannot be taken.
type cellError struct {
	column book.Label
	value  string
	reason string
}

func (e *cellError) Error() string { return e.reason }

// refuse adds a row that is not taken.
func (r *Returned) refuse(read *Read, row *book.FilledRow, err error) {
	refused := book.RefusedRow{Sheet: row.Sheet, Row: row.Line, BreakID: xlsx.Clean(row.ID), About: xlsx.Clean(row.About), Reason: err.Error()}
	var of *cellError
	if errors.As(err, &of) {
		refused.Column, refused.Value = r.Lang.Of(of.column), of.value
	}
	read.Refused = append(read.Refused, refused)
}

// redrawn draws rows again as they stand now, with the columns that the returned ones
// have, by what they are of.
func redrawn[R any](m *monthBook, all []book.Column[*askedLine[R]], rows []book.FilledRow, now []R, id func(*R) string) (map[string]book.DrawnRow, map[string]*R) {
	drawn, stands := map[string]book.DrawnRow{}, map[string]*R{}
	if len(rows) == 0 {
		return drawn, stands
	}
	columns := book.Having(all, &rows[0])
	m.Several = book.Position(columns, book.ColumnMID) > 0
	tag := m.Style(book.RowStyle)
	for i, row := range book.Redrawn(columns, len(now), askedRows(m, columns, now, func(*R) xlsx.StyleID { return tag })) {
		drawn[id(&now[i])], stands[id(&now[i])] = row, &now[i]
	}
	return drawn, stands
}

// readRows calls word with each row that is as it was drawn; moved says that what it is
// about is not.
func readRows[R any](r *Returned, read *Read, m *monthBook, columns []book.Column[*askedLine[R]], rows []book.FilledRow, now []R, id func(*R) string, unknown string,
	word func(row *book.FilledRow, stands *R, moved bool) error) error {
	drawn, stands := redrawn(m, columns, rows, now, id)
	judging := book.Judging{Owns: r.owns, Whole: r.whole, Unknown: unknown, Drawn: func(id string) (book.DrawnRow, bool) {
		row, ok := drawn[id]
		return row, ok
	}}
	twice := book.Twice(rows, r.owns)
	for i := range rows {
		row := &rows[i]
		reason := r.Refusal(row, judging)
		if reason == "" {
			reason = twice[i]
		}
		err := errors.New(reason)
		if reason == "" {
			err = word(row, stands[row.ID], standsOf(row.Check) != standsOf(drawn[row.ID].Check))
		}
		if err != nil {
			r.refuse(read, row, err)
		}
	}
	return m.Err()
}

func (r *Returned) readBreaks(read *Read, m *monthBook, rows []book.FilledRow, now []reconcile.Break) error {
	return readRows(r, read, m, breakColumns(true), rows, now, func(b *reconcile.Break) string { return b.ID }, "break that daesa knows",
		func(row *book.FilledRow, b *reconcile.Break, moved bool) error {
			w, err := r.breakWord(row, b, moved)
			if err == nil && !w.Empty() {
				read.Words = append(read.Words, book.RowDecision{Sheet: row.Sheet, Row: row.Line, OrderID: b.OrderID, Word: w})
			}
			return err
		})
}

// breakWord is what a person wrote about a break. What they saw is how it stands, where
// it did not move; else only whose it was and what was noted is known.
func (r *Returned) breakWord(row *book.FilledRow, b *reconcile.Break, moved bool) (reconcile.Decision, error) {
	w := reconcile.Decision{ID: b.ID, Seen: *b, Moved: moved}
	if moved {
		w.Seen = reconcile.Break{ID: b.ID, Status: b.Status, Since: b.Since, Finding: b.Finding}
	}
	w.Seen.Owner, w.Seen.Note = then(row, columnOwnerThen, b.Owner), then(row, columnNoteThen, b.Note)
	if decision := row.Chosen(columnDecision); decision != "" {
		as, ok := book.DecisionOf(decision, reconcile.AllDispositions)
		if !ok || !b.Kind.Takes(as) {
			var takes []book.Label
			for _, as := range decisionsOf(b.Kind) {
				takes = append(takes, book.DecisionLabels[as])
			}
			return w, &cellError{columnDecision, decision, fmt.Sprintf("its decision %s is none of what %s takes: %s", xlsx.Quote(decision), r.Lang.Kind(b.Kind), r.Lang.Listed(takes))}
		}
		w.As = as
	}
	if long := row.Notes(columnOwner, columnNote, &w); long != "" {
		return w, errors.New(long)
	}
	return w, r.rebate(row, b.Currency, &w)
}

// then is what the workbook was drawn with in a column: what there is now, where that
// is drawn the same.
func then(row *book.FilledRow, column book.Label, now string) string {
	if drawn := row.Fact(column); drawn != book.PersonText(xlsx.Inert(xlsx.Clean(now))) {
		return drawn
	}
	return now
}

// rebate reads the amounts of the corrected tax invoice, which come with a rebate and
// with nothing else.
func (r *Returned) rebate(row *book.FilledRow, c pay.Currency, w *reconcile.Decision) error {
	supply, vat := row.Chosen(columnSupply), row.Chosen(columnRebateVAT)
	if w.As != reconcile.Rebate {
		for _, of := range []cellError{{column: columnSupply, value: supply}, {column: columnRebateVAT, value: vat}} {
			if of.value != "" {
				of.reason = fmt.Sprintf("its %s belongs to the decision %s", r.Lang.Of(of.column), book.LookUp(r.Lang, book.DecisionLabels, reconcile.Rebate))
				return &of
			}
		}
		return nil
	}
	var of reconcile.RebateOf
	for _, cell := range []struct {
		column book.Label
		text   string
		to     *int64
	}{{columnSupply, supply, &of.Supply}, {columnRebateVAT, vat, &of.VAT}} {
		if cell.text == "" {
			return &cellError{cell.column, "", fmt.Sprintf("its %s is empty: a rebate needs the supply and the VAT of the corrected tax invoice (수정세금계산서)", r.Lang.Of(cell.column))}
		}
		units, err := c.ParseWritten(cell.text)
		if err != nil {
			return &cellError{cell.column, cell.text, fmt.Sprintf("its %s cannot be read: %v", r.Lang.Of(cell.column), err)}
		}
		*cell.to = units
	}
	w.Rebate = &of
	return nil
}

func (r *Returned) readDeposits(read *Read, m *monthBook, rows []book.FilledRow, now Stand) error {
	return readRows(r, read, m, matchColumns, rows, now.Deposits, func(d *Deposit) string { return d.ID }, "deposit that daesa knows",
		func(row *book.FilledRow, d *Deposit, moved bool) error {
			w, said, err := r.depositWord(row, d, now.Payouts)
			switch {
			case err != nil || !said:
				return err
			case w.stands(d):
				read.Same++
			case moved:
				return errors.New("has changed since the workbook was drawn: " + r.standing(d))
			default:
				read.Deposits = append(read.Deposits, w)
			}
			return nil
		})
}

// stands says whether a deposit stands already as a person says.
func (w *DepositWord) stands(d *Deposit) bool {
	if w.Undo {
		return d.State != settle.LineMatched
	}
	return d.State == settle.LineMatched && slices.Equal(w.Payouts, sorted(d.MatchedTo))
}

// standing is how a deposit stands now.
func (r *Returned) standing(d *Deposit) string {
	var keys []string
	for _, k := range d.MatchedTo {
		keys = append(keys, k.MID+":"+string(k.Day))
	}
	switch {
	case d.State == settle.LineMatched:
		return "it stands against " + strings.Join(keys, ", ")
	case d.State == settle.LineIgnored:
		return "it is set aside"
	case !d.Dropped.IsZero():
		return "it was taken off a payout on " + pay.FormatTime(d.Dropped)
	default:
		return "it stands against nothing"
	}
}

// depositWord is what a person wrote about a deposit; said is false where they wrote
// nothing.
func (r *Returned) depositWord(row *book.FilledRow, d *Deposit, payouts []settle.PayoutKey) (w DepositWord, said bool, err error) {
	w = DepositWord{Sheet: row.Sheet, Row: row.Line, Line: d.ID, Note: row.Said(columnNote)}
	decision, days := row.Chosen(columnDecision), row.Chosen(columnPays)
	switch {
	case row.Blank():
		return w, false, nil
	case utf8.RuneCountInString(w.Note) > book.MostNote:
		return w, true, &cellError{columnNote, "", fmt.Sprintf("its note is longer than %d characters", book.MostNote)}
	case decision == "" && days == "":
		return w, true, &cellError{columnDecision, "", "it has a note and no decision"}
	case decision == "":
		return w, true, &cellError{columnDecision, "", fmt.Sprintf("it names payout days and no decision: choose %s", r.Lang.Of(matchLabel))}
	case is(decision, unmatchLabel):
		w.Undo = true
		if days != "" {
			err = &cellError{columnPays, days, fmt.Sprintf("payout days belong to the decision %s", r.Lang.Of(matchLabel))}
		}
		return w, true, err
	case !is(decision, matchLabel):
		return w, true, &cellError{columnDecision, decision, fmt.Sprintf("its decision %s is none of: %s", xlsx.Quote(decision), r.Lang.Listed([]book.Label{matchLabel, unmatchLabel}))}
	}
	w.Payouts, err = r.payoutsOf(days, d.Currency, payouts)
	return w, true, err
}

// payoutsOf reads payout days, each with or without its merchant. A day alone is the one
// payout of that day.
func (r *Returned) payoutsOf(text string, c pay.Currency, known []settle.PayoutKey) ([]settle.PayoutKey, error) {
	fail := func(reason string) error { return &cellError{columnPays, text, reason} }
	words := strings.FieldsFunc(text, func(of rune) bool { return strings.ContainsRune(",;、，· \n\t", of) })
	if len(words) == 0 {
		return nil, fail("it says no payout day")
	}
	var keys []settle.PayoutKey
	for _, word := range words {
		mid, date := "", word
		if at := strings.LastIndexByte(word, ':'); at >= 0 {
			mid, date = word[:at], word[at+1:]
		}
		day, err := dayOf(date)
		if err != nil {
			return nil, fail(fmt.Sprintf("%s is no payout day: write it as 2026-11-27, or MERCHANT:2026-11-27", xlsx.Quote(word)))
		}
		var of []settle.PayoutKey
		for _, k := range known {
			if k.Day == day && k.Currency == c && (mid == "" || mid == k.MID) {
				of = append(of, k)
			}
		}
		switch len(of) {
		case 1:
			keys = append(keys, of[0])
		case 0:
			return nil, fail(fmt.Sprintf("there is no payout %s in %s", xlsx.Quote(word), c))
		default:
			return nil, fail(fmt.Sprintf("several merchants have a payout on %s: write whose it is, such as %s:%s", day, of[0].MID, day))
		}
	}
	return slices.Compact(sorted(keys)), nil
}

// dayOf reads a day as people write it, or as a workbook keeps a date.
func dayOf(text string) (pay.Day, error) {
	const earliest, latest = 30_000, 80_000 // 1982 to 2119
	if serial, err := strconv.ParseInt(text, 10, 64); err == nil && serial > earliest && serial < latest {
		return pay.DayOf(time.Date(1899, 12, 30+int(serial), 12, 0, 0, 0, pay.Seoul)), nil
	}
	return pay.ParseDay(strings.NewReplacer(".", "-", "/", "-").Replace(text))
}

func sorted(keys []settle.PayoutKey) []settle.PayoutKey {
	return slices.SortedFunc(slices.Values(keys), settle.PayoutKey.Compare)
}
