package refunds

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"daesa/pay"
)

// Open is a request that has not come to its end, as the store keeps it:
// State.Open, or Accepted.
type Open struct {
	Request
	LeaseUntil time.Time // a worker has it until then; zero: none has
	InProgress bool      // accepted, and the cancel still runs at Toss
}

// Standing is all that the store knows about what is open at a moment, over all
// merchants, also those that are not configured any more.
type Standing struct {
	Open   []Open
	Braked bool
	Today  Spent // of the day limits
}

// Expiry lets unsent requests expire whose deadline has passed. Nobody looks at
// the provider for it: nothing of them was ever sent.
type Expiry struct {
	Whose func(mid string) bool // nil: nobody's
	RunID string
	Actor string
	Now   time.Time
}

// Spent is what of the limits of a business day is used up.
type Spent struct {
	Count int64
	Of    map[pay.Currency]int64 // in the smallest unit
}

// Facts are what decides, beside the requests themselves, whether they can go
// on.
type Facts struct {
	Configured []string          // the MIDs of the configuration, also_mids among them: workers come to them
	Unasked    map[string]string // merchants that could not be asked just now, and the reason: a Why
	Unsigned   map[string]string // requests that no worker would send for want of a signature that stands, and the reason: a Why
	Send       bool              // refunds.send
	Budget     Budget
	NextRun    func(after time.Time) time.Time // of the planned refund runs; nil: none is known of
	// Told is when people hear of it next: what runs out before then and waits for
	// a person is said now.
	Told time.Time
}

// Wait says of an open request what it waits for. Who acts follows from Why.
type Wait struct {
	Why   string    // one of the reasons of daesa's own
	Until time.Time // the cancel deadline, else when daesa looks at it next; zero: neither is known
	Next  bool      // Until is such a next look
	Stuck bool      // as the configuration stands it is never sent, whoever approves and however long it waits
	Late  bool      // its deadline passes before that comes for which it waits
}

// Who is who acts.
func (w Wait) Who() Actor { return sentences[w.Why].do.who }

// Person says whether somebody must act before it goes on.
func (w Wait) Person() bool { return w.Who() != daesaActs }

// Sentence says what it waits for, who acts and until when.
func (w Wait) Sentence(lang Language) Sentence {
	if sentences[w.Why].over { // the deadline has passed, and belongs to the cause
		return Explain(lang, w.Why, "", w.Until)
	}
	s := Explain(lang, w.Why, "", time.Time{})
	switch {
	case w.Until.IsZero():
		s.Next += lang.pick(" (정해진 기한 없음)", " (no date is set)")
	case w.Next:
		s.Next += momentWords(lang, w.Until, " (다음 조회 2006년 1월 2일 15:04)", " (next look 2 Jan 2006 15:04, Seoul)")
	default:
		s.Next += deadlineWords(lang, w.Until)
	}
	return s
}

// Waiting says what one open request waits for. behind: another refund of the
// same payment is on its way. It is pure.
func Waiting(o Open, behind bool, s Standing, f Facts, now time.Time) Wait {
	w := Wait{Why: f.why(o, behind, s, now), Until: o.CancelBy}
	w.Stuck = stuck(w.Why)
	if w.Until.IsZero() || !o.hasDeadline() {
		w.Until = f.nextLook(o, w, now)
		w.Next = !w.Until.IsZero()
	}
	w.Late = f.late(o, w, now)
	return w
}

// hasDeadline says whether the cancel deadline is still ahead of it: nothing of
// it was sent, or a person may find that nothing came of it.
func (o Open) hasDeadline() bool { return o.State.Unsent() || o.State == StateHeld }

// nextLook is when daesa comes to the request next; zero: not by itself.
func (f Facts) nextLook(o Open, w Wait, now time.Time) time.Time {
	if w.Stuck || w.Person() && o.State != StateHeld {
		return time.Time{}
	}
	at := o.NextAt
	if o.State == StateSending {
		at = o.LeaseUntil
	}
	switch {
	case at.After(now):
		return at
	case f.NextRun != nil:
		return f.NextRun(now)
	default:
		return time.Time{}
	}
}

// stuck are the reasons that neither a word nor time takes away.
func stuck(why string) bool {
	switch why {
	case WhyNotConfigured, WhyAboveSingle, WhyAboveRun, WhyAboveDay, WhyNoCount, WhyBlocked:
		return true
	default:
		return false
	}
}

// why is the reason that must go first: each makes those below it pointless.
func (f Facts) why(o Open, behind bool, s Standing, now time.Time) string {
	unsent := o.State.Unsent()
	switch {
	case unsent && (Deadline{By: o.CancelBy}).Over(now):
		return WhyDeadline
	case !slices.Contains(f.Configured, o.MID):
		return WhyNotConfigured
	case unsent && f.never(o.Request) != "":
		return f.never(o.Request)
	}
	switch o.State {
	case StateRequested:
		if o.ErrorCode == WhyAboveBalance {
			return WhyAboveBalance // no word is taken for it
		}
		return WhyAwaitsApproval
	case StateNeedsAccount:
		return WhyNeedsAccount
	case StateHeld:
		return WhyMustLook
	case StateSending:
		if o.LeaseUntil.After(now) {
			return WhyBeingSent
		}
		return cmp.Or(f.Unasked[o.MID], WhyLookedUp)
	case StateUnknown:
		return cmp.Or(f.Unasked[o.MID], WhyLookedUp)
	case StateAccepted:
		return cmp.Or(f.Unasked[o.MID], WhyOnItsWay)
	default:
		return f.unsent(o, behind, s, now)
	}
}

// unsent says why what is approved has not been sent.
func (f Facts) unsent(o Open, behind bool, s Standing, now time.Time) string {
	switch {
	case f.Unsigned[o.ID] != "":
		return f.Unsigned[o.ID]
	case !f.Send:
		return WhySendFalse
	case s.Braked:
		return WhyPaused
	case f.Unasked[o.MID] != "":
		return f.Unasked[o.MID]
	case behind:
		return WhyInFlight
	case s.Today.Count >= f.Budget.DayCount, s.Today.Of[o.Currency]+o.Amount > f.Budget.Of[o.Currency].Day:
		return WhyDayFull
	case o.NextAt.After(now):
		return WhyRetryLater
	default:
		return WhyNextRun
	}
}

// never names the limit under which a request of this amount is never sent; ""
// where it fits into an empty run of an empty day.
func (f Facts) never(r Request) string {
	l := f.Budget.Of[r.Currency]
	switch {
	case f.Budget.RunCount < 1 || f.Budget.DayCount < 1:
		return WhyNoCount
	case l.Single < 1 || l.Run < 1 || l.Day < 1:
		return WhyBlocked
	case r.Amount > l.Single:
		return WhyAboveSingle
	case r.Amount > l.Run:
		return WhyAboveRun
	case r.Amount > l.Day:
		return WhyAboveDay
	default:
		return ""
	}
}

// late says whether the deadline passes before that for which the request waits
// can come. What was sent is looked up whatever its deadline.
func (f Facts) late(o Open, w Wait, now time.Time) bool {
	by := o.CancelBy
	switch {
	case by.IsZero() || now.After(by) || !o.hasDeadline():
		return false
	case w.Stuck:
		return true
	case w.Person() && by.Before(f.Told):
		return true
	case o.State == StateHeld:
		return false
	}
	from := pay.Latest(now, o.NextAt)
	if w.Why == WhyDayFull {
		from = pay.DayOf(now).End()
	}
	if f.NextRun == nil {
		return from.After(by)
	}
	run := f.NextRun(from.Add(-time.Nanosecond))
	return run.IsZero() || run.After(by)
}

// Waiter is an open request, and what it waits for.
type Waiter struct {
	Open
	Wait
}

// Sentence says what the request waits for, who acts and until when. Where a code
// of the provider, or an earlier reason, says more exactly what a person is to do
// about its state, that is said.
func (w Waiter) Sentence(lang Language) Sentence {
	switch w.State {
	case StateRequested, StateNeedsAccount, StateUnknown, StateHeld:
		if w.ErrorCode != "" && !w.Stuck && w.Why != WhyDeadline && w.Why != WhyKeyRefused {
			return Explain(lang, w.ErrorCode, w.ErrorMessage, w.CancelBy)
		}
	default: // its own reason is the most exact
	}
	return w.Wait.Sentence(lang)
}

// Waits says of everything that is open what it waits for, the most urgent
// deadline first. It is pure.
func Waits(s Standing, f Facts, now time.Time) []Waiter {
	flying := map[string]int{} // requests of a payment that are on their way
	onItsWay := func(o Open) bool {
		return o.State == StateSending || o.State == StateUnknown || o.State == StateRetry || o.State == StateAccepted && o.InProgress
	}
	for _, o := range s.Open {
		if onItsWay(o) {
			flying[o.PaymentKey]++
		}
	}
	list := make([]Waiter, len(s.Open))
	for i, o := range s.Open {
		behind := flying[o.PaymentKey] > 0 && !onItsWay(o)
		list[i] = Waiter{o, Waiting(o, behind, s, f, now)}
	}
	slices.SortStableFunc(list, moreUrgent)
	f.crowd(list, s, now)
	return list
}

// moreUrgent is the order in which the queue is sent.
func moreUrgent(a, b Waiter) int {
	if a.CancelBy.IsZero() != b.CancelBy.IsZero() {
		if a.CancelBy.IsZero() {
			return 1
		}
		return -1
	}
	return cmp.Or(a.CancelBy.Compare(b.CancelBy), a.RequestedAt.Compare(b.RequestedAt), strings.Compare(a.ID, b.ID))
}

// crowd finds what could be sent and comes too late all the same, since runs and
// days have limits and others go first.
func (f Facts) crowd(list []Waiter, s Standing, now time.Time) {
	if f.NextRun == nil {
		return
	}
	plan := newRunPlan(f, s, now)
	for i := range list {
		w := &list[i]
		if w.CancelBy.IsZero() {
			return // and so have all that follow
		}
		switch w.Why {
		case WhyNextRun, WhyRetryLater, WhyDayFull, WhyInFlight:
			w.Late = w.Late || !plan.take(w.Request)
		default: // it waits for something else
		}
	}
}

// runPlan is what the planned runs can still send.
type runPlan struct {
	Facts
	runs []plannedRun
	from map[pay.Currency]int // the first run that may have room
	days map[pay.Day]*Spent
}

type plannedRun struct {
	at    time.Time
	spent Spent
}

func newRunPlan(f Facts, s Standing, now time.Time) *runPlan {
	today := Spent{Count: s.Today.Count, Of: map[pay.Currency]int64{}}
	for currency, amount := range s.Today.Of {
		today.Of[currency] = amount
	}
	p := &runPlan{Facts: f, from: map[pay.Currency]int{}, days: map[pay.Day]*Spent{pay.DayOf(now): &today}}
	p.plan(now)
	return p
}

// plan adds the next planned run.
func (p *runPlan) plan(after time.Time) bool {
	at := p.NextRun(after)
	if at.IsZero() {
		return false
	}
	p.runs = append(p.runs, plannedRun{at: at, spent: Spent{Of: map[pay.Currency]int64{}}})
	return true
}

// take finds the run that sends a request; false: its deadline is before that.
func (p *runPlan) take(r Request) bool {
	for i := p.from[r.Currency]; ; i++ {
		if i == len(p.runs) && (len(p.runs) == 0 || !p.plan(p.runs[i-1].at)) {
			return false
		}
		run := &p.runs[i]
		if run.at.After(r.CancelBy) {
			return false
		}
		day := p.days[pay.DayOf(run.at)]
		if day == nil {
			day = &Spent{Of: map[pay.Currency]int64{}}
			p.days[pay.DayOf(run.at)] = day
		}
		l := p.Budget.Of[r.Currency]
		if run.spent.Count < p.Budget.RunCount && run.spent.Of[r.Currency]+r.Amount <= l.Run &&
			day.Count < p.Budget.DayCount && day.Of[r.Currency]+r.Amount <= l.Day {
			for _, spent := range []*Spent{&run.spent, day} {
				spent.Count++
				spent.Of[r.Currency] += r.Amount
			}
			return true
		}
		p.from[r.Currency] = i + 1 // a run does not go on after a limit
	}
}
