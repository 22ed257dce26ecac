package sandbox

import (
	"time"

	"daesa/sandbox/browser"
)

// Method is a way to pay, in the words of order files.
type Method string

// The methods that the sandbox plays.
const (
	Card            Method = "card"
	EasyPay         Method = "easy_pay"
	Transfer        Method = "transfer"
	VirtualAccount  Method = "virtual_account"
	Phone           Method = "phone"
	GiftCertificate Method = "gift_certificate"
	PayPal          Method = "paypal"
	ForeignEasyPay  Method = "foreign_easy_pay" // cancelled asynchronously
)

// The states of a payment, in Toss's words.
const (
	Ready             = "READY"
	InProgress        = "IN_PROGRESS"
	WaitingForDeposit = "WAITING_FOR_DEPOSIT"
	Done              = "DONE"
	Canceled          = "CANCELED"
	PartialCanceled   = "PARTIAL_CANCELED"
	Aborted           = "ABORTED"
	Expired           = "EXPIRED"
)

// The states of a virtual account's refund, in Toss's words.
const (
	RefundNone          = "NONE"
	RefundPending       = "PENDING"
	RefundCompleted     = "COMPLETED"
	RefundFailed        = "FAILED"
	RefundPartialFailed = "PARTIAL_FAILED"
)

// How long things take. Toss names the 30 and the 10 minutes and the two days
// of a refund; the others are the sandbox's.
const (
	windowLife      = 30 * 60          // a payment window, in seconds
	confirmLife     = 10 * 60          // an authenticated payment without confirm
	accountVisible  = 30 * 60          // refundReceiveAccount, from requestedAt
	refundPendingIn = 60 * 60          // NONE becomes PENDING
	refundFailsIn   = 6 * 60 * 60      // PENDING becomes FAILED, when that was asked for
	refundPaidIn    = 2 * 24 * 60 * 60 // PENDING becomes COMPLETED
	foreignCancelIn = 10 * 60          // a foreign cancel is IN_PROGRESS that long
)

// Account is where refunded money goes. Bank is Toss's two-character code.
type Account struct {
	Bank   string `json:"bank"`
	Number string `json:"accountNumber"`
	Holder string `json:"holderName"`
}

// payment is what never changes of a payment, and the steps that happened to
// it. Its standing at a moment is folded from the steps up to that moment.
// Times are Unix seconds, as Toss shows no smaller part.
type payment struct {
	Key, OrderID, OrderName, MID, CustomerKey string
	Currency                                  string
	Method                                    Method
	Total, TaxFree                            int64 // smallest unit of the currency
	CardDiscount, EasyDiscount                int64
	Requested                                 int64
	Money                                     bool // easy pay: an account or money stands behind it, not a card
	Escrow, NoPartial                         bool
	Check                                     bool   `json:",omitempty"` // the card is a 체크카드
	Months                                    uint8  `json:",omitempty"` // of an instalment; 0: all at once
	Bearer                                    bearer `json:",omitempty"` // of the instalment's interest
	Outcome                                   string // how a refund or a foreign cancel will end; empty: well
	VA                                        *vaPart
	Window                                    *window   `json:",omitempty"` // a page opened it; nil: made by hand or in a history
	More                                      *morePart `json:",omitempty"`
	Steps                                     []step
	N                                         uint32 // ordinal in the ledger
	prev                                      uint32 // 1 + ordinal of the older payment of the same order; 0: none
}

// morePart is what few payments have.
type morePart struct {
	CardNumber string `json:",omitempty"` // masked, of a card that was typed in
	AcquireAt  int64  `json:",omitempty"` // the shop asked for the acquisition then
}

// more is the rare part, made where it is not there yet.
func (p *payment) more() *morePart {
	if p.More == nil {
		p.More = &morePart{}
	}
	return p.More
}

// bearer is who bears the interest of an instalment.
type bearer uint8

const (
	bornByBuyer bearer = iota
	bornByCardCompany
	bornByShop
)

// bearers are Toss's words for them.
var bearers = []string{bornByBuyer: "BUYER", bornByCardCompany: "CARD_COMPANY", bornByShop: "MERCHANT"}

type vaPart struct {
	Number, Bank, Customer string
	Due                    int64
	Account                *Account // what the buyer gave in the payment window
}

type stepKind uint8

const (
	stepAuth    stepKind = iota + 1 // the buyer has authenticated
	stepIssue                       // a virtual account was issued
	stepApprove                     // paid
	stepReverse                     // the bank took a deposit back
	stepCancel
	stepAbort
	stepExpire
)

// step is one thing that happened to a payment.
type step struct {
	At     int64
	Amount int64
	Seq    uint32 // names the transaction
	Kind   stepKind
	Full   bool // a cancel of everything in one go
	Unpaid bool // the cancel of a virtual account before its deposit
	Cancel *cancelPart
	Code   string // why it was aborted
}

// cancelPart is what only cancels have.
type cancelPart struct {
	Reason    string
	TaxFree   int64
	EasyPart  int64 // of the amount: points and coupons of the easy pay
	Started   int64 // foreign cancels: asked for then, settled at step.At
	RequestID string
	Aborted   bool // a foreign cancel that will fail
	Account   *Account
	Outcome   string // of a virtual account's refund
	Left      int64  // refundable after this cancel
}

// makesRow says whether the step is a row of /v1/transactions.
func (st *step) makesRow() bool {
	switch st.Kind {
	case stepIssue, stepApprove, stepReverse:
		return true
	case stepCancel:
		return !st.Cancel.Aborted
	}
	return false
}

// seenFrom is the moment from which the step shows in a look-up.
func (st *step) seenFrom() int64 {
	if st.Kind == stepCancel && st.Cancel.Started > 0 {
		return st.Cancel.Started
	}
	return st.At
}

// standing is a payment at one moment.
type standing struct {
	now       int64
	status    string
	balance   int64
	taxFree   int64 // left
	approved  int64
	last      *step
	cancels   []*step
	deposited bool // a virtual account that holds or held its deposit
	failure   string
	inFlight  bool // a foreign cancel is under way
	closed    bool // what is personal does not show
}

// at folds the steps up to a moment.
func (p *payment) at(now int64) standing {
	st := standing{now: now, status: Ready, balance: p.Total, taxFree: p.TaxFree}
	var auth int64
	for i := range p.Steps {
		e := &p.Steps[i]
		if e.seenFrom() > now {
			continue
		}
		if e.Kind == stepAuth {
			auth = e.At
		}
		st.apply(e)
	}
	ready := st.status == Ready && now >= p.Requested+windowLife
	if ready || st.status == InProgress && now >= auth+confirmLife {
		st.status, st.failure = Expired, "EXPIRED_PAYMENT"
	}
	return st
}

func (st *standing) apply(e *step) {
	if e.Kind != stepAuth && e.Kind != stepAbort && e.Kind != stepExpire {
		st.last = e
	}
	switch e.Kind {
	case stepAuth:
		st.status = InProgress
	case stepIssue:
		st.status = WaitingForDeposit
	case stepApprove:
		st.status, st.approved, st.deposited = Done, e.At, true
	case stepReverse:
		st.status, st.approved, st.deposited = WaitingForDeposit, 0, false
	case stepAbort:
		st.status, st.failure = Aborted, e.Code
	case stepExpire:
		st.status, st.failure = Expired, "EXPIRED_PAYMENT"
	case stepCancel:
		st.cancel(e)
	}
}

func (st *standing) cancel(e *step) {
	st.cancels = append(st.cancels, e)
	if e.Cancel.Started > 0 && st.now < e.At {
		st.inFlight = true
		return
	}
	if e.Cancel.Aborted {
		return
	}
	st.balance -= e.Amount
	st.taxFree -= e.Cancel.TaxFree
	st.status = PartialCanceled
	if e.Full {
		st.status = Canceled
	}
}

// holds says whether money is with Toss for this payment.
func (st *standing) holds() bool {
	return (st.status == Done || st.status == PartialCanceled) && st.balance > 0
}

// cancelStatus is the state of one cancel at a moment.
func (e *step) cancelStatus(now int64) string {
	switch {
	case e.Cancel.Started > 0 && now < e.At:
		return InProgress
	case e.Cancel.Aborted:
		return Aborted
	}
	return Done
}

// refundStatus is that of the newest cancel after a deposit, since Toss shows
// one word for all of them.
func (st *standing) refundStatus() string {
	if !st.deposited || len(st.cancels) == 0 {
		return RefundNone
	}
	newest := st.cancels[len(st.cancels)-1]
	age := st.now - newest.At
	bad := newest.Cancel.Outcome == RefundFailed || newest.Cancel.Outcome == RefundPartialFailed
	switch {
	case bad && age >= refundFailsIn:
		return newest.Cancel.Outcome
	case age >= refundPaidIn && !bad:
		return RefundCompleted
	case age >= refundPendingIn:
		return RefundPending
	}
	return RefundNone
}

// Payment is a picture of a payment at one moment, for those who hold the
// sandbox in their hands. Over HTTP it looks as Toss writes it.
type Payment struct {
	Key, OrderID, MID  string
	OrderName          string
	Method             Method
	Status             string
	Currency           string
	Total, Balance     int64 // smallest unit of the currency
	TaxFree            int64 // of Balance
	RequestedAt        time.Time
	ApprovedAt         time.Time // zero before the approval
	Secret             string
	LastTransactionKey string
	RefundStatus       string // of virtual accounts
	Failure            string // the code why it was aborted or expired
	Account            string // number of the virtual account
	Bank               string // of the virtual account, Toss's code
	DueDate            time.Time
	Window             string // where an open window is that a server has opened
	Cancels            []Cancel
}

// Cancel is one cancel of a payment.
type Cancel struct {
	Amount         int64
	TaxFree        int64
	Reason         string
	At             time.Time
	TransactionKey string
	Status         string // DONE, IN_PROGRESS, ABORTED
}

func (p *payment) picture(now int64) *Payment {
	st := p.at(now)
	out := &Payment{
		Key: p.Key, OrderID: p.OrderID, MID: p.MID, Method: p.Method, Status: st.status,
		Currency: p.Currency, Total: p.Total, Balance: st.balance, TaxFree: st.taxFree,
		OrderName: p.OrderName, RequestedAt: stamp(p.Requested), Secret: p.secret(), Failure: st.failure,
	}
	if p.Window != nil && p.Window.Base != "" && p.windowState(now) == browser.Open {
		out.Window = browser.WindowPath(p.Key)
	}
	if st.approved > 0 {
		out.ApprovedAt = stamp(st.approved)
	}
	if st.last != nil {
		out.LastTransactionKey = st.last.key()
	}
	if p.VA != nil {
		out.RefundStatus = st.refundStatus()
		out.Account, out.Bank, out.DueDate = p.VA.Number, p.VA.Bank, stamp(p.VA.Due)
	}
	for _, e := range st.cancels {
		out.Cancels = append(out.Cancels, Cancel{
			Amount: e.Amount, TaxFree: e.Cancel.TaxFree, Reason: e.Cancel.Reason, At: stamp(e.seenFrom()),
			TransactionKey: e.key(), Status: e.cancelStatus(now),
		})
	}
	return out
}

func stamp(sec int64) time.Time { return time.Unix(sec, 0).In(kst) }
