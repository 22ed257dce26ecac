-- +goose Up

-- The shop's orders: filled by `daesa orders import`, by the query or csv
-- source, or by the shop itself. held is the money that the shop believes Toss
-- holds; it is defined here and in pay.Order.Held, and a test compares the two.
CREATE TABLE orders (
  mid                {{.Key}} NOT NULL,
  order_id           {{.Key}} NOT NULL CHECK (order_id <> ''),
  payment_key        {{.Key}} NOT NULL DEFAULT '',
  method             {{.Key}} NOT NULL DEFAULT '',
  status             {{.Key}} NOT NULL CHECK (status IN ('pending','paid','partially_canceled','canceled','failed','deleted')),
  amount             {{.Int}} NOT NULL CHECK (amount >= 0),
  canceled_amount    {{.Int}} NOT NULL DEFAULT 0 CHECK (canceled_amount >= 0),
  refunded_elsewhere {{.Int}} NOT NULL DEFAULT 0 CHECK (refunded_elsewhere >= 0),
  tax_free_amount    {{.Int}} NOT NULL DEFAULT 0 CHECK (tax_free_amount >= 0),
  pg                 {{.Key}} NOT NULL DEFAULT 'toss',
  currency           {{.Key}} NOT NULL DEFAULT 'KRW',
  ordered_at         {{.Time}} NOT NULL,
  paid_at            {{.Time}},
  canceled_at        {{.Time}},
  customer_ref       {{.Key}} NOT NULL DEFAULT '',
  changed_at         {{.Time}} NOT NULL,
  held               {{.Int}} GENERATED ALWAYS AS (CASE
    WHEN paid_at IS NOT NULL OR status IN ('paid','partially_canceled')
    THEN amount - canceled_amount - refunded_elsewhere ELSE 0 END) STORED,
  CHECK (canceled_amount + refunded_elsewhere <= amount),
  PRIMARY KEY (mid, order_id)
) {{.Clustered}};
-- Each of these answers a night's question without a look at the table.
CREATE INDEX orders_ordered ON orders (mid, ordered_at, pg, amount);
CREATE INDEX orders_paid ON orders (mid, paid_at, ordered_at) WHERE paid_at IS NOT NULL;
CREATE INDEX orders_canceled ON orders (mid, canceled_at) WHERE canceled_at IS NOT NULL;
CREATE INDEX orders_changed ON orders (mid, changed_at, ordered_at);
CREATE INDEX orders_aside ON orders (mid, ordered_at, pg) WHERE pg <> 'toss' OR amount = 0;

-- The rows of Toss's transaction list, as they came: one for each approval,
-- cancel and issue of a virtual account. What amount means on a cancel row is
-- not documented, so it is kept and never summed.
CREATE TABLE transactions (
  mid             {{.Key}} NOT NULL,
  order_id        {{.Key}} NOT NULL,
  payment_key     {{.Key}} NOT NULL,
  transaction_key {{.Key}} NOT NULL,
  status          {{.Key}} NOT NULL,
  method          {{.Key}} NOT NULL,
  at              {{.Time}} NOT NULL,
  currency        {{.Key}} NOT NULL,
  amount          {{.Int}} NOT NULL,
  changed_at      {{.Time}} NOT NULL,
  PRIMARY KEY (mid, order_id, payment_key, transaction_key)
) {{.Clustered}};
CREATE INDEX transactions_at ON transactions (mid, at, method, currency, status, amount);

-- Payments as the newest look-up showed them. Nothing personal stands here.
CREATE TABLE payments (
  mid                  {{.Key}} NOT NULL,
  payment_key          {{.Key}} NOT NULL,
  order_id             {{.Key}} NOT NULL,
  status               {{.Key}} NOT NULL,
  method               {{.Key}} NOT NULL,
  behind               {{.Key}} NOT NULL,
  provider             {{.Key}} NOT NULL,
  currency             {{.Key}} NOT NULL,
  total_amount         {{.Int}} NOT NULL,
  balance_amount       {{.Int}} NOT NULL,
  approved             {{.Int}} NOT NULL,
  held                 {{.Int}} NOT NULL,
  requested_at         {{.Time}},
  approved_at          {{.Time}},
  last_canceled_at     {{.Time}},
  last_transaction_key {{.Key}} NOT NULL,
  refund_status        {{.Key}} NOT NULL,
  waiting              {{.Int}} NOT NULL,
  follow               {{.Int}} NOT NULL,
  looked_up_at         {{.Time}} NOT NULL,
  PRIMARY KEY (mid, payment_key)
) {{.Clustered}};
CREATE INDEX payments_order ON payments (mid, order_id);
CREATE INDEX payments_follow ON payments (mid, last_canceled_at) WHERE follow = 1;

-- Cancels as look-ups showed them. marker is daesa's own reference out of
-- cancelReason; the reason itself stands in the evidence alone.
CREATE TABLE cancels (
  mid             {{.Key}} NOT NULL,
  payment_key     {{.Key}} NOT NULL,
  transaction_key {{.Key}} NOT NULL,
  amount          {{.Int}} NOT NULL,
  status          {{.Key}} NOT NULL,
  canceled_at     {{.Time}},
  marker          {{.Key}} NOT NULL,
  PRIMARY KEY (mid, payment_key, transaction_key)
) {{.Clustered}};

-- The evidence: every page and look-up as the provider sent it, less what is
-- personal, compressed by zstd. sha256 is that of the uncompressed body.
CREATE TABLE pages (
  mid        {{.Key}} NOT NULL,
  api        {{.Key}} NOT NULL,
  about      {{.Key}} NOT NULL,
  sha256     {{.Key}} NOT NULL,
  size       {{.Int}} NOT NULL,
  body       {{.Blob}} NOT NULL,
  trace_id   {{.Key}} NOT NULL,
  fetched_at {{.Time}} NOT NULL,
  run_id     {{.Key}} NOT NULL,
  PRIMARY KEY (mid, api, about, sha256)
) {{.Strict}};

-- Coverage: a business day stands here only when its last page came.
CREATE TABLE windows (
  mid        {{.Key}} NOT NULL,
  day        {{.Key}} NOT NULL,
  first_at   {{.Time}} NOT NULL,
  read_at    {{.Time}} NOT NULL,
  PRIMARY KEY (mid, day)
) {{.Clustered}};

-- Money that a person gave back by bank transfer: it lowers what may ever be
-- cancelled on that payment.
CREATE TABLE transfers (
  break_id    {{.Key}} NOT NULL,
  mid         {{.Key}} NOT NULL,
  payment_key {{.Key}} NOT NULL,
  amount      {{.Int}} NOT NULL CHECK (amount > 0),
  at          {{.Time}} NOT NULL,
  actor       {{.Key}} NOT NULL,
  PRIMARY KEY (break_id, at)
) {{.Strict}};
CREATE INDEX transfers_payment ON transfers (mid, payment_key);

-- Which run read which day, and what it found there.
CREATE TABLE window_reads (
  mid         {{.Key}} NOT NULL,
  run_id      {{.Key}} NOT NULL,
  day         {{.Key}} NOT NULL,
  pages       {{.Int}} NOT NULL,
  row_count   {{.Int}} NOT NULL,
  unknown_mid {{.Int}} NOT NULL,
  reread      {{.Int}} NOT NULL,
  PRIMARY KEY (mid, run_id, day)
) {{.Clustered}};

-- The run ledger. A run is (job, merchant, business date); owner, lease_until
-- and fence say who works on it now.
CREATE TABLE runs (
  job          {{.Key}} NOT NULL,
  mid          {{.Key}} NOT NULL,
  day          {{.Key}} NOT NULL,
  run_id       {{.Key}} NOT NULL UNIQUE,
  state        {{.Key}} NOT NULL CHECK (state IN ('running','complete','incomplete','failed','interrupted')),
  fence        {{.Int}} NOT NULL,
  owner        {{.Key}} NOT NULL,
  lease_until  {{.Time}},
  started_at   {{.Time}} NOT NULL,
  finished_at  {{.Time}},
  committed_at {{.Time}},
  error        {{.Key}} NOT NULL DEFAULT '',
  journal_head {{.Key}} NOT NULL DEFAULT '',
  snapshot     {{.Blob}},
  PRIMARY KEY (job, mid, day)
) {{.Strict}};

CREATE TABLE breaks (
  id              {{.Key}} NOT NULL PRIMARY KEY,
  mid             {{.Key}} NOT NULL,
  order_id        {{.Key}} NOT NULL,
  payment_key     {{.Key}} NOT NULL,
  kind            {{.Key}} NOT NULL,
  status          {{.Key}} NOT NULL CHECK (status IN ('open','timing','cleared','resolved','reopened')),
  origin          {{.Key}} NOT NULL,
  currency        {{.Key}} NOT NULL,
  local_amount    {{.Int}},
  provider_amount {{.Int}},
  local_status    {{.Key}} NOT NULL,
  provider_status {{.Key}} NOT NULL,
  method          {{.Key}} NOT NULL,
  owed            {{.Int}} NOT NULL,
  moved_at        {{.Time}},
  cancel_by       {{.Time}},
  at_risk         {{.Int}} NOT NULL,
  first_seen      {{.Key}} NOT NULL,
  last_seen       {{.Key}} NOT NULL,
  since           {{.Key}} NOT NULL,
  nights          {{.Int}} NOT NULL,
  recheck_on      {{.Key}} NOT NULL,
  resolution      {{.Key}} NOT NULL,
  resolved_by     {{.Key}} NOT NULL,
  resolved_at     {{.Time}},
  note            {{.Key}} NOT NULL,
  UNIQUE (mid, order_id, kind)
) {{.Strict}};
CREATE INDEX breaks_status ON breaks (mid, status, order_id);

CREATE TABLE refunds (
  id              {{.Key}} NOT NULL PRIMARY KEY,
  mid             {{.Key}} NOT NULL,
  order_id        {{.Key}} NOT NULL,
  payment_key     {{.Key}} NOT NULL,
  method          {{.Key}} NOT NULL,
  amount          {{.Int}} NOT NULL CHECK (amount > 0),
  tax_free_amount {{.Int}} NOT NULL DEFAULT 0,
  currency        {{.Key}} NOT NULL,
  reason          {{.Key}} NOT NULL,
  ref             {{.Key}} NOT NULL CHECK (ref <> ''),
  batch           {{.Key}} NOT NULL DEFAULT '',
  break_id        {{.Key}} NOT NULL DEFAULT '',
  state           {{.Key}} NOT NULL CHECK (state IN ('requested','approved','needs_account','sending','retry','unknown','held','accepted','succeeded','refused','expired','rejected')),
  cancel_by       {{.Time}},
  attempts        {{.Int}} NOT NULL DEFAULT 0,
  idempotency_key {{.Key}} NOT NULL DEFAULT '',
  transaction_key {{.Key}} NOT NULL DEFAULT '',
  error_code      {{.Key}} NOT NULL DEFAULT '',
  error_message   {{.Key}} NOT NULL DEFAULT '',
  requested_by    {{.Key}} NOT NULL,
  requested_at    {{.Time}} NOT NULL,
  approved_by     {{.Key}} NOT NULL DEFAULT '' CHECK (approved_by <> requested_by),
  finished_at     {{.Time}},
  UNIQUE (mid, ref)
) {{.Strict}};
CREATE INDEX refunds_payment ON refunds (mid, payment_key);
CREATE INDEX refunds_state ON refunds (mid, state, order_id);

-- The journal: append-only, each row chained to the one before by its hash.
CREATE TABLE journal (
  seq       {{.Int}} NOT NULL PRIMARY KEY,
  at        {{.Time}} NOT NULL,
  actor     {{.Key}} NOT NULL,
  run_id    {{.Key}} NOT NULL,
  subject   {{.Key}} NOT NULL,
  action    {{.Key}} NOT NULL,
  reason    {{.Key}} NOT NULL,
  facts     {{.Key}} NOT NULL,
  prev_hash {{.Key}} NOT NULL,
  hash      {{.Key}} NOT NULL UNIQUE
) {{.Strict}};
CREATE INDEX journal_subject ON journal (subject, seq);

-- One row: the newest entry. Writers lock it, so that the chain has no forks.
CREATE TABLE journal_head (
  one  {{.Int}} NOT NULL PRIMARY KEY CHECK (one = 1),
  seq  {{.Int}} NOT NULL,
  hash {{.Key}} NOT NULL
) {{.Strict}};
INSERT INTO journal_head (one, seq, hash) VALUES (1, 0, '');

-- The pace: when the next call of an API may leave, for all processes.
CREATE TABLE pace (
  mid     {{.Key}} NOT NULL,
  api     {{.Key}} NOT NULL,
  next_us {{.Int}} NOT NULL,
  PRIMARY KEY (mid, api)
) {{.Strict}};

-- +goose StatementBegin
{{- if .Postgres}}
CREATE FUNCTION journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the journal is append-only';
END $$;
{{- else}}
CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
{{- end}}
-- +goose StatementEnd
-- +goose StatementBegin
{{- if .Postgres}}
CREATE TRIGGER journal_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON journal
FOR EACH STATEMENT EXECUTE FUNCTION journal_is_append_only();
{{- else}}
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
{{- end}}
-- +goose StatementEnd
