-- Webhooks: kept, worked on, shown.
-- name: take_events
UPDATE events SET next_at = :until, tries = tries + 1 WHERE id IN (SELECT id FROM events{{if not .Postgres}} INDEXED BY events_due{{end}}
  WHERE state IN {{.Set.event_new}} AND (next_at IS NULL OR next_at <= :now)
  ORDER BY urgent DESC, tries, received_at, id LIMIT :limit{{if .Postgres}} FOR UPDATE SKIP LOCKED{{end}})
RETURNING *
-- name: end_event
UPDATE events SET state = :state, why = :why, done_at = :now, next_at = NULL WHERE id = :id AND state IN {{.Set.event_new}}
-- name: put_off_event
UPDATE events SET why = :why, next_at = :next WHERE id = :id AND state IN {{.Set.event_new}}
-- name: events_waiting
SELECT count(*) AS number, min(coalesce(next_at, received_at)) AS at FROM events WHERE state IN {{.Set.event_new}}
-- name: events_list
SELECT * FROM events WHERE (:mid = '' OR mid = :mid) AND (:type = '' OR type = :type) AND (:order_id = '' OR order_id = :order_id)
ORDER BY received_at DESC, id LIMIT :limit
-- Every index of orders and payments begins with the merchant. There are few, so
-- that they are found first, one by one, and the order is looked for in each.
-- name: mids_of_order
WITH RECURSIVE known (mid) AS (
  SELECT min(f.mid) FROM (SELECT min(mid) AS mid FROM orders UNION ALL SELECT min(mid) FROM payments) f
  UNION ALL
  SELECT (SELECT min(n.mid) FROM (SELECT min(o.mid) AS mid FROM orders o WHERE o.mid > known.mid
    UNION ALL SELECT min(p.mid) FROM payments p WHERE p.mid > known.mid) n) FROM known WHERE known.mid IS NOT NULL)
SELECT k.mid FROM known k WHERE EXISTS (SELECT 1 FROM orders o WHERE o.mid = k.mid AND o.order_id = :order_id)
  OR EXISTS (SELECT 1 FROM payments p WHERE p.mid = k.mid AND p.order_id = :order_id) ORDER BY k.mid
-- name: known_payment
SELECT count(*) FROM (
  SELECT 1 AS one FROM orders WHERE mid = :mid AND order_id = :order_id
  UNION ALL SELECT 1 FROM payments WHERE mid = :mid AND payment_key = :payment_key
  UNION ALL SELECT 1 FROM payments WHERE mid = :mid AND order_id = :order_id
  UNION ALL SELECT 1 FROM captures WHERE mid = :mid AND order_id = :order_id) known
-- name: payment_of_cancel
SELECT p.mid, p.payment_key, p.order_id FROM cancels c JOIN payments p ON p.mid = c.mid AND p.payment_key = c.payment_key
WHERE c.transaction_key = :transaction_key
-- name: wake_refunds
UPDATE refunds SET next_at = :now WHERE payment_key = :payment_key
  AND state IN {{.Set.news}} AND (next_at IS NULL OR next_at > :now)
