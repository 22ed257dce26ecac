package main

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/config"
	"daesa/internal/pgtest"
	"daesa/internal/seal"
	"daesa/pay"
	"daesa/sandbox"
)

// bookkeeper is a shop that closes its month: payments, settlement rows and passbook
// of October are there, and it is the twelfth of November.
type bookkeeper struct {
	t    *testing.T
	dir  string
	toss *sandbox.Sandbox
	now  time.Time
	env  map[string]string
}

// newBookkeeper opens a shop of some orders a month. breaks is the share of orders
// that differ; below 0: none.
func newBookkeeper(t *testing.T, databaseURL string, breaks float64) *bookkeeper {
	t.Helper()
	k := &bookkeeper{t: t, dir: t.TempDir(), toss: sandbox.New(sandbox.Options{Now: time.Now, Freeze: true, Settle: true}),
		now: pay.Day("2026-11-12").Start().Add(9 * time.Hour)}
	history := k.toss.Seed(sandbox.HistoryOptions{Seed: 5, Orders: 300, Days: 31, End: pay.Day("2026-10-31").Start(), BreakShare: breaks})
	k.toss.SetClock(k.now)
	server := httptest.NewServer(k.toss.Handler())
	t.Cleanup(server.Close)
	text := string(config.Template(config.TemplateValues{Environment: config.Test, BaseURL: server.URL, RequestsPerMinute: 600_000}))
	for _, change := range [][2]string{{`first_month: ""`, `first_month: "2026-10"`},
		{"  accounts: []", "  accounts: [{name: main, mids: [tosspayments], payer: [토스페이, tosspay]}]"}} {
		if !strings.Contains(text, change[0]) {
			t.Fatalf("the template has no %q", change[0])
		}
		text = strings.Replace(text, change[0], change[1], 1)
	}
	fine(t, os.WriteFile(filepath.Join(k.dir, "daesa.yaml"), []byte(text), 0o600))
	fine(t, seal.WriteKeyFile(filepath.Join(k.dir, "account.key")))
	var orders strings.Builder
	fine(t, history.WriteCSV(&orders, k.now))
	fine(t, os.WriteFile(filepath.Join(k.dir, "orders.csv"), []byte(orders.String()), 0o600))
	k.env = map[string]string{"TOSS_SECRET_KEY": "test_sk_sandbox", "DAESA_ACTOR": "kim"}
	if databaseURL != "" {
		k.env["DAESA_DATABASE_URL"] = databaseURL
	}
	k.daesa("migrate")
	k.daesa("orders", "import", filepath.Join(k.dir, "orders.csv"))
	k.daesa("reconcile", "--from", "2026-10-01", "--to", "2026-10-31")
	return k
}

// daesa runs a command, which may find breaks or miss something, and gives its JSON or
// what it said.
func (k *bookkeeper) daesa(line ...string) string {
	k.t.Helper()
	code, out, said := k.try(line...)
	if code != codeDone && code != codePerson && code != codeIncomplete {
		k.t.Fatalf("%v ended with %d\n%s\n%s", line, code, out, said)
	}
	return out
}

func (k *bookkeeper) try(line ...string) (code int, out, said string) {
	k.t.Helper()
	done := callAt(k.t, time.Now, k.env, append(line, "--config", filepath.Join(k.dir, "daesa.yaml"), "--as-of", pay.FormatTime(k.now))...)
	return done.code, done.stdout, done.stderr
}

// passbook imports the passbook up to yesterday, with faults planted.
func (k *bookkeeper) passbook(plant ...string) {
	k.t.Helper()
	book, err := k.toss.Passbook(sandbox.PassbookOptions{From: pay.Day("2026-09-30").Start(), To: k.now.AddDate(0, 0, -1), Layout: "kb", Opening: 2_000_000, Plant: plant})
	fine(k.t, err)
	path := filepath.Join(k.dir, "passbook.csv")
	fine(k.t, os.WriteFile(path, book.CSV, 0o600))
	k.daesa("bank", "import", path)
}

func (k *bookkeeper) month(month string) monthDocument {
	k.t.Helper()
	var months []monthDocument
	fine(k.t, json.Unmarshal([]byte(k.daesa("close", "check", month, "--json")), &months))
	if len(months) != 1 {
		months = slices.DeleteFunc(months, func(m monthDocument) bool { return m.Currency != "KRW" })
	}
	return months[0]
}

// adds up to the won, and says the same both ways.
func (k *bookkeeper) adds(m monthDocument) {
	k.t.Helper()
	if sum := m.Opening + m.Approvals - m.Cancels - m.Fees - m.FeeVAT - m.Payouts + m.Adjustments; sum != m.Closing {
		k.t.Errorf("%s: %d is no closing of %+v", m.Month, sum, m)
	}
	if m.Approvals == 0 || m.Fees == 0 || m.Payouts == 0 {
		k.t.Errorf("an empty month: %+v", m)
	}
}

// One month, of the same payments and the same passbook, on both databases.
func TestAMonthIsTheSameOnBothDatabases(t *testing.T) {
	alone(t)
	t.Parallel()
	said := map[string]map[string]string{}
	for name, url := range map[string]string{"SQLite": "", "PostgreSQL": pgtest.URL(t)} {
		k := newBookkeeper(t, url, 0.05)
		of := map[string]string{"sync": k.daesa("settlements", "sync", "--from", "2026-10-01", "--to", "2026-11-11", "--json")}
		k.passbook("missing", "rebate", "split", "merged", "short", "late")
		of["sync again"] = k.daesa("settlements", "sync", "--json")
		of["payouts"] = k.daesa("payouts", "list", "--from", "2026-10-01", "--to", "2026-11-30", "--json")
		of["check"] = k.daesa("close", "check", "2026-10", "--json")
		of["breaks"] = k.daesa("breaks", "list", "--status", "", "--json")
		of["rows"] = k.daesa("settlements", "list", "--from", "2026-10-01", "--to", "2026-10-31", "--json")
		k.adds(k.month("2026-10"))
		if m := k.month("2026-10"); m.State == "ready" || len(m.Breaks) == 0 {
			t.Errorf("%s: what was planted in the passbook keeps no month from being ready: %+v", name, m)
		}
		said[name] = of
	}
	if diff := cmp.Diff(said["SQLite"], said["PostgreSQL"]); diff != "" {
		t.Error(diff)
	}
	for what, text := range said["SQLite"] {
		if len(text) < 100 {
			t.Errorf("%s says nothing: %s", what, text)
		}
	}
}

// A month goes from its first reading to its lock, is opened again, and locked anew.
func TestAMonthIsReadLockedReopenedAndLockedAgain(t *testing.T) {
	alone(t)
	t.Parallel()
	k := newBookkeeper(t, "", -1)
	k.daesa("settlements", "sync", "--from", "2026-10-01", "--to", "2026-10-14")
	k.daesa("settlements", "sync", "--from", "2026-10-16", "--to", "2026-11-11")
	k.passbook("rebate")
	// One day was never read: nothing of it is missing, and the month is not ready.
	if m := k.month("2026-10"); m.State != "provisional" || m.ExitCode != codeIncomplete || m.Breaks["settlement_missing"] != 0 {
		t.Errorf("a day was never read: %+v", m)
	}
	k.daesa("settlements", "sync", "--from", "2026-10-15", "--to", "2026-10-15")
	// A deposit of Toss's belongs to no payout: a person says what it is, and another
	// one locks.
	if code, _, said := k.try("close", "lock", "2026-10"); code == codeDone || !strings.Contains(said, "bank_unmatched") {
		t.Errorf("a month with an open break is locked: %d %s", code, said)
	}
	var breaks []breakDocument
	fine(t, json.Unmarshal([]byte(k.daesa("breaks", "list", "--scope", "settlement", "--status", "open", "--json")), &breaks))
	if len(breaks) != 1 || breaks[0].Kind != "bank_unmatched" {
		t.Fatalf("open breaks of something that was not planted: %+v", breaks)
	}
	if code, _, said := k.try("breaks", "resolve", breaks[0].ID, "--as", "limit_hold", "--note", "한도"); code == codeDone || !strings.Contains(said, "other_income") {
		t.Errorf("a deposit is held by a limit: %d %s", code, said)
	}
	k.daesa("breaks", "resolve", breaks[0].ID, "--as", "other_income", "--note", "출처 확인")
	ready := k.month("2026-10")
	k.adds(ready)
	if ready.State != "ready" || ready.Unexplained != 0 || len(ready.Reasons) > 0 || ready.Closing != ready.ClosingByRows {
		t.Fatalf("%+v", ready)
	}
	if code, _, said := k.try("close", "lock", "2026-10"); code == codeDone || !strings.Contains(said, "kim") {
		t.Errorf("who decided last has locked: %d %s", code, said)
	}
	k.env["DAESA_ACTOR"] = "lee"
	k.daesa("close", "lock", "2026-10")
	locked := k.month("2026-10")
	if locked.State != "locked" || *locked.Version != 1 || locked.Closing != ready.Closing {
		t.Errorf("%+v", locked)
	}
	if code, _, said := k.try("close", "lock", "2026-10"); code == codeDone || !strings.Contains(said, "locked already") {
		t.Errorf("locked twice: %d %s", code, said)
	}
	// A payment of October is cancelled in November: November's; what Toss changes of
	// an October row is recorded after the lock, and stands apart.
	november := k.month("2026-11")
	if november.Opening != locked.Closing || november.PriorPeriod != (priorDocument{}) {
		t.Errorf("%+v", november)
	}
	k.daesa("close", "reopen", "2026-10", "--note", "수수료 정정")
	if m := k.month("2026-10"); m.State != "ready" || m.Closing != ready.Closing {
		t.Errorf("opened again: %+v", m)
	}
	k.now = k.now.Add(time.Hour)
	k.daesa("close", "lock", "2026-10")
	if m := k.month("2026-10"); m.State != "locked" || *m.Version != 2 || m.Closing != ready.Closing {
		t.Errorf("%+v", m)
	}
}
