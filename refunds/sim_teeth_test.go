package refunds_test

import (
	"flag"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

var (
	simBudget = flag.Int("sim.budget", 600, "seeds for each deliberate bug that its own seed does not show any more")
	simBug    = flag.String("sim.bug", "", "only the deliberate bugs with this in their names")
	simTeeth  = flag.Bool("sim.teeth", false, "run the deliberate bugs: half an hour on two cores")
	simPairs  = flag.Bool("sim.pairs", false, "run the deliberate bugs in all pairs, too")
)

// caught is what became of a bug.
type caught struct {
	bug  bug
	seed uint64 // 0: it survived
	by   string
}

// hunt plays seeds with each bug until one shows: first the one that has seen
// it before, since most bugs are rare.
func hunt(t *testing.T, all []bug, budget int) []caught {
	t.Helper()
	found := make([]caught, len(all))
	var next atomic.Int64
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(all); i = int(next.Add(1)) - 1 {
				found[i] = all[i].shown(t, budget)
			}
		})
	}
	group.Wait()
	return found
}

func (b bug) shown(t testing.TB, budget int) caught {
	t.Helper()
	seeds := make([]uint64, 0, budget+1)
	for _, seed := range []uint64{b.seed, b.also} {
		if seed > 0 {
			seeds = append(seeds, seed)
		}
	}
	for seed := range uint64(budget) {
		seeds = append(seeds, seed+1)
	}
	for _, seed := range seeds {
		if _, wrong := play(t, drawOptions(seed, false), nil, b); wrong != "" {
			return caught{b, seed, wrong}
		}
	}
	return caught{bug: b}
}

// TestDeliberateBugs proves that the simulation has teeth: each bug alone is
// seen, or another layer is named that makes it harmless; without that layer it
// is seen as well.
func TestDeliberateBugs(t *testing.T) {
	if !*simTeeth && *simBug == "" {
		t.Skip("long: make sim-two, or -sim.teeth")
	}
	alone(t)
	t.Parallel()
	var alone, layered, harmless []bug
	named := map[string]bug{}
	for _, b := range bugs {
		named[b.name] = b
	}
	for _, b := range bugs {
		if !strings.Contains(b.name, *simBug) {
			continue
		}
		if b.harmless == "" {
			alone = append(alone, b)
			continue
		}
		harmless = append(harmless, b)
		for with, seed := range b.with {
			both := b.and(named[with])
			both.seed = seed
			layered = append(layered, both)
		}
	}
	var table strings.Builder
	for _, c := range hunt(t, append(alone, layered...), *simBudget) {
		fmt.Fprintf(&table, "\n%-72s seed %4d  %.90s", c.bug.name, c.seed, c.by)
		if c.seed == 0 {
			t.Errorf("%s: %d seeds have not seen it", c.bug.name, *simBudget)
		}
	}
	for _, c := range hunt(t, harmless, *simBudget/20) {
		fmt.Fprintf(&table, "\n%-72s harmless: %s", c.bug.name, c.bug.harmless)
		if c.seed != 0 {
			t.Errorf("%s: the table says that it is harmless, and seed %d has seen it: %s", c.bug.name, c.seed, c.by)
		}
	}
	t.Log(table.String())
}

// TestPairsOfDeliberateBugs shows that no bug hides another: every pair is
// seen, but for two that are harmless both.
func TestPairsOfDeliberateBugs(t *testing.T) {
	if !*simPairs {
		t.Skip("give -sim.pairs to run it: it takes minutes")
	}
	t.Parallel()
	var pairs []bug
	for i, b := range bugs {
		for _, o := range bugs[:i] {
			if b.harmless != "" && o.harmless != "" {
				continue
			}
			pairs = append(pairs, b.and(o))
		}
	}
	seen := 0
	for _, c := range hunt(t, pairs, *simBudget) {
		if seen++; c.seed == 0 {
			seen--
			t.Errorf("%s: %d seeds have not seen it", c.bug.name, *simBudget)
		}
	}
	t.Logf("%d of %d pairs are seen", seen, len(pairs))
}
