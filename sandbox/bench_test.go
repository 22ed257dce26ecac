package sandbox

import (
	"bytes"
	"net/http/httptest"
	"strconv"
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

// A month of rows, page by page, by the day of payout, as a synchronisation reads it.
func BenchmarkSettlementPages(b *testing.B) {
	s := New(Options{Settle: true, Freeze: true})
	end := time.Date(2026, 11, 20, 0, 0, 0, 0, kst)
	s.Seed(HistoryOptions{Orders: benchOrders, Days: 300, End: end})
	s.SetClock(end.AddDate(0, 0, 10))
	page := func(query string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/v1/settlements?size=5000&"+query, nil)
		r.SetBasicAuth("test_sk_sandbox", "")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
	began := time.Now()
	page("startDate=2026-11-02&endDate=2026-11-02") // builds the index
	built := time.Since(began)
	rows, took := 0, time.Duration(0)
	for b.Loop() {
		began := time.Now()
		for number := 1; ; number++ {
			w := page("startDate=2026-11-02&endDate=2026-11-06&dateType=paidOutDate&page=" + strconv.Itoa(number))
			shown := bytes.Count(w.Body.Bytes(), []byte(`"mId"`))
			rows += shown
			if shown < 5000 {
				break
			}
		}
		took += time.Since(began)
	}
	b.ReportMetric(built.Seconds(), "s-index")
	b.ReportMetric(float64(rows)/took.Seconds(), "rows/s")
}

// benchOrders is how large the ledger is.
var benchOrders = 100_000
