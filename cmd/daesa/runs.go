package main

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"daesa/config"
	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/store"
)

// Two states that the ledger does not hold but that its reader must see.
const (
	runMissing = "missing" // a business date without a nightly
	runStuck   = "stuck"   // running, and nobody has renewed its lease
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

func (a *app) runsCommand() *cobra.Command {
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

func (a *app) listRuns(ctx context.Context, db *store.DB) error {
	now, err := a.now()
	if err != nil {
		return err
	}
	runs, err := db.Runs(ctx, a.mid)
	if err != nil {
		return err
	}
	entries := runEntries(runs, pay.DayOf(now), a.clock())
	if a.json {
		return a.printJSON(entries)
	}
	if len(entries) > 0 {
		a.printTable([]string{"BUSINESS DATE", "JOB", "MID", "RUN", "STATE", "STARTED", ">TOOK", "ERROR"}, each(entries, runEntry.row))
	}
	gaps := 0
	for _, e := range entries {
		if e.State == runMissing {
			gaps++
		}
	}
	a.printf("%s, %s without one\n", counted(len(entries)-gaps, "run"), counted(gaps, "business date"))
	return nil
}

// runEntries gives the ledger with its gaps, by merchant, job and date. clock
// is the real time, by which leases are taken.
func runEntries(runs []reconcile.LedgerEntry, today pay.Day, clock time.Time) []runEntry {
	entries := make([]runEntry, 0, len(runs))
	for _, run := range runs {
		e := runEntry{
			Job: run.Job, MID: run.MID, RunID: orNull(run.RunID), BusinessDate: string(run.Day), State: run.State,
			StartedAt: timeOrNull(run.StartedAt), FinishedAt: timeOrNull(run.FinishedAt),
			JournalHead: orNull(run.JournalHead), Error: orNull(run.Error),
		}
		switch {
		case run.State == reconcile.RunRunning && run.LeaseUntil.Before(clock):
			e.State = runStuck
		case run.State != reconcile.RunRunning && !run.FinishedAt.IsZero():
			seconds := int64(run.FinishedAt.Sub(run.StartedAt).Round(time.Second) / time.Second)
			e.DurationSeconds = &seconds
		}
		entries = append(entries, e)
	}
	for mid, days := range nightsWithout(runs, today, func(reconcile.LedgerEntry) bool { return true }) {
		for _, day := range days {
			entries = append(entries, runEntry{Job: jobs.JobNightly, MID: mid, BusinessDate: string(day), State: runMissing})
		}
	}
	slices.SortStableFunc(entries, func(x, y runEntry) int {
		return cmp.Or(strings.Compare(x.MID, y.MID), strings.Compare(x.Job, y.Job), strings.Compare(x.BusinessDate, y.BusinessDate))
	})
	return entries
}

// nightsWithout gives by merchant the business dates, from the first nightly
// to yesterday, that have no nightly of which good is true.
func nightsWithout(runs []reconcile.LedgerEntry, today pay.Day, good func(reconcile.LedgerEntry) bool) map[string][]pay.Day {
	first, seen := map[string]pay.Day{}, map[string]map[pay.Day]bool{}
	for _, run := range runs {
		if run.Job != jobs.JobNightly {
			continue
		}
		if day, ok := first[run.MID]; !ok || run.Day < day {
			first[run.MID] = run.Day
		}
		if seen[run.MID] == nil {
			seen[run.MID] = map[pay.Day]bool{}
		}
		if good(run) {
			seen[run.MID][run.Day] = true
		}
	}
	without := map[string][]pay.Day{}
	for mid, day := range first {
		for ; day < today; day = day.Add(1) {
			if !seen[mid][day] {
				without[mid] = append(without[mid], day)
			}
		}
	}
	return without
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
