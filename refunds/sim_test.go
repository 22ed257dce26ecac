package refunds_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"iter"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"daesa/pay"
	"daesa/refunds"
	"daesa/sandbox"
	"daesa/store"
	"daesa/toss"
)

const simSecret = "test_sk_sandbox"

var authorization = "Basic " + base64.StdEncoding.EncodeToString([]byte(simSecret+":"))

// planner says what happens at a boundary: a seed draws, a schedule tells.
type planner interface {
	at(w *simWorker, point string) mishap
	meet(w *simWorker, point string, can []mishap) mishap
}

// sim is one world with one history: a store, a pretend Toss, people, and
// workers of which exactly one runs at any time. Nothing in it asks the real
// clock or a shared source of chance, so that a seed always tells the same.
type sim struct {
	ctx  context.Context
	opt  options
	plan planner
	bug  bug
	rnd  *rand.Rand
	// parts draws what has to do with parts alone: the other draws stay as they are.
	parts *rand.Rand
	dice  *rand.Rand // of the moments alone
	now   time.Time
	path  string
	db    *store.DB
	toss  *sandbox.Sandbox
	wire  *wire
	// clients are real ones, of each MID; all their calls go over the wire.
	clients map[string]*toss.Client
	current *simWorker // who runs; nil: people
	workers []*simWorker
	secret  string // which of our secret keys is in use
	faults  bool   // the phase without mercy
	steps   int
	runs    int
	nextRun time.Time
	office  time.Time
	// nextCompare is when the next night compares and proposes.
	nextCompare time.Time
	acts        []act
	epoch       int // of the database: every restore begins one
	backup      []byte
	// quarantine: after a restore nothing but the run that looks everything up.
	quarantine   bool
	otherAmount  bool
	single       int64 // refunds.max_single
	unconfigured bool  // the merchant left the configuration
	nextNight    time.Time

	facts
	lines []string
	sum   uint64 // of all lines
	count counts
	mercy time.Time // when the faults end
	wrong string    // the first invariant that did not hold
}

// counts are for the summary.
type counts struct {
	kills, faults, sends, requests, succeeded, restores, steps int
	people                                                     int // requests that needed a person after their approval
	proposed, byHand, misfits                                  int // by nights; transfers; askings and approvals that a rule refused
}

func (c *counts) add(o counts) {
	c.kills += o.kills
	c.faults += o.faults
	c.sends += o.sends
	c.requests += o.requests
	c.succeeded += o.succeeded
	c.restores += o.restores
	c.steps += o.steps
	c.people += o.people
	c.proposed += o.proposed
	c.byHand += o.byHand
	c.misfits += o.misfits
}

// newSim makes the world of a seed. dir is the seed's own.
func newSim(dir string, o options, plan planner, b bug) *sim {
	s := &sim{ctx: context.Background(), opt: o, plan: plan, bug: b, rnd: rand.New(rand.NewPCG(o.Seed, 0x51)), parts: rand.New(rand.NewPCG(o.Seed, 0x9a)), dice: rand.New(rand.NewPCG(o.Seed, 0xd1ce)), now: o.Start,
		path: filepath.Join(dir, "daesa.db"), secret: "secret-1", faults: true, single: wideLimit, sum: 14695981039346656037, facts: newFacts(), acts: slices.Clone(o.Acts)}
	if plan == nil {
		s.plan = dice{s}
	}
	content, err := template()
	s.must(err)
	s.openStore(content)
	s.toss = sandbox.New(sandbox.Options{Now: func() time.Time { return s.now }})
	s.wire = &wire{s: s, keys: map[string]*kept{}}
	s.clients = map[string]*toss.Client{}
	for of, also := range s.mids() {
		s.clients[of], err = toss.New(toss.Options{BaseURL: "http://127.0.0.1:1", MID: of, AlsoMIDs: also, Now: s.clock, SecretKey: func() string { return simSecret },
			HTTP: &http.Client{Transport: s.wire}, Sleep: func(context.Context, time.Duration) error {
				s.current.wait(time.Second)
				return nil
			}})
		s.must(err)
	}
	for i, p := range o.Payments {
		s.pay(i, p)
	}
	s.nextRun, s.office, s.nextNight = s.now, s.now.Add(o.Office), pay.DayOf(s.now).End().Add(90*time.Minute)
	s.nextCompare = s.now.Add(o.Compares)
	return s
}

// formerMID is the configured mid before it was corrected.
const formerMID = "tosspayment"

// mids are the MIDs that have requests, and what counts as theirs.
func (s *sim) mids() map[string][]string {
	if s.opt.TwoMIDs {
		return map[string][]string{mid: {formerMID}, formerMID: {mid}}
	}
	return map[string][]string{mid: nil}
}

// stumbles begins what is wrong with the simulation itself.
const stumbles = "the simulation"

// errBroken ends a seed whose machinery failed, not the engine.
type errBroken struct{ err error }

func (s *sim) must(err error) {
	if err != nil {
		panic(errBroken{fmt.Errorf("seed %d: %w", s.opt.Seed, err)})
	}
}

func (s *sim) clock() time.Time { return s.now }

// tick lets up to some time go by.
func (s *sim) tick(most time.Duration) {
	s.now = s.now.Add(time.Microsecond * time.Duration(1+s.rnd.Int64N(most.Microseconds())))
}

// note writes a line of the seed's history.
func (s *sim) note(format string, values ...any) {
	line := clock(s.now) + " " + fmt.Sprintf(format, values...)
	h := fnv.New64a()
	_, _ = io.WriteString(h, line)
	s.sum = s.sum*1099511628211 ^ h.Sum64()
	if len(s.lines) >= 4000 {
		s.lines = slices.Delete(s.lines, 0, 2000)
	}
	s.lines = append(s.lines, line)
}

// fail keeps the first violation.
func (s *sim) fail(invariant, format string, values ...any) {
	if s.wrong == "" {
		s.wrong = invariant + ": " + fmt.Sprintf(format, values...)
		s.note("VIOLATION %s", s.wrong)
	}
}

// outage says whether the net is down.
func (s *sim) outage() bool {
	since := s.now.Sub(s.opt.Start)
	return s.opt.OutageTo > 0 && since >= s.opt.OutageFrom && since < s.opt.OutageTo
}

// simWorker is one process that works through the queue once.
type simWorker struct {
	s       *sim
	name    string
	next    func() (time.Time, bool)
	stop    func()
	yield   func(time.Time) bool
	wake    time.Time // not before
	over    bool
	lease   time.Time // of the request that it is at
	begunAt int       // the step at which it asked the store last whether it may send
	every   bool      // the look at everything after a restore
	secret  string    // that it started with
	// saw is how many cancels of other installations the newest look at a payment
	// has shown it.
	saw map[string]int64
	// ctx ends when the run is asked to end. inFlight is the key of what it has
	// begun to send, until its outcome is written.
	ctx      context.Context
	askToEnd context.CancelFunc
	inFlight string
}

var errKilled = errors.New("killed")

// start begins a run: turn after turn, until nothing is due.
func (s *sim) start(every bool) *simWorker {
	s.runs++
	w := &simWorker{s: s, name: fmt.Sprintf("w%d", s.runs), wake: s.now, every: every, secret: s.secret, saw: map[string]int64{}}
	w.ctx, w.askToEnd = s.ctx, func() {}
	if s.opt.Ends > 0 { // a context that can end is watched, which takes time
		w.ctx, w.askToEnd = context.WithCancel(s.ctx)
	}
	engines := []*refunds.Worker{s.engine(w, mid)}
	if s.opt.TwoMIDs {
		engines = append(engines, s.engine(w, formerMID))
	}
	choice := refunds.Choice{Send: !every}
	if every {
		choice.Every = s.now
	}
	w.next, w.stop = iter.Pull(func(yield func(time.Time) bool) {
		defer func() {
			if r := recover(); r != nil && r != any(errKilled) {
				panic(r)
			}
		}()
		defer w.askToEnd()
		w.yield = yield
		idle := 0
		for range 300 {
			if w.ctx.Err() != nil {
				return
			}
			done, err := engines[idle].Step(w.ctx, choice)
			if done != nil && done.Broken != "" {
				s.note("%s: breach: %s", w.name, done.Broken)
				if !s.otherAmount {
					s.fail("I2", "the engine sees %s", done.Broken)
				}
			}
			if err != nil {
				s.note("%s: ends: %v", w.name, err)
				w.engineError(err)
				return
			}
			if done == nil && idle+1 < len(engines) { // the next MID's queue
				idle++
				continue
			}
			idle = 0
			if done == nil { // a run has some patience (jobs/refunds.go)
				if wait := s.dueAt(s.now).Sub(s.now); !every && wait > 0 && wait < 35*time.Second {
					w.wait(wait)
					continue
				}
				s.quarantine = s.quarantine && !every
				return
			}
			heard(done, &choice)
		}
		s.fail("L", "a run never rests")
	})
	s.workers = append(s.workers, w)
	s.note("%s: starts", w.name)
	return w
}

// engine wires a worker as production does, around the seams of the test.
func (s *sim) engine(w *simWorker, of string) *refunds.Worker {
	sealer, err := simSealer()
	s.must(err)
	var queue refunds.Queue = s.db
	if s.bug.queue != nil {
		queue = s.bug.queue(s, queue)
	}
	var provider refunds.Provider = s.clients[of]
	if s.bug.provider != nil {
		provider = s.bug.provider(s, provider)
	}
	limits := refunds.Limits{Single: s.single, Run: wideLimit, Day: s.opt.dayAmount()}
	engine := &refunds.Worker{
		MID: of, Owner: w.name, Actor: "daesa refunds", RunID: w.name, SecretFingerprint: s.secret, AccountDays: 365,
		Budget: refunds.Budget{RunCount: 1000, DayCount: s.opt.DayCount, Of: map[pay.Currency]refunds.Limits{pay.KRW: limits, pay.USD: limits}},
		Queue:  simQueue{queue, w}, Provider: provider, Sealer: sealer, Clock: s.clock, Freeze: toss.CancelBody,
	}
	if s.bug.freeze != nil {
		engine.Freeze = s.bug.freeze
	}
	if s.bug.decide != nil {
		refunds.SetDecide(engine, s.bug.decide(s, refunds.Next))
	}
	return engine
}

// at is a boundary: another worker may run now, and this one may die or freeze.
func (w *simWorker) at(point string) {
	s := w.s
	wake := s.now
	switch s.plan.at(w, point) {
	case kill:
		s.note("%s: killed %s", w.name, point)
		s.count.kills++
		panic(errKilled)
	case pause:
		wake = s.now.Add(span(s.rnd, time.Minute, 30*time.Minute))
		s.note("%s: frozen %s until %s", w.name, point, clock(wake))
	}
	w.waitUntil(wake)
}

func (w *simWorker) wait(d time.Duration) { w.waitUntil(w.s.now.Add(d)) }

// waitUntil gives way to the others.
func (w *simWorker) waitUntil(t time.Time) {
	w.wake = t
	if !w.yield(t) {
		panic(errKilled)
	}
}

// meet asks what goes wrong with a call.
func (w *simWorker) meet(point string, can []mishap) mishap {
	way := w.s.plan.meet(w, point, can)
	if way != fine {
		w.s.count.faults++
		w.s.note("%s: %s: %s", w.name, point, way)
	}
	return way
}

// dice is the planner of a seed.
type dice struct{ s *sim }

func (d dice) at(_ *simWorker, point string) mishap {
	s := d.s
	if !s.faults {
		return fine
	}
	freeze := s.opt.Pause
	if point == "before send" || point == "after look-up" { // with a word to send, or on old news
		freeze *= 5
	}
	if s.opt.Brakes > 0 && point == "before ready" {
		freeze *= 10
	}
	switch u := s.rnd.Float64(); {
	case u < s.opt.Kill:
		return kill
	case u < s.opt.Kill+freeze:
		return pause
	}
	return fine
}

func (d dice) meet(_ *simWorker, point string, can []mishap) mishap {
	s := d.s
	share := s.opt.Fault
	switch point {
	case "send":
		if !s.opt.Mild {
			share = min(0.9, 3*share)
		}
	case "look-up":
	default:
		share /= 5
	}
	if !s.faults || !chance(s.rnd, share) {
		return fine
	}
	way := can[s.rnd.IntN(len(can))]
	if point == "send" && len(s.opt.Often) > 0 && chance(s.rnd, 0.7) {
		way = s.opt.Often[s.rnd.IntN(len(s.opt.Often))]
	}
	if !s.opt.Can[way] {
		return fine
	}
	return way
}

// resume lets a worker run up to its next boundary.
func (s *sim) resume(w *simWorker) {
	s.steps++
	s.current = w
	_, more := w.next()
	s.current = nil
	if !more {
		w.over = true
		s.workers = slices.DeleteFunc(s.workers, func(o *simWorker) bool { return o == w })
	}
}

// end kills every worker.
func (s *sim) end() {
	for _, w := range s.workers {
		s.current = w
		w.stop()
	}
	s.current, s.workers = nil, nil
}

// run is the whole life of a seed. What it returns is the first violation.
func (s *sim) run() string {
	defer func() { s.must(s.db.Close()) }()
	defer s.end()
	defer func() { s.count.steps = s.steps }()
	s.mercy = s.now.Add(s.opt.Length)
	for s.wrong == "" && s.now.Before(s.mercy) && s.steps < 6000 {
		s.step(s.mercy)
	}
	s.faults, s.acts, s.opt.Compares = false, nil, 0
	if s.now.Before(s.mercy) {
		s.now = s.mercy
	}
	s.note("no more faults")
	s.unbrake()
	s.single, s.opt.DayAmount, s.unconfigured = wideLimit, 0, false
	s.nextRun, s.office, s.opt.Every, s.opt.Office = s.now, s.now, 10*time.Minute, 12*time.Hour
	if s.opt.DayCount < 1000 { // the limit of the day is met at every run
		s.opt.Every = 4 * time.Hour
	}
	settled := s.now.Add(40 * 24 * time.Hour)
	for s.wrong == "" && !s.settled() {
		if s.now.After(settled) || s.steps > 20000 {
			s.fail("L", "after forty days without a fault: %s", s.standing())
			break
		}
		s.step(settled.Add(time.Hour))
	}
	if s.wrong == "" {
		s.checkEnd()
	}
	return s.wrong
}

// step lets one thing happen: something that is due, or one worker's next
// stretch, or else time goes by until something is.
func (s *sim) step(until time.Time) {
	s.wire.deliver()
	for len(s.acts) > 0 && !s.now.Before(s.opt.Start.Add(s.acts[0].At)) {
		next := s.acts[0]
		s.acts = s.acts[1:]
		s.happen(next)
	}
	s.askDue()
	s.meddle()
	s.slam()
	s.atMoments()
	s.atNight()
	if !s.now.Before(s.office) && !s.quarantine {
		s.office = s.now.Add(s.opt.Office)
		s.visit()
	}
	if s.opt.Compares > 0 && !s.now.Before(s.nextCompare) && !s.quarantine {
		s.nextCompare = s.now.Add(s.opt.Compares)
		s.compare()
	}
	if s.unconfigured && !s.now.Before(s.nextRun) { // processes of before go on
		if s.nextRun = s.now.Add(s.opt.Every); !s.quarantine {
			s.runWithoutMerchant()
		}
	}
	if !s.now.Before(s.nextRun) && (len(s.workers) < s.opt.Workers || s.stuck()) {
		s.start(s.quarantine)
		s.nextRun = s.now.Add(s.opt.Every)
		if s.outage() { // somebody has seen it, and lets cron rest
			s.nextRun = s.now.Add(8 * time.Hour)
		}
	}
	var ready []*simWorker
	for _, w := range s.workers {
		if !w.wake.After(s.now) {
			ready = append(ready, w)
		}
	}
	if len(ready) > 0 {
		s.resume(ready[s.rnd.IntN(len(ready))])
		return
	}
	s.sleep(until)
}

// stuck: all places are taken by the frozen.
func (s *sim) stuck() bool {
	for _, w := range s.workers {
		if !w.wake.After(s.now.Add(3 * time.Minute)) {
			return false
		}
	}
	return len(s.workers) < s.opt.Workers+2
}

// sleep moves the clock to what comes next.
func (s *sim) sleep(until time.Time) {
	next := until
	for _, w := range s.workers {
		next = earliest(next, w.wake)
	}
	for _, f := range s.wire.flights {
		next = earliest(next, f.at)
	}
	if len(s.workers) == 0 && !s.quarantine && s.dueAt(s.now).After(s.nextRun) {
		s.nextRun = s.dueAt(s.now)
	}
	if len(s.workers) < s.opt.Workers {
		next = earliest(next, s.nextRun)
	}
	if len(s.acts) > 0 {
		next = earliest(next, s.opt.Start.Add(s.acts[0].At))
	}
	if len(s.unasked) > 0 {
		next = earliest(next, s.opt.Start.Add(s.unasked[0].At))
	}
	if s.opt.Nights && !s.quarantine {
		next = earliest(next, s.nextNight)
	}
	if !s.quarantine {
		next = earliest(next, s.office)
	}
	if s.opt.Compares > 0 && !s.quarantine {
		next = earliest(next, s.nextCompare)
	}
	if !next.After(s.now) {
		next = s.now.Add(time.Second)
	}
	s.now = next.Truncate(time.Microsecond)
}

// due says whether some request could be claimed at a time. Leases are not
// asked: it may say yes in vain, never no.
func (s *sim) due(at time.Time) bool { return !s.dueAt(at).After(at) }

// dueAt is the first time from which some request could be claimed. Cron's
// empty runs before it, and their empty looks into the queue, are left out.
func (s *sim) dueAt(from time.Time) time.Time {
	due := from.Add(6 * time.Hour)
	for _, r := range s.last {
		if slices.Contains(workersOwn, r.State) {
			due = earliest(due, r.NextAt)
			if r.LeaseOwner != "" {
				due = from
			}
		}
		if !r.State.Open() || r.CancelBy.IsZero() {
			continue
		}
		due = earliest(due, r.CancelBy.Add(time.Second))
	}
	return due
}

// trace is the tail of the history.
func (s *sim) trace(n int) string {
	return strings.Join(s.lines[max(0, len(s.lines)-n):], "\n")
}

// play runs one seed, or a schedule, in a directory of its own.
func play(t testing.TB, o options, plan func(*sim) planner, b bug) (done *sim, wrong string) {
	t.Helper()
	dir := seedDir(t)
	defer dir.done()
	defer func() {
		if r := recover(); r != nil {
			broken, ok := r.(errBroken)
			if !ok {
				t.Logf("%s\n%s", o, done.trace(30))
				panic(r)
			}
			wrong = stumbles + ": " + broken.err.Error()
		}
	}()
	done = newSim(dir.path, o, nil, b)
	if plan != nil {
		done.plan = plan(done)
	}
	return done, done.run()
}
