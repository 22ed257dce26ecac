package app

import (
	"context"
	"time"

	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
)

// FigureBooks is what the figures of `serve` are read from.
type FigureBooks interface {
	Counter
	Captured
	EventQueue
	NightFigures
	WorkFigures
}

// NightFigures say how far a merchant's nights are.
type NightFigures interface {
	// LastComplete gives the newest complete date before a day, and when its run ended;
	// "": there is none.
	LastComplete(ctx context.Context, job, mid string, before pay.Day) (pay.Day, time.Time, error)
	// FirstRunDay gives a merchant's first date, complete or not; "": none.
	FirstRunDay(ctx context.Context, job, mid string) (pay.Day, error)
}

// WorkFigures count what is open.
type WorkFigures interface {
	CountOpenKinds(ctx context.Context, mid string) (open, refunding map[reconcile.Kind]int64, err error)
	Brake(ctx context.Context) (Brake, error)
	JournalHead(ctx context.Context) (seq int64, hash string, err error)
}

// Figures are what /metrics shows of the books: the same in every replica.
type Figures struct {
	Merchants   []MerchantFigures
	Waiting     map[WaitingKind]int64   // open refunds, over their currencies
	Deadlines   map[[2]string]time.Time // the earliest cancel deadline, by merchant and reason
	Stuck, Late int64                   // of what waits: never sent as the configuration stands; runs out before that comes for which it waits
	Events      int                     // webhooks that nobody has worked on
	OldestEvent time.Duration           // the age of the oldest of them
	Paused      bool                    // the brake is on
	Journal     int64                   // entries
}

// WaitingKind is what open refunds are counted by.
type WaitingKind struct{ MID, State, Why, Who string }

// MerchantFigures are those of one merchant.
type MerchantFigures struct {
	MID string
	// NightEnd is the end of the newest complete date; where none is complete yet,
	// the beginning of the first; zero: no night has run.
	NightEnd        time.Time
	Open, Refunding map[reconcile.Kind]int64 // breaks
	Refunds         map[refunds.State]int64
	Captures        refunds.CaptureFigures // of the last day
}

// ReadFigures reads the figures of merchants. needs says what waits, of all.
func ReadFigures(ctx context.Context, books FigureBooks, needs *Needs, now time.Time) (Figures, error) {
	f := Figures{Waiting: map[WaitingKind]int64{}, Deadlines: map[[2]string]time.Time{}}
	for _, mid := range needs.Merchants {
		of, err := readMerchant(ctx, books, mid, now)
		if err != nil {
			return f, err
		}
		f.Merchants = append(f.Merchants, of)
	}
	w, err := needs.Waiting(ctx, nil, now)
	if err != nil {
		return f, err
	}
	f.count(w.Lines)
	var oldest time.Time
	if f.Events, oldest, err = books.EventsWaiting(ctx); err != nil {
		return f, err
	}
	if !oldest.IsZero() {
		f.OldestEvent = now.Sub(oldest)
	}
	brake, err := books.Brake(ctx)
	if err != nil {
		return f, err
	}
	f.Paused = brake.On
	f.Journal, _, err = books.JournalHead(ctx)
	return f, err
}

// count takes in the lines of what waits.
func (f *Figures) count(lines []refunds.WaitLine) {
	for _, l := range lines {
		f.Waiting[WaitingKind{l.MID, string(l.State), l.Why, l.Wait().Who().String()}] += l.Count
		own := [2]string{l.MID, l.Why}
		if earliest := f.Deadlines[own]; !l.Earliest.IsZero() && (earliest.IsZero() || l.Earliest.Before(earliest)) {
			f.Deadlines[own] = l.Earliest
		}
	}
	stuck, late := stuckAndLate(lines)
	f.Stuck, f.Late = stuck, late
}

// stuckAndLate counts, of what waits, what is never sent as the configuration
// stands, and what runs out before that comes for which it waits.
func stuckAndLate(lines []refunds.WaitLine) (stuck, late int64) {
	for _, l := range lines {
		if late += l.Late; l.Stuck {
			stuck += l.Count
		}
	}
	return stuck, late
}

func readMerchant(ctx context.Context, books FigureBooks, mid string, now time.Time) (m MerchantFigures, err error) {
	m.MID = mid
	last, _, err := books.LastComplete(ctx, jobs.JobNightly, mid, pay.DayOf(now).Add(1))
	if err != nil {
		return m, err
	}
	first, err := books.FirstRunDay(ctx, jobs.JobNightly, mid)
	if err != nil {
		return m, err
	}
	switch {
	case last != "":
		m.NightEnd = last.End()
	case first != "": // none is complete yet: none since before the first
		m.NightEnd = first.Start()
	}
	if m.Open, m.Refunding, err = books.CountOpenKinds(ctx, mid); err != nil {
		return m, err
	}
	if m.Refunds, err = books.CountStates(ctx, mid); err != nil {
		return m, err
	}
	m.Captures, err = CapturesOf(ctx, books, []string{mid}, now)
	return m, err
}

// ReadyBooks is what readiness is asked of.
type ReadyBooks interface {
	RequireSchema(ctx context.Context) error
	Brake(ctx context.Context) (Brake, error)
	LastComplete(ctx context.Context, job, mid string, before pay.Day) (pay.Day, time.Time, error)
}

// Readiness is what /readyz answers. What makes a replica unready is what another
// replica may have; what all of them share is only said.
type Readiness struct {
	Database, Schema, Keys error              // what is wrong
	PausedBy               string             // who paused the refunds; "": nobody
	LastNight              map[string]pay.Day // the newest complete date by merchant, "" for none
	Late                   []string           // merchants without yesterday's night, although its time is over
	Stuck, TooLate         int64              // as in Figures
}

// Ready reports whether the replica may be given work.
func (r Readiness) Ready() bool { return r.Database == nil && r.Schema == nil && r.Keys == nil }

// ReadReadiness asks whether this replica can work. keys tries its account key.
func ReadReadiness(ctx context.Context, books ReadyBooks, needs *Needs, nightly Schedule, keys func() error, now time.Time) Readiness {
	r := Readiness{Schema: books.RequireSchema(ctx), Keys: keys(), LastNight: map[string]pay.Day{}, Late: []string{}}
	brake, err := books.Brake(ctx)
	if r.Database = err; brake.On {
		r.PausedBy = brake.By
	}
	today := pay.DayOf(now)
	for _, mid := range needs.Merchants {
		last, _, err := books.LastComplete(ctx, jobs.JobNightly, mid, today)
		if err != nil {
			r.Database = err
			break
		}
		r.LastNight[mid] = last
		if !nightly.IsZero() && last < today.Add(-1) && Overdue(nightly, today.Add(-1), now) {
			r.Late = append(r.Late, mid)
		}
	}
	w, err := needs.Waiting(ctx, nil, now)
	if err != nil {
		r.Database = err
	}
	r.Stuck, r.TooLate = stuckAndLate(w.Lines)
	return r
}

// Schedule gives the moments of a schedule. The zero time: it never comes.
type Schedule interface {
	Next(after time.Time) time.Time
	IsZero() bool
}

// nightUnderWay is how long after its planned time a night may still be under way.
const nightUnderWay = 2 * time.Hour

// Overdue reports whether the night of a business date should be over by now.
func Overdue(nightly Schedule, day pay.Day, now time.Time) bool {
	planned := day.End()
	if next := nightly.Next(planned.Add(-time.Second)); !next.IsZero() {
		planned = next
	}
	return now.After(planned.Add(nightUnderWay))
}
