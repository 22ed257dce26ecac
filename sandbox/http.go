package sandbox

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxBody is the largest request that is read, in bytes.
const maxBody = 1 << 20

// call is one request to the API.
type call struct {
	api     string
	r       *http.Request
	body    []byte
	secret  string
	english bool
	trace   string
}

// reply is an answer that is not written yet, so that a fault can still spoil
// it and a key can keep it.
type reply struct {
	status int
	body   []byte
	err    *Error // a refusal, whose body is written in the language of the call
	trace  string // of the first answer, when this one is a replay
	retry  int    // seconds for Retry-After
	drop   bool   // close the connection, write nothing
	cut    bool   // close it in the middle of the body
	html   bool
}

func ok(body []byte) reply { return reply{status: http.StatusOK, body: body} }

func failed(e *Error) reply { return reply{status: e.Status, err: e} }

// written is the answer with its body: in the language that was asked for, and
// in the envelope of Toss's second version under its addresses.
func (rep reply) written(c *call) reply {
	if rep.err == nil {
		return rep
	}
	o := obj{}
	o.str("code", rep.err.Code)
	o.str("message", rep.err.in(c.english))
	rep.body, rep.err = o.end(), nil
	if strings.HasPrefix(c.r.URL.Path, "/v2/") {
		o = obj{}
		o.str("version", Version2022November)
		o.str("traceId", c.trace)
		o.raw("error", rep.body)
		rep.body = o.end()
	}
	return rep
}

func (s *Sandbox) routes() {
	s.mux = http.NewServeMux()
	s.mux.HandleFunc("GET /v1/payments/{paymentKey}", s.api("payment", s.lookUp))
	s.mux.HandleFunc("GET /v1/payments/orders/{orderId}", s.api("order", s.lookUpOrder))
	s.mux.HandleFunc("POST /v1/payments/{paymentKey}/cancel", s.api("cancel", s.cancel))
	s.mux.HandleFunc("POST /v1/payments/confirm", s.api("confirm", s.confirm))
	s.mux.HandleFunc("GET /v1/payments/{paymentKey}/{page}", s.checkout)
	s.mux.HandleFunc("POST /v1/payments/{paymentKey}", s.api("confirm", s.confirmByKey))
	s.mux.HandleFunc("POST /v1/payments", s.api("payments", s.makeWindow))
	s.mux.HandleFunc("POST /v1/payments/key-in", s.api("key-in", s.keyIn))
	s.mux.HandleFunc("POST /v1/virtual-accounts", s.api("virtual-accounts", s.makeAccount))
	s.mux.HandleFunc("POST /v1/settlements", s.api("acquire", s.acquire))
	s.mux.HandleFunc("GET /v1/transactions", s.api("transactions", s.transactions))
	s.mux.HandleFunc("GET /v1/settlements", s.api("settlements", s.settlements))
	for _, all := range []string{"/v1/", "/v2/"} {
		s.mux.HandleFunc(all, s.api("other", unknownAddress))
	}
	s.controlRoutes()
	s.browserRoutes()
}

func unknownAddress(*call) reply { return failed(refuse("NOT_FOUND")) }

// api wraps one address: who asks, how fast, which fault, which key.
func (s *Sandbox) api(name string, do func(*call) reply) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		c := &call{
			api: name, r: r, body: body, trace: s.newTrace(),
			english: strings.HasPrefix(strings.ToLower(r.Header.Get("Accept-Language")), "en"),
		}
		if err != nil {
			s.write(w, c, failed(refuse("INVALID_REQUEST")))
			return
		}
		s.write(w, c, s.serve(c, do))
	}
}

func (s *Sandbox) serve(c *call, do func(*call) reply) reply {
	if e := s.authenticate(c); e != nil {
		return failed(e)
	}
	if wait := s.countAndPace(c); wait > 0 {
		rep := failed(refuse("TOO_MANY_REQUESTS"))
		rep.retry = wait
		return rep
	}
	if rep, asked := c.testCode(); asked {
		return rep
	}
	f := s.rollFault(c)
	if f.kind == faultTooMany {
		rep := failed(refuse("TOO_MANY_REQUESTS"))
		rep.retry = 1
		return rep
	}
	key, rep, answered := s.claimKey(c)
	if answered {
		return f.spoil(rep)
	}
	if f.kind == faultSlow {
		time.Sleep(f.wait)
	}
	if rep, lost := f.before(); lost {
		s.releaseKey(key)
		return rep
	}
	return f.spoil(s.doOnce(c, key, do))
}

// doOnce does what a call asks for and binds the answer to its key, as one.
func (s *Sandbox) doOnce(c *call, key string, do func(*call) reply) reply {
	s.calling.RLock()
	defer s.calling.RUnlock()
	rep := do(c).written(c)
	s.settleKey(key, c, rep)
	return rep
}

// authenticate reads HTTP Basic with a secret key and an empty password.
func (s *Sandbox) authenticate(c *call) *Error {
	header := c.r.Header.Get("Authorization")
	if header == "" {
		return refuse("UNAUTHORIZED_KEY")
	}
	scheme, code, _ := strings.Cut(header, " ")
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(code))
	user, password, colon := strings.Cut(string(raw), ":")
	switch {
	case !strings.EqualFold(scheme, "Basic") || err != nil || !colon:
		return refuse("INCORRECT_BASIC_AUTH_FORMAT")
	case !s.knows(user) || password != "":
		return refuse("UNAUTHORIZED_KEY")
	}
	c.secret = user
	return nil
}

// knows says whether a key may ask: the one that Options.SecretKey names, or any
// secret key of the test kind. Client keys, test_ck_ and test_gck_, are for pages.
func (s *Sandbox) knows(key string) bool {
	if s.opts.SecretKey != "" {
		return subtle.ConstantTimeCompare([]byte(key), []byte(s.opts.SecretKey)) == 1
	}
	for _, kind := range []string{"test_sk_", "test_gsk_"} {
		if rest, ok := strings.CutPrefix(key, kind); ok && rest != "" {
			return true
		}
	}
	return false
}

// countAndPace counts the call and returns the seconds to wait when its API has
// had as many within the last minute as the rate allows.
func (s *Sandbox) countAndPace(c *call) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[c.api]++
	if s.opts.Rate <= 0 {
		return 0
	}
	now := s.clock.pacing()
	recent := s.pace[c.api]
	for len(recent) > 0 && now.Sub(recent[0]) >= time.Minute {
		recent = recent[1:]
	}
	if len(recent) >= s.opts.Rate {
		s.pace[c.api] = recent
		return int(math.Ceil((time.Minute - now.Sub(recent[0])).Seconds()))
	}
	s.pace[c.api] = append(recent, now)
	return 0
}

// testCode answers the error that a test key asks for by header. Live keys
// ignore it.
func (c *call) testCode() (reply, bool) {
	code := c.r.Header.Get("TossPayments-Test-Code")
	if code == "" || !strings.HasPrefix(c.secret, "test_") {
		return reply{}, false
	}
	if e, known := codes[code]; known {
		return failed(&e), true
	}
	return failed(refuse("INVALID_TEST_CODE")), true
}

// newTrace makes a trace id of 32 hexadecimal digits.
func (s *Sandbox) newTrace() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.traces++
	return fmt.Sprintf("%016x%016x", mix(s.traces), mix(s.traces^0xfeed))
}

func (s *Sandbox) write(w http.ResponseWriter, c *call, rep reply) {
	if rep.drop {
		panic(http.ErrAbortHandler)
	}
	rep = rep.written(c)
	h := w.Header()
	trace := c.trace
	if rep.trace != "" {
		trace = rep.trace + "," + c.trace
	}
	h.Set("x-tosspayments-trace-id", trace)
	h.Set("Date", s.Now().UTC().Format(http.TimeFormat))
	h.Set("Content-Type", "application/json;charset=UTF-8")
	if rep.html {
		h.Set("Content-Type", "text/html;charset=UTF-8")
	}
	if key := c.r.Header.Get("Idempotency-Key"); key != "" {
		h.Set("idempotency-key", key)
	}
	if rep.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(rep.retry))
	}
	h.Set("Content-Length", strconv.Itoa(len(rep.body)))
	w.WriteHeader(rep.status)
	if !rep.cut {
		_, _ = w.Write(rep.body)
		return
	}
	_, _ = w.Write(rep.body[:len(rep.body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// lookUp answers GET /v1/payments/{paymentKey}.
func (s *Sandbox) lookUp(c *call) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now().Unix()
	p, found := s.ledger.find(c.r.PathValue("paymentKey"))
	if !found || p.Requested > now {
		return failed(refuse("NOT_FOUND_PAYMENT"))
	}
	return s.paymentReply(p, now, c)
}

func (s *Sandbox) paymentReply(p *payment, now int64, c *call) reply {
	return ok(appendPayment(nil, p, now, s.view(p, now, c.english)))
}

// view is how a payment is shown at a moment.
func (s *Sandbox) view(p *payment, now int64, english bool) view {
	return view{version: s.opts.Version, english: english, settled: s.paidOutBy(p, now)}
}

// lookUpOrder answers GET /v1/payments/orders/{orderId}: of several payments
// the newest that holds money, else the newest.
func (s *Sandbox) lookUpOrder(c *call) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now().Unix()
	var best *payment
	for _, p := range s.ledger.ofOrder(c.r.PathValue("orderId")) {
		if p.Requested > now {
			continue
		}
		if best == nil {
			best = p
		}
		if st := p.at(now); st.holds() {
			best = p
			break
		}
	}
	if best == nil {
		return failed(refuse("NOT_FOUND_PAYMENT"))
	}
	return s.paymentReply(best, now, c)
}

// cancelBody is the request of a cancel. Amounts stay text until the currency
// of the payment is known.
type cancelBody struct {
	CancelReason         *string      `json:"cancelReason"`
	CancelAmount         *json.Number `json:"cancelAmount"`
	RefundableAmount     *json.Number `json:"refundableAmount"`
	TaxFreeAmount        *json.Number `json:"taxFreeAmount"`
	Currency             string       `json:"currency"`
	CancelRequestID      string       `json:"cancelRequestId"`
	RefundReceiveAccount *Account     `json:"refundReceiveAccount"`
}

// cancel answers POST /v1/payments/{paymentKey}/cancel.
func (s *Sandbox) cancel(c *call) reply {
	var body cancelBody
	if err := json.Unmarshal(c.body, &body); err != nil {
		return failed(refuse("INVALID_REQUEST"))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now().Unix()
	p, found := s.ledger.find(c.r.PathValue("paymentKey"))
	if !found || p.Requested > now {
		return failed(refuse("NOT_FOUND_PAYMENT"))
	}
	order, e := body.order(p)
	if e != nil {
		return failed(e)
	}
	if e := s.cancelPayment(p, order, now); e != nil {
		return failed(e)
	}
	return s.paymentReply(p, now, c)
}

// order checks the fields by themselves.
func (b *cancelBody) order(p *payment) (cancelOrder, *Error) {
	o := cancelOrder{currency: b.Currency, requestID: b.CancelRequestID, account: b.RefundReceiveAccount}
	if b.CancelReason == nil || strings.TrimSpace(*b.CancelReason) == "" {
		return o, refuseBecause("INVALID_REQUEST", "취소 사유는 필수입니다.", "The reason of the cancellation is required.")
	}
	if n := len([]rune(*b.CancelReason)); n > 200 {
		return o, refuseBecause("INVALID_REQUEST", "취소 사유는 200자 이하여야 합니다.", "The reason of the cancellation must be 200 characters or less.")
	}
	o.reason = *b.CancelReason
	unit := p.Currency
	for _, f := range []struct {
		text *json.Number
		to   **int64
	}{{b.CancelAmount, &o.amount}, {b.RefundableAmount, &o.guard}} {
		if f.text == nil {
			continue
		}
		v, isMoney := parseAmount(f.text.String(), b.Currency, unit)
		if !isMoney || v < 0 {
			return o, refuse("INVALID_REQUEST")
		}
		*f.to = &v
	}
	if b.TaxFreeAmount != nil {
		v, isMoney := parseAmount(b.TaxFreeAmount.String(), b.Currency, unit)
		if !isMoney {
			return o, refuse("INVALID_REQUEST")
		}
		o.taxFree = &v
	}
	if o.account != nil {
		if code, known := bankCode(o.account.Bank); known {
			o.account.Bank = code
		}
	}
	return o, nil
}

// parseAmount reads an amount of a request. Dollars asked of a payment that is
// counted in millionths are turned into these.
func parseAmount(text, asked, unit string) (int64, bool) {
	if asked == "USD" && unit == "MUSD" {
		v, isMoney := parseMoney(text, "USD")
		return v * 10_000, isMoney
	}
	return parseMoney(text, unit)
}
