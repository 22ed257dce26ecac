package store

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
)

// with opens a database again with another PRAGMA.
func with(t *testing.T, path, old, pragma string) *DB {
	t.Helper()
	db, err := Open(t.Context(), "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	dsn := sqliteDSN(path)
	if old == "" {
		dsn += "&_pragma=" + pragma
	} else {
		dsn = strings.Replace(dsn, old, pragma, 1)
	}
	if err := db.db.Close(); err != nil {
		t.Fatal(err)
	}
	if db.db, err = sqlx.Open("sqlite", dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// PatientForTest opens a database that waits only so many milliseconds.
func PatientForTest(t *testing.T, path string, milliseconds int) *DB {
	t.Helper()
	return with(t, path, fmt.Sprintf("busy_timeout%%28%d%%29", busyMilliseconds), fmt.Sprintf("busy_timeout%%28%d%%29", milliseconds))
}

// SmallForTest opens a database whose disk is as good as full.
func SmallForTest(t *testing.T, path string) *DB {
	t.Helper()
	return with(t, path, "", "max_page_count(120)")
}

// LockForTest holds a database locked, as a database browser might.
func LockForTest(t *testing.T, path string) (release func()) {
	t.Helper()
	db, err := sqlx.Open("sqlite", sqliteDSN(path))
	if err != nil {
		t.Fatal(err)
	}
	tx, err := db.Beginx()
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		_ = tx.Rollback()
		_ = db.Close()
	}
}

// SettingForTest reads a setting of a connection of the pool.
func (d *DB) SettingForTest(ctx context.Context, name string) (value string, err error) {
	return value, d.db.GetContext(ctx, &value, "SELECT current_setting('"+name+"')")
}

// SettingForTest reads a setting of a comparison's connection.
func (c *Comparison) SettingForTest(t *testing.T, name string) (value string) {
	t.Helper()
	if err := c.conn.GetContext(t.Context(), &value, "SELECT current_setting('"+name+"')"); err != nil {
		t.Fatal(err)
	}
	return value
}

// Explained runs a statement and explains its error as every query's is.
func (d *DB) Explained(ctx context.Context, statement string) error {
	_, err := d.db.ExecContext(ctx, statement)
	return d.explain("a test", err)
}

// WithinForTest runs a statement in a transaction of ours, and does something
// before its end.
func (d *DB) WithinForTest(ctx context.Context, statement string, meanwhile func()) error {
	return d.write(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, statement)
		meanwhile()
		return err
	})
}

// HoldForTest keeps a transaction open that has run a statement.
func (d *DB) HoldForTest(t *testing.T, statement string) (release func()) {
	t.Helper()
	tx, err := d.db.Beginx()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(statement); err != nil {
		t.Fatal(err)
	}
	return func() { _ = tx.Rollback() }
}
