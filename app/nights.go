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
	"daesa/reports"
	"daesa/settle"
)

// NightBooks know which business dates are complete.
type NightBooks interface {
	Snapshots
	// CompleteDays gives the complete dates of a merchant before a day.
	CompleteDays(ctx context.Context, job, mid string, before pay.Day) ([]pay.Day, error)
	// FirstRunDay gives a merchant's first date, complete or not; "": none.
	FirstRunDay(ctx context.Context, job, mid string) (pay.Day, error)
}

// Nights runs business dates for merchants: each merchant's night of a date,
// one workbook, one message. Begin at Run.
type Nights struct {
	Merchants  []string // of the command
	Configured []string // all: a workbook and a message have every one
	Books      NightBooks
	// Night wires one merchant's night; its error ends the command.
	Night     func(NightAsked) (Night, error)
	WentAway  func(err error) bool // the database is away, and may come back
	Sleep     func(ctx context.Context, d time.Duration) error
	Workbooks func() (Workbooks, error)
	Delivery  Delivery
	Teller    *Teller
	Month     func(ctx context.Context, month settle.Month) ([]MonthNews, error) // how a month stands; nil: nobody says
	Needs     *Needs
	Warn      Warn
	Outcome   *Outcome
	Now       func() time.Time // the business's clock
	Clock     func() time.Time // the real one

	// complete are the complete dates of each merchant, where the command runs
	// what is due: they are not run again.
	complete map[string][]pay.Day
	kept     []Kept
	unread   map[string]*unread
	refused  map[string]string // merchants whose key is not accepted: refunds.WhyKeyRefused
	whole    bool              // yesterday is complete for all merchants: the watcher hears of it
}

// Date is a business date that was run.
type Date struct {
	Day      pay.Day
	Nights   []NightTold // of every merchant of the command
	Kept     []Kept
	Workbook string // its place; "": none is drawn
}

// NightTold is what a command says of one merchant's night, without the rows of its
// workbook: many dates may be run by one command.
type NightTold struct {
	Run        reconcile.Run
	Settlement *reports.Settlement
}

func nightsTold(snapshots []reports.Snapshot) []NightTold {
	list := make([]NightTold, len(snapshots))
	for i, s := range snapshots {
		list[i] = NightTold{s.Run, s.Settlement}
	}
	return list
}

// Kept is a complete night that could not be read again as a whole. It stands;
// what could not be read is said all the same.
type Kept struct {
	MID  string
	Day  pay.Day
	Gaps []reconcile.Gap
}

// Night is one merchant's: jobs.Nightly. What it gives is also what is stored, unless
// it was about given orders.
type Night interface {
	Run(ctx context.Context, day pay.Day, now time.Time) (reports.Snapshot, error)
}

// NightAsked says which night is to be wired.
type NightAsked struct {
	MID, Job string
	Given    []string // orders to compare alone; nil: all that were touched
	Phones   bool     // phone payments alone, which can be cancelled only within their month
	Again    bool     // it begins again, and may find its own lease, which nobody could end
}

// setupError ends a command at once: no other date could go better.
type setupError struct{ error }

// Unwrap gives the cause.
func (e *setupError) Unwrap() error { return e.error }

func (n *Nights) today() pay.Day { return pay.DayOf(n.Now()) }

// Due gives the dates that some merchant lacks up to yesterday, oldest first.
func (n *Nights) Due(ctx context.Context) ([]pay.Day, error) {
	n.complete = map[string][]pay.Day{}
	due := map[pay.Day]bool{}
	for _, mid := range n.Merchants {
		complete, err := n.Books.CompleteDays(ctx, jobs.JobNightly, mid, n.today())
		if err != nil {
			return nil, err
		}
		first, err := n.Books.FirstRunDay(ctx, jobs.JobNightly, mid)
		if err != nil {
			return nil, err
		}
		n.complete[mid] = complete
		for _, day := range jobs.Dates(complete, first, n.today()) {
			due[day] = true
		}
	}
	dates := slices.Sorted(maps.Keys(due))
	if len(dates) == 1 && dates[0] == n.today().Add(-1) {
		n.complete = nil // nothing was missed: yesterday runs for all
	}
	return dates, nil
}

// Run runs dates, draws the workbook of each and tells people. One that fails
// keeps no other from being run. Dates on which another process works are not
// among those that it gives; people are told of a failure where nothing was
// written at all.
func (n *Nights) Run(ctx context.Context, job string, dates []pay.Day) ([]Date, error) {
	done, err := n.run(ctx, job, dates)
	var setup *setupError
	if err != nil && ctx.Err() == nil && !errors.As(err, &setup) { // those are seen by who called
		n.Teller.FailedNight(ctx, slices.Sorted(maps.Keys(n.refused)))
	}
	return done, err
}

func (n *Nights) run(ctx context.Context, job string, dates []pay.Day) ([]Date, error) {
	defer n.warnUnread()
	var done []Date
	var failures []error
	for _, day := range dates {
		date, err := n.date(ctx, job, day)
		var setup *setupError
		switch {
		case err != nil && (ctx.Err() != nil || errors.As(err, &setup)):
			return nil, err
		case err != nil: // the other dates are not to wait for this one
			failures = append(failures, fmt.Errorf("%s: %w", day, err))
		case date != nil:
			done = append(done, *date)
		}
	}
	if len(done) == 0 {
		return nil, errors.Join(failures...) // nil: another process does it all
	}
	for _, failure := range failures {
		n.Warn(failure.Error(), hint.Of(failure))
		n.Outcome.Add(EndedFailed, "%v", failure)
		n.Teller.FailedNight(ctx, slices.Sorted(maps.Keys(n.refused)))
	}
	if n.whole {
		n.Teller.Beat(ctx)
	}
	return done, n.Needs.AfterNight(ctx, n.Merchants, true, n.refused, n.Now(), n.Outcome)
}

// date runs a date, draws it and tells of it; nil: another process does it. All of
// it goes by what is stored, so that no night is held twice.
func (n *Nights) date(ctx context.Context, job string, day pay.Day) (*Date, error) {
	ran, err := n.compare(ctx, job, day)
	if err != nil || len(ran) == 0 {
		return nil, err
	}
	stored, err := NightsOf(ctx, n.Books, n.Configured, job, day)
	if err != nil {
		return nil, err
	}
	snapshots, others, err := ofCommand(ran, stored)
	if err != nil {
		return nil, err
	}
	workbooks, err := n.Workbooks()
	if err != nil {
		return nil, &setupError{err}
	}
	place, files, err := workbooks.Draw(stored, "")
	if err != nil {
		return nil, err
	}
	for _, s := range snapshots {
		n.noteKey(s.Run.MID, s.Run.Gaps, nil)
		n.judge(s)
	}
	n.deliver(ctx, files)
	n.notify(ctx, job, day, slices.Concat(snapshots, others), place)
	return &Date{day, nightsTold(snapshots), n.kept, place}, nil
}

// ofCommand parts the nights that are stored of a date into those of the command,
// with those that have none in their places, and those of the other merchants.
func ofCommand(ran []nightEnded, stored []reports.Snapshot) (own, others []reports.Snapshot, err error) {
	byMID := map[string]reports.Snapshot{}
	for _, s := range stored {
		byMID[s.Run.MID] = s
	}
	for _, night := range ran {
		s, written := byMID[night.mid]
		switch {
		case night.absent != nil:
			s = *night.absent
		case !written:
			return nil, nil, hint.Errorf("run the night again", "the night of %s was run, and what it found is not stored", night.mid)
		}
		own = append(own, s)
		delete(byMID, night.mid)
	}
	for _, s := range stored {
		if _, other := byMID[s.Run.MID]; other {
			others = append(others, s)
		}
	}
	return own, others, nil
}

// deliver brings the workbooks to where people want them. They lie in their
// folder whatever happens; that they did not arrive needs a person.
func (n *Nights) deliver(ctx context.Context, files []string) {
	for _, failure := range Failures(n.Delivery.Put(ctx, files)) {
		n.Warn(failure.Error(), hint.Of(failure))
		n.Outcome.Add(EndedPerson, "%v", failure)
	}
}

// notify sends the message of a date.
func (n *Nights) notify(ctx context.Context, job string, day pay.Day, snapshots []reports.Snapshot, workbook string) {
	if n.Teller.Silent() {
		return
	}
	complete := n.Teller.Night(ctx, NightNews{Job: job, Day: day, Snapshots: snapshots, Expected: n.Configured,
		Workbook: workbook, Refused: slices.Sorted(maps.Keys(n.refused)), Months: n.months(ctx, job)})
	if job == jobs.JobNightly {
		n.whole = day == n.today().Add(-1) && complete && n.kept == nil
	}
}

// monthWeek is for how many days of a month a night says how the month before stands.
const monthWeek = 7

// months is how the month before stands, in the first week of a month.
func (n *Nights) months(ctx context.Context, job string) []MonthNews {
	today := n.today()
	month := settle.MonthOfDay(today)
	if n.Month == nil || job != jobs.JobNightly || today.Sub(month.First()) >= monthWeek {
		return nil
	}
	news, err := n.Month(ctx, month.Before())
	if err != nil {
		n.Warn(fmt.Sprintf("the night's message does not say how %s stands: %v", month.Before(), err), "")
	}
	return news
}

// Compare fetches and compares dates; no refund is proposed and no workbook
// drawn. given are orders to compare alone; nil: all.
func (n *Nights) Compare(ctx context.Context, days []pay.Day, given []string) ([]Date, error) {
	defer n.warnUnread()
	done := []Date{}
	for _, day := range days {
		snapshots, err := n.compared(ctx, day, given)
		if err != nil {
			return nil, err
		}
		if len(snapshots) > 0 {
			done = append(done, Date{Day: day, Nights: nightsTold(snapshots), Kept: n.kept})
		}
		for _, s := range snapshots {
			n.judge(s)
		}
	}
	return done, n.Needs.AfterNight(ctx, n.Merchants, false, n.refused, n.Now(), n.Outcome)
}

// compared compares a date for every merchant that is asked: all of it, or given
// orders alone, which leave no night behind.
func (n *Nights) compared(ctx context.Context, day pay.Day, given []string) ([]reports.Snapshot, error) {
	if len(given) > 0 {
		return n.given(ctx, day, given)
	}
	ran, err := n.compare(ctx, jobs.JobReconcile, day)
	if err != nil || len(ran) == 0 {
		return nil, err
	}
	var written []string
	for _, night := range ran {
		if night.absent == nil {
			written = append(written, night.mid)
		}
	}
	stored, err := NightsOf(ctx, n.Books, written, jobs.JobReconcile, day)
	if err != nil {
		return nil, err
	}
	snapshots, _, err := ofCommand(ran, stored)
	return snapshots, err
}

// given compares just some orders, for every merchant that is asked.
func (n *Nights) given(ctx context.Context, day pay.Day, orders []string) ([]reports.Snapshot, error) {
	var snapshots []reports.Snapshot
	for _, mid := range n.Merchants {
		night, err := n.Night(NightAsked{MID: mid, Job: jobs.JobReconcile, Given: orders})
		if err != nil {
			return nil, err
		}
		snapshot, err := night.Run(ctx, day, n.Now())
		var running *reconcile.RunningError
		if errors.As(err, &running) {
			n.running(running)
			continue
		}
		if err != nil {
			return nil, err
		}
		snapshots = append(snapshots, snapshot)
	}
	return snapshots, nil
}
