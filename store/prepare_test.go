package store

import (
	"path/filepath"
	"strings"
	"testing"

	"daesa/internal/pgtest"
)

// Each database takes every query as it stands: no name of a column or a table is
// wrong, and no word of the other's.
func TestEveryQueryPrepares(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]func(*testing.T) string{
		"SQLite":     func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "daesa.db") },
		"PostgreSQL": func(t *testing.T) string { return pgtest.URL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := Open(t.Context(), url(t))
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			if _, err := d.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			conn, err := d.db.Pool().Connx(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			for _, query := range d.db.Queries() {
				if strings.HasPrefix(query, "create_") { // the tables that one connection sees
					if _, err := conn.ExecContext(t.Context(), d.db.Query(query)); err != nil {
						t.Fatalf("%s: %v", query, err)
					}
				}
			}
			prepared := 0
			for _, query := range d.db.Queries() {
				if strings.HasPrefix(query, "create_") {
					continue // run above: SQLite looks for the table when it prepares, and it is there now
				}
				stmt, err := conn.PrepareContext(t.Context(), d.db.Query(query))
				if err != nil {
					t.Errorf("%s: %v", query, err)
					continue
				}
				prepared++
				_ = stmt.Close() //nolint:sqlclosecheck // one after the other, on one connection
			}
			if prepared < 150 {
				t.Errorf("only %d queries were prepared", prepared)
			}
		})
	}
}
