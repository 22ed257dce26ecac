package refunds_test

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"daesa/internal/racing"
)

var (
	simSeeds = flag.Int("sim.seeds", 200, "seeds of TestSimulation")
	simFrom  = flag.Uint64("sim.from", 1, "the first of them")
	simMild  = flag.Bool("sim.mild", false, "one call in ten fails, nobody else cancels: nearly all must settle without a person")
	simTail  = flag.Int("sim.tail", 60, "lines of a failing seed's history")
)

// TestSimulation lets workers refund in worlds where everything goes wrong, and
// compares after every step what is believed with what happened. A seed is a
// world: the same seed tells the same history.
func TestSimulation(t *testing.T) {
	alone(t)
	t.Parallel()
	seeds := listedSeeds(t)
	if *simMild {
		seeds = nil
	}
	for i := range uint64(*simSeeds) {
		seeds = append(seeds, *simFrom+i)
	}
	begun := time.Now()
	total := simulate(t, seeds, *simMild)
	share := 100 * (1 - float64(total.people)/float64(max(1, total.requests)))
	took := time.Since(begun).Seconds()
	t.Logf("%d seeds: %d kills, %d faults, %d sends, %d of %d requests refunded, %d proposed by nights, %d refused by a rule, %d transfers by hand, %d restores, %d steps, %.2f %% settled without a person, %.1f seeds/s",
		len(seeds), total.kills, total.faults, total.sends, total.succeeded, total.requests, total.proposed, total.misfits, total.byHand, total.restores, total.steps, share, float64(len(seeds))/took)
	if *simMild && share < 99.5 {
		t.Errorf("%.2f %% settled without a person, expected at least 99.5 %%", share)
	}
}

// simulate plays seeds, some at once. One in a hundred is played twice: a seed
// that can tell two histories explains nothing.
func simulate(t *testing.T, seeds []uint64, mild bool) counts {
	var next atomic.Int64
	var mu sync.Mutex
	var total counts
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(seeds) || t.Failed() && i > 50 {
					return
				}
				o := drawOptions(seeds[i], mild)
				s, wrong := play(t, o, nil, bug{})
				if wrong != "" {
					t.Errorf("%s\n%s\n%s", wrong, o, s.trace(*simTail))
					continue
				}
				if i%100 == 0 {
					if twice, _ := play(t, o, nil, bug{}); twice.sum != s.sum {
						t.Errorf("seed %d tells two histories", seeds[i])
					}
				}
				mu.Lock()
				total.add(s.count)
				mu.Unlock()
			}
		})
	}
	group.Wait()
	return total
}

// listedSeeds are those that once showed something; they always run.
func listedSeeds(t *testing.T) []uint64 {
	content, err := os.ReadFile("testdata/seeds.txt")
	if err != nil {
		t.Fatal(err)
	}
	var seeds []uint64
	for line := range strings.Lines(string(content)) {
		number, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if number == "" || number[0] == '#' {
			continue
		}
		seed, err := strconv.ParseUint(number, 10, 64)
		if err != nil {
			t.Fatal(fmt.Errorf("testdata/seeds.txt: %w", err))
		}
		seeds = append(seeds, seed)
	}
	return seeds
}

// alone skips what runs one goroutine at a time: the race detector finds nothing
// there, and takes ten times as long to say so.
func alone(t *testing.T) {
	t.Helper()
	racing.Skip(t, "one goroutine at a time")
}
