-- +goose Up

-- What has not come to its end, over all merchants, also those that left the
-- configuration, among the many that have. A query that is to use it names the
-- same states.
CREATE INDEX refunds_waiting ON refunds (cancel_by)
  WHERE state IN ('requested','approved','needs_account','sending','retry','unknown','held','accepted');
