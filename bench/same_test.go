package bench

import (
	"archive/zip"
	"bytes"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/pay"
)

var sameSeeds = flag.Int("same.seeds", 20, "shops whose nights TestANightTellsWhatItTold lets both programs run")

// theirOwn are the hashes in a night's workbook that no two programs have alike: the
// journal has the names of runs and processes in it, the configuration a folder.
var theirOwn = regexp.MustCompile(`((?:감사기록|설정) 해시.{1,60}?<t>)[0-9a-f]{16,64}`)

// A night that became faster tells what it told before: the same JSON and the same
// bytes in every part of its workbook, for drawn shops in which one order in five
// differs, on both databases.
//
//	go test -run TestANightTellsWhatItTold ./bench -old PATH -same.seeds 50
func TestANightTellsWhatItTold(t *testing.T) {
	if *older == "" {
		t.Skip("-old names no older program to hold it against")
	}
	all := programs(t)
	for seed := 1; seed <= *sameSeeds; seed++ {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Setenv("DAESA_BENCH_SEED", fmt.Sprint(seed))
			dir := t.TempDir()
			addr := startSandbox(t, dir, 400, 3)
			for _, kind := range []string{"sqlite", "postgres"} {
				before, now := toldOf(t, all["old-"], dir, addr, places[kind](t)), toldOf(t, all[""], dir, addr, places[kind](t))
				if diff := cmp.Diff(before, now); diff != "" {
					t.Errorf("%s: before (-), now (+):\n%.4000s", kind, diff)
				}
			}
		})
	}
}

// toldOf runs two nights, the second of which knows the first, and gives all that they
// told.
func toldOf(t *testing.T, program, files, addr string, at place) map[string]string {
	t.Helper()
	now := morning()
	reports := t.TempDir()
	call := commands(t, program, addr, at.url, func() time.Time { return now }, [2]string{"dir: reports ", fmt.Sprintf("dir: %q ", reports)})
	call("migrate")
	now = morning().AddDate(0, 0, -1)
	call("orders", "import", filepath.Join(files, "orders.csv"))
	told := map[string]string{}
	for _, date := range []pay.Day{day.Add(-1), day} {
		told[string(date)] = strings.ReplaceAll(string(call("nightly", "--json", "--date", string(date)).out), reports, "reports")
		partsOf(t, filepath.Join(reports, fmt.Sprintf("daesa-%s.xlsx", date)), told)
		now = now.AddDate(0, 0, 1)
	}
	return told
}

// partsOf adds the parts of a workbook by their names.
func partsOf(t *testing.T, path string, told map[string]string) {
	t.Helper()
	book, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	for _, file := range book.File {
		part, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		told[filepath.Base(path)+" "+file.Name] = string(bytes.TrimSpace(theirOwn.ReplaceAll(text, []byte("${1}-"))))
	}
}
