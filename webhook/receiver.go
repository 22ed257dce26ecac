// Package webhook receives Toss's webhooks: it verifies, stores and answers.
// What an event means is not its business: somebody looks the payment up, and
// believes only that.
package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"path"
	"slices"
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
	MID      string
	AlsoMIDs []string // further MIDs of the same key: their events are MID's
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
	// five to read, four to wait for the store, of which a batch may take three. An
	// event that came while another batch ran may be stored and still be asked for
	// again; then it changes nothing.
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

// New makes a receiver and starts what stores; Close ends it.
func New(o Options) (*Receiver, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.AllowFrom, o.TrustedProxies = unmapped(o.AllowFrom), unmapped(o.TrustedProxies)
	r := &Receiver{o: o, waiting: make(chan *waiter, batchMost), closed: make(chan struct{}), done: make(chan struct{})}
	go r.store()
	return r, nil
}

func (o Options) check() error {
	if o.Inbox == nil || o.Redact == nil || o.Now == nil || len(o.Merchants) == 0 {
		return errors.New("webhook: a receiver needs an inbox, merchants, a way to cut personal data, and a clock")
	}
	seen := map[string]bool{}
	for _, m := range o.Merchants {
		if m.MID == "" || seen[m.MID] {
			return fmt.Errorf("webhook: each merchant needs a mid of its own, and %q is not", m.MID)
		}
		seen[m.MID] = true
	}
	for _, prefix := range slices.Concat(o.AllowFrom, o.TrustedProxies) {
		if !prefix.IsValid() {
			return errors.New("webhook: an allowed or trusted network is empty; write it as an address and a length, such as 13.124.18.147/32")
		}
	}
	return nil
}

// Close ends the receiver when everything that waits is stored. What comes later
// is answered with 503, so that Toss sends it again.
func (r *Receiver) Close() {
	r.closing.Do(func() { close(r.closed) })
	<-r.done
}

// ServeHTTP receives one webhook. It answers 200 only when the event is stored.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		unread(w)
		answer(w, http.StatusMethodNotAllowed, "webhooks come by POST")
		return
	}
	source, allowed := r.allowed(req)
	if !allowed {
		r.o.Log.Warn("webhook: refused", "from", source, "reason", "address")
		unread(w)
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
		r.o.Log.Warn("webhook: refused", "from", source, "reason", "signature", "type", event.Type)
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

// read reads a body of at most bodyMost bytes; code is 0, or why it is refused.
func (r *Receiver) read(w http.ResponseWriter, req *http.Request) (body []byte, code int) {
	if req.ContentLength > bodyMost {
		unread(w)
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

// unread refuses a body without reading it. The server would read a part of it,
// to use the connection again, and wait for it as long as for any other.
func unread(w http.ResponseWriter) {
	w.Header().Set("Connection", "close")
	_ = http.NewResponseController(w).SetReadDeadline(time.Unix(1, 0)) // a test's writer has none
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
			if r.o.Merchants[i].MID == name || slices.Contains(r.o.Merchants[i].AlsoMIDs, name) {
				return &r.o.Merchants[i]
			}
		}
	}
	if len(r.o.Merchants) == 1 {
		return &r.o.Merchants[0]
	}
	return nil
}
