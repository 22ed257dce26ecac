package database

import (
	"context"
	"errors"

	"github.com/jmoiron/sqlx"
)

// reindexFrom is how many rows an empty table must get before its indexes are
// worth building anew.
const reindexFrom = 1_000

// LoadEmpty runs what fills an empty table with about so many rows. SQLite puts
// each row into each index where it belongs, which for many rows is most of the
// work: the indexes are dropped before and built of the whole table after it. All of
// it is one transaction, so that who kills the process finds the table as it was,
// with its indexes.
func (d *DB) LoadEmpty(ctx context.Context, tx *sqlx.Tx, table string, rows int64, load func() error) error {
	if d.dialect != SQLite || rows < reindexFrom {
		return load()
	}
	gone, err := dropIndexes(ctx, tx, table)
	if err != nil {
		return d.Explain("drop the indexes of "+table, err)
	}
	if err := load(); err != nil {
		return err
	}
	return d.Explain("build the indexes of "+table, gone.build(ctx, tx))
}

// indexes are those that a table had.
type indexes struct {
	Names      []string // in the order in which they were made
	Texts      []string
	statistics []statistic
}

// statistic is a row of SQLite's statistics, by which queries are planned. Dropping
// an index drops its row.
type statistic struct {
	Table string  `db:"tbl"`
	Index *string `db:"idx"`
	Stat  *string `db:"stat"`
}

func dropIndexes(ctx context.Context, tx *sqlx.Tx, table string) (indexes, error) {
	var gone indexes
	err := errors.Join(
		tx.SelectContext(ctx, &gone.Names, "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL ORDER BY rowid", table),
		tx.SelectContext(ctx, &gone.Texts, "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL ORDER BY rowid", table),
		tx.SelectContext(ctx, &gone.statistics, "SELECT tbl, idx, stat FROM sqlite_stat1 WHERE tbl = ? ORDER BY rowid", table))
	if err != nil {
		return gone, err
	}
	for _, name := range gone.Names {
		if _, err := tx.ExecContext(ctx, `DROP INDEX "`+name+`"`); err != nil { // the name is the schema's
			return gone, err
		}
	}
	return gone, nil
}

// build makes them again, with their statistics, and lets this connection read
// those; others do by themselves, since the schema is another.
func (i indexes) build(ctx context.Context, tx *sqlx.Tx) error {
	for _, text := range i.Texts {
		if _, err := tx.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	for _, each := range i.statistics {
		if _, err := tx.ExecContext(ctx, `DELETE FROM sqlite_stat1 WHERE tbl = ? AND idx IS ?`, each.Table, each.Index); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)`, each.Table, each.Index, each.Stat); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, "ANALYZE sqlite_schema")
	return err
}
