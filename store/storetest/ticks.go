package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"daesa/jobs"
	"daesa/store"
)

var tickTests = map[string]func(*testing.T, *store.DB){
	"ticks: each moment begins once, whoever asks":       tickOnce,
	"ticks: one that runs is not begun again":            tickRunning,
	"ticks: a replica that is gone is replaced, fenced":  tickTakenOver,
	"ticks: what was interrupted goes to the next one":   tickReleased,
	"ticks: twenty replicas begin a moment exactly once": tickRace,
}

func beginTick(t *testing.T, db *store.DB, owner string, tick, at time.Time) (jobs.Tick, bool) {
	t.Helper()
	taken, ok, err := db.BeginTick(t.Context(), "nightly", tick, owner, at, at.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	return taken, ok
}

func tickOnce(t *testing.T, db *store.DB) {
	tick, ok := beginTick(t, db, "a", now, now)
	if !ok {
		t.Fatal("the first one did not begin")
	}
	if err := db.EndTick(t.Context(), tick, "", now.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	for _, again := range []time.Time{now, now.Add(-time.Hour)} {
		if _, ok := beginTick(t, db, "b", again, now.Add(time.Hour)); ok {
			t.Errorf("%v began again", again)
		}
	}
	next, ok := beginTick(t, db, "b", now.Add(time.Hour), now.Add(time.Hour))
	if !ok || next.Fence <= tick.Fence {
		t.Errorf("the next moment: %v %+v", ok, next)
	}
	if err := db.EndTick(t.Context(), next, "it broke", now.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	rows, err := db.Ticks(t.Context())
	if err != nil || len(rows) != 1 || rows[0].State != "failed" || rows[0].Error != "it broke" || rows[0].Owner != "b" {
		t.Errorf("%+v %v", rows, err)
	}
}

func tickRunning(t *testing.T, db *store.DB) {
	beginTick(t, db, "a", now, now)
	if _, ok := beginTick(t, db, "b", now.Add(30*time.Second), now.Add(30*time.Second)); ok {
		t.Error("a second one began beside the first")
	}
	if _, ok := beginTick(t, db, "b", now.Add(2*time.Minute), now.Add(2*time.Minute)); !ok {
		t.Error("a dead one holds up the next moment")
	}
}

func tickTakenOver(t *testing.T, db *store.DB) {
	old, _ := beginTick(t, db, "a", now, now)
	if _, ok, err := db.TakeOverTick(t.Context(), "nightly", "b", now.Add(59*time.Second), now.Add(2*time.Minute)); ok || err != nil {
		t.Errorf("a living one was taken over: %v", err)
	}
	if err := db.RenewTick(t.Context(), old, now.Add(90*time.Second)); err != nil {
		t.Fatal(err)
	}
	taken, ok, err := db.TakeOverTick(t.Context(), "nightly", "b", now.Add(91*time.Second), now.Add(3*time.Minute))
	if err != nil || !ok || !taken.At.Equal(old.At) || taken.Fence <= old.Fence {
		t.Fatalf("%+v %v %v", taken, ok, err)
	}
	for name, err := range map[string]error{
		"renew": db.RenewTick(t.Context(), old, now.Add(time.Hour)), "end": db.EndTick(t.Context(), old, "", now), "release": db.ReleaseTick(t.Context(), old, now),
	} {
		if !errors.Is(err, jobs.ErrLostTick) {
			t.Errorf("the old one could %s: %v", name, err)
		}
	}
}

func tickReleased(t *testing.T, db *store.DB) {
	tick, _ := beginTick(t, db, "a", now, now)
	if err := db.ReleaseTick(t.Context(), tick, now.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := db.TakeOverTick(t.Context(), "nightly", "b", now.Add(2*time.Second), now.Add(time.Hour)); !ok || err != nil {
		t.Errorf("%v %v", ok, err)
	}
}

func tickRace(t *testing.T, db *store.DB) {
	var begun atomic.Int64
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			_, ok, err := db.BeginTick(t.Context(), "nightly", now, fmt.Sprint(i), now, now.Add(time.Minute))
			if err != nil {
				t.Error(err)
			}
			if ok {
				begun.Add(1)
			}
		})
	}
	all.Wait()
	if begun.Load() != 1 {
		t.Errorf("%d began", begun.Load())
	}
}
