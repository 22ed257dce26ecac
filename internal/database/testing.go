package database

import "context"

// PragmasForTest opens SQLite with other settings than daesa's, such as a disk that
// has room for a few pages.
func PragmasForTest(pragmas map[string]string) Option {
	return func(d *DB) { d.pragmas = pragmas }
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

// StumbleForTest ends a transaction before its commit, where f gives an error for
// the try.
func (d *DB) StumbleForTest(f func(try int) error) { d.stumble = f }

// TrustForTest lets a database believe that no pooler hands sessions on.
func (d *DB) TrustForTest() { d.unshared.Store(true) }

// WatchForTest calls f with the name of every query that is run from now on. It is
// called before the database is used by several goroutines.
func (d *DB) WatchForTest(f func(query string)) { d.watch = f }
