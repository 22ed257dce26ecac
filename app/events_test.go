package app_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"daesa/app"
	"daesa/jobs"
	"daesa/refunds"
)

// passes is work that is called so often; the last call ends it.
type passes struct {
	left int
	end  func()
	fail error
	ran  chan struct{} // hears of every pass
}

func (p *passes) Run(context.Context) (jobs.EventSummary, error) {
	if p.left--; p.left == 0 {
		p.end()
	}
	if p.ran != nil {
		p.ran <- struct{}{}
	}
	return jobs.EventSummary{Taken: 1, Gaps: []string{"away"}}, p.fail
}

func TestEventsAreWorkedOnAtOnceAndAgainWhenSomeCome(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	wake, tick := app.NewWake(), make(chan time.Time)
	work, done := &passes{left: 3, end: cancel, ran: make(chan struct{}), fail: errors.New("the database went away")}, make(chan struct{})
	go func() {
		defer close(done)
		app.EventWork{Pass: work, Wake: wake, Tick: tick, Log: slog.New(slog.DiscardHandler)}.Run(ctx)
	}()
	<-work.ran // what was stored before
	wake.Tell()
	<-work.ran
	tick <- noon // what was put off
	<-work.ran
	<-done
}

func TestWhoIsAwakeIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	wake := app.NewWake()
	for range 3 {
		wake.Tell()
	}
	if len(wake) != 1 {
		t.Errorf("%d calls wait", len(wake))
	}
}

// settling lets woken refunds settle over a journal.
func settling(t *testing.T, j *journal) (s app.SettleWoken, settled *int, warned *[]string) {
	t.Helper()
	settled, warned = new(int), &[]string{}
	return app.SettleWoken{Head: keeper(t, j), Clock: func() time.Time { return noon }, Log: slog.New(slog.DiscardHandler),
		Warn: func(text, _ string) { *warned = append(*warned, text) },
		Settle: func(context.Context) (jobs.RefundSummary, error) {
			*settled++
			return jobs.RefundSummary{States: map[refunds.State]int{refunds.StateSucceeded: 1}}, nil
		}}, settled, warned
}

func TestWokenRefundsAreSettledAndTheHeadIsKept(t *testing.T) {
	t.Parallel()
	s, settled, warned := settling(t, &journal{length: 900})
	must(t, s.Run(t.Context()))
	if _, err := os.Stat(s.Head.Path()); err != nil || *settled != 1 || len(*warned) != 0 {
		t.Errorf("settled %d times, warned %v, %v", *settled, *warned, err)
	}
}

func TestADatabaseThatIsBehindSettlesNothing(t *testing.T) {
	t.Parallel()
	j := &journal{length: 900}
	s, settled, warned := settling(t, j)
	must(t, s.Head.Keep(t.Context(), noon, true))
	j.length = 899
	must(t, s.Run(t.Context()))
	if *settled != 0 || !slices.Equal(*warned, []string{(&app.BehindError{Path: s.Head.Path()}).Error()}) {
		t.Errorf("settled %d times, warned %v", *settled, *warned)
	}
}

func TestAHeadThatCannotBeKeptIsAWarning(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("root may write anywhere")
	}
	folder := t.TempDir()
	must(t, os.Chmod(folder, 0o500))
	k, warned := app.NewHeadKeeper(filepath.Join(folder, "head"), &journal{length: 1}), 0
	if err := k.KeepLast(t.Context(), noon, func(string, string) { warned++ }); err != nil || warned != 1 {
		t.Errorf("warned %d times, %v", warned, err)
	}
}
