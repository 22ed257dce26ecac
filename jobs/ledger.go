package jobs

import (
	"context"
	"slices"
	"strings"
	"time"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/settle"
)

// compare brings the ledger up to date, holds rows against transactions, and writes
// how they differ.
func (s *Settlements) compare(ctx context.Context, runID string, now time.Time, facts map[string]any, sum *SettlementSummary) error {
	look := &settlementLook{Settlements: s, now: now, today: pay.DayOf(now), judged: map[string]bool{}}
	known, err := s.Books.SettlementBreaks(ctx, s.Settings.MID)
	if err != nil {
		return err
	}
	for _, b := range known {
		look.judged[b.PaymentKey] = false
	}
	if err := look.read(ctx); err != nil {
		return err
	}
	if err := s.Books.Todo(ctx, s.Settings.MID, ledgerMargin, look.today); err != nil {
		return err
	}
	// Where no list of a day's sales was read nothing can be called missing, and every
	// payment of two months would be looked at each night for nothing.
	if len(look.reading.Rows) > 0 {
		if err := s.Books.TodoLate(ctx, s.Settings.MID, look.today); err != nil {
			return err
		}
	}
	if err := s.Books.Post(ctx, s.Settings.MID, look.payment); err != nil {
		return err
	}
	if err := look.fees(ctx); err != nil {
		return err
	}
	written := SettlementWritten{MID: s.Settings.MID, RunID: runID, Actor: s.Settings.Actor, Now: now, Taken: true, Told: look.told, Facts: facts}
	return s.Books.CommitSettlement(ctx, written, func(known []reconcile.Break) []BreakChange {
		changes := look.changes(known)
		clear(sum.Opened) // a transaction that was begun again
		clear(sum.Closed)
		counted(changes, sum.Opened, sum.Closed)
		return changes
	})
}

// settlementLook is one comparison while it is made.
type settlementLook struct {
	*Settlements
	now     time.Time
	today   pay.Day
	reading settle.Reading
	found   []reconcile.Finding
	judged  map[string]bool // payments that have breaks, and whether this run has looked at them
	told    []string        // payments of which breaks hear when they are written
}

// ReadingDays is how far back what was read is asked for.
const ReadingDays = 400

// lookBack is the same of one look.
const lookBack = ReadingDays

// rowsDue is after how many days the list of a day's sales shows the rows that were
// late on the day after.
const rowsDue = 3

// read finds out what was read, so that nothing unread is called missing.
func (l *settlementLook) read(ctx context.Context) error {
	from, to := l.today.Add(-lookBack), l.today.Add(payoutAhead)
	windows, err := l.Books.SettlementWindows(ctx, l.Settings.MID, from, to)
	if err != nil {
		return err
	}
	transactions, err := l.Books.TransactionDays(ctx, l.Settings.MID, from, to)
	if err != nil {
		return err
	}
	var sold, listed []pay.Day
	for w, at := range windows {
		if w.By == pay.BySold && pay.DayOf(at).Sub(w.Day) >= rowsDue {
			sold = append(sold, w.Day)
		}
	}
	for day := range transactions {
		listed = append(listed, day)
	}
	l.reading = settle.Reading{Today: l.today, Transactions: settle.DaysOf(listed), Rows: settle.DaysOf(sold)}
	return nil
}

// payment holds one payment's rows against its transactions.
func (l *settlementLook) payment(c settle.Case) settle.Outcome {
	out := c.Post(l.Settings.Rules, l.reading, l.now)
	if out.Known {
		_, asked := l.judged[c.PaymentKey]
		if asked {
			l.judged[c.PaymentKey] = true
		}
		l.found = append(l.found, out.Found...)
		if out.Tells = asked || len(out.Found) > 0; out.Tells {
			l.told = append(l.told, c.PaymentKey)
		}
	}
	return out
}

// fees are the rows whose fee is another than agreed, one break for each rate.
func (l *settlementLook) fees(ctx context.Context) error {
	var groups settle.FeeGroups
	err := l.Books.Odd(ctx, l.Settings.MID, func(r settle.Row) {
		if u, odd := l.Settings.Tariff.Judge(r); odd {
			groups.Add(u)
		}
	})
	l.found = append(l.found, groups.Findings()...)
	return err
}

// changes carries every break that this run can say something of.
func (l *settlementLook) changes(known []reconcile.Break) []BreakChange {
	return CarryAll(known, l.found, l.today, l.says)
}

// CarryAll carries breaks over a look: those that it found, and of those that are
// known the ones that it says something of.
func CarryAll(known []reconcile.Break, findings []reconcile.Finding, today pay.Day, says func(reconcile.Break) bool) []BreakChange {
	found := make(map[string]*reconcile.Finding, len(findings))
	for i := range findings {
		f := &findings[i]
		found[reconcile.BreakID(f.MID, f.Subject, f.Kind)] = f
	}
	var changes []BreakChange
	carry := func(before *reconcile.Break, f *reconcile.Finding) {
		after, change := reconcile.Remember(before, f, today)
		if change != reconcile.ChangeNone {
			changes = append(changes, BreakChange{Break: after, Change: change, Before: before, Found: f})
		}
	}
	for i := range known {
		f := found[known[i].ID]
		delete(found, known[i].ID)
		switch {
		case lapsed(known[i], f) && says(known[i]):
			after := known[i]
			after.Status, after.Since, after.Resolution, after.RecheckOn = reconcile.Cleared, max(today, after.Since), "", ""
			changes = append(changes, BreakChange{Break: after, Change: reconcile.ChangeCleared, Before: &known[i]})
		case f != nil || says(known[i]):
			carry(&known[i], f)
		}
	}
	for _, f := range found {
		carry(nil, f)
	}
	slices.SortFunc(changes, func(a, b BreakChange) int { return strings.Compare(a.Break.ID, b.Break.ID) })
	return changes
}

// lapsed says whether a decision that changed what Toss owes is void, since nothing
// is left of what it was about.
func lapsed(b reconcile.Break, f *reconcile.Finding) bool {
	return b.Status == reconcile.Resolved && f == nil && b.Kind.Adjusts(b.Resolution)
}

// counted says what happened to breaks, by kind.
func counted(changes []BreakChange, opened, closed map[reconcile.Kind]int64) {
	for _, c := range changes {
		switch c.Change {
		case reconcile.ChangeOpened, reconcile.ChangeReopened:
			opened[c.Break.Kind]++
		case reconcile.ChangeCleared:
			closed[c.Break.Kind]++
		default:
		}
	}
}

// says whether this run would have found the break, if it still were.
func (l *settlementLook) says(b reconcile.Break) bool {
	switch {
	case b.Kind == reconcile.FeeUnexpected:
		return true
	case ofDeposits(b.Kind):
		return false
	default:
		return l.judged[b.PaymentKey]
	}
}
