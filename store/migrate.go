package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/pressly/goose/v3"

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
	if _, err := provider.Up(ctx); err != nil {
		return state, d.explain("migrate", err)
	}
	state.Have = state.Want
	return state, nil
}

// migrating gives the connections that the schema is changed through: on
// PostgreSQL others than the program's, which end a statement that takes long.
func (d *DB) migrating() (*sql.DB, error) {
	if d.dialect == sqlfiles.SQLite {
		return d.db.DB, nil
	}
	dsn, err := postgresDSN(d.url, ofAMigration...)
	if err != nil {
		return nil, err
	}
	return sql.Open("postgres", dsn)
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
