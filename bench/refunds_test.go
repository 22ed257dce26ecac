package bench

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"daesa/internal/pgtest"
	"daesa/pay"
	"daesa/refunds"
	"daesa/sandbox"
	"daesa/store"
	"daesa/toss"
)

// BenchmarkRefunds measures refunds from the claim to the settled outcome,
// against a pretend Toss on loopback without a pace. local-ms is everything but
// the provider's time: what one worker spends outside its calls.
//
//	go test -run '^$' -bench Refunds -benchtime 500x ./bench
func BenchmarkRefunds(b *testing.B) {
	b.Run("SQLite/1", func(b *testing.B) {
		benchmarkRefunds(b, "sqlite:"+filepath.Join(b.TempDir(), "daesa.db"), 1)
	})
	b.Run("SQLite/8", func(b *testing.B) {
		benchmarkRefunds(b, "sqlite:"+filepath.Join(b.TempDir(), "daesa.db"), 8)
	})
	b.Run("PostgreSQL/1", func(b *testing.B) { benchmarkRefunds(b, pgtest.NewServer(b, pgtest.Durable()).URL(b), 1) })
	b.Run("PostgreSQL/8", func(b *testing.B) { benchmarkRefunds(b, pgtest.NewServer(b, pgtest.Durable()).URL(b), 8) })
}

// timed counts the time that the provider takes.
type timed struct {
	*toss.Client
	spent atomic.Int64
}

// Payment is a look-up.
func (t *timed) Payment(ctx context.Context, key string) (pay.Payment, pay.Evidence, error) {
	begun := time.Now()
	defer func() { t.spent.Add(int64(time.Since(begun))) }()
	return t.Client.Payment(ctx, key)
}

// Cancel is a cancel; what the store does directly before it is ours.
func (t *timed) Cancel(ctx context.Context, intent pay.CancelIntent, body []byte, ready func(context.Context) error) (pay.Payment, pay.Evidence, error) {
	begun, ours := time.Now(), time.Duration(0)
	defer func() { t.spent.Add(int64(time.Since(begun) - ours)) }()
	return t.Client.Cancel(ctx, intent, body, func(ctx context.Context) error {
		from := time.Now()
		defer func() { ours = time.Since(from) }()
		return ready(ctx)
	})
}

func benchmarkRefunds(b *testing.B, url string, workers int) {
	sb := sandbox.New(sandbox.Options{})
	server := httptest.NewServer(sb.Handler())
	defer server.Close()
	client, err := toss.New(toss.Options{BaseURL: server.URL, MID: "tosspayments", Now: time.Now, Concurrency: workers,
		SecretKey: func() string { return "test_sk_sandbox" }, HTTP: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: workers}}})
	if err != nil {
		b.Fatal(err)
	}
	db, err := store.Open(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	fill(b, db, sb, client)
	provider := &timed{Client: client}
	limits := refunds.Limits{Single: 1 << 40, Run: 1 << 50, Day: 1 << 50}
	var done atomic.Int64
	used := cpuOf(b)
	b.ResetTimer()
	var group sync.WaitGroup
	for i := range workers {
		worker := &refunds.Worker{
			MID: "tosspayments", Owner: fmt.Sprint(i), Actor: "bench", RunID: "run", SecretFingerprint: "s", AccountDays: 365,
			Budget: refunds.Budget{RunCount: 1 << 40, DayCount: 1 << 40, Of: map[pay.Currency]refunds.Limits{pay.KRW: limits}},
			Queue:  db, Provider: provider, Clock: time.Now, Freeze: toss.CancelBody,
		}
		group.Go(func() {
			for {
				turn, err := worker.Step(b.Context(), refunds.Choice{Send: true})
				if err != nil {
					b.Error(err)
				}
				if turn == nil || err != nil {
					return
				}
				if turn.Is == refunds.StateSucceeded {
					done.Add(1)
				}
			}
		})
	}
	group.Wait()
	b.StopTimer()
	if done.Load() != int64(b.N) {
		b.Fatalf("%d of %d refunds succeeded", done.Load(), b.N)
	}
	b.ReportMetric((cpuOf(b)-used)*1000/float64(b.N), "cpu-ms/refund")
	total := b.Elapsed() * time.Duration(workers)
	b.ReportMetric((total-time.Duration(provider.spent.Load())).Seconds()*1000/float64(b.N), "local-ms/refund")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "refunds/s")
}

// cpuOf gives the seconds of CPU that this process and the servers of PostgreSQL below
// it have spent, what has ended included.
func cpuOf(b *testing.B) (seconds float64) {
	b.Helper()
	parents, spent := map[int]int{}, map[int]float64{}
	files, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well-formed
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		parents[pid], _ = strconv.Atoi(fields[1])
		for _, field := range fields[11:15] {
			ticks, _ := strconv.ParseFloat(field, 64)
			spent[pid] += ticks / 100
		}
	}
	for pid := range spent {
		for at := pid; at > 1; at = parents[at] {
			if at == os.Getpid() {
				seconds += spent[pid]
				break
			}
		}
	}
	return seconds
}

// fill asks for and approves one refund of each of b.N payments.
func fill(b *testing.B, db *store.DB, sb *sandbox.Sandbox, client *toss.Client) {
	now := time.Now()
	rows, ids := make([]refunds.Adding, b.N), make([]string, b.N)
	for i := range b.N {
		made, err := sb.Pay(sandbox.NewPayment{OrderID: fmt.Sprintf("order-%07d", i), Amount: 10_000})
		if err != nil {
			b.Fatal(err)
		}
		p, evidence, err := client.Payment(b.Context(), made.Key)
		if err != nil {
			b.Fatal(err)
		}
		ref := fmt.Sprint("r", i)
		ids[i] = refunds.RequestID(p.MID, ref)
		rows[i] = refunds.Adding{Payment: p, Evidence: []pay.Evidence{evidence}, Request: refunds.Request{
			ID: ids[i], MID: p.MID, OrderID: p.OrderID, PaymentKey: p.PaymentKey, Method: p.Method, Amount: 10_000, Currency: pay.KRW,
			Reason: "변심", Ref: ref, State: refunds.StateRequested, RequestedBy: "kim", RequestedAt: now,
		}}
	}
	if _, err := db.AddRefunds(b.Context(), nil, rows, "kim", now); err != nil {
		b.Fatal(err)
	}
	if _, err := db.Approve(b.Context(), refunds.Approval{IDs: ids, By: "lee", Now: now}); err != nil {
		b.Fatal(err)
	}
}
