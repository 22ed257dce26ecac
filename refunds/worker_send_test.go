package refunds_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"daesa/pay"
	"daesa/refunds"
	"daesa/sandbox"
	"daesa/store"
)

// between lets something happen after a send was begun and before its last look
// at lease and brake.
type between struct {
	*store.DB
	happen func()
}

func (q between) Begin(ctx context.Context, b refunds.Begun) error {
	err := q.DB.Begin(ctx, b)
	if err == nil && q.happen != nil {
		q.happen()
	}
	return err
}

// The brake that goes on after a send was begun still stops it: nothing leaves.
func TestTheBrakeIsReadAtTheMomentOfSending(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-22 10:00:00")
	key := w.paid(sandbox.NewPayment{Amount: 10000})
	r := w.asked(key, 3000, "r1")
	worker := w.worker()
	worker.Queue = between{w.db, func() {
		if _, err := w.db.Pause(t.Context(), "owner", "stop", w.now); err != nil {
			t.Error(err)
		}
	}}
	if _, err := worker.Step(t.Context(), refunds.Choice{Send: true}); err != nil {
		t.Fatal(err)
	}
	if got := w.request(r.ID); len(w.sent) != 0 || got.State != refunds.StateRetry {
		t.Fatalf("%d sends with the brake on; it is %s", len(w.sent), got.State)
	}
	if _, err := w.db.Resume(t.Context(), "owner", "", w.now); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(time.Minute)
	w.run(w.worker())
	if got := w.request(r.ID); len(w.sent) != 1 || got.State != refunds.StateSucceeded {
		t.Errorf("%d sends with the brake off again; it is %s", len(w.sent), got.State)
	}
}

// A worker that lost its lease after a send was begun sends nothing: whoever
// took over decides.
func TestTheLeaseIsReadAtTheMomentOfSending(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-22 10:00:00")
	key := w.paid(sandbox.NewPayment{Amount: 10000})
	r := w.asked(key, 3000, "r1")
	worker := w.worker()
	worker.Queue = between{w.db, func() { // it sleeps past its lease, and another takes over
		later := w.now.Add(refunds.LeaseTime + time.Second)
		taken, err := w.db.Claim(t.Context(), refunds.Choice{MID: mid, Owner: "another", Now: later, Until: later.Add(time.Hour), Send: true})
		if err != nil || taken == nil || taken.Request.ID != r.ID {
			t.Errorf("nobody took over: %+v, %v", taken, err)
		}
	}}
	if _, err := worker.Step(t.Context(), refunds.Choice{Send: true}); err != nil {
		t.Fatal(err)
	}
	if got := w.request(r.ID); len(w.sent) != 0 || got.LeaseOwner != "another" {
		t.Errorf("%d sends without a lease; the owner is %q", len(w.sent), got.LeaseOwner)
	}
}

// A run that is asked to end while a cancel is under way waits for its answer
// and writes it down.
func TestARunThatIsEndedInFlightStillWritesTheOutcome(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-22 10:00:00")
	key := w.paid(sandbox.NewPayment{Amount: 10000})
	r := w.asked(key, 3000, "r1")
	ctx, stop := context.WithCancel(t.Context())
	w.fault = func(r *http.Request) fault {
		stop()
		if r.Context().Err() != nil {
			t.Error("the call itself is ended")
		}
		return fault{}
	}
	if _, err := w.worker().Step(ctx, refunds.Choice{Send: true}); err != nil {
		t.Errorf("the turn ends with %v", err)
	}
	if got := w.request(r.ID); got.State != refunds.StateSucceeded || got.TransactionKey == "" {
		t.Errorf("it is left as %s", got.State)
	}
}

// A first key that once got no answer may still be on its way when its
// successor is refused: the refusal is believed after a while of quiet only.
func TestANewKeyRemembersThatTheOldOneWentUnanswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-22 10:00:00")
	key := w.paid(sandbox.NewPayment{Amount: 10000})
	r := w.asked(key, 3000, "r1")
	w.fault = func(*http.Request) fault { return fault{lost: true} }
	w.run(w.worker())
	w.fault = func(*http.Request) fault { return fault{answer: code(500, "FAILED_INTERNAL_SYSTEM_PROCESSING")} }
	for range 5 { // the same key, until its answer is known to be bound to it
		w.now = w.now.Add(time.Minute)
		w.run(w.worker())
	}
	w.fault = func(*http.Request) fault { return fault{answer: code(400, "REFUND_REJECTED")} }
	w.now = w.now.Add(30 * time.Minute)
	w.run(w.worker())
	got := w.request(r.ID)
	attempts, err := w.db.Attempts(t.Context(), r.ID)
	if err != nil || got.Attempts != 2 || len(attempts) != 2 || !attempts[1].Unanswered || got.State != refunds.StateUnknown {
		t.Fatalf("after a refusal of the second key it is %s with attempts %+v, %v", got.State, attempts, err)
	}
	w.now = w.now.Add(21 * time.Minute)
	w.run(w.worker())
	if got := w.request(r.ID); got.State != refunds.StateRefused || got.ErrorCode != "REFUND_REJECTED" {
		t.Errorf("after the quiet it is %s since %s", got.State, got.ErrorCode)
	}
}

// Where the configuration says that nothing is sent, what was sent before is
// looked up, and not sent again either.
func TestWhereNothingIsSentNothingIsSentAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-22 10:00:00")
	key := w.paid(sandbox.NewPayment{Amount: 10000})
	r := w.asked(key, 3000, "r1")
	w.fault = func(*http.Request) fault { return fault{lost: true} }
	w.run(w.worker())
	if got := w.request(r.ID); got.State != refunds.StateUnknown || len(w.sent) != 0 {
		t.Fatalf("%d requests have arrived, and it is %s", len(w.sent), got.State)
	}
	w.fault, w.now = nil, w.now.Add(time.Hour)
	done, err := w.worker().Step(t.Context(), refunds.Choice{Send: false})
	if err != nil || done == nil {
		t.Fatalf("it was not looked at: %v", err)
	}
	if got := w.request(r.ID); got.State != refunds.StateUnknown || len(w.sent) != 0 || !got.NextAt.After(w.now) {
		t.Errorf("%d requests have arrived, and it is %s until %s", len(w.sent), got.State, got.NextAt)
	}
}

// A deadline was reckoned when the request was made; the payment that the
// look-up shows, and the days that the configuration has now, say it anew.
func TestTheDeadlineIsThatOfTheLookUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-30 23:00:00")
	key := w.paid(sandbox.NewPayment{Amount: 10000, Method: sandbox.Phone})
	r := w.asked(key, 0, "r1", func(r *refunds.Request) { r.CancelBy = time.Time{} })
	w.now = w.now.Add(time.Hour) // the first second of December
	w.run(w.worker())
	got := w.request(r.ID)
	if want := time.Date(2026, 11, 30, 23, 59, 59, 0, pay.Seoul); len(w.sent) != 0 || got.State != refunds.StateExpired || !got.CancelBy.Equal(want) {
		t.Errorf("%d sends; it is %s, to be cancelled by %s", len(w.sent), got.State, got.CancelBy)
	}
}

// Every send comes directly after a look-up, and after one more look at lease and
// brake.
func TestEverySendComesAfterALookUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-22 10:00:00")
	order := &ordered{Provider: w.client}
	key := w.paid(sandbox.NewPayment{Amount: 10000})
	w.asked(key, 3000, "r1")
	worker := w.worker()
	worker.Provider = order
	w.run(worker)
	if want := []string{"look-up", "ready", "send"}; !slices.Equal(order.calls, want) {
		t.Errorf("in the order %v, expected %v", order.calls, want)
	}
}

// ordered notes what the worker asks of the provider.
type ordered struct {
	refunds.Provider
	calls []string
}

func (o *ordered) Payment(ctx context.Context, key string) (pay.Payment, pay.Evidence, error) {
	o.calls = append(o.calls, "look-up")
	return o.Provider.Payment(ctx, key)
}

func (o *ordered) Cancel(ctx context.Context, i pay.CancelIntent, body []byte, ready func(context.Context) error) (pay.Payment, pay.Evidence, error) {
	if ready == nil {
		return pay.Payment{}, pay.Evidence{}, errors.New("nobody looks at lease and brake")
	}
	return o.Provider.Cancel(ctx, i, body, func(ctx context.Context) error {
		o.calls = append(o.calls, "ready")
		if err := ready(ctx); err != nil {
			return err
		}
		o.calls = append(o.calls, "send")
		return nil
	})
}
