-- What Toss settles: a reading stages the rows that its lists show in arriving,
-- a table of its own connection, and folds them into what is kept in the order of
-- their keys. Then the ledger takes over the payments of which anything was read.

-- name: drop_arriving
DROP TABLE IF EXISTS arriving
-- name: create_arriving
CREATE TEMP TABLE arriving (
  payment_key {{.Key}} NOT NULL, transaction_key {{.Key}} NOT NULL, digest {{.Key}} NOT NULL, order_id {{.Key}} NOT NULL,
  currency {{.Key}} NOT NULL, method {{.Key}} NOT NULL, amount {{.Int}} NOT NULL, interest_fee {{.Int}} NOT NULL,
  fee {{.Int}} NOT NULL, supply_amount {{.Int}} NOT NULL, vat {{.Int}} NOT NULL, pay_out_amount {{.Int}} NOT NULL,
  approved_at {{.Time}} NOT NULL, canceled_at {{.Time}}, sold_date {{.Key}} NOT NULL, paid_out_date {{.Key}} NOT NULL,
  card_type {{.Key}} NOT NULL, issuer {{.Key}} NOT NULL, provider {{.Key}} NOT NULL, fees {{.Key}} NOT NULL, odd {{.Int}} NOT NULL,
  month {{.Key}} NOT NULL, day {{.Key}} NOT NULL,
  PRIMARY KEY (payment_key, transaction_key, digest)
) {{.Clustered}}
-- name: analyze_arriving
{{if .Postgres}}ANALYZE arriving{{else}}SELECT 1{{end}}
-- The keys of which anything is to be thought about: all but those that show again
-- what is kept, once. They are found once, and then walked in stretches. plain is a
-- key that was never shown before, and is shown in one way: nothing is to be thought
-- about it, and it is kept as it stands.
-- name: drop_pondered
DROP TABLE IF EXISTS pondered
-- name: create_pondered
CREATE TEMP TABLE pondered (
  plain {{.Int}} NOT NULL, payment_key {{.Key}} NOT NULL, transaction_key {{.Key}} NOT NULL, known {{.Int}} NOT NULL,
  PRIMARY KEY (plain, payment_key, transaction_key)
) {{.Clustered}}
-- name: fill_pondered
INSERT INTO pondered SELECT CASE WHEN max(w.known) = 0 AND count(*) = 1 AND max(w.currency) = 'KRW' THEN 1 ELSE 0 END, w.payment_key, w.transaction_key, max(w.known)
FROM (SELECT a.payment_key, a.transaction_key, a.currency, CASE WHEN r.digest IS NULL THEN 0 ELSE 1 END AS known FROM arriving a
  LEFT JOIN settlement_rows r ON r.mid = :mid AND r.payment_key = a.payment_key AND r.transaction_key = a.transaction_key AND r.copy = 0
  WHERE r.digest IS NULL OR r.digest <> a.digest OR r.withdrawn = 1 OR r.odd <> a.odd OR EXISTS (
    SELECT 1 FROM settlement_rows t WHERE t.mid = :mid AND t.payment_key = a.payment_key
      AND t.transaction_key = a.transaction_key AND t.copy = 1)) w
GROUP BY w.payment_key, w.transaction_key
-- name: analyze_pondered
{{if .Postgres}}ANALYZE pondered{{else}}SELECT 1{{end}}
-- A stretch is bounded by whole keys, and once more by their first part alone: of two
-- bounds of whole keys PostgreSQL takes a quarter of a table to be left, and reads
-- all of the tables beside it for every stretch.
-- name: pondered_next
SELECT payment_key, transaction_key FROM (
  SELECT payment_key, transaction_key FROM pondered WHERE plain = :plain AND (payment_key, transaction_key) > (:after_payment, :after_key)
    AND payment_key >= :after_payment ORDER BY payment_key, transaction_key LIMIT :limit
) next ORDER BY payment_key DESC, transaction_key DESC LIMIT 1
-- name: arriving_next
SELECT a.*, k.known {{template "stretch" .}}
ORDER BY a.payment_key, a.transaction_key, a.digest
-- name: keep_plain
INSERT INTO settlement_rows (mid, payment_key, transaction_key, copy, month, version, recorded_at, withdrawn, doubled, {{template "said"}})
SELECT :mid, a.payment_key, a.transaction_key, 0, a.month, 1, :now, 0, 0, {{template "said"}}
{{template "stretch" .}}
-- name: todo_plain
INSERT INTO ledger_pending (mid, payment_key, order_id) SELECT :mid, a.payment_key, a.order_id {{template "stretch" .}}
ON CONFLICT DO NOTHING
-- name: plain_moves
SELECT a.month, a.method, a.day, sum(a.amount - a.pay_out_amount - a.vat) AS fees, sum(a.vat) AS fee_vat {{template "stretch" .}}
GROUP BY a.month, a.method, a.day
-- name: settlement_of_key
SELECT * FROM settlement_rows WHERE mid = :mid AND payment_key = :payment_key AND transaction_key = :transaction_key ORDER BY copy
-- Rows that a list which was read whole should show, and did not.
-- name: unseen_sold
SELECT DISTINCT r.payment_key, r.transaction_key FROM settlement_rows r
WHERE r.mid = :mid AND r.sold_date = :day AND (r.withdrawn = 0 OR r.copy = 1)
  AND NOT EXISTS (SELECT 1 FROM arriving a WHERE a.payment_key = r.payment_key AND a.transaction_key = r.transaction_key)
ORDER BY r.payment_key, r.transaction_key
-- name: unseen_paid
SELECT DISTINCT r.payment_key, r.transaction_key FROM settlement_rows r
WHERE r.mid = :mid AND r.paid_out_date = :day AND (r.withdrawn = 0 OR r.copy = 1)
  AND NOT EXISTS (SELECT 1 FROM arriving a WHERE a.payment_key = r.payment_key AND a.transaction_key = r.transaction_key)
ORDER BY r.payment_key, r.transaction_key
-- name: drop_settlement_row
DELETE FROM settlement_rows WHERE mid = :mid AND payment_key = :payment_key AND transaction_key = :transaction_key AND copy = :copy

-- name: cover_settlements
INSERT INTO settlement_windows (mid, listed_by, day, first_at, read_at) VALUES (:mid, :by, :day, :now, :now)
ON CONFLICT (mid, listed_by, day) DO UPDATE SET read_at = excluded.read_at
-- name: settlement_windows
SELECT listed_by, day, read_at FROM settlement_windows WHERE mid = :mid AND day >= :from AND day <= :to ORDER BY day, listed_by
-- name: any_settlement
SELECT count(*) FROM (SELECT 1 FROM settlement_rows WHERE mid = :mid LIMIT 1) one
-- name: settlement_rows_paid
SELECT r.*, CASE WHEN EXISTS (SELECT 1 FROM ledger_transactions l WHERE l.mid = r.mid AND l.payment_key = r.payment_key
  AND (l.transaction_key = r.transaction_key OR (r.canceled_at IS NULL AND l.amount > 0))) THEN 1 ELSE 0 END AS known FROM settlement_rows r
WHERE (:mid = '' OR r.mid = :mid) AND r.paid_out_date >= :from AND r.paid_out_date <= :to
ORDER BY r.mid, r.order_id, r.payment_key, r.transaction_key, r.copy
-- name: settlement_rows_transacted
SELECT r.*, CASE WHEN EXISTS (SELECT 1 FROM ledger_transactions l WHERE l.mid = r.mid AND l.payment_key = r.payment_key
  AND (l.transaction_key = r.transaction_key OR (r.canceled_at IS NULL AND l.amount > 0))) THEN 1 ELSE 0 END AS known FROM settlement_rows r
WHERE (:mid = '' OR r.mid = :mid) AND r.sold_date >= :from AND r.sold_date <= :to
ORDER BY r.mid, r.order_id, r.payment_key, r.transaction_key, r.copy

-- Days of the transaction list that were read since, and of each the payments that
-- the ledger does not have as the list has them now.
-- name: days_read_since
SELECT day FROM windows WHERE mid = :mid AND read_at >= :since AND uncovered_at IS NULL ORDER BY day
-- name: todo_of_day
INSERT INTO ledger_pending (mid, payment_key, order_id) SELECT t.mid, t.payment_key, t.order_id FROM transactions t
WHERE t.mid = :mid AND {{template "of_day" .}} AND t.status IN {{.Set.money_moved}} AND (NOT EXISTS (
  SELECT 1 FROM ledger_transactions l WHERE l.mid = t.mid AND l.payment_key = t.payment_key AND l.transaction_key = t.transaction_key)
  OR {{template "changed_since" .}})
ORDER BY t.payment_key, t.order_id
ON CONFLICT DO NOTHING
-- What the version before had left to do.
-- name: todo_before
INSERT INTO ledger_pending (mid, payment_key, order_id) SELECT mid, payment_key, order_id FROM ledger_todo WHERE mid = :mid
ON CONFLICT DO NOTHING
-- name: todo_before_taken
DELETE FROM ledger_todo WHERE mid = :mid AND EXISTS (SELECT 1 FROM ledger_pending k
  WHERE k.mid = ledger_todo.mid AND k.payment_key = ledger_todo.payment_key AND k.order_id = ledger_todo.order_id)
-- name: todo_of_looks
INSERT INTO ledger_pending (mid, payment_key, order_id) SELECT mid, payment_key, order_id FROM payments WHERE mid = :mid AND looked_up_at >= :since
ON CONFLICT DO NOTHING
-- name: todo_of_breaks
INSERT INTO ledger_pending (mid, payment_key, order_id) SELECT DISTINCT mid, payment_key, of_order FROM breaks
WHERE mid = :mid AND subject <> '' AND payment_key <> '' AND (status IN {{.Set.break_alive}}
  OR (status IN {{.Set.break_resolved}} AND recheck_on <> '' AND recheck_on <= :day))
ON CONFLICT DO NOTHING
-- name: todo_late
INSERT INTO ledger_pending (mid, payment_key, order_id) SELECT mid, payment_key, order_id FROM ledger_transactions
WHERE mid = :mid AND settled = 0 AND due_by < :day AND due_by >= :late_from
ON CONFLICT DO NOTHING
-- What is to be done is taken in stretches, in the order of payments: one payment's
-- orders are never in two of them, since those that the limit cuts off go with it. Of a table that was filled just now PostgreSQL knows
-- nothing: it takes few rows to be one merchant's, and would sort all that is left for
-- every stretch. A lower bound alone lets it walk the key, beyond the merchant's last.
-- name: todo_next
SELECT mid, payment_key, order_id FROM ledger_pending WHERE (mid, payment_key) > (:mid, :after)
ORDER BY mid, payment_key, order_id LIMIT :limit
-- name: todo_done
DELETE FROM ledger_pending WHERE mid = :mid AND payment_key > :after AND payment_key <= :last
-- name: todo_told
DELETE FROM ledger_pending WHERE mid = :mid AND payment_key = :payment_key
-- What is known of the payments of one stretch. The list and look-ups are asked by
-- order as well; what goes by the payment alone is asked once, under however many
-- orders it stands. CROSS JOIN keeps SQLite from beginning with the other table.
-- name: todo_listed
SELECT t.order_id, t.payment_key, t.transaction_key, t.status, t.method, t.at, t.currency, t.amount
FROM ledger_pending k CROSS JOIN transactions t WHERE t.mid = k.mid AND t.order_id = k.order_id AND t.payment_key = k.payment_key
  AND k.mid = :mid AND k.payment_key > :after AND k.payment_key <= :last
-- name: todo_looked
SELECT p.order_id, p.payment_key, p.method, p.currency, p.approved, p.approved_at
FROM ledger_pending k CROSS JOIN payments p WHERE p.mid = k.mid AND p.payment_key = k.payment_key AND p.order_id = k.order_id
  AND k.mid = :mid AND k.payment_key > :after AND k.payment_key <= :last
-- name: todo_cancels
SELECT c.payment_key, c.transaction_key, c.amount, c.status, c.canceled_at
FROM {{template "todo_payments"}} CROSS JOIN cancels c WHERE c.mid = k.mid AND c.payment_key = k.payment_key
-- name: todo_posted
SELECT l.payment_key, l.transaction_key, l.order_id, l.currency, l.method, l.amount, l.at, l.recorded_at, l.settled, l.due_by
FROM {{template "todo_payments"}} CROSS JOIN ledger_transactions l WHERE l.mid = k.mid AND l.payment_key = k.payment_key
-- name: todo_rows
SELECT r.*
FROM {{template "todo_payments"}} CROSS JOIN settlement_rows r WHERE r.mid = k.mid AND r.payment_key = k.payment_key
-- name: drop_posted
DELETE FROM ledger_transactions WHERE mid = :mid AND payment_key = :payment_key AND transaction_key = :transaction_key
-- name: add_move
INSERT INTO ledger_moves (mid, currency, month, method, day, recorded_at, approvals, cancels, fees, fee_vat)
VALUES (:mid, :currency, :month, :method, :day, :recorded_at, :approvals, :cancels, :fees, :fee_vat)
ON CONFLICT (mid, currency, month, method, day, recorded_at) DO UPDATE SET approvals = ledger_moves.approvals + excluded.approvals,
  cancels = ledger_moves.cancels + excluded.cancels, fees = ledger_moves.fees + excluded.fees, fee_vat = ledger_moves.fee_vat + excluded.fee_vat
-- name: ledger_mark
SELECT taken_at FROM ledger_marks WHERE mid = :mid
-- name: set_ledger_mark
INSERT INTO ledger_marks (mid, taken_at) VALUES (:mid, :now) ON CONFLICT (mid) DO UPDATE SET taken_at = excluded.taken_at

-- name: settlement_parts
SELECT mid, paid_out_date, currency, month, method, count(*) AS row_count, sum(amount) AS amount,
  sum(amount - pay_out_amount - vat) AS fees, sum(vat) AS fee_vat, sum(pay_out_amount) AS pay_out
FROM settlement_rows
WHERE mid = :mid AND paid_out_date >= :from AND withdrawn = 0 AND (copy = 0 OR doubled = 1)
GROUP BY mid, paid_out_date, currency, month, method ORDER BY mid, currency, paid_out_date, month, method
-- name: settlement_odd
SELECT * FROM settlement_rows WHERE mid = :mid AND odd = 1 AND withdrawn = 0 AND (copy = 0 OR doubled = 1)
ORDER BY approved_at, payment_key, transaction_key
-- name: settlement_moved
SELECT v.mid, v.paid_out_date, v.currency, r.paid_out_date AS moved_to, r.pay_out_amount, r.recorded_at
FROM settlement_versions v JOIN settlement_rows r ON r.mid = v.mid AND r.payment_key = v.payment_key
  AND r.transaction_key = v.transaction_key AND r.copy = v.copy
WHERE v.mid = :mid AND v.paid_out_date >= :from AND r.paid_out_date <> v.paid_out_date AND v.version = r.version - 1 AND r.withdrawn = 0
ORDER BY v.paid_out_date, v.payment_key, v.transaction_key
-- name: breaks_of_settlement
SELECT * FROM breaks WHERE mid = :mid AND subject <> '' ORDER BY id
-- name: breaks_of_settlement_to_write
SELECT * FROM breaks WHERE mid = :mid AND subject <> '' ORDER BY id{{if .Postgres}} FOR UPDATE{{end}}

-- name: bank_deposits
SELECT id, account, currency, day, at, amount, payer_fits, ignored FROM bank_lines
WHERE kind = 'in' AND day >= :from ORDER BY account, day, seq
-- name: bank_matches
SELECT id, lines, payouts, matched_by, note, recorded_at, dropped_at FROM bank_matches
WHERE dropped_at IS NULL AND last_day >= :from ORDER BY recorded_at, id
-- name: bank_match_parts
SELECT p.match_id, p.line_id, p.line_day, p.mid, p.payout_day, p.currency, p.amount FROM bank_match_parts p
JOIN bank_matches m ON m.id = p.match_id WHERE m.dropped_at IS NULL AND m.last_day >= :from
ORDER BY p.match_id, p.line_day, p.line_id, p.payout_day, p.mid
-- name: add_match
INSERT INTO bank_matches (id, lines, payouts, first_day, last_day, matched_by, note, recorded_at)
VALUES (:id, :lines, :payouts, :first_day, :last_day, :matched_by, :note, :recorded_at)
-- name: add_match_part
INSERT INTO bank_match_parts (match_id, line_id, line_day, mid, payout_day, currency, amount)
VALUES (:match_id, :line_id, :line_day, :mid, :payout_day, :currency, :amount)
-- name: take_line
INSERT INTO bank_taken_lines (line_id, match_id) VALUES (:line_id, :match_id) ON CONFLICT DO NOTHING
-- name: match_of_line
SELECT m.id, m.lines, m.payouts, m.matched_by, m.note, m.recorded_at, m.dropped_at FROM bank_taken_lines t
JOIN bank_matches m ON m.id = t.match_id WHERE t.line_id = :line_id
-- name: parts_of_line
SELECT p.match_id, p.line_id, p.line_day, p.mid, p.payout_day, p.currency, p.amount FROM bank_taken_lines t
JOIN bank_match_parts p ON p.match_id = t.match_id WHERE t.line_id = :line_id
ORDER BY p.line_day, p.line_id, p.payout_day, p.mid
-- name: free_lines
DELETE FROM bank_taken_lines WHERE match_id = :match_id
-- name: drop_match
UPDATE bank_matches SET dropped_at = :now, dropped_by = :actor, drop_note = :note WHERE id = :match_id AND dropped_at IS NULL
-- name: dropped_matches
SELECT id, lines, payouts, matched_by, note, recorded_at, dropped_at FROM bank_matches
WHERE dropped_at IS NOT NULL ORDER BY dropped_at, id
-- name: month_versions
SELECT month, version, locked_at, locked_by, note, reopened_at, reopened_by, reopen_note, row_count, rows_hash, journal_head
FROM month_versions ORDER BY month, version

-- name: ledger_moves
SELECT currency, month, method, day, recorded_at, approvals, cancels, fees, fee_vat FROM ledger_moves WHERE mid = :mid
ORDER BY currency, month, method, day, recorded_at
-- name: ledger_no_row
SELECT currency, day, method, count(*) AS number, sum(amount) AS amount FROM ledger_transactions
WHERE mid = :mid AND settled = 0 GROUP BY currency, day, method ORDER BY currency, day, method
-- name: add_adjustment
INSERT INTO ledger_adjustments (break_id, recorded_at, mid, currency, method, kind, subject, decided_as, amount)
VALUES (:break_id, :recorded_at, :mid, :currency, :method, :kind, :subject, :decided_as, :amount)
ON CONFLICT (break_id, recorded_at) DO UPDATE SET decided_as = excluded.decided_as, amount = excluded.amount, undone_at = NULL
-- name: undo_adjustment
UPDATE ledger_adjustments SET undone_at = :now WHERE break_id = :break_id AND undone_at IS NULL
-- name: ledger_adjustments
SELECT break_id, recorded_at, mid, currency, method, kind, subject, decided_as, amount, undone_at FROM ledger_adjustments
WHERE mid = :mid ORDER BY recorded_at, break_id
-- name: month_figures
SELECT figures FROM month_versions WHERE month = :month AND version = :version
-- name: month_drawn
SELECT drawn FROM month_versions WHERE month = :month AND version = :version
-- name: add_month_version
INSERT INTO month_versions (month, version, locked_at, locked_by, note, row_count, rows_hash, journal_head, figures, drawn)
VALUES (:month, :version, :locked_at, :locked_by, :note, :row_count, :rows_hash, :journal_head, :figures, :drawn)
-- name: reopen_month
UPDATE month_versions SET reopened_at = :now, reopened_by = :actor, reopen_note = :note WHERE month = :month AND version = :version AND reopened_at IS NULL
-- name: fee_invoices
SELECT month, mids, currency, supply, vat, issued, actor, at FROM fee_invoices ORDER BY month, mids, currency, at
-- name: add_fee_invoice
INSERT INTO fee_invoices (month, mids, currency, supply, vat, issued, actor, at) VALUES (:month, :mids, :currency, :supply, :vat, :issued, :actor, :at)
-- name: month_openings
SELECT mid, currency, month, amount, note, actor, at FROM month_openings ORDER BY mid, currency, at
-- name: add_month_opening
INSERT INTO month_openings (mid, currency, month, amount, note, actor, at) VALUES (:mid, :currency, :month, :amount, :note, :actor, :at)
-- name: settlement_rows_of_months
SELECT * FROM settlement_rows WHERE mid = :mid AND month >= :from AND month <= :to AND withdrawn = 0 AND (copy = 0 OR doubled = 1)
ORDER BY payment_key, transaction_key, copy
-- name: dropped_parts
SELECT p.match_id, p.line_id, p.line_day, p.mid, p.payout_day, p.currency, p.amount FROM bank_match_parts p
JOIN bank_matches m ON m.id = p.match_id WHERE m.dropped_at IS NOT NULL
ORDER BY p.match_id, p.line_day, p.line_id, p.payout_day, p.mid
-- Months are locked and reopened one after another. SQLite has one writer.
-- name: lock_months
{{if .Postgres}}SELECT pg_advisory_xact_lock(17){{else}}SELECT 1{{end}}
-- name: set_line_aside
UPDATE bank_lines SET ignored = :ignored WHERE id = :id
{{- define "said"}}order_id, currency, method, amount, interest_fee, fee, supply_amount, vat, pay_out_amount, approved_at, canceled_at,
  sold_date, paid_out_date, card_type, issuer, provider, fees, digest, odd{{end}}
{{- define "stretch"}}FROM pondered k CROSS JOIN arriving a WHERE a.payment_key = k.payment_key AND a.transaction_key = k.transaction_key AND k.plain = :plain
  AND (k.payment_key, k.transaction_key) > (:after_payment, :after_key) AND (k.payment_key, k.transaction_key) <= (:last_payment, :last_key)
  AND k.payment_key >= :after_payment AND k.payment_key <= :last_payment{{end}}
{{- define "todo_payments"}}(SELECT DISTINCT mid, payment_key FROM ledger_pending WHERE mid = :mid AND payment_key > :after AND payment_key <= :last) k{{end}}
{{- /* SQLite walks the index of times alone, and looks at a row only where the ledger has it. */ -}}
{{- define "changed_since"}}{{if .Postgres}}t.changed_at >= :since{{else}}EXISTS (SELECT 1 FROM transactions c WHERE c.mid = t.mid
  AND c.order_id = t.order_id AND c.payment_key = t.payment_key AND c.transaction_key = t.transaction_key AND c.changed_at >= :since){{end}}{{end}}
