package refunds

import (
	"fmt"
	"time"

	"daesa/pay"
	"daesa/reconcile"
)

// Named is what a person says beside refund_now, where the break alone does not
// say it.
type Named struct {
	Payment string // the payment key; "" for the one that the break is about
	TaxFree string // the tax-free part, in the payment's own notation; "" for none
}

// decidedRef begins the ref of a request that a person's decision made.
const decidedRef = "break:"

// reasonsOf are what the buyer may see of a request that a decision made. What
// the person noted is for colleagues.
var reasonsOf = map[reconcile.Kind]string{
	reconcile.CancelNotExecuted: reasonFor,
	reconcile.PaidAfterCancel:   reasonFor,
	reconcile.MissingLocally:    "주문이 확인되지 않은 결제의 환불",
	reconcile.DuplicatePayment:  "중복 결제 환불",
}

// PaymentOf names the payment that refund_now gives back. The error is an
// *AskError: from breaks of most kinds no amount follows, and of a duplicate
// payment only a person can say which one goes back.
func PaymentOf(b reconcile.Break, named Named) (paymentKey string, err error) {
	_, follows := reasonsOf[b.Kind]
	switch {
	case !follows:
		return "", &AskError{Column: "amount", Why: "", Reason: fmt.Sprintf("how much goes back does not follow from %s: ask for it by %s, then decide otherwise", b.Kind, askByHand(b))}
	case b.Status == reconcile.Timing:
		return "", &AskError{Column: "amount", Why: "", Reason: "the difference is too young to say what is owed (timing): decide after the next night"}
	case b.Kind == reconcile.DuplicatePayment && named.Payment == "":
		return "", &AskError{Column: "payment_key", Why: "", Reason: fmt.Sprintf("which of the payments goes back must be named: daesa breaks resolve %s --as refund_now --payment KEY --note TEXT (daesa explain %s shows them)", b.ID, b.OrderID)}
	case named.Payment != "" && b.Kind != reconcile.DuplicatePayment && b.Kind != reconcile.MissingLocally && named.Payment != b.PaymentKey:
		return "", &AskError{Column: "payment_key", Why: "", Reason: "the break is about another payment: " + b.PaymentKey}
	case named.Payment != "":
		return named.Payment, nil
	case b.PaymentKey == "":
		return "", &AskError{Column: "payment_key", Why: "", Reason: "the break knows no payment"}
	}
	return b.PaymentKey, nil
}

// AskingOf turns refund_now into the asking that PlanAsking takes: what is owed
// of cancel_not_executed, all that is held of the others. p is the payment of
// PaymentOf as a look-up shows it now, number counts the requests of the break
// from 1. More than the break showed is never asked for. Of a duplicate payment
// the siblings must have been looked up. The error is an *AskError.
func AskingOf(b reconcile.Break, p pay.Payment, known Known, named Named, number int) (Asking, error) {
	a := Asking{MID: b.MID, OrderID: b.OrderID, PaymentKey: p.PaymentKey, All: true, TaxFree: named.TaxFree,
		Reason: reasonsOf[b.Kind], Ref: fmt.Sprintf("%s%s:%d", decidedRef, b.ID, number)}
	known.Kind = b.Kind
	owed, waiting, seen := Owed(p, known), known.waitingSum(p), held(b.ProviderAmount)
	if b.Kind == reconcile.CancelNotExecuted {
		a.All, seen = false, b.Owed
	}
	money := func(amount int64) string { return p.Currency.Format(amount) + " " + string(p.Currency) }
	switch {
	case p.OrderID != b.OrderID:
		return a, &AskError{Column: "payment_key", Why: "", Reason: "the payment belongs to order " + p.OrderID}
	case p.Currency != b.Currency:
		return a, &AskError{Column: "amount", Why: WhyCurrency, Reason: fmt.Sprintf("the break is in %s and the payment in %s", b.Currency, p.Currency)}
	case b.Kind == reconcile.CancelNotExecuted && b.Remark == reconcile.RefundWaysMixed:
		return a, &AskError{Column: "amount", Why: "", Reason: fmt.Sprintf("the shop's file does not tell how much goes back through Toss (its figure may count points and bank transfers, or it shows items and no figure); ask for what does: %s", askByHand(b))}
	case b.Kind == reconcile.CancelNotExecuted && b.Owed <= 0:
		return a, &AskError{Column: "amount", Why: "", Reason: fmt.Sprintf("how much is owed does not follow: shop and Toss do not agree on what was paid, or a cancel is on its way; ask for what is: %s", askByHand(b))}
	case b.Kind == reconcile.DuplicatePayment && p.Held()-known.givenSum(p)-waiting > owed:
		return a, refuse(colPaymentKey, WhyNotTooMuch, Said{Explain(Korean, WhyNotTooMuch, "", time.Time{}).Cause,
			fmt.Sprintf("%s would go back, and the payments of this order hold %s more than the shop: daesa explain %s shows them; compare again (daesa reconcile --orders %s)",
				money(p.Held()-known.givenSum(p)-waiting), money(tooMuch(p, known)), b.OrderID, b.OrderID)})
	case owed > seen:
		return a, &AskError{Column: "amount", Why: WhyAmountDiffers, Reason: fmt.Sprintf("%s would go back, and the break showed %s: compare again (daesa reconcile --orders %s), then decide on what it shows", money(owed), money(seen), b.OrderID)}
	case owed <= 0:
		return a, &AskError{Column: "amount", Why: WhyAlready, Reason: "nothing is left to give back: it was cancelled or given back already, or the shop holds it now"}
	case waiting >= owed:
		return a, &AskError{Column: "amount", Why: WhyAlready, Reason: fmt.Sprintf("%s of this payment are asked for already: daesa explain %s shows by whom", money(waiting), b.OrderID)}
	}
	if !a.All {
		a.Amount = p.Currency.Format(owed - waiting)
	}
	return a, nil
}

// askByHand is the command by which a person names the amount; it is one whole
// command, but for what only the person knows.
func askByHand(b reconcile.Break) string {
	return fmt.Sprintf("daesa refunds add --order %s --amount N --ref WORD --reason TEXT", b.OrderID)
}

// waitingSum is what other requests ask of the payment that it does not show yet.
func (k Known) waitingSum(p pay.Payment) (sum int64) {
	for _, taken := range k.Taken {
		if taken.State.Counts() && !k.shown(p, taken.ID) {
			sum += taken.Amount
		}
	}
	return sum
}

func held(amount *int64) int64 {
	if amount == nil {
		return 0
	}
	return *amount
}

// AskedBy gives the open request that was made for the break already, by a night
// or by a person; nil where there is none. Its decision needs no second one.
func AskedBy(b reconcile.Break, requests []Request) *Request {
	for i := range requests {
		if requests[i].BreakID == b.ID && requests[i].State.Open() {
			return &requests[i]
		}
	}
	return nil
}

// IsNamed says whether a request that a break has is about the payment that a
// person names; the error is an *AskError.
func IsNamed(r Request, named Named) error {
	if named.Payment == "" || named.Payment == r.PaymentKey {
		return nil
	}
	return refuse(colPaymentKey, WhySeveralPayments, Said{fmt.Sprintf("이 불일치는 이미 다른 결제(%s)의 환불(%s, %s)로 결정되었습니다", r.PaymentKey, r.ID, r.State),
		fmt.Sprintf("refund %s was asked for by this break already, of another payment: %s (%s)", r.ID, r.PaymentKey, r.State)})
}

// OnBreak makes a plan's request one of the break, and says whether it may still
// be: money goes back by it only where Toss can cancel. The error is an
// *AskError.
func OnBreak(plan Plan, b reconcile.Break) (Plan, error) {
	plan.Request.BreakID = b.ID
	switch plan.Request.State {
	case StateExpired:
		return plan, &AskError{Column: "amount", Why: WhyDeadline, Reason: fmt.Sprintf("Toss can no longer cancel it, its last moment was %s: daesa refunds add --order %s puts it onto the list of transfers by hand",
			pay.FormatTime(plan.Request.CancelBy), b.OrderID)}
	case StateApproved: // another person's word is needed, whatever approve_above allows
		plan.Request.State = StateRequested
	default: // it waits
	}
	return plan, nil
}
