package reports

import (
	"slices"
	"strings"

	"daesa/pay"
	"daesa/reconcile"
)

// bridge leads from the shop's money to Toss's in one currency (대사 조정표): each
// class of difference is a reconciling item, and what no item explains must be
// nothing.
type bridge struct {
	mid       string // "": all merchants together
	currency  pay.Currency
	shop      int64
	provider  int64
	items     []item // by kind, most serious first; those with something in them
	timing    item
	stated    int64 // what the runs themselves call explained
	remainder int64 // what the runs themselves call unexplained
}

// item is one class of difference. net is the run's own figure; over and under
// are summed from the breaks of the list, and other is what the list cannot
// show: a resolved break that still differs, or one of two currencies.
type item struct {
	kind               reconcile.Kind
	count              int64
	over, under, other int64 // over: the shop holds more; under: Toss does; both are positive
	net                int64 // over - under + other
}

func (r item) empty() bool { return r.count == 0 && r.over == 0 && r.under == 0 && r.net == 0 }

func (l bridge) explained() int64 {
	sum := l.timing.net
	for _, r := range l.items {
		sum += r.net
	}
	return sum
}

func (l bridge) unexplained() int64 { return l.shop - l.provider - l.explained() }

// others says whether any item has money that the list does not show.
func (l bridge) others() bool {
	return l.timing.other != 0 || slices.ContainsFunc(l.items, func(r item) bool { return r.other != 0 })
}

// other is all of that money, over less under.
func (l bridge) other() int64 {
	sum := l.timing.other
	for _, r := range l.items {
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

// reckonBridges builds the bridges: one for each currency, and one for each
// merchant and currency where there are several merchants.
func (n *night) reckonBridges() error {
	sums, err := n.listMoney()
	if err != nil {
		return err
	}
	for _, currency := range n.currencies {
		all := bridge{currency: currency}
		for _, s := range n.snapshots {
			if unread(s) {
				continue
			}
			own := n.bridgeOf(s.Run, currency, sums)
			if err := all.add(own); err != nil {
				return err
			}
			if n.several() && own.has() {
				n.own = append(n.own, own)
			}
		}
		if all.has() || currency == pay.KRW {
			n.bridges = append(n.bridges, all.short())
		}
	}
	for i := range n.own {
		n.own[i] = n.own[i].short()
	}
	slices.SortStableFunc(n.own, func(a, b bridge) int { return strings.Compare(a.mid, b.mid) })
	return nil
}

// has says whether there is anything of the currency.
func (l bridge) has() bool {
	return l.shop != 0 || l.provider != 0 || l.stated != 0 || l.remainder != 0 || !l.timing.empty() ||
		slices.ContainsFunc(l.items, func(r item) bool { return !r.empty() })
}

// short leaves out the items with nothing in them.
func (l bridge) short() bridge {
	l.items = slices.DeleteFunc(slices.Clone(l.items), item.empty)
	return l
}

// bridgeOf is one merchant's bridge, with an item for every kind.
func (n *night) bridgeOf(run reconcile.Run, currency pay.Currency, sums map[class]listed) bridge {
	l := bridge{mid: run.MID, currency: currency}
	var total reconcile.Total
	for _, t := range run.Totals {
		if t.Currency == currency {
			total = t
		}
	}
	l.shop, l.provider, l.stated, l.remainder = total.Shop, total.Provider, total.Explained, total.Unexplained
	for _, kind := range kindsOf(total) {
		l.items = append(l.items, newItem(kind, sums[class{run.MID, currency, kind}], total.ByKind[kind]))
	}
	l.timing = newItem("", sums[class{run.MID, currency, ""}], total.Timing)
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

func newItem(kind reconcile.Kind, l listed, net int64) item {
	return item{kind: kind, count: l.count, over: l.over, under: l.under, net: net, other: net - l.over + l.under}
}

// add sums a merchant's bridge into one of the same currency.
func (l *bridge) add(own bridge) error {
	pairs := [][2]*int64{{&l.shop, &own.shop}, {&l.provider, &own.provider}, {&l.stated, &own.stated}, {&l.remainder, &own.remainder}}
	pairs = append(pairs, l.timing.pairs(&own.timing)...)
	for i := range own.items {
		mine := slices.IndexFunc(l.items, func(r item) bool { return r.kind == own.items[i].kind })
		if mine < 0 {
			l.items = append(l.items, own.items[i])
			continue
		}
		pairs = append(pairs, l.items[mine].pairs(&own.items[i])...)
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

func (r *item) pairs(own *item) [][2]*int64 {
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
