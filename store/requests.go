package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"daesa/app"
	"daesa/internal/database"
	"daesa/pay"
	"daesa/refunds"
)

// AddRefunds adds requests, all or none. One ref makes one request, ever; the
// same ref with another payment or amount is an error. What is asked of a
// payment never exceeds what it was: its row is locked while the sum is taken.
func (d *DB) AddRefunds(ctx context.Context, batch *app.BatchFile, rows []refunds.Adding, actor string, now time.Time) (app.Added, error) {
	var added app.Added
	err := d.db.Write(ctx, func(tx *sqlx.Tx) error {
		added = app.Added{}
		var entries []Entry
		// Payments are locked in one order, so that two imports wait and never both.
		sorted := slices.SortedStableFunc(slices.Values(rows), func(a, b refunds.Adding) int { return strings.Compare(a.Request.PaymentKey, b.Request.PaymentKey) })
		for _, row := range sorted {
			more, err := d.addRefund(ctx, tx, row, actor, now, &added)
			if err != nil {
				return err
			}
			entries = append(entries, more...)
		}
		if batch != nil {
			if _, err := d.db.Exec(ctx, tx, "insert_batch", args{"batch": batch.ID, "name": batch.Name, "sha256": batch.SHA256,
				"number": len(rows), "at": at(now), "actor": actor}); err != nil {
				return err
			}
			entries = append(entries, entry(now, actor, "", "batch:"+batch.ID, "batch.imported", "",
				map[string]any{"sha256": batch.SHA256, "rows": len(rows), "new": len(added.New)}))
		}
		_, err := d.append(ctx, tx, entries)
		return err
	})
	return added, err
}

func (d *DB) addRefund(ctx context.Context, tx *sqlx.Tx, row refunds.Adding, actor string, now time.Time, added *app.Added) ([]Entry, error) {
	r := row.Request
	if _, err := d.db.Exec(ctx, tx, "lock_payment_key", args{"payment_key": r.PaymentKey}); err != nil {
		return nil, err
	}
	var had refundRow
	err := d.refundByRef(ctx, tx, &had, r)
	switch {
	case err == nil:
		return d.addAgain(ctx, tx, row, had.request(), added)
	case !errors.Is(err, sql.ErrNoRows):
		return nil, err
	}
	seenAt := row.SeenAt
	if seenAt.IsZero() {
		seenAt = now
	}
	if err := d.savePayment(ctx, tx, row.Payment, row.Evidence, seenAt); err != nil {
		return nil, err
	}
	var entries []Entry
	if row.Account != nil {
		stored, err := d.saveAccount(ctx, tx, *row.Account)
		if err != nil {
			return nil, err
		}
		entries = stored
	}
	if r, err = d.besideOthers(ctx, tx, r, row.Found != nil); err != nil {
		return nil, err
	}
	inserted, err := d.insert(ctx, tx, r, now)
	if err != nil {
		return nil, err
	}
	if !inserted { // somebody else was quicker with this ref
		row.Account = nil
		return d.addRefund(ctx, tx, row, actor, now, added)
	}
	entries = append(entries, entry(now, actor, "", "refund:"+r.ID, "refund."+string(r.State), r.Reason, map[string]any{
		"mid": r.MID, "order_id": r.OrderID, "payment_key": r.PaymentKey, "amount": r.Amount, "tax_free_amount": r.TaxFreeAmount,
		"currency": r.Currency, "ref": r.Ref, "batch": r.Batch, "account": r.AccountFingerprint, "same_as": r.SameAs}))
	if row.Found != nil {
		found := refunds.Settled{Request: r, Step: *row.Found, Payment: &row.Payment, Now: now, Actor: actor}
		followed, err := d.settle(ctx, tx, found)
		if err != nil {
			return nil, err
		}
		entries = append(append(entries, settledEntry(found)), followed...)
		r.State = row.Found.To
	}
	added.New = append(added.New, r)
	return entries, nil
}

// addAgain: a ref that was asked with before is the same request, if it asks for
// the same. An account that is given now may still be kept.
func (d *DB) addAgain(ctx context.Context, tx *sqlx.Tx, row refunds.Adding, had refunds.Request, added *app.Added) ([]Entry, error) {
	if err := had.SameAsking(row.Request); err != nil {
		return nil, err
	}
	if row.Account == nil || !had.TakesAccount() {
		added.Known = append(added.Known, had)
		return nil, nil
	}
	entries, err := d.saveAccount(ctx, tx, *row.Account)
	if err != nil {
		return nil, err
	}
	var now refundRow // it waits for the account no longer
	if err := d.refundByRef(ctx, tx, &now, row.Request); err != nil {
		return nil, err
	}
	added.Known = append(added.Known, now.request())
	return entries, nil
}

// refundByRef finds the request of a ref, also one that was made for the same
// payment under another MID; sql.ErrNoRows where there is none.
func (d *DB) refundByRef(ctx context.Context, on runner, had *refundRow, r refunds.Request) error {
	err := d.db.One(ctx, on, had, "refund_by_ref", args{"mid": r.MID, "ref": r.Ref})
	if errors.Is(err, sql.ErrNoRows) {
		err = d.db.One(ctx, on, had, "refund_by_payment_and_ref", args{"mid": r.MID, "payment_key": r.PaymentKey, "ref": r.Ref})
	}
	return err
}

// RefundByRef gives the request that a ref has made, also under another MID for
// the same payment; nil where there is none.
func (d *DB) RefundByRef(ctx context.Context, mid, paymentKey, ref string) (*refunds.Request, error) {
	var had refundRow
	err := d.refundByRef(ctx, d.db.Pool(), &had, refunds.Request{MID: mid, PaymentKey: paymentKey, Ref: ref})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, err
	}
	r := had.request()
	return &r, nil
}

// besideOthers asks, under the payment's lock, whether a new request fits beside
// the others, unless Toss has it already, and notes which of them it equals.
func (d *DB) besideOthers(ctx context.Context, tx *sqlx.Tx, r refunds.Request, done bool) (refunds.Request, error) {
	p, known, _, err := d.roomOf(ctx, tx, r)
	if err != nil {
		return r, err
	}
	if !done {
		if err := r.Fits(p, known); err != nil {
			return r, err
		}
	}
	if r = r.Beside(known); r.SameAs != "" {
		_, err = d.db.Exec(ctx, tx, "mark_same", args{"id": r.ID, "other": r.SameAs})
	}
	return r, err
}

// Known gives what is known of a payment besides a request that may not be
// there yet.
func (d *DB) Known(ctx context.Context, r refunds.Request) (refunds.Known, error) {
	known, _, err := d.known(ctx, d.db.Pool(), refundRow{ID: r.ID, MID: r.MID, PaymentKey: r.PaymentKey, OrderID: r.OrderID, BreakID: r.BreakID})
	return known, err
}

// Approve gives the second person's word on requests, one after the other: each
// must still fit its payment beside those that are ahead of it.
func (d *DB) Approve(ctx context.Context, w refunds.Approval) ([]refunds.Request, error) {
	return d.word(ctx, w, func(tx *sqlx.Tx, r refunds.Request) (refunds.Request, error) {
		if err := d.requireUnaltered(ctx, tx, r.ID); err != nil {
			return r, err
		}
		left, err := d.leftFor(ctx, tx, r)
		if err != nil {
			return r, err
		}
		return r.Approve(w.By, left, w.Now)
	})
}

// Reject gives a person's no to requests that wait for a word.
func (d *DB) Reject(ctx context.Context, w refunds.Approval) ([]refunds.Request, error) {
	return d.word(ctx, w, func(_ *sqlx.Tx, r refunds.Request) (refunds.Request, error) { return r.Reject() })
}

// Withdraw takes back what was not sent yet.
func (d *DB) Withdraw(ctx context.Context, w refunds.Approval) ([]refunds.Request, error) {
	return d.word(ctx, w, func(_ *sqlx.Tx, r refunds.Request) (refunds.Request, error) { return r.Withdraw() })
}

func (d *DB) word(ctx context.Context, w refunds.Approval, give func(*sqlx.Tx, refunds.Request) (refunds.Request, error)) ([]refunds.Request, error) {
	var done []refunds.Request
	err := d.db.Write(ctx, func(tx *sqlx.Tx) error {
		requests, err := d.named(ctx, tx, w.IDs)
		if err != nil {
			return err
		}
		if w.Check != nil {
			if err := w.Check(requests); err != nil {
				return err
			}
		}
		for _, r := range requests { // breaks before payments, as who decides about a break does
			if err := d.lockWaiting(ctx, tx, r.ID, refunds.StateRejected); err != nil {
				return err
			}
		}
		if err := d.lockPayments(ctx, tx, requests); err != nil {
			return err
		}
		done = nil
		entries, err := d.takeStatement(ctx, tx, w.Signed)
		if err != nil {
			return err
		}
		for _, r := range requests {
			after, err := give(tx, r)
			if err != nil {
				return err
			}
			followed, err := d.turnTo(ctx, tx, moving{request: r, actor: w.By, now: w.Now}, after, "")
			if err != nil {
				return err
			}
			said, err := moved(r, after.State, w.Now, w.By, w.Note).by(w.Signed)
			if err != nil {
				return err
			}
			entries = append(append(entries, said), followed...)
			done = append(done, after)
		}
		_, err = d.append(ctx, tx, entries)
		return err
	})
	return done, err
}

// turnTo writes what a rule made of a request, other than a worker's step. It
// takes the request from a worker that has it but has not begun. Nobody has
// looked the payment up for it: the look at everything after a restore must
// still come to it. m is the request as it was, and who moves it; it gives what
// the journal keeps of the break that waits for the request.
func (d *DB) turnTo(ctx context.Context, tx *sqlx.Tx, m moving, after refunds.Request, why string) ([]Entry, error) {
	m.to, after.State = after.State, m.request.State
	step := refunds.Settled{Request: after, Step: refunds.Step{To: m.to, Why: why}, Now: m.now}
	return d.move(ctx, tx, m, "settle_refund", settledRow(step.After(), time.Time{}))
}

// move writes a request's state after its first, by a statement that writes one
// row or none. The break that waits for the request hears of its end here, and
// what the journal keeps of that is given back; who gives no money back by Toss
// any more is listed for a transfer by hand. ErrLost says that the request is not
// as it was read.
func (d *DB) move(ctx context.Context, tx *sqlx.Tx, m moving, statement string, row args) ([]Entry, error) {
	return d.moveBehind(ctx, tx, database.NewBatch(d.db, "move a refund"), m, statement, row)
}

// moveBehind is move, in one trip with what comes before it.
func (d *DB) moveBehind(ctx context.Context, tx *sqlx.Tx, batch *database.Batch, m moving, statement string, row args) ([]Entry, error) {
	over := m.to.Stand().Over()
	var locked, waiting []breakRow
	if over { // before the request's row: who decides about a break takes the two in the same order
		batch.All(&locked, "breaks_of_refund", args{"refund_id": m.request.ID})
	}
	if err := d.setState(batch, statement, m.request, m.to, row, func(changed int64) error {
		if changed == 0 {
			return fmt.Errorf("refund %s, unchanged since it was read, is not there: %w", m.request.ID, refunds.ErrLost)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	if over {
		batch.All(&waiting, "breaks_of_refund", args{"refund_id": m.request.ID})
	}
	if err := batch.Run(ctx, tx); err != nil {
		return nil, err
	}
	if err := d.listByHand(ctx, tx, m.request.ID, m.to, m.now); err != nil {
		return nil, err
	}
	return d.followRefund(ctx, tx, m, waiting)
}

// insert writes a new request, unless its id is there.
func (d *DB) insert(ctx context.Context, tx *sqlx.Tx, r refunds.Request, now time.Time) (bool, error) {
	var inserted bool
	batch := database.NewBatch(d.db, "add a refund")
	err := d.setState(batch, "insert_refund", refunds.Request{ID: r.ID}, r.State, newRefundRow(r), func(changed int64) error {
		inserted = changed > 0
		return nil
	})
	if err == nil {
		err = batch.Run(ctx, tx)
	}
	if err != nil || !inserted {
		return false, err
	}
	return true, d.listByHand(ctx, tx, r.ID, r.State, now)
}

// setState is the only writer of refunds.state. It refuses every way that
// refunds.Moves does not know: from is the request as it was read, without a state
// where it is new. changed judges how many rows were written.
func (d *DB) setState(batch *database.Batch, statement string, from refunds.Request, to refunds.State, row any, changed func(n int64) error) error {
	if !refunds.MayMove(from.State, to) {
		return &refunds.MoveError{ID: from.ID, From: from.State, To: to}
	}
	batch.Exec(statement, row, changed)
	return nil
}

// listByHand lists a request for a transfer by hand, where Toss gives nothing back
// by it any more.
func (d *DB) listByHand(ctx context.Context, tx *sqlx.Tx, id string, state refunds.State, now time.Time) error {
	if !state.ByHand() {
		return nil
	}
	var row refundRow
	if err := d.db.One(ctx, tx, &row, "refund_by_id", args{"id": id}); err != nil {
		return err
	}
	_, err := d.db.Exec(ctx, tx, "hand_due", args{"id": id, "at": at(now), "why": row.request().ManualCause(), "state": string(refunds.ManualDue)})
	return err
}

func (d *DB) named(ctx context.Context, on runner, ids []string) ([]refunds.Request, error) {
	requests := make([]refunds.Request, 0, len(ids))
	for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
		var row refundRow
		err := d.db.One(ctx, on, &row, "refund_by_id", args{"id": id})
		if errors.Is(err, sql.ErrNoRows) {
			return nil, hinted(fmt.Errorf("refund %s: %w", id, app.ErrUnknownID), "daesa refunds list shows every id")
		}
		if err != nil {
			return nil, err
		}
		requests = append(requests, row.request())
	}
	return requests, nil
}

// Attempts gives every attempt of a request, oldest first.
func (d *DB) Attempts(ctx context.Context, id string) ([]refunds.Attempt, error) {
	var rows []attemptRow
	if err := d.db.All(ctx, d.db.Pool(), &rows, "attempts_of", args{"id": id}); err != nil {
		return nil, err
	}
	attempts := make([]refunds.Attempt, len(rows))
	for i, row := range rows {
		attempts[i] = row.attempt()
	}
	return attempts, nil
}

// ClaimedFor gives what the store knows of a held request, for a person's word.
func (d *DB) ClaimedFor(ctx context.Context, id string) (*refunds.Claimed, error) {
	var row refundRow
	err := d.db.One(ctx, d.db.Pool(), &row, "refund_by_id", args{"id": id})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, hinted(fmt.Errorf("refund %s: %w", id, app.ErrUnknownID), "daesa refunds list shows every id")
	}
	if err != nil {
		return nil, err
	}
	return d.claimed(ctx, d.db.Pool(), row)
}

// ResolveRefund writes a person's word on a held request, with the payment as
// the provider showed it just now; nil where it is not to be kept. An attempt that
// nobody answered counts as answered by that person.
func (d *DB) ResolveRefund(ctx context.Context, c *refunds.Claimed, step refunds.Step, p *pay.Payment, evidence []pay.Evidence, by, note string, now time.Time) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		s, answered, unclaim, err := c.Resolved(step, p, evidence, by, note, now)
		if err != nil {
			return err
		}
		if unclaim {
			if _, err := d.db.Exec(ctx, tx, "unclaim", args{"id": c.Request.ID}); err != nil {
				return err
			}
		}
		followed, err := d.move(ctx, tx, moving{c.Request, step.To, by, "", now}, "settle_refund", settledRow(s.After(), now))
		if err != nil {
			return err
		}
		if answered != nil {
			if _, err := d.db.Exec(ctx, tx, "update_attempt", newAttemptRow(c.Request.ID, *answered)); err != nil {
				return err
			}
		}
		if err := d.saveSeen(ctx, tx, s); err != nil {
			return err
		}
		entries, err := d.takeStatement(ctx, tx, c.Signed)
		if err != nil {
			return err
		}
		said, err := moved(c.Request, step.To, now, by, note).by(c.Signed)
		if err != nil {
			return err
		}
		_, err = d.append(ctx, tx, append(append(entries, said), followed...))
		return err
	})
}

// LeaseOwners are the processes that hold requests now.
func (d *DB) LeaseOwners(ctx context.Context, now time.Time) ([]string, error) {
	var owners []string
	err := d.db.All(ctx, d.db.Pool(), &owners, "lease_owners", args{"now": at(now)})
	return owners, err
}

// ReleaseOwner ends the leases of a process that is gone.
func (d *DB) ReleaseOwner(ctx context.Context, owner string, now time.Time) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		_, err := d.db.Exec(ctx, tx, "release_owner", args{"owner": owner, "now": at(now)})
		return err
	})
}

// NextDue is when the next request of a merchant can be claimed; zero: none.
func (d *DB) NextDue(ctx context.Context, c refunds.Choice) (time.Time, error) {
	var next struct {
		At Time `db:"at"`
	}
	err := d.db.One(ctx, d.db.Pool(), &next, "next_due", args{"mid": c.MID, "now": at(c.Now), "send": flag(c.Send), "blocked": listed(c.Blocked)})
	return next.At.Time, err
}

// CountStates counts requests by state.
func (d *DB) CountStates(ctx context.Context, mid string) (map[refunds.State]int64, error) {
	return d.countStates(ctx, d.db.Pool(), mid)
}

func (d *DB) countStates(ctx context.Context, on runner, mid string) (map[refunds.State]int64, error) {
	var rows []struct {
		State  string `db:"state"`
		Number int64  `db:"number"`
	}
	if err := d.db.All(ctx, on, &rows, "count_states", args{"mid": mid}); err != nil {
		return nil, err
	}
	counts := map[refunds.State]int64{}
	for _, row := range rows {
		counts[refunds.State(row.State)] = row.Number
	}
	return counts, nil
}

// SeenPayment gives the payment of a request as the newest look-up showed it,
// as far as it is kept, and when the request's cancel was; zero where none is
// claimed.
func (d *DB) SeenPayment(ctx context.Context, r refunds.Request) (p pay.Payment, canceledAt time.Time, err error) {
	var row paymentRow
	err = d.db.One(ctx, d.db.Pool(), &row, "payment_of", args{"mid": r.MID, "payment_key": r.PaymentKey})
	if errors.Is(err, sql.ErrNoRows) {
		return p, canceledAt, nil
	}
	if err != nil {
		return p, canceledAt, err
	}
	p, _ = row.payment()
	var claim struct {
		At Time `db:"at"`
	}
	err = d.db.One(ctx, d.db.Pool(), &claim, "claim_time", args{"mid": r.MID, "id": r.ID})
	return p, claim.At.Time, err
}
