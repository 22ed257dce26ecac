-- The shop's orders as they are taken: orders.Judging says what becomes of each.

-- name: any_order
SELECT count(*) FROM (SELECT 1 FROM orders LIMIT 1) one
-- Those of some numbers, in their order.
-- name: stored_orders
{{template "orders_of_numbers" .}}
-- The same of those that are about to change, until the transaction ends.
-- name: lock_orders
{{template "orders_of_numbers" .}}{{if .Postgres}} FOR UPDATE OF o{{end}}
-- Orders that were there, of a source that has the column tax_free_amount.
-- name: tell_tax_free
UPDATE orders SET tax_free_told = 1 WHERE mid = :mid AND tax_free_told = 0
  AND order_id IN ({{range $i, $_ := .Batch}}{{if $i}}, {{end}}:order_{{$i}}{{end}})

-- Words of people that were not used: few.
-- name: allowances
SELECT mid, order_id, note FROM order_allowances WHERE used_at IS NULL
-- name: use_allowance
UPDATE order_allowances SET used_at = :now WHERE mid = :mid AND order_id = :order_id AND used_at IS NULL
-- name: allow_order
INSERT INTO order_allowances (mid, order_id, note, actor, at) VALUES (:mid, :order_id, :note, :actor, :now)
ON CONFLICT (mid, order_id) DO UPDATE SET note = excluded.note, actor = excluded.actor, at = excluded.at, used_at = NULL

-- name: order_files
SELECT path, size, changed, reader, waiting FROM order_files
-- name: save_order_file
INSERT INTO order_files (path, size, changed, reader, waiting, at) VALUES (:path, :size, :changed, :reader, :waiting, :now)
ON CONFLICT (path) DO UPDATE SET size = excluded.size, changed = excluded.changed, reader = excluded.reader,
  waiting = excluded.waiting, at = excluded.at
