package database

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"daesa/internal/hint"

	"github.com/lib/pq"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// hinted gives an error the next step.
func hinted(err error, next string) error { return hint.With(err, next) }

// awayError is an error of a database that could not be reached, left in the
// middle of something, or follows another that is about to take over.
type awayError struct{ error }

// Unwrap gives the driver's error.
func (e awayError) Unwrap() error { return e.error }

// Word is what programs read.
func (awayError) Word() string { return "database_away" }

// WentAway says whether an error means that the database was not there: the
// same may work when it is back. An error of the provider is none of these,
// whatever its text.
func WentAway(err error) bool {
	var away awayError
	return errors.As(err, &away)
}

// Explain says what the database's error means for the operator. What was
// committed before stays; running the command again is safe.
func (d *DB) Explain(doing string, err error) error {
	if err == nil || errors.Is(err, sql.ErrNoRows) {
		return err
	}
	next, away := d.nextStep(err)
	err = fmt.Errorf("database: %s: %w", doing, err)
	if away {
		return hint.With(awayError{err}, next)
	}
	return hint.With(hint.Called("database", err), next)
}

// nextStep is what to do about the database's error, "" where nothing is known,
// and whether it was away.
func (d *DB) nextStep(err error) (next string, away bool) {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		if next := sqliteHint(lite.Code() & 0xff); next != "" {
			return strings.ReplaceAll(next, "FILE", d.path), false
		}
	}
	var pg *pq.Error
	if errors.As(err, &pg) {
		if pg.Code == "57014" && !stoppedByPerson(pg.Message) {
			return hintSlow, false
		}
		if next := poolerHint(pg); next != "" {
			return next, false
		}
		if next := postgresHint(string(pg.Code)); next != "" {
			return next, postgresAway(string(pg.Code)) || onStandby(err)
		}
	}
	switch {
	case errors.Is(err, ErrShared):
		return "", false // it has its hint
	case errors.Is(err, errEnded):
		return "", true // likewise
	case onStandby(err):
		return hintStandby, true
	case unreachable(err):
		return "start the database, or check the host and port in database.url", true
	case wentAway(err):
		return hintWentAway, true
	}
	return "", false
}

// unreachable says whether nobody answered at all.
func unreachable(err error) bool {
	var unknown *net.DNSError
	return errors.Is(err, syscall.ECONNREFUSED) || errors.As(err, &unknown) && unknown.IsNotFound
}

// onStandby says whether a connection, or a transaction at its begin, was given
// up because it could not write. The driver has no type for it.
func onStandby(err error) bool {
	return strings.Contains(err.Error(), "session is read-only") || strings.Contains(err.Error(), "server is in hot standby mode") ||
		strings.Contains(err.Error(), "cannot set transaction read-write mode")
}

const hintStandby = "the database is read-only (a standby?); point database.url at the primary"

const hintScarce = "the server, the database or the role allows no more connections: end what holds them, raise the limit, or set database.max_connections; daesa doctor says how many it may use"

const hintSlow = "the statement took longer than statement_timeout allows; look at what the database is busy with, or set another limit in database.url"

const hintWentAway = "the database went away; run the command again when it is back"

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
		return "the disk of FILE is full, or fails: look at the space that is left, and check the volume before you go on"
	default:
		return ""
	}
}

// stoppedByPerson says whether a statement was ended because somebody asked for
// it, and not by its time limit: the code is the same, and the message is in the
// server's language.
func stoppedByPerson(message string) bool {
	return strings.Contains(message, "user request") || strings.Contains(message, "사용자 요청")
}

// poolerHint is the next step after an error of PgBouncer's own, all of which
// have one code.
func poolerHint(pg *pq.Error) string {
	switch {
	case pg.Code != "08P01":
		return ""
	case isScarce(pg):
		return "the pooler has no connection left: raise its max_client_conn or pool size, or set database.max_connections"
	case strings.Contains(pg.Message, "statement pooling"):
		return hintPooler
	case strings.Contains(pg.Message, "startup parameter"):
		return "the pooler refuses a parameter of database.url that daesa cannot set by itself; leave it away there"
	default:
		return ""
	}
}

// postgresAway: the server shuts down or is starting, or the connection is lost.
func postgresAway(code string) bool {
	return strings.HasPrefix(code, "57P") || strings.HasPrefix(code, "08")
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
	case code == "53300":
		return hintScarce
	case code == "26000" || code == "42P05": // a prepared statement that is another client's
		return hintPooler
	case code == "42P01":
		return "the schema is missing: run daesa migrate"
	case postgresAway(code):
		return hintWentAway
	default:
		return ""
	}
}

// Unique says whether a unique index refused a write.
func Unique(err error) bool {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE
	}
	var pg *pq.Error
	return errors.As(err, &pg) && pg.Code == "23505"
}
