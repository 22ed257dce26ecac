package store_test

import (
	"path/filepath"
	"testing"

	"daesa/internal/pgtest"
	"daesa/internal/racing"
	"daesa/store"
	"daesa/store/storetest"
)

// PostgreSQL may end any transaction because of another one, and it is then run
// again: all that the store does comes out the same where each is run twice.
func TestEveryTransactionMayBeRunTwice(t *testing.T) {
	racing.Skip(t, "what a database is asked, one thing after the other")
	t.Parallel()
	storetest.Run(t, func(t *testing.T) *store.DB {
		db := open(t, "sqlite:"+filepath.Join(t.TempDir(), "daesa.db"))
		db.StumbleForTest()
		return db
	})
}

// A database of the first release, with rows in every table that later migrations
// guard or change, comes up to date.
func TestARowOfTheFirstReleaseStandsInNoMigrationsWay(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]func(*testing.T) string{
		"SQLite": func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "daesa.db") }, "PostgreSQL": func(t *testing.T) string { return pgtest.URL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			db, err := store.Open(t.Context(), address(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			if err := db.MigrateToForTest(t.Context(), 8); err != nil {
				t.Fatal(err)
			}
			const at = "'2026-11-01T00:00:00.000000Z'"
			for _, statement := range []string{
				"INSERT INTO refunds (id, mid, order_id, payment_key, method, amount, currency, reason, ref, state, requested_by, requested_at) VALUES ('r1', 'm', 'o', 'p', 'phone', 4500, 'KRW', 'x', 'a', 'expired', 'kim', " + at + ")",
				"INSERT INTO hand_transfers (refund_id, mid, payment_key, order_id, amount, currency, why, state, requested_by, due_at) VALUES ('r1', 'm', 'p', 'o', 4500, 'KRW', '', 'due', 'kim', " + at + ")",
				"INSERT INTO transfers VALUES ('b1', 'm', 'p', 100, " + at + ", 'kim')", "INSERT INTO batches VALUES ('b', 'n', 's', 1, " + at + ", 'kim')",
				"INSERT INTO limit_ledger VALUES ('day:2026-11-01', '', 1, 0)",
			} {
				if err := db.ExecForTest(t.Context(), statement); err != nil {
					t.Fatalf("%s: %v", statement, err)
				}
			}
			if _, err := db.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// A column that a later version adds is one that entries say, or one that work
// moves: somebody must have thought of it.
func TestEveryColumnIsSaidByTheJournalOrFree(t *testing.T) {
	t.Parallel()
	db := open(t, "sqlite:"+filepath.Join(t.TempDir(), "daesa.db"))
	for _, table := range []string{"refunds", "refund_attempts", "hand_transfers", "transfers"} {
		rows, err := db.RowsForTest(t.Context(), "SELECT name FROM pragma_table_info('"+table+"')")
		if err != nil || len(rows) == 0 {
			t.Fatal(rows, err)
		}
		var columns []string
		for _, row := range rows {
			columns = append(columns, row[0])
		}
		if unknown := store.UnclassifiedForTest(table, columns); len(unknown) > 0 {
			t.Errorf("%s: add %v to one of the lists of witness.go", table, unknown)
		}
	}
}
