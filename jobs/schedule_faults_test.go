package jobs_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"daesa/jobs"
	"daesa/pay"
)

// away is a database that cannot be reached from one moment to another.
type away struct {
	jobs.Ticks
	mu              sync.Mutex
	from, to        time.Time
	endFails, begin int
}

var errAway = errors.New("connection refused")

func (a *away) gone() bool {
	now := time.Now()
	return !now.Before(a.from) && now.Before(a.to)
}
func (a *away) BeginTick(ctx context.Context, job string, tick time.Time, owner string, now, until time.Time) (jobs.Tick, bool, error) {
	if a.gone() {
		a.mu.Lock()
		a.begin++
		a.mu.Unlock()
		return jobs.Tick{}, false, errAway
	}
	return a.Ticks.BeginTick(ctx, job, tick, owner, now, until)
}
func (a *away) TakeOverTick(ctx context.Context, job, owner string, now, until time.Time) (jobs.Tick, bool, error) {
	if a.gone() {
		return jobs.Tick{}, false, errAway
	}
	return a.Ticks.TakeOverTick(ctx, job, owner, now, until)
}
func (a *away) RenewTick(ctx context.Context, t jobs.Tick, until time.Time) error {
	if a.gone() {
		return errAway
	}
	return a.Ticks.RenewTick(ctx, t, until)
}
func (a *away) EndTick(ctx context.Context, t jobs.Tick, failure string, now time.Time) error {
	if a.gone() || a.endFails > 0 {
		a.endFails--
		return errAway
	}
	return a.Ticks.EndTick(ctx, t, failure, now)
}

// oneNight behaves as `daesa nightly` does: a second copy waits for a sign of
// life of the first, and goes on where it ended without having finished.
type oneNight struct {
	mu           sync.Mutex
	running      bool
	begun, whole int
}

func (n *oneNight) take() (taken, whole bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	taken = !n.running
	if taken {
		n.running = true
		n.begun++
	}
	return taken, n.whole > 0
}

func (n *oneNight) run(ctx context.Context, long time.Duration) error {
	for waited := time.Duration(0); ; waited += 3 * time.Second {
		taken, whole := n.take()
		if taken {
			break
		}
		if whole || waited > 45*time.Second {
			return nil // it renews its lease
		}
		time.Sleep(3 * time.Second)
	}
	defer func() { n.mu.Lock(); n.running = false; n.mu.Unlock() }()
	select {
	case <-ctx.Done():
		return context.Canceled
	case <-time.After(long):
		n.mu.Lock()
		n.whole++
		n.mu.Unlock()
		return nil
	}
}

func daily(after time.Time) time.Time {
	at := after.In(pay.Seoul)
	next := time.Date(at.Year(), at.Month(), at.Day(), 1, 30, 0, 0, pay.Seoul)
	if !next.After(after) {
		next = next.AddDate(0, 0, 1)
	}
	return next
}

func nightReplica(name string, ticks jobs.Ticks, clock func() time.Time, run func(ctx context.Context) error, ended *diary) *jobs.Schedule {
	s := replica(name, ticks, run, ended)
	s.Clock = clock
	s.Jobs[0].Cron, s.Jobs[0].Next = "30 1 * * *", daily
	return s
}

// TestANightOutlivesMinutesWithoutDatabase: a replica does not take its own
// moment over, and one that another takes over is finished by that one.
func TestANightOutlivesMinutesWithoutDatabase(t *testing.T) {
	for _, names := range [][]string{{"a"}, {"a", "b"}} {
		lost := map[int]int{}
		for outage := 50; outage <= 110; outage += 20 {
			for phase := range 2 {
				synctest.Test(t, func(t *testing.T) {
					shared, ended, n := &sharedTicks{}, &diary{}, &oneNight{}
					began := daily(time.Now())
					time.Sleep(time.Until(began) - 2*time.Hour + time.Duration(phase)*1001*time.Millisecond)
					shared.tick.At = began.AddDate(0, 0, -1) // yesterday's has run
					from := began.Add(10*time.Minute + time.Duration(phase*7)*time.Second)
					db := &away{Ticks: shared, from: from, to: from.Add(time.Duration(outage) * time.Second)}
					ctx, stop := context.WithCancel(t.Context())
					var all sync.WaitGroup
					for _, name := range names {
						all.Go(func() {
							_ = nightReplica(name, db, time.Now, func(ctx context.Context) error { return n.run(ctx, time.Hour) }, ended).Serve(ctx)
						})
						time.Sleep(7300 * time.Millisecond)
					}
					time.Sleep(4 * time.Hour)
					stop()
					all.Wait()
					if n.whole != 1 {
						lost[outage]++
					}
				})
			}
		}
		if len(lost) > 0 {
			t.Errorf("replicas %v: of 2 nights each, lost by the seconds without database: %v", names, lost)
		}
	}
}

// TestABlipAtTheMomentLosesNoNight: the database does not answer at half past one.
func TestABlipAtTheMomentLosesNoNight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared, ended, n := &sharedTicks{}, &diary{}, &oneNight{}
		began := daily(time.Now())
		time.Sleep(time.Until(began) - 2*time.Hour)
		shared.tick.At = began.AddDate(0, 0, -1)
		db := &away{Ticks: shared, from: began.Add(-time.Second), to: began.Add(time.Second)}
		ctx, stop := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for _, name := range []string{"a", "b"} {
			all.Go(func() {
				_ = nightReplica(name, db, time.Now, func(ctx context.Context) error { return n.run(ctx, time.Minute) }, ended).Serve(ctx)
			})
		}
		time.Sleep(20 * time.Hour)
		stop()
		all.Wait()
		if n.whole != 1 {
			t.Errorf("the night ran %d times in the 18 hours after 01:30; begins refused: %d", n.whole, db.begin)
		}
	})
}

// TestAnEndThatIsNotedLateRunsNoJobAgain: the end of a moment cannot be noted at first.
func TestAnEndThatIsNotedLateRunsNoJobAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared, ended, n := &sharedTicks{}, &diary{}, &oneNight{}
		began := daily(time.Now())
		time.Sleep(time.Until(began) - 2*time.Hour)
		shared.tick.At = began.AddDate(0, 0, -1)
		db := &away{Ticks: shared, endFails: 4}
		ctx, stop := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			_ = nightReplica("a", db, time.Now, func(ctx context.Context) error { return n.run(ctx, time.Minute) }, ended).Serve(ctx)
		})
		time.Sleep(4 * time.Hour)
		stop()
		all.Wait()
		if n.whole != 1 {
			t.Errorf("the night ran %d times for one moment: %q", n.whole, ended.lines)
		}
	})
}

// TestAClockThatWasSetBackRunsNoNightTwice: the timer of one of two replicas
// fires at 01:29:59 of its clock.
func TestAClockThatWasSetBackRunsNoNightTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared, ended, n := &sharedTicks{}, &diary{}, &oneNight{}
		began := daily(time.Now())
		time.Sleep(time.Until(began) - 2*time.Hour)
		shared.tick.At = began.AddDate(0, 0, -1)
		ctx, stop := context.WithCancel(t.Context())
		var all sync.WaitGroup
		start := func(name string, clock func() time.Time, delay time.Duration) {
			all.Go(func() {
				_ = nightReplica(name, late{shared, delay}, clock, func(ctx context.Context) error { return n.run(ctx, 3*time.Second) }, ended).Serve(ctx)
			})
		}
		back := func() time.Time { return time.Now().Add(-time.Second) }
		start("a", back, 0)
		start("b", time.Now, 5*time.Second) // its clock is that much behind, its begin that much later
		time.Sleep(4 * time.Hour)
		stop()
		all.Wait()
		if n.whole != 1 {
			t.Errorf("the night of one moment ran %d times: %q", n.whole, ended.lines)
		}
	})
}

type late struct {
	jobs.Ticks
	by time.Duration
}

func (l late) BeginTick(ctx context.Context, job string, tick time.Time, owner string, now, until time.Time) (jobs.Tick, bool, error) {
	time.Sleep(l.by)
	return l.Ticks.BeginTick(ctx, job, tick, owner, now.Add(l.by), until.Add(l.by))
}

// TestAMomentIsEnteredUnderItsOwnTime, also after one that outlasted its period.
func TestAMomentIsEnteredUnderItsOwnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared, ended := &sharedTicks{}, &diary{}
		ctx, stop := context.WithCancel(t.Context())
		turn := 0
		var mu sync.Mutex
		var starts []string
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = replica("a", shared, func(context.Context) error {
				mu.Lock()
				starts = append(starts, time.Now().In(pay.Seoul).Format("15:04:05"))
				turn++
				long := turn == 2
				mu.Unlock()
				if long {
					time.Sleep(150 * time.Second)
				}
				return nil
			}, ended).Serve(ctx)
		}()
		time.Sleep(5*time.Minute + 10*time.Second)
		stop()
		<-done
		for i, line := range ended.lines {
			if i > 0 && line[2:7] != starts[i][:5] {
				t.Errorf("began %s, entered as %s", starts[i], line[2:7])
			}
		}
	})
}
