-- +goose Up

-- The statements that people signed, each with its signature: what a worker
-- verifies again before every send, and what an auditor verifies without daesa. One
-- is good once, and is written once. principal is whose key signed it, key_print the
-- key's fingerprint, taken_at when it was handed in.
CREATE TABLE statements (
  hash      {{.Key}} NOT NULL PRIMARY KEY,
  deed      {{.Key}} NOT NULL,
  body      {{.Key}} NOT NULL,
  signature {{.Key}} NOT NULL,
  principal {{.Key}} NOT NULL,
  key_print {{.Key}} NOT NULL,
  taken_at  {{.Time}} NOT NULL
) {{.Strict}};
CREATE INDEX statements_taken ON statements (taken_at);
-- +goose StatementBegin
{{- if .Postgres}}
CREATE TRIGGER statements_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON statements FOR EACH STATEMENT EXECUTE FUNCTION written_once();
{{- else}}
CREATE TRIGGER statements_written_once BEFORE UPDATE ON statements
BEGIN SELECT RAISE(ABORT, 'statements is written once'); END;
CREATE TRIGGER statements_stay BEFORE DELETE ON statements
BEGIN SELECT RAISE(ABORT, 'statements is written once'); END;
{{- end}}
-- +goose StatementEnd
