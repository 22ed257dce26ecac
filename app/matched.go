package app

import (
	"context"
	"fmt"
	"io"

	"daesa/internal/hint"
	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports"
)

// mostTogether is how many merchants one list holds: each keeps a connection and a
// snapshot of its own until the last row is written.
const mostTogether = 8

// Agreement is the list of one merchant's orders of a night on which both sides
// agree, as they stand now.
type Agreement struct {
	Count      int64           // rows that Next gives
	Shop, Toss []reconcile.Sum // money held on either side, each summed without the other
	Next       func(ctx context.Context) (reports.Matched, error)
	io.Closer
}

// MatchedOrders is `report nightly --matched`: the orders of a night on which both
// sides agree, of all merchants, row by row.
type MatchedOrders struct {
	Snapshots Snapshots
	// Open finds what a run touched and what of it agrees.
	Open      func(ctx context.Context, run reconcile.Run) (Agreement, error)
	Merchants []string
	Day       pay.Day
	Save      func(reports.MatchedList) error
	Warn      Warn
}

// Run writes the list.
func (x MatchedOrders) Run(ctx context.Context) error {
	if len(x.Merchants) > mostTogether {
		return hint.Errorf("--mid writes one merchant's", "one list holds at most %d merchants, here are %d", mostTogether, len(x.Merchants))
	}
	list := reports.MatchedList{Day: x.Day}
	for _, mid := range x.Merchants {
		run, err := x.storedRun(ctx, mid)
		if err != nil {
			return err
		}
		if run == nil {
			x.Warn(fmt.Sprintf("%s has no night of %s: its orders are not in the list", mid, x.Day), "")
			continue
		}
		agreement, err := x.Open(ctx, *run)
		if err != nil {
			return err
		}
		defer agreement.Close()
		if agreement.Count != run.Matched {
			x.Warn(fmt.Sprintf("%s %s: %d orders agree, %d did when the night was run: orders or Toss's rows have changed since", mid, x.Day, agreement.Count, run.Matched), "")
		}
		list.At = pay.Latest(list.At, run.Now)
		list.Merchants = append(list.Merchants, reports.MatchedOf{MID: run.MID, RunID: run.ID, Count: agreement.Count, Shop: agreement.Shop, Toss: agreement.Toss,
			Next: func() (reports.Matched, error) { return agreement.Next(ctx) }})
	}
	if len(list.Merchants) == 0 {
		return NoNight(x.Day)
	}
	return x.Save(list)
}

// storedRun is the run that a night stored; nil where there is none.
func (x MatchedOrders) storedRun(ctx context.Context, mid string) (*reconcile.Run, error) {
	var snapshot struct{ Run reconcile.Run } // the rest may be large
	known, err := x.Snapshots.Snapshot(ctx, jobs.JobNightly, mid, x.Day, reports.Into(&snapshot))
	if err != nil || !known {
		return nil, err
	}
	return &snapshot.Run, nil
}

// NoNight is the error of a date that no night was written of.
func NoNight(day pay.Day) error {
	return hint.Errorf("daesa runs list shows the nights that ran; daesa nightly --date "+string(day)+" runs this one", "there is no night of %s", day)
}
