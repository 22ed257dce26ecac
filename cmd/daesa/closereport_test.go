package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"daesa/config"
	"daesa/internal/seal"
	"daesa/pay"
	"daesa/sandbox"
)

// closingDesk is a shop that closes its November, command by command.
type closingDesk struct {
	t    *testing.T
	dir  string
	toss *sandbox.Sandbox
	now  time.Time
}

// novemberDesk has read all of a November from the pretend Toss, and its passbook, in
// which faults are planted.
func novemberDesk(t *testing.T, plant ...string) *closingDesk {
	t.Helper()
	d := &closingDesk{t: t, dir: t.TempDir(), now: time.Date(2026, 12, 9, 9, 0, 0, 0, pay.Seoul)}
	d.toss = sandbox.New(sandbox.Options{Now: func() time.Time { return d.now }, Freeze: true, Settle: true})
	history := d.toss.Seed(sandbox.HistoryOptions{Seed: 11, Orders: 700, Days: 62, End: pay.Day("2026-12-08").Start(), BreakShare: -1})
	d.toss.SetClock(d.now)
	server := httptest.NewServer(d.toss.Handler())
	t.Cleanup(server.Close)
	text := string(config.Template(config.TemplateValues{Environment: config.Test, BaseURL: server.URL, RequestsPerMinute: 600_000}))
	for _, change := range [][2]string{
		{"  accounts: []", "  accounts: [{name: main, payer: [토스페이]}]"},
		{"  first_month: \"\"", "  first_month: 2026-11"},
	} {
		if !strings.Contains(text, change[0]) {
			t.Fatalf("the template has no %q", change[0])
		}
		text = strings.Replace(text, change[0], change[1], 1)
	}
	fine(t, os.WriteFile(d.path("daesa.yaml"), []byte(text), 0o600))
	fine(t, seal.WriteKeyFile(d.path("account.key")))
	var file strings.Builder
	fine(t, history.WriteCSV(&file, d.now))
	fine(t, os.WriteFile(d.path("orders.csv"), []byte(file.String()), 0o600))
	book, err := d.toss.Passbook(sandbox.PassbookOptions{From: pay.Day("2026-10-05").Start(), Opening: 3_000_000, Plant: plant})
	fine(t, err)
	fine(t, os.WriteFile(d.path("passbook.csv"), book.CSV, 0o600))
	d.run("kim", "orders", "import", d.path("orders.csv"))
	d.run("kim", "reconcile", "--from", "2026-11-01", "--to", "2026-12-08", "--ok-codes", "3,5")
	d.run("kim", "settlements", "sync", "--from", "2026-10-01", "--to", "2026-12-09", "--ok-codes", "3,5")
	d.run("kim", "bank", "import", d.path("passbook.csv"), "--ok-codes", "3,5")
	return d
}

func (d *closingDesk) path(name string) string { return filepath.Join(d.dir, name) }

// call runs one command as somebody.
func (d *closingDesk) call(by string, line ...string) called {
	env := map[string]string{"TOSS_SECRET_KEY": "test_sk_sandbox", "DAESA_ACTOR": by}
	return callAt(d.t, func() time.Time { return d.now }, env, append(line, "--config", d.path("daesa.yaml"))...)
}

// run runs one that must succeed, and gives what it prints.
func (d *closingDesk) run(by string, line ...string) string {
	d.t.Helper()
	done := d.call(by, line...)
	if done.code != codeDone {
		d.t.Fatalf("%v ended with %d:\n%s%s", line, done.code, done.stdout, done.stderr)
	}
	return done.stdout
}

func (d *closingDesk) read(into any, by string, line ...string) {
	d.t.Helper()
	text := d.run(by, append(line, "--json")...)
	if err := json.Unmarshal([]byte(text), into); err != nil {
		d.t.Fatalf("%v: %v in %s", line, err, text)
	}
}

func TestTrial(t *testing.T) {
	d := novemberDesk(t, "late@2026-11-05", "split@2026-11-10", "merged@2026-11-12", "rebate@2026-11-17", "missing@2026-11-19", "short@2026-11-24")
	_ = http.StatusOK
	_ = bytes.NewReader
	_ = excelize.NewFile
	t.Log(d.run("kim", "close", "check", "2026-11", "--ok-codes", "3,5"))
	t.Log(d.run("kim", "breaks", "list", "--scope", "settlement"))
	t.Log(d.run("kim", "close", "report", "2026-11", "--out", "/work/h/report/first.xlsx"))
}
