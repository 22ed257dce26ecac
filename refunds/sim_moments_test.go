package refunds_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"daesa/pay"
	"daesa/refunds"
	"daesa/sandbox"
)

// drawMoments draws what matters at one moment only: a day that ends while a
// cancel is tried, a day's amount that is used up, a run that is asked to end, an
// account that changes between two keys, a balance that is one won short. It has
// dice of its own, so that the seeds without such a moment tell what they told.
func (o *options) drawMoments() {
	r := rand.New(rand.NewPCG(o.Seed, 0x303))
	if o.Mild {
		return
	}
	if chance(r, 0.1) && o.OutageTo == 0 {
		o.drawMidnight(r)
	}
	if chance(r, 0.12) {
		var most int64
		for _, p := range o.Payments {
			for _, a := range p.Asks {
				most = max(most, a.Amount)
			}
		}
		o.DayAmount = most + r.Int64N(most/2+1) // what is above it is never sent
	}
	if chance(r, 0.12) {
		o.Ends = 1 + r.IntN(3)
	}
	if chance(r, 0.4) {
		o.drawAccountChange(r)
	}
	if chance(r, 0.12) {
		o.OneShort, o.Transfers = true, true
		o.favour("+REFUND_REJECTED")
	}
	if chance(r, 0.04) {
		o.drawOtherAmount(r)
	}
}

// drawOtherAmount restores a copy of before a request, which is then asked for
// again with another amount, while Toss has carried out the first.
func (o *options) drawOtherAmount(r *rand.Rand) {
	var first time.Duration
	for _, p := range o.Payments {
		for _, a := range p.Asks {
			first = max(first, a.At)
		}
	}
	o.Prompt = true
	o.Acts = slices.DeleteFunc(o.Acts, func(a act) bool { return a.What == "copy" || a.What == "restore" })
	o.Acts = append(o.Acts, act{What: "copy"}, act{What: "other amount after a restore"}, act{At: first + span(r, 30*time.Minute, 3*time.Hour), What: "restore"})
	o.Length = max(o.Length, first+span(r, 4*time.Hour, 20*time.Hour))
}

// drawMidnight lets everything be asked for in the last minutes of a day at which
// limits begin anew, by workers that wait long for their connection.
func (o *options) drawMidnight(r *rand.Rand) {
	o.Prompt = true
	o.SlowDial, o.DayCount, o.Workers = true, 1+r.Int64N(2), 2+r.IntN(2)
	o.Every = span(r, 20*time.Second, time.Minute)
	o.Often, o.Can[notSent] = []mishap{notSent}, true
	o.Fault = max(o.Fault, 0.25)
	end := pay.DayOf(o.Start).End().Sub(o.Start)
	for i := range o.Payments {
		for j := range o.Payments[i].Asks {
			o.Payments[i].Asks[j].At = max(0, end-span(r, 0, 3*time.Minute))
		}
	}
	o.Length = max(o.Length, end+span(r, time.Hour, 30*time.Hour))
}

// drawAccountChange lets a customer give another account while the bank of the
// first cannot be reached: where there is something left to be asked for.
func (o *options) drawAccountChange(r *rand.Rand) {
	for i := range o.Payments {
		p := &o.Payments[i]
		if !p.Account || p.Method != sandbox.VirtualAccount {
			continue
		}
		o.NewAccounts, o.Fault = 1+r.IntN(2), max(o.Fault, 0.3)
		o.Often, o.Can["+NOT_AVAILABLE_BANK"] = []mishap{"+NOT_AVAILABLE_BANK"}, true
		p.TaxFree = 0
		for j := range p.Asks {
			p.Asks[j].Amount, p.Asks[j].TaxFree = p.Amount/5, ""
		}
	}
}

// dayAmount is the limit of the day's amount.
func (o options) dayAmount() int64 {
	if o.DayAmount > 0 {
		return o.DayAmount
	}
	return wideLimit
}

// moments print what is drawn here.
func (o options) moments() string {
	return fmt.Sprintf(" slow dial %v prompt %v day amount %d asked to end %d new accounts %d one short %v", o.SlowDial, o.Prompt, o.DayAmount, o.Ends, o.NewAccounts, o.OneShort)
}

// atMoments lets happen what waits for its moment.
func (s *sim) atMoments() {
	if !s.faults {
		return
	}
	for _, r := range s.last {
		switch {
		case r.State == refunds.StateSending && s.opt.Ends > 0 && chance(s.dice, 0.2):
			s.askToEnd()
		case r.State == refunds.StateUnknown && r.ErrorCode == "NOT_AVAILABLE_BANK" && s.opt.NewAccounts > 0 && !s.quarantine && chance(s.dice, 0.2):
			s.opt.NewAccounts--
			s.happen(act{What: "new account", Of: s.wishOf(r.ID).of})
			return
		}
	}
}

// askToEnd asks every run to end, as a machine does that shuts down: what is in
// flight is finished, and nothing more is claimed.
func (s *sim) askToEnd() {
	s.opt.Ends--
	s.note("every run is asked to end")
	for _, w := range s.workers {
		w.askToEnd()
	}
}

// checkAsked: a run that is asked to end writes what became of what it has sent.
func (w *simWorker) checkAsked() {
	if w.ctx.Err() != nil && w.inFlight != "" {
		w.s.fail("E", "%s was asked to end, and nobody has written what became of %s", w.name, shortKey(w.inFlight))
	}
}

// oneShort: somebody cancels at Toss so much that one won is missing for a
// transfer by hand, just before it is decided on.
func (s *sim) oneShort(t refunds.ManualTransfer) {
	if !s.opt.OneShort || !s.faults || !chance(s.dice, 0.5) {
		return
	}
	p, _ := s.toss.Payment(t.PaymentKey)
	if sum := p.Balance - s.beside(p) - t.Amount + 1; sum > 0 && len(ours(p, t.RefundID)) == 0 {
		s.happen(act{What: "console", Of: slices.Index(s.keys, t.PaymentKey), Sum: sum})
	}
}

// oneShortBeside: and after it was decided on, for another request that was not
// sent yet, or was asked for just now.
func (s *sim) oneShortBeside(t refunds.ManualTransfer) {
	if !s.opt.OneShort || !s.faults {
		return
	}
	of := slices.Index(s.keys, t.PaymentKey)
	if len(s.wishes) < 12 {
		s.askFor(s.wishFor(ask{Ref: "beside-" + t.RefundID, Amount: t.Amount}, of))
	}
	for _, r := range s.last {
		p, _ := s.toss.Payment(t.PaymentKey)
		sum := p.Balance - s.beside(p) - r.Amount + 1
		if r.PaymentKey == t.PaymentKey && r.State.Unsent() && sum > 0 && chance(s.dice, 0.7) {
			s.happen(act{What: "console", Of: of, Sum: sum})
			return
		}
	}
}

// reserved is what a request takes of the limits, once for each word on it: one
// that was refused and is sent again on another word takes of them again, as a
// new request for the same money does.
type reserved struct {
	day    pay.Day
	amount int64
}

// spent is what was begun on a day, and is not proved unsent.
func (s *sim) spent(day pay.Day) (count, amount int64) {
	for _, taken := range s.sentOn {
		for _, r := range taken {
			if r.day == day {
				count, amount = count+1, amount+r.amount
			}
		}
	}
	return count, amount
}

// givenBack: the newest send of a request is proved unsent, and takes of the
// limits no more.
func (s *sim) givenBack(id string) {
	if taken := s.sentOn[id]; len(taken) > 0 {
		s.sentOn[id] = taken[:len(taken)-1]
	}
}

// checkSpent: no more is sent on a day than its limits say.
func (s *sim) checkSpent(id string) {
	taken := s.sentOn[id]
	if len(taken) == 0 { // it was begun before a restore
		return
	}
	count, amount := s.spent(taken[len(taken)-1].day)
	if count > s.opt.DayCount {
		s.fail("I11", "%d refunds on a day, and %d are allowed", count, s.opt.DayCount)
	}
	if amount > s.opt.dayAmount() {
		s.fail("I11", "%d are refunded on a day, and %d are allowed", amount, s.opt.DayAmount)
	}
}

// checkKeptBack: a limit keeps back only what it has no room for. After a restore
// the limits count what the copy has counted, and after the faults some workers
// still know those of before.
func (s *sim) checkKeptBack(b refunds.Begun, l *refunds.LimitError) {
	if s.epoch > 0 || !s.faults {
		return
	}
	count, amount := s.spent(pay.DayOf(b.Now))
	free := false
	switch l.Limit {
	case "max_single": // it may have been raised since the run began
	case "max_count_per_day":
		free = count < s.opt.DayCount
	case "max_amount_per_day":
		free = amount+b.Request.Amount <= s.opt.dayAmount()
	default:
		free = true
	}
	if free {
		s.fail("L", "%s is kept back by %s after %d refunds of %d", s.short(b.Request.ID), l.Limit, count, amount)
	}
}

// heard says what a run does after a turn, as jobs.Refunds does: a count that is
// used up ends the sending, an amount that of its currency, a single request that
// is too large nothing.
func heard(done *refunds.Done, choice *refunds.Choice) {
	switch {
	case done.Key || done.Braked:
		choice.Send = false
	case done.Limit == nil || done.Limit.Limit == "max_single":
	case done.Limit.Limit == "max_count" || done.Limit.Limit == "max_count_per_day":
		choice.Send = false
	default:
		choice.Blocked = append(choice.Blocked, done.Limit.Currency)
	}
}
