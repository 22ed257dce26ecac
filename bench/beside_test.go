package bench

import (
	"bytes"
	"context"
	"database/sql"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"daesa/internal/pgtest"
)

var older = flag.String("old", "", "an older program, which does the same beside this one: its figures, and the ratio")

// programs are what is measured: this one and, where it is given, an older one.
func programs(b testing.TB) map[string]string {
	b.Helper()
	all := map[string]string{"": build(b)}
	if *older != "" {
		path, err := filepath.Abs(*older)
		if err != nil {
			b.Fatal(err)
		}
		all["old-"] = path
	}
	return all
}

// A place is a new database of a kind, what its server has spent so far, and how many
// bytes it takes now.
type place struct {
	url    string
	server func() time.Duration
	bytes  func() float64
}

// spends measures a command together with what the server spent on it.
func (p place) spends(command func() spent) spent {
	before := p.server()
	cost := command()
	cost.server = p.server() - before
	return cost
}

// kinds are the databases, in the order in which they are measured.
var kinds = []string{"sqlite", "postgres"}

var places = map[string]func(b testing.TB) place{
	"sqlite": func(b testing.TB) place {
		path := filepath.Join(b.TempDir(), "daesa.db")
		return place{"sqlite:" + path, func() time.Duration { return 0 }, func() float64 {
			info, err := os.Stat(path) // whoever closes it last writes everything into it
			if err != nil {
				b.Fatal(err)
			}
			return float64(info.Size())
		}}
	},
	"postgres": func(b testing.TB) place {
		server := pgtest.NewServer(b, pgtest.Durable())
		url := server.URL(b)
		return place{url, server.CPU, func() float64 { return bytesOf(b, url) }}
	},
}

// bytesOf is the size of a database of PostgreSQL.
func bytesOf(b testing.TB, url string) (bytes float64) {
	b.Helper()
	db, err := sql.Open("postgres", url)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(context.Background(), "SELECT pg_database_size(current_database())").Scan(&bytes); err != nil {
		b.Fatal(err)
	}
	return bytes
}

// beside measures each program b.N times on new databases, one after the other.
func beside(b *testing.B, measure func(b *testing.B, program string, at place) spent) {
	b.Helper()
	all := programs(b)
	for _, kind := range kinds {
		b.Run(kind, func(b *testing.B) {
			costs := map[string][]spent{}
			for range b.N {
				for name, program := range all {
					costs[name] = append(costs[name], measure(b, program, places[kind](b)))
				}
			}
			report(b, costs)
		})
	}
}

// figures are those of every cost: CPU is the program's and the server's together.
var figures = []struct {
	unit, ratio string
	of          func(spent) float64
}{
	{"CPU-s", "CPU-ratio", func(s spent) float64 { return (s.cpu + s.server).Seconds() }},
	{"s", "s-ratio", func(s spent) float64 { return s.took.Seconds() }},
	{"peak-MB", "MB-ratio", func(s spent) float64 { return s.mem }},
}

// report prints the medians of what each program cost, and this one's part of the older
// one's.
func report(b *testing.B, costs map[string][]spent) {
	b.Helper()
	say := func(unit, ratio string, of func(spent) float64) {
		now := median(costs[""], of)
		if now == 0 { // not measured
			return
		}
		b.ReportMetric(now, unit)
		if before, ran := costs["old-"]; ran {
			b.ReportMetric(median(before, of), "old-"+unit)
			b.ReportMetric(now/median(before, of), ratio)
		}
	}
	for _, f := range figures {
		say(f.unit, f.ratio, f.of)
	}
	for unit := range costs[""][0].more {
		say(unit, unit+"-ratio", func(s spent) float64 { return s.more[unit] })
	}
	b.ReportMetric(0, "ns/op")
}

func median(of []spent, figure func(spent) float64) float64 {
	var all []float64
	for _, s := range of {
		all = append(all, figure(s))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// spent is what one command cost.
type spent struct {
	took     time.Duration
	cpu      time.Duration      // user and system
	mem      float64            // MB at the peak
	server   time.Duration      // what PostgreSQL spent meanwhile
	more     map[string]float64 // further figures by their units
	out, log []byte
}

func (s spent) String() string {
	return fmt.Sprintf("%v (CPU %v, %.0f MB)", s.took.Round(time.Millisecond), s.cpu.Round(time.Millisecond), s.mem)
}

// run runs a command that may find breaks, or miss something.
func run(b testing.TB, cmd *exec.Cmd) spent {
	b.Helper()
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	began := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	var cost spent
	for {
		select {
		case err := <-ended:
			cost.took, cost.out, cost.log = time.Since(began), out.Bytes(), said.Bytes()
			cost.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			if code := cmd.ProcessState.ExitCode(); err != nil && code != 3 && code != 5 {
				b.Fatal(fmt.Errorf("%v: %w\n%s", cmd.Args, err, said.String()))
			}
			return cost
		case <-time.After(10 * time.Millisecond):
			cost.mem = max(cost.mem, peakOf(cmd.Process.Pid))
		}
	}
}
