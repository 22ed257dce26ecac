-- A later moment begins where the one before has ended, or nobody works on it
-- any more. A moment that was begun in the future is one of a wrong clock.
-- name: tick_begin
INSERT INTO ticks (job, tick, state, fence, owner, lease_until, started_at)
VALUES (:job, :tick, :running, 1, :owner, :until, :now)
ON CONFLICT (job) DO UPDATE SET tick = excluded.tick, state = :running, fence = ticks.fence + 1, owner = excluded.owner,
  lease_until = excluded.lease_until, started_at = excluded.started_at, finished_at = NULL, error = ''
WHERE (ticks.tick < excluded.tick OR ticks.started_at > :ahead) AND (ticks.state NOT IN {{.Set.tick_running}} OR ticks.lease_until < excluded.started_at)
RETURNING fence
-- A replica that could not renew its own moment still works on it.
-- name: tick_take_over
UPDATE ticks SET fence = fence + 1, owner = :owner, lease_until = :until, started_at = :now
WHERE job = :job AND state IN {{.Set.tick_running}} AND lease_until < :now AND owner <> :owner
RETURNING tick, fence
-- name: tick_renew
UPDATE ticks SET lease_until = :until WHERE job = :job AND fence = :fence AND state IN {{.Set.tick_running}}
-- name: tick_end
UPDATE ticks SET state = :state, lease_until = NULL, finished_at = :now, error = :error
WHERE job = :job AND fence = :fence AND state IN {{.Set.tick_running}}
-- Who stops gives the moment to the others.
-- name: tick_release
UPDATE ticks SET lease_until = :now WHERE job = :job AND fence = :fence AND state IN {{.Set.tick_running}}
-- name: ticks_list
SELECT * FROM ticks ORDER BY job
