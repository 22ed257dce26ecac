package webhook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
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

	forgetful bool // keeps nothing
}

func (i *inbox) Keep(_ context.Context, events []pay.Event) error {
	if i.hold != nil {
		<-i.hold
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.forgetful {
		i.sizes = append(i.sizes, len(events))
	}
	if i.err != nil {
		return i.err
	}
	if !i.forgetful {
		i.got = append(i.got, events...)
	}
	return nil
}

func (i *inbox) forget() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.got, i.sizes = nil, nil
}

// fail makes every store fail with err; nil makes it well again.
func (i *inbox) fail(err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.err = err
}

// batches gives how many events each store was given.
func (i *inbox) batches() []int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]int(nil), i.sizes...)
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

func prefixes(texts ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, text := range texts {
		out = append(out, netip.MustParsePrefix(text))
	}
	return out
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
			OrderID: "EbUYmJ4Q9EANnTWta8dok", TransactionKey: "9FF15E1A29D0E77C218F57262BFA4986", SecretFingerprint: pay.SecretFingerprint("DmKQbGzQQcVE3UoFNqWxL"),
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
	if e.PaymentKey != "p-1" || e.OrderID != "o-1" || e.Status != "CANCELED" || e.TransactionKey != "t-1" || e.SecretFingerprint != pay.SecretFingerprint("ps_secret") ||
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
	proxied := func(o *webhook.Options) { o.TrustedProxies = prefixes("10.0.0.0/8") }
	mapped := func(o *webhook.Options) { o.AllowFrom = prefixes("::ffff:13.124.18.0/120", "2001:db8::/32") }
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
		{"nothing but proxies", only, `{}`, from("10.1.1.1:99", "10.2.2.2, 10.3.3.3"), http.StatusForbidden},
		{"an empty header", only, `{}`, from("10.1.1.1:99", ""), http.StatusForbidden},
		{"an empty end", only, `{}`, from("10.1.1.1:99", "13.124.18.147,"), http.StatusForbidden},
		{"garbage before the address", only, `{}`, from("10.1.1.1:99", "<script>, 13.124.18.147"), http.StatusOK},
		{"half a bracket", only, `{}`, from("10.1.1.1:99", "13.124.18.147]"), http.StatusForbidden},
		{"with a port", only, `{}`, from("10.1.1.1:99", "13.124.18.147:4711"), http.StatusOK},
		{"as IPv6, behind the proxy", only, `{}`, from("[::ffff:10.1.1.1]:99", "::ffff:13.124.18.147"), http.StatusOK},
		{"garbage where any address may send", proxied, `{}`, from("10.1.1.1:99", "unknown"), http.StatusOK},
		{"a network of IPv6's form", mapped, `{}`, from("13.124.18.147:99"), http.StatusOK},
		{"IPv6", mapped, `{}`, from("[2001:db8::1]:99"), http.StatusOK},
		{"another IPv6", mapped, `{}`, from("[2001:db9::1]:99"), http.StatusForbidden},
		{"no address at all", only, `{}`, from("@"), http.StatusForbidden},
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

// unreadable fails a test that reads it.
type unreadable struct{ t *testing.T }

func (u unreadable) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

// Who must not send, or says that he sends too much, is not read.
func TestWhatIsRefusedUnread(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*http.Request)
		want   int
	}{
		"another address": {func(r *http.Request) { r.RemoteAddr = "1.2.3.4:5" }, http.StatusForbidden},
		"another method":  {func(r *http.Request) { r.Method = http.MethodPut }, http.StatusMethodNotAllowed},
		"too large":       {func(r *http.Request) { r.RemoteAddr, r.ContentLength = "13.124.18.147:5", 1<<20+1 }, http.StatusRequestEntityTooLarge},
	} {
		r := receiver(t, &inbox{}, func(o *webhook.Options) { o.AllowFrom = prefixes("13.124.18.147/32") })
		if code := post(r, "", func(req *http.Request) { req.Body = io.NopCloser(unreadable{t}) }, test.change); code != test.want {
			t.Errorf("%s: answered with %d", name, code)
		}
	}
}

// The log and the answers tell what happened, and nothing of what was sent but
// the ids that an operator looks for.
func TestWhatIsLoggedAndAnswered(t *testing.T) {
	t.Parallel()
	const body = `{"orderId":"o-1","status":"DONE","transactionKey":"t-1","secret":"ps_1","customerName":"김토스"}`
	const signed = `{"eventType":"payout.changed","entityBody":{"status":"DONE","note":"ps_1"}}`
	for name, test := range map[string]struct {
		body, from, want string
	}{
		"stored":    {body, "13.124.18.147:5", `level=DEBUG msg=webhook type=DEPOSIT_CALLBACK order=o-1 transmission=whtrans_1 status=DONE`},
		"address":   {body, "1.2.3.4:5", `level=WARN msg="webhook: refused" from=1.2.3.4 reason=address`},
		"proxy":     {body, "10.0.0.1:5", `level=WARN msg="webhook: refused" from=10.0.0.1 reason=address`},
		"signature": {signed, "13.124.18.147:5", `level=WARN msg="webhook: refused" from=13.124.18.147 reason=signature type=payout.changed`},
		"not JSON":  {body[1:], "13.124.18.147:5", ""},
	} {
		var log bytes.Buffer
		handler := slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}})
		r := receiver(t, &inbox{}, func(o *webhook.Options) {
			o.Log, o.AllowFrom, o.TrustedProxies = slog.New(handler), prefixes("13.124.18.147/32"), prefixes("10.0.0.1/32")
		})
		req := httptest.NewRequest(http.MethodPost, "/hook", strings.NewReader(test.body))
		req.RemoteAddr = test.from
		req.Header.Set("tosspayments-webhook-transmission-id", "whtrans_1")
		answer := httptest.NewRecorder()
		r.ServeHTTP(answer, req)
		if got := strings.TrimSpace(log.String()); got != test.want {
			t.Errorf("%s: logged %s", name, got)
		}
		for _, sent := range []string{"ps_1", "o-1", "t-1", "김토스", "payout"} {
			if strings.Contains(answer.Body.String(), sent) {
				t.Errorf("%s: answered with %s", name, answer.Body)
			}
		}
	}
}

func TestWhatAReceiverNeeds(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*webhook.Options){
		"no inbox":         func(o *webhook.Options) { o.Inbox = nil },
		"no redaction":     func(o *webhook.Options) { o.Redact = nil },
		"no clock":         func(o *webhook.Options) { o.Now = nil },
		"no merchant":      func(o *webhook.Options) { o.Merchants = nil },
		"a nameless one":   func(o *webhook.Options) { o.Merchants = []webhook.Merchant{{}} },
		"two of one name":  func(o *webhook.Options) { o.Merchants = []webhook.Merchant{{MID: "a"}, {MID: "a"}} },
		"an empty network": func(o *webhook.Options) { o.AllowFrom = []netip.Prefix{{}} },
		"an empty proxy":   func(o *webhook.Options) { o.TrustedProxies = []netip.Prefix{{}} },
	} {
		o := webhook.Options{Inbox: &inbox{}, Redact: toss.Redact, Now: func() time.Time { return now }, Merchants: []webhook.Merchant{{MID: "shop1"}}}
		spoil(&o)
		if r, err := webhook.New(o); err == nil {
			r.Close()
			t.Errorf("%s: taken", name)
		}
	}
}
