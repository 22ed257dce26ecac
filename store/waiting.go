package store

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"daesa/pay"
	"daesa/refunds"
)

// Standing gives everything that has not come to its end, over all merchants,
// also those that left the configuration: one query for all who count or name
// what waits. now says of which business day the limits are.
func (d *DB) Standing(ctx context.Context, now time.Time) (refunds.Standing, error) {
	return d.standing(ctx, d.db.Pool(), now)
}

func (d *DB) standing(ctx context.Context, on runner, now time.Time) (refunds.Standing, error) {
	var rows []refundRow
	if err := d.db.All(ctx, on, &rows, "refunds_waiting", nil); err != nil {
		return refunds.Standing{}, err
	}
	brake, err := d.brake(ctx, on)
	if err != nil {
		return refunds.Standing{}, err
	}
	spent, err := d.spent(ctx, on, now)
	s := refunds.Standing{Open: make([]refunds.Open, len(rows)), Braked: brake.On, Today: spent}
	for i, row := range rows {
		s.Open[i] = refunds.Open{Request: row.request(), LeaseUntil: row.LeaseUntil.Time, InProgress: row.InProgress != 0}
	}
	return s, err
}

// spent is what of the limits of a business day is used up.
func (d *DB) spent(ctx context.Context, on runner, now time.Time) (refunds.Spent, error) {
	var rows []struct {
		Currency string `db:"currency"`
		Number   int64  `db:"number"`
		Amount   int64  `db:"amount"`
	}
	spent := refunds.Spent{Of: map[pay.Currency]int64{}}
	err := d.db.All(ctx, on, &rows, "limits_spent", args{"scope": dayScope(now)})
	for _, row := range rows {
		if row.Currency == "" { // of all currencies
			spent.Count = row.Number
			continue
		}
		spent.Of[pay.Currency(row.Currency)] = row.Amount
	}
	return spent, err
}

// ExpireRefunds lets unsent requests expire, lists them for a transfer by hand,
// and gives those that did. One that a worker has begun with is left to it.
func (d *DB) ExpireRefunds(ctx context.Context, e refunds.Expiry) ([]refunds.Request, error) {
	var expired []refunds.Request
	err := d.db.Write(ctx, func(tx *sqlx.Tx) error {
		requests, entries, err := d.expire(ctx, tx, e)
		if err != nil || len(entries) == 0 {
			return err
		}
		expired = requests
		_, err = d.append(ctx, tx, entries)
		return err
	})
	return expired, err
}

// expire: an unsent request whose deadline has passed is expired, and listed for
// a transfer by hand.
func (d *DB) expire(ctx context.Context, tx *sqlx.Tx, e refunds.Expiry) (expired []refunds.Request, entries []Entry, err error) {
	if e.Whose == nil {
		return nil, nil, nil
	}
	var rows []refundRow
	if err := d.db.All(ctx, tx, &rows, "refunds_expiring", args{"now": at(e.Now)}); err != nil {
		return nil, nil, err
	}
	slices.SortFunc(rows, func(a, b refundRow) int { return strings.Compare(a.ID, b.ID) }) // rows are locked in one order
	for _, row := range rows {
		if !e.Whose(row.MID) {
			continue
		}
		before := row.request()
		after := before.Expire(e.Now)
		followed, err := d.turnTo(ctx, tx, moving{request: before, actor: e.Actor, runID: e.RunID, now: e.Now}, after, after.ErrorCode)
		if errors.Is(err, refunds.ErrLost) {
			continue // a worker has begun with it: the next run decides
		}
		if err != nil {
			return nil, nil, err
		}
		entries = append(append(entries, entry(e.Now, e.Actor, e.RunID, "refund:"+row.ID, "refund.expired", "cancel_by passed",
			map[string]any{"mid": row.MID, "order_id": row.OrderID, "from": row.State, "amount": row.Amount, "currency": row.Currency})), followed...)
		expired = append(expired, after)
	}
	return expired, entries, nil
}
