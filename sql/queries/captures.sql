-- What is watched: payments, and orders whose payment is not known yet.
-- name: watch_of_payment
SELECT * FROM captures WHERE mid = :mid AND payment_key = :payment_key AND payment_key <> ''
-- name: watch_of_order
SELECT * FROM captures WHERE mid = :mid AND order_id = :order_id ORDER BY payment_key LIMIT 1
-- name: insert_watch
INSERT INTO captures (id, mid, order_id, payment_key, source, opened_at, exact, closes_at, state, why, looks, seen, first_known, next_at)
VALUES (:id, :mid, :order_id, :payment_key, :source, :opened_at, :exact, :closes_at, :state, :why, 0, 0, :first_known, :next_at)
ON CONFLICT DO NOTHING
-- An order's watch learns its payment. One that had ended without it begins
-- anew.
-- name: watch_learns
UPDATE captures SET payment_key = :payment_key, source = :source, opened_at = :opened_at, closes_at = :closes_at, state = :state, why = :why,
  looks = 0, seen = 0, next_at = :next_at
WHERE id = :id AND payment_key = '' AND state IN {{.Set.capture_learns}}
  AND NOT EXISTS (SELECT 1 FROM captures o WHERE o.mid = :mid AND o.payment_key = :payment_key AND o.payment_key <> '')
-- Of a batch of payments: those whose account came in another way, and the
-- orders that are watched without a payment. A shorter batch repeats its last.
-- name: given_among
SELECT payment_key FROM accounts WHERE mid = :mid AND purged_at IS NULL AND payment_key IN ({{range $i, $_ := .Batch}}{{if $i}}, {{end}}:payment_{{$i}}{{end}})
-- name: watched_orders_among
SELECT order_id FROM captures WHERE mid = :mid AND payment_key = '' AND order_id IN ({{range $i, $_ := .Batch}}{{if $i}}, {{end}}:order_{{$i}}{{end}})
-- name: orders_to_watch
SELECT mid, order_id, payment_key, ordered_at FROM orders o
WHERE mid = :mid AND method = 'virtual_account' AND {{template "compared" ""}} AND status IN ('pending','paid') AND ordered_at >= :since
  AND NOT EXISTS (SELECT 1 FROM captures c WHERE c.mid = o.mid AND c.order_id = o.order_id)
ORDER BY ordered_at, order_id
-- Virtual accounts that nobody watches. A row's time is that of the issue or of
-- the deposit; a look-up knows when the window was opened.
-- name: unwatched_accounts
SELECT order_id, payment_key, exact, at FROM (
  SELECT l.order_id, l.payment_key, CASE WHEN p.requested_at IS NULL THEN 0 ELSE 1 END AS exact, coalesce(p.requested_at, l.at) AS at
  FROM (
    SELECT t.order_id, t.payment_key, min(t.at) AS at FROM transactions t
    WHERE t.mid = :mid{{if not .Postgres}} AND t.day >= :first_day AND t.day <= :last_day{{end}} AND t.at >= :from AND t.at < :to AND t.method = 'virtual_account'
      AND NOT EXISTS (SELECT 1 FROM transactions c WHERE c.mid = t.mid AND c.order_id = t.order_id
        AND c.payment_key = t.payment_key AND c.status = 'CANCELED')
    GROUP BY t.order_id, t.payment_key
  ) l LEFT JOIN payments p ON p.mid = :mid AND p.payment_key = l.payment_key
  WHERE coalesce(p.status, 'DONE') NOT IN ('READY','CANCELED','ABORTED','EXPIRED')
  UNION
  SELECT p.order_id, p.payment_key, 1, p.requested_at FROM payments p
  WHERE p.mid = :mid AND p.method = 'virtual_account' AND p.requested_at >= :from AND p.requested_at < :to
    AND p.status NOT IN ('READY','CANCELED','ABORTED','EXPIRED')
) a
WHERE NOT EXISTS (SELECT 1 FROM captures c WHERE c.mid = :mid AND c.payment_key = a.payment_key AND c.payment_key <> '')
  AND NOT EXISTS (SELECT 1 FROM accounts g WHERE g.mid = :mid AND g.payment_key = a.payment_key)
ORDER BY order_id, payment_key
-- name: capture_listed
SELECT listed AS at FROM capture_reads WHERE mid = :mid
-- name: set_capture_listed
INSERT INTO capture_reads (mid, listed) VALUES (:mid, :listed)
ON CONFLICT (mid) DO UPDATE SET listed = excluded.listed WHERE capture_reads.listed < excluded.listed
-- The windows that are still open come before those that will have closed when
-- the look arrives and those that have, what was never seen before what has
-- shown nothing, and then the earliest close. While somebody looks, next_at
-- keeps the others away.
-- name: next_watch
UPDATE captures SET next_at = :until WHERE id = (SELECT id FROM captures{{if not .Postgres}} INDEXED BY captures_due{{end}}
  WHERE mid = :mid AND state IN {{.Set.capture_waiting}} AND next_at <= :now
  ORDER BY CASE WHEN closes_at > :soon THEN 0 WHEN closes_at > :now THEN 1 ELSE 2 END, seen, closes_at, id
  LIMIT 1{{if .Postgres}} FOR UPDATE SKIP LOCKED{{end}})
RETURNING *
-- name: watch_looked
UPDATE captures SET payment_key = :payment_key, order_id = :order_id, opened_at = :opened_at, exact = :exact, closes_at = :closes_at,
  state = :state, why = :why, looks = :looks, seen = :seen, minutes_left = :minutes_left, looked_at = :looked_at, next_at = :next_at,
  captured_at = :captured_at
WHERE id = :id AND (state IN {{.Set.capture_waiting}} OR (state IN {{.Set.capture_missed}} AND :state IN {{.Set.capture_captured}}))
-- name: upsert_facts
INSERT INTO payment_facts (mid, payment_key, order_id, secret_print, deposited) VALUES (:mid, :payment_key, :order_id, :secret_print, :deposited)
ON CONFLICT (mid, payment_key) DO UPDATE SET
  secret_print = CASE excluded.secret_print WHEN '' THEN payment_facts.secret_print ELSE excluded.secret_print END,
  deposited = CASE excluded.deposited WHEN 1 THEN 1 ELSE payment_facts.deposited END
WHERE payment_facts.deposited < excluded.deposited OR excluded.secret_print NOT IN ('', payment_facts.secret_print)
-- name: secret_prints
SELECT secret_print FROM payment_facts WHERE (:mid = '' OR mid = :mid) AND secret_print <> ''
  AND ((:payment_key <> '' AND payment_key = :payment_key) OR (:payment_key = '' AND order_id = :order_id))
-- name: capture_figures
SELECT state, why, coalesce(minutes_left, -1) AS minutes, count(*) AS number FROM captures
WHERE mid = :mid AND closes_at >= :since AND closes_at < :until GROUP BY state, why, minutes_left ORDER BY state, why, minutes_left
{{- define "account_lines"}}
SELECT a.mid, a.order_id, a.payment_key, a.bank, a.account_masked, a.holder_masked, a.at AS captured_at, a.source, a.purged_at,
  c.closes_at AS expires_at, CASE a.source WHEN 'captured' THEN 'captured' ELSE 'given' END AS state, '' AS why
FROM accounts a LEFT JOIN captures c ON c.mid = a.mid AND c.payment_key = a.payment_key AND c.payment_key <> ''
{{- end}}
{{- define "account_lacking"}}
SELECT c.mid, c.order_id, c.payment_key, '', '', '', NULL, c.source, NULL, c.closes_at, c.state, c.why
FROM captures c
WHERE NOT EXISTS (SELECT 1 FROM accounts a WHERE a.mid = c.mid AND a.payment_key = c.payment_key)
{{- end}}
-- name: accounts_list
{{template "account_lines"}} WHERE (:mid = '' OR a.mid = :mid)
UNION ALL {{template "account_lacking"}} AND c.state IN {{.Set.capture_without}} AND (:mid = '' OR c.mid = :mid)
ORDER BY mid, order_id, payment_key
-- name: accounts_of_order
{{template "account_lines"}} WHERE a.order_id = :order_id AND (:mid = '' OR a.mid = :mid)
UNION ALL {{template "account_lacking"}} AND c.order_id = :order_id AND c.state IN {{.Set.capture_without}} AND (:mid = '' OR c.mid = :mid)
ORDER BY mid, order_id, payment_key

-- Everything that is sealed, to be sealed again or destroyed.
-- name: sealed_accounts
SELECT * FROM accounts WHERE purged_at IS NULL AND (mid, payment_key) > (:mid, :payment_key) ORDER BY mid, payment_key LIMIT :limit
-- name: reseal_account
UPDATE accounts SET sealed = :sealed WHERE mid = :mid AND payment_key = :payment_key AND print = :print AND purged_at IS NULL
-- name: sealed_attempts
SELECT * FROM refund_attempts WHERE sealed = 1 AND length(body) > 0 AND (refund_id, n) > (:refund_id, :n) ORDER BY refund_id, n LIMIT :limit
-- name: reseal_attempt
UPDATE refund_attempts SET body = :body, body_sha256 = :body_sha256 WHERE refund_id = :refund_id AND n = :n AND body_sha256 = :was AND length(body) > 0
-- An account has done its work when its payment's refunds are finished, by hand
-- or by Toss, and lain for as long as the configuration says; one that was never
-- used, when nothing can be cancelled any more.
-- name: purgeable_accounts
SELECT * FROM accounts a WHERE purged_at IS NULL AND mid = :mid
  AND NOT EXISTS (SELECT 1 FROM refunds r WHERE r.mid = a.mid AND r.payment_key = a.payment_key
    AND (r.state NOT IN {{.Set.ended}} OR r.finished_at IS NULL OR r.finished_at > :refunded))
  AND NOT EXISTS (SELECT 1 FROM hand_transfers h WHERE h.mid = a.mid AND h.payment_key = a.payment_key
    AND (h.state IN {{.Set.hand_open}} OR h.done_at > :refunded))
  AND (a.at < :unused OR EXISTS (SELECT 1 FROM refunds r WHERE r.mid = a.mid AND r.payment_key = a.payment_key AND r.state IN {{.Set.succeeded}})
    OR EXISTS (SELECT 1 FROM hand_transfers h WHERE h.mid = a.mid AND h.payment_key = a.payment_key AND h.state IN {{.Set.hand_done}}))
  AND a.at <= :refunded
ORDER BY mid, payment_key
-- name: purge_account
UPDATE accounts SET sealed = :nothing, purged_at = :now WHERE mid = :mid AND payment_key = :payment_key AND purged_at IS NULL
-- name: purge_attempts
UPDATE refund_attempts SET body = :nothing WHERE sealed = 1 AND length(body) > 0
  AND refund_id IN (SELECT id FROM refunds WHERE mid = :mid AND payment_key = :payment_key)
-- name: watch_given
UPDATE captures SET state = :state, why = :why, next_at = NULL WHERE mid = :mid AND payment_key = :payment_key AND payment_key <> '' AND state IN {{.Set.capture_waiting}}
-- What is known to be unpaid or over needs no refund account.
-- At most as many as accounts_missed has.
-- name: count_missed
SELECT count(*) FROM captures
WHERE mid = :mid AND state IN {{.Set.capture_missed}} AND closes_at >= :since AND closes_at < :until
-- name: accounts_missed
SELECT c.order_id, c.payment_key, c.closes_at, c.why, coalesce(p.currency, o.currency, 'KRW') AS currency,
  coalesce(p.balance_amount, o.amount, 0) AS amount
FROM captures c LEFT JOIN payments p ON p.mid = c.mid AND p.payment_key = c.payment_key
  LEFT JOIN orders o ON o.mid = c.mid AND o.order_id = c.order_id
WHERE c.mid = :mid AND c.state IN {{.Set.capture_missed}} AND c.closes_at >= :since AND c.closes_at < :until
  AND coalesce(p.status, 'DONE') NOT IN ('READY','CANCELED','ABORTED','EXPIRED')
  AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.mid = c.mid AND a.payment_key = c.payment_key)
ORDER BY c.order_id, c.payment_key
