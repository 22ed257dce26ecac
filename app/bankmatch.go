package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"daesa/internal/hint"
	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/settle"
)

// MatchBank is a person's word on which lines of the passbook are which payouts.
type MatchBank struct {
	Deposits *jobs.Deposits
	Books    MatchWriter
	By, Note string
	Now      time.Time
}

// MatchWriter keeps matches.
type MatchWriter interface {
	CommitDeposits(ctx context.Context, w jobs.DepositsWritten, carry func(mid string, known []reconcile.Break) []jobs.BreakChange) error
	MatchOfLine(ctx context.Context, line string) (m settle.Match, id string, ok bool, err error)
	DropMatch(ctx context.Context, id, by, note string, now time.Time) error
}

// MatchedBank is a match with what its two sides sum up to.
type MatchedBank struct {
	settle.Match
	Currency         pay.Currency
	Amount, Expected int64
}

// Run ties lines to payouts, whatever they sum up to. A payout is named by merchant and
// day; its currency is that of the lines.
func (x MatchBank) Run(ctx context.Context, ids []string, keys []settle.PayoutKey) (MatchedBank, error) {
	from := keys[0].Day
	for _, k := range keys {
		from = min(from, k.Day)
	}
	held, err := x.Deposits.Place(ctx, pay.DayOf(x.Now), from.Add(-jobs.PayoutDays))
	if err != nil {
		return MatchedBank{}, err
	}
	done, err := x.plan(held, ids, keys)
	if err != nil {
		return done, err
	}
	return done, x.commit(ctx, done)
}

// commit writes a match that was planned.
func (x MatchBank) commit(ctx context.Context, m MatchedBank) error {
	return x.Books.CommitDeposits(ctx, jobs.DepositsWritten{Actor: x.By, Now: x.Now, Matches: []settle.Match{m.Match}}, nil)
}

// plan makes the match, or says why it cannot be.
func (x MatchBank) plan(held jobs.Held, ids []string, keys []settle.PayoutKey) (MatchedBank, error) {
	done := MatchedBank{}
	if strings.TrimSpace(x.Note) == "" {
		return done, &settle.NoteError{What: "bank match"}
	}
	var lines []settle.Line
	for _, id := range ids {
		line, err := depositOf(held, id)
		if err != nil {
			return done, err
		}
		if len(lines) > 0 && lines[0].Currency != line.Currency {
			return done, hint.Errorf("match lines of one currency at a time", "line %s is in %s, %s in %s", lines[0].ID, lines[0].Currency, id, line.Currency)
		}
		lines = append(lines, line)
		done.Currency = line.Currency
		done.Amount += line.Amount
	}
	var payouts []settle.Payout
	for _, key := range keys {
		key.Currency = done.Currency
		payout, err := payoutOf(held, key)
		if err != nil {
			return done, err
		}
		payouts = append(payouts, payout)
		done.Expected += max(payout.Expected, 0)
	}
	done.Match = settle.NewMatch(lines, payouts)
	done.By, done.Note, done.Recorded = x.By, x.Note, x.Now
	return done, nil
}

// depositOf is a line that nothing stands against yet.
func depositOf(held jobs.Held, id string) (settle.Line, error) {
	i := slices.IndexFunc(held.Lines, func(l settle.PlacedLine) bool { return l.ID == id })
	if i < 0 {
		return settle.Line{}, hint.Errorf("daesa bank list shows the ids of deposits near those payouts", "line %s: no such deposit", id)
	}
	for _, m := range held.Matches[:held.Given] {
		if slices.Contains(m.Lines, id) {
			return settle.Line{}, hint.Errorf("daesa bank unmatch "+id+" takes that back", "line %s is matched already", id)
		}
	}
	return held.Lines[i].Line, nil
}

func payoutOf(held jobs.Held, key settle.PayoutKey) (settle.Payout, error) {
	i := slices.IndexFunc(held.Payouts, func(p settle.Payout) bool { return p.PayoutKey == key })
	if i < 0 {
		return settle.Payout{}, hint.Errorf("daesa payouts list shows what Toss pays out", "payout %s:%s: no such payout in %s", key.MID, key.Day, key.Currency)
	}
	for _, m := range held.Matches[:held.Given] {
		if slices.Contains(m.Payouts, key) {
			return settle.Payout{}, hint.Errorf("daesa bank unmatch "+m.Lines[0]+" takes that back", "payout %s:%s is matched already, with line %s", key.MID, key.Day, m.Lines[0])
		}
	}
	return held.Payouts[i], nil
}

// Undo takes the match of a line back.
func (x MatchBank) Undo(ctx context.Context, line string, months LockedMonths) (MatchedBank, error) {
	m, id, ok, err := x.Books.MatchOfLine(ctx, line)
	if err != nil {
		return MatchedBank{}, err
	}
	if !ok {
		return MatchedBank{}, hint.With(fmt.Errorf("line %s stands against nothing", line), "daesa bank list --state matched shows those that do")
	}
	books, err := months.Locks(ctx)
	if err != nil {
		return MatchedBank{}, err
	}
	done, err := x.planUndo(m, books)
	if err != nil {
		return done, err
	}
	return done, x.Books.DropMatch(ctx, id, x.By, x.Note, x.Now)
}

// planUndo says what taking a match back undoes, or why it cannot be.
func (x MatchBank) planUndo(m settle.Match, books settle.Books) (MatchedBank, error) {
	if strings.TrimSpace(x.Note) == "" {
		return MatchedBank{}, &settle.NoteError{What: "bank unmatch"}
	}
	if err := books.MayUnmatch(m); err != nil {
		return MatchedBank{}, err
	}
	done := MatchedBank{Match: m, Currency: m.Payouts[0].Currency}
	for _, p := range m.Paid {
		done.Amount += p.Amount
	}
	done.Expected, done.By, done.Note = done.Amount, x.By, x.Note
	return done, nil
}

// LockedMonths know which months are locked.
type LockedMonths interface {
	Locks(ctx context.Context) (settle.Books, error)
}
