package sandbox

import (
	"fmt"
	"time"
)

// Payout is what one day brings of the rows that are paid out on it, in won.
type Payout struct {
	PaidOutDate  string `json:"paidOutDate"`
	Rows         int    `json:"rows"`
	PayOutAmount int64  `json:"payOutAmount"` // the sum of the rows
	CarriedIn    int64  `json:"carriedIn"`    // below 0: of earlier days that were not above 0
	Released     int64  `json:"released"`     // what a settlement limit had held back
	Unpaid       int64  `json:"unpaid"`       // what a settlement limit holds back
	Deposit      int64  `json:"deposit"`      // what reaches the bank account; 0: nothing does

	date date
}

// at is when the money reaches the account.
func (p *Payout) at() int64 {
	return p.date.start() + payoutHour + int64(mix(uint64(p.date)+99)%(50*minute))
}

// payoutsOf are the payouts of the sandbox's own MID in won, up to a day.
func (s *Sandbox) payoutsOf(until date) []*Payout {
	s.indexSettlements()
	days := s.daysPaid(0, until)
	list := make([]*Payout, 0, len(days))
	var box cashbox
	box.limit = s.settling.Limit
	for _, d := range days {
		p := &Payout{PaidOutDate: d.String(), date: d}
		var amounts []int64
		for _, r := range s.paidOn(d) {
			pay, e := s.ledger.stepOf(r)
			if pay.MID != s.opts.MID || pay.Currency != "KRW" {
				continue
			}
			f := s.settling.figures(pay, e, pay.settles(e))
			amounts = append(amounts, f.payOut())
			p.PayOutAmount += f.payOut()
		}
		if p.Rows = len(amounts); p.Rows == 0 {
			continue
		}
		box.pay(p, amounts)
		list = append(list, p)
	}
	return list
}

// cashbox pays day after day: what is not above 0 is set off against the next
// payout, and a settlement limit lets only so much through.
type cashbox struct {
	limit *SettlementLimit
	used  int64 // of the limit
	owed  int64 // held back by it
	carry int64 // not above 0
}

func (c *cashbox) pay(p *Payout, amounts []int64) {
	p.CarriedIn, c.carry = c.carry, 0
	limited := c.limit.counts(p.date)
	if !limited && c.over(p.date) {
		p.Released, c.owed = c.owed, 0
	}
	total := p.CarriedIn + p.Released + p.PayOutAmount
	if limited && total > c.limit.Amount-c.used {
		total = c.fitting(p, amounts)
		c.owed += p.Unpaid
	}
	if total <= 0 {
		c.carry = total
		return
	}
	p.Deposit = total
	if limited {
		c.used += total
	}
}

// over says whether the limit has ended, so that what it held back is paid.
func (c *cashbox) over(d date) bool {
	return c.limit == nil || c.limit.Until != "" && d.String() > c.limit.Until
}

// fitting is what the limit lets through: what goes back is set off first, then
// the rows come one by one, and with the first that does not fit it is over.
func (c *cashbox) fitting(p *Payout, amounts []int64) int64 {
	total := p.CarriedIn
	for _, amount := range amounts {
		total += min(amount, 0)
	}
	full := false
	for _, amount := range amounts {
		if amount <= 0 {
			continue
		}
		if full = full || total+amount > c.limit.Amount-c.used; full {
			p.Unpaid += amount
			continue
		}
		total += amount
	}
	return total
}

// Settled is what SettleUntil has come to.
type Settled struct {
	Now        time.Time `json:"now"`        // the clock
	LastPayout string    `json:"lastPayout"` // the last payout of what was sold or cancelled up to the day; empty: nothing was
	Rows       int       `json:"rows"`       // of /v1/settlements, that have been paid out by now
}

// settledMorning is the hour to which SettleUntil moves the clock.
const settledMorning = 8 * hour

// SettleUntil moves the clock to eight in the morning after the last payout of
// what was sold or cancelled up to the end of a day, of the methods or, where none
// is named, of all: phone bills are paid out months later. The payout stands on
// yesterday's page of the passbook then. The clock never goes back. The error names
// a method that there is none of.
func (s *Sandbox) SettleUntil(until time.Time, methods ...Method) (Settled, error) {
	wanted := map[Method]bool{}
	for _, m := range methods {
		if _, known := koreanMethod[m]; !known {
			return Settled{}, fmt.Errorf("unknown method %q", m)
		}
		wanted[m] = true
	}
	last, sold := date(0), dateOf(until.Unix())
	s.mu.Lock()
	s.indexSettlements()
	holds := holdsByPayment(s.settling.Holds)
	for _, r := range s.ledger.window(0, (sold+1).start()-1) {
		p, e := s.ledger.stepOf(r)
		if (len(wanted) > 0 && !wanted[p.Method]) || p.settles(e) == nil {
			continue
		}
		day := s.payoutOf(p.Method, s.settling.soldDate(p.Method, e.At))
		last = max(last, held(day, holds[p.Key]))
	}
	now := s.now()
	s.mu.Unlock()
	out := Settled{}
	target := stamp((sold + 1).start() + settledMorning)
	if last > 0 {
		out.LastPayout = last.String()
		target = stamp(max(last, sold).start() + day + settledMorning)
	}
	if target.After(now) {
		s.SetClock(target)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out.Now = s.now()
	s.indexSettlements()
	for _, d := range s.daysPaid(0, dateOf(out.Now.Unix()-payoutHour)) {
		out.Rows += len(s.paidOn(d))
	}
	return out, nil
}
