package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
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

func (a *app) serveCommand() *cobra.Command {
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

// commandJob is a job of the schedule: the command line that it runs.
type commandJob struct {
	name  string
	cron  config.Cron
	skip  func(now time.Time) bool
	lines [][]string // run one after another, also after one that failed
	// again is after how long the first line is run once more, where it failed or
	// could not read everything.
	again []time.Duration
}

// nightAgain: most of what keeps a night from reading everything is over soon.
var nightAgain = []time.Duration{10 * time.Minute, 20 * time.Minute, time.Hour}

// scheduled are the jobs of the configuration. What has no times is not run.
func scheduled(cfg *config.Config) []commandJob {
	all := []commandJob{
		{name: "nightly", cron: cfg.Schedule.Nightly, again: nightAgain,
			lines: [][]string{{"nightly"}, {"accounts", "purge"}}},
		{name: "refunds", cron: cfg.Schedule.Refunds, lines: [][]string{{"refunds", "run"}}},
		{name: "capture", cron: cfg.Schedule.Capture, lines: [][]string{{"accounts", "capture"}}},
		{name: "month_end", cron: cfg.Schedule.MonthEnd, skip: func(now time.Time) bool { return !jobs.MonthEnd(pay.DayOf(now)) },
			again: nightAgain[:1], lines: [][]string{{"nightly", "--month-end"}}},
	}
	var list []commandJob
	for _, job := range all {
		if !job.cron.IsZero() {
			list = append(list, job)
		}
	}
	return list
}

// serve runs the schedule, the webhooks and the pages about itself until ctx
// ends.
func (a *app) serve(ctx context.Context, cfg *config.Config, db *store.DB, events *jobs.Events) error {
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
			Run:  func(ctx context.Context) error { return a.runLines(ctx, job, metrics) },
			Over: func(tick jobs.Tick, took time.Duration, err error) { a.jobOver(ctx, cfg, db, metrics, tick, took, err) },
		})
	}
	_, _ = fmt.Fprintf(a.stderr, "daesa serve: listening on %s, %s scheduled\n", listener.Addr(), counted(len(schedule.Jobs), "job"))
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
	return fmt.Sprintf("%s/%d/%s", host, os.Getpid(), born)
}

// runLines runs the command lines of a job, as a shell would.
func (a *app) runLines(ctx context.Context, job commandJob, metrics *metrics) error {
	var failures []error
	for i, line := range job.lines {
		var again []time.Duration
		if i == 0 {
			again = job.again
		}
		if err := a.runUntilWhole(ctx, job.name, line, again, metrics); err != nil {
			failures = append(failures, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(failures...)
}

func (a *app) runUntilWhole(ctx context.Context, job string, line []string, again []time.Duration, metrics *metrics) error {
	for try := 0; ; try++ {
		code, err := a.runLine(ctx, line)
		metrics.ran(job, code)
		if (code != codeFailed && code != codeIncomplete) || try == len(again) {
			return err
		}
		a.log.Info("the command is run again", "command", strings.Join(line, " "), "exit_code", code, "in", again[try].String())
		if err := sleep(ctx, again[try]); err != nil {
			return err // the moment is given away, and begun again where it is taken
		}
	}
}

// runLine runs one command in this process. A code that asks for a person is no
// failure of the job: the night's message and doctor say it.
func (a *app) runLine(ctx context.Context, line []string) (int, error) {
	var printed, said bytes.Buffer
	w := a.world
	w.stdout, w.stderr, w.terminal = &printed, &said, false
	w.logs = a.logWriter() // as it goes, not when the job is over
	code := run(ctx, append(line[:len(line):len(line)], a.sharedFlags()...), w)
	command := strings.Join(line, " ")
	level := slog.LevelInfo
	if code == codeFailed || code == codeUsage {
		level = slog.LevelError
	}
	a.log.Log(ctx, level, "command ended", "command", command, "exit_code", code, "said", strings.TrimSpace(said.String()))
	switch code {
	case codeFailed, codeUsage:
		return code, fmt.Errorf("daesa %s ended with %d: %s", command, code, firstLine(said.String()))
	case codeInterrupted:
		return code, context.Canceled
	default:
		return code, nil
	}
}

// sharedFlags are those of `serve` that its jobs take over.
func (a *app) sharedFlags() []string {
	flags := []string{"--json", "--log-format", a.logFormat, "--log-level", a.logLevel}
	if a.configPath != "" {
		flags = append(flags, "--config", a.configPath)
	}
	if a.mid != "" {
		flags = append(flags, "--mid", a.mid)
	}
	if a.by != "" {
		flags = append(flags, "--by", a.by)
	}
	return flags
}

func firstLine(text string) string {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "daesa: ") {
			return strings.TrimSpace(line)
		}
	}
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

// jobOver notes how a moment of a job ended, and tells of one that failed.
func (a *app) jobOver(ctx context.Context, cfg *config.Config, db *store.DB, metrics *metrics, tick jobs.Tick, took time.Duration, err error) {
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
