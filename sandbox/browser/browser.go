// Package browser is what a buyer's browser sees of the pretend Toss: the
// scripts that a shop's page loads, the widget that they put into it, and the
// payment window. It begins at scripts/, which hold the public surface of Toss's
// own scripts; handler.go serves them and the pages.
//
// It keeps nothing. What a window is about and how it stands is the ledger's,
// which the sandbox implements; the rules of what may be opened and chosen are
// pure functions here.
package browser

// Ledger is what the pages need of the pretend Toss. Refusals are codes of
// texts.go; their messages are filled in for the reader's language.
type Ledger interface {
	// OpenWindow makes a READY payment of a request that Check has let through.
	OpenWindow(Request) (Window, *Error)
	// Window says how a payment that was opened in a window stands now.
	Window(paymentKey string) (Window, bool)
	// ClaimWindow lets one tab of a browser have the window. Another tab gets
	// INVALID_METHOD_TRANSACTION.
	ClaimWindow(paymentKey, tab string) *Error
	// EndWindow does what the buyer pressed and says how the window stands then.
	// A window that is no longer open is left as it is: NOT_FOUND_PAYMENT_SESSION
	// where its time has run out, else ALREADY_PROCESSED_PAYMENT.
	EndWindow(paymentKey, tab string, end End) (Window, *Error)
}

// State says how far a window is.
type State string

// The states of a window.
const (
	Open    State = "open"
	Paid    State = "paid"   // authenticated: the shop has ten minutes to confirm
	Failed  State = "failed" // the payment is ABORTED
	Expired State = "expired"
	Closed  State = "closed" // cancelled or closed by the buyer; the payment stays READY until it expires
)

// Window is a payment that a page has opened, as it stands at a moment.
type Window struct {
	Key     string // paymentKey
	Request Request
	State   State
}

// Press is a button of the window.
type Press string

// The buttons of a window.
const (
	PressPay    Press = "pay"
	PressCancel Press = "cancel"
	PressFail   Press = "fail"
	PressClose  Press = "close"
	PressExpire Press = "expire"
)

// End is a button with what belongs to it.
type End struct {
	Press  Press
	Choice Choice // of pay
	Code   string // of fail
}

// Named is an institution: Toss's two-character code and its names.
type Named struct{ Code, Korean, English string }

// Catalog is whom a buyer can choose among.
type Catalog struct {
	Cards []Named // issuers
	Banks []Named
}
