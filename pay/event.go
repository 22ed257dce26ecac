package pay

import "time"

// Event is one webhook as it is kept: what somebody who knew the address said,
// and never what is true. Only a look-up that follows says that.
type Event struct {
	ID                string // of the content: the same body twice is one event
	TransmissionID    string // tosspayments-webhook-transmission-id; "" where it was missing
	MID               string // "" where neither the address nor the body says it
	Type              string // eventType; DEPOSIT_CALLBACK for the flat form, which has none
	OrderID           string
	PaymentKey        string
	TransactionKey    string
	Status            string // of the payment, the cancel, or whatever the event is about
	SecretFingerprint string // of the payment's secret that it carries (SecretFingerprint); "" for none
	Signature         Signature
	CreatedAt         time.Time // as the body says it; zero where it does not
	ReceivedAt        time.Time
	Retried           int    // how often Toss had tried before
	Body              []byte // JSON, cut of personal data
}

// Signature says what became of an event's signature.
type Signature string

const (
	// Unsigned: a payment event, none of which is signed
	// (https://docs.tosspayments.com/guides/v2/webhook).
	Unsigned Signature = ""
	// Verified: signed with a security key of ours.
	Verified Signature = "verified"
	// Unverified: signed, and there is no security key to check it by.
	Unverified Signature = "unverified"
)

// The types of events that the guide names.
const (
	PaymentStatusChanged  = "PAYMENT_STATUS_CHANGED"
	DepositCallback       = "DEPOSIT_CALLBACK"
	CancelStatusChanged   = "CANCEL_STATUS_CHANGED"
	MethodUpdated         = "METHOD_UPDATED"
	CustomerStatusChanged = "CUSTOMER_STATUS_CHANGED"
	PayoutChanged         = "payout.changed"
	SellerChanged         = "seller.changed"
	BillingDeleted        = "BILLING_DELETED"
)

// OfPayment says whether an event is about a payment that can be looked up:
// then it is worth a look, whatever its type.
func (e Event) OfPayment() bool {
	return e.PaymentKey != "" || e.OrderID != "" || e.Type == CancelStatusChanged && e.TransactionKey != ""
}

// Urgent says whether an event is worked on before the others: it may stop a
// refund, show an account or take a deposit back. That a card was charged can
// wait. A forged event gains no more by this than an early look.
func (e Event) Urgent() bool {
	return e.OfPayment() && !(e.Type == PaymentStatusChanged && e.Status == string(Done))
}
