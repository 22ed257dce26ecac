package database

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// writeTries is how often a transaction is run that PostgreSQL ended because of
// another one. With the pauses between them that is about three seconds.
const writeTries = 8

// firstPause lies before the second try; each later one is twice as long.
const firstPause = 20 * time.Millisecond

// Write runs f in one transaction that may write. f may be run again, after a
// rollback: what it leaves in Go it must write anew, and never add to.
func (d *DB) Write(ctx context.Context, f func(tx *sqlx.Tx) error) error {
	return d.WriteOn(ctx, d.db, f)
}

// Alone runs one statement that writes without a transaction of its own. It may
// be run again. SQLite has one writer: ours wait for each other here, not by
// polling the file.
func (d *DB) Alone(f func() error) error {
	if d.dialect == SQLite {
		d.writing.Lock()
		defer d.writing.Unlock()
	}
	return again(context.Background(), func(int) error { return f() }) // f has a context of its own, and fails where that is over
}

type beginner interface {
	BeginTxx(ctx context.Context, opts *sql.TxOptions) (*sqlx.Tx, error)
}

// WriteOn is write on a connection.
func (d *DB) WriteOn(ctx context.Context, on beginner, f func(tx *sqlx.Tx) error) error {
	return again(ctx, func(try int) error { return d.writeOnce(ctx, on, try, f) })
}

func (d *DB) writeOnce(ctx context.Context, on beginner, try int, f func(tx *sqlx.Tx) error) (err error) {
	if d.dialect == SQLite {
		d.writing.Lock()
		defer d.writing.Unlock()
	}
	tx, err := on.BeginTxx(ctx, nil)
	if err != nil {
		return d.Explain("begin", err)
	}
	defer func() {
		if err != nil {
			_ = tx.Rollback() // the first error is the one to tell
		}
	}()
	if err := f(tx); err != nil {
		return err
	}
	if d.stumble != nil {
		if err := d.stumble(try); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return d.Explain("commit", err)
	}
	return nil
}

// again runs f until PostgreSQL does not end it because of another transaction,
// or has done so often enough. Only whole transactions are run again: nothing of
// one that was ended so is kept.
func again(ctx context.Context, f func(try int) error) error {
	pause := firstPause
	for try := 1; ; try++ {
		err := f(try)
		if !isCollision(err) || try == writeTries {
			return err
		}
		timer := time.NewTimer(pause/2 + rand.N(pause)) //nolint:gosec // so that two that collided do not collide again
		select {
		case <-ctx.Done():
			timer.Stop()
			return err
		case <-timer.C:
			pause *= 2
		}
	}
}

// ErrOvertaken is what a transaction of PostgreSQL gives that finds itself overtaken
// by another one: what it has looked at is not so any more. It is run again.
var ErrOvertaken = errors.New("another process has written the same at the same time")

// isCollision says whether PostgreSQL ended a transaction because it and another
// one waited for each other, or could not be put in an order; or the transaction saw
// so by itself.
func isCollision(err error) bool {
	var pg *pq.Error
	return errors.Is(err, ErrOvertaken) || errors.As(err, &pg) && (pg.Code == "40P01" || pg.Code == "40001")
}
