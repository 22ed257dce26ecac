// Package monthbook draws the workbook of a month: how the receivable rolled
// forward, which payouts came, what is not paid out, fees, cancels, breaks, journal
// entries and the reference for the VAT return. It knows what settle and reconcile
// say of a month, no database and no clock: a workbook is a function of its Month.
// Begin at Month and Write.
package monthbook

import (
	"time"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports/book"
	"daesa/settle"
)

// Month is all that a month's workbook says, of one merchant or several. Slices may
// come in any order, unless they say otherwise. Amounts are in the smallest unit of
// their currency.
type Month struct {
	Month   settle.Month
	Now     time.Time // when the figures were taken, or frozen; never the clock's
	Assumed bool      // close.bank: assumed: payouts count as paid on their day
	// Versions are the locks of this month, by their number; none: it was never
	// locked.
	Versions []settle.Version
	Ledgers  []Ledger // one for each merchant and currency; at least one

	// Payouts are those of the month, those of which a passbook line of the month
	// paid something, and those of earlier days that are still open.
	Payouts []Payout
	// Lines are the passbook lines that stand against these payouts, those that are
	// suggested for them, and every deposit of the month that nobody explained.
	Lines []book.PassbookLine
	// Deposits are those of Lines that came in, as a person may tie them to payouts or
	// take them off: none of a locked month.
	Deposits []Deposit `json:",omitempty"`
	// Unsettled stand behind the ages of the closing: of each merchant, currency and
	// age the largest ones, as many as wanted. The sheet says how many more there are.
	Unsettled []Unsettled

	Fees      []Fee             // of the rows whose fees the roll-forwards have
	FeeGroups []settle.FeeGroup // fees that another rate explains
	Invoices  []Invoice         // fee invoices of the month, and what they should be of
	Cancels   []Cancel          // the cancels that the roll-forwards have
	Rebates   []Rebate          // deposits of the month that give fees back
	Breaks    []reconcile.Break // of the scope settlement: of the month, and open ones of earlier ones
	Entries   []settle.Entry    // the vouchers, in their order; of one currency after the other
	// Receivable is the account of the receivable ("108 외상매출금"), by which Entries
	// are held against the roll-forward; "": they are not.
	Receivable string
	// SalesApart says that the shop books its sales itself: Entries have none.
	SalesApart bool
	VAT        []VAT // one for each currency
}

// Ledger is the receivable of one merchant and currency.
type Ledger struct {
	settle.MonthCheck
	// Shares are what of Unexplained belongs to which break. What they do not sum up
	// to is named apart.
	Shares []Share
}

// Share is the part of one break in what a roll-forward leaves unexplained.
type Share struct {
	settle.Share
	Decided reconcile.Disposition // what a person decided about the break; "": nothing yet
}

// Payout is a payout with where it stands.
type Payout struct {
	settle.Payout
	// Posted is what of it the roll-forward of the month has as paid: that of lines of
	// the month, and of earlier ones that were recorded after their month was locked.
	Posted int64
}

// Deposit is a deposit with what of it a person can decide about.
type Deposit struct {
	book.PassbookLine
	// Of the match in which it stands: who made it ("": the program), when, and why.
	By, Note string
	Matched  time.Time
	Dropped  time.Time          // when a person last took it off a payout; zero: never
	Suggests []settle.PayoutKey // payouts that it may be
}

// fingerprint is of how the deposit stands: a person's word about it holds while it
// stays the same.
func (d *Deposit) fingerprint() string {
	parts := []string{string(d.State), d.By, d.Matched.UTC().Format(time.RFC3339Nano), d.Dropped.UTC().Format(time.RFC3339Nano)}
	for _, p := range d.MatchedTo {
		parts = append(parts, p.MID, string(p.Day), string(p.Currency))
	}
	return reconcile.ShortHash(parts...)[:8]
}

// Unsettled is a payout that did not come by the month's end, or a transaction that
// had no settlement row then.
type Unsettled struct {
	MID      string
	Currency pay.Currency
	Bucket   settle.Bucket
	Payout   pay.Day // "": a transaction without a row
	State    settle.State
	Count    int64 // rows, or 1

	// Of a transaction without a row.
	Method              pay.Method
	OrderID, PaymentKey string
	At                  time.Time

	Amount int64 // signed, as it stands in the closing
}

// FeePart says what a line of fees is of.
type FeePart string

// The parts. What no rule is of stands in lines of its own, without rows.
const (
	FeeByRule    FeePart = ""          // what a rule of the contract is of
	FeeBeside    FeePart = "beside"    // what Toss takes for something else, such as instalments
	FeeCorrected FeePart = "corrected" // what changed of months that were locked before
)

// Fee is the fees of rows that one rule is of.
type Fee struct {
	Part     FeePart
	MID      string
	Currency pay.Currency
	Method   pay.Method
	CardType string // of card, as Toss writes it
	Issuer   string // where the rule names one
	Provider string // of easy pay
	// Agreed is the rule of the contract, Expected what it gives, without VAT. Both nil:
	// nothing was agreed about these rows.
	Agreed   *settle.Fee
	Expected *int64

	Rows   int64
	Amount int64
	Fee    int64 // without VAT
	FeeVAT int64
}

// Invoice is what the fee invoice of the month should be of, and the invoice.
type Invoice struct {
	MIDs     []string
	Currency pay.Currency
	Basis    settle.Basis
	Bridge   settle.InvoiceBridge
	Entered  *settle.Invoice // nil: nobody has entered it yet
}

// Cancel is one cancel.
type Cancel struct {
	MID, OrderID, PaymentKey, TransactionKey string
	Method                                   pay.Method
	Currency                                 pay.Currency
	ApprovedAt, At                           time.Time
	Amount                                   int64   // above 0
	PaidOut                                  pay.Day // of the payout that it is set off in; "": it has no settlement row
	Fee, FeeVAT                              int64   // that came back, above 0; 0 without a row
	Prior                                    bool    // of an earlier month, recorded after that was locked
}

// Rebate is a deposit that gives fees back.
type Rebate struct {
	book.PassbookLine
	MID         string
	Supply, VAT int64
	By, Note    string
}

// VAT is the reference for the return.
type VAT struct {
	Currency pay.Currency
	settle.VATTable
}

// State is that of the ledger which is furthest from being locked: a month is
// locked as one.
func (m *Month) State() settle.MonthState {
	furthest := settle.MonthLocked
	for _, l := range m.Ledgers {
		if closeness[l.State] < closeness[furthest] {
			furthest = l.State
		}
	}
	return furthest
}

// closeness is how near a state is to locked; a state that is not here is the
// furthest.
var closeness = map[settle.MonthState]int{
	settle.MonthOpen: 1, settle.MonthProvisional: 2, settle.MonthReopened: 3, settle.MonthReady: 4, settle.MonthLocked: 5,
}

// locked is the version that stands; nil: none does.
func (m *Month) locked() *settle.Version {
	if m.State() != settle.MonthLocked || len(m.Versions) == 0 {
		return nil
	}
	return &m.Versions[len(m.Versions)-1]
}
