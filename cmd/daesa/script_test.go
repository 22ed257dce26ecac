package main

import (
	"database/sql"
	"errors"
	"flag"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/xuri/excelize/v2"

	"daesa/config"
	"daesa/internal/browsertest"
	"daesa/internal/racing"
	"daesa/pay"
	"daesa/sandbox"
)

func TestMain(m *testing.M) {
	// Under the race detector every process of the tests would sleep a second
	// before it ends.
	if err := os.Setenv("GORACE", quickExit); err != nil {
		panic(err)
	}
	// Most of these tests wait: for a pause before a further try, for a process to
	// end. A -parallel of the command line, which is read later, wins.
	if err := flag.Set("test.parallel", strconv.Itoa(4*runtime.GOMAXPROCS(0))); err != nil {
		panic(err)
	}
	testscript.Main(closingBrowser{m}, map[string]func(){"daesa": main})
}

// closingBrowser ends the browser that a test may have started.
type closingBrowser struct{ *testing.M }

func (m closingBrowser) Run() int {
	defer browsertest.Close()
	return m.M.Run()
}

const quickExit = "atexit_sleep_ms=0"

// alone passes over a test whose commands come one after the other under the
// race detector: each is a process of its own, and what such a process does at
// once, the scripts of [atOnce] and the tests that are not alone do as well.
func alone(t *testing.T) {
	t.Helper()
	racing.Skip(t, "one command at a time")
}

// atOnce are the scripts that the race detector watches. Between them they read
// with several readers, look up, send, capture and tell at once.
var atOnce = []string{"accounts", "demo", "nightly", "notify", "refunds"}

// scripts are the sessions to run.
func scripts(t *testing.T) (files []string) {
	t.Helper()
	const folder = "../../testdata/script"
	if !racing.On {
		files, err := filepath.Glob(filepath.Join(folder, "*.txtar"))
		if err != nil || len(files) < len(atOnce) {
			t.Fatalf("%d scripts in %s: %v", len(files), folder, err)
		}
		return files
	}
	for _, name := range atOnce {
		files = append(files, filepath.Join(folder, name+".txtar"))
	}
	return files
}

// TestScript runs the sessions of testdata/script. Beside testscript's own
// commands they have:
//
//	exitcode N COMMAND...   runs a command that must end with that exit code
//	sql DATABASE FILE       runs the statements of a file on an SQLite database; ! where it must refuse them
//	shop ORDERS DAYS        starts a pretend Toss with a history, its clock at 01:30 on 2026-11-22,
//	                        sets TOSS_URL, writes the shop's orders.csv and a myshop/daesa.yaml
//	tossdown                ends it
//	replace FILE OLD NEW    replaces a text in a file, where it must stand; \n is a new line
//	mode FILE PERMISSIONS   checks a file's permissions, such as 600
//	desk TIME               starts an empty pretend Toss whose clock stands at a time, sets ASOF to it, and
//	                        writes a daesa.yaml that sends, with an account key
//	clock TIME              moves that clock, and ASOF
//	pays JSON               somebody pays: the body of POST /sandbox/payments
//	acts ORDER ACT [JSON]   deposit, reverse, expire or cancel (by hand, in Toss's console)
//	faults SPEC             what goes wrong with calls from now on; empty: nothing
//	canceled ORDER SUM N    what Toss has cancelled of an order, in N cancels
//	fill BOOK ORDER COLUMN VALUE   writes into a workbook's row of an order, on sheet 불일치
//	orders BOOK NAME...     sets each variable to another order number of sheet 불일치
//	inbox [FILE]            starts a service on host:port INBOX that takes what it is sent, below /broken nothing;
//	                        then it writes what came since to a file
//	toss [KEY]              starts a pretend Toss and sets TOSS_URL; KEY is the only key that it accepts
func TestScript(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Files: scripts(t),
		Setup: func(env *testscript.Env) error {
			env.Setenv("DAESA_ACTOR", "kim")
			env.Setenv("GORACE", quickExit)
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exitcode": scriptExitCode,
			"sql":      scriptSQL,
			"toss":     scriptToss,
			"shop":     scriptShop,
			"tossdown": scriptTossDown,
			"replace":  scriptReplace,
			"mode":     scriptMode,
			"desk":     scriptDesk,
			"clock":    scriptClock,
			"pays":     scriptPays,
			"acts":     scriptActs,
			"canceled": scriptCanceled,
			"faults":   scriptFaults,
			"fill":     scriptFill,
			"orders":   scriptOrders,
			"ids":      scriptIDs,
			"inbox":    scriptInbox,
		},
		RequireUniqueNames: true,
	})
}

func scriptExitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode N COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%s: %v", args[1], err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("%v ended with %d, expected %d", args[1:], got, want)
	}
}

func scriptSQL(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: [!] sql DATABASE FILE")
	}
	db, err := sql.Open("sqlite", ts.MkAbs(args[0]))
	ts.Check(err)
	_, err = db.Exec(ts.ReadFile(args[1]))
	if neg && err == nil {
		ts.Fatalf("the database takes %s", args[1])
	}
	ts.Check(db.Close())
	if !neg {
		ts.Check(err)
	}
}

func scriptToss(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 1 {
		ts.Fatalf("usage: toss [KEY]")
	}
	options := sandbox.Options{}
	if len(args) == 1 {
		options.SecretKey = args[0]
	}
	server := httptest.NewServer(sandbox.New(options).Handler())
	ts.Defer(server.Close)
	ts.Setenv("TOSS_URL", server.URL)
}

// asOf is when the nights of the sessions run.
const asOf = "2026-11-22T01:30:00+09:00"

func scriptShop(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: shop ORDERS DAYS")
	}
	orders, err := strconv.Atoi(args[0])
	ts.Check(err)
	days, err := strconv.Atoi(args[1])
	ts.Check(err)
	now, err := pay.ParseTime(asOf)
	ts.Check(err)
	toss := sandbox.New(sandbox.Options{SecretKey: "test_sk_sandbox", Now: time.Now, Freeze: true}) // others are refused
	history := toss.Seed(sandbox.HistoryOptions{Seed: 1, Orders: orders, Days: days, End: pay.DayOf(now).Add(-1).Start(), BreakShare: 0.02})
	toss.SetClock(now)
	server := httptest.NewServer(toss.Handler())
	ts.Defer(server.Close)
	servers.Store(ts, server)
	var file strings.Builder
	ts.Check(history.WriteCSV(&file, now))
	ts.Check(os.WriteFile(ts.MkAbs("orders.csv"), []byte(file.String()), 0o600))
	ts.Check(os.Mkdir(ts.MkAbs("myshop"), 0o700))
	text := config.Template(config.TemplateValues{Environment: config.Test, BaseURL: server.URL, RequestsPerMinute: 600_000, AutoQueue: []string{"cancel_not_executed"}})
	ts.Check(os.WriteFile(ts.MkAbs("myshop/daesa.yaml"), text, 0o600))
	ts.Setenv("TOSS_URL", server.URL)
	ts.Setenv("TOSS_SECRET_KEY", "test_sk_sandbox")
	ts.Setenv("DAESA_CONFIG", ts.MkAbs("myshop/daesa.yaml"))
	ts.Setenv("ASOF", asOf)
}

// servers are the pretend Tosses of the sessions that run.
var servers sync.Map

func scriptReplace(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: replace FILE OLD NEW")
	}
	text := ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("%s has no %q", args[0], args[1])
	}
	text = strings.ReplaceAll(text, args[1], strings.ReplaceAll(args[2], `\n`, "\n"))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

func scriptMode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mode FILE PERMISSIONS")
	}
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := strconv.FormatInt(int64(info.Mode().Perm()), 8); got != args[1] {
		ts.Fatalf("%s has the permissions %s, expected %s", args[0], got, args[1])
	}
}

func scriptTossDown(ts *testscript.TestScript, _ bool, _ []string) {
	if server, ok := servers.Load(ts); ok {
		server.(*httptest.Server).Close()
	}
}

func TestOneOfNamesTheWords(t *testing.T) {
	err := oneOf("--state", "paid", []string{"open", "closed"})
	var own *coded
	if !errors.As(err, &own) || own.code != codeUsage {
		t.Fatalf("got %v", err)
	}
	if oneOf("--state", "", []string{"open"}) != nil || oneOf("--state", "open", []string{"open"}) != nil {
		t.Error("a word of the list, and none at all, are allowed")
	}
	if !slices.Equal(each([]int{1, 2}, strconv.Itoa), []string{"1", "2"}) {
		t.Error("each")
	}
}

func scriptOrders(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: orders BOOK NAME...")
	}
	f, err := excelize.OpenFile(ts.MkAbs(args[0]))
	ts.Check(err)
	rows, err := f.GetRows("불일치")
	ts.Check(err)
	column, seen := -1, map[string]bool{}
	names := args[1:]
	for _, cells := range rows {
		if column < 0 {
			column = slices.Index(cells, "주문번호")
			continue
		}
		if len(names) > 0 && column < len(cells) && !seen[cells[column]] {
			seen[cells[column]] = true
			ts.Setenv(names[0], cells[column])
			names = names[1:]
		}
	}
	if len(names) > 0 {
		ts.Fatalf("%s has no order for %v", args[0], names)
	}
}

func scriptFill(ts *testscript.TestScript, neg bool, args []string) {
	sheet := "불일치"
	if len(args) == 5 {
		sheet, args = args[4], args[:4]
	}
	if neg || len(args) != 4 {
		ts.Fatalf("usage: fill BOOK ORDER COLUMN VALUE [SHEET]")
	}
	f, err := excelize.OpenFile(ts.MkAbs(args[0]))
	ts.Check(err)
	rows, err := f.GetRows(sheet)
	ts.Check(err)
	column, row := 0, 0
	for i, cells := range rows {
		if at := slices.Index(cells, args[2]); at >= 0 && column == 0 {
			column = at + 1
		}
		if slices.Contains(cells, args[1]) && row == 0 {
			row = i + 1
		}
	}
	cell, err := excelize.CoordinatesToCellName(column, row)
	ts.Check(err)
	ts.Check(f.SetCellStr(sheet, cell, args[3]))
	ts.Check(f.Save())
}
