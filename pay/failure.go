package pay

import (
	"fmt"
	"strings"
	"time"
)

// FailureKind is what a failed call to the provider means for the caller. An
// answer that nobody has classed is FailureUnclassed: look up first.
type FailureKind string

// The kinds; `reliability` decides on them, never on the HTTP status.
const (
	FailureNotSent    FailureKind = "not_sent"     // proved: no byte of the request left the machine
	FailureNoAnswer   FailureKind = "no_answer"    // time-out, reset, cut or unreadable answer: perhaps executed
	FailureThrottled  FailureKind = "throttled"    // 429, 503
	FailureInFlight   FailureKind = "in_flight"    // 409: the first call with this key still runs
	FailureTransient  FailureKind = "transient"    // says try again; money may have moved
	FailureKey        FailureKind = "key"          // the secret key or its header is wrong: stop all
	FailureNotFound   FailureKind = "not_found"    // no such payment
	FailureDone       FailureKind = "already_done" // says cancelled or refunded already; by whom is another question
	FailureGuard      FailureKind = "guard"        // the balance is not what we believe
	FailureAccount    FailureKind = "account"      // the refund account is refused
	FailureDeadline   FailureKind = "deadline"     // the refund period is over
	FailureRefused    FailureKind = "refused"      // definite
	FailurePaging     FailureKind = "paging"       // a paging key was refused: read the window from its start
	FailureUnreadable FailureKind = "unreadable"   // a look-up or list answered something that is no answer
	FailureUnclassed  FailureKind = "unclassed"    // a code that daesa does not know
)

// Failure is one failed call to the provider. It never holds a secret, an
// account number or the body of the answer.
type Failure struct {
	Kind       FailureKind
	API        string // "GET /v1/transactions"
	About      string // what was asked for: a payment key, an order, a window
	HTTPStatus int    // 0: no answer
	Code       string // Toss's
	Message    string // Toss's, for people
	TraceID    string // x-tosspayments-trace-id, which Toss's support asks for
	RetryAfter time.Duration
	Err        error
}

// Error says what happened, to what, and with which trace id.
func (f *Failure) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "toss: %s", f.API)
	if f.About != "" {
		fmt.Fprintf(&b, " (%s)", f.About)
	}
	switch {
	case f.Code != "":
		fmt.Fprintf(&b, ": %d %s: %s", f.HTTPStatus, f.Code, f.Message)
	case f.HTTPStatus != 0:
		fmt.Fprintf(&b, ": HTTP %d", f.HTTPStatus)
	}
	if f.Err != nil {
		fmt.Fprintf(&b, ": %v", f.Err)
	}
	if f.TraceID != "" {
		fmt.Fprintf(&b, " [trace %s]", f.TraceID)
	}
	return b.String()
}

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.Err }

// Hint says what a person should do next.
func (f *Failure) Hint() string {
	switch f.Kind {
	case FailureKey:
		return "check the secret key of this merchant in the developer centre, and that it is for the same environment (live or test) as in daesa.yaml"
	case FailureThrottled:
		return "the provider is busy or merchants.requests_per_minute is too high; run the command again later"
	case FailureNotSent:
		return "the provider could not be reached; check the network, the proxy and merchants.base_url, then run the command again"
	case FailureNoAnswer, FailureTransient, FailureInFlight:
		return "run the command again; what was read before is kept"
	case FailureUnreadable:
		return "check merchants.base_url (a proxy or a login page may answer in Toss's place), then run the command again"
	case FailureNotFound:
		return "check the number, and that the merchant (MID) and the key's environment are right"
	default:
		return "give the trace id to Toss's support if this goes on"
	}
}

// Evidence is one page or one look-up as the provider sent it, less what is
// personal: the body that is kept so that a night can be explained later.
type Evidence struct {
	API       string // "transactions", "payment"
	About     string // the window and paging key, or the payment key or order id
	Body      []byte // JSON, cut of personal data
	FetchedAt time.Time
	TraceID   string
}
