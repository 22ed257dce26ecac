-- What an auditor gets: nothing sealed, no body of a page.
-- name: audit_journal
SELECT seq, at, actor, run_id, subject, action, reason, facts, prev_hash, hash FROM journal WHERE at >= :from AND at < :until ORDER BY seq
-- name: audit_refunds
SELECT id, mid, order_id, payment_key, method, amount, currency, reason, ref, batch, break_id, state, cancel_by, attempts, idempotency_key,
  transaction_key, error_code, error_message, requested_by, requested_at, approved_by, approved_at, finished_at
FROM refunds WHERE (:mid = '' OR mid = :mid) AND requested_at < :until AND (finished_at IS NULL OR finished_at >= :from) ORDER BY mid, order_id, id
-- name: audit_attempts
SELECT a.refund_id, a.n, a.idempotency_key, a.body_sha256, a.guard, a.first_sent, a.last_sent, a.sends, a.unanswered, a.answers, a.answered_at,
  a.kind, a.http_status, a.code, a.message, a.trace_id, a.answer
FROM refund_attempts a JOIN refunds r ON r.id = a.refund_id
WHERE (:mid = '' OR r.mid = :mid) AND a.first_sent < :until AND a.last_sent >= :from ORDER BY a.refund_id, a.n
-- name: audit_transfers
SELECT refund_id, mid, order_id, payment_key, amount, currency, why, state, requested_by, due_at, approved_by, approved_at, done_by, done_at, reference, note
FROM hand_transfers WHERE (:mid = '' OR mid = :mid) AND due_at < :until AND (done_at IS NULL OR done_at >= :from) ORDER BY mid, order_id, refund_id
-- name: audit_breaks
SELECT id, mid, CASE WHEN {{template "of_orders" ""}} THEN order_id ELSE of_order END AS order_id, payment_key, kind, CASE refunding WHEN 1 THEN 'refunding' ELSE status END AS status,
  origin, currency, local_amount, provider_amount, local_status, provider_status, method,
  first_seen, last_seen, nights, resolution, resolved_by, resolved_at, owner, note, refund_id, subject, amount
FROM breaks WHERE (:mid = '' OR mid = :mid) AND first_seen <= :last AND last_seen >= :first ORDER BY mid, order_id, kind, subject
-- name: audit_pages
SELECT mid, api, about, sha256, size, trace_id, fetched_at, run_id FROM pages
WHERE (:mid = '' OR mid = :mid) AND fetched_at >= :from AND fetched_at < :until ORDER BY mid, fetched_at, api, about, sha256
-- name: audit_runs
SELECT job, mid, day, run_id, state, started_at, finished_at, committed_at, error, journal_head FROM runs
WHERE (:mid = '' OR mid = :mid) AND day >= :first AND day <= :last ORDER BY mid, job, day

-- Rows beside what the journal says of them, page by page in the order of their
-- ids. What may be sealed is not read: an auditor has no right to it.
-- name: verify_refunds
SELECT * FROM refunds WHERE id > :after ORDER BY id LIMIT :limit
-- name: verify_attempts
SELECT refund_id, n, idempotency_key, sealed, body_sha256, guard, secret_print, first_sent, last_sent, sends, unanswered, answers,
  answered_at, kind, http_status, code, message, trace_id, answer
FROM refund_attempts WHERE refund_id > :after AND refund_id <= :last ORDER BY refund_id, n
-- name: verify_transfers
SELECT * FROM hand_transfers WHERE refund_id > :after AND refund_id <= :last ORDER BY refund_id
-- name: verify_entries
SELECT seq, at, actor, run_id, subject, action, reason, facts, prev_hash, hash FROM journal
WHERE subject > :after AND subject <= :last ORDER BY subject, seq
-- name: verify_given
SELECT break_id, mid, payment_key, amount, at, actor FROM transfers ORDER BY break_id, at
-- name: transfer_of_break
SELECT break_id, mid, payment_key, amount, at, actor FROM transfers WHERE break_id = :break_id AND at = :at
-- name: verify_limits
SELECT scope, currency, number, amount FROM limit_ledger ORDER BY scope, currency
-- name: verify_batches
SELECT batch, sha256, number, at, actor FROM batches ORDER BY batch
-- name: journal_after
SELECT seq, at, actor, run_id, subject, action, reason, facts, prev_hash, hash FROM journal WHERE seq >= :seq ORDER BY seq
-- name: entry_hash
SELECT hash FROM journal WHERE seq = :seq
