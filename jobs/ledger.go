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

// compare brings the ledger up to date, holds rows against transactions and payouts
// against the passbook, and writes how they differ.
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
	if err := s.Books.Post(ctx, s.Settings.MID, look.payment); err != nil {
		return err
	}
	if err := look.fees(ctx); err != nil {
		return err
	}
	if err := look.payouts(ctx); err != nil {
		return err
	}
	written := SettlementWritten{MID: s.Settings.MID, RunID: runID, Actor: s.Settings.Actor, Now: now, Taken: true, Facts: facts}
	return s.Books.CommitSettlement(ctx, written, func(known []reconcile.Break) []BreakChange {
		changes := look.changes(known)
		clear(sum.Opened)
		clear(sum.Closed)
		for _, c := range changes {
			switch c.Change {
			case reconcile.ChangeOpened, reconcile.ChangeReopened:
				sum.Opened[c.Break.Kind]++
			case reconcile.ChangeCleared:
				sum.Closed[c.Break.Kind]++
			default:
			}
		}
		return changes
	})
}

// settlementLook is one comparison while it is made.
type settlementLook struct {
	*Settlements
	now     time.Time
	today   pay.Day
	reading settle.Reading
	paid    settle.Days // payout days whose rows were read
	found   []reconcile.Finding
	judged  map[string]bool // payments that have breaks, and whether this run has looked at them
	unread  []string        // subjects of which nothing can be said
	placed  settle.Placed
}

// lookBack is how far back what was read is asked for.
const lookBack = 400

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
	var sold, paid, listed []pay.Day
	for w, at := range windows {
		switch {
		case w.By == pay.ByPaidOut:
			paid = append(paid, w.Day)
		case pay.DayOf(at).Sub(w.Day) >= rowsDue:
			sold = append(sold, w.Day)
		}
	}
	for day := range transactions {
		listed = append(listed, day)
	}
	l.reading = settle.Reading{Today: l.today, Transactions: settle.DaysOf(listed), Rows: settle.DaysOf(sold)}
	l.paid = settle.DaysOf(paid)
	return nil
}

// payment holds one payment's rows against its transactions.
func (l *settlementLook) payment(c settle.Case) settle.Outcome {
	out := c.Post(l.Settings.Rules, l.reading, l.now)
	if out.Known {
		if _, asked := l.judged[c.PaymentKey]; asked {
			l.judged[c.PaymentKey] = true
		}
		l.found = append(l.found, out.Found...)
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

// payouts holds the payouts of the last months against the passbook.
func (l *settlementLook) payouts(ctx context.Context) error {
	from := l.today.Add(-PayoutDays)
	parts, err := l.Books.Parts(ctx, l.Settings.MID, from)
	if err != nil {
		return err
	}
	look := settle.Look{Today: l.today, Rows: map[string]settle.Days{l.Settings.MID: l.paid}}
	l.placed = settle.Place(settle.Deposits{Payouts: settle.Payouts(parts), Accounts: l.Settings.Accounts}, look)
	l.found = append(l.found, l.placed.Findings(look)...)
	l.unread = append(l.unread, l.placed.Unread()...)
	moved, err := l.Books.MovedPayouts(ctx, l.Settings.MID, from)
	if err != nil {
		return err
	}
	came := map[settle.PayoutKey]bool{}
	for _, p := range l.placed.Payouts {
		came[p.PayoutKey] = len(p.Lines) > 0 || p.Day < l.today
	}
	var put settle.Reschedules
	for _, m := range moved {
		to := m.From
		to.Day = m.To
		put.Add(m, came[to])
	}
	l.found = append(l.found, put.Findings()...)
	return nil
}

// changes carries every break that this run can say something of.
func (l *settlementLook) changes(known []reconcile.Break) []BreakChange {
	found := make(map[string]*reconcile.Finding, len(l.found))
	for i := range l.found {
		f := &l.found[i]
		found[reconcile.BreakID(f.MID, f.Subject, f.Kind)] = f
	}
	var changes []BreakChange
	carry := func(before *reconcile.Break, f *reconcile.Finding) {
		after, change := reconcile.Remember(before, f, l.today)
		if change != reconcile.ChangeNone {
			changes = append(changes, BreakChange{Break: after, Change: change, Before: before, Found: f})
		}
	}
	for i := range known {
		f := found[known[i].ID]
		delete(found, known[i].ID)
		if f != nil || l.says(known[i]) {
			carry(&known[i], f)
		}
	}
	for _, f := range found {
		carry(nil, f)
	}
	slices.SortFunc(changes, func(a, b BreakChange) int { return strings.Compare(a.Break.ID, b.Break.ID) })
	return changes
}

// says whether this run would have found the break, if it still were.
func (l *settlementLook) says(b reconcile.Break) bool {
	switch b.Kind {
	case reconcile.PayoutMissing, reconcile.PayoutShort, reconcile.PayoutOver:
		return pay.DayOf(b.MovedAt) >= l.today.Add(-PayoutDays) && !slices.Contains(l.unread, b.Subject)
	case reconcile.PayoutRescheduled:
		return true
	case reconcile.FeeUnexpected:
		return true
	case reconcile.BankUnmatched, reconcile.StatementGap, reconcile.FeeInvoiceMismatch, reconcile.RollforwardUnexplained:
		return false
	default:
		return l.judged[b.PaymentKey]
	}
}
