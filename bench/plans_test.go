package bench

import (
	"context"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lib/pq"

	"daesa/internal/pgtest"
	sqlfiles "daesa/sql"
	"daesa/store"
)

// planRows is how many orders, payments, refunds, events and captures there are,
// spread over planDays: two years of a shop, of which a night touches a day. With fewer
// a plan may rightly read a table from end to end.
var planRows = flag.Int("plans.rows", 1_000_000, "rows of each large table of BenchmarkPlans")

const planDays = 100

// BenchmarkPlans fills every large table of PostgreSQL and looks how the queries
// find their rows. It fails where one reads the whole of a large table to find a
// few rows, and prints what each does at its top, its estimated cost and time.
// Statements that are prepared are planned as they are after a while: for any
// parameters.
//
//	go test -run '^$' -bench Plans -benchtime 1x ./bench
func BenchmarkPlans(b *testing.B) {
	p := newPlanner(b)
	for b.Loop() {
		for _, q := range plannedQueries() {
			p.look(q)
		}
		p.night()
	}
}

// planned is a query, and the values it is asked with.
type planned struct {
	name    string
	args    map[string]any
	generic bool     // prepared: planned for any values
	may     []string // large tables of which it reads the most anyway
}

type planner struct {
	b       *testing.B
	conn    *sql.Conn
	queries map[string]string
}

// largeTables are those that are filled.
var largeTables = []string{"orders", "transactions", "payments", "cancels", "refunds", "refund_attempts", "hand_transfers", "events", "captures",
	"accounts", "payment_facts", "pages", "breaks", "journal", "runs", "settlement_rows", "settlement_versions", "ledger_transactions", "ledger_pending"}

func newPlanner(b *testing.B) *planner {
	b.Helper()
	return newPlannerOf(b, fillStatements(), largeTables)
}

func newPlannerOf(b *testing.B, fill, tables []string) *planner {
	b.Helper()
	ctx := context.Background()
	address := pgtest.NewServer(b, pgtest.Setting("shared_buffers", "256MB"), pgtest.Setting("maintenance_work_mem", "256MB"),
		pgtest.Setting("max_wal_size", "8GB")).URL(b)
	daesa, err := store.Open(ctx, address)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := daesa.Migrate(ctx); err != nil {
		b.Fatal(err)
	}
	if err := daesa.Close(); err != nil {
		b.Fatal(err)
	}
	db, err := sql.Open("postgres", address)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	p := &planner{b: b}
	if p.conn, err = db.Conn(ctx); err != nil {
		b.Fatal(err)
	}
	if p.queries, err = store.Queries(sqlfiles.Postgres); err != nil {
		b.Fatal(err)
	}
	begun := time.Now()
	for _, statement := range fill {
		p.run(statement)
	}
	for _, table := range tables {
		p.run("ANALYZE " + table)
	}
	b.Logf("the tables are filled after %v", time.Since(begun).Round(time.Second))
	return p
}

// fillStatements write two years of a shop. Orders come evenly; one in ten is
// cancelled, and one in fifty refunds still waits for something.
func fillStatements() []string {
	end := day.End().UTC().Format(time.RFC3339)
	at := fmt.Sprintf("timestamptz '%s' - i * interval '%d seconds' / %d", end, planDays*24*3600, *planRows)
	series := fmt.Sprintf("FROM generate_series(1, %d) i", *planRows)
	state := "CASE WHEN i % 50 > 0 THEN 'succeeded' WHEN i % 500 = 0 THEN 'held' WHEN i % 450 = 0 THEN 'requested' WHEN i % 5000 = 50 THEN 'unknown' ELSE 'approved' END"
	return []string{
		"INSERT INTO orders SELECT 'shop1', 'o' || i, 'p' || i, CASE WHEN i % 20 = 0 THEN 'virtual_account' ELSE 'card' END, CASE WHEN i % 10 = 0 THEN 'canceled' ELSE 'paid' END, 10000," +
			" CASE WHEN i % 10 = 0 THEN 10000 ELSE 0 END, 0, 0, 'toss', 'KRW', " + at + ", " + at + ", CASE WHEN i % 10 = 0 THEN " + at + " END, '', " + at + " " + series,
		"INSERT INTO transactions SELECT 'shop1', 'o' || i, 'p' || i, 't' || i, 'DONE', 'card', " + at + ", 'KRW', 10000, " + at + " " + series,
		"INSERT INTO transactions SELECT 'shop1', 'o' || i, 'p' || i, 'c' || i, 'CANCELED', 'card', " + at + ", 'KRW', 10000, " + at + " " + series + " WHERE i % 10 = 0",
		"INSERT INTO payments SELECT 'shop1', 'p' || i, 'o' || i, 'DONE', 'card', '', '', 'KRW', 10000, 10000, 10000, 10000, " + at + ", " + at + ", " +
			"CASE WHEN i % 10 = 0 THEN " + at + " END, 't' || i, '', 0, CASE WHEN i % 1000 = 0 THEN 1 ELSE 0 END, " + at + " " + series,
		"INSERT INTO refunds (id, mid, order_id, payment_key, method, amount, currency, reason, ref, state, requested_by, requested_at, approval, cancel_by, sent_at, finished_at, batch, next_at)" +
			" SELECT md5('' || i), 'shop1', 'o' || i, 'p' || i, 'card', 5000, 'KRW', 'x', 'r' || i, " + state + ", 'kim', " + at + ", 'a', " + at + " + interval '180 days', " +
			"CASE WHEN i % 50 > 0 THEN " + at + " END, CASE WHEN i % 50 > 0 THEN " + at + " END, CASE WHEN i % 2 = 0 THEN 'batch' || i / 1000 ELSE '' END, " + at + " " + series,
		"INSERT INTO refund_attempts SELECT md5('' || i), 1, 'k' || i, 'body', 0, 'x', 10000, 'x', " + at + ", " + at + ", 1, 0, 1, " + at + ", '', 200, '', '', '' " + series,
		"INSERT INTO cancels SELECT 'shop1', 'p' || i, 'c' || i, 5000, 'DONE', " + at + ", '', CASE WHEN i % 50 > 0 THEN md5('' || i) ELSE '' END " + series,
		"INSERT INTO hand_transfers SELECT md5('' || i), 'shop1', 'p' || i, 'o' || i, 5000, 'KRW', 'x', CASE WHEN i % 100 = 0 THEN 'due' ELSE 'done' END, 'kim', " + at + ", 'lee', " + at + ", 'lee', " + at + ", '', '' " + series + " WHERE i % 10 = 0",
		"INSERT INTO events SELECT 'e' || i, 'm' || i, 'shop1', 'PAYMENT_STATUS_CHANGED', 'o' || i, 'p' || i, '', 'DONE', '', '', " + at + ", " + at + ", 0, '{}', CASE WHEN i <= 500 THEN 'new' ELSE 'done' END, '', 0, 0, NULL, " + at + " " + series,
		"INSERT INTO captures SELECT 'w' || i, 'shop1', 'o' || i, 'p' || i, 'list', " + at + ", 1, " + at + ", CASE WHEN i <= 200 THEN 'waiting' WHEN i % 100 = 0 THEN 'missed' ELSE 'captured' END, '', 1, 1, 20, " + at + ", " + at + ", " + at + ", " + at + " " + series,
		"INSERT INTO accounts SELECT 'shop1', 'p' || i, 'o' || i, 'print' || i, '04', '1**', 'k*', 'sealed', 'captured', " + at + ", 'x', CASE WHEN i % 20 > 0 THEN " + at + " END " + series,
		"INSERT INTO payment_facts SELECT 'shop1', 'p' || i, 'o' || i, 's' || i, 1 " + series,
		"INSERT INTO pages SELECT 'shop1', 'payment', 'p' || i, md5('' || i), 10, 'body', '', " + at + ", 'r' " + series,
		"INSERT INTO breaks SELECT 'b' || i, 'shop1', 'o' || i, 'p' || i, 'missing_locally', CASE WHEN i <= 300 THEN 'open' ELSE 'cleared' END, '', 'KRW', 0, 10000, '', '', '', 10000, " + at + ", NULL, 0, '2026-08-01', '2026-08-02', '2026-08-01', 2, '', '', '', NULL, '', '' " + series + " WHERE i % 10 = 0 OR i <= 300",
		"ALTER TABLE journal DISABLE TRIGGER journal_leads",
		"INSERT INTO journal SELECT i, " + at + ", 'x', '', 'refund:' || md5('' || i), 'refund.settled', '', '{}', md5('' || i - 1), md5('' || i) " + series,
		"ALTER TABLE journal ENABLE TRIGGER journal_leads",
		"INSERT INTO runs (job, mid, day, run_id, state, fence, owner, started_at, committed_at, figures, snapshot) SELECT 'nightly', 'shop' || i % 20, (date '2026-11-21' - i / 20)::text, 'run' || i, 'complete', 1, ''," +
			" now(), now(), '{}', 'x' FROM generate_series(0, 20000) i",
		"INSERT INTO windows SELECT 'shop1', (date '2026-11-21' - i)::text, now(), now() FROM generate_series(0, 700) i",
		"INSERT INTO window_reads SELECT 'shop1', 'run' || i, (date '2026-11-21' - i)::text, 1, 1, 0, 0 FROM generate_series(0, 700) i",
	}
}

func (p *planner) run(statement string) {
	p.b.Helper()
	if _, err := p.conn.ExecContext(context.Background(), statement); err != nil {
		p.b.Fatalf("%.200s: %v", statement, err)
	}
}

var planParameter = regexp.MustCompile(`(^|[^:]):([a-z_][a-z0-9_]*)`)

// prepare names a query for the server and gives the call of it.
func (p *planner) prepare(q planned) (call string) {
	p.b.Helper()
	text, known := p.queries[q.name]
	if !known {
		p.b.Fatal("there is no query named ", q.name)
	}
	var names, values []string
	text = planParameter.ReplaceAllStringFunc(text, func(found string) string {
		before, name, _ := strings.Cut(found, ":")
		if !slices.Contains(names, name) {
			value, given := q.args[name]
			if !given {
				p.b.Fatalf("%s: no value for %s", q.name, name)
			}
			names, values = append(names, name), append(values, literal(value))
		}
		return fmt.Sprintf("%s$%d", before, slices.Index(names, name)+1)
	})
	text = strings.ReplaceAll(text, "::", ":") // as the store writes a colon that means itself
	mode := "force_custom_plan"
	if q.generic {
		mode = "force_generic_plan"
	}
	p.run("SET plan_cache_mode = " + mode)
	p.run("DEALLOCATE ALL")
	p.run("PREPARE query AS " + text)
	if len(values) == 0 {
		return "EXECUTE query"
	}
	return "EXECUTE query(" + strings.Join(values, ", ") + ")"
}

func literal(value any) string {
	switch v := value.(type) {
	case nil:
		return "NULL"
	case int:
		return fmt.Sprint(v)
	case time.Time:
		return pq.QuoteLiteral(v.UTC().Format(time.RFC3339Nano))
	default:
		return pq.QuoteLiteral(fmt.Sprint(v))
	}
}

// node is a part of a plan as PostgreSQL tells it.
type node struct {
	Type  string  `json:"Node Type"`
	Table string  `json:"Relation Name"`
	Index string  `json:"Index Name"`
	Cost  float64 `json:"Total Cost"`
	Rows  float64 `json:"Plan Rows"`
	Plans []node  `json:"Plans"`
}

func (n node) walk(f func(node)) {
	f(n)
	for _, each := range n.Plans {
		each.walk(f)
	}
}

// look explains a query and fails where it reads a large table from end to end.
func (p *planner) look(q planned) {
	p.b.Helper()
	var text string
	err := p.conn.QueryRowContext(context.Background(), "EXPLAIN (FORMAT JSON) "+p.prepare(q)).Scan(&text)
	var plans []struct {
		Plan node `json:"Plan"`
	}
	if err == nil {
		err = json.Unmarshal([]byte(text), &plans)
	}
	if err != nil || len(plans) == 0 {
		p.b.Fatalf("%s: %v", q.name, err)
	}
	var uses []string
	plans[0].Plan.walk(func(n node) {
		switch {
		case n.Index != "":
			uses = append(uses, n.Index)
		case n.Type == "Seq Scan" && slices.Contains(largeTables, n.Table):
			uses = append(uses, "ALL OF "+n.Table)
			if !slices.Contains(q.may, n.Table) {
				p.b.Errorf("%s reads all of %s", q.name, n.Table)
			}
		}
	})
	slices.Sort(uses)
	fmt.Printf("%-22s %-18s cost %9.0f  rows %8.0f  %s\n", q.name, plans[0].Plan.Type, plans[0].Plan.Cost, plans[0].Plan.Rows, strings.Join(slices.Compact(uses), " "))
}

// do runs a query and says how long it took.
func (p *planner) do(name string, args map[string]any) {
	p.b.Helper()
	call, begun := p.prepare(planned{name: name, args: args}), time.Now()
	p.run(call)
	fmt.Printf("%-22s took %v\n", name, time.Since(begun).Round(time.Millisecond))
}
