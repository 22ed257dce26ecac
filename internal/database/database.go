// Package database holds the connections to SQLite and to PostgreSQL, and to a
// shop's own database: sessions, transactions that are run again, prepared
// statements, migrations, and what an error means for whoever runs daesa. It knows
// no word of the domain and no table; queries come to it by name from whoever
// opens it. Begin at Open and Write; OpenReadOnly is for a shop's own database.
package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
)

func init() {
	sqlx.BindDriver("sqlite", sqlx.QUESTION)
}

// busyMilliseconds is how long SQLite waits for another process's write before
// it says that the database is locked. No write of daesa's lasts that long.
const busyMilliseconds = 30_000

// Dialect is one of the two databases that daesa keeps its own tables in.
type Dialect string

// The dialects.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// Files are what runs on a database, by its dialect.
type Files struct {
	Queries    func(Dialect) (map[string]string, error) // by name
	Migrations func(Dialect) (fs.FS, error)
	// Prepared are the queries that are run most. They are prepared once for each
	// connection: planning one anew costs PostgreSQL more than running it. Statements
	// on temporary tables cannot be among them.
	Prepared []string
}

// DB is one database, of either kind.
type DB struct {
	db       *sqlx.DB
	files    Files
	dialect  Dialect
	queries  map[string]func() compiled // by name, each read when it is first run
	prepared prepared
	url      string
	pragmas  map[string]string // for tests: other settings of SQLite
	path     string            // SQLite's file
	// writing lets the writers of this process queue up in order, where SQLite
	// would let them poll.
	writing  sync.Mutex
	unwaited unwaited // only with writing locked
	// gate opens the connections to PostgreSQL; nil: SQLite.
	gate     *gate
	unshared atomic.Bool         // RequireSession has seen that sessions are not handed on
	stumble  func(try int) error // for tests: ends a transaction before its commit
	watch    func(query string)  // for tests: sees which queries are run
}

// Option changes how a database is opened.
type Option func(*DB)

// MaxConnections is how many connections to PostgreSQL a process opens at most; 0:
// what the work needs, at most 16.
func MaxConnections(n int) Option {
	return func(d *DB) {
		if d.gate != nil && n > 0 {
			d.gate.most = n
		}
	}
}

// Patience is for how long a process waits where PostgreSQL has no connection
// left for it.
func Patience(limit time.Duration) Option {
	return func(d *DB) {
		if d.gate != nil {
			d.gate.patience = limit
		}
	}
}

// Open opens the database of a configuration's URL: sqlite:FILE or
// postgres://... It does not create a schema: Migrate does.
func Open(ctx context.Context, rawURL string, files Files, options ...Option) (*DB, error) {
	d := &DB{url: rawURL, files: files}
	var name string
	switch {
	case strings.HasPrefix(rawURL, "sqlite:"):
		d.path = strings.TrimPrefix(rawURL, "sqlite:")
		if err := prepareFile(d.path); err != nil {
			return nil, err
		}
		d.dialect, name = SQLite, "sqlite"
	case strings.HasPrefix(rawURL, "postgres://"), strings.HasPrefix(rawURL, "postgresql://"):
		sessions, err := postgresSessions(rawURL)
		if err != nil {
			return nil, err
		}
		d.dialect, name = Postgres, "postgres"
		d.gate = &gate{sessions: sessions, most: mostConnections, patience: scarcityPatience}
	default:
		return nil, hinted(errors.New("the database URL is of no kind that daesa knows"),
			"write database.url as sqlite:FILE or postgres://USER@HOST/DATABASE")
	}
	queries, err := files.Queries(d.dialect)
	if err != nil {
		return nil, err
	}
	d.queries = make(map[string]func() compiled, len(queries))
	for query, text := range queries {
		d.queries[query] = sync.OnceValue(func() compiled { return mustCompile(query, text, name) })
	}
	for _, option := range options {
		option(d)
	}
	if err := d.pool(name, sqliteDSN(d.path, d.pragmas)); err != nil {
		return nil, d.Explain("open", err)
	}
	if err := d.db.PingContext(ctx); err != nil {
		_ = d.Close() // the first error is the one to tell
		return nil, d.Explain("open", err)
	}
	return d, nil
}

// pool makes the pool of connections; dsn is SQLite's.
func (d *DB) pool(name, dsn string) error {
	if d.gate == nil {
		connector, err := guarded(dsn)
		if err != nil {
			return err
		}
		d.db = sqlx.NewDb(sql.OpenDB(connector), name)
		d.db.SetMaxOpenConns(mostConnections)
		d.db.SetMaxIdleConns(mostConnections)
		return nil
	}
	d.db = sqlx.NewDb(sql.OpenDB(d.gate), name)
	d.gate.pool = d.db
	d.gate.doWithAll() // with the default of two idle ones, eight workers dial anew all the time
	d.db.SetConnMaxIdleTime(idleTime)
	return nil
}

// prepareFile makes a new database file readable by its owner alone.
func prepareFile(path string) error {
	if path == "" {
		return hinted(errors.New("the database URL names no file"), "write database.url as sqlite:FILE")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return hinted(fmt.Errorf("database %s: %w", path, err), "create the folder, or choose another in database.url")
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the path is the operator's own configuration
	if err != nil {
		return hinted(fmt.Errorf("database %s: %w", path, err),
			"daesa must be able to read and write the database file; check its owner, its mode and the volume")
	}
	return file.Close()
}

// sqliteDSN keeps every setting in the DSN: a PRAGMA run on a pool reaches one
// connection. synchronous=FULL, because with less a committed refund intent
// can vanish in a power cut. The cache takes twice what cache_size names:
// findings/sqlite-cache-takes-twice.sh.
func sqliteDSN(path string, other map[string]string) string {
	values := url.Values{"_txlock": {"immediate"}}
	pragmas := map[string]string{"busy_timeout": fmt.Sprint(busyMilliseconds), "journal_mode": "WAL", "synchronous": "FULL",
		"foreign_keys": "1", "cache_size": "-2000", "temp_store": "FILE", "journal_size_limit": "67108864", "wal_autocheckpoint": "4000"}
	maps.Copy(pragmas, other)
	for _, name := range slices.Sorted(maps.Keys(pragmas)) {
		values.Add("_pragma", name+"("+pragmas[name]+")")
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: values.Encode()}).String()
}

// FreePages gives back the pages that SQLite holds, so that a long statement begins
// with a cache of its own. All connections of a process count their pages together as
// modernc builds it: once the others hold more than their share, this one keeps no page
// that it has read, and reads three of them for every row
// (findings/sqlite-one-cache-starves-another.sh).
func (d *DB) FreePages(ctx context.Context, conn *sqlx.Conn) error {
	if d.dialect != SQLite {
		return nil
	}
	_, err := conn.ExecContext(ctx, "PRAGMA shrink_memory")
	return d.Explain("free pages", err)
}

// Close closes the database.
func (d *DB) Close() error {
	if d.gate != nil {
		d.gate.end()
	}
	return errors.Join(d.unwaited.close(), d.db.Close())
}

// Pool is where statements run that need no transaction.
func (d *DB) Pool() *sqlx.DB { return d.db }

// Dialect says which of the two databases it is.
func (d *DB) Dialect() Dialect { return d.dialect }

// Query gives the SQL text of a name; a missing one is a broken build, which
// a test finds.
func (d *DB) Query(name string) string { return d.compiled(name).text }

func (d *DB) compiled(name string) compiled {
	q, ok := d.queries[name]
	if !ok {
		panic("database: no query named " + name)
	}
	return q()
}

// Queries are the names of all queries.
func (d *DB) Queries() []string { return slices.Sorted(maps.Keys(d.queries)) }

// compiled is a query with the driver's placeholders, and the names of its
// parameters in their order.
type compiled struct {
	text  string
	names []string
	kept  string // the name that it has in a batch
}

// parameter is a name after a colon; two colons are one that means itself.
var parameter = regexp.MustCompile(`(?:^|[^:]):([a-z_][a-z0-9_]*)`)

// mustCompile reads the names out of a query once: a refund runs some thirty of them. One
// that cannot be read is a broken build, which a test finds.
func mustCompile(name, text, driver string) compiled {
	own := map[string]any{}
	for _, found := range parameter.FindAllStringSubmatch(text, -1) {
		own[found[1]] = found[1]
	}
	bound, order, err := sqlx.Named(text, own)
	if err != nil {
		panic(fmt.Sprintf("database: %s: %v", name, err))
	}
	q := compiled{text: sqlx.Rebind(sqlx.BindType(driver), bound)}
	q.kept = keptName(q.text)
	for _, each := range order {
		q.names = append(q.names, fmt.Sprint(each))
	}
	return q
}

type Args map[string]any

// Runner is a connection or a transaction.
type Runner interface {
	sqlx.QueryerContext
	sqlx.ExecerContext
}

// Place is where statements of all kinds run: a connection or a transaction.
type Place interface {
	Runner
	preparer
}

// Pin takes a connection for a piece of work that keeps it for long; release
// gives it back.
func (d *DB) Pin(ctx context.Context) (conn *sqlx.Conn, release func() error, err error) {
	if conn, err = d.db.Connx(ctx); err != nil {
		return nil, nil, d.Explain("connect", err)
	}
	if d.gate == nil {
		return conn, conn.Close, nil
	}
	d.gate.count(0, 1)
	return conn, func() error {
		d.gate.count(0, -1)
		return conn.Close()
	}, nil
}

// Exec runs a named query and gives the number of rows that it changed.
func (d *DB) Exec(ctx context.Context, on Runner, name string, arg any) (int64, error) {
	text, values, err := d.Bind(name, arg)
	if err != nil {
		return 0, err
	}
	var result sql.Result
	if stmt := d.stmt(ctx, on, name); stmt != nil {
		result, err = stmt.ExecContext(ctx, values...)
	} else {
		result, err = on.ExecContext(ctx, text, values...)
	}
	if err != nil {
		return 0, d.Explain(name, err)
	}
	changed, err := result.RowsAffected()
	if err != nil {
		return 0, d.Explain(name, err)
	}
	return changed, nil
}

// One reads one row into dest; sql.ErrNoRows stays visible to errors.Is.
func (d *DB) One(ctx context.Context, on Runner, dest any, name string, arg any) error {
	text, values, err := d.Bind(name, arg)
	if err != nil {
		return err
	}
	if stmt := d.stmt(ctx, on, name); stmt != nil { //nolint:sqlclosecheck // prepared once, and closed with the database
		err = stmt.GetContext(ctx, dest, values...)
	} else {
		err = sqlx.GetContext(ctx, on, dest, text, values...)
	}
	return d.Explain(name, err)
}

// All reads all rows into dest, a slice.
func (d *DB) All(ctx context.Context, on Runner, dest any, name string, arg any) error {
	text, values, err := d.Bind(name, arg)
	if err != nil {
		return err
	}
	if stmt := d.stmt(ctx, on, name); stmt != nil { //nolint:sqlclosecheck // prepared once, and closed with the database
		err = stmt.SelectContext(ctx, dest, values...)
	} else {
		err = sqlx.SelectContext(ctx, on, dest, text, values...)
	}
	return d.Explain(name, err)
}

// Bind gives the text of a query and the values of its parameters in their order.
func (d *DB) Bind(name string, arg any) (string, []any, error) {
	q := d.compiled(name)
	if d.watch != nil {
		d.watch(name)
	}
	values := make([]any, len(q.names))
	if named, ok := arg.(Args); ok {
		for i, each := range q.names {
			value, ok := named[each]
			if !ok {
				return "", nil, fmt.Errorf("database: %s: no value for %s", name, each)
			}
			values[i] = value
		}
		return q.text, values, nil
	}
	if len(q.names) == 0 {
		return q.text, nil, nil
	}
	row := reflect.ValueOf(arg)
	fields := d.db.Mapper.TraversalsByName(row.Type(), q.names)
	for i, path := range fields {
		if len(path) == 0 {
			return "", nil, fmt.Errorf("database: %s: %T has no %s", name, arg, q.names[i])
		}
		values[i] = row.FieldByIndex(path).Interface()
	}
	return q.text, values, nil
}
