package refunds_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"daesa/pay"
	"daesa/refunds"
	"daesa/sandbox"
	"daesa/toss"
)

// believed adds an approved request for a payment that the books take for the
// merchant's, whatever Toss says.
func (w *world) believed(key string, amount int64, ref string) refunds.Request {
	w.t.Helper()
	p, evidence, err := w.client.Payment(w.t.Context(), key)
	if err != nil {
		w.t.Fatal(err)
	}
	p.MID = mid
	r := refunds.Request{ID: refunds.RequestID(mid, ref), MID: mid, OrderID: p.OrderID, PaymentKey: key, Method: p.Method, Amount: amount,
		Currency: p.Currency, Reason: "고객 변심", Ref: ref, State: refunds.StateRequested, RequestedBy: "maker", RequestedAt: w.now}
	if _, err := w.db.AddRefunds(w.t.Context(), nil, []refunds.Adding{{Request: r, Payment: p, Evidence: []pay.Evidence{evidence}}}, "maker", w.now); err != nil {
		w.t.Fatal(err)
	}
	w.approve(r.ID, "checker")
	return w.request(r.ID)
}

func (w *world) approve(id, by string) {
	w.t.Helper()
	if _, err := w.db.Approve(w.t.Context(), refunds.Approval{IDs: []string{id}, By: by, Now: w.now}); err != nil {
		w.t.Fatal(err)
	}
}

// notExecuted is a person's word on a held request.
func (w *world) notExecuted(id string) refunds.State {
	w.t.Helper()
	claimed, err := w.db.ClaimedFor(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	p, evidence, err := w.client.Payment(w.t.Context(), claimed.Request.PaymentKey)
	if err != nil {
		w.t.Fatal(err)
	}
	step, err := refunds.Resolve(*claimed, p, false, "owner", w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.db.ResolveRefund(w.t.Context(), claimed, step, refunds.Kept(claimed.Request, step, p), []pay.Evidence{evidence}, "owner", "looked", w.now); err != nil {
		w.t.Fatal(err)
	}
	return step.To
}

// A payment whose mId is not the request's is not refunded, whatever the books
// believed when they took the request.
func TestARefundOfAnotherMerchantsPaymentIsNeverSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-22 10:00:00")
	key := w.paid(sandbox.NewPayment{Amount: 10000, MID: "othermid01"})
	r := w.believed(key, 3000, "r1")
	w.run(w.worker())
	if got := w.request(r.ID); got.State != refunds.StateHeld || got.ErrorCode != refunds.WhyOtherMerchant || got.Attempts != 0 || len(w.sent) != 0 {
		t.Errorf("ended as %s since %s, after %d sends", got.State, got.ErrorCode, len(w.sent))
	}
	if to := w.notExecuted(r.ID); to != refunds.StateRejected {
		t.Errorf("a person's word makes it %s", to)
	}
}

// The same payment is refunded where the configuration names its MID among the
// also_mids, and the books keep what Toss wrote.
func TestARefundOfAnAlsoMIDsPaymentIsSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-22 10:00:00")
	client, err := toss.New(toss.Options{BaseURL: "http://127.0.0.1:1", MID: mid, AlsoMIDs: []string{"othermid01"}, Now: w.clock,
		SecretKey: func() string { return "test_sk_sandbox" }, HTTP: &http.Client{Transport: w}})
	if err != nil {
		t.Fatal(err)
	}
	w.client = client
	key := w.paid(sandbox.NewPayment{Amount: 10000, MID: "othermid01"})
	r := w.asked(key, 3000, "r1")
	w.run(w.worker())
	if got := w.request(r.ID); got.State != refunds.StateSucceeded || got.MID != mid {
		t.Errorf("ended as %s under %s", got.State, got.MID)
	}
	if known, err := w.db.Known(t.Context(), refunds.Request{MID: mid, PaymentKey: key}); err != nil || !known.Named {
		t.Errorf("what Toss said is not kept: %+v, %v", known, err)
	}
}

// Another installation has refunded a part of the payment: the first send waits
// for a person, the look at everything after a restore sends nothing and changes
// nothing, and after the person's word it is sent once.
func TestAReferenceOfAnotherInstallationWaitsForAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-22 10:00:00")
	key := w.paid(sandbox.NewPayment{Amount: 10000})
	theirs := pay.CancelIntent{PaymentKey: key, Amount: 2000, Currency: pay.KRW, RefundableAmount: 10000, IdempotencyKey: "theirs-1",
		Reason: pay.WithMarker("고객 변심", refunds.RequestID("tosspayment", "r1"))}
	body, err := toss.CancelBody(theirs)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.client.Cancel(t.Context(), theirs, body, nil); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(time.Minute)
	r := w.asked(key, 3000, "r1")
	w.sent = nil
	w.run(w.worker())
	if got := w.request(r.ID); got.State != refunds.StateHeld || got.ErrorCode != refunds.WhyUnknownReference || len(w.sent) != 0 {
		t.Fatalf("ended as %s since %s, after %d sends", got.State, got.ErrorCode, len(w.sent))
	}
	w.now = w.now.Add(time.Hour)
	for range 5 { // refunds run --after-restore
		if _, err := w.worker().Step(t.Context(), refunds.Choice{Every: w.now}); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.request(r.ID); got.State != refunds.StateHeld || len(w.sent) != 0 {
		t.Fatalf("after the restore it is %s, after %d sends", got.State, len(w.sent))
	}
	if to := w.notExecuted(r.ID); to != refunds.StateRequested {
		t.Fatalf("a person's word makes it %s", to)
	}
	w.approve(r.ID, "another")
	w.run(w.worker())
	w.run(w.worker())
	if sum, n := w.canceled(key); w.request(r.ID).State != refunds.StateSucceeded || sum != 5000 || n != 2 || len(w.sent) != 1 {
		t.Errorf("it is %s; Toss cancelled %d in %d cancels, after %d sends", w.request(r.ID).State, sum, n, len(w.sent))
	}
}

// What a restored database forgot is found by its reference, and then a request
// that waited for it is no stranger's neighbour any more.
func TestARefundThatARestoredDatabaseForgotIsFoundBeforeItsNeighbourIsSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-22 10:00:00")
	key := w.paid(sandbox.NewPayment{Amount: 10000})
	forgotten := refunds.RequestID(mid, "a")
	lost := pay.CancelIntent{PaymentKey: key, Amount: 2000, Currency: pay.KRW, RefundableAmount: 10000, IdempotencyKey: refunds.AttemptKey(forgotten, 1),
		Reason: pay.WithMarker("고객 변심", forgotten)}
	body, err := toss.CancelBody(lost)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.client.Cancel(t.Context(), lost, body, nil); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(time.Minute)
	b := w.asked(key, 3000, "b") // imported again before a
	p, evidence, err := w.client.Payment(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	known, err := w.db.Known(t.Context(), refunds.Request{ID: forgotten, MID: mid, PaymentKey: key})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := refunds.PlanAsking(refunds.Asking{MID: mid, OrderID: p.OrderID, Amount: "2000", Reason: "고객 변심", Ref: "a"}, p, known,
		refunds.AskPolicy{Single: map[pay.Currency]int64{pay.KRW: 1e6}}, "maker", "", w.now)
	if err != nil || plan.Found == nil {
		t.Fatalf("what was sent before is not found: %+v, %v", plan, err)
	}
	if _, err := w.db.AddRefunds(t.Context(), nil, []refunds.Adding{{Request: plan.Request, Payment: p, Evidence: []pay.Evidence{evidence}, Found: plan.Found}}, "maker", w.now); err != nil {
		t.Fatal(err)
	}
	w.run(w.worker())
	if sum, n := w.canceled(key); w.request(b.ID).State != refunds.StateSucceeded || w.request(forgotten).State != refunds.StateSucceeded || sum != 5000 || n != 2 {
		t.Errorf("a is %s, b is %s; Toss cancelled %d in %d cancels", w.request(forgotten).State, w.request(b.ID).State, sum, n)
	}
}

// intercept answers in Toss's place from now on; nil: Toss answers.
type intercept struct {
	*world
	answer func(*http.Request) *http.Response
	sends  int
}

func (i *intercept) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost {
		i.sends++
		if i.answer != nil {
			return i.answer(r), nil
		}
	}
	return i.world.RoundTrip(r)
}

func page(status int, body string) func(*http.Request) *http.Response {
	return func(r *http.Request) *http.Response {
		return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader([]byte(body))), Request: r, ProtoMajor: 1, ProtoMinor: 1}
	}
}

// What answers in Toss's place does so for a while: the same key goes out again
// after minutes, and status and words of the answer are kept.
func TestACancelThatAFirewallAnswersIsTriedAgainAfterMinutes(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(*http.Request) *http.Response{
		"400": page(400, `{"message":"bad request"}`), "403": page(403, "<html><body>blocked</body></html>"),
		"413": page(413, "<html>too large</html>"), "502": page(502, "<html>bad gateway</html>"), "200": page(200, "<html>please wait</html>"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "2026-11-22 10:00:00")
			i := &intercept{world: w, answer: answer}
			client, err := toss.New(toss.Options{BaseURL: "http://127.0.0.1:1", MID: mid, Now: w.clock, SecretKey: func() string { return "test_sk_sandbox" }, HTTP: &http.Client{Transport: i}})
			if err != nil {
				t.Fatal(err)
			}
			w.client = client
			key := w.paid(sandbox.NewPayment{Amount: 10000})
			r := w.asked(key, 3000, "r1")
			for range 20 { // a run's patience, and the webhooks of others
				w.run(w.worker())
				w.now = w.now.Add(5 * time.Second)
			}
			got := w.request(r.ID)
			if i.sends != 1 || got.State != refunds.StateUnknown || got.ErrorCode != refunds.WhyNoCode || !strings.HasPrefix(got.ErrorMessage, "HTTP "+name+": ") {
				t.Fatalf("after a hundred seconds: %d sends, %s since %s %q", i.sends, got.State, got.ErrorCode, got.ErrorMessage)
			}
			attempts, err := w.db.Attempts(t.Context(), r.ID)
			if err != nil || len(attempts) != 1 || !strings.HasPrefix(attempts[0].Answer, "HTTP "+name+": ") || attempts[0].Answered() || !attempts[0].Unanswered {
				t.Errorf("the attempt: %+v, %v", attempts, err)
			}
			i.answer = nil
			w.now = w.now.Add(30 * time.Second)
			w.run(w.worker())
			if got := w.request(r.ID); got.State != refunds.StateSucceeded || got.Attempts != 1 || i.sends != 2 || got.ErrorMessage != "" {
				t.Errorf("ended as %s after %d sends: %q", got.State, i.sends, got.ErrorMessage)
			}
		})
	}
}

// An answer whose amounts contradict each other says so, and is looked up at
// once.
func TestA200WhoseAmountsContradictEachOtherIsLookedUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-22 10:00:00")
	i := &intercept{world: w}
	i.answer = func(r *http.Request) *http.Response {
		response, err := w.RoundTrip(r) // carried out
		if err != nil {
			t.Error(err)
		}
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Error(err)
		}
		return page(200, strings.Replace(string(body), `"balanceAmount":7000`, `"balanceAmount":9000`, 1))(r)
	}
	client, err := toss.New(toss.Options{BaseURL: "http://127.0.0.1:1", MID: mid, Now: w.clock, SecretKey: func() string { return "test_sk_sandbox" }, HTTP: &http.Client{Transport: i}})
	if err != nil {
		t.Fatal(err)
	}
	w.client = client
	key := w.paid(sandbox.NewPayment{Amount: 10000})
	r := w.asked(key, 3000, "r1")
	w.run(w.worker())
	history, err := historyOf(w, r.ID)
	if got := w.request(r.ID); err != nil || got.State != refunds.StateSucceeded || i.sends != 1 || !strings.Contains(history, refunds.WhySums) {
		t.Errorf("ended as %s after %d sends, by %s, %v", got.State, i.sends, history, err)
	}
}

func historyOf(w *world, id string) (string, error) {
	entries, err := w.db.History(w.t.Context(), "refund:"+id)
	var all []string
	for _, e := range entries {
		all = append(all, e.Action+" "+e.Reason)
	}
	return strings.Join(all, ", "), errors.Join(err)
}
