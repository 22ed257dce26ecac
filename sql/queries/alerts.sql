-- One that was told before now and not within the quiet time is told again; one
-- from a clock that was ahead does not silence it.
-- name: alert_raise
INSERT INTO alerts (alert, at) VALUES (:alert, :now)
ON CONFLICT (alert) DO UPDATE SET at = excluded.at
WHERE alerts.at <= :since OR alerts.at > excluded.at
-- name: alert_withdraw
UPDATE alerts SET at = :never WHERE alert = :alert AND at = :at
