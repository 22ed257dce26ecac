package database

import (
	"context"
	"sync"

	"github.com/jmoiron/sqlx"
)

// prepared holds what Files.Prepared names, once Prepare was called.
type prepared struct {
	mu    sync.RWMutex
	stmts map[string]*sqlx.Stmt
}

// Prepare prepares the statements, where they are not yet. It runs outside of
// transactions: inside, a full pool could wait for itself. What cannot be
// prepared is run as text, and says there what is wrong. A pooler that hands the
// server's sessions on, and with them what others have prepared, is refused.
func (d *DB) Prepare(ctx context.Context) error {
	d.prepared.mu.Lock()
	defer d.prepared.mu.Unlock()
	if d.prepared.stmts != nil {
		return nil
	}
	if err := d.RequireSession(ctx); err != nil {
		return err
	}
	stmts := map[string]*sqlx.Stmt{}
	for _, name := range d.files.Prepared {
		stmt, err := d.db.PreparexContext(ctx, d.Query(name)) //nolint:sqlclosecheck // lives as long as the database is open
		if err != nil {
			for _, each := range stmts {
				_ = each.Close() // it was never run
			}
			return nil
		}
		stmts[name] = stmt
	}
	d.prepared.stmts = stmts
	return nil
}

// stmt gives the prepared form of a statement for where it runs; nil where it
// is to be run as text.
func (d *DB) stmt(ctx context.Context, on Runner, name string) *sqlx.Stmt {
	d.prepared.mu.RLock()
	stmt := d.prepared.stmts[name]
	d.prepared.mu.RUnlock()
	if stmt == nil {
		return nil
	}
	switch where := on.(type) {
	case *sqlx.DB:
		return stmt
	case *sqlx.Tx:
		return where.StmtxContext(ctx, stmt)
	default:
		return nil
	}
}
