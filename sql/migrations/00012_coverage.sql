-- +goose Up

-- A window whose list turned out not to be whole keeps its row, so that what
-- comes late is known for late; it counts as covered only while uncovered_at is
-- null.
ALTER TABLE windows ADD COLUMN uncovered_at {{.Time}};

-- Movements that look-ups have shown, by time: a day's list must have them.
CREATE INDEX payments_approved ON payments (mid, approved_at) WHERE approved_at IS NOT NULL;
CREATE INDEX cancels_canceled ON cancels (mid, canceled_at) WHERE canceled_at IS NOT NULL;

-- Virtual accounts that a look-up showed, by when their window was opened.
CREATE INDEX payments_accounts ON payments (mid, requested_at) WHERE method = 'virtual_account';

-- Until when the transaction list was read for virtual accounts: what was issued
-- since then nobody has seen.
CREATE TABLE capture_reads (
  mid    {{.Key}} NOT NULL PRIMARY KEY,
  listed {{.Time}} NOT NULL
) {{.Strict}};
