package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"daesa/app"
	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
)

// Asked says what was already asked of a payment for a break that came on the day
// since.
func (c *Comparison) Asked(ctx context.Context, p pay.Payment, breakID string, since pay.Day) (refunds.Asked, error) {
	var asked refunds.Asked
	err := c.within(ctx, func(on place) (err error) {
		asked, err = c.d.askedOf(ctx, on, c.scope.MID, p, breakID, since)
		return err
	})
	return asked, err
}

func (d *DB) askedOf(ctx context.Context, on runner, mid string, p pay.Payment, breakID string, since pay.Day) (refunds.Asked, error) {
	var rows []struct {
		BreakID     string `db:"break_id"`
		State       string `db:"state"`
		Amount      int64  `db:"amount"`
		RequestedAt Time   `db:"requested_at"`
		ErrorCode   string `db:"error_code"`
	}
	if err := d.db.All(ctx, on, &rows, "asked_of", args{"payment_key": p.PaymentKey}); err != nil {
		return refunds.Asked{}, err
	}
	earlier := make([]refunds.Earlier, len(rows))
	for i, row := range rows {
		earlier[i] = refunds.Earlier{BreakID: row.BreakID, State: refunds.State(row.State), Amount: row.Amount,
			Asked: pay.DayOf(row.RequestedAt.Time), ErrorCode: row.ErrorCode}
	}
	known, err := d.asked(ctx, on, mid, p.PaymentKey, p.OrderID, "")
	if err != nil {
		return refunds.Asked{}, err
	}
	account, err := d.account(ctx, on, mid, p.PaymentKey)
	known.AccountFingerprint = account.Print
	return refunds.AskedOf(earlier, breakID, since, known), err
}

// commitProposals adds the refunds that a night proposes. One that does not fit
// the payment any more, since another process has asked meanwhile, is left out.
func (d *DB) commitProposals(ctx context.Context, tx *sqlx.Tx, night jobs.Written) ([]Entry, error) {
	var entries []Entry
	// All payments are locked first, in one order, so that two writers wait and
	// never both.
	if err := d.lockPayments(ctx, tx, night.Proposed); err != nil {
		return nil, err
	}
	for _, request := range night.Proposed {
		var much *refunds.TooMuchError
		p, known, _, err := d.roomOf(ctx, tx, request)
		if err == nil {
			err = request.Fits(p, known)
		}
		if errors.As(err, &much) {
			continue
		}
		if err != nil {
			return nil, err
		}
		inserted, err := d.insert(ctx, tx, request, night.Now)
		if err != nil {
			return nil, err
		}
		if !inserted {
			continue
		}
		entries = append(entries, entry(night.Now, night.Actor, night.Lease.RunID, "refund:"+request.ID, "refund."+string(request.State), request.Reason,
			map[string]any{"mid": request.MID, "order_id": request.OrderID, "payment_key": request.PaymentKey, "amount": request.Amount,
				"tax_free_amount": request.TaxFreeAmount, "currency": request.Currency, "ref": request.Ref, "break_id": request.BreakID}))
	}
	return entries, nil
}

// settleRefunds carries out what a person's word on a break does to its refund
// requests and transfers by hand (refunds.EffectsOf).
func (d *DB) settleRefunds(ctx context.Context, tx *sqlx.Tx, b reconcile.Break, as reconcile.Disposition, by, note string, now time.Time) ([]Entry, error) {
	effects := refunds.EffectsOf(b, as)
	if effects.None() {
		return nil, nil
	}
	if err := d.mayTransfer(ctx, tx, b, as); err != nil {
		return nil, err
	}
	why := "the break was resolved as " + string(as)
	entries, err := d.rejectUnsent(ctx, tx, b, why+": "+note, by, now)
	if err != nil || !effects.Drop {
		return entries, err
	}
	var listed int64
	if err := d.db.One(ctx, tx, &listed, "hand_given_for", args{"break_id": b.ID}); err != nil {
		return nil, err
	}
	var dropped []string
	if err := d.db.All(ctx, tx, &dropped, "hand_settled", args{"break_id": b.ID, "note": why, "state": string(refunds.ManualDropped)}); err != nil {
		return nil, err
	}
	for _, id := range dropped {
		entries = append(entries, entry(now, by, "", "transfer:"+id, "transfer.dropped", why+": "+note, map[string]any{"mid": b.MID, "order_id": b.OrderID}))
	}
	if amount := effects.Given(listed); amount > 0 {
		_, err = d.db.Exec(ctx, tx, "insert_transfer", args{"break_id": b.ID, "mid": b.MID, "payment_key": b.PaymentKey, "amount": amount, "at": at(now), "actor": by})
	}
	return entries, err
}

// rejectUnsent takes back what was not sent yet of a break's requests.
func (d *DB) rejectUnsent(ctx context.Context, tx *sqlx.Tx, b reconcile.Break, why, by string, now time.Time) ([]Entry, error) {
	var rows []refundRow
	if err := d.db.All(ctx, tx, &rows, "unsent_of_break", args{"break_id": b.ID}); err != nil {
		return nil, err
	}
	var entries []Entry
	for _, row := range rows {
		before := row.request()
		after, err := before.Withdraw()
		if err != nil {
			return nil, err
		}
		followed, err := d.turnTo(ctx, tx, moving{request: before, actor: by, now: now}, after, before.ErrorCode)
		if err != nil {
			return nil, err
		}
		entries = append(append(entries, moved(before, after.State, now, by, why)), followed...)
	}
	return entries, nil
}

// mayDecide asks whether another decision about a break may be taken, with the
// request that it waits for.
func (d *DB) mayDecide(ctx context.Context, tx *sqlx.Tx, b reconcile.Break) error {
	var row refundRow
	if err := d.db.One(ctx, tx, &row, "refund_by_id", args{"id": b.RefundID}); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	return refunds.MayDecide(b, row.request())
}

// mayTransfer asks whether money may go back beside Toss, knowing what of the
// payment has left. The payment is locked as a worker locks it.
func (d *DB) mayTransfer(ctx context.Context, tx *sqlx.Tx, b reconcile.Break, as reconcile.Disposition) error {
	if err := d.lockPayment(ctx, tx, b.PaymentKey); err != nil {
		return err
	}
	var away string
	if err := d.db.One(ctx, tx, &away, "on_its_way", args{"payment_key": b.PaymentKey}); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	return refunds.MayTransfer(b, as, away)
}

// RefundFilter chooses refund requests; empty fields choose all.
type RefundFilter struct{ MID, State, Batch string }

// Refunds lists refund requests by merchant and order.
func (d *DB) Refunds(ctx context.Context, f RefundFilter) ([]refunds.Request, error) {
	return d.refunds(ctx, "refunds_list", args{"mid": f.MID, "state": f.State, "batch": f.Batch})
}

// RefundsOfBatch gives the requests of a batch, of one merchant or ("") all.
func (d *DB) RefundsOfBatch(ctx context.Context, mid, batch string) ([]refunds.Request, error) {
	return d.Refunds(ctx, RefundFilter{MID: mid, Batch: batch})
}

// RefundsOfOrder gives every refund request of an order number.
func (d *DB) RefundsOfOrder(ctx context.Context, mid, orderID string) ([]refunds.Request, error) {
	return d.refunds(ctx, "refunds_of_order", args{"mid": mid, "order_id": orderID})
}

func (d *DB) refunds(ctx context.Context, name string, with args) ([]refunds.Request, error) {
	var rows []refundRow
	if err := d.db.All(ctx, d.db.Pool(), &rows, name, with); err != nil {
		return nil, err
	}
	requests := make([]refunds.Request, len(rows))
	for i, row := range rows {
		requests[i] = row.request()
	}
	return requests, nil
}

// Refund gives one refund request with its history, or ErrUnknownID.
func (d *DB) Refund(ctx context.Context, id string) (refunds.Request, []app.JournalEntry, error) {
	var row refundRow
	err := d.db.One(ctx, d.db.Pool(), &row, "refund_by_id", args{"id": id})
	if errors.Is(err, sql.ErrNoRows) {
		return refunds.Request{}, nil, hinted(fmt.Errorf("refund %s: %w", id, app.ErrUnknownID), "daesa refunds list shows every id")
	}
	if err != nil {
		return refunds.Request{}, nil, err
	}
	history, err := d.History(ctx, "refund:"+id)
	return row.request(), history, err
}

// History gives the journal's rows about a subject, such as "refund:ID" or
// "break:ID", oldest first.
func (d *DB) History(ctx context.Context, subject string) ([]app.JournalEntry, error) {
	var rows []Entry
	if err := d.db.All(ctx, d.db.Pool(), &rows, "journal_of", args{"subject": subject}); err != nil {
		return nil, err
	}
	entries := make([]app.JournalEntry, len(rows))
	for i, e := range rows {
		entries[i] = app.JournalEntry{Seq: e.Seq, At: e.At.Time, Actor: e.Actor, RunID: e.RunID, Subject: e.Subject, Action: e.Action, Reason: e.Reason, Facts: e.Facts}
	}
	return entries, nil
}

// GrantPace reserves the next count calls of an API for this process, step
// apart, not before clock. Processes on one database never get the same ones.
func (d *DB) GrantPace(ctx context.Context, mid, api string, count int, step time.Duration, clock time.Time) (app.PaceBlock, error) {
	block := time.Duration(count) * step
	var next int64
	err := d.db.Write(ctx, func(tx *sqlx.Tx) error {
		return d.db.One(ctx, tx, &next, "pace_grant", args{"mid": mid, "api": api, "now_us": clock.UnixMicro(),
			"block_us": block.Microseconds(), "fresh_us": clock.UnixMicro() + block.Microseconds()})
	})
	return app.PaceBlock{First: time.UnixMicro(next).Add(-block), Step: step, Count: count}, err
}

// HoldPace lets no process call an API before a time: the provider asked for
// quiet.
func (d *DB) HoldPace(ctx context.Context, mid, api string, until time.Time) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		_, err := d.db.Exec(ctx, tx, "pace_hold", args{"mid": mid, "api": api, "until_us": until.UnixMicro()})
		return err
	})
}
