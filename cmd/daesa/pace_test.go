package main

import (
	"path/filepath"
	"testing"
	"time"

	"daesa/store"
)

// Two processes on one database share one pace: in no minute do they make more
// calls than the provider allows, and together they use it to 95 % at least.
func TestProcessesOnOneDatabaseShareThePace(t *testing.T) {
	t.Parallel()
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "daesa.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 22, 1, 30, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	one, two := newPacer(db, "m", 100, clock), newPacer(db, "m", 100, clock)
	var slots []time.Time
	for i := range 400 {
		p := one
		if i%3 == 0 {
			p = two
		}
		slot, err := p.slot(t.Context(), "payment")
		if err != nil {
			t.Fatal(err)
		}
		slots = append(slots, slot)
	}
	most := 0
	for _, from := range slots {
		within := 0
		for _, slot := range slots {
			if !slot.Before(from) && slot.Before(from.Add(time.Minute)) {
				within++
			}
		}
		most = max(most, within)
	}
	if most > 100 || most < 95 {
		t.Errorf("%d calls in one minute, of 100 that are allowed", most)
	}
	other, err := one.slot(t.Context(), "transactions")
	if err != nil || other.After(now) {
		t.Errorf("another API waits until %s (%v)", other, err)
	}
	one.rest(t.Context(), "payment", time.Hour)
	if slot, err := two.slot(t.Context(), "payment"); err != nil || slot.Before(now.Add(time.Minute)) {
		t.Errorf("a slot at %s", slot)
	}
	if slot, err := one.slot(t.Context(), "payment"); err != nil || slot.Before(now.Add(time.Hour)) {
		t.Errorf("a slot at %s although the provider asked for quiet (%v)", slot, err)
	}
}
