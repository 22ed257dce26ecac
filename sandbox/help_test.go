package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// noon is where most tests begin.
var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, kst)

// hands are a test's own clock and a client with the right key.
type hands struct {
	t    *testing.T
	s    *Sandbox
	url  string
	mu   sync.Mutex
	time time.Time
}

func (h *hands) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.time
}

func (h *hands) wait(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.time = h.time.Add(d)
}

func begin(t *testing.T, o Options) *hands {
	t.Helper()
	h := &hands{t: t, time: noon}
	o.Now = h.now
	h.s = New(o)
	server := httptest.NewServer(h.s.Handler())
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

type answer struct {
	status int
	header http.Header
	raw    string
	body   map[string]any
}

// call sends a request; headers are given as name, value pairs.
func (h *hands) call(method, path, body string, headers ...string) answer {
	h.t.Helper()
	a, err := h.try(method, path, body, headers...)
	if err != nil {
		h.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

func (h *hands) try(method, path, body string, headers ...string) (answer, error) {
	r, err := http.NewRequest(method, h.url+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	r.GetBody = nil // nothing may be resent behind the test's back
	r.SetBasicAuth("test_sk_sandbox", "")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
		}
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	a := answer{status: resp.StatusCode, header: resp.Header, raw: string(raw)}
	_ = json.Unmarshal(raw, &a.body)
	return a, err
}

func (h *hands) pay(n NewPayment) *Payment {
	h.t.Helper()
	if n.OrderID == "" {
		n.OrderID = "ORDER-0001"
	}
	if n.Amount == 0 {
		n.Amount = 10_000
	}
	p, err := h.s.Pay(n)
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

func (h *hands) get(key string) answer { return h.call("GET", "/v1/payments/"+key, "") }

func (h *hands) cancel(key, body string, headers ...string) answer {
	return h.call("POST", "/v1/payments/"+key+"/cancel", body, headers...)
}

// want checks the status and, for errors, the code.
func (a answer) want(t *testing.T, status int, code string) {
	t.Helper()
	got, _ := a.body["code"].(string)
	if a.status != status || got != code {
		t.Fatalf("want %d %q, got %d %s", status, code, a.status, a.raw)
	}
}

// field reads a path of names in the answer; numbers come as float64.
func (a answer) field(path ...string) any {
	var v any = a.body
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

func (a answer) cancels() []map[string]any {
	list, _ := a.body["cancels"].([]any)
	var out []map[string]any
	for _, v := range list {
		out = append(out, v.(map[string]any))
	}
	return out
}

// list reads a page of transactions.
func (h *hands) list(query string) []map[string]any {
	h.t.Helper()
	a := h.call("GET", "/v1/transactions?"+query, "")
	var rows []map[string]any
	if err := json.Unmarshal([]byte(a.raw), &rows); err != nil || a.status != 200 {
		h.t.Fatalf("list: %d %s", a.status, a.raw)
	}
	return rows
}

const today = "startDate=2026-11-21T00:00:00&endDate=2026-11-21T23:59:59"
const giveBack = `{"cancelReason":"고객 변심"}`
