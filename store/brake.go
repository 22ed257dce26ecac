package store

import (
	"context"
	"daesa/app"
	"database/sql"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"
)

type brakeRow struct {
	One  int64  `db:"one"`
	Note string `db:"note"`
	By   string `db:"by"`
	At   Time   `db:"at"`
}

// Brake reads the brake.
func (d *DB) Brake(ctx context.Context) (app.Brake, error) { return d.brake(ctx, d.db.Pool()) }

func (d *DB) brake(ctx context.Context, on runner) (app.Brake, error) {
	var row brakeRow
	err := d.db.One(ctx, on, &row, "brake", nil)
	if errors.Is(err, sql.ErrNoRows) {
		return app.Brake{}, nil
	}
	return app.Brake{On: err == nil, Note: row.Note, By: row.By, At: row.At.Time}, err
}

// Pause puts the brake on; it stays on, and keeps its first note, where it is
// on already.
func (d *DB) Pause(ctx context.Context, by, note string, now time.Time) (app.Brake, error) {
	err := d.db.Write(ctx, func(tx *sqlx.Tx) error {
		changed, err := d.db.Exec(ctx, tx, "brake_on", brakeRow{Note: note, By: by, At: at(now)})
		if err != nil || changed == 0 {
			return err
		}
		_, err = d.append(ctx, tx, []Entry{entry(now, by, "", "refunds", "refunds.paused", note, map[string]any{})})
		return err
	})
	if err != nil {
		return app.Brake{}, err
	}
	return d.Brake(ctx)
}

// Resume takes the brake off; was says whether it was on. The note, which may be
// empty, stands in the journal.
func (d *DB) Resume(ctx context.Context, by, note string, now time.Time) (was bool, err error) {
	err = d.db.Write(ctx, func(tx *sqlx.Tx) error {
		changed, err := d.db.Exec(ctx, tx, "brake_off", nil)
		if was = changed > 0; err != nil || !was {
			return err
		}
		_, err = d.append(ctx, tx, []Entry{entry(now, by, "", "refunds", "refunds.resumed", note, map[string]any{})})
		return err
	})
	return was, err
}
