package sandbox

import "encoding/json"

// confirm answers POST /v1/payments/confirm: an authenticated payment becomes
// paid, or gets its virtual account, if the call comes within ten minutes.
func (s *Sandbox) confirm(c *call) reply {
	var body struct {
		PaymentKey string      `json:"paymentKey"`
		OrderID    string      `json:"orderId"`
		Amount     json.Number `json:"amount"`
	}
	if err := json.Unmarshal(c.body, &body); err != nil {
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
	case body.OrderID != p.OrderID || !isMoney || amount != p.Total:
		return failed(refuse("INVALID_REQUEST"))
	case p.Currency == "KRW" && amount < 100:
		return failed(refuse("BELOW_MINIMUM_AMOUNT"))
	}
	next := step{At: now, Kind: stepApprove, Amount: p.Total}
	if p.VA != nil {
		next = step{At: now, Kind: stepIssue}
	}
	s.ledger.step(p, next)
	s.dirty = true
	s.tell(p, now)
	return s.paymentReply(p, now, c)
}
