package bench

import (
	"bytes"
	"flag"
	"fmt"
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

// A place is a new database of a kind, and what its server has spent so far.
type place struct {
	url    string
	server func() time.Duration
}

// spends measures a command together with what the server spent on it.
func (p place) spends(command func() spent) spent {
	before := p.server()
	cost := command()
	cost.server = p.server() - before
	return cost
}

var places = map[string]func(b testing.TB) place{
	"sqlite": func(b testing.TB) place {
		return place{"sqlite:" + filepath.Join(b.TempDir(), "daesa.db"), func() time.Duration { return 0 }}
	},
	"postgres": func(b testing.TB) place {
		server := pgtest.NewServer(b, pgtest.Durable())
		return place{server.URL(b), server.CPU}
	},
}

// beside measures each program b.N times on new databases, one after the other, and
// reports medians: CPU is the program's and the server's together.
func beside(b *testing.B, measure func(b *testing.B, program string, at place) spent) {
	b.Helper()
	all := programs(b)
	for _, kind := range []string{"sqlite", "postgres"} {
		b.Run(kind, func(b *testing.B) {
			costs := map[string][]spent{}
			for range b.N {
				for name, program := range all {
					costs[name] = append(costs[name], measure(b, program, places[kind](b)))
				}
			}
			cpu := map[string]float64{}
			for name, of := range costs {
				cpu[name] = median(of, func(s spent) float64 { return (s.cpu + s.server).Seconds() })
				b.ReportMetric(cpu[name], name+"CPU-s")
				b.ReportMetric(median(of, func(s spent) float64 { return s.took.Seconds() }), name+"s")
				b.ReportMetric(median(of, func(s spent) float64 { return s.mem }), name+"peak-MB")
			}
			if cpu["old-"] > 0 {
				b.ReportMetric(cpu[""]/cpu["old-"], "CPU-ratio")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
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
	cpu      time.Duration // user and system
	mem      float64       // MB at the peak
	server   time.Duration // what PostgreSQL spent meanwhile
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
