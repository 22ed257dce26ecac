package app

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"
)

// jobOf is a job whose commands end as a test says, one after the other.
func jobOf(ran *[]string, slept *[]time.Duration, commands map[string][]Ending, names ...string) RunJob {
	x := RunJob{Again: []time.Duration{time.Minute, time.Hour}, Log: slog.New(slog.DiscardHandler),
		Sleep: func(_ context.Context, d time.Duration) error { *slept = append(*slept, d); return nil }}
	for _, name := range names {
		x.Commands = append(x.Commands, JobCommand{Name: name, Run: func(context.Context) (Ending, error) {
			*ran = append(*ran, name)
			ended := commands[name][0]
			commands[name] = commands[name][1:]
			if ended == EndedFailed {
				return ended, errors.New(name + " failed")
			}
			return ended, nil
		}})
	}
	return x
}

func TestANightThatCouldNotReadEverythingIsRunAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		night []Ending
		runs  int
		fails bool
	}{
		"it is complete":                     {[]Ending{""}, 1, false},
		"a person must look":                 {[]Ending{EndedPerson}, 1, false},
		"Toss was away for a while":          {[]Ending{EndedIncomplete, EndedFailed, ""}, 3, false},
		"it is incomplete whenever it runs":  {[]Ending{EndedIncomplete, EndedIncomplete, EndedIncomplete}, 3, false},
		"it fails whenever it runs":          {[]Ending{EndedFailed, EndedFailed, EndedFailed}, 3, true},
		"nobody knows an outcome: no repeat": {[]Ending{EndedUnknown}, 1, false},
	} {
		var ran []string
		var slept []time.Duration
		err := jobOf(&ran, &slept, map[string][]Ending{"nightly": c.night, "purge": {""}}, "nightly", "purge").Run(t.Context())
		if len(ran) != c.runs+1 || ran[len(ran)-1] != "purge" || (err != nil) != c.fails {
			t.Errorf("%s: %q, slept %v, %v", name, ran, slept, err)
		}
		if want := []time.Duration{time.Minute, time.Hour}[:c.runs-1]; !slices.Equal(slept, want) {
			t.Errorf("%s: slept %v", name, slept)
		}
	}
}

func TestALaterCommandIsNotRunAgain(t *testing.T) {
	t.Parallel()
	var ran []string
	var slept []time.Duration
	err := jobOf(&ran, &slept, map[string][]Ending{"nightly": {""}, "purge": {EndedFailed}}, "nightly", "purge").Run(t.Context())
	if err == nil || len(ran) != 2 || len(slept) > 0 {
		t.Errorf("%q %v %v", ran, slept, err)
	}
}

// What was stopped while it waited begins nothing more: the moment is taken over.
func TestAJobThatIsStoppedBeginsNothingMore(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	var ran []string
	var slept []time.Duration
	x := jobOf(&ran, &slept, map[string][]Ending{"nightly": {EndedIncomplete, ""}, "purge": {""}}, "nightly", "purge")
	x.Sleep = func(context.Context, time.Duration) error { stop(); return ctx.Err() }
	if err := x.Run(ctx); !errors.Is(err, context.Canceled) || len(ran) != 1 {
		t.Errorf("%q %v", ran, err)
	}
}
