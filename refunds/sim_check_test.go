package refunds_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/sandbox"
	"daesa/store"
)

// facts are what the simulation knows for itself, beside store and ledger.
type facts struct {
	keys     []string // of the payments
	foreign  []int    // cancels by others, of each payment
	strange  []int    // cancels by other installations, of each payment
	unasked  []*wish
	wishes   []*wish
	ids      map[string]int // request ids in the order of their first asking
	words    map[string]word
	person   map[string]bool // requests that a person had to look at after the approval
	numbers  map[string]string
	accounts int
	last     []refunds.Request // the table as it was seen last
	states   map[string]refunds.State
	answered map[string]bool // keys whose last send was answered, or decided on by a person
	guards   map[string]int64
	lastSend map[string]time.Time // of each payment, by the worker's clock
	sentOn   map[string][]reserved
	gone     map[string]bool // requests of which something has left
	breaks   map[string]*reconcile.Break
	said     map[string]bool // breaks of which a person has said the tax-free part
	given    []refunds.ManualTransfer
	brake    int // the step at which it went on; -1: it is off
	checks   int
}

func newFacts() facts {
	return facts{ids: map[string]int{}, words: map[string]word{}, person: map[string]bool{}, numbers: map[string]string{}, states: map[string]refunds.State{},
		answered: map[string]bool{}, guards: map[string]int64{}, lastSend: map[string]time.Time{}, sentOn: map[string][]reserved{}, gone: map[string]bool{},
		breaks: map[string]*reconcile.Break{}, said: map[string]bool{}, brake: -1}
}

// short names a request.
func (s *sim) short(id string) string { return fmt.Sprintf("R%d", s.ids[id]) }

func shortKey(key string) string {
	if i := strings.LastIndex(key, "-"); i > 4 {
		return key[:4] + key[i:]
	}
	return key
}

// engineError: a worker may end with an error only where the store failed it, or
// where it was asked to end.
func (w *simWorker) engineError(err error) {
	if errors.Is(err, errStore) {
		return
	}
	w.checkAsked()
	var failure *pay.Failure
	if errors.As(err, &failure) || errors.Is(err, context.Canceled) && w.ctx.Err() != nil {
		return
	}
	w.s.fail("E", "the engine gives up: %v", err)
}

// workersOwn are the states that a worker, and no person, leads on.
var workersOwn = []refunds.State{refunds.StateApproved, refunds.StateRetry, refunds.StateSending, refunds.StateUnknown, refunds.StateHeld, refunds.StateAccepted}

// checkStore compares the table with everything else, after every write.
func (s *sim) checkStore() {
	rows, err := s.db.Refunds(s.ctx, store.RefundFilter{})
	s.must(err)
	s.last = rows
	flying := map[string]string{}
	for _, r := range rows {
		if _, ours := s.clients[r.MID]; !ours {
			s.fail("I13", "%s is asked for under %q, and nobody works for that merchant", s.short(r.ID), r.MID)
		}
		if before, seen := s.states[r.ID]; !seen || before != r.State {
			s.states[r.ID] = r.State
			s.checkHistory(r)
		}
		if r.State == refunds.StateHeld && r.TransactionKey == "" || r.State == refunds.StateNeedsAccount {
			s.person[r.ID] = true
		}
		if r.State == refunds.StateSending || r.State == refunds.StateUnknown {
			if other := flying[r.PaymentKey]; other != "" {
				s.fail("I8", "%s and %s are in flight on one payment", s.short(other), s.short(r.ID))
			}
			flying[r.PaymentKey] = r.ID
		}
		if slices.Contains(workersOwn, r.State) && r.NextAt.After(s.now.Add(24*time.Hour)) {
			s.fail("I5", "%s is %s and left alone until %s", s.short(r.ID), r.State, clock(r.NextAt))
		}
	}
	for i, w := range s.wishes {
		if slices.ContainsFunc(s.wishes[:i], func(o *wish) bool { return o.id == w.id }) {
			s.fail(stumbles, "counts %s twice", s.short(w.id))
		}
		if _, there := s.states[w.id]; w.taken && !there {
			s.fail("I5", "%s has disappeared", s.short(w.id))
		}
	}
	s.checkBreaks()
	s.checkLedger()
	s.checkWaiting()
}

// checkHistory replays the journal of a request: it gives the table's state,
// row by row, by moves that the specification knows.
func (s *sim) checkHistory(r refunds.Request) {
	entries, err := s.db.History(s.ctx, "refund:"+r.ID)
	s.must(err)
	var is refunds.State
	for _, e := range entries {
		to := refunds.State(strings.TrimPrefix(e.Action, "refund."))
		if !to.Valid() {
			continue
		}
		var facts struct{ From refunds.State }
		s.must(json.Unmarshal([]byte(e.Facts), &facts))
		if facts.From != is {
			s.fail("I7", "%s: the journal says from %q to %q, but it was %q", s.short(r.ID), facts.From, to, is)
		}
		if !refunds.MayMove(is, to) {
			s.fail("I7", "%s: no rule leads from %q to %q", s.short(r.ID), is, to)
		}
		is = to
	}
	if is != r.State {
		s.fail("I7", "%s is %q, and its journal says %q", s.short(r.ID), r.State, is)
	}
	if s.checks++; s.checks%40 == 0 {
		s.checkChain()
	}
}

func (s *sim) checkChain() {
	found, err := s.db.VerifyJournal(s.ctx, "")
	s.must(err)
	if len(found.Broken) > 0 {
		s.fail("I7", "%s", found.Broken[0])
	}
}

// ours are the cancels with the reference of a request, the aborted apart.
func ours(p *sandbox.Payment, id string) (found []sandbox.Cancel) {
	for _, c := range p.Cancels {
		if c.Status != sandbox.Aborted && pay.Marker(c.Reason) == id {
			found = append(found, c)
		}
	}
	return found
}

// checkLedger compares what Toss has done with what was asked and is believed.
func (s *sim) checkLedger() {
	for i, key := range s.keys {
		p, _ := s.toss.Payment(key)
		moved, foreign := int64(0), 0
		for _, c := range p.Cancels {
			if c.Status == sandbox.Done {
				moved += c.Amount
			}
			if pay.Marker(c.Reason) == "" {
				foreign++
			}
		}
		if n := s.strangersOf(key); n != int64(s.strange[i]) {
			s.fail("I10", "payment %d has %d cancels of other installations, they made %d", i, n, s.strange[i])
		}
		if p.Total-moved != p.Balance {
			s.fail("I10", "payment %d: %d less %d is not %d", i, p.Total, moved, p.Balance)
		}
		if foreign != s.foreign[i] {
			s.fail("I10", "payment %d has %d cancels without our reference, people made %d", i, foreign, s.foreign[i])
		}
		var asked, caused int64
		for _, w := range s.wishes {
			if w.of != i || w.id == "" {
				continue
			}
			found := ours(p, w.id)
			if len(found) > 1 {
				s.fail("I1", "%s was refunded %d times", s.short(w.id), len(found))
			}
			asked += w.Amount
			for _, c := range found {
				caused += c.Amount
				if c.Amount != w.Amount && !s.otherAmount {
					s.fail("I2", "%s asks for %d and Toss cancelled %d", s.short(w.id), w.Amount, c.Amount)
				}
			}
		}
		s.checkParts(i, p)
		s.checkGiven(i, p, caused)
		if caused > asked && !s.otherAmount {
			s.fail("I2", "payment %d: %d were asked for, and we caused %d", i, asked, caused)
		}
		for _, r := range s.last {
			if r.PaymentKey == key {
				s.checkBelief(r, p)
			}
		}
	}
}

// strangersOf counts the cancels of a payment with a reference that nobody here
// has ever asked under.
func (s *sim) strangersOf(key string) (n int64) {
	p, _ := s.toss.Payment(key)
	if p == nil {
		return 0
	}
	for _, c := range p.Cancels {
		if marker := pay.Marker(c.Reason); marker != "" && s.ids[marker] == 0 {
			n++
		}
	}
	return n
}

// checkBelief compares one request's state with the ledger.
func (s *sim) checkBelief(r refunds.Request, p *sandbox.Payment) {
	found := ours(p, r.ID)
	switch r.State {
	case refunds.StateSucceeded, refunds.StateAccepted:
		if len(found) != 1 || found[0].TransactionKey != r.TransactionKey || found[0].Amount != r.Amount {
			if r.State == refunds.StateAccepted && len(found) == 0 && s.aborted(p, r) {
				return // nobody has looked since it was aborted
			}
			s.fail("I3", "%s is %s by cancel %q of %d, and Toss has %v", s.short(r.ID), r.State, r.TransactionKey, r.Amount, found)
		}
		for _, o := range s.last {
			if o.ID != r.ID && o.TransactionKey == r.TransactionKey && o.PaymentKey == r.PaymentKey {
				s.fail("I3", "%s and %s claim one cancel", s.short(o.ID), s.short(r.ID))
			}
		}
		if r.State == refunds.StateSucceeded && p.Method == sandbox.VirtualAccount && p.RefundStatus != sandbox.RefundCompleted && !s.person[r.ID] && len(p.Cancels) == 1 {
			s.fail("I3", "%s is succeeded, and its payout is %s", s.short(r.ID), p.RefundStatus)
		}
	case refunds.StateRefused, refunds.StateRejected, refunds.StateExpired:
		if len(found) > 0 && r.ErrorCode != refunds.WhyPayoutFailed {
			s.fail("I6", "%s is %s because %s, and Toss has cancelled %d for it", s.short(r.ID), r.State, r.ErrorCode, found[0].Amount)
		}
	default: // still open
	}
}

func (s *sim) aborted(p *sandbox.Payment, r refunds.Request) bool {
	return slices.ContainsFunc(p.Cancels, func(c sandbox.Cancel) bool {
		return c.Status == sandbox.Aborted && c.TransactionKey == r.TransactionKey
	})
}

// begun checks an intent when it is committed.
func (s *sim) begun(b refunds.Begun) {
	r, key := b.Request, b.Attempt.Key
	if key != refunds.AttemptKey(r.ID, b.Attempt.N) {
		s.fail("I9", "%s: the key %s is not derived", s.short(r.ID), key)
	}
	if at, sent := s.lastSend[r.PaymentKey]; sent && b.Now.Sub(at) < refunds.Spacing {
		s.fail("F7", "%s: %s after another cancel of the payment", s.short(r.ID), b.Now.Sub(at))
	}
	s.lastSend[r.PaymentKey] = b.Now
	before := refunds.AttemptKey(r.ID, b.Attempt.N-1)
	if guard, sent := s.guards[before]; b.New && sent {
		if !s.answered[before] {
			s.fail("R1", "%s: a new key, and nobody has answered %s", s.short(r.ID), shortKey(before))
		}
		if r.State == refunds.StateUnknown && guard != b.Attempt.Guard {
			s.fail("R2", "%s: the guard was %d, and the new key has %d", s.short(r.ID), guard, b.Attempt.Guard)
		}
	}
	if !b.New && b.Now.Sub(b.Attempt.FirstSent) >= 14*24*time.Hour && r.State == refunds.StateUnknown {
		s.fail("R1", "%s: %s is sent again after %s", s.short(r.ID), shortKey(key), b.Now.Sub(b.Attempt.FirstSent))
	}
	s.guards[key] = b.Attempt.Guard
	s.answered[key] = false
	if r.State == refunds.StateApproved || r.State == refunds.StateRetry {
		s.sentOn[r.ID] = append(s.sentOn[r.ID], reserved{pay.DayOf(b.Now), r.Amount})
	}
}

// left checks a cancel when its first byte leaves.
func (s *sim) left(w *simWorker, f *flight) {
	body := f.read()
	s.count.sends++
	s.gone[f.id] = true
	s.note("%s: sends %s of %s for %s, guard %s", w.name, shortKey(f.key), s.short(f.id), body.Amount, body.Guard)
	for _, o := range s.wire.flights {
		if o.id == f.id && o.key != f.key && !o.done && !o.zombie && !f.zombie && o.epoch == f.epoch {
			s.fail("I9", "%s: %s leaves while %s is on its way", s.short(f.id), shortKey(f.key), shortKey(o.key))
		}
	}
	account := ""
	if body.Account != nil {
		account = body.Account.Number
	}
	given, approved := s.words[f.id]
	is := word{body.Reason, body.Amount.String(), or(body.TaxFree.String(), "0"), account}
	if wish := s.wishOf(f.id); !approved || wish == nil || wish.dropped && !f.zombie || s.epoch == 0 && given != is {
		s.fail("I11", "%s: %v is sent, and people said %v", s.short(f.id), is, given)
	}
	if wish := s.wishOf(f.id); wish != nil && s.opt.Payments[wish.of].Other {
		s.fail("I13", "%s is sent, and Toss says that its payment is another merchant's", s.short(f.id))
	}
	s.fits(f, body)
	if s.brake >= 0 && w.begunAt > s.brake {
		s.fail("I11", "%s is sent, and the brake is on", s.short(f.id))
	}
	s.checkSpent(f.id)
}

// settled says whether everything has come to its end, or to a person.
func (s *sim) settled() bool {
	if len(s.workers) > 0 || len(s.wire.flights) > 0 || len(s.unasked) > 0 || s.quarantine {
		return false
	}
	held := false
	for _, r := range s.last {
		switch r.State {
		case refunds.StateSucceeded, refunds.StateRefused, refunds.StateExpired, refunds.StateRejected:
		case refunds.StateHeld: // it is looked at every six hours
			held = true
		default:
			return false
		}
	}
	return !held || s.now.After(s.mercy.Add(13*time.Hour))
}

func (s *sim) standing() string {
	var all []string
	for _, r := range s.last {
		all = append(all, fmt.Sprintf("%s %s %s", s.short(r.ID), r.State, r.ErrorCode))
	}
	return strings.Join(all, ", ")
}

// checkEnd is what must hold once everything is quiet.
func (s *sim) checkEnd() {
	s.checkStore()
	s.checkChain()
	for _, r := range s.last {
		p, _ := s.toss.Payment(r.PaymentKey)
		if found := ours(p, r.ID); len(found) > 0 {
			switch {
			case r.State == refunds.StateSucceeded, r.State == refunds.StateAccepted, r.State == refunds.StateHeld && r.TransactionKey != "",
				r.ErrorCode == refunds.WhyPayoutFailed, s.otherAmount:
				s.count.succeeded++
			default:
				s.fail("I4", "Toss has refunded %s, and it is %s because %s", s.short(r.ID), r.State, r.ErrorCode)
			}
		}
		known, err := s.db.Known(s.ctx, r)
		s.must(err)
		if r.State == refunds.StateSucceeded && known.Claimed[r.TransactionKey] != r.ID {
			s.fail("I3", "%s does not claim its cancel", s.short(r.ID))
		}
		if s.person[r.ID] || r.State == refunds.StateHeld {
			s.count.people++
		}
	}
	content := s.copyStore()
	for _, number := range s.numbers {
		if bytes.Contains(content, []byte(number)) {
			s.fail("I12", "an account number can be read in the database")
		}
	}
	if wal, err := os.ReadFile(s.path + "-wal"); err == nil && len(wal) > 0 && bytes.Contains(wal, []byte("9988776")) {
		s.fail("I12", "an account number can be read in the log")
	}
}
