package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"daesa/pay"
	"daesa/refunds"
)

// LookUp is what planning asks of a merchant's provider. Errors are
// *pay.Failure.
type LookUp interface {
	Payment(ctx context.Context, paymentKey string) (pay.Payment, pay.Evidence, error)
	PaymentByOrder(ctx context.Context, orderID string) (pay.Payment, pay.Evidence, error)
}

// Requests is what planning asks of the store.
type Requests interface {
	// RefundByRef gives the request that a ref has made, also under another MID
	// for the same payment; nil: there is none.
	RefundByRef(ctx context.Context, mid, paymentKey, ref string) (*refunds.Request, error)
	// RefundsOfOrder gives the requests of an order, of one merchant or ("") all.
	RefundsOfOrder(ctx context.Context, mid, orderID string) ([]refunds.Request, error)
	// Known gives what is known of a payment beside a request.
	Known(ctx context.Context, r refunds.Request) (refunds.Known, error)
	// Account gives the refund account of a payment; nil: none is known.
	Account(ctx context.Context, mid, paymentKey string) (*refunds.StoredAccount, error)
}

// Merchant is one that refunds can be asked of.
type Merchant struct {
	LookUp
	Policy    refunds.AskPolicy
	PerMinute int // look-ups, for each API
}

// Asker plans what people ask for: one refund, or a file of them. It writes
// nothing but the look-ups of a file.
type Asker struct {
	Merchants map[string]Merchant // by MID
	Requests  Requests
	// Another says whether a MID is another merchant's of the configuration than
	// the one of mid; nil: there is one merchant.
	Another  func(mid, other string) bool
	Looks    Looks          // nil: look-ups are not kept between two runs
	Sealer   refunds.Sealer // nil: there is no account key
	Actor    string
	Batch    string // of the file; "" for one asking
	Now      time.Time
	Clock    func() time.Time      // when a look-up was made
	Progress func(done, total int) // nil: nobody watches
}

// Planned is one asking with what would become of it.
type Planned struct {
	Asking  refunds.Asking
	Adding  refunds.Adding // of a refused one the payment alone, where it was found
	Known   bool           // the request is there already
	Warning refunds.Said   // what a person should know before the word; nothing: there is none
	// Err says why it is refused: an *refunds.AskError, *refunds.RefError or
	// *pay.Failure. nil: it is not.
	Err error
}

// Money is what the row asks for, and in which currency; of one that is refused
// as far as the file says it. ok is false where the amount is all that is left
// and nobody knows how much that is.
func (p Planned) Money() (amount int64, currency pay.Currency, ok bool) {
	currency = p.Adding.Payment.Currency
	if currency == "" {
		currency = pay.KRW
	}
	switch {
	case p.Err == nil:
		return p.Adding.Request.Amount, p.Adding.Request.Currency, true
	case p.Asking.All:
		return 0, currency, false
	}
	amount, err := currency.ParseWritten(p.Asking.Amount)
	return amount, currency, err == nil
}

// New says whether a request would be added.
func (p Planned) New() bool { return p.Err == nil && !p.Known }

// One plans one asking: its payment is looked up, and asked about as it stands
// now. A refusal is in the plan; the error means that nothing can be said.
func (a *Asker) One(ctx context.Context, asking refunds.Asking) (Planned, error) {
	look, err := a.lookUp(ctx, asking)
	if err == nil {
		return a.plan(ctx, asking, look, nil)
	}
	if ofTheRow(err) {
		return Planned{Asking: asking, Err: err}, nil
	}
	return Planned{}, err
}

// plan makes the request of an asking from its look-up. ahead are the requests
// of the same order that earlier rows of the same file make.
func (a *Asker) plan(ctx context.Context, asking refunds.Asking, look Look, ahead []refunds.Request) (Planned, error) {
	planned := Planned{Asking: asking, Adding: refunds.Adding{Payment: look.Payment, SeenAt: look.At}}
	if look.Evidence.Body != nil {
		planned.Adding.Evidence = []pay.Evidence{look.Evidence}
	}
	err := a.request(ctx, &planned, ahead)
	if err != nil && ofTheRow(err) {
		planned.Err, err = err, nil
	}
	return planned, err
}

// request fills in the request that is planned, or the one that is there.
func (a *Asker) request(ctx context.Context, planned *Planned, ahead []refunds.Request) error {
	asking, p := planned.Asking, planned.Adding.Payment
	if asking.OrderID != "" && p.OrderID != asking.OrderID {
		return &refunds.AskError{Column: "order_id", Reason: fmt.Sprintf("this payment belongs to order %q", p.OrderID), Korean: fmt.Sprintf("이 결제는 주문 %q의 결제입니다", p.OrderID)}
	}
	known, err := a.known(ctx, asking, p, ahead)
	if err != nil {
		return err
	}
	if p, err = refunds.MayBeAsked(p, asking, known); err != nil {
		return err
	}
	planned.Adding.Payment = p
	had, err := a.had(ctx, asking, p)
	if err != nil {
		return err
	}
	if had != nil {
		return a.again(ctx, planned, *had)
	}
	if p, known, err = a.meant(ctx, planned, known, ahead); err != nil {
		return err
	}
	plan, err := refunds.PlanAsking(asking, p, known, a.Merchants[asking.MID].Policy, a.Actor, a.Batch, a.Now)
	if err != nil {
		return err
	}
	planned.Adding.Request, planned.Adding.Found, planned.Warning = plan.Request, plan.Found, plan.Warning
	if plan.Account != nil {
		if err := a.seal(ctx, &planned.Adding, *plan.Account); err != nil {
			return err
		}
	}
	if r := &planned.Adding.Request; r.State == refunds.StateApproved {
		r.Approval = refunds.ApprovalHash(*r)
	}
	return nil
}

// known is what is known of a payment beside the request that an asking makes.
func (a *Asker) known(ctx context.Context, asking refunds.Asking, p pay.Payment, ahead []refunds.Request) (refunds.Known, error) {
	id := refunds.RequestID(asking.MID, asking.RefOf(p.PaymentKey))
	known, err := a.Requests.Known(ctx, refunds.Request{ID: id, MID: asking.MID, PaymentKey: p.PaymentKey, OrderID: p.OrderID})
	if err != nil {
		return known, err
	}
	known = known.Without(a.another(asking.MID))
	for _, r := range ahead {
		if r.PaymentKey == p.PaymentKey {
			known = known.With(r)
		} else {
			known = known.WithOther(r)
		}
	}
	return known, nil
}

// another says of other MIDs whether they are another merchant's.
func (a *Asker) another(mid string) func(string) bool {
	return func(other string) bool { return a.Another != nil && a.Another(mid, other) }
}

// meant looks the other payments of the order up, and gives the one that the
// asking is about, with what is known of it.
func (a *Asker) meant(ctx context.Context, planned *Planned, known refunds.Known, ahead []refunds.Request) (pay.Payment, refunds.Known, error) {
	asking, p := planned.Asking, planned.Adding.Payment
	known, seen, err := known.LookBeside(ctx, asking.MID, a.Merchants[asking.MID].Payment)
	if err != nil {
		return p, known, err
	}
	planned.Adding.Evidence = append(planned.Adding.Evidence, seen...)
	meant, err := refunds.PaymentMeant(asking, p, known)
	if err != nil || meant.PaymentKey == p.PaymentKey {
		return p, known, err
	}
	planned.Adding.Payment = meant
	known, err = a.known(ctx, asking, meant, ahead)
	return meant, known, err
}

// had finds the request that an asking has made before: by its ref, or the one
// that waits for the account which is given now, since that of a night has a ref
// that nobody types. One that names the order alone repeats a request of whatever
// payment of it. nil: there is none.
func (a *Asker) had(ctx context.Context, asking refunds.Asking, p pay.Payment) (*refunds.Request, error) {
	requests, err := a.Requests.RefundsOfOrder(ctx, "", p.OrderID)
	if err != nil {
		return nil, err
	}
	another := a.another(asking.MID)
	requests = slices.DeleteFunc(requests, func(r refunds.Request) bool { return another(r.MID) })
	if had := asking.Repeats(p, requests); had != nil {
		return had, nil
	}
	if asking.Account != nil && asking.Ref == "" {
		amount, unread := p.Currency.ParseWritten(asking.Amount)
		for _, r := range requests {
			if r.PaymentKey == p.PaymentKey && r.State == refunds.StateNeedsAccount && (asking.All || unread == nil && r.Amount == amount) {
				return &r, nil
			}
		}
	}
	return a.Requests.RefundByRef(ctx, asking.MID, p.PaymentKey, asking.RefOf(p.PaymentKey))
}

// again: one ref makes one refund. The same asking is the same request; another
// amount or part under the ref is refused.
func (a *Asker) again(ctx context.Context, planned *Planned, had refunds.Request) error {
	asking, p := planned.Asking, planned.Adding.Payment
	asked, repeated := had, asking.Repeats(p, []refunds.Request{had}) != nil
	if !repeated {
		asked.PaymentKey = p.PaymentKey
	}
	for _, each := range []struct {
		column, text string
		to           *int64
	}{{"amount", asking.Amount, &asked.Amount}, {"tax_free_amount", asking.TaxFree, &asked.TaxFreeAmount}} {
		if each.text == "" {
			continue
		}
		amount, err := p.Currency.ParseWritten(each.text)
		if err != nil {
			return &refunds.AskError{Column: each.column, Reason: err.Error(), Korean: fmt.Sprintf("%s 금액으로 읽을 수 없습니다", p.Currency)}
		}
		*each.to = amount
	}
	if err := had.SameAsking(asked); err != nil {
		return err
	}
	planned.Adding.Request, planned.Known = had, true
	switch {
	case had.PaymentKey != p.PaymentKey:
		planned.Warning = refunds.Said{Korean: "이 주문의 다른 결제(" + had.PaymentKey + ")의 환불로 이미 요청되었습니다. 지금 토스에 보이는 결제도 환불하려면 결제키를 적으십시오",
			English: "it was asked for before, of payment " + had.PaymentKey + " of this order: name the payment key if the one that Toss shows now is to go back as well"}
	case had.MID != asking.MID:
		planned.Warning = refunds.Said{Korean: "상점아이디 " + had.MID + "로 이미 요청되었습니다", English: "it was asked for before, under merchant " + had.MID}
	case asking.Account != nil && had.State.Unsent() && p.DepositedAccount(): // of this payment
		account, err := refunds.AccountFor(*asking.Account, p)
		if err != nil {
			return err
		}
		planned.Warning = refunds.Said{Korean: "환불계좌를 등록했습니다", English: "its refund account was taken"}
		return a.seal(ctx, &planned.Adding, *account)
	case had.State == refunds.StateRejected:
		planned.Warning = refunds.Said{Korean: "이전에 철회 또는 반려되어 환불되지 않습니다. 환불하려면 다른 참조번호로 요청하십시오", English: "it was taken back or refused before, and is not refunded: ask under another ref if it is wanted after all"}
	case asking.Reason != had.Reason:
		planned.Warning = refunds.Said{Korean: "처음 요청한 사유를 유지합니다", English: "it keeps the reason that it was asked with"}
	}
	return nil
}

// seal keeps an account so that only the account key opens it. The same account
// again stays the version that it was, and what covers it.
func (a *Asker) seal(ctx context.Context, adding *refunds.Adding, account pay.RefundAccount) error {
	stored, print, err := a.Stored(ctx, adding.Payment, account, "given")
	if err != nil {
		return err
	}
	adding.Account, adding.Request.AccountFingerprint = stored, print
	return nil
}

// Stored seals an account; nil where the payment has the same one already, with
// that one's print.
func (a *Asker) Stored(ctx context.Context, p pay.Payment, account pay.RefundAccount, source string) (*refunds.StoredAccount, string, error) {
	if a.Sealer == nil {
		return nil, "", &NoKeyError{p.OrderID}
	}
	had, err := a.Requests.Account(ctx, p.MID, p.PaymentKey)
	if err != nil {
		return nil, "", err
	}
	if had != nil {
		old, err := refunds.OpenAccount(a.Sealer, had.Sealed, refunds.AccountPlace(had.MID, had.OrderID, had.Print))
		if err == nil && old == account {
			return nil, had.Print, nil
		}
	}
	stored, err := refunds.NewStoredAccount(a.Sealer, p, account, source, a.Actor, a.Now)
	stored.ApproveAbove = a.Merchants[p.MID].Policy.ApproveAbove
	return &stored, stored.Print, err
}

// NoKeyError says that a refund account cannot be sealed.
type NoKeyError struct{ OrderID string }

// Error names the order.
func (e *NoKeyError) Error() string {
	return fmt.Sprintf("the refund account of order %q cannot be sealed: there is no account key", e.OrderID)
}

// Hint says where the key comes from.
func (e *NoKeyError) Hint() string {
	return "daesa init makes account.key; set accounts.key_file or accounts.key_env"
}

// lookUp asks the provider for the payment of an asking.
func (a *Asker) lookUp(ctx context.Context, asking refunds.Asking) (Look, error) {
	merchant, ok := a.Merchants[asking.MID]
	if !ok {
		return Look{}, &refunds.AskError{Column: "mid", Reason: fmt.Sprintf("merchant %q is not configured", asking.MID), Korean: fmt.Sprintf("상점아이디 %q가 설정에 없습니다", asking.MID)}
	}
	look := Look{MID: asking.MID, Asked: askedFor(asking)}
	var err error
	if asking.PaymentKey != "" {
		look.Payment, look.Evidence, err = merchant.Payment(ctx, asking.PaymentKey)
	} else {
		look.Payment, look.Evidence, err = merchant.PaymentByOrder(ctx, asking.OrderID)
	}
	look.At = a.Clock()
	return look, err
}

// ofTheRow says whether an error is about one asking, so that the others can
// still be planned: what a rule refuses, and what the provider says of one
// payment for good.
func ofTheRow(err error) bool {
	var asked *refunds.AskError
	var ref *refunds.RefError
	var failure *pay.Failure
	switch {
	case errors.As(err, &asked), errors.As(err, &ref):
		return true
	case errors.As(err, &failure):
		return failure.Kind == pay.FailureNotFound || failure.Kind == pay.FailureRefused
	default:
		return false
	}
}
