package reports

import (
	"fmt"
	"slices"
	"strings"

	"daesa/pay"
)

// column is one column of a list sheet.
type column struct {
	name  word
	width int  // in characters; a Korean one counts two
	right bool // its header stands over numbers
	left  bool // its header stands over texts that begin at the left
	id    bool // the same, and its numbers are texts: no warning in the corner of the cell
	// people fill it in: its header and cells stand out, and choices are its
	// drop-down, where it has one.
	people  bool
	choices []word
	// details begin with this column: they are on the screen, not on paper.
	details bool
}

// listing is a list that fills one sheet, or as many as its rows need.
type listing struct {
	name     word
	tab      string
	title    string
	subtitle string
	notes    []note // between the subtitle and the list
	table    string // the name of the table that the first segment becomes; "": a filter only
	columns  []column
	fixed    int
	segments []segment      // the first has the filter; the others have a lead
	sums     []summed       // of the first segment
	apart    match          // rows that are in no sum; their column and label. No column: none
	sumsOf   []pay.Currency // of the sums; place fills it in
}

// note is a line above a list.
type note struct {
	sentence string
	colour   string
}

// summed is a column with a sum above its header: of what the filter shows, or,
// where there are several currencies, of all rows of each.
type summed struct {
	column int
	signed bool
	value  func(i int) (c pay.Currency, units int64, in bool) // in: the row belongs to a sum
}

// placed says where the first segment of a listing came to stand.
type placed struct {
	sheet       string
	first, last int // rows; last < first: none
}

// headRows stand above every listing: title, subtitle, sums, header. Notes come
// between the subtitle and the sums, and a row of sums for each further currency.
const headRows = 4

// sumCurrencies are those that a listing sums, each in a row of its own.
func (b *book) sumCurrencies(l *listing) []pay.Currency {
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

// header is the number of the row of a listing's header.
func (b *book) header(l *listing) int { return headRows - 1 + len(l.notes) + len(l.sumsOf) }

// place lays a listing out over its sheets.
func (b *book) place(l listing) []placed {
	var where []placed
	var current *sheet
	free := 0
	l.sumsOf = b.sumCurrencies(&l)
	for number, part := range l.segments {
		lead, from := part.lead, part.from
		for begun := false; !begun || from < part.to; begun = true {
			if current == nil || free < len(lead)+min(1, part.to-from) {
				current = b.listSheet(l)
				free = mostRows - b.header(&l)
			}
			take := min(part.to-from, free-len(lead))
			piece := segment{lead: lead, from: from, to: from + take, fill: part.fill, height: part.height}
			first := current.length() + len(lead) + 1
			current.list = append(current.list, piece)
			free -= piece.length()
			if number == 0 {
				spot := placed{current.name, first, first + take - 1}
				where = append(where, spot)
				b.finish(current, l, spot, piece)
			}
			from, lead = from+take, nil
		}
	}
	return where
}

// listSheet begins a sheet of a listing: 불일치, then 불일치 2.
func (b *book) listSheet(l listing) *sheet {
	s := &sheet{name: b.lang.of(l.name), tab: l.tab, header: b.header(&l), fixed: l.fixed, columns: l.columns}
	nth := 1
	for _, other := range b.sheets {
		if other.name == s.name || strings.HasPrefix(other.name, s.name+" ") {
			nth++
		}
	}
	title := l.title
	if nth > 1 {
		s.name = fmt.Sprintf("%s %d", s.name, nth)
		title = fmt.Sprintf("%s (%d)", title, nth)
	}
	for _, c := range l.columns {
		s.widths = append(s.widths, c.width)
	}
	s.add(28, text(b.style(plain.with(func(l *look) { l.size, l.bold, l.color = 16, true, navy })), title))
	s.add(16, text(b.style(plain.with(func(l *look) { l.size, l.color = 9, grey })), l.subtitle))
	for _, n := range l.notes {
		s.add(18, text(b.style(plain.with(func(l *look) { l.bold, l.color = true, n.colour })), n.sentence))
	}
	for range l.sumsOf {
		s.add(18)
	}
	s.add(22)
	for i, c := range l.columns {
		s.set(i+1, s.header, text(b.style(headLook(c)), b.lang.of(c.name)))
	}
	if len(b.sheets) > 0 {
		back := b.style(plain.with(func(l *look) { l.size, l.color, l.underline, l.align = 9, link, true, "right" }))
		s.set(printedColumns(l.columns), 1, text(back, "← "+b.sheets[0].name))
		s.goTo(printedColumns(l.columns), 1, b.sheets[0].name)
	}
	return b.add(s)
}

func headLook(c column) look {
	return plain.with(func(l *look) {
		l.bold, l.color, l.fill, l.align = true, white, navy, "center"
		if c.people {
			l.fill = amber
		}
		if c.right {
			l.align = "right"
		}
		if c.left || c.id {
			l.align = "left"
		}
	})
}

// finish adds what depends on where the rows stand: filter, sums, texts.
func (b *book) finish(s *sheet, l listing, spot placed, piece segment) {
	bottom := max(spot.last, s.header)
	s.filter = at(1, s.header) + ":" + at(len(l.columns), bottom)
	if printed := printedColumns(l.columns); printed < len(l.columns) {
		s.printed = printed
	}
	if l.table != "" && spot.last >= spot.first {
		s.table, s.filter = tableName(l.table, b.sheets), ""
		s.tableRange = at(1, s.header) + ":" + at(len(l.columns), spot.last)
	}
	for i, c := range l.columns {
		if c.id {
			s.texts = append(s.texts, at(i+1, s.header+1)+":"+at(i+1, mostRows))
		}
		if len(c.choices) > 0 && spot.last >= spot.first {
			s.drops = append(s.drops, drop{at(i+1, spot.first) + ":" + at(i+1, spot.last), b.words(c.choices),
				b.lang.of(c.name), b.say("목록에서 선택하십시오.", "Choose one of the list.")})
		}
	}
	if spot.last >= spot.first && len(l.sums) > 0 {
		b.totals(s, l, spot, piece)
	}
}

// printedColumns is how many columns of a list are on paper.
func printedColumns(columns []column) int {
	if i := slices.IndexFunc(columns, func(c column) bool { return c.details }); i > 0 {
		return i
	}
	return len(columns)
}

// totals are the sums above a list's header. With one currency they are over
// the rows that the filter shows; with several each has a row of its own, over
// all rows, since no two are ever added.
func (b *book) totals(s *sheet, l listing, spot placed, piece segment) {
	pale := func(l *look) { l.size, l.bold, l.color, l.align, l.fill = 9, true, navy, "right", head }
	several := position(l.columns, columnCurrency) > 0
	for i, currency := range l.sumsOf {
		row := s.header - len(l.sumsOf) + i
		for column := 1; column <= printedColumns(l.columns); column++ {
			s.set(column, row, blank(b.style(plain.with(pale))))
		}
		label := b.say("합계(표시된 행)", "Sum of rows shown")
		if several {
			label = b.say("합계 ", "Sum ") + code(currency)
		}
		s.set(1, row, text(b.style(plain.with(pale).with(func(l *look) { l.align = "left" })), label))
		for _, sum := range l.sums {
			var total int64
			for i := piece.from; i < piece.to; i++ {
				of, units, in := sum.value(i)
				if !in || of != currency {
					continue
				}
				next, err := pay.Add(total, units)
				if err != nil {
					b.err = err
				}
				total = next
			}
			format := moneyFormat(currency)
			if sum.signed {
				format = signedFormat(currency)
			}
			style := b.style(plain.with(pale).with(func(l *look) { l.format = format }))
			cell := money(style, currency, total)
			if !several || string(currency) == code(currency) { // what came from outside stays out of formulas
				cell = cell.as(l.total(sum.column, spot, currency, several))
			}
			s.set(sum.column, row, cell)
		}
	}
}

// total is the formula of a sum.
func (l *listing) total(column int, spot placed, currency pay.Currency, several bool) string {
	area := func(column int) string { return at(column, spot.first) + ":" + at(column, spot.last) }
	if !several {
		return "SUBTOTAL(109," + area(column) + ")"
	}
	formula := fmt.Sprintf(`SUMIFS(%s,%s,"%s"`, area(column), area(position(l.columns, columnCurrency)), code(currency))
	for _, label := range l.apart.labels {
		formula += fmt.Sprintf(`,%s,"<>%s"`, area(position(l.columns, l.apart.column)), label)
	}
	return rounded(currency, formula+")")
}

// tableName numbers the tables of a workbook: no two have one name.
func tableName(name string, sheets []*sheet) string {
	nth := 1
	for _, s := range sheets {
		if s.table == name || strings.HasPrefix(s.table, name+"_") {
			nth++
		}
	}
	if nth == 1 {
		return name
	}
	return fmt.Sprintf("%s_%d", name, nth)
}

func (b *book) words(labels []word) []string {
	list := make([]string, len(labels))
	for i, label := range labels {
		list[i] = b.lang.of(label)
	}
	return list
}

// leadRows head a second segment: an empty row, its title, and the header again.
func (b *book) leadRows(title string, columns []column) []row {
	titled := row{height: 24, cells: []cell{text(b.style(plain.with(func(l *look) { l.size, l.bold, l.color = 12, true, navy })), title)}}
	again := row{height: 20}
	for _, c := range columns {
		again.cells = append(again.cells, text(b.style(headLook(c).with(func(l *look) { l.fill, l.color = head, navy })), b.lang.of(c.name)))
	}
	return []row{{height: 12}, titled, again}
}

// nothing is the one row of an empty listing. It says "none" only of what was read.
func (b *nightBook) nothing(sentence string) segment {
	colour := green
	switch {
	case b.night.nothingRead():
		colour, sentence = red, b.say("조회된 자료 없음", "Nothing was read this night")
	case !b.night.complete():
		colour, sentence = amber, b.say("조회 범위 내 해당 없음 (일부 미조회)", "None in what could be read (this night is incomplete)")
	}
	style := b.style(plain.with(func(l *look) { l.color = colour }))
	return segment{lead: []row{{height: 24, cells: []cell{text(style, sentence)}}}}
}

// palette are the styles of a list's cells, made before any row is drawn.
type palette struct {
	text, center, date, moment, count, days int
	money, signed                           map[pay.Currency]int
	unknown                                 int // an amount whose currency is not known
}

// paint makes a palette from one look.
func (b *book) paint(base look) palette {
	styled := func(format, align string) int {
		return b.style(base.with(func(l *look) { l.format, l.align, l.wrap = format, align, l.wrap && format == "@" }))
	}
	p := palette{
		text: styled("@", "left"), center: styled("@", "center"), unknown: styled("@", "right"),
		date: styled(formatDate, "center"), moment: styled(formatMoment, "center"),
		count: styled(formatCount, "right"), days: styled(formatDaysTo, "center"),
		money: map[pay.Currency]int{}, signed: map[pay.Currency]int{},
	}
	for _, c := range b.currencies {
		p.money[c] = styled(moneyFormat(c), "right")
		p.signed[c] = styled(signedFormat(c), "right")
	}
	return p
}

// amount is money that may be absent.
func (p palette) amount(currency pay.Currency, units *int64) cell {
	if units == nil {
		return text(p.unknown, "–")
	}
	return money(p.money[currency], currency, *units)
}

// rowLook is the look of list rows: two lines fit, so that a long id or a
// sentence is whole also on paper.
var rowLook = plain.with(func(l *look) { l.size, l.rule, l.wrap = 9, hair, true })

// listRow is the height of a list's row.
const listRow = 27

// widened makes columns of money wide enough for their longest amount: a
// number that does not fit is shown as ####.
func widened(columns []column, amounts []string, names ...word) []column {
	longest := 0
	for _, amount := range amounts {
		longest = max(longest, broad(amount))
	}
	for i := range columns {
		if slices.Contains(names, columns[i].name) {
			columns[i].width = max(columns[i].width, longest+2)
		}
	}
	return columns
}

// broad is the width of a text in characters; a Korean one takes two.
func broad(value string) int {
	taken := 0
	for _, r := range value {
		if taken++; r >= 0x1100 {
			taken++
		}
	}
	return taken
}

// shown leaves out the columns that say nothing tonight: whose a row is where
// there is one merchant, its currency where there is one.
func (b *book) shown(columns []column) []column {
	var list []column
	for _, c := range columns {
		if (c.name == columnMID && !b.several) || (c.name == columnCurrency && len(b.currencies) == 1) {
			continue
		}
		list = append(list, c)
	}
	return list
}

// The columns that are not always there.
var (
	columnMID      = word{"가맹점", "Merchant"}
	columnCurrency = word{"통화", "Currency"}
)

// line fills the cells of one row from left to right.
type line struct {
	cells []cell
	next  int
}

func (l *line) put(c cell) {
	l.cells[l.next] = c
	l.next++
}

// whose puts the columns that are not always there.
func (l *line) whose(b *book, p palette, mid string) {
	if b.several {
		l.put(text(p.text, clean(mid)))
	}
}

func (l *line) unit(b *book, p palette, c pay.Currency) {
	if len(b.currencies) > 1 {
		l.put(text(p.center, clean(string(c))))
	}
}

// position is the number of the column of a name, from 1.
func position(columns []column, name word) int {
	for i, c := range columns {
		if c.name == name {
			return i + 1
		}
	}
	return 0
}
