package jobs

import (
	"context"
	"io"
	"time"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
)

// OrderSource brings the shop's newest orders into the table that nights
// compare. A gap is a part that could not be read; an error is a fault of ours.
type OrderSource interface {
	Refresh(ctx context.Context, from, to time.Time) ([]reconcile.Gap, error)
}

// Provider is what a night asks of Toss. A *pay.Failure says why a call
// failed; FailureNotFound is an answer, not a fault.
type Provider interface {
	Payment(ctx context.Context, paymentKey string) (pay.Payment, pay.Evidence, error)
	PaymentByOrder(ctx context.Context, orderID string) (pay.Payment, pay.Evidence, error)
	// Transactions gives one page of the half-open interval [from, to) after the
	// row with the key after. Only an empty page ends a list.
	Transactions(ctx context.Context, from, to time.Time, after string) (pay.TransactionPage, error)
}

// SettlementList gives one page (from 1) of what the provider settles, by one of a
// row's two dates. Only a page that shows nothing ends a list.
type SettlementList interface {
	Settlements(ctx context.Context, by pay.SettledBy, day pay.Day, page int) (pay.SettlementPage, error)
}

// Ledger remembers runs. One run is worked on by one owner at a time; what an
// owner that lost it writes is refused.
type Ledger interface {
	BeginRun(ctx context.Context, job, mid string, day pay.Day, owner string, clock time.Time, lease time.Duration, dead func(owner string) bool) (reconcile.Lease, error)
	RenewRun(ctx context.Context, l reconcile.Lease, until time.Time) error
	EndRun(ctx context.Context, l reconcile.Lease, state, reason string, clock time.Time) error
	LastComplete(ctx context.Context, job, mid string, before pay.Day) (pay.Day, time.Time, error)
	// Snapshot lets read the JSON of a run's snapshot, where there is one.
	Snapshot(ctx context.Context, job, mid string, day pay.Day, read func(io.Reader) error) (known bool, err error)
}

// Pages keeps what the provider sent, and what of it is covered.
type Pages interface {
	Coverage
	StageList(mid, runID string, now time.Time) ListStage
	SaveEvidence(ctx context.Context, mid, runID string, pages []pay.Evidence) error
	CountRows(ctx context.Context, mid string, day pay.Day) (int64, error)
}

// ListStage takes in one window of the transaction list: each page as evidence when it
// comes, and all its rows at the end, in the order in which the database holds them.
type ListStage interface {
	Keep(ctx context.Context, rows []pay.Transaction, page pay.Evidence) error
	Fold(ctx context.Context) (changed int64, err error)
	Close() error
}

// Coverage remembers which days of the transaction list were read whole. Of the
// days in CoveredDays those with false were called so and turned out not to be.
type Coverage interface {
	CoverWindow(ctx context.Context, mid, runID string, w reconcile.Window, unknownMID int64, now time.Time) error
	UncoverWindow(ctx context.Context, mid string, day pay.Day, now time.Time) error
	CoveredDays(ctx context.Context, mid string, from, to pay.Day) (map[pay.Day]bool, error)
	WindowsRead(ctx context.Context, mid, runID string) (windows []reconcile.Window, unknownMID int64, err error)
}

// Captures is what is known of refund accounts.
type Captures interface {
	// Captures counts the payment windows that closed in [since, until).
	Captures(ctx context.Context, mid string, since, until time.Time) (refunds.CaptureFigures, error)
	// Unwatched gives the virtual accounts that were issued or paid in
	// [from, to), and that nobody ever watched, until each fails.
	Unwatched(ctx context.Context, mid string, from, to time.Time, each func(refunds.Watch) error) error
	// Overlooked notes windows that had closed before anybody knew of them, and
	// gives how many were not known yet.
	Overlooked(ctx context.Context, watches []refunds.Watch, actor string, now time.Time) (noted int, err error)
}

// Comparison is the store's side of one night: sets of orders and plain sums,
// in the database, seen in one snapshot from Fold on until EndSnapshot, after which
// others may have moved on. Commit writes all of a night in one transaction; it
// calls draw with what stands there then.
type Comparison interface {
	Touching
	Judging
	Summing
	Proving
	EndSnapshot(ctx context.Context)
	Commit(ctx context.Context, night Written, draw func(After) (Drawn, error)) error
	Close() error
}

// Touching marks the orders that a night is about.
type Touching interface {
	TouchShop(ctx context.Context) (oldest time.Time, err error)
	TouchProvider(ctx context.Context) error
	TouchGiven(ctx context.Context, orderIDs []string) error
	KeepMethod(ctx context.Context, method pay.Method) error
	Fold(ctx context.Context) error
	Filter(ctx context.Context, all bool) (touched, suspects int64, err error)
}

// Judging walks the suspects and keeps what look-ups showed of them.
type Judging interface {
	NextSuspects(ctx context.Context, after reconcile.Suspect, limit int) ([]reconcile.Suspect, error)
	SaveLookUps(ctx context.Context, payments []pay.Payment, judged []string) error
	Breaks(ctx context.Context) ([]reconcile.Break, error)
	Asked(ctx context.Context, p pay.Payment, breakID string, since pay.Day) (refunds.Asked, error)
}

// Proving holds what was read against what else is known.
type Proving interface {
	CountAgreeing(ctx context.Context) (int64, error)
	Agreeing(ctx context.Context, positions []int64) ([]reconcile.Suspect, error)
	// Unlisted calls each with what look-ups show and the list does not: the
	// movements of touched orders, and of any order within some days.
	Unlisted(ctx context.Context, days []pay.Day, each func(reconcile.Movement)) error
	// Unproved counts the shop's paid orders of a day of which nothing at all is
	// known of Toss.
	Unproved(ctx context.Context, day pay.Day) (int64, error)
}

// Summing sums each side alone. listed: Toss's from the rows of the list.
type Summing interface {
	Totals(ctx context.Context, listed bool) (shop, provider []reconcile.Sum, err error)
	Figures(ctx context.Context) (reconcile.DayFigures, error)
	// DayMoney sums what moved on the business date on each side alone. Listed
	// is left to who knows whether the list was read.
	DayMoney(ctx context.Context) (reconcile.DayMoney, error)
	CountOrdered(ctx context.Context, mid string, day pay.Day) (int64, error)
	LastImport(ctx context.Context) (time.Time, error)
}

// Written is all that one night writes.
type Written struct {
	Lease    reconcile.Lease
	Now      time.Time
	Actor    string
	Breaks   []BreakChange
	Proposed []refunds.Request
	// Expires says of a merchant whether its unsent requests become expired where
	// their deadline has passed; nil: nobody's do.
	Expires func(mid string) bool
	Facts   any // about the run, for the journal
}

// BreakChange is a break as it is after the night, and what happened to it.
type BreakChange struct {
	Break  reconcile.Break
	Change reconcile.Change
	Before *reconcile.Break   // as the night read it; nil: it knew none
	Found  *reconcile.Finding // what the night saw; nil: both sides agree
}

// Again carries the break over the same night from how it stands now, where that
// is not how the night read it. ok is false where the night changes nothing of it.
func (c BreakChange) Again(now reconcile.Break, day pay.Day) (again BreakChange, ok bool) {
	after, change := reconcile.Remember(&now, c.Found, day)
	after.CancelBy, after.AtRisk = c.Break.CancelBy, c.Break.AtRisk
	return BreakChange{Break: after, Change: change, Before: &now, Found: c.Found}, change != reconcile.ChangeNone
}

// After is what stands in the database when a night has been written.
type After struct {
	Breaks      []reconcile.Break        // open, reopened, timing, and cleared this night
	Refunds     []refunds.Request        // that it tells of: the state set told, and what has come to its end since the date began
	Counts      map[refunds.State]int64  // of all the merchant's requests
	Standing    refunds.Standing         // what is open, of all merchants
	Due         []refunds.ManualTransfer // by hand, of all merchants, that nobody has made yet
	Executed    []refunds.Executed       // lately, the newest first
	Transfers   []refunds.ManualTransfer // by hand, that nobody has made yet, or that were made since the date began
	Missed      []refunds.MissingAccount // accounts that vanished unseen lately
	Nights      []reconcile.NightFigures // before this one, the oldest first
	JournalHead string
}

// Drawn is what is stored with a night, as JSON. A snapshot may be large, so it is
// written a piece at a time.
type Drawn struct {
	Snapshot func(io.Writer) error
	Figures  []byte
}

// Progress hears how far a step is, as often as something happens; total is 0
// where nobody knows. Calls may come from several goroutines.
type Progress interface {
	Step(what string, done, total int64)
}
