package refunds

import (
	"fmt"
	"time"

	"daesa/pay"
	"daesa/reconcile"
)

// Request is one wish to give money back through Toss. Its ID is derived from
// (MID, Ref), so that the same wish is the same request also after a database
// was restored. Amounts are in the smallest unit of Currency.
type Request struct {
	ID             string
	MID            string
	OrderID        string
	PaymentKey     string
	Method         pay.Method
	Amount         int64
	TaxFreeAmount  int64 // of Amount
	Currency       pay.Currency
	Reason         string // the buyer may see it
	Ref            string // the shop's own id of the wish; one ref, one refund
	Batch          string // the file that it came in; "" for none
	BreakID        string // the break that it stands on; "" for none
	State          State
	CancelBy       time.Time // the last moment of a cancel at Toss; zero: none known
	Attempts       int       // intents so far, each with a key of its own
	IdempotencyKey string    // of the newest attempt; "" before the first
	TransactionKey string    // of the cancel at Toss that is this one; "" while none is known
	ErrorCode      string    // a provider's code, or one of daesa's own reasons; "" for none
	ErrorMessage   string    // the provider's words for people
	RequestedBy    string
	RequestedAt    time.Time
	ApprovedBy     string    // "" where no person approved
	FinishedAt     time.Time // zero while something can still come of it

	// Approval is the hash over what the approval covers; AccountFingerprint the keyed
	// fingerprint of the refund account that it covers, "" for none.
	Approval           string `json:"-"`
	ApprovedAt         time.Time
	AccountFingerprint string `json:"-"`
	// PlannedForeign is what others than daesa had cancelled on the payment when
	// the request was looked up last for a person's word.
	PlannedForeign int64 `json:"-"`
	// Strangers is how many cancels with a reference that the books do not know
	// were there when a person said that the request was not executed.
	Strangers int64 `json:"-"`
	// SameAs is another request of the last thirty days, equal in order and amount:
	// such a one is approved by its id only.
	SameAs string
	// Version is the fence: every claim and every change of state raises it, and
	// what was decided on an older one is not written.
	Version    int64     `json:"-"`
	LeaseOwner string    `json:"-"`
	NextAt     time.Time `json:"-"` // when the worker looks at it next; zero: now
}

// Decided reports whether a person's decision on a break made the request.
func (r Request) Decided() bool { return r.BreakID != "" && r.RequestedBy != NightActor }

// RequestID derives the id of a request.
func RequestID(mid, ref string) string { return reconcile.ShortHash(mid, ref) }

// Policy is what the configuration says about proposals. Amounts are won.
type Policy struct {
	AutoQueue    []reconcile.Kind
	ApproveAbove int64 // KRW; at most this needs no approval, 0: all need it
	AccountDays  int   // virtual_account_cancel_days
}

// NightActor is who asks for the proposals of the night.
const NightActor = "daesa nightly"

// reasonFor is what the buyer may see of a proposal of the night.
const reasonFor = "주문 취소에 따른 환불"

// Propose turns a break into a refund request, or nil where its kind is not
// queued, nothing is owed, all that is owed was asked for already, or a person
// must say which part of it is tax-free: the remark tells that. asked is what
// was asked of that payment, and still counts.
func Propose(b reconcile.Break, asked Asked, policy Policy, now time.Time) (*Request, reconcile.Remark) {
	if !b.Status.NeedsPerson() || b.Payment == nil || b.Owed == 0 {
		return nil, b.Remark
	}
	amount := b.Owed - asked.Sum - asked.Known.givenSum(*b.Payment)
	left := Room(*b.Payment, asked.Known, State.Counts)
	if amount <= 0 || amount > left.Amount {
		return nil, b.Remark
	}
	least, most := left.TaxFreeOf(amount)
	switch {
	case b.Remark == reconcile.TaxPartDiffers && amount < b.Payment.BalanceAmount:
		return nil, b.Remark
	case least < most:
		return nil, reconcile.TaxPartNeeded
	case !policy.queues(b.Kind):
		return nil, b.Remark
	}
	ref := fmt.Sprintf("auto:%s:%d", b.ID, asked.Proposals+1)
	deadline := CancelBy(*b.Payment, policy.AccountDays, now)
	r := &Request{
		ID: RequestID(b.MID, ref), MID: b.MID, OrderID: b.OrderID, PaymentKey: b.Payment.PaymentKey,
		Method: b.Payment.Method, Amount: amount, TaxFreeAmount: least, Currency: b.Currency, Reason: reasonFor,
		Ref: ref, BreakID: b.ID, CancelBy: deadline.By, RequestedBy: NightActor, RequestedAt: now,
	}
	r.State, r.ErrorCode = policy.firstState(b, amount, asked.Known, deadline, now)
	if needsAccount(*b.Payment) {
		r.AccountFingerprint = asked.Known.AccountFingerprint
	}
	switch r.State {
	case StateApproved:
		r.Approval = ApprovalHash(*r)
	case StateExpired:
		r.FinishedAt = now
	default: // it waits for a person, or for an account
	}
	return r, b.Remark
}

// Asked is what was already asked of a payment.
type Asked struct {
	Known Known
	// Sum is what is asked already and not yet among Toss's cancels: the open
	// requests, and those for this break that ended without a cancel (expired,
	// refused, rejected), which a night never asks for again.
	Sum       int64
	Proposals int // requests that nights proposed for this break, whatever became of them
}

func (p Policy) queues(kind reconcile.Kind) bool {
	for _, queued := range p.AutoQueue {
		if queued == kind {
			return true
		}
	}
	return false
}

// firstState: a deadline that has passed comes before a missing account, and
// that before a person's word, since each makes the next pointless. Where the money
// goes to an account, a person sees to which.
func (p Policy) firstState(b reconcile.Break, amount int64, known Known, deadline Deadline, now time.Time) (State, string) {
	switch {
	case deadline.Over(now):
		return StateExpired, WhyDeadline
	case needsAccount(*b.Payment) && known.AccountFingerprint == "":
		return StateNeedsAccount, WhyNeedsAccount
	case needsAccount(*b.Payment):
		return StateRequested, ""
	case b.Currency == pay.KRW && amount <= p.ApproveAbove:
		return StateApproved, ""
	default:
		return StateRequested, ""
	}
}
