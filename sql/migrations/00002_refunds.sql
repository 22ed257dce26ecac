-- +goose Up

-- What a request needs on its way to Toss and back. version is its fence: every
-- claim and every change of state raises it.
ALTER TABLE refunds ADD COLUMN version {{.Int}} NOT NULL DEFAULT 0;
ALTER TABLE refunds ADD COLUMN lease_owner {{.Key}} NOT NULL DEFAULT '';
ALTER TABLE refunds ADD COLUMN lease_until {{.Time}};
ALTER TABLE refunds ADD COLUMN next_at {{.Time}};
ALTER TABLE refunds ADD COLUMN sent_at {{.Time}};
ALTER TABLE refunds ADD COLUMN looked_at {{.Time}};
ALTER TABLE refunds ADD COLUMN approved_at {{.Time}};
ALTER TABLE refunds ADD COLUMN account_print {{.Key}} NOT NULL DEFAULT '';
ALTER TABLE refunds ADD COLUMN planned_foreign {{.Int}} NOT NULL DEFAULT 0;
ALTER TABLE refunds ADD COLUMN same_as {{.Key}} NOT NULL DEFAULT '';
ALTER TABLE refunds ADD COLUMN in_progress {{.Int}} NOT NULL DEFAULT 0;
-- Nothing is sent that no approval covers.
ALTER TABLE refunds ADD COLUMN approval {{.Key}} NOT NULL DEFAULT ''
  CHECK (state NOT IN ('sending','unknown') OR approval <> '');

-- At most one request in flight for one payment.
CREATE UNIQUE INDEX refunds_in_flight ON refunds (mid, payment_key)
  WHERE state IN ('sending','unknown') OR (state = 'accepted' AND in_progress = 1);
-- What a worker may claim, most urgent first.
CREATE INDEX refunds_due ON refunds (mid, state, next_at, cancel_by);
CREATE INDEX refunds_break ON refunds (break_id) WHERE break_id <> '';
CREATE INDEX refunds_order ON refunds (order_id);
CREATE INDEX refunds_leased ON refunds (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX refunds_batch ON refunds (batch) WHERE batch <> '';

-- One row for each intent: a key, the bytes under it, the balance that it
-- believes in. They are written before the first byte leaves and never changed;
-- what came of the sends stands beside them.
CREATE TABLE refund_attempts (
  refund_id       {{.Key}} NOT NULL,
  n               {{.Int}} NOT NULL CHECK (n > 0),
  idempotency_key {{.Key}} NOT NULL UNIQUE,
  body            {{.Blob}} NOT NULL,
  sealed          {{.Int}} NOT NULL,
  body_sha256     {{.Key}} NOT NULL,
  guard           {{.Int}} NOT NULL CHECK (guard > 0),
  secret_print    {{.Key}} NOT NULL,
  first_sent      {{.Time}} NOT NULL,
  last_sent       {{.Time}} NOT NULL,
  sends           {{.Int}} NOT NULL CHECK (sends > 0),
  unanswered      {{.Int}} NOT NULL,
  answers         {{.Int}} NOT NULL,
  answered_at     {{.Time}},
  kind            {{.Key}} NOT NULL,
  http_status     {{.Int}} NOT NULL,
  code            {{.Key}} NOT NULL,
  message         {{.Key}} NOT NULL,
  trace_id        {{.Key}} NOT NULL,
  PRIMARY KEY (refund_id, n)
) {{.Strict}};

-- One cancel of Toss belongs to at most one request, and the other way round.
ALTER TABLE cancels ADD COLUMN claimed_by {{.Key}} NOT NULL DEFAULT '';
CREATE UNIQUE INDEX cancels_claimed ON cancels (claimed_by) WHERE claimed_by <> '';

-- What was sent within a run or a business day: limits are taken here, in the
-- transaction that commits the intent.
CREATE TABLE limit_ledger (
  scope    {{.Key}} NOT NULL,
  currency {{.Key}} NOT NULL,
  number   {{.Int}} NOT NULL,
  amount   {{.Int}} NOT NULL,
  PRIMARY KEY (scope, currency)
) {{.Strict}};

-- The brake: one row, read before every send.
CREATE TABLE brake (
  one  {{.Int}} NOT NULL PRIMARY KEY CHECK (one = 1),
  note {{.Key}} NOT NULL,
  by   {{.Key}} NOT NULL,
  at   {{.Time}} NOT NULL
) {{.Strict}};

-- Refund accounts, sealed: only the masked forms can be read. print names this
-- version of it, and is what an approval covers.
CREATE TABLE accounts (
  mid            {{.Key}} NOT NULL,
  payment_key    {{.Key}} NOT NULL,
  order_id       {{.Key}} NOT NULL,
  print          {{.Key}} NOT NULL UNIQUE,
  bank           {{.Key}} NOT NULL,
  account_masked {{.Key}} NOT NULL,
  holder_masked  {{.Key}} NOT NULL,
  sealed         {{.Blob}} NOT NULL,
  source         {{.Key}} NOT NULL,
  at             {{.Time}} NOT NULL,
  actor          {{.Key}} NOT NULL,
  PRIMARY KEY (mid, payment_key)
) {{.Strict}};

-- Files of refund requests: the same file twice adds nothing.
CREATE TABLE batches (
  batch    {{.Key}} NOT NULL PRIMARY KEY,
  name     {{.Key}} NOT NULL,
  sha256   {{.Key}} NOT NULL UNIQUE,
  number   {{.Int}} NOT NULL,
  at       {{.Time}} NOT NULL,
  actor    {{.Key}} NOT NULL
) {{.Strict}};

-- What Toss cannot cancel any more, and is given back by a bank transfer that
-- people make. From its approval on it lowers what may ever be cancelled.
CREATE TABLE hand_transfers (
  refund_id    {{.Key}} NOT NULL PRIMARY KEY,
  mid          {{.Key}} NOT NULL,
  payment_key  {{.Key}} NOT NULL,
  order_id     {{.Key}} NOT NULL,
  amount       {{.Int}} NOT NULL CHECK (amount > 0),
  currency     {{.Key}} NOT NULL,
  why          {{.Key}} NOT NULL,
  state        {{.Key}} NOT NULL CHECK (state IN ('due','approved','done','dropped')),
  requested_by {{.Key}} NOT NULL,
  due_at       {{.Time}} NOT NULL,
  approved_by  {{.Key}} NOT NULL DEFAULT '',
  approved_at  {{.Time}},
  done_by      {{.Key}} NOT NULL DEFAULT '',
  done_at      {{.Time}},
  reference    {{.Key}} NOT NULL DEFAULT '',
  note         {{.Key}} NOT NULL DEFAULT '',
  CHECK (approved_by <> requested_by),
  CHECK (state NOT IN ('approved','done') OR approved_by <> '')
) {{.Strict}};
CREATE INDEX hand_transfers_payment ON hand_transfers (mid, payment_key);

-- The most urgent first, without a sort.
CREATE INDEX refunds_sendable ON refunds (mid, coalesce(cancel_by, '9999-12-31T00:00:00.000000Z'), requested_at, id)
  WHERE state IN ('approved','retry');
-- What is only followed, among the many that are finished.
CREATE INDEX refunds_followed ON refunds (mid, next_at, id)
  WHERE state IN ('accepted','held','requested','needs_account','approved','retry');

-- +goose StatementBegin
{{- if .Postgres}}
CREATE FUNCTION attempts_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.n > 1 AND NOT EXISTS (SELECT 1 FROM refund_attempts
    WHERE refund_id = NEW.refund_id AND n = NEW.n - 1 AND answered_at IS NOT NULL) THEN
    RAISE EXCEPTION 'a new key needs an answer to the one before';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION attempts_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.refund_id, NEW.n, NEW.idempotency_key, NEW.body, NEW.sealed, NEW.body_sha256, NEW.guard, NEW.first_sent)
    IS DISTINCT FROM (OLD.refund_id, OLD.n, OLD.idempotency_key, OLD.body, OLD.sealed, OLD.body_sha256, OLD.guard, OLD.first_sent) THEN
    RAISE EXCEPTION 'an intent is never changed';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION never_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'refunds and their attempts are never deleted';
END $$;
CREATE TRIGGER attempts_follow BEFORE INSERT ON refund_attempts FOR EACH ROW EXECUTE FUNCTION attempts_follow();
CREATE TRIGGER attempts_frozen BEFORE UPDATE ON refund_attempts FOR EACH ROW EXECUTE FUNCTION attempts_frozen();
CREATE TRIGGER attempts_stay BEFORE DELETE OR TRUNCATE ON refund_attempts FOR EACH STATEMENT EXECUTE FUNCTION never_deleted();
CREATE TRIGGER refunds_stay BEFORE DELETE OR TRUNCATE ON refunds FOR EACH STATEMENT EXECUTE FUNCTION never_deleted();
{{- else}}
CREATE TRIGGER attempts_follow BEFORE INSERT ON refund_attempts
WHEN NEW.n > 1 AND NOT EXISTS (SELECT 1 FROM refund_attempts
  WHERE refund_id = NEW.refund_id AND n = NEW.n - 1 AND answered_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'a new key needs an answer to the one before'); END;
CREATE TRIGGER attempts_frozen BEFORE UPDATE OF refund_id, n, idempotency_key, body, sealed, body_sha256, guard, first_sent ON refund_attempts
BEGIN SELECT RAISE(ABORT, 'an intent is never changed'); END;
CREATE TRIGGER attempts_stay BEFORE DELETE ON refund_attempts
BEGIN SELECT RAISE(ABORT, 'an attempt is never deleted'); END;
CREATE TRIGGER refunds_stay BEFORE DELETE ON refunds
BEGIN SELECT RAISE(ABORT, 'a refund request is never deleted'); END;
{{- end}}
-- +goose StatementEnd
