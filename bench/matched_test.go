package bench

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports"
)

// matchedWriter is the variable that makes this program the child that is
// measured: it writes the number of rows in it into the file in it.
const matchedWriter = "DAESA_BENCH_MATCHED"

func init() {
	var rows int64
	var path string
	if _, err := fmt.Sscan(os.Getenv(matchedWriter), &rows, &path); err != nil {
		return
	}
	if err := reports.SaveMatchedWorkbook(path, syntheticMatched(rows), reports.Options{Language: "en"}); err != nil {
		fatal(err)
	}
	os.Exit(0)
}

// syntheticMatched are the rows that the programs of testdata/matched make too.
func syntheticMatched(rows int64) reports.MatchedList {
	const mid = "tosspayments"
	methods := []pay.Method{pay.Card, pay.EasyPay, pay.Transfer, pay.VirtualAccount}
	start, next := day.Start(), int64(0)
	random := uint64(1)
	draw := func() uint64 {
		random = random*6364136223846793005 + 1442695040888963407
		return random >> 11
	}
	var sum int64
	for range rows {
		draw()
		draw()
		sum += int64(draw()%99_000)*10 + 1000
	}
	random = 1
	sums := []reconcile.Sum{{Currency: pay.KRW, Total: sum, Number: rows}}
	return reports.MatchedList{Day: day, At: day.End(), Merchants: []reports.MatchedOf{{MID: mid, RunID: "r1", Count: rows, Shop: sums, Toss: sums,
		Next: func() (reports.Matched, error) {
			if next == rows {
				return reports.Matched{}, io.EOF
			}
			i := next
			next++
			key := fmt.Sprintf("tgen_20261121%012x", draw()%(1<<48))
			moved := int64(draw() % 80_000)
			held := int64(draw()%99_000)*10 + 1000
			ordered := start.Add(time.Duration(moved) * time.Second)
			return reports.Matched{MID: mid, OrderID: fmt.Sprintf("20261121-%08d", i), PaymentKey: key, Method: methods[i%4], Currency: pay.KRW,
				ShopHeld: held, TossHeld: held, ShopStatus: "paid", TossStatus: "DONE", OrderedAt: ordered,
				ApprovedAt: ordered.Add(time.Minute), CanceledAt: ordered.Add(time.Hour)}, nil
		}}}}
}

// cost is what a child took.
type cost struct {
	cpu       float64 // seconds, user and system
	mem, size float64 // MB, at the peak and of the file
}

// writersOf are the writers that are compared: each gives the command that
// writes so many rows into a file, or says why it cannot.
var writersOf = map[string]func(b *testing.B, dir string) func(rows int64, path string) *exec.Cmd{
	"daesa":         ours,
	"libxlsxwriter": theirsInC,
	"XlsxWriter":    theirsInPython,
}

func ours(b *testing.B, _ string) func(int64, string) *exec.Cmd {
	b.Helper()
	return func(rows int64, path string) *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %s", matchedWriter, rows, path))
		return cmd
	}
}

func theirsInC(b *testing.B, dir string) func(int64, string) *exec.Cmd {
	b.Helper()
	program := filepath.Join(dir, "matched")
	if out, err := exec.Command("cc", "-O2", "-o", program, "testdata/matched/matched.c", "-lxlsxwriter").CombinedOutput(); err != nil {
		b.Skipf("needs cc and libxlsxwriter (Debian: libxlsxwriter-dev): %v %.200s", err, out)
	}
	return func(rows int64, path string) *exec.Cmd { return exec.Command(program, fmt.Sprint(rows), path) }
}

func theirsInPython(b *testing.B, _ string) func(int64, string) *exec.Cmd {
	b.Helper()
	const python = "/usr/bin/python3"
	if out, err := exec.Command(python, "-c", "import xlsxwriter").CombinedOutput(); err != nil {
		b.Skipf("needs %s and XlsxWriter (Debian: python3-xlsxwriter): %v %.200s", python, err, out)
	}
	return func(rows int64, path string) *exec.Cmd {
		return exec.Command(python, "testdata/matched/matched.py", fmt.Sprint(rows), path)
	}
}

// BenchmarkMatched writes the same rows of twelve columns with our writer and
// with two that are known to be good, each in a process of its own, and prints
// what each cost and its part of libxlsxwriter's.
//
//	go test -run '^$' -bench Matched -benchtime 1x ./bench -orders 1000000
func BenchmarkMatched(b *testing.B) {
	dir := b.TempDir()
	costs := map[string]cost{}
	var want [][]string
	for _, name := range []string{"libxlsxwriter", "daesa", "XlsxWriter"} {
		b.Run(name, func(b *testing.B) {
			command := writersOf[name](b, dir)
			path := filepath.Join(dir, name+".xlsx")
			measure(b, command(1000, path))
			rows := written(b, path)
			if want == nil {
				want = rows
			}
			if diff := cmp.Diff(want, rows); diff != "" {
				b.Fatalf("%s wrote other rows: %.2000s", name, diff)
			}
			for range b.N {
				got := measure(b, command(int64(*orderCount), path))
				if best, ok := costs[name]; !ok || got.cpu < best.cpu {
					costs[name] = got
				}
			}
			c, base := costs[name], costs["libxlsxwriter"]
			b.ReportMetric(c.cpu, "CPU-s")
			b.ReportMetric(c.mem, "peak-MB")
			b.ReportMetric(c.size, "file-MB")
			if base.cpu > 0 {
				b.ReportMetric(c.cpu/base.cpu, "CPU-of-libxlsxwriter")
				b.ReportMetric(c.size/base.size, "size-of-libxlsxwriter")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// measure runs a child that ends with its last argument's file.
func measure(b *testing.B, cmd *exec.Cmd) cost {
	b.Helper()
	path := cmd.Args[len(cmd.Args)-1]
	if len(cmd.Args) == 1 { // ours
		path = strings.Fields(cmd.Env[len(cmd.Env)-1])[1]
	}
	return measureTo(b, cmd, path)
}

// measureTo runs a child that ends with a file.
func measureTo(b *testing.B, cmd *exec.Cmd, path string) cost {
	b.Helper()
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	var peak float64
	for running := true; running; {
		select {
		case err := <-ended:
			if err != nil {
				b.Fatalf("%v: %v\n%s", cmd.Args, err, log.String())
			}
			running = false
		case <-time.After(10 * time.Millisecond):
			peak = max(peak, peakOf(cmd.Process.Pid))
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	return cost{cpu: (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), mem: peak, size: float64(info.Size()) / 1e6}
}

// peakOf is the most memory that a process has had, in MB. What the kernel says
// of it at its end counts the process that started it too.
func peakOf(pid int) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0 // it has ended
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kilobytes float64
	if _, err := fmt.Sscan(rest, &kilobytes); err != nil {
		return 0
	}
	return kilobytes / 1024
}

// written gives the values of a workbook from its header on, as they are stored.
// Dates are rounded to the second that they mean.
func written(b *testing.B, path string) [][]string {
	b.Helper()
	file, err := excelize.OpenFile(path)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	rows, err := file.GetRows(file.GetSheetName(0), excelize.Options{RawCellValue: true})
	if err != nil {
		b.Fatal(err)
	}
	for i, row := range rows {
		if len(row) == 12 && row[1] == "Order" {
			rows = rows[i:]
			break
		}
	}
	for _, row := range rows[1:] {
		for column := 9; column < 12; column++ {
			var serial float64
			if _, err := fmt.Sscan(row[column], &serial); err != nil {
				b.Fatal(err)
			}
			row[column] = fmt.Sprintf("%.0f", serial*24*60*60)
		}
	}
	return rows
}
