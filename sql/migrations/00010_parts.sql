-- +goose Up

-- What is left of a payment's tax-free part, and what of it was paid; null where
-- an older program looked the payment up last.
ALTER TABLE payments ADD COLUMN tax_free_left {{.Int}};
ALTER TABLE payments ADD COLUMN tax_free_paid {{.Int}};

-- What a person should know about a break beside its kind.
ALTER TABLE breaks ADD COLUMN remark {{.Key}} NOT NULL DEFAULT '';

-- Every transfer by hand has its reason: those without were proposed by a night
-- after their deadline.
UPDATE hand_transfers SET why = 'deadline_passed' WHERE why = ''
  AND refund_id IN (SELECT id FROM refunds WHERE state = 'expired');
UPDATE hand_transfers SET why = 'no_code' WHERE why = '';

-- What was looked up for a refund file whose import has not come to its end, so
-- that it goes on where it stopped. Nothing personal stands here.
CREATE TABLE import_looks (
  batch   {{.Key}} NOT NULL,
  mid     {{.Key}} NOT NULL,
  asked   {{.Key}} NOT NULL,
  payment {{.Blob}} NOT NULL,
  at      {{.Time}} NOT NULL,
  PRIMARY KEY (batch, mid, asked)
) {{.Clustered}};
