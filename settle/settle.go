// Package settle says of settlement rows, payouts, passbook lines and months
// which stand against which, and what is missing. It is pure: facts come in as
// plain values, verdicts go out as values; the day of today is an argument.
//
// Begin at Place, which ties deposits to payouts and says where each stands, and
// at Ledger, which rolls a month forward. The chain is payment, settlement row, payout, passbook line,
// month, and each arrow has its file:
//
//   - version.go: what becomes of a row that is read again.
//   - check.go: the rows of one payment against its transactions.
//   - fees.go, feegroups.go: what Toss should have charged.
//   - payout.go, state.go: payouts from rows, and where each stands.
//   - match.go, sums.go: deposits against payouts.
//   - ledger.go, byrows.go: the roll-forward, two ways.
//   - month.go: the state of a month, who may lock it.
//   - invoice.go, voucher.go, vat.go: what leaves for the books.
//
// A month has a million payments: rows are checked one payment at a time and
// folded into Parts, which the caller may sum in SQL. What is held grows with
// payouts, lines and breaks, never with rows.
//
// Amounts are in the smallest unit of their currency; days are those of Seoul.
package settle

import (
	"slices"
	"strings"
	"time"

	"daesa/pay"
)

// Row is one row of what Toss settles, as daesa keeps it: a sale or, with
// negative amounts, a cancel.
type Row struct {
	pay.Settlement

	Version   int       // from 1
	Recorded  time.Time // when this version was
	Withdrawn bool      // gone from a window that was read again
	Copy      int       // 0; 1 for the second row of a settlement_duplicate
}

// Cancel says whether the row is of a cancel.
func (r Row) Cancel() bool {
	return !r.CanceledAt.IsZero() || r.Canceled != nil || r.Amount < 0
}

// TransactedAt is the row's time: that of the approval, or of the cancel. A
// cancel row's ApprovedAt is still the sale's.
func (r Row) TransactedAt() time.Time {
	switch {
	case !r.CanceledAt.IsZero():
		return r.CanceledAt
	case r.Canceled != nil && !r.Canceled.CanceledAt.IsZero():
		return r.Canceled.CanceledAt
	default:
		return r.ApprovedAt
	}
}

// FeeOf is what the row takes from the receivable beside the fee's VAT: an
// interest fee that Toss keeps outside its fee is in it.
func (r Row) FeeOf() int64 { return r.Amount - r.PayOutAmount - r.VAT }

// PayoutKey is the payout to which the row belongs.
func (r Row) PayoutKey() PayoutKey {
	currency := r.Currency
	if currency == pay.MUSD {
		currency = fromMillionths(r).Currency
	}
	return PayoutKey{r.MID, r.PaidOutDate, currency}
}

// inCents turns the amounts of a row in Toss's millionths of a dollar into cents,
// which are one currency. Where that is not exact the row stays as it is, and its
// sums stay apart.
func (r Row) inCents() Row {
	if r.Currency == pay.MUSD {
		return fromMillionths(r)
	}
	return r
}

func fromMillionths(r Row) Row {
	r.Fees = slices.Clone(r.Fees)
	amounts := []*int64{&r.Amount, &r.InterestFee, &r.Fee, &r.SupplyAmount, &r.VAT, &r.PayOutAmount}
	for i := range r.Fees {
		amounts = append(amounts, &r.Fees[i].Amount)
	}
	r.Currency = pay.Normal(r.Currency, amounts...)
	return r
}

// RowState is what a list says of a row.
type RowState string

// The words of the contract.
const (
	RowSettled   RowState = "settled"
	RowChanged   RowState = "changed"   // of a later version than its first
	RowWithdrawn RowState = "withdrawn" // gone from a window that was read again
	RowUnknown   RowState = "unknown"   // of no transaction
)

// State is what a list says of the row; known says whether it has a transaction.
func (r Row) State(known bool) RowState {
	switch {
	case r.Withdrawn:
		return RowWithdrawn
	case !known:
		return RowUnknown
	case r.Version > 1:
		return RowChanged
	default:
		return RowSettled
	}
}

// Transaction is one approval, or one cancel with status DONE of a payment
// that was once approved, as Toss's list and look-ups show it. The cancelling
// of a virtual account that nobody paid into is none.
type Transaction struct {
	MID            string
	PaymentKey     string
	TransactionKey string
	OrderID        string
	Currency       pay.Currency
	Method         pay.Method
	Amount         int64 // gross; of a cancel negative
	At             time.Time
	Recorded       time.Time
}

// Cancel says whether the transaction is a cancel.
func (t Transaction) Cancel() bool { return t.Amount < 0 }

// Line is one line of a passbook.
type Line struct {
	ID        string
	Account   string // the name of the account in the configuration
	Currency  pay.Currency
	Day       pay.Day // the bank day
	At        time.Time
	In        bool
	Amount    int64 // above 0
	PayerFits bool  // the payer has one of the account's words
	Ignored   bool  // a person said that it is none of Toss's
}

// Account is one passbook of the configuration.
type Account struct {
	Name  string
	MIDs  []string // whose payouts come there
	Words bool     // it has words by which a payer is known
	// Currency is that of its lines; "": nothing is known of it yet.
	Currency pay.Currency
}

// takes says whether a payout comes to the account: it is the merchant's, and of its
// currency.
func (a Account) takes(p PayoutKey) bool {
	return slices.Contains(a.MIDs, p.MID) && (a.Currency == "" || a.Currency == p.Currency)
}

// Span is a stretch of days, both ends included.
type Span struct{ From, To pay.Day }

// Days are the days that were read whole: of an account, or of a list.
type Days []Span

// DaysOf are some days, in any order, as spans.
func DaysOf(days []pay.Day) Days {
	days = slices.Compact(slices.Sorted(slices.Values(days)))
	var spans Days
	for _, day := range days {
		if last := len(spans) - 1; last >= 0 && spans[last].To.Add(1) == day {
			spans[last].To = day
			continue
		}
		spans = append(spans, Span{From: day, To: day})
	}
	return spans
}

// Has says whether the day was read.
func (d Days) Has(day pay.Day) bool {
	for _, span := range d {
		if span.From <= day && day <= span.To {
			return true
		}
	}
	return false
}

// HasAll says whether each day from one to another was read.
func (d Days) HasAll(from, to pay.Day) bool {
	for day := from; day <= to; day = day.Add(1) {
		if !d.Has(day) {
			return false
		}
	}
	return true
}

// First is the first day that was read; "" for none.
func (d Days) First() pay.Day {
	var first pay.Day
	for _, span := range d {
		if first == "" || span.From < first {
			first = span.From
		}
	}
	return first
}

// Month is a calendar month in Seoul, written 2006-01, so that text order is
// time order.
type Month string

// MonthOf is the month in which a time lies.
func MonthOf(t time.Time) Month { return MonthOfDay(pay.DayOf(t)) }

// MonthOfDay is the month of a day.
func MonthOfDay(d pay.Day) Month {
	if len(d) < len("2006-01") {
		return ""
	}
	return Month(d[:len("2006-01")])
}

// ParseMonth reads YYYY-MM; ok is false for anything else.
func ParseMonth(text string) (m Month, ok bool) {
	day, err := pay.ParseDay(text + "-01")
	return MonthOfDay(day), err == nil
}

// First is the month's first day.
func (m Month) First() pay.Day { return pay.Day(m + "-01") }

// Last is the month's last day.
func (m Month) Last() pay.Day { return m.Next().First().Add(-1) }

// Next is the month after.
func (m Month) Next() Month { return MonthOfDay(m.First().Add(31)) }

// Before is the month before.
func (m Month) Before() Month { return MonthOfDay(m.First().Add(-1)) }

// The subjects of breaks, as the contract writes them.

// SubjectOfTransaction is "txn:KEY".
func SubjectOfTransaction(key string) string { return "txn:" + key }

// SubjectOfPayout is "payout:DATE:CUR".
func SubjectOfPayout(k PayoutKey) string {
	return strings.Join([]string{"payout", string(k.Day), string(k.Currency)}, ":")
}

// SubjectOfLine is "line:ID".
func SubjectOfLine(id string) string { return "line:" + id }

// SubjectOfMonth is "month:YYYY-MM:CUR".
func SubjectOfMonth(m Month, c pay.Currency) string {
	return strings.Join([]string{"month", string(m), string(c)}, ":")
}

// MonthOfSubject is the month that a subject is about; ok is false of every other.
func MonthOfSubject(subject string) (m Month, ok bool) {
	rest, ok := strings.CutPrefix(subject, "month:")
	if !ok {
		return "", false
	}
	month, _, _ := strings.Cut(rest, ":")
	return ParseMonth(month)
}

// SubjectOfFee is "fee:METHOD:CARDTYPE:DATE".
func SubjectOfFee(method pay.Method, cardType string, from pay.Day) string {
	return strings.Join([]string{"fee", string(method), cardType, string(from)}, ":")
}
