package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"

	"daesa/app"
	"daesa/internal/database"
	"daesa/pay"
	"daesa/refunds"
)

// watchRow is a capture as the table holds it.
type watchRow struct {
	ID          string `db:"id"`
	MID         string `db:"mid"`
	OrderID     string `db:"order_id"`
	PaymentKey  string `db:"payment_key"`
	Source      string `db:"source"`
	OpenedAt    Time   `db:"opened_at"`
	Exact       int64  `db:"exact"`
	ClosesAt    Time   `db:"closes_at"`
	State       string `db:"state"`
	Why         string `db:"why"`
	Looks       int    `db:"looks"`
	Seen        int64  `db:"seen"`
	MinutesLeft *int64 `db:"minutes_left"`
	FirstKnown  Time   `db:"first_known"`
	LookedAt    Time   `db:"looked_at"`
	NextAt      Time   `db:"next_at"`
	CapturedAt  Time   `db:"captured_at"`
}

func newWatchRow(w refunds.Watch) watchRow {
	return watchRow{
		ID: w.ID, MID: w.MID, OrderID: plain(w.OrderID), PaymentKey: plain(w.PaymentKey), Source: w.Source, OpenedAt: at(w.Opened),
		Exact: flag(w.Exact), ClosesAt: at(w.Closes()), State: string(w.State), Why: w.Why, Looks: w.Looks, Seen: flag(w.Seen),
		FirstKnown: at(w.FirstKnown), LookedAt: at(w.LookedAt), NextAt: at(w.Due()), CapturedAt: at(w.CapturedAt), MinutesLeft: w.MinutesLeft(),
	}
}

func (r watchRow) watch() refunds.Watch {
	return refunds.Watch{
		ID: r.ID, MID: r.MID, OrderID: r.OrderID, PaymentKey: r.PaymentKey, Source: r.Source, Opened: r.OpenedAt.Time, Exact: r.Exact != 0,
		State: refunds.CaptureState(r.State), Why: r.Why, Looks: r.Looks, Seen: r.Seen != 0, FirstKnown: r.FirstKnown.Time,
		LookedAt: r.LookedAt.Time, NextAt: r.NextAt.Time, CapturedAt: r.CapturedAt.Time,
	}
}

// Watch adds what may show an account, and gives how many of them began to
// wait. What is watched already stays as it is; an order's watch learns its
// payment.
func (d *DB) Watch(ctx context.Context, watches []refunds.Watch) (added int, err error) {
	var fresh []refunds.Watch
	for _, w := range watches {
		known, err := d.watched(ctx, d.db.Pool(), w)
		if err != nil {
			return 0, err
		}
		if !known {
			fresh = append(fresh, w)
		}
	}
	if len(fresh) == 0 {
		return 0, nil
	}
	err = d.db.Write(ctx, func(tx *sqlx.Tx) error {
		added = 0
		for _, w := range fresh {
			id, err := d.watch(ctx, tx, w)
			if err != nil {
				return err
			}
			if id != "" {
				added++
			}
		}
		return nil
	})
	return added, err
}

// watched says whether nothing is to be written of a watch.
func (d *DB) watched(ctx context.Context, on runner, w refunds.Watch) (bool, error) {
	var row watchRow
	var err error
	if w.PaymentKey != "" {
		err = d.db.One(ctx, on, &row, "watch_of_payment", args{"mid": w.MID, "payment_key": w.PaymentKey})
	} else {
		err = d.db.One(ctx, on, &row, "watch_of_order", args{"mid": w.MID, "order_id": w.OrderID})
	}
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return true, err
}

// watch gives the id under which something began to wait; "" where it is
// watched already.
func (d *DB) watch(ctx context.Context, tx *sqlx.Tx, w refunds.Watch) (id string, err error) {
	if known, err := d.watched(ctx, tx, w); known || err != nil {
		return "", err
	}
	w = w.Begins()
	var had watchRow
	err = d.db.One(ctx, tx, &had, "watch_of_order", args{"mid": w.MID, "order_id": w.OrderID})
	query := "insert_watch"
	switch {
	case err == nil && had.PaymentKey == "":
		w.ID, query = had.ID, "watch_learns"
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return "", err
	default:
		w.ID = w.DerivedID()
	}
	changed, err := d.db.Exec(ctx, tx, query, newWatchRow(w))
	if err != nil || changed == 0 {
		return "", err
	}
	return w.ID, nil
}

// OrdersToWatch gives the shop's own virtual-account orders that were made since
// a time and are not watched yet.
func (d *DB) OrdersToWatch(ctx context.Context, mid string, since time.Time) ([]refunds.Watch, error) {
	var rows []struct {
		MID        string `db:"mid"`
		OrderID    string `db:"order_id"`
		PaymentKey string `db:"payment_key"`
		OrderedAt  Time   `db:"ordered_at"`
	}
	if err := d.db.All(ctx, d.db.Pool(), &rows, "orders_to_watch", args{"mid": mid, "since": at(since)}); err != nil {
		return nil, err
	}
	watches := make([]refunds.Watch, len(rows))
	for i, r := range rows {
		watches[i] = refunds.Watch{MID: r.MID, OrderID: r.OrderID, PaymentKey: r.PaymentKey, Source: refunds.FromOrder, Opened: r.OrderedAt.Time}
	}
	return watches, nil
}

// NextWatch takes the watch that is to be looked at first, and keeps others
// away from it until a time; nil where none is due. A look that begins now
// arrives soon: windows that close before it does come later. given says that an account
// of the payment is stored already.
func (d *DB) NextWatch(ctx context.Context, mid string, now, soon, until time.Time) (w *refunds.Watch, given bool, err error) {
	var row watchRow
	err = d.db.Alone(func() error {
		return d.db.One(ctx, d.db.Pool(), &row, "next_watch", args{"mid": mid, "now": at(now), "soon": at(soon), "until": at(until)})
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	watch := row.watch()
	if row.PaymentKey != "" {
		account, err := d.account(ctx, d.db.Pool(), row.MID, row.PaymentKey)
		if err != nil {
			return nil, false, err
		}
		given = account.Print != ""
	}
	return &watch, given, nil
}

// WatchOf gives the watch of a payment, nil where it is not watched. given says
// that an account of the payment is stored already.
func (d *DB) WatchOf(ctx context.Context, mid, paymentKey string) (w *refunds.Watch, given bool, err error) {
	var row watchRow
	err = d.db.One(ctx, d.db.Pool(), &row, "watch_of_payment", args{"mid": mid, "payment_key": paymentKey})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	account, err := d.account(ctx, d.db.Pool(), mid, paymentKey)
	watch := row.watch()
	return &watch, account.Print != "", err
}

// Looked commits what a look came to: the watch, the payment as it was seen, and
// its account. An account that is stored already is never replaced.
func (d *DB) Looked(ctx context.Context, w refunds.Watch, p *pay.Payment, page *pay.Evidence, account *refunds.StoredAccount, actor string, now time.Time) error {
	err := d.db.Write(ctx, func(tx *sqlx.Tx) error {
		w, account := w, account // it may be run again
		if w.PaymentKey != "" {
			var other watchRow
			err := d.db.One(ctx, tx, &other, "watch_of_payment", args{"mid": w.MID, "payment_key": w.PaymentKey})
			if err == nil && other.ID != w.ID {
				w, account = w.WatchedTwice(), nil
			} else if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return err
			}
		}
		var entries []Entry
		if account != nil {
			stored, err := d.db.Exec(ctx, tx, "capture_account", newAccountRow(*account))
			if err != nil {
				return err
			}
			if stored == 0 {
				w, account = w.KnownOtherwise(), nil
			} else if entries, err = d.accountCame(ctx, tx, *account); err != nil {
				return err
			}
		}
		changed, err := d.db.Exec(ctx, tx, "watch_looked", newWatchRow(w))
		if err != nil || changed == 0 && account == nil {
			return err // another process was faster
		}
		if p != nil {
			var evidence []pay.Evidence
			if page != nil && account != nil {
				evidence = append(evidence, *page)
			}
			if err := d.savePayment(ctx, tx, *p, evidence, now); err != nil {
				return err
			}
			if err := d.saveFacts(ctx, tx, *p); err != nil {
				return err
			}
		}
		if w.Missed() {
			entries = append(entries, entry(now, actor, "", "capture:"+w.ID, "capture.missed", w.Why,
				map[string]any{"mid": w.MID, "order_id": w.OrderID, "payment_key": w.PaymentKey}))
		}
		if len(entries) == 0 {
			return nil
		}
		_, err = d.append(ctx, tx, entries)
		return err
	})
	if database.Unique(err) {
		return nil // another process learnt of the same payment, and has it now
	}
	return err
}

// saveFacts keeps what a later look-up does not show any more.
func (d *DB) saveFacts(ctx context.Context, tx *sqlx.Tx, p pay.Payment) error {
	_, err := d.db.Exec(ctx, tx, "upsert_facts", args{"mid": p.MID, "payment_key": p.PaymentKey, "order_id": plain(p.OrderID),
		"secret_print": pay.SecretFingerprint(p.Secret), "deposited": flag(p.DepositedAccount())})
	return err
}

// Captures counts the watches whose window closed, or closes, in [since, until).
func (d *DB) Captures(ctx context.Context, mid string, since, until time.Time) (refunds.CaptureFigures, error) {
	var rows []struct {
		State   string `db:"state"`
		Why     string `db:"why"`
		Minutes int64  `db:"minutes"`
		Number  int    `db:"number"`
	}
	figures := refunds.CaptureFigures{Reasons: map[string]int{}}
	if err := d.db.All(ctx, d.db.Pool(), &rows, "capture_figures", args{"mid": mid, "since": at(since), "until": at(until)}); err != nil {
		return figures, err
	}
	for _, r := range rows {
		figures.Count(refunds.CaptureState(r.State), r.Why, r.Minutes, r.Number)
	}
	return figures, nil
}

// accountListed is an account, or a payment whose account is waited for or was
// missed.
type accountListed struct {
	MID           string `db:"mid"`
	OrderID       string `db:"order_id"`
	PaymentKey    string `db:"payment_key"`
	Bank          string `db:"bank"`
	AccountMasked string `db:"account_masked"`
	HolderMasked  string `db:"holder_masked"`
	CapturedAt    Time   `db:"captured_at"`
	Source        string `db:"source"`
	PurgedAt      Time   `db:"purged_at"`
	ExpiresAt     Time   `db:"expires_at"`
	State         string `db:"state"`
	Why           string `db:"why"`
}

// Accounts lists accounts, masked, and payments without; of one merchant or one
// order where it is named.
func (d *DB) Accounts(ctx context.Context, mid, orderID string) ([]app.AccountLine, error) {
	query, with := "accounts_list", args{"mid": mid}
	if orderID != "" {
		query, with = "accounts_of_order", args{"mid": mid, "order_id": orderID}
	}
	var rows []accountListed
	if err := d.db.All(ctx, d.db.Pool(), &rows, query, with); err != nil {
		return nil, err
	}
	lines := make([]app.AccountLine, len(rows))
	for i, r := range rows {
		lines[i] = app.AccountLine{
			MID: r.MID, OrderID: r.OrderID, PaymentKey: r.PaymentKey, Bank: r.Bank, AccountMasked: r.AccountMasked, HolderMasked: r.HolderMasked,
			CapturedAt: r.CapturedAt.Time, Source: r.Source, PurgedAt: r.PurgedAt.Time, ExpiresAt: r.ExpiresAt.Time, State: r.State, Why: r.Why,
		}
	}
	return lines, nil
}
