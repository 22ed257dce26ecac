package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"daesa/internal/database"
	"daesa/pay"
	"daesa/refunds"
)

// Claim takes the most urgent due request for a worker: first what must be
// settled, then what may be sent, then what is only followed.
func (d *DB) Claim(ctx context.Context, c refunds.Choice) (*refunds.Claimed, error) {
	if err := d.db.Prepare(ctx); err != nil {
		return nil, err
	}
	var row refundRow
	err := d.db.OneUnwaited(ctx, &row, "claim", args{"mid": c.MID, "owner": c.Owner, "now": at(c.Now), "until": at(c.Until), "send": flag(c.Send),
		"blocked": listed(c.Blocked), "spaced": at(c.Now.Add(-refunds.Spacing)), "every": flag(!c.Every.IsZero()), "since": at(c.Every), "fence": c.Now.UnixMicro()})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	// What is read now, with the lease in hand, is at least as fresh.
	return d.claimed(ctx, d.db.Pool(), row)
}

// listed writes words so that SQL can look one up in them.
func listed[S ~string](words []S) string {
	text := ","
	for _, word := range words {
		text += string(word) + ","
	}
	return text
}

// claimed gathers what the store knows about a request.
func (d *DB) claimed(ctx context.Context, on runner, row refundRow) (*refunds.Claimed, error) {
	c := &refunds.Claimed{Request: row.request()}
	asked := askedRows{key: askedKey(row)}
	var attempts []attemptRow
	var entries []Entry
	batch := database.NewBatch(d.db, "what is known of a refund")
	asked.read(batch)
	if row.Attempts > 0 {
		batch.All(&attempts, "attempts_of", args{"id": row.ID})
	}
	batch.All(&entries, "journal_of", args{"subject": "refund:" + row.ID})
	err := batch.Run(ctx, on)
	if err == nil {
		c.Known, c.Account, err = d.knownOf(ctx, on, row, asked)
	}
	if err != nil {
		return nil, err
	}
	if len(attempts) > 0 {
		a := attempts[len(attempts)-1].attempt()
		c.Attempt = &a
	}
	c.Known.Altered = checkRefund(row, attempts, entries).Differ
	return c, nil
}

func askedKey(row refundRow) args {
	return args{"mid": row.MID, "payment_key": row.PaymentKey, "order_id": row.OrderID}
}

func (d *DB) known(ctx context.Context, on runner, row refundRow) (known refunds.Known, sealed []byte, err error) {
	asked := askedRows{key: askedKey(row)}
	batch := database.NewBatch(d.db, "what is known of a refund")
	asked.read(batch)
	if err := batch.Run(ctx, on); err != nil {
		return known, nil, err
	}
	return d.knownOf(ctx, on, row, asked)
}

func (d *DB) knownOf(ctx context.Context, on runner, row refundRow, asked askedRows) (known refunds.Known, sealed []byte, err error) {
	known, err = d.askedBy(ctx, on, asked, row.ID)
	if err == nil && row.BreakID != "" {
		if err = d.db.One(ctx, on, &known.Kind, "break_kind", args{"id": row.BreakID}); errors.Is(err, sql.ErrNoRows) {
			err = nil // then it is owed as a proposal of the night is
		}
	}
	if err != nil || !row.request().UsesAccount() {
		return known, nil, err
	}
	account, err := d.account(ctx, on, row.MID, row.PaymentKey)
	known.AccountFingerprint = account.Print
	return known, account.Sealed, err
}

// Ready refuses a send whose lease was lost, or while the brake is on. It
// writes nothing.
func (d *DB) Ready(ctx context.Context, id string, version int64) error {
	var now struct {
		Mine   int64 `db:"mine"`
		Braked int64 `db:"braked"`
	}
	if err := d.db.One(ctx, d.db.Pool(), &now, "refund_ready", args{"id": id, "version": version}); err != nil {
		return err
	}
	return refunds.MaySend(now.Mine > 0, now.Braked > 0)
}

// Begin commits the intent of a send.
func (d *DB) Begin(ctx context.Context, b refunds.Begun) error {
	err := d.db.WriteQueued(ctx, func(tx *sqlx.Tx) error {
		r, row := b.Request, newAttemptRow(b.Request.ID, b.Attempt)
		payment := args{"payment_key": r.PaymentKey}
		locked := database.NewBatch(d.db, "begin a send")
		lockPaymentIn(locked, r.PaymentKey)
		followed, err := d.moveBehind(ctx, tx, locked, moving{r, refunds.StateSending, b.Actor, b.RunID, b.Now}, "begin_send", args{"id": r.ID, "version": r.Version,
			"owner": b.Owner, "until": at(b.Until), "n": row.N, "idempotency_key": row.Key, "now": at(b.Now), "payment_key": r.PaymentKey,
			"spaced": at(b.Now.Add(-refunds.Spacing)), "state": string(refunds.StateSending)})
		if errors.Is(err, refunds.ErrLost) {
			err = d.mayNotBegin(ctx, tx, payment, b.Now)
		}
		if err != nil {
			return err
		}
		name := "update_attempt"
		if b.New {
			name = "insert_attempt"
		}
		written := database.NewBatch(d.db, "write the attempt")
		written.Exec(name, row, oneRow(name, "the attempt"))
		seen, last := &seenRefund{id: r.ID}, &reserved{}
		seen.read(written)
		// The journal and the limits are everybody's: one queue, at the end.
		last.read(written, b)
		if err := written.Run(ctx, tx); err != nil {
			return err
		}
		if err := last.allows(b); err != nil {
			return err
		}
		entries, err := d.witnessBy(ctx, tx, append([]Entry{entry(b.Now, b.Actor, b.RunID, "refund:"+r.ID, "refund.sending", b.Why, map[string]any{
			"from": r.State, "attempt": row.N, "send": row.Sends, "idempotency_key": row.Key, "guard": row.Guard,
			"body_sha256": row.BodySHA256, "secret_print": row.SecretFingerprint, "amount": r.Amount, "currency": r.Currency})}, followed...), seen)
		if err != nil {
			return err
		}
		head, err := last.head()
		if err == nil {
			err = d.appendLast(ctx, tx, head, entries)
		}
		return err
	})
	if database.Unique(err) {
		return refunds.ErrBusy
	}
	return err
}

// lockPayment keeps every other writer of a payment away until the end of the
// transaction, whatever MID they know it under; also where nobody has looked it
// up yet.
func (d *DB) lockPayment(ctx context.Context, tx *sqlx.Tx, paymentKey string) error {
	batch := database.NewBatch(d.db, "lock a payment")
	lockPaymentIn(batch, paymentKey)
	return batch.Run(ctx, tx)
}

func lockPaymentIn(batch *database.Batch, paymentKey string) {
	key := args{"payment_key": paymentKey}
	batch.Exec("lock_payment_key", key, nil)
	batch.Exec("lock_payment", key, nil)
}

// change runs a statement that must change one row.
func (d *DB) change(ctx context.Context, on runner, name string, with any, what string) error {
	changed, err := d.db.Exec(ctx, on, name, with)
	if err == nil {
		err = oneRow(name, what)(changed)
	}
	return err
}

// oneRow judges a statement that must change one row.
func oneRow(name, what string) func(changed int64) error {
	return func(changed int64) error {
		if changed != 1 {
			return fmt.Errorf("database: %s: %s is not there", name, what)
		}
		return nil
	}
}

// mayNotBegin says why a send was not begun.
func (d *DB) mayNotBegin(ctx context.Context, tx *sqlx.Tx, payment args, now time.Time) error {
	var why struct {
		LastSent Time  `db:"last_sent"`
		Braked   int64 `db:"braked"`
	}
	if err := d.db.One(ctx, tx, &why, "may_begin", payment); err != nil {
		return err
	}
	return refunds.NotBegun(why.Braked > 0, why.LastSent.Time, now)
}

// reserved is a first send, counted against the run's and the day's limits under
// the journal's lock.
type reserved struct {
	heads []journalHead
	taken []limitRow
}

// read locks the journal, and counts.
func (l *reserved) read(batch *database.Batch, b refunds.Begun) {
	batch.All(&l.heads, "journal_lock", nil)
	if r := b.Request; r.State.TakesOfLimits() {
		batch.All(&l.taken, "reserve", args{"run": runScope(b.RunID), "day": dayScope(b.Now), "currency": string(r.Currency), "amount": r.Amount})
	}
}

// head is that of the locked journal.
func (l *reserved) head() (journalHead, error) {
	if len(l.heads) != 1 {
		return journalHead{}, errors.New("database: the journal has no head")
	}
	return l.heads[0], nil
}

// allows says whether the send keeps within the limits.
func (l *reserved) allows(b refunds.Begun) error {
	r, day := b.Request, dayScope(b.Now)
	if !r.State.TakesOfLimits() {
		return nil
	}
	var spent refunds.Spending
	for _, each := range l.taken {
		number, amount := &spent.RunCount, &spent.RunAmount
		if each.Scope == day {
			number, amount = &spent.DayCount, &spent.DayAmount
		}
		if each.Currency == "" { // of all currencies
			*number = each.Number
		} else {
			*amount = each.Amount
		}
	}
	return b.Budget.Allows(r, spent)
}

func runScope(runID string) string  { return "run:" + runID }
func dayScope(now time.Time) string { return "day:" + string(pay.DayOf(now)) }

// giveBack undoes a reservation under the journal's lock: the send is proved not
// to have left.
func (d *DB) giveBack(ctx context.Context, tx *sqlx.Tx, s refunds.Settled) error {
	for _, scope := range []string{dayScope(s.Attempt.LastSent), runScope(s.RunID)} {
		if _, err := d.db.Exec(ctx, tx, "give_back", args{"scope": scope, "currency": "", "amount": 0}); err != nil {
			return err
		}
		if _, err := d.db.Exec(ctx, tx, "give_back", args{"scope": scope, "currency": string(s.Request.Currency), "amount": s.Request.Amount}); err != nil {
			return err
		}
	}
	return nil
}

// Settle commits a step with what was learned: the state, the attempt's answer,
// the payment as it was seen, the cancel that is claimed, and the journal.
func (d *DB) Settle(ctx context.Context, s refunds.Settled) error {
	err := d.db.WriteQueued(ctx, func(tx *sqlx.Tx) error {
		silent := s.Step.To == s.Request.State && s.Attempt == nil
		seen, last := &seenRefund{id: s.Request.ID}, &reserved{}
		followed, err := d.settleWith(ctx, tx, s, func(batch *database.Batch, followed []Entry) {
			if silent {
				return
			}
			seen.read(batch)
			if len(followed) == 0 && !s.Step.To.ByHand() { // nothing is locked after it
				batch.All(&last.heads, "journal_lock", nil)
			}
		})
		if err != nil || silent {
			return err
		}
		entries, err := d.witnessBy(ctx, tx, append([]Entry{settledEntry(s)}, followed...), seen)
		if err != nil {
			return err
		}
		head, err := last.head()
		if last.heads == nil {
			head, err = d.lockJournal(ctx, tx)
		}
		if err != nil {
			return err
		}
		if refunds.GivesLimitsBack(s.Request.State, s.Step.To) {
			if err := d.giveBack(ctx, tx, s); err != nil {
				return err
			}
		}
		return d.appendLast(ctx, tx, head, entries)
	})
	if database.Unique(err) {
		return fmt.Errorf("refund %s: %w", s.Request.ID, errors.Join(refunds.ErrBusy, err))
	}
	return err
}

// settle writes a step, all but what is everybody's: limits and journal. It gives
// what the journal keeps of the break that waited for the request.
func (d *DB) settle(ctx context.Context, tx *sqlx.Tx, s refunds.Settled) ([]Entry, error) {
	return d.settleWith(ctx, tx, s, func(*database.Batch, []Entry) {})
}

// settleWith is settle; more adds what is to be done after it in the same trip.
func (d *DB) settleWith(ctx context.Context, tx *sqlx.Tx, s refunds.Settled, more func(batch *database.Batch, followed []Entry)) ([]Entry, error) {
	batch, claim := database.NewBatch(d.db, "settle a refund"), claimOf(s)
	claim.read(batch)
	followed, err := d.moveBehind(ctx, tx, batch, moving{s.Request, s.Step.To, s.Actor, s.RunID, s.Now}, "settle_refund", settledRow(s.After(), s.Now))
	if err == nil {
		err = claim.free()
	}
	if err != nil {
		return nil, err
	}
	batch = database.NewBatch(d.db, "keep an outcome")
	if s.Attempt != nil {
		batch.Exec("update_attempt", newAttemptRow(s.Request.ID, *s.Attempt), oneRow("update_attempt", "the attempt"))
	}
	saveSeenIn(batch, s, claim)
	more(batch, followed)
	if err := batch.Run(ctx, tx); err != nil {
		return nil, err
	}
	return followed, claim.held()
}

// saveSeen keeps the payment as it was seen, and the claim on a cancel of it.
func (d *DB) saveSeen(ctx context.Context, tx *sqlx.Tx, s refunds.Settled) error {
	batch, claim := database.NewBatch(d.db, "look at a claim"), claimOf(s)
	claim.read(batch)
	err := batch.Run(ctx, tx)
	if err == nil {
		err = claim.free()
	}
	if err != nil {
		return err
	}
	batch = database.NewBatch(d.db, "keep a look-up")
	saveSeenIn(batch, s, claim)
	if err := batch.Run(ctx, tx); err != nil {
		return err
	}
	return claim.held()
}

func saveSeenIn(batch *database.Batch, s refunds.Settled, claim *claim) {
	if s.Payment == nil { // another merchant's is not ours to keep; what was decided on is
		savePagesIn(batch, s.Request.MID, s.RunID, s.Evidence)
		return
	}
	savePaymentIn(batch, *s.Payment, claim, s.Evidence, s.RunID, s.Now)
}

// savePayment keeps a payment as it was seen, outside of any run.
func (d *DB) savePayment(ctx context.Context, tx *sqlx.Tx, p pay.Payment, evidence []pay.Evidence, now time.Time) error {
	batch := database.NewBatch(d.db, "keep a payment")
	savePaymentIn(batch, p, nil, evidence, "", now)
	return batch.Run(ctx, tx)
}

// claim is a cancel of a payment that a request claims as its doing; nil: none is.
type claim struct {
	paymentKey, transactionKey, by string
	others                         []struct {
		Number int64 `db:"number"`
	}
	written bool
}

func claimOf(s refunds.Settled) *claim {
	if s.Step.Claim == nil || s.Payment == nil {
		return nil
	}
	return &claim{paymentKey: s.Payment.PaymentKey, transactionKey: s.Step.Claim.TransactionKey, by: s.Request.ID}
}

// read counts the other requests that claim the cancel.
func (c *claim) read(batch *database.Batch) {
	if c != nil {
		batch.All(&c.others, "claimed_by_another", args{"payment_key": c.paymentKey, "transaction_key": c.transactionKey, "claimed_by": c.by})
	}
}

// free is an error where another request claims the cancel.
func (c *claim) free() error {
	if c != nil {
		for _, others := range c.others {
			if others.Number > 0 {
				return c.lost()
			}
		}
	}
	return nil
}

// held is an error where the claim was not written: the cancel is not among the
// payment's, or is another request's.
func (c *claim) held() error {
	if c != nil && !c.written {
		return c.lost()
	}
	return nil
}

func (c *claim) lost() error {
	return fmt.Errorf("database: payment %s: a cancel that a request claims is not there, or another's; nothing was written", c.paymentKey)
}

// of says who claims a cancel of the payment, "" for nobody.
func (c *claim) of(transactionKey string) string {
	if c == nil || c.transactionKey != transactionKey {
		return ""
	}
	return c.by
}

// savePaymentIn keeps a payment as it was seen, with the claim on a cancel of it.
func savePaymentIn(batch *database.Batch, p pay.Payment, claim *claim, evidence []pay.Evidence, runID string, now time.Time) {
	batch.Exec("upsert_payment", newPaymentRow(p, now), nil)
	for _, cancel := range p.Cancels {
		by := claim.of(cancel.TransactionKey)
		row := cancelRow{
			MID: p.MID, PaymentKey: p.PaymentKey, TransactionKey: cancel.TransactionKey, Amount: cancel.Amount,
			Status: string(cancel.Status), CanceledAt: at(cancel.CanceledAt), Marker: pay.Marker(cancel.Reason), ClaimedBy: by,
			TaxFree: &cancel.TaxFreeAmount,
		}
		batch.Exec("upsert_cancel", row, func(changed int64) error {
			if by != "" && changed > 0 {
				claim.written = true
			}
			return nil
		})
	}
	savePagesIn(batch, p.MID, runID, evidence)
}

func savePagesIn(batch *database.Batch, mid, runID string, evidence []pay.Evidence) {
	for _, page := range evidence {
		batch.Exec("upsert_page", newPageRow(mid, runID, page), nil)
	}
}

// settledRow is a request as a step leaves it; looked is zero where nobody has
// looked its payment up.
func settledRow(a refunds.After, looked time.Time) args {
	return args{
		"id": a.ID, "version": a.Version, "state": string(a.State), "owner": a.LeaseOwner, "until": at(a.LeaseUntil), "next_at": at(a.NextAt),
		"cancel_by": at(a.CancelBy), "error_code": a.ErrorCode, "error_message": plain(a.ErrorMessage), "transaction_key": a.TransactionKey,
		"in_progress": flag(a.InProgress), "looked_at": at(looked), "finished_at": at(a.FinishedAt), "planned_foreign": a.PlannedForeign,
		"approval": a.Approval, "approved_by": a.ApprovedBy, "approved_at": at(a.ApprovedAt), "account_print": a.AccountFingerprint,
		"sent_at": at(a.SentAt), "strangers": a.Strangers,
	}
}

func settledEntry(s refunds.Settled) Entry {
	action := "refund." + string(s.Step.To)
	if s.Step.To == s.Request.State {
		action = "refund.answered"
	}
	facts := map[string]any{"from": s.Request.State, "mid": s.Request.MID, "order_id": s.Request.OrderID, "amount": s.Request.Amount, "currency": s.Request.Currency}
	if a := s.Attempt; a != nil {
		facts["attempt"], facts["send"], facts["http_status"], facts["code"], facts["trace_id"] = a.N, a.Sends, a.HTTPStatus, a.Code, a.TraceID
	}
	if s.Step.Claim != nil {
		facts["transaction_key"] = s.Step.Claim.TransactionKey
	}
	return entry(s.Now, s.Actor, s.RunID, "refund:"+s.Request.ID, action, s.Step.Why, facts)
}

// attemptRow is an attempt as the table holds it.
type attemptRow struct {
	RefundID          string `db:"refund_id"`
	N                 int    `db:"n"`
	Key               string `db:"idempotency_key"`
	Body              []byte `db:"body"`
	Sealed            int64  `db:"sealed"`
	BodySHA256        string `db:"body_sha256"`
	Guard             int64  `db:"guard"`
	SecretFingerprint string `db:"secret_print"`
	FirstSent         Time   `db:"first_sent"`
	LastSent          Time   `db:"last_sent"`
	Sends             int    `db:"sends"`
	Unanswered        int64  `db:"unanswered"`
	Answers           int    `db:"answers"`
	AnsweredAt        Time   `db:"answered_at"`
	Kind              string `db:"kind"`
	HTTPStatus        int    `db:"http_status"`
	Code              string `db:"code"`
	Message           string `db:"message"`
	TraceID           string `db:"trace_id"`
	Answer            string `db:"answer"`
}

func newAttemptRow(id string, a refunds.Attempt) attemptRow {
	sum := sha256.Sum256(a.Body)
	return attemptRow{
		RefundID: id, N: a.N, Key: a.Key, Body: a.Body, Sealed: flag(a.Sealed), BodySHA256: hex.EncodeToString(sum[:]),
		Guard: a.Guard, SecretFingerprint: a.SecretFingerprint, FirstSent: at(a.FirstSent), LastSent: at(a.LastSent), Sends: a.Sends,
		Unanswered: flag(a.Unanswered), Answers: a.Answers, AnsweredAt: at(a.AnsweredAt), Kind: string(a.Kind),
		HTTPStatus: a.HTTPStatus, Code: plain(a.Code), Message: plain(a.Message), TraceID: plain(a.TraceID),
		Answer: plain(a.Answer),
	}
}

func (r attemptRow) attempt() refunds.Attempt {
	return refunds.Attempt{
		N: r.N, Key: r.Key, Body: r.Body, Sealed: r.Sealed != 0, Guard: r.Guard, SecretFingerprint: r.SecretFingerprint,
		FirstSent: r.FirstSent.Time, LastSent: r.LastSent.Time, Sends: r.Sends, Unanswered: r.Unanswered != 0,
		Answers: r.Answers, AnsweredAt: r.AnsweredAt.Time, Kind: pay.FailureKind(r.Kind), HTTPStatus: r.HTTPStatus,
		Code: r.Code, Message: r.Message, TraceID: r.TraceID, Answer: r.Answer,
	}
}
