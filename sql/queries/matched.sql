-- The queries of the list of pairs that agree. They run on the temporary tables
-- of compare.sql, as the run of the night filled them: what changed after run_at
-- was not yet there.

-- name: touch_changed_until
INSERT INTO touched SELECT o.order_id FROM orders o
WHERE o.mid = :mid{{if .Postgres}} AND o.changed_at >= :since AND o.changed_at <= :run_at AND o.ordered_at < :from{{else}} AND o.order_id IN (
    SELECT order_id FROM orders WHERE mid = :mid AND changed_at >= :since AND changed_at <= :run_at AND ordered_at < :from){{end}}
  AND (({{template "compared" "o."}})
  OR EXISTS (SELECT 1 FROM transactions t WHERE t.mid = o.mid AND t.order_id = o.order_id))
ORDER BY o.order_id ON CONFLICT DO NOTHING
-- name: touch_late_until
INSERT INTO touched SELECT DISTINCT order_id FROM transactions
WHERE mid = :mid AND {{template "of_day" .}} AND changed_at >= :since AND changed_at > :first_at AND changed_at <= :run_at
ORDER BY order_id ON CONFLICT DO NOTHING
-- What the run looked up it had touched: orders in a break, drawn refunds,
-- refunds that were followed. Those followed may have been looked up since.
-- name: touch_looked
INSERT INTO touched SELECT DISTINCT order_id FROM payments{{if not .Postgres}} INDEXED BY payments_looked{{end}}
WHERE mid = :mid AND looked_up_at >= :run_at AND (looked_up_at = :run_at OR (method = 'virtual_account'
  AND last_canceled_at >= :follow_from AND last_canceled_at <= :run_at))
ORDER BY order_id ON CONFLICT DO NOTHING

-- A look-up of the run, or a later one, has answered what the list leaves open,
-- where it holds what the list holds.
-- name: settle_doubts
UPDATE standing SET doubtful = 0 WHERE doubtful = 1 AND EXISTS (
  SELECT 1 FROM payments p WHERE p.mid = :mid AND p.payment_key = standing.payment_key
    AND p.looked_up_at >= :run_at AND p.held = standing.held)
-- Those that differ now, and those that stood in a break that night.
-- name: drop_differing
DELETE FROM touched WHERE order_id IN (SELECT order_id FROM suspects) OR order_id IN (
  SELECT order_id FROM breaks WHERE mid = :mid AND {{template "of_orders" ""}} AND first_seen <= :day AND last_seen >= :day
    AND NOT (status IN {{.Set.break_cleared}} AND since <= :day))
-- name: drop_untouched
DELETE FROM standing WHERE order_id NOT IN (SELECT order_id FROM touched)

-- One row for each row of the transaction list, or for each payment or order
-- that has none there.
-- name: matched_rows
SELECT k.order_id,
  coalesce(o.payment_key, ''), coalesce(o.method, ''), coalesce(o.currency, ''), coalesce(o.held, 0), coalesce(o.status, ''),
  o.ordered_at, o.paid_at, o.canceled_at,
  coalesce(s.payment_key, ''), coalesce(s.method, ''), coalesce(s.currency, ''), coalesce(s.held, 0),
  coalesce(t.status, ''), t.at, coalesce(p.status, ''), coalesce(p.held, 0), p.approved_at, p.last_canceled_at
FROM touched k
LEFT JOIN orders o ON o.mid = :mid AND o.order_id = k.order_id AND {{template "compared" "o."}}
LEFT JOIN standing s ON s.order_id = k.order_id
LEFT JOIN transactions t ON t.mid = :mid AND t.order_id = s.order_id AND t.payment_key = s.payment_key
LEFT JOIN payments p ON p.mid = :mid AND p.payment_key = s.payment_key
ORDER BY k.order_id, s.payment_key
