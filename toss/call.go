package toss

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	json "github.com/go-json-experiment/json/v1"

	"daesa/pay"
)

const (
	tries           = 4 // of a look-up or list
	firstDelay      = 500 * time.Millisecond
	longestDelay    = 60 * time.Second
	traceHeader     = "X-Tosspayments-Trace-Id" // public integrations; Toss's support asks for it
	traceMaximum    = 160                       // a replayed answer names two
	aboutMaximum    = 120
	messageMaximum  = 300
	codeMaximum     = 80
	preallocMaximum = 4 << 20
	privateMinimum  = 4 // bytes: what is shorter would cut up every message
)

// call is one request: what is asked, and what it is called in failures.
type call struct {
	api   string // of the pacer
	name  string // of pay.Failure.API
	about string // clean
	path  string // escaped
	query url.Values
	max   int64 // bytes of the answer

	cancel  bool
	body    []byte
	key     string   // Idempotency-Key
	private []string // what no error may repeat, the secret key apart
	ready   func(context.Context) error

	onDate func(time.Time)
}

// fail is a failure without an answer.
func (q *call) fail(kind pay.FailureKind, err error) *pay.Failure {
	return &pay.Failure{Kind: kind, API: q.name, About: q.about, Err: err}
}

// unreadable is the kind of an answer that is none: a cancel may have been
// carried out all the same.
func (q *call) unreadable() pay.FailureKind {
	if q.cancel {
		return pay.FailureNoCode
	}
	return pay.FailureUnreadable
}

// answer is what came back, of whatever status.
type answer struct {
	status     int
	body       []byte
	trace      string
	retryAfter time.Duration
	at         time.Time
}

func (q *call) evidence(a answer) pay.Evidence {
	return pay.Evidence{API: q.api, About: q.about, Body: redact(a.body), FetchedAt: a.at, TraceID: a.trace}
}

// get sends a look-up or list, up to a few times: where nothing was sent, and
// after 429 and 5xx. decode reads a 200; body is valid JSON once it is content.
func (c *Client) get(ctx context.Context, q call, decode func(body []byte) error) (pay.Evidence, *pay.Failure) {
	for try := 1; ; try++ {
		a, failure := c.send(ctx, &q)
		if failure == nil {
			failure = c.judge(&q, a, decode)
		}
		if failure == nil {
			return q.evidence(a), nil
		}
		if try == tries || ctx.Err() != nil || !again(failure) {
			return pay.Evidence{}, failure
		}
		wait := delay(failure, try)
		if failure.HTTPStatus == http.StatusTooManyRequests && c.opts.OnThrottle != nil {
			c.opts.OnThrottle(ctx, q.api, wait)
		}
		if c.sleep(ctx, wait) != nil {
			return pay.Evidence{}, failure
		}
	}
}

// again says whether a look-up that failed so is worth another try.
func again(f *pay.Failure) bool {
	if f.HTTPStatus == http.StatusTooManyRequests || f.HTTPStatus >= 500 {
		return true
	}
	var certificate *tls.CertificateVerificationError
	return f.Kind == pay.FailureNotSent && !errors.As(f.Err, &certificate)
}

// delay before the next try: what the provider asks for, or twice as long each
// time, with jitter.
func delay(f *pay.Failure, try int) time.Duration {
	if f.RetryAfter > 0 {
		return min(f.RetryAfter, longestDelay)
	}
	wait := min(firstDelay<<(try-1), longestDelay)
	return wait/2 + rand.N(wait/2) //nolint:gosec // spreads load, guards nothing
}

// judge turns an answer into a failure, or decodes it.
func (c *Client) judge(q *call, a answer, decode func([]byte) error) *pay.Failure {
	if a.status != http.StatusOK {
		return c.refusal(q, a)
	}
	err := decode(a.body)
	if err == nil {
		return nil
	}
	kind := q.unreadable()
	if wrong := (*sumsError)(nil); errors.As(err, &wrong) {
		kind = pay.FailureSums
	}
	failure := q.fail(kind, c.scrub(q, err))
	failure.HTTPStatus, failure.TraceID = a.status, a.trace
	if !json.Valid(a.body) {
		failure.Piece = c.piece(q, a.body)
	}
	return failure
}

// send sends once, after a slot of the pace, and reads the whole answer.
func (c *Client) send(ctx context.Context, q *call) (answer, *pay.Failure) {
	if c.opts.Pace != nil {
		if err := c.opts.Pace.Wait(ctx, q.api); err != nil {
			return answer{}, q.fail(pay.FailureOwn, fmt.Errorf("no turn for the call: %w", err))
		}
	}
	if q.ready != nil {
		if err := q.ready(ctx); err != nil {
			return answer{}, q.fail(pay.FailureNotSent, err)
		}
	}
	ctx, stop := context.WithTimeout(ctx, c.opts.Timeout)
	defer stop()
	var wrote atomic.Bool
	request, failure := c.request(httptrace.WithClientTrace(ctx, watch(&wrote)), q)
	if failure != nil {
		return answer{}, failure
	}
	if c.opts.OnCall != nil {
		c.opts.OnCall(q.api)
	}
	response, err := c.http.Do(request)
	if err != nil {
		kind := pay.FailureNoAnswer
		if !wrote.Load() {
			kind = pay.FailureNotSent
		}
		return answer{}, q.fail(kind, c.transportError(q, err))
	}
	defer response.Body.Close()
	return c.read(q, response)
}

// watch notes the first sign that some of the request may have left. Go calls
// these hooks before it flushes, so that silence proves that nothing left; a
// call may be wrongly held for sent, never wrongly for unsent.
func watch(wrote *atomic.Bool) *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		WroteHeaderField: func(string, []string) { wrote.Store(true) },
		WroteHeaders:     func() { wrote.Store(true) },
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			if info.Err == nil {
				wrote.Store(true)
			}
		},
	}
}

// request builds the HTTP request. A cancel gets no GetBody: with one, Go's
// transport may by itself send again on a fresh connection, because the
// request carries an Idempotency-Key (go doc net/http.Transport).
func (c *Client) request(ctx context.Context, q *call) (*http.Request, *pay.Failure) {
	secret := c.opts.SecretKey()
	if !visible(secret) {
		return nil, q.fail(pay.FailureKey, fmt.Errorf("the secret key is empty or has characters that no key has (a byte order mark, a space, a line break)"))
	}
	method, body := http.MethodGet, io.Reader(nil)
	if q.cancel {
		method, body = http.MethodPost, bytes.NewReader(q.body)
	}
	target := c.base + q.path
	if len(q.query) > 0 {
		target += "?" + q.query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return nil, q.fail(pay.FailureNotSent, c.scrub(q, err))
	}
	request.GetBody = nil
	request.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(secret+":")))
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "daesa")
	if q.cancel {
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Idempotency-Key", q.key)
	}
	return request, nil
}

// visible says whether text is printable ASCII without spaces, and not empty.
func visible(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

// read takes in the whole answer, if it is short enough.
func (c *Client) read(q *call, response *http.Response) (answer, *pay.Failure) {
	a := answer{
		status: response.StatusCode,
		trace:  clean(strings.Join(response.Header.Values(traceHeader), ","), traceMaximum, c.secrets(q)...),
		at:     c.opts.Now(),
	}
	date, dateErr := http.ParseTime(response.Header.Get("Date"))
	if dateErr == nil && q.onDate != nil {
		q.onDate(date)
	}
	a.retryAfter = retryAfter(response.Header.Get("Retry-After"), a.at)
	var buffer bytes.Buffer
	if response.ContentLength > 0 {
		buffer.Grow(int(min(response.ContentLength, q.max, preallocMaximum)) + bytes.MinRead)
	}
	_, err := buffer.ReadFrom(io.LimitReader(response.Body, q.max+1))
	if err == nil && int64(buffer.Len()) > q.max {
		err = fmt.Errorf("the answer is longer than %d bytes", q.max)
	}
	if err != nil {
		kind := pay.FailureUnreadable
		if timeout := net.Error(nil); q.cancel || errors.As(err, &timeout) || errors.Is(err, context.Canceled) {
			kind = pay.FailureNoAnswer
		}
		failure := q.fail(kind, c.transportError(q, err))
		failure.HTTPStatus, failure.TraceID, failure.RetryAfter = a.status, a.trace, a.retryAfter
		return answer{}, failure
	}
	a.body = buffer.Bytes()
	return a, nil
}

// retryAfter reads a Retry-After header: seconds or a date (RFC 9110, 10.2.3).
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(strings.TrimSpace(text), 10, 31); err == nil {
		return time.Duration(seconds) * time.Second //nolint:gosec // 31 bits
	}
	if until, err := http.ParseTime(text); err == nil {
		return max(until.Sub(now), 0)
	}
	return 0
}

// transportError says what went wrong below HTTP, without the address.
func (c *Client) transportError(q *call, err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		err = fmt.Errorf("no whole answer in time (at most %s): %w", c.opts.Timeout, err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = fmt.Errorf("the answer is cut off: %w", err)
	}
	return c.scrub(q, err)
}

// secrets are the texts that must not come back in a message.
func (c *Client) secrets(q *call) []string {
	secret := c.opts.SecretKey()
	var out []string
	for _, text := range q.private {
		if len(text) >= privateMinimum {
			out = append(out, text)
		}
	}
	if secret == "" {
		return out
	}
	encoded := base64.StdEncoding.EncodeToString([]byte(secret + ":"))
	return append(out, encoded, strings.TrimRight(encoded, "="), secret, url.QueryEscape(secret))
}

// scrubbed is an error whose text was cleaned; errors.Is and As see the cause.
type scrubbed struct {
	text  string
	cause error
}

func (s *scrubbed) Error() string { return s.text }
func (s *scrubbed) Unwrap() error { return s.cause }

func (c *Client) scrub(q *call, err error) error {
	text := err.Error()
	cleaned := clean(text, messageMaximum, c.secrets(q)...)
	if cleaned == text {
		return err
	}
	return &scrubbed{cleaned, err}
}
