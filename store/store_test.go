package store_test

import (
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
	fresh := func(t *testing.T) *store.DB { return open(t, pgtest.URL(t)) }
	storetest.Run(t, fresh)
	storetest.RunMoves(t, fresh)
}

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
