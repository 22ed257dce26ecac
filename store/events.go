package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"daesa/app"
	"daesa/internal/database"
	"daesa/jobs"
	"daesa/pay"
)

// eventRow is a webhook as it is kept, and what became of it.
type eventRow struct {
	ID                string `db:"id"`
	TransmissionID    string `db:"transmission_id"`
	MID               string `db:"mid"`
	Type              string `db:"type"`
	OrderID           string `db:"order_id"`
	PaymentKey        string `db:"payment_key"`
	TransactionKey    string `db:"transaction_key"`
	Status            string `db:"status"`
	SecretFingerprint string `db:"secret_print"`
	Signature         string `db:"signature"`
	CreatedAt         Time   `db:"created_at"`
	ReceivedAt        Time   `db:"received_at"`
	Retried           int    `db:"retried"`
	Body              string `db:"body"`
	State             string `db:"state"`
	Why               string `db:"why"`
	Urgent            int64  `db:"urgent"`
	Tries             int    `db:"tries"`
	NextAt            Time   `db:"next_at"`
	DoneAt            Time   `db:"done_at"`
}

func (r eventRow) event() pay.Event {
	return pay.Event{
		ID: r.ID, TransmissionID: r.TransmissionID, MID: r.MID, Type: r.Type, OrderID: r.OrderID, PaymentKey: r.PaymentKey,
		TransactionKey: r.TransactionKey, Status: r.Status, SecretFingerprint: r.SecretFingerprint, Signature: pay.Signature(r.Signature),
		CreatedAt: r.CreatedAt.Time, ReceivedAt: r.ReceivedAt.Time, Retried: r.Retried, Body: []byte(r.Body),
	}
}

// eventBatch is how many events go into one statement.
const eventBatch = 50

// Keep stores events. One that is there already, by its transmission or by its
// content, changes nothing.
func (d *DB) Keep(ctx context.Context, events []pay.Event) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		rows := database.NewBulk(d.db, tx, `INSERT INTO events (id, transmission_id, mid, type, order_id, payment_key, transaction_key, status, secret_print,
			signature, created_at, received_at, retried, body, state, why, urgent, tries)`, 18, "ON CONFLICT DO NOTHING", eventBatch)
		defer rows.Close()
		// In one order, so that two receivers wait for each other and never both.
		sorted := slices.SortedFunc(slices.Values(events), func(a, b pay.Event) int { return cmp.Compare(a.ID, b.ID) })
		for _, e := range sorted {
			if err := rows.Add(ctx, e.ID, plain(e.TransmissionID), plain(e.MID), plain(e.Type), plain(e.OrderID), plain(e.PaymentKey),
				plain(e.TransactionKey), plain(e.Status), e.SecretFingerprint, string(e.Signature), at(e.CreatedAt), at(e.ReceivedAt), e.Retried,
				plain(string(e.Body)), jobs.EventBegins(e), "", flag(e.Urgent()), 0); err != nil {
				return err
			}
		}
		return rows.Flush(ctx)
	})
}

// TakeEvents takes events that are due, the urgent and then the oldest first,
// and keeps others away from them until a time.
func (d *DB) TakeEvents(ctx context.Context, now, until time.Time, limit int) ([]pay.Event, map[string]int, error) {
	var rows []eventRow
	err := d.db.Alone(func() error {
		return d.db.All(ctx, d.db.Pool(), &rows, "take_events", args{"now": at(now), "until": at(until), "limit": limit})
	})
	slices.SortFunc(rows, func(a, b eventRow) int {
		return cmp.Or(cmp.Compare(b.Urgent, a.Urgent), a.ReceivedAt.Compare(b.ReceivedAt.Time), cmp.Compare(a.ID, b.ID))
	})
	events, tries := make([]pay.Event, len(rows)), map[string]int{}
	for i, r := range rows {
		events[i], tries[r.ID] = r.event(), r.Tries
	}
	return events, tries, err
}

// EndEvent says what became of an event. One that has ended stays as it is.
func (d *DB) EndEvent(ctx context.Context, id, state, why string, now time.Time) error {
	return d.db.Alone(func() error {
		_, err := d.db.Exec(ctx, d.db.Pool(), "end_event", args{"id": id, "state": state, "why": why, "now": at(now)})
		return err
	})
}

// PutOffEvent leaves an event for later, and says why.
func (d *DB) PutOffEvent(ctx context.Context, id, why string, next time.Time) error {
	return d.db.Alone(func() error {
		_, err := d.db.Exec(ctx, d.db.Pool(), "put_off_event", args{"id": id, "why": plain(why), "next": at(next)})
		return err
	})
}

// EventsWaiting counts the events that are not worked on yet, and gives since
// when the first of them is due.
func (d *DB) EventsWaiting(ctx context.Context) (int, time.Time, error) {
	var row struct {
		Number int  `db:"number"`
		At     Time `db:"at"`
	}
	err := d.db.One(ctx, d.db.Pool(), &row, "events_waiting", nil)
	return row.Number, row.At.Time, err
}

// Events lists events, the newest first; of one merchant, type or order where
// it is named.
func (d *DB) Events(ctx context.Context, mid, eventType, orderID string, limit int) ([]app.Webhook, error) {
	var rows []eventRow
	if err := d.db.All(ctx, d.db.Pool(), &rows, "events_list", args{"mid": mid, "type": eventType, "order_id": orderID, "limit": limit}); err != nil {
		return nil, err
	}
	events := make([]app.Webhook, len(rows))
	for i, r := range rows {
		events[i] = app.Webhook{Event: r.event(), State: r.State, Why: r.Why}
	}
	return events, nil
}

// SecretFingerprints gives by what the secrets of a payment, or of an order's
// payments, are known; none where none was seen.
func (d *DB) SecretFingerprints(ctx context.Context, e pay.Event) ([]string, error) {
	var prints []string
	return prints, d.db.All(ctx, d.db.Pool(), &prints, "secret_prints", args{"mid": e.MID, "payment_key": e.PaymentKey, "order_id": e.OrderID})
}

// FindPayment completes what an event says with what is known: which merchant's
// order it is, and of which payment a cancel is. known says whether the order or
// the payment was ever heard of otherwise.
func (d *DB) FindPayment(ctx context.Context, e pay.Event) (found pay.Event, known bool, err error) {
	if e.PaymentKey == "" && e.OrderID == "" && e.TransactionKey != "" {
		var row struct {
			MID        string `db:"mid"`
			PaymentKey string `db:"payment_key"`
			OrderID    string `db:"order_id"`
		}
		err := d.db.One(ctx, d.db.Pool(), &row, "payment_of_cancel", args{"transaction_key": e.TransactionKey})
		switch {
		case err == nil:
			e.MID, e.PaymentKey, e.OrderID = row.MID, row.PaymentKey, row.OrderID
		case !errors.Is(err, sql.ErrNoRows):
			return e, false, err
		}
	}
	if e.MID == "" && e.OrderID != "" {
		var mids []string
		if err := d.db.All(ctx, d.db.Pool(), &mids, "mids_of_order", args{"order_id": e.OrderID}); err != nil {
			return e, false, err
		}
		if len(mids) == 1 {
			e.MID = mids[0]
		}
	}
	var number int
	err = d.db.One(ctx, d.db.Pool(), &number, "known_payment", args{"mid": e.MID, "order_id": e.OrderID, "payment_key": e.PaymentKey})
	return e, number > 0, err
}

// Heard keeps a payment as an event's look-up showed it, and makes the refunds
// of it that wait for its news due. It gives how many.
func (d *DB) Heard(ctx context.Context, p pay.Payment, page pay.Evidence, now time.Time) (woken int, err error) {
	err = d.db.Write(ctx, func(tx *sqlx.Tx) error {
		if err := d.savePayment(ctx, tx, p, []pay.Evidence{page}, now); err != nil {
			return err
		}
		if err := d.saveFacts(ctx, tx, p); err != nil {
			return err
		}
		changed, err := d.db.Exec(ctx, tx, "wake_refunds", args{"payment_key": p.PaymentKey, "now": at(now)})
		woken = int(changed)
		return err
	})
	return woken, err
}
