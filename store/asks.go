package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"daesa/app"
)

// Looks gives the look-ups that were kept for a refund file since a time.
func (d *DB) Looks(ctx context.Context, batch string, since time.Time) ([]app.Look, error) {
	var rows []struct {
		MID     string `db:"mid"`
		Asked   string `db:"asked"`
		Payment []byte `db:"payment"`
		At      Time   `db:"at"`
	}
	if err := d.db.All(ctx, d.db.Pool(), &rows, "import_looks", args{"batch": batch, "since": at(since)}); err != nil {
		return nil, err
	}
	looks := make([]app.Look, len(rows))
	for i, row := range rows {
		looks[i] = app.Look{MID: row.MID, Asked: row.Asked, At: row.At.Time}
		if err := json.Unmarshal(row.Payment, &looks[i].Payment); err != nil {
			return nil, fmt.Errorf("a kept look-up of batch %s is unreadable: %w", batch, err)
		}
	}
	return looks, nil
}

// KeepLook keeps one look-up of a refund file until ForgetLooks, and its page as
// evidence. Nothing personal may stand in it.
func (d *DB) KeepLook(ctx context.Context, batch string, look app.Look) error {
	payment, err := json.Marshal(look.Payment) //nolint:gosec // a pay.Private never writes itself, and the secret was taken off
	if err != nil {
		return fmt.Errorf("a look-up of batch %s cannot be kept: %w", batch, err)
	}
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		if _, err := d.db.Exec(ctx, tx, "upsert_page", newPageRow(look.MID, "", look.Evidence)); err != nil {
			return err
		}
		_, err := d.db.Exec(ctx, tx, "keep_look", args{"batch": batch, "mid": look.MID, "asked": look.Asked, "payment": payment, "at": at(look.At)})
		return err
	})
}

// ForgetLooks forgets the look-ups of a refund file, and those that no run can
// use any more.
func (d *DB) ForgetLooks(ctx context.Context, batch string, before time.Time) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		_, err := d.db.Exec(ctx, tx, "forget_looks", args{"batch": batch, "before": at(before)})
		return err
	})
}
