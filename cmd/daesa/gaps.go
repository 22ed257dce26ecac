package main

import (
	"fmt"
	"strings"
	"time"

	"daesa/pay"
	"daesa/reconcile"
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

// advise says what to do about what was told before.
func (a *invocation) advise(next string) {
	if next != "" {
		fmt.Fprintf(a.stderr, "hint: %s\n", plain(next))
	}
}

// warns tells what happened while a command goes on, and what to do next.
func (a *invocation) warns(text, next string) {
	lines := strings.Split(text, "\n") // an error may have one for each cause
	a.warn("%s", strings.Join(each(lines, plain), "\n"))
	a.advise(next)
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
