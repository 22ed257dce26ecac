package reconcile

import (
	"slices"
	"strings"

	"daesa/pay"
)

// Bridge leads from the shop's money to the provider's in one currency (대사
// 조정표): each class of difference is a reconciling item, and what no item explains
// must be nothing. Money is in the smallest unit.
type Bridge struct {
	MID       string // "": all merchants together
	Currency  pay.Currency
	Shop      int64
	Provider  int64
	Items     []Item // by kind, most serious first; those with something in them
	Timing    Item
	Beside    []Beside // what no row of the list shows, each with its order
	Loose     int64    // part of what the runs call explained that nothing here names; must be 0
	Stated    int64    // what the runs themselves call explained
	Remainder int64    // what the runs themselves call unexplained
}

// Item is one class of difference, as the breaks of the list have it. Of a run that
// was stored without its differences Net is the run's own figure, and Other what
// the list cannot show: what moved after the date, a resolved break that still
// differs, or one of two currencies.
type Item struct {
	Kind               Kind  // "": timing
	Count              int64 // of the breaks that are listed
	Over, Under, Other int64 // Over: the shop holds more; Under: the provider does; both are positive
	Net                int64 // Over - Under + Other
}

func (r Item) empty() bool { return r.Count == 0 && r.Over == 0 && r.Under == 0 && r.Net == 0 }

// Explained is what the items come to, timing and what stands beside the list
// among them.
func (b Bridge) Explained() int64 {
	sum := b.Timing.Net + b.beside() + b.Loose
	for _, r := range b.Items {
		sum += r.Net
	}
	return sum
}

// Unexplained is what no item explains.
func (b Bridge) Unexplained() int64 { return b.Shop - b.Provider - b.Explained() }

// Others says whether there is money that neither the list nor what stands beside
// it shows.
func (b Bridge) Others() bool {
	return b.Loose != 0 || b.Timing.Other != 0 || slices.ContainsFunc(b.Items, func(r Item) bool { return r.Other != 0 })
}

// Other is all of that money, over less under.
func (b Bridge) Other() int64 {
	sum := b.Timing.Other + b.Loose
	for _, r := range b.Items {
		sum += r.Other
	}
	return sum
}

// Listed is a break as a list shows it: Difference is what the shop holds more
// than the provider, in the smallest unit of Currency.
type Listed struct {
	MID, OrderID string
	Currency     pay.Currency
	Kind         Kind
	Status       Status
	Difference   int64
}

// Bridges builds the bridges of several merchants' runs: all has one for each
// currency in which there is anything, and for won always; own has one for each
// merchant and currency in which there is anything, by merchant. breaks are those
// of the runs. It fails on overflow.
func Bridges(runs []Run, currencies []pay.Currency, breaks []Listed) (all, own []Bridge, err error) {
	sums, err := listMoney(breaks)
	if err != nil {
		return nil, nil, err
	}
	for _, currency := range currencies {
		whole := Bridge{Currency: currency}
		for _, run := range runs {
			one, err := bridgeOf(run, currency, sums, breaks)
			if err != nil {
				return nil, nil, err
			}
			if err := whole.add(one); err != nil {
				return nil, nil, err
			}
			if one.has() {
				own = append(own, one.short())
			}
		}
		if whole.has() || currency == pay.KRW {
			all = append(all, whole.short())
		}
	}
	slices.SortStableFunc(own, func(a, b Bridge) int { return strings.Compare(a.MID, b.MID) })
	return all, own, nil
}

// listed is the money of one class as the list of breaks shows it.
type listed struct{ count, over, under int64 }

type class struct {
	mid      string
	currency pay.Currency
	kind     Kind // "": timing
}

// has says whether there is anything of the currency.
func (b Bridge) has() bool {
	return b.Shop != 0 || b.Provider != 0 || b.Stated != 0 || b.Remainder != 0 || len(b.Beside) > 0 || !b.Timing.empty() ||
		slices.ContainsFunc(b.Items, func(r Item) bool { return !r.empty() })
}

// short leaves out the items with nothing in them.
func (b Bridge) short() Bridge {
	b.Items = slices.DeleteFunc(slices.Clone(b.Items), Item.empty)
	return b
}

// bridgeOf is one merchant's bridge, with an item for every kind.
func bridgeOf(run Run, currency pay.Currency, sums map[class]listed, breaks []Listed) (Bridge, error) {
	b := Bridge{MID: run.MID, Currency: currency, Beside: besides(run, currency, breaks)}
	var total Total
	for _, t := range run.Totals {
		if t.Currency == currency {
			total = t
		}
	}
	b.Shop, b.Provider, b.Stated, b.Remainder = total.Shop, total.Provider, total.Explained, total.Unexplained
	for _, kind := range kindsOf(total) {
		b.Items = append(b.Items, newItem(kind, sums[class{run.MID, currency, kind}], total.ByKind[kind]))
	}
	b.Timing = newItem("", sums[class{run.MID, currency, ""}], total.Timing)
	if run.Differences == nil {
		return b, nil
	}
	b.Timing.asListed()
	for i := range b.Items {
		b.Items[i].asListed()
	}
	b.Loose = total.Explained - b.Explained()
	return b, sumBeside(b.Beside)
}

// asListed takes the list's own figures: whatever else the run explains is named
// one by one.
func (r *Item) asListed() { r.Net, r.Other = r.Over-r.Under, 0 }

// kindsOf are all kinds, and behind them those that a total knows and we do not.
func kindsOf(total Total) []Kind {
	kinds := slices.Clone(Kinds)
	var unknown []Kind
	for kind := range total.ByKind {
		if !slices.Contains(kinds, kind) {
			unknown = append(unknown, kind)
		}
	}
	slices.Sort(unknown)
	return append(kinds, unknown...)
}

func newItem(kind Kind, l listed, net int64) Item {
	return Item{Kind: kind, Count: l.count, Over: l.over, Under: l.under, Net: net, Other: net - l.over + l.under}
}

// add sums a merchant's bridge into one of the same currency.
func (b *Bridge) add(own Bridge) error {
	pairs := [][2]*int64{{&b.Shop, &own.Shop}, {&b.Provider, &own.Provider}, {&b.Stated, &own.Stated}, {&b.Remainder, &own.Remainder},
		{&b.Loose, &own.Loose}}
	pairs = append(pairs, b.Timing.pairs(&own.Timing)...)
	for _, i := range own.Items { // before any of them is pointed at
		if b.item(i.Kind) < 0 {
			b.Items = append(b.Items, Item{Kind: i.Kind})
		}
	}
	for i := range own.Items {
		pairs = append(pairs, b.Items[b.item(own.Items[i].Kind)].pairs(&own.Items[i])...)
	}
	for _, pair := range pairs {
		sum, err := pay.Add(*pair[0], *pair[1])
		if err != nil {
			return err
		}
		*pair[0] = sum
	}
	b.Beside = append(b.Beside, own.Beside...)
	slices.SortStableFunc(b.Beside, besideFirst)
	return sumBeside(b.Beside)
}

func (b *Bridge) item(kind Kind) int {
	return slices.IndexFunc(b.Items, func(i Item) bool { return i.Kind == kind })
}

func (r *Item) pairs(own *Item) [][2]*int64 {
	return [][2]*int64{{&r.Count, &own.Count}, {&r.Over, &own.Over}, {&r.Under, &own.Under}, {&r.Other, &own.Other}, {&r.Net, &own.Net}}
}

// listMoney sums the breaks of the list by class. An order's money counts
// once, under its most serious kind, as the run counts it; what has cleared
// differs no more.
func listMoney(breaks []Listed) (map[class]listed, error) {
	sums := map[class]listed{}
	for i, first := range FirstOfOrders(breaks) {
		b := breaks[i]
		if b.Status == Cleared || b.Status == Resolved {
			continue
		}
		key := class{b.MID, b.Currency, b.Kind}
		if b.Status == Timing {
			key.kind = ""
		}
		sum := sums[key]
		sum.count++
		if first {
			if err := sum.take(b.Difference); err != nil {
				return nil, err
			}
		}
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
