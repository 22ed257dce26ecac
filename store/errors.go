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
		if pg.Code == "57014" && strings.Contains(pg.Message, "statement timeout") { // not where a person stopped it
			return hinted(wrapped, hintSlow)
		}
		if hint := postgresHint(string(pg.Code)); hint != "" {
			return hinted(wrapped, hint)
		}
	}
	if onStandby(err) {
		return hinted(wrapped, hintStandby)
	}
	if unreachable(err) {
		return hinted(wrapped, "start the database, or check the host and port in database.url")
	}
	if wentAway(err) {
		return hinted(wrapped, hintWentAway)
	}
	return wrapped
}

// unreachable says whether nobody answered at all.
func unreachable(err error) bool {
	return strings.Contains(err.Error(), "connection refused") || strings.Contains(err.Error(), "no such host")
}

// onStandby says whether a connection, or a transaction at its begin, was given
// up because it could not write. The driver has no type for it.
func onStandby(err error) bool {
	return strings.Contains(err.Error(), "session is read-only") || strings.Contains(err.Error(), "server is in hot standby mode") ||
		strings.Contains(err.Error(), "cannot set transaction read-write mode")
}

const hintStandby = "the database is read-only (a standby?); point database.url at the primary"

const hintSlow = "the statement took longer than statement_timeout allows; look at what the database is busy with, or set another limit in database.url"

const hintWentAway = "the database went away; run the command again when it is back"

// WentAway says whether an error means that the database could not be reached,
// left in the middle of something, or follows another that is about to take
// over: the same may work when it is back.
func WentAway(err error) bool {
	var h hintedError
	if errors.As(err, &h) && h.hint == hintWentAway {
		return true
	}
	return err != nil && (strings.Contains(err.Error(), "connection refused") || onStandby(err) || wentAway(err) && strings.Contains(err.Error(), "database: "))
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
		return "the database role lacks a right: use the role that docs/postgres.md names for this command, or run deploy/postgres/roles.sql again after daesa migrate"
	case code == "53100":
		return "the database's disk is full; free some space and run the command again"
	case code == "25006":
		return hintStandby
	case code == "55P03":
		return "something else holds what this needs: a migration, a backup, a session that was left open; run the command again when it has ended"
	case code == "25P03":
		return "the database ended a transaction that lay idle; run the command again"
	case code == "42P01":
		return "the schema is missing: run daesa migrate"
	case strings.HasPrefix(code, "57P") || strings.HasPrefix(code, "08"):
		return hintWentAway
	default:
		return ""
	}
}
