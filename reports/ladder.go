package reports

import (
	"slices"
	"strings"

	"daesa/pay"
	"daesa/reconcile"
)

// ladder climbs from the shop's money to Toss's in one currency: each class of
// difference is a rung, and what no rung explains must be nothing.
type ladder struct {
	mid       string // "": all merchants together
	currency  pay.Currency
	shop      int64
	provider  int64
	rungs     []rung // by kind, most serious first; those with something in them
	timing    rung
	stated    int64 // what the runs themselves call explained
	remainder int64 // what the runs themselves call unexplained
}

// rung is one class of difference. net is the run's own figure; over and under
// are summed from the breaks of the list, and other is what the list cannot
// show: a resolved break that still differs, or one of two currencies.
type rung struct {
	kind               reconcile.Kind
	count              int64
	over, under, other int64 // over: the shop holds more; under: Toss does; both are positive
	net                int64 // over - under + other
}

func (r rung) empty() bool { return r.count == 0 && r.over == 0 && r.under == 0 && r.net == 0 }

func (l ladder) explained() int64 {
	sum := l.timing.net
	for _, r := range l.rungs {
		sum += r.net
	}
	return sum
}

func (l ladder) unexplained() int64 { return l.shop - l.provider - l.explained() }

// others says whether any rung has money that the list does not show.
func (l ladder) others() bool {
	return l.timing.other != 0 || slices.ContainsFunc(l.rungs, func(r rung) bool { return r.other != 0 })
}

// other is all of that money, over less under.
func (l ladder) other() int64 {
	sum := l.timing.other
	for _, r := range l.rungs {
		sum += r.other
	}
	return sum
}

// listed is the money of one class as the list of breaks shows it.
type listed struct{ count, over, under int64 }

type class struct {
	mid      string
	currency pay.Currency
	kind     reconcile.Kind // "": timing
}

// climb builds the ladders.
func (n *night) climb() error {
	sums, err := n.listMoney()
	if err != nil {
		return err
	}
	for _, currency := range n.currencies {
		all := ladder{currency: currency}
		for _, s := range n.snapshots {
			if unread(s) {
				continue
			}
			own := n.ladderOf(s.Run, currency, sums)
			if err := all.add(own); err != nil {
				return err
			}
			if n.several() && own.has() {
				n.own = append(n.own, own)
			}
		}
		if all.has() || currency == pay.KRW {
			n.ladders = append(n.ladders, all.short())
		}
	}
	for i := range n.own {
		n.own[i] = n.own[i].short()
	}
	slices.SortStableFunc(n.own, func(a, b ladder) int { return strings.Compare(a.mid, b.mid) })
	return nil
}

// has says whether there is anything of the currency.
func (l ladder) has() bool {
	return l.shop != 0 || l.provider != 0 || l.stated != 0 || l.remainder != 0 || !l.timing.empty() ||
		slices.ContainsFunc(l.rungs, func(r rung) bool { return !r.empty() })
}

// short leaves out the rungs with nothing in them.
func (l ladder) short() ladder {
	l.rungs = slices.DeleteFunc(slices.Clone(l.rungs), rung.empty)
	return l
}

// ladderOf is one merchant's ladder, with a rung for every kind.
func (n *night) ladderOf(run reconcile.Run, currency pay.Currency, sums map[class]listed) ladder {
	l := ladder{mid: run.MID, currency: currency}
	var total reconcile.Total
	for _, t := range run.Totals {
		if t.Currency == currency {
			total = t
		}
	}
	l.shop, l.provider, l.stated, l.remainder = total.Shop, total.Provider, total.Explained, total.Unexplained
	for _, kind := range kindsOf(total) {
		l.rungs = append(l.rungs, newRung(kind, sums[class{run.MID, currency, kind}], total.ByKind[kind]))
	}
	l.timing = newRung("", sums[class{run.MID, currency, ""}], total.Timing)
	return l
}

// kindsOf are all kinds, and behind them those that a total knows and we do not.
func kindsOf(total reconcile.Total) []reconcile.Kind {
	kinds := slices.Clone(reconcile.Kinds)
	var unknown []reconcile.Kind
	for kind := range total.ByKind {
		if !slices.Contains(kinds, kind) {
			unknown = append(unknown, kind)
		}
	}
	slices.Sort(unknown)
	return append(kinds, unknown...)
}

func newRung(kind reconcile.Kind, l listed, net int64) rung {
	return rung{kind: kind, count: l.count, over: l.over, under: l.under, net: net, other: net - l.over + l.under}
}

// add sums a merchant's ladder into one of the same currency.
func (l *ladder) add(own ladder) error {
	pairs := [][2]*int64{{&l.shop, &own.shop}, {&l.provider, &own.provider}, {&l.stated, &own.stated}, {&l.remainder, &own.remainder}}
	pairs = append(pairs, l.timing.pairs(&own.timing)...)
	for i := range own.rungs {
		mine := slices.IndexFunc(l.rungs, func(r rung) bool { return r.kind == own.rungs[i].kind })
		if mine < 0 {
			l.rungs = append(l.rungs, own.rungs[i])
			continue
		}
		pairs = append(pairs, l.rungs[mine].pairs(&own.rungs[i])...)
	}
	for _, pair := range pairs {
		sum, err := pay.Add(*pair[0], *pair[1])
		if err != nil {
			return err
		}
		*pair[0] = sum
	}
	return nil
}

func (r *rung) pairs(own *rung) [][2]*int64 {
	return [][2]*int64{{&r.count, &own.count}, {&r.over, &own.over}, {&r.under, &own.under}, {&r.other, &own.other}, {&r.net, &own.net}}
}

// listMoney sums the breaks of the list by class. An order's money counts
// once, under its most serious kind, as the run counts it; what has cleared
// differs no more.
func (n *night) listMoney() (map[class]listed, error) {
	type order struct{ mid, id string }
	rows := slices.Clone(n.breaks)
	slices.SortStableFunc(rows, func(a, b BreakRow) int { return a.Kind.Rank() - b.Kind.Rank() })
	sums := map[class]listed{}
	seen := map[order]bool{}
	for _, b := range rows {
		if b.Status == reconcile.Cleared {
			continue
		}
		key := class{b.MID, b.Currency, b.Kind}
		if b.Status == reconcile.Timing {
			key.kind = ""
		}
		sum := sums[key]
		if b.Status != reconcile.Resolved {
			sum.count++
		}
		if first := !seen[order{b.MID, b.OrderID}]; first && b.Status != reconcile.Resolved {
			if err := sum.take(b.difference()); err != nil {
				return nil, err
			}
		}
		seen[order{b.MID, b.OrderID}] = true
		sums[key] = sum
	}
	return sums, nil
}

func (l *listed) take(difference int64) (err error) {
	if difference >= 0 {
		l.over, err = pay.Add(l.over, difference)
	} else {
		l.under, err = pay.Add(l.under, -difference)
	}
	return err
}
