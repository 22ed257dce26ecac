-- +goose Up

-- What a request is about is written once, and so is what goes back by hand: the
-- program never changes it. The roles of PostgreSQL have no right to; these say it
-- to the owner of the tables too, and on SQLite, which has no roles. A limit that
-- was used moves by one refund at a time, and is never forgotten.
-- +goose StatementBegin
{{- if .Postgres}}
CREATE FUNCTION written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is written once', TG_TABLE_NAME;
END $$;
CREATE TRIGGER refunds_written_once BEFORE UPDATE ON refunds FOR EACH ROW
WHEN ((OLD.id, OLD.mid, OLD.order_id, OLD.payment_key, OLD.method, OLD.amount, OLD.tax_free_amount, OLD.currency, OLD.reason, OLD.ref, OLD.batch, OLD.break_id, OLD.requested_by, OLD.requested_at)
  IS DISTINCT FROM (NEW.id, NEW.mid, NEW.order_id, NEW.payment_key, NEW.method, NEW.amount, NEW.tax_free_amount, NEW.currency, NEW.reason, NEW.ref, NEW.batch, NEW.break_id, NEW.requested_by, NEW.requested_at))
EXECUTE FUNCTION written_once();
CREATE TRIGGER hand_transfers_written_once BEFORE UPDATE ON hand_transfers FOR EACH ROW
WHEN ((OLD.refund_id, OLD.mid, OLD.payment_key, OLD.order_id, OLD.amount, OLD.currency, OLD.requested_by, OLD.due_at)
  IS DISTINCT FROM (NEW.refund_id, NEW.mid, NEW.payment_key, NEW.order_id, NEW.amount, NEW.currency, NEW.requested_by, NEW.due_at))
EXECUTE FUNCTION written_once();
CREATE TRIGGER hand_transfers_stay BEFORE DELETE OR TRUNCATE ON hand_transfers FOR EACH STATEMENT EXECUTE FUNCTION written_once();
CREATE TRIGGER transfers_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON transfers FOR EACH STATEMENT EXECUTE FUNCTION written_once();
CREATE TRIGGER batches_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON batches FOR EACH STATEMENT EXECUTE FUNCTION written_once();
CREATE FUNCTION limit_moves_by_one() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a limit moves by one refund at a time';
END $$;
CREATE TRIGGER limit_ledger_moves BEFORE UPDATE ON limit_ledger FOR EACH ROW
WHEN ((OLD.scope, OLD.currency) IS DISTINCT FROM (NEW.scope, NEW.currency)
  OR NOT (NEW.number = OLD.number + 1 AND NEW.amount >= OLD.amount OR NEW.number = OLD.number - 1 AND NEW.amount <= OLD.amount))
EXECUTE FUNCTION limit_moves_by_one();
CREATE TRIGGER limit_ledger_stays BEFORE DELETE OR TRUNCATE ON limit_ledger FOR EACH STATEMENT EXECUTE FUNCTION limit_moves_by_one();
{{- else}}
CREATE TRIGGER refunds_written_once BEFORE UPDATE ON refunds
WHEN (OLD.id, OLD.mid, OLD.order_id, OLD.payment_key, OLD.method, OLD.amount, OLD.tax_free_amount, OLD.currency, OLD.reason, OLD.ref, OLD.batch, OLD.break_id, OLD.requested_by, OLD.requested_at)
  IS NOT (NEW.id, NEW.mid, NEW.order_id, NEW.payment_key, NEW.method, NEW.amount, NEW.tax_free_amount, NEW.currency, NEW.reason, NEW.ref, NEW.batch, NEW.break_id, NEW.requested_by, NEW.requested_at)
BEGIN SELECT RAISE(ABORT, 'refunds is written once'); END;
{{- end}}
-- +goose StatementEnd
{{- if not .Postgres}}
-- +goose StatementBegin
CREATE TRIGGER hand_transfers_written_once BEFORE UPDATE ON hand_transfers
WHEN (OLD.refund_id, OLD.mid, OLD.payment_key, OLD.order_id, OLD.amount, OLD.currency, OLD.requested_by, OLD.due_at)
  IS NOT (NEW.refund_id, NEW.mid, NEW.payment_key, NEW.order_id, NEW.amount, NEW.currency, NEW.requested_by, NEW.due_at)
BEGIN SELECT RAISE(ABORT, 'hand_transfers is written once'); END;
CREATE TRIGGER hand_transfers_stay BEFORE DELETE ON hand_transfers
BEGIN SELECT RAISE(ABORT, 'hand_transfers is written once'); END;
CREATE TRIGGER transfers_written_once BEFORE UPDATE ON transfers
BEGIN SELECT RAISE(ABORT, 'transfers is written once'); END;
CREATE TRIGGER transfers_stay BEFORE DELETE ON transfers
BEGIN SELECT RAISE(ABORT, 'transfers is written once'); END;
CREATE TRIGGER batches_written_once BEFORE UPDATE ON batches
BEGIN SELECT RAISE(ABORT, 'batches is written once'); END;
CREATE TRIGGER batches_stay BEFORE DELETE ON batches
BEGIN SELECT RAISE(ABORT, 'batches is written once'); END;
CREATE TRIGGER limit_ledger_moves BEFORE UPDATE ON limit_ledger
WHEN (OLD.scope, OLD.currency) IS NOT (NEW.scope, NEW.currency)
  OR NOT (NEW.number = OLD.number + 1 AND NEW.amount >= OLD.amount OR NEW.number = OLD.number - 1 AND NEW.amount <= OLD.amount)
BEGIN SELECT RAISE(ABORT, 'a limit moves by one refund at a time'); END;
CREATE TRIGGER limit_ledger_stays BEFORE DELETE ON limit_ledger
BEGIN SELECT RAISE(ABORT, 'a limit moves by one refund at a time'); END;
-- +goose StatementEnd
{{- end}}
