package reconcile

import (
	"time"

	"daesa/pay"
)

// Level is how soon a person should look at a break.
type Level int

// The levels, the least first.
const (
	Low Level = iota
	Medium
	High
)

// Weighed is what the level of a break follows from.
type Weighed struct {
	Kind            Kind
	Currency        pay.Currency
	Local, Provider int64     // money held, 0 where a side knows nothing; of one currency but in a currency mismatch
	CancelBy        time.Time // until when the money can go back through Toss; zero: none known
}

// deadlineBankDays is within how many bank days a last day makes a break high.
const deadlineBankDays = 3

// Owing says whether a break of the kind means that Toss holds money which
// should perhaps go back to the buyer.
func (k Kind) Owing() bool {
	return k == CancelNotExecuted || k == DuplicatePayment || k == PaidAfterCancel
}

// Level weighs a break: first its kind, then the last day on which its money
// can go back, then the amount, each of which only raises it.
//
//   - High are a refund that failed, a deposit that the bank took back, two
//     payments of one order and money that came after the cancel: somebody is
//     out of pocket, or goods are on their way for nothing.
//   - High is also money to give back whose last day has passed or comes within
//     three bank days after now.
//   - Medium are the other kinds in which one side has money or an order that
//     the other does not know.
//   - A payout that did not come is high, and medium is money of settlement that
//     stands on one side alone, or a hole in the passbook that hides such money.
//   - In won the thresholds make the rest medium or high.
func (s Severity) Level(b Weighed, now time.Time) Level {
	level := ofKind(b)
	if b.late(now) {
		level = High
	}
	return max(level, s.ofAmount(b))
}

func ofKind(b Weighed) Level {
	switch b.Kind {
	case RefundFailed, DepositReversed, DuplicatePayment, PayoutMissing:
		return High
	case PaidAfterCancel:
		if b.Provider > 0 {
			return High
		}
		return Medium
	case MissingAtProvider, MissingLocally, PaidNotRecorded, NeverPaid, CancelNotExecuted, CurrencyMismatch,
		PayoutShort, SettlementMissing, SettlementDuplicate, SettlementUnknown, SettlementAmountMismatch,
		PayoutOver, BankUnmatched, RollforwardUnexplained, StatementGap:
		return Medium
	default:
		return Low
	}
}

// late says whether money that should go back, or may have to, runs out of time.
func (b Weighed) late(now time.Time) bool {
	if !b.Kind.Owing() && b.Kind != MissingLocally || b.CancelBy.IsZero() || b.Provider <= b.Local {
		return false
	}
	return now.After(b.CancelBy) || pay.DayOf(now).BankDaysUntil(pay.DayOf(b.CancelBy)) <= deadlineBankDays
}

// ofAmount goes by what the two sides differ by; a failed refund is lost as a
// whole. Amounts of other currencies have no thresholds.
func (s Severity) ofAmount(b Weighed) Level {
	stake := max(b.Local-b.Provider, b.Provider-b.Local)
	if b.Kind == RefundFailed {
		stake = max(b.Local, b.Provider)
	}
	switch {
	case b.Currency != pay.KRW || b.Kind == CurrencyMismatch || s == (Severity{}):
		return Low
	case stake > s.High:
		return High
	case stake > s.Medium:
		return Medium
	default:
		return Low
	}
}
