package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"daesa/internal/database"
	"daesa/pay"
	"daesa/refunds"
)

// roomOf locks the row of a payment and reads what the rule about how much may
// go back asks for (refunds.Room): the payment as it was seen last, and what is
// known of it beside a request. Whoever asks for more of the payment waits for
// the lock. parts is false where an older program looked the payment up last,
// and its tax-free part is not known.
func (d *DB) roomOf(ctx context.Context, tx *sqlx.Tx, r refunds.Request) (p pay.Payment, known refunds.Known, parts bool, err error) {
	if err := d.lockPayment(ctx, tx, r.PaymentKey); err != nil {
		return p, known, false, err
	}
	if p, parts, err = d.seen(ctx, tx, r.MID, r.PaymentKey); err != nil {
		return p, known, parts, fmt.Errorf("refund %s: its payment %s: %w", r.ID, r.PaymentKey, err)
	}
	known, err = d.asked(ctx, tx, r.MID, r.PaymentKey, p.OrderID, r.ID)
	return p, known, parts, err
}

// seen is a payment as it was seen last, with its cancels: each bears our
// reference, or none, in the place of its reason.
func (d *DB) seen(ctx context.Context, on runner, mid, paymentKey string) (p pay.Payment, parts bool, err error) {
	var row paymentRow
	key := args{"mid": mid, "payment_key": paymentKey}
	if err := d.db.One(ctx, on, &row, "payment_of", key); err != nil {
		return p, false, err
	}
	p, parts = row.payment()
	var cancels []cancelRow
	if err := d.db.All(ctx, on, &cancels, "cancels_of_payment", key); err != nil {
		return p, false, err
	}
	for _, c := range cancels {
		cancel := pay.Cancel{TransactionKey: c.TransactionKey, Amount: c.Amount, Status: pay.CancelStatus(c.Status), CanceledAt: c.CanceledAt.Time}
		if c.Marker != "" {
			cancel.Reason = pay.WithMarker("", c.Marker)
		}
		p.Cancels = append(p.Cancels, cancel)
	}
	return p, parts, nil
}

// asked is what daesa itself knows of a payment beside one request, under
// whatever MID, the refund account apart.
func (d *DB) asked(ctx context.Context, on runner, mid, paymentKey, orderID, besides string) (known refunds.Known, err error) {
	rows := askedRows{key: args{"mid": mid, "payment_key": paymentKey, "order_id": orderID}}
	batch := database.NewBatch(d.db, "what is known of a payment")
	rows.read(batch)
	if err := batch.Run(ctx, on); err != nil {
		return known, err
	}
	return d.askedBy(ctx, on, rows, besides)
}

// askedRows are the rows that tell what daesa knows of a payment.
type askedRows struct {
	key    args
	about  []aboutRow
	order  []orderRow
	others []otherRow
}

func (a *askedRows) read(batch *database.Batch) {
	batch.All(&a.about, "about_payment", a.key)
	batch.All(&a.order, "order_of", a.key)
	batch.All(&a.others, "other_payments", a.key)
}

// askedBy is asked of rows that were read.
func (d *DB) askedBy(ctx context.Context, on runner, rows askedRows, besides string) (known refunds.Known, err error) {
	known = knownBy(rows.about, besides)
	for _, row := range rows.order {
		known.Order = row.order()
	}
	known.Siblings, err = d.siblings(ctx, on, rows.key, rows.others)
	return known, err
}

type aboutRow struct {
	What           string `db:"what"`
	ID             string `db:"id"`
	State          string `db:"state"`
	TransactionKey string `db:"transaction_key"`
	Amount         int64  `db:"amount"`
	TaxFree        int64  `db:"tax_free"`
	At             Time   `db:"at"`
}

// otherRow is another payment of an order.
type otherRow struct {
	MID        string `db:"mid"`
	PaymentKey string `db:"payment_key"`
}

// aboutPayment is what daesa itself knows of one payment beside one request.
func (d *DB) aboutPayment(ctx context.Context, on runner, key args, besides string) (refunds.Known, error) {
	var rows []aboutRow
	err := d.db.All(ctx, on, &rows, "about_payment", key)
	return knownBy(rows, besides), err
}

func knownBy(rows []aboutRow, besides string) (known refunds.Known) {
	known.Claimed = map[string]string{}
	for _, row := range rows {
		parts := refunds.Parts{Amount: row.Amount, TaxFree: row.TaxFree}
		switch {
		case row.What == "claim":
			known.Claimed[row.TransactionKey] = row.ID
		case row.What == "named":
			known.Named = true
		case row.What == "outside":
			known.Given = append(known.Given, refunds.Given{RefundID: row.ID, Parts: parts})
		case row.ID != besides:
			known.Taken = append(known.Taken, refunds.Taken{ID: row.ID, State: refunds.State(row.State), Parts: parts, At: row.At.Time})
		}
	}
	return known
}

// siblings are the other payments of an order, each with what is known of it. One
// that the books have under several MIDs comes once for each: whose it is is told
// by its MID.
func (d *DB) siblings(ctx context.Context, on runner, key args, rows []otherRow) ([]refunds.Sibling, error) {
	var siblings []refunds.Sibling
	for _, row := range slices.Compact(rows) {
		known, err := d.aboutPayment(ctx, on, args{"mid": row.MID, "payment_key": row.PaymentKey, "order_id": key["order_id"]}, "")
		if err != nil {
			return nil, err
		}
		siblings = append(siblings, refunds.Sibling{MID: row.MID, PaymentKey: row.PaymentKey, Known: known})
	}
	return siblings, nil
}

// leftFor is what is left of a payment for a request that is to be approved; nil
// where the worker's look-up must tell.
func (d *DB) leftFor(ctx context.Context, tx *sqlx.Tx, r refunds.Request) (*refunds.Left, error) {
	p, known, parts, err := d.roomOf(ctx, tx, r)
	if errors.Is(err, sql.ErrNoRows) { // a request from before payments were kept
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return refunds.LeftFor(p, known, parts), nil
}

// lockPayments locks the payments of requests in one order, so that two words,
// or a word and an import, wait for each other and never both.
func (d *DB) lockPayments(ctx context.Context, tx *sqlx.Tx, requests []refunds.Request) error {
	keys := make([]string, len(requests))
	for i, r := range requests {
		keys[i] = r.PaymentKey
	}
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		if err := d.lockPayment(ctx, tx, key); err != nil {
			return err
		}
	}
	return nil
}
