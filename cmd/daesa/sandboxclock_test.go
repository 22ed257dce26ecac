package main

import (
	"path/filepath"
	"testing"
	"time"

	"daesa/sandbox"
)

// Before nine in the morning the sandbox that the demo names showed a Toss from
// before the demo's own refunds, and the next night called them failed.
func TestTheSandboxsClockIsNotBeforeWhatItsStateHolds(t *testing.T) {
	t.Parallel()
	nine := time.Date(2026, 11, 30, 9, 0, 0, 0, time.FixedZone("KST", 9*60*60))
	state := filepath.Join(t.TempDir(), "sandbox.state")
	held := sandbox.New(sandbox.Options{Now: func() time.Time { return nine.Add(-4 * time.Hour) }, Freeze: true})
	held.SetClock(nine)
	if err := held.Save(state); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		clock     string
		now, want time.Time
	}{
		{"now", nine.Add(-4 * time.Hour), nine},
		{"now", nine.Add(time.Hour), nine.Add(time.Hour)},
		{nine.Add(-4 * time.Hour).Format(time.RFC3339), nine.Add(time.Hour), nine.Add(-4 * time.Hour)}, // asked for by name
	} {
		a := &invocation{environment: environment{clock: func() time.Time { return test.now }}}
		toss, err := a.newSandbox(sandboxFlags{state: state, clock: test.clock})
		if err != nil {
			t.Fatal(err)
		}
		if got := toss.Now(); got.Sub(test.want).Abs() > time.Second {
			t.Errorf("--clock %s at %s: %s, want %s", test.clock, test.now, got, test.want)
		}
	}
}
