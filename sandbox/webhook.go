package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// hookRetries are the pauses before each resend; the sum is 3 days and 19 hours.
var hookRetries = []time.Duration{
	time.Minute, 4 * time.Minute, 16 * time.Minute, 64 * time.Minute,
	256 * time.Minute, 1024 * time.Minute, 4096 * time.Minute,
}

// delivery is one webhook on its way.
type delivery struct {
	id      string
	event   string
	payment string // its key
	body    []byte
	signed  bool
	made    time.Time
	due     time.Time
	tries   int // that failed, those by hand not counted

	log     []WebhookTry
	arrived bool
}

// timer is a change that comes by itself: a window that expires, a foreign
// cancel that ends.
type timer struct {
	at  int64
	pay uint32
	seq uint32 // the cancel's step; 0: the payment's expiry
}

type hookQueue struct {
	sending sync.Mutex
	waiting []*delivery
	log     []*delivery // the newest, in the order in which they were made
	timers  []timer
	made    uint64
}

func (s *Sandbox) later(at int64, pay, seq uint32) {
	if s.opts.WebhookURL != "" && !s.seeding {
		s.hooks.timers = append(s.hooks.timers, timer{at: at, pay: pay, seq: seq})
	}
}

// tell queues the webhooks of a payment whose status changed at that moment.
func (s *Sandbox) tell(p *payment, at int64) {
	if s.opts.WebhookURL == "" || s.seeding {
		return
	}
	st := p.at(at)
	if st.status == Ready || st.status == InProgress {
		return
	}
	o := obj{}
	o.str("eventType", "PAYMENT_STATUS_CHANGED")
	o.raw("createdAt", hookTime(s.now()))
	o.raw("data", appendPayment(nil, p, at, s.view(p, at, false)))
	s.queue(&delivery{event: "PAYMENT_STATUS_CHANGED", payment: p.Key, body: o.end(), due: stamp(at)})
	if p.VA == nil || st.last == nil {
		return
	}
	o = obj{}
	o.raw("createdAt", hookTime(s.now()))
	o.str("secret", p.secret())
	o.str("status", st.status)
	o.str("transactionKey", st.last.key())
	o.str("orderId", p.OrderID)
	s.queue(&delivery{event: "DEPOSIT_CALLBACK", payment: p.Key, body: o.end(), due: stamp(at)})
}

// hookTime is the createdAt of payment events: no zone, six digits.
func hookTime(t time.Time) []byte {
	return t.AppendFormat(nil, `"2006-01-02T15:04:05.000000"`)
}

func (s *Sandbox) queue(d *delivery) {
	s.hooks.made++
	id := string(appendBase32([]byte("whtrans_a01"), mix(s.hooks.made), 12))
	d.id = string(appendBase32([]byte(id), mix(s.hooks.made^0xbeef), 12))
	d.made = s.now()
	s.hooks.waiting = append(s.hooks.waiting, d)
	s.hooks.remember(d)
}

// SendSigned queues a payout.changed or seller.changed webhook around a body of
// the caller's. It fails without a security key or a webhook address.
func (s *Sandbox) SendSigned(eventType string, entityBody json.RawMessage) error {
	kinds := map[string]string{"payout.changed": "payout", "seller.changed": "seller"}
	entity, known := kinds[eventType]
	switch {
	case !known:
		return fmt.Errorf("%q is no signed event; there are payout.changed and seller.changed", eventType)
	case s.opts.SecurityKey == "" || s.opts.WebhookURL == "":
		return errors.New("a signed webhook needs Options.SecurityKey and Options.WebhookURL")
	case !json.Valid(entityBody):
		return errors.New("the body of the entity is no JSON")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o := obj{}
	o.str("eventType", eventType)
	o.time("createdAt", s.now().Unix())
	o.str("version", s.opts.Version)
	o.str("eventId", fmt.Sprintf("%016x%016x", mix(s.hooks.made), mix(s.hooks.made+1<<40)))
	o.str("entityType", entity)
	o.raw("entityBody", entityBody)
	s.queue(&delivery{event: eventType, body: o.end(), signed: true, due: s.now()})
	return nil
}

// fireTimers turns what has come by itself into webhooks.
func (s *Sandbox) fireTimers() {
	now := s.now().Unix()
	kept := s.hooks.timers[:0]
	for _, t := range s.hooks.timers {
		if t.at > now {
			kept = append(kept, t)
			continue
		}
		s.fire(s.ledger.payments[t.pay], t)
	}
	s.hooks.timers = kept
}

func (s *Sandbox) fire(p *payment, t timer) {
	st := p.at(t.at)
	if t.seq == 0 {
		if st.status == Expired {
			s.tell(p, t.at)
		}
		return
	}
	for _, e := range st.cancels {
		if e.Seq != t.seq {
			continue
		}
		o := obj{}
		o.str("eventType", "CANCEL_STATUS_CHANGED")
		o.raw("createdAt", hookTime(stamp(t.at)))
		o.raw("data", appendCancel(nil, p, e, t.at))
		s.queue(&delivery{event: "CANCEL_STATUS_CHANGED", payment: p.Key, body: o.end(), due: stamp(t.at)})
		if !e.Cancel.Aborted {
			s.tell(p, t.at)
		}
	}
}

// DeliverWebhooks sends every webhook that is due by the sandbox's clock and
// returns how many were sent, successes and failures. Run calls it every
// second, Advance and SetClock on their way.
func (s *Sandbox) DeliverWebhooks() int {
	s.hooks.sending.Lock()
	defer s.hooks.sending.Unlock()
	s.mu.Lock()
	s.fireTimers()
	s.mu.Unlock()
	sent := 0
	for {
		s.mu.Lock()
		d := s.nextDue()
		now := s.now()
		s.mu.Unlock()
		if d == nil || s.commit() != nil {
			return sent
		}
		try := s.post(d, now)
		sent++
		s.mu.Lock()
		s.settleHook(d, try, now)
		s.mu.Unlock()
	}
}

func (s *Sandbox) nextDue() *delivery {
	now := s.now()
	for _, d := range s.hooks.waiting {
		if !d.due.After(now) {
			return d
		}
	}
	return nil
}

// settleHook drops a delivery that arrived or was tried often enough, and puts
// off any other.
func (s *Sandbox) settleHook(d *delivery, try WebhookTry, now time.Time) {
	d.tried(try)
	if !d.arrived && d.tries < len(hookRetries) {
		d.due = now.Add(hookRetries[d.tries])
		d.tries++
		return
	}
	s.hooks.drop(d)
}

// hookClient waits ten seconds for a shop's answer, as Toss does.
var hookClient = &http.Client{Timeout: 10 * time.Second}

// sign makes two values, as Toss does while two keys hold. Whether the key is
// used as its text or as the bytes that its hexadecimal digits stand for is not
// documented; here each makes one value, so either reading verifies.
func (s *Sandbox) sign(body []byte, sentAt string) string {
	keys := [][]byte{[]byte(s.opts.SecurityKey)}
	if raw, err := hex.DecodeString(s.opts.SecurityKey); err == nil {
		keys = append(keys, raw)
	}
	var out []byte
	for i, key := range keys {
		if i > 0 {
			out = append(out, ',')
		}
		mac := hmac.New(sha256.New, key)
		mac.Write(body)
		mac.Write([]byte(":" + sentAt))
		out = append(out, "v1:"...)
		out = base64.StdEncoding.AppendEncode(out, mac.Sum(nil))
	}
	return string(out)
}

// travel moves the clock, stopping wherever a webhook falls due on the way.
func (s *Sandbox) travel(to time.Time) {
	s.mu.Lock()
	if to.Before(s.now()) { // what was measured lies in the future now
		clear(s.pace)
		clear(s.lastDone)
	}
	s.mu.Unlock()
	for {
		s.mu.Lock()
		next, due := s.nextStop(to)
		s.clock.set(next)
		s.touchHead()
		s.mu.Unlock()
		if s.opts.WebhookURL != "" {
			s.DeliverWebhooks()
		}
		if !due {
			return
		}
	}
}

// nextStop is the earliest moment before `to` at which something falls due;
// false when there is none, and `to` itself is next.
func (s *Sandbox) nextStop(to time.Time) (time.Time, bool) {
	next, found := to, false
	consider := func(t time.Time) {
		if t.Before(next) && t.After(s.now()) {
			next, found = t, true
		}
	}
	for _, d := range s.hooks.waiting {
		consider(d.due)
	}
	for _, t := range s.hooks.timers {
		consider(stamp(t.at))
	}
	return next, found
}
