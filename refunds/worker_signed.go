package refunds

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"daesa/pay"
)

// unsignedError keeps a send from leaving: somebody changed the request, or a key
// was revoked, after its intent was committed.
type unsignedError struct{ Unsigned }

// Error says why.
func (e *unsignedError) Error() string { return "not sent: " + e.Said }

// prove notes whether the request is what somebody signed, where approvals are
// signed and it could be sent now.
func (t *turn) prove(ctx context.Context, maySend bool) (err error) {
	if t.Prover == nil || !maySend || !t.c.Request.State.in("sendable") && !t.c.Request.State.in("unanswered") {
		return nil
	}
	t.c.Known.Unsigned, err = t.Prover.Unsigned(ctx, t.claimed)
	t.done.Unsigned = t.c.Known.Unsigned
	return err
}

// ready is asked directly before the first byte of a send: whether it is still the
// worker's to send, and still signed.
func (t *turn) ready(ctx context.Context) error {
	if err := t.Queue.Ready(ctx, t.c.Request.ID, t.c.Request.Version); err != nil || t.Prover == nil {
		return err
	}
	unsigned, err := t.Prover.Unsigned(ctx, t.claimed)
	if err == nil && unsigned.Why != "" {
		err = &unsignedError{unsigned}
	}
	return err
}

// signedBytes says whether the frozen bytes of an attempt say what was signed,
// under the key that follows from the request: an attempt is a row too. Sealed ones
// open only with a key that is not in the database, and only where they were
// sealed.
func (t *turn) signedBytes(a Attempt, body []byte, p pay.Payment) Unsigned {
	r := t.c.Request
	if t.Prover == nil {
		return Unsigned{}
	}
	key := t.key
	if key == nil {
		key = AttemptKey
	}
	if a.N != r.Attempts || a.Key != key(r.ID, a.N) {
		return Unsigned{WhySignedOtherwise, "its key is not the one of its attempt"}
	}
	if a.Sealed {
		return Unsigned{}
	}
	if again, err := t.Freeze(t.cancel(a, p)); err != nil || !bytes.Equal(again, body) {
		return Unsigned{WhySignedOtherwise, "what would be sent is not what was signed"}
	}
	return Unsigned{}
}

// unsealed is why a request cannot be sent as it was signed where what is sealed of it
// does not open: somebody changed it. It is no fault of the run, and stops that
// request alone. That there is no key to open it with is one.
func (t *turn) unsealed(err error) (Unsigned, bool) {
	var missing *keyError
	if t.Prover == nil || !errors.Is(err, errSealed) || errors.As(err, &missing) {
		return Unsigned{}, false
	}
	return Unsigned{WhySignedOtherwise, "what is sealed of it was changed, and does not open"}, true
}

// unapproved settles a request that cannot be sent as it was signed.
func (t *turn) unapproved(ctx context.Context, unsigned Unsigned, p pay.Payment, evidence pay.Evidence) error {
	t.c.Known.Unsigned, t.done.Unsigned = unsigned, unsigned
	step := t.next(Answer{Payment: &p})
	if step.Do == Send || step.Do == SendAnew {
		return fmt.Errorf("refund %s: %s, and it would be sent", t.c.Request.ID, unsigned.Said)
	}
	return t.settle(ctx, step, &p, []pay.Evidence{evidence}, nil)
}

// cancel is what a cancel of the request says, but for an account.
func (t *turn) cancel(a Attempt, p pay.Payment) pay.CancelIntent {
	r := t.c.Request
	intent := pay.CancelIntent{
		PaymentKey: r.PaymentKey, Amount: r.Amount, Currency: r.Currency, TaxFreeAmount: r.TaxFreeAmount,
		Reason: pay.WithMarker(r.Reason, r.ID), RefundableAmount: a.Guard, IdempotencyKey: a.Key,
	}
	if p.Method == pay.ForeignEasyPay && !payPal(p) {
		intent.RequestID = r.ID // asynchronous foreign cancels need one
	}
	return intent
}
