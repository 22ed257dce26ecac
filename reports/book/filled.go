package book

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"daesa/internal/hint"
	"daesa/internal/table"
	"daesa/internal/xlsx"
	"daesa/reconcile"

	prose "daesa/internal/written"
)

// Field is a column of a list that comes back.
type Field struct {
	Name   Label
	People bool // they fill it in
}

// IsFact reports whether the program fills the column in, rather than a person.
func (f Field) IsFact() bool { return !f.People && f.Name != ColumnRowCheck }

// sometimes says whether the column is left out where it would say nothing.
func (f Field) sometimes() bool { return f.Name == ColumnMID || f.Name == ColumnCurrency }

// Fields are the columns of a list.
func Fields[D any](columns []Column[D]) []Field {
	fields := make([]Field, len(columns))
	for i, c := range columns {
		fields[i] = Field{c.Name, c.People}
	}
	return fields
}

// Having leaves out the columns of a list that a row does not have, so that it can
// be drawn again as it was.
func Having[D any](columns []Column[D], row *FilledRow) []Column[D] {
	return slices.DeleteFunc(slices.Clone(columns), func(c Column[D]) bool {
		return !slices.ContainsFunc(row.Fields, func(f Field) bool { return f.Name == c.Name })
	})
}

// Form is a list of a workbook that people fill in. Its rows are known again by the
// column ColumnRowCheck.
type Form struct {
	Sheet    Label
	Fields   []Field
	ID       Label // the column of what a row is of
	About    Label // the column by which people know a row
	Decision Label
	Others   []Label                 // sheets of the workbook that have no row of it
	Beside   []Label                 // the ID columns of the workbook's other lists
	Decides  func(text string) bool  // whether a text is a decision
	Owns     func(check string) bool // whether a row check is of this workbook
	Abouts   map[string]bool         // what stands in the column About
}

// FilledRow is one row of a form as it came back.
type FilledRow struct {
	Sheet  string
	Line   int
	Fields []Field
	Facts  []string // of the fact columns, in their order
	ID     string
	About  string
	Check  string
	Unread string // why what a person wrote cannot be read; "" where it can

	said map[Label]string
}

// Said is what a person wrote into a column, as it is kept.
func (r *FilledRow) Said(column Label) string { return PersonText(r.said[column]) }

// Chosen is what a person chose in a column.
func (r *FilledRow) Chosen(column Label) string {
	return strings.TrimSpace(xlsx.Original(r.said[column]))
}

// longest texts that people may write, in characters.
const (
	mostOwner = 100
	// MostNote is that of a note.
	MostNote = 1000
)

// Notes adds to a word who looks after the break and what is noted, where a person
// changed that: they are drawn as they were known. tooLong says which text
// is longer than it may be; "" where none is.
func (r *FilledRow) Notes(owner, note Label, w *reconcile.Decision) (tooLong string) {
	for _, of := range []struct {
		column Label
		drawn  string
		to     **string
		name   string
		most   int
	}{{owner, w.Seen.Owner, &w.Owner, "owner", mostOwner}, {note, w.Seen.Note, &w.Note, "note", MostNote}} {
		said := r.Said(of.column)
		if said != PersonText(xlsx.Inert(xlsx.Clean(of.drawn))) {
			*of.to = &said
		}
		if tooLong == "" && utf8.RuneCountInString(said) > of.most {
			tooLong = fmt.Sprintf("its %s is longer than %d characters", of.name, of.most)
		}
	}
	return tooLong
}

// Fact is what the program wrote into a column of a row that is whole, as it is kept.
func (r *FilledRow) Fact(column Label) string {
	i := 0
	for _, f := range r.Fields {
		switch {
		case f.Name == column:
			return PersonText(r.Facts[i])
		case f.IsFact():
			i++
		}
	}
	return ""
}

// Blank says whether people wrote nothing into the row.
func (r *FilledRow) Blank() bool {
	for column := range r.said {
		if r.Said(column) != "" {
			return false
		}
	}
	return true
}

// Stray is a decision that stands where none can be read. It is always reported.
type Stray struct {
	Sheet           string
	Line            int
	About, Decision string
	Reason          string
}

// Filled are the rows of a form in a workbook, and what looks like a decision but
// belongs to none of them.
type Filled struct {
	Rows   []FilledRow
	Strays []Stray
	headed bool // some header is whole
}

// AdviceColumns is what to do where a list lacks what its rows are known by.
const AdviceColumns = "hide columns instead of deleting them, and send back the workbook with all its sheets and columns"

// Filled finds the rows of a form below every header that has its columns, on
// whatever sheet and in whatever order of columns they stand.
func (r *Returned) Filled(f Form) (Filled, error) {
	var all Filled
	for _, sheet := range r.Book.Sheets() {
		reader := sheetReader{Returned: r, form: f, sheet: sheet, all: &all}
		for row, err := range r.Book.Rows(sheet) {
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
	case slices.Contains(r.Book.Sheets(), r.Lang.Of(f.Sheet)):
		return all, hint.New(fmt.Sprintf("%s: sheet %s has no header: no row says %s and %s", r.Path, r.Lang.Of(f.Sheet), r.Lang.Of(f.Decision), r.Lang.Of(ColumnRowCheck)), AdviceColumns)
	default:
		return all, hint.New(fmt.Sprintf("%s has no sheet %s", r.Path, r.Lang.Of(f.Sheet)), AdviceColumns)
	}
}

// sheetReader reads one sheet, row by row.
type sheetReader struct {
	*Returned
	form  Form
	sheet string
	all   *Filled

	fields  []Field // of the header above; nil: none that is whole
	places  []int
	loose   *looseHeader // a header that is not whole; nil: none
	foreign bool         // the header above is another list's
	first   int          // of all.Rows that belong to this sheet, once there is one
	started bool
}

// looseHeader is a header of decisions that lacks what their rows are known by.
type looseHeader struct {
	decision, about int
	reason          string
}

func (s *sheetReader) read(row table.StoredRow) error {
	if !s.started {
		s.started, s.first = true, len(s.all.Rows)
	}
	titles := titlesOf(row.Cells)
	if _, whole := titles[prose.Bare(s.Lang.Of(ColumnRowCheck))]; whole {
		return s.header(titles)
	}
	if s.fields == nil && s.elsewhere() {
		return nil
	}
	if loose := s.looseHeader(titles); loose != nil {
		s.fields, s.loose, s.foreign = nil, loose, false
		if s.own() {
			return hint.New(s.Path+": sheet "+s.sheet+": "+loose.reason, AdviceColumns)
		}
		return nil
	}
	switch {
	case s.foreign:
	case s.fields != nil:
		s.row(row)
	case s.loose != nil:
		if decision := strings.TrimSpace(textAt(row.Cells, s.loose.decision)); decision != "" {
			s.stray(row, textAt(row.Cells, s.loose.about), decision, s.loose.reason)
		}
	default:
		s.headless(row)
	}
	return nil
}

// header takes over a header that has the check of its rows, and refuses one that
// lacks another column or has one twice.
func (s *sheetReader) header(titles map[string][]int) error {
	s.fields, s.places, s.loose = nil, nil, nil
	if s.foreign = s.ofAnother(titles); s.foreign {
		return nil
	}
	for _, f := range s.form.Fields {
		switch at := titles[prose.Bare(s.Lang.Of(f.Name))]; {
		case len(at) > 1:
			return hint.New(fmt.Sprintf("%s: sheet %s: the column %s stands twice", s.Path, s.sheet, s.Lang.Of(f.Name)), "give a column of your own another title")
		case len(at) == 1:
			s.fields, s.places = append(s.fields, f), append(s.places, at[0])
		}
	}
	for _, f := range s.form.Fields {
		if !f.sometimes() && !slices.Contains(s.fields, f) {
			return hint.New(fmt.Sprintf("%s: sheet %s: the column %s is missing", s.Path, s.sheet, s.Lang.Of(f.Name)), AdviceColumns)
		}
	}
	s.all.headed = true
	return nil
}

// ofAnother says whether a header is that of another list of the workbook.
func (s *sheetReader) ofAnother(titles map[string][]int) bool {
	return slices.ContainsFunc(s.form.Beside, func(id Label) bool { return len(titles[prose.Bare(s.Lang.Of(id))]) > 0 })
}

// looseHeader recognises, in either language, a header of decisions without the
// check of its rows.
func (s *sheetReader) looseHeader(titles map[string][]int) *looseHeader {
	for _, l := range []Language{Korean, English} {
		decision, about := titles[prose.Bare(l.Of(s.form.Decision))], titles[prose.Bare(l.Of(s.form.About))]
		if len(decision) == 0 || len(about) == 0 {
			continue
		}
		reason := fmt.Sprintf("the column %s is missing", l.Of(ColumnRowCheck))
		if _, there := titles[prose.Bare(l.Of(ColumnRowCheck))]; there {
			reason = fmt.Sprintf("its titles are in another language than the other sheets (%s)", s.Lang.Of(s.form.Sheet))
		}
		return &looseHeader{decision[0], about[0], reason}
	}
	return nil
}

func (s *sheetReader) row(row table.StoredRow) {
	one := newFilledRow(s.sheet, row, &s.form, s.fields, s.places)
	decision := one.Chosen(s.form.Decision)
	switch {
	case one.ID != "" || one.Check != "":
		s.all.Rows = append(s.all.Rows, one)
	case decision != "" || one.About != "" && !one.Blank():
		s.stray(row, one.About, decision, fmt.Sprintf("its %s and its %s are empty", s.Lang.Of(s.form.ID), s.Lang.Of(ColumnRowCheck)))
	}
}

// own reports whether the sheet is the list's: by its name, or since no other bears
// that name.
func (s *sheetReader) own() bool {
	name := s.Lang.Of(s.form.Sheet)
	is := func(sheet string) bool { return sheet == name || strings.HasPrefix(sheet, name+" ") }
	return is(s.sheet) || !slices.ContainsFunc(s.Book.Sheets(), is)
}

// headless looks for a row that stands under no header: one that was sorted away
// from it, or copied without it. Such a row bears the check of its row, or a
// decision beside what it is about.
func (s *sheetReader) headless(row table.StoredRow) {
	decision, about, checked := "", "", false
	for _, c := range row.Cells {
		if s.form.Decides(c.Text) {
			decision = c.Text
		}
		text := xlsx.Original(c.Text)
		if s.form.Abouts[text] {
			about = text
		}
		checked = checked || strings.Contains(text, "-") && s.form.Owns(text)
	}
	if checked || decision != "" && about != "" {
		s.stray(row, about, decision, fmt.Sprintf("it stands under no header that has %s and %s", s.Lang.Of(s.form.Decision), s.Lang.Of(ColumnRowCheck)))
	}
}

// elsewhere says whether the sheet is another of the workbook, which has words of its
// own.
func (s *sheetReader) elsewhere() bool {
	return slices.ContainsFunc(s.form.Others, func(name Label) bool { return s.sheet == name.Ko() || s.sheet == name.En() })
}

func (s *sheetReader) stray(row table.StoredRow, about, decision, reason string) {
	s.all.Strays = append(s.all.Strays, Stray{s.sheet, row.Line, xlsx.Original(about), decision, reason})
}

// merged marks the rows whose cells for people are merged with those of other
// rows: only the first of them holds what the person wrote for all.
func (s *sheetReader) merged() error {
	if s.first == len(s.all.Rows) || !s.started {
		return nil
	}
	ranges, err := s.Book.Merged(s.sheet)
	if err != nil {
		return err
	}
	for _, area := range ranges {
		for i := s.first; i < len(s.all.Rows); i++ {
			one := &s.all.Rows[i]
			if one.Line < area.FirstLine || one.Line > area.LastLine {
				continue
			}
			for j, f := range one.Fields {
				if f.People && s.places[j] >= area.FirstColumn && s.places[j] <= area.LastColumn {
					one.Unread = fmt.Sprintf("its %s is merged with that of other rows (rows %d to %d)", s.Lang.Of(f.Name), area.FirstLine, area.LastLine)
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

func newFilledRow(sheet string, row table.StoredRow, form *Form, fields []Field, places []int) FilledRow {
	one := FilledRow{Sheet: sheet, Line: row.Line, Fields: fields, said: map[Label]string{}}
	for i, f := range fields {
		fact := xlsx.StoredFact(row.Cells, places[i])
		if f.IsFact() {
			one.Facts = append(one.Facts, fact)
		}
		if at := places[i]; f.People && at < len(row.Cells) && row.Cells[at].Live && row.Cells[at].Text == "" {
			one.Unread = "what stands in " + f.Name.Ko() + " is a formula without a value: paste it as a value"
		}
		if f.People {
			one.said[f.Name] = fact
		}
		switch f.Name {
		case form.ID:
			one.ID = xlsx.Original(fact)
		case ColumnRowCheck:
			one.Check = xlsx.Original(fact)
		default:
		}
		if f.Name == form.About {
			one.About = xlsx.Original(fact)
		}
	}
	return one
}

// DrawnRow is a row of a form as it is drawn again; Check is what its column
// ColumnRowCheck says then.
type DrawnRow struct {
	Facts []string
	Check string
}

// Redrawn draws the rows of a list again, with the columns that the row of a
// returned workbook has. draw fills the cells of the i-th row.
func Redrawn[D any](columns []Column[D], n int, row func(i int, cells []xlsx.Cell) D) []DrawnRow {
	list := Listing[D]{Columns: columns}
	fill, cells := list.Fill(row), make([]xlsx.Cell, len(columns))
	check := Position(columns, ColumnRowCheck) - 1
	drawn := make([]DrawnRow, n)
	for i := range n {
		clear(cells)
		fill(i, cells)
		drawn[i] = DrawnRow{FactsOf(columns, cells), cells[check].Value()}
	}
	return drawn
}

// FactsOf are the facts of a row that is drawn, as far as its cells are.
func FactsOf[D any](columns []Column[D], cells []xlsx.Cell) []string {
	var facts []string
	for i, c := range columns {
		if c.IsFact() {
			facts = append(facts, cells[i].Fact())
		}
	}
	return facts
}

// Fingerprint is of a row's facts. It does not stop a forger; the database is what
// rows are compared with.
func Fingerprint(facts []string) string { return reconcile.ShortHash(strings.Join(facts, "\x00"))[:8] }

// Judging is what a row must be to be taken as it was drawn.
type Judging struct {
	Owns    func(check string) bool          // a row check of this workbook
	Whole   func(row *FilledRow) bool        // its facts are those that its check is of
	Drawn   func(id string) (DrawnRow, bool) // as it is drawn again; false: there is no such row
	Unknown string                           // of what there is no such row
}

// Refusal says why a row is not as it was drawn, or cannot be read; "": it is, and can.
func (r *Returned) Refusal(row *FilledRow, j Judging) string {
	drawn, known := j.Drawn(row.ID)
	switch {
	case row.Check == "":
		return "its row check (" + r.Lang.Of(ColumnRowCheck) + ") is empty, so that nobody can say which difference it is about"
	case row.Unread != "":
		return row.Unread
	case !j.Owns(row.Check):
		return "belongs to another workbook (its row check is " + xlsx.Quote(row.Check) + ")"
	case !known:
		return "is no " + j.Unknown + " (its id is " + xlsx.Quote(row.ID) + ")"
	case !j.Whole(row):
		return "was edited in its facts" + r.edited(row, drawn)
	}
	return ""
}

// edited names the columns whose facts differ.
func (r *Returned) edited(row *FilledRow, drawn DrawnRow) string {
	var names []string
	i := 0
	for _, f := range row.Fields {
		if !f.IsFact() {
			continue
		}
		if i < len(drawn.Facts) && i < len(row.Facts) && row.Facts[i] != drawn.Facts[i] {
			names = append(names, fmt.Sprintf("%s: %s, drawn as %s", r.Lang.Of(f.Name), xlsx.Quote(row.Facts[i]), xlsx.Quote(drawn.Facts[i])))
		}
		i++
	}
	if names == nil {
		return ""
	}
	return " (" + strings.Join(names, "; ") + ")"
}

// Twice says of each row that stands twice where it does; "" of every other. Rows of
// another workbook are refused for themselves.
func Twice(rows []FilledRow, owns func(check string) bool) []string {
	times := map[string][]int{}
	for i := range rows {
		if owns(rows[i].Check) {
			times[rows[i].ID] = append(times[rows[i].ID], i)
		}
	}
	says := make([]string, len(rows))
	for i := range rows {
		others := times[rows[i].ID]
		if len(others) < 2 {
			continue
		}
		var places []string
		for _, j := range others {
			places = append(places, fmt.Sprintf("%s row %d", rows[j].Sheet, rows[j].Line))
		}
		says[i] = "stands twice: " + strings.Join(places, ", ")
	}
	return says
}

// TakeStrays refuses the rows that cannot be read, one by one. Where no decision can
// be read, the whole workbook is refused: what is missing is missing everywhere.
// decided says whether one was read.
func (r *Returned) TakeStrays(refused *[]RefusedRow, strays []Stray, decided bool) error {
	without := slices.DeleteFunc(slices.Clone(strays), func(s Stray) bool { return s.Decision == "" })
	if len(without) > 0 && !decided {
		first := without[0]
		return hint.New(fmt.Sprintf("%s holds %d decisions of which none can be read; the first, %s on sheet %s row %d: %s", r.Path, len(without), xlsx.Quote(first.Decision), first.Sheet, first.Line, first.Reason),
			AdviceColumns)
	}
	for _, s := range strays {
		what := "its decision " + xlsx.Quote(s.Decision) + " cannot be read: "
		if s.Decision == "" {
			what = "what was written cannot be read: "
		}
		*refused = append(*refused, RefusedRow{Sheet: s.Sheet, Row: s.Line, About: xlsx.Clean(s.About), Reason: what + s.Reason})
	}
	return nil
}
