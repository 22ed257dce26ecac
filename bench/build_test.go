package bench

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var olderCommit = flag.String("old.commit", "", "the commit of an older program, which BenchmarkBuild builds beside this one")

// BenchmarkBuild measures a build of the program with nothing in the cache, and the size
// of what it makes. It takes minutes and says nothing of the program at work, so that it
// runs only where -bench names it.
//
//	go test -run '^$' -bench Build -benchtime 1x -timeout 60m ./bench -old.commit COMMIT
func BenchmarkBuild(b *testing.B) {
	if !strings.Contains(flag.Lookup("test.bench").Value.String(), "Build") {
		b.Skip("only -bench Build asks for this")
	}
	trees := map[string]string{"": ".."}
	if *olderCommit != "" {
		trees["old-"] = treeOf(b, *olderCommit)
	}
	costs := map[string][]spent{}
	for range b.N {
		for name, tree := range trees {
			costs[name] = append(costs[name], coldBuild(b, tree))
		}
	}
	report(b, costs)
}

// treeOf unpacks the files of a commit.
func treeOf(b *testing.B, commit string) string {
	b.Helper()
	dir := b.TempDir()
	if out, err := exec.Command("sh", "-ec", `git -C .. archive -o "$1.tar" "$0"; tar -xf "$1.tar" -C "$1"; rm "$1.tar"`, commit, dir).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return dir
}

// coldBuild builds the program of a tree, and links it once more without its symbol
// table. Modules are not fetched anew.
func coldBuild(b *testing.B, tree string) spent {
	b.Helper()
	dir := b.TempDir()
	cache := filepath.Join(dir, "cache")
	defer os.RemoveAll(cache) // the next one needs the room
	build := func(name string, flags ...string) (cost spent, megabytes float64) {
		program := filepath.Join(dir, name)
		cmd := exec.Command("go", append(append([]string{"build", "-buildvcs=false", "-o", program}, flags...), "./cmd/daesa")...)
		cmd.Dir, cmd.Env = tree, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOCACHE="+cache)
		cost = run(b, cmd)
		info, err := os.Stat(program)
		if err != nil {
			b.Fatal(err)
		}
		return cost, float64(info.Size()) / 1e6
	}
	cost, whole := build("daesa", "-a")
	_, stripped := build("stripped", "-ldflags=-s")
	cost.mem = 0 // that of the go command alone, which starts the compilers
	cost.more = map[string]float64{"program-MB": whole, "stripped-MB": stripped}
	return cost
}
