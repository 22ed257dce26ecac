package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"daesa/config"
	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports"
	"daesa/store"
)

// mostTogether is how many merchants one list holds: each keeps a connection
// and a snapshot of its own until the last row is written.
const mostTogether = 8

// matchedSaver chooses the form of a list by the name of its file.
func matchedSaver(path string) (func(string, reports.MatchedList, reports.Options) error, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".xlsx":
		return reports.SaveMatchedWorkbook, nil
	case ".csv":
		return reports.SaveMatchedCSV, nil
	default:
		return nil, usage(fmt.Errorf("--matched %s: the list is an .xlsx or a .csv", path), "for example --matched matched.xlsx")
	}
}

// writeMatched writes the orders of a night on which both sides agree, of all
// merchants, row by row.
func (a *invocation) writeMatched(ctx context.Context, cfg *config.Config, db *store.DB, day pay.Day, path string) error {
	save, err := matchedSaver(path)
	if err != nil {
		return err
	}
	merchants := a.merchants(cfg)
	if len(merchants) > mostTogether {
		return failed("--mid writes one merchant's", "one list holds at most %d merchants, here are %d", mostTogether, len(merchants))
	}
	list := reports.MatchedList{Day: day}
	for _, merchant := range merchants {
		run, err := storedRun(ctx, db, merchant.MID, day)
		if err != nil {
			return err
		}
		if run == nil {
			a.warn("%s has no night of %s: its orders are not in the list", merchant.MID, day)
			continue
		}
		agreement, err := openAgreement(ctx, db, *run)
		if err != nil {
			return err
		}
		defer agreement.Close()
		if agreement.Count != run.Matched {
			a.warn("%s %s: %d orders agree, %d did when the night was run: orders or Toss's rows have changed since", run.MID, day, agreement.Count, run.Matched)
		}
		if run.Now.After(list.At) {
			list.At = run.Now
		}
		list.Merchants = append(list.Merchants, reports.MatchedOf{MID: run.MID, RunID: run.ID, Count: agreement.Count, Shop: agreement.Shop, Toss: agreement.Toss,
			Next: func() (reports.Matched, error) { return agreement.Next(ctx) }})
	}
	if len(list.Merchants) == 0 {
		return failed("daesa runs list shows the nights that ran", "there is no night of %s", day)
	}
	options, err := a.reportOptions(cfg)
	if err != nil {
		return err
	}
	return save(path, list, options)
}

// storedRun is the run that a night stored; nil where there is none.
func storedRun(ctx context.Context, db *store.DB, mid string, day pay.Day) (*reconcile.Run, error) {
	stored, err := db.Snapshot(ctx, jobs.JobNightly, mid, day)
	if err != nil || stored == nil {
		return nil, err
	}
	var snapshot struct{ Run reconcile.Run } // the rest may be large
	if err := json.Unmarshal(stored, &snapshot); err != nil {
		return nil, fmt.Errorf("the stored snapshot of %s for %s is unreadable: %w", day, mid, err)
	}
	return &snapshot.Run, nil
}

func openAgreement(ctx context.Context, db *store.DB, run reconcile.Run) (*store.Agreement, error) {
	scope, err := jobs.ScopeOf(ctx, db, run.Job, run.MID, run.ID, run.Day)
	if err != nil {
		return nil, err
	}
	return db.OpenAgreement(ctx, scope, run.Now, run.Mode == config.ModeLookup)
}
