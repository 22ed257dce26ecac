// Package sandbox is a pretend Toss Payments: a ledger, a clock and faults of
// its own behind the addresses that a shop calls. A shop's developers train
// against it, and tests prove against it that money is given back once.
//
// It imports nothing else of this project. What Toss documents was read a
// second time for it, so that one misreading cannot hide on both sides. Where
// Toss says nothing the sandbox chooses, and README.md lists each choice.
package sandbox

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// kst is the zone of every time that Toss writes. It has no summer time.
var kst = time.FixedZone("KST", 9*60*60)

// CancelRows says how the amount of a cancel looks in /v1/transactions. Toss
// does not document it, so a client has to bear all three readings.
type CancelRows int

const (
	CancelAmount   CancelRows = iota // what was cancelled, as a positive number
	NegativeAmount                   // what was cancelled, as a negative number
	OriginalAmount                   // the amount of the payment again
)

// The two shapes of a payment object that shops meet.
const (
	Version2022July     = "2022-07-27"
	Version2022November = "2022-11-16"
)

// Options are what a sandbox is born with. The zero value is usable.
type Options struct {
	MID         string           // merchant id; default tosspayments
	SecretKey   string           // the one user of HTTP Basic; empty: any test_sk_ or test_gsk_ key
	SecurityKey string           // 64 hex characters; signs payout.changed and seller.changed
	Rate        int              // requests a minute for each API; 0: no limit
	Now         func() time.Time // source of the clock; default time.Now
	// Freeze makes the clock stand still between SetClock and Advance. Pacing
	// (the rate limit and the second between two cancels) then counts real time.
	Freeze       bool
	CancelRows   CancelRows
	Version      string // Version2022November (default) or Version2022July
	ForgetKeys   bool   // Load drops the idempotency keys, as a provider's accident would
	WebhookURL   string // where Run and Advance deliver webhooks; empty: none are made
	VACancelDays int    // days after the deposit in which a virtual account can be cancelled; default 365
	StateFile    string // Keep and Run keep everything here
	// Token is what the sandbox's own addresses ask for; empty: they are open.
	Token string
	// Settle lets a test key see the rows of /v1/settlements, which Toss gives to
	// live keys alone. Terms and Rates are how it settles; what they do not say is
	// as README.md has it.
	Settle bool
	Terms  map[Method]Term
	Rates  []Rate
}

// Sandbox is one merchant's pretend Toss. Its methods may be called at once
// from many goroutines.
type Sandbox struct {
	opts Options
	mux  *http.ServeMux

	durable http.Handler // mux, guarded, whose answers wait for the disk

	mu        sync.Mutex
	clock     clock
	ledger    ledger
	keys      map[string]*keptAnswer
	lastDone  map[uint32]time.Time // when a payment was last cancelled, by the pacing clock
	pace      map[string][]time.Time
	calls     map[string]int
	traces    uint64
	faults    Faults
	listPages map[listPage]int // which page comes after a key, while the list is cut
	dice      dice
	hooks     hookQueue
	history   *History
	settled   []settledRow // set by hand; nil: the ledger's own rows
	settling  settling
	index     settleIndex
	seeding   bool
	pending   pending
	journal   *journal // nil until Keep

	// calling is held for reading from what a call does to the answer that its key
	// keeps, so that no file has one without the other. It is taken before mu.
	calling sync.RWMutex
}

// New makes an empty sandbox.
func New(o Options) *Sandbox {
	if o.MID == "" {
		o.MID = "tosspayments"
	}
	if o.Version == "" {
		o.Version = Version2022November
	}
	if o.VACancelDays == 0 {
		o.VACancelDays = 365
	}
	s := &Sandbox{
		opts:     o,
		clock:    newClock(o.Now, o.Freeze),
		keys:     map[string]*keptAnswer{},
		lastDone: map[uint32]time.Time{},
		pace:     map[string][]time.Time{},
		calls:    map[string]int{},
		settling: newSettling(o),
	}
	s.ledger.init(0)
	s.SetFaults(Faults{})
	s.routes()
	s.durable = s.Durable(s.guardOwn(s.mux))
	return s
}

// Handler answers everything: the API under /v1/, the sandbox's own addresses
// under /sandbox/, and a help text at /.
func (s *Sandbox) Handler() http.Handler { return s }

// ServeHTTP makes a Sandbox an http.Handler.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !crossOrigin(w, r) {
		s.durable.ServeHTTP(w, r)
	}
}

// Now is the sandbox's time, in KST.
func (s *Sandbox) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()
}

func (s *Sandbox) now() time.Time { return s.clock.now().In(kst) }

// SetClock moves the clock to t, forwards or back; from there it runs on (or
// stands still, with Options.Freeze). Steps of the ledger that lie after t are
// out of sight until the clock reaches them. Webhooks that fall due on a way
// forward are delivered on the way.
func (s *Sandbox) SetClock(t time.Time) { s.travel(t) }

// Advance moves the clock forward by d and delivers the webhooks that fall due
// on the way, each at its own time.
func (s *Sandbox) Advance(d time.Duration) { s.travel(s.Now().Add(d)) }

// Calls says how many requests each API has answered so far: transactions,
// payment, order, cancel, confirm, settlements. Refused ones count as well.
func (s *Sandbox) Calls() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string]int, len(s.calls))
	for api, n := range s.calls {
		out[api] = n
	}
	return out
}

// Run delivers webhooks as they fall due, and keeps the ledger in
// Options.StateFile (Keep). It returns when ctx ends, after the file was written
// anew, with an error where it could not be.
func (s *Sandbox) Run(ctx context.Context) error {
	if err := s.Keep(); err != nil {
		return err
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			s.mu.Lock()
			s.touchAll()
			s.mu.Unlock()
			return s.commit()
		case <-tick.C:
			s.DeliverWebhooks()
			if err := s.commit(); err != nil {
				return err
			}
		}
	}
}

// clock is a source of time that can be moved.
type clock struct {
	source func() time.Time
	frozen bool
	offset time.Duration
	stand  time.Time // where a frozen clock stands
}

func newClock(source func() time.Time, freeze bool) clock {
	if source == nil {
		source = time.Now
	}
	return clock{source: source, frozen: freeze, stand: source()}
}

func (c *clock) now() time.Time {
	if c.frozen {
		return c.stand
	}
	return c.source().Add(c.offset)
}

func (c *clock) set(t time.Time) {
	c.stand = t
	c.offset = t.Sub(c.source())
}

// pacing is the time by which speed is measured. A frozen clock would never let
// a limit recover, so there it is the source's.
func (c *clock) pacing() time.Time {
	if c.frozen {
		return c.source()
	}
	return c.now()
}
