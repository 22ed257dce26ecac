-- name: run_get
SELECT * FROM runs WHERE job = :job AND mid = :mid AND day = :day
-- name: run_insert
INSERT INTO runs (job, mid, day, run_id, state, fence, owner, lease_until, started_at)
VALUES (:job, :mid, :day, :run_id, :state, 1, :owner, :lease_until, :started_at)
ON CONFLICT DO NOTHING
-- name: run_take
UPDATE runs SET state = :state, fence = fence + 1, owner = :owner, lease_until = :lease_until,
  started_at = :started_at, finished_at = NULL, error = ''
WHERE job = :job AND mid = :mid AND day = :day AND fence = :fence
-- name: run_renew
UPDATE runs SET lease_until = :lease_until WHERE run_id = :run_id AND fence = :fence AND state IN {{.Set.run_running}}
-- name: run_end
UPDATE runs SET state = :state, owner = '', lease_until = NULL, finished_at = :finished_at, error = :error
WHERE run_id = :run_id AND fence = :fence AND state IN {{.Set.run_running}}
-- name: run_commit
UPDATE runs SET committed_at = :committed_at, journal_head = :journal_head, snapshot = :snapshot, figures = :figures
WHERE run_id = :run_id AND fence = :fence AND state IN {{.Set.run_running}}
-- name: run_check
SELECT count(*) FROM runs WHERE run_id = :run_id AND fence = :fence AND state IN {{.Set.run_running}}
-- name: last_complete_before
SELECT max(day) FROM runs WHERE job = :job AND mid = :mid AND state IN {{.Set.run_complete}} AND day < :day
-- name: complete_days
SELECT day FROM runs WHERE job = :job AND mid = :mid AND state IN {{.Set.run_complete}} AND day < :day ORDER BY day
-- name: last_commit_before
SELECT committed_at FROM runs WHERE job = :job AND mid = :mid AND state IN {{.Set.run_complete}} AND day < :day
ORDER BY day DESC LIMIT 1
-- name: first_run_day
SELECT min(day) FROM runs WHERE job = :job AND mid = :mid
-- name: runs_list
SELECT job, mid, day, run_id, state, fence, owner, lease_until, started_at, finished_at, committed_at, error, journal_head
FROM runs WHERE (:mid = '' OR mid = :mid) ORDER BY mid, job, day
-- name: snapshot_of
SELECT snapshot FROM runs WHERE job = :job AND mid = :mid AND day = :day
-- name: snapshot_of_run
SELECT snapshot FROM runs WHERE run_id = :run_id
-- The nights before one, newest first.
-- name: nights_before
SELECT figures FROM runs WHERE job = :job AND mid = :mid AND day < :day AND figures <> '' ORDER BY day DESC LIMIT :limit
