package reports

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"daesa/approval"
	"daesa/internal/hint"
	"daesa/internal/table"
	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/refunds"
	"daesa/reports/book"
)

// ReturnedPlan is the workbook of a batch that came back with the sheets of its
// statements.
type ReturnedPlan struct {
	*book.Returned
}

// titleRows are the title of a sheet and what is said below it.
const titleRows = 2

// PlanKind is what kind of a batch's workbook one is.
type PlanKind int

// The kinds.
const (
	NoPlan       PlanKind = iota // another workbook
	PlanUnsigned                 // without a statement
	PlanSigned
)

// ReturnedPlanOf takes a workbook for one of a batch.
func ReturnedPlanOf(back *book.Returned) (*ReturnedPlan, PlanKind) {
	plan := &ReturnedPlan{back}
	if _, signed := back.Has(sheetStatement); signed {
		return plan, PlanSigned
	}
	if _, batch := back.Has(sheetBatchRows); batch {
		return plan, PlanUnsigned
	}
	return plan, NoPlan
}

// ReadStatement is a statement as the cells of a workbook say it.
type ReadStatement struct {
	Sheet    string            // the first that it stands on
	Stated   map[string]string // what stands above its lines, by its name
	Requests []refunds.Request // what each line says of its request
	Rows     []place           // where each of them stands
	Unread   []xlsx.Change     // cells that say nothing that can be signed
}

// place is a row of a sheet.
type place struct {
	sheet string
	row   int
}

// Statements reads the statements of a workbook. Sorting, filters and moved columns
// change nothing.
func (r *ReturnedPlan) Statements() ([]*ReadStatement, error) {
	var list []*ReadStatement
	first := r.Lang.Of(sheetStatement)
	for _, name := range r.Book.Sheets() {
		if name != first && !strings.HasPrefix(name, first+" ") {
			continue
		}
		page, err := r.page(name)
		if err != nil {
			return nil, err
		}
		// A statement that one sheet does not hold goes on, under the same head.
		if last := len(list) - 1; last >= 0 && maps.Equal(list[last].Stated, page.Stated) {
			into := list[last]
			into.Requests, into.Rows, into.Unread = append(into.Requests, page.Requests...), append(into.Rows, page.Rows...), append(into.Unread, page.Unread...)
			continue
		}
		list = append(list, page)
	}
	return list, nil
}

func hashName(l book.Language) string { return l.Of(labelStatement) }

// page reads one sheet.
func (r *ReturnedPlan) page(name string) (*ReadStatement, error) {
	s := &ReadStatement{Sheet: name, Stated: map[string]string{}}
	var at map[book.Label]int
	for row, err := range r.Book.Rows(name) {
		if err != nil {
			return nil, err
		}
		where := place{name, row.Line}
		switch {
		case at != nil:
			r.line(s, where, row.Cells, at)
		case r.header(row.Cells) != nil:
			at = r.header(row.Cells)
		default:
			s.state(where, r.Lang, row.Cells)
		}
	}
	if at == nil {
		return nil, hint.Errorf("draw it again: daesa report batch", "%s: sheet %s does not have each column of what is signed once, and no other", r.Path, name)
	}
	return s, nil
}

// state notes what stands above the lines: once, as it was drawn rather than reckoned,
// and nothing else but the title, two rows, and the sums, which are formulas.
func (s *ReadStatement) state(where place, l book.Language, cells []table.Stored) {
	name, says := xlsx.StoredFact(cells, 0), table.Stored{}
	if len(cells) > 1 {
		says = cells[1]
	}
	stated := slices.ContainsFunc(statedLabels, func(label book.Label) bool { return l.Of(label) == name })
	switch _, before := s.Stated[name]; {
	case where.row <= titleRows || !slices.ContainsFunc(cells, func(c table.Stored) bool { return c.Text != "" }):
		return
	case !stated && says.Live:
		return // a sum of what stands below
	case !stated:
		s.unread(where, "%s was added", xlsx.Quote(name))
	case before:
		s.unread(where, "%s stands twice", xlsx.Quote(name))
	case says.Live:
		s.unread(where, "%s is a formula", xlsx.Quote(name))
	}
	for i := 2; i < len(cells); i++ {
		if cells[i].Text != "" {
			s.unread(where, "%s was added beside %s", xlsx.Quote(cells[i].Text), xlsx.Quote(name))
		}
	}
	s.Stated[name] = xlsx.Original(says.Text)
}

func (s *ReadStatement) unread(where place, format string, arguments ...any) {
	s.Unread = append(s.Unread, xlsx.Change{Sheet: where.sheet, Row: where.row, What: fmt.Sprintf(format, arguments...)})
}

// header says where the columns of a statement stand, each once; nil: this row is not
// their header.
func (r *ReturnedPlan) header(cells []table.Stored) map[book.Label]int {
	at := map[book.Label]int{}
	for _, c := range statementColumns {
		for i, cell := range cells {
			if cell.Text != r.Lang.Of(c.Name) {
				continue
			}
			if _, twice := at[c.Name]; twice {
				return nil
			}
			at[c.Name] = i
		}
	}
	if len(at) < len(statementColumns) || len(at) < len(slices.DeleteFunc(slices.Clone(cells), func(c table.Stored) bool { return c.Text == "" })) {
		return nil
	}
	return at
}

// line reads what a row says of a request. An empty row says nothing.
func (r *ReturnedPlan) line(s *ReadStatement, where place, cells []table.Stored, at map[book.Label]int) {
	if !slices.ContainsFunc(cells, func(c table.Stored) bool { return c.Text != "" }) {
		return
	}
	says := func(name book.Label) string { return xlsx.Original(xlsx.StoredFact(cells, at[name])) }
	unread := func(name book.Label, why string) {
		s.unread(where, "%s %s: %s", r.Lang.Of(name), xlsx.Quote(says(name)), why)
	}
	ours := map[int]bool{}
	for _, c := range statementColumns {
		ours[at[c.Name]] = true
		if i := at[c.Name]; i < len(cells) && cells[i].Live {
			unread(c.Name, "is a formula")
		}
	}
	for i, c := range cells {
		if c.Text != "" && !ours[i] {
			s.unread(where, "%s was added", xlsx.Quote(c.Text))
		}
	}
	request := refunds.Request{ID: says(columnRefundID), MID: says(book.ColumnMID), OrderID: says(columnOrder), PaymentKey: says(columnKey),
		Currency: pay.Currency(says(book.ColumnCurrency)), Reason: says(columnReason), AccountFingerprint: says(columnAccountPrint)}
	money := func(name book.Label) int64 {
		units, err := request.Currency.ParseAmount(says(name))
		if err != nil {
			unread(name, "is no amount")
		}
		return units
	}
	request.Amount, request.TaxFreeAmount = money(book.ColumnAmount), money(columnTaxFree)
	if text := says(columnCancelBy); text != "" {
		var ok bool
		if request.CancelBy, ok = momentOf(text); !ok {
			unread(columnCancelBy, "is no time")
		}
	}
	s.Requests, s.Rows = append(s.Requests, request), append(s.Rows, where)
}

// lines are the lines that the requests make. Where the sheet has the hash of a reason
// in place of its words, that is the hash.
func (s *ReadStatement) lines() []approval.Line {
	lines := refunds.Lines(s.Requests)
	for i, r := range s.Requests {
		if hash, is := strings.CutPrefix(r.Reason, reasonHashed); is {
			lines[i] = lines[i].With("reason", hash)
		}
	}
	return lines
}

// momentOf reads a moment in Seoul as a cell has it, or as a text.
func momentOf(fact string) (time.Time, bool) {
	if serial, err := strconv.ParseFloat(fact, 64); err == nil {
		return xlsx.MomentOf(serial, pay.Seoul), true
	}
	t, err := pay.ParseTime(fact)
	return t, err == nil
}

// SaysTaken says whether the sheet says that the signature was verified.
func (r *ReturnedPlan) SaysTaken(s *ReadStatement) bool {
	return strings.HasPrefix(s.Stated[r.Lang.Of(labelSigned)], r.Lang.Of(saysVerified))
}

// Strays are sheets that no workbook of a batch has.
func (r *ReturnedPlan) Strays() (changed []xlsx.Change) {
	for _, name := range r.Book.Sheets() {
		known := slices.ContainsFunc([]book.Label{book.SheetSummary, sheetBatchRows, sheetStatement}, func(l book.Label) bool {
			number, is := strings.CutPrefix(name, r.Lang.Of(l))
			_, err := strconv.Atoi(strings.TrimPrefix(number, " "))
			return is && (number == "" || strings.HasPrefix(number, " ") && err == nil)
		})
		if !known {
			changed = append(changed, xlsx.Change{Sheet: xlsx.Clean(name), What: "the sheet was added"})
		}
	}
	return changed
}

// Hash is the hash that stands above a statement's lines.
func (r *ReturnedPlan) Hash(s *ReadStatement) string { return s.Stated[hashName(r.Lang)] }

// Verify compares what a statement's cells come to with the hash that stands above
// them. now gives a request as it is, where there is one: it says which row it is that
// is not what was drawn.
func (r *ReturnedPlan) Verify(s *ReadStatement, now func(id string) (refunds.Request, bool, error)) (found xlsx.Comparison, err error) {
	found.Cells = len(s.Requests) * len(statementColumns)
	found.Changed = s.Unread
	say := func(where place, format string, arguments ...any) {
		found.Changed = append(found.Changed, xlsx.Change{Sheet: where.sheet, Row: where.row, What: fmt.Sprintf(format, arguments...)})
	}
	head := place{sheet: s.Sheet}
	made, err := r.made(s)
	if err != nil {
		say(head, "says no statement: %v", err)
		return found, nil
	}
	if made.Hash != r.Hash(s) {
		say(head, "its cells make the statement %s, and not %s, which stands above them", made.Hash, xlsx.Quote(r.Hash(s)))
		if err := sayWhich(s, now, say); err != nil {
			return found, err
		}
	}
	drawn := statementSheet{Book: book.NewBook(r.Lang, book.About{}), of: Statement{Taken: made}}
	for _, one := range drawn.stated()[1:] {
		found.Cells++
		if is := s.Stated[r.Lang.Of(one.name)]; is != one.says {
			say(head, "%s is %s, and the lines come to %s", r.Lang.Of(one.name), xlsx.Quote(is), one.says)
		}
	}
	return found, nil
}

// made is the statement that the cells make.
func (r *ReturnedPlan) made(s *ReadStatement) (approval.Taken, error) {
	number, hash, _ := strings.Cut(s.Stated[r.Lang.Of(labelSignedOn)], " ")
	seq, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return approval.Taken{}, fmt.Errorf("%s names no entry of the journal", r.Lang.Of(labelSignedOn))
	}
	until, err := pay.ParseTime(s.Stated[r.Lang.Of(labelUntil)])
	if err != nil {
		return approval.Taken{}, fmt.Errorf("%s is no time", r.Lang.Of(labelUntil))
	}
	made := approval.New(approval.ApproveRefunds, approval.Point{Seq: seq, Hash: hash}, until, s.lines())
	text, err := made.Text()
	return approval.Taken{Statement: made, Text: text, Hash: approval.Hash(text)}, err
}

// sayWhich names the rows that are not what their requests are now.
func sayWhich(s *ReadStatement, now func(id string) (refunds.Request, bool, error), say func(where place, format string, arguments ...any)) error {
	lines := s.lines()
	for i, said := range s.Requests {
		is, known, err := now(said.ID)
		if err != nil {
			return err
		}
		differ := lines[i].Differ(is.Line())
		switch {
		case !known:
			say(s.Rows[i], "there is no request %s", xlsx.Quote(said.ID))
		case len(differ) > 0:
			say(s.Rows[i], "refund %s: %s is not as the request has it", said.ID, strings.Join(differ, ", "))
		}
	}
	return nil
}
