package doctor

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"daesa/app"
	"daesa/internal/hint"
	"daesa/pay"
	"daesa/reconcile"
)

// Health is what an examination says of one thing.
type Health string

// The three that it can say.
const (
	Healthy Health = "ok"
	Ailing  Health = "warn" // a person should look
	Broken  Health = "fail" // daesa will not work so
)

// Finding is one thing that was looked at.
type Finding struct {
	Check  string // such as "schedule"
	State  Health
	About  string // a key of the configuration, a merchant, a file; "": none
	Text   string
	Remedy string // "": nothing needs to be done
}

// Examination gathers what `doctor` finds. Each of its methods is one check.
type Examination struct {
	Findings []Finding

	space func(folder string) (bytes int64, known bool) // of a disk; tests set it
}

func (x *Examination) add(check string, state Health, about, text, remedy string) {
	x.Findings = append(x.Findings, Finding{check, state, about, text, remedy})
}

// OK says that a thing is as it should be.
func (x *Examination) OK(check, about, text string) { x.add(check, Healthy, about, text, "") }

// Warn says that a person should look.
func (x *Examination) Warn(check, about, text, remedy string) {
	x.add(check, Ailing, about, text, remedy)
}

// Fail says that daesa will not work so.
func (x *Examination) Fail(check, about, text, remedy string) {
	x.add(check, Broken, about, text, remedy)
}

// FailWith reports an error, with its own hint where it has one.
func (x *Examination) FailWith(check, about string, err error, remedy string) {
	x.Fail(check, about, err.Error(), cmp.Or(hint.Of(err), remedy))
}

// A clock that is further than this from the provider's is told of; beyond the
// second limit deadlines and leases cannot be trusted.
const (
	clockWarn = time.Minute
	clockFail = 5 * time.Minute
)

// CompareClock compares the clock with the provider's Date, which is cut to the second
// and was written somewhere between before and after; zero: it sent none.
func (x *Examination) CompareClock(mid string, before, after, provider time.Time) {
	const remedy = "let the machine set its clock by itself (NTP, chrony, systemd-timesyncd)"
	if provider.IsZero() {
		x.Warn("clock", mid, "could not be compared: the provider sent no Date", "run daesa doctor again once the provider answers")
		return
	}
	off := time.Duration(0)
	switch {
	case provider.Add(time.Second).Before(before):
		off = before.Sub(provider.Add(time.Second))
	case provider.After(after):
		off = provider.Sub(after)
	}
	text := fmt.Sprintf("%s off the provider's", off.Round(time.Second))
	switch {
	case off > clockFail:
		x.Fail("clock", mid, text, remedy)
	case off > clockWarn:
		x.Warn("clock", mid, text, remedy)
	default:
		x.OK("clock", mid, "agrees with the provider's")
	}
}

// Schedules are those that deadlines depend on.
type Schedules struct {
	Nightly, Refunds, MonthEnd app.Schedule
}

// monthsAhead is how far the schedule is held against the month-end deadline.
const monthsAhead = 12

// Schedule holds the schedule against the deadlines: a payment by phone can be
// cancelled only until 23:59:59 of the last day of its month.
func (x *Examination) Schedule(s Schedules, now time.Time) {
	before := len(x.Findings)
	if s.Nightly.IsZero() {
		x.Warn("schedule", "schedule.nightly", "is empty: no night is planned, so no deadline can be warned of in time", `write "30 1 * * *", and start daesa nightly then`)
	}
	if missed := monthEndsWithout(s.Refunds, now); len(missed) > 0 {
		x.Warn("schedule", "schedule.refunds", "has no run on the last day of "+monthsOf(missed)+": refunds of phone payments can miss their deadline",
			`write "*/10 * * * *", or add a run late on the last day of each month`)
	}
	if missed := monthEndsWithout(s.MonthEnd, now); len(missed) > 0 {
		x.Warn("schedule", "schedule.month_end", "has no run on the last day of "+monthsOf(missed)+": what the shop cancels of phone payments on that day is found only when it is too late",
			`write "0 10,14,17,20,22 28-31 * *"`)
	}
	if len(x.Findings) > before {
		return
	}
	x.OK("schedule", "", fmt.Sprintf("nightly next at %s, refunds at %s", pay.FormatTime(s.Nightly.Next(now.In(pay.Seoul))), pay.FormatTime(s.Refunds.Next(now.In(pay.Seoul)))))
}

// monthEndsWithout gives the last days of the coming months on which a schedule
// has no run.
func monthEndsWithout(s app.Schedule, now time.Time) []pay.Day {
	var missed []pay.Day
	last := pay.DayOf(pay.EndOfMonth(now).Add(-time.Second))
	for range monthsAhead {
		next := s.Next(last.Start().Add(-time.Second))
		if next.IsZero() || !next.Before(last.End()) {
			missed = append(missed, last)
		}
		last = pay.DayOf(pay.EndOfMonth(last.End()).Add(-time.Second))
	}
	return missed
}

func monthsOf(days []pay.Day) string {
	if len(days) == monthsAhead {
		return "any month"
	}
	months := make([]string, len(days))
	for i, day := range days {
		months[i] = string(day)[:len("2006-01")]
	}
	return strings.Join(months, ", ")
}

// Nights looks for business dates that should be complete and are not.
func (x *Examination) Nights(ctx context.Context, ledger app.Ledger, about string, merchants []string, nightly app.Schedule, now time.Time) error {
	runs, err := ledger.Runs(ctx, about)
	if err != nil {
		return err
	}
	complete := func(run reconcile.LedgerEntry) bool { return run.State == reconcile.RunComplete }
	without := app.NightsWithout(runs, pay.DayOf(now), complete)
	for _, mid := range merchants {
		var late []pay.Day
		for _, day := range without[mid] {
			if app.Overdue(nightly, day, now) {
				late = append(late, day)
			}
		}
		switch {
		case len(late) > 0:
			x.Warn("nights", mid, fmt.Sprintf("%s not complete, the oldest %s", pay.Counted(len(late), "business date"), late[0]),
				"run daesa nightly: it takes up every date since the last complete one; daesa runs list shows how each ended")
		case len(runs) == 0:
			x.OK("nights", mid, "none has run yet: daesa nightly runs the first")
		default:
			x.OK("nights", mid, "none is missing")
		}
	}
	return nil
}

// nightConnections is with how many connections a night can be run: one holds its
// comparison, the other does all else.
const nightConnections = 2

// Connections judges how many connections the database allows, by which of its
// limits, where this process opens at most so many.
func (x *Examination) Connections(about string, allowed int, by string, most int) {
	text := fmt.Sprintf("the %s allows %s, for all processes together", by, pay.Counted(allowed, "connection"))
	switch {
	case allowed < nightConnections:
		x.Fail("connections", about, text+"; a night needs two", "raise the limit: ALTER ROLE ... CONNECTION LIMIT, ALTER DATABASE ... CONNECTION LIMIT, or max_connections of the server")
	case allowed < most:
		x.Warn("connections", about, fmt.Sprintf("%s; each may open %d, and then waits and does with fewer", text, most),
			fmt.Sprintf("raise the limit, or write database.max_connections: %d", allowed))
	default:
		x.OK("connections", about, text)
	}
}

// Owner proves mid and key of a merchant against the provider: the rows of its
// transaction list name the merchant whose key it is. mids are its mid and its
// also_mids; listNeeded says that a night reads the list.
func (x *Examination) Owner(ctx context.Context, list Transactions, mids []string, listNeeded bool, now time.Time) {
	const unasked = "the first look-up of a payment will show it: one of another merchant is neither compared nor refunded"
	mid := mids[0]
	owner, err := OwnerOfKey(ctx, list, mids, now)
	if err != nil {
		if !listNeeded {
			x.OK("mid", mid, "not provable: the transaction list does not answer; "+unasked)
			return
		}
		x.Warn("mid", mid, "could not be proved: "+err.Error(), "run daesa doctor again; "+unasked)
		return
	}
	when := pay.FormatTime(owner.At)
	switch proof, strangers := owner.Prove(mids); {
	case proof == NotYetProvable:
		x.OK("mid", mid, fmt.Sprintf("not yet provable: the key has no transaction of the last %d days; %s", int(KeyWindows[len(KeyWindows)-1].Hours()/24), unasked))
	case proof == KeyIsAnothers:
		x.Fail("mid", mid, fmt.Sprintf("the key is of %s, as Toss's newest transaction of %s says", quoted(strangers), when),
			"correct merchants.mid, or name it in also_mids if the key answers for that MID of the shop too; until then its payments are neither compared nor refunded")
	case len(strangers) > 0:
		x.OK("mid", mid, fmt.Sprintf("the key is of this merchant, as Toss says; it answers for %s too, whose payments are not ours (also_mids)", quoted(strangers)))
	default:
		x.OK("mid", mid, fmt.Sprintf("the key is of this merchant, as Toss's newest transaction of %s says", when))
	}
}

func quoted(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = fmt.Sprintf("%q", word)
	}
	return strings.Join(quoted, ", ")
}

// Ending is how a command ends that finds this; false: well.
func (f Finding) Ending() (app.Ending, bool) {
	switch f.State {
	case Ailing:
		return app.EndedPerson, true
	case Broken:
		return app.EndedFailed, true
	default:
		return "", false
	}
}
