package main

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/internal/pgtest"
	"daesa/internal/seal"
	"daesa/pay"
	"daesa/sandbox"
	"daesa/store"
)

// shop is a merchant, and its pretend Toss.
type shop struct {
	mid, key string
	toss     *sandbox.Sandbox
	url      string
}

// twoShops is a database that two merchants share, as an operator has it, with a
// clock of its own.
type twoShops struct {
	t        *testing.T
	dir      string
	database string
	shops    []*shop // those of the configuration
	all      []*shop
	refunds  string // the section of daesa.yaml
	now      time.Time
	since    time.Time // when the clock was set
	orders   []string  // rows of the shop's order file
}

// onTwoShops runs a test on both databases.
func onTwoShops(t *testing.T, test func(s *twoShops)) {
	t.Parallel()
	for name, database := range map[string]func(t *testing.T, dir string) string{
		"sqlite":   func(_ *testing.T, dir string) string { return "sqlite:" + filepath.Join(dir, "daesa.db") },
		"postgres": func(t *testing.T, _ string) string { return postgresURL(t, pgtest.URL(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := &twoShops{t: t, dir: dir, database: database(t, dir), refunds: "{send: true}"}
			for _, mid := range []string{"tosspayments", "oldshop"} {
				one := &shop{mid: mid, key: "test_sk_" + mid, toss: sandbox.New(sandbox.Options{MID: mid, SecretKey: "test_sk_" + mid, Now: time.Now})}
				server := httptest.NewServer(one.toss.Handler())
				t.Cleanup(server.Close)
				one.url = server.URL
				// Toss's payment keys differ between merchants; these two would count alike.
				for i := range 100 * len(s.all) {
					_, err := one.toss.Pay(sandbox.NewPayment{OrderID: fmt.Sprintf("other-%d", i), Method: sandbox.Card, Amount: 1000, Status: sandbox.Done, At: time.Date(2025, 1, 2, 3, 4, 5, 0, pay.Seoul)})
					fine(t, err)
				}
				s.all = append(s.all, one)
			}
			s.shops = s.all
			fine(t, seal.WriteKeyFile(filepath.Join(dir, "account.key")))
			s.clock("2026-11-20 10:00:00")
			s.expect(codeDone, "migrate")
			test(s)
		})
	}
}

// clock sets the clock of the pretend Tosses, and of the commands; it goes on.
func (s *twoShops) clock(at string) {
	s.t.Helper()
	now, err := pay.ParseTime(at)
	fine(s.t, err)
	s.now, s.since = now, time.Now()
	for _, one := range s.all {
		one.toss.SetClock(now)
	}
}

func (s *twoShops) time() time.Time { return s.now.Add(time.Since(s.since)) }

// oldShopLeaves: the configuration has one merchant from now on.
func (s *twoShops) oldShopLeaves() { s.shops = s.all[:1] }

// call runs a command by the configuration as it stands now.
func (s *twoShops) call(line ...string) called {
	s.t.Helper()
	var text strings.Builder
	fmt.Fprintf(&text, "database: {url: %q}\nrefunds: %s\nreports: {dir: %q}\nmerchants:\n", s.database, s.refunds, filepath.Join(s.dir, "reports"))
	env := map[string]string{"DAESA_ACTOR": "kim"}
	for i, one := range s.shops {
		fmt.Fprintf(&text, "  - {mid: %s, environment: test, secret_key_env: KEY%d, base_url: %q, requests_per_minute: 600000}\n", one.mid, i, one.url)
		env[fmt.Sprintf("KEY%d", i)] = one.key
	}
	path := filepath.Join(s.dir, "daesa.yaml")
	fine(s.t, os.WriteFile(path, []byte(text.String()), 0o600))
	got := callAt(s.t, s.time, env, append(line, "--config", path)...)
	if !json.Valid([]byte(got.stdout)) && slices.Contains(line, "--json") {
		s.t.Fatalf("%v: no JSON: %s%s", line, got.stdout, got.stderr)
	}
	return got
}

// expect runs a command that must end with a code.
func (s *twoShops) expect(code int, line ...string) called {
	s.t.Helper()
	got := s.call(line...)
	if got.code != code {
		s.t.Fatalf("%v ended with %d, expected %d:\n%s%s", line, got.code, code, got.stdout, got.stderr)
	}
	return got
}

// asks lets somebody pay by a method, and asks for the refund; approved says
// whether another person has approved it.
func (s *twoShops) asks(mid, order, method string, amount int64, approved bool) string {
	s.t.Helper()
	one := s.all[slices.IndexFunc(s.all, func(one *shop) bool { return one.mid == mid })]
	_, err := one.toss.Pay(sandbox.NewPayment{OrderID: order, Method: sandbox.Method(method), Amount: amount, Status: sandbox.Done, At: s.time()})
	fine(s.t, err)
	if mid == s.all[0].mid {
		s.orders = append(s.orders, fmt.Sprintf("%s,%s,%s,paid,%d,%s,%s", order, mid, method, amount, pay.FormatTime(s.time()), pay.FormatTime(s.time())))
	}
	var added struct{ ID string }
	fine(s.t, json.Unmarshal([]byte(s.expect(codeDone, "refunds", "add", "--mid", mid, "--order", order, "--amount", "all", "--reason", "고객 변심", "--ref", order, "--json").stdout), &added))
	if approved {
		s.expect(codeDone, "refunds", "approve", added.ID, "--by", "lee")
	}
	return added.ID
}

// night brings in the shop's orders, and runs the night of a date.
func (s *twoShops) night(day string) called {
	s.t.Helper()
	if len(s.orders) > 0 {
		path := filepath.Join(s.dir, "orders.csv")
		fine(s.t, os.WriteFile(path, []byte("order_id,mid,method,status,amount,ordered_at,paid_at\n"+strings.Join(s.orders, "\n")+"\n"), 0o600))
		s.expect(codeDone, "orders", "import", path)
	}
	return s.expect(codePerson, "nightly", "--date", day)
}

// run reads what a refund run says.
func (s *twoShops) run(code int, flags ...string) refundsRunDocument {
	s.t.Helper()
	var document refundsRunDocument
	fine(s.t, json.Unmarshal([]byte(s.expect(code, append([]string{"refunds", "run", "--json"}, flags...)...).stdout), &document))
	return document
}

// waits are the lines of a run, by state and reason.
func (d refundsRunDocument) lineOf(state, why string) waitingDocument {
	for _, line := range d.Waiting {
		if line.State == state && line.Why == why {
			return line
		}
	}
	return waitingDocument{}
}

func (s *twoShops) says(what string, got called, want ...string) {
	s.t.Helper()
	for _, pattern := range want {
		if !regexp.MustCompile(pattern).MatchString(got.stdout) {
			s.t.Errorf("%s does not say %q:\n%s", what, pattern, got.stdout)
		}
	}
}

// TestAMerchantThatLeftTheConfigurationIsNamedAndExpires: nobody's run and
// nobody's night came to its open refunds, and all ended with 0.
func TestAMerchantThatLeftTheConfigurationIsNamedAndExpires(t *testing.T) {
	alone(t)
	onTwoShops(t, func(s *twoShops) {
		s.asks("oldshop", "P-1", "phone", 30_000, true)
		s.asks("oldshop", "P-2", "phone", 20_000, false)
		s.oldShopLeaves()
		const cancelBy = "2026-11-30T23:59:59+09:00"

		document := s.run(codePerson)
		for state, amount := range map[string]int64{"approved": 30_000, "requested": 20_000} {
			line := document.lineOf(state, "merchant_not_configured")
			if line.Count != 1 || line.Amount != amount || line.Currency != "KRW" || line.EarliestCancelBy == nil || *line.EarliestCancelBy != cancelBy ||
				!line.CannotBeSent || line.Who != "operator" || !slices.Equal(line.MIDs, []string{"oldshop"}) {
				s.t.Errorf("the run says of what is %s: %+v", state, document.Waiting)
			}
		}
		if document.ExitCode != codePerson || len(document.Reasons) != 2 || !strings.Contains(document.Reasons[0], "oldshop: 1 ") || !strings.Contains(document.Reasons[0], cancelBy) {
			s.t.Errorf("the run's reasons: %v", document.Reasons)
		}
		s.says("the run", s.expect(codePerson, "refunds", "run"), `(?m)^waiting: oldshop: 1 approved refund over 30,000원, the earliest cancel_by `+regexp.QuoteMeta(cancelBy)+`: the merchant is not in daesa.yaml.* -> operator: put the merchant back`)
		s.says("a run of one merchant", s.expect(codePerson, "refunds", "run", "--mid", "tosspayments"), `waiting: oldshop: 1 approved refund over 30,000원`)
		s.says("doctor", s.expect(codePerson, "doctor"), `(?m)^warn  refunds +oldshop: 1 approved refund over 30,000원.*`+regexp.QuoteMeta(cancelBy))
		s.clock("2026-11-21 01:30:00")
		s.says("the night", s.night("2026-11-20"), `oldshop: 1 approved refund over 30,000원, the earliest cancel_by `+regexp.QuoteMeta(cancelBy))
		s.says("the refund", s.expect(codeDone, "refunds", "list"), `P-1`)

		// Its month is over: the run lets it expire, and says where it is.
		s.clock("2026-12-01 00:00:00")
		document = s.run(codePerson)
		if document.Expired != 2 || len(document.Waiting) != 0 {
			s.t.Errorf("after the deadline: %d expired, waiting %+v", document.Expired, document.Waiting)
		}
		s.says("the list by hand", s.expect(codeDone, "refunds", "transfers", "list"), `oldshop +P-1 +30,000원 +due`, `oldshop +P-2 +20,000원 +due`)
		s.says("doctor", s.expect(codePerson, "doctor"), `(?m)^warn  open_work +oldshop: 2 due transfers by hand`)
		s.says("the night", s.night("2026-11-30"), `2 refunds to give back by bank transfer`)
		s.expect(codeDone, "audit", "verify")
	})
}

// TestANightExpiresWhatNoRunComesTo: also where no refund run is ever started.
func TestANightExpiresWhatNoRunComesTo(t *testing.T) {
	alone(t)
	onTwoShops(t, func(s *twoShops) {
		id := s.asks("oldshop", "P-1", "phone", 30_000, true)
		s.oldShopLeaves()
		s.clock("2026-12-01 01:30:00")
		s.says("the night", s.night("2026-11-30"), `1 refund to give back by bank transfer \(due\)`)
		s.says("the refund", s.expect(codeDone, "refunds", "show", id), `(?m)^state +expired$`)
	})
}

// TestALimitThatWasLoweredIsNamed: what was approved under the old one is never
// sent, and expires like any other.
func TestALimitThatWasLoweredIsNamed(t *testing.T) {
	alone(t)
	onTwoShops(t, func(s *twoShops) {
		large := s.asks("tosspayments", "L-1", "phone", 500_000, true)
		s.asks("tosspayments", "L-2", "card", 400_000, true)
		s.asks("tosspayments", "S-1", "card", 10_000, true)
		s.refunds = "{send: true, max_single: 300000}"
		document := s.run(codePerson)
		line := document.lineOf("approved", "above_max_single")
		if document.Succeeded != 1 || line.Count != 2 || line.Amount != 900_000 || !line.CannotBeSent || line.EarliestCancelBy == nil || *line.EarliestCancelBy != "2026-11-30T23:59:59+09:00" {
			s.t.Errorf("sent %d, waiting %+v", document.Succeeded, document.Waiting)
		}
		s.says("the reasons", s.expect(codePerson, "refunds", "run"), `needs a person: tosspayments: 2 approved refunds over 900,000원, the earliest cancel_by 2026-11-30T23:59:59\+09:00: above refunds.max_single`)
		s.says("doctor", s.expect(codePerson, "doctor"), `(?m)^warn  refunds +tosspayments: 2 approved refunds over 900,000원`, `-> operator: raise the limit in daesa.yaml`)
		s.says("the refund", s.expect(codeDone, "refunds", "show", large), `(?m)^waits for +above_max_single$`, `1건 한도\(max_single\)`)
		s.clock("2026-11-21 01:30:00")
		s.says("the night", s.night("2026-11-20"), `tosspayments: 2 approved refunds over 900,000원`)

		// Other limits: none of a run, and none in its currency.
		s.refunds = "{send: true, max_single: 0, max_amount: 0}"
		if line := s.run(codePerson).lineOf("approved", "currency_blocked"); line.Count != 2 || !line.CannotBeSent {
			s.t.Errorf("without an amount: %+v", line)
		}
		s.refunds = "{send: true, max_count: 0}"
		if line := s.run(codePerson).lineOf("approved", "max_count_is_zero"); line.Count != 2 || !line.CannotBeSent {
			s.t.Errorf("without a count: %+v", line)
		}

		s.refunds = "{send: true, max_single: 300000}"
		s.clock("2026-12-01 00:00:00")
		if document := s.run(codePerson); document.Expired != 1 || document.lineOf("approved", "above_max_single").Count != 1 {
			s.t.Errorf("after its month: %+v", document)
		}
		s.says("the list by hand", s.expect(codeDone, "refunds", "transfers", "list"), `L-1 +500,000원 +due`)

		// The limit is raised again: the other one goes.
		s.refunds = "{send: true}"
		s.clock("2026-12-01 12:00:00")
		if document := s.run(codePerson); document.Succeeded != 1 || len(document.Waiting) != 0 {
			s.t.Errorf("under the old limit: %+v", document)
		}
	})
}

// TestARunNamesWhoWaitsForApproval: 17 were asked for, and four of them run out
// the next day.
func TestARunNamesWhoWaitsForApproval(t *testing.T) {
	alone(t)
	onTwoShops(t, func(s *twoShops) {
		s.clock("2026-11-29 20:00:00") // a Sunday; the next bank day is the last of the month
		for i := range 4 {
			s.asks("tosspayments", fmt.Sprintf("P-%d", i), "phone", 10_000, false)
		}
		for i := range 13 {
			s.asks("tosspayments", fmt.Sprintf("C-%d", i), "card", 1_000, false)
		}
		document := s.run(codeDone)
		line := document.lineOf("requested", "awaits_approval")
		if len(document.Waiting) != 1 || line.Count != 17 || line.Amount != 53_000 || line.Who != "finance" || line.CannotBeSent || line.TooLate != 4 || line.TooLateAmount != 40_000 ||
			line.EarliestCancelBy == nil || *line.EarliestCancelBy != "2026-11-30T23:59:59+09:00" {
			s.t.Errorf("waiting %+v", document.Waiting)
		}
		s.says("the run", s.expect(codeDone, "refunds", "run"),
			`(?m)^waiting: tosspayments: 17 requested refunds over 53,000원, the earliest cancel_by 2026-11-30T23:59:59\+09:00: waiting for an approval; of these 4 over 40,000원 run out before that -> finance: another person`)
		s.says("doctor", s.expect(codePerson, "doctor"), `(?m)^warn  refunds +tosspayments: 17 requested refunds over 53,000원`)
		s.clock("2026-11-30 01:30:00")
		s.says("the night", s.night("2026-11-29"), `tosspayments: 17 requested refunds over 53,000원.*; of these 4 over 40,000원 run out before that`)
	})
}

// TestWhatKeepsEverythingIsNamed: the brake, refunds.send and a refused key.
func TestWhatKeepsEverythingIsNamed(t *testing.T) {
	alone(t)
	onTwoShops(t, func(s *twoShops) {
		s.asks("tosspayments", "P-1", "phone", 10_000, true)
		s.asks("oldshop", "P-2", "phone", 20_000, true)
		s.expect(codeDone, "refunds", "pause", "--note", "a look first")
		if line := s.run(codeDone).lineOf("approved", "paused"); line.Count != 2 || line.Who != "operator" {
			s.t.Errorf("the brake: %+v", line)
		}
		s.expect(codeDone, "refunds", "resume")
		s.refunds = "{send: false}"
		if line := s.run(codeDone).lineOf("approved", "send_is_false"); line.Count != 2 || line.Amount != 30_000 || !slices.Equal(line.MIDs, []string{"oldshop", "tosspayments"}) {
			s.t.Errorf("send is false: %+v", line)
		}
		s.clock("2026-11-30 01:30:00")
		s.says("the night", s.night("2026-11-29"), `tosspayments: 1 approved refund over 10,000원.*refunds.send is false, so that nothing is sent; it runs out before that`)
		s.refunds = "{send: true}"
		s.all[1].key = "test_sk_wrong"
		document := s.run(codeIncomplete)
		if line := document.lineOf("approved", "key_not_accepted"); document.Succeeded != 1 || line.Count != 1 || line.Who != "operator" || !slices.Equal(line.MIDs, []string{"oldshop"}) {
			s.t.Errorf("a refused key: %+v", document)
		}
	})
}

// TestEveryCountOfWhatWaitsIsTheSame: run, doctor, metrics and readiness ask one
// query.
func TestEveryCountOfWhatWaitsIsTheSame(t *testing.T) {
	alone(t)
	onTwoShops(t, func(s *twoShops) {
		s.asks("oldshop", "P-1", "phone", 30_000, true)
		s.asks("tosspayments", "P-2", "phone", 20_000, false)
		s.asks("tosspayments", "L-1", "card", 500_000, true)
		s.oldShopLeaves()
		s.refunds = "{send: true, max_single: 300000}"
		document := s.run(codePerson)
		a := &invocation{environment: environment{env: func(string) (string, bool) { return "", false }, clock: s.time},
			configPath: filepath.Join(s.dir, "daesa.yaml")}
		cfg, err := a.config(false)
		fine(s.t, err)
		db, err := store.Open(s.t.Context(), s.database)
		fine(s.t, err)
		defer db.Close()
		want := map[string]int64{}
		for _, line := range document.Waiting {
			for _, mid := range line.MIDs {
				want[mid+" "+line.State+" "+line.Why] = line.Count
			}
		}
		got := map[string]int64{}
		registry := newMetrics(&session{a, cfg, db}).registry
		families, err := registry.Gather()
		fine(s.t, err)
		single := map[string]float64{}
		for _, family := range families {
			for _, m := range family.GetMetric() {
				labels := map[string]string{}
				for _, l := range m.GetLabel() {
					labels[l.GetName()] = l.GetValue()
				}
				if family.GetName() == "daesa_refunds_waiting" {
					got[labels["mid"]+" "+labels["state"]+" "+labels["why"]] = int64(m.GetGauge().GetValue())
				}
				single[family.GetName()+labels["mid"]+labels["why"]] = m.GetGauge().GetValue()
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || len(want) != 3 {
			s.t.Errorf("the run's counts and the metrics': %s", diff)
		}
		ready := (&session{a, cfg, db}).ready(s.t.Context())
		if single["daesa_refunds_cannot_be_sent"] != 2 || ready.Stuck != 2 || single["daesa_refunds_too_late"] != float64(ready.TooLate) || ready.TooLate != 1 {
			s.t.Errorf("cannot be sent: %v and %d; too late: %v and %d", single["daesa_refunds_cannot_be_sent"], ready.Stuck, single["daesa_refunds_too_late"], ready.TooLate)
		}
		by, err := pay.ParseTime("2026-11-30T23:59:59+09:00")
		fine(s.t, err)
		if got := single["daesa_refunds_earliest_deadline_timestamp_secondsoldshopmerchant_not_configured"]; got != float64(by.Unix()) {
			s.t.Errorf("the earliest deadline is %v", got)
		}
	})
}
