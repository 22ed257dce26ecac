package app

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"daesa/internal/hint"
	"daesa/jobs"
	"daesa/pay"
)

// askedOn is a shop of two merchants on a day.
func askedOn(day pay.Day) *Nights {
	return &Nights{Merchants: []string{"a", "b"}, Now: func() time.Time { return day.Start().Add(time.Hour) }}
}

func TestADateThatIsNotOverCannotBeCompared(t *testing.T) {
	t.Parallel()
	for date, want := range map[string]string{"2026-11-21": jobs.JobNightly, "2026-11-22": "", "2026-12-01": "", "yesterday": ""} {
		job, dates, err := askedOn("2026-11-22").Asked(t.Context(), date)
		var asked *AskedError
		if want == "" && (!errors.As(err, &asked) || hint.Of(err) == "") || want != "" && (err != nil || !slices.Equal(dates, []pay.Day{pay.Day(date)})) || job != want {
			t.Errorf("%s: %s %v %v", date, job, dates, err)
		}
	}
	// The last day of a month is compared so far: phone payments run out with it.
	if job, dates, err := askedOn("2026-11-30").Asked(t.Context(), "2026-11-30"); job != jobs.JobMonthEnd || len(dates) != 1 || err != nil {
		t.Errorf("the last day of the month: %s %v %v", job, dates, err)
	}
}

func TestDaysThatReconcileIsAskedFor(t *testing.T) {
	t.Parallel()
	part := func(n int) *int { return &n }
	for name, c := range map[string]struct {
		asked     DaysAsked
		given     bool
		days      string // [] where it is refused: see refused
		merchants string
		refused   bool
	}{
		"nothing":                {DaysAsked{}, false, "[2026-11-21]", "[a b]", false},
		"a date":                 {DaysAsked{Date: "2026-11-03"}, false, "[2026-11-03]", "[a b]", false},
		"today, too":             {DaysAsked{Date: "2026-11-22"}, false, "[2026-11-22]", "[a b]", false},
		"a range":                {DaysAsked{From: "2026-11-01", To: "2026-11-03"}, false, "[2026-11-01 2026-11-02 2026-11-03]", "[a b]", false},
		"orders, as they stand":  {DaysAsked{}, true, "[2026-11-22]", "[a b]", false},
		"the first part":         {DaysAsked{From: "2026-11-01", To: "2026-11-02", Part: part(0)}, false, "[2026-11-01]", "[a]", false},
		"the last part":          {DaysAsked{From: "2026-11-01", To: "2026-11-02", Part: part(3)}, false, "[2026-11-02]", "[b]", false},
		"a part beyond the last": {DaysAsked{From: "2026-11-01", To: "2026-11-02", Part: part(4)}, false, "[]", "[a b]", false},
		"a part of nothing":      {DaysAsked{Part: part(0)}, false, "[]", "[a b]", true},
		"a part below 0":         {DaysAsked{From: "2026-11-01", To: "2026-11-02", Part: part(-1)}, false, "[]", "[a b]", true},
		"a date and a range":     {DaysAsked{Date: "2026-11-03", From: "2026-11-01"}, false, "[]", "[a b]", true},
		"half a range":           {DaysAsked{To: "2026-11-01"}, false, "[]", "[a b]", true},
		"a range that runs back": {DaysAsked{From: "2026-11-03", To: "2026-11-01"}, false, "[]", "[a b]", true},
		"a day to come":          {DaysAsked{Date: "2026-11-23"}, false, "[]", "[a b]", true},
		"no day":                 {DaysAsked{Date: "monday"}, false, "[]", "[a b]", true},
		"orders of another date": {DaysAsked{Date: "2026-11-03"}, true, "[]", "[a b]", true},
	} {
		n := askedOn("2026-11-22")
		days, err := n.Days(c.asked, c.given)
		var asked *AskedError
		if errors.As(err, &asked) != c.refused || !c.refused && (fmt.Sprint(days) != c.days || fmt.Sprint(n.Merchants) != c.merchants) {
			t.Errorf("%s: %v of %v, %v", name, days, n.Merchants, err)
		}
	}
}
