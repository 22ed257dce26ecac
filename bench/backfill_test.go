package bench

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"daesa/config"
	"daesa/internal/pgtest"
	"daesa/pay"
)

var (
	backfillDays   = flag.Int("backfill.days", 8, "business dates of the back-fill")
	backfillOrders = flag.Int("backfill.orders", 10_000, "orders of each date")
)

// BenchmarkBackfill compares a range of past dates on PostgreSQL by one process,
// and by four that take its parts:
//
//	go test -run '^$' -bench Backfill -benchtime 1x ./bench -backfill.days 30 -backfill.orders 100000
func BenchmarkBackfill(b *testing.B) {
	dir := b.TempDir()
	program := build(b)
	addr := startSandbox(b, dir, *backfillDays**backfillOrders, *backfillDays)
	for range b.N {
		alone := backfill(b, program, dir, addr, 1)
		shared := backfill(b, program, dir, addr, 4)
		total := float64(*backfillDays * *backfillOrders)
		b.ReportMetric(total/alone.Seconds(), "orders/s-alone")
		b.ReportMetric(total/shared.Seconds(), "orders/s-by-four")
		b.ReportMetric(alone.Seconds()/shared.Seconds(), "times")
		b.ReportMetric(0, "ns/op")
	}
}

func backfill(b *testing.B, program, files, addr string, processes int) time.Duration {
	b.Helper()
	dir, database := b.TempDir(), pgtest.NewServer(b, pgtest.Durable()).URL(b)
	configure(b, program, dir, addr)
	call := func(arguments ...string) {
		cmd := exec.Command(program, append(arguments, "--config", filepath.Join(dir, "daesa.yaml"), "--as-of", pay.FormatTime(day.End().Add(90*time.Minute)))...)
		cmd.Env = append(os.Environ(), "TOSS_SECRET_KEY=test_sk_sandbox", config.DatabaseVariable+"="+database)
		var said bytes.Buffer
		cmd.Stderr = &said
		if err := cmd.Run(); err != nil && cmd.ProcessState.ExitCode() != 3 {
			b.Errorf("%v: %v\n%s", arguments, err, said.String())
		}
	}
	call("migrate")
	call("orders", "import", filepath.Join(files, "orders.csv"))
	var part atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for range processes {
		all.Go(func() {
			for {
				n := int(part.Add(1)) - 1
				if n >= *backfillDays {
					return
				}
				call("reconcile", "--from", string(day.Add(1-*backfillDays)), "--to", string(day), "--part", fmt.Sprint(n))
			}
		})
	}
	all.Wait()
	return time.Since(began)
}
