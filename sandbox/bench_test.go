package sandbox

import (
	"net/http/httptest"
	"testing"
	"time"
)

func BenchmarkTransactionsPage(b *testing.B) {
	s := New(Options{})
	s.Seed(HistoryOptions{Orders: 100_000, Days: 1, End: time.Date(2026, 11, 20, 0, 0, 0, 0, kst)})
	for b.Loop() {
		r := httptest.NewRequest("GET", "/v1/transactions?startDate=2026-11-20T00:00:00&endDate=2026-11-20T23:59:59&limit=5000", nil)
		r.SetBasicAuth("test_sk_sandbox", "")
		s.ServeHTTP(httptest.NewRecorder(), r)
	}
}
