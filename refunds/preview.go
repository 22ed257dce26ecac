package refunds

import (
	"context"
	"errors"
	"time"

	"daesa/pay"
)

// Preview says what the worker would decide about a claimed request now. It
// looks the payment up and writes nothing.
func Preview(ctx context.Context, c Claimed, provider interface {
	Payment(ctx context.Context, paymentKey string) (pay.Payment, pay.Evidence, error)
}, accountDays int, secretFingerprint string, now time.Time) Step {
	answer := Answer{Known: c.Known, SecretFingerprint: secretFingerprint}
	p, _, err := provider.Payment(ctx, c.Request.PaymentKey)
	var failure *pay.Failure
	switch {
	case err == nil:
		answer.Payment = &p
		if by := CancelBy(p, accountDays, now).By; !by.IsZero() {
			c.Request.CancelBy = by
		}
	case errors.As(err, &failure):
		answer.Failure = failure
	default:
		return Step{To: c.Request.State, Why: WhyUnreachable}
	}
	return Next(c.Request, c.Attempt, answer, now)
}
