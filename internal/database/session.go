package database

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// sessionWord is the setting in which a connection keeps its word. PostgreSQL
// lets anybody set a name with a dot in it.
const sessionWord = "daesa.session"

// sessions opens connections to our own PostgreSQL. Their settings are made by a
// statement after connecting: a pooler refuses most of them as start-up
// parameters. Each connection also gets a random word, which stands only in the
// session of the server that it talks to.
type sessions struct {
	inner    *pq.Connector
	settings map[string]string
}

// newSessions reads a URL. own are the settings of every connection, which the
// URL may change, and fixed are those that it may not.
func newSessions(dsn string, own, fixed []setting) (*sessions, error) {
	cfg, err := pq.NewConfig(dsn)
	if err != nil {
		return nil, err
	}
	s := &sessions{settings: map[string]string{}}
	for _, each := range own {
		s.settings[each.name] = each.value
	}
	said, err := takeSettings(&cfg)
	if err != nil {
		return nil, err
	}
	maps.Copy(s.settings, said)
	for _, each := range fixed {
		s.settings[each.name] = each.value
	}
	s.inner, err = pq.NewConnectorConfig(cfg)
	return s, err
}

// takeSettings takes the settings of the server out of what a connection begins
// with, and gives them. Parameters of a URL that the driver does not know are
// the server's.
func takeSettings(cfg *pq.Config) (map[string]string, error) {
	said, err := optionSettings(cfg.Options)
	if err != nil {
		return nil, err
	}
	maps.Copy(said, cfg.Runtime)
	cfg.Options, cfg.Runtime = "", nil
	return said, nil
}

// optionSettings reads options=-c NAME=VALUE --NAME=VALUE. A blank within a
// value has a backslash before it.
func optionSettings(options string) (map[string]string, error) {
	said := map[string]string{}
	words := optionWords(options)
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		switch {
		case word == "-c" && len(words) > 0:
			word, words = words[0], words[1:]
		case strings.HasPrefix(word, "--"):
			word = strings.TrimPrefix(word, "--")
		case strings.HasPrefix(word, "-c"):
			word = strings.TrimPrefix(word, "-c")
		default:
			return nil, hinted(errors.New("options in the database's URL hold something else than settings"), "write options=-c NAME=VALUE, or NAME=VALUE as a parameter of its own")
		}
		name, value, ok := strings.Cut(word, "=")
		if !ok || name == "" {
			return nil, hinted(errors.New("options in the database's URL hold a setting without a value"), "write options=-c NAME=VALUE, or NAME=VALUE as a parameter of its own")
		}
		said[strings.ReplaceAll(name, "-", "_")] = value
	}
	return said, nil
}

func optionWords(options string) []string {
	var words []string
	var word strings.Builder
	inside, escaped := false, false
	for _, c := range options {
		switch {
		case escaped:
			word.WriteRune(c)
			escaped = false
		case c == '\\':
			inside, escaped = true, true
		case strings.ContainsRune(" \t\n\r", c):
			if inside {
				words = append(words, word.String())
				word.Reset()
			}
			inside = false
		default:
			word.WriteRune(c)
			inside = true
		}
	}
	if inside {
		words = append(words, word.String())
	}
	return words
}

// settingStatement makes settings, for the session or for one transaction. A
// value is taken as it stands in a URL: also a list, which SET would quote.
func settingStatement(settings map[string]string, local bool) string {
	var calls []string
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		calls = append(calls, fmt.Sprintf("set_config(%s, %s, %t)", pq.QuoteLiteral(name), pq.QuoteLiteral(settings[name]), local))
	}
	return "SELECT " + strings.Join(calls, ", ")
}

// Driver gives the driver's own.
func (s *sessions) Driver() driver.Driver { return s.inner.Driver() }

// Connect gives a connection whose settings are made.
func (s *sessions) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := s.inner.Connect(ctx)
	if err != nil {
		return nil, err
	}
	whole, ok := conn.(pgConn)
	if !ok {
		return nil, errors.Join(errors.New("the PostgreSQL driver's connections lack what is needed of them"), conn.Close())
	}
	own := &session{pgConn: whole, word: rand.Text()}
	settings := maps.Clone(s.settings)
	settings[sessionWord] = own.word
	if _, err := whole.ExecContext(ctx, settingStatement(settings, false), nil); err != nil {
		if errors.Is(err, driver.ErrBadConn) && ctx.Err() == nil {
			err = errEnded
		}
		return nil, errors.Join(err, conn.Close())
	}
	return own, nil
}

// errEnded: the driver does not tell why a connection was ended at its first
// statement. A pooler ends one so that has waited too long for a session.
var errEnded = hinted(errors.New("the connection was ended at its first statement"),
	"a pooler that has no session of the server left? Raise its pool size, or set database.max_connections; else the database went away: run the command again when it is back")

// pgConn is all that database/sql asks of a connection to PostgreSQL.
type pgConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.NamedValueChecker
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// session is a connection that knows its word.
type session struct {
	pgConn
	word     string
	released sync.Once
	release  func()          // may be nil
	lost     bool            // a transaction of it could not be ended
	keeps    map[string]bool // the texts that it has prepared for batches
	last     string          // of a transaction, to be run with its commit
}

// Close ends the connection.
func (s *session) Close() error {
	if s.release != nil {
		s.released.Do(s.release)
	}
	return s.pgConn.Close()
}

// IsValid says whether the connection may be used again.
func (s *session) IsValid() bool { return !s.lost && s.pgConn.IsValid() }

// isolation is how a transaction of each level begins.
var isolation = map[sql.IsolationLevel]string{
	sql.LevelDefault: "READ COMMITTED", sql.LevelReadCommitted: "READ COMMITTED",
	sql.LevelRepeatableRead: "REPEATABLE READ", sql.LevelSerializable: "SERIALIZABLE",
}

// BeginTx begins a transaction of the level that all statements here are written
// for, unless another is asked for, and makes sure within it that the server's
// session is still this connection's own: a pooler in transaction mode may have
// given it to others, and the transaction another one. It is one trip.
func (s *session) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	level, known := isolation[sql.IsolationLevel(options.Isolation)]
	if !known {
		return nil, fmt.Errorf("no transaction is begun with isolation level %s", sql.IsolationLevel(options.Isolation))
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	begin := "BEGIN ISOLATION LEVEL " + level + " READ WRITE; "
	if options.ReadOnly {
		begin = "BEGIN ISOLATION LEVEL " + level + " READ ONLY; "
	}
	tx := &sessionTx{s, isQueued(ctx)}
	if tx.queued {
		begin += notWaiting + "; "
	}
	if err := s.unshared(ctx, begin); err != nil {
		_ = tx.Rollback() // the first error is the one to tell
		return nil, err
	}
	return tx, nil
}

// sessionTx is a transaction on a session.
type sessionTx struct {
	*session
	queued bool
}

// Commit commits, unless a statement of the transaction has failed: after an error
// PostgreSQL answers a COMMIT with a rollback, and no error. The statement before it
// is an error there, and nothing behind that is run.
func (t *sessionTx) Commit() error {
	commit := "SELECT; " + t.last + "COMMIT"
	t.last = ""
	if t.queued {
		commit += "; " + onDisk
	}
	_, err := t.ExecContext(context.Background(), commit, nil)
	if err != nil {
		_ = t.Rollback() // the first error is the one to tell
	}
	return err
}

// Rollback ends the transaction, if it has not ended by itself. Where that cannot be
// said of it the connection is used no more.
func (t *sessionTx) Rollback() error {
	t.last = ""
	_, err := t.ExecContext(context.Background(), "ROLLBACK", nil)
	t.lost = t.lost || err != nil
	return err
}

// unshared refuses a server's session that is not this connection's own. begin is
// run before it in the same trip.
func (s *session) unshared(ctx context.Context, begin string) error {
	rows, err := s.QueryContext(ctx, begin+"SELECT current_setting("+pq.QuoteLiteral(sessionWord)+", true)", nil)
	if err != nil {
		return err
	}
	found := make([]driver.Value, 1)
	err = rows.Next(found)
	if err := errors.Join(err, rows.Close()); err != nil {
		return err
	}
	word, _ := found[0].(string)
	if text, ok := found[0].([]byte); ok {
		word = string(text)
	}
	if word != s.word {
		return ErrShared
	}
	return nil
}

// ErrShared: a pooler hands the sessions of the server on from one client to
// another. Temporary tables, prepared statements and settings would be mixed.
var ErrShared = hinted(errors.New("the database is behind a pooler that gives one connection's statements to several sessions of the server"),
	hintPooler)

const hintPooler = "PgBouncer in transaction or statement mode? Set pool_mode = session for daesa's user, or point database.url at PostgreSQL itself"

// RequireSession refuses a pooler that hands sessions on. Two connections that
// are open at once have two sessions of the server, each with its own word; where
// sessions are handed on, one finds the other's word or none. Where the server
// has no connection left for the second one nothing is proved, and each
// transaction still looks at its own.
func (d *DB) RequireSession(ctx context.Context) error {
	if d.gate == nil || d.unshared.Load() {
		return nil
	}
	conn, err := d.db.Connx(ctx)
	if err != nil {
		return d.Explain("connect", err)
	}
	defer conn.Close()
	other, err := d.gate.sessions.Connect(ctx)
	if isScarce(err) {
		return nil
	}
	if err != nil {
		return d.Explain("connect", err)
	}
	defer other.Close()
	err = conn.Raw(func(driverConn any) error {
		// In either order, and again: which session the pooler takes next depends on
		// which was given back last.
		for _, each := range []driver.Conn{driverConn.(*session), other, driverConn.(*session), driverConn.(*session), other} {
			if err := each.(*session).unshared(ctx, ""); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return d.Explain("look at the session", err)
	}
	d.unshared.Store(true)
	return nil
}

// StillOwn refuses a connection whose session a pooler has handed on. It is asked
// within a transaction, for what a pooler does after one is not known.
func StillOwn(ctx context.Context, conn *sqlx.Conn) error {
	return conn.Raw(func(driverConn any) error {
		if own, ok := driverConn.(*session); ok {
			return own.unshared(ctx, "")
		}
		return nil
	})
}
