package app

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/jobs"
)

// TestWhatEveryPassFindsIsNotSaidEachTime: a provider that is away for an hour
// fills no screen, and one that was back is said anew.
func TestWhatEveryPassFindsIsNotSaidEachTime(t *testing.T) {
	var r repeated
	begun := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	var said []string
	pass := func(at time.Duration, found ...string) {
		for _, what := range found {
			if again, tell := r.due(what, begun.Add(at)); tell {
				said = append(said, fmt.Sprint(at)+" "+what+again)
			}
		}
		r.passed()
	}
	for at := time.Duration(0); at <= 20*time.Minute; at += 12 * time.Second {
		pass(at, "away")
	}
	pass(21*time.Minute, "away", "key")
	pass(22 * time.Minute)
	pass(23*time.Minute, "away")
	want := []string{"0s away", "10m0s away (51 times within 10m0s)", "20m0s away (101 times within 20m0s)", "21m0s key", "23m0s away"}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Error(diff)
	}
}

// While a slow service is told of one pass the capture goes on.
func TestACaptureDoesNotWaitForWhoIsTold(t *testing.T) {
	release, told := make(chan struct{}), make(chan int, 10)
	teller := passTeller{tell: func(s jobs.CaptureSummary) {
		<-release
		told <- s.Missed
	}}
	teller.notify(jobs.CaptureSummary{New: 3}) // nothing to tell
	teller.notify(jobs.CaptureSummary{Missed: 1})
	teller.notify(jobs.CaptureSummary{Missed: 2})
	close(release)
	teller.all.Wait()
	teller.notify(jobs.CaptureSummary{Missed: 3, Gaps: []jobs.CaptureGap{{Text: "a"}}})
	teller.all.Wait()
	close(told)
	var got []int
	for missed := range told {
		got = append(got, missed)
	}
	if diff := cmp.Diff([]int{1, 3}, got); diff != "" {
		t.Error(diff)
	}
}
