//go:build unix

package main

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"daesa/app"
	"daesa/internal/pgtest"
	"daesa/pay"
)

// page asks a replica for one of the pages about itself.
func (s *chaosShop) page(address, path string) (int, string) {
	s.t.Helper()
	answer, err := (&http.Client{}).Get("http://" + address + path) //nolint:noctx // over loopback, in a test
	s.must(err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	s.must(err)
	return answer.StatusCode, string(body)
}

// serving starts a replica on an address of its own, and waits until it answers.
func (s *chaosShop) serving(config string) (*chaosLife, string) {
	s.t.Helper()
	address := s.listen("")
	path := filepath.Join(s.dir, "daesa.yaml")
	text, err := os.ReadFile(path)
	s.must(err)
	own := filepath.Join(s.dir, config)
	s.must(os.WriteFile(own, text, 0o600))
	s.must(os.WriteFile(path, []byte(strings.TrimSuffix(string(text), "webhook: {addr: \""+address+"\"}\n")), 0o600))
	life := s.start("serve", "--config", own)
	s.until("the replica answers", func() bool {
		answer, err := http.Get("http://" + address + "/healthz") //nolint:noctx // over loopback, in a test
		if err == nil {
			_ = answer.Body.Close()
		}
		return err == nil && answer.StatusCode == http.StatusOK
	})
	return life, address
}

var nightCommands = regexp.MustCompile(`daesa_job_commands_total\{exit_code="\d+",job="nightly"\} (\d+)`)

// nights is how many commands of the nightly job a replica has run.
func (s *chaosShop) nights(address string) (sum int) {
	_, text := s.page(address, "/metrics")
	for _, match := range nightCommands.FindAllStringSubmatch(text, -1) {
		n, err := strconv.Atoi(match[1])
		s.must(err)
		sum += n
	}
	return sum
}

// TestServe: two replicas on one database run what was missed once between
// them, show how they are, and end when they are asked to.
func TestServe(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
	onBothDatabases(t, func(t *testing.T, databaseURL string) {
		s := newChaosShop(t, databaseURL, chaosSpeed{realNow: true})
		first, a := s.serving("a.yaml")
		second, b := s.serving("b.yaml")
		const commands = 2 // the night, and the purge of accounts after it
		s.until("the missed night has run", func() bool { return s.nights(a)+s.nights(b) >= commands })
		code, body := s.page(a, "/readyz")
		var ready readyDocument
		s.must(json.Unmarshal([]byte(body), &ready))
		if code != http.StatusOK || !ready.Ready || ready.Brake != nil {
			t.Errorf("%d %s", code, body)
		}
		s.expect(codeDone, "refunds", "pause", "--note", "a test", "--by", "lee")
		if _, body := s.page(b, "/readyz"); !strings.Contains(body, `"brake":"lee"`) {
			t.Errorf("the brake is not shown: %s", body)
		}
		if code, _ := s.page(a, "/webhook"); code != http.StatusMethodNotAllowed {
			t.Errorf("a webhook that is no POST: %d", code)
		}
		_, metrics := s.page(a, "/metrics")
		for _, want := range []string{"daesa_database_up 1", `daesa_refunds{mid="tosspayments",state="requested"} 0`, "daesa_webhook_events_waiting 0", `daesa_job_moment_timestamp_seconds{job="nightly"`,
			`daesa_job_seconds_count{ended="failed",job="nightly"} 0`, "go_goroutines"} {
			if !strings.Contains(metrics, want) {
				t.Errorf("no %s in\n%s", want, metrics)
			}
		}
		s.until("the metrics, which are read every ten seconds, know the night", func() bool {
			_, metrics := s.page(a, "/metrics")
			return strings.Contains(metrics, `daesa_night_last_complete_timestamp_seconds{mid="tosspayments"}`)
		})
		for _, life := range []*chaosLife{first, second} {
			_ = life.cmd.Process.Signal(syscall.SIGTERM)
		}
		for _, life := range []*chaosLife{first, second} {
			if code := life.end(t); code != codeDone {
				t.Errorf("ended with %d: %s", code, life.stderr.String())
			}
		}
		third, c := s.serving("c.yaml")
		s.until("it has begun what is left", func() bool { _, text := s.page(c, "/metrics"); return strings.Contains(text, "daesa_database_up 1") })
		if n := s.nights(c); n != 0 {
			t.Errorf("the night that had run ran %d commands again", n)
		}
		third.kill(t)
	})
}

// TestAnAuditorGetsEverything: the export has what the database has, the hashes
// of its files, and a journal that ends where the chain ends.
func TestAnAuditorGetsEverything(t *testing.T) {
	alone(t)
	s := newChaosShop(t, "", chaosSpeed{})
	s.wave(12)
	s.settle()
	out := filepath.Join(s.dir, "audit")
	today := string(pay.DayOf(s.clock()))
	var manifest app.Manifest
	s.read(&manifest, "audit", "export", "--from", string(pay.DayOf(s.clock()).Add(-2)), "--to", today, "--out", out, "--json")
	rows := map[string]int{}
	for _, file := range manifest.Files {
		rows[file.Name] = file.Rows
		if info, err := os.Stat(filepath.Join(out, file.Name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v", file.Name, err)
		}
	}
	if want := len(s.requests()); rows["refunds.csv"] != want || rows["attempts.csv"] < want || want == 0 {
		t.Errorf("%d requests, exported %v", want, rows)
	}
	if int64(rows["journal.jsonl"]) != manifest.Entries || manifest.Head == nil {
		t.Errorf("the journal has %d entries, exported %d", manifest.Entries, rows["journal.jsonl"])
	}
	file, err := os.Open(filepath.Join(out, "refunds.csv"))
	s.must(err)
	defer file.Close()
	table, err := csv.NewReader(file).ReadAll()
	if err != nil || len(table) != rows["refunds.csv"]+1 || table[0][0] != "id" {
		t.Errorf("%v, %d lines", err, len(table))
	}
	s.expect(codeFailed, "audit", "export", "--from", today, "--to", today, "--out", out)
}

// TestANightOutlivesItsDatabase: PostgreSQL is stopped again and again while a
// night runs, for up to two seconds; the night ends as if nothing had been.
func TestANightOutlivesItsDatabase(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
	t.Parallel()
	r := dice(t)
	server := pgtest.NewServer(t, pgtest.Durable())
	s := newChaosShop(t, postgresURL(t, server.URL(t)), chaosSpeed{})
	s.wave(60)
	s.pass(24 * time.Hour)
	s.toss.control("faults", "slow=0.8:300ms,seed=7")
	day := string(pay.DayOf(s.clock()).Add(-1))
	before := s.toss.calls("transactions")
	life := s.start("nightly", "--date", day, "--json")
	// A command that finds no database when it begins says so and ends.
	s.until("the night reads", func() bool { return s.toss.calls("transactions") > before })
	outages, pause := 0, moment(r, 1500)
	for ended := make(chan int, 1); ; {
		if outages == 0 {
			go func() { ended <- life.end(t) }()
		}
		select {
		case code := <-ended:
			said := life.stderr.String()
			if code != codeIncomplete { // the shop sent no orders: that is all that is missing
				t.Fatalf("the night ended with %d after %d outages:\n%s", code, outages, said)
			}
			if outages == 0 {
				t.Fatal("the night was over before its database went away")
			}
			s.expect(codeDone, "audit", "verify")
			again := s.start("nightly", "--date", day, "--json")
			if other := again.end(t); other != code || again.stdout.String() != life.stdout.String() {
				t.Errorf("the same night again says another thing:\n%s\n%s", &life.stdout, &again.stdout)
			}
			t.Logf("%d outages; began again %d times", outages, strings.Count(said, "it begins again"))
			return
		case <-time.After(pause):
			pause = moment(r, 1500) + 500*time.Millisecond
			if outages < 4 {
				outages++
				s.must(server.Crash())
				time.Sleep(moment(r, 2000))
				s.must(server.Start())
			}
		}
	}
}
