package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

// The faults that can be planted in a passbook.
const (
	PlantMissing = "missing" // one payout does not come
	PlantRebate  = "rebate"  // one deposit of Toss belongs to no row: a fee that comes back
	PlantSplit   = "split"   // one payout comes in two lines
	PlantMerged  = "merged"  // a payout comes with that of the next bank day, in one line
	PlantShort   = "short"   // one payout comes with less
	PlantLate    = "late"    // one payout comes three bank days late
)

var plantNames = []string{PlantMissing, PlantRebate, PlantSplit, PlantMerged, PlantShort, PlantLate}

// PlantedLine says where a fault of a passbook stands.
type PlantedLine struct {
	Name     string   `json:"name"`
	Payouts  []string `json:"payouts"`  // their paidOutDate; of a rebate none
	Expected int64    `json:"expected"` // what these payouts come to, in won
	Dates    []string `json:"dates"`    // of the lines, in order
	Amounts  []int64  `json:"amounts"`  // of the lines
}

// deposit is one line of Toss's, before it has a balance.
type deposit struct {
	at      int64
	amount  int64
	payouts []string
	planted string
}

// planter puts faults into payouts, each into one that nothing else was planted in.
type planter struct {
	payouts []*Payout // that reach the account, those of the window
	lines   map[date][]deposit
	used    map[date]bool
	next    int
	planted []PlantedLine
}

// least is the smallest deposit that a fault is planted in.
const least = 1000

// Where the day is not said, the first payout stays whole, and so does one between
// two faults, so that each can be told from the other.
func (p *planter) choose(name string, on date) (int, error) {
	for i := p.next; i < len(p.payouts); i++ {
		d := p.payouts[i].date
		switch {
		case on != 0 && d != on, on == 0 && i == 0, p.used[d], p.payouts[i].Deposit < least:
			continue
		case name == PlantMerged && (i+1 == len(p.payouts) || p.payouts[i+1].date != d.addBankDays(1) || p.used[p.payouts[i+1].date]):
			continue
		}
		return i, nil
	}
	if on != 0 {
		return 0, fmt.Errorf("plant: no payout of %s can be %s", on, name)
	}
	return 0, fmt.Errorf("plant: the %d payouts of the period leave none that can be %s: ask for a longer period or fewer faults", len(p.payouts), name)
}

func (p *planter) plant(spec string) error {
	name, text, dated := strings.Cut(strings.TrimSpace(spec), "@")
	if !slices.Contains(plantNames, name) {
		return fmt.Errorf("plant: %q is none of %s", name, strings.Join(plantNames, ", "))
	}
	on := date(0)
	if dated {
		var err error
		if on, err = parseDate(text); err != nil {
			return fmt.Errorf("plant: %s: %w", name, err)
		}
	}
	from := p.next
	if dated {
		p.next = 0
	}
	i, err := p.choose(name, on)
	p.next = from
	if err != nil {
		return err
	}
	taken := 1
	if name == PlantMerged {
		taken = 2
	}
	for _, payout := range p.payouts[i : i+taken] {
		p.used[payout.date] = true
	}
	if !dated {
		p.next = i + taken + 1
	}
	p.carryOut(name, p.payouts[i:i+taken])
	return nil
}

// carryOut replaces the lines of the payouts by faulty ones.
func (p *planter) carryOut(name string, of []*Payout) {
	first := of[0]
	whole := deposit{first.at(), first.Deposit, []string{first.PaidOutDate}, name}
	var lines []deposit
	switch name {
	case PlantRebate:
		whole.planted = ""
		rebate := deposit{first.at() + 41*minute, 20_000 + int64(mix(uint64(first.date)+7)%90_000), nil, name}
		for p.isPayout(rebate.amount) {
			rebate.amount++
		}
		lines = []deposit{whole, rebate}
	case PlantSplit:
		rest := whole
		rest.amount, rest.at = whole.amount*2/5, whole.at+3*minute
		whole.amount -= rest.amount
		lines = []deposit{whole, rest}
	case PlantMerged:
		second := of[1]
		whole.at, whole.amount = second.at(), first.Deposit+second.Deposit
		whole.payouts = append(whole.payouts, second.PaidOutDate)
		p.lines[second.date] = nil
		lines = []deposit{whole}
	case PlantShort:
		whole.amount -= min(3300, whole.amount/2)
		lines = []deposit{whole}
	case PlantLate:
		whole.at += (first.date.addBankDays(3).start() - first.date.start())
		lines = []deposit{whole}
	}
	p.lines[first.date] = lines
	note := PlantedLine{Name: name, Payouts: []string{}, Dates: []string{}, Amounts: []int64{}}
	if name != PlantRebate {
		for _, payout := range of {
			note.Payouts = append(note.Payouts, payout.PaidOutDate)
			note.Expected += payout.Deposit
		}
	}
	for _, line := range lines {
		if line.planted == name {
			note.Dates = append(note.Dates, dateOf(line.at).String())
			note.Amounts = append(note.Amounts, line.amount)
		}
	}
	p.planted = append(p.planted, note)
}

func (p *planter) isPayout(amount int64) bool {
	return slices.ContainsFunc(p.payouts, func(x *Payout) bool { return x.Deposit == amount })
}
