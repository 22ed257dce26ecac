package jobs_test

import (
	"context"
	"strings"
	"testing"

	"daesa/pay"
	"daesa/toss"
)

// clumsy is a provider whose answer makes a worker panic.
type clumsy struct{ *toss.Client }

func (clumsy) Payment(context.Context, string) (pay.Payment, pay.Evidence, error) {
	panic("an answer that nobody has thought of")
}

func (c clumsy) PaymentByOrder(ctx context.Context, _ string) (pay.Payment, pay.Evidence, error) {
	return c.Payment(ctx, "")
}

// TestAPanicOfAWorkerFailsItsNightAndNothingElse: the process goes on, and so
// does the night when it is run again.
func TestAPanicOfAWorkerFailsItsNightAndNothingElse(t *testing.T) {
	t.Parallel()
	w := oneDay(t)
	n := w.nightly()
	n.Provider = clumsy{w.client}
	_, err := n.Run(t.Context(), last, morning(last))
	if err == nil || !strings.Contains(err.Error(), "an answer that nobody has thought of") || !strings.Contains(err.Error(), "workers_test.go") {
		t.Fatalf("%v", err)
	}
	provesItself(t, w.night(last))
}
