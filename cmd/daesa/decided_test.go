//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"daesa/config"
	"daesa/internal/seal"
	"daesa/pay"
	"daesa/sandbox"
)

// The workbooks of these tests were edited by LibreOffice itself. Where the
// program draws the list of breaks otherwise they are made anew:
//
//	go test ./cmd/daesa -run DecidedInLibreOffice/sqlite -decided.draw /tmp/drawn.xlsx
//	cd testdata/reports
//	soffice --headless --accept='socket,port=2002;urp;' --norestore &
//	python3 decide.py /tmp/drawn.xlsx decided.xlsx unchecked.xlsx   # needs python3-uno
var decidedDraw = flag.String("decided.draw", "", "write the workbook that LibreOffice is to edit to this file")

// office is a shop on its morning after: a night has run, and people decide.
type office struct {
	t    *testing.T
	dir  string
	toss *sandbox.Sandbox
	env  map[string]string
}

// decidedOrders have breaks of several kinds on one night: three from which it
// follows what goes back, and three from which it does not.
const decidedOrders = `order_id,status,amount,canceled_amount,ordered_at,paid_at,canceled_at
D-1,partially_canceled,30000,10000,2026-11-21 09:00:00,2026-11-21 09:00:00,2026-11-21 12:00:00
D-3,canceled,20000,20000,2026-11-21 08:00:00,,2026-11-21 08:30:00
D-4,paid,7000,0,2026-11-21 09:00:00,2026-11-21 09:00:00,
D-5,pending,8000,0,2026-11-21 09:00:00,,
D-6,canceled,12000,12000,2026-11-21 09:00:00,2026-11-21 09:00:00,2026-11-21 12:00:00
D-7,canceled,2000000,2000000,2026-11-21 09:00:00,2026-11-21 09:00:00,2026-11-21 12:00:00
`

func decidedOffice(t *testing.T, databaseURL string) *office {
	t.Helper()
	o := &office{t: t, dir: t.TempDir(), toss: sandbox.New(sandbox.Options{Now: time.Now, Freeze: true})}
	at, err := pay.ParseTime("2026-11-21 09:00:00")
	fine(t, err)
	o.toss.SetClock(at)
	for _, p := range []sandbox.NewPayment{
		{OrderID: "D-1", Amount: 30_000}, {OrderID: "D-2", Amount: 15_000}, {OrderID: "D-3", Amount: 20_000}, {OrderID: "D-4", Amount: 7_000, Status: sandbox.Ready},
		{OrderID: "D-5", Amount: 8_000}, {OrderID: "D-6", Amount: 12_000}, {OrderID: "D-7", Amount: 2_000_000},
	} {
		p.Method, p.At = sandbox.Card, at
		_, err := o.toss.Pay(p)
		fine(t, err)
	}
	server := httptest.NewServer(o.toss.Handler())
	t.Cleanup(server.Close)
	text := string(config.Template(config.TemplateValues{Environment: config.Test, BaseURL: server.URL, RequestsPerMinute: 600_000}))
	fine(t, os.WriteFile(filepath.Join(o.dir, "daesa.yaml"), []byte(strings.Replace(text, "send: false", "send: true", 1)), 0o600))
	fine(t, os.WriteFile(filepath.Join(o.dir, "orders.csv"), []byte(decidedOrders), 0o600))
	fine(t, seal.WriteKeyFile(filepath.Join(o.dir, "account.key")))
	o.env = map[string]string{"TOSS_SECRET_KEY": "test_sk_sandbox", "DAESA_ACTOR": "kim"}
	if databaseURL != "" {
		o.env["DAESA_DATABASE_URL"] = databaseURL
	}
	o.at("2026-11-22 01:30:00")
	o.daesa(codeDone, "migrate")
	o.daesa(codeDone, "orders", "import", filepath.Join(o.dir, "orders.csv"))
	o.daesa(codePerson, "nightly")
	return o
}

// at sets the clocks of shop and Toss.
func (o *office) at(clock string) {
	o.t.Helper()
	now, err := pay.ParseTime(clock)
	fine(o.t, err)
	o.toss.SetClock(now)
	o.env["asof"] = pay.FormatTime(now)
}

// daesa runs a command, and gives what it said.
func (o *office) daesa(want int, line ...string) (stdout, stderr string) {
	o.t.Helper()
	var out, complaints bytes.Buffer
	w := environment{stdout: &out, stderr: &complaints, clock: time.Now, env: func(name string) (string, bool) {
		value, ok := o.env[name]
		return value, ok
	}}
	if code := run(o.t.Context(), append(line, "--config", filepath.Join(o.dir, "daesa.yaml"), "--as-of", o.env["asof"]), w); code != want {
		o.t.Fatalf("%v ended with %d, expected %d\n%s\n%s", line, code, want, out.String(), complaints.String())
	}
	return out.String(), complaints.String()
}

// statuses are the breaks by order, as a list shows them.
func (o *office) statuses(list string) map[string]string {
	o.t.Helper()
	text, _ := o.daesa(codeDone, "breaks", "list", "--status", list, "--json")
	var breaks []breakDocument
	fine(o.t, json.Unmarshal([]byte(text), &breaks))
	statuses := map[string]string{}
	for _, b := range breaks {
		statuses[*b.OrderID] = b.Status
	}
	return statuses
}

func (o *office) wants(list string, want map[string]string) {
	o.t.Helper()
	got := o.statuses(list)
	for order, status := range want {
		if got[order] != status {
			o.t.Errorf("the break of %s is %q, want %q", order, got[order], status)
		}
	}
	if len(got) != len(want) {
		o.t.Errorf("%s lists %v, want %v", list, got, want)
	}
}

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !regexp.MustCompile(part).MatchString(text) {
			t.Errorf("%q is not in\n%s", part, text)
		}
	}
}

const decidedBook = "../../testdata/reports/decided.xlsx"

// TestRefundsDecidedInLibreOfficeAreAskedFor: finance chose 환불 진행 for four
// differences and wrote about two more, in LibreOffice.
func TestRefundsDecidedInLibreOfficeAreAskedFor(t *testing.T) {
	alone(t)
	onBothDatabases(t, func(t *testing.T, databaseURL string) {
		o := decidedOffice(t, databaseURL)
		if *decidedDraw != "" {
			drawn, err := os.ReadFile(filepath.Join(o.dir, "reports", "daesa-2026-11-21.xlsx"))
			fine(t, err)
			fine(t, os.WriteFile(*decidedDraw, drawn, 0o600))
			return
		}
		o.at("2026-11-22 10:00:00")
		// Shown only: what would be asked for, and nothing written.
		said, _ := o.daesa(codePerson, "report", "apply", decidedBook)
		contains(t, said, `5 breaks would change`, `3 refunds would be asked for: 45,000원`, `refused: 불일치 row \d+ \(order D-4\): how much goes back does not follow from never_paid`,
			`refused: 불일치 row \d+ \(order D-7\): 2000000 KRW is above refunds.max_single`, `nothing is written yet`)
		if strings.Contains(said, "refunds approve") {
			t.Error("a line approves what nobody has asked for")
		}
		o.wants("open", map[string]string{"D-1": "open", "D-2": "open", "D-3": "open", "D-4": "open", "D-5": "open", "D-6": "open", "D-7": "open"})

		said, _ = o.daesa(codePerson, "report", "apply", "--write", decidedBook)
		contains(t, said, `5 breaks changed`, `D-1 +10,000원 +requested`, `D-2 +15,000원 +requested`, `D-3 +20,000원 +requested`, `3 refunds asked for: 45,000원`,
			`refused: .*order D-4`, `refused: .*order D-7`, `another person approves: daesa refunds approve --batch [a-z2-7]{10} --expect-count 3 --expect-amount 45000\n`)
		o.wants("open", map[string]string{"D-1": "refunding", "D-2": "refunding", "D-3": "refunding", "D-4": "open", "D-5": "open", "D-7": "open"})
		line := strings.Fields(regexp.MustCompile(`daesa (refunds approve .*)`).FindStringSubmatch(said)[1])

		// The same file again asks for nothing more, and still shows the line.
		said, _ = o.daesa(codePerson, "report", "apply", "--write", decidedBook)
		contains(t, said, `0 breaks changed`, `--expect-count 3 --expect-amount 45000`)

		_, complaint := o.daesa(codeFailed, line...)
		contains(t, complaint, "kim asked for it and cannot approve it")
		o.daesa(codeDone, append(line, "--by", "lee")...)
		o.at("2026-11-22 10:30:00")
		said, _ = o.daesa(codePerson, "refunds", "run")
		contains(t, said, "sent 3: succeeded 3")
		o.wants("resolved", map[string]string{"D-1": "resolved", "D-2": "resolved", "D-3": "resolved", "D-6": "resolved"})
		for order, left := range map[string]int64{"D-1": 20_000, "D-2": 0, "D-3": 0, "D-6": 12_000} {
			if p := o.toss.PaymentsOf(order)[0]; p.Balance != left {
				t.Errorf("Toss holds %d of %s, want %d", p.Balance, order, left)
			}
		}
		o.daesa(codeDone, "audit", "verify")
	})
}

// TestAWorkbookWithoutItsCheckColumnIsAnError: LibreOffice deleted the last column
// of the same workbook.
func TestAWorkbookWithoutItsCheckColumnIsAnError(t *testing.T) {
	alone(t)
	onBothDatabases(t, func(t *testing.T, databaseURL string) {
		if *decidedDraw != "" {
			t.Skip("only drawing")
		}
		o := decidedOffice(t, databaseURL)
		o.at("2026-11-22 10:00:00")
		_, complaint := o.daesa(codeFailed, "report", "apply", "--write", "../../testdata/reports/unchecked.xlsx")
		contains(t, complaint, `sheet 불일치: the column 행 확인 is missing`, `hint: hide columns instead of deleting them`)
		if list := o.statuses("refunding"); len(list) > 0 {
			t.Errorf("%v", list)
		}
	})
}

// TestNothingIsDecidedWhereTossIsDown: neither the refunds of a workbook nor the
// decisions beside them.
func TestNothingIsDecidedWhereTossIsDown(t *testing.T) {
	alone(t)
	if *decidedDraw != "" {
		t.Skip("only drawing")
	}
	t.Parallel()
	o := decidedOffice(t, "")
	o.at("2026-11-22 10:00:00")
	faults, err := sandbox.ParseFaults("5xx-before=1")
	fine(t, err)
	o.toss.SetFaults(faults)
	_, complaint := o.daesa(codeFailed, "report", "apply", "--write", decidedBook)
	contains(t, complaint, "nothing was decided: toss: GET")
	if list := o.statuses("resolved"); len(list) > 0 {
		t.Errorf("%v", list)
	}
	if list := o.statuses("refunding"); len(list) > 0 {
		t.Errorf("%v", list)
	}
}
