package store_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"daesa/internal/pgtest"
	"daesa/store"
	"daesa/store/storetest"
)

// Both databases pass one suite.
func TestSQLite(t *testing.T) {
	t.Parallel()
	fresh := func(t *testing.T) *store.DB { return open(t, "sqlite:"+filepath.Join(t.TempDir(), "daesa.db")) }
	storetest.Run(t, fresh)
	storetest.RunMoves(t, fresh)
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	fresh := func(t *testing.T) *store.DB { return open(t, schema.URL(t)) }
	storetest.Run(t, fresh)
	storetest.RunMoves(t, fresh)
}

// schema is a PostgreSQL database as Migrate makes it.
var schema = pgtest.NewTemplate(func(url string) error {
	db, err := store.Open(context.Background(), url)
	if err != nil {
		return err
	}
	_, err = db.Migrate(context.Background())
	return errors.Join(err, db.Close())
})

func open(t *testing.T, url string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}
