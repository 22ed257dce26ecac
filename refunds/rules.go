package refunds

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"daesa/approval"
	"daesa/internal/written"
	"daesa/pay"
)

// Parts is an amount and the tax-free part of it, in the smallest unit of its
// currency.
type Parts struct{ Amount, TaxFree int64 }

// Taxable is the part that bears VAT.
func (p Parts) Taxable() int64 { return p.Amount - p.TaxFree }

// Parts are the request's.
func (r Request) Parts() Parts { return Parts{r.Amount, r.TaxFreeAmount} }

// Taken is another request of the same payment.
type Taken struct {
	ID    string
	State State
	Parts
	At time.Time // when it was asked for
}

// Given is a transfer outside Toss that a person approved. Money that a person
// gave back for a break names no refund, and nobody says which part of it is
// tax-free.
type Given struct {
	RefundID string // of the request that it stands for; "" for a break's
	Parts
}

// Left is what may still be given back of a payment: Amount in all, of it at
// most TaxFree and at most Taxable. The two parts can be more than Amount where
// money went back outside Toss and nobody says which part that was.
type Left struct{ Amount, TaxFree, Taxable int64 }

// Room is the one rule about how much may go back. It starts from what Toss
// holds of the payment and takes off what Toss does not show yet: the requests
// that count, transfers outside Toss, and what the shop says it gave back
// elsewhere. counts says which of the other requests are ahead of the one that
// is asked about; nil: none of them.
func Room(p pay.Payment, known Known, counts func(State) bool) Left {
	left := leftOf(p)
	for _, taken := range known.Taken {
		if counts != nil && counts(taken.State) && !known.shown(p, taken.ID) {
			left.take(taken.Parts)
		}
	}
	for _, given := range known.givenBeside(p) {
		if given.RefundID == "" {
			left.Amount -= given.Amount
			continue
		}
		left.take(given.Parts)
	}
	if known.Order != nil {
		left.Amount -= known.Order.RefundedElsewhere
	}
	left.TaxFree, left.Taxable = max(0, left.TaxFree), max(0, left.Taxable)
	left.Amount = max(0, min(left.Amount, left.TaxFree+left.Taxable))
	return left
}

// leftOf is what Toss itself would still cancel. A cancel that is in progress
// is as good as done. A tax-free part above the balance can only come from
// outside: the balance is then tax-free.
func leftOf(p pay.Payment) Left {
	amount, taxFree := p.BalanceAmount, p.TaxFreeAmount
	if p.Approved() > 0 {
		amount = p.Held()
	}
	for _, cancel := range p.Cancels {
		if cancel.Status == pay.CancelInProgress {
			amount, taxFree = amount-cancel.Amount, taxFree-cancel.TaxFreeAmount
		}
	}
	taxFree = min(max(0, taxFree), max(0, amount))
	return Left{Amount: amount, TaxFree: taxFree, Taxable: amount - taxFree}
}

func (l *Left) take(p Parts) {
	l.Amount, l.TaxFree, l.Taxable = l.Amount-p.Amount, l.TaxFree-p.TaxFree, l.Taxable-p.Taxable()
}

// Misfit says why parts cannot go back of what is left, or "".
func (l Left) Misfit(p Parts) string {
	switch {
	case p.Amount > l.Amount:
		return WhyAboveBalance
	case p.TaxFree < 0 || p.TaxFree > l.TaxFree || p.Taxable() < 0 || p.Taxable() > l.Taxable:
		return WhyTaxPart
	}
	return ""
}

// TaxFreeOf gives the bounds of the tax-free part of an amount that is not
// above Amount. Where they are equal the part is forced: nobody need say it.
func (l Left) TaxFreeOf(amount int64) (least, most int64) {
	return max(0, amount-l.Taxable), min(amount, l.TaxFree)
}

// taken gives the state of another request of the payment; "" for none.
func (k Known) taken(id string) State {
	for _, t := range k.Taken {
		if t.ID == id {
			return t.State
		}
	}
	return ""
}

// shown says whether the payment shows the cancel of a request of ours, by our
// reference or by the claim on it. What was aborted came to nothing.
func (k Known) shown(p pay.Payment, id string) bool {
	return slices.ContainsFunc(p.Cancels, func(c pay.Cancel) bool {
		return c.Status != pay.CancelAborted && (pay.Marker(c.Reason) == id || k.Claimed[c.TransactionKey] == id)
	})
}

// givenBeside are the transfers beside Toss's cancels. One that stands for a
// cancel that Toss shows takes nothing more: that payout failed, and the cancel
// has lowered the balance.
func (k Known) givenBeside(p pay.Payment) []Given {
	return slices.DeleteFunc(slices.Clone(k.Given), func(g Given) bool { return g.RefundID != "" && k.shown(p, g.RefundID) })
}

// givenSum is the sum of givenBeside.
func (k Known) givenSum(p pay.Payment) (sum int64) {
	for _, given := range k.givenBeside(p) {
		sum += given.Amount
	}
	return sum
}

// OtherPerson is the one comparison behind four eyes: whether by is another
// person than the one who asked. Width, case and blanks around a name make no
// other person; nobody is none, and neither is who bears a name that could be
// taken for another's.
func OtherPerson(requester, by string) bool { return written.OtherName(requester, by) }

// notOther says why by is no other person than the requester, for a word on what
// is named, such as "refund x".
func notOther(what, requester, by, word string) (text, advice string) {
	for _, name := range []string{by, requester} {
		var wrong *written.NameError
		if _, err := written.Name(name); errors.As(err, &wrong) {
			if name == requester {
				return what + ": who asked for it bears a name that could be another's: " + err.Error(), "reject it, and ask anew under a name that can be taken for no other"
			}
			return what + ": " + err.Error(), wrong.Hint()
		}
	}
	return fmt.Sprintf("%s: %s asked for it and cannot %s it", what, by, word), "another person must give the word: by --by NAME, or where approvals are signed by a signature of theirs"
}

// WordError says that a person's word on a request cannot be given.
type WordError struct{ Text, Advice string }

// Error says which request, and why.
func (e *WordError) Error() string { return e.Text }

// Hint says what can be done.
func (e *WordError) Hint() string { return e.Advice }

// StateError says that a request is not where a word can be given.
type StateError struct {
	Request Request
	Want    []State
}

// Error says where it is and where it should be.
func (e *StateError) Error() string {
	return fmt.Sprintf("refund %s is %s; this needs one of %v", e.Request.ID, e.Request.State, e.Want)
}

// Hint says where to look.
func (e *StateError) Hint() string {
	return "daesa refunds show " + e.Request.ID + " tells how it came there"
}

func (r Request) from(states ...State) error {
	if !slices.Contains(states, r.State) {
		return &StateError{r, states}
	}
	return nil
}

// Approve gives the request as the second person's word makes it: the word
// covers payment, amount, tax-free part, account and reason as they stand. left
// is what is left of the payment beside the requests that are ahead of it; nil
// where Toss's parts are not known, or nothing is left at all: the worker's
// look-up decides then. The error is a *StateError, *WordError or
// *TooMuchError.
func (r Request) Approve(by string, left *Left, now time.Time) (Request, error) {
	if err := r.Approvable(); err != nil {
		return r, err
	}
	if !OtherPerson(r.RequestedBy, by) {
		text, advice := notOther("refund "+r.ID, r.RequestedBy, by, "approve")
		return r, &WordError{text, advice}
	}
	if left != nil && left.Misfit(r.Parts()) != "" {
		return r, &TooMuchError{Request: r, Left: *left}
	}
	r.State, r.ApprovedBy, r.ApprovedAt = StateApproved, by, now
	r.Approval = ApprovalHash(r)
	return r, nil
}

// Approvable says whether the request waits for a word that can be given, whoever
// gives it. The error is a *StateError or *WordError.
func (r Request) Approvable() error {
	if err := r.from(StateRequested); err != nil {
		return err
	}
	if r.ErrorCode == WhyAboveBalance || r.ErrorCode == WhyTaxPart {
		return r.neverFits()
	}
	return nil
}

// neverFits: a look-up has shown that Toss would refuse it, whoever approves.
func (r Request) neverFits() error {
	text := fmt.Sprintf("refund %s asks for more than is left of its payment", r.ID)
	if r.ErrorCode == WhyTaxPart {
		text = fmt.Sprintf("refund %s: its tax-free part does not fit what is left of its payment", r.ID)
	}
	return &WordError{text, "withdraw it (daesa refunds withdraw " + r.ID + " --note ...) and ask for what is left, under another ref"}
}

// Reject gives the request as a person's no makes it, while it waits for a word.
func (r Request) Reject() (Request, error) { return r.rejected(StateRequested, StateNeedsAccount) }

// Withdraw gives the request as it is when it is taken back: nothing of it may
// have been sent.
func (r Request) Withdraw() (Request, error) {
	return r.rejected(StateRequested, StateApproved, StateNeedsAccount, StateRetry)
}

func (r Request) rejected(from ...State) (Request, error) {
	if err := r.from(from...); err != nil {
		return r, err
	}
	r.State = StateRejected
	return r, nil
}

// Release gives the request as the account that came for its payment makes it:
// requested, or approved where it needed no person's word before. It is not ok
// where the account changes nothing: the request asks for none, since nothing
// was deposited, or it is past waiting.
func (r Request) Release(a StoredAccount) (after Request, ok bool) {
	if !r.State.in("before_account") || r.AccountFingerprint == "" && r.State != StateNeedsAccount {
		return r, false
	}
	released := a.Releases(r)
	r.State, r.AccountFingerprint, r.Approval, r.ApprovedBy, r.ApprovedAt = StateRequested, a.Print, "", "", time.Time{}
	if released {
		r.State, r.Approval = StateApproved, ApprovalHash(r)
	}
	return r, true
}

// Turned is a request as a rule has turned it, and why, for the journal.
type Turned struct {
	Request
	Why string
}

// Released gives the moves of a request whose account came: it is asked for anew,
// and then perhaps approved at once. None: the account changes nothing.
func (r Request) Released(a StoredAccount) []Turned {
	after, ok := r.Release(a)
	if !ok {
		return nil
	}
	asked := after
	asked.State, asked.Approval = StateRequested, ""
	turned := []Turned{{asked, "its refund account came"}}
	if after.State == StateApproved {
		turned = append(turned, Turned{after, WhyUnderLimit})
	}
	return turned
}

// sameWithin is for how long an equal request of the same order is a reason to
// look twice.
const sameWithin = 30 * 24 * time.Hour

// Beside gives a new request as it is beside the others of its order: one that
// equals another of the last thirty days in amount is approved by its id only,
// never by batch and never at once. What a person rejected counts too: it may be
// asked for again, but not unseen.
func (r Request) Beside(known Known) Request {
	var newest Taken
	for _, t := range known.ofOrder() {
		if t.Amount == r.Amount && t.At.After(r.RequestedAt.Add(-sameWithin)) && (newest.ID == "" || t.At.After(newest.At)) {
			newest = t
		}
	}
	if r.SameAs = newest.ID; r.SameAs != "" && r.State == StateApproved {
		r.State, r.Approval = StateRequested, ""
	}
	return r
}

// With gives what is known of the payment once a request stands beside: a later
// row of the same file is planned by the same rule as the first.
func (k Known) With(r Request) Known {
	k.Taken = append(slices.Clone(k.Taken), Taken{ID: r.ID, State: r.State, Parts: r.Parts(), At: r.RequestedAt})
	return k
}

// Approval is a person's word, yes or no, on requests that are named by id. It is given on all
// of them or on none.
type Approval struct {
	IDs  []string
	By   string
	Note string
	Now  time.Time
	// Check sees the requests as they stand in the transaction; its error stops
	// everything.
	Check func([]Request) error
	// Signed is the statement that gives the word; nil: a typed name does.
	Signed *approval.Taken
}

// Adding is a request that is to be added, with what its look-up showed.
type Adding struct {
	Request  Request
	Payment  pay.Payment
	Evidence []pay.Evidence
	Account  *StoredAccount // given with the request; nil: none
	Found    *Step          // Toss has it already; nil: it has not
	SeenAt   time.Time      // of the look-up; zero: now
}

// Fits says whether a new request fits the payment beside all that counts. What
// is expired asks Toss for nothing. The error is a *TooMuchError.
func (r Request) Fits(p pay.Payment, known Known) error {
	if r.State == StateExpired {
		return nil
	}
	if left := Room(p, known, State.Counts); left.Misfit(r.Parts()) != "" {
		return &TooMuchError{Request: r, Left: left}
	}
	return nil
}

// RefError says that a ref was used for something else before.
type RefError struct{ Had, Asked Request }

// Error says which ref, and what it stands for.
func (e *RefError) Error() string {
	had, asked := e.Had.Currency.Format(e.Had.Amount), e.Asked.Currency.Format(e.Asked.Amount)
	if e.Had.TaxFreeAmount != e.Asked.TaxFreeAmount {
		had += " (" + e.Had.Currency.Format(e.Had.TaxFreeAmount) + " tax-free)"
		asked += " (" + e.Asked.Currency.Format(e.Asked.TaxFreeAmount) + " tax-free)"
	}
	return fmt.Sprintf("ref %q is refund %s already: %s of payment %s, not %s of %s", e.Had.Ref, e.Had.ID, had, e.Had.PaymentKey, asked, e.Asked.PaymentKey)
}

// Hint says what to do.
func (e *RefError) Hint() string {
	return "one ref makes one refund, ever: give the new request a ref of its own"
}

// SameAsking says whether a request that was added under a ref is what is asked
// for under it now; the error is a *RefError.
func (r Request) SameAsking(asked Request) error {
	if r.PaymentKey != asked.PaymentKey || r.Parts() != asked.Parts() || r.Currency != asked.Currency {
		return &RefError{Had: r, Asked: asked}
	}
	return nil
}

// TooMuchError says that a payment would be asked for more than is left of it,
// or of one of its parts.
type TooMuchError struct {
	Request Request
	Left    Left
}

// Why is the reason, as a request bears it.
func (e *TooMuchError) Why() string { return e.Left.Misfit(e.Request.Parts()) }

// Error says how much is left.
func (e *TooMuchError) Error() string {
	r, c := e.Request, e.Request.Currency
	if e.Why() == WhyTaxPart {
		return fmt.Sprintf("payment %s: %s tax-free and %s taxable do not fit what can still be given back: %s tax-free and %s taxable",
			r.PaymentKey, c.Format(r.TaxFreeAmount), c.Format(r.Parts().Taxable()), c.Format(e.Left.TaxFree), c.Format(e.Left.Taxable))
	}
	return fmt.Sprintf("payment %s: %s more would be above what was paid: %s can still be given back, the rest is cancelled, asked for or given back already",
		r.PaymentKey, c.Format(r.Amount), c.Format(e.Left.Amount))
}

// Hint says where to look.
func (e *TooMuchError) Hint() string {
	return "daesa explain " + e.Request.OrderID + " shows every request of this order; withdraw one, or ask for less"
}
