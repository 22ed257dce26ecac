package main

import (
	"testing"
	"time"

	"daesa/pay"
)

// Before nine in the morning the demo's refunds lay in the future: the sandbox
// that it names did not show them yet, and the next night called them failed.
func TestTheDemosLastMorningHasCome(t *testing.T) {
	t.Parallel()
	for clock, want := range map[string]pay.Day{"05:20": "2026-11-28", "08:59": "2026-11-28", "09:00": "2026-11-29", "23:30": "2026-11-29"} {
		now, err := time.ParseInLocation("2006-01-02 15:04", "2026-11-30 "+clock, pay.Seoul)
		if err != nil {
			t.Fatal(err)
		}
		if got := lastDemoDay(now); got != want || got.End().Add(demoMorning).After(now) {
			t.Errorf("at %s the last date is %s, want %s", clock, got, want)
		}
	}
}
