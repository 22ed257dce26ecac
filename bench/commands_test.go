package bench

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"
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

// BenchmarkImportSheet measures the import of a workbook as a shop's platform writes it.
//
//	go test -run '^$' -bench ImportSheet -benchtime 3x ./bench -orders 500000 -old PATH
func BenchmarkImportSheet(b *testing.B) {
	dir := b.TempDir()
	addr := startSandbox(b, dir, 100, 1)
	path := filepath.Join(dir, "orders.xlsx")
	writeSheet(b, path, *orderCount)
	beside(b, func(b *testing.B, program string, at place) spent {
		call := commands(b, program, addr, at.url, func() time.Time { return exported })
		call("migrate")
		return at.spends(func() spent { return call("orders", "import", "--profile", "cafe24", path) })
	})
}

// exported is after all times of exportRow.
var exported = time.Date(2026, time.November, 29, 0, 0, 0, 0, time.UTC)

// BenchmarkExplain measures what one look at one order, one refund and one break costs
// after a night: the mean of b.N looks at the same databases, since one takes less than
// what a server's time is counted in.
//
//	go test -run '^$' -bench Explain -benchtime 20x -timeout 60m ./bench -orders 1000000 -old PATH
func BenchmarkExplain(b *testing.B) {
	dir := b.TempDir()
	addr := startSandbox(b, dir, *orderCount, 1)
	for _, kind := range kinds {
		b.Run(kind, func(b *testing.B) {
			shops := map[string]shop{}
			for name, program := range programs(b) {
				shops[name] = afterNight(b, program, dir, addr, places[kind](b))
			}
			for i, look := range shops[""].looks {
				b.Run(look[0], func(b *testing.B) {
					costs := map[string][]spent{}
					for name, shop := range shops {
						costs[name] = []spent{shop.times(b.N, shop.looks[i])}
					}
					report(b, costs)
				})
			}
		})
	}
}

// A shop has had a night; looks are the commands that show one thing of it.
type shop struct {
	at    place
	call  func(arguments ...string) spent
	looks [][]string
}

func afterNight(b *testing.B, program, files, addr string, at place) shop {
	b.Helper()
	call := commands(b, program, addr, at.url, morning)
	call("migrate")
	call("orders", "import", filepath.Join(files, "orders.csv"))
	call("nightly", "--json")
	if db := pastOf(b, at.url); db.postgres {
		db.vacuum() // else autovacuum does it while somebody looks
	}
	order := payable(b, filepath.Join(files, "orders.csv"), *orderCount/2, 1)[0]
	var refund struct{ ID string }
	var breaks []struct{ ID string }
	read(b, call("refunds", "add", "--order", order, "--amount", "all", "--reason", "변심", "--json"), &refund)
	read(b, call("breaks", "list", "--json"), &breaks)
	return shop{at, call, [][]string{{"explain", order}, {"refunds", "show", refund.ID}, {"breaks", "show", breaks[len(breaks)/2].ID}}}
}

// times is the mean of so many looks.
func (s shop) times(n int, look []string) spent {
	var sum, mean spent
	for range n {
		cost := s.at.spends(func() spent { return s.call(look...) })
		sum.cpu, sum.server, sum.took, mean.mem = sum.cpu+cost.cpu, sum.server+cost.server, sum.took+cost.took, max(mean.mem, cost.mem)
	}
	mean.cpu, mean.server, mean.took = sum.cpu/time.Duration(n), sum.server/time.Duration(n), sum.took/time.Duration(n)
	mean.more = map[string]float64{"CPU-ms": 1000 * (mean.cpu + mean.server).Seconds()}
	return mean
}

// read reads the JSON that a command wrote.
func read(b *testing.B, of spent, into any) {
	b.Helper()
	if err := json.Unmarshal(of.out, into); err != nil {
		b.Fatalf("%v: %.500s", err, of.out)
	}
}

// payable are orders of a file, from a row on, that were paid by card in won, without a
// part that is free of tax, and of which nothing went back.
func payable(b *testing.B, path string, from, count int) (orders []string) {
	b.Helper()
	file, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		b.Fatal(err)
	}
	at := map[string]int{}
	for i, name := range rows[0] {
		at[name] = i
	}
	wanted := map[string]string{"status": "paid", "method": "card", "currency": "KRW", "pg": "toss", "canceled_amount": "0", "tax_free_amount": "0"}
	for _, row := range rows[1+from:] {
		fits := true
		for name, value := range wanted {
			fits = fits && row[at[name]] == value
		}
		if fits {
			orders = append(orders, row[at["order_id"]])
		}
		if len(orders) == count {
			return orders
		}
	}
	b.Fatalf("only %d orders of %d", len(orders), count)
	return nil
}
