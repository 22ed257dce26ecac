package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/pay"
	"daesa/sandbox"
	"daesa/toss"
	"daesa/webhook"
)

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, pay.Seoul)

// inbox keeps events in memory, or fails.
type inbox struct {
	mu    sync.Mutex
	got   []pay.Event
	sizes []int
	err   error
	hold  chan struct{} // nil, or what a store waits for
}

func (i *inbox) Keep(_ context.Context, events []pay.Event) error {
	if i.hold != nil {
		<-i.hold
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.sizes = append(i.sizes, len(events))
	if i.err != nil {
		return i.err
	}
	i.got = append(i.got, events...)
	return nil
}

func (i *inbox) events() []pay.Event {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]pay.Event(nil), i.got...)
}

var key = strings.Repeat("5a", 32)

func receiver(t *testing.T, in *inbox, change ...func(*webhook.Options)) *webhook.Receiver {
	t.Helper()
	o := webhook.Options{Inbox: in, Redact: toss.Redact, Now: func() time.Time { return now },
		Merchants: []webhook.Merchant{{MID: "shop1", SecurityKeys: func() []string { return []string{key} }}}}
	for _, each := range change {
		each(&o)
	}
	r, err := webhook.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// post sends a webhook and gives the answer's code.
func post(r http.Handler, body string, change ...func(*http.Request)) int {
	req := httptest.NewRequest(http.MethodPost, "/hook", strings.NewReader(body))
	for _, each := range change {
		each(req)
	}
	answer := httptest.NewRecorder()
	r.ServeHTTP(answer, req)
	return answer.Code
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func sample(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "testdata", "webhook", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestWhatAnEventSays(t *testing.T) {
	t.Parallel()
	const guide = `{"eventType":"DEPOSIT_CALLBACK","data":{"orderId":"o-1","paymentKey":"p-1","status":"DONE"}}`
	tests := map[string]struct {
		body string
		want pay.Event
	}{
		"the real DEPOSIT_CALLBACK": {sample(t, "webhook_deposit_callback.json"), pay.Event{Type: pay.DepositCallback, Status: "DONE",
			OrderID: "EbUYmJ4Q9EANnTWta8dok", TransactionKey: "9FF15E1A29D0E77C218F57262BFA4986", SecretPrint: pay.SecretPrint("DmKQbGzQQcVE3UoFNqWxL"),
			CreatedAt: time.Date(2022, 1, 1, 0, 0, 0, 0, pay.Seoul)}},
		"the guide's": {guide, pay.Event{Type: pay.DepositCallback, Status: "DONE", OrderID: "o-1", PaymentKey: "p-1"}},
		"a cancel that ended": {sample(t, "webhook_cancel_status_changed.json"), pay.Event{Type: pay.CancelStatusChanged, Status: "DONE",
			TransactionKey: field(t, "webhook_cancel_status_changed.json", "data", "transactionKey"), CreatedAt: createdOf(t, "webhook_cancel_status_changed.json")}},
		"a billing key":       {sample(t, "webhook_billing_deleted_docs.json"), pay.Event{Type: pay.BillingDeleted, CreatedAt: createdOf(t, "webhook_billing_deleted_docs.json")}},
		"a new type":          {`{"eventType":"ars-reservation.changed","data":{"orderId":"o-1"}}`, pay.Event{Type: "ars-reservation.changed", OrderID: "o-1"}},
		"no type":             {`{"hello":"world"}`, pay.Event{Type: "unknown"}},
		"not what it must be": {`{"eventType":7,"data":["x"],"createdAt":true}`, pay.Event{Type: "unknown"}},
		"too long, or unseen": {`{"eventType":"PAYMENT_STATUS_CHANGED","data":{"orderId":"` + strings.Repeat("x", 201) + `","paymentKey":"a\u0000b"}}`, pay.Event{Type: pay.PaymentStatusChanged}},
		"five digits of a second": {`{"eventType":"X","createdAt":"2026-01-02T14:46:59.65327"}`,
			pay.Event{Type: "X", CreatedAt: time.Date(2026, 1, 2, 14, 46, 59, 653270000, pay.Seoul)}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := &inbox{}
			if code := post(receiver(t, in), test.body); code != http.StatusOK {
				t.Fatalf("answered with %d", code)
			}
			got := in.events()[0]
			if !json.Valid(got.Body) || got.ID == "" || strings.Contains(string(got.Body), "DmKQbGzQQcVE3UoFNqWxL") {
				t.Errorf("kept as %q %s", got.ID, got.Body)
			}
			got.ID, got.Body = "", nil
			test.want.MID, test.want.ReceivedAt = "shop1", now
			if diff := cmp.Diff(test.want, got, cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// field reads a text out of a sample.
func field(t *testing.T, name string, path ...string) string {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(sample(t, name)), &value); err != nil {
		t.Fatal(err)
	}
	for _, key := range path {
		value = value.(map[string]any)[key]
	}
	return value.(string)
}

func createdOf(t *testing.T, name string) time.Time {
	t.Helper()
	created, err := pay.ParseTime(strings.Replace(field(t, name, "createdAt")[:19], "T", " ", 1))
	if err != nil {
		t.Fatal(err)
	}
	return created
}

// A payment's event tells which, whose, and by its secret how true it may be.
func TestAPaymentEvent(t *testing.T) {
	t.Parallel()
	in := &inbox{}
	r := receiver(t, in)
	body := `{"eventType":"PAYMENT_STATUS_CHANGED","createdAt":"2026-11-21T12:00:00.000000","data":{"mId":"shop1","paymentKey":"p-1","orderId":"o-1",
		"status":"CANCELED","lastTransactionKey":"t-1","secret":"ps_secret","virtualAccount":{"accountNumber":"110123457270","customerName":"김토스"}}}`
	if code := post(r, body, header("tosspayments-webhook-transmission-id", "whtrans_1"), header("tosspayments-webhook-transmission-retried-count", "3")); code != http.StatusOK {
		t.Fatal(code)
	}
	e := in.events()[0]
	if e.PaymentKey != "p-1" || e.OrderID != "o-1" || e.Status != "CANCELED" || e.TransactionKey != "t-1" || e.SecretPrint != pay.SecretPrint("ps_secret") ||
		e.TransmissionID != "whtrans_1" || e.Retried != 3 {
		t.Errorf("%+v", e)
	}
	for _, personal := range []string{"ps_secret", "110123457270", "김토스"} {
		if strings.Contains(string(e.Body), personal) {
			t.Errorf("%s is kept", personal)
		}
	}
	// The same content again is the same event, whatever carried it.
	post(r, body, header("tosspayments-webhook-transmission-id", "whtrans_2"))
	post(r, strings.Replace(body, "CANCELED", "DONE", 1))
	got := in.events()
	if got[1].ID != e.ID || got[2].ID == e.ID {
		t.Errorf("ids %s %s %s", e.ID, got[1].ID, got[2].ID)
	}
}

func TestWhoseAnEventIs(t *testing.T) {
	t.Parallel()
	two := func(o *webhook.Options) { o.Merchants = []webhook.Merchant{{MID: "shop1"}, {MID: "shop2"}} }
	at := func(path string) func(*http.Request) { return func(r *http.Request) { r.URL.Path = path } }
	const ofShop2 = `{"eventType":"X","data":{"mId":"shop2"}}`
	for _, test := range []struct {
		name, body, path, want string
		change                 func(*webhook.Options)
	}{
		{"the only merchant", `{}`, "/hook", "shop1", func(*webhook.Options) {}},
		{"by the path", `{}`, "/toss/shop2", "shop2", two},
		{"the path before the body", ofShop2, "/shop1", "shop1", two},
		{"by the body", ofShop2, "/hook", "shop2", two},
		{"nobody says", `{}`, "/hook", "", two},
		{"nobody's", `{"data":{"mId":"shop3"}}`, "/shop3", "", two},
	} {
		in := &inbox{}
		if code := post(receiver(t, in, test.change), test.body, at(test.path)); code != http.StatusOK || in.events()[0].MID != test.want {
			t.Errorf("%s: %d, %+v, expected %q", test.name, code, in.events(), test.want)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	only := func(o *webhook.Options) {
		o.AllowFrom = []netip.Prefix{netip.MustParsePrefix("13.124.18.147/32")}
		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	}
	from := func(peer string, hops ...string) func(*http.Request) {
		return func(r *http.Request) {
			r.RemoteAddr = peer
			for _, hop := range hops {
				r.Header.Add("X-Forwarded-For", hop)
			}
		}
	}
	any := func(*webhook.Options) {}
	none := func(*http.Request) {}
	for _, test := range []struct {
		name    string
		options func(*webhook.Options)
		body    string
		request func(*http.Request)
		want    int
	}{
		{"GET", any, `{}`, func(r *http.Request) { r.Method = http.MethodGet }, http.StatusMethodNotAllowed},
		{"truncated", any, `{"eventType":"X"`, none, http.StatusBadRequest},
		{"two values", any, `{} {}`, none, http.StatusBadRequest},
		{"no object", any, `[1]`, none, http.StatusBadRequest},
		{"empty", any, ``, none, http.StatusBadRequest},
		{"not UTF-8", any, "{\"a\":\"\xff\"}", none, http.StatusBadRequest},
		{"ten megabytes", any, `{"a":"` + strings.Repeat("x", 10<<20) + `"}`, none, http.StatusRequestEntityTooLarge},
		{"ten megabytes, not said so", any, `{"a":"` + strings.Repeat("x", 10<<20) + `"}`, func(r *http.Request) { r.ContentLength = -1 }, http.StatusRequestEntityTooLarge},
		{"another address", only, `{}`, from("1.2.3.4:99"), http.StatusForbidden},
		{"the address", only, `{}`, from("13.124.18.147:99"), http.StatusOK},
		{"the address as IPv6", only, `{}`, from("[::ffff:13.124.18.147]:99"), http.StatusOK},
		{"a header that anybody can write", only, `{}`, from("1.2.3.4:99", "13.124.18.147"), http.StatusForbidden},
		{"behind the proxy", only, `{}`, from("10.1.1.1:99", "13.124.18.147"), http.StatusOK},
		{"behind two proxies", only, `{}`, from("10.1.1.1:99", "13.124.18.147, 10.2.2.2"), http.StatusOK},
		{"a spoof before the proxy's word", only, `{}`, from("10.1.1.1:99", "13.124.18.147, 1.2.3.4"), http.StatusForbidden},
		{"two header lines", only, `{}`, from("10.1.1.1:99", "13.124.18.147", "1.2.3.4"), http.StatusForbidden},
		{"a garbled header", only, `{}`, from("10.1.1.1:99", "13.124.18.147, unknown"), http.StatusForbidden},
		{"the proxy alone", only, `{}`, from("10.1.1.1:99"), http.StatusForbidden},
	} {
		in := &inbox{}
		if code := post(receiver(t, in, test.options), test.body, test.request); code != test.want {
			t.Errorf("%s: answered with %d, expected %d", test.name, code, test.want)
		}
		if stored := len(in.events()) == 1; stored != (test.want == http.StatusOK) {
			t.Errorf("%s: %d stored", test.name, len(in.events()))
		}
	}
}

// payout.changed is signed: the sandbox signs as Toss does.
func TestSignedEvents(t *testing.T) {
	t.Parallel()
	sign := func(securityKey string) (string, http.Header) {
		t.Helper()
		var body []byte
		var sent http.Header
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			body, _ = io.ReadAll(r.Body)
			sent = r.Header.Clone()
		}))
		defer server.Close()
		toss := sandbox.New(sandbox.Options{WebhookURL: server.URL, SecurityKey: securityKey})
		if err := toss.SendSigned("payout.changed", json.RawMessage(`{"id":"fpa_1","status":"COMPLETED"}`)); err != nil {
			t.Fatal(err)
		}
		toss.DeliverWebhooks()
		return string(body), sent
	}
	body, sent := sign(key)
	as := func(h http.Header) func(*http.Request) { return func(r *http.Request) { r.Header = h } }
	edited := sent.Clone()
	edited.Set("tosspayments-webhook-transmission-time", "2026-11-21T12:00:01+09:00")
	unsigned := sent.Clone()
	unsigned.Del("tosspayments-webhook-signature")
	_, others := sign(strings.Repeat("6b", 32))
	others.Set("tosspayments-webhook-transmission-time", sent.Get("tosspayments-webhook-transmission-time"))
	keys := func(list ...string) func(*webhook.Options) {
		return func(o *webhook.Options) { o.Merchants[0].SecurityKeys = func() []string { return list } }
	}
	for _, test := range []struct {
		name    string
		options func(*webhook.Options)
		body    string
		header  http.Header
		want    int
		as      pay.Signature
	}{
		{"signed", keys(key), body, sent, http.StatusOK, pay.Verified},
		{"while the key is replaced", keys(strings.Repeat("7c", 32), key), body, sent, http.StatusOK, pay.Verified},
		{"another key", keys(strings.Repeat("7c", 32)), body, sent, http.StatusUnauthorized, ""},
		{"another's signature", keys(key), body, others, http.StatusUnauthorized, ""},
		{"an edited body", keys(key), strings.Replace(body, "COMPLETED", "FAILED", 1), sent, http.StatusUnauthorized, ""},
		{"an edited time", keys(key), body, edited, http.StatusUnauthorized, ""},
		{"no signature", keys(key), body, unsigned, http.StatusUnauthorized, ""},
		{"no key of ours", keys(), body, sent, http.StatusOK, pay.Unverified},
	} {
		in := &inbox{}
		if code := post(receiver(t, in, test.options), test.body, as(test.header)); code != test.want {
			t.Errorf("%s: answered with %d, expected %d", test.name, code, test.want)
		}
		if got := in.events(); test.want == http.StatusOK && (len(got) != 1 || got[0].Signature != test.as || got[0].Status != "COMPLETED") {
			t.Errorf("%s: %+v", test.name, got)
		} else if test.want != http.StatusOK && len(got) != 0 {
			t.Errorf("%s: it was stored", test.name)
		}
	}
}

// What waits while one commit runs is acknowledged by the next, together; and
// nothing is acknowledged that was not stored.
func TestACommitAcknowledgesAllThatWait(t *testing.T) {
	t.Parallel()
	in := &inbox{hold: make(chan struct{})}
	r := receiver(t, in)
	codes := make(chan int, 21)
	send := func(i int) {
		go func() { codes <- post(r, fmt.Sprintf(`{"eventType":"X","data":{"orderId":"o-%d"}}`, i)) }()
	}
	send(0)
	in.hold <- struct{}{} // the first is being stored alone
	if code := <-codes; code != http.StatusOK {
		t.Fatal(code)
	}
	send(1)
	time.Sleep(50 * time.Millisecond) // it is held in the store
	for i := range 19 {
		send(i + 2)
	}
	time.Sleep(200 * time.Millisecond)
	select {
	case code := <-codes:
		t.Fatalf("answered with %d before anything was stored", code)
	default:
	}
	close(in.hold)
	for range 20 {
		if code := <-codes; code != http.StatusOK {
			t.Errorf("answered with %d", code)
		}
	}
	if in.sizes[0] != 1 || len(in.sizes) > 4 {
		t.Errorf("stored in commits of %v", in.sizes)
	}
	in.mu.Lock()
	in.err = errors.New("the disk is full")
	in.mu.Unlock()
	if code := post(r, `{}`); code != http.StatusServiceUnavailable {
		t.Errorf("what could not be stored was answered with %d", code)
	}
}

// The sandbox sends again what was not received, and in the end each is there.
func TestWhatIsNotReceivedComesAgain(t *testing.T) {
	t.Parallel()
	in := &inbox{err: errors.New("away")}
	server := httptest.NewServer(receiver(t, in))
	defer server.Close()
	shop := sandbox.New(sandbox.Options{WebhookURL: server.URL, Now: func() time.Time { return now }, Freeze: true})
	shop.SetClock(now)
	if _, err := shop.Pay(sandbox.NewPayment{OrderID: "o-1", Amount: 1000}); err != nil {
		t.Fatal(err)
	}
	shop.DeliverWebhooks()
	in.mu.Lock()
	in.err = nil
	in.mu.Unlock()
	shop.Advance(2 * time.Minute)
	got := in.events()
	if len(got) != 1 || got[0].OrderID != "o-1" || got[0].Retried != 1 || got[0].Status != "DONE" {
		t.Errorf("%+v", got)
	}
}

// A client that is slow is cut off, and holds nobody up.
func TestASlowClientIsCutOff(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	in := &inbox{}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- webhook.Serve(ctx, listener, receiver(t, in)) }()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "POST /hook HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	answer, err := (&http.Client{}).Post("http://"+listener.Addr().String()+"/hook", "application/json", strings.NewReader(`{"eventType":"X"}`))
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatal(answer, err)
	}
	_ = answer.Body.Close()
	if _, err := io.ReadAll(conn); err != nil && !errors.Is(err, net.ErrClosed) {
		t.Logf("cut off with %v", err)
	}
	if took := time.Since(begun); took > 9*time.Second {
		t.Errorf("cut off after %s", took)
	}
	if len(in.events()) != 1 {
		t.Errorf("%d stored", len(in.events()))
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// FuzzEvent: whatever comes, what is kept is JSON without the secret, and the
// same content has the same id.
func FuzzEvent(f *testing.F) {
	entries, err := filepath.Glob("../testdata/webhook/*.json")
	if err != nil || len(entries) == 0 {
		f.Fatal(entries, err)
	}
	for _, path := range entries {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), "whtrans_1", "v1:aaaa,v1:bbbb")
	}
	in := &inbox{}
	r, err := webhook.New(webhook.Options{Inbox: in, Redact: toss.Redact, Now: func() time.Time { return now }, Merchants: []webhook.Merchant{{MID: "shop1"}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(r.Close)
	f.Fuzz(func(t *testing.T, body, id, signature string) {
		headers := []func(*http.Request){header("tosspayments-webhook-transmission-id", id), header("tosspayments-webhook-signature", signature)}
		first, second := post(r, body, headers...), post(r, body, headers...)
		if first != second {
			t.Fatalf("answered with %d and %d", first, second)
		}
		if first != http.StatusOK {
			return
		}
		in.mu.Lock()
		got := in.got[len(in.got)-2:]
		in.got = nil
		in.mu.Unlock()
		if got[0].ID != got[1].ID || !json.Valid(got[0].Body) || got[0].Type == "" {
			t.Fatalf("%+v", got)
		}
		redacted, err := toss.Redact([]byte(body))
		if err != nil || len(got[0].Body) > len(redacted) {
			t.Fatalf("kept %s of %s", got[0].Body, redacted)
		}
	})
}
