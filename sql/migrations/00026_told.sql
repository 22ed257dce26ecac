-- +goose Up

-- A night tells of what is open and of what has come to its end since its date began:
-- it is found without reading what was asked for in years.
CREATE INDEX refunds_finished ON refunds (mid, finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX hand_transfers_open ON hand_transfers (mid, order_id) WHERE state IN ('due','approved');
CREATE INDEX hand_transfers_done ON hand_transfers (mid, done_at) WHERE state = 'done';
{{- if not .Postgres}}
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('refunds', 'refunds_finished', '100000 100000 2'),
  ('hand_transfers', 'hand_transfers_open', '50 50 1'),
  ('hand_transfers', 'hand_transfers_done', '5000 5000 2');
{{- end}}
