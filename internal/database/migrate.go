package database

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/pressly/goose/v3"
)

// SchemaState compares the database's schema with the program's.
type SchemaState struct {
	Have int64 // 0: no schema yet
	Want int64
}

// Current says whether program and database agree.
func (s SchemaState) Current() bool { return s.Have == s.Want }

func (d *DB) provider(db *sql.DB) (*goose.Provider, error) {
	files, err := d.files.Migrations(d.dialect)
	if err != nil {
		return nil, err
	}
	dialect := goose.DialectSQLite3
	if d.dialect == Postgres {
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
		return SchemaState{}, d.Explain("read the schema's version", err)
	}
	return state, nil
}

// Migrate brings the schema up to date. A schema that is newer than the
// program is left alone and is an error. before is called where there is something
// to do, with the version that is there.
func (d *DB) Migrate(ctx context.Context, before func(ctx context.Context, have int64) error) (SchemaState, error) {
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
	if err := before(ctx, state.Have); err != nil {
		return state, err
	}
	if _, err := provider.Up(ctx); err != nil {
		return state, d.Explain("migrate", err)
	}
	state.Have = state.Want
	return state, nil
}

// migrating gives the connections that the schema is changed through: on
// PostgreSQL others than the program's, which end a statement that takes long.
func (d *DB) migrating() (*sql.DB, error) {
	if d.dialect == SQLite {
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

// RequireCurrent refuses a schema that is not current.
func (s SchemaState) RequireCurrent() error {
	if s.Current() {
		return nil
	}
	return s.mismatch()
}

func (s SchemaState) mismatch() error {
	err := fmt.Errorf("the database has schema version %d, this program needs %d", s.Have, s.Want)
	if s.Have > s.Want {
		return hinted(err, "a newer daesa has changed the database: install that version, nothing was touched")
	}
	return hinted(err, "run daesa migrate")
}
