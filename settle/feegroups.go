package settle

import (
	"cmp"
	"slices"

	"daesa/pay"
	"daesa/reconcile"
)

const (
	// mostHeld is how many rows of a merchant, method and card type are held to
	// seek their rates; then they are folded into groups.
	mostHeld = 4096
	// fewestAlike is how many rows make a group.
	fewestAlike = 2
)

// FeeGroups folds rows with unexpected fees: one break for all that a single
// other rate explains, since a rate that changed is one thing to look after, not
// a thousand. Up to mostHeld rows of a merchant, method and card type the result
// does not depend on their order; beyond it rows should come in that of their
// transactions.
type FeeGroups struct {
	by map[feeKey]*feeGroups
}

type feeKey struct {
	mid      string
	method   pay.Method
	cardType string
	currency pay.Currency
}

type feeGroups struct {
	groups []FeeGroup
	held   []Unexpected
	single []Unexpected // that no rate explains with another row
}

// Add takes one row.
func (f *FeeGroups) Add(u Unexpected) {
	if f.by == nil {
		f.by = map[feeKey]*feeGroups{}
	}
	key := feeKey{u.MID, u.Method, u.CardType, u.Currency}
	of := f.by[key]
	if of == nil {
		of = &feeGroups{}
		f.by[key] = of
	}
	if of.join(u) {
		return
	}
	of.held = append(of.held, u)
	if len(of.held) >= mostHeld {
		of.fold()
		of.single, of.held = append(of.single, of.held...), nil
	}
}

// join puts a row into a group that was folded before.
func (g *feeGroups) join(u Unexpected) bool {
	rates, ok := u.rates()
	if !ok {
		return false
	}
	for i := range g.groups {
		if narrowed, ok := g.groups[i].rates.with(rates); ok {
			g.groups[i].rates = narrowed
			g.groups[i].take(u)
			return true
		}
	}
	return false
}

func (g *FeeGroup) take(u Unexpected) {
	day := pay.DayOf(u.TransactedAt())
	if g.Rows == 0 || day < g.From {
		g.From = day
	}
	g.Rows++
	g.Expected += u.Expected
	g.Charged += u.Charged
}

// fold takes the rate that explains the most held rows as a group, and again,
// until no rate explains two.
func (g *feeGroups) fold() {
	for {
		rate, count := mostCommon(g.held)
		if count < fewestAlike {
			return
		}
		group := FeeGroup{rates: band{0, RateUnit}}
		rest := g.held[:0:0]
		for _, u := range g.held {
			rates, ok := u.rates()
			if !ok || rate < rates.low || rate > rates.high {
				rest = append(rest, u)
				continue
			}
			group.rates, _ = group.rates.with(rates)
			group.take(u)
		}
		g.groups, g.held = append(g.groups, group), rest
	}
}

// mostCommon is a rate that explains the most rows, the lowest of these.
func mostCommon(rows []Unexpected) (best Rate, most int) {
	type edge struct {
		at   Rate
		step int
	}
	var edges []edge
	for _, u := range rows {
		if rates, ok := u.rates(); ok {
			edges = append(edges, edge{rates.low, 1}, edge{rates.high + 1, -1})
		}
	}
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.step, b.step)) })
	count := 0
	for _, e := range edges {
		if count += e.step; count > most {
			best, most = e.at, count
		}
	}
	return best, most
}

// Groups are the groups of all rows, by merchant, method, card type and day.
// Afterwards no row may be added.
func (f *FeeGroups) Groups() []FeeGroup {
	var all []FeeGroup
	for key, of := range f.by {
		of.fold()
		for _, group := range of.groups {
			group.MID, group.Method, group.CardType, group.Currency = key.mid, key.method, key.cardType, key.currency
			group.Rate = group.rates.plainest()
			all = append(all, group)
		}
	}
	slices.SortFunc(all, func(a, b FeeGroup) int {
		return cmp.Or(sameFee(a, b), cmp.Compare(a.Rate, b.Rate))
	})
	return all
}

// sameFee is 0 for groups of one subject.
func sameFee(a, b FeeGroup) int {
	return cmp.Or(cmp.Compare(a.MID, b.MID), cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Method, b.Method),
		cmp.Compare(a.CardType, b.CardType), cmp.Compare(a.From, b.From))
}

// Findings are the breaks: one for each group, then the rows that no rate
// explains together with another, one by one.
func (f *FeeGroups) Findings() []reconcile.Finding {
	groups := f.Groups()
	var found []reconcile.Finding
	for len(groups) > 0 {
		n := 1
		for n < len(groups) && sameFee(groups[0], groups[n]) == 0 {
			n++
		}
		found = append(found, finding(groups[:n]))
		groups = groups[n:]
	}
	var single []Unexpected
	for _, of := range f.by {
		single = append(single, of.single...)
		single = append(single, of.held...)
	}
	slices.SortFunc(single, func(a, b Unexpected) int {
		return cmp.Or(cmp.Compare(a.MID, b.MID), cmp.Compare(a.TransactionKey, b.TransactionKey))
	})
	for _, u := range single {
		found = append(found, u.singly())
	}
	return found
}
