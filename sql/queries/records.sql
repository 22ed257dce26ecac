-- name: create_incoming
CREATE TEMP TABLE incoming (
  mid {{.Key}} NOT NULL, order_id {{.Key}} NOT NULL, payment_key {{.Key}} NOT NULL, method {{.Key}} NOT NULL,
  status {{.Key}} NOT NULL, amount {{.Int}} NOT NULL, canceled_amount {{.Int}} NOT NULL,
  refunded_elsewhere {{.Int}} NOT NULL, tax_free_amount {{.Int}} NOT NULL, pg {{.Key}} NOT NULL,
  currency {{.Key}} NOT NULL, ordered_at {{.Time}}, paid_at {{.Time}}, canceled_at {{.Time}},
  customer_ref {{.Key}} NOT NULL,
  PRIMARY KEY (mid, order_id)
) {{.Clustered}}
-- name: drop_incoming
DROP TABLE IF EXISTS incoming
-- name: count_incoming
SELECT count(*) FROM incoming
-- name: count_known_incoming
SELECT count(*) FROM incoming i JOIN orders o ON o.mid = i.mid AND o.order_id = i.order_id

-- name: unsound_incoming
SELECT order_id FROM incoming
WHERE canceled_amount + refunded_elsewhere > amount OR tax_free_amount > amount
  OR (status = 'partially_canceled' AND canceled_amount = 0)
ORDER BY mid, order_id LIMIT 1

-- name: upsert_page
INSERT INTO pages (mid, api, about, sha256, size, body, trace_id, fetched_at, run_id)
VALUES (:mid, :api, :about, :sha256, :size, :body, :trace_id, :fetched_at, :run_id)
ON CONFLICT DO NOTHING
-- name: pages_of
SELECT api, about, sha256, size, body, trace_id, fetched_at FROM pages
WHERE mid = :mid AND about = :about ORDER BY fetched_at, api, sha256
-- A run that was killed and begun again still says first that it read a day
-- for the first time.
-- name: upsert_window_read
INSERT INTO window_reads (mid, run_id, day, pages, row_count, unknown_mid, reread)
VALUES (:mid, :run_id, :day, :pages, :row_count, :unknown_mid, :reread)
ON CONFLICT (mid, run_id, day) DO UPDATE SET pages = excluded.pages, row_count = excluded.row_count,
  unknown_mid = excluded.unknown_mid
-- name: cover_window
INSERT INTO windows (mid, day, first_at, read_at) VALUES (:mid, :day, :now, :now)
ON CONFLICT (mid, day) DO UPDATE SET read_at = excluded.read_at
-- name: covered_days
SELECT day FROM windows WHERE mid = :mid AND day >= :from AND day <= :to ORDER BY day
-- name: window_reads_of
SELECT day, pages, row_count, unknown_mid, reread FROM window_reads
WHERE mid = :mid AND run_id = :run_id ORDER BY day
-- name: count_rows
SELECT count(*) FROM transactions WHERE mid = :mid AND at >= :from AND at < :to

-- name: asked_of
SELECT payment_key, break_id, state, amount, requested_at, error_code FROM refunds WHERE mid = :mid AND payment_key = :payment_key
-- name: transferred
SELECT CAST(coalesce(sum(amount), 0) AS {{.Int}}) FROM (
  SELECT amount FROM transfers WHERE mid = :mid AND payment_key = :payment_key
  UNION ALL
  SELECT amount FROM hand_transfers WHERE mid = :mid AND payment_key = :payment_key AND state IN ('approved','done')) given
-- name: insert_transfer
INSERT INTO transfers (break_id, mid, payment_key, amount, at, actor) VALUES (:break_id, :mid, :payment_key, :amount, :at, :actor)
-- name: unsent_of_break
SELECT * FROM refunds WHERE break_id = :break_id AND state IN ('requested','approved','needs_account','retry') ORDER BY id
-- name: reject_refund
UPDATE refunds SET state = 'rejected', finished_at = :now, version = version + 1 WHERE id = :id AND state = :state
-- name: last_import
SELECT max(changed_at) AS at FROM orders WHERE mid = :mid
-- name: insert_refund
INSERT INTO refunds (id, mid, order_id, payment_key, method, amount, tax_free_amount, currency, reason, ref, batch,
  break_id, state, cancel_by, requested_by, requested_at, approval, approved_at, account_print, planned_foreign, same_as,
  error_code, finished_at)
VALUES (:id, :mid, :order_id, :payment_key, :method, :amount, :tax_free_amount, :currency, :reason, :ref, :batch,
  :break_id, :state, :cancel_by, :requested_by, :requested_at, :approval, :approved_at, :account_print, :planned_foreign, :same_as,
  :error_code, :finished_at)
ON CONFLICT DO NOTHING
-- name: lock_payment
SELECT total_amount FROM payments WHERE mid = :mid AND payment_key = :payment_key{{if .Postgres}} FOR UPDATE{{end}}
-- name: refunds_expiring
SELECT * FROM refunds WHERE mid = :mid AND state IN ('requested','approved','needs_account','retry')
  AND cancel_by IS NOT NULL AND cancel_by < :now ORDER BY id
-- name: expire_refund
UPDATE refunds SET state = 'expired', error_code = 'deadline_passed', finished_at = :now, version = version + 1 WHERE id = :id AND state = :state
-- name: refunds_list
SELECT * FROM refunds
WHERE (:mid = '' OR mid = :mid) AND (:state = '' OR state = :state) AND (:batch = '' OR batch = :batch)
ORDER BY mid, order_id, id
-- name: refund_by_id
SELECT * FROM refunds WHERE id = :id
-- name: refunds_of_order
SELECT * FROM refunds WHERE order_id = :order_id AND (:mid = '' OR mid = :mid) ORDER BY mid, id

-- name: upsert_break
INSERT INTO breaks (id, mid, order_id, payment_key, kind, status, origin, currency, local_amount, provider_amount,
  local_status, provider_status, method, owed, moved_at, cancel_by, at_risk, first_seen, last_seen, since, nights,
  recheck_on, resolution, resolved_by, resolved_at, note, owner)
VALUES (:id, :mid, :order_id, :payment_key, :kind, :status, :origin, :currency, :local_amount, :provider_amount,
  :local_status, :provider_status, :method, :owed, :moved_at, :cancel_by, :at_risk, :first_seen, :last_seen, :since, :nights,
  :recheck_on, :resolution, :resolved_by, :resolved_at, :note, :owner)
ON CONFLICT (id) DO UPDATE SET payment_key = excluded.payment_key, status = excluded.status, origin = excluded.origin,
  currency = excluded.currency, local_amount = excluded.local_amount, provider_amount = excluded.provider_amount,
  local_status = excluded.local_status, provider_status = excluded.provider_status, method = excluded.method,
  owed = excluded.owed, moved_at = excluded.moved_at, cancel_by = excluded.cancel_by, at_risk = excluded.at_risk,
  first_seen = excluded.first_seen, last_seen = excluded.last_seen, since = excluded.since, nights = excluded.nights,
  recheck_on = excluded.recheck_on, resolution = excluded.resolution, resolved_by = excluded.resolved_by,
  resolved_at = excluded.resolved_at, note = excluded.note, owner = excluded.owner
-- name: breaks_list
SELECT * FROM breaks
WHERE (:mid = '' OR mid = :mid) AND (:kind = '' OR kind = :kind)
  AND (:status = '' OR status = :status OR (:status = 'open' AND status = 'reopened'))
ORDER BY mid, order_id, kind
-- name: breaks_of_run
SELECT * FROM breaks WHERE mid = :mid
  AND (status IN ('open','timing','reopened') OR (status = 'cleared' AND since = :day))
ORDER BY mid, order_id, kind
-- name: breaks_of_order
SELECT * FROM breaks WHERE order_id = :order_id AND (:mid = '' OR mid = :mid) ORDER BY mid, kind
-- name: break_by_id
SELECT * FROM breaks WHERE id = :id
-- name: break_to_write
SELECT * FROM breaks WHERE id = :id{{if .Postgres}} FOR UPDATE{{end}}
-- name: count_needing_person
SELECT count(*) FROM breaks WHERE status IN ('open','reopened') AND (:mid = '' OR mid = :mid)

-- The journal's head is locked last and until the commit: all who write wait
-- for each other there. Its trigger moves it.
-- name: journal_lock
SELECT seq, hash FROM journal_head WHERE one = 1{{if .Postgres}} FOR UPDATE{{end}}
-- name: journal_add
INSERT INTO journal (seq, at, actor, run_id, subject, action, reason, facts, prev_hash, hash)
VALUES (:seq, :at, :actor, :run_id, :subject, :action, :reason, :facts, :prev_hash, :hash)
-- name: journal_head
SELECT seq, hash FROM journal_head WHERE one = 1
-- name: journal_all
SELECT seq, at, actor, run_id, subject, action, reason, facts, prev_hash, hash FROM journal ORDER BY seq
-- name: journal_of
SELECT seq, at, actor, run_id, subject, action, reason, facts, prev_hash, hash FROM journal
WHERE subject = :subject ORDER BY seq

-- name: pace_grant
INSERT INTO pace (mid, api, next_us) VALUES (:mid, :api, :fresh_us)
ON CONFLICT (mid, api) DO UPDATE SET next_us = CASE
  WHEN pace.next_us > :now_us THEN pace.next_us + :block_us ELSE :fresh_us END
RETURNING next_us
-- name: pace_hold
INSERT INTO pace (mid, api, next_us) VALUES (:mid, :api, :until_us)
ON CONFLICT (mid, api) DO UPDATE SET next_us = CASE
  WHEN pace.next_us > :until_us THEN pace.next_us ELSE :until_us END

-- name: transactions_of_order
SELECT mid, order_id, payment_key, transaction_key, status, method, at, currency, amount FROM transactions
WHERE order_id = :order_id AND (:mid = '' OR mid = :mid) ORDER BY mid, at, transaction_key
-- name: payments_of_order
SELECT * FROM payments WHERE order_id = :order_id AND (:mid = '' OR mid = :mid) ORDER BY mid, payment_key
-- name: cancels_of_payment
SELECT mid, payment_key, transaction_key, amount, status, canceled_at, marker
FROM cancels WHERE mid = :mid AND payment_key = :payment_key ORDER BY canceled_at, transaction_key
-- name: orders_of_id
SELECT mid, order_id, payment_key, method, status, amount, canceled_amount, refunded_elsewhere, tax_free_amount,
  pg, currency, ordered_at, paid_at, canceled_at, customer_ref
FROM orders WHERE order_id = :order_id AND (:mid = '' OR mid = :mid) ORDER BY mid

-- name: count_open_kinds
SELECT kind, count(*) AS number FROM breaks WHERE mid = :mid AND status IN ('open','reopened') GROUP BY kind
