package jobs

import (
	"cmp"
	"context"
	"errors"
	"hash/maphash"
	"log/slog"
	"maps"
	"slices"
	"time"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/settle"
)

// JobSettlements reads what Toss settles and pays out.
const JobSettlements = "settlements"

const (
	// LateDays is for how long a transaction without a row is looked at by itself;
	// afterwards its break is.
	LateDays = 60
	// LedgerDays is how far back a ledger that begins takes over what nights have read:
	// the first month that can be closed, and what its opening is reckoned from. Older
	// days come in where they are read again.
	LedgerDays = 200
	// ledgerMargin is for how long a night may run: its rows bear the time of its
	// beginning, and are committed later.
	ledgerMargin = 5 * time.Hour
	// maxPayoutPages bounds a list that never ends.
	maxPayoutPages = 500
	// payoutAhead is how many days to come are asked for what will be paid out.
	payoutAhead = 7
)

// Settlements brings in what Toss settles of one merchant, and says how it differs
// from what was paid: settlement rows against approvals and cancels. Deposits holds
// payouts against the passbook.
type Settlements struct {
	Settings SettlementSettings
	List     SettlementList // nil: nothing is read, only compared
	Ledger   Ledger
	Books    SettlementBooks
	Open     func(ctx context.Context, mid string, now time.Time) (Settling, error)
	Clock    func() time.Time // the real clock
	Log      *slog.Logger
}

// SettlementSettings are what the configuration says of a merchant's settlement.
type SettlementSettings struct {
	MID         string
	AlsoMIDs    []string
	Test        bool // a test key: the real provider shows it no rows, which proves nothing
	Owner       string
	Actor       string
	RereadDays  []int
	Rules       settle.Rules
	Tariff      settle.Tariff
	OwnerIsDead func(owner string) bool
}

// SettlementBooks remember rows, windows, the ledger and breaks.
type SettlementBooks interface {
	SettlementWindows(ctx context.Context, mid string, from, to pay.Day) (map[settle.Window]time.Time, error)
	TransactionDays(ctx context.Context, mid string, from, to pay.Day) (map[pay.Day]time.Time, error)
	AnySettlement(ctx context.Context, mid string) (bool, error)
	LedgerBooks
}

// LedgerBooks post what is known of payments, and write how it differs.
type LedgerBooks interface {
	// LedgerBegun says whether a merchant's ledger was ever brought up to date.
	LedgerBegun(ctx context.Context, mid string) (bool, error)
	// Todo marks the payments that are to be looked at; margin is by how much what was
	// read may be older than it seems.
	Todo(ctx context.Context, mid string, margin time.Duration, today pay.Day) error
	// TodoLate marks those whose row should have come in the last LateDays.
	TodoLate(ctx context.Context, mid string, today pay.Day) error
	// Post calls each with them, and writes what becomes of each. Those of which breaks
	// must hear are looked at again, unless CommitSettlement says that they did.
	Post(ctx context.Context, mid string, each func(settle.Case) settle.Outcome) error
	Odd(ctx context.Context, mid string, each func(settle.Row)) error
	SettlementBreaks(ctx context.Context, mid string) ([]reconcile.Break, error)
	// CommitSettlement writes the breaks that carry makes of those that stand.
	CommitSettlement(ctx context.Context, w SettlementWritten, carry func([]reconcile.Break) []BreakChange) error
}

// Settling is one reading: rows are staged as they come, and folded when all did.
type Settling interface {
	Stage(ctx context.Context, rows []settle.Row, odd func(settle.Row) bool, runID string, page pay.Evidence) error
	// Unseen gives the lists that do not show what they showed before.
	Unseen(ctx context.Context, whole []settle.Window) ([]settle.Window, error)
	Fold(ctx context.Context, whole []settle.Window) (Arrived, error)
	Cover(ctx context.Context, whole []settle.Window) error
	Close() error
}

// Arrived counts what a reading did to the keys that it was thought about.
type Arrived struct{ New, Changed, Withdrawn int64 }

// Count counts one key.
func (a *Arrived) Count(change settle.Change) {
	switch change {
	case settle.New:
		a.New++
	case settle.Changed:
		a.Changed++
	case settle.Withdrawn:
		a.Withdrawn++
	case settle.Unchanged:
	}
}

// Add adds another count.
func (a *Arrived) Add(b Arrived) {
	a.New += b.New
	a.Changed += b.Changed
	a.Withdrawn += b.Withdrawn
}

// SettlementWritten is what one run writes beside breaks.
type SettlementWritten struct {
	MID, RunID, Actor string
	Now               time.Time
	Taken             bool           // the ledger is up to date with what was read until now
	Told              []string       // payments that were still to be looked at, for the sake of these breaks
	Facts             map[string]any // for the journal; nil: nothing was read
}

// SettlementSummary is what a run did.
type SettlementSummary struct {
	MID         string
	From, To    pay.Day
	WindowsRead int64
	Rows        int64 // that the lists showed, each as often as it was shown
	Bad         int64 // that could not be read
	Arrived
	Gaps           []reconcile.Gap
	Opened, Closed map[reconcile.Kind]int64
	Calls          int64
	// NoRows: the key is a test key and never showed a row, so that nothing is called
	// missing.
	NoRows bool
}

// WindowsToSettle are the lists that a day's reading asks for: what was paid out from
// the day before to seven days ahead, what was sold the day before, and each of both
// again after some days.
func WindowsToSettle(today pay.Day, again []int) []settle.Window {
	want := map[settle.Window]bool{}
	for day := today.Add(-1); day <= today.Add(payoutAhead); day = day.Add(1) {
		want[settle.Window{By: pay.ByPaidOut, Day: day}] = true
	}
	want[settle.Window{By: pay.BySold, Day: today.Add(-1)}] = true
	for _, days := range again {
		want[settle.Window{By: pay.ByPaidOut, Day: today.Add(-1 - days)}] = true
		want[settle.Window{By: pay.BySold, Day: today.Add(-1 - days)}] = true
	}
	return sortedWindows(want)
}

// WindowsBetween are both lists of each day from one to another.
func WindowsBetween(from, to pay.Day) []settle.Window {
	want := map[settle.Window]bool{}
	for day := from; day <= to; day = day.Add(1) {
		want[settle.Window{By: pay.ByPaidOut, Day: day}] = true
		want[settle.Window{By: pay.BySold, Day: day}] = true
	}
	return sortedWindows(want)
}

func sortedWindows(want map[settle.Window]bool) []settle.Window {
	return slices.SortedFunc(maps.Keys(want), func(a, b settle.Window) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.By, b.By))
	})
}

// readAtOnce is how many days are read in one reading: a row that moved between two
// lists is known by both.
const readAtOnce = 16

// Run reads some lists and compares. What could not be read is a gap, and is never
// called missing. An error means that the run stopped; running it again is safe.
func (s *Settlements) Run(ctx context.Context, windows []settle.Window, now time.Time) (SettlementSummary, error) {
	return s.alone(ctx, now, func(ctx context.Context, lease reconcile.Lease, sum *SettlementSummary) error {
		return s.run(ctx, lease, windows, now, sum)
	})
}

// alone does something as the one run of the merchant's settlements.
func (s *Settlements) alone(ctx context.Context, now time.Time, work func(context.Context, reconcile.Lease, *SettlementSummary) error) (SettlementSummary, error) {
	sum := SettlementSummary{MID: s.Settings.MID, Opened: map[reconcile.Kind]int64{}, Closed: map[reconcile.Kind]int64{}}
	lease, err := s.Ledger.BeginRun(ctx, JobSettlements, s.Settings.MID, pay.DayOf(now), s.Settings.Owner, s.Clock(), leaseTime, s.Settings.OwnerIsDead)
	if err != nil {
		return sum, err
	}
	ctx, stop := keepLease(ctx, s.Ledger, s.Clock, lease)
	err = work(ctx, lease, &sum)
	if lost := stop(); lost != nil {
		err = lost
	}
	state, reason := reconcile.RunComplete, ""
	switch {
	case err != nil && ctx.Err() != nil:
		state, reason = reconcile.RunInterrupted, err.Error()
	case err != nil:
		state, reason = reconcile.RunFailed, err.Error()
	case len(sum.Gaps) > 0:
		state, reason = reconcile.RunIncomplete, sum.Gaps[0].What+": "+sum.Gaps[0].Why
	}
	if endErr := s.Ledger.EndRun(context.WithoutCancel(ctx), lease, state, reason, s.Clock()); err == nil {
		err = endErr
	}
	return sum, err
}

func (s *Settlements) run(ctx context.Context, lease reconcile.Lease, windows []settle.Window, now time.Time, sum *SettlementSummary) error {
	if len(windows) == 0 {
		// A night keeps a ledger up to date, and begins none: who reads no settlements
		// would pay for it every night. One that begins takes over what nights have read.
		if begun, err := s.Books.LedgerBegun(ctx, s.Settings.MID); err != nil || !begun {
			return err
		}
	}
	if len(windows) > 0 && s.List != nil {
		sum.From, sum.To = windows[0].Day, windows[len(windows)-1].Day
		for begin := 0; begin < len(windows); {
			end := begin
			for end < len(windows) && windows[end].Day.Sub(windows[begin].Day) < readAtOnce {
				end++
			}
			if err := s.read(ctx, lease, windows[begin:end], now, sum); err != nil {
				return err
			}
			begin = end
		}
	}
	facts := map[string]any{"windows": sum.WindowsRead, "rows": sum.Rows, "new": sum.New, "changed": sum.Changed, "withdrawn": sum.Withdrawn,
		"bad": sum.Bad, "gaps": len(sum.Gaps)}
	return s.compare(ctx, lease.RunID, now, facts, sum)
}

// read reads some lists in one reading, and folds them.
func (s *Settlements) read(ctx context.Context, lease reconcile.Lease, windows []settle.Window, now time.Time, sum *SettlementSummary) error {
	reading, err := s.Open(ctx, s.Settings.MID, now)
	if err != nil {
		return err
	}
	defer func() { _ = reading.Close() }() // what it held was temporary
	r := &settling{Settlements: s, reading: reading, runID: lease.RunID, sum: sum}
	whole, err := r.readAll(ctx, windows)
	if err != nil {
		return err
	}
	if whole, err = r.again(ctx, whole); err != nil {
		return err
	}
	arrived, err := reading.Fold(ctx, whole)
	sum.Add(arrived)
	if err != nil {
		return err
	}
	any, err := s.Books.AnySettlement(ctx, s.Settings.MID)
	if err != nil {
		return err
	}
	if s.Settings.Test && !any {
		sum.NoRows = len(whole) > 0
		return nil // an empty list of a test key proves nothing
	}
	return reading.Cover(ctx, whole)
}

// settling is one reading while it goes on.
type settling struct {
	*Settlements
	reading Settling
	runID   string
	sum     *SettlementSummary
	failed  int64
}

// readAll reads lists one after another, and gives those that were read to their
// end. While a page is staged the next one is asked for.
func (r *settling) readAll(ctx context.Context, windows []settle.Window) (whole []settle.Window, err error) {
	group, fetching := workersOf(ctx)
	pages := make(chan pay.SettlementPage, 1)
	group.Go(func() (err error) {
		defer close(pages)
		whole, err = r.fetch(fetching, windows, pages)
		return err
	})
	group.Go(func() error {
		for page := range pages {
			if err := r.stage(fetching, page); err != nil {
				return err
			}
		}
		return nil
	})
	err = group.Wait()
	return whole, err
}

// fetch asks for the pages of lists, and gives those that came to their end.
func (r *settling) fetch(ctx context.Context, windows []settle.Window, pages chan<- pay.SettlementPage) (whole []settle.Window, err error) {
	for _, w := range windows {
		if r.failed >= listFailures {
			r.gap(w, &reconcile.Unread{Reason: reconcile.ReasonNotAsked})
			continue
		}
		complete, err := r.window(ctx, w, pages)
		var failure *pay.Failure
		switch {
		case errors.As(err, &failure) && ctx.Err() == nil:
			if failure.Kind != pay.FailureUnreadable {
				r.failed += min(weight(failure), listFailures)
			}
			r.gap(w, failure)
		case err != nil:
			return nil, err
		case complete:
			whole = append(whole, w)
		}
	}
	return whole, nil
}

// again reads once more the lists that no longer show what they showed before: a
// list that grows while it is read leaves rows out between two pages. What neither
// reading shows is gone.
func (r *settling) again(ctx context.Context, whole []settle.Window) ([]settle.Window, error) {
	short, err := r.reading.Unseen(ctx, whole)
	if err != nil || len(short) == 0 {
		return whole, err
	}
	still, err := r.readAll(ctx, short)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(whole), func(w settle.Window) bool {
		return slices.Contains(short, w) && !slices.Contains(still, w)
	}), nil
}

// window reads one list to its end; whole says that every row of it could be read.
func (r *settling) window(ctx context.Context, w settle.Window, pages chan<- pay.SettlementPage) (whole bool, err error) {
	var bad []pay.BadRow
	seen := map[uint64]bool{}
	for number := 1; ; number++ {
		if number > maxPayoutPages {
			r.gap(w, &reconcile.Unread{Reason: reconcile.ReasonRepeats, Got: maxPayoutPages})
			return false, nil
		}
		page, err := r.List.Settlements(ctx, w.By, w.Day, number)
		r.sum.Calls++
		switch {
		case err != nil:
			return false, err
		case page.Shown == 0:
			r.sum.WindowsRead++
			r.sum.Bad += int64(len(bad))
			badRows(bad, reconcile.PartSettlementRow, reconcile.PartSettlementMore, r.note)
			return len(bad) == 0, nil
		case !r.fresh(seen, page):
			r.gap(w, &reconcile.Unread{Reason: reconcile.ReasonRepeats, Got: r.sum.Calls})
			return false, nil
		}
		bad = append(bad, page.Bad...)
		select {
		case pages <- page:
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// fresh says whether a page shows anything that earlier ones did not.
func (r *settling) fresh(seen map[uint64]bool, page pay.SettlementPage) bool {
	shown := 0
	for _, row := range page.Rows {
		hash := maphash.Comparable(rowSeed, struct {
			key             string
			amount, paidOut int64
			day             pay.Day
		}{row.TransactionKey, row.Amount, row.PayOutAmount, row.PaidOutDate})
		if !seen[hash] {
			shown++
		}
		seen[hash] = true
	}
	for _, row := range page.Bad {
		hash := maphash.Comparable(rowSeed, row.Key)
		if row.Key == "" || !seen[hash] { // one that has no key cannot be known again
			shown++
		}
		seen[hash] = true
	}
	return shown > 0 || len(page.Rows)+len(page.Bad) < page.Shown // rows of another day are no repeats
}

func (r *settling) stage(ctx context.Context, page pay.SettlementPage) error {
	rows := make([]settle.Row, 0, len(page.Rows))
	for _, row := range page.Rows {
		if row.MID == r.Settings.MID { // rows of other merchants are their own run's
			rows = append(rows, settle.Row{Settlement: row})
		}
	}
	r.sum.Rows += int64(len(rows))
	return r.reading.Stage(ctx, rows, r.Settings.Tariff.Odd, r.runID, page.Evidence)
}

// gap notes a list that could not be read.
func (r *settling) gap(w settle.Window, why error) {
	part := reconcile.Part{Kind: reconcile.PartSettlements, Name: string(w.Day)}
	if w.By == pay.BySold {
		part.Kind = reconcile.PartSold
	}
	r.note(part, why)
}

func (r *settling) note(part reconcile.Part, why error) {
	gap := reconcile.NewGap(reconcile.SideProvider, part, why, reconcile.ReasonOther)
	if slices.ContainsFunc(r.sum.Gaps, func(g reconcile.Gap) bool { return g.What == gap.What && g.Why == gap.Why }) {
		return // a list that was read twice
	}
	r.Log.Info("could not be read", "what", part.String(), "error", why, "trace_id", traceOf(why))
	r.sum.Gaps = append(r.sum.Gaps, gap)
}
