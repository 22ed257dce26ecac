package refunds

import (
	"context"
	"errors"
	"fmt"
	"time"

	"daesa/approval"
	"daesa/pay"
)

// Queue is what the worker needs of the store. Every write is fenced by the
// request's version: what lost its lease changes nothing and gets ErrLost.
type Queue interface {
	// Claim takes the most urgent due request for the worker until a time; nil
	// where none is due.
	Claim(ctx context.Context, c Choice) (*Claimed, error)
	// Begin commits the intent of a send: the state, the frozen attempt, the
	// limits. Nothing leaves before. Its refusals are ErrBraked, ErrBusy,
	// ErrLost and *LimitError.
	Begin(ctx context.Context, b Begun) error
	// Ready reads the brake and the fence once more, directly before the first
	// byte.
	Ready(ctx context.Context, id string, version int64) error
	// Settle commits a step and what was learned with it.
	Settle(ctx context.Context, s Settled) error
}

// Provider is what the worker asks of Toss. Errors are *pay.Failure. ready is
// called when the call's turn has come, directly before it is sent; its error
// means that nothing was sent.
type Provider interface {
	Payment(ctx context.Context, paymentKey string) (pay.Payment, pay.Evidence, error)
	Cancel(ctx context.Context, intent pay.CancelIntent, body []byte, ready func(context.Context) error) (pay.Payment, pay.Evidence, error)
}

// Sealer keeps refund accounts unreadable wherever they are stored.
type Sealer interface {
	Seal(plain, associated []byte) ([]byte, error)
	Open(sealed, associated []byte) ([]byte, error)
}

// The refusals of a Queue.
var (
	ErrLost   = errors.New("the refund was taken over by another process")
	ErrBraked = errors.New("the brake is on")
	ErrBusy   = errors.New("another cancel of this payment is on its way or has just been")
)

// LimitError says which limit a send would pass.
type LimitError struct {
	Limit    string // "max_count", "max_amount", "max_single", "max_count_per_day", "max_amount_per_day"
	Currency pay.Currency
}

// Error names the limit.
func (e *LimitError) Error() string {
	return fmt.Sprintf("refunds.%s (%s) is reached", e.Limit, e.Currency)
}

// Limits are those of one currency, in its smallest unit.
type Limits struct{ Single, Run, Day int64 }

// Budget is what may be sent. An absent currency is 0: nothing.
type Budget struct {
	RunCount, DayCount int64 // of all currencies
	Of                 map[pay.Currency]Limits
}

// Choice says what a worker claims.
type Choice struct {
	MID     string
	Owner   string
	Now     time.Time
	Until   time.Time // of the lease
	Send    bool      // also what would be sent; else only what is to be settled
	Blocked []pay.Currency
	// Every, unless it is zero, claims also what waits for people, and was not
	// looked up since: after a database was restored.
	Every time.Time
}

// Claimed is a request under lease, and what the store knows about it.
type Claimed struct {
	Request Request
	Attempt *Attempt // the newest; nil: none
	Known   Known
	Account []byte // sealed; nil: none
	// Signed is the statement that gives a person's word on it; nil: a typed name does.
	Signed *approval.Taken
}

// Begun is the intent of one send.
type Begun struct {
	Request Request
	Attempt Attempt
	New     bool // a new attempt; else the one that stands is sent again
	Why     string
	Budget  Budget
	Owner   string
	RunID   string
	Actor   string
	Now     time.Time
	Until   time.Time // of the lease
}

// Settled is a step that is to be committed.
type Settled struct {
	Request  Request // as it was
	Step     Step
	Attempt  *Attempt // what came of it, where something was sent; else nil
	Payment  *pay.Payment
	Evidence []pay.Evidence
	Keep     bool // the worker goes on with it
	RunID    string
	Actor    string
	Now      time.Time
	Until    time.Time // of the lease, where Keep
}

// StoredAccount is a refund account as it is kept: sealed, with what may be
// shown of it. Print names this version of it: an approval covers it.
type StoredAccount struct {
	MID, PaymentKey, OrderID string
	Print                    string
	Bank                     string
	AccountMasked            string
	HolderMasked             string
	Sealed                   []byte
	Source                   string
	At                       time.Time
	Actor                    string
	// ApproveAbove is in won: a request that waited for the account and asks for
	// at most this goes on without a person's word. It is not kept.
	ApproveAbove int64
}

// MissingAccount is a virtual account's payment whose refund account nobody
// has: it vanished unseen, or a refund waits for it.
type MissingAccount struct {
	MID, OrderID, PaymentKey string
	Currency                 pay.Currency
	Amount                   int64     // asked back, else what the payment still holds; smallest unit
	ClosedAt                 time.Time // when Toss stopped showing it; zero: not known
	Why                      string    // one of the Capture words, "" where it was never watched
	RefundID                 string    // of the request that waits for it, "": none yet
	CancelBy                 time.Time // zero: none known
}

// Executed is a refund that Toss has done or accepted, with the payment as
// far as it is known and the moment of its cancel.
type Executed struct {
	Request    Request
	Payment    pay.Payment
	CanceledAt time.Time
}

// Releases says whether a request that the account sets free needs no person's
// word: nor did it before, and nothing about it asks for a second look. One that
// a person's decision on a break made always needs another person's.
func (a StoredAccount) Releases(r Request) bool {
	waited := r.State == StateNeedsAccount || r.State == StateApproved && r.ApprovedBy == "" // a requested one waits for a word
	return waited && r.Currency == pay.KRW && r.Amount <= a.ApproveAbove && r.SameAs == "" && !r.Decided()
}
