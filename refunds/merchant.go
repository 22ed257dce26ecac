package refunds

import (
	"errors"
	"fmt"
	"slices"

	"daesa/pay"
)

// notOurs says why nothing may be sent on a payment, or "": it is another
// merchant's, or nothing says that it is the request's. Toss names the merchant
// in every payment (reference, Payment.mId); one without it proves nothing by
// itself.
func notOurs(r Request, p pay.Payment, known Known) string {
	switch {
	case p.MID == r.MID, p.MID == "" && known.Named:
		return ""
	case p.MID == "":
		return WhyMerchantNotNamed
	default:
		return WhyOtherMerchant
	}
}

// strangers are the references of our form that the payments of an order bear and
// that no request of the books has, whatever its MID: another database has sent
// them, which may send again.
func strangers(r Request, p pay.Payment, known Known) []string {
	ofOrder := known.ofOrder()
	var found []string
	look := func(p pay.Payment, claimed map[string]string) {
		for _, cancel := range p.Cancels {
			marker := pay.Marker(cancel.Reason)
			asked := marker == r.ID || slices.ContainsFunc(ofOrder, func(t Taken) bool { return t.ID == marker })
			if marker != "" && !asked && claimed[cancel.TransactionKey] == "" {
				found = append(found, marker)
			}
		}
	}
	look(p, known.Claimed)
	for _, s := range known.Siblings {
		if s.Payment != nil {
			look(*s.Payment, s.Known.Claimed)
		}
	}
	return found
}

// strangersWarning says what a person should know before the word is given, nothing
// for nothing: such a request is held before it is sent.
func strangersWarning(r Request, p pay.Payment, known Known) Said {
	found := strangers(r, p, known)
	if len(found) == 0 {
		return Said{}
	}
	return say("이 데이터베이스에 없는 daesa 참조번호 %s의 취소가 있어 전송 전에 보류됩니다. 데이터베이스를 복구했다면 daesa refunds run --after-restore를 실행하십시오", "the payment bears a cancel with the reference %s, which these books do not know: it will be held before it is sent; was the database restored (daesa refunds run --after-restore), or does another one use the key?", found[0])
}

// Kept is what is stored of a payment that was seen for a request, under the
// request's MID; nil for another merchant's, unless one of its cancels is the
// request's own.
func Kept(r Request, step Step, p pay.Payment) *pay.Payment {
	own, err := p.Under(r.MID)
	if err == nil {
		return &own
	}
	if step.Claim == nil {
		return nil
	}
	p.MID = r.MID
	return &p
}

// MayBeAsked refuses an asking for a payment that is not provably its
// merchant's, and gives the payment under that merchant's MID. The error is an
// *AskError.
func MayBeAsked(p pay.Payment, a Asking, known Known) (pay.Payment, error) {
	own, err := p.Under(a.MID)
	if err != nil {
		return p, NotTheMerchants(err)
	}
	if notOurs(Request{MID: a.MID}, p, known) != "" {
		return p, refuse(colMID, WhyMerchantNotNamed, say("어느 상점의 결제인지 확인되지 않습니다", "Toss does not say whose payment this is, and nothing else does"))
	}
	return own, nil
}

// NotTheMerchants makes the refusal of a row out of pay.MerchantError.
func NotTheMerchants(err error) error {
	var other *pay.MerchantError
	if !errors.As(err, &other) {
		return err
	}
	return refuse(colMID, WhyOtherMerchant, Said{fmt.Sprintf("설정된 상점아이디 %q가 아니라 %q의 결제입니다", other.Asked, other.Said), other.Error()})
}

// OfConfiguration says whether the row is not to blame: it is of another
// merchant than the configuration names.
func (e *AskError) OfConfiguration() bool {
	return e.Why == WhyOtherMerchant || e.Why == WhyMerchantNotNamed
}
