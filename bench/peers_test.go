package bench

import (
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// BenchmarkImportPeers measures what others need to bring the same file, sorted by its
// key, into a table, with nothing looked at: no fault told, no order held against the one
// before, no journal. The databases' own programs fill daesa's table; pandas and DuckDB
// fill one without an index in a new file.
//
//	go test -run '^$' -bench ImportPeers -benchtime 3x ./bench -orders 1000000
func BenchmarkImportPeers(b *testing.B) {
	dir := b.TempDir()
	addr := startSandbox(b, dir, *orderCount, 1)
	path := filepath.Join(dir, "orders.csv")
	for kind, peer := range map[string]func(path, url string, header []string) *exec.Cmd{"sqlite": bySQLite, "postgres": byPsql} {
		program := build(b)
		measurePeer(b, kind, func(b *testing.B) (spent, string) {
			at := places[kind](b)
			commands(b, program, addr, at.url, morning)("migrate")
			cmd := peer(path, at.url, headerOf(b, path))
			if cmd.Err != nil {
				b.Skip(cmd.Err)
			}
			return at.spends(func() spent { return run(b, cmd) }), strconv.Itoa(*orderCount)
		})
	}
	for name, script := range scripted {
		measurePeer(b, name, func(b *testing.B) (spent, string) {
			return run(b, script(b, "import", path, filepath.Join(b.TempDir(), "orders.db"))), strconv.Itoa(*orderCount)
		})
	}
}

// BenchmarkNightPeers measures what a script needs that joins the day's list with the
// orders and writes down what differs. It looks nothing up, keeps nothing and proves
// nothing.
//
//	go test -run '^$' -bench NightPeers -benchtime 3x ./bench -orders 100000
func BenchmarkNightPeers(b *testing.B) {
	dir := b.TempDir()
	addr := startSandbox(b, dir, *orderCount, 1)
	for name, script := range scripted {
		measurePeer(b, name, func(b *testing.B) (spent, string) {
			return run(b, script(b, "night", addr, string(day), filepath.Join(dir, "orders.csv"), filepath.Join(b.TempDir(), "breaks.xlsx"))), "differ"
		})
	}
}

// measurePeer runs a peer b.N times, and wants its last line to end in what it gives.
func measurePeer(b *testing.B, name string, peer func(b *testing.B) (cost spent, ends string)) {
	b.Helper()
	b.Run(name, func(b *testing.B) {
		costs := map[string][]spent{}
		for range b.N {
			cost, ends := peer(b)
			if got := strings.TrimSpace(string(cost.out)); !strings.HasSuffix(got, ends) {
				b.Fatalf("%q does not end in %q: %s", got, ends, cost.log)
			}
			costs[""] = append(costs[""], cost)
		}
		report(b, costs)
	})
}

// scripted are the peers that are scripts of testdata/peers, run where they are
// installed.
var scripted = map[string]func(b *testing.B, script string, arguments ...string) *exec.Cmd{
	"pandas": func(b *testing.B, script string, arguments ...string) *exec.Cmd {
		b.Helper()
		const python = "/usr/bin/python3"
		if out, err := exec.Command(python, "-c", "import pandas, openpyxl").CombinedOutput(); err != nil {
			b.Skipf("needs %s, pandas and openpyxl (Debian: python3-pandas python3-openpyxl): %v %.200s", python, err, out)
		}
		return exec.Command(python, append([]string{"testdata/peers/" + script + ".py"}, arguments...)...)
	},
	"duckdb": func(b *testing.B, script string, arguments ...string) *exec.Cmd {
		b.Helper()
		if out, err := exec.Command("node", "-e", "require('@duckdb/node-api')").CombinedOutput(); err != nil {
			b.Skipf("needs node, and npm's @duckdb/node-api in a folder that NODE_PATH names: %v %.200s", err, out)
		}
		return exec.Command("node", append([]string{"testdata/peers/" + script + ".cjs"}, arguments...)...)
	},
}

func headerOf(b *testing.B, path string) []string {
	b.Helper()
	file, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	header, err := csv.NewReader(file).Read()
	if err != nil {
		b.Fatal(err)
	}
	return header
}

// sorted writes the statement that takes a table of texts into the orders; of dollars the
// whole ones, which costs the same.
func sorted(header []string, number, moment string) string {
	names, values := []string{"mid", "changed_at"}, []string{"'shop' AS mid", "'2026-11-28T00:00:00.000000Z'"}
	for _, name := range header {
		value := name
		switch {
		case name == "mid":
			continue
		case strings.HasSuffix(name, "amount") || name == "refunded_elsewhere":
			value = fmt.Sprintf(number, name)
		case strings.HasSuffix(name, "_at"):
			value = fmt.Sprintf(moment, name)
		}
		names, values = append(names, name), append(values, value)
	}
	return "INSERT INTO orders (" + strings.Join(names, ", ") + ") SELECT " + strings.Join(values, ", ") + " FROM incoming ORDER BY mid, order_id"
}

func bySQLite(path, url string, header []string) *exec.Cmd {
	cmd := exec.Command("sqlite3", "-batch", "-bail", strings.TrimPrefix(url, "sqlite:"))
	cmd.Stdin = strings.NewReader("PRAGMA synchronous = FULL;\n.mode csv\n.import --schema temp " + path + " incoming\n" +
		sorted(header, "CAST(coalesce(nullif(%s, ''), 0) AS INTEGER)", "nullif(%s, '')") + ";\nSELECT count(*) FROM orders;\n")
	return cmd
}

func byPsql(path, url string, header []string) *exec.Cmd {
	cmd := exec.Command("psql", "-qtA", "-v", "ON_ERROR_STOP=1", url)
	cmd.Stdin = strings.NewReader("CREATE TEMP TABLE incoming (" + strings.Join(header, " text, ") + " text);\n\\copy incoming FROM '" + path + "' WITH (FORMAT csv, HEADER, NULL '\\N')\n" +
		sorted(header, "coalesce(nullif(%s, ''), '0')::numeric::bigint", "nullif(%s, '')::timestamptz") + ";\nSELECT count(*) FROM orders;\n")
	return cmd
}
