// Package toss speaks Toss Payments' HTTP API: look-ups, paged lists and the
// cancel. It turns what comes over the wire into the nouns of package pay, and
// every failed call into a *pay.Failure whose kind says what it means. Nobody
// else reads the provider's codes.
//
// A look-up may be sent a few times; a cancel is sent exactly once, since only
// the caller's journal may decide on another send.
package toss

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"daesa/internal/hint"
	"daesa/pay"
)

const (
	// DefaultTimeout of one send. Lists can take 60 seconds
	// (https://docs.tosspayments.com/reference, 거래 조회).
	DefaultTimeout = 65 * time.Second

	listMaximum   = 64 << 20 // bytes of a page
	singleMaximum = 1 << 20  // bytes of one payment
)

// The words that a Pacer, OnCall and pay.Evidence name the APIs with.
const (
	APITransactions = "transactions"
	APIPayment      = "payment"
	APIOrder        = "order"
	APISettlements  = "settlements"
	APICancel       = "cancel"
)

// Pacer hands out the slots of the provider's rate limit, which Toss counts
// for each API. Wait returns when one call of api may be sent, or an error
// when ctx ends before.
type Pacer interface {
	Wait(ctx context.Context, api string) error
}

// Options of a Client. BaseURL, SecretKey and Now are needed.
type Options struct {
	BaseURL   string        // https://api.tosspayments.com; http only on loopback
	MID       string        // of the key, as the configuration has it
	AlsoMIDs  []string      // further MIDs that the key answers for: what is theirs counts as MID's
	SecretKey func() string // reveals the key, for each send anew

	// HTTP sends; nil: a client of its own. Whatever it is, redirects are never
	// followed and cookies never kept.
	HTTP        *http.Client
	Concurrency int           // connections that are kept open; default 4
	Timeout     time.Duration // of each send; default DefaultTimeout
	Pace        Pacer         // one slot before every send; nil: none
	Now         func() time.Time
	Sleep       func(context.Context, time.Duration) error // between tries of a look-up; nil: a timer
	MaxResponse int64                                      // bytes of an answer; 0: 64 MiB for lists, 1 MiB for one payment
	OnCall      func(api string)                           // told of every send
	// OnThrottle is told that the provider answered 429, and for how long calls
	// of that API should rest: other processes should rest too.
	OnThrottle func(ctx context.Context, api string, wait time.Duration)
}

// Client calls Toss for one secret key. Its methods may run at once.
type Client struct {
	base  string
	http  *http.Client
	opts  Options
	sleep func(context.Context, time.Duration) error
}

// merchantOf folds the mId that Toss names: one of AlsoMIDs is MID's, and every
// other stays what it is. "" stays "".
func (o Options) merchantOf(said string) string {
	if slices.Contains(o.AlsoMIDs, said) {
		return o.MID
	}
	return said
}

// New checks the options and makes a client. It sends nothing. The error has
// a Hint method.
func New(o Options) (*Client, error) {
	base, loopback, err := checkBase(o.BaseURL)
	if err != nil {
		return nil, err
	}
	if o.SecretKey == nil || o.Now == nil {
		return nil, hint.New("toss: a client needs a secret key and a clock", "set Options.SecretKey and Options.Now")
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Concurrency <= 0 {
		o.Concurrency = 4
	}
	client := &http.Client{}
	if o.HTTP != nil {
		*client = *o.HTTP
	}
	if client.Transport == nil {
		client.Transport = newTransport(o.Concurrency, loopback)
	}
	if transport, ok := client.Transport.(*http.Transport); ok {
		if set := transport.TLSClientConfig; set != nil && (set.InsecureSkipVerify || (set.MinVersion != 0 && set.MinVersion < tls.VersionTLS12)) {
			return nil, hint.New("toss: the HTTP client accepts unverified or outdated TLS", "leave certificate checks on and TLS at 1.2 or newer")
		}
	}
	client.Jar, client.Timeout = nil, 0
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c := &Client{base: base, http: client, opts: o, sleep: o.Sleep}
	if c.sleep == nil {
		c.sleep = sleep
	}
	return c, nil
}

// checkBase wants https, or a loopback host. The address itself is left out of
// the errors about its parts, because people write passwords into addresses.
func checkBase(text string) (base string, loopback bool, err error) {
	const next = "write merchants.base_url: https://api.tosspayments.com"
	u, parseErr := url.Parse(strings.TrimSpace(text))
	if parseErr != nil || u.Host == "" || u.Opaque != "" {
		return "", false, hint.New("toss: the base URL is no address", next)
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return "", false, hint.New("toss: the base URL may have no user, query or fragment", next)
	}
	host := u.Hostname()
	ip := net.ParseIP(host)
	loopback = strings.EqualFold(host, "localhost") || (ip != nil && ip.IsLoopback())
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback) {
		return "", false, hint.Errorf(next+" (plain http is for a sandbox on this machine only)",
			"toss: %s://%s is not encrypted", clean(u.Scheme, 10), clean(u.Host, 80))
	}
	return strings.TrimRight(u.Scheme+"://"+u.Host+u.EscapedPath(), "/"), loopback, nil
}

// newTransport verifies certificates, speaks TLS 1.2 and newer (Toss takes no
// older, https://docs.tosspayments.com 보안), and lets idle connections go
// early: a request on one that the other side has just closed has an unknown
// outcome.
func newTransport(concurrency int, loopback bool) *http.Transport {
	t := &http.Transport{
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   10 * time.Second,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          concurrency,
		MaxIdleConnsPerHost:   concurrency,
		IdleConnTimeout:       20 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
	if !loopback {
		t.Proxy = http.ProxyFromEnvironment
	}
	return t
}

// sleep waits for d or for the end of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Payment looks up one payment by its paymentKey. The error is a *pay.Failure.
func (c *Client) Payment(ctx context.Context, paymentKey string) (pay.Payment, pay.Evidence, error) {
	return c.lookUp(ctx, call{
		api: APIPayment, name: "GET /v1/payments/{paymentKey}", about: clean(paymentKey, aboutMaximum),
	}, "/v1/payments/", paymentKey, func(p pay.Payment) bool { return p.PaymentKey == paymentKey })
}

// PaymentByOrder looks up the payment of an order number. The error is a
// *pay.Failure.
func (c *Client) PaymentByOrder(ctx context.Context, orderID string) (pay.Payment, pay.Evidence, error) {
	return c.lookUp(ctx, call{
		api: APIOrder, name: "GET /v1/payments/orders/{orderId}", about: "order " + clean(orderID, aboutMaximum),
	}, "/v1/payments/orders/", orderID, func(p pay.Payment) bool { return p.OrderID == orderID })
}

func (c *Client) lookUp(ctx context.Context, q call, path, id string, asked func(pay.Payment) bool) (pay.Payment, pay.Evidence, error) {
	segment, err := segmentOf(id)
	if err != nil {
		return pay.Payment{}, pay.Evidence{}, q.fail(pay.FailureNotFound, err)
	}
	q.path, q.max = path+segment, c.limit(singleMaximum)
	var p pay.Payment
	evidence, failure := c.get(ctx, q, func(body []byte) (err error) {
		p, err = c.payment(body)
		if err == nil && !asked(p) {
			err = fmt.Errorf("the answer is another payment than the one asked for")
		}
		return err
	})
	if failure != nil {
		return pay.Payment{}, pay.Evidence{}, failure
	}
	return p, evidence, nil
}

// segmentOf makes one path segment of an id, whatever it holds. "." and ".."
// mean something to servers even when they are escaped, and no payment can be
// called so.
func segmentOf(id string) (string, error) {
	switch id {
	case "", ".", "..":
		return "", fmt.Errorf("no payment is called %s", strconv.Quote(id))
	}
	return url.PathEscape(id), nil
}

func (c *Client) limit(usual int64) int64 {
	if c.opts.MaxResponse > 0 {
		return c.opts.MaxResponse
	}
	return usual
}

// Probe is what a harmless look-up shows.
type Probe struct {
	ProviderTime time.Time // of the Date header, to the second; zero without one
	KeyAccepted  bool
}

// probeOrder is an order number that no shop uses; the look-up of it answers
// 404 NOT_FOUND_PAYMENT to a good key.
const probeOrder = "daesa-probe-no-such-order-000000"

// Probe asks for an order that does not exist. Toss's code for an unknown
// payment means that the key works, its codes for a refused key that it does
// not, which is no error. Every other answer is a *pay.Failure: the status of a
// gateway says nothing of the key. ProviderTime is set whenever something
// answered with a date.
func (c *Client) Probe(ctx context.Context) (Probe, error) {
	q := call{
		api: APIOrder, name: "GET /v1/payments/orders/{orderId}", about: "probe",
		path: "/v1/payments/orders/" + probeOrder, max: c.limit(singleMaximum),
	}
	var date time.Time
	q.onDate = func(t time.Time) { date = t }
	_, failure := c.get(ctx, q, func(body []byte) error {
		_, err := c.payment(body)
		return err
	})
	switch {
	case failure == nil || failure.Kind == pay.FailureNotFound:
		return Probe{ProviderTime: date, KeyAccepted: true}, nil
	case failure.Kind == pay.FailureKey || failure.HTTPStatus == http.StatusForbidden && failure.Kind == pay.FailureRefused:
		return Probe{ProviderTime: date}, nil
	default:
		return Probe{ProviderTime: date}, failure
	}
}
