//go:build unix

package main

import (
	"bufio"
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"daesa/internal/freeport"
	"daesa/internal/seal"
	"daesa/pay"
)

// chaosEpoch is where the clock of a shop in distress begins: early in a month,
// so that no deadline comes into it.
const chaosEpoch = "2026-11-02T10:00:00+09:00"

// chaosShop is a shop with the real program, a database and a provider, each in
// processes of its own that a test may end at any moment.
type chaosShop struct {
	t    *testing.T
	dir  string
	toss *chaosToss
	url  string // of the database

	mu    sync.Mutex
	now   time.Time // of the business, and of the provider; zero: the real time
	waves int
	asked []chaosAsked

	restored bool // the journal is older than what was sent
}

// chaosAsked is a refund that somebody asked for: what the provider must have
// done in the end, once.
type chaosAsked struct {
	order, ref string
	amount     int64
	virtual    bool // money of a virtual account arrives days later
}

// chaosSpeed is how a shop's provider answers and how the shop may ask.
type chaosSpeed struct {
	rate    int  // requests a minute for each API, at both; 0: no limit
	realNow bool // the real clock: nothing in it needs to wait
}

// newChaosShop makes a shop on an empty database, "" for SQLite.
func newChaosShop(t *testing.T, databaseURL string, speed chaosSpeed) *chaosShop {
	t.Helper()
	s := &chaosShop{t: t, dir: t.TempDir(), url: databaseURL}
	if databaseURL == "" {
		s.url = "sqlite:" + filepath.Join(s.dir, "daesa.db")
	}
	flags := []string{"--rate", fmt.Sprint(speed.rate)}
	if !speed.realNow {
		now, err := pay.ParseTime(chaosEpoch)
		s.must(err)
		s.now = now
	}
	s.toss = newChaosToss(t, filepath.Join(s.dir, "sandbox.json"), flags)
	if !speed.realNow {
		// A shop whose provider stood at the time of day would cross its midnight.
		s.toss.control("clock", `{"now":"`+chaosEpoch+`"}`)
		s.pass(time.Second)
	}
	pace := speed.rate
	if pace == 0 {
		pace = 600_000
	}
	s.must(os.WriteFile(filepath.Join(s.dir, "daesa.yaml"), fmt.Appendf(nil, chaosConfig, s.toss.door.address, pace), 0o600))
	s.must(seal.WriteKeyFile(filepath.Join(s.dir, "account.key")))
	s.must(os.Mkdir(filepath.Join(s.dir, "tmp"), 0o700))
	s.expect(codeDone, "migrate")
	return s
}

// chaosConfig lets everything be sent, and lets no run give up: giving up is
// safe, and a test of what is not safe has to go on.
const chaosConfig = `
merchants:
  - mid: tosspayments
    environment: test
    secret_key_env: TOSS_SECRET_KEY
    security_key_env: TOSS_SECURITY_KEY
    base_url: http://%s
    requests_per_minute: %d
    concurrency: 4
refunds:
  send: true
  max_single: 1000000000
  max_count: 1000000
  max_amount: 1000000000000
  max_count_per_day: 1000000
  max_amount_per_day: 1000000000000
  stop_after_unknown: 1000
  stop_at_failure_ratio: 1
accounts: {key_file: account.key}
`

func (s *chaosShop) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// chaosLife is one process of the program.
type chaosLife struct {
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
}

// start starts daesa with its clock at the shop's.
func (s *chaosShop) start(arguments ...string) *chaosLife {
	s.t.Helper()
	return s.startUnder("", 0, arguments...)
}

// startUnder starts daesa in a shell that has run a limit first, with its clock
// ahead of the shop's.
func (s *chaosShop) startUnder(limit string, ahead time.Duration, arguments ...string) *chaosLife {
	s.t.Helper()
	if now := s.clock(); !now.IsZero() {
		arguments = append(arguments, "--as-of", pay.FormatTime(now.Add(ahead)))
	}
	life := &chaosLife{cmd: exec.Command("daesa", arguments...)}
	if limit != "" {
		life.cmd = exec.Command("/bin/sh", append([]string{"-c", limit + `; exec daesa "$@"`, "sh"}, arguments...)...)
	}
	life.cmd.Dir = s.dir
	life.cmd.Env = append(os.Environ(), "TOSS_SECRET_KEY=test_sk_sandbox", "TOSS_SECURITY_KEY="+sandboxSecurityKey, "DAESA_ACTOR=kim",
		"DAESA_DATABASE_URL="+s.url, "TMPDIR="+filepath.Join(s.dir, "tmp"))
	life.cmd.Stdout, life.cmd.Stderr = &life.stdout, &life.stderr
	s.must(life.cmd.Start())
	return life
}

// end waits for the process and gives its exit code; -1: it was killed.
func (l *chaosLife) end(t *testing.T) int {
	t.Helper()
	var exit *exec.ExitError
	if err := l.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return l.cmd.ProcessState.ExitCode()
}

// kill ends the process in the middle of whatever it does. It is waited for: a
// dead process that nobody has waited for still looks alive to the next one.
func (l *chaosLife) kill(t *testing.T) int {
	t.Helper()
	_ = l.cmd.Process.Kill() // it may have ended by itself
	return l.end(t)
}

// sleeps stops the process where it is, as a machine does that is paused;
// wakes lets it go on.
func (l *chaosLife) sleeps() { _ = l.cmd.Process.Signal(syscall.SIGSTOP) } // it may have ended
func (l *chaosLife) wakes()  { _ = l.cmd.Process.Signal(syscall.SIGCONT) }

// expect runs a command to its end, which must be that exit code.
func (s *chaosShop) expect(code int, arguments ...string) *chaosLife {
	s.t.Helper()
	life := s.start(arguments...)
	if got := life.end(s.t); got != code {
		s.t.Fatalf("%v ended with %d, expected %d\n%s%s", arguments, got, code, &life.stdout, &life.stderr)
	}
	return life
}

func (s *chaosShop) read(into any, arguments ...string) {
	s.t.Helper()
	life := s.expect(codeDone, append(arguments, "--json")...)
	s.must(json.Unmarshal(life.stdout.Bytes(), into))
}

func (s *chaosShop) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// pass lets time go by, for the shop and the provider at once. The provider's
// clock runs by itself as well, and never goes back.
func (s *chaosShop) pass(d time.Duration) {
	s.t.Helper()
	now := s.clock()
	if now.IsZero() {
		return
	}
	var face struct {
		Now time.Time `json:"now"`
	}
	s.must(json.Unmarshal(s.toss.control("clock", ""), &face))
	if now = now.Add(d); !now.After(face.Now.Add(time.Second)) {
		now = face.Now.Add(2 * time.Second).In(now.Location())
	}
	s.toss.control("clock", `{"now":"`+now.Format(time.RFC3339)+`"}`)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = now
}

// wave brings new payments and the refunds that are asked of them, by one
// person, with the word of another. Some payments are given back in two parts,
// some to a refund account.
func (s *chaosShop) wave(payments int) {
	s.t.Helper()
	s.waves++
	file := "order_id,amount,reason,ref,bank,account_number,holder_name\n"
	var count, sum int64
	ask := func(order, part string, amount int64, account string) {
		ref := order + part
		file += fmt.Sprintf("%s,%d,고객 변심,%s,%s\n", order, amount, ref, account)
		s.asked = append(s.asked, chaosAsked{order, ref, amount, account != ",,"})
		count, sum = count+1, sum+amount
	}
	// A bank may take a deposit back within minutes, so that daesa waits for ten.
	paidAt := s.clock()
	if paidAt.IsZero() {
		paidAt = time.Now()
	}
	paidAt = paidAt.Add(-20 * time.Minute)
	for i := range payments {
		order := fmt.Sprintf("W%d-%03d", s.waves, i)
		amount := int64(10_000 + 100*i)
		method := []string{"card", "card", "transfer", "virtual_account"}[i%4]
		var paid struct {
			PaymentKey string `json:"paymentKey"`
		}
		s.must(json.Unmarshal(s.toss.control("payments", fmt.Sprintf(`{"orderId":%q,"method":%q,"amount":%d,"at":%q}`, order, method, amount, paidAt.Format(time.RFC3339))), &paid))
		switch i % 4 {
		case 1:
			ask(order, "-a", 3_000, ",,")
			ask(order, "-b", amount-4_000, ",,")
		case 3:
			s.toss.control("payments/"+paid.PaymentKey+"/deposit", fmt.Sprintf(`{"at":%q}`, paidAt.Add(time.Minute).Format(time.RFC3339)))
			ask(order, "", amount, "신한,110123456789,김토스")
		default:
			ask(order, "", amount, ",,")
		}
	}
	name := fmt.Sprintf("wave%d.csv", s.waves)
	s.must(os.WriteFile(filepath.Join(s.dir, name), []byte(file), 0o600))
	var imported struct {
		Batch string `json:"batch"`
		Added int64  `json:"added"`
	}
	s.read(&imported, "refunds", "import", name)
	if imported.Added != count {
		s.t.Fatalf("%d of %d refunds were added", imported.Added, count)
	}
	s.expect(codeDone, "refunds", "approve", "--by", "lee", "--batch", imported.Batch, "--expect-count", fmt.Sprint(count), "--expect-amount", fmt.Sprint(sum))
}

// judgeEnd looks at how one life of `refunds run` has ended. Whatever the
// provider does, a run ends by itself with a code of a finished command, and
// never finds that something is broken that must always hold.
func (s *chaosShop) judgeEnd(life *chaosLife, code int) {
	s.t.Helper()
	said := life.stdout.String() + life.stderr.String()
	switch {
	case strings.Contains(said, "broken: "), strings.Contains(said, "panic: "), strings.Contains(said, "goroutine "):
		s.t.Errorf("a run broke down:\n%s", said)
	case code == codeFailed || code == codeUsage:
		s.t.Errorf("a run ended with %d:\n%s", code, said)
	}
}

// settle runs until nothing is open, with half an hour between two runs: what
// has to be quiet for a while has been.
func (s *chaosShop) settle() {
	s.t.Helper()
	for range 30 {
		s.pass(30 * time.Minute)
		life := s.start("refunds", "run", "--json")
		s.judgeEnd(life, life.end(s.t))
		if !slices.ContainsFunc(s.requests(), func(r refundDocument) bool { return r.State != "succeeded" && r.State != "accepted" }) {
			return
		}
	}
	for _, r := range s.requests() {
		if r.State != "succeeded" && r.State != "accepted" {
			s.t.Errorf("refund %s of order %s is still %s (%s)\n%s", r.ID, r.OrderID, r.State, orElse(r.ErrorCode, "-"), s.expect(codeDone, "refunds", "show", r.ID).stdout.String())
		}
	}
}

func (s *chaosShop) requests() (list []refundDocument) {
	s.t.Helper()
	s.read(&list, "refunds", "list")
	return list
}

// chaosPayment is a payment as the provider shows it.
type chaosPayment struct {
	PaymentKey string        `json:"paymentKey"`
	Total      int64         `json:"totalAmount"`
	Balance    int64         `json:"balanceAmount"`
	Cancels    []chaosCancel `json:"cancels"`
}

type chaosCancel struct {
	TransactionKey string `json:"transactionKey"`
	Reason         string `json:"cancelReason"`
	Amount         int64  `json:"cancelAmount"`
}

// agree is what all this is about: what was asked for was given back once, to
// the won, and the books say so. It gives the sends that were journalled and
// the cancels that the provider has.
func (s *chaosShop) agree() (sends, cancels int) {
	s.t.Helper()
	requests := s.requests()
	if len(requests) != len(s.asked) {
		s.t.Errorf("%d requests, and %d were asked for", len(requests), len(s.asked))
	}
	byRef, ofOrder := map[string]refundDocument{}, map[string][]chaosAsked{}
	for _, r := range requests {
		byRef[r.Ref] = r
	}
	for _, asked := range s.asked {
		ofOrder[asked.order] = append(ofOrder[asked.order], asked)
		r := byRef[asked.ref]
		if r.State != "succeeded" && !(asked.virtual && r.State == "accepted") || r.Amount != asked.amount {
			s.t.Errorf("refund %s over %d won is %s over %d won (%s)", asked.ref, asked.amount, r.State, r.Amount, orElse(r.ErrorCode, "-"))
		}
	}
	seen := map[string]bool{}
	for order, list := range ofOrder {
		p := s.toss.payment(order)
		cancels += len(p.Cancels)
		var given, wanted int64
		for _, c := range p.Cancels {
			given += c.Amount
			id := pay.Marker(c.Reason)
			if id == "" || seen[id] {
				s.t.Errorf("order %s: the cancel %s has no reference, or one that was there before: %q", order, c.TransactionKey, c.Reason)
			}
			seen[id] = true
		}
		for _, asked := range list {
			wanted += asked.amount
			r := byRef[asked.ref]
			if !slices.ContainsFunc(p.Cancels, func(c chaosCancel) bool {
				return pay.Marker(c.Reason) == r.ID && c.Amount == asked.amount && c.TransactionKey == orElse(r.TransactionKey, "-")
			}) {
				s.t.Errorf("order %s: Toss has no cancel over %d won for refund %s (%s): %+v", order, asked.amount, r.ID, r.State, p.Cancels)
			}
		}
		if given != wanted || p.Total-p.Balance != wanted || len(p.Cancels) != len(list) {
			s.t.Errorf("order %s: %d won were given back in %d cancels, and %d in %d were asked for", order, given, len(p.Cancels), wanted, len(list))
		}
	}
	s.expect(codeDone, "audit", "verify")
	return s.sound(cancels), cancels
}

// sound looks into the database itself, and gives the number of sends that the
// journal knows.
func (s *chaosShop) sound(cancels int) int {
	s.t.Helper()
	kind, source := "postgres", s.url
	if path, lite := strings.CutPrefix(s.url, "sqlite:"); lite {
		kind, source = "sqlite", path
	}
	db, err := sql.Open(kind, source)
	s.must(err)
	defer db.Close()
	if kind == "sqlite" {
		var word string
		s.must(db.QueryRow("PRAGMA integrity_check").Scan(&word))
		if word != "ok" {
			s.t.Errorf("the database is no longer sound: %s", word)
		}
	}
	var journalled, counted, open int
	s.must(db.QueryRow("SELECT count(*) FROM journal WHERE action = 'refund.sending'").Scan(&journalled))
	s.must(db.QueryRow("SELECT coalesce(sum(sends), 0) FROM refund_attempts").Scan(&counted))
	s.must(db.QueryRow("SELECT count(*) FROM refunds WHERE state IN ('sending', 'unknown')").Scan(&open))
	if journalled != counted || journalled < cancels && !s.restored || open > 0 {
		s.t.Errorf("the journal knows %d sends, the attempts %d, for %d cancels; %d are open", journalled, counted, cancels, open)
	}
	return journalled
}

// chaosToss is the provider: a sandbox in a process of its own, behind a door
// that keeps its address while the sandbox dies and comes back.
type chaosToss struct {
	t      *testing.T
	flags  []string
	door   *chaosDoor
	cmd    *exec.Cmd
	direct string        // the address of the sandbox itself
	said   *bytes.Buffer // to be read once it has ended
	ended  chan struct{} // closed when it was waited for
}

func newChaosToss(t *testing.T, state string, flags []string) *chaosToss {
	t.Helper()
	x := &chaosToss{t: t, door: newChaosDoor(t), flags: append([]string{"sandbox", "--addr", "127.0.0.1:0", "--orders", "0", "--state", state}, flags...)}
	x.rise()
	t.Cleanup(func() {
		x.door.shut()
		_ = x.cmd.Process.Kill()
		<-x.ended
	})
	return x
}

func (x *chaosToss) rise(flags ...string) {
	x.t.Helper()
	x.cmd = exec.Command("daesa", append(slices.Clone(x.flags), flags...)...)
	stderr, err := x.cmd.StderrPipe()
	if err == nil {
		err = x.cmd.Start()
	}
	if err != nil {
		x.t.Fatal(err)
	}
	reader := bufio.NewReader(stderr)
	line, err := reader.ReadString('\n')
	_, after, found := strings.Cut(line, "sandbox on http://")
	if err != nil || !found {
		rest, _ := io.ReadAll(reader)
		x.t.Fatalf("the sandbox does not say where it is: %s%s", line, rest)
	}
	x.direct, _, _ = strings.Cut(after, ",")
	x.ended = make(chan struct{})
	x.said = &bytes.Buffer{}
	cmd, ended, said := x.cmd, x.ended, x.said
	go func() {
		_, _ = io.Copy(said, reader) // of a process that is killed there is no more to read
		_ = cmd.Wait()               // how it ended is read from its state
		close(ended)
	}()
	x.door.open(x.direct)
}

// chaosSlow is how long the slowest call of these tests takes at the provider.
const chaosSlow = 200 * time.Millisecond

// fall cuts all calls off and ends the sandbox; rise brings it back from its
// file. A provider does not forget what it has carried out, so that calls which
// were cut off are carried out first, unheard.
func (x *chaosToss) fall() {
	x.t.Helper()
	x.door.shut()
	time.Sleep(chaosSlow + chaosSlow/2)
	_ = x.cmd.Process.Signal(syscall.SIGTERM)
	<-x.ended
	if !x.cmd.ProcessState.Success() {
		x.t.Errorf("the sandbox ended with %v", x.cmd.ProcessState)
	}
}

// control speaks to the sandbox's own addresses, past the door.
func (x *chaosToss) control(path, body string) []byte {
	x.t.Helper()
	method := http.MethodPost
	if body == "" && path != "faults" {
		method = http.MethodGet
	}
	return x.ask(method, "/sandbox/"+path, body)
}

func (x *chaosToss) ask(method, path, body string) []byte {
	x.t.Helper()
	request, err := http.NewRequest(method, "http://"+x.direct+path, strings.NewReader(body))
	if err != nil {
		x.t.Fatal(err)
	}
	request.SetBasicAuth("test_sk_sandbox", "")
	client := http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		select {
		case <-x.ended:
			x.t.Fatalf("%v: the sandbox has ended with %v\n%s", err, x.cmd.ProcessState, x.said)
		case <-time.After(time.Second):
			x.t.Fatal(err)
		}
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		x.t.Fatalf("%s %s: %s %s, %v", method, path, response.Status, answer, err)
	}
	return answer
}

func (x *chaosToss) payment(order string) (p chaosPayment) {
	x.t.Helper()
	if err := json.Unmarshal(x.ask(http.MethodGet, "/v1/payments/orders/"+order, ""), &p); err != nil {
		x.t.Fatal(err)
	}
	return p
}

// calls says how many calls of an API the sandbox has had since it rose.
func (x *chaosToss) calls(api string) int {
	x.t.Helper()
	var calls map[string]int
	if err := json.Unmarshal(x.control("calls", ""), &calls); err != nil {
		x.t.Fatal(err)
	}
	return calls[api]
}

// chaosDoor passes connections on while it is open, and cuts them off when it
// shuts. Its address stays: an idempotency key belongs to an address.
type chaosDoor struct {
	t       *testing.T
	address string

	mu       sync.Mutex
	listener net.Listener
	inside   map[net.Conn]bool
}

func newChaosDoor(t *testing.T) *chaosDoor {
	t.Helper()
	listener, err := freeport.Listen() // it is shut and opened again
	if err != nil {
		t.Fatal(err)
	}
	return &chaosDoor{t: t, address: listener.Addr().String(), listener: listener, inside: map[net.Conn]bool{}}
}

func (d *chaosDoor) open(behind string) {
	d.t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.listener == nil {
		listener, err := net.Listen("tcp", d.address)
		if err != nil {
			d.t.Fatal(err)
		}
		d.listener = listener
	}
	listener := d.listener
	go func() {
		for {
			caller, err := listener.Accept()
			if err != nil {
				return
			}
			go d.pass(caller, behind)
		}
	}()
}

func (d *chaosDoor) pass(caller net.Conn, behind string) {
	called, err := net.Dial("tcp", behind)
	if err != nil || !d.enter(caller, called) {
		caller.Close()
		return
	}
	go func() {
		_, _ = io.Copy(called, caller)
		called.Close()
	}()
	_, _ = io.Copy(caller, called)
	caller.Close()
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.inside, caller)
	delete(d.inside, called)
}

// enter notes a connection; false: the door has shut meanwhile.
func (d *chaosDoor) enter(caller, called net.Conn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.listener == nil {
		called.Close()
		return false
	}
	d.inside[caller], d.inside[called] = true, true
	return true
}

func (d *chaosDoor) shut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.listener != nil {
		d.listener.Close()
		d.listener = nil
	}
	for connection := range d.inside {
		connection.Close()
	}
	clear(d.inside)
}
