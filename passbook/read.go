package passbook

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"daesa/internal/hint"
	"daesa/internal/table"
	"daesa/pay"
)

// Options say how a file is read. Only Now must be given.
type Options struct {
	Now      time.Time // of the import: no line is of a later day
	Layout   *Layout   // nil: it is recognised
	Last4    string    // last four digits of the account; "": not checked
	Sheet    string    // of a workbook; "": the first one that people see
	Password string    // of an encrypted workbook; no error ever shows it
	Unpacked int64     // how many bytes a sheet may unpack to; 0: 1,000,000,000
}

const defaultUnpacked = 1_000_000_000

// Read reads a bank statement to its end, whatever its container and format, both
// told by its content. The error is table.Faults with all that is wrong with its
// rows (the first ten thousand), a *table.FileError for the file as a whole, or one of the file system. A
// file of another account than Last4 is refused; one that does not say its account
// is taken.
func Read(path string, o Options) (Statement, error) {
	for _, format := range formats {
		text, _, err := table.Plain(path, textBytes, format.is)
		switch {
		case err != nil:
			return Statement{}, err
		case text == "":
			continue
		case o.Layout != nil && (format.name != formatJSON || o.Layout.JSON.List == ""):
			return Statement{}, &table.FileError{File: path, Reason: "is " + format.name + ", which layout " + o.Layout.Name + " does not read",
				Advice: "leave --layout away: it is recognised"}
		}
		s, err := format.read(path, text, o)
		if err != nil {
			return Statement{}, err
		}
		return s.settled(path, o)
	}
	s, err := readTable(path, o)
	if err != nil {
		return Statement{}, err
	}
	return s.settled(path, o)
}

// A format is one that is no table.
type format struct {
	name string
	is   func(head string) bool
	read func(path, text string, o Options) (Statement, error)
}

// The formats' names, as people call them. Those of the neutral ones are also the
// layouts of their lines.
const (
	formatJSON  = "JSON"
	formatMT940 = "mt940"
	formatCAMT  = "camt"
	formatOFX   = "ofx"
)

var formats = []format{
	{formatMT940, isMT940, readMT940},
	{formatOFX, isOFX, readOFX},
	{formatCAMT, isCAMT, readCAMT},
	{formatJSON, isJSON, readJSON},
}

// accountFilter chooses among the statements of a file: those of other accounts
// than the one asked for are passed over, and without a word two are refused.
type accountFilter struct {
	path   string
	asked  string // last four digits; "": none
	passed bool   // the statement that is being read is of another account
	others int    // statements that were passed over
}

// take takes the number of a statement's account.
func (f *accountFilter) take(s *Statement, line int, number string) error {
	last4 := last4Of(number)
	f.passed = f.asked != "" && last4 != "" && last4 != f.asked
	switch {
	case f.passed:
		f.others++
	case s.Last4 != "" && last4 != "" && last4 != s.Last4:
		return &table.FileError{File: f.path, Line: line, Reason: "has statements of several accounts",
			Advice: "give the account its number_last4 in daesa.yaml: the others are then passed over"}
	case last4 != "":
		s.Last4 = last4
	}
	return nil
}

// none says why a file has no statement that was taken; lacks is what it would
// have if it had any.
func (f *accountFilter) none(lacks string) error {
	if f.others > 0 {
		return &table.FileError{File: f.path, Reason: "has no statement of the account", Advice: "name the right account, or correct number_last4 in daesa.yaml"}
	}
	return &table.FileError{File: f.path, Reason: lacks, Advice: "fetch the statement of the account again"}
}

// settled checks what every file must hold to, and puts its lines in order.
func (s Statement) settled(path string, o Options) (Statement, error) {
	if o.Last4 != "" && s.Last4 != "" && s.Last4 != o.Last4 {
		return Statement{}, &table.FileError{File: path, Reason: fmt.Sprintf("is of another account: its number ends in %s, that of the account in %s", s.Last4, o.Last4),
			Advice: "name the right account, or correct number_last4 in daesa.yaml"}
	}
	var faults table.Faults
	today := pay.DayOf(o.Now)
	for _, l := range slices.Concat(s.Lines, s.Pending) {
		if !o.Now.IsZero() && !l.At.Before(today.End()) {
			faults = addFault(faults, l.Place.fault("is of a day that is still to come: "+string(l.Day())))
		}
	}
	onlyMidnight(s.Lines)
	s.Lines = inTimeOrder(s.Lines)
	s.Pending = inTimeOrder(s.Pending)
	for i := 1; i < len(s.Lines); i++ {
		if a, b := s.Lines[i-1], s.Lines[i]; sameTwice(a, b) {
			faults = addFault(faults, b.Place.fault(fmt.Sprintf("is the same as row %d, with the same balance after it: the file has a line twice", a.Place.Row)))
		}
	}
	if len(faults) > 0 {
		return Statement{}, faults
	}
	s.holdPeriod()
	return s, nil
}

// holdPeriod takes the stated period only where every line lies in it, and no
// balance that the file states speaks against it. The day of an opening balance may
// have lines of its own.
func (s *Statement) holdPeriod() {
	if len(s.Lines) > 0 && s.last != nil {
		s.From = min(s.From, s.Lines[0].Day())
	}
	outside := func(l Line) bool { return l.Day() < s.From || l.Day() > s.To }
	if s.From != "" && (len(s.untied) > 0 || slices.ContainsFunc(s.Lines, outside)) {
		s.From, s.To = "", ""
	}
	s.last = nil
}

// sameTwice says whether two neighbours cannot both be: an amount that moves the
// balance cannot leave it where it was.
func sameTwice(a, b Line) bool {
	return a.BalanceFrom == Stated && b.BalanceFrom == Stated && a.Balance == b.Balance &&
		a.At.Equal(b.At) && a.Clock == b.Clock && a.Kind == b.Kind && a.Amount == b.Amount
}

// onlyMidnight takes the time of day off lines that all were at 00:00: the file
// gives none, and a cell of a date shows it so.
func onlyMidnight(lines []Line) {
	for _, l := range lines {
		if l.Clock != DayOnly && !l.At.Equal(l.Day().Start()) {
			return
		}
	}
	for i := range lines {
		lines[i].Clock = DayOnly
	}
}

// fault is what is wrong with a line as a whole.
func (p Place) fault(reason string) *table.Fault {
	return &table.Fault{File: p.File, Sheet: p.Sheet, Line: p.Row, Reason: reason}
}

// mostFaults is how many faults of one file are told.
const mostFaults = 10_000

func addFault(list table.Faults, fault *table.Fault) table.Faults {
	if len(list) < mostFaults {
		list = append(list, fault)
	}
	return list
}

// readTable reads a statement that is a table.
func readTable(path string, o Options) (Statement, error) {
	candidates, err := o.candidates()
	if err != nil {
		return Statement{}, err
	}
	how := table.Options{Limits: table.Limits{Unzipped: o.Unpacked, Rows: mostLines}, Sheet: o.Sheet, Password: o.Password}
	if how.Unzipped <= 0 {
		how.Unzipped = defaultUnpacked
	}
	within := 0
	for _, layout := range candidates {
		within = max(within, layout.HeaderWithin)
	}
	about, head, err := table.Head(path, how, within)
	if err != nil {
		return Statement{}, err
	}
	found, rivals, best := recognise(candidates, head)
	switch {
	case found.layout == nil:
		return Statement{}, unrecognised(path, about, best)
	case len(rivals) > 0:
		return Statement{}, ambiguous(path, about, found, rivals)
	}
	how.HeaderAt, how.TitlesAbove, how.Columns = found.row.Line, found.twoRows, found.layout.names()
	reader, err := table.Open(path, how)
	if err != nil {
		return Statement{}, err
	}
	defer reader.Close()
	said := prefaceOf(head, found.row.Line)
	s := Statement{Layout: found.layout.Name, Bank: found.layout.Bank, Last4: said.last4, From: said.from, To: said.to,
		Currency: found.layout.Currency, Unread: about.Unread, Unknown: unknownTitles(reader, found.layout)}
	d := newDecoder(found.layout, o, false)
	for row, err := range reader.Rows() {
		if err := d.addRow(reader, row, err); err != nil {
			return Statement{}, err
		}
	}
	if len(found.layout.Direction.Titles) > 0 && !reader.Has(columnDirection) && d.undirected() {
		return Statement{}, reader.Refuse(found.row.Line, "its amounts have no sign, and no column says which way the money went", adviceLayout)
	}
	return d.finish(path, s)
}

// undirected says whether nothing shows which way the money of a file went:
// neither a sign nor a balance that ties.
func (d *decoder) undirected() bool {
	ordered := inTimeOrder(d.lines)
	_, checked := Gaps(ordered)
	return len(d.lines) > 0 && !d.minus && (checked == 0 || breaks(nil, ordered) > 0)
}

func (o Options) candidates() ([]*Layout, error) {
	switch {
	case o.Layout == nil:
		return all()
	case o.Layout.JSON.List != "":
		return nil, hint.New("layout "+o.Layout.Name+" is of a file in JSON, and this is none", "leave --layout away: the file is recognised")
	}
	return []*Layout{o.Layout}, nil
}

// unknownTitles are those that mean nothing to a layout.
func unknownTitles(reader *table.Reader, layout *Layout) []string {
	ignored := layout.ignores()
	return slices.DeleteFunc(reader.Unknown(columns...), func(title string) bool { return ignored[table.Title(title)] })
}

// addRow takes a row; what is wrong with its shape is no fault where the cells
// that it has too many are empty, or where it is no line.
func (d *decoder) addRow(reader *table.Reader, row table.Row, err error) error {
	r := tableRecord{reader, row}
	var fault *table.Fault
	switch {
	case err == nil:
		d.add(r)
	case !errors.As(err, &fault):
		return err
	case d.passesOver(r):
		d.skipped++
	case emptyBehind(row, len(reader.Header())):
		d.add(r)
	default:
		d.fail(fault)
	}
	return nil
}

// emptyBehind says whether a row is longer than the header, by empty cells alone.
func emptyBehind(row table.Row, columns int) bool {
	cells := row.Raw()
	return len(cells) > columns && !slices.ContainsFunc(cells[columns:], func(text string) bool { return strings.TrimSpace(text) != "" })
}

// finish makes a statement of the lines that were read, or gives all faults.
func (d *decoder) finish(path string, s Statement) (Statement, error) {
	if len(d.faults) == 0 {
		d.settleNegatives()
		d.checkTotals()
	}
	if len(d.owners) > 1 {
		return Statement{}, errors.Join(&table.FileError{File: path, Reason: "has lines of several accounts", Advice: "give the account its number_last4 in daesa.yaml: the lines of the others are then passed over"}, faultsOrNil(d.faults))
	}
	if len(d.faults) > 0 {
		return Statement{}, d.faults
	}
	for owner := range d.owners {
		s.Last4 = owner
	}
	s.Lines, s.Skipped = d.lines, d.skipped
	return s, nil
}

func faultsOrNil(faults table.Faults) error {
	if len(faults) == 0 {
		return nil
	}
	return faults
}

// settleNegatives reads amounts with a minus in the column of what went out as the
// running balance says: as money that went out, or as money that came back.
func (d *decoder) settleNegatives() {
	if len(d.negative) == 0 {
		return
	}
	back := slices.Clone(d.lines)
	for _, n := range d.negative {
		back[n.line].Kind, back[n.line].Reversed = In, true
	}
	asOut, asBack := breaks(nil, inTimeOrder(d.lines)), breaks(nil, inTimeOrder(back))
	switch {
	case asOut < asBack:
	case asBack < asOut:
		d.lines = back
	default:
		for _, n := range d.negative {
			d.fail(n.fault)
		}
	}
}

// tableRecord is a row of a table.
type tableRecord struct {
	reader *table.Reader
	row    table.Row
}

func (r tableRecord) has(column string) bool { return r.reader.Has(column) }

func (r tableRecord) get(column string) string {
	text, _ := r.row.Get(column)
	return text
}

func (r tableRecord) refused(column string) (reason, clock string) {
	place := r.reader.Place(column)
	_, reason, _ = r.row.Refused(place)
	return reason, r.row.Clock(place)
}

func (r tableRecord) first() string { return r.row.First() }

func (r tableRecord) place() Place {
	return Place{r.row.File, r.reader.About().Sheet, r.row.Line}
}

func (r tableRecord) fault(column, value, reason string) *table.Fault {
	return r.reader.NewFault(r.row.Line, column, value, reason)
}
