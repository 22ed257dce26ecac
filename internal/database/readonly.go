package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/lib/pq"
)

// MySQL is the dialect of a shop's database on MySQL or MariaDB; daesa keeps
// nothing of its own there.
const MySQL = "mysql"

// shopConnections are few: the shop's database has other work to do.
const shopConnections = 2

// OpenReadOnly opens the shop's own database so that nothing can be written
// through it, and gives the name of its dialect. No error shows the URL, which
// may hold a password.
func OpenReadOnly(ctx context.Context, rawURL string) (*sql.DB, string, error) {
	var db *sql.DB
	var dialect string
	var err error
	switch {
	case strings.HasPrefix(rawURL, "sqlite:"):
		dialect = string(SQLite)
		db, err = sqliteReadOnly(strings.TrimPrefix(rawURL, "sqlite:"))
	case strings.HasPrefix(rawURL, "postgres://"), strings.HasPrefix(rawURL, "postgresql://"):
		dialect = string(Postgres)
		db, err = postgresReadOnly(rawURL)
	case strings.HasPrefix(rawURL, "mysql://"):
		dialect = MySQL
		db, err = mysqlReadOnly(rawURL)
	default:
		err = hinted(errors.New("the shop database's URL is of no kind that daesa reads"),
			"write postgres://, mysql:// or sqlite:, or drop order files and set orders.source: csv")
	}
	if err != nil {
		return nil, "", err
	}
	db.SetMaxOpenConns(shopConnections)
	if err := db.PingContext(ctx); err != nil {
		return nil, "", errors.Join(explainShop(err), db.Close())
	}
	return db, dialect, nil
}

func sqliteReadOnly(path string) (*sql.DB, error) {
	values := url.Values{"mode": {"ro"}, "_pragma": {"query_only(1)", fmt.Sprintf("busy_timeout(%d)", busyMilliseconds)}}
	return sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: values.Encode()}).String())
}

func postgresReadOnly(rawURL string) (*sql.DB, error) {
	parsed, err := url.Parse(rawURL)
	if err != nil {
		return nil, hinted(errors.New("the shop database's URL is no URL"), "write it as postgres://USER@HOST/DATABASE; "+hintEscape)
	}
	values := parsed.Query()
	if !values.Has("application_name") {
		values.Set("application_name", "daesa")
	}
	parsed.RawQuery = values.Encode()
	cfg, err := pq.NewConfig(parsed.String())
	if err != nil {
		return nil, err
	}
	settings, err := takeSettings(&cfg)
	if err != nil {
		return nil, err
	}
	connector, err := pq.NewConnectorConfig(cfg)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(shopReader{connector, settings}), nil
}

// shopReader opens connections to the shop's own PostgreSQL on which nothing is
// run but in transactions that only read. The URL's settings are made within each
// of them: behind a pooler a setting of the session would outlive us, and meet the
// shop's own programs.
type shopReader struct {
	driver.Connector
	settings map[string]string
}

// Connect gives a connection that only reads.
func (r shopReader) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := r.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	whole, ok := conn.(pgConn)
	if !ok {
		return nil, errors.Join(errors.New("the PostgreSQL driver's connections lack what is needed of them"), conn.Close())
	}
	return &shopConn{pgConn: whole, settings: r.settings}, nil
}

type shopConn struct {
	pgConn
	settings map[string]string
	inside   bool
}

var errOutside = errors.New("the shop's database is read within one transaction only")

// BeginTx begins a transaction that only reads.
func (c *shopConn) BeginTx(ctx context.Context, _ driver.TxOptions) (driver.Tx, error) {
	tx, err := c.pgConn.BeginTx(ctx, driver.TxOptions{ReadOnly: true, Isolation: driver.IsolationLevel(sql.LevelReadCommitted)})
	if err != nil {
		return nil, err
	}
	if len(c.settings) > 0 {
		if _, err := c.pgConn.ExecContext(ctx, settingStatement(c.settings, true), nil); err != nil {
			_ = tx.Rollback() // the first error is the one to tell
			return nil, err
		}
	}
	c.inside = true
	return shopTx{tx, c}, nil
}

// ExecContext runs a statement within the transaction.
func (c *shopConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if !c.inside {
		return nil, errOutside
	}
	return c.pgConn.ExecContext(ctx, query, args)
}

// QueryContext reads within the transaction.
func (c *shopConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if !c.inside {
		return nil, errOutside
	}
	return c.pgConn.QueryContext(ctx, query, args)
}

// PrepareContext prepares a statement within the transaction.
func (c *shopConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if !c.inside {
		return nil, errOutside
	}
	return c.pgConn.PrepareContext(ctx, query)
}

type shopTx struct {
	driver.Tx
	conn *shopConn
}

// Commit ends the transaction.
func (t shopTx) Commit() error {
	t.conn.inside = false
	return t.Tx.Commit()
}

// Rollback ends the transaction.
func (t shopTx) Rollback() error {
	t.conn.inside = false
	return t.Tx.Rollback()
}

// explainShop says what an error of the shop's database means.
func explainShop(err error) error {
	wrapped := fmt.Errorf("open the shop's database: %w", err)
	if hint := mysqlHint(err); hint != "" {
		return hinted(wrapped, hint)
	}
	var pg *pq.Error
	if errors.As(err, &pg) {
		if hint := postgresHint(string(pg.Code)); hint != "" {
			return hinted(wrapped, strings.ReplaceAll(hint, "database.url", "orders.query.url"))
		}
	}
	if unreachable(err) {
		return hinted(wrapped, "start the shop's database, or check the host and port in orders.query.url")
	}
	return wrapped
}

// Unencrypted says whether a database on another machine is reached without
// encryption, or may be, and gives its host.
func Unencrypted(rawURL string) (host string, plain bool) {
	if strings.HasPrefix(rawURL, "mysql://") {
		parsed, err := url.Parse(rawURL)
		if err != nil {
			return "", false
		}
		values := parsed.Query()
		encrypted := values.Get("tls") == "true" || values.Get("tls") == "skip-verify" || (values.Has(mysqlCA) && !values.Has("tls"))
		return parsed.Hostname(), !encrypted && !onThisMachine(parsed.Hostname())
	}
	if !strings.HasPrefix(rawURL, "postgres://") && !strings.HasPrefix(rawURL, "postgresql://") {
		return "", false
	}
	cfg, err := pq.NewConfig(rawURL)
	if err != nil {
		return "", false
	}
	hosts := append([]pq.ConfigMultihost{{Host: cfg.Host}}, cfg.Multi...)
	remote := slices.IndexFunc(hosts, func(h pq.ConfigMultihost) bool { return !onThisMachine(h.Host) })
	if remote < 0 || !slices.Contains([]pq.SSLMode{pq.SSLModeDisable, pq.SSLModeAllow, pq.SSLModePrefer}, cfg.SSLMode) {
		return cfg.Host, false
	}
	return hosts[remote].Host, true
}

// onThisMachine says whether a host is this machine, or a socket's folder.
func onThisMachine(host string) bool {
	address := net.ParseIP(strings.Trim(host, "[]"))
	return host == "" || host == "localhost" || strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") ||
		(address != nil && address.IsLoopback())
}
