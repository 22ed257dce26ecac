package bench

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"daesa/internal/pgtest"
	sqlfiles "daesa/sql"
	"daesa/store"
)

// everyPlanOrders is how many orders there are when every query is looked at.
const everyPlanOrders = 1_000_000

// filledTables are those that history fills, and that grow with every order or night.
var filledTables = []string{"orders", "transactions", "payments", "cancels", "captures", "accounts", "breaks", "refunds", "ledger_transactions", "runs", "window_reads"}

// BenchmarkEveryPlan looks at the plan of every query, of commands and schedules alike,
// over a million orders: on PostgreSQL with statistics and without, for any values; on
// SQLite with those of the schema, which it never is without. One that reads a whole
// table fails, unless it is listed with its reason.
//
//	go test -run '^$' -bench EveryPlan -benchtime 1x -timeout 60m ./bench
func BenchmarkEveryPlan(b *testing.B) {
	for _, kind := range []string{"sqlite", "postgres"} {
		b.Run(kind, func(b *testing.B) {
			for b.Loop() {
				if kind == "postgres" {
					everyPostgresPlan(b)
				} else {
					everySQLitePlan(b)
				}
			}
		})
	}
}

// migrated makes a database with a million orders.
func migrated(b *testing.B, url string) {
	b.Helper()
	d, err := store.Open(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := d.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	if err := d.Close(); err != nil {
		b.Fatal(err)
	}
	begun := time.Now()
	pastOf(b, url).fill(day, 400, everyPlanOrders/400)
	b.Logf("a million orders after %v", time.Since(begun).Round(time.Second))
}

// temporary makes the tables that queries expect on their connection.
func temporary(b *testing.B, conn *sql.Conn, queries map[string]string) (names []string) {
	b.Helper()
	for name := range queries {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, pattern := range []string{"CREATE TEMP TABLE", "CREATE TEMP INDEX", "CREATE INDEX", "CREATE UNIQUE INDEX"} {
		for _, name := range names {
			if strings.HasPrefix(queries[name], pattern) {
				if _, err := conn.ExecContext(b.Context(), queries[name]); err != nil {
					b.Fatalf("%s: %v", name, err)
				}
			}
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return !asks.MatchString(queries[name]) })
}

// asks is the beginning of a statement that has a plan.
var asks = regexp.MustCompile(`^(SELECT|INSERT|UPDATE|DELETE|WITH)\b`)

// reading is what a query reads from end to end.
type reading struct{ query, table string }

func judge(b *testing.B, when string, found []reading) {
	b.Helper()
	for _, r := range found {
		if slices.Contains(filledTables, r.table) && readsAll[r.query] == "" {
			b.Errorf("%s: %s reads all of %s", when, r.query, r.table)
		}
	}
}

func everyPostgresPlan(b *testing.B) {
	b.Helper()
	url := pgtest.NewServer(b, pgtest.Setting("shared_buffers", "256MB"), pgtest.Setting("max_wal_size", "8GB"), pgtest.Setting("autovacuum", "off")).URL(b)
	migrated(b, url)
	db, err := sql.Open("postgres", url)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Conn(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	queries, err := store.Queries(sqlfiles.Postgres)
	if err != nil {
		b.Fatal(err)
	}
	names := temporary(b, conn, queries)
	p := &planner{b: b, conn: conn, queries: queries}
	p.run("SET plan_cache_mode = force_generic_plan")
	look := func(when string) {
		var found []reading
		for _, name := range names {
			found = append(found, p.wholly(name)...)
		}
		judge(b, "PostgreSQL "+when, found)
	}
	look("with statistics")
	p.run("DELETE FROM pg_statistic")
	look("without statistics")
}

// wholly gives what PostgreSQL would read from end to end for any values of a query.
func (p *planner) wholly(name string) (found []reading) {
	p.b.Helper()
	highest := 0
	var order []string
	text := planParameter.ReplaceAllStringFunc(p.queries[name], func(match string) string {
		before, parameter, _ := strings.Cut(match, ":")
		if !slices.Contains(order, parameter) {
			order = append(order, parameter)
			highest++
		}
		return fmt.Sprintf("%s$%d", before, slices.Index(order, parameter)+1)
	})
	p.run("DEALLOCATE ALL")
	p.run("PREPARE query AS " + strings.ReplaceAll(text, "::", ":"))
	call := "EXECUTE query"
	if highest > 0 {
		call += "(" + strings.TrimSuffix(strings.Repeat("NULL,", highest), ",") + ")"
	}
	var explained string
	var plans []struct {
		Plan node `json:"Plan"`
	}
	err := p.conn.QueryRowContext(context.Background(), "EXPLAIN (FORMAT JSON) "+call).Scan(&explained)
	if err == nil {
		err = json.Unmarshal([]byte(explained), &plans)
	}
	if err != nil || len(plans) == 0 {
		p.b.Fatalf("%s: %v", name, err)
	}
	plans[0].Plan.walk(func(n node) {
		if n.Type == "Seq Scan" {
			found = append(found, reading{name, n.Table})
		}
	})
	return found
}

func everySQLitePlan(b *testing.B) {
	b.Helper()
	path := filepath.Join(b.TempDir(), "daesa.db")
	migrated(b, "sqlite:"+path)
	queries, err := store.Queries(sqlfiles.SQLite)
	if err != nil {
		b.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Conn(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	var found []reading
	for _, name := range temporary(b, conn, queries) {
		found = append(found, scanned(b, conn, name, queries[name])...)
	}
	judge(b, "SQLite", found)
}

// scanned gives the tables that SQLite would read from end to end.
func scanned(b *testing.B, conn *sql.Conn, name, text string) (found []reading) {
	b.Helper()
	tables := map[string]string{}
	for _, pair := range namedTable.FindAllStringSubmatch(text, -1) {
		tables[pair[1]], tables[pair[2]] = pair[1], pair[1]
	}
	bound := planParameter.ReplaceAllString(text, "$1?")
	rows, err := conn.QueryContext(b.Context(), "EXPLAIN QUERY PLAN "+strings.ReplaceAll(bound, "::", ":"), make([]any, strings.Count(bound, "?"))...)
	if err != nil {
		b.Fatalf("%s: %v", name, err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			b.Fatal(err)
		}
		if match := wholeTable.FindStringSubmatch(detail); match != nil && !shrinking.MatchString(detail) {
			found = append(found, reading{name, tables[match[1]]})
		}
	}
	return found
}

var (
	namedTable = regexp.MustCompile(`(?i)\b(?:FROM|JOIN|INTO|UPDATE)\s+(\w+)(?:\s+(?:AS\s+)?(\w+))?`)
	wholeTable = regexp.MustCompile(`^SCAN (\w+)`)
	// shrinking are the indexes of what waits.
	shrinking = regexp.MustCompile(`INDEX (breaks_refunding|events_due|hand_transfers_open|ledger_transactions_open|refunds_flying|refunds_followed|refunds_in_flight|refunds_sendable|refunds_waiting)\b`)
)

// readsAll are the queries that may read all of a table that grows, and why.
var readsAll = map[string]string{
	"accounts_list": all, "breaks_list": all, "hand_list": all, "refunds_list": all, "runs_list": all,
	"audit_attempts": verified, "audit_breaks": verified, "audit_refunds": verified, "audit_runs": verified, "verify_accounts": verified,
	"any_order":        "one row",
	"breaks_of_judged": few, "breaks_of_judged_to_write": few, "breaks_of_order": few, "breaks_of_run": few, "breaks_of_settlement": few,
	"breaks_of_settlement_to_write": few, "drop_differing": few, "fill_suspects": few, "claims_of_suspects": few,
	"complete_days": "a few rows a day", "count_states": "how many refunds there are, of an index alone", "purgeable_accounts": "once a day; refunds are few beside orders",
	"sealed_accounts": "a change of the account key reads every account",
	"fill_standing":   hashed, "fill_standing_looked": hashed, "matched_rows": hashed, "move_known_approvals": hashed, "move_known_cancels": hashed,
	"refunds_executed": hashed, "sales_of_days": hashed, "todo_of_looks": hashed, "other_payments": hashed, "payment_of_cancel": hashed,
}

const (
	all      = "a person asks for all of them"
	verified = "audit verify reads everything"
	few      = "once a night; breaks and refunds are few beside orders"
	// Looked-up payments are a thirtieth of the orders. PostgreSQL thinks that a day may
	// be a third of everything where it must plan for any values, and hashes them; with a
	// night's own values it plans anew.
	hashed = "joined with a night's share: for any values a hash of the few looked-up payments is cheaper"
)
