package store

import (
	"context"
	"database/sql"
	"errors"

	"daesa/app"
	"daesa/refunds"
)

// ShownAttempts gives every attempt of a request, oldest first, to be looked at.
func (d *DB) ShownAttempts(ctx context.Context, id string) ([]app.ShownAttempt, error) {
	var rows []attemptRow
	if err := d.db.All(ctx, d.db.Pool(), &rows, "attempts_shown", args{"id": id}); err != nil {
		return nil, err
	}
	shown := make([]app.ShownAttempt, len(rows))
	for i, row := range rows {
		shown[i] = app.ShownAttempt{Attempt: row.attempt(), BodySHA256: row.BodySHA256}
	}
	return shown, nil
}

// ShownAccount gives the masked refund account of a payment; nil where none is
// known. Nothing sealed is read.
func (d *DB) ShownAccount(ctx context.Context, mid, paymentKey string) (*refunds.StoredAccount, error) {
	var row accountRow
	err := d.db.One(ctx, d.db.Pool(), &row, "account_shown", args{"mid": mid, "payment_key": paymentKey})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return row.account(), nil
}
