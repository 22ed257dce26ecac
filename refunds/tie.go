package refunds

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"daesa/internal/written"
	"daesa/pay"
)

// markLength is how many letters of a transfer's id stand in the shop's own
// passbook: banks cut longer texts off.
const markLength = 7

// holderShortest is how many letters of a name must be left of one that a bank
// has cut off.
const holderShortest = 5

// Mark is what an exported transfer shows in the shop's own passbook (내통장표시),
// by which its line is known again.
func (t ManualTransfer) Mark() string {
	return t.RefundID[:min(markLength, len(t.RefundID))]
}

// Payable is an approved transfer with the account to which it goes.
type Payable struct {
	ManualTransfer
	Account *pay.RefundAccount // nil: none is kept
}

// OutLine is money that left the shop's passbook.
type OutLine struct {
	ID       string
	Day      pay.Day
	Amount   int64
	Currency pay.Currency
	Payee    pay.Private // as the bank prints it, often cut short
	Memo     pay.Private
	Account  pay.Private // of the other side, as the file has it
}

// TransferTie is a transfer and the one line that is it.
type TransferTie struct {
	Transfer Payable
	Line     OutLine
}

// Untied is a transfer that no line is for sure.
type Untied struct {
	Transfer Payable
	// Lines could be it, and so could they be another transfer, or it be another
	// line; in the order in which they were given.
	Lines []OutLine
	// Alike are lines of the same amount that do not say to whom they went.
	Alike []OutLine
}

// TieTransfers ties transfers to the lines of the passbook by which they were
// made. A line is a transfer only by exact money, on the day of its approval or
// later, and to its account or its holder; a line that bears a transfer's mark is
// no other one. A transfer that several lines could be, and one whose line could be
// several, stays untied: nothing is chosen. It changes nothing.
func TieTransfers(transfers []Payable, lines []OutLine) (ties []TransferTie, open []Untied) {
	could := make([][]int, len(transfers)) // lines, by transfer
	takers := make([]int, len(lines))      // transfers, by line
	marked := marksOf(transfers, lines)
	for i, t := range transfers {
		for j, l := range lines {
			if t.sameMoney(l) && (marked[j] == i || marked[j] < 0 && !slices.Contains(marked, i) && t.went(l) == wentThere) {
				could[i] = append(could[i], j)
				takers[j]++
			}
		}
	}
	for i, t := range transfers {
		if len(could[i]) == 1 && takers[could[i][0]] == 1 {
			ties = append(ties, TransferTie{t, lines[could[i][0]]})
			continue
		}
		left := Untied{Transfer: t}
		for j, l := range lines {
			switch {
			case slices.Contains(could[i], j):
				left.Lines = append(left.Lines, l)
			case takers[j] == 0 && t.sameMoney(l) && t.went(l) == wentUnsaid:
				left.Alike = append(left.Alike, l)
			}
		}
		open = append(open, left)
	}
	return ties, open
}

// marksOf says which transfer's mark a line of its money bears; -1: none, or
// that of several.
func marksOf(transfers []Payable, lines []OutLine) []int {
	marked := make([]int, len(lines))
	for j, l := range lines {
		marked[j] = -1
		texts := bareText(l.Memo) + "\n" + bareText(l.Payee)
		var of []int
		for i, t := range transfers {
			if len(t.Mark()) == markLength && t.sameMoney(l) && t.went(l) != wentElsewhere && strings.Contains(texts, strings.ToLower(t.Mark())) {
				of = append(of, i)
			}
		}
		if len(of) == 1 {
			marked[j] = of[0]
		}
	}
	return marked
}

// sameMoney says whether a line has the transfer's amount, not before it was
// approved.
func (t Payable) sameMoney(l OutLine) bool {
	return l.Amount == t.Amount && l.Currency == t.Currency && !t.ApprovedAt.IsZero() && l.Day >= pay.DayOf(t.ApprovedAt)
}

type wentTo int

const (
	wentUnsaid wentTo = iota // the line does not say where to
	wentThere
	wentElsewhere
)

// went says whether a line went to the transfer's account. A number that is
// written in full decides alone.
func (t Payable) went(l OutLine) wentTo {
	if t.Account == nil {
		return wentUnsaid
	}
	if number, whole := digitsOf(l.Account); whole {
		if number == t.Account.Number.Reveal() {
			return wentThere
		}
		return wentElsewhere
	}
	holder := bareText(t.Account.Holder)
	for _, text := range []string{bareText(l.Payee), bareText(l.Memo)} {
		if holder != "" && (text == holder || utf8.RuneCountInString(text) >= holderShortest && strings.HasPrefix(holder, text)) {
			return wentThere
		}
	}
	return wentUnsaid
}

// digitsOf is an account number that is written in full: masked ones are not.
func digitsOf(text pay.Private) (digits string, whole bool) {
	number, err := pay.ParseAccountNumber(text.Reveal())
	return number.Reveal(), err == nil && len(number) >= accountShortest
}

// accountShortest is how many digits the number of an account has at least; a
// shorter one is a part of it.
const accountShortest = 7

func bareText(text pay.Private) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, written.Bare(written.NFKC(text.Reveal())))
}
