package bench

import (
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var refundCount = flag.Int("refunds", 1000, "refunds of one run of BenchmarkRunRefunds")

// BenchmarkRunRefunds measures `daesa refunds run`, so that an older program can be held
// beside it: refunds a second from the first outcome to the last, what one worker spends
// on each, and the CPU of the whole command. The pretend Toss answers at once.
//
//	go test -run '^$' -bench RunRefunds -benchtime 5x ./bench -refunds 1000 -old PATH
func BenchmarkRunRefunds(b *testing.B) {
	for _, workers := range []int{1, 8} {
		b.Run(fmt.Sprint("workers=", workers), func(b *testing.B) {
			beside(b, func(b *testing.B, program string, at place) spent { return refundsRun(b, program, at, workers) })
		})
	}
}

func refundsRun(b *testing.B, program string, at place, workers int) spent {
	b.Helper()
	dir := b.TempDir()
	addr := startSandbox(b, dir, 4**refundCount, 1)
	call := commands(b, program, addr, at.url, morning, [2]string{"concurrency: 4 ", fmt.Sprintf("concurrency: %d ", workers)},
		[2]string{"  send: false", "  send: true"}, [2]string{"approve_above: 0 ", "approve_above: 1000000 "},
		[2]string{"max_count: 50 ", "max_count: 100000 "}, [2]string{"max_amount: 5000000 ", "max_amount: 100000000000 "},
		[2]string{"max_count_per_day: 200 ", "max_count_per_day: 100000 "}, [2]string{"max_amount_per_day: 20000000 ", "max_amount_per_day: 100000000000 "})
	call("migrate")
	path := filepath.Join(dir, "refunds.csv")
	writeRefunds(b, path, payable(b, filepath.Join(dir, "orders.csv"), 0, *refundCount))
	var asked struct{ Added int }
	read(b, call("refunds", "import", path, "--quarantine", filepath.Join(dir, "refused.csv"), "--json"), &asked)
	cost := at.spends(func() spent { return call("refunds", "run", "--json", "--log-level", "info", "--log-format", "json") })
	var done struct{ Succeeded int }
	read(b, cost, &done)
	if done.Succeeded != asked.Added || asked.Added < *refundCount*9/10 {
		b.Fatalf("%d refunds of %d asked for succeeded, and %d were wanted: %.2000s", done.Succeeded, asked.Added, *refundCount, cost.out)
	}
	rate := rateOf(b, cost.log)
	cost.more = map[string]float64{"refunds/s": rate, "ms/refund": 1000 * float64(workers) / rate,
		"CPU-ms/refund": 1000 * (cost.cpu + cost.server).Seconds() / float64(done.Succeeded)}
	return cost
}

// writeRefunds asks for all of each order.
func writeRefunds(b *testing.B, path string, orders []string) {
	b.Helper()
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	text := csv.NewWriter(file)
	_ = text.Write([]string{"order_id", "amount", "reason", "ref"})
	for _, order := range orders {
		_ = text.Write([]string{order, "all", "변심", "r-" + order})
	}
	text.Flush()
	if err := text.Error(); err != nil {
		b.Fatal(err)
	}
	if err := file.Close(); err != nil {
		b.Fatal(err)
	}
}

// rateOf is how many outcomes a run logged in each second between the first and the
// last.
func rateOf(b *testing.B, log []byte) float64 {
	b.Helper()
	var times []time.Time
	for line := range strings.Lines(string(log)) {
		var said struct {
			Msg  string
			Time time.Time
		}
		if json.Unmarshal([]byte(line), &said) == nil && said.Msg == "refund" {
			times = append(times, said.Time)
		}
	}
	if len(times) < 2 {
		b.Fatalf("%d outcomes in the log: %.1000s", len(times), log)
	}
	return float64(len(times)-1) / times[len(times)-1].Sub(times[0]).Seconds()
}
