package store

import (
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
