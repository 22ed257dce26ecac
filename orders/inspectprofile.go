package orders

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"daesa/internal/table"
	"daesa/internal/written"
	"daesa/pay"
)

// Bounds of what is said of a column that nothing is read of.
const (
	rowsLooked    = 10_000
	wordsOfColumn = 12
	wordLongest   = 20
)

// columnLook is what stands in a column that nothing is read of. Of texts that
// may be a customer's only the shape is told.
type columnLook struct {
	at       int
	title    string
	filled   int
	distinct map[string]bool // within rowsLooked
	times    bool
	amounts  bool
	first    string
}

func newLooks(file *File) []columnLook {
	names := file.profile.names()
	var looks []columnLook
	for i, title := range file.header {
		if _, known := names[table.Title(title)]; title != "" && !known {
			looks = append(looks, columnLook{at: i, title: title, distinct: map[string]bool{}, times: true, amounts: true})
		}
	}
	return looks
}

func (c *columnLook) see(row table.Row) {
	text := written.NFC(strings.TrimSpace(row.Cell(c.at)))
	if text == "" || c.filled >= rowsLooked {
		return
	}
	if c.filled++; c.first == "" {
		c.first = text
	}
	c.distinct[text] = true
	if c.times {
		_, err := pay.ReadTime(text)
		c.times = err == nil
	}
	if c.amounts {
		_, err := pay.KRW.ParseWritten(text)
		c.amounts = err == nil
	}
}

// words are the column's, where it has few and they come again and again.
func (c *columnLook) words() []string {
	if c.times || c.amounts || len(c.distinct) > wordsOfColumn || 2*len(c.distinct) > c.filled {
		return nil
	}
	words := slices.Sorted(maps.Keys(c.distinct))
	if slices.ContainsFunc(words, func(word string) bool { return len([]rune(word)) > wordLongest }) {
		return nil
	}
	return words
}

// fewWords says whether its texts may be words that mean something, also in a
// file that is too short for them to come again.
func (c *columnLook) fewWords() bool {
	if c.filled == 0 || c.times || c.amounts || len(c.distinct) > wordsOfColumn {
		return false
	}
	for text := range c.distinct {
		if len([]rune(text)) > wordLongest || strings.ContainsFunc(text, unicode.IsDigit) {
			return false
		}
	}
	return true
}

// shortestNumber is how many digits a number of orders has that is nothing but
// digits, so that a quantity is not taken for one.
const shortestNumber = 4

// numbers says whether it may be the number of an order. Amounts come again, or
// end in zeros; order numbers do neither.
func (c *columnLook) numbers() bool {
	if c.filled == 0 || c.times || !strings.ContainsFunc(c.first, unicode.IsDigit) || 2*len(c.distinct) <= c.filled {
		return false
	}
	if !c.amounts {
		return true
	}
	odd := false
	for text := range c.distinct {
		if len(text) < shortestNumber || strings.ContainsFunc(text, func(r rune) bool { return r < '0' || r > '9' }) {
			return false
		}
		odd = odd || !strings.HasSuffix(text, "0")
	}
	return odd
}

// says tells what stands in the column.
func (c *columnLook) says() string {
	switch words := c.words(); {
	case c.filled == 0:
		return "empty"
	case words != nil:
		return strings.Join(mapEach(words, quoted), ", ")
	case c.times:
		return "times"
	case c.amounts:
		return "amounts or numbers, such as " + Shape(c.first)
	}
	return "texts, such as " + Shape(c.first)
}

// Shape is what a number looks like: 20260115-0000123 is 99999999-9999999.
func Shape(number string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsDigit(r):
			return '9'
		case unicode.IsUpper(r):
			return 'A'
		case unicode.IsLetter(r):
			return 'a'
		}
		return r
	}, number)
}

// guesses say of each column that every order needs which columns of a file may
// be it. Lower is likelier.
var guesses = map[string]struct {
	fits func(c *columnLook) bool
	rank func(c *columnLook) int
}{
	orderID:   {(*columnLook).numbers, func(c *columnLook) int { return ranked(!c.amounts) }},
	status:    {(*columnLook).fewWords, func(c *columnLook) int { return ranked(c.words() != nil) }},
	amount:    {func(c *columnLook) bool { return c.filled > 0 && c.amounts }, func(c *columnLook) int { return ranked(!c.numbers()) }},
	orderedAt: {func(c *columnLook) bool { return c.filled > 0 && c.times }, func(*columnLook) int { return 0 }},
}

func ranked(likely bool) int {
	if likely {
		return 0
	}
	return 1
}

// perhaps are the columns that may be the one that is not said.
func (i Inspection) perhaps(column string) string {
	if both := i.Doubled[column]; len(both) > 0 {
		return "   # the file has more than one: " + strings.Join(mapEach(both, quoted), ", or ")
	}
	var likely []*columnLook
	for n := range i.looks {
		if guesses[column].fits(&i.looks[n]) {
			likely = append(likely, &i.looks[n])
		}
	}
	if len(likely) == 0 {
		return ""
	}
	slices.SortStableFunc(likely, func(a, b *columnLook) int { return cmp.Compare(guesses[column].rank(a), guesses[column].rank(b)) })
	return "   # perhaps " + strings.Join(mapEach(likely, func(c *columnLook) string { return oneLine(c.title) }), ", or ")
}

// said says whether one column of the file is known to be this one.
func (i Inspection) said(column string) bool {
	return i.Columns[column] != "" && len(i.Doubled[column]) == 0
}

// steps are what a person does with a new profile, in this order.
func (i Inspection) steps() []string {
	var steps []string
	unsaid := func(column string) bool { return !i.said(column) }
	if slices.ContainsFunc(required, unsaid) || len(i.Doubled) > 0 {
		steps = append(steps, "under columns write for each \"?\" the title of its column, as the file has it; behind it stands which it may be;\n"+
			"#     name there what else the file says, too, such as method and paid_at")
	}
	if !i.said(status) {
		steps = append(steps, "let the words of the status column be written, too, now that it is named, and go on in NEXT:\n"+
			"#       daesa orders inspect FILE --profile THIS --write-profile NEXT")
	}
	if !i.said(status) || slices.Contains(slices.Concat(slices.Collect(maps.Values(i.Statuses)), slices.Collect(maps.Values(i.Methods))), "") {
		steps = append(steps, "under statuses and methods move each word that stands behind \"?\" to what it means")
	}
	return append(steps, "look at what comes of it, and import:\n"+
		"#       daesa orders inspect FILE --profile THIS\n"+
		"#       daesa orders import FILE --profile THIS    (or orders.profile in daesa.yaml)")
}

// NewProfile writes a profile to begin with: what is not known stands as "?",
// which no profile may keep.
func (i Inspection) NewProfile(file string) string {
	var text strings.Builder
	line := func(format string, values ...any) { fmt.Fprintf(&text, format+"\n", values...) }
	line("# How daesa reads %s (its header stands in row %d).", oneLine(file), i.About.HeaderRow)
	line("#")
	line("# Finish it in this order:")
	for n, step := range i.steps() {
		line("#  %d. %s", n+1, step)
	}
	base := DefaultProfile
	if i.fit != "" {
		base = cmp.Or(i.used.builtIn, base)
	}
	line("extends: %s", base)
	rows := "order"
	if i.used.ByItem {
		rows = "item"
	}
	line("rows: %s   # order: one row for each order; item: one for each item, which become one order", rows)
	line("columns:")
	for _, column := range columnNames {
		switch {
		case len(i.Doubled[column]) > 0, slices.Contains(required, column) && i.Columns[column] == "":
			line("  %s: [\"?\"]%s", column, i.perhaps(column))
		case i.Columns[column] != "" && len(i.used.Columns[column]) > 0:
			line("  %s: [%s]", column, quoted(i.Columns[column]))
		}
	}
	i.writeUnused(line)
	writeWords(line, "statuses", i.Statuses, "pending, paid, partially_canceled, canceled, failed, deleted", "paid: [\"결제완료\"]")
	writeWords(line, "methods", i.methodsToSay(), "card, transfer, virtual_account, phone, gift_certificate, easy_pay, foreign_easy_pay, other_pg (another company), none", "card: [\"신용카드\"]")
	line("# Rows that begin so are totals, and no orders:")
	line("skip_rows: [합계, 총계, 소계]")
	return text.String()
}

// methodsToSay are the words of methods. Where the profile is to be written again,
// it has none that are not said yet, since it could not be read with them.
func (i Inspection) methodsToSay() map[string]string {
	words := maps.Clone(i.Methods)
	if !i.said(status) {
		maps.DeleteFunc(words, func(_, meaning string) bool { return meaning == "" })
	}
	return words
}

// writeUnused tells of the file's other columns, and of daesa's.
func (i Inspection) writeUnused(line func(string, ...any)) {
	if len(i.looks) == 0 {
		return
	}
	further := slices.DeleteFunc(slices.Clone(columnNames), func(c string) bool { return i.Columns[c] != "" || slices.Contains(required, c) })
	line("  # daesa has more columns, for what the file also says: %s", strings.Join(further, ", "))
	line("  # The file's columns of which nothing is read yet, and what stands in them:")
	for n := range i.looks {
		line("  #   %s: %s", oneLine(i.looks[n].title), oneLine(i.looks[n].says()))
	}
}

// writeWords lists the words of a file by their meaning. Where there are none it
// shows how they are written.
func writeWords(line func(string, ...any), key string, words map[string]string, meanings, example string) {
	byMeaning := map[string][]string{}
	for word, meaning := range words {
		byMeaning[cmp.Or(meaning, table.UnsaidWord)] = append(byMeaning[cmp.Or(meaning, table.UnsaidWord)], word)
	}
	line("# A word of the file is one of %s.", meanings)
	if len(byMeaning) == 0 {
		line("# %s: {%s}", key, example)
		return
	}
	line("%s:", key)
	for _, meaning := range slices.Sorted(maps.Keys(byMeaning)) {
		list := slices.Sorted(slices.Values(byMeaning[meaning]))
		line("  %s: [%s]", quotedKey(meaning), strings.Join(mapEach(list, quoted), ", "))
	}
}

func quotedKey(key string) string {
	if key == table.UnsaidWord {
		return quoted(key)
	}
	return key
}

// quoted writes a text so that YAML reads it as one.
func quoted(text string) string { return fmt.Sprintf("%q", text) }

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
