package app

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
)

// windows are the figures of the capture of every merchant.
type windows struct{ figures refunds.CaptureFigures }

func (w windows) Captures(context.Context, string, time.Time, time.Time) (refunds.CaptureFigures, error) {
	return w.figures, nil
}

// dial is what the figures of a shop are read from.
type dial struct {
	openBooks
	windows
	counts
	last, first pay.Day
	brake       Brake
	schema      error
	away        error
}

func (d dial) LastComplete(context.Context, string, string, pay.Day) (pay.Day, time.Time, error) {
	return d.last, time.Time{}, d.away
}
func (d dial) FirstRunDay(context.Context, string, string) (pay.Day, error) { return d.first, nil }
func (d dial) CountOpenKinds(context.Context, string) (open, refunding map[reconcile.Kind]int64, err error) {
	return map[reconcile.Kind]int64{reconcile.CancelNotExecuted: 3}, nil, nil
}
func (d dial) EventsWaiting(context.Context) (int, time.Time, error) {
	return 2, now.Add(-time.Minute), nil
}
func (d dial) Brake(context.Context) (Brake, error)               { return d.brake, nil }
func (d dial) JournalHead(context.Context) (int64, string, error) { return 7, "head", nil }
func (d dial) RequireSchema(context.Context) error                { return d.schema }

// waitsFor is an open refund of a merchant.
func waitsFor(mid, id string, state refunds.State, amount int64, by time.Time) refunds.Open {
	return refunds.Open{Request: refunds.Request{ID: id, MID: mid, PaymentKey: "p" + id, Amount: amount, Currency: pay.KRW, State: state, CancelBy: by}}
}

func TestTheFiguresCountWhatWaitsOverAllMerchants(t *testing.T) {
	t.Parallel()
	soon, later := now.Add(72*time.Hour), now.Add(96*time.Hour)
	d := dial{last: "2026-11-20", brake: Brake{On: true}, openBooks: openBooks{standing: refunds.Standing{Open: []refunds.Open{
		waitsFor("a", "1", refunds.StateRequested, 1000, later), waitsFor("a", "2", refunds.StateRequested, 2000, soon), waitsFor("a", "3", refunds.StateApproved, 20_000, later),
		waitsFor("gone", "4", refunds.StateApproved, 4000, time.Time{}),
	}}}}
	f, err := ReadFigures(t.Context(), d, needsOf("", d.openBooks), now)
	if err != nil {
		t.Fatal(err)
	}
	waiting := map[string]int64{}
	for kind, n := range f.Waiting {
		waiting[kind.MID+" "+kind.State] += n
	}
	if diff := cmp.Diff(map[string]int64{"a requested": 2, "a approved": 1, "gone approved": 1}, waiting); diff != "" {
		t.Error(diff)
	}
	if got := f.Deadlines[[2]string{"a", refunds.WhyAwaitsApproval}]; !got.Equal(soon) {
		t.Errorf("the earliest deadline is %s: %+v", got, f.Deadlines)
	}
	if f.Stuck != 2 || f.Events != 2 || f.OldestEvent != time.Minute || !f.Paused || f.Journal != 7 {
		t.Errorf("%+v", f)
	}
	if len(f.Merchants) != 2 || !f.Merchants[0].NightEnd.Equal(pay.Day("2026-11-20").End()) || f.Merchants[0].Open[reconcile.CancelNotExecuted] != 3 {
		t.Errorf("%+v", f.Merchants)
	}
}

// A shop whose nights were never complete must not look like one that has none.
func TestANightThatWasNeverCompleteIsLateSinceItsFirst(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		d    dial
		want time.Time
	}{
		"complete":       {dial{last: "2026-11-20", first: "2026-11-01"}, pay.Day("2026-11-20").End()},
		"never complete": {dial{first: "2026-11-01"}, pay.Day("2026-11-01").Start()},
		"never run":      {dial{}, time.Time{}},
	} {
		f, err := ReadFigures(t.Context(), c.d, needsOf("", c.d.openBooks), now)
		if err != nil || !f.Merchants[0].NightEnd.Equal(c.want) {
			t.Errorf("%s: %s %v", name, f.Merchants[0].NightEnd, err)
		}
	}
}

// atOne is a night planned at one o'clock of every day.
type atOne struct{}

func (atOne) IsZero() bool { return false }
func (atOne) Next(after time.Time) time.Time {
	at := time.Date(after.Year(), after.Month(), after.Day(), 1, 0, 0, 0, pay.Seoul)
	for !at.After(after) {
		at = at.AddDate(0, 0, 1)
	}
	return at
}

func TestAReplicaIsReadyByWhatIsItsOwn(t *testing.T) {
	t.Parallel()
	noKey := errors.New("no key")
	for name, c := range map[string]struct {
		d     dial
		keys  error
		at    time.Time
		ready bool
		late  int
	}{
		"all is well":                     {dial{last: "2026-11-21"}, nil, morning.Add(8 * time.Hour), true, 0},
		"the brake is everybody's":        {dial{last: "2026-11-21", brake: Brake{On: true, By: "lee"}}, nil, morning.Add(8 * time.Hour), true, 0},
		"so is a night that is late":      {dial{last: "2026-11-20"}, nil, morning.Add(2 * time.Hour), true, 2},
		"which is on its way at half two": {dial{last: "2026-11-20"}, nil, morning.Add(time.Hour), true, 0},
		"its account key is not there":    {dial{last: "2026-11-21"}, noKey, morning, false, 0},
		"another schema":                  {dial{last: "2026-11-21", schema: errors.New("version 6")}, nil, morning, false, 0},
		"its database is away":            {dial{away: errAway}, nil, morning, false, 0},
	} {
		r := ReadReadiness(t.Context(), c.d, needsOf("", c.d.openBooks), atOne{}, func() error { return c.keys }, c.at)
		if r.Ready() != c.ready || len(r.Late) != c.late || r.PausedBy != c.d.brake.By {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
