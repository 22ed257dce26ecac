package refunds_test

import (
	"flag"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"daesa/refunds"
	"daesa/sandbox"
)

var simTwo = flag.Bool("sim.two", false, "run every schedule with two faults")

// place is a boundary that a run passes, and what can go wrong there.
type place struct {
	point string
	can   []mishap
}

// script is the planner of a schedule: at the n-th boundary this goes wrong,
// and nothing else does.
type script struct {
	faults map[int]mishap
	seen   []place
}

func (p *script) pass(point string, can []mishap) mishap {
	n := len(p.seen)
	p.seen = append(p.seen, place{point, can})
	return p.faults[n]
}

func (p *script) at(_ *simWorker, point string) mishap {
	return p.pass(point, []mishap{kill, pause})
}

func (p *script) meet(_ *simWorker, point string, can []mishap) mishap {
	return p.pass(point, can)
}

// scenario is one refund.
type scenario struct {
	name    string
	payment simPayment
}

var scenarios = []scenario{
	{"a part of a card", simPayment{Method: sandbox.Card, Amount: 10000, Ago: time.Hour, Asks: []ask{{Ref: "r", Amount: 3000}}}},
	{"a whole card", simPayment{Method: sandbox.Card, Amount: 10000, Ago: time.Hour, Asks: []ask{{Ref: "r", Amount: 10000}}}},
	{"a virtual account", simPayment{Method: sandbox.VirtualAccount, Account: true, Amount: 10000, Ago: time.Hour, Asks: []ask{{Ref: "r", Amount: 4000}}}},
	{"a foreign easy pay", simPayment{Method: sandbox.ForeignEasyPay, Amount: 10000, Ago: time.Hour, Asks: []ask{{Ref: "r", Amount: 10000}}}},
}

func (c scenario) options() options {
	return options{Mild: true, Start: time.Date(2026, 6, 10, 3, 0, 0, 0, time.UTC), Length: time.Minute, Every: 10 * time.Minute, Workers: 2,
		KeyLife: 15 * 24 * time.Hour, DayCount: 1000, Office: 8 * time.Hour, Payments: []simPayment{c.payment}}
}

// playSchedule runs one schedule and says what was wrong with its end, and
// which boundaries it passed.
func playSchedule(t testing.TB, c scenario, b bug, faults map[int]mishap) (*sim, []place, string) {
	t.Helper()
	plan := &script{faults: faults}
	s, wrong := play(t, c.options(), func(*sim) planner { return plan }, b)
	if wrong == "" {
		wrong = s.ended(faults)
	}
	return s, plan.seen, wrong
}

// ended: the refund was carried out once, and that is known; where the provider
// said no, or that there is no such payment, it is provably not carried out, or
// a person looks.
func (s *sim) ended(faults map[int]mishap) string {
	refusing := false
	for _, m := range faults {
		_, bound := strings.CutPrefix(m, "+")
		refusing = refusing || bound || m == "-NOT_FOUND_PAYMENT"
	}
	r := s.last[0]
	p, _ := s.toss.Payment(r.PaymentKey)
	switch n := len(ours(p, r.ID)); {
	case n == 1 && r.State == refunds.StateSucceeded:
	case n == 0 && refusing && (r.State == refunds.StateRefused || r.State == refunds.StateExpired || r.State == refunds.StateRejected || r.State == refunds.StateHeld):
	default:
		return fmt.Sprintf("it is %s because %s after %d cancels", r.State, r.ErrorCode, n)
	}
	return ""
}

// TestEveryOneFaultSchedule plays every boundary of a refund with everything
// that can go wrong there, and nothing else.
func TestEveryOneFaultSchedule(t *testing.T) {
	alone(t)
	t.Parallel()
	total := 0
	for _, c := range scenarios {
		_, places, wrong := playSchedule(t, c, bug{}, nil)
		if wrong != "" {
			t.Fatalf("%s, without a fault: %s", c.name, wrong)
		}
		var all []map[int]mishap
		for i, p := range places {
			for _, m := range p.can {
				all = append(all, map[int]mishap{i: m})
			}
		}
		total += len(all)
		playAll(t, c, all, nil)
	}
	t.Logf("%d schedules with one fault, over %d kinds of payment", total, len(scenarios))
}

// TestEveryTwoFaultSchedule plays every pair: the second at any boundary that
// the run passes after the first.
func TestEveryTwoFaultSchedule(t *testing.T) {
	if !*simTwo {
		t.Skip("give -sim.two to run it: it takes minutes")
	}
	t.Parallel()
	total := 0
	for _, c := range scenarios {
		_, places, _ := playSchedule(t, c, bug{}, nil)
		var ones []map[int]mishap
		for i, p := range places {
			for _, m := range p.can {
				ones = append(ones, map[int]mishap{i: m})
			}
		}
		var mu sync.Mutex
		var pairs []map[int]mishap
		playAll(t, c, ones, func(faults map[int]mishap, passed []place) {
			mu.Lock()
			defer mu.Unlock()
			for first, m := range faults {
				for j := first + 1; j < len(passed); j++ {
					for _, second := range passed[j].can {
						pairs = append(pairs, map[int]mishap{first: m, j: second})
					}
				}
			}
		})
		playAll(t, c, pairs, nil)
		t.Logf("%s: %d schedules with two faults", c.name, len(pairs))
		total += len(pairs)
	}
	t.Logf("%d schedules with two faults, over %d kinds of payment", total, len(scenarios))
}

// playAll plays schedules, some at once; passed is told what each went by.
func playAll(t *testing.T, c scenario, all []map[int]mishap, passed func(map[int]mishap, []place)) {
	t.Helper()
	work := make(chan map[int]mishap)
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for faults := range work {
				s, places, wrong := playSchedule(t, c, bug{}, faults)
				if wrong != "" {
					t.Errorf("%s, %v: %s\n%s", c.name, faults, wrong, s.trace(*simTail))
				}
				if passed != nil {
					passed(faults, places)
				}
			}
		})
	}
	for _, faults := range all {
		if t.Failed() {
			break
		}
		work <- faults
	}
	close(work)
	group.Wait()
}
