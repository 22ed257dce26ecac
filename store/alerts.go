package store

import (
	"context"
	"time"
)

// RaiseAlert says whether people should be told of something now, and remembers
// that they were. It says no where they were told within the quiet time, by
// whatever process.
func (d *DB) RaiseAlert(ctx context.Context, alert string, now time.Time, quiet time.Duration) (bool, error) {
	changed, err := d.db.Exec(ctx, d.db.Pool(), "alert_raise", args{"alert": alert, "now": at(now), "since": at(now.Add(-quiet))})
	return changed > 0 && err == nil, err
}

// WithdrawAlert takes back that people were told at a time: nobody could be.
func (d *DB) WithdrawAlert(ctx context.Context, alert string, told time.Time) error {
	_, err := d.db.Exec(ctx, d.db.Pool(), "alert_withdraw", args{"alert": alert, "at": at(told), "never": at(time.Unix(0, 0))})
	return err
}
