package store

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/lib/pq"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// hintedError is an error that tells the operator the next step.
type hintedError struct {
	error
	hint string
}

func (h hintedError) Hint() string  { return h.hint }
func (h hintedError) Unwrap() error { return h.error }

func hinted(err error, hint string) error { return hintedError{err, hint} }

// explain says what the database's error means for the operator. What was
// committed before stays; running the command again is safe.
func (d *DB) explain(doing string, err error) error {
	if err == nil || errors.Is(err, sql.ErrNoRows) {
		return err
	}
	wrapped := fmt.Errorf("database: %s: %w", doing, err)
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		if hint := sqliteHint(lite.Code() & 0xff); hint != "" {
			return hinted(wrapped, strings.ReplaceAll(hint, "FILE", d.path))
		}
	}
	var pg *pq.Error
	if errors.As(err, &pg) {
		if hint := postgresHint(string(pg.Code)); hint != "" {
			return hinted(wrapped, hint)
		}
	}
	if strings.Contains(err.Error(), "connection refused") || strings.Contains(err.Error(), "no such host") {
		return hinted(wrapped, "start the database, or check the host and port in database.url")
	}
	if wentAway(err) {
		return hinted(wrapped, hintWentAway)
	}
	return wrapped
}

const hintWentAway = "the database went away; run the command again when it is back"

// WentAway says whether an error means that the database could not be reached,
// or left in the middle of something: the same may work when it is back.
func WentAway(err error) bool {
	var h hintedError
	if errors.As(err, &h) && h.hint == hintWentAway {
		return true
	}
	return err != nil && (strings.Contains(err.Error(), "connection refused") || wentAway(err) && strings.Contains(err.Error(), "database: "))
}

// wentAway says whether the connection ended in the middle of something.
func wentAway(err error) bool {
	var network net.Error
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &network)
}

func sqliteHint(code int) string {
	switch code {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return "another program holds FILE locked; end it (a database browser, a copy that hangs) and run the command again"
	case sqlite3.SQLITE_FULL:
		return "the disk of FILE is full; free some space and run the command again: nothing was half written"
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return "daesa must be able to write FILE and the folder it lies in; check owner, mode and volume"
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return "FILE is no sound SQLite database; restore it from a copy, and do not send refunds before you have"
	case sqlite3.SQLITE_IOERR:
		return "the disk of FILE reports an error; check the volume before you go on"
	default:
		return ""
	}
}

func postgresHint(code string) string {
	switch {
	case code == "28P01" || code == "28000":
		return "the database refuses this user or password; check database.url"
	case code == "3D000":
		return "create the database, or check its name in database.url"
	case code == "42501":
		return "the database role lacks a right; grant it, or use the role that owns the tables"
	case code == "53100":
		return "the database's disk is full; free some space and run the command again"
	case code == "25006":
		return "the database is read-only (a standby?); point database.url at the primary"
	case code == "42P01":
		return "the schema is missing: run daesa migrate"
	case strings.HasPrefix(code, "57P") || strings.HasPrefix(code, "08"):
		return hintWentAway
	default:
		return ""
	}
}
