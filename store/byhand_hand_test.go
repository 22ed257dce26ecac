package store_test

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"daesa/internal/database"
)

// hand is the connection of who holds the database: triggers, rights and, as far as
// they can be, constraints are taken away.
type hand struct {
	t      *testing.T
	kind   database.Dialect
	conn   *sql.Conn
	tables []handTable
	undo   string // brings every table back to how it was kept
	// changes counts the rows that the statements of change have changed.
	changes int64
}

// handTable is a table as it was kept: its columns but those that are reckoned, which
// of them tell rows apart, and its rows as literals of SQL.
type handTable struct {
	name    string
	columns []string
	types   map[string]string
	keys    []string
	rows    []map[string]string
}

// newHand opens the connection, and keeps a copy of every table.
func newHand(t *testing.T, address string, kind database.Dialect) hand {
	t.Helper()
	h := hand{t: t, kind: kind}
	driver, where := "sqlite", strings.TrimPrefix(address, "sqlite:")+"?_pragma=busy_timeout(5000)&_pragma=synchronous(OFF)&_pragma=ignore_check_constraints(1)"
	if kind == database.Postgres {
		driver, where = "postgres", withValues(t, address, "options", "-c session_replication_role=replica -c synchronous_commit=off")
	}
	db, err := sql.Open(driver, where)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if h.conn, err = db.Conn(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.conn.Close() })
	if kind == database.Postgres {
		h.must("CREATE SCHEMA kept")
		for _, row := range h.rows("SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace") {
			h.must("ALTER TABLE " + row[0] + " DROP CONSTRAINT " + row[1])
		}
	} else {
		h.must("ATTACH ':memory:' AS kept")
		h.withoutTriggers()
	}
	h.tables = h.readTables()
	return h
}

// withoutTriggers takes the triggers of SQLite away that only refuse. The one that
// moves the journal's head stays for the program, and lets the hand pass.
func (h hand) withoutTriggers() {
	h.must("CREATE TABLE by_hand (one INTEGER PRIMARY KEY, off INTEGER NOT NULL)", "INSERT INTO by_hand VALUES (1, 0)")
	for _, row := range h.rows("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'") {
		h.must("DROP TRIGGER " + row[0])
		if row[0] == "journal_leads" {
			leads := strings.Replace(row[1], "AFTER INSERT ON journal", "AFTER INSERT ON journal WHEN (SELECT off FROM by_hand) = 0", 1)
			if leads == row[1] {
				h.t.Fatal("the trigger journal_leads is not as it was: " + row[1])
			}
			h.must(leads)
		}
	}
}

func (h hand) try(statement string) error {
	_, err := h.conn.ExecContext(context.Background(), statement)
	return err
}

func (h hand) must(statements ...string) {
	h.t.Helper()
	for _, each := range statements {
		if err := h.try(each); err != nil {
			h.t.Fatalf("%s: %v", each, err)
		}
	}
}

func (h hand) rows(query string) (found [][]string) {
	h.t.Helper()
	rows, err := h.conn.QueryContext(context.Background(), query)
	if err != nil {
		h.t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		h.t.Fatal(err)
	}
	for rows.Next() {
		texts, places := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range texts {
			places[i] = &texts[i]
		}
		if err := rows.Scan(places...); err != nil {
			h.t.Fatal(err)
		}
		row := make([]string, len(columns))
		for i, text := range texts {
			row[i] = text.String
		}
		found = append(found, row)
	}
	if err := rows.Err(); err != nil {
		h.t.Fatal(err)
	}
	return found
}

// readTables reads the schema as the database itself has it.
func (h hand) readTables() (tables []handTable) {
	h.t.Helper()
	names, columns := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT IN ('by_hand', 'goose_db_version') ORDER BY name",
		"SELECT name, type, pk FROM pragma_table_xinfo('%s') WHERE hidden = 0 ORDER BY cid"
	if h.kind == database.Postgres {
		names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'goose_db_version' ORDER BY tablename"
		columns = `SELECT a.attname, format_type(a.atttypid, a.atttypmod), coalesce((SELECT 1 FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY (i.indkey)), 0)
			FROM pg_attribute a WHERE a.attrelid = '%s'::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum`
	}
	for _, name := range h.rows(names) {
		table := handTable{name: name[0], types: map[string]string{}}
		for _, column := range h.rows(fmt.Sprintf(columns, table.name)) {
			table.columns = append(table.columns, column[0])
			table.types[column[0]] = strings.ToLower(column[1])
			if column[2] != "0" {
				table.keys = append(table.keys, column[0])
			}
		}
		if len(table.keys) == 0 {
			table.keys = table.columns
		}
		table.rows = h.literals(table)
		tables = append(tables, table)
	}
	return tables
}

// literals are the rows of a table, each value as SQL writes it.
func (h hand) literals(table handTable) (rows []map[string]string) {
	quoted := make([]string, len(table.columns))
	for i, column := range table.columns {
		quoted[i] = "quote(" + column + ")"
		if h.kind == database.Postgres {
			quoted[i] = "quote_nullable(" + column + "::text) || '::" + table.types[column] + "'"
		}
	}
	for _, values := range h.rows("SELECT " + strings.Join(quoted, ", ") + " FROM " + table.name + " ORDER BY " + strings.Join(table.keys, ", ")) {
		row := map[string]string{}
		for i, column := range table.columns {
			row[column] = values[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// keep copies every table aside.
func (h *hand) keep() {
	for i, table := range h.tables {
		h.tables[i].rows = h.literals(table)
		h.must("CREATE TABLE kept." + table.name + " AS SELECT " + strings.Join(table.columns, ", ") + " FROM " + table.name)
	}
	h.undoes(h.tables)
}

// differs says whether a table has other rows than when it was kept.
func (h hand) differs() bool {
	h.t.Helper()
	return slices.ContainsFunc(h.tables, func(t handTable) bool { return !slices.EqualFunc(h.literals(t), t.rows, maps.Equal) })
}

// keepOnly brings back no other tables than these from now on.
func (h *hand) keepOnly(names map[string]bool) {
	h.undoes(slices.DeleteFunc(slices.Clone(h.tables), func(t handTable) bool { return !names[t.name] }))
}

func (h *hand) undoes(tables []handTable) {
	var undo strings.Builder
	undo.WriteString("BEGIN;")
	if h.kind == database.SQLite {
		undo.WriteString("UPDATE by_hand SET off = 1;")
	}
	for _, table := range tables {
		columns := strings.Join(table.columns, ", ")
		fmt.Fprintf(&undo, "DELETE FROM %s;", table.name)
		if len(table.rows) > 0 {
			fmt.Fprintf(&undo, "INSERT INTO %s (%s) SELECT %s FROM kept.%s;", table.name, columns, columns, table.name)
		}
	}
	if h.kind == database.SQLite {
		undo.WriteString("UPDATE by_hand SET off = 0;")
	}
	undo.WriteString("COMMIT")
	h.undo = undo.String()
}

func (h hand) back() {
	h.t.Helper()
	if err := h.try(h.undo); err != nil {
		_ = h.try("ROLLBACK")
		h.t.Fatal(err)
	}
}

// change runs statements as who holds the database, all or none; the error is that
// the tables refuse them.
func (h *hand) change(statements ...string) error {
	all := slices.Clone(statements)
	if h.kind == database.SQLite {
		all = slices.Concat([]string{"UPDATE by_hand SET off = 1"}, all, []string{"UPDATE by_hand SET off = 0"})
	}
	if err := h.try("BEGIN"); err != nil {
		return err
	}
	for _, each := range all {
		result, err := h.conn.ExecContext(context.Background(), each)
		if err != nil {
			_ = h.try("ROLLBACK")
			return err
		}
		if n, err := result.RowsAffected(); err == nil && !strings.Contains(each, "by_hand") {
			h.changes += n
		}
	}
	return h.try("COMMIT")
}

// table gives a table by its name.
func (h hand) table(name string) handTable {
	i := slices.IndexFunc(h.tables, func(t handTable) bool { return t.name == name })
	if i < 0 {
		h.t.Fatal("there is no table " + name)
	}
	return h.tables[i]
}

// where is the condition that finds a row.
func (t handTable) where(row map[string]string) string {
	var all []string
	for _, key := range t.keys {
		if strings.HasPrefix(row[key], "NULL") {
			all = append(all, key+" IS NULL")
		} else {
			all = append(all, key+" = "+row[key])
		}
	}
	return strings.Join(all, " AND ")
}

// find gives the row in which a column is a text; the table must have one.
func (t handTable) find(column, text string) map[string]string {
	for _, row := range t.rows {
		if strings.HasPrefix(row[column], "'"+text+"'") {
			return row
		}
	}
	panic(t.name + " has no row of " + text)
}

// isTime says whether a column holds times: on SQLite they are texts of one form.
func (h hand) isTime(column, kind string) bool {
	return strings.HasPrefix(kind, "timestamp") || kind == "text" && timeColumn.MatchString(column)
}

var timeColumn = regexp.MustCompile(`(^|_)at$|_until$|_sent$|^cancel_by$`)

// literal writes a value as a column of that kind takes it.
func (h hand) literal(kind, text string) string {
	if h.kind == database.Postgres {
		return "'" + text + "'::" + kind
	}
	switch kind {
	case "integer":
		return text
	case "blob":
		return "X'" + hex.EncodeToString([]byte(text)) + "'"
	}
	return "'" + text + "'"
}

// made is a row that nobody has made: values that a table without rows could have,
// of the payment of a request.
func (h hand) made(table handTable, of map[string]string) map[string]string {
	row := map[string]string{}
	for _, column := range table.columns {
		kind := table.types[column]
		switch value, ofRequest := of[column], of[column] != "" && slices.Contains([]string{"mid", "payment_key", "order_id", "currency", "method", "amount", "tax_free_amount"}, column); {
		case ofRequest:
			row[column] = value
		case column == "id":
			row[column] = of["break_id"]
		case h.isTime(column, kind):
			row[column] = h.literal(kind, "2026-11-27T00:00:00.000000Z")
		case column == "pg":
			row[column] = h.literal(kind, "toss")
		case kind == "text":
			row[column] = h.literal(kind, "x")
		case column == "one":
			row[column] = h.literal(kind, "1")
		default:
			row[column] = h.literal(kind, "0")
		}
	}
	return row
}

// insert is the statement that adds a row.
func (h hand) insert(t handTable, row map[string]string) string {
	values := make([]string, len(t.columns))
	for i, column := range t.columns {
		values[i] = row[column]
	}
	return "INSERT INTO " + t.name + " (" + strings.Join(t.columns, ", ") + ") VALUES (" + strings.Join(values, ", ") + ")"
}
