package settle

import (
	"slices"

	"daesa/pay"
	"daesa/reconcile"
)

// MonthState is where a month stands. It is derived when asked, never stored.
type MonthState string

// The words of the contract.
const (
	MonthOpen        MonthState = "open"        // not over
	MonthProvisional MonthState = "provisional" // over, and something is still to come
	MonthReady       MonthState = "ready"       // may be locked
	MonthLocked      MonthState = "locked"
	MonthReopened    MonthState = "reopened" // was locked, is not again, and is not ready
)

// MonthStates are all of them.
var MonthStates = []MonthState{MonthOpen, MonthProvisional, MonthReady, MonthLocked, MonthReopened}

// ReadBack is how many days before the first month rows and transactions are
// read, unless a person says otherwise: its opening is reckoned from them.
const ReadBack = 95

// How long a month waits before it may be ready.
const (
	readAgainAfter   = 7 // days after a day on which its windows were last read
	passbookBankDays = 3 // bank days after the month's end that the passbook covers
)

// ReasonCode says what keeps a month from being ready.
type ReasonCode string

// The reasons.
const (
	NotOver       ReasonCode = "not_over"       // Day: its last day
	WindowUnread  ReasonCode = "window_unread"  // Days of it, the first is Day
	WindowYoung   ReasonCode = "window_young"   // the same: read, and not yet again after seven days
	PassbookShort ReasonCode = "passbook_short" // Day: until when it must reach; Name: the account
	NoPassbook    ReasonCode = "no_passbook"    // no account for the merchant
	BreaksOpen    ReasonCode = "breaks_open"    // Count, Name: the kind
	Unexplained   ReasonCode = "unexplained"    // Amount
	Undecided     ReasonCode = "undecided"      // Count payouts for which a person must say which line it is
)

// Reason is one thing that keeps a month from being ready.
type Reason struct {
	Code   ReasonCode
	Name   string
	Day    pay.Day
	Count  int64
	Amount int64
}

// Incomplete says whether the reason is that something was not read, which no
// person decides.
func (r Reason) Incomplete() bool {
	return r.Code == WindowUnread || r.Code == PassbookShort
}

// Facts are what the state of a month of one merchant and currency follows from.
type Facts struct {
	Month Month
	Today pay.Day
	// Read says when a list of a day was last read whole: the transactions of that
	// day, and the rows sold on it. Absent: never.
	Transactions, Rows map[pay.Day]pay.Day
	Accounts           []string // of the merchant
	Passbook           map[string]Days
	Assumed            bool // close.bank: assumed
	// Breaks are those of the month that are open or reopened, by kind: whose own
	// date is not after its end.
	Breaks    map[reconcile.Kind]int64
	Undecided int64 // payouts up to its end that are due and ambiguous
	// Unexplained is closing less closing by rows; Resolved is what of it belongs
	// to breaks that a person has resolved.
	Unexplained, Resolved int64
	Locked, Reopened      bool
}

// State is where the month stands, and what keeps it from being ready.
func (f Facts) State() (MonthState, []Reason) {
	if f.Locked {
		return MonthLocked, nil
	}
	if f.Today <= f.Month.Last() {
		return MonthOpen, []Reason{{Code: NotOver, Day: f.Month.Last()}}
	}
	reasons := slices.Concat(
		unreadWindows(f.Month, f.Transactions, "transactions"), unreadWindows(f.Month, f.Rows, "settlements"),
		f.passbook(), f.breaks())
	if f.Undecided > 0 {
		reasons = append(reasons, Reason{Code: Undecided, Count: f.Undecided})
	}
	if left := f.Unexplained - f.Resolved; left != 0 {
		reasons = append(reasons, Reason{Code: Unexplained, Amount: left})
	}
	switch {
	case len(reasons) == 0:
		return MonthReady, nil
	case f.Reopened:
		return MonthReopened, reasons
	default:
		return MonthProvisional, reasons
	}
}

// unreadWindows are the days of a month that were never read, and those that
// were not read again seven days later.
func unreadWindows(m Month, read map[pay.Day]pay.Day, name string) []Reason {
	unread, young := Reason{Code: WindowUnread, Name: name}, Reason{Code: WindowYoung, Name: name}
	for day := m.First(); day <= m.Last(); day = day.Add(1) {
		last, ok := read[day]
		of := &young
		switch {
		case !ok:
			of = &unread
		case last >= day.Add(readAgainAfter):
			continue
		}
		if of.Count++; of.Count == 1 {
			of.Day = day
		}
	}
	var reasons []Reason
	for _, reason := range []Reason{unread, young} {
		if reason.Count > 0 {
			reasons = append(reasons, reason)
		}
	}
	return reasons
}

// PassbookUntil is the day up to which the passbook must reach.
func (m Month) PassbookUntil() pay.Day { return m.Last().AddBankDays(passbookBankDays) }

func (f Facts) passbook() []Reason {
	if f.Assumed {
		return nil
	}
	if len(f.Accounts) == 0 {
		return []Reason{{Code: NoPassbook}}
	}
	var reasons []Reason
	for _, account := range f.Accounts {
		if !f.Passbook[account].HasAll(f.Month.First(), f.Month.PassbookUntil()) {
			reasons = append(reasons, Reason{Code: PassbookShort, Name: account, Day: f.Month.PassbookUntil()})
		}
	}
	return reasons
}

func (f Facts) breaks() []Reason {
	var reasons []Reason
	for _, kind := range reconcile.SettlementKinds {
		if f.Breaks[kind] > 0 {
			reasons = append(reasons, Reason{Code: BreaksOpen, Name: string(kind), Count: f.Breaks[kind]})
		}
	}
	return reasons
}

// MonthCheck is a month of one merchant and currency as people and programs
// see it.
type MonthCheck struct {
	Month    Month
	MID      string
	Currency pay.Currency
	State    MonthState
	Rollforward
	ClosingByRows int64
	Unexplained   int64 // closing less closing by rows
	Aging         []Aged
	Breaks        map[reconcile.Kind]int64 // of the month, open or reopened
	Reasons       []Reason
}

// Check puts the two ways to a closing side by side. resolved is what of the
// difference belongs to breaks that a person has resolved; the other facts are
// taken as they are.
func (f Facts) Check(mid string, c pay.Currency, forward Rollforward, rows ByRows) MonthCheck {
	f.Unexplained = forward.Closing - rows.Closing
	state, reasons := f.State()
	return MonthCheck{
		Month: f.Month, MID: mid, Currency: c, State: state, Rollforward: forward,
		ClosingByRows: rows.Closing, Unexplained: f.Unexplained, Aging: rows.Aging, Breaks: f.Breaks, Reasons: reasons,
	}
}

// Remainder is the break of what a roll-forward leaves unexplained and no named
// break explains; nil where there is none. shares are those of the breaks that
// stand, adjusted what decisions about them took off again.
func Remainder(mid string, c pay.Currency, m Month, unexplained int64, shares []Share, adjusted int64) *reconcile.Finding {
	left := unexplained - adjusted
	for _, share := range shares {
		left -= share.Amount
	}
	if left == 0 {
		return nil
	}
	return &reconcile.Finding{
		MID: mid, Subject: SubjectOfMonth(m, c), Kind: reconcile.RollforwardUnexplained, Currency: c,
		LocalStatus: string(m), LocalAmount: &unexplained, Amount: &left, Share: &left, MovedAt: m.Last().Start(),
	}
}
