package refunds

import (
	"time"

	"daesa/pay"
)

// plan decides, from the look-up that precedes every first send, whether an
// approved request may be sent. What the approval covered must still be so.
func plan(r Request, a *Attempt, answer Answer, now time.Time) Step {
	p, known := *answer.Payment, answer.Known
	held := func(why string) Step { return Step{To: HeldState, Why: why, At: now.Add(lookEvery)} }
	again := func(why string) Step { // back for another person's word
		foreign := others(r, p, known)
		return Step{To: Requested, Why: why, At: now.Add(lookEvery), Planned: &foreign}
	}
	if r.State == Retry {
		again = held // an attempt stands already: only a person may leave it
	}
	switch obstacle := Obstacle(r, p, known, now); obstacle {
	case "":
	case WhyDeadline:
		return Step{To: ExpiredState, Why: obstacle}
	case WhyAlready, WhyNotOwed:
		return Step{To: Rejected, Why: obstacle}
	case WhyNeedsAccount:
		if r.State == Retry {
			return held(obstacle)
		}
		return Step{To: NeedsAccount, Why: obstacle, At: now.Add(lookEvery)}
	case WhyInFlight:
		return Step{To: r.State, Why: obstacle, At: now.Add(newKeyAfter)}
	case WhyAboveBalance:
		return again(obstacle)
	default:
		return held(obstacle)
	}
	switch {
	case r.Approval != ApprovalHash(r) || known.AccountPrint != r.AccountPrint && needsAccount(p):
		return again(WhyApprovalVoid)
	case r.BreakID == "" && others(r, p, known) > r.PlannedForeign:
		return again(WhyForeignCancel)
	case r.State == Retry && a.Guard != p.BalanceAmount:
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
	if r.State == Retry {
		return Step{To: r.State, Do: Send, Why: WhySendAgain, At: now}
	}
	return Step{To: r.State, Do: SendAnew, Why: WhySend, At: now, Guard: p.BalanceAmount}
}

// Obstacle says why a request cannot be sent as the payment stands, or "". It
// is asked when a request is made and again before its first send.
func Obstacle(r Request, p pay.Payment, known Known, now time.Time) string {
	partial := r.Amount < p.BalanceAmount
	switch {
	case p.Currency != r.Currency || r.Currency == pay.MUSD:
		return WhyCurrency
	case p.BalanceAmount == 0 || p.Status == pay.Canceled:
		return WhyAlready
	case p.Status == pay.WaitingForDeposit && (p.DepositReversed() || r.AccountPrint != ""):
		return WhyNotPaid
	case p.Approved() == 0 && !p.Waiting():
		return WhyNotPaid
	case !r.CancelBy.IsZero() && now.After(r.CancelBy):
		return WhyDeadline
	case running(p):
		return WhyInFlight
	case proposed(r) && Owed(p, known) <= 0:
		return WhyNotOwed
	case proposed(r) && Owed(p, known) < r.Amount:
		return WhyNotOwed
	case r.Amount > p.BalanceAmount-known.Transferred-elsewhere(known):
		return WhyAboveBalance
	case partial && !mayBePartial(p):
		return WhyPartial
	case r.TaxFreeAmount > r.Amount || r.TaxFreeAmount > p.TaxFreeAmount:
		return WhyAboveBalance
	case needsAccount(p) && known.AccountPrint == "":
		return WhyNeedsAccount
	}
	return ""
}

// proposed says whether a night asked for it: then the shop's order says how
// much is owed.
func proposed(r Request) bool { return r.BreakID != "" }

// elsewhere is what the shop says it gave back outside Toss.
func elsewhere(known Known) int64 {
	if known.Order == nil {
		return 0
	}
	return known.Order.RefundedElsewhere
}

// needsAccount: the refund of a deposited virtual account goes to an account
// that the customer named.
func needsAccount(p pay.Payment) bool { return p.DepositedAccount() }

// mayBePartial: a virtual account before its deposit can only be closed, gift
// certificates are given back whole, and Toss itself marks the rest
// (integration guide, 결제수단별 취소 정책; reference, isPartialCancelable).
func mayBePartial(p pay.Payment) bool {
	return p.Approved() > 0 && p.PartialCancelable && p.Method != pay.GiftCertificate
}

// Owed is what the shop cancelled and Toss did not, less what went back
// outside Toss: what a proposal of the night may still ask for. Without the
// shop's order nothing is known to be owed.
func Owed(p pay.Payment, known Known) int64 {
	order := known.Order
	switch {
	case order == nil:
		return 0
	case !order.EverPaid():
		return max(0, p.Held()-order.RefundedElsewhere-known.Transferred)
	default:
		return max(0, min(order.CanceledAmount-p.CanceledAmount(), p.Held())-known.Transferred)
	}
}

// Warning is what a person should know before the word is given, or "": it is
// no obstacle, since the provider may well agree.
func Warning(r Request, p pay.Payment, d Deadline) string {
	switch {
	case p.UseEscrow && r.Amount < p.BalanceAmount:
		return "escrow: Toss may refuse a part until the buyer has confirmed the purchase"
	case d.AtRisk:
		return "older than a year: the card's issuer may refuse"
	default:
		return ""
	}
}
