package sandbox

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
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

// Confirms over HTTP, each on the disk before it is answered. TMPDIR says on which.
func BenchmarkConfirm(b *testing.B) {
	s := New(Options{StateFile: filepath.Join(b.TempDir(), "state")})
	type order struct{ key, id string }
	orders := make(chan order, b.N)
	for i := range b.N {
		id := fmt.Sprintf("ORDER-%07d", i)
		p, err := s.Pay(NewPayment{OrderID: id, Amount: 10_000, Status: InProgress})
		if err != nil {
			b.Fatal(err)
		}
		orders <- order{p.Key, id}
	}
	if err := s.Keep(); err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(s)
	defer server.Close()
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 1000}}
	b.SetParallelism(32)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			o := <-orders
			body := `{"paymentKey":"` + o.key + `","orderId":"` + o.id + `","amount":10000}`
			r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, server.URL+"/v1/payments/confirm", strings.NewReader(body))
			if err != nil {
				b.Error(err)
				return
			}
			r.SetBasicAuth("test_sk_sandbox", "")
			r.Header.Set("Idempotency-Key", o.id)
			resp, err := client.Do(r)
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				b.Error(resp.Status)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "confirms/s")
}
