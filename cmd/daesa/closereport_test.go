package main

import (
	"bytes"
	"encoding/json"
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

// breakOf is an element of `breaks list --json`.
type breakOf struct{ ID, Kind string }

// decide explains all that keeps the month open: Kim ties the line that came short, and
// says what each difference is.
func (d *closingDesk) decide(short pay.Day, line int64) {
	d.t.Helper()
	var lines []struct {
		ID     string `json:"id"`
		Amount int64  `json:"amount"`
	}
	d.read(&lines, "kim", "bank", "list", "--from", string(short), "--to", string(short))
	for _, l := range lines {
		if l.Amount == line {
			d.run("kim", "bank", "match", l.ID, "--payout", "tosspayments:"+string(short), "--note", "수수료 차감분 확인", "--ok-codes", "3,5")
		}
	}
	var breaks []breakOf
	d.read(&breaks, "kim", "breaks", "list", "--scope", "settlement")
	if len(breaks) != 3 {
		d.t.Fatalf("open are %+v, expected a missing payout, a short one and a deposit", breaks)
	}
	for _, b := range breaks {
		as := map[string][]string{"bank_unmatched": {"rebate", "--supply", "64345", "--vat", "6434"}, "payout_missing": {"limit_hold"}, "payout_short": {"accepted_difference"}}[b.Kind]
		if as == nil {
			d.t.Fatalf("nobody expects %+v", b)
		}
		d.run("kim", append([]string{"breaks", "resolve", b.ID, "--note", "확인", "--as"}, as...)...)
	}
}

// reported is the JSON of `close report`.
type reported struct {
	Workbook, Month, State string
	Version                *int
	ExitCode               int `json:"exit_code"`
	Reasons                []string
}

func (d *closingDesk) report(words ...string) (reported, []byte) {
	d.t.Helper()
	var r reported
	d.read(&r, "kim", append([]string{"close", "report", "2026-11"}, words...)...)
	body, err := os.ReadFile(r.Workbook)
	fine(d.t, err)
	info, err := os.Stat(r.Workbook)
	fine(d.t, err)
	if info.Mode().Perm() != 0o600 || r.Month != "2026-11" || r.ExitCode != codeDone || r.Reasons == nil {
		d.t.Errorf("%+v, mode %o", r, info.Mode().Perm())
	}
	return r, body
}

// forwardOf reads the roll-forward of a workbook: the row of the merchant and currency.
func forwardOf(t *testing.T, body []byte, currency string) map[string]string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(body))
	fine(t, err)
	defer f.Close()
	rows, err := f.GetRows("미수금 증감명세", excelize.Options{RawCellValue: true})
	fine(t, err)
	figures, heads := map[string]string{}, []string(nil)
	for _, cells := range rows {
		switch {
		case len(cells) > 9 && strings.HasPrefix(cells[0], "가맹점 · 결제수단 ("+currency):
			heads = cells
		case heads != nil && cells[0] == "tosspayments":
			for i := 1; i < len(cells); i++ {
				figures[heads[i]] = cells[i]
			}
			return figures
		}
	}
	t.Fatalf("no roll-forward in %s", currency)
	return nil
}

// titleOf is the title of the first sheet.
func titleOf(t *testing.T, body []byte) string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(body))
	fine(t, err)
	defer f.Close()
	rows, err := f.GetRows("마감 요약")
	fine(t, err)
	for _, cells := range rows {
		for _, cell := range cells {
			if cell != "" {
				return cell
			}
		}
	}
	return ""
}

// tiesTo holds the roll-forward of a workbook against `close check`, to the won, and no
// check of the workbook by itself may fail.
func (d *closingDesk) tiesTo(body []byte) {
	d.t.Helper()
	var months []monthDocument
	text := d.call("kim", "close", "check", "2026-11", "--json").stdout
	fine(d.t, json.Unmarshal([]byte(text), &months))
	for _, m := range months {
		c := pay.Currency(m.Currency)
		want := map[string]int64{"전월 이월": m.Opening, "승인": m.Approvals, "취소": m.Cancels, "수수료": m.Fees, "수수료 부가세": m.FeeVAT, "입금": m.Payouts,
			"조정": m.Adjustments, "차월 이월": m.Closing, "정산내역 기준 잔액": m.ClosingByRows, "원인 미확인 차이": m.Unexplained}
		got := forwardOf(d.t, body, m.Currency)
		for name, units := range want {
			if shown, err := c.ParseWritten(strings.TrimPrefix(got[name], "-")); err != nil || shown != max(units, -units) {
				d.t.Errorf("%s in %s: the workbook has %q, close check %s: %v", name, c, got[name], c.Format(units), err)
			}
		}
	}
	f, err := excelize.OpenReader(bytes.NewReader(body))
	fine(d.t, err)
	defer f.Close()
	rows, err := f.GetRows("마감 요약")
	fine(d.t, err)
	for _, cells := range rows {
		if text := strings.Join(cells, " "); strings.Contains(text, "자체 검증") {
			d.t.Error(text)
		}
	}
	if len(months) != 2 {
		d.t.Errorf("%d roll-forwards, expected won and dollars", len(months))
	}
}

// A month from its records to its lock: 가마감 first, then version after version, each
// of which is drawn again as it was.
func TestAMonthIsDrawnProvisionalThenLockedAndEachVersionAgain(t *testing.T) {
	alone(t)
	t.Parallel()
	d := novemberDesk(t, "late@2026-11-05", "split@2026-11-10", "merged@2026-11-12", "rebate@2026-11-17", "missing@2026-11-19", "short@2026-11-24")
	r, body := d.report()
	if want := d.path("reports/closing/daesa-month-2026-11.xlsx"); r.Workbook != want || r.Version != nil || r.State != "provisional" || !strings.Contains(titleOf(t, body), "가마감") {
		t.Errorf("%+v, expected %s; the title is %q", r, want, titleOf(t, body))
	}
	d.tiesTo(body)
	if done := d.call("lee", "close", "lock", "2026-11"); done.code == codeDone {
		t.Fatal("a month with open breaks was locked")
	}
	d.decide("2026-11-24", 966_735)
	if done := d.call("kim", "close", "lock", "2026-11"); done.code == codeDone {
		t.Fatal("who decided has locked the month")
	}
	d.run("lee", "close", "lock", "2026-11")
	r, first := d.report()
	if r.Version == nil || *r.Version != 1 || r.State != "locked" || !strings.Contains(titleOf(t, first), "마감 제1판") {
		t.Errorf("%+v: %q", r, titleOf(t, first))
	}
	d.tiesTo(first)
	d.now = d.now.Add(time.Hour)
	d.run("lee", "close", "reopen", "2026-11", "--note", "세금계산서 재발급")
	d.run("kim", "close", "invoice", "2026-11", "--supply", "229721", "--vat", "22993", "--issued", "2026-12-01", "--ok-codes", "3,5")
	if r, body := d.report(); r.Version != nil || !strings.Contains(titleOf(t, body), "가마감") {
		t.Errorf("reopened: %+v", r)
	}
	var open []breakOf
	d.read(&open, "kim", "breaks", "list", "--scope", "settlement")
	for _, b := range open { // the invoice goes by the day of the sale, and differs
		d.run("kim", "breaks", "resolve", b.ID, "--as", "accepted_difference", "--note", "기준일 차이")
	}
	d.run("lee", "close", "lock", "2026-11")
	r, second := d.report()
	if r.Version == nil || *r.Version != 2 || bytes.Equal(first, second) {
		t.Errorf("%+v", r)
	}
	d.tiesTo(second)
	d.now = d.now.Add(24 * time.Hour)
	for version, was := range map[string][]byte{"1": first, "2": second} {
		if _, again := d.report("--version", version, "--out", d.path("again.xlsx")); !bytes.Equal(again, was) {
			t.Errorf("version %s is drawn otherwise than then", version)
		}
	}
	for _, words := range [][]string{{"--version", "3"}, {"--version", "0"}, {"--mid", "tosspayments"}} {
		if done := d.call("kim", append([]string{"close", "report", "2026-11"}, words...)...); done.code == codeDone {
			t.Errorf("close report %v: %s", words, done.stdout)
		}
	}
}
