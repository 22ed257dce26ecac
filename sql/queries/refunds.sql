-- A worker claims in three sorts: what must be settled, what may be sent with
-- the most urgent deadline first, and what is only followed; a later sort is
-- looked for only when the ones before are empty. One payment is one worker's at
-- a time, and while one of its requests stands between intent and outcome no
-- other begins, under whatever MID they were made. The others of a payment are counted, not joined: a join would
-- read the whole table before the first row.
--
-- A claim says nothing that the disk must have: a power cut takes it back, and the
-- request is as nobody had taken it. Its version is a time in microseconds, which
-- nobody gives again, so that who has lost a claim so writes nothing by it. Where the
-- time is no later than the version the claim waits for the disk.
-- name: claim
UPDATE refunds SET lease_owner = :owner, lease_until = :until, version = CASE WHEN version < :fence THEN :fence ELSE version + 1 END
WHERE id = coalesce(
 (SELECT r.id FROM refunds r
  WHERE r.mid = :mid AND r.state IN {{.Set.unanswered}}
    AND (r.lease_until IS NULL OR r.lease_until <= :now)
    AND (r.next_at IS NULL OR r.next_at <= :now OR (:every = 1 AND (r.looked_at IS NULL OR r.looked_at < :since)))
  ORDER BY r.cancel_by NULLS LAST, r.requested_at, r.id LIMIT 1{{if .Postgres}} FOR UPDATE SKIP LOCKED{{end}}),
 (SELECT r.id FROM refunds r
  WHERE r.mid = :mid AND r.state IN {{.Set.sendable}}
    AND ((:send = 1 AND :blocked NOT LIKE '%,' || r.currency || ',%') OR r.cancel_by < :now)
    AND (r.lease_until IS NULL OR r.lease_until <= :now) AND (r.next_at IS NULL OR r.next_at <= :now)
    AND 0 = (SELECT count(*) FROM refunds o WHERE o.payment_key = r.payment_key AND o.id <> r.id
      AND (o.lease_until > :now OR o.sent_at > :spaced OR o.state IN {{.Set.unanswered}}
        OR (o.state IN {{.Set.accepted}} AND o.in_progress = 1) OR (o.state IN {{.Set.retry}} AND (r.state NOT IN {{.Set.retry}} OR o.id < r.id))))
  ORDER BY coalesce(r.cancel_by, '9999-12-31T00::00::00.000000Z'), r.requested_at, r.id
  LIMIT 1{{if .Postgres}} FOR UPDATE SKIP LOCKED{{end}}),
 (SELECT r.id FROM refunds r
  WHERE r.mid = :mid AND r.state IN {{.Set.looked}}
    AND (r.state IN {{.Set.followed}}
      OR (r.state IN {{.Set.asking}} AND r.cancel_by < :now)
      OR (r.state IN {{.Set.needs_account}} AND EXISTS (SELECT 1 FROM accounts a WHERE a.mid = r.mid AND a.payment_key = r.payment_key
        AND a.purged_at IS NULL AND a.print <> r.account_print))
      OR :every = 1)
    AND (r.lease_until IS NULL OR r.lease_until <= :now)
    AND (r.next_at IS NULL OR r.next_at <= :now OR :every = 1)
    AND (:every = 0 OR r.looked_at IS NULL OR r.looked_at < :since)
  ORDER BY r.next_at, r.id LIMIT 1{{if .Postgres}} FOR UPDATE SKIP LOCKED{{end}}))
{{if .Postgres}}  AND set_config('synchronous_commit', CASE WHEN version < :fence THEN 'off' ELSE current_setting('synchronous_commit') END, true) <> ''
{{end}}RETURNING *
-- What waits for another request of its payment is due when that one is.
-- name: next_due
SELECT min(due) AS at FROM (
  SELECT CASE WHEN r.lease_until > :now THEN r.lease_until ELSE coalesce(r.next_at, r.requested_at) END AS due FROM refunds r
  WHERE r.mid = :mid AND (r.state IN {{.Set.unanswered}} OR r.state IN {{.Set.sendable}}) AND (r.state IN {{.Set.unanswered}}
    OR (:send = 1 AND :blocked NOT LIKE '%,' || r.currency || ',%'
      AND 0 = (SELECT count(*) FROM refunds o WHERE o.payment_key = r.payment_key AND o.id <> r.id
        AND (o.state IN {{.Set.unanswered}} OR (o.state IN {{.Set.accepted}} AND o.in_progress = 1)
          OR (o.state IN {{.Set.retry}} AND (r.state NOT IN {{.Set.retry}} OR o.id < r.id))))))) later
-- name: attempts_of
SELECT * FROM refund_attempts WHERE refund_id = :id ORDER BY n
-- What people look at: nothing of it is sealed, so that who only reads may read
-- it too.
-- name: attempts_shown
SELECT refund_id, n, idempotency_key, sealed, body_sha256, guard, secret_print, first_sent, last_sent, sends, unanswered, answers,
  answered_at, kind, http_status, code, message, trace_id, answer
FROM refund_attempts WHERE refund_id = :id ORDER BY n
-- name: account_shown
SELECT mid, payment_key, order_id, print, bank, account_masked, holder_masked, source, at, actor
FROM accounts WHERE mid = :mid AND payment_key = :payment_key AND purged_at IS NULL
-- What else is known of a payment, under whatever MID: our requests for it, the
-- cancels that one of them claims, and what was given back outside Toss. And
-- whether a look-up or the list has named the MID that is asked for.
-- name: about_payment
SELECT 'refund' AS what, id, state, '' AS transaction_key, amount, tax_free_amount AS tax_free, requested_at AS at
FROM refunds WHERE payment_key = :payment_key
UNION ALL
SELECT 'claim', claimed_by, '', transaction_key, 0, 0, CAST(NULL AS {{.Time}})
FROM cancels WHERE payment_key = :payment_key AND claimed_by <> ''
UNION ALL
SELECT 'outside', '', '', '', amount, 0, at FROM transfers WHERE payment_key = :payment_key
UNION ALL
SELECT 'outside', h.refund_id, '', '', h.amount, r.tax_free_amount, h.approved_at FROM hand_transfers h JOIN refunds r ON r.id = h.refund_id
WHERE h.payment_key = :payment_key AND h.state IN {{.Set.hand_room}}
UNION ALL
SELECT 'named', '', '', '', 0, 0, CAST(NULL AS {{.Time}}) FROM payments WHERE mid = :mid AND payment_key = :payment_key AND toss_mid <> ''
UNION ALL
SELECT 'named', '', '', '', 0, 0, CAST(NULL AS {{.Time}}) WHERE EXISTS (SELECT 1 FROM transactions
  WHERE mid = :mid AND order_id = :order_id AND payment_key = :payment_key)
-- The other payments that the books know of an order, under whatever MID: by the
-- list, by look-ups, by requests. What nobody ever paid is none of them, unless it
-- was asked back. The MIDs are found one after the other, each by an index.
-- name: other_payments
WITH RECURSIVE mids(mid) AS (
  SELECT min(mid) FROM (SELECT min(mid) AS mid FROM transactions UNION ALL SELECT min(mid) FROM payments) first_of
  UNION ALL
  SELECT (SELECT min(mid) FROM (SELECT min(t.mid) AS mid FROM transactions t WHERE t.mid > mids.mid
    UNION ALL SELECT min(p.mid) FROM payments p WHERE p.mid > mids.mid) next_of)
  FROM mids WHERE mids.mid IS NOT NULL)
SELECT mid, payment_key FROM (
  SELECT t.mid, t.payment_key FROM mids JOIN transactions t ON t.mid = mids.mid
  WHERE t.order_id = :order_id AND t.status NOT IN {{.Set.never_paid}}
    AND NOT EXISTS (SELECT 1 FROM payments u WHERE u.mid = t.mid AND u.payment_key = t.payment_key AND u.approved = 0)
  UNION ALL
  SELECT p.mid, p.payment_key FROM mids JOIN payments p ON p.mid = mids.mid WHERE p.order_id = :order_id AND p.approved > 0
  UNION ALL
  SELECT r.mid, r.payment_key FROM refunds r WHERE r.order_id = :order_id
) known WHERE payment_key <> :payment_key AND :order_id <> '' ORDER BY payment_key, mid
-- name: account_of
SELECT * FROM accounts WHERE mid = :mid AND payment_key = :payment_key

-- name: brake
SELECT one, note, by, at FROM brake WHERE one = 1
-- name: brake_on
INSERT INTO brake (one, note, by, at) VALUES (1, :note, :by, :at) ON CONFLICT DO NOTHING
-- name: brake_off
DELETE FROM brake WHERE one = 1
-- Why a send may not begin.
-- name: may_begin
SELECT (SELECT max(sent_at) FROM refunds WHERE payment_key = :payment_key) AS last_sent,
  (SELECT count(*) FROM brake) AS braked
-- name: reserve
INSERT INTO limit_ledger (scope, currency, number, amount)
VALUES (:day, '', 1, 0), (:day, :currency, 1, :amount), (:run, '', 1, 0), (:run, :currency, 1, :amount)
ON CONFLICT (scope, currency) DO UPDATE SET number = limit_ledger.number + 1, amount = limit_ledger.amount + excluded.amount
RETURNING scope, currency, number, amount
-- name: give_back
UPDATE limit_ledger SET number = number - 1, amount = amount - :amount WHERE scope = :scope AND currency = :currency
-- name: begin_send
UPDATE refunds SET state = :state, version = version + 1, lease_owner = :owner, lease_until = :until, next_at = NULL,
  attempts = :n, idempotency_key = :idempotency_key, sent_at = :now, error_code = '', error_message = ''
WHERE id = :id AND version = :version AND NOT EXISTS (SELECT 1 FROM brake)
  AND NOT EXISTS (SELECT 1 FROM refunds o WHERE o.payment_key = :payment_key AND o.sent_at > :spaced)
-- name: insert_attempt
INSERT INTO refund_attempts (refund_id, n, idempotency_key, body, sealed, body_sha256, guard, secret_print, first_sent,
  last_sent, sends, unanswered, answers, answered_at, kind, http_status, code, message, trace_id, answer)
VALUES (:refund_id, :n, :idempotency_key, :body, :sealed, :body_sha256, :guard, :secret_print, :first_sent,
  :last_sent, :sends, :unanswered, :answers, :answered_at, :kind, :http_status, :code, :message, :trace_id, :answer)
-- name: update_attempt
UPDATE refund_attempts SET secret_print = :secret_print, last_sent = :last_sent, sends = :sends, unanswered = :unanswered,
  answers = :answers, answered_at = :answered_at, kind = :kind, http_status = :http_status, code = :code,
  message = :message, trace_id = :trace_id, answer = :answer
WHERE refund_id = :refund_id AND n = :n
-- name: refund_ready
SELECT (SELECT count(*) FROM refunds WHERE id = :id AND version = :version AND state IN {{.Set.sending}}) AS mine,
  (SELECT count(*) FROM brake) AS braked
-- name: settle_refund
UPDATE refunds SET state = :state, version = version + 1,
  lease_owner = :owner, lease_until = :until, next_at = :next_at, cancel_by = :cancel_by,
  error_code = :error_code, error_message = :error_message, transaction_key = :transaction_key,
  in_progress = :in_progress, looked_at = coalesce(:looked_at, looked_at), finished_at = :finished_at, planned_foreign = :planned_foreign,
  approval = :approval, approved_by = :approved_by, approved_at = :approved_at, account_print = :account_print,
  sent_at = coalesce(:sent_at, sent_at), strangers = :strangers
WHERE id = :id AND version = :version
-- What stands in flight beside another request of its payment, which a database
-- of before could have under two MIDs.
-- name: two_in_flight
SELECT * FROM refunds WHERE (state IN {{.Set.unanswered}} OR (state IN {{.Set.accepted}} AND in_progress = 1)) AND payment_key IN (
  SELECT payment_key FROM refunds WHERE state IN {{.Set.unanswered}} OR (state IN {{.Set.accepted}} AND in_progress = 1)
  GROUP BY payment_key HAVING count(*) > 1) ORDER BY id
-- name: database_clock
SELECT {{if .Postgres}}now(){{else}}strftime('%Y-%m-%dT%H::%M::%fZ', 'now'){{end}} AS at
-- name: hold_in_flight
UPDATE refunds SET state = :state, error_code = :error_code, error_message = '', version = version + 1, lease_owner = '',
  lease_until = NULL, next_at = NULL, in_progress = 0
WHERE id = :id AND version = :version
-- name: unclaim
UPDATE cancels SET claimed_by = '' WHERE claimed_by = :id AND claimed_by <> ''
-- A cancel as it was seen, and with claimed_by the request whose doing it is:
-- that changes one row, or none where another has claimed it.
-- name: upsert_cancel
INSERT INTO cancels (mid, payment_key, transaction_key, amount, status, canceled_at, marker, claimed_by, tax_free)
VALUES (:mid, :payment_key, :transaction_key, :amount, :status, :canceled_at, :marker, :claimed_by, :tax_free)
ON CONFLICT (mid, payment_key, transaction_key) DO UPDATE SET status = excluded.status, tax_free = excluded.tax_free,
  claimed_by = CASE excluded.claimed_by WHEN '' THEN cancels.claimed_by ELSE excluded.claimed_by END
WHERE CASE excluded.claimed_by WHEN '' THEN cancels.status <> excluded.status OR cancels.tax_free IS NULL ELSE cancels.claimed_by IN ('', excluded.claimed_by) END
-- name: claimed_by_another
SELECT count(*) AS number FROM cancels WHERE payment_key = :payment_key AND transaction_key = :transaction_key AND claimed_by NOT IN ('', :claimed_by)
-- name: upsert_payment
INSERT INTO payments (mid, payment_key, order_id, status, method, behind, provider, currency, total_amount, balance_amount,
  approved, held, requested_at, approved_at, last_canceled_at, last_transaction_key, refund_status, waiting, follow, looked_up_at,
  tax_free_left, tax_free_paid, approval_number, toss_mid, cash_receipt)
VALUES (:mid, :payment_key, :order_id, :status, :method, :behind, :provider, :currency, :total_amount, :balance_amount,
  :approved, :held, :requested_at, :approved_at, :last_canceled_at, :last_transaction_key, :refund_status, :waiting, :follow, :looked_up_at,
  :tax_free_left, :tax_free_paid, :approval_number, :toss_mid, :cash_receipt)
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
-- name: hand_due
INSERT INTO hand_transfers (refund_id, mid, payment_key, order_id, amount, currency, why, state, requested_by, due_at)
SELECT id, mid, payment_key, order_id, amount, currency, CAST(:why AS text), CAST(:state AS text), requested_by, CAST(:at AS {{.Time}})
FROM refunds WHERE id = :id
ON CONFLICT DO NOTHING

-- name: lease_owners
SELECT DISTINCT lease_owner FROM refunds WHERE lease_until > :now AND lease_owner <> ''
-- name: release_owner
UPDATE refunds SET lease_until = NULL WHERE lease_owner = :owner AND lease_until > :now
-- name: mark_same
UPDATE refunds SET same_as = :id WHERE id = :other AND same_as = '' AND state IN {{.Set.requested}}
-- name: refund_by_ref
SELECT * FROM refunds WHERE mid = :mid AND ref = :ref
-- The same wish under another MID: the configuration's mid was corrected since.
-- What was taken back before anything of it was sent may be asked for anew.
-- name: refund_by_payment_and_ref
SELECT * FROM refunds WHERE payment_key = :payment_key AND ref = :ref AND mid <> :mid
  AND NOT (state IN {{.Set.rejected}} AND attempts = 0) ORDER BY requested_at, id LIMIT 1
-- name: import_looks
SELECT mid, asked, payment, at FROM import_looks WHERE batch = :batch AND at > :since
-- name: keep_look
INSERT INTO import_looks (batch, mid, asked, payment, at) VALUES (:batch, :mid, :asked, :payment, :at)
ON CONFLICT (batch, mid, asked) DO UPDATE SET payment = excluded.payment, at = excluded.at
-- name: forget_looks
DELETE FROM import_looks WHERE batch = :batch OR at < :before
-- name: insert_batch
INSERT INTO batches (batch, name, sha256, number, at, actor) VALUES (:batch, :name, :sha256, :number, :at, :actor)
ON CONFLICT DO NOTHING
-- name: upsert_account
INSERT INTO accounts (mid, payment_key, order_id, print, bank, account_masked, holder_masked, sealed, source, at, actor)
VALUES (:mid, :payment_key, :order_id, :print, :bank, :account_masked, :holder_masked, :sealed, :source, :at, :actor)
ON CONFLICT (mid, payment_key) DO UPDATE SET order_id = excluded.order_id, print = excluded.print, bank = excluded.bank,
  account_masked = excluded.account_masked, holder_masked = excluded.holder_masked, sealed = excluded.sealed,
  source = excluded.source, at = excluded.at, actor = excluded.actor, purged_at = NULL
-- A capture never replaces an account that is there.
-- name: capture_account
INSERT INTO accounts (mid, payment_key, order_id, print, bank, account_masked, holder_masked, sealed, source, at, actor)
VALUES (:mid, :payment_key, :order_id, :print, :bank, :account_masked, :holder_masked, :sealed, :source, :at, :actor)
ON CONFLICT (mid, payment_key) DO UPDATE SET order_id = excluded.order_id, print = excluded.print, bank = excluded.bank,
  account_masked = excluded.account_masked, holder_masked = excluded.holder_masked, sealed = excluded.sealed,
  source = excluded.source, at = excluded.at, actor = excluded.actor, purged_at = NULL
WHERE accounts.purged_at IS NOT NULL
-- name: without_this_account
SELECT * FROM refunds WHERE mid = :mid AND payment_key = :payment_key AND state IN {{.Set.before_account}}
ORDER BY id{{if .Postgres}} FOR UPDATE{{end}}
-- name: count_states
SELECT state, count(*) AS number FROM refunds WHERE (:mid = '' OR mid = :mid) GROUP BY state ORDER BY state
-- Everything that has not come to its end, over all merchants. Who reads it sorts
-- it: an order would let SQLite read the whole table.
-- name: refunds_waiting
SELECT * FROM refunds WHERE state IN {{.Set.waiting}}
-- name: limits_spent
SELECT currency, number, amount FROM limit_ledger WHERE scope = :scope
-- name: refunds_sendable
SELECT * FROM refunds WHERE mid = :mid AND state IN {{.Set.sendable}}
ORDER BY coalesce(cancel_by, '9999-12-31T00::00::00.000000Z'), requested_at, id
-- name: hand_list
SELECT h.*, r.cancel_by, r.tax_free_amount FROM hand_transfers h JOIN refunds r ON r.id = h.refund_id
WHERE (:mid = '' OR h.mid = :mid) AND (:state = '' OR h.state = :state) ORDER BY h.mid, h.order_id, h.refund_id
-- What nobody has made yet, of all merchants.
-- name: hand_waiting
SELECT h.*, r.cancel_by, r.tax_free_amount FROM hand_transfers h JOIN refunds r ON r.id = h.refund_id
WHERE h.state IN {{.Set.hand_open}} AND h.state = :state ORDER BY h.mid, h.order_id, h.refund_id
-- What a night tells of: what is to be made, and what was made since.
-- name: hand_told
SELECT h.*, r.cancel_by, r.tax_free_amount FROM hand_transfers h JOIN refunds r ON r.id = h.refund_id
WHERE h.mid = :mid AND h.state IN {{.Set.hand_open}}
UNION ALL
SELECT h.*, r.cancel_by, r.tax_free_amount FROM hand_transfers h JOIN refunds r ON r.id = h.refund_id
WHERE h.mid = :mid AND h.state IN {{.Set.hand_done}} AND h.done_at >= :since
ORDER BY order_id, refund_id
-- name: hand_of
SELECT h.*, r.cancel_by, r.tax_free_amount FROM hand_transfers h JOIN refunds r ON r.id = h.refund_id WHERE h.refund_id = :id{{if .Postgres}} FOR UPDATE OF h{{end}}
-- What stands for another transfer already.
-- name: hand_by_reference
SELECT refund_id FROM hand_transfers WHERE reference = :reference AND state IN {{.Set.hand_done}}
-- name: hand_move
UPDATE hand_transfers SET state = :state, approved_by = :approved_by, approved_at = :approved_at, done_by = :done_by,
  done_at = :done_at, reference = :reference, note = :note
WHERE refund_id = :id AND state = :was
-- name: has_entry
SELECT count(*) FROM journal WHERE seq = :seq AND hash = :hash
-- name: durability
SELECT {{if .Postgres}}current_setting('synchronous_commit'){{else}}'full'{{end}}
-- name: payment_of
SELECT mid, payment_key, order_id, status, method, behind, provider, currency, total_amount, balance_amount,
  approved, held, requested_at, approved_at, last_canceled_at, last_transaction_key, refund_status, waiting, follow, looked_up_at,
  tax_free_left, tax_free_paid, toss_mid, approval_number, cash_receipt
FROM payments WHERE mid = :mid AND payment_key = :payment_key
-- name: claim_time
SELECT max(canceled_at) AS at FROM cancels WHERE mid = :mid AND claimed_by = :id AND claimed_by <> ''
-- name: hand_given_for
SELECT CAST(coalesce(sum(h.amount), 0) AS {{.Int}}) FROM hand_transfers h JOIN refunds r ON r.id = h.refund_id
WHERE r.break_id = :break_id AND r.break_id <> '' AND h.state IN {{.Set.hand_room}}
-- name: hand_settled
UPDATE hand_transfers SET state = :state, note = :note
WHERE state IN {{.Set.hand_due}} AND refund_id IN (SELECT id FROM refunds WHERE break_id = :break_id AND break_id <> '')
RETURNING refund_id
-- What would be sent again, or is on its way, while money goes back otherwise.
-- name: on_its_way
SELECT id FROM refunds WHERE payment_key = :payment_key
  AND state IN {{.Set.away}} ORDER BY id LIMIT 1
-- name: refunds_executed
SELECT r.*, c.canceled_at AS executed_at, p.method AS paid_method, p.behind, p.provider, p.total_amount, p.approved_at AS paid_at
FROM refunds r JOIN cancels c ON c.claimed_by = r.id JOIN payments p ON p.mid = r.mid AND p.payment_key = r.payment_key
WHERE r.mid = :mid AND r.state IN {{.Set.executed}} AND c.mid = :mid AND c.claimed_by <> '' AND c.canceled_at >= :since ORDER BY c.canceled_at DESC, r.id
