-- +goose Up

-- Of the requests only those between intent and outcome are looked for by
-- urgency: an index of them alone is not written for all the others.
DROP INDEX refunds_due;
CREATE INDEX refunds_flying ON refunds (mid, cancel_by, requested_at, id) WHERE state IN ('sending','unknown');
{{- if .Postgres}}
-- These fire where there is something to check, and not for every refund.
DROP TRIGGER attempts_follow ON refund_attempts;
CREATE TRIGGER attempts_follow BEFORE INSERT ON refund_attempts FOR EACH ROW WHEN (NEW.n > 1) EXECUTE FUNCTION attempts_follow();
DROP TRIGGER attempts_frozen ON refund_attempts;
CREATE TRIGGER attempts_frozen BEFORE UPDATE OF refund_id, n, idempotency_key, body, sealed, body_sha256, guard, first_sent
  ON refund_attempts FOR EACH ROW EXECUTE FUNCTION attempts_frozen();
{{- end}}

-- The head follows the journal by itself, in the same statement, and an entry
-- that does not follow the head is refused: the chain cannot fork, whoever
-- writes.
-- +goose StatementBegin
{{- if .Postgres}}
CREATE FUNCTION journal_leads() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE journal_head SET seq = NEW.seq, hash = NEW.hash WHERE one = 1 AND seq = NEW.seq - 1 AND hash = NEW.prev_hash;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the entry does not follow the journal''s head';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER journal_leads AFTER INSERT ON journal FOR EACH ROW EXECUTE FUNCTION journal_leads();
{{- else}}
CREATE TRIGGER journal_leads AFTER INSERT ON journal
BEGIN
  SELECT RAISE(ABORT, 'the entry does not follow the journal''s head')
  WHERE NOT EXISTS (SELECT 1 FROM journal_head WHERE one = 1 AND seq = NEW.seq - 1 AND hash = NEW.prev_hash);
  UPDATE journal_head SET seq = NEW.seq, hash = NEW.hash WHERE one = 1;
END;
{{- end}}
-- +goose StatementEnd
