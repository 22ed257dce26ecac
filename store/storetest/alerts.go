package storetest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"daesa/store"
)

var alertTests = map[string]func(*testing.T, *store.DB){
	"alerts: the same one is told again after the quiet time": alertQuiet,
	"alerts: one that reached nobody is told by the next run": alertWithdrawn,
	"alerts: of twenty processes one tells":                   alertRace,
}

// raised raises an alert with a quiet time of an hour.
func raised(t *testing.T, db *store.DB, alert string, at time.Time) bool {
	t.Helper()
	told, err := db.RaiseAlert(t.Context(), alert, at, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return told
}

func alertQuiet(t *testing.T, db *store.DB) {
	for _, step := range []struct {
		alert string
		after time.Duration
		told  bool
	}{
		{"a", 0, true},
		{"a", 0, false},
		{"b", time.Minute, true}, // another one
		{"a", 59 * time.Minute, false},
		{"a", time.Hour, true},
		{"a", 2*time.Hour - time.Microsecond, false},
		{"a", 2 * time.Hour, true},
		{"a", -time.Hour, true},        // the clock was ahead, and is right again
		{"b", 30 * time.Minute, false}, // that one knows nothing of the other
	} {
		if told := raised(t, db, step.alert, now.Add(step.after)); told != step.told {
			t.Errorf("%s after %s: told %v, expected %v", step.alert, step.after, told, step.told)
		}
	}
}

func alertWithdrawn(t *testing.T, db *store.DB) {
	raised(t, db, "a", now)
	if err := db.WithdrawAlert(t.Context(), "a", now.Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
	if raised(t, db, "a", now) {
		t.Error("what was told at another time was taken back")
	}
	if err := db.WithdrawAlert(t.Context(), "a", now); err != nil {
		t.Fatal(err)
	}
	if !raised(t, db, "a", now) {
		t.Error("it was not told again")
	}
}

func alertRace(t *testing.T, db *store.DB) {
	var told atomic.Int64
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			ok, err := db.RaiseAlert(t.Context(), "a", now, time.Hour)
			if err != nil {
				t.Error(err)
			}
			if ok {
				told.Add(1)
			}
		})
	}
	all.Wait()
	if told.Load() != 1 {
		t.Errorf("%d told", told.Load())
	}
}
