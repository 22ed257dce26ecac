package app_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"daesa/app"
	"daesa/store"
)

// process is a pacer whose clock stands still: slot says when a call may leave.
func process(db *store.DB) (slot func(t *testing.T, api string) time.Time, p *app.Pacer) {
	var waits time.Duration
	p = &app.Pacer{Paces: db, MID: "m", PerMinute: 100, Clock: func() time.Time { return noon },
		Sleep: func(_ context.Context, d time.Duration) error { waits = d; return nil }}
	return func(t *testing.T, api string) time.Time {
		t.Helper()
		waits = 0
		must(t, p.Wait(t.Context(), api))
		return noon.Add(waits)
	}, p
}

// Two processes on one database share one pace: in no minute do they make more
// calls than the provider allows, and together they use it to 95 % at least.
func TestProcessesOnOneDatabaseShareThePace(t *testing.T) {
	t.Parallel()
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "daesa.db"))
	must(t, err)
	defer db.Close()
	_, err = db.Migrate(t.Context())
	must(t, err)
	one, first := process(db)
	two, _ := process(db)
	var slots []time.Time
	for i := range 400 {
		slot := one
		if i%3 == 0 {
			slot = two
		}
		slots = append(slots, slot(t, "payment"))
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
	if other := one(t, "transactions"); other.After(noon) {
		t.Errorf("another API waits until %s", other)
	}
	first.Rest(t.Context(), "payment", time.Hour)
	if slot := two(t, "payment"); slot.Before(noon.Add(time.Minute)) {
		t.Errorf("a slot at %s", slot)
	}
	if slot := one(t, "payment"); slot.Before(noon.Add(time.Hour)) {
		t.Errorf("a slot at %s although the provider asked for quiet", slot)
	}
}
