package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// NewPayment is a buyer who opens a payment window, and how far he gets.
type NewPayment struct {
	OrderID, OrderName, MID, CustomerKey string // OrderID is needed
	Method                               Method // default Card
	Amount                               int64  // smallest unit of the currency
	TaxFree                              int64
	Currency                             string    // default KRW; for PayPal USD
	RequestedAt                          time.Time // the window opens; default half a minute before At
	At                                   time.Time // the approval, or the issue of a virtual account; default: now
	// Status is where it ends: DONE (default; a virtual account:
	// WAITING_FOR_DEPOSIT), READY, IN_PROGRESS, ABORTED or EXPIRED.
	Status       string
	Money        bool  // easy pay: paid from an account or money, not a card
	Discount     int64 // easy pay: points and coupons within Amount
	CardDiscount int64 // the card company's instant discount within Amount
	Escrow       bool
	NoPartial    bool
	CardType     string // 신용 (default) or 체크
	// Months of a credit card's instalment; 0: all at once. InterestPayer is BUYER
	// (default), CARD_COMPANY or MERCHANT: the shop, whom Toss then charges.
	Months        int
	InterestPayer string
	CardNumber    string    // masked, of a card that was typed in; default made up
	Bank          string    // virtual account; Toss's code, default 20
	Customer      string    // virtual account; default 김토스
	DueDate       time.Time // virtual account; default seven days after the issue
	// RefundAccount is what the buyer of a virtual account gives in the
	// window. Look-ups show it for thirty minutes from RequestedAt.
	RefundAccount *Account
	// Outcome is how a later refund ends: COMPLETED (default), FAILED or
	// PARTIAL_FAILED for a virtual account; DONE (default) or ABORTED for a
	// foreign easy pay.
	Outcome string
}

// Pay makes a payment. The error names what is missing or impossible.
func (s *Sandbox) Pay(n NewPayment) (*Payment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	p, err := s.pay(n, now)
	if err != nil {
		return nil, err
	}
	return p.picture(max(now.Unix(), p.lastSeen())), nil
}

func (s *Sandbox) pay(n NewPayment, now time.Time) (*payment, error) {
	n.fill(s.opts.MID, now)
	if err := n.check(); err != nil {
		return nil, err
	}
	p := n.payment()
	p.Steps = n.steps(p)
	s.ledger.add(p)
	s.touch(p)
	if !s.seeding {
		if len(p.Steps) == 0 {
			s.later(p.Requested+windowLife, p.N, 0)
		} else if n.Status == InProgress {
			s.later(p.Steps[0].At+confirmLife, p.N, 0)
		}
		s.tell(p, p.lastSeen())
	}
	return p, nil
}

// lastSeen is the time of the payment's newest step.
func (p *payment) lastSeen() int64 {
	if n := len(p.Steps); n > 0 {
		return p.Steps[n-1].seenFrom()
	}
	return p.Requested
}

func (n *NewPayment) fill(mid string, now time.Time) {
	if n.MID == "" {
		n.MID = mid
	}
	if n.Method == "" {
		n.Method = Card
	}
	if n.Currency == "" {
		n.Currency = "KRW"
		if n.Method == PayPal {
			n.Currency = "USD"
		}
	}
	if n.OrderName == "" {
		n.OrderName = "토스 티셔츠 외 2건"
	}
	if n.At.IsZero() {
		n.At = now
		if !n.RequestedAt.IsZero() && n.RequestedAt.After(now) {
			n.At = n.RequestedAt
		}
	}
	if n.RequestedAt.IsZero() {
		n.RequestedAt = n.At
		if n.Status == "" || n.Status == Done || n.Status == WaitingForDeposit {
			n.RequestedAt = n.At.Add(-30 * time.Second)
		}
	}
	if n.Method == VirtualAccount && n.DueDate.IsZero() {
		n.DueDate = n.At.Add(7 * 24 * time.Hour)
	}
}

func (n *NewPayment) check() error {
	switch {
	case n.OrderID == "":
		return errors.New("a payment needs an orderId")
	case n.Amount <= 0:
		return fmt.Errorf("a payment needs an amount above 0, not %d", n.Amount)
	case n.TaxFree < 0 || n.TaxFree > n.Amount:
		return fmt.Errorf("taxFree %d lies outside 0 and the amount %d", n.TaxFree, n.Amount)
	case n.Discount < 0 || n.Discount > n.Amount || n.CardDiscount < 0 || n.CardDiscount > n.Amount:
		return errors.New("a discount must lie between 0 and the amount")
	case n.At.Before(n.RequestedAt):
		return errors.New("a payment cannot be approved before its window opens")
	}
	if _, ok := koreanMethod[n.Method]; !ok {
		return fmt.Errorf("unknown method %q", n.Method)
	}
	switch n.Status {
	case "", Done, WaitingForDeposit, Ready, InProgress, Aborted, Expired:
		return n.checkCard()
	}
	return fmt.Errorf("a payment cannot begin as %q", n.Status)
}

// mostMonths is the longest instalment.
const mostMonths = 36

func (n *NewPayment) checkCard() error {
	card := n.Method == Card || n.Method == EasyPay && !n.Money
	switch {
	case n.CardType != "" && n.CardType != credit && n.CardType != check:
		return fmt.Errorf("a card is %s or %s, not %q", credit, check, n.CardType)
	case (n.CardType != "" || n.Months != 0) && !card:
		return errors.New("a card type and an instalment need a card")
	case n.Months < 0 || n.Months == 1 || n.Months > mostMonths || n.Months > 0 && n.CardType == check:
		return fmt.Errorf("an instalment of %d months: want 2 to %d, of a credit card", n.Months, mostMonths)
	case n.InterestPayer != "" && (n.Months == 0 || !slices.Contains(bearers, n.InterestPayer)):
		return fmt.Errorf("interestPayer %q: want BUYER, CARD_COMPANY or MERCHANT, of an instalment", n.InterestPayer)
	}
	return nil
}

func (n *NewPayment) payment() *payment {
	p := &payment{
		OrderID: n.OrderID, OrderName: n.OrderName, MID: n.MID, CustomerKey: n.CustomerKey,
		Currency: n.Currency, Method: n.Method, Total: n.Amount, TaxFree: n.TaxFree,
		CardDiscount: n.CardDiscount, EasyDiscount: n.Discount, Requested: n.RequestedAt.Unix(),
		Money: n.Money, Escrow: n.Escrow, NoPartial: n.NoPartial, Outcome: n.Outcome,
		Check: n.CardType == check, Months: uint8(n.Months), //nolint:gosec // at most mostMonths
		Bearer: bearer(max(0, slices.Index(bearers, n.InterestPayer))), //nolint:gosec // one of three
	}
	if n.Method == VirtualAccount {
		p.VA = &vaPart{
			Number: vaNumber(n.OrderID, p.Requested), Bank: cmp.Or(n.Bank, "20"), Customer: cmp.Or(n.Customer, "김토스"),
			Due: n.DueDate.Unix(), Account: n.RefundAccount,
		}
	}
	if n.CardNumber != "" {
		p.more().CardNumber = n.CardNumber
	}
	return p
}

// vaNumber makes an account number of the test kind: X and thirteen digits.
func vaNumber(orderID string, at int64) string {
	x := uint64(at)
	for _, c := range orderID {
		x = mix(x ^ uint64(c))
	}
	return fmt.Sprintf("X%013d", x%10_000_000_000_000)
}

// steps is the life of the payment up to where it shall end.
func (n *NewPayment) steps(p *payment) []step {
	at := n.At.Unix()
	switch n.Status {
	case Ready:
		return nil
	case InProgress:
		return []step{{At: at, Kind: stepAuth}}
	case Aborted:
		return []step{{At: at, Kind: stepAbort, Code: "REJECT_CARD_COMPANY"}}
	case Expired:
		return []step{{At: max(at, p.Requested+windowLife), Kind: stepExpire}}
	}
	if p.Method != VirtualAccount {
		return []step{{At: at, Kind: stepApprove, Amount: p.Total}}
	}
	steps := []step{{At: at, Kind: stepIssue}}
	if n.Status == Done {
		steps = append(steps, step{At: at, Kind: stepApprove, Amount: p.Total})
	}
	return steps
}

// Deposit pays a virtual account that waits. A zero time means now.
func (s *Sandbox) Deposit(key string, at time.Time) error {
	return s.act(key, at, func(p *payment, sec int64) error {
		st := p.at(sec)
		switch {
		case p.VA == nil || st.status != WaitingForDeposit:
			return fmt.Errorf("%s is %s: only a waiting virtual account takes a deposit", key, st.status)
		case sec > p.VA.Due:
			return fmt.Errorf("%s: the due date has passed, the bank refuses the deposit", key)
		}
		s.ledger.step(p, step{At: sec, Kind: stepApprove, Amount: p.Total})
		return nil
	})
}

// Authenticate is the buyer's consent in an open window: the payment waits for its
// confirm, for ten minutes.
func (s *Sandbox) Authenticate(key string, at time.Time) error {
	return s.act(key, at, func(p *payment, sec int64) error {
		if st := p.at(sec); st.status != Ready {
			return fmt.Errorf("%s is %s: only an open window can be consented to", key, st.status)
		}
		s.ledger.step(p, step{At: sec, Kind: stepAuth})
		s.later(sec+confirmLife, p.N, 0)
		return nil
	})
}

// ReverseDeposit lets the bank take a deposit back: the account waits again.
func (s *Sandbox) ReverseDeposit(key string, at time.Time) error {
	return s.act(key, at, func(p *payment, sec int64) error {
		if st := p.at(sec); p.VA == nil || st.status != Done {
			return fmt.Errorf("%s is %s: only a fresh deposit can be reversed", key, st.status)
		}
		s.ledger.step(p, step{At: sec, Kind: stepReverse})
		return nil
	})
}

// Expire ends a payment window, or moves the due date of a waiting virtual
// account to the given time.
func (s *Sandbox) Expire(key string, at time.Time) error {
	return s.act(key, at, func(p *payment, sec int64) error {
		st := p.at(sec)
		switch {
		case p.VA != nil && st.status == WaitingForDeposit:
			p.VA.Due = sec - 1
		case st.status == Ready || st.status == InProgress:
			s.ledger.step(p, step{At: sec, Kind: stepExpire})
		default:
			return fmt.Errorf("%s is %s and cannot expire", key, st.status)
		}
		return nil
	})
}

// ConsoleCancel is a cancel by the merchant's hand in Toss's admin, or by an
// issuer: the shop's program learns nothing of it.
type ConsoleCancel struct {
	Amount  int64  // 0: all that is left
	TaxFree *int64 // of it; nil: the least that fits
	Reason  string
	At      time.Time // zero: now
	Outcome string    // of a virtual account's refund; default as the payment says
}

// ConsoleCancel cancels without the shop. No deadline holds and no refund
// account is asked for.
func (s *Sandbox) ConsoleCancel(key string, c ConsoleCancel) error {
	return s.act(key, c.At, func(p *payment, sec int64) error {
		o := cancelOrder{reason: c.Reason, console: true, outcome: c.Outcome, taxFree: c.TaxFree}
		if o.reason == "" {
			o.reason = "상점관리자 취소"
		}
		if c.Amount != 0 {
			o.amount = &c.Amount
		}
		if err := s.cancelPayment(p, o, sec); err != nil {
			return err
		}
		return nil
	})
}

// act does one thing to a payment under the lock, and tells the webhooks.
func (s *Sandbox) act(key string, at time.Time, do func(*payment, int64) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.ledger.find(key)
	if !ok {
		return refuse("NOT_FOUND_PAYMENT")
	}
	if at.IsZero() {
		at = s.now()
	}
	before := len(p.Steps)
	if err := do(p, at.Unix()); err != nil {
		return err
	}
	s.touch(p)
	if n := len(p.Steps); n > before && p.Steps[n-1].Kind != stepCancel {
		s.tell(p, at.Unix())
	}
	return nil
}

// Payment is how a payment looks now; false when there is none of that key.
func (s *Sandbox) Payment(key string) (*Payment, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.ledger.find(key)
	if !ok || p.Requested > s.now().Unix() {
		return nil, false
	}
	return p.picture(s.now().Unix()), true
}

// PaymentsOf lists the payments of an order, newest first.
func (s *Sandbox) PaymentsOf(orderID string) []*Payment {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now().Unix()
	var out []*Payment
	for _, p := range s.ledger.ofOrder(orderID) {
		if p.Requested <= now {
			out = append(out, p.picture(now))
		}
	}
	return out
}

// Each calls f with every payment that exists by now, in the order in which
// they were made, until f returns false. The ledger is locked meanwhile.
func (s *Sandbox) Each(f func(*Payment) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now().Unix()
	for _, p := range s.ledger.payments {
		if p.Requested <= now && !f(p.picture(now)) {
			return
		}
	}
}
