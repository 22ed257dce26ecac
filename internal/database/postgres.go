package database

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/jmoiron/sqlx"
)

// setting is a parameter of a connection to PostgreSQL.
type setting struct{ name, value string }

const (
	statementTimeout = "statement_timeout"
	idleTimeout      = "idle_in_transaction_session_timeout"
)

// ofTheDriver is what the driver is told where the URL does not say otherwise.
var ofTheDriver = []setting{
	// A statement and its parameters go at once; without it each costs two trips.
	{"binary_parameters", "yes"},
	{"application_name", "daesa"},
	// A standby is refused, also when a new connection lands there after a fail-over.
	{"target_session_attrs", "read-write"},
}

// everyConnection is what a connection to our own PostgreSQL is set to where the
// URL does not say otherwise. The merge of a million orders is the longest
// ordinary statement, and takes a minute or two; what hangs for longer than this
// is ended by the server, and with it the locks that it holds.
var everyConnection = []setting{
	{statementTimeout, "30min"},
	{"lock_timeout", "5min"},
	{idleTimeout, "10min"},
}

// always is what a connection is set to whatever the URL, the role, the database
// or the server says: every statement here is written for this level, and a
// comparison asks for its own.
var always = []setting{{"default_transaction_isolation", "read committed"}, {"default_transaction_deferrable", "off"}}

// ofANight are the limits of the connection of one comparison: its statements go
// over all that a night touched, and its snapshot stays open while the look-ups
// wait for their pace.
var ofANight = []setting{{statementTimeout, "3h"}, {idleTimeout, "24h"}}

// ofAMigration lets an index over many rows take its time.
var ofAMigration = setting{statementTimeout, "0"}

// postgresSessions opens connections to our own PostgreSQL. The parser's error is
// not told: it quotes the URL, and with it the password.
func postgresSessions(rawURL string, special ...setting) (*sessions, error) {
	parsed, err := url.Parse(rawURL)
	if err != nil {
		return nil, hinted(errors.New("the database URL is no URL"), "write it as postgres://USER@HOST/DATABASE; "+hintEscape)
	}
	values := parsed.Query()
	for _, each := range ofTheDriver {
		if !values.Has(each.name) {
			values.Set(each.name, each.value)
		}
	}
	parsed.RawQuery = values.Encode()
	return newSessions(parsed.String(), append(everyConnection[:len(everyConnection):len(everyConnection)], special...), always)
}

const hintEscape = "in a password write %25 for %, %2F for /, %3A for :, %40 for @, %23 for # and %3F for ?"

// said says whether a URL sets a parameter, by itself or in options=-c NAME=...
func said(values url.Values, name string) bool {
	return values.Has(name) || strings.Contains(values.Get("options"), name+"=")
}

// Stretch gives a connection the limits of a night, and shrink takes them back:
// the connection serves others afterwards.
func (d *DB) Stretch(ctx context.Context, conn *sqlx.Conn) error {
	return d.limit(ctx, conn, func(s setting) string { return s.value })
}

func (d *DB) Shrink(ctx context.Context, conn *sqlx.Conn) error {
	return d.limit(ctx, conn, func(s setting) string { return d.gate.sessions.settings[s.name] })
}

func (d *DB) limit(ctx context.Context, conn *sqlx.Conn, value func(setting) string) error {
	parsed, err := url.Parse(d.url)
	if d.dialect != Postgres || err != nil {
		return nil // a URL that is none was refused when the database was opened
	}
	limits := map[string]string{}
	for _, each := range ofANight {
		if !said(parsed.Query(), each.name) {
			limits[each.name] = value(each)
		}
	}
	if len(limits) == 0 {
		return nil
	}
	_, err = conn.ExecContext(ctx, settingStatement(limits, false))
	return d.Explain("set the limits of a night", err)
}
