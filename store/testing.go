package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
)

// ExecForTest runs a statement of a test's own, to show what the database
// refuses. No command calls it.
func (d *DB) ExecForTest(ctx context.Context, statement string) error {
	_, err := d.db.ExecContext(ctx, statement)
	return err
}

// MigrateToForTest brings an empty database to an older schema, so that a test
// can put into it what the version before could hold.
func (d *DB) MigrateToForTest(ctx context.Context, version int64) error {
	provider, err := d.provider(d.db.DB)
	if err != nil {
		return err
	}
	_, err = provider.UpTo(ctx, version)
	return err
}

// NightForTest does what a night does about one break of a payment: it keeps the
// look-up, and takes what propose makes of what was asked before. No command
// calls it.
func (d *DB) NightForTest(ctx context.Context, p pay.Payment, b reconcile.Break, propose func(refunds.Asked) *refunds.Request, actor string, now time.Time) error {
	return d.write(ctx, func(tx *sqlx.Tx) error {
		if err := d.savePayment(ctx, tx, p, nil, nil, "", now); err != nil {
			return err
		}
		asked, err := d.askedOf(ctx, tx, p.MID, p, b.ID, b.Since)
		if err != nil {
			return err
		}
		night := jobs.Written{Now: now, Actor: actor, Lease: reconcile.Lease{MID: p.MID}}
		if request := propose(asked); request != nil {
			night.Proposed = append(night.Proposed, *request)
		}
		entries, err := d.commitProposals(ctx, tx, night)
		if err != nil {
			return err
		}
		_, err = d.append(ctx, tx, entries)
		return err
	})
}
