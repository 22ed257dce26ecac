package bench

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"daesa/internal/pgtest"
	"daesa/store"
	"daesa/toss"
	"daesa/webhook"
)

// BenchmarkWebhook measures the receiver over loopback with PostgreSQL and full
// durability. "as fast" sends as fast as it answers; "1000 a second" sends at
// that rate whether it answers or not, and says how long the slowest answers
// took. Every event that was acknowledged is then counted in the database.
//
//	go test -run '^$' -bench Webhook -benchtime 60000x ./bench
func BenchmarkWebhook(b *testing.B) {
	b.Run("as fast", func(b *testing.B) { benchmarkWebhook(b, 0) })
	b.Run("1000 a second", func(b *testing.B) { benchmarkWebhook(b, time.Millisecond) })
}

func benchmarkWebhook(b *testing.B, every time.Duration) {
	db, err := store.Open(b.Context(), pgtest.NewServer(b, pgtest.Durable()).URL(b))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	receiver, err := webhook.New(webhook.Options{Inbox: db, Redact: toss.Redact, Now: time.Now, Merchants: []webhook.Merchant{{MID: "shop"}}})
	if err != nil {
		b.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = webhook.Serve(b.Context(), listener, receiver) }() // it ends with the benchmark
	address := "http://" + listener.Addr().String() + "/hook"
	const senders = 64
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: senders}}
	var next, acknowledged atomic.Int64
	took := make([]time.Duration, b.N)
	b.ResetTimer()
	begun := time.Now()
	var group sync.WaitGroup
	for range senders {
		group.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= b.N {
					return
				}
				due := begun.Add(time.Duration(i) * every)
				time.Sleep(time.Until(due))
				if every == 0 {
					due = time.Now()
				}
				if sendEvent(client, address, i) {
					acknowledged.Add(1)
				}
				took[i] = time.Since(due)
			}
		})
	}
	group.Wait()
	b.StopTimer()
	receiver.Close()
	rows, err := db.Events(b.Context(), "", "", "", b.N+1)
	if err != nil {
		b.Fatal(err)
	}
	if int64(len(rows)) != acknowledged.Load() || len(rows) != b.N {
		b.Fatalf("%d sent, %d acknowledged, %d stored", b.N, acknowledged.Load(), len(rows))
	}
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(took[b.N/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[b.N*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(took[b.N-1].Microseconds())/1000, "max-ms")
}

// sendEvent sends what Toss sends when a virtual account was paid into.
func sendEvent(client *http.Client, address string, i int) bool {
	body := fmt.Sprintf(`{"eventType":"PAYMENT_STATUS_CHANGED","createdAt":"2026-11-21T12:00:00.000000","data":{"mId":"shop","version":"2022-11-16",
		"paymentKey":"tgen_20261121120000%05d","orderId":"order-%d","status":"DONE","method":"가상계좌","totalAmount":10000,"balanceAmount":10000,
		"secret":"ps_%020d","virtualAccount":{"accountNumber":"X1234567890123","bankCode":"88","customerName":"김토스","dueDate":"2026-11-28T12:00:00+09:00",
		"refundStatus":"NONE","expired":false,"settlementStatus":"INCOMPLETED"},"cancels":null,"currency":"KRW"}}`, i%100_000, i, i)
	r, err := http.NewRequest(http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		return false
	}
	r.Header.Set("tosspayments-webhook-transmission-id", fmt.Sprintf("whtrans_%012d", i))
	answer, err := client.Do(r)
	if err != nil {
		return false
	}
	_ = answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}
