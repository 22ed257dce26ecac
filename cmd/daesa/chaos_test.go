//go:build unix

package main

import (
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"daesa/internal/pgtest"
	"daesa/internal/racing"
)

// The tests of this file end processes at moments that nobody chose, and then
// ask the one question that counts: was every refund sent, and none twice?
var (
	chaosLives = flag.Int("chaos.lives", 40, "processes that a test of the kind ends, on each database")
	chaosSeed  = flag.Uint64("chaos.seed", 0, "what draws the moments; 0: another each time")
)

// chaosFaults are the provider's, in the share of its calls.
const chaosFaults = "drop-after=0.05,drop-before=0.05,5xx=0.05,slow=0.02:200ms,429=0.02,api=cancel+payment"

// livesOfAWave is how many lives a wave of refunds is fought over.
const livesOfAWave = 10

// lives are those of a test; under the race detector a quarter of them, since
// each takes so much longer.
func lives() int {
	if racing.On {
		return max(1, *chaosLives/4)
	}
	return *chaosLives
}

// dice draws what a test leaves to chance, and says how to draw it again.
func dice(t *testing.T) *rand.Rand {
	t.Helper()
	seed := *chaosSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-chaos.seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// moment draws a time between 1 ms and a number of ms.
func moment(r *rand.Rand, most int) time.Duration {
	return time.Duration(1+r.IntN(most)) * time.Millisecond
}

// postgresURL is an empty database whose commits stand, as RequireDurable asks.
func postgresURL(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	values := u.Query()
	values.Set("synchronous_commit", "on")
	u.RawQuery = values.Encode()
	return u.String()
}

// onBothDatabases runs a test on SQLite and on PostgreSQL.
func onBothDatabases(t *testing.T, test func(t *testing.T, databaseURL string)) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, "")
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, postgresURL(t, pgtest.URL(t)))
	})
}

// Whatever is killed whenever, the ledger of the provider and the books agree
// in the end.
func TestRefundsSurviveKilling(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, databaseURL string) {
		begun := time.Now()
		f := &fight{chaosShop: newChaosShop(t, databaseURL, chaosSpeed{}), r: dice(t), ends: map[int]int{}}
		f.birth = f.measureBirth()
		for n := range lives() {
			if n%livesOfAWave == 0 && f.openRequests() < 60 { // more would only wait
				f.toss.control("faults", "")
				f.wave(24)
				f.toss.control("faults", f.faults())
			}
			f.live(n%40 == 20)
		}
		fought := time.Since(begun)
		open := f.openRequests()
		f.toss.control("faults", "")
		f.settle()
		sends, cancels := f.agree()
		t.Logf("%d lives, ends by code (-1: killed) %v, %d slept past their lease, %d deaths of the provider; %d refunds, %d open then; %d sends, %d cancels; %s and %s",
			lives(), f.ends, f.slept, f.fell, len(f.asked), open, sends, cancels, fought.Round(time.Second/10), (time.Since(begun) - fought).Round(time.Second/10))
	})
}

// fight is a shop whose runs, and whose provider, are killed.
type fight struct {
	*chaosShop
	r           *rand.Rand
	birth       time.Duration // what the program takes until it can begin its work
	ends        map[int]int   // processes by exit code; -1: killed
	slept, fell int
}

func (f *fight) faults() string { return fmt.Sprintf("%s,seed=%d", chaosFaults, f.r.Uint64()) }

// live starts a run, or two at once, and ends them at some moment; forgetting
// says that the provider dies meanwhile, and forgets its idempotency keys.
func (f *fight) live(forgetting bool) {
	f.t.Helper()
	f.pass([]time.Duration{3 * time.Second, 35 * time.Second, 4 * time.Minute, 11 * time.Minute, 25 * time.Minute}[f.r.IntN(5)])
	running := []*chaosLife{f.start("refunds", "run", "--json")}
	if f.r.IntN(4) == 0 {
		// The second one's clock may be as wrong as is allowed: for it the first
		// one's lease is over, though that lives.
		running = append(running, f.startUnder("", time.Duration(f.r.IntN(2))*4*time.Minute, "refunds", "run", "--json"))
	}
	if f.r.IntN(4) > 0 {
		time.Sleep(f.birth)
	}
	time.Sleep(moment(f.r, 150))
	if f.r.IntN(6) == 0 {
		// It sleeps past its lease, another takes over, and it wakes and goes on.
		running[0].sleeps()
		f.pass(4 * time.Minute)
		running = append(running, f.start("refunds", "run", "--json"))
		time.Sleep(f.birth + moment(f.r, 150))
		running[0].wakes()
		time.Sleep(moment(f.r, 100))
		f.slept++
	}
	if forgetting || f.r.IntN(8) == 0 {
		f.toss.fall()
		flags := []string{"--faults", f.faults()}
		if forgetting {
			flags = append(flags, "--forget-keys")
		}
		f.toss.rise(flags...)
		time.Sleep(moment(f.r, 150))
		f.fell++
	}
	for _, one := range running {
		code := one.kill(f.t)
		f.ends[code]++
		f.judgeEnd(one, code)
		time.Sleep(moment(f.r, 30))
	}
}

// measureBirth is how long the program takes until it can begin its work.
func (s *chaosShop) measureBirth() time.Duration {
	s.t.Helper()
	begun := time.Now()
	for range 3 {
		s.expect(codeDone, "version")
	}
	return time.Since(begun) / 3
}

func (s *chaosShop) openRequests() (open int) {
	s.t.Helper()
	for _, r := range s.requests() {
		if r.State != "succeeded" && r.State != "accepted" {
			open++
		}
	}
	return open
}

// Twenty at once share the queue, the pace and the limits.
func TestTwentyOverlappingRuns(t *testing.T) {
	const perMinute = 600
	onBothDatabases(t, func(t *testing.T, databaseURL string) {
		s := newChaosShop(t, databaseURL, chaosSpeed{rate: perMinute, realNow: true})
		s.wave(20)
		// The calls are counted from here on; what came before has had its slots.
		before := map[string]int{"payment": s.toss.calls("payment"), "cancel": s.toss.calls("cancel")}
		begun := time.Now()
		var running []*chaosLife
		for range 20 {
			running = append(running, s.start("refunds", "run", "--json"))
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			for _, one := range running {
				_ = one.cmd.Wait() // how it ended is read below
			}
		}()
		for finished := false; !finished; {
			select {
			case <-done:
				finished = true
			case <-time.After(100 * time.Millisecond):
			}
			for api, had := range before {
				calls := s.toss.calls(api) - had
				// A slot for each tenth of a second, and those that were free when it began.
				if most := int(time.Since(begun).Seconds()*perMinute/60) + 2; calls > most {
					t.Errorf("%d calls of %s after %s: the pace allows %d", calls, api, time.Since(begun).Round(time.Millisecond), most)
				}
			}
		}
		took := time.Since(begun)
		worked := 0
		for _, one := range running {
			s.judgeEnd(one, one.cmd.ProcessState.ExitCode())
			var document refundsRunDocument
			if err := json.Unmarshal(one.stdout.Bytes(), &document); err != nil {
				t.Errorf("a run said no JSON: %v\n%s", err, &one.stderr)
			}
			if document.Sent > 0 {
				worked++
			}
		}
		lookUps, sent := s.toss.calls("payment")-before["payment"], s.toss.calls("cancel")-before["cancel"]
		s.settle()
		sends, cancels := s.agree()
		if sends != cancels || sent != cancels {
			t.Errorf("%d sends and %d calls for %d cancels, though nothing was lost or throttled", sends, sent, cancels)
		}
		t.Logf("20 runs took %s for %d refunds; %d of them sent; %d look-ups, %d cancels called, %d sends", took.Round(time.Second/10), len(s.asked), worked, lookUps, sent, sends)
	})
}

// A PostgreSQL that goes away and comes back costs runs, and no refund.
func TestPostgresGoesAwayUnderARun(t *testing.T) {
	t.Parallel()
	begun := time.Now()
	r := dice(t)
	server := pgtest.NewServer(t, pgtest.Durable())
	databaseURL := postgresURL(t, server.URL(t))
	s := newChaosShop(t, databaseURL, chaosSpeed{})
	birth := s.measureBirth()
	ends := map[int]int{}
	finish := func(life *chaosLife) {
		t.Helper()
		code := life.end(t)
		ends[code]++
		if code != codeFailed {
			s.judgeEnd(life, code)
		} else if said := life.stderr.String(); !strings.Contains(said, "hint: ") || !failedInOneDocument(life) {
			t.Errorf("a run that lost its database says no next step:\n%s%s", said, &life.stdout)
		}
	}
	outages := max(4, lives()/10)
	for i := range outages {
		s.toss.control("faults", "")
		s.wave(16)
		s.toss.control("faults", fmt.Sprintf("drop-after=0.1,slow=0.3:200ms,api=cancel,seed=%d", r.Uint64()))
		// First the connections are cut, a few times; then the server is ended.
		for range 2 {
			s.pass(35 * time.Second)
			life := s.start("refunds", "run", "--json")
			time.Sleep(birth + moment(r, 300))
			cutConnections(t, databaseURL)
			finish(life)
		}
		s.pass(11 * time.Minute)
		life := s.start("refunds", "run", "--json")
		time.Sleep(birth + moment(r, 300))
		end := server.Crash
		if i%3 == 2 {
			end = server.Stop
		}
		s.must(end())
		finish(life)
		late := s.start("refunds", "run", "--json") // it may find the server starting
		time.Sleep(moment(r, 2000))
		s.must(server.Start())
		finish(late)
	}
	open := s.openRequests()
	s.toss.control("faults", "")
	s.settle()
	sends, cancels := s.agree()
	t.Logf("%d outages, ends by code %v; %d refunds, %d open then; %d sends, %d cancels; %s", outages, ends, len(s.asked), open, sends, cancels, time.Since(begun).Round(time.Second/10))
}

// cutConnections ends every session of a database but its own.
func cutConnections(t *testing.T, databaseURL string) {
	t.Helper()
	db, err := sql.Open("postgres", databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"); err != nil {
		t.Fatal(err)
	}
}

// A database that cannot be written any more stops a run, which says so. What
// was sent before its outcome could be written is found later.
func TestAFullDiskLosesNothing(t *testing.T) {
	alone(t)
	t.Parallel()
	s := newChaosShop(t, "", chaosSpeed{})
	s.wave(24)
	info, err := os.Stat(strings.TrimPrefix(s.url, "sqlite:"))
	s.must(err)
	failed, between, open := 0, 0, 0
	// SQLite's log grows with each commit: every limit is met at another one.
	for _, room := range []int{24, 48, 64, 80, 100, 120, 150, 200} {
		s.pass(35 * time.Second)
		blocks := max(room*1024, int(info.Size()))/512 + room*2
		life := s.startUnder(fmt.Sprintf("ulimit -f %d", blocks), 0, "refunds", "run", "--json")
		code := life.end(t)
		if code != codeFailed {
			s.judgeEnd(life, code)
			continue
		}
		failed++
		for _, r := range s.requests() {
			if r.State == "sending" {
				between++ // sent, or about to be, and no outcome could be written
			}
		}
		open = max(open, s.openRequests()) // the last run may find room for all of them
		if said := life.stderr.String(); !strings.Contains(said, "hint: ") || !failedInOneDocument(life) {
			t.Errorf("a run on a full disk says no next step:\n%s%s", said, &life.stdout)
		}
	}
	if failed == 0 || between == 0 || open == 0 {
		t.Errorf("%d runs failed, %d refunds between intent and outcome, %d are open: the disk was not full in the middle of a run", failed, between, open)
	}
	s.settle()
	sends, cancels := s.agree()
	t.Logf("%d runs failed on a full disk, with %d refunds between intent and outcome; %d were open then; %d sends, %d cancels", failed, between, open, sends, cancels)
}

// A database that is older than what was sent from it sends nothing: neither
// before every request was looked up, nor what was found to be done.
func TestARestoredDatabaseSendsNothingBlindly(t *testing.T) {
	alone(t)
	t.Parallel()
	s := newChaosShop(t, "", chaosSpeed{})
	s.wave(12)
	path := strings.TrimPrefix(s.url, "sqlite:")
	run := s.start("refunds", "run", "--max", "4", "--json")
	s.judgeEnd(run, run.end(t))
	copied, err := os.ReadFile(path)
	s.must(err)
	if _, err := os.Stat(path + "-wal"); err == nil {
		t.Fatal("the log of the database was left behind, and the copy is not whole")
	}
	s.settle()
	called := s.toss.calls("cancel")
	_, cancels := s.agree()

	s.must(os.WriteFile(path, copied, 0o600))
	refused := s.expect(codeFailed, "refunds", "run", "--json")
	if said := refused.stderr.String(); !strings.Contains(said, "hint: ") || !strings.Contains(said, "--after-restore") || !failedInOneDocument(refused) {
		t.Errorf("the refusal does not say how to go on:\n%s%s", said, &refused.stdout)
	}
	s.expect(codeFailed, "refunds", "run", "--json") // it stays so
	if now := s.toss.calls("cancel"); now != called {
		t.Errorf("%d cancels were called by a run that refuses", now-called)
	}

	s.expect(codeDone, "refunds", "run", "--after-restore", "--json")
	if open := s.openRequests(); open > 0 || s.toss.calls("cancel") != called {
		t.Errorf("after the look-ups %d requests are open, and %d cancels were called", open, s.toss.calls("cancel")-called)
	}
	s.restored = true // the journal has lost what was sent after the copy was made
	if _, now := s.agree(); now != cancels {
		t.Errorf("the provider has %d cancels, and had %d", now, cancels)
	}

	// The copy once more, on a machine that does not know what was sent: then it
	// is the look-up before each send that finds out.
	s.must(os.WriteFile(path, copied, 0o600))
	s.must(os.Remove(filepath.Join(s.dir, "account.key.head")))
	s.settle()
	if now := s.toss.calls("cancel"); now != called {
		t.Errorf("%d cancels were called for what was done", now-called)
	}
	s.agree()

	s.wave(4)
	s.settle()
	s.agree()
	if now := s.toss.calls("cancel") - called; now != 5 {
		t.Errorf("%d cancels were called for five new refunds", now)
	}
}

// A run that is asked to end finishes what is in flight, and begins no more.
func TestARunThatIsAskedToEndFinishesWhatIsInFlight(t *testing.T) {
	t.Parallel()
	s := newChaosShop(t, "", chaosSpeed{})
	s.wave(16)
	s.toss.control("faults", "slow=1:3s,api=cancel")
	life := s.start("refunds", "run", "--json")
	deadline := time.Now().Add(20 * time.Second)
	for s.toss.calls("cancel") < 4 { // each of the four workers has one in flight
		if time.Now().After(deadline) {
			t.Fatal("the run does not send")
		}
		time.Sleep(10 * time.Millisecond)
	}
	asked := time.Now()
	s.must(life.cmd.Process.Signal(syscall.SIGTERM))
	code := life.end(t)
	if code != codeInterrupted {
		t.Errorf("the run ended with %d, expected %d\n%s", code, codeInterrupted, &life.stderr)
	}
	if calls := s.toss.calls("cancel"); calls != 4 {
		t.Errorf("%d cancels were called after the run was asked to end", calls-4)
	}
	states := map[string]int{}
	for _, r := range s.requests() {
		states[r.State]++
	}
	if states["succeeded"]+states["accepted"] != 4 || states["approved"] != len(s.asked)-4 {
		t.Errorf("four were in flight, and the requests are now %v", states)
	}
	t.Logf("ended %s after it was asked to", time.Since(asked).Round(time.Millisecond))
	s.toss.control("faults", "")
	s.settle()
	s.agree()
}
