package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daesa/internal/database"
	"daesa/internal/pgtest"
	"daesa/internal/racing"
	"daesa/reconcile"
	sqlfiles "daesa/sql"
	"daesa/store"
	"daesa/store/storetest"
)

func withValues(t *testing.T, address string, pairs ...string) string {
	t.Helper()
	where := mustParse(t, address)
	values := where.Query()
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	where.RawQuery = values.Encode()
	return where.String()
}

// Every connection has its limits and its name, where the URL does not say
// otherwise, by itself or within options. A comparison has those of a night, and
// gives them back.
func TestEveryConnectionHasItsLimits(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	names := []string{"application_name", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"}
	settings := func(db *store.DB) map[string]string {
		found := map[string]string{}
		for _, name := range names {
			value, err := db.SettingForTest(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			found[name] = value
		}
		return found
	}
	for name, c := range map[string]struct {
		url  string
		want map[string]string
	}{
		"ours": {address, map[string]string{"application_name": "daesa", "statement_timeout": "30min", "lock_timeout": "5min", "idle_in_transaction_session_timeout": "10min"}},
		"the URL's": {withValues(t, address, "application_name", "night", "statement_timeout", "7s", "options", "-c lock_timeout=8s"),
			map[string]string{"application_name": "night", "statement_timeout": "7s", "lock_timeout": "8s", "idle_in_transaction_session_timeout": "10min"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, settings(open(t, c.url))); diff != "" {
				t.Error(diff)
			}
		})
	}

	db := open(t, address)
	c, err := db.OpenComparison(t.Context(), reconcile.Scope{MID: "m", Day: filterDay}, filterDay.End())
	if err != nil {
		t.Fatal(err)
	}
	if got := []string{c.SettingForTest(t, "statement_timeout"), c.SettingForTest(t, "idle_in_transaction_session_timeout")}; got[0] != "3h" || got[1] != "1d" {
		t.Errorf("a night's connection has %v", got)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if got := settings(db); got["statement_timeout"] != "30min" || got["idle_in_transaction_session_timeout"] != "10min" {
		t.Errorf("afterwards %v", got)
	}
}

// Whatever level of isolation the server, the database or the role has set, each
// connection has the one that all statements are written for.
func TestTheServersIsolationLevelIsNotOurs(t *testing.T) {
	racing.Skip(t, "what a database is asked, one thing after the other")
	t.Parallel()
	for _, level := range []string{"serializable", "repeatable read"} {
		t.Run(level, func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, func(t *testing.T) *store.DB { return open(t, isolated(t, level)) }, "again", "comparison", "queue", "runs")
		})
	}
	db := open(t, withValues(t, isolated(t, "serializable"), "default_transaction_isolation", "serializable"))
	if level, err := db.SettingForTest(t.Context(), "transaction_isolation"); err != nil || level != "read committed" {
		t.Errorf("a statement by itself runs at %s, %v", level, err)
	}
}

// Whatever the collation of the database, keys are compared and listed by their
// bytes.
func TestTheDatabasesCollationIsNotOurs(t *testing.T) {
	racing.Skip(t, "what a database is asked, one thing after the other")
	t.Parallel()
	for name, collation := range map[string]string{"ICU": pgtest.KoreanICU, "libc": pgtest.KoreanLibc} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := pgtest.NewServer(t, pgtest.Collated(collation))
			// That the server sorts otherwise is what makes it a test.
			var sorted string
			if err := connect(t, server.URL(t)).QueryRow("SELECT string_agg(x, ' ' ORDER BY x) FROM unnest(ARRAY['a','B','_','가','A']) AS x").Scan(&sorted); err != nil || sorted == "A B _ a 가" {
				t.Fatalf("the server sorts by bytes: %q, %v", sorted, err)
			}
			t.Run("suite", func(t *testing.T) {
				storetest.Run(t, func(t *testing.T) *store.DB { return open(t, schema.On(t, server)) }, "again", "comparison", "listed", "matched", "orders", "queue", "runs")
			})
		})
	}
}

// isolated is a database with a level of its own.
func isolated(t *testing.T, level string) string {
	t.Helper()
	address := schema.URL(t)
	administer(t, address, "ALTER DATABASE "+path.Base(mustParse(t, address).Path)+" SET default_transaction_isolation = '"+level+"'")
	return address
}

// A statement that takes too long, and a lock that is not given, say so.
func TestALimitSaysWhatItMeans(t *testing.T) {
	t.Parallel()
	db := open(t, withValues(t, pgtest.URL(t), "statement_timeout", "300ms", "lock_timeout", "100ms"))
	wantHint(t, db.Explained(t.Context(), "SELECT pg_sleep(30)"), "statement_timeout")
	release := db.HoldForTest(t, "LOCK TABLE runs")
	defer release()
	wantHint(t, db.Explained(t.Context(), "UPDATE runs SET error = ''"), "something else holds")
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.Explained(stopped, "SELECT 1"); err == nil || hint(err) != "" {
		t.Errorf("who stopped it is told %q", hint(err))
	}
}

// The pool outlives its server: what was under way fails cleanly and leaves
// nothing, the next statement after the start works, prepared ones included.
func TestThePoolOutlivesARestart(t *testing.T) {
	t.Parallel()
	server := pgtest.NewServer(t, pgtest.Durable())
	db := open(t, server.URL(t))
	ctx := t.Context()
	for name, end := range map[string]func() error{"stopped": server.Stop, "crashed": server.Crash} {
		if _, err := db.Pause(ctx, "kim", "a try", filterDay.End()); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Resume(ctx, "kim", "", filterDay.End()); err != nil {
			t.Fatal(err)
		}
		before, _, err := db.JournalHead(ctx)
		if err != nil {
			t.Fatal(err)
		}
		err = db.WithinForTest(ctx, "INSERT INTO brake VALUES (1, 'lost', 'x', now())", func() {
			if err := end(); err != nil {
				t.Fatal(err)
			}
		})
		if wantHint(t, err, "went away"); err != nil && strings.Contains(err.Error(), "panic") {
			t.Error(err)
		}
		_, err = db.Brake(ctx)
		wantHint(t, err, "database")
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
		// What was left of the old connections is thrown away one by one.
		for range 20 {
			brake, err := db.Brake(ctx)
			if err != nil || brake.On {
				t.Fatalf("%s and started: %+v, %v", name, brake, err)
			}
		}
		if after, _, err := db.JournalHead(ctx); err != nil || after != before {
			t.Errorf("%s: the journal stood at %d and stands at %d, %v", name, before, after, err)
		}
	}
}

// What the engine is told is kept is on the disk when it is told, though others may
// have seen it before.
func TestAnIntentIsOnTheDiskBeforeItIsSent(t *testing.T) {
	racing.Skip(t, "what a database is asked, one thing after the other")
	t.Parallel()
	server := pgtest.NewServer(t, pgtest.Durable(), pgtest.Setting("wal_writer_delay", "10s"), pgtest.Setting("wal_buffers", "16MB"))
	db := open(t, server.URL(t))
	storetest.RunDurable(t, db, func(t *testing.T) {
		if err := errors.Join(server.Crash(), server.Start()); err != nil {
			t.Fatal(err)
		}
		for range 20 { // what was left of the old connections is thrown away one by one
			_, _ = db.Brake(t.Context())
		}
	})
}

// A transaction in which a statement has failed keeps nothing, and says so, though
// PostgreSQL takes its COMMIT; and its connection is as good as new.
func TestAFailedTransactionIsNotCommitted(t *testing.T) {
	t.Parallel()
	db := open(t, pgtest.URL(t))
	for range 3 {
		begun, err := db.BeginForTest(t, "SELECT 1")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := begun.Tx.Exec("INSERT INTO brake VALUES (1, 'x', 'x', now())"); err != nil {
			t.Fatal(err)
		}
		if _, err := begun.Tx.Exec("SELECT 1/0"); err == nil {
			t.Fatal("a division by zero is taken")
		}
		if err := begun.Tx.Commit(); err == nil {
			t.Error("it seems to be committed")
		}
		if brake, err := db.Brake(t.Context()); err != nil || brake.On {
			t.Errorf("something of it is kept: %+v, %v", brake, err)
		}
	}
}

// A standby is refused when it is opened, with what to do, and so is what a
// pool reaches after a fail-over.
func TestAStandbyIsRefused(t *testing.T) {
	t.Parallel()
	standby := pgtest.NewServer(t, pgtest.Setting("default_transaction_read_only", "off"))
	address := standby.URL(t)
	db := open(t, address)
	if err := standby.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := standby.StartAsStandby(); err != nil {
		t.Fatal(err)
	}
	_, err := store.Open(t.Context(), address)
	wantHint(t, err, "point database.url at the primary")
	_, err = db.Brake(t.Context())
	wantHint(t, err, "point database.url at the primary")
	readOnly := withValues(t, address, "target_session_attrs", "any")
	reader, err := store.Open(t.Context(), readOnly)
	if err != nil {
		t.Fatalf("who asks for it by name reads: %v", err)
	}
	t.Cleanup(func() { _ = reader.Close() })
	if _, err := reader.Brake(t.Context()); err != nil {
		t.Error(err)
	}
	if _, _, err := reader.JournalHead(t.Context()); err != nil {
		t.Errorf("the head on a standby: %v", err)
	}
	_, err = reader.Pause(t.Context(), "kim", "x", filterDay.End())
	wantHint(t, err, "point database.url at the primary")
	if err := standby.Promote(); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Pause(t.Context(), "kim", "it is the primary now", filterDay.End()); err != nil {
		t.Error(err)
	}
}

// No error of a URL shows the password in it.
func TestAWrongURLShowsNoPassword(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"postgres://kim:s3cr3t%@127.0.0.1/x", "postgres://kim:s3cr3t/x@127.0.0.1/x", "postgres://kim:s3cr3t@127.0.0.1:port/x",
		"postgres://kim:s3cr3t@127.0.0.1:1/x?sslmode=perhaps", "postgres://kim:s3cr3t@127.0.0.1:1/x?sslmode=disable"} {
		_, err := store.Open(t.Context(), address)
		_, _, shop := database.OpenReadOnly(t.Context(), address)
		for _, err := range []error{err, shop} {
			if err == nil || strings.Contains(fmt.Sprint(err, hint(err)), "s3cr3t") {
				t.Errorf("%s: %v", address, err)
			}
		}
	}
}

func TestUnencryptedConnections(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"postgres://u@db.shop.kr/x?sslmode=disable": true, "postgres://u@db.shop.kr/x?sslmode=prefer": true, "postgresql://u@10.0.0.5/x?sslmode=allow": true,
		"postgres://u@db.shop.kr/x?sslmode=verify-full": false, "postgres://u@db.shop.kr/x?sslmode=require": false, "postgres://u@127.0.0.1/x?sslmode=disable": false,
		"postgres://u@localhost/x?sslmode=disable": false, "postgres://u@[::1]/x?sslmode=disable": false, "postgres:///x?host=/run/postgresql&sslmode=disable": false,
		"postgres://u@localhost,db.shop.kr/x?sslmode=disable": true, "postgres://u@db1.shop.kr,db2.shop.kr/x?sslmode=verify-full": false,
		"mysql://u@db.shop.kr/x": true, "mysql://u@db.shop.kr/x?tls=false": true, "mysql://u@db.shop.kr/x?tls=preferred": true, "mysql://u@db.shop.kr/x?tls=true": false,
		"mysql://u@db.shop.kr/x?tls_ca=ca.pem": false, "mysql://u@127.0.0.1/x": false, "sqlite:x.db": false,
	} {
		if _, got := database.Unencrypted(address); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}

// A migration adds, so that the version before can go on until it is replaced:
// it neither drops nor renames what that version reads.
func TestLaterMigrationsOnlyAdd(t *testing.T) {
	t.Parallel()
	const firstBound = 5 // those before were made when nobody ran an older version
	takes := regexp.MustCompile(`(?i)\b(DROP\s+(COLUMN|TABLE|CONSTRAINT)|RENAME|ALTER\s+(COLUMN\s+)?\S+\s+(SET\s+DATA\s+)?TYPE|ALTER\s+TYPE|SET\s+NOT\s+NULL)`)
	needs := regexp.MustCompile(`(?i)ADD\s+COLUMN\s+[^;]*\bNOT\s+NULL\b`)
	checked := 0
	for _, dialect := range []sqlfiles.Dialect{sqlfiles.SQLite, sqlfiles.Postgres} {
		files, err := sqlfiles.Migrations(dialect)
		if err != nil {
			t.Fatal(err)
		}
		names, err := fs.Glob(files, "*.sql")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			number, _, _ := strings.Cut(name, "_")
			if n, err := strconv.Atoi(number); err != nil || n < firstBound {
				continue
			}
			checked++
			text, err := fs.ReadFile(files, name)
			if err != nil {
				t.Fatal(err)
			}
			for _, statement := range strings.Split(withoutComments(string(text)), ";") {
				if dropped, own := strings.CutPrefix(strings.TrimSpace(statement), "DROP TABLE "); own && strings.Contains(string(text), "CREATE TABLE "+dropped+" AS ") {
					continue // what the migration itself made for a while
				}
				if takes.MatchString(statement) || (needs.MatchString(statement) && !strings.Contains(strings.ToUpper(statement), "DEFAULT")) {
					t.Errorf("%s: the version before cannot live with %s", name, strings.TrimSpace(statement))
				}
			}
		}
	}
	if checked == 0 {
		t.Error("no migration was looked at")
	}
	for _, bad := range []string{"ALTER TABLE x DROP COLUMN y", "ALTER TABLE x RENAME y TO z", "ALTER TABLE x ALTER COLUMN y TYPE bigint", "DROP TABLE x"} {
		if !takes.MatchString(bad) {
			t.Errorf("lets %s through", bad)
		}
	}
}

var lineComment = regexp.MustCompile(`(?m)--.*$`)

func withoutComments(text string) string { return lineComment.ReplaceAllString(text, "") }
