package orders

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"daesa/internal/table"
	"daesa/pay"
)

// The databases that a query may be run on.
const (
	Postgres = "postgres"
	SQLite   = "sqlite"
	MySQL    = "mysql" // and MariaDB
)

// Beginner is a connection or a pool (*sql.DB, *sql.Conn, or sqlx's) that was
// opened elsewhere with a role that may only read. For SQLite it was opened
// with mode=ro and _pragma=query_only(1).
type Beginner interface {
	BeginTx(ctx context.Context, options *sql.TxOptions) (*sql.Tx, error)
}

// QueryOptions bound a query.
type QueryOptions struct {
	Options
	Timeout time.Duration // for the whole reading; 0: ten minutes
	MaxRows int           // 0: 20,000,000
}

const (
	defaultTimeout = 10 * time.Minute
	defaultMaxRows = 20_000_000
)

// QueryError says that the query as such is wrong. Nothing was read.
type QueryError struct {
	Reason string
	Advice string
	cause  error
}

// Error is the reason.
func (e *QueryError) Error() string { return "orders.query: " + e.Reason }

// Unwrap gives the database's error, where it was one that refused the query.
func (e *QueryError) Unwrap() error { return e.cause }

// Hint says what a person should do next.
func (e *QueryError) Hint() string { return e.Advice }

// Query is a read-only SELECT on the shop's database whose rows stream by.
type Query struct {
	dialect string
	options QueryOptions
	cancel  context.CancelFunc
	tx      *sql.Tx
	stmt    *sql.Stmt // the prepared text
	rows    *sql.Rows
	names   []string // of the result, in lower case
	types   []string // the database's names of them; "" where it has none
	index   map[string]int
	unknown []string
	decoder *decoder
}

// FromQuery runs text, one SELECT, in a read-only transaction, with :from and
// :to bound to the two times. Before a row is read it fails with a *QueryError
// where a required column is missing or has a type that cannot be exact. The
// caller closes the query.
func FromQuery(ctx context.Context, db Beginner, dialect, text string, from, to time.Time, options QueryOptions) (*Query, error) {
	if options.Timeout <= 0 {
		options.Timeout = defaultTimeout
	}
	if options.MaxRows <= 0 {
		options.MaxRows = defaultMaxRows
	}
	text, args, err := prepareText(dialect, text, from, to)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, options.Timeout)
	q := &Query{dialect: dialect, options: options, cancel: cancel, decoder: newDecoder(options.Options, "row")}
	if err := q.start(ctx, db, text, args); err != nil {
		return nil, errors.Join(err, q.Close())
	}
	return q, nil
}

func (q *Query) start(ctx context.Context, db Beginner, text string, args []any) error {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("orders.query: %w", err)
	}
	q.tx = tx
	if err := q.guard(ctx); err != nil {
		return err
	}
	if err := q.run(ctx, text, args); err != nil {
		return err
	}
	q.unknown = slices.DeleteFunc(slices.Clone(q.names), func(name string) bool { return slices.Contains(columnNames, name) })
	switch q.dialect {
	case SQLite:
		if err := q.timesAsText(ctx, text, args); err != nil {
			return err
		}
	case MySQL:
		if err := q.numbersAsText(ctx, text, args); err != nil {
			return err
		}
	}
	return q.checkColumns()
}

// guard makes sure that nothing can be written, whatever the text says.
func (q *Query) guard(ctx context.Context) error {
	if q.dialect == SQLite {
		var queryOnly int
		if err := q.tx.QueryRowContext(ctx, "PRAGMA query_only").Scan(&queryOnly); err != nil {
			return fmt.Errorf("orders.query: %w", err)
		}
		if queryOnly != 1 {
			return &QueryError{Reason: "the connection could write", Advice: "open it with mode=ro and _pragma=query_only(1)"}
		}
		return nil
	}
	if q.dialect == MySQL {
		return q.guardMySQL(ctx)
	}
	var readOnly string
	if err := q.tx.QueryRowContext(ctx, "SHOW transaction_read_only").Scan(&readOnly); err != nil {
		return fmt.Errorf("orders.query: %w", err)
	}
	if readOnly != "on" {
		return &QueryError{Reason: "the transaction could write"}
	}
	settings := fmt.Sprintf("SET LOCAL statement_timeout = %d", q.options.Timeout.Milliseconds())
	for _, set := range []string{settings, "SET LOCAL timezone = 'Asia/Seoul'"} {
		if _, err := q.tx.ExecContext(ctx, set); err != nil {
			return fmt.Errorf("orders.query: %w", err)
		}
	}
	return nil
}

// run always prepares: a prepared text is one statement, by the protocol of
// PostgreSQL.
func (q *Query) run(ctx context.Context, text string, args []any) error {
	statement, err := q.tx.PrepareContext(ctx, text) //nolint:sqlclosecheck // the rows outlive this function: Close closes both
	if err != nil {
		return &QueryError{Reason: err.Error(), Advice: "run the SELECT by hand on the shop's database", cause: err}
	}
	q.stmt = statement
	q.rows, err = statement.QueryContext(ctx, args...) //nolint:rowserrcheck // Orders checks it
	if err != nil {
		return fmt.Errorf("orders.query: %w", err)
	}
	q.names, err = q.rows.Columns()
	if err != nil {
		return fmt.Errorf("orders.query: %w", err)
	}
	kinds, err := q.rows.ColumnTypes()
	if err != nil {
		return fmt.Errorf("orders.query: %w", err)
	}
	q.types = make([]string, len(kinds))
	q.index = make(map[string]int, len(kinds))
	for i, kind := range kinds {
		q.types[i] = strings.ToUpper(kind.DatabaseTypeName())
		q.names[i] = strings.ToLower(q.names[i])
		if _, twice := q.index[q.names[i]]; twice && slices.Contains(columnNames, q.names[i]) {
			return &QueryError{Reason: fmt.Sprintf("gives column %q twice", q.names[i])}
		}
		q.index[q.names[i]] = i
	}
	return nil
}

// timesAsText runs the query again with the columns that SQLite's driver would
// turn into times cast to text: of a text without an offset the driver makes
// UTC, and nobody could tell it from a real UTC any more.
func (q *Query) timesAsText(ctx context.Context, text string, args []any) error {
	found := false
	var items []string
	for _, name := range q.names {
		i := q.index[name]
		if !slices.Contains(columnNames, name) {
			continue
		}
		switch q.types[i] {
		case "DATE", "DATETIME", "TIMESTAMP", "TIME":
			found = true
			items = append(items, fmt.Sprintf("CAST(%s AS TEXT) AS %s", name, name))
		default:
			items = append(items, name)
		}
	}
	if !found {
		return nil
	}
	if err := errors.Join(q.rows.Close(), q.stmt.Close()); err != nil {
		return fmt.Errorf("orders.query: %w", err)
	}
	return q.run(ctx, "SELECT "+strings.Join(items, ", ")+" FROM (\n"+text+"\n)", args)
}

func (q *Query) checkColumns() error {
	var missing []string
	for _, name := range q.options.required() {
		if !q.has(name) {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return &QueryError{
			Reason: "the result lacks " + strings.Join(missing, ", ") + "; it has " + strings.Join(q.names, ", "),
			Advice: "name the columns with AS",
		}
	}
	fits, advice := typeFits, "give numbers as integer or numeric, times as timestamptz, all else as text; cast in the SELECT"
	switch q.dialect {
	case SQLite:
		return nil // its columns have no type, only its values do
	case MySQL:
		fits, advice = mysqlTypeFits, "give numbers as integer or DECIMAL, times as DATETIME or TIMESTAMP, all else as text; CAST or CONVERT in the SELECT"
	}
	for i, name := range q.names {
		if slices.Contains(columnNames, name) && !fits(name, q.types[i]) {
			return &QueryError{Reason: fmt.Sprintf("column %q has the type %s", name, q.types[i]), Advice: advice}
		}
	}
	return nil
}

func isTimeColumn(column string) bool {
	return column == orderedAt || column == paidAt || column == canceledAt
}

// typeFits says whether values of a PostgreSQL type can be taken exactly.
// Types that it does not know (a shop's enum) give text.
func typeFits(column, kind string) bool {
	isTime := isTimeColumn(column)
	switch kind {
	case "FLOAT4", "FLOAT8", "MONEY", "BOOL", "BYTEA", "JSON", "JSONB", "XML", "INTERVAL", "TIME", "TIMETZ":
		return false
	case "TIMESTAMP", "TIMESTAMPTZ", "DATE":
		return isTime
	case "INT2", "INT4", "INT8", "NUMERIC", "OID":
		return !isTime
	}
	return !strings.HasPrefix(kind, "_") // arrays
}

func (q *Query) has(name string) bool {
	_, has := q.index[name]
	return has
}

// Columns are the columns that the result has.
func (q *Query) Columns() Columns { return columnsOf(q.has) }

// Unknown are the columns of the result that mean nothing to daesa.
func (q *Query) Unknown() []string { return q.unknown }

// Close ends the transaction. It may be called twice.
func (q *Query) Close() error {
	defer q.cancel()
	var err error
	if q.rows != nil {
		err = q.rows.Close()
	}
	// Before the transaction is over: behind a pooler a prepared text that is
	// closed later may be closed elsewhere, and stand in the next night's way.
	if q.stmt != nil {
		_ = q.stmt.Close() // a dead connection takes it along
	}
	if q.tx != nil {
		if rollback := q.tx.Rollback(); !errors.Is(rollback, sql.ErrTxDone) {
			err = errors.Join(err, rollback)
		}
	}
	return err
}

// Orders gives every order of the result, once. A bad row comes as a *BadRow
// with its number, and reading goes on; any other error is the last thing that
// is given.
func (q *Query) Orders() iter.Seq2[pay.Order, error] {
	return func(yield func(pay.Order, error) bool) {
		current := &queryRecord{query: q, values: make([]any, len(q.names))}
		targets := make([]any, len(current.values))
		for i := range targets {
			targets[i] = &current.values[i]
		}
		line := 0
		for q.rows.Next() {
			if line++; line > q.options.MaxRows {
				yield(pay.Order{}, &QueryError{Reason: fmt.Sprintf("gives more than %d rows", q.options.MaxRows)})
				return
			}
			if err := q.rows.Scan(targets...); err != nil {
				yield(pay.Order{}, fmt.Errorf("orders.query: row %d: %w", line, err))
				return
			}
			order, err := q.order(line, current)
			if zeros := q.lostZeros(line, current); zeros != nil {
				order, err = pay.Order{}, zeros
			}
			var bad *BadRow
			if !yield(order, err) || (err != nil && !errors.As(err, &bad)) {
				return
			}
		}
		if err := q.rows.Err(); err != nil {
			yield(pay.Order{}, fmt.Errorf("orders.query: after row %d: %w", line, err))
		}
	}
}

func (q *Query) order(line int, r *queryRecord) (pay.Order, error) {
	order, findings := q.decoder.decode(line, r)
	if len(findings) == 0 {
		return order, nil
	}
	bad := &BadRow{Line: line}
	for _, each := range findings {
		if _, reason, refused := r.Refused(each.column); refused && line == 1 {
			return pay.Order{}, &QueryError{
				Reason: fmt.Sprintf("row 1: column %q: %q: %s", each.column, each.value, reason),
				Advice: "cast it in the SELECT",
			}
		}
		bad.Faults = append(bad.Faults, &table.Fault{Line: line, Column: each.column, Value: each.value, Reason: each.reason})
	}
	return pay.Order{}, bad
}

// queryRecord is a row of a result as the decoder sees it.
type queryRecord struct {
	query  *Query
	values []any
}

// Get gives a value as text.
func (r *queryRecord) Get(column string) (string, bool) {
	i, has := r.query.index[column]
	if !has {
		return "", false
	}
	text, _ := r.query.text(r.values[i], r.query.types[i])
	return text, true
}

// Refused says why a value cannot be taken.
func (r *queryRecord) Refused(column string) (value, reason string, refused bool) {
	i, has := r.query.index[column]
	if !has {
		return "", "", false
	}
	text, reason := r.query.text(r.values[i], r.query.types[i])
	return text, reason, reason != ""
}

// text writes a value of the driver exactly, or says why it cannot.
func (q *Query) text(value any, kind string) (text, reason string) {
	switch v := value.(type) {
	case nil:
		return "", ""
	case string:
		return trimPadding(v, kind), ""
	case []byte:
		if q.dialect == SQLite {
			return "", "is binary, not text"
		}
		if q.dialect == MySQL {
			return mysqlText(string(v), kind), ""
		}
		return trimPadding(string(v), kind), ""
	case int64:
		return strconv.FormatInt(v, 10), ""
	case float64:
		return fmt.Sprint(v), "is a floating-point number, which is not exact; give an integer or a decimal text"
	case time.Time:
		return q.timeText(v, kind)
	}
	return fmt.Sprint(value), fmt.Sprintf("has the type %T", value)
}

// trimPadding takes off the blanks that char(n) fills up with; they are not
// part of the value.
func trimPadding(text, kind string) string {
	if kind == "BPCHAR" {
		return strings.TrimRight(text, " ")
	}
	return text
}

// timeText writes a time. A type without a zone holds the shop's wall clock,
// which the driver only labels UTC.
func (q *Query) timeText(at time.Time, kind string) (text, reason string) {
	if q.dialect == SQLite {
		return fmt.Sprint(at), "the driver made a time of it, whose zone is not certain; open the database without _texttotime and _inttotime"
	}
	if kind == "TIMESTAMP" || kind == "DATE" {
		return at.Format("2006-01-02 15:04:05.999999"), ""
	}
	return at.Format(time.RFC3339Nano), ""
}
