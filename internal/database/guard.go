package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"reflect"

	"modernc.org/sqlite"
)

// guarded opens connections to SQLite on which nothing is run in a transaction
// after an error. SQLite ends a transaction by itself where the disk is full or
// fails, and database/sql does not know: what follows would be kept, statement by
// statement, outside of any transaction, and its commit would succeed.
func guarded(dsn string) (driver.Connector, error) {
	plain, err := sqlite.NewConnector(dsn)
	return guard{plain}, err
}

type guard struct{ driver.Connector }

// Connect gives a guarded connection.
func (g guard) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := g.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	whole, ok := conn.(liteConn)
	if !ok {
		return nil, errors.Join(errors.New("the SQLite driver's connections lack what is needed of them"), conn.Close())
	}
	return &guardedConn{liteConn: whole}, nil
}

// liteConn is all that database/sql asks of a connection to SQLite.
type liteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// guardedConn remembers the first error of its transaction, and runs nothing
// after it.
type guardedConn struct {
	liteConn
	inside bool
	first  error
}

// BeginTx begins a transaction.
func (c *guardedConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	tx, err := c.liteConn.BeginTx(ctx, options)
	if err != nil {
		return nil, err
	}
	c.inside, c.first = true, nil
	return guardedTx{tx, c}, nil
}

// Begin is the older form of BeginTx.
func (c *guardedConn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

// may refuses a statement after an error.
func (c *guardedConn) may() error {
	if c.inside && c.first != nil {
		return fmt.Errorf("nothing more is run in a transaction that failed: %w", c.first)
	}
	return nil
}

// noted keeps the first error of a transaction.
func (c *guardedConn) noted(err error) error {
	if err != nil && c.inside && c.first == nil && !errors.Is(err, driver.ErrSkip) {
		c.first = err
	}
	return err
}

// ExecContext runs a statement.
func (c *guardedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.may(); err != nil {
		return nil, err
	}
	result, err := c.liteConn.ExecContext(ctx, query, args)
	return result, c.noted(err)
}

// QueryContext runs a statement that gives rows.
func (c *guardedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.may(); err != nil {
		return nil, err
	}
	rows, err := c.liteConn.QueryContext(ctx, query, args)
	return c.rows(rows, c.noted(err))
}

// PrepareContext prepares a statement.
func (c *guardedConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if err := c.may(); err != nil {
		return nil, err
	}
	stmt, err := c.liteConn.PrepareContext(ctx, query)
	if c.noted(err) != nil {
		return nil, err
	}
	whole, ok := stmt.(liteStmt)
	if !ok {
		return nil, errors.Join(errors.New("the SQLite driver's statements lack what is needed of them"), stmt.Close())
	}
	return &guardedStmt{whole, c}, nil
}

// Prepare is the older form of PrepareContext.
func (c *guardedConn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

// guardedTx keeps nothing of a transaction that failed.
type guardedTx struct {
	driver.Tx
	conn *guardedConn
}

// Commit commits; after an error it rolls back and gives that error.
func (t guardedTx) Commit() error {
	if err := t.conn.may(); err != nil {
		_ = t.Rollback() // the first error is the one to tell
		return err
	}
	t.conn.inside = false
	return t.Tx.Commit()
}

// Rollback takes back what SQLite has not taken back already.
func (t guardedTx) Rollback() error {
	ended := t.conn.first != nil
	t.conn.inside, t.conn.first = false, nil
	err := t.Tx.Rollback()
	if ended {
		return nil // where SQLite ended it by itself there is nothing left to roll back, which is an error to it
	}
	return err
}

// liteStmt is all that database/sql asks of a statement of SQLite.
type liteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type guardedStmt struct {
	liteStmt
	conn *guardedConn
}

// ExecContext runs the statement.
func (s *guardedStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if err := s.conn.may(); err != nil {
		return nil, err
	}
	result, err := s.liteStmt.ExecContext(ctx, args)
	return result, s.conn.noted(err)
}

// QueryContext runs the statement.
func (s *guardedStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if err := s.conn.may(); err != nil {
		return nil, err
	}
	rows, err := s.liteStmt.QueryContext(ctx, args)
	return s.conn.rows(rows, s.conn.noted(err))
}

// rows notes an error that comes while they are read.
func (c *guardedConn) rows(rows driver.Rows, err error) (driver.Rows, error) {
	if err != nil {
		return nil, err
	}
	return &guardedRows{rows, c}, nil
}

type guardedRows struct {
	driver.Rows
	conn *guardedConn
}

// Next reads a row.
func (r *guardedRows) Next(into []driver.Value) error {
	err := r.Rows.Next(into)
	if err != nil && !errors.Is(err, io.EOF) {
		return r.conn.noted(err)
	}
	return err
}

// ColumnTypeDatabaseTypeName is the type that a column was declared with.
func (r *guardedRows) ColumnTypeDatabaseTypeName(index int) string {
	if typed, ok := r.Rows.(driver.RowsColumnTypeDatabaseTypeName); ok {
		return typed.ColumnTypeDatabaseTypeName(index)
	}
	return ""
}

// ColumnTypeScanType is the type that a column's values are read as.
func (r *guardedRows) ColumnTypeScanType(index int) reflect.Type {
	if typed, ok := r.Rows.(driver.RowsColumnTypeScanType); ok {
		return typed.ColumnTypeScanType(index)
	}
	return reflect.TypeFor[any]()
}
