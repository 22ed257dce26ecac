-- +goose Up

-- A break is refunding from a person's refund_now until the request that the
-- decision made has ended: refund_id names that request. Its status is resolved
-- all that time, as the version before reads it.
ALTER TABLE breaks ADD COLUMN refunding {{.Int}} NOT NULL DEFAULT 0;
ALTER TABLE breaks ADD COLUMN refund_id {{.Key}} NOT NULL DEFAULT '';
CREATE INDEX breaks_refunding ON breaks (mid, order_id) WHERE refunding = 1;
CREATE INDEX breaks_refund ON breaks (refund_id) WHERE refund_id <> '';

-- Decisions from before asked for nothing. One whose payment somebody asked back
-- all the same waits for that request; one whose money went back since stays
-- decided; every other is open again.
UPDATE breaks SET refunding = 1, refund_id = (
  SELECT r.id FROM refunds r
  WHERE (r.break_id = breaks.id OR (r.mid = breaks.mid AND r.payment_key = breaks.payment_key))
    AND r.state NOT IN ('succeeded','refused','expired','rejected')
  ORDER BY r.requested_at DESC, r.id LIMIT 1)
WHERE status = 'resolved' AND resolution = 'refund_now' AND EXISTS (
  SELECT 1 FROM refunds r
  WHERE (r.break_id = breaks.id OR (r.mid = breaks.mid AND r.payment_key = breaks.payment_key))
    AND r.state NOT IN ('succeeded','refused','expired','rejected'));
UPDATE breaks SET status = 'open', resolution = '', resolved_by = '', resolved_at = NULL, recheck_on = ''
WHERE status = 'resolved' AND resolution = 'refund_now' AND refunding = 0 AND NOT EXISTS (
  SELECT 1 FROM refunds r
  WHERE (r.break_id = breaks.id OR (r.mid = breaks.mid AND r.payment_key = breaks.payment_key))
    AND r.state = 'succeeded' AND r.finished_at >= breaks.resolved_at);
