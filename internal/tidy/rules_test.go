package tidy

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// treeOf parses files that are given as name, content, name, content ...
func treeOf(t *testing.T, namesAndContents ...string) *Tree {
	t.Helper()
	fsys := fstest.MapFS{}
	for i := 0; i < len(namesAndContents); i += 2 {
		fsys[namesAndContents[i]] = &fstest.MapFile{Data: []byte(namesAndContents[i+1])}
	}
	tree, err := Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// expect compares findings with fragments, one for each, in any order.
func expect(t *testing.T, found []Finding, fragments ...string) {
	t.Helper()
	all := fmt.Sprint(found)
	if len(found) != len(fragments) {
		t.Errorf("%d findings, expected %d: %v", len(found), len(fragments), all)
	}
	for _, fragment := range fragments {
		if !strings.Contains(all, fragment) {
			t.Errorf("nothing says %q: %v", fragment, all)
		}
	}
}

func TestImportTable(t *testing.T) {
	for _, c := range []struct {
		name, file, imports string
		want                []string
	}{
		{"the line downwards", "refunds/a.go", `"daesa/pay"; "daesa/reconcile"; "daesa/internal/seal"`, nil},
		{"the line upwards", "reconcile/a.go", `"daesa/refunds"`, []string{"reconcile must not know refunds"}},
		{"an adapter", "jobs/a.go", `"daesa/store"`, []string{"jobs must not know store"}},
		{"an adapter in a test", "jobs/a_test.go", `"daesa/store"`, nil},
		{"cmd knows all", "cmd/daesa/a.go", `"daesa/store"; "daesa/toss"; "daesa/internal/terminal"`, nil},
		{"cmd but for test rooms", "cmd/daesa/a.go", `"daesa/internal/pgtest"`, []string{"which is for tests"}},
		{"cmd and what app calls", "cmd/daesa/a.go", `"daesa/internal/seal"`, []string{"cmd/daesa must not know internal/seal"}},
		{"bench knows all", "bench/night/a.go", `"daesa/internal/pgtest"; "daesa/store"`, nil},
		{"sandbox knows nothing", "sandbox/a.go", `"daesa/internal/terminal"`, []string{"sandbox must not know"}},
		{"pay and others' code", "pay/a.go", `"strings"; "golang.org/x/text/width"`, []string{"standard library only"}},
		{"workbooks elsewhere", "jobs/a.go", `"github.com/xuri/excelize/v2"`, []string{"only internal/xlsx, internal/table"}},
		{"workbooks", "internal/xlsx/a.go", `"github.com/xuri/excelize/v2"; "daesa/internal/table"`, nil},
		{"the domain in plumbing", "internal/xlsx/a.go", `"daesa/pay"`, []string{"internal/xlsx must not know pay"}},
		{"a driver below its module", "orders/a.go", `_ "modernc.org/sqlite/lib"`, []string{"only internal/database"}},
		{"a driver", "internal/database/a.go", `_ "modernc.org/sqlite"`, nil},
		{"another module of that name", "orders/a.go", `_ "modernc.org/sqlite2"`, nil},
		{"an unknown room", "refunds/more/a.go", `"daesa/store"`, []string{"has no row"}},
		{"a test alone needs no row", "elsewhere/a_test.go", `"daesa/store"`, nil},
		{"testdata", "pay/testdata/a.go", `"daesa/store"`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			expect(t, Imports(treeOf(t, c.file, "package p\nimport ("+c.imports+")\n")), c.want...)
		})
	}
}

func TestBans(t *testing.T) {
	for _, c := range []struct {
		name, file, code string
		want             []string
	}{
		{"the clock", "jobs/a.go", `import "time"; var a = time.Now(); var b = time.Since(a)`, []string{"time.Now", "time.Since"}},
		{"the clock, renamed and not called", "jobs/a.go", `import clock "time"; var now = clock.Now`, []string{"time.Now"}},
		{"the clock, hidden", "jobs/a.go", `import . "time"; var a = Now()`, []string{"time must not be imported so"}},
		{"the clock in cmd", "cmd/daesa/a.go", `import "time"; var a = time.Now()`, nil},
		{"the clock in a test", "jobs/a_test.go", `import "time"; var a = time.Now()`, nil},
		{"another Now", "jobs/a.go", `import "daesa/pay"; var a = pay.Now()`, nil},
		{"printing", "jobs/a.go", `import ("fmt"; "os"); func f() { fmt.Println(); fmt.Fprintln(os.Stdout) }`, []string{"fmt.Println", "os.Stdout"}},
		{"environment", "config/a.go", `import "os"; var a = os.Getenv("A")`, []string{"os.Getenv"}},
		{"default client", "toss/a_test.go", `import "net/http"; var c = http.DefaultClient`, []string{"net/http.DefaultClient"}},
		{"old random", "sandbox/a_test.go", `import "math/rand"; var a = rand.Int()`, []string{"math/rand"}},
		{"new random", "sandbox/a.go", `import "math/rand/v2"; var a = rand.Int()`, nil},
		{"log", "cmd/daesa/a.go", `import "log"; func f() { log.Print() }`, []string{"log/slog"}},
		{"slog", "jobs/a.go", `import "log/slog"; func f() { slog.Info("") }`, nil},
		{"panic", "orders/a.go", `type T struct{}; func (*T) Go() { panic("") }`, []string{`"orders.T.Go"`}},
		{"a handler drops its connection", "sandbox/a.go", `import "net/http"; func f() { panic(http.ErrAbortHandler) }`, nil},
		{"panic of a helper", "orders/a.go", `func mustLoad() { panic("") }`, nil},
		{"panic in a test", "orders/a_test.go", `func f() { panic("") }`, nil},
		{"float", "pay/a.go", `type Won float64; const share = 0.5`, []string{`"pay.Won"`, `"pay.share"`}},
		{"float elsewhere", "reports/a.go", `type Width float64`, nil},
		{"float in a test", "pay/a_test.go", `type Won float64`, nil},
		{"the text of an error", "jobs/a.go", `import "strings"; func f(err error) bool { return strings.Contains(err.Error(), "key") || err.Error() == "key" }`, []string{`"jobs.f"`, `"jobs.f"`}},
		{"the text of an error, told", "jobs/a.go", `import "fmt"; func f(err error) string { return fmt.Sprint("because ", err.Error()) }`, nil},
		{"the text of an error in a test", "jobs/a_test.go", `import "strings"; func f(err error) bool { return strings.Contains(err.Error(), "key") }`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			expect(t, checkBans(treeOf(t, c.file, "package p\n"+c.code+"\n"), &exceptions{}), c.want...)
		})
	}
}

func TestExceptionsAreUsed(t *testing.T) {
	except := &exceptions{
		panics: map[string]string{"orders.Load": "for this test"},
		floats: map[string]string{"orders.Share": "for this test"},
	}
	both := `package p; func Load() { panic("") }; type Share float64`
	expect(t, checkBans(treeOf(t, "orders/a.go", both), except))
	expect(t, checkBans(treeOf(t, "orders/a.go", `package p; func Load() {}`), except),
		"orders.Load: no exception is needed", "orders.Share: no exception is needed")
	expect(t, checkBans(treeOf(t, "pay/a.go", `package p`), except))
}

func TestLengths(t *testing.T) {
	function := func(lines int) string { return "func f() {" + strings.Repeat("\n", lines-1) + "}\n" }
	table := "func f() { for range []string{" + strings.Repeat("\n\"a\",", 200) + "\n} {} }\n"
	raw := "var s = `" + strings.Repeat("\n", 601) + "`\n"
	for _, c := range []struct {
		name, file, code string
		ratchet          map[string]int
		want             []string
	}{
		{"seventy lines", "pay/a.go", function(70), nil, nil},
		{"seventy-one", "pay/a.go", function(71), nil, []string{"71 lines, at most 70"}},
		{"seventy-one in a test", "pay/a_test.go", function(71), nil, nil},
		{"a table", "pay/a.go", table, nil, nil},
		{"a long file", "pay/a.go", raw, nil, []string{"at most 600"}},
		{"as before", "pay/a.go", function(80), map[string]int{"pay/a.go:f": 80}, nil},
		{"grown", "pay/a.go", function(81), map[string]int{"pay/a.go:f": 80}, []string{"only shrink from 80"}},
		{"mended", "pay/a.go", function(60), map[string]int{"pay/a.go:f": 80}, []string{"within the limit"}},
		{"gone", "pay/a.go", "", map[string]int{"pay/b.go": 700}, []string{"not there any more"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			expect(t, lengths(treeOf(t, c.file, "package p\n"+c.code), c.ratchet), c.want...)
		})
	}
}

func TestWords(t *testing.T) {
	word := "TO" + "DO"
	expect(t, Words(treeOf(t, "pay/a.go", "package p\n\n// "+word+": later\n")), "pay/a.go:3")
	expect(t, Words(treeOf(t, "pay/a.go", "package p\n// "+word+"S and 010-XX"+"XX-1234\n")))
}

func TestDocComments(t *testing.T) {
	expect(t, DocComments(treeOf(t, "pay/a.go", `// Package pay has a comment.
package pay

// Won is a sum.
type Won int

func (Won) String() string { return "" }
func (Won) Half() Won      { return 0 }
func (hidden) Any()        {}

type hidden int

// Kinds.
const (
	A = 1
	B = 2
)

var C, d = 1, 2 // C is one.

type Bare struct{}

var E = 5
`)), "Won.Half", "Bare", "E has")
	expect(t, DocComments(treeOf(t, "internal/seal/a.go", "package seal\nfunc Seal() {}\n")), "no package comment")
}

func TestDependencies(t *testing.T) {
	const goMod = `module daesa

go 1.26.0

require example.org/one v1.0.0

require (
	example.org/two v1.0.0
	example.org/two/v2 v2.0.0
	// a comment
	example.org/far v1.0.0 // indirect
)
replace example.org/one => example.org/other v1.0.0
`
	found, err := Dependencies(treeOf(t, "go.mod", goMod,
		"docs/dependencies.md", "| `example.org/one` | why |\n| `example.org/two/v2` | why |\n"))
	if err != nil {
		t.Fatal(err)
	}
	expect(t, found, "example.org/two is for")
	found, err = Dependencies(treeOf(t, "go.mod", goMod))
	if err != nil {
		t.Fatal(err)
	}
	expect(t, found, "each of 3 direct dependencies")
}

func TestFrontPage(t *testing.T) {
	commands := "go run ./cmd/daesa demo\ngo test ./...\n"
	for _, c := range []struct {
		files []string
		want  []string
	}{
		{[]string{"README.md", commands, "CHANGELOG.md", ""}, nil},
		{[]string{"README.md", strings.Repeat("\n", 39) + commands, "CHANGELOG.md", ""}, []string{"go test"}},
		{nil, []string{"README.md", "CHANGELOG.md"}},
	} {
		found, err := FrontPage(treeOf(t, c.files...))
		if err != nil {
			t.Fatal(err)
		}
		expect(t, found, c.want...)
	}
}

func TestFileThatDoesNotParse(t *testing.T) {
	_, err := Load(fstest.MapFS{"pay/a.go": &fstest.MapFile{Data: []byte("package p\nfunc {")}})
	if err == nil || !strings.Contains(err.Error(), "pay/a.go:2") {
		t.Fatalf("got %v", err)
	}
}

func TestRoomTable(t *testing.T) {
	for _, c := range []struct {
		name, guide string
		want        []string
	}{
		{"every room has its row", "| room |\n| `jobs` | walks |\n", nil},
		{"one is not told of", "| room |\n", []string{"no row for the room jobs"}},
		{"one is gone", "| `jobs` | walks |\n| `toss` | calls |\n", []string{"toss, which is not there"}},
		{"another table", "| `jobs` | walks |\n| `since` | a time |\n", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			found, err := RoomTable(treeOf(t, "docs/architecture.md", c.guide, "jobs/a.go", "package jobs\n", "internal/pgtest/a.go", "package pgtest\n"))
			if err != nil {
				t.Fatal(err)
			}
			expect(t, found, c.want...)
		})
	}
}
