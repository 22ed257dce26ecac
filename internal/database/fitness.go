package database

import (
	"context"

	"github.com/jmoiron/sqlx"
)

// Allowed is how many connections to PostgreSQL may be open at once, and who says
// so: "role", "database" or "server". The number counts for all processes
// together. Connections is 0 on SQLite, which knows no such limit.
type Allowed struct {
	Connections int
	By          string
}

// MostConnections is how many connections this process opens at most; 0 on SQLite.
func (d *DB) MostConnections() int {
	if d.gate == nil {
		return 0
	}
	return d.gate.most
}

// ConnectionsAllowed gives the lowest limit of connections.
func (d *DB) ConnectionsAllowed(ctx context.Context) (Allowed, error) {
	var row struct {
		Role     int `db:"of_role"`
		Database int `db:"of_database"`
		Server   int `db:"of_server"`
	}
	if err := d.One(ctx, d.db, &row, "connections_allowed", nil); err != nil {
		return Allowed{}, err
	}
	var lowest Allowed
	for _, each := range []Allowed{{row.Role, "role"}, {row.Database, "database"}, {row.Server, "server"}} {
		if each.Connections >= 0 && (lowest.By == "" || each.Connections < lowest.Connections) {
			lowest = each
		}
	}
	return lowest, nil
}

// Probe commits a write that means nothing. What it cannot do here a night or a
// refund could not do either: the disk is full, the file or the server is
// read-only, the role lacks a right.
func (d *DB) Probe(ctx context.Context) error {
	return d.Write(ctx, func(tx *sqlx.Tx) error {
		if d.dialect == Postgres {
			if _, err := d.Exec(ctx, tx, "probe_room", nil); err != nil {
				return err
			}
		}
		_, err := d.Exec(ctx, tx, "probe_write", nil)
		return err
	})
}
