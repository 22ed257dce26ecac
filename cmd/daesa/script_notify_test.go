package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports"
)

// inboxes are the services of the sessions to which something is sent: chat, a
// watcher of heartbeats, a store that speaks S3.
var inboxes sync.Map

// inbox keeps what it is given: one line for each request, and below it the
// text, where it is one. Below /broken it takes nothing.
type inbox struct {
	mu       sync.Mutex
	received strings.Builder
}

func (in *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || strings.HasPrefix(r.URL.Path, "/broken") {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	fmt.Fprintf(&in.received, "%s %s\n", r.Method, r.URL.Path)
	if signer, _, ok := strings.Cut(r.Header.Get("Authorization"), "/"); ok {
		fmt.Fprintf(&in.received, "%s\n", signer)
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "text/plain") {
		fmt.Fprintf(&in.received, "%s\n", body)
	}
	w.Header().Set("ETag", `"e"`) // what a store answers
}

// hashes are those of the journal: they hold the times at which a session ran.
var hashes = regexp.MustCompile(`[0-9a-f]{64}`)

func scriptInbox(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 1 {
		ts.Fatalf("usage: inbox [FILE]")
	}
	if len(args) == 0 {
		in := &inbox{}
		server := httptest.NewServer(in)
		ts.Defer(server.Close)
		inboxes.Store(ts, in)
		ts.Setenv("INBOX", strings.TrimPrefix(server.URL, "http://"))
		return
	}
	kept, ok := inboxes.Load(ts)
	if !ok {
		ts.Fatalf("inbox without a file comes first")
	}
	in := kept.(*inbox)
	in.mu.Lock()
	defer in.mu.Unlock()
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(hashes.ReplaceAllString(in.received.String(), "HASH")), 0o600))
	in.received.Reset()
}

func TestARefusedKeyIsRecognised(t *testing.T) {
	refusal := (&pay.Failure{Kind: pay.FailureKey, API: "GET /v1/transactions", HTTPStatus: 401, Code: "UNAUTHORIZED_KEY", Message: "..."}).Error()
	night := func(mid string, whys ...string) reports.Snapshot {
		s := reports.Snapshot{Run: reconcile.Run{MID: mid}}
		for _, why := range whys {
			s.Run.Gaps = append(s.Run.Gaps, reconcile.Gap{Side: "provider", What: "transactions", Why: why})
		}
		return s
	}
	got := keysRefused([]reports.Snapshot{night("a", "page 2: "+refusal, refusal), night("b", "HTTP 503"), night("c")})
	if diff := cmp.Diff([]string{"a"}, got); diff != "" {
		t.Error(diff)
	}
	for name, test := range map[string]struct {
		known    []string
		failures []string
		want     []string
	}{
		"by the job of refunds":      {[]string{"a", "ab"}, []string{"ab: the provider does not accept the secret key", "a: HTTP 500"}, []string{"ab"}},
		"by a status without a code": {[]string{"a"}, []string{(&pay.Failure{API: "GET /", HTTPStatus: 401}).Error()}, []string{"a"}},
		"twice":                      {[]string{"a", "b"}, []string{"b: " + refusal, "b: " + refusal, "a: " + refusal}, []string{"b", "a"}},
		"whose, nobody knows":        {[]string{"a", "b"}, []string{refusal}, nil},
		"another failure":            {[]string{"a"}, []string{"a: toss: GET /v1/transactions: HTTP 503", "a: payment 401 could not be looked up"}, nil},
	} {
		if diff := cmp.Diff(test.want, refusedKeys(test.known, test.failures...)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// While a slow service is told of one pass the capture goes on.
func TestACaptureDoesNotWaitForWhoIsTold(t *testing.T) {
	release, told := make(chan struct{}), make(chan int, 10)
	teller := passTeller{tell: func(s jobs.CaptureSummary) {
		<-release
		told <- s.Missed
	}}
	teller.hear(jobs.CaptureSummary{New: 3}) // nothing to tell
	teller.hear(jobs.CaptureSummary{Missed: 1})
	teller.hear(jobs.CaptureSummary{Missed: 2})
	close(release)
	teller.wait()
	teller.hear(jobs.CaptureSummary{Missed: 3, Gaps: []string{"a"}})
	teller.wait()
	close(told)
	var got []int
	for missed := range told {
		got = append(got, missed)
	}
	if diff := cmp.Diff([]int{1, 3}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAHeartbeatThatFailsKeepsItsAddress(t *testing.T) {
	refusing := httptest.NewServer(http.NotFoundHandler())
	defer refusing.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for address, says := range map[string]string{
		refusing.URL + "/canary":       "its server answered 404",
		gone.URL + "/canary":           "its server could not be reached",
		"http://canary\x7f/":           "its address is none",
		"unknown://127.0.0.1:1/canary": "its server could not be reached",
	} {
		if err := callHeartbeat(t.Context(), address); err == nil || err.Error() != says {
			t.Errorf("%q: %v, expected %s", address, err, says)
		}
	}
}
