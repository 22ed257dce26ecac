// Package store remembers for every room that declares what it needs of it: it
// reads, asks the rule of the room that has it, and writes. It knows the tables and
// those rooms' types; it decides nothing, and rules_test.go holds it to that. Begin
// at requests.go, where one function writes the state of every refund;
// internal/database has the connections.
package store

import (
	"context"
	"io/fs"
	"sync/atomic"

	"daesa/internal/database"
	"daesa/internal/hint"
	sqlfiles "daesa/sql"
)

// DB is one database, of either kind.
type DB struct {
	db     *database.DB
	byHand atomic.Bool // for tests: a statement of theirs was taken
	older  bool        // for tests: entries of the journal as older versions wrote them
	memory int         // for tests: in how many bytes an import sorts; 0: extsort.Memory
	writer string      // where every entry of the journal comes from, as the first fact of it; "": nothing is said
}

// The words of the connections that stand in every query.
type (
	// Time stores a time exactly on both databases. The zero time is NULL.
	Time   = database.Time
	args   = database.Args
	runner = database.Runner
	place  = database.Place
)

var at = database.At

// hinted gives an error the next step.
func hinted(err error, next string) error { return hint.With(err, next) }

// eachOf calls visit with the rows of a query one after another, so that memory stays
// flat, until it fails.
func eachOf[R any](ctx context.Context, d *DB, on runner, query string, with args, visit func(R) error) error {
	text, values, err := d.db.Bind(query, with)
	if err != nil {
		return err
	}
	rows, err := on.QueryxContext(ctx, text, values...)
	if err != nil {
		return d.db.Explain(query, err)
	}
	defer rows.Close()
	for rows.Next() {
		var row R
		if err := rows.StructScan(&row); err != nil {
			return d.db.Explain(query, err)
		}
		if err := visit(row); err != nil {
			return err
		}
	}
	return d.db.Explain(query, rows.Err())
}

// everyRefund are the queries that every refund runs.
var everyRefund = []string{
	"claim", "about_payment", "other_payments", "order_of", "attempts_of", "attempts_shown", "refund_by_id", "journal_of", "statement_row", "lock_payment_key", "lock_payment", "begin_send", "insert_attempt", "update_attempt", "reserve", "refund_ready",
	"settle_refund", "breaks_of_refund", "upsert_payment", "upsert_cancel", "upsert_page", "journal_lock", "journal_add", "payment_of", "claim_time",
}

// Open opens the database of a configuration's URL: sqlite:FILE or
// postgres://... It does not create a schema: Migrate does.
func Open(ctx context.Context, url string, options ...database.Option) (*DB, error) {
	db, err := database.Open(ctx, url, database.Files{
		Queries:    func(d database.Dialect) (map[string]string, error) { return Queries(sqlfiles.Dialect(d)) },
		Migrations: func(d database.Dialect) (fs.FS, error) { return sqlfiles.Migrations(sqlfiles.Dialect(d)) },
		Prepared:   everyRefund,
	}, options...)
	if err != nil {
		return nil, err
	}
	return &DB{db: db}, nil
}

// Close closes the database.
func (d *DB) Close() error { return d.db.Close() }

// Dialect says which of the two databases it is.
func (d *DB) Dialect() sqlfiles.Dialect { return sqlfiles.Dialect(d.db.Dialect()) }

// RequireSession refuses a pooler that hands sessions on.
func (d *DB) RequireSession(ctx context.Context) error { return d.db.RequireSession(ctx) }

// MostConnections is how many connections this process opens at most; 0 on SQLite.
func (d *DB) MostConnections() int { return d.db.MostConnections() }

// ConnectionsAllowed gives the lowest limit of connections.
func (d *DB) ConnectionsAllowed(ctx context.Context) (database.Allowed, error) {
	return d.db.ConnectionsAllowed(ctx)
}

// Probe commits a write that means nothing. What it cannot do here a night or a
// refund could not do either: the disk is full, the file or the server is
// read-only, the role lacks a right.
func (d *DB) Probe(ctx context.Context) error { return d.db.Probe(ctx) }
