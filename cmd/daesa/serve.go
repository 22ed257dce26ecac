package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/config"
	"daesa/jobs"
	"daesa/pay"
	"daesa/webhook"
)

func (a *invocation) serveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run every job on its schedule, and receive webhooks",
		Long: "Runs the jobs of `schedule` in daesa.yaml, each exactly as its command does, receives webhooks, and\n" +
			"answers /healthz, /readyz and /metrics on webhook.addr. Several may run on one PostgreSQL: each planned\n" +
			"moment of a job is run by one of them, and taken over by another when that one dies. On SIGTERM it begins\n" +
			"nothing more and finishes what is under way.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !a.asOf.IsZero() {
				return usage(errors.New("serve: --as-of cannot stand for a clock that goes on"), "leave --as-of away")
			}
			return a.withEvents(cmd.Context(), serve)
		},
	}
}

// scheduledJob is a job of the schedule.
type scheduledJob struct {
	name     string
	cron     config.Cron
	skip     func(now time.Time) bool
	commands []scheduledCommand
	again    []time.Duration // after how long the first command is run once more, as of app.RunJob
}

// scheduledCommand is a command as the schedule gives it.
type scheduledCommand struct {
	name string
	run  func(ctx context.Context, s *session) error
}

// scheduled are the jobs of the configuration. What has no times is not run.
func scheduled(cfg *config.Config) []scheduledJob {
	nightly := scheduledCommand{"nightly", func(ctx context.Context, s *session) error { return s.runNightly(ctx, "", false) }}
	monthEnd := scheduledCommand{"nightly --month-end", func(ctx context.Context, s *session) error { return s.runNightly(ctx, "", true) }}
	purge := scheduledCommand{"accounts purge", func(ctx context.Context, s *session) error { return s.purgeAccounts(ctx) }}
	refund := scheduledCommand{"refunds run", func(ctx context.Context, s *session) error { return s.runRefunds(ctx, runFlags{count: -1, amount: -1}) }}
	capture := scheduledCommand{"accounts capture", func(ctx context.Context, s *session) error { return s.capture(ctx, false) }}
	settlements := scheduledCommand{"settlements sync", func(ctx context.Context, s *session) error { return s.syncSettlements(ctx, "", "") }}
	all := []scheduledJob{
		{name: "nightly", cron: cfg.Schedule.Nightly, again: app.NightAgain(), commands: []scheduledCommand{nightly, purge}},
		{name: "refunds", cron: cfg.Schedule.Refunds, commands: []scheduledCommand{refund}},
		{name: "capture", cron: cfg.Schedule.Capture, commands: []scheduledCommand{capture}},
		{name: "settlements", cron: cfg.Schedule.Settlements, skip: func(time.Time) bool { return cfg.Settlement.Mode != config.SettlementAPI },
			again: app.NightAgain(), commands: []scheduledCommand{settlements}},
		{name: "month_end", cron: cfg.Schedule.MonthEnd, skip: func(now time.Time) bool { return !jobs.MonthEnd(pay.DayOf(now)) },
			again: app.NightAgain()[:1], commands: []scheduledCommand{monthEnd}},
	}
	return slices.DeleteFunc(all, func(job scheduledJob) bool { return job.cron.IsZero() })
}

// serve runs the schedule, the webhooks and the pages about itself until ctx
// ends.
func serve(ctx context.Context, s *session, events *jobs.Events) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.cfg.Webhook.Addr)
	if err != nil {
		return failed("set webhook.addr to an address of this machine that is free", "serve: %w", err)
	}
	receiver, wake, err := s.receiver(events)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	metrics := newMetrics(s)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", s.readyPage())
	mux.Handle("GET /metrics", metrics.handler())
	mux.Handle("/", receiver)
	schedule := &jobs.Schedule{Ticks: s.db, Owner: process.String(), Clock: s.clock, Log: s.log}
	for _, job := range scheduled(s.cfg) {
		schedule.Jobs = append(schedule.Jobs, jobs.Planned{
			Name: job.name, Cron: job.cron.String(), Skip: job.skip,
			Next: func(after time.Time) time.Time { return job.cron.Next(after.In(pay.Seoul)) },
			Run:  s.jobRun(job, metrics).Run,
			Over: func(tick jobs.Tick, took time.Duration, err error) { s.jobOver(ctx, metrics, tick, took, err) },
		})
	}
	_, _ = fmt.Fprintf(s.stderr, "daesa serve: listening on %s, %s scheduled\n", listener.Addr(), pay.Counted(len(schedule.Jobs), "job"))
	return app.Together(ctx, schedule.Serve, func(ctx context.Context) error {
		s.workOnEvents(ctx, events, wake)
		return nil
	}, func(ctx context.Context) error {
		defer receiver.Close()
		return webhook.Serve(ctx, listener, mux)
	})
}

// jobRun wires the commands of a job: each is counted by its exit code.
func (s *session) jobRun(job scheduledJob, metrics *metrics) app.RunJob {
	return app.RunJob{Again: job.again, Sleep: sleep, Log: s.log, Commands: each(job.commands, func(command scheduledCommand) app.JobCommand {
		return app.JobCommand{Name: command.name, Run: func(ctx context.Context) (app.Ending, error) {
			code, err := s.runCommand(ctx, command)
			metrics.ran(job.name, code)
			return endingOf(code), err
		}}
	})}
}

// failedCommandError is a command of a job that failed.
type failedCommandError struct {
	command string
	code    int
	cause   error
}

// Error names the command and the cause.
func (e *failedCommandError) Error() string {
	return fmt.Sprintf("daesa %s ended with %d: %v", e.command, e.code, e.cause)
}

// Unwrap gives the cause.
func (e *failedCommandError) Unwrap() error { return e.cause }

// runCommand runs one command in this process. Exit code 3 does not fail the job:
// the night's message and doctor say what a person has to do.
func (s *session) runCommand(ctx context.Context, command scheduledCommand) (int, error) {
	var said bytes.Buffer
	one := s.another(&said)
	err := one.withProvider(ctx, func(s *session) error { return command.run(ctx, s) })
	code := one.verdict.code()
	if err != nil {
		code = one.codeOf(ctx, err)
		one.complain(err)
	}
	level := slog.LevelInfo
	if code == codeFailed || code == codeUsage {
		level = slog.LevelError
	}
	s.log.Log(ctx, level, "command ended", "command", command.name, "exit_code", code, "said", strings.TrimSpace(said.String()))
	switch {
	case code == codeInterrupted:
		return code, context.Canceled
	case code != codeFailed && code != codeUsage:
		return code, nil
	case err == nil:
		err = errors.New(strings.Join(one.verdict.list(), "; "))
	}
	return code, &failedCommandError{command.name, code, err}
}

// another is a command of its own in this process, under the same flags. What it
// says goes to stderr; what it would print is not wanted.
func (a *invocation) another(stderr io.Writer) *invocation {
	one := *a
	one.out, one.verdict, one.json = bytes.Buffer{}, verdict{}, true
	one.stderr, one.terminal = stderr, false
	return &one
}

// jobOver notes how a moment of a job ended, and tells of one that failed.
func (s *session) jobOver(ctx context.Context, metrics *metrics, tick jobs.Tick, took time.Duration, err error) {
	metrics.over(tick.Job, took, err)
	log := s.log.With("job", tick.Job, "moment", pay.FormatTime(tick.At), "took", took.Round(time.Millisecond).String())
	if err != nil {
		log.Error("job failed", "error", err)
		if ctx.Err() == nil && !errors.Is(err, jobs.ErrLostTick) {
			s.teller().FailedJob(ctx, tick.Job)
		}
		return
	}
	log.Info("job ended")
}

var _ prometheus.Collector = (*metrics)(nil)
