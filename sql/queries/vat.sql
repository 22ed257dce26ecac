-- The reference for the VAT return: the approvals and cancels of some days, each with
-- what look-ups and the shop's order say of its tax.

-- name: sales_of_days
SELECT l.mid, l.payment_key, l.transaction_key, l.order_id, l.currency, l.method, l.amount, l.at, l.recorded_at,
  coalesce(p.behind, '') AS behind, coalesce(p.cash_receipt, '') AS cash_receipt, p.approved, p.tax_free_paid,
  c.tax_free AS cancel_tax_free, o.amount AS order_amount, o.tax_free_amount AS order_tax_free, coalesce(o.tax_free_told, 0) AS order_told
FROM ledger_transactions l
LEFT JOIN payments p ON p.mid = l.mid AND p.payment_key = l.payment_key
LEFT JOIN cancels c ON c.mid = l.mid AND c.payment_key = l.payment_key AND c.transaction_key = l.transaction_key
LEFT JOIN orders o ON o.mid = l.mid AND o.order_id = l.order_id AND o.currency = l.currency
WHERE l.mid = :mid AND l.day >= :from AND l.day <= :to
