package reconcile

import (
	"slices"
	"time"

	"daesa/pay"
)

// The jobs that compare.
const (
	JobNightly   = "nightly"
	JobReconcile = "reconcile" // fetches and compares only
	JobMonthEnd  = "month_end" // phone payments, on the last day of their month
	JobEvents    = "events"    // compares the orders of which webhooks spoke
)

// How a run reads the provider: by its transaction list, or by looking up each
// payment that the shop touched, so that others cannot be seen.
const (
	ModeTransactions = "transactions"
	ModeLookup       = "lookup"
)

// Run is one night of one merchant: what was read, what was found, and what
// proves it. Money is in the smallest unit of its currency.
type Run struct {
	ID       string
	Job      string
	MID      string
	Day      pay.Day   // the business date
	Now      time.Time // the instant of the run, as stored when it was committed
	Complete bool
	Mode     string // ModeTransactions or ModeLookup
	Gaps     []Gap  // what could not be read; empty when complete

	Orders       int64 // the shop's orders that were touched and compared
	Payments     int64 // payments of touched orders in the transaction list
	Transactions int64 // rows of the list within the day
	Touched      int64 // order numbers that either side touched
	Matched      int64 // of these, the ones that agree
	OtherPG      int64 // orders of the day paid through another company
	ZeroAmount   int64 // orders of the day without a payment
	UnknownMID   int64 // rows of the list that belong to a MID that is not configured

	Suspects      int64 // pairs that the filter could not pass
	LookedUp      int64 // pairs that were looked up
	NotLookedUp   int64 // pairs left over: never called missing
	ProviderCalls int64
	CallsByAPI    map[string]int64

	Windows []Window
	Sample  Sample
	Totals  []Total // by currency
	// Differences are what Explained of the totals consists of, one by one; nil in
	// runs that were stored without them.
	Differences []Difference
	// ListedTo is the end of what the transaction list was read of, up to which
	// Provider of the totals goes. Zero: look-ups alone were summed, or the run
	// was stored without it.
	ListedTo time.Time     `json:",omitzero"`
	ByMethod []MethodTotal // transactions of the day
	Suspect  []Kind        // kinds that exploded: check key and export first
	Duration time.Duration // not part of the workbook

	Broken map[Kind]int64 // breaks that need a person after the run
	// Refunding are the breaks that wait for their refund; nil: there are none.
	Refunding map[Kind]int64 `json:",omitempty"`
	Opened    int64
	// Reopened is part of Opened: breaks that came back.
	Reopened int64
	Cleared  int64
	Timing   int64
	Refunds  map[string]int64 // refund requests by state after the run
	Proposed int64
	Severity Severity
	PaidOut  *PaidOut `json:",omitempty"` // nil: not asked for
	// Moved is what moved on the business date alone; nil in a run that is about
	// some orders or one method, and in runs that were stored without it.
	Moved *DayMoney `json:",omitempty"`
}

// SumCounts adds the counts of several merchants' runs. It is complete where all
// are. Money, and what is listed one by one, is not among it.
func SumCounts(runs ...Run) Run {
	sum := Run{Complete: true, Broken: map[Kind]int64{}, Refunding: map[Kind]int64{}, Refunds: map[string]int64{}}
	for _, run := range runs {
		sum.Complete = sum.Complete && run.Complete
		for _, pair := range [][2]*int64{
			{&sum.Orders, &run.Orders}, {&sum.Payments, &run.Payments}, {&sum.Transactions, &run.Transactions}, {&sum.Touched, &run.Touched}, {&sum.Matched, &run.Matched},
			{&sum.OtherPG, &run.OtherPG}, {&sum.ZeroAmount, &run.ZeroAmount}, {&sum.UnknownMID, &run.UnknownMID},
			{&sum.Suspects, &run.Suspects}, {&sum.LookedUp, &run.LookedUp}, {&sum.NotLookedUp, &run.NotLookedUp}, {&sum.ProviderCalls, &run.ProviderCalls},
			{&sum.Sample.LookedUp, &run.Sample.LookedUp}, {&sum.Sample.Agreed, &run.Sample.Agreed},
			{&sum.Opened, &run.Opened}, {&sum.Reopened, &run.Reopened}, {&sum.Cleared, &run.Cleared}, {&sum.Timing, &run.Timing}, {&sum.Proposed, &run.Proposed},
		} {
			*pair[0] += *pair[1]
		}
		addCounts(sum.Broken, run.Broken)
		addCounts(sum.Refunding, run.Refunding)
		addCounts(sum.Refunds, run.Refunds)
	}
	return sum
}

func addCounts[K comparable](into, counts map[K]int64) {
	for key, n := range counts {
		into[key] += n
	}
}

// PaidOut (정산 지급) is what Toss paid out to the shop's bank account on the
// business date. It is shown, and takes no part in the comparison. Why is not
// empty when it could not be read; Sums is empty then.
type PaidOut struct {
	Why  string
	Sums []PaidSum // by currency
}

// PaidSum adds the rows paid out in one currency: Paid is Amount less Fee,
// which holds the VAT on it.
type PaidSum struct {
	Currency          pay.Currency
	Rows              int64
	Amount, Fee, Paid int64
}

// Severity are the thresholds in won above which a break counts as high or
// medium.
type Severity struct{ High, Medium int64 }

// Gap is a part of either side's records that could not be read. What and Why
// are for commands, in English; Cause says the same as a type, and is nil in
// gaps that were stored without one.
type Gap struct {
	Side  string // SideProvider or SideShop
	What  string // a window, a file, a number of orders
	Why   string
	Cause *Cause `json:",omitempty"`
}

// Window is one business day of the provider's transaction list as this run
// read it.
type Window struct {
	Day    pay.Day
	Pages  int
	Rows   int64
	Reread bool
}

// Sample are the agreeing payments that were looked up to prove the list.
type Sample struct{ LookedUp, Agreed int64 }

// Total is the proof for one currency over all touched orders: Shop is a plain
// sum over the orders, Provider one over the stored pages, Explained the sum of
// what Compare named. Unexplained must be 0.
type Total struct {
	Currency                               pay.Currency
	Shop, Provider, Explained, Unexplained int64
	// ByKind and Timing are the parts of Explained that Compare found; the rest are
	// movements that the list does not have (Run.Differences). In runs that were
	// stored without Differences these are in Timing.
	ByKind map[Kind]int64
	Timing int64
}

// MethodTotal sums the approvals of the day by method.
type MethodTotal struct {
	Method   pay.Method
	Currency pay.Currency
	Rows     int64
	Approved int64
	Canceled int64 // rows, not money: the list does not say what a cancel row's amount means
}

// NightFigures are a night in a few figures, for the workbooks of later ones.
// Apart is what the two sides of the breaks that need a person differ by, over
// and under added without their signs, in the smallest unit of each currency.
type NightFigures struct {
	Day                   pay.Day
	Complete              bool
	Open, Opened, Cleared int64
	Apart                 map[pay.Currency]int64
}

// RunID is derived from (job, merchant, date), so that a night run again is
// the same run.
func RunID(job, mid string, day pay.Day) string { return "r" + ShortHash(job, mid, string(day))[:15] }

// Settled is the instant before which a movement must lie to be a break
// rather than timing: settle before the end of the day, or before now while
// the day still runs. It does not move when the same night is run again.
func Settled(day pay.Day, now time.Time, settle time.Duration) time.Time {
	end := day.End()
	if now.Before(end) {
		end = now
	}
	return end.Add(-settle)
}

// minExplosion is the number of breaks of a kind up to which no share makes a
// night suspect.
const minExplosion = 50

// Explosions are the kinds whose breaks are above a share of the touched
// orders, and more than fifty: the key or the export is wrong more probably
// than so many orders.
func Explosions(counts map[Kind]int64, touched int64, above func(part, total int64) bool) []Kind {
	var kinds []Kind
	for _, kind := range Kinds {
		n := counts[kind]
		if n > minExplosion && above(n, touched) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// Suspect is one order number whose two sides may differ, with what is known
// of it before the look-ups.
type Suspect struct {
	OrderID string
	Stake   int64      // the larger of the two sides' money held: the most is looked up first
	Order   *pay.Order // nil: the shop has none that Toss should know
	Aside   *pay.Order // the shop's order where it is none of Toss's: another company's, or of no amount
	Known   []Known    // its payments in the transaction list
	Claims  []Claim    // the cancels that finished refunds of ours claim
}

// Claim is a provider's cancel that a finished refund of ours stands on.
type Claim struct {
	PaymentKey     string
	TransactionKey string
	Amount         int64
}

// Vanished says whether a look-up no longer shows a cancel that a finished
// refund stands on, or shows another amount under its key.
func Vanished(p pay.Payment, claims []Claim) bool {
	return slices.ContainsFunc(claims, func(c Claim) bool {
		return c.PaymentKey == p.PaymentKey && !slices.ContainsFunc(p.Cancels, func(cancel pay.Cancel) bool {
			return cancel.TransactionKey == c.TransactionKey && cancel.Amount == c.Amount && cancel.Status != pay.CancelAborted
		})
	})
}

// Known is a payment of the transaction list.
type Known struct {
	PaymentKey string
	WasDone    bool // the list shows that it was paid once
}

// Scope says what a comparison is about.
type Scope struct {
	MID        string
	RunID      string
	Day        pay.Day
	Since      time.Time // what changed since then is touched too: the last complete run of an earlier date
	FollowFrom time.Time // refunds of virtual accounts cancelled since then are followed
	// Alone: only what was ordered, paid, cancelled or moved on the day. What
	// changed, stands open or came late elsewhere is another run's.
	Alone bool
}

// Sum is one plain sum over one side.
type Sum struct {
	Currency pay.Currency
	Total    int64
	Number   int64
}

// Movement is an approval or a cancel that a look-up showed and that no row of
// the transaction list shows.
type Movement struct {
	OrderID, PaymentKey, TransactionKey string
	Method                              pay.Method
	Currency                            pay.Currency
	At                                  time.Time // zero: nobody says when
	Amount                              int64     // what it does to the money held, in the smallest unit of Currency
	Counted                             bool      // its order is among those that the run's totals are about
}

// Contradicts says whether a movement shows that a covered day of the list is
// not whole. covered are the days whose list was read whole. A foreign cancel
// may bear the time at which it was asked for, and its row the one at which it
// was done, so of these the day after must be covered as well.
func (m Movement) Contradicts(covered map[pay.Day]bool) bool {
	day := pay.DayOf(m.At)
	if m.At.IsZero() || !covered[day] {
		return false
	}
	return m.Method != pay.ForeignEasyPay || covered[day.Add(1)]
}

// DayFigures are counts of a day that stand beside what was compared.
type DayFigures struct {
	OtherPG      int64
	ZeroAmount   int64
	Transactions int64
	ByMethod     []MethodTotal
}

// States of a run in the ledger.
const (
	RunRunning     = "running"
	RunComplete    = "complete"
	RunIncomplete  = "incomplete"
	RunFailed      = "failed"
	RunInterrupted = "interrupted"
)

// LedgerEntry is one run of the ledger: a job for a merchant and a business
// date.
type LedgerEntry struct {
	Job, MID              string
	Day                   pay.Day
	RunID, State, Owner   string
	LeaseUntil            time.Time
	StartedAt, FinishedAt time.Time // by the real clock
	CommittedAt           time.Time // by the clock of the business
	Error                 string
	JournalHead           string
}

// HeldAt says whether another process works on the run at a time of the real
// clock; dead says of an owner whether it is gone, whatever its lease.
func (e LedgerEntry) HeldAt(clock time.Time, dead func(owner string) bool) bool {
	return e.State == RunRunning && e.LeaseUntil.After(clock) && !dead(e.Owner)
}

// knownShare is the part, in tenths, of a day's paid orders that the shop must
// know before the others of that day can be called missing.
const knownShare = 9

// DayKnown says whether the shop knows enough of the paid orders that the list
// shows of a day which was read for the first time.
func DayKnown(paid, known int64) bool { return known*10 >= paid*knownShare }

// Lease is a run that a process works on. Fence grows each time a run is
// taken: what an older fence writes is refused.
type Lease struct {
	RunID, Job, MID string
	Day             pay.Day
	Fence           int64
}

// RunningError: another process works on the run now.
type RunningError struct{ Entry LedgerEntry }

// Error names the run and who works on it.
func (e *RunningError) Error() string {
	return "the " + e.Entry.Job + " of " + string(e.Entry.Day) + " for " + e.Entry.MID + " is running already (" + e.Entry.Owner + ")"
}

// WindowsToRead are the days of the transaction list that a run of day reads,
// the most important first: the day itself, the covered ones that are due to be
// read again, and, newest first, the days from on that were never covered and
// those that are covered no more, which stand in covered with false.
func WindowsToRead(day, from pay.Day, covered map[pay.Day]bool, rereadDays []int) []Window {
	windows := []Window{{Day: day}}
	for _, days := range rereadDays {
		if d := day.Add(-days); covered[d] {
			windows = append(windows, Window{Day: d, Reread: true})
		}
	}
	oldest := from
	for d := range covered {
		oldest = min(oldest, d)
	}
	for d := day.Add(-1); d >= oldest; d = d.Add(-1) {
		whole, known := covered[d]
		if known && !whole || d >= from && !known {
			windows = append(windows, Window{Day: d, Reread: known})
		}
	}
	return windows
}
