package bench

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"daesa/internal/pgtest"
	"daesa/pay"
)

// lastSettled is the last day of the month that is settled.
const lastSettled = pay.Day("2026-10-31")

const settledDays = 31

// closedAt is when the month of a last day can be closed.
func closedAt(last pay.Day) time.Time { return last.Add(12).Start().Add(9 * time.Hour) }

// BenchmarkSettlement settles a month of so many payments: the first day alone, the
// days up to the last but one in one sync, the last day alone, and the month's check.
// What a day costs must not grow with the days before it. Every command is a process
// of its own; the nights that read the payments are not counted.
//
//	go test -run '^$' -bench Settlement -benchtime 1x -timeout 60m ./bench -orders 1000000
func BenchmarkSettlement(b *testing.B) {
	before := day
	day = lastSettled
	b.Cleanup(func() { day = before })
	b.Setenv("DAESA_BENCH_SETTLE", "1")
	dir := b.TempDir()
	program := os.Getenv("DAESA_BENCH_PROGRAM")
	if program == "" {
		program = build(b)
	}
	addr := startSandbox(b, dir, *orderCount, settledDays)
	b.Run("sqlite", func(b *testing.B) {
		for range b.N {
			settled(b, program, dir, addr, "sqlite:"+filepath.Join(b.TempDir(), "daesa.db"))
		}
	})
	b.Run("postgres", func(b *testing.B) {
		for range b.N {
			settled(b, program, dir, addr, pgtest.NewServer(b, pgtest.Durable()).URL(b))
		}
	})
}

// shown is what a sync says of itself.
type shown struct {
	Rows int64 `json:"rows"`
	New  int64 `json:"new"`
	Gaps []any `json:"gaps"`
}

func settled(b *testing.B, program, files, addr, database string) {
	b.Helper()
	now := closedAt(day).AddDate(0, 0, -2) // what is read on one day is looked at on that day
	const early = 6 * time.Hour            // from a night to its sync
	call := commands(b, program, addr, database, func() time.Time { return now },
		[2]string{"bank: passbook ", "bank: assumed "}, [2]string{`first_month: ""`, `first_month: "2026-10"`})
	sync := func(from, to pay.Day) (spent, shown) {
		cost := call("settlements", "sync", "--json", "--from", string(from), "--to", string(to))
		var said shown
		if err := json.Unmarshal(cost.out, &said); err != nil || len(said.Gaps) > 0 {
			b.Fatalf("%v: %.2000s", err, cost.out)
		}
		return cost, said
	}
	nights := func(from, to pay.Day) spent {
		now = now.Add(-early)
		cost := call("reconcile", "--from", string(from), "--to", string(to))
		now = now.Add(early)
		return cost
	}
	first := day.Add(1 - settledDays)
	call("migrate")
	call("orders", "import", filepath.Join(files, "orders.csv"))
	nights(first, first)
	one, oneSaid := sync(first, first)
	now = now.AddDate(0, 0, 1)
	read := nights(first.Add(1), day.Add(-1))
	all, allSaid := sync(first.Add(1), day.Add(-1))
	now = now.AddDate(0, 0, 1)
	nights(day, day)
	last, lastSaid := sync(day, day)
	again, _ := sync(day, day)
	check := call("close", "check", "2026-10", "--json")
	payouts := call("payouts", "list", "--from", string(first), "--to", string(day), "--json")
	perRow := func(cost spent, said shown) float64 { return float64(cost.cpu.Microseconds()) / float64(said.Rows) }
	b.ReportMetric(float64(allSaid.Rows)/all.took.Seconds(), "rows/s")
	b.ReportMetric(float64(allSaid.Rows)/all.cpu.Seconds(), "rows/CPU-s")
	b.ReportMetric(perRow(one, oneSaid), "CPU-us/row-day-1")
	b.ReportMetric(perRow(last, lastSaid), "CPU-us/row-day-31")
	b.ReportMetric(check.took.Seconds(), "close-check-s")
	b.ReportMetric(slices.Max([]float64{one.mem, all.mem, last.mem, check.mem, payouts.mem}), "peak-MB")
	b.ReportMetric(0, "ns/op")
	b.Logf("nights of the month %v; day 1: %d rows, %v; days 2 to 30: %d rows, %d new, %v; day 31: %d rows, %d new, %v; again %v; close check %v; payouts list %v; load %s",
		read, oneSaid.Rows, one, allSaid.Rows, allSaid.New, all, lastSaid.Rows, lastSaid.New, last, again, check, payouts, load())
}

// load is how many processes wanted to run of late: this machine may not be alone.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return string(bytes.TrimSpace(text))
}
