-- +goose Up

-- Each of these lets a question be answered without a look at the whole table:
-- whose a cancel is that a webhook tells of, what was refunded of late, what a
-- payment's evidence is, which transfers by hand are due.
CREATE INDEX cancels_key ON cancels (transaction_key);
CREATE INDEX cancels_executed ON cancels (mid, canceled_at) WHERE claimed_by <> '';
CREATE INDEX pages_about ON pages (mid, about);
CREATE INDEX hand_transfers_state ON hand_transfers (mid, state);
