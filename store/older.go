package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"daesa/orders"
)

// AllowOrder lets one order go back once, by the next row that would take it
// back: a person's word, which the journal keeps.
func (d *DB) AllowOrder(ctx context.Context, mid, orderID, note, actor string, now time.Time) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		key := args{"mid": mid, "order_id": orderID, "note": note, "actor": actor, "now": at(now)}
		if _, err := d.db.Exec(ctx, tx, "allow_order", key); err != nil {
			return err
		}
		_, err := d.append(ctx, tx, []Entry{entry(now, actor, "", "order:"+orderID, "order.allowed_back", note, map[string]any{"mid": mid})})
		return err
	})
}

// OrderFiles gives the dropped files that were taken, by their paths.
func (d *DB) OrderFiles(ctx context.Context) (map[string]orders.Taken, error) {
	var rows []struct {
		Path    string `db:"path"`
		Size    int64  `db:"size"`
		Changed Time   `db:"changed"`
		Reader  string `db:"reader"`
		Waiting int64  `db:"waiting"`
	}
	if err := d.db.All(ctx, d.db.Pool(), &rows, "order_files", nil); err != nil {
		return nil, err
	}
	files := make(map[string]orders.Taken, len(rows))
	for _, r := range rows {
		files[r.Path] = orders.Taken{Dropped: orders.Dropped{Path: r.Path, Size: r.Size, Changed: r.Changed.Time}, Reader: r.Reader, Waiting: r.Waiting != 0}
	}
	return files, nil
}

// SaveOrderFile remembers that a dropped file was taken.
func (d *DB) SaveOrderFile(ctx context.Context, file orders.Taken, now time.Time) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		_, err := d.db.Exec(ctx, tx, "save_order_file", args{"path": file.Path, "size": file.Size, "changed": at(file.Changed),
			"reader": file.Reader, "waiting": flag(file.Waiting), "now": at(now)})
		return err
	})
}
