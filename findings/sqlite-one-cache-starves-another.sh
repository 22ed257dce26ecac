#!/usr/bin/env bash
# Versions: modernc.org/sqlite v1.61.1 (Go; SQLite 3.5x inside), Linux.
#
# In WAL mode a connection that reads a small table again finds it in its cache:
# cache_size is documented as a limit of each open database file, and this package's
# connections are database connections of their own. But the package is built with
# SQLITE_ENABLE_MEMORY_MANAGEMENT (PRAGMA compile_options), with which all caches of the
# process are one group with one list of what was used least recently. A full cache takes
# the oldest page of any connection; the one that lost it may ask for new ones up to its
# own limit; and as soon as all together hold more than the sum of their limits, each
# page is thrown away the moment a statement lets go of it. So one connection that has
# read much keeps what it took, and another reads its 40 pages from the file again with
# every query, though its own cache has room for hundreds. PRAGMA shrink_memory on any
# connection empties all of them, and mends it until the next time.
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
	"context"
	"database/sql"
	"fmt"

	"modernc.org/sqlite"
)

func main() {
	db, err := sql.Open("sqlite", "file:file.db?_pragma=journal_mode(WAL)&_pragma=cache_size(400)")
	check(err)
	ctx := context.Background()
	open := func() *sql.Conn {
		conn, err := db.Conn(ctx)
		check(err)
		return conn
	}
	run := func(c *sql.Conn, text string) {
		_, err := c.ExecContext(ctx, text)
		check(err)
	}
	a, b := open(), open()
	run(a, "CREATE TABLE large (i INTEGER PRIMARY KEY, text TEXT)")
	run(a, "CREATE TABLE small (i INTEGER PRIMARY KEY, text TEXT)")
	fill := "WITH RECURSIVE s(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM s WHERE i < %d) INSERT INTO %s SELECT i, hex(randomblob(900)) FROM s"
	run(a, fmt.Sprintf(fill, 4000, "large")) // some 2,000 pages
	run(a, fmt.Sprintf(fill, 80, "small"))   // some 40
	run(a, "PRAGMA shrink_memory")
	count := func(c *sql.Conn, table string) int {
		var n, before, after int
		status := func(into *int) {
			check(c.Raw(func(raw any) (err error) {
				*into, _, err = raw.(sqlite.DBStatus).Status(sqlite.DBStatusCacheMiss, false)
				return err
			}))
		}
		status(&before)
		check(c.QueryRowContext(ctx, "SELECT sum(length(text)) FROM "+table).Scan(&n))
		status(&after)
		return after - before
	}
	first := count(b, "small")
	alone := count(b, "small")
	count(b, "large") // b's cache is full
	count(a, "large") // a's is, and takes b's pages
	count(a, "large")
	count(b, "large") // b fills its own again: together they have more than both may
	count(a, "large")
	count(b, "small")
	starved := count(b, "small")
	again := count(b, "small")
	run(a, "PRAGMA shrink_memory")
	count(b, "small")
	mended := count(b, "small")
	fmt.Printf("pages of a small table read from the file: at first %d, again %d\n", first, alone)
	fmt.Printf("after both connections read a large one: %d, again %d\n", starved, again)
	fmt.Printf("after shrink_memory: %d\n", mended)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
EOF
go get modernc.org/sqlite@v1.61.1 >/dev/null 2>&1
go run . >seen
cat >expected <<'EOF'
pages of a small table read from the file: at first 42, again 0
after both connections read a large one: 42, again 42
after shrink_memory: 0
EOF
diff expected seen
echo "as described: with modernc.org/sqlite 1.61.1 one connection's cache takes another's away"
