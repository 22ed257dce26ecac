-- +goose Up

-- What the ledger must look at is walked in the order of payments, in which the
-- ledger, the rows that Toss settles, look-ups and their cancels lie: a page of the
-- ledger is then written once, and not again for each part of a walk by orders.
CREATE INDEX ledger_todo_payment ON ledger_todo (mid, payment_key, order_id);
{{- if not .Postgres}}
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('ledger_todo', 'ledger_todo_payment', '20000 20000 1 1');
{{- end}}
