package refunds_test

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

var (
	simBudget = flag.Int("sim.budget", 40, "seeds for each deliberate bug that its own seed does not show any more")
	simBug    = flag.String("sim.bug", "", "only the deliberate bugs with this in their names")
	simPairs  = flag.Bool("sim.pairs", false, "run the deliberate bugs in all pairs, too")
	simReseed = flag.Bool("sim.reseed", false, "search a new seed for each deliberate bug that its own does not show any more, and write "+seedsOfBugs)
	simReach  = flag.Int("sim.reach", 4000, "seeds for each bug with -sim.reseed, and for each pair of bugs that is rare")
)

// seedsOfBugs says which seed shows which bug. -sim.reseed writes it.
const seedsOfBugs = "testdata/bugs.txt"

// harmlessSeeds are played with a bug that is said to be harmless.
const harmlessSeeds = 30

// caught is what became of a bug.
type caught struct {
	bug  bug
	seed uint64 // 0: it survived
	by   string
}

// hunt plays seeds with each bug until one shows: first those that have seen it
// before, since most bugs are rare.
func hunt(t *testing.T, all []bug, known map[string]uint64, budget int) []caught {
	t.Helper()
	found := make([]caught, len(all))
	var next atomic.Int64
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(all); i = int(next.Add(1)) - 1 {
				found[i] = all[i].shown(t, known, budget)
				if *simReseed {
					t.Logf("%s: seed %d", all[i].name, found[i].seed)
				}
			}
		})
	}
	group.Wait()
	return found
}

// shown plays the seeds that are known for a bug, or for one of its parts, and
// then from the first on so many in which there is what it needs.
func (b bug) shown(t testing.TB, known map[string]uint64, budget int) caught {
	t.Helper()
	for _, name := range append([]string{b.name}, strings.Split(b.name, " + ")...) {
		if seed := known[name]; seed > 0 {
			if wrong := b.wrong(t, drawOptions(seed, false)); wrong != "" {
				return caught{b, seed, wrong}
			}
		}
	}
	for seed, played := uint64(1), 0; played < budget && seed < 1000*uint64(budget); seed++ { //nolint:gosec // a count of seeds
		o := drawOptions(seed, false)
		if b.needs != nil && !b.needs(o) {
			continue
		}
		played++
		if wrong := b.wrong(t, o); wrong != "" {
			return caught{b, seed, wrong}
		}
	}
	return caught{bug: b}
}

// wrong is what a world shows of a bug. That the simulation itself stumbles shows
// nothing.
func (b bug) wrong(t testing.TB, o options) string {
	t.Helper()
	if _, wrong := play(t, o, nil, b); !strings.HasPrefix(wrong, stumbles) {
		return wrong
	}
	return ""
}

// knownSeeds reads which seed shows which bug.
func knownSeeds(t *testing.T) map[string]uint64 {
	t.Helper()
	content, err := os.ReadFile(seedsOfBugs)
	if err != nil {
		t.Fatal(err)
	}
	seeds := map[string]uint64{}
	for line := range strings.Lines(string(content)) {
		number, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		if number == "" || number[0] == '#' {
			continue
		}
		if seeds[name], err = strconv.ParseUint(number, 10, 64); err != nil {
			t.Fatalf("%s: %v", seedsOfBugs, err)
		}
	}
	return seeds
}

// keepSeeds writes what was found, and of the bugs that were not played what was
// known.
func keepSeeds(t *testing.T, order []bug, known map[string]uint64, found []caught) {
	t.Helper()
	for _, c := range found {
		known[c.bug.name] = c.seed
	}
	var text strings.Builder
	text.WriteString("# A seed that shows each deliberate bug (sim_table_test.go), alone or over the layer that\n" +
		"# hides it. Written by: go test ./refunds -run TestDeliberateBugs -sim.reseed\n")
	for _, b := range order {
		if seed := known[b.name]; seed > 0 {
			fmt.Fprintf(&text, "%d %s\n", seed, b.name)
		}
	}
	if err := os.WriteFile(seedsOfBugs, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// deliberate sorts the table: what is seen alone, or over the layer that hides
// it, and what is harmless as long as that layer is there.
func deliberate(t *testing.T) (seen, harmless []bug) {
	t.Helper()
	named, layer := map[string]bug{}, map[string]bool{}
	for _, b := range bugs {
		if _, twice := named[b.name]; twice || strings.Contains(b.name, " + ") {
			t.Fatalf("the table has %q twice, or it looks like two", b.name)
		}
		named[b.name] = b
	}
	var layered []bug
	for _, b := range bugs {
		if b.harmless == "" {
			seen = append(seen, b)
			continue
		}
		harmless = append(harmless, b)
		for _, with := range b.with {
			if _, there := named[with]; !there {
				t.Fatalf("%s: the table has no layer %q", b.name, with)
			}
			layer[b.name], layer[with] = true, true
			both := b.and(named[with])
			both.needs = b.needs
			layered = append(layered, both)
		}
	}
	for _, b := range harmless {
		if !layer[b.name] {
			t.Errorf("%s: no bug of the layer is named that makes it harmless", b.name)
		}
	}
	return append(seen, layered...), harmless
}

// only keeps the bugs that are asked for.
func only(all []bug) []bug {
	return slices.DeleteFunc(slices.Clone(all), func(b bug) bool { return !strings.Contains(b.name, *simBug) })
}

// TestDeliberateBugs proves that the simulation has teeth: each bug alone is
// seen, or another layer is named that makes it harmless; without that layer it
// is seen as well.
func TestDeliberateBugs(t *testing.T) {
	alone(t)
	t.Parallel()
	known := knownSeeds(t)
	budget := *simBudget
	if *simReseed {
		budget = *simReach
	}
	every, harmless := deliberate(t)
	var table strings.Builder
	found := hunt(t, only(every), known, budget)
	for _, c := range found {
		fmt.Fprintf(&table, "\n%-72s seed %4d  %.150s", c.bug.name, c.seed, c.by)
		switch was := known[c.bug.name]; {
		case c.seed == 0:
			t.Errorf("%s: neither its seed %d nor %d others have seen it; for a new seed: go test ./refunds -run TestDeliberateBugs -sim.reseed", c.bug.name, was, budget)
		case c.seed != was:
			fmt.Fprintf(&table, " (its seed %d does not show it any more: -sim.reseed)", was)
		}
	}
	if *simReseed {
		keepSeeds(t, every, known, found)
	}
	for _, c := range hunt(t, only(harmless), nil, harmlessSeeds) {
		fmt.Fprintf(&table, "\n%-72s harmless: %s", c.bug.name, c.bug.harmless)
		if c.seed != 0 {
			t.Errorf("%s: the table says that it is harmless, and seed %d has seen it: %s", c.bug.name, c.seed, c.by)
		}
	}
	t.Log(table.String())
}

// hides are the pairs of which one keeps the other from happening, and why.
var hides = map[string]string{
	"what never left is given back to the limits of another day + no lease": "what nobody leases is taken up again at once, so that nothing waits for another day (8,000 worlds)",
}

// TestPairsOfDeliberateBugs shows that no bug hides another: every pair is
// seen, but for two that are harmless both, and for those that are named.
func TestPairsOfDeliberateBugs(t *testing.T) {
	if !*simPairs {
		t.Skip("give -sim.pairs to run it: it takes minutes")
	}
	alone(t)
	t.Parallel()
	var pairs []bug
	for i, b := range bugs {
		for _, o := range bugs[:i] {
			if b.harmless != "" && o.harmless != "" {
				continue
			}
			if pair := b.and(o); hides[pair.name] == "" {
				pairs = append(pairs, pair)
			}
		}
	}
	pairs = only(pairs)
	var rare []bug // each bug alone needs a world of its own, and the other changes the world
	for _, c := range hunt(t, pairs, knownSeeds(t), *simBudget) {
		if c.seed == 0 {
			rare = append(rare, c.bug)
		}
	}
	seen := len(pairs)
	for _, c := range hunt(t, rare, nil, *simReach) {
		if c.seed == 0 {
			seen--
			t.Errorf("%s: neither the seed of one of them nor %d others have seen it", c.bug.name, *simReach)
		}
	}
	t.Logf("%d of %d pairs are seen, %d of them in more than %d worlds", seen, len(pairs), len(rare), *simBudget)
}
