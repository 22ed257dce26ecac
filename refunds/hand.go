package refunds

import (
	"fmt"
	"strings"
	"time"

	"daesa/pay"
)

// HandState is where a transfer by hand stands.
type HandState string

// The states of a transfer by hand.
const (
	HandDue      HandState = "due"      // Toss cannot cancel; somebody must decide
	HandApproved HandState = "approved" // another person agreed; it may be transferred
	HandDone     HandState = "done"     // transferred, with the bank's reference
	HandDropped  HandState = "dropped"  // nothing is to be given back this way
)

// HandStates are all of them.
var HandStates = []HandState{HandDue, HandApproved, HandDone, HandDropped}

// HandTransfer is money that Toss cannot give back any more, and that people
// give back by a bank transfer (수기이체). From its approval on it lowers what may
// ever be cancelled on the payment, so that a later cancel cannot pay twice.
type HandTransfer struct {
	RefundID    string
	MID         string
	PaymentKey  string
	OrderID     string
	Amount      int64
	Currency    pay.Currency
	Why         string
	State       HandState
	RequestedBy string
	DueAt       time.Time
	ApprovedBy  string
	ApprovedAt  time.Time
	DoneBy      string
	DoneAt      time.Time
	Reference   string
	Note        string
	CancelBy    time.Time // until when Toss would have cancelled; zero: none known
}

// handError is a word that cannot be given.
type handError struct{ text, hint string }

func (e *handError) Error() string { return e.text }

// Hint says what can be done.
func (e *handError) Hint() string { return e.hint }

// Move gives the transfer as it is after a person's word, or says why the word
// cannot be given.
func (t HandTransfer) Move(to HandState, by, reference, note string, now time.Time) (HandTransfer, error) {
	allowed := map[HandState]HandState{HandApproved: HandDue, HandDone: HandApproved}
	if from, ok := allowed[to]; ok && t.State != from || to == HandDropped && t.State != HandDue && t.State != HandApproved {
		return t, &handError{fmt.Sprintf("transfer %s is %s and cannot become %s", t.RefundID, t.State, to),
			"a transfer is due, then approved by another person, then done"}
	}
	switch to {
	case HandApproved:
		if strings.EqualFold(by, t.RequestedBy) {
			return t, &handError{fmt.Sprintf("transfer %s: %s asked for the refund and cannot approve its transfer", t.RefundID, by),
				"another person must give the word (--by NAME)"}
		}
		t.ApprovedBy, t.ApprovedAt = by, now
	case HandDone:
		if strings.TrimSpace(reference) == "" {
			return t, &handError{fmt.Sprintf("transfer %s needs the bank's reference", t.RefundID), "give it by --reference, so that the transfer can be found again"}
		}
		t.DoneBy, t.DoneAt, t.Reference = by, now, reference
	case HandDue, HandDropped:
	}
	if to == HandDropped && strings.TrimSpace(note) == "" {
		return t, &handError{fmt.Sprintf("transfer %s: why is nothing given back this way?", t.RefundID), "say it by --note; it is kept in the journal"}
	}
	t.State = to
	if note != "" {
		t.Note = note
	}
	return t, nil
}
