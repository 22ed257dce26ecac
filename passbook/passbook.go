// Package passbook brings the shop's bank statements in. It is pure reading: it
// knows layouts, containers and the running balance, and neither payouts nor a
// database nor a clock (the instant of an import is given in).
//
// Begin with Read: it tells by its content what a file is, reads it whole, and
// gives a Statement, or every fault at once. Statement.Check follows the running
// balance, Statement.Covers says which days the file speaks for. Merge compares a
// statement with the lines that are stored of the account: what is new, with its
// ID, what is known already, and where balances do not tie. Covered and Gaps say
// the same of all stored lines.
//
// Banks change their files without a word. So a layout is data (layouts/*.yaml,
// or a person's own file, see LoadLayout), columns are found by their titles and
// never by their place, and nothing is guessed: what is not certain is refused
// with its file, sheet, line and column. Names and account numbers never print
// themselves (pay.Private), and no fault shows one.
package passbook

import (
	"time"

	"daesa/pay"
)

// Kind says which way the money went, as the account's owner sees it.
type Kind string

// The two kinds of a line.
const (
	In  Kind = "in"
	Out Kind = "out"
)

// Clock says how exactly a line gives its time.
type Clock int

// A line gives a day, or a time of day to the minute or to the second. The numbers
// may be stored; they stand in order.
const (
	DayOnly Clock = iota
	ToMinute
	ToSecond
)

// BalanceFrom says where a line's balance is from.
type BalanceFrom int

// A line has no balance; or its file states it; or it was reckoned from the
// opening and the closing balance of a statement that ties. What was reckoned
// hangs on the order of the lines, so that no line is known again by it. The
// numbers may be stored.
const (
	NoBalance BalanceFrom = iota
	Stated
	Reckoned
)

// Line is one line of a passbook.
type Line struct {
	ID          string    // of a stored line, given by Merge; "" in a Statement
	At          time.Time // wall clock in Asia/Seoul; 00:00 where Clock is DayOnly
	Clock       Clock
	Kind        Kind
	Amount      int64 // above 0, in the currency's smallest unit: whole won
	Currency    pay.Currency
	Balance     int64 // after the line, in the same unit; 0 where BalanceFrom is NoBalance
	BalanceFrom BalanceFrom
	Payer       pay.Private // who paid or was paid, as the bank prints it, often cut short
	Memo        pay.Private
	Channel     pay.Private // how the money moved; some banks put a name here
	Account     pay.Private // of the other side, as the file has it
	Ref         string      // the bank's own reference of the line; "" where it gives none
	Layout      string      // that it was read by
	Reversed    bool        // it takes an earlier line back
	Pending     bool        // the bank has not booked it yet
	Place       Place
}

// Place is where a line stands.
type Place struct {
	File  string
	Sheet string // "" in a file without sheets
	Row   int    // the line of a text, the row of a sheet, from 1
}

// Signed is the amount, negative for money that went out.
func (l Line) Signed() int64 {
	if l.Kind == Out {
		return -l.Amount
	}
	return l.Amount
}

// Day is the line's business day.
func (l Line) Day() pay.Day { return pay.DayOf(l.At) }

// HasBalance says whether the balance after the line is known.
func (l Line) HasBalance() bool { return l.BalanceFrom != NoBalance }

// before is the balance before the line, where the one after it is known.
func (l Line) before() int64 { return l.Balance - l.Signed() }

// PayerMasked shows the first letter of the payer, for people.
func (l Line) PayerMasked() string { return pay.MaskHolder(l.Payer.Reveal()) }

// AccountMasked shows a few digits of the other side's account, for people.
func (l Line) AccountMasked() string { return pay.MaskNumber(l.Account.Reveal()) }

// Statement is one file, read whole.
type Statement struct {
	Layout   string       // that it was read by
	Bank     string       // as people call it; "" for a format that every bank may use
	Last4    string       // the account number's last four digits; "" where the file does not say them
	From, To pay.Day      // the period that the file states; "" where it states none
	Currency pay.Currency // of the account
	Lines    []Line       // booked ones in time order, ties as the statement has them
	Pending  []Line       // not booked yet: they change no balance, and Merge stores none
	Unknown  []string     // titles of columns that mean nothing to the layout
	Unread   []string     // other sheets that people see
	Skipped  int          // rows that are no lines: totals, notes, rows that move no money

	untied []Untied
	last   *dayBalance // at which the last statement of a file ended
}

// Untied is two balances that a file states, its opening and its closing one or
// those of two statements in it, between which the lines do not sum up.
type Untied struct {
	From, To pay.Day
	Missing  int64 // what lines would have to bring, in the smallest unit
}

// Bounds of what a file may hold. Sums of so many amounts always fit.
const (
	mostLines   = 500_000
	mostAmount  = 10_000_000_000_000 // in the smallest unit
	textBytes   = 64 << 20           // of JSON and of the neutral formats
	textLongest = 2000               // characters of one text
)
