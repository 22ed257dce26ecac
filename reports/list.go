package reports

import (
	"fmt"
	"slices"
	"time"

	"daesa/internal/xlsx"
	"daesa/pay"
)

// column is one column of a list: its header, and how its cell is drawn of what
// a row is of.
type column[D any] struct {
	name  label
	width int  // in characters; a Korean one counts two
	right bool // its header stands over numbers
	left  bool // its header stands over texts that begin at the left
	id    bool // the same, and its numbers are texts
	// people fill it in: its header and cells stand out, and choices are its
	// drop-down, where it has one.
	people  bool
	choices []label
	// details begin with this column: they are on the screen, not on paper.
	details bool
	cell    func(d D) xlsx.Cell
}

// isFact reports whether the program fills the column in, rather than a person.
func (c column[D]) isFact() bool { return !c.people && c.name != columnRowCheck }

// The columns that a list knows: the first two are not always there, the third has
// the sum, the last is no key of its rows.
var (
	columnMID      = label{"가맹점", "Merchant"}
	columnCurrency = label{"통화", "Currency"}
	columnAmount   = label{"금액", "Amount"}
	columnRowCheck = label{"행 확인", "Row check"}
)

// position is the number of the column of a name, from 1.
func position[D any](columns []column[D], name label) int {
	return 1 + slices.IndexFunc(columns, func(c column[D]) bool { return c.name == name })
}

// listing is a list that fills one sheet, or as many as its rows need.
type listing[D any] struct {
	name     label
	tab      string
	title    string
	subtitle string
	notes    []note // between the subtitle and the list
	table    string // the name of the table that the first segment becomes; "": a filter only
	columns  []column[D]
	fixed    int
	height   int          // of the rows of drawList; 0: of two lines
	segments []segment[D] // the first has the filter; the others have a lead
	rows     int          // of which sums knows the amounts
	sums     []summed     // of the first segment
	apart    match        // rows that are in no sum; their column and label. No column: none
}

// match is a criterion of a formula: a column that has one of these labels.
type match struct {
	column label
	labels []string
}

// note is a line above a list.
type note struct {
	sentence string
	colour   string
}

// segment is a part of a list: rows that lead it in, then the rows from to to-1.
// row gives what the i-th is of, valid until the next, and may keep its cells; where
// the rows are of something else cells draws them.
type segment[D any] struct {
	lead     []xlsx.Row
	from, to int
	height   int
	row      func(i int, cells []xlsx.Cell) D
	cells    func(i int, cells []xlsx.Cell)
}

// summed is a column of money with a sum above its header: of what the filter
// shows, or, where there are several currencies, of all rows of each. It is made
// wide enough for its longest amount.
type summed struct {
	column label
	signed bool
	value  func(i int) (c pay.Currency, units int64, in bool) // in: the row belongs to a sum
}

// amounts sum the column of the amount.
func amounts(value func(i int) (pay.Currency, int64)) []summed {
	return []summed{{columnAmount, false, func(i int) (pay.Currency, int64, bool) {
		currency, units := value(i)
		return currency, units, true
	}}}
}

// place lays a listing out over its sheets, and gives where the rows of its first
// segment stand.
func place[D any](b *book, l listing[D]) []xlsx.Area {
	l.fit()
	currencies := sumCurrencies(b, &l)
	title, subtitle := b.Style(titleStyle), xlsx.Text(b.Style(smallStyle), l.subtitle)
	var notes []xlsx.Cell
	for _, n := range l.notes {
		notes = append(notes, xlsx.Text(b.styled(func(s *style) { s.Bold, s.Color = true, n.colour }), n.sentence))
	}
	list := xlsx.List{Name: b.lang.of(l.name), Tab: l.tab, Fixed: l.fixed, Table: l.table, HeaderHeight: 22}
	for _, c := range l.columns {
		list.Columns = append(list.Columns, xlsx.Column{Title: xlsx.Text(b.Style(columnStyle(c)), b.lang.of(c.name)), Width: c.width,
			Texts: c.id, Key: c.id && c.name != columnRowCheck, Input: c.people, Choices: b.labels(c.choices),
			Refusal: b.say("목록에서 선택하십시오.", "Choose one of the list."), ScreenOnly: c.details})
	}
	list.Above = func(s *xlsx.Sheet, nth int) {
		name := l.title
		if nth > 1 {
			name = fmt.Sprintf("%s (%d)", name, nth)
		}
		s.Add(28, xlsx.Text(title, name))
		s.Add(16, subtitle)
		for _, n := range notes {
			s.Add(18, n)
		}
		for range currencies {
			s.Add(18)
		}
		if len(b.Sheets()) > 0 {
			b.back(s, xlsx.Printed(list.Columns))
		}
	}
	for _, part := range l.segments {
		fill := part.cells
		if fill == nil {
			fill = l.fill(part.row)
		}
		list.Segments = append(list.Segments, xlsx.Segment{Lead: part.lead, From: part.from, To: part.to, Height: part.height, Fill: fill})
	}
	if len(l.sums) > 0 {
		list.Placed = func(s *xlsx.Sheet, rows xlsx.Area, from, to int) {
			t := totals[D]{b, &l, s, rows, from, to, xlsx.Printed(list.Columns)}
			t.draw(currencies)
		}
	}
	return b.List(list)
}

// fill draws the cells of a row, one for each column.
func (l *listing[D]) fill(row func(i int, cells []xlsx.Cell) D) func(i int, cells []xlsx.Cell) {
	return func(i int, cells []xlsx.Cell) {
		d := row(i, cells)
		for n := range l.columns {
			cells[n] = l.columns[n].cell(d)
		}
	}
}

// back links the last cell of a sheet's first row to the first sheet.
func (b *book) back(s *xlsx.Sheet, column int) {
	s.Set(column, 1, xlsx.Text(b.Style(backStyle), "← "+b.first()))
	s.Link(column, 1, xlsx.Top(b.first()))
}

func columnStyle[D any](c column[D]) style {
	return plain.With(func(s *style) {
		s.Bold, s.Color, s.Fill, s.Align = true, white, navy, "center"
		if c.people {
			s.Fill = amber
		}
		if c.right {
			s.Align = "right"
		}
		if c.left || c.id {
			s.Align = "left"
		}
	})
}

// fit makes the columns of money wide enough for the longest amount of them: a
// number that does not fit is shown as ####.
func (l *listing[D]) fit() {
	longest := 0
	for _, sum := range l.sums {
		for i := range l.rows {
			c, units, _ := sum.value(i)
			width := xlsx.Width(spell(c, units))
			if sum.signed {
				width++
			}
			longest = max(longest, width)
		}
	}
	for _, sum := range l.sums {
		l.columns = widened(l.columns, longest, sum.column)
	}
}

// widened gives a column room for an amount.
func widened[D any](columns []column[D], longest int, name label) []column[D] {
	columns = slices.Clone(columns)
	if i := position(columns, name); i > 0 {
		columns[i-1].width = max(columns[i-1].width, longest+2)
	}
	return columns
}

// sumCurrencies are those that a listing sums, each in a row of its own.
func sumCurrencies[D any](b *book, l *listing[D]) []pay.Currency {
	if len(l.sums) == 0 || position(l.columns, columnCurrency) == 0 {
		return b.currencies[:1]
	}
	met := map[pay.Currency]bool{}
	for i := l.segments[0].from; i < l.segments[0].to; i++ {
		if c, _, in := l.sums[0].value(i); in {
			met[c] = true
		}
	}
	list := slices.DeleteFunc(slices.Clone(b.currencies), func(c pay.Currency) bool { return !met[c] })
	if len(list) == 0 {
		return b.currencies[:1]
	}
	return list
}

// totals are the sums above a list's header. With one currency they are over
// the rows that the filter shows; with several each has a row of its own, over
// all rows, since no two are ever added: no formula that every spreadsheet reckons
// sums what a filter shows of one of them.
type totals[D any] struct {
	*book
	*listing[D]
	s        *xlsx.Sheet
	area     xlsx.Area
	from, to int
	printed  int
}

func (t *totals[D]) draw(currencies []pay.Currency) {
	base := plain.With(func(s *style) { s.Size, s.Bold, s.Color, s.Align, s.Fill = 9, true, navy, "right", head })
	several := position(t.columns, columnCurrency) > 0
	header := t.s.Last()
	for i, currency := range currencies {
		row := header - len(currencies) + i
		for column := 1; column <= t.printed; column++ {
			t.s.Set(column, row, xlsx.Blank(t.Style(base)))
		}
		name := t.say("합계(표시된 행)", "Sum of rows shown")
		if several {
			name = t.lang.fill(label{"합계 {1}(전체 행)", "Sum {1} of all rows"}, code(currency))
		}
		t.s.Set(1, row, xlsx.Text(t.Style(base.With(func(s *style) { s.Align = "left" })), name))
		for _, sum := range t.sums {
			format := moneyFormat(currency)
			if sum.signed {
				format = signedFormat(currency)
			}
			total := t.total(sum, currency)
			cell := money(t.Style(base.With(func(s *style) { s.Format = format })), currency, total)
			column := position(t.columns, sum.column)
			if !several || string(currency) == code(currency) { // what came from outside stays out of formulas
				cell = cell.Formula(t.formula(column, currency, several))
			}
			t.s.Set(column, row, cell)
		}
	}
}

func (t *totals[D]) total(sum summed, currency pay.Currency) int64 {
	var total int64
	for i := t.from; i < t.to; i++ {
		of, units, in := sum.value(i)
		if !in || of != currency {
			continue
		}
		next, err := pay.Add(total, units)
		if err != nil {
			t.Fail(err)
		}
		total = next
	}
	return total
}

func (t *totals[D]) formula(column int, currency pay.Currency, several bool) string {
	if !several {
		return "SUBTOTAL(109," + t.area.Inside(column) + ")"
	}
	formula := fmt.Sprintf(`SUMIFS(%s,%s,"%s"`, t.area.Inside(column), t.area.Inside(position(t.columns, columnCurrency)), code(currency))
	for _, text := range t.apart.labels {
		formula += fmt.Sprintf(`,%s,"<>%s"`, t.area.Inside(position(t.columns, t.apart.column)), text)
	}
	return rounded(currency, formula+")")
}

// leadRows head a second segment: an empty row, its title, and the header again.
func leadRows[D any](b *book, title string, columns []column[D]) []xlsx.Row {
	titled := xlsx.Row{Height: 24, Cells: []xlsx.Cell{xlsx.Text(b.Style(headingStyle), title)}}
	again := xlsx.Row{Height: 20}
	for _, c := range columns {
		again.Cells = append(again.Cells, xlsx.Text(b.Style(columnStyle(c).With(func(s *style) { s.Fill, s.Color = head, navy })), b.lang.of(c.name)))
	}
	return []xlsx.Row{{Height: 12}, titled, again}
}

// alone is a row with one sentence, in place of rows.
func alone[D any](b *book, colour, sentence string) segment[D] {
	return segment[D]{lead: []xlsx.Row{{Height: 24, Cells: []xlsx.Cell{xlsx.Text(b.styled(func(s *style) { s.Color = colour }), sentence)}}}}
}

// listRow is the height of a list's row: two lines fit.
const listRow = 27

// line is one row of a list while it is drawn: of which workbook, of what, and
// the style of the cell that says how it stands.
type line[B, R any] struct {
	palette
	book B
	row  *R
	tag  xlsx.StyleID
}

// palette are the styles of a list's cells, made before any row is drawn.
type palette struct {
	text, center, date, moment, count, days xlsx.StyleID
	money, signed                           map[pay.Currency]xlsx.StyleID
	unknown                                 xlsx.StyleID // an amount whose currency is not known
}

// paint makes a palette from one style.
func (b *book) paint(base style) palette {
	styled := func(format, align string) xlsx.StyleID {
		return b.Style(base.With(func(s *style) { s.Format, s.Align, s.Wrap = format, align, s.Wrap && format == "@" }))
	}
	p := palette{
		text: styled("@", "left"), center: styled("@", "center"), unknown: styled("@", "right"),
		date: styled(formatDate, "center"), moment: styled(formatMoment, "center"),
		count: styled(formatCount, "right"), days: styled(formatDaysTo, "center"),
		money: map[pay.Currency]xlsx.StyleID{}, signed: map[pay.Currency]xlsx.StyleID{},
	}
	for _, c := range b.currencies {
		p.money[c] = styled(moneyFormat(c), "right")
		p.signed[c] = styled(signedFormat(c), "right")
	}
	return p
}

func (p *palette) says(text string) xlsx.Cell               { return xlsx.Text(p.text, text) }
func (p *palette) centred(text string) xlsx.Cell            { return xlsx.Text(p.center, text) }
func (p *palette) currency(c pay.Currency) xlsx.Cell        { return xlsx.Text(p.center, string(c)) }
func (p *palette) counted(n int64) xlsx.Cell                { return xlsx.Int(p.count, n) }
func (p *palette) at(t time.Time) xlsx.Cell                 { return moment(p.moment, t) }
func (p *palette) on(d pay.Day) xlsx.Cell                   { return date(p.date, d) }
func (p *palette) amount(c pay.Currency, n int64) xlsx.Cell { return money(p.money[c], c, n) }

// maybe is an amount that may be absent.
func (p *palette) maybe(c pay.Currency, units *int64) xlsx.Cell {
	if units == nil {
		return xlsx.Text(p.unknown, "–")
	}
	return p.amount(c, *units)
}

// held is an amount, also of a currency that no sum names.
func (p *palette) held(c pay.Currency, units int64) xlsx.Cell {
	if style, ok := p.money[c]; ok {
		return money(style, c, units)
	}
	return xlsx.Text(p.unknown, c.Format(units))
}

// daysTo counts the days to a moment, where there is one; until reckons them.
func (p *palette) daysTo(t time.Time, until func(time.Time) int) xlsx.Cell {
	if t.IsZero() {
		return xlsx.Text(p.center, "–")
	}
	return xlsx.Int(p.days, int64(until(t)))
}
