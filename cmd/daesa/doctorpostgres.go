package main

import (
	"context"
	"fmt"
	"time"

	"daesa/config"
	"daesa/store"
)

// connectionPatience is how long doctor waits for a connection: it is asked what
// is wrong now.
const connectionPatience = 10 * time.Second

// nightConnections is with how many a night can be run: one holds its comparison,
// the other does all else.
const nightConnections = 2

// checkConnections looks whether the database's sessions are daesa's own, and how
// many connections it may use.
func (e *examination) checkConnections(ctx context.Context, db *store.DB, about string) {
	if db.MostConnections() == 0 {
		return
	}
	if err := db.RequireSession(ctx); err != nil {
		e.failsWith("pooler", about, err, "")
		return
	}
	allowed, err := db.ConnectionsAllowed(ctx)
	finding := fmt.Sprintf("the %s allows %s, for all processes together", allowed.By, counted(allowed.Connections, "connection"))
	switch {
	case err != nil:
		e.failsWith("connections", about, err, "")
	case allowed.Connections < nightConnections:
		e.fails("connections", about, finding+"; a night needs two", "raise the limit: ALTER ROLE ... CONNECTION LIMIT, ALTER DATABASE ... CONNECTION LIMIT, or max_connections of the server")
	case allowed.Connections < db.MostConnections():
		e.warns("connections", about, fmt.Sprintf("%s; each may open %d, and then waits and does with fewer", finding, db.MostConnections()),
			fmt.Sprintf("raise the limit, or write database.max_connections: %d", allowed.Connections))
	default:
		e.ok("connections", about, finding)
	}
}

// checkEncryption warns of a database on another machine that is reached in the
// clear: who listens reads what every refund is about, and the password.
func (e *examination) checkEncryption() {
	urls := map[string]string{"database.url": e.cfg.Database.URL.Reveal()}
	if e.cfg.Orders.Source == config.SourceQuery {
		urls["orders.query.url"] = e.cfg.Orders.Query.URL.Reveal()
	}
	for _, path := range []string{"database.url", "orders.query.url"} {
		if host, plain := store.Unencrypted(urls[path]); plain {
			e.warns("encryption", path, "the connection to "+host+" is not encrypted, or need not be",
				"for PostgreSQL put sslmode=verify-full and sslrootcert=FILE into it, for MySQL tls=true or tls_ca=FILE")
		}
	}
}
