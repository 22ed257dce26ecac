package refunds_test

import (
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"strconv"
	"time"

	"daesa/app"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/sandbox"
)

// drawParts draws what has to do with the parts of a payment: mixed payments,
// what the shop cancels, nights, transfers by hand. It has a source of its own,
// so that every other draw of a seed stays what it was.
func (o *options) drawParts() {
	r := rand.New(rand.NewPCG(o.Seed, 0x7a5))
	if chance(r, 0.5) {
		for i := range o.Payments {
			o.Payments[i].drawParts(r)
		}
	}
	if o.Mild {
		return
	}
	if chance(r, 0.35) {
		o.Compares = span(r, time.Hour, 9*time.Hour)
		for i := range o.Payments {
			p := &o.Payments[i]
			if p.Method == sandbox.ForeignEasyPay || chance(r, 0.4) {
				continue
			}
			p.Shop, p.ShopAt = p.Amount/5*(1+r.Int64N(5)), span(r, 0, o.Length/2)
			if chance(r, 0.6) {
				p.Asks = nil // the night alone asks for it
			}
		}
	}
	if o.Transfers = chance(r, 0.4); o.Transfers && chance(r, 0.5) { // something must come to them
		o.favour("+REFUND_REJECTED")
		for range 1 + r.IntN(3) {
			i := r.IntN(len(o.Payments))
			o.Acts = append(o.Acts, act{At: span(r, 0, o.Length), What: "console", Of: i, Sum: o.Payments[i].Amount / 5 * (1 + r.Int64N(3))})
		}
	}
	for i, p := range o.Payments {
		if p.Account && len(p.Asks) > 0 && chance(r, 0.3) { // another account while the bank cannot
			o.favour("+NOT_AVAILABLE_BANK")
			o.Acts = append(o.Acts, act{At: p.Asks[0].At + span(r, time.Minute, 3*time.Hour), What: "new account", Of: i})
		}
	}
}

// favour makes a mishap of the sends frequent.
func (o *options) favour(m mishap) {
	o.Often, o.Can[m] = append(o.Often, m), true
}

// drawParts makes some of a payment tax-free, and says of each asking how much
// of it is: at times more or less than fits, at times not at all.
func (p *simPayment) drawParts(r *rand.Rand) {
	p.TaxFree = p.Amount / 5 * r.Int64N(6)
	for i := range p.Asks {
		a := &p.Asks[i]
		switch n := r.IntN(6); {
		case n == 0: // unsaid
		case n < 4:
			a.TaxFree = "0"
		default:
			a.TaxFree = strconv.FormatInt(a.Amount/5*r.Int64N(6), 10)
		}
		if a.Amount == p.Amount {
			a.TaxFree = ""
		}
	}
}

// order is the shop's order of a payment as it stands now.
func (s *sim) order(i int, p pay.Payment) pay.Order {
	o, w := pay.Order{MID: mid, ID: p.OrderID, Method: p.Method, Status: pay.OrderPaid, Amount: p.TotalAmount, TaxFreeAmount: s.opt.Payments[i].TaxFree,
		PG: pay.PGToss, Currency: p.Currency, OrderedAt: p.ApprovedAt, PaidAt: p.ApprovedAt}, s.opt.Payments[i]
	if !s.now.Before(s.opt.Start.Add(w.ShopAt)) {
		o.Status, o.CanceledAmount, o.CanceledAt = pay.OrderPartiallyCanceled, w.Shop, s.opt.Start.Add(w.ShopAt)
		if w.Shop == o.Amount {
			o.Status = pay.OrderCanceled
		}
	}
	return o
}

// compare compares each payment that has an order with it, as jobs.Nightly does,
// and takes what a night proposes. Where it may not say the tax-free part a
// person does. A look-up that names another merchant makes the night incomplete,
// and nothing is proposed on it.
func (s *sim) compare() {
	for i, w := range s.opt.Payments {
		if w.Shop == 0 {
			continue
		}
		p, _, err := s.clients[mid].Payment(s.ctx, s.keys[i])
		s.must(err)
		if p, err = s.believed(i, mid, p).Under(mid); err != nil {
			s.note("night: incomplete: %v", err)
			continue
		}
		order := s.order(i, p)
		_, err = s.db.SaveOrders(s.ctx, one(order), func(string) bool { return true }, "sim", "shop", s.now)
		s.must(err)
		for _, found := range reconcile.Compare(&order, []pay.Payment{p}, s.now.Add(time.Hour)) {
			if found.Kind == reconcile.CancelNotExecuted && found.Owed > 0 {
				s.propose(i, p, found)
			}
		}
	}
}

func one(order pay.Order) iter.Seq2[pay.Order, error] {
	return func(yield func(pay.Order, error) bool) { yield(order, nil) }
}

func (s *sim) propose(i int, p pay.Payment, found reconcile.Finding) {
	policy := refunds.Policy{AutoQueue: []reconcile.Kind{reconcile.CancelNotExecuted}, AccountDays: 365}
	id := reconcile.BreakID(found.MID, found.OrderID, found.Kind)
	b, _ := reconcile.Remember(s.breaks[id], &found, pay.DayOf(s.now))
	s.breaks[id] = &b
	var request *refunds.Request
	err := s.db.NightForTest(s.ctx, p, b, func(asked refunds.Asked) *refunds.Request {
		request, b.Remark = refunds.Propose(b, asked, policy, s.now)
		if s.bug.propose != nil {
			request = s.bug.propose(b, asked, policy, s.now, request)
		}
		if request != nil {
			s.checkForced(*request, p, asked)
		}
		return request
	}, refunds.NightActor, s.now)
	s.must(err)
	if b.Remark == reconcile.TaxPartNeeded && !s.said[id] {
		s.said[id] = true
		most := min(b.Owed, p.TaxFreeAmount)
		least := max(0, b.Owed-(p.BalanceAmount-p.TaxFreeAmount))
		s.askFor(s.wishFor(ask{Ref: "said-" + id, Amount: b.Owed, TaxFree: strconv.FormatInt(least+s.parts.Int64N(most-least+1), 10)}, i))
	}
	if request == nil {
		return
	}
	if _, _, err := s.db.Refund(s.ctx, request.ID); errors.Is(err, app.ErrUnknownID) {
		return // it did not fit any more
	} else if err != nil {
		s.must(err)
	}
	w := s.wishOf(request.ID)
	if w == nil {
		w = &wish{ask: ask{Ref: request.Ref}, of: i, id: request.ID, night: true}
		s.wishes = append(s.wishes, w)
		s.ids[w.id] = len(s.ids) + 1
		s.count.requests++
		s.count.proposed++
	}
	w.Amount, w.taken = request.Amount, true
	s.note("night: ask %s = %s for %d of payment %d, %d tax-free: %s", w.Ref, s.short(w.id), request.Amount, i, request.TaxFreeAmount, request.State)
	s.checkStore()
}

// checkForced: a night says no tax-free part where another one would fit, too.
// It is reckoned here from Toss alone, where nothing else is asked for.
func (s *sim) checkForced(r refunds.Request, p pay.Payment, asked refunds.Asked) {
	for _, t := range asked.Known.Taken {
		if t.State.Counts() {
			return
		}
	}
	taxable := p.BalanceAmount - p.TaxFreeAmount
	if len(asked.Known.Given) == 0 && max(0, r.Amount-taxable) < min(r.Amount, p.TaxFreeAmount) {
		s.fail("I16", "%s: a night says that %d of %d are tax-free, and others would fit", r.Ref, r.TaxFreeAmount, r.Amount)
	}
}

// checkParts: whatever was sent, Toss's own arithmetic holds.
func (s *sim) checkParts(i int, p *sandbox.Payment) {
	if p.TaxFree < 0 || p.TaxFree > p.Balance {
		s.fail("I14", "payment %d: %d are tax-free of a balance of %d", i, p.TaxFree, p.Balance)
	}
}

// fits checks a cancel when it leaves: where the balance is what it believes in,
// its parts are there to be cancelled. Where it is not, the guard refuses it.
func (s *sim) fits(f *flight, body cancelBody) {
	w := s.wishOf(f.id)
	if w == nil {
		return
	}
	p, _ := s.toss.Payment(s.keys[w.of])
	taxFree, _ := strconv.ParseInt(or(body.TaxFree.String(), "0"), 10, 64)
	amount, err := strconv.ParseInt(body.Amount.String(), 10, 64)
	if err != nil || p == nil || fmt.Sprint(p.Balance) != body.Guard.String() || f.zombie || s.epoch != f.epoch || len(ours(p, f.id)) > 0 {
		return
	}
	if amount == p.Balance && body.TaxFree == "" {
		taxFree = p.TaxFree
	}
	if beside := s.beside(p); beside > 0 && amount > p.Balance-beside {
		s.fail("I15", "%s is sent over %d, and %d of %d went back by hand", s.short(f.id), amount, beside, p.Balance)
	}
	if taxFree > p.TaxFree || amount-taxFree > p.Balance-p.TaxFree {
		s.fail("I13", "%s is sent with %d tax-free of %d, and %d tax-free of %d are left", s.short(f.id), taxFree, amount, p.TaxFree, p.Balance)
	}
}

func or(first, second string) string {
	if first != "" {
		return first
	}
	return second
}

// transfers lets a person decide about what goes back by hand.
func (s *sim) transfers() {
	if !s.opt.Transfers {
		return
	}
	due, err := s.db.ManualTransfers(s.ctx, mid, string(refunds.ManualDue))
	s.must(err)
	for _, t := range due {
		s.oneShort(t)
		if t.Why == "" {
			s.fail("I15", "the transfer of %s has no reason", s.short(t.RefundID))
		}
		seen, _, err := s.clients[mid].Payment(s.ctx, t.PaymentKey)
		s.must(err)
		if s.bug.hand != nil {
			s.bug.hand(&seen)
		}
		word := refunds.ManualWord{ID: t.RefundID, To: refunds.ManualApproved, By: "owner", Another: true, Seen: &seen, Now: s.now}
		if _, err := s.db.MoveManualTransfer(s.ctx, word); err != nil {
			s.note("people: %s is not transferred: %v", s.short(t.RefundID), err)
			word.To, word.Note = refunds.ManualDropped, "no"
			_, err := s.db.MoveManualTransfer(s.ctx, word)
			s.must(err)
			continue
		}
		s.note("people: %d of %s go back by hand", t.Amount, s.short(t.RefundID))
		s.given = append(s.given, t)
		s.count.byHand++
		p, _ := s.toss.Payment(t.PaymentKey)
		if beside := s.beside(p); beside > p.Balance {
			s.fail("I15", "%d go back by hand, and Toss holds %d", beside, p.Balance)
		}
		s.oneShortBeside(t)
	}
}

// beside is what goes back of a payment by hand beside Toss's cancels.
func (s *sim) beside(p *sandbox.Payment) (sum int64) {
	for _, t := range s.given {
		if t.PaymentKey == p.Key && len(ours(p, t.RefundID)) == 0 {
			sum += t.Amount
		}
	}
	return sum
}

// checkGiven: by hand and by us at Toss together is never more than was paid.
func (s *sim) checkGiven(i int, p *sandbox.Payment, caused int64) {
	if beside := s.beside(p); caused+beside > p.Total {
		s.fail("I15", "payment %d: %d by Toss and %d by hand of %d", i, caused, beside, p.Total)
	}
}

// regiven reads the transfers again after a restore: what the database does not
// know any more nobody has transferred.
func (s *sim) regiven() {
	s.given = nil
	all, err := s.db.ManualTransfers(s.ctx, mid, string(refunds.ManualApproved))
	s.must(err)
	s.given = all
}

// part draws how much of a cancel by others is tax-free.
func (s *sim) part(key string, amount int64) *int64 {
	p, _ := s.toss.Payment(key)
	if amount == 0 || amount >= p.Balance || p.TaxFree == 0 {
		return nil
	}
	least, most := max(0, amount-(p.Balance-p.TaxFree)), min(amount, p.TaxFree)
	part := least + s.parts.Int64N(most-least+1)
	return &part
}
