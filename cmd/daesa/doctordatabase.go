package main

import (
	"context"
	"path/filepath"
	"time"

	"daesa/config"
	"daesa/internal/database"
	"daesa/store"
)

// connectionPatience is how long doctor waits for a connection: it is asked what
// is wrong now.
const connectionPatience = 10 * time.Second

// checkConnections looks whether the database's sessions are daesa's own, and how
// many connections it may use.
func (e *examination) checkConnections(ctx context.Context, db *store.DB, about string) {
	if db.MostConnections() == 0 {
		return
	}
	if err := db.RequireSession(ctx); err != nil {
		e.FailWith("pooler", about, err, "")
		return
	}
	allowed, err := db.ConnectionsAllowed(ctx)
	if err != nil {
		e.FailWith("connections", about, err, "")
		return
	}
	e.Connections(about, allowed.Connections, allowed.By, db.MostConnections())
}

// checkEncryption warns of a database on another machine that is reached in the
// clear: who listens reads what every refund is about, and the password.
func (e *examination) checkEncryption() {
	urls := map[string]string{"database.url": e.cfg.Database.URL.Reveal()}
	if e.cfg.Orders.Source == config.SourceQuery {
		urls["orders.query.url"] = e.cfg.Orders.Query.URL.Reveal()
	}
	for _, path := range []string{"database.url", "orders.query.url"} {
		if host, plain := database.Unencrypted(urls[path]); plain {
			e.Warn("encryption", path, "the connection to "+host+" is not encrypted, or need not be",
				"for PostgreSQL put sslmode=verify-full and sslrootcert=FILE into it, for MySQL tls=true or tls_ca=FILE")
		}
	}
}

// checkWrites commits a write that means nothing, and looks at the disk of an
// embedded database: its log may have room left in it while the disk has none.
func (e *examination) checkWrites(ctx context.Context, db *store.DB, about, path string) {
	if err := db.Probe(ctx); err != nil {
		e.FailWith("writes", about, err, "the database must be writable: check its disk, its rights and its mode")
		return
	}
	if path != "" && !e.TryFolder("writes", filepath.Dir(path), about, freeSpace) {
		return
	}
	e.OK("writes", about, "a write is kept")
}
