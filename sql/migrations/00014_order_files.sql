-- +goose Up

-- What a file cannot say of an order. mixed_refunds: what it calls given back
-- counts points and bank transfers, too, so that nobody knows how much of it
-- went through Toss. paid_unknown: it does not say whether a cancelled order
-- had been paid; Toss decides.
ALTER TABLE orders ADD COLUMN mixed_refunds {{.Int}} NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN paid_unknown {{.Int}} NOT NULL DEFAULT 0;

-- The payment company under which the shop has the order of a payment that
-- Toss knows: the shop does not lack it. 'toss' where the shop says that the
-- order cost nothing.
ALTER TABLE breaks ADD COLUMN local_pg {{.Key}} NOT NULL DEFAULT '';

-- Orders that an older file may take back, once: a person's word.
CREATE TABLE order_allowances (
  mid      {{.Key}} NOT NULL,
  order_id {{.Key}} NOT NULL,
  note     {{.Key}} NOT NULL CHECK (note <> ''),
  actor    {{.Key}} NOT NULL,
  at       {{.Time}} NOT NULL,
  used_at  {{.Time}},
  PRIMARY KEY (mid, order_id)
) {{.Strict}};

-- The files of the source csv that were taken, so that an older one is not
-- taken again over a newer one. reader is how it was read; waiting is 1 while
-- rows of it would take orders back and nobody has said that they may.
CREATE TABLE order_files (
  path    {{.Key}} NOT NULL PRIMARY KEY,
  size    {{.Int}} NOT NULL,
  changed {{.Time}} NOT NULL,
  reader  {{.Key}} NOT NULL,
  waiting {{.Int}} NOT NULL,
  at      {{.Time}} NOT NULL
) {{.Strict}};
