package bench

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"daesa/config"
	"daesa/pay"
)

// BenchmarkObserved says what it costs a night to be watched: its CPU time under
// `daesa serve`, logging each step and asked for its metrics once a second,
// against that of the same night under `daesa serve` that nobody asks and that
// logs errors only. They are run in turns, and the least disturbed of each counts, since
// machines are noisy.
//
//	go test -run '^$' -bench Observed -benchtime 5x ./bench -orders 50000
func BenchmarkObserved(b *testing.B) {
	defer func(before pay.Day) { day = before }(day)
	day = pay.DayOf(time.Now()).Add(-1)
	program := build(b)
	dir := b.TempDir()
	addr := startSandbox(b, dir, *orderCount, 1)
	var alone, watched []float64
	for n := range b.N {
		if n%2 == 0 {
			alone = append(alone, serving(b, program, dir, addr, false))
		}
		watched = append(watched, serving(b, program, dir, addr, true))
		if n%2 == 1 {
			alone = append(alone, serving(b, program, dir, addr, false))
		}
	}
	b.Logf("CPU seconds alone %.2f, watched %.2f", alone, watched)
	b.ReportMetric(slices.Min(alone), "cpu-s-alone")
	b.ReportMetric(slices.Min(watched), "cpu-s-watched")
	b.ReportMetric(100*(slices.Min(watched)/slices.Min(alone)-1), "%-more")
	b.ReportMetric(0, "ns/op")
}

// serving runs the missed night of a new database under `daesa serve`, and
// gives the CPU seconds of the process.
func serving(b *testing.B, program, files, addr string, watched bool) float64 {
	b.Helper()
	dir := b.TempDir()
	listen := freeAddress(b)
	path := configure(b, program, dir, addr, [2]string{"127.0.0.1:8080", listen},
		[2]string{`refunds: "*/10 * * * *"`, `refunds: ""`}, [2]string{`capture: "*/3 * * * *"`, `capture: ""`})
	command := func(arguments ...string) *exec.Cmd {
		cmd := exec.Command(program, append(arguments, "--config", path)...)
		cmd.Env = append(os.Environ(), "TOSS_SECRET_KEY=test_sk_sandbox", config.DatabaseVariable+"=sqlite:"+filepath.Join(dir, "daesa.db"))
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		return cmd
	}
	if out, err := command("orders", "import", filepath.Join(files, "orders.csv")).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	level := "error"
	if watched {
		level = "debug"
	}
	serve := command("serve", "--log-format", "json", "--log-level", level)
	var log bytes.Buffer
	serve.Stderr = &log
	if err := serve.Start(); err != nil {
		b.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- serve.Wait() }()
	workbook := filepath.Join(dir, "reports", fmt.Sprintf("daesa-%s.xlsx", day))
	for written := false; !written; {
		select {
		case err := <-ended:
			b.Fatalf("daesa serve ended: %v\n%s", err, log.String())
		case <-time.After(time.Second):
		}
		if watched {
			scrape("http://" + listen + "/metrics")
		}
		_, err := os.Stat(workbook)
		written = err == nil
	}
	if err := errors.Join(serve.Process.Signal(syscall.SIGTERM), <-ended); err != nil {
		b.Fatalf("%v\n%s", err, log.String())
	}
	if watched != strings.Contains(log.String(), `"msg":"step"`) {
		b.Fatalf("the log of a night that is watched (%t):\n%s", watched, log.String())
	}
	return (serve.ProcessState.UserTime() + serve.ProcessState.SystemTime()).Seconds()
}

// scrape asks for a page; one that does not answer yet is asked again later.
func scrape(url string) {
	answer, err := http.Get(url) //nolint:gosec,noctx // over loopback, in a benchmark
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
}

func freeAddress(b *testing.B) string {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // in a benchmark
	if err != nil {
		b.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
