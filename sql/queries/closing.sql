-- What the workbook of a month lists beside its figures.

-- name: settlement_rows_billed_sold
SELECT * FROM settlement_rows WHERE mid = :mid AND sold_date >= :from AND sold_date <= :to AND month <> :month
  AND withdrawn = 0 AND (copy = 0 OR doubled = 1)
ORDER BY payment_key, transaction_key, copy
-- name: settlement_rows_billed_paid
SELECT * FROM settlement_rows WHERE mid = :mid AND paid_out_date >= :from AND paid_out_date <= :to AND month <> :month
  AND withdrawn = 0 AND (copy = 0 OR doubled = 1)
ORDER BY payment_key, transaction_key, copy
-- The cancels of some days, and those of earlier ones that were recorded since.
-- name: canceled_of_days
SELECT l.mid, l.payment_key, l.transaction_key, l.order_id, l.currency, l.method, l.amount, l.at, l.recorded_at
FROM ledger_transactions l WHERE l.mid = :mid AND l.amount < 0 AND l.day <= :to AND (l.day >= :from OR l.recorded_at > :since)
ORDER BY l.at, l.payment_key, l.transaction_key
-- name: rows_of_canceled
SELECT r.* FROM ledger_transactions l JOIN settlement_rows r ON r.mid = l.mid AND r.payment_key = l.payment_key
  AND r.transaction_key = l.transaction_key AND r.copy = 0 AND r.withdrawn = 0
WHERE l.mid = :mid AND l.amount < 0 AND l.day <= :to AND (l.day >= :from OR l.recorded_at > :since)
-- name: approvals_of_canceled
SELECT s.payment_key, s.at FROM ledger_transactions l JOIN ledger_transactions s ON s.mid = l.mid AND s.payment_key = l.payment_key AND s.amount > 0
WHERE l.mid = :mid AND l.amount < 0 AND l.day <= :to AND (l.day >= :from OR l.recorded_at > :since)
ORDER BY s.payment_key, s.at DESC
-- name: largest_without_row
SELECT mid, payment_key, transaction_key, order_id, currency, method, amount, at, recorded_at FROM (
  SELECT l.*, row_number() OVER (PARTITION BY l.currency ORDER BY abs(l.amount) DESC, l.payment_key, l.transaction_key) AS place
  FROM ledger_transactions l WHERE l.mid = :mid AND l.settled = 0 AND l.day <= :to
) t WHERE place <= :most ORDER BY currency, place
-- name: shown_payers
SELECT id, payer_masked FROM bank_lines WHERE kind = 'in' AND day >= :from
