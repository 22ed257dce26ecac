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
	"os"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"daesa/config"
	"daesa/jobs"
	"daesa/pay"
	"daesa/store"
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
			if a.asOf != "" {
				return usage(errors.New("serve: --as-of cannot stand for a clock that goes on"), "leave --as-of away")
			}
			return a.withEvents(cmd.Context(), a.serve)
		},
	}
}

// scheduledJob is a job of the schedule: commands, run one after another, also
// after one that failed.
type scheduledJob struct {
	name     string
	cron     config.Cron
	skip     func(now time.Time) bool
	commands []scheduledCommand
	// again is after how long the first command is run once more, where it failed
	// or could not read everything.
	again []time.Duration
}

// scheduledCommand is a command as the schedule gives it.
type scheduledCommand struct {
	name string
	run  func(ctx context.Context, a *invocation) error
}

// nightAgain: most of what keeps a night from reading everything is over soon.
var nightAgain = []time.Duration{10 * time.Minute, 20 * time.Minute, time.Hour}

// scheduled are the jobs of the configuration. What has no times is not run.
func scheduled(cfg *config.Config) []scheduledJob {
	nightly := scheduledCommand{"nightly", func(ctx context.Context, a *invocation) error { return a.runNightly(ctx, "", false) }}
	monthEnd := scheduledCommand{"nightly --month-end", func(ctx context.Context, a *invocation) error { return a.runNightly(ctx, "", true) }}
	purge := scheduledCommand{"accounts purge", func(ctx context.Context, a *invocation) error {
		return a.withDatabase(ctx, func(cfg *config.Config, db *store.DB) error { return a.purgeAccounts(ctx, cfg, db) })
	}}
	refund := scheduledCommand{"refunds run", func(ctx context.Context, a *invocation) error {
		return a.runRefunds(ctx, runFlags{count: -1, amount: -1})
	}}
	capture := scheduledCommand{"accounts capture", func(ctx context.Context, a *invocation) error { return a.capture(ctx, false) }}
	all := []scheduledJob{
		{name: "nightly", cron: cfg.Schedule.Nightly, again: nightAgain, commands: []scheduledCommand{nightly, purge}},
		{name: "refunds", cron: cfg.Schedule.Refunds, commands: []scheduledCommand{refund}},
		{name: "capture", cron: cfg.Schedule.Capture, commands: []scheduledCommand{capture}},
		{name: "month_end", cron: cfg.Schedule.MonthEnd, skip: func(now time.Time) bool { return !jobs.MonthEnd(pay.DayOf(now)) },
			again: nightAgain[:1], commands: []scheduledCommand{monthEnd}},
	}
	return slices.DeleteFunc(all, func(job scheduledJob) bool { return job.cron.IsZero() })
}

// serve runs the schedule, the webhooks and the pages about itself until ctx
// ends.
func (a *invocation) serve(ctx context.Context, cfg *config.Config, db *store.DB, events *jobs.Events) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.Webhook.Addr)
	if err != nil {
		return failed("set webhook.addr to an address of this machine that is free", "serve: %w", err)
	}
	receiver, wake, err := a.receiver(cfg, db, events)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	metrics := newMetrics(a, cfg, db)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", a.readyPage(cfg, db))
	mux.Handle("GET /metrics", metrics.handler())
	mux.Handle("/", receiver)
	schedule := &jobs.Schedule{Ticks: db, Owner: replicaName(), Clock: a.clock, Log: a.log}
	for _, job := range scheduled(cfg) {
		schedule.Jobs = append(schedule.Jobs, jobs.Planned{
			Name: job.name, Cron: job.cron.String(), Skip: job.skip,
			Next: func(after time.Time) time.Time { return job.cron.Next(after.In(pay.Seoul)) },
			Run:  func(ctx context.Context) error { return a.runJob(ctx, job, metrics) },
			Over: func(tick jobs.Tick, took time.Duration, err error) { a.jobOver(ctx, cfg, db, metrics, tick, took, err) },
		})
	}
	_, _ = fmt.Fprintf(a.stderr, "daesa serve: listening on %s, %s scheduled\n", listener.Addr(), pay.Counted(len(schedule.Jobs), "job"))
	group, working := errgroup.WithContext(ctx)
	group.Go(func() error { return schedule.Serve(working) })
	group.Go(func() error {
		a.workOnEvents(working, events, wake)
		return nil
	})
	group.Go(func() error {
		defer receiver.Close()
		return webhook.Serve(working, listener, mux)
	})
	return group.Wait()
}

// replicaName tells the replicas apart: in Kubernetes by their pod.
func replicaName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s/%d/%s", host, os.Getpid(), processNonce)
}

// runJob runs the commands of a job.
func (a *invocation) runJob(ctx context.Context, job scheduledJob, metrics *metrics) error {
	var failures []error
	for i, command := range job.commands {
		var again []time.Duration
		if i == 0 {
			again = job.again
		}
		if err := a.runUntilWhole(ctx, job.name, command, again, metrics); err != nil {
			failures = append(failures, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(failures...)
}

func (a *invocation) runUntilWhole(ctx context.Context, job string, command scheduledCommand, again []time.Duration, metrics *metrics) error {
	for try := 0; ; try++ {
		code, err := a.runCommand(ctx, command)
		metrics.ran(job, code)
		if (code != codeFailed && code != codeIncomplete) || try == len(again) {
			return err
		}
		a.log.Info("the command is run again", "command", command.name, "exit_code", code, "in", again[try].String())
		if err := sleep(ctx, again[try]); err != nil {
			return err // the moment is given away, and begun again where it is taken
		}
	}
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
func (a *invocation) runCommand(ctx context.Context, command scheduledCommand) (int, error) {
	var said bytes.Buffer
	one := a.another(&said)
	err := command.run(ctx, one)
	code := one.verdict.code()
	if err != nil {
		code = one.codeOf(ctx, err)
		one.complain(err)
	}
	level := slog.LevelInfo
	if code == codeFailed || code == codeUsage {
		level = slog.LevelError
	}
	a.log.Log(ctx, level, "command ended", "command", command.name, "exit_code", code, "said", strings.TrimSpace(said.String()))
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
	one := &invocation{environment: a.environment, configPath: a.configPath, json: true, logFormat: a.logFormat, logLevel: a.logLevel, asOf: a.asOf, mid: a.mid, by: a.by, log: a.log, prepared: true}
	one.stderr, one.terminal = stderr, false
	return one
}

// jobOver notes how a moment of a job ended, and tells of one that failed.
func (a *invocation) jobOver(ctx context.Context, cfg *config.Config, db *store.DB, metrics *metrics, tick jobs.Tick, took time.Duration, err error) {
	metrics.over(tick.Job, took, err)
	log := a.log.With("job", tick.Job, "moment", pay.FormatTime(tick.At), "took", took.Round(time.Millisecond).String())
	if err != nil {
		log.Error("job failed", "error", err)
		if ctx.Err() == nil && !errors.Is(err, jobs.ErrLostTick) {
			a.teller(cfg, db).FailedJob(ctx, tick.Job)
		}
		return
	}
	log.Info("job ended")
}

var _ prometheus.Collector = (*metrics)(nil)
