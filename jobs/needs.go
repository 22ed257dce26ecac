package jobs

import (
	"context"
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
	// Transactions gives one page of the half-open interval [from, to) after a
	// row; next is "" when it was the last page.
	Transactions(ctx context.Context, from, to time.Time, after string) (rows []pay.Transaction, next string, page pay.Evidence, err error)
}

// Payouts gives one page (from 1) of what the provider pays out on a day.
type Payouts interface {
	PaidOut(ctx context.Context, day pay.Day, page int) (rows []pay.Settlement, more bool, evidence pay.Evidence, err error)
}

// Ledger remembers runs. One run is worked on by one owner at a time; what an
// owner that lost it writes is refused.
type Ledger interface {
	BeginRun(ctx context.Context, job, mid string, day pay.Day, owner string, clock time.Time, lease time.Duration, dead func(owner string) bool) (reconcile.Lease, error)
	RenewRun(ctx context.Context, l reconcile.Lease, until time.Time) error
	EndRun(ctx context.Context, l reconcile.Lease, state, reason string, clock time.Time) error
	LastComplete(ctx context.Context, job, mid string, before pay.Day) (pay.Day, time.Time, error)
	Snapshot(ctx context.Context, job, mid string, day pay.Day) ([]byte, error)
}

// Pages keeps what the provider sent, and what of it is covered.
type Pages interface {
	SavePage(ctx context.Context, mid, runID string, rows []pay.Transaction, page pay.Evidence, now time.Time) (changed int64, err error)
	SaveEvidence(ctx context.Context, mid, runID string, pages []pay.Evidence) error
	CoverWindow(ctx context.Context, mid, runID string, w reconcile.Window, unknownMID int64, now time.Time) error
	CoveredDays(ctx context.Context, mid string, from, to pay.Day) (map[pay.Day]bool, error)
	WindowsRead(ctx context.Context, mid, runID string) (windows []reconcile.Window, unknownMID int64, err error)
}

// Comparison is the store's side of one night: sets of orders and plain sums,
// in the database, seen in one snapshot from Fold on. Commit writes all of a
// night in one transaction; it calls draw with what stands there then.
type Comparison interface {
	Touching
	Judging
	Summing
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
	Next(ctx context.Context, after reconcile.Suspect, limit int) ([]reconcile.Suspect, error)
	SaveLookUps(ctx context.Context, payments []pay.Payment, judged []string) error
	Breaks(ctx context.Context) ([]reconcile.Break, error)
	Asked(ctx context.Context, paymentKey, breakID string, since pay.Day) (refunds.Asked, error)
}

// Summing proves a night by sums that use one side alone.
type Summing interface {
	CountAgreeing(ctx context.Context) (int64, error)
	Agreeing(ctx context.Context, positions []int64) ([]reconcile.Suspect, error)
	Totals(ctx context.Context) (shop, provider []reconcile.Sum, err error)
	Figures(ctx context.Context) (reconcile.DayFigures, error)
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
	Expire   bool // unsent requests whose deadline has passed become expired
	Facts    any  // about the run, for the journal
}

// BreakChange is a break as it is after the night, and what happened to it.
type BreakChange struct {
	Break  reconcile.Break
	Change reconcile.Change
}

// After is what stands in the database when a night has been written.
type After struct {
	Breaks      []reconcile.Break // open, reopened, timing, and cleared this night
	Refunds     []refunds.Request
	Executed    []refunds.Executed       // lately, the newest first
	Transfers   []refunds.HandTransfer   // by hand, all
	Missed      []refunds.MissingAccount // accounts that vanished unseen lately
	Nights      []reconcile.NightFigures // before this one, the oldest first
	JournalHead string
}

// Drawn is what is stored with a night.
type Drawn struct {
	Snapshot []byte
	Figures  []byte
}

// Progress hears how far a step is, as often as something happens; total is 0
// where nobody knows. Calls may come from several goroutines.
type Progress interface {
	Step(what string, done, total int64)
}
