package passbook

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"daesa/internal/table"
	"daesa/internal/written"
	"daesa/pay"
)

// record is a row of a table, or an object of a list in JSON.
type record interface {
	has(column string) bool
	get(column string) string
	// refused says why a cell cannot be taken, and the time of day of one that
	// holds a time without a date.
	refused(column string) (reason, clock string)
	first() string // the text of the first cell that is not blank
	place() Place
	fault(column, value, reason string) *table.Fault
}

// decoder turns records into lines, and gathers everything that is wrong.
type decoder struct {
	layout   *Layout
	last4    string // of the account that is asked for; "": any
	currency pay.Currency
	zeros    bool // won amounts may have decimals of zeros
	lines    []Line
	faults   table.Faults
	skipped  int
	owners   map[string]bool // last four digits of the accounts that rows name
	negative []negativeOut
	totals   []totalsRow
	sums     map[string]int64 // of the columns, as they stand
	minus    bool             // an amount has a sign
}

// negativeOut is a line whose amount stands with a minus in the column of what
// went out: shown so by some banks, and money back at others.
type negativeOut struct {
	line  int // in lines
	fault *table.Fault
}

// totalsRow is what a row of totals says, and what its lines sum up to.
type totalsRow struct {
	record record
	sums   []totalsSum
	lines  int // before it
}

type totalsSum struct {
	column, text   string
	said, reckoned int64
}

func newDecoder(layout *Layout, o Options, zeros bool) *decoder {
	return &decoder{layout: layout, last4: o.Last4, currency: layout.Currency, zeros: zeros, owners: map[string]bool{}, sums: map[string]int64{}}
}

func (d *decoder) fail(fault *table.Fault) { d.faults = addFault(d.faults, fault) }

// add takes a record: as a line, or as a row that is none.
func (d *decoder) add(r record) {
	if d.passesOver(r) {
		d.skipped++
		return
	}
	before := len(d.faults)
	line := Line{Currency: d.currency, Layout: d.layout.Name, Place: r.place()}
	when, dated := d.moment(r)
	if !dated && len(d.faults) == before {
		d.skipped++ // a note, or totals
		return
	}
	line.At, line.Clock = when.at(), when.clock
	moved := d.money(r, &line)
	line.Payer, line.Memo = d.text(r, rolePayer), d.text(r, roleMemo)
	line.Channel, line.Account = d.text(r, roleChannel), d.text(r, roleAccount)
	for _, role := range d.layout.PayerElse {
		line.Payer = cmp.Or(line.Payer, map[string]pay.Private{roleMemo: line.Memo, roleChannel: line.Channel, roleAccount: line.Account}[role])
	}
	line.Ref = written.OneLine(r.get(columnRef))
	switch {
	case len(d.faults) > before:
		d.negative = slices.DeleteFunc(d.negative, func(n negativeOut) bool { return n.line == len(d.lines) })
	case !moved:
		d.skipped++
	default:
		d.lines = append(d.lines, line)
	}
}

// passesOver says whether a row is a total, a note, or of another account.
func (d *decoder) passesOver(r record) bool {
	first := r.first()
	when := cmp.Or(r.get(roleAt), r.get(roleDate))
	skip, total := d.layout.skips(first)
	if whenSkip, whenTotal := d.layout.skips(when); whenSkip && when != "" {
		skip, total, when = true, whenTotal, ""
	}
	if skip && (strings.TrimSpace(when) == "" || when == first) {
		if total {
			d.total(r)
		}
		return true
	}
	if !r.has(columnOwn) {
		return false
	}
	owner := last4Of(r.get(columnOwn))
	if owner == "" || d.last4 == "" || owner == d.last4 {
		d.owners[owner] = true
		return false
	}
	return true
}

// moment is when a line was. A row without a date is a note where it has no
// amount either; one with amounts, a row of totals that does not say so.
func (d *decoder) moment(r record) (m moment, dated bool) {
	column := roleAt
	if !r.has(roleAt) || strings.TrimSpace(r.get(roleAt)) == "" && r.has(roleDate) {
		column = roleDate
	}
	if reason, _ := r.refused(column); reason != "" {
		d.fail(r.fault(column, "", reason))
		return m, false
	}
	text := r.get(column)
	if written.OneLine(text) == "" {
		if d.movesMoney(r) {
			if !d.total(r) {
				d.fail(r.fault(column, "", "is empty, and the row has an amount"))
			}
		}
		return m, false
	}
	m, reason := momentOf(text)
	if reason != "" {
		if column == roleDate && reason == notATime {
			reason = notADate
		}
		d.fail(r.fault(column, shownTime(text), reason))
		return m, false
	}
	if column == roleDate {
		m, dated = d.clock(r, m)
		return m, dated
	}
	return m, true
}

// clock is the time of day of a column of its own.
func (d *decoder) clock(r record, m moment) (moment, bool) {
	m.past, m.clock = 0, DayOnly
	text := r.get(roleTime)
	if reason, clock := r.refused(roleTime); reason != "" {
		if clock == "" {
			d.fail(r.fault(roleTime, "", reason))
			return m, false
		}
		text = clock
	}
	if strings.Contains(text, "-") { // a cell with a date, of which the time counts
		if whole, reason := momentOf(text); reason == "" {
			m.past, m.clock = whole.past, whole.clock
			return m, true
		}
	}
	m, reason := m.with(text)
	if reason != "" {
		d.fail(r.fault(roleTime, shownTime(text), reason))
		return m, false
	}
	return m, true
}

// movesMoney says whether a row has an amount that is not 0.
func (d *decoder) movesMoney(r record) bool {
	for _, column := range []string{roleIn, roleOut, roleAmount} {
		refused, _ := r.refused(column)
		units, given, reason := amountOf(r.get(column), d.currency, d.zeros)
		if refused != "" || given && (reason != "" || units != 0) {
			return true
		}
	}
	return false
}

// units reads the amount of a column; ok is false where it cannot be taken.
func (d *decoder) units(r record, column string) (units int64, given, ok bool) {
	if reason, _ := r.refused(column); reason != "" {
		d.fail(r.fault(column, "", reason))
		return 0, true, false
	}
	text := r.get(column)
	units, given, reason := amountOf(text, d.currency, d.zeros)
	if reason != "" {
		d.fail(r.fault(column, shownAmount(text), reason))
		return 0, true, false
	}
	return units, given, true
}

// money reads the amount and the balance of a line; false for one that moves no
// money.
func (d *decoder) money(r record, line *Line) bool {
	balance, given, ok := d.units(r, roleBalance)
	if ok && given {
		line.Balance, line.BalanceFrom = balance, Stated
	}
	if r.has(roleAmount) {
		return d.oneColumn(r, line)
	}
	in, inGiven, inOK := d.units(r, roleIn)
	out, outGiven, outOK := d.units(r, roleOut)
	d.sums[roleIn] += in
	d.sums[roleOut] += out
	switch {
	case !inOK || !outOK:
		return false
	case in != 0 && out != 0:
		d.fail(r.fault(roleOut, shownAmount(r.get(roleOut)), "stands beside an amount that came in; a line has one of the two"))
		return false
	case !inGiven && !outGiven:
		if written.OneLine(cmp.Or(r.get(roleAt), r.get(roleDate))) != "" {
			d.fail(r.fault(roleIn, "", "is empty, and so is what went out"))
		}
		return false
	case in > 0:
		line.Kind, line.Amount = In, in
	case in < 0:
		line.Kind, line.Amount, line.Reversed = Out, -in, true
	case out < 0:
		line.Kind, line.Amount = Out, -out
		d.negative = append(d.negative, negativeOut{len(d.lines), r.fault(roleOut, shownAmount(r.get(roleOut)),
			"is negative, and no balance says whether the money went out or came back")})
	default:
		line.Kind, line.Amount = Out, out
	}
	return line.Amount != 0
}

// oneColumn reads an amount whose sign, or whose direction in a column of its
// own, says which way the money went.
func (d *decoder) oneColumn(r record, line *Line) bool {
	amount, given, ok := d.units(r, roleAmount)
	if !ok {
		return false
	}
	if !given {
		d.fail(r.fault(roleAmount, "", "is empty"))
		return false
	}
	line.Kind, line.Amount = In, amount
	if amount < 0 {
		line.Kind, line.Amount, d.minus = Out, -amount, true
	}
	if len(d.layout.Direction.Titles) > 0 && r.has(columnDirection) {
		word := written.Bare(written.NFKC(r.get(columnDirection)))
		in, out := slices.Contains(d.layout.Direction.In, word), slices.Contains(d.layout.Direction.Out, word)
		switch {
		case !in && !out:
			d.fail(r.fault(columnDirection, "", "is neither of the layout's words for in and out"))
		case in && amount < 0:
			d.fail(r.fault(roleAmount, shownAmount(r.get(roleAmount)), "is negative, and the row says that it came in"))
		case out:
			line.Kind = Out
		}
	}
	return line.Amount != 0
}

// text reads a text that is a person's.
func (d *decoder) text(r record, column string) pay.Private {
	if reason, _ := r.refused(column); reason != "" {
		d.fail(r.fault(column, "", reason))
		return ""
	}
	text := written.OneLine(written.NFKC(r.get(column)))
	if utf8.RuneCountInString(text) > textLongest {
		d.fail(r.fault(column, "", fmt.Sprintf("is longer than %d characters", textLongest)))
		return ""
	}
	return pay.Private(text)
}

// total keeps a row of totals; false where it has no sums.
func (d *decoder) total(r record) bool {
	row := totalsRow{record: r, lines: len(d.lines)}
	for _, column := range []string{roleIn, roleOut} {
		text := r.get(column)
		units, given, reason := amountOf(text, d.currency, d.zeros)
		if r.has(column) && given && reason == "" {
			row.sums = append(row.sums, totalsSum{column, text, units, d.sums[column]})
		}
	}
	if len(row.sums) == 0 {
		return false
	}
	d.totals = append(d.totals, row)
	return true
}

// checkTotals refuses a row of totals that the lines do not sum up to: the file
// has lost lines, or has some twice.
func (d *decoder) checkTotals() {
	for _, row := range d.totals {
		for _, sum := range row.sums {
			reckoned := sum.reckoned
			if row.lines == 0 { // it stands above the lines
				reckoned = d.sums[sum.column]
			}
			if sum.said != reckoned && sum.said != -reckoned {
				d.fail(row.record.fault(sum.column, shownAmount(sum.text), "is the sum that the file states; its lines sum up to "+d.currency.Format(reckoned)))
			}
		}
	}
}
