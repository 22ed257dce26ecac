-- +goose Up

-- An order is explained with the refund accounts of its payments: they are found by
-- its number, under whatever merchant, and not by reading those of all orders.
CREATE INDEX accounts_order ON accounts (order_id);
CREATE INDEX captures_by_order ON captures (order_id, mid);
DROP INDEX captures_order;
{{- if not .Postgres}}
DELETE FROM sqlite_stat1 WHERE idx = 'captures_order';
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('accounts', 'accounts_order', '100000 1'),
  ('captures', 'captures_by_order', '120000 1 1');
{{- end}}
