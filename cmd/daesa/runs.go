package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/config"
	"daesa/pay"
	"daesa/store"
)

// runEntry is one element of `runs list --json`.
type runEntry struct {
	Job             string  `json:"job"`
	MID             string  `json:"mid"`
	RunID           *string `json:"run_id"`
	BusinessDate    string  `json:"business_date"`
	State           string  `json:"state"`
	StartedAt       *string `json:"started_at"`
	FinishedAt      *string `json:"finished_at"`
	DurationSeconds *int64  `json:"duration_seconds"`
	JournalHead     *string `json:"journal_head"`
	Error           *string `json:"error"`
}

func (a *invocation) runsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "runs", Short: "The run ledger"}
	cmd.AddCommand(&cobra.Command{
		Use:   "list",
		Short: "List every run: job, merchant, business date, how it ended, how long; and the gaps",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withDatabase(cmd.Context(), func(_ *config.Config, db *store.DB) error {
				return a.listRuns(cmd.Context(), db)
			})
		},
	})
	return cmd
}

func (a *invocation) listRuns(ctx context.Context, db *store.DB) error {
	now, err := a.now()
	if err != nil {
		return err
	}
	runs, err := app.ListRuns{Ledger: db, MID: a.mid, Now: now, Clock: a.clock()}.Run(ctx)
	if err != nil {
		return err
	}
	entries := each(runs, newRunEntry)
	if a.json {
		return a.printJSON(entries)
	}
	if len(entries) > 0 {
		a.printTable([]string{"BUSINESS DATE", "JOB", "MID", "RUN", "STATE", "STARTED", ">TOOK", "ERROR"}, each(entries, runEntry.row))
	}
	gaps := 0
	for _, e := range entries {
		if e.State == app.RunMissing {
			gaps++
		}
	}
	a.printf("%s, %s without one\n", pay.Counted(len(entries)-gaps, "run"), pay.Counted(gaps, "business date"))
	return nil
}

func newRunEntry(run app.ListedRun) runEntry {
	e := runEntry{
		Job: run.Job, MID: run.MID, RunID: orNull(run.RunID), BusinessDate: string(run.Day), State: run.State,
		StartedAt: timeOrNull(run.StartedAt), FinishedAt: timeOrNull(run.FinishedAt),
		JournalHead: orNull(run.JournalHead), Error: orNull(run.Error),
	}
	if run.Ended {
		seconds := int64(run.Took / time.Second)
		e.DurationSeconds = &seconds
	}
	return e
}

func (e runEntry) row() []string {
	started, took := "-", "-"
	if e.StartedAt != nil {
		started = strings.Replace((*e.StartedAt)[:len("2006-01-02T15:04")], "T", " ", 1)
	}
	if e.DurationSeconds != nil {
		took = (time.Duration(*e.DurationSeconds) * time.Second).String()
	}
	runID, problem := "-", ""
	if e.RunID != nil {
		runID = *e.RunID
	}
	if e.Error != nil {
		problem = *e.Error
	}
	return []string{e.BusinessDate, e.Job, e.MID, runID, e.State, started, took, problem}
}
