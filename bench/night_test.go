// Package bench measures whole nights of the real program: a sandbox in a
// process of its own, real HTTP, a real database, a written workbook.
//
//	go test -run '^$' -bench Night -benchtime 1x ./bench -orders 100000
package bench

import (
	"bufio"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"daesa/config"
	"daesa/pay"
	"daesa/sandbox"
)

var orderCount = flag.Int("orders", 100_000, "orders and payments of the night")

// day is the business date of the night: another one for BenchmarkObserved.
var day = pay.Day(cmp.Or(os.Getenv("DAESA_BENCH_DAY"), "2026-11-21"))

// TestMain lets the benchmark start itself again as the sandbox's process.
func TestMain(m *testing.M) {
	if dir := os.Getenv("DAESA_BENCH_SANDBOX"); dir != "" {
		serve(dir, os.Getenv("DAESA_BENCH_ORDERS"), os.Getenv("DAESA_BENCH_DAYS"))
		return
	}
	os.Exit(m.Run())
}

// serve seeds a night, or several days, writes the shop's order file and serves until its
// parent ends.
func serve(dir, orders, over string) {
	var n, days int
	if _, err := fmt.Sscan(orders+" "+over, &n, &days); err != nil {
		fatal(err)
	}
	seed, breaks := uint64(1), 0.01
	if drawn := os.Getenv("DAESA_BENCH_SEED"); drawn != "" {
		if _, err := fmt.Sscan(drawn, &seed); err != nil {
			fatal(err)
		}
		breaks = 0.2
	}
	settles := os.Getenv("DAESA_BENCH_SETTLE") != ""
	toss := sandbox.New(sandbox.Options{Now: time.Now, Freeze: true, Settle: settles})
	history := toss.Seed(sandbox.HistoryOptions{Seed: seed, Orders: n, Days: days, End: day.Start(), BreakShare: breaks})
	toss.SetClock(day.End().Add(90 * time.Minute))
	if settles {
		toss.SetClock(closedAt(day))
	}
	file, err := os.Create(filepath.Join(dir, "orders.csv"))
	if err != nil {
		fatal(err)
	}
	if err := history.WriteCSV(file, toss.Now()); err != nil {
		fatal(err)
	}
	if err := file.Close(); err != nil {
		fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fatal(err)
	}
	fmt.Println(listener.Addr())
	fatal(http.Serve(listener, toss.Handler())) //nolint:gosec // a benchmark on loopback
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// BenchmarkNight measures the first night of a shop, and what it leaves in the database
// with the orders themselves.
//
//	go test -run '^$' -bench Night$ -benchtime 3x ./bench -orders 100000 -old PATH
func BenchmarkNight(b *testing.B) {
	dir := b.TempDir()
	addr := startSandbox(b, dir, *orderCount, 1)
	beside(b, func(b *testing.B, program string, at place) spent { return night(b, program, dir, addr, at) })
}

// build is the program as it is shipped.
func build(b testing.TB) string {
	b.Helper()
	program := filepath.Join(b.TempDir(), "daesa")
	build := exec.Command("go", "build", "-o", program, "daesa/cmd/daesa")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return program
}

// configure lets a program write dir/daesa.yaml for the sandbox at addr, so that an
// older one has only keys that it knows. Each change is a text of that file and what
// stands there instead.
func configure(b testing.TB, program, dir, addr string, changes ...[2]string) string {
	b.Helper()
	if out, err := exec.Command(program, "init", dir).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	path := filepath.Join(dir, "daesa.yaml")
	written, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	text := string(written)
	for _, change := range append(changes, [2]string{"environment: live", "environment: test"}, [2]string{"https://api.tosspayments.com", "http://" + addr},
		[2]string{"requests_per_minute: 100 ", "requests_per_minute: 6000000 "}, [2]string{"max_lookups: 3000", "max_lookups: 1000000"}) {
		if !strings.Contains(text, change[0]) {
			b.Fatalf("the file has no %q", change[0])
		}
		text = strings.Replace(text, change[0], change[1], 1)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

func startSandbox(b testing.TB, dir string, orders, days int) string {
	b.Helper()
	self := exec.Command(os.Args[0])
	self.Env = append(os.Environ(), "DAESA_BENCH_SANDBOX="+dir, "DAESA_BENCH_DAY="+string(day), fmt.Sprintf("DAESA_BENCH_ORDERS=%d", orders), fmt.Sprintf("DAESA_BENCH_DAYS=%d", days))
	self.Stderr = os.Stderr
	self.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := self.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := self.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = self.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// night imports the orders, runs the night once and gives what that cost.
func night(b *testing.B, program, files, addr string, at place) spent {
	b.Helper()
	call := commands(b, program, addr, at.url, morning)
	call("migrate")
	empty := at.bytes()
	call("orders", "import", filepath.Join(files, "orders.csv"))
	cost := at.spends(func() spent { return call("nightly", "--json", "--log-level", "debug", "--log-format", "json") })
	tell(b, cost)
	cost.more = map[string]float64{"bytes/order": (at.bytes() - empty) / float64(*orderCount)}
	return cost
}

// morning is the one after the night.
func morning() time.Time { return day.End().Add(90 * time.Minute) }

// commands calls a program at a time; changes are of its configuration.
func commands(b testing.TB, program, addr, database string, now func() time.Time, changes ...[2]string) func(arguments ...string) spent {
	b.Helper()
	path := configure(b, program, b.TempDir(), addr, changes...)
	return func(arguments ...string) spent {
		cmd := exec.Command(program, append(arguments, "--config", path, "--as-of", pay.FormatTime(now()))...)
		cmd.Env = append(os.Environ(), "TOSS_SECRET_KEY=test_sk_sandbox", config.DatabaseVariable+"="+database)
		return run(b, cmd)
	}
}

// tell logs what a night found, and where its time went.
func tell(b *testing.B, cost spent) {
	b.Helper()
	var found struct {
		Orders   int64            `json:"orders"`
		Complete bool             `json:"complete"`
		Calls    int64            `json:"provider_calls"`
		Breaks   map[string]int64 `json:"breaks"`
		Missing  json.RawMessage  `json:"missing"`
	}
	if err := json.Unmarshal(cost.out, &found); err != nil {
		b.Fatal(err)
	}
	if !found.Complete {
		b.Errorf("the night is not complete: %.1000s", found.Missing)
	}
	var breaks int64
	for _, n := range found.Breaks {
		breaks += n
	}
	b.Logf("%d orders, %d breaks, %d provider calls, complete %t, %v; steps: %s", found.Orders, breaks, found.Calls, found.Complete, cost, shares(string(cost.log), cost.took))
}

// shares gives each step's part of the night.
func shares(log string, took time.Duration) string {
	var parts []string
	known := time.Duration(0)
	for line := range strings.Lines(log) {
		var step struct {
			Msg, Name string
			MS        int64
		}
		if json.Unmarshal([]byte(line), &step) != nil || step.Msg != "step" {
			continue
		}
		known += time.Duration(step.MS) * time.Millisecond
		parts = append(parts, fmt.Sprintf("%s %.0f%%", step.Name, 100*float64(step.MS)/float64(took.Milliseconds())))
	}
	parts = append(parts, fmt.Sprintf("start, workbook, end %.0f%%", 100*float64(took-known)/float64(took)))
	return strings.Join(parts, ", ")
}
