package store

import "context"

// ExecForTest runs a statement of a test's own, to show what the database
// refuses. No command calls it.
func (d *DB) ExecForTest(ctx context.Context, statement string) error {
	_, err := d.db.ExecContext(ctx, statement)
	return err
}

// MigrateToForTest brings an empty database to an older schema, so that a test
// can put into it what the version before could hold.
func (d *DB) MigrateToForTest(ctx context.Context, version int64) error {
	provider, err := d.provider(d.db.DB)
	if err != nil {
		return err
	}
	_, err = provider.UpTo(ctx, version)
	return err
}
