package store_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"daesa/internal/pgtest"
)

// Every entry keeps the login and the host that it came from, beside the name of its
// actor. Entries of before stand as they were, and the chain goes on over both.
func TestTheJournalKeepsWhereAWordCameFrom(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]func(*testing.T) string{
		"SQLite": func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "daesa.db") }, "PostgreSQL": func(t *testing.T) string { return pgtest.URL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			db, now := open(t, address(t)), time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC)
			pause := func(by string) {
				t.Helper()
				if _, err := db.Pause(t.Context(), by, "점검", now); err != nil {
					t.Fatal(err)
				}
				if was, err := db.Resume(t.Context(), by, "", now); err != nil || !was {
					t.Fatal(was, err)
				}
			}
			pause("kim")
			_, before, err := db.JournalHead(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := db.WrittenBy(`FINANCE\kim "k"`, "desk-7"); err != nil {
				t.Fatal(err)
			}
			pause("lee")
			found, err := db.VerifyJournal(t.Context(), before)
			if err != nil || len(found.Broken)+len(found.Altered) > 0 || !found.SawHead || found.Entries != 4 {
				t.Fatalf("%+v, %v", found, err)
			}
			rows, err := db.RowsForTest(t.Context(), "SELECT facts FROM journal ORDER BY seq")
			if err != nil {
				t.Fatal(err)
			}
			var facts []string
			for _, row := range rows {
				facts = append(facts, row[0])
			}
			const process = `{"process":{"host":"desk-7","login":"FINANCE\\kim \"k\""}}`
			if got, want := strings.Join(facts, " "), "{} {} "+process+" "+process; got != want {
				t.Errorf("facts %s, want %s", got, want)
			}
		})
	}
}
