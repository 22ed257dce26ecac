package store

import "context"

// ExecForTest runs a statement of a test's own, to show what the database
// refuses. No command calls it.
func (d *DB) ExecForTest(ctx context.Context, statement string) error {
	_, err := d.db.ExecContext(ctx, statement)
	return err
}
