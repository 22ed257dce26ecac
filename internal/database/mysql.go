package database

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// mysqlCA names a file of certificates that the server's must be signed by.
const mysqlCA = "tls_ca"

// mysqlParameters are what a URL may say of a MySQL connection. All else is
// ours: what the driver could be told besides would let several statements
// through, read local files, or make times of texts in an unknown zone.
var mysqlParameters = []string{"tls", mysqlCA, "timeout", "allowCleartextPasswords"}

// mysqlSession makes every connection of the pool one that only reads, in the
// shop's zone and alphabet. An offset stands for Asia/Seoul, which has had no
// other since 1988: many servers have no table of zones.
var mysqlSession = []string{
	"SET NAMES utf8mb4",
	"SET SESSION time_zone = '+09:00'",
	"SET SESSION TRANSACTION READ ONLY",
}

func mysqlReadOnly(rawURL string) (*sql.DB, error) {
	cfg, err := mysqlConfig(rawURL)
	if err != nil {
		return nil, err
	}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, hinted(errors.New("the shop database's URL is wrong for MySQL"), hintMySQL)
	}
	return sql.OpenDB(mysqlReader{connector}), nil
}

const hintMySQL = "write it as mysql://USER:PASSWORD@HOST:3306/DATABASE?tls=true; " + hintEscape

// mysqlConfig reads mysql://user:password@host:port/database?tls=... No error
// quotes the URL.
func mysqlConfig(rawURL string) (*mysql.Config, error) {
	parsed, err := url.Parse(rawURL)
	if err != nil || parsed.Hostname() == "" || strings.Trim(parsed.Path, "/") == "" {
		return nil, hinted(errors.New("the shop database's URL is wrong for MySQL"), hintMySQL)
	}
	values := parsed.Query()
	for name := range values {
		if !slices.Contains(mysqlParameters, name) {
			return nil, hinted(fmt.Errorf("the shop database's URL sets %q", name), "for MySQL it may set "+strings.Join(mysqlParameters, ", "))
		}
	}
	file := values.Get(mysqlCA)
	values.Del(mysqlCA)
	cfg, err := mysql.ParseDSN("/?" + values.Encode())
	if err != nil {
		return nil, hinted(fmt.Errorf("the shop database's URL: %w", err), hintMySQL) // it saw neither user nor password
	}
	port := parsed.Port()
	if port == "" {
		port = "3306"
	}
	cfg.User = parsed.User.Username()
	cfg.Passwd, _ = parsed.User.Password()
	cfg.Net, cfg.Addr = "tcp", net.JoinHostPort(parsed.Hostname(), port)
	cfg.DBName = strings.Trim(parsed.Path, "/")
	cfg.Logger = &mysql.NopLogger{} // what it would print comes back as an error
	if file != "" {
		if cfg.TLS, err = trusting(file, parsed.Hostname()); err != nil {
			return nil, err
		}
	}
	return cfg, nil
}

// trusting accepts servers of a name whose certificate a file's have signed.
func trusting(file, host string) (*tls.Config, error) {
	pem, err := os.ReadFile(file) //nolint:gosec // the path is the operator's own configuration
	if err != nil {
		return nil, hinted(fmt.Errorf("%s: %w", mysqlCA, err), "give the file of certificates that the database's provider publishes")
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, hinted(fmt.Errorf("%s: %s holds no certificate", mysqlCA, file), "give a file in PEM format")
	}
	return &tls.Config{RootCAs: roots, ServerName: host, MinVersion: tls.VersionTLS12}, nil
}

// mysqlReader prepares each connection: a statement that is run on a pool
// reaches one of them.
type mysqlReader struct{ driver.Connector }

// Connect gives a connection that only reads.
func (r mysqlReader) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := r.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	executor, ok := conn.(driver.ExecerContext)
	if !ok {
		return nil, errors.Join(errors.New("the MySQL driver cannot prepare a connection"), conn.Close())
	}
	for _, statement := range mysqlSession {
		if _, err := executor.ExecContext(ctx, statement, nil); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", statement, err), conn.Close())
		}
	}
	return conn, nil
}

// mysqlHint is the next step after an error of MySQL or MariaDB.
func mysqlHint(err error) string {
	var server *mysql.MySQLError
	if !errors.As(err, &server) {
		return ""
	}
	switch server.Number {
	case 1045, 1698:
		return "the shop's database refuses this user or password; check orders.query.url"
	case 1044, 1142, 1143:
		return "the user lacks a right: GRANT SELECT on what the query reads, and nothing else"
	case 1049:
		return "there is no such database; check its name in orders.query.url"
	case 1040, 1203, 1226:
		return "the shop's database has no connection left; run the command again later"
	case 1130:
		return "the shop's database does not let this machine in: make the user for this host"
	default:
		return ""
	}
}
