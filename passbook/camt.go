package passbook

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"daesa/internal/table"
	"daesa/internal/written"
	"daesa/pay"
)

func isCAMT(head string) bool {
	return strings.HasPrefix(head, "<") && (strings.Contains(head, ":camt.05") || strings.Contains(head, "BkToCstmr"))
}

// The parts of an entry (ISO 20022, camt.053.001.02 to .08) that are read.
type (
	camtEntry struct {
		Amount   camtAmount   `xml:"Amt"`
		Kind     string       `xml:"CdtDbtInd"`
		Reversal string       `xml:"RvslInd"`
		Status   camtStatus   `xml:"Sts"`
		Booked   camtDate     `xml:"BookgDt"`
		Value    camtDate     `xml:"ValDt"`
		Ref      string       `xml:"AcctSvcrRef"`
		Info     string       `xml:"AddtlNtryInf"`
		Details  []camtDetail `xml:"NtryDtls>TxDtls"`
	}
	camtAmount struct {
		Text     string `xml:",chardata"`
		Currency string `xml:"Ccy,attr"`
	}
	camtStatus struct { // a text in .02, <Cd> in .08
		Text string `xml:",chardata"`
		Code string `xml:"Cd"`
	}
	camtDate struct {
		Date string `xml:"Dt"`
		Time string `xml:"DtTm"`
	}
	camtDetail struct {
		Amount   camtAmount `xml:"Amt"`
		InEntry  camtAmount `xml:"AmtDtls>TxAmt>Amt"`
		Kind     string     `xml:"CdtDbtInd"`
		Ref      string     `xml:"Refs>AcctSvcrRef"`
		Free     []string   `xml:"RmtInf>Ustrd"`
		Info     string     `xml:"AddtlTxInf"`
		Debtor   camtParty  `xml:"RltdPties>Dbtr"`
		Creditor camtParty  `xml:"RltdPties>Cdtr"`
		First    camtParty  `xml:"RltdPties>UltmtDbtr"`
		Last     camtParty  `xml:"RltdPties>UltmtCdtr"`
		From     camtNumber `xml:"RltdPties>DbtrAcct"`
		To       camtNumber `xml:"RltdPties>CdtrAcct"`
	}
	camtParty struct { // <Nm> in .02, <Pty><Nm> in .08
		Name  string `xml:"Nm"`
		Party string `xml:"Pty>Nm"`
	}
	camtNumber struct {
		IBAN  string `xml:"Id>IBAN"`
		Other string `xml:"Id>Othr>Id"`
	}
	camtBalance struct {
		Type   string     `xml:"Tp>CdOrPrtry>Cd"`
		Amount camtAmount `xml:"Amt"`
		Kind   string     `xml:"CdtDbtInd"`
		Date   camtDate   `xml:"Dt"`
	}
	camtPeriod struct {
		From string `xml:"FrDtTm"`
		To   string `xml:"ToDtTm"`
	}
	camtAccount struct {
		camtNumber
		Currency string `xml:"Ccy"`
	}
)

func (p camtParty) name() string { return strings.TrimSpace(p.Name + p.Party) }

func (n camtNumber) number() string { return strings.TrimSpace(n.IBAN + n.Other) }

// camtReader reads the statements of a file, which are of one account.
type camtReader struct {
	path     string
	accounts accountFilter
	s        Statement
	faults   table.Faults
	decoder  *xml.Decoder

	from             int // in s.Lines, where the statement begins
	opening, closing *dayBalance
}

// readCAMT reads camt.053. An entry of several payments is a line for each.
func readCAMT(path, text string, o Options) (Statement, error) {
	r := &camtReader{path: path, accounts: accountFilter{path: path, asked: o.Last4}, s: Statement{Layout: formatCAMT}, decoder: xml.NewDecoder(strings.NewReader(text))}
	// The text is UTF-8 by now, whatever it says that it was.
	r.decoder.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	if err := r.document(); err != nil {
		return Statement{}, err
	}
	switch {
	case len(r.faults) > 0:
		return Statement{}, r.faults
	case r.s.Currency == "":
		return Statement{}, r.accounts.none("is a camt.053 file without an account's currency, an entry or a balance")
	}
	return r.s, nil
}

func (r *camtReader) damaged(err error) error {
	var told *table.FileError
	if errors.As(err, &told) {
		return told
	}
	line, _ := r.decoder.InputPos()
	return &table.FileError{File: r.path, Line: line, Reason: "is damaged or cut off here", Advice: "fetch the file again"}
}

func (r *camtReader) document() error {
	within := 0 // a Stmt
	for depth := 0; ; {
		token, err := r.decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return r.damaged(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if t.Name.Local == "BkToCstmrAcctRpt" || t.Name.Local == "BkToCstmrDbtCdtNtfctn" {
				return &table.FileError{File: r.path, Reason: "is a report within the day (camt.052 or camt.054), and no statement", Advice: "ask the bank for camt.053"}
			}
			if within > 0 && depth == within {
				if err := r.part(t); err != nil {
					return r.damaged(err)
				}
				continue // with its end
			}
			if depth++; t.Name.Local == "Stmt" {
				within = depth
				r.from, r.opening, r.closing, r.accounts.passed = len(r.s.Lines), nil, nil, false
			}
		case xml.EndElement:
			if depth == within && within > 0 {
				within = 0
				if !r.accounts.passed {
					r.s.tie(r.from, len(r.s.Lines), r.opening, r.closing)
				}
			}
			depth--
		}
	}
}

// part reads one element of a statement, up to its end.
func (r *camtReader) part(start xml.StartElement) error {
	line, _ := r.decoder.InputPos()
	switch start.Name.Local {
	case "Acct":
		var account camtAccount
		if err := r.decoder.DecodeElement(&account, &start); err != nil {
			return err
		}
		return r.account(line, account)
	case "FrToDt":
		var period camtPeriod
		if err := r.decoder.DecodeElement(&period, &start); err != nil {
			return err
		}
		r.period(period)
	case "Bal":
		var balance camtBalance
		if err := r.decoder.DecodeElement(&balance, &start); err != nil {
			return err
		}
		r.balance(line, balance)
	case "Ntry":
		var entry camtEntry
		if err := r.decoder.DecodeElement(&entry, &start); err != nil {
			return err
		}
		return r.entry(line, entry)
	default:
		return r.decoder.Skip()
	}
	return nil
}

func (r *camtReader) account(line int, account camtAccount) error {
	err := r.accounts.take(&r.s, line, account.number())
	if err == nil && !r.accounts.passed {
		r.inCurrency(line, account.Currency)
	}
	return err
}

// inCurrency says whether an amount is in the currency of the account.
func (r *camtReader) inCurrency(line int, code string) bool {
	code = strings.TrimSpace(code)
	switch {
	case r.s.Currency == "" || code == "":
		r.s.Currency += pay.Currency(code)
		return true
	case pay.Currency(code) != r.s.Currency:
		r.fail(line, "Ccy", "", fmt.Sprintf("is not %s, the currency of the account", r.s.Currency))
		return false
	}
	return true
}

func (r *camtReader) period(period camtPeriod) {
	from, wrong := isoTime(period.From)
	to, alsoWrong := isoTime(period.To)
	if r.accounts.passed || wrong != "" || alsoWrong != "" || to.day.Before(from.day) {
		return
	}
	if day := pay.DayOf(from.day); r.s.From == "" || day < r.s.From {
		r.s.From = day
	}
	r.s.To = max(r.s.To, pay.DayOf(to.day))
}

func (r *camtReader) balance(line int, b camtBalance) {
	if r.accounts.passed || b.Type != "OPBD" && b.Type != "PRCD" && b.Type != "CLBD" || !r.inCurrency(line, b.Amount.Currency) {
		return
	}
	units, reason := r.units(b.Amount)
	day, wrong := b.Date.moment()
	if reason != "" || wrong != "" {
		r.fail(line, "Bal", "", reason+wrong)
		return
	}
	if b.Kind == "DBIT" {
		units = -units
	}
	stated := &dayBalance{pay.DayOf(day.day), units}
	if b.Type == "CLBD" {
		r.closing = stated
	} else if r.opening == nil {
		r.opening = stated
	}
}

func (r *camtReader) fail(line int, column, value, reason string) {
	r.faults = addFault(r.faults, &table.Fault{File: r.path, Line: line, Column: column, Value: value, Reason: reason})
}

func (r *camtReader) units(amount camtAmount) (int64, string) {
	text := strings.TrimSpace(amount.Text)
	if strings.ContainsAny(text, ",-+()") {
		return 0, "is no amount as XML writes it, such as 1000.00"
	}
	units, given, reason := amountOf(text, r.s.Currency, true)
	if reason == "" && !given {
		reason = "is empty"
	}
	return units, reason
}

// moment prefers the time to the date.
func (d camtDate) moment() (moment, string) {
	if d.Time != "" {
		return isoTime(d.Time)
	}
	date := strings.TrimSpace(d.Date)
	if day, zone, has := strings.Cut(date, "+"); has && zone != "" {
		date = day
	}
	return momentOf(strings.TrimSuffix(date, "Z"))
}

// isoTime reads a time of XML: with an offset it is that instant in Seoul, without
// one the wall clock.
func isoTime(text string) (moment, string) {
	text = strings.TrimSpace(text)
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return momentOf(text)
	}
	local := at.In(pay.Seoul)
	day := pay.DayOf(local).Start()
	if local.Year() < 1990 || local.Year() > 2099 {
		return moment{}, noSuchDay
	}
	return moment{day: day, past: local.Sub(day), clock: ToSecond}, ""
}

// entry makes lines of an entry: one for each of its payments where they have
// amounts of their own, else one.
func (r *camtReader) entry(line int, e camtEntry) error {
	if r.accounts.passed || !r.inCurrency(line, e.Amount.Currency) {
		return nil
	}
	if r.s.Currency == "" {
		r.fail(line, "Ccy", "", "is missing")
		return nil
	}
	whole, ok := r.entryLine(line, e)
	if !ok {
		return nil
	}
	lines, reason := r.split(whole, e)
	if reason != "" {
		r.fail(line, "TxDtls", "", reason)
		return nil
	}
	if len(r.s.Lines)+len(r.s.Pending)+len(lines) > mostLines {
		return &table.FileError{File: r.path, Line: line, Reason: fmt.Sprintf("has more than %d lines", mostLines), Advice: "split the file"}
	}
	switch {
	case whole.Amount == 0:
		r.s.Skipped++
	case whole.Pending:
		r.s.Pending = append(r.s.Pending, lines...)
	default:
		r.s.Lines = append(r.s.Lines, lines...)
	}
	return nil
}

func (r *camtReader) entryLine(line int, e camtEntry) (Line, bool) {
	before := len(r.faults)
	l := Line{Kind: In, Currency: r.s.Currency, Layout: formatCAMT, Ref: ifReference(written.OneLine(e.Ref)),
		Payer: pay.Private(clipped(e.Info)), Place: Place{File: r.path, Row: line}}
	when, reason := e.Booked.moment()
	if e.Booked == (camtDate{}) {
		when, reason = e.Value.moment()
	}
	if reason != "" {
		r.fail(line, "BookgDt", shownTime(e.Booked.Time+e.Booked.Date), reason)
	}
	l.At, l.Clock = when.at(), when.clock
	if l.Amount, reason = r.units(e.Amount); reason != "" {
		r.fail(line, "Amt", shownAmount(e.Amount.Text), reason)
	}
	switch strings.TrimSpace(e.Kind) {
	case "CRDT":
	case "DBIT":
		l.Kind = Out
	default:
		r.fail(line, "CdtDbtInd", "", "is neither CRDT nor DBIT")
	}
	switch status := strings.TrimSpace(e.Status.Text + e.Status.Code); status {
	case "BOOK", "":
	case "PDNG", "FUTR", "INFO":
		l.Pending = true
	default:
		r.fail(line, "Sts", "", "is none of BOOK, PDNG, FUTR, INFO")
	}
	l.Reversed = e.Reversal == "true" || e.Reversal == "1"
	return l, len(r.faults) == before
}

// split gives each payment of an entry a line, where they have amounts in the
// account's currency, which must sum up to the entry's.
func (r *camtReader) split(whole Line, e camtEntry) ([]Line, string) {
	if len(e.Details) == 1 {
		e.Details[0].describe(&whole)
	}
	if len(e.Details) < 2 || !r.haveAmounts(e.Details) {
		return []Line{whole}, ""
	}
	var lines []Line
	total := int64(0)
	for i, detail := range e.Details {
		l := whole
		units, reason := r.units(detail.amount())
		if reason != "" {
			return nil, "has an amount that " + reason
		}
		l.Amount = units
		switch strings.TrimSpace(detail.Kind) {
		case "CRDT":
			l.Kind = In
		case "DBIT":
			l.Kind = Out
		}
		if l.Ref != "" {
			l.Ref = fmt.Sprintf("%s/%d", l.Ref, i+1)
		}
		detail.describe(&l)
		total += l.Signed()
		if units != 0 {
			lines = append(lines, l)
		}
	}
	if total != whole.Signed() {
		return nil, fmt.Sprintf("sum up to %s, the entry is %s", r.s.Currency.Format(total), r.s.Currency.Format(whole.Signed()))
	}
	return lines, ""
}

// amount is that of a payment, wherever its version puts it.
func (t camtDetail) amount() camtAmount {
	if t.Amount.Text != "" {
		return t.Amount
	}
	return t.InEntry
}

func (r *camtReader) haveAmounts(details []camtDetail) bool {
	for _, detail := range details {
		amount := detail.amount()
		if amount.Text == "" || amount.Currency != "" && pay.Currency(amount.Currency) != r.s.Currency {
			return false
		}
	}
	return true
}

// describe takes the other side, the text and the reference of a payment.
func (t camtDetail) describe(l *Line) {
	payer, account := firstOf(t.First.name(), t.Debtor.name()), t.From.number()
	if l.Kind == Out {
		payer, account = firstOf(t.Last.name(), t.Creditor.name()), t.To.number()
	}
	memo := firstOf(strings.Join(t.Free, " "), t.Info)
	l.Payer = pay.Private(clipped(firstOf(payer, memo, l.Payer.Reveal())))
	l.Memo, l.Account = pay.Private(clipped(memo)), pay.Private(clipped(account))
	if ref := ifReference(written.OneLine(t.Ref)); ref != "" {
		l.Ref = ref
	}
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if strings.TrimSpace(text) != "" {
			return text
		}
	}
	return ""
}
