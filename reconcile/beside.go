package reconcile

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"daesa/pay"
)

// Difference is one part of what a run explains: an order whose two sides hold
// other money, or a movement that look-ups show and the transaction list does
// not. Amount is what the shop holds more, in the smallest unit of Currency.
type Difference struct {
	OrderID, PaymentKey string
	Currency            pay.Currency
	Amount              int64
	Kind                Kind      // the most serious of the order; "" in a movement
	At                  time.Time // of a movement; zero: nobody says when
}

// Compare orders differences: by order, then the movements behind what was
// compared, by their moment.
func (d Difference) Compare(other Difference) int {
	return cmp.Or(strings.Compare(d.OrderID, other.OrderID), cmp.Compare(other.Kind.Rank(), d.Kind.Rank()), d.At.Compare(other.At),
		strings.Compare(d.PaymentKey, other.PaymentKey), cmp.Compare(d.Currency, other.Currency), cmp.Compare(d.Amount, other.Amount))
}

// BesideWhy says why money stands beside the list of breaks.
type BesideWhy string

// Why money stands beside the list, in the order in which it is said.
const (
	BesideLater    BesideWhy = "later"      // Toss moved it after the business date
	BesideUnlisted BesideWhy = "unlisted"   // Toss moved it on a day whose list was not read, or nobody says when
	BesideResolved BesideWhy = "resolved"   // a person has decided, and the two sides still differ
	BesideForeign  BesideWhy = "currencies" // the two sides are of two currencies
	BesideNotSeen  BesideWhy = "not_seen"   // the list has it, and this run did not see that it differs
)

// BesideWhys are all of them, in their order.
var BesideWhys = []BesideWhy{BesideLater, BesideUnlisted, BesideResolved, BesideForeign, BesideNotSeen}

// Beside is money of a bridge that no row of the list of breaks shows as its
// difference. Amount is what the shop holds more; of what the run did not see it
// is taken off again.
type Beside struct {
	Why                      BesideWhy
	MID, OrderID, PaymentKey string
	Currency                 pay.Currency
	Amount                   int64
	At                       time.Time // zero: nobody says when, or it is no movement
}

// FirstOfOrders says of each break of a list whether the order's money counts
// there: once, under its most serious kind. What has cleared differs no more.
func FirstOfOrders(breaks []Listed) []bool {
	type order struct{ mid, id string }
	places := make([]int, len(breaks))
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, func(a, b int) int { return cmp.Compare(breaks[a].Kind.Rank(), breaks[b].Kind.Rank()) })
	first, seen := make([]bool, len(breaks)), map[order]bool{}
	for _, i := range places {
		b := breaks[i]
		if key := (order{b.MID, b.OrderID}); b.Status != Cleared && !seen[key] {
			first[i], seen[key] = true, true
		}
	}
	return first
}

// besides finds the money of a run in one currency that the list does not show.
// A run that was stored without its differences names none.
func besides(run Run, currency pay.Currency, breaks []Listed) []Beside {
	if run.Differences == nil {
		return nil
	}
	shown, seen := map[string]Listed{}, map[string]bool{}
	for i, first := range FirstOfOrders(breaks) {
		if b := breaks[i]; first && b.MID == run.MID && b.Status != Resolved {
			shown[b.OrderID] = b
		}
	}
	var list []Beside
	add := func(why BesideWhy, d Difference, amount int64) {
		if amount != 0 {
			list = append(list, Beside{why, run.MID, d.OrderID, d.PaymentKey, currency, amount, d.At})
		}
	}
	for _, d := range run.Differences {
		if d.Currency != currency {
			continue
		}
		row, listed := shown[d.OrderID]
		switch {
		case d.Kind == "":
			add(whenMoved(run, d), d, d.Amount)
			continue
		case !listed:
			add(BesideResolved, d, d.Amount)
		case row.Currency != currency:
			add(BesideForeign, d, d.Amount)
		default:
			add(BesideForeign, d, d.Amount-row.Difference)
		}
		seen[d.OrderID] = true
	}
	for _, b := range shown {
		if b.Currency == currency && !seen[b.OrderID] {
			add(BesideNotSeen, Difference{OrderID: b.OrderID}, -b.Difference)
		}
	}
	slices.SortFunc(list, besideFirst)
	return list
}

// whenMoved says on which side of the business date's end a movement lies.
func whenMoved(run Run, d Difference) BesideWhy {
	if !d.At.IsZero() && !d.At.Before(run.Day.End()) {
		return BesideLater
	}
	return BesideUnlisted
}

func besideFirst(a, b Beside) int {
	return cmp.Or(cmp.Compare(slices.Index(BesideWhys, a.Why), slices.Index(BesideWhys, b.Why)), strings.Compare(a.MID, b.MID),
		strings.Compare(a.OrderID, b.OrderID), a.At.Compare(b.At), strings.Compare(a.PaymentKey, b.PaymentKey), cmp.Compare(a.Amount, b.Amount))
}

// Named sums what stands beside the list for one reason.
type Named struct {
	Why                BesideWhy
	Count, Over, Under int64 // Over: the shop holds more; Under: the provider does; both are positive
}

// Named are the reasons that a bridge has, in their order. The sums cannot
// overflow: Bridges has refused those that do.
func (b Bridge) Named() []Named {
	var list []Named
	for _, why := range BesideWhys {
		n := Named{Why: why}
		for _, m := range b.Beside {
			if m.Why == why {
				n.Count, n.Over, n.Under = n.Count+1, n.Over+max(m.Amount, 0), n.Under+max(-m.Amount, 0)
			}
		}
		if n.Count > 0 {
			list = append(list, n)
		}
	}
	return list
}

// beside is all money that stands beside the list, over less under.
func (b Bridge) beside() int64 {
	var sum int64
	for _, n := range b.Named() {
		sum += n.Over - n.Under
	}
	return sum
}

// sumBeside fails where that money overflows.
func sumBeside(list []Beside) (err error) {
	var over, under int64
	for _, m := range list {
		if m.Amount >= 0 {
			over, err = pay.Add(over, m.Amount)
		} else {
			under, err = pay.Add(under, -m.Amount)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
