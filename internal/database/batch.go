package database

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// Batch are statements of which none needs what another one gives. PostgreSQL gets
// them in one trip and runs them in their order, each on a snapshot of its own, as if
// they came one by one: after an error none is run any more. SQLite, which is no trip
// away, and a database whose statements are not prepared get them one by one.
type Batch struct {
	d     *DB
	doing string
	items []batched
}

// batched is one statement of a batch.
type batched struct {
	name   string
	with   any
	rows   any                 // a slice that its rows are read into; nil: they are counted
	number func(n int64) error // judges how many there were; nil: any number will do
}

// NewBatch begins a batch; doing is what an error says of it.
func NewBatch(d *DB, doing string) *Batch { return &Batch{d: d, doing: doing} }

// Exec adds a statement that writes, and says what is thought of the number of rows
// that it changed; nil: nothing.
func (b *Batch) Exec(name string, with any, changed func(n int64) error) {
	b.items = append(b.items, batched{name, with, nil, changed})
}

// All adds a statement whose rows are read into a slice of structs.
func (b *Batch) All(rows any, name string, with any) {
	b.items = append(b.items, batched{name, with, rows, nil})
}

// Run runs the batch in a transaction, or outside of any where it only reads. What a
// statement judges of its rows is an error of the batch; the statements behind it may
// have been run.
func (b *Batch) Run(ctx context.Context, on Runner) error {
	queryer, ok := on.(sqlx.QueryerContext)
	if !ok || b.d.dialect == SQLite || len(b.items) < 2 || !b.d.isPrepared() {
		return b.oneByOne(ctx, on)
	}
	text, err := b.text()
	if err != nil {
		return b.d.Explain(b.doing, err)
	}
	rows, err := queryer.QueryxContext(context.WithValue(ctx, batchKey{}, b), text)
	if err != nil {
		return b.d.Explain(b.doing, err)
	}
	numbers, err := b.read(rows)
	if err = errors.Join(err, rows.Close()); err != nil { //nolint:sqlclosecheck // closed here, so that its error is told
		return b.d.Explain(b.doing, err)
	}
	for i, each := range b.items {
		if each.number != nil {
			if err := each.number(numbers[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// RunLast runs the batch as the last of a transaction, in one trip with its commit:
// what goes wrong with it is an error of the commit. How many rows a statement changed
// is not judged, so that it must be one that changes them or fails.
func (b *Batch) RunLast(ctx context.Context, tx *sqlx.Tx) error {
	if b.d.dialect == SQLite || !b.d.isPrepared() {
		return b.oneByOne(ctx, tx)
	}
	text, err := b.text()
	if err == nil {
		_, err = tx.ExecContext(context.WithValue(ctx, batchKey{}, b), text)
	}
	return b.d.Explain(b.doing, err)
}

func (b *Batch) oneByOne(ctx context.Context, on Runner) error {
	for _, each := range b.items {
		if each.rows != nil {
			if err := b.d.All(ctx, on, each.rows, each.name, each.with); err != nil {
				return err
			}
			continue
		}
		n, err := b.d.Exec(ctx, on, each.name, each.with)
		if err == nil && each.number != nil {
			err = each.number(n)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// read gives the number of rows of each statement, one result after the other.
func (b *Batch) read(rows *sqlx.Rows) ([]int64, error) {
	numbers := make([]int64, len(b.items))
	for i, each := range b.items {
		if i > 0 && !rows.NextResultSet() {
			return nil, errors.Join(rows.Err(), fmt.Errorf("%s has no result", each.name))
		}
		if each.rows == nil {
			for rows.Next() {
				numbers[i]++
			}
		} else if err := sqlx.StructScan(rows, each.rows); err != nil {
			return nil, err
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
	}
	return numbers, nil
}

type batchKey struct{}

// text calls the statements by the names under which the connection has them.
func (b *Batch) text() (string, error) {
	var text strings.Builder
	for _, each := range b.items {
		_, values, err := b.d.Bind(each.name, each.with)
		if err != nil {
			return "", err
		}
		text.WriteString("EXECUTE " + b.d.compiled(each.name).kept)
		for i, value := range values {
			separator := ", "
			if i == 0 {
				separator = " ("
			}
			written, err := literal(value)
			if err != nil {
				return "", fmt.Errorf("%s: %w", each.name, err)
			}
			text.WriteString(separator + written)
		}
		if len(values) > 0 {
			text.WriteByte(')')
		}
		text.WriteByte(';')
	}
	return text.String(), nil
}

// keptName is the name under which a connection keeps a statement. It follows from
// the text, so that no other program's is meant.
func keptName(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "daesa_" + hex.EncodeToString(sum[:8])
}

// counted is a statement in the form in which each of them gives rows: one that
// writes gives one for each row that it changed.
func (q compiled) counted() string {
	if strings.HasPrefix(q.text, "SELECT") || strings.HasPrefix(q.text, "WITH") || strings.Contains(q.text, "RETURNING") {
		return q.text
	}
	return q.text + " RETURNING 1"
}

// literal writes a value as SQL does. What PostgreSQL would refuse within a parameter
// is refused here: a zero byte ends the text of a statement.
func literal(value any) (string, error) {
	plain, err := driver.DefaultParameterConverter.ConvertValue(value)
	if err != nil {
		return "", err
	}
	switch v := plain.(type) {
	case nil:
		return "NULL", nil
	case []byte:
		if v == nil {
			return "NULL", nil
		}
		return pq.QuoteLiteral(`\x` + hex.EncodeToString(v)), nil
	case string:
		if strings.IndexByte(v, 0) >= 0 {
			return "", errors.New("a text has a zero byte in it")
		}
		return pq.QuoteLiteral(v), nil
	case int64, bool:
		return fmt.Sprintf("'%v'", v), nil
	default:
		return "", fmt.Errorf("a %s is no value of a batch", reflect.TypeOf(plain))
	}
}

// QueryContext runs a statement that gives rows. The statements of a batch are
// prepared before, where this connection does not have them yet.
func (s *session) QueryContext(ctx context.Context, query string, values []driver.NamedValue) (driver.Rows, error) {
	if b, ok := ctx.Value(batchKey{}).(*Batch); ok {
		if err := s.prepare(ctx, b); err != nil {
			return nil, err
		}
	}
	return s.pgConn.QueryContext(ctx, query, values)
}

// ExecContext runs a statement, or keeps the last batch of a transaction for its
// commit.
func (s *session) ExecContext(ctx context.Context, query string, values []driver.NamedValue) (driver.Result, error) {
	b, ok := ctx.Value(batchKey{}).(*Batch)
	if !ok {
		return s.pgConn.ExecContext(ctx, query, values)
	}
	if err := s.prepare(ctx, b); err != nil {
		return nil, err
	}
	s.last += query
	return driver.RowsAffected(0), nil
}

func (s *session) prepare(ctx context.Context, b *Batch) error {
	for _, each := range b.items {
		q := b.d.compiled(each.name)
		if s.keeps[q.text] {
			continue
		}
		if _, err := s.pgConn.ExecContext(ctx, "PREPARE "+q.kept+" AS "+q.counted(), nil); err != nil {
			return err
		}
		if s.keeps == nil {
			s.keeps = map[string]bool{}
		}
		s.keeps[q.text] = true
	}
	return nil
}

// isPrepared says whether statements are prepared: then no pooler hands them on.
func (d *DB) isPrepared() bool {
	d.prepared.mu.RLock()
	defer d.prepared.mu.RUnlock()
	return d.prepared.stmts != nil
}
