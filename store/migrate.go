package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"

	"daesa/refunds"
	sqlfiles "daesa/sql"
)

// SchemaState compares the database's schema with the program's.
type SchemaState struct {
	Have int64 // 0: no schema yet
	Want int64
}

// Current says whether program and database agree.
func (s SchemaState) Current() bool { return s.Have == s.Want }

func (d *DB) provider(db *sql.DB) (*goose.Provider, error) {
	files, err := sqlfiles.Migrations(d.dialect)
	if err != nil {
		return nil, err
	}
	dialect := goose.DialectSQLite3
	if d.dialect == sqlfiles.Postgres {
		dialect = goose.DialectPostgres
	}
	return goose.NewProvider(dialect, db, files, goose.WithDisableGlobalRegistry(true))
}

// Schema reads the schema's version.
func (d *DB) Schema(ctx context.Context) (SchemaState, error) {
	provider, err := d.provider(d.db.DB)
	if err != nil {
		return SchemaState{}, err
	}
	sources := provider.ListSources()
	state := SchemaState{Want: sources[len(sources)-1].Version}
	if state.Have, err = provider.GetDBVersion(ctx); err != nil {
		return SchemaState{}, d.explain("read the schema's version", err)
	}
	return state, nil
}

// Migrate brings the schema up to date. A schema that is newer than the
// program is left alone and is an error.
func (d *DB) Migrate(ctx context.Context) (SchemaState, error) {
	state, err := d.Schema(ctx)
	if err != nil {
		return state, err
	}
	if state.Have > state.Want {
		return state, state.mismatch()
	}
	if state.Current() {
		return state, nil
	}
	if err := d.RequireSession(ctx); err != nil {
		return state, err
	}
	db, err := d.migrating()
	if err != nil {
		return state, err
	}
	if db != d.db.DB {
		defer db.Close()
	}
	provider, err := d.provider(db)
	if err != nil {
		return state, err
	}
	if err := d.holdTwoInFlight(ctx, state.Have); err != nil {
		return state, err
	}
	if _, err := provider.Up(ctx); err != nil {
		return state, d.explain("migrate", err)
	}
	state.Have = state.Want
	return state, nil
}

// The versions of the schema between which two requests could be in flight on
// one payment, each under another MID.
const firstQueue, onePayment = 2, 9

// holdTwoInFlight holds requests that are in flight beside another of their
// payment, before the index comes that forbids it. Their outcome is not lost:
// what is held is looked up, and a person decides.
func (d *DB) holdTwoInFlight(ctx context.Context, have int64) error {
	if have < firstQueue || have >= onePayment {
		return nil
	}
	return d.write(ctx, func(tx *sqlx.Tx) error {
		var now struct {
			At Time `db:"at"`
		}
		if err := d.one(ctx, tx, &now, "database_clock", nil); err != nil {
			return err
		}
		var rows []refundRow
		if err := d.all(ctx, tx, &rows, "two_in_flight", nil); err != nil {
			return err
		}
		entries := make([]Entry, 0, len(rows))
		for _, row := range rows {
			r := row.request()
			held := args{"id": r.ID, "version": r.Version, "error_code": refunds.WhyTwoInFlight, "state": string(refunds.HeldState)}
			m := moving{r, refunds.HeldState, "daesa migrate", "", now.At.Time}
			if _, err := d.move(ctx, tx, m, "hold_in_flight", held); err != nil {
				return err
			}
			entries = append(entries, moved(r, refunds.HeldState, now.At.Time, "daesa migrate", refunds.WhyTwoInFlight))
		}
		if len(entries) == 0 {
			return nil
		}
		// As the older version would have written them: this schema does not have all
		// that entries keep now.
		head, err := d.lockJournal(ctx, tx)
		if err != nil {
			return err
		}
		_, err = d.appendTo(ctx, tx, head, entries)
		return err
	})
}

// migrating gives the connections that the schema is changed through: on
// PostgreSQL others than the program's, which end a statement that takes long.
func (d *DB) migrating() (*sql.DB, error) {
	if d.dialect == sqlfiles.SQLite {
		return d.db.DB, nil
	}
	sessions, err := postgresSessions(d.url, ofAMigration)
	if err != nil {
		return nil, err
	}
	own := &gate{sessions: sessions, most: mostConnections, patience: d.gate.patience}
	db := sql.OpenDB(own)
	own.pool = db
	return db, nil
}

// RequireSchema refuses a schema older or newer than the program's, except
// that the embedded database is migrated by itself.
func (d *DB) RequireSchema(ctx context.Context) error {
	if d.dialect == sqlfiles.SQLite {
		_, err := d.Migrate(ctx)
		return err
	}
	state, err := d.Schema(ctx)
	if err != nil {
		return err
	}
	if !state.Current() {
		return state.mismatch()
	}
	return nil
}

func (s SchemaState) mismatch() error {
	err := fmt.Errorf("the database has schema version %d, this program needs %d", s.Have, s.Want)
	if s.Have > s.Want {
		return hinted(err, "a newer daesa has changed the database: install that version, nothing was touched")
	}
	return hinted(err, "run daesa migrate")
}
