package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"daesa/jobs"
)

// BeginTick takes a planned moment of a job for an owner. It is not taken where
// it was begun before, by whomever, or an earlier one still goes on.
func (d *DB) BeginTick(ctx context.Context, job string, tick time.Time, owner string, now, until time.Time) (jobs.Tick, bool, error) {
	var fence int64
	err := d.db.One(ctx, d.db.Pool(), &fence, "tick_begin", args{"job": job, "tick": at(tick), "owner": owner, "now": at(now), "until": at(until), "ahead": at(now.Add(jobs.ClockMargin)), "running": jobs.TickRunning})
	if errors.Is(err, sql.ErrNoRows) {
		return jobs.Tick{}, false, nil
	}
	return jobs.Tick{Job: job, At: tick, Fence: fence}, err == nil, err
}

// TakeOverTick takes the moment of a job whose owner renews its lease no more.
func (d *DB) TakeOverTick(ctx context.Context, job, owner string, now, until time.Time) (jobs.Tick, bool, error) {
	var row struct {
		Tick  Time  `db:"tick"`
		Fence int64 `db:"fence"`
	}
	err := d.db.One(ctx, d.db.Pool(), &row, "tick_take_over", args{"job": job, "owner": owner, "now": at(now), "until": at(until)})
	if errors.Is(err, sql.ErrNoRows) {
		return jobs.Tick{}, false, nil
	}
	return jobs.Tick{Job: job, At: row.Tick.Time, Fence: row.Fence}, err == nil, err
}

// RenewTick keeps a moment; one that another took over is jobs.ErrLostTick.
func (d *DB) RenewTick(ctx context.Context, t jobs.Tick, until time.Time) error {
	return d.ofTick(ctx, "tick_renew", args{"job": t.Job, "fence": t.Fence, "until": at(until)})
}

// EndTick says how a moment ended: failure is "" where it went well.
func (d *DB) EndTick(ctx context.Context, t jobs.Tick, failure string, now time.Time) error {
	return d.ofTick(ctx, "tick_end", args{"job": t.Job, "fence": t.Fence, "state": jobs.TickEnds(failure), "error": plainText(failure), "now": at(now)})
}

// plainText is what every database takes as text.
func plainText(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "�"), "\x00", "�")
}

// ReleaseTick gives a moment that was not ended to whoever comes next.
func (d *DB) ReleaseTick(ctx context.Context, t jobs.Tick, now time.Time) error {
	return d.ofTick(ctx, "tick_release", args{"job": t.Job, "fence": t.Fence, "now": at(now)})
}

func (d *DB) ofTick(ctx context.Context, query string, with args) error {
	changed, err := d.db.Exec(ctx, d.db.Pool(), query, with)
	if err == nil && changed == 0 {
		return jobs.ErrLostTick
	}
	return err
}

// TickRow is the newest moment of a job of `daesa serve`.
type TickRow struct {
	Job        string `db:"job"`
	Tick       Time   `db:"tick"`
	State      string `db:"state"` // running, done or failed
	Fence      int64  `db:"fence"`
	Owner      string `db:"owner"`
	LeaseUntil Time   `db:"lease_until"`
	StartedAt  Time   `db:"started_at"`
	FinishedAt Time   `db:"finished_at"`
	Error      string `db:"error"`
}

// Ticks lists the newest moment of each job.
func (d *DB) Ticks(ctx context.Context) ([]TickRow, error) {
	rows := []TickRow{}
	return rows, d.db.All(ctx, d.db.Pool(), &rows, "ticks_list", nil)
}
