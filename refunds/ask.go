package refunds

import (
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
	Warning string             // what a person should know before the word; "" for nothing
	Account *pay.RefundAccount // to be sealed and stored with it; nil: none
	Found   *Step              // Toss has it already; nil: it has not
}

// AskError says why an asking cannot become a request: which column of it, and
// what to do.
type AskError struct {
	Column string // of the refund file
	Why    string // one of daesa's own reasons, or ""
	Reason string
}

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
		return Plan{}, &AskError{"ref", "", "a partial refund needs a ref: the shop's own id of this request; one ref makes one refund, ever"}
	}
	ref := a.RefOf(p.PaymentKey)
	taxFree, err := taxFreeOf(a, p.Currency, amount, room)
	if err != nil {
		return Plan{}, err
	}
	if single := policy.Single[p.Currency]; amount > single {
		return Plan{}, &AskError{"amount", WhyOverLimit, fmt.Sprintf("%s %s is above refunds.max_single, which is %s", p.Currency.Format(amount), p.Currency, p.Currency.Format(single))}
	}
	deadline := CancelBy(p, policy.AccountDays, now)
	r := Request{
		ID: RequestID(p.MID, ref), MID: p.MID, OrderID: p.OrderID, PaymentKey: p.PaymentKey, Method: p.Method, Amount: amount,
		TaxFreeAmount: taxFree, Currency: p.Currency, Reason: a.Reason, Ref: ref, Batch: batch, CancelBy: deadline.By,
		RequestedBy: by, RequestedAt: now, PlannedForeign: others(Request{}, p, known),
	}
	plan := Plan{Warning: or(strangersWarning(r, p, known), Warning(r, p, known, deadline))}
	if a.Account != nil {
		if plan.Account, err = AccountFor(*a.Account, p); err != nil {
			return Plan{}, err
		}
		if plan.Account != nil {
			known.AccountPrint = "given" // what stands for it is known when it is sealed
		} else {
			plan.Warning = "the account is not used: only a deposited virtual account is given back to an account"
		}
	}
	if needsAccount(p) {
		r.AccountPrint = known.AccountPrint
	}
	r.State, r.ErrorCode, err = firstStateOf(r, p, known, policy, now)
	if r.State == ExpiredState {
		r.FinishedAt = now
	}
	plan.Request = r.Beside(known)
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
		Reason: a.Reason, Ref: ref, Batch: batch, State: Requested, CancelBy: CancelBy(p, policy.AccountDays, now).By, RequestedBy: by, RequestedAt: now,
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
		return Plan{}, false, &AskError{"amount", WhyAmountDiffers, fmt.Sprintf("ref %q was refunded before, over %s %s", ref, p.Currency.Format(r.Amount), p.Currency)}
	}
	found := FoundAtToss(r, p, known, now)
	return Plan{Request: r, Found: found, Warning: "Toss has this refund already"}, found != nil, nil
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
			return 0, &AskError{"amount", WhyAlready, "nothing of this payment is left to give back: it was cancelled, asked for or given back already"}
		}
		return left, nil
	}
	amount, err := p.Currency.ParseWritten(a.Amount)
	if err != nil {
		return 0, &AskError{"amount", "", err.Error()}
	}
	if amount > left {
		return 0, &AskError{"amount", WhyAboveBalance, fmt.Sprintf("%s %s can still be given back of this payment", p.Currency.Format(max(left, 0)), p.Currency)}
	}
	return amount, nil
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
	switch {
	case a.TaxFree != "":
		part, err := c.ParseWritten(a.TaxFree)
		if err != nil {
			return 0, &AskError{"tax_free_amount", "", err.Error()}
		}
		if room.Misfit(Parts{amount, part}) != "" {
			return 0, &AskError{"tax_free_amount", WhyTaxPart, fmt.Sprintf("the tax-free part does not fit: %s; of %s it is %s", left, c.Format(amount), bounds)}
		}
		return part, nil
	case least < most:
		return 0, &AskError{"tax_free_amount", WhyTaxPart, fmt.Sprintf("%s: say how much of this part is tax-free, %s", left, bounds)}
	}
	return least, nil
}

// AccountFor gives the account where the payment's refund goes to one; the
// number of a virtual account can receive nothing (inner code RF31).
func AccountFor(account pay.RefundAccount, p pay.Payment) (*pay.RefundAccount, error) {
	if p.Account != nil && p.Account.AccountNumber.Reveal() == account.Number.Reveal() {
		return nil, &AskError{"account_number", "", "this is the number of the virtual account itself, which can receive no refund: ask the customer for another"}
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
		return ExpiredState, obstacle, nil
	case WhyNeedsAccount:
		return NeedsAccount, obstacle, nil
	default:
		return "", obstacle, &AskError{"amount", obstacle, Explain(English, obstacle, "", r.CancelBy).String()}
	}
	if r.Currency == pay.KRW && r.Amount <= policy.ApproveAbove {
		return Approved, "", nil
	}
	return Requested, "", nil
}
