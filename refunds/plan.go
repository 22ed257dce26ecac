package refunds

import (
	"fmt"
	"time"

	"daesa/pay"
	"daesa/reconcile"
)

// plan decides, from the look-up that precedes every first send, whether an
// approved request may be sent. What the approval covered must still be so.
func plan(r Request, a *Attempt, answer Answer, now time.Time) Step {
	p, known := *answer.Payment, answer.Known
	held := func(why string) Step { return Step{To: StateHeld, Why: why, At: now.Add(lookEvery)} }
	again := func(why string) Step { // back for another person's word
		foreign := others(r, p, known)
		return Step{To: StateRequested, Why: why, At: now.Add(lookEvery), Planned: &foreign}
	}
	if r.State == StateRetry {
		again = held // an attempt stands already: only a person may leave it
	}
	if why := notOurs(r, p, known); why != "" {
		return held(why) // whatever else may be wrong with it is another merchant's
	}
	switch {
	case known.unlooked():
		return Step{To: r.State, Do: LookAll, Why: r.ErrorCode, At: now.Add(lookEvery)}
	case known.sentOnAnother(r.ID) != nil:
		return Step{To: StateRejected, Why: WhySentOnAnother}
	}
	switch obstacle := Obstacle(r, p, known, now); obstacle {
	case "":
	case WhyDeadline:
		return Step{To: StateExpired, Why: obstacle}
	case WhyAlready, WhyNotOwed, WhyNotTooMuch:
		return Step{To: StateRejected, Why: obstacle}
	case WhyNeedsAccount:
		if r.State == StateRetry {
			return held(obstacle)
		}
		return Step{To: StateNeedsAccount, Why: obstacle, At: now.Add(lookEvery)}
	case WhyInFlight:
		return Step{To: r.State, Why: obstacle, At: now.Add(newKeyAfter)}
	case WhyAboveBalance, WhyTaxPart:
		return again(obstacle)
	default:
		return held(obstacle)
	}
	switch {
	case int64(len(strangers(r, p, known))) > r.Strangers:
		return held(WhyUnknownReference)
	case r.Approval != ApprovalHash(r) || known.AccountFingerprint != r.AccountFingerprint && needsAccount(p):
		return again(WhyApprovalVoid)
	case r.BreakID == "" && others(r, p, known) > r.PlannedForeign:
		return again(WhyForeignCancel)
	case r.State == StateRetry && a.Guard != p.BalanceAmount:
		return held(WhyBalanceMoved)
	}
	if due := p.ApprovedAt.Add(depositSettles); needsAccount(p) && now.Before(due) {
		return Step{To: r.State, Why: WhyQuiet, At: due}
	}
	for _, cancel := range p.Cancels {
		if due := cancel.CanceledAt.Add(Spacing); now.Before(due) && !cancel.CanceledAt.After(now) {
			return Step{To: r.State, Why: WhyInFlight, At: due}
		}
	}
	if r.State == StateRetry {
		return Step{To: r.State, Do: Send, Why: WhySendAgain, At: now}
	}
	return Step{To: r.State, Do: SendAnew, Why: WhySend, At: now, Guard: p.BalanceAmount}
}

// Obstacle says why a request cannot be sent as the payment stands, or "". It
// is asked when a request is made and again before its first send.
func Obstacle(r Request, p pay.Payment, known Known, now time.Time) string {
	partial, left := r.Amount < p.BalanceAmount, Room(p, known, nil)
	switch {
	case p.Currency != r.Currency || r.Currency == pay.MUSD:
		return WhyCurrency
	case p.BalanceAmount == 0 || p.Status == pay.Canceled:
		return WhyAlready
	case p.Status == pay.WaitingForDeposit && (p.DepositReversed() || r.AccountFingerprint != ""):
		return WhyNotPaid
	case p.Approved() == 0 && !p.Waiting():
		return WhyNotPaid
	case !r.CancelBy.IsZero() && now.After(r.CancelBy):
		return WhyDeadline
	case running(p):
		return WhyInFlight
	case onABreak(r) && known.Kind == reconcile.DuplicatePayment && tooMuch(p, known) < r.Amount:
		return WhyNotTooMuch
	case onABreak(r) && Owed(p, known) <= 0:
		return WhyNotOwed
	case onABreak(r) && Owed(p, known) < r.Amount:
		return WhyNotOwed
	case r.Amount > left.Amount:
		return WhyAboveBalance
	case partial && !mayBePartial(p):
		return WhyPartial
	case left.Misfit(r.Parts()) != "":
		return left.Misfit(r.Parts())
	case needsAccount(p) && known.AccountFingerprint == "":
		return WhyNeedsAccount
	}
	return ""
}

// onABreak reports whether a night proposed the request, or a person's decision
// made it: then both sides say how much is owed.
func onABreak(r Request) bool { return r.BreakID != "" }

// needsAccount: the refund of a deposited virtual account goes to an account
// that the customer named.
func needsAccount(p pay.Payment) bool { return p.DepositedAccount() }

// mayBePartial: a virtual account before its deposit can only be closed, gift
// certificates are given back whole, and Toss itself marks the rest
// (integration guide, 결제수단별 취소 정책; reference, isPartialCancelable).
func mayBePartial(p pay.Payment) bool {
	return p.Approved() > 0 && p.PartialCancelable && p.Method != pay.GiftCertificate
}

// Owed is what a request that stands on a break may still ask for. For
// cancel_not_executed that is what the shop cancelled and Toss did not, less
// what went back outside Toss; without the shop's order nothing is known to be
// owed. For missing_locally and paid_after_cancel it is what Toss holds more than
// the shop. For duplicate_payment it is what all payments of the order hold more
// than the shop, and no more than this one holds: the siblings must have been
// looked up.
func Owed(p pay.Payment, known Known) int64 {
	order := known.Order
	switch {
	case known.Kind == reconcile.DuplicatePayment:
		return max(0, min(p.Held()-known.givenSum(p), tooMuch(p, known)))
	case known.Kind == reconcile.MissingLocally, known.Kind == reconcile.PaidAfterCancel:
		return max(0, p.Held()-shopHas(order)-known.givenSum(p))
	case order == nil, order.MixedRefunds: // how much of it is Toss's, a person says
		return 0
	case !order.EverPaid():
		return max(0, p.Held()-order.RefundedElsewhere-known.givenSum(p))
	default:
		return max(0, min(order.CanceledAmount-p.CanceledAmount(), p.Held())-known.givenSum(p))
	}
}

// shopHas is what the shop believes that Toss holds for the order, and what it
// gave back elsewhere.
func shopHas(order *pay.Order) int64 {
	if order == nil || order.PG != pay.PGToss {
		return 0
	}
	return order.Held() + order.RefundedElsewhere
}

// Warning is what a person should know before the word is given, or nothing: it is
// no obstacle, since the provider may well agree.
func Warning(r Request, p pay.Payment, known Known, d Deadline) Said {
	var all []Said
	if p.UseEscrow && r.Amount < p.BalanceAmount {
		all = append(all, say("에스크로 결제라 구매확정 전에는 토스가 부분 취소를 거절할 수 있습니다", "escrow: Toss may refuse a part until the buyer has confirmed the purchase"))
	}
	if d.AtRisk {
		all = append(all, say("승인 후 1년이 지나 카드사가 거절할 수 있습니다", "older than a year: the card's issuer may refuse"))
	}
	if paid := p.TaxFreePaid(); known.Order != nil && reconcile.TaxFreeDiffers(*known.Order, p, paid) {
		all = append(all, Said{fmt.Sprintf("면세금액이 쇼핑몰 주문은 %s, 토스는 %s로 다릅니다", won(r.Currency, known.Order.TaxFreeAmount), won(r.Currency, paid)),
			fmt.Sprintf("the shop's order says that %s of it is tax-free, and Toss %s", r.Currency.Format(known.Order.TaxFreeAmount), r.Currency.Format(paid))})
	}
	return together(all)
}
