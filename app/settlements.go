package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"daesa/internal/hint"
	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/settle"
)

// SettlementSync brings in what Toss settles of some merchants, one after another,
// and then holds the payouts of all against the passbooks.
type SettlementSync struct {
	Merchants []*jobs.Settlements
	Deposits  *jobs.Deposits // of all configured merchants: several may share an account
	Books     SettlementNeeds
	Outcome   *Outcome
	Warn      Warn
	Clock     func() time.Time
	// Months writes what months leave unexplained; nil: nobody does.
	Months func(ctx context.Context) error
}

// SettlementNeeds know what of settlement a person must look at.
type SettlementNeeds interface {
	SettlementBreaks(ctx context.Context, mid string) ([]reconcile.Break, error)
}

// Synced is what a sync did, over all merchants.
type Synced struct {
	Merchants []jobs.SettlementSummary
	Deposits  jobs.DepositsSummary
}

// Run reads some lists of each merchant; none: only what is stored is compared. One
// merchant that fails does not stop the others.
func (x SettlementSync) Run(ctx context.Context, windows []settle.Window, now time.Time) (Synced, error) {
	var done Synced
	var failures []error
	for _, m := range x.Merchants {
		sum, err := m.Run(ctx, windows, now)
		var running *reconcile.RunningError
		switch {
		case errors.As(err, &running):
			x.running(running)
			continue
		case ctx.Err() != nil:
			return done, context.Cause(ctx)
		case err != nil:
			failures = append(failures, fmt.Errorf("merchant %s: %w", m.Settings.MID, err))
			x.Outcome.Add(EndedFailed, "%s: %v", m.Settings.MID, err)
			continue
		}
		done.Merchants = append(done.Merchants, sum)
		if len(sum.Gaps) > 0 {
			x.Outcome.Add(EndedIncomplete, "%s: %s of the settlements could not be read, first: %s: %s", sum.MID, pay.Counted(len(sum.Gaps), "part"), sum.Gaps[0].What, sum.Gaps[0].Why)
		}
		if sum.NoRows {
			x.Warn(fmt.Sprintf("merchant %s: Toss shows no settlement rows", sum.MID), "a test key has none; settlement.mode: off leaves them alone")
		}
	}
	if len(failures) > 0 && len(failures) == len(x.Merchants) {
		return done, errors.Join(failures...)
	}
	for _, failure := range failures {
		x.Warn(failure.Error(), hint.Of(failure))
	}
	return done, x.Hold(ctx, now, &done)
}

// Hold holds payouts against the passbooks and months against their rows, and says
// what of it a person must look at.
func (x SettlementSync) Hold(ctx context.Context, now time.Time, done *Synced) (err error) {
	if done.Deposits, err = x.Deposits.Run(ctx, now); err != nil {
		return err
	}
	if x.Months != nil {
		if err := x.Months(ctx); err != nil {
			return err
		}
	}
	return NeedOfSettlement(ctx, x.Books, x.Deposits.MIDs, x.Outcome)
}

// NeedOfSettlement adds to an outcome the breaks of settlement, bank and month that a
// person must look at.
func NeedOfSettlement(ctx context.Context, books SettlementNeeds, mids []string, o *Outcome) error {
	for _, mid := range mids {
		breaks, err := books.SettlementBreaks(ctx, mid)
		if err != nil {
			return err
		}
		open := 0
		for _, b := range breaks {
			if b.Status.NeedsPerson() {
				open++
			}
		}
		if open > 0 {
			o.Add(EndedPerson, "%s: %s of settlement open", mid, pay.Counted(open, "break"))
		}
	}
	return nil
}

func (x SettlementSync) running(r *reconcile.RunningError) {
	x.Warn(r.Error(), "")
	if x.Clock().Sub(r.Entry.StartedAt) > runningLimit {
		x.Outcome.Add(EndedFailed, "%v, longer than %s", r, runningLimit)
	}
}

// SettledRow is a settlement row, and whether a transaction of Toss's explains it.
type SettledRow struct {
	settle.Row
	Known bool
}
