package refunds_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"time"

	"daesa/pay"
)

// clientGivesUp is when a caller ends a call (toss.DefaultTimeout).
const clientGivesUp = 65 * time.Second

// reply is what Toss answered.
type reply struct {
	status int
	body   []byte
}

// kept is an answer that the provider keeps under a key.
type kept struct {
	first   time.Time
	running bool
	reply   *reply // nil: nothing is kept
}

// flight is one cancel on its way. The caller may have given up, or be dead.
type flight struct {
	id, key string // the request's, by its reference, and the key
	scope   string // what the provider takes for the same request
	path    string
	body    []byte
	way     mishap
	at      time.Time // when it arrives, or ends
	runs    bool      // it has arrived and runs
	done    bool
	zombie  bool // its worker had lost the lease when it left
	epoch   int
	answer  reply
}

// wire lies between the workers and the pretend Toss. It owns what the sandbox
// decides once for all: how long a key lives, which answers it keeps, what a
// second call meets while a first one runs.
type wire struct {
	s       *sim
	keys    map[string]*kept
	flights []*flight
}

var (
	errReset = errors.New("read: connection reset by peer")
	errDial  = errors.New("dial tcp: connection refused")
)

// RoundTrip carries a call of a worker, or of a person, to the pretend Toss.
func (n *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w := n.s.current
	if w == nil { // a person at a screen: nothing goes wrong
		return respond(r, n.serve(r.Method, r.URL.EscapedPath(), nil, r.Header)), nil
	}
	if r.Method == http.MethodGet {
		return n.look(w, r)
	}
	return n.send(w, r)
}

// serve lets the sandbox answer. No key reaches it: keys are the wire's.
func (n *wire) serve(method, path string, body []byte, header http.Header) reply {
	r := httptest.NewRequest(method, path, bytes.NewReader(body))
	r.Header.Set("Authorization", header.Get("Authorization"))
	recorder := httptest.NewRecorder()
	n.s.toss.ServeHTTP(recorder, r)
	return reply{recorder.Code, recorder.Body.Bytes()}
}

func respond(r *http.Request, a reply) *http.Response {
	header := http.Header{"Content-Type": {"application/json"}}
	if a.status == http.StatusTooManyRequests {
		header.Set("Retry-After", "2")
	}
	return &http.Response{StatusCode: a.status, Header: header, Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)), Request: r, ProtoMajor: 1, ProtoMinor: 1}
}

func wrote(r *http.Request) {
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
}

// cut is a body that ends too early.
type cut struct{ io.Reader }

func (c cut) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}
func (cut) Close() error { return nil }

// spoil turns an answer into what a mishap leaves of it.
func spoil(r *http.Request, way mishap, a reply) (*http.Response, error) {
	switch way {
	case dropAfter, slowLost, slowForgotten:
		return nil, errReset
	case truncated:
		response := respond(r, a)
		response.ContentLength, response.Body = -1, cut{bytes.NewReader(a.body[:len(a.body)/2])}
		return response, nil
	case htmlAfter:
		return respond(r, reply{200, []byte("<!DOCTYPE html><html><body>점검 중입니다</body></html>")}), nil
	}
	return respond(r, a), nil
}

func code(status int, code string) reply {
	return reply{status, fmt.Appendf(nil, `{"code":%q,"message":"a test"}`, code)}
}

// statusOf is the HTTP status that goes with a code.
func statusOf(name string) int {
	switch name {
	case "NOT_FOUND_PAYMENT":
		return 404
	case "UNAUTHORIZED_KEY":
		return 401
	case "PROVIDER_ERROR", "ALREADY_CANCELED_PAYMENT", "NOT_MATCHES_REFUNDABLE_AMOUNT", "INVALID_REFUND_ACCOUNT_INFO", "REFUND_REJECTED":
		return 400
	}
	return 403
}

// early is the answer of a mishap that keeps the call from being carried out.
func early(way mishap) (a reply, keep, ok bool) {
	switch way {
	case htmlBefore:
		return reply{502, []byte("<html>bad gateway</html>")}, false, true
	case redirect:
		return reply{307, nil}, false, true
	case throttled:
		return code(429, "TOO_MANY_REQUESTS"), false, true
	case unavailable:
		return reply{503, nil}, false, true
	case inFlight:
		return code(409, "IDEMPOTENT_REQUEST_PROCESSING"), false, true
	case failBefore, failBeforeKept:
		return code(500, "FAILED_INTERNAL_SYSTEM_PROCESSING"), way == failBeforeKept, true
	}
	if name, found := strings.CutPrefix(way, "+"); found {
		return code(statusOf(name), name), true, true
	}
	if name, found := strings.CutPrefix(way, "-"); found {
		return code(statusOf(name), name), false, true
	}
	return reply{}, false, false
}

// look carries a look-up.
func (n *wire) look(w *simWorker, r *http.Request) (*http.Response, error) {
	w.at("before look-up")
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	way := w.meet("look-up", lookMishaps)
	if n.s.outage() {
		way = lost
	}
	switch way {
	case notSent:
		return nil, errDial
	case lost:
		wrote(r)
		w.wait(clientGivesUp)
		return nil, errReset
	}
	wrote(r)
	n.s.tick(50 * time.Millisecond)
	a, _, stopped := early(way)
	if !stopped {
		a = n.serve(r.Method, r.URL.EscapedPath(), nil, r.Header)
		key := strings.Split(r.URL.EscapedPath(), "/")[3]
		w.saw[key] = n.s.strangersOf(key)
	}
	w.at("after look-up")
	return spoil(r, way, a)
}

// send carries a cancel: the caller waits for it, but not for ever.
func (n *wire) send(w *simWorker, r *http.Request) (*http.Response, error) {
	s := n.s
	w.at("before send") // who freezes here is a zombie with a word to send
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	way := w.meet("send", sendMishaps)
	if s.outage() && way != notSent {
		way = lost
	}
	if way == notSent {
		if s.opt.SlowDial {
			w.wait(span(s.dice, time.Minute, 150*time.Second)) // as long as a lease lasts, nearly
		}
		s.note("%s: not sent", w.name)
		return nil, errDial
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	wrote(r)
	key := r.Header.Get("Idempotency-Key")
	f := &flight{key: key, scope: w.secret + " " + r.URL.EscapedPath() + " " + key, path: r.URL.EscapedPath(), body: body, way: way, at: s.now,
		zombie: s.now.After(w.lease), epoch: s.epoch}
	s.left(w, f)
	switch way {
	case lost:
		f.done = true // Toss never sees it
		w.wait(clientGivesUp)
		return nil, errReset
	case late, lateForgotten:
		f.at = s.now.Add(span(s.rnd, time.Second, 10*time.Minute+clientGivesUp))
	case slow, slowLost, slowForgotten:
		f.at = s.now.Add(span(s.rnd, 0, 2*time.Second))
	default:
		s.tick(80 * time.Millisecond)
		f.at = s.now
	}
	n.flights = append(n.flights, f)
	n.deliver()
	for until := s.now.Add(clientGivesUp); !f.done; {
		if !s.now.Before(until) {
			s.note("%s: gives up waiting for %s", w.name, key)
			return nil, errReset
		}
		w.waitUntil(earliest(until, f.at))
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
	}
	w.at("after send")
	return spoil(r, way, f.answer)
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// deliver lets everything arrive, and end, whose time has come.
func (n *wire) deliver() {
	flying := n.flights[:0]
	for _, f := range n.flights {
		for !f.done && !f.at.After(n.s.now) {
			n.arrive(f)
		}
		if !f.done {
			flying = append(flying, f)
		}
	}
	n.flights = flying
}

// arrive is the provider's side of a cancel: keys first, then the ledger.
func (n *wire) arrive(f *flight) {
	s := n.s
	known := n.keys[f.scope]
	if !f.runs {
		switch {
		case known != nil && known.running:
			f.end(code(409, "IDEMPOTENT_REQUEST_PROCESSING"))
			return
		case known != nil && known.reply != nil && s.now.Sub(known.first) < s.opt.KeyLife:
			s.note("toss: %s is replayed", f.key)
			f.end(*known.reply)
			return
		}
		known = &kept{first: s.now}
		n.keys[f.scope] = known
		if a, keep, stopped := early(f.way); stopped {
			n.keep(known, a, keep)
			f.end(a)
			return
		}
		if s.opt.LooseGuard {
			if a, stopped := n.guarded(f); stopped {
				n.keep(known, a, true)
				f.end(a)
				return
			}
		}
		if f.way == slow || f.way == slowLost || f.way == slowForgotten {
			f.runs, known.running = true, true
			f.at = s.now.Add(span(s.rnd, time.Second, 100*time.Second))
			s.note("toss: %s runs until %s", f.key, clock(f.at))
			return
		}
	}
	known.running = false
	a := n.serve(http.MethodPost, f.path, f.body, http.Header{"Authorization": {authorization}})
	s.note("toss: %s carried out: %d %s", f.key, a.status, codeOf(a))
	switch f.way {
	case failAfter, failAfterKept:
		a = code(500, "FAILED_INTERNAL_SYSTEM_PROCESSING")
		n.keep(known, a, f.way == failAfterKept)
	case lateForgotten, slowForgotten:
	case failAfterDone:
		n.keep(known, a, true)
		a = code(500, "FAILED_INTERNAL_SYSTEM_PROCESSING")
	case refusedAfter:
		a = code(400, "REFUND_REJECTED")
		n.keep(known, a, true)
	default:
		n.keep(known, a, a.status < 500)
	}
	f.end(a)
	s.checkLedger()
}

func (n *wire) keep(k *kept, a reply, keep bool) {
	if keep {
		k.reply = &a
	}
}

func (f *flight) end(a reply) { f.done, f.answer = true, a }

// guarded compares the guard on arrival, and takes it out: a provider that
// looks at the balance before it starts, and not when it moves the money.
func (n *wire) guarded(f *flight) (reply, bool) {
	var body map[string]any
	decoder := json.NewDecoder(bytes.NewReader(f.body))
	decoder.UseNumber()
	if decoder.Decode(&body) != nil || body["refundableAmount"] == nil {
		return reply{}, false
	}
	p, _ := n.s.toss.Payment(strings.Split(f.path, "/")[3])
	if p != nil && fmt.Sprint(p.Balance) != fmt.Sprint(body["refundableAmount"]) && p.Currency == "KRW" {
		return code(400, "NOT_MATCHES_REFUNDABLE_AMOUNT"), true
	}
	delete(body, "refundableAmount")
	f.body, _ = json.Marshal(body)
	return reply{}, false
}

func codeOf(a reply) string {
	var e struct{ Code string }
	_ = json.Unmarshal(a.body, &e)
	return e.Code
}

// cancelBody is what a cancel asks for, as the provider reads it.
type cancelBody struct {
	Reason  string      `json:"cancelReason"`
	Amount  json.Number `json:"cancelAmount"`
	Guard   json.Number `json:"refundableAmount"`
	TaxFree json.Number `json:"taxFreeAmount"`
	Account *struct {
		Number string `json:"accountNumber"`
	} `json:"refundReceiveAccount"`
}

func (f *flight) read() cancelBody {
	var b cancelBody
	_ = json.Unmarshal(f.body, &b)
	f.id = pay.Marker(b.Reason)
	return b
}

func clock(t time.Time) string { return t.Format("01-02 15:04:05.000") }
