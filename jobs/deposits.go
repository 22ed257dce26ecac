package jobs

import (
	"context"
	"slices"
	"time"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/settle"
)

// PayoutDays is how far back payouts are held against the passbook by themselves.
const PayoutDays = 120

// Deposits ties the deposits of the passbook to payouts, of all merchants at once:
// several may share one account. It remembers what it ties, and what has no other
// side.
type Deposits struct {
	MIDs     []string
	Accounts []settle.Account
	Books    DepositBooks
	Actor    string
}

// DepositBooks remember payouts, lines and what stands against which.
type DepositBooks interface {
	PayoutBooks
	BankBooks
	// CommitDeposits writes new matches, and the breaks that carry makes of those of a
	// merchant that stand.
	CommitDeposits(ctx context.Context, w DepositsWritten, carry func(mid string, known []reconcile.Break) []BreakChange) error
}

// PayoutBooks know payouts.
type PayoutBooks interface {
	Parts(ctx context.Context, mid string, from pay.Day) ([]settle.Part, error)
	MovedPayouts(ctx context.Context, mid string, from pay.Day) ([]settle.Moved, error)
	SettlementWindows(ctx context.Context, mid string, from, to pay.Day) (map[settle.Window]time.Time, error)
}

// BankBooks know the passbook.
type BankBooks interface {
	// Deposits gives the deposits of every account from a day on.
	Deposits(ctx context.Context, from pay.Day) ([]settle.Line, error)
	// PassbookDays gives the days of each account of which every line is known.
	PassbookDays(ctx context.Context) (map[string]settle.Days, error)
	// Matches gives the matches that stand of payouts from a day on.
	Matches(ctx context.Context, from pay.Day) ([]settle.Match, error)
	// MonthVersions gives every month that was ever locked, the oldest first.
	MonthVersions(ctx context.Context) ([]settle.Version, error)
}

// DepositsWritten is what one look writes beside breaks.
type DepositsWritten struct {
	MIDs    []string
	Actor   string
	Now     time.Time
	Matches []settle.Match // that the program has made
}

// Held are payouts and lines as one look shows them.
type Held struct {
	settle.Placed
	Look  settle.Look
	From  pay.Day // of the payouts
	Moved map[string][]settle.Moved
	Given int // how many of the matches stood before
}

// Place holds payouts from a day on against the passbook, and writes nothing.
func (d *Deposits) Place(ctx context.Context, today, from pay.Day) (Held, error) {
	held := Held{From: from, Moved: map[string][]settle.Moved{}}
	held.Look = settle.Look{Today: today, Rows: map[string]settle.Days{}}
	deposits := settle.Deposits{Accounts: d.Accounts}
	for _, mid := range d.MIDs {
		parts, err := d.Books.Parts(ctx, mid, held.From)
		if err != nil {
			return held, err
		}
		deposits.Payouts = append(deposits.Payouts, settle.Payouts(parts)...)
		windows, err := d.Books.SettlementWindows(ctx, mid, held.From, today.Add(payoutAhead))
		if err != nil {
			return held, err
		}
		var paid []pay.Day
		for w := range windows {
			if w.By == pay.ByPaidOut {
				paid = append(paid, w.Day)
			}
		}
		held.Look.Rows[mid] = settle.DaysOf(paid)
		if held.Moved[mid], err = d.Books.MovedPayouts(ctx, mid, held.From); err != nil {
			return held, err
		}
	}
	var err error
	if deposits.Lines, err = d.Books.Deposits(ctx, held.From); err != nil {
		return held, err
	}
	if deposits.Given, err = d.Books.Matches(ctx, held.From); err != nil {
		return held, err
	}
	if held.Look.Passbook, err = d.Books.PassbookDays(ctx); err != nil {
		return held, err
	}
	versions, err := d.Books.MonthVersions(ctx)
	if err != nil {
		return held, err
	}
	held.Look.Books = settle.Books{Locks: settle.StandingLocks(versions)}
	held.Given = len(deposits.Given)
	held.Placed = settle.Place(deposits, held.Look)
	return held, nil
}

// DepositsSummary is what a look found.
type DepositsSummary struct {
	Held
	Opened, Closed map[reconcile.Kind]int64
}

// Run holds payouts against the passbook, and remembers what it ties and what has no
// other side.
func (d *Deposits) Run(ctx context.Context, now time.Time) (DepositsSummary, error) {
	sum := DepositsSummary{Opened: map[reconcile.Kind]int64{}, Closed: map[reconcile.Kind]int64{}}
	today := pay.DayOf(now)
	held, err := d.Place(ctx, today, today.Add(-PayoutDays))
	if err != nil {
		return sum, err
	}
	sum.Held = held
	findings := slices.Concat(held.Findings(held.Look), held.rescheduled(d.MIDs, today))
	unread := held.Unread()
	says := func(b reconcile.Break) bool {
		return ofDeposits(b.Kind) && pay.DayOf(b.MovedAt) >= held.From && !slices.Contains(unread, b.Subject)
	}
	written := DepositsWritten{MIDs: d.MIDs, Actor: d.Actor, Now: now, Matches: slices.Clone(held.Matches[held.Given:])}
	for i := range written.Matches {
		written.Matches[i].Recorded = now
	}
	err = d.Books.CommitDeposits(ctx, written, func(mid string, known []reconcile.Break) []BreakChange {
		own := slices.DeleteFunc(slices.Clone(findings), func(f reconcile.Finding) bool { return f.MID != mid })
		changes := CarryAll(known, own, today, says)
		counted(changes, sum.Opened, sum.Closed)
		return changes
	})
	return sum, err
}

// rescheduled are the payouts whose rows were put off, until they have come.
func (h Held) rescheduled(mids []string, today pay.Day) []reconcile.Finding {
	came := map[settle.PayoutKey]bool{}
	for _, p := range h.Payouts {
		came[p.PayoutKey] = len(p.Lines) > 0 || len(h.Look.Passbook) == 0 && p.Day < today
	}
	var put settle.Reschedules
	for _, mid := range mids {
		for _, m := range h.Moved[mid] {
			to := m.From
			to.Day = m.To
			put.Add(m, came[to])
		}
	}
	return put.Findings()
}

// ofDeposits says whether a kind is found by holding payouts against the passbook.
func ofDeposits(kind reconcile.Kind) bool {
	return slices.Contains([]reconcile.Kind{
		reconcile.PayoutMissing, reconcile.PayoutShort, reconcile.PayoutOver, reconcile.PayoutRescheduled, reconcile.BankUnmatched,
	}, kind)
}
