package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/lib/pq"
)

const (
	// mostConnections is how many a process opens where the configuration leaves
	// it to daesa.
	mostConnections = 16
	// idleTime is for how long one that nobody needs is kept: behind a pooler it
	// holds a session of the server.
	idleTime = 10 * time.Second
	// scarcityPatience is how long a process waits for its first free connection.
	scarcityPatience = 5 * time.Minute
	// scarcityOver is how long it does with few after it was refused one.
	scarcityOver = time.Minute
)

// gate opens connections as far as the server has some to give. Where it has
// none left, the process does with those that it has, gives each back as soon as
// it is not in use, so that other processes get a turn, and waits where it has
// none at all.
type gate struct {
	sessions *sessions
	pool     pool
	most     int
	patience time.Duration

	mu     sync.Mutex
	open   int // connections of this process
	pinned int // of them, those that one piece of work keeps for long
	relax  *time.Timer
}

// pool is what a gate changes of a *sql.DB.
type pool interface {
	SetMaxOpenConns(n int)
	SetMaxIdleConns(n int)
}

// Driver gives the driver's own.
func (g *gate) Driver() driver.Driver { return g.sessions.Driver() }

// Connect gives a connection. driver.ErrBadConn tells database/sql to wait for
// one that the process has already.
func (g *gate) Connect(ctx context.Context) (driver.Conn, error) {
	for waited := time.Duration(0); ; {
		conn, err := g.sessions.Connect(ctx)
		if err == nil {
			own := conn.(*session)
			own.release = g.closed
			g.count(1, 0)
			return own, nil
		}
		if !isScarce(err) {
			return nil, err
		}
		if g.doWithFewer() {
			return nil, driver.ErrBadConn
		}
		if waited >= g.patience {
			return nil, err
		}
		pause := min(max(waited/2, 50*time.Millisecond), time.Second)
		pause += rand.N(pause) //nolint:gosec // so that two processes do not always ask at once
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, errors.Join(ctx.Err(), err)
		case <-timer.C:
			waited += pause
		}
	}
}

func (g *gate) closed() { g.count(-1, 0) }

func (g *gate) count(open, pinned int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open += open
	g.pinned += pinned
}

// doWithFewer lets the pool do with the connections that it has, for a while. It
// says no where there is none but those that are kept for long.
func (g *gate) doWithFewer() bool {
	g.pool.SetMaxIdleConns(-1) // closes some: not under the lock
	g.mu.Lock()
	left := g.open - g.pinned
	few := g.open
	if g.relax == nil {
		g.relax = time.AfterFunc(scarcityOver, g.doWithAll)
	} else {
		g.relax.Reset(scarcityOver)
	}
	g.mu.Unlock()
	if left <= 0 {
		return false
	}
	g.pool.SetMaxOpenConns(few)
	return true
}

func (g *gate) doWithAll() {
	g.pool.SetMaxOpenConns(g.most)
	g.pool.SetMaxIdleConns(g.most)
}

func (g *gate) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.relax != nil {
		g.relax.Stop()
	}
}

// isScarce says whether the server, or a pooler before it, has no connection
// left to give. A pooler has no code of its own for it.
func isScarce(err error) bool {
	var pg *pq.Error
	if !errors.As(err, &pg) {
		return false
	}
	return pg.Code == "53300" || pg.Code == "08P01" && (strings.Contains(pg.Message, "max_client_conn") || strings.Contains(pg.Message, "query_wait_timeout"))
}
