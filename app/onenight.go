package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"daesa/internal/hint"
	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/reports"
)

// nightEnded is how one merchant's night of a date ended.
type nightEnded struct {
	mid    string
	absent *reports.Snapshot // stands for a night that was not written; nil: it is stored
}

// compare runs one date for every merchant. One that fails does not stop the
// others: it is absent from the workbook, and said.
func (n *Nights) compare(ctx context.Context, job string, day pay.Day) ([]nightEnded, error) {
	var ran []nightEnded
	var failures []error
	var elsewhere []string // merchants that another process works on
	for _, mid := range n.Merchants {
		if slices.Contains(n.complete[mid], day) {
			ran = append(ran, nightEnded{mid: mid})
			continue
		}
		err := n.night(ctx, mid, job, day)
		n.noteKey(mid, nil, err)
		var running *reconcile.RunningError
		var kept *jobs.KeptError
		switch {
		case errors.As(err, &running):
			n.running(running)
			elsewhere = append(elsewhere, mid)
		case errors.As(err, &kept):
			n.kept = append(n.kept, Kept{mid, day, kept.Gaps})
			n.noteKey(mid, kept.Gaps, nil)
			n.Warn(fmt.Sprintf("%s %s: %v", mid, day, kept), hint.Of(kept))
			n.Outcome.Add(EndedIncomplete, "%s %s: %v", mid, day, kept)
			ran = append(ran, nightEnded{mid: mid})
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil && len(n.Merchants) > 1:
			n.Warn(fmt.Sprintf("merchant %s: %v", mid, err), hint.Of(err))
			n.Outcome.Add(EndedFailed, "%s %s: %v", mid, day, err)
			failures = append(failures, err)
			ran = append(ran, nightEnded{mid, n.absent(job, mid, day, err)})
		case err != nil:
			return nil, err
		default:
			ran = append(ran, nightEnded{mid: mid})
		}
	}
	switch {
	case len(failures) == len(n.Merchants):
		return nil, errors.Join(failures...)
	case len(ran) == 0:
		return nil, nil
	}
	for _, mid := range elsewhere {
		ran = append(ran, nightEnded{mid, n.absent(job, mid, day, &reconcile.Unread{Reason: reconcile.ReasonElsewhere})})
	}
	return ran, nil
}

// A night whose database goes away begins again when it is back: what was read
// of the provider stays. nightTries is how often, nightPause after how long.
const (
	nightTries = 20
	nightPause = 3 * time.Second
)

func (n *Nights) night(ctx context.Context, mid, job string, day pay.Day) error {
	for try := 1; ; try++ {
		night, err := n.Night(NightAsked{MID: mid, Job: job, Phones: job == jobs.JobMonthEnd, Again: try > 1})
		if err != nil {
			return &setupError{err}
		}
		_, err = night.Run(ctx, day, n.Now())
		if !n.WentAway(err) || try == nightTries || ctx.Err() != nil {
			return err
		}
		n.Warn(fmt.Sprintf("%s %s: %v; it begins again (%d of %d)", mid, day, err, try, nightTries-1), "")
		if err := n.Sleep(ctx, nightPause); err != nil {
			return err
		}
	}
}

// absent stands for a merchant without a night: visibly missing, not zero.
func (n *Nights) absent(job, mid string, day pay.Day, why error) *reports.Snapshot {
	return &reports.Snapshot{Run: reconcile.Run{ID: reconcile.RunID(job, mid, day), Job: job, MID: mid, Day: day, Now: n.Now(),
		Gaps: []reconcile.Gap{reconcile.NewGap(reconcile.SideProvider, reconcile.Part{Kind: reconcile.PartMerchant, Name: mid}, why, reconcile.ReasonNight)}}}
}

// noteKey notes a merchant whose secret key the provider does not accept.
func (n *Nights) noteKey(mid string, gaps []reconcile.Gap, err error) {
	var failure *pay.Failure
	if slices.ContainsFunc(gaps, reconcile.Gap.KeyRefused) || errors.As(err, &failure) && failure.Kind == pay.FailureKey {
		if n.refused == nil {
			n.refused = map[string]string{}
		}
		n.refused[mid] = refunds.WhyKeyRefused
	}
}

// runningLimit is for how long a run may go on before a second copy says that
// something is wrong with it.
const runningLimit = 6 * time.Hour

func (n *Nights) running(r *reconcile.RunningError) {
	n.Warn(r.Error(), "")
	if n.Clock().Sub(r.Entry.StartedAt) > runningLimit {
		n.Outcome.Add(EndedFailed, "%v, for more than %d hours", r, int(runningLimit.Hours()))
	}
}

// judge adds to the outcome what of a night a person must know.
func (n *Nights) judge(s reports.Snapshot) {
	if s.Run.Mode == reconcile.ModeLookup {
		n.Warn(fmt.Sprintf("%s %s: reconcile.mode is lookup: payments that the shop does not know, second payments of an order and deposits that were taken back cannot be seen", s.Run.MID, s.Run.Day), "")
	}
	if !s.Run.Complete {
		n.Outcome.Add(EndedIncomplete, "%s %s is incomplete: what could not be read whole: %s", s.Run.MID, s.Run.Day, reconcile.CountKinds(s.Run.Gaps))
		n.keepUnread(s)
	}
	n.judgeDeadlines(s)
	for _, kind := range s.Run.Suspect {
		n.Outcome.Add(EndedPerson, "%s %s is suspect: too many %s; check the key and the order export first, no refunds were proposed", s.Run.MID, s.Run.Day, kind)
	}
	for _, total := range s.Run.Totals {
		if total.Unexplained != 0 && s.Run.Complete {
			n.Outcome.Add(EndedPerson, "%s %s: %s %s are unexplained", s.Run.MID, s.Run.Day, total.Currency.Format(total.Unexplained), total.Currency)
		}
	}
}

// judgeDeadlines names what nobody asked to refund yet and what runs out before
// the next planned refund run, with the money at stake. What was asked for is
// among what waits.
func (n *Nights) judgeDeadlines(s reports.Snapshot) {
	count, money := map[pay.Currency]int{}, map[pay.Currency]int64{}
	for _, deadline := range s.Deadlines {
		if deadline.RefundID == "" && deadline.TooLate && deadline.CancelBy.After(s.Run.Now) {
			count[deadline.Currency]++
			money[deadline.Currency] += deadline.Amount
		}
	}
	for _, currency := range slices.Sorted(maps.Keys(count)) {
		n.Outcome.Add(EndedPerson, "%s %s: %d differences over %s of which nobody asked for the refund run out before the next planned refund run (schedule.refunds)",
			s.Run.MID, s.Run.Day, count[currency], currency.Spell(money[currency]))
	}
}

// unread is what nights of one merchant could not read.
type unread struct {
	from, to pay.Day
	gaps     []reconcile.Gap
}

// keepUnread keeps what a night could not read, to be said when all nights of the
// command are over: most often the cause is the same.
func (n *Nights) keepUnread(s reports.Snapshot) {
	if n.unread == nil {
		n.unread = map[string]*unread{}
	}
	u := n.unread[s.Run.MID]
	if u == nil {
		u = &unread{from: s.Run.Day, to: s.Run.Day}
		n.unread[s.Run.MID] = u
	}
	u.from, u.to = min(u.from, s.Run.Day), max(u.to, s.Run.Day)
	u.gaps = append(u.gaps, s.Run.Gaps...)
}

// warnUnread names what could not be read: one line for each cause, with what to
// do.
func (n *Nights) warnUnread() {
	for _, mid := range slices.Sorted(maps.Keys(n.unread)) {
		u := n.unread[mid]
		days := string(u.from)
		if u.to != u.from {
			days += " to " + string(u.to)
		}
		for _, group := range reconcile.GroupGaps(u.gaps) {
			n.Warn(fmt.Sprintf("%s %s: %s", mid, days, group), group.Hint())
		}
	}
	n.unread = nil
}
