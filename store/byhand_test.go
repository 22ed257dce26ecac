package store_test

import (
	"flag"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"daesa/internal/database"
	"daesa/internal/racing"
)

// Whoever holds the database cannot make a refund: these tests change it by hand,
// between the approval and the send, in every way that they can think of, and look at
// what reaches Toss and at what `audit verify` says.

var handAll = flag.Bool("byhand.all", false, "TestEveryColumnByHand tries every variant on PostgreSQL, too")

// unnamed is what `audit verify` need not name, a table or a column of one, and why.
// The rest must be named, whatever was done to it. An entry that excuses nothing must
// go.
var unnamed = map[string]string{
	"breaks":       "what the nights found; it can keep a refund back",
	"cancels":      "what look-ups showed; each send looks at Toss anew, and finds ours by their reference",
	"orders":       "the shop's own record; it can keep a refund back",
	"pages":        "evidence, each with its hash; no send is decided by it",
	"payments":     "what look-ups showed; each send looks at Toss anew",
	"transactions": "Toss's list of before; each send looks at Toss anew",

	"journal_head.":           "a second row, which nothing reads",
	"accounts.sealed":         "opens only in its own place; named once a run could not open it",
	"refund_attempts.body":    "an auditor may not read it; named once a run has looked at its request",
	"refunds.version":         "every claim raises it",
	"refunds.lease_owner":     "of the worker at it; it can keep a refund back",
	"refunds.lease_until":     "of the worker at it; it can keep a refund back",
	"refunds.next_at":         "when it is looked at again; it can keep a refund back",
	"refunds.sent_at":         "keeps two cancels of one payment a second apart",
	"refunds.looked_at":       "every look-up says it anew",
	"refunds.cancel_by":       "every look-up says it anew; named once a run stopped at one that is not as it was signed",
	"refunds.error_code":      "every look-up says it anew",
	"refunds.error_message":   "every look-up says it anew",
	"refunds.planned_foreign": "cancels by others that a person has seen; the refund is sent as signed",
	"refunds.strangers":       "cancels by others that a person has seen; the refund is sent as signed",
	"refunds.account_print":   "until there is an approval, which covers it",
	"refunds.same_as":         "an equal request; the refund is sent as signed",
	"refunds.in_progress":     "every look-up says it anew",
}

// excused gives the reason why a change of a column need not be named.
func excused(table, column string) string {
	if why := unnamed[table]; why != "" {
		return why
	}
	return unnamed[table+"."+column]
}

// variant is one way to change a column.
type variant struct{ name, statement string }

// set is the statement that gives a column a value, where it has another.
func (t handTable) set(column, value, where string) string {
	if where != "" {
		where = " AND " + where
	}
	return "UPDATE " + t.name + " SET " + column + " = " + value + " WHERE " + column + " IS DISTINCT FROM " + value + where
}

// variants are how a column is changed: on one row, another one each time, and on
// every row at once.
func (h hand) variants(table handTable, column string, n int) (list []variant) {
	row := func(i int) map[string]string { return table.rows[(n+i)%len(table.rows)] }
	one := func(i int) string { return table.where(row(i)) }
	list = append(list, variant{"another value everywhere", table.set(column, h.other(table, column), "")})
	if unnamed[table.name] != "" {
		return list
	}
	list = append(list, variant{"another value", table.set(column, h.other(table, column), one(0))},
		variant{"nothing everywhere", table.set(column, h.empty(table, column), "")})
	if table.name == "refunds" { // of what is still to come, and of what has ended
		list = append(list, variant{"another value of another row", table.set(column, h.other(table, column), one(len(table.rows)/2))})
	}
	for i := range table.rows {
		if i > 0 && row(i)[column] != row(0)[column] {
			list = append(list, variant{"another row's", table.set(column, row(i)[column], one(0))})
			break
		}
	}
	return list
}

// other is an expression for a value that a column does not have.
func (h hand) other(table handTable, column string) string {
	kind := table.types[column]
	switch {
	case h.isTime(column, kind):
		return h.literal(kind, "2026-11-20T03:04:05.678901Z")
	case kind == "text":
		return "(" + column + " || 'x')"
	case kind == "bytea":
		return "(" + column + " || '\\x00'::bytea)"
	case kind == "blob":
		return "CAST(" + column + " || X'00' AS BLOB)"
	default:
		return "(" + column + " + 1)"
	}
}

func (h hand) empty(table handTable, column string) string {
	switch kind := table.types[column]; {
	case h.isTime(column, kind):
		return "NULL"
	case kind == "text" || kind == "bytea" || kind == "blob":
		return h.literal(kind, "")
	default:
		return "0"
	}
}

// newAddress is the address of a new database of a kind; SQLite's lies in a folder.
func newAddress(t testing.TB, kind database.Dialect, folder string) string {
	t.Helper()
	if kind == database.Postgres {
		return schema.URL(t)
	}
	return "sqlite:" + filepath.Join(folder, "daesa.db")
}

// onBoth runs a test on SQLite and on PostgreSQL.
func onBoth(t *testing.T, test func(t *testing.T, kind database.Dialect)) {
	t.Helper()
	racing.Skip(t, "one change after the other")
	t.Parallel()
	for _, kind := range []database.Dialect{database.SQLite, database.Postgres} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			test(t, kind)
		})
	}
}

// Every column of every table that the queries of a run name is changed between the
// approval and the send; so are rows added, copied and taken away. What is sent is
// what was signed, once; and the change is named, or need not be.
func TestEveryColumnByHand(t *testing.T) {
	onBoth(t, func(t *testing.T, kind database.Dialect) {
		w := newByHand(t, kind)
		p := &page{}
		seen := map[string]bool{"refund_attempts.body": true} // of a request that has ended: TestRandomChangesByHand comes to it
		for _, name := range slices.Sorted(maps.Keys(w.reads)) {
			table := w.hand.table(name)
			for i, column := range table.columns {
				w.column(t, p, seen, table, column, i)
			}
			w.column(t, p, seen, table, "", 0)
		}
		if kind != database.SQLite {
			return // not every variant is tried
		}
		for name := range unnamed {
			if !seen[name] {
				t.Errorf("%s is excused, and what was done to it was named: take it off the list", name)
			}
		}
		p.check(t)
	})
}

// column tries a column, or with "" the rows of a table.
func (w *byHand) column(t *testing.T, p *page, seen map[string]bool, table handTable, column string, n int) {
	t.Helper()
	list := w.hand.rowVariants(table)
	if column != "" && len(table.rows) > 0 {
		list = w.hand.variants(table, column, n)
	}
	line := pageLine{table: table.name, column: column}
	for i, v := range list {
		if w.hand.kind == database.Postgres && !*handAll && len(list) > 1 && i%2 != n%2 {
			continue
		}
		if changed, err := w.hand.changed(v.statement); err != nil || !changed {
			continue // the table itself refuses it, or has it already
		}
		o := w.try()
		w.back()
		line.add(o)
		why := excused(table.name, column)
		switch {
		case len(o.unsigned) > 0:
			t.Errorf("%s.%s, %s: sent what nobody signed: %s", table.name, column, v.name, strings.Join(o.unsigned, "; "))
		case o.isNamed():
		case why == "":
			t.Errorf("%s.%s, %s: audit verify does not name it (%d not sent, %v)", table.name, column, v.name, o.missing, o.verified)
		default:
			seen[table.name+"."+column], seen[table.name] = true, true
		}
	}
	p.lines = append(p.lines, line)
}

// rowVariants add a row, and take one away.
func (h hand) rowVariants(table handTable) (list []variant) {
	if len(table.rows) == 0 {
		of := h.table("refunds").rows[0]
		return []variant{{"a row that was made up", h.insert(table, h.made(table, of))}}
	}
	for i, row := range table.rows {
		if i == 0 || unnamed[table.name] == "" && len(table.rows) < 12 {
			list = append(list, variant{"a row that is gone", "DELETE FROM " + table.name + " WHERE " + table.where(row)},
				variant{"a row that was copied", h.insert(table, h.copied(table, row, "x"))})
		}
	}
	return list
}

// copied is a row with other keys, and another ref where it has one.
func (h hand) copied(table handTable, row map[string]string, mark string) map[string]string {
	other := maps.Clone(row)
	for _, column := range table.columns {
		kind := table.types[column]
		switch isKey := slices.Contains(table.keys, column) || column == "ref" || column == "idempotency_key"; {
		case !isKey || column == "mid" || column == "payment_key" && len(table.keys) > 2:
		case h.isTime(column, kind):
			other[column] = h.literal(kind, "2026-11-20T03:04:05.678901Z")
		case kind == "text":
			other[column] = "(" + row[column] + " || '" + mark + "')"
		default:
			other[column] = "(" + row[column] + " + 1000)"
		}
	}
	return other
}

// changed runs one statement, and says whether it did anything.
func (h *hand) changed(statement string) (bool, error) {
	before := h.changes
	err := h.change(statement)
	return h.changes > before, err
}
