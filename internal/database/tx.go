package database

import (
	"context"
	"database/sql"
	"errors"
	"maps"
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

// WriteQueued is Write for what waits in one queue with every other writer, as the
// journal's do: on PostgreSQL the locks are given back when the transaction is
// committed in memory, and not only when the disk has it, and what waits behind it
// goes on. It returns, as Write does, when the disk has it.
//
// Others may see it a moment before. A power cut in that moment takes it back, and
// with it all that was committed after it: what somebody has committed on the ground
// of it, and was told that the disk has it, is never kept without it. Who tells it
// outside of the database calls OnDisk first.
func (d *DB) WriteQueued(ctx context.Context, f func(tx *sqlx.Tx) error) error {
	return d.WriteOn(context.WithValue(ctx, queuedKey{}, true), d.db, f)
}

type queuedKey struct{}

func isQueued(ctx context.Context) bool { return ctx.Value(queuedKey{}) != nil }

const (
	// notWaiting lets the commit of one transaction not wait for the disk.
	notWaiting = "SET LOCAL synchronous_commit = off"
	// onDisk is a transaction of its own, which commits as the session does: it waits
	// for the disk, and for a standby where that is asked for. The log is written in
	// order, so that all that was committed before it is there too.
	onDisk = "SELECT pg_logical_emit_message(true, 'daesa', '')"
)

// OnDisk returns when the disk has all that was committed before it was called.
func (d *DB) OnDisk(ctx context.Context) error {
	if d.dialect == SQLite {
		return nil // every commit waits
	}
	_, err := d.db.ExecContext(ctx, onDisk+" WHERE NOT pg_is_in_recovery()") // a standby has only what is on the other's disk
	return d.Explain("wait for the disk", err)
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

// OneUnwaited runs one statement that writes what a power cut may take back, by itself,
// and reads the row that it gives. On SQLite it does not wait for the disk; on
// PostgreSQL the statement says itself whether it does.
func (d *DB) OneUnwaited(ctx context.Context, dest any, name string, with any) error {
	if d.dialect != SQLite {
		return d.Alone(func() error { return d.One(ctx, d.db, dest, name, with) })
	}
	return d.Alone(func() error {
		stmt, err := d.unwaited.stmt(ctx, d, name) //nolint:sqlclosecheck // closed with the database
		if err != nil {
			return d.Explain(name, err)
		}
		_, values, err := d.Bind(name, with)
		if err == nil {
			err = d.Explain(name, stmt.GetContext(ctx, dest, values...))
		}
		return err
	})
}

// unwaited is a connection to SQLite of its own, and what is prepared on it: a commit
// there does not wait for the disk. The next commit on any other does, and for all
// that was written before it: the log is one file, written in order. It is opened when
// it is needed first, and used by one at a time.
type unwaited struct {
	db    *sqlx.DB
	stmts map[string]*sqlx.Stmt
}

func (u *unwaited) stmt(ctx context.Context, d *DB, name string) (*sqlx.Stmt, error) {
	if u.db == nil {
		pragmas := maps.Clone(d.pragmas)
		if pragmas == nil {
			pragmas = map[string]string{}
		}
		pragmas["synchronous"] = "NORMAL"
		connector, err := guarded(sqliteDSN(d.path, pragmas))
		if err != nil {
			return nil, err
		}
		u.db, u.stmts = sqlx.NewDb(sql.OpenDB(connector), "sqlite"), map[string]*sqlx.Stmt{}
		u.db.SetMaxOpenConns(1)
	}
	if u.stmts[name] == nil {
		stmt, err := u.db.PreparexContext(ctx, d.Query(name)) //nolint:sqlclosecheck // lives as long as the database is open
		if err != nil {
			return nil, err
		}
		u.stmts[name] = stmt
	}
	return u.stmts[name], nil
}

func (u *unwaited) close() error {
	if u.db == nil {
		return nil
	}
	return u.db.Close()
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
