package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"daesa/internal/database"
	"daesa/internal/extsort"
	"daesa/pay"
	"daesa/refunds"
	sqlfiles "daesa/sql"
)

// overlookedBatch is how many missed windows one transaction notes: it must not keep
// the outcome of a refund waiting.
const overlookedBatch = sqlfiles.Batch

// Overlooked notes windows that had closed before anybody knew of them, with
// the state that they have: each payment stands in the list from then on. It
// gives how many were not known yet. One whose account came in another way
// counts as given.
func (d *DB) Overlooked(ctx context.Context, watches []refunds.Watch, actor string, now time.Time) (noted int, err error) {
	for batch := range slices.Chunk(watches, overlookedBatch) {
		fresh := 0
		err := d.db.Write(ctx, func(tx *sqlx.Tx) error {
			if fresh, err = d.overlooked(ctx, tx, batch); fresh == 0 || err != nil {
				return err
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

// overlooked asks once what is known of a merchant's batch, and writes what is new
// with one statement: thousands of windows close before the first night.
func (d *DB) overlooked(ctx context.Context, tx *sqlx.Tx, batch []refunds.Watch) (fresh int, err error) {
	known, err := d.among(ctx, tx, batch)
	if err != nil {
		return 0, err
	}
	into := database.NewBulk(d.db, tx, "INSERT INTO captures (id, mid, order_id, payment_key, source, opened_at, exact, closes_at, state, why, looks, seen, first_known)",
		13, "ON CONFLICT DO NOTHING", overlookedBatch)
	defer into.Close()
	for _, w := range batch {
		if known.given[w.PaymentKey] {
			w = w.KnownOtherwise()
		}
		if known.orders[plain(w.OrderID)] {
			learnt, err := d.learnMissed(ctx, tx, w)
			if err != nil {
				return 0, err
			}
			if learnt {
				fresh++
			}
			continue
		}
		w.ID = w.DerivedID()
		r := newWatchRow(w)
		if err := into.Add(ctx, r.ID, r.MID, r.OrderID, r.PaymentKey, r.Source, r.OpenedAt, r.Exact, r.ClosesAt, r.State, r.Why, r.Looks, r.Seen, r.FirstKnown); err != nil {
			return 0, err
		}
	}
	if err := into.Flush(ctx); err != nil {
		return 0, err
	}
	return fresh + int(into.Changed), nil
}

// learnMissed gives the watch of an order the payment whose window has closed.
func (d *DB) learnMissed(ctx context.Context, tx *sqlx.Tx, w refunds.Watch) (learnt bool, err error) {
	if w.ID, err = d.watch(ctx, tx, w); w.ID == "" || err != nil {
		return false, err
	}
	_, err = d.db.Exec(ctx, tx, "watch_looked", newWatchRow(w))
	return true, err
}

// among is what is known of a merchant's batch: the payments whose accounts came in
// another way, and the orders that are watched without a payment.
func (d *DB) among(ctx context.Context, tx *sqlx.Tx, batch []refunds.Watch) (known struct{ given, orders map[string]bool }, err error) {
	of := args{"mid": batch[0].MID}
	for i := range overlookedBatch {
		w := batch[min(i, len(batch)-1)]
		of[fmt.Sprintf("payment_%d", i)], of[fmt.Sprintf("order_%d", i)] = w.PaymentKey, plain(w.OrderID)
	}
	var given, orders []string
	err = errors.Join(d.db.All(ctx, tx, &given, "given_among", of), d.db.All(ctx, tx, &orders, "watched_orders_among", of))
	known.given, known.orders = map[string]bool{}, map[string]bool{}
	for _, key := range given {
		known.given[key] = true
	}
	for _, id := range orders {
		known.orders[id] = true
	}
	return known, err
}

// Unwatched calls each with the virtual accounts that were issued or paid in
// [from, to), as the list or a look-up shows them, that nobody ever watched, until it
// fails. Those that were cancelled need no account. They are read to their end before:
// each writes, and who keeps one connection while it waits for another may wait for
// itself where the server gives few.
func (d *DB) Unwatched(ctx context.Context, mid string, from, to time.Time, each func(refunds.Watch) error) (err error) {
	aside := extsort.New(os.TempDir(), cmp.Or(d.memory, stageMemory), func(_, _ []byte) int { return 0 }) // as they come
	defer func() { err = errors.Join(err, aside.Close()) }()
	if err := d.unwatched(ctx, mid, from, to, aside.Add); err != nil {
		return err
	}
	for record, err := range aside.All() {
		if err != nil {
			return err
		}
		var w refunds.Watch
		if err := json.Unmarshal(record, &w); err != nil {
			return err
		}
		if err := each(w); err != nil {
			return err
		}
	}
	return nil
}

func (d *DB) unwatched(ctx context.Context, mid string, from, to time.Time, add func(record []byte) error) error {
	with := args{"mid": mid, "from": at(from), "to": at(to),
		"first_day": string(pay.DayOf(from)), "last_day": string(pay.DayOf(to.Add(-time.Microsecond)))}
	return eachOf(ctx, d, d.db.Pool(), "unwatched_accounts", with, func(r unwatchedRow) error {
		w := refunds.Watch{MID: mid, OrderID: r.OrderID, PaymentKey: r.PaymentKey, Source: refunds.FromList, Opened: r.At.Time, Exact: r.Exact != 0}
		if !w.Exact {
			w.Opened = refunds.OpenedBy(r.PaymentKey, r.At.Time)
		}
		record, err := json.Marshal(w)
		if err != nil {
			return err
		}
		return add(record)
	})
}

type unwatchedRow struct {
	OrderID    string `db:"order_id"`
	PaymentKey string `db:"payment_key"`
	Exact      int64  `db:"exact"`
	At         Time   `db:"at"`
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
