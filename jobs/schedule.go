package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/go-co-op/gocron/v2"

	"daesa/pay"
)

// Planned is a job that runs at times of a cron line, in Seoul.
type Planned struct {
	Name string
	Cron string                                         // five fields
	Next func(after time.Time) time.Time                // the next moment of the line; zero: never
	Run  func(ctx context.Context) error                // what its command does; an error counts the moment as failed
	Skip func(now time.Time) bool                       // moments on which there is nothing to do; nil: none
	Over func(tick Tick, took time.Duration, err error) // hears how each moment ended
}

// Tick is one planned moment of a job, held by one replica. Whoever holds a
// higher fence has taken it over.
type Tick struct {
	Job   string
	At    time.Time
	Fence int64
}

// ErrLostTick: another replica has taken the moment over.
var ErrLostTick = errors.New("another replica has taken the job over")

// Ticks is what several replicas share.
type Ticks interface {
	BeginTick(ctx context.Context, job string, tick time.Time, owner string, now, until time.Time) (Tick, bool, error)
	TakeOverTick(ctx context.Context, job, owner string, now, until time.Time) (Tick, bool, error)
	RenewTick(ctx context.Context, t Tick, until time.Time) error
	EndTick(ctx context.Context, t Tick, failure string, now time.Time) error
	ReleaseTick(ctx context.Context, t Tick, now time.Time) error
}

// Schedule runs jobs at their moments, each moment on one of the replicas that
// share Ticks. A job never runs beside itself: a moment that comes while it
// runs is left out, since what it would do is done by the next one.
type Schedule struct {
	Jobs  []Planned
	Ticks Ticks
	Owner string // this replica
	Lease time.Duration
	Clock func() time.Time
	Log   *slog.Logger

	mu   sync.Mutex
	due  map[string]time.Time // the next moment of each job
	owed map[string]time.Time // moments that could not be begun
}

const (
	// tickLease is how long a moment stays taken without being renewed.
	tickLease = time.Minute
	// takeOverEvery is how often a replica looks for moments that nobody works on
	// any more.
	takeOverEvery = 15 * time.Second
	// setBack is by how much a clock may have been set back when a moment comes.
	setBack = 5 * time.Second
	// missedFor is for how long a moment that nobody began is still begun when a
	// replica starts.
	missedFor = 26 * time.Hour
)

// Serve runs the jobs until ctx ends, and then waits for what is under way. What
// was interrupted is given to the other replicas.
func (s *Schedule) Serve(ctx context.Context) error {
	if s.Lease == 0 {
		s.Lease = tickLease
	}
	s.due, s.owed = map[string]time.Time{}, map[string]time.Time{}
	clock, err := gocron.NewScheduler(gocron.WithLocation(pay.Seoul))
	if err != nil {
		return err
	}
	var under sync.WaitGroup
	for _, job := range s.Jobs {
		s.due[job.Name] = job.Next(s.Clock())
		at := func(work func(context.Context, Planned)) gocron.Task {
			return gocron.NewTask(func() {
				under.Add(1)
				defer under.Done()
				if ctx.Err() == nil { // a moment may come while the clock is being stopped
					work(ctx, job)
				}
			})
		}
		single := gocron.WithSingletonMode(gocron.LimitModeReschedule)
		if _, err := clock.NewJob(gocron.CronJob(job.Cron, false), at(s.moment), gocron.WithName(job.Name), single, gocron.WithCronImplementation(line{job.Next})); err != nil {
			return fmt.Errorf("job %s at %q: %w", job.Name, job.Cron, err)
		}
		if _, err := clock.NewJob(gocron.DurationJob(takeOverEvery), at(s.takeOver), gocron.WithName(job.Name+" of others"), single,
			gocron.WithStartAt(gocron.WithStartImmediately())); err != nil {
			return fmt.Errorf("job %s: %w", job.Name, err)
		}
	}
	clock.Start()
	for _, job := range s.Jobs {
		under.Add(1)
		go func() {
			defer under.Done()
			s.missed(ctx, job)
		}()
	}
	<-ctx.Done()
	if err = clock.Shutdown(); errors.Is(err, gocron.ErrStopJobsTimedOut) {
		err = nil // what needs longer is waited for here
	}
	under.Wait()
	return err
}

// line lets gocron reckon with the program's own reading of a cron line: what
// doctor and `jobs list` say is when the clock rings.
type line struct {
	next func(after time.Time) time.Time
}

// IsValid refuses a line that has no moment.
func (l line) IsValid(crontab string, _ *time.Location, now time.Time) error {
	if l.next(now).IsZero() {
		return fmt.Errorf("%q never comes", crontab)
	}
	return nil
}

// Next gives the first moment after a time.
func (l line) Next(lastRun time.Time) time.Time { return l.next(lastRun) }

// moment is called when a moment of a job has come: perhaps late, where the
// machine slept.
func (s *Schedule) moment(ctx context.Context, job Planned) {
	now := s.Clock()
	s.mu.Lock()
	tick := s.due[job.Name]
	for next := tick; !next.IsZero() && !next.After(now); next = job.Next(next) {
		tick = next // the newest, where the job outlasted some
	}
	if tick.IsZero() || tick.After(now.Add(setBack)) { // what is told twice is not the next one
		tick = now.Truncate(time.Minute)
	}
	s.due[job.Name] = job.Next(latest(now, tick))
	s.mu.Unlock()
	s.begin(ctx, job, tick)
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// missed begins the newest moment before now that no replica has begun.
func (s *Schedule) missed(ctx context.Context, job Planned) {
	now := s.Clock()
	var last time.Time
	for next := job.Next(now.Add(-missedFor)); !next.IsZero() && !next.After(now); next = job.Next(next) {
		last = next
	}
	if !last.IsZero() {
		s.begin(ctx, job, last)
	}
}

func (s *Schedule) begin(ctx context.Context, job Planned, at time.Time) {
	now := s.Clock()
	if ctx.Err() != nil || job.Skip != nil && job.Skip(now) {
		return
	}
	tick, taken, err := s.Ticks.BeginTick(ctx, job.Name, at, s.Owner, now, now.Add(s.Lease))
	switch {
	case err != nil:
		s.Log.Error("schedule: the job cannot be begun; it is tried again soon", "job", job.Name, "moment", at, "error", err)
		s.owe(job, at)
	case taken:
		s.run(ctx, job, tick)
	}
}

// owe keeps the moment that could not be begun, for the next look.
func (s *Schedule) owe(job Planned, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.owed[job.Name] = at
}

func (s *Schedule) owing(job Planned) (at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at = s.owed[job.Name]
	delete(s.owed, job.Name)
	return at
}

// takeOver goes on with a moment whose replica is gone, and begins one that the
// database did not take.
func (s *Schedule) takeOver(ctx context.Context, job Planned) {
	if ctx.Err() != nil {
		return
	}
	if at := s.owing(job); !at.IsZero() {
		s.begin(ctx, job, at)
	}
	now := s.Clock()
	tick, taken, err := s.Ticks.TakeOverTick(ctx, job.Name, s.Owner, now, now.Add(s.Lease))
	switch {
	case err != nil && ctx.Err() == nil:
		s.Log.Error("schedule: the other replicas' jobs cannot be seen", "job", job.Name, "error", err)
	case taken:
		s.Log.Warn("schedule: taken over from a replica that is gone", "job", job.Name, "moment", tick.At)
		s.run(ctx, job, tick)
	}
}

// run does the job while it keeps its lease.
func (s *Schedule) run(ctx context.Context, job Planned, tick Tick) {
	began := s.Clock()
	held, lost := context.WithCancelCause(ctx)
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		s.renew(held, lost, tick)
	}()
	err := s.guarded(held, job)
	if cause := context.Cause(held); errors.Is(cause, ErrLostTick) {
		err = cause
	}
	lost(nil)
	<-renewed
	s.end(ctx, tick, err)
	if job.Over != nil {
		job.Over(tick, s.Clock().Sub(began), err)
	}
}

// guarded keeps a panic of one job from ending the others.
func (s *Schedule) guarded(ctx context.Context, job Planned) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.Log.Error("schedule: the job panicked", "job", job.Name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = fmt.Errorf("the job panicked: %v", p)
		}
	}()
	return job.Run(ctx)
}

// renew keeps the moment. Where the database is away it asks again soon, so that
// nobody else takes over a moment that is worked on.
func (s *Schedule) renew(ctx context.Context, lost context.CancelCauseFunc, tick Tick) {
	wait := s.Lease / 4
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		wait = s.Lease / 4
		switch err := s.Ticks.RenewTick(ctx, tick, s.Clock().Add(s.Lease)); {
		case errors.Is(err, ErrLostTick):
			lost(ErrLostTick)
			return
		case err != nil:
			wait = s.Lease / 60
		}
	}
}

// end notes how a moment ended. One that was interrupted is given away.
func (s *Schedule) end(ctx context.Context, tick Tick, err error) {
	var note func(context.Context) error
	switch {
	case errors.Is(err, ErrLostTick):
		s.Log.Warn("schedule: another replica has taken the job over", "job", tick.Job, "moment", tick.At)
		return
	case ctx.Err() != nil && err != nil:
		note = func(ctx context.Context) error { return s.Ticks.ReleaseTick(ctx, tick, s.Clock()) }
	case err != nil:
		note = func(ctx context.Context) error { return s.Ticks.EndTick(ctx, tick, err.Error(), s.Clock()) }
	default:
		note = func(ctx context.Context) error { return s.Ticks.EndTick(ctx, tick, "", s.Clock()) }
	}
	if err := s.insist(ctx, note); err != nil {
		s.Log.Error("schedule: how the job ended could not be noted", "job", tick.Job, "error", err)
	}
}

// noteTries is how often the end of a moment is written down, a lease's sixth
// apart: else another replica would run the moment again. noteTime is for how
// long one try may hang; a process that must end tries once.
const (
	noteTries = 6
	noteTime  = 10 * time.Second
)

func (s *Schedule) insist(ctx context.Context, note func(context.Context) error) error {
	for try := 1; ; try++ {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
		err := note(limited)
		cancel()
		if err == nil || errors.Is(err, ErrLostTick) || try == noteTries || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(s.Lease / noteTries):
		}
	}
}
