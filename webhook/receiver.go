// Package webhook receives Toss's webhooks: it verifies, stores and answers.
// What an event means is not its business: somebody looks the payment up, and
// believes only that.
package webhook

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"path"
	"sync"
	"time"

	"daesa/pay"
)

// Inbox keeps events durably. When Keep returns nil all of them are stored; one
// that is there already changes nothing.
type Inbox interface {
	Keep(ctx context.Context, events []pay.Event) error
}

// Merchant is one of those whose events may come.
type Merchant struct {
	MID string
	// SecurityKeys reveals the keys of signed events, for each check anew; two
	// while one takes the other's place. None: they cannot be verified.
	SecurityKeys func() []string
}

// Options of a Receiver. Inbox, Merchants, Redact and Now are needed.
type Options struct {
	Inbox     Inbox
	Merchants []Merchant
	// Redact cuts what is personal out of JSON; its error means that it is none.
	Redact         func([]byte) ([]byte, error)
	AllowFrom      []netip.Prefix // empty: any address
	TrustedProxies []netip.Prefix
	Now            func() time.Time
	Log            *slog.Logger // nil: none
	// Stored is told after events were stored. It must not block; it may be nil.
	Stored func()
}

const (
	bodyMost  = 1 << 20 // bytes
	batchMost = 200     // events that one commit acknowledges
	// An answer must leave within ten seconds (integration guide, 웹훅 재전송 정책):
	// five to read, four to wait for the store, of which a batch may take three.
	storeMost = 3 * time.Second
	waitMost  = 4 * time.Second
)

// Receiver is the handler of webhooks.
type Receiver struct {
	o       Options
	waiting chan *waiter
	closed  chan struct{}
	closing sync.Once
	done    chan struct{}
}

// waiter is a request whose event is not stored yet.
type waiter struct {
	event  pay.Event
	stored chan error // of one value
}

// New makes a receiver and starts what stores; Close ends it.
func New(o Options) (*Receiver, error) {
	if o.Inbox == nil || o.Redact == nil || o.Now == nil || len(o.Merchants) == 0 {
		return nil, errors.New("webhook: a receiver needs an inbox, merchants, a way to cut personal data, and a clock")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	r := &Receiver{o: o, waiting: make(chan *waiter, batchMost), closed: make(chan struct{}), done: make(chan struct{})}
	go r.store()
	return r, nil
}

// Close ends the receiver when everything that waits is stored. No request may
// come after it.
func (r *Receiver) Close() {
	r.closing.Do(func() { close(r.closed) })
	<-r.done
}

// store keeps events in batches: whatever came while one batch was stored is the
// next. One commit acknowledges all of it.
func (r *Receiver) store() {
	defer close(r.done)
	for {
		var batch []*waiter
		select {
		case w := <-r.waiting:
			batch = append(batch, w)
		case <-r.closed:
			select {
			case w := <-r.waiting:
				batch = append(batch, w)
			default:
				return
			}
		}
		for more := true; more && len(batch) < batchMost; {
			select {
			case w := <-r.waiting:
				batch = append(batch, w)
			default:
				more = false
			}
		}
		r.keep(batch)
	}
}

func (r *Receiver) keep(batch []*waiter) {
	ctx, cancel := context.WithTimeout(context.Background(), storeMost)
	defer cancel()
	events := make([]pay.Event, len(batch))
	for i, w := range batch {
		events[i] = w.event
	}
	err := r.o.Inbox.Keep(ctx, events)
	if err != nil {
		r.o.Log.Error("webhook: events could not be stored, and Toss is told to send them again", "number", len(batch), "error", err)
	}
	for _, w := range batch {
		w.stored <- err
	}
	if err == nil && r.o.Stored != nil {
		r.o.Stored()
	}
}

// ServeHTTP receives one webhook. It answers 200 only when the event is stored.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		answer(w, http.StatusMethodNotAllowed, "webhooks come by POST")
		return
	}
	if source, allowed := r.allowed(req); !allowed {
		r.o.Log.Warn("webhook: refused", "from", source, "reason", "address")
		answer(w, http.StatusForbidden, "not from this address")
		return
	}
	body, code := r.read(w, req)
	if code != 0 {
		answer(w, code, "the body could not be read")
		return
	}
	event, err := r.event(req, body)
	switch {
	case errors.Is(err, errSignature):
		r.o.Log.Warn("webhook: refused", "from", req.RemoteAddr, "reason", "signature", "type", event.Type)
		answer(w, http.StatusUnauthorized, "the signature is not valid")
		return
	case err != nil:
		answer(w, http.StatusBadRequest, "the body is not one JSON object")
		return
	}
	if err := r.hand(req.Context(), event); err != nil {
		answer(w, http.StatusServiceUnavailable, "it could not be stored; send it again")
		return
	}
	r.o.Log.Debug("webhook", "type", event.Type, "order", event.OrderID, "transmission", event.TransmissionID, "status", event.Status)
	answer(w, http.StatusOK, "stored")
}

// hand gives an event to who stores, and waits until it is stored.
func (r *Receiver) hand(ctx context.Context, event pay.Event) error {
	ctx, cancel := context.WithTimeout(ctx, waitMost)
	defer cancel()
	w := &waiter{event: event, stored: make(chan error, 1)}
	select {
	case r.waiting <- w:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-w.stored:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// read reads a body of at most bodyMost bytes; code is 0, or why it is refused.
func (r *Receiver) read(w http.ResponseWriter, req *http.Request) (body []byte, code int) {
	if req.ContentLength > bodyMost {
		w.Header().Set("Connection", "close")
		return nil, http.StatusRequestEntityTooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, bodyMost))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, http.StatusRequestEntityTooLarge
	case err != nil:
		return nil, http.StatusBadRequest
	}
	return body, 0
}

func answer(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	_, _ = io.WriteString(w, text+"\n") // who does not listen any more is not told
}

// merchant says whose event it is: the last part of the path, the body's mId, or
// the only merchant there is; nil where nobody says it.
func (r *Receiver) merchant(req *http.Request, mID string) *Merchant {
	for _, name := range []string{path.Base(req.URL.Path), mID} {
		for i := range r.o.Merchants {
			if r.o.Merchants[i].MID == name {
				return &r.o.Merchants[i]
			}
		}
	}
	if len(r.o.Merchants) == 1 {
		return &r.o.Merchants[0]
	}
	return nil
}
