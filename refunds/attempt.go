package refunds

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"daesa/pay"
)

// The provider's and our own measures of time and number.
const (
	// keyLife is how long a key is sent again: Toss keeps it for 15 days from
	// its first use (https://docs.tosspayments.com/reference/using-api/authorization),
	// which states no hour, so a day is left.
	keyLife = 14 * 24 * time.Hour
	// keyDeath is when no key can live any more.
	keyDeath = 16 * 24 * time.Hour
	// quiet is how long a call can still be on its way, doubled.
	quiet = 20 * time.Minute
	// newKeyAfter lies between a transient answer and a new key.
	newKeyAfter = 10 * time.Minute
	// replayAfter lies between a transient answer and the same key again.
	replayAfter = 30 * time.Second
	// Spacing lies between two cancels of one payment: of several in a second
	// Toss processes the first only
	// (https://docs.tosspayments.com/guides/apis/cancel-payment).
	Spacing = 2 * time.Second

	// depositSettles is how long a bank may take a deposit back: usually within
	// two minutes (https://techchat.tosspayments.com/m/1118421436072202331).
	depositSettles = 10 * time.Minute

	maxAttempts = 5
	maxReplays  = 2
	// lookEvery is how often a request is looked up for which nothing else can
	// be done: no open one is left alone for a day.
	lookEvery = 6 * time.Hour
	// unseenAgain lies between look-ups that the provider did not answer: longer
	// than a run's patience and than many look-ups that time out one after the
	// other, so that a run ends also while the provider is away.
	unseenAgain = 10 * time.Minute
	// payoutBankDays is how long a virtual account's payout may take: nine in
	// suspicious cases, and some more.
	payoutBankDays = 15
)

// Attempt is one intent of a request: a key, the bytes under it, the balance
// that it believes in, and what came of its sends. All of it is frozen before
// the first byte leaves, but what came of it.
type Attempt struct {
	N                 int
	Key               string
	Body              []byte // frozen; sealed where it holds an account
	Sealed            bool
	Guard             int64  // refundableAmount
	SecretFingerprint string // of the secret key and address that its key belongs to
	FirstSent         time.Time
	LastSent          time.Time
	Sends             int
	// Unanswered says that some send of it, or of an attempt before it, got no
	// answer, and may still be on its way.
	Unanswered bool
	// Answers counts the answers that are final for their send.
	Answers    int
	AnsweredAt time.Time       // of the last send; zero while it is unanswered
	Kind       pay.FailureKind // of that answer; "" for a 200 without our cancel
	HTTPStatus int
	Code       string
	Message    string
	TraceID    string
	// Answer is what came back where it named no code: a piece of the body, or
	// what was wrong with it.
	Answer string
}

// Answered says whether the last send has an answer.
func (a Attempt) Answered() bool { return !a.AnsweredAt.IsZero() }

// AttemptKey derives a key: the same request and number give the same key, also
// after a database was restored.
func AttemptKey(id string, n int) string { return fmt.Sprintf("%s-%d", id, n) }

// Heard notes what a send came back with.
func (a Attempt) Heard(failure *pay.Failure, now time.Time) Attempt {
	a.AnsweredAt, a.Kind, a.HTTPStatus, a.Code, a.Message, a.TraceID, a.Answer = time.Time{}, "", 0, "", "", "", ""
	if failure == nil {
		a.AnsweredAt, a.HTTPStatus = now, 200
		a.Answers++
		return a
	}
	a.Kind, a.HTTPStatus, a.Code, a.Message, a.TraceID = failure.Kind, failure.HTTPStatus, failure.Code, failure.Message, failure.TraceID
	a.Answer = failure.Said()
	switch failure.Kind {
	case pay.FailureNotSent, pay.FailureOwn:
		// Nothing left: it is as if this send had not been.
	case pay.FailureNoAnswer, pay.FailureNoCode, pay.FailureSums, pay.FailureInFlight, pay.FailureThrottled, pay.FailureKey:
		a.Unanswered = true
	default:
		a.AnsweredAt = now
		a.Answers++
	}
	return a
}

// Gone notes that the worker of a send is gone: nobody heard its answer.
func (a Attempt) Gone() Attempt {
	a.Unanswered, a.AnsweredAt, a.Kind, a.HTTPStatus, a.Answer = true, time.Time{}, pay.FailureNoAnswer, 0, ""
	return a
}

// pause lies between an unanswered send and the same key again. What stands
// between us and Toss, and answers in its place, does so for a while.
func (a Attempt) pause() time.Duration {
	if a.Kind == pay.FailureNoCode || a.Kind == pay.FailureSums {
		return backoff(4 + a.Sends) // two minutes, ten, thirty, an hour and longer
	}
	return Spacing
}

// definite says whether the answer is a refusal that stays one.
func (a Attempt) definite() bool {
	switch a.Kind {
	case pay.FailureRefused, pay.FailureDeadline, pay.FailureAccount, pay.FailureNotFound:
		return true
	default:
		return false
	}
}

// ApprovalHash is what an approval covers: where the money comes from, how
// much, where it goes, and why. accountPrint is the keyed fingerprint of the
// refund account, or "".
func ApprovalHash(r Request) string {
	sum := sha256.New()
	for _, field := range []string{r.ID, r.MID, r.PaymentKey, fmt.Sprint(r.Amount), fmt.Sprint(r.TaxFreeAmount), string(r.Currency), r.AccountFingerprint, r.Reason} {
		fmt.Fprintf(sum, "%d:%s\n", len(field), field)
	}
	return hex.EncodeToString(sum.Sum(nil))
}
