package store

import (
	"context"
	"daesa/internal/database"
	"fmt"
	"slices"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// with opens a database with another setting of SQLite.
func with(t *testing.T, path, pragma string, value int) *DB {
	t.Helper()
	db, err := Open(t.Context(), "sqlite:"+path, database.PragmasForTest(map[string]string{pragma: fmt.Sprint(value)}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// PatientForTest opens a database that waits only so many milliseconds.
func PatientForTest(t *testing.T, path string, milliseconds int) *DB {
	t.Helper()
	return with(t, path, "busy_timeout", milliseconds)
}

// SmallForTest opens a database whose disk has room for so many pages.
func SmallForTest(t *testing.T, path string, pages int) *DB {
	t.Helper()
	return with(t, path, "max_page_count", pages)
}

// BegunForTest is a transaction as any other of the store's, and a statement that
// was prepared before it.
type BegunForTest struct {
	Tx       *sqlx.Tx
	Prepared *sqlx.Stmt
}

// BeginForTest begins a transaction.
func (d *DB) BeginForTest(t *testing.T, statement string) (b BegunForTest, err error) {
	t.Helper()
	if b.Prepared, err = d.db.Pool().Preparex(statement); err != nil {
		return b, err
	}
	t.Cleanup(func() { _ = b.Prepared.Close() })
	b.Tx, err = d.db.Pool().Beginx()
	return b, err
}

// CountForTest counts the rows of a table.
func (d *DB) CountForTest(t *testing.T, table string) (n int) {
	t.Helper()
	if err := d.db.Pool().Get(&n, "SELECT count(*) FROM "+table); err != nil {
		t.Fatal(err)
	}
	return n
}

// LockForTest holds a database locked, as a database browser might.
func LockForTest(t *testing.T, path string) (release func()) {
	t.Helper()
	db, err := Open(t.Context(), "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	tx, err := db.db.Pool().Beginx()
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
	return value, d.db.Pool().GetContext(ctx, &value, "SELECT current_setting('"+name+"')")
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
	_, err := d.db.Pool().ExecContext(ctx, statement)
	return d.db.Explain("a test", err)
}

// WithinForTest runs a statement in a transaction of ours, and does something
// before its end.
func (d *DB) WithinForTest(ctx context.Context, statement string, meanwhile func()) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, statement)
		meanwhile()
		return err
	})
}

// HoldForTest keeps a transaction open that has run a statement.
func (d *DB) HoldForTest(t *testing.T, statement string) (release func()) {
	t.Helper()
	tx, err := d.db.Pool().Beginx()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(statement); err != nil {
		t.Fatal(err)
	}
	return func() { _ = tx.Rollback() }
}

// StumbleForTest ends every transaction before its first commit, as PostgreSQL
// does where two cannot be put in an order.
func (d *DB) StumbleForTest() {
	d.db.StumbleForTest(func(try int) error {
		if try == 1 {
			return &pq.Error{Code: "40001", Message: "could not serialize access"}
		}
		return nil
	})
}

// TrustForTest lets a database believe that no pooler hands sessions on.
func (d *DB) TrustForTest() { d.db.TrustForTest() }

// UnclassifiedForTest are the columns of requests and transfers of which the
// journal's comparison does not know whether an entry says them.
func UnclassifiedForTest(table string, columns []string) (unknown []string) {
	known := map[string][]string{"refunds": slices.Concat([]string{"id"}, refundRequest, refundStands, refundWorks), "hand_transfers": append([]string{"refund_id"}, transferRow...),
		"refund_attempts": append([]string{"refund_id", "body", "body_sha256"}, attemptRowSum...), "transfers": append([]string{"break_id"}, givenColumns...)}[table]
	for _, column := range columns {
		if !slices.Contains(known, column) {
			unknown = append(unknown, column)
		}
	}
	return unknown
}

// StumbleWithForTest runs f before every commit.
func (d *DB) StumbleWithForTest(f func(try int) error) { d.db.StumbleForTest(f) }

// StandingForTest gives the payments as a comparison has folded them.
func (c *Comparison) StandingForTest(ctx context.Context) (rows []string, err error) {
	err = sqlx.SelectContext(ctx, c.conn, &rows, `SELECT order_id || ' ' || payment_key || ' ' || currency || ' ' || method || ' ' || held || ' ' || listed || ' ' ||
		was_done || ' ' || waiting || ' ' || doubtful FROM standing ORDER BY order_id, payment_key`)
	return rows, err
}
