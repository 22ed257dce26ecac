package jobs

import (
	"slices"
	"time"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
)

// Where an event stands.
const (
	EventNew     = "new"     // to be worked on
	EventDone    = "done"    // its payment was looked up, and what follows was done
	EventKept    = "kept"    // of another product: stored and shown, no more
	EventForged  = "forged"  // its secret is not the payment's
	EventUnknown = "unknown" // no payment of ours could be found for it
)

// EventBegins is where an event stands that has just come: what is about no
// payment is kept and shown, no more.
func EventBegins(e pay.Event) string {
	if e.OfPayment() {
		return EventNew
	}
	return EventKept
}

// Where a planned moment of a job stands.
const (
	TickRunning = "running"
	TickDone    = "done"
	TickFailed  = "failed"
)

// TickEnds is where a moment stands that has ended; failure is "" where it went
// well.
func TickEnds(failure string) string {
	if failure != "" {
		return TickFailed
	}
	return TickDone
}

// ClockMargin is by how much the clocks of replicas may differ.
const ClockMargin = 5 * time.Minute

// Sets are the states of events and moments that the queries of sql/ ask for, by
// their names there.
var Sets = map[string][]string{
	"event_new":    {EventNew},
	"tick_running": {TickRunning},
}

// What a night's workbook shows of the time before it.
const (
	// NightsShown is how many nights.
	NightsShown = 29
	// PromisedDays is for how long the arrival of a refund's money is shown: a part
	// of a PayPal payment may take thirty days.
	PromisedDays = 31
	// MissedDays is for how long an account that vanished unseen is shown.
	MissedDays = 30
)

// RollingRefunds is how many finished refunds a night looks up once more.
const RollingRefunds = 20

// TakesBack says whether the night ends a refunding break on which both sides
// agree now: nothing is owed any more, and its unsent request is taken back.
func (c BreakChange) TakesBack() bool {
	return c.Before != nil && c.Before.Status == reconcile.Refunding && c.Break.Status == reconcile.Cleared
}

// Undecides says whether a person's word about the break stands no longer.
func (c BreakChange) Undecides() bool {
	return c.Before != nil && c.Before.Status == reconcile.Resolved && c.Break.Status != reconcile.Resolved
}

// Afresh carries the night's breaks over it once more where somebody has decided
// about them since the night read them: a decision is never written over. What the
// night proposed for a break that needs nobody any more is left out. now are the
// breaks as they stand.
func (w Written) Afresh(now []reconcile.Break) Written {
	current := make(map[string]reconcile.Break, len(now))
	for _, b := range now {
		current[b.ID] = b
	}
	overtaken := func(change BreakChange) bool {
		stands, known := current[change.Break.ID]
		return known && (change.Before == nil || !change.Before.SameAs(stands))
	}
	if !slices.ContainsFunc(w.Breaks, overtaken) {
		return w
	}
	decided := map[string]bool{}
	changes := make([]BreakChange, 0, len(w.Breaks))
	for _, change := range w.Breaks {
		if !overtaken(change) {
			changes = append(changes, change)
			continue
		}
		decided[change.Break.ID] = true
		if again, ok := change.Again(current[change.Break.ID], w.Lease.Day); ok {
			changes = append(changes, again)
			decided[change.Break.ID] = !again.Break.Status.NeedsPerson()
		}
	}
	proposed := make([]refunds.Request, 0, len(w.Proposed))
	for _, r := range w.Proposed {
		if !decided[r.BreakID] {
			proposed = append(proposed, r)
		}
	}
	w.Breaks, w.Proposed = changes, proposed
	return w
}
