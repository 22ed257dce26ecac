-- +goose Up

-- Who looks after a break, as a person wrote it into the workbook.
ALTER TABLE breaks ADD COLUMN owner {{.Key}} NOT NULL DEFAULT '';

-- A night in a few figures, so that the workbook of a later one can show how it
-- goes without unpacking thirty snapshots.
ALTER TABLE runs ADD COLUMN figures {{.Key}} NOT NULL DEFAULT '';
