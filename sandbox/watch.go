package sandbox

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Query says which payments are wanted: those whose order number, key or name has
// the text in it, of one status and one method; empty: all.
type Query struct {
	Text, Status string
	Method       Method
	Skip, Most   int // the newest so many are left out, and then at most so many given
}

// Newest lists the payments that exist by now and fit, the newest window first,
// and says how many fit and how many there are of each status among them.
func (s *Sandbox) Newest(q Query) (page []*Payment, fit int, byStatus map[string]int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now().Unix()
	text := strings.ToLower(q.Text)
	var found []*payment
	byStatus = map[string]int{}
	for _, p := range s.ledger.payments {
		if p.Requested > now || q.Method != "" && p.Method != q.Method || text != "" && !p.has(text) {
			continue
		}
		status := p.at(now).status
		byStatus[status]++
		if q.Status == "" || q.Status == status {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b *payment) int { return cmp.Or(cmp.Compare(b.Requested, a.Requested), cmp.Compare(b.N, a.N)) })
	fit = len(found)
	found = found[min(max(q.Skip, 0), fit):]
	for _, p := range found[:min(len(found), max(q.Most, 0))] {
		page = append(page, p.picture(now))
	}
	return page, fit, byStatus
}

func (p *payment) has(lower string) bool {
	return strings.Contains(strings.ToLower(p.OrderID), lower) || strings.Contains(strings.ToLower(p.Key), lower) ||
		strings.Contains(strings.ToLower(p.OrderName), lower)
}

// Event is one thing in a payment's life.
type Event struct {
	At             time.Time
	Kind           string // REQUESTED, AUTHENTICATED, ISSUED, APPROVED, REVERSED, CANCELED, ABORTED, EXPIRED
	Amount         int64  // smallest unit of the currency; 0 where no money moved
	TransactionKey string
	Note           string // a cancel's reason, a failure's code
	Status         string // of a cancel: DONE, IN_PROGRESS, ABORTED
}

var eventKinds = map[stepKind]string{
	stepAuth: "AUTHENTICATED", stepIssue: "ISSUED", stepApprove: "APPROVED", stepReverse: "REVERSED",
	stepCancel: "CANCELED", stepAbort: Aborted, stepExpire: Expired,
}

// Life is what has happened to a payment by now, oldest first; nothing where
// there is none of that key.
func (s *Sandbox) Life(key string) []Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now().Unix()
	p, found := s.ledger.find(key)
	if !found || p.Requested > now {
		return nil
	}
	life := []Event{{At: stamp(p.Requested), Kind: "REQUESTED"}}
	expires := p.Requested + windowLife
	for i := range p.Steps {
		e := &p.Steps[i]
		if e.seenFrom() > now {
			continue
		}
		event := Event{At: stamp(e.seenFrom()), Kind: eventKinds[e.Kind], Amount: e.Amount, Note: e.Code}
		if e.makesRow() {
			event.TransactionKey = e.key()
		}
		if e.Cancel != nil {
			event.Note, event.Status = e.Cancel.Reason, e.cancelStatus(now)
		}
		if e.Kind == stepAuth {
			expires = e.At + confirmLife
		}
		life = append(life, event)
	}
	if last := life[len(life)-1]; p.at(now).status == Expired && last.Kind != Expired {
		life = append(life, Event{At: stamp(expires), Kind: Expired, Note: "EXPIRED_PAYMENT"})
	}
	return life
}

// Object is a payment as the API shows it now; nil where there is none.
func (s *Sandbox) Object(key string) json.RawMessage {
	if _, found := s.Payment(key); !found {
		return nil
	}
	return s.object(key)
}

// SettlementRow is a row of /v1/settlements in short. Amounts are in the smallest
// unit of the currency, negative for what goes back.
type SettlementRow struct {
	PaymentKey, OrderID, TransactionKey, Currency string
	Method                                        Method
	Amount, Fee, PayOut                           int64 // Fee with VAT
	SoldDate, PaidOutDate                         string
}

// PaidOutOn lists the rows of the ledger that are paid out on a day, whether a
// key sees them or not. The error says that the day is none.
func (s *Sandbox) PaidOutOn(day string) ([]SettlementRow, error) {
	d, err := parseDate(day)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.indexSettlements()
	var list []SettlementRow
	for _, r := range s.paidOn(d) {
		p, e := s.ledger.stepOf(r)
		f := s.settling.figures(p, e, p.settles(e))
		list = append(list, SettlementRow{
			PaymentKey: p.Key, OrderID: p.OrderID, TransactionKey: e.key(), Currency: p.Currency, Method: p.Method,
			Amount: f.amount, Fee: f.fee(), PayOut: f.payOut(),
			SoldDate: s.settling.soldDate(p.Method, e.At).String(), PaidOutDate: d.String(),
		})
	}
	return list, nil
}

// ShowsSettlements says whether /v1/settlements gives the rows of the ledger.
func (s *Sandbox) ShowsSettlements() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.showsSettlements()
}

// ShowSettlements lets test keys see the rows of the ledger, or not.
func (s *Sandbox) ShowSettlements(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settling.On = on
	s.touchHead()
}
