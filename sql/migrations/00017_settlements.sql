{{- /* what a row says, and as which version */ -}}
{{- define "settlement_row"}}
  mid             {{.Key}} NOT NULL,
  payment_key     {{.Key}} NOT NULL,
  transaction_key {{.Key}} NOT NULL,
  copy            {{.Int}} NOT NULL,
  order_id        {{.Key}} NOT NULL,
  currency        {{.Key}} NOT NULL,
  method          {{.Key}} NOT NULL,
  amount          {{.Int}} NOT NULL,
  interest_fee    {{.Int}} NOT NULL,
  fee             {{.Int}} NOT NULL,
  supply_amount   {{.Int}} NOT NULL,
  vat             {{.Int}} NOT NULL,
  pay_out_amount  {{.Int}} NOT NULL,
  approved_at     {{.Time}} NOT NULL,
  canceled_at     {{.Time}},
  month           {{.Key}} NOT NULL,
  sold_date       {{.Key}} NOT NULL,
  paid_out_date   {{.Key}} NOT NULL,
  card_type       {{.Key}} NOT NULL,
  issuer          {{.Key}} NOT NULL,
  provider        {{.Key}} NOT NULL,
  fees            {{.Key}} NOT NULL,
  digest          {{.Key}} NOT NULL,
  version         {{.Int}} NOT NULL,
  recorded_at     {{.Time}} NOT NULL,
  withdrawn       {{.Int}} NOT NULL,
  doubled         {{.Int}} NOT NULL,
  odd             {{.Int}} NOT NULL,
{{end -}}
-- +goose Up

-- A break of settlement, bank or month is known by its subject, not by an order: an
-- order may have several. The subject then stands in order_id, which the version
-- before knows a break by, and again in subject; of_order is the order, if any.
-- amount and share are what a decision about it changes, and what of a roll-forward's
-- unexplained difference it explains.
ALTER TABLE breaks ADD COLUMN subject {{.Key}} NOT NULL DEFAULT '';
ALTER TABLE breaks ADD COLUMN of_order {{.Key}} NOT NULL DEFAULT '';
ALTER TABLE breaks ADD COLUMN amount {{.Int}};
ALTER TABLE breaks ADD COLUMN share {{.Int}};
ALTER TABLE breaks ADD COLUMN rebate_supply {{.Int}} NOT NULL DEFAULT 0;
ALTER TABLE breaks ADD COLUMN rebate_vat {{.Int}} NOT NULL DEFAULT 0;
CREATE INDEX breaks_of_order ON breaks (of_order) WHERE of_order <> '';

-- What Toss settles, as its list shows it now: a row for each sale and each cancel.
-- copy is 1 for a second row of one key; it counts only where doubled is 1, once
-- both windows have shown it again. month is that of the row's own time in Seoul;
-- odd says that its fee is another than agreed.
CREATE TABLE settlement_rows (
  {{- template "settlement_row" .}}  PRIMARY KEY (mid, payment_key, transaction_key, copy)
) {{.Clustered}};
-- A payout, and a month by its rows, are read from this one alone.
CREATE INDEX settlement_rows_paid ON settlement_rows
  (mid, paid_out_date, currency, month, method, withdrawn, copy, doubled, amount, vat, pay_out_amount);
CREATE INDEX settlement_rows_sold ON settlement_rows (mid, sold_date, transaction_key);
CREATE INDEX settlement_rows_odd ON settlement_rows (mid, approved_at) WHERE odd = 1;

-- What a row said before it was changed or withdrawn.
CREATE TABLE settlement_versions (
  {{- template "settlement_row" .}}  replaced_at     {{.Time}} NOT NULL,
  PRIMARY KEY (mid, payment_key, transaction_key, copy, version, replaced_at)
) {{.Clustered}};
CREATE INDEX settlement_versions_paid ON settlement_versions (mid, paid_out_date);

-- Coverage: a list of rows by one of their dates stands here only when it was read
-- to its end, and every row of it could be read.
CREATE TABLE settlement_windows (
  mid      {{.Key}} NOT NULL,
  listed_by {{.Key}} NOT NULL CHECK (listed_by IN ('soldDate','paidOutDate')),
  day      {{.Key}} NOT NULL,
  first_at {{.Time}} NOT NULL,
  read_at  {{.Time}} NOT NULL,
  PRIMARY KEY (mid, listed_by, day)
) {{.Clustered}};

-- Each approval and each cancel as the ledger has it posted: what Toss owes the shop
-- for it. settled says that a row of Toss's settles it.
CREATE TABLE ledger_transactions (
  mid             {{.Key}} NOT NULL,
  payment_key     {{.Key}} NOT NULL,
  transaction_key {{.Key}} NOT NULL,
  order_id        {{.Key}} NOT NULL,
  currency        {{.Key}} NOT NULL,
  method          {{.Key}} NOT NULL,
  amount          {{.Int}} NOT NULL,
  at              {{.Time}} NOT NULL,
  day             {{.Key}} NOT NULL,
  recorded_at     {{.Time}} NOT NULL,
  settled         {{.Int}} NOT NULL,
  due_by          {{.Key}} NOT NULL,
  PRIMARY KEY (mid, payment_key, transaction_key)
) {{.Clustered}};
CREATE INDEX ledger_transactions_open ON ledger_transactions (mid, due_by, currency, day, method, amount) WHERE settled = 0;
CREATE INDEX ledger_transactions_canceled ON ledger_transactions (mid, day) WHERE amount < 0;

-- What moved the receivable, summed by month of its own date, method and the moment
-- at which it was recorded. It only grows: what changes is taken back and put anew.
CREATE TABLE ledger_moves (
  mid         {{.Key}} NOT NULL,
  currency    {{.Key}} NOT NULL,
  month       {{.Key}} NOT NULL,
  method      {{.Key}} NOT NULL,
  day         {{.Key}} NOT NULL,
  recorded_at {{.Time}} NOT NULL,
  approvals   {{.Int}} NOT NULL,
  cancels     {{.Int}} NOT NULL,
  fees        {{.Int}} NOT NULL,
  fee_vat     {{.Int}} NOT NULL,
  PRIMARY KEY (mid, currency, month, method, day, recorded_at)
) {{.Clustered}};

-- What people decided that changes what Toss owes; what lapsed, or was decided anew,
-- stays with the moment at which it did.
CREATE TABLE ledger_adjustments (
  break_id    {{.Key}} NOT NULL,
  recorded_at {{.Time}} NOT NULL,
  mid         {{.Key}} NOT NULL,
  currency    {{.Key}} NOT NULL,
  method      {{.Key}} NOT NULL,
  kind        {{.Key}} NOT NULL,
  subject     {{.Key}} NOT NULL,
  decided_as  {{.Key}} NOT NULL,
  amount      {{.Int}} NOT NULL,
  undone_at   {{.Time}},
  PRIMARY KEY (break_id, recorded_at)
) {{.Strict}};

-- Until when the ledger of a merchant has taken over what nights read.
CREATE TABLE ledger_marks (
  mid      {{.Key}} NOT NULL PRIMARY KEY,
  taken_at {{.Time}} NOT NULL
) {{.Strict}};

-- Payments of which something was read that the ledger has not taken over yet.
CREATE TABLE ledger_todo (
  mid         {{.Key}} NOT NULL,
  order_id    {{.Key}} NOT NULL,
  payment_key {{.Key}} NOT NULL,
  PRIMARY KEY (mid, order_id, payment_key)
) {{.Clustered}};
CREATE INDEX payments_looked ON payments (mid, looked_up_at);

-- Which passbook lines are which payouts. What is taken back stays, with who and why;
-- a line stands in one match at a time.
CREATE TABLE bank_matches (
  id          {{.Key}} NOT NULL PRIMARY KEY,
  lines       {{.Key}} NOT NULL,
  payouts     {{.Key}} NOT NULL,
  first_day   {{.Key}} NOT NULL,
  last_day    {{.Key}} NOT NULL,
  matched_by  {{.Key}} NOT NULL,
  note        {{.Key}} NOT NULL,
  recorded_at {{.Time}} NOT NULL,
  dropped_at  {{.Time}},
  dropped_by  {{.Key}} NOT NULL DEFAULT '',
  drop_note   {{.Key}} NOT NULL DEFAULT ''
) {{.Strict}};
CREATE INDEX bank_matches_day ON bank_matches (last_day);
CREATE TABLE bank_match_parts (
  match_id   {{.Key}} NOT NULL,
  line_id    {{.Key}} NOT NULL,
  line_day   {{.Key}} NOT NULL,
  mid        {{.Key}} NOT NULL,
  payout_day {{.Key}} NOT NULL,
  currency   {{.Key}} NOT NULL,
  amount     {{.Int}} NOT NULL,
  PRIMARY KEY (match_id, line_id, mid, payout_day, currency)
) {{.Clustered}};
CREATE TABLE bank_taken_lines (
  line_id  {{.Key}} NOT NULL PRIMARY KEY,
  match_id {{.Key}} NOT NULL
) {{.Clustered}};

-- A month that was locked, with its figures and its workbook as they were then; a
-- month that is reopened and locked again has another version.
CREATE TABLE month_versions (
  month        {{.Key}} NOT NULL,
  version      {{.Int}} NOT NULL,
  locked_at    {{.Time}} NOT NULL,
  locked_by    {{.Key}} NOT NULL,
  note         {{.Key}} NOT NULL,
  reopened_at  {{.Time}},
  reopened_by  {{.Key}} NOT NULL DEFAULT '',
  reopen_note  {{.Key}} NOT NULL DEFAULT '',
  row_count    {{.Int}} NOT NULL,
  rows_hash    {{.Key}} NOT NULL,
  journal_head {{.Key}} NOT NULL,
  figures      {{.Blob}} NOT NULL,
  drawn        {{.Blob}} NOT NULL,
  PRIMARY KEY (month, version)
) {{.Strict}};
-- The provider's fee invoices as people entered them; the newest of a month counts.
CREATE TABLE fee_invoices (
  month    {{.Key}} NOT NULL,
  mids     {{.Key}} NOT NULL,
  currency {{.Key}} NOT NULL,
  supply   {{.Int}} NOT NULL,
  vat      {{.Int}} NOT NULL,
  issued   {{.Key}} NOT NULL,
  actor    {{.Key}} NOT NULL,
  at       {{.Time}} NOT NULL,
  PRIMARY KEY (month, mids, currency, at)
) {{.Strict}};
-- What a merchant's first month begins with, where a person said so.
CREATE TABLE month_openings (
  mid      {{.Key}} NOT NULL,
  currency {{.Key}} NOT NULL,
  month    {{.Key}} NOT NULL,
  amount   {{.Int}} NOT NULL,
  note     {{.Key}} NOT NULL,
  actor    {{.Key}} NOT NULL,
  at       {{.Time}} NOT NULL,
  PRIMARY KEY (mid, currency, month, at)
) {{.Strict}};
