package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"daesa/config"
	"daesa/orders"
	"daesa/pay"
)

// Fitness is what a database says of itself.
type Fitness interface {
	// RequireSession refuses a pooler that gives a session to another client in
	// between; RequireDurable a database that may lose what it has committed.
	RequireSession(ctx context.Context) error
	RequireDurable(ctx context.Context) error
	// Connections is how many it allows, by which of its limits, and how many this
	// process opens at most; most is 0 where it knows no limit.
	Connections(ctx context.Context) (allowed int, by string, most int, err error)
	// SchemaVersions compares its schema with the program's.
	SchemaVersions(ctx context.Context) (have, want int64, err error)
	// Probe commits a write that means nothing.
	Probe(ctx context.Context) error
}

// EmbeddedFile is the file of an embedded database, and whether it is not there
// yet; "" for another.
func EmbeddedFile(cfg *config.Config) (path string, missing bool) {
	path, embedded := strings.CutPrefix(cfg.Database.URL.Reveal(), "sqlite:")
	if !embedded {
		return "", false
	}
	_, err := os.Stat(path)
	return path, errors.Is(err, fs.ErrNotExist)
}

// database gives the open database where it can be used. An embedded one that is
// not there yet is fine: the first command makes it.
func (d *Doctor) database(ctx context.Context) Database {
	about := d.Config.Database.Redacted()
	path, missing := EmbeddedFile(d.Config)
	if kind := networkVolume(filepath.Dir(path)); path != "" && kind != "" {
		d.Fail("database", about, "SQLite lies on a network volume ("+kind+"), where its locks do not hold: two programs could write at once, and a refund could be lost",
			"put the file on a disk of this machine, or use PostgreSQL")
	}
	if missing {
		if d.Folder("database", filepath.Dir(path), about) {
			d.OK("schema", about, "the first command makes the database")
		}
		return nil
	}
	db, err := d.Ports.OpenDatabase(ctx)
	if err != nil {
		d.FailWith("database", about, err, "check database.url and that the database runs")
		return nil
	}
	d.OK("database", about, "reachable")
	d.connections(ctx, db, about)
	if !d.schema(ctx, db, about, path != "") {
		_ = db.Close() // it was only read
		return nil
	}
	d.writes(ctx, db, about, path)
	return db
}

// connections looks whether the database's sessions are daesa's own, and how many
// connections it may use.
func (d *Doctor) connections(ctx context.Context, db Database, about string) {
	allowed, by, most, err := db.Connections(ctx)
	if most == 0 {
		return
	}
	if refused := db.RequireSession(ctx); refused != nil {
		d.FailWith("pooler", about, refused, "")
		return
	}
	if err != nil {
		d.FailWith("connections", about, err, "")
		return
	}
	d.Connections(about, allowed, by, most)
}

// schema reports whether the schema is this program's. An embedded one that is
// older is brought up to date by the next command.
func (d *Doctor) schema(ctx context.Context, db Database, about string, embedded bool) bool {
	have, want, err := db.SchemaVersions(ctx)
	switch {
	case err != nil:
		d.FailWith("schema", about, err, "run daesa migrate")
	case have > want:
		d.Fail("schema", about, fmt.Sprintf("version %d is newer than this program's %d", have, want), "install the daesa that changed it")
	case have < want && embedded:
		d.OK("schema", about, fmt.Sprintf("version %d; the next command brings it to %d", have, want))
	case have < want:
		d.Fail("schema", about, fmt.Sprintf("version %d, this program needs %d", have, want), "run daesa migrate")
	default:
		d.OK("schema", about, fmt.Sprintf("version %d", have))
		return true
	}
	return false
}

// writes commits a write that means nothing, and looks at the disk of an embedded
// database: its log may have room left in it while the disk has none.
func (d *Doctor) writes(ctx context.Context, db Database, about, path string) {
	if err := db.Probe(ctx); err != nil {
		d.FailWith("writes", about, err, "the database must be writable: check its disk, its rights and its mode")
		return
	}
	if path != "" && !d.TryFolder("writes", filepath.Dir(path), about) {
		return
	}
	d.OK("writes", about, "a write is kept")
}

// encryption warns of a database on another machine that is reached in the clear:
// who listens reads what every refund is about, and the password.
func (d *Doctor) encryption() {
	addresses := [][2]string{{"database.url", d.Config.Database.URL.Reveal()}}
	if d.Config.Orders.Source == config.SourceQuery {
		addresses = append(addresses, [2]string{"orders.query.url", d.Config.Orders.Query.URL.Reveal()})
	}
	for _, at := range addresses {
		if host, plain := d.Ports.Unencrypted(at[1]); plain {
			d.Warn("encryption", at[0], "the connection to "+host+" is not encrypted, or need not be",
				"for PostgreSQL put sslmode=verify-full and sslrootcert=FILE into it, for MySQL tls=true or tls_ca=FILE")
		}
	}
}

// orders looks whether the shop's orders can be reached.
func (d *Doctor) orders(ctx context.Context) {
	source := d.Config.Orders
	if _, err := orders.LoadProfile(source.Profile); err != nil {
		d.FailWith("orders", "orders.profile", err, "name one of daesa orders profiles, or mend the file")
		return
	}
	switch source.Source {
	case config.SourceCSV:
		files, err := orders.Files(source.CSV.Glob)
		switch {
		case errors.Is(err, orders.ErrNoFile):
			d.Warn("orders", source.CSV.Glob, "matches no file", "let the shop drop its order files there, or correct orders.csv.glob")
		case err != nil:
			d.FailWith("orders", source.CSV.Glob, err, "correct orders.csv.glob")
		default:
			d.OK("orders", source.CSV.Glob, pay.Counted(len(files), "file"))
		}
	case config.SourceQuery:
		if !source.Query.URL.IsSet() {
			d.Fail("orders", "orders.query", "was not tried: its address is missing", "mend the configuration first")
			return
		}
		dialect, err := d.Ports.TryShop(ctx)
		if err != nil {
			d.FailWith("orders", "orders.query", err, "check the shop database's address, user and network")
			return
		}
		d.OK("orders", "orders.query", "the shop's database answers ("+dialect+")")
	default:
		d.OK("orders", "orders.source", "the table is filled by daesa orders import, or by the shop")
	}
}
