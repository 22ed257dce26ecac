package refunds_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"daesa/refunds"
	"daesa/sandbox"
)

func TestARefundIsSentOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-22 10:00:00")
	key := w.paid(sandbox.NewPayment{Amount: 10000})
	r := w.asked(key, 0, "r1")
	w.run(w.worker())
	w.run(w.worker())
	if got := w.request(r.ID); got.State != refunds.StateSucceeded || got.TransactionKey == "" || got.Attempts != 1 {
		t.Errorf("ended as %+v", got)
	}
	if sum, n := w.canceled(key); sum != 10000 || n != 1 || len(w.sent) != 1 {
		t.Errorf("Toss cancelled %d in %d cancels, after %d sends", sum, n, len(w.sent))
	}
}

// Without its tax-free part Toss would take all of it from the taxable one.
func TestACancelSaysHowMuchOfItIsTaxFree(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-22 10:00:00")
	key := w.paid(sandbox.NewPayment{Amount: 30000, TaxFree: 10000})
	w.asked(key, 9000, "r1", func(r *refunds.Request) { r.TaxFreeAmount = 4000 })
	w.run(w.worker())
	p, _, err := w.client.Payment(t.Context(), key)
	if err != nil || p.BalanceAmount != 21000 || p.TaxFreeAmount != 6000 {
		t.Errorf("left are %d, of them %d tax-free, %v", p.BalanceAmount, p.TaxFreeAmount, err)
	}
}

func TestALostAnswerIsFoundByLookUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-22 10:00:00")
	key := w.paid(sandbox.NewPayment{Amount: 10000})
	r := w.asked(key, 3000, "r1")
	w.fault = func(*http.Request) fault { return fault{after: errors.New("connection reset")} }
	w.run(w.worker())
	if got := w.request(r.ID); got.State != refunds.StateUnknown {
		t.Fatalf("after a lost answer it is %s", got.State)
	}
	w.now = w.now.Add(time.Minute)
	w.run(w.worker())
	if got := w.request(r.ID); got.State != refunds.StateSucceeded {
		t.Errorf("ended as %+v", got)
	}
	if sum, n := w.canceled(key); sum != 3000 || n != 1 || len(w.sent) != 1 {
		t.Errorf("Toss cancelled %d in %d cancels, after %d sends", sum, n, len(w.sent))
	}
}

func TestALostRequestIsSentAgainUnderTheSameKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-22 10:00:00")
	key := w.paid(sandbox.NewPayment{Amount: 10000})
	r := w.asked(key, 3000, "r1")
	w.fault = func(*http.Request) fault { return fault{lost: true} }
	w.run(w.worker())
	w.fault, w.now = nil, w.now.Add(time.Minute)
	w.run(w.worker())
	got := w.request(r.ID)
	if got.State != refunds.StateSucceeded || got.Attempts != 1 || got.IdempotencyKey != refunds.AttemptKey(r.ID, 1) {
		t.Errorf("ended as %+v", got)
	}
	found, err := w.db.VerifyJournal(t.Context(), "")
	if err != nil || len(found.Broken) > 0 || found.Entries == 0 {
		t.Errorf("the journal: %+v, %v", found, err)
	}
}
