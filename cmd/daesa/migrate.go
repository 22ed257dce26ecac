package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"daesa/config"
	"daesa/internal/database"
	sqlfiles "daesa/sql"
	"daesa/store"
)

// schemaDocument is the JSON of `migrate` and `migrate status`.
type schemaDocument struct {
	Database string `json:"database"`
	From     int64  `json:"from"` // the version that was there; 0: none
	Have     int64  `json:"have"`
	Want     int64  `json:"want"`
	Current  bool   `json:"current"`
	ending
}

func (a *app) migrateCommand() *cobra.Command {
	migrate := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database's schema up to date",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.migrate(cmd.Context())
		},
	}
	migrate.AddCommand(&cobra.Command{
		Use:   "status",
		Short: "Compare the database's schema with the program's; ends with 1 where they differ",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.migrateStatus(cmd.Context())
		},
	})
	return migrate
}

func (a *app) migrate(ctx context.Context) error {
	cfg, err := a.config(false)
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, cfg.Database.URL.Reveal())
	if err != nil {
		return err
	}
	defer db.Close() // every migration was committed before
	before, err := db.Schema(ctx)
	if err != nil {
		return err
	}
	after, err := db.Migrate(ctx)
	if err != nil {
		return err
	}
	return a.printSchema(cfg, before.Have, after)
}

func (a *app) migrateStatus(ctx context.Context) error {
	cfg, err := a.config(false)
	if err != nil {
		return err
	}
	state, err := schemaOf(ctx, cfg)
	if err != nil {
		return err
	}
	switch {
	case state.Have > state.Want:
		a.verdict.add(codeFailed, "the schema is newer than this program: install the daesa that changed it")
	case !state.Current():
		a.verdict.add(codeFailed, "the schema is older than this program: run daesa migrate")
	}
	return a.printSchema(cfg, state.Have, state)
}

// schemaOf reads the schema's version without creating a database file.
func schemaOf(ctx context.Context, cfg *config.Config) (database.SchemaState, error) {
	if _, missing := missingFile(cfg); missing {
		want, err := programSchema()
		return database.SchemaState{Want: want}, err
	}
	db, err := store.Open(ctx, cfg.Database.URL.Reveal())
	if err != nil {
		return database.SchemaState{}, err
	}
	defer db.Close() // it was only read
	return db.Schema(ctx)
}

// programSchema is the schema version that this program brings along.
func programSchema() (int64, error) {
	files, err := sqlfiles.Migrations(sqlfiles.SQLite)
	if err != nil {
		return 0, err
	}
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return 0, err
	}
	number, _, _ := strings.Cut(slices.Max(names), "_")
	return strconv.ParseInt(number, 10, 64)
}

// missingFile gives the embedded database's file, and whether it is not there
// yet.
func missingFile(cfg *config.Config) (path string, missing bool) {
	path, embedded := strings.CutPrefix(cfg.Database.URL.Reveal(), "sqlite:")
	if !embedded {
		return "", false
	}
	_, err := os.Stat(path)
	return path, errors.Is(err, fs.ErrNotExist)
}

func (a *app) printSchema(cfg *config.Config, from int64, state database.SchemaState) error {
	document := schemaDocument{
		Database: cfg.Database.Redacted(), From: from, Have: state.Have, Want: state.Want, Current: state.Current(),
		ending: a.ending(),
	}
	if a.json {
		return a.printJSON(document)
	}
	switch {
	case from != state.Have:
		a.printf("%s: schema version %d, was %d\n", document.Database, state.Have, from)
	case document.Current:
		a.printf("%s: schema version %d, up to date\n", document.Database, state.Have)
	default:
		a.printf("%s: schema version %d, this program needs %d\n", document.Database, state.Have, state.Want)
	}
	for _, reason := range document.Reasons {
		a.printf("  · %s\n", reason)
	}
	return nil
}
