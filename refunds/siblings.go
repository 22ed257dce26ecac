package refunds

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"daesa/pay"
)

// Sibling is another payment of the same order, as far as the books know it: by
// the transaction list, by a look-up, or by a request. An order number names
// whichever payment Toss shows at the moment, so whoever is about to give money
// back looks at all of them.
type Sibling struct {
	MID        string // under which the books have it
	PaymentKey string
	Known      Known        // of that payment; it has no siblings of its own
	Looked     bool         // Toss was asked for it
	Payment    *pay.Payment // as Toss shows it now; nil: not asked, or not this merchant's
}

// everPaid says whether money came in by the payment, or was asked back of it. A
// virtual account that nobody paid is none that a refund could be meant for.
func (s Sibling) everPaid() bool {
	return len(s.Known.Taken) > 0 || s.Payment != nil && s.Payment.Approved() > 0
}

// Without leaves out the siblings of MIDs that are another merchant's: two shops
// may number their orders alike. nil: there is no other merchant.
func (k Known) Without(another func(mid string) bool) Known {
	if another != nil {
		k.Siblings = slices.DeleteFunc(slices.Clone(k.Siblings), func(s Sibling) bool { return another(s.MID) })
	}
	return k
}

// unlooked says whether a sibling was not looked up yet.
func (k Known) unlooked() bool {
	return slices.ContainsFunc(k.Siblings, func(s Sibling) bool { return !s.Looked })
}

// LookBeside looks the siblings up that were not yet. One that Toss does not show
// to this merchant, or shows as another's, has no payment afterwards. Every other
// error means that nothing can be said of the order; it is a *pay.Failure.
func (k Known) LookBeside(ctx context.Context, mid string, look func(ctx context.Context, paymentKey string) (pay.Payment, pay.Evidence, error)) (Known, []pay.Evidence, error) {
	var seen []pay.Evidence
	k.Siblings = slices.Clone(k.Siblings)
	for i := range k.Siblings {
		s := &k.Siblings[i]
		if s.Looked {
			continue
		}
		p, evidence, err := look(ctx, s.PaymentKey)
		var failure *pay.Failure
		switch {
		case errors.As(err, &failure) && failure.Kind == pay.FailureNotFound:
		case err != nil:
			return k, seen, err
		default:
			seen = append(seen, evidence)
			if own, err := p.Under(mid); err == nil {
				s.Payment = &own
			}
		}
		s.Looked = true
	}
	return k, seen, nil
}

// WithOther gives what is known of a payment once a request of another payment
// of the order stands beside.
func (k Known) WithOther(r Request) Known {
	k.Siblings = slices.Clone(k.Siblings)
	for i := range k.Siblings {
		if k.Siblings[i].PaymentKey == r.PaymentKey {
			k.Siblings[i].Known = k.Siblings[i].Known.With(r)
			return k
		}
	}
	k.Siblings = append(k.Siblings, Sibling{MID: r.MID, PaymentKey: r.PaymentKey, Known: Known{}.With(r)})
	return k
}

// ofOrder are the other requests of the order, of whatever payment.
func (k Known) ofOrder() []Taken {
	all := slices.Clone(k.Taken)
	for _, s := range k.Siblings {
		all = append(all, s.Known.Taken...)
	}
	return all
}

// equalTo names the request of the order that a new one equals, and what a person
// said to it.
func (k Known) equalTo(id string) Said {
	rejected := slices.ContainsFunc(k.ofOrder(), func(t Taken) bool { return t.ID == id && t.State == StateRejected })
	if rejected {
		return say("같은 주문에 금액이 같은 요청(%s)이 30일 안에 철회 또는 반려되어 일괄 결재되지 않습니다. 확인 후 ID로 따로 결재하십시오", "equals request %s of the same order, which was taken back or refused within thirty days: it is approved by its id alone, not by batch", id)
	}
	return SaidEqual(id)
}

// tooMuch is what Toss holds of the order more than the shop, over all its
// payments, less the requests that are still to lower it and what went back by
// hand. Of a sibling that Toss does not show nothing is held.
func tooMuch(p pay.Payment, known Known) int64 {
	stays := staysOf(p, known)
	for _, s := range known.Siblings {
		if s.Payment != nil {
			stays += staysOf(*s.Payment, s.Known)
		}
	}
	return max(0, stays-shopHas(known.Order))
}

// staysOf is what stays at Toss of one payment once all is done that was asked.
func staysOf(p pay.Payment, known Known) int64 {
	if p.Approved() == 0 {
		return 0
	}
	return max(0, leftOf(p).Amount-known.givenSum(p)-known.waitingSum(p))
}

// sentOnAnother gives the sibling that bears a cancel with a reference; nil: none
// does. A request whose own reference stands there was carried out already.
func (k Known) sentOnAnother(id string) *Sibling {
	for i, s := range k.Siblings {
		if s.Payment != nil && bears(*s.Payment, id) {
			return &k.Siblings[i]
		}
	}
	return nil
}

// bears says whether a payment shows a cancel with a reference that came to
// something.
func bears(p pay.Payment, id string) bool {
	return slices.ContainsFunc(p.Cancels, func(c pay.Cancel) bool { return c.Status != pay.CancelAborted && pay.Marker(c.Reason) == id })
}

// PaymentMeant gives the payment that an asking is about: the one that was looked
// up, or the one on which Toss has this very request already. One that names the
// order alone is refused where the order has several payments: which of them is
// for a person to say, never to be guessed. The siblings must have been looked
// up. The error is an *AskError.
func PaymentMeant(a Asking, p pay.Payment, known Known) (pay.Payment, error) {
	if bears(p, RequestID(a.MID, a.RefOf(p.PaymentKey))) {
		return p, nil
	}
	for _, s := range known.Siblings {
		if s.Payment == nil || !bears(*s.Payment, RequestID(a.MID, a.RefOf(s.PaymentKey))) {
			continue
		}
		if a.PaymentKey == "" {
			return *s.Payment, nil
		}
		if a.Ref != "" {
			return p, refuse(colRef, WhySentOnAnother, Said{fmt.Sprintf("참조번호 %q로 같은 주문의 다른 결제(%s)가 이미 환불되었습니다. 이 결제도 환불하려면 다른 참조번호를 적으십시오", a.Ref, s.PaymentKey),
				fmt.Sprintf("ref %q was refunded before, of another payment of this order (%s): give it another ref if this one is to go back as well", a.Ref, s.PaymentKey)})
		}
	}
	if a.PaymentKey == "" && slices.ContainsFunc(known.Siblings, Sibling.everPaid) {
		return p, refuse(colOrderID, WhySeveralPayments, Said{"이 주문에는 결제가 여러 건 있습니다. 환불할 결제의 결제키를 적으십시오 (daesa explain " + p.OrderID + "에서 볼 수 있습니다)",
			"this order has several payments: name the one that goes back by its payment key (daesa explain " + p.OrderID + " shows them)"})
	}
	return p, nil
}

// Repeats finds the earlier request of the order that an asking by order number
// repeats, under whatever MID and of whatever payment: the same ref, or without
// one the full refund of that earlier payment. Toss may show another payment of
// the order by now. One for the payment that is shown, p, comes first, then the
// newest. nil: there is none.
func (a Asking) Repeats(p pay.Payment, requests []Request) *Request {
	var found *Request
	for i, r := range requests {
		takenBack := r.MID != a.MID && r.State == StateRejected && r.Attempts == 0 // under a mid that was corrected since
		if a.PaymentKey != "" || r.OrderID != p.OrderID || r.Ref != a.RefOf(r.PaymentKey) || !a.asksFor(r) || takenBack {
			continue
		}
		if r.PaymentKey == p.PaymentKey {
			return &requests[i]
		}
		if found == nil || r.RequestedAt.After(found.RequestedAt) {
			found = &requests[i]
		}
	}
	return found
}

// asksFor says whether an asking's amount is a request's.
func (a Asking) asksFor(r Request) bool {
	if a.All {
		return true
	}
	amount, err := r.Currency.ParseWritten(a.Amount)
	return err == nil && amount == r.Amount
}
