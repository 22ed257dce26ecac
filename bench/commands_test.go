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

// BenchmarkImport measures the first import of a file of orders.
//
//	go test -run '^$' -bench Import -benchtime 3x ./bench -orders 1000000 -old PATH
func BenchmarkImport(b *testing.B) {
	dir := b.TempDir()
	addr := startSandbox(b, dir, *orderCount, 1)
	beside(b, func(b *testing.B, program string, at place) spent {
		call := commands(b, program, addr, at.url, morning)
		call("migrate")
		return at.spends(func() spent { return call("orders", "import", filepath.Join(dir, "orders.csv")) })
	})
}

// BenchmarkImportAgain measures the import of the same file into a full table.
func BenchmarkImportAgain(b *testing.B) {
	dir := b.TempDir()
	addr := startSandbox(b, dir, *orderCount, 1)
	beside(b, func(b *testing.B, program string, at place) spent {
		call := commands(b, program, addr, at.url, morning)
		call("migrate")
		call("orders", "import", filepath.Join(dir, "orders.csv"))
		return at.spends(func() spent { return call("orders", "import", filepath.Join(dir, "orders.csv")) })
	})
}

// BenchmarkImportPeers measures what the databases' own programs need to bring the
// same file into the same table, sorted by its key, with nothing looked at: no fault
// told, no order held against the one before, no journal.
//
//	go test -run '^$' -bench ImportPeers -benchtime 3x ./bench -orders 1000000
func BenchmarkImportPeers(b *testing.B) {
	dir := b.TempDir()
	addr := startSandbox(b, dir, *orderCount, 1)
	path := filepath.Join(dir, "orders.csv")
	for kind, peer := range map[string]func(path, url string, header []string) *exec.Cmd{"sqlite": bySQLite, "postgres": byPsql} {
		b.Run(kind, func(b *testing.B) {
			program := build(b)
			var all []spent
			for range b.N {
				at := places[kind](b)
				commands(b, program, addr, at.url, morning)("migrate")
				cmd := peer(path, at.url, headerOf(b, path))
				if cmd.Err != nil {
					b.Skip(cmd.Err)
				}
				cost := at.spends(func() spent { return run(b, cmd) })
				if got := strings.TrimSpace(string(cost.out)); !strings.HasSuffix(got, strconv.Itoa(*orderCount)) {
					b.Fatalf("%q orders of %d", got, *orderCount)
				}
				all = append(all, cost)
			}
			b.ReportMetric(median(all, func(s spent) float64 { return (s.cpu + s.server).Seconds() }), "CPU-s")
			b.ReportMetric(0, "ns/op")
		})
	}
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

// sorted writes the statement that takes a table of texts into the orders.
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
		sorted(header, "coalesce(nullif(%s, ''), '0')::bigint", "nullif(%s, '')::timestamptz") + ";\nSELECT count(*) FROM orders;\n")
	return cmd
}

// BenchmarkExplain measures what one look at one order costs, after a night.
func BenchmarkExplain(b *testing.B) {
	dir := b.TempDir()
	addr := startSandbox(b, dir, *orderCount, 1)
	order := anOrder(b, filepath.Join(dir, "orders.csv"))
	beside(b, func(b *testing.B, program string, at place) spent {
		call := commands(b, program, addr, at.url, morning)
		call("migrate")
		call("orders", "import", filepath.Join(dir, "orders.csv"))
		call("nightly", "--json")
		return at.spends(func() spent { return call("explain", order) })
	})
}

// anOrder is one from the middle of the file.
func anOrder(b *testing.B, path string) string {
	b.Helper()
	file, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	rows := csv.NewReader(file)
	header, err := rows.Read()
	if err != nil {
		b.Fatal(err)
	}
	order := ""
	for range *orderCount / 2 {
		row, err := rows.Read()
		if err != nil {
			b.Fatal(err)
		}
		for i, name := range header {
			if name == "order_id" {
				order = row[i]
			}
		}
	}
	return order
}
