package main

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"daesa/internal/hint"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports"
)

// missingDocument is a part that could not be read.
type missingDocument struct {
	Side string  `json:"side"`
	What string  `json:"what"`
	Why  string  `json:"why"`
	Kind *string `json:"kind"` // list, proof, look_up, settlement, shop or merchant
}

func newMissingDocument(g reconcile.Gap) missingDocument {
	return missingDocument{g.Side, g.What, g.Why, orNull(g.Kind())}
}

// unread is what nights of one merchant could not read.
type unread struct {
	from, to pay.Day
	gaps     []reconcile.Gap
}

// keepGaps keeps what a night could not read, to be said when all nights of the
// command are over: most often the cause is the same.
func (n *nights) keepGaps(s reports.Snapshot) {
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

// sayGaps names what could not be read: one line for each cause, with what to do.
func (a *app) sayGaps(n *nights) {
	for _, mid := range slices.Sorted(maps.Keys(n.unread)) {
		u := n.unread[mid]
		days := string(u.from)
		if u.to != u.from {
			days += " to " + string(u.to)
		}
		for _, group := range reconcile.GroupGaps(u.gaps) {
			a.warn("%s %s: %s", mid, days, plain(group.String()))
			a.advise(group.Hint())
		}
	}
	n.unread = nil
}

// advise says what to do about what was told before.
func (a *app) advise(next string) {
	if next != "" {
		fmt.Fprintf(a.stderr, "hint: %s\n", plain(next))
	}
}

// warnOf tells an error that does not end the command, and its next step.
func (a *app) warnOf(err error, format string, values ...any) {
	a.warn(format, values...)
	a.advise(hint.Of(err))
}

// gapHint is what to do about calls that failed; "" where none did.
func gapHint(kind pay.FailureKind) string {
	if kind == "" {
		return ""
	}
	return (&pay.Failure{Kind: kind}).Hint()
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

// say says whether what a pass has found is to be said now, and where it was said
// before how often it was found since it began.
func (r *repeated) say(what string, now time.Time) (again string, tell bool) {
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
