package sandbox

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// PassbookOptions say which page of the shop's passbook is printed, and how.
type PassbookOptions struct {
	// From and To are days in KST. Zero: from the first day of the account, which is
	// that of the first transaction, to today. Nothing after the clock is printed.
	From, To time.Time
	Layout   string // kb (default), shinhan, woori, tossbank, hana, ibk
	Encoding string // utf-8 (default) or cp949
	// Opening is what was in the account before its first day, in won. So two pages
	// with the same opening belong to one passbook, whatever their days.
	Opening int64
	// Plant names faults: missing, rebate, split, merged, short, late. A name with a
	// day (missing@2026-11-24) is planted in the payout of that day, else in the
	// first of the page that is free, with a whole one between.
	Plant []string
}

// Passbook is a page of the shop's passbook: the payouts of the sandbox's own MID
// in won, and other people's money.
type Passbook struct {
	From    string         `json:"from"`
	To      string         `json:"to"`
	Opening int64          `json:"opening"` // before the first line of the page
	Closing int64          `json:"closing"`
	Payouts []*Payout      `json:"payouts"` // whose paidOutDate is on the page
	Lines   []PassbookLine `json:"lines"`   // oldest first
	Planted []PlantedLine  `json:"planted"`
	CSV     []byte         `json:"-"` // as the bank gives it
}

// PassbookLine is one line. Kind is in or out.
type PassbookLine struct {
	At      time.Time `json:"at"`
	Kind    string    `json:"kind"`
	Amount  int64     `json:"amount"`
	Balance int64     `json:"balance"`
	Payer   string    `json:"payer"`
	Memo    string    `json:"memo"`
	Channel string    `json:"channel"`
	Payouts []string  `json:"payouts,omitempty"` // the paidOutDate of each payout that it brings
	Planted string    `json:"planted,omitempty"`
}

// payerToss is who pays, on the passbook. How banks print it is not known for sure.
const payerToss = "토스페이먼츠"

// Passbook prints a page of the passbook. The same ledger, clock and options give
// the same bytes. The error names what cannot be: an unknown layout, encoding or
// fault, days in the wrong order, too few payouts for the faults.
func (s *Sandbox) Passbook(o PassbookOptions) (*Passbook, error) {
	layout, err := layoutOf(o.Layout)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	begins, today := s.firstDay(), dateOf(now.Unix())
	from, to := begins, today
	if !o.From.IsZero() {
		from = dateOf(o.From.Unix())
	}
	if !o.To.IsZero() {
		to = dateOf(o.To.Unix())
	}
	if to < from {
		return nil, fmt.Errorf("the period ends on %s, before it begins on %s", to, from)
	}
	book := &Passbook{From: from.String(), To: to.String(), Payouts: []*Payout{}, Lines: []PassbookLine{}, Planted: []PlantedLine{}}
	payouts := s.payoutsOf(min(to, today))
	deposits, err := book.deposits(payouts, from, o.Plant)
	if err != nil {
		return nil, err
	}
	book.write(deposits, payouts, strangers{begins, s.opts.MID}, o.Opening, from, min((to+1).start()-1, now.Unix()))
	if book.CSV, err = layout.print(book, o.Encoding); err != nil {
		return nil, err
	}
	return book, nil
}

// firstDay is the day of the first transaction; today where there is none.
func (s *Sandbox) firstDay() date {
	today := dateOf(s.now().Unix())
	s.ledger.sort()
	if len(s.ledger.rows) == 0 {
		return today
	}
	return min(today, dateOf(s.ledger.rows[0].at))
}

// deposits are the lines of Toss's payouts, in order, with the faults of the page.
func (b *Passbook) deposits(all []*Payout, from date, plant []string) ([]deposit, error) {
	p := planter{lines: map[date][]deposit{}, used: map[date]bool{}, planted: b.Planted}
	for _, payout := range all {
		if payout.date >= from {
			b.Payouts = append(b.Payouts, payout)
		}
		if payout.Deposit == 0 {
			continue
		}
		p.lines[payout.date] = []deposit{{payout.at(), payout.Deposit, []string{payout.PaidOutDate}, ""}}
		if payout.date >= from {
			p.payouts = append(p.payouts, payout)
		}
	}
	for _, spec := range plant {
		if err := p.plant(spec); err != nil {
			return nil, err
		}
	}
	b.Planted = p.planted
	var list []deposit
	for _, payout := range all {
		list = append(list, p.lines[payout.date]...)
	}
	slices.SortStableFunc(list, func(a, b deposit) int { return cmp.Compare(a.at, b.at) })
	return list, nil
}

// write follows the account from its first day, and keeps what is on the page.
func (b *Passbook) write(deposits []deposit, payouts []*Payout, others strangers, opening int64, from date, until int64) {
	b.Opening, b.Closing = opening, opening
	taken := map[int64]bool{} // amounts of payouts so far: a stranger's line must not pass for one
	balance := opening
	put := func(l PassbookLine) {
		at := l.At.Unix()
		if at > until || l.Kind == lineOut && l.Amount > balance {
			return // nobody overdraws this account
		}
		if l.Kind == lineOut {
			balance -= l.Amount
		} else {
			balance += l.Amount
		}
		l.Balance = balance
		if at < from.start() {
			b.Opening, b.Closing = balance, balance
			return
		}
		b.Closing = balance
		b.Lines = append(b.Lines, l)
	}
	for d := others.begin; d <= dateOf(until); d++ {
		for len(payouts) > 0 && payouts[0].date <= d {
			taken[payouts[0].Deposit] = true
			payouts = payouts[1:]
		}
		lines := others.on(d, taken)
		for len(deposits) > 0 && deposits[0].at < (d+1).start() {
			t := deposits[0]
			deposits = deposits[1:]
			lines = append(lines, PassbookLine{At: stamp(t.at), Kind: lineIn, Amount: t.amount, Payer: payerToss, Memo: "정산", Channel: "타행이체", Payouts: t.payouts, Planted: t.planted})
		}
		slices.SortStableFunc(lines, func(a, b PassbookLine) int { return a.At.Compare(b.At) })
		for _, l := range lines {
			put(l)
		}
	}
}

const (
	lineIn  = "in"
	lineOut = "out"
)

// strangers are other people who pay the shop, or are paid by it.
type strangers struct {
	begin date
	mid   string
}

// Some names that look like Toss and are not are among them.
var (
	payersIn  = []string{"김대사", "이정산", "(주)가나상사", "박하늘", "홍길동", "네이버페이", "토스뱅크 최바다", "한빛상회"}
	payeesOut = []string{"(주)다라물류", "한국전력공사", "바른포장", "홍길동", "국민연금공단", "마바디자인"}
	memosOut  = []string{"택배비", "전기요금", "포장재", "환불", "4대보험", "외주비"}
)

// on are the lines of a day: money that comes in on some days, goes out on some
// bank days, and the rent on the tenth. None has the amount of a deposit of Toss's.
func (s strangers) on(d date, taken map[int64]bool) []PassbookLine {
	x := uint64(d)
	for _, c := range s.mid {
		x = mix(x ^ uint64(c))
	}
	roll := func(n uint64) int64 { x = mix(x); return int64(x % n) }
	var lines []PassbookLine
	add := func(at int64, kind string, amount int64, payer, memo, channel string) {
		for taken[amount] {
			amount += 100
		}
		lines = append(lines, PassbookLine{At: stamp(d.start() + at), Kind: kind, Amount: amount, Payer: payer, Memo: memo, Channel: channel})
	}
	for range roll(3) {
		who := payersIn[roll(uint64(len(payersIn)))]
		add(10*hour+roll(8*hour), lineIn, (1+roll(60))*5000, who, "", "전자금융")
	}
	if d.bankDay() && roll(3) == 0 {
		which := roll(uint64(len(payeesOut)))
		add(11*hour+roll(6*hour), lineOut, (1+roll(90))*1100, payeesOut[which], memosOut[which], "전자금융")
	}
	if d.time().Day() == 10 {
		add(7*hour, lineOut, 880_000, "(주)가나빌딩", "임차료", "자동이체")
	}
	return lines
}

// plantedHeader names the faults in one line: "missing 2026-11-24; rebate 2026-11-26 51234".
func plantedHeader(list []PlantedLine) string {
	var parts []string
	for _, p := range list {
		text := p.Name
		if len(p.Payouts) > 0 {
			text += " " + strings.Join(p.Payouts, "+")
		}
		for i, d := range p.Dates {
			text += fmt.Sprintf(" %s=%d", d, p.Amounts[i])
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}
