-- +goose Up

-- The number that the card company or the issuer gave an approval (승인번호), by
-- which finance finds it in their own records. Payments that were looked up
-- before lack it until they are looked up again.
ALTER TABLE payments ADD COLUMN approval_number {{.Key}} NOT NULL DEFAULT '';
