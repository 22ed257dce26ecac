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

	"daesa/pay"
	"daesa/refunds"
)

// sameWithin is for how long an equal request on the same payment is a reason
// to look twice (contract, refund file).
const sameWithin = 30 * 24 * time.Hour

// Adding is a request that is to be added, with what its look-up showed.
type Adding struct {
	Request  refunds.Request
	Payment  pay.Payment
	Evidence []pay.Evidence
	Account  *refunds.StoredAccount // given with the request; nil: none
	Found    *refunds.Step          // Toss has it already; nil: it has not
}

// Batch is a file of requests. The same bytes are the same batch.
type Batch struct {
	ID, Name, SHA256 string
}

// Added says what became of requests that were to be added.
type Added struct {
	New   []refunds.Request
	Known []refunds.Request // were there already, with the same ref
}

// AddRefunds adds requests, all or none. One ref makes one request, ever; the
// same ref with another payment or amount is an error. What is asked of a
// payment never exceeds what it was: its row is locked while the sum is taken.
func (d *DB) AddRefunds(ctx context.Context, batch *Batch, rows []Adding, actor string, now time.Time) (Added, error) {
	var added Added
	err := d.write(ctx, func(tx *sqlx.Tx) error {
		added = Added{}
		var entries []Entry
		// Payments are locked in one order, so that two imports wait and never both.
		sorted := slices.SortedStableFunc(slices.Values(rows), func(a, b Adding) int { return strings.Compare(a.Request.PaymentKey, b.Request.PaymentKey) })
		for _, row := range sorted {
			more, err := d.addRefund(ctx, tx, row, actor, now, &added)
			if err != nil {
				return err
			}
			entries = append(entries, more...)
		}
		if batch != nil {
			if _, err := d.exec(ctx, tx, "insert_batch", args{"batch": batch.ID, "name": batch.Name, "sha256": batch.SHA256,
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

// RefError says that a ref was used for something else before.
type RefError struct{ Had, Asked refunds.Request }

// Error says which ref, and what it stands for.
func (e *RefError) Error() string {
	return fmt.Sprintf("ref %q is refund %s already: %s of payment %s, not %s of %s", e.Had.Ref, e.Had.ID,
		e.Had.Currency.Format(e.Had.Amount), e.Had.PaymentKey, e.Asked.Currency.Format(e.Asked.Amount), e.Asked.PaymentKey)
}

// Hint says what to do.
func (e *RefError) Hint() string {
	return "one ref makes one refund, ever: give the new request a ref of its own"
}

// TooMuchError says that a payment would be asked for more than it was.
type TooMuchError struct {
	Request      refunds.Request
	Total, Asked int64
}

// Error says how much was asked already.
func (e *TooMuchError) Error() string {
	c := e.Request.Currency
	return fmt.Sprintf("payment %s: %s more would be above what was paid: %s, of which %s are cancelled or asked for already",
		e.Request.PaymentKey, c.Format(e.Request.Amount), c.Format(e.Total), c.Format(e.Asked))
}

// Hint says where to look.
func (e *TooMuchError) Hint() string {
	return "daesa explain " + e.Request.OrderID + " shows every request of this order; withdraw one, or ask for less"
}

func (d *DB) addRefund(ctx context.Context, tx *sqlx.Tx, row Adding, actor string, now time.Time, added *Added) ([]Entry, error) {
	r := row.Request
	var had refundRow
	err := d.one(ctx, tx, &had, "refund_by_ref", args{"mid": r.MID, "ref": r.Ref})
	switch {
	case err == nil:
		known := had.request()
		if known.PaymentKey != r.PaymentKey || known.Amount != r.Amount || known.Currency != r.Currency {
			return nil, &RefError{Had: known, Asked: r}
		}
		added.Known = append(added.Known, known)
		if row.Account == nil || !known.State.Unsent() || known.State == refunds.Retry {
			return nil, nil
		}
		return d.saveAccount(ctx, tx, *row.Account)
	case !errors.Is(err, sql.ErrNoRows):
		return nil, err
	}
	if err := d.savePayment(ctx, tx, row.Payment, nil, row.Evidence, "", now); err != nil {
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
	if row.Found == nil {
		if err := d.checkSum(ctx, tx, r); err != nil {
			return nil, err
		}
	}
	if err := d.markSame(ctx, tx, &r, now); err != nil {
		return nil, err
	}
	inserted, err := d.exec(ctx, tx, "insert_refund", newRefundRow(r))
	if err != nil {
		return nil, err
	}
	if inserted == 0 { // somebody else was quicker with this ref
		row.Account = nil
		return d.addRefund(ctx, tx, row, actor, now, added)
	}
	if r.State == refunds.ExpiredState {
		if _, err := d.exec(ctx, tx, "hand_due", args{"id": r.ID, "at": at(now)}); err != nil {
			return nil, err
		}
	}
	entries = append(entries, entry(now, actor, "", "refund:"+r.ID, "refund."+string(r.State), r.Reason, map[string]any{
		"mid": r.MID, "order_id": r.OrderID, "payment_key": r.PaymentKey, "amount": r.Amount, "currency": r.Currency,
		"ref": r.Ref, "batch": r.Batch, "account": r.AccountPrint, "same_as": r.SameAs}))
	if row.Found != nil {
		found := refunds.Settled{Request: r, Step: *row.Found, Payment: &row.Payment, Now: now, Actor: actor}
		if err := d.settle(ctx, tx, found); err != nil {
			return nil, err
		}
		entries = append(entries, settledEntry(found))
		r.State = row.Found.To
	}
	added.New = append(added.New, r)
	return entries, nil
}

// markSame notes that two requests are equal in payment and amount: each is
// then approved by its id only, never by batch and never at once.
func (d *DB) markSame(ctx context.Context, tx *sqlx.Tx, r *refunds.Request, now time.Time) error {
	err := d.one(ctx, tx, &r.SameAs, "same_as", args{"mid": r.MID, "payment_key": r.PaymentKey, "amount": r.Amount, "id": r.ID,
		"since": at(now.Add(-sameWithin))})
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	if r.State == refunds.Approved {
		r.State, r.Approval = refunds.Requested, ""
	}
	_, err = d.exec(ctx, tx, "mark_same", args{"id": r.ID, "other": r.SameAs})
	return err
}

// checkSum keeps succeeded + accepted + open + new within what was paid, less
// what others cancelled.
func (d *DB) checkSum(ctx context.Context, tx *sqlx.Tx, r refunds.Request) error {
	key := args{"mid": r.MID, "payment_key": r.PaymentKey}
	var total int64
	if err := d.one(ctx, tx, &total, "lock_payment", key); err != nil {
		return err
	}
	asked, err := d.counted(ctx, tx, key)
	if err != nil {
		return err
	}
	if asked += r.PlannedForeign; r.State != refunds.ExpiredState && asked+r.Amount > total {
		return &TooMuchError{Request: r, Total: total, Asked: asked}
	}
	return nil
}

// Known gives what is known of a payment besides a request that may not be
// there yet.
func (d *DB) Known(ctx context.Context, r refunds.Request) (refunds.Known, error) {
	known, _, err := d.known(ctx, d.db, refundRow{ID: r.ID, MID: r.MID, PaymentKey: r.PaymentKey, OrderID: r.OrderID})
	if err != nil {
		return known, err
	}
	err = d.one(ctx, d.db, &known.Open, "open_of_payment", args{"mid": r.MID, "payment_key": r.PaymentKey, "id": r.ID})
	return known, err
}

// Word is a person's word on requests that are named by id. It is given on all
// of them or on none.
type Word struct {
	IDs  []string
	By   string
	Note string
	Now  time.Time
	// Check sees the requests as they stand in the transaction; its error stops
	// everything.
	Check func([]refunds.Request) error
}

// Approve gives the second person's word: it covers payment, amount, account
// and reason as they stand.
func (d *DB) Approve(ctx context.Context, w Word) ([]refunds.Request, error) {
	return d.word(ctx, w, refunds.Approved, []refunds.State{refunds.Requested}, func(r *refunds.Request) error {
		if r.ErrorCode == refunds.WhyAboveBalance {
			return hinted(fmt.Errorf("refund %s asks for more than is left of its payment", r.ID), "withdraw it (daesa refunds withdraw "+r.ID+" --note ...) and ask for what is left, under another ref")
		}
		if strings.EqualFold(r.RequestedBy, w.By) {
			return hinted(fmt.Errorf("refund %s: %s asked for it and cannot approve it", r.ID, w.By), "another person must give the word (--by NAME)")
		}
		r.ApprovedBy, r.ApprovedAt, r.Approval = w.By, w.Now, refunds.ApprovalHash(*r)
		return nil
	})
}

// Reject gives a person's no to requests that wait for a word.
func (d *DB) Reject(ctx context.Context, w Word) ([]refunds.Request, error) {
	return d.word(ctx, w, refunds.Rejected, []refunds.State{refunds.Requested, refunds.NeedsAccount}, nil)
}

// Withdraw takes back what was not sent yet.
func (d *DB) Withdraw(ctx context.Context, w Word) ([]refunds.Request, error) {
	return d.word(ctx, w, refunds.Rejected, []refunds.State{refunds.Requested, refunds.Approved, refunds.NeedsAccount, refunds.Retry}, nil)
}

// StateError says that a request is not where a word can be given.
type StateError struct {
	Request refunds.Request
	Want    []refunds.State
}

// Error says where it is and where it should be.
func (e *StateError) Error() string {
	return fmt.Sprintf("refund %s is %s; this needs one of %v", e.Request.ID, e.Request.State, e.Want)
}

// Hint says where to look.
func (e *StateError) Hint() string {
	return "daesa refunds show " + e.Request.ID + " tells how it came there"
}

func (d *DB) word(ctx context.Context, w Word, to refunds.State, from []refunds.State, change func(*refunds.Request) error) ([]refunds.Request, error) {
	var done []refunds.Request
	err := d.write(ctx, func(tx *sqlx.Tx) error {
		requests, err := d.named(ctx, tx, w.IDs)
		if err != nil {
			return err
		}
		if w.Check != nil {
			if err := w.Check(requests); err != nil {
				return err
			}
		}
		var entries []Entry
		done = nil
		for _, r := range requests {
			if !slices.Contains(from, r.State) {
				return &StateError{r, from}
			}
			after := r
			if change != nil {
				if err := change(&after); err != nil {
					return err
				}
			}
			if err := d.turnTo(ctx, tx, after, refunds.Step{To: to}, w.Now); err != nil {
				return err
			}
			entries = append(entries, moved(r, to, w.Now, w.By, w.Note))
			after.State = to
			done = append(done, after)
		}
		_, err = d.append(ctx, tx, entries)
		return err
	})
	return done, err
}

// turnTo writes a person's step. It takes the request from a worker that has
// it but has not begun. Nobody has looked the payment up for it: the look at
// everything after a restore must still come to it.
func (d *DB) turnTo(ctx context.Context, tx *sqlx.Tx, r refunds.Request, step refunds.Step, now time.Time) error {
	row := settledRow(refunds.Settled{Request: r, Step: step, Now: now})
	row["looked_at"] = Time{}
	return d.change(ctx, tx, "settle_refund", row, "refund "+r.ID+", unchanged since it was read,")
}

func (d *DB) named(ctx context.Context, on runner, ids []string) ([]refunds.Request, error) {
	requests := make([]refunds.Request, 0, len(ids))
	for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
		var row refundRow
		err := d.one(ctx, on, &row, "refund_by_id", args{"id": id})
		if errors.Is(err, sql.ErrNoRows) {
			return nil, hinted(fmt.Errorf("refund %s: %w", id, ErrUnknownID), "daesa refunds list shows every id")
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
	if err := d.all(ctx, d.db, &rows, "attempts_of", args{"id": id}); err != nil {
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
	err := d.one(ctx, d.db, &row, "refund_by_id", args{"id": id})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, hinted(fmt.Errorf("refund %s: %w", id, ErrUnknownID), "daesa refunds list shows every id")
	}
	if err != nil {
		return nil, err
	}
	return d.claimed(ctx, d.db, row)
}

// ResolveRefund writes a person's word on a held request, with the payment as
// the provider showed it just now. An attempt that nobody answered counts as
// answered by that person.
func (d *DB) ResolveRefund(ctx context.Context, c *refunds.Claimed, step refunds.Step, p pay.Payment, evidence []pay.Evidence, by, note string, now time.Time) error {
	return d.write(ctx, func(tx *sqlx.Tx) error {
		if c.Request.State != refunds.HeldState {
			return &StateError{c.Request, []refunds.State{refunds.HeldState}}
		}
		s := refunds.Settled{Request: c.Request, Step: step, Payment: &p, Evidence: evidence, Now: now, Actor: by}
		if step.To == refunds.Requested { // the cancel that it stood on came to nothing
			s.Request.TransactionKey = ""
			if _, err := d.exec(ctx, tx, "unclaim", args{"id": c.Request.ID}); err != nil {
				return err
			}
		}
		if err := d.change(ctx, tx, "settle_refund", settledRow(s), "the held request, unchanged since it was read,"); err != nil {
			return err
		}
		if a := c.Attempt; a != nil && !a.Answered() {
			a.AnsweredAt, a.Code, a.Message = now, "RESOLVED_BY_A_PERSON", note
			if _, err := d.exec(ctx, tx, "update_attempt", newAttemptRow(c.Request.ID, *a)); err != nil {
				return err
			}
		}
		if err := d.saveSeen(ctx, tx, s); err != nil {
			return err
		}
		if step.To == refunds.Refused {
			if _, err := d.exec(ctx, tx, "hand_due", args{"id": c.Request.ID, "at": at(now)}); err != nil {
				return err
			}
		}
		_, err := d.append(ctx, tx, []Entry{moved(c.Request, step.To, now, by, note)})
		return err
	})
}

// LeaseOwners are the processes that hold requests now.
func (d *DB) LeaseOwners(ctx context.Context, now time.Time) ([]string, error) {
	var owners []string
	err := d.all(ctx, d.db, &owners, "lease_owners", args{"now": at(now)})
	return owners, err
}

// ReleaseOwner ends the leases of a process that is gone.
func (d *DB) ReleaseOwner(ctx context.Context, owner string, now time.Time) error {
	return d.write(ctx, func(tx *sqlx.Tx) error {
		_, err := d.exec(ctx, tx, "release_owner", args{"owner": owner, "now": at(now)})
		return err
	})
}

// NextDue is when the next request of a merchant can be claimed; zero: none.
func (d *DB) NextDue(ctx context.Context, c refunds.Choice) (time.Time, error) {
	var next struct {
		At Time `db:"at"`
	}
	err := d.one(ctx, d.db, &next, "next_due", args{"mid": c.MID, "now": at(c.Now), "send": flag(c.Send), "blocked": blocked(c.Blocked)})
	return next.At.Time, err
}

// CountStates counts requests by state.
func (d *DB) CountStates(ctx context.Context, mid string) (map[refunds.State]int64, error) {
	var rows []struct {
		State  string `db:"state"`
		Number int64  `db:"number"`
	}
	if err := d.all(ctx, d.db, &rows, "count_states", args{"mid": mid}); err != nil {
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
	err = d.one(ctx, d.db, &row, "payment_of", args{"mid": r.MID, "payment_key": r.PaymentKey})
	if errors.Is(err, sql.ErrNoRows) {
		return p, canceledAt, nil
	}
	if err != nil {
		return p, canceledAt, err
	}
	p = pay.Payment{MID: row.MID, PaymentKey: row.PaymentKey, OrderID: row.OrderID, Status: pay.PaymentStatus(row.Status), Method: pay.Method(row.Method),
		Behind: pay.Method(row.Behind), Provider: row.Provider, Currency: pay.Currency(row.Currency), TotalAmount: row.TotalAmount,
		BalanceAmount: row.BalanceAmount, ApprovedAt: row.ApprovedAt.Time, RequestedAt: row.RequestedAt.Time}
	var claim struct {
		At Time `db:"at"`
	}
	err = d.one(ctx, d.db, &claim, "claim_time", args{"mid": r.MID, "id": r.ID})
	return p, claim.At.Time, err
}
