-- +goose Up

-- What the ledger must look at lies in the order of payments alone, in which it is
-- put down, walked and taken off: a large shop's night wrote a page of ledger_todo for
-- each of its payments, twice. What an older version leaves there is taken over.
CREATE TABLE ledger_pending (
  mid         {{.Key}} NOT NULL,
  payment_key {{.Key}} NOT NULL,
  order_id    {{.Key}} NOT NULL,
  PRIMARY KEY (mid, payment_key, order_id)
) {{.Clustered}};
{{- if not .Postgres}}
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('ledger_pending', 'ledger_pending', '20000 20000 1 1');
{{- end}}
