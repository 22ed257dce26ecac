package refunds

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"daesa/pay"
)

// LeaseTime is how long a claimed request stays the worker's: longer than the
// longest call (65 s), a wait for the pace and some pause of the machine.
const LeaseTime = 3 * time.Minute

// Worker takes one request after the other as far as it goes. It keeps nothing
// in memory that the store does not know, so that it may be killed at any
// moment. Several may run at once, in one process or in many.
type Worker struct {
	MID               string
	Owner             string // this process
	Actor             string
	RunID             string
	SecretFingerprint string // of the secret key and address in use
	AccountDays       int    // virtual_account_cancel_days
	Budget            Budget
	Queue             Queue
	Provider          Provider
	Sealer            Sealer // nil: requests with an account cannot be sent
	Clock             func() time.Time
	// Freeze writes the bytes of a cancel; the same intent gives the same.
	Freeze func(pay.CancelIntent) ([]byte, error)
	// Another says of a MID whether it is another merchant's of the configuration;
	// nil: there is none.
	Another func(mid string) bool
	// Prover says whether a request is what somebody signed; nil: a typed name
	// approves.
	Prover *Prover

	decide func(Request, *Attempt, Answer, time.Time) Step // Next; tests break it
	key    func(id string, n int) string                   // AttemptKey
}

// Done is what one turn of a worker came to.
type Done struct {
	Request Request // as it was when it was claimed
	Is      State
	Why     string
	Sends   int
	TraceID string      // of the last answer that was an error, for Toss's support
	Limit   *LimitError // what kept it from being sent
	Key     bool        // the provider does not accept the secret key
	Braked  bool
	Unread  bool     // the provider could not be asked
	Altered []string // what of the row is not as the journal says, where it is held for that
	Broken  string
	// Unsigned says why it was not sent though it was approved: that is not signed.
	Unsigned Unsigned
}

// turn is one claimed request while the worker is at it.
type turn struct {
	*Worker
	c       *Claimed
	claimed Request // as its row was when it was claimed
	done    Done
	seen    []pay.Evidence // of the other payments of the order
}

// maxSends bounds the sends of one turn: more are left to the next.
const maxSends = 2

// Step claims one request and takes it as far as it goes now; nil where none
// is due. An error is a fault of the store or of ours; the lease brings the
// request back. Once something may have been sent, the end of ctx is not
// heeded until its outcome is written.
func (w *Worker) Step(ctx context.Context, choice Choice) (*Done, error) {
	now := w.Clock()
	choice.MID, choice.Owner, choice.Now, choice.Until = w.MID, w.Owner, now, now.Add(LeaseTime)
	claimed, err := w.Queue.Claim(ctx, choice)
	if claimed == nil || err != nil {
		return nil, err
	}
	claimed.Known = claimed.Known.Without(w.Another)
	t := &turn{Worker: w, c: claimed, claimed: claimed.Request, done: Done{Request: claimed.Request, Is: claimed.Request.State, Altered: claimed.Known.Altered}}
	if claimed.Request.State == StateSending {
		gone := claimed.Attempt.Gone()
		t.c.Attempt = &gone
		if err := t.settle(ctx, t.next(Answer{Gone: true}), nil, nil, &gone); err != nil {
			return &t.done, t.lost(err)
		}
	}
	err = t.look(ctx, choice.Send)
	return &t.done, t.lost(err)
}

// lost: another process has the request now, and does with it what is right.
func (t *turn) lost(err error) error {
	if errors.Is(err, ErrLost) {
		return nil
	}
	return err
}

func (t *turn) next(answer Answer) Step {
	answer.Known, answer.SecretFingerprint = t.c.Known, t.SecretFingerprint
	decide := t.decide
	if decide == nil {
		decide = Next
	}
	return decide(t.c.Request, t.c.Attempt, answer, t.Clock())
}

// look asks the provider, decides, and sends where that is the decision.
func (t *turn) look(ctx context.Context, maySend bool) error {
	for {
		if err := t.prove(ctx, maySend); err != nil {
			return err
		}
		p, evidence, err := t.Provider.Payment(ctx, t.c.Request.PaymentKey)
		if err != nil {
			return t.unseen(ctx, err)
		}
		if by := CancelBy(p, t.AccountDays, t.Clock()).By; !by.IsZero() {
			t.c.Request.CancelBy = by
		}
		step := t.next(Answer{Payment: &p})
		if step.Do == LookAll {
			known, seen, err := t.c.Known.LookBeside(ctx, t.MID, t.Provider.Payment)
			if err != nil {
				return t.unseen(ctx, err)
			}
			t.c.Known, t.seen = known, append(t.seen, seen...)
			step = t.next(Answer{Payment: &p})
		}
		sends := step.Do == Send || step.Do == SendAnew
		if !sends || !maySend || t.done.Sends >= maxSends {
			if sends {
				step.Do, step.Why, step.At = Rest, t.c.Request.ErrorCode, t.Clock().Add(backoff(5))
			}
			return t.settle(ctx, step, &p, []pay.Evidence{evidence}, nil)
		}
		again, err := t.send(ctx, step, p, evidence)
		if err != nil || !again {
			return err
		}
	}
}

// unseen: the provider did not say.
func (t *turn) unseen(ctx context.Context, err error) error {
	var failure *pay.Failure
	if !errors.As(err, &failure) || ctx.Err() != nil {
		return errors.Join(ctx.Err(), err)
	}
	t.done.Unread, t.done.Key = true, failure.Kind == pay.FailureKey
	return t.settle(ctx, t.next(Answer{Failure: failure}), nil, nil, nil)
}

// send commits the intent, sends once, and commits what came of it. again says
// that a look-up must follow at once.
func (t *turn) send(ctx context.Context, step Step, p pay.Payment, evidence pay.Evidence) (again bool, err error) {
	intent, attempt, err := t.intent(step, p)
	unsigned, sealed := t.unsealed(err)
	if err != nil && !sealed {
		return false, err
	}
	if step.Do == Send && !sealed {
		unsigned = t.signedBytes(attempt, intent.body, p)
	}
	if unsigned.Why != "" {
		return false, t.unapproved(ctx, unsigned, p, evidence)
	}
	now := t.Clock()
	begun := Begun{
		Request: t.c.Request, Attempt: attempt, New: step.Do == SendAnew, Why: step.Why, Budget: t.Budget, Owner: t.Owner,
		RunID: t.RunID, Actor: t.Actor, Now: now, Until: now.Add(LeaseTime),
	}
	begun.Attempt.LastSent, begun.Attempt.Sends = now, attempt.Sends+1
	begun.Attempt.AnsweredAt, begun.Attempt.Kind = time.Time{}, pay.FailureNoAnswer // until it is heard
	if begun.New {
		begun.Attempt.FirstSent = now
	}
	if err := t.Queue.Begin(ctx, begun); err != nil {
		return false, t.refused(ctx, err, p, evidence)
	}
	t.c.Request.State, t.c.Request.Version = StateSending, t.c.Request.Version+1
	t.c.Attempt = &begun.Attempt
	t.done.Sends++
	t.done.Is = StateSending
	ctx = context.WithoutCancel(ctx)
	after, shown, err := t.Provider.Cancel(ctx, intent.CancelIntent, intent.body, t.ready)
	return t.heard(ctx, after, shown, err)
}

// heard commits the answer to a cancel, or that there was none.
func (t *turn) heard(ctx context.Context, after pay.Payment, shown pay.Evidence, err error) (again bool, _ error) {
	var failure *pay.Failure
	if err != nil && !errors.As(err, &failure) {
		return false, err
	}
	attempt := t.c.Attempt.Heard(failure, t.Clock())
	t.c.Attempt, t.done.TraceID = &attempt, attempt.TraceID
	answer := Answer{Cancel: true, Failure: failure}
	var payment *pay.Payment
	var evidence []pay.Evidence
	if failure == nil {
		answer.Payment, payment, evidence = &after, &after, []pay.Evidence{shown}
	} else {
		t.done.Key = failure.Kind == pay.FailureKey
	}
	step := t.next(answer)
	err = t.settle(ctx, step, payment, evidence, &attempt)
	return step.Do == LookUp, err
}

// refused: the store does not let it be sent now. It stays what it was.
func (t *turn) refused(ctx context.Context, err error, p pay.Payment, evidence pay.Evidence) error {
	step := Step{To: t.c.Request.State, Why: WhyOverLimit}
	now := t.Clock()
	switch {
	case errors.Is(err, ErrBraked):
		t.done.Braked = true
		step.Why, step.At = t.c.Request.ErrorCode, now
	case errors.Is(err, ErrBusy):
		step.Why, step.At = WhyInFlight, now.Add(Spacing)
	case errors.As(err, &t.done.Limit):
		step.At = now // the next run has limits of its own
		if t.done.Limit.Limit == "max_single" {
			step.At = now.Add(newKeyAfter)
		}
	default:
		return err
	}
	return t.settle(ctx, step, &p, []pay.Evidence{evidence}, nil)
}

func (t *turn) settle(ctx context.Context, step Step, p *pay.Payment, evidence []pay.Evidence, attempt *Attempt) error {
	now := t.Clock()
	if step.To == StateRequested && t.c.Known.AccountFingerprint != "" && (t.c.Request.AccountFingerprint != "" || t.c.Request.State == StateNeedsAccount) {
		// The next word covers the account as it is stored now; else it would be
		// void again, and again.
		t.c.Request.AccountFingerprint = t.c.Known.AccountFingerprint
	}
	s := Settled{
		Request: t.c.Request, Step: step, Attempt: attempt, Payment: t.kept(step, p), Evidence: append(evidence, t.seen...),
		Keep: step.Do == LookUp, RunID: t.RunID, Actor: t.Actor, Now: now, Until: now.Add(LeaseTime),
	}
	if err := t.Queue.Settle(ctx, s); err != nil {
		return err
	}
	t.seen = nil
	t.c.Request.State, t.c.Request.ErrorCode = step.To, step.Why
	t.c.Request.Version++
	t.done.Is, t.done.Why = step.To, step.Why
	t.done.Broken = cmp.Or(t.done.Broken, step.Broken)
	return nil
}

func (t *turn) kept(step Step, p *pay.Payment) *pay.Payment {
	if p == nil {
		return nil
	}
	return Kept(t.c.Request, step, *p)
}

// frozen is an intent and the bytes that were frozen for it.
type frozen struct {
	pay.CancelIntent
	body []byte
}

// intent gives what is sent: the attempt that stands, or a new one. Its bytes
// are frozen here, and sealed for the store where they hold an account.
func (t *turn) intent(step Step, p pay.Payment) (frozen, Attempt, error) {
	r := t.c.Request
	if step.Do == Send {
		a := *t.c.Attempt
		body, err := t.opened(a)
		a.SecretFingerprint = t.SecretFingerprint
		intent := pay.CancelIntent{PaymentKey: r.PaymentKey, IdempotencyKey: a.Key}
		if a.Sealed && err == nil {
			intent.Account, _ = t.account() // only so that no error repeats it
		}
		return frozen{intent, body}, a, err
	}
	a := Attempt{N: r.Attempts + 1, Guard: step.Guard, SecretFingerprint: t.SecretFingerprint}
	key := t.key
	if key == nil {
		key = AttemptKey
	}
	a.Key = key(r.ID, a.N)
	if t.c.Attempt != nil {
		a.Unanswered = t.c.Attempt.Unanswered && step.Why == WhyNewAttempt
	}
	intent := t.cancel(a, p)
	var err error
	if r.AccountFingerprint != "" && needsAccount(p) {
		if intent.Account, err = t.account(); err != nil {
			return frozen{}, a, err
		}
	}
	body, err := t.Freeze(intent)
	if err != nil {
		return frozen{}, a, fmt.Errorf("refund %s: %w", r.ID, err)
	}
	a.Body = body
	if intent.Account != nil {
		a.Sealed = true
		if a.Body, err = t.Sealer.Seal(body, BodyPlace(a.Key)); err != nil {
			return frozen{}, a, fmt.Errorf("refund %s: %w", r.ID, err)
		}
	}
	return frozen{intent, body}, a, nil
}

// opened gives the bytes that were frozen.
func (t *turn) opened(a Attempt) ([]byte, error) {
	if !a.Sealed {
		return a.Body, nil
	}
	if t.Sealer == nil {
		return nil, errNoKey(t.c.Request.ID)
	}
	body, err := t.Sealer.Open(a.Body, BodyPlace(a.Key))
	if err != nil {
		return nil, fmt.Errorf("refund %s: its frozen bytes: %w", t.c.Request.ID, errors.Join(errSealed, err))
	}
	return body, nil
}

// BodyPlace binds sealed bytes to the one attempt that they belong to.
func BodyPlace(key string) []byte { return []byte("refund attempt " + key) }

// AccountPlace binds a sealed refund account to its order and to the version
// that an approval covers.
func AccountPlace(mid, orderID, print string) []byte {
	return []byte("refund account " + mid + " " + orderID + " " + print)
}

// sealedAccount is a refund account as it is sealed.
type sealedAccount struct {
	Bank   string `json:"bank"`
	Number string `json:"account_number"`
	Holder string `json:"holder_name"`
}

// SealAccount seals a refund account for its place.
func SealAccount(sealer Sealer, account pay.RefundAccount, place []byte) ([]byte, error) {
	plain, err := json.Marshal(sealedAccount{account.Bank, account.Number.Reveal(), account.Holder.Reveal()})
	if err != nil {
		return nil, fmt.Errorf("a refund account cannot be written")
	}
	return sealer.Seal(plain, place)
}

// OpenAccount opens what SealAccount sealed.
func OpenAccount(sealer Sealer, sealed, place []byte) (pay.RefundAccount, error) {
	plain, err := sealer.Open(sealed, place)
	if err != nil {
		return pay.RefundAccount{}, err
	}
	var a sealedAccount
	if json.Unmarshal(plain, &a) != nil {
		return pay.RefundAccount{}, errors.New("a sealed refund account cannot be read")
	}
	return pay.RefundAccount{Bank: a.Bank, Number: pay.Private(a.Number), Holder: pay.Private(a.Holder)}, nil
}

func (t *turn) account() (*pay.RefundAccount, error) {
	r := t.c.Request
	if t.Sealer == nil {
		return nil, errNoKey(r.ID)
	}
	account, err := OpenAccount(t.Sealer, t.c.Account, AccountPlace(r.MID, r.OrderID, r.AccountFingerprint))
	if err != nil {
		return nil, fmt.Errorf("refund %s: its account: %w", r.ID, errors.Join(errSealed, err))
	}
	return &account, nil
}

// errSealed: what is sealed does not open.
var errSealed = errors.New("what is sealed does not open")

type keyError struct{ id string }

func (e *keyError) Error() string {
	return fmt.Sprintf("refund %s needs a refund account, and there is no account key to open it", e.id)
}

// Hint says where the key comes from.
func (e *keyError) Hint() string {
	return "set accounts.key_file or accounts.key_env to the key with which the accounts were sealed"
}

func errNoKey(id string) error { return &keyError{id} }
