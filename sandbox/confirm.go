package sandbox

import "encoding/json"

// confirmBody is the request of a confirm. The amount may be a number or text.
type confirmBody struct {
	PaymentKey string      `json:"paymentKey"`
	OrderID    string      `json:"orderId"`
	Amount     json.Number `json:"amount"`
}

// confirm answers POST /v1/payments/confirm: an authenticated payment becomes
// paid, or gets its virtual account, if the call comes within ten minutes.
func (s *Sandbox) confirm(c *call) reply {
	var body confirmBody
	if err := json.Unmarshal(c.body, &body); err != nil {
		return failed(refuse("INVALID_REQUEST"))
	}
	return s.confirmPayment(c, body)
}

// confirmByKey answers POST /v1/payments/{paymentKey}, the confirm of older
// clients, with the order and the amount in its body.
func (s *Sandbox) confirmByKey(c *call) reply {
	var body confirmBody
	if err := json.Unmarshal(c.body, &body); err != nil {
		return failed(refuse("INVALID_REQUEST"))
	}
	body.PaymentKey = c.r.PathValue("paymentKey")
	return s.confirmPayment(c, body)
}

func (s *Sandbox) confirmPayment(c *call, body confirmBody) reply {
	if body.PaymentKey == "" || body.OrderID == "" || body.Amount == "" {
		return failed(refuse("INVALID_REQUEST"))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now().Unix()
	p, found := s.ledger.find(body.PaymentKey)
	if !found || p.Requested > now {
		return failed(refuse("NOT_FOUND_PAYMENT"))
	}
	st := p.at(now)
	amount, isMoney := parseMoney(body.Amount.String(), p.Currency)
	switch {
	case st.status == Expired || st.status == Ready || st.status == Aborted:
		return failed(refuse("NOT_FOUND_PAYMENT_SESSION"))
	case st.status != InProgress:
		return failed(refuse("ALREADY_PROCESSED_PAYMENT"))
	case body.OrderID != p.OrderID:
		return failed(refuse("FORBIDDEN_REQUEST"))
	case !isMoney || amount != p.Total:
		return failed(refuse("INVALID_REQUEST"))
	case tooLittle(p.Method, p.Currency, amount):
		return failed(refuse("BELOW_MINIMUM_AMOUNT"))
	}
	next := step{At: now, Kind: stepApprove, Amount: p.Total}
	if p.VA != nil {
		next = step{At: now, Kind: stepIssue}
	}
	s.ledger.step(p, next)
	s.touch(p)
	s.tell(p, now)
	return s.paymentReply(p, now, c)
}

// tooLittle says whether an amount lies below what can be paid: 100 won, by
// account 200.
func tooLittle(m Method, currency string, amount int64) bool {
	least := int64(100)
	if m == Transfer || m == VirtualAccount {
		least = 200
	}
	return currency == "KRW" && amount < least
}
