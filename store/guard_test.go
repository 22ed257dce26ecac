package store_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"daesa/internal/racing"
	"daesa/store"
	"daesa/store/storetest"
)

// A full disk ends a transaction of SQLite by itself. Whatever goes on after it
// is refused, and nothing of it is kept.
func TestNothingIsRunAfterAnErrorInATransaction(t *testing.T) {
	racing.Skip(t, "what a database is asked, one thing after the other")
	t.Parallel()
	for name, goOn := range map[string]func(tx *sqlx.Tx, prepared *sqlx.Stmt) error{
		"a statement": func(tx *sqlx.Tx, _ *sqlx.Stmt) error {
			_, err := tx.Exec("INSERT INTO batches VALUES ('b', 'n', 's', 1, 'a', 'k')")
			return err
		},
		"a prepared one": func(tx *sqlx.Tx, prepared *sqlx.Stmt) error {
			_, err := tx.Stmtx(prepared).Exec()
			return err
		},
		"one that is prepared now": func(tx *sqlx.Tx, _ *sqlx.Stmt) error {
			stmt, err := tx.Preparex("INSERT INTO batches VALUES ('b', 'n', 's', 1, 'a', 'k')")
			if err != nil {
				return err
			}
			defer stmt.Close()
			_, err = stmt.Exec()
			return err
		},
		"one that gives rows": func(tx *sqlx.Tx, _ *sqlx.Stmt) error {
			var batch string
			return tx.Get(&batch, "INSERT INTO batches VALUES ('b', 'n', 's', 1, 'a', 'k') RETURNING batch")
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "full.db")
			whole := open(t, "sqlite:"+path)
			small := store.SmallForTest(t, path, 120)
			begun, err := small.BeginForTest(t, "INSERT INTO batches VALUES ('b', 'n', 's', 1, 'a', 'k')")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := begun.Tx.Exec("INSERT INTO brake VALUES (1, 'before', 'x', 'x')"); err != nil {
				t.Fatal(err)
			}
			if _, err := begun.Tx.Exec("INSERT INTO pages VALUES ('m', 'a', 'x', 's', 1, randomblob(4000000), '', 'x', '')"); err == nil || !strings.Contains(err.Error(), "full") {
				t.Fatalf("the disk is not full: %v", err)
			}
			if err := goOn(begun.Tx, begun.Prepared); err == nil || !strings.Contains(err.Error(), "full") {
				t.Errorf("it goes on: %v", err)
			}
			if err := begun.Tx.Commit(); err == nil || !strings.Contains(err.Error(), "full") {
				t.Errorf("the commit: %v", err)
			}
			for _, table := range []string{"batches", "brake", "pages"} {
				if n := whole.CountForTest(t, table); n != 0 {
					t.Errorf("%d rows of %s are kept", n, table)
				}
			}
			// The connection is as good as new.
			if err := small.ExecForTest(t.Context(), "INSERT INTO brake VALUES (1, 'after', 'x', 'x')"); err != nil {
				t.Error(err)
			}
		})
	}
}

// The disk gets full in the middle of each transaction of the refund engine, of a
// night, of the capture and of the webhooks, page after page: nothing half done is
// kept, and once there is room it is done.
func TestAFullDiskKeepsNothingHalfDone(t *testing.T) {
	racing.Skip(t, "what a database is asked, one thing after the other")
	t.Parallel()
	storetest.RunFull(t, func(t *testing.T) (string, *store.DB, func(pages int) *store.DB) {
		path := filepath.Join(t.TempDir(), "full.db")
		return path, open(t, "sqlite:"+path), func(pages int) *store.DB { return store.SmallForTest(t, path, pages) }
	})
}
