// Package closing closes months: it gathers what moved the receivable, holds the two
// ways to its closing against each other, and keeps what a person has locked. settle
// decides; here stand the steps. Begin at Closing.Check.
package closing

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/settle"
)

// Books remember what months are made of.
type Books interface {
	Ledger
	Months
	jobs.PayoutBooks
	jobs.BankBooks
	Reading
}

// Ledger is what moved the receivable of a merchant.
type Ledger interface {
	Moves(ctx context.Context, mid string) ([]settle.DayMove, error)
	NoRows(ctx context.Context, mid string) ([]NoRow, error)
	Adjustments(ctx context.Context, mid string) ([]Adjusted, error)
}

// Months are what people have locked and entered.
type Months interface {
	MonthFigures(ctx context.Context, month settle.Month, version int) ([]byte, error)
	MonthDrawn(ctx context.Context, month settle.Month, version int) ([]byte, error)
	Openings(ctx context.Context) ([]Opening, error)
	Invoices(ctx context.Context) ([]Invoice, error)
	SettlementBreaks(ctx context.Context, mid string) ([]reconcile.Break, error)
}

// Reading says which days of the transaction list were read, and when last.
type Reading interface {
	TransactionDays(ctx context.Context, mid string, from, to pay.Day) (map[pay.Day]time.Time, error)
}

// NoRow is the signed gross of a day's transactions without a settlement row.
type NoRow struct {
	Currency pay.Currency
	Day      pay.Day
	settle.NoRow
}

// Adjusted is a decision that changes the receivable, and when it lapsed.
type Adjusted struct {
	BreakID string
	settle.Decision
	Undone time.Time // zero: it stands
}

// Opening is what a merchant's first month begins with, as a person said.
type Opening struct {
	MID      string
	Currency pay.Currency
	Month    settle.Month
	Amount   int64
	Note, By string
	At       time.Time
}

// Invoice is a fee invoice as a person entered it.
type Invoice struct {
	settle.Invoice
	By string
	At time.Time
}

// Closing closes the months of all configured merchants.
type Closing struct {
	MIDs     []string
	Accounts []settle.Account
	First    settle.Month // of the configuration; "": the first one that is read whole
	Assumed  bool         // close.bank: assumed
	Books    Books
	Drawing  Drawing
}

// Month is a month as it was reckoned, or frozen.
type Month struct {
	Month   settle.Month
	Ledgers []Ledgered // by merchant and currency
	Version int        // of the lock that stands; 0: none does
	Now     time.Time  // when it was reckoned, or locked
	// OldestOpen is the oldest payout that is not covered to the won: what is older
	// need not be read again.
	OldestOpen pay.Day
	books      settle.Books
	held       jobs.Held
	dropped    []jobs.Dropped
}

// Ledgered is the receivable of one merchant and currency.
type Ledgered struct {
	settle.MonthCheck
	Shares    []Share
	InOpening []Frozen     // of the first month
	Facts     settle.Facts `json:"-"`
	inside    inside
}

// inside is what a ledger was reckoned from.
type inside struct {
	standing settle.Standing
	rows     settle.ByRows // at the month's end
	moves    []settle.DayMove
	adjusts  []Adjusted
	assumed  []settle.Payout // taken as paid on their day
	sold     settle.Days     // whose rows were read
	breaks   []reconcile.Break
}

// Share is the part of one break in what is unexplained, and what a person decided.
type Share struct {
	settle.Share
	Decided reconcile.Disposition
}

// Frozen is what a payout in the opening of the first month was short of, or over.
type Frozen struct {
	Payout settle.PayoutKey
	Short  int64
}

// Check reckons a month, or gives it as it was locked.
func (c *Closing) Check(ctx context.Context, month settle.Month, now time.Time) (Month, error) {
	versions, err := c.Books.MonthVersions(ctx)
	if err != nil {
		return Month{}, err
	}
	if v, ok := standing(versions, month); ok {
		return c.Frozen(ctx, month, v.Number)
	}
	return c.reckon(ctx, month, versions, now)
}

// standing is the version of a month that stands; ok is false where none does.
func standing(versions []settle.Version, month settle.Month) (v settle.Version, ok bool) {
	i := slices.IndexFunc(versions, func(v settle.Version) bool { return v.Month == month && v.Reopened.IsZero() })
	if i < 0 {
		return v, false
	}
	return versions[i], true
}

// Frozen gives a version of a month as it was locked.
func (c *Closing) Frozen(ctx context.Context, month settle.Month, version int) (Month, error) {
	text, err := c.Books.MonthFigures(ctx, month, version)
	if err != nil {
		return Month{}, err
	}
	var m Month
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("the figures of %s, version %d, are unreadable: %w", month, version, err)
	}
	for i := range m.Ledgers {
		m.Ledgers[i].State, m.Ledgers[i].Reasons = settle.MonthLocked, nil
	}
	return m, nil
}

// BooksOf says which months are locked, and which is the first.
func (c *Closing) booksOf(ctx context.Context, asked settle.Month, versions []settle.Version, today pay.Day) (settle.Books, *Month, error) {
	books := lockedBooks(versions)
	books.First = cmp.Or(books.First, c.First)
	if books.First == "" {
		first, err := c.firstWhole(ctx, today)
		if err != nil {
			return books, nil, err
		}
		books.First = cmp.Or(first, asked)
	}
	if len(books.Locks) == 0 {
		return books, nil, nil
	}
	first, err := c.frozenOf(ctx, books.Locks[0].Month, versions)
	if err != nil {
		return books, nil, err
	}
	books.Frozen = map[settle.PayoutKey]int64{}
	for _, l := range first.Ledgers {
		for _, f := range l.InOpening {
			books.Frozen[f.Payout] = f.Short
		}
	}
	newest, err := c.frozenOf(ctx, books.Locks[len(books.Locks)-1].Month, versions)
	return books, &newest, err
}

// frozenOf gives the version of a month that stands.
func (c *Closing) frozenOf(ctx context.Context, month settle.Month, versions []settle.Version) (Month, error) {
	if v, ok := standing(versions, month); ok {
		return c.Frozen(ctx, month, v.Number)
	}
	return Month{}, fmt.Errorf("no version of %s stands", month)
}

// firstWhole is the first month of which every list of every merchant was read; ""
// for none.
func (c *Closing) firstWhole(ctx context.Context, today pay.Day) (settle.Month, error) {
	from := today.Add(-jobs.ReadingDays)
	whole := map[settle.Month]int{}
	for _, mid := range c.MIDs {
		r, err := c.read(ctx, mid, from, today)
		if err != nil {
			return "", err
		}
		transactions, rows := settle.DaysOf(daysIn(r.transactions)), settle.DaysOf(daysIn(r.sold))
		for m := settle.MonthOfDay(from).Next(); m < settle.MonthOfDay(today); m = m.Next() {
			if transactions.HasAll(m.First(), m.Last()) && rows.HasAll(m.First(), m.Last()) {
				whole[m]++
			}
		}
	}
	var first settle.Month
	for m, merchants := range whole {
		if merchants == len(c.MIDs) && (first == "" || m < first) {
			first = m
		}
	}
	return first, nil
}

func daysIn(read map[pay.Day]pay.Day) []pay.Day {
	var days []pay.Day
	for day := range read {
		days = append(days, day)
	}
	return days
}

// lists are the days of both lists of a merchant, and when each was read last.
type lists struct{ transactions, sold map[pay.Day]pay.Day }

func (c *Closing) read(ctx context.Context, mid string, from, to pay.Day) (lists, error) {
	r := lists{map[pay.Day]pay.Day{}, map[pay.Day]pay.Day{}}
	transactions, err := c.Books.TransactionDays(ctx, mid, from, to)
	if err != nil {
		return r, err
	}
	for day, at := range transactions {
		r.transactions[day] = pay.DayOf(at)
	}
	windows, err := c.Books.SettlementWindows(ctx, mid, from, to)
	if err != nil {
		return r, err
	}
	for w, at := range windows {
		if w.By == pay.BySold {
			r.sold[w.Day] = pay.DayOf(at)
		}
	}
	return r, nil
}

// Locks says which months are locked.
func (c *Closing) Locks(ctx context.Context) (settle.Books, error) {
	versions, err := c.Books.MonthVersions(ctx)
	return lockedBooks(versions), err
}

// lockedBooks are the months that are locked; the first of them is the first month.
func lockedBooks(versions []settle.Version) settle.Books {
	books := settle.Books{Locks: settle.StandingLocks(versions)}
	if len(books.Locks) > 0 {
		books.First = books.Locks[0].Month
	}
	return books
}
