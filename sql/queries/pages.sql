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
ON CONFLICT (mid, day) DO UPDATE SET read_at = excluded.read_at, uncovered_at = NULL
-- name: uncover_window
UPDATE windows SET uncovered_at = :now WHERE mid = :mid AND day = :day AND uncovered_at IS NULL
-- name: windows_known
SELECT day, CASE WHEN uncovered_at IS NULL THEN 1 ELSE 0 END AS covered FROM windows
WHERE mid = :mid AND day >= :from AND day <= :to ORDER BY day
-- name: windows_covered
SELECT day, read_at FROM windows WHERE mid = :mid AND day >= :from AND day <= :to AND uncovered_at IS NULL ORDER BY day
-- name: window_reads_of
SELECT day, pages, row_count, unknown_mid, reread FROM window_reads
WHERE mid = :mid AND run_id = :run_id ORDER BY day
-- name: count_rows
SELECT count(*) FROM transactions WHERE mid = :mid AND {{template "of_day" .}}

-- name: asked_of
SELECT break_id, state, amount, requested_at, error_code FROM refunds WHERE payment_key = :payment_key
-- name: insert_transfer
INSERT INTO transfers (break_id, mid, payment_key, amount, at, actor) VALUES (:break_id, :mid, :payment_key, :amount, :at, :actor)
-- name: unsent_of_break
SELECT * FROM refunds WHERE break_id = :break_id AND break_id <> '' AND state IN {{.Set.unsent}} ORDER BY id{{if .Postgres}} FOR UPDATE{{end}}
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
-- A payment is locked by its key: it may stand under two MIDs, and under neither
-- yet. SQLite has one writer.
-- name: lock_payment_key
{{if .Postgres}}SELECT pg_advisory_xact_lock(hashtextextended(:payment_key, 9)){{else}}SELECT :payment_key{{end}}
-- name: lock_payment
SELECT mid FROM payments WHERE payment_key = :payment_key ORDER BY mid{{if .Postgres}} FOR UPDATE{{end}}
-- The states of the index refunds_waiting, and of these the unsent ones. An
-- order would let SQLite read the whole table instead.
-- name: refunds_expiring
SELECT * FROM refunds WHERE state IN {{.Set.waiting}}
  AND state IN {{.Set.unsent}} AND cancel_by < :now
-- name: refunds_list
SELECT * FROM refunds
WHERE (:mid = '' OR mid = :mid) AND (:state = '' OR state = :state) AND (:batch = '' OR batch = :batch)
ORDER BY mid, order_id, id
-- What a night tells of: what is open, what nobody sent in time, and what has come to
-- its end since. Two parts, since each has its index.
-- name: refunds_told
SELECT * FROM refunds WHERE mid = :mid AND state IN {{.Set.told}}
UNION ALL
SELECT * FROM refunds WHERE mid = :mid AND finished_at > :since AND state NOT IN {{.Set.told}}
ORDER BY order_id, id
-- name: refund_by_id
SELECT * FROM refunds WHERE id = :id
-- name: refund_to_write
SELECT * FROM refunds WHERE id = :id{{if .Postgres}} FOR UPDATE{{end}}
-- name: refunds_of_order
SELECT * FROM refunds WHERE order_id = :order_id AND (:mid = '' OR mid = :mid) ORDER BY mid, id

-- name: upsert_break
INSERT INTO breaks (id, mid, order_id, payment_key, kind, status, origin, currency, local_amount, provider_amount,
  local_status, provider_status, method, owed, moved_at, cancel_by, at_risk, first_seen, last_seen, since, nights,
  recheck_on, resolution, resolved_by, resolved_at, note, owner, remark, refunding, refund_id, local_pg, subject, of_order, amount, share, rebate_supply, rebate_vat)
VALUES (:id, :mid, :order_id, :payment_key, :kind, :status, :origin, :currency, :local_amount, :provider_amount,
  :local_status, :provider_status, :method, :owed, :moved_at, :cancel_by, :at_risk, :first_seen, :last_seen, :since, :nights,
  :recheck_on, :resolution, :resolved_by, :resolved_at, :note, :owner, :remark, :refunding, :refund_id, :local_pg, :subject, :of_order, :amount, :share, :rebate_supply, :rebate_vat)
ON CONFLICT (id) DO UPDATE SET payment_key = excluded.payment_key, status = excluded.status, origin = excluded.origin,
  currency = excluded.currency, local_amount = excluded.local_amount, provider_amount = excluded.provider_amount,
  local_status = excluded.local_status, provider_status = excluded.provider_status, method = excluded.method,
  owed = excluded.owed, moved_at = excluded.moved_at, cancel_by = excluded.cancel_by, at_risk = excluded.at_risk,
  first_seen = excluded.first_seen, last_seen = excluded.last_seen, since = excluded.since, nights = excluded.nights,
  recheck_on = excluded.recheck_on, resolution = excluded.resolution, resolved_by = excluded.resolved_by,
  resolved_at = excluded.resolved_at, note = excluded.note, owner = excluded.owner,
  remark = excluded.remark, refunding = excluded.refunding, refund_id = excluded.refund_id, local_pg = excluded.local_pg,
  amount = excluded.amount, share = excluded.share, rebate_supply = excluded.rebate_supply, rebate_vat = excluded.rebate_vat
-- A break that is resolved and waits for its refund is refunding.
-- name: breaks_list
SELECT * FROM breaks
WHERE (:mid = '' OR mid = :mid) AND (:kind = '' OR kind = :kind)
  AND (:statuses = ',' OR :statuses LIKE '%,' || CASE refunding WHEN 1 THEN 'refunding' ELSE status END || ',%')
  AND (:scope = '' OR :scope = CASE WHEN {{template "of_orders" ""}} THEN 'orders' ELSE 'settlement' END)
ORDER BY mid, CASE WHEN {{template "of_orders" ""}} THEN order_id ELSE of_order END, kind, subject
-- name: breaks_of_run
SELECT b.*, p.approved_at AS paid_at, coalesce(p.approval_number, '') AS approval_number
FROM breaks b LEFT JOIN payments p ON p.mid = b.mid AND p.payment_key = b.payment_key
WHERE b.mid = :mid AND {{template "of_orders" "b."}}
  AND (b.status IN {{.Set.break_alive}} OR b.refunding = 1 OR (b.status IN {{.Set.break_cleared}} AND b.since = :day))
ORDER BY b.mid, b.order_id, b.kind
-- name: breaks_of_order
SELECT * FROM breaks WHERE ((order_id = :order_id AND {{template "of_orders" ""}}) OR of_order = :order_id AND of_order <> '')
  AND (:mid = '' OR mid = :mid) ORDER BY mid, kind, subject
-- name: break_by_id
SELECT * FROM breaks WHERE id = :id
-- name: break_to_write
SELECT * FROM breaks WHERE id = :id{{if .Postgres}} FOR UPDATE{{end}}
-- The breaks that wait for a request.
-- name: breaks_of_refund
SELECT * FROM breaks WHERE refund_id = :refund_id AND refund_id <> '' ORDER BY id{{if .Postgres}} FOR UPDATE{{end}}
-- name: break_kind
SELECT kind FROM breaks WHERE id = :id
-- name: count_needing_person
SELECT count(*) FROM breaks WHERE status IN {{.Set.break_person}} AND (:mid = '' OR mid = :mid)

-- The journal's head is locked last and until the commit: all who write wait
-- for each other there. Its trigger moves it.
-- name: journal_lock
SELECT seq, hash FROM journal_head WHERE one = 1{{if .Postgres}} FOR UPDATE{{end}}
-- name: journal_add
INSERT INTO journal (seq, at, actor, run_id, subject, action, reason, facts, prev_hash, hash)
VALUES (:seq, :at, :actor, :run_id, :subject, :action, :reason, :facts, :prev_hash, :hash)
-- name: journal_head
SELECT seq, hash FROM journal_head WHERE one = 1
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
{{template "mids" "transactions"}}
SELECT t.mid, t.order_id, t.payment_key, t.transaction_key, t.status, t.method, t.at, t.currency, t.amount FROM mids CROSS JOIN transactions t
WHERE t.mid = mids.mid AND t.order_id = :order_id AND (:mid = '' OR mids.mid = :mid) ORDER BY t.mid, t.at, t.transaction_key
-- name: payments_of_order
{{template "mids" "payments"}}
SELECT p.* FROM mids CROSS JOIN payments p WHERE p.mid = mids.mid AND p.order_id = :order_id AND (:mid = '' OR mids.mid = :mid) ORDER BY p.mid, p.payment_key
-- name: cancels_of_payment
SELECT mid, payment_key, transaction_key, amount, status, canceled_at, marker, claimed_by
FROM cancels WHERE mid = :mid AND payment_key = :payment_key ORDER BY canceled_at, transaction_key
-- name: orders_of_id
{{template "mids" "orders"}}
SELECT o.mid, o.order_id, o.payment_key, o.method, o.status, o.amount, o.canceled_amount, o.refunded_elsewhere, o.tax_free_amount,
  o.pg, o.currency, o.ordered_at, o.paid_at, o.canceled_at, o.customer_ref, o.mixed_refunds, o.paid_unknown
FROM mids CROSS JOIN orders o WHERE o.mid = mids.mid AND o.order_id = :order_id AND (:mid = '' OR mids.mid = :mid) ORDER BY o.mid

-- name: count_open_kinds
SELECT kind, refunding, count(*) AS number FROM breaks
WHERE mid = :mid AND (status IN {{.Set.break_person}} OR refunding = 1) GROUP BY kind, refunding
