package app

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/pay"
	"daesa/refunds"
)

func TestWhatALineNeeds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		line refunds.WaitLine
		want []Need
	}{
		"nothing":                    {refunds.WaitLine{State: refunds.StateApproved, Count: 3}, nil},
		"a word":                     {refunds.WaitLine{State: refunds.StateRequested}, []Need{NeedApproval}},
		"a word, and soon":           {refunds.WaitLine{State: refunds.StateRequested, Late: 1}, []Need{NeedTime, NeedApproval}},
		"a setting":                  {refunds.WaitLine{State: refunds.StateApproved, Stuck: true, Late: 2}, []Need{NeedSetting, NeedTime}},
		"an account":                 {refunds.WaitLine{State: refunds.StateNeedsAccount}, []Need{NeedAccount}},
		"a look":                     {refunds.WaitLine{State: refunds.StateHeld}, []Need{NeedLook, NeedOutcome}},
		"its outcome":                {refunds.WaitLine{State: refunds.StateUnknown}, []Need{NeedOutcome}},
		"a setting, and its outcome": {refunds.WaitLine{State: refunds.StateUnknown, Stuck: true}, []Need{NeedSetting, NeedOutcome}},
	} {
		if diff := cmp.Diff(test.want, NeedsOf(test.line)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestPeopleHearOfItAgain: over a weekend nobody approves.
func TestPeopleHearOfItAgain(t *testing.T) {
	t.Parallel()
	at := func(text string) time.Time {
		moment, err := pay.ParseTime(text)
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	night := func(hours int) func(time.Time) time.Time {
		return func(after time.Time) time.Time { return after.Add(time.Duration(hours) * time.Hour) }
	}
	for name, test := range map[string]struct {
		now, want string
		night     func(time.Time) time.Time
	}{
		"in the week":             {now: "2026-11-18 01:30:00", want: "2026-11-20 00:00:00", night: night(24)},
		"on a Friday night":       {now: "2026-11-20 22:00:00", want: "2026-11-24 00:00:00", night: night(24)},
		"nights are a week apart": {now: "2026-11-18 01:30:00", want: "2026-11-25 01:30:00", night: night(7 * 24)},
		"no night is planned":     {now: "2026-11-18 01:30:00", want: "2026-11-20 00:00:00"},
	} {
		if got := ToldAgain(at(test.now), test.night); !got.Equal(at(test.want)) {
			t.Errorf("%s: %s, expected %s", name, pay.FormatTime(got), test.want)
		}
	}
}

func TestWhatRunsOutSoonIsInTheOrderOfItsDeadlines(t *testing.T) {
	t.Parallel()
	request := func(id string, state refunds.State, in time.Duration) refunds.Request {
		r := refunds.Request{ID: id, State: state}
		if in > 0 {
			r.CancelBy = now.Add(in)
		}
		return r
	}
	soon, lost := RunningOut([]refunds.Request{request("later", refunds.StateApproved, 3*time.Hour), request("next", refunds.StateRequested, time.Hour), request("far", refunds.StateApproved, 9*time.Hour),
		request("sent", refunds.StateSending, time.Hour), request("never", refunds.StateApproved, 0), request("lost", refunds.StateExpired, 0)}, now.Add(4*time.Hour))
	if len(soon) != 2 || soon[0].ID != "next" || soon[1].ID != "later" || len(lost) != 1 || lost[0].ID != "lost" {
		t.Errorf("%+v, lost %+v", soon, lost)
	}
}
