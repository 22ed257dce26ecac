package passbook

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"daesa/internal/table"
	"daesa/internal/written"
	"daesa/pay"
)

// isMT940 looks for the fields with which every message begins; some banks put
// lines of their own before them.
func isMT940(head string) bool {
	return strings.HasPrefix(head, "{1:") || strings.HasPrefix(head, ":20:") || mtBegins.MatchString(head)
}

var mtBegins = regexp.MustCompile(`(?m)^:20:[^\n]*\n(?::21:[^\n]*\n)?:25:`)

// mtField is one field of a message: :61:, with its lines.
type mtField struct {
	tag  string
	text string // lines joined by line breaks
	line int
}

var mtTag = regexp.MustCompile(`^:(\d{2}[A-Z]?):`)

// mtFields takes a file apart. Envelopes around the messages hold nothing of the
// account.
func mtFields(text string) []mtField {
	var fields []mtField
	var lines []string // of the last field
	end := func() {
		if len(lines) > 0 {
			fields[len(fields)-1].text = strings.Join(lines, "\n")
		}
		lines = nil
	}
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, "\r\n")
		if at := strings.Index(line, "{4:"); at >= 0 {
			end()
			line = line[at+len("{4:"):]
		}
		switch tag := mtTag.FindStringSubmatch(line); {
		case tag != nil:
			end()
			fields = append(fields, mtField{tag: tag[1], line: number})
			lines = []string{line[len(tag[0]):]}
		case strings.HasPrefix(line, "-}"), line == "-":
			end()
		case len(lines) > 0:
			lines = append(lines, line)
		}
	}
	end()
	return fields
}

// mtReader reads the statements of a file, which are of one account.
type mtReader struct {
	path     string
	accounts accountFilter
	s        Statement
	faults   table.Faults

	opening, closing *mtBalance
	from             int // in s.Lines, where the statement begins
	inMessage        bool
	info             bool // the next :86: belongs to the last line
}

// mtBalance is a balance of :60F: or :62F:.
type mtBalance struct {
	day      moment
	currency pay.Currency
	units    int64
}

// readMT940 reads messages of SWIFT's MT940, one or many, with or without their
// envelopes.
func readMT940(path, text string, o Options) (Statement, error) {
	r := &mtReader{path: path, accounts: accountFilter{path: path, asked: o.Last4}, s: Statement{Layout: formatMT940}}
	for _, field := range mtFields(text) {
		if err := r.field(field); err != nil {
			return Statement{}, err
		}
	}
	r.endStatement()
	switch {
	case len(r.faults) > 0:
		return Statement{}, r.faults
	case r.s.Currency == "":
		return Statement{}, r.accounts.none("is an MT940 file without an opening balance (:60F:)")
	}
	return r.s, nil
}

func (r *mtReader) fail(f mtField, reason string) {
	r.faults = addFault(r.faults, &table.Fault{File: r.path, Line: f.line, Column: ":" + f.tag + ":", Reason: reason})
}

func (r *mtReader) field(f mtField) error {
	info := r.info
	r.info = false
	switch f.tag {
	case "20":
		r.endStatement()
		r.inMessage = true
	case "25":
		return r.accounts.take(&r.s, f.line, f.text)
	case "60F", "60M":
		if balance, ok := r.balance(f); ok && r.opening == nil {
			r.opening = &balance
		}
	case "62F", "62M":
		if balance, ok := r.balance(f); ok {
			r.closing = &balance
		}
	case "61":
		before := len(r.s.Lines)
		err := r.line(f)
		r.info = len(r.s.Lines) > before
		return err
	case "86":
		if info && !r.accounts.passed {
			r.describe(f.text)
		}
	}
	return nil
}

var mtBalanceForm = regexp.MustCompile(`^([CD])(\d{2})(\d{2})(\d{2})([A-Z]{3})([\d.,]{1,18})\s*$`)

func (r *mtReader) balance(f mtField) (mtBalance, bool) {
	if r.accounts.passed {
		return mtBalance{}, false
	}
	found := mtBalanceForm.FindStringSubmatch(f.text)
	if found == nil {
		r.fail(f, "is no balance, such as C261103KRW1000,")
		return mtBalance{}, false
	}
	b := mtBalance{currency: pay.Currency(found[5])}
	var reason string
	if b.day, reason = dayOf("20"+found[2], found[3], found[4]); reason != "" {
		r.fail(f, reason)
		return b, false
	}
	if r.s.Currency == "" {
		r.s.Currency = b.currency
	}
	if b.currency != r.s.Currency {
		r.fail(f, fmt.Sprintf("is in %s, the balance before it is in %s", b.currency, r.s.Currency))
		return b, false
	}
	if b.units, reason = decimalComma(found[6], b.currency); reason != "" {
		r.fail(f, reason)
		return b, false
	}
	if found[1] == "D" {
		b.units = -b.units
	}
	return b, true
}

// decimalComma reads an amount of SWIFT: digits, a comma that is the decimal mark,
// and decimals. A point, or a second comma, is another way of writing.
func decimalComma(text string, currency pay.Currency) (int64, string) {
	if strings.Contains(text, ".") || strings.Count(text, ",") > 1 {
		return 0, "is no amount as SWIFT writes it, with one comma as the decimal mark"
	}
	whole, decimals, _ := strings.Cut(text, ",")
	if len(decimals) == 3 {
		return 0, "has three digits behind its comma, which would then be a thousands mark"
	}
	if decimals != "" {
		whole += "." + decimals
	}
	units, given, reason := amountOf(whole, currency, true)
	if reason == "" && !given {
		reason = "is no amount"
	}
	return units, reason
}

var mtLineForm = regexp.MustCompile(`^(\d{2})(\d{2})(\d{2})(\d{4})?(R?[CD])([A-Z])?([\d.,]{1,18})([NSF][A-Z0-9]{3})([^\n]*)`)

// line reads :61:. The day on which a line was booked counts; the value date where
// it is the only one.
func (r *mtReader) line(f mtField) error {
	if r.accounts.passed {
		return nil
	}
	if len(r.s.Lines) >= mostLines {
		return &table.FileError{File: r.path, Line: f.line, Reason: fmt.Sprintf("has more than %d lines", mostLines), Advice: "split the file"}
	}
	found := mtLineForm.FindStringSubmatch(f.text)
	if found == nil {
		r.fail(f, "is no statement line, such as 2611031103C1000,NTRFNONREF")
		return nil
	}
	if r.s.Currency == "" {
		r.fail(f, "stands before the opening balance (:60F:), which says the currency")
		return nil
	}
	day, reason := dayOf("20"+found[1], found[2], found[3])
	if reason == "" && found[4] != "" {
		day, reason = entryDay(day.day, found[4])
	}
	if reason != "" {
		r.fail(f, reason)
		return nil
	}
	units, reason := decimalComma(found[7], r.s.Currency)
	if reason != "" {
		r.fail(f, reason)
		return nil
	}
	l := Line{At: day.at(), Kind: In, Amount: units, Currency: r.s.Currency, Layout: formatMT940, Place: Place{File: r.path, Row: f.line}}
	if strings.HasSuffix(found[5], "D") != strings.HasPrefix(found[5], "R") {
		l.Kind = Out
	}
	l.Reversed = strings.HasPrefix(found[5], "R")
	own, banks, _ := strings.Cut(found[9], "//")
	l.Ref = written.OneLine(banks)
	if l.Ref == "" && own != "NONREF" {
		l.Ref = written.OneLine(own)
	}
	l.Ref = ifReference(l.Ref)
	l.Channel = pay.Private(found[8])
	if _, more, has := strings.Cut(f.text, "\n"); has {
		l.Memo = pay.Private(clipped(more))
	}
	if units == 0 {
		r.s.Skipped++
		return nil
	}
	r.s.Lines = append(r.s.Lines, l)
	return nil
}

// ifReference is a reference that says something.
func ifReference(text string) string {
	switch strings.ToUpper(text) {
	case "NONREF", "NOTPROVIDED", "N/A":
		return ""
	}
	return text
}

// entryDay is the day of booking, MMDD, in the year that puts it nearest to the
// value date.
func entryDay(value time.Time, text string) (moment, string) {
	best, reason := moment{}, noSuchDay
	for _, year := range []int{value.Year() - 1, value.Year(), value.Year() + 1} {
		day, wrong := dayOf(fmt.Sprint(year), text[:2], text[2:])
		if wrong == "" && (reason != "" || day.day.Sub(value).Abs() < best.day.Sub(value).Abs()) {
			best, reason = day, ""
		}
	}
	return best, reason
}

var (
	mtSubfield = regexp.MustCompile(`\?(\d{2})`)
	mtSlashes  = regexp.MustCompile(`/(NAME|REMI|BENM|ORDP|IBAN|ADDR|EREF|TRCD|BIC|ID|CDTRREF)/`)
)

// describe reads :86: of the last line: with subfields (?20, ?32), with codes
// between slashes (/NAME/), or as plain text, which is then the payer.
func (r *mtReader) describe(text string) {
	if len(r.s.Lines) == 0 {
		return
	}
	l := &r.s.Lines[len(r.s.Lines)-1]
	var payer, memo, account string
	switch flat := strings.ReplaceAll(text, "\n", ""); {
	case mtSubfield.MatchString(flat):
		payer, memo, account = subfields(flat)
	case mtSlashes.MatchString(flat):
		payer, memo, account = slashes(flat)
	default:
		payer = text
	}
	l.Payer, l.Account = pay.Private(clipped(payer)), pay.Private(clipped(account))
	if memo = clipped(memo); memo != "" {
		l.Memo = pay.Private(memo)
	}
}

func subfields(text string) (payer, memo, account string) {
	at := mtSubfield.FindAllStringSubmatchIndex(text, -1)
	for i, place := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		value := text[place[1]:end]
		if len(payer)+len(memo) > 8*textLongest {
			break // the rest is cut off anyway
		}
		switch code := text[place[2]:place[3]]; {
		case code >= "20" && code <= "29", code >= "60" && code <= "63":
			memo += value
		case code == "31":
			account = value
		case code == "32", code == "33":
			payer += value
		}
	}
	return payer, memo, account
}

func slashes(text string) (payer, memo, account string) {
	at := mtSlashes.FindAllStringSubmatchIndex(text, -1)
	for i, place := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		value := strings.Trim(text[place[1]:end], "/")
		switch text[place[2]:place[3]] {
		case "NAME":
			payer = value
		case "REMI":
			memo = value
		case "IBAN":
			account = value
		}
	}
	return payer, memo, account
}

// clipped is a text on one line, no longer than a text may be.
func clipped(text string) string {
	text = written.OneLine(written.NFKC(text))
	if runes := []rune(text); len(runes) > textLongest {
		return string(runes[:textLongest])
	}
	return text
}

// endStatement holds the lines of a message against its balances. Where they tie,
// each line gets the balance after it.
func (r *mtReader) endStatement() {
	if r.inMessage && !r.accounts.passed {
		r.s.tie(r.from, len(r.s.Lines), r.opening.known(), r.closing.known())
	}
	r.from, r.opening, r.closing, r.accounts.passed, r.info = len(r.s.Lines), nil, nil, false, false
}

func (b *mtBalance) known() *dayBalance {
	if b == nil {
		return nil
	}
	return &dayBalance{pay.DayOf(b.day.day), b.units}
}

// dayBalance is a balance that a statement states for a day.
type dayBalance struct {
	day   pay.Day
	units int64
}

// tie holds lines against the balances before and after them. Where they tie, each
// line gets the balance after it, and the statement speaks for the days behind that
// of its opening balance; else the difference is kept.
func (s *Statement) tie(from, to int, opening, closing *dayBalance) {
	if opening == nil || closing == nil {
		return
	}
	lines := inTimeOrder(s.Lines[from:to])
	copy(s.Lines[from:to], lines)
	if missing := closing.units - opening.units - sum(lines); missing != 0 {
		s.untied = append(s.untied, Untied{opening.day, closing.day, missing})
		s.last = nil
		return
	}
	balance := opening.units
	for i := range s.Lines[from:to] {
		line := &s.Lines[from+i]
		balance += line.Signed()
		line.Balance, line.BalanceFrom = balance, Reckoned
	}
	s.speakFor(opening, closing)
}

// speakFor notes the days of a statement that ties, one behind the other.
func (s *Statement) speakFor(opening, closing *dayBalance) {
	first := s.last == nil && s.From == ""
	switch {
	case first:
		s.From, s.To = opening.day.Add(1), closing.day
	case s.last != nil && opening.day >= s.last.day && opening.units != s.last.units:
		s.untied = append(s.untied, Untied{s.last.day, opening.day, opening.units - s.last.units})
	}
	s.To = max(s.To, closing.day)
	s.last = closing
}
