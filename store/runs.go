package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jmoiron/sqlx"

	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
)

// runRow is a run of the ledger as the table holds it.
type runRow struct {
	Job         string `db:"job"`
	MID         string `db:"mid"`
	Day         string `db:"day"`
	RunID       string `db:"run_id"`
	State       string `db:"state"`
	Fence       int64  `db:"fence"`
	Owner       string `db:"owner"`
	LeaseUntil  Time   `db:"lease_until"`
	StartedAt   Time   `db:"started_at"`
	FinishedAt  Time   `db:"finished_at"`
	CommittedAt Time   `db:"committed_at"`
	Error       string `db:"error"`
	JournalHead string `db:"journal_head"`
	Snapshot    []byte `db:"snapshot"`
	Figures     string `db:"figures"`
}

func (r runRow) entry() reconcile.LedgerEntry {
	return reconcile.LedgerEntry{
		Job: r.Job, MID: r.MID, Day: pay.Day(r.Day), RunID: r.RunID, State: r.State, Owner: r.Owner,
		LeaseUntil: r.LeaseUntil.Time, StartedAt: r.StartedAt.Time, FinishedAt: r.FinishedAt.Time,
		CommittedAt: r.CommittedAt.Time, Error: r.Error, JournalHead: r.JournalHead,
	}
}

// BeginRun takes the run of (job, merchant, day) for an owner until a time.
// Where another owner holds it, and dead does not say that it is gone, the
// error is a *reconcile.RunningError. clock is the real time, also where the
// business's now is set to another.
func (d *DB) BeginRun(ctx context.Context, job, mid string, day pay.Day, owner string, clock time.Time, lease time.Duration, dead func(owner string) bool) (reconcile.Lease, error) {
	taken := reconcile.Lease{RunID: reconcile.RunID(job, mid, day), Job: job, MID: mid, Day: day}
	err := d.db.Write(ctx, func(tx *sqlx.Tx) error {
		key := args{"job": job, "mid": mid, "day": string(day), "run_id": taken.RunID, "owner": owner,
			"lease_until": at(clock.Add(lease)), "started_at": at(clock), "state": reconcile.RunRunning}
		inserted, err := d.db.Exec(ctx, tx, "run_insert", key)
		if err != nil {
			return err
		}
		if inserted == 1 {
			taken.Fence = 1
			return nil
		}
		var row runRow
		if err := d.db.One(ctx, tx, &row, "run_get", key); err != nil {
			return err
		}
		if held := row.entry(); held.HeldAt(clock, dead) {
			return &reconcile.RunningError{Entry: held}
		}
		key["fence"] = row.Fence
		got, err := d.db.Exec(ctx, tx, "run_take", key)
		if err == nil && got == 0 {
			return &reconcile.RunningError{Entry: row.entry()}
		}
		taken.Fence = row.Fence + 1
		return err
	})
	return taken, err
}

// ErrLostRun: another process has taken the run over, and what this one found
// is not written.
var ErrLostRun = hinted(errors.New("the run was taken over by another process"),
	"this process was too slow or asleep; the other one finishes the run, nothing is lost")

// RenewRun prolongs a lease.
func (d *DB) RenewRun(ctx context.Context, l reconcile.Lease, until time.Time) error {
	return d.fenced(ctx, "run_renew", args{"run_id": l.RunID, "fence": l.Fence, "lease_until": at(until)})
}

// EndRun gives a run back: how it ended, and why where it failed.
func (d *DB) EndRun(ctx context.Context, l reconcile.Lease, state, reason string, clock time.Time) error {
	return d.fenced(ctx, "run_end", args{"run_id": l.RunID, "fence": l.Fence, "state": state, "finished_at": at(clock), "error": plainText(reason)})
}

func (d *DB) fenced(ctx context.Context, name string, with args) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		changed, err := d.db.Exec(ctx, tx, name, with)
		if err == nil && changed == 0 {
			return ErrLostRun
		}
		return err
	})
}

// LastComplete gives the last complete day before one, and "" where there is
// none, with the instant at which its run was committed.
func (d *DB) LastComplete(ctx context.Context, job, mid string, before pay.Day) (pay.Day, time.Time, error) {
	var day sql.NullString
	with := args{"job": job, "mid": mid, "day": string(before)}
	if err := d.db.One(ctx, d.db.Pool(), &day, "last_complete_before", with); err != nil {
		return "", time.Time{}, err
	}
	if !day.Valid {
		return "", time.Time{}, nil
	}
	var committed Time
	if err := d.db.One(ctx, d.db.Pool(), &committed, "last_commit_before", with); err != nil {
		return "", time.Time{}, err
	}
	return pay.Day(day.String), committed.Time, nil
}

// CompleteDays gives the complete days before one, oldest first.
func (d *DB) CompleteDays(ctx context.Context, job, mid string, before pay.Day) ([]pay.Day, error) {
	var days []pay.Day
	err := d.db.All(ctx, d.db.Pool(), &days, "complete_days", args{"job": job, "mid": mid, "day": string(before)})
	return days, err
}

// FirstRunDay gives the first day for which a job ever ran, "" for none.
func (d *DB) FirstRunDay(ctx context.Context, job, mid string) (pay.Day, error) {
	var day sql.NullString
	err := d.db.One(ctx, d.db.Pool(), &day, "first_run_day", args{"job": job, "mid": mid})
	return pay.Day(day.String), err
}

// Runs gives the run ledger, by merchant, job and day.
func (d *DB) Runs(ctx context.Context, mid string) ([]reconcile.LedgerEntry, error) {
	var rows []runRow
	if err := d.db.All(ctx, d.db.Pool(), &rows, "runs_list", args{"mid": mid}); err != nil {
		return nil, err
	}
	entries := make([]reconcile.LedgerEntry, len(rows))
	for i, row := range rows {
		entries[i] = row.entry()
	}
	return entries, nil
}

// Snapshot lets read the stored snapshot of a run, unpacked; known is false where
// the run was never committed.
func (d *DB) Snapshot(ctx context.Context, job, mid string, day pay.Day, read func(io.Reader) error) (known bool, err error) {
	return d.snapshot(ctx, string(day)+" for "+mid, read, "snapshot_of", args{"job": job, "mid": mid, "day": string(day)})
}

// SnapshotOfRun does the same with what a run's id stored.
func (d *DB) SnapshotOfRun(ctx context.Context, runID string, read func(io.Reader) error) (known bool, err error) {
	return d.snapshot(ctx, "run "+runID, read, "snapshot_of_run", args{"run_id": runID})
}

func (d *DB) snapshot(ctx context.Context, of string, read func(io.Reader) error, query string, with args) (known bool, err error) {
	var stored []byte
	err = d.db.One(ctx, d.db.Pool(), &stored, query, with)
	if errors.Is(err, sql.ErrNoRows) || (err == nil && len(stored) == 0) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := unpacked(stored, read); err != nil {
		return false, fmt.Errorf("the stored snapshot of %s is unreadable: %w", of, err)
	}
	return true, nil
}

// Commit writes breaks, proposed refunds, what the look-ups showed, the run
// and the journal in one transaction, and gives back what stands in the
// database then. draw makes the snapshot from it, knowing the journal's head;
// the snapshot is stored with the run. A run that another process has taken
// over is ErrLostRun, and nothing is written.
func (c *Comparison) Commit(ctx context.Context, night jobs.Written, draw func(jobs.After) (jobs.Drawn, error)) error {
	c.EndSnapshot(ctx)
	return c.d.db.WriteOn(ctx, c.conn, func(tx *sqlx.Tx) error {
		var held int
		if err := c.d.db.One(ctx, tx, &held, "run_check", args{"run_id": night.Lease.RunID, "fence": night.Lease.Fence}); err != nil {
			return err
		}
		if held == 0 {
			return ErrLostRun
		}
		for _, name := range []string{"commit_payments", "commit_cancels"} {
			if _, err := c.d.db.Exec(ctx, tx, name, c.args()); err != nil {
				return err
			}
		}
		night, err := c.afresh(ctx, tx, night)
		if err != nil {
			return err
		}
		entries, err := c.d.commitBreaks(ctx, tx, night)
		if err != nil {
			return err
		}
		proposed, err := c.d.commitProposals(ctx, tx, night)
		if err != nil {
			return err
		}
		_, expired, err := c.d.expire(ctx, tx, refunds.Expiry{Whose: night.Expires, RunID: night.Lease.RunID, Actor: night.Actor, Now: night.Now})
		if err != nil {
			return err
		}
		entries = append(append(entries, proposed...), expired...)
		entries = append(entries, entry(night.Now, night.Actor, night.Lease.RunID, "run:"+night.Lease.RunID, "run.committed", "", night.Facts))
		head, err := c.d.append(ctx, tx, entries)
		if err != nil {
			return err
		}
		return c.d.commitRun(ctx, tx, night, head, draw)
	})
}
