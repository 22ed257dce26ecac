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

// TestACaptureSaysWhoseKeyIsRefused by the kind of the failure, whatever its text.
func TestACaptureSaysWhoseKeyIsRefused(t *testing.T) {
	capture := jobs.CaptureSummary{Gaps: []jobs.CaptureGap{{MID: "a", Kind: pay.FailureKey, Text: "x"}, {MID: "a", Kind: pay.FailureKey, Text: "y"}, {MID: "b", Kind: pay.FailureNoAnswer}}}
	if diff := cmp.Diff([]string{"a"}, capture.KeysRefused()); diff != "" {
		t.Error(diff)
	}
}
