package refunds_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"daesa/pay"
	"daesa/refunds"
)

// wideLimit is a limit that nothing is above.
const wideLimit = 1e12

// drawSettings draws what the operator does to the configuration: a limit is
// lowered below what was approved, or the merchant leaves, and comes back later.
// It has dice of its own, so that the seeds of before still tell what they told.
func (o *options) drawSettings() {
	r := rand.New(rand.NewPCG(o.Seed, 0x5e77))
	if o.Mild || !chance(r, 0.15) {
		return
	}
	o.Nights = true
	from := span(r, 0, o.Length/2)
	until := from + span(r, time.Hour, max(2*time.Hour, o.Length-from))
	if chance(r, 0.5) {
		o.Acts = append(o.Acts, act{At: from, What: "limits lowered", Sum: 1 + r.Int64N(20_000)}, act{At: until, What: "limits raised"})
		return
	}
	o.Acts = append(o.Acts, act{At: from, What: "merchant gone"}, act{At: until, What: "merchant back"})
}

// waitFacts are what the configuration says at this moment.
func (s *sim) waitFacts() refunds.Facts {
	limits := refunds.Limits{Single: s.single, Run: wideLimit, Day: s.opt.dayAmount()}
	f := refunds.Facts{Configured: slices.Collect(maps.Keys(s.mids())), Send: true, Told: s.now.Add(24 * time.Hour),
		Budget: refunds.Budget{RunCount: 1000, DayCount: s.opt.DayCount, Of: map[pay.Currency]refunds.Limits{pay.KRW: limits, pay.USD: limits}}}
	if s.unconfigured {
		f.Configured = nil
	}
	return f
}

// checkWaiting: every open request has at any time one sentence that says what it
// waits for, who acts and until when.
func (s *sim) checkWaiting() {
	standing := refunds.Standing{Braked: s.brake >= 0, Today: refunds.Spent{Of: map[pay.Currency]int64{}}}
	for _, r := range s.last {
		if r.State.Open() || r.State == refunds.StateAccepted {
			standing.Open = append(standing.Open, refunds.Open{Request: r})
		}
	}
	waits := refunds.Waits
	if s.bug.waits != nil {
		waits = s.bug.waits
	}
	list := waits(standing, s.waitFacts(), s.now)
	for _, o := range standing.Open {
		i := slices.IndexFunc(list, func(w refunds.Waiter) bool { return w.ID == o.ID })
		if i < 0 || list[i].Why == "" {
			s.fail("W", "%s is %s, and nobody says what it waits for", s.short(o.ID), o.State)
			continue
		}
		for _, lang := range []refunds.Language{refunds.Korean, refunds.English} {
			if said := list[i].Sentence(lang); said.Cause == "" || said.Who == "" || said.Next == "" {
				s.fail("W", "%s is %s because of %s, and the sentence is %q", s.short(o.ID), o.State, list[i].Why, said)
			}
		}
		over := !o.CancelBy.IsZero() && o.CancelBy.Before(s.now)
		stuck := s.unconfigured || o.State.Unsent() && o.Amount > min(s.single, s.opt.dayAmount()) && !over
		if stuck && !list[i].Stuck && list[i].Why != refunds.WhyDeadline {
			s.fail("W", "%s is %s and can never be sent, and it is said to wait because of %s", s.short(o.ID), o.State, list[i].Why)
		}
		if !stuck && list[i].Stuck {
			s.fail("W", "%s is %s and workers come to it, and it is said never to be sent because of %s", s.short(o.ID), o.State, list[i].Why)
		}
	}
}

// runWithoutMerchant is a refund run while the merchant is not configured: no
// worker comes to its requests.
func (s *sim) runWithoutMerchant() {
	s.note("a run, and the merchant is not configured")
	s.expireBy("a run", func(string) bool { return s.unconfigured })
}

// night is the part of a night that comes to refunds: those of its merchant, and
// of merchants that left the configuration.
func (s *sim) night() {
	s.note("a night")
	s.expireBy("a night", func(string) bool { return true })
	standing, err := s.db.Standing(s.ctx, s.now)
	s.must(err)
	seen := map[string]bool{}
	for _, o := range standing.Open {
		seen[o.ID] = true
	}
	for _, r := range s.last {
		if (r.State.Open() || r.State == refunds.StateAccepted) != seen[r.ID] {
			s.fail("W", "%s is %s, and the count of what waits has it: %v", s.short(r.ID), r.State, seen[r.ID])
		}
	}
}

// expireBy lets requests expire, and looks that none is left past its deadline.
func (s *sim) expireBy(what string, whose func(mid string) bool) {
	if s.bug.whose != nil {
		whose = s.bug.whose(s, whose)
	}
	_, err := s.db.ExpireRefunds(s.ctx, refunds.Expiry{Whose: whose, RunID: "run", Actor: "daesa", Now: s.now})
	s.must(err)
	s.checkStore()
	for _, r := range s.last {
		if r.State.Unsent() && !r.CancelBy.IsZero() && s.now.After(r.CancelBy) {
			s.fail("W", "after %s %s is %s, %s past its deadline", what, s.short(r.ID), r.State, s.now.Sub(r.CancelBy))
		}
	}
}

// settingsChange is what the operator does to the configuration.
func (s *sim) settingsChange(a act) bool {
	switch a.What {
	case "limits lowered":
		s.single = a.Sum
	case "limits raised":
		s.single = wideLimit
	case "merchant gone":
		s.unconfigured = true
	case "merchant back":
		s.unconfigured = false
	default:
		return false
	}
	s.checkWaiting()
	return true
}

// atNight runs the nights that are due. A database that is behind what was sent
// from it lets nothing expire.
func (s *sim) atNight() {
	if !s.opt.Nights || s.quarantine || s.now.Before(s.nextNight) {
		return
	}
	s.nextNight = pay.DayOf(s.now).End().Add(90 * time.Minute)
	s.night()
}

// settings print what of the configuration changes.
func (o options) settings() string {
	if !o.Nights {
		return ""
	}
	return fmt.Sprintf(" nights %v", o.Nights)
}
