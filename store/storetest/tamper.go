package storetest

import (
	"fmt"
	"testing"

	sqlfiles "daesa/sql"
	"daesa/store"
)

// tampering: whoever owns the database can switch its triggers off. Then every
// edit, deletion, swap and insertion still shows in the chain; a tail that was
// cut, or a whole that was emptied, shows against a head that was kept elsewhere.
func tampering(t *testing.T, db *store.DB) {
	for i := range 12 {
		save(t, db, order(fmt.Sprintf("%04d", i), 1))
	}
	_, head, err := db.JournalHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	do := func(statements ...string) {
		t.Helper()
		for _, each := range statements {
			if err := db.ExecForTest(t.Context(), each); err != nil {
				t.Fatalf("%s: %v", each, err)
			}
		}
	}
	if db.Dialect() == sqlfiles.Postgres {
		do("ALTER TABLE journal DISABLE TRIGGER journal_no_change", "ALTER TABLE journal DISABLE TRIGGER journal_leads")
	} else {
		do("DROP TRIGGER journal_no_update", "DROP TRIGGER journal_no_delete", "DROP TRIGGER journal_leads")
	}
	do("CREATE TABLE kept AS SELECT * FROM journal", "CREATE TABLE kept_head AS SELECT * FROM journal_head")
	restore := []string{"DELETE FROM journal", "INSERT INTO journal SELECT * FROM kept", "DELETE FROM journal_head", "INSERT INTO journal_head SELECT * FROM kept_head"}
	sound := func() bool {
		t.Helper()
		found, err := db.VerifyJournal(t.Context(), head)
		if err != nil {
			t.Fatal(err)
		}
		return len(found.Broken) == 0 && found.SawHead
	}
	tampers := map[string][]string{
		"a deletion in the middle":      {"DELETE FROM journal WHERE seq = 5"},
		"a deletion that is renumbered": {"DELETE FROM journal WHERE seq = 5", "UPDATE journal SET seq = seq + 1000 WHERE seq > 5", "UPDATE journal SET seq = seq - 1001 WHERE seq > 1000"},
		"two entries swapped":           {"UPDATE journal SET seq = 1000 WHERE seq = 3", "UPDATE journal SET seq = 3 WHERE seq = 4", "UPDATE journal SET seq = 4 WHERE seq = 1000"},
		"an insertion": {"UPDATE journal SET seq = seq + 1000 WHERE seq > 5", "UPDATE journal SET seq = seq - 999 WHERE seq > 1000",
			"INSERT INTO journal SELECT 6, at, 'nobody', run_id, subject, action, reason, facts, hash, 'forged' FROM journal WHERE seq = 5",
			"UPDATE journal_head SET seq = seq + 1"},
		"an entry at the end": {"INSERT INTO journal SELECT seq + 1, at, 'nobody', run_id, subject, action, reason, facts, hash, 'forged' FROM journal WHERE seq = 12"},
		"a tail cut off, and the head with it": {"DELETE FROM journal WHERE seq > 8",
			"UPDATE journal_head SET seq = 8, hash = (SELECT hash FROM journal WHERE seq = 8)"},
		"all of it gone": {"DELETE FROM journal", "UPDATE journal_head SET seq = 0, hash = ''"},
	}
	for _, column := range []string{"actor", "run_id", "subject", "action", "reason", "facts", "prev_hash", "hash"} {
		tampers["an edited "+column] = []string{"UPDATE journal SET " + column + " = 'x' WHERE seq = 7"}
	}
	tampers["an edited time"] = []string{"UPDATE journal SET at = '2020-01-01T00:00:00.000000Z' WHERE seq = 12"}
	for name, statements := range tampers {
		do(statements...)
		if sound() {
			t.Errorf("%s is not found", name)
		}
		do(restore...)
		if !sound() {
			t.Fatalf("after %s the journal is not what it was", name)
		}
	}
}
