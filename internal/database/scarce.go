package database

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
	// scarcityPatience is how long a process waits for a connection.
	scarcityPatience = 5 * time.Minute
	// endedAfter is how long a pooler is taken to have let a connection wait before
	// it ended it: PgBouncer's query_wait_timeout is two minutes.
	endedAfter = time.Minute
	// scarcityOver is how long it does with few after it was refused one.
	scarcityOver = time.Minute
)

// gate opens connections as far as the server has some to give. Where it has
// none left, the process waits, and for a while it does with few: besides those
// that one piece of work keeps for long it has as many as it has got already, or
// one. Each is closed as soon as it is not in use, so that other processes get a
// turn.
type gate struct {
	sessions *sessions
	pool     pool
	most     int
	patience time.Duration

	mu     sync.Mutex
	open   int // connections of this process
	pinned int // of them, those that one piece of work keeps for long
	few    bool
	relax  *time.Timer
}

// pool is what a gate changes of a *sql.DB.
type pool interface {
	SetMaxOpenConns(n int)
	SetMaxIdleConns(n int)
}

// Driver gives the driver's own.
func (g *gate) Driver() driver.Driver { return g.sessions.Driver() }

// Connect gives a connection.
func (g *gate) Connect(ctx context.Context) (driver.Conn, error) {
	for waited := time.Duration(0); ; {
		conn, err := g.sessions.Connect(ctx)
		if err == nil {
			own := conn.(*session)
			own.release = func() { g.count(-1, 0) }
			g.count(1, 0)
			return own, nil
		}
		if !isScarce(err) || waited >= g.patience {
			return nil, err
		}
		g.doWithFew()
		if errors.Is(err, errEnded) {
			waited += endedAfter
		}
		pause := min(max(waited/4, 10*time.Millisecond), 250*time.Millisecond)
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

// count notes connections that were opened or closed, and those that are kept for
// long or no more.
func (g *gate) count(open, pinned int) {
	g.mu.Lock()
	g.open += open
	g.pinned += pinned
	few, limit := g.few && pinned > 0, g.limit()
	g.mu.Unlock()
	if few {
		g.pool.SetMaxOpenConns(limit)
	}
}

// limit is with how many a process does where they are few.
func (g *gate) limit() int { return max(g.open, g.pinned+1) }

// doWithFew begins a while of few connections, or prolongs it. The pool is
// changed outside of the lock: it may close connections, which are counted.
func (g *gate) doWithFew() {
	g.mu.Lock()
	g.few = true
	limit := g.limit()
	if g.relax == nil {
		g.relax = time.AfterFunc(scarcityOver, g.doWithAll)
	} else {
		g.relax.Reset(scarcityOver)
	}
	g.mu.Unlock()
	g.pool.SetMaxIdleConns(-1)
	g.pool.SetMaxOpenConns(limit)
}

func (g *gate) doWithAll() {
	g.mu.Lock()
	g.few = false
	g.mu.Unlock()
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
		return errors.Is(err, errEnded)
	}
	return pg.Code == "53300" || pg.Code == "08P01" && strings.Contains(pg.Message, "max_client_conn")
}
