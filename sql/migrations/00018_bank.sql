-- +goose Up

-- The shop's passbooks, each by its name in the configuration. Who writes to one
-- says which version it has read: two imports at once cannot both be right.
-- payer_words is by which words payer_fits of its lines was told.
CREATE TABLE bank_accounts (
  name        {{.Key}} NOT NULL PRIMARY KEY,
  version     {{.Int}} NOT NULL,
  lines       {{.Int}} NOT NULL,
  currency    {{.Key}} NOT NULL,
  payer_words {{.Key}} NOT NULL
) {{.Strict}};

-- The bank's files that were taken. A file speaks for the days that it covered
-- when it was first taken: its bytes know nothing of later ones. spans and untied
-- are lists in JSON.
CREATE TABLE bank_files (
  account  {{.Key}} NOT NULL,
  sha256   {{.Key}} NOT NULL,
  layout   {{.Key}} NOT NULL,
  from_day {{.Key}} NOT NULL,
  to_day   {{.Key}} NOT NULL,
  spans    {{.Key}} NOT NULL,
  untied   {{.Key}} NOT NULL,
  inserted {{.Int}} NOT NULL,
  actor    {{.Key}} NOT NULL,
  at       {{.Time}} NOT NULL,
  PRIMARY KEY (account, sha256)
) {{.Strict}};
CREATE INDEX bank_files_bytes ON bank_files (sha256);

-- Lines of a passbook. What is personal is sealed for the line's id; beside it
-- stands what may be shown. seq is the order in which an account's lines came.
CREATE TABLE bank_lines (
  id             {{.Key}} NOT NULL PRIMARY KEY,
  account        {{.Key}} NOT NULL,
  seq            {{.Int}} NOT NULL,
  day            {{.Key}} NOT NULL,
  at             {{.Time}} NOT NULL,
  clock          {{.Int}} NOT NULL,
  kind           {{.Key}} NOT NULL CHECK (kind IN ('in','out')),
  amount         {{.Int}} NOT NULL CHECK (amount > 0),
  currency       {{.Key}} NOT NULL,
  balance        {{.Int}},
  balance_from   {{.Int}} NOT NULL,
  sealed         {{.Blob}} NOT NULL,
  payer_masked   {{.Key}} NOT NULL,
  account_masked {{.Key}} NOT NULL,
  ref            {{.Key}} NOT NULL,
  layout         {{.Key}} NOT NULL,
  reversed       {{.Int}} NOT NULL,
  payer_fits     {{.Int}} NOT NULL,
  ignored        {{.Int}} NOT NULL DEFAULT 0,
  file_sha256    {{.Key}} NOT NULL,
  file_row       {{.Int}} NOT NULL,
  CHECK ((balance IS NULL) = (balance_from = 0))
) {{.Strict}};
CREATE UNIQUE INDEX bank_lines_order ON bank_lines (account, seq);
CREATE INDEX bank_lines_day ON bank_lines (account, day);
