package webhook_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"daesa/toss"
	"daesa/webhook"
)

// FuzzEvent: whatever comes in the body and the headers, what is kept is JSON
// that has nothing left to cut, and the same content has the same id.
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
		f.Add(string(text), "whtrans_1", "v1:aaaa,v1:bbbb", sentAt, "3", "13.124.18.147, 10.0.0.1", "/shop1")
	}
	f.Add(`{"eventType":"X","createdAt":"9999-12-31T23:59:59-01:00"}`, "", "", "", "-1", "[::1]:x", "//")
	in := &inbox{}
	r, err := webhook.New(webhook.Options{Inbox: in, Redact: toss.Redact, Now: func() time.Time { return now },
		TrustedProxies: prefixes("192.0.2.0/24"), // of httptest's requests
		Merchants:      []webhook.Merchant{{MID: "shop1", SecurityKeys: func() []string { return []string{key} }}, {MID: "shop2"}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(r.Close)
	f.Fuzz(func(t *testing.T, body, id, signature, sentAt, retried, forwarded, path string) {
		defer in.forget()
		headers := []func(*http.Request){
			header("tosspayments-webhook-transmission-id", id), header("tosspayments-webhook-signature", signature),
			header("tosspayments-webhook-transmission-time", sentAt), header("tosspayments-webhook-transmission-retried-count", retried),
			header("X-Forwarded-For", forwarded), func(r *http.Request) { r.URL.Path = path },
		}
		first, second := post(r, body, headers...), post(r, body, headers...)
		got := in.events()
		if first != second || (first == http.StatusOK) != (len(got) == 2) {
			t.Fatalf("answered with %d and %d, stored %d", first, second, len(got))
		}
		if first != http.StatusOK {
			return
		}
		e := got[0]
		if e.ID == "" || e.ID != got[1].ID || e.Type == "" || e.Retried < 0 || len(e.TransmissionID) > 100 {
			t.Fatalf("%+v", got)
		}
		if year := e.CreatedAt.UTC().Year(); !e.CreatedAt.IsZero() && (year < 2000 || year > 2999) {
			t.Fatalf("made at %s", e.CreatedAt)
		}
		again, err := toss.Redact(e.Body)
		if err != nil || !bytes.Equal(again, e.Body) || !json.Valid(e.Body) || !utf8.Valid(e.Body) {
			t.Fatalf("kept %s", e.Body)
		}
	})
}

// BenchmarkReceive is what a webhook costs without a network and a disk.
func BenchmarkReceive(b *testing.B) {
	text, err := os.ReadFile("../testdata/webhook/webhook_payment_status_changed_envelope.json")
	if err != nil {
		b.Fatal(err)
	}
	r, err := webhook.New(webhook.Options{Inbox: &inbox{forgetful: true}, Redact: toss.Redact, Now: func() time.Time { return now },
		Merchants: []webhook.Merchant{{MID: "shop1"}}})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	body := string(text)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			req := httptest.NewRequest(http.MethodPost, "/hook", strings.NewReader(body))
			answer := httptest.NewRecorder()
			if r.ServeHTTP(answer, req); answer.Code != http.StatusOK {
				b.Errorf("answered with %d", answer.Code)
			}
		}
	})
}
