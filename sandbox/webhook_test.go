package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// shop is a receiver that remembers what came and answers as it is told.
type shop struct {
	mu     sync.Mutex
	status int
	got    []hook
}

type hook struct {
	header http.Header
	raw    string
	body   map[string]any
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	h := hook{header: r.Header, raw: string(raw)}
	_ = json.Unmarshal(raw, &h.body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, h)
	w.WriteHeader(s.status)
}

func hooked(t *testing.T, status int) (*hands, *shop) {
	receiver := &shop{status: status}
	server := httptest.NewServer(receiver)
	t.Cleanup(server.Close)
	return begin(t, Options{WebhookURL: server.URL, SecurityKey: strings.Repeat("0a", 32)}), receiver
}

func (s *shop) events() []string {
	var out []string
	for _, h := range s.got {
		if name, ok := h.body["eventType"].(string); ok {
			data := h.body["data"].(map[string]any)
			status, _ := data["status"].(string)
			if status == "" {
				status = data["cancelStatus"].(string)
			}
			out = append(out, name+" "+status)
		} else {
			out = append(out, "DEPOSIT_CALLBACK "+h.body["status"].(string))
		}
	}
	return out
}

func TestTheWebhooksOfACard(t *testing.T) {
	h, shop := hooked(t, 200)
	p := h.pay(NewPayment{})
	h.cancel(p.Key, `{"cancelReason":"x","cancelAmount":4000}`)
	h.s.DeliverWebhooks()
	want := []string{"PAYMENT_STATUS_CHANGED DONE", "PAYMENT_STATUS_CHANGED PARTIAL_CANCELED"}
	if diff := cmp.Diff(want, shop.events()); diff != "" {
		t.Error(diff)
	}
	first := shop.got[0]
	if first.body["createdAt"] != "2026-11-21T12:00:00.000000" || first.body["data"].(map[string]any)["secret"] != p.Secret {
		t.Error(first.raw)
	}
	if first.header.Get("tosspayments-webhook-transmission-time") != "2026-11-21T12:00:00+09:00" ||
		first.header.Get("tosspayments-webhook-transmission-retried-count") != "0" ||
		!strings.HasPrefix(first.header.Get("tosspayments-webhook-transmission-id"), "whtrans_") ||
		first.header.Get("tosspayments-webhook-signature") != "" {
		t.Error(first.header)
	}
}

// Both kinds come for a virtual account, and the callback is flat.
func TestTheWebhooksOfAVirtualAccount(t *testing.T) {
	h, shop := hooked(t, 200)
	p := h.pay(NewPayment{Method: VirtualAccount})
	for _, act := range []func(string, time.Time) error{h.s.Deposit, h.s.ReverseDeposit} {
		if err := act(p.Key, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	h.cancel(p.Key, giveBack)
	h.s.DeliverWebhooks()
	var want []string
	for _, status := range []string{WaitingForDeposit, Done, WaitingForDeposit, Canceled} {
		want = append(want, "PAYMENT_STATUS_CHANGED "+status, "DEPOSIT_CALLBACK "+status)
	}
	if diff := cmp.Diff(want, shop.events()); diff != "" {
		t.Fatal(diff)
	}
	callback := shop.got[1].body
	flat := map[string]any{"createdAt": "2026-11-21T12:00:00.000000", "secret": p.Secret, "status": WaitingForDeposit,
		"transactionKey": p.LastTransactionKey, "orderId": "ORDER-0001"}
	if diff := cmp.Diff(flat, callback); diff != "" {
		t.Error(diff)
	}
}

func TestWhatComesByItself(t *testing.T) {
	h, shop := hooked(t, 200)
	h.pay(NewPayment{OrderID: "ORDER-OPEN", Status: Ready})
	p := h.pay(NewPayment{OrderID: "ORDER-CN", Method: ForeignEasyPay})
	h.wait(2 * time.Second)
	h.cancel(p.Key, `{"cancelReason":"x","cancelRequestId":"request-1"}`).want(t, 200, "")
	h.s.Advance(time.Hour)
	want := []string{"PAYMENT_STATUS_CHANGED DONE", "CANCEL_STATUS_CHANGED DONE",
		"PAYMENT_STATUS_CHANGED CANCELED", "PAYMENT_STATUS_CHANGED EXPIRED"}
	if diff := cmp.Diff(want, shop.events()); diff != "" {
		t.Error(diff)
	}
}

func TestAWebhookIsSentEightTimesThenGivenUp(t *testing.T) {
	h, shop := hooked(t, 500)
	h.pay(NewPayment{})
	h.s.DeliverWebhooks()
	h.s.Advance(10 * 24 * time.Hour)
	var minutes []int
	var counts []string
	for _, d := range shop.got {
		at, err := time.Parse(time.RFC3339, d.header.Get("tosspayments-webhook-transmission-time"))
		if err != nil {
			t.Fatal(err)
		}
		minutes = append(minutes, int(at.Sub(noon).Minutes()))
		counts = append(counts, d.header.Get("tosspayments-webhook-transmission-retried-count"))
		if d.header.Get("tosspayments-webhook-transmission-id") != shop.got[0].header.Get("tosspayments-webhook-transmission-id") {
			t.Error("the id stays")
		}
	}
	if diff := cmp.Diff([]int{0, 1, 5, 21, 85, 341, 1365, 5461}, minutes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"0", "1", "2", "3", "4", "5", "6", "7"}, counts); diff != "" {
		t.Error(diff)
	}
}

func TestASignedWebhook(t *testing.T) {
	h, shop := hooked(t, 200)
	if err := h.s.SendSigned("payout.changed", json.RawMessage(`{"id":"FPA_1","status":"COMPLETED"}`)); err != nil {
		t.Fatal(err)
	}
	h.s.DeliverWebhooks()
	got := shop.got[0]
	key, _ := hex.DecodeString(h.s.opts.SecurityKey)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(got.raw + ":" + got.header.Get("tosspayments-webhook-transmission-time")))
	want := "v1:" + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	if !strings.Contains(got.header.Get("tosspayments-webhook-signature"), want) {
		t.Errorf("%s is not in %s", want, got.header.Get("tosspayments-webhook-signature"))
	}
	if got.body["entityType"] != "payout" || got.body["createdAt"] != "2026-11-21T12:00:00+09:00" {
		t.Error(got.raw)
	}
	if err := h.s.SendSigned("payment.changed", nil); err == nil {
		t.Error("there is no such signed event")
	}
}
