package jobs

import (
	"context"
	"slices"
	"testing"
	"time"

	"daesa/pay"
)

// entered notes under which moments a job was to begin, and lets none begin.
type entered struct {
	Ticks
	at []string
}

func (e *entered) BeginTick(_ context.Context, _ string, tick time.Time, _ string, _, _ time.Time) (Tick, bool, error) {
	e.at = append(e.at, tick.In(pay.Seoul).Format("15:04"))
	return Tick{}, false, nil
}

// The clock may ring twice at one moment, after a job that outlasted its period: the
// second time was entered as the moment after, which then never came. A clock that was
// set back by a second still has the moment.
func TestAMomentThatIsToldTwiceIsNotTheNextOne(t *testing.T) {
	t.Parallel()
	five := time.Date(2026, 11, 30, 9, 5, 0, 0, pay.Seoul)
	now, seen := five, &entered{}
	job := Planned{Name: "job", Next: func(after time.Time) time.Time { return after.Truncate(time.Minute).Add(time.Minute) }}
	s := &Schedule{Ticks: seen, Clock: func() time.Time { return now }, due: map[string]time.Time{"job": five}, owed: map[string]time.Time{}}
	s.moment(t.Context(), job)
	s.moment(t.Context(), job)
	now = five.Add(59 * time.Second)
	s.moment(t.Context(), job)
	if want := []string{"09:05", "09:05", "09:06"}; !slices.Equal(seen.at, want) {
		t.Errorf("entered %v, want %v", seen.at, want)
	}
}
