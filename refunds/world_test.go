package refunds_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"path/filepath"
	"testing"
	"time"

	"daesa/internal/seal"
	"daesa/pay"
	"daesa/refunds"
	"daesa/sandbox"
	"daesa/store"
	"daesa/toss"
)

const mid = "tosspayments"

// world is a real store, a pretend Toss behind the real client, and a clock
// that moves when it is told to.
type world struct {
	t      *testing.T
	now    time.Time
	toss   *sandbox.Sandbox
	client *toss.Client
	db     *store.DB
	sealer *seal.Sealer
	// fault, unless nil, is asked before a cancel reaches Toss.
	fault func(*http.Request) fault
	sent  []*http.Request // cancels that reached Toss
}

// fault is what goes wrong with one call.
type fault struct {
	before error // nothing leaves the machine
	lost   bool  // it leaves, and never arrives
	after  error // it is carried out, and the answer is lost
	answer reply // of a status: it is answered so, and not carried out
}

func newWorld(t *testing.T, at string) *world {
	t.Helper()
	w := &world{t: t, now: instant(at)}
	w.toss = sandbox.New(sandbox.Options{Now: func() time.Time { return w.now }})
	client, err := toss.New(toss.Options{BaseURL: "http://127.0.0.1:1", MID: mid, Now: w.clock,
		SecretKey: func() string { return "test_sk_sandbox" }, HTTP: &http.Client{Transport: w},
		Sleep: func(context.Context, time.Duration) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	w.client = client
	if w.db, err = store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "daesa.db")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.db.Close() })
	if _, err := w.db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	keyset, err := seal.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	if w.sealer, err = seal.Open(keyset); err != nil {
		t.Fatal(err)
	}
	return w
}

func instant(text string) time.Time {
	t, err := pay.ParseTime(text)
	if err != nil {
		panic(err)
	}
	return t
}

func (w *world) clock() time.Time { return w.now }

// RoundTrip carries a call to the pretend Toss without a socket, and says to
// the client's trace what a real connection would.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	var f fault
	if r.Method == http.MethodPost && w.fault != nil {
		f = w.fault(r)
	}
	if f.before != nil {
		return nil, f.before
	}
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	if f.lost {
		return nil, context.DeadlineExceeded
	}
	if f.answer.status != 0 {
		return respond(r, f.answer), nil
	}
	r = r.Clone(r.Context()) // a server has a body always
	if r.Body == nil {
		r.Body = http.NoBody
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if r.Method == http.MethodPost {
		w.sent = append(w.sent, r)
	}
	recorder := httptest.NewRecorder()
	w.toss.ServeHTTP(recorder, r)
	if f.after != nil {
		return nil, f.after
	}
	response := recorder.Result()
	response.Request = r
	return response, nil
}

func (w *world) worker() *refunds.Worker {
	return &refunds.Worker{
		MID: mid, Owner: "test", Actor: "daesa refunds", RunID: "run", SecretFingerprint: "secret", AccountDays: 365,
		Budget: refunds.Budget{RunCount: 1000, DayCount: 1000, Of: map[pay.Currency]refunds.Limits{
			pay.KRW: {Single: 1e12, Run: 1e12, Day: 1e12}, pay.USD: {Single: 1e12, Run: 1e12, Day: 1e12}}},
		Queue: w.db, Provider: w.client, Sealer: w.sealer, Clock: w.clock, Freeze: toss.CancelBody,
	}
}

// paid makes a payment at Toss, and gives its key.
func (w *world) paid(n sandbox.NewPayment) string {
	w.t.Helper()
	if n.OrderID == "" {
		n.OrderID = fmt.Sprintf("order-%d", time.Now().UnixNano())
	}
	p, err := w.toss.Pay(n)
	if err != nil {
		w.t.Fatal(err)
	}
	return p.Key
}

// asked adds a request for an amount of a payment, 0 for all of it, and
// approves it.
func (w *world) asked(key string, amount int64, ref string, change ...func(*refunds.Request)) refunds.Request {
	w.t.Helper()
	p, evidence, err := w.client.Payment(w.t.Context(), key)
	if err != nil {
		w.t.Fatal(err)
	}
	if amount == 0 {
		amount = p.BalanceAmount
	}
	r := refunds.Request{ID: refunds.RequestID(mid, ref), MID: mid, OrderID: p.OrderID, PaymentKey: key, Method: p.Method, Amount: amount,
		Currency: p.Currency, Reason: "고객 변심", Ref: ref, State: refunds.StateRequested, RequestedBy: "maker", RequestedAt: w.now,
		CancelBy: refunds.CancelBy(p, 365, w.now).By}
	for _, each := range change {
		each(&r)
	}
	_, err = w.db.AddRefunds(w.t.Context(), nil, []refunds.Adding{{Request: r, Payment: p, Evidence: []pay.Evidence{evidence}}}, "maker", w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.db.Approve(w.t.Context(), refunds.Approval{IDs: []string{r.ID}, By: "checker", Now: w.now}); err != nil {
		w.t.Fatal(err)
	}
	return w.request(r.ID)
}

func (w *world) request(id string) refunds.Request {
	w.t.Helper()
	r, _, err := w.db.Refund(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// run lets a worker work until nothing is due.
func (w *world) run(worker *refunds.Worker) []refunds.Done {
	w.t.Helper()
	var all []refunds.Done
	for range 1000 {
		done, err := worker.Step(w.t.Context(), refunds.Choice{Send: true})
		if err != nil {
			w.t.Fatal(err)
		}
		if done == nil {
			return all
		}
		all = append(all, *done)
	}
	w.t.Fatal("the worker never rests")
	return nil
}

// canceled is what Toss has cancelled of a payment.
func (w *world) canceled(key string) (sum int64, cancels int) {
	w.t.Helper()
	p, _, err := w.client.Payment(w.t.Context(), key)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range p.Cancels {
		sum += c.Amount
	}
	return sum, len(p.Cancels)
}
