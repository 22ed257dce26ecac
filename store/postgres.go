package store

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/jmoiron/sqlx"

	sqlfiles "daesa/sql"
)

// setting is a parameter of a connection to PostgreSQL.
type setting struct{ name, value string }

const (
	statementTimeout = "statement_timeout"
	idleTimeout      = "idle_in_transaction_session_timeout"
)

// everyConnection is what a connection to our own PostgreSQL begins with where
// the URL does not say otherwise. The merge of a million orders is the longest
// ordinary statement, and takes a minute or two; what hangs for longer than this
// is ended by the server, and with it the locks that it holds.
var everyConnection = []setting{
	// A statement and its parameters go at once; without it each costs two trips.
	{"binary_parameters", "yes"},
	{"application_name", "daesa"},
	// A standby is refused, also when a new connection lands there after a fail-over.
	{"target_session_attrs", "read-write"},
	{statementTimeout, "30min"},
	{"lock_timeout", "5min"},
	{idleTimeout, "10min"},
}

// ofANight are the limits of the connection of one comparison: its statements go
// over all that a night touched, and its snapshot stays open while the look-ups
// wait for their pace.
var ofANight = []setting{{statementTimeout, "3h"}, {idleTimeout, "24h"}}

// ofAMigration lets an index over many rows take its time.
var ofAMigration = []setting{{statementTimeout, "0"}}

// postgresDSN is a URL with the settings that it leaves to us. The parser's
// error is not told: it quotes the URL, and with it the password.
func postgresDSN(rawURL string, special ...setting) (string, error) {
	parsed, err := url.Parse(rawURL)
	if err != nil {
		return "", hinted(errors.New("the database URL is no URL"), "write it as postgres://USER@HOST/DATABASE; "+hintEscape)
	}
	values := parsed.Query()
	for _, each := range append(special, everyConnection...) {
		if !said(values, each.name) {
			values.Set(each.name, each.value)
		}
	}
	parsed.RawQuery = values.Encode()
	return parsed.String(), nil
}

const hintEscape = "in a password write %25 for %, %2F for /, %3A for :, %40 for @, %23 for # and %3F for ?"

// said says whether a URL sets a parameter, by itself or in options=-c NAME=...
func said(values url.Values, name string) bool {
	return values.Has(name) || strings.Contains(values.Get("options"), name+"=")
}

// stretch gives a connection the limits of a night, and shrink takes them back:
// the connection serves others afterwards.
func (d *DB) stretch(ctx context.Context, conn *sqlx.Conn) error {
	return d.limit(ctx, conn, func(s setting) string { return "SET " + s.name + " = '" + s.value + "'" })
}

func (d *DB) shrink(ctx context.Context, conn *sqlx.Conn) error {
	return d.limit(ctx, conn, func(s setting) string { return "RESET " + s.name })
}

func (d *DB) limit(ctx context.Context, conn *sqlx.Conn, statement func(setting) string) error {
	parsed, err := url.Parse(d.url)
	if d.dialect != sqlfiles.Postgres || err != nil {
		return nil // a URL that is none was refused when the database was opened
	}
	for _, each := range ofANight {
		if said(parsed.Query(), each.name) {
			continue
		}
		if _, err := conn.ExecContext(ctx, statement(each)); err != nil {
			return d.explain("set "+each.name, err)
		}
	}
	return nil
}
