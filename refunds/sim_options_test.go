package refunds_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"daesa/sandbox"
)

// mishap is what goes wrong at one boundary.
type mishap = string

// The mishaps. "bound" means that the provider keeps the answer under the key
// and replays it; Toss does so for refusals, and nobody has measured it for the
// rest, so that each is played both ways.
const (
	fine  mishap = ""
	kill  mishap = "kill"  // the process is gone
	pause mishap = "pause" // it freezes for up to half an hour: a zombie

	storeFails mishap = "store fails"          // nothing is written
	ackLost    mishap = "acknowledgement lost" // it is written, and the caller sees an error

	notSent        mishap = "not sent"         // no byte leaves
	lost           mishap = "lost"             // it leaves and never arrives
	late           mishap = "late"             // it arrives up to ten minutes after the caller gave up
	lateForgotten  mishap = "late, forgotten"  // the same, and the key forgets that it was carried out
	slow           mishap = "slow"             // it arrives, runs for a while, and is answered
	slowLost       mishap = "slow and lost"    // the same, and the caller gives up before
	slowForgotten  mishap = "slow, forgotten"  // the same, and the key forgets that it was carried out
	dropAfter      mishap = "drop after"       // carried out, the connection dies
	truncated      mishap = "truncated"        // carried out, half of the body comes
	htmlAfter      mishap = "html after"       // carried out, a page of a proxy comes
	htmlBefore     mishap = "html before"      // a gateway's 502, nothing done
	redirect       mishap = "redirect"         // 307, nothing done
	throttled      mishap = "429"              // nothing done
	unavailable    mishap = "503"              // nothing done
	inFlight       mishap = "409"              // says that the first call still runs
	failBefore     mishap = "500 before"       // nothing done, bound to nothing
	failBeforeKept mishap = "500 before, kept" // nothing done, and the key replays it
	failAfter      mishap = "500 after"        // carried out, the key forgets it
	failAfterKept  mishap = "500 after, kept"  // carried out, and the key replays the 500
	failAfterDone  mishap = "500 after, done"  // carried out, and the key replays the success
	refusedAfter   mishap = "refused after"    // carried out, and refused by words
)

// refusals are codes that the provider answers without doing anything. A
// plus sign: the key replays it.
var refusals = []mishap{
	"+REFUND_REJECTED", "+NOT_CANCELABLE_PAYMENT", "+EXCEED_MAX_REFUND_DUE", "+INVALID_REFUND_ACCOUNT_INFO",
	"+NOT_AVAILABLE_BANK", "-NOT_AVAILABLE_BANK", "+PROVIDER_ERROR", "-PROVIDER_ERROR",
	"+FORBIDDEN_CONSECUTIVE_REQUEST", "-FORBIDDEN_CONSECUTIVE_REQUEST", "+ALREADY_CANCELED_PAYMENT",
	"+NOT_MATCHES_REFUNDABLE_AMOUNT", "+NOT_CANCELABLE_AMOUNT", "+NOT_FOUND_PAYMENT", "-UNAUTHORIZED_KEY", "+NOBODY_KNOWS_THIS", "-NOBODY_KNOWS_THIS",
}

var (
	storeMishaps = []mishap{storeFails, ackLost}
	readMishaps  = []mishap{storeFails}
	lookMishaps  = []mishap{notSent, lost, htmlAfter, htmlBefore, truncated, redirect, throttled, unavailable, failBefore, "-NOT_FOUND_PAYMENT", "-UNAUTHORIZED_KEY"}
	sendMishaps  = slices.Concat([]mishap{
		notSent, lost, late, lateForgotten, slow, slowLost, slowForgotten, dropAfter, truncated, htmlAfter, htmlBefore, redirect, throttled, unavailable, inFlight,
		failBefore, failBeforeKept, failAfter, failAfterKept, failAfterDone, refusedAfter,
	}, refusals)
)

// mildly says whether a mishap may be drawn in the mild mode: what the network
// and a busy provider do, not what makes a person's look right.
func mildly(m mishap) bool {
	switch m {
	case "+INVALID_REFUND_ACCOUNT_INFO", "+ALREADY_CANCELED_PAYMENT", "+NOT_MATCHES_REFUNDABLE_AMOUNT", "+NOT_CANCELABLE_AMOUNT",
		"+NOT_FOUND_PAYMENT", "-NOT_FOUND_PAYMENT", "+NOBODY_KNOWS_THIS", "-NOBODY_KNOWS_THIS", "-UNAUTHORIZED_KEY":
		return false
	}
	return true
}

// ask is one request that a person makes.
type ask struct {
	Ref     string
	At      time.Duration
	Amount  int64
	TaxFree string // "": unsaid
	Former  bool   // under the mid of before it was corrected
}

// simPayment is a payment and what is asked of it.
type simPayment struct {
	Method  sandbox.Method
	Amount  int64
	Outcome string
	Account bool // a deposited virtual account
	Asks    []ask
	Ago     time.Duration // paid so long before the start
	// Other: Toss says that it is another merchant's; Believed: the books have
	// requests for it all the same, from a version that believed the configuration.
	Other, Believed bool
	TaxFree         int64
	Shop            int64 // what the shop cancels of it; 0: it has no order
	ShopAt          time.Duration
}

// act is something that happens beside the workers, at a time from the start.
type act struct {
	At   time.Duration
	What string
	Of   int   // which payment or request
	Sum  int64 // of a cancel by others; 0: all that is left
}

// options are all that a seed decides in advance.
type options struct {
	Seed       uint64
	Mild       bool
	Fault      float64 // share of calls that go wrong
	Kill       float64 // share of boundaries
	Pause      float64
	Can        map[mishap]bool // a swarm: each seed knows some mishaps only
	Often      []mishap        // of the sends: what is rare needs a favourite
	Start      time.Time
	Length     time.Duration // of the phase without mercy
	Every      time.Duration // between two starts of a run
	Workers    int
	Payments   []simPayment
	Acts       []act
	KeyLife    time.Duration // after which the provider forgets
	LooseGuard bool          // the provider compares the guard on arrival, not on execution
	OutageFrom time.Duration
	OutageTo   time.Duration
	DayCount   int64
	Office     time.Duration // between two looks of a person
	Meddles    int           // so often somebody cancels at Toss what is on its way
	Resolves   bool          // a person gives the word on held requests
	Compares   time.Duration // between two nights that compare and propose; 0: there are none
	Transfers  bool          // a person approves transfers by hand
	Nights     bool          // a night comes to the refunds, too, and the configuration changes
	TwoMIDs    bool          // the former mid is among the also_mids, and has requests
	Brakes     int           // so often somebody brakes what has begun and not left
	// What is drawn by drawMoments.
	SlowDial    bool  // a connection that cannot be made is waited for
	Prompt      bool  // a run starts soon after each approval
	DayAmount   int64 // of each currency; 0: no limit
	Ends        int   // so often all runs are asked to end while something is in flight
	NewAccounts int   // so often a customer gives another account while the bank cannot
	OneShort    bool  // one won is missing for a transfer by hand
}

// String prints the options so that a seed explains itself.
func (o options) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d: faults %.0f%% kills %.1f%% pauses %.1f%% workers %d start %s length %s every %s keys live %s outage %s-%s day_count %d office %s resolves %v meddles %d loose guard %v two mids %v compares %s transfers %v%s\n",
		o.Seed, 100*o.Fault, 100*o.Kill, 100*o.Pause, o.Workers, o.Start.Format(time.RFC3339), o.Length, o.Every, o.KeyLife, o.OutageFrom, o.OutageTo,
		o.DayCount, o.Office, o.Resolves, o.Meddles, o.LooseGuard, o.TwoMIDs, o.Compares, o.Transfers, o.settings()+o.moments())
	for i, p := range o.Payments {
		fmt.Fprintf(&b, "  payment %d: %s %d, %d tax-free %s account %v other %v believed %v asks %v shop cancels %d at %s\n", i, p.Method, p.Amount, p.TaxFree, p.Outcome, p.Account, p.Other, p.Believed, p.Asks, p.Shop, p.ShopAt)
	}
	for _, a := range o.Acts {
		fmt.Fprintf(&b, "  act %s: %s of %d, %d\n", a.At, a.What, a.Of, a.Sum)
	}
	var can []string
	for m, on := range o.Can {
		if on {
			can = append(can, m)
		}
	}
	slices.Sort(can)
	fmt.Fprintf(&b, "  often: %v, can: %s", o.Often, strings.Join(can, "; "))
	return b.String()
}

// chance draws yes with a probability.
func chance(r *rand.Rand, p float64) bool { return r.Float64() < p }

// span draws a time between two.
func span(r *rand.Rand, from, to time.Duration) time.Duration {
	return from + time.Duration(r.Int64N(int64(to-from)+1)).Truncate(time.Millisecond)
}

// drawOptions derives all options from the seed. Each feature is on in some
// seeds only: what is always on hides what is rare.
func drawOptions(seed uint64, mild bool) options {
	r := rand.New(rand.NewPCG(seed, 0xda35a))
	o := options{
		Seed: seed, Mild: mild, Fault: 0.02 + 0.58*r.Float64()*r.Float64(), Can: map[mishap]bool{},
		Start:   time.Date(2026, time.Month(1+r.IntN(11)), 1+r.IntN(20), r.IntN(24), r.IntN(60), r.IntN(60), 0, time.UTC),
		Length:  span(r, 2*time.Hour, 30*time.Hour),
		Every:   span(r, time.Minute, 15*time.Minute),
		Workers: 1 + r.IntN(3), KeyLife: span(r, 14*24*time.Hour, 15*24*time.Hour), DayCount: 1000,
		Office: span(r, 20*time.Minute, 8*time.Hour), LooseGuard: chance(r, 0.2),
	}
	if mild {
		o.Fault = 0.1
	}
	if chance(r, 0.7) {
		o.Kill = 0.08 * r.Float64()
	}
	if chance(r, 0.5) {
		o.Pause = 0.04 * r.Float64()
	}
	share := 0.3 + 0.7*r.Float64()
	for _, m := range slices.Concat(storeMishaps, lookMishaps, sendMishaps) {
		o.Can[m] = chance(r, share)
		if mild {
			o.Can[m] = mildly(m)
		}
	}
	for i := range 1 + r.IntN(3) {
		o.Payments = append(o.Payments, drawPayment(r, &o, i))
	}
	if !mild {
		if chance(r, 0.7) {
			for range 1 + r.IntN(3) {
				m := sendMishaps[r.IntN(len(sendMishaps))]
				if chance(r, 0.5) { // what is perhaps carried out
					m = sendMishaps[r.IntN(slices.Index(sendMishaps, refusals[0]))]
				}
				o.Often, o.Can[m] = append(o.Often, m), true
			}
		}
		o.drawDisasters(r)
		o.drawPeople(r)
		o.drawMerchants(rand.New(rand.NewPCG(seed, 0x1d)))
	}
	o.drawParts()
	o.drawSettings()
	o.drawMoments()
	slices.SortStableFunc(o.Acts, func(a, b act) int { return int(a.At - b.At) })
	return o
}

// drawPayment draws a payment and its requests.
func drawPayment(r *rand.Rand, o *options, i int) simPayment {
	p := simPayment{Method: sandbox.Card, Amount: 1000 * (1 + r.Int64N(50)), Ago: span(r, time.Hour, 40*time.Hour)}
	switch r.IntN(10) {
	case 0:
		p.Method = sandbox.Transfer
	case 1, 2:
		p.Method, p.Account = sandbox.VirtualAccount, true
	case 3:
		p.Method = sandbox.Phone
		// Near the end of the month the deadline is part of the play.
		last := time.Date(o.Start.Year(), o.Start.Month()+1, 1, 0, 0, 0, 0, time.UTC).Add(-9 * time.Hour)
		o.Start = last.Add(-span(r, time.Minute, 20*time.Hour)).Truncate(time.Second)
	case 4:
		p.Method = sandbox.ForeignEasyPay
	}
	if !o.Mild && p.Account && chance(r, 0.2) {
		p.Outcome = []string{sandbox.RefundFailed, sandbox.RefundPartialFailed}[r.IntN(2)]
	}
	if !o.Mild && p.Method == sandbox.ForeignEasyPay && chance(r, 0.2) {
		p.Outcome = sandbox.Aborted
	}
	at := func() time.Duration { return span(r, 0, o.Length/3) }
	ref := func(n int) string { return fmt.Sprintf("ref-%d-%d", i, n) }
	part := p.Amount / 5 * (1 + r.Int64N(2))
	switch n := r.IntN(4); {
	case n == 0 || p.Method == sandbox.Phone:
		p.Asks = []ask{{Ref: ref(0), At: at(), Amount: p.Amount}}
	case n == 1:
		p.Asks = []ask{{Ref: ref(0), At: at(), Amount: part}}
	default: // two equal parts of one payment are legal, and are two requests
		p.Asks = []ask{{Ref: ref(0), At: at(), Amount: part}, {Ref: ref(1), At: at(), Amount: part}}
	}
	return p
}

// drawDisasters draws what befalls provider, network and database.
func (o *options) drawDisasters(r *rand.Rand) {
	if chance(r, 0.08) {
		o.OutageFrom = span(r, time.Minute, time.Hour)
		o.OutageTo = o.OutageFrom + span(r, 13*24*time.Hour, 17*24*time.Hour)
		o.Length = o.OutageTo + span(r, time.Hour, 48*time.Hour)
		o.Every = span(r, time.Minute, 10*time.Minute)
		for i := range o.Payments { // just before, so that the answers get lost
			for j := range o.Payments[i].Asks {
				o.Payments[i].Asks[j].At = span(r, 0, o.OutageFrom)
			}
		}
		for _, m := range []mishap{lost, late, dropAfter} {
			o.Often, o.Can[m] = append(o.Often, m), true
		}
	}
	if chance(r, 0.15) {
		from := span(r, 0, o.Length/2)
		o.Acts = append(o.Acts, act{At: from, What: "copy"}, act{At: from + span(r, time.Minute, o.Length-from), What: "restore"})
		if chance(r, 0.2) {
			o.Acts = append(o.Acts, act{At: from, What: "other amount after a restore"})
		}
	}
	if chance(r, 0.05) {
		o.Acts = append(o.Acts, act{At: span(r, 0, o.Length), What: "rotate"})
	}
}

// drawMerchants draws whose the payments are, and who else refunds them. It has
// a source of chance of its own: what else a seed tells stays as it was.
func (o *options) drawMerchants(r *rand.Rand) {
	if chance(r, 0.2) {
		o.TwoMIDs = true
		for i := range o.Payments {
			for j := range o.Payments[i].Asks {
				o.Payments[i].Asks[j].Former = chance(r, 0.5)
			}
		}
		for range r.IntN(3) {
			o.Acts = append(o.Acts, act{At: span(r, 0, o.Length), What: "asked again under the other mid", Of: r.IntN(6)})
		}
	}
	if chance(r, 0.15) {
		o.Brakes, o.Pause = 1+r.IntN(2), max(o.Pause, 0.02)
	}
	if chance(r, 0.1) {
		p := &o.Payments[r.IntN(len(o.Payments))]
		p.Other, p.Believed = true, chance(r, 0.7)
	}
	if chance(r, 0.2) {
		for range 1 + r.IntN(2) {
			i := r.IntN(len(o.Payments))
			p := o.Payments[i]
			at := span(r, 0, o.Length/2)
			if chance(r, 0.6) { // around the time at which it is sent
				at = max(0, p.Asks[0].At+span(r, -10*time.Minute, 20*time.Minute))
			}
			o.Acts = append(o.Acts, act{At: at, What: "another installation refunds", Of: i, Sum: p.Amount / 10 * (1 + r.Int64N(3))})
		}
	}
}

// drawPeople draws what people do beside asking and approving.
func (o *options) drawPeople(r *rand.Rand) {
	o.Resolves = chance(r, 0.5)
	if chance(r, 0.25) {
		o.Meddles = 1 + r.IntN(2)
	}
	if chance(r, 0.2) {
		o.DayCount, o.Every = 1+r.Int64N(2), span(r, time.Hour, 4*time.Hour)
	}
	if chance(r, 0.35) {
		for range 1 + r.IntN(2) {
			i := r.IntN(len(o.Payments))
			p := o.Payments[i]
			sum := []int64{0, p.Amount, p.Asks[0].Amount, p.Amount / 10}[r.IntN(4)]
			at := span(r, 0, o.Length)
			if chance(r, 0.6) { // while the request is on its way
				at = p.Asks[0].At + span(r, 0, 40*time.Minute)
			}
			o.Acts = append(o.Acts, act{At: at, What: "console", Of: i, Sum: sum})
		}
	}
	if chance(r, 0.15) {
		from := span(r, 0, o.Length)
		o.Acts = append(o.Acts, act{At: from, What: "brake on"}, act{At: from + span(r, time.Minute, 6*time.Hour), What: "brake off"})
	}
	if chance(r, 0.2) {
		o.Acts = append(o.Acts, act{At: span(r, 0, o.Length), What: "withdraw", Of: r.IntN(6)})
	}
	if chance(r, 0.1) {
		o.Acts = append(o.Acts, act{At: span(r, 0, o.Length/2), What: "edit", Of: r.IntN(6)})
	}
	if chance(r, 0.2) {
		o.Acts = append(o.Acts, act{At: span(r, 0, o.Length), What: "new account", Of: r.IntN(6)})
	}
}
