package reconcile

import (
	"slices"
	"time"

	"daesa/pay"
)

// Finding is one difference between an order and its payments, as one look
// shows it. Amounts are money held, in the smallest unit of Currency.
type Finding struct {
	MID        string
	OrderID    string
	PaymentKey string // of the payment that the finding is about, or the shop's
	// Subject is what a settlement break is about, as its identity; "" where
	// that is the order.
	Subject        string `json:",omitempty"`
	Kind           Kind
	Origin         Origin // cancel_not_recorded only
	Timing         bool   // too young to be a break
	Currency       pay.Currency
	LocalAmount    *int64 // nil: the shop knows no such order
	ProviderAmount *int64 // nil: Toss knows no such payment
	LocalStatus    string
	ProviderStatus string
	// LocalPG is of missing_locally where the shop has the order, yet not as one
	// of Toss: the payment company's word, or toss where its amount is 0.
	LocalPG string
	Method  pay.Method
	MovedAt time.Time
	// Owed is what the shop cancelled and Toss did not: what a refund request
	// would ask for. 0 where no rule says that money must go back.
	Owed int64
	// Amount is by how much accepting the difference changes what Toss owes the
	// shop, or what it is about where that changes nothing; nil: there is no
	// amount to accept. Share is its part of what a roll-forward leaves
	// unexplained. Of settlement breaks only.
	Amount *int64 `json:",omitempty"`
	Share  *int64 `json:",omitempty"`
	// Remark is "" for most.
	Remark Remark
	// Payment is what the deadline of a refund is reckoned from; nil where Toss
	// knows no payment.
	Payment *pay.Payment
}

// pair is one order with what Toss knows of it.
type pair struct {
	order    *pay.Order
	payments []pay.Payment
	main     *pay.Payment // the payment that the order is compared with
	paying   int          // payments that hold money
	local    int64        // money held, the shop
	provider int64        // money held, Toss
	settled  time.Time
}

// Compare says how an order and the payments that look-ups found for it
// differ; nil when they agree. order is nil when the shop has none that Toss
// should know. A difference whose newest movement is not before settled is
// timing. What is compared is money held; when both hold nothing they agree,
// whatever the status words say, except that a buyer could still pay
// (va_still_open) and a refund of a virtual account may have failed.
func Compare(order *pay.Order, payments []pay.Payment, settled time.Time) []Finding {
	p := newPair(order, payments, settled)
	var found []Finding
	if kind := p.moneyKind(); kind != "" {
		found = append(found, p.finding(kind))
	} else {
		found = p.sameMoney()
	}
	if failed := p.failedRefund(); failed != nil {
		found = append(found, *failed)
	}
	return found
}

// Aside says of a finding that the shop has the order, and under which payment
// company: the shop does not lack it.
func (f Finding) Aside(order pay.Order) Finding {
	if f.Kind == MissingLocally {
		f.LocalPG = order.PG
	}
	return f
}

// Held is the money held on both sides of a pair as Compare sees it. The
// currencies differ only where Compare reports that.
func Held(order *pay.Order, payments []pay.Payment) (local, provider map[pay.Currency]int64) {
	local, provider = map[pay.Currency]int64{}, map[pay.Currency]int64{}
	if order != nil {
		local[order.Currency] += order.Held()
	}
	for _, payment := range payments {
		provider[payment.Currency] += payment.Held()
	}
	return local, provider
}

func newPair(order *pay.Order, payments []pay.Payment, settled time.Time) pair {
	p := pair{order: order, payments: payments, settled: settled}
	if order != nil {
		p.local = order.Held()
	}
	for i := range payments {
		if held := payments[i].Held(); held > 0 {
			p.paying++
			p.provider += held
		}
	}
	p.main = p.pick()
	return p
}

// pick chooses the payment that the order is compared with: one that holds
// money before one that does not, the shop's own key before another, the
// newest before older ones.
func (p *pair) pick() *pay.Payment {
	var best *pay.Payment
	for i := range p.payments {
		candidate := &p.payments[i]
		if best == nil || p.better(candidate, best) {
			best = candidate
		}
	}
	return best
}

func (p *pair) better(a, b *pay.Payment) bool {
	if x, y := a.Held() > 0, b.Held() > 0; x != y {
		return x
	}
	if x, y := p.hasShopKey(a), p.hasShopKey(b); x != y {
		return x
	}
	if x, y := a.Approved() > 0, b.Approved() > 0; x != y {
		return x
	}
	if !a.LastMoved().Equal(b.LastMoved()) {
		return a.LastMoved().After(b.LastMoved())
	}
	return a.PaymentKey < b.PaymentKey
}

func (p *pair) hasShopKey(payment *pay.Payment) bool {
	return p.order != nil && p.order.PaymentKey != "" && p.order.PaymentKey == payment.PaymentKey
}

// moneyKind names the difference in money, or says that there is none.
func (p *pair) moneyKind() Kind {
	switch {
	case p.order == nil:
		if p.provider > 0 {
			return MissingLocally
		}
		return ""
	case p.paying > 1:
		return DuplicatePayment
	case p.main != nil && (p.local > 0 || p.provider > 0) && p.main.Currency != p.order.Currency && p.main.Approved() > 0:
		return CurrencyMismatch
	case p.local == p.provider:
		return ""
	case p.local > p.provider:
		return p.shopHoldsMore()
	default:
		return p.tossHoldsMore()
	}
}

func (p *pair) shopHoldsMore() Kind {
	switch {
	case p.main == nil:
		return MissingAtProvider
	case p.main.DepositReversed():
		return DepositReversed
	case p.main.Approved() == 0:
		return NeverPaid
	case p.main.Approved() != p.order.Amount:
		return AmountMismatch
	default:
		return CancelNotRecorded
	}
}

func (p *pair) tossHoldsMore() Kind {
	switch {
	case p.paidAfterCancel():
		return PaidAfterCancel
	case p.order.EverPaid():
		if p.main.Approved() != p.order.Amount && p.local != 0 {
			return AmountMismatch
		}
		return CancelNotExecuted
	case p.order.Status == pay.OrderCanceled:
		return CancelNotExecuted
	default:
		return PaidNotRecorded
	}
}

// paidAfterCancel: the shop cancelled first and the money came later, or the
// shop does not say when it cancelled an order that it never saw paid. What to
// do then is a person's decision.
func (p *pair) paidAfterCancel() bool {
	if p.order.Status != pay.OrderCanceled && p.order.Status != pay.OrderDeleted {
		return false
	}
	if p.order.CanceledAt.IsZero() {
		return !p.order.EverPaid() && !p.order.PaidUnknown
	}
	return p.order.CanceledAt.Before(p.main.ApprovedAt)
}

// sameMoney looks at what can differ while the money is the same.
func (p *pair) sameMoney() []Finding {
	if p.order == nil || p.main == nil {
		return nil
	}
	if p.provider == 0 {
		if p.gaveUp() && slices.ContainsFunc(p.payments, pay.Payment.Waiting) {
			return []Finding{p.finding(VAStillOpen)}
		}
		return nil
	}
	var found []Finding
	if !pay.SameMethod(p.order.Method, p.main.Method) {
		found = append(found, p.finding(MethodMismatch))
	}
	if p.order.PaymentKey != "" && p.order.PaymentKey != p.main.PaymentKey {
		found = append(found, p.finding(PaymentKeyMismatch))
	}
	return found
}

// gaveUp says whether the shop no longer expects money for the order.
func (p *pair) gaveUp() bool {
	return p.order.Status == pay.OrderCanceled || p.order.Status == pay.OrderDeleted
}

// failedRefund: Toss could not pay a virtual account's refund out. That is a
// difference to the customer even where both sides hold the same. So is a
// cancel of ours that Toss no longer shows.
func (p *pair) failedRefund() *Finding {
	for i := range p.payments {
		account := p.payments[i].Account
		if p.payments[i].CancelVanished {
			p.main = &p.payments[i]
			finding := p.finding(RefundFailed)
			finding.ProviderStatus = CancelVanished
			return &finding
		}
		if account == nil || (account.Refund != pay.RefundFailed && account.Refund != pay.RefundPartialFailed) {
			continue
		}
		p.main = &p.payments[i]
		finding := p.finding(RefundFailed)
		finding.ProviderStatus = string(account.Refund)
		return &finding
	}
	return nil
}

// finding describes the pair under one kind.
func (p *pair) finding(kind Kind) Finding {
	f := Finding{Kind: kind, Currency: pay.KRW}
	var moved time.Time
	if p.order != nil {
		f.MID, f.OrderID, f.PaymentKey = p.order.MID, p.order.ID, p.order.PaymentKey
		f.Currency, f.Method = p.order.Currency, p.order.Method
		f.LocalStatus = string(p.order.Status)
		f.LocalAmount = &p.local
		moved = p.order.LastMoved()
	}
	if p.main != nil {
		f.MID, f.PaymentKey, f.Method = p.main.MID, p.main.PaymentKey, p.main.Method
		f.ProviderStatus = string(p.main.Status)
		f.ProviderAmount = &p.provider
		f.Payment = p.main
		moved = pay.Latest(moved, p.main.LastMoved())
		if p.order == nil {
			f.OrderID, f.Currency = p.main.OrderID, p.main.Currency
		} else if TaxFreeDiffers(*p.order, *p.main, p.main.TaxFreePaid()) {
			f.Remark = TaxPartDiffers
		}
	}
	f.MovedAt = moved
	f.Timing = !moved.Before(p.settled)
	if kind == CancelNotRecorded {
		f.Origin = p.cancelOrigin()
	}
	if kind == CancelNotExecuted {
		if f.Owed = p.owed(); p.order.MixedRefunds {
			f.Remark = RefundWaysMixed
		}
	}
	return f
}

// TaxFreeDiffers says whether shop and Toss name another tax-free part of one
// payment; paid is Toss's, of what was paid. A shop that names none has no such column, or nothing tax-free, and
// is believed to say nothing; where the two disagree on the amount itself, or
// Toss holds nothing any more, the parts say nothing either.
func TaxFreeDiffers(order pay.Order, p pay.Payment, paid int64) bool {
	return order.TaxFreeAmount > 0 && p.Held() > 0 && order.Currency == p.Currency && order.Amount == p.Approved() &&
		order.TaxFreeAmount != paid
}

// cancelOrigin looks at the newest cancel: ours carries our reference.
func (p *pair) cancelOrigin() Origin {
	if n := len(p.main.Cancels); n > 0 && pay.Marker(p.main.Cancels[n-1].Reason) != "" {
		return Ours
	}
	return Outside
}

// owed is what the shop cancelled less what Toss cancelled, never more than
// Toss holds, and nothing where the two do not even agree on what was paid.
// An order that was cancelled while the shop had not yet seen its payment asks
// for all of it. What went back elsewhere and what is on its way is not asked
// for again. Where the shop's figure counts other ways than Toss, too, only a
// person knows how much of it is owed.
func (p *pair) owed() int64 {
	if p.order.MixedRefunds {
		return 0
	}
	onItsWay := inProgress(p.main.Cancels)
	if !p.order.EverPaid() {
		return max(0, p.provider-p.order.RefundedElsewhere-onItsWay)
	}
	if p.main.Approved() != p.order.Amount {
		return 0
	}
	return max(0, min(p.order.CanceledAmount-p.main.CanceledAmount(), p.provider)-onItsWay)
}

// inProgress sums the foreign cancels that have not ended yet.
func inProgress(cancels []pay.Cancel) int64 {
	var sum int64
	for _, cancel := range cancels {
		if cancel.Status == pay.CancelInProgress {
			sum += cancel.Amount
		}
	}
	return sum
}

// Follows says whether a payment must be looked up again on later nights: the
// refund of a virtual account that Toss has taken on and not yet paid out. No
// row of the transaction list tells how that ends.
func Follows(p pay.Payment) bool {
	if p.Account == nil || p.ApprovedAt.IsZero() || len(p.Cancels) == 0 {
		return false
	}
	return p.Account.Refund != pay.RefundCompleted && p.Account.Refund != pay.RefundFailed &&
		p.Account.Refund != pay.RefundPartialFailed
}
