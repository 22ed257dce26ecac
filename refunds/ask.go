package refunds

import (
	"cmp"
	"fmt"
	"time"

	"daesa/pay"
)

// AskPolicy is what the configuration says about requests of people.
type AskPolicy struct {
	ApproveAbove int64 // KRW; at most this needs no approval, 0: all need it
	AccountDays  int   // virtual_account_cancel_days
	Single       map[pay.Currency]int64
}

// Plan is what would become of one asking.
type Plan struct {
	Request Request
	Warning Said               // what a person should know before the word; nothing: there is none
	Account *pay.RefundAccount // to be sealed and stored with it; nil: none
	Found   *Step              // Toss has it already; nil: it has not
}

// AskError says why an asking cannot become a request: which column of it, and
// what to do.
type AskError struct {
	Column string // of the refund file
	Why    string // one of daesa's own reasons, or ""
	Reason string
	Korean string // the reason for the people whose file it is; "" where it is said in English alone
}

func refuse(column, why string, said Said) *AskError {
	return &AskError{Column: column, Why: why, Reason: said.English, Korean: said.Korean}
}

// Said is the reason in both languages.
func (e *AskError) Said() Said { return Said{e.Korean, e.Reason} }

// Error gives the reason.
func (e *AskError) Error() string { return e.Reason }

// Hint says where to look.
func (e *AskError) Hint() string {
	if e.OfConfiguration() {
		return "correct merchants.mid, or name the other MID in its also_mids if the key answers for that MID of the shop too; daesa doctor says whose key it is"
	}
	return "mend it and ask again; daesa explain ORDER shows what was asked for and cancelled before"
}

// PlanAsking turns what a person asks for into a request, from the payment as
// a look-up shows it and from what is known of it. The error is an *AskError.
// One whose deadline has passed becomes an expired request, so that it is
// listed; one without its account waits for it.
func PlanAsking(a Asking, p pay.Payment, known Known, policy AskPolicy, by, batch string, now time.Time) (Plan, error) {
	if plan, found, err := askedBefore(a, p, known, policy, by, batch, now); found || err != nil {
		return plan, err
	}
	room := Room(p, known, State.Counts)
	amount, err := asked(a, p, room.Amount)
	if err != nil {
		return Plan{}, err
	}
	full := amount == p.BalanceAmount
	if a.Ref == "" && !full && !a.All {
		return Plan{}, refuse(colRef, "", say("부분 환불에는 참조번호(쇼핑몰이 정하는 요청별 고유값)가 필요합니다. 참조번호 하나는 환불 한 건입니다", "a partial refund needs a ref: the shop's own id of this request; one ref makes one refund, ever"))
	}
	ref := a.RefOf(p.PaymentKey)
	taxFree, err := taxFreeOf(a, p.Currency, amount, room)
	if err != nil {
		return Plan{}, err
	}
	if single := policy.Single[p.Currency]; amount > single {
		return Plan{}, refuse(colAmount, WhyOverLimit, Said{fmt.Sprintf("%s은 1건 한도(refunds.max_single) %s을 넘습니다", won(p.Currency, amount), won(p.Currency, single)),
			fmt.Sprintf("%s %s is above refunds.max_single, which is %s", p.Currency.Format(amount), p.Currency, p.Currency.Format(single))})
	}
	deadline := CancelBy(p, policy.AccountDays, now)
	r := Request{
		ID: RequestID(p.MID, ref), MID: p.MID, OrderID: p.OrderID, PaymentKey: p.PaymentKey, Method: p.Method, Amount: amount,
		TaxFreeAmount: taxFree, Currency: p.Currency, Reason: a.Reason, Ref: ref, Batch: batch, CancelBy: deadline.By,
		RequestedBy: by, RequestedAt: now, PlannedForeign: others(Request{}, p, known),
	}
	plan := Plan{Warning: cmp.Or(strangersWarning(r, p, known), Warning(r, p, known, deadline))}
	if a.Account != nil {
		if plan.Account, err = AccountFor(*a.Account, p); err != nil {
			return Plan{}, err
		}
		if plan.Account != nil {
			known.AccountFingerprint = "given" // what stands for it is known when it is sealed
		} else {
			plan.Warning = say("환불계좌는 쓰이지 않습니다. 입금된 가상계좌만 계좌로 환불됩니다", "the account is not used: only a deposited virtual account is given back to an account")
		}
	}
	if needsAccount(p) {
		r.AccountFingerprint = known.AccountFingerprint
	}
	r.State, r.ErrorCode, err = firstStateOf(r, p, known, policy, now)
	if r.State == StateExpired {
		r.FinishedAt = now
	}
	if plan.Request = r.Beside(known); plan.Request.SameAs != "" {
		plan.Warning = plan.Warning.And(known.equalTo(plan.Request.SameAs))
	}
	return plan, err
}

// RefOf is the asking's ref: its own, or that of the one full refund of a
// payment.
func (a Asking) RefOf(paymentKey string) string {
	if a.Ref != "" {
		return a.Ref
	}
	return "full:" + paymentKey
}

// askedBefore: Toss shows a cancel with this request's reference, so that it was
// sent by a database that has since been restored to an earlier point.
func askedBefore(a Asking, p pay.Payment, known Known, policy AskPolicy, by, batch string, now time.Time) (Plan, bool, error) {
	ref := a.RefOf(p.PaymentKey)
	r := Request{
		ID: RequestID(p.MID, ref), MID: p.MID, OrderID: p.OrderID, PaymentKey: p.PaymentKey, Method: p.Method, Currency: p.Currency,
		Reason: a.Reason, Ref: ref, Batch: batch, State: StateRequested, CancelBy: CancelBy(p, policy.AccountDays, now).By, RequestedBy: by, RequestedAt: now,
	}
	for _, cancel := range p.Cancels {
		if pay.Marker(cancel.Reason) == r.ID {
			r.Amount, r.TaxFreeAmount = cancel.Amount, cancel.TaxFreeAmount
		}
	}
	if r.Amount == 0 {
		return Plan{}, false, nil
	}
	if amount, err := p.Currency.ParseWritten(a.Amount); !a.All && (err != nil || amount != r.Amount) {
		return Plan{}, false, refuse(colAmount, WhyAmountDiffers, Said{fmt.Sprintf("참조번호 %q로 이미 %s이 환불되었습니다", ref, won(p.Currency, r.Amount)), fmt.Sprintf("ref %q was refunded before, over %s %s", ref, p.Currency.Format(r.Amount), p.Currency)})
	}
	found := FoundAtToss(r, p, known, now)
	return Plan{Request: r, Found: found, Warning: say("토스에 이미 이 환불이 있습니다", "Toss has this refund already")}, found != nil, nil
}

// FoundAtToss gives the step of a new request that Toss has already, by its
// reference; nil where it has not.
func FoundAtToss(r Request, p pay.Payment, known Known, now time.Time) *Step {
	if step, found := claim(r, nil, p, Answer{Known: known}, now); found {
		return &step
	}
	return nil
}

// asked is the amount: all that is left, or the number in the payment's own
// currency.
func asked(a Asking, p pay.Payment, left int64) (int64, error) {
	if a.All {
		if left <= 0 {
			return 0, refuse(colAmount, WhyAlready, say("이 결제에는 환불할 금액이 남아 있지 않습니다. 이미 취소·요청·환불되었습니다", "nothing of this payment is left to give back: it was cancelled, asked for or given back already"))
		}
		return left, nil
	}
	amount, err := p.Currency.ParseWritten(a.Amount)
	if err != nil {
		return 0, unreadable(colAmount, p.Currency, err)
	}
	if amount > left {
		return 0, refuse(colAmount, WhyAboveBalance, Said{fmt.Sprintf("이 결제에서 환불할 수 있는 금액은 %s입니다", won(p.Currency, max(left, 0))),
			fmt.Sprintf("%s %s can still be given back of this payment", p.Currency.Format(max(left, 0)), p.Currency)})
	}
	return amount, nil
}

// unreadable refuses an amount that is none in the payment's currency.
func unreadable(column string, c pay.Currency, err error) *AskError {
	return refuse(column, "", Said{fmt.Sprintf("%s 금액으로 읽을 수 없습니다", c), err.Error()})
}

// taxFreeOf gives the tax-free part: the one that is forced by what is left, or
// what the asking says. Where more than one would fit only the shop knows which
// goes back.
func taxFreeOf(a Asking, c pay.Currency, amount int64, room Left) (int64, error) {
	least, most := room.TaxFreeOf(amount)
	bounds := fmt.Sprintf("between %s and %s", c.Format(least), c.Format(most))
	if least == most {
		bounds = c.Format(least)
	}
	left := fmt.Sprintf("%s %s tax-free and %s taxable can still be given back of this payment", c.Format(room.TaxFree), c, c.Format(room.Taxable))
	leftKorean := fmt.Sprintf("남은 금액은 면세 %s, 과세 %s입니다. 이번 환불의 면세금액은 %s 이상 %s 이하여야 합니다", won(c, room.TaxFree), won(c, room.Taxable), won(c, least), won(c, most))
	switch {
	case a.TaxFree != "":
		part, err := c.ParseWritten(a.TaxFree)
		if err != nil {
			return 0, unreadable(colTaxFree, c, err)
		}
		if room.Misfit(Parts{amount, part}) != "" {
			return 0, refuse(colTaxFree, WhyTaxPart, Said{"면세금액이 맞지 않습니다. " + leftKorean, fmt.Sprintf("the tax-free part does not fit: %s; of %s it is %s", left, c.Format(amount), bounds)})
		}
		return part, nil
	case least < most:
		return 0, refuse(colTaxFree, WhyTaxPart, Said{leftKorean + ". 면세금액을 적으십시오", fmt.Sprintf("%s: say how much of this part is tax-free, %s", left, bounds)})
	}
	return least, nil
}

// AccountFor gives the account where the payment's refund goes to one; the
// number of a virtual account can receive nothing (inner code RF31).
func AccountFor(account pay.RefundAccount, p pay.Payment) (*pay.RefundAccount, error) {
	if p.Account != nil && p.Account.AccountNumber.Reveal() == account.Number.Reveal() {
		return nil, refuse(colNumber, "", say("결제에 쓰인 가상계좌 번호입니다. 가상계좌로는 환불할 수 없으니 고객의 계좌를 받으십시오", "this is the number of the virtual account itself, which can receive no refund: ask the customer for another"))
	}
	if !needsAccount(p) {
		return nil, nil
	}
	return &account, nil
}

// firstStateOf asks what stands in the way.
func firstStateOf(r Request, p pay.Payment, known Known, policy AskPolicy, now time.Time) (State, string, error) {
	switch obstacle := Obstacle(r, p, known, now); obstacle {
	case "":
	case WhyDeadline:
		return StateExpired, obstacle, nil
	case WhyNeedsAccount:
		return StateNeedsAccount, obstacle, nil
	default:
		return "", obstacle, refuse(colAmount, obstacle, Said{Explain(Korean, obstacle, "", r.CancelBy).Cause, Explain(English, obstacle, "", r.CancelBy).String()})
	}
	if r.Currency == pay.KRW && r.Amount <= policy.ApproveAbove {
		return StateApproved, "", nil
	}
	return StateRequested, "", nil
}
