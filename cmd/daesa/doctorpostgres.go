package main

import (
	"daesa/config"
	"daesa/store"
)

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
