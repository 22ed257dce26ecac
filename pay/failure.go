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
	FailureOwn        FailureKind = "own"          // proved: no byte left, since daesa itself (its database) gave the call no turn
	FailureNoAnswer   FailureKind = "no_answer"    // time-out, reset, cut or unreadable answer: perhaps executed
	FailureThrottled  FailureKind = "throttled"    // 429, 503
	FailureInFlight   FailureKind = "in_flight"    // 409: the first call with this key still runs
	FailureTransient  FailureKind = "transient"    // says try again; money may have moved
	FailureKey        FailureKind = "key"          // the secret key or its header is wrong: stop all
	FailureNotFound   FailureKind = "not_found"    // no such payment, by a code of Toss's that says so
	FailureDone       FailureKind = "already_done" // says cancelled or refunded already; by whom is another question
	FailureGuard      FailureKind = "guard"        // the balance is not what we believe
	FailureAccount    FailureKind = "account"      // the refund account is refused
	FailureDeadline   FailureKind = "deadline"     // the refund period is over
	FailureRefused    FailureKind = "refused"      // definite
	FailurePaging     FailureKind = "paging"       // a paging key was refused: the end of the list must be proved in another way
	FailureUnreadable FailureKind = "unreadable"   // a look-up or list answered something that is no answer
	FailureUnclassed  FailureKind = "unclassed"    // a code that daesa does not know
	FailureNoCode     FailureKind = "no_code"      // a cancel was answered, without a code or a payment: perhaps by something in between, perhaps executed
	FailureSums       FailureKind = "sums"         // a payment whose own amounts contradict each other: a cancel was perhaps executed
)

// Failure is one failed call to the provider. It never holds a secret, an
// account number or the whole body of the answer.
type Failure struct {
	Kind       FailureKind
	API        string // "GET /v1/transactions"
	About      string // what was asked for: a payment key, an order, a window
	HTTPStatus int    // 0: no answer
	Code       string // Toss's
	Message    string // Toss's, for people
	TraceID    string // x-tosspayments-trace-id, which Toss's support asks for
	RetryAfter time.Duration
	// Piece is the beginning of a body that names no code: at most 200
	// characters, without markup, secrets, long numbers and addresses.
	Piece string
	Err   error
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
	if f.Piece != "" {
		fmt.Fprintf(&b, ": %q", f.Piece)
	}
	if f.TraceID != "" {
		fmt.Fprintf(&b, " [trace %s]", f.TraceID)
	}
	return b.String()
}

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.Err }

// Said is what came back where it was no answer of the API, for people: the
// HTTP status, and a piece of the body or what was wrong with it; "" where Toss
// named a code.
func (f *Failure) Said() string {
	if f.Code != "" {
		return ""
	}
	what := f.Piece
	if what == "" && f.Err != nil {
		what = f.Err.Error()
	}
	switch {
	case f.HTTPStatus == 0:
		return what
	case what == "":
		return fmt.Sprintf("HTTP %d", f.HTTPStatus)
	default:
		return fmt.Sprintf("HTTP %d: %s", f.HTTPStatus, what)
	}
}

// Hint says what a person should do next.
func (f *Failure) Hint() string {
	switch f.Kind {
	case FailureKey:
		return "check the secret key of this merchant in the developer centre, and that it is for the same environment (live or test) as in daesa.yaml"
	case FailureThrottled:
		return "the provider is busy or merchants.requests_per_minute is too high; run the command again later"
	case FailureNotSent:
		return "the provider could not be reached; check the network, the proxy and merchants.base_url, then run the command again"
	case FailureOwn:
		return "Toss was not asked: daesa's own database gave the call no turn; mend what the message says of it (a full disk, a limit of connections, a pooler), then run the command again"
	case FailureNoAnswer, FailureTransient, FailureInFlight:
		return "run the command again; what was read before is kept"
	case FailureNoCode:
		return "something between may have answered in Toss's place (a proxy, a firewall, a gateway); look at the status and the piece of its answer"
	case FailureSums:
		return "nothing was decided on these amounts; give the trace id to Toss's support if they stay so"
	case FailureUnreadable:
		return "check merchants.base_url (a proxy or a login page may answer in Toss's place), then run the command again"
	case FailureNotFound:
		return "check the number, and that the merchant (MID) and the key's environment are right"
	case FailureUnclassed:
		if f.HTTPStatus == notFound {
			return "Toss does not answer so: check merchants.base_url (a gateway or proxy may answer in Toss's place), then run the command again"
		}
	default:
	}
	return "give the trace id to Toss's support if this goes on"
}

// Word is the kind for programs, such as "provider_key".
func (f *Failure) Word() string {
	if f.Kind == FailureOwn {
		return "database_failed"
	}
	return "provider_" + string(f.Kind)
}

// notFound is the HTTP status of an address that a server does not know.
const notFound = 404

// Evidence is one page or one look-up as the provider sent it, less what is
// personal: the body that is kept so that a night can be explained later.
type Evidence struct {
	API       string // "transactions", "payment"
	About     string // the window and paging key, or the payment key or order id
	Body      []byte // JSON, cut of personal data
	FetchedAt time.Time
	TraceID   string
}
