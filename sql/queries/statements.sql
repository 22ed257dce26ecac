-- Statements that people signed. One that is there already is not taken again.
-- name: add_statement
INSERT INTO statements (hash, deed, body, signature, principal, key_print, taken_at)
VALUES (:hash, :deed, :body, :signature, :principal, :key_print, :taken_at)
ON CONFLICT DO NOTHING
-- Without its text, which may be long.
-- name: statement_row
SELECT hash, deed, '' AS body, signature, principal, key_print, taken_at FROM statements WHERE hash = :hash
-- name: statement_body
SELECT body FROM statements WHERE hash = :hash
-- name: verify_statements
SELECT hash, deed, body, signature, principal, key_print, taken_at FROM statements ORDER BY taken_at, hash
-- name: audit_statements
SELECT hash, deed, body, signature, principal, key_print, taken_at FROM statements
WHERE taken_at >= :from AND taken_at < :until ORDER BY taken_at, hash
-- Requests whose approval must be signed: those that may be sent, and those that
-- were, page by page.
-- name: refunds_to_prove
SELECT id FROM refunds WHERE id > :after AND state NOT IN {{.Set.asking}} ORDER BY id LIMIT :limit
-- What is sealed is not read: an auditor has no right to it.
-- name: verify_accounts
SELECT mid, payment_key, order_id, print, bank, account_masked, holder_masked, source, at, actor, purged_at FROM accounts ORDER BY mid, payment_key
