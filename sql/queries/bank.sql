{{- define "bank_line"}}id, account, seq, day, at, clock, kind, amount, currency, balance, balance_from, payer_masked, account_masked, ref, layout,
  reversed, payer_fits, ignored, file_sha256, file_row{{end -}}
-- name: bank_names
SELECT name FROM bank_accounts ORDER BY name
-- name: bank_account
SELECT version, lines, currency, payer_words FROM bank_accounts WHERE name = :account
-- name: add_bank_account
INSERT INTO bank_accounts (name, version, lines, currency, payer_words) VALUES (:account, 0, 0, '', '') ON CONFLICT DO NOTHING
-- Whoever has read another version reads again.
-- name: take_bank_account
UPDATE bank_accounts SET version = version + 1, lines = lines + :lines, currency = :currency, payer_words = :payer_words
WHERE name = :account AND version = :version
-- name: bank_files
SELECT sha256, layout, from_day, to_day, spans, untied, inserted, actor, at FROM bank_files WHERE account = :account ORDER BY at, sha256
-- name: bank_accounts_of_file
SELECT account FROM bank_files WHERE sha256 = :sha256 ORDER BY account
-- name: add_bank_file
INSERT INTO bank_files (account, sha256, layout, from_day, to_day, spans, untied, inserted, actor, at)
VALUES (:account, :sha256, :layout, :from_day, :to_day, :spans, :untied, :inserted, :actor, :at)
ON CONFLICT DO NOTHING
-- The nearest days with lines on either side.
-- name: bank_neighbours
SELECT coalesce((SELECT max(day) FROM bank_lines WHERE account = :account AND day < :from), :from) AS first,
  coalesce((SELECT min(day) FROM bank_lines WHERE account = :account AND day > :to), :to) AS last
-- name: bank_lines
SELECT {{template "bank_line"}} FROM bank_lines WHERE account = :account AND day >= :from AND day <= :to ORDER BY day, at, seq
-- name: bank_lines_sealed
SELECT {{template "bank_line"}}, sealed FROM bank_lines WHERE account = :account AND day >= :from AND day <= :to ORDER BY day, at, seq
-- name: set_payer_fits
UPDATE bank_lines SET payer_fits = :payer_fits WHERE id = :id
-- name: sealed_bank_lines
SELECT id, sealed FROM bank_lines WHERE id > :id AND length(sealed) > 0 ORDER BY id LIMIT :limit
-- name: reseal_bank_line
UPDATE bank_lines SET sealed = :sealed WHERE id = :id
