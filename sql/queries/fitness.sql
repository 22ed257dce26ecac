-- How many connections the role, the database and the server allow; below zero:
-- as many as there are. A superuser has no limit but the server's.
-- name: connections_allowed
{{if .Postgres}}SELECT CASE WHEN r.rolsuper THEN -1 ELSE r.rolconnlimit END AS of_role, CASE WHEN r.rolsuper THEN -1 ELSE d.datconnlimit END AS of_database,
  CAST(current_setting('max_connections') AS int) - CASE WHEN r.rolsuper THEN 0 ELSE CAST(current_setting('superuser_reserved_connections') AS int) END AS of_server
FROM pg_roles r CROSS JOIN pg_database d WHERE r.rolname = current_user AND d.datname = current_database()
{{- else}}SELECT -1 AS of_role, -1 AS of_database, -1 AS of_server{{end}}
-- A write that means nothing, and is committed: a row of the pace that no call
-- goes by.
-- name: probe_write
INSERT INTO pace (mid, api, next_us) VALUES ('', 'doctor', 0) ON CONFLICT (mid, api) DO UPDATE SET next_us = pace.next_us
-- On PostgreSQL some room is taken on the disk of the database, and given back.
-- name: probe_room
{{if .Postgres}}CREATE TEMP TABLE probe_room ON COMMIT DROP AS SELECT n, md5(CAST(n AS text)) AS filling FROM generate_series(1, 20000) AS n
{{- else}}SELECT 1{{end}}
