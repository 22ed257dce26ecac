package pgtest

import (
	"database/sql"
	"testing"
)

// A pooler leads to the database that it stands before; in transaction mode the
// sessions of the server are handed on from one client to another, in session
// mode they are not.
func TestAPoolerHandsSessionsOnByItsMode(t *testing.T) {
	address := URL(t)
	for mode, handedOn := range map[string]bool{SessionMode: false, TransactionMode: true, StatementMode: true} {
		t.Run(mode, func(t *testing.T) {
			bounced := Bounced(t, address, mode)
			first, second := sessionOf(t, open(t, bounced)), sessionOf(t, open(t, bounced))
			if (first == second) != handedOn {
				t.Errorf("two clients have the sessions %d and %d", first, second)
			}
		})
	}
}

func sessionOf(t *testing.T, db *sql.DB) (session int) {
	t.Helper()
	if err := db.QueryRow("SELECT pg_backend_pid()").Scan(&session); err != nil {
		t.Fatal(err)
	}
	return session
}
