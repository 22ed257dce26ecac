package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"
)

// Webhook is one webhook and every try to deliver it.
type Webhook struct {
	ID         string // of the transmission
	Event      string // its eventType; a DEPOSIT_CALLBACK has none of its own
	PaymentKey string // empty where it is about none
	Made       time.Time
	Body       []byte
	Arrived    bool      // one try was answered with 200
	Due        time.Time // the next try; zero: there is none
	Tries      []WebhookTry
}

// WebhookTry is one try. Where no answer came, Status is 0 and Error says why.
type WebhookTry struct {
	At     time.Time // by the sandbox's clock
	Took   time.Duration
	Status int
	Answer string // the beginning of the body
	Error  string
	ByHand bool
}

// mostLogged is how many webhooks are remembered, mostAnswer how much of an answer.
const (
	mostLogged = 2000
	mostAnswer = 500
)

// Webhooks lists those that were made, newest first; of one payment, or with an
// empty key all that are remembered.
func (s *Sandbox) Webhooks(paymentKey string) []Webhook {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Webhook
	for i := len(s.hooks.log) - 1; i >= 0; i-- {
		d := s.hooks.log[i]
		if paymentKey != "" && d.payment != paymentKey {
			continue
		}
		w := Webhook{
			ID: d.id, Event: d.event, PaymentKey: d.payment, Made: d.made.In(kst), Body: d.body,
			Arrived: d.arrived, Tries: append([]WebhookTry(nil), d.log...),
		}
		for _, waits := range s.hooks.waiting {
			if waits == d {
				w.Due = d.due.In(kst)
			}
		}
		list = append(list, w)
	}
	return list
}

// WebhookURL is where webhooks go; empty: none are made.
func (s *Sandbox) WebhookURL() string { return s.opts.WebhookURL }

// Resend sends a webhook once more, as a hand in Toss's developer centre does, and
// says what came of it. It does not count among the seven.
func (s *Sandbox) Resend(id string) (WebhookTry, error) {
	s.mu.Lock()
	var wanted *delivery
	for _, d := range s.hooks.log {
		if d.id == id {
			wanted = d
		}
	}
	now := s.now()
	s.mu.Unlock()
	if wanted == nil {
		return WebhookTry{}, fmt.Errorf("no webhook %s is remembered", id)
	}
	if err := s.commit(); err != nil {
		return WebhookTry{}, err
	}
	try := s.post(wanted, now)
	try.ByHand = true
	s.mu.Lock()
	defer s.mu.Unlock()
	wanted.tried(try)
	if wanted.arrived {
		s.hooks.drop(wanted)
	}
	return try, nil
}

// remember takes a delivery into the log.
func (q *hookQueue) remember(d *delivery) {
	if len(q.log) >= mostLogged {
		q.log = append(q.log[:0:0], q.log[len(q.log)-mostLogged/2:]...)
	}
	q.log = append(q.log, d)
}

func (q *hookQueue) drop(d *delivery) {
	for i, w := range q.waiting {
		if w == d {
			q.waiting = append(q.waiting[:i], q.waiting[i+1:]...)
			return
		}
	}
}

func (d *delivery) tried(try WebhookTry) {
	d.log = append(d.log, try)
	d.arrived = d.arrived || try.Status == http.StatusOK
}

// post sends once; only 200 counts as received.
func (s *Sandbox) post(d *delivery, now time.Time) WebhookTry {
	try := WebhookTry{At: now}
	r, err := http.NewRequest(http.MethodPost, s.opts.WebhookURL, bytes.NewReader(d.body))
	if err != nil {
		try.Error = err.Error()
		return try
	}
	sentAt := now.Format("2006-01-02T15:04:05-07:00")
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("tosspayments-webhook-transmission-time", sentAt)
	r.Header.Set("tosspayments-webhook-transmission-retried-count", strconv.Itoa(d.tries))
	r.Header.Set("tosspayments-webhook-transmission-id", d.id)
	if d.signed {
		r.Header.Set("tosspayments-webhook-signature", s.sign(d.body, sentAt))
	}
	began := time.Now()
	answer, err := hookClient.Do(r)
	try.Took = time.Since(began)
	if err != nil {
		for cause := errors.Unwrap(err); cause != nil; cause = errors.Unwrap(err) { // without the address
			err = cause
		}
		try.Error = err.Error()
		return try
	}
	defer answer.Body.Close()
	raw, _ := io.ReadAll(io.LimitReader(answer.Body, mostAnswer))
	for len(raw) > 0 && !utf8.Valid(raw) {
		raw = raw[:len(raw)-1]
	}
	try.Status, try.Answer = answer.StatusCode, string(raw)
	return try
}
