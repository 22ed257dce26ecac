package database

import (
	"context"
	"database/sql"
	"strings"
)

// preparer is a connection or a transaction.
type preparer interface {
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// Bulk inserts many rows with few statements. The statement for a full batch
// is prepared once.
type Bulk struct {
	d       *DB
	on      preparer
	prefix  string
	suffix  string
	columns int
	batch   int
	values  []any
	full    *sql.Stmt
	Changed int64 // rows, so far
}

// NewBulk begins inserting rows of so many columns, batch rows a statement.
// PostgreSQL takes at most 65,535 parameters, SQLite 32,766.
func NewBulk(d *DB, on preparer, prefix string, columns int, suffix string, batch int) *Bulk {
	return &Bulk{d: d, on: on, prefix: prefix, columns: columns, suffix: suffix, batch: batch,
		values: make([]any, 0, columns*batch)}
}

func (b *Bulk) Add(ctx context.Context, values ...any) error {
	b.values = append(b.values, values...)
	if len(b.values) == b.columns*b.batch {
		return b.Flush(ctx)
	}
	return nil
}

// Flush writes what is left. It must be called at the end.
func (b *Bulk) Flush(ctx context.Context) error {
	rows := len(b.values) / b.columns
	if rows == 0 {
		return nil
	}
	if rows == b.batch && b.full == nil {
		prepared, err := b.on.PrepareContext(ctx, b.d.db.Rebind(b.text(rows)))
		if err != nil {
			return b.d.Explain(b.prefix, err)
		}
		b.full = prepared
	}
	if rows == b.batch {
		result, err := b.full.ExecContext(ctx, b.values...)
		if err != nil {
			return b.d.Explain(b.prefix, err)
		}
		return b.counted(result)
	}
	result, err := b.on.ExecContext(ctx, b.d.db.Rebind(b.text(rows)), b.values...)
	if err != nil {
		return b.d.Explain(b.prefix, err)
	}
	return b.counted(result)
}

func (b *Bulk) counted(result sql.Result) error {
	changed, err := result.RowsAffected()
	if err != nil {
		return b.d.Explain(b.prefix, err)
	}
	b.Changed += changed
	b.values = b.values[:0]
	return nil
}

func (b *Bulk) text(rows int) string {
	row := "(" + strings.TrimSuffix(strings.Repeat("?,", b.columns), ",") + ")"
	return b.prefix + " VALUES " + strings.TrimSuffix(strings.Repeat(row+",", rows), ",") + " " + b.suffix
}

// Close ends the prepared statement.
func (b *Bulk) Close() {
	if b.full != nil {
		_ = b.full.Close() // a statement that does not close dies with its connection
	}
}
