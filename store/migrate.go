package store

import (
	"context"

	"github.com/jmoiron/sqlx"

	"daesa/internal/database"
	"daesa/refunds"
	sqlfiles "daesa/sql"
)

// Schema reads the schema's version.
func (d *DB) Schema(ctx context.Context) (database.SchemaState, error) { return d.db.Schema(ctx) }

// Migrate brings the schema up to date. A schema that is newer than the
// program is left alone and is an error.
func (d *DB) Migrate(ctx context.Context) (database.SchemaState, error) {
	return d.db.Migrate(ctx, d.holdTwoInFlight)
}

// RequireSchema refuses a schema older or newer than the program's, except
// that the embedded database is migrated by itself.
func (d *DB) RequireSchema(ctx context.Context) error {
	if d.Dialect() == sqlfiles.SQLite {
		_, err := d.Migrate(ctx)
		return err
	}
	state, err := d.Schema(ctx)
	if err != nil {
		return err
	}
	return state.RequireCurrent()
}

// The versions of the schema between which two requests could be in flight on
// one payment, each under another MID.
const firstQueue, onePayment = 2, 9

// holdTwoInFlight holds requests that are in flight beside another of their
// payment, before the index comes that forbids it. Their outcome is not lost:
// what is held is looked up, and a person decides.
func (d *DB) holdTwoInFlight(ctx context.Context, have int64) error {
	if have < firstQueue || have >= onePayment {
		return nil
	}
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		var now struct {
			At Time `db:"at"`
		}
		if err := d.db.One(ctx, tx, &now, "database_clock", nil); err != nil {
			return err
		}
		var rows []refundRow
		if err := d.db.All(ctx, tx, &rows, "two_in_flight", nil); err != nil {
			return err
		}
		entries := make([]Entry, 0, len(rows))
		for _, row := range rows {
			r := row.request()
			held := args{"id": r.ID, "version": r.Version, "error_code": refunds.WhyTwoInFlight, "state": string(refunds.StateHeld)}
			m := moving{r, refunds.StateHeld, "daesa migrate", "", now.At.Time}
			if _, err := d.move(ctx, tx, m, "hold_in_flight", held); err != nil {
				return err
			}
			entries = append(entries, moved(r, refunds.StateHeld, now.At.Time, "daesa migrate", refunds.WhyTwoInFlight))
		}
		if len(entries) == 0 {
			return nil
		}
		// As the older version would have written them: this schema does not have all
		// that entries keep now.
		head, err := d.lockJournal(ctx, tx)
		if err != nil {
			return err
		}
		_, err = d.appendTo(ctx, tx, head, entries)
		return err
	})
}
