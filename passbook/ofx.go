package passbook

import (
	"fmt"
	"html"
	"strings"

	"daesa/internal/table"
	"daesa/internal/written"
	"daesa/pay"
)

func isOFX(head string) bool {
	upper := strings.ToUpper(head)
	return strings.HasPrefix(upper, "OFXHEADER") || strings.Contains(upper, "<?OFX") || strings.Contains(upper, "<OFX>")
}

// ofxElement is one tag with the value behind it. OFX 1 is SGML, whose values have
// no end tag; OFX 2 is XML; one scanner reads both.
type ofxElement struct {
	name  string // in capitals; with a slash in front for an end tag
	value string
	line  int
}

// ofxElements walks the tags of a text.
func ofxElements(text string) func(yield func(ofxElement) bool) {
	return func(yield func(ofxElement) bool) {
		line := 1
		for {
			open := strings.IndexByte(text, '<')
			if open < 0 {
				return
			}
			line += strings.Count(text[:open], "\n")
			text = text[open+1:]
			shut := strings.IndexByte(text, '>')
			if shut < 0 {
				return
			}
			name := text[:shut]
			value, _, _ := strings.Cut(text[shut+1:], "<")
			element := ofxElement{strings.ToUpper(strings.TrimSpace(name)), strings.TrimSpace(html.UnescapeString(value)), line}
			line += strings.Count(name, "\n")
			text = text[shut+1:]
			if !yield(element) {
				return
			}
		}
	}
}

// ofxReader reads the statements of a file, which are of one account.
type ofxReader struct {
	path     string
	accounts accountFilter
	s        Statement
	faults   table.Faults

	within   map[string]bool // aggregates that are open
	fields   map[string]ofxElement
	currency pay.Currency
	ended    bool
}

// readOFX reads OFX 1 and 2. Digits of dates are taken as they are written,
// whatever zone stands behind them: a midnight of [+9:KST] is of its own day.
func readOFX(path, text string, o Options) (Statement, error) {
	r := &ofxReader{path: path, accounts: accountFilter{path: path, asked: o.Last4}, s: Statement{Layout: formatOFX}, within: map[string]bool{}}
	for element := range ofxElements(text) {
		if err := r.element(element); err != nil {
			return Statement{}, err
		}
	}
	switch {
	case !r.ended:
		return Statement{}, &table.FileError{File: path, Reason: "is cut off: it does not end with </OFX>", Advice: "fetch the file again"}
	case len(r.faults) > 0:
		return Statement{}, r.faults
	case r.s.Currency == "":
		return Statement{}, r.accounts.none("is an OFX file without a bank statement (STMTRS)")
	}
	return r.s, nil
}

func (r *ofxReader) element(e ofxElement) error {
	switch e.name {
	case "/OFX":
		r.ended = true
	case "STMTRS":
		r.currency, r.accounts.passed = "", false
	case "STMTTRN":
		r.fields = map[string]ofxElement{"": e}
		r.within[e.name] = true
	case "/STMTTRN":
		if r.within["STMTTRN"] && !r.accounts.passed {
			if err := r.line(); err != nil {
				return err
			}
		}
		r.within["STMTTRN"] = false
	case "BANKACCTFROM", "BANKACCTTO":
		r.within[e.name] = true
	case "/BANKACCTFROM", "/BANKACCTTO":
		r.within[e.name[1:]] = false
	case "CURDEF":
		r.currency = pay.Currency(strings.ToUpper(e.value))
	case "ACCTID":
		if r.within["STMTTRN"] {
			r.fields["ACCTID"] = e
		} else if r.within["BANKACCTFROM"] {
			return r.account(e)
		}
	case "DTSTART", "DTEND":
		r.period(e)
	default:
		if _, twice := r.fields[e.name]; r.within["STMTTRN"] && !twice {
			r.fields[e.name] = e
		}
	}
	return nil
}

func (r *ofxReader) account(e ofxElement) error {
	if err := r.accounts.take(&r.s, e.line, e.value); err != nil || r.accounts.passed {
		return err
	}
	if r.s.Currency != "" && r.currency != r.s.Currency {
		r.fail(e, "CURDEF", "", "is another currency than that of the statement before")
	}
	r.s.Currency = r.currency
	return nil
}

func (r *ofxReader) period(e ofxElement) {
	day, reason := ofxDate(e.value)
	switch {
	case r.accounts.passed || reason != "": // a period that cannot be read is none
	case e.name == "DTSTART" && (r.s.From == "" || pay.DayOf(day.day) < r.s.From):
		r.s.From = pay.DayOf(day.day)
	case e.name == "DTEND":
		r.s.To = max(r.s.To, pay.DayOf(day.day))
	}
}

func (r *ofxReader) fail(e ofxElement, column, value, reason string) {
	r.faults = addFault(r.faults, &table.Fault{File: r.path, Line: e.line, Column: column, Value: value, Reason: reason})
}

// line makes a line of the fields of a STMTTRN.
func (r *ofxReader) line() error {
	place := r.fields[""]
	if len(r.s.Lines) >= mostLines {
		return &table.FileError{File: r.path, Line: place.line, Reason: fmt.Sprintf("has more than %d lines", mostLines), Advice: "split the file"}
	}
	value := func(name string) string { return r.fields[name].value }
	before := len(r.faults)
	when, reason := ofxDate(value("DTPOSTED"))
	if reason != "" {
		r.fail(place, "DTPOSTED", shownTime(value("DTPOSTED")), reason)
	}
	amount, reason := ofxAmount(value("TRNAMT"), r.s.Currency)
	if reason != "" {
		r.fail(place, "TRNAMT", shownAmount(value("TRNAMT")), reason)
	}
	if len(r.faults) > before {
		return nil
	}
	l := Line{At: when.at(), Clock: when.clock, Kind: In, Amount: amount, Currency: r.s.Currency, Layout: formatOFX,
		Payer: pay.Private(clipped(value("NAME"))), Memo: pay.Private(clipped(value("MEMO"))), Channel: pay.Private(clipped(value("TRNTYPE"))),
		Account: pay.Private(clipped(value("ACCTID"))), Ref: ifReference(written.OneLine(value("FITID"))), Place: Place{File: r.path, Row: place.line}}
	if amount < 0 {
		l.Kind, l.Amount = Out, -amount
	}
	if l.Payer == "" {
		l.Payer = l.Memo
	}
	if amount == 0 {
		r.s.Skipped++
		return nil
	}
	r.s.Lines = append(r.s.Lines, l)
	return nil
}

// ofxDate reads YYYYMMDD, perhaps HHMMSS and a fraction, and perhaps a zone in
// brackets, by its digits.
func ofxDate(text string) (moment, string) {
	digits, _, _ := strings.Cut(text, "[")
	digits, _, _ = strings.Cut(strings.TrimSpace(digits), ".")
	switch len(digits) {
	case 8, 12, 14:
		return momentOf(digits)
	}
	return moment{}, notATime
}

// ofxAmount reads an amount whose decimal mark is a point or a comma. A comma
// before three digits is refused: it may be either.
func ofxAmount(text string, currency pay.Currency) (int64, string) {
	comma := strings.LastIndexByte(text, ',')
	switch {
	case strings.Count(text, ",")+strings.Count(text, ".") > 1:
		return 0, "has several points and commas; OFX writes amounts without thousands marks"
	case comma >= 0 && len(text)-comma == 4:
		return 0, "has a comma before three digits, which may be a decimal or a thousands mark"
	}
	units, given, reason := amountOf(strings.Replace(text, ",", ".", 1), currency, true)
	if reason == "" && !given {
		reason = "is empty"
	}
	return units, reason
}
