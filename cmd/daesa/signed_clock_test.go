package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"daesa/config"
	"daesa/internal/seal"
	"daesa/internal/signers"
	"daesa/pay"
	"daesa/sandbox"
)

// signedDesk is a shop where signatures approve, by a clock that goes on at every look
// at it, as a real one does: kim asks, lee signs.
type signedDesk struct {
	t    *testing.T
	dir  string
	toss *sandbox.Sandbox
	env  map[string]string
	now  atomic.Int64 // in microseconds
	key  signers.KeyForTest
}

// newSignedDesk makes one in a folder; toss nil: whose configuration is there already.
func newSignedDesk(t *testing.T, dir string, toss *sandbox.Sandbox, at time.Time) *signedDesk {
	t.Helper()
	d := &signedDesk{t: t, dir: dir, toss: toss, env: map[string]string{"TOSS_SECRET_KEY": "test_sk_sandbox", "DAESA_ACTOR": "kim"}}
	var err error
	d.key, err = signers.NewKeyForTest("lee")
	fine(t, err)
	asker, err := signers.NewKeyForTest("kim")
	fine(t, err)
	fine(t, os.WriteFile(d.path("allowed"), []byte(d.key.Line("lee", "daesa-approval")+asker.Line("kim", "daesa-approval")), 0o600))
	text, err := os.ReadFile(d.path("daesa.yaml"))
	fine(t, err)
	fine(t, os.WriteFile(d.path("daesa.yaml"), []byte(strings.Replace(string(text), `approvers_file: ""`, `approvers_file: allowed`, 1)), 0o600))
	d.at(at)
	return d
}

func (d *signedDesk) path(name string) string { return filepath.Join(d.dir, name) }

// at sets the clocks of shop and Toss.
func (d *signedDesk) at(now time.Time) {
	d.toss.SetClock(now)
	d.now.Store(now.UnixMicro())
}

// later moves both clocks on.
func (d *signedDesk) later(by time.Duration) { d.at(time.UnixMicro(d.now.Load()).Add(by)) }

func (d *signedDesk) daesa(want int, line ...string) string {
	d.t.Helper()
	clock := func() time.Time { return time.UnixMicro(d.now.Add(700)) }
	done := callAt(d.t, clock, d.env, append(line, "--config", d.path("daesa.yaml"))...)
	if done.code != want {
		d.t.Fatalf("%v ended with %d, expected %d\n%s\n%s", line, done.code, want, done.stdout, done.stderr)
	}
	return done.stdout
}

// signed gives a word by a statement: it is written, lee signs it, and it is handed in
// by a command that begins with take.
func (d *signedDesk) signed(take []string, more ...string) {
	d.t.Helper()
	name := d.path("statement-" + time.UnixMicro(d.now.Load()).Format("150405.000000"))
	d.daesa(codeDone, append(append(take, more...), "--statement", name)...)
	text, err := os.ReadFile(name)
	fine(d.t, err)
	signature, err := d.key.Sign(text, "daesa-approval")
	fine(d.t, err)
	fine(d.t, os.WriteFile(name+".sig", signature, 0o600))
	d.daesa(codeDone, append(take, "--statement", name, "--signature", name+".sig")...)
}

// pays lets a buyer pay.
func (d *signedDesk) pays(body string) {
	d.t.Helper()
	answer := httptest.NewRecorder()
	d.toss.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/sandbox/payments", strings.NewReader(body)))
	if answer.Code != http.StatusOK {
		d.t.Fatalf("%s: %d %s", body, answer.Code, answer.Body)
	}
}

// adds asks for all of an order, and gives the refund's id.
func (d *signedDesk) adds(order string) string {
	d.t.Helper()
	var added struct {
		ID string `json:"id"`
	}
	fine(d.t, json.Unmarshal([]byte(d.daesa(codeDone, "refunds", "add", "--order", order, "--amount", "all", "--reason", "변심", "--ref", order, "--json")), &added))
	return added.ID
}

func (d *signedDesk) state(id string) string {
	d.t.Helper()
	var shown struct {
		State string `json:"state"`
	}
	fine(d.t, json.Unmarshal([]byte(d.daesa(codeDone, "refunds", "show", id, "--json")), &shown))
	return shown.State
}

// TestSignedWordsAreGivenByAClockThatGoesOn: a word and the statement that gives it are
// of one moment, however long the command looks around between the two. What is signed
// is sent, resolved and handed out, and an audit finds nothing.
func TestSignedWordsAreGivenByAClockThatGoesOn(t *testing.T) {
	alone(t)
	t.Parallel()
	dir, toss := t.TempDir(), sandbox.New(sandbox.Options{Now: time.Now, Freeze: true, SecretKey: "test_sk_sandbox"})
	server := httptest.NewServer(toss.Handler())
	t.Cleanup(server.Close)
	text := string(config.Template(config.TemplateValues{Environment: config.Test, BaseURL: server.URL, RequestsPerMinute: 600_000}))
	fine(t, os.WriteFile(filepath.Join(dir, "daesa.yaml"), []byte(strings.Replace(text, "send: false", "send: true", 1)), 0o600))
	fine(t, seal.WriteKeyFile(filepath.Join(dir, "account.key")))
	d := newSignedDesk(t, dir, toss, pay.Day("2026-11-20").Start().Add(10*time.Hour))
	d.pays(`{"orderId":"A-1","amount":10000}`)
	d.pays(`{"orderId":"A-2","amount":20000}`)
	d.pays(`{"orderId":"P-1","method":"phone","amount":30000}`)

	sent := d.adds("A-1")
	d.signed([]string{"refunds", "approve"}, sent)
	d.daesa(codeDone, "refunds", "run")
	if state := d.state(sent); state != "succeeded" {
		t.Errorf("what was signed is %s", state)
	}

	held := d.adds("A-2")
	d.signed([]string{"refunds", "approve"}, held)
	faults, err := sandbox.ParseFaults("refuse=1:ALREADY_CANCELED_PAYMENT,api=cancel")
	fine(t, err)
	toss.SetFaults(faults)
	d.daesa(codeUnknown, "refunds", "run")
	toss.SetFaults(sandbox.Faults{})
	d.later(30 * time.Minute)
	d.signed([]string{"refunds", "resolve", held, "--as", "not-executed", "--note", "상점관리자에 없음"})
	d.signed([]string{"refunds", "approve"}, held)
	d.daesa(codeDone, "refunds", "run")
	if state := d.state(held); state != "succeeded" {
		t.Errorf("what was resolved and signed again is %s", state)
	}

	late := d.adds("P-1")
	d.later(40 * 24 * time.Hour)
	d.daesa(codePerson, "refunds", "run")
	d.signed([]string{"refunds", "transfers", "approve", late})
	if said := d.daesa(codePerson, "refunds", "transfers", "export", "--out", d.path("bank.xlsx")); strings.Contains(said, "signed") {
		t.Errorf("a transfer that was signed is left out: %s", said)
	}
	d.daesa(codeDone, "audit", "verify")
}

// TestAMonthIsLockedByASignatureAndAClockThatGoesOn: locked and opened again as
// refunds are approved, and an audit finds nothing.
func TestAMonthIsLockedByASignatureAndAClockThatGoesOn(t *testing.T) {
	alone(t)
	t.Parallel()
	k := newBookkeeper(t, "", -1)
	k.daesa("settlements", "sync", "--from", "2026-10-01", "--to", "2026-11-11")
	k.passbook()
	d := newSignedDesk(t, k.dir, k.toss, k.now)
	d.signed([]string{"close", "lock", "2026-10"})
	if m := k.month("2026-10"); m.State != "locked" {
		t.Errorf("%+v", m)
	}
	d.signed([]string{"close", "reopen", "2026-10", "--note", "수수료 정정"})
	d.daesa(codeDone, "audit", "verify")
}
