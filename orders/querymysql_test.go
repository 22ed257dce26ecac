package orders_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/internal/database"
	"daesa/internal/mariatest"
	"daesa/orders"
	"daesa/pay"
)

var (
	from = seoul("2026-11-21 00:00:00")
	to   = seoul("2026-11-22 00:00:00")
)

func seoul(text string) time.Time {
	at, err := pay.ParseTime(text)
	if err != nil {
		panic(err)
	}
	return at.UTC()
}

// mariaShop is a shop's database: writable for the test, and as the program
// opens it.
type mariaShop struct {
	writable *sql.DB
	url      string
	given    *sql.DB
}

func newMariaShop(t *testing.T) mariaShop {
	t.Helper()
	writable, address := mariatest.New(t)
	given, dialect, err := database.OpenReadOnly(t.Context(), address)
	if err != nil || dialect != orders.MySQL {
		t.Fatal(dialect, err)
	}
	t.Cleanup(func() {
		if err := given.Close(); err != nil {
			t.Error(err)
		}
	})
	return mariaShop{writable, address, given}
}

func (s mariaShop) exec(t *testing.T, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := s.writable.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(statement, err)
		}
	}
}

func (s mariaShop) ask(ctx context.Context, text string, options orders.QueryOptions) (good []pay.Order, bad []string, err error) {
	options.DefaultMID, options.MIDs = "shop1", []string{"shop1"}
	q, err := orders.FromQuery(ctx, s.given, orders.MySQL, text, from, to, options)
	if err != nil {
		return nil, nil, err
	}
	defer q.Close()
	for order, err := range q.Orders() {
		var row *orders.BadRow
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

// The table of an old shop: DATETIME without a zone is Seoul's, TIMESTAMP the
// moment that it is, a zero date none; DECIMAL comes digit by digit; what people
// wrote comes in any script.
func TestQueryReadsAShopOnMariaDB(t *testing.T) {
	s := newMariaShop(t)
	s.exec(t, `CREATE TABLE o (id varchar(64) CHARACTER SET utf8mb4, state enum('paid','canceled'), won decimal(20,2), made datetime(6), paid timestamp NULL,
			gone datetime NOT NULL DEFAULT 0, who varchar(80) CHARACTER SET euckr, key (made)) ENGINE=MyISAM`,
		"SET time_zone = '+00:00'", "SET sql_mode = ''",
		`INSERT INTO o VALUES ('00045678901234567890', 'paid', 90071992547409.93, '2026-11-21 10:00:00.123456', '2026-11-21 01:00:00', 0, '김대사')`,
		`INSERT INTO o VALUES ('주문-😀', 'canceled', 10000, '2026-11-21 00:00:00', NULL, '2026-11-21 23:59:59', NULL)`,
		`INSERT INTO o VALUES ('yesterday', 'paid', 1, '2026-11-20 23:59:59.999999', NULL, 0, NULL)`,
		`INSERT INTO o VALUES ('tomorrow', 'paid', 1, '2026-11-22 00:00:00', NULL, 0, NULL)`)
	good, bad, err := s.ask(t.Context(), `SELECT id AS order_id, state AS STATUS, won AS amount, IF(won > 1e9, 'USD', 'KRW') AS currency,
			made AS ordered_at, paid AS paid_at, gone AS canceled_at, who AS customer_ref
		FROM o WHERE made >= :from AND made < :to -- not :from
		AND 'a:from\' :to' <> ":to" # nor :to
		AND 5--3 = 8 ORDER BY made DESC;`, orders.QueryOptions{})
	if err != nil || len(bad) > 0 {
		t.Fatal(bad, err)
	}
	want := []pay.Order{
		{MID: "shop1", ID: "00045678901234567890", Status: pay.OrderPaid, Amount: 9007199254740993, Currency: pay.USD, PG: pay.PGToss,
			OrderedAt: seoul("2026-11-21 10:00:00.123456"), PaidAt: seoul("2026-11-21 10:00:00"), CustomerRef: "김대사"},
		{MID: "shop1", ID: "주문-😀", Status: pay.OrderCanceled, Amount: 10000, Currency: pay.KRW, PG: pay.PGToss,
			OrderedAt: seoul("2026-11-21 00:00:00"), CanceledAt: seoul("2026-11-21 23:59:59")},
	}
	if diff := cmp.Diff(want, good); diff != "" {
		t.Error(diff)
	}
}

// :from and :to mean the same to every way in which a shop keeps time.
func TestTheSameMomentInEveryTypeOfMariaDB(t *testing.T) {
	s := newMariaShop(t)
	s.exec(t, "CREATE TABLE o (d datetime, t timestamp NULL, u bigint, day date)", "SET time_zone = '+09:00'",
		"INSERT INTO o VALUES ('2026-11-21 00:00:00', '2026-11-21 00:00:00', unix_timestamp('2026-11-21 00:00:00'), '2026-11-21')")
	for _, same := range []string{"d = :from", "t = :from", "u = unix_timestamp(:from)", "day = :from", "day = date(:to - INTERVAL 1 SECOND)",
		"convert_tz(:from, '+09:00', '+00:00') = '2026-11-20 15:00:00'"} {
		good, bad, err := s.ask(t.Context(), "SELECT 'o1' AS order_id, 'paid' AS status, 1 AS amount, day AS ordered_at FROM o WHERE "+same, orders.QueryOptions{})
		if err != nil || len(bad) > 0 || len(good) != 1 || !good[0].OrderedAt.Equal(from) {
			t.Errorf("%s: %v %v %v", same, good, bad, err)
		}
	}
}

// TestAZerofillNumberLosesNoZeros: MySQL writes 00000123, its protocol gives 123,
// and only the shop knows which of the two Toss was sent.
func TestAZerofillNumberLosesNoZeros(t *testing.T) {
	s := newMariaShop(t)
	s.exec(t, "CREATE TABLE o (id int(8) unsigned ZEROFILL, plain bigint unsigned, won int unsigned)",
		"INSERT INTO o VALUES (12345678, 12345678, 1000), (123, 123, 1000)")
	const rest = " AS order_id, 'paid' AS status, won AS amount, '2026-11-21 10:00:00' AS ordered_at FROM o"
	for number, want := range map[string]string{
		"id": "", "CAST(id AS CHAR)": "00000123", "CAST(id + 0 AS CHAR)": "123", "plain": "123", "LPAD(id, 10, '0')": "0000000123",
	} {
		good, bad, err := s.ask(t.Context(), "SELECT "+number+rest+" ORDER BY id DESC", orders.QueryOptions{})
		if want == "" {
			var refused *orders.QueryError
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), `ZEROFILL column: "00000123" to MySQL, "123" as a number`) || !strings.Contains(refused.Hint(), "CAST") {
				t.Errorf("%s: %v %v", number, good, err)
			}
			continue
		}
		if err != nil || len(bad) > 0 || len(good) != 2 || !slices.ContainsFunc(good, func(o pay.Order) bool { return o.ID == want }) {
			t.Errorf("%s: %v %v %v", number, good, bad, err)
		}
	}
	if _, _, err := s.ask(t.Context(), "SELECT o.*, plain AS order_id, 'paid' AS status, won AS amount, '2026-11-21 10:00:00' AS ordered_at, 1 AS plain FROM o", orders.QueryOptions{}); err == nil {
		t.Error("two columns of one name")
	}
}

const sound = "'o1' AS order_id, 'paid' AS status, 10000 AS amount, '2026-11-21 10:00:00' AS ordered_at"

func TestQueryFaultsOnMariaDB(t *testing.T) {
	s := newMariaShop(t)
	for text, want := range map[string]string{
		"SELECT 'x' AS order_id, 'paid' AS state":      "the result lacks status, amount, ordered_at; it has order_id, state",
		"SELECT " + sound + ", 'o2' AS order_id":       `gives column "order_id" twice`,
		"SELECT * FROM nowhere":                        "nowhere",
		"SELECT " + sound + ", 1 AS paid_at":           `column "paid_at" has the type`,
		"SELECT " + sound + ", x'00' AS method":        `column "method" has the type VARBINARY`,
		"SELECT " + sound + ", NOW() AS method":        `column "method" has the type DATETIME`,
		"SELECT " + sound + ", 1e0 AS tax_free_amount": `column "tax_free_amount" has the type DOUBLE`,
	} {
		if _, bad, err := s.ask(t.Context(), text, orders.QueryOptions{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v %v", text, bad, err)
		}
	}
}

// Whatever the text says, the database stays as it was.
func TestHostileQueriesOnMariaDB(t *testing.T) {
	s := newMariaShop(t)
	s.exec(t, "CREATE TABLE o (id varchar(20))", "INSERT INTO o VALUES ('o1')", "CREATE TABLE m (id varchar(20)) ENGINE=MyISAM",
		"CREATE FUNCTION writes() RETURNS int BEGIN DELETE FROM o; DELETE FROM m; RETURN 1; END",
		"CREATE SEQUENCE s")
	for _, text := range []string{
		"SELECT 1; DROP TABLE o", "COMMIT; DROP TABLE o", "DELETE FROM o", "-- SELECT\nDELETE FROM o", "# SELECT\nDELETE FROM o", "(DELETE FROM o)", "/*!DELETE FROM o*/",
		"SELECT 1 /*! INTO OUTFILE '/tmp/daesa-hostile' */", "SELECT 1 /*M!100100 INTO @x */", "SELECT 'x' INTO OUTFILE '/tmp/daesa-hostile'", "SELECT 'x' into dumpfile '/tmp/daesa-hostile'",
		"SELECT 'x' INTO @x", "SELECT id AS order_id FROM o/**/INTO/**/OUTFILE '/tmp/daesa-hostile'", "SET SESSION TRANSACTION READ WRITE", "START TRANSACTION READ WRITE",
		"INSERT INTO o VALUES ('x')", "REPLACE INTO o VALUES ('x')", "UPDATE o SET id = 'x'", "TRUNCATE o", "CREATE TABLE p (x text)", "LOCK TABLES o WRITE", "HANDLER o OPEN",
		"LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE o", "CALL x()", "DO 1", "PREPARE p FROM 'DELETE FROM o'", "EXECUTE IMMEDIATE 'DELETE FROM o'", "VALUES (1)", "TABLE o", "BEGIN NOT ATOMIC DELETE FROM o; END",
		"WITH x AS (SELECT 1) DELETE FROM o", "SELECT writes() AS order_id, 'paid' AS status, 1 AS amount, '2026-11-21 10:00:00' AS ordered_at",
		"SELECT nextval(s) AS order_id, 'paid' AS status, 1 AS amount, '2026-11-21 10:00:00' AS ordered_at", "SELECT\x001",
	} {
		good, _, err := s.ask(t.Context(), text, orders.QueryOptions{Timeout: 5 * time.Second})
		if err == nil || len(good) > 0 {
			t.Errorf("%q: %v %v", text, good, err)
		}
	}
	var rows, tables int
	err := s.writable.QueryRowContext(t.Context(), `SELECT (SELECT count(*) FROM o WHERE id = 'o1'),
		(SELECT count(*) FROM information_schema.tables WHERE table_schema = database())`).Scan(&rows, &tables)
	if err != nil || rows != 1 || tables != 3 {
		t.Error(rows, tables, err)
	}
	for _, statement := range []string{"DELETE FROM o", "DELETE FROM m", "CREATE TABLE p (x text)"} {
		if _, err := s.given.ExecContext(t.Context(), statement); err == nil {
			t.Errorf("%s was run on the pool that only reads", statement)
		}
	}
}

func TestAWritableMariaDBIsRefused(t *testing.T) {
	s := newMariaShop(t)
	s.given = s.writable
	if _, _, err := s.ask(t.Context(), "SELECT "+sound, orders.QueryOptions{}); err == nil || !strings.Contains(err.Error(), "the connection could write") {
		t.Error(err)
	}
}

func TestAQueryEndsInTimeOnMariaDB(t *testing.T) {
	s := newMariaShop(t)
	text := "SELECT " + sound + ", SLEEP(30) AS more FROM (SELECT 1 UNION SELECT 2) n"
	start := time.Now()
	if _, bad, err := s.ask(t.Context(), text, orders.QueryOptions{Timeout: 300 * time.Millisecond}); err == nil || time.Since(start) > 10*time.Second {
		t.Error(bad, err, time.Since(start))
	}
	var left int
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		err := s.writable.QueryRowContext(t.Context(), "SELECT count(*) FROM information_schema.processlist WHERE info LIKE '%SLEEP(30)%' AND db = database() AND id <> connection_id()").Scan(&left)
		if err != nil {
			t.Fatal(err)
		}
		if left == 0 {
			break
		}
	}
	if left != 0 {
		t.Error("the server goes on with a query whose reader is gone")
	}
	if good, _, err := s.ask(t.Context(), "SELECT "+sound, orders.QueryOptions{}); len(good) != 1 || err != nil {
		t.Error("after it:", good, err)
	}
}

func TestARowStreamsFromMariaDB(t *testing.T) {
	s := newMariaShop(t)
	text := "SELECT CONCAT('o', seq) AS order_id, 'paid' AS status, seq AS amount, '2026-11-21 10:00:00' AS ordered_at FROM seq_1_to_300000"
	q, err := orders.FromQuery(t.Context(), s.given, orders.MySQL, text, from, to, orders.QueryOptions{Options: orders.Options{DefaultMID: "shop1"}})
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
	if good, _, err := s.ask(t.Context(), text, orders.QueryOptions{}); len(good) != 300_000 || err != nil {
		t.Error(len(good), err)
	}
}

// No error shows the password, whatever is wrong, and each says what to do.
func TestErrorsOfMySQLShowNoPassword(t *testing.T) {
	s := newMariaShop(t)
	good, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	secret := "s3cr3t:/%@?#"
	s.exec(t, "CREATE USER IF NOT EXISTS 'reader'@'%' IDENTIFIED BY '"+secret+"'", "GRANT SELECT ON "+strings.Trim(good.Path, "/")+".* TO 'reader'@'%'")
	t.Cleanup(func() {
		if _, err := s.writable.ExecContext(context.Background(), "DROP USER 'reader'@'%'"); err != nil { // the test's own context has ended
			t.Error(err)
		}
	})
	address := func(host, path, query string, user *url.Userinfo) string {
		return (&url.URL{Scheme: "mysql", User: user, Host: host, Path: path, RawQuery: query}).String()
	}
	right, wrong := url.UserPassword("reader", secret), url.UserPassword("reader", secret+"x")
	if db, _, err := database.OpenReadOnly(t.Context(), address(good.Host, good.Path, "tls=preferred&timeout=5s", right)); err != nil {
		t.Errorf("a password with every awkward character: %v", err)
	} else if err := db.Close(); err != nil {
		t.Error(err)
	}
	for name, c := range map[string]struct{ url, hint string }{
		"wrong password":        {address(good.Host, good.Path, "", wrong), "refuses this user or password"},
		"another's database":    {address(good.Host, "/mysql", "", right), "GRANT SELECT"},
		"no server":             {address("127.0.0.1:1", good.Path, "", right), "check the host and port in orders.query.url"},
		"no database":           {address(good.Host, "", "", right), "mysql://USER:PASSWORD@HOST:3306/DATABASE"},
		"no URL":                {"mysql://reader:" + secret + "@" + good.Host + good.Path, "in a password write"},
		"several statements":    {address(good.Host, good.Path, "multiStatements=true", right), "it may set tls"},
		"TLS that is not there": {address(good.Host, good.Path, "tls=true", right), ""},
		"no such TLS":           {address(good.Host, good.Path, "tls=perhaps", right), "mysql://USER"},
		"no such authority":     {address(good.Host, good.Path, "tls_ca=/nowhere", right), "certificates"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := database.OpenReadOnly(t.Context(), c.url)
			if err == nil {
				t.Fatal("was opened")
			}
			var hinter interface{ Hint() string }
			hint := ""
			if errors.As(err, &hinter) {
				hint = hinter.Hint()
			}
			if !strings.Contains(hint, c.hint) {
				t.Errorf("%v: hint %q, want %q", err, hint, c.hint)
			}
			for _, part := range []string{secret, url.QueryEscape(secret), "s3cr3t"} {
				if strings.Contains(fmt.Sprint(err, hint), part) {
					t.Errorf("shows the password: %v (%s)", err, hint)
				}
			}
		})
	}
}

// With tls_ca the server must show a certificate of that file's, for the host
// that was asked for; with tls=true one of the machine's authorities.
func TestMySQLIsReachedEncryptedAndVerified(t *testing.T) {
	s := newMariaShop(t)
	ca, other := mariatest.CA(t), filepath.Join(t.TempDir(), "other.pem")
	if err := mariatest.WriteCertificate(other, other+".key"); err != nil {
		t.Fatal(err)
	}
	where, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	to := func(host, query string) string {
		at := *where
		at.Host, at.RawQuery = host+":"+where.Port(), query
		return at.String()
	}
	db, _, err := database.OpenReadOnly(t.Context(), to("127.0.0.1", "tls_ca="+url.QueryEscape(ca)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	var name, cipher string
	if err := db.QueryRowContext(t.Context(), "SHOW STATUS LIKE 'Ssl_cipher'").Scan(&name, &cipher); err != nil || cipher == "" {
		t.Errorf("%q, %v", cipher, err)
	}
	for what, address := range map[string]string{
		"another authority": to("127.0.0.1", "tls_ca="+url.QueryEscape(other)),
		"another name":      to("localhost", "tls_ca="+url.QueryEscape(ca)),
		"no authority":      to("127.0.0.1", "tls=true"),
	} {
		if _, _, err := database.OpenReadOnly(t.Context(), address); err == nil || !strings.Contains(err.Error(), "x509") {
			t.Errorf("%s: %v", what, err)
		}
	}
}
