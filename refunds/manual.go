package refunds

import (
	"fmt"
	"strings"
	"time"

	"daesa/approval"
	"daesa/pay"
)

// ManualState is where a transfer by hand stands.
type ManualState string

// The states of a transfer by hand.
const (
	ManualDue      ManualState = "due"      // Toss cannot cancel; somebody must decide
	ManualApproved ManualState = "approved" // another person agreed; it may be transferred
	ManualDone     ManualState = "done"     // transferred, with the bank's reference
	ManualDropped  ManualState = "dropped"  // nothing is to be given back this way
)

// ManualStates are all of them.
var ManualStates = []ManualState{ManualDue, ManualApproved, ManualDone, ManualDropped}

// ManualSets are the states of transfers that have something in common, by the
// names under which the queries of sql/ ask for them.
var ManualSets = map[string][]ManualState{
	"hand_due":  {ManualDue},                  // nobody has decided
	"hand_open": {ManualDue, ManualApproved},  // nobody has made it
	"hand_room": {ManualApproved, ManualDone}, // it lowers what may be cancelled
	"hand_done": {ManualDone},
}

// ManualTransfer is money that Toss cannot give back any more, and that people
// give back by a bank transfer (수기이체). From its approval on it lowers what may
// ever be cancelled on the payment, so that a later cancel cannot pay twice.
type ManualTransfer struct {
	RefundID    string
	MID         string
	PaymentKey  string
	OrderID     string
	Amount      int64
	TaxFree     int64 `json:"-"` // of Amount
	Currency    pay.Currency
	Why         string
	State       ManualState
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

// ManualCause is why Toss gives nothing back by a request any more, as its transfer
// by hand keeps it.
func (r Request) ManualCause() string {
	switch {
	case r.ErrorCode != "":
		return r.ErrorCode
	case r.State == StateExpired:
		return WhyDeadline
	default:
		return WhyRefusedBare
	}
}

// Cause is the reason for which Toss cannot give the money back, as Explain
// takes it. A transfer that was due without one was never sent: its deadline had
// passed when the night proposed it. "" means that nothing is known.
func (t ManualTransfer) Cause() string {
	if t.Why == "" && !t.CancelBy.IsZero() && t.DueAt.After(t.CancelBy) {
		return WhyDeadline
	}
	return t.Why
}

// ManualWord is a person's word on a transfer by hand.
type ManualWord struct {
	ID        string // of the refund that the transfer stands for
	To        ManualState
	By        string
	Reference string // the bank's
	Note      string
	// Another says that the transfer is due although Toss was asked for the same
	// amount of the same payment as well.
	Another bool
	// Seen is the payment as a look-up showed it just now; nil: as it was seen
	// last.
	Seen *pay.Payment
	Now  time.Time
	// Signed is the statement that gives the word; nil: a typed name does.
	Signed *approval.Taken
}

// NeedsTruth says whether the word is given only on a transfer that nobody changed
// by other hands: dropping one moves no money.
func (w ManualWord) NeedsTruth() bool { return w.To != ManualDropped }

// TakesRoom says whether the word takes the amount out of what may ever be
// cancelled, so that the rule about it is asked.
func (w ManualWord) TakesRoom() bool { return w.To == ManualApproved }

// Judged is the payment by which the word is judged: as a look-up showed it just
// now, else as it was kept. Where nobody knows its parts the amount alone is
// compared.
func (w ManualWord) Judged(t ManualTransfer, kept pay.Payment, parts bool) pay.Payment {
	switch {
	case w.Seen != nil:
		return *w.Seen
	case !parts:
		kept.TaxFreeAmount = t.TaxFree
	}
	return kept
}

// MayGo says whether the money of a transfer is still there to be given: from
// its approval on it can no longer be cancelled at Toss. A transfer whose cancel
// Toss shows stands for a payout that failed, and gives what that cancel took.
func (t ManualTransfer) MayGo(p pay.Payment, known Known, another bool) error {
	if known.shown(p, t.RefundID) {
		if p.Account != nil && p.Account.Refund == pay.RefundCompleted {
			return &handError{fmt.Sprintf("transfer %s: Toss says that it was paid out after all", t.RefundID),
				"daesa refunds transfers drop " + t.RefundID + " --note ... takes it off the list"}
		}
		return nil
	}
	for _, taken := range known.Taken {
		same := taken.Amount == t.Amount && taken.State != StateRejected && taken.State != StateRefused && taken.State != StateExpired
		if same && !another {
			return &handError{fmt.Sprintf("transfer %s: refund %s asks Toss for the same amount of the same payment", t.RefundID, taken.ID),
				"if that one took its place: daesa refunds transfers drop " + t.RefundID + " --note ...; if both are due: approve with --another-wish"}
		}
	}
	left, c := Room(p, known, State.Counts), t.Currency
	advice := "daesa explain " + t.OrderID + " shows what; a transfer now would pay twice; daesa refunds transfers drop " + t.RefundID + " takes it off the list"
	switch left.Misfit(Parts{t.Amount, t.TaxFree}) {
	case "":
		return nil
	case WhyTaxPart:
		return &handError{fmt.Sprintf("transfer %s: %s of it are tax-free, and %s tax-free and %s taxable can still be given back of this payment",
			t.RefundID, c.Format(t.TaxFree), c.Format(left.TaxFree), c.Format(left.Taxable)), advice}
	default:
		return &handError{fmt.Sprintf("transfer %s: only %s of this payment can still be given back: the rest is cancelled, asked for or given back already",
			t.RefundID, c.Format(left.Amount)), advice}
	}
}

// handError is a word that cannot be given.
type handError struct{ text, hint string }

func (e *handError) Error() string { return e.text }

// Hint says what can be done.
func (e *handError) Hint() string { return e.hint }

// Move gives the transfer as it is after a person's word, or says why the word
// cannot be given.
func (t ManualTransfer) Move(w ManualWord) (ManualTransfer, error) {
	to, by, reference, note, now := w.To, w.By, w.Reference, w.Note, w.Now
	allowed := map[ManualState]ManualState{ManualApproved: ManualDue, ManualDone: ManualApproved}
	if from, ok := allowed[to]; ok && t.State != from || to == ManualDropped && t.State != ManualDue && t.State != ManualApproved {
		return t, &handError{fmt.Sprintf("transfer %s is %s and cannot become %s", t.RefundID, t.State, to),
			"a transfer is due, then approved by another person, then done"}
	}
	switch to {
	case ManualApproved:
		if !OtherPerson(t.RequestedBy, by) {
			text, advice := notOther("the transfer of refund "+t.RefundID, t.RequestedBy, by, "approve")
			return t, &handError{text, advice}
		}
		t.ApprovedBy, t.ApprovedAt = by, now
	case ManualDone:
		if strings.TrimSpace(reference) == "" {
			return t, &handError{fmt.Sprintf("transfer %s needs the bank's reference", t.RefundID), "give it by --reference, so that the transfer can be found again"}
		}
		t.DoneBy, t.DoneAt, t.Reference = by, now, reference
	case ManualDue, ManualDropped:
	}
	if to == ManualDropped && strings.TrimSpace(note) == "" {
		return t, &handError{fmt.Sprintf("transfer %s: why is nothing given back this way?", t.RefundID), "say it by --note; it is kept in the journal"}
	}
	t.State = to
	if note != "" {
		t.Note = note
	}
	return t, nil
}

// Payable says whether a person may make the transfer: another one has approved it, and
// nobody has made it.
func (t ManualTransfer) Payable() bool { return t.State == ManualApproved }

// SameAmount says whether two readings of a transfer ask for the same money.
func (t ManualTransfer) SameAmount(o ManualTransfer) bool { return t.Amount == o.Amount }
