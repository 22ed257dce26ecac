package store_test

import (
	"path/filepath"
	"testing"

	"daesa/store"
	"daesa/store/storetest"
)

// PostgreSQL may end any transaction because of another one, and it is then run
// again: all that the store does comes out the same where each is run twice.
func TestEveryTransactionMayBeRunTwice(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) *store.DB {
		db := open(t, "sqlite:"+filepath.Join(t.TempDir(), "daesa.db"))
		db.StumbleForTest()
		return db
	})
}
