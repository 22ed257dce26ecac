// Package pgtest gives a test its own empty PostgreSQL database.
//
// The server is private: it is started from the installed binaries, listens on
// loopback only, lives in a temporary folder, and ends with the test binary.
// Nothing is downloaded. What a developer can set:
//
//   - DAESA_TEST_POSTGRES_URL: use this server in place of a private one; its
//     user must be allowed to create databases. The word "off" stands for a
//     machine without PostgreSQL.
//   - DAESA_REQUIRE_POSTGRES=1, or CI=true: a missing server fails the test,
//     where it would otherwise be skipped.
package pgtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	_ "github.com/lib/pq" // the driver behind sql.Open("postgres", ...)
)

// adminTimeout limits the creation and the removal of one database.
const adminTimeout = 30 * time.Second

// errAbsent says that this machine has no PostgreSQL server to start.
var errAbsent = errors.New("no PostgreSQL server is installed: looked for initdb and postgres " +
	"in /usr/lib/postgresql/*/bin and on PATH (Debian: apt-get install postgresql)")

// shared is the one private server of a test binary. It is started by the
// first test that asks and ends with the process.
var shared struct {
	once   sync.Once
	server *Server
	err    error
}

// URL returns the connection URL of a new, empty database that belongs to t
// alone and is dropped when t ends, connections that are still open included.
// Tests may ask in parallel. The server forgets on a power cut and keeps
// nothing; a test that needs a durable server, or one that it can stop, uses
// [NewServer]. Not to be called inside a synctest bubble.
func URL(t testing.TB) string {
	t.Helper()
	admin, err := adminURL()
	if err != nil {
		unavailable(t, err)
	}
	return newDatabase(t, admin)
}

// adminURL returns where databases can be created: the server that the
// environment names, else the shared private one.
func adminURL() (string, error) {
	if given := os.Getenv("DAESA_TEST_POSTGRES_URL"); given != "" && given != "off" {
		return given, nil
	}
	shared.once.Do(func() {
		shared.server, shared.err = start(options{})
	})
	if shared.err != nil {
		return "", shared.err
	}
	return shared.server.databaseURL(), nil
}

// unavailable ends the test: skipped where PostgreSQL is not installed or
// cannot be run by this user, failed where it is required, or is there and
// would not start.
func unavailable(t testing.TB, err error) {
	t.Helper()
	required := os.Getenv("CI") == "true" || os.Getenv("DAESA_REQUIRE_POSTGRES") == "1"
	switch {
	case required:
		t.Fatalf("this test requires PostgreSQL: %v", err)
	case errors.Is(err, errAbsent), errors.Is(err, errNoIdentity):
		t.Skipf("skipped, for it needs PostgreSQL: %v", err)
	default:
		t.Fatalf("PostgreSQL is installed but did not start: %v", err)
	}
}

// emptyDatabase is how a database is made that has nothing of ours.
const emptyDatabase = "TEMPLATE template0 ENCODING 'UTF8'"

// newDatabase creates an empty database by way of admin and has t drop it.
func newDatabase(t testing.TB, admin string) string {
	t.Helper()
	return copyDatabase(t, admin, emptyDatabase)
}

// copyDatabase creates a database by way of admin and has t drop it. from is what
// CREATE DATABASE says of where it comes from.
func copyDatabase(t testing.TB, admin, from string) string {
	t.Helper()
	where, err := url.Parse(admin)
	if err != nil || (where.Scheme != "postgres" && where.Scheme != "postgresql") {
		t.Fatal("DAESA_TEST_POSTGRES_URL must look like postgres://user@host:port/database")
	}
	name := "daesa_test_" + randomName()
	if err := administer(admin, "CREATE DATABASE "+name+" "+from); err != nil {
		t.Fatalf("create a database for the test: %v", err)
	}
	t.Cleanup(func() {
		if err := administer(admin, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Logf("the test's database %s was left behind: %v", name, err)
		}
	})
	where.Path = "/" + name
	return where.String()
}

// administer runs one statement on its own connection.
func administer(admin, statement string) (err error) {
	db, err := sql.Open("postgres", admin)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
	defer cancel()
	if _, err := db.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

// randomName returns sixteen hexadecimal digits, so that test binaries that
// share a server do not meet.
func randomName() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // crypto/rand never returns an error
	return hex.EncodeToString(b[:])
}
