-- +goose Up

-- A payment is one, whatever MID the books have it under. So what protects it
-- goes by its key alone; each of these finds its rows so.
CREATE INDEX refunds_of_payment ON refunds (payment_key);
CREATE INDEX payments_key ON payments (payment_key);
CREATE INDEX cancels_claims ON cancels (payment_key) WHERE claimed_by <> '';
CREATE INDEX transfers_of_payment ON transfers (payment_key);
CREATE INDEX hand_transfers_of_payment ON hand_transfers (payment_key);

-- The mId as Toss wrote it: the mid is that of the configuration, which may
-- stand for several (also_mids). '' where Toss named none, and before.
ALTER TABLE payments ADD COLUMN toss_mid {{.Key}} NOT NULL DEFAULT '';
-- How many cancels with a reference that the books do not know a person has
-- seen on the payment when they said that this request was not executed.
ALTER TABLE refunds ADD COLUMN strangers {{.Int}} NOT NULL DEFAULT 0;
-- A piece of an answer that named no code, cleaned.
ALTER TABLE refund_attempts ADD COLUMN answer {{.Key}} NOT NULL DEFAULT '';

-- At most one request in flight for one payment. `daesa migrate` has held, and
-- written into the journal, what stood in flight beside another; what began
-- since then is held here. Nothing of it is lost: what is held is looked up.
{{- if .Postgres}}
LOCK TABLE refunds IN SHARE ROW EXCLUSIVE MODE;
{{- end}}
UPDATE refunds SET state = 'held', error_code = 'two_in_flight', error_message = '', version = version + 1, lease_owner = '',
  lease_until = NULL, next_at = NULL, in_progress = 0
WHERE (state IN ('sending','unknown') OR (state = 'accepted' AND in_progress = 1)) AND payment_key IN (
  SELECT payment_key FROM refunds WHERE state IN ('sending','unknown') OR (state = 'accepted' AND in_progress = 1)
  GROUP BY payment_key HAVING count(*) > 1);
DROP INDEX refunds_in_flight;
CREATE UNIQUE INDEX refunds_in_flight ON refunds (payment_key)
  WHERE state IN ('sending','unknown') OR (state = 'accepted' AND in_progress = 1);
