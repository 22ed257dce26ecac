package sandbox

import (
	"strings"
	"time"
	"unicode/utf8"
)

// cancelOrder is a cancel as somebody asks for it.
type cancelOrder struct {
	reason    string
	amount    *int64 // nil: all that is left
	guard     *int64 // refundableAmount: the rest the caller believes in
	taxFree   *int64 // nil: see taxFreePart
	currency  string
	requestID string
	account   *Account
	console   bool // by the merchant's hand in Toss's admin: no deadline, no account
	outcome   string
}

// cancelPayment checks a cancel against the rules, in the order in which the
// sandbox has chosen to check them, and carries it out.
func (s *Sandbox) cancelPayment(p *payment, o cancelOrder, at int64) *Error {
	st := p.at(at)
	if !o.console {
		if last, ok := s.lastDone[p.N]; ok && s.clock.pacing().Sub(last) < time.Second {
			return refuse("FORBIDDEN_CONSECUTIVE_REQUEST")
		}
	}
	if err := cancelableState(p, &st, o); err != nil {
		return err
	}
	amount := st.balance
	if o.amount != nil {
		amount = *o.amount
	}
	if err := cancelableAmount(p, &st, o, amount); err != nil {
		return err
	}
	taxFree, err := taxFreePart(&st, o, amount)
	if err != nil {
		return err
	}
	if !o.console {
		if due, ok := s.cancelBy(p, &st); ok && at > due {
			return refuse("EXCEED_MAX_REFUND_DUE")
		}
		if err := checkAccount(p, &st, o.account); err != nil {
			return err
		}
		if n := utf8.RuneCountInString(o.requestID); p.Method == ForeignEasyPay && (n < 6 || n > 64) {
			return refuseBecause("INVALID_REQUEST", "cancelRequestId 값이 필요합니다.", "cancelRequestId is required.")
		}
	}
	s.carryOut(p, &st, o, amount, taxFree, at)
	return nil
}

// taxFreePart is the part of a cancel that is tax-free. All that is left takes
// what is left of it; a part takes what was asked for, 0 where nothing was. By
// hand in the admin it takes the least that fits. Neither the tax-free nor the
// taxable rest is ever left below nothing.
func taxFreePart(st *standing, o cancelOrder, amount int64) (int64, *Error) {
	taxable := st.balance - st.taxFree
	part := int64(0)
	switch {
	case o.taxFree != nil:
		part = *o.taxFree
	case amount == st.balance:
		part = st.taxFree
	case o.console:
		part = max(0, amount-taxable)
	}
	switch {
	case part < 0 || part > st.taxFree || part > amount:
		return 0, refuseBecause("INVALID_REQUEST", "취소 면세 금액이 잘못되었습니다.", "The tax-free amount of the cancellation is incorrect.")
	case amount-part > taxable:
		return 0, refuseBecause("INVALID_REQUEST", "취소 과세 금액이 남은 과세 금액보다 큽니다.", "The taxable amount of the cancellation exceeds what is left of it.")
	}
	return part, nil
}

// cancelableState says what the payment's state forbids.
func cancelableState(p *payment, st *standing, o cancelOrder) *Error {
	switch st.status {
	case Ready, InProgress, Expired, Aborted:
		return refuse("NOT_CANCELABLE_PAYMENT")
	case Canceled:
		return refuse("ALREADY_CANCELED_PAYMENT")
	}
	if st.inFlight {
		return refuse("ALREADY_REFUNDING_PAYMENT")
	}
	if o.currency != "" && o.currency != p.Currency && !(o.currency == "USD" && p.Currency == "MUSD") {
		return refuse("INVALID_CURRENCY")
	}
	if p.Method == PayPal && o.amount != nil && o.currency == "" && !o.console {
		return refuseBecause("INVALID_REQUEST", "PayPal 부분 취소에는 currency 값이 필요합니다.", "A partial cancellation of PayPal requires currency.")
	}
	return nil
}

// cancelableAmount says what the amount forbids.
func cancelableAmount(p *payment, st *standing, o cancelOrder, amount int64) *Error {
	partial := amount != p.Total
	switch {
	case o.guard != nil && *o.guard != st.balance:
		return refuse("NOT_MATCHES_REFUNDABLE_AMOUNT")
	case st.balance == 0 || amount > st.balance:
		return refuse("NOT_CANCELABLE_AMOUNT")
	case amount <= 0:
		return refuse("INVALID_REQUEST")
	case partial && st.status == WaitingForDeposit:
		return refuse("NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT")
	case partial && p.onlyFull():
		return refuse("NOT_ALLOWED_PARTIAL_REFUND")
	case partial && p.Escrow:
		// Seen in the wild: a refusal for good, dressed as a fault.
		return refuseBecause("FAILED_INTERNAL_SYSTEM_PROCESSING", "[ES12] 부분취소 불가한 에스크로 상태 입니다.", "[ES12] The state of the escrow does not allow a partial cancellation.")
	case partial && p.CardDiscount > 0 && st.balance-amount < p.CardDiscount && amount != st.balance:
		return refuse("EXCEED_CANCEL_AMOUNT_DISCOUNT_AMOUNT")
	}
	return nil
}

// onlyFull says whether the payment cannot be cancelled in parts.
func (p *payment) onlyFull() bool {
	return p.NoPartial || p.Method == GiftCertificate || p.Method == Phone
}

// cancelBy is the last second in which the payment can be cancelled; false
// where there is no such limit.
func (s *Sandbox) cancelBy(p *payment, st *standing) (int64, bool) {
	const day = 24 * 60 * 60
	switch {
	case st.status == WaitingForDeposit:
		return 0, false
	case p.Method == Phone:
		paid := stamp(st.approved)
		next := time.Date(paid.Year(), paid.Month()+1, 1, 0, 0, 0, 0, kst)
		return next.Unix() - 1, true
	case p.Method == Transfer, p.Method == PayPal, p.Method == EasyPay && p.Money:
		return st.approved + 180*day, true
	case p.Method == VirtualAccount:
		return st.approved + int64(s.opts.VACancelDays)*day, true
	}
	return 0, false
}

// checkAccount looks at the refund account, which only a deposited virtual
// account needs. A holder named 불일치 is one that the bank does not know.
func checkAccount(p *payment, st *standing, a *Account) *Error {
	if p.Method != VirtualAccount || st.status == WaitingForDeposit {
		return nil
	}
	if a == nil {
		return refuseBecause("INVALID_REQUEST", "가상계좌 환불에는 refundReceiveAccount 값이 필요합니다.", "A refund of a virtual account requires refundReceiveAccount.")
	}
	if _, ok := bankCode(a.Bank); !ok {
		return refuse("INVALID_BANK")
	}
	if a.Number == "" || len(a.Number) > 20 || strings.Trim(a.Number, "0123456789") != "" {
		return refuse("INVALID_REFUND_ACCOUNT_NUMBER")
	}
	if n := utf8.RuneCountInString(a.Holder); n == 0 || n > 60 || a.Holder == "불일치" {
		return refuse("INVALID_REFUND_ACCOUNT_INFO")
	}
	return nil
}

// carryOut puts the cancel into the ledger.
func (s *Sandbox) carryOut(p *payment, st *standing, o cancelOrder, amount, taxFree, at int64) {
	part := &cancelPart{
		Reason: o.reason, TaxFree: taxFree, Left: st.balance - amount,
		Account: o.account, Outcome: p.Outcome,
	}
	if o.outcome != "" {
		part.Outcome = o.outcome
	}
	// Points go back last: what the cancel leaves is paid from them first.
	if over := amount - (st.balance - p.EasyDiscount); p.EasyDiscount > 0 && over > 0 {
		part.EasyPart = min(over, p.EasyDiscount, amount)
	}
	e := step{
		At: at, Amount: amount, Kind: stepCancel, Cancel: part,
		Full:   amount == p.Total && len(st.cancels) == 0,
		Unpaid: st.status == WaitingForDeposit,
	}
	if p.Method == ForeignEasyPay && !o.console {
		part.Started, part.RequestID = at, o.requestID
		part.Aborted = part.Outcome == Aborted
		e.At = at + foreignCancelIn
	}
	kept := s.ledger.step(p, e)
	if !o.console {
		s.lastDone[p.N] = s.clock.pacing()
	}
	s.touch(p)
	if part.Started > 0 {
		s.later(kept.At, p.N, kept.Seq)
		return
	}
	s.tell(p, at)
}
