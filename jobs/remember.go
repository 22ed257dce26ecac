package jobs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"daesa/reconcile"
	"daesa/refunds"
	"daesa/reports"
)

// errSame: the night found what it found before, so that nothing is written.
var errSame = errors.New("the same night")

// remember carries the breaks over the night, proposes refunds and writes all
// of it in one transaction. A night that finds what it found before writes
// nothing and keeps its first snapshot. A complete one stands, too, where a part
// could not be read again, unless it turned out that it never was whole.
func (n *night) remember(ctx context.Context) (reports.Snapshot, error) {
	n.step("remember", 0, 0)
	before := n.before
	changes := n.changes()
	n.finish()
	n.logRepeated()
	if before != nil && before.Run.Complete && !n.run.Complete && !n.disproved() {
		return *before, &KeptError{Gaps: n.run.Gaps}
	}
	proposed, err := n.propose(ctx, changes)
	if err != nil {
		return reports.Snapshot{}, err
	}
	captured, err := n.captured(ctx)
	if err != nil {
		return reports.Snapshot{}, err
	}
	var snapshot reports.Snapshot
	written := Written{Lease: n.lease, Now: n.now, Actor: n.Settings.Actor, Breaks: changes, Proposed: proposed,
		Expires: n.expires(), Facts: n.facts()}
	err = n.cmp.Commit(ctx, written, func(after After) (Drawn, error) {
		snapshot = n.snapshot(after)
		snapshot.Capture = captured
		if before != nil && sameNight(*before, snapshot) {
			return Drawn{}, errSame
		}
		return drawn(snapshot)
	})
	if errors.Is(err, errSame) {
		return *before, nil
	}
	return snapshot, err
}

// expires says whose unsent requests the night lets expire: its own merchant's,
// and those of merchants that left the configuration, of which no other night is
// run. nil: nobody's.
func (n *night) expires() func(mid string) bool {
	if n.onlyCompares() || n.Settings.Behind {
		return nil
	}
	return func(mid string) bool { return mid == n.scope.MID || n.left(mid) }
}

func drawn(s reports.Snapshot) (Drawn, error) {
	figures, err := json.Marshal(s.Figures())
	return Drawn{Snapshot: s.WriteJSON, Figures: figures}, err
}

// unwatchedBefore: a window of the evening before may not have been over when
// the night before ran.
const unwatchedBefore = 2 * time.Hour

// overlookedPart is how many accounts that nobody watched are held at once.
const overlookedPart = 2000

// captured are the day's figures of captured refund accounts; nil where there
// were none. Every virtual account of the day counts: one that nobody watched,
// because nothing was capturing when it was issued, is missed.
func (n *night) captured(ctx context.Context) (*refunds.CaptureFigures, error) {
	if n.Captures == nil || len(n.Settings.Given) > 0 {
		return nil, nil
	}
	if !n.onlyCompares() {
		if err := n.noteOverlooked(ctx); err != nil {
			return nil, err
		}
	}
	figures, err := n.Captures.Captures(ctx, n.scope.MID, n.scope.Day.Start(), n.scope.Day.End())
	if err != nil || figures.Captured+figures.Waiting+figures.Missed+figures.Given == 0 {
		return nil, err
	}
	return &figures, nil
}

// noteOverlooked notes the accounts that nobody watched, a part at a time: where
// nothing captures they are all of the day.
func (n *night) noteOverlooked(ctx context.Context) error {
	var part []refunds.Watch
	note := func() error {
		_, err := n.Captures.Overlooked(ctx, part, n.Settings.Actor, n.now)
		part = part[:0]
		return err
	}
	add := func(w refunds.Watch) error {
		if part = append(part, refunds.Overlooked([]refunds.Watch{w}, n.now)...); len(part) < overlookedPart {
			return nil
		}
		return note()
	}
	if err := n.Captures.Unwatched(ctx, n.scope.MID, n.scope.Day.Start().Add(-unwatchedBefore), n.scope.Day.End(), add); err != nil {
		return err
	}
	for _, w := range n.accounts {
		if err := add(w); err != nil {
			return err
		}
	}
	return note()
}

// KeptError: the night was complete before, and could not be read again in
// full. Nothing was written; the complete night stands.
type KeptError struct{ Gaps []reconcile.Gap }

// Error names the first part that could not be read.
func (e *KeptError) Error() string {
	return fmt.Sprintf("the night was complete before and stays so; %d parts could not be read again, first: %s: %s", len(e.Gaps), e.Gaps[0].What, e.Gaps[0].Why)
}

// Hint is what to do about the first cause.
func (e *KeptError) Hint() string { return reconcile.GroupGaps(e.Gaps)[0].Hint() }

// earlier is the snapshot that an earlier run of the same night stored. A run
// over given orders has none: another run of that day was about other orders.
func (n *night) earlier(ctx context.Context) (*reports.Snapshot, error) {
	if len(n.Settings.Given) > 0 {
		return nil, nil
	}
	var snapshot reports.Snapshot
	known, err := n.Ledger.Snapshot(ctx, n.Job, n.scope.MID, n.scope.Day, reports.Into(&snapshot))
	if err != nil || !known {
		return nil, err
	}
	return &snapshot, nil
}

// sameNight says whether two runs of one night found the same. How they came
// to it (when, how many calls, which look-ups) is not compared.
func sameNight(a, b reports.Snapshot) bool {
	one, err := essence(a)
	if err != nil {
		return false
	}
	two, err := essence(b)
	return err == nil && bytes.Equal(one, two)
}

// essence is a sum of what a run found.
func essence(s reports.Snapshot) ([]byte, error) {
	s.JournalHead, s.NextRefunds, s.Before = "", nil, nil
	s.Waits, s.Waiting = nil, settled(s.Waiting)
	if s.Left != nil {
		left := *s.Left
		left.Waiting = settled(left.Waiting)
		s.Left = &left
	}
	s.Run.Now, s.Run.Windows, s.Run.CallsByAPI, s.Run.ProviderCalls = time.Time{}, nil, nil, 0
	s.Run.Suspects, s.Run.LookedUp, s.Run.Sample, s.Run.Proposed = 0, 0, reconcile.Sample{}, 0
	sum := sha256.New()
	err := s.WriteJSON(sum)
	return sum.Sum(nil), err
}

// changes carries each break over the night: those that were known of the
// orders looked at, and those that are new.
func (n *night) changes() []BreakChange {
	found := make(map[string]*reconcile.Finding, len(n.findings))
	for i := range n.findings {
		f := &n.findings[i]
		id := reconcile.BreakID(f.MID, f.OrderID, f.Kind)
		found[id] = f
		if f.Kind == reconcile.CurrencyMismatch && f.Payment != nil {
			n.currencies[id] = f.Payment.Currency
		}
	}
	var changes []BreakChange
	carry := func(before *reconcile.Break, finding *reconcile.Finding) {
		after, change := reconcile.Remember(before, finding, n.scope.Day)
		if change == reconcile.ChangeNone {
			return
		}
		if n.onlyCompares() && before != nil && after.Remark == "" && finding != nil && before.Owed == finding.Owed {
			after.Remark = before.Remark // which only a night finds
		}
		if finding != nil && finding.Payment != nil {
			deadline := refunds.CancelBy(*finding.Payment, n.Settings.Refunds.AccountDays, n.now)
			after.CancelBy, after.AtRisk = deadline.By, deadline.AtRisk
		}
		changes = append(changes, BreakChange{Break: after, Change: change, Before: before, Found: finding})
	}
	for i := range n.known {
		before := &n.known[i]
		carry(before, found[before.ID])
		delete(found, before.ID)
	}
	for _, finding := range found {
		carry(nil, finding)
	}
	slices.SortFunc(changes, func(a, b BreakChange) int { return strings.Compare(a.Break.ID, b.Break.ID) })
	return changes
}

// finish fills in what only the whole night knows.
func (n *night) finish() {
	for _, calls := range n.run.CallsByAPI {
		n.run.ProviderCalls += calls
	}
	slices.SortFunc(n.run.Gaps, func(a, b reconcile.Gap) int {
		return strings.Compare(a.Side+a.What+a.Why, b.Side+b.What+b.Why)
	})
	if n.unheld > 0 {
		n.run.Gaps = append(n.run.Gaps, reconcile.NewGap(reconcile.SideShop, reconcile.Part{Kind: reconcile.PartPayments, Count: n.unheld},
			&reconcile.Unread{Reason: reconcile.ReasonUnheld}, reconcile.ReasonOther))
	}
	n.run.Complete = len(n.run.Gaps) == 0
	counts := map[reconcile.Kind]int64{}
	differing := map[string]bool{}
	for _, finding := range n.findings {
		differing[finding.OrderID] = true
		if !finding.Timing {
			counts[finding.Kind]++
		}
	}
	n.run.Matched = n.run.Touched - n.run.NotLookedUp - int64(len(differing)) - n.unheld
	n.run.Suspect = reconcile.Explosions(counts, n.run.Touched, n.Settings.AlarmShare)
}

// propose asks for the refunds that the configuration queues by itself. A
// suspect night asks for none: the key or the export is wrong more probably.
func (n *night) propose(ctx context.Context, changes []BreakChange) ([]refunds.Request, error) {
	if n.onlyCompares() || len(n.run.Suspect) > 0 {
		return nil, nil
	}
	var proposed []refunds.Request
	for i := range changes {
		b := &changes[i].Break
		if b.Owed == 0 || b.Payment == nil {
			continue
		}
		asked, err := n.cmp.Asked(ctx, *b.Payment, b.ID, b.Since)
		if err != nil {
			return nil, err
		}
		request, remark := refunds.Propose(*b, asked, n.Settings.Refunds, n.now)
		if b.Remark = remark; request != nil {
			proposed = append(proposed, *request)
		}
	}
	n.run.Proposed = int64(len(proposed))
	return proposed, nil
}

// facts are what the journal keeps of a run.
func (n *night) facts() map[string]any {
	return map[string]any{"job": n.Job, "mid": n.scope.MID, "business_date": n.scope.Day, "complete": n.run.Complete,
		"touched": n.run.Touched, "matched": n.run.Matched, "totals": n.run.Totals}
}
