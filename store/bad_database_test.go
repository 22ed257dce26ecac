package store_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	advice "daesa/internal/hint"
	"daesa/internal/pgtest"
	"daesa/internal/racing"
	"daesa/store"
)

// hint gives the next step that an error names.
func hint(err error) string { return advice.Of(err) }

func wantHint(t *testing.T, err error, word string) {
	t.Helper()
	if err == nil || !strings.Contains(hint(err), word) {
		t.Errorf("error %v, hint %q; want a hint with %q", err, hint(err), word)
	}
}

func TestADatabaseThatIsNotReadyIsRefusedWithTheNextStep(t *testing.T) {
	racing.Skip(t, "what a database is asked, one thing after the other")
	t.Parallel()
	ctx := t.Context()
	dir := t.TempDir()

	t.Run("no database at all", func(t *testing.T) {
		path := filepath.Join(dir, "text.db")
		if err := os.WriteFile(path, []byte(strings.Repeat("this is no database\n", 100)), 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := store.Open(ctx, "sqlite:"+path)
		if err == nil {
			err = db.RequireSchema(ctx)
		}
		wantHint(t, err, "no sound SQLite database")
	})
	t.Run("a folder", func(t *testing.T) {
		_, err := store.Open(ctx, "sqlite:"+dir)
		wantHint(t, err, "owner")
	})
	t.Run("another kind", func(t *testing.T) {
		_, err := store.Open(ctx, "oracle://x")
		wantHint(t, err, "sqlite:FILE or postgres://")
	})
	t.Run("newer than the program", func(t *testing.T) {
		db := open(t, "sqlite:"+filepath.Join(dir, "newer.db"))
		if err := db.ExecForTest(ctx, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)"); err != nil {
			t.Fatal(err)
		}
		wantHint(t, db.RequireSchema(ctx), "newer daesa")
		_, err := db.Migrate(ctx)
		wantHint(t, err, "newer daesa")
	})
	t.Run("locked by another program", func(t *testing.T) {
		path := filepath.Join(dir, "locked.db")
		db := open(t, "sqlite:"+path)
		release := store.LockForTest(t, path)
		defer release()
		_, err := store.PatientForTest(t, path, 50).SaveOrders(ctx, each(nil), func(string) bool { return true }, "x", "x", filterDay.End())
		wantHint(t, err, "locked")
		_ = db
	})
	t.Run("full", func(t *testing.T) {
		path := filepath.Join(dir, "full.db")
		open(t, "sqlite:"+path)
		small := store.SmallForTest(t, path, 120)
		err := small.SaveEvidence(ctx, "m", "r", evidenceOf(1<<20))
		wantHint(t, err, "full")
	})
}

func TestAPostgresWithoutTheSchemaSaysMigrate(t *testing.T) {
	t.Parallel()
	db, err := store.Open(t.Context(), pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	wantHint(t, db.RequireSchema(t.Context()), "daesa migrate")
	if _, err := store.Open(t.Context(), "postgres://127.0.0.1:1/none?sslmode=disable"); err == nil {
		t.Error("a server that is not there was opened")
	} else {
		wantHint(t, err, "start the database")
	}
}
