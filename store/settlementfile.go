package store

import (
	"context"

	"github.com/jmoiron/sqlx"

	"daesa/app"
)

// TookSettlementFile writes into the journal that a file of settlement rows was
// taken whole.
func (d *DB) TookSettlementFile(ctx context.Context, took app.TookSettlementFile) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		_, err := d.append(ctx, tx, []Entry{entry(took.Now, took.By, "", app.SettlementFileSubject(took.SHA256), "settlements.imported", "", map[string]any{
			"mids": took.MIDs, "rows": took.Rows})})
		return err
	})
}
