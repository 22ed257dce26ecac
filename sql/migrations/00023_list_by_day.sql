-- +goose Up
{{- if .Postgres}}
-- PostgreSQL keeps its index by time: the pages of a day stand in shared memory
-- together, in whatever order they are written.
SELECT 1;
{{- else}}

-- The business date of a row, pay.DayOf of its time: Korea knows no summer time. All
-- that asks for rows by time asks for whole dates, and an index by date and order is
-- written in the order of the table, each of its pages once; each page of an index by
-- time is read and written again by each stretch of orders. It is a plain column, which
-- the version before leaves out and the triggers write: where an index has a generated
-- one, SQLite reads the row as well. The table is filled anew, so that its pages are full.
CREATE TABLE transactions_copy AS SELECT * FROM transactions;
DELETE FROM transactions;
DROP INDEX transactions_at;
ALTER TABLE transactions ADD COLUMN day TEXT;
INSERT INTO transactions (mid, order_id, payment_key, transaction_key, status, method, at, currency, amount, changed_at, day)
SELECT mid, order_id, payment_key, transaction_key, status, method, at, currency, amount, changed_at, date(at, '+9 hours')
FROM transactions_copy ORDER BY mid, order_id, payment_key, transaction_key;
DROP TABLE transactions_copy;
CREATE INDEX transactions_day ON transactions (mid, day, order_id, method, currency, status, amount);
DELETE FROM sqlite_stat1 WHERE idx = 'transactions_at';
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('transactions', 'transactions_day', '2000000 2000000 6000 2 2 2 1 1');
-- +goose StatementBegin
CREATE TRIGGER transactions_dated AFTER INSERT ON transactions WHEN NEW.day IS NULL BEGIN
  UPDATE transactions SET day = date(at, '+9 hours') WHERE mid = NEW.mid AND order_id = NEW.order_id
    AND payment_key = NEW.payment_key AND transaction_key = NEW.transaction_key;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER transactions_dated_again AFTER UPDATE OF at ON transactions WHEN NEW.day IS NOT date(NEW.at, '+9 hours') BEGIN
  UPDATE transactions SET day = date(at, '+9 hours') WHERE mid = NEW.mid AND order_id = NEW.order_id
    AND payment_key = NEW.payment_key AND transaction_key = NEW.transaction_key;
END;
-- +goose StatementEnd
{{- end}}
