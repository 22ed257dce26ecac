package pay

import (
	"regexp"
	"slices"
	"time"
)

// PaymentStatus is Toss's word for the state of a payment; values that Toss
// adds later are kept as they come.
type PaymentStatus string

// Toss's words (https://docs.tosspayments.com/reference, Payment.status).
const (
	Ready             PaymentStatus = "READY"
	InProgress        PaymentStatus = "IN_PROGRESS"
	WaitingForDeposit PaymentStatus = "WAITING_FOR_DEPOSIT"
	Done              PaymentStatus = "DONE"
	Canceled          PaymentStatus = "CANCELED"
	PartialCanceled   PaymentStatus = "PARTIAL_CANCELED"
	Aborted           PaymentStatus = "ABORTED"
	Expired           PaymentStatus = "EXPIRED"
)

// RefundStatus is where the money of a cancelled virtual account is.
type RefundStatus string

// Toss's words (Payment.virtualAccount.refundStatus).
const (
	RefundNone          RefundStatus = "NONE"
	RefundPending       RefundStatus = "PENDING"
	RefundFailed        RefundStatus = "FAILED"
	RefundPartialFailed RefundStatus = "PARTIAL_FAILED"
	RefundCompleted     RefundStatus = "COMPLETED"
)

// CancelStatus is the state of one cancel; only foreign ones are ever anything
// but DONE.
type CancelStatus string

// Toss's words (Cancel.cancelStatus).
const (
	CancelDone       CancelStatus = "DONE"
	CancelInProgress CancelStatus = "IN_PROGRESS"
	CancelAborted    CancelStatus = "ABORTED"
)

// Receipt is whether a payment has a cash receipt (현금영수증).
type Receipt string

// The words that daesa keeps; "": no look-up has shown it.
const (
	ReceiptNone    Receipt = "none"
	ReceiptPending Receipt = "pending" // asked for, and the tax office has not answered
	ReceiptIssued  Receipt = "issued"
)

// Issued says whether there is a cash receipt; nil: not known, or not known yet.
func (r Receipt) Issued() *bool {
	if r != ReceiptIssued && r != ReceiptNone {
		return nil
	}
	issued := r == ReceiptIssued
	return &issued
}

// Payment is one payment as a look-up shows it. Amounts are in the smallest
// unit of Currency; a zero time is the provider's null.
type Payment struct {
	// MID is whose payment it is: the mid in the configuration of the key that
	// looked it up where Toss names that one or one of its also_mids, else the
	// merchant that Toss names. It is "" where Toss names none; Under fills it in.
	MID string
	// SaidMID is the mId as Toss wrote it, "" where it wrote none.
	SaidMID            string
	PaymentKey         string
	OrderID            string
	Version            string
	Status             PaymentStatus
	Method             Method
	Behind             Method // what pays behind easy pay: card or transfer
	Provider           string // of easy pay
	Currency           Currency
	TotalAmount        int64
	BalanceAmount      int64 // what can still be cancelled; positive also when nothing was paid
	TaxFreeAmount      int64 // of BalanceAmount; it shrinks as cancels happen
	RequestedAt        time.Time
	ApprovedAt         time.Time
	LastTransactionKey string
	ApprovalNumber     string // of the card company or issuer (승인번호); "" where the method has none
	Receipt            Receipt
	UseEscrow          bool
	PartialCancelable  bool
	Country            string
	Secret             Private
	FailureCode        string
	Account            *VirtualAccountState
	Cancels            []Cancel // oldest first
	// WasDone is set by daesa, not by Toss, where the transaction list shows
	// that the payment was DONE once: a virtual account that waits again has
	// had its deposit reversed.
	WasDone bool
	// CancelVanished is set by daesa where a cancel that one of its refunds
	// stands on is no longer shown.
	CancelVanished bool
}

// VirtualAccountState is the virtual account of a payment.
type VirtualAccountState struct {
	BankCode      string
	AccountNumber Private
	CustomerName  Private
	DueDate       time.Time
	Expired       bool
	Refund        RefundStatus
	RefundAccount *RefundAccount // shown for thirty minutes from the opening of the window
}

// RefundAccount is where a virtual account's refund goes.
type RefundAccount struct {
	Bank   string
	Number Private
	Holder Private
}

// Cancel is one element of Toss's cancels[].
type Cancel struct {
	TransactionKey   string
	Amount           int64
	TaxFreeAmount    int64
	RefundableAmount int64 // what is left after it
	Reason           string
	CanceledAt       time.Time
	Status           CancelStatus
	RequestID        string
}

// Approved is the amount that was paid; 0 for a payment that never was, and
// for a virtual account that was cancelled or waits (again) for its deposit.
func (p Payment) Approved() int64 {
	switch p.Status {
	case Done, PartialCanceled:
		return p.TotalAmount
	case Canceled:
		if p.ApprovedAt.IsZero() {
			return 0
		}
		return p.TotalAmount
	default:
		return 0
	}
}

// Held is the money that Toss holds of the payment: approved less cancelled.
// While a foreign cancel is in progress nothing documented says whether the
// balance has moved, so only finished cancels count then.
func (p Payment) Held() int64 {
	approved := p.Approved()
	if approved == 0 || p.Status == Canceled {
		return 0
	}
	if slices.ContainsFunc(p.Cancels, func(c Cancel) bool { return c.Status == CancelInProgress }) {
		return approved - p.canceledDone()
	}
	return p.BalanceAmount
}

// CanceledAmount is what went back of an approved payment.
func (p Payment) CanceledAmount() int64 { return p.Approved() - p.Held() }

func (p Payment) canceledDone() int64 {
	var sum int64
	for _, cancel := range p.Cancels {
		if cancel.Status == CancelDone {
			sum += cancel.Amount
		}
	}
	return sum
}

// TaxFreePaid is the tax-free part of what was paid: what is left of it and
// what finished cancels took.
func (p Payment) TaxFreePaid() int64 {
	sum := p.TaxFreeAmount
	for _, cancel := range p.Cancels {
		if cancel.Status == CancelDone {
			sum += cancel.TaxFreeAmount
		}
	}
	return sum
}

// LastMoved is the newest time at which money moved, or when the buyer opened
// the window where none did.
func (p Payment) LastMoved() time.Time {
	newest := p.ApprovedAt
	for _, cancel := range p.Cancels {
		newest = Latest(newest, cancel.CanceledAt)
	}
	if newest.IsZero() {
		return p.RequestedAt
	}
	return newest
}

// Waiting says whether a buyer could still pay into the virtual account.
func (p Payment) Waiting() bool {
	return p.Status == WaitingForDeposit && (p.Account == nil || !p.Account.Expired)
}

// DepositReversed says whether the bank took a deposit back: the payment was
// DONE once and waits again.
func (p Payment) DepositReversed() bool {
	return p.Status == WaitingForDeposit && (p.WasDone || !p.ApprovedAt.IsZero())
}

// DepositedAccount says whether the payment is a virtual account that was
// paid: its refund needs an account to go to.
func (p Payment) DepositedAccount() bool {
	return p.Method == VirtualAccount && p.Approved() > 0
}

// Transaction is one row of Toss's transaction list: an approval, a cancel, a
// partial cancel, or the issue of a virtual account. What Amount means on a
// cancel row is not documented, so money is never taken from one.
type Transaction struct {
	MID            string
	TransactionKey string
	PaymentKey     string
	OrderID        string
	Method         Method
	Status         PaymentStatus
	At             time.Time
	Currency       Currency
	Amount         int64
}

// TransactionPage is one page of Toss's transaction list.
type TransactionPage struct {
	Rows     []Transaction // in the provider's order, without repeated rows
	Bad      []BadRow      // rows that cannot be read
	Next     string        // the key of the last row, to go on after; "" where it has none
	Evidence Evidence
}

// Empty says whether the page shows nothing: only such a page ends a list.
func (p *TransactionPage) Empty() bool { return len(p.Rows)+len(p.Bad) == 0 }

// CancelIntent is all that a cancel call needs. The key and the guard are
// decided before, and stay, for as long as the call is unanswered.
type CancelIntent struct {
	PaymentKey       string
	Amount           int64 // 0: all that is left
	Currency         Currency
	TaxFreeAmount    int64
	Reason           string // with our marker, at most 200 characters
	RefundableAmount int64  // the guard: the balance that we believe in
	Account          *RefundAccount
	RequestID        string // foreign asynchronous cancels
	IdempotencyKey   string
}

// marker is how daesa's own reference stands at the end of a cancelReason.
var marker = regexp.MustCompile(`#rf:([a-z2-7]{26})\s*$`)

// Marker gives the reference of ours that a cancelReason carries, or "".
func Marker(reason string) string {
	if found := marker.FindStringSubmatch(reason); found != nil {
		return found[1]
	}
	return ""
}

// WithMarker appends our reference to a reason that a person wrote.
func WithMarker(reason, id string) string { return reason + " #rf:" + id }
