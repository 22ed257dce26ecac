package toss

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"daesa/pay"
)

const canary = "test_sk_CANARY/7f+a=b"

var instant = time.Date(2026, 11, 22, 1, 30, 0, 0, pay.Seoul)

func clock() time.Time { return instant }

// newClient makes a client that does not wait between tries.
func newClient(t testing.TB, base string, change func(*Options)) *Client {
	t.Helper()
	o := Options{
		BaseURL: base, MID: "tosspayments", SecretKey: func() string { return canary },
		Now: clock, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
	if change != nil {
		change(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// serve answers with f and counts.
func serve(t testing.TB, f http.HandlerFunc) (base string, hits *atomic.Int64) {
	t.Helper()
	hits = &atomic.Int64{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		f(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, hits
}

func reply(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func failureOf(t testing.TB, err error) *pay.Failure {
	t.Helper()
	var failure *pay.Failure
	if !errors.As(err, &failure) {
		t.Fatalf("%v (%T) is no failure", err, err)
	}
	noSecrets(t, failure.Error(), failure.About, failure.Message, failure.Code, failure.TraceID, fmt.Sprintf("%#v", *failure))
	return failure
}

// noSecrets looks for the key in every form in which it could come back.
func noSecrets(t testing.TB, texts ...string) {
	t.Helper()
	encoded := base64.StdEncoding.EncodeToString([]byte(canary + ":"))
	for _, text := range texts {
		for _, form := range []string{canary, encoded, strings.TrimRight(encoded, "="), url.QueryEscape(canary), accountCanary, holderCanary} {
			if strings.Contains(text, form) {
				t.Errorf("a secret came out: %s", text)
			}
		}
	}
}

const referenceKey = "5EnNZRJGvaBX7zk2yd8ydw26XvwXkLrx9POLqKQjmAw4b0e1"

func TestLookUp(t *testing.T) {
	var got *http.Request
	body := sample(t, "payment_va_waiting.json")
	base, hits := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		w.Header().Set("x-tosspayments-trace-id", "afbc9b43d8f9c55f1201d777b6e68418")
		_, _ = w.Write(body)
	})
	var calls, paced []string
	c := newClient(t, base, func(o *Options) {
		o.OnCall = func(api string) { calls = append(calls, api) }
		o.Pace = pacer(func(api string) error { paced = append(paced, api); return nil })
	})
	p, evidence, err := c.Payment(t.Context(), "tkemm20250406232859lQDg2")
	if err != nil {
		t.Fatal(err)
	}
	if p.OrderID != "dureotkd123_20250406232841" || p.TotalAmount != 11111 || !p.Waiting() {
		t.Errorf("%+v", p)
	}
	if want := "Basic " + base64.StdEncoding.EncodeToString([]byte(canary+":")); got.Header.Get("Authorization") != want {
		t.Errorf("authorization %q", got.Header.Get("Authorization"))
	}
	if got.Method != http.MethodGet || got.URL.Path != "/v1/payments/tkemm20250406232859lQDg2" || got.Header.Get("Accept-Language") != "" {
		t.Errorf("%s %s", got.Method, got.URL)
	}
	if evidence.API != APIPayment || evidence.TraceID != "afbc9b43d8f9c55f1201d777b6e68418" || !evidence.FetchedAt.Equal(instant) {
		t.Errorf("%+v", evidence)
	}
	for _, personal := range []string{"X9018612307559", "qwfqfwofwqom", "ps_GjLJoQ1aVZ965EbZMQy13w6KYe2R"} {
		if bytes.Contains(evidence.Body, []byte(personal)) {
			t.Errorf("the evidence holds %s", personal)
		}
	}
	if _, _, err := c.PaymentByOrder(t.Context(), "dureotkd123_20250406232841"); err != nil {
		t.Error(err)
	}
	if got.URL.Path != "/v1/payments/orders/dureotkd123_20250406232841" {
		t.Errorf("%s", got.URL)
	}
	if !slices.Equal(calls, []string{"payment", "order"}) || !slices.Equal(paced, calls) || hits.Load() != 2 {
		t.Errorf("calls %v, paced %v, %d hits", calls, paced, hits.Load())
	}
	if failure := failureOf(t, errorOf(c.PaymentByOrder(t.Context(), "another"))); failure.Kind != pay.FailureUnreadable {
		t.Errorf("another order's payment is %s", failure.Kind)
	}
}

type pacer func(api string) error

func (p pacer) Wait(_ context.Context, api string) error { return p(api) }

func errorOf[A, B any](_ A, _ B, err error) error { return err }

// TestAnswersOfALookUp goes through what can come back in place of a payment.
func TestAnswersOfALookUp(t *testing.T) {
	truncated := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "5000")
		_, _ = io.WriteString(w, `{"paymentKey":"`)
	}
	tests := []struct {
		name  string
		serve http.HandlerFunc
		kind  pay.FailureKind
		sends int64
		text  string
	}{
		{"not found", reply(404, string(sample(t, "error_404_not_found_payment.json"))), pay.FailureNotFound, 1, "404 NOT_FOUND_PAYMENT: 존재하지 않는 결제 입니다."},
		{"key", reply(401, `{"code":"UNAUTHORIZED_KEY","message":"x"}`), pay.FailureKey, 1, ""},
		{"key, 400", reply(400, string(sample(t, "error_400_invalid_api_key.json"))), pay.FailureKey, 1, ""},
		{"key, unknown code", reply(401, `{"code":"SOMETHING_NEW","message":"x"}`), pay.FailureKey, 1, ""},
		{"unknown code", reply(400, `{"code":"SOMETHING_NEW","message":"x"}`), pay.FailureUnclassed, 1, "400 SOMETHING_NEW"},
		{"version 2 envelope", reply(400, `{"version":"2022-11-16","traceId":"abc","error":{"code":"INVALID_REQUEST","message":"m"}}`), pay.FailureRefused, 1, "[trace abc]"},
		{"internal", reply(500, string(sample(t, "error_500_failed_internal_system_processing.json"))), pay.FailureTransient, 4, "[ES12]"},
		{"throttled", reply(429, `{"code":"SOMETHING_NEW","message":"slow"}`), pay.FailureThrottled, 4, ""},
		{"throttled by a gateway", reply(503, `<html>`), pay.FailureThrottled, 4, ""},
		{"gateway", reply(502, `<html>`), pay.FailureUnreadable, 4, "HTTP 502"},
		{"404 of another server", reply(404, `404 page not found`), pay.FailureUnreadable, 1, "HTTP 404"},
		{"HTML", reply(200, `<html>please log in</html>`), pay.FailureUnreadable, 1, "invalid character '<'"},
		{"empty", reply(200, ``), pay.FailureUnreadable, 1, "broken or other text"},
		{"null", reply(200, `null`), pay.FailureUnreadable, 1, "missing"},
		{"empty object", reply(200, `{}`), pay.FailureUnreadable, 1, "missing"},
		{"array", reply(200, `[]`), pay.FailureUnreadable, 1, "no payment"},
		{"error in a 200", reply(200, `{"code":"X","message":"y"}`), pay.FailureUnreadable, 1, "missing"},
		{"wrong type", reply(200, `{"paymentKey":7}`), pay.FailureUnreadable, 1, "paymentKey holds a number"},
		{"cut JSON", reply(200, `{"paymentKey":"`), pay.FailureUnreadable, 1, "unexpected end"},
		{"two values", reply(200, `{}{}`), pay.FailureUnreadable, 1, "after top-level value"},
		{"truncated", truncated, pay.FailureUnreadable, 1, "cut off"},
		{"enormous", reply(200, `{"paymentKey":"`+strings.Repeat("x", singleMaximum)+`"}`), pay.FailureUnreadable, 1, "longer than 1048576 bytes"},
		{"created", reply(201, string(sample(t, "payment_card_done_reference.json"))), pay.FailureUnreadable, 1, "HTTP 201"},
		{"no content", reply(204, ``), pay.FailureUnreadable, 1, "HTTP 204"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			base, hits := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("x-tosspayments-trace-id", "")
				if test.name != "version 2 envelope" {
					w.Header().Set("x-tosspayments-trace-id", "trace1")
				}
				test.serve(w, r)
			})
			failure := failureOf(t, errorOf(newClient(t, base, nil).Payment(t.Context(), referenceKey)))
			if failure.Kind != test.kind || hits.Load() != test.sends || !strings.Contains(failure.Error(), test.text) {
				t.Errorf("%s after %d sends: %v", failure.Kind, hits.Load(), failure)
			}
			if failure.TraceID == "" || failure.Hint() == "" || !strings.Contains(failure.Error(), referenceKey) {
				t.Errorf("%+v", failure)
			}
		})
	}
}

func TestTraceAndMessageAreMadeHarmless(t *testing.T) {
	encoded := base64.StdEncoding.EncodeToString([]byte(canary + ":"))
	base, _ := serve(t, reply(400, `{"code":"X\u001b[31m","message":"line\nbreak \u202e \u0000 `+canary+` Basic `+encoded+strings.Repeat("가", 500)+`"}`,
		"x-tosspayments-trace-id", "t1 "+canary))
	failure := failureOf(t, errorOf(newClient(t, base, nil).Payment(t.Context(), "k\r\n\x1b"+canary[:3])))
	for _, text := range []string{failure.Error(), failure.Message, failure.Code} {
		if strings.ContainsAny(text, "\n\r\x1b\x00\u202e") || len([]rune(text)) > 700 {
			t.Errorf("%q", text)
		}
	}
	if !strings.Contains(failure.Message, `line\u000abreak`) || !strings.Contains(failure.TraceID, "REDACTED") {
		t.Errorf("%q %q", failure.Message, failure.TraceID)
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"7": 7 * time.Second, "3600": time.Minute, instant.Add(9 * time.Second).UTC().Format(http.TimeFormat): 9 * time.Second,
	} {
		var waits []time.Duration
		base, hits := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if len(waits) < 2 {
				reply(429, `{"code":"TOO_MANY_REQUESTS","message":"x"}`, "Retry-After", header)(w, r)
				return
			}
			_, _ = w.Write(sample(t, "payment_card_done_reference.json"))
		})
		slots := 0
		c := newClient(t, base, func(o *Options) {
			o.Sleep = func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil }
			o.Pace = pacer(func(string) error { slots++; return nil })
		})
		if _, _, err := c.Payment(t.Context(), referenceKey); err != nil {
			t.Error(err)
		}
		if !slices.Equal(waits, []time.Duration{want, want}) || hits.Load() != 3 || slots != 3 {
			t.Errorf("%s: waits %v, %d hits, %d slots", header, waits, hits.Load(), slots)
		}
	}
}

func TestDelaysGrowAndStayBounded(t *testing.T) {
	f := &pay.Failure{}
	for try := 1; try < 12; try++ {
		whole := min(firstDelay<<(try-1), longestDelay)
		if d := delay(f, try); d < whole/2 || d >= whole {
			t.Errorf("try %d waits %s", try, d)
		}
	}
}

func TestCancelledContext(t *testing.T) {
	base, hits := serve(t, reply(500, `{"code":"COMMON_ERROR","message":"x"}`))
	ctx, stop := context.WithCancel(t.Context())
	c := newClient(t, base, func(o *Options) {
		o.Sleep = nil
		o.OnCall = func(string) { time.AfterFunc(50*time.Millisecond, stop) }
	})
	if failure := failureOf(t, errorOf(c.Payment(ctx, referenceKey))); failure.Kind != pay.FailureTransient || hits.Load() != 1 {
		t.Errorf("%v after %d hits", failure, hits.Load())
	}
	if failure := failureOf(t, errorOf(c.Payment(ctx, referenceKey))); failure.Kind != pay.FailureNotSent || !errors.Is(failure, context.Canceled) {
		t.Errorf("%v", failure)
	}
	c = newClient(t, base, func(o *Options) { o.Pace = pacer(func(string) error { return context.DeadlineExceeded }) })
	if failure := failureOf(t, errorOf(c.Payment(t.Context(), referenceKey))); failure.Kind != pay.FailureOwn || hits.Load() != 1 {
		t.Errorf("%v after %d hits", failure, hits.Load())
	}
}

func TestTimeoutIsNoAnswer(t *testing.T) {
	release := make(chan struct{})
	base, hits := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "{")
		w.(http.Flusher).Flush()
		<-release
	})
	defer close(release)
	c := newClient(t, base, func(o *Options) { o.Timeout = 50 * time.Millisecond })
	failure := failureOf(t, errorOf(c.Payment(t.Context(), referenceKey)))
	if failure.Kind != pay.FailureNoAnswer || hits.Load() != 1 || !strings.Contains(failure.Error(), "in time") {
		t.Errorf("%v after %d sends", failure, hits.Load())
	}
}

func TestNothingListens(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	base := "http://" + listener.Addr().String()
	_ = listener.Close()
	sends := 0
	c := newClient(t, base, func(o *Options) { o.OnCall = func(string) { sends++ } })
	if failure := failureOf(t, errorOf(c.Payment(t.Context(), referenceKey))); failure.Kind != pay.FailureNotSent || sends != 4 {
		t.Errorf("%v after %d sends", failure, sends)
	}
}

func TestNoRedirectIsFollowed(t *testing.T) {
	trap, trapped := serve(t, reply(200, string(sample(t, "payment_card_done_reference.json"))))
	for _, status := range []int{300, 301, 302, 303, 304, 307, 308} {
		base, _ := serve(t, reply(status, "", "Location", trap+"/v1/payments/x"))
		for _, c := range []*Client{newClient(t, base, nil), newClient(t, base, func(o *Options) { o.HTTP = &http.Client{} })} {
			if failure := failureOf(t, errorOf(c.Payment(t.Context(), referenceKey))); failure.Kind != pay.FailureUnreadable {
				t.Errorf("%d: %v", status, failure)
			}
			if failure := failureOf(t, errorOf(c.Cancel(t.Context(), intent(), body(t), nil))); failure.Kind != pay.FailureNoCode {
				t.Errorf("%d: a cancel: %v", status, failure)
			}
		}
	}
	if trapped.Load() != 0 {
		t.Errorf("the trap saw %d requests", trapped.Load())
	}
}

func TestBaseURL(t *testing.T) {
	for _, base := range []string{
		"", "api.tosspayments.com", "http://api.tosspayments.com", "http://10.0.0.1", "ftp://127.0.0.1", "https://user:" + canary + "@host",
		"https://host?" + canary, "https://host/#" + canary, "http://127.0.0.1.example.com", "http://localhost.example.com", "https://", "mailto:a@b",
		"http://[::2]", "http://%zz" + canary,
	} {
		_, err := New(Options{BaseURL: base, SecretKey: func() string { return canary }, Now: clock})
		if err == nil {
			t.Errorf("%s is taken", base)
			continue
		}
		noSecrets(t, err.Error())
		var hinted interface{ Hint() string }
		if !errors.As(err, &hinted) || !strings.Contains(hinted.Hint(), "base_url") {
			t.Errorf("%s: no hint", base)
		}
	}
	for _, base := range []string{"https://api.tosspayments.com", "https://api.tosspayments.com/", "http://127.0.0.1:80", "http://[::1]:1", "http://localhost:1/toss"} {
		if _, err := New(Options{BaseURL: base, SecretKey: func() string { return canary }, Now: clock}); err != nil {
			t.Errorf("%s: %v", base, err)
		}
	}
	for _, o := range []Options{
		{BaseURL: "https://h", SecretKey: func() string { return "" }}, {BaseURL: "https://h", Now: clock},
		{BaseURL: "https://h", SecretKey: func() string { return "" }, Now: clock, HTTP: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}},     //nolint:gosec // is refused
		{BaseURL: "https://h", SecretKey: func() string { return "" }, Now: clock, HTTP: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS11}}}}, //nolint:gosec // is refused
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}

func TestSecretKeyThatCannotBeOne(t *testing.T) {
	base, hits := serve(t, reply(200, "{}"))
	for _, key := range []string{"", "\ufefftest_sk_x", "test_sk_x\n", "test sk", "test_sk_가"} {
		c := newClient(t, base, func(o *Options) { o.SecretKey = func() string { return key } })
		if failure := failureOf(t, errorOf(c.Payment(t.Context(), referenceKey))); failure.Kind != pay.FailureKey {
			t.Errorf("%q: %v", key, failure)
		}
	}
	if hits.Load() != 0 {
		t.Error("something was sent")
	}
}

// TestTLS refuses old TLS and certificates that nothing vouches for, before
// anything is sent.
func TestTLS(t *testing.T) {
	var hits atomic.Int64
	start := func(config *tls.Config) *httptest.Server {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			hits.Add(1)
			_, _ = w.Write(sample(t, "payment_card_done_reference.json"))
		}))
		server.TLS = config
		server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // refused handshakes
		server.StartTLS()
		t.Cleanup(server.Close)
		return server
	}
	trusting := func(server *httptest.Server) func(*Options) {
		return func(o *Options) {
			transport := newTransport(2, true)
			pool := x509.NewCertPool()
			pool.AddCert(server.Certificate())
			transport.TLSClientConfig.RootCAs = pool
			o.HTTP = &http.Client{Transport: transport}
		}
	}
	modern := start(nil)
	old := start(&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}) //nolint:gosec // it is to be refused
	_, port, _ := net.SplitHostPort(modern.Listener.Addr().String())
	for name, c := range map[string]*Client{
		"TLS 1.1":     newClient(t, old.URL, trusting(old)),
		"self-signed": newClient(t, modern.URL, nil),
		"wrong host":  newClient(t, "https://localhost:"+port, trusting(modern)),
	} {
		if failure := failureOf(t, errorOf(c.Payment(t.Context(), referenceKey))); failure.Kind != pay.FailureNotSent {
			t.Errorf("%s: %v", name, failure)
		}
		if failure := failureOf(t, errorOf(c.Cancel(t.Context(), intent(), body(t), nil))); failure.Kind != pay.FailureNotSent {
			t.Errorf("%s: a cancel: %v", name, failure)
		}
	}
	if hits.Load() != 0 {
		t.Errorf("%d requests were served", hits.Load())
	}
	if _, _, err := newClient(t, modern.URL, trusting(modern)).Payment(t.Context(), referenceKey); err != nil || hits.Load() != 1 {
		t.Errorf("a good server: %v", err)
	}
}

func TestProbe(t *testing.T) {
	date := "Sun, 22 Nov 2026 20:37:37 GMT"
	tests := []struct {
		status   int
		body     string
		accepted bool
		fails    bool
	}{
		{404, string(sample(t, "error_404_not_found_payment.json")), true, false},
		{401, `{"code":"UNAUTHORIZED_KEY","message":""}`, false, false},
		{403, `{"code":"FORBIDDEN_REQUEST","message":""}`, false, false},
		{400, string(sample(t, "error_400_invalid_api_key.json")), false, false},
		{403, `<html>`, false, true},
		{403, `{"code":"ACCESS_DENIED","message":"a gateway's"}`, false, true},
		{404, `{"code":"NOT_FOUND","message":"a gateway's"}`, false, true},
		{404, `<html>`, false, true},
		{500, `{"code":"COMMON_ERROR","message":""}`, false, true},
		{200, `<html>`, false, true},
	}
	for _, test := range tests {
		base, _ := serve(t, reply(test.status, test.body, "Date", date))
		probe, err := newClient(t, base, nil).Probe(t.Context())
		if (err != nil) != test.fails || probe.KeyAccepted != test.accepted || probe.ProviderTime.Format(http.TimeFormat) != date {
			t.Errorf("%d %s: %+v, %v", test.status, test.body, probe, err)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	base, hits := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(sample(t, "payment_card_done_reference.json"))
	})
	c := newClient(t, base, nil)
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if _, _, err := c.Payment(t.Context(), referenceKey); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if hits.Load() != 50 {
		t.Errorf("%d sends", hits.Load())
	}
}

// hostile are ids that try to leave their path segment.
var hostile = []string{
	"../../x", "..", ".", "", "a/b", "a?b=c", "a#b", "%2f", "%2e%2e", "a@b:c", "\r\nX: y", "a b", "가나", "\x00", "\xff", "orders/x", "/", "//", `\`, ";a", "a%", "+", "…",
}

func segmentHolds(t testing.TB, id string) {
	t.Helper()
	var uri string
	base, hits := serve(t, func(w http.ResponseWriter, r *http.Request) {
		uri = r.RequestURI
		reply(404, `{"code":"NOT_FOUND_PAYMENT","message":"m"}`)(w, r)
	})
	c := newClient(t, base, nil)
	check := func(prefix, suffix string, err error) {
		failure := failureOf(t, err)
		if id == "" || id == "." || id == ".." {
			if hits.Load() != 0 {
				t.Errorf("%q was sent as %s", id, uri)
			}
			return
		}
		inner, ok := strings.CutPrefix(uri, prefix)
		inner, ok2 := strings.CutSuffix(inner, suffix)
		back, unescapeErr := url.PathUnescape(inner)
		if !ok || !ok2 || unescapeErr != nil || back != id || strings.ContainsAny(inner, "/?# \r\n") || failure.Kind != pay.FailureNotFound {
			t.Errorf("%q went out as %q: %v", id, uri, failure)
		}
	}
	check("/v1/payments/", "", errorOf(c.Payment(t.Context(), id)))
	check("/v1/payments/orders/", "", errorOf(c.PaymentByOrder(t.Context(), id)))
	order := intent()
	order.PaymentKey = id
	check("/v1/payments/", "/cancel", errorOf(c.Cancel(t.Context(), order, body(t), nil)))
}

func TestIDsStayInTheirSegment(t *testing.T) {
	for _, id := range hostile {
		segmentHolds(t, id)
	}
}

// A full disk under daesa's own database was called a provider that cannot be
// reached, with advice about the network.
func TestWhatFailsOfOurOwnIsNotTheProvidersFault(t *testing.T) {
	t.Parallel()
	base, hits := serve(t, reply(200, "[]"))
	full := errors.New("database or disk is full")
	c := newClient(t, base, func(o *Options) { o.Pace = pacer(func(string) error { return full }) })
	failure := failureOf(t, errorOf(c.Payment(t.Context(), referenceKey)))
	if failure.Kind != pay.FailureOwn || !errors.Is(failure, full) || hits.Load() != 0 ||
		!strings.Contains(failure.Hint(), "Toss was not asked") || failure.Word() != "database_failed" {
		t.Errorf("%v, hint %q, word %s, after %d hits", failure, failure.Hint(), failure.Word(), hits.Load())
	}
}
