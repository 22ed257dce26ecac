package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/pay"
	"daesa/sandbox"
	"daesa/webhook"
)

// shopOf is a pretend Toss that sends to an inbox, and stands still between
// Advances.
func shopOf(t *testing.T, in webhook.Inbox) *sandbox.Sandbox {
	t.Helper()
	server := httptest.NewServer(receiver(t, nil, func(o *webhook.Options) { o.Inbox = in }))
	t.Cleanup(server.Close)
	shop := sandbox.New(sandbox.Options{WebhookURL: server.URL + "/shop1", SecurityKey: key, Now: func() time.Time { return now }, Freeze: true})
	shop.SetClock(now)
	return shop
}

// failing is an inbox that fails some times before it stores, and remembers
// which try each event was on.
type failing struct {
	inbox
	times int
	tries []int
	mu    sync.Mutex
}

func (f *failing) Keep(ctx context.Context, events []pay.Event) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range events {
		f.tries = append(f.tries, e.Retried)
	}
	if f.times--; f.times >= 0 {
		return errors.New("away")
	}
	return f.inbox.Keep(ctx, events)
}

// Toss sends eight times in 3 days and 19 hours: the eighth still arrives, once.
func TestWhatIsNotReceivedComesAgain(t *testing.T) {
	t.Parallel()
	in := &failing{times: 7}
	shop := shopOf(t, in)
	if _, err := shop.Pay(sandbox.NewPayment{OrderID: "o-1", Amount: 1000}); err != nil {
		t.Fatal(err)
	}
	shop.DeliverWebhooks()
	shop.Advance(3*24*time.Hour + 18*time.Hour)
	if got := in.events(); len(got) != 0 {
		t.Errorf("stored too early: %+v", got)
	}
	shop.Advance(2 * time.Hour)
	got := in.events()
	if len(got) != 1 || got[0].OrderID != "o-1" || got[0].Retried != 7 || got[0].Status != "DONE" || got[0].TransmissionID == "" {
		t.Errorf("%+v", got)
	}
	shop.Advance(30 * 24 * time.Hour)
	if !slices.Equal(in.tries, []int{0, 1, 2, 3, 4, 5, 6, 7}) {
		t.Errorf("it came as tries %v", in.tries)
	}
}

// A virtual account's events come in both forms, and the payment's secret is
// known again by its print in each.
func TestAVirtualAccountsEvents(t *testing.T) {
	t.Parallel()
	in := &inbox{}
	shop := shopOf(t, in)
	p, err := shop.Pay(sandbox.NewPayment{OrderID: "o-1", Amount: 1000, Method: sandbox.VirtualAccount})
	if err != nil {
		t.Fatal(err)
	}
	if err := shop.Deposit(p.Key, time.Time{}); err != nil {
		t.Fatal(err)
	}
	shop.DeliverWebhooks()
	type row struct{ Type, Status, PaymentKey string }
	var got []row
	for _, e := range in.events() {
		got = append(got, row{e.Type, e.Status, e.PaymentKey})
		if e.OrderID != "o-1" || e.TransactionKey == "" || e.SecretFingerprint != pay.SecretFingerprint(pay.Private(p.Secret)) || !e.CreatedAt.Equal(now) {
			t.Errorf("%+v", e)
		}
	}
	want := []row{
		{pay.PaymentStatusChanged, "WAITING_FOR_DEPOSIT", p.Key}, {pay.DepositCallback, "WAITING_FOR_DEPOSIT", ""},
		{pay.PaymentStatusChanged, "DONE", p.Key}, {pay.DepositCallback, "DONE", ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestThePretendTossSigns(t *testing.T) {
	t.Parallel()
	in := &inbox{}
	shop := shopOf(t, in)
	for _, eventType := range []string{"payout.changed", "seller.changed"} {
		if err := shop.SendSigned(eventType, json.RawMessage(`{"id":"1","status":"COMPLETED"}`)); err != nil {
			t.Fatal(err)
		}
	}
	shop.DeliverWebhooks()
	got := in.events()
	if len(got) != 2 || got[0].Signature != pay.Verified || got[1].Signature != pay.Verified || got[0].TransactionKey == "" {
		t.Errorf("%+v", got)
	}
}

// Whoever knows the address can send what he likes, as often and in the order he
// likes. All of it is taken, and each replay has the id of the first: what is
// true is for a look-up to say.
func TestForgedReplayedAndOutOfOrder(t *testing.T) {
	t.Parallel()
	in := &inbox{}
	r := receiver(t, in)
	const done = `{"orderId":"o-1","status":"DONE","transactionKey":"t-1","secret":"ps_right"}`
	const canceled = `{"orderId":"o-1","status":"CANCELED","transactionKey":"t-2","secret":"ps_wrong"}`
	for _, body := range append([]string{canceled}, slices.Repeat([]string{done}, 8)...) {
		if code := post(r, body); code != 200 {
			t.Fatalf("answered with %d", code)
		}
	}
	got := in.events()
	if got[0].Status != "CANCELED" || got[0].SecretFingerprint != pay.SecretFingerprint("ps_wrong") || got[1].SecretFingerprint != pay.SecretFingerprint("ps_right") {
		t.Errorf("%+v", got[:2])
	}
	for _, e := range got[2:] {
		if e.ID != got[1].ID || e.ID == got[0].ID {
			t.Errorf("the ids are %s, %s and %s", got[0].ID, got[1].ID, e.ID)
		}
	}
}
