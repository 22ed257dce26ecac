-- The queries of one night's comparison. They run on one connection, over
-- temporary tables that only this connection sees:
--
--   touched    the order numbers that either side touched
--   looked_*   what this night's look-ups showed, not yet committed
--   standing   each payment of a touched order, folded from all its rows
--   refolded   those of them that look-ups have told of since
--   suspects   the order numbers whose two sides may differ
--   judged     those on which look-ups decided
--   movements  approvals and cancels that look-ups show and no row of the list
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
-- name: drop_movements
DROP TABLE IF EXISTS movements
-- name: create_movements
CREATE TEMP TABLE movements (
  payment_key {{.Key}} NOT NULL, transaction_key {{.Key}} NOT NULL, order_id {{.Key}} NOT NULL, method {{.Key}} NOT NULL,
  currency {{.Key}} NOT NULL, at {{.Time}}, amount {{.Int}} NOT NULL, counted {{.Int}} NOT NULL,
  PRIMARY KEY (payment_key, transaction_key)
) {{.Clustered}}
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
  listed      {{.Int}} NOT NULL,
  was_done    {{.Int}} NOT NULL,
  waiting     {{.Int}} NOT NULL,
  doubtful    {{.Int}} NOT NULL,
  PRIMARY KEY (order_id, payment_key)
) {{.Clustered}}
-- name: drop_refolded
DROP TABLE IF EXISTS refolded
-- name: create_refolded
CREATE TEMP TABLE refolded (order_id {{.Key}} NOT NULL, payment_key {{.Key}} NOT NULL, PRIMARY KEY (order_id, payment_key)) {{.Clustered}}
-- name: drop_looked_payments
DROP TABLE IF EXISTS looked_payments
-- name: create_looked_payments
CREATE TEMP TABLE looked_payments (
  mid {{.Key}} NOT NULL, payment_key {{.Key}} NOT NULL, order_id {{.Key}} NOT NULL, status {{.Key}} NOT NULL,
  method {{.Key}} NOT NULL, behind {{.Key}} NOT NULL, provider {{.Key}} NOT NULL, currency {{.Key}} NOT NULL,
  total_amount {{.Int}} NOT NULL, balance_amount {{.Int}} NOT NULL, approved {{.Int}} NOT NULL, held {{.Int}} NOT NULL,
  requested_at {{.Time}}, approved_at {{.Time}}, last_canceled_at {{.Time}}, last_transaction_key {{.Key}} NOT NULL,
  refund_status {{.Key}} NOT NULL, waiting {{.Int}} NOT NULL, follow {{.Int}} NOT NULL, looked_up_at {{.Time}} NOT NULL,
  approval_number {{.Key}} NOT NULL, cash_receipt {{.Key}} NOT NULL,
  tax_free_left {{.Int}}, tax_free_paid {{.Int}}, toss_mid {{.Key}} NOT NULL,
  PRIMARY KEY (mid, payment_key)
) {{.Clustered}}
-- name: drop_looked_cancels
DROP TABLE IF EXISTS looked_cancels
-- name: create_looked_cancels
CREATE TEMP TABLE looked_cancels (
  mid {{.Key}} NOT NULL, payment_key {{.Key}} NOT NULL, transaction_key {{.Key}} NOT NULL,
  amount {{.Int}} NOT NULL, status {{.Key}} NOT NULL, canceled_at {{.Time}}, marker {{.Key}} NOT NULL, tax_free {{.Int}},
  PRIMARY KEY (mid, payment_key, transaction_key)
) {{.Clustered}}

-- Each statement leaves out what an earlier one has marked, where that is cheap.
-- name: touch_ordered
INSERT INTO touched SELECT order_id FROM orders
WHERE mid = :mid AND ordered_at >= :from AND ordered_at < :to AND {{template "compared" ""}}
ORDER BY order_id ON CONFLICT DO NOTHING
-- What an index answers by itself SQLite is asked first and apart, as a list of numbers:
-- of a table that lies in the order of its key it would read the row of every entry of
-- the index, in the order of the index, before it tests anything. A list it walks in the
-- order of the table. PostgreSQL sorts the places of rows by itself.
-- name: touch_paid
INSERT INTO touched SELECT o.order_id FROM orders o
WHERE o.mid = :mid{{if .Postgres}} AND o.paid_at >= :from AND o.paid_at < :to AND NOT (o.ordered_at >= :from AND o.ordered_at < :to){{else}} AND o.order_id IN (
    SELECT order_id FROM orders WHERE mid = :mid AND paid_at >= :from AND paid_at < :to AND NOT (ordered_at >= :from AND ordered_at < :to)){{end}}
  AND {{template "compared" "o."}}
ORDER BY o.order_id ON CONFLICT DO NOTHING
-- name: touch_canceled
INSERT INTO touched SELECT order_id FROM orders
WHERE mid = :mid AND canceled_at >= :from AND canceled_at < :to AND {{template "compared" ""}}
ORDER BY order_id ON CONFLICT DO NOTHING
-- name: touch_changed
INSERT INTO touched SELECT o.order_id FROM orders o
WHERE o.mid = :mid{{if .Postgres}} AND o.changed_at >= :since AND o.ordered_at < :from{{else}} AND o.order_id IN (
    SELECT order_id FROM orders INDEXED BY orders_changed WHERE mid = :mid AND changed_at >= :since AND ordered_at < :from){{end}}
  AND (({{template "compared" "o."}})
  OR EXISTS (SELECT 1 FROM transactions t WHERE t.mid = o.mid AND t.order_id = o.order_id))
ORDER BY o.order_id ON CONFLICT DO NOTHING
-- name: touch_breaks
INSERT INTO touched SELECT DISTINCT order_id FROM breaks
WHERE mid = :mid AND {{template "of_orders" ""}} AND (status IN {{.Set.break_alive}}
  OR (status IN {{.Set.break_resolved}} AND (refunding = 1 OR (recheck_on <> '' AND recheck_on <= :day))))
ORDER BY order_id ON CONFLICT DO NOTHING
-- name: touch_followed
INSERT INTO touched SELECT DISTINCT order_id FROM payments
WHERE mid = :mid AND follow = 1 AND last_canceled_at >= :follow_from
ORDER BY order_id ON CONFLICT DO NOTHING
-- name: touch_moved
INSERT INTO touched SELECT DISTINCT order_id FROM transactions
WHERE mid = :mid AND {{template "of_day" .}}
ORDER BY order_id ON CONFLICT DO NOTHING
-- name: windows_changed
SELECT day, first_at FROM windows WHERE mid = :mid AND read_at >= :since AND day < :day ORDER BY day
-- A row is late when it came after its day was covered for the first time.
-- Days that are read for the sake of an old order bring many rows whose orders
-- nobody has touched, and of which the shop's file may know nothing.
-- name: touch_late_rows
INSERT INTO touched SELECT DISTINCT order_id FROM transactions
WHERE mid = :mid AND {{template "of_day" .}} AND changed_at >= :since AND changed_at > :first_at
ORDER BY order_id ON CONFLICT DO NOTHING
-- name: first_read_days
SELECT day FROM window_reads WHERE mid = :mid AND run_id = :run_id AND reread = 0 AND day < :day ORDER BY day
-- name: day_known
SELECT count(*) AS paid, count(o.order_id) AS known FROM (
  SELECT DISTINCT order_id FROM transactions WHERE mid = :mid AND {{template "of_day" .}} AND status = 'DONE'
) t LEFT JOIN orders o ON o.mid = :mid AND o.order_id = t.order_id
-- name: touch_given
INSERT INTO touched (order_id) VALUES (:order_id) ON CONFLICT DO NOTHING

-- Ids of refunds are hashes: those that follow one of the day's own are a draw.
-- name: draw_rolling
INSERT INTO rolling SELECT order_id FROM (
  SELECT order_id FROM (
    SELECT 0 AS turn, id, order_id FROM (SELECT id, order_id FROM refunds
      WHERE mid = :mid AND state IN {{.Set.succeeded}} AND id >= :draw ORDER BY id LIMIT :drawn) a
    UNION ALL
    SELECT 1, id, order_id FROM (SELECT id, order_id FROM refunds
      WHERE mid = :mid AND state IN {{.Set.succeeded}} AND id < :draw ORDER BY id LIMIT :drawn) b
  ) both_turns ORDER BY turn, id LIMIT :drawn
) drawn WHERE true ON CONFLICT DO NOTHING
-- name: touch_rolling
INSERT INTO touched SELECT order_id FROM rolling ORDER BY order_id ON CONFLICT DO NOTHING

-- name: keep_method
DELETE FROM touched WHERE NOT EXISTS (
    SELECT 1 FROM orders o WHERE o.mid = :mid AND o.order_id = touched.order_id AND o.method = :method)
  AND NOT EXISTS (
    SELECT 1 FROM transactions t WHERE t.mid = :mid AND t.order_id = touched.order_id AND t.method = :method)

-- name: oldest_touched
SELECT min(o.ordered_at) AS at FROM touched k CROSS JOIN orders o WHERE o.mid = :mid AND o.order_id = k.order_id
-- name: analyze_touched
{{if .Postgres}}ANALYZE touched{{else}}SELECT 1{{end}}
-- Of a table that was filled just now PostgreSQL thinks that it has one row, or as
-- many as when it was looked at while it was empty, until autovacuum comes by. Who does
-- not own the table leaves it at that.
-- name: never_analyzed
{{if .Postgres}}SELECT relname AS name FROM pg_class WHERE relnamespace = CAST(current_schema() AS regnamespace)
  AND relname IN ('orders','transactions','payments','cancels') AND reltuples <= 0 ORDER BY relname{{else}}SELECT '' AS name WHERE 1 = 0{{end}}
-- name: analyze_orders
{{if .Postgres}}ANALYZE (SKIP_LOCKED) orders{{else}}SELECT 1{{end}}
-- name: analyze_transactions
{{if .Postgres}}ANALYZE (SKIP_LOCKED) transactions{{else}}SELECT 1{{end}}
-- name: analyze_payments
{{if .Postgres}}ANALYZE (SKIP_LOCKED) payments{{else}}SELECT 1{{end}}
-- name: analyze_cancels
{{if .Postgres}}ANALYZE (SKIP_LOCKED) cancels{{else}}SELECT 1{{end}}
-- name: analyze_looked_payments
{{if .Postgres}}ANALYZE looked_payments{{else}}SELECT 1{{end}}
-- name: analyze_looked_cancels
{{if .Postgres}}ANALYZE looked_cancels{{else}}SELECT 1{{end}}
-- name: analyze_refolded
{{if .Postgres}}ANALYZE refolded{{else}}SELECT 1{{end}}
-- name: analyze_standing
{{if .Postgres}}ANALYZE standing{{else}}SELECT 1{{end}}
-- name: clear_standing
DELETE FROM standing WHERE 1 = 1
-- name: clear_refolded
DELETE FROM refolded WHERE 1 = 1
-- name: mark_refolded
INSERT INTO refolded SELECT s.order_id, s.payment_key FROM standing s
WHERE EXISTS (SELECT 1 FROM looked_payments n WHERE n.mid = :mid AND n.payment_key = s.payment_key)
ORDER BY s.order_id, s.payment_key
-- name: unfold_refolded
DELETE FROM standing WHERE EXISTS (SELECT 1 FROM refolded r WHERE r.order_id = standing.order_id AND r.payment_key = standing.payment_key)

-- A look-up counts for as long as the list shows nothing newer: no cancel row
-- that it does not know, no approval that it did not see. CANCELED means that
-- all went back. A PARTIAL_CANCELED row whose key no look-up has shown makes
-- its payment doubtful, and so does a virtual account that waits after it was
-- DONE.
--
-- listed is the money by the rows alone, whatever look-ups show: of a cancel
-- row they say only how much it is, since the row itself does not.
{{- define "fold"}}
INSERT INTO standing (order_id, payment_key, currency, method, held, listed, was_done, waiting, doubtful)
SELECT f.order_id, f.payment_key, f.currency, f.method,
  CASE
    WHEN f.looked_up = 1 AND f.unexplained = 0
      AND (f.done_amount IS NULL OR f.done_amount = f.approved) AND (f.canceled = 0 OR f.held = 0) THEN f.held
    WHEN f.looked_up_now = 1 THEN f.held
    WHEN f.canceled = 1 THEN 0
    ELSE coalesce(f.done_amount, 0)
  END,
  CASE WHEN f.canceled = 1 OR f.waiting_at > f.done_at THEN 0 ELSE coalesce(f.done_amount, 0) - f.canceled_parts END,
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
  SELECT u.*,
    CASE WHEN n.payment_key IS NULL AND p.payment_key IS NULL THEN 0 ELSE 1 END AS looked_up,
    CASE WHEN n.payment_key IS NULL THEN 0 ELSE 1 END AS looked_up_now,
    CASE WHEN n.payment_key IS NULL THEN p.approved ELSE n.approved END AS approved,
    CASE WHEN n.payment_key IS NULL THEN p.held ELSE n.held END AS held,
    CASE WHEN n.payment_key IS NULL THEN p.waiting ELSE n.waiting END AS waiting,
    CASE WHEN n.payment_key IS NULL THEN p.follow ELSE n.follow END AS follow,
    CASE WHEN n.payment_key IS NULL THEN p.last_canceled_at ELSE n.last_canceled_at END AS last_canceled_at
  FROM (
    SELECT k.order_id, t.payment_key,
      max(t.currency) AS currency, CASE WHEN min(t.currency) <> max(t.currency) THEN 2 ELSE 1 END AS currencies, max(t.method) AS method,
      max(CASE WHEN t.status = 'DONE' THEN t.amount END) AS done_amount,
      max(CASE WHEN t.status = 'DONE' THEN t.at END) AS done_at,
      max(CASE WHEN t.status = 'WAITING_FOR_DEPOSIT' THEN t.at END) AS waiting_at,
      max(CASE WHEN t.status = 'CANCELED' THEN t.at END) AS canceled_at,
      max(CASE WHEN t.status = 'CANCELED' THEN 1 ELSE 0 END) AS canceled,
      sum(CASE WHEN t.status = 'PARTIAL_CANCELED' AND c.transaction_key IS NULL AND n.transaction_key IS NULL
        THEN 1 ELSE 0 END) AS unexplained,
      sum(CASE WHEN t.status = 'PARTIAL_CANCELED' THEN coalesce(n.amount, c.amount, 0) ELSE 0 END) AS canceled_parts
    FROM {{.}} k
    CROSS JOIN transactions t
    LEFT JOIN cancels c ON c.mid = :mid AND t.status = 'PARTIAL_CANCELED' AND c.status = 'DONE'
      AND c.payment_key = t.payment_key AND c.transaction_key = t.transaction_key
    LEFT JOIN looked_cancels n ON n.mid = :mid AND t.status = 'PARTIAL_CANCELED'
      AND n.payment_key = t.payment_key AND n.transaction_key = t.transaction_key
    WHERE t.mid = :mid AND t.order_id = k.order_id{{if eq . "refolded"}} AND t.payment_key = k.payment_key{{end}}
    GROUP BY k.order_id, t.payment_key
  ) u
  LEFT JOIN looked_payments n ON n.mid = :mid AND n.payment_key = u.payment_key
  LEFT JOIN payments p ON p.mid = :mid AND p.payment_key = u.payment_key
) f
{{- end}}
-- name: fill_standing
{{template "fold" "touched"}}
-- name: refill_standing
{{template "fold" "refolded"}}

-- Payments that only look-ups know: their day was never covered.
-- name: fill_standing_looked
INSERT INTO standing (order_id, payment_key, currency, method, held, listed, was_done, waiting, doubtful)
SELECT l.order_id, l.payment_key, l.currency, l.method, l.held, 0,
  CASE WHEN l.approved > 0 THEN 1 ELSE 0 END, l.waiting, 1
FROM (
  SELECT n.order_id, n.payment_key, n.currency, n.method, n.held, n.approved, n.waiting
  FROM looked_payments n JOIN touched k ON k.order_id = n.order_id WHERE n.mid = :mid
  UNION ALL
  SELECT p.order_id, p.payment_key, p.currency, p.method, p.held, p.approved, p.waiting
  FROM touched k CROSS JOIN payments p WHERE p.mid = :mid AND p.order_id = k.order_id
    AND NOT EXISTS (SELECT 1 FROM looked_payments n WHERE n.mid = p.mid AND n.payment_key = p.payment_key)
) l
WHERE NOT EXISTS (SELECT 1 FROM standing s WHERE s.order_id = l.order_id AND s.payment_key = l.payment_key)

-- The filter: a pair passes only when nothing that Compare could report is
-- possible, and, where the shop says that it was paid, when the list says so
-- too: of an approval that the list leaves out, both sides may seem to hold
-- nothing. answered: look-ups have told of those already. Every operand is made non-null, since "not unknown" is unknown.
-- name: fill_suspects
INSERT INTO suspects (order_id, stake)
SELECT k.order_id, CASE WHEN coalesce(o.held, 0) > coalesce(s.held, 0) THEN coalesce(o.held, 0) ELSE coalesce(s.held, 0) END
FROM touched k
LEFT JOIN orders o ON o.mid = :mid AND o.order_id = k.order_id AND {{template "compared" "o."}}
LEFT JOIN (
  SELECT order_id, sum(held) AS held, sum(CASE WHEN held > 0 THEN 1 ELSE 0 END) AS paying,
    max(was_done) AS was_done, max(doubtful) AS doubtful, max(waiting) AS waiting,
    max(CASE WHEN held > 0 THEN payment_key END) AS payment_key,
    max(CASE WHEN held > 0 THEN currency END) AS currency,
    max(CASE WHEN held > 0 THEN method END) AS method
  FROM standing GROUP BY order_id
) s ON s.order_id = k.order_id
LEFT JOIN rolling y ON y.order_id = k.order_id
WHERE :lookup_all = 1 OR NOT (
  k.order_id NOT IN (SELECT order_id FROM breaks
    WHERE mid = :mid AND {{template "of_orders" ""}} AND (status IN {{.Set.break_alive}}
      OR (status IN {{.Set.break_resolved}} AND (refunding = 1 OR (recheck_on <> '' AND recheck_on <= :day)))))
  AND y.order_id IS NULL
  AND coalesce(s.doubtful, 0) = 0
  AND coalesce(s.paying, 0) <= 1
  AND coalesce(o.held, 0) = coalesce(s.held, 0)
  AND (:answered = 1 OR coalesce(s.was_done, 0) = 1 OR (o.paid_at IS NULL AND coalesce(o.status, '') NOT IN ('paid','partially_canceled')))
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
  o.ordered_at, o.paid_at, o.canceled_at, coalesce(o.customer_ref, '') AS customer_ref,
  coalesce(o.mixed_refunds, 0) AS mixed_refunds, coalesce(o.paid_unknown, 0) AS paid_unknown
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
-- Under whatever MID the refund was made. The join is crossed so that SQLite
-- begins with the few suspects.
-- name: claims_of_suspects
SELECT r.order_id, r.payment_key, r.transaction_key, r.amount FROM (
  SELECT order_id, stake FROM suspects
  WHERE stake < :stake OR (stake = :stake AND order_id > :after)
  ORDER BY stake DESC, order_id LIMIT :limit
) x CROSS JOIN refunds r
WHERE r.order_id = x.order_id AND r.state IN {{.Set.executed}} AND r.transaction_key <> ''
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
  pg, currency, ordered_at, paid_at, canceled_at, customer_ref, mixed_refunds, paid_unknown
FROM orders WHERE mid = :mid AND order_id = :order_id

-- name: shop_totals
SELECT o.currency AS currency, CAST(sum(o.held) AS {{.Int}}) AS total, count(*) AS number
FROM orders o WHERE o.mid = :mid AND {{template "compared" "o."}}
  AND o.order_id IN (SELECT order_id FROM touched)
GROUP BY o.currency ORDER BY o.currency
-- name: provider_totals
SELECT currency, CAST(sum(listed) AS {{.Int}}) AS total, count(*) AS number
FROM standing GROUP BY currency ORDER BY currency
-- The same where no list was read: by look-ups.
-- name: provider_held
SELECT currency, CAST(sum(held) AS {{.Int}}) AS total, count(*) AS number
FROM standing GROUP BY currency ORDER BY currency

-- Movements that look-ups have shown and no row of the list shows: of touched
-- orders at any time, and of any order within a window. An approval is known by
-- the newest key of its payment, or, once a cancel has taken that place, by its
-- status. amount is what it does to the money held; where a row says CANCELED
-- nothing is left to do. counted: the order is among those that are summed up.
-- A cancel of what was never approved moves no money.
{{- define "unlisted_approval"}}
  {{/* of p, a looked-up payment */ -}}
  p.approved > 0 AND p.approved_at IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM transactions t WHERE t.mid = :mid AND t.order_id = p.order_id AND t.payment_key = p.payment_key AND (
      (t.status = 'DONE' AND (t.at = p.approved_at OR p.last_canceled_at IS NOT NULL OR p.last_transaction_key = ''))
      OR (p.last_canceled_at IS NULL AND t.transaction_key = p.last_transaction_key AND t.status <> 'WAITING_FOR_DEPOSIT')))
{{- end}}
{{- define "unlisted_cancel"}}
  {{/* of c, a cancel of p */ -}}
  c.status = 'DONE' AND c.canceled_at IS NOT NULL AND c.transaction_key <> '' AND p.approved > 0 AND NOT EXISTS (
    SELECT 1 FROM transactions t WHERE t.mid = :mid AND t.order_id = p.order_id AND t.payment_key = p.payment_key
      AND t.transaction_key = c.transaction_key)
{{- end}}
{{- define "approval"}}
INSERT INTO movements SELECT p.payment_key, CASE WHEN p.last_canceled_at IS NULL THEN p.last_transaction_key ELSE '' END,
  p.order_id, p.method, p.currency, p.approved_at, CASE WHEN {{template "all_back"}} THEN 0 ELSE p.approved END, {{template "counted"}}
{{- end}}
{{- define "cancel"}}
INSERT INTO movements SELECT p.payment_key, c.transaction_key, p.order_id, p.method, p.currency, c.canceled_at,
  CASE WHEN {{template "all_back"}} THEN 0 ELSE -c.amount END, {{template "counted"}}
{{- end}}
{{- define "all_back"}}EXISTS (SELECT 1 FROM transactions t WHERE t.mid = :mid AND t.order_id = p.order_id
  AND t.payment_key = p.payment_key AND t.status = 'CANCELED'){{end}}
{{- define "counted"}}CASE WHEN EXISTS (SELECT 1 FROM touched k WHERE k.order_id = p.order_id) THEN 1 ELSE 0 END{{end}}
{{- define "not_looked"}}NOT EXISTS (SELECT 1 FROM looked_payments n WHERE n.mid = :mid AND n.payment_key = p.payment_key){{end}}
-- name: clear_movements
DELETE FROM movements WHERE 1 = 1
-- name: move_looked_approvals
{{template "approval"}}
FROM looked_payments p WHERE p.mid = :mid AND {{template "unlisted_approval"}} ON CONFLICT DO NOTHING
-- name: move_looked_cancels
{{template "cancel"}}
FROM looked_cancels c JOIN looked_payments p ON p.mid = c.mid AND p.payment_key = c.payment_key
WHERE c.mid = :mid AND {{template "unlisted_cancel"}} ON CONFLICT DO NOTHING
-- name: move_known_approvals
{{template "approval"}}
FROM touched k CROSS JOIN payments p WHERE p.mid = :mid AND p.order_id = k.order_id
  AND {{template "not_looked"}} AND {{template "unlisted_approval"}} ON CONFLICT DO NOTHING
-- name: move_known_cancels
{{template "cancel"}}
FROM touched k CROSS JOIN payments p CROSS JOIN cancels c WHERE p.mid = :mid AND p.order_id = k.order_id
  AND c.mid = p.mid AND c.payment_key = p.payment_key AND {{template "not_looked"}} AND {{template "unlisted_cancel"}} ON CONFLICT DO NOTHING
-- name: move_approvals_within
{{template "approval"}}
FROM payments p WHERE p.mid = :mid AND p.approved_at >= :from AND p.approved_at < :to
  AND {{template "not_looked"}} AND {{template "unlisted_approval"}} ON CONFLICT DO NOTHING
-- name: move_cancels_within
{{template "cancel"}}
FROM cancels c JOIN payments p ON p.mid = c.mid AND p.payment_key = c.payment_key
WHERE c.mid = :mid AND c.canceled_at >= :from AND c.canceled_at < :to
  AND {{template "not_looked"}} AND {{template "unlisted_cancel"}} ON CONFLICT DO NOTHING
-- A deposit that the bank took back: nothing says when.
-- name: move_reversals
INSERT INTO movements SELECT s.payment_key, '', s.order_id, s.method, s.currency, NULL, -s.listed, 1
FROM standing s WHERE s.listed > 0 AND s.method = 'virtual_account' AND (
  EXISTS (SELECT 1 FROM looked_payments p WHERE p.mid = :mid AND p.payment_key = s.payment_key AND p.held = 0 AND p.last_canceled_at IS NULL)
  OR EXISTS (SELECT 1 FROM payments p WHERE p.mid = :mid AND p.payment_key = s.payment_key AND p.held = 0 AND p.last_canceled_at IS NULL
    AND {{template "not_looked"}}))
ON CONFLICT DO NOTHING
-- name: unlisted
SELECT order_id, payment_key, transaction_key, method, currency, at, amount, counted FROM movements ORDER BY at, payment_key, transaction_key

-- Orders that the shop says were paid within a window, of which neither the list
-- nor any look-up has told anything.
-- name: unproved_orders
SELECT count(*) FROM orders o
WHERE o.mid = :mid{{if not .Postgres}} AND o.order_id IN (
    SELECT order_id FROM orders WHERE mid = :mid AND paid_at >= :from AND paid_at < :to
    UNION
    SELECT order_id FROM orders WHERE mid = :mid AND ordered_at >= :from AND ordered_at < :to){{end}}
  AND {{template "paid_within" "o."}}
  AND NOT EXISTS (SELECT 1 FROM judged j WHERE j.order_id = o.order_id)
  AND NOT EXISTS (SELECT 1 FROM transactions t WHERE t.mid = :mid AND t.order_id = o.order_id)
  AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.mid = :mid AND p.order_id = o.order_id)
  AND NOT EXISTS (SELECT 1 FROM breaks b WHERE b.mid = :mid AND b.order_id = o.order_id AND b.kind = 'missing_at_provider')
-- name: day_orders
SELECT
  CAST(coalesce(sum(CASE WHEN pg <> 'toss' THEN 1 ELSE 0 END), 0) AS {{.Int}}) AS other_pg,
  CAST(coalesce(sum(CASE WHEN pg = 'toss' AND amount = 0 THEN 1 ELSE 0 END), 0) AS {{.Int}}) AS zero_amount
FROM orders WHERE mid = :mid AND ordered_at >= :from AND ordered_at < :to AND (pg <> 'toss' OR amount = 0)
-- name: count_ordered
SELECT count(*) FROM orders WHERE mid = :mid AND ordered_at >= :from AND ordered_at < :to AND {{template "compared" ""}}
-- name: day_methods
SELECT method, currency, count(*) AS row_count,
  CAST(coalesce(sum(CASE WHEN status = 'DONE' THEN 1 ELSE 0 END), 0) AS {{.Int}}) AS done,
  CAST(coalesce(sum(CASE WHEN status = 'DONE' THEN amount ELSE 0 END), 0) AS {{.Int}}) AS approved,
  CAST(coalesce(sum(CASE WHEN status IN ('CANCELED','PARTIAL_CANCELED') THEN 1 ELSE 0 END), 0) AS {{.Int}}) AS canceled
FROM transactions WHERE mid = :mid AND {{template "of_day" .}}
GROUP BY method, currency ORDER BY method, currency

-- What moved on the business date, by the shop's orders alone. An order that is
-- paid without a time of it counts on the date on which it was ordered. The
-- shop keeps one time and one sum of what it cancelled of an order.
-- name: day_shop
SELECT currency, method, CAST(sum(amount * approval) AS {{.Int}}) AS approvals, CAST(sum(approval) AS {{.Int}}) AS approval_count,
  CAST(sum(canceled_amount * cancel) AS {{.Int}}) AS cancels, CAST(sum(cancel) AS {{.Int}}) AS cancel_count, 0 AS unproven
FROM (
  SELECT currency, method, amount, canceled_amount,
    CASE WHEN {{template "paid_within" ""}} THEN 1 ELSE 0 END AS approval,
    CASE WHEN canceled_at >= :from AND canceled_at < :to AND pg = 'toss' AND canceled_amount > 0
      AND {{template "ever_paid" ""}} THEN 1 ELSE 0 END AS cancel
  FROM orders WHERE mid = :mid AND {{if .Postgres}}(paid_at >= :from AND paid_at < :to OR ordered_at >= :from AND ordered_at < :to
    OR canceled_at >= :from AND canceled_at < :to){{else}}order_id IN (
    SELECT order_id FROM orders WHERE mid = :mid AND paid_at >= :from AND paid_at < :to
    UNION
    SELECT order_id FROM orders WHERE mid = :mid AND ordered_at >= :from AND ordered_at < :to
    UNION
    SELECT order_id FROM orders WHERE mid = :mid AND canceled_at >= :from AND canceled_at < :to){{end}}
) m WHERE approval = 1 OR cancel = 1 GROUP BY currency, method ORDER BY currency, method
-- name: day_undated
SELECT count(*) FROM touched k CROSS JOIN orders o WHERE o.mid = :mid AND o.order_id = k.order_id AND o.pg = 'toss' AND o.canceled_amount > 0 AND o.canceled_at IS NULL
-- The same by Toss's cancels of the date; its approvals are among day_methods.
-- A cancel row tells that and when something was cancelled; how much is known
-- from a look-up that shows its transaction key, or, since CANCELED means that
-- all went back, from what was approved less every other cancel of the payment,
-- where look-ups have shown them all. Otherwise it is unproven. An account that
-- was closed before its deposit, and a cancel that is not done, move nothing.
-- name: day_cancels
SELECT r.currency, r.method, 0 AS approvals, 0 AS approval_count, CAST(coalesce(sum(r.amount), 0) AS {{.Int}}) AS cancels,
  count(*) AS cancel_count, CAST(sum(CASE WHEN r.amount IS NULL THEN 1 ELSE 0 END) AS {{.Int}}) AS unproven
FROM (
  SELECT t.currency, t.method, CASE
      WHEN coalesce(n.status, c.status) IS NOT NULL THEN coalesce(n.amount, c.amount)
      WHEN t.status = 'CANCELED' AND t.unknown = 0 THEN coalesce(t.done_amount, l.approved, p.approved)
        - (SELECT coalesce(sum(x.amount), 0) FROM looked_cancels x
           WHERE x.mid = :mid AND x.payment_key = t.payment_key AND x.transaction_key <> t.transaction_key AND x.status = 'DONE')
        - (SELECT coalesce(sum(x.amount), 0) FROM cancels x
           WHERE x.mid = :mid AND x.payment_key = t.payment_key AND x.transaction_key <> t.transaction_key AND x.status = 'DONE'
             AND NOT EXISTS (SELECT 1 FROM looked_cancels z
               WHERE z.mid = :mid AND z.payment_key = x.payment_key AND z.transaction_key = x.transaction_key))
    END AS amount
  FROM (
    -- All rows of the payments of the day, each with what the others say. They are
    -- joined to nothing else by the day: of the newest day PostgreSQL knows no rows yet,
    -- and would count those of every payment once for each.
    SELECT s.order_id, s.payment_key, s.transaction_key, s.currency, s.method, s.status, s.at,
      max(CASE WHEN s.status = 'DONE' THEN s.amount END) OVER payment AS done_amount,
      max(CASE WHEN s.status = 'WAITING_FOR_DEPOSIT' THEN 1 ELSE 0 END) OVER payment AS waited,
      sum(CASE WHEN s.status = 'PARTIAL_CANCELED' AND c.transaction_key IS NULL AND n.transaction_key IS NULL THEN 1 ELSE 0 END) OVER payment AS unknown
    FROM (SELECT DISTINCT order_id, payment_key FROM transactions
      WHERE mid = :mid AND {{template "of_day" .}} AND status IN ('CANCELED','PARTIAL_CANCELED')) d
    JOIN transactions s ON s.mid = :mid AND s.order_id = d.order_id AND s.payment_key = d.payment_key
    LEFT JOIN cancels c ON c.mid = :mid AND s.status = 'PARTIAL_CANCELED'
      AND c.payment_key = s.payment_key AND c.transaction_key = s.transaction_key
    LEFT JOIN looked_cancels n ON n.mid = :mid AND s.status = 'PARTIAL_CANCELED'
      AND n.payment_key = s.payment_key AND n.transaction_key = s.transaction_key
    WINDOW payment AS (PARTITION BY s.order_id, s.payment_key)
  ) t
  LEFT JOIN looked_cancels n ON n.mid = :mid AND n.payment_key = t.payment_key AND n.transaction_key = t.transaction_key
  LEFT JOIN cancels c ON c.mid = :mid AND c.payment_key = t.payment_key AND c.transaction_key = t.transaction_key
  LEFT JOIN looked_payments l ON l.mid = :mid AND l.payment_key = t.payment_key
  LEFT JOIN payments p ON p.mid = :mid AND p.payment_key = t.payment_key AND p.status IN ('CANCELED','PARTIAL_CANCELED')
  WHERE t.at >= :from AND t.at < :to AND t.status IN ('CANCELED','PARTIAL_CANCELED')
    AND coalesce(n.status, c.status, 'DONE') = 'DONE'
    AND (t.done_amount IS NOT NULL OR coalesce(l.approved, p.approved, CASE WHEN t.waited = 1 THEN 0 ELSE 1 END) > 0)
) r GROUP BY r.currency, r.method ORDER BY r.currency, r.method
-- How far the request has come that a refunding break waits for stands beside it.
-- name: breaks_of_judged
SELECT b.*, coalesce(r.state, '') AS refund_state FROM judged s CROSS JOIN breaks b
LEFT JOIN refunds r ON r.id = b.refund_id WHERE b.mid = :mid AND b.order_id = s.order_id AND {{template "of_orders" "b."}} ORDER BY b.id
-- The same once more when the night is written: people decide while it runs.
-- name: breaks_of_judged_to_write
SELECT b.*, coalesce(r.state, '') AS refund_state FROM judged s CROSS JOIN breaks b
LEFT JOIN refunds r ON r.id = b.refund_id WHERE b.mid = :mid AND b.order_id = s.order_id AND {{template "of_orders" "b."}} ORDER BY b.id{{if .Postgres}} FOR UPDATE OF b{{end}}

-- name: commit_payments
INSERT INTO payments (mid, payment_key, order_id, status, method, behind, provider, currency, total_amount, balance_amount,
  approved, held, requested_at, approved_at, last_canceled_at, last_transaction_key, refund_status, waiting, follow, looked_up_at,
  tax_free_left, tax_free_paid, approval_number, toss_mid, cash_receipt)
SELECT mid, payment_key, order_id, status, method, behind, provider, currency, total_amount, balance_amount,
  approved, held, requested_at, approved_at, last_canceled_at, last_transaction_key, refund_status, waiting, follow, looked_up_at,
  tax_free_left, tax_free_paid, approval_number, toss_mid, cash_receipt
FROM looked_payments WHERE mid = :mid
ON CONFLICT (mid, payment_key) DO UPDATE SET
  order_id = excluded.order_id, status = excluded.status, method = excluded.method, behind = excluded.behind,
  provider = excluded.provider, currency = excluded.currency, total_amount = excluded.total_amount,
  balance_amount = excluded.balance_amount, approved = excluded.approved, held = excluded.held,
  requested_at = excluded.requested_at, approved_at = excluded.approved_at,
  last_canceled_at = excluded.last_canceled_at, last_transaction_key = excluded.last_transaction_key,
  refund_status = excluded.refund_status, waiting = excluded.waiting, follow = excluded.follow,
  looked_up_at = excluded.looked_up_at, tax_free_left = excluded.tax_free_left, tax_free_paid = excluded.tax_free_paid,
  approval_number = excluded.approval_number,
  cash_receipt = CASE excluded.cash_receipt WHEN '' THEN payments.cash_receipt ELSE excluded.cash_receipt END,
  toss_mid = CASE excluded.toss_mid WHEN '' THEN payments.toss_mid ELSE excluded.toss_mid END
WHERE payments.looked_up_at <= excluded.looked_up_at
-- name: commit_cancels
INSERT INTO cancels (mid, payment_key, transaction_key, amount, status, canceled_at, marker, tax_free)
SELECT mid, payment_key, transaction_key, amount, status, canceled_at, marker, tax_free FROM looked_cancels WHERE mid = :mid
ON CONFLICT (mid, payment_key, transaction_key) DO UPDATE SET status = excluded.status, tax_free = coalesce(excluded.tax_free, cancels.tax_free)
WHERE cancels.status <> excluded.status OR cancels.tax_free IS NULL
