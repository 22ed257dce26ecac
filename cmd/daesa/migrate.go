package main

import (
	"context"

	"github.com/spf13/cobra"

	"daesa/app/doctor"
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

func (a *invocation) migrateCommand() *cobra.Command {
	migrate := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database's schema up to date",
		Args:  cobra.NoArgs,
		RunE:  a.onSettings(func(ctx context.Context, s *session) error { return s.migrate(ctx) }),
	}
	migrate.AddCommand(&cobra.Command{
		Use:   "status",
		Short: "Compare the database's schema with the program's; ends with 1 where they differ",
		Args:  cobra.NoArgs,
		RunE:  a.onSettings(func(ctx context.Context, s *session) error { return s.migrateStatus(ctx) }),
	})
	return migrate
}

// onSettings makes of what a command does without an open database what cobra runs.
func (a *invocation) onSettings(f func(ctx context.Context, s *session) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		cfg, err := a.config(false)
		if err != nil {
			return err
		}
		return f(cmd.Context(), &session{invocation: a, cfg: cfg})
	}
}

func (s *session) migrate(ctx context.Context) error {
	db, err := store.Open(ctx, s.cfg.Database.URL.Reveal())
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
	return s.showSchema(before.Have, after)
}

func (s *session) migrateStatus(ctx context.Context) error {
	state, err := s.schema(ctx)
	if err != nil {
		return err
	}
	s.verdict.AddSchema(state.Have, state.Want)
	return s.showSchema(state.Have, state)
}

// schema reads the schema's version without creating a database file.
func (s *session) schema(ctx context.Context) (database.SchemaState, error) {
	if _, missing := doctor.EmbeddedFile(s.cfg); missing {
		want, err := sqlfiles.Newest()
		return database.SchemaState{Want: want}, err
	}
	db, err := store.Open(ctx, s.cfg.Database.URL.Reveal())
	if err != nil {
		return database.SchemaState{}, err
	}
	defer db.Close() // it was only read
	return db.Schema(ctx)
}

func (s *session) showSchema(from int64, state database.SchemaState) error {
	document := schemaDocument{Database: s.cfg.Database.Redacted(), From: from, Have: state.Have, Want: state.Want, Current: state.Current(), ending: s.ending()}
	return s.show(document, func() {
		switch {
		case from != state.Have:
			s.printf("%s: schema version %d, was %d\n", document.Database, state.Have, from)
		case document.Current:
			s.printf("%s: schema version %d, up to date\n", document.Database, state.Have)
		default:
			s.printf("%s: schema version %d, this program needs %d\n", document.Database, state.Have, state.Want)
		}
		for _, reason := range document.Reasons {
			s.printf("  · %s\n", reason)
		}
	})
}
