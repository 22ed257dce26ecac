-- +goose Up

-- What people were told at once, and when, so that a job that runs every few
-- minutes does not tell the same again and again.
CREATE TABLE alerts (
  alert {{.Key}} NOT NULL PRIMARY KEY,
  at    {{.Time}} NOT NULL
) {{.Strict}};
