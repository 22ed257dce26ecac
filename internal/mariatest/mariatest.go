// Package mariatest gives a test its own empty database on a real MariaDB.
//
// The server is private: it is started from the installed binaries, listens on
// loopback only, lives in a temporary folder, and ends with the test binary.
// Its zone is UTC and its alphabet latin1, so that nothing is right by chance.
// Nothing is downloaded. What a developer can set:
//
//   - DAESA_TEST_MYSQL_URL: use this server (MariaDB or MySQL) in place of a
//     private one, as mysql://user:password@host:port/; its user must be allowed
//     to create databases and users. The word "off" stands for a machine
//     without one.
//   - DAESA_REQUIRE_MYSQL=1, or CI=true: a missing server fails the test, where
//     it would otherwise be skipped.
package mariatest

import (
	"crypto/rand"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// errAbsent says that this machine has no MariaDB to start.
var errAbsent = errors.New("no MariaDB server is installed: looked for mariadbd and mariadb-install-db " +
	"on PATH and in /usr/sbin (Debian: apt-get install mariadb-server)")

// shared is the one private server of a test binary. It is started by the first
// test that asks and ends with the process.
var shared struct {
	once   sync.Once
	admin  string
	folder string
	err    error
}

// New makes an empty database that belongs to t alone and is dropped when t
// ends. It gives a pool that may do everything there, and the database's URL
// for that user.
func New(t testing.TB) (db *sql.DB, address string) {
	t.Helper()
	admin, err := adminURL()
	if err != nil {
		unavailable(t, err)
	}
	where, err := url.Parse(admin)
	if err != nil || where.Scheme != "mysql" {
		t.Fatal("DAESA_TEST_MYSQL_URL must look like mysql://user:password@host:port/")
	}
	server := open(t, where)
	name := "daesa_test_" + strings.ToLower(rand.Text()[:16])
	if _, err := server.Exec("CREATE DATABASE " + name + " CHARACTER SET utf8mb4"); err != nil {
		t.Fatalf("create a database for the test: %v", err)
	}
	t.Cleanup(func() {
		if _, err := server.Exec("DROP DATABASE IF EXISTS " + name); err != nil {
			t.Logf("the test's database %s was left behind: %v", name, err)
		}
	})
	where.Path = "/" + name
	return open(t, where), where.String()
}

func open(t testing.TB, where *url.URL) *sql.DB {
	t.Helper()
	cfg := mysql.NewConfig()
	cfg.User = where.User.Username()
	cfg.Passwd, _ = where.User.Password()
	cfg.Net, cfg.Addr, cfg.DBName = "tcp", where.Host, strings.Trim(where.Path, "/")
	cfg.Params = map[string]string{"charset": "utf8mb4"}
	db, err := sql.Open("mysql", cfg.FormatDSN())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // the database behind it is dropped in any case
	return db
}

// adminURL is where databases can be made: the server that the environment
// names, else the shared private one.
func adminURL() (string, error) {
	switch given := os.Getenv("DAESA_TEST_MYSQL_URL"); given {
	case "":
		shared.once.Do(func() { shared.admin, shared.folder, shared.err = start() })
		return shared.admin, shared.err
	case "off":
		return "", errAbsent
	default:
		return given, nil
	}
}

// unavailable ends the test: skipped where MariaDB is not installed, failed
// where it is required, or is there and would not start.
func unavailable(t testing.TB, err error) {
	t.Helper()
	required := os.Getenv("CI") == "true" || os.Getenv("DAESA_REQUIRE_MYSQL") == "1"
	switch {
	case required:
		t.Fatalf("this test requires MariaDB: %v", err)
	case errors.Is(err, errAbsent):
		t.Skipf("skipped, for it needs MariaDB: %v", err)
	default:
		t.Fatalf("MariaDB is installed but did not start: %v", err)
	}
}
