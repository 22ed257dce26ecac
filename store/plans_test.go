package store

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// growing are the tables that grow with every order, or with every year.
var growing = []string{"accounts", "bank_lines", "bank_match_parts", "bank_matches", "breaks", "cancels", "captures", "events", "hand_transfers", "journal",
	"ledger_moves", "ledger_transactions", "orders", "pages", "payment_facts", "payments", "refund_attempts", "refunds", "runs", "settlement_rows",
	"settlement_versions", "transactions", "transfers", "window_reads"}

// short are the indexes of what waits: they shrink again.
var short = []string{"breaks_refunding", "events_due", "hand_transfers_open", "ledger_transactions_open", "refunds_flying", "refunds_followed", "refunds_in_flight", "refunds_sendable",
	"refunds_waiting", "settlement_rows_odd"}

// walks are the queries that read all of a growing table, or all of a merchant's
// part of it, and why they may.
var walks = map[string]string{
	"accounts_list": "a person asks for all of them", "breaks_list": "a person asks for all of them", "hand_list": "a person asks for all of them",
	"refunds_list": "a person asks for all of them", "runs_list": "a person asks for all of them",
	"audit_attempts": "audit verify reads everything", "audit_breaks": "audit verify reads everything", "audit_journal": "audit verify reads everything",
	"audit_pages": "audit verify reads everything", "audit_refunds": "audit verify reads everything", "audit_transfers": "audit verify reads everything",
	"verify_given":    "audit verify reads everything",
	"verify_accounts": "audit verify reads everything",
	"dropped_matches": "a month's journal of what was taken back", "dropped_parts": "a month's journal of what was taken back",
	"any_settlement": "one row", "any_order": "one row", "events_list": "the newest first, up to a limit", "last_import": "the last of an index",
	"breaks_of_settlement": "once a reading; breaks are few beside orders", "breaks_of_settlement_to_write": "once a reading; breaks are few beside orders",
	"breaks_of_run": "once a night; breaks are few beside orders", "drop_differing": "once a night; breaks are few beside orders",
	"fill_suspects": "once a night; breaks are few beside orders", "touch_breaks": "once a night; breaks are few beside orders",
	"todo_of_breaks": "once a reading; breaks are few beside orders",
	"count_states":   "how many refunds there are, of an index alone", "purgeable_accounts": "once a day; accounts are few beside orders",
	"ledger_moves": "sums by day and method: a few rows a day",
}

// Of a table that grows no query reads more than an index points at, on the first
// night as after years: the statistics that plans are made by are part of the schema.
// PostgreSQL's plans are looked at with a million rows (bench).
func TestSQLiteReadsNoTableThatGrows(t *testing.T) {
	t.Parallel()
	address := "sqlite:" + filepath.Join(t.TempDir(), "daesa.db")
	made, err := Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	_, err = made.Migrate(t.Context())
	if err := made.Close(); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	d, err := Open(t.Context(), address) // statistics are read by new connections
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	conn, err := d.db.Pool().Connx(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	creates := regexp.MustCompile(`^CREATE `)
	queries := d.db.Queries()
	for _, pattern := range []string{"CREATE TEMP TABLE", "CREATE TEMP INDEX", "CREATE INDEX", "CREATE UNIQUE INDEX"} {
		for _, name := range queries {
			if text := d.db.Query(name); strings.HasPrefix(text, pattern) {
				if _, err := conn.ExecContext(t.Context(), text); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			}
		}
	}
	reads := regexp.MustCompile(`^(?:SCAN (\w+)|SEARCH (\w+) USING .*\(mid=\?\)$)`)
	waiting := regexp.MustCompile(`INDEX (` + strings.Join(short, "|") + `)\b`)
	named := regexp.MustCompile(`(?i)\b(?:FROM|JOIN|INTO|UPDATE)\s+(\w+)(?:\s+(?:AS\s+)?(\w+))?`)
	unused := maps.Clone(walks)
	for _, name := range queries {
		text := d.db.Query(name)
		if creates.MatchString(text) || strings.HasPrefix(text, "DROP") {
			continue
		}
		var steps []struct {
			ID     int    `db:"id"`
			Parent int    `db:"parent"`
			Unused int    `db:"notused"`
			Detail string `db:"detail"`
		}
		if err := conn.SelectContext(t.Context(), &steps, "EXPLAIN QUERY PLAN "+text, make([]any, strings.Count(text, "?"))...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		tables := map[string][]string{}
		for _, found := range named.FindAllStringSubmatch(text, -1) {
			tables[found[1]] = append(tables[found[1]], found[1])
			tables[found[2]] = append(tables[found[2]], found[1])
		}
		for _, step := range steps {
			found := reads.FindStringSubmatch(step.Detail)
			if found == nil || waiting.MatchString(step.Detail) || !slices.ContainsFunc(tables[found[1]+found[2]], func(table string) bool { return slices.Contains(growing, table) }) {
				continue
			}
			delete(unused, name)
			if walks[name] == "" {
				t.Errorf("%s: %s", name, step.Detail)
			}
		}
	}
	for name := range unused {
		t.Errorf("%s does not read a whole table any more: strike it off", name)
	}
}
