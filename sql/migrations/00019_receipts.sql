-- +goose Up

-- What the reference for the VAT return asks of each sale. Payments and cancels that
-- an older program looked up last lack it until they are looked up again.
--
-- Whether a payment has a cash receipt (현금영수증): '' not known, else none, pending
-- or issued.
ALTER TABLE payments ADD COLUMN cash_receipt {{.Key}} NOT NULL DEFAULT '';
-- The tax-free part of a cancel; null: not known.
ALTER TABLE cancels ADD COLUMN tax_free {{.Int}};
-- tax_free_amount is 0 also where nobody said it: 1 says that the order's source has
-- that column. A shop that fills this table by itself sets it so.
ALTER TABLE orders ADD COLUMN tax_free_told {{.Int}} NOT NULL DEFAULT 0;

-- The sales of a month.
CREATE INDEX ledger_transactions_day ON ledger_transactions (mid, day);
