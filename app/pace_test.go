package app

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"daesa/pay"
)

// queue grants blocks one after the other, as the database does for all processes.
type queue struct {
	next    time.Time
	granted []int // how many at a time
	failed  error
}

func (q *queue) GrantPace(_ context.Context, _, _ string, count int, step time.Duration, clock time.Time) (PaceBlock, error) {
	if q.failed != nil {
		return PaceBlock{}, q.failed
	}
	first := pay.Latest(q.next, clock)
	q.next, q.granted = first.Add(time.Duration(count)*step), append(q.granted, count)
	return PaceBlock{First: first, Step: step, Count: count}, nil
}

func (q *queue) HoldPace(_ context.Context, _, _ string, until time.Time) error {
	if q.failed == nil {
		q.next = pay.Latest(q.next, until)
	}
	return q.failed
}

// paced is a pacer whose clock goes on by what it sleeps.
func paced(q *queue, perMinute int) (p *Pacer, clock *time.Time) {
	at := now
	return &Pacer{Paces: q, MID: mid, PerMinute: perMinute, Clock: func() time.Time { return at },
		Sleep: func(_ context.Context, d time.Duration) error { at = at.Add(d); return nil }}, &at
}

func TestBlocksGrowFromOneCallToASecondsWorth(t *testing.T) {
	q := &queue{}
	p, _ := paced(q, 600)
	for range 1 + 2 + 4 + 8 + 10 + 10 {
		if err := p.Wait(t.Context(), "payment"); err != nil {
			t.Fatal(err)
		}
	}
	if want := []int{1, 2, 4, 8, 10, 10}; !slices.Equal(q.granted, want) {
		t.Errorf("granted %v, expected %v", q.granted, want)
	}
}

func TestCallsLeaveAStepApart(t *testing.T) {
	p, clock := paced(&queue{}, 60)
	for range 61 {
		if err := p.Wait(t.Context(), "payment"); err != nil {
			t.Fatal(err)
		}
	}
	if took := clock.Sub(now); took < time.Minute || took > 62*time.Second {
		t.Errorf("61 calls of 60 a minute took %s", took)
	}
}

func TestWhatIsReservedIsNotUsedOnceTheProviderAskedForQuiet(t *testing.T) {
	for name, q := range map[string]*queue{"told to all": {}, "the database is away": {failed: errors.New("away")}} {
		p, clock := paced(q, 6000)
		p.blocks, p.sizes = map[string]*PaceBlock{"payment": {First: now, Step: time.Millisecond, Count: 50}}, map[string]int{}
		p.Rest(t.Context(), "payment", time.Hour)
		err := p.Wait(t.Context(), "payment")
		if waited := clock.Sub(now); q.failed == nil && (err != nil || waited < time.Hour) || q.failed != nil && err == nil {
			t.Errorf("%s: the next call leaves after %s, %v", name, waited, err)
		}
	}
}
