package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/pay"
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
		RunE:  a.onStore(func(ctx context.Context, s *session, _ []string) error { return s.listRuns(ctx) }),
	})
	return cmd
}

func (s *session) listRuns(ctx context.Context) error {
	runs, err := app.ListRuns{Ledger: s.db, MID: s.mid, Now: s.now(), Clock: s.clock()}.Run(ctx)
	if err != nil {
		return err
	}
	return s.show(each(runs, newRunEntry), func() {
		gaps := 0
		for _, run := range runs {
			if run.State == app.RunMissing {
				gaps++
			}
		}
		s.printList([]string{"BUSINESS DATE", "JOB", "MID", "RUN", "STATE", "STARTED", ">TOOK", "ERROR"}, each(runs, runRow),
			pay.Counted(len(runs)-gaps, "run")+", "+pay.Counted(gaps, "business date")+" without one")
	})
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

func runRow(run app.ListedRun) []string {
	took := "-"
	if run.Ended {
		took = run.Took.String()
	}
	return []string{string(run.Day), run.Job, run.MID, dash(run.RunID), run.State, shortTime(run.StartedAt), took, run.Error}
}
