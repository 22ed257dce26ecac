package app

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"
)

// Together runs works at once until ctx ends, or one of them fails, which ends the
// others.
func Together(ctx context.Context, works ...func(ctx context.Context) error) error {
	group, working := errgroup.WithContext(ctx)
	for _, work := range works {
		group.Go(func() error { return work(working) })
	}
	return group.Wait()
}

// JobCommand is a command of a scheduled job, as `serve` runs it.
type JobCommand struct {
	Name string // as people type it, such as "refunds run"
	// Run runs it. An error is one that fails the job; the ending says whether running
	// it again may help.
	Run func(ctx context.Context) (Ending, error)
}

// RunJob runs the commands of a scheduled job one after another, also after one
// that failed.
type RunJob struct {
	Commands []JobCommand
	// Again is after how long the first command is run once more, where it failed or
	// could not read everything.
	Again []time.Duration
	Sleep func(ctx context.Context, d time.Duration) error
	Log   *slog.Logger
}

// NightAgain is after how long a night is run again: most of what keeps one from
// reading everything is over soon.
func NightAgain() []time.Duration {
	return []time.Duration{10 * time.Minute, 20 * time.Minute, time.Hour}
}

// Run runs them, and joins what failed.
func (x RunJob) Run(ctx context.Context) error {
	var failures []error
	for i, command := range x.Commands {
		var again []time.Duration
		if i == 0 {
			again = x.Again
		}
		failures = append(failures, x.untilWhole(ctx, command, again))
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(failures...)
}

func (x RunJob) untilWhole(ctx context.Context, command JobCommand, again []time.Duration) error {
	for try := 0; ; try++ {
		ended, err := command.Run(ctx)
		if (ended != EndedFailed && ended != EndedIncomplete) || try == len(again) {
			return err
		}
		x.Log.Info("the command is run again", "command", command.Name, "ended", ended, "in", again[try].String())
		if err := x.Sleep(ctx, again[try]); err != nil {
			return err // the moment is given away, and begun again where it is taken
		}
	}
}
