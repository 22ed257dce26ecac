-- The queries of one night's comparison. They run on one connection, over
-- temporary tables that only this connection sees:
--
--   touched    the order numbers that either side touched
--   looked_*   what this night's look-ups showed, not yet committed
--   standing   each payment of a touched order, folded from all its rows
--   suspects   the order numbers whose two sides may differ
--   judged     those on which look-ups decided
--   rolling    orders of finished refunds that this night looks up again

-- name: drop_touched
DROP TABLE IF EXISTS touched
-- name: create_touched
CREATE TEMP TABLE touched (order_id {{.Key}} NOT NULL PRIMARY KEY) {{.Clustered}}
-- name: drop_suspects
DROP TABLE IF EXISTS suspects
-- name: create_suspects
CREATE TEMP TABLE suspects (
  order_id {{.Key}} NOT NULL PRIMARY KEY, stake {{.Int}} NOT NULL
) {{.Clustered}}
-- name: drop_judged
DROP TABLE IF EXISTS judged
-- name: create_judged
CREATE TEMP TABLE judged (order_id {{.Key}} NOT NULL PRIMARY KEY) {{.Clustered}}
-- name: drop_rolling
DROP TABLE IF EXISTS rolling
-- name: create_rolling
CREATE TEMP TABLE rolling (order_id {{.Key}} NOT NULL PRIMARY KEY) {{.Clustered}}
-- name: index_suspects
CREATE INDEX suspects_stake ON suspects (stake, order_id)
-- name: drop_standing
DROP TABLE IF EXISTS standing
-- name: create_standing
CREATE TEMP TABLE standing (
  order_id    {{.Key}} NOT NULL,
  payment_key {{.Key}} NOT NULL,
  currency    {{.Key}} NOT NULL,
  method      {{.Key}} NOT NULL,
  held        {{.Int}} NOT NULL,
  was_done    {{.Int}} NOT NULL,
  waiting     {{.Int}} NOT NULL,
  doubtful    {{.Int}} NOT NULL,
  PRIMARY KEY (order_id, payment_key)
) {{.Clustered}}
-- name: drop_looked_payments
DROP TABLE IF EXISTS looked_payments
-- name: create_looked_payments
CREATE TEMP TABLE looked_payments (
  mid {{.Key}} NOT NULL, payment_key {{.Key}} NOT NULL, order_id {{.Key}} NOT NULL, status {{.Key}} NOT NULL,
  method {{.Key}} NOT NULL, behind {{.Key}} NOT NULL, provider {{.Key}} NOT NULL, currency {{.Key}} NOT NULL,
  total_amount {{.Int}} NOT NULL, balance_amount {{.Int}} NOT NULL, approved {{.Int}} NOT NULL, held {{.Int}} NOT NULL,
  requested_at {{.Time}}, approved_at {{.Time}}, last_canceled_at {{.Time}}, last_transaction_key {{.Key}} NOT NULL,
  refund_status {{.Key}} NOT NULL, waiting {{.Int}} NOT NULL, follow {{.Int}} NOT NULL, looked_up_at {{.Time}} NOT NULL,
  PRIMARY KEY (mid, payment_key)
) {{.Clustered}}
-- name: drop_looked_cancels
DROP TABLE IF EXISTS looked_cancels
-- name: create_looked_cancels
CREATE TEMP TABLE looked_cancels (
  mid {{.Key}} NOT NULL, payment_key {{.Key}} NOT NULL, transaction_key {{.Key}} NOT NULL,
  amount {{.Int}} NOT NULL, status {{.Key}} NOT NULL, canceled_at {{.Time}}, marker {{.Key}} NOT NULL,
  PRIMARY KEY (mid, payment_key, transaction_key)
) {{.Clustered}}

-- Each statement leaves out what an earlier one has marked, where that is cheap.
-- name: touch_ordered
INSERT INTO touched SELECT order_id FROM orders
WHERE mid = :mid AND ordered_at >= :from AND ordered_at < :to AND pg = 'toss' AND amount > 0
ORDER BY order_id ON CONFLICT DO NOTHING
-- name: touch_paid
INSERT INTO touched SELECT order_id FROM orders
WHERE mid = :mid AND paid_at >= :from AND paid_at < :to AND pg = 'toss' AND amount > 0
  AND NOT (ordered_at >= :from AND ordered_at < :to)
ORDER BY order_id ON CONFLICT DO NOTHING
-- name: touch_canceled
INSERT INTO touched SELECT order_id FROM orders
WHERE mid = :mid AND canceled_at >= :from AND canceled_at < :to AND pg = 'toss' AND amount > 0
ORDER BY order_id ON CONFLICT DO NOTHING
-- name: touch_changed
INSERT INTO touched SELECT order_id FROM orders
WHERE mid = :mid AND changed_at >= :since AND ordered_at < :from AND ((pg = 'toss' AND amount > 0)
  OR EXISTS (SELECT 1 FROM transactions t WHERE t.mid = orders.mid AND t.order_id = orders.order_id))
ORDER BY order_id ON CONFLICT DO NOTHING
-- name: touch_breaks
INSERT INTO touched SELECT DISTINCT order_id FROM breaks
WHERE mid = :mid AND (status IN ('open','timing','reopened')
  OR (status = 'resolved' AND recheck_on <> '' AND recheck_on <= :day))
ORDER BY order_id ON CONFLICT DO NOTHING
-- name: touch_followed
INSERT INTO touched SELECT DISTINCT order_id FROM payments
WHERE mid = :mid AND follow = 1 AND last_canceled_at >= :follow_from
ORDER BY order_id ON CONFLICT DO NOTHING
-- name: touch_moved
INSERT INTO touched SELECT DISTINCT order_id FROM transactions
WHERE mid = :mid AND at >= :from AND at < :to
ORDER BY order_id ON CONFLICT DO NOTHING
-- name: windows_changed
SELECT day, first_at FROM windows WHERE mid = :mid AND read_at >= :since AND day < :day ORDER BY day
-- A row is late when it came after its day was covered for the first time.
-- Days that are read for the sake of an old order bring many rows whose orders
-- nobody has touched, and of which the shop's file may know nothing.
-- name: touch_late_rows
INSERT INTO touched SELECT DISTINCT order_id FROM transactions
WHERE mid = :mid AND at >= :from AND at < :to AND changed_at >= :since AND changed_at > :first_at
ORDER BY order_id ON CONFLICT DO NOTHING
-- name: first_read_days
SELECT day FROM window_reads WHERE mid = :mid AND run_id = :run_id AND reread = 0 AND day < :day ORDER BY day
-- name: day_known
SELECT count(*) AS paid, count(o.order_id) AS known FROM (
  SELECT DISTINCT order_id FROM transactions WHERE mid = :mid AND at >= :from AND at < :to AND status = 'DONE'
) t LEFT JOIN orders o ON o.mid = :mid AND o.order_id = t.order_id
-- name: touch_given
INSERT INTO touched (order_id) VALUES (:order_id) ON CONFLICT DO NOTHING

-- Ids of refunds are hashes: those that follow one of the day's own are a draw.
-- name: draw_rolling
INSERT INTO rolling SELECT order_id FROM (
  SELECT order_id FROM (
    SELECT 0 AS turn, id, order_id FROM (SELECT id, order_id FROM refunds
      WHERE mid = :mid AND state = 'succeeded' AND id >= :draw ORDER BY id LIMIT 20) a
    UNION ALL
    SELECT 1, id, order_id FROM (SELECT id, order_id FROM refunds
      WHERE mid = :mid AND state = 'succeeded' AND id < :draw ORDER BY id LIMIT 20) b
  ) both_turns ORDER BY turn, id LIMIT 20
) drawn WHERE true ON CONFLICT DO NOTHING
-- name: touch_rolling
INSERT INTO touched SELECT order_id FROM rolling ORDER BY order_id ON CONFLICT DO NOTHING

-- name: keep_method
DELETE FROM touched WHERE NOT EXISTS (
    SELECT 1 FROM orders o WHERE o.mid = :mid AND o.order_id = touched.order_id AND o.method = :method)
  AND NOT EXISTS (
    SELECT 1 FROM transactions t WHERE t.mid = :mid AND t.order_id = touched.order_id AND t.method = :method)

-- name: oldest_touched
SELECT min(o.ordered_at) AS at FROM touched k JOIN orders o ON o.mid = :mid AND o.order_id = k.order_id
-- name: analyze_touched
{{if .Postgres}}ANALYZE touched{{else}}SELECT 1{{end}}
-- Of a table that was filled just now PostgreSQL thinks that it has one row,
-- until autovacuum comes by. Who does not own the table leaves it at that.
-- name: never_analyzed
{{if .Postgres}}SELECT relname AS name FROM pg_class WHERE relnamespace = CAST(current_schema() AS regnamespace)
  AND relname IN ('orders','transactions','payments') AND reltuples < 0 ORDER BY relname{{else}}SELECT '' AS name WHERE 1 = 0{{end}}
-- name: analyze_orders
{{if .Postgres}}ANALYZE (SKIP_LOCKED) orders{{else}}SELECT 1{{end}}
-- name: analyze_transactions
{{if .Postgres}}ANALYZE (SKIP_LOCKED) transactions{{else}}SELECT 1{{end}}
-- name: analyze_payments
{{if .Postgres}}ANALYZE (SKIP_LOCKED) payments{{else}}SELECT 1{{end}}
-- name: analyze_standing
{{if .Postgres}}ANALYZE standing{{else}}SELECT 1{{end}}
-- name: clear_standing
DELETE FROM standing WHERE 1 = 1

-- A look-up counts for as long as the list shows nothing newer: no cancel row
-- that it does not know, no approval that it did not see. CANCELED means that
-- all went back. A PARTIAL_CANCELED row whose key no look-up has shown makes
-- its payment doubtful, and so does a virtual account that waits after it was
-- DONE.
-- name: fill_standing
INSERT INTO standing (order_id, payment_key, currency, method, held, was_done, waiting, doubtful)
SELECT f.order_id, f.payment_key, f.currency, f.method,
  CASE
    WHEN f.looked_up = 1 AND f.unexplained = 0
      AND (f.done_amount IS NULL OR f.done_amount = f.approved) AND (f.canceled = 0 OR f.held = 0) THEN f.held
    WHEN f.looked_up_now = 1 THEN f.held
    WHEN f.canceled = 1 THEN 0
    ELSE coalesce(f.done_amount, 0)
  END,
  CASE WHEN f.done_amount IS NULL THEN 0 ELSE 1 END,
  CASE WHEN f.canceled = 0 AND f.done_amount IS NULL AND f.waiting_at IS NOT NULL
    AND (f.looked_up = 0 OR f.waiting = 1) THEN 1 ELSE 0 END,
  CASE
    WHEN f.unexplained > 0 OR f.currencies > 1 THEN 1
    WHEN f.canceled = 0 AND f.waiting_at >= f.done_at THEN 1
    WHEN f.looked_up = 1 AND f.done_amount IS NOT NULL AND f.approved <> f.done_amount THEN 1
    WHEN f.looked_up = 1 AND f.canceled = 1 AND f.held > 0 THEN 1
    WHEN f.follow = 1 AND f.last_canceled_at >= :follow_from THEN 1
    WHEN f.looked_up = 0 AND f.canceled = 1 AND f.done_amount IS NOT NULL AND f.method = 'virtual_account'
      AND f.canceled_at >= :follow_from THEN 1
    ELSE 0
  END
FROM (
  -- Both look-ups are found by their key. A planner that knows nothing yet of
  -- tables filled this night would read a set of them once for each payment.
  SELECT t.*,
    CASE WHEN n.payment_key IS NULL AND p.payment_key IS NULL THEN 0 ELSE 1 END AS looked_up,
    CASE WHEN n.payment_key IS NULL THEN 0 ELSE 1 END AS looked_up_now,
    CASE WHEN n.payment_key IS NULL THEN p.approved ELSE n.approved END AS approved,
    CASE WHEN n.payment_key IS NULL THEN p.held ELSE n.held END AS held,
    CASE WHEN n.payment_key IS NULL THEN p.waiting ELSE n.waiting END AS waiting,
    CASE WHEN n.payment_key IS NULL THEN p.follow ELSE n.follow END AS follow,
    CASE WHEN n.payment_key IS NULL THEN p.last_canceled_at ELSE n.last_canceled_at END AS last_canceled_at
  FROM (
    SELECT t.order_id, t.payment_key,
      max(t.currency) AS currency, CASE WHEN min(t.currency) <> max(t.currency) THEN 2 ELSE 1 END AS currencies, max(t.method) AS method,
      max(CASE WHEN t.status = 'DONE' THEN t.amount END) AS done_amount,
      max(CASE WHEN t.status = 'DONE' THEN t.at END) AS done_at,
      max(CASE WHEN t.status = 'WAITING_FOR_DEPOSIT' THEN t.at END) AS waiting_at,
      max(CASE WHEN t.status = 'CANCELED' THEN t.at END) AS canceled_at,
      max(CASE WHEN t.status = 'CANCELED' THEN 1 ELSE 0 END) AS canceled,
      sum(CASE WHEN t.status = 'PARTIAL_CANCELED' AND c.transaction_key IS NULL AND n.transaction_key IS NULL
        THEN 1 ELSE 0 END) AS unexplained
    FROM touched k
    JOIN transactions t ON t.mid = :mid AND t.order_id = k.order_id
    LEFT JOIN cancels c ON c.mid = :mid AND t.status = 'PARTIAL_CANCELED'
      AND c.payment_key = t.payment_key AND c.transaction_key = t.transaction_key
    LEFT JOIN looked_cancels n ON n.mid = :mid AND t.status = 'PARTIAL_CANCELED'
      AND n.payment_key = t.payment_key AND n.transaction_key = t.transaction_key
    GROUP BY t.order_id, t.payment_key
  ) t
  LEFT JOIN looked_payments n ON n.mid = :mid AND n.payment_key = t.payment_key
  LEFT JOIN payments p ON p.mid = :mid AND p.payment_key = t.payment_key
) f

-- Payments that only look-ups know: their day was never covered.
-- name: fill_standing_looked
INSERT INTO standing (order_id, payment_key, currency, method, held, was_done, waiting, doubtful)
SELECT l.order_id, l.payment_key, l.currency, l.method, l.held,
  CASE WHEN l.approved > 0 THEN 1 ELSE 0 END, l.waiting, 1
FROM (
  SELECT order_id, payment_key, currency, method, held, approved, waiting FROM looked_payments WHERE mid = :mid
  UNION ALL
  SELECT p.order_id, p.payment_key, p.currency, p.method, p.held, p.approved, p.waiting
  FROM payments p WHERE p.mid = :mid
    AND NOT EXISTS (SELECT 1 FROM looked_payments n WHERE n.mid = p.mid AND n.payment_key = p.payment_key)
) l
JOIN touched k ON k.order_id = l.order_id
WHERE NOT EXISTS (SELECT 1 FROM standing s WHERE s.order_id = l.order_id AND s.payment_key = l.payment_key)

-- The filter: a pair passes only when nothing that Compare could report is
-- possible. Every operand is made non-null, since "not unknown" is unknown.
-- name: fill_suspects
INSERT INTO suspects (order_id, stake)
SELECT k.order_id, CASE WHEN coalesce(o.held, 0) > coalesce(s.held, 0) THEN coalesce(o.held, 0) ELSE coalesce(s.held, 0) END
FROM touched k
LEFT JOIN orders o ON o.mid = :mid AND o.order_id = k.order_id AND o.pg = 'toss' AND o.amount > 0
LEFT JOIN (
  SELECT order_id, sum(held) AS held, sum(CASE WHEN held > 0 THEN 1 ELSE 0 END) AS paying,
    max(doubtful) AS doubtful, max(waiting) AS waiting,
    max(CASE WHEN held > 0 THEN payment_key END) AS payment_key,
    max(CASE WHEN held > 0 THEN currency END) AS currency,
    max(CASE WHEN held > 0 THEN method END) AS method
  FROM standing GROUP BY order_id
) s ON s.order_id = k.order_id
LEFT JOIN rolling y ON y.order_id = k.order_id
WHERE :lookup_all = 1 OR NOT (
  k.order_id NOT IN (SELECT order_id FROM breaks
    WHERE mid = :mid AND (status IN ('open','timing','reopened')
      OR (status = 'resolved' AND recheck_on <> '' AND recheck_on <= :day)))
  AND y.order_id IS NULL
  AND coalesce(s.doubtful, 0) = 0
  AND coalesce(s.paying, 0) <= 1
  AND coalesce(o.held, 0) = coalesce(s.held, 0)
  AND (coalesce(s.held, 0) = 0 OR (
    coalesce(o.currency, '') = coalesce(s.currency, '')
    AND (coalesce(o.payment_key, '') = '' OR o.payment_key = coalesce(s.payment_key, ''))
    AND (coalesce(o.method, '') = '' OR coalesce(s.method, '') = '' OR o.method = s.method
      OR (o.method IN ('easy_pay','foreign_easy_pay') AND s.method IN ('card','transfer','easy_pay','foreign_easy_pay'))
      OR (s.method IN ('easy_pay','foreign_easy_pay') AND o.method IN ('card','transfer','easy_pay','foreign_easy_pay')))))
  AND (coalesce(s.held, 0) > 0 OR coalesce(s.waiting, 0) = 0 OR coalesce(o.status, '') NOT IN ('canceled','deleted'))
)
-- name: count_suspects
SELECT count(*) FROM suspects
-- name: count_touched
SELECT count(*) FROM touched

-- name: next_suspects
SELECT s.order_id AS suspect_id, s.stake AS stake,
  coalesce(o.mid, '') AS mid, coalesce(o.order_id, '') AS order_id, coalesce(o.payment_key, '') AS payment_key,
  coalesce(o.method, '') AS method, coalesce(o.status, '') AS status, coalesce(o.amount, 0) AS amount,
  coalesce(o.canceled_amount, 0) AS canceled_amount, coalesce(o.refunded_elsewhere, 0) AS refunded_elsewhere,
  coalesce(o.tax_free_amount, 0) AS tax_free_amount, coalesce(o.pg, '') AS pg, coalesce(o.currency, '') AS currency,
  o.ordered_at, o.paid_at, o.canceled_at, coalesce(o.customer_ref, '') AS customer_ref
FROM (
  SELECT order_id, stake FROM suspects
  WHERE stake < :stake OR (stake = :stake AND order_id > :after)
  ORDER BY stake DESC, order_id LIMIT :limit
) s
LEFT JOIN orders o ON o.mid = :mid AND o.order_id = s.order_id
ORDER BY s.stake DESC, s.order_id
-- That a deposit had come once is known from the list, or from a look between
-- two nights.
-- name: standing_of_suspects
SELECT s.order_id, s.payment_key, CASE WHEN EXISTS (SELECT 1 FROM payment_facts f
  WHERE f.mid = :mid AND f.payment_key = s.payment_key AND f.deposited = 1) THEN 1 ELSE s.was_done END AS was_done FROM (
  SELECT order_id, stake FROM suspects
  WHERE stake < :stake OR (stake = :stake AND order_id > :after)
  ORDER BY stake DESC, order_id LIMIT :limit
) x JOIN standing s ON s.order_id = x.order_id
ORDER BY s.order_id, s.payment_key
-- name: claims_of_suspects
SELECT r.order_id, r.payment_key, r.transaction_key, r.amount FROM (
  SELECT order_id, stake FROM suspects
  WHERE stake < :stake OR (stake = :stake AND order_id > :after)
  ORDER BY stake DESC, order_id LIMIT :limit
) x JOIN refunds r ON r.mid = :mid AND r.order_id = x.order_id
WHERE r.state IN ('succeeded','accepted') AND r.transaction_key <> ''
ORDER BY r.order_id, r.id
-- name: agreeing
SELECT s.order_id, s.payment_key FROM standing s
WHERE s.held > 0 AND NOT EXISTS (SELECT 1 FROM suspects x WHERE x.order_id = s.order_id)
ORDER BY s.order_id, s.payment_key
-- name: count_agreeing
SELECT count(*) FROM standing s
WHERE s.held > 0 AND NOT EXISTS (SELECT 1 FROM suspects x WHERE x.order_id = s.order_id)
-- name: order_of
SELECT mid, order_id, payment_key, method, status, amount, canceled_amount, refunded_elsewhere, tax_free_amount,
  pg, currency, ordered_at, paid_at, canceled_at, customer_ref
FROM orders WHERE mid = :mid AND order_id = :order_id

-- name: shop_totals
SELECT o.currency AS currency, CAST(sum(o.held) AS {{.Int}}) AS total, count(*) AS number
FROM orders o WHERE o.mid = :mid AND o.pg = 'toss' AND o.amount > 0
  AND o.order_id IN (SELECT order_id FROM touched)
GROUP BY o.currency ORDER BY o.currency
-- name: provider_totals
SELECT currency, CAST(sum(held) AS {{.Int}}) AS total, count(*) AS number
FROM standing GROUP BY currency ORDER BY currency
-- name: day_orders
SELECT
  CAST(coalesce(sum(CASE WHEN pg <> 'toss' THEN 1 ELSE 0 END), 0) AS {{.Int}}) AS other_pg,
  CAST(coalesce(sum(CASE WHEN pg = 'toss' AND amount = 0 THEN 1 ELSE 0 END), 0) AS {{.Int}}) AS zero_amount
FROM orders WHERE mid = :mid AND ordered_at >= :from AND ordered_at < :to AND (pg <> 'toss' OR amount = 0)
-- name: count_ordered
SELECT count(*) FROM orders WHERE mid = :mid AND ordered_at >= :from AND ordered_at < :to AND pg = 'toss' AND amount > 0
-- name: day_methods
SELECT method, currency, count(*) AS row_count,
  CAST(coalesce(sum(CASE WHEN status = 'DONE' THEN amount ELSE 0 END), 0) AS {{.Int}}) AS approved,
  CAST(coalesce(sum(CASE WHEN status IN ('CANCELED','PARTIAL_CANCELED') THEN 1 ELSE 0 END), 0) AS {{.Int}}) AS canceled
FROM transactions WHERE mid = :mid AND at >= :from AND at < :to
GROUP BY method, currency ORDER BY method, currency
-- name: breaks_of_judged
SELECT b.* FROM breaks b JOIN judged s ON s.order_id = b.order_id WHERE b.mid = :mid ORDER BY b.id

-- name: commit_payments
INSERT INTO payments SELECT * FROM looked_payments WHERE mid = :mid
ON CONFLICT (mid, payment_key) DO UPDATE SET
  order_id = excluded.order_id, status = excluded.status, method = excluded.method, behind = excluded.behind,
  provider = excluded.provider, currency = excluded.currency, total_amount = excluded.total_amount,
  balance_amount = excluded.balance_amount, approved = excluded.approved, held = excluded.held,
  requested_at = excluded.requested_at, approved_at = excluded.approved_at,
  last_canceled_at = excluded.last_canceled_at, last_transaction_key = excluded.last_transaction_key,
  refund_status = excluded.refund_status, waiting = excluded.waiting, follow = excluded.follow,
  looked_up_at = excluded.looked_up_at
WHERE payments.looked_up_at <= excluded.looked_up_at
-- name: commit_cancels
INSERT INTO cancels (mid, payment_key, transaction_key, amount, status, canceled_at, marker)
SELECT mid, payment_key, transaction_key, amount, status, canceled_at, marker FROM looked_cancels WHERE mid = :mid
ON CONFLICT (mid, payment_key, transaction_key) DO UPDATE SET status = excluded.status
WHERE cancels.status <> excluded.status
