package orders

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"
	_ "github.com/lib/pq"
	_ "modernc.org/sqlite"

	"daesa/internal/pgtest"
	"daesa/internal/racing"
	"daesa/pay"
)

var (
	from = at("2026-11-21T00:00:00+09:00")
	to   = at("2026-11-22T00:00:00+09:00")
)

// shop is a shop's database of one dialect: writable for the test, and as the
// program is given it.
type shop struct {
	dialect  string
	writable *sql.DB
	given    Beginner
}

func sqliteShop(t testing.TB) shop {
	t.Helper()
	path := filepath.Join(t.TempDir(), "shop.db")
	s := shop{SQLite, openDB(t, "sqlite", "file:"+path), openDB(t, "sqlite", "file:"+path+"?mode=ro&_pragma=query_only(1)")}
	s.exec(t, "PRAGMA user_version = 1") // makes the file
	return s
}

func postgresShop(t testing.TB) shop {
	t.Helper()
	url := pgtest.URL(t)
	return shop{Postgres, openDB(t, "postgres", url), sqlx.NewDb(openDB(t, "postgres", url), "postgres")}
}

func openDB(t testing.TB, driver, source string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func (s shop) exec(t testing.TB, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := s.writable.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(statement, err)
		}
	}
}

// ask runs a query and gives its orders and what is said of bad rows.
func (s shop) ask(ctx context.Context, text string, options QueryOptions) (good []pay.Order, bad []string, err error) {
	q, err := FromQuery(ctx, s.given, s.dialect, text, from, to, options)
	if err != nil {
		return nil, nil, err
	}
	defer q.Close()
	for order, err := range q.Orders() {
		var row *BadRow
		switch {
		case err == nil:
			good = append(good, order)
		case errors.As(err, &row):
			bad = append(bad, row.Error())
		default:
			return good, bad, err
		}
	}
	return good, bad, nil
}

// each runs a test on both databases.
func each(t *testing.T, test func(t *testing.T, s shop)) {
	t.Run("sqlite", func(t *testing.T) { test(t, sqliteShop(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, postgresShop(t)) })
}

var options = QueryOptions{Options: one}

func TestQueryGivesOrders(t *testing.T) {
	each(t, func(t *testing.T, s shop) {
		s.exec(t, `CREATE TABLE o (id varchar(64), state text, won numeric(12,0), made timestamp, paid text, touched text, refunded bigint)`)
		s.exec(t, `INSERT INTO o VALUES ('00045678901234567890', 'paid', 10000, '2026-11-21 10:00:00', NULL, '2026-11-21T00:00:00+09:00', NULL)`,
			`INSERT INTO o VALUES ('=1+1', 'canceled', 10000, '2026-11-21 10:00:00', '2026-11-21T10:00:00+09:00', '2026-11-21T23:59:59+09:00', 3000)`,
			`INSERT INTO o VALUES ('tomorrow', 'paid', 10000, '2026-11-22 10:00:00', NULL, '2026-11-22T00:00:00+09:00', NULL)`)
		touched := "touched"
		if s.dialect == Postgres {
			touched = "touched::timestamptz"
		}
		good, bad, err := s.ask(t.Context(), `SELECT id AS order_id, state AS "STATUS", won AS amount, made AS ordered_at, paid AS paid_at, refunded AS refunded_elsewhere, 7 AS more
			FROM o WHERE `+touched+` >= :from AND `+touched+` < :to -- not :from
			AND 'a:from' <> ':to' ORDER BY id;`, options)
		if err != nil || len(bad) > 0 {
			t.Fatal(bad, err)
		}
		want := []pay.Order{
			order(func(o *pay.Order) { o.ID = "00045678901234567890" }),
			order(func(o *pay.Order) {
				o.ID, o.Status, o.PaidAt, o.CanceledAmount, o.RefundedElsewhere = "=1+1", pay.OrderCanceled, o.OrderedAt, 7000, 3000
			}),
		}
		if diff := cmp.Diff(want, good); diff != "" {
			t.Error(diff)
		}
		q, err := FromQuery(t.Context(), s.given, s.dialect, `SELECT '1' AS order_id, 'paid' AS status, 1 AS amount, made AS ordered_at, 7 AS more FROM o`, from, to, options)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"more"}, q.Unknown()); diff != "" {
			t.Error(diff)
		}
		if q.Columns() != ColumnOrderID|ColumnStatus|ColumnAmount|ColumnOrderedAt {
			t.Error(q.Columns().Names())
		}
		if err := errors.Join(q.Close(), q.Close()); err != nil {
			t.Error(err)
		}
	})
}

const columns = "'o1' AS order_id, 'paid' AS status, 10000 AS amount, '2026-11-21 10:00:00' AS ordered_at"

func TestQueryFaults(t *testing.T) {
	each(t, func(t *testing.T, s shop) {
		for text, want := range map[string]string{
			"SELECT 'x' AS order_id, 'paid' AS state":  "the result lacks status, amount, ordered_at; it has order_id, state",
			"SELECT " + columns + ", 'o2' AS order_id": `gives column "order_id" twice`,
			"SELECT * FROM nowhere":                    "nowhere",
			"SELEKT 1":                                 `begins with "SELEKT"`,
			"":                                         `begins with ""`,
			"SELECT 'o1' AS order_id, 'paid' AS status, CAST(1.5 AS double precision) AS amount, '2026-11-21 10:00:00' AS ordered_at": `column "amount"`,
			"SELECT 'o1' AS order_id, 'paid' AS status, '1' AS amount, CAST(5 AS integer) AS ordered_at":                              `column "ordered_at"`,
			"SELECT CAST(1.5 AS real) AS order_id, 'paid' AS status, '1' AS amount, '' AS ordered_at":                                 `column "order_id"`,
		} {
			_, bad, err := s.ask(t.Context(), text, options)
			if err == nil && len(bad) > 0 {
				err = errors.New(bad[0])
			}
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", text, err)
			}
		}
		_, bad, err := s.ask(t.Context(), "SELECT "+columns+" UNION ALL SELECT 'o2', 'gone', 5, '' UNION ALL SELECT 'o1', 'paid', 5, '2026-11-21 10:00:00'", options)
		want := []string{
			"row 2: column \"status\": \"gone\": unknown; allowed are pending, paid, partially_canceled, canceled, failed, deleted\nrow 2: column \"ordered_at\": is empty",
			`row 3: column "order_id": "o1": the same order already stands in row 1`,
		}
		if diff := cmp.Diff(want, bad); err != nil || diff != "" {
			t.Error(err, diff)
		}
		if good, _, err := s.ask(t.Context(), "SELECT "+columns+" UNION ALL SELECT 'o2', 'paid', 5, '2026-11-21 10:00:00'", QueryOptions{Options: one, MaxRows: 1}); len(good) != 1 || err == nil || !strings.Contains(err.Error(), "more than 1 rows") {
			t.Error(good, err)
		}
	})
	if _, _, err := (shop{dialect: "oracle"}).ask(t.Context(), "SELECT 1", options); err == nil || !strings.Contains(err.Error(), `cannot read from "oracle"`) {
		t.Error(err)
	}
}

// TestAFloatIsRefused where SQLite shows it: in the value.
func TestAFloatIsRefused(t *testing.T) {
	s := sqliteShop(t)
	const rest = ", '2026-11-21 10:00:00' AS ordered_at"
	_, _, err := s.ask(t.Context(), "SELECT 'o1' AS order_id, 'paid' AS status, 10000.0 AS amount"+rest, options)
	if err == nil || !strings.Contains(err.Error(), `row 1: column "amount": "10000": is a floating-point number`) {
		t.Error(err)
	}
	good, bad, err := s.ask(t.Context(), "SELECT 'o1' AS order_id, 'paid' AS status, 1 AS amount"+rest+" UNION ALL SELECT 'o2', 'paid', 0.1, '2026-11-21 10:00:00' UNION ALL SELECT x'00', 'paid', 1, '2026-11-21 10:00:00'", options)
	want := []string{
		`row 2: column "amount": "0.1": is a floating-point number, which is not exact; give an integer or a decimal text`,
		`row 3: column "order_id": is binary, not text`,
	}
	if diff := cmp.Diff(want, bad); err != nil || len(good) != 1 || diff != "" {
		t.Error(good, err, diff)
	}
}

// TestTimesOfSQLite: a text without an offset is Seoul's, one with an offset
// its own, whatever type the column was declared with.
func TestTimesOfSQLite(t *testing.T) {
	s := sqliteShop(t)
	s.exec(t, "CREATE TABLE o (id text, a datetime, b timestamp, c text)",
		"INSERT INTO o VALUES ('o1', '2026-11-21 10:00:00', '2026-11-21T01:00:00Z', '2026-11-21T10:00:00+09:00')")
	good, bad, err := s.ask(t.Context(), "SELECT id AS order_id, 'paid' AS status, 1 AS amount, a AS ordered_at, b AS paid_at, c AS canceled_at FROM o WHERE c < :to -- the end", options)
	if err != nil || len(bad) > 0 || len(good) != 1 {
		t.Fatal(good, bad, err)
	}
	for _, got := range []time.Time{good[0].OrderedAt, good[0].PaidAt, good[0].CanceledAt} {
		if !got.Equal(at("2026-11-21 10:00:00")) {
			t.Error(got)
		}
	}
}

// TestTimesOfPostgres: the same for its types, whatever the session's zone is.
func TestTimesOfPostgres(t *testing.T) {
	s := postgresShop(t)
	good, bad, err := s.ask(t.Context(), `SELECT 'o1'::char(8) AS order_id, 'paid' AS status, 1::smallint AS amount, '2026-11-21 10:00:00.123456'::timestamp AS ordered_at,
		'2026-11-21 01:00:00Z'::timestamptz AS paid_at, '2026-11-22'::date AS canceled_at WHERE '2026-11-21 00:00:00'::timestamp = :from`, options)
	want := []pay.Order{order(func(o *pay.Order) {
		o.Amount, o.OrderedAt, o.PaidAt, o.CanceledAt = 1, at("2026-11-21T10:00:00.123456+09:00"), at("2026-11-21 10:00:00"), at("2026-11-22 00:00:00")
	})}
	if diff := cmp.Diff(want, good); err != nil || len(bad) > 0 || diff != "" {
		t.Error(bad, err, diff)
	}
}

// TestHostileQueries: whatever the text says, the database stays as it was.
func TestHostileQueries(t *testing.T) {
	each(t, func(t *testing.T, s shop) {
		s.exec(t, "CREATE TABLE o (id text)", "INSERT INTO o VALUES ('o1')")
		hostile := []string{
			"SELECT 1; DROP TABLE o", "SELECT 1;; ", "COMMIT; DROP TABLE o", "SELECT 1; COMMIT; DROP TABLE o; --", "SELECT ';'; DROP TABLE o",
			"/* ; */ DELETE FROM o", "DELETE FROM o", "-- SELECT\nDELETE FROM o", "(DELETE FROM o)", "COPY o TO PROGRAM 'true'", "SET transaction_read_only = off",
			"DO $$ BEGIN DELETE FROM o; END $$", "DO 'x'", "EXPLAIN ANALYZE DELETE FROM o", "CALL x()", "VACUUM", "ATTACH 'x' AS y", "PRAGMA query_only = 0", "BEGIN", "PREPARE p AS SELECT 1",
			"INSERT INTO o VALUES ('x')", "UPDATE o SET id = 'x'", "TRUNCATE o", "CREATE TABLE p (x text)", "VALUES (1)", "TABLE o", "LOCK TABLE o", "SELECT\x001",
			"WITH x AS (DELETE FROM o RETURNING id) SELECT id AS order_id FROM x", "WITH x AS (SELECT 1) DELETE FROM o", "SELECT id AS order_id INTO p FROM o",
			"WITH x AS (SELECT 1) INSERT INTO o SELECT 'x'", "SELECT id AS order_id FROM o FOR UPDATE", "SELECT nextval('s') AS order_id", "SELECT load_extension('x')",
			"SELECT set_config('transaction_read_only', 'off', false) AS order_id", "SELECT lo_create(0) AS order_id", "SELECT /* /* */ ; */ 1",
			"SELECT pg_advisory_lock(1)/0 AS order_id", "SELECT writefile('/tmp/x', 'y')",
		}
		for _, text := range hostile {
			good, _, err := s.ask(t.Context(), text, QueryOptions{Options: one, Timeout: 5 * time.Second})
			if err == nil || len(good) > 0 {
				t.Errorf("%q: %v %v", text, good, err)
			}
		}
		var rows, tables int
		if err := s.writable.QueryRowContext(t.Context(), "SELECT count(*) FROM o WHERE id = 'o1'").Scan(&rows); err != nil || rows != 1 {
			t.Error(rows, err)
		}
		list := "SELECT count(*) FROM sqlite_master"
		if s.dialect == Postgres {
			list = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
		}
		if err := s.writable.QueryRowContext(t.Context(), list).Scan(&tables); err != nil || tables != 1 {
			t.Error(tables, err)
		}
	})
}

func TestAWritableSQLiteIsRefused(t *testing.T) {
	s := sqliteShop(t)
	s.given = s.writable
	if _, _, err := s.ask(t.Context(), "SELECT "+columns, options); err == nil || !strings.Contains(err.Error(), "the connection could write") {
		t.Error(err)
	}
}

func TestAQueryEndsInTime(t *testing.T) {
	each(t, func(t *testing.T, s shop) {
		text := "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT 'o1' AS order_id, 'paid' AS status, count(*) AS amount, '' AS ordered_at FROM n"
		short := QueryOptions{Options: one, Timeout: 200 * time.Millisecond}
		start := time.Now()
		_, bad, err := s.ask(t.Context(), text, short)
		if err == nil || time.Since(start) > 20*time.Second {
			t.Error(bad, err, time.Since(start))
		}
		canceled, cancel := context.WithCancel(t.Context())
		cancel()
		if _, _, err := s.ask(canceled, "SELECT "+columns, options); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if good, _, err := s.ask(t.Context(), "SELECT "+columns, options); len(good) != 1 || err != nil {
			t.Error("after it:", good, err)
		}
	})
}

// TestARowStreams: the first order is there before the last row is computed,
// and stopping early leaves the connection usable.
func TestARowStreams(t *testing.T) {
	racing.Skip(t, "300,000 rows, one after the other")
	each(t, func(t *testing.T, s shop) {
		text := "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT CAST(i AS text) AS order_id, 'paid' AS status, i AS amount, '2026-11-21 10:00:00' AS ordered_at FROM n"
		q, err := FromQuery(t.Context(), s.given, s.dialect, text, from, to, options)
		if err != nil {
			t.Fatal(err)
		}
		for order, err := range q.Orders() {
			if err != nil || order.Amount > 3 {
				t.Fatal(order, err)
			}
			if order.Amount == 3 {
				break
			}
		}
		if err := q.Close(); err != nil {
			t.Error(err)
		}
		if good, _, err := s.ask(t.Context(), text, options); len(good) != 300_000 || err != nil {
			t.Error(len(good), err)
		}
	})
}

func TestPlaceholders(t *testing.T) {
	for _, c := range []struct{ dialect, text, want string }{
		{Postgres, "SELECT :from, :to, :from", "SELECT $1::timestamptz, $2::timestamptz, $1::timestamptz"},
		{SQLite, "SELECT :to, :from", "SELECT ?1, ?2"},
		{Postgres, "SELECT x::from, ':to', \":to\", :tomorrow, a:to", "SELECT x::from, ':to', \":to\", :tomorrow, a$1::timestamptz"},
		{Postgres, "SELECT $$:to$$, $a$:to$$:to$a$, E'\\':to', 'it''s :to', :to", "SELECT $$:to$$, $a$:to$$:to$a$, E'\\':to', 'it''s :to', $1::timestamptz"},
		{SQLite, "SELECT [:to], `:to`, '\\', :to /* :to */ -- :to", "SELECT [:to], `:to`, '\\', ?1 /* :to */ -- :to"},
		{Postgres, "SELECT a[:to], 'open :to", "SELECT a[$1::timestamptz], 'open :to"},
		{SQLite, " ( SELECT 1 ) ; ", "( SELECT 1 )"},
	} {
		got, args, err := prepareText(c.dialect, c.text, from, to)
		if err != nil || got != c.want {
			t.Errorf("%s: %s %v", c.text, got, err)
		}
		if want := fmt.Sprint(len(args)); !strings.Contains(c.want, want) && want != "0" {
			t.Errorf("%s: %s arguments", c.text, want)
		}
	}
	_, args, _ := prepareText(SQLite, "SELECT :to, :from", from, to)
	if diff := cmp.Diff([]any{"2026-11-22T00:00:00+09:00", "2026-11-21T00:00:00+09:00"}, args); diff != "" {
		t.Error(diff)
	}
}
