package toss

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"daesa/pay"
)

func seed(f *testing.F, pattern string) {
	files, err := filepath.Glob(filepath.Join(samples, pattern))
	if err != nil || len(files) == 0 {
		f.Fatalf("%s: %v", pattern, err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
}

// FuzzPayment: whatever is accepted is identified, and its sums agree.
func FuzzPayment(f *testing.F) {
	seed(f, "*payment_*.json")
	c := newClient(f, "http://127.0.0.1:1", nil)
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := c.payment(body)
		if err != nil {
			return
		}
		if p.PaymentKey == "" || p.OrderID == "" || p.Status == "" || p.Currency == "" || p.TotalAmount < 0 || p.BalanceAmount < 0 {
			t.Errorf("%+v", p)
		}
		if (p.Status == pay.Done || p.Status == pay.PartialCanceled) && p.Held() > p.TotalAmount {
			t.Errorf("holds more than was paid: %+v", p)
		}
		for i := 1; i < len(p.Cancels); i++ {
			if compareCancels(p.Cancels[i-1], p.Cancels[i]) > 0 {
				t.Errorf("cancels out of order: %+v", p.Cancels)
			}
		}
		checkRedacted(t, body, redact(body))
	})
}

// FuzzTransactions: an accepted page ends with the key of its last row, and no
// row is without one.
func FuzzTransactions(f *testing.F) {
	seed(f, "*transactions_*.json")
	f.Add(rows(0, 3))
	c := newClient(f, "http://127.0.0.1:1", nil)
	f.Fuzz(func(t *testing.T, body []byte) {
		page, err := c.page(body)
		if err != nil {
			return
		}
		if len(page.Rows)+len(page.Bad) > PageLimit || page.Empty() && page.Next != "" || len(page.Bad) == 0 && page.Next == "" && !page.Empty() {
			t.Errorf("%d rows, %d bad, next %q", len(page.Rows), len(page.Bad), page.Next)
		}
		for _, row := range page.Bad {
			if row.Err == nil {
				t.Errorf("a bad row without a reason: %+v", row)
			}
		}
		for _, row := range page.Rows {
			if row.TransactionKey == "" || row.PaymentKey == "" || row.At.IsZero() && row.At.Year() != 1 || row.MID == "" {
				t.Errorf("%+v", row)
			}
		}
	})
}

// FuzzError: every refusal has a kind, and its text fits on one line.
func FuzzError(f *testing.F) {
	seed(f, "error_*.json")
	c := newClient(f, "http://127.0.0.1:1", nil)
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, status := range []int{302, 400, 401, 404, 429, 500, 503} {
			for _, q := range []*call{{name: "GET"}, {name: "POST", cancel: true, private: []string{accountCanary}}} {
				failure := c.refusal(q, answer{status: status, body: body})
				text := failure.Error()
				if failure.Kind == "" || !utf8.ValidString(text) || len(text) > 8000 || strings.ContainsFunc(text, unicode.IsControl) {
					t.Errorf("%q: %q", failure.Kind, text)
				}
				if failure.Kind == pay.FailureNotSent || (q.cancel && failure.Kind == pay.FailureUnreadable) {
					t.Errorf("a cancel that was answered is %s", failure.Kind)
				}
				if strings.Contains(text, canary) || q.cancel && failure.Code == "" && strings.Contains(text, accountCanary) {
					t.Errorf("a secret came out: %s", text)
				}
			}
		}
	})
}

// FuzzRedact: what comes out is JSON, tells the same, and hides what is personal.
func FuzzRedact(f *testing.F) {
	seed(f, "*.json")
	f.Add([]byte(`{"metadata":{"secret":1},"a":[{"holderName":"x"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := Redact(body)
		if err != nil {
			if json.Valid(body) {
				t.Errorf("%q is JSON", body)
			}
			return
		}
		checkRedacted(t, body, got)
		again, err := Redact(got)
		if err != nil || string(again) != string(got) {
			t.Errorf("a second cut changes %q to %q, %v", got, again, err)
		}
	})
}

// FuzzSegment: no id leaves its segment of the path.
func FuzzSegment(f *testing.F) {
	for _, id := range hostile {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		if len(id) > 4000 {
			return
		}
		segmentHolds(t, id)
	})
}
