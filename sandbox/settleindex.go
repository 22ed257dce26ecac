package sandbox

import (
	"math"
	"slices"
	"sort"
)

// settleIndex finds the rows of /v1/settlements by day. It is built when it is
// first asked for and goes on from where it stood; only a change of what is in it
// already builds it anew. Transactions of today are in no row yet, so the traffic
// of a day leaves it alone.
type settleIndex struct {
	upTo       date // transactions before this day are in
	sold, paid dayGroups
	payouts    map[termDay]date
	overlay    *overlay
}

// dayGroups are rows by day, each day's in the order of the transactions.
type dayGroups struct {
	days []date // in order
	rows map[date][]rowRef
}

type termDay struct {
	method Method
	sold   date
}

func (g *dayGroups) add(d date, r rowRef) {
	if g.rows == nil {
		g.rows = map[date][]rowRef{}
	}
	if _, known := g.rows[d]; !known {
		i, _ := slices.BinarySearch(g.days, d)
		g.days = slices.Insert(g.days, i, d)
	}
	g.rows[d] = append(g.rows[d], r)
}

// between are the days from one to another that have rows.
func (g *dayGroups) between(from, to date) []date {
	i, _ := slices.BinarySearch(g.days, from)
	j, found := slices.BinarySearch(g.days, to)
	if found {
		j++
	}
	if i >= j {
		return nil
	}
	return g.days[i:j]
}

// before cuts rows at the first transaction of a day: later ones have no row yet.
func before(rows []rowRef, d date) []rowRef {
	start := d.start()
	return rows[:sort.Search(len(rows), func(i int) bool { return rows[i].at >= start })]
}

// indexSettlements brings the index to everything that has a row by now.
func (s *Sandbox) indexSettlements() {
	x, today := &s.index, dateOf(s.now().Unix())
	if x.payouts == nil || s.ledger.touched < x.upTo.start() {
		*x = settleIndex{payouts: map[termDay]date{}}
	}
	if x.upTo < today {
		for _, r := range s.ledger.window(x.upTo.start(), today.start()-1) {
			p, e := s.ledger.stepOf(r)
			if p.settles(e) == nil {
				continue
			}
			sold := s.settling.soldDate(p.Method, e.At)
			x.sold.add(sold, r)
			x.paid.add(s.payoutOf(p.Method, sold), r)
		}
		x.upTo, x.overlay = today, nil
	}
	s.ledger.touched = math.MaxInt64
}

// payoutOf is the paidOutDate of a sold date, before any hold.
func (s *Sandbox) payoutOf(m Method, sold date) date {
	key := termDay{m, sold}
	d, known := s.index.payouts[key]
	if !known {
		d = sold.addBankDays(s.settling.term(m).BankDays).onBankDay()
		s.index.payouts[key] = d
	}
	return d
}

// overlay is what holds have moved by a moment.
type overlay struct {
	applied  int             // so many of the holds
	moved    map[rowRef]date // where to
	left     map[date]bool   // days that rows have left
	arrivals map[date][]rowRef
}

// payoutHour is when Toss pays out: a hold that begins later that day is too late.
const payoutHour = 9 * hour

// holdsNow is the overlay of the holds that have begun, nil where there are none.
func (s *Sandbox) holdsNow() *overlay {
	now := s.now()
	applied := sort.Search(len(s.settling.Holds), func(i int) bool { return s.settling.Holds[i].From.After(now) })
	if applied == 0 {
		return nil
	}
	if o := s.index.overlay; o != nil && o.applied == applied {
		return o
	}
	o := &overlay{applied: applied, moved: map[rowRef]date{}, left: map[date]bool{}, arrivals: map[date][]rowRef{}}
	for key, holds := range holdsByPayment(s.settling.Holds[:applied]) {
		p, known := s.ledger.find(key)
		if !known {
			continue
		}
		for i := range p.Steps {
			e := &p.Steps[i]
			if !e.makesRow() || e.At >= s.index.upTo.start() || p.settles(e) == nil {
				continue
			}
			r := rowRef{at: e.At, seq: e.Seq, pay: p.N}
			was := s.payoutOf(p.Method, s.settling.soldDate(p.Method, e.At))
			if to := held(was, holds); to != was {
				o.moved[r], o.left[was] = to, true
				o.arrivals[to] = append(o.arrivals[to], r)
			}
		}
	}
	s.index.overlay = o
	return o
}

func holdsByPayment(holds []Hold) map[string][]Hold {
	list := map[string][]Hold{}
	for _, h := range holds {
		list[h.PaymentKey] = append(list[h.PaymentKey], h)
	}
	return list
}

// held is the day to which the holds of a payment put a payout off.
func held(paid date, holds []Hold) date {
	for _, h := range holds {
		to, err := parseDate(h.PaidOutDate)
		if err == nil && to > paid && h.From.Unix() < paid.start()+payoutHour {
			paid = to
		}
	}
	return paid
}

// paidOutDate is the day that a row shows now.
func (s *Sandbox) paidOutDate(p *payment, r rowRef) date {
	if o := s.holdsNow(); o != nil {
		if to, moved := o.moved[r]; moved {
			return to
		}
	}
	return s.payoutOf(p.Method, s.settling.soldDate(p.Method, r.at))
}

// paidOutBy says whether what a payment brought has been paid out by a moment. A
// payment that gave everything back before that never is.
func (s *Sandbox) paidOutBy(p *payment, now int64) bool {
	if p.hasCard() { // whose objects say acquireStatus in its place
		return false
	}
	st := p.at(now)
	if st.approved == 0 || st.approved+day > now {
		return false
	}
	if s.index.payouts == nil {
		s.index.payouts = map[termDay]date{}
	}
	paid := s.payoutOf(p.Method, s.settling.soldDate(p.Method, st.approved))
	if len(s.settling.Holds) > 0 {
		paid = held(paid, holdsByPayment(s.settling.Holds)[p.Key])
	}
	at := paid.start() + payoutHour
	if n := len(st.cancels); st.balance == 0 && n > 0 && st.cancels[n-1].At < at {
		return false
	}
	return now >= at
}

// soldOn and paidOn are the rows of a day that are visible now, in order.
func (s *Sandbox) soldOn(d date) []rowRef {
	return before(s.index.sold.rows[d], dateOf(s.now().Unix()))
}

func (s *Sandbox) paidOn(d date) []rowRef {
	today := dateOf(s.now().Unix())
	rows := before(s.index.paid.rows[d], today)
	o := s.holdsNow()
	if o == nil || !o.left[d] && len(o.arrivals[d]) == 0 {
		return rows
	}
	var changed []rowRef
	for _, r := range rows {
		if _, gone := o.moved[r]; !gone {
			changed = append(changed, r)
		}
	}
	for _, r := range o.arrivals[d] {
		if r.at < today.start() {
			changed = append(changed, r)
		}
	}
	slices.SortFunc(changed, rowRef.compare)
	return changed
}

// daysPaid are the days from one to another on which something is paid out.
func (s *Sandbox) daysPaid(from, to date) []date {
	days := s.index.paid.between(from, to)
	o := s.holdsNow()
	if o == nil {
		return days
	}
	days = slices.Clone(days)
	for d := range o.arrivals {
		if d >= from && d <= to {
			days = append(days, d)
		}
	}
	slices.Sort(days)
	return slices.Compact(days)
}

// settlementPage is one page of the rows of some days, in the order of the day and
// then of the transaction.
func (s *Sandbox) settlementPage(byPayout bool, from, to date, skip, size int) []rowRef {
	s.indexSettlements()
	days, on := s.index.sold.between(from, to), s.soldOn
	if byPayout {
		days, on = s.daysPaid(from, to), s.paidOn
	}
	var page []rowRef
	for _, d := range days {
		rows := on(d)
		if skip >= len(rows) {
			skip -= len(rows)
			continue
		}
		page = append(page, rows[skip:min(len(rows), skip+size-len(page))]...)
		skip = 0
		if len(page) == size {
			break
		}
	}
	return page
}
