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
	PlaceBooks
	// CommitDeposits writes new matches, and the breaks that carry makes of those of a
	// merchant that stand.
	CommitDeposits(ctx context.Context, w DepositsWritten, carry func(mid string, known []reconcile.Break) []BreakChange) error
}

// PlaceBooks know both sides of what is held against each other.
type PlaceBooks interface {
	PayoutBooks
	BankBooks
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
	// Passbooks gives what is known of each account.
	Passbooks(ctx context.Context) (Passbooks, error)
	MatchBooks
}

// Passbooks are what is known of the accounts, by their names.
type Passbooks struct {
	Days     map[string]settle.Days  // of which every line is known
	Currency map[string]pay.Currency // absent: no line is known
	Gaps     []settle.Gap            // where the balance does not tie
}

// MatchBooks know which lines are which payouts.
type MatchBooks interface {
	// Matches gives the matches that stand of payouts from a day on.
	Matches(ctx context.Context, from pay.Day) ([]settle.Match, error)
	// DroppedMatches gives the matches that people took back.
	DroppedMatches(ctx context.Context) ([]Dropped, error)
	// MonthVersions gives every month that was ever locked, the oldest first.
	MonthVersions(ctx context.Context) ([]settle.Version, error)
}

// Dropped is a match that was taken back.
type Dropped struct {
	settle.Match
	At time.Time
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
	// apart are lines that a person took off the payout that they would be tied to
	// again.
	apart settle.Placed
	gaps  []settle.Gap
}

// Place holds payouts from a day on against the passbook, and writes nothing.
func (d *Deposits) Place(ctx context.Context, today, from pay.Day) (Held, error) {
	return Place(ctx, d.Books, d.MIDs, d.Accounts, today, from)
}

// Place holds the payouts of merchants from a day on against the passbook, and writes
// nothing.
func Place(ctx context.Context, kept PlaceBooks, mids []string, accounts []settle.Account, today, from pay.Day) (Held, error) {
	held := Held{From: from, Moved: map[string][]settle.Moved{}}
	held.Look = settle.Look{Today: today, Rows: map[string]settle.Days{}}
	deposits := settle.Deposits{Accounts: slices.Clone(accounts)}
	for _, mid := range mids {
		parts, err := kept.Parts(ctx, mid, held.From)
		if err != nil {
			return held, err
		}
		deposits.Payouts = append(deposits.Payouts, settle.Payouts(parts)...)
		windows, err := kept.SettlementWindows(ctx, mid, held.From, today.Add(payoutAhead))
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
		if held.Moved[mid], err = kept.MovedPayouts(ctx, mid, held.From); err != nil {
			return held, err
		}
	}
	var err error
	if deposits.Lines, err = kept.Deposits(ctx, held.From); err != nil {
		return held, err
	}
	if deposits.Given, err = kept.Matches(ctx, held.From); err != nil {
		return held, err
	}
	books, err := kept.Passbooks(ctx)
	if err != nil {
		return held, err
	}
	held.Look.Passbook, held.gaps = books.Days, books.Gaps
	for i := range deposits.Accounts {
		deposits.Accounts[i].Currency = books.Currency[deposits.Accounts[i].Name]
	}
	versions, err := kept.MonthVersions(ctx)
	if err != nil {
		return held, err
	}
	held.Look.Books = settle.Books{Locks: settle.StandingLocks(versions)}
	held.Given = len(deposits.Given)
	dropped, err := kept.DroppedMatches(ctx)
	if err != nil {
		return held, err
	}
	held.place(deposits, dropped)
	return held, nil
}

// place ties deposits to payouts, but for what a person took apart: such a line waits
// for a person's word.
func (h *Held) place(deposits settle.Deposits, dropped []Dropped) {
	h.Placed = settle.Place(deposits, h.Look)
	apart := map[string]bool{}
	for _, made := range h.Matches[h.Given:] {
		if slices.ContainsFunc(dropped, func(d Dropped) bool {
			return slices.Equal(d.Lines, made.Lines) && slices.Equal(d.Payouts, made.Payouts)
		}) {
			for _, line := range made.Lines {
				apart[line] = true
			}
		}
	}
	if len(apart) == 0 {
		return
	}
	left := settle.Deposits{Accounts: deposits.Accounts}
	deposits.Lines = slices.DeleteFunc(slices.Clone(deposits.Lines), func(l settle.Line) bool {
		if apart[l.ID] {
			left.Lines = append(left.Lines, l)
		}
		return apart[l.ID]
	})
	h.Placed = settle.Place(deposits, h.Look)
	h.apart = settle.Place(left, h.Look)
	h.Lines = append(h.Lines, h.apart.Lines...)
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
	findings := slices.Concat(held.Findings(held.Look), held.apart.Findings(held.Look), held.rescheduled(d.MIDs, today))
	for _, gap := range held.gaps {
		findings = append(findings, gap.Finding())
	}
	unread := held.Unread()
	says := func(b reconcile.Break) bool {
		return b.Kind == reconcile.StatementGap || ofDeposits(b.Kind) && pay.DayOf(b.MovedAt) >= held.From && !slices.Contains(unread, b.Subject)
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
