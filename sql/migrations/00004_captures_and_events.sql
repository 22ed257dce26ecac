-- +goose Up

-- What may show a refund account, from when it became known until the account
-- was seen or the window closed.
CREATE TABLE captures (
  id           {{.Key}} NOT NULL PRIMARY KEY,
  mid          {{.Key}} NOT NULL,
  order_id     {{.Key}} NOT NULL,
  payment_key  {{.Key}} NOT NULL DEFAULT '',
  source       {{.Key}} NOT NULL CHECK (source IN ('order','list','webhook')),
  opened_at    {{.Time}} NOT NULL,
  exact        {{.Int}} NOT NULL,
  closes_at    {{.Time}} NOT NULL,
  state        {{.Key}} NOT NULL CHECK (state IN ('waiting','captured','missed','given','none')),
  why          {{.Key}} NOT NULL,
  looks        {{.Int}} NOT NULL,
  seen         {{.Int}} NOT NULL,
  minutes_left {{.Int}},
  first_known  {{.Time}} NOT NULL,
  looked_at    {{.Time}},
  next_at      {{.Time}},
  captured_at  {{.Time}},
  CHECK (state <> 'captured' OR captured_at IS NOT NULL)
) {{.Strict}};
CREATE UNIQUE INDEX captures_payment ON captures (mid, payment_key) WHERE payment_key <> '';
CREATE INDEX captures_order ON captures (mid, order_id);
CREATE INDEX captures_due ON captures (mid, next_at) WHERE state = 'waiting';
CREATE INDEX captures_closed ON captures (mid, closes_at);
CREATE INDEX orders_virtual_accounts ON orders (mid, ordered_at) WHERE method = 'virtual_account';

-- An account that was destroyed keeps what may be shown of it.
ALTER TABLE accounts ADD COLUMN purged_at {{.Time}};

-- What a look-up showed of a payment and a later one does not: that its deposit
-- had come once; and by what its secret is known again when an event bears it.
CREATE TABLE payment_facts (
  mid          {{.Key}} NOT NULL,
  payment_key  {{.Key}} NOT NULL,
  order_id     {{.Key}} NOT NULL,
  secret_print {{.Key}} NOT NULL,
  deposited    {{.Int}} NOT NULL,
  PRIMARY KEY (mid, payment_key)
) {{.Clustered}};
CREATE INDEX payment_facts_order ON payment_facts (order_id);

-- Webhooks as they came, less what is personal. They say what to look at, and
-- never what is true.
CREATE TABLE events (
  id              {{.Key}} NOT NULL PRIMARY KEY,
  transmission_id {{.Key}} NOT NULL,
  mid             {{.Key}} NOT NULL,
  type            {{.Key}} NOT NULL,
  order_id        {{.Key}} NOT NULL,
  payment_key     {{.Key}} NOT NULL,
  transaction_key {{.Key}} NOT NULL,
  status          {{.Key}} NOT NULL,
  secret_print    {{.Key}} NOT NULL,
  signature       {{.Key}} NOT NULL,
  created_at      {{.Time}},
  received_at     {{.Time}} NOT NULL,
  retried         {{.Int}} NOT NULL,
  body            {{.Key}} NOT NULL,
  state           {{.Key}} NOT NULL CHECK (state IN ('new','done','kept','forged','unknown')),
  why             {{.Key}} NOT NULL,
  urgent          {{.Int}} NOT NULL,
  tries           {{.Int}} NOT NULL,
  next_at         {{.Time}},
  done_at         {{.Time}}
) {{.Strict}};
CREATE UNIQUE INDEX events_transmission ON events (transmission_id) WHERE transmission_id <> '';
CREATE INDEX events_due ON events (urgent DESC, tries, received_at, id) WHERE state = 'new';
CREATE INDEX events_order ON events (order_id) WHERE order_id <> '';
CREATE INDEX events_received ON events (received_at);

-- Bytes that hold an account are sealed, and may be sealed again under another
-- key, or destroyed when their time is over; no other byte of an intent changes.
-- +goose StatementBegin
{{- if .Postgres}}
CREATE OR REPLACE FUNCTION attempts_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.refund_id, NEW.n, NEW.idempotency_key, NEW.sealed, NEW.guard, NEW.first_sent)
    IS DISTINCT FROM (OLD.refund_id, OLD.n, OLD.idempotency_key, OLD.sealed, OLD.guard, OLD.first_sent)
    OR OLD.sealed = 0 AND (NEW.body, NEW.body_sha256) IS DISTINCT FROM (OLD.body, OLD.body_sha256) THEN
    RAISE EXCEPTION 'an intent is never changed';
  END IF;
  RETURN NEW;
END $$;
{{- else}}
DROP TRIGGER attempts_frozen;
CREATE TRIGGER attempts_frozen BEFORE UPDATE OF refund_id, n, idempotency_key, sealed, guard, first_sent ON refund_attempts
BEGIN SELECT RAISE(ABORT, 'an intent is never changed'); END;
CREATE TRIGGER attempts_bytes BEFORE UPDATE OF body, body_sha256 ON refund_attempts WHEN OLD.sealed = 0
BEGIN SELECT RAISE(ABORT, 'an intent is never changed'); END;
{{- end}}
-- +goose StatementEnd
