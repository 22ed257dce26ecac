package bench

import (
	"encoding/csv"
	"os"
	"path/filepath"
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
