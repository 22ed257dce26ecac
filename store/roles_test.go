package store_test

import (
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/lib/pq"

	"daesa/internal/pgtest"
	"daesa/store"
	"daesa/store/storetest"
)

// rolesScript is what an operator runs.
const rolesScript = "../deploy/postgres/roles.sql"

// roles are the four of the script, under names of this test's own: the roles
// of a server are shared by its databases.
type roles struct {
	mark string
	mu   sync.Mutex // the server does not let two sessions grant the same role at once
}

var roleNames = []string{"migrator", "executor", "approver", "reporter"}

func newRoles(t *testing.T) *roles {
	t.Helper()
	if _, err := exec.LookPath("psql"); err != nil {
		if os.Getenv("CI") == "true" || os.Getenv("DAESA_REQUIRE_POSTGRES") == "1" {
			t.Fatal("this test requires psql: ", err)
		}
		t.Skip("skipped, for it needs psql: ", err)
	}
	r := &roles{mark: strings.ToLower(rand.Text()[:10])}
	admin := connect(t, pgtest.URL(t))
	t.Cleanup(func() {
		for _, name := range roleNames {
			if _, err := admin.Exec("DROP ROLE IF EXISTS " + r.name(name)); err != nil { // their databases are gone by now
				t.Error(err)
			}
		}
	})
	return r
}

func (r *roles) name(role string) string { return "daesa_" + role + "_" + r.mark }

// apply runs the script on a database.
func (r *roles) apply(t *testing.T, address string, more ...string) string {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	args := []string{"-X", "-v", "ON_ERROR_STOP=1", "-d", address, "-f", rolesScript}
	for _, name := range roleNames {
		args = append(args, "-v", name+"="+r.name(name))
	}
	output, err := exec.Command("psql", append(args, more...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("roles.sql: %v\n%s", err, output)
	}
	for _, name := range roleNames {
		administer(t, address, "ALTER ROLE "+r.name(name)+" PASSWORD 'test'")
	}
	return string(output)
}

// administer runs statements and leaves no connection behind.
func administer(t *testing.T, address string, statements ...string) {
	t.Helper()
	db, err := sql.Open("postgres", address)
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// as is a database's address for one of the roles.
func (r *roles) as(t *testing.T, role, address string) string {
	t.Helper()
	where := mustParse(t, address)
	where.User = url.UserPassword(r.name(role), "test")
	return where.String()
}

// database makes one as an operator does: the script, the migrations as
// migrator, and the script again.
func (r *roles) database(t *testing.T) (address string) {
	t.Helper()
	address = pgtest.URL(t)
	r.apply(t, address)
	migrator, err := store.Open(t.Context(), r.as(t, "migrator", address))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := migrator.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := migrator.Close(); err != nil {
		t.Fatal(err)
	}
	if said := r.apply(t, address); said != "" {
		t.Fatalf("roles.sql says: %s", said)
	}
	return address
}

// copyOf makes another database like one, which is quicker than from nothing, with
// the same rights.
func (r *roles) copyOf(t *testing.T, template string) (address string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	address = pgtest.Copy(t, template)
	target := path.Base(mustParse(t, address).Path)
	administer(t, strings.Replace(address, "/"+target, "/postgres", 1), "REVOKE ALL ON DATABASE "+target+" FROM PUBLIC", "GRANT CONNECT ON DATABASE "+target+" TO "+r.name("executor")+", "+r.name("approver")+", "+r.name("reporter"),
		"GRANT TEMPORARY ON DATABASE "+target+" TO "+r.name("executor")+", "+r.name("reporter"))
	return address
}

func mustParse(t *testing.T, address string) *url.URL {
	t.Helper()
	where, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return where
}

// program opens a database as the program does with a role.
func (r *roles) program(t *testing.T, role, address string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), r.as(t, role, address))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := db.RequireSchema(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

func connect(t *testing.T, address string) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// The executor passes the whole suite; what needs the owner's rights is left out.
func TestTheExecutorCanDoItsWork(t *testing.T) {
	t.Parallel()
	r := newRoles(t)
	template := r.database(t)
	storetest.Run(t, func(t *testing.T) *store.DB {
		if strings.Contains(t.Name(), "every_tampering_is_found") || strings.Contains(t.Name(), "/verify:") {
			t.Skip("switches triggers off, or writes where only the owner can")
		}
		return r.program(t, "executor", r.copyOf(t, template))
	})
}

// Each of the others does its work on what the executor has left.
func TestTheApproverAndTheReporterCanDoTheirWork(t *testing.T) {
	t.Parallel()
	r := newRoles(t)
	template := r.database(t)
	storetest.RunRoles(t, func(t *testing.T) storetest.Roles {
		address := r.copyOf(t, template)
		return storetest.Roles{
			Executor: r.program(t, "executor", address), Approver: r.program(t, "approver", address), Reporter: r.program(t, "reporter", address),
		}
	})
}

// What each role may do with each table, found by trying. S, I, U, D are the
// verbs; columns in brackets are those that may be changed, after a minus those
// that may not be read. Nobody is given TRUNCATE or a change of a table.
var rights = map[string][3]string{
	//                   executor    approver    reporter
	"accounts":         {"S I U", "S-sealed", "S-sealed"},
	"bank_accounts":    {"S I U", "S", "S"},
	"bank_files":       {"S I", "S", "S"},
	"bank_lines":       {"S I U(ignored,payer_fits,sealed)", "S-sealed U(ignored)", "S-sealed"},
	"bank_match_parts": {"S I", "S", "S"},
	"bank_matches":     {"S I U(drop_note,dropped_at,dropped_by)", "S", "S"},
	"bank_taken_lines": {"S I D", "S", "S"},
	"batches":          {"S I", "S", "S"},
	"brake":            {"S I D", "S I D", "S"},
	"breaks":           {"S I U", "S I U", "S"},
	"cancels":          {"S I U", "S", "S"},
	"capture_reads":    {"S I U", "S", "S"},
	"captures":         {"S I U", "S", "S"},
	"events":           {"S I U", "S", "S"},
	"goose_db_version": {"S", "S", "S"},
	"hand_transfers": {"S I U(approved_at,approved_by,done_at,done_by,note,reference,state)",
		"S U(approved_at,approved_by,done_at,done_by,note,reference,state)", "S"},
	"import_looks":     {"S I U D", "S", "S"},
	"journal":          {"S I", "S I", "S"},
	"journal_head":     {"S U(one)", "S U(one)", "S"},
	"limit_ledger":     {"S I U", "S", "S"},
	"orders":           {"S I U", "S", "S"},
	"order_allowances": {"S I U", "S", "S"},
	"order_files":      {"S I U", "S", "S"},
	"pace":             {"S I U", "S", "S"},
	"pages":            {"S I", "S", "S"},
	"payment_facts":    {"S I U", "S", "S"},
	"payments":         {"S I U", "S U(provider)", "S"},
	"refund_attempts": {"S I U(answer,answered_at,answers,body,body_sha256,code,http_status,kind,last_sent,message,secret_print,sends,trace_id,unanswered)",
		"S-body", "S-body"},
	"refunds": {"S I U(account_print,approval,approved_at,approved_by,attempts,cancel_by,error_code,error_message,finished_at,idempotency_key,in_progress," +
		"lease_owner,lease_until,looked_at,next_at,planned_foreign,same_as,sent_at,state,strangers,transaction_key,version)",
		"S U(account_print,approval,approved_at,approved_by,cancel_by,error_code,error_message,finished_at,in_progress," +
			"lease_owner,lease_until,looked_at,next_at,planned_foreign,sent_at,state,strangers,transaction_key,version)", "S"},
	"runs":         {"S I U", "S", "S"},
	"statements":   {"S I", "S I", "S"},
	"ticks":        {"S I U", "S", "S"},
	"alerts":       {"S I U", "S", "S"},
	"transactions": {"S I U", "S", "S"},
	"transfers":    {"S I", "S I", "S"},
	"window_reads": {"S I U", "S", "S"},
	"windows":      {"S I U", "S", "S"},

	"fee_invoices":        {"S I", "S", "S"},
	"ledger_adjustments":  {"S I U(amount,decided_as,undone_at)", "S I U(amount,decided_as,undone_at)", "S"},
	"ledger_marks":        {"S I U", "S", "S"},
	"ledger_moves":        {"S I U", "S", "S"},
	"ledger_pending":      {"S I D", "S", "S"},
	"ledger_todo":         {"S I D", "S", "S"},
	"ledger_transactions": {"S I U D", "S", "S"},
	"month_openings":      {"S I", "S", "S"},
	"month_versions":      {"S I U(reopen_note,reopened_at,reopened_by)", "S I U(reopen_note,reopened_at,reopened_by)", "S"},
	"settlement_rows":     {"S I U D", "S", "S"},
	"settlement_versions": {"S I", "S", "S"},
	"settlement_windows":  {"S I U", "S", "S"},
}

func TestEveryForbiddenStatementIsRefused(t *testing.T) {
	t.Parallel()
	r := newRoles(t)
	address := r.database(t)
	columns := columnsOf(t, connect(t, address))
	found := map[string][3]string{}
	for i, role := range []string{"executor", "approver", "reporter"} {
		try := trier{t, connect(t, r.as(t, role, address))}
		for table, names := range columns {
			row := found[table]
			row[i] = try.table(table, names)
			found[table] = row
		}
		for _, statement := range []string{
			"CREATE TABLE mine (n int)", "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'", "CREATE SCHEMA mine", "DROP FUNCTION journal_leads() CASCADE",
			"SET ROLE " + r.name("migrator"), "SET session_replication_role = replica", "SELECT pg_read_file('/etc/passwd')",
			"COPY (SELECT 1) TO PROGRAM 'true'", "CREATE ROLE more", "ALTER FUNCTION journal_leads() SECURITY INVOKER", "UPDATE journal_head SET seq = 0", "UPDATE journal_head SET hash = ''",
		} {
			if !try.refused(statement) {
				t.Errorf("the %s may: %s", role, statement)
			}
		}
		if may := !try.refused("CREATE TEMPORARY TABLE night (n int)"); may != (role != "approver") {
			t.Errorf("the %s may make temporary tables: %v", role, may)
		}
	}
	if diff := cmp.Diff(rights, found); diff != "" {
		t.Errorf("want -, found +: a new table needs a line in deploy/postgres/roles.sql and here\n%s", diff)
	}
}

// columnsOf are the columns of each table, in order of their names.
func columnsOf(t *testing.T, db *sql.DB) map[string][]string {
	t.Helper()
	rows, err := db.Query("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' ORDER BY table_name, column_name")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns := map[string][]string{}
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			t.Fatal(err)
		}
		columns[table] = append(columns[table], column)
	}
	if err := rows.Err(); err != nil || len(columns) == 0 {
		t.Fatal(columns, err)
	}
	return columns
}

// trier finds out what a role may do by doing it, and takes it back.
type trier struct {
	t  *testing.T
	db *sql.DB
}

// refused says whether the server refused a statement for want of a right. Any
// other refusal means that the right was there.
func (r trier) refused(statement string) bool {
	r.t.Helper()
	tx, err := r.db.Begin()
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }() // nothing is to be kept
	_, err = tx.Exec(statement)
	var pg *pq.Error
	if err != nil && !errors.As(err, &pg) {
		r.t.Fatalf("%s: %v", statement, err)
	}
	return pg != nil && pg.Code == "42501"
}

func (r trier) table(table string, columns []string) string {
	var can, read, change []string
	for _, column := range columns {
		if !r.refused(fmt.Sprintf("SELECT %s FROM %s WHERE false", column, table)) {
			read = append(read, column)
		}
		if !r.refused(fmt.Sprintf("UPDATE %s SET %s = DEFAULT WHERE false", table, column)) {
			change = append(change, column)
		}
	}
	hidden := slices.DeleteFunc(slices.Clone(columns), func(c string) bool { return slices.Contains(read, c) })
	switch {
	case len(hidden) == 0:
		can = append(can, "S")
	case len(read) > 0:
		can = append(can, "S-"+strings.Join(hidden, ","))
	}
	if !r.refused("INSERT INTO " + table + " DEFAULT VALUES") {
		can = append(can, "I")
	}
	switch len(change) {
	case 0:
	case len(columns):
		can = append(can, "U")
	default:
		can = append(can, "U("+strings.Join(change, ",")+")")
	}
	for verb, statement := range map[string]string{
		"D": "DELETE FROM %s WHERE false", "T": "TRUNCATE %s", "ALTER": "ALTER TABLE %s ADD COLUMN more int", "DROP": "DROP TABLE %s CASCADE",
		"TRIGGER": "ALTER TABLE %s DISABLE TRIGGER ALL", "INDEX": "CREATE INDEX ON %s ((1))",
	} {
		if !r.refused(fmt.Sprintf(statement, table)) {
			can = append(can, verb)
		}
	}
	return strings.Join(can, " ")
}

// The owner of the tables alone could change them, and even there the triggers
// stand in the way of what is only a slip.
func TestEvenTheMigratorMeetsTheTriggers(t *testing.T) {
	t.Parallel()
	r := newRoles(t)
	db := connect(t, r.as(t, "migrator", r.database(t)))
	for _, table := range []string{"journal", "refunds", "refund_attempts"} {
		for _, statement := range []string{"DELETE FROM " + table, "TRUNCATE " + table} {
			if _, err := db.Exec(statement); err == nil {
				t.Errorf("%s", statement)
			}
		}
	}
}

// What a later migration makes can be used by the program that it belongs to, a
// table that the script does not name is told, and a schema of its own works.
func TestTheScriptAfterALaterMigrationAndInAnotherSchema(t *testing.T) {
	t.Parallel()
	r := newRoles(t)
	address := r.database(t)
	if _, err := connect(t, r.as(t, "migrator", address)).Exec("CREATE TABLE later (n int)"); err != nil {
		t.Fatal(err)
	}
	for role, want := range map[string]string{"executor": "S I U", "approver": "", "reporter": ""} {
		if got := (trier{t, connect(t, r.as(t, role, address))}).table("later", []string{"n"}); got != want {
			t.Errorf("%s: %q, want %q", role, got, want)
		}
	}
	if said := r.apply(t, address); !strings.Contains(said, "nobody but the migrator may use them: later") {
		t.Errorf("the script says %q", said)
	}

	own := pgtest.URL(t)
	r.apply(t, own, "-v", "schema=daesa")
	where := mustParse(t, own)
	values := where.Query()
	values.Set("search_path", "daesa")
	where.RawQuery = values.Encode()
	open(t, r.as(t, "migrator", where.String()))
	r.apply(t, own, "-v", "schema=daesa")
	db := r.program(t, "executor", where.String())
	if _, err := db.Pause(t.Context(), "kim", "a try", filterDay.End()); err != nil {
		t.Fatal(err)
	}
}

// Who rents a PostgreSQL is no superuser: a role that owns the database and may
// create others is enough.
func TestTheScriptNeedsNoSuperuser(t *testing.T) {
	t.Parallel()
	r := newRoles(t)
	address := pgtest.URL(t)
	database, admin := path.Base(mustParse(t, address).Path), "daesa_admin_"+r.mark
	administer(t, address, "CREATE ROLE "+admin+" LOGIN CREATEROLE PASSWORD 'test'", "ALTER DATABASE "+database+" OWNER TO "+admin)
	t.Cleanup(func() { // the database goes after this, and before the roles
		administer(t, address, "ALTER DATABASE "+database+" OWNER TO CURRENT_USER", "REVOKE "+r.name("migrator")+" FROM "+admin, "DROP OWNED BY "+admin, "DROP ROLE "+admin)
	})
	where := mustParse(t, address)
	where.User = url.UserPassword(admin, "test")
	r.apply(t, where.String())
	migrator, err := store.Open(t.Context(), r.as(t, "migrator", address))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := migrator.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := migrator.Close(); err != nil {
		t.Fatal(err)
	}
	if said := r.apply(t, where.String()); said != "" {
		t.Fatalf("roles.sql says: %s", said)
	}
	db := r.program(t, "approver", address)
	if _, err := db.Pause(t.Context(), "lee", "a try", filterDay.End()); err != nil {
		t.Fatal(err)
	}
}
