#!/usr/bin/env bash
# Versions: @electric-sql/pglite 0.3.14 (npm; PostgreSQL 17.5 inside). PostgreSQL 15.18 of
# Debian does the same.
#
# Of a table that was filled just now and not analyzed PostgreSQL takes one merchant to
# have a two-hundredth of the rows, though the table has no other. The page of a walk in
# the order of the primary key,
#
#     WHERE mid = 'shop' AND payment_key > ... ORDER BY payment_key, order_id LIMIT 5000
#
# is then answered by reading all that is left of the table, and sorting it for 5,000
# rows, once for each page: the walk costs the square of the table. The index that has
# the order lies beside it. An upper bound in place of the equality changes nothing, since
# two bounds are taken for a two-hundredth as well. A lower bound alone walks the index,
# and so does the first statement once the table was analyzed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --no-update-notifier @electric-sql/pglite@0.3.14

cat >walk.mjs <<'EOF'
import { PGlite } from '@electric-sql/pglite'

const db = new PGlite()
await db.exec(`
  CREATE TABLE todo (mid text COLLATE "C", payment_key text COLLATE "C", order_id text COLLATE "C",
    PRIMARY KEY (mid, payment_key, order_id));
  INSERT INTO todo SELECT 'shop', 'key' || lpad(n::text, 8, '0'), 'order' || n FROM generate_series(1, 100000) n`)

// page says how a page is found, and how many rows are read for its 5,000.
async function page(name, where, order) {
  const plan = await db.query(`EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF)
    SELECT mid, payment_key, order_id FROM todo WHERE ${where} ORDER BY ${order} LIMIT 5000`)
  const lines = plan.rows.map((row) => row['QUERY PLAN'])
  const scan = lines.find((line) => /Scan .*on todo/.test(line))
  console.log(`${name}: ${lines.some((line) => /Sort Key/.test(line)) ? 'sorted' : 'walked'}, ${scan.match(/rows=(\d+)/)[1]} rows read`)
}

const equality = ["mid = 'shop' AND payment_key > 'key00000000'", 'payment_key, order_id']
const lower = "(mid, payment_key) > ('shop', 'key00000000')"
await page('equality', ...equality)
await page('two bounds', `${lower} AND mid <= 'shop'`, 'mid, payment_key, order_id')
await page('a lower bound alone', lower, 'mid, payment_key, order_id')
await db.exec('ANALYZE todo')
await page('equality, analyzed', ...equality)
EOF
cat >want <<'EOF'
equality: sorted, 100000 rows read
two bounds: sorted, 100000 rows read
a lower bound alone: walked, 5000 rows read
equality, analyzed: walked, 5000 rows read
EOF
node walk.mjs | tee got
diff want got
