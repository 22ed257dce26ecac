package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"daesa/jobs"
	"daesa/pay"
)

// sharedTicks is what replicas share, in memory; the databases' own is held to
// the same by the store's suite.
type sharedTicks struct {
	mu    sync.Mutex
	tick  jobs.Tick
	until time.Time
	state string
	owner string
}

func (s *sharedTicks) BeginTick(_ context.Context, job string, tick time.Time, owner string, now, until time.Time) (jobs.Tick, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !tick.After(s.tick.At) || s.state == "running" && !s.until.Before(now) {
		return jobs.Tick{}, false, nil
	}
	s.tick, s.until, s.state = jobs.Tick{Job: job, At: tick, Fence: s.tick.Fence + 1}, until, "running"
	s.owner = owner
	return s.tick, true, nil
}

func (s *sharedTicks) TakeOverTick(_ context.Context, _, owner string, now, until time.Time) (jobs.Tick, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != "running" || !s.until.Before(now) || s.owner == owner {
		return jobs.Tick{}, false, nil
	}
	s.tick.Fence++
	s.until, s.owner = until, owner
	return s.tick, true, nil
}

func (s *sharedTicks) held(t jobs.Tick, change func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != "running" || s.tick.Fence != t.Fence {
		return jobs.ErrLostTick
	}
	change()
	return nil
}

func (s *sharedTicks) RenewTick(_ context.Context, t jobs.Tick, until time.Time) error {
	return s.held(t, func() { s.until = until })
}

func (s *sharedTicks) EndTick(_ context.Context, t jobs.Tick, failure string, _ time.Time) error {
	return s.held(t, func() { s.state = "done" + failure })
}

func (s *sharedTicks) ReleaseTick(_ context.Context, t jobs.Tick, now time.Time) error {
	return s.held(t, func() { s.until = now.Add(-time.Nanosecond) })
}

// stalled is a replica's way to the database that hangs while it is paused.
type stalled struct {
	jobs.Ticks
	awake chan struct{}
}

func (s stalled) RenewTick(ctx context.Context, t jobs.Tick, until time.Time) error {
	<-s.awake
	return s.Ticks.RenewTick(ctx, t, until)
}

// everyMinute is the next whole minute.
func everyMinute(after time.Time) time.Time { return after.Truncate(time.Minute).Add(time.Minute) }

type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) add(format string, values ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, fmt.Sprintf(format, values...))
}

func replica(name string, ticks jobs.Ticks, run func(ctx context.Context) error, ended *diary) *jobs.Schedule {
	return &jobs.Schedule{Ticks: ticks, Owner: name, Clock: time.Now, Log: slog.New(slog.DiscardHandler),
		Jobs: []jobs.Planned{{Name: "job", Cron: "* * * * *", Next: everyMinute, Run: run, Over: func(t jobs.Tick, _ time.Duration, err error) {
			ended.add("%s %s %v", name, t.At.In(pay.Seoul).Format("15:04"), err)
		}}}}
}

func TestTwoReplicasRunEachMomentOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared, ended := &sharedTicks{}, &diary{}
		ctx, stop := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for _, name := range []string{"a", "b"} {
			all.Go(func() {
				if err := replica(name, shared, func(context.Context) error { time.Sleep(5 * time.Second); return nil }, ended).Serve(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		time.Sleep(5*time.Minute + 30*time.Second)
		stop()
		all.Wait()
		moments := map[string]int{}
		for _, line := range ended.lines {
			moments[line[2:]]++
		}
		for moment, times := range moments {
			if times != 1 {
				t.Errorf("%s ran %d times: %q", moment, times, ended.lines)
			}
		}
		if len(moments) != 6 { // the one before the start, and five
			t.Errorf("%d moments: %q", len(moments), ended.lines)
		}
	})
}

// TestAPausedReplicaDoesNoHarm: it sleeps past its lease, another takes its job
// over, and when it wakes it learns that it has lost it.
func TestAPausedReplicaDoesNoHarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared, ended := &sharedTicks{}, &diary{}
		awake := make(chan struct{})
		ctx, stop := context.WithCancel(t.Context())
		var all sync.WaitGroup
		long := func(ctx context.Context) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(4 * time.Minute):
				return nil
			}
		}
		all.Go(func() { _ = replica("a", stalled{shared, awake}, long, ended).Serve(ctx) })
		time.Sleep(2 * time.Second) // a has begun
		all.Go(func() { _ = replica("b", shared, long, ended).Serve(ctx) })
		time.Sleep(2 * time.Minute) // b has taken it over
		close(awake)
		time.Sleep(3 * time.Minute)
		stop()
		all.Wait()
		lost := slices.ContainsFunc(ended.lines, func(line string) bool {
			return line[0] == 'a' && line[len(line)-len(jobs.ErrLostTick.Error()):] == jobs.ErrLostTick.Error()
		})
		finished := slices.ContainsFunc(ended.lines, func(line string) bool { return line[0] == 'b' && line[len(line)-5:] == "<nil>" })
		if !lost || !finished {
			t.Errorf("%q", ended.lines)
		}
	})
}

func TestAReplicaThatStopsGivesItsMomentAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared, ended := &sharedTicks{}, &diary{}
		first, stopFirst := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = replica("a", shared, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, ended).Serve(first)
		}()
		time.Sleep(10 * time.Second)
		stopFirst()
		<-done
		second, stopSecond := context.WithCancel(t.Context())
		all := make(chan struct{})
		go func() {
			defer close(all)
			_ = replica("b", shared, func(context.Context) error { return nil }, ended).Serve(second)
		}()
		time.Sleep(20 * time.Second)
		stopSecond()
		<-all
		if len(ended.lines) != 2 || ended.lines[0][2:7] != ended.lines[1][2:7] || ended.lines[1][0] != 'b' {
			t.Errorf("%q", ended.lines)
		}
	})
}

func TestAJobThatFailsStopsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bad, good, ended := &sharedTicks{}, &sharedTicks{}, &diary{}
		ctx, stop := context.WithCancel(t.Context())
		var all sync.WaitGroup
		turn := 0
		all.Go(func() {
			_ = replica("x", bad, func(context.Context) error {
				if turn++; turn%2 == 0 {
					panic("a bug")
				}
				return errors.New("no network")
			}, ended).Serve(ctx)
		})
		all.Go(func() { _ = replica("y", good, func(context.Context) error { return nil }, ended).Serve(ctx) })
		time.Sleep(3*time.Minute + 10*time.Second)
		stop()
		all.Wait()
		counts := map[byte]int{}
		for _, line := range ended.lines {
			counts[line[0]]++
		}
		if counts['x'] != 4 || counts['y'] != 4 || bad.state != "donethe job panicked: a bug" {
			t.Errorf("%q, %q", ended.lines, bad.state)
		}
	})
}
