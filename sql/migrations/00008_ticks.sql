-- +goose Up

-- The newest planned moment of each job of `daesa serve`, and who works on it.
-- Several replicas share it: one of them runs a moment, the others see that it
-- is taken, and take it over when its lease has run out.
CREATE TABLE ticks (
  job         {{.Key}} NOT NULL PRIMARY KEY,
  tick        {{.Time}} NOT NULL,
  state       {{.Key}} NOT NULL CHECK (state IN ('running','done','failed')),
  fence       {{.Int}} NOT NULL,
  owner       {{.Key}} NOT NULL,
  lease_until {{.Time}},
  started_at  {{.Time}} NOT NULL,
  finished_at {{.Time}},
  error       {{.Key}} NOT NULL DEFAULT '',
  CHECK (state <> 'running' OR lease_until IS NOT NULL)
) {{.Strict}};
