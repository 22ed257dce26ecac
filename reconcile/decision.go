package reconcile

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"daesa/internal/hint"
	"daesa/pay"
)

// Decision is what a person wrote about a break into a workbook.
type Decision struct {
	ID    string
	As    Disposition // "": no decision
	Owner *string     // nil: left as it was drawn
	Note  *string
	Seen  Break // as the workbook showed it
	// Moved says that the break is known not to be as the workbook showed it, where
	// Seen cannot say how it was.
	Moved bool
	// Rebate is what a deposit gives back of fees; nil where the person wrote none.
	Rebate *RebateOf
	// RefundID is the request that makes refund_now happen; "" for every other.
	RefundID string
}

// Fingerprint is of how the break stands: a person's word about it holds while it
// stays the same. Who looks after it, and what is noted, are not in it.
func (b Break) Fingerprint() string {
	parts := []string{string(b.Status), string(b.Since), string(b.Resolution), b.ResolvedAt.UTC().Format(time.RFC3339Nano), string(b.Currency), b.LocalStatus, b.ProviderStatus}
	for _, amount := range []*int64{b.LocalAmount, b.ProviderAmount, b.Amount} {
		if amount == nil {
			parts = append(parts, "")
			continue
		}
		parts = append(parts, strconv.FormatInt(*amount, 10))
	}
	return ShortHash(parts...)[:8]
}

// Empty says whether the person wrote nothing.
func (w Decision) Empty() bool { return w.As == "" && w.Owner == nil && w.Note == nil }

// StaleError: the break is not as the person saw it, so that their word is not
// taken.
type StaleError struct{ Now string }

// Error says how the break stands now.
func (e *StaleError) Error() string { return "has changed since the workbook was drawn: " + e.Now }

// Take writes a person's word onto the break, or says why it cannot be: the
// word is about what the workbook showed, and the break may have moved since.
// A word that the break bears already changes nothing.
func (b Break) Take(w Decision, by string, at time.Time) (after Break, changed bool, err error) {
	if b.Bears(w) {
		return b, false, nil
	}
	if b.Status == Refunding && w.As == RefundNow {
		return b, false, &RefundingError{b.ID, b.RefundID, b.ResolvedBy}
	}
	if b.Status == Resolved && b.Resolution == RefundNow && w.As == RefundNow {
		return b, false, &RefundedError{b.ID, b.RefundID, b.OrderID}
	}
	if now := b.movedSince(w); now != "" {
		return b, false, &StaleError{now}
	}
	if w.As != "" && !b.Takes(w.As) {
		return b, false, &TakesError{BreakID: b.ID, Finding: b.Finding, As: w.As}
	}
	after = b
	for _, field := range []struct {
		name      string
		to, of    *string
		drawn, is string
	}{
		{"its owner", w.Owner, &after.Owner, w.Seen.Owner, b.Owner},
		{"its note", w.Note, &after.Note, w.Seen.Note, b.Note},
	} {
		if field.to == nil || *field.to == field.is {
			continue
		}
		if field.is != field.drawn {
			return b, false, &StaleError{field.name + " was changed by somebody else"}
		}
		*field.of, changed = *field.to, true
	}
	switch {
	case w.As == "":
	case w.As == Rebate:
		if w.Rebate == nil {
			return b, false, &RebateError{BreakID: b.ID}
		}
		if after, err = after.Resolve(w.As, by, after.Note, at).Rebated(*w.Rebate); err != nil {
			return b, false, err
		}
		changed = true
	case w.As != RefundNow:
		after, changed = after.Resolve(w.As, by, after.Note, at), true
	case w.RefundID == "":
		return b, false, ErrNeedsRequest
	default:
		after, changed = after.Refund(w.RefundID, by, after.Note, at), true
	}
	return after, changed, nil
}

// Bears reports whether the break says already what the word says.
func (b Break) Bears(w Decision) bool {
	return (b.Status == Resolved || b.Status == Refunding) && b.Resolution == w.As && same(w.Owner, b.Owner) && same(w.Note, b.Note) &&
		(w.Rebate == nil || *w.Rebate == b.Rebate)
}

func same(written *string, is string) bool { return written == nil || *written == is }

// Earlier is a decision about a break that was carried out before.
type Earlier struct {
	As       Disposition
	Workbook string // the hash of the file that it was read from; "" for a command
	At       time.Time
}

// DecidedBeforeError reports a workbook whose decision about a break was carried
// out before: the same file asks for a refund once, also when the request that it
// made was refused since.
type DecidedBeforeError struct {
	BreakID string
	At      time.Time
}

// Error says when.
func (e *DecidedBeforeError) Error() string {
	return fmt.Sprintf("this workbook's refund_now was carried out on %s, and its request has ended", pay.FormatTime(e.At))
}

// Hint says how to decide again.
func (e *DecidedBeforeError) Hint() string {
	return "decide again in the workbook of a later night, or by daesa breaks resolve " + e.BreakID
}

// OncePerFile refuses a refund that the same workbook has asked for before, unless
// the break bears the word still; the error is a *DecidedBeforeError.
func (b Break) OncePerFile(w Decision, workbook string, earlier []Earlier) error {
	if workbook == "" || b.Bears(w) {
		return nil
	}
	for _, e := range earlier {
		if e.As == RefundNow && e.Workbook == workbook {
			return &DecidedBeforeError{BreakID: b.ID, At: e.At}
		}
	}
	return nil
}

// MayResolve refuses a word on a break that both sides have settled by agreeing,
// and refund_now, which needs a request.
func (b Break) MayResolve(as Disposition) error {
	switch {
	case as == RefundNow && b.Kind.Scope() == ScopeOrders:
		return fmt.Errorf("break %s: %w", b.ID, ErrNeedsRequest)
	case !b.Takes(as):
		return &TakesError{BreakID: b.ID, Finding: b.Finding, As: as}
	case b.Status == Cleared:
		return hint.With(fmt.Errorf("break %s was cleared on %s: both sides agree", b.ID, b.Since), "there is nothing to resolve")
	}
	return nil
}

// TakesError reports a decision that cannot be made about such a break.
type TakesError struct {
	BreakID string
	Finding
	As Disposition
}

// Error names the kind and the decision.
func (e *TakesError) Error() string {
	if e.Kind.Takes(e.As) {
		return fmt.Sprintf("break %s: %s has no amount yet that could be taken as %s", e.BreakID, e.Kind, e.As)
	}
	return fmt.Sprintf("break %s: %s cannot be resolved as %s", e.BreakID, e.Kind, e.As)
}

// Hint says what can be decided.
func (e *TakesError) Hint() string {
	if e.Kind.Takes(e.As) {
		return "daesa bank match says which line of the passbook it is; then there is an amount"
	}
	words := []string{string(Waiting)}
	for _, as := range AllDispositions {
		if as != Waiting && e.Kind.Takes(as) {
			words = append(words, string(as))
		}
	}
	return "of this kind: " + strings.Join(words, ", ")
}

// RebateOf is what a deposit gives back of fees, by a corrected tax invoice
// (수정세금계산서), in the smallest unit.
type RebateOf struct{ Supply, VAT int64 }

// Rebated writes onto a break that its deposit gives fees back. It must be one that
// takes the decision, and no more can be given back than came.
func (b Break) Rebated(r RebateOf) (Break, error) {
	came := value(b.Amount)
	if r.Supply <= 0 || r.VAT < 0 || r.Supply+r.VAT > came {
		return b, &RebateError{BreakID: b.ID, Currency: b.Currency, Given: &r, Came: came}
	}
	b.Rebate = r
	return b, nil
}

// RebateError: a deposit cannot give back what a person says of it.
type RebateError struct {
	BreakID  string
	Currency pay.Currency
	Given    *RebateOf // nil: nobody said how much
	Came     int64
}

// Error names the amounts.
func (e *RebateError) Error() string {
	if e.Given == nil {
		return fmt.Sprintf("break %s: a rebate needs the supply and the VAT of the corrected tax invoice", e.BreakID)
	}
	return fmt.Sprintf("break %s: a rebate of %s and VAT of %s is not within the deposit of %s", e.BreakID,
		e.Currency.Spell(e.Given.Supply), e.Currency.Spell(e.Given.VAT), e.Currency.Spell(e.Came))
}

// Hint says where they stand.
func (e *RebateError) Hint() string {
	return "supply and VAT (--supply, --vat) are those of the corrected tax invoice (수정세금계산서)"
}

// movedSince says how the break stands now, where a word about what was seen
// may be wrong about it.
func (b Break) movedSince(w Decision) string {
	seen := w.Seen
	switch {
	case b.Status == Cleared:
		return fmt.Sprintf("it was cleared by itself on %s", b.Since)
	case b.Status == Resolved && !b.sameDecision(seen):
		return fmt.Sprintf("it was resolved as %s by %s", b.Resolution, b.ResolvedBy)
	case b.Status == Refunding && seen.Status != Refunding:
		return fmt.Sprintf("it is refunding by %s, as %s decided", b.RefundID, b.ResolvedBy)
	case b.Status != seen.Status && (seen.Status != Timing || b.Status != Open):
		return fmt.Sprintf("it is %s since %s", b.Status, b.Since)
	case b.differs(seen.Finding):
		return "the amounts or statuses of the two sides are others now"
	case w.Moved:
		return fmt.Sprintf("it is %s since %s, and its amounts or its reason may be others", b.Status, b.Since)
	default:
		return ""
	}
}

// sameDecision reports whether the break bears the very decision that was seen.
func (b Break) sameDecision(seen Break) bool {
	return seen.Status == Resolved && b.Resolution == seen.Resolution && b.ResolvedAt.Equal(seen.ResolvedAt)
}
