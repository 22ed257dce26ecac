package app

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"daesa/jobs"
	"daesa/pay"
	"daesa/refunds"
)

// CaptureSpan is how far back missed refund accounts are counted for people.
const CaptureSpan = 24 * time.Hour

// Captured says how the capture of a merchant's refund accounts went.
type Captured interface {
	Captures(ctx context.Context, mid string, since, until time.Time) (refunds.CaptureFigures, error)
}

// CapturesOf are what became of the windows that closed within the last day, or
// are still open, of some merchants.
func CapturesOf(ctx context.Context, captured Captured, mids []string, now time.Time) (all refunds.CaptureFigures, err error) {
	for _, mid := range mids {
		figures, err := captured.Captures(ctx, mid, now.Add(-CaptureSpan), now.Add(refunds.AccountShown))
		if err != nil {
			return all, err
		}
		all = all.Plus(figures)
	}
	return all, nil
}

// AddCapture adds what a pass, and the figures of the last day, leave to people.
func (o *Outcome) AddCapture(pass jobs.CaptureSummary, all refunds.CaptureFigures) {
	if all.Missed > 0 {
		o.Add(EndedPerson, "%s missed: daesa accounts list --state missed", pay.Counted(all.Missed, "refund account"))
	}
	for _, gap := range pass.Gaps {
		o.Add(EndedIncomplete, "%s", gap.Text)
	}
}

// WatchCapture is `accounts capture --watch`: passes until it is stopped.
type WatchCapture struct {
	Job   *jobs.Capture
	Every time.Duration             // between two passes
	Tell  func(jobs.CaptureSummary) // tells people of a pass; may take long
	Warn  Warn
	Log   *slog.Logger
}

// Run passes until ctx ends. What goes on from pass to pass is said now and then.
func (x WatchCapture) Run(ctx context.Context) error {
	x.Log.Info("capture", "watching every", x.Every)
	told := passTeller{tell: x.Tell}
	defer told.all.Wait()
	var said repeated
	return x.Job.Watch(ctx, x.Every, func(s jobs.CaptureSummary) {
		x.Log.Info("capture", "new", s.New, "looked", s.Looked, "captured", s.Captured, "missed", s.Missed)
		for _, gap := range s.Gaps {
			if again, now := said.due(gap.Cause(), x.Job.Clock()); now {
				x.Warn("capture: "+gap.Text+again, gap.Hint())
			}
		}
		said.passed()
		told.notify(s)
	})
}

// passTeller tells of passes of a capture while it goes on: a service that is slow
// must not cost the seconds in which an account can still be seen.
type passTeller struct {
	tell func(jobs.CaptureSummary)
	busy atomic.Bool
	all  sync.WaitGroup
}

// notify tells of a pass, unless an earlier one is still being told: then what
// goes on is told by a later one.
func (t *passTeller) notify(s jobs.CaptureSummary) {
	if len(s.Gaps) == 0 && s.Missed == 0 || !t.busy.CompareAndSwap(false, true) {
		return
	}
	t.all.Go(func() {
		defer t.busy.Store(false)
		t.tell(s)
	})
}

// repeatAfter is after how long what goes on is said again.
const repeatAfter = 10 * time.Minute

// repeated keeps what is found again and again, such as by every pass of a watch,
// from being said each time.
type repeated struct{ said map[string]*saying }

type saying struct {
	at    time.Time
	first time.Time
	times int
	now   bool // found by the newest pass
}

// due reports whether what a pass has found is to be said now, and where it was
// said before how often it was found since it began.
func (r *repeated) due(what string, now time.Time) (again string, tell bool) {
	if r.said == nil {
		r.said = map[string]*saying{}
	}
	s := r.said[what]
	if s == nil {
		r.said[what] = &saying{at: now, first: now, times: 1, now: true}
		return "", true
	}
	s.times, s.now = s.times+1, true
	if now.Sub(s.at) < repeatAfter {
		return "", false
	}
	s.at = now
	return fmt.Sprintf(" (%d times within %s)", s.times, now.Sub(s.first).Round(time.Second)), true
}

// passed ends a pass: what it did not find any more is over, and is said anew
// when it comes back.
func (r *repeated) passed() {
	for what, s := range r.said {
		if !s.now {
			delete(r.said, what)
			continue
		}
		s.now = false
	}
}
