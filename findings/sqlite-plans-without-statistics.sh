#!/usr/bin/env bash
# Versions: modernc.org/sqlite v1.61.1 (Go; SQLite 3.5x inside), and no ANALYZE.
#
# Of two indexes SQLite takes the one that finds less, and of a partial index it
# depends on how one value is written.
#
# A table of payments is kept in the order of (mid, payment_key), WITHOUT ROWID, and
# has an index (mid, order_id). SQLite, which has no statistics yet, answers
# WHERE mid = ? AND order_id = ? by the primary key's first column alone: it takes
# one mid for ten rows, and walks all payments of a shop that has a million. With two
# rows in sqlite_stat1 it takes the index that names both.
#
# An index of what waits (WHERE state = 'waiting') is found by state = 'waiting' and
# not by state IN ('waiting'), which is the same.
set -euo pipefail
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"

cat >go.mod <<'EOF'
module finding

go 1.26
EOF
cat >main.go <<'EOF'
package main

import (
	"database/sql"
	"fmt"

	_ "modernc.org/sqlite"
)

func main() {
	db := open()
	for _, statement := range []string{
		"CREATE TABLE payments (mid TEXT NOT NULL, payment_key TEXT NOT NULL, order_id TEXT NOT NULL, amount INTEGER, PRIMARY KEY (mid, payment_key)) WITHOUT ROWID",
		"CREATE INDEX payments_order ON payments (mid, order_id)",
		"CREATE TABLE accounts (id TEXT PRIMARY KEY, mid TEXT NOT NULL, state TEXT NOT NULL, next_at TEXT)",
		"CREATE INDEX accounts_mid ON accounts (mid)",
		"CREATE INDEX accounts_due ON accounts (mid, next_at) WHERE state = 'waiting'",
	} {
		must(db, statement)
	}
	const one = "SELECT * FROM payments WHERE mid = ? AND order_id = ?"
	plan(db, "without statistics", one)
	plan(db, "state = one", "SELECT * FROM accounts WHERE mid = ? AND state = 'waiting' AND next_at <= ?")
	plan(db, "state IN one", "SELECT * FROM accounts WHERE mid = ? AND state IN ('waiting') AND next_at <= ?")
	must(db, "ANALYZE accounts")
	must(db, "INSERT INTO sqlite_stat1 VALUES ('payments', 'payments', '1000000 1000000 1'), ('payments', 'payments_order', '1000000 1000000 1')")
	again := open()
	plan(again, "with statistics", one)
}

func open() *sql.DB {
	db, err := sql.Open("sqlite", "file.db")
	if err != nil {
		panic(err)
	}
	return db
}

func must(db *sql.DB, statement string) {
	if _, err := db.Exec(statement); err != nil {
		panic(err)
	}
}

func plan(db *sql.DB, name, query string) {
	rows, err := db.Query("EXPLAIN QUERY PLAN "+query, "a", "b")
	if err != nil {
		panic(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			panic(err)
		}
		fmt.Printf("%s: %s\n", name, detail)
	}
}
EOF
go get modernc.org/sqlite@v1.61.1 >/dev/null 2>&1
go run . >seen
cat >expected <<'EOF'
without statistics: SEARCH payments USING PRIMARY KEY (mid=?)
state = one: SEARCH accounts USING INDEX accounts_due (mid=? AND next_at<?)
state IN one: SEARCH accounts USING INDEX accounts_mid (mid=?)
with statistics: SEARCH payments USING INDEX payments_order (mid=? AND order_id=?)
EOF
diff expected seen
echo "as described: SQLite by modernc 1.61.1 walks a merchant's payments where it has no statistics, and finds no partial index by IN"
