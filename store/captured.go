package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"daesa/pay"
	"daesa/refunds"
)

// overlookedBatch is how many missed windows one transaction notes: it must not
// keep the outcome of a refund waiting.
const overlookedBatch = 200

// Overlooked notes windows that had closed before anybody knew of them, with
// the state that they have: each payment stands in the list from then on. It
// gives how many were not known yet. One whose account came in another way
// counts as given.
func (d *DB) Overlooked(ctx context.Context, watches []refunds.Watch, actor string, now time.Time) (noted int, err error) {
	for batch := range slices.Chunk(watches, overlookedBatch) {
		fresh := 0
		err := d.db.Write(ctx, func(tx *sqlx.Tx) error {
			fresh = 0
			for _, w := range batch {
				added, err := d.overlooked(ctx, tx, w)
				if err != nil {
					return err
				}
				if added {
					fresh++
				}
			}
			if fresh == 0 {
				return nil
			}
			_, err := d.append(ctx, tx, []Entry{entry(now, actor, "", "captures:"+batch[0].MID, "captures.overlooked", batch[0].Why,
				map[string]any{"mid": batch[0].MID, "payments": fresh})})
			return err
		})
		if err != nil {
			return noted, err
		}
		noted += fresh
	}
	return noted, nil
}

func (d *DB) overlooked(ctx context.Context, tx *sqlx.Tx, w refunds.Watch) (added bool, err error) {
	id, err := d.watch(ctx, tx, w)
	if id == "" || err != nil {
		return false, err
	}
	account, err := d.account(ctx, tx, w.MID, w.PaymentKey)
	if err != nil {
		return false, err
	}
	if account.Print != "" {
		w = w.KnownOtherwise()
	}
	w.ID = id
	_, err = d.db.Exec(ctx, tx, "watch_looked", newWatchRow(w))
	return true, err
}

// Unwatched gives the virtual accounts that were issued or paid in [from, to),
// as the list or a look-up shows them, that nobody ever watched. Those that were
// cancelled need no account.
func (d *DB) Unwatched(ctx context.Context, mid string, from, to time.Time) ([]refunds.Watch, error) {
	var rows []struct {
		OrderID    string `db:"order_id"`
		PaymentKey string `db:"payment_key"`
		Exact      int64  `db:"exact"`
		At         Time   `db:"at"`
	}
	if err := d.db.All(ctx, d.db.Pool(), &rows, "unwatched_accounts", args{"mid": mid, "from": at(from), "to": at(to)}); err != nil {
		return nil, err
	}
	watches := make([]refunds.Watch, len(rows))
	for i, r := range rows {
		watches[i] = refunds.Watch{MID: mid, OrderID: r.OrderID, PaymentKey: r.PaymentKey, Source: refunds.FromList,
			Opened: r.At.Time, Exact: r.Exact != 0}
		if r.Exact == 0 {
			watches[i].Opened = refunds.OpenedBy(r.PaymentKey, r.At.Time)
		}
	}
	return watches, nil
}

// CaptureListed gives until when the transaction list was read for virtual
// accounts; zero where it never was.
func (d *DB) CaptureListed(ctx context.Context, mid string) (time.Time, error) {
	var listed Time
	err := d.db.One(ctx, d.db.Pool(), &listed, "capture_listed", args{"mid": mid})
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	return listed.Time, err
}

// SetCaptureListed notes until when the list was read; it never goes back.
func (d *DB) SetCaptureListed(ctx context.Context, mid string, until time.Time) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		_, err := d.db.Exec(ctx, tx, "set_capture_listed", args{"mid": mid, "listed": at(pay.Latest(until, time.Unix(0, 0)))})
		return err
	})
}
